/**
 * An interval of an import, as what is written at a checkpoint: what was counted, of which captures, and what the decoder remembers.
 * In: plain data, so that another thread may write it (interval-writer.ts). Out: all of it in the store, in one transaction.
 */
import type { FlowTables } from '../flow/flow-tables.ts';
import type { CaptureFigures } from '../flow/settle.ts';
import type { Content } from '../source/frame-batch.ts';
import { addCaptureCounters, insertCapture, moveCapture, updateCapture, writeDecoderState, type CaptureProgress, type NewCapture } from './captures.ts';
import { countedMeanwhile, forgetPages, type Connection } from './database.ts';
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
  /** The decoder's memory, as text. */
  readonly decoder: string;
}

/** Where the captures stand in the store now. */
export interface Written {
  readonly ids: readonly number[];
  readonly revision: number;
}

export function writeInterval(writer: StoreWriter, { captures, flows, decoder }: Interval): Written {
  const { db } = writer;
  forgetPages(db);
  return db
    .transaction(() => {
      for (const one of captures) requireUncounted(db, one);
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
      writeDecoderState(db, decoder);
      return { ids, revision };
    })
    .immediate();
}

/**
 * Another process may have brought the same file since it was looked for (one import is started every hour, and one takes longer):
 * both counts would stand, and nothing could take one back. Beginnings tell: the other may have come further, or less far.
 */
function requireUncounted(db: Connection, { kind, id, revision, name, size, head, content }: CapturePart): void {
  if (kind !== 'file' || revision === null || size === 0) return;
  const heads = [head, content?.head ?? head];
  const isMoved =
    id === 0
      ? db.prepare("SELECT 1 FROM capture WHERE kind = 'file' AND rev > ? AND frames > 0 AND (head IN (?, ?) OR content_head IN (?, ?))").get(revision, ...heads, ...heads)
      : db.prepare('SELECT 1 FROM capture WHERE id = ? AND rev <> ?').get(id, revision);
  if (isMoved !== undefined) throw countedMeanwhile(name);
}
