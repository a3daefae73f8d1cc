/**
 * Would the proposal stand if a few days, or a busy client, had not been seen? Inference is run again on resampled
 * observations; an asset that changes its company in more than a third of the runs is listed for a person to decide
 * instead of being asserted. No randomness: run r leaves out every n-th day, starting with the r-th.
 */
import { addToSet } from '../net/multi-map.ts';
import type { Conversation, Day, ObservationSet, Operation } from '../observation.ts';
import { countHours, perDays } from './captured-days.ts';
import type { Inference } from './inference.ts';
import { infer } from './inference.ts';
import type { Stability } from './proposal.ts';
import { plural } from './plural.ts';
import { RESOLUTION } from './cells/cells.ts';


const RESOLUTIONS = [RESOLUTION, RESOLUTION * 0.7, RESOLUTION * 1.4];
/** Overlap of company (Jaccard) from which on it counts as the same. */
const SAME_COMPANY = 0.6;
const LEAST_STABILITY = 2 / 3;

export interface StabilityResult extends Stability {
  /** Share of runs in which each asset kept its company. */
  readonly shareOf: readonly (number | null)[];
}

/** What is left of something seen on `days`, and the share of its hours that fall on them: so much is kept of what was counted. */
interface Kept {
  readonly days: readonly Day[];
  readonly share: number;
}

type KeepDays = (days: readonly Day[]) => Kept;

const thin = <T extends { readonly count: number }>(bins: readonly T[], share: number): T[] => bins.map((bin) => ({ ...bin, count: bin.count * share }));

function restrictOperation(operation: Operation, keptOf: KeepDays): Operation | null {
  const { days, share } = keptOf(operation.days);
  if (days.length === 0) return null;
  if (days.length === operation.days.length) return operation;
  const { requests, responses, rhythm, ranges } = operation;
  // Ranges are weighed against one another (rhythm.ts): one alone stays as it is, and most operations have one.
  const weighed = ranges.length < 2 ? ranges : ranges.map((range) => ({ ...range, requests: range.requests * share }));
  return { ...operation, days, requests: requests * share, responses: responses * share, rhythm: thin(rhythm, share), ranges: weighed };
}

function restrictConversation(conversation: Conversation, keptOf: KeepDays): Conversation | null {
  const { days, share } = keptOf(conversation.days);
  if (days.length === 0) return null;
  if (days.length === conversation.days.length) return conversation;
  const operations = conversation.operations.map((operation) => restrictOperation(operation, keptOf)).filter((operation) => operation !== null);
  return { ...conversation, days, requests: conversation.requests * share, rhythm: thin(conversation.rhythm, share), operations };
}

/** The observations as if only the kept days had been captured. */
function restrictDays(set: ObservationSet, isKept: (day: number) => boolean): ObservationSet {
  const keptOf = perDays((days): Kept => {
    const kept = days.filter(({ day }) => isKept(day));
    return { days: kept, share: countHours(kept) / Math.max(1, countHours(days)) };
  });
  const conversations = set.conversations.map((conversation) => restrictConversation(conversation, keptOf)).filter((conversation) => conversation !== null);
  return { ...set, conversations, sensor: { ...set.sensor, hours: set.sensor.hours.filter((hour) => isKept(Math.floor(hour / 24))) } };
}

function companies(inference: Inference): Map<string, Set<number>> {
  const members = new Map<string, Set<number>>();
  inference.placements.placed.forEach(({ zone }, index) => addToSet(members, zone, index));
  return members;
}

function overlap(a: ReadonlySet<number>, b: ReadonlySet<number>, present: (index: number) => boolean): number {
  let both = 0;
  let either = 0;
  for (const index of a) {
    if (!present(index)) continue;
    either++;
    if (b.has(index)) both++;
  }
  for (const index of b) if (present(index) && !a.has(index)) either++;
  return either === 0 ? 1 : both / either;
}

export function measureStability(set: ObservationSet, base: Inference, runs: number): StabilityResult {
  const days = base.plant.activity.capturedDays;
  const count = base.inventory.assets.length;
  const usable = days.length < 2 ? 0 : Math.min(runs, days.length);
  if (usable === 0) return { runs: 0, moving: [], shareOf: new Array<null>(count).fill(null) };
  const kept = new Float64Array(count);
  const seen = new Float64Array(count);
  const home = companies(base);
  for (let run = 0; run < usable; run++) {
    const left = new Set(days.filter((_, position) => position % usable === run));
    const again = infer(restrictDays(set, (day) => !left.has(day)), base.inventory, base.pinned, RESOLUTIONS[run % RESOLUTIONS.length]!, false);
    const away = companies(again);
    const present = (index: number): boolean => again.plant.activity.diaries[index]!.days > 0;
    const known = new Map<string, number>();
    for (let index = 0; index < count; index++) {
      if (!present(index)) continue;
      seen[index]!++;
      const from = base.placements.placed[index]!.zone;
      const to = again.placements.placed[index]!.zone;
      const key = `${from}|${to}`;
      const share = known.get(key) ?? overlap(home.get(from)!, away.get(to)!, present);
      known.set(key, share);
      if (share >= SAME_COMPANY) kept[index]!++;
    }
  }
  const shareOf = Array.from({ length: count }, (_, index) => (seen[index] === 0 ? null : Math.round((kept[index]! / seen[index]!) * 100) / 100));
  const moving = shareOf.flatMap((share, index) => (share !== null && share < LEAST_STABILITY ? [{ asset: base.inventory.assets[index]!.id, stability: share, sentence: `kept its company in ${Math.round(share * seen[index]!)} of ${plural(seen[index]!, 'resampled run')}: decide by hand` }] : []));
  return { runs: usable, moving, shareOf };
}
