/** Sites of a seventh round, drawn before anything was repaired in it. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, nightly, onSomeDays, type SketchedHost, type SketchedPlant, type Sketcher, sketcherFor, type Vendor, weekly } from './plant-sketcher.ts';
import { pollUnits, telephones } from './sixth-sites.ts';

/** What the people of a plant's own computers have beside the plant: updates, backups, logs, a way in, a clock. */
export function plantTools(s: Sketcher, directory: SketchedHost, members: readonly SketchedHost[], outside: readonly SketchedHost[], inside: readonly SketchedHost[]): void {
  const { dice, host, ask, join } = s;
  const internet = host('other', 'INTERNET', 'fortinet', { ext: true, net: '20.50.3' });
  const patch = host('patch-server', 'DMZ', 'vmware');
  const antivirus = host('patch-server', 'DMZ', 'vmware', { sub: 'virus scanner', also: ['infrastructure', 'mes'] });
  const backup = host('infrastructure', 'OPS', dice.pick(['dell', 'synology']), { sub: 'backup' });
  const jump = host('jump-server', 'DMZ', 'vmware');
  for (const member of members) {
    ask(member, patch, 'tcp', 8530, 'wsus', byDay(1.5));
    ask(member, antivirus, 'tcp', 14_555, '', cyclic(600_000, 0.3));
    if (dice.chance(0.6)) ask(backup, member, 'tcp', 445, 'smb', nightly(400));
    join(member, directory);
  }
  ask(patch, internet, 'tcp', 443, 'https', nightly(3));
  ask(antivirus, internet, 'tcp', 443, 'https', nightly(6));
  for (const user of outside) ask(user, jump, 'tcp', 3389, 'rdp', byDay(0.5));
  for (const server of inside) ask(jump, server, 'tcp', 3389, 'rdp', byDay(0.4));
  for (const server of [patch, antivirus, jump]) join(server, directory);
}

