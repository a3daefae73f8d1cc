/** Judges one case. In: a case and a folder for its file. Out: what it was, or an error that names the broken law. */
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../samples/gen/random.ts';
import { writePcap } from './capture-writer.ts';
import type { Case } from './cases.ts';
import { Broken, checkCapture, prefixFrames, type Checked, type Depth } from './invariants.ts';
import { understood } from './operations.ts';

/** Thousands of small files: in memory where the system has such a folder. */
export const MEMORY_FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Every so many cases go through inference, spec and diff as well. */
const DEEP_EVERY = 8;

/** The case as a file that can be imported by hand. */
export function writeCase(one: Case, folder: string): string {
  const path = join(folder, 'case.pcap');
  writeFileSync(path, one.kind === 'octets' ? one.octets : writePcap(createRandom(1), one.segmented, 0));
  return path;
}

export async function checkCase(one: Case, number: number, path: string, deep: Depth = 'analysis'): Promise<Checked> {
  if (one.kind === 'segments') {
    const expected = understood(one.plain);
    const found = understood(one.segmented);
    if (found !== expected) throw new Broken(`segmentation changes what is counted: ${difference(expected, found)}`);
    return { isCapture: true, isSound: true, frames: one.segmented.length, operations: expected.split('\n').length };
  }
  const checked = await checkCapture(path, number % DEEP_EVERY === 0 ? deep : 'import');
  // A shorter file never holds more. Where lengths lie, resynchronising may find other frames: then there is nothing to compare.
  if (checked.isSound) {
    const prefixPath = `${path}.prefix`;
    const length = Math.floor(one.octets.length * createRandom(number).fraction());
    writeFileSync(prefixPath, one.octets.subarray(0, length));
    const frames = await prefixFrames(prefixPath);
    if (frames !== null && frames > checked.frames) throw new Broken(`a prefix of ${length} octets holds ${frames} frames, the whole ${checked.frames}`);
  }
  return checked;
}

function difference(expected: string, found: string): string {
  const [left, right] = [expected.split('\n'), found.split('\n')];
  const missing = left.filter((line) => !right.includes(line)).slice(0, 4);
  const extra = right.filter((line) => !left.includes(line)).slice(0, 4);
  return `missing ${JSON.stringify(missing)}, instead ${JSON.stringify(extra)}`;
}
