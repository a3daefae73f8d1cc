/**
 * Hours: what each conversation did in each hour, and what the sensor did. In: an open store. Out: rows handed on one at
 * a time, in key order; weeks of a large plant are millions of them, so nothing is gathered here.
 * Left out on purpose: the hour -1 (frames without a time), which belongs to no place on a time axis.
 */
import type { Connection } from './database.ts';

export type VisitHour = (conversation: number, hour: number, packets: number) => void;

/** Packets both ways by conversation and hour since 1970. */
export function visitConversationHours(db: Connection, visit: VisitHour): void {
  const sql = `SELECT conversation, hour, packets_to_server + packets_to_client FROM conversation_hour
    WHERE hour >= 0 ORDER BY conversation, hour`;
  for (const [conversation, hour, packets] of db.prepare(sql).raw().iterate() as IterableIterator<[number, number, number]>) {
    visit(conversation, hour, packets);
  }
}

export interface SensorHour {
  readonly hour: number;
  readonly packets: number;
  readonly lostSegments: number;
  readonly duplicates: number;
}

/** Hours in which the sensor heard anything, ascending. */
export function readSensorHours(db: Connection): SensorHour[] {
  const sql = 'SELECT hour, packets, lost_segments, duplicates FROM sensor_hour WHERE hour >= 0 AND packets > 0 ORDER BY hour';
  return (db.prepare(sql).raw().all() as [number, number, number, number][]).map(([hour, packets, lostSegments, duplicates]) => ({
    hour, packets, lostSegments, duplicates,
  }));
}