/** A cheese works on one flat network: cleaning skids and packages with controllers and panels of their own makers, which exchange a few words with the works' controllers, recipes, label printers, a service router in every package, cameras and telephones beside. */
export function cheeseWorks(seed: number): SketchedPlant {
  const s = sketcherFor('cheese works', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, drive, exchange, office } = s;
  const { servers, computers } = office(dice.whole(15, 30));
  telephones(s, dice.whole(6, 14), 'ENT');
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' }));
  const places = times(dice.whole(3, 5), () => host('hmi', 'SUP', dice.pick(['dell', 'wyse']), { sub: 'operator place' }));
  const recipes = host('mes', 'OPS', 'vmware', { sub: 'recipes' });
  const labels = host('mes', 'OPS', 'dell', { sub: 'label server', also: ['infrastructure', 'hmi'] });
  const archive = host('historian', 'OPS', 'vmware', { also: ['mes'] });
  const station = host('engineering-workstation', 'ENG', 'dell');
  times(dice.whole(3, 4), (area) => {
    const zone = `CELL-A${area}`;
    const controllers = times(dice.whole(1, 3), () => host('plc', zone, 'siemens'));
    for (const controller of controllers) {
      for (const device of times(dice.whole(3, 8), () => host('io', zone, dice.pick(['siemens', 'festo', 'danfoss', 'ifm'])))) exchange(controller, device, 'profinet-rt', 16);
      for (const server of scada) poll(server, controller, 's7comm', 1000);
      write(scada[0]!, controller, 's7comm', 25);
      poll(archive, controller, 's7comm', 10_000);
      write(recipes, controller, 's7comm', 12);
      engineer(station, controller, 's7comm', byWeek(0.7));
    }
    if (controllers.length > 1) poll(controllers[0]!, controllers[1]!, 's7comm', 500);
    for (const skid of times(dice.whole(1, 2), () => host('plc', `${zone}`, dice.pick(['siemens', 'rockwell']), { sub: 'cleaning skid' }))) {
      operate(host('hmi', zone, dice.pick(['siemens', 'beckhoff', 'weintek']), { sub: 'skid panel' }), skid, 's7comm', 500, 10);
      for (const device of times(dice.whole(1, 3), () => host('io', zone, dice.pick(['siemens', 'endress', 'krohne'])))) exchange(skid, device, 'profinet-rt', 32);
      poll(controllers[0]!, skid, 's7comm', 1000);
      write(controllers[0]!, skid, 's7comm', 30);
    }
  });
  times(dice.whole(4, 7), (number) => {
    const zone = `CELL-P${number}`;
    const [vendor, protocol] = dice.pick([['rockwell', 'enip'], ['beckhoff', 'ads'], ['b&r', 'opcua'], ['omron', 'fins'], ['schneider', 'modbus'], ['siemens', 's7comm']] as const);
    const machine = host('plc', zone, vendor, { sub: 'package' });
    const panel = host('hmi', zone, dice.pick([vendor, 'advantech', 'weintek']), { sub: 'package panel', also: ['opcua-server'] });
    operate(panel, machine, protocol, dice.pick([200, 500, 1000]), 15);
    for (const device of times(dice.whole(0, 4), () => host('io', zone, dice.pick([vendor, 'danfoss', 'lenze', 'mettler', 'sick'])))) drive(machine, device, protocol);
    if (dice.chance(0.6)) ask(host('other', zone, dice.pick(['videojet', 'zebra']), { sub: 'labeller', also: ['io'] }), labels, 'tcp', 3003, '', byDay(dice.between(100, 900)));
    if (dice.chance(0.7)) ask(labels, host('other', zone, 'zebra', { sub: 'label printer', also: ['io'] }), 'tcp', 9100, 'print', byDay(400));
    if (dice.chance(0.5)) poll(scada[0]!, machine, protocol, 5000);
    const service = host('network-device', zone, dice.pick(['ewon', 'mikrotik', 'teltonika']), { sub: 'service router', also: ['jump-server', 'other', 'plc'] });
    const maker = host('other', 'INTERNET', 'fortinet', { ext: true, net: `51.${20 + number}.7` });
    ask(service, maker, 'udp', 1194, 'openvpn', cyclic(25_000, 0.2));
    if (dice.chance(0.5)) engineer(service, machine, protocol, onSomeDays(dice, 3, 8));
  });
  for (const scale of times(dice.whole(1, 3), () => host('io', 'OPS', 'mettler', { sub: 'floor scale', also: ['other', 'plc'] }))) ask(recipes, scale, 'tcp', 4305, '', cyclic(1000, 0.2));
  for (const place of places) for (const server of scada) ask(place, server, 'tcp', 5413, 'scada', cyclic(1000, 0.3));
  for (const [one, other] of [[0, 1], [1, 0]] as const) ask(scada[one]!, scada[other]!, 'tcp', 8910, '', cyclic(1000));
  const recorder = host('enterprise', 'ENT', 'hikvision', { sub: 'recorder', also: ['other', 'infrastructure'] });
  for (const camera of times(dice.whole(6, 12), () => host('other', 'ENT', dice.pick(['hikvision', 'axis']), { sub: 'camera' }))) ask(recorder, camera, 'tcp', 554, 'rtsp', cyclic(40, 0.3));
  for (const computer of dice.sample(computers, 2)) ask(computer, recorder, 'tcp', 8000, '', byDay(5));
  ask(recipes, archive, 'tcp', 1433, 'mssql', byDay(600));
  ask(recipes, servers[0]!, 'tcp', 443, 'https', byDay(80));
  for (const computer of dice.sample(computers, 7)) ask(computer, archive, 'tcp', 443, 'https', byDay(9));
  plantTools(s, directory, [...scada, ...places.slice(1), recipes, labels, archive, station], computers.slice(0, 2), [scada[0]!, archive, station]);
  return s.finish();
}

