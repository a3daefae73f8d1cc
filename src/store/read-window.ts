/**
 * Observations of a span of time, and what hours tell that totals do not: whether anything was answered, and for how long
 * it was silent. In: an open store and the hours wanted. Out: an ObservationSet that holds only what happened in them.
 * Ranges, targets, errors and facts are kept without a time: where an operation or conversation began before the span they
 * are left out, and `undated` counts them. Nothing here is a guess about what hours do not tell.
 */
import { hourNs } from '../net/time.ts';
import type { Conversation, ObservationSet, Operation } from '../observation.ts';
import type { Connection } from './database.ts';
import { functionNumber, type DescribeOperation } from './read-words.ts';
import { readObservations } from './read.ts';

/** Hours since 1970, from the first to before the last; null = open. */
export interface HourSpan {
  readonly from: number | null;
  readonly until: number | null;
}

export interface WindowTraffic {
  /** Segments or datagrams of the server with payload; null where an old store did not count them. */
  readonly answers: number | null;
  /** Hours in which anything was seen, ascending. */
  readonly hours: readonly number[];
  /** It began within the span: session counts, ranges and facts are the span's own. */
  readonly isWhole: boolean;
}

export interface WindowedObservations {
  readonly set: ObservationSet;
  /** By conversation id. */
  readonly traffic: ReadonlyMap<number, WindowTraffic>;
  /** Operations whose ranges, and conversations whose facts, cannot be dated. */
  readonly undated: { readonly operations: number; readonly conversations: number };
}

interface HourSums {
  packetsToServer: number;
  packetsToClient: number;
  bytesToServer: number;
  bytesToClient: number;
  requests: number;
  answers: number | null;
  readonly hours: number[];
}

const boundsOf = ({ from, until }: HourSpan): readonly [number, number] => [from ?? -1, until ?? Number.MAX_SAFE_INTEGER];

type HourRow = [conversation: number, hour: number, toServer: number, toClient: number, bytesToServer: number, bytesToClient: number, requests: number, answers: number | null];

function sumConversations(db: Connection, span: HourSpan): Map<number, HourSums> {
  const sums = new Map<number, HourSums>();
  const sql = `SELECT conversation, hour, packets_to_server, packets_to_client, bytes_to_server, bytes_to_client, requests, answers
    FROM conversation_hour WHERE hour >= ? AND hour < ? ORDER BY conversation, hour`;
  for (const [id, hour, toServer, toClient, bytesToServer, bytesToClient, requests, answers] of db.prepare(sql).raw().iterate(...boundsOf(span)) as IterableIterator<HourRow>) {
    let own = sums.get(id);
    if (own === undefined) sums.set(id, (own = { packetsToServer: 0, packetsToClient: 0, bytesToServer: 0, bytesToClient: 0, requests: 0, answers: 0, hours: [] }));
    own.packetsToServer += toServer;
    own.packetsToClient += toClient;
    own.bytesToServer += bytesToServer;
    own.bytesToClient += bytesToClient;
    own.requests += requests;
    own.answers = own.answers === null || answers === null ? null : own.answers + answers;
    if (hour >= 0) own.hours.push(hour);
  }
  return sums;
}

type OperationSums = readonly [conversation: number, protocol: string, unit: number, code: number, requests: number, responses: number, errors: number, firstHour: number, lastHour: number];

/** With the name: one function's number may stand for several operations. */
const operationKey = (conversation: number, protocol: string, unit: number, code: number, name: string): string => [conversation, protocol, unit, functionNumber(protocol, code), name].join('\n');

