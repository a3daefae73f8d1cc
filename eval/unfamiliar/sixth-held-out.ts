/** Sites drawn with those of the sixth round, and measured only when its rules stood. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, nightly, onSomeDays, type SketchedPlant, sketcherFor, type Vendor, weekly } from './plant-sketcher.ts';
import { pollUnits, telephones } from './sixth-sites.ts';

/** A computing centre: BACnet controllers of two makers, meters behind gateways with many units, redundant chillers' controllers, power strips and supplies over SNMP, a management server that the office reads. */
export function computingCentre(seed: number): SketchedPlant {
  const s = sketcherFor('computing centre', seed);
  const { dice, times, host, ask, poll, write, engineer, exchange, join, office } = s;
  const { servers, computers } = office(dice.whole(10, 30));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const building = host('hmi', 'SUP', 'supermicro', { sub: 'building server', also: ['opcua-server', 'historian'] });
  const power = host('hmi', 'SUP', 'supermicro', { sub: 'power server', also: ['historian', 'opcua-server'] });
  const management = host('mes', 'OPS', 'vmware', { sub: 'capacity management', also: ['infrastructure', 'historian', 'enterprise'] });
  const desks = times(dice.whole(2, 4), () => host('hmi', 'SUP', 'dell', { sub: 'desk' }));
  const laptop = host('transient', 'TEMP', 'lenovo', { also: ['engineering-workstation'] });
  times(dice.whole(3, 6), (hall) => {
    const zone = `CELL-H${hall}`;
    const router = host('plc', zone, dice.pick(['tridium', 'johnson-controls', 'trane']), { sub: 'hall controller' });
    for (const unit of times(dice.whole(4, 9), () => host('plc', zone, dice.pick(['liebert', 'carrier', 'unknown']), { sub: 'cooling unit', also: ['io'] }))) {
      poll(router, unit, 'bacnet', 10_000);
      write(router, unit, 'bacnet', 20);
    }
    poll(building, router, 'bacnet', 15_000);
    write(building, router, 'bacnet', 5);
    if (dice.chance(0.4)) engineer(laptop, router, 'bacnet', onSomeDays(dice, 2, 4));
    for (const gateway of times(dice.whole(1, 2), () => host('io', 'CELL-P', dice.pick(['moxa', 'socomec', 'janitza']), { sub: 'meter gateway', also: ['network-device', 'plc'] }))) pollUnits(s, power, gateway, dice.whole(10, 40), 10_000);
    for (const supply of times(dice.whole(1, 3), () => host('other', 'OPS', dice.pick(['apc', 'eaton']), { sub: 'power supply', also: ['io', 'infrastructure', 'network-device'] }))) {
      ask(management, supply, 'udp', 161, 'snmp', cyclic(60_000));
      ask(supply, management, 'udp', 162, 'snmptrap', byWeek(3), { unanswered: true });
    }
  });
  const chillers = times(2, () => host('plc', 'CELL-C', 'siemens', { sub: 'chiller plant' }));
  ask(chillers[0]!, chillers[1]!, 'udp', 9091, '', cyclic(100));
  ask(chillers[1]!, chillers[0]!, 'udp', 9091, '', cyclic(100));
  for (const machine of times(dice.whole(3, 6), () => host('plc', 'CELL-C', 'carrier', { sub: 'chiller', also: ['io'] }))) for (const chiller of chillers) poll(chiller, machine, 'modbus', 1000);
  for (const pump of times(dice.whole(3, 8), () => host('io', 'CELL-C', 'danfoss', { sub: 'pump drive' }))) exchange(chillers[0]!, pump, 'profinet-rt', 32);
  for (const chiller of chillers) {
    poll(building, chiller, 'bacnet', 5000);
    write(building, chiller, 'bacnet', 3);
  }
  const switchgear = host('plc', 'CELL-P', 'schneider', { sub: 'switchgear' });
  poll(power, switchgear, 'modbus', 1000);
  for (const breaker of times(dice.whole(3, 8), () => host('io', 'CELL-P', 'eaton', { sub: 'breaker', also: ['plc'] }))) poll(switchgear, breaker, 'modbus', 500);
  for (const desk of desks) for (const server of [building, power]) ask(desk, server, 'tcp', 443, 'https', cyclic(5000, 0.3));
  ask(management, power, 'tcp', 443, 'https', cyclic(60_000));
  for (const computer of dice.sample(computers, 8)) ask(computer, management, 'tcp', 443, 'https', byDay(10));
  ask(management, servers[0]!, 'tcp', 445, 'smb', weekly(1));
  telephones(s, dice.whole(3, 8), 'ENT');
  for (const member of [building, power, management, ...desks]) join(member, directory);
  return s.finish();
}

