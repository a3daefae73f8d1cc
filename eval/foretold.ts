/**
 * Was what is said of the days to come true? In: a generated plant, its activity, the days listened. Out: estimates beside
 * what the four weeks after brought, by designed flows (the generator's truth, as the bar has it) and by what the product
 * itself would have said and seen.
 */
import { inferAssets } from '../src/infer/assets.ts';
import { infer, type Inference } from '../src/infer/inference.ts';
import { resolvePins } from '../src/infer/pins.ts';
import { NO_PINS, type SpeciesEstimate } from '../src/infer/proposal.ts';
import { estimateSpecies, HORIZON_DAYS, type Incidence } from '../src/infer/species-estimate.ts';
import { addToSet } from '../src/net/multi-map.ts';
import { vendorOf } from '../src/net/oui.ts';
import { mean } from './metrics.ts';
import { type GeneratedPlant, type GeneratedSample, observePlant } from './plant-observations.ts';

export interface Foretold {
  readonly said: SpeciesEstimate;
  /** Within the horizon: the share of tuple-days that were of tuples not seen before, and how many such tuples there were. */
  readonly came: { readonly share: number; readonly count: number };
}

/** `tuples`: the days of each, ascending, counted as `from` is. */
function compare(said: SpeciesEstimate, tuples: readonly (readonly number[])[], from: number): Foretold {
  let total = 0;
  let fresh = 0;
  let count = 0;
  for (const days of tuples) {
    const after = days.filter((day) => day >= from && day < from + HORIZON_DAYS).length;
    total += after;
    if (after === 0 || days[0]! < from) continue;
    fresh += after;
    count++;
  }
  return { said, came: { share: fresh / Math.max(1, total), count } };
}

/** Of the designed flows that are answered (no noise, no temporary device), with or without what only happens on a fail-over. */
export function foretellDesigned(plant: GeneratedPlant, sample: GeneratedSample, days: number, withFailovers: boolean): Foretold {
  const tuples = plant.edges.flatMap((edge, index): number[][] => {
    if (edge.hidden === true || !edge.ans || edge.noise !== null) return [];
    const held = new Map<string, Set<number>>();
    edge.ops.forEach((op, position) => {
      if (op.sched.t === 'trig' && !withFailovers) return;
      const key = `${op.k}/${op.unit ?? ''}/${op.fc ?? op.s ?? op.f ?? ''}`;
      const counts = sample.counts[index]![position]!;
      for (let day = 0; day < counts.length; day++) if (counts[day]! > 0) addToSet(held, key, day);
    });
    return [...held.values()].map((own) => [...own].sort((a, b) => a - b));
  });
  const incidences = tuples.map((own): Incidence => ({ first: own[0]!, days: own.filter((day) => day < days).length })).filter((one) => one.days > 0);
  return compare(estimateSpecies(incidences, days), tuples, days);
}

const daysOfTuples = (link: Inference['plant']['links'][number]): number[][] =>
  link.conversation.operations.length === 0 ? [[...link.days]] : link.conversation.operations.map((operation) => operation.days.map(({ day }) => day));

/** What the product says after `days`, and what it then sees, of all devices and of those that it knew: what it takes for scans is left out. */
export function foretellObserved(plant: GeneratedPlant, sample: GeneratedSample, days: number): { readonly all: Foretold; readonly known: Foretold } {
  const inferUntil = (end: number): Inference => {
    const set = observePlant(plant, sample, 0, end);
    const inventory = inferAssets(set, vendorOf);
    return infer(set, inventory, resolvePins(inventory, NO_PINS));
  };
  const before = inferUntil(days).plant;
  const { links, activity } = inferUntil(Math.min(plant.days, days + HORIZON_DAYS)).plant;
  const from = before.activity.capturedDays[0]! + days;
  const said = estimateSpecies(before.links.flatMap(daysOfTuples).map((own): Incidence => ({ first: own[0]!, days: own.length })), before.activity.capturedDays.length);
  const isKnown = (asset: number): boolean => activity.diaries[asset]!.firstDay < from;
  return {
    all: compare(said, links.flatMap(daysOfTuples), from),
    known: compare(said, links.filter(({ client, server }) => isKnown(client) && isKnown(server)).flatMap(daysOfTuples), from),
  };
}

/** Ratio of the means, with its standard error over plants (Cochran 1977, 6.4). */
function ratioOf(rows: readonly { readonly said: number; readonly came: number }[]): string {
  const came = mean(rows.map((row) => row.came));
  const ratio = mean(rows.map((row) => row.said)) / came;
  const error = Math.sqrt(rows.reduce((sum, row) => sum + (row.said - ratio * row.came) ** 2, 0)) / rows.length / came;
  return `${ratio.toFixed(2)} +- ${error.toFixed(2)}`;
}

/** One line for all plants: said / came, and on how many of a hundred plants less or more came than the interval says. */
export function foretoldInWords(title: string, rows: readonly Foretold[]): string {
  const percent = (holds: (row: Foretold) => boolean): string => `${Math.round(mean(rows.map((row) => (holds(row) ? 100 : 0))))} %`;
  const shares = rows.map(({ said, came }) => ({ said: said.newShare, came: came.share }));
  const counts = rows.map(({ said, came }) => ({ said: said.newIn28Days, came: came.count }));
  return [
    `${title}: share said ${(mean(shares.map(({ said }) => said)) * 100).toFixed(3)} %, came ${(mean(shares.map(({ came }) => came)) * 100).toFixed(3)} %, ratio ${ratioOf(shares)}`,
    `outside: ${percent(({ said, came }) => came.share < said.newShareLow)} below, ${percent(({ said, came }) => came.share > said.newShareHigh)} above`,
    `new ones said ${mean(counts.map(({ said }) => said)).toFixed(1)}, came ${mean(counts.map(({ came }) => came)).toFixed(1)}, ratio ${ratioOf(counts)}`,
    `outside: ${percent(({ said, came }) => came.count < Math.floor(said.newIn28DaysLow))} below, ${percent(({ said, came }) => came.count > Math.ceil(said.newIn28DaysHigh))} above`,
  ].join('; ');
}
