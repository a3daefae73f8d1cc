/**
 * Rules for a device that stops at the first one that matches, where Permits of one pair hold at different times. The
 * rule of a Permit that holds for a while hides those behind it, so it has to let through all that may be permitted
 * then. In: Permits and what the target holds of their conditions. Out: groups of Permits with the same conditions,
 * in the order of their rules, and disjoint cells of each with what its rule carries. A Permit that holds whenever the rule
 * does is carried for nothing; one that only may hold then passes at other times too, which is for the loss report to say.
 */
import { addTo } from '../net/multi-map.ts';
import { mergeSpans, subtractSpans, type Span } from '../net/register-set.ts';
import type { Permit } from '../permit.ts';
import { minuteOfDay } from '../policy/spec/schedule.ts';
import type { Capabilities, PlanPermit } from './exporter.ts';
import { pairCells, portCells, type PairCell, type PortCell } from './pair-cells.ts';
import { DAY_NAMES, windowsOf } from './time-window.ts';

type Held = Pick<Capabilities, 'schedule' | 'expiry' | 'onDemand'>;

interface Conditions {
  readonly onDemand: boolean;
  /** Minutes of the week. */
  readonly minutes: readonly Span[];
  /** Last day; null = none. */
  readonly expires: string | null;
}

const DAY_MINUTES = 1440;
const WEEK: Span = { first: 0, last: 7 * DAY_MINUTES - 1 };
const DAYS = Object.keys(DAY_NAMES);

const minutesOf = (permit: Permit): Span[] => {
  const windows = windowsOf(permit);
  if (windows.length === 0) return [WEEK];
  return mergeSpans(windows.flatMap(({ days, start, end }) => days.map((day) => {
    const midnight = DAYS.indexOf(day) * DAY_MINUTES;
    return { first: midnight + minuteOfDay(start), last: midnight + minuteOfDay(end) - 1 };
  })));
};

const conditionsOf = ({ permit }: PlanPermit, held: Held): Conditions => ({
  onDemand: held.onDemand && permit.conditions.onDemand,
  minutes: held.schedule ? minutesOf(permit) : [WEEK],
  expires: held.expiry ? (permit.conditions.expires?.slice(0, 10) ?? null) : null,
});

/** Whatever holds on the first conditions holds on the second: nobody knows what a person has switched on. */
const implies = (a: Conditions, b: Conditions): boolean =>
  !b.onDemand && subtractSpans(a.minutes, b.minutes).length === 0 && (b.expires === null || (a.expires !== null && a.expires <= b.expires));

/** End dates keep nothing apart: before the earlier one both hold. */
const mayMeet = (a: Conditions, b: Conditions): boolean => a.minutes.some((one) => b.minutes.some((other) => one.first <= other.last && other.first <= one.last));

export interface ConditionGroup {
  readonly conditions: Conditions;
  readonly members: readonly PlanPermit[];
}

/**
 * What a person switches on stands first, then what holds only when others do, so that as little as possible is carried that
 * need not hold; what always holds is last.
 */
export const conditionGroups = (permits: readonly PlanPermit[], heldOf: (entry: PlanPermit) => Held): ConditionGroup[] => {
  const byKey = new Map<string, { conditions: Conditions; members: PlanPermit[] }>();
  for (const entry of permits) {
    const conditions = conditionsOf(entry, heldOf(entry));
    const key = JSON.stringify(conditions);
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, { conditions, members: [entry] });
    else known.members.push(entry);
  }
  const groups = [...byKey.values()];
  const rankOf = ({ conditions }: ConditionGroup): number[] => [
    conditions.onDemand ? 0 : 1,
    -groups.filter((other) => implies(conditions, other.conditions)).length,
    conditions.minutes.length === 1 && conditions.minutes[0]?.last === WEEK.last ? 1 : 0,
  ];
  const ranks = new Map(groups.map((group) => [group, rankOf(group)]));
  return groups.sort((a, b) => (ranks.get(a) ?? []).map((rank, at) => rank - (ranks.get(b)?.[at] ?? 0)).find((difference) => difference !== 0) ?? 0);
};

export interface ConditionCell {
  readonly cell: PairCell;
  readonly port: PortCell;
  /** Whose conditions the rule has. */
  readonly own: readonly PlanPermit[];
  /** All that it lets through: its own, and what later rules would. */
  readonly carried: readonly PlanPermit[];
  /** Of those, what need not hold when the rule does. */
  readonly beyond: readonly PlanPermit[];
}

/** The cells of one group of `groups`. `aside`: Permits whose own rules stand before all of these. */
export const cellsOfGroup = (group: ConditionGroup, groups: readonly ConditionGroup[], family: 'ipv4' | 'ipv6', aside: (entry: PlanPermit) => boolean = () => false): ConditionCell[] => {
  const later = groups.slice(groups.indexOf(group) + 1);
  const certain = later.filter((other) => implies(group.conditions, other.conditions)).flatMap((other) => other.members);
  const members = new Set(group.members);
  const possible = later.filter((other) => !implies(group.conditions, other.conditions) && mayMeet(group.conditions, other.conditions)).flatMap((other) => other.members).filter((entry) => !aside(entry));
  const mayBe = new Set(possible);
  return pairCells([...group.members, ...certain, ...possible], family).flatMap((cell) =>
    portCells(cell.permits, 'tcp').flatMap((port): ConditionCell[] => {
      const own = port.permits.filter((entry) => members.has(entry));
      if (own.every(aside)) return [];
      return [{ cell, port, own, carried: port.permits, beyond: port.permits.filter((entry) => mayBe.has(entry)) }];
    }),
  );
};

const idsOf = (entries: readonly PlanPermit[]): string => entries.map((entry) => entry.permit.id).join(', ');

const distinct = (lists: readonly (readonly PlanPermit[])[]): PlanPermit[] => [...new Set(lists.flat())];

/** The cells of each Permit. */
export const cellsByOwner = <Cell extends ConditionCell>(cells: readonly Cell[]): ((entry: PlanPermit) => readonly Cell[]) => {
  const byOwner = new Map<PlanPermit, Cell[]>();
  for (const cell of cells) for (const entry of cell.own) addTo(byOwner, entry, cell);
  return (entry) => byOwner.get(entry) ?? [];
};

/** What the rules of a Permit let through of others that need not hold then, by its cells. */
export const beyondOf = (rules: readonly ConditionCell[]): PlanPermit[] => distinct(rules.map((rule) => rule.beyond));

/** What a reader of the loss report has to know of a Permit whose rules carry others, by its cells; no reason to hold an export back. */
export const conditionReasons = (entry: PlanPermit, rules: readonly ConditionCell[]): string[] => {
  const others = distinct(rules.map(({ own, carried }) => carried.filter((one) => !own.includes(one))));
  const beyond = beyondOf(rules);
  const together = entry.permit.conditions.onDemand ? distinct(rules.map(({ own }) => own.filter((one) => one !== entry))) : [];
  return [
    ...(together.length === 0 ? [] : [`where both name a pair, switching it on lets through what ${idsOf(together)} does as well`]),
    ...(others.length === 0 ? [] : [`while it holds, its rule stands before those of ${idsOf(others)} and lets through what they do; a session that was open before stays under the rule by which it was opened, and has to be opened anew`]),
    ...(beyond.length === 0 ? [] : [`so ${idsOf(beyond)} passes while this rule holds, also when its own conditions do not`]),
  ];
};
