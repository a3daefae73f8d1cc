/** Shapes of factories that the generator's archetypes do not have. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, DAYS, onDays, type Protocol, type SketchedHost, type SketchedPlant, type Sketcher, sketcherFor, type Vendor } from './plant-sketcher.ts';

const BRANDS: readonly Vendor[] = ['siemens', 'rockwell', 'schneider', 'wago', 'phoenix', 'omron', 'mitsubishi', 'beckhoff', 'abb'];
const PANELS: readonly Vendor[] = ['weintek', 'advantech'];

const protocolOf = (vendor: Vendor): Protocol => {
  const own: Partial<Record<Vendor, Protocol>> = { siemens: 's7comm', rockwell: 'enip', omron: 'fins', mitsubishi: 'melsec', beckhoff: 'ads' };
  return own[vendor] ?? 'modbus';
};

interface Machine {
  readonly zone: string;
  readonly protocol: Protocol;
  readonly controllers: readonly SketchedHost[];
  readonly devices: readonly SketchedHost[];
  readonly panels: readonly SketchedHost[];
}

/** Controllers that ask one another, each with its I/O, and panels that operate them. */
function machine(sketcher: Sketcher, number: number, vendor: Vendor, counts: { readonly controllers: number; readonly devices: number; readonly panels: number }): Machine {
  const { dice, times, host, poll, write, exchange } = sketcher;
  const zone = `CELL-${number}`;
  const protocol = protocolOf(vendor);
  const controllers = times(counts.controllers, () => host('plc', zone, vendor));
  const devices = controllers.flatMap((controller) => times(counts.devices, () => {
    const device = host('io', zone, dice.pick([vendor, vendor, 'wago', 'phoenix']));
    if (protocol === 'enip') exchange(controller, device, 'enip-io', dice.pick([10, 20, 50]));
    else poll(controller, device, 'modbus', dice.pick([50, 100, 200]));
    return device;
  }));
  const panels = times(counts.panels, () => host('hmi', zone, dice.pick([vendor, ...PANELS]), { sub: 'panel' }));
  for (const panel of panels) {
    for (const controller of controllers) {
      poll(panel, controller, protocol, dice.pick([500, 1000]));
      write(panel, controller, protocol, dice.between(0.5, 8));
    }
  }
  controllers.slice(1).forEach((controller, index) => poll(controllers[index]!, controller, protocol, dice.pick([100, 500])));
  return { zone, protocol, controllers, devices, panels };
}

interface Core {
  readonly directory: SketchedHost;
  readonly scada: SketchedHost;
  readonly historian: SketchedHost;
  readonly station: SketchedHost;
}

/** What most plants have, in one domain: a SCADA server, a historian, an engineering station. */
function core({ host, join, ask }: Sketcher): Core {
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = host('hmi', 'SUP', 'vmware', { sub: 'scada' });
  const historian = host('historian', 'OPS', 'vmware');
  const station = host('engineering-workstation', 'ENG', 'dell');
  for (const member of [scada, historian, station]) join(member, directory);
  ask(scada, historian, 'tcp', 5450, 'pi', byDay(9));
  return { directory, scada, historian, station };
}

function serve({ poll, write, engineer }: Sketcher, { scada, historian, station }: Core, { controllers, protocol }: Pick<Machine, 'controllers' | 'protocol'>): void {
  for (const controller of controllers) {
    poll(scada, controller, protocol, 1000);
    write(scada, controller, protocol, 2);
    poll(historian, controller, protocol, 10_000);
    engineer(station, controller, protocol, byWeek(1));
  }
}

