/**
 * What must hold for any octets whatever: the whole way from a file to the store and back, looked at from both sides.
 * In: a path. Out: nothing, or an error that names the broken law. Only a refusal in the family of user errors is allowed.
 */
import { createDecodedFrame, KIND } from '../../src/decode/decoded-frame.ts';
import { describeOperation } from '../../src/decode/app/registry.ts';
import { decodeFrame } from '../../src/decode/stack.ts';
import { BaselineError, EXIT } from '../../src/errors.ts';
import { feed } from '../../src/flow/feed.ts';
import type { FlowState } from '../../src/flow/flow-state.ts';
import type { IntTable } from '../../src/flow/int-table.ts';
import { beginInterval, createRecorder, endInterval, recordBatch, type Recorder } from '../../src/flow/recorder.ts';
import { proposeConduits } from '../../src/infer/conduits/conduits.ts';
import { proposeZones } from '../../src/infer/zones.ts';
import { diffSpec } from '../../src/policy/diff/diff.ts';
import { parseSpec } from '../../src/policy/spec/load.ts';
import { writeSpec } from '../../src/policy/spec/write.ts';
import type { FrameSource } from '../../src/source/frame-batch.ts';
import { openCapture } from '../../src/source/open.ts';
import type { Connection } from '../../src/store/database.ts';
import { beginImport, importCapture } from '../../src/store/import-capture.ts';
import { readStatus } from '../../src/store/read-status.ts';
import { readObservations } from '../../src/store/read.ts';
import { createMemoryStore, storedTotals, strayOperation, unbalanced, wrongDays, type StoredTotals } from './memory-store.ts';

/** A broken law, apart from whatever else may be thrown. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

function hold(law: string, isHeld: boolean): asserts isHeld {
  if (!isHeld) throw new Broken(law);
}

const same = (law: string, left: unknown, right: unknown): void => hold(`${law}: ${String(left)} is not ${String(right)}`, Object.is(left, right));

export interface Checked {
  readonly isCapture: boolean;
  /** The file is whole, or merely ends too early. */
  readonly isSound: boolean;
  readonly frames: number;
  readonly operations: number;
}

/**
 * How far to go: `import` only; `analysis`: zones are proposed, a spec written, read back and diffed, whatever comes out;
 * `proposal`: and the spec must hold and have no finding against what it was made from.
 */
export type Depth = 'import' | 'analysis' | 'proposal';

export async function checkCapture(path: string, depth: Depth): Promise<Checked> {
  const read = await readBothWays(path);
  if (read === null) {
    await expectRefused(path);
    return { isCapture: false, isSound: false, frames: 0, operations: 0 };
  }
  const totals = await expectStored(path, read, depth);
  return { isCapture: true, isSound: read.isSound, frames: read.frames, operations: totals.operations };
}

interface Read {
  readonly frames: number;
  readonly bytes: number;
  /** Frames in which no address was found. */
  readonly addressless: number;
  readonly isSound: boolean;
}

async function open(path: string): Promise<FrameSource | null> {
  try {
    return await openCapture(path);
  } catch (error) {
    if (error instanceof BaselineError && error.exitCode === EXIT.usage) {
      hold('a refusal is one line', !error.message.includes('\n') && error.message.length > 0 && error.remedy.length > 0);
      return null;
    }
    throw error;
  }
}

