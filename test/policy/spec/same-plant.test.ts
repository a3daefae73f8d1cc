/** Whether a spec and what was seen are of one plant: told only where next to nothing of either knows the other. */
import { expect, it } from 'vitest';
import { strangersOf } from '../../../src/policy/spec/same-plant.ts';
import { loadText } from '../loaded-spec.ts';
import { addressRecord } from '../observed.ts';

const range = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
const declaring = (addresses: readonly string[], zone = ''): ReturnType<typeof loadText>['spec'] =>
  loadText(`zones:\n  - {zone_id: CELL, name: Cell${zone}, assets: [${addresses.map((ip, i) => `{asset_id: A-${i}, ip: [${ip}]}`).join(', ')}]}\nconduits: []\n`).spec;
const OURS = range('10.1.0.', 40);
const THEIRS = range('10.9.0.', 60);
const seen = (...addresses: string[]): ReturnType<typeof addressRecord>[] => addresses.map((address) => addressRecord(address));

it('another plant is told by its addresses, an address in common by chance notwithstanding', () => {
  expect(strangersOf(declaring(OURS), seen(...THEIRS))).toEqual({ declared: 40, seen: 60, known: 0 });
  expect(strangersOf(declaring(OURS), seen(...THEIRS, OURS[0]))).toEqual({ declared: 40, seen: 61, known: 1 });
  expect(strangersOf(declaring(OURS.slice(0, 3)), seen(...THEIRS.slice(0, 3), '8.8.8.8', '224.0.0.1', 'ff:ff:ff:ff:ff:ff'))).toEqual({ declared: 3, seen: 3, known: 0 });
});

it.each([
  ['the same', declaring(OURS), seen(...OURS)],
  ['a corner of it was heard, much of what is declared was not', declaring(OURS), seen(...OURS.slice(0, 2), ...THEIRS.slice(0, 10))],
  ['most of what was heard is new', declaring(OURS.slice(0, 5)), seen(OURS[0], ...THEIRS)],
  ['a few declared', declaring(OURS.slice(0, 2)), seen(...THEIRS)],
  ['a few heard', declaring(OURS), seen(...THEIRS.slice(0, 2))],
  ['nothing heard', declaring(OURS), []],
  ['only the Internet heard', declaring(OURS), seen(...range('8.8.8.', 9))],
  ['its network is declared', declaring(OURS, ', networks: [10.9.0.0/24]'), seen(...THEIRS)],
  ['no addresses in the spec', loadText('zones:\n  - {zone_id: CELL, name: Cell, assets: [A, B, C, D]}\nconduits: []\n').spec, seen(...THEIRS)],
  ['other addresses of the same devices', declaring(OURS.map((_, i) => `10.1.0.${i + 1}], mac: ["00:1d:9c:00:00:${String(i + 10)}"`)), THEIRS.slice(0, 40).map((address, i) => addressRecord(address, [`00:1d:9c:00:00:${String(i + 10)}`]))],
])('not told: %s', (_, spec, records) => {
  expect(strangersOf(spec, records)).toBeNull();
});
