/** Sites of an eighth round, drawn before anything was repaired in it. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, nightly, onSomeDays, type SketchedHost, type SketchedPlant, sketcherFor, type Vendor, weekly } from './plant-sketcher.ts';
import { plantTools } from './seventh-sites.ts';

/** EPICS Channel Access: one TCP circuit for each pair, in which values come as they change. */
const CHANNEL_ACCESS = 5064;

/** A particle accelerator: computers and crates that control over Channel Access, which nobody reads, in front of PLCs, serial servers and motion; consoles, an archiver, a gateway to the office, personnel safety, fast protection over UDP. */
export function accelerator(seed: number): SketchedPlant {
  const s = sketcherFor('accelerator', seed);
  const { dice, times, host, ask, poll, operate, engineer, join, office } = s;
  const { servers, computers } = office(dice.whole(15, 40));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const clock = host('infrastructure', 'OPS', 'meinberg');
  const consoles = times(dice.whole(5, 9), () => host('hmi', 'SUP', 'dell', { sub: 'console' }));
  const archiver = host('historian', 'OPS', 'supermicro', { sub: 'archiver', also: ['mes'] });
  const logbook = host('mes', 'OPS', 'vmware', { sub: 'logbook', also: ['enterprise'] });
  const gateway = host('opcua-server', 'DMZ', 'vmware', { sub: 'channel gateway', also: ['mes', 'historian', 'jump-server', 'infrastructure'] });
  const entry = host('jump-server', 'DMZ', 'vmware', { sub: 'shell entry' });
  const station = host('engineering-workstation', 'ENG', 'dell');
  const subscribe = (client: SketchedHost, server: SketchedHost, periodMs: number): void => ask(client, server, 'tcp', CHANNEL_ACCESS, '', cyclic(periodMs, 0.4));
  const protection: SketchedHost[] = [];
  const controllers: SketchedHost[] = [];
  times(dice.whole(4, 6), (sector) => {
    const zone = `CELL-S${sector}`;
    const [vendor, protocol] = dice.pick<readonly [Vendor, 's7comm' | 'modbus']>([['siemens', 's7comm'], ['schneider', 'modbus']]);
    const vacuum = host('plc', zone, vendor, { sub: 'vacuum plc' });
    const computer = host('plc', zone, dice.pick(['supermicro', 'dell', 'advantech']), { sub: 'control computer', also: ['opcua-server', 'hmi'] });
    const crate = host('plc', zone, dice.pick(['emerson', 'unknown']), { sub: 'crate' });
    controllers.push(computer, crate);
    operate(computer, vacuum, protocol, 500, 8);
    engineer(station, vacuum, protocol, byWeek(0.3));
    for (const supply of times(dice.whole(4, 9), () => host('io', zone, dice.pick(['unknown', 'moxa', 'lantronix']), { sub: 'power supply', also: ['plc', 'network-device', 'other'] }))) ask(crate, supply, 'tcp', 4001, '', cyclic(200));
    for (const axis of times(dice.whole(1, 3), () => host('io', zone, 'delta', { sub: 'motion', also: ['plc'] }))) ask(computer, axis, 'tcp', 1025, '', cyclic(100));
    if (dice.chance(0.7)) for (const eye of times(dice.whole(1, 3), () => host('other', zone, 'unknown', { sub: 'beam camera', also: ['io'] }))) ask(computer, eye, 'udp', 3956, '', cyclic(500));
    for (const controller of [computer, crate]) {
      for (const console of consoles) subscribe(console, controller, 500);
      subscribe(archiver, controller, 1000);
      subscribe(gateway, controller, 2000);
      ask(station, controller, 'tcp', 22, 'ssh', byWeek(3));
      ask(controller, clock, 'udp', 123, 'ntp', cyclic(64_000));
      ask(controller, archiver, 'udp', 514, 'syslog', byDay(50), { unanswered: true });
    }
    subscribe(computer, crate, 200);
    const board = host('plc', zone, 'unknown', { sub: 'protection board', also: ['io', 'safety-controller'] });
    ask(crate, board, 'udp', 2000, '', cyclic(100));
    for (const other of protection) ask(board, other, 'udp', 2001, '', cyclic(10));
    protection.push(board);
  });
  const guards = times(2, () => host('safety-controller', 'SIS', dice.pick(['pilz', 'siemens']), { sub: 'personnel safety' }));
  ask(guards[0]!, guards[1]!, 'udp', 9_999, '', cyclic(100));
  for (const guard of guards) poll(controllers[0]!, guard, 'modbus', 1000);
  engineer(host('engineering-workstation', 'SIS', 'lenovo', { sub: 'safety laptop', also: ['transient'] }), guards[0]!, 'modbus', onSomeDays(dice, 4, 6));
  for (const computer of dice.sample(computers, 6)) ask(computer, gateway, 'tcp', CHANNEL_ACCESS, '', byDay(20));
  for (const computer of dice.sample(computers, 8)) ask(computer, archiver, 'tcp', 443, 'https', byDay(15));
  for (const client of [...consoles, ...dice.sample(computers, 6)]) ask(client, logbook, 'tcp', 443, 'https', byDay(30));
  ask(logbook, servers[0]!, 'tcp', 445, 'smb', weekly(2));
  ask(host('other', 'INTERNET', 'fortinet', { ext: true, net: '141.30.8' }), entry, 'tcp', 22, 'ssh', byDay(2));
  for (const computer of dice.sample(computers, 4)) ask(computer, entry, 'tcp', 22, 'ssh', byDay(3));
  for (const target of [consoles[0]!, station]) ask(entry, target, 'tcp', 22, 'ssh', byDay(2));
  for (const member of [...consoles, archiver, logbook, station]) join(member, directory);
  return s.finish();
}