/** An axle assembly: PROFINET lines whose safety controllers are of the line controllers' make and guard over PROFINET alone, robots, tightening and press controllers over TCP, camera checks, a quality database, conveyors, vehicles without driver. */
export function axleLine(seed: number): SketchedPlant {
  const s = sketcherFor('axle line', seed);
  const { dice, times, host, ask, poll, operate, write, engineer, exchange, office } = s;
  const { servers, computers } = office(dice.whole(10, 25));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const quality = host('mes', 'OPS', 'vmware', { sub: 'quality database', also: ['historian'] });
  const control = host('mes', 'OPS', 'vmware', { sub: 'line control system' });
  const energy = host('historian', 'OPS', 'vmware', { sub: 'energy', also: ['mes', 'hmi'] });
  const stations = times(dice.whole(2, 3), () => host('engineering-workstation', 'ENG', 'lenovo'));
  const andon = host('hmi', 'SUP', 'vmware', { sub: 'andon server', also: ['mes', 'opcua-server'] });
  times(dice.whole(3, 5), (number) => {
    const zone = `CELL-L${number}`;
    const guard = host('safety-controller', 'SIS', 'siemens', { sub: 'line guard', also: ['plc'] });
    for (const device of times(dice.whole(2, 4), () => host('io', 'SIS', dice.pick(['siemens', 'murr', 'sick']), { sub: 'safe i/o' }))) exchange(guard, device, 'profinet-rt', 8);
    const op = host('hmi', zone, 'siemens', { sub: 'line terminal' });
    const controllers = times(dice.whole(2, 4), () => host('plc', zone, 'siemens'));
    controllers.forEach((controller, index) => {
      exchange(guard, controller, 'profinet-rt', 16);
      if (index > 0) exchange(controllers[0]!, controller, 'profinet-rt', 32);
      for (const device of times(dice.whole(4, 9), () => host('io', zone, dice.pick(['siemens', 'turck', 'balluff', 'festo', 'murr', 'rexroth'])))) exchange(controller, device, 'profinet-rt', 8);
      for (const robot of times(dice.whole(0, 2), () => host('plc', zone, dice.pick(['kuka', 'fanuc', 'staubli']), { sub: 'robot', also: ['io'] }))) exchange(controller, robot, 'profinet-rt', 8);
      for (const spindle of times(dice.whole(0, 3), () => host('plc', zone, dice.pick(['atlas', 'rexroth']), { sub: 'tightening', also: ['io', 'other'] }))) {
        exchange(controller, spindle, 'profinet-rt', 16);
        ask(spindle, quality, 'tcp', 4545, '', byDay(800));
      }
      operate(op, controller, 's7comm-plus', 500, 20);
      poll(andon, controller, 's7comm', 1000);
      write(control, controller, 's7comm', 900);
      poll(control, controller, 's7comm', 5000);
      engineer(dice.pick(stations), controller, 's7comm-plus', byWeek(1.5));
      if (dice.chance(0.5)) {
        const eye = host('io', zone, dice.pick(['cognex', 'keyence']), { sub: 'camera check', also: ['other', 'plc'] });
        exchange(controller, eye, 'profinet-rt', 16);
        ask(eye, quality, 'tcp', 21, 'ftp', byDay(700));
      }
    });
    engineer(stations[0]!, guard, 's7comm-plus', byWeek(0.2));
    poll(andon, guard, 's7comm', 2000);
    const meter = host('io', zone, dice.pick(['janitza', 'socomec']), { sub: 'meter', also: ['plc', 'other'] });
    poll(energy, meter, 'modbus', 10_000);
  });
  const fleet = host('mes', 'OPS', 'dell', { sub: 'fleet manager', also: ['hmi'] });
  for (const vehicle of times(dice.whole(4, 9), () => host('plc', 'WLAN', dice.pick(['sick', 'symbol', 'unknown']), { sub: 'vehicle', also: ['other', 'io'] }))) ask(vehicle, fleet, 'tcp', 7010, '', cyclic(500, 0.4));
  ask(fleet, control, 'tcp', 443, 'https', byDay(1500));
  for (const screen of times(dice.whole(2, 5), () => host('hmi', 'SUP', dice.pick(['raspberry', 'wyse']), { sub: 'andon screen', also: ['other'] }))) ask(screen, andon, 'tcp', 80, 'http', cyclic(2000, 0.3));
  for (const source of [control, quality]) ask(source, servers[0]!, 'tcp', 443, 'https', byDay(50));
  ask(control, quality, 'tcp', 1521, 'oracle', byDay(3000));
  for (const computer of dice.sample(computers, 6)) ask(computer, quality, 'tcp', 443, 'https', byDay(12));
  plantTools(s, directory, [quality, control, energy, andon, fleet, ...stations], computers.slice(0, 2), [stations[0]!, control]);
  const drawn = s.finish();
  // The mirror port is at the line's main switch: half of the I/O passes it nowhere.
  return { ...drawn, plant: { ...drawn.plant, edges: drawn.plant.edges.map((edge) => ({ ...edge, hidden: edge.svc === 'profinet-rt' && edge.id % 2 === 1 })) } };
}

