/**
 * Conversations for people and programs to look at: filtered, sorted, counted, one page at a time.
 * In: an open store and a filter. Out: the page with operations and facts, and how many matched in all. Filters are keys
 * in SQL, so that an index serves where there is one; days and rhythms stay where analysis reads them (read.ts).
 */
import { formatSpan, parseSet, parseSpan, setContains } from '../net/address-set.ts';
import { addTo } from '../net/multi-map.ts';
import { hourOf } from '../net/time.ts';
import type { Access, BothWays, DirectionBy, Fact, Operation, ServiceBy, Transport } from '../observation.ts';
import type { Connection } from './database.ts';
import { direction, functionNumber, instant, instantColumns, registerRange, serviceBy, transportText, type DescribeOperation } from './read-words.ts';

export const FLOW_SORTS = ['client', 'server', 'port', 'packets', 'bytes', 'first', 'last'] as const;
export type FlowSort = (typeof FLOW_SORTS)[number];

/** Every list means "one of these"; an absent one means "all". */
export interface FlowFilter {
  /** Addresses, prefixes or ranges. */
  readonly client?: readonly string[];
  readonly server?: readonly string[];
  /** At least one end in each of these lists. */
  readonly either?: readonly (readonly string[])[];
  readonly services?: readonly string[];
  readonly ports?: readonly { readonly first: number; readonly last: number }[];
  /** null stands for untagged. */
  readonly vlans?: readonly (number | null)[];
  readonly access?: readonly Access[];
  /** Seen at or after, and before. */
  readonly sinceNs?: bigint;
  readonly untilNs?: bigint;
  readonly sort: FlowSort;
  /** 0 = all. */
  readonly limit: number;
}

export type FlowOperation = Omit<Operation, 'days' | 'rhythm' | 'firstNs' | 'lastNs'>;

export interface Flow {
  readonly id: number;
  readonly client: string;
  readonly server: string;
  readonly transport: Transport;
  readonly port: number;
  readonly service: { readonly name: string; readonly by: ServiceBy };
  readonly vlan: number | null;
  readonly packets: BothWays;
  readonly bytes: BothWays;
  readonly sessions: number;
  readonly firstNs: bigint | null;
  readonly lastNs: bigint | null;
  readonly direction: { readonly by: DirectionBy; readonly confidence: number };
  readonly operations: readonly FlowOperation[];
  readonly facts: readonly Fact[];
}

export interface FlowPage {
  readonly total: number;
  readonly flows: readonly Flow[];
}

/** The services that conversations were seen to have, by name. */
export const readServices = (db: Connection): string[] => db.prepare("SELECT DISTINCT service FROM conversation WHERE service <> '' ORDER BY service").pluck().all() as string[];

export function readFlowPage(db: Connection, filter: FlowFilter, describe: DescribeOperation): FlowPage {
  const ids = sortedIds(db, filter, describe);
  const page = filter.limit > 0 ? ids.slice(0, filter.limit) : ids;
  return { total: ids.length, flows: readFlows(db, page, describe) };
}

/** A condition and its parameters; public for the test that asks SQLite for its plan. */
export function flowConditions(
  db: Connection,
  filter: FlowFilter,
  describe: DescribeOperation,
): { readonly where: string; readonly parameters: readonly (string | number | bigint)[] } {
  const conditions: string[] = [];
  const parameters: (string | number | bigint)[] = [];
  const oneOf = 'IN (SELECT value FROM json_each(?))';
  const add = (condition: string, ...values: readonly (string | number | bigint)[]): void => {
    conditions.push(condition);
    parameters.push(...values);
  };
  const list = (values: readonly unknown[]): string => JSON.stringify(values);
  if (filter.client) add(`c.client ${oneOf}`, list(addressIds(db, filter.client)));
  if (filter.server) add(`c.server ${oneOf}`, list(addressIds(db, filter.server)));
  for (const addresses of filter.either ?? []) {
    const ids = list(addressIds(db, addresses));
    add(`(c.client ${oneOf} OR c.server ${oneOf})`, ids, ids);
  }
  if (filter.services) add(`lower(c.service) ${oneOf}`, list(filter.services.map((name) => name.toLowerCase())));
  if (filter.ports) {
    add(
      `(${filter.ports.map(() => 'c.port BETWEEN ? AND ?').join(' OR ') || 'FALSE'})`,
      ...filter.ports.flatMap(({ first, last }) => [first, last]),
    );
  }
  if (filter.vlans) {
    const untagged = filter.vlans.includes(null) ? ' OR c.vlan IS NULL' : '';
    add(`(c.vlan ${oneOf}${untagged})`, list(filter.vlans.filter((vlan) => vlan !== null)));
  }
  if (filter.access) {
    add(
      `EXISTS (SELECT 1 FROM operation o WHERE o.conversation = c.id
        AND o.protocol || ' ' || o.function ${oneOf})`,
      list(operationsWithAccess(db, filter.access, describe)),
    );
  }
  if (filter.sinceNs !== undefined || filter.untilNs !== undefined) addSpan(filter, add);
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, parameters };
}

