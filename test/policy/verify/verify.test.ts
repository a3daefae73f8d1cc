/**
 * Passive verification against planted faults of enforcement: a plant that holds gives no failure, and each of thirty
 * faults gives its own kind of failure and no other; diodes alive, dead and leaking; what cannot be seen is never passed.
 */
import { describe, expect, test } from 'vitest';
import type { Conversation, LoggedAttempt, ObservationSet, Operation } from '../../../src/observation.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import type { CheckKind } from '../../../src/policy/verify/checks.ts';
import { verifySpec, type Verification } from '../../../src/policy/verify/verify.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import type { WindowTraffic } from '../../../src/store/read-window.ts';
import { addressRecord, conversation, daysFrom, modbus, MONDAY, namedOperation, observations } from '../observed.ts';

const SPEC = `spec_version: 1
timezone: UTC
zones:
  - {zone_id: SIS, name: Safety, kind: safety, vlans: [10], assets: [{asset_id: SIS-01, role: sis, ip: [10.1.0.1]}, {asset_id: SIS-EWS, role: ews, ip: [10.1.0.9]}]}
  - zone_id: CELL
    name: Cell
    kind: control
    vlans: [20]
    assets:
      - {asset_id: PLC-01, role: plc, ip: [10.2.0.1]}
      - {asset_id: PLC-02, role: plc, ip: [10.2.0.2]}
      - {asset_id: HMI-01, role: hmi, ip: [10.2.0.9]}
  - zone_id: OPS
    name: Operations
    kind: operations
    vlans: [30]
    assets:
      - {asset_id: HIST, role: historian, ip: [10.3.0.1]}
      - {asset_id: OPC, role: opcua-server, ip: [10.3.0.2]}
      - {asset_id: EWS, role: ews, ip: [10.3.0.3]}
      - {asset_id: TX, role: data-diode, ip: [10.3.0.100]}
  - zone_id: DMZ
    name: DMZ
    kind: dmz
    vlans: [40]
    assets:
      - {asset_id: REPLICA, role: historian, ip: [10.4.0.1]}
      - {asset_id: RX, role: data-diode, ip: [10.4.0.100]}
      - {asset_id: WSUS, role: patch-server, ip: [10.4.0.2]}
  - {zone_id: ENT, name: Office, kind: enterprise, vlans: [50], assets: [{asset_id: PCS, role: it-client, ip: [10.5.0.0/24], count: 40}]}
conduits:
  - conduit_id: C1
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: R-POLL, protocol: Modbus/TCP, transport: tcp, port: 502, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC-01, PLC-02]}, access: read,
         modbus: {function_codes: [3, 4], unit_ids: [1], ranges: [{table: holding-register, start: 0, end: 99, access: read}, {table: input-register, start: 0, end: 9, access: read}]}}
      - {rule_id: R-NO-COILS, protocol: Modbus/TCP, transport: tcp, port: 502, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC-01]}, access: write, modbus: {function_codes: [5]}, decision: rejected, owner: A. Keller}
      - {rule_id: R-UA, protocol: OPC UA, transport: tcp, port: 4840, client: {zone: CELL, assets: [HMI-01]}, server: {zone: OPS, assets: [OPC]}, access: read,
         opcua: {security_mode: [SignAndEncrypt, Sign], services: [Read, Publish]}}
      - {rule_id: R-TIME, protocol: NTP, transport: udp, port: 123, client: {zone: CELL}, server: {zone: OPS, assets: [OPC]}}
      - {rule_id: R-LOG, protocol: Syslog, transport: udp, port: 514, client: {zone: CELL}, server: {zone: OPS, assets: [HIST]}}
  - conduit_id: C2
    connects: [OPS, DMZ]
    protocols_allowed:
      - {rule_id: R-PI, protocol: PI-to-PI, transport: tcp, port: 5450, client: {zone: OPS, assets: [HIST]}, server: {zone: DMZ, assets: [REPLICA]},
         unidirectional: {from: OPS, to: DMZ, via_asset: TX, tx_endpoint: {zone: OPS, assets: [TX]}, rx_endpoint: {zone: DMZ, assets: [RX]}}}
      - {rule_id: R-PATCH, protocol: HTTPS, transport: tcp, port: 443, client: {zone: OPS, assets: [EWS]}, server: {zone: DMZ, assets: [WSUS]}}
  - conduit_id: C3
    connects: [DMZ, ENT]
    protocols_allowed:
      - {rule_id: R-WEB, protocol: HTTPS, transport: tcp, port: 443, client: {zone: ENT, addresses: [10.5.0.7]}, server: {zone: DMZ, assets: [REPLICA]}}
      - {rule_id: R-NO, protocol: SSH, transport: tcp, port: 22, client: {zone: ENT, addresses: [10.5.0.7]}, server: {zone: DMZ, assets: [REPLICA]}, decision: rejected, owner: A. Keller}
`;