function sumOperations(db: Connection, describe: DescribeOperation, span: HourSpan): Map<string, OperationSums> {
  const sql = `SELECT o.conversation, o.protocol, o.unit, o.function, sum(h.requests), sum(h.responses), sum(h.errors), min(h.hour), max(h.hour)
    FROM operation_hour h JOIN operation o ON o.id = h.operation WHERE h.hour >= ? AND h.hour < ? GROUP BY h.operation`;
  const rows = db.prepare(sql).raw().all(...boundsOf(span)) as OperationSums[];
  return new Map(rows.map((row) => [operationKey(row[0], row[1], row[2], row[3], describe(row[1], row[3]).name), row]));
}

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const earlier = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Instants of the part within the span: exact where the whole lies in it, else the bounds of its hours. */
const spanOf = (whole: { readonly firstNs: bigint; readonly lastNs: bigint }, firstHour: number, lastHour: number): { firstNs: bigint; lastNs: bigint } => ({
  firstNs: later(whole.firstNs, hourNs(firstHour)),
  lastNs: earlier(whole.lastNs, hourNs(lastHour + 1) - 1n),
});

export function readWindow(db: Connection, describe: DescribeOperation, span: HourSpan): WindowedObservations {
  const all = readObservations(db, describe);
  const sums = sumConversations(db, span);
  if (span.from === null && span.until === null) {
    const traffic = new Map([...sums].map(([id, { answers, hours }]) => [id, { answers, hours, isWhole: true }]));
    return { set: all, traffic, undated: { operations: 0, conversations: 0 } };
  }
  const operationSums = sumOperations(db, describe, span);
  const [from, until] = boundsOf(span);
  const isWithin = ({ firstNs, lastNs }: { readonly firstNs: bigint; readonly lastNs: bigint }): boolean => firstNs >= hourNs(from) && (span.until === null || lastNs < hourNs(until));
  const isDayWithin = ({ day }: { readonly day: number }): boolean => day * 24 + 23 >= from && day * 24 < until;
  const undated = { operations: 0, conversations: 0 };
  const traffic = new Map<number, WindowTraffic>();

  const narrowOperation = (conversation: Conversation, operation: Operation): Operation[] => {
    const own = operationSums.get(operationKey(conversation.id, operation.protocol, operation.unit ?? -1, operation.function, operation.name));
    if (own === undefined) return [];
    if (isWithin(operation)) return [operation];
    const [, , , , requests, responses, errors, firstHour, lastHour] = own;
    if (operation.ranges.length > 0) undated.operations++;
    return [{
      ...operation, requests, responses, errors, ranges: [], rangesFolded: 0, targets: [], errorCodes: [], rhythm: [], days: operation.days.filter(isDayWithin),
      ...spanOf(operation, firstHour, lastHour),
    }];
  };

  const conversations = all.conversations.flatMap((conversation): Conversation[] => {
    const own = sums.get(conversation.id);
    if (own === undefined) return [];
    const isWhole = isWithin(conversation);
    traffic.set(conversation.id, { answers: own.answers, hours: own.hours, isWhole });
    if (isWhole) return [conversation];
    // That a router refuses is told of packets that went unanswered: they are counted by the hour.
    const facts = conversation.facts.filter(({ name }) => name.startsWith('icmp.'));
    if (conversation.facts.length > facts.length) undated.conversations++;
    return [{
      ...conversation,
      packets: { toServer: own.packetsToServer, toClient: own.packetsToClient },
      bytes: { toServer: own.bytesToServer, toClient: own.bytesToClient },
      requests: own.requests,
      facts, rhythm: [], rttMs: null, days: conversation.days.filter(isDayWithin),
      operations: conversation.operations.flatMap((operation) => narrowOperation(conversation, operation)),
      ...(own.hours.length === 0 ? {} : spanOf(conversation, own.hours[0], own.hours.at(-1) ?? own.hours[0])),
    }];
  });
  const hours = all.sensor.hours.filter((hour) => hour >= from && hour < until);
  const bounds = hours.length === 0 || all.sensor.firstNs === null || all.sensor.lastNs === null
    ? { firstNs: null, lastNs: null } : spanOf({ firstNs: all.sensor.firstNs, lastNs: all.sensor.lastNs }, hours[0], hours.at(-1) ?? hours[0]);
  return { set: { ...all, conversations, sensor: { ...all.sensor, ...bounds, hours } }, traffic, undated };
}
