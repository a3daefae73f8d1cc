/**
 * Random Permits of many kinds on the same pairs and ports, and random traffic. For every target the written configuration is read
 * back and judged as its device does. What a written Permit lets through passes; what passes beyond all Permits is told by a row that
 * says `widened`; and the simulation of the target says what the configuration does.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { Effect } from '../../src/export/exporter.ts';
import { letsThrough } from '../../src/export/permit-judge.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { semanticsOf, writtenBy } from '../../src/export/simulated-target.ts';
import type { Access, Conversation, Operation } from '../../src/observation.ts';
import { limitsOperations } from '../../src/policy/match/match.ts';
import { contextOf } from '../../src/policy/diff/context.ts';
import { simulate } from '../../src/policy/simulate.ts';
import type { LoadedSpec } from '../../src/policy/spec/load.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { conversation, modbus, MONDAY, namedOperation, observations } from '../policy/observed.ts';
import type { Probe } from './parse-back/intrusion-rules.ts';
import { IDS, JUDGES, type Moment } from './parse-back/judges.ts';

const ZONES = [
  { zone_id: 'CELL', name: 'c', networks: ['10.20.0.0/24', 'fd20::/64'], assets: [{ asset_id: 'PLC-1', ip: ['10.20.0.1', 'fd20::1'] }, { asset_id: 'PLC-2', ip: ['10.20.0.2'] }] },
  { zone_id: 'OPS', name: 'o', networks: ['10.30.0.0/24', 'fd30::/64'], assets: [{ asset_id: 'HMI', ip: ['10.30.0.1', 'fd30::1'] }, { asset_id: 'EWS', ip: ['10.30.0.2'] }] },
] as const;
const ENDS = {
  CELL: [{ zone: 'CELL' }, { zone: 'CELL', assets: ['PLC-1'] }, { zone: 'CELL', assets: ['PLC-2'] }, { zone: 'CELL', addresses: ['10.20.0.0/30'] }],
  OPS: [{ zone: 'OPS' }, { zone: 'OPS', assets: ['HMI'] }, { zone: 'OPS', assets: ['HMI', 'EWS'] }, { zone: 'OPS', addresses: ['10.30.0.2-10.30.0.9'] }],
} as const;

const modbusLimits = fc.record({
  function_codes: fc.subarray([3, 5, 6, 16]), unit_ids: fc.subarray([1, 2]),
  ranges: fc.array(fc.constantFrom({ table: 'holding-register', start: 0, end: 9 }, { table: 'holding-register', start: 10, end: 19 }, { table: 'holding-register', start: 5, end: 14, access: 'write' }, { table: 'coil', start: 0, end: 9 }), { maxLength: 2 }),
}).map(({ function_codes, unit_ids, ranges }) => ({ ...(function_codes.length === 0 ? {} : { function_codes }), ...(unit_ids.length === 0 ? {} : { unit_ids }), ...(ranges.length === 0 ? {} : { ranges }) }));

const opcuaLimits = fc.record({ security_mode: fc.subarray(['None', 'Sign', 'SignAndEncrypt']), security_policy: fc.subarray(['Basic128Rsa15', 'Basic256Sha256']), services: fc.subarray(['Read', 'Write', 'GetEndpoints']) })
  .map((lists) => Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)));

const access = fc.constantFrom({}, {}, { access: 'read' }, { access: 'write' });
const port = fc.constantFrom<number | string>(502, 502, 4840, 102, '400-600', '1-65535');

const service = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom('Modbus/TCP', 'Modbus/TCP', 'Modbus RTU over TCP'), port, modbusLimits, access).map(([protocol, at, limits, classes]) => ({ protocol, transport: 'tcp', port: at, modbus: limits, ...classes })) },
  { weight: 3, arbitrary: fc.tuple(port, opcuaLimits, access).map(([at, limits, classes]) => ({ protocol: 'OPC UA', transport: 'tcp', port: at, opcua: limits, ...classes })) },
  { weight: 1, arbitrary: fc.tuple(port, fc.constantFrom({}, { operations: ['Read Var'] }), access).map(([at, limits, classes]) => ({ protocol: 'S7comm', transport: 'tcp', port: at, ...limits, ...classes })) },
  { weight: 1, arbitrary: fc.tuple(port, fc.constantFrom({}, { cip: { services: [1] } }, { cip: { services: [1, 76] } })).map(([at, limits]) => ({ protocol: 'EtherNet/IP', transport: 'tcp', port: at, ...limits })) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('HTTP', 'other'), port).map(([protocol, at]) => ({ protocol, transport: 'tcp', port: at })) },
  { weight: 2, arbitrary: fc.constantFrom({ transport: 'any' }, { transport: 'udp', port: 502 }, { transport: 'sctp', port: 502 }, { transport: 'icmp' }, { transport: 'icmpv6' }, { transport: 'ip-47' }).map((rest) => ({ protocol: 'other', ...rest })) },
);

const conditions = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  { weight: 3, arbitrary: fc.record({
    schedule: fc.constantFrom(undefined, { days: ['sun'], start: '06:00', end: '18:00' }, { days: ['sat', 'sun'], start: '06:00', end: '18:00' }, { days: ['tue'], start: '22:00', end: '04:00' }),
    expires: fc.constantFrom(undefined, undefined, '2026-06-30'), on_demand: fc.constantFrom(undefined, undefined, true),
  }) },
  { weight: 1, arbitrary: fc.constantFrom({ decision: 'rejected' }, { unidirectional: { from: 'OPS', to: 'CELL' } }, { limits: { max_connections: 3 } }) },
);

const rule = fc.record({ ops: fc.constantFrom(...ENDS.OPS), cell: fc.constantFrom(...ENDS.CELL), what: service, when: conditions, isFromCell: fc.constantFrom(false, false, false, true) });
const spec = fc.array(rule, { minLength: 1, maxLength: 4 }).map((rules): LoadedSpec => {
  const flows = rules.map(({ ops, cell, what, when, isFromCell }, index) => ({ rule_id: `R${index}`, ...what, ...when, client: isFromCell ? cell : ops, server: isFromCell ? ops : cell }));
  return loadText(JSON.stringify({ spec_version: 1, zones: ZONES, conduits: [{ conduit_id: 'C', connects: ['CELL', 'OPS'], mode: 'enforce', protocols_allowed: flows }] }));
});

const DAYS = [[MONDAY + 2, 'wed', '2026-01-07'], [MONDAY + 6, 'sun', '2026-01-11'], [MONDAY + 216, 'sun', '2026-08-09']] as const;
const moment = fc.record({ day: fc.constantFrom(...DAYS), hour: fc.constantFrom(12, 2), onDemand: fc.boolean() }).map(({ day: [day, weekday, date], hour, onDemand }): Moment => ({ day, weekday, date, hour, onDemand }));

const PAIRS = [['10.30.0.1', '10.20.0.1'], ['10.30.0.2', '10.20.0.1'], ['10.30.0.1', '10.20.0.2'], ['10.30.0.5', '10.20.0.9'], ['fd30::1', 'fd20::1'], ['10.20.0.1', '10.30.0.1']] as const;

const SERVICE_ACCESS: Readonly<Record<string, Access>> = { Read: 'read', Write: 'write', GetEndpoints: 'browse' };

type Asked =
  | { readonly kind: 'modbus'; readonly code: number; readonly unit: number; readonly start: number; readonly quantity: number }
  | { readonly kind: 'opcua'; readonly service: string; readonly mode: string; readonly policy: string }
  | { readonly kind: 's7comm' | 'enip'; readonly name: string; readonly code: number }
  | { readonly kind: 'http' | 'rtu' };

const asked = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('modbus' as const), code: fc.constantFrom(3, 5, 6, 16, 8), unit: fc.constantFrom(1, 2, 9), start: fc.constantFrom(0, 5, 9, 10, 19, 20), quantity: fc.constantFrom(1, 1, 2, 10) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('opcua' as const), service: fc.constantFrom('Read', 'Write', 'GetEndpoints'), security: fc.constantFrom(['None', 'None'], ['Sign', 'Basic128Rsa15'], ['Sign', 'Basic256Sha256'], ['SignAndEncrypt', 'Basic256Sha256']) }).map(({ kind, service: name, security: [mode, policy] }) => ({ kind, service: name, mode: mode!, policy: policy! })) },
  { weight: 1, arbitrary: fc.constantFrom<Asked>({ kind: 's7comm', name: 'Read Var', code: 4 }, { kind: 's7comm', name: 'Write Var', code: 5 }, { kind: 'enip', name: 'Get', code: 1 }, { kind: 'enip', name: 'Set', code: 2 }) },
  { weight: 1, arbitrary: fc.constantFrom<Asked>({ kind: 'http' }, { kind: 'rtu' }) },
);

interface Tried {
  readonly probe: Probe;
  readonly conversation: Conversation;
}

const timed = (one: Conversation, { day, hour }: Moment): Conversation => {
  const days = [{ day, hours: 1 << hour }];
  const atNs = (BigInt(day) * 24n + BigInt(hour)) * 3_600_000_000_000n + 1_800_000_000_000n;
  const times = { firstNs: atNs, lastNs: atNs, days };
  return { ...one, ...times, operations: one.operations.map((operation): Operation => ({ ...operation, ...times })) };
};

const tried = ([client, server]: readonly [string, string], transport: string, at: number, what: Asked): Tried => {
  const flow = { client, server, transport, port: at, modbus: null };
  const head = { transport, port: at, days: [MONDAY] };
  if (transport !== 'tcp') return { probe: flow, conversation: { ...conversation(client, server, head), service: { name: '', by: 'port' } } };
  if (what.kind === 'modbus') {
    const { code, unit, start } = what;
    const quantity = [5, 6].includes(code) ? 1 : what.quantity;
    return {
      probe: { ...flow, modbus: { functionCode: code, unit, start: code === 8 ? 0 : start, quantity } },
      conversation: modbus(client, server, [{ code, unit, ranges: [[start, start + quantity - 1]] }], head),
    };
  }
  if (what.kind === 'opcua') {
    const isHidden = what.mode === 'SignAndEncrypt';
    const facts = [['opcua.mode', what.mode], ['opcua.policy', what.policy], ...(isHidden ? [['opcua.encrypted', 'MSG']] : [])] as unknown as readonly (readonly [string, string])[];
    return {
      probe: { ...flow, opcua: { policy: what.policy, service: isHidden ? null : what.service } },
      conversation: conversation(client, server, { ...head, service: 'opcua', facts, operations: isHidden ? [] : [namedOperation('opcua', 1, `${what.service}Request`, SERVICE_ACCESS[what.service], [MONDAY])] }),
    };
  }
  if (what.kind === 's7comm' || what.kind === 'enip')
    return { probe: { ...flow, ...(what.kind === 'enip' ? { cip: what.code } : {}) }, conversation: conversation(client, server, { ...head, service: what.kind, operations: [namedOperation(what.kind, what.code, what.name, what.code === 4 || what.code === 1 ? 'read' : 'write', [MONDAY])] }) };
  return { probe: flow, conversation: conversation(client, server, { ...head, service: what.kind === 'rtu' ? 'Modbus RTU over TCP' : 'http' }) };
};

const traffic = fc.record({
  pair: fc.constantFrom(...PAIRS), what: asked, at: moment,
  head: fc.oneof({ weight: 5, arbitrary: fc.tuple(fc.constant('tcp'), fc.constantFrom(502, 502, 502, 4840, 102, 9)) }, { weight: 1, arbitrary: fc.constantFrom<[string, number]>(['udp', 502], ['sctp', 502], ['icmp', 0], ['icmpv6', 0], ['ip-47', 0], ['sctp', 9]) }),
}).map(({ pair, what, at, head: [transport, number] }) => {
  // An echo of the other family is none.
  const own = pair[0].includes(':') ? transport.replace(/^icmp$/, 'icmpv6') : transport.replace(/^icmpv6$/, 'icmp');
  return { at, what, ...tried(pair, own, number, what) };
});

/** Who reads no operations holds no Permit to its protocol's name: ports are ports. */
const byPort = (loaded: LoadedSpec): LoadedSpec => ({ ...loaded, permits: loaded.permits.map((declared) => (limitsOperations(declared.permit) ? declared : { ...declared, permit: { ...declared.permit, service: { ...declared.permit.service, protocol: 'anything' } } })) });

