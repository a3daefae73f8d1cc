/** Shapes of manufacturing sites that nobody had tried. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, nightly, type Protocol, type SketchedHost, type SketchedPlant, sketcherFor, type Vendor, weekly } from './plant-sketcher.ts';

/** Food and beverage, Rockwell through and through: class 1 I/O, produced tags, FactoryTalk, PanelViews, an asset manager that uploads every program. */
export function foodRockwell(seed: number): SketchedPlant {
  const s = sketcherFor('food rockwell', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, exchange, join, office } = s;
  const { computers } = office(dice.whole(8, 25));
  const directory = host('infrastructure', 'OPS', 'vmware', { also: ['enterprise'] });
  const [view, standby] = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' })) as [SketchedHost, SketchedHost];
  const historian = host('historian', 'OPS', 'vmware');
  const sql = host('mes', 'OPS', 'vmware', { sub: 'sql of metrics', also: ['historian'] });
  const transactions = host('mes', 'OPS', 'vmware', { sub: 'transaction manager' });
  const station = host('engineering-workstation', 'ENG', 'dell');
  const assetCentre = host('engineering-workstation', 'ENG', 'vmware', { sub: 'asset centre', also: ['infrastructure', 'patch-server', 'historian'] });
  const clients = times(dice.whole(2, 6), () => host('hmi', 'SUP', dice.pick(['dell', 'hp']), { sub: 'view client' }));
  let before: SketchedHost | null = null;
  times(dice.whole(5, 9), (index) => {
    const zone = `CELL-${index}`;
    const controllers = times(dice.whole(1, 4), () => host('plc', zone, 'rockwell', { sub: 'controllogix' }));
    controllers.forEach((controller, at) => {
      for (const device of times(dice.whole(2, 7), () => host('io', zone, dice.pick(['rockwell', 'rockwell', 'rockwell', 'endress', 'sick']), { sub: 'point io or drive' }))) exchange(controller, device, 'enip-io', dice.pick([10, 20, 20, 80]));
      const panel = host('hmi', zone, 'rockwell', { sub: 'panelview' });
      poll(panel, controller, 'enip', dice.pick([250, 500]));
      write(panel, controller, 'enip', dice.between(1, 30));
      const next = controllers[at + 1];
      if (next !== undefined) {
        exchange(controller, next, 'enip-io', dice.pick([20, 50, 100]));
        if (dice.chance(0.4)) poll(next, controller, 'enip', 1000);
      }
      for (const server of [view, standby]) {
        poll(server, controller, 'enip', 500);
        if (server === view) write(server, controller, 'enip', 10);
      }
      poll(historian, controller, 'enip', 5000);
      if (dice.chance(0.5)) operate(transactions, controller, 'enip', 2000, 25);
      engineer(station, controller, 'enip', byWeek(dice.between(0.2, 4)));
      engineer(assetCentre, controller, 'enip', nightly(1));
    });
    // Interlock with the line before, produced and consumed tags.
    if (before !== null) exchange(before, controllers[0]!, 'enip-io', 100);
    before = controllers.at(-1)!;
    if (dice.chance(0.5)) ask(controllers[0]!, host('other', 'OPS', 'zebra', { sub: 'label printer', also: ['io'] }), 'tcp', 9100, 'print', byDay(900));
    if (dice.chance(0.5)) ask(controllers[0]!, host('io', zone, 'cognex', { sub: 'camera', also: ['other', 'plc'] }), 'tcp', 44818, 'enip', cyclic(200));
  });
  for (const client of clients) {
    ask(client, view, 'tcp', 1332, '', cyclic(500, 0.4));
    ask(client, directory, 'tcp', 4241, '', cyclic(10_000, 0.3));
    ask(client, historian, 'tcp', 5450, 'pi', byDay(10));
  }
  for (const [one, other] of [[view, standby], [standby, view]] as const) ask(one, other, 'tcp', 8082, '', cyclic(1000));
  ask(transactions, sql, 'tcp', 1433, 'mssql', byDay(700));
  ask(assetCentre, sql, 'tcp', 1433, 'mssql', byDay(40));
  for (const member of [view, standby, historian, sql, transactions, station, assetCentre, ...clients]) join(member, directory);
  for (const computer of dice.sample(computers, 4)) ask(computer, sql, 'tcp', 80, 'http', byDay(4));
  return s.finish();
}

