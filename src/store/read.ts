/**
 * The store as an ObservationSet: all that analysis gets to see.
 * In: an open store and the decoders' words for operation codes. Out: records in a stable order (ids, addresses).
 * Every table is read once, in key order, and joined here: one pass for a plant of 100,000 conversations over weeks.
 */
import type {
  AddressRecord, CaptureSpan, Conversation, DayCount, Fact, FoldedScan, ObservationSet, Operation, RegisterRange, RhythmBin, SensorTruth,
} from '../observation.ts';
import type { Connection } from './database.ts';
import { isDeaf, readSensorTruth } from './read-sensor.ts';
import {
  direction, instant, instantColumns, instantOrZero, serviceBy, transportText, type DescribeOperation,
} from './read-words.ts';

const HOURS_PER_DAY = 24;

/** `counts`: what was counted on each day; `presence`: 1 on each day, read in half the time and a fraction of the memory. */
export type DayDetail = 'counts' | 'presence';

export function readObservations(db: Connection, describe: DescribeOperation, detail: DayDetail = 'counts'): ObservationSet {
  const addressText = readAddressTexts(db);
  const rhythm = readRhythm(db);
  const readDays = detail === 'counts' ? readDayCounts : readDayPresence;
  const operations = readOperations(db, describe, rhythm, readDays);
  return {
    conversations: readConversations(db, addressText, operations, rhythm, readDays),
    addresses: readAddresses(db, addressText),
    sensor: readSensor(db, addressText),
  };
}

/**
 * The same without operations, facts, days and rhythms: who is who (inferAssets) needs no more, and it is read in a
 * fraction of the time.
 */
export function readOutline(db: Connection): ObservationSet {
  const addressText = readAddressTexts(db);
  return {
    conversations: readConversations(db, addressText, null, new Map(), readDayPresence),
    addresses: readAddresses(db, addressText),
    sensor: readSensor(db, addressText),
  };
}

type Row = readonly (number | null)[];

/** Rows as arrays, one at a time: no object and no column name per row. */
const each = <R>(db: Connection, sql: string): IterableIterator<R> =>
  db.prepare(sql).raw().iterate() as IterableIterator<R>;

function readAddressTexts(db: Connection): Map<number, string> {
  const texts = new Map<number, string>();
  for (const [id, text] of each<[number, string]>(db, 'SELECT id, text FROM address ORDER BY id')) texts.set(id, text);
  return texts;
}

/** Rows of a child table as lists by their owner, in the order in which they come. */
function gather<R extends readonly unknown[], T>(rows: Iterable<R>, make: (row: R) => T): Map<number, T[]> {
  const lists = new Map<number, T[]>();
  let owner = -1;
  let list: T[] = [];
  for (const row of rows) {
    if (row[0] !== owner || !lists.has(owner)) {
      owner = row[0] as number;
      list = [];
      lists.set(owner, list);
    }
    list.push(make(row));
  }
  return lists;
}

const NONE: readonly never[] = [];

/** Subject: a conversation's id, or an operation's id negated. */
const readRhythm = (db: Connection): Map<number, RhythmBin[]> =>
  gather(
    each<[number, number, number]>(db, 'SELECT subject, count, sum_ms FROM rhythm WHERE count > 0 ORDER BY subject, bin'),
    ([, count, sumMs]) => ({ count, meanMs: sumMs / count }),
  );

/** Days of an owner by its id: requests, or, where no request was seen, what else tells of life. */
type DaysOf = (id: number, byRequests: boolean) => readonly DayCount[];

/**
 * An owner's hours come as lists, one row an owner, and are summed into days here: 2.8 million hour rows take 0.9 s that
 * way, and 3.3 s as a row a day. They come in the order of the table's key. The hour -1 (frames without a time)
 * belongs to no day.
 */
function readDayCounts(db: Connection, table: string, owner: string, others: string): DaysOf {
  const sql = `SELECT ${owner}, json_group_array(hour), json_group_array(requests), json_group_array(${others})
    FROM (SELECT * FROM ${table} WHERE hour >= 0 ORDER BY ${owner}, hour) GROUP BY ${owner}`;
  const lists = new Map<number, readonly [hours: string, requests: string, others: string]>();
  for (const [id, hours, requests, others] of each<[number, string, string, string]>(db, sql)) lists.set(id, [hours, requests, others]);
  return (id, byRequests) => {
    const list = lists.get(id);
    return list === undefined ? NONE : sumDays(JSON.parse(list[0]) as number[], JSON.parse(list[byRequests ? 1 : 2]) as number[]);
  };
}

/** @param counts of each hour; null: each day counts 1 */
function sumDays(hours: readonly number[], counts: readonly number[] | null): DayCount[] {
  const days: { day: number; count: number; hours: number }[] = [];
  for (const [i, hour] of hours.entries()) {
    const day = Math.floor(hour / HOURS_PER_DAY);
    let last = days.at(-1);
    if (last?.day !== day) days.push((last = { day, count: counts === null ? 1 : 0, hours: 0 }));
    if (counts !== null) last.count += counts[i];
    last.hours |= 1 << (hour % HOURS_PER_DAY);
  }
  return days;
}

