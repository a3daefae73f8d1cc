/**
 * The checkpoints of an import: frames, counters, capture records and the decoder's memory change in one transaction. In: a recorder that is
 * fed, and the captures that were read into it since the last checkpoint. Out: all of it in the store, written here or, while
 * decoding goes on, by another thread.
 */
import { copyTables, isCopyCheap } from '../flow/flow-tables.ts';
import { beginInterval, endInterval, figuresOf, type Recorder } from '../flow/recorder.ts';
import type { CaptureFigures } from '../flow/settle.ts';
import type { Store } from './database.ts';
import { createIntervalWriter, type IntervalWriter } from './interval-writer.ts';
import { writeInterval, type CapturePart, type Written } from './interval.ts';
import { createBeginnings, type Beginnings, type KnownCaptures, type NewFile } from './known-capture.ts';
import { createStoreWriter, type StoreWriter } from './write-statements.ts';

/** A capture, or a part of one, whose frames are counted and not yet in the store. */
export interface ReadCapture extends Omit<CapturePart, 'id' | 'revision' | 'digest' | 'figures'> {
  /** In the store, once it is there: one of all parts of a capture. */
  readonly place: { id: number; revision: number | null };
  readonly digest: Promise<string>;
  /** Null while the recorder still counts for this capture. */
  figures: CaptureFigures | null;
}

/** An interval that another thread writes. */
interface Writing {
  readonly parts: readonly ReadCapture[];
  readonly beginnings: Beginnings;
  readonly written: Promise<Written>;
  /** It is in the store, or was refused. */
  isOver: boolean;
}

/** The interval at hand, and the one that is being written. */
export interface Checkpoints {
  readonly store: Store;
  readonly writer: StoreWriter;
  readonly recorder: Recorder;
  /** Another thread may write. */
  readonly mayHandOver: boolean;
  /** Made with the first interval that is handed over. */
  beside: IntervalWriter | null;
  writing: Writing | null;
  /** Captures of the interval at hand, in order: all of them are committed together. */
  readonly read: ReadCapture[];
  /** Of these captures. */
  beginnings: Beginnings;
  /** Captures of the store as they are there; null: to be listed anew. */
  known: KnownCaptures | null;
  /** Of the store when they were listed. */
  knownRevision: number;
  /** Frames of the interval at hand. */
  frames: number;
}

export const createCheckpoints = (store: Store, recorder: Recorder, mayHandOver: boolean): Checkpoints => ({
  store, writer: createStoreWriter(store.db), recorder, mayHandOver, beside: null, writing: null, read: [], beginnings: createBeginnings(), known: null, knownRevision: 0, frames: 0,
});

/** True when everything that was read is in the store. */
export const isSettled = ({ read, writing }: Checkpoints): boolean => read.length === 0 && writing === null;

/** A capture, or a part of one, that was read belongs to the interval at hand. */
export function addRead({ read, beginnings }: Checkpoints, part: ReadCapture): void {
  read.push(part);
  beginnings.add(part);
}

/** Whether one of the captures that are not in the store yet may be this file, or its beginning. */
export async function isAwaited({ writing, read, beginnings }: Checkpoints, file: NewFile): Promise<boolean> {
  // What a capture of the store was continued by: until that is there as well, the store shows how it was.
  const isContinued = ({ place }: ReadCapture): boolean => place.id !== 0;
  if (writing?.parts.some(isContinued) === true || read.some(isContinued)) return true;
  return (await writing?.beginnings.mayBegin(file)) === true || beginnings.mayBegin(file);
}

/** Ends the thread, once it has written what it was given. */
export async function closeCheckpoints({ writing, beside }: Checkpoints): Promise<void> {
  await writing?.written.catch(() => undefined);
  await beside?.close();
}

/** Ends the interval and writes it with all its captures in one transaction; the next one begins with what it remembers. */
export async function commit(checkpoints: Checkpoints): Promise<void> {
  await settleWriting(checkpoints);
  const { recorder, writer } = checkpoints;
  if (checkpoints.read.length === 0) return;
  const decoder = endInterval(recorder);
  const parts = takeRead(checkpoints);
  placeParts(checkpoints, parts, writeInterval(writer, { captures: await toldParts(parts), flows: recorder.state, decoder }));
  beginInterval(recorder, decoder);
}

/** The same, but another thread writes, and decoding goes on. One interval at a time: where writing takes longer than decoding, that waits. */
export async function handOver(checkpoints: Checkpoints): Promise<void> {
  await settleWriting(checkpoints);
  const { recorder, store, mayHandOver } = checkpoints;
  if (!mayHandOver || !isCopyCheap(recorder.state)) return commit(checkpoints);
  const beside = (checkpoints.beside ??= createIntervalWriter(store.path));
  const decoder = endInterval(recorder);
  const { beginnings } = checkpoints;
  const parts = takeRead(checkpoints);
  const flows = copyTables(recorder.state);
  const written = toldParts(parts).then((captures) => beside.write({ captures, flows, decoder }));
  const writing: Writing = { parts, beginnings, written, isOver: false };
  const end = (): void => void (writing.isOver = true);
  written.then(end, end);
  checkpoints.writing = writing;
  beginInterval(recorder, decoder);
}

/** What was handed over is in the store. Throws why it is not. */
export async function settleWriting(checkpoints: Checkpoints): Promise<void> {
  const { writing } = checkpoints;
  if (writing === null) return;
  checkpoints.writing = null;
  placeParts(checkpoints, writing.parts, await writing.written);
}

/** The captures of the interval at hand, which has ended. */
function takeRead(checkpoints: Checkpoints): ReadCapture[] {
  const parts = checkpoints.read.splice(0);
  parts[parts.length - 1].figures = figuresOf(checkpoints.recorder);
  checkpoints.frames = 0;
  checkpoints.beginnings = createBeginnings();
  return parts;
}

const toldParts = (parts: readonly ReadCapture[]): Promise<CapturePart[]> =>
  Promise.all(parts.map(async ({ place, ...part }) => ({ ...part, ...place, digest: await part.digest, figures: part.figures as CaptureFigures })));

function placeParts(checkpoints: Checkpoints, parts: readonly ReadCapture[], { ids, revision }: Written): void {
  parts.forEach(({ place }, i) => Object.assign(place, { id: ids[i], revision }));
  checkpoints.known = null;
}