/** A bottling line: every machine of another builder behind its own NAT router, same addresses inside, two or three mapped ones outside. */
export function bottlingNat(seed: number): SketchedPlant {
  const s = sketcherFor('bottling nat', seed);
  const { dice, times, host, macOf, ask, poll, operate, engineer, join } = s;
  const directory = host('infrastructure', 'OPS', 'vmware');
  const lineMonitor = host('mes', 'OPS', 'vmware', { sub: 'line monitoring', also: ['historian', 'hmi'] });
  const station = host('engineering-workstation', 'ENG', 'dell');
  times(dice.whole(2, 3), (line) => {
    const lineController = host('plc', `CELL-${line}0`, 'siemens', { sub: 'line controller' });
    const lineHmi = host('hmi', `CELL-${line}0`, 'siemens', { sub: 'panel' });
    operate(lineHmi, lineController, 's7comm', 1000, 10);
    poll(lineMonitor, lineController, 's7comm', 5000);
    times(dice.whole(6, 9), (at) => {
      const zone = `CELL-${line}${at + 1}`;
      const outer = macOf(dice.pick(['moxa', 'phoenix', 'hirschmann']));
      const protocol: Protocol = dice.pick(['s7comm', 's7comm', 'enip', 'modbus']);
      const net = `10.30.${line}`;
      const controller = host('plc', zone, 'moxa', { mac: outer, net, sub: 'behind nat' });
      const panel = host('hmi', zone, 'moxa', { mac: outer, net, sub: 'behind nat' });
      operate(lineController, controller, protocol, 200, 50);
      poll(lineMonitor, controller, protocol, 1000);
      ask(station, panel, 'tcp', 5900, 'vnc', byWeek(1));
      engineer(station, controller, protocol, byWeek(0.5));
    });
  });
  for (const member of [lineMonitor, station]) join(member, directory);
  return s.finish();
}

/** Automotive body shop: PROFINET robots and weld controllers, couplers between PLCs, servers for welds and robot backups. */
export function bodyShop(seed: number): SketchedPlant {
  const s = sketcherFor('body shop', seed);
  const { dice, times, host, ask, poll, operate, exchange, join, office } = s;
  office(dice.whole(5, 15));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = host('hmi', 'SUP', 'vmware', { sub: 'scada' });
  const mes = host('mes', 'OPS', 'vmware', { sub: 'telegrams' });
  const weld = host('engineering-workstation', 'OPS', 'vmware', { sub: 'weld server', also: ['historian', 'mes', 'hmi', 'opcua-server'] });
  const backup = host('infrastructure', 'OPS', 'vmware', { sub: 'robot backup', also: ['engineering-workstation', 'patch-server', 'other'] });
  const stations = times(2, () => host('engineering-workstation', 'ENG', 'lenovo', { also: ['transient'] }));
  let before: SketchedHost | null = null;
  times(dice.whole(6, 11), (index) => {
    const zone = `CELL-${index}`;
    const controller = host('plc', zone, 'siemens', { sub: 'f-cpu' });
    const panel = host('hmi', zone, 'siemens', { sub: 'panel' });
    operate(panel, controller, 's7comm-plus', 500, 20);
    for (const device of times(dice.whole(4, 10), () => host('io', zone, dice.pick(['siemens', 'phoenix', 'wago', 'lenze']), {}))) exchange(controller, device, 'profinet-rt', dice.pick([2, 4, 8]));
    for (const robot of times(dice.whole(2, 6), () => host('plc', zone, dice.pick(['kuka', 'fanuc', 'abb']), { sub: 'robot', also: ['io'] }))) {
      exchange(controller, robot, 'profinet-rt', 8);
      ask(backup, robot, 'tcp', 21, 'ftp', weekly(4));
      if (dice.chance(0.6)) {
        const timer = host('io', zone, 'rexroth', { sub: 'weld controller', also: ['plc'] });
        exchange(robot, timer, 'profinet-rt', 8);
        ask(weld, timer, 'tcp', 10_001, '', cyclic(2000, 0.2));
      }
    }
    if (dice.chance(0.6)) {
      const tool = host('plc', zone, 'atlas', { sub: 'nutrunner', also: ['io', 'other'] });
      exchange(controller, tool, 'profinet-rt', 16);
      ask(mes, tool, 'tcp', 4545, '', cyclic(10_000, 0.1));
    }
    if (before !== null) exchange(before, controller, 'profinet-rt', 8);
    before = controller;
    poll(scada, controller, 's7comm-plus', 1000);
    // The controller opens the telegram connection to the MES.
    ask(controller, mes, 'tcp', 2000 + index, '', cyclic(1000, 0.6));
    ask(stations[index % 2]!, controller, 'tcp', 102, 's7comm-plus', byWeek(3), {}, { k: 'named', named: { protocol: 's7comm-plus', code: 0x586, name: 'Get Variable Substream', access: 'program' } });
  });
  for (const member of [scada, mes, weld, backup, ...stations]) join(member, directory);
  return s.finish();
}