const { loaded } = parseSpec(SPEC, 'spec.yaml');
if (loaded === null) throw new Error('the spec of this test does not hold');

const [HIST, OPC, EWS, TX] = ['10.3.0.1', '10.3.0.2', '10.3.0.3', '10.3.0.100'];
const [PLC1, PLC2, HMI] = ['10.2.0.1', '10.2.0.2', '10.2.0.9'];
const [REPLICA, RX, WSUS] = ['10.4.0.1', '10.4.0.100', '10.4.0.2'];
const PC = '10.5.0.7';
const SIS = '10.1.0.1';
const AFTER = daysFrom(MONDAY + 14, 7);
const BEFORE = daysFrom(MONDAY, 14);

const UA = [['opcua.mode', 'Sign'], ['opcua.policy', 'http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256']] as const;

/** A plant that holds, in these days. */
const plant = (days: readonly number[]): Conversation[] => [
  modbus(HIST, PLC1, [{ code: 3, days, ranges: [[0, 49], [50, 99]] }, { code: 4, days }], { vlan: 20 }),
  modbus(HIST, PLC2, [{ code: 3, days, ranges: [[0, 49]] }, { code: 4, days }], { vlan: 20 }),
  conversation(HMI, OPC, { port: 4840, service: 'opcua', days, facts: UA, operations: [namedOperation('opcua', 631, 'Read', 'read', days), namedOperation('opcua', 826, 'Publish', 'read', days)] }),
  conversation(HMI, OPC, { transport: 'udp', port: 123, service: 'ntp', days }),
  conversation(PLC1, HIST, { transport: 'udp', port: 514, service: 'syslog', days, answered: false }),
  conversation(HIST, TX, { port: 5450, service: 'pi', days }),
  conversation(RX, REPLICA, { port: 5450, service: 'pi', days }),
  conversation(EWS, WSUS, { port: 443, service: 'https', days }),
  conversation(PC, REPLICA, { port: 443, service: 'https', days }),
  // Within zones: the sensor stands inside.
  modbus(HMI, PLC1, [{ code: 16, days, ranges: [[0, 3]] }]),
  modbus('10.1.0.9', SIS, [{ code: 3, days }]),
  conversation(EWS, HIST, { port: 445, service: 'smb', days }),
  conversation(WSUS, REPLICA, { port: 445, service: 'smb', days }),
  conversation('10.5.0.9', PC, { port: 445, service: 'smb', days }),
  // Somebody tried, and was stopped.
  conversation(PC, PLC1, { port: 502, service: '', days: [AFTER[1]], answered: false }),
];

const quiet = (set: readonly Conversation[]): ObservationSet => observations(set, AFTER, [PLC1, PLC2, HMI, HIST, OPC, EWS, TX, REPLICA, RX, WSUS, SIS].map((address, i) => addressRecord(address, [`02:00:00:00:00:${(i + 16).toString(16)}`])));

/** What the hours of a store would say: active from 8 to 16 on its days, one segment an answer. */
const trafficOf = (set: ObservationSet): Map<number, WindowTraffic> => new Map(set.conversations.map((one) => [one.id, {
  answers: one.packets.toClient === 0 || one.answeredSessions === 0 ? 0 : one.operations.length > 0 ? one.operations.reduce((sum, { responses, errors }) => sum + responses + errors, 0) : one.packets.toClient > one.sessions ? one.packets.toClient : 0,
  hours: one.days.flatMap(({ day }) => Array.from({ length: 24 }, (_, hour) => day * 24 + hour)), isWhole: true,
}]));

