/**
 * Checkpoints that another thread writes: the same store octet by octet, decoding goes on meanwhile, and what the store refuses is told
 * as if the decoder's own thread had met it. With checkpoints far closer together than in use.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import Database from 'better-sqlite3';
import { isSettled } from '../../src/store/checkpoints.ts';
import { openForWriting } from '../../src/store/database.ts';
import { beginImport, endImport, importCapture, settleImport } from '../../src/store/import-capture.ts';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';

const CAPTURE = join(SAMPLES, 'plant/millbrook_00005_20260314.pcapng');
const CHECKPOINT_FRAMES = 150;

const folder = testFolder();

let made = 0;
const fresh = (): string => join(folder, `${++made}.db`);

/** @param progress is told of each batch */
async function importBeside(db: string, readers: number, progress: () => void = () => undefined): Promise<void> {
  const store = openForWriting(db);
  const session = beginImport(store, { readers, checkpointFrames: CHECKPOINT_FRAMES });
  try {
    await importCapture(session, CAPTURE, { force: false, signal: new AbortController().signal, progress });
    await settleImport(session);
    expect(isSettled(session)).toBe(true);
  } finally {
    await endImport(session);
    store.close();
  }
}

const revisionOf = (db: Database.Database): number => Number(db.prepare("SELECT value FROM store_meta WHERE key = 'rev'").pluck().get() ?? 0);

test('many checkpoints, by one thread and by two: the same octets', async () => {
  const [alone, beside] = [fresh(), fresh()];
  await importBeside(alone, 0);
  await importBeside(beside, 1);
  const store = new Database(beside, { readonly: true });
  expect(revisionOf(store)).toBeGreaterThan(10);
  store.close();
  expect(readFileSync(beside).equals(readFileSync(alone))).toBe(true);
});

/** Batches are of 30 to 70 frames: the first checkpoint is behind, and the second, which waits for it, is to come. */
const RELEASED = 6;

test('while another process holds the store, decoding goes on', async () => {
  const [alone, beside] = [fresh(), fresh()];
  await importBeside(alone, 0);
  openForWriting(beside).close();
  let other: Database.Database | undefined;
  let batches = 0;
  await importBeside(beside, 1, () => {
    batches++;
    if (batches === 1) {
      other = new Database(beside);
      other.exec('BEGIN IMMEDIATE');
    }
    if (other === undefined || batches > RELEASED) return;
    expect(revisionOf(other)).toBe(0);
    if (batches === RELEASED) other.exec('COMMIT');
  });
  other?.close();
  expect(batches).toBeGreaterThan(RELEASED);
  const dump = (path: string): unknown => {
    const db = new Database(path, { readonly: true });
    try {
      return db.prepare('SELECT * FROM conversation ORDER BY id').all();
    } finally {
      db.close();
    }
  };
  expect(dump(beside)).toEqual(dump(alone));
});

test('what the store refuses is one line, and the thread goes', async () => {
  const db = fresh();
  openForWriting(db).close();
  let isBroken = false;
  const work = importBeside(db, 1, () => {
    if (isBroken) return;
    isBroken = true;
    const other = new Database(db);
    other.exec('DROP TABLE conversation_hour');
    other.close();
  });
  await expect(work).rejects.toMatchObject({ message: expect.stringMatching(/damaged.*no such table/) as unknown, exitCode: 4 });
});
