/**
 * Sensor truth by hour: what was lost, seen twice, heard one way, or not listened to. In: an open store. Out: one record
 * an hour, ascending; and which hours were heard too badly to count as heard.
 */
import type { Conversation, Day } from '../observation.ts';
import type { Connection } from './database.ts';
import { parseStored } from './store-errors.ts';

export interface SensorTruthHour {
  /** Since 1970. */
  readonly hour: number;
  readonly packets: number;
  readonly bytes: number;
  readonly lostSegments: number;
  readonly duplicates: number;
  readonly kernelDropped: number;
  readonly interfaceDropped: number;
  readonly notAnalysed: number;
  /** Milliseconds, over all interfaces of a capture together. 0 in all of them where the packets come from files. */
  readonly listenedMs: number;
  readonly awayMs: number;
  readonly downMs: number;
  readonly silentMs: number;
  readonly killedMs: number;
  readonly clockSteps: number;
  /** Of which frames were seen, ascending. */
  readonly vlans: readonly number[];
}

const COUNTED = {
  'kernel-dropped': 'kernelDropped',
  'interface-dropped': 'interfaceDropped',
  'not-analysed': 'notAnalysed',
  'listened-ms': 'listenedMs',
  'away-ms': 'awayMs',
  'down-ms': 'downMs',
  'silent-ms': 'silentMs',
  'killed-ms': 'killedMs',
  'clock-step': 'clockSteps',
} as const;

type Counted = (typeof COUNTED)[keyof typeof COUNTED];
type Draft = { -readonly [K in keyof Omit<SensorTruthHour, 'vlans'>]: number } & { vlans: number[] };

export function readSensorTruth(db: Connection): SensorTruthHour[] {
  const hours = new Map<number, Draft>();
  const at = (hour: number): Draft => {
    let draft = hours.get(hour);
    if (draft === undefined) {
      const counted = Object.fromEntries(Object.values(COUNTED).map((name) => [name, 0])) as Record<Counted, number>;
      hours.set(hour, (draft = { hour, packets: 0, bytes: 0, lostSegments: 0, duplicates: 0, ...counted, vlans: [] }));
    }
    return draft;
  };
  const heard = db.prepare('SELECT hour, packets, bytes, lost_segments, duplicates FROM sensor_hour WHERE hour >= 0').raw();
  for (const [hour, packets, bytes, lostSegments, duplicates] of heard.iterate() as IterableIterator<[number, number, number, number, number]>) {
    Object.assign(at(hour), { packets, bytes, lostSegments, duplicates });
  }
  const counters = db.prepare('SELECT hour, name, count FROM sensor_hour_counter WHERE hour >= 0').raw();
  for (const [hour, name, count] of counters.iterate() as IterableIterator<[number, string, number]>) {
    const vlan = /^vlan\.(\d+)$/.exec(name);
    if (vlan !== null) at(hour).vlans.push(Number(vlan[1]));
    else if (Object.hasOwn(COUNTED, name)) at(hour)[COUNTED[name as keyof typeof COUNTED]] = count;
  }
  for (const { vlans } of hours.values()) vlans.sort((a, b) => a - b);
  return [...hours.values()].sort((a, b) => a.hour - b.hour);
}

/** TCP conversations of an hour, and those of which one direction alone was heard in it. */
export type OneWayHours = ReadonlyMap<number, { readonly oneWay: number; readonly all: number }>;

export function readOneWayHours(db: Connection, conversations: readonly Conversation[]): OneWayHours {
  const counts = new Map<number, { oneWay: number; all: number }>();
  const at = (hour: number): { oneWay: number; all: number } => {
    let count = counts.get(hour);
    if (count === undefined) counts.set(hour, (count = { oneWay: 0, all: 0 }));
    return count;
  };
  // Most conversations share one of a few lists of days.
  const alike = new Map<readonly Day[], number>();
  for (const { transport, days } of conversations) if (transport === 'tcp') alike.set(days, (alike.get(days) ?? 0) + 1);
  for (const [days, number] of alike) {
    for (const { day, hours = 0 } of days) for (let hour = 0; hour < 24; hour++) if ((hours >> hour) & 1) at(day * 24 + hour).all += number;
  }
  // A list a conversation, in the order of the key: by hour, SQLite would sort millions of rows.
  const lists = db
    .prepare(`SELECT json_group_array(hour) FROM conversation_hour WHERE hour >= 0 AND (packets_to_server = 0 OR packets_to_client = 0)
      AND conversation IN (SELECT id FROM conversation WHERE transport = 6) GROUP BY conversation`)
    .pluck();
  for (const list of lists.iterate() as IterableIterator<string>) for (const hour of parseStored(list) as number[]) at(hour).oneWay++;
  return counts;
}

/** Of the packets that came or should have. Zeek's capture-loss policy warns from 10 %; a rare flow is one packet in many. */
const DEAF_SHARE = 0.01;
/** Of the time in which it should have listened. */
const DEAF_TIME_SHARE = 0.1;

/** An hour in which more than 1 in 100 packets was lost, or more than a tenth of the time: what was not seen then may have been. */
export function isDeaf(hour: SensorTruthHour): boolean {
  const lost = hour.kernelDropped + hour.interfaceDropped + hour.notAnalysed + hour.lostSegments;
  const gone = hour.awayMs + hour.downMs + hour.killedMs;
  return lost > DEAF_SHARE * (hour.packets + lost) || gone > DEAF_TIME_SHARE * (hour.listenedMs + gone);
}

/** The busiest tell it as well as all, and hour rows grow with every hour that is listened. */
const MOST_WITNESSES = 200;
/** One alone that says nothing back in an hour may be idle. */
const LEAST_WITNESSES = 5;
const ONE_SIDED_SHARE = 0.9;

/**
 * Hours in which nearly all TCP conversations were heard one way only, of the busiest of those that were heard both ways at some time: a mirror
 * port that lost one direction for a week makes none of them one-way as a whole.
 * @returns hours since 1970, ascending
 */
export function readOneSidedHours(db: Connection): number[] {
  const witnesses = db
    .prepare(`SELECT id FROM conversation WHERE transport = 6 AND packets_to_server > 0 AND packets_to_client > 0
      ORDER BY packets_to_server + packets_to_client DESC, id LIMIT ${MOST_WITNESSES}`)
    .pluck()
    .all();
  const rows = db
    .prepare(`SELECT hour, packets_to_server = 0 OR packets_to_client = 0 FROM conversation_hour
      WHERE hour >= 0 AND conversation IN (SELECT value FROM json_each(?))`)
    .raw();
  const counts = new Map<number, { all: number; oneWay: number }>();
  for (const [hour, oneWay] of rows.iterate(JSON.stringify(witnesses)) as IterableIterator<[number, number]>) {
    const held = counts.get(hour) ?? { all: 0, oneWay: 0 };
    counts.set(hour, held);
    held.all++;
    held.oneWay += oneWay;
  }
  return [...counts].flatMap(([hour, { all, oneWay }]) => (all >= LEAST_WITNESSES && oneWay >= ONE_SIDED_SHARE * all ? [hour] : [])).sort((a, b) => a - b);
}
