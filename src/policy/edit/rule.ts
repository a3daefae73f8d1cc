/**
 * Rules of a spec for exactly what was seen, with who decided and their evidence.
 *
 * In: conversations and two ends. Out: rules to be written; and where they belong. Left out on purpose: which finding asks
 * for them (edit/accept.ts).
 */
import type { ModbusAsk } from '../../infer/conduits/grants.ts';
import { modbusOperationsOf } from '../../infer/conduits/permits.ts';
import { accessOfFunctionCode } from '../../decode/app/modbus-functions.ts';
import { listsBy } from '../../net/multi-map.ts';
import { mergeSpans, tableOf, type Span } from '../../net/register-set.ts';
import { hasPorts, type Conversation } from '../../observation.ts';
import type { ModbusOperations } from '../../permit.ts';
import { isFolded, securityOf, type Ask } from '../match/asks.ts';
import { isoEvidenceTime } from '../../net/time.ts';
import type { LoadedSpec } from '../spec/load.ts';
import type { RuleDecision } from './decide.ts';
import { SECURITY_MODES, type SpecEndpoint, type SpecFlow } from '../spec/schema.ts';

const PROTOCOLS: Readonly<Record<string, string>> = { modbus: 'Modbus/TCP', opcua: 'OPC UA', s7comm: 'S7comm', enip: 'EtherNet/IP', https: 'HTTPS', http: 'HTTP', rdp: 'RDP', ssh: 'SSH', smb: 'SMB', dns: 'DNS', ntp: 'NTP' };

/** @param asks at least one */
export const evidenceOf = (asks: readonly Ask[]): NonNullable<SpecFlow['evidence']> => ({
  first_seen: isoEvidenceTime(asks.reduce((least, { firstNs }) => (firstNs < least ? firstNs : least), asks[0].firstNs)) ?? undefined,
  last_seen: isoEvidenceTime(asks.reduce((most, { lastNs }) => (lastNs > most ? lastNs : most), asks[0].lastNs)) ?? undefined,
  days: new Set(asks.flatMap(({ days }) => days)).size,
  requests: asks.reduce((sum, { count }) => sum + count, 0),
});

const sortedSet = <T extends string>(values: readonly T[]): T[] => [...new Set(values)].sort();

const opcuaOf = (conversations: readonly Conversation[], asks: readonly Ask[]): SpecFlow['opcua'] => {
  const seen = conversations.map(securityOf);
  const modes = SECURITY_MODES.filter((mode) => seen.some((one) => one.modes.includes(mode)));
  // Left out where it was not seen: an empty list would demand nothing, and say that somebody had meant it.
  const policies = sortedSet(seen.flatMap((one) => one.policies)) as NonNullable<NonNullable<SpecFlow['opcua']>['security_policy']>;
  const services = sortedSet(asks.flatMap((ask) => ask.opcuaService ?? []));
  const opcua = { ...(modes.length === 0 ? {} : { security_mode: modes }), ...(policies.length === 0 ? {} : { security_policy: policies }), ...(services.length === 0 ? {} : { services }) };
  return Object.keys(opcua).length === 0 ? undefined : opcua;
};

/** Of a function that was asked with addresses and without, those that are known: a rule for all of them would be wider than what was seen. */
const modbusAsksOf = (asks: readonly Ask[]): ModbusAsk[] => {
  const byFunction = new Map<string, { readonly unit: number; readonly code: number; readonly spans: Map<'read' | 'write', Span[]> }>();
  for (const { modbus } of asks) {
    if (modbus === null) continue;
    const { unit, code, range } = modbus;
    const held = byFunction.get(`${unit} ${code}`) ?? { unit, code, spans: new Map<'read' | 'write', Span[]>() };
    byFunction.set(`${unit} ${code}`, held);
    if (range !== null && tableOf(code, range.access) !== null) held.spans.set(range.access, mergeSpans([...(held.spans.get(range.access) ?? []), range]));
  }
  return [...byFunction.values()].map(({ spans, ...one }) => ({ ...one, spans: spans.size === 0 ? null : spans }));
};

const isPartOf = ({ modbus: asked }: Ask, modbus: ModbusOperations | null): boolean =>
  (asked === null || modbus === null ? asked === modbus : modbus.unitIds.includes(asked.unit) && modbus.functionCodes.includes(asked.code));

/** Beside a code whose own access it is, it would not be let through, or that one would be for it as well; of two, each unit would have both (permitsUse). */
const isFurtherUse = ({ modbus, access }: Ask): boolean => modbus !== null && access !== null && access !== accessOfFunctionCode(modbus.code);

