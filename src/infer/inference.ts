/**
 * One run of inference, from Observations to placements: activity, scan filter, profiles, roles, zones. It is run once
 * for the proposal and again for every resampled variant.
 */
import type { ObservationSet } from '../observation.ts';
import { readActivity } from './activity.ts';
import type { Inventory } from './assets.ts';
import { orientImplicitIo } from './roles/implicit-io.ts';
import type { PinnedAssets } from './pins.ts';
import { type Placements, placeAssets } from './cells/placement.ts';
import { type Plant, profilePlant } from './profiles.ts';
import type { Dropped } from './proposal.ts';
import { inferRoles, type RoleDecision } from './roles/roles.ts';
import { filterScans, findScanned } from './scan-filter.ts';

/** Everything that one run of inference found, before it is put into words. */
export interface Inference {
  readonly inventory: Inventory;
  readonly plant: Plant;
  readonly decisions: readonly RoleDecision[];
  readonly placements: Placements;
  readonly pinned: PinnedAssets;
  readonly dropped: readonly Dropped[];
}

export function infer(set: ObservationSet, inventory: Inventory, pinned: PinnedAssets, resolution?: number, inWords = true): Inference {
  const activity = readActivity(set, inventory);
  const scanned = findScanned(set.conversations);
  const { kept, dropped } = filterScans(activity, inventory, scanned);
  const plant = profilePlant(inventory, activity, orientImplicitIo(kept));
  const decisions = inferRoles(plant, pinned);
  const placements = placeAssets(plant, decisions, pinned, resolution, inWords);
  return { inventory, plant, decisions, placements, pinned, dropped: [...activity.dropped.map((one) => (one.why === 'unanswered' ? { ...one, ...scanned.get(one.conversation) } : one)), ...dropped].sort((a, b) => a.conversation - b.conversation) };
}
