/**
 * Our Suricata rules in Suricata: they load, the switch is checked, and captures made from the same spec fare as
 * expected: each permitted session stays silent, each other one alerts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import { pcapFile, tcpSession, udpDatagram } from '../../src/export/targets/frame-writer.ts';
import { modbusAnswer, modbusRequest } from '../../src/export/modbus/request.ts';
import { rangeText } from '../../src/export/ip-notation.ts';
import { letsThrough } from '../../src/export/permit-judge.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { BIG_HOSTS, bigPlan, edgesPlan, edgesRequests, everywherePlan, halvesPlan, halvesRequests, hostilePlan, IN_ZONE, inZonePlan, plantPlan } from '../export/plant.ts';
import { sampleRequests } from '../export/sample-flows.ts';
import { canRun, program } from './loud-skip.ts';
import { alertedPorts, run, suricataFolder, written } from './suricata.ts';

const able = canRun('Suricata rules', [program('suricata', 'suricata (of bookworm-backports)')]);

describe.runIf(able)('Suricata', () => {
  const root = mkdtempSync(join(tmpdir(), 'baseline-suricata-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const folderFor = (name: string, modbus = true, ports = '502'): string => suricataFolder(join(root, name), modbus, ports);

  test('every rule loads, plain, with hostile names and for every address, in both modes', () => {
    for (const [name, plan] of [['plain', plantPlan()], ['hostile', hostilePlan()], ['everywhere', everywherePlan()], ['edges', edgesPlan()], ['big', bigPlan()]] as const)
      for (const mode of ['monitor', 'enforce'] as const) {
        const folder = folderFor(`${name}-${mode}`);
        written(folder, 'suricata', plan, mode);
        const { status, said } = run('-T', '-c', join(folder, 'suricata.yaml'), '-S', join(folder, 'baseline.rules'), '-l', folder);
        expect(status, said).toBe(0);
        expect(said).not.toMatch(/^Error/m);
      }
  });

  test('the check script stops where the Modbus parser is off, and passes where it is on', () => {
    for (const modbus of [true, false]) {
      const folder = folderFor(`switch-${modbus}`, modbus);
      written(folder, 'suricata', plantPlan(), 'monitor');
      const done = spawnSync('sh', [join(folder, 'check.sh'), join(folder, 'suricata.yaml')], { encoding: 'utf8' });
      expect(done.status === 0, `${done.stdout}${done.stderr}`).toBe(modbus);
      if (!modbus) expect(done.stderr).toContain('missing in');
    }
  });

  test('the test captures of the same spec: what must pass is silent, what must be blocked alerts', () => {
    const folder = folderFor('captures');
    written(folder, 'suricata', plantPlan(), 'monitor');
    const captures = written(join(folder, 'pcaps'), 'test-pcaps', plantPlan(), 'monitor');
    const rows = (captures.get('expectations.csv') as string).split('\n').slice(1, -1).map((line) => line.split(','));
    const faults: string[] = [];
    for (const path of captures.keys()) {
      if (!path.endsWith('.pcap')) continue;
      const expected = path.endsWith('must-pass.pcap') ? 'pass' : 'block';
      const alerted = alertedPorts(folder, join(folder, 'pcaps', path));
      const own = rows.filter((row) => path.startsWith(`${row[0]}/`) && row[2] === expected);
      expect(own.length).toBeGreaterThan(0);
      faults.push(...own.filter((row) => alerted.has(Number(row[4])) !== (expected === 'block')).map((row) => row.join()));
    }
    expect(faults).toEqual([]);
    expect(rows.length).toBeGreaterThan(150);
  });

  test('what stays in a zone is silent, and what leaves one without a Permit alerts', () => {
    const folder = folderFor('in-zone');
    written(folder, 'suricata', inZonePlan(), 'monitor');
    const flows = [...IN_ZONE, ['10.1.2.20', '10.1.1.10', 'tcp', 502], ['10.1.1.20', '10.9.9.5', 'udp', 2222], ['10.9.9.9', '239.7.7.7', 'udp', 5007]] as const;
    const read = { unit: 1, functionCode: 3, start: 100, quantity: 1 };
    const frames = flows.flatMap(([client, server, transport, port], index) => {
      const [from, to] = [{ ip: client, port: 50_000 + index }, { ip: server, port }];
      return transport === 'udp' ? [udpDatagram(from, to, modbusRequest(read, 1))] : tcpSession(from, to, [{ fromClient: true, payload: modbusRequest(read, 1) }, { fromClient: false, payload: modbusAnswer(read, 1) }]);
    });
    const capture = join(folder, 'in-zone.pcap');
    writeFileSync(capture, pcapFile(frames));
    const alerted = alertedPorts(folder, capture);
    expect(flows.filter((_, index) => alerted.has(50_000 + index))).toEqual(flows.slice(IN_ZONE.length));
  });

  test('a zone of a thousand hosts that stand alone: rules that were split stop what one would', () => {
    const plan = bigPlan();
    const strangers = { ipv4: ['10.100.0.101', '10.103.1.102', '10.0.0.1', '10.99.255.255', '198.51.100.7'], ipv6: ['fd00:100::2', 'fd00:3::1', '2001:db8::7'] };
    const hosts = { ipv4: { scada: '10.1.2.1', plc: '10.1.1.1' }, ipv6: { scada: 'fd00:1::1', plc: 'fd00:2::1' } };
    const flows = (['ipv4', 'ipv6'] as const).flatMap((family) => {
      const { scada, plc } = hosts[family];
      const others = [...BIG_HOSTS[family].filter((_, at) => at % 5 === 0 || at % 60 > 57), ...strangers[family]];
      return others.flatMap((host) => [[host, plc, 502], [host, plc, 80], [plc, host, 502], [scada, host, 10_003], [scada, host, 10_004], [host, scada, 10_003], [host, strangers[family][0]!, 80]] as const).filter(([client, server]) => client !== server);
    });
    const ask = modbusRequest({ unit: 1, functionCode: 3, start: 0, quantity: 1 }, 1);
    const frames = flows.flatMap(([client, server, port], at) => tcpSession({ ip: client, port: 20_000 + at }, { ip: server, port }, [{ fromClient: true, payload: ask }]));
    const isBig = (host: string): boolean => BIG_HOSTS.ipv4.includes(host) || BIG_HOSTS.ipv6.includes(host);
    const passes = ([client, server, port]: (typeof flows)[number]): boolean => {
      const [isPlc, isScada] = (['plc', 'scada'] as const).map((name) => Object.values(hosts).some((own) => own[name] === (name === 'plc' ? server : client)));
      return (isBig(client) && isPlc! && port === 502) || (isScada! && isBig(server) && port === 10_003);
    };
    for (const mode of ['enforce', 'monitor'] as const) {
      const folder = folderFor(`split-${mode}`);
      const rules = written(folder, 'suricata', plan, mode).get('baseline.rules') as string;
      expect(rules.split('\n').every((line) => line.length <= 8190)).toBe(true);
      writeFileSync(join(folder, 'big.pcap'), pcapFile(frames));
      const alerted = alertedPorts(folder, join(folder, 'big.pcap'), mode === 'enforce');
      expect(flows.filter((flow, at) => alerted.has(20_000 + at) === passes(flow))).toEqual([]);
    }
    expect(flows.filter(passes).length).toBeGreaterThan(300);
  });

  test('a connection is judged when it opens: one that was open goes on when its server speaks first', () => {
    const plan = plantPlan();
    const body = { fromClient: true, payload: Uint8Array.of(1, 2, 3, 4) };
    const forbidden = { ip: '192.168.10.11', port: 23 };
    const [client, server] = [{ ip: '192.168.30.40', port: 50_000 }, { ip: '192.168.10.11', port: 22 }];
    const answer = { ...body, fromClient: false };
    const open = tcpSession(client, server, [answer, body, answer, body]).slice(3, -3);
    const [permitted, first] = [server, forbidden].map((to, index) => tcpSession({ ...client, port: 50_001 + index }, to, [body, answer]));
    // Hosts take a SYN with FIN, PSH or URG for a SYN.
    const odd = [0x01, 0x08, 0x20].map((flag, index) => {
      const [syn] = tcpSession({ ...client, port: 50_010 + index }, forbidden, []);
      syn![14 + 20 + 13]! |= flag;
      return syn!;
    });
    const found = (['enforce', 'monitor'] as const).map((mode) => {
      const folder = folderFor(`opening-${mode}`);
      written(folder, 'suricata', plan, mode);
      const alerted = (frames: readonly Uint8Array[]): boolean => {
        writeFileSync(join(folder, 'x.pcap'), pcapFile(frames));
        return alertedPorts(folder, join(folder, 'x.pcap')).size > 0;
      };
      return { open: alerted(open), permitted: alerted(permitted!), first: alerted(first!.slice(0, 1)), odd: odd.map((syn) => alerted([syn])) };
    });
    expect(found[0]).toEqual({ open: false, permitted: false, first: true, odd: [true, true, true] });
    // Monitor mode sees connections that are open already.
    expect(found[1]).toEqual({ open: true, permitted: false, first: true, odd: [true, true, true] });
  });

  test('a Permit of a hundred ports is inspected to its last one', () => {
    const plan = plantPlan();
    const permits = plan.permits.filter(({ permit }) => permit.id === 'K1-READ').map((entry) => ({ ...entry, permit: { ...entry.permit, service: { ...entry.permit.service, ports: [{ first: 502, last: 502 }, { first: 1500, last: 1600 }] } } }));
    const [{ client, server } = { client: [], server: [] }] = permits;
    const [from, to] = [client, server].map((spans) => rangeText(spans.find(({ family }) => family === 'ipv4')!).split(/[-/]/)[0]!);
    const folder = folderFor('ports', true, '502, 1500:1600');
    written(folder, 'suricata', { ...plan, permits }, 'enforce');
    // The configuration above is what the switch says, and the check agrees.
    expect(readFileSync(join(folder, 'suricata-switch.yaml'), 'utf8')).toContain('dp: 502, 1500:1600\n');
    expect(spawnSync('sh', [join(folder, 'check.sh'), join(folder, 'suricata.yaml')], { encoding: 'utf8' }).status).toBe(0);
    const requests = [[1500, 3], [1600, 3], [1500, 6], [1600, 6]] as const;
    const frames = requests.flatMap(([port, functionCode], index) => {
      const read = { unit: 1, functionCode, start: 100, quantity: 1 };
      return tcpSession({ ip: from!, port: 50_000 + index }, { ip: to!, port }, [{ fromClient: true, payload: modbusRequest(read, 1) }, { fromClient: false, payload: modbusAnswer(read, 1) }]);
    });
    writeFileSync(join(folder, 'ports.pcap'), pcapFile(frames));
    const alerted = alertedPorts(folder, join(folder, 'ports.pcap'));
    expect(requests.filter((_, index) => alerted.has(50_000 + index))).toEqual(requests.slice(2));
  });

  test('requests pass however they are cut, and what no Permit lets through does not', () => {
    const plan = plantPlan();
    const permits = plan.permits.filter(({ permit }) => permit.id === 'K1-READ');
    const [{ client, server } = { client: [], server: [] }] = permits;
    const [from, to] = [client, server].map((spans) => rangeText(spans.find(({ family }) => family === 'ipv4')!).split(/[-/]/)[0]!);
    const folder = folderFor('cut');
    written(folder, 'suricata', { ...plan, permits }, 'enforce');
    const ask = (functionCode: number, transaction = 1): Uint8Array => modbusRequest({ unit: 1, functionCode, start: 100, quantity: 1 }, transaction);
    const foreign = ((octets: Uint8Array): Uint8Array => {
      octets[3] = 7;
      return octets;
    })(ask(3));
    const cut = (octets: Uint8Array, ...at: readonly number[]): Uint8Array[] => [0, ...at].map((start, i) => octets.subarray(start, at[i] ?? octets.length));
    const many = Uint8Array.from(Array.from({ length: 30 }, (_, i) => [...ask(3, i)]).flat());
    const everywhere = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11];
    const single = (octets: Uint8Array): Uint8Array[] => [...octets].map((octet) => Uint8Array.of(octet));
    const text = new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n');
    const both = (functionCode: number): Uint8Array => Uint8Array.from([...ask(3), ...ask(functionCode)]);
    const passing = [
      [ask(3)], [ask(3), ...cut(ask(3), 5), ask(3)], [ask(3), ...cut(ask(3), 7)], [ask(3).subarray(0, 2)],
      cut(many, 100, 200, 300), cut(many, 17, 34, 51, 68), cut(many, 2), single(many),
      ...everywhere.flatMap((at) => [cut(ask(3), at), [...cut(ask(3), at), ask(3)]]),
    ];
    const stopped = [
      [ask(3), ask(6)], [ask(3), ...cut(ask(6), 5)], [ask(3), ask(100)], [ask(3), foreign],
      ...[foreign, ask(100), ask(6), text, both(6), both(100)].flatMap((octets) => [[octets], single(octets), ...everywhere.map((at) => cut(octets, at))]),
    ];
    const all = [...passing, ...stopped];
    const frames = all.flatMap((segments, index) => tcpSession({ ip: from!, port: 50_000 + index }, { ip: to!, port: 502 }, segments.map((payload) => ({ fromClient: true, payload }))));
    writeFileSync(join(folder, 'cut.pcap'), pcapFile(frames));
    for (const isInline of [true, false]) {
      const alerted = alertedPorts(folder, join(folder, 'cut.pcap'), isInline);
      expect(all.map((_, index) => alerted.has(50_000 + index))).toEqual(all.map((_, index) => index >= passing.length));
    }
  });

  test('a write of one value to the last address is no write to the first', () => {
    const plan = plantPlan();
    const [model] = plan.permits.filter(({ permit }) => permit.id === 'K1-READ');
    const [from, to] = [model!.client, model!.server].map((spans) => rangeText(spans.find(({ family }) => family === 'ipv4')!).split(/[-/]/)[0]!);
    const ask = (functionCode: number, start: number): Uint8Array => modbusRequest({ unit: 1, functionCode, start, quantity: 1 }, 1);
    const places = [0, 1, 9, 10, 60_000, 65_534, 65_535];
    for (const [name, first, last] of [['top', 60_000, 65_535], ['bottom', 0, 9], ['between', 10, 65_534]] as const) {
      const range = { access: 'write' as const, table: 'holding-register' as const, first, last };
      const folder = folderFor(`last-${name}`);
      written(folder, 'suricata', { ...plan, permits: [{ ...model!, permit: { ...model!.permit, access: [], modbus: { functionCodes: [6, 22], unitIds: [], ranges: [range] } } }] }, 'enforce');
      const all = [6, 22].flatMap((code) => places.map((start) => ({ code, start })));
      const frames = all.flatMap(({ code, start }, index) => tcpSession({ ip: from!, port: 50_000 + index }, { ip: to!, port: 502 }, [{ fromClient: true, payload: ask(code, start) }]));
      writeFileSync(join(folder, 'last.pcap'), pcapFile(frames));
      const alerted = alertedPorts(folder, join(folder, 'last.pcap'));
      expect(all.filter((_, index) => !alerted.has(50_000 + index))).toEqual(all.filter(({ start }) => first <= start && start <= last));
    }
  });

  test('of function code 23 what it writes is judged, and what it reads is said to be open', () => {
    const plan = plantPlan();
    const [model] = plan.permits.filter(({ permit }) => permit.id === 'K1-READ');
    const [from, to] = [model!.client, model!.server].map((spans) => rangeText(spans.find(({ family }) => family === 'ipv4')!).split(/[-/]/)[0]!);
    const holding = (access: 'read' | 'write', first: number): { access: 'read' | 'write'; table: 'holding-register'; first: number; last: number } => ({ access, table: 'holding-register', first, last: first + 9 });
    const permits = [{ ...model!, permit: { ...model!.permit, access: [], modbus: { functionCodes: [3, 23], unitIds: [1], ranges: [holding('read', 100), holding('write', 300)] } } }];
    const folder = folderFor('both');
    const [row] = exportPlan(exporterOf('suricata'), { ...plan, permits }, { mode: 'enforce', allowWider: true }).losses;
    expect([row?.verdict, row?.effects[0]?.modbus?.ranges]).toEqual(['widened', ['3:100-109', '23w:300-309']]);
    written(folder, 'suricata', { ...plan, permits }, 'enforce');
    const read = (start: number): Uint8Array => modbusRequest({ unit: 1, functionCode: 3, start, quantity: 1 }, 1);
    const both = (readStart: number, writeStart: number): Uint8Array => Uint8Array.from([0, 1, 0, 0, 0, 13, 1, 23, readStart >> 8, readStart & 255, 0, 1, writeStart >> 8, writeStart & 255, 0, 1, 2, 0, 0]);
    const all = [read(100), both(100, 300), both(100, 309), read(0), read(300), both(100, 0), both(100, 100)];
    const frames = all.flatMap((payload, index) => tcpSession({ ip: from!, port: 50_000 + index }, { ip: to!, port: 502 }, [{ fromClient: true, payload }]));
    writeFileSync(join(folder, 'both.pcap'), pcapFile(frames));
    const alerted = alertedPorts(folder, join(folder, 'both.pcap'));
    expect(all.map((_, index) => alerted.has(50_000 + index))).toEqual(all.map((_, index) => index > 2));
  });

  test('a connection that begins with a function code without a name goes on, and is held to what is permitted', () => {
    const plan = plantPlan();
    const [model] = plan.permits.filter(({ permit }) => permit.id === 'K1-READ');
    const [from, to] = [model!.client, model!.server].map((spans) => rangeText(spans.find(({ family }) => family === 'ipv4')!).split(/[-/]/)[0]!);
    const holding = { access: 'read' as const, table: 'holding-register' as const, first: 0, last: 9 };
    const permits = ([['UMAS', [6, 90], [1], []], ['READ', [3], [1, 5], [holding]], ['NAME', [43], [5], []]] as const).map(([id, functionCodes, unitIds, ranges]) => ({ ...model!, permit: { ...model!.permit, id, access: [], modbus: { functionCodes, unitIds, ranges } } }));
    const folder = folderFor('unnamed');
    const { losses } = exportPlan(exporterOf('suricata'), { ...plan, permits }, { mode: 'enforce', allowWider: true });
    expect(losses.filter(({ reasons }) => reasons.join().includes('judged segment by segment')).map(({ permit }) => permit)).toEqual(['UMAS']);
    written(folder, 'suricata', { ...plan, permits }, 'enforce');
    const ask = (functionCode: number, unit = 1): Uint8Array => modbusRequest({ unit, functionCode, start: 0, quantity: 1 }, 1);
    const umas = (unit = 1, body: readonly number[] = [0, 2]): Uint8Array => Uint8Array.from([0, 1, 0, 0, 0, 2 + body.length, unit, 90, ...body]);
    const cut = (octets: Uint8Array, at: number): Uint8Array[] => [octets.subarray(0, at), octets.subarray(at)];
    const joined = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
    const passing = [[umas()], [umas(), umas(), umas()], [umas(1, [])], [umas(1, []), umas()], [umas(), ask(6), ask(43, 5), umas()], [ask(3), umas(), ask(3), ...cut(umas(), 9), joined(umas(), ask(3))]];
    const stopped = [
      [umas(5)], [umas(1, []), umas(5, [])], [umas(), umas(5)], [umas(9)], [umas(), umas(9)], [ask(3), umas(5)], [umas(), ask(6, 5)], [umas(), ask(43)], [umas(), ask(16)], [umas(), ask(3)],
      cut(umas(), 9), [umas(), ...cut(umas(), 9)], [umas(), ...cut(ask(16), 3)], [joined(umas(), ask(16))], [umas(), joined(umas(), ask(16))], ...[1, 4, 7].flatMap((at) => [umas(), umas(5), joined(umas(), ask(16))].map((octets) => cut(octets, at))),
    ];
    const all = [...passing, ...stopped];
    const frames = all.flatMap((segments, index) => tcpSession({ ip: from!, port: 50_000 + index }, { ip: to!, port: 502 }, segments.map((payload) => ({ fromClient: true, payload }))));
    writeFileSync(join(folder, 'unnamed.pcap'), pcapFile(frames));
    for (const isInline of [true, false]) {
      const alerted = alertedPorts(folder, join(folder, 'unnamed.pcap'), isInline);
      expect(all.map((_, index) => alerted.has(50_000 + index))).toEqual(all.map((_, index) => index >= passing.length));
    }
  });

  test('ICMP errors reach whom a Permit names, however much they quote and whoever sends them, and nothing else does', () => {
    const plan = { ...inZonePlan(), permits: inZonePlan().permits.filter(({ permit }) => permit.id === 'MB') };
    /** A datagram made ICMP: its ports, length and checksum stand where type, code and the rest of the header are. */
    const icmp = (from: string, to: string, type: number, quoted: Uint8Array): Uint8Array => {
      const isIpv6 = from.includes(':');
      const frame = udpDatagram({ ip: from, port: 0 }, { ip: to, port: 0 }, quoted);
      frame[14 + (isIpv6 ? 6 : 9)] = isIpv6 ? 58 : 1;
      frame.fill(0, 14 + (isIpv6 ? 40 : 20), 14 + (isIpv6 ? 48 : 28));
      frame[14 + (isIpv6 ? 40 : 20)] = type;
      return frame;
    };
    const [client, server, router, stranger] = ['10.9.9.5', '10.1.1.10', '10.1.1.20', '203.0.113.9'];
    const [from, to] = [{ ip: client, port: 50_000 }, { ip: server, port: 502 }];
    const body = { fromClient: true, payload: modbusRequest({ unit: 1, functionCode: 3, start: 0, quantity: 1 }, 1) };
    const session = tcpSession(from, to, [body, { ...body, fromClient: false }]);
    const [asked, answered] = [session[3]!.subarray(14), session[5]!.subarray(14)];
    const quotes = (whole: Uint8Array): Uint8Array[] => [whole, whole.subarray(0, 28)];
    const passing = [3, 11, 12].flatMap((type) => [
      ...quotes(asked).flatMap((quoted) => [server, router, stranger].map((source) => icmp(source, client, type, quoted))),
      ...quotes(answered).flatMap((quoted) => [client, stranger].map((source) => icmp(source, server, type, quoted))),
    ]);
    const stopped = [
      ...[0, 4, 5, 8, 13].flatMap((type) => [icmp(client, server, type, asked), icmp(server, client, type, asked)]),
      ...[3, 11, 12].flatMap((type) => [icmp(client, '10.1.1.20', type, asked), icmp(stranger, '10.1.1.20', type, asked)]),
    ];
    for (const mode of ['enforce', 'monitor'] as const) {
      const folder = folderFor(`icmp-${mode}`);
      written(folder, 'suricata', plan, mode);
      const alerts = (frame: Uint8Array): number => {
        writeFileSync(join(folder, 'icmp.pcap'), pcapFile([...session.slice(0, 7), frame]));
        return alertedPorts(folder, join(folder, 'icmp.pcap'), mode === 'enforce').size;
      };
      // All that passes at once: it is silent.
      writeFileSync(join(folder, 'passing.pcap'), pcapFile([...session.slice(0, 7), ...passing]));
      expect(alertedPorts(folder, join(folder, 'passing.pcap'), mode === 'enforce').size).toBe(0);
      if (mode === 'enforce') expect(stopped.map(alerts).filter((count) => count === 0)).toEqual([]);
    }
  });

  test('what a parser of the engine does not understand is not stopped where a Permit lets all of the port through', () => {
    const folder = folderFor('own-errors');
    const plan = plantPlan();
    const permits = plan.permits
      .filter((entry) => entry.permit.id === 'K1-MAINT')
      .map((entry) => ({ ...entry, permit: { ...entry.permit, service: { protocol: 'https', transport: 'tcp' as const, ports: [{ first: 443, last: 443 }] } } }));
    written(folder, 'suricata', { ...plan, permits }, 'enforce');
    const clientHello = Buffer.from(`160301002d010000290303${'11'.repeat(32)}000002c02f0100`, 'hex');
    const session = (port: number, to: number): Uint8Array[] =>
      tcpSession({ ip: '192.168.30.40', port }, { ip: '192.168.10.12', port: to }, [{ fromClient: true, payload: clientHello }, { fromClient: false, payload: Buffer.alloc(16, 0xff) }, { fromClient: true, payload: Buffer.alloc(64) }]);
    const capture = join(folder, 'own-errors.pcap');
    writeFileSync(capture, pcapFile([...session(50_000, 443), ...session(50_001, 444)]));
    const stopped = alertedPorts(folder, capture, true);
    expect([stopped.has(50_000), stopped.has(50_001)]).toEqual([false, true]);
  });

  test('a port of SCTP is held like one of TCP', () => {
    const folder = folderFor('sctp');
    const plan = plantPlan();
    const permits = plan.permits
      .filter((entry) => entry.permit.id === 'K1-MAINT')
      .map((entry) => ({ ...entry, permit: { ...entry.permit, service: { ...entry.permit.service, transport: 'sctp', ports: [{ first: 9998, last: 9998 }] } } }));
    written(folder, 'suricata', { ...plan, permits }, 'monitor');
    /** A datagram made an INIT: its length and checksum stand where the tag is, its payload is the checksum and the chunk (RFC 9260 section 3). */
    const init = (port: number): Uint8Array => {
      const chunk = [0, 0, 0, 0, 1, 0, 0, 20, 0, 0, 0, 1, 0, 0, 5, 220, 0, 1, 0, 1, 0, 0, 0, 1];
      const frame = udpDatagram({ ip: '192.168.30.40', port: 40_000 + (port % 1000) }, { ip: '192.168.10.12', port }, Uint8Array.from(chunk));
      frame[14 + 9] = 132;
      return frame;
    };
    const capture = join(folder, 'sctp.pcap');
    writeFileSync(capture, pcapFile([init(9998), init(9999)]));
    const alerted = alertedPorts(folder, capture);
    expect([alerted.has(9998), alerted.has(9999)]).toEqual([false, true]);
  });

  const plant = plantPlan();
  const cases = [
    ['at every boundary', plant, '192.168.30.6', '192.168.10.11', 100, sampleRequests(plant).filter((one) => [0, 1, 2, 3].includes(one.unit))],
    ['across the ends of Permits that touch', halvesPlan(), '10.30.0.2', '10.20.0.2', 0, halvesRequests()],
    ['about the ends of the data addresses', edgesPlan(), '10.30.0.2', '10.20.0.2', 0, edgesRequests()],
  ] as const;
  test.each(cases)('requests %s, behind a permitted one in the same connection', (name, plan, client, server, start, requests) => {
    const folder = folderFor(name);
    written(folder, 'suricata', plan, 'monitor');
    const effects = exportPlan(exporterOf('suricata'), plan, { mode: 'monitor' }).losses.flatMap((row) => row.effects);
    const opener = { unit: 1, functionCode: 3, start, quantity: 1 };
    const frames = requests.flatMap((request, index) =>
      tcpSession({ ip: client, port: 1024 + index }, { ip: server, port: 502 }, [
        { fromClient: true, payload: modbusRequest(opener, 1) },
        { fromClient: false, payload: modbusAnswer(opener, 1) },
        { fromClient: true, payload: modbusRequest(request, 2) },
        { fromClient: false, payload: modbusAnswer(request, 2) },
      ]),
    );
    const capture = join(folder, 'boundaries.pcap');
    writeFileSync(capture, pcapFile(frames));
    const alerted = alertedPorts(folder, capture);
    const wrong = requests.filter((modbus, index) => alerted.has(1024 + index) === letsThrough(effects, { client, server, transport: 'tcp', port: 502, modbus }));
    expect(wrong).toEqual([]);
    expect(requests.length).toBeGreaterThan(500);
  });
});
