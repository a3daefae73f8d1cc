/**
 * A spec and traffic that agree, and forty ways to break the agreement: each must give exactly its finding type.
 */
import { describe, expect, it } from 'vitest';
import type { Conversation, ObservationSet } from '../../../src/observation.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import { diffReport, diffSpec } from '../../../src/policy/diff/diff.ts';
import { loadText } from '../loaded-spec.ts';
import { addressRecord, conversation, daysFrom, modbus, MONDAY, namedOperation, observations } from '../observed.ts';

const SPEC = `spec_version: 1
timezone: UTC
zones:
  - zone_id: SIS
    name: Safety
    kind: safety
    assets:
      - {asset_id: SIS-01, role: sis, ip: [10.1.0.1], mac: ["00:40:9d:00:01:01"]}
  - zone_id: CELL
    name: Cell
    kind: control
    vlans: [20]
    networks: [10.2.0.0/16]
    assets:
      - {asset_id: PLC-01, role: plc, ip: [10.2.0.1], mac: ["00:1d:9c:20:01:01"]}
      - {asset_id: PLC-02, role: plc, ip: [10.2.0.2]}
      - {asset_id: HMI-01, role: hmi, ip: [10.2.0.9]}
  - zone_id: OPS
    name: Operations
    kind: operations
    vlans: [30]
    assets:
      - {asset_id: HIST, role: historian, ip: [10.3.0.1], mac: ["00:50:56:30:01:01"]}
      - {asset_id: OPC, role: opcua-server, ip: [10.3.0.2]}
      - {asset_id: EWS, role: ews, ip: [10.3.0.3]}
  - zone_id: DMZ
    name: DMZ
    kind: dmz
    assets:
      - {asset_id: REPLICA, role: historian, ip: [10.4.0.1]}
  - zone_id: ENT
    name: Office
    kind: enterprise
    assets:
      - {asset_id: PCS, role: it-client, ip: [10.5.0.0/24], count: 40}
conduits:
  - conduit_id: C1
    connects: [CELL, OPS]
    protocols_allowed:
      - rule_id: R-POLL
        protocol: Modbus/TCP
        transport: tcp
        port: 502
        client: {zone: OPS, assets: [HIST]}
        server: {zone: CELL, assets: [PLC-01, PLC-02]}
        access: read
        modbus: {function_codes: [3, 4], unit_ids: [1], ranges: [{table: holding-register, start: 0, end: 99, access: read}, {table: input-register, start: 0, end: 9, access: read}]}
      - rule_id: R-UA
        protocol: OPC UA
        transport: tcp
        port: 4840
        client: {zone: CELL, assets: [HMI-01]}
        server: {zone: OPS, assets: [OPC]}
        access: read
        opcua: {security_mode: [SignAndEncrypt, Sign], security_policy: [Basic256Sha256], services: [Read, Publish]}
      - rule_id: R-ENG
        protocol: Modbus/TCP
        transport: tcp
        port: 502
        client: {zone: OPS, assets: [EWS]}
        server: {zone: CELL, assets: [PLC-01]}
        access: any
        modbus: {function_codes: [3, 90]}
        on_demand: true
        expires: "2026-03-31"
      - rule_id: R-BACKUP
        protocol: SMB
        transport: tcp
        port: 445
        client: {zone: OPS, assets: [EWS]}
        server: {zone: CELL, assets: [HMI-01]}
        schedule: {days: [sun], start: "00:00", end: "23:59"}
  - conduit_id: C2
    connects: [OPS, DMZ]
    protocols_allowed:
      - rule_id: R-PI
        protocol: PI
        transport: tcp
        port: 5450
        client: {zone: OPS, assets: [HIST]}
        server: {zone: DMZ, assets: [REPLICA]}
  - conduit_id: C3
    connects: [DMZ, ENT]
    protocols_allowed:
      - rule_id: R-WEB
        protocol: HTTPS
        transport: tcp
        port: 443
        client: {zone: ENT, addresses: [10.5.0.7]}
        server: {zone: DMZ, assets: [REPLICA]}
      - rule_id: R-NO
        protocol: SSH
        transport: tcp
        port: 22
        client: {zone: ENT, addresses: [10.5.0.7]}
        server: {zone: DMZ, assets: [REPLICA]}
        decision: rejected
        owner: A. Keller
`;

