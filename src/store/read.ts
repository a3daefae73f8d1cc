/**
 * The store as an ObservationSet: all that analysis gets to see.
 * In: an open store and the decoders' words for operation codes. Out: records in a stable order (ids, addresses).
 * Every table is read once, in key order, and joined here: one pass for a plant of 100,000 conversations over weeks.
 */
import type { AddressRecord, CaptureSpan, Conversation, Fact, FoldedScan, ObservationSet, Operation, RegisterRange, SensorTruth } from '../observation.ts';
import { parseSpan } from '../net/address-set.ts';
import type { Connection } from './database.ts';
import { createDaysReader } from './days-text.ts';
import { gather, readColumns } from './read-columns.ts';
import { requireEvidenceFits } from './memory-limit.ts';
import { isDeaf, readSensorTruth } from './read-sensor.ts';
import { rhythmBins } from './rhythm-text.ts';
import { badContent } from './store-errors.ts';
import { direction, functionNumber, instant, instantColumns, instantOrZero, MANY_SCANNERS, registerRange, serviceBy, transportText, type DescribeOperation } from './read-words.ts';

export function readObservations(db: Connection, describe: DescribeOperation): ObservationSet {
  const addresses = readAddresses(db);
  const operations = readOperations(db, describe);
  const set = observationSet(db, addresses, readConversations(db, addresses, operations));
  requireEvidenceFits(ANALYSIS_FACTOR);
  return set;
}

/**
 * The same without operations, facts, days and rhythms: who is who (inferAssets) needs no more, and it is read in a
 * fraction of the time.
 */
export function readOutline(db: Connection): ObservationSet {
  const addresses = readAddresses(db);
  return observationSet(db, addresses, readConversations(db, addresses, null));
}

/** Who is who and where takes as much again as what was seen, at the least (measured: 1.7 to 2.1 times). */
const ANALYSIS_FACTOR = 2;

/** By their id in the store. */
type Addresses = ReadonlyMap<number, AddressRecord>;

const inOrder = (addresses: Addresses): AddressRecord[] => [...addresses.values()].sort((a, b) => (a.address < b.address ? -1 : 1));

/** The addresses alone. */
export const readAddressRecords = (db: Connection): readonly AddressRecord[] => inOrder(readAddresses(db));

const observationSet = (db: Connection, addresses: Addresses, conversations: Conversation[]): ObservationSet => ({
  conversations,
  addresses: inOrder(addresses),
  sensor: readSensor(db, addresses),
});

/** Rows name addresses that are there: both were written in one transaction. */
function held<T>(address: T | undefined): T {
  if (address === undefined) throw badContent('an address that something was counted for is not in it');
  return address;
}

const textOf = (addresses: Addresses, id: number): string => held(addresses.get(id)).address;

const NONE: readonly never[] = [];

/** Instants as text: their nanoseconds fit no number. */
const FIRST = "first_ns || ''";
const LAST = "last_ns || ''";
function nsOrZero(text: string | null): bigint {
  try {
    return text === null ? 0n : BigInt(text);
  } catch {
    throw badContent('a time in it cannot be read');
  }
}

function readAddresses(db: Connection): Addresses {
  const texts = new Map<number, string>();
  for (const [ids, text] of readColumns<[number, string]>(db, { table: 'address', columns: ['id', 'text'] })) {
    for (let i = 0; i < ids.length; i++) {
      if (parseSpan(text[i]) === null && text[i] !== MANY_SCANNERS) throw badContent(`"${text[i]}" stands in it for an address`);
      texts.set(ids[i], text[i]);
    }
  }
  const macs = gather<[number, number, string | null, string | null], AddressRecord['macs'][number]>(
    db, { table: 'address_mac', columns: ['address', 'mac', FIRST, LAST], order: 'mac' },
    ([, mac, first, last], i) => ({ mac: held(texts.get(mac[i])), firstNs: nsOrZero(first[i]), lastNs: nsOrZero(last[i]) }));
  const facts = gather<[number, string, string], AddressRecord['facts'][number]>(
    db, { table: 'address_fact', columns: ['address', 'name', 'value'], order: 'name, count DESC, value' }, ([, name, value], i) => ({ name: name[i], value: value[i] }));
  const records = new Map<number, AddressRecord>();
  for (const [ids, first, last] of readColumns<[number, string | null, string | null]>(db, { table: 'address', columns: ['id', FIRST, LAST] })) {
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i];
      records.set(id, { address: texts.get(id) ?? '', macs: macs.get(id) ?? NONE, facts: facts.get(id) ?? NONE, firstNs: nsOrZero(first[i]), lastNs: nsOrZero(last[i]) });
    }
  }
  return records;
}

function readOperations(db: Connection, describe: DescribeOperation): Map<number, Operation[]> {
  const ranges = gather<[number, number, number, number, number], RegisterRange>(
    db, { table: 'operation_range', columns: ['operation', 'access', 'first', 'last', 'requests'], order: 'access, first, last' },
    ([, access, first, last, requests], i) => registerRange(access[i], first[i], last[i], requests[i]));
  const errorCodes = gather<[number, number, number], Operation['errorCodes'][number]>(
    db, { table: 'operation_error', columns: ['operation', 'code', 'count'], order: 'code' }, ([, code, count], i) => ({ code: code[i], count: count[i] }));
  const targets = gather<[number, string], string>(db, { table: 'operation_target', columns: ['operation', 'target'], order: 'target' }, ([, target], i) => target[i]);
  const readDays = createDaysReader();
  return gather<[number, string, number, number, number, number, number, number, number, string | null, string | null, string, string], Operation>(
    db,
    { table: 'operation', columns: ['conversation', 'protocol', 'unit', 'function', 'id', 'requests', 'responses', 'errors', 'ranges_folded', FIRST, LAST, 'days', 'rhythm'], order: 'protocol, unit, function, id' },
    ([, protocol, unit, code, ids, requests, responses, errors, folded, first, last, days, rhythm], i) => {
      const id = ids[i];
      const { name, access } = describe(protocol[i], code[i]);
      return {
        protocol: protocol[i],
        unit: unit[i] < 0 ? null : unit[i],
        function: functionNumber(protocol[i], code[i]),
        name,
        access,
        requests: requests[i],
        responses: responses[i],
        errors: errors[i],
        errorCodes: errorCodes.get(id) ?? NONE,
        ranges: ranges.get(id) ?? NONE,
        rangesFolded: folded[i],
        targets: targets.get(id) ?? NONE,
        firstNs: nsOrZero(first[i]),
        lastNs: nsOrZero(last[i]),
        days: readDays(days[i]),
        rhythm: rhythmBins(rhythm[i]),
      };
    });
}