/** Three to ten devices and no office. */
export function singleMachine(seed: number): SketchedPlant {
  const sketcher = sketcherFor('single machine', seed);
  const { dice, host, engineer, poll, write } = sketcher;
  const { controllers, protocol } = machine(sketcher, 1, dice.pick(BRANDS), { controllers: dice.whole(1, 2), devices: dice.whole(0, 3), panels: 1 });
  if (dice.chance(0.6)) {
    const station = host('engineering-workstation', 'ENG', 'dell', { also: ['transient'] });
    for (const controller of controllers) engineer(station, controller, protocol, byWeek(2));
  }
  if (dice.chance(0.5)) {
    const scada = host('hmi', 'SUP', 'dell', { sub: 'scada' });
    for (const controller of controllers) {
      poll(scada, controller, protocol, 1000);
      write(scada, controller, protocol, 3);
    }
  }
  return sketcher.finish();
}

/** SCADA as web pages, its database behind it, the office's domain for all. */
export function webScada(seed: number): SketchedPlant {
  const sketcher = sketcherFor('web scada', seed);
  const { dice, times, host, ask, poll, write, engineer, join, web, office } = sketcher;
  const vendor = dice.pick<Vendor>(['rockwell', 'siemens', 'schneider']);
  const { directory, computers } = office(dice.whole(10, 40));
  const gateway = host('hmi', 'SUP', 'vmware', { sub: 'scada', also: ['mes'] });
  const database = host('mes', 'OPS', 'vmware', { also: ['historian'] });
  const station = host('engineering-workstation', 'ENG', 'dell');
  ask(gateway, database, 'tcp', 1433, 'mssql', cyclic(5000, 0.4));
  times(dice.whole(4, 9), (index) => {
    const { zone, controllers, protocol } = machine(sketcher, index, vendor, { controllers: dice.whole(1, 3), devices: dice.whole(0, 5), panels: dice.whole(0, 2) });
    for (const controller of controllers) {
      poll(gateway, controller, protocol, 1000);
      write(gateway, controller, protocol, 3);
      engineer(station, controller, protocol, byWeek(dice.between(0.3, 3)));
    }
    ask(host('hmi', zone, dice.pick(['dell', 'advantech', 'unknown']), { sub: 'web client' }), gateway, 'tcp', 8043, 'https', cyclic(1000, 0.3));
  });
  for (const member of [gateway, database, station]) join(member, directory);
  web(station, 3);
  for (const computer of dice.sample(computers, 4)) ask(computer, gateway, 'tcp', 8043, 'https', byDay(3));
  for (const computer of dice.sample(computers, 3)) ask(computer, database, 'tcp', 1433, 'mssql', byDay(3));
  return sketcher.finish();
}

/** Plant computers in the office's domain, and on the Internet. */
export function oneDomain(seed: number): SketchedPlant {
  const sketcher = sketcherFor('one domain', seed);
  const { dice, times, host, ask, poll, write, join, web, office } = sketcher;
  const { directory, servers, computers } = office(dice.whole(15, 50));
  const plant = core(sketcher);
  const mes = host('mes', 'OPS', 'vmware');
  const stations = times(dice.whole(1, 4), () => host('hmi', 'SUP', 'hp', { sub: 'operator station' }));
  times(dice.whole(4, 8), (index) => {
    const own = machine(sketcher, index, dice.pick(BRANDS), { controllers: dice.whole(1, 3), devices: dice.whole(0, 3), panels: dice.whole(0, 1) });
    serve(sketcher, plant, own);
    for (const controller of own.controllers.filter(() => dice.chance(0.4))) {
      poll(mes, controller, own.protocol, 10_000);
      write(mes, controller, own.protocol, 5);
    }
  });
  for (const station of stations) {
    ask(station, plant.scada, 'tcp', 5413, 'scada', cyclic(1000, 0.4));
    ask(station, plant.historian, 'tcp', 5450, 'pi', byDay(8));
  }
  for (const member of [plant.scada, plant.historian, plant.station, mes, ...stations]) {
    join(member, directory);
    if (dice.chance(0.7)) web(member, dice.whole(1, 3));
  }
  ask(mes, plant.historian, 'tcp', 5450, 'pi', byDay(40));
  ask(mes, servers[0]!, 'tcp', 443, 'https', byDay(20));
  for (const computer of dice.sample(computers, 6)) ask(computer, mes, 'tcp', 443, 'https', byDay(5));
  return sketcher.finish();
}