const UA_FACTS = [['opcua.mode', 'Sign'], ['opcua.policy', 'http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256']] as const;

const poll = (server: string): Conversation => modbus('10.3.0.1', server, [{ code: 3, ranges: [[0, 49], [50, 99]] }, { code: 4 }]);
const SUNDAYS = [MONDAY + 6, MONDAY + 13, MONDAY + 20, MONDAY + 27];

const traffic = (): Conversation[] => [
  poll('10.2.0.1'),
  poll('10.2.0.2'),
  conversation('10.2.0.9', '10.3.0.2', { port: 4840, service: 'opcua', facts: UA_FACTS, operations: [namedOperation('opcua', 631, 'Read', 'read'), namedOperation('opcua', 826, 'Publish', 'read')] }),
  conversation('10.3.0.3', '10.2.0.9', { port: 445, service: 'smb', days: SUNDAYS }),
  conversation('10.3.0.1', '10.4.0.1', { port: 5450, service: 'pi' }),
  conversation('10.5.0.7', '10.4.0.1', { port: 443, service: 'https' }),
  modbus('10.2.0.9', '10.2.0.1', [{ code: 16, ranges: [[0, 3]] }]),
];

const typesOf = (text: string, set: ObservationSet): string[] => diffSpec(loadText(text), set).map((finding) => finding.type);

const edit = (find: string, instead: string): string => {
  if (!SPEC.includes(find)) throw new Error(`not in the spec: ${find}`);
  return SPEC.replace(find, () => instead);
};

const plus = (...more: Conversation[]): ObservationSet => observations([...traffic(), ...more]);
const without = (drop: (one: Conversation) => boolean): ObservationSet => observations(traffic().filter((one) => !drop(one)));
const changed = (pick: (one: Conversation) => boolean, change: (one: Conversation) => Conversation): ObservationSet => observations(traffic().map((one) => (pick(one) ? change(one) : one)));
const isUa = (one: Conversation): boolean => one.port === 4840;

