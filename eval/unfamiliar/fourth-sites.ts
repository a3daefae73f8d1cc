/** Sites drawn once more, after the rules that the third ones gave rise to. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, nightly, onSomeDays, type Protocol, type SketchedHost, type SketchedPlant, sketcherFor, type Vendor, weekly } from './plant-sketcher.ts';

const pairs = ([one, other]: readonly [SketchedHost, SketchedHost]): readonly (readonly [SketchedHost, SketchedHost])[] => [[one, other], [other, one]];

/** A chemical plant under one distributed control system: redundant controllers with their I/O carriers, stations that each ask every controller, the safety logic of the same maker. */
export function chemicalDcs(seed: number): SketchedPlant {
  const s = sketcherFor('chemical dcs', seed);
  const { dice, times, host, ask, poll, operate, engineer, join, office } = s;
  const { computers } = office(dice.whole(6, 15));
  const talk = (client: SketchedHost, controller: SketchedHost, period: number): void => ask(client, controller, 'udp', 18_507, '', cyclic(period, 0.1));
  const engineering = host('engineering-workstation', 'ENG', 'dell', { sub: 'engineering server', also: ['hmi', 'infrastructure'] });
  const application = host('opcua-server', 'OPS', 'dell', { sub: 'application station', also: ['historian', 'hmi'] });
  const batch = host('mes', 'OPS', 'dell', { sub: 'batch executive', also: ['hmi'] });
  const historian = host('historian', 'DMZ', 'vmware', { also: ['mes'] });
  const stations = times(dice.whole(4, 9), () => host('hmi', 'SUP', 'dell', { sub: 'operator station' }));
  const controllers: SketchedHost[] = [];
  times(dice.whole(3, 6), (index) => {
    const zone = `CELL-${index}`;
    const own: SketchedHost[] = [];
    times(dice.whole(1, 4), () => {
      const [primary, backup] = [host('plc', zone, 'emerson'), host('plc', zone, 'emerson', { sub: 'standby' })];
      for (const [one, other] of pairs([primary, backup])) ask(one, other, 'udp', 18_515, '', cyclic(100, 0.02));
      for (const carrier of times(dice.whole(1, 3), () => host('io', zone, 'emerson', { sub: 'i/o carrier' }))) ask(primary, carrier, 'udp', 18_521, '', cyclic(50, 0.02));
      for (const other of own) talk(primary, other, 500);
      own.push(primary);
      if (dice.chance(0.4)) {
        const package_ = host('plc', zone, dice.pick(['rockwell', 'siemens', 'schneider']), { sub: 'package' });
        poll(primary, package_, 'modbus', 1000);
        if (dice.chance(0.6)) operate(host('hmi', zone, dice.pick(['weintek', 'advantech']), { sub: 'package panel' }), package_, 'modbus', 1000, 3);
      }
    });
    controllers.push(...own);
  });
  const logic = times(dice.whole(1, 3), () => host('safety-controller', 'SIS', 'emerson', { sub: 'safety logic', also: ['plc'] }));
  for (const one of logic) for (const other of logic) if (one !== other) ask(one, other, 'udp', 18_530, '', cyclic(100, 0.02));
  for (const controller of [...controllers, ...logic]) {
    for (const station of stations) talk(station, controller, 1000);
    talk(application, controller, 1000);
    ask(engineering, controller, 'udp', 18_508, '', byDay(3));
    talk(engineering, controller, 5000);
  }
  for (const controller of dice.sample(controllers, 4)) talk(batch, controller, 1000);
  for (const member of [...stations, application, batch]) {
    ask(member, engineering, 'tcp', 18_601, '', cyclic(10_000, 0.2));
    join(member, engineering);
  }
  ask(historian, application, 'tcp', 135, 'rpc', byDay(10));
  ask(historian, application, 'tcp', 49_310, '', cyclic(1000, 0.2));
  ask(batch, host('mes', 'OPS', 'vmware', { sub: 'batch database', also: ['historian'] }), 'tcp', 1433, 'mssql', byDay(300));
  for (const computer of dice.sample(computers, 5)) ask(computer, historian, 'tcp', 5450, 'pi', byDay(6));
  engineer(host('engineering-workstation', 'ENG', 'lenovo', { sub: 'builder laptop', also: ['transient'] }), controllers[0]!, 'modbus', onSomeDays(dice, 2, 4));
  return s.finish();
}

