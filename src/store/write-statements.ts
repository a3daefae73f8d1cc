/**
 * The statements of a flush, prepared once per connection: rows added to what is there. Sums add, times widen, weaker
 * evidence gives way to stronger. In: an open store. Out: what write.ts runs: statements whose answer is needed at once, and
 * rows, several to a statement.
 */
import type Database from 'better-sqlite3';
import { mergedDays } from './days-text.ts';
import { INSTANT, widenSpan } from './instant-sql.ts';
import { mergedRhythm } from './rhythm-text.ts';

const SPAN = widenSpan('excluded.first_ns', 'excluded.last_ns');
const ADD = (...columns: string[]): string => columns.map((c) => `${c} = ${c} + excluded.${c}`).join(', ');

const INSERT_CONVERSATION = `INSERT INTO conversation (id, client, server, transport, port, vlan, service, service_by, direction_by,
      packets_to_server, packets_to_client, bytes_to_server, bytes_to_client, sessions, answered, requests, rtt_us, first_ns, last_ns, rev, days, rhythm) VALUES `;
const CONVERSATION_ROW = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${INSTANT}, ${INSTANT}, ?, ?, ?)`;

const SQL = {
  address: `INSERT INTO address (text, first_ns, last_ns) VALUES (?, ${INSTANT}, ${INSTANT})
    ON CONFLICT (text) DO UPDATE SET ${SPAN} RETURNING id`,
  /** An id for the case that it is new; the id that it has. */
  conversation: `${INSERT_CONVERSATION}${CONVERSATION_ROW}
    ON CONFLICT (client, server, transport, port) DO UPDATE SET
      vlan = coalesce(vlan, excluded.vlan),
      service = CASE WHEN excluded.service_by > service_by THEN excluded.service ELSE service END,
      service_by = max(service_by, excluded.service_by),
      direction_by = max(direction_by, excluded.direction_by),
      ${ADD('packets_to_server', 'packets_to_client', 'bytes_to_server', 'bytes_to_client', 'sessions', 'answered', 'requests')},
      rtt_us = coalesce(min(rtt_us, excluded.rtt_us), rtt_us, excluded.rtt_us),
      ${SPAN}, rev = excluded.rev, days = merged_days(days, excluded.days), rhythm = merged_rhythm(rhythm, excluded.rhythm)
    RETURNING id`,
  findOperation: 'SELECT id FROM operation WHERE conversation = ? AND protocol = ? AND unit = ? AND function = ?',
  updateOperation: `UPDATE operation SET requests = requests + ?, responses = responses + ?, errors = errors + ?, ranges_folded = ranges_folded + ?,
      first_ns = coalesce(min(first_ns, ${INSTANT}), first_ns), last_ns = coalesce(max(last_ns, ${INSTANT}), last_ns), rev = ?,
      days = merged_days(days, ?), rhythm = merged_rhythm(rhythm, ?) WHERE id = ?`,
  newestOperation: 'SELECT coalesce(max(id), 0) FROM operation',
  newestConversation: 'SELECT coalesce(max(id), 0) FROM conversation',
  newestAddress: 'SELECT coalesce(max(id), 0) FROM address',
  readRevision: "SELECT CAST(value AS INTEGER) FROM store_meta WHERE key = 'rev'",
  writeRevision: "INSERT INTO store_meta (key, value) VALUES ('rev', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
} as const;

type Statements = { readonly [K in keyof typeof SQL]: Database.Statement };

/** Rows that need no answer. */
interface Insertion {
  readonly into: string;
  /** `(?, ?)`: one row's values. */
  readonly row: string;
  readonly onConflict: string;
}

const values = (count: number): string => `(${Array<string>(count).fill('?').join(', ')})`;
const insertion = (into: string, row: string, onConflict = ''): Insertion => ({ into: `INSERT INTO ${into} VALUES `, row, onConflict: onConflict === '' ? '' : ` ON CONFLICT DO UPDATE SET ${onConflict}` });

const ROWS = {
  mac: insertion('address_mac (address, mac, first_ns, last_ns)', `(?, ?, ${INSTANT}, ${INSTANT})`, SPAN),
  addressFact: insertion('address_fact (address, name, value, count)', values(4), ADD('count')),
  conversation: { into: INSERT_CONVERSATION, row: CONVERSATION_ROW, onConflict: '' },
  conversationHour: insertion(
    'conversation_hour (conversation, hour, packets_to_server, packets_to_client, bytes_to_server, bytes_to_client, requests, answers, rev)',
    values(9),
    `${ADD('packets_to_server', 'packets_to_client', 'bytes_to_server', 'bytes_to_client', 'requests', 'answers')}, rev = excluded.rev`,
  ),
  conversationFact: insertion('conversation_fact (conversation, name, value, to_server, to_client)', values(5), ADD('to_server', 'to_client')),
  operation: insertion('operation (id, conversation, protocol, unit, function, requests, responses, errors, ranges_folded, first_ns, last_ns, rev, days, rhythm)', `(?, ?, ?, ?, ?, ?, ?, ?, ?, ${INSTANT}, ${INSTANT}, ?, ?, ?)`),
  operationHour: insertion('operation_hour (operation, hour, requests, responses, errors, rev)', values(6), `${ADD('requests', 'responses', 'errors')}, rev = excluded.rev`),
  range: insertion('operation_range (operation, access, first, last, requests)', values(5), ADD('requests')),
  error: insertion('operation_error (operation, code, count)', values(3), ADD('count')),
  target: insertion('operation_target (operation, target, count)', values(3), ADD('count')),
  scan: insertion('scan (client, transport, targets, packets, bytes, first_ns, last_ns)', `(?, ?, ?, ?, ?, ${INSTANT}, ${INSTANT})`, `${ADD('targets', 'packets', 'bytes')}, ${SPAN}`),
  sensorHour: insertion('sensor_hour (hour, packets, bytes, lost_segments, duplicates, rev)', values(6), `${ADD('packets', 'bytes', 'lost_segments', 'duplicates')}, rev = excluded.rev`),
  sensorHourCounter: insertion('sensor_hour_counter (hour, name, count, rev)', values(4), `${ADD('count')}, rev = excluded.rev`),
} as const;

/**
 * A call with its bookkeeping costs as much as a row: sixteen rows to a statement take half the time, more gain nothing. As arguments:
 * from an array the addon fetches each value through V8's lookup, a third more (measured, 400,000 rows of six values).
 */
const ROWS_PER_STATEMENT = 16;

export type Bound = number | string | null;

/** The statements that put one row, and many, into a table: prepared when first asked for, because most captures fill few tables. */
export interface RowStatements {
  one(): Database.Statement;
  many(): Database.Statement;
  /** Values of one row. */
  readonly width: number;
}

function rowStatements(db: Database.Database, { into, row, onConflict }: Insertion): RowStatements {
  const prepare = (rows: number): Database.Statement => db.prepare(`${into}${Array<string>(rows).fill(row).join(', ')}${onConflict}`);
  let one: Database.Statement | null = null;
  let many: Database.Statement | null = null;
  return { one: () => (one ??= prepare(1)), many: () => (many ??= prepare(ROWS_PER_STATEMENT)), width: row.split('?').length - 1 };
}

/** Puts the rows that `fill` hands on into their table, in that order; all are in it when this returns. */
export function putRows({ one, many, width }: RowStatements, fill: (put: (...row: Bound[]) => void) => void): void {
  const waiting: Bound[] = Array<Bound>(width * ROWS_PER_STATEMENT).fill(null);
  let filled = 0;
  fill((...row) => {
    for (let i = 0; i < width; i++) waiting[filled + i] = row[i];
    filled += width;
    if (filled < waiting.length) return;
    many().run(...waiting);
    filled = 0;
  });
  for (let from = 0; from < filled; from += width) one().run(...waiting.slice(from, from + width));
}

/** Prepared once per connection. */
export interface StoreWriter {
  readonly db: Database.Database;
  readonly statements: Statements;
  readonly rows: { readonly [K in keyof typeof ROWS]: RowStatements };
}

const CACHE_KIB = 16_384;

export function createStoreWriter(db: Database.Database): StoreWriter {
  db.function('merged_days', { deterministic: true }, (held, added) => mergedDays(String(held), String(added)));
  db.function('merged_rhythm', { deterministic: true }, (held, added) => mergedRhythm(String(held), String(added)));
  const statements = Object.fromEntries(Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)])) as unknown as Statements;
  const rows = Object.fromEntries(Object.entries(ROWS).map(([name, one]) => [name, rowStatements(db, one)])) as unknown as StoreWriter['rows'];
  // A million new conversations enter their index in random order: it is written once, not page by page again and again.
  db.pragma(`cache_size = -${CACHE_KIB}`);
  for (const name of ['address', 'conversation', 'findOperation', 'newestConversation', 'newestOperation', 'newestAddress', 'readRevision'] as const) statements[name].pluck();
  return { db, statements, rows };
}