/** Batch chemicals: a control system on two networks in parallel whose controllers push what they measure over UDP in a protocol nobody reads, logic solvers of the same make, an old guard with TriStation, batch, laboratory, OPC classic, packages. */
export function batchChemicals(seed: number): SketchedPlant {
  const s = sketcherFor('batch chemicals', seed);
  const { dice, times, host, ask, poll, write, operate, exchange, office } = s;
  const { servers, computers } = office(dice.whole(12, 30));
  const vendor = dice.pick<Vendor>(['emerson', 'abb', 'honeywell']);
  const port = dice.whole(21_000, 48_000);
  const directory = host('infrastructure', 'OPS', 'vmware');
  const twice = (role: SketchedHost['role'], zone: string, maker: Vendor, sub: string, name: string, also: readonly SketchedHost['role'][] = []): readonly [SketchedHost, SketchedHost] => {
    const [one, other] = ['10.4.1', '10.8.1'].map((net) => host(role, zone, maker, { sub, net, name, win: true, also }));
    return [one!, other!];
  };
  const desks = times(dice.whole(4, 8), (index) => twice('hmi', 'SUP', 'dell', 'operator desk', `OPDESK${index}`));
  const main = twice('engineering-workstation', 'ENG', 'dell', 'main station', 'PROPLUS', ['hmi', 'infrastructure']);
  const application = twice('mes', 'OPS', 'dell', 'application server', 'APPSRV', ['hmi', 'opcua-server', 'historian']);
  const batch = host('mes', 'OPS', 'dell', { sub: 'batch executive', also: ['hmi'] });
  const archive = host('historian', 'OPS', 'vmware', { also: ['mes'] });
  const laboratory = host('mes', 'ENT', 'vmware', { sub: 'laboratory', also: ['enterprise'] });
  const both = (client: readonly SketchedHost[], server: readonly SketchedHost[], add: number, periodMs: number, unanswered = false): void => {
    for (const side of [0, 1]) ask(client[side]!, server[side]!, 'udp', port + add, '', cyclic(side === 0 ? periodMs : periodMs * 4, 0.1), { unanswered });
  };
  const solvers: (readonly SketchedHost[])[] = [];
  times(dice.whole(3, 5), (unit) => {
    const zone = `CELL-U${unit}`;
    const pair = times(dice.whole(1, 3), () => ['10.4.2', '10.8.2'].map((net) => host('plc', zone, vendor, { sub: 'controller', net })));
    pair.forEach((controller, index) => {
      for (const desk of desks) both(controller, desk, 0, 1000, true);
      for (const desk of desks.slice(0, 3)) ask(desk[0], controller[0]!, 'udp', port + 1, '', byDay(60));
      both(controller, application, 0, 1000, true);
      ask(main[0], controller[0]!, 'udp', port + 2, '', byWeek(2));
      if (index > 0) both(pair[0]!, controller, 3, 500);
      for (const device of times(dice.whole(1, 3), () => host('io', zone, dice.pick([vendor, 'turck', 'endress']), { sub: 'i/o card' }))) ask(controller[0]!, device, 'udp', port + 6, '', cyclic(100));
    });
    const skid = host('plc', zone, dice.pick(['siemens', 'rockwell']), { sub: 'package' });
    poll(pair[0]![0]!, skid, 'modbus', 1000);
    write(pair[0]![0]!, skid, 'modbus', 15);
    operate(host('hmi', zone, 'siemens', { sub: 'package panel' }), skid, 'modbus', 500, 6);
    const solver = ['10.4.3', '10.8.3'].map((net) => host('safety-controller', 'SIS', vendor, { sub: 'logic solver', net, also: ['plc'] }));
    solvers.push(solver);
    both(solver, pair[0]!, 4, 500);
    for (const desk of desks) both(solver, desk, 0, 1000, true);
    ask(main[0], solver[0]!, 'udp', port + 2, '', onSomeDays(dice, 3, 4));
  });
  solvers.forEach((solver, index) => index > 0 && both(solvers[0]!, solver, 5, 200));
  const guard = host('safety-controller', 'SIS', 'invensys', { sub: 'old guard', net: '10.4.3' });
  poll(application[0], guard, 'modbus', 1000);
  ask(host('engineering-workstation', 'SIS', 'dell', { sub: 'guard station', also: ['transient'] }), guard, 'udp', 1502, 'tristation', onSomeDays(dice, 4, 10));
  ask(batch, application[0], 'tcp', 135, 'rpc', byDay(2));
  ask(batch, application[0], 'tcp', 49_321, '', cyclic(2000, 0.3));
  for (const desk of desks) ask(desk[0], batch, 'tcp', port + 8, '', byDay(300));
  ask(archive, application[0], 'tcp', 135, 'rpc', byDay(1));
  ask(archive, application[0], 'tcp', 49_322, '', cyclic(5000, 0.3));
  ask(archive, batch, 'tcp', 1433, 'mssql', byDay(80));
  ask(laboratory, archive, 'tcp', 5450, 'pi', byDay(60));
  for (const computer of dice.sample(computers, 6)) ask(computer, archive, 'tcp', 5450, 'pi', byDay(8));
  ask(laboratory, servers[0]!, 'tcp', 445, 'smb', byDay(6));
  for (const computer of dice.sample(computers, 4)) ask(computer, laboratory, 'tcp', 443, 'https', byDay(20));
  const analyser = host('io', 'CELL-U0', dice.pick(['siemens', 'abb']), { sub: 'analyser', also: ['plc', 'other'] });
  poll(application[0], analyser, 'modbus', 5000);
  const bus = host('io', 'CELL-U1', 'moxa', { sub: 'gateway', also: ['network-device', 'plc'] });
  pollUnits(s, application[0], bus, dice.whole(3, 9), 5000);
  exchange(host('plc', 'CELL-T', 'rockwell', { sub: 'tanker bay' }), host('io', 'CELL-T', 'rockwell'), 'enip-io', 20);
  plantTools(s, directory, [...desks.map(([first]) => first), main[0], application[0], batch, archive], computers.slice(0, 2), [main[0], archive]);
  return s.finish();
}

