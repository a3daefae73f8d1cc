/** Sites drawn with those of the seventh round, and measured only when its rules stood. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, nightly, onSomeDays, type SketchedPlant, sketcherFor, type Vendor, weekly } from './plant-sketcher.ts';
import { plantTools } from './seventh-sites.ts';
import { pollUnits, telephones } from './sixth-sites.ts';

/** A small hydrogen works: alike containers of one maker, each with a controller, a guard of another make and a rectifier; an energy manager, compressors, the maker's cloud over a router, one computer for everything. */
export function hydrogenWorks(seed: number): SketchedPlant {
  const s = sketcherFor('hydrogen works', seed);
  const { dice, times, host, ask, poll, write, operate, exchange, web } = s;
  const cloud = times(2, (index) => host('other', 'INTERNET', 'fortinet', { ext: true, net: `18.7.${index}` }));
  const router = host('network-device', 'NET', dice.pick(['mikrotik', 'teltonika', 'fortinet']), { sub: 'router', also: ['infrastructure', 'other', 'enterprise'] });
  const computer = host('hmi', 'SUP', dice.pick(['dell', 'advantech']), { sub: 'plant computer', also: ['opcua-server', 'historian'] });
  const energy = host('plc', 'CELL-E', dice.pick(['bachmann', 'wago', 'phoenix']), { sub: 'energy manager', also: ['hmi'] });
  times(dice.whole(2, 4), (index) => {
    const zone = `CELL-C${index}`;
    const controller = host('plc', zone, 'siemens', { sub: 'container controller' });
    const guard = host('safety-controller', 'SIS', 'pilz', { sub: 'container guard' });
    poll(controller, guard, 'modbus', 200);
    const rectifier = host('io', zone, dice.pick(['abb', 'danfoss', 'unknown']), { sub: 'rectifier', also: ['plc'] });
    poll(controller, rectifier, 'modbus', 500);
    write(controller, rectifier, 'modbus', 2000);
    for (const device of times(dice.whole(1, 3), () => host('io', zone, dice.pick(['siemens', 'festo'])))) exchange(controller, device, 'profinet-rt', 16);
    poll(computer, controller, 'opcua', 1000);
    write(computer, controller, 'opcua', 3);
    poll(energy, controller, 'modbus', 1000);
    write(energy, controller, 'modbus', 900);
    if (dice.chance(0.5)) operate(host('hmi', zone, 'siemens', { sub: 'door panel' }), controller, 's7comm', 1000, 1);
    ask(controller, cloud[0]!, 'tcp', 8883, 'mqtts', cyclic(10_000, 0.2));
  });
  const compressor = host('plc', 'CELL-K', dice.pick(['rockwell', 'siemens']), { sub: 'compressor' });
  poll(computer, compressor, 'modbus', 2000);
  operate(host('hmi', 'CELL-K', 'weintek', { sub: 'compressor panel' }), compressor, 'modbus', 500, 3);
  const meter = host('io', 'CELL-E', dice.pick(['janitza', 'socomec']), { sub: 'grid meter', also: ['plc', 'other'] });
  poll(energy, meter, 'modbus', 200);
  const dispenser = host('plc', 'CELL-K', 'unknown', { sub: 'dispenser', also: ['io', 'other'] });
  poll(compressor, dispenser, 'modbus', 500);
  ask(dispenser, cloud[1]!, 'tcp', 443, 'https', byDay(60));
  const grid = host('hmi', 'REMOTE', 'cisco', { net: '172.27.1', rtt: 35, sub: 'grid operator', also: ['enterprise', 'network-device', 'mes'] });
  operate(grid, energy, 'iec104', 2000, 10);
  if (dice.chance(0.5)) operate(host('hmi', 'SUP', 'lenovo', { sub: 'second desk', also: ['enterprise'] }), compressor, 'modbus', 2000, 1);
  for (const camera of times(dice.whole(1, 3), () => host('other', 'OPS', 'axis', { sub: 'camera' }))) ask(computer, camera, 'tcp', 554, 'rtsp', byDay(6));
  for (const client of [computer, energy]) ask(client, router, 'udp', 53, 'dns', byDay(40));
  ask(computer, router, 'udp', 123, 'ntp', cyclic(1_024_000));
  web(computer, 2);
  ask(computer, host('other', 'OPS', 'apc', { sub: 'power supply', also: ['io', 'infrastructure', 'network-device'] }), 'udp', 161, 'snmp', cyclic(60_000));
  return s.finish();
}

