/**
 * Random Permits, and random sessions as frames, for firewalls that judge real packets; and what the simulation says of the same
 * frames. The same each time.
 */
import fc from 'fast-check';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { Mode } from '../../src/export/exporter.ts';
import { modbusAnswer, modbusRequest } from '../../src/export/modbus/request.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { semanticsOf, writtenBy } from '../../src/export/simulated-target.ts';
import { tcpSession, udpDatagram, type Exchange } from '../../src/export/targets/frame-writer.ts';
import type { ObservationSet } from '../../src/observation.ts';
import { contextOf } from '../../src/policy/diff/context.ts';
import { simulate } from '../../src/policy/simulate.ts';
import type { LoadedSpec } from '../../src/policy/spec/load.ts';
import { imported } from '../flow/imported.ts';
import { loadText } from '../policy/loaded-spec.ts';

const SEED = 1202;
const SPECS = 6;
export const SESSIONS = 300;

const ZONES = [
  { zone_id: 'CELL', name: 'c', networks: ['10.20.0.0/16', 'fd20::/64'], assets: [{ asset_id: 'PLC', ip: ['10.20.0.1', 'fd20::1'] }] },
  { zone_id: 'OPS', name: 'o', networks: ['10.30.0.0/16', 'fd30::/64'], assets: [{ asset_id: 'HMIS', ip: ['10.30.0.0-10.30.0.199', 'fd30::-fd30::c7'], count: 400 }] },
] as const;
const ENDS = {
  CELL: [{ zone: 'CELL' }, { zone: 'CELL', assets: ['PLC'] }, { zone: 'CELL', addresses: ['10.20.0.0/30', 'fd20::/127'] }],
  OPS: [{ zone: 'OPS' }, { zone: 'OPS', assets: ['HMIS'] }, { zone: 'OPS', addresses: ['10.30.0.100-10.30.1.99'] }],
} as const;

const modbusLimits = fc.record({
  function_codes: fc.subarray([3, 5, 6, 16, 23, 43]), unit_ids: fc.subarray([1, 2]),
  ranges: fc.array(fc.constantFrom({ table: 'holding-register', start: 0, end: 9 }, { table: 'holding-register', start: 10, end: 19 }, { table: 'holding-register', start: 5, end: 14, access: 'write' }, { table: 'coil', start: 0, end: 9 }), { maxLength: 2 }),
}).map((limits) => Object.fromEntries(Object.entries(limits).filter(([, list]) => list.length > 0)));
const access = fc.constantFrom({}, {}, { access: 'read' }, { access: 'write' });
const service = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constantFrom(502, 502, '400-600'), modbusLimits, access).map(([port, modbus, classes]) => ({ protocol: 'Modbus/TCP', transport: 'tcp', port, modbus, ...classes })) },
  { weight: 2, arbitrary: fc.constantFrom(102, 502, '1-65535').map((port) => ({ protocol: 'other', transport: 'tcp', port })) },
  { weight: 2, arbitrary: fc.constantFrom({ transport: 'any' }, { transport: 'udp', port: 502 }, { transport: 'udp', port: '500-40000' }).map((rest) => ({ protocol: 'other', ...rest })) },
);
const conditions = fc.oneof({ weight: 6, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.constantFrom({ on_demand: true }, { decision: 'rejected' }, { expires: '2019-06-30' }, { expires: '2099-06-30' }, { unidirectional: { from: 'OPS', to: 'CELL' } }) });
const rule = fc.record({ ops: fc.constantFrom(...ENDS.OPS), cell: fc.constantFrom(...ENDS.CELL), what: service, when: conditions, isFromCell: fc.constantFrom(false, false, false, true) });
const specOf = (flows: readonly object[]): LoadedSpec => loadText(JSON.stringify({ spec_version: 1, zones: ZONES, conduits: [{ conduit_id: 'C', connects: ['CELL', 'OPS'], mode: 'enforce', protocols_allowed: flows }] }));
const spec = fc.array(rule, { minLength: 2, maxLength: 5 }).map((rules) =>
  specOf(rules.map(({ ops, cell, what, when, isFromCell }, index) => ({ rule_id: `R${index}`, ...what, ...when, client: isFromCell ? cell : ops, server: isFromCell ? ops : cell }))));

/** A narrow Permit one way and a wide one the other: what the wide one lets its servers answer is not for them to ask. */
const BOTH_WAYS = specOf([
  { rule_id: 'NARROW', protocol: 'Modbus/TCP', transport: 'tcp', port: 502, modbus: { function_codes: [6], unit_ids: [1] }, client: { zone: 'CELL' }, server: { zone: 'OPS' } },
  { rule_id: 'WIDE', protocol: 'other', transport: 'any', client: { zone: 'OPS' }, server: { zone: 'CELL' } },
]);

