/** Sites of a sixth round, drawn before anything was repaired in it. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, nightly, onSomeDays, type SketchedHost, type SketchedPlant, type Sketcher, sketcherFor, type Vendor, weekly } from './plant-sketcher.ts';

/** A Modbus gateway asked for each of the units behind it. */
export function pollUnits({ ask }: Sketcher, client: SketchedHost, gateway: SketchedHost, units: number, periodMs: number): void {
  for (let unit = 1; unit <= units; unit++) ask(client, gateway, 'tcp', 502, 'modbus', cyclic(periodMs, 0.2), {}, { k: 'mb', unit, fc: 3, lo: 0, hi: 19 });
}

/** Telephones with their exchange, as any flat network has them. */
export function telephones({ times, host, ask, dice }: Sketcher, count: number, zone: string): void {
  const exchange = host('infrastructure', zone, 'dell', { sub: 'telephone exchange', also: ['enterprise', 'other'] });
  for (const telephone of times(count, () => host('other', zone, 'polycom', { sub: 'telephone' }))) {
    ask(telephone, exchange, 'udp', 5060, 'sip', cyclic(60_000, 0.1));
    ask(telephone, exchange, 'udp', dice.whole(16_384, 32_000), '', byDay(4));
    ask(telephone, exchange, 'tcp', 80, 'http', nightly(1));
  }
}

/** A pulp mill: a control system whose controllers answer in a protocol nobody reads, redundant connectivity servers, packages over gateways, a recovery boiler's guard, a quality scanner, mill information. */
export function pulpMill(seed: number): SketchedPlant {
  const s = sketcherFor('pulp mill', seed);
  const { dice, times, host, ask, poll, write, engineer, exchange, join, office } = s;
  const { servers, computers } = office(dice.whole(15, 35));
  const vendor = dice.pick<Vendor>(['abb', 'honeywell', 'emerson']);
  const port = dice.whole(20_500, 55_000);
  const directory = host('infrastructure', 'OPS', 'vmware');
  const clock = host('infrastructure', 'OPS', 'meinberg');
  const connectivity = times(2, () => host('hmi', 'SUP', dice.pick(['dell', 'hp']), { sub: 'connectivity server', also: ['opcua-server'] }));
  const places = times(dice.whole(4, 8), () => host('hmi', 'SUP', 'dell', { sub: 'operator place' }));
  const station = host('engineering-workstation', 'ENG', 'dell', { also: ['hmi'] });
  const information = host('historian', 'OPS', 'vmware');
  const asset = host('mes', 'OPS', 'vmware', { sub: 'asset manager', also: ['historian', 'engineering-workstation', 'other'] });
  for (const area of ['woodyard', 'digester', 'bleaching', 'evaporation', 'recovery', 'dryer']) {
    const zone = `CELL-${area}`;
    const controllers = times(dice.whole(1, 3), () => host('plc', zone, vendor, { sub: 'controller' }));
    controllers.forEach((controller, index) => {
      for (const server of connectivity) ask(server, controller, 'tcp', port, '', cyclic(1000, 0.1));
      ask(controller, clock, 'udp', 123, 'ntp', cyclic(64_000));
      ask(station, controller, 'tcp', port + 1, '', byWeek(2));
      if (index > 0) ask(controllers[0]!, controller, 'udp', port + 2, '', cyclic(200));
      for (const device of times(dice.whole(1, 4), () => host('io', zone, dice.pick([vendor, 'endress', 'danfoss'])))) exchange(controller, device, 'profinet-rt', 32);
      if (dice.chance(0.6)) {
        const gateway = host('io', zone, dice.pick(['moxa', 'prosoft']), { sub: 'gateway', also: ['network-device', 'plc'] });
        pollUnits(s, controller, gateway, dice.whole(2, 12), 1000);
      }
    });
    if (dice.chance(0.5)) {
      const pack = host('plc', zone, dice.pick(['siemens', 'rockwell', 'schneider']), { sub: 'package' });
      poll(controllers[0]!, pack, 'modbus', 1000);
      write(controllers[0]!, pack, 'modbus', 5);
      const panel = host('hmi', zone, 'siemens', { sub: 'package panel' });
      poll(panel, pack, 'modbus', 500);
      write(panel, pack, 'modbus', 4);
    }
    if (area === 'recovery') {
      const guards = times(2, () => host('safety-controller', 'SIS', dice.pick(['hima', 'invensys'])));
      for (const guard of guards) poll(controllers[0]!, guard, 'modbus', 1000);
      ask(guards[0]!, guards[1]!, 'udp', 6010, '', cyclic(100));
      engineer(host('engineering-workstation', 'SIS', 'dell', { sub: 'safety engineering', also: ['transient'] }), guards[0]!, 'modbus', onSomeDays(dice, 5, 10));
    }
    if (area === 'dryer') {
      const quality = host('hmi', zone, 'dell', { sub: 'quality control', also: ['plc', 'mes'] });
      const scanner = host('io', zone, vendor, { sub: 'scanner frame', also: ['plc', 'other'] });
      ask(quality, scanner, 'tcp', 49_200, '', cyclic(100));
      poll(quality, controllers[0]!, 'modbus', 1000);
      write(quality, controllers[0]!, 'modbus', 40);
    }
  }
  for (const place of places) for (const server of connectivity) ask(place, server, 'tcp', 49_700, '', cyclic(1000, 0.3));
  for (const [one, other] of [[0, 1], [1, 0]] as const) ask(connectivity[one]!, connectivity[other]!, 'tcp', 49_710, '', cyclic(1000));
  poll(information, connectivity[0]!, 'opcua', 10_000);
  poll(asset, connectivity[1]!, 'opcua', 30_000);
  for (const computer of dice.sample(computers, 8)) ask(computer, information, 'tcp', 5450, 'pi', byDay(10));
  ask(information, servers[0]!, 'tcp', 443, 'https', byDay(10));
  const recorder = host('other', 'OPS', 'hikvision', { sub: 'process recorder', also: ['infrastructure', 'mes', 'hmi'] });
  for (const camera of times(dice.whole(3, 8), () => host('other', 'OPS', 'axis', { sub: 'process camera' }))) ask(recorder, camera, 'tcp', 554, 'rtsp', cyclic(40, 0.3));
  for (const place of dice.sample(places, 3)) ask(place, recorder, 'tcp', 8000, '', cyclic(500, 0.4));
  const printer = host('other', 'SUP', 'kyocera', { sub: 'alarm printer', also: ['infrastructure'] });
  for (const place of places.slice(0, 2)) ask(place, printer, 'tcp', 9100, 'print', byDay(6));
  for (const member of [...connectivity, ...places, station, information, asset]) join(member, directory);
  for (const member of [...connectivity, information, directory]) ask(member, clock, 'udp', 123, 'ntp', cyclic(256_000));
  return s.finish();
}

