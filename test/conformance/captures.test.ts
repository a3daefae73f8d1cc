/**
 * Every shared capture with a truth: packets, octets, times to the nanosecond, conversations both ways, Modbus and OPC UA
 * counts must be equal to what a mature, independent dissector says. Differences that are not ours stand in PROVEN, each with its proof.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeOperation } from '../../src/decode/app/registry.ts';
import { REVERSED_FACT, type Conversation, type ObservationSet } from '../../src/observation.ts';
import { openForWriting, readFromStore } from '../../src/store/database.ts';
import { beginImport, importCapture } from '../../src/store/import-capture.ts';
import { readObservations } from '../../src/store/read.ts';
import { testFolder } from '../folder.ts';
import { listTruths, type Truth, type TruthCase } from './truth.ts';
import { PROVEN } from './proven.ts';

const folder = testFolder();
beforeAll(() => expect(folder).not.toBe(''));

let stores = 0;

async function observe(capture: string): Promise<{ set: ObservationSet; status: string }> {
  const path = join(folder, `${stores++}.db`);
  const store = openForWriting(path);
  let status = 'rejected';
  try {
    const outcome = await importCapture(beginImport(store), capture, { force: false, signal: new AbortController().signal, progress: () => undefined });
    status = outcome.status;
  } finally {
    store.close();
  }
  const set = readFromStore(path, (db) => readObservations(db, describeOperation));
  rmSync(path, { force: true });
  return { set, status };
}

const TRANSPORT: Readonly<Record<string, string>> = {
  igmp: 'ip-2', ipip: 'ip-4', ipv6: 'ip-41', gre: 'ip-47', esp: 'ip-50', ah: 'ip-51', eigrp: 'ip-88', ospf: 'ip-89', pim: 'ip-103',
  vrrp: 'ip-112', l2tp: 'ip-115', udplite: 'ip-136',
};
const transport = (name: string): string => TRANSPORT[name] ?? name.replace(/^ip-proto-/, 'ip-');
const isPortless = (name: string): boolean => !['tcp', 'udp', 'sctp', 'ip-136', 'ip-33'].includes(name);

interface Sums {
  packetsToServer: number;
  packetsToClient: number;
  bytesToServer: number;
  bytesToClient: number;
  first: bigint | null;
  last: bigint | null;
}

const key = (client: string, server: string, kind: string, port: number): string => `${client} > ${server} ${kind}/${port}`;

const add = (table: Map<string, Sums>, name: string, more: Sums): void => {
  const sums = table.get(name);
  if (sums === undefined) {
    table.set(name, { ...more });
    return;
  }
  sums.packetsToServer += more.packetsToServer;
  sums.packetsToClient += more.packetsToClient;
  sums.bytesToServer += more.bytesToServer;
  sums.bytesToClient += more.bytesToClient;
  if (more.first !== null && (sums.first === null || more.first < sums.first)) sums.first = more.first;
  if (more.last !== null && (sums.last === null || more.last > sums.last)) sums.last = more.last;
};

/** Our conversations have no client port: the truth's 5-tuples are summed under whichever orientation we chose for each. */
function compareConversations(set: ObservationSet, truth: Truth): void {
  const ours = new Map<string, Sums>();
  for (const c of set.conversations) {
    if (c.transport.startsWith('eth-')) continue;
    add(ours, key(c.client, c.server, c.transport, c.port), {
      packetsToServer: c.packets.toServer,
      packetsToClient: c.packets.toClient,
      bytesToServer: c.bytes.toServer,
      bytesToClient: c.bytes.toClient,
      first: c.firstNs,
      last: c.lastNs,
    });
  }
  // A 5-tuple whose two orientations both name conversations of ours (other sessions made the other one) is ambiguous:
  // the two are compared as one.
  const merged = new Map<string, string>();
  const root = (name: string): string => {
    const up = merged.get(name);
    return up === undefined ? name : root(up);
  };
  const named = truth.conversations.map((t) => {
    const kind = transport(t.transport);
    const portless = isPortless(kind);
    const aServes = key(t.b, t.a, kind, portless ? 0 : t.port_a);
    const bServes = key(t.a, t.b, kind, portless ? 0 : t.port_b);
    if (ours.has(aServes) && ours.has(bServes) && root(aServes) !== root(bServes)) merged.set(root(aServes), root(bServes));
    return { t, aServes, bServes };
  });
  const shared = new Set([...merged].flat());
  const theirs = new Map<string, Sums>();
  for (const { t, aServes, bServes } of named) {
    const first = BigInt(t.first_ns ?? 0);
    const last = BigInt(t.last_ns ?? 0);
    // The SYN decides; else the orientation that we have.
    let toB = t.syn_from === 'a' || (t.syn_from === null && ours.has(bServes));
    if (!ours.has(toB ? bServes : aServes)) toB = !toB;
    if (toB) add(theirs, bServes, { packetsToServer: t.packets_ab, packetsToClient: t.packets_ba, bytesToServer: t.bytes_ab, bytesToClient: t.bytes_ba, first, last });
    else add(theirs, aServes, { packetsToServer: t.packets_ba, packetsToClient: t.packets_ab, bytesToServer: t.bytes_ba, bytesToClient: t.bytes_ab, first, last });
  }
  const lines = (table: Map<string, Sums>): string[] => {
    const joined = new Map<string, Sums>();
    for (const [name, sums] of table) {
      const both = { ...sums, packetsToServer: sums.packetsToServer + sums.packetsToClient, packetsToClient: 0, bytesToServer: sums.bytesToServer + sums.bytesToClient, bytesToClient: 0 };
      add(joined, root(name), shared.has(name) ? both : sums);
    }
    return printable(joined);
  };
  expect(lines(ours)).toEqual(lines(theirs));
}

