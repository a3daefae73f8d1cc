/**
 * `tsx large-store.ts OUT [CONVERSATIONS]`: a store as four weeks of a large plant leave it, to time the commands that read.
 * cells of 60 in which a controller and two panels ask the others, and a control room that asks the controllers; 28 hour rows a
 * conversation. The same rows every time; written by SQL, because no capture of that size needs to exist.
 */
import { rmSync } from 'node:fs';
import { openForWriting } from '../src/store/database.ts';
import { SUM_UP_DAYS } from '../src/store/schema.ts';

const [out = 'large.db', count = '100000'] = process.argv.slice(2);
const CONVERSATIONS = Number(count);
const CELL = 60;
/** The first cell is the control room. */
const ROOM = 12;
const ASKERS = 3;
const HOSTS = Math.max(3 * CELL, Math.floor(CONVERSATIONS / 10));
const HOURS = 28;
const FIRST_HOUR = 491_000;
const DAY_HOURS = 24;
const WEEKS_HOURS = 28 * DAY_HOURS;
const NS = 1_000_000_000n;
const SERVICES = [
  { service: 'modbus', port: 502, functions: [3, 4, 6, 16] },
  { service: 'opcua', port: 4840, functions: [631, 673, 826] },
  { service: 'http', port: 80, functions: [] },
  { service: 'tls', port: 443, functions: [] },
  { service: 'ms-sql', port: 1433, functions: [] },
  { service: 'smb', port: 445, functions: [] },
] as const;

let seed = 1;
/** Below `limit`; Numerical Recipes' generator, its upper half. */
const random = (limit: number): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * limit);
};

for (const suffix of ['', '-wal', '-shm']) rmSync(out + suffix, { force: true });
const { db, close } = openForWriting(out);
const insert = (table: string, columns: string): ((...values: unknown[]) => number) => {
  const statement = db.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.split(',').map(() => '?').join(', ')})`);
  return (...values) => Number(statement.run(...values).lastInsertRowid);
};
const address = insert('address', 'text, first_ns, last_ns');
const mac = insert('address_mac', 'address, mac, first_ns, last_ns');
const conversation = insert(
  'conversation',
  'client, server, transport, port, vlan, service, service_by, direction_by, packets_to_server, packets_to_client, bytes_to_server, bytes_to_client, sessions, answered, requests, rtt_us, first_ns, last_ns, rev, rhythm',
);
const conversationHour = insert('conversation_hour', 'conversation, hour, packets_to_server, packets_to_client, bytes_to_server, bytes_to_client, requests, rev, answers');
const fact = insert('conversation_fact', 'conversation, name, value, to_server, to_client');
const operation = insert('operation', 'conversation, protocol, unit, function, requests, responses, errors, ranges_folded, first_ns, last_ns, rev, rhythm');
const operationHour = insert('operation_hour', 'operation, hour, requests, responses, errors, rev');
const range = insert('operation_range', 'operation, access, first, last, requests');
const rhythm = (gaps: number): string => JSON.stringify([20, gaps, gaps * 1_000_000]);
const sensorHour = insert('sensor_hour', 'hour, packets, bytes, lost_segments, duplicates, rev');
const nsOf = (hour: number): bigint => BigInt(hour) * 3600n * NS;

db.transaction(() => {
  const [first, last] = [nsOf(FIRST_HOUR), nsOf(FIRST_HOUR + WEEKS_HOURS - 1)];
  insert('capture', 'kind, name, format, head, digest, size, state, frames, bytes, first_ns, last_ns, rev')('file', 'four-weeks.pcap', 'pcap', '00', '00', 1, 'complete', 1e9, 1e11, first, last, 1);
  for (let hour = 0; hour < WEEKS_HOURS; hour++) sensorHour(FIRST_HOUR + hour, 1_000_000, 150_000_000, 0, 0, 1);
  const hosts = Array.from({ length: HOSTS }, (_, i) => {
    const host = address(`10.${20 + Math.floor(i / CELL / 66)}.${Math.floor(i / CELL) % 66}.${10 + (i % CELL)}`, first, last);
    const card = address(`00:80:f4:${[i >> 16, (i >> 8) & 255, i & 255].map((octet) => octet.toString(16).padStart(2, '0')).join(':')}`, first, last);
    mac(host, card, first, last);
    return host;
  });
  const seen = new Set<string>();
  while (seen.size < CONVERSATIONS) {
    const at = random(HOSTS);
    const cell = at - (at % CELL);
    const isWithin = random(8) > 0;
    const server = isWithin ? at : cell + random(ASKERS);
    const client = isWithin ? cell + random(ASKERS) : random(ROOM);
    const kind = SERVICES[random(SERVICES.length)] as (typeof SERVICES)[number];
    const port = random(2) > 0 ? kind.port : kind.port + 1 + random(3);
    const key = `${client} ${server} ${port}`;
    if (client === server || client >= HOSTS || seen.has(key)) continue;
    seen.add(key);
    const start = random(WEEKS_HOURS - HOURS);
    const id = conversation(hosts[client], hosts[server], 6, port, null, kind.service, 2, 3, HOURS * 60, HOURS * 60, HOURS * 4000, HOURS * 5000, 3, 3, HOURS * 55, 800, nsOf(FIRST_HOUR + start), nsOf(FIRST_HOUR + start + 27 * DAY_HOURS), 1, rhythm(HOURS * 50));
    // Every day, or one day through.
    const step = random(3) > 0 ? DAY_HOURS : 1;
    const hours = Array.from({ length: HOURS }, (_, i) => FIRST_HOUR + ((step === 1 ? start : start % DAY_HOURS) + i * step));
    for (const hour of hours) conversationHour(id, hour, 60, 60, 4000, 5000, 55, 1, 55);
    fact(id, 'tcp.mss', '1460', 3, 3);
    for (const code of kind.functions.slice(0, 1 + random(kind.functions.length))) {
      const one = operation(id, kind.service, kind.service === 'modbus' ? 1 : -1, code, HOURS * 20, HOURS * 20, 0, 0, nsOf(hours[0] as number), nsOf(hours.at(-1) as number), 1, rhythm(HOURS * 19));
      for (const hour of hours) operationHour(one, hour, 20, 20, 0, 1);
      if (kind.service === 'modbus') for (let i = 0; i < 3; i++) range(one, code > 4 ? 1 : 0, i * 100, i * 100 + random(100), HOURS);
    }
  }
  db.exec(SUM_UP_DAYS);
  db.exec("INSERT INTO store_meta (key, value) VALUES ('rev', '1') ON CONFLICT DO UPDATE SET value = '1'");
}).immediate();
const rows = (table: string): unknown => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
console.log(Object.fromEntries(['address', 'conversation', 'conversation_hour', 'operation', 'operation_hour'].map((table) => [table, rows(table)])));
close();
