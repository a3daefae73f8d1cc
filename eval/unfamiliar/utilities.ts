/** Shapes of utilities and process plants that the generator's archetypes do not have. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, type Protocol, type SketchedPlant, sketcherFor, type Vendor } from './plant-sketcher.ts';

/** Controllers of a cell that send each other cyclic datagrams, and no safety system at all. */
export function globalData(seed: number): SketchedPlant {
  const sketcher = sketcherFor('global data', seed);
  const { dice, times, host, ask, poll, write, engineer, join } = sketcher;
  const [vendor, protocol] = dice.pick<readonly [Vendor, Protocol]>([['ge', 'ge-srtp'], ['siemens', 's7comm'], ['schneider', 'modbus']]);
  const port = dice.pick([18246, 5000, 6000]);
  const directory = host('infrastructure', 'OPS', 'vmware');
  const servers = times(2, () => host('hmi', 'SUP', 'dell', { sub: 'scada' }));
  const historian = host('historian', 'OPS', 'vmware');
  const engineering = host('engineering-workstation', 'ENG', 'dell');
  times(dice.whole(3, 6), (index) => {
    const zone = `CELL-${index}`;
    const controllers = times(dice.whole(2, 4), () => host('plc', zone, vendor));
    const station = host('hmi', zone, 'advantech', { sub: 'operator station' });
    for (const controller of controllers) {
      for (const client of [...servers, station]) {
        poll(client, controller, protocol, 1000);
        write(client, controller, protocol, 2);
      }
      poll(historian, controller, protocol, 10_000);
      engineer(engineering, controller, protocol, byWeek(1));
      for (const other of controllers) if (other !== controller) ask(controller, other, 'udp', port, '', cyclic(dice.pick([40, 100, 200]), 0.02));
    }
    join(station, directory);
  });
  for (const member of [...servers, historian, engineering]) join(member, directory);
  return sketcher.finish();
}

/** Two controllers for each unit: both keep in step over datagrams, one is operated. */
export function redundantPairs(seed: number): SketchedPlant {
  const sketcher = sketcherFor('redundant pairs', seed);
  const { dice, times, host, ask, poll, write, engineer, join } = sketcher;
  const directory = host('infrastructure', 'OPS', 'vmware');
  const scada = host('hmi', 'SUP', 'dell', { sub: 'scada' });
  const historian = host('historian', 'OPS', 'vmware');
  const engineering = host('engineering-workstation', 'ENG', 'dell');
  times(dice.whole(4, 7), (index) => {
    const zone = `CELL-${index}`;
    const [active, standby] = [host('plc', zone, 'schneider'), host('plc', zone, 'schneider')];
    for (const device of times(dice.whole(1, 4), () => host('io', zone, 'schneider'))) {
      poll(active, device, 'modbus', 100);
      if (dice.chance(0.5)) poll(standby, device, 'modbus', 500);
    }
    ask(active, standby, 'udp', 3000, '', cyclic(50, 0.02));
    ask(standby, active, 'udp', 3000, '', cyclic(50, 0.02));
    const clients = [scada, ...(dice.chance(0.7) ? [host('hmi', zone, 'advantech', { sub: 'operator station' })] : [])];
    for (const client of clients) {
      poll(client, active, 'modbus', 1000);
      write(client, active, 'modbus', 3);
      if (dice.chance(0.6)) poll(client, standby, 'modbus', 2000);
    }
    for (const controller of [active, standby]) {
      poll(historian, controller, 'modbus', 10_000);
      engineer(engineering, controller, 'modbus', byWeek(1));
    }
  });
  for (const member of [scada, historian, engineering]) join(member, directory);
  return sketcher.finish();
}