for (const [target, judgeOf] of JUDGES)
  test(`${target}: whatever the Permits, none of what they let through is blocked, and what passes beyond is told`, () => {
    const { ipv6 } = exporterOf(target).capabilities;
    fc.assert(
      fc.property(spec, fc.array(traffic, { minLength: 25, maxLength: 25 }), (loaded, all) => {
        const plan = planOf(loaded, []);
        const { losses, files } = exportPlan(exporterOf(target), plan, { mode: 'enforce', allowWider: true, applicationIds: IDS });
        const passes = judgeOf(new Map(files.map(({ path, content }) => [path, content as string])));
        const written = writtenBy(target, plan, { applicationIds: IDS });
        const verdicts = new Map(losses.map(({ permit, verdict }) => [permit, verdict]));
        const withRule = { ...loaded, permits: loaded.permits.filter(({ permit }) => verdicts.get(permit.id) !== 'not-enforceable') };
        const widened = plan.permits.filter(({ permit }) => verdicts.get(permit.id) === 'widened').map(({ permit: { service: { transport, ports } }, client, server }): Effect => ({
          client, server, transport, ports: transport === 'sctp' ? [] : ports.map(({ first, last }) => `${first}-${last}`), modbus: null, schedule: '', expires: '', onDemand: false,
        }));
        for (const { at, what, probe, conversation: bare } of all) {
          const one = timed(bare, at);
          const lets = (some: LoadedSpec, by: string): boolean => simulate(contextOf(some, observations([one])), semanticsOf(by)!, { onDemand: at.onDemand, written: by === 'ideal' ? null : written }).counts.passed === 1;
          const words = (): string => JSON.stringify({ what, at, probe: { ...probe }, permits: loaded.permits.map(({ permit }) => permit), rows: losses.map(({ permit, verdict, reasons }) => [permit, verdict, reasons]) });
          const passed = passes(at, probe);
          if ((ipv6 || !probe.client.includes(':')) && lets(withRule, 'ideal')) expect(passed, `blocked: ${words()}`).toBe(true);
          const isPermitted = lets(loaded, 'ideal');
          const isToldWide = letsThrough(widened, probe);
          if (passed && !isPermitted && !isToldWide) expect(lets(byPort(loaded), 'ideal'), `wider than the loss report: ${words()}`).toBe(true);
          // One list of functions and addresses stands for all pairs of a Permit: where it is too wide, it may be wider than the rules of one pair.
          if (probe.modbus === null || isPermitted || !isToldWide || passed) expect(lets(loaded, target), `simulated: ${words()}`).toBe(passed);
        }
      }),
      { numRuns: 20 },
    );
  });
