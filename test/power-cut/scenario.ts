/**
 * One process whose power is going to be cut (`scenario.ts NAME FOLDER`): it works in FOLDER, and says in the file `marks` there
 * what it has promised so far. The journal knows in which order promises and writes came.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommandLine } from '../../src/main.ts';
import { createFrameBatch, type FrameBatch, type FrameSource } from '../../src/source/frame-batch.ts';
import { openForWriting } from '../../src/store/database.ts';
import { beginLive } from '../../src/store/live-run.ts';

const [name, folder] = process.argv.slice(2) as [string, string];
const mark = (text: string): void => appendFileSync(join(folder, 'marks'), text);

const FLUSHES = 30;
const FRAMES_A_FLUSH = 400;

/** UDP datagrams between ever new addresses: each flush makes new rows. */
function floodBatch(): { readonly batch: FrameBatch; fill(first: number): void } {
  const template = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 0, 192, 0, 2, 1, 0x30, 0x39, 0x30, 0x3a, 0, 12, 0, 0, 1, 2, 3, 4];
  const bytes = new Uint8Array(FRAMES_A_FLUSH * template.length);
  for (let i = 0; i < FRAMES_A_FLUSH; i++) bytes.set(template, i * template.length);
  const batch: FrameBatch = { ...createFrameBatch(), bytes, view: new DataView(bytes.buffer), linkType: 1, count: FRAMES_A_FLUSH };
  return {
    batch,
    fill(first) {
      for (let i = 0; i < FRAMES_A_FLUSH; i++) {
        const at = i * template.length;
        batch.view.setUint32(at + 26, 0x0a000000 + ((first + i) % 5000));
        batch.offset[i] = at;
        batch.captured[i] = template.length;
        batch.wire[i] = template.length;
        batch.seconds[i] = 1_800_000_000 + first;
        batch.nanos[i] = i * 1000;
      }
    },
  };
}

async function capture(): Promise<void> {
  const counts = { frames: 0, position: 0, fileBytesRead: 0, shortened: 0, withoutTime: 0, timeBackwards: 0, unknownBlocks: new Map<number, number>(), droppedByCapture: 0 };
  const source: FrameSource = { format: 'live', counts, interfaces: [], next: () => Promise.resolve(null), end: () => ({ kind: 'complete' }), close: () => Promise.resolve() };
  const store = openForWriting(join(folder, 'store.db'));
  const run = beginLive(store, source, { kind: 'live', name: 'span0', checkpointMs: 0 });
  const { batch, fill } = floodBatch();
  for (let flush = 0; flush < FLUSHES; flush++) {
    fill(flush * FRAMES_A_FLUSH);
    run.take(batch);
    if (!(await run.checkpoint(flush === FLUSHES - 1 ? 'complete' : 'running', ''))) throw new Error('a checkpoint was refused');
    mark(`${(flush + 1) * FRAMES_A_FLUSH}\n`);
  }
  store.close();
}

async function command(...args: string[]): Promise<void> {
  const stream = { write: (_text: string, done?: () => void): boolean => (done?.(), true) };
  const code = await runCommandLine(args, { environment: {}, stdout: stream, stderr: stream, signal: new AbortController().signal });
  if (code !== 0) throw new Error(`baseline ${args.join(' ')} ended with ${code}`);
}

const captures = `${folder}-captures`;
if (name === 'capture') await capture();
else if (name === 'import') await command('import', captures, '--db', join(folder, 'store.db'));
else if (name === 'propose') await command('propose-zones', '--db', `${captures}/plant.db`, '--out', join(folder, 'spec.yaml'));
else throw new Error(`no scenario ${name}`);
mark('end\n');
