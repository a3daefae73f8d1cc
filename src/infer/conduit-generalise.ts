/**
 * The stated rules by which Permits are wider than what was seen. Each grant that a rule touches carries the rule's name,
 * and what it lets through that was never seen is counted; `--exact` applies none of them.
 *
 * block-poll       gaps between the blocks that one client reads of one table are closed up to one request's reach
 * array-stride     writes to three or more addresses of one table are taken for one array, up to its ends
 * same-table       function codes of one table and access (FC 6 and 16, FC 5 and 15) share their addresses
 * write-twin       whoever writes one register or coil may write several, and the reverse (FC 6 and 16, FC 5 and 15)
 * set-point-area   an operator station that writes to three or more controllers uses one area of addresses on all of them
 * adjacent-units   three or more unit ids without large gaps behind one gateway are taken for one row of devices
 * session-services opening, keeping and closing an OPC UA session is permitted where any of its services is
 * engineering-session the pairs of maintenance stations and controllers of one zone share codes and addresses, by class
 * redundant-partner the standby of a redundant pair may do, and be asked, what its partner does
 * same-role-group  most of the possible pairs between two groups of one role each ask alike: all of them may
 * shared-service   two or more members of a zone use one infrastructure server: the whole zone may
 * declared-member  a device that a person declared with zone and role, and that was not heard yet, is one of its group
 * outside-iacs     business traffic with the Internet is outside the system under consideration: one Permit per service
 * maintenance      (on demand only) a maintenance station may do, where it was seen, what its role does elsewhere
 *
 * In: exact grants. Out: more and wider grants. Thresholds are those measured in docs/conduits.md.
 */
import { addTo } from '../net/multi-map.ts';
import type { Span } from '../net/register-set.ts';
import { mergeSpans, tableOf } from '../net/register-set.ts';
import { grantKey, mergeDetails, NO_EVIDENCE, OPCUA_SESSION_SERVICES } from './conduit-grants.ts';
import type { Grant, GrantDetail, ModbusAsk, OperationClass } from './conduit-grants.ts';
import type { PlanIndex, PlannedAsset } from './conduit-plan.ts';

/** Most addresses that one request may read: registers (V1.1b3 clause 6.3) and coils (clause 6.1). */
const READ_REACH = { register: 125, coil: 2000 } as const;
/** A write array's end may lie this far beyond the last address seen. */
const WRITE_MARGIN = 50;
/** Share of the possible pairs that must have been seen before the rest is taken for alike. */
const GROUP_COVERAGE: Readonly<Record<OperationClass, number>> = { read: 0.7, any: 0.7, write: 0.8, engineer: 0.5 };
/** Controllers that a station must write to before its set points are taken for one area. */
const AREA_CONTROLLERS = 3;
const MAX_UNIT_GAP = 2;

const STATION_ROLES = new Set(['engineering-workstation', 'jump-server']);

const clamp = (address: number): number => Math.max(0, Math.min(65535, address));

const closeGaps = (spans: readonly Span[], reach: number): Span[] => {
  const merged: Span[] = [];
  for (const span of mergeSpans(spans)) {
    const top = merged.at(-1);
    if (top !== undefined && span.first - top.last <= reach) merged[merged.length - 1] = { first: top.first, last: span.last };
    else merged.push(span);
  }
  return merged;
};

const sameSpans = (a: readonly Span[], b: readonly Span[]): boolean => a.length === b.length && a.every((span, i) => span.first === b[i].first && span.last === b[i].last);

const spansOf = (asks: readonly ModbusAsk[], access: 'read' | 'write', table: string): Span[] =>
  asks.flatMap((ask) => (tableOf(ask.code, access) === table ? [...(ask.spans?.get(access) ?? [])] : []));

/** The single and the multiple form of one write (V1.1b3 clauses 6.5, 6.6, 6.11, 6.12): they differ in how many, not in what. */
const WRITE_TWIN: Readonly<Record<number, number>> = { 5: 15, 15: 5, 6: 16, 16: 6 };