const LAST_HOUR = 3_000_000;

/** By the hours in which it was active, then exactly by its first and last packet. */
function addSpan(filter: FlowFilter, add: (condition: string, ...values: readonly (number | bigint)[]) => void): void {
  const firstHour = filter.sinceNs === undefined ? 0 : hourOf(filter.sinceNs);
  const lastHour = filter.untilNs === undefined ? LAST_HOUR : hourOf(filter.untilNs - 1n);
  add(
    'EXISTS (SELECT 1 FROM conversation_hour h WHERE h.conversation = c.id AND h.hour BETWEEN ? AND ?)',
    firstHour,
    lastHour,
  );
  if (filter.sinceNs !== undefined) add('c.last_ns >= ?', filter.sinceNs);
  if (filter.untilNs !== undefined) add('c.first_ns < ?', filter.untilNs);
}

/** A few exact addresses by their index; prefixes and ranges by one pass over the addresses. */
function addressIds(db: Connection, texts: readonly string[]): number[] {
  const exact = db.prepare('SELECT id FROM address WHERE text = ?').pluck();
  const ids = new Set<number>();
  const wide: string[] = [];
  for (const text of texts) {
    const span = parseSpan(text);
    if (span !== null && span.first !== span.last) wide.push(text);
    else {
      for (const written of [text.toLowerCase(), span === null ? '' : formatSpan(span)]) {
        const id = exact.get(written) as number | undefined;
        if (id !== undefined) ids.add(id);
      }
    }
  }
  if (wide.length > 0) {
    const set = parseSet(wide);
    for (const [id, text] of db.prepare('SELECT id, text FROM address').raw().iterate() as IterableIterator<[number, string]>) {
      const span = parseSpan(text);
      if (span !== null && setContains(set, span)) ids.add(id);
    }
  }
  return [...ids].toSorted((a, b) => a - b);
}

function operationsWithAccess(db: Connection, access: readonly Access[], describe: DescribeOperation): string[] {
  const kinds = db.prepare('SELECT DISTINCT protocol, function FROM operation ORDER BY protocol, function').raw().all() as [string, number][];
  return kinds
    .filter(([protocol, code]) => access.includes(describe(protocol, code).access))
    .map(([protocol, code]) => `${protocol} ${code}`);
}

type KeyRow = [id: number, client: number, server: number, transport: number, port: number, weight: number];

/** Numbers are sorted largest first, instants and addresses smallest first; the key decides between equals. */
const SORT_COLUMN: Readonly<Record<FlowSort, string>> = {
  client: '0',
  server: '0',
  port: '0',
  packets: '-(c.packets_to_server + c.packets_to_client)',
  bytes: '-(c.bytes_to_server + c.bytes_to_client)',
  first: 'coalesce(c.first_ns / 1000, 0)',
  last: '-coalesce(c.last_ns / 1000, 0)',
};

function sortedIds(db: Connection, filter: FlowFilter, describe: DescribeOperation): number[] {
  const { where, parameters } = flowConditions(db, filter, describe);
  const rows = db
    .prepare(`SELECT c.id, c.client, c.server, c.transport, c.port, ${SORT_COLUMN[filter.sort]} FROM conversation c ${where}`)
    .raw()
    .all(...parameters) as KeyRow[];
  const rank = addressRanks(db);
  const rankOf = (id: number): number => rank.get(id) ?? -1;
  const byKey = (a: KeyRow, b: KeyRow): number =>
    rankOf(a[1]) - rankOf(b[1]) || rankOf(a[2]) - rankOf(b[2]) || a[3] - b[3] || a[4] - b[4] || a[0] - b[0];
  rows.sort((a, b) => {
    if (filter.sort === 'server') return rankOf(a[2]) - rankOf(b[2]) || byKey(a, b);
    if (filter.sort === 'port') return a[4] - b[4] || a[3] - b[3] || byKey(a, b);
    return a[5] - b[5] || byKey(a, b);
  });
  return rows.map((row) => row[0]);
}

/** Addresses in their own order: IPv4, IPv6, MAC, each by number (10.0.0.9 before 10.0.0.10). */
function addressRanks(db: Connection): Map<number, number> {
  const rows = (db.prepare('SELECT id, text FROM address').raw().all() as [number, string][]).map(([id, text]) => ({
    id,
    text,
    span: parseSpan(text),
  }));
  const familyOf = (family: string | undefined): number => ['ipv4', 'ipv6', 'mac'].indexOf(family ?? '') >>> 0;
  rows.sort((a, b) => {
    const families = familyOf(a.span?.family) - familyOf(b.span?.family);
    if (families !== 0) return families;
    if (a.span && b.span && a.span.first !== b.span.first) return a.span.first < b.span.first ? -1 : 1;
    return a.text < b.text ? -1 : 1;
  });
  return new Map(rows.map(({ id }, index) => [id, index]));
}

