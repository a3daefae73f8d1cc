/** Sites drawn with the third ones, whose mistakes were left alone until the fourth were drawn. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, onSomeDays, type Protocol, type SketchedHost, type SketchedPlant, sketcherFor, type Vendor } from './plant-sketcher.ts';

/** A baggage hall: conveyor lines in a row, screening machines, a pair of sorting computers, the airline's data. */
export function baggageHall(seed: number): SketchedPlant {
  const s = sketcherFor('baggage hall', seed);
  const { dice, times, host, ask, poll, operate, engineer, drive, exchange, join } = s;
  const [vendor, protocol] = dice.pick<readonly [Vendor, Protocol]>([['siemens', 's7comm'], ['rockwell', 'enip']]);
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' })) as [SketchedHost, SketchedHost];
  const sorters = times(2, () => host('mes', 'OPS', 'dell', { sub: 'sorting computer', also: ['hmi', 'opcua-server'] })) as [SketchedHost, SketchedHost];
  const information = host('mes', 'OPS', 'vmware', { sub: 'baggage information' });
  const database = host('mes', 'OPS', 'vmware', { sub: 'database', also: ['historian'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  const images = host('mes', 'OPS', 'dell', { sub: 'screening server', also: ['other', 'infrastructure', 'opcua-server', 'hmi'] });
  const desks = times(dice.whole(2, 4), () => host('hmi', 'SUP', 'dell', { sub: 'desk' }));
  let before: SketchedHost | null = null;
  times(dice.whole(5, 10), (index) => {
    const zone = `CELL-${index}`;
    const controller = host('plc', zone, vendor);
    for (const motor of times(dice.whole(4, 12), () => host('io', zone, dice.pick(['lenze', 'danfoss', vendor])))) drive(controller, motor, protocol);
    for (const server of scada) poll(server, controller, protocol, 1000);
    s.write(scada[0], controller, protocol, 8);
    engineer(station, controller, protocol, byWeek(0.5));
    for (const sorter of sorters) ask(controller, sorter, 'tcp', 2001, '', cyclic(1000, 0.5));
    if (before !== null) {
      if (protocol === 'enip') exchange(before, controller, 'enip-io', 100);
      else poll(before, controller, protocol, 200);
    }
    before = controller;
    if (dice.chance(0.4)) {
      const machine = host('plc', zone, dice.pick(['unknown', 'advantech', 'dell']), { sub: 'screening machine', also: ['io', 'hmi', 'other'] });
      ask(controller, machine, 'tcp', 3100, '', cyclic(500, 0.5));
      ask(machine, images, 'tcp', 104, '', byDay(3000));
    }
    if (dice.chance(0.5)) ask(host('io', zone, 'sick', { sub: 'barcode array', also: ['other', 'plc'] }), controller, 'tcp', 2112, '', byDay(5000));
    if (dice.chance(0.4)) operate(host('hmi', zone, vendor, { sub: 'panel' }), controller, protocol, 1000, 2);
  });
  for (const [one, other] of [[...sorters], [...sorters].reverse()] as [SketchedHost, SketchedHost][]) ask(one, other, 'tcp', 2050, '', cyclic(1000));
  for (const sorter of sorters) {
    ask(sorter, database, 'tcp', 1433, 'mssql', byDay(3000));
    ask(sorter, information, 'tcp', 443, 'https', byDay(500));
  }
  for (const desk of desks) ask(desk, scada[0], 'tcp', 8910, '', cyclic(1000, 0.3));
  for (const member of [...scada, ...sorters, information, database, station, images, ...desks]) join(member, directory);
  return s.finish();
}

/** A pharma plant: units with batch controllers, a batch server, SCADA, historian, MES, laboratory, in a chain over OPC UA. */
export function batchChain(seed: number): SketchedPlant {
  const s = sketcherFor('batch chain', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, drive, join, office } = s;
  const { servers, computers } = office(dice.whole(10, 25));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const [vendor, protocol] = dice.pick<readonly [Vendor, Protocol]>([['siemens', 's7comm'], ['rockwell', 'enip'], ['siemens', 'opcua']]);
  const scada = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada', also: ['opcua-server'] })) as [SketchedHost, SketchedHost];
  const batch = host('mes', 'OPS', 'vmware', { sub: 'batch server', also: ['hmi'] });
  const historian = host('historian', 'OPS', 'vmware');
  const mes = host('mes', 'OPS', 'vmware');
  const lab = host('mes', 'OPS', 'vmware', { sub: 'laboratory', also: ['enterprise'] });
  const station = host('engineering-workstation', 'ENG', 'dell');
  const consoles = times(dice.whole(3, 6), () => host('hmi', 'SUP', 'dell', { sub: 'console' }));
  times(dice.whole(4, 7), (index) => {
    const zone = `CELL-${index}`;
    const controllers = times(dice.whole(1, 3), () => host('plc', zone, vendor));
    for (const controller of controllers) {
      for (const device of times(dice.whole(1, 4), () => host('io', zone, dice.pick([vendor, 'wago'])))) drive(controller, device, protocol);
      for (const server of scada) poll(server, controller, protocol, 1000);
      write(scada[0], controller, protocol, 20);
      operate(batch, controller, protocol, 2000, 30);
      engineer(station, controller, protocol, byWeek(0.3));
    }
    for (const other of controllers.slice(1)) poll(controllers[0]!, other, protocol, 500);
    const panel = host('hmi', zone, dice.pick([vendor, 'advantech']), { sub: 'panel' });
    for (const controller of controllers) operate(panel, controller, protocol, 1000, 4);
    if (dice.chance(0.6)) {
      const skid = host('plc', zone, dice.pick(['siemens', 'schneider', 'wago']), { sub: 'skid' });
      poll(controllers[0]!, skid, 'modbus', 1000);
      operate(host('hmi', zone, 'weintek', { sub: 'skid panel' }), skid, 'modbus', 1000, 2);
      if (dice.chance(0.5)) engineer(host('engineering-workstation', zone, 'lenovo', { sub: 'skid laptop', also: ['transient'] }), skid, 'modbus', onSomeDays(dice, 5, 8));
    }
  });
  poll(historian, scada[0], 'opcua', 5000);
  ask(batch, historian, 'tcp', 1433, 'mssql', byDay(300));
  poll(mes, batch, 'opcua', 10_000);
  write(mes, batch, 'opcua', 20);
  ask(mes, servers[0]!, 'tcp', 443, 'https', byDay(60));
  ask(mes, historian, 'tcp', 1433, 'mssql', byDay(100));
  ask(lab, mes, 'tcp', 443, 'https', byDay(100));
  for (const computer of dice.sample(computers, 6)) ask(computer, lab, 'tcp', 443, 'https', byDay(8));
  for (const console of consoles) ask(console, dice.pick(scada), 'tcp', 1332, '', cyclic(1000, 0.3));
  for (const [one, other] of [[...scada], [...scada].reverse()] as [SketchedHost, SketchedHost][]) ask(one, other, 'tcp', 8082, '', cyclic(1000));
  for (const member of [...scada, batch, historian, mes, lab, station, ...consoles]) join(member, directory);
  return s.finish();
}

/** Water supply: stations over radio that front ends ask in DNP3 or IEC 104, two works with PLCs, servers and desks behind the front ends. */
export function waterSupply(seed: number): SketchedPlant {
  const s = sketcherFor('water supply', seed);
  const { dice, times, host, macOf, ask, poll, write, operate, engineer, join } = s;
  const router = macOf('cisco');
  const protocol = dice.pick<Protocol>(['dnp3', 'iec104']);
  const directory = host('infrastructure', 'OPS', 'vmware');
  const frontEnds = times(2, () => host('hmi', 'SUP', 'dell', { sub: 'front end', also: ['opcua-server'] })) as [SketchedHost, SketchedHost];
  const servers = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' })) as [SketchedHost, SketchedHost];
  const historian = host('historian', 'OPS', 'vmware');
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  const desks = times(dice.whole(2, 5), () => host('hmi', 'SUP', 'dell', { sub: 'desk' }));
  times(dice.whole(20, 60), (index) => {
    const remote = host('plc', 'REMOTE', 'cisco', { mac: router, rtt: dice.between(100, 900), net: `10.88.${dice.whole(0, 7)}`, sub: 'rtu' });
    const period = dice.pick([30_000, 120_000, 600_000]);
    poll(frontEnds[index % 2]!, remote, protocol, period);
    write(frontEnds[index % 2]!, remote, protocol, dice.between(0.05, 1));
    if (dice.chance(0.2)) engineer(station, remote, protocol, byWeek(0.1));
  });
  times(2, (index) => {
    const zone = `CELL-${index}`;
    const controllers = times(dice.whole(2, 5), () => host('plc', zone, dice.pick(['schneider', 'rockwell'])));
    for (const controller of controllers) {
      for (const device of times(dice.whole(1, 3), () => host('io', zone, dice.pick(['schneider', 'danfoss', 'endress'])))) poll(controller, device, 'modbus', 250);
      operate(servers[0], controller, 'modbus', 1000, 6);
      poll(servers[1], controller, 'modbus', 1000);
      engineer(station, controller, 'modbus', byWeek(0.4));
    }
    controllers.slice(1).forEach((controller, at) => poll(controllers[at]!, controller, 'modbus', 1000));
    for (const panel of times(dice.whole(1, 2), () => host('hmi', zone, dice.pick(['redlion', 'advantech']), { sub: 'panel' }))) for (const controller of controllers) operate(panel, controller, 'modbus', 1000, 2);
  });
  for (const frontEnd of frontEnds) for (const server of servers) ask(server, frontEnd, 'tcp', 12_001, '', cyclic(1000, 0.3));
  for (const desk of desks) ask(desk, servers[0], 'tcp', 5413, 'scada', cyclic(1000, 0.3));
  ask(servers[0], historian, 'tcp', 1433, 'mssql', cyclic(5000, 0.3));
  for (const member of [...frontEnds, ...servers, historian, station, ...desks]) join(member, directory);
  return s.finish();
}

/** A compressor station on a pipeline: unit controllers of the machines' builder with their panels, a station PLC, flow computers, a shutdown system, a far control centre. */
export function compressorStation(seed: number): SketchedPlant {
  const s = sketcherFor('compressor station', seed);
  const { dice, times, host, macOf, ask, poll, operate, engineer } = s;
  const stationPlc = host('plc', 'CELL-0', dice.pick(['rockwell', 'schneider', 'siemens']));
  for (const device of times(dice.whole(2, 5), () => host('io', 'CELL-0', dice.pick(['phoenix', 'wago'])))) poll(stationPlc, device, 'modbus', 100);
  const scada = host('hmi', 'SUP', 'dell', { sub: 'scada' });
  const station = host('engineering-workstation', 'ENG', 'dell');
  operate(scada, stationPlc, 'modbus', 1000, 5);
  engineer(station, stationPlc, 'modbus', byWeek(0.3));
  times(dice.whole(2, 5), (index) => {
    const zone = `CELL-${index + 1}`;
    const unit = host('plc', zone, dice.pick(['rockwell', 'ge']), { sub: 'unit control' });
    operate(host('hmi', zone, dice.pick(['advantech', 'dell']), { sub: 'unit panel' }), unit, 'modbus', 500, 5);
    const vibration = host('io', zone, dice.pick(['unknown', 'ge']), { sub: 'vibration monitor', also: ['plc'] });
    poll(unit, vibration, 'modbus', 500);
    operate(stationPlc, unit, 'modbus', 500, 3);
    if (dice.chance(0.5)) engineer(host('engineering-workstation', zone, 'lenovo', { sub: 'builder laptop', also: ['transient'] }), unit, 'modbus', onSomeDays(dice, 3, 25));
  });
  const metering = host('hmi', 'CELL-M', 'dell', { sub: 'metering supervisor', also: ['historian', 'opcua-server'] });
  for (const flow of times(dice.whole(2, 6), () => host('plc', 'CELL-M', dice.pick(['emerson', 'unknown']), { sub: 'flow computer', also: ['io'] }))) {
    poll(metering, flow, 'modbus', 2000);
    poll(stationPlc, flow, 'modbus', 1000);
  }
  const shutdown = host('safety-controller', 'SIS', dice.pick(['hima', 'invensys']));
  for (const device of times(2, () => host('io', 'SIS', 'phoenix', { sub: 'shutdown i/o', also: ['safety-controller'] }))) poll(shutdown, device, 'modbus', 100);
  poll(stationPlc, shutdown, 'modbus', 500);
  poll(scada, shutdown, 'modbus', 1000);
  ask(host('engineering-workstation', 'SIS', 'dell', { also: ['transient'] }), shutdown, 'udp', 8000, '', byWeek(0.3));
  const centre = host('hmi', 'REMOTE', 'cisco', { mac: macOf('cisco'), rtt: 45, net: '172.21.1', sub: 'control centre', also: ['enterprise'] });
  operate(centre, stationPlc, 'iec104', 3000, 5);
  ask(station, host('infrastructure', 'OPS', 'meinberg'), 'udp', 123, 'ntp', cyclic(64_000));
  return s.finish();
}
