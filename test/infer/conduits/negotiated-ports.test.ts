/** Ports that a control connection negotiates: what is taken for them, what range is proposed, and what stays as it was seen. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONDUIT_OPTIONS, proposeConduits } from '../../../src/infer/conduits/conduits.ts';
import type { ConduitProposal } from '../../../src/infer/conduits/conduits.ts';
import type { Conversation } from '../../../src/observation.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { proveProposal } from '../../../src/policy/proof.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import { updateSpec } from '../../../src/policy/edit/update.ts';
import { writeSpec } from '../../../src/policy/spec/write.ts';
import { conversation, daysFrom, modbus, MONDAY, namedOperation, observations } from '../../policy/observed.ts';
import { PLAN } from './plan-fixture.ts';

const HIST = '10.4.0.1';
const DC = '10.4.0.2';
const SCADA = '10.3.0.1';
const PLC = '10.1.0.1';
const PLC_2 = '10.1.0.2';

const days = daysFrom(MONDAY, 28);

/** One connection of one hour, on a port that nothing names. */
const unnamed = (client: string, server: string, port: number, day: number, hour = 9): Conversation => ({
  ...conversation(client, server, { port, days: [day], hours: [hour], firstHour: hour, lastHour: hour, sessions: 1 }), service: { name: '', by: 'none' },
});
const ftp = (client = HIST, server = PLC, on: readonly number[] = days): Conversation => conversation(client, server, { port: 21, service: 'ftp', days: on, hours: [9], firstHour: 9, lastHour: 9 });
const mapper = (client = HIST, server = PLC): Conversation => conversation(client, server, { port: 135, service: 'rpc', hours: [9], firstHour: 9, lastHour: 9 });
const endpoint = (port: number, on: readonly number[], client = HIST, server = PLC): Conversation => conversation(client, server, { port, service: 'rpc', days: on, hours: [9, 10], firstHour: 9, lastHour: 10 });

/** As good as random, and the same every time. */
const scattered = (count: number, first = 49152, width = 16384): number[] => Array.from({ length: count }, (_, i) => first + ((i * 7919 + 4001) % width));
const transfers = (ports: readonly number[], client = HIST, server = PLC): Conversation[] => ports.map((port, i) => unnamed(client, server, port, days[i % 28]));

const propose = (...conversations: Conversation[]): ConduitProposal => proposeConduits(observations(conversations), PLAN);

const servicesOf = ({ permits }: ConduitProposal): string[] =>
  permits.map(({ permit: { from, to, service, conditions } }) => `${from.assets.join('+')} > ${to.assets.join('+')} ${service.protocol} ${service.ports.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join()}${conditions.onDemand ? ' on demand' : ''}`).sort();