/** A container terminal: cranes with a controller, drives, a guard that speaks to its remote desk in a protocol nobody reads, cameras and reading of plates, yard cranes over radio, remote desks, crane management, the terminal's system in between. */
export function containerTerminal(seed: number): SketchedPlant {
  const s = sketcherFor('container terminal', seed);
  const { dice, times, host, ask, poll, operate, engineer, exchange, office } = s;
  const { servers, computers } = office(dice.whole(15, 35));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const [vendor, protocol] = dice.pick<readonly [Vendor, 's7comm' | 'enip' | 'mms']>([['siemens', 's7comm'], ['rockwell', 'enip'], ['abb', 'mms']]);
  const management = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'crane management', also: ['opcua-server', 'historian'] }));
  const terminal = host('mes', 'OPS', 'vmware', { sub: 'terminal system' });
  const scheduler = host('mes', 'OPS', 'vmware', { sub: 'job scheduler' });
  const reading = host('mes', 'OPS', 'supermicro', { sub: 'plate reading', also: ['infrastructure', 'other', 'hmi', 'enterprise'] });
  const maintenance = times(dice.whole(1, 3), () => host('engineering-workstation', 'ENG', 'lenovo'));
  const port = dice.whole(30_000, 60_000);
  const desks = times(dice.whole(3, 6), () => {
    const computer = host('hmi', 'SUP', 'dell', { sub: 'remote desk' });
    const lever = host('plc', 'SUP', vendor, { sub: 'desk controller', also: ['io', 'safety-controller', 'hmi'] });
    ask(computer, lever, 'tcp', port + 3, '', cyclic(200));
    return { computer, lever };
  });
  times(dice.whole(3, 6), (number) => {
    const zone = `CELL-Q${number}`;
    const crane = host('plc', zone, vendor, { sub: 'crane controller' });
    for (const drive of times(dice.whole(3, 6), () => host('io', zone, dice.pick(['abb', 'siemens', 'vacon']), { sub: 'drive' }))) exchange(crane, drive, vendor === 'rockwell' ? 'enip-io' : 'profinet-rt', 10);
    const guard = host('safety-controller', 'SIS', dice.pick(['pilz', 'hima', vendor]), { sub: 'crane guard', also: ['plc'] });
    poll(crane, guard, 'modbus', 100);
    for (const { lever, computer } of dice.sample(desks, 3)) {
      ask(lever, guard, 'udp', port, '', cyclic(100));
      ask(lever, crane, 'udp', port + 1, '', cyclic(50));
      for (const camera of times(dice.whole(1, 2), () => host('other', zone, 'axis', { sub: 'crane camera' }))) ask(computer, camera, 'tcp', 554, 'rtsp', cyclic(40, 0.3));
    }
    operate(host('hmi', zone, 'advantech', { sub: 'cabin screen' }), crane, protocol, 500, 12);
    for (const server of management) poll(server, crane, protocol, 1000);
    for (const station of maintenance) engineer(station, crane, protocol, byWeek(0.6));
    const scanner = host('io', zone, 'sick', { sub: 'profile scanner', also: ['other', 'plc'] });
    ask(crane, scanner, 'tcp', 2111, '', cyclic(100));
    const eye = host('other', zone, 'hikvision', { sub: 'plate camera' });
    ask(eye, reading, 'tcp', 8554, '', byDay(500));
    ask(scheduler, crane, 'tcp', port + 5, '', byDay(900));
  });
  for (const yard of times(dice.whole(4, 10), () => host('plc', 'WLAN', vendor, { sub: 'yard crane', also: ['io'] }))) {
    poll(management[0]!, yard, protocol, 2000);
    ask(yard, scheduler, 'tcp', port + 6, '', cyclic(5000, 0.3));
    const tablet = host('other', 'WLAN', 'symbol', { sub: 'cabin tablet' });
    ask(tablet, terminal, 'tcp', 443, 'https', byDay(300));
  }
  for (const one of management) ask(one, management[one === management[0] ? 1 : 0]!, 'tcp', port + 7, '', cyclic(1000));
  ask(scheduler, terminal, 'tcp', 1521, 'oracle', byDay(4000));
  ask(reading, terminal, 'tcp', 443, 'https', byDay(3000));
  poll(terminal, management[0]!, 'opcua', 5000);
  for (const computer of computers) if (dice.chance(0.6)) ask(computer, terminal, 'tcp', 443, 'https', byDay(60));
  ask(terminal, servers[0]!, 'tcp', 443, 'https', byDay(200));
  for (const station of times(dice.whole(1, 3), () => host('io', 'CELL-R', dice.pick(['carrier', 'unknown']), { sub: 'reefer rack', also: ['plc', 'other', 'network-device'] }))) pollUnits(s, management[1]!, station, dice.whole(5, 20), 60_000);
  plantTools(s, directory, [...management, terminal, scheduler, reading, ...maintenance, ...desks.map(({ computer }) => computer)], computers.slice(0, 2), [management[0]!, maintenance[0]!]);
  return s.finish();
}