/** A signalling room: redundant interlocking computers, object controllers along the track, traffic management, dispatchers, a recorder that only hears, in protocols nobody reads; axle counters, points' heating over IEC 104. */
export function signallingRoom(seed: number): SketchedPlant {
  const s = sketcherFor('signalling room', seed);
  const { dice, times, host, ask, poll, write, operate, join } = s;
  const directory = host('infrastructure', 'OPS', 'dell');
  const clock = host('infrastructure', 'OPS', 'meinberg');
  const port = dice.whole(20_000, 48_000);
  const traffic = times(2, () => host('hmi', 'SUP', dice.pick(['stratus', 'supermicro']), { sub: 'traffic server', also: ['mes'] }));
  const dispatchers = times(dice.whole(3, 7), () => host('hmi', 'SUP', 'dell', { sub: 'dispatcher' }));
  const recorder = host('historian', 'OPS', 'dell', { sub: 'recorder', also: ['mes', 'other', 'infrastructure'] });
  const diagnosis = host('historian', 'OPS', 'dell', { sub: 'diagnosis', also: ['mes', 'hmi', 'engineering-workstation', 'infrastructure'] });
  times(dice.whole(2, 4), () => {
    const halves = times(2, () => host('safety-controller', 'SIS', dice.pick(['siemens', 'unknown']), { sub: 'interlocking', also: ['plc'] }));
    for (const [one, other] of [[0, 1], [1, 0]] as const) ask(halves[one]!, halves[other]!, 'udp', port + 5, '', cyclic(50));
    for (const object of times(dice.whole(4, 9), () => host('safety-controller', 'SIS', dice.pick(['siemens', 'unknown', 'frauscher']), { sub: 'object controller', also: ['io', 'plc'] }))) {
      for (const half of halves) ask(half, object, 'udp', port, '', cyclic(300));
      ask(object, diagnosis, 'tcp', port + 9, '', byDay(30));
    }
    for (const half of halves) {
      for (const server of traffic) ask(server, half, 'tcp', port + 1, '', cyclic(500));
      ask(half, recorder, 'udp', port + 2, '', cyclic(500), { unanswered: true });
      ask(half, clock, 'udp', 123, 'ntp', cyclic(64_000));
    }
  });
  for (const [one, other] of [[0, 1], [1, 0]] as const) ask(traffic[one]!, traffic[other]!, 'tcp', port + 3, '', cyclic(1000));
  for (const dispatcher of dispatchers) for (const server of traffic) ask(dispatcher, server, 'tcp', port + 4, '', cyclic(1000, 0.2));
  const heating = host('hmi', 'SUP', 'dell', { sub: 'points heating' });
  for (const cabinet of times(dice.whole(3, 8), () => host('plc', 'REMOTE', dice.pick(['phoenix', 'wago']), { sub: 'heating cabinet', rtt: dice.between(90, 200), also: ['io'] }))) operate(heating, cabinet, 'iec104', 10_000, 1);
  const neighbour = host('hmi', 'REMOTE', 'cisco', { net: '172.26.3', rtt: 25, sub: 'neighbouring centre', also: ['enterprise', 'mes', 'network-device', 'other'] });
  ask(traffic[0]!, neighbour, 'tcp', port + 7, '', cyclic(2000));
  const display = host('mes', 'OPS', 'vmware', { sub: 'passenger information', also: ['enterprise', 'other'] });
  ask(traffic[0]!, display, 'tcp', 5672, 'amqp', byDay(2000));
  const pack = host('plc', 'CELL-A', 'schneider', { sub: 'room cooling' });
  poll(diagnosis, pack, 'modbus', 10_000);
  write(heating, pack, 'modbus', 1);
  for (const member of [...traffic, ...dispatchers, recorder, diagnosis, heating, display]) join(member, directory);
  return s.finish();
}

