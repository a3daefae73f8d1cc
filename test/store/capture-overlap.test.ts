/** Which captures ran at the same time: what two of them heard counts twice, and that is told. */
import { expect, test } from 'vitest';
import { findOverlap, type TimedCapture } from '../../src/store/capture-overlap.ts';

const span = (name: string, first: number, last: number): TimedCapture => ({ name, firstNs: BigInt(first) * 1_000_000_000n, lastNs: BigInt(last) * 1_000_000_000n });

test.each<[string, TimedCapture[], readonly string[], number]>([
  ['two taps', [span('a', 0, 100), span('b', 40, 140)], ['a', 'b'], 60],
  ['the later one imported first', [span('b', 40, 140), span('a', 0, 100)], ['a', 'b'], 60],
  ['one within another, and one beside them', [span('all', 0, 1000), span('x', 100, 200), span('later', 2000, 3000)], ['all', 'x'], 100],
  ['the ring of a capture: its time counts once', [span('live', 0, 300), span('1', 0, 100), span('2', 100, 200), span('3', 200, 300)], ['live', '1', '2', '3'], 300],
  ['three at once: time is counted once', [span('a', 0, 100), span('b', 0, 100), span('c', 50, 100)], ['a', 'b', 'c'], 100],
])('%s', (_, captures, names, seconds) => {
  const overlap = findOverlap(captures);
  expect(overlap?.captures.toSorted()).toEqual(names.toSorted());
  expect(overlap?.ns).toBe(BigInt(seconds) * 1_000_000_000n);
});

test.each<[string, TimedCapture[]]>([
  ['files of a ring, whose frames are not quite in order', [span('1', 0, 101), span('2', 100, 200)]],
  ['one capture', [span('a', 0, 100)]],
  ['captures without times', [span('a', 0, 100), { name: 'b', firstNs: null, lastNs: null }]],
])('none: %s', (_, captures) => expect(findOverlap(captures)).toBeNull());