/** Reader, decoder and flow layer: bounded work, fast path = slow path, nothing lost between the tables. */
async function readBothWays(path: string): Promise<Read | null> {
  const source = await open(path);
  if (source === null) return null;
  const fast = createRecorder(null);
  const slow = createRecorder(null);
  const cut = createRecorder(null);
  const opened = createRecorder(null, true);
  const frame = createDecodedFrame();
  let frames = 0;
  let bytes = 0;
  let addressless = 0;
  let cutPackets = 0;
  let cutOctets = 0;
  for (let batch = await source.next(); batch !== null; batch = await source.next()) {
    hold('no batch is empty', batch.count > 0);
    for (let i = 0; i < batch.count; i++) {
      const [at, captured] = [batch.offset[i], batch.captured[i]];
      hold('a frame lies in its block', at >= 0 && captured >= 0 && at + captured <= batch.bytes.length);
      hold('nanoseconds are below a second', batch.nanos[i] >= 0 && batch.nanos[i] < 1e9);
      decodeFrame(frame, batch.view, batch.linkType, at, captured, batch.wire[i] >>> 0);
      if (frame.kind === KIND.none) addressless++;
      bytes += batch.wire[i] >>> 0;
    }
    frames += batch.count;
    const before = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, Math.min(batch.bytes.length, 4096)).toString('latin1');
    feed(fast.state, fast.sink, batch, 0, batch.count);
    feed(slow.state, slow.sink, batch, 0, batch.count, true);
    recordBatch(opened, batch);
    // A checkpoint in the midst of every batch: what is remembered must be restorable, and lose no packet.
    const half = batch.count >> 1;
    feed(cut.state, cut.sink, batch, 0, half);
    const saved = endInterval(cut);
    cutPackets += cut.state.totals.packets;
    cutOctets += cut.state.totals.bytes;
    beginInterval(cut, saved);
    expectRestorable(cut, saved);
    feed(cut.state, cut.sink, batch, half, batch.count);
    same('decoding leaves the block as it is', Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, Math.min(batch.bytes.length, 4096)).toString('latin1'), before);
  }
  const end = source.end();
  await source.close();
  same('frames handed out = frames counted by the reader', source.counts.frames, frames);
  hold('every frame has its octets in the file', frames * 12 <= source.counts.position);
  hold('an end has a name', ['complete', 'truncated', 'corrupt', 'unsupported'].includes(end.kind));
  hold('the end stays', (await source.next()) === null);
  const saved = endInterval(fast);
  same('both paths remember the same', endInterval(slow), saved);
  endInterval(cut);
  same('packets over a checkpoint', cut.state.totals.packets + cutPackets, frames);
  same('octets over a checkpoint', cut.state.totals.bytes + cutOctets, bytes);
  expectSameTables(fast.state, slow.state);
  expectBounded(fast.state, frames);
  endInterval(opened);
  same('packets with tunnels opened', opened.state.totals.packets, frames);
  expectBounded(opened.state, frames);
  return { frames, bytes, addressless, isSound: end.kind === 'complete' || end.kind === 'truncated' };
}

function expectRestorable(recorder: Recorder, saved: string): void {
  const again = createRecorder(saved);
  same('what is remembered can be remembered again', endInterval(again), saved);
  same('nothing is counted by restoring', recorder.state.totals.packets, 0);
}

const isTable = (value: unknown): value is IntTable => value !== null && typeof value === 'object' && 'slots' in value;

/** Work and memory stay in proportion to the frames: nothing that a frame says may make more than a few entries. */
function expectBounded(state: FlowState, frames: number): void {
  const limit = frames * 4 + 64;
  for (const [name, value] of Object.entries(state)) {
    if (isTable(value)) {
      const { count } = value;
      // A message names several ranges, targets and facts; a frame holds some hundred of them at most.
      const share = ['ranges', 'targets', 'facts', 'addressFacts', 'operations', 'errors', 'rhythm'].includes(name) ? frames * 1500 + 64 : limit;
      hold(`${name} stays bounded: ${count} entries for ${frames} frames`, count <= share);
    }
  }
  hold(`waiting segments stay bounded`, state.streams.every((stream) => stream === null || stream.halves.every((half) => half.carried <= 2 * stream.protocol.maxCarry + 65_536)));
}

function expectSameTables(fast: FlowState, slow: FlowState): void {
  const { frame: _frame, streams: _streams, textIds: _ids, ...rest } = fast;
  for (const [name, left] of Object.entries(rest)) {
    const right = (slow as unknown as Record<string, unknown>)[name];
    hold(`fast path = slow path in ${name}`, isSame(left, right));
  }
}

