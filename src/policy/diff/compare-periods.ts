/**
 * Two periods of observation against each other: what the later one asks that the earlier one never did, and the reverse.
 *
 * In: two ObservationSets, and a zone for each address. Out: findings in the words of a diff, with the earlier period's
 * exact proposal as the declaration (but for negotiated ports, which are new each time). Left out on purpose: whether either is right; a spec says that.
 */
import { DEFAULT_CONDUIT_OPTIONS, proposeConduits } from '../../infer/conduits/conduits.ts';
import type { ZonePlan } from '../../infer/conduits/plan.ts';
import type { ObservationSet } from '../../observation.ts';
import { diffSpec } from './diff.ts';
import type { Finding } from './findings.ts';
import { parseSpec } from '../spec/load.ts';
import { writeSpec } from '../spec/write.ts';

/** `plan` places the assets of both periods; what only the later one has is an undeclared asset. */
export const comparePeriods = (earlier: ObservationSet, later: ObservationSet, plan: ZonePlan): readonly Finding[] => {
  const proposal = proposeConduits(earlier, plan, { ...DEFAULT_CONDUIT_OPTIONS, exact: true, negotiated: true });
  const { loaded } = parseSpec(writeSpec(proposal), 'the earlier period');
  return loaded === null ? [] : diffSpec(loaded, later);
};
