/**
 * The order in which to cut conduits over: first where nothing would have been blocked, then by what hangs on it. In: what a simulation found of each
 * conduit. Out: one step a conduit, with its reason.
 */
import { endedDaysAgo } from '../infer/captured-days.ts';
import { completenessBetween } from '../infer/completeness.ts';
import { plural } from '../infer/plural.ts';
import type { ConduitCompleteness } from '../infer/proposal.ts';
import { listsBy } from '../net/multi-map.ts';
import type { DeclaredPermit } from './spec/permits.ts';
import type { Spec } from './spec/schema.ts';

export interface Blocked {
  readonly conversation: number;
  readonly client: string;
  readonly server: string;
  readonly clientAsset: string | null;
  readonly serverAsset: string | null;
  readonly serverRole: string | null;
  readonly service: string;
  readonly operation: string;
  readonly count: number;
  /** Days since 1970 on which its function was asked: dates are kept by function and unit, not by range (countDays). */
  readonly days: readonly number[];
  readonly fromZone: string | null;
  readonly toZone: string | null;
  readonly conduit: string | null;
  readonly permit: string | null;
  readonly why: string;
  /** Blocked on purpose: somebody rejected it. */
  readonly rejected: boolean;
  /** `some`: a session-wide verdict blocks it only when it does not come first, or when something else does; or only on these of its days. */
  readonly extent: 'all' | 'some';
}

/** On so many days at most: what was asked for once was not asked for on two days, whatever else its function asked for. */
export function countDays(hits: readonly Pick<Blocked, 'count' | 'days'>[]): number {
  const most = hits.reduce((sum, { count, days }) => sum + (count === 0 ? days.length : Math.min(count, days.length)), 0);
  return Math.min(most, new Set(hits.flatMap(({ days }) => days)).size);
}

export interface CutoverStep {
  readonly conduit: string;
  readonly blocked: number;
  readonly blockedDays: number;
  readonly midstream: number;
  /** 1 to 5: the most critical role behind it. */
  readonly consequence: number;
  /** The conduit's, of these Observations; null where its zones were not heard to talk, or nobody reckoned it. */
  readonly completeness: number | null;
  /** Days on which its least used standing Permit was used, in these Observations; 0: one of them never was. */
  readonly evidenceDays: number;
  readonly reason: string;
}

const CONSEQUENCE: Readonly<Record<string, number>> = {
  sis: 5, 'safety-controller': 5, plc: 4, rtu: 4, io: 4, drive: 4, gateway: 4, hmi: 3, 'opcua-server': 3, 'alarm-server': 3, historian: 2, mes: 2, ews: 2, 'engineering-workstation': 2,
};

interface Simulated {
  /** Those that would have rules. */
  readonly permits: readonly DeclaredPermit[];
  readonly blocked: readonly Blocked[];
  readonly midstream: readonly { readonly conduit: string | null }[];
  /** Days on which each Permit was used, by id. */
  readonly usedOn: ReadonlyMap<string, ReadonlySet<number>>;
  /** Ascending. */
  readonly capturedDays: readonly number[];
  readonly rolesOf: (zone: string) => readonly string[];
  readonly completeness: readonly ConduitCompleteness[];
}

/**
 * That nothing was blocked proves little where nothing was asked, or not any more.
 * @param used days on which each of the conduit's rules was used, ascending
 */
function evidenceText(used: readonly (readonly number[])[], capturedDays: readonly number[]): string {
  const usedOn = used.map(({ length }) => length);
  const unused = usedOn.filter((days) => days === 0).length;
  const silent = used.map((days) => endedDaysAgo(days, capturedDays)).filter((days) => days > 0);
  const ended = silent.length === 0 ? '' : `; ${silent.length} of its ${usedOn.length} rules ${silent.length === 1 ? 'was' : 'were'} used at first and not in the last ${plural(Math.min(...silent), 'day')}`;
  if (usedOn.length === 0) return ', but nothing was heard there, and no rule would let anything through';
  if (unused === usedOn.length) return `, but nothing of it was heard: ${usedOn.length === 1 ? 'its only rule was never' : `none of its ${usedOn.length} rules was`} used`;
  return `${unused === 0 ? '' : `; ${unused} of its ${usedOn.length} rules ${unused === 1 ? 'was' : 'were'} never used`}${ended}`;
}

const reasonOf = (undecided: number, hits: number, days: number, open: number, evidence: string): string => {
  if (undecided > 0) return `would have blocked ${plural(undecided, 'operation')} on ${plural(days, 'day')}: decide on them first`;
  if (hits > 0) return 'would have blocked only what was rejected';
  return open > 0 ? `nothing blocked, but ${plural(open, 'open session')} would break once: in a maintenance window` : `nothing would have been blocked${evidence}`;
};

export const cutoverOrder = (spec: Spec, { permits, blocked, midstream, usedOn, capturedDays, rolesOf, completeness }: Simulated): CutoverStep[] => {
  const permitsOf = listsBy(permits, ({ permit }) => permit.conduit);
  const blockedOf = listsBy(blocked, ({ conduit }) => conduit);
  const openOf = listsBy(midstream, ({ conduit }) => conduit);
  const completenessOf = completenessBetween(completeness);
  const consequenceOf = new Map(spec.zones.map(({ zone_id }) => [zone_id, Math.max(1, ...rolesOf(zone_id).map((role) => CONSEQUENCE[role] ?? 1))]));
  return spec.conduits.map(({ conduit_id: conduit, connects }): CutoverStep => {
    const used = (permitsOf.get(conduit) ?? []).map(({ permit }) => [...(usedOn.get(permit.id) ?? [])].sort((a, b) => a - b));
    const hits = blockedOf.get(conduit) ?? [];
    const blockedDays = countDays(hits);
    const open = openOf.get(conduit)?.length ?? 0;
    return {
      conduit, blocked: hits.length, blockedDays, midstream: open,
      consequence: Math.max(1, ...connects.map((zone) => consequenceOf.get(zone) ?? 1)),
      completeness: completenessOf(connects)?.completeness ?? null,
      evidenceDays: used.length === 0 ? 0 : Math.min(...used.map(({ length }) => length)),
      reason: reasonOf(hits.filter((one) => !one.rejected).length, hits.length, blockedDays, open, evidenceText(used, capturedDays)),
    };
  }).sort((a, b) => Number(a.blocked > 0) - Number(b.blocked > 0) || a.consequence - b.consequence || a.blocked - b.blocked || a.midstream - b.midstream || (b.completeness ?? 0) - (a.completeness ?? 0) || b.evidenceDays - a.evidenceDays || (a.conduit < b.conduit ? -1 : 1));
};
