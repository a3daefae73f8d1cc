/**
 * The stated rules by which Permits are wider than what was seen. Each grant that a rule touches carries the rule's name,
 * and what it lets through that was never seen is counted; `--exact` applies none of them. First the rules about one
 * pair (conduits/widen.ts), then those about one area of addresses (conduits/areas.ts), then those about groups:
 *
 * engineering-session the pairs of maintenance stations and controllers of one zone share codes and addresses, by class
 * same-role-group  most of the possible pairs between two groups of one role each ask alike, regularly: all of them may
 * shared-service   two or more members of a zone use one infrastructure server regularly: the whole zone may
 * redundant-partner the standby of a redundant pair may do, and be asked, what its partner does
 * declared-member  a device that a person declared with zone and role, and that was not heard yet, is one of its group
 *
 * Beside them: outside-iacs (conduits/business.ts), negotiated-ports (conduits/negotiated.ts) and maintenance (conduits/maintenance.ts).
 * In: exact grants. Out: more and wider grants. Thresholds are those measured in docs/conduits.md.
 */
import { addTo } from '../../net/multi-map.ts';
import { addPollAreas, addSetPointAreas } from './areas.ts';
import { extendGrants, GROUP_COVERAGE, groupDetail, heardAmong, isBusiness, isTemporary, securityOf } from './extend.ts';
import { grantKey, mergeDetails, portKey } from './grants.ts';
import type { Grant } from './grants.ts';
import { areApart, countPairs, type PlanIndex, type PlannedAsset } from './plan.ts';
import { addDeclared } from './declared.ts';
import { rareDays } from '../captured-days.ts';
import { isRegular, STATION_ROLES } from './questions.ts';
import { widenPair } from './widen.ts';

function addPartners(grants: Map<string, Grant>, index: PlanIndex): void {
  const before = [...grants.values()];
  for (const grant of before) {
    const source = grant.source ?? grant;
    const client = index.partnerOf(grant.client.id);
    const server = index.partnerOf(grant.server.id);
    if (client !== null) extendGrants(grants, { ...grant, client, source }, 'redundant-partner');
    if (server !== null) extendGrants(grants, { ...grant, server, source }, 'redundant-partner');
    if (client !== null && server !== null) extendGrants(grants, { ...grant, client, server, source }, 'redundant-partner');
  }
}

const ruleFor = (rule: string, client: PlannedAsset, server: PlannedAsset): string => (client.declaredOnly === true || server.declaredOnly === true ? 'declared-member' : rule);

/** To a pair as to the others of its group; but what a client only scanned, nobody takes it to need because its neighbours do, and nothing of what it is apart from. */
function extendPair(grants: Map<string, Grant>, grant: Grant, rule: string, index: PlanIndex): void {
  if (areApart(grant.client, grant.server, index)) return;
  if (index.hasScanned(grant.client.id, grant.server.id) && !grants.has(grantKey(grant))) return;
  extendGrants(grants, grant, ruleFor(rule, grant.client, grant.server));
}

function addGroups(grants: Map<string, Grant>, index: PlanIndex): void {
  const securities = new Map<string, Map<string, Set<string>>>();
  for (const grant of grants.values()) {
    const ofPort = securities.get(portKey(grant)) ?? new Map<string, Set<string>>();
    securities.set(portKey(grant), ofPort.set(grant.server.id, (ofPort.get(grant.server.id) ?? new Set<string>()).add(securityOf(grant))));
  }
  const groups = new Map<string, Grant[]>();
  for (const grant of grants.values()) {
    if (isTemporary(index.kindOf(grant.client.zone)) || isTemporary(index.kindOf(grant.server.zone))) continue;
    if (isBusiness(index.kindOf(grant.client.zone)) && isBusiness(index.kindOf(grant.server.zone))) continue;
    const key = `${grant.client.zone}\n${grant.client.role}\n${grant.server.zone}\n${grant.server.role}\n${portKey(grant)}\n${grant.class}\n${securityOf(grant)}`;
    if (isRegular(grant, index)) addTo(groups, key, grant);
  }
  for (const members of groups.values()) {
    if (members.length < 2) continue;
    const [sample] = members;
    const ofPort = securities.get(portKey(sample));
    const security = securityOf(sample);
    const asked = new Set(members.map((grant) => grant.server.id));
    const clients = index.membersOf(sample.client.zone, sample.client.role);
    const servers = index.membersOf(sample.server.zone, sample.server.role).filter((server) => {
      const known = ofPort?.get(server.id);
      return known === undefined || (known.size === 1 && known.has(security)) || asked.has(server.id);
    });
    const possible = countPairs(heardAmong(clients), heardAmong(servers), index);
    if (possible < 3 || members.length / possible < GROUP_COVERAGE[sample.class]) continue;
    const detail = groupDetail(members.map((grant) => grant.detail));
    for (const client of clients) for (const server of servers) extendPair(grants, { ...sample, client, server, detail, source: sample }, 'same-role-group', index);
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
    const key = `${grant.client.zone}\n${grant.server.id}\n${portKey(grant)}`;
    if (isRegular(grant, index)) addTo(users, key, grant);
  }
  for (const members of users.values()) {
    const [sample] = members;
    if (new Set(members.map((grant) => grant.client.id)).size < 2) continue;
    const detail = members.map((grant) => grant.detail).reduce(mergeDetails);
    for (const client of index.allOf(sample.client.zone)) extendPair(grants, { ...sample, client, detail, source: sample }, 'shared-service', index);
  }
}

/** All the standing rules, in their order; the input is not changed. */
export function generaliseGrants(observed: readonly Grant[], index: PlanIndex): Grant[] {
  const grants = new Map<string, Grant>();
  for (const grant of observed) grants.set(grantKey(grant), widenPair(grant, rareDays(index.capturedDays.length)));
  addPollAreas(grants, index);
  addSetPointAreas(grants, index);
  joinSessions(grants);
  addGroups(grants, index);
  addSharedServices(grants, index);
  addPartners(grants, index);
  addDeclared(grants, index);
  return [...grants.values()];
}