const verify = (conversations: readonly Conversation[], { before = false, set = quiet(conversations), attempts = [] as readonly LoggedAttempt[] } = {}): Verification => {
  const earlier = observations(plant(BEFORE), BEFORE);
  return verifySpec({ compared: contextOf(loaded, set), traffic: trafficOf(set), before: before ? { set: earlier, traffic: trafficOf(earlier) } : null, attempts, probes: [], sensor: () => 'test' });
};

const failures = ({ checks }: Verification): string[] => checks.filter(({ verdict }) => verdict === 'fail').map(({ kind }) => kind);

const is = (client: string, server: string, port?: number) => (one: Conversation): boolean => one.client === client && one.server === server && (port === undefined || one.port === port);
const plus = (...more: Conversation[]): Conversation[] => [...plant(AFTER), ...more];
const without = (pick: (one: Conversation) => boolean): Conversation[] => plant(AFTER).filter((one) => !pick(one));
const changed = (pick: (one: Conversation) => boolean, change: (one: Conversation) => Conversation): Conversation[] => {
  if (!plant(AFTER).some(pick)) throw new Error('the mutation changes nothing');
  return plant(AFTER).map((one) => (pick(one) ? change(one) : one));
};
const silent = (one: Conversation): Conversation => ({
  ...one, packets: { ...one.packets, toClient: 0 }, bytes: { ...one.bytes, toClient: 0 }, answeredSessions: 0, operations: one.operations.map((operation) => ({ ...operation, responses: 0, errors: 0 })),
});
const refused = (one: Conversation): Conversation => ({ ...silent(one), packets: { toServer: 20, toClient: 20 } });
const operations = (change: (operation: Operation) => Operation) => (one: Conversation): Conversation => ({ ...one, operations: one.operations.map(change) });
const on = (code: number, change: Partial<Operation>) => operations((operation) => (operation.function === code ? { ...operation, ...change } : operation));
const also = (client: string, server: string, extra: Operation) => changed(is(client, server), (one) => ({ ...one, operations: [...one.operations, extra] }));
const modbusOf = (code: number, unit = 1, ranges: readonly (readonly [number, number])[] = [[0, 3]]): Operation => modbus(HIST, PLC1, [{ code, unit, ranges, days: [AFTER[2]] }]).operations[0];