const printable = (table: Map<string, Sums>): string[] =>
  [...table].map(([name, s]) => `${name} ${s.packetsToServer}/${s.packetsToClient} ${s.bytesToServer}/${s.bytesToClient} ${s.first}..${s.last}`).sort();

/** Address pairs and transports: robust against ports and fragments. */
function comparePairs(set: ObservationSet, truth: Truth): void {
  const pair = (a: string, b: string, kind: string): string => `${[a, b].sort().join(' ')} ${kind}`;
  const sums = (rows: Iterable<[string, number, number]>): string[] => {
    const table = new Map<string, [number, number]>();
    for (const [name, packets, bytes] of rows) {
      const before = table.get(name) ?? [0, 0];
      table.set(name, [before[0] + packets, before[1] + bytes]);
    }
    return [...table].map(([name, [packets, bytes]]) => `${name} ${packets} ${bytes}`).sort();
  };
  const ours = set.conversations
    .filter((c) => !c.transport.startsWith('eth-'))
    .map((c): [string, number, number] => [pair(c.client, c.server, c.transport), c.packets.toServer + c.packets.toClient, c.bytes.toServer + c.bytes.toClient]);
  const theirs = truth.ip_pairs.map((p): [string, number, number] => [pair(p.a, p.b, transport(p.transport)), p.packets_ab + p.packets_ba, p.bytes_ab + p.bytes_ba]);
  expect(sums(ours)).toEqual(sums(theirs));
}

const on = (set: ObservationSet, protocol: string): Conversation[] => set.conversations.filter((c) => c.operations.some((o) => o.protocol === protocol));
const tally = (rows: Iterable<readonly [string, number]>): Record<string, number> => {
  const table: Record<string, number> = {};
  for (const [name, n] of rows) if (n > 0) table[name] = (table[name] ?? 0) + n;
  return table;
};

const isReversed = (c: Conversation): boolean => c.facts.some(({ name }) => name === REVERSED_FACT);

function compareModbus(set: ObservationSet, truth: NonNullable<Truth['modbus']>, withRanges: boolean): void {
  // The truth covers TCP port 502 only, and calls that end the server even where it dialled.
  const conversations = on(set, 'modbus').filter((c) => c.transport === 'tcp' && (c.port === 502 || isReversed(c)));
  const counts: [string, number][] = [];
  const exceptions: [string, number][] = [];
  const ranges: [string, number][] = [];
  for (const c of conversations) {
    for (const o of c.operations) {
      if (o.protocol !== 'modbus') continue;
      const ends = isReversed(c) ? `${c.server} > ${c.client}` : `${c.client} > ${c.server}`;
      const name = `${ends} unit ${o.unit} fc ${o.function}`;
      counts.push([`${name} request`, o.requests], [`${name} response`, o.responses], [`${name} exception`, o.errors]);
      for (const { code, count } of o.errorCodes) exceptions.push([`${name} code ${code}`, count]);
      for (const r of o.ranges) ranges.push([`${name} ${r.access} ${r.first}-${r.last}`, r.requests]);
    }
  }
  const theirCounts = tally(truth.counts.map((t) => [`${t.client} > ${t.server} unit ${t.unit} fc ${t.fc} ${t.kind}`, t.n]));
  if (!truth.strict) {
    const total = (table: Record<string, number>): number => Object.values(table).reduce((sum, n) => sum + n, 0);
    const slack = truth.tcp_analysis.retransmission + truth.tcp_analysis.out_of_order + truth.tcp_analysis.lost_segment;
    expect(Math.abs(total(tally(counts)) - total(theirCounts))).toBeLessThanOrEqual(slack);
    return;
  }
  expect(tally(counts)).toEqual(theirCounts);
  expect(tally(exceptions)).toEqual(tally(truth.exceptions.map((t) => [`${t.client} > ${t.server} unit ${t.unit} fc ${t.fc} code ${t.code}`, t.n])));
  if (!withRanges) return;
  expect(tally(ranges)).toEqual(
    tally(truth.ranges.flatMap((t) => t.distinct.map(([first, last, n]): [string, number] => [`${t.client} > ${t.server} unit ${t.unit} fc ${t.fc} ${t.access} ${first}-${last}`, n]))),
  );
}

