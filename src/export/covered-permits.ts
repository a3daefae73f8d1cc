/**
 * Permits that need no rule of their own on a target: what the target can hold of them is let through by the rule of
 * another Permit between the same zones. Two Modbus Permits of one pair are one port on a device that sees no functions;
 * a second rule would be a duplicate that no traffic ever reaches. In: Permits with their loss rows. Out: who covers
 * whom, and rows that say so. The first of two equal ones stays.
 */
import { isSubset, type AddressSet } from '../net/address-set.ts';
import { addTo } from '../net/multi-map.ts';
import { spansContain, type Span } from '../net/register-set.ts';
import { indexSpans } from '../net/span-index.ts';
import { indexServices } from '../policy/match/service-index.ts';
import { portsOf } from '../policy/spec/permits.ts';
import type { Effect, LossRow, PlanPermit } from './exporter.ts';

/** An effect as it is compared with others, read once: there may be thousands between two zones. */
interface Reach extends Omit<Effect, 'ports' | 'modbus'> {
  readonly ports: readonly Span[];
  readonly modbus: string | null;
}

const reachesOf = ({ effects }: LossRow): readonly Reach[] =>
  effects.map((effect) => ({ ...effect, ports: effect.ports.flatMap(portsOf), modbus: effect.modbus === null ? null : JSON.stringify(effect.modbus) }));

const portsWithin = (inner: readonly Span[], outer: readonly Span[]): boolean =>
  inner.every((span) => spansContain(outer, span));

const serviceWithin = (inner: Reach, outer: Reach): boolean =>
  outer.transport === 'any' || (outer.transport === inner.transport && portsWithin(inner.ports, outer.ports));

const isWithin = (inner: Reach, outer: Reach): boolean =>
  serviceWithin(inner, outer) &&
  (outer.modbus === null || outer.modbus === inner.modbus) &&
  (outer.schedule === '' || outer.schedule === inner.schedule) &&
  (outer.expires === '' || outer.expires === inner.expires) &&
  (!outer.onDemand || inner.onDemand) &&
  isSubset(inner.client, outer.client) &&
  isSubset(inner.server, outer.server);

const allWithin = (inner: readonly Reach[], outer: readonly Reach[]): boolean =>
  inner.length > 0 && inner.every((one) => outer.some((other) => isWithin(one, other)));

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

const coveredRow = (row: LossRow, outer: LossRow, logReasons: readonly string[]): LossRow => {
  const lost = lostConditions(row, outer);
  return {
    ...row,
    verdict: lost.length === 0 ? row.verdict : 'widened',
    widenedTo: [row.widenedTo, ...lost.map(({ to }) => to)].filter((text) => text !== '').join('; '),
    reasons: [...row.reasons, `it has no rule of its own: the rule of ${outer.permit} lets it through`, ...(lost.length === 0 ? [] : [`lost by that: ${lost.map(({ what }) => what).join(', ')}`]), ...logReasons],
    effects: [],
  };
};

/** Of some places those that may hold all of another one, ascending: whoever does holds its first client, its first server and its first port. */
const holdersAmong = (places: readonly number[], reaches: readonly (readonly Reach[])[]): ((inner: readonly Reach[]) => readonly number[]) => {
  const [byClient, byServer] = (['client', 'server'] as const).map((side) => {
    const held = indexSpans(places.flatMap((at) => reaches[at].flatMap((reach) => reach[side].map((span) => ({ span, value: at })))));
    /** Where thousands share an end, they are put in order once. */
    const known = new Map<string, readonly number[]>();
    return ([span]: AddressSet): readonly number[] => {
      if (span === undefined) return places;
      const key = `${span.family}:${span.first}`;
      const found = known.get(key) ?? [...new Set(held({ ...span, last: span.first }))].sort((a, b) => a - b);
      known.set(key, found);
      return found;
    };
  });
  const byService = indexServices(places.flatMap((at) => reaches[at].map(({ transport, ports }) => ({ transport, ports, value: at }))));
  return ([first]) => {
    if (first === undefined) return [];
    const services = byService(first);
    const [clients, servers] = [byClient(first.client), byServer(first.server)];
    const fewer = clients.length < servers.length ? clients : servers;
    return services.reduce((sum, { length }) => sum + length, 0) < fewer.length ? [...new Set(services.flat())].sort((a, b) => a - b) : fewer;
  };
};

/** `losses` in the order of `permits`. */
export const coverage = (permits: readonly PlanPermit[], losses: readonly LossRow[]): Coverage => {
  const byRow = new Map<LossRow, LossRow>();
  const reaches = losses.map(reachesOf);
  /** Places of the Permits between the same zones. */
  const ofPath = new Map<string, number[]>();
  for (const [at, entry] of permits.entries()) addTo(ofPath, pathOf(entry), at);
  for (const places of ofPath.values()) {
    const holdersOf = holdersAmong(places, reaches);
    for (const index of places) {
      const by = holdersOf(reaches[index]).find((at) => at !== index && allWithin(reaches[index], reaches[at]) && (at < index || !allWithin(reaches[at], reaches[index])));
      if (by !== undefined) byRow.set(losses[index], losses[by]);
    }
  }
  // What covers may be covered as well: the rule that is written lets all of them through.
  const written = (row: LossRow): LossRow => {
    const by = byRow.get(row);
    return by === undefined ? row : written(by);
  };
  const entryOf = new Map(losses.map((row, at) => [row, permits[at]]));
  const loggedBy = (row: LossRow, outer: LossRow): string[] => {
    const [entry, other] = [entryOf.get(row), entryOf.get(outer)];
    return entry === undefined || other === undefined || entry.log === null || entry.log.join() === other.log?.join() ? [] : [`so its sessions are logged as ${other.permit.id} says, not as it does itself`];
  };
  return {
    covered: new Set(permits.filter((_, index) => byRow.has(losses[index]))),
    losses: losses.map((row) => {
      if (!byRow.has(row)) return row;
      const outer = written(row);
      return coveredRow(row, outer, loggedBy(row, outer));
    }),
  };
};