/** What is wrong, what is seen after it, the one kind of failure. `before`: only the comparison finds it. */
const FAULTS: readonly (readonly [string, readonly Conversation[], CheckKind, boolean?])[] = [
  // Too tight: what is permitted does not work.
  ['one pair of a Permit blocked, SYN without answer', changed(is(HIST, PLC2), (one) => ({ ...silent(one), operations: [], requests: 0 })), 'permitted'],
  ['one pair of a Permit refused by resets', changed(is(HIST, PLC2), (one) => ({ ...refused(one), operations: [], requests: 0 })), 'permitted'],
  ['a permitted function code dropped by inspection', changed(is(HIST, PLC1), on(4, { responses: 0 })), 'permitted'],
  ['a permitted range dropped by inspection: half of the answers missing', changed(is(HIST, PLC1), on(3, { responses: 350 })), 'permitted'],
  ['OPC UA blocked at its port', changed(is(HMI, OPC, 4840), (one) => ({ ...silent(one), operations: [], requests: 0 })), 'permitted'],
  ['an OPC UA service dropped', changed(is(HMI, OPC, 4840), on(826, { responses: 0 })), 'permitted'],
  ['NTP blocked', changed(is(HMI, OPC, 123), silent), 'permitted'],
  ['HTTPS to the DMZ: handshake passes, data is dropped', changed(is(EWS, WSUS), (one) => ({ ...one, packets: { toServer: 50, toClient: 7 }, sessions: 7 })), 'permitted'],
  ['HTTPS refused with ICMP administratively prohibited', changed(is(PC, REPLICA), (one) => ({ ...silent(one), facts: [{ name: 'icmp.unreachable', value: 'code 13 from 10.5.0.1', toServer: 0, toClient: 9 }] })), 'permitted'],
  ['a poll that ran daily has stopped, both ends heard', without(is(HIST, PLC2)).concat(conversation(PLC2, HMI, { port: 44818, service: 'enip', days: AFTER })), 'permitted', true],
  ['a function code that ran daily has stopped', changed(is(HIST, PLC1), (one) => ({ ...one, operations: one.operations.filter(({ function: code }) => code !== 4) })), 'permitted', true],
  ['answers became exceptions', changed(is(HIST, PLC2), on(4, { responses: 0, errors: 700, errorCodes: [{ code: 1, count: 700 }] })), 'permitted', true],
  // Too loose: what is prohibited gets through.
  ['office reads a controller', plus(modbus('10.5.0.8', PLC1, [{ code: 3, days: [AFTER[3]] }])), 'prohibited'],
  ['office opens a session to the historian, no data', plus(conversation('10.5.0.8', HIST, { port: 1433, service: '', days: [AFTER[3]] })), 'prohibited'],
  ['an undeclared client for a permitted service', plus(modbus(OPC, PLC1, [{ code: 3, days: [AFTER[3]] }])), 'prohibited'],
  ['the permitted service on another port', plus(modbus(HIST, PLC1, [{ code: 3, days: [AFTER[3]] }], { port: 1502 })), 'prohibited'],
  ['the reverse direction opened', plus(modbus(PLC1, HIST, [{ code: 3, days: [AFTER[3]] }])), 'prohibited'],
  ['a rejected rule still passes', plus(conversation(PC, REPLICA, { port: 22, service: 'ssh', days: [AFTER[3]] })), 'prohibited'],
  ['safety is reached from the cell', plus(modbus(HMI, SIS, [{ code: 3, days: [AFTER[3]] }])), 'prohibited'],
  ['safety reaches out', plus(conversation(SIS, OPC, { transport: 'udp', port: 53, service: 'dns', days: [AFTER[3]] })), 'prohibited'],
  ['a stranger from nowhere is answered', plus(modbus('192.168.77.5', PLC1, [{ code: 3, days: [AFTER[3]] }])), 'prohibited'],
  ['an attempt arrives on the server\'s VLAN and nobody answers', plus(conversation('10.5.0.8', PLC2, { port: 102, service: '', days: [AFTER[3]], answered: false, vlan: 20 })), 'prohibited'],
  ['an attempt arrives on the server\'s VLAN and is reset by the server', plus(refused(conversation('10.5.0.8', PLC2, { port: 102, service: '', days: [AFTER[3]], vlan: 20 }))), 'prohibited'],
  // Filters off.
  ['a write is answered', also(HIST, PLC1, modbusOf(6)), 'function-filter'],
  ['a write reaches the device and is answered by an exception', also(HIST, PLC1, { ...modbusOf(16), responses: 0, errors: 100 }), 'function-filter'],
  ['a write that was rejected is answered, on a path that is permitted', also(HIST, PLC1, modbusOf(5)), 'function-filter'],
  ['a diagnostic is answered', also(HIST, PLC1, modbusOf(8)), 'function-filter'],
  ['a read beyond the range is answered', also(HIST, PLC1, modbusOf(1, 1, [[500, 510]])), 'function-filter'],
  ['another unit is answered', also(HIST, PLC1, modbusOf(3, 7)), 'function-filter'],
  ['an OPC UA write is answered', also(HMI, OPC, namedOperation('opcua', 673, 'Write', 'write', [AFTER[2]])).map((one) => (one.port === 123 ? plant(AFTER).find(is(HMI, OPC, 123)) ?? one : one)), 'function-filter'],
  ['a weaker security mode is accepted', changed(is(HMI, OPC, 4840), (one) => ({ ...one, facts: [{ name: 'opcua.mode', value: 'None', toServer: 1, toClient: 1 }] })), 'function-filter'],
  // Diodes.
  ['the diode is dead: it fell silent days ago', changed(is(HIST, TX), (one) => ({ ...one, days: one.days.slice(0, 3) })), 'diode'],
  ['the diode is dead: nothing was ever sent', without((one) => one.port === 5450), 'diode'],
  ['the receiving side is dead', without(is(RX, REPLICA)), 'diode'],
];