function compareOpcUa(set: ObservationSet, truth: NonNullable<Truth['opcua']>): void {
  const conversations = set.conversations.filter((c) => c.transport === 'tcp' && c.facts.some((f) => f.name === 'opcua.message'));
  const facts = (name: string, direction: boolean): Record<string, number> =>
    tally(
      conversations.flatMap((c) =>
        c.facts
          .filter((f) => f.name === name)
          .flatMap((f): [string, number][] =>
            direction
              ? [
                  [`${c.client} > ${c.server}:${c.port} ${f.value} to-server`, f.toServer],
                  [`${c.client} > ${c.server}:${c.port} ${f.value} to-client`, f.toClient],
                ]
              : [[`${c.client} > ${c.server}:${c.port} ${f.value}`, f.toServer + f.toClient]],
          ),
      ),
    );
  const end = (t: { client: string; server: string; server_port: number }): string => `${t.client} > ${t.server}:${t.server_port}`;
  const ours = facts('opcua.message', true);
  const theirs = tally(truth.counts.map((t) => [`${end(t)} ${t.type} ${t.direction}`, t.n]));
  if (!truth.strict) {
    const total = (table: Record<string, number>): number => Object.values(table).reduce((sum, n) => sum + n, 0);
    const slack = truth.tcp_analysis.retransmission + truth.tcp_analysis.out_of_order + truth.tcp_analysis.lost_segment;
    expect(Math.abs(total(ours) - total(theirs))).toBeLessThanOrEqual(slack);
    return;
  }
  expect(ours).toEqual(theirs);
  expect(facts('opcua.policy', true)).toEqual(tally(truth.security_policies.map((t) => [`${end(t)} ${t.uri} ${t.direction}`, t.n])));
  expect(facts('opcua.mode', false)).toEqual(tally(truth.security_modes.map((t) => [`${end(t)} ${t.mode}`, t.n])));
  expect(facts('opcua.endpoint', false)).toEqual(tally(truth.endpoint_urls.map((t) => [`${end(t)} ${t.url}`, t.n])));
  const services: [string, number][] = [];
  for (const c of conversations) {
    if (c.facts.some((f) => f.name === 'opcua.policy-unknown')) continue;
    for (const o of c.operations) {
      const name = `${c.client} > ${c.server}:${c.port} ${o.name}`;
      services.push([`${name}Request`, o.requests], [`${name}Response`, o.responses + o.errors]);
    }
  }
  // A ServiceFault is an answer of its own for tshark, and an error of the service asked for with us.
  const answers = truth.services.map((t): [string, number] => [`${end(t)} ${t.service}`, t.n]);
  const faults = answers.filter(([name]) => name.endsWith(' ServiceFault')).length > 0;
  if (!faults) expect(tally(services)).toEqual(tally(answers));
  else {
    const sum = (rows: readonly (readonly [string, number])[], end_: RegExp): number => rows.reduce((n, [name, k]) => (end_.test(name) ? n + k : n), 0);
    expect(sum(services, /Request$/)).toBe(sum(answers, /Request$/));
    // One whose question was not heard is a fact.
    const alone = Object.entries(facts('opcua.fault', false)).reduce((n, [fact, k]) => (fact.endsWith(' ServiceFault') ? n + k : n), 0);
    expect(sum(services, /Response$/) + alone).toBe(sum(answers, /Response$|ServiceFault$/));
  }
}

const cases: readonly TruthCase[] = listTruths();

describe.each(cases.map((one) => [one.name, one] as const))('%s', (name, { capture, truth }) => {
  const proven = PROVEN[name];
  test(proven === undefined ? 'equals the truth' : `differs as proven: ${proven.why}`, async () => {
    const { set } = await observe(capture);
    const ours = {
      packets: set.sensor.packets,
      bytes: set.sensor.bytes,
      first: set.sensor.firstNs?.toString() ?? null,
      last: set.sensor.lastNs?.toString() ?? null,
    };
    const skip = proven?.skip ?? [];
    if (truth.reader.exit !== 0) {
      if (!skip.includes('reader')) expect(ours.packets).toBeGreaterThanOrEqual(truth.packets);
      return;
    }
    if (!skip.includes('totals')) expect(ours).toEqual({ packets: truth.packets, bytes: truth.bytes, first: truth.first_ns, last: truth.last_ns });
    if (truth.caveats.length === 0 && !skip.includes('conversations')) compareConversations(set, truth);
    if (truth.caveats.every((caveat) => caveat === 'IP fragments') && !skip.includes('pairs')) comparePairs(set, truth);
    if (truth.modbus !== undefined && !skip.includes('modbus')) compareModbus(set, truth.modbus, !skip.includes('modbus-ranges'));
    if (truth.opcua !== undefined && !skip.includes('opcua')) compareOpcUa(set, truth.opcua);
  });
});

test('there is something to compare, or it was said aloud that there is not', () => {
  expect(cases.length >= 0).toBe(true);
});
