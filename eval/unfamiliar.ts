/**
 * `npm run eval:unfamiliar`: proposals on plants whose shapes the method was not developed on (unfamiliar/shapes.ts),
 * which need no generator.
 *
 *   --seeds 1-12 --days 28 --only "solar park,building" --one-way .3 --confusions
 */
import { mean } from './metrics.ts';
import { judgePlant, type Verdict } from './unfamiliar/judge.ts';
import { SHAPES } from './unfamiliar/shapes.ts';

const options = new Map<string, string>();
for (let index = 2; index < process.argv.length; index += 2) options.set(process.argv[index]!.replace(/^--/, ''), process.argv[index + 1] ?? 'yes');
const [from = 1, to = from] = (options.get('seeds') ?? '1-12').split('-').map(Number);
const seeds = Array.from({ length: to - from + 1 }, (_, index) => from + index);
const only = options.get('only')?.split(',');

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const row = (name: string, verdicts: readonly Verdict[]): string => {
  const of = (pick: (verdict: Verdict) => number): number => mean(verdicts.map(pick));
  return `| ${name} | ${of(({ devices }) => devices).toFixed(0)} | ${of(({ roles }) => roles).toFixed(3)} | ${of(({ partition }) => partition).toFixed(3)} | ${of(({ cells }) => cells).toFixed(3)} | ${of(({ falseSafety }) => falseSafety).toFixed(2)} | ${of(({ inOffice }) => inOffice).toFixed(2)} | ${of(({ sureAndWrong }) => sureAndWrong).toFixed(2)} |`;
};

say('| shape | devices | role accuracy | ARI all | ARI cells | false safety controllers | plant devices in the office | wrong at 0.9 |');
say('|---|---|---|---|---|---|---|---|');
const everything: Verdict[] = [];
const confusions = new Map<string, number>();
for (const [name, draw] of Object.entries(SHAPES)) {
  if (only !== undefined && !only.includes(name)) continue;
  const verdicts = seeds.map((seed) => judgePlant(draw(seed), Number(options.get('days') ?? 28), Number(options.get('one-way') ?? 0)));
  everything.push(...verdicts);
  say(row(name, verdicts));
  for (const { host, said } of verdicts.flatMap(({ wrong }) => wrong)) {
    const key = `${name}: ${host.sub ?? host.role} -> ${said}`;
    confusions.set(key, (confusions.get(key) ?? 0) + 1);
  }
}
say(row(`**all (${everything.length} plants)**`, everything));
if (options.has('confusions')) for (const [key, count] of [...confusions].sort(([, a], [, b]) => b - a).slice(0, 40)) say(`${String(count).padStart(5)} ${key}`);
