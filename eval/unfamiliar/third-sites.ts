/** Sites drawn after the rules for `SITES` were made, to see what those rules are worth elsewhere. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, nightly, onSomeDays, type Protocol, type SketchedHost, type SketchedPlant, sketcherFor, type Vendor } from './plant-sketcher.ts';

/** A refinery: redundant controllers whose I/O stays on a private bus, a pair of servers for each area, consoles of their unit, packages over Modbus, a safety system that the servers read. */
export function refinery(seed: number): SketchedPlant {
  const s = sketcherFor('refinery', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, join } = s;
  const [vendor, transport, port] = dice.pick<readonly [Vendor, 'tcp' | 'udp', number]>([['honeywell', 'tcp', 55_553], ['yokogawa', 'udp', 5313], ['emerson', 'udp', 18_507], ['abb', 'tcp', 102]]);
  const svc = vendor === 'abb' ? 'mms' : '';
  const talk = (client: SketchedHost, controller: SketchedHost, period: number): void => ask(client, controller, transport, port, svc, cyclic(period, 0.1));
  const directory = host('infrastructure', 'OPS', 'dell');
  const clock = host('infrastructure', 'OPS', 'meinberg');
  const engineering = host('engineering-workstation', 'ENG', 'dell', { also: ['hmi'] });
  const opc = host('opcua-server', 'OPS', 'dell', { sub: 'opc server', also: ['hmi', 'historian'] });
  const historian = host('historian', 'OPS', 'vmware');
  const servers: SketchedHost[] = [];
  const computers: SketchedHost[] = [];
  const all: SketchedHost[] = [];
  const logic = times(dice.whole(2, 3), () => host('safety-controller', 'SIS', 'invensys'));
  const sisStation = host('engineering-workstation', 'SIS', 'dell', { sub: 'safety station' });
  times(dice.whole(3, 5), (index) => {
    const zone = `CELL-${index}`;
    const pair = times(2, () => host('hmi', 'SUP', 'dell', { sub: 'area server', also: ['opcua-server'] })) as [SketchedHost, SketchedHost];
    servers.push(...pair);
    ask(pair[0], pair[1], 'tcp', 50_010, '', cyclic(1000, 0.1));
    ask(pair[1], pair[0], 'tcp', 50_010, '', cyclic(1000, 0.1));
    let before: SketchedHost | null = null;
    times(dice.whole(2, 5), () => {
      const [primary, backup] = [host('plc', zone, vendor), host('plc', zone, vendor, { sub: 'standby' })];
      for (const [one, other] of [[primary, backup], [backup, primary]] as const) ask(one, other, 'udp', 9000, '', cyclic(200, 0.02));
      talk(pair[0], primary, 1000);
      talk(pair[1], primary, 1000);
      talk(pair[0], backup, 10_000);
      talk(opc, primary, 2000);
      if (before !== null) talk(primary, before, 500);
      before = primary;
      ask(engineering, primary, transport, port, svc, byWeek(2));
      for (const controller of [primary, backup]) ask(controller, clock, 'udp', 123, 'ntp', cyclic(64_000));
      all.push(primary);
      if (dice.chance(0.4)) {
        const maker = dice.pick(['schneider', 'rockwell', 'siemens', 'moxa'] as const);
        poll(primary, host('plc', zone, maker, { sub: 'package', also: ['io'] }), 'modbus', 1000);
      }
    });
    for (const console of times(dice.whole(2, 4), () => host('hmi', 'SUP', 'dell', { sub: 'console' }))) {
      for (const server of pair) ask(console, server, 'tcp', 50_001, '', cyclic(1000, 0.2));
      computers.push(console);
    }
    for (const one of logic.slice(0, dice.whole(1, 2))) poll(pair[0], one, 'modbus', 1000);
  });
  for (const one of logic) {
    ask(sisStation, one, 'udp', 1502, 'tristation', byWeek(1));
    for (const other of logic) if (other !== one) ask(one, other, 'udp', 1503, '', cyclic(200, 0.02));
  }
  // An analyser house: its panel reads chromatographs.
  const analysers = host('historian', 'OPS', 'advantech', { sub: 'analyser server', also: ['hmi', 'opcua-server', 'plc', 'mes'] });
  for (const gc of times(dice.whole(4, 8), () => host('io', 'CELL-A', dice.pick(['abb', 'emerson', 'unknown']), { sub: 'chromatograph', also: ['plc'] }))) poll(analysers, gc, 'modbus', 30_000);
  poll(all[0]!, analysers, 'modbus', 5000);
  ask(historian, opc, 'tcp', 135, 'rpc', byDay(20));
  ask(historian, opc, 'tcp', 49_200, '', cyclic(1000, 0.2));
  write(engineering, logic[0]!, 'modbus', 0);
  const turbine = host('plc', 'CELL-0', 'ge', { sub: 'compressor control', also: ['io'] });
  const local = host('hmi', 'CELL-0', 'dell', { sub: 'compressor panel' });
  operate(local, turbine, 'modbus', 500, 3);
  poll(all[0]!, turbine, 'modbus', 1000);
  engineer(host('engineering-workstation', 'ENG', 'lenovo', { sub: 'builder laptop', also: ['transient'] }), turbine, 'modbus', onSomeDays(dice, 3, 20));
  for (const member of [...servers, ...computers, engineering, opc, historian]) join(member, directory);
  return s.finish();
}

