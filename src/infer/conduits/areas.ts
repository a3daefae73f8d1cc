/**
 * The stated rules that take many pairs for one area of addresses, because controllers of a plant are programmed from
 * templates.
 *
 * poll-area        clients of one role that read two or more controllers of one zone read one area of addresses on all of
 *                  those that each of them reads
 * set-point-area   an operator station that writes to three or more controllers uses one area of addresses on all of them
 *
 * In: grants by key, which are extended in place. Left out on purpose: pairs that nobody saw, but for those that an
 * operator station reads and, like most of what it reads, may write.
 */
import { addTo } from '../../net/multi-map.ts';
import { mergeSpans, tableOf } from '../../net/register-set.ts';
import { extendGrants, GROUP_COVERAGE, isBusiness, isTemporary } from './extend.ts';
import type { Grant, GrantDetail, ModbusAsk } from './grants.ts';
import type { PlanIndex } from './plan.ts';
import { rareDays } from '../captured-days.ts';
import { closeGaps, readReach, spansOf } from './widen.ts';

/** Controllers that a station must write to before its set points are taken for one area. */
const AREA_CONTROLLERS = 3;

const asks = (grant: Grant): readonly ModbusAsk[] => grant.detail.modbus;

const unitsOf = (grant: Grant): number[] => [...new Set(grant.detail.modbus.map((ask) => ask.unit))];

/**
 * A device that is asked by one unit id only is asked directly, and there the id says nothing (Modbus on TCP/IP V1.0b
 * clause 4.2.1: 0xFF or 0, servers ignore it): all the ids by which a group's direct devices are asked are alike.
 */
const areaUnits = (members: Iterable<Grant>): ((grant: Grant) => readonly number[]) => {
  const direct = [...new Set([...members].map(unitsOf).filter((units) => units.length === 1).flat())].sort((a, b) => a - b);
  return (grant) => (unitsOf(grant).length === 1 ? direct : unitsOf(grant));
};

/** Clients of one role read two or more controllers of one zone: one area of addresses on all that each of them reads. */
export function addPollAreas(grants: Map<string, Grant>, index: PlanIndex): void {
  const groups = new Map<string, Grant[]>();
  for (const grant of grants.values()) {
    if (grant.protocol !== 'modbus' || grant.class !== 'read' || isTemporary(index.kindOf(grant.client.zone)) || isBusiness(index.kindOf(grant.client.zone))) continue;
    addTo(groups, `${grant.client.zone}\n${grant.client.role}\n${grant.server.zone}\n${grant.server.role}\n${grant.transport}/${grant.port}`, grant);
  }
  for (const members of groups.values()) {
    if (members.length < 2) continue;
    const all = members.flatMap(asks);
    const codes = [...new Set(all.map((ask) => ask.code))].sort((a, b) => a - b);
    const area = codes.map((code): ModbusAsk => {
      const table = tableOf(code, 'read');
      if (table === null || all.some((ask) => ask.code === code && ask.spans === null)) return { unit: 0, code, spans: null };
      return { unit: 0, code, spans: new Map([['read' as const, closeGaps(spansOf(all, 'read', table), readReach(table))]]) };
    });
    const unitsIn = areaUnits(members);
    for (const grant of members) {
      const detail: GrantDetail = { ...grant.detail, modbus: unitsIn(grant).flatMap((unit) => area.map((ask) => ({ ...ask, unit }))) };
      extendGrants(grants, { ...grant, detail }, 'poll-area');
    }
  }
}

/**
 * A station that writes to three or more controllers, on more days than are rare, uses one area of set points:
 * controllers of a plant are programmed from one template. It may write within that area, with the codes it uses, on all of them; and where it writes to most
 * of those it reads, on the rest of them too.
 */
export function addSetPointAreas(grants: Map<string, Grant>, index: PlanIndex): void {
  const stations = new Map<string, { writes: Map<string, Grant>; reads: Map<string, Grant> }>();
  for (const grant of grants.values()) {
    if (grant.protocol !== 'modbus' || grant.client.role !== 'hmi' || grant.server.role !== 'plc' || (grant.class !== 'write' && grant.class !== 'read')) continue;
    // A redundant pair is one station.
    const station = [grant.client.id, index.partnerOf(grant.client.id)?.id ?? grant.client.id].sort()[0];
    const key = `${station}\n${grant.transport}/${grant.port}`;
    const held = stations.get(key) ?? { writes: new Map<string, Grant>(), reads: new Map<string, Grant>() };
    (grant.class === 'write' ? held.writes : held.reads).set(`${grant.client.id}\n${grant.server.id}`, grant);
    stations.set(key, held);
  }
  for (const { writes, reads } of stations.values()) {
    const written = new Set([...writes.values()].map((grant) => grant.server.id));
    // The set points of one controller may be written seldom; those of all of them together are not.
    const days = new Set([...writes.values()].flatMap((grant) => grant.evidence.days));
    if (written.size < AREA_CONTROLLERS || days.size <= rareDays(index.capturedDays.length)) continue;
    const all = [...writes.values()].flatMap(asks);
    const area = [...new Set(all.map((ask) => ask.code))].sort((x, y) => x - y).flatMap((code): ModbusAsk[] => {
      const table = tableOf(code, 'write');
      if (table === null || tableOf(code, 'read') !== null) return [];
      const spans = mergeSpans(spansOf(all, 'write', table));
      // Of writes whose addresses are not known (cut short, or malformed) there is no area.
      if (spans.length === 0) return [];
      return [{ unit: 0, code, spans: new Map([['write' as const, [{ first: spans[0].first, last: spans[spans.length - 1].last }]]]) }];
    });
    if (area.length === 0) continue;
    const unitsIn = areaUnits(writes.values());
    const share = written.size / new Set([...written, ...[...reads.values()].map((grant) => grant.server.id)]).size;
    for (const [pair, grant] of share >= GROUP_COVERAGE.write ? new Map([...reads, ...writes]) : writes) {
      const known = writes.get(pair) ?? grant;
      const units = [...new Set([...unitsIn(known), ...unitsOf(reads.get(pair) ?? known)])].sort((a, b) => a - b);
      const detail: GrantDetail = { ...known.detail, access: ['write'], modbus: units.flatMap((unit) => area.map((ask) => ({ ...ask, unit }))) };
      extendGrants(grants, { ...known, class: 'write', detail, source: [...writes.values()][0] }, 'set-point-area');
    }
  }
}