describe('negotiated ports', () => {
  it('FTP data connections are one Permit for the range from which such ports come, and wait for a decision that names the cause', () => {
    const set = observations([ftp(), ...transfers(scattered(28))]);
    const proposal = proposeConduits(set, PLAN);
    expect(servicesOf(proposal)).toEqual(['HIST > PLC-1 ftp 21', 'HIST > PLC-1 ftp-data 49152-65535']);
    const [control, data] = proposal.permits;
    expect(control).toMatchObject({ question: null, permit: { decision: 'approved' } });
    expect(data).toMatchObject({
      question: { kind: 'negotiated-ports' }, connections: 28,
      permit: { decision: 'pending', purpose: expect.stringContaining('RFC 959') as unknown, evidence: { days: 28, generalisedBy: ['negotiated-ports'], neverSeen: 16384 - 28 } },
    });
    const { loaded } = parseSpec(writeSpec(proposal), 'spec.yaml');
    if (loaded === null) throw new Error('the proposal does not load');
    expect(diffSpec(loaded, set)).toEqual([]);
    expect(proveProposal(loaded, set).faults).toEqual([]);
    expect(diffSpec(loaded, observations([ftp(HIST, PLC, [MONDAY + 28]), unnamed(HIST, PLC, 60999, MONDAY + 28)])).filter(({ type }) => type.startsWith('undeclared'))).toEqual([]);
  });

  it('a transfer on a port that happens to have a name is one of them; what is asked there again is not', () => {
    const named = (sessions: number): Conversation => ({ ...unnamed(HIST, PLC, 47808, MONDAY + 3), service: { name: 'bacnet-sc', by: 'port' }, sessions, answeredSessions: sessions });
    const others = transfers(scattered(27, 32768, 28232));
    expect(servicesOf(propose(ftp(), ...others, named(1)))).toEqual(['HIST > PLC-1 ftp 21', 'HIST > PLC-1 ftp-data 32768-60999']);
    expect(servicesOf(propose(ftp(), ...others, named(2)))).toEqual(['HIST > PLC-1 bacnet-sc 47808', 'HIST > PLC-1 ftp 21', 'HIST > PLC-1 ftp-data 32768-47807', 'HIST > PLC-1 ftp-data 47809-60999']);
  });

  it('a range that a person has narrowed does not come back', () => {
    const set = observations([ftp(), ...transfers(scattered(6, 50000, 100))]);
    const proposal = proposeConduits(set, PLAN);
    const narrowed = writeSpec(proposal).replace('port: 49152-65535', 'port: 50000-50099');
    expect(updateSpec(proposal, narrowed, set)).toMatchObject({ text: narrowed, leftOut: 1 });
  });

  it('of a range that a person has narrowed, what is seen outside comes back port by port, and only once', () => {
    const ports = scattered(6);
    const set = observations([ftp(), ...transfers(ports)]);
    const proposal = proposeConduits(set, PLAN);
    const narrowed = writeSpec(proposal).replace('port: 49152-65535', 'port: 54000-61000');
    const outside = ports.filter((port) => port < 54000 || port > 61000).sort((a, b) => a - b);
    expect(outside).not.toEqual([]);
    const { text, added } = updateSpec(proposal, narrowed, set);
    const rules = parseSpec(text, 'spec.yaml').loaded?.permits.filter(({ permit }) => added.rules.includes(permit.id)) ?? [];
    expect(rules.map(({ permit }) => permit.service.ports)).toEqual([outside.map((port) => ({ first: port, last: port }))]);
    expect(text).toMatch(/the same service of the same two, not let through there; .* Seen on /);
    expect(updateSpec(proposal, text, set)).toMatchObject({ text, added: { rules: [] } });
  });

  it('in active mode the server of FTP opens them, to ports of its client', () => {
    expect(servicesOf(propose(ftp(), ...transfers(scattered(28, 1024, 3900), PLC, HIST)))).toEqual(['HIST > PLC-1 ftp 21', 'PLC-1 > HIST ftp-data 1024-5000']);
  });

  it('RPC endpoints that moved are one Permit; what the device serves besides stays outside of the range', () => {
    const moved = [49700, 52011, 50388, 61000].map((port, week) => endpoint(port, daysFrom(MONDAY + 7 * week, 7)));
    expect(servicesOf(propose(mapper(), ...moved))).toEqual(['HIST > PLC-1 rpc 135', 'HIST > PLC-1 rpc 49152-65535']);
    const steady = { ...conversation(SCADA, PLC, { port: 55000 }), service: { name: '', by: 'none' as const } };
    const readable = conversation(HIST, PLC, { port: 60000, service: 's7comm', operations: [namedOperation('s7comm', 4, 'Read Var', 'read')] });
    expect(servicesOf(propose(mapper(), ...moved, steady, readable))).toEqual([
      'HIST > PLC-1 S7comm 60000', 'HIST > PLC-1 rpc 135', 'HIST > PLC-1 rpc 49152-54999', 'HIST > PLC-1 rpc 55001-59999', 'HIST > PLC-1 rpc 60001-65535', 'SCADA-A > PLC-1 tcp/55000 55000',
    ]);
  });

  it('a device that keeps to a few ports keeps them', () => {
    expect(servicesOf(propose(ftp(), ...transfers(scattered(28, 50000, 100))))).toEqual(['HIST > PLC-1 ftp 21', expect.stringMatching(/^HIST > PLC-1 ftp-data (4999\d|5000\d)-(5009\d|5010\d)$/)]);
  });

  it('one that counts its ports up is not bound by yesterday\'s', () => {
    expect(servicesOf(propose(ftp(), ...transfers(Array.from({ length: 28 }, (_, i) => 1100 + 3 * i))))).toEqual(['HIST > PLC-1 ftp 21', 'HIST > PLC-1 ftp-data 1024-5000']);
  });

  it('clients of one server count together, and share a Permit', () => {
    const ports = scattered(6);
    expect(servicesOf(propose(ftp(), ftp(SCADA), ...transfers(ports.slice(0, 5)), unnamed(SCADA, PLC, ports[5], MONDAY + 9)))).toEqual([
      'HIST > PLC-1 ftp 21', 'HIST > PLC-1 ftp-data 49152-65535', 'SCADA-A > PLC-1 ftp 21', 'SCADA-A > PLC-1 ftp-data 49152-65535',
    ]);
    const collected = [PLC, PLC_2, '10.1.0.3', '10.1.0.4'].flatMap((server, i) => [ftp(HIST, server), unnamed(HIST, server, 50001 + 999 * i, MONDAY + i)]);
    expect(servicesOf(propose(...collected))).toEqual(['HIST > PLC-1+PLC-2+PLC-3+PLC-4 ftp 21', 'HIST > PLC-1+PLC-2+PLC-3+PLC-4 ftp-data 49152-65535']);
  });

  it('both between the same two are one range', () => {
    const set = observations([ftp(), mapper(), ...transfers(scattered(10)), ...[49700, 52011, 50388, 61000].map((port, week) => endpoint(port, [MONDAY + 7 * week]))]);
    const proposal = proposeConduits(set, PLAN);
    expect(servicesOf(proposal)).toContain('HIST > PLC-1 ftp-data, rpc 49152-65535');
    expect(proveProposal(parseSpec(writeSpec(proposal), 'spec.yaml').loaded!, set).faults).toEqual([]);
  });

  it('what the office does every day is no visit for coming on a new port each day', () => {
    const office = '10.8.0.1';
    const proposal = propose(ftp(office), ...transfers(scattered(28), office), ...transfers(scattered(28, 1024, 3000), PLC, office));
    expect(proposal.setAside).toEqual([]);
    expect(servicesOf(proposal)).toEqual(['PC-1 > PLC-1 ftp 21', 'PC-1 > PLC-1 ftp-data 49152-65535', 'PLC-1 > PC-1 ftp-data 1024-5000']);
    expect(proposal.permits.map(({ question }) => question?.kind)).toEqual(['enterprise-to-control', 'enterprise-to-control', 'enterprise-to-control']);
  });

  it.each([
    ['a sweep of one host', [ftp(HIST, PLC, [MONDAY]), ...scattered(20).map((port) => unnamed(HIST, PLC, port, MONDAY))]],
    ['a sweep of several hosts, one an hour', [PLC, PLC_2, '10.1.0.3', '10.1.0.4', '10.2.0.9'].flatMap((server, i) => [{ ...ftp(HIST, server, [MONDAY + i]), requests: 1 }, unnamed(HIST, server, 50001 + 999 * i, MONDAY + i)])],
    ['ports without a control connection', transfers(scattered(28))],
    ['ports that began when nobody spoke on the control connection', [ftp(), ...scattered(28).map((port, i) => unnamed(HIST, PLC, port, days[i], 15))]],
    ['many services of one server, each on its port', [ftp(), ...[50001, 50002, 50003, 50004, 50005].map((port, i) => ({ ...conversation(HIST, PLC, { port, hours: [9], days: days.filter((_, at) => at % 7 === i) }), service: { name: '', by: 'none' as const } }))]],
    ['a controller of a domain, whose endpoints stay', [mapper(SCADA, DC), ...[49664, 49665, 49667, 49669, 49670].map((port) => endpoint(port, days, SCADA, DC))]],
    ['what never answered', [ftp(), ...transfers(scattered(28)).map((one) => ({ ...one, answeredSessions: 0 }))]],
  ])('%s: as it was seen', (_, conversations) => {
    expect(propose(...conversations).rules.map(({ rule }) => rule)).not.toContain('negotiated-ports');
  });

  it('--exact leaves each port by itself', () => {
    expect(proposeConduits(observations([ftp(), ...transfers(scattered(28))]), PLAN, { ...DEFAULT_CONDUIT_OPTIONS, exact: true }).permits).toHaveLength(29);
  });

  it('whatever is negotiated beside whatever else, the proposal loads, holds, and does not depend on the order', () => {
    const clients = [HIST, SCADA, '10.5.0.1', '10.8.0.1'];
    const servers = [PLC, PLC_2, '10.6.0.1', '93.184.216.34'];
    const anyTalk = fc.record({
      client: fc.constantFrom(...clients), server: fc.constantFrom(...servers), isBackwards: fc.boolean(),
      kind: fc.constantFrom('data', 'data', 'endpoint', 'modbus', 'steady'), port: fc.integer({ min: 1024, max: 65535 }), day: fc.nat(27), hour: fc.constantFrom(9, 9, 10, 15),
    });
    const talkOf = ({ client: asks, server: answers, isBackwards, kind, port, day, hour }: typeof anyTalk extends fc.Arbitrary<infer T> ? T : never): Conversation => {
      const [client, server] = isBackwards && (kind === 'data' || kind === 'endpoint') ? [answers, asks] : [asks, answers];
      if (kind === 'endpoint') return endpoint(port, [MONDAY + day], client, server);
      if (kind === 'steady') return { ...conversation(client, server, { port }), service: { name: '', by: 'none' } };
      return kind === 'modbus' ? modbus(client, server, [{ code: 3 }], { port }) : unnamed(client, server, port, MONDAY + day, hour);
    };
    fc.assert(fc.property(fc.uniqueArray(anyTalk, { minLength: 20, maxLength: 120, selector: ({ port }) => port }), (talks) => {
      const set = observations([...clients.flatMap((client) => servers.flatMap((server) => [ftp(client, server), mapper(client, server)])), ...talks.map(talkOf)]);
      const yaml = writeSpec(proposeConduits(set, PLAN));
      expect(writeSpec(proposeConduits({ ...set, conversations: set.conversations.toReversed() }, PLAN))).toBe(yaml);
      const { loaded, problems } = parseSpec(yaml, 'proposal.yaml');
      expect(problems).toEqual([]);
      if (loaded === null) return;
      expect(diffSpec(loaded, set).map(({ type, title, detail }) => `${type} ${title} ${detail}`)).toEqual([]);
      expect(proveProposal(loaded, set).faults).toEqual([]);
    }), { numRuns: 40 });
  });
});
