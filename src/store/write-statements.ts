/**
 * The statements of a flush, prepared once per connection: rows added to what is there. Sums add, times widen, weaker
 * evidence gives way to stronger. In: an open store. Out: what write.ts runs.
 */
import type Database from 'better-sqlite3';
import { INSTANT, widenSpan } from './instant-sql.ts';

const SPAN = widenSpan('excluded.first_ns', 'excluded.last_ns');
const ADD = (...columns: string[]): string => columns.map((c) => `${c} = ${c} + excluded.${c}`).join(', ');

const INSERT_CONVERSATION = `INSERT INTO conversation (client, server, transport, port, vlan, service, service_by, direction_by,
      packets_to_server, packets_to_client, bytes_to_server, bytes_to_client, sessions, answered, requests, rtt_us, first_ns, last_ns, rev)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${INSTANT}, ${INSTANT}, ?)`;

const SQL = {
  address: `INSERT INTO address (text, first_ns, last_ns) VALUES (?, ${INSTANT}, ${INSTANT})
    ON CONFLICT (text) DO UPDATE SET ${SPAN} RETURNING id`,
  mac: `INSERT INTO address_mac (address, mac, first_ns, last_ns) VALUES (?, ?, ${INSTANT}, ${INSTANT})
    ON CONFLICT DO UPDATE SET ${SPAN}`,
  addressFact: `INSERT INTO address_fact (address, name, value, count) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET ${ADD('count')}`,
  insertConversation: INSERT_CONVERSATION,
  conversation: `${INSERT_CONVERSATION}
    ON CONFLICT (client, server, transport, port) DO UPDATE SET
      vlan = coalesce(vlan, excluded.vlan),
      service = CASE WHEN excluded.service_by > service_by THEN excluded.service ELSE service END,
      service_by = max(service_by, excluded.service_by),
      direction_by = max(direction_by, excluded.direction_by),
      ${ADD('packets_to_server', 'packets_to_client', 'bytes_to_server', 'bytes_to_client', 'sessions', 'answered', 'requests')},
      rtt_us = coalesce(min(rtt_us, excluded.rtt_us), rtt_us, excluded.rtt_us),
      ${SPAN}, rev = excluded.rev
    RETURNING id`,
  conversationHour: `INSERT INTO conversation_hour (conversation, hour, packets_to_server, packets_to_client, bytes_to_server,
      bytes_to_client, requests, answers, rev) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET ${ADD('packets_to_server', 'packets_to_client', 'bytes_to_server', 'bytes_to_client', 'requests', 'answers')}, rev = excluded.rev`,
  conversationFact: `INSERT INTO conversation_fact (conversation, name, value, to_server, to_client) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET ${ADD('to_server', 'to_client')}`,
  findOperation: 'SELECT id FROM operation WHERE conversation = ? AND protocol = ? AND unit = ? AND function = ?',
  insertOperation: `INSERT INTO operation (conversation, protocol, unit, function, requests, responses, errors, ranges_folded, first_ns, last_ns, rev)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ${INSTANT}, ${INSTANT}, ?)`,
  updateOperation: `UPDATE operation SET requests = requests + ?, responses = responses + ?, errors = errors + ?, ranges_folded = ranges_folded + ?,
      first_ns = coalesce(min(first_ns, ${INSTANT}), first_ns), last_ns = coalesce(max(last_ns, ${INSTANT}), last_ns), rev = ? WHERE id = ?`,
  operationHour: `INSERT INTO operation_hour (operation, hour, requests, responses, errors, rev) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET ${ADD('requests', 'responses', 'errors')}, rev = excluded.rev`,
  range: `INSERT INTO operation_range (operation, access, first, last, requests) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET ${ADD('requests')}`,
  error: `INSERT INTO operation_error (operation, code, count) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET ${ADD('count')}`,
  target: `INSERT INTO operation_target (operation, target, count) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET ${ADD('count')}`,
  rhythm: `INSERT INTO rhythm (subject, bin, count, sum_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET ${ADD('count', 'sum_ms')}`,
  scan: `INSERT INTO scan (client, transport, targets, packets, bytes, first_ns, last_ns) VALUES (?, ?, ?, ?, ?, ${INSTANT}, ${INSTANT})
    ON CONFLICT DO UPDATE SET ${ADD('targets', 'packets', 'bytes')}, ${SPAN}`,
  sensorHour: `INSERT INTO sensor_hour (hour, packets, bytes, lost_segments, duplicates, rev) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET ${ADD('packets', 'bytes', 'lost_segments', 'duplicates')}, rev = excluded.rev`,
  sensorHourCounter: `INSERT INTO sensor_hour_counter (hour, name, count, rev) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET ${ADD('count')}, rev = excluded.rev`,
  newestConversation: 'SELECT coalesce(max(id), 0) FROM conversation',
  newestAddress: 'SELECT coalesce(max(id), 0) FROM address',
  readRevision: "SELECT CAST(value AS INTEGER) FROM store_meta WHERE key = 'rev'",
  writeRevision: "INSERT INTO store_meta (key, value) VALUES ('rev', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
} as const;

type Statements = { readonly [K in keyof typeof SQL]: Database.Statement };

/** Prepared once per connection. */
export interface StoreWriter {
  readonly db: Database.Database;
  readonly statements: Statements;
}

const CACHE_KIB = 16_384;

export function createStoreWriter(db: Database.Database): StoreWriter {
  const statements = Object.fromEntries(Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)])) as unknown as Statements;
  // A million new conversations enter their index in random order: it is written once, not page by page again and again.
  db.pragma(`cache_size = -${CACHE_KIB}`);
  for (const name of ['address', 'conversation', 'findOperation', 'newestConversation', 'newestAddress', 'readRevision'] as const) statements[name].pluck();
  return { db, statements };
}
