/**
 * How complete the picture was at the end of each day: new conversations and operations per day, and the estimate of what
 * the days after would still bring, with its interval (infer/species-estimate.ts has the formulas). In: Observations without scans.
 * Out: one row a calendar day between the first and the last heard.
 */
import { addTo } from '../../net/multi-map.ts';
import { dayOf, HOURS_PER_DAY, isoDay } from '../../net/time.ts';
import { endsMonth } from '../../infer/captured-days.ts';
import { isWeekend } from '../../infer/conduits/regimes.ts';
import { estimateSpecies } from '../../infer/species-estimate.ts';
import type { Conversation, ObservationSet } from '../../observation.ts';
import type { TimelineDay } from './model.ts';

/** Estimates are made for at most so many days; between them the curve is drawn straight. */
const MOST_ESTIMATES = 60;

function regimesOf(day: number, programmed: ReadonlySet<number>): TimelineDay['regimes'] {
  return [
    ...(isWeekend(day) ? (['weekend'] as const) : []),
    ...(endsMonth(day) ? (['month-end'] as const) : []),
    ...(programmed.has(day) ? (['maintenance'] as const) : []),
  ];
}

/** `isKept`: what analysis looked at (no scans, no group addresses). */
export function completenessByDay(set: ObservationSet, isKept: (conversation: Conversation) => boolean): TimelineDay[] {
  const heard = new Set(set.sensor.hours.map((hour) => Math.floor(hour / HOURS_PER_DAY)));
  if (heard.size === 0) return [];
  const first = Math.min(...heard);
  const last = Math.max(...heard);
  const newConversations = new Map<number, number>();
  const tuplesOfDay = new Map<number, number[]>();
  const firstOfTuple: number[] = [];
  const programmed = new Set<number>();
  const addTuple = (days: readonly { readonly day: number }[], fallback: number): void => {
    const own = days.length === 0 ? [fallback] : days.map(({ day }) => day);
    const tuple = firstOfTuple.length;
    firstOfTuple.push(own[0]);
    for (const day of own) addTo(tuplesOfDay, day, tuple);
  };
  for (const conversation of set.conversations) {
    if (!isKept(conversation)) continue;
    const start = conversation.days[0]?.day ?? dayOf(conversation.firstNs);
    newConversations.set(start, (newConversations.get(start) ?? 0) + 1);
    if (conversation.operations.length === 0) addTuple(conversation.days, start);
    else for (const operation of conversation.operations) addTuple(operation.days, start);
    for (const operation of conversation.operations) if (operation.access === 'program') for (const { day } of operation.days) programmed.add(day);
  }
  const incidences = new Int32Array(firstOfTuple.length);
  const days: TimelineDay[] = [];
  const every = Math.max(1, Math.ceil(heard.size / MOST_ESTIMATES));
  let heardDays = 0;
  let seen = 0;
  for (let day = first; day <= last; day++) {
    let fresh = 0;
    for (const tuple of tuplesOfDay.get(day) ?? []) {
      if (incidences[tuple] === 0) fresh++;
      incidences[tuple]++;
    }
    seen += fresh;
    const isHeard = heard.has(day);
    if (isHeard) heardDays++;
    const isEstimated = isHeard && heardDays >= 2 && (heardDays % every === 0 || day === last);
    const estimate = isEstimated ? estimateSpecies(firstOfTuple.map((first, tuple) => ({ days: incidences[tuple], first })).filter((one) => one.days > 0), heardDays) : null;
    days.push({
      date: isoDay(day),
      newConversations: newConversations.get(day) ?? 0,
      newOperations: fresh,
      seenOperations: seen,
      newShare: estimate === null ? null : [estimate.newShareLow, estimate.newShare, estimate.newShareHigh],
      isHeard,
      regimes: regimesOf(day, programmed),
    });
  }
  return days;
}