type FlowRow = [
  id: number, client: string, server: string, transport: number, port: number, vlan: number | null, service: string,
  serviceCode: number, directionCode: number, packetsToServer: number, packetsToClient: number, bytesToServer: number,
  bytesToClient: number, sessions: number, firstS: number | null, firstN: number | null, lastS: number | null, lastN: number | null,
];

function readFlows(db: Connection, ids: readonly number[], describe: DescribeOperation): Flow[] {
  const wanted = JSON.stringify(ids);
  const byId = new Map<number, Flow>();
  const operations = readFlowOperations(db, wanted, describe);
  const facts = new Map<number, Fact[]>();
  const factRows = db
    .prepare(`SELECT conversation, name, value, to_server, to_client FROM conversation_fact
      WHERE conversation IN (SELECT value FROM json_each(?)) ORDER BY conversation, name, value`)
    .raw()
    .iterate(wanted) as IterableIterator<[number, string, string, number, number]>;
  for (const [conversation, name, value, toServer, toClient] of factRows) addTo(facts, conversation, { name, value, toServer, toClient });
  const rows = db
    .prepare(`SELECT c.id, a.text, b.text, c.transport, c.port, c.vlan, c.service, c.service_by, c.direction_by,
      c.packets_to_server, c.packets_to_client, c.bytes_to_server, c.bytes_to_client, c.sessions,
      ${instantColumns('first', 'c')}, ${instantColumns('last', 'c')}
      FROM json_each(?) wanted CROSS JOIN conversation c ON c.id = wanted.value
      LEFT JOIN address a ON a.id = c.client LEFT JOIN address b ON b.id = c.server`)
    .raw()
    .iterate(wanted) as IterableIterator<FlowRow>;
  for (const row of rows) {
    byId.set(row[0], {
      id: row[0],
      client: row[1] ?? '',
      server: row[2] ?? '',
      transport: transportText(row[3]),
      port: row[4],
      vlan: row[5],
      service: { name: row[6], by: serviceBy(row[7]) },
      direction: direction(row[8]),
      packets: { toServer: row[9], toClient: row[10] },
      bytes: { toServer: row[11], toClient: row[12] },
      sessions: row[13],
      firstNs: instant(row[14], row[15]),
      lastNs: instant(row[16], row[17]),
      operations: operations.get(row[0]) ?? [],
      facts: facts.get(row[0]) ?? [],
    });
  }
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Operations of these conversations (a JSON list of ids) by the index on operation.conversation, children by their keys. */
function readFlowOperations(db: Connection, wanted: string, describe: DescribeOperation): Map<number, FlowOperation[]> {
  const chosen = 'SELECT id FROM operation WHERE conversation IN (SELECT value FROM json_each(?))';
  const childRows = <R>(sql: string): IterableIterator<R> => db.prepare(sql).raw().iterate(wanted) as IterableIterator<R>;
  const ranges = new Map<number, FlowOperation['ranges'][number][]>();
  for (const [operation, access, first, last, requests] of childRows<[number, number, number, number, number]>(
    `SELECT operation, access, first, last, requests FROM operation_range WHERE operation IN (${chosen}) ORDER BY operation, access, first, last`,
  )) {
    addTo(ranges, operation, registerRange(access, first, last, requests));
  }
  const errors = new Map<number, { code: number; count: number }[]>();
  for (const [operation, code, count] of childRows<[number, number, number]>(
    `SELECT operation, code, count FROM operation_error WHERE operation IN (${chosen}) ORDER BY operation, code`,
  )) {
    addTo(errors, operation, { code, count });
  }
  const targets = new Map<number, string[]>();
  for (const [operation, target] of childRows<[number, string]>(
    `SELECT operation, target FROM operation_target WHERE operation IN (${chosen}) ORDER BY operation, target`,
  )) {
    addTo(targets, operation, target);
  }
  const operations = new Map<number, FlowOperation[]>();
  for (const [id, conversation, protocol, unit, code, requests, responses, errorCount, folded] of childRows<
    [number, number, string, number, number, number, number, number, number]
  >(`SELECT id, conversation, protocol, unit, function, requests, responses, errors, ranges_folded FROM operation
      WHERE conversation IN (SELECT value FROM json_each(?)) ORDER BY conversation, protocol, unit, function, id`)) {
    addTo(operations, conversation, {
      protocol,
      unit: unit < 0 ? null : unit,
      function: functionNumber(protocol, code),
      ...describe(protocol, code),
      requests,
      responses,
      errors: errorCount,
      errorCodes: errors.get(id) ?? [],
      ranges: ranges.get(id) ?? [],
      rangesFolded: folded,
      targets: targets.get(id) ?? [],
    });
  }
  return operations;
}