/** Whoever writes one register may write several, and the reverse, at the same addresses. */
function addWriteTwins(grant: Grant): Grant {
  const twins = grant.detail.modbus.flatMap((ask): ModbusAsk[] => {
    const code = WRITE_TWIN[ask.code];
    return code === undefined || grant.detail.modbus.some((other) => other.unit === ask.unit && other.code === code) ? [] : [{ ...ask, code }];
  });
  if (twins.length === 0) return grant;
  const detail = mergeDetails(grant.detail, { ...grant.detail, modbus: twins });
  return { ...grant, detail, rules: [...new Set([...grant.rules, 'write-twin'])].sort() };
}

/** Widens the addresses of one pair's requests, per unit and table; says which rules did it. */
function widenRanges(grant: Grant): Grant {
  if (grant.detail.modbus.length === 0) return grant;
  const rules = new Set(grant.rules);
  const asks = grant.detail.modbus.map((ask): ModbusAsk => {
    if (ask.spans === null) return ask;
    const siblings = grant.detail.modbus.filter((other) => other.unit === ask.unit && other.spans !== null);
    const spans = new Map<'read' | 'write', readonly Span[]>();
    for (const [access, own] of ask.spans) {
      const table = tableOf(ask.code, access) ?? '';
      const shared = mergeSpans(spansOf(siblings, access, table));
      if (!sameSpans(shared, own)) rules.add('same-table');
      if (access === 'read') {
        const reach = table === 'coil' || table === 'discrete-input' ? READ_REACH.coil : READ_REACH.register;
        const closed = closeGaps(shared, reach);
        if (!sameSpans(closed, shared)) rules.add('block-poll');
        spans.set(access, closed);
      } else if (shared.length >= 1) {
        rules.add('array-stride');
        spans.set(access, [{ first: clamp(shared[0].first - WRITE_MARGIN), last: clamp((shared.at(-1)?.last ?? 0) + WRITE_MARGIN) }]);
      } else spans.set(access, shared);
    }
    return { ...ask, spans };
  });
  return { ...grant, detail: { ...grant.detail, modbus: asks }, rules: [...rules].sort() };
}

/** Every unit of a row gets the asks of every other unit of that row. */
function widenUnits(grant: Grant): Grant {
  const units = [...new Set(grant.detail.modbus.map((ask) => ask.unit))].sort((a, b) => a - b);
  if (units.length < 3) return grant;
  const isRow = units.every((unit, i) => i === 0 || unit - units[i - 1] <= MAX_UNIT_GAP);
  if (!isRow) return grant;
  let detail: GrantDetail = { ...grant.detail, modbus: [] };
  for (let unit = units[0]; unit <= units[units.length - 1]; unit++) {
    detail = mergeDetails(detail, { ...grant.detail, modbus: grant.detail.modbus.map((ask) => ({ ...ask, unit })) });
  }
  return { ...grant, detail, rules: [...new Set([...grant.rules, 'adjacent-units'])].sort() };
}

function addSessionServices(grant: Grant): Grant {
  if (grant.protocol !== 'opcua' || grant.detail.opcuaServices.length === 0) return grant;
  const services = [...new Set([...grant.detail.opcuaServices, ...OPCUA_SESSION_SERVICES])].sort();
  if (services.length === grant.detail.opcuaServices.length) return grant;
  return { ...grant, detail: { ...grant.detail, opcuaServices: services }, rules: [...new Set([...grant.rules, 'session-services'])].sort() };
}

/** Adds a never-seen grant, or widens the one there is; evidence stays what it was. */
function extend(grants: Map<string, Grant>, grant: Grant, rule: string): void {
  const key = grantKey(grant);
  const held = grants.get(key);
  const base = held ?? { ...grant, evidence: NO_EVIDENCE, rules: [], source: grant.source ?? grant };
  grants.set(key, { ...base, detail: mergeDetails(base.detail, grant.detail), rules: [...new Set([...base.rules, rule])].sort() });
}

const isBusiness = (kind: string): boolean => kind === 'enterprise' || kind === 'external';
const isTemporary = (kind: string): boolean => kind === 'temporary';

