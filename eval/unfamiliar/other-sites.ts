/** Shapes of buildings, railways and networks of every size that nobody had tried. In: a seed. Out: a plant, with what a person would call its parts. */
import { byDay, byWeek, cyclic, nightly, onSomeDays, type Protocol, type SketchedHost, type SketchedPlant, type Sketcher, sketcherFor, type Vendor, weekly } from './plant-sketcher.ts';

/** A data centre: SNMP power and cooling, BACnet, Modbus meters behind gateways, PLCs for the switchgear. */
export function dataCentre(seed: number): SketchedPlant {
  const s = sketcherFor('data centre', seed);
  const { dice, times, host, ask, poll, operate, engineer, join, office } = s;
  office(dice.whole(4, 10));
  const directory = host('infrastructure', 'OPS', 'vmware');
  const bms = host('hmi', 'SUP', 'vmware', { sub: 'bms' });
  const epms = host('hmi', 'SUP', 'vmware', { sub: 'power monitoring', also: ['historian', 'opcua-server'] });
  const dcim = host('historian', 'OPS', 'vmware', { sub: 'dcim', also: ['infrastructure', 'mes', 'hmi', 'enterprise'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo', { also: ['transient'] });
  times(dice.whole(2, 4), (hall) => {
    const zone = `CELL-${hall}`;
    const supervisor = host('plc', zone, dice.pick(['tridium', 'johnson-controls', 'trane']));
    for (const crah of times(dice.whole(4, 12), () => host('plc', zone, dice.pick(['liebert', 'carrier', 'trane', 'johnson-controls']), { sub: 'air handler', also: ['io'] }))) {
      operate(supervisor, crah, 'bacnet', 10_000, 40);
      if (dice.chance(0.3)) ask(dcim, crah, 'udp', 161, 'snmp', cyclic(300_000, 0.1));
    }
    operate(bms, supervisor, 'bacnet', 5000, 5);
    engineer(station, supervisor, 'bacnet', byWeek(0.3));
    for (const ups of times(dice.whole(2, 4), () => host('io', zone, dice.pick(['apc', 'eaton', 'liebert', 'socomec']), { sub: 'ups', also: ['plc', 'other'] }))) {
      poll(epms, ups, 'modbus', 5000);
      ask(dcim, ups, 'udp', 161, 'snmp', cyclic(60_000, 0.1));
      ask(ups, dcim, 'udp', 162, 'snmp-trap', byDay(0.5), { unanswered: true });
    }
    for (const pdu of times(dice.whole(10, 40), () => host('io', 'OPS', dice.pick(['apc', 'eaton', 'unknown']), { sub: 'rack pdu', also: ['other', 'plc'] }))) ask(dcim, pdu, 'udp', 161, 'snmp', cyclic(60_000, 0.1));
    for (const gateway of times(dice.whole(1, 3), () => host('plc', zone, dice.pick(['schneider', 'moxa', 'janitza']), { sub: 'meter gateway', also: ['io', 'opcua-server'] }))) for (let unit = 1; unit <= 12; unit++) ask(epms, gateway, 'tcp', 502, 'modbus', cyclic(10_000), {}, { k: 'mb', unit, fc: 3, lo: 0, hi: 59 });
    const transfer = host('plc', zone, 'schneider', { sub: 'transfer switch' });
    operate(epms, transfer, 'modbus', 1000, 0.2);
    for (const generator of times(2, () => host('plc', zone, 'unknown', { sub: 'generator', also: ['io'] }))) {
      poll(transfer, generator, 'modbus', 500);
      poll(epms, generator, 'modbus', 2000);
    }
    ask(host('other', 'OPS', 'supermicro', { sub: 'video recorder', also: ['infrastructure', 'enterprise'] }), host('other', 'OPS', 'axis', { sub: 'camera' }), 'tcp', 554, 'rtsp', cyclic(40, 0.3));
  });
  poll(bms, epms, 'opcua', 5000);
  for (const member of [bms, epms, dcim, station]) join(member, directory);
  return s.finish();
}

/** An airport or hospital: air handling, access, video, lifts, fire, baggage, all on one building backbone. */
export function airport(seed: number): SketchedPlant {
  const s = sketcherFor('airport', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, exchange, join, office } = s;
  const { directory, computers } = office(dice.whole(10, 30));
  const bms = host('hmi', 'SUP', 'vmware', { sub: 'bms' });
  const baggage = host('hmi', 'SUP', 'vmware', { sub: 'baggage scada' });
  const sort = host('mes', 'OPS', 'vmware', { sub: 'sortation controller', also: ['hmi'] });
  const access = host('infrastructure', 'OPS', 'vmware', { sub: 'access control', also: ['other', 'enterprise', 'hmi', 'mes'] });
  const video = host('infrastructure', 'OPS', 'supermicro', { sub: 'video server', also: ['other', 'enterprise'] });
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  times(dice.whole(3, 6), (index) => {
    const zone = `CELL-B${index}`;
    const vendor = dice.pick<Vendor>(['tridium', 'johnson-controls', 'siemens']);
    const supervisor = host('plc', zone, vendor);
    for (const device of times(dice.whole(5, 15), () => host('plc', zone, dice.pick(['johnson-controls', 'siemens', 'trane', 'honeywell', 'unknown']), { also: ['io'] }))) {
      poll(supervisor, device, 'bacnet', 30_000);
      if (dice.chance(0.4)) write(supervisor, device, 'bacnet', 20);
    }
    operate(bms, supervisor, 'bacnet', 5000, 5);
    engineer(station, supervisor, 'bacnet', byWeek(0.5));
    const lift = host('plc', zone, 'unknown', { sub: 'lift gateway', also: ['io', 'opcua-server'] });
    poll(bms, lift, dice.pick(['modbus', 'bacnet']), 10_000);
    const fire = host('plc', zone, dice.pick(['honeywell', 'siemens']), { sub: 'fire gateway', also: ['io', 'safety-controller', 'opcua-server'] });
    poll(bms, fire, dice.pick(['modbus', 'bacnet']), 5000);
    for (const door of times(dice.whole(2, 6), () => host('io', 'OPS', 'unknown', { sub: 'door controller', also: ['plc', 'other'] }))) ask(door, access, 'tcp', 3001, '', cyclic(10_000, 0.1));
    for (const camera of times(dice.whole(2, 6), () => host('other', 'OPS', dice.pick(['axis', 'hikvision']), { sub: 'camera' }))) ask(video, camera, 'tcp', 554, 'rtsp', cyclic(40, 0.3));
  });
  times(dice.whole(3, 6), (index) => {
    const zone = `CELL-L${index}`;
    const controller = host('plc', zone, 'siemens');
    for (const device of times(dice.whole(3, 10), () => host('io', zone, dice.pick(['siemens', 'lenze', 'danfoss'])))) exchange(controller, device, 'profinet-rt', 8);
    ask(controller, sort, 'tcp', 2000, '', cyclic(500, 0.7));
    const scanner = host('io', zone, 'sick', { sub: 'barcode array', also: ['other', 'plc'] });
    ask(scanner, dice.chance(0.5) ? sort : controller, 'tcp', 2112, '', byDay(9000));
    operate(baggage, controller, 's7comm', 1000, 10);
    engineer(station, controller, 's7comm', byWeek(0.5));
  });
  ask(baggage, sort, 'tcp', 1433, 'mssql', cyclic(2000, 0.3));
  for (const member of [bms, baggage, sort, access, video, station]) join(member, directory);
  for (const computer of dice.sample(computers, 4)) {
    ask(computer, bms, 'tcp', 443, 'https', byDay(4));
    ask(computer, access, 'tcp', 443, 'https', byDay(4));
  }
  return s.finish();
}

/** Rail signalling: interlockings with object controllers over datagrams, pairs, a control centre, a juridical recorder that only listens. */
export function railSignalling(seed: number): SketchedPlant {
  const s = sketcherFor('rail signalling', seed);
  const { dice, times, host, ask, join } = s;
  const directory = host('infrastructure', 'OPS', 'dell');
  const clock = host('infrastructure', 'OPS', 'meinberg');
  const [ctc, standby] = times(2, () => host('hmi', 'SUP', 'stratus', { sub: 'control centre' })) as [SketchedHost, SketchedHost];
  const desks = times(dice.whole(2, 5), () => host('hmi', 'SUP', 'dell', { sub: 'dispatcher desk' }));
  const recorder = host('historian', 'OPS', 'dell', { sub: 'juridical recorder', also: ['other'] });
  const diagnosis = host('engineering-workstation', 'ENG', 'dell', { sub: 'maintenance', also: ['hmi'] });
  let before: SketchedHost | null = null;
  times(dice.whole(3, 6), (index) => {
    const zone = `CELL-${index}`;
    const vital = { sub: 'interlocking', also: ['safety-controller'] as const };
    const [one, other] = [host('plc', zone, dice.pick(['mobility', 'unknown', 'siemens']), vital), host('plc', zone, 'mobility', vital)];
    ask(one, other, 'udp', 4001, '', cyclic(100, 0.02));
    ask(other, one, 'udp', 4001, '', cyclic(100, 0.02));
    for (const element of times(dice.whole(4, 12), () => host('io', zone, dice.pick(['mobility', 'frauscher', 'unknown']), { sub: 'object controller', also: ['plc', 'safety-controller'] }))) {
      ask(one, element, 'udp', 48_000, '', cyclic(300, 0.03));
      ask(other, element, 'udp', 48_000, '', cyclic(300, 0.03));
    }
    if (before !== null) ask(before, one, 'udp', 48_010, '', cyclic(500, 0.03));
    before = one;
    ask(ctc, one, 'tcp', 30_001, '', cyclic(1000, 0.2));
    ask(one, recorder, 'udp', 30_100, '', cyclic(500, 0.2), { unanswered: true });
    ask(diagnosis, one, 'tcp', 443, 'https', byWeek(1));
    const local = host('hmi', zone, 'advantech', { sub: 'local panel' });
    ask(local, one, 'tcp', 30_001, '', cyclic(1000, 0.2));
    for (const vitalOne of [one, other]) ask(vitalOne, clock, 'udp', 123, 'ntp', cyclic(64_000));
  });
  ask(ctc, standby, 'tcp', 5481, '', cyclic(500));
  ask(standby, ctc, 'tcp', 5481, '', cyclic(500));
  for (const desk of desks) ask(desk, ctc, 'tcp', 8500, '', cyclic(500, 0.3));
  for (const member of [ctc, standby, ...desks, recorder, diagnosis]) join(member, directory);
  return s.finish();
}

type Tool = 'nms' | 'backup' | 'scanner' | 'patch';

/** Tools of IT that touch everything: network management, backup, antivirus and patches, a vulnerability scanner. */
function itTools(s: Sketcher, everything: readonly SketchedHost[], computers: readonly SketchedHost[], which: readonly Tool[]): void {
  const { dice, host, ask } = s;
  if (which.includes('nms')) {
    const nms = host('infrastructure', 'OPS', 'vmware', { sub: 'network management', also: ['other', 'enterprise', 'network-device'] });
    for (const one of everything) if (dice.chance(0.8)) ask(nms, one, 'udp', 161, 'snmp', cyclic(300_000, 0.1));
  }
  if (which.includes('backup')) {
    const backup = host('infrastructure', 'OPS', 'dell', { sub: 'backup server', also: ['other', 'enterprise', 'patch-server'] });
    const store = host('infrastructure', 'OPS', 'synology', { sub: 'nas', also: ['other', 'enterprise'] });
    for (const one of computers) {
      ask(backup, one, 'tcp', 445, 'smb', nightly(2));
      ask(backup, one, 'tcp', 6160, '', nightly(3));
    }
    ask(backup, store, 'tcp', 445, 'smb', nightly(20));
  }
  if (which.includes('patch')) {
    const patch = host('patch-server', 'OPS', 'vmware', { also: ['infrastructure'] });
    for (const one of computers) {
      ask(one, patch, 'tcp', 8530, 'wsus', byDay(3));
      ask(one, patch, 'tcp', 8443, 'https', cyclic(900_000, 0.2));
    }
  }
  if (which.includes('scanner')) {
    const scanner = host('other', 'OPS', 'vmware', { sub: 'vulnerability scanner', also: ['infrastructure', 'enterprise', 'transient', 'network-device', 'patch-server'] });
    const ports = [21, 22, 23, 80, 135, 443, 445, 502, 102, 3389, 5900, 8080, 44818];
    for (const one of everything) for (const port of ports) ask(scanner, one, 'tcp', port, '', weekly(3), { unanswered: !dice.chance(port === 80 || port === 445 ? 0.4 : 0.12) });
  }
}

/** One flat VLAN for machines, office, telephones, cameras and printers, and tools of IT that touch everything. */
export function flatIt(seed: number, tools: readonly Tool[]): SketchedPlant {
  const s = sketcherFor('flat it', seed);
  const { dice, times, host, ask, poll, operate, engineer, drive, join, office } = s;
  const { directory, computers, servers } = office(dice.whole(15, 40));
  const exchangeServer = host('enterprise', 'ENT', 'vmware', { sub: 'telephone exchange', also: ['infrastructure', 'other'] });
  const phones = times(dice.whole(8, 25), () => host('other', 'ENT', 'polycom', { sub: 'telephone', also: ['enterprise'] }));
  for (const phone of phones) {
    ask(phone, exchangeServer, 'udp', 5060, 'sip', cyclic(60_000, 0.2));
    ask(phone, dice.pick(phones.filter((other) => other !== phone)), 'udp', 16_384, '', byDay(400));
  }
  const scada = host('hmi', 'SUP', 'vmware', { sub: 'scada', name: 'SRV-SCADA01', win: true });
  const historian = host('historian', 'OPS', 'vmware');
  const station = host('engineering-workstation', 'ENG', 'lenovo');
  const jump = host('jump-server', 'DMZ', 'vmware', { also: ['hmi'] });
  const remote = host('network-device', 'DMZ', 'ewon', { sub: 'vendor remote access', also: ['jump-server', 'engineering-workstation'] });
  const everything: SketchedHost[] = [...computers, ...servers, ...phones, scada, historian, station, jump];
  times(dice.whole(5, 9), (index) => {
    const zone = `CELL-${index}`;
    const [vendor, protocol] = dice.pick<readonly [Vendor, Protocol]>([['rockwell', 'enip'], ['schneider', 'modbus'], ['siemens', 's7comm'], ['mitsubishi', 'melsec'], ['omron', 'fins']]);
    const controllers = times(dice.whole(1, 3), () => host('plc', zone, vendor));
    const panel = host('hmi', zone, dice.pick([vendor, 'weintek', 'advantech']), { sub: 'panel' });
    everything.push(panel, ...controllers);
    for (const controller of controllers) {
      for (const device of times(dice.whole(0, 4), () => host('io', zone, dice.pick([vendor, 'wago'])))) {
        drive(controller, device, protocol);
        everything.push(device);
      }
      operate(panel, controller, protocol, 1000, 5);
      operate(scada, controller, protocol, 1000, 3);
      if (dice.chance(0.6)) poll(historian, controller, protocol, 10_000);
      engineer(station, controller, protocol, byWeek(0.6));
      if (dice.chance(0.3)) engineer(remote, controller, protocol, onSomeDays(dice, 4, 6));
    }
    if (dice.chance(0.4)) ask(controllers[0]!, host('other', 'OPS', 'zebra', { sub: 'label printer', also: ['io'] }), 'tcp', 9100, 'print', byDay(500));
    // Somebody's spreadsheet reads a PLC from the office.
    if (dice.chance(0.3)) poll(dice.pick(computers), controllers[0]!, protocol, 60_000);
  });
  for (const member of [scada, historian, station, jump]) join(member, directory);
  for (const target of [scada, historian, station]) ask(jump, target, 'tcp', 3389, 'rdp', byWeek(3));
  for (const computer of dice.sample(computers, 3)) ask(computer, jump, 'tcp', 3389, 'rdp', byDay(1));
  ask(remote, host('other', 'INTERNET', 'fortinet', { ext: true, net: '52.9.1' }), 'tcp', 443, 'https', cyclic(60_000, 0.1));
  itTools(s, everything, [...computers, ...servers, scada, historian, station, jump], tools);
  return s.finish();
}

/** Five devices and a router: a packaged station seen from a centre. */
export function fiveDevices(seed: number): SketchedPlant {
  const s = sketcherFor('five devices', seed);
  const { dice, host, macOf, ask, poll, write, operate } = s;
  const controller = host('plc', 'CELL-1', dice.pick(['schneider', 'wago', 'siemens', 'unknown']));
  const panel = host('hmi', 'CELL-1', dice.pick(['weintek', 'advantech', 'unknown', 'redlion']), { sub: 'panel' });
  poll(panel, controller, 'modbus', 1000);
  if (dice.chance(0.7)) write(panel, controller, 'modbus', 1);
  for (const vendor of dice.sample<Vendor>(['danfoss', 'janitza', 'moxa', 'endress', 'unknown'], 2)) poll(controller, host('io', 'CELL-1', vendor, { also: ['plc'] }), 'modbus', 500);
  const centre = host('hmi', 'REMOTE', 'teltonika', { mac: macOf('teltonika'), rtt: 120, net: '10.99.1', sub: 'scada', also: ['enterprise'] });
  if (dice.chance(0.5)) operate(centre, controller, 'modbus', 30_000, 0.5);
  else ask(controller, centre, 'tcp', 8883, 'mqtts', cyclic(60_000, 0.1));
  if (dice.chance(0.4)) ask(host('other', 'CELL-1', 'axis', { sub: 'camera' }), host('other', 'INTERNET', 'fortinet', { ext: true, net: '52.9.1' }), 'tcp', 443, 'https', cyclic(5000, 0.5));
  return s.finish();
}

/** Six hundred devices: thirty cells of ten to twenty controllers with local panels, all on the same SCADA servers. */
export function bigSite(seed: number): SketchedPlant {
  const s = sketcherFor('big site', seed);
  const { dice, times, host, ask, poll, write, operate, engineer, join } = s;
  const directory = host('infrastructure', 'OPS', 'vmware');
  const servers = times(2, () => host('hmi', 'SUP', 'vmware', { sub: 'scada' }));
  const clients = times(6, () => host('hmi', 'SUP', 'dell', { sub: 'operator station' }));
  const historian = host('historian', 'OPS', 'vmware');
  const stations = times(3, () => host('engineering-workstation', 'ENG', 'dell'));
  let before: SketchedHost | null = null;
  times(30, (index) => {
    const zone = `CELL-${index}`;
    const [vendor, protocol] = dice.pick<readonly [Vendor, Protocol]>([['siemens', 's7comm'], ['rockwell', 'enip'], ['schneider', 'modbus']]);
    const controllers = times(dice.whole(10, 20), () => host('plc', zone, vendor));
    const panels = times(dice.whole(1, 4), () => host('hmi', zone, dice.pick([vendor, 'advantech', 'weintek']), { sub: 'panel' }));
    controllers.forEach((controller, at) => {
      const panel = panels[at % panels.length]!;
      operate(panel, controller, protocol, 1000, 3);
      for (const server of servers) {
        poll(server, controller, protocol, 1000);
        if (server === servers[0]) write(server, controller, protocol, 2);
      }
      poll(historian, controller, protocol, 10_000);
      engineer(dice.pick(stations), controller, protocol, byWeek(0.2));
      if (at > 0 && dice.chance(0.7)) poll(controllers[dice.whole(0, at - 1)]!, controller, protocol, dice.pick([200, 500, 1000]));
    });
    if (before !== null && dice.chance(0.5)) poll(before, controllers[0]!, protocol, 1000);
    before = controllers.at(-1)!;
  });
  for (const client of clients) ask(client, servers[0]!, 'tcp', 5413, 'scada', cyclic(1000, 0.4));
  for (const member of [...servers, ...clients, historian, ...stations]) join(member, directory);
  return s.finish();
}