/** Pharma: skids of many builders, a batch server over encrypted OPC UA, MES with terminals, scales and printers, environmental monitoring. */
export function pharmaBatch(seed: number): SketchedPlant {
  const s = sketcherFor('pharma batch', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, exchange, join, office } = s;
  const { servers } = office(dice.whole(8, 25));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const batch = host('hmi', 'SUP', 'vmware', { sub: 'batch server', also: ['mes'] });
  const scada = host('hmi', 'SUP', 'vmware', { sub: 'scada' });
  const historian = host('historian', 'OPS', 'vmware');
  const mes = host('mes', 'OPS', 'vmware');
  const database = host('mes', 'OPS', 'vmware', { sub: 'database', also: ['historian', 'enterprise'] });
  const monitoring = host('hmi', 'SUP', 'vmware', { sub: 'environmental monitoring', also: ['historian', 'opcua-server'] });
  const station = host('engineering-workstation', 'ENG', 'dell');
  const patch = host('patch-server', 'DMZ', 'vmware', { also: ['infrastructure'] });
  times(dice.whole(6, 12), (index) => {
    const zone = `CELL-${index}`;
    const kind = dice.pick(['s7comm', 'enip', 's7comm'] as const);
    const controller = host('plc', zone, kind === 'enip' ? 'rockwell' : 'siemens');
    const panel = host('hmi', zone, dice.pick(['siemens', 'advantech', 'rockwell']), { sub: 'panel' });
    operate(panel, controller, kind, 500, 10);
    for (const device of times(dice.whole(1, 5), () => host('io', zone, dice.pick(['siemens', 'wago', 'phoenix', 'endress'])))) {
      if (kind === 'enip') exchange(controller, device, 'enip-io', 20);
      else exchange(controller, device, 'profinet-rt', 8);
    }
    // Half of the skids are operated over OPC UA, from outside.
    const modern = dice.chance(0.6);
    for (const client of [batch, scada]) {
      poll(client, controller, modern ? 'opcua' : kind, 1000);
      if (client === batch || dice.chance(0.5)) write(client, controller, modern ? 'opcua' : kind, 6);
    }
    poll(historian, controller, modern ? 'opcua' : kind, 5000);
    engineer(station, controller, kind, byWeek(0.2));
    const terminal = host('hmi', 'OPS', dice.pick(['dell', 'advantech', 'unknown']), { sub: 'mes terminal', also: ['mes', 'other'] });
    ask(terminal, mes, 'tcp', 443, 'https', cyclic(4000, 0.8));
    if (dice.chance(0.5)) ask(mes, host('io', zone, 'lantronix', { sub: 'scale', also: ['other', 'plc'] }), 'tcp', 4305, '', byDay(60));
    if (dice.chance(0.5)) ask(mes, host('other', 'OPS', 'zebra', { sub: 'label printer', also: ['io'] }), 'tcp', 9100, 'print', byDay(80));
  });
  for (const logger of times(dice.whole(5, 20), () => host('io', 'CELL-EMS', dice.pick(['moxa', 'unknown', 'lantronix']), { sub: 'particle counter', also: ['plc', 'other'] }))) poll(monitoring, logger, 'modbus', 10_000);
  ask(mes, batch, 'tcp', 8443, 'https', byDay(80));
  ask(mes, database, 'tcp', 1521, 'oracle', byDay(2000));
  ask(mes, historian, 'tcp', 5450, 'pi', byDay(30));
  ask(mes, servers[0]!, 'tcp', 443, 'https', byDay(40));
  for (const member of [batch, scada, historian, mes, database, monitoring, station]) {
    join(member, directory);
    ask(member, patch, 'tcp', 8530, 'wsus', byDay(2));
  }
  return s.finish();
}