/** Building automation: BACnet under supervisory controllers, a server that the office looks at. */
export function building(seed: number): SketchedPlant {
  const sketcher = sketcherFor('building', seed);
  const { dice, times, host, ask, poll, write, engineer, join, office } = sketcher;
  const { directory, computers } = office(dice.whole(5, 30));
  const server = host('hmi', 'SUP', dice.pick(['vmware', 'dell']), { sub: 'building server', also: ['opcua-server', 'historian', 'mes'] });
  const station = host('engineering-workstation', 'ENG', 'dell');
  join(server, directory);
  join(station, directory);
  times(dice.whole(3, 6), (index) => {
    const zone = `CELL-${index}`;
    const supervisor = host('plc', zone, dice.pick(['tridium', 'johnson-controls']));
    for (const device of times(dice.whole(4, 14), () => host('plc', zone, dice.pick(['johnson-controls', 'honeywell', 'siemens']), { also: ['io'] }))) {
      poll(supervisor, device, 'bacnet', dice.pick([5000, 10_000, 30_000]));
      if (dice.chance(0.3)) poll(server, device, 'bacnet', 60_000);
    }
    poll(server, supervisor, 'bacnet', 5000);
    write(server, supervisor, 'bacnet', 4);
    ask(server, supervisor, 'tcp', 1911, 'fox', cyclic(5000, 0.3));
    engineer(station, supervisor, 'bacnet', byWeek(0.5));
    ask(station, supervisor, 'tcp', 443, 'https', byWeek(2));
  });
  for (const computer of dice.sample(computers, 3)) ask(computer, server, 'tcp', 443, 'https', byDay(5));
  return sketcher.finish();
}

/** A substation: MMS from one local server and from gateways, which a control centre asks through a router. */
export function substation(seed: number): SketchedPlant {
  const sketcher = sketcherFor('substation', seed);
  const { dice, times, host, macOf, ask, poll, write, engineer } = sketcher;
  const router = macOf('fortinet');
  const gateways = times(dice.whole(1, 2), () => host('plc', 'OPS', dice.pick(['sel', 'siemens', 'advantech']), { sub: 'gateway', also: ['hmi', 'opcua-server'] }));
  const server = host('hmi', 'SUP', 'advantech', { sub: 'scada' });
  const station = host('engineering-workstation', 'ENG', 'dell');
  const clock = host('infrastructure', 'OPS', 'meinberg');
  const centre = host('hmi', 'REMOTE', 'fortinet', { mac: router, rtt: 25, sub: 'control centre', also: ['enterprise'], net: '172.16.5' });
  times(dice.whole(3, 9), (bay) => times(dice.whole(1, 4), () => {
    const device = host('plc', `CELL-${bay}`, dice.pick(['sel', 'abb', 'siemens']));
    for (const client of [...gateways, server]) poll(client, device, 'mms', 1000);
    write(server, device, 'mms', 0.5);
    engineer(station, device, 'mms', byWeek(0.3));
    ask(device, clock, 'udp', 123, 'ntp', cyclic(64_000));
  }));
  for (const gateway of gateways) {
    poll(centre, gateway, 'iec104', 4000);
    write(centre, gateway, 'iec104', 0.5);
  }
  return sketcher.finish();
}

/** A solar park: one plant controller for all inverters, a logger, SCADA far away. */
export function solarPark(seed: number): SketchedPlant {
  const sketcher = sketcherFor('solar park', seed);
  const { dice, times, host, macOf, ask, poll, write } = sketcher;
  const controller = host('plc', 'CELL-1', dice.pick(['wago', 'phoenix', 'beckhoff']));
  const logger = host('historian', 'OPS', 'raspberry', { also: ['hmi', 'opcua-server', 'mes'] });
  const vendor = dice.pick<Vendor>(['sma', 'huawei']);
  for (const inverter of [...times(dice.whole(15, 120), () => host('plc', 'CELL-1', vendor, { also: ['io'] })), ...times(3, () => host('plc', 'CELL-1', 'moxa', { sub: 'meter', also: ['io'] }))]) {
    poll(controller, inverter, 'modbus', dice.pick([1000, 2000]));
    if (dice.chance(0.8)) write(controller, inverter, 'modbus', 500);
    if (dice.chance(0.9)) poll(logger, inverter, 'modbus', 60_000);
  }
  poll(logger, controller, 'modbus', 10_000);
  const scada = host('hmi', 'REMOTE', 'cisco', { mac: macOf('cisco'), rtt: 35, sub: 'scada', net: '172.16.9' });
  poll(scada, controller, 'modbus', 5000);
  write(scada, controller, 'modbus', 3);
  ask(logger, host('other', 'INTERNET', 'fortinet', { ext: true, net: '52.9.1' }), 'tcp', 443, 'https', cyclic(300_000, 0.1));
  return sketcher.finish();
}