/** name, the spec, the traffic, the one type. */
const MUTATIONS: readonly (readonly [string, string, ObservationSet, string])[] = [
  ['a new service between declared assets', SPEC, plus(conversation('10.3.0.1', '10.2.0.1', { port: 80, service: 'http' })), 'undeclared-conversation'],
  ['a new client for a declared service', SPEC, plus(modbus('10.3.0.2', '10.2.0.1', [{ code: 3 }])), 'undeclared-conversation'],
  ['a new server for a declared client', SPEC, plus(modbus('10.3.0.1', '10.2.0.9', [{ code: 3 }])), 'undeclared-conversation'],
  ['the declared service on another port', SPEC, plus(modbus('10.3.0.1', '10.2.0.1', [{ code: 3 }], { port: 1502 })), 'undeclared-conversation'],
  ['the declared service over UDP', SPEC, plus(modbus('10.3.0.1', '10.2.0.1', [{ code: 3 }], { transport: 'udp' })), 'undeclared-conversation'],
  ['a call that nobody answers, to a declared asset', SPEC, plus(conversation('10.3.0.1', '10.2.0.2', { port: 135, service: '', answered: false })), 'undeclared-conversation'],
  ['a call into the void', SPEC, plus(conversation('10.3.0.1', '10.9.9.9', { port: 445, service: 'smb', answered: false })), 'undeclared-conversation'],
  ['what somebody rejected still happens', SPEC, plus(conversation('10.5.0.7', '10.4.0.1', { port: 22, service: 'ssh' })), 'undeclared-conversation'],
  ['another office PC uses the replica', SPEC, plus(conversation('10.5.0.8', '10.4.0.1', { port: 443, service: 'https' })), 'undeclared-conversation'],
  ['a job outside its window', SPEC, plus(conversation('10.3.0.3', '10.2.0.9', { port: 445, service: 'smb', days: [MONDAY + 2] })), 'undeclared-conversation'],
  ['a Permit that has expired', edit('expires: "2026-03-31"', 'expires: "2026-01-10"'), plus(modbus('10.3.0.3', '10.2.0.1', [{ code: 90, days: [MONDAY + 10] }])), 'undeclared-conversation'],
  ['a write where reading is permitted', SPEC, plus(modbus('10.3.0.1', '10.2.0.1', [{ code: 6, ranges: [[5, 5]] }])), 'undeclared-operation'],
  ['a block write', SPEC, plus(modbus('10.3.0.1', '10.2.0.2', [{ code: 16, ranges: [[5, 9]] }])), 'undeclared-operation'],
  ['diagnostics where reading is permitted', SPEC, plus(modbus('10.3.0.1', '10.2.0.1', [{ code: 8 }])), 'undeclared-operation'],
  ['programming by the poller', SPEC, plus(modbus('10.3.0.1', '10.2.0.1', [{ code: 90 }])), 'undeclared-operation'],
  ['one register beyond the range', SPEC, plus(modbus('10.3.0.1', '10.2.0.1', [{ code: 3, ranges: [[0, 100]] }])), 'undeclared-operation'],
  ['a range of the other table', SPEC, plus(modbus('10.3.0.1', '10.2.0.1', [{ code: 4, ranges: [[20, 29]] }])), 'undeclared-operation'],
  ['another unit id', SPEC, plus(modbus('10.3.0.1', '10.2.0.1', [{ code: 3, unit: 7 }])), 'undeclared-operation'],
  ['a code that engineering does not need', SPEC, plus(modbus('10.3.0.3', '10.2.0.1', [{ code: 16 }])), 'undeclared-operation'],
  ['OPC UA Write where Read is permitted', SPEC, changed(isUa, (one) => ({ ...one, operations: [...one.operations, namedOperation('opcua', 673, 'Write', 'write')] })), 'undeclared-operation'],
  ['OPC UA Call', SPEC, changed(isUa, (one) => ({ ...one, operations: [...one.operations, namedOperation('opcua', 712, 'CallRequest', 'control')] })), 'undeclared-operation'],
  ['another protocol on the permitted port', SPEC, plus(conversation('10.3.0.1', '10.2.0.1', { service: 's7comm', operations: [namedOperation('s7comm', 4, 'Read Var', 'read')] })), 'undeclared-operation'],
  ['the spec permits one register less than is read', edit('start: 0, end: 99', 'start: 0, end: 98'), observations(traffic()), 'undeclared-operation'],
  ['the spec permits the middle of what is read', edit('start: 0, end: 99', 'start: 10, end: 20'), observations(traffic()), 'undeclared-operation'],
  ['the spec lists one function code less', edit('function_codes: [3, 4]', 'function_codes: [3]'), observations(traffic()), 'undeclared-operation'],
  ['the spec names writing, and lists codes that read', edit('access: read\n        modbus: {function_codes: [3, 4]', 'access: write\n        modbus: {function_codes: [3, 4]'), observations(traffic()), 'undeclared-operation'],
  ['the spec has the two ends the wrong way round', edit('client: {zone: OPS, assets: [HIST]}\n        server: {zone: DMZ, assets: [REPLICA]}', 'client: {zone: DMZ, assets: [REPLICA]}\n        server: {zone: OPS, assets: [HIST]}'), observations(traffic()), 'wrong-direction'],
  ['the server opens to the client', SPEC, plus(modbus('10.2.0.1', '10.3.0.1', [{ code: 3 }])), 'wrong-direction'],
  ['the replica opens to the historian', SPEC, plus(conversation('10.4.0.1', '10.3.0.1', { port: 5450, service: 'pi' })), 'wrong-direction'],
  ['OPC UA the other way round', SPEC, plus(conversation('10.3.0.2', '10.2.0.9', { port: 4840, service: 'opcua' })), 'wrong-direction'],
  ['OPC UA without security', SPEC, changed(isUa, (one) => ({ ...one, facts: [{ name: 'opcua.mode', value: 'None', toServer: 1, toClient: 1 }, { name: 'opcua.policy', value: 'http://opcfoundation.org/UA/SecurityPolicy#None', toServer: 1, toClient: 1 }] })), 'weaker-security-mode'],
  ['an older OPC UA policy', SPEC, changed(isUa, (one) => ({ ...one, facts: [{ name: 'opcua.mode', value: 'Sign', toServer: 1, toClient: 1 }, { name: 'opcua.policy', value: 'http://opcfoundation.org/UA/SecurityPolicy#Basic128Rsa15', toServer: 1, toClient: 1 }] })), 'weaker-security-mode'],
  ['the spec demands more than is used', edit('security_mode: [SignAndEncrypt, Sign]', 'security_mode: [SignAndEncrypt]'), observations(traffic()), 'weaker-security-mode'],
  ['a stranger in a network of a zone', SPEC, plus(modbus('10.3.0.1', '10.2.7.7', [{ code: 3 }])), 'undeclared-asset'],
  ['a stranger nowhere', SPEC, plus(modbus('10.77.0.1', '10.2.0.1', [{ code: 3 }]), conversation('10.77.0.1', '10.2.0.2', { port: 80 })), 'undeclared-asset'],
  ['a stranger with a public address and a MAC of its own', SPEC, observations([...traffic(), modbus('141.81.0.10', '10.2.0.1', [{ code: 3 }])], daysFrom(MONDAY, 28), [addressRecord('141.81.0.10', ['00:0c:29:00:00:01'])]), 'undeclared-asset'],
  ['two strangers with public addresses', SPEC, plus(modbus('141.81.0.10', '141.81.0.11', [{ code: 3 }])), 'undeclared-asset'],
  ['an asset struck from the spec', edit('      - {asset_id: HMI-01, role: hmi, ip: [10.2.0.9]}\n', '      - {asset_id: HMI-01, role: hmi, ip: [10.2.0.10]}\n'), without((one) => one.client === '10.2.0.9' || one.server === '10.2.0.9'), 'insufficient-evidence'],
  ['an asset on the VLAN of another zone', SPEC, changed((one) => one.client === '10.2.0.9' && one.server === '10.2.0.1', (one) => ({ ...one, vlan: 30 })), 'asset-in-wrong-zone'],
  ['a declared address sent from another zone\'s device', SPEC, observations(traffic(), daysFrom(MONDAY, 28), [addressRecord('10.2.0.1', ['00:50:56:30:01:01'])]), 'asset-in-wrong-zone'],
  ['the poll of a controller stops', SPEC, without((one) => one.server === '10.2.0.2'), 'wider-than-observed'],
  ['nobody polls any more, both sides are heard', SPEC, without((one) => one.client === '10.3.0.1' && one.port === 502), 'unused-permit'],
  ['a Permit for a service that nobody uses', edit('  - conduit_id: C2', '      - {rule_id: R-FTP, protocol: FTP, transport: tcp, port: 21, client: {zone: OPS, assets: [EWS]}, server: {zone: CELL, assets: [HMI-01]}}\n  - conduit_id: C2'), observations(traffic()), 'unused-permit'],
  ['a code that is never used', edit('function_codes: [3, 4]', 'function_codes: [3, 4, 6]'), observations(traffic()), 'wider-than-observed'],
  ['a range wider than used', edit('start: 0, end: 99', 'start: 0, end: 999'), observations(traffic()), 'wider-than-observed'],
  ['a client that never asks', edit('client: {zone: OPS, assets: [HIST]}\n        server: {zone: CELL', 'client: {zone: OPS, assets: [HIST, OPC]}\n        server: {zone: CELL'), observations(traffic()), 'wider-than-observed'],
  ['a service of OPC UA that is never used', edit('services: [Read, Publish]', 'services: [Read, Publish, Write]'), observations(traffic()), 'wider-than-observed'],
  ['an office PC reads a controller', SPEC, plus(modbus('10.5.0.9', '10.2.0.1', [{ code: 3 }])), 'requirement-violation'],
  ['a controller calls the Internet', SPEC, plus(conversation('10.2.0.1', '93.184.216.34', { port: 443, service: 'https' })), 'requirement-violation'],
  ['somebody writes into the safety zone', SPEC, plus(modbus('10.3.0.3', '10.1.0.1', [{ code: 16 }])), 'requirement-violation'],
  ['an air-gapped zone is crossed', edit('    name: Safety\n', '    name: Safety\n    air_gapped: true\n'), plus(modbus('10.3.0.1', '10.1.0.1', [{ code: 3 }])), 'requirement-violation'],
  ['traffic comes back through a diode', edit('        server: {zone: DMZ, assets: [REPLICA]}\n  - conduit_id: C3', '        server: {zone: DMZ, assets: [REPLICA]}\n        unidirectional: {from: OPS, to: DMZ}\n  - conduit_id: C3'), observations(traffic()), 'requirement-violation'],
  ['a safety controller in the cell', edit('role: hmi, ip: [10.2.0.9]', 'role: sis, ip: [10.2.0.9]'), observations(traffic()), 'requirement-violation'],
  ['a Permit approves what a rule forbids', edit('  - conduit_id: C3\n', '  - conduit_id: C4\n    connects: [ENT, OPS]\n    protocols_allowed:\n      - {rule_id: R-BAD, protocol: HTTPS, transport: tcp, port: 443, client: {zone: ENT, addresses: [10.5.0.7]}, server: {zone: OPS, assets: [OPC]}}\n  - conduit_id: C3\n'), plus(conversation('10.5.0.7', '10.3.0.2', { port: 443, service: 'https' })), 'requirement-violation'],
  ['a zone that this sensor does not hear', SPEC, without((one) => one.port === 443 || one.port === 5450), 'insufficient-evidence'],
];