function addPartners(grants: Map<string, Grant>, index: PlanIndex): void {
  const before = [...grants.values()];
  for (const grant of before) {
    const source = grant.source ?? grant;
    const client = index.partnerOf(grant.client.id);
    const server = index.partnerOf(grant.server.id);
    if (client !== null) extend(grants, { ...grant, client, source }, 'redundant-partner');
    if (server !== null) extend(grants, { ...grant, server, source }, 'redundant-partner');
    if (client !== null && server !== null) extend(grants, { ...grant, client, server, source }, 'redundant-partner');
  }
}

/** Any address of the tables and units that the group touches: members differ in their maps, not in what they do. */
const groupDetail = (details: readonly GrantDetail[]): GrantDetail => {
  const merged = details.reduce(mergeDetails);
  const units = [...new Set(merged.modbus.map((ask) => ask.unit))];
  const codes = [...new Set(merged.modbus.map((ask) => ask.code))];
  return { ...merged, modbus: units.flatMap((unit) => codes.map((code): ModbusAsk => ({ unit, code, spans: null }))) };
};

/** OPC UA security of a grant: a group never mixes endpoints of different security, or it would lower some of them. */
const securityOf = (grant: Grant): string => (grant.protocol === 'opcua' ? `${grant.detail.opcuaModes.join(',')}|${grant.detail.opcuaPolicies.join(',')}` : '');

const heard = (assets: readonly PlannedAsset[]): number => assets.filter((asset) => asset.declaredOnly !== true).length;

const ruleFor = (rule: string, client: PlannedAsset, server: PlannedAsset): string => (client.declaredOnly === true || server.declaredOnly === true ? 'declared-member' : rule);

function addGroups(grants: Map<string, Grant>, index: PlanIndex): void {
  const securities = new Map<string, Set<string>>();
  for (const grant of grants.values()) {
    const key = `${grant.server.id}\n${grant.transport}/${grant.port}`;
    securities.set(key, (securities.get(key) ?? new Set<string>()).add(securityOf(grant)));
  }
  const groups = new Map<string, Grant[]>();
  for (const grant of grants.values()) {
    if (isTemporary(index.kindOf(grant.client.zone)) || isTemporary(index.kindOf(grant.server.zone))) continue;
    if (isBusiness(index.kindOf(grant.client.zone)) && isBusiness(index.kindOf(grant.server.zone))) continue;
    const key = `${grant.client.zone}\n${grant.client.role}\n${grant.server.zone}\n${grant.server.role}\n${grant.transport}/${grant.port}\n${grant.class}\n${securityOf(grant)}`;
    addTo(groups, key, grant);
  }
  for (const members of groups.values()) {
    const [sample] = members;
    const seen = members.filter((grant) => grant.evidence.witnesses.length > 0).length;
    const clients = index.membersOf(sample.client.zone, sample.client.role);
    const servers = index.membersOf(sample.server.zone, sample.server.role).filter((server) => {
      const known = securities.get(`${server.id}\n${sample.transport}/${sample.port}`);
      return known === undefined || (known.size === 1 && known.has(securityOf(sample))) || members.some((grant) => grant.server.id === server.id);
    });
    const possible = heard(clients) * heard(servers);
    if (possible < 3 || seen < 2 || seen / possible < GROUP_COVERAGE[sample.class]) continue;
    const detail = groupDetail(members.map((grant) => grant.detail));
    for (const client of clients) for (const server of servers) extend(grants, { ...sample, client, server, detail, source: sample }, ruleFor('same-role-group', client, server));
  }
}

const asks = (grant: Grant): readonly ModbusAsk[] => grant.detail.modbus;

/**
 * A station that writes to three or more controllers uses one area of set points: controllers of a plant are programmed
 * from one template. It may write within that area, with the codes it uses, on all of them; and where it writes to most
 * of those it reads, on the rest of them too.
 */
