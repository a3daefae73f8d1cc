/**
 * The rule `declared-member`: a device that a person declared with zone, role and address, and that nobody heard yet, is
 * one of its kind from its first day on.
 *
 * Its peers are the heard devices of its role in its zone; where the plant's others of that role, in zones of its kind,
 * agree, they count too. Each group of partners (one role of one zone, on one service and class) that most peers deal
 * with is its partner: which of three collectors will poll it, nobody can know. Its own map of registers is not known
 * either: a partner that reads may read any address of the tables that it reads elsewhere, with the unit ids of its kind
 * and those of a directly addressed device; what writes keeps to the addresses that it writes elsewhere.
 *
 * In: grants by key, extended in place. Left out on purpose: other cells, and temporary devices.
 */
import { addTo } from '../../net/multi-map.ts';
import { extendGrants, heardAmong, isTemporary, securityOf } from './extend.ts';
import { mergeDetails, portKey } from './grants.ts';
import type { Grant, GrantDetail, OperationClass } from './grants.ts';
import type { PlanIndex, PlannedAsset } from './plan.ts';

/** Share of the peers that must deal with a group of partners. */
const PEER_SHARE: Readonly<Record<OperationClass, number>> = { read: 0.3, any: 0.5, write: 0.8, engineer: 0.5 };
/** Heard peers that must exist before a declared device may write, or be written to, as they are. */
const WRITING_PEERS = 2;
/** Unit ids of a directly addressed device (Modbus on TCP/IP V1.0b clause 4.2.1; 1 is the usual other default). */
const DIRECT_UNITS = [0, 1, 255];

const unknownMap = (detail: GrantDetail): GrantDetail => {
  const codes = [...new Set(detail.modbus.map((ask) => ask.code))];
  const units = [...new Set([...detail.modbus.map((ask) => ask.unit), ...DIRECT_UNITS])].sort((a, b) => a - b);
  return { ...detail, modbus: units.flatMap((unit) => codes.map((code) => ({ unit, code, spans: null }))) };
};

export function addDeclared(grants: Map<string, Grant>, index: PlanIndex): void {
  const declared = index.plan.assets.filter((asset) => asset.declaredOnly === true);
  if (declared.length === 0) return;
  const kindOf = ({ zone, role }: PlannedAsset): string => `${index.kindOf(zone)}\n${role}`;
  const peersOfKind = new Map<string, PlannedAsset[]>();
  for (const asset of heardAmong(index.plan.assets)) addTo(peersOfKind, kindOf(asset), asset);
  const before = [...grants.values()];
  for (const side of ['client', 'server'] as const) {
    const other = side === 'client' ? 'server' : 'client';
    const partnersOfKind = new Map<string, Map<string, Grant[]>>();
    for (const grant of before) {
      if (grant[side].declaredOnly === true || isTemporary(index.kindOf(grant[side].zone))) continue;
      const held = partnersOfKind.get(kindOf(grant[side])) ?? new Map<string, Grant[]>();
      addTo(held, `${grant[other].zone}\n${grant[other].role}\n${portKey(grant)}\n${grant.class}\n${securityOf(grant)}`, grant);
      partnersOfKind.set(kindOf(grant[side]), held);
    }
    for (const device of declared) {
      const zonePeers = heardAmong(index.membersOf(device.zone, device.role));
      for (const peers of new Set([zonePeers, peersOfKind.get(kindOf(device)) ?? []])) {
        const ids = new Set(peers.map((peer) => peer.id));
        for (const list of partnersOfKind.get(kindOf(device))?.values() ?? []) {
          const members = list.filter((grant) => ids.has(grant[side].id));
          const [sample] = members;
          if (sample === undefined || sample[other].zone === device.zone) continue;
          // Another cell's devices are their own cell's partners, not this one's.
          if (peers !== zonePeers && index.kindOf(sample[other].zone) === index.kindOf(device.zone)) continue;
          const changes = sample.class === 'write' || sample.class === 'engineer';
          if (new Set(members.map((grant) => grant[side].id)).size / ids.size < PEER_SHARE[sample.class] || (changes && ids.size < WRITING_PEERS)) continue;
          const detail = members.map((grant) => grant.detail).reduce(mergeDetails);
          const partners = new Map(members.map((grant) => [grant[other].id, grant]));
          for (const grant of partners.values()) {
            extendGrants(grants, { ...grant, [side]: device, detail: side === 'server' && grant.class === 'read' && grant.protocol === 'modbus' ? unknownMap(detail) : detail, source: sample }, 'declared-member');
          }
        }
      }
    }
  }
}