type ConversationRow = [
  id: number, client: number, server: number, transport: number, port: number, vlan: number | null, service: string,
  serviceCode: number, directionCode: number, packetsToServer: number, packetsToClient: number, bytesToServer: number,
  bytesToClient: number, sessions: number, answered: number, requests: number, rttUs: number | null, first: string | null, last: string | null, days: string, rhythm: string,
];

const CONVERSATION_COLUMNS = [
  'id', 'client', 'server', 'transport', 'port', 'vlan', 'service', 'service_by', 'direction_by', 'packets_to_server', 'packets_to_client',
  'bytes_to_server', 'bytes_to_client', 'sessions', 'answered', 'requests', 'rtt_us', FIRST, LAST,
] as const;

function readConversations(db: Connection, addresses: Addresses, operations: ReadonlyMap<number, Operation[]> | null): Conversation[] {
  const readDays = createDaysReader();
  const facts = operations === null ? new Map<number, Fact[]>() : gather<[number, string, string, number, number], Fact>(
    db, { table: 'conversation_fact', columns: ['conversation', 'name', 'value', 'to_server', 'to_client'], order: 'name, value' },
    ([, name, value, toServer, toClient], i) => ({ name: name[i], value: value[i], toServer: toServer[i], toClient: toClient[i] }));
  const conversations: Conversation[] = [];
  // Few, and told of every conversation: one record each.
  const services = new Map<string, Conversation['service']>();
  const serviceOf = (name: string, code: number): Conversation['service'] => {
    const key = `${code} ${name}`;
    let held = services.get(key);
    if (held === undefined) services.set(key, (held = { name, by: serviceBy(code) }));
    return held;
  };
  for (const [
    ids, client, server, transport, port, vlan, service, serviceCode, directionCode, packetsToServer, packetsToClient,
    bytesToServer, bytesToClient, sessions, answered, requests, rttUs, first, last, days, rhythm,
  ] of readColumns<ConversationRow>(db, { table: 'conversation', columns: [...CONVERSATION_COLUMNS, ...(operations === null ? ["''", "''"] : ['days', 'rhythm'])] })) {
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i];
      const rtt = rttUs[i];
      conversations.push({
        id,
        client: textOf(addresses, client[i]),
        server: textOf(addresses, server[i]),
        transport: transportText(transport[i]),
        port: port[i],
        vlan: vlan[i],
        service: serviceOf(service[i], serviceCode[i]),
        direction: direction(directionCode[i]),
        packets: { toServer: packetsToServer[i], toClient: packetsToClient[i] },
        bytes: { toServer: bytesToServer[i], toClient: bytesToClient[i] },
        sessions: sessions[i],
        answeredSessions: answered[i],
        requests: requests[i],
        firstNs: nsOrZero(first[i]),
        lastNs: nsOrZero(last[i]),
        days: readDays(days[i]),
        rhythm: rhythmBins(rhythm[i]),
        rttMs: rtt === null ? null : rtt / 1000,
        operations: operations?.get(id) ?? NONE,
        facts: facts.get(id) ?? NONE,
      });
    }
  }
  return conversations;
}

function readSensor(db: Connection, addresses: Addresses): SensorTruth {
  const [packets, bytes, firstS, firstN, lastS, lastN] = db
    .prepare(`SELECT coalesce(sum(frames), 0), coalesce(sum(bytes), 0),
      min(first_ns) / 1000000000, min(first_ns) % 1000000000, max(last_ns) / 1000000000, max(last_ns) % 1000000000 FROM capture`)
    .raw()
    .get() as [number, number, number | null, number | null, number | null, number | null];
  const scans: FoldedScan[] = [];
  const sql = `SELECT client, transport, targets, packets, ${instantColumns('first')}, ${instantColumns('last')}
    FROM scan ORDER BY client, transport`;
  for (const row of db.prepare(sql).raw().iterate() as IterableIterator<[number, number, number, number, number | null, number | null, number | null, number | null]>) {
    scans.push({
      client: textOf(addresses, row[0]),
      transport: transportText(row[1]),
      targets: row[2],
      packets: row[3],
      firstNs: instantOrZero(row[4], row[5]),
      lastNs: instantOrZero(row[6], row[7]),
    });
  }
  const captures: CaptureSpan[] = [];
  const spans = `SELECT id, kind = 'live', ${instantColumns('first')}, ${instantColumns('last')} FROM capture WHERE first_ns IS NOT NULL ORDER BY id`;
  for (const row of db.prepare(spans).raw().iterate() as IterableIterator<[number, number, number | null, number | null, number | null, number | null]>) {
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
  return Object.fromEntries(db.prepare('SELECT name, sum(count) FROM capture_counter GROUP BY name ORDER BY name').raw().all() as [string, number][]);
}