/** A wind farm: alike turbines with a controller, converter and pitch each, a park controller that writes set points to all, a substation with IEC 61850, IEC 104 to grid and trader, the maker's service. */
export function windPark(seed: number): SketchedPlant {
  const s = sketcherFor('wind park', seed);
  const { dice, times, host, macOf, ask, poll, write, operate, engineer, join } = s;
  const turbineVendor = dice.pick<Vendor>(['beckhoff', 'phoenix', 'unknown']);
  const scada = host('hmi', 'SUP', 'dell', { sub: 'park scada', also: ['opcua-server'] });
  const park = host('plc', 'CELL-park', dice.pick(['beckhoff', 'siemens']), { sub: 'park controller', also: ['hmi'] });
  const desk = host('hmi', 'SUP', 'lenovo', { sub: 'desk' });
  const directory = host('infrastructure', 'OPS', 'supermicro');
  const maker = host('plc', 'NET', 'ewon', { sub: 'service router', also: ['network-device', 'other', 'jump-server'] });
  const laptop = host('transient', 'TEMP', 'lenovo', { also: ['engineering-workstation'] });
  const mast = host('io', 'CELL-park', dice.pick(['moxa', 'lantronix']), { sub: 'met mast', also: ['plc', 'network-device', 'other'] });
  pollUnits(s, park, mast, 4, 1000);
  times(dice.whole(10, 24), (index) => {
    const zone = `CELL-T${index}`;
    const turbine = host('plc', zone, turbineVendor, { sub: 'turbine controller' });
    const converter = host('io', zone, dice.pick(['abb', 'danfoss']), { sub: 'converter', also: ['plc'] });
    const pitch = host('io', zone, dice.pick(['lenze', 'beckhoff']), { sub: 'pitch', also: ['plc'] });
    for (const device of [converter, pitch]) poll(turbine, device, 'modbus', 100);
    if (dice.chance(0.7)) poll(turbine, host('io', zone, 'sick', { sub: 'condition monitoring', also: ['plc', 'other'] }), 'modbus', 1000);
    poll(park, turbine, 'modbus', 1000);
    write(park, turbine, 'modbus', 500);
    poll(scada, turbine, 'opcua', 2000);
    write(scada, turbine, 'opcua', 1);
    if (dice.chance(0.25)) engineer(laptop, turbine, 'modbus', onSomeDays(dice, 1, 8));
    if (dice.chance(0.5)) ask(maker, turbine, 'tcp', 443, 'https', byWeek(1));
  });
  const station = 'CELL-substation';
  const gateway = host('plc', station, dice.pick(['siemens', 'sel']), { sub: 'substation gateway', also: ['hmi', 'opcua-server'] });
  for (const relay of times(dice.whole(4, 9), () => host('plc', station, dice.pick(['siemens', 'abb', 'sel', 'ge']), { sub: 'relay', also: ['io'] }))) {
    poll(gateway, relay, 'mms', 1000);
    write(gateway, relay, 'mms', 0.2);
  }
  operate(scada, gateway, 'iec104', 2000, 2);
  poll(park, gateway, 'modbus', 200);
  const grid = host('hmi', 'REMOTE', 'cisco', { mac: macOf('cisco'), net: '172.29.4', rtt: 40, sub: 'grid operator', also: ['enterprise', 'network-device'] });
  operate(grid, gateway, 'iec104', 2000, 3);
  operate(grid, park, 'iec104', 2000, 20);
  ask(desk, scada, 'tcp', 443, 'https', cyclic(2000, 0.3));
  ask(scada, host('other', 'INTERNET', 'fortinet', { ext: true, net: '18.4.7' }), 'tcp', 443, 'https', cyclic(60_000, 0.2));
  for (const camera of times(dice.whole(1, 3), () => host('other', 'OPS', 'axis', { sub: 'camera' }))) ask(desk, camera, 'tcp', 554, 'rtsp', byDay(10));
  for (const member of [scada, desk]) join(member, directory);
  return s.finish();
}

