/**
 * How sure a role can be said at most, by the kind of its evidence and not by its sum: what is told by contrast alone, or would
 * only show in what was not heard yet, is no certainty however many points it has. Shares are those that were right on
 * generated and sketched plants (docs/zones.md).
 */
import { LONG_ENOUGH_DAYS } from './captured-days.ts';
import { plural } from './plural.ts';
import type { Evidence, Role } from './proposal.ts';
import type { Profile } from './profiles.ts';

export interface Limit {
  readonly confidence: number;
  readonly evidence: Evidence;
}

/** What says by itself that a device guards: what it speaks, who built it, what it is called. */
const SAYS_SAFETY: ReadonlySet<string> = new Set(['safety-protocol', 'vendor', 'name']);

const BY_CONTRAST = 0.75;
const HEARD_SHORTLY = 0.85;

/** What was heard of the plant as a whole. */
export interface Heard {
  /** Share of controllers that are seen to be run. */
  readonly runShare: number;
  readonly days: number;
}

/** Somebody writes to it, or may do so where it is encrypted. */
export const isRun = ({ controlIn }: Profile): boolean => controlIn.some(({ writes, opaque }) => writes || opaque);

/** Of the controllers, so many are seen to be written that not being written tells something. */
export const MOSTLY_WRITTEN = 0.3;

const limit = (confidence: number, role: Role, rule: string, sentence: string): Limit => ({ confidence, evidence: { rule, role, points: 0, sentence } });

export function limitOf({ runShare, days }: Heard, profile: Profile, role: Role, records: readonly Evidence[]): Limit | null {
  if (role === 'safety-controller') {
    const isNamed = records.some((evidence) => evidence.role === role && evidence.points > 0 && SAYS_SAFETY.has(evidence.rule));
    return isNamed ? null : limit(BY_CONTRAST, role, 'by-contrast', 'shows no safety protocol, vendor or name: it is told only by how it differs from the other controllers');
  }
  // A safety controller is read, and programmed now and then, but no operator writes to it (IEC 61511-1 clause 11.7).
  if (role !== 'plc' || runShare <= MOSTLY_WRITTEN || profile.controlIn.length === 0 || isRun(profile)) return null;
  if (profile.controlIn.some(({ engineers }) => engineers)) return limit(BY_CONTRAST, role, 'never-run', 'is programmed, but nobody was seen to run it, as other controllers here are run: it may be a safety controller');
  return days >= LONG_ENOUGH_DAYS ? null : limit(HEARD_SHORTLY, role, 'heard-shortly', `was heard for ${plural(days, 'day')} only, and neither run nor programmed meanwhile: whether it controls or guards would show then`);
}