/** An oil terminal: tank gauges and meters behind gateways with many units, loading bays with batch controllers that a terminal system fills with orders, a guard of the control system's own make, weighbridge, gate, jetty. */
export function oilTerminal(seed: number): SketchedPlant {
  const s = sketcherFor('oil terminal', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, exchange, join, office } = s;
  const { servers, computers } = office(dice.whole(8, 20));
  const [vendor, protocol] = dice.pick<readonly [Vendor, 's7comm' | 'modbus' | 'enip']>([['siemens', 's7comm'], ['schneider', 'modbus'], ['rockwell', 'enip']]);
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' }));
  const desks = times(dice.whole(2, 4), () => host('hmi', 'SUP', 'dell', { sub: 'desk' }));
  const terminal = host('mes', 'OPS', 'vmware', { sub: 'terminal automation', also: ['hmi'] });
  const inventory = host('mes', 'OPS', 'dell', { sub: 'tank inventory', also: ['hmi', 'historian', 'opcua-server'] });
  const station = host('engineering-workstation', 'ENG', 'dell');
  times(dice.whole(2, 4), (area) => {
    const gauges = times(dice.whole(1, 2), () => host('io', `CELL-F${area}`, dice.pick(['moxa', 'lantronix', 'emerson']), { sub: 'gauge gateway', also: ['plc', 'network-device'] }));
    for (const gauge of gauges) pollUnits(s, inventory, gauge, dice.whole(6, 30), 5000);
    const farm = host('plc', `CELL-F${area}`, vendor, { sub: 'tank farm' });
    for (const gauge of gauges) pollUnits(s, farm, gauge, 6, 2000);
    for (const device of times(dice.whole(2, 5), () => host('io', `CELL-F${area}`, vendor))) exchange(farm, device, vendor === 'rockwell' ? 'enip-io' : 'profinet-rt', 20);
    for (const server of scada) poll(server, farm, protocol, 1000);
    write(scada[0]!, farm, protocol, 12);
    engineer(station, farm, protocol, byWeek(0.4));
  });
  times(dice.whole(3, 7), (bay) => {
    const zone = `CELL-B${bay}`;
    const batch = host('plc', zone, dice.pick(['unknown', 'endress', 'emerson']), { sub: 'batch controller', also: ['io'] });
    poll(terminal, batch, 'modbus', 1000);
    write(terminal, batch, 'modbus', 60);
    const reader = host('other', zone, dice.pick(['unknown', 'lantronix']), { sub: 'card reader', also: ['io', 'hmi', 'network-device'] });
    ask(terminal, reader, 'tcp', 4001, '', cyclic(1000, 0.2));
    if (dice.chance(0.4)) poll(scada[0]!, batch, 'modbus', 2000);
  });
  const flow = times(dice.whole(1, 3), () => host('plc', 'CELL-J', dice.pick(['emerson', 'abb']), { sub: 'flow computer', also: ['io'] }));
  const jetty = host('plc', 'CELL-J', vendor, { sub: 'jetty' });
  for (const computer of flow) poll(jetty, computer, 'modbus', 500);
  for (const server of scada) poll(server, jetty, protocol, 1000);
  write(scada[0]!, jetty, protocol, 12);
  operate(host('hmi', 'CELL-J', vendor, { sub: 'jetty panel' }), jetty, protocol, 500, 5);
  engineer(station, jetty, protocol, byWeek(0.4));
  const guard = host('safety-controller', 'SIS', vendor, { sub: 'shutdown' });
  for (const server of scada) poll(server, guard, protocol, 1000);
  poll(jetty, guard, protocol, 500);
  engineer(host('engineering-workstation', 'SIS', 'lenovo', { sub: 'safety engineering', also: ['transient'] }), guard, protocol, onSomeDays(dice, 6, 6));
  const bridge = host('other', 'OPS', 'unknown', { sub: 'weighbridge', also: ['io', 'plc'] });
  ask(terminal, bridge, 'tcp', 1701, '', cyclic(2000, 0.3));
  for (const desk of desks) for (const server of scada) ask(desk, server, 'tcp', 5413, 'scada', cyclic(1000, 0.3));
  for (const [one, other] of [[0, 1], [1, 0]] as const) ask(scada[one]!, scada[other]!, 'tcp', 7701, '', cyclic(1000));
  poll(scada[0]!, inventory, 'opcua', 5000);
  ask(inventory, terminal, 'tcp', 1433, 'mssql', byDay(300));
  ask(terminal, servers[0]!, 'tcp', 443, 'https', byDay(100));
  for (const computer of dice.sample(computers, 6)) ask(computer, terminal, 'tcp', 443, 'https', byDay(20));
  ask(desks[0]!, host('other', 'SUP', 'lexmark', { sub: 'ticket printer', also: ['infrastructure'] }), 'tcp', 9100, 'print', byDay(40));
  for (const member of [...scada, ...desks, terminal, inventory, station]) join(member, directory);
  return s.finish();
}