/** A paint shop on EtherNet/IP: booths with robots, ovens with burner guards of the same make, conveyors that hand on tags from section to section, air houses, a mix room with gas detection; a server that saves every program nightly, thin clients, a gatherer between controllers and historian. */
export function paintShop(seed: number): SketchedPlant {
  const s = sketcherFor('paint shop', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, exchange, office } = s;
  const { servers, computers } = office(dice.whole(12, 30));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' }));
  const terminals = host('hmi', 'SUP', 'vmware', { sub: 'terminal server', also: ['mes'] });
  const screens = times(dice.whole(4, 9), () => host('hmi', 'SUP', 'wyse', { sub: 'thin client' }));
  const gatherer = host('opcua-server', 'OPS', 'vmware', { sub: 'gatherer' });
  const archive = host('historian', 'OPS', 'vmware', { also: ['mes'] });
  const tracking = host('mes', 'OPS', 'vmware', { sub: 'body tracking' });
  const programs = host('engineering-workstation', 'OPS', 'vmware', { sub: 'program archive', also: ['mes', 'infrastructure'] });
  const stations = times(dice.whole(2, 3), () => host('engineering-workstation', 'ENG', 'lenovo'));
  const everywhere = (controller: SketchedHost): void => {
    poll(scada[0]!, controller, 'enip', 1000);
    poll(scada[1]!, controller, 'enip', 1000);
    write(scada[0]!, controller, 'enip', 15);
    poll(gatherer, controller, 'enip', 1000);
    engineer(programs, controller, 'enip', nightly(1));
    engineer(dice.pick(stations), controller, 'enip', byWeek(1));
  };
  let before: SketchedHost | null = null;
  for (const name of ['pretreatment', 'dip', 'sealer', 'primer', 'colour', 'clear']) {
    const zone = `CELL-${name}`;
    const line = host('plc', zone, 'rockwell', { sub: 'booth' });
    everywhere(line);
    for (const device of times(dice.whole(4, 9), () => host('io', zone, dice.pick(['rockwell', 'turck', 'danfoss', 'festo'])))) exchange(line, device, 'enip-io', 20);
    if (!['pretreatment', 'dip'].includes(name)) {
      const cell = host('plc', zone, 'rockwell', { sub: 'robot cell' });
      everywhere(cell);
      for (const robot of times(dice.whole(4, 8), () => host('plc', zone, dice.pick(['fanuc', 'abb']), { sub: 'robot', also: ['io'] }))) {
        exchange(cell, robot, 'enip-io', 16);
        if (dice.chance(0.3)) ask(stations[0]!, robot, 'tcp', 21, 'ftp', byWeek(0.5));
        ask(robot, tracking, 'tcp', 6001, '', byDay(400));
      }
      exchange(line, cell, 'enip-io', 50);
    }
    const conveyor = host('plc', zone, 'rockwell', { sub: 'conveyor' });
    everywhere(conveyor);
    exchange(line, conveyor, 'enip-io', 50);
    for (const device of times(dice.whole(3, 7), () => host('io', zone, dice.pick(['rockwell', 'balluff', 'lenze'])))) exchange(conveyor, device, 'enip-io', 20);
    poll(tracking, conveyor, 'enip', 2000);
    write(tracking, conveyor, 'enip', 700);
    if (before !== null) exchange(before, conveyor, 'enip-io', 100);
    before = conveyor;
    const panel = host('hmi', zone, 'rockwell', { sub: 'panel' });
    for (const controller of [line, conveyor]) operate(panel, controller, 'enip', 500, 20);
    const air = host('plc', `CELL-air-${name}`, 'rockwell', { sub: 'air house' });
    everywhere(air);
    for (const device of times(dice.whole(2, 4), () => host('io', `CELL-air-${name}`, dice.pick(['danfoss', 'abb', 'rockwell'])))) exchange(air, device, 'enip-io', 50);
    exchange(line, air, 'enip-io', 200);
  }
  times(2, (number) => {
    const zone = `CELL-O${number}`;
    const oven = host('plc', zone, 'rockwell', { sub: 'oven' });
    everywhere(oven);
    operate(host('hmi', zone, 'rockwell', { sub: 'oven panel' }), oven, 'enip', 1000, 4);
    const burner = host('safety-controller', 'SIS', 'rockwell', { sub: 'burner guard', also: ['plc'] });
    exchange(oven, burner, 'enip-io', 100);
    poll(scada[0]!, burner, 'enip', 2000);
    engineer(stations[0]!, burner, 'enip', onSomeDays(dice, 3, 3));
    for (const device of times(dice.whole(2, 4), () => host('io', zone, dice.pick(['rockwell', 'danfoss'])))) exchange(oven, device, 'enip-io', 50);
  });
  const mix = host('plc', 'CELL-mix', 'rockwell', { sub: 'mix room' });
  everywhere(mix);
  for (const scale of times(dice.whole(2, 5), () => host('io', 'CELL-mix', dice.pick(['mettler', 'rockwell']), { sub: 'mix scale' }))) exchange(mix, scale, 'enip-io', 100);
  operate(host('hmi', 'CELL-mix', 'rockwell', { sub: 'mix panel' }), mix, 'enip', 500, 30);
  const gas = host('safety-controller', 'SIS', 'unknown', { sub: 'gas detection', also: ['plc', 'io'] });
  poll(mix, gas, 'modbus', 1000);
  poll(scada[0]!, gas, 'modbus', 5000);
  for (const screen of screens) ask(screen, terminals, 'tcp', 3389, 'rdp', cyclic(1000, 0.4));
  for (const server of scada) ask(terminals, server, 'tcp', 3060, '', cyclic(1000, 0.3));
  for (const [one, other] of [[0, 1], [1, 0]] as const) ask(scada[one]!, scada[other]!, 'tcp', 403, '', cyclic(1000));
  poll(archive, gatherer, 'opcua', 1000);
  ask(tracking, archive, 'tcp', 1433, 'mssql', byDay(2000));
  for (const computer of dice.sample(computers, 6)) ask(computer, archive, 'tcp', 443, 'https', byDay(8));
  ask(tracking, servers[0]!, 'tcp', 443, 'https', byDay(300));
  plantTools(s, directory, [...scada, terminals, gatherer, archive, tracking, programs, ...stations], computers.slice(0, 2), [stations[0]!, programs]);
  return s.finish();
}