test('a plant that holds: no failure, with and without a comparison, and every section has passes', () => {
  for (const before of [false, true]) {
    const verification = verify(plant(AFTER), { before });
    expect(verification.checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    for (const kind of ['permitted', 'prohibited', 'function-filter', 'diode'] as const) expect(verification.sums[kind].pass, kind).toBeGreaterThan(0);
  }
  const { paths, checks } = verify(plant(AFTER));
  expect(paths).toEqual({ total: 20, blocked: 20, notObservable: 0, open: 0 });
  expect(checks.find(({ fromZone, toZone, kind }) => kind === 'prohibited' && fromZone === 'ENT' && toZone === 'CELL')).toMatchObject({ verdict: 'pass', reason: expect.stringContaining('1 attempt, none got through (without answer)') });
  expect(checks.find(({ permit, kind }) => kind === 'permitted' && permit === 'R-LOG')).toMatchObject({ verdict: 'not-observable' });
});

describe('thirty faults of enforcement and more: each is found, and nothing else is', () => {
  expect(FAULTS.length).toBeGreaterThanOrEqual(30);
  test.each(FAULTS.map(([name, conversations, kind, before = false]) => ({ name, conversations, kind, before })))('$name', ({ conversations, kind, before }) => {
    expect(failures(verify(conversations, { before }))).toEqual([kind]);
  });
});

test('what only a comparison can find is no failure without one', () => {
  for (const [name, conversations, , needsBefore] of FAULTS) {
    if (needsBefore !== true) continue;
    const { checks } = verify(conversations);
    expect(failures({ checks } as Verification), name).toEqual([]);
  }
});

test('an ICMP error of the device itself is no filter: what it refuses has arrived, unless a bridge speaks in its name', () => {
  const refusedBy = (value: string) => {
    const tried = { ...conversation(PC, PLC1, { transport: 'udp', port: 7777, service: '', days: AFTER, answered: false }), facts: [{ name: 'icmp.unreachable', value, toServer: 0, toClient: 1 }] };
    return verify(plus(tried)).checks.find(({ kind, fromZone, toZone }) => kind === 'prohibited' && fromZone === 'ENT' && toZone === 'CELL');
  };
  expect(refusedBy(`code 3 from ${PLC1}`)).toMatchObject({ verdict: 'not-observable', reason: expect.stringContaining('it arrived there') });
  expect(refusedBy(`code 13 from ${PLC1}`)).toMatchObject({ verdict: 'pass' });
  expect(refusedBy('code 3 from 10.5.0.254')).toMatchObject({ verdict: 'pass', reason: expect.stringContaining('refused by ICMP') });
});

describe('data diodes', () => {
  const diodes = (conversations: readonly Conversation[]) => {
    const { checks } = verify(conversations);
    const of = (operation: string) => checks.find((check) => check.kind === 'diode' && check.operation === operation);
    return { forward: of('forward'), reverse: of('reverse') };
  };

  test('alive: with its rate, its longest gap, and the delay where both sides were seen', () => {
    const conversations = plant(AFTER).map((one) => (is(RX, REPLICA)(one) ? { ...one, firstNs: one.firstNs + 250_000_000n, lastNs: one.lastNs + 250_000_000n } : one));
    const { forward, reverse } = diodes(conversations);
    expect(forward).toMatchObject({ verdict: 'pass', diode: { packets: 1000, delaySeconds: 0.25, reversePackets: 0, reversePayloads: 0 } });
    expect(forward?.diode?.bytesPerSecond).toBeCloseTo(80_000 / (6 * 86_400 + 8 * 3600));
    expect(reverse).toMatchObject({ verdict: 'pass' });
  });

  test('the delay is not observable when one side is not seen, and nobody claims it', () => {
    expect(diodes(without((one) => one.client === RX || one.client === WSUS || one.server === WSUS)).forward?.diode?.delaySeconds).toBeNull();
  });

  test('it goes in and no longer comes out: a failure where somebody listened there, and never alive', () => {
    const stopped = changed(is(RX, REPLICA), (one) => ({ ...one, days: one.days.slice(0, 4) }));
    expect(diodes(stopped).forward).toMatchObject({ verdict: 'fail', reason: expect.stringMatching(/no longer comes out: .* in the last 72 hours .*, while others of DMZ were heard in 72 of them$/) });
    const unheard = stopped.map((one) => (is(WSUS, REPLICA)(one) ? { ...one, days: one.days.slice(0, 4) } : one));
    expect(diodes(unheard).forward).toMatchObject({ verdict: 'not-observable', reason: expect.stringContaining('nothing else within DMZ was heard then either') });
  });

  test('the sending side is dead where somebody listened there, and not observable where its capture has ended', () => {
    const ended = changed(is(HIST, TX), (one) => ({ ...one, days: one.days.slice(0, 3) }));
    expect(diodes(ended).forward).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('dead: silent') });
    const unheard = ended.map((one) => (is(EWS, HIST)(one) ? { ...one, days: one.days.slice(0, 3) } : one));
    expect(diodes(unheard).forward).toMatchObject({ verdict: 'not-observable', reason: expect.stringContaining('nothing else within OPS was heard then either') });
  });

  test('leaking: a TCP answer, a reset, a session from the other side, an ICMP error: each frame is one', () => {
    const across = conversation(HIST, REPLICA, { port: 5450, service: 'pi', days: AFTER });
    expect(diodes(plus(across)).reverse).toMatchObject({ verdict: 'fail', diode: { reversePackets: 1000, reversePayloads: 1000 } });
    expect(diodes(plus(refused(across))).reverse).toMatchObject({ verdict: 'fail', diode: { reversePackets: 20, reversePayloads: 0 } });
    expect(diodes(plus(silent(across))).reverse).toMatchObject({ verdict: 'pass' });
    expect(diodes(plus(conversation(REPLICA, HIST, { port: 135, service: '', days: AFTER, answered: false }))).reverse).toMatchObject({ verdict: 'fail' });
    expect(diodes(plus(conversation(RX, HIST, { transport: 'icmp', port: 0, service: 'icmp', days: AFTER, answered: false }))).reverse).toMatchObject({ verdict: 'fail' });
  });

  test('another Permit between the two zones runs beside the diode, is named, and is no leak', () => {
    expect(diodes(plant(AFTER)).reverse?.reason).toContain('R-PATCH runs beside the diode');
  });
});

