/** Sites drawn with those of the eighth round, and measured only before its rules and when they stood. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, nightly, onSomeDays, type SketchedHost, type SketchedPlant, sketcherFor, type Vendor, weekly } from './plant-sketcher.ts';
import { plantTools } from './seventh-sites.ts';
import { pollUnits, telephones } from './sixth-sites.ts';

/** An amusement park: rides of several makers with a guard, drives and an operator's panel each and a maker's router, of which some report to the park; show control over UDP, water treatment, air, queues, tills in the office's network. */
export function amusementPark(seed: number): SketchedPlant {
  const s = sketcherFor('amusement park', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, drive, exchange, office } = s;
  const { servers, computers } = office(dice.whole(15, 35));
  telephones(s, dice.whole(4, 10), 'ENT');
  const directory = host('infrastructure', 'OPS', 'vmware');
  const overview = host('hmi', 'SUP', 'vmware', { sub: 'ride overview', also: ['mes', 'opcua-server', 'historian'] });
  const upkeep = host('mes', 'OPS', 'vmware', { sub: 'upkeep' });
  const places = times(dice.whole(2, 4), () => host('hmi', 'SUP', 'dell', { sub: 'control room' }));
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  times(dice.whole(5, 9), (number) => {
    const zone = `CELL-R${number}`;
    const [vendor, protocol] = dice.pick<readonly [Vendor, 's7comm' | 'enip' | 'ads' | 'opcua']>([['siemens', 's7comm'], ['rockwell', 'enip'], ['beckhoff', 'ads'], ['b&r', 'opcua']]);
    const ride = host('plc', zone, vendor, { sub: 'ride' });
    const guard = host('safety-controller', 'SIS', dice.pick(['pilz', vendor]), { sub: 'ride guard', also: ['plc'] });
    if (vendor === 'siemens') exchange(ride, guard, 'profinet-rt', 16);
    else poll(ride, guard, 'modbus', 100);
    for (const device of times(dice.whole(2, 7), () => host('io', zone, dice.pick([vendor, 'lenze', 'festo', 'sick', 'danfoss'])))) {
      if (vendor === 'siemens') exchange(ride, device, 'profinet-rt', 8);
      else drive(ride, device, protocol);
    }
    const panel = host('hmi', zone, dice.pick([vendor, 'advantech', 'weintek']), { sub: 'ride panel' });
    operate(panel, ride, protocol, 250, 300);
    poll(panel, guard, 'modbus', 500);
    if (dice.chance(0.6)) poll(overview, ride, protocol === 'ads' ? 'modbus' : protocol, 2000);
    engineer(station, ride, protocol, byWeek(0.3));
    const router = host('network-device', zone, dice.pick(['ewon', 'teltonika', 'mikrotik']), { sub: "maker's router", also: ['jump-server', 'other', 'plc', 'transient'] });
    ask(router, host('other', 'INTERNET', 'fortinet', { ext: true, net: `63.${10 + number}.4` }), 'udp', 1194, 'openvpn', cyclic(25_000, 0.2));
    if (dice.chance(0.5)) engineer(router, ride, protocol, onSomeDays(dice, 2, 5));
    const photo = host('other', zone, dice.pick(['axis', 'unknown']), { sub: 'photo camera' });
    if (dice.chance(0.7)) ask(photo, servers[0]!, 'tcp', 21, 'ftp', byDay(600));
    else ask(ride, photo, 'udp', 7777, '', byDay(900));
    const queue = host('other', zone, 'raspberry', { sub: 'queue display', also: ['hmi'] });
    ask(queue, upkeep, 'tcp', 443, 'https', cyclic(30_000, 0.2));
  });
  times(dice.whole(1, 3), (number) => {
    const zone = `CELL-T${number}`;
    const show = host('plc', zone, dice.pick(['unknown', 'dell']), { sub: 'show controller', also: ['hmi', 'other', 'mes'] });
    for (const lamp of times(dice.whole(4, 10), () => host('io', zone, 'unknown', { sub: 'dimmer', also: ['other'] }))) ask(show, lamp, 'udp', 6454, '', cyclic(40), { unanswered: true });
    for (const projector of times(dice.whole(1, 4), () => host('other', zone, dice.pick(['unknown', 'delta']), { sub: 'projector', also: ['io'] }))) ask(show, projector, 'tcp', 4352, '', cyclic(10_000));
    const media = host('other', zone, dice.pick(['dell', 'supermicro']), { sub: 'media server', also: ['io', 'plc', 'mes', 'infrastructure'] });
    ask(show, media, 'udp', 5005, '', cyclic(1000));
  });
  const water = host('plc', 'CELL-W', dice.pick(['siemens', 'schneider']), { sub: 'water treatment' });
  operate(overview, water, 'modbus', 2000, 8);
  for (const pump of times(dice.whole(2, 5), () => host('io', 'CELL-W', dice.pick(['danfoss', 'endress'])))) poll(water, pump, 'modbus', 500);
  const air = host('hmi', 'SUP', 'dell', { sub: 'air server', also: ['opcua-server', 'historian'] });
  for (const controller of times(dice.whole(3, 6), () => host('plc', 'CELL-H', dice.pick(['tridium', 'johnson-controls', 'siemens']), { sub: 'air controller' }))) {
    poll(air, controller, 'bacnet', 10_000);
    write(air, controller, 'bacnet', 5);
  }
  for (const place of places) ask(place, overview, 'tcp', 443, 'https', cyclic(2000, 0.3));
  for (const place of places) ask(place, upkeep, 'tcp', 443, 'https', byDay(30));
  ask(overview, upkeep, 'tcp', 1433, 'mssql', byDay(800));
  for (const tablet of times(dice.whole(2, 6), () => host('other', 'WLAN', 'symbol', { sub: 'check tablet' }))) ask(tablet, upkeep, 'tcp', 443, 'https', byDay(90));
  for (const computer of dice.sample(computers, 6)) ask(computer, upkeep, 'tcp', 443, 'https', byDay(15));
  ask(upkeep, servers[0]!, 'tcp', 443, 'https', byDay(50));
  for (const till of times(dice.whole(5, 12), () => host('enterprise', 'ENT', 'unknown', { sub: 'till', also: ['other'] }))) {
    ask(till, servers[0]!, 'tcp', 8080, '', byDay(400));
    ask(till, host('other', 'ENT', 'brother', { sub: 'receipt printer' }), 'tcp', 9100, 'print', byDay(300));
  }
  plantTools(s, directory, [overview, upkeep, ...places, station, air], computers.slice(0, 2), [station, overview]);
  return s.finish();
}