/** A packaging hall for medicines, OPC UA only: alike lines with a line controller, machines, vision, printers and a line computer; serialisation above. */
export function pharmaPackaging(seed: number): SketchedPlant {
  const s = sketcherFor('pharma packaging', seed);
  const { dice, times, host, ask, poll, write, engineer, join, office } = s;
  const { servers, computers } = office(dice.whole(10, 30));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const serial = host('mes', 'OPS', 'vmware', { sub: 'serialisation' });
  const mes = host('mes', 'OPS', 'vmware');
  const database = host('mes', 'OPS', 'vmware', { sub: 'database', also: ['historian'] });
  const archive = host('historian', 'OPS', 'vmware', { also: ['mes'] });
  const station = host('engineering-workstation', 'ENG', 'dell', { also: ['transient'] });
  times(dice.whole(4, 7), (line) => {
    const zone = `CELL-L${line}`;
    const control = host('plc', zone, 'beckhoff', { sub: 'line controller' });
    const computer = host('hmi', zone, dice.pick(['advantech', 'dell']), { sub: 'line computer', also: ['mes', 'opcua-server'] });
    const machines = ['blister', 'cartoner', 'checkweigher', 'case packer'].map((name) => host('plc', zone, dice.pick(['beckhoff', 'siemens', 'rexroth']), { sub: name, also: ['io'] }));
    for (const machine of machines) {
      poll(control, machine, 'opcua', 250);
      poll(computer, machine, 'opcua', 1000);
      const panel = host('hmi', zone, dice.pick(['siemens', 'weintek']), { sub: 'machine panel' });
      poll(panel, machine, 'opcua', 500);
      write(panel, machine, 'opcua', 10);
    }
    poll(computer, control, 'opcua', 500);
    write(computer, control, 'opcua', 30);
    for (const vision of times(dice.whole(2, 4), () => host('io', zone, dice.pick(['cognex', 'keyence']), { sub: 'vision', also: ['other', 'plc'] }))) {
      ask(computer, vision, 'tcp', 23, 'telnet', cyclic(500, 0.3));
      if (dice.chance(0.5)) ask(control, vision, 'tcp', 5001, '', cyclic(200, 0.2));
    }
    for (const printer of times(dice.whole(1, 2), () => host('other', zone, 'zebra', { sub: 'code printer', also: ['io'] }))) ask(computer, printer, 'tcp', 9100, 'print', byDay(1500));
    ask(computer, serial, 'tcp', 443, 'https', byDay(3000));
    ask(computer, database, 'tcp', 1433, 'mssql', byDay(200));
    poll(archive, control, 'opcua', 5000);
    if (dice.chance(0.7)) poll(mes, control, 'opcua', 10_000);
    if (dice.chance(0.7)) write(mes, control, 'opcua', 6);
    engineer(station, control, 'opcua', byWeek(0.7));
    for (const machine of dice.sample(machines, 1)) engineer(station, machine, 'opcua', byWeek(0.2));
    join(computer, directory);
  });
  ask(serial, database, 'tcp', 1433, 'mssql', byDay(3000));
  ask(mes, database, 'tcp', 1433, 'mssql', byDay(3000));
  ask(serial, servers[0]!, 'tcp', 443, 'https', byDay(40));
  ask(serial, host('other', 'INTERNET', 'fortinet', { ext: true, net: '52.30.1' }), 'tcp', 443, 'https', nightly(5));
  for (const computer of dice.sample(computers, 6)) ask(computer, mes, 'tcp', 443, 'https', byDay(15));
  for (const member of [serial, mes, database, archive, station]) join(member, directory);
  return s.finish();
}

