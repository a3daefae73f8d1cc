import { describe, expect, it } from 'vitest';
import { proposeConduits } from '../../src/infer/conduits/conduits.ts';
import { conversation, modbus, observations } from '../policy/observed.ts';
import { PLAN } from './conduits/plan-fixture.ts';
import { everyDay, mac, sketchPlant, type Sketch } from './plant-sketch.ts';
import { HOSTS, proposalOf, SKETCHES } from './small-plant.ts';

describe('the stopping rule', () => {
  const within = (length: number) => SKETCHES.map((sketch) => (sketch.days === undefined ? sketch : { ...sketch, days: sketch.days.filter((day) => day < length) })).filter((sketch) => sketch.days === undefined || sketch.days.length > 0);

  it('asks for four weeks, with a date', () => {
    const { completeness } = proposalOf(sketchPlant(HOSTS, within(10), 10));
    expect(completeness.sufficient).toBe(false);
    expect(completeness.moreDays).toBeGreaterThanOrEqual(18);
    expect(completeness.listenUntil).toMatch(/^2025-1[12]-\d\d$|^2026-01-\d\d$/);
    expect(completeness.sentences.join(' ')).toContain('10 of at least 28 days were heard');
  });

  it('does not ask for the rest of a fifth week, and counts two ends of one day as one', () => {
    const heard = (days: number, fromHour: number, toHour: number) => {
      const set = sketchPlant(HOSTS, within(days), days);
      const first = set.sensor.hours[0] ?? Math.min(...set.conversations.flatMap((one) => one.days.map(({ day }) => day))) * 24;
      const hours = Array.from({ length: (days - 1) * 24 + toHour - fromHour + 1 }, (_, hour) => first - (first % 24) + fromHour + hour);
      return proposalOf({ ...set, sensor: { ...set.sensor, hours } }).completeness;
    };
    expect([heard(29, 8, 7), heard(29, 8, 8), heard(29, 8, 20), heard(28, 0, 23)].map(({ moreDays }) => moreDays)).toEqual([0, 0, 0, 0]);
    expect(heard(28, 8, 7)).toMatchObject({ moreDays: 1, sentences: expect.arrayContaining([expect.stringContaining('27 of at least 28 days were heard')]) });
    expect(heard(28, 8, 9).moreDays).toBe(0);
  });

  it.each([[27, 1], [28, 0], [30, 0], [34, 0], [35, 0]])('after %i days without news asks for %i more: each weekday is heard four times at least', (length, more) => {
    const { completeness } = proposalOf(sketchPlant(HOSTS, within(length), length));
    expect([completeness.moreDays, completeness.sufficient]).toEqual([more, more === 0]);
  });

  it.each([[20, 0], [21, 1], [25, 5]])('a new asset on day %i of 28 asks for %i more: a week has to pass without one', (firstDay, more) => {
    const late = { client: '10.1.0.99', server: '10.1.0.131', service: 'modbus', days: everyDay(28).filter((day) => day >= firstDay), periodMs: 1000 };
    const { completeness } = proposalOf(sketchPlant([...HOSTS, { address: '10.1.0.99', mac: mac('pc', 99), firstDay }], [...SKETCHES, late], 28));
    expect(completeness.moreDays).toBe(more);
    expect(completeness.sentences[1].includes('a new asset appeared within the last week')).toBe(more > 0);
  });

  it('is met after four whole weeks without news, and names the regimes that are missing', () => {
    const { completeness } = proposalOf(sketchPlant(HOSTS, SKETCHES, 28));
    expect(completeness).toMatchObject({ sufficient: true, moreDays: 0, listenUntil: null });
    expect(Object.fromEntries(completeness.regimes.map(({ regime, covered }) => [regime, covered]))).toMatchObject({ weekend: true, 'month-end': true, maintenance: true, failover: true });
    expect(completeness.conduits.find(({ zones }) => zones.join() === 'Z-SIS,Z-SUP')).toMatchObject({ completeness: 1, directions: [{ fromZone: 'Z-SUP', toZone: 'Z-SIS', seen: 1 }] });
  });

  it('names who may be a standby: whose partner is known, and who keeps a session with the server that looks like an operator\'s place', () => {
    const failover = (...more: Sketch[]): string | undefined =>
      proposalOf(sketchPlant([...HOSTS, { address: '10.1.0.12', mac: mac('virtual', 12) }, { address: '10.1.0.13', mac: mac('virtual', 13) }], [...SKETCHES, ...more], 28)).completeness.regimes.find(({ regime }) => regime === 'failover')?.sentence;
    const session = (client: string, server: string): Sketch => ({ client, server, service: '', port: 8060, periodMs: 1000 });
    expect(failover(session('10.1.0.12', '10.1.0.10'), session('10.1.0.10', '10.1.0.12'))).toContain('10.1.0.12: a standby that never took over; what its partner was seen to do is foreseen for it');
    expect(failover(session('10.1.0.12', '10.1.0.10'))).toContain('10.1.0.12 alone keeps a session with 10.1.0.10, which looks after controllers: if it is the standby of that one, its take-over would be blocked.');
    expect(failover(session('10.1.0.12', '10.1.0.10'), session('10.1.0.13', '10.1.0.10'))).toBe('No standby is known that never took over.');
  });

  it('a port that FTP agrees upon anew each day is nothing new', () => {
    const ftp = { client: '10.1.0.10', server: '10.1.0.131', service: 'ftp', port: 21 };
    const transfers = everyDay(28).map((day) => ({ ...ftp, service: '', port: 50001 + 331 * day, days: [day] }));
    const { completeness } = proposalOf(sketchPlant(HOSTS, [...SKETCHES, ftp, ...transfers], 28));
    expect(completeness).toMatchObject({ sufficient: true, plant: { onceOnly: 0 } });
  });
});