/** Every machine another brand, with drives, cameras and robots; SCADA and MES go through one OPC UA server. */
export function brownfield(seed: number): SketchedPlant {
  const sketcher = sketcherFor('brownfield', seed);
  const { dice, times, host, ask, poll, write, engineer, exchange, join, office } = sketcher;
  const directory = host('infrastructure', 'OPS', 'vmware');
  const aggregator = host('opcua-server', 'OPS', 'vmware');
  const scada = host('hmi', 'SUP', 'vmware', { sub: 'scada' });
  const mes = host('mes', 'OPS', 'vmware');
  const database = host('mes', 'OPS', 'vmware');
  const stations = times(dice.whole(1, 3), () => host('engineering-workstation', 'ENG', 'lenovo'));
  const { servers } = office(dice.whole(10, 40));
  times(dice.whole(6, 14), (index) => {
    const { zone, protocol, controllers } = machine(sketcher, index, dice.pick(BRANDS), { controllers: dice.whole(1, 2), devices: dice.whole(0, 4), panels: dice.whole(0, 1) });
    for (const controller of controllers) {
      poll(aggregator, controller, protocol, 1000);
      engineer(dice.pick(stations), controller, protocol, byWeek(dice.between(0.1, 1)));
    }
    const [first] = controllers as [SketchedHost];
    const drive = (device: SketchedHost): void => (protocol === 'enip' ? exchange(first, device, 'enip-io', 50) : poll(first, device, 'modbus', 100));
    if (dice.chance(0.35)) drive(host('io', zone, 'danfoss', { sub: 'drive' }));
    if (dice.chance(0.35)) drive(host('plc', zone, 'fanuc', { sub: 'robot', also: ['io'] }));
    if (dice.chance(0.3)) ask(first, host('io', zone, 'keyence', { sub: 'camera', also: ['other', 'plc'] }), 'tcp', 5024, '', cyclic(500, 0.3));
  });
  poll(scada, aggregator, 'opcua', 1000);
  write(scada, aggregator, 'opcua', 20);
  poll(mes, aggregator, 'opcua', 5000);
  ask(mes, database, 'tcp', 1433, 'mssql', byDay(300));
  ask(mes, servers[0]!, 'tcp', 443, 'https', byDay(20));
  for (const member of [aggregator, scada, mes, database, ...stations]) join(member, directory);
  return sketcher.finish();
}

/** An engineering tool that browses whatever speaks EtherNet/IP: panels, I/O and servers too. */
export function browsedLine(seed: number): SketchedPlant {
  const sketcher = sketcherFor('browsed line', seed);
  const { dice, times, ask, poll } = sketcher;
  const plant = core(sketcher);
  const found = [plant.scada];
  times(dice.whole(4, 8), (index) => {
    const line = machine(sketcher, index, 'rockwell', { controllers: dice.whole(1, 2), devices: dice.whole(1, 5), panels: dice.whole(1, 2) });
    found.push(...line.controllers, ...line.devices, ...line.panels);
    serve(sketcher, plant, line);
    for (const controller of line.controllers) poll(plant.scada, controller, 'enip', 500);
  });
  for (const device of found) for (const [code, name, access] of [[99, 'ListIdentity', 'browse'], [1, 'Get_Attributes_All', 'read']] as const) ask(plant.station, device, 'tcp', 44818, 'enip', byWeek(5), {}, { k: 'named', named: { protocol: 'enip', code, name, access } });
  return sketcher.finish();
}