describe('diff', () => {
  it('finds nothing where spec and traffic agree', () => {
    const report = diffReport(contextOf(loadText(SPEC), observations(traffic())));
    expect(report.findings).toEqual([]);
    expect(report.counts).toMatchObject({ judged: 7, withinZone: 1, permitted: 6, setAside: 0 });
  });

  it('has at least forty mutations', () => {
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(40);
  });

  it.each(MUTATIONS)('%s', (_, text, set, type) => {
    const types = typesOf(text, set);
    expect(types.length).toBeGreaterThan(0);
    expect([...new Set(types)]).toEqual([type]);
  });

  it('takes a declared router for what sends from others\' addresses', () => {
    const set = observations(traffic(), daysFrom(MONDAY, 28), [addressRecord('10.2.0.1', ['00:50:56:30:01:01'])]);
    expect(typesOf(edit('role: historian, ip: [10.3.0.1]', 'role: firewall, ip: [10.3.0.1]'), set)).not.toContain('asset-in-wrong-zone');
  });

  it('takes no computer for a router because it has addresses of IPv6 beside its own', () => {
    const card = ['00:50:56:30:01:01'];
    const set = observations(traffic(), daysFrom(MONDAY, 28), ['10.3.0.1', 'fe80::30:1', 'fd00:3::30:1', 'fd00:3::9c41:1', '10.2.0.1'].map((address) => addressRecord(address, card)));
    expect(typesOf(SPEC, set)).toContain('asset-in-wrong-zone');
  });

  it('gives the same finding the same id when only counts and dates change', () => {
    const first = diffSpec(loadText(SPEC), plus(modbus('10.3.0.1', '10.2.0.1', [{ code: 6, ranges: [[5, 5]], days: [MONDAY + 1] }])));
    const later = diffSpec(loadText(SPEC), plus(modbus('10.3.0.1', '10.2.0.1', [{ code: 6, ranges: [[5, 5]], days: [MONDAY + 20] }])));
    expect(first.map((finding) => finding.id)).toEqual(later.map((finding) => finding.id));
  });

  it('does not call anything unused after a few days', () => {
    const days = daysFrom(MONDAY, 5);
    const few = observations(traffic().filter((one) => one.port !== 502 && one.port !== 445).map((one) => ({ ...one, days: one.days.slice(0, 5) })), days);
    expect([...new Set(diffSpec(loadText(SPEC), few).map((finding) => finding.type))]).toEqual(['insufficient-evidence']);
  });

  it('does not call unused what runs at an hour at which nobody listened', () => {
    const nightly = loadText(edit('{days: [sun], start: "00:00", end: "23:59"}', '{days: [sun, mon], start: "22:00", end: "04:00"}'));
    const heard = observations([...traffic().filter((one) => one.port !== 445), conversation('10.3.0.3', '10.3.0.2', { port: 80, service: 'http' })]);
    const byDay = { ...heard, sensor: { ...heard.sensor, hours: heard.sensor.hours.filter((hour) => hour % 24 >= 8 && hour % 24 < 17) } };
    const about = (set: ObservationSet): unknown[] => diffSpec(nightly, set).filter(({ permit }) => permit === 'R-BACKUP').map(({ type, detail }) => [type, detail]);
    expect(about(heard)).toEqual([['unused-permit', 'Both sides were heard, so it would have been seen.']]);
    expect(about(byDay)).toEqual([['insufficient-evidence', 'Nothing was captured within its schedule, sun, mon 22:00-04:00 (UTC).']]);
  });

  it.each<readonly [string, (set: ObservationSet) => ObservationSet, string]>([
    ['one hour in eight was lost', (set) => ({ ...set, sensor: { ...set.sensor, deafHours: set.sensor.hours.filter((hour) => hour % 8 === 0) } }), '84 of 672 hours were heard badly'],
    ['half of the conversations were heard one way only', (set) => ({ ...set, conversations: set.conversations.map((one, i) => (i % 2 === 0 ? { ...one, packets: { ...one.packets, toServer: 0 } } : one)) }), 'were heard one way only'],
  ])('calls nothing unused where the sensor did not hear everything: %s', (_, worse, told) => {
    const quiet = without((one) => one.client === '10.3.0.1' && one.port === 502);
    const about = (set: ObservationSet): (readonly [string, string])[] => diffSpec(loadText(SPEC), set).flatMap(({ type, permit, detail }) => (permit === 'R-POLL' ? [[type, detail] as const] : []));
    expect(about(quiet).map(([type]) => type)).toEqual(['unused-permit']);
    const [[type, detail], ...others] = about(worse(quiet));
    expect(others).toEqual([]);
    expect(type).toBe('insufficient-evidence');
    expect(detail).toContain(told);
  });

  it.each<readonly [string, (set: ObservationSet) => ObservationSet]>([
    ['one hour in sixteen was lost', (set) => ({ ...set, sensor: { ...set.sensor, deafHours: set.sensor.hours.filter((hour) => hour % 16 === 0) } })],
    ['one conversation in thirty-five was heard one way only', (set) => ({ ...set, conversations: [...set.conversations, ...Array.from({ length: 70 }, (_, i) => conversation('10.3.0.3', '10.3.0.2', { port: 8000 + i, oneWay: i % 35 === 0 }))] })],
  ])('calls it unused all the same where little was missed: %s', (_, worse) => {
    const quiet = without((one) => one.client === '10.3.0.1' && one.port === 502);
    expect(diffSpec(loadText(SPEC), worse(quiet)).filter(({ permit }) => permit === 'R-POLL').map(({ type }) => type)).toEqual(['unused-permit']);
  });

  it('does not call unused what runs on both sides of a schedule\'s edge', () => {
    const scheduled = diffSpec(loadText(edit('        access: read\n        modbus: {function_codes: [3, 4]', '        access: read\n        schedule: {days: [mon], start: "08:00", end: "12:00"}\n        modbus: {function_codes: [3, 4]')), observations(traffic()));
    const about = scheduled.filter((finding) => finding.permit === 'R-POLL' && finding.client === null);
    expect(about.map(({ type }) => type)).toEqual(['insufficient-evidence']);
    expect(about[0].title).toContain('seen outside its schedule');
    expect(scheduled.map(({ type }) => type)).toContain('undeclared-conversation');
  });

  it('calls nothing of a rule unused that was asked on both sides of its schedule\'s edge', () => {
    const both = edit('{zone: CELL, assets: [HMI-01]}\n        schedule', '{zone: CELL, assets: [HMI-01, PLC-02]}\n        schedule');
    const other = '      - {rule_id: R-OTHER, protocol: SMB, transport: tcp, port: 445, client: {zone: OPS, assets: [EWS]}, server: {zone: CELL, assets: [PLC-02]}, schedule: {days: [sun, sat], start: "00:00", end: "23:59"}}\n';
    const text = both.replace('  - conduit_id: C2', `${other}  - conduit_id: C2`);
    const found = (days: readonly number[]): unknown[] => diffSpec(loadText(text), plus(conversation('10.3.0.3', '10.2.0.2', { port: 445, service: 'smb', days })))
      .flatMap(({ type, permit, client }) => (client === null && (permit === 'R-BACKUP' || permit === 'R-OTHER') ? [`${type} ${permit}`] : []));
    expect(found(daysFrom(MONDAY, 28))).toEqual(['insufficient-evidence R-OTHER']);
    expect(found([MONDAY + 2])).toEqual(['insufficient-evidence R-OTHER']);
  });

  it.each<readonly [string, readonly Conversation[], string]>([
    ['the clients', [conversation('10.2.0.1', '10.2.0.2', { port: 80, service: 'http' })], 'This sensor never heard anybody of the client side (HIST)'],
    ['the servers', [conversation('10.3.0.1', '10.3.0.2', { port: 80, service: 'http' })], 'This sensor never heard anybody of the server side (PLC-01, PLC-02)'],
    ['the servers, which were called and did not answer', [conversation('10.3.0.1', '10.2.0.1', { port: 102, service: '', answered: false })], 'This sensor never heard anybody of the server side (PLC-01, PLC-02)'],
  ])('calls nothing unused where nobody was heard of %s', (_, heard, told) => {
    expect(diffSpec(loadText(SPEC), observations(heard)).flatMap(({ type, permit, client, detail }) => (permit === 'R-POLL' && client === null ? [[type, detail]] : []))).toEqual([['insufficient-evidence', expect.stringContaining(told)]]);
  });

  it('blames no diode that stands between two other zones', () => {
    const text = edit('        server: {zone: DMZ, assets: [REPLICA]}\n  - conduit_id: C3', '        server: {zone: DMZ, assets: [REPLICA]}\n        unidirectional: {from: OPS, to: DMZ}\n  - conduit_id: C3');
    const found = (client: string, server: string): unknown[] => diffSpec(loadText(text), observations([conversation(client, server, { port: 8080, service: 'http' })])).flatMap(({ type, requirement, client: who }) => (who === client ? [`${type} ${requirement ?? ''}`] : []));
    expect(found('10.2.0.9', '10.3.0.2')).toEqual(['undeclared-conversation ']);
    expect(found('10.4.0.1', '10.2.0.1')).toEqual(['undeclared-conversation ']);
    expect(found('10.4.0.1', '10.3.0.2')).toEqual(['requirement-violation DIODE-RETURN']);
  });

  it('says how sure it is of a direction', () => {
    const [finding] = diffSpec(loadText(SPEC), plus(modbus('10.2.0.1', '10.3.0.1', [{ code: 3 }], { direction: { by: 'first-packet', confidence: 0.5 } })));
    expect(finding).toMatchObject({ type: 'wrong-direction', severity: 'low', directionConfidence: 0.5, permit: 'R-POLL' });
    expect(finding.detail).toContain('midstream');
  });

  it('points into the spec', () => {
    const [finding] = diffSpec(loadText(SPEC), plus(modbus('10.3.0.1', '10.2.0.1', [{ code: 6 }])));
    expect(SPEC.split('\n')[(finding.place?.line ?? 0) - 1]).toContain('R-POLL');
  });

  it('accepts a risk that somebody took on', () => {
    const text = edit('  - conduit_id: C3\n', '  - conduit_id: C4\n    connects: [ENT, OPS]\n    protocols_allowed:\n      - {rule_id: R-BAD, protocol: HTTPS, transport: tcp, port: 443, client: {zone: ENT, addresses: [10.5.0.7]}, server: {zone: OPS, assets: [OPC]}, accepted_risks: [ZCR-3.2], owner: A. Keller}\n  - conduit_id: C3\n');
    expect(typesOf(text, plus(conversation('10.5.0.7', '10.3.0.2', { port: 443, service: 'https' })))).toEqual([]);
  });

  it('keeps what was set aside apart until it is seen again', () => {
    const scan = conversation('10.3.0.3', '10.2.0.2', { port: 80, service: '', answered: false, days: [MONDAY + 1] });
    const text = `${SPEC}set_aside:\n  - {client: 10.3.0.3, servers: [10.2.0.0-10.2.0.9], transport: tcp, ports: ["80"], reason: sweep over many targets, last_seen: "2026-01-06T16:00:00.000Z"}\n`;
    const report = diffReport(contextOf(loadText(text), plus(scan)));
    expect(report.findings).toEqual([]);
    expect(report.setAside).toEqual([{ index: 0, reason: 'sweep over many targets', client: '10.3.0.3', conversations: 1 }]);
    const again = diffReport(contextOf(loadText(text), plus({ ...scan, days: [{ day: MONDAY + 9 }], lastNs: scan.lastNs + 700_000_000_000_000n })));
    expect(again.findings.map((finding) => finding.type)).toEqual(['undeclared-conversation']);
    expect(again.findings[0].detail).toContain('seen again since');
  });

  it('counts group addresses and judges none', () => {
    const report = diffReport(contextOf(loadText(SPEC), plus(conversation('10.2.0.1', '224.0.0.251', { transport: 'udp', port: 5353 }), conversation('10.2.0.1', 'ff:ff:ff:ff:ff:ff', { transport: 'eth-0x88e1', port: 0 }))));
    expect(report.findings).toEqual([]);
    expect(report.counts.groupAddressed).toBe(2);
  });

  it('takes what all of a link is sent by for a group, and into another zone for a crossing', () => {
    const whoIs = (client: string, server: string): Conversation => conversation(client, server, { transport: 'udp', port: 47808, answered: false });
    const report = diffReport(contextOf(loadText(SPEC), plus(whoIs('10.3.0.1', '10.3.0.255'), whoIs('10.2.0.1', '10.2.255.255'))));
    expect(report.findings).toEqual([]);
    expect(report.counts.groupAddressed).toBe(2);
    expect(diffSpec(loadText(SPEC), plus(whoIs('10.3.0.1', '10.2.255.255'))).map((finding) => finding.type)).toEqual(['undeclared-asset']);
  });

  it('takes a broadcast of a wider link for a group, and an address that sent, or that the spec gives to an asset, for none', () => {
    const flat = (aside: string): string => `zones:
  - {zone_id: A, name: A, kind: control, assets: [{asset_id: PLC, role: plc, ip: [10.10.1.10]}]}
  - {zone_id: B, name: B, kind: operations, assets: [{asset_id: HIST, role: historian, ip: [10.10.2.10]}, {asset_id: LAST, role: historian, ip: [10.10.11.255]}]}
conduits: []
set_aside: [{client: 10.10.2.10, servers: [10.10.7.255, 10.10.11.255], transport: udp, ports: ["137"], reason: "${aside}", conversations: 1, first_seen: 2025-01-01T00:00:00.000Z, last_seen: 2025-01-02T00:00:00.000Z}]
`;
    const nbns = (server: string): Conversation => conversation('10.10.1.10', server, { transport: 'udp', port: 137, service: 'nbns', answered: false });
    const groups = (server: string, aside = 'group address, not a device', macs: readonly string[] = []): number =>
      diffReport(contextOf(loadText(flat(aside)), observations([nbns(server)], undefined, [addressRecord(server, macs)]))).counts.groupAddressed;
    expect([groups('10.10.255.255'), groups('10.255.255.255'), groups('10.10.7.255')]).toEqual([1, 1, 1]);
    expect([groups('10.11.255.255'), groups('10.10.7.255', 'nobody answered'), groups('10.10.11.255')]).toEqual([0, 0, 0]);
    expect([groups('10.10.255.255', '-', ['00:1d:9c:20:01:10']), groups('10.10.1.255', '-', ['00:1d:9c:20:01:10']), groups('10.10.1.255')]).toEqual([0, 0, 1]);
  });

  it('says of no attempt that nobody answered that two zones talk', () => {
    const tried = conversation('10.5.0.8', '10.2.0.1', { port: 443, service: 'https', days: [MONDAY] });
    const talk = diffSpec(loadText(SPEC), plus(tried));
    expect(talk.map(({ type, severity }) => `${type} ${severity}`)).toEqual(['requirement-violation high']);
    const refused = diffSpec(loadText(SPEC), plus({ ...tried, answeredSessions: 0, requests: 0 }));
    expect(refused.map(({ type, severity }) => `${type} ${severity}`)).toEqual(['undeclared-conversation low']);
    expect(refused[0].detail).toContain('Nobody answered with anything but a reset.');
  });

  it('narrows to a zone, a conduit, a time', () => {
    const set = plus(modbus('10.3.0.1', '10.2.0.1', [{ code: 6 }]), conversation('10.5.0.8', '10.4.0.1', { port: 443, service: 'https', days: [MONDAY] }));
    expect(diffSpec(loadText(SPEC), set, { zone: 'CELL' }).map((finding) => finding.type)).toEqual(['undeclared-operation']);
    expect(diffSpec(loadText(SPEC), set, { conduit: 'C3' }).map((finding) => finding.type)).toEqual(['undeclared-conversation']);
    expect(diffSpec(loadText(SPEC), set, { sinceNs: BigInt(MONDAY + 5) * 86_400_000_000_000n }).map((finding) => finding.type)).toEqual(['undeclared-operation']);
  });
});