/** A warehouse: conveyors and cranes take telegrams from one server, scanners, vehicles, terminals, hardly any SCADA. */
export function warehouse(seed: number): SketchedPlant {
  const s = sketcherFor('warehouse', seed);
  const { dice, times, host, ask, poll, operate, exchange, join, office } = s;
  const { directory, servers } = office(dice.whole(8, 20));
  const wcs = host('mes', 'OPS', 'vmware', { sub: 'material flow', also: ['hmi'] });
  const database = host('mes', 'OPS', 'vmware', { sub: 'database', also: ['enterprise', 'historian'] });
  const visual = host('hmi', 'SUP', 'vmware', { sub: 'visualisation' });
  const fleet = host('mes', 'OPS', 'vmware', { sub: 'vehicle manager', also: ['hmi', 'other'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo', { also: ['transient'] });
  times(dice.whole(6, 14), (index) => {
    const zone = `CELL-${index}`;
    const controller = host('plc', zone, 'siemens');
    for (const device of times(dice.whole(2, 8), () => host('io', zone, dice.pick(['siemens', 'lenze', 'sick', 'phoenix'])))) exchange(controller, device, 'profinet-rt', 8);
    // Two telegram channels, opened by either end.
    if (dice.chance(0.5)) ask(controller, wcs, 'tcp', 2000 + index, '', cyclic(400, 0.8));
    else ask(wcs, controller, 'tcp', 2000, '', cyclic(400, 0.8));
    if (dice.chance(0.7)) poll(visual, controller, 's7comm', 1000);
    if (dice.chance(0.5)) {
      const panel = host('hmi', zone, 'siemens', { sub: 'panel' });
      operate(panel, controller, 's7comm', 1000, 4);
    }
    for (const scanner of times(dice.whole(0, 3), () => host('io', zone, dice.pick(['sick', 'cognex']), { sub: 'scanner', also: ['other', 'plc'] }))) ask(controller, scanner, 'tcp', 2112, '', byDay(6000));
    ask(station, controller, 'tcp', 102, 's7comm', byWeek(1), {}, { k: 'named', named: { protocol: 's7comm', code: 29, name: 'Start Upload', access: 'program' } });
    if (dice.chance(0.6)) {
      const terminal = host('hmi', 'OPS', dice.pick(['dell', 'unknown', 'advantech']), { sub: 'pick terminal', also: ['mes', 'other'] });
      ask(terminal, wcs, 'tcp', 443, 'https', cyclic(5000, 0.8));
    }
    if (dice.chance(0.5)) ask(wcs, host('other', 'OPS', 'zebra', { sub: 'label printer', also: ['io'] }), 'tcp', 9100, 'print', byDay(2000));
  });
  for (const vehicle of times(dice.whole(5, 25), () => host('plc', 'WIRELESS', dice.pick(['unknown', 'siemens', 'beckhoff']), { sub: 'vehicle', rtt: dice.between(4, 40), also: ['other', 'io'] }))) ask(fleet, vehicle, 'tcp', 7000, '', cyclic(300, 0.6));
  for (const handheld of times(dice.whole(5, 20), () => host('other', 'WIRELESS', 'symbol', { sub: 'handheld', rtt: dice.between(5, 60), also: ['transient', 'hmi', 'enterprise'] }))) ask(handheld, wcs, 'tcp', 23, 'telnet', byDay(800));
  ask(wcs, database, 'tcp', 1521, 'oracle', byDay(40_000));
  ask(fleet, wcs, 'tcp', 8080, 'http', cyclic(1000, 0.5));
  ask(wcs, servers[0]!, 'tcp', 443, 'https', byDay(500));
  for (const member of [wcs, database, visual, fleet, station]) join(member, directory);
  return s.finish();
}

/** A unified namespace: gateways and controllers publish to a broker, nobody polls from above. */
export function broker(seed: number): SketchedPlant {
  const s = sketcherFor('broker', seed);
  const { dice, times, host, ask, poll, write, engineer, drive, join } = s;
  const directory = host('infrastructure', 'OPS', 'vmware');
  const hub = host('opcua-server', 'OPS', 'vmware', { sub: 'broker', also: ['infrastructure', 'mes', 'historian', 'hmi'] });
  const scada = host('hmi', 'SUP', 'vmware', { sub: 'scada' });
  const historian = host('historian', 'OPS', 'vmware');
  const mes = host('mes', 'OPS', 'vmware');
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  const tls = dice.chance(0.5);
  const publish = (client: SketchedHost, period: number): void => ask(client, hub, 'tcp', tls ? 8883 : 1883, tls ? 'mqtts' : 'mqtt', cyclic(period, 0.3));
  times(dice.whole(5, 9), (index) => {
    const zone = `CELL-${index}`;
    const [vendor, protocol] = dice.pick<readonly [Vendor, Protocol]>([['rockwell', 'enip'], ['siemens', 's7comm'], ['wago', 'modbus'], ['beckhoff', 'ads']]);
    const controllers = times(dice.whole(1, 3), () => host('plc', zone, vendor));
    for (const controller of controllers) {
      for (const device of times(dice.whole(1, 4), () => host('io', zone, dice.pick([vendor, 'wago'])))) drive(controller, device, protocol);
      engineer(station, controller, protocol, byWeek(0.5));
    }
    if (vendor === 'wago' || dice.chance(0.3)) for (const controller of controllers) publish(controller, 1000);
    else {
      const edge = host('opcua-server', zone, dice.pick(['advantech', 'moxa', 'raspberry']), { sub: 'edge gateway', also: ['plc', 'hmi', 'other', 'historian'] });
      for (const controller of controllers) {
        poll(edge, controller, protocol, 500);
        if (dice.chance(0.5)) write(edge, controller, protocol, 10);
      }
      publish(edge, 500);
    }
    if (dice.chance(0.6)) { const panel = host('hmi', zone, dice.pick([vendor, 'weintek']), { sub: 'panel' }); for (const controller of controllers) { poll(panel, controller, protocol, 1000); write(panel, controller, protocol, 4); } }
  });
  for (const client of [scada, historian, mes]) publish(client, 300);
  ask(mes, host('mes', 'OPS', 'vmware', { sub: 'database', also: ['historian'] }), 'tcp', 5432, 'postgresql', byDay(500));
  for (const member of [hub, scada, historian, mes, station]) join(member, directory);
  return s.finish();
}

/** A chip fab: tools of many builders that speak HSMS to a host, each with a computer, a controller and a pump on a net of its own. */
export function fab(seed: number): SketchedPlant {
  const s = sketcherFor('fab', seed);
  const { dice, times, host, ask, poll, operate, exchange, join, office } = s;
  const { servers } = office(dice.whole(6, 15));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const hosts = times(dice.whole(1, 3), () => host('mes', 'OPS', 'vmware', { sub: 'equipment host', also: ['hmi'] }));
  const mes = host('mes', 'OPS', 'vmware');
  const fdc = host('historian', 'OPS', 'vmware', { sub: 'fault detection', also: ['mes'] });
  const facility = host('hmi', 'SUP', 'vmware', { sub: 'facility scada' });
  times(dice.whole(10, 25), (index) => {
    const zone = `CELL-${index}`;
    const tool = host('hmi', zone, dice.pick(['dell', 'advantech', 'unknown', 'supermicro']), { sub: 'tool computer', also: ['plc', 'opcua-server'] });
    ask(dice.pick(hosts), tool, 'tcp', 5000, '', cyclic(2000, 0.7));
    if (dice.chance(0.6)) ask(tool, fdc, 'tcp', 443, 'https', cyclic(1000, 0.4));
    const controller = host('plc', zone, dice.pick(['beckhoff', 'omron', 'mitsubishi', 'unknown']));
    const protocol: Protocol = controller.mac!.toUpperCase().startsWith('00:01:05') ? 'ads' : dice.pick(['modbus', 'fins']);
    operate(tool, controller, protocol, 100, 500);
    for (const pump of times(dice.whole(0, 2), () => host('io', zone, 'unknown', { sub: 'pump', also: ['plc'] }))) poll(dice.chance(0.5) ? tool : controller, pump, 'modbus', 1000);
  });
  times(dice.whole(2, 4), (index) => {
    const zone = `CELL-F${index}`;
    const controller = host('plc', zone, 'rockwell');
    for (const device of times(4, () => host('io', zone, 'rockwell'))) exchange(controller, device, 'enip-io', 20);
    operate(facility, controller, 'enip', 1000, 8);
  });
  for (const one of hosts) ask(one, mes, 'tcp', 8080, 'http', cyclic(3000, 0.7));
  ask(mes, host('mes', 'OPS', 'vmware', { sub: 'database', also: ['historian', 'enterprise'] }), 'tcp', 1521, 'oracle', byDay(20_000));
  ask(mes, servers[0]!, 'tcp', 443, 'https', byDay(40));
  for (const member of [...hosts, mes, fdc, facility]) join(member, directory);
  return s.finish();
}