/** A road tunnel: controllers in niches that two control rooms run, fans, lights and signs over vendors' protocols, fire detection, emergency telephones, many cameras in the same network, a mirror port that sees one of two rooms. */
export function roadTunnel(seed: number): SketchedPlant {
  const s = sketcherFor('road tunnel', seed);
  const { dice, times, host, ask, poll, operate, engineer, exchange, join } = s;
  const directory = host('infrastructure', 'OPS', 'vmware');
  const [vendor, protocol] = dice.pick<readonly [Vendor, 's7comm' | 'modbus' | 'opcua']>([['siemens', 's7comm'], ['schneider', 'modbus'], ['wago', 'modbus'], ['b&r', 'opcua']]);
  const scada = times(2, () => host('hmi', 'SUP', dice.pick(['stratus', 'dell']), { sub: 'scada' }));
  const places = times(dice.whole(2, 4), () => host('hmi', 'SUP', 'dell', { sub: 'operator place' }));
  const video = host('infrastructure', 'OPS', 'supermicro', { sub: 'video server', also: ['mes', 'other', 'hmi'] });
  const incident = host('mes', 'OPS', 'supermicro', { sub: 'incident detection', also: ['infrastructure', 'hmi', 'other', 'enterprise'] });
  const pbx = host('infrastructure', 'OPS', dice.pick(['commend', 'zenitel']), { sub: 'emergency telephone exchange', also: ['other', 'mes'] });
  const head = times(2, () => host('plc', 'CELL-head', vendor, { sub: 'head controller' }));
  for (const [one, other] of [[0, 1], [1, 0]] as const) ask(head[one]!, head[other]!, 'udp', 3100, '', cyclic(100));
  const signPort = dice.whole(4000, 9000);
  times(dice.whole(6, 14), (niche) => {
    const zone = 'CELL-head';
    const controller = host('plc', zone, vendor, { sub: 'niche controller' });
    for (const master of head) poll(master, controller, protocol, 500);
    if (dice.chance(0.5)) for (const server of scada) poll(server, controller, protocol, 2000);
    for (const device of times(dice.whole(0, 2), () => host('io', zone, dice.pick([vendor, 'phoenix', 'vacon'])))) poll(controller, device, 'modbus', 250);
    for (const sign of times(dice.whole(0, 2), () => host('other', zone, 'unknown', { sub: 'sign', also: ['io', 'plc'] }))) ask(head[0]!, sign, 'tcp', signPort, '', cyclic(2000, 0.2));
    for (const camera of times(dice.whole(1, 3), () => host('other', 'OPS', dice.pick(['axis', 'mobotix', 'hikvision']), { sub: 'camera' }))) {
      ask(video, camera, 'tcp', 554, 'rtsp', cyclic(40, 0.3));
      if (dice.chance(0.5)) ask(incident, camera, 'tcp', 554, 'rtsp', cyclic(40, 0.3));
    }
    for (const telephone of times(dice.whole(0, 2), () => host('other', 'OPS', dice.pick(['commend', 'zenitel']), { sub: 'emergency telephone', also: ['io'] }))) ask(telephone, pbx, 'udp', 5060, 'sip', cyclic(30_000, 0.1));
    if (niche % 3 === 0) engineer(host('engineering-workstation', 'TEMP', 'lenovo', { sub: 'service laptop', also: ['transient'] }), controller, protocol, onSomeDays(dice, 2, 8));
  });
  for (const master of head) {
    for (const server of scada) operate(server, master, protocol, 1000, 12);
  }
  const fire = host('plc', 'CELL-fire', 'unknown', { sub: 'fire detection', also: ['safety-controller', 'io'] });
  for (const master of head) poll(master, fire, 'modbus', 1000);
  const ventilation = host('plc', 'CELL-air', vendor, { sub: 'ventilation' });
  for (const fan of times(dice.whole(4, 8), () => host('io', 'CELL-air', dice.pick(['abb', 'danfoss', 'vacon']), { sub: 'fan drive', also: ['plc'] }))) poll(ventilation, fan, 'modbus', 200);
  for (const server of scada) operate(server, ventilation, protocol, 1000, 6);
  const power = host('plc', 'CELL-power', dice.pick(['siemens', 'abb', 'sel']), { sub: 'station controller' });
  for (const relay of times(dice.whole(3, 6), () => host('plc', 'CELL-power', 'abb', { sub: 'relay', also: ['io'] }))) poll(power, relay, 'mms', 1000);
  for (const server of scada) operate(server, power, 'iec104', 2000, 1);
  for (const supply of times(2, () => host('other', 'OPS', 'apc', { sub: 'power supply', also: ['io', 'infrastructure', 'network-device'] }))) ask(scada[0]!, supply, 'udp', 161, 'snmp', cyclic(30_000));
  for (const place of places) {
    for (const server of scada) ask(place, server, 'tcp', 49_500, '', cyclic(1000, 0.3));
    ask(place, video, 'tcp', 7777, '', cyclic(200, 0.4));
    ask(place, incident, 'tcp', 443, 'https', byDay(40));
    ask(place, pbx, 'tcp', 443, 'https', byDay(12));
  }
  ask(incident, scada[0]!, 'tcp', 49_510, '', byDay(50));
  for (const [one, other] of [[0, 1], [1, 0]] as const) ask(scada[one]!, scada[other]!, 'tcp', 49_520, '', cyclic(500));
  const traffic = host('hmi', 'REMOTE', 'cisco', { net: '172.30.9', rtt: 30, sub: 'traffic centre', also: ['enterprise', 'mes', 'network-device'] });
  ask(traffic, scada[0]!, 'tcp', 4840, 'opcua', cyclic(5000), {}, { k: 'named', named: { protocol: 'opcua', code: 826, name: 'Publish', access: 'read' } });
  for (const point of times(dice.whole(2, 4), () => host('network-device', 'NET', 'hirschmann', { sub: 'ring switch' }))) ask(scada[1]!, point, 'udp', 161, 'snmp', cyclic(60_000));
  exchange(ventilation, host('io', 'CELL-air', 'sick', { sub: 'visibility meter' }), 'profinet-rt', 64);
  for (const member of [...scada, ...places, video, incident]) join(member, directory);
  ask(scada[0]!, directory, 'tcp', 445, 'smb', weekly(1));
  const drawn = s.finish();
  // The second head controller and the second server sit in the other room, which has no mirror port: what they ask in the niches is not heard.
  const unheard = new Set([head[1]!.id, scada[1]!.id]);
  return { ...drawn, plant: { ...drawn.plant, edges: drawn.plant.edges.map((edge) => ({ ...edge, hidden: unheard.has(edge.c) && !unheard.has(edge.s) && edge.id % 4 > 0 })) } };
}
