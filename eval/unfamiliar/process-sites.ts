/** Shapes of process plants and of what is spread over a land that nobody had tried. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, onSomeDays, type Protocol, type SketchedHost, type SketchedPlant, sketcherFor, type Vendor } from './plant-sketcher.ts';

/** Waste water: a works with PLCs and many pumping stations over cellular modems that report by themselves. */
export function wasteWater(seed: number): SketchedPlant {
  const s = sketcherFor('waste water', seed);
  const { dice, times, host, macOf, ask, poll, write, operate, engineer, join } = s;
  const router = macOf('fortinet');
  const directory = host('infrastructure', 'OPS', 'vmware');
  const [active, standby] = times(2, () => host('hmi', 'SUP', 'dell', { sub: 'scada' })) as [SketchedHost, SketchedHost];
  const historian = host('historian', 'OPS', 'vmware');
  const alarms = host('hmi', 'SUP', 'dell', { sub: 'alarm dialler', also: ['other', 'infrastructure', 'opcua-server', 'mes', 'historian'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  times(dice.whole(3, 5), (index) => {
    const zone = `CELL-${index}`;
    const controllers = times(dice.whole(1, 3), () => host('plc', zone, dice.pick(['schneider', 'rockwell'])));
    const panel = host('hmi', zone, dice.pick(['redlion', 'advantech', 'schneider']), { sub: 'panel' });
    for (const controller of controllers) {
      for (const device of times(dice.whole(0, 3), () => host('io', zone, dice.pick(['schneider', 'danfoss', 'endress'])))) poll(controller, device, 'modbus', 250);
      operate(panel, controller, 'modbus', 1000, 4);
      operate(active, controller, 'modbus', 1000, 5);
      engineer(station, controller, 'modbus', byWeek(0.5));
    }
  });
  const remotes = times(dice.whole(30, 90), () => {
    const remote = host('plc', 'REMOTE', 'fortinet', { mac: router, rtt: dice.between(90, 700), net: `10.64.${dice.whole(0, 15)}`, sub: 'rtu' });
    if (dice.chance(0.5)) {
      poll(active, remote, 'dnp3', dice.pick([60_000, 300_000, 900_000]));
      write(active, remote, 'dnp3', dice.between(0.05, 1));
    }
    // Reports by exception: it opens the connection, and only data come.
    else ask(remote, active, 'tcp', 20000, 'dnp3', byDay(40), { reversed: true }, { k: 'named', named: { protocol: 'dnp3', code: 130, name: 'Unsolicited Response', access: 'read' } });
    if (dice.chance(0.2)) engineer(station, remote, 'dnp3', byWeek(0.1));
    return remote;
  });
  // A reservoir tells its level to the pumping station below.
  times(6, () => { const [one, other] = dice.sample(remotes, 2) as [SketchedHost, SketchedHost]; poll(one, other, 'modbus', 60_000); });
  ask(active, standby, 'tcp', 5481, '', cyclic(1000));
  poll(alarms, active, 'opcua', 5000);
  ask(alarms, host('other', 'INTERNET', 'fortinet', { ext: true, net: '52.9.1' }), 'tcp', 443, 'https', byDay(20));
  ask(active, historian, 'tcp', 1433, 'mssql', cyclic(5000, 0.2));
  for (const member of [active, standby, historian, alarms, station]) join(member, directory);
  return s.finish();
}

/** A DCS: controllers in pairs, stations and servers that all talk to all, peer data, a safety system of its own with its station, gateways for packages. */
export function dcs(seed: number): SketchedPlant {
  const s = sketcherFor('dcs', seed);
  const { dice, times, host, ask, poll, join } = s;
  const [vendor, transport, port] = dice.pick<readonly [Vendor, 'tcp' | 'udp', number]>([['emerson', 'udp', 18507], ['honeywell', 'tcp', 55553], ['yokogawa', 'udp', 5313], ['abb', 'tcp', 102]]);
  const svc = vendor === 'abb' ? 'mms' : '';
  const directory = host('infrastructure', 'OPS', 'dell');
  const [server, second] = times(2, () => host('hmi', 'SUP', 'dell', { sub: 'dcs server', also: ['engineering-workstation', 'opcua-server'] })) as [SketchedHost, SketchedHost];
  const engineering = host('engineering-workstation', 'ENG', 'dell', { also: ['hmi'] });
  const opc = host('opcua-server', 'OPS', 'dell', { sub: 'opc gateway', also: ['hmi', 'historian'] });
  const historian = host('historian', 'OPS', 'vmware');
  const assets = host('engineering-workstation', 'ENG', 'dell', { sub: 'device manager', also: ['hmi', 'historian', 'opcua-server'] });
  const group = host('other', 'OPS', vendor, { net: '239.192.1', sub: 'group' });
  const all: SketchedHost[] = [];
  const consoles: SketchedHost[] = [];
  const talk = (client: SketchedHost, controller: SketchedHost, period: number): void => ask(client, controller, transport, port, svc, cyclic(period, 0.1));
  times(dice.whole(3, 5), (index) => {
    const zone = `CELL-${index}`;
    const own: SketchedHost[] = [];
    times(dice.whole(2, 5), () => {
      const [primary, backup] = [host('plc', zone, vendor), host('plc', zone, vendor, { sub: 'standby' })];
      own.push(primary, backup);
      ask(primary, backup, 'udp', 18515, '', cyclic(100, 0.02));
      ask(backup, primary, 'udp', 18515, '', cyclic(100, 0.02));
      ask(primary, group, 'udp', 18520, '', cyclic(1000, 0.02), { unanswered: true });
      for (const card of times(dice.whole(0, 3), () => host('io', zone, vendor, { sub: 'i/o card' }))) ask(primary, card, 'udp', 18516, '', cyclic(50, 0.02));
      for (const other of dice.sample(all, 2)) ask(primary, other, transport, port, svc, cyclic(500, 0.1));
      all.push(primary);
      if (dice.chance(0.4)) poll(primary, host('plc', zone, dice.pick(['moxa', 'schneider', 'rockwell']), { sub: 'package', also: ['io'] }), 'modbus', 1000);
    });
    for (const console of times(dice.whole(2, 3), () => host('hmi', 'SUP', 'dell', { sub: 'operator console', also: [] }))) {
      consoles.push(console);
      for (const controller of own) if (controller.sub !== 'standby') talk(console, controller, 1000);
    }
  });
  for (const console of consoles) {
    for (const controller of dice.sample(all, Math.ceil(all.length / 2))) talk(console, controller, 1000);
    ask(console, server, 'tcp', 2910, '', cyclic(1000, 0.3));
    ask(console, engineering, 'tcp', 445, 'smb', byDay(10));
  }
  for (const controller of all) {
    for (const client of [server, second, engineering, opc]) talk(client, controller, client === engineering ? 5000 : 1000);
    if (dice.chance(0.7)) talk(assets, controller, 60_000);
  }
  ask(historian, opc, 'tcp', 135, 'rpc', byDay(20));
  ask(historian, opc, 'tcp', 49_172, '', cyclic(1000, 0.2));
  ask(server, second, 'tcp', 2911, '', cyclic(500));
  // The safety system: read by the DCS, programmed from its own station.
  const [sisVendor, sisService, sisPort] = dice.pick<readonly [Vendor, string, number]>([['invensys', 'tristation', 1502], ['hima', '', 8000]]);
  const sisStation = host('engineering-workstation', 'SIS', 'dell', { sub: 'safety station' });
  const soe = host('historian', 'SIS', 'dell', { sub: 'sequence of events', also: ['hmi', 'other', 'engineering-workstation'] });
  const logic = times(dice.whole(2, 4), () => host('safety-controller', 'SIS', sisVendor));
  for (const one of logic) {
    poll(all[one.id % all.length]!, one, 'modbus', 1000);
    ask(sisStation, one, 'udp', sisPort, sisService, byWeek(3));
    ask(soe, one, 'udp', sisPort, sisService, cyclic(1000, 0.2));
    for (const other of logic) if (other !== one) ask(one, other, 'udp', sisVendor === 'hima' ? 6010 : 1503, '', cyclic(100, 0.02));
  }
  for (const member of [server, second, engineering, opc, historian, assets, ...consoles]) join(member, directory);
  return s.finish();
}

/** A tank farm: gauges behind serial gateways (many units on one address), loading racks, flow computers, overfill protection, two PLCs. */
export function tankFarm(seed: number): SketchedPlant {
  const s = sketcherFor('tank farm', seed);
  const { dice, times, host, ask, poll, operate, engineer, join, office } = s;
  const { servers } = office(dice.whole(4, 12));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = host('hmi', 'SUP', 'dell', { sub: 'scada' });
  const inventory = host('historian', 'OPS', 'dell', { sub: 'tank inventory', also: ['hmi', 'opcua-server', 'mes'] });
  const terminal = host('mes', 'OPS', 'vmware', { sub: 'terminal automation' });
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  const units = (client: SketchedHost, gateway: SketchedHost, count: number, period: number): void => {
    for (let unit = 1; unit <= count; unit++) ask(client, gateway, 'tcp', 502, 'modbus', cyclic(period), {}, { k: 'mb', unit, fc: dice.chance(0.5) ? 3 : 4, lo: 0, hi: 19 });
  };
  const serve = (controller: SketchedHost): void => {
    operate(scada, controller, 'modbus', 1000, 6);
    engineer(station, controller, 'modbus', byWeek(0.5));
  };
  times(dice.whole(2, 4), (index) => {
    const zone = `CELL-${index}`;
    const controller = host('plc', zone, dice.pick(['schneider', 'schneider', 'rockwell']));
    serve(controller);
    for (const gateway of times(dice.whole(1, 3), () => host('plc', zone, dice.pick(['moxa', 'lantronix', 'prosoft']), { sub: 'serial gateway', also: ['io', 'opcua-server'] }))) {
      const count = dice.whole(4, 20);
      units(inventory, gateway, count, 5000);
      if (dice.chance(0.6)) units(controller, gateway, count, 2000);
    }
    for (const device of times(dice.whole(1, 4), () => host('io', zone, dice.pick(['schneider', 'phoenix', 'danfoss'])))) poll(controller, device, 'modbus', 200);
    const panel = host('hmi', zone, 'weintek', { sub: 'panel' });
    operate(panel, controller, 'modbus', 1000, 2);
  });
  const rack = 'CELL-9';
  for (const preset of times(dice.whole(4, 10), () => host('plc', rack, dice.pick(['lantronix', 'unknown']), { sub: 'preset', also: ['io'] }))) ask(terminal, preset, 'tcp', 7734, '', cyclic(500, 0.3));
  for (const reader of times(dice.whole(2, 5), () => host('hmi', rack, dice.pick(['unknown', 'advantech']), { sub: 'driver terminal', also: ['io', 'other'] }))) ask(terminal, reader, 'tcp', 3001, '', cyclic(1000, 0.5));
  for (const meter of times(dice.whole(2, 4), () => host('plc', rack, dice.pick(['emerson', 'unknown']), { sub: 'flow computer', also: ['io'] }))) {
    poll(terminal, meter, 'modbus', 2000);
    poll(scada, meter, 'modbus', 5000);
  }
  const overfill = host('safety-controller', 'SIS', 'hima', { sub: 'overfill protection' });
  poll(scada, overfill, 'modbus', 1000);
  const sisStation = host('engineering-workstation', 'SIS', 'dell', { also: ['transient'] });
  ask(sisStation, overfill, 'udp', 8000, '', byWeek(0.5));
  ask(terminal, inventory, 'tcp', 1433, 'mssql', byDay(200));
  ask(terminal, servers[0]!, 'tcp', 443, 'https', byDay(60));
  poll(scada, inventory, 'opcua', 5000);
  for (const member of [scada, inventory, terminal, station]) join(member, directory);
  return s.finish();
}

/** A mine: conveyors and crushers, cameras that people steer, trucks over a mesh, gas heads on radio RTUs. */
export function mine(seed: number): SketchedPlant {
  const s = sketcherFor('mine', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, drive, join, office } = s;
  office(dice.whole(5, 12));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const [active, standby] = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' })) as [SketchedHost, SketchedHost];
  const historian = host('historian', 'OPS', 'vmware');
  const video = host('infrastructure', 'OPS', 'supermicro', { sub: 'video server', also: ['other', 'enterprise'] });
  const fleet = host('mes', 'OPS', 'vmware', { sub: 'fleet server', also: ['other', 'historian', 'opcua-server', 'hmi'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  const rooms = times(dice.whole(2, 4), () => host('hmi', 'SUP', 'dell', { sub: 'operator station' }));
  const [vendor, protocol] = dice.pick<readonly [Vendor, Protocol]>([['rockwell', 'enip'], ['schneider', 'modbus'], ['siemens', 's7comm']]);
  times(dice.whole(5, 9), (index) => {
    const zone = `CELL-${index}`;
    const controller = host('plc', zone, vendor);
    for (const motor of times(dice.whole(2, 6), () => host('io', zone, dice.pick(['danfoss', 'abb', 'schneider', vendor]), { sub: 'drive' }))) drive(controller, motor, protocol);
    if (dice.chance(0.5)) {
      const panel = host('hmi', zone, vendor, { sub: 'panel' });
      operate(panel, controller, protocol, 1000, 5);
    }
    for (const server of [active, standby]) {
      poll(server, controller, protocol, 1000);
      if (server === active) write(server, controller, protocol, 20);
    }
    poll(historian, controller, protocol, 10_000);
    engineer(station, controller, protocol, byWeek(0.7));
    for (const camera of times(dice.whole(1, 3), () => host('other', 'OPS', dice.pick(['axis', 'hikvision']), { sub: 'ptz camera' }))) {
      ask(video, camera, 'tcp', 554, 'rtsp', cyclic(40, 0.3));
      if (dice.chance(0.5)) {
        const room = dice.pick(rooms);
        ask(room, camera, 'tcp', 80, 'http', byDay(30));
        ask(room, camera, 'tcp', 554, 'rtsp', cyclic(40, 0.5));
      }
    }
  });
  for (const radio of times(dice.whole(4, 12), () => host('plc', 'REMOTE', dice.pick(['redlion', 'unknown', 'moxa']), { sub: 'radio rtu', rtt: dice.between(20, 250), also: ['io'] }))) poll(active, radio, 'modbus', 15_000);
  for (const truck of times(dice.whole(8, 30), () => host('other', 'WIRELESS', dice.pick(['rajant', 'cambium', 'unknown']), { sub: 'vehicle', rtt: dice.between(10, 80), also: ['hmi', 'plc', 'transient', 'io', 'network-device'] }))) {
    ask(truck, fleet, 'tcp', 5672, 'amqp', cyclic(2000, 0.7));
    ask(truck, fleet, 'udp', 9006, '', cyclic(1000, 0.3));
  }
  for (const room of rooms) {
    ask(room, active, 'tcp', 5413, 'scada', cyclic(1000, 0.4));
    ask(room, video, 'tcp', 8443, 'https', cyclic(3000, 0.5));
  }
  ask(fleet, historian, 'tcp', 1433, 'mssql', byDay(300));
  for (const member of [active, standby, historian, fleet, station, video, ...rooms]) join(member, directory);
  return s.finish();
}

/** A wind farm: a controller for each turbine with what is in it, a park controller, the builder's server, the grid operator, the builder's remote access. */
export function windFarm(seed: number): SketchedPlant {
  const s = sketcherFor('wind farm', seed);
  const { dice, times, host, macOf, ask, poll, operate, engineer } = s;
  const scada = host('hmi', 'SUP', 'dell', { sub: 'scada' });
  const ppc = host('plc', 'CELL-PPC', dice.pick(['beckhoff', 'phoenix']), { sub: 'park controller' });
  const rtu = host('plc', 'CELL-PPC', 'sel', { sub: 'substation rtu', also: ['opcua-server'] });
  const cms = host('historian', 'OPS', 'dell', { sub: 'condition monitoring', also: ['mes', 'hmi', 'opcua-server', 'other'] });
  const vpn = host('network-device', 'OPS', 'westermo', { sub: 'remote access', also: ['jump-server', 'engineering-workstation'] });
  const grid = host('hmi', 'REMOTE', 'cisco', { mac: macOf('cisco'), rtt: 30, net: '172.20.1', sub: 'grid operator', also: ['enterprise'] });
  const native = dice.pick<readonly [Protocol, Vendor]>([['ads', 'beckhoff'], ['opcua', 'beckhoff'], ['modbus', 'phoenix']]);
  times(dice.whole(12, 40), (index) => {
    const zone = `CELL-T${index}`;
    const turbine = host('plc', zone, native[1], { sub: 'turbine' });
    operate(scada, turbine, native[0], 1000, 0.5);
    operate(ppc, turbine, 'modbus', 200, 5000);
    const pitch = host('io', zone, dice.pick(['lenze', 'beckhoff', 'rexroth']), { sub: 'converter', also: ['plc'] });
    poll(turbine, pitch, 'modbus', 50);
    const vibration = host('io', zone, dice.pick(['unknown', 'phoenix', 'advantech']), { sub: 'vibration', also: ['plc', 'other', 'hmi', 'historian'] });
    ask(vibration, cms, 'tcp', 8883, 'mqtts', byDay(150));
    if (dice.chance(0.3)) poll(vibration, turbine, 'modbus', 1000);
    if (dice.chance(0.5)) engineer(vpn, turbine, native[0], onSomeDays(dice, 3, 8));
  });
  poll(ppc, rtu, 'modbus', 100);
  operate(grid, rtu, 'iec104', 4000, 20);
  poll(scada, ppc, 'modbus', 1000);
  poll(scada, rtu, 'iec104', 1000);
  ask(vpn, host('other', 'INTERNET', 'fortinet', { ext: true, net: '52.9.1' }), 'udp', 1194, 'openvpn', cyclic(10_000, 0.2));
  ask(cms, host('other', 'INTERNET', 'fortinet', { ext: true, net: '52.9.2' }), 'tcp', 443, 'https', byDay(100));
  return s.finish();
}

/** Process units with safety PLCs of the same brand as the others, some with profiles of safety, a safety station of their own, a fire and gas panel. */
export function sameBrandSafety(seed: number): SketchedPlant {
  const s = sketcherFor('same brand safety', seed);
  const { dice, times, host, poll, operate, engineer, drive, join } = s;
  const [vendor, protocol] = dice.pick<readonly [Vendor, Protocol]>([['siemens', 's7comm'], ['rockwell', 'enip'], ['schneider', 'modbus'], ['abb', 'modbus'], ['honeywell', 'modbus']]);
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' }));
  const historian = host('historian', 'OPS', 'vmware');
  const station = host('engineering-workstation', 'ENG', 'dell');
  const safetyStation = host('engineering-workstation', 'SIS', 'dell', { sub: 'safety station' });
  const matrix = host('hmi', 'SIS', 'advantech', { sub: 'safety matrix' });
  const safety: SketchedHost[] = [];
  times(dice.whole(3, 6), (index) => {
    const zone = `CELL-${index}`;
    const controllers = times(dice.whole(1, 3), () => host('plc', zone, vendor));
    const panel = host('hmi', zone, dice.pick([vendor, 'advantech']), { sub: 'panel' });
    for (const controller of controllers) {
      for (const device of times(dice.whole(1, 4), () => host('io', zone, vendor))) drive(controller, device, protocol);
      for (const client of [...scada, panel]) operate(client, controller, protocol, 1000, 4);
      poll(historian, controller, protocol, 10_000);
      engineer(station, controller, protocol, byWeek(0.7));
    }
    if (dice.chance(0.7)) {
      const sis = host('safety-controller', 'SIS', vendor);
      safety.push(sis);
      for (const device of times(dice.whole(1, 3), () => host('io', 'SIS', vendor, { sub: 'safety i/o' }))) drive(sis, device, protocol);
      poll(controllers[0]!, sis, protocol, 500);
      poll(scada[0]!, sis, protocol, 1000);
      poll(matrix, sis, protocol, 1000);
      engineer(safetyStation, sis, protocol, byWeek(0.5));
    }
    // Packages of other builders, that nobody operates from the control room: analysers, burner management read only.
    const burner = host('plc', zone, dice.pick(['unknown', 'honeywell', vendor]), { sub: 'read-only package', also: ['io'] });
    poll(controllers[0]!, burner, 'modbus', 500);
    if (dice.chance(0.5)) poll(scada[0]!, burner, 'modbus', 2000);
    const laptop = dice.chance(0.3) ? host('engineering-workstation', zone, 'lenovo', { also: ['transient'], sub: 'package laptop' }) : null;
    if (laptop !== null) engineer(laptop, burner, 'modbus', onSomeDays(dice, 6, 10));
  });
  for (const member of [...scada, historian, station, safetyStation]) join(member, directory);
  return s.finish();
}