describe('the completeness of a conduit', () => {
  // Four readings of one day each, asked of the PLCs from above and of servers from below: news is to be expected both ways.
  const oneDay = [3, 5, 9, 12].flatMap((day, n) => [
    { client: '10.1.0.10', server: '10.1.0.101', service: '', port: 9100 + n, days: [day] },
    { client: '10.1.0.101', server: '10.1.0.10', service: '', port: 9200 + n, days: [day] },
  ]);
  const set = sketchPlant(HOSTS, [...SKETCHES, ...oneDay], 14);
  const { conduits } = proposalOf(set).completeness;

  it('is told by how many pairs of zones are expected to show something new', () => {
    const { sentences } = proposalOf(set).completeness;
    const open = conduits.filter(({ newIn28Days }) => newIn28Days >= 0.5).length;
    expect(open).toBeGreaterThan(0);
    expect(sentences).toContain(`${open} of ${conduits.length} pairs of zones that talk ${open === 1 ? 'is' : 'are'} expected to show something new within 28 days.`);
    // Two weeks are too few for any of them, whatever is expected.
    expect(conduits.some(({ sufficient }) => sufficient)).toBe(false);
  });

  it('is of both directions together, rounded down, and one a pair of zones', () => {
    expect(new Set(conduits.map(({ zones }) => zones.join())).size).toBe(conduits.length);
    expect(conduits.some(({ directions }) => directions.length === 2)).toBe(true);
    expect(conduits.some(({ completeness }) => completeness < 1)).toBe(true);
    for (const { zones, directions, seen, newIn28Days, completeness } of conduits) {
      for (const { fromZone, toZone } of directions) expect([fromZone, toZone].sort()).toEqual(zones);
      expect(directions.reduce((sum, one) => sum + one.seen, 0)).toBe(seen);
      expect(directions.reduce((sum, one) => sum + one.newIn28Days, 0)).toBeCloseTo(newIn28Days, 6);
      expect(completeness).toBe(Math.floor((1e4 * seen) / (seen + newIn28Days)) / 1e4);
    }
  });

  it('is what the evidence of its Permits says, whichever way they go', () => {
    const plan = { ...PLAN, completeness: { conduits: [{ zones: ['CELL-1', 'OPS'] as const, completeness: 0.8867 }] } };
    const { permits } = proposeConduits(observations([modbus('10.4.0.1', '10.1.0.1'), conversation('10.1.0.1', '10.4.0.1', { port: 443, service: 'https' }), modbus('10.3.0.1', '10.1.0.1')]), plan);
    expect(permits.map(({ permit: { from, to, evidence } }) => [from.zone, to.zone, evidence?.completeness]).sort()).toEqual([['CELL-1', 'OPS', 0.8867], ['OPS', 'CELL-1', 0.8867], ['SUP', 'CELL-1', null]]);
  });
});

describe('what was heard from one end only', () => {
  const sentencesOf = (shareOfOneEnd: number): readonly string[] => {
    const set = sketchPlant(HOSTS, SKETCHES);
    const conversations = set.conversations.map((one, index) => (index < shareOfOneEnd * set.conversations.length ? { ...one, packets: { ...one.packets, toServer: 0 } } : one));
    return proposalOf({ ...set, conversations }).completeness.sentences;
  };

  it('is said, because roles are guesses there', () => {
    expect(sentencesOf(1)).toContainEqual(expect.stringMatching(/^\d+ of \d+ TCP conversations with data were heard from one end only: .* Mirror both directions to the sensor\.$/));
    expect(sentencesOf(0).join(' ')).not.toContain('one end only');
  });
});