/** What a session asks: the same once or several times, so that all of it passes or nothing. */
const asked = fc.oneof(
  { weight: 6, arbitrary: fc.record({ transport: fc.constant('tcp' as const), port: fc.constantFrom(502, 502, 502, 600, 102), modbus: fc.record({ functionCode: fc.constantFrom(3, 5, 6, 16, 23, 43, 8), unit: fc.constantFrom(1, 2, 9), start: fc.constantFrom(0, 5, 9, 10, 19, 20), quantity: fc.constantFrom(1, 1, 2, 10) }), text: fc.constant('') }) },
  { weight: 2, arbitrary: fc.record({ transport: fc.constantFrom('tcp' as const, 'udp' as const), port: fc.constantFrom(502, 102, 600, 30_000), modbus: fc.constant(null), text: fc.constantFrom('GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'something else', `${'a long datagram '.repeat(80)}`) }) },
);
const session = fc.record({ asked, times: fc.integer({ min: 1, max: 3 }), isIpv6: fc.constantFrom(false, false, false, true), isFromCell: fc.constantFrom(false, false, false, false, true), cell: fc.constantFrom(1, 2, 9), cut: fc.constantFrom('', '', 'in two', 'together') });

export interface Session {
  readonly client: string;
  readonly server: string;
  readonly transport: string;
  readonly port: number;
  /** Of the client; the session's own. */
  readonly from: number;
  readonly frames: readonly Uint8Array[];
  readonly what: string;
}

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const fromClient = (payload: Uint8Array): Exchange => ({ fromClient: true, payload });
const fromServer = (payload: Uint8Array): Exchange => ({ fromClient: false, payload });

/** The ops side has an address for each session: what is asked of the same two is one conversation. */
const sessionOf = ({ asked: { transport, port, modbus, text }, times, isIpv6, isFromCell, cell, cut }: typeof session extends fc.Arbitrary<infer T> ? T : never, index: number, isCut: boolean): Session => {
  const host = index + 1;
  const ops = isIpv6 ? `fd30::${host.toString(16)}` : `10.30.${host >> 8}.${host & 255}`;
  const plc = isIpv6 ? `fd20::${cell}` : `10.20.0.${cell}`;
  const [client, server] = isFromCell ? [plc, ops] : [ops, plc];
  const from = 40_000 + index;
  const ends = [{ ip: client, port: from }, { ip: server, port }] as const;
  const requests = Array.from({ length: times }, (_, at) => (modbus === null ? octets(text) : modbusRequest(modbus, at + 1)));
  const answers = requests.map((_, at) => (modbus === null ? octets('answer') : modbusAnswer(modbus, at + 1)));
  const asks = isCut && transport === 'tcp' && cut !== ''
    ? [...(cut === 'together' ? [joined(requests)] : requests.flatMap((request) => [request.slice(0, 7), request.slice(7)])).map(fromClient), fromServer(joined(answers))]
    : requests.flatMap((request, at) => [fromClient(request), fromServer(answers[at]!)]);
  const frames = transport === 'tcp' ? tcpSession(...ends, asks) : asks.map(({ fromClient: isAsked, payload }) => (isAsked ? udpDatagram(...ends, payload) : udpDatagram(ends[1], ends[0], payload)));
  return { client, server, transport, port, from, frames, what: JSON.stringify({ client, server, transport, port, modbus, text: text.slice(0, 8), times, cut: isCut ? cut : '' }) };
};


export const SPECS_TO_TRY: readonly (readonly [number, LoadedSpec])[] = [BOTH_WAYS, ...fc.sample(spec, { seed: SEED, numRuns: SPECS })].map((loaded, index) => [index + 1, loaded]);

/** `isCut`: some send a request in two segments, or all of theirs in one. */
export const sessionsToTry = (isCut: boolean): Session[] => fc.sample(session, { seed: SEED, numRuns: SESSIONS }).map((one, index) => sessionOf(one, index, isCut));

export const heardOf = (sessions: readonly Session[]): Promise<ObservationSet> => imported(sessions.flatMap(({ frames }) => frames).map((bytes, index) => ({ us: index * 1000, bytes })));

/** What passed and should not by the simulation of the target, and the other way round. */
export const differencesOf = (target: string, loaded: LoadedSpec, heard: ObservationSet, sessions: readonly Session[], passed: ReadonlySet<Session>): string[] => {
  const written = writtenBy(target, planOf(loaded, []));
  const simulated = new Map(heard.conversations.map((one) => {
    const { counts } = simulate(contextOf(loaded, { ...heard, conversations: [one] }), semanticsOf(target)!, { written });
    return [`${one.client} ${one.transport} ${one.server} ${one.port}`, counts.passed - counts.unread === 1];
  }));
  return sessions.flatMap((one) => {
    const expected = simulated.get(`${one.client} ${one.transport} ${one.server} ${one.port}`);
    return passed.has(one) === expected ? [] : [`${passed.has(one) ? 'passed' : 'blocked'}, simulated ${expected}: ${one.what}`];
  });
};

export const rulesOf = (target: string, file: string, loaded: LoadedSpec, mode: Mode): string =>
  exportPlan(exporterOf(target), planOf(loaded, []), { mode, allowWider: true }).files.find(({ path }) => path === file)?.content as string;
