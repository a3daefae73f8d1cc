/**
 * Permits that need no rule of their own on a target: what the target can hold of them is let through by the rule of
 * another Permit between the same zones. Two Modbus Permits of one pair are one port on a device that sees no functions;
 * a second rule would be a duplicate that no traffic ever reaches. In: Permits with their loss rows. Out: who covers
 * whom, and rows that say so. The first of two equal ones stays.
 */
import { isSubset } from '../net/address-set.ts';
import { addTo } from '../net/multi-map.ts';
import type { Effect, LossRow, ModbusEffect, PlanPermit } from './exporter.ts';

const modbusText = (modbus: ModbusEffect | null): string => JSON.stringify(modbus);

const portSpan = (text: string): [number, number] => {
  const [first = 0, last = first] = text.split('-').map(Number);
  return [first, last];
};

const portsWithin = (inner: readonly string[], outer: readonly string[]): boolean =>
  inner.every((text) => {
    const [first, last] = portSpan(text);
    return outer.some((other) => portSpan(other)[0] <= first && last <= portSpan(other)[1]);
  });

const serviceWithin = (inner: Effect, outer: Effect): boolean =>
  outer.transport === 'any' || (outer.transport === inner.transport && portsWithin(inner.ports, outer.ports));

const effectWithin = (inner: Effect, outer: Effect): boolean =>
  serviceWithin(inner, outer) &&
  isSubset(inner.client, outer.client) &&
  isSubset(inner.server, outer.server) &&
  (outer.modbus === null || modbusText(outer.modbus) === modbusText(inner.modbus)) &&
  (outer.schedule === '' || outer.schedule === inner.schedule) &&
  (outer.expires === '' || outer.expires === inner.expires) &&
  (!outer.onDemand || inner.onDemand);

const rowWithin = (inner: LossRow, outer: LossRow): boolean =>
  inner.effects.length > 0 && inner.effects.every((effect) => outer.effects.some((other) => effectWithin(effect, other)));

const pathOf = ({ permit }: PlanPermit): string => [permit.conduit, permit.from.zone, permit.to.zone].join('\n');

export interface Coverage {
  /** Permits without a rule of their own. */
  readonly covered: ReadonlySet<PlanPermit>;
  readonly losses: readonly LossRow[];
}

/**
 * Conditions of a Permit that the rule which covers it does not have. A rule that says no more than its own Permit takes nothing
 * away: then that Permit lets the traffic through at those times as well.
 */
const lostConditions = (inner: LossRow, outer: LossRow): { readonly what: string; readonly to: string }[] => {
  if (outer.verdict !== 'widened') return [];
  const lost = (has: (effect: Effect) => boolean): boolean => inner.effects.some(has) && !outer.effects.every(has);
  return [
    ...(lost((effect) => effect.onDemand) ? [{ what: 'on demand', to: 'without being switched on' }] : []),
    ...(lost((effect) => effect.schedule !== '') ? [{ what: 'hours', to: 'at any time' }] : []),
    ...(lost((effect) => effect.expires !== '') ? [{ what: 'end date', to: 'without an end' }] : []),
  ];
};

const coveredRow = (row: LossRow, outer: LossRow): LossRow => {
  const lost = lostConditions(row, outer);
  return {
    ...row,
    verdict: lost.length === 0 ? row.verdict : 'widened',
    widenedTo: [row.widenedTo, ...lost.map(({ to }) => to)].filter((text) => text !== '').join('; '),
    reasons: [...row.reasons, `it has no rule of its own: the rule of ${outer.permit} lets it through`, ...(lost.length === 0 ? [] : [`lost by that: ${lost.map(({ what }) => what).join(', ')}`])],
    effects: [],
  };
};

/** `losses` in the order of `permits`. */
export const coverage = (permits: readonly PlanPermit[], losses: readonly LossRow[]): Coverage => {
  const byRow = new Map<LossRow, LossRow>();
  /** Places of the Permits between the same zones. */
  const ofPath = new Map<string, number[]>();
  for (const [at, entry] of permits.entries()) addTo(ofPath, pathOf(entry), at);
  for (const [index, row] of losses.entries()) {
    const by = (ofPath.get(pathOf(permits[index])) ?? []).find((at) => at !== index && rowWithin(row, losses[at]) && (at < index || !rowWithin(losses[at], row)));
    if (by !== undefined) byRow.set(row, losses[by]);
  }
  // What covers may be covered as well: the rule that is written lets all of them through.
  const written = (row: LossRow): LossRow => {
    const by = byRow.get(row);
    return by === undefined ? row : written(by);
  };
  return {
    covered: new Set(permits.filter((_, index) => byRow.has(losses[index]))),
    losses: losses.map((row) => (byRow.has(row) ? coveredRow(row, written(row)) : row)),
  };
};