/** One flat network of a medium firm: machines with their panels, the office, telephones, cameras, a recorder on a shelf, access points, one domain for all, a laptop that comes with another address each time. */
export function smallWorks(seed: number): SketchedPlant {
  const s = sketcherFor('small works', seed);
  const { dice, times, host, ask, poll, operate, engineer, drive, join, web, office } = s;
  const { directory, servers, computers } = office(dice.whole(20, 45));
  telephones(s, dice.whole(10, 25), 'ENT');
  const shelf = host('enterprise', 'ENT', 'synology', { sub: 'file shelf', also: ['infrastructure', 'other'] });
  for (const computer of computers) if (dice.chance(0.6)) ask(computer, shelf, 'tcp', 445, 'smb', byDay(12));
  for (const camera of times(dice.whole(4, 10), () => host('other', 'ENT', 'hikvision', { sub: 'camera' }))) ask(shelf, camera, 'tcp', 554, 'rtsp', cyclic(40, 0.3));
  const laptop = dice.whole(0, 1) === 0 ? 'lenovo' : 'dell';
  const engineers = times(2, (index) => host('engineering-workstation', index === 0 ? 'ENG' : 'TEMP', laptop, { sub: index === 0 ? 'engineer' : 'visitor', also: ['transient', 'enterprise'] }));
  join(engineers[0]!, directory);
  web(engineers[0]!, 4);
  const scada = dice.chance(0.6) ? host('hmi', 'SUP', dice.pick(['dell', 'hp']), { sub: 'scada', also: ['opcua-server'] }) : null;
  if (scada !== null) join(scada, directory);
  times(dice.whole(5, 11), (index) => {
    const zone = `CELL-${index}`;
    const [vendor, protocol] = dice.pick([['siemens', 's7comm'], ['mitsubishi', 'melsec'], ['omron', 'fins'], ['schneider', 'modbus'], ['siemens', 's7comm-plus']] as const);
    const machine = host('plc', zone, vendor);
    const panel = host('hmi', zone, dice.pick([vendor, 'weintek', 'advantech']), { sub: 'panel' });
    operate(panel, machine, protocol, 500, 8);
    for (const device of times(dice.whole(0, 4), () => host('io', zone, dice.pick([vendor, 'wago', 'danfoss', 'rexroth'])))) drive(machine, device, 'modbus');
    if (scada !== null && dice.chance(0.8)) poll(scada, machine, protocol, 2000);
    if (dice.chance(0.5)) engineer(engineers[0]!, machine, protocol, byWeek(0.5));
    if (dice.chance(0.2)) engineer(engineers[1]!, machine, protocol, onSomeDays(dice, 1, 10));
    if (dice.chance(0.3)) ask(panel, directory, 'udp', 123, 'ntp', cyclic(1_024_000));
    if (dice.chance(0.4)) {
      const terminal = host('hmi', zone, 'dell', { sub: 'machine computer', also: ['mes', 'enterprise'] });
      operate(terminal, machine, protocol, 1000, 3);
      join(terminal, directory);
      ask(terminal, servers[0]!, 'tcp', 445, 'smb', byDay(8));
      if (dice.chance(0.4)) web(terminal, 2);
    }
  });
  const planning = host('mes', 'OPS', 'vmware', { sub: 'planning', also: ['enterprise'] });
  if (scada !== null) poll(planning, scada, 'opcua', 10_000);
  for (const computer of dice.sample(computers, 8)) ask(computer, planning, 'tcp', 443, 'https', byDay(9));
  join(planning, directory);
  const manager = host('infrastructure', 'ENT', 'vmware', { sub: 'network monitor', also: ['enterprise'] });
  for (const point of times(dice.whole(2, 5), () => host('network-device', 'NET', 'cisco', { sub: 'access point', bridge: dice.chance(0.7) }))) {
    ask(manager, point, 'udp', 161, 'snmp', cyclic(60_000));
    ask(manager, point, 'tcp', 22, 'ssh', byWeek(0.5));
  }
  join(manager, directory);
  return s.finish();
}

