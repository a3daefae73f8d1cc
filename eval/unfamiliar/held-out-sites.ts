/** Sites drawn with the fourth ones and measured only when all rules stood. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, nightly, onSomeDays, type Protocol, type SketchedHost, type SketchedPlant, sketcherFor, type Vendor } from './plant-sketcher.ts';

const pairs = ([one, other]: readonly [SketchedHost, SketchedHost]): readonly (readonly [SketchedHost, SketchedHost])[] => [[one, other], [other, one]];

/** A grid station: bays with a controller and relays, a pair of gateways to the control centre, a local operator place, clocks, fault records fetched. */
export function gridStation(seed: number): SketchedPlant {
  const s = sketcherFor('grid station', seed);
  const { dice, times, host, macOf, ask, poll, operate, engineer } = s;
  const clock = host('infrastructure', 'OPS', 'meinberg');
  const gateways = times(2, () => host('plc', 'CELL-G', dice.pick(['siemens', 'abb', 'ge']), { sub: 'gateway', also: ['opcua-server', 'hmi'] })) as [SketchedHost, SketchedHost];
  const local = host('hmi', 'SUP', 'dell', { sub: 'local operator place' });
  const faults = host('historian', 'OPS', 'dell', { sub: 'fault records', also: ['mes', 'engineering-workstation', 'other', 'infrastructure'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo', { also: ['transient'] });
  for (const [one, other] of pairs(gateways)) ask(one, other, 'tcp', 3390, '', cyclic(1000));
  times(dice.whole(4, 10), (index) => {
    const zone = `CELL-${index}`;
    const bay = host('plc', zone, dice.pick(['siemens', 'abb', 'ge']), { sub: 'bay controller' });
    const relays = times(dice.whole(1, 3), () => host('plc', zone, dice.pick(['siemens', 'abb', 'sel', 'ge']), { sub: 'protection', also: ['io'] }));
    for (const device of [bay, ...relays]) {
      for (const gateway of gateways) poll(gateway, device, 'mms', 1000);
      operate(local, device, 'mms', 1000, device === bay ? 0.4 : 0);
      ask(device, clock, 'udp', 123, 'ntp', cyclic(64_000));
      ask(faults, device, 'tcp', 102, 'mms', byWeek(0.5), {}, { k: 'named', named: { protocol: 'mms', code: 73, name: 'FileRead', access: 'read' } });
    }
    for (const relay of relays) poll(bay, relay, 'mms', 500);
    if (dice.chance(0.3)) engineer(station, dice.pick(relays), 'mms', onSomeDays(dice, 2, 5));
  });
  const centre = host('hmi', 'REMOTE', 'cisco', { mac: macOf('cisco'), net: '172.28.1', rtt: 35, sub: 'control centre', also: ['enterprise'] });
  for (const gateway of gateways) operate(centre, gateway, 'iec104', 2000, 3);
  ask(station, clock, 'udp', 123, 'ntp', cyclic(64_000));
  return s.finish();
}

/** A cement works: PLCs of departments with panels and drives, a SCADA pair, an expert system that writes set points, a laboratory robot, stack gas to the authority. */
export function cementWorks(seed: number): SketchedPlant {
  const s = sketcherFor('cement works', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, drive, exchange, join, office } = s;
  const { servers, computers } = office(dice.whole(8, 25));
  const [vendor, protocol] = dice.pick<readonly [Vendor, Protocol]>([['siemens', 's7comm'], ['rockwell', 'enip'], ['schneider', 'modbus']]);
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' })) as [SketchedHost, SketchedHost];
  const expert = host('mes', 'OPS', 'vmware', { sub: 'expert system', also: ['hmi'] });
  const information = host('historian', 'OPS', 'vmware', { sub: 'plant information', also: ['mes'] });
  const emissions = host('historian', 'OPS', 'dell', { sub: 'emissions', also: ['mes', 'hmi', 'other', 'opcua-server'] });
  const laboratory = host('mes', 'OPS', 'dell', { sub: 'laboratory', also: ['hmi'] });
  const station = host('engineering-workstation', 'ENG', 'dell');
  const desks = times(dice.whole(3, 6), () => host('hmi', 'SUP', 'dell', { sub: 'desk' }));
  let before: SketchedHost | null = null;
  times(dice.whole(5, 8), (index) => {
    const zone = `CELL-${index}`;
    const controllers = times(dice.whole(1, 2), () => host('plc', zone, vendor));
    for (const controller of controllers) {
      for (const device of times(dice.whole(2, 8), () => host('io', zone, dice.pick([vendor, 'abb', 'danfoss'])))) drive(controller, device, protocol);
      for (const server of scada) poll(server, controller, protocol, 1000);
      write(scada[0], controller, protocol, 15);
      engineer(station, controller, protocol, byWeek(0.5));
    }
    for (const other of controllers.slice(1)) poll(controllers[0]!, other, protocol, 250);
    if (before !== null) poll(controllers[0]!, before, protocol, 1000);
    before = controllers[0]!;
    if (dice.chance(0.5)) operate(host('hmi', zone, vendor, { sub: 'panel' }), controllers[0]!, protocol, 1000, 1);
    if (dice.chance(0.5)) {
      const filter = host('plc', zone, dice.pick(['siemens', 'wago', 'omron']), { sub: 'package' });
      poll(controllers[0]!, filter, 'modbus', 1000);
    }
  });
  poll(expert, scada[0], 'opcua', 5000);
  write(expert, scada[0], 'opcua', 100);
  poll(information, scada[0], 'opcua', 5000);
  ask(laboratory, information, 'tcp', 1433, 'mssql', byDay(100));
  for (const analyser of times(dice.whole(2, 4), () => host('io', 'OPS', dice.pick(['sick', 'abb', 'unknown']), { sub: 'gas analyser', also: ['plc', 'other'] }))) poll(emissions, analyser, 'modbus', 10_000);
  ask(emissions, host('other', 'INTERNET', 'fortinet', { ext: true, net: '52.11.2' }), 'tcp', 443, 'https', nightly(2));
  const robot = host('plc', 'CELL-L', 'kuka', { sub: 'laboratory robot', also: ['io', 'other'] });
  ask(laboratory, robot, 'tcp', 54_600, '', cyclic(1000, 0.2));
  for (const desk of desks) for (const server of scada) ask(desk, server, 'tcp', 6510, '', cyclic(1000, 0.3));
  for (const [one, other] of pairs(scada)) ask(one, other, 'tcp', 6520, '', cyclic(1000));
  for (const computer of dice.sample(computers, 5)) ask(computer, information, 'tcp', 443, 'https', byDay(6));
  ask(information, servers[0]!, 'tcp', 443, 'https', byDay(20));
  const guard = host('safety-controller', 'SIS', 'hima', { sub: 'burner management' });
  poll(before!, guard, 'modbus', 500);
  exchange(before!, host('io', before!.zone, 'siemens', { sub: 'burner valve' }), 'profinet-rt', 8);
  for (const member of [...scada, expert, information, emissions, laboratory, station, ...desks]) join(member, directory);
  return s.finish();
}

/** Hydro power: stations along a river with a unit controller for each machine, a station controller that joins them, a control room over IEC 104, a second one for the grid. */
export function hydroChain(seed: number): SketchedPlant {
  const s = sketcherFor('hydro chain', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, exchange, join } = s;
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' })) as [SketchedHost, SketchedHost];
  const dispatch = host('mes', 'OPS', 'vmware', { sub: 'generation planning', also: ['hmi'] });
  const archive = host('historian', 'OPS', 'vmware', { also: ['mes'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  const desks = times(dice.whole(1, 3), () => host('hmi', 'SUP', 'dell', { sub: 'desk' }));
  times(dice.whole(3, 6), (index) => {
    const zone = `CELL-${index}`;
    const rtt = dice.between(5, 30);
    const main = host('plc', zone, dice.pick(['abb', 'siemens', 'schneider']), { sub: 'station controller', rtt });
    const panel = host('hmi', zone, dice.pick(['advantech', 'dell']), { sub: 'station panel', rtt });
    times(dice.whole(1, 4), () => {
      const unit = host('plc', zone, dice.pick(['abb', 'siemens']), { sub: 'unit controller', rtt });
      poll(main, unit, 'modbus', 500);
      if (dice.chance(0.6)) write(main, unit, 'modbus', 10);
      operate(panel, unit, 'modbus', 1000, 2);
      for (const device of times(dice.whole(1, 3), () => host('io', zone, dice.pick(['abb', 'wago', 'unknown']), { rtt }))) exchange(unit, device, 'profinet-rt', 8);
      const governor = host('plc', zone, dice.pick(['unknown', 'rexroth', 'ge']), { sub: 'governor', also: ['io'], rtt });
      poll(unit, governor, 'modbus', 100);
      if (dice.chance(0.5)) engineer(station, unit, 'modbus', byWeek(0.2));
    });
    operate(panel, main, 'modbus', 1000, 1);
    operate(scada[0], main, 'iec104', 2000, 6);
    poll(scada[1], main, 'iec104', 2000);
    engineer(station, main, 'modbus', byWeek(0.2));
    for (const relay of times(dice.whole(2, 5), () => host('plc', zone, dice.pick(['siemens', 'sel']), { sub: 'relay', also: ['io'], rtt }))) poll(main, relay, 'mms', 1000);
  });
  ask(dispatch, scada[0], 'tcp', 7610, '', cyclic(4000, 0.2));
  ask(dispatch, archive, 'tcp', 1521, 'oracle', byDay(400));
  ask(scada[0], archive, 'tcp', 1521, 'oracle', cyclic(4000, 0.3));
  for (const [one, other] of pairs(scada)) ask(one, other, 'tcp', 7620, '', cyclic(1000));
  for (const desk of desks) ask(desk, scada[0], 'tcp', 7600, '', cyclic(1000, 0.3));
  for (const member of [...scada, dispatch, archive, station, ...desks]) join(member, directory);
  return s.finish();
}

/** A tyre plant: mixers with recipes from a server, hundreds of presses that a host asks in turn, building machines with their own computer, a labelling line. */
export function tyrePlant(seed: number): SketchedPlant {
  const s = sketcherFor('tyre plant', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, drive, exchange, join, office } = s;
  const { servers } = office(dice.whole(10, 30));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const recipes = host('mes', 'OPS', 'vmware', { sub: 'mixing recipes' });
  const curing = host('hmi', 'SUP', 'vmware', { sub: 'curing host', also: ['mes', 'historian'] });
  const mes = host('mes', 'OPS', 'vmware');
  const database = host('mes', 'OPS', 'vmware', { sub: 'database', also: ['historian'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  times(dice.whole(2, 4), (index) => {
    const zone = `CELL-M${index}`;
    const mixer = host('plc', zone, 'siemens');
    for (const device of times(dice.whole(3, 7), () => host('io', zone, dice.pick(['siemens', 'lenze'])))) exchange(mixer, device, 'profinet-rt', 8);
    for (const panel of times(2, () => host('hmi', zone, dice.pick(['siemens', 'advantech']), { sub: 'panel' }))) operate(panel, mixer, 's7comm', 500, 20);
    poll(recipes, mixer, 's7comm', 10_000);
    write(recipes, mixer, 's7comm', 60);
    engineer(station, mixer, 's7comm', byWeek(0.3));
  });
  times(dice.whole(12, 40), (index) => {
    const press = host('plc', `CELL-C${index}`, 'rockwell', { sub: 'press' });
    for (const device of times(dice.whole(1, 2), () => host('io', press.zone, 'rockwell'))) exchange(press, device, 'enip-io', 50);
    if (dice.chance(0.5)) operate(host('hmi', press.zone, 'rockwell', { sub: 'panel' }), press, 'enip', 1000, 3);
    operate(curing, press, 'enip', 2000, 2);
    if (dice.chance(0.2)) engineer(station, press, 'enip', byWeek(0.1));
  });
  times(dice.whole(4, 10), (index) => {
    const zone = `CELL-B${index}`;
    const computer = host('hmi', zone, dice.pick(['dell', 'advantech', 'beckhoff']), { sub: 'machine computer', also: ['plc', 'opcua-server'] });
    const machine = host('plc', zone, dice.pick(['omron', 'beckhoff', 'mitsubishi']));
    const protocol: Protocol = dice.pick(['fins', 'modbus']);
    operate(computer, machine, protocol, 200, 200);
    for (const device of times(dice.whole(2, 5), () => host('io', zone, dice.pick(['keyence', 'sick', 'lenze'])))) drive(machine, device, 'modbus');
    ask(computer, mes, 'tcp', 443, 'https', byDay(800));
  });
  ask(mes, database, 'tcp', 1521, 'oracle', byDay(20_000));
  for (const one of [recipes, curing]) ask(one, database, 'tcp', 1521, 'oracle', byDay(500));
  ask(mes, servers[0]!, 'tcp', 443, 'https', byDay(60));
  for (const member of [recipes, curing, mes, database, station]) join(member, directory);
  return s.finish();
}

/** Biotechnology: skids for single use over encrypted OPC UA, a control system in a pair of servers, building automation beside, an archive with an OPC UA server of its own. */
export function biotech(seed: number): SketchedPlant {
  const s = sketcherFor('biotech', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, exchange, join, office } = s;
  const { servers: offices, computers } = office(dice.whole(10, 25));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const servers = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' })) as [SketchedHost, SketchedHost];
  const batch = host('mes', 'OPS', 'vmware', { sub: 'batch server', also: ['hmi'] });
  const archive = host('historian', 'OPS', 'vmware', { also: ['opcua-server'] });
  const mes = host('mes', 'OPS', 'vmware');
  const station = host('engineering-workstation', 'ENG', 'dell');
  const clients = times(dice.whole(3, 6), () => host('hmi', 'SUP', dice.pick(['dell', 'wyse']), { sub: 'client' }));
  times(dice.whole(6, 14), (index) => {
    const zone = `CELL-${index}`;
    const skid = host('plc', zone, dice.pick(['siemens', 'siemens', 'beckhoff', 'wago']));
    for (const device of times(dice.whole(1, 4), () => host('io', zone, dice.pick(['siemens', 'endress', 'wago'])))) exchange(skid, device, 'profinet-rt', 16);
    operate(host('hmi', zone, dice.pick(['siemens', 'advantech']), { sub: 'panel' }), skid, dice.pick(['opcua', 'modbus']), 1000, 6);
    for (const server of servers) operate(server, skid, 'opcua', 1000, server === servers[0] ? 10 : 0);
    poll(batch, skid, 'opcua', 2000);
    write(batch, skid, 'opcua', 12);
    if (dice.chance(0.4)) engineer(station, skid, 'opcua', byWeek(0.2));
    else engineer(host('engineering-workstation', 'ENG', 'lenovo', { sub: 'builder laptop', also: ['transient'] }), skid, 'modbus', onSomeDays(dice, 3, 6));
  });
  poll(archive, servers[0], 'opcua', 2000);
  poll(mes, archive, 'opcua', 10_000);
  poll(mes, batch, 'opcua', 10_000);
  write(mes, batch, 'opcua', 10);
  ask(mes, offices[0]!, 'tcp', 443, 'https', byDay(50));
  for (const client of clients) ask(client, servers[0], 'tcp', 5555, '', cyclic(1000, 0.3));
  for (const [one, other] of pairs(servers)) ask(one, other, 'tcp', 5560, '', cyclic(1000));
  for (const computer of dice.sample(computers, 5)) ask(computer, archive, 'tcp', 443, 'https', byDay(4));
  const air = host('hmi', 'SUP', 'vmware', { sub: 'building server', also: ['opcua-server'] });
  times(dice.whole(2, 5), (index) => {
    const handler = host('plc', `CELL-H${index}`, dice.pick(['siemens', 'honeywell', 'trane']), { sub: 'air handler' });
    for (const valve of times(dice.whole(3, 8), () => host('plc', handler.zone, dice.pick(['siemens', 'unknown', 'trane']), { sub: 'valve', also: ['io'] }))) poll(handler, valve, 'bacnet', 15_000);
    operate(air, handler, 'bacnet', 10_000, 3);
  });
  for (const member of [...servers, batch, archive, mes, station, air]) join(member, directory);
  return s.finish();
}

/** District heating and power: a turbine with its own control, boilers, a burner guard, pump houses over cellular routers, meters that call in, a heat planning server. */
export function districtHeating(seed: number): SketchedPlant {
  const s = sketcherFor('district heating', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, drive, join, office } = s;
  const { servers: offices } = office(dice.whole(6, 15));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = times(2, () => host('hmi', 'SUP', 'dell', { sub: 'scada', also: ['opcua-server'] })) as [SketchedHost, SketchedHost];
  const planning = host('mes', 'OPS', 'vmware', { sub: 'heat planning' });
  const historian = host('historian', 'OPS', 'vmware', { also: ['mes'] });
  const collector = host('mes', 'OPS', 'vmware', { sub: 'meter collector', also: ['historian', 'enterprise', 'opcua-server', 'infrastructure'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  times(dice.whole(2, 4), (index) => {
    const zone = `CELL-${index}`;
    const boiler = host('plc', zone, dice.pick(['siemens', 'schneider', 'abb']));
    for (const device of times(dice.whole(2, 6), () => host('io', zone, dice.pick(['siemens', 'danfoss', 'wago'])))) drive(boiler, device, 'modbus');
    const guard = host('safety-controller', 'SIS', dice.pick(['hima', 'siemens']), { sub: 'burner guard', also: ['plc'] });
    poll(boiler, guard, 'modbus', 500);
    operate(host('hmi', zone, dice.pick(['siemens', 'advantech']), { sub: 'panel' }), boiler, 'modbus', 1000, 3);
    for (const server of scada) poll(server, boiler, 'modbus', 1000);
    write(scada[0], boiler, 'modbus', 8);
    if (dice.chance(0.5)) for (const server of scada) poll(server, guard, 'modbus', 2000);
    engineer(station, boiler, 'modbus', byWeek(0.4));
  });
  const turbine = times(2, () => host('plc', 'CELL-T', 'ge', { sub: 'turbine control' }));
  for (const one of turbine) for (const other of turbine) if (one !== other) ask(one, other, 'udp', 18_246, '', cyclic(40, 0.02));
  const panel = host('hmi', 'CELL-T', 'dell', { sub: 'turbine panel' });
  for (const one of turbine) {
    ask(panel, one, 'tcp', 18_245, 'ge-srtp', cyclic(1000));
    poll(scada[0], one, 'modbus', 1000);
  }
  for (const house of times(dice.whole(5, 20), () => host('plc', 'REMOTE', dice.pick(['teltonika', 'sierra', 'wago']), { sub: 'pump house', rtt: dice.between(90, 400), net: `10.95.${dice.whole(0, 3)}` }))) operate(scada[0], house, 'modbus', 10_000, 0.5);
  for (const meter of times(dice.whole(20, 60), () => host('io', 'REMOTE', dice.pick(['unknown', 'teltonika']), { sub: 'heat meter', rtt: dice.between(100, 600), net: `10.96.${dice.whole(0, 7)}`, also: ['other', 'plc'] }))) ask(meter, collector, 'tcp', 9450, '', byDay(24));
  poll(planning, scada[0], 'opcua', 10_000);
  write(planning, scada[0], 'opcua', 24);
  ask(planning, offices[0]!, 'tcp', 443, 'https', byDay(30));
  ask(scada[0], historian, 'tcp', 1433, 'mssql', cyclic(5000, 0.3));
  ask(planning, historian, 'tcp', 1433, 'mssql', byDay(50));
  ask(collector, historian, 'tcp', 1433, 'mssql', byDay(100));
  for (const [one, other] of pairs(scada)) ask(one, other, 'tcp', 8730, '', cyclic(1000));
  for (const desk of times(dice.whole(1, 3), () => host('hmi', 'SUP', 'dell', { sub: 'desk' }))) {
    ask(desk, scada[0], 'tcp', 8720, '', cyclic(1000, 0.3));
    join(desk, directory);
  }
  for (const member of [...scada, planning, historian, collector, station]) join(member, directory);
  return s.finish();
}