/** An oil field: pads over slow radio with units behind them, flow computers that an accounting server fetches hourly, pads behind modems that call in, a central facility with shutdown, compressors and tanks, leak detection, tablets. */
export function oilField(seed: number): SketchedPlant {
  const s = sketcherFor('oil field', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, exchange, office } = s;
  const { servers, computers } = office(dice.whole(10, 25));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const host1 = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'host' }));
  const desks = times(dice.whole(2, 5), () => host('hmi', 'SUP', 'dell', { sub: 'desk' }));
  const measurement = host('mes', 'OPS', 'vmware', { sub: 'measurement', also: ['historian'] });
  const leaks = host('mes', 'OPS', 'vmware', { sub: 'leak detection', also: ['historian', 'hmi'] });
  const archive = host('historian', 'OPS', 'vmware');
  const copy = host('historian', 'DMZ', 'vmware', { sub: 'archive copy', also: ['mes'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  times(dice.whole(8, 20), (number) => {
    const unit = host('plc', 'REMOTE', dice.pick(['emerson', 'schneider', 'abb']), { sub: 'pad', net: `10.60.${number}`, rtt: dice.whole(120, 700) });
    poll(host1[0]!, unit, dice.chance(0.5) ? 'modbus' : 'dnp3', dice.pick([30_000, 60_000, 300_000]));
    write(host1[0]!, unit, 'modbus', 0.5);
    if (dice.chance(0.5)) ask(measurement, unit, 'tcp', 4000, '', nightly(24));
    engineer(station, unit, 'modbus', byWeek(0.1));
  });
  for (const modem of times(dice.whole(2, 5), () => host('plc', 'REMOTE', dice.pick(['sierra', 'redlion']), { sub: 'modem pad', net: '10.90.1', rtt: dice.whole(90, 300), also: ['network-device', 'io'] }))) pollUnits(s, host1[1]!, modem, dice.whole(2, 5), 120_000);
  const [vendor, protocol] = dice.pick<readonly [Vendor, 'enip' | 'modbus']>([['rockwell', 'enip'], ['schneider', 'modbus']]);
  const guard = host('safety-controller', 'SIS', dice.pick(['hima', 'invensys']), { sub: 'shutdown' });
  const fire = host('safety-controller', 'SIS', dice.pick(['hima', 'unknown']), { sub: 'fire and gas', also: ['plc'] });
  poll(guard, fire, 'modbus', 500);
  for (const name of ['separation', 'compression', 'water', 'export']) {
    const zone = `CELL-${name}`;
    const unit = host('plc', zone, vendor, { sub: name });
    for (const device of times(dice.whole(2, 6), () => host('io', zone, dice.pick([vendor, 'danfoss', 'endress'])))) {
      if (vendor === 'rockwell') exchange(unit, device, 'enip-io', 20);
      else poll(unit, device, 'modbus', 100);
    }
    for (const server of host1) poll(server, unit, protocol, 1000);
    write(host1[0]!, unit, protocol, 20);
    poll(archive, unit, protocol, 10_000);
    engineer(station, unit, protocol, byWeek(0.4));
    poll(unit, guard, 'modbus', 500);
    operate(host('hmi', zone, dice.pick([vendor, 'advantech']), { sub: 'local panel' }), unit, protocol, 500, 6);
    if (name === 'compression') {
      for (const pack of times(dice.whole(1, 3), () => host('plc', zone, dice.pick(['siemens', 'rockwell', 'woodward']), { sub: 'compressor' }))) {
        poll(unit, pack, 'modbus', 1000);
        write(unit, pack, 'modbus', 30);
        operate(host('hmi', zone, 'weintek', { sub: 'compressor panel' }), pack, 'modbus', 500, 2);
        if (dice.chance(0.5)) ask(pack, host('other', 'INTERNET', 'fortinet', { ext: true, net: '54.3.1' }), 'tcp', 8883, 'mqtts', cyclic(60_000, 0.2));
      }
    }
    if (name === 'export') {
      for (const meter of times(dice.whole(1, 3), () => host('plc', zone, dice.pick(['emerson', 'abb']), { sub: 'flow computer', also: ['io'] }))) {
        poll(unit, meter, 'modbus', 1000);
        ask(measurement, meter, 'tcp', 4000, '', nightly(24));
        poll(leaks, meter, 'modbus', 5000);
      }
      const tanks = host('io', zone, 'moxa', { sub: 'tank gateway', also: ['network-device', 'plc'] });
      pollUnits(s, unit, tanks, dice.whole(3, 10), 5000);
    }
  }
  for (const server of host1) poll(server, guard, 'modbus', 1000);
  engineer(host('engineering-workstation', 'SIS', 'lenovo', { sub: 'shutdown laptop', also: ['transient'] }), guard, 'modbus', onSomeDays(dice, 4, 5));
  for (const desk of desks) for (const server of host1) ask(desk, server, 'tcp', 5900 + 4321, '', cyclic(1000, 0.3));
  for (const [one, other] of [[0, 1], [1, 0]] as const) ask(host1[one]!, host1[other]!, 'tcp', 7001, '', cyclic(1000));
  poll(archive, host1[0]!, 'opcua', 5000);
  poll(leaks, host1[0]!, 'opcua', 5000);
  ask(archive, copy, 'tcp', 5450, 'pi', cyclic(10_000, 0.3));
  for (const computer of dice.sample(computers, 7)) ask(computer, copy, 'tcp', 5450, 'pi', byDay(12));
  ask(measurement, servers[0]!, 'tcp', 443, 'https', nightly(4));
  for (const tablet of times(dice.whole(2, 6), () => host('other', 'WLAN', 'mobility', { sub: 'tablet' }))) ask(tablet, measurement, 'tcp', 443, 'https', byDay(40));
  for (const desk of desks) ask(desk, leaks, 'tcp', 443, 'https', cyclic(5000, 0.3));
  plantTools(s, directory, [...host1, ...desks, measurement, leaks, archive, copy, station], computers.slice(0, 2), [station, host1[0]!]);
  return s.finish();
}

/** What a chip factory lives on: pure water from a control system in pairs, gas cabinets by the dozen, gas detection, chillers behind a building gateway, scrubbers, chemicals from makers' packages; one facility system above, energy, pages to the people on duty. */
export function chipUtilities(seed: number): SketchedPlant {
  const s = sketcherFor('chip utilities', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, exchange, office } = s;
  const { servers, computers } = office(dice.whole(15, 30));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const facility = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'facility system' }));
  const desks = times(dice.whole(3, 6), () => host('hmi', 'SUP', 'dell', { sub: 'facility desk' }));
  const archive = host('historian', 'OPS', 'vmware', { also: ['mes'] });
  const energy = host('mes', 'OPS', 'vmware', { sub: 'energy', also: ['historian', 'hmi'] });
  const pager = host('mes', 'OPS', 'dell', { sub: 'pager', also: ['infrastructure', 'other'] });
  const station = host('engineering-workstation', 'ENG', 'dell');
  for (const name of ['intake', 'osmosis', 'polish', 'waste']) {
    const zone = `CELL-U${name}`;
    const pair = times(2, () => host('plc', zone, 'siemens', { sub: 'water controller' }));
    for (const [one, other] of [[0, 1], [1, 0]] as const) ask(pair[one]!, pair[other]!, 'tcp', 2200, '', cyclic(200));
    for (const device of times(dice.whole(3, 8), () => host('io', zone, dice.pick(['siemens', 'endress', 'danfoss', 'krohne'])))) exchange(pair[0]!, device, 'profinet-rt', 32);
    for (const half of pair) {
      for (const server of facility) poll(server, half, 's7comm', 1000);
      write(facility[0]!, half, 's7comm', 25);
      engineer(station, half, 's7comm', byWeek(0.5));
    }
    if (dice.chance(0.5)) operate(host('hmi', zone, 'siemens', { sub: 'water panel' }), pair[0]!, 's7comm', 1000, 4);
  }
  const gases = host('hmi', 'SUP', 'dell', { sub: 'gas server', also: ['opcua-server'] });
  const [cabinetVendor, cabinetProtocol] = dice.pick<readonly [Vendor, 'fins' | 'melsec' | 'modbus']>([['omron', 'fins'], ['mitsubishi', 'melsec'], ['unknown', 'modbus']]);
  times(dice.whole(2, 4), (room) => {
    const zone = `CELL-G${room}`;
    const collector = host('plc', zone, cabinetVendor, { sub: 'room controller' });
    for (const cabinet of times(dice.whole(4, 9), () => host('plc', zone, cabinetVendor, { sub: 'gas cabinet' }))) {
      poll(collector, cabinet, cabinetProtocol, 500);
      if (dice.chance(0.6)) operate(host('hmi', zone, 'weintek', { sub: 'cabinet panel' }), cabinet, cabinetProtocol, 500, 2);
    }
    operate(gases, collector, cabinetProtocol, 1000, 10);
    const detector = host('safety-controller', 'SIS', dice.pick(['unknown', 'honeywell']), { sub: 'gas detector', also: ['plc', 'io'] });
    poll(gases, detector, 'modbus', 1000);
    poll(collector, detector, 'modbus', 500);
    poll(facility[0]!, detector, 'modbus', 2000);
  });
  poll(facility[0]!, gases, 'opcua', 1000);
  const building = host('plc', 'CELL-H', 'tridium', { sub: 'building gateway', also: ['opcua-server', 'hmi'] });
  for (const chiller of times(dice.whole(3, 7), () => host('plc', 'CELL-H', dice.pick(['trane', 'carrier', 'johnson-controls']), { sub: 'chiller' }))) {
    poll(building, chiller, 'bacnet', 5000);
    write(building, chiller, 'bacnet', 20);
  }
  operate(facility[0]!, building, 'modbus', 2000, 12);
  for (const name of ['scrubber', 'vacuum', 'air', 'slurry', 'solvent']) {
    const zone = `CELL-P${name}`;
    const [vendor, protocol] = dice.pick<readonly [Vendor, 's7comm' | 'enip' | 'melsec' | 'modbus']>([['siemens', 's7comm'], ['rockwell', 'enip'], ['mitsubishi', 'melsec'], ['schneider', 'modbus']]);
    const pack = host('plc', zone, vendor, { sub: 'package' });
    operate(host('hmi', zone, dice.pick([vendor, 'weintek']), { sub: 'package panel' }), pack, protocol, 500, 6);
    for (const device of times(dice.whole(1, 4), () => host('io', zone, dice.pick([vendor, 'danfoss'])))) poll(pack, device, 'modbus', 200);
    for (const server of facility) poll(server, pack, protocol, 2000);
    if (dice.chance(0.3)) ask(pack, pager, 'tcp', 25, 'smtp', byWeek(3));
  }
  for (const meter of times(dice.whole(4, 10), () => host('io', 'OPS', dice.pick(['janitza', 'socomec', 'eaton']), { sub: 'meter', also: ['plc', 'other'] }))) poll(energy, meter, 'modbus', 15_000);
  for (const desk of desks) for (const server of facility) ask(desk, server, 'tcp', 5413, 'scada', cyclic(1000, 0.3));
  for (const [one, other] of [[0, 1], [1, 0]] as const) ask(facility[one]!, facility[other]!, 'tcp', 8910, '', cyclic(1000));
  poll(archive, facility[0]!, 'opcua', 2000);
  ask(facility[0]!, pager, 'tcp', 9090, '', byDay(40));
  ask(pager, host('other', 'INTERNET', 'fortinet', { ext: true, net: '80.2.9' }), 'tcp', 443, 'https', byDay(30));
  ask(energy, archive, 'tcp', 1433, 'mssql', byDay(300));
  for (const computer of dice.sample(computers, 7)) ask(computer, archive, 'tcp', 443, 'https', byDay(9));
  ask(energy, servers[0]!, 'tcp', 443, 'https', weekly(3));
  plantTools(s, directory, [...facility, ...desks, archive, energy, pager, station, gases], computers.slice(0, 2), [station, facility[0]!]);
  return s.finish();
}

