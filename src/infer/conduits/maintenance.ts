/**
 * Maintenance, on demand: what engineering and jump stations, and the hosts that back up and look after others, do to the
 * kinds of device that they work on. Off until a person switches it on, for a while.
 *
 * In: exact grants and the standing ones. Out: the standing ones that stay so, and those on demand. Guessing sporadic
 * sessions into standing Permits would permit most of the plant (docs/conduits.md).
 */
import { addTo } from '../../net/multi-map.ts';
import { groupDetail, isBusiness } from './extend.ts';
import { grantKey, mergeDetails, NO_EVIDENCE, pairKey, portKey } from './grants.ts';
import type { Grant, GrantDetail } from './grants.ts';
import { areApart, type PlanIndex, type PlannedAsset } from './plan.ts';
import { isLikeOthers, questionOf, STATION_ROLES } from './questions.ts';

const MAINTENANCE_SERVICES = new Set(['smb', 'snmp', 'icmp', 'ssh', 'ftp', 'tftp', 'http', 'https']);

const isMaintenance = (grant: Grant): boolean =>
  STATION_ROLES.has(grant.client.role)
  || (grant.client.role === 'infrastructure' && grant.class === 'any' && MAINTENANCE_SERVICES.has(grant.service));

/** A session of a station that was seen on at most one day a week, and that no rule about groups explains. */
const isSeldomSession = (grant: Grant, index: PlanIndex): boolean =>
  STATION_ROLES.has(grant.client.role) && grant.evidence.witnesses.length > 0 && questionOf(grant, index) === 'engineering'
  && grant.evidence.days.length <= index.capturedDays.length / 7 && !isLikeOthers(grant);

/** Lets every operation of its service through; an endpoint's security is the same for all of its grants here. */
const isOpen = ({ class: own, doubt, detail }: Grant): boolean => own === 'any' && doubt === null && detail.modbus.length + detail.opcuaServices.length + detail.names.length + detail.access.length === 0;

/** Without what was never seen and adds nothing, because an open grant of its pair lets it through. */
function withoutCovered(onDemand: readonly Grant[], standing: readonly Grant[]): Grant[] {
  const open = new Set([...standing, ...onDemand].filter(isOpen).map(pairKey));
  return onDemand.filter((grant) => isOpen(grant) || grant.evidence.witnesses.length > 0 || !open.has(pairKey(grant)));
}

/**
 * On demand: what a maintenance station's role does to a target's role, in the zones where this station was seen. A
 * session that was seen seldom is one of them, with its dates: it needs no standing permission for the weeks between.
 */
export function maintenanceGrants(observed: readonly Grant[], standing: readonly Grant[], index: PlanIndex): { standing: Grant[]; onDemand: Grant[] } {
  const byRolePair = new Map<string, Grant[]>();
  const zonesOf = new Map<string, { client: PlannedAsset; zones: Set<string> }>();
  for (const grant of observed) {
    if (!isMaintenance(grant) || isBusiness(index.kindOf(grant.server.zone))) continue;
    const key = `${grant.client.role}\n${grant.server.role}\n${portKey(grant)}\n${grant.class}`;
    addTo(byRolePair, key, grant);
    const seen = zonesOf.get(grant.client.id) ?? { client: grant.client, zones: new Set<string>() };
    seen.zones.add(grant.server.zone);
    zonesOf.set(grant.client.id, seen);
  }
  const out = new Map<string, Grant>();
  const held = new Map(standing.map((grant) => [grantKey(grant), grant]));
  const endpointKey = (server: PlannedAsset, grant: Grant): string => `${server.id}\n${portKey(grant)}`;
  const endpoints = new Map<string, GrantDetail>();
  const unreadable = new Set<string>();
  for (const grant of observed) {
    const key = endpointKey(grant.server, grant);
    endpoints.set(key, mergeDetails(endpoints.get(key) ?? grant.detail, grant.detail));
    if (isOpen(grant)) unreadable.add(key);
  }
  for (const { client, zones } of zonesOf.values()) {
    for (const members of byRolePair.values()) {
      const [sample] = members;
      if (sample.client.role !== client.role) continue;
      const detail = groupDetail(members.map((grant) => grant.detail));
      for (const zone of zones) {
        for (const server of index.membersOf(zone, sample.server.role)) {
          if (server.id === client.id || server.zone === client.zone || areApart(client, server, index)) continue;
          const endpoint = endpointKey(server, sample);
          // What is open behind another server's encryption is no reason to open one whose services are read.
          if (sample.protocol === 'opcua' && isOpen(sample) && endpoints.has(endpoint) && !unreadable.has(endpoint)) continue;
          const { opcuaModes, opcuaPolicies } = endpoints.get(endpoint) ?? detail;
          const grant: Grant = { ...sample, client, server, detail: { ...detail, opcuaModes, opcuaPolicies }, evidence: NO_EVIDENCE, rules: [...sample.rules, 'maintenance'], source: null };
          const key = grantKey(grant);
          const same = held.get(key);
          if (same !== undefined && isSeldomSession(same, index)) {
            out.set(key, { ...grant, evidence: same.evidence });
            held.delete(key);
            continue;
          }
          // What stands already needs no switch; only what goes beyond it does.
          if (same !== undefined && same.detail.modbus.every((ask) => ask.spans === null) && same.detail.modbus.length === detail.modbus.length) continue;
          out.set(key, grant);
        }
      }
    }
  }
  return { standing: [...held.values()], onDemand: withoutCovered([...out.values()], [...held.values()]) };
}
