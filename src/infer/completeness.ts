/**
 * Have we listened long enough? In: the inference and its zones. Out: how much is still to come, of the plant and of each
 * conduit (species-estimate.ts has the formulas), until when to listen, what was not heard, in sentences.
 *
 * Of a conduit: both directions together, and what is new by its pool (all that go from zones of one kind to zones of
 * another), because alone it is too small: four operations say nothing of a fifth, and by themselves would call most
 * conduits complete.
 */
import { addTo } from '../net/multi-map.ts';
import { isoDay } from '../net/time.ts';
import type { Inference } from './inference.ts';
import type { Link } from './activity.ts';
import { findNegotiated, type Negotiated } from './conduits/negotiated-ports.ts';
import { newsInWords } from './completeness-words.ts';
import type { Completeness, ConduitCompleteness, ConduitDirection } from './proposal.ts';
import type { ZonePlan } from './zone-names.ts';
import { plural } from './plural.ts';
import { regimesHeard } from './regimes-heard.ts';
import { estimateSpecies, HORIZON_DAYS, type Incidence, round, shareSeen } from './species-estimate.ts';
import { isOneSided } from './unheard.ts';

/** Each weekday four times; a fifth week that has begun takes nothing from that. */
const WHOLE_MONTH_DAYS = 28;
const SUFFICIENT_SHARE = 0.005;
const SUFFICIENT_NEW = 0.5;
const QUIET_DAYS = 7;
const MOST_MORE_DAYS = 84;

/** Every tuple. What negotiates its ports is one tuple a pair of assets: a new port is nothing new. */
function incidencesOf(links: readonly Link[], negotiated: ReadonlyMap<number, Negotiated>): Incidence[] {
  const ofRanges = new Map<string, Set<number>>();
  const incidences = links.flatMap(({ client, server, conversation: { id, operations }, days }): Incidence[] => {
    const service = negotiated.get(id)?.service;
    if (service === undefined) {
      const whole = { days: Math.max(1, days.length), first: days[0]! };
      return operations.length === 0 ? [whole] : operations.map((operation) => (operation.days.length === 0 ? { days: 1, first: whole.first } : { days: operation.days.length, first: operation.days[0]!.day }));
    }
    const key = `${client} ${server} ${service}`;
    ofRanges.set(key, new Set([...(ofRanges.get(key) ?? []), ...days]));
    return [];
  });
  return [...incidences, ...[...ofRanges.values()].map((days) => ({ days: days.size, first: Math.min(...days) }))];
}

const negotiatedOf = ({ plant: { links, activity } }: Inference): ReadonlyMap<number, Negotiated> =>
  findNegotiated(links.map(({ conversation, client, server }) => ({ conversation, client: `${client}`, server: `${server}` })), activity.capturedDays.length);

interface Pair {
  readonly fromZone: string;
  readonly toZone: string;
  readonly pool: string;
  readonly incidences: Incidence[];
}

function collectPairs({ plant, placements }: Inference, plan: ZonePlan, negotiated: ReadonlyMap<number, Negotiated>): Pair[] {
  const kindOf = new Map(plan.zones.map((zone) => [zone.id, zone.kind]));
  const zoneOf = placements.placed.map(({ zone }, index) => plan.zoneIdOf(zone, index));
  const pairs = new Map<string, Link[]>();
  for (const link of plant.links) {
    const fromZone = zoneOf[link.client]!;
    const toZone = zoneOf[link.server]!;
    if (fromZone === toZone) continue;
    addTo(pairs, `${fromZone} ${toZone}`, link);
  }
  return [...pairs.values()].map((links): Pair => {
    const fromZone = zoneOf[links[0].client]!;
    const toZone = zoneOf[links[0].server]!;
    return { fromZone, toZone, pool: `${kindOf.get(fromZone)} ${kindOf.get(toZone)}`, incidences: incidencesOf(links, negotiated) };
  }).sort((a, b) => (a.fromZone < b.fromZone ? -1 : a.fromZone > b.fromZone ? 1 : a.toZone < b.toZone ? -1 : 1));
}

/** Of the zones that a declared conduit connects, what is known of their pairs: the least; null where none of them was heard to talk. */
export type CompletenessBetween = (connects: readonly string[]) => Pick<ConduitCompleteness, 'completeness' | 'sufficient'> | null;

export function completenessBetween(conduits: readonly ConduitCompleteness[]): CompletenessBetween {
  const ofPair = new Map(conduits.map((conduit) => [conduit.zones.join('\n'), conduit]));
  return (connects) => {
    const own = connects.flatMap((one) => connects.flatMap((other) => ofPair.get(`${one}\n${other}`) ?? []));
    return own.length === 0 ? null : { completeness: Math.min(...own.map(({ completeness }) => completeness)), sufficient: own.every(({ sufficient }) => sufficient) };
  };
}