/** Telecontrol: many stations over radio and fibre, a redundant centre. */
export function telecontrol(seed: number): SketchedPlant {
  const sketcher = sketcherFor('telecontrol', seed);
  const { dice, times, host, macOf, ask, poll, write, engineer, join } = sketcher;
  const router = macOf('cisco');
  const directory = host('infrastructure', 'OPS', 'vmware');
  const [active, standby] = [host('hmi', 'SUP', 'vmware', { sub: 'scada' }), host('hmi', 'SUP', 'vmware', { sub: 'scada' })];
  const historian = host('historian', 'OPS', 'vmware');
  const station = host('engineering-workstation', 'ENG', 'dell');
  const operators = times(dice.whole(2, 5), () => host('hmi', 'SUP', 'dell', { sub: 'operator station' }));
  times(dice.whole(15, 80), () => {
    const remote = host('plc', 'REMOTE', 'cisco', { mac: router, rtt: dice.chance(0.7) ? dice.between(150, 900) : dice.between(3, 30), net: `10.200.${dice.whole(0, 3)}` });
    poll(active, remote, 'dnp3', dice.pick([10_000, 60_000, 300_000]));
    write(active, remote, 'dnp3', dice.between(0.2, 3));
    if (dice.chance(0.3)) engineer(station, remote, 'dnp3', byWeek(0.2));
  });
  ask(active, standby, 'tcp', 5481, '', cyclic(1000));
  ask(standby, active, 'tcp', 5481, '', cyclic(1000));
  for (const operator of operators) {
    ask(operator, active, 'tcp', 5413, 'scada', cyclic(1000, 0.4));
    ask(operator, historian, 'tcp', 5450, 'pi', byDay(10));
  }
  ask(historian, active, 'tcp', 5450, 'pi', cyclic(5000));
  for (const member of [active, standby, historian, station, ...operators]) join(member, directory);
  return sketcher.finish();
}

/** A control system whose protocol nobody reads: known by its port, or not at all. */
export function unreadProtocol(seed: number): SketchedPlant {
  const sketcher = sketcherFor('unread protocol', seed);
  const { dice, times, host, ask, join } = sketcher;
  const [vendor, transport, port] = dice.pick<readonly [Vendor, string, number]>([['emerson', 'udp', 18507], ['yokogawa', 'udp', 5313], ['emerson', 'tcp', 4000], ['phoenix', 'tcp', 20547], ['rockwell', 'tcp', 2223], ['honeywell', 'tcp', 55565]]);
  const directory = host('infrastructure', 'OPS', 'vmware');
  const servers = times(dice.whole(2, 4), () => host('hmi', 'SUP', 'dell', { sub: 'scada' }));
  const historian = host('historian', 'OPS', 'vmware');
  const engineering = host('engineering-workstation', 'ENG', 'dell');
  times(dice.whole(3, 6), (index) => {
    const zone = `CELL-${index}`;
    const station = host('hmi', zone, 'dell', { sub: 'operator station' });
    for (const controller of times(dice.whole(1, 3), () => host('plc', zone, vendor))) {
      for (const client of [...servers, station]) ask(client, controller, transport, port, '', cyclic(1000));
      ask(historian, controller, transport, port, '', cyclic(10_000));
      ask(engineering, controller, transport, port, '', byWeek(2));
      ask(engineering, controller, 'tcp', 80, 'http', byWeek(1));
    }
    join(station, directory);
  });
  for (const member of [...servers, historian, engineering]) join(member, directory);
  ask(servers[0]!, historian, 'tcp', 5450, 'pi', byDay(9));
  return sketcher.finish();
}
