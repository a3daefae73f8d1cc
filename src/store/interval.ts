/**
 * An interval, as what is written at a checkpoint: what was counted, of which captures, and what the decoder remembers.
 * In: plain data, so that another thread may write it (interval-writer.ts). Out: all of it in the store, in one transaction.
 */
import type { FlowTables } from '../flow/flow-tables.ts';
import type { CaptureFigures } from '../flow/settle.ts';
import type { Content } from '../source/frame-batch.ts';
import {
  addCaptureCounters, insertCapture, moveCapture, stampCheckpoint, updateCapture, updateReceived, writeDecoderState, type CaptureProgress, type NewCapture, type ReceivedTotals,
} from './captures.ts';
import { forgetPages, type Connection } from './database.ts';
import { writeOwner } from './live-owner.ts';
import { countedMeanwhile } from './store-errors.ts';
import { nextRevision, writeFlows } from './write.ts';
import type { StoreWriter } from './write-statements.ts';

/** A capture, or the part of one that lies in the interval. */
export interface CapturePart extends NewCapture, Pick<CaptureProgress, 'state' | 'reason' | 'head' | 'digest' | 'size'> {
  /** In the store; 0 where it is not there. */
  readonly id: number;
  /** Of the store, when its record was written, or, where there is none, was looked for; null: it was not looked for. */
  readonly revision: number | null;
  /** Of a packed file. */
  readonly content: Content | null;
  readonly figures: CaptureFigures;
  /** What the reader counted. */
  readonly counts: readonly (readonly [string, number])[];
}

export interface Interval {
  readonly captures: readonly CapturePart[];
  readonly flows: FlowTables;
  /** The decoder's memory, as text; null: what the store has of it stays. */
  readonly decoder: string | null;
  /** Of a capture that goes on while it is written. */
  readonly live?: LiveSigns;
}

export interface LiveSigns {
  /** When the interval ended, milliseconds since 1970. */
  readonly atMs: number;
  /** Of pcap_stats over the run; undefined for a stream, whose maker knows. */
  readonly received: ReceivedTotals | undefined;
  /** Nothing comes any more: the store has no owner from here on. */
  readonly isLast: boolean;
}

/** Where the captures stand in the store now. */
export interface Written {
  readonly ids: readonly number[];
  readonly revision: number;
}

export function writeInterval(writer: StoreWriter, { captures, flows, decoder, live }: Interval): Written {
  const { db } = writer;
  forgetPages(db);
  return db
    .transaction(() => {
      requireUncounted(db, captures);
      const revision = nextRevision(writer);
      const ids = captures.map((one) => {
        const { figures, counts, ...progress } = one;
        const id = one.id === 0 ? insertCapture(db, one, revision) : one.id;
        if (one.id !== 0) moveCapture(db, id, one);
        updateCapture(db, id, { ...progress, ...figures }, revision);
        addCaptureCounters(db, id, figures.counters);
        addCaptureCounters(db, id, counts);
        return id;
      });
      writeFlows(writer, flows, revision);
      if (decoder !== null) writeDecoderState(db, decoder);
      if (live !== undefined) writeSigns(db, ids, live);
      return { ids, revision };
    })
    .immediate();
}

function writeSigns(db: Connection, ids: readonly number[], { atMs, received, isLast }: LiveSigns): void {
  for (const id of ids) {
    if (received !== undefined) updateReceived(db, id, received);
    stampCheckpoint(db, id, atMs);
  }
  if (isLast) writeOwner(db, null);
}

/**
 * Another process may have brought the same files since they were looked for (one import is started every hour, and one takes longer):
 * both counts would stand, and nothing could take one back. Beginnings tell: the other may have come further, or less far.
 */
function requireUncounted(db: Connection, captures: readonly CapturePart[]): void {
  const files = captures.filter(({ kind, size }) => kind === 'file' && size > 0).flatMap(({ revision, ...part }) => (revision === null ? [] : [{ ...part, revision }]));
  const since = files.reduce((least, { revision }) => Math.min(least, revision), Infinity);
  if (since === Infinity) return;
  const newest = new Map<string, number>();
  const written = new Map<number, number>();
  const rows = db.prepare("SELECT id, head, content_head, frames, rev FROM capture WHERE kind = 'file' AND rev > ? ORDER BY rev").raw().all(since) as [id: number, head: string, contentHead: string, frames: number, rev: number][];
  for (const [id, head, contentHead, frames, rev] of rows) {
    written.set(id, rev);
    if (frames > 0) for (const one of [head, contentHead]) newest.set(one, rev);
  }
  for (const { id, revision, name, head, content } of files) {
    const now = id === 0 ? Math.max(newest.get(head) ?? 0, newest.get(content?.head ?? head) ?? 0) : (written.get(id) ?? 0);
    if (now > revision) throw countedMeanwhile(name);
  }
}
