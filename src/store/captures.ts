/**
 * The capture records: which files were imported, how far, and how they ended; and the decoder's memory between them.
 * A file is recognised by content: SHA-256 of its first octets finds candidates, SHA-256 of all octets covered decides
 * (known-capture.ts).
 */
import type Database from 'better-sqlite3';
import { errorText } from '../errors.ts';
import type { Recorder } from '../flow/recorder.ts';
import { addTo } from '../net/multi-map.ts';
import type { Content } from '../source/frame-batch.ts';
import { INSTANT, widenSpan } from './instant-sql.ts';
import { badContent } from './store-errors.ts';

export type CaptureState = 'running' | 'complete' | 'truncated' | 'corrupt' | 'unsupported' | 'interrupted';

export interface KnownCapture {
  readonly id: number;
  readonly name: string;
  readonly state: CaptureState;
  readonly frames: number;
  /** The store's when its record was last written. */
  readonly revision: number;
  /** Octets of its file as far as they were read; then those of other files that hold the same. */
  readonly forms: readonly Content[];
  /** What it holds, unpacked; null where that is not known. */
  readonly content: Content | null;
}

/** Its import was ended before its file did: it goes on from there. */
export const isBrokenOff = ({ state }: Pick<KnownCapture, 'state'>): boolean => state === 'running' || state === 'interrupted';

/** How a capture's record says that its file is packed. */
export const isPackedFormat = (format: string): boolean => format.includes('+');

/** Captures of files, oldest first. */
export function listFileCaptures(db: Database.Database): KnownCapture[] {
  type Row = [id: number, name: string, format: string, state: CaptureState, frames: number, revision: number, head: string, digest: string, size: number, contentHead: string, contentDigest: string, contentSize: number];
  const rows = db.prepare("SELECT id, name, format, state, frames, rev, head, digest, size, content_head, content_digest, content_size FROM capture WHERE kind = 'file' ORDER BY id").raw().all() as Row[];
  const others = new Map<number, Content[]>();
  for (const { capture, ...form } of db.prepare('SELECT capture, head, digest, size FROM capture_form ORDER BY capture, digest').all() as (Content & { capture: number })[]) {
    addTo(others, capture, form);
  }
  return rows.map(([id, name, format, state, frames, revision, head, digest, size, contentHead, contentDigest, contentSize]) => {
    const own: Content = { head, digest, size };
    const content = !isPackedFormat(format) ? own : contentDigest === '' ? null : { head: contentHead, digest: contentDigest, size: contentSize };
    return { id, name, state, frames, revision, forms: [own, ...(others.get(id) ?? [])], content };
  });
}

/** Another file holds what the capture holds. */
export function addForm(db: Database.Database, capture: number, { head, digest, size }: Content): void {
  db.prepare('INSERT INTO capture_form (capture, head, digest, size) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING').run(capture, head, digest, size);
}

export interface NewCapture {
  readonly kind: 'file' | 'stream' | 'live';
  readonly name: string;
  readonly format: string;
}

export function insertCapture(db: Database.Database, capture: NewCapture, revision: number): number {
  const { kind, name, format } = capture;
  return Number(
    db
      .prepare("INSERT INTO capture (kind, name, format, head, digest, size, state, frames, bytes, rev) VALUES (?, ?, ?, '', '', 0, 'running', 0, 0, ?)")
      .run(kind, name, format, revision).lastInsertRowid,
  );
}

/** The same capture goes on, perhaps in another file. */
export function moveCapture(db: Database.Database, id: number, { name, format }: NewCapture): void {
  db.prepare('UPDATE capture SET name = ?, format = ? WHERE id = ?').run(name, format, id);
}

/** What a packed file holds, of a capture that was imported before that was asked. */
export function setContent(db: Database.Database, id: number, { head, digest, size }: Content): void {
  db.prepare('UPDATE capture SET content_head = ?, content_digest = ?, content_size = ? WHERE id = ?').run(head, digest, size, id);
}

export interface CaptureProgress {
  readonly state: CaptureState;
  readonly reason: string;
  /** Of as many octets as there are by now, at most 4 KiB; '' of what is no file. */
  readonly head: string;
  readonly digest: string;
  readonly size: number;
  /** Of a packed file. */
  readonly content?: Content | null;
  /** Frames and octets taken since the last update. */
  readonly packets: number;
  readonly bytes: number;
  readonly firstSeconds: number;
  readonly firstNanos: number;
  readonly lastSeconds: number;
  readonly lastNanos: number;
}

