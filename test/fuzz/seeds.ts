/** What mutations start from: the project's own samples, and the shared captures where there are any. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../samples/gen/random.ts';
import { CAPTURES, SAMPLES } from '../places.ts';
import { readFrames, type Frame } from './frames.ts';

export interface Seed {
  readonly name: string;
  readonly frames: readonly Frame[];
  /** The file itself, where it is small. */
  readonly octets: Uint8Array;
}

const MOST_FRAMES = 200;
const MOST_OCTETS = 40_000;
const LARGEST_FILE = 3_000_000;

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => !/\.(?:json|tsv|py|md|ts|yaml)$/.test(path) && statSync(path).isFile() && statSync(path).size <= LARGEST_FILE);
}

/** All samples, and up to `shared` of the shared captures. */
export async function loadSeeds(random: Random, shared: number): Promise<Seed[]> {
  const others = filesBelow(CAPTURES);
  const chosen = new Set<string>(filesBelow(join(SAMPLES, 'traps')).concat(filesBelow(join(SAMPLES, 'plant'))));
  for (let n = Math.min(shared, others.length); n > 0; n--) chosen.add(others[random.integer(0, others.length - 1)] as string);
  const seeds: Seed[] = [];
  for (const path of chosen) {
    const octets = new Uint8Array(readFileSync(path).subarray(0, MOST_OCTETS));
    const frames = await readFrames(path, MOST_FRAMES).catch(() => []);
    seeds.push({ name: path.split('/').at(-1) as string, frames, octets });
  }
  return seeds;
}
