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

/** "Or more": what is to come is the estimate's lower bound (completeness.ts). */
export function tomorrowInWords({ days, newShare, newShareLow, newShareHigh, newIn28Days }: SpeciesEstimate, horizon: number): string {
  if (days < 2 || newShareHigh - newShareLow >= 1 || (newShare === 0 && newShareHigh > 0.5)) return "Too little was heard to say how many of tomorrow's operations would be new.";
  const expected = Math.round(newIn28Days);
  const news = expected === 0 ? 'hardly a new one' : expected === 1 ? 'about 1 new one or more' : `some ${grouped(Math.round(expected / unitOf(expected, 2)) * unitOf(expected, 2))} new ones or more`;
  const later = `expect ${news} within ${horizon} days`;
  if (newShare === 0) {
    const unit = unitOf(1 / newShareHigh, 1);
    return `Fewer than 1 in ${grouped(Math.floor(1 / newShareHigh / unit) * unit)} operations of tomorrow would be new; ${later}.`;
  }
  let whole = 100;
  while (newShare * whole < 2 && whole < FINEST) whole *= 10;
  const count = Math.round(newShare * whole);
  return `About ${grouped(count)} in ${grouped(whole)} operations of tomorrow would be new (between ${grouped(Math.floor(newShareLow * whole))} and ${grouped(Math.ceil(newShareHigh * whole))}); ${later}.`;
}