/** I/O at layer 2, and a protocol of controllers that panels accept as well. */
export function profinet(seed: number): SketchedPlant {
  const sketcher = sketcherFor('profinet', seed);
  const { dice, times, host, ask, poll, write, exchange } = sketcher;
  const plant = core(sketcher);
  const protocol: Protocol = dice.chance(0.6) ? 's7comm-plus' : 's7comm';
  times(dice.whole(4, 9), (index) => {
    const zone = `CELL-${index}`;
    const controller = host('plc', zone, 'siemens');
    times(dice.whole(2, 8), () => exchange(controller, host('io', zone, dice.pick(['siemens', 'phoenix', 'wago', 'danfoss'])), 'profinet-rt', dice.pick([1, 2, 4, 8])));
    const panel = host('hmi', zone, 'siemens', { sub: 'panel' });
    poll(panel, controller, protocol, 1000);
    write(panel, controller, protocol, 4);
    serve(sketcher, plant, { controllers: [controller], protocol });
    if (protocol === 's7comm-plus') ask(plant.station, panel, 'tcp', 102, protocol, byWeek(0.4));
  });
  return sketcher.finish();
}

/** Controllers, panels and servers in OPC UA and nothing else. */
export function opcuaOnly(seed: number): SketchedPlant {
  const sketcher = sketcherFor('opc ua only', seed);
  const { dice, times, host, ask, poll, write } = sketcher;
  const plant = core(sketcher);
  const aggregator = host('opcua-server', 'OPS', 'vmware');
  const mes = host('mes', 'OPS', 'vmware');
  sketcher.join(aggregator, plant.directory);
  sketcher.join(mes, plant.directory);
  times(dice.whole(4, 9), (index) => {
    const zone = `CELL-${index}`;
    const controllers = times(dice.whole(1, 3), () => host('plc', zone, dice.pick(['siemens', 'beckhoff', 'unknown'])));
    const panel = host('hmi', zone, dice.pick(['siemens', 'advantech', 'unknown']), { sub: 'panel' });
    for (const controller of controllers) {
      poll(panel, controller, 'opcua', 500);
      write(panel, controller, 'opcua', 5);
      poll(plant.scada, controller, 'opcua', 1000);
      write(plant.scada, controller, 'opcua', 1);
      poll(aggregator, controller, 'opcua', 2000);
      sketcher.engineer(plant.station, controller, 'opcua', byWeek(1));
    }
    controllers.slice(1).forEach((controller, at) => poll(controllers[at]!, controller, 'opcua', 200));
  });
  poll(plant.historian, aggregator, 'opcua', 1000);
  poll(mes, aggregator, 'opcua', 2000);
  write(mes, aggregator, 'opcua', 10);
  ask(mes, plant.historian, 'tcp', 5450, 'pi', byDay(10));
  return sketcher.finish();
}

/** SCADA on terminal servers, whose thin clients log on nowhere. */
export function thinClients(seed: number): SketchedPlant {
  const sketcher = sketcherFor('thin clients', seed);
  const { dice, times, host, ask, join, office } = sketcher;
  const plant = core(sketcher);
  const terminals = times(dice.whole(1, 2), () => host('hmi', 'SUP', 'vmware', { sub: 'terminal server', also: ['jump-server'] }));
  for (const terminal of terminals) {
    ask(terminal, plant.scada, 'tcp', 5413, 'scada', cyclic(1000, 0.4));
    join(terminal, plant.directory);
  }
  office(dice.whole(8, 25));
  times(dice.whole(4, 8), (index) => {
    serve(sketcher, plant, machine(sketcher, index, dice.pick(BRANDS), { controllers: dice.whole(1, 3), devices: dice.whole(0, 3), panels: dice.whole(0, 1) }));
    const client = host('hmi', 'SUP', dice.pick(['wyse', 'dell', 'hp', 'unknown']), { sub: 'thin client' });
    ask(client, dice.pick(terminals), 'tcp', 3389, 'rdp', cyclic(300, 0.8));
    ask(client, plant.directory, 'udp', 53, 'dns', byDay(10));
  });
  return sketcher.finish();
}