function addSetPointAreas(grants: Map<string, Grant>): void {
  const stations = new Map<string, { writes: Map<string, Grant>; reads: Map<string, Grant> }>();
  for (const grant of grants.values()) {
    if (grant.protocol !== 'modbus' || grant.client.role !== 'hmi' || grant.server.role !== 'plc' || (grant.class !== 'write' && grant.class !== 'read')) continue;
    const key = `${grant.client.id}\n${grant.transport}/${grant.port}`;
    const held = stations.get(key) ?? { writes: new Map<string, Grant>(), reads: new Map<string, Grant>() };
    (grant.class === 'write' ? held.writes : held.reads).set(grant.server.id, grant);
    stations.set(key, held);
  }
  for (const { writes, reads } of stations.values()) {
    if (writes.size < AREA_CONTROLLERS) continue;
    const all = [...writes.values()].flatMap(asks);
    const codes = [...new Set(all.map((ask) => ask.code))].sort((x, y) => x - y);
    const areaOf = (code: number): ModbusAsk['spans'] => {
      const table = tableOf(code, 'write');
      if (table === null || tableOf(code, 'read') !== null) return null;
      const spans = mergeSpans(spansOf(all, 'write', table));
      return new Map([['write' as const, [{ first: spans[0].first, last: spans[spans.length - 1].last }]]]);
    };
    const area = new Map(codes.flatMap((code) => { const spans = areaOf(code); return spans === null ? [] : [[code, spans] as const]; }));
    const share = writes.size / new Set([...writes.keys(), ...reads.keys()]).size;
    for (const [server, grant] of share >= GROUP_COVERAGE.write ? new Map([...reads, ...writes]) : writes) {
      const known = writes.get(server) ?? grant;
      const units = [...new Set([...asks(known), ...asks(reads.get(server) ?? known)].map((ask) => ask.unit))];
      const detail: GrantDetail = { ...known.detail, access: ['write'], modbus: units.flatMap((unit) => [...area].map(([code, spans]): ModbusAsk => ({ unit, code, spans }))) };
      extend(grants, { ...known, class: 'write', detail, source: [...writes.values()][0] }, 'set-point-area');
    }
  }
}

/** What engineers do differs from session to session: a station's pairs of one class share codes, units and addresses. */
function joinSessions(grants: Map<string, Grant>): void {
  const sessions = new Map<string, Grant[]>();
  for (const grant of grants.values()) {
    if (!STATION_ROLES.has(grant.client.role) || grant.protocol !== 'modbus' || grant.class === 'any') continue;
    const key = `${grant.client.zone}\n${grant.client.role}\n${grant.server.zone}\n${grant.server.role}\n${grant.transport}/${grant.port}\n${grant.class}`;
    addTo(sessions, key, grant);
  }
  for (const members of sessions.values()) {
    if (members.length < 2) continue;
    const detail = groupDetail(members.map((grant) => grant.detail));
    for (const grant of members) grants.set(grantKey(grant), { ...grant, detail, rules: [...new Set([...grant.rules, 'engineering-session'])].sort() });
  }
}

const SHARED_ROLES = new Set(['infrastructure', 'patch-server', 'historian']);

function addSharedServices(grants: Map<string, Grant>, index: PlanIndex): void {
  const users = new Map<string, Grant[]>();
  for (const grant of grants.values()) {
    const kind = index.kindOf(grant.client.zone);
    if (grant.class !== 'any' || !SHARED_ROLES.has(grant.server.role) || isBusiness(kind) || isTemporary(kind)) continue;
    const key = `${grant.client.zone}\n${grant.server.id}\n${grant.transport}/${grant.port}`;
    addTo(users, key, grant);
  }
  for (const members of users.values()) {
    const [sample] = members;
    if (new Set(members.filter((grant) => grant.evidence.witnesses.length > 0).map((grant) => grant.client.id)).size < 2) continue;
    const detail = members.map((grant) => grant.detail).reduce(mergeDetails);
    for (const client of index.allOf(sample.client.zone)) extend(grants, { ...sample, client, detail, source: sample }, ruleFor('shared-service', client, sample.server));
  }
}

/** Heard peers that must exist before a declared device may write, or be written to, as they are. */
const WRITING_PEERS = 2;