export function estimateCompleteness(inference: Inference, plan: ZonePlan): Completeness {
  const { capturedDays, wholeDays, deafDays, deafHours, diaries, heard } = inference.plant.activity;
  const days = capturedDays.length;
  const negotiated = negotiatedOf(inference);
  const plant = estimateSpecies(incidencesOf(inference.plant.links, negotiated), days);
  const pairs = collectPairs(inference, plan, negotiated);
  const pools = new Map<string, Incidence[]>();
  for (const pair of pairs) {
    const held = pools.get(pair.pool) ?? [];
    pools.set(pair.pool, held);
    for (const incidence of pair.incidences) held.push(incidence);
  }
  const pooled = new Map([...pools].map(([pool, incidences]) => [pool, estimateSpecies(incidences, days)]));
  const byZones = new Map<string, ConduitDirection[]>();
  for (const { fromZone, toZone, pool: key, incidences } of pairs) {
    const pool = pooled.get(key)!;
    // Its part of the pool, by tuple count.
    const newIn28Days = round((pool.newIn28Days * incidences.length) / pool.seen, 2);
    const { seen, unseen } = estimateSpecies(incidences, days);
    addTo(byZones, [fromZone, toZone].sort().join(' '), { fromZone, toZone, seen, unseen, newIn28Days });
  }
  const conduits = [...byZones.values()].map((directions): ConduitCompleteness => {
    const [{ fromZone, toZone }] = directions;
    const seen = directions.reduce((sum, direction) => sum + direction.seen, 0);
    const newIn28Days = round(directions.reduce((sum, direction) => sum + direction.newIn28Days, 0), 2);
    return { zones: fromZone < toZone ? [fromZone, toZone] : [toZone, fromZone], seen, newIn28Days, completeness: shareSeen(seen, newIn28Days), sufficient: wholeDays >= WHOLE_MONTH_DAYS && newIn28Days < SUFFICIENT_NEW, directions };
  }).sort((a, b) => (a.zones[0] < b.zones[0] ? -1 : a.zones[0] > b.zones[0] ? 1 : a.zones[1] < b.zones[1] ? -1 : 1));
  const regimes = regimesHeard(inference);
  const lastDay = capturedDays.at(-1) ?? 0;
  const newestAsset = diaries.reduce((latest, diary) => (diary.days > 0 ? Math.max(latest, diary.firstDay) : latest), -Infinity);
  const waits = [
    { days: WHOLE_MONTH_DAYS - wholeDays + deafDays, why: `${wholeDays - deafDays} of at least ${WHOLE_MONTH_DAYS} days were heard${deafDays === 0 ? '' : ` (and ${deafDays} too badly)`}` },
    { days: QUIET_DAYS - (lastDay - newestAsset), why: 'a new asset appeared within the last week' },
    { days: plant.newShare <= SUFFICIENT_SHARE ? 0 : Math.ceil(days * (plant.newShare / SUFFICIENT_SHARE - 1)), why: `more than ${SUFFICIENT_SHARE * 1000} in 1 000 operations of the days to come would be new` },
  ].filter((wait) => wait.days > 0);
  const moreDays = days === 0 ? WHOLE_MONTH_DAYS : Math.min(MOST_MORE_DAYS, Math.max(0, ...waits.map((wait) => wait.days)));
  const sufficient = days > 0 && moreDays === 0;
  const listenUntil = sufficient || days === 0 ? null : isoDay(lastDay + moreDays);
  const open = conduits.filter((conduit) => conduit.newIn28Days >= SUFFICIENT_NEW).length;
  const missing = regimes.filter((regime) => !regime.covered);
  const sentences = [
    days === 0
      ? 'Nothing was heard yet: of what is still unseen nothing can be said.'
      : newsInWords(plant, HORIZON_DAYS),
    sufficient ? `The stopping rule is met after ${days} days.` : `Keep listening${listenUntil === null ? '' : ` until ${listenUntil}`}, about ${plural(moreDays, 'more day')}: ${waits.map((wait) => wait.why).join('; ') || 'nothing was heard yet'}.`,
    ...(open > 0 ? [`${open} of ${plural(conduits.length, 'pair')} of zones that talk ${open === 1 ? 'is' : 'are'} expected to show something new within ${HORIZON_DAYS} days.`] : []),
    ...(deafHours > 0 ? [`${plural(deafHours, 'hour was', 'hours were')} heard badly (packets lost, or nobody listened for a part of them): what runs only then may be missing.`] : []),
    ...(isOneSided(heard) ? [`${heard.fromOneEnd} of ${plural(heard.conversations, 'TCP conversation')} with data were heard from one end only: roles, zones and rules are guesses there. Mirror both directions to the sensor.`] : []),
    ...missing.map((regime) => regime.sentence),
  ];
  return { plant, conduits, regimes, sufficient, moreDays, listenUntil, sentences };
}
