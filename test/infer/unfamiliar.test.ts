import { describe, expect, it } from 'vitest';
import { judgePlant } from '../../eval/unfamiliar/judge.ts';
import { SHAPES, SITES } from '../../eval/unfamiliar/shapes.ts';
import { mean } from '../../eval/metrics.ts';

const SEEDS = [101, 102, 103];
const DAYS = 14;
const judged = (shape: string) => SEEDS.map((seed) => judgePlant((SHAPES[shape] ?? SITES[shape])(seed), DAYS));

/** Each of these failed before the rules that it is here for (docs/zones.md, unfamiliar shapes). */
describe('plants of unfamiliar shape', () => {
  it.each(['global data', 'redundant pairs'])('%s: no safety controller where there is none, and cells', (shape) => {
    const verdicts = judged(shape);
    expect(verdicts.map(({ falseSafety }) => falseSafety)).toEqual([0, 0, 0]);
    expect(mean(verdicts.map(({ cells }) => cells))).toBeGreaterThan(0.9);
  });

  it.each(['unread protocol', 'thin clients', 'building'])('%s: no plant device in the office', (shape) => {
    const verdicts = judged(shape);
    expect(verdicts.map(({ inOffice }) => inOffice)).toEqual([0, 0, 0]);
    expect(mean(verdicts.map(({ roles }) => roles))).toBeGreaterThan(0.95);
  });

  it.each(['profinet', 'browsed line'])('%s: controllers, their I/O and panels', (shape) => {
    expect(Math.min(...judged(shape).map(({ roles }) => roles))).toBeGreaterThan(0.95);
  });

  it('a solar park is one cell', () => {
    expect(judged('solar park').map(({ cells }) => cells)).toEqual([1, 1, 1]);
  });

  it('a mine: the standby of the SCADA server glues no cells', () => {
    expect(mean(judged('mine').map(({ cells }) => cells))).toBeGreaterThan(0.7);
  });

  it('the others: nearly every role, and nothing wrong that is said with certainty', () => {
    const verdicts = ['single machine', 'web scada', 'one domain', 'data diode', 'remote service', 'shared stations', 'opc ua only', 'telecontrol', 'substation'].flatMap(judged);
    expect(mean(verdicts.map(({ roles }) => roles))).toBeGreaterThan(0.985);
    expect(mean(verdicts.map(({ sureAndWrong }) => sureAndWrong))).toBeLessThan(0.2);
  });
});
