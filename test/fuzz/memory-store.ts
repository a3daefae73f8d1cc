/** A store in memory, and what is counted in it: for tests that fill thousands of them. */
import Database from 'better-sqlite3';
import type { Connection, Store } from '../../src/store/database.ts';
import { MIGRATIONS, SUM_UP_DAYS } from '../../src/store/schema.ts';

let empty: Buffer | null = null;

/** The tables are made once; every store begins as a copy of their pages. */
function emptyPages(): Buffer {
  const db = new Database(':memory:');
  for (const migration of MIGRATIONS) db.exec(migration);
  const pages = db.serialize();
  db.close();
  return pages;
}

export function createMemoryStore(): Store {
  empty ??= emptyPages();
  const db = new Database(empty);
  return { path: 'memory', db, close: () => void db.close() };
}

export interface StoredTotals {
  readonly captureFrames: number;
  readonly captureBytes: number;
  readonly hourPackets: number;
  readonly hourBytes: number;
  readonly conversationPackets: number;
  readonly conversationBytes: number;
  readonly conversationHourPackets: number;
  readonly conversationHourBytes: number;
  readonly scanPackets: number;
  readonly scanBytes: number;
  readonly operations: number;
  readonly operationHours: number;
  readonly operationErrors: number;
  readonly errorRows: number;
  readonly conversations: number;
  readonly addresses: number;
  readonly stops: number;
}

const SUMS: Readonly<Record<keyof StoredTotals, string>> = {
  captureFrames: 'SELECT coalesce(sum(frames), 0) FROM capture',
  captureBytes: 'SELECT coalesce(sum(bytes), 0) FROM capture',
  hourPackets: 'SELECT coalesce(sum(packets), 0) FROM sensor_hour',
  hourBytes: 'SELECT coalesce(sum(bytes), 0) FROM sensor_hour',
  conversationPackets: 'SELECT coalesce(sum(packets_to_server + packets_to_client), 0) FROM conversation',
  conversationBytes: 'SELECT coalesce(sum(bytes_to_server + bytes_to_client), 0) FROM conversation',
  conversationHourPackets: 'SELECT coalesce(sum(packets_to_server + packets_to_client), 0) FROM conversation_hour',
  conversationHourBytes: 'SELECT coalesce(sum(bytes_to_server + bytes_to_client), 0) FROM conversation_hour',
  scanPackets: 'SELECT coalesce(sum(packets), 0) FROM scan',
  scanBytes: 'SELECT coalesce(sum(bytes), 0) FROM scan',
  operations: 'SELECT coalesce(sum(requests + responses + errors), 0) FROM operation',
  operationHours: 'SELECT coalesce(sum(requests + responses + errors), 0) FROM operation_hour',
  operationErrors: 'SELECT coalesce(sum(errors), 0) FROM operation',
  errorRows: 'SELECT coalesce(sum(count), 0) FROM operation_error',
  conversations: 'SELECT count(*) FROM conversation',
  addresses: 'SELECT count(*) FROM address',
  stops: "SELECT coalesce(sum(count), 0) FROM capture_counter WHERE name LIKE 'stop.%'",
};

export function storedTotals(db: Connection): StoredTotals {
  return Object.fromEntries(Object.entries(SUMS).map(([name, sql]) => [name, Number(db.prepare(sql).pluck().get())])) as unknown as StoredTotals;
}

const DAYS = `SELECT 'conversation ' || id || ': ' || days FROM conversation UNION ALL SELECT 'operation ' || id || ': ' || days FROM operation ORDER BY 1`;

/** An owner whose days are not those of its hour rows; the store is left as it is. */
export function wrongDays(db: Connection): string | null {
  const told = db.prepare(DAYS).pluck().all() as string[];
  db.exec(`SAVEPOINT summing; ${SUM_UP_DAYS}`);
  const summed = db.prepare(DAYS).pluck().all() as string[];
  db.exec('ROLLBACK TO summing; RELEASE summing');
  const wrong = told.findIndex((text, i) => text !== summed[i]);
  return wrong < 0 ? null : `${told[wrong]} is not ${summed[wrong]}`;
}

/** An operation is of a time in which its conversation was heard: what waits for a lost segment is of the time when it came. */
const STRAY = `SELECT 'operation ' || o.id || ' is of a time or hour in which its conversation was not heard' FROM operation o JOIN conversation c ON c.id = o.conversation
  WHERE o.first_ns < c.first_ns OR o.last_ns > c.last_ns OR EXISTS (
    SELECT 1 FROM operation_hour h WHERE h.operation = o.id AND NOT EXISTS (SELECT 1 FROM conversation_hour x WHERE x.conversation = c.id AND x.hour = h.hour))`;
export const strayOperation = (db: Connection): string | null => (db.prepare(STRAY).pluck().get() as string | undefined) ?? null;

/** What must be equal in any store, whatever was imported; `addressless`: frames in which no address was found. */
export function unbalanced(totals: StoredTotals, addressless: number): string | null {
  const pairs: readonly (readonly [string, number, number])[] = [
    ['frames of captures = packets of hours', totals.captureFrames, totals.hourPackets],
    ['octets of captures = octets of hours', totals.captureBytes, totals.hourBytes],
    ['frames = packets of conversations + folded ones + those without an address', totals.captureFrames, totals.conversationPackets + totals.scanPackets + addressless],
    ['packets of conversations = packets of their hours', totals.conversationPackets, totals.conversationHourPackets],
    ['octets of conversations = octets of their hours', totals.conversationBytes, totals.conversationHourBytes],
    ['messages of operations = messages of their hours', totals.operations, totals.operationHours],
    ['errors of operations = errors by code', totals.operationErrors, totals.errorRows],
  ];
  for (const [law, left, right] of pairs) if (left !== right) return `${law}: ${left} is not ${right}`;
  if (totals.stops < addressless) return `a frame without an address has a stop reason: ${totals.stops} reasons for ${addressless} frames`;
  return null;
}
