/** One case of the fuzz run: octets of a file, or a talk and its disorder. In: chance and seeds. Out: what to check. */
import { createRandom, pick, type Random } from '../../samples/gen/random.ts';
import { compressed, writePcap, writePcapng } from './capture-writer.ts';
import { modbusDialogue, opcuaDialogue, wildModbusDialogue } from './dialogues.ts';
import type { Frame } from './frames.ts';
import { mutateFrames, mutateOctets } from './mutations.ts';
import type { Seed } from './seeds.ts';
import { plainFrames, segmentedFrames, type Disorder } from './segments.ts';

export type Case =
  | { readonly kind: 'octets'; readonly name: string; readonly octets: Uint8Array }
  | { readonly kind: 'segments'; readonly name: string; readonly plain: readonly Frame[]; readonly segmented: readonly Frame[] };

/**
 * The case of this number in the run of this seed: the same on every machine, for the same seeds.
 * @param kept what reached something new: every other case starts from one of these
 */
export function makeCase(runSeed: number, number: number, seeds: readonly Seed[], kept: readonly Seed[] = []): Case {
  const random = createRandom(Math.imul(runSeed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  const kind = random.integer(0, 9);
  if (kind < 2) return segmentsCase(random);
  const seed = kept.length > 0 && random.integer(0, 1) === 0 ? pick(random, kept) : pick(random, seeds);
  const other = pick(random, seeds);
  if (kind < 4 || seed.frames.length === 0) {
    return { kind: 'octets', name: `octets of ${seed.name}`, octets: mutateOctets(random, seed.octets, other.octets) };
  }
  const made = kind === 4;
  const frames = made ? generatedFrames(random) : stretch(random, seed.frames);
  const lies = pick(random, [0, 0, 0.01, 0.05, 0.3]);
  const mutated = mutateFrames(random, frames, other.frames, pick(random, [0, 0.02, 0.1, 0.4]));
  let octets = random.integer(0, 1) === 0 ? writePcap(random, mutated, lies) : writePcapng(random, mutated, lies);
  if (random.integer(0, 7) === 0) octets = compressed(random, octets);
  if (random.integer(0, 7) === 0) octets = mutateOctets(random, octets, other.octets);
  return { kind: 'octets', name: made ? 'generated talk' : `frames of ${seed.name}`, octets };
}

function stretch(random: Random, frames: readonly Frame[]): readonly Frame[] {
  const from = random.integer(0, Math.max(0, frames.length - 10));
  return frames.slice(from, from + random.integer(1, 60));
}

function generatedFrames(random: Random): readonly Frame[] {
  const dialogue = pick(random, [modbusDialogue, opcuaDialogue, wildModbusDialogue])(random);
  return random.integer(0, 1) === 0 ? plainFrames(dialogue) : segmentedFrames(random, dialogue, { reorder: true, reorderFirst: true, repeatHandshake: true });
}

function segmentsCase(random: Random): Case {
  const dialogue = pick(random, [modbusDialogue, opcuaDialogue])(random);
  const disorder: Disorder = { reorder: random.integer(0, 3) > 0, reorderFirst: true, repeatHandshake: random.integer(0, 2) === 0 };
  return { kind: 'segments', name: `segments of a talk on port ${dialogue.port}`, plain: plainFrames(dialogue), segmented: segmentedFrames(random, dialogue, disorder) };
}