/**
 * One for each set of units that were asked the same: in one rule every unit would have every code, and every code every range of its table.
 * @param freeId a new id for each
 * @param conversations of one client, server and service; at least one
 * @param asked what of them the rules are for; at least one. Operations that are not told apart are in a rule for all of the service, and in
 * none beside others
 */
export const rulesFor = (freeId: () => string, client: SpecEndpoint, server: SpecEndpoint, conversations: readonly Conversation[], asked: readonly Ask[], by: RuleDecision): SpecFlow[] => {
  const told = asked.filter((ask) => !isFolded(ask));
  const asks = told.length === 0 ? asked : told;
  return [asks.filter((ask) => !isFurtherUse(ask)), ...listsBy(asks.filter(isFurtherUse), ({ modbus, access }) => `${modbus?.code} ${access}`).values()].flatMap((own) => {
    const parts = [...modbusOperationsOf(modbusAsksOf(own)), ...(own.some((ask) => ask.modbus === null) ? [null] : [])];
    return parts.map((modbus) => ruleFor(freeId(), client, server, conversations, own.filter((ask) => isPartOf(ask, modbus)), modbus, by));
  });
};

const ruleFor = (id: string, client: SpecEndpoint, server: SpecEndpoint, conversations: readonly Conversation[], asks: readonly Ask[], modbus: ModbusOperations | null, by: RuleDecision): SpecFlow => {
  const told = asks.filter((ask) => !isFolded(ask));
  const [first] = conversations;
  const ranges = (modbus?.ranges ?? []).flatMap(({ access, table, first: start, last: end }) => (table === undefined ? [] : [{ table, start, end, access }]));
  const names = sortedSet(told.flatMap((ask) => ask.name ?? []));
  const access = sortedSet(told.flatMap((ask) => ask.access ?? []));
  const opcua = first.service.name === 'opcua' ? opcuaOf(conversations, asks) : undefined;
  return {
    rule_id: id,
    protocol: PROTOCOLS[first.service.name] ?? (first.service.name === '' ? `${first.transport}/${first.port}` : first.service.name),
    transport: first.transport,
    ...(hasPorts(first.transport) ? { port: first.port } : {}),
    client,
    server,
    access: access.length === 0 ? 'any' : access,
    ...(modbus === null ? {} : { modbus: { function_codes: [...modbus.functionCodes], unit_ids: [...modbus.unitIds], ...(ranges.length === 0 ? {} : { ranges }) } }),
    ...(opcua === undefined ? {} : { opcua }),
    ...(names.length === 0 ? {} : { operations: names }),
    ...(by.purpose === undefined || by.purpose === '' ? {} : { purpose: by.purpose }),
    basis: 'observed',
    decision: by.decision,
    owner: by.owner,
    ...(by.decidedOn === undefined ? {} : { decided_on: by.decidedOn }),
    evidence: evidenceOf(asks),
  };
};

/** What a rule lets through, without who decided and what was seen. */
export const contentOf = ({ rule_id: _id, decision: _decision, owner: _owner, decided_on: _decidedOn, purpose: _purpose, evidence: _evidence, basis: _basis, ...content }: SpecFlow): string =>
  JSON.stringify(content, (_key, value: unknown) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value));

/** Ids that rules have or had. */
export const ruleIdsOf = ({ permits, spec }: LoadedSpec): string[] => [...permits.map(({ permit }) => permit.id), ...spec.conduits.flatMap((conduit) => conduit.removed_rules ?? [])];

/**
 * New ids for rules, `PREFIX-001` and on: the number after the highest that a rule has or had. Who reads an old review would take
 * another rule in a gap for the one that stood there.
 * @param others ids that are about to be given
 */
export function ruleNumbering(loaded: LoadedSpec | null, others: readonly string[] = []): (prefix: string) => string {
  const given = [...others, ...(loaded === null ? [] : ruleIdsOf(loaded))];
  const highest = new Map<string, number>();
  return (prefix) => {
    const start = `${prefix.slice(0, 58)}-`;
    const numbers = (): number[] => given.flatMap((id) => (id.startsWith(start) && /^[0-9]{1,4}$/.test(id.slice(start.length)) ? [Number(id.slice(start.length))] : []));
    const next = (highest.get(start) ?? numbers().reduce((most, number) => Math.max(most, number), 0)) + 1;
    highest.set(start, next);
    return `${start}${String(next).padStart(3, '0')}`;
  };
}
