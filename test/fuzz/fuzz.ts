/**
 * `npm run fuzz -- --seconds N --seed S`: cases until the time is over; the first broken law ends the run with exit 1, the
 * seed and number of its case, and a file to reproduce it. `--replay FILE...` judges files instead. `--proposal` asks of
 * every eighth case that its proposed spec holds, without a finding. What reaches a block of the program that nothing before
 * it had reached is kept, and changed further; `--blind` leaves that out, `--keep FOLDER` writes the kept inputs there. A
 * second thread watches: a case that never ends is reported too.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { createRandom } from '../../samples/gen/random.ts';
import { makeCase, type Case } from './cases.ts';
import { checkCase, MEMORY_FOLDER, writeCase } from './check.ts';
import { checkCapture } from './invariants.ts';
import { watchCoverage } from './coverage.ts';
import { readFrames } from './frames.ts';
import { loadSeeds, type Seed } from './seeds.ts';

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' }, from: { type: 'string', default: '0' }, replay: { type: 'boolean', default: false }, proposal: { type: 'boolean', default: false }, blind: { type: 'boolean', default: false }, keep: { type: 'string' } },
  allowPositionals: true,
});

const DEPTH = values.proposal ? 'proposal' : 'analysis';

/** A case takes some milliseconds; a minute is forever. */
const HANG_MS = 60_000;
const SHARED_SEEDS = 120;
const MOST_RSS_BYTES = 1_500_000_000;
const MEBI = 1 << 20;

const say = (line: string): void => void writeSync(1, `${line}\n`);

/** Ends the process from a thread of its own, because a loop that never ends lets no timer run. */
const WATCH = `
const { workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const beat = new Int32Array(workerData.beat);
let last = -1;
setInterval(() => {
  const now = Atomics.load(beat, 0);
  if (now === last) {
    writeSync(2, 'FUZZ: case ' + now + ' never ends; its file: ' + workerData.path + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }
  last = now;
}, workerData.ms);
`;

/** Where coverage counts: what reads octets. */
const READERS = /\/src\/(?:source|decode|flow)\//;
/** Asking V8 costs as much as two cases: it is asked after so many, and case by case only where they reached something. */
const BATCH = 16;
const KEPT_FRAMES = 200;

interface Guide {
  readonly kept: readonly Seed[];
  /** Called after each case; `again` runs one once more. */
  ran(one: Case, number: number, again: (one: Case, number: number) => Promise<string>): Promise<void>;
  tell(): string;
}

const UNGUIDED: Guide = { kept: [], ran: () => Promise.resolve(), tell: () => 'unguided' };

function guideByCoverage(): Guide {
  const watch = watchCoverage(READERS);
  const kept: Seed[] = [];
  let batch: (readonly [Case, number])[] = [];
  return {
    kept,
    async ran(one, number, again) {
      batch.push([one, number]);
      if (batch.length < BATCH) return;
      const news = watch.fresh();
      for (const [ran, itsNumber] of news.size === 0 ? [] : batch) {
        watch.touches(news);
        const path = await again(ran, itsNumber);
        if (watch.touches(news)) kept.push({ name: `case ${itsNumber}`, frames: await readFrames(path, KEPT_FRAMES).catch(() => []), octets: readFileSync(path) });
      }
      batch = [];
    },
    tell() {
      watch.fresh();
      const { reached, unreached } = watch.totals();
      return `${kept.length} kept, ${reached} blocks reached, ${unreached} known and not reached`;
    },
  };
}

async function replay(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const checked = await checkCapture(path, DEPTH);
    say(`${path}: ${checked.isCapture ? `${checked.frames} frames, ${checked.operations} messages` : 'no capture'}; every law holds`);
  }
}

async function run(): Promise<void> {
  const seed = values.seed === undefined ? Date.now() % 1_000_000_007 : Number(values.seed);
  const folder = mkdtempSync(join(MEMORY_FOLDER, 'baseline-fuzz-'));
  const beat = new Int32Array(new SharedArrayBuffer(4));
  const path = join(folder, 'case.pcap');
  const watch = new Worker(WATCH, { eval: true, workerData: { beat: beat.buffer, path, ms: HANG_MS } });
  watch.unref();
  const seeds = await loadSeeds(createRandom(seed), SHARED_SEEDS);
  say(`fuzz: seed ${seed}, ${seeds.length} captures to start from, ${values.seconds} s`);
  const until = performance.now() + Number(values.seconds) * 1000;
  const first = Number(values.from);
  const guide = values.blind ? UNGUIDED : guideByCoverage();
  const again = async (one: Case, number: number): Promise<string> => {
    writeCase(one, folder);
    await checkCase(one, number, path, 'import');
    return path;
  };
  const counts = { cases: 0, captures: 0, frames: 0, messages: 0, talks: 0 };
  for (let number = first; performance.now() < until; number++) {
    Atomics.store(beat, 0, number);
    const one = makeCase(seed, number, seeds, guide.kept);
    writeCase(one, folder);
    try {
      const checked = await checkCase(one, number, path, DEPTH);
      counts.cases++;
      if (one.kind === 'segments') counts.talks++;
      if (checked.isCapture) counts.captures++;
      counts.frames += checked.frames;
      counts.messages += checked.operations;
      await guide.ran(one, number, again);
    } catch (error) {
      const kept = join(folder, `seed-${seed}-case-${number}.pcap`);
      copyFileSync(path, kept);
      say(`FUZZ FAILED: case ${number} (${one.name}) of seed ${seed}\n  ${error instanceof Error ? error.stack : String(error)}`);
      say(`  file: ${kept}\n  again: npm run fuzz -- --replay ${kept}`);
      say('  once mended, keep the file: test/fuzz/corpus/');
      process.exit(1);
    }
    if (counts.cases % 256 === 0 && process.memoryUsage.rss() > MOST_RSS_BYTES) {
      say(`FUZZ FAILED: memory grew to ${Math.round(process.memoryUsage.rss() / MEBI)} MiB after ${counts.cases} cases of seed ${seed}`);
      process.exit(1);
    }
  }
  rmSync(folder, { recursive: true, force: true });
  if (values.keep !== undefined) keep(values.keep, guide.kept);
  say(
    `fuzz: ${counts.cases} cases, ${counts.captures} taken for captures, ${counts.talks} of them talks in disorder, ${counts.frames} frames, ${counts.messages} messages; ` +
      `${guide.tell()}; every law held; ${Math.round(process.memoryUsage.rss() / MEBI)} MiB`,
  );
  process.exit(0);
}

/** The later ones stand on the shoulders of the earlier ones, and reach most. */
function keep(folder: string, kept: readonly Seed[]): void {
  mkdirSync(folder, { recursive: true });
  kept.forEach(({ octets }, i) => writeFileSync(join(folder, `${String(i).padStart(4, '0')}.pcap`), octets));
}

await (values.replay ? replay(positionals) : run());