/** Many owners are active in the same hours: each list of days is made once. */
function readDayPresence(db: Connection, table: string, owner: string): DaysOf {
  const sql = `SELECT ${owner}, json_group_array(hour) FROM (SELECT * FROM ${table} WHERE hour >= 0 ORDER BY ${owner}, hour) GROUP BY ${owner}`;
  const lists = new Map<string, readonly DayCount[]>();
  const byOwner = new Map<number, readonly DayCount[]>();
  for (const [id, text] of each<[number, string]>(db, sql)) {
    let list = lists.get(text);
    if (list === undefined) lists.set(text, (list = sumDays(JSON.parse(text) as number[], null)));
    byOwner.set(id, list);
  }
  return (id) => byOwner.get(id) ?? NONE;
}

type OperationRow = [
  id: number, conversation: number, protocol: string, unit: number, code: number, requests: number, responses: number,
  errors: number, folded: number, firstS: number | null, firstN: number | null, lastS: number | null, lastN: number | null,
];

function readOperations(
  db: Connection,
  describe: DescribeOperation,
  rhythm: ReadonlyMap<number, RhythmBin[]>,
  readDays: typeof readDayCounts,
): Map<number, Operation[]> {
  const ranges = gather(
    each<[number, number, number, number, number]>(
      db, 'SELECT operation, access, first, last, requests FROM operation_range ORDER BY operation, access, first, last'),
    ([, access, first, last, requests]): RegisterRange => ({ access: access === 0 ? 'read' : 'write', first, last, requests }),
  );
  const errors = gather(
    each<[number, number, number]>(db, 'SELECT operation, code, count FROM operation_error ORDER BY operation, code'),
    ([, code, count]) => ({ code, count }),
  );
  const targets = gather(
    each<[number, string]>(db, 'SELECT operation, target FROM operation_target ORDER BY operation, target'),
    ([, target]) => target,
  );
  const days = readDays(db, 'operation_hour', 'operation', 'responses + errors');
  const byConversation = new Map<number, Operation[]>();
  const sql = `SELECT id, conversation, protocol, unit, function, requests, responses, errors, ranges_folded,
    ${instantColumns('first')}, ${instantColumns('last')} FROM operation ORDER BY conversation, protocol, unit, function, id`;
  for (const row of each<OperationRow>(db, sql)) {
    const [id, conversation, protocol, unit, code, requests, responses, errorCount, folded, firstS, firstN, lastS, lastN] = row;
    const { name, access } = describe(protocol, code);
    const operation: Operation = {
      protocol,
      unit: unit < 0 ? null : unit,
      function: code,
      name,
      access,
      requests,
      responses,
      errors: errorCount,
      errorCodes: errors.get(id) ?? NONE,
      ranges: ranges.get(id) ?? NONE,
      rangesFolded: folded,
      targets: targets.get(id) ?? NONE,
      firstNs: instantOrZero(firstS, firstN),
      lastNs: instantOrZero(lastS, lastN),
      days: days(id, requests > 0),
      rhythm: rhythm.get(-id) ?? NONE,
    };
    const list = byConversation.get(conversation);
    if (list === undefined) byConversation.set(conversation, [operation]);
    else list.push(operation);
  }
  return byConversation;
}

type ConversationRow = [
  id: number, client: number, server: number, transport: number, port: number, vlan: number | null, service: string,
  serviceCode: number, directionCode: number, packetsToServer: number, packetsToClient: number, bytesToServer: number,
  bytesToClient: number, sessions: number, answered: number, requests: number, rttUs: number | null,
  firstS: number | null, firstN: number | null, lastS: number | null, lastN: number | null,
];