const NO_CONTENT: Content = { head: '', digest: '', size: 0 };

export function updateCapture(db: Database.Database, id: number, progress: CaptureProgress, revision: number): void {
  const { state, reason, head, digest, size, packets, bytes } = progress;
  const content = progress.content ?? NO_CONTENT;
  const timed = Number.isFinite(progress.firstSeconds);
  const times = timed ? [progress.firstSeconds, progress.firstNanos, progress.lastSeconds, progress.lastNanos] : [null, null, null, null];
  db.prepare(
    `UPDATE capture SET state = ?, reason = ?, head = ?, digest = ?, size = ?, content_head = ?, content_digest = ?, content_size = ?, frames = frames + ?, bytes = bytes + ?,
      ${widenSpan('t.f', 't.l')}, rev = ?
     FROM (SELECT ${INSTANT} AS f, ${INSTANT} AS l) AS t WHERE id = ?`,
  ).run(state, reason, head, digest, size, content.head, content.digest, content.size, packets, bytes, revision, ...times, id);
}

export const readCaptureCounters = (db: Database.Database, id: number): [name: string, count: number][] =>
  db.prepare('SELECT name, count FROM capture_counter WHERE capture = ? ORDER BY name').raw().all(id) as [string, number][];

export function addCaptureCounters(db: Database.Database, id: number, counters: Iterable<readonly [string, number]>): void {
  const add = db.prepare('INSERT INTO capture_counter (capture, name, count) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count');
  for (const [name, count] of counters) if (count > 0) add.run(id, name, count);
}

/** pcap_stats over the whole run, 64 bit: received = processed + kernelDropped. */
export interface ReceivedTotals {
  readonly received: number;
  readonly kernelDropped: number;
  readonly interfaceDropped: number;
}

export function updateReceived(db: Database.Database, id: number, totals: ReceivedTotals): void {
  db.prepare('UPDATE capture SET received = ?, kernel_dropped = ?, interface_dropped = ? WHERE id = ?').run(
    totals.received,
    totals.kernelDropped,
    totals.interfaceDropped,
    id,
  );
}

/** State and reason of a live capture that was killed or lost its power. */
export const UNCLEAN_END = { state: 'interrupted', reason: 'ended without its last checkpoint' } as const;

/** A live capture that still runs by its record, when another begins, was killed or lost its power. @returns how many */
export function markUnfinished(db: Database.Database, revision: number): number {
  return db.prepare("UPDATE capture SET state = ?, reason = ?, rev = ? WHERE state = 'running' AND kind IN ('live', 'stream')").run(UNCLEAN_END.state, UNCLEAN_END.reason, revision).changes;
}

/** Live: when the record was written, so that the next capture knows since when nobody listened. */
export function stampCheckpoint(db: Database.Database, id: number, ms: number): void {
  db.prepare('UPDATE capture SET checkpoint_ns = CAST(? AS INTEGER) * 1000000 WHERE id = ?').run(ms, id);
}

/** Milliseconds since 1970 of the last checkpoint of a capture that still runs by its record, or null. Before markUnfinished. */
export const lastUnfinishedCheckpoint = (db: Database.Database): number | null =>
  db.prepare("SELECT max(checkpoint_ns) / 1000000 FROM capture WHERE state = 'running' AND kind IN ('live', 'stream')").pluck().get() as number | null;

function readDecoderState(db: Database.Database): string | null {
  const state = db.prepare('SELECT state FROM decoder_state WHERE id = 1').pluck().get() as Buffer | undefined;
  return state === undefined ? null : state.toString('utf8');
}

/**
 * A recorder with what the last import or capture remembered. It was written whole, and is read by a program that knows its version: what cannot
 * be put back was changed on the disk. Throws `badContent` then.
 */
export function resumeRecorder(db: Database.Database, create: (saved: string | null) => Recorder): Recorder {
  const saved = readDecoderState(db);
  try {
    return create(saved);
  } catch (error) {
    throw badContent(`what it remembers of open connections cannot be read (${errorText(error)})`);
  }
}

export function writeDecoderState(db: Database.Database, state: string): void {
  db.prepare('INSERT INTO decoder_state (id, state) VALUES (1, ?) ON CONFLICT DO UPDATE SET state = excluded.state').run(Buffer.from(state));
}