/** A packaging hall: a chain of machines of many builders, each with panel, drives, camera, safety controller; a line computer, OPC UA to the top. */
export function packagingHall(seed: number): SketchedPlant {
  const s = sketcherFor('packaging hall', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, drive, exchange, join, office } = s;
  const { servers } = office(dice.whole(8, 25));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const line = host('mes', 'OPS', 'vmware', { sub: 'line monitoring', also: ['historian', 'opcua-server'] });
  const database = host('mes', 'OPS', 'vmware', { sub: 'database', also: ['historian'] });
  const codes = host('mes', 'OPS', 'vmware', { sub: 'serialisation', also: ['hmi'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo', { also: ['transient'] });
  times(dice.whole(2, 4), (row) => {
    let before: SketchedHost | null = null;
    times(dice.whole(4, 8), (index) => {
      const zone = `CELL-${row}-${index}`;
      const [vendor, protocol] = dice.pick<readonly [Vendor, Protocol]>([['siemens', 's7comm'], ['rockwell', 'enip'], ['beckhoff', 'ads'], ['omron', 'fins'], ['schneider', 'modbus']]);
      const machine = host('plc', zone, vendor);
      for (const device of times(dice.whole(1, 5), () => host('io', zone, dice.pick([vendor, 'lenze', 'danfoss', 'rexroth'])))) drive(machine, device, protocol);
      operate(host('hmi', zone, dice.pick([vendor, 'advantech', 'weintek']), { sub: 'panel' }), machine, protocol, 500, 15);
      if (dice.chance(0.3) && (vendor === 'siemens' || vendor === 'rockwell')) {
        const guard = host('safety-controller', zone, vendor, { sub: 'safety plc', also: ['plc', 'io'] });
        if (protocol === 'enip') exchange(machine, guard, 'enip-io', 20);
        else exchange(machine, guard, 'profinet-rt', 8);
      }
      if (dice.chance(0.4)) ask(machine, host('io', zone, dice.pick(['cognex', 'keyence']), { sub: 'camera', also: ['other', 'plc'] }), 'tcp', 5024, '', cyclic(400, 0.4));
      if (dice.chance(0.5)) poll(line, machine, 'opcua', 2000);
      else poll(line, machine, protocol, 5000);
      if (dice.chance(0.2)) write(line, machine, protocol, 2);
      if (before !== null && dice.chance(0.5)) poll(machine, before, dice.pick(['modbus', protocol]), 500);
      if (index === 2) ask(codes, host('other', zone, 'zebra', { sub: 'printer', also: ['io'] }), 'tcp', 9100, 'print', byDay(3000));
      if (dice.chance(0.25)) {
        const router = host('network-device', zone, 'ewon', { sub: 'vpn router', also: ['plc', 'engineering-workstation', 'jump-server'] });
        ask(router, host('other', 'INTERNET', 'fortinet', { ext: true, net: '52.9.2' }), 'tcp', 443, 'https', cyclic(60_000, 0.2));
        if (dice.chance(0.4)) engineer(router, machine, protocol, onSomeDays(dice, 4, 10));
      } else engineer(station, machine, protocol, byWeek(0.2));
      before = machine;
    });
  });
  ask(line, database, 'tcp', 1433, 'mssql', byDay(5000));
  ask(codes, database, 'tcp', 1433, 'mssql', byDay(3000));
  ask(codes, servers[0]!, 'tcp', 443, 'https', byDay(100));
  for (const screen of times(dice.whole(2, 5), () => host('hmi', 'OPS', dice.pick(['dell', 'raspberry', 'unknown']), { sub: 'board', also: ['other', 'mes'] }))) ask(screen, line, 'tcp', 443, 'https', cyclic(5000, 0.3));
  for (const member of [line, database, codes, station]) join(member, directory);
  return s.finish();
}

/** A pipeline: a pair of poll servers, outstations over satellite and radio, pump stations with their own panels, leak detection and batch tracking behind the SCADA, a second control centre. */
export function pipeline(seed: number): SketchedPlant {
  const s = sketcherFor('pipeline', seed);
  const { dice, times, host, macOf, ask, poll, write, operate, engineer, join } = s;
  const router = macOf('cisco');
  const directory = host('infrastructure', 'OPS', 'vmware');
  const polls = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'poll server', also: ['opcua-server'] })) as [SketchedHost, SketchedHost];
  const scada = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' })) as [SketchedHost, SketchedHost];
  const leak = host('mes', 'OPS', 'vmware', { sub: 'leak detection', also: ['historian'] });
  const tracking = host('mes', 'OPS', 'vmware', { sub: 'batch tracking' });
  const historian = host('historian', 'OPS', 'vmware', { also: ['mes'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  const desks = times(dice.whole(2, 4), () => host('hmi', 'SUP', 'dell', { sub: 'desk' }));
  const far = host('hmi', 'REMOTE', 'cisco', { mac: router, net: '10.99.1', rtt: 30, sub: 'second centre', also: ['enterprise', 'mes'] });
  for (const [one, other] of pairs(polls)) ask(one, other, 'tcp', 9700, '', cyclic(1000));
  for (const [one, other] of pairs(scada)) ask(one, other, 'tcp', 9710, '', cyclic(1000));
  const protocol = dice.pick<Protocol | 'roc'>(['modbus', 'dnp3', 'roc']);
  times(dice.whole(10, 40), () => {
    const rtu = host('plc', 'REMOTE', 'cisco', { mac: router, net: `10.90.${dice.whole(0, 5)}`, rtt: dice.between(90, 800), sub: 'outstation' });
    const period = dice.pick([15_000, 60_000, 300_000]);
    if (protocol === 'roc') ask(polls[0], rtu, 'tcp', 4000, '', cyclic(period, 0.1));
    else {
      poll(polls[0], rtu, protocol, period);
      if (dice.chance(0.6)) write(polls[0], rtu, protocol, 0.3);
      if (dice.chance(0.1)) engineer(station, rtu, protocol, byWeek(0.1));
    }
  });
  times(dice.whole(2, 4), (index) => {
    const zone = `CELL-${index}`;
    const controllers = times(dice.whole(1, 3), () => host('plc', zone, dice.pick(['rockwell', 'schneider'])));
    for (const controller of controllers) {
      for (const device of times(dice.whole(1, 4), () => host('io', zone, dice.pick(['rockwell', 'danfoss', 'abb'])))) poll(controller, device, 'modbus', 200);
      poll(polls[0], controller, 'modbus', 2000);
      write(polls[0], controller, 'modbus', 3);
      engineer(station, controller, 'modbus', byWeek(0.3));
    }
    for (const other of controllers.slice(1)) poll(controllers[0]!, other, 'modbus', 500);
    const panel = host('hmi', zone, dice.pick(['redlion', 'advantech']), { sub: 'station panel' });
    for (const controller of controllers) operate(panel, controller, 'modbus', 1000, 4);
    const guard = host('safety-controller', 'SIS', dice.pick(['hima', 'rockwell']), { sub: 'shutdown', also: ['plc'] });
    poll(controllers[0]!, guard, 'modbus', 1000);
    poll(panel, guard, 'modbus', 1000);
  });
  for (const server of scada) for (const front of polls) ask(server, front, 'tcp', 9701, '', cyclic(500, 0.2));
  for (const desk of desks) ask(desk, scada[0], 'tcp', 9711, '', cyclic(1000, 0.3));
  for (const application of [leak, tracking]) poll(application, scada[0], 'opcua', 5000);
  write(leak, scada[0], 'opcua', 40);
  ask(tracking, historian, 'tcp', 1433, 'mssql', byDay(100));
  ask(leak, historian, 'tcp', 1433, 'mssql', byDay(30));
  ask(scada[0], historian, 'tcp', 1433, 'mssql', cyclic(5000, 0.3));
  ask(scada[0], far, 'tcp', 9720, '', cyclic(2000, 0.1));
  ask(far, scada[0], 'tcp', 9720, '', cyclic(2000, 0.1));
  for (const member of [...polls, ...scada, leak, tracking, historian, station, ...desks]) join(member, directory);
  return s.finish();
}

/** A fine chemicals plant in the manner of one big automation supplier: server pairs, clients over their own protocol, a batch server that polls the controllers, an archive that collects over OPC UA, web screens. */
export function fineChemicals(seed: number): SketchedPlant {
  const s = sketcherFor('fine chemicals', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, exchange, join, office } = s;
  const { computers } = office(dice.whole(8, 20));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const servers = times(2, () => host('hmi', 'SUP', 'dell', { sub: 'os server', also: ['opcua-server'] })) as [SketchedHost, SketchedHost];
  const batch = host('mes', 'OPS', 'dell', { sub: 'batch server', also: ['hmi'] });
  const archive = host('historian', 'OPS', 'dell', { sub: 'archive', also: ['mes'] });
  const webs = host('hmi', 'SUP', 'dell', { sub: 'web server', also: ['mes', 'opcua-server'] });
  const station = host('engineering-workstation', 'ENG', 'dell');
  const clients = times(dice.whole(3, 8), () => host('hmi', 'SUP', 'dell', { sub: 'os client' }));
  for (const [one, other] of pairs(servers)) ask(one, other, 'tcp', 1490, '', cyclic(1000));
  times(dice.whole(3, 7), (index) => {
    const zone = `CELL-${index}`;
    const controllers = times(dice.whole(1, 3), () => host('plc', zone, 'siemens'));
    for (const controller of controllers) {
      for (const device of times(dice.whole(2, 6), () => host('io', zone, dice.pick(['siemens', 'siemens', 'endress', 'phoenix'])))) exchange(controller, device, 'profinet-rt', dice.pick([8, 16]));
      for (const server of servers) operate(server, controller, 's7comm', 1000, server === servers[0] ? 12 : 0.2);
      operate(batch, controller, 's7comm', 1000, 20);
      engineer(station, controller, 's7comm', byWeek(1));
    }
    for (const other of controllers.slice(1)) poll(controllers[0]!, other, 's7comm', 200);
    if (dice.chance(0.5)) {
      const skid = host('plc', zone, dice.pick(['schneider', 'wago']), { sub: 'skid' });
      poll(controllers[0]!, skid, 'modbus', 1000);
    }
  });
  for (const client of clients) for (const server of servers) ask(client, server, 'tcp', 1491, '', cyclic(1000, 0.3));
  ask(webs, servers[0], 'tcp', 1491, '', cyclic(1000, 0.3));
  for (const computer of dice.sample(computers, 4)) ask(computer, webs, 'tcp', 443, 'https', byDay(4));
  poll(archive, servers[0], 'opcua', 2000);
  for (const computer of dice.sample(computers, 6)) ask(computer, archive, 'tcp', 1433, 'mssql', byDay(4));
  ask(batch, archive, 'tcp', 1433, 'mssql', byDay(200));
  for (const client of dice.sample(clients, 3)) ask(client, batch, 'tcp', 1495, '', cyclic(2000, 0.3));
  ask(station, servers[0], 'tcp', 445, 'smb', byWeek(3));
  write(batch, servers[0], 'opcua', 5);
  for (const member of [...servers, batch, archive, webs, station, ...clients]) join(member, directory);
  return s.finish();
}

/** A desalination plant: trains with a controller and a panel each, redundant controllers for what all share, dosing packages, switchgear behind a gateway. */
export function desalination(seed: number): SketchedPlant {
  const s = sketcherFor('desalination', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, join } = s;
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' })) as [SketchedHost, SketchedHost];
  const historian = host('historian', 'OPS', 'vmware');
  const reports = host('mes', 'OPS', 'vmware', { sub: 'laboratory and reports' });
  const station = host('engineering-workstation', 'ENG', 'dell');
  const desks = times(dice.whole(2, 4), () => host('hmi', 'SUP', 'dell', { sub: 'desk' }));
  const [common, spare] = [host('plc', 'CELL-0', 'schneider'), host('plc', 'CELL-0', 'schneider', { sub: 'standby' })] as const;
  for (const [one, other] of pairs([common, spare])) ask(one, other, 'udp', 4700, '', cyclic(50, 0.02));
  for (const device of times(dice.whole(2, 6), () => host('io', 'CELL-0', dice.pick(['schneider', 'danfoss', 'endress'])))) for (const one of [common, spare]) poll(one, device, 'modbus', 200);
  const serve = (controller: SketchedHost): void => {
    for (const server of scada) poll(server, controller, 'modbus', 1000);
    write(scada[0], controller, 'modbus', 6);
    poll(historian, controller, 'modbus', 10_000);
    engineer(station, controller, 'modbus', byWeek(0.3));
  };
  serve(common);
  serve(spare);
  times(dice.whole(4, 10), (index) => {
    const zone = `CELL-${index + 1}`;
    const train = host('plc', zone, 'schneider');
    for (const device of times(dice.whole(2, 6), () => host('io', zone, dice.pick(['danfoss', 'abb', 'endress', 'schneider'])))) poll(train, device, 'modbus', dice.pick([100, 250]));
    operate(host('hmi', zone, dice.pick(['schneider', 'weintek']), { sub: 'panel' }), train, 'modbus', 1000, 3);
    poll(train, common, 'modbus', 500);
    if (dice.chance(0.5)) poll(common, train, 'modbus', 1000);
    serve(train);
  });
  times(dice.whole(2, 4), (index) => {
    const dosing = host('plc', `CELL-D${index}`, dice.pick(['siemens', 'wago']), { sub: 'dosing' });
    operate(host('hmi', `CELL-D${index}`, 'weintek', { sub: 'panel' }), dosing, 'modbus', 1000, 2);
    poll(common, dosing, 'modbus', 1000);
  });
  const gateway = host('plc', 'CELL-E', dice.pick(['sel', 'moxa']), { sub: 'substation gateway', also: ['io'] });
  for (const relay of times(dice.whole(4, 10), () => host('plc', 'CELL-E', dice.pick(['sel', 'abb', 'siemens']), { sub: 'relay', also: ['io'] }))) poll(gateway, relay, 'mms', 1000);
  for (const server of scada) poll(server, gateway, 'iec104', 2000);
  write(scada[0], gateway, 'iec104', 0.5);
  for (const [one, other] of pairs(scada)) ask(one, other, 'tcp', 5481, '', cyclic(1000));
  for (const desk of desks) ask(desk, dice.pick(scada), 'tcp', 5480, '', cyclic(1000, 0.3));
  ask(reports, historian, 'tcp', 1433, 'mssql', byDay(60));
  for (const member of [...scada, historian, reports, station, ...desks]) join(member, directory);
  return s.finish();
}

/** An offshore platform: a control system and two safety systems of a specialist, packages of the machines' builders, subsea control, a link to land. */
export function platform(seed: number): SketchedPlant {
  const s = sketcherFor('platform', seed);
  const { dice, times, host, macOf, ask, poll, write, operate, engineer, join } = s;
  const vendor = dice.pick<Vendor>(['abb', 'siemens', 'honeywell']);
  const [transport, port, svc] = dice.pick<readonly ['tcp' | 'udp', number, string]>([['tcp', 102, 'mms'], ['tcp', 2711, ''], ['udp', 7100, '']]);
  const talk = (client: SketchedHost, controller: SketchedHost, period: number): void => ask(client, controller, transport, port, svc, cyclic(period, 0.1));
  const directory = host('infrastructure', 'OPS', 'dell');
  const servers = times(2, () => host('hmi', 'SUP', 'dell', { sub: 'dcs server', also: ['opcua-server'] })) as [SketchedHost, SketchedHost];
  const consoles = times(dice.whole(3, 6), () => host('hmi', 'SUP', 'dell', { sub: 'console' }));
  const engineering = host('engineering-workstation', 'ENG', 'dell', { also: ['hmi'] });
  const information = host('historian', 'OPS', 'vmware', { sub: 'information server', also: ['mes'] });
  const land = host('historian', 'REMOTE', 'cisco', { mac: macOf('cisco'), net: '172.30.4', rtt: 180, sub: 'land replica', also: ['enterprise', 'mes', 'other'] });
  const controllers = times(dice.whole(4, 10), (index) => host('plc', `CELL-${index}`, vendor));
  for (const controller of controllers) {
    for (const server of servers) talk(server, controller, 1000);
    ask(engineering, controller, transport, port, svc, byWeek(2));
    for (const device of times(dice.whole(0, 4), () => host('io', controller.zone, dice.pick([vendor, 'phoenix'])))) poll(controller, device, 'modbus', 100);
    if (dice.chance(0.6)) {
      const machine = host('plc', controller.zone, dice.pick(['ge', 'rockwell', 'siemens']), { sub: 'package' });
      poll(controller, machine, 'modbus', 1000);
      if (dice.chance(0.5)) write(controller, machine, 'modbus', 20);
      if (dice.chance(0.7)) operate(host('hmi', controller.zone, dice.pick(['dell', 'advantech']), { sub: 'package panel' }), machine, 'modbus', 500, 4);
    }
  }
  const [sisVendor, sisService, sisPort, sharing] = dice.pick<readonly [Vendor, string, number, number]>([['hima', '', 8000, 6010], ['invensys', 'tristation', 1502, 1503]]);
  const guards = times(dice.whole(2, 5), () => host('safety-controller', 'SIS', sisVendor));
  const sisStation = host('engineering-workstation', 'SIS', 'dell', { sub: 'safety station' });
  guards.slice(1).forEach((guard, index) => {
    for (const [one, other] of pairs([guards[index]!, guard])) ask(one, other, 'udp', sharing, '', cyclic(200, 0.02));
  });
  for (const guard of guards) {
    ask(sisStation, guard, 'udp', sisPort, sisService, byWeek(0.3));
    for (const server of servers) poll(server, guard, 'modbus', 1000);
    if (dice.chance(0.4)) write(servers[0], guard, 'modbus', 0.5);
  }
  const subsea = host('plc', 'CELL-S', dice.pick(['unknown', 'siemens']), { sub: 'subsea master', also: ['hmi', 'opcua-server'] });
  for (const pod of times(dice.whole(2, 6), () => host('plc', 'CELL-S', 'unknown', { sub: 'subsea pod', also: ['io'] }))) ask(subsea, pod, 'tcp', 6700, '', cyclic(1000, 0.2));
  for (const server of servers) poll(server, subsea, 'opcua', 1000);
  write(servers[0], subsea, 'opcua', 2);
  for (const console of consoles) for (const server of servers) ask(console, server, 'tcp', 2720, '', cyclic(1000, 0.3));
  for (const [one, other] of pairs(servers)) ask(one, other, 'tcp', 2730, '', cyclic(1000));
  poll(information, servers[0], 'opcua', 2000);
  ask(information, land, 'tcp', 5450, 'pi', cyclic(1000, 0.2));
  for (const console of dice.sample(consoles, 2)) ask(console, information, 'tcp', 5450, 'pi', byDay(10));
  engineer(host('engineering-workstation', 'ENG', 'lenovo', { sub: 'vibration laptop', also: ['transient'] }), controllers[0]!, 'modbus', onSomeDays(dice, 3, 5));
  for (const member of [...servers, ...consoles, engineering, information]) join(member, directory);
  return s.finish();
}

/** A paper mill: a distributed control system in areas, section drives that share data, quality scanners, condition monitoring, roll tracking. */
export function paperMill(seed: number): SketchedPlant {
  const s = sketcherFor('paper mill', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, exchange, join, office } = s;
  const { servers: offices, computers } = office(dice.whole(10, 25));
  const vendor = dice.pick<Vendor>(['abb', 'honeywell', 'yokogawa']);
  const talk = (client: SketchedHost, controller: SketchedHost, period: number): void => ask(client, controller, 'tcp', 2757, '', cyclic(period, 0.1));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const connect = host('opcua-server', 'OPS', 'vmware', { sub: 'connectivity server', also: ['hmi'] });
  const aspects = host('hmi', 'SUP', 'vmware', { sub: 'dcs server', also: ['opcua-server', 'mes', 'infrastructure'] });
  const historian = host('historian', 'OPS', 'vmware');
  const rolls = host('mes', 'OPS', 'vmware', { sub: 'roll tracking' });
  const database = host('mes', 'OPS', 'vmware', { sub: 'database', also: ['historian'] });
  const vibration = host('historian', 'OPS', 'dell', { sub: 'condition monitoring', also: ['mes', 'hmi', 'other', 'opcua-server', 'infrastructure'] });
  const station = host('engineering-workstation', 'ENG', 'dell');
  const consoles = times(dice.whole(4, 8), () => host('hmi', 'SUP', 'dell', { sub: 'console' }));
  times(dice.whole(3, 5), (index) => {
    const zone = `CELL-${index}`;
    const own = times(dice.whole(2, 5), () => host('plc', zone, vendor));
    for (const controller of own) {
      for (const device of times(dice.whole(0, 4), () => host('io', zone, dice.pick([vendor, 'phoenix', 'endress'])))) exchange(controller, device, 'profinet-rt', 16);
      talk(connect, controller, 1000);
      ask(station, controller, 'tcp', 2757, '', byWeek(2));
      for (const other of dice.sample(own.filter((peer) => peer !== controller), 2)) talk(controller, other, 250);
    }
    const local = host('hmi', zone, 'dell', { sub: 'machine console', also: [] });
    for (const controller of own) talk(local, controller, 1000);
    ask(local, aspects, 'tcp', 2780, '', cyclic(2000, 0.3));
    join(local, directory);
  });
  const master = host('plc', 'CELL-D', 'siemens', { sub: 'drive master' });
  for (const section of times(dice.whole(4, 8), () => host('plc', 'CELL-D', 'siemens', { sub: 'section drive', also: ['io'] }))) exchange(master, section, 'profinet-rt', 2);
  operate(host('hmi', 'CELL-D', 'siemens', { sub: 'drive panel' }), master, 's7comm', 500, 5);
  poll(connect, master, 's7comm', 1000);
  engineer(station, master, 's7comm', byWeek(0.3));
  const quality = host('hmi', 'CELL-Q', 'dell', { sub: 'quality computer', also: ['opcua-server', 'mes', 'plc'] });
  for (const frame of times(dice.whole(1, 3), () => host('plc', 'CELL-Q', 'unknown', { sub: 'scanner', also: ['io', 'other'] }))) ask(quality, frame, 'tcp', 5210, '', cyclic(100, 0.1));
  poll(connect, quality, 'opcua', 1000);
  for (const unit of times(dice.whole(4, 12), () => host('io', 'OPS', dice.pick(['unknown', 'emerson']), { sub: 'vibration unit', also: ['plc', 'other'] }))) ask(vibration, unit, 'tcp', 7110, '', cyclic(60_000, 0.2));
  for (const console of consoles) for (const server of [connect, aspects]) ask(console, server, 'tcp', server === connect ? 2770 : 2780, '', cyclic(1000, 0.3));
  poll(historian, connect, 'opcua', 2000);
  write(rolls, quality, 'opcua', 30);
  ask(rolls, database, 'tcp', 1521, 'oracle', byDay(2000));
  ask(rolls, offices[0]!, 'tcp', 443, 'https', byDay(60));
  for (const computer of dice.sample(computers, 5)) ask(computer, historian, 'tcp', 5450, 'pi', byDay(5));
  for (const member of [connect, aspects, historian, rolls, database, vibration, station, ...consoles]) join(member, directory);
  return s.finish();
}

/** A campus: buildings with an area controller each, BACnet and Modbus below it, an analysing server that reads everything, lifts, a heating plant with PLCs. */
export function campus(seed: number): SketchedPlant {
  const s = sketcherFor('campus', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, join, office } = s;
  const { directory, computers } = office(dice.whole(15, 40));
  const bms = host('hmi', 'SUP', 'vmware', { sub: 'building server', also: ['opcua-server'] });
  const analysis = host('historian', 'OPS', 'vmware', { sub: 'fault analysis', also: ['mes', 'opcua-server'] });
  const energy = host('historian', 'OPS', 'vmware', { sub: 'energy server', also: ['mes', 'opcua-server', 'hmi'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo', { also: ['transient'] });
  const fox = dice.chance(0.5);
  times(dice.whole(5, 12), (index) => {
    const zone = `CELL-${index}`;
    const area = host('plc', zone, fox ? 'tridium' : dice.pick(['johnson-controls', 'siemens', 'honeywell']), { sub: 'area controller' });
    for (const unit of times(dice.whole(3, 12), () => host('plc', zone, dice.pick(['trane', 'johnson-controls', 'siemens', 'unknown']), { sub: 'unit controller', also: ['io'] }))) {
      poll(area, unit, 'bacnet', 30_000);
      if (dice.chance(0.4)) write(area, unit, 'bacnet', 20);
      if (dice.chance(0.3)) poll(analysis, unit, 'bacnet', 300_000);
    }
    for (const meter of times(dice.whole(0, 4), () => host('io', zone, dice.pick(['janitza', 'schneider', 'socomec']), { sub: 'meter', also: ['plc'] }))) {
      poll(area, meter, 'modbus', 10_000);
      if (dice.chance(0.3)) poll(energy, meter, 'modbus', 60_000);
    }
    if (fox) ask(bms, area, 'tcp', 1911, 'fox', cyclic(5000, 0.2));
    else operate(bms, area, 'bacnet', 10_000, 4);
    if (dice.chance(0.5)) engineer(station, area, 'bacnet', byWeek(0.2));
    if (dice.chance(0.3)) ask(area, host('plc', zone, 'unknown', { sub: 'lighting router', also: ['io', 'network-device', 'other'] }), 'udp', 3671, 'knxnet', cyclic(10_000, 0.3));
  });
  const boilers = times(dice.whole(1, 3), () => host('plc', 'CELL-H', 'siemens', { sub: 'boiler' }));
  for (const boiler of boilers) {
    for (const device of times(dice.whole(1, 3), () => host('io', 'CELL-H', dice.pick(['siemens', 'danfoss'])))) poll(boiler, device, 'modbus', 200);
    operate(host('hmi', 'CELL-H', 'siemens', { sub: 'panel' }), boiler, 's7comm', 1000, 2);
    poll(bms, boiler, 'modbus', 5000);
  }
  for (const computer of dice.sample(computers, 4)) ask(computer, bms, 'tcp', 443, 'https', byDay(3));
  for (const computer of dice.sample(computers, 5)) ask(computer, energy, 'tcp', 443, 'https', byDay(2));
  ask(analysis, host('other', 'INTERNET', 'fortinet', { ext: true, net: '52.10.2' }), 'tcp', 443, 'https', cyclic(60_000, 0.2));
  ask(energy, host('mes', 'OPS', 'vmware', { sub: 'database', also: ['historian', 'enterprise'] }), 'tcp', 5432, 'postgresql', byDay(900));
  ask(bms, directory, 'tcp', 445, 'smb', nightly(1));
  ask(station, bms, 'tcp', 3389, 'rdp', weekly(1));
  for (const member of [bms, analysis, energy, station]) join(member, directory);
  return s.finish();
}