/** A declared device asks, and is asked, what most of the heard devices of its zone and role do: exactly that, no group's addresses. */
function addDeclared(grants: Map<string, Grant>, index: PlanIndex): void {
  const declared = index.plan.assets.filter((asset) => asset.declaredOnly === true);
  if (declared.length === 0) return;
  for (const side of ['client', 'server'] as const) {
    const other = side === 'client' ? 'server' : 'client';
    const byKind = new Map<string, Map<string, Grant[]>>();
    for (const grant of grants.values()) {
      if (grant[side].declaredOnly === true || isTemporary(index.kindOf(grant[side].zone))) continue;
      const kind = `${grant[side].zone}\n${grant[side].role}`;
      const held = byKind.get(kind) ?? new Map<string, Grant[]>();
      addTo(held, `${grant[other].id}\n${grant.transport}/${grant.port}\n${grant.class}\n${securityOf(grant)}`, grant);
      byKind.set(kind, held);
    }
    for (const device of declared) {
      const peers = heard(index.membersOf(device.zone, device.role));
      for (const members of byKind.get(`${device.zone}\n${device.role}`)?.values() ?? []) {
        const [sample] = members;
        const changes = sample.class === 'write' || sample.class === 'engineer';
        if (sample[other].zone === device.zone || members.length / peers < GROUP_COVERAGE[sample.class] || (changes && peers < WRITING_PEERS)) continue;
        extend(grants, { ...sample, [side]: device, detail: members.map((grant) => grant.detail).reduce(mergeDetails), source: sample }, 'declared-member');
      }
    }
  }
}

/** All the standing rules, in their order; the input is not changed. */
export function generaliseGrants(observed: readonly Grant[], index: PlanIndex): Grant[] {
  const grants = new Map<string, Grant>();
  for (const grant of observed) grants.set(grantKey(grant), addSessionServices(widenUnits(widenRanges(addWriteTwins(grant)))));
  addSetPointAreas(grants);
  joinSessions(grants);
  addGroups(grants, index);
  addSharedServices(grants, index);
  addPartners(grants, index);
  addDeclared(grants, index);
  return [...grants.values()];
}

const MAINTENANCE_SERVICES = new Set(['smb', 'snmp', 'icmp', 'ssh', 'ftp', 'tftp', 'http', 'https']);

const isMaintenance = (grant: Grant): boolean =>
  STATION_ROLES.has(grant.client.role)
  || (grant.client.role === 'infrastructure' && grant.class === 'any' && MAINTENANCE_SERVICES.has(grant.service));

/** On demand: what a maintenance station's role does to a target's role, in the zones where this station was seen. */
export function maintenanceGrants(observed: readonly Grant[], standing: readonly Grant[], index: PlanIndex): Grant[] {
  const byRolePair = new Map<string, Grant[]>();
  const zonesOf = new Map<string, { client: PlannedAsset; zones: Set<string> }>();
  for (const grant of observed) {
    if (!isMaintenance(grant) || isBusiness(index.kindOf(grant.server.zone))) continue;
    const key = `${grant.client.role}\n${grant.server.role}\n${grant.transport}/${grant.port}\n${grant.class}`;
    addTo(byRolePair, key, grant);
    const seen = zonesOf.get(grant.client.id) ?? { client: grant.client, zones: new Set<string>() };
    seen.zones.add(grant.server.zone);
    zonesOf.set(grant.client.id, seen);
  }
  const out = new Map<string, Grant>();
  const held = new Map(standing.map((grant) => [grantKey(grant), grant]));
  for (const { client, zones } of zonesOf.values()) {
    for (const members of byRolePair.values()) {
      const [sample] = members;
      if (sample.client.role !== client.role) continue;
      const detail = groupDetail(members.map((grant) => grant.detail));
      for (const zone of zones) {
        for (const server of index.membersOf(zone, sample.server.role)) {
          if (server.id === client.id || server.zone === client.zone) continue;
          const grant: Grant = { ...sample, client, server, detail, evidence: NO_EVIDENCE, rules: ['maintenance'], source: null };
          const key = grantKey(grant);
          const same = held.get(key);
          // What stands already needs no switch; only what goes beyond it does.
          if (same !== undefined && same.detail.modbus.every((ask) => ask.spans === null) && same.detail.modbus.length === detail.modbus.length) continue;
          out.set(key, grant);
        }
      }
    }
  }
  return [...out.values()];
}