/** A replica of the historian behind a data diode. */
export function dataDiode(seed: number): SketchedPlant {
  const sketcher = sketcherFor('data diode', seed);
  const { dice, times, host, ask, office } = sketcher;
  const plant = core(sketcher);
  times(dice.whole(3, 7), (index) => serve(sketcher, plant, machine(sketcher, index, dice.pick(BRANDS), { controllers: dice.whole(1, 3), devices: dice.whole(0, 2), panels: 1 })));
  const replica = host('historian', 'DMZ', 'vmware', { sub: 'replica', also: ['mes'] });
  ask(plant.historian, replica, 'udp', 30500, '', cyclic(1000, 0.1), { unanswered: true });
  for (const computer of dice.sample(office(dice.whole(8, 20)).computers, 5)) ask(computer, replica, 'tcp', 443, 'https', byDay(5));
  return sketcher.finish();
}

/** Vendors' routers in the machines, a jump server, engineering laptops that belong to the office. */
export function remoteService(seed: number): SketchedPlant {
  const sketcher = sketcherFor('remote service', seed);
  const { dice, times, host, ask, engineer, join, office } = sketcher;
  const plant = core(sketcher);
  const { directory, computers } = office(dice.whole(8, 30));
  const machines = times(dice.whole(4, 8), (index) => machine(sketcher, index, dice.pick(BRANDS), { controllers: dice.whole(1, 2), devices: dice.whole(0, 3), panels: 1 }));
  const cloud = host('other', 'INTERNET', 'fortinet', { ext: true, net: '52.9.1' });
  const someDays = (count: number): number[] => dice.sample(times(DAYS, (day) => day), count);
  for (const own of machines) {
    serve(sketcher, plant, own);
    if (dice.chance(0.5)) continue;
    const router = host('network-device', own.zone, 'ewon', { sub: 'vpn router', also: ['jump-server', 'engineering-workstation'] });
    ask(router, cloud, 'tcp', 443, 'https', cyclic(60_000, 0.1));
    for (const controller of own.controllers) engineer(router, controller, own.protocol, onDays(someDays(6), 10));
  }
  for (const laptop of times(dice.whole(2, 4), () => host('engineering-workstation', 'ENG', 'lenovo', { also: ['transient'] }))) {
    for (const own of dice.sample(machines, dice.whole(2, machines.length))) for (const controller of own.controllers) engineer(laptop, controller, own.protocol, onDays(someDays(12), 5));
    join(laptop, directory);
  }
  const jump = host('jump-server', 'DMZ', 'vmware');
  join(jump, plant.directory);
  ask(jump, plant.scada, 'tcp', 3389, 'rdp', byWeek(2));
  ask(jump, plant.historian, 'tcp', 3389, 'rdp', byWeek(1));
  for (const computer of dice.sample(computers, 3)) ask(computer, jump, 'tcp', 3389, 'rdp', byDay(1));
  return sketcher.finish();
}

/** Operator stations that each watch two or three neighbouring cells. */
export function sharedStations(seed: number): SketchedPlant {
  const sketcher = sketcherFor('shared stations', seed);
  const { dice, times, host, poll, write, join } = sketcher;
  const plant = core(sketcher);
  const machines = times(dice.whole(5, 10), (index) => machine(sketcher, index, dice.pick(BRANDS), { controllers: dice.whole(1, 3), devices: dice.whole(0, 3), panels: dice.whole(0, 1) }));
  for (const own of machines) serve(sketcher, plant, own);
  for (let from = 0; from + 1 < machines.length; from += dice.whole(1, 2)) {
    const station = host('hmi', 'SUP', 'advantech', { sub: 'operator station' });
    for (const { controllers, protocol } of machines.slice(from, from + dice.whole(2, 3))) {
      for (const controller of controllers) {
        poll(station, controller, protocol, 1000);
        write(station, controller, protocol, 3);
      }
    }
    join(station, plant.directory);
  }
  return sketcher.finish();
}
