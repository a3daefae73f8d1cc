/**
 * How much of what a plant asks was not seen yet: species estimators with the day as sampling unit (never a packet: packets
 * of one poll are not independent). A tuple is a conversation's operation; its incidence is the number of days on which it
 * was seen.
 *
 *   Q1, Q2   tuples seen on exactly one, two days;  U  sum of incidences;  T  days;  t = h / T
 *   rho      how fast what is seen once is seen again     = (Q2 + 1/2) / (Q1 + 1)
 *   newShare share of a coming day's tuple-days that are new = Q1/U / (1 + 2 rho / (T-1))          (Good 1953; Chao and Jost 2012)
 *   new(h)   new tuples within h days                     = Q1 t / (1 + rho t)
 *   unseen   tuples not seen yet, at least                = (T-1)/T * Q1 (Q1-1) / (2 (Q2+1))       (Chao2, bias-corrected; Chao 2005)
 *   completeness share seen of what will have been seen in four weeks' time = seen / (seen + new(28))
 *
 * new(h) is the series of Good and Toulmin (1956), Q1 t - Q2 t^2 + ..., continued as the simplest rational function that has
 * these two terms: the series itself is of no use beyond t = 1 (Daley and Smith 2013). rho leans on one tuple of Fisher's
 * log series (Q2 = Q1 / 2), so that a few tuples, or none seen twice, give a number too.
 *
 * The intervals are for what will be seen in the h days, not for its expectation. Tuples do not come alone: a fail-over or a
 * day of maintenance brings many. Of the days with x(d) tuples that were seen then only, phi = sum x^2 / sum x is the size of
 * the cluster that such a tuple came with, and Q1/phi clusters are counted like events of Poisson's law, before and after:
 * phi * (sqrt(Q1/phi + 3/8) +- 1.96/2 sqrt(1 + 1/t))^2 in place of Q1 (McCullagh and Nelder 1989; Anscombe 1948).
 *
 * All this supposes that days are alike. It knows nothing of devices that are not there yet, nor of a fail-over that was
 * never seen, and takes weekly jobs in the first week, monthly ones in the first month for news.
 */
import type { SpeciesEstimate } from './proposal.ts';

export const HORIZON_DAYS = 28;

/** When a tuple was seen. */
export interface Incidence {
  /** On how many days, one at least. */
  readonly days: number;
  /** The first of them, since 1970. */
  readonly first: number;
}

export const round = (value: number, digits: number, whole: (value: number) => number = Math.round): number => whole(value * 10 ** digits) / 10 ** digits;

/** Rounded down: 1 only where nothing new is expected. */
export const shareSeen = (seen: number, fresh: number): number => (seen === 0 ? 0 : Math.floor((1e4 * seen) / (seen + fresh)) / 1e4);

/** What may stand in place of `once` tuples in the days to come, two-sided 95 %. */
function intervalOf(once: number, clusters: Iterable<number>, ahead: number): [low: number, high: number] {
  let squares = 0;
  for (const size of clusters) squares += size * size;
  // Nothing seen once is no proof of nothing to come, and it will be one at least.
  const size = once === 0 ? 1 : squares / once;
  const middle = Math.sqrt(once / size + 3 / 8);
  const reach = (1.96 / 2) * Math.sqrt(1 + 1 / ahead);
  return [size * Math.max(0, middle - reach) ** 2, size * (middle + reach) ** 2];
}

/** All tuples, and the number of days listened. */
export function estimateSpecies(incidences: readonly Incidence[], days: number): SpeciesEstimate {
  let twice = 0;
  let total = 0;
  let once = 0;
  const onceOn = new Map<number, number>();
  for (const incidence of incidences) {
    total += incidence.days;
    if (incidence.days === 1) {
      once++;
      onceOn.set(incidence.first, (onceOn.get(incidence.first) ?? 0) + 1);
    } else if (incidence.days === 2) twice++;
  }
  const seen = incidences.length;
  const counted = { days, seen, onceOnly: once, twiceOnly: twice };
  const unknown = { ...counted, newShare: 1, newShareLow: 0, newShareHigh: 1 };
  if (total === 0 || days === 0) return { ...unknown, unseen: 0, newIn28Days: 0, newIn28DaysLow: 0, newIn28DaysHigh: 0, completeness: 0 };
  if (days === 1) return { ...unknown, unseen: seen, newIn28Days: seen, newIn28DaysLow: 0, newIn28DaysHigh: seen * HORIZON_DAYS, completeness: 0.5 };
  const ahead = HORIZON_DAYS / days;
  const again = (twice + 0.5) / (once + 1);
  const share = 1 / (total * (1 + (2 * again) / (days - 1)));
  const fresh = ahead / (1 + again * ahead);
  const [low, high] = intervalOf(once, onceOn.values(), ahead);
  const newIn28Days = round(once * fresh, 2);
  return {
    ...counted,
    // The ends of an interval outwards: in a large plant nothing new would be certain otherwise.
    newShare: round(once * share, 6),
    newShareLow: round(low * share, 6, Math.floor),
    newShareHigh: round(Math.min(1, high * share), 6, Math.ceil),
    unseen: round((((days - 1) / days) * once * Math.max(0, once - 1)) / (2 * (twice + 1)), 2),
    newIn28Days,
    newIn28DaysLow: round(low * fresh, 2, Math.floor),
    newIn28DaysHigh: round(high * fresh, 2, Math.ceil),
    completeness: shareSeen(seen, newIn28Days),
  };
}