/** A drill ship: positioning, vessel management and drilling of one maker each, two networks in parallel, what sensors measure is pushed to all over UDP, engines' controllers over Modbus, a bridge with charts, a satellite link, the crew's office. */
export function drillShip(seed: number): SketchedPlant {
  const s = sketcherFor('drill ship', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, exchange, office } = s;
  const { directory: crew, computers } = office(dice.whole(8, 18));
  telephones(s, dice.whole(4, 10), 'ENT');
  const maker = dice.pick<Vendor>(['kongsberg', 'abb', 'ge', 'wartsila']);
  const port = dice.whole(20_000, 40_000);
  const clock = host('infrastructure', 'OPS', 'meinberg');
  const consoles = times(dice.whole(3, 5), () => host('hmi', 'SUP', maker === 'abb' ? 'dell' : 'advantech', { sub: 'positioning console' }));
  const positioning = times(dice.whole(2, 3), () => host('plc', 'CELL-DP', maker, { sub: 'positioning controller' }));
  for (const one of positioning) {
    for (const other of positioning) if (one !== other) ask(one, other, 'udp', port + 2, '', cyclic(100));
    for (const console of consoles) ask(one, console, 'udp', port, '', cyclic(500), { unanswered: true });
    ask(one, clock, 'udp', 123, 'ntp', cyclic(64_000));
  }
  for (const console of consoles.slice(0, 2)) for (const one of positioning) ask(console, one, 'tcp', port + 1, '', cyclic(1000));
  for (const sensor of times(dice.whole(3, 6), () => host('io', 'CELL-DP', dice.pick(['moxa', 'unknown', 'kongsberg']), { sub: 'sensor', also: ['other', 'network-device', 'plc'] }))) for (const one of positioning) ask(sensor, one, 'udp', 10_110, '', cyclic(200), { unanswered: true });
  for (const thruster of times(dice.whole(4, 7), () => host('plc', 'CELL-DP', dice.pick(['siemens', 'abb']), { sub: 'thruster', also: ['io'] }))) for (const one of positioning) poll(one, thruster, 'modbus', 250);
  const machinery = times(dice.whole(2, 4), () => host('hmi', 'SUP', 'advantech', { sub: 'machinery console' }));
  const archive = host('historian', 'OPS', 'dell', { sub: 'voyage recorder', also: ['mes', 'other'] });
  times(dice.whole(3, 6), (number) => {
    const zone = `CELL-M${number}`;
    const station = host('plc', zone, maker, { sub: 'machinery controller' });
    for (const engine of times(dice.whole(1, 3), () => host('plc', zone, dice.pick(['wartsila', 'woodward', 'unknown']), { sub: 'engine controller', also: ['io'] }))) poll(station, engine, 'modbus', 500);
    const switchboard = host('plc', zone, 'abb', { sub: 'switchboard', also: ['io'] });
    poll(station, switchboard, 'modbus', 500);
    write(station, switchboard, 'modbus', 20);
    for (const console of machinery) ask(console, station, 'tcp', port + 5, '', cyclic(1000));
    ask(station, archive, 'udp', port + 6, '', cyclic(1000), { unanswered: true });
    for (const device of times(dice.whole(1, 3), () => host('io', zone, dice.pick([maker, 'wago'])))) ask(station, device, 'udp', port + 8, '', cyclic(100));
  });
  const guards = times(2, () => host('safety-controller', 'SIS', dice.pick(['hima', 'invensys']), { sub: 'shutdown' }));
  for (const guard of guards) for (const console of machinery) poll(console, guard, 'modbus', 1000);
  ask(guards[0]!, guards[1]!, 'udp', 6005, '', cyclic(100));
  const fire = host('safety-controller', 'SIS', 'unknown', { sub: 'fire and gas', also: ['plc', 'io'] });
  poll(guards[0]!, fire, 'modbus', 500);
  poll(machinery[0]!, fire, 'modbus', 2000);
  const drill = host('plc', 'CELL-drill', 'siemens', { sub: 'drill floor' });
  for (const chair of times(2, () => host('hmi', 'CELL-drill', 'advantech', { sub: 'drill chair' }))) operate(chair, drill, 's7comm', 250, 60);
  for (const device of times(dice.whole(4, 8), () => host('io', 'CELL-drill', dice.pick(['siemens', 'rexroth', 'danfoss'])))) exchange(drill, device, 'profinet-rt', 8);
  const preventer = host('safety-controller', 'SIS', 'siemens', { sub: 'preventer', also: ['plc'] });
  poll(drill, preventer, 's7comm', 500);
  operate(host('hmi', 'SIS', 'siemens', { sub: 'preventer panel' }), preventer, 's7comm', 500, 2);
  engineer(host('engineering-workstation', 'TEMP', 'dell', { sub: 'service laptop', also: ['transient'] }), drill, 's7comm', onSomeDays(dice, 3, 10));
  const chart = times(2, () => host('hmi', 'SUP', 'furuno', { sub: 'chart display', also: ['other', 'mes'] }));
  for (const display of chart) {
    const sensor = host('io', 'CELL-bridge', 'furuno', { sub: 'radar', also: ['other', 'plc'] });
    ask(sensor, display, 'udp', 60_001, '', cyclic(1000), { unanswered: true });
    ask(display, archive, 'udp', 60_002, '', cyclic(1000), { unanswered: true });
  }
  const shore = host('jump-server', 'DMZ', 'dell', { sub: 'shore access', also: ['infrastructure', 'mes'] });
  ask(host('other', 'INTERNET', 'fortinet', { ext: true, net: '62.3.9' }), shore, 'tcp', 443, 'https', byDay(2));
  ask(shore, machinery[0]!, 'tcp', 3389, 'rdp', byWeek(1));
  ask(archive, crew, 'tcp', 445, 'smb', weekly(1));
  for (const computer of dice.sample(computers, 3)) ask(computer, archive, 'tcp', 443, 'https', byDay(5));
  return s.finish();
}

