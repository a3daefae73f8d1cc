/**
 * Observations with their days and hours as the plant's own clock counts them, for what people do by that clock: shifts,
 * weekends, jobs at night. In: Observations by UTC, as the store keeps them, and a time zone. Out: the same, days anew; instants
 * stay what they are. What holds them against a Permit's window does not want this: it knows the spec's zone (policy/spec/schedule.ts).
 */
import { HOURS_PER_DAY } from '../net/time.ts';
import { localHours } from '../net/time-zone.ts';
import type { Conversation, Day, ObservationSet } from '../observation.ts';
import { perDays } from './captured-days.ts';

export function onClock(set: ObservationSet, timezone: string): ObservationSet {
  if (timezone === 'UTC') return set;
  const localOf = localHours(timezone);
  const hoursOn = (hours: readonly number[]): number[] => [...new Set(hours.map(localOf))].sort((a, b) => a - b);
  const daysOn = perDays((days) => localDays(days, localOf));
  const conversationOn = (conversation: Conversation): Conversation => ({
    ...conversation,
    days: daysOn(conversation.days),
    operations: conversation.operations.map((operation) => ({ ...operation, days: daysOn(operation.days) })),
  });
  const { sensor } = set;
  return { ...set, conversations: set.conversations.map(conversationOn), sensor: { ...sensor, hours: hoursOn(sensor.hours), deafHours: hoursOn(sensor.deafHours) }, timezone };
}

/** Where nobody kept hours, days stay what they are: nobody knows which part of them it was. */
function localDays(days: readonly Day[], localOf: (hour: number) => number): readonly Day[] {
  const masks = new Map<number, number>();
  for (const { day, hours } of days) {
    if (hours === undefined) return days;
    for (let hour = 0; hour < HOURS_PER_DAY; hour++) {
      if (((hours >> hour) & 1) === 0) continue;
      const local = localOf(day * HOURS_PER_DAY + hour);
      const own = Math.floor(local / HOURS_PER_DAY);
      masks.set(own, (masks.get(own) ?? 0) | (1 << (local - own * HOURS_PER_DAY)));
    }
  }
  return [...masks].sort(([a], [b]) => a - b).map(([day, hours]) => ({ day, hours }));
}
