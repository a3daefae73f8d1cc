/**
 * `npm run eval:unfamiliar`: proposals on plants whose shapes the method was not developed on (unfamiliar/shapes.ts),
 * which need no generator: the shapes that made the rules of before, and the sites that were drawn after them.
 *
 *   --seeds 1-12 --days 28 --only "solar park,building" --one-way .3 --confusions
 */
import { has, number, say, seeds, text } from './command-line.ts';
import { mean } from './metrics.ts';
import { judgePlant, SURE, type Verdict } from './unfamiliar/judge.ts';
import type { SketchedPlant } from './unfamiliar/plant-sketcher.ts';
import { EIGHTH_HELD_OUT, EIGHTH_SITES, FOURTH_SITES, HELD_OUT_SITES, SEVENTH_HELD_OUT, SEVENTH_SITES, SHAPES, SITES, SIXTH_HELD_OUT, SIXTH_SITES, THIRD_SITES, UNTOUCHED_SITES } from './unfamiliar/shapes.ts';

const only = has('only') ? text('only', '').split(',') : null;

const row = (name: string, verdicts: readonly Verdict[]): string => {
  const of = (pick: (verdict: Verdict) => number): number => mean(verdicts.map(pick));
  return `| ${name} | ${of(({ devices }) => devices).toFixed(0)} | ${of(({ roles }) => roles).toFixed(3)} | ${of(({ kinds }) => kinds).toFixed(3)} | ${of(({ partition }) => partition).toFixed(3)} | ${of(({ cells }) => cells).toFixed(3)} | ${of(({ falseSafety }) => falseSafety).toFixed(2)} | ${of(({ inOffice }) => inOffice).toFixed(2)} | ${of(({ inOfficeZone }) => inOfficeZone).toFixed(2)} | ${of(({ officeInPlant }) => officeInPlant).toFixed(2)} | ${of(({ safetyElsewhere }) => safetyElsewhere).toFixed(2)} | ${of(({ controlAbove }) => controlAbove).toFixed(2)} | ${of(({ sureAndWrong }) => sureAndWrong).toFixed(2)} |`;
};

function table(title: string, shapes: Readonly<Record<string, (seed: number) => SketchedPlant>>): void {
  const chosen = Object.entries(shapes).filter(([name]) => only?.includes(name) ?? true);
  if (chosen.length === 0) return;
  say(`| ${title} | devices | role accuracy | kind of zone | ARI all | ARI cells | false safety controllers | plant devices in the office | in the zone of the office | office in the plant | safety controllers elsewhere | control above | wrong at 0.9 |`);
  say('|---|---|---|---|---|---|---|---|---|---|---|---|---|');
  const everything: Verdict[] = [];
  for (const [name, draw] of chosen) {
    const verdicts = seeds('1-12').map((seed) => judgePlant(draw(seed), number('days', 28), number('one-way', 0)));
    everything.push(...verdicts);
    say(row(name, verdicts));
    for (const { host, said, confidence } of verdicts.flatMap(({ wrong }) => wrong)) {
      const key = `${name}: ${host.sub ?? host.role} -> ${said}${confidence >= SURE ? ', surely' : ''}`;
      confusions.set(key, (confusions.get(key) ?? 0) + 1);
    }
  }
  say(`${row(`**all (${everything.length} plants)**`, everything)}\n`);
}

const confusions = new Map<string, number>();
table('shape', SHAPES);
table('site', SITES);
table('third site', THIRD_SITES);
table('untouched site', UNTOUCHED_SITES);
table('fourth site', FOURTH_SITES);
table('held-out site', HELD_OUT_SITES);
table('sixth site', SIXTH_SITES);
table('held-out sixth site', SIXTH_HELD_OUT);
table('seventh site', SEVENTH_SITES);
table('held-out seventh site', SEVENTH_HELD_OUT);
table('eighth site', EIGHTH_SITES);
table('held-out eighth site', EIGHTH_HELD_OUT);
if (has('confusions')) for (const [key, count] of [...confusions].sort(([, a], [, b]) => b - a).slice(0, 60)) say(`${String(count).padStart(5)} ${key}`);
