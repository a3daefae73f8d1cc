/**
 * A rule of a spec for exactly what was seen, with who decided and its evidence.
 *
 * In: conversations and two ends. Out: a rule to be written; and where it belongs. Left out on purpose: which finding asks
 * for it (spec-accept.ts).
 */
import { mergeSpans, tableOf } from '../net/register-set.ts';
import type { Conversation } from '../observation.ts';
import type { ModbusTable } from '../permit.ts';
import { isFolded, securityOf, type Ask } from './asks.ts';
import { isoTime } from './findings.ts';
import { SECURITY_MODES, type SpecEndpoint, type SpecFlow } from './spec-schema.ts';

/** Who decided what, and why. */
export interface RuleDecision {
  readonly decision: 'approved' | 'rejected';
  readonly owner: string;
  readonly purpose?: string;
}

const PROTOCOLS: Readonly<Record<string, string>> = { modbus: 'Modbus/TCP', opcua: 'OPC UA', s7comm: 'S7comm', enip: 'EtherNet/IP', https: 'HTTPS', http: 'HTTP', rdp: 'RDP', ssh: 'SSH', smb: 'SMB', dns: 'DNS', ntp: 'NTP' };

/** @param asks at least one */
export const evidenceOf = (asks: readonly Ask[]): NonNullable<SpecFlow['evidence']> => ({
  first_seen: isoTime(asks.reduce((least, { firstNs }) => (firstNs < least ? firstNs : least), asks[0].firstNs)),
  last_seen: isoTime(asks.reduce((most, { lastNs }) => (lastNs > most ? lastNs : most), asks[0].lastNs)),
  days: new Set(asks.flatMap(({ days }) => days)).size,
  requests: asks.reduce((sum, { count }) => sum + count, 0),
});

const sortedSet = <T extends string>(values: readonly T[]): T[] => [...new Set(values)].sort();

const ascending = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);

const opcuaOf = (conversations: readonly Conversation[], asks: readonly Ask[]): SpecFlow['opcua'] => {
  const seen = conversations.map(securityOf);
  const modes = SECURITY_MODES.filter((mode) => seen.some((one) => one.modes.includes(mode)));
  // Left out where it was not seen: an empty list would demand nothing, and say that somebody had meant it.
  const policies = sortedSet(seen.flatMap((one) => one.policies)) as NonNullable<NonNullable<SpecFlow['opcua']>['security_policy']>;
  const services = sortedSet(asks.flatMap((ask) => ask.opcuaService ?? []));
  const opcua = { ...(modes.length === 0 ? {} : { security_mode: modes }), ...(policies.length === 0 ? {} : { security_policy: policies }), ...(services.length === 0 ? {} : { services }) };
  return Object.keys(opcua).length === 0 ? undefined : opcua;
};

/** By table and access, what touches or overlaps as one: so a rule is judged (bindingSpans), and one register a line can be read by nobody. */
const rangesOf = (asked: readonly NonNullable<Ask['modbus']>[]): NonNullable<NonNullable<SpecFlow['modbus']>['ranges']> => {
  const byTable = new Map<string, { readonly table: ModbusTable; readonly access: 'read' | 'write'; readonly spans: { first: number; last: number }[] }>();
  for (const { code, range } of asked) {
    const table = range === null ? null : tableOf(code, range.access);
    if (range === null || table === null) continue;
    const held = byTable.get(`${table} ${range.access}`) ?? { table, access: range.access, spans: [] };
    byTable.set(`${table} ${range.access}`, held);
    held.spans.push(range);
  }
  return [...byTable.values()].flatMap(({ table, access, spans }) => mergeSpans(spans).map(({ first, last }) => ({ table, start: first, end: last, access })));
};

/**
 * @param conversations of one client, server and service; at least one
 * @param asks what of them the rule is for; at least one. Operations that are not told apart are in a rule for all of the service, and in
 * none beside others
 */
export const ruleFor = (id: string, client: SpecEndpoint, server: SpecEndpoint, conversations: readonly Conversation[], asked: readonly Ask[], by: RuleDecision): SpecFlow => {
  const told = asked.filter((ask) => !isFolded(ask));
  const asks = told.length === 0 ? asked : told;
  const [first] = conversations;
  const modbus = asks.flatMap((ask) => ask.modbus ?? []);
  const codes = ascending(modbus.map(({ code }) => code));
  const ranges = rangesOf(modbus);
  const names = sortedSet(told.flatMap((ask) => ask.name ?? []));
  const access = sortedSet(told.flatMap((ask) => ask.access ?? []));
  const opcua = first.service.name === 'opcua' ? opcuaOf(conversations, asks) : undefined;
  return {
    rule_id: id,
    protocol: PROTOCOLS[first.service.name] ?? (first.service.name === '' ? `${first.transport}/${first.port}` : first.service.name),
    transport: first.transport,
    ...(first.port === 0 ? {} : { port: first.port }),
    client,
    server,
    access: access.length === 0 ? 'any' : access,
    ...(codes.length === 0 ? {} : { modbus: { function_codes: codes, unit_ids: ascending(modbus.map(({ unit }) => unit)), ...(ranges.length === 0 ? {} : { ranges }) } }),
    ...(opcua === undefined ? {} : { opcua }),
    ...(names.length === 0 ? {} : { operations: names }),
    ...(by.purpose === undefined ? {} : { purpose: by.purpose }),
    basis: 'observed',
    decision: by.decision,
    owner: by.owner,
    evidence: evidenceOf(asks),
  };
};

/** What a rule lets through, without who decided and what was seen. */
export const contentOf = ({ rule_id: _id, decision: _decision, owner: _owner, purpose: _purpose, evidence: _evidence, basis: _basis, ...content }: SpecFlow): string =>
  JSON.stringify(content, (_key, value: unknown) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value));

/** `PREFIX-001`, or the first number that is free. */
export const freeRuleId = (prefix: string, taken: ReadonlySet<string>): string => {
  for (let n = 1; ; n++) {
    const id = `${prefix.slice(0, 58)}-${String(n).padStart(3, '0')}`;
    if (!taken.has(id)) return id;
  }
};