describe('what this sensor cannot see is not observable, never pass', () => {
  test('a mirror of one direction: nothing unanswered fails, nothing silent passes', () => {
    const { checks } = verify(plant(AFTER).filter(({ client, server }) => client.slice(0, 5) !== server.slice(0, 5)).map(silent));
    expect(checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    expect(checks.filter(({ kind, verdict }) => kind === 'permitted' && verdict === 'pass')).toEqual([]);
    expect(checks.find(({ kind, operation }) => kind === 'diode' && operation === 'reverse')).toMatchObject({ verdict: 'not-observable' });
  });

  test('a sensor that hears two zones alone passes no path of the others', () => {
    const { checks, paths } = verify(plant(AFTER).filter((one) => is(HIST, PLC1)(one)));
    expect(checks.filter(({ kind, verdict, fromZone, toZone }) => kind === 'prohibited' && verdict === 'pass' && ![fromZone, toZone].every((zone) => zone === 'CELL' || zone === 'OPS'))).toEqual([]);
    expect(paths.notObservable).toBe(18);
  });

  test('half a day of silence is no silence', () => {
    const set = quiet(plant(AFTER));
    const short = { ...set, sensor: { ...set.sensor, hours: set.sensor.hours.slice(0, 12) } };
    const { checks } = verify([], { set: short });
    expect(checks.filter(({ kind, verdict, evidence }) => kind === 'prohibited' && verdict === 'pass' && evidence === null)).toEqual([]);
  });

  test('an unanswered datagram is not called blocked', () => {
    const { checks } = verify(plus(conversation('10.5.0.8', PLC1, { transport: 'udp', port: 161, service: 'snmp', days: [AFTER[1]], answered: false })));
    expect(checks.find(({ kind, fromZone, toZone }) => kind === 'prohibited' && fromZone === 'ENT' && toZone === 'CELL')).toMatchObject({ verdict: 'not-observable', reason: expect.stringContaining('datagrams') });
  });

  test('a session joined midstream whose reverse is permitted is not called a leak', () => {
    const { checks } = verify(plus(conversation(PLC1, HIST, { port: 502, service: 'modbus', days: AFTER, direction: { by: 'first-packet', confidence: 0.3 } })));
    expect(checks.filter(({ verdict, kind }) => verdict === 'fail' && kind === 'prohibited')).toEqual([]);
  });

  test('encrypted operations: the filter is not observable', () => {
    const { checks } = verify(changed(is(HMI, OPC, 4840), (one) => ({ ...one, operations: [] })));
    expect(checks.find(({ kind, permit }) => kind === 'function-filter' && permit === 'R-UA')).toMatchObject({ verdict: 'not-observable' });
  });
});

describe('firewall logs', () => {
  const hour = AFTER[2] * 24 + 9;
  const attempt = (change: Partial<LoggedAttempt>): LoggedAttempt => ({
    id: 1, device: 'fw1', format: 'netfilter', rule: 'C1-002', verdict: 'passed', inspected: false, opening: true, client: PC, server: PLC2, transport: 'tcp', port: 502, application: '', operation: null,
    count: 12, firstNs: BigInt(hour) * 3_600_000_000_000n, lastNs: BigInt(hour) * 3_600_000_000_000n + 9n, hours: [{ hour, count: 12 }], ...change,
  });
  const read = { protocol: 'modbus', unit: 1, function: 3, name: 'Read Holding Registers', access: 'read' } as const;
  const write = { ...read, function: 6, name: 'Write Single Register', access: 'write' } as const;
  const judged = (change: Partial<LoggedAttempt>) => verify(plant(AFTER), { attempts: [attempt(change)] });

  test.each<[string, Partial<LoggedAttempt>, CheckKind | null]>([
    ['what is prohibited was let through', {}, 'prohibited'],
    ['what is prohibited would be blocked, in monitor mode', { verdict: 'would-block' }, 'prohibited'],
    ['what is prohibited was blocked', { verdict: 'blocked' }, null],
    ['what is permitted was let through', { client: HIST }, null],
    ['what is permitted was blocked', { client: HIST, verdict: 'blocked' }, 'permitted'],
    ['what is permitted would be blocked', { client: HIST, verdict: 'would-block' }, 'permitted'],
    ['a mid-session packet of what is permitted was blocked', { client: HIST, verdict: 'blocked', opening: false }, null],
    ['a permitted read was blocked by its content', { client: HIST, verdict: 'blocked', inspected: true, operation: read }, 'permitted'],
    ['a write was let through', { client: HIST, inspected: true, operation: write }, 'function-filter'],
    ['a write was blocked', { client: HIST, verdict: 'blocked', inspected: true, operation: write }, null],
    ['a sweep folded into one count', { server: '', port: 0 }, null],
    ['a broadcast was let through', { server: '255.255.255.255', transport: 'udp', port: 137 }, null],
    ['a broadcast to the link of the client was let through', { client: PLC1, server: '10.2.0.255', transport: 'udp', port: 137 }, null],
    ['what a diode is for was blocked', { client: HIST, server: REPLICA, port: 5450, verdict: 'blocked' }, null],
  ])('%s', (_name, change, kind) => {
    expect(failures(judged(change))).toEqual(kind === null ? [] : [kind]);
  });

  test('what a standing Permit lets through is blamed on it, before or after one that is on demand', () => {
    const [poll] = SPEC.split('\n      - ').filter((rule) => rule.includes('R-POLL'));
    const maintenance = `${poll.replace('R-POLL', 'R-MAINT').replace('access: read,', 'access: read-write, on_demand: true,').replace('[3, 4]', '[3, 16]')}`;
    const set = quiet(plant(AFTER));
    for (const rules of [[poll, maintenance], [maintenance, poll]]) {
      const both = parseSpec(SPEC.replace(poll, rules.join('\n      - ')), 'spec.yaml').loaded;
      if (both === null) throw new Error('the spec of this test does not hold');
      const failed = (change: Partial<LoggedAttempt>) => verifySpec({ compared: contextOf(both, set), traffic: trafficOf(set), before: null, attempts: [attempt({ client: HIST, verdict: 'blocked', ...change })], probes: [], sensor: () => 'test' })
        .checks.filter(({ verdict }) => verdict === 'fail').map(({ permit }) => permit);
      expect(failed({})).toEqual(['R-POLL']);
      expect(failed({ inspected: true, operation: { ...write, function: 16, name: 'Write Multiple Registers' } })).toEqual([]);
    }
  });

  test('a denied attempt is evidence where the sensor is blind; a blocked write, that the filter works', () => {
    const alone = plant(AFTER).filter((one) => is(HIST, PLC1)(one));
    const path = ({ checks }: Verification) => checks.filter(({ kind, fromZone, toZone }) => kind === 'prohibited' && fromZone === 'ENT' && toZone === 'CELL');
    expect(path(verify(alone))).toMatchObject([{ verdict: 'not-observable' }]);
    expect(path(verify(alone, { attempts: [attempt({ verdict: 'blocked' })] }))).toMatchObject([{ verdict: 'pass', evidence: { source: 'firewall-log', count: 12, sensor: 'fw1' } }]);
    expect(judged({ client: HIST, verdict: 'blocked', inspected: true, operation: write }).filters).toMatchObject({ seenAtWork: 1 });
  });
});

test('the filter at work is told from nothing asked', () => {
  const { checks, filters } = verify(also(HIST, PLC1, { ...modbusOf(6), responses: 0, errors: 0 }));
  expect(failures({ checks } as Verification)).toEqual([]);
  expect(filters).toMatchObject({ limiting: 2, seenAtWork: 1, absent: 1 });
});

test('the same input gives the same checks with the same ids', () => {
  expect(verify(plant(AFTER))).toEqual(verify(plant(AFTER)));
  const { checks } = verify(plant(AFTER));
  expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
});

test('a service that goes on outside its hours too has not stopped within them', () => {
  const hours = parseSpec(SPEC.replace('server: {zone: DMZ, assets: [WSUS]}}', 'server: {zone: DMZ, assets: [WSUS]}, schedule: {days: [mon, tue, wed, thu, fri], start: "06:00", end: "20:00"}}'), 'spec.yaml').loaded;
  const judge = (days: readonly number[]): Verification => {
    const [set, earlier] = [quiet(changed(is(EWS, WSUS), (one) => ({ ...conversation(EWS, WSUS, { port: 443, service: 'https', days }), id: one.id }))), observations(plant(BEFORE.slice(0, 5)), BEFORE.slice(0, 5))];
    return verifySpec({ compared: contextOf(hours!, set), traffic: trafficOf(set), before: { set: earlier, traffic: trafficOf(earlier) }, attempts: [], probes: [], sensor: () => 'test' });
  };
  const ofPatch = ({ checks }: Verification): string[] => checks.filter(({ permit }) => permit === 'R-PATCH').map(({ kind, verdict }) => `${kind} ${verdict}`).sort();
  expect(ofPatch(judge(AFTER.slice(0, 5)))).toEqual(['permitted pass']);
  expect(ofPatch(judge(AFTER))).toEqual(['permitted pass', 'prohibited fail']);
  // Only at the weekend: what was asked on every working day has stopped.
  expect(ofPatch(judge(AFTER.slice(5)))).toEqual(['permitted fail', 'prohibited fail']);
});
