/**
 * Paths between zones of a large plant that nobody took, and that nothing permits: summed by the zone from which nobody came.
 *
 * In: from where to where nobody tried. Out: at most three checks a zone, instead of one for each of a million paths: to how
 * many zones it was silent, to how many this sensor could not have seen it, and of which zones nobody was heard. Left out on
 * purpose: paths on which a Permit, an attempt or a firewall's log says anything (verify/prohibited.ts tells each of them).
 */
import { firstOf, plural } from '../../infer/plural.ts';
import { makeCheck, type Check } from './checks.ts';
import type { Vantage } from './vantage.ts';

/** Up to here each path is a check of its own (9 900 of them). */
export const MOST_ZONES_APART = 100;

const LISTED = 4;

export const BLIND_REMEDY = 'listen where the two meet, or test it in a maintenance window (verify --plan)';

export interface SilentSums {
  readonly checks: readonly Check[];
  readonly blocked: number;
  readonly notObservable: number;
}

export const sumSilent = (from: string, silentTo: readonly string[], vantage: Vantage): SilentSums => {
  const blind = silentTo.flatMap((to) => vantage.blindness(from, to) ?? []);
  const blocked = silentTo.length - blind.length;
  // Who was never heard itself has one reason, whoever the other is.
  const unheard = blind.filter(({ unheard: zones }) => zones.length > 0 && !zones.includes(from)).flatMap(({ unheard: zones }) => zones);
  const unseen = blind.filter(({ unheard: zones }) => zones.length === 0 || zones.includes(from));
  const common = { kind: 'prohibited' as const, fromZone: from };
  const { heard, declared } = vantage.heardOf(from);
  const checks = [
    ...(blocked === 0 ? [] : [makeCheck({
      ...common, verdict: 'pass', title: `${from} -> other zones: nothing is permitted`,
      reason: `silent: nobody tried (${heard} of ${declared} assets of ${from} were heard; ${plural(blocked, 'zone')} of which no other line tells)`,
    })]),
    ...(unseen.length === 0 ? [] : [makeCheck({
      ...common, verdict: 'not-observable', title: `${from} -> other zones, not seen from here: nothing is permitted`, remedy: BLIND_REMEDY,
      reason: `${unseen[0].unheard.length > 0 ? `this sensor heard nobody of ${from}` : unseen[0].sentence} (${plural(unseen.length, 'zone')} of which no other line tells)`,
    })]),
    ...(unheard.length === 0 ? [] : [makeCheck({
      ...common, verdict: 'not-observable', title: `${from} -> other zones, of which nobody was heard: nothing is permitted`, remedy: BLIND_REMEDY,
      reason: `this sensor heard nobody of ${firstOf(unheard, LISTED)} (${plural(unheard.length, 'zone')} of which no other line tells)`,
    })]),
  ];
  return { checks, blocked, notObservable: blind.length };
};