/** A battery storage site without people: alike containers with a battery manager, a converter, cooling and a fire panel; an energy controller in two halves, relays, a gateway to the grid operator, makers' routers, cameras, no office. */
export function batteryStorage(seed: number): SketchedPlant {
  const s = sketcherFor('battery storage', seed);
  const { dice, times, host, ask, poll, write, operate, engineer } = s;
  const maker = host('other', 'INTERNET', 'fortinet', { ext: true, net: '52.14.7' });
  const firewall = host('network-device', 'NET', 'fortinet', { sub: 'firewall', also: ['infrastructure'] });
  const server = host('hmi', 'SUP', 'dell', { sub: 'site server', also: ['historian', 'opcua-server'] });
  const screen = host('hmi', 'SUP', 'advantech', { sub: 'site screen' });
  const recorder = host('infrastructure', 'OPS', 'hikvision', { sub: 'recorder', also: ['other', 'enterprise'] });
  const halves = times(2, () => host('plc', 'CELL-E', dice.pick(['bachmann', 'beckhoff']), { sub: 'energy controller' }));
  for (const [one, other] of [[0, 1], [1, 0]] as const) ask(halves[one]!, halves[other]!, 'udp', 5500, '', cyclic(200));
  const gateway = host('plc', 'CELL-E', dice.pick(['sel', 'phoenix']), { sub: 'grid gateway', also: ['opcua-server'] });
  const battery = dice.pick<Vendor>(['unknown', 'delta', 'huawei']);
  const converter = dice.pick<Vendor>(['sma', 'abb', 'danfoss', 'unknown']);
  times(dice.whole(5, 12), (number) => {
    const zone = `CELL-B${number}`;
    const manager = host('plc', zone, battery, { sub: 'battery manager', also: ['io'] });
    const drive = host('plc', zone, converter, { sub: 'converter', also: ['io'] });
    for (const half of halves) {
      poll(half, manager, 'modbus', 500);
      poll(half, drive, 'modbus', 200);
    }
    write(halves[0]!, drive, 'modbus', 8000);
    poll(manager, drive, 'modbus', 1000);
    const cooler = host('io', zone, dice.pick(['carrier', 'unknown']), { sub: 'cooling', also: ['plc', 'other'] });
    poll(manager, cooler, 'modbus', 5000);
    write(manager, cooler, 'modbus', 100);
    const fire = host('io', zone, 'moxa', { sub: 'fire panel gateway', also: ['plc', 'network-device', 'safety-controller'] });
    poll(halves[0]!, fire, 'modbus', 2000);
    ask(server, manager, 'tcp', 443, 'https', byDay(4));
    ask(manager, maker, 'tcp', 8883, 'mqtts', cyclic(30_000, 0.2));
    const camera = host('other', 'OPS', 'hikvision', { sub: 'camera' });
    ask(recorder, camera, 'tcp', 554, 'rtsp', cyclic(40, 0.3));
    const bridge = host('network-device', 'NET', dice.pick(['hirschmann', 'westermo']), { sub: 'switch', bridge: true });
    ask(server, bridge, 'udp', 161, 'snmp', cyclic(60_000));
  });
  for (const relay of times(dice.whole(3, 6), () => host('plc', 'CELL-G', dice.pick(['sel', 'siemens', 'abb']), { sub: 'relay' }))) {
    poll(gateway, relay, 'mms', 1000);
    poll(server, relay, 'mms', 2000);
  }
  for (const meter of times(2, () => host('io', 'CELL-E', dice.pick(['janitza', 'socomec']), { sub: 'grid meter', also: ['plc', 'other'] }))) {
    for (const half of halves) poll(half, meter, 'modbus', 100);
    poll(gateway, meter, 'modbus', 1000);
  }
  for (const half of halves) {
    operate(gateway, half, 'modbus', 500, 2000);
    operate(server, half, 'opcua', 1000, 4);
    operate(screen, half, 'modbus', 1000, 2);
  }
  const grid = host('hmi', 'REMOTE', 'cisco', { net: '172.20.4', rtt: 30, sub: 'grid operator', also: ['mes', 'network-device', 'enterprise'] });
  operate(grid, gateway, 'iec104', 2000, 20);
  const trader = host('mes', 'REMOTE', 'cisco', { net: '172.20.9', rtt: 30, sub: 'trader', also: ['hmi', 'network-device', 'enterprise'] });
  operate(trader, halves[0]!, 'modbus', 4000, 1400);
  const service = host('network-device', 'NET', dice.pick(['ewon', 'teltonika']), { sub: "maker's router", also: ['jump-server', 'other', 'plc', 'transient'] });
  ask(service, maker, 'udp', 1194, 'openvpn', cyclic(25_000, 0.2));
  if (dice.chance(0.6)) engineer(service, halves[0]!, 'modbus', onSomeDays(dice, 3, 6));
  for (const client of [server, screen, recorder, ...halves]) ask(client, firewall, 'udp', 123, 'ntp', cyclic(1_024_000));
  for (const client of [server, recorder]) ask(client, firewall, 'udp', 53, 'dns', byDay(30));
  ask(host('other', 'OPS', 'unknown', { sub: 'door controller', also: ['io', 'plc', 'enterprise'] }), host('other', 'INTERNET', 'fortinet', { ext: true, net: '40.80.2' }), 'tcp', 443, 'https', cyclic(60_000, 0.2));
  return s.finish();
}

