/**
 * A store as evidence: a whole, consistent copy in one file, while a capture may go on writing. In: a store's path and the
 * path of the copy. Out: the copy, the same octets for the same content. The decoder's memory stays behind: it holds the
 * unfinished octets of open streams, and evidence holds no payload.
 */
import { closeSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { storeError } from '../errors.ts';
import { markUnfinished } from './captures.ts';
import { openForReading, openForWriting, type Connection, type OpenOptions } from './database.ts';
import { liveOwner, writeOwner } from './live-owner.ts';
import { readRevision } from './read-status.ts';
import { asStoreError, isFull } from './store-errors.ts';

/** `change` sees the copy before it is packed; `scratch` is a path for it on the way. */
export function packStore(path: string, scratch: string, target: string, change: (db: Connection) => void = () => undefined, options: OpenOptions = {}): void {
  const source = openForReading(path, options);
  try {
    // VACUUM INTO reads in one transaction: one moment's view (https://www.sqlite.org/lang_vacuum.html).
    source.db.pragma('query_only = OFF');
    vacuumInto(source.db, scratch);
  } catch (error) {
    throw noRoom(error, path, scratch) ?? asStoreError(error, path);
  } finally {
    source.close();
  }
  try {
    const copy = openForWriting(scratch);
    try {
      copy.db.transaction(() => {
        // What readers remember, to go on: open streams with their octets, the clocks of log writers.
        copy.db.exec("DELETE FROM decoder_state; UPDATE firewall_log SET clock = '{}'");
        // Elsewhere nobody could tell that the capture was killed, and who ran it is nobody's business.
        if (liveOwner(copy.db)?.state === 'dead') markUnfinished(copy.db, readRevision(copy.db));
        writeOwner(copy.db, null);
        change(copy.db);
      }).immediate();
      // Written anew: what was deleted must not stand in free pages.
      vacuumInto(copy.db, target);
    } finally {
      copy.close();
    }
  } catch (error) {
    throw noRoom(error, path, target) ?? asStoreError(error, target);
  } finally {
    rmSync(scratch, { force: true });
  }
}

/** The disk is full that the copy goes to, not the one of the store: those may be two. @returns null for any other error */
const noRoom = (error: unknown, path: string, copy: string): Error | null =>
  isFull(error) ? storeError(`no room for a copy of the store ${path}: the disk of ${dirname(copy)} is full`, 'Free three times the size of the store there, then run the same command again; the store itself was left as it is.') : null;

function vacuumInto(db: Connection, file: string): void {
  closeSync(openSync(file, 'wx', 0o600));
  db.prepare('VACUUM INTO ?').run(file);
}