/** A filling hall heard at the trunk only: alike lines of machines by several makers, redundant line controllers, panels, of which what stays within a machine is never seen; line servers, a plant server, handhelds. */
export function trunkOnly(seed: number): SketchedPlant {
  const s = sketcherFor('trunk only', seed);
  const { dice, times, host, ask, poll, write, engineer, join, office } = s;
  const { servers } = office(dice.whole(10, 25));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const line = host('mes', 'OPS', 'vmware', { sub: 'line information', also: ['historian', 'hmi'] });
  const archive = host('historian', 'OPS', 'vmware', { also: ['mes'] });
  const scada = host('hmi', 'SUP', 'vmware', { sub: 'scada' });
  const station = host('engineering-workstation', 'ENG', 'dell');
  times(dice.whole(3, 6), (number) => {
    const zone = `CELL-L${number}`;
    const pair = times(2, () => host('plc', zone, 'siemens', { sub: 'line controller' }));
    for (const [one, other] of [[0, 1], [1, 0]] as const) ask(pair[one]!, pair[other]!, 'udp', 3000, '', cyclic(100));
    for (const machine of times(dice.whole(4, 7), () => host('plc', zone, dice.pick(['siemens', 'rockwell', 'beckhoff', 'schneider']), { sub: 'machine' }))) {
      for (const half of pair) poll(half, machine, 'modbus', 500);
      poll(line, machine, 'opcua', 5000);
      if (dice.chance(0.3)) ask(station, machine, 'tcp', 443, 'https', byWeek(0.5));
    }
    for (const half of pair) {
      poll(scada, half, 's7comm', 1000);
      write(scada, half, 's7comm', 10);
      engineer(station, half, 's7comm', byWeek(0.5));
    }
    poll(archive, pair[0]!, 's7comm', 10_000);
    const terminal = host('hmi', zone, 'dell', { sub: 'line terminal', also: ['mes'] });
    ask(terminal, scada, 'tcp', 443, 'https', cyclic(2000, 0.3));
    ask(terminal, line, 'tcp', 443, 'https', byDay(60));
    join(terminal, directory);
  });
  for (const handheld of times(dice.whole(2, 6), () => host('other', 'WLAN', 'symbol', { sub: 'handheld' }))) ask(handheld, line, 'tcp', 443, 'https', byDay(200));
  ask(line, archive, 'tcp', 1433, 'mssql', byDay(800));
  ask(line, servers[0]!, 'tcp', 443, 'https', byDay(60));
  for (const member of [line, archive, scada, station]) join(member, directory);
  return s.finish();
}

/** A food works on EtherNet/IP whose mirror port sends one direction of nearly every conversation, with guard controllers in lines, a domain of the plant, remote service. */
export function oneDirection(seed: number): SketchedPlant {
  const s = sketcherFor('one direction', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, exchange, join, office } = s;
  office(dice.whole(10, 30));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' }));
  const clients = times(dice.whole(2, 5), () => host('hmi', 'SUP', 'dell', { sub: 'client' }));
  const archive = host('historian', 'OPS', 'vmware');
  const station = host('engineering-workstation', 'ENG', 'dell');
  times(dice.whole(4, 8), (index) => {
    const zone = `CELL-${index}`;
    const controllers = times(dice.whole(1, 3), () => host('plc', zone, 'rockwell'));
    const panel = host('hmi', zone, 'rockwell', { sub: 'panel' });
    controllers.forEach((controller, place) => {
      for (const device of times(dice.whole(2, 6), () => host('io', zone, dice.pick(['rockwell', 'danfoss', 'cognex'])))) exchange(controller, device, 'enip-io', 20);
      operate(panel, controller, 'enip', 500, 8);
      for (const server of scada) poll(server, controller, 'enip', 1000);
      write(scada[0]!, controller, 'enip', 10);
      poll(archive, controller, 'enip', 10_000);
      engineer(station, controller, 'enip', byWeek(0.8));
      if (place > 0) exchange(controllers[0]!, controller, 'enip-io', 100);
    });
  });
  for (const client of clients) for (const server of scada) ask(client, server, 'tcp', 5413, 'scada', cyclic(1000, 0.3));
  for (const [one, other] of [[0, 1], [1, 0]] as const) ask(scada[one]!, scada[other]!, 'tcp', 5414, '', cyclic(1000));
  ask(host('jump-server', 'DMZ', 'vmware', { sub: 'service portal', also: ['network-device', 'infrastructure', 'enterprise'] }), station, 'tcp', 3389, 'rdp', onSomeDays(dice, 8, 3));
  ask(archive, directory, 'tcp', 445, 'smb', nightly(2));
  for (const member of [...scada, ...clients, archive, station]) join(member, directory);
  const drawn = s.finish();
  const edges = drawn.plant.edges.map((edge, index) => (index % 10 === 0 ? edge : { ...edge, onlyFrom: 'client' as const }));
  return { ...drawn, plant: { ...drawn.plant, edges } };
}