/** A canal with its locks run from one centre: at each lock controllers in two halves, drives, a guard of another make that hears the desk's stop over a protocol nobody reads, cameras, intercoms, a room panel, a weir; desks that show video themselves, planning of passages, radio. */
export function lockChain(seed: number): SketchedPlant {
  const s = sketcherFor('lock chain', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, exchange, office } = s;
  const { servers, computers } = office(dice.whole(8, 20));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' }));
  const planning = host('mes', 'OPS', 'vmware', { sub: 'passages' });
  const archive = host('historian', 'OPS', 'vmware', { also: ['mes'] });
  const station = host('engineering-workstation', 'ENG', 'dell');
  const video = host('infrastructure', 'OPS', 'dell', { sub: 'video server', also: ['other', 'mes'] });
  const speech = host('infrastructure', 'OPS', 'commend', { sub: 'intercom server', also: ['other', 'mes'] });
  const desks = times(dice.whole(3, 6), () => {
    const computer = host('hmi', 'SUP', 'dell', { sub: 'desk' });
    const wall = host('hmi', 'SUP', dice.pick(['dell', 'supermicro']), { sub: 'video desk', also: ['other', 'infrastructure'] });
    const stop = host('safety-controller', 'SIS', 'pilz', { sub: 'stop desk' });
    for (const server of scada) ask(computer, server, 'tcp', 5413, 'scada', cyclic(1000, 0.3));
    ask(computer, planning, 'tcp', 443, 'https', byDay(80));
    const handset = host('other', 'SUP', 'commend', { sub: 'handset' });
    ask(handset, speech, 'udp', 5060, 'sip', cyclic(30_000));
    return { computer, wall, stop };
  });
  times(dice.whole(4, 8), (number) => {
    const zone = `CELL-L${number}`;
    const pair = times(2, () => host('plc', zone, 'siemens', { sub: 'lock' }));
    for (const [one, other] of [[0, 1], [1, 0]] as const) ask(pair[one]!, pair[other]!, 'tcp', 2100, '', cyclic(100));
    for (const device of times(dice.whole(4, 9), () => host('io', zone, dice.pick(['siemens', 'wago', 'danfoss', 'turck'])))) exchange(pair[0]!, device, 'profinet-rt', 16);
    for (const half of pair) {
      for (const server of scada) poll(server, half, 's7comm', 1000);
      write(scada[0]!, half, 's7comm', 120);
      engineer(station, half, 's7comm', byWeek(0.3));
    }
    const guard = host('safety-controller', 'SIS', 'pilz', { sub: 'lock guard' });
    poll(pair[0]!, guard, 'modbus', 200);
    for (const { stop } of dice.sample(desks, 3)) ask(stop, guard, 'udp', 9000, '', cyclic(100));
    operate(host('hmi', zone, 'siemens', { sub: 'room panel' }), pair[0]!, 's7comm', 1000, 2);
    if (dice.chance(0.6)) {
      const weir = host('plc', zone, dice.pick(['schneider', 'phoenix']), { sub: 'weir' });
      poll(pair[0]!, weir, 'modbus', 1000);
      poll(scada[0]!, weir, 'modbus', 2000);
      write(scada[0]!, weir, 'modbus', 6);
    }
    for (const camera of times(dice.whole(4, 8), () => host('other', zone, dice.pick(['axis', 'mobotix']), { sub: 'lock camera' }))) {
      ask(video, camera, 'tcp', 554, 'rtsp', cyclic(40, 0.3));
      if (dice.chance(0.4)) ask(dice.pick(desks).wall, camera, 'tcp', 554, 'rtsp', cyclic(40, 0.3));
    }
    for (const post of times(dice.whole(2, 3), () => host('other', zone, 'commend', { sub: 'intercom post' }))) ask(post, speech, 'udp', 5060, 'sip', cyclic(30_000));
    const level = host('io', zone, dice.pick(['unknown', 'endress']), { sub: 'level gauge', also: ['plc', 'other'] });
    poll(pair[0]!, level, 'modbus', 1000);
    const router = host('network-device', 'NET', 'cisco', { sub: 'router', bridge: true });
    ask(archive, router, 'udp', 161, 'snmp', cyclic(300_000));
  });
  for (const { wall } of desks) ask(wall, video, 'tcp', 7563, '', cyclic(40, 0.3));
  for (const [one, other] of [[0, 1], [1, 0]] as const) ask(scada[one]!, scada[other]!, 'tcp', 8910, '', cyclic(1000));
  poll(archive, scada[0]!, 'opcua', 5000);
  poll(planning, scada[0]!, 'opcua', 5000);
  ask(planning, archive, 'tcp', 1433, 'mssql', byDay(300));
  const ships = host('mes', 'OPS', 'dell', { sub: 'ship positions', also: ['other', 'infrastructure', 'historian'] });
  ask(host('other', 'OPS', 'unknown', { sub: 'ship receiver', also: ['io'] }), ships, 'udp', 10_110, '', cyclic(1000), { unanswered: true });
  ask(ships, planning, 'tcp', 5672, 'amqp', byDay(5000));
  for (const computer of dice.sample(computers, 5)) ask(computer, planning, 'tcp', 443, 'https', byDay(20));
  ask(planning, servers[0]!, 'tcp', 443, 'https', byDay(60));
  plantTools(s, directory, [...scada, planning, archive, station, video, ships, ...desks.map(({ computer }) => computer)], computers.slice(0, 2), [station, scada[0]!]);
  return s.finish();
}