function readConversations(
  db: Connection,
  addressText: ReadonlyMap<number, string>,
  operations: ReadonlyMap<number, Operation[]> | null,
  rhythm: ReadonlyMap<number, RhythmBin[]>,
  readDays: typeof readDayCounts,
): Conversation[] {
  const days: DaysOf = operations === null ? () => NONE : readDays(db, 'conversation_hour', 'conversation', 'packets_to_server + packets_to_client');
  const facts: ReadonlyMap<number, Fact[]> = operations === null ? new Map() : gather(
    each<[number, string, string, number, number]>(
      db, 'SELECT conversation, name, value, to_server, to_client FROM conversation_fact ORDER BY conversation, name, value'),
    ([, name, value, toServer, toClient]): Fact => ({ name, value, toServer, toClient }),
  );
  const conversations: Conversation[] = [];
  const sql = `SELECT id, client, server, transport, port, vlan, service, service_by, direction_by,
    packets_to_server, packets_to_client, bytes_to_server, bytes_to_client, sessions, answered, requests, rtt_us,
    ${instantColumns('first')}, ${instantColumns('last')} FROM conversation ORDER BY id`;
  for (const row of each<ConversationRow>(db, sql)) {
    const [
      id, client, server, transport, port, vlan, service, serviceCode, directionCode, packetsToServer, packetsToClient,
      bytesToServer, bytesToClient, sessions, answered, requests, rttUs, firstS, firstN, lastS, lastN,
    ] = row;
    const own = operations?.get(id) ?? NONE;
    conversations.push({
      id,
      client: addressText.get(client) ?? '',
      server: addressText.get(server) ?? '',
      transport: transportText(transport),
      port,
      vlan,
      service: { name: service, by: serviceBy(serviceCode) },
      direction: direction(directionCode),
      packets: { toServer: packetsToServer, toClient: packetsToClient },
      bytes: { toServer: bytesToServer, toClient: bytesToClient },
      sessions,
      answeredSessions: answered,
      requests,
      firstNs: instantOrZero(firstS, firstN),
      lastNs: instantOrZero(lastS, lastN),
      days: days(id, own.length > 0 && requests > 0),
      rhythm: rhythm.get(id) ?? NONE,
      rttMs: rttUs === null ? null : rttUs / 1000,
      operations: own,
      facts: facts.get(id) ?? NONE,
    });
  }
  return conversations;
}

function readAddresses(db: Connection, addressText: ReadonlyMap<number, string>): AddressRecord[] {
  const macs = gather(
    each<[number, number, ...Row]>(db, `SELECT address, mac, ${instantColumns('first')}, ${instantColumns('last')}
      FROM address_mac ORDER BY address, mac`),
    ([, mac, firstS, firstN, lastS, lastN]) => ({
      mac: addressText.get(mac) ?? '',
      firstNs: instantOrZero(firstS, firstN),
      lastNs: instantOrZero(lastS, lastN),
    }),
  );
  const facts = gather(
    each<[number, string, string]>(db, 'SELECT address, name, value FROM address_fact ORDER BY address, name, count DESC, value'),
    ([, name, value]) => ({ name, value }),
  );
  const records: AddressRecord[] = [];
  const sql = `SELECT id, ${instantColumns('first')}, ${instantColumns('last')} FROM address ORDER BY text`;
  for (const [id, firstS, firstN, lastS, lastN] of each<[number, number | null, number | null, number | null, number | null]>(db, sql)) {
    records.push({
      address: addressText.get(id) ?? '',
      macs: macs.get(id) ?? NONE,
      facts: facts.get(id) ?? NONE,
      firstNs: instantOrZero(firstS, firstN),
      lastNs: instantOrZero(lastS, lastN),
    });
  }
  return records;
}

function readSensor(db: Connection, addressText: ReadonlyMap<number, string>): SensorTruth {
  const [packets, bytes, firstS, firstN, lastS, lastN] = db
    .prepare(`SELECT coalesce(sum(frames), 0), coalesce(sum(bytes), 0),
      min(first_ns) / 1000000000, min(first_ns) % 1000000000, max(last_ns) / 1000000000, max(last_ns) % 1000000000 FROM capture`)
    .raw()
    .get() as [number, number, number | null, number | null, number | null, number | null];
  const scans: FoldedScan[] = [];
  const sql = `SELECT client, transport, targets, packets, ${instantColumns('first')}, ${instantColumns('last')}
    FROM scan ORDER BY client, transport`;
  for (const row of each<[number, number, number, number, number | null, number | null, number | null, number | null]>(db, sql)) {
    scans.push({
      client: addressText.get(row[0]) ?? '',
      transport: transportText(row[1]),
      targets: row[2],
      packets: row[3],
      firstNs: instantOrZero(row[4], row[5]),
      lastNs: instantOrZero(row[6], row[7]),
    });
  }
  const captures: CaptureSpan[] = [];
  const spans = `SELECT id, kind = 'live', ${instantColumns('first')}, ${instantColumns('last')} FROM capture WHERE first_ns IS NOT NULL ORDER BY id`;
  for (const row of each<[number, number, number | null, number | null, number | null, number | null]>(db, spans)) {
    captures.push({ id: row[0], live: row[1] === 1, firstNs: instantOrZero(row[2], row[3]), lastNs: instantOrZero(row[4], row[5]) });
  }
  return {
    captures,
    packets,
    bytes,
    firstNs: instant(firstS, firstN),
    lastNs: instant(lastS, lastN),
    hours: db.prepare('SELECT hour FROM sensor_hour WHERE hour >= 0 ORDER BY hour').pluck().all() as number[],
    deafHours: readSensorTruth(db).filter(isDeaf).map(({ hour }) => hour),
    counters: readCounters(db),
    scans,
  };
}

/** Counters of all captures, summed, by name. */
export function readCounters(db: Connection): Record<string, number> {
  return Object.fromEntries(each<[string, number]>(db, 'SELECT name, sum(count) FROM capture_counter GROUP BY name ORDER BY name'));
}
