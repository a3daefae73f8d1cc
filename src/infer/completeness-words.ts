/** An estimate of what is still unseen in words for people: whole numbers, no more digits than it bears. The numbers stand in JSON. */
import { grouped } from './plural.ts';
import type { SpeciesEstimate } from './proposal.ts';

/** Of what a completeness is a share. */
export const COMPLETENESS_MEANS = "complete: of the different operations that will have been asked between two zones, either way, in four weeks' time, the share that has been seen";

/** A completeness in whole percent, rounded down: 99.99 % is not all. Taken to its four digits first, or 0.29 becomes 28 %. */
export const wholePercent = (share: number): string => `${Math.floor(Math.round(share * 1e4) / 100)} %`;

/** The unit of the last of so many digits of a count: 10 for two digits of 160. */
const unitOf = (value: number, digits: number): number => 10 ** Math.max(0, Math.floor(Math.log10(value)) + 1 - digits);

/** The shares are of six digits. */
const FINEST = 1_000_000;

/** To two digits, which is more than the estimate bears; the ends of an interval are rounded outwards. */
const inDigits = (value: number, rounded: (value: number) => number): string => grouped(rounded(value / unitOf(value, 2)) * unitOf(value, 2));

/** Whole tuples within the horizon: the expected ones, and between which numbers they lie. */
function countInWords({ newIn28Days, newIn28DaysLow, newIn28DaysHigh }: SpeciesEstimate): string {
  const expected = Math.round(newIn28Days);
  const high = inDigits(newIn28DaysHigh, Math.ceil);
  if (expected === 0) return `hardly one in all (at most ${high})`;
  return `${expected === 1 ? 'about 1' : `some ${inDigits(expected, Math.round)}`} in all (between ${inDigits(newIn28DaysLow, Math.floor)} and ${high})`;
}

/** What the days to come bring. No species estimate knows of devices that are not there yet, or of what has never begun to happen (species-estimate.ts). */
export function newsInWords(estimate: SpeciesEstimate, horizon: number): string {
  const { days, newShare, newShareLow, newShareHigh } = estimate;
  if (days < 2 || newShareHigh - newShareLow > 0.9 || (newShare === 0 && newShareHigh > 0.25)) return 'Too little was heard to say how many operations of the days to come would be new.';
  const said = (share: string): string => `Within ${horizon} days, ${share}, ${countInWords(estimate)}; new devices and a first fail-over are not foretold.`;
  if (newShare === 0) {
    const unit = unitOf(1 / newShareHigh, 1);
    return said(`fewer than 1 in ${grouped(Math.floor(1 / newShareHigh / unit) * unit)} operations of a day would be new`);
  }
  let whole = 100;
  while (newShare * whole < 2 && whole < FINEST) whole *= 10;
  const count = Math.round(newShare * whole);
  return said(`about ${grouped(count)} in ${grouped(whole)} operations of a day would be new (between ${grouped(Math.floor(newShareLow * whole))} and ${grouped(Math.ceil(newShareHigh * whole))})`);
}