/** Blood plasma: two tiers of OPC UA servers that gather everything, encrypted, machines with servers of their makers, thin clients, monitoring of rooms by radio, label printers, building control, tools, part of it heard in one direction. */
export function bloodPlasma(seed: number): SketchedPlant {
  const s = sketcherFor('blood plasma', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, drive, office } = s;
  const { servers, computers } = office(dice.whole(20, 40));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const gather = times(2, () => host('opcua-server', 'OPS', 'vmware', { sub: 'gathering server' }));
  const top = host('opcua-server', 'OPS', 'vmware', { sub: 'top server', also: ['historian'] });
  const mes = host('mes', 'OPS', 'vmware');
  const database = host('mes', 'OPS', 'vmware', { sub: 'database', also: ['historian'] });
  const archive = host('historian', 'OPS', 'vmware');
  const copy = host('historian', 'DMZ', 'vmware', { sub: 'archive copy', also: ['mes'] });
  const labels = host('mes', 'OPS', 'vmware', { sub: 'label server', also: ['infrastructure'] });
  const terminals = host('hmi', 'SUP', 'vmware', { sub: 'terminal server', also: ['mes'] });
  const scada = host('hmi', 'SUP', 'vmware', { sub: 'scada' });
  const station = host('engineering-workstation', 'ENG', 'vmware');
  const screens = times(dice.whole(6, 14), () => host('hmi', 'SUP', 'wyse', { sub: 'thin client' }));
  for (const screen of screens) ask(screen, terminals, 'tcp', 3389, 'rdp', cyclic(1000, 0.4));
  ask(terminals, scada, 'tcp', 5413, 'scada', cyclic(1000, 0.3));
  times(dice.whole(4, 7), (number) => {
    const zone = `CELL-S${number}`;
    const [vendor, protocol] = dice.pick([['siemens', 's7comm-plus'], ['rockwell', 'enip'], ['b&r', 'opcua']] as const);
    const controllers = times(dice.whole(1, 3), () => host('plc', zone, vendor));
    for (const controller of controllers) {
      for (const device of times(dice.whole(1, 5), () => host('io', zone, dice.pick([vendor, 'endress', 'festo'])))) drive(controller, device, protocol);
      poll(gather[number % 2]!, controller, dice.chance(0.5) ? 'opcua' : protocol, 1000);
      write(gather[number % 2]!, controller, dice.chance(0.5) ? 'opcua' : protocol, 30);
      engineer(station, controller, protocol, byWeek(0.4));
    }
    if (dice.chance(0.6)) {
      const own = host('hmi', zone, 'dell', { sub: "maker's station", also: ['opcua-server', 'historian'] });
      for (const controller of controllers) operate(own, controller, protocol, 500, 12);
      poll(gather[0]!, own, 'opcua', 2000);
    } else operate(host('hmi', zone, vendor, { sub: 'panel' }), controllers[0]!, protocol, 500, 10);
    if (dice.chance(0.7)) ask(labels, host('other', zone, 'zebra', { sub: 'label printer', also: ['io'] }), 'tcp', 9100, 'print', byDay(150));
    if (dice.chance(0.5)) {
      const scale = host('io', zone, 'mettler', { sub: 'scale', also: ['other', 'plc'] });
      ask(mes, scale, 'tcp', 8001, '', byDay(60));
    }
  });
  for (const server of gather) poll(top, server, 'opcua', 1000);
  poll(scada, top, 'opcua', 500);
  write(scada, top, 'opcua', 60);
  poll(archive, top, 'opcua', 5000);
  poll(mes, top, 'opcua', 10_000);
  write(mes, top, 'opcua', 40);
  ask(mes, database, 'tcp', 1433, 'mssql', byDay(4000));
  ask(labels, database, 'tcp', 1433, 'mssql', byDay(300));
  ask(archive, copy, 'tcp', 5450, 'pi', cyclic(10_000, 0.3));
  for (const computer of dice.sample(computers, 8)) ask(computer, copy, 'tcp', 5450, 'pi', byDay(12));
  for (const screen of dice.sample(screens, 5)) ask(screen, mes, 'tcp', 443, 'https', byDay(100));
  const rooms = host('historian', 'OPS', 'dell', { sub: 'room monitoring', also: ['mes', 'hmi'] });
  for (const logger of times(dice.whole(5, 15), () => host('other', 'WLAN', 'unknown', { sub: 'logger', also: ['io', 'plc'] }))) ask(logger, rooms, 'tcp', 8086, '', cyclic(60_000, 0.2));
  const building = host('hmi', 'SUP', 'dell', { sub: 'building server', also: ['opcua-server', 'historian'] });
  const air = times(dice.whole(3, 6), () => host('plc', 'CELL-H', dice.pick(['johnson-controls', 'tridium', 'siemens']), { sub: 'air controller' }));
  air.forEach((controller, index) => {
    poll(building, controller, 'bacnet', 5000);
    write(building, controller, 'bacnet', 8);
    if (index > 0) poll(air[0]!, controller, 'bacnet', 5000);
  });
  poll(rooms, air[0]!, 'bacnet', 60_000);
  ask(mes, servers[0]!, 'tcp', 443, 'https', byDay(100));
  ask(servers[0]!, copy, 'tcp', 1433, 'mssql', nightly(4));
  plantTools(s, directory, [...gather, top, mes, database, archive, copy, labels, terminals, scada, station, rooms, building], computers.slice(0, 3), [station, scada, mes]);
  const drawn = s.finish();
  // One of the mirrored ports sends one direction only.
  return { ...drawn, plant: { ...drawn.plant, edges: drawn.plant.edges.map((edge) => (edge.id % 5 === 0 ? { ...edge, onlyFrom: edge.id % 2 === 0 ? ('client' as const) : ('server' as const) } : edge)) } };
}