/** Traction power of a railway: stations with relays and a station controller each, a control centre with front ends that ask them over IEC 104. */
export function tractionPower(seed: number): SketchedPlant {
  const s = sketcherFor('traction power', seed);
  const { dice, times, host, ask, poll, operate, engineer, join } = s;
  const directory = host('infrastructure', 'OPS', 'vmware');
  const clock = host('infrastructure', 'OPS', 'meinberg');
  const frontEnds = times(2, () => host('hmi', 'SUP', 'dell', { sub: 'front end', also: ['opcua-server'] })) as [SketchedHost, SketchedHost];
  const [active, standby] = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' })) as [SketchedHost, SketchedHost];
  const archive = host('historian', 'OPS', 'vmware', { also: ['mes'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  const desks = times(dice.whole(2, 4), () => host('hmi', 'SUP', 'dell', { sub: 'desk' }));
  times(dice.whole(6, 12), (index) => {
    const zone = `CELL-${index}`;
    const rtu = host('plc', zone, dice.pick(['siemens', 'abb', 'sel']), { sub: 'station controller', rtt: dice.between(4, 25) });
    for (const relay of times(dice.whole(4, 12), () => host('plc', zone, dice.pick(['siemens', 'abb', 'sel', 'schneider']), { sub: 'relay', also: ['io'], rtt: dice.between(4, 25) }))) {
      poll(rtu, relay, 'mms', 1000);
      if (dice.chance(0.5)) ask(relay, clock, 'udp', 123, 'ntp', cyclic(64_000));
      if (dice.chance(0.3)) engineer(station, relay, 'mms', byWeek(0.1));
    }
    if (dice.chance(0.5)) poll(rtu, host('io', zone, dice.pick(['moxa', 'wago', 'janitza']), { sub: 'auxiliary', also: ['plc'] }), 'modbus', 1000);
    operate(frontEnds[0], rtu, 'iec104', 2000, 4);
    if (dice.chance(0.6)) poll(frontEnds[1], rtu, 'iec104', 20_000);
    if (dice.chance(0.5)) operate(host('hmi', zone, dice.pick(['advantech', 'unknown']), { sub: 'station panel' }), rtu, 'mms', 1000, 0.3);
  });
  for (const frontEnd of frontEnds) for (const server of [active, standby]) ask(server, frontEnd, 'tcp', 12_001, '', cyclic(1000, 0.2));
  for (const [one, other] of [[active, standby], [standby, active]] as const) ask(one, other, 'tcp', 12_050, '', cyclic(1000));
  for (const desk of desks) ask(desk, active, 'tcp', 12_010, '', cyclic(1000, 0.3));
  ask(active, archive, 'tcp', 1521, 'oracle', cyclic(10_000, 0.3));
  for (const member of [...frontEnds, active, standby, archive, station, ...desks]) join(member, directory);
  return s.finish();
}

/** A hospital's building: slow BACnet under routers and floor controllers, gateways for gases, lifts and chillers, a server that asks everything once a minute and writes time programs. */
export function hospital(seed: number): SketchedPlant {
  const s = sketcherFor('hospital', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, join, office } = s;
  const { directory, computers, servers } = office(dice.whole(15, 40));
  const bms = host('hmi', 'SUP', 'vmware', { sub: 'building server', also: ['opcua-server'] });
  const energy = host('historian', 'OPS', 'vmware', { sub: 'energy server', also: ['mes'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo', { also: ['transient'] });
  const seats = times(dice.whole(1, 3), () => host('hmi', 'SUP', 'dell', { sub: 'seat' }));
  const cold: SketchedHost[] = [];
  times(dice.whole(4, 8), (index) => {
    const zone = `CELL-${index}`;
    const floor = host('plc', zone, dice.pick(['siemens', 'johnson-controls', 'honeywell', 'tridium']), { sub: 'floor controller' });
    cold.push(floor);
    for (const box of times(dice.whole(6, 20), () => host('plc', zone, dice.pick(['siemens', 'johnson-controls', 'trane', 'unknown']), { sub: 'room controller', also: ['io'] }))) {
      poll(floor, box, 'bacnet', 60_000);
      if (dice.chance(0.5)) write(floor, box, 'bacnet', 30);
      if (dice.chance(0.4)) poll(bms, box, 'bacnet', 300_000);
    }
    poll(bms, floor, 'bacnet', 60_000);
    write(bms, floor, 'bacnet', 6);
    engineer(station, floor, 'bacnet', byWeek(0.3));
    if (dice.chance(0.6)) poll(bms, host('plc', zone, dice.pick(['moxa', 'unknown']), { sub: 'gas alarm gateway', also: ['io'] }), 'modbus', 30_000);
  });
  const chillers = times(dice.whole(2, 4), () => host('plc', 'CELL-C', dice.pick(['carrier', 'trane']), { sub: 'chiller', also: ['io'] }));
  const plantRoom = host('plc', 'CELL-C', 'siemens', { sub: 'plant room' });
  for (const chiller of chillers) operate(plantRoom, chiller, 'bacnet', 10_000, 60);
  poll(bms, plantRoom, 'bacnet', 60_000);
  for (const floor of dice.sample(cold, 3)) poll(plantRoom, floor, 'bacnet', 60_000);
  for (const meter of times(dice.whole(8, 20), () => host('io', 'OPS', dice.pick(['janitza', 'schneider', 'socomec']), { sub: 'meter', also: ['plc'] }))) poll(energy, meter, 'modbus', 60_000);
  for (const seat of seats) ask(seat, bms, 'tcp', 443, 'https', cyclic(5000, 0.4));
  for (const computer of dice.sample(computers, 3)) ask(computer, bms, 'tcp', 443, 'https', byDay(2));
  for (const computer of dice.sample(computers, 3)) ask(computer, energy, 'tcp', 443, 'https', byDay(2));
  ask(bms, servers[0]!, 'tcp', 445, 'smb', nightly(1));
  for (const member of [bms, energy, station, ...seats]) join(member, directory);
  return s.finish();
}

/** A semiconductor fab: tools that speak SECS/GEM to programs on servers, a material transport system, a plant for media with PLCs of its own. */
export function waferFab(seed: number): SketchedPlant {
  const s = sketcherFor('wafer fab', seed);
  const { dice, times, host, ask, poll, operate, engineer, join, office } = s;
  const { servers } = office(dice.whole(8, 20));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const hosts = times(dice.whole(2, 4), () => host('mes', 'OPS', 'vmware', { sub: 'tool host', also: ['opcua-server', 'hmi'] }));
  const mes = host('mes', 'OPS', 'vmware');
  const database = host('mes', 'OPS', 'vmware', { sub: 'database', also: ['historian'] });
  const transport = host('mes', 'OPS', 'vmware', { sub: 'transport control', also: ['hmi', 'opcua-server'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  times(dice.whole(15, 40), (index) => {
    const tool = host('plc', `CELL-${index}`, dice.pick(['advantech', 'unknown', 'dell']), { sub: 'tool', also: ['hmi', 'io', 'other'] });
    ask(hosts[index % hosts.length]!, tool, 'tcp', dice.pick([5000, 5000, 5001]), '', byDay(600));
    ask(tool, hosts[(index + 1) % hosts.length]!, 'tcp', 443, 'https', byDay(100));
  });
  for (const one of hosts) {
    ask(one, mes, 'tcp', 61_616, '', byDay(2000));
    ask(one, database, 'tcp', 1521, 'oracle', byDay(400));
  }
  ask(mes, database, 'tcp', 1521, 'oracle', byDay(2000));
  ask(mes, servers[0]!, 'tcp', 443, 'https', byDay(40));
  ask(mes, transport, 'tcp', 61_616, '', byDay(900));
  for (const stocker of times(dice.whole(3, 6), () => host('plc', 'CELL-T', dice.pick(['mitsubishi', 'omron']), { sub: 'stocker' }))) ask(transport, stocker, 'tcp', 5010, '', cyclic(500, 0.3));
  const scada = host('hmi', 'SUP', 'vmware', { sub: 'media scada' });
  const historian = host('historian', 'OPS', 'vmware');
  times(dice.whole(3, 6), (index) => {
    const zone = `CELL-M${index}`;
    const [vendor, protocol] = dice.pick<readonly [Vendor, Protocol]>([['siemens', 's7comm'], ['rockwell', 'enip'], ['mitsubishi', 'melsec']]);
    const controllers = times(dice.whole(1, 2), () => host('plc', zone, vendor));
    for (const controller of controllers) {
      operate(scada, controller, protocol, 1000, 3);
      poll(historian, controller, protocol, 10_000);
      engineer(station, controller, protocol, byWeek(0.3));
      operate(host('hmi', zone, vendor, { sub: 'panel' }), controller, protocol, 1000, 2);
    }
    if (controllers.length === 2) poll(controllers[0]!, controllers[1]!, protocol, 500);
  });
  const gas = host('safety-controller', 'SIS', 'hima', { sub: 'gas detection' });
  poll(scada, gas, 'modbus', 1000);
  for (const member of [...hosts, mes, database, transport, station, scada, historian]) join(member, directory);
  return s.finish();
}

/** A steel mill: PLCs and drives that share data, process computers that exchange telegrams with them, operator pulpits for each stand. */
export function steelMill(seed: number): SketchedPlant {
  const s = sketcherFor('steel mill', seed);
  const { dice, times, host, ask, poll, engineer, exchange, join, office } = s;
  const { servers } = office(dice.whole(8, 20));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const models = times(2, () => host('mes', 'OPS', 'vmware', { sub: 'process computer', also: ['opcua-server', 'hmi'] }));
  const database = host('mes', 'OPS', 'vmware', { sub: 'database', also: ['historian'] });
  const trends = host('historian', 'OPS', 'dell', { sub: 'fast recorder', also: ['other', 'engineering-workstation'] });
  const scada = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' })) as [SketchedHost, SketchedHost];
  const stations = times(dice.whole(1, 3), () => host('engineering-workstation', 'ENG', 'dell'));
  let before: SketchedHost | null = null;
  times(dice.whole(4, 7), (index) => {
    const zone = `CELL-${index}`;
    const controllers = times(dice.whole(2, 4), () => host('plc', zone, 'siemens'));
    const [first] = controllers as [SketchedHost];
    for (const controller of controllers) {
      for (const drive of times(dice.whole(1, 5), () => host('io', zone, dice.pick(['siemens', 'abb', 'danfoss']), { sub: 'drive' }))) exchange(controller, drive, 'profinet-rt', dice.pick([2, 4]));
      for (const other of controllers) if (other !== controller) ask(controller, other, 'udp', 2000, '', cyclic(20, 0.02));
      for (const server of scada) {
        poll(server, controller, 's7comm', 1000);
        if (server === scada[0]) s.write(server, controller, 's7comm', 15);
      }
      engineer(dice.pick(stations), controller, 's7comm', byWeek(1));
      ask(controller, trends, 'udp', 4010, '', cyclic(10, 0.05), { unanswered: true });
    }
    ask(first, dice.pick(models), 'tcp', 3000 + index, '', byDay(2000));
    if (before !== null) ask(before, first, 'udp', 2000, '', cyclic(50, 0.02));
    before = first;
    for (const pulpit of times(dice.whole(1, 2), () => host('hmi', zone, dice.pick(['dell', 'advantech']), { sub: 'pulpit', also: [] }))) {
      ask(pulpit, scada[0], 'tcp', 8910, '', cyclic(1000, 0.3));
      join(pulpit, directory);
    }
    const gauge = host('io', zone, dice.pick(['unknown', 'advantech']), { sub: 'gauge', also: ['plc', 'other'] });
    ask(gauge, first, 'udp', 2010, '', cyclic(20, 0.05), { unanswered: true });
  });
  ask(scada[0], scada[1], 'tcp', 8920, '', cyclic(1000));
  ask(scada[1], scada[0], 'tcp', 8920, '', cyclic(1000));
  for (const model of models) ask(model, database, 'tcp', 1521, 'oracle', byDay(900));
  ask(models[0]!, servers[0]!, 'tcp', 5671, 'amqp', byDay(80));
  for (const member of [...models, database, trends, ...scada, ...stations]) join(member, directory);
  return s.finish();
}

/** A dairy: skids of many builders with a PLC and a panel each, a cleaning station that shakes hands with all, one SCADA. */
export function dairy(seed: number): SketchedPlant {
  const s = sketcherFor('dairy', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, drive, join } = s;
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = host('hmi', 'SUP', 'vmware', { sub: 'scada' });
  const recipes = host('mes', 'OPS', 'vmware', { sub: 'recipes and reports' });
  const station = host('engineering-workstation', 'ENG', 'dell');
  const cleaning = host('plc', 'CELL-CIP', 'siemens', { sub: 'cleaning' });
  for (const valve of times(dice.whole(3, 6), () => host('io', 'CELL-CIP', dice.pick(['siemens', 'endress'])))) poll(cleaning, valve, 'modbus', 100);
  operate(host('hmi', 'CELL-CIP', 'siemens', { sub: 'panel' }), cleaning, 's7comm', 1000, 8);
  operate(scada, cleaning, 's7comm', 1000, 6);
  engineer(station, cleaning, 's7comm', byWeek(1));
  times(dice.whole(10, 20), (index) => {
    const zone = `CELL-${index}`;
    const [vendor, protocol] = dice.pick<readonly [Vendor, Protocol]>([['siemens', 's7comm'], ['siemens', 's7comm'], ['rockwell', 'enip'], ['schneider', 'modbus'], ['beckhoff', 'ads'], ['omron', 'fins']]);
    const skid = host('plc', zone, vendor);
    for (const device of times(dice.whole(0, 5), () => host('io', zone, dice.pick([vendor, 'danfoss', 'endress', 'wago'])))) drive(skid, device, protocol);
    operate(host('hmi', zone, dice.pick([vendor, 'weintek', 'advantech']), { sub: 'panel' }), skid, protocol, 1000, 5);
    operate(scada, skid, protocol, 2000, 2);
    if (dice.chance(0.7)) poll(cleaning, skid, protocol, 1000);
    if (dice.chance(0.3)) {
      poll(recipes, skid, protocol, 10_000);
      write(recipes, skid, protocol, 4);
    }
    if (dice.chance(0.5)) engineer(station, skid, protocol, byWeek(0.2));
    else engineer(host('engineering-workstation', 'ENG', 'lenovo', { sub: 'builder laptop', also: ['transient'] }), skid, protocol, onSomeDays(dice, 4, 15));
    if (dice.chance(0.2)) ask(host('network-device', zone, 'ewon', { sub: 'vpn router', also: ['engineering-workstation', 'jump-server', 'plc'] }), host('other', 'INTERNET', 'fortinet', { ext: true, net: '52.9.1' }), 'tcp', 443, 'https', cyclic(60_000, 0.2));
  });
  ask(recipes, directory, 'tcp', 445, 'smb', byDay(3));
  ask(scada, recipes, 'tcp', 1433, 'mssql', byDay(2000));
  for (const member of [scada, recipes, station]) join(member, directory);
  return s.finish();
}
