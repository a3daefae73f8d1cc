/**
 * What `verify --active` sent and what came back, with time and operator. In: an open store. Out: rows as they happen, each
 * in a transaction of its own: what was sent stays known, whatever comes after.
 */
import type { Connection } from './database.ts';
import { instantColumns, instantOrZero } from './read-words.ts';

export interface ProbeRun {
  readonly id: number;
  readonly operator: string;
  readonly zone: string;
  readonly spec: string;
  readonly specDigest: string;
  /** `running` of a run that ended without a word. */
  readonly state: 'running' | 'complete' | 'aborted';
  readonly reason: string;
  readonly startedNs: bigint;
}

export interface ProbeRow {
  readonly step: number;
  readonly kind: string;
  readonly host: string;
  readonly port: number;
  readonly permit: string;
  readonly toZone: string;
  readonly expected: string;
  readonly outcome: string;
  readonly detail: string;
  readonly verdict: 'pass' | 'fail' | 'not-observable';
  /** Connections opened. */
  readonly packets: number;
  readonly atNs: bigint;
  readonly elapsedUs: number;
}

export interface StoredProbe {
  readonly run: ProbeRun;
  readonly row: ProbeRow;
}

export function beginRun(db: Connection, run: Omit<ProbeRun, 'id' | 'state' | 'reason'>): number {
  const sql = "INSERT INTO probe_run (operator, zone, spec, spec_digest, state, started_ns) VALUES (?, ?, ?, ?, 'running', ?)";
  return Number(db.prepare(sql).run(run.operator, run.zone, run.spec, run.specDigest, run.startedNs).lastInsertRowid);
}

/** A later row of the same step replaces it. */
export function putProbe(db: Connection, run: number, row: ProbeRow): void {
  db.prepare('INSERT OR REPLACE INTO probe (run, step, kind, host, port, permit, to_zone, expected, outcome, detail, verdict, packets, at_ns, elapsed_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    .run(run, row.step, row.kind, row.host, row.port, row.permit, row.toZone, row.expected, row.outcome, row.detail, row.verdict, row.packets, row.atNs, row.elapsedUs);
}

export function endRun(db: Connection, run: number, state: 'complete' | 'aborted', reason: string, endedNs: bigint): void {
  db.prepare('UPDATE probe_run SET state = ?, reason = ?, ended_ns = ? WHERE id = ?').run(state, reason, endedNs, run);
}

type Row = [
  id: number, operator: string, zone: string, spec: string, digest: string, state: ProbeRun['state'], reason: string, startS: number, startN: number,
  step: number, kind: string, host: string, port: number, permit: string, toZone: string, expected: string, outcome: string, detail: string, verdict: ProbeRow['verdict'],
  packets: number, elapsedUs: number, atS: number, atN: number,
];

/** Every probe of every run, in order. */
export function readProbes(db: Connection): StoredProbe[] {
  const sql = `SELECT r.id, r.operator, r.zone, r.spec, r.spec_digest, r.state, r.reason, ${instantColumns('started')},
    p.step, p.kind, p.host, p.port, p.permit, p.to_zone, p.expected, p.outcome, p.detail, p.verdict, p.packets, p.elapsed_us, ${instantColumns('at')}
    FROM probe p JOIN probe_run r ON r.id = p.run ORDER BY p.run, p.step`;
  return (db.prepare(sql).raw().all() as Row[]).map(([id, operator, zone, spec, specDigest, state, reason, startS, startN, step, kind, host, port, permit, toZone, expected, outcome, detail, verdict, packets, elapsedUs, atS, atN]) => ({
    run: { id, operator, zone, spec, specDigest, state, reason, startedNs: instantOrZero(startS, startN) },
    row: { step, kind, host, port, permit, toZone, expected, outcome, detail, verdict, packets, atNs: instantOrZero(atS, atN), elapsedUs },
  }));
}