/** Sugar works on one vendor's control system: servers in pairs whose stations speak to them alone, controllers that ask each other over an unread protocol, gateways to field buses, motors over Modbus, centrifuges and a turbine of other makers, a boiler guard of the system's make, OPC classic to the information server, laboratory, weighbridges. */
export function sugarWorks(seed: number): SketchedPlant {
  const s = sketcherFor('sugar works', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, join, office } = s;
  const { servers, computers } = office(dice.whole(12, 28));
  const directory = host('infrastructure', 'OPS', 'dell', { sub: 'plant directory' });
  const clock = host('infrastructure', 'OPS', 'meinberg');
  const [vendor, protocol] = dice.pick<readonly [Vendor, 'mms' | 's7comm' | 'modbus']>([['abb', 'mms'], ['siemens', 's7comm'], ['schneider', 'modbus']]);
  const port = dice.whole(22_000, 44_000);
  const pairs = times(2, () => times(2, () => host('hmi', 'SUP', 'dell', { sub: 'system server', also: ['opcua-server'] })));
  const all = pairs.flat();
  const places = times(dice.whole(5, 9), () => host('hmi', 'SUP', 'dell', { sub: 'operator place' }));
  const station = host('engineering-workstation', 'ENG', 'dell');
  const information = host('historian', 'OPS', 'vmware', { sub: 'information server', also: ['mes'] });
  const laboratory = host('mes', 'OPS', 'vmware', { sub: 'laboratory' });
  const areas = ['beets', 'extraction', 'juice', 'evaporation', 'crystal', 'powerhouse'];
  const heads: SketchedHost[] = [];
  areas.forEach((name, index) => {
    const zone = `CELL-${name}`;
    const controllers = times(dice.whole(1, 3), () => host('plc', zone, vendor, { sub: 'controller' }));
    controllers.forEach((controller, place) => {
      for (const server of pairs[index % 2]!) poll(server, controller, protocol, 1000);
      write(pairs[index % 2]![0]!, controller, protocol, 60);
      engineer(station, controller, protocol, byWeek(0.8));
      ask(controller, clock, 'udp', 123, 'ntp', cyclic(64_000));
      if (place > 0) ask(controllers[0]!, controller, 'udp', port, '', cyclic(250));
      const field = host('io', zone, dice.pick([vendor, 'prosoft', 'moxa']), { sub: 'field bus gateway', also: ['plc', 'network-device'] });
      poll(controller, field, 'modbus', 200);
      const motors = times(dice.whole(2, 6), () => host('io', zone, dice.pick(['schneider', 'abb', 'danfoss']), { sub: 'motor' }));
      for (const motor of motors) poll(controller, motor, 'modbus', 500);
    });
    if (heads.length > 0) ask(heads.at(-1)!, controllers[0]!, 'udp', port, '', cyclic(1000));
    heads.push(controllers[0]!);
    if (name === 'crystal') {
      for (const machine of times(dice.whole(3, 8), () => host('plc', zone, dice.pick(['siemens', 'rockwell']), { sub: 'centrifuge' }))) {
        poll(controllers[0]!, machine, 'modbus', 1000);
        write(controllers[0]!, machine, 'modbus', 40);
        operate(host('hmi', zone, dice.pick(['siemens', 'weintek']), { sub: 'centrifuge panel' }), machine, 'modbus', 500, 15);
      }
    }
    if (name === 'powerhouse') {
      const turbine = host('plc', zone, 'woodward', { sub: 'turbine' });
      poll(controllers[0]!, turbine, 'modbus', 500);
      operate(host('hmi', zone, 'advantech', { sub: 'turbine screen' }), turbine, 'modbus', 500, 8);
      const guard = host('safety-controller', 'SIS', vendor, { sub: 'boiler guard', also: ['plc'] });
      for (const server of pairs[index % 2]!) poll(server, guard, protocol, 1000);
      poll(controllers[0]!, guard, protocol, 500);
      engineer(station, guard, protocol, onSomeDays(dice, 2, 4));
      for (const relay of times(dice.whole(2, 4), () => host('plc', zone, dice.pick(['sel', 'abb']), { sub: 'relay', also: ['io'] }))) poll(controllers[0]!, relay, 'modbus', 2000);
    }
  });
  for (const place of places) for (const server of all) ask(place, server, 'tcp', port + 1, '', cyclic(1000, 0.3));
  for (const pair of pairs) for (const [one, other] of [[0, 1], [1, 0]] as const) ask(pair[one]!, pair[other]!, 'tcp', port + 2, '', cyclic(500));
  for (const pair of pairs) {
    ask(information, pair[0]!, 'tcp', 135, 'rpc', byDay(2));
    ask(information, pair[0]!, 'tcp', 49_200, '', cyclic(5000, 0.2));
  }
  ask(laboratory, information, 'tcp', 1433, 'mssql', byDay(400));
  for (const place of dice.sample(places, 3)) ask(place, laboratory, 'tcp', 443, 'https', byDay(20));
  for (const bridge of times(dice.whole(1, 3), () => host('other', 'OPS', dice.pick(['unknown', 'mettler']), { sub: 'weighbridge', also: ['io', 'plc'] }))) ask(laboratory, bridge, 'tcp', 8000, '', cyclic(2000, 0.3));
  for (const computer of dice.sample(computers, 8)) ask(computer, information, 'tcp', 443, 'https', byDay(12));
  ask(information, servers[0]!, 'tcp', 443, 'https', nightly(6));
  for (const member of [...all, ...places, station, information, laboratory]) join(member, directory);
  return s.finish();
}