/** A water utility: outstations with DNP3 over radio gateways and mobile routers, a pair of masters, treatment works with panels and packages, telemetry to the office, leakage loggers. */
export function radioWater(seed: number): SketchedPlant {
  const s = sketcherFor('radio water', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, drive, join, office } = s;
  const { servers, computers } = office(dice.whole(10, 25));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const masters = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'master' }));
  const desks = times(dice.whole(3, 5), () => host('hmi', 'SUP', 'dell', { sub: 'desk' }));
  const archive = host('historian', 'OPS', 'vmware', { also: ['mes'] });
  const station = host('engineering-workstation', 'ENG', 'dell');
  for (const [one, other] of [[0, 1], [1, 0]] as const) ask(masters[one]!, masters[other]!, 'tcp', 12_345, '', cyclic(1000));
  for (const gateway of times(dice.whole(3, 6), () => host('network-device', 'REMOTE', dice.pick(['westermo', 'moxa', 'redlion']), { sub: 'radio gateway', also: ['plc', 'io'], rtt: dice.between(5, 15) }))) {
    // The outstations behind it share its address: each has a link address of its own within.
    for (const master of masters) ask(master, gateway, 'tcp', 20_000, 'dnp3', cyclic(dice.pick([30_000, 60_000]), 0.4), {}, { k: 'named', named: { protocol: 'dnp3', code: 1, name: 'Read', access: 'read' } });
    write(masters[0]!, gateway, 'dnp3', 5);
    ask(station, gateway, 'tcp', 443, 'https', byWeek(0.2));
  }
  times(dice.whole(8, 20), () => {
    const outstation = host('plc', 'REMOTE', dice.pick(['schneider', 'abb', 'sierra', 'teltonika']), { sub: 'outstation', rtt: dice.between(150, 900) });
    for (const master of masters) poll(master, outstation, 'dnp3', dice.pick([60_000, 300_000]));
    write(masters[0]!, outstation, 'dnp3', 1);
    if (dice.chance(0.2)) engineer(station, outstation, 'dnp3', onSomeDays(dice, 2, 2));
  });
  times(dice.whole(2, 4), (works) => {
    const zone = `CELL-W${works}`;
    const vendor = dice.pick<Vendor>(['schneider', 'siemens', 'rockwell']);
    const protocol = vendor === 'siemens' ? 's7comm' : vendor === 'rockwell' ? 'enip' : 'modbus';
    const controllers = times(dice.whole(2, 4), () => host('plc', zone, vendor));
    const panel = host('hmi', zone, dice.pick(['dell', 'advantech']), { sub: 'works station' });
    for (const controller of controllers) {
      for (const device of times(dice.whole(1, 4), () => host('io', zone, dice.pick([vendor, 'danfoss', 'endress'])))) drive(controller, device, protocol);
      operate(panel, controller, protocol, 1000, 4);
      poll(masters[0]!, controller, protocol, 2000);
      write(masters[0]!, controller, protocol, 2);
      engineer(station, controller, protocol, byWeek(0.4));
    }
    const doser = host('plc', zone, 'unknown', { sub: 'dosing package', also: ['io'] });
    poll(controllers[0]!, doser, 'modbus', 1000);
    const meters = host('io', zone, 'moxa', { sub: 'meter gateway', also: ['network-device', 'plc'] });
    pollUnits(s, controllers.at(-1)!, meters, dice.whole(5, 20), 5000);
    if (dice.chance(0.5)) pollUnits(s, archive, meters, 5, 60_000);
  });
  for (const desk of desks) for (const master of masters) ask(desk, master, 'tcp', 12_340, '', cyclic(2000, 0.3));
  ask(masters[0]!, archive, 'tcp', 1433, 'mssql', cyclic(10_000, 0.3));
  const leaks = host('mes', 'OPS', 'vmware', { sub: 'logger collector', also: ['historian', 'other', 'enterprise'] });
  for (const logger of times(dice.whole(5, 15), () => host('other', 'REMOTE', 'teltonika', { sub: 'logger', rtt: dice.between(200, 900), also: ['plc', 'io', 'network-device'] }))) ask(logger, leaks, 'tcp', 5021, '', nightly(2));
  for (const computer of dice.sample(computers, 5)) ask(computer, archive, 'tcp', 443, 'https', byDay(6));
  ask(archive, servers[0]!, 'tcp', 445, 'smb', weekly(3));
  for (const member of [...masters, ...desks, archive, station, leaks]) join(member, directory);
  return s.finish();
}