const octetsOf = (view: ArrayBufferView): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength);

function isSame(left: unknown, right: unknown): boolean {
  if (ArrayBuffer.isView(left) && ArrayBuffer.isView(right)) return octetsOf(left).equals(octetsOf(right));
  if (isTable(left) && isTable(right)) {
    return left.count === right.count && octetsOf(left.keys.subarray(0, left.count * 4)).equals(octetsOf(right.keys.subarray(0, right.count * 4)));
  }
  if (left instanceof Map && right instanceof Map) return JSON.stringify([...left]) === JSON.stringify([...right]);
  return JSON.stringify(left) === JSON.stringify(right);
}

const importOptions = { force: false, signal: new AbortController().signal, progress: () => undefined };

async function expectRefused(path: string): Promise<void> {
  const store = createMemoryStore();
  try {
    await importCapture(beginImport(store), path, importOptions);
  } catch (error) {
    hold('what the reader refuses, the import refuses', error instanceof BaselineError && error.exitCode === EXIT.usage);
    same('a refused file leaves nothing in the store', storedTotals(store.db).captureFrames, 0);
    return;
  } finally {
    store.close();
  }
  throw new Broken('the import took what the reader refuses');
}

async function expectStored(path: string, read: Read, depth: Depth): Promise<StoredTotals> {
  const store = createMemoryStore();
  try {
    const outcome = await importCapture(beginImport(store), path, importOptions);
    same('packets imported = packets read', outcome.packets, read.frames);
    same('octets imported = octets read', outcome.bytes, read.bytes);
    const totals = storedTotals(store.db);
    same('frames stored = frames read', totals.captureFrames, read.frames);
    const broken = unbalanced(totals, read.addressless);
    if (broken !== null) throw new Broken(broken);
    same('days are those of the hours', wrongDays(store.db), null);
    same('operations are of the time of their conversation', strayOperation(store.db), null);
    same('status tells the packets', readStatus(store.db).totals.packets, read.frames);
    const again = await importCapture(beginImport(store), path, importOptions);
    same('the same file again adds no packet', again.packets, 0);
    same('the same file again leaves the totals', JSON.stringify(storedTotals(store.db)), JSON.stringify(totals));
    if (depth !== 'import' && totals.conversations > 0) expectProposal(store.db, depth === 'proposal');
    return totals;
  } finally {
    store.close();
  }
}

/** @param strict a proposal holds as a spec, and has no finding against what it was made from */
function expectProposal(db: Connection, strict: boolean): void {
  const set = readObservations(db, describeOperation);
  const zones = proposeZones(set, {});
  // Nobody who could stand in a zone (only groups, or addresses that mean none): the command says so instead.
  if (zones.zones.length === 0) return;
  const text = writeSpec(proposeConduits(set, zones, { exact: false, maintenance: true }));
  const { loaded, problems } = parseSpec(text, 'spec.yaml');
  if (loaded === null && !strict) return;
  if (loaded === null) throw new Broken(`the proposed spec does not hold: line ${problems[0]?.line}: ${problems[0]?.message}`);
  const findings = diffSpec(loaded, set);
  if (!strict) return;
  const wrong = findings.filter((finding) => finding.type !== 'requirement-violation' && finding.type !== 'insufficient-evidence');
  hold(`the proposal has no finding against its own store: ${wrong.map((finding) => JSON.stringify(finding))[0]?.slice(0, 600)}`, wrong.length === 0);
}

/** Totals of a prefix, for the law that they never decrease. */
export async function prefixFrames(path: string): Promise<number | null> {
  const source = await open(path);
  if (source === null) return null;
  for (let batch = await source.next(); batch !== null; batch = await source.next());
  await source.close();
  return source.counts.frames;
}
