/**
 * Firewall logs in the store: which were read and how far, what they said of attempts, what of them could not be read.
 * Tables of their own: nothing here changes a sum of packets. Writers own the transaction.
 */
import { addTo } from '../net/multi-map.ts';
import type { AttemptVerdict, HourCount, LoggedAttempt } from '../observation.ts';
import type { AttemptKey, AttemptRow } from '../flow/attempt-table.ts';
import type { ClockMemory } from '../source/firewall-log/log-clock.ts';
import type { CaptureState } from './captures.ts';
import type { Connection } from './database.ts';
import { INSTANT, widenSpan } from './instant-sql.ts';
import { instant, instantColumns, type DescribeOperation } from './read-words.ts';
import { countedMeanwhile, parseStored } from './store-errors.ts';

export interface KnownLog {
  readonly id: number;
  readonly name: string;
  readonly head: string;
  readonly digest: string;
  /** Octets of the unpacked text that `digest` covers. */
  readonly size: number;
  readonly state: CaptureState;
  readonly clock: ClockMemory;
  /** Lines in these octets. */
  readonly lines: number;
  /** The store's when its record was last written. */
  readonly revision: number;
}

const VERDICTS: readonly AttemptVerdict[] = ['passed', 'would-block', 'blocked'];

const MOST = '9007199254740991';

/** Logs of files, oldest first. */
export function listFileLogs(db: Connection): KnownLog[] {
  const rows = db.prepare("SELECT id, name, head, digest, size, state, clock, lines, rev AS revision FROM firewall_log WHERE kind = 'file' ORDER BY id").all() as (Omit<KnownLog, 'clock'> & { clock: string })[];
  return rows.map((row) => ({ ...row, clock: parseStored(row.clock) as ClockMemory }));
}

export function insertLog(db: Connection, kind: 'file' | 'stream', name: string, revision: number): number {
  return Number(
    db
      .prepare("INSERT INTO firewall_log (kind, name, head, digest, size, state, reason, clock, assumptions, lines, entries, rev) VALUES (?, ?, '', '', 0, 'running', '', '{}', '[]', 0, 0, ?)")
      .run(kind, name, revision).lastInsertRowid,
  );
}

/** As of captures (interval.ts). @param revision of the store when the log's record was written, or, where there is none (0), was looked for */
export function requireUncountedLog(db: Connection, { id, revision, name, head }: { readonly id: number; readonly revision: number; readonly name: string; readonly head: string }): void {
  const isMoved =
    id === 0
      ? db.prepare("SELECT 1 FROM firewall_log WHERE kind = 'file' AND rev > ? AND lines > 0 AND head = ?").get(revision, head)
      : db.prepare('SELECT 1 FROM firewall_log WHERE id = ? AND rev <> ?').get(id, revision);
  if (isMoved !== undefined) throw countedMeanwhile(name);
}

export interface LogProgress {
  readonly state: CaptureState;
  readonly reason: string;
  readonly head: string;
  readonly digest: string;
  readonly size: number;
  readonly clock: ClockMemory;
  readonly assumptions: readonly string[];
  /** Since the last update. */
  readonly lines: number;
  readonly entries: number;
  readonly counters: Iterable<readonly [string, number]>;
  readonly samples: Iterable<{ readonly line: number; readonly name: string; readonly text: string }>;
}

export function updateLog(db: Connection, id: number, progress: LogProgress, revision: number): void {
  const { state, reason, head, digest, size, clock, assumptions, lines, entries } = progress;
  db.prepare('UPDATE firewall_log SET state = ?, reason = ?, head = ?, digest = ?, size = ?, clock = ?, assumptions = ?, lines = lines + ?, entries = entries + ?, rev = ? WHERE id = ?').run(
    state, reason, head, digest, size, JSON.stringify(clock), JSON.stringify(assumptions), lines, entries, revision, id,
  );
  const count = db.prepare('INSERT INTO firewall_log_counter (log, name, count) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count');
  for (const [name, value] of progress.counters) if (value > 0) count.run(id, name, value);
  const sample = db.prepare('INSERT OR IGNORE INTO firewall_log_sample (log, line, name, text) VALUES (?, ?, ?, ?)');
  for (const { line, name, text } of progress.samples) sample.run(id, line, name, text);
}

/** Adds what rows hold; the log's span widens with them. */
export function writeAttempts(db: Connection, log: number, rows: readonly AttemptRow[], revision: number): void {
  const add = db
    .prepare(`INSERT INTO attempt (format, device, rule, verdict, inspected, opening, client, server, transport, port, application, unit, function, count, first_ns, last_ns, rev)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${INSTANT}, ${INSTANT}, ?)
      ON CONFLICT DO UPDATE SET count = min(${MOST}, count + excluded.count), ${widenSpan('excluded.first_ns', 'excluded.last_ns')}, rev = excluded.rev RETURNING id`)
    .pluck();
  const addHour = db.prepare(`INSERT INTO attempt_hour (attempt, hour, count, rev) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET count = min(${MOST}, count + excluded.count), rev = excluded.rev`);
  const widen = db.prepare(`UPDATE firewall_log SET ${widenSpan('t.f', 't.l')} FROM (SELECT ${INSTANT} AS f, ${INSTANT} AS l) AS t WHERE id = ?`);
  for (const { key, count, firstSeconds, firstNanos, lastSeconds, lastNanos, hours } of rows) {
    const times = Number.isNaN(firstSeconds) ? [null, null, null, null] : [firstSeconds, firstNanos, lastSeconds, lastNanos];
    const id = add.get(
      key.format, key.device, key.rule, VERDICTS.indexOf(key.verdict), key.inspected ? 1 : 0, key.opening ? 1 : 0, key.client, key.server, key.transport, key.port,
      key.application, key.unit, key.functionCode, count, ...times, revision,
    ) as number;
    for (const [hour, hits] of [...hours].sort((a, b) => a[0] - b[0])) addHour.run(id, hour, hits, revision);
    if (times[0] !== null) widen.run(...times, log);
  }
}

type AttemptColumns = [
  id: number, format: string, device: string, rule: string, verdict: number, inspected: number, opening: number, client: string, server: string, transport: string,
  port: number, application: string, unit: number, functionCode: number, count: number, firstS: number | null, firstN: number | null, lastS: number | null, lastN: number | null,
];

const COLUMNS = 'id, format, device, rule, verdict, inspected, opening, client, server, transport, port, application, unit, function, count';

const keyOf = ([, format, device, rule, verdict, inspected, opening, client, server, transport, port, application, unit, functionCode]: AttemptColumns): AttemptKey => ({
  format, device, rule, verdict: VERDICTS[verdict] ?? 'blocked', inspected: inspected === 1, opening: opening === 1, client, server, transport, port, application, unit, functionCode,
});

/** What further attempts are compared with. */
export function* readAttemptKeys(db: Connection): Generator<AttemptKey> {
  for (const row of db.prepare(`SELECT ${COLUMNS} FROM attempt ORDER BY id`).raw().iterate() as IterableIterator<AttemptColumns>) yield keyOf(row);
}

/** Every logged attempt, by id. */
export function readAttempts(db: Connection, describe: DescribeOperation): LoggedAttempt[] {
  const hours = new Map<number, HourCount[]>();
  for (const [attempt, hour, count] of db.prepare('SELECT attempt, hour, count FROM attempt_hour ORDER BY attempt, hour').raw().iterate() as IterableIterator<[number, number, number]>) {
    addTo(hours, attempt, { hour, count });
  }
  const rows = db.prepare(`SELECT ${COLUMNS}, ${instantColumns('first')}, ${instantColumns('last')} FROM attempt ORDER BY id`).raw().all() as AttemptColumns[];
  return rows.map((row): LoggedAttempt => {
    const { unit, functionCode, ...key } = keyOf(row);
    return {
      id: row[0],
      ...key,
      operation: functionCode < 0 ? null : { protocol: 'modbus', unit: unit < 0 ? null : unit, function: functionCode, ...describe('modbus', functionCode) },
      count: row[14],
      firstNs: instant(row[15], row[16]),
      lastNs: instant(row[17], row[18]),
      hours: hours.get(row[0]) ?? [],
    };
  });
}

export interface LogRecord {
  readonly id: number;
  readonly name: string;
  readonly digest: string;
  readonly state: CaptureState;
  readonly reason: string;
  readonly lines: number;
  readonly entries: number;
  readonly firstNs: bigint | null;
  readonly lastNs: bigint | null;
  readonly assumptions: readonly string[];
  readonly counters: Readonly<Record<string, number>>;
  readonly samples: readonly { readonly line: number; readonly name: string; readonly text: string }[];
}

export interface LogStatus {
  readonly logs: readonly LogRecord[];
  /** Records by verdict, over all logs. */
  readonly verdicts: Readonly<Record<AttemptVerdict, number>>;
  readonly attempts: number;
}

export function readLogStatus(db: Connection): LogStatus {
  type Row = [id: number, name: string, digest: string, state: CaptureState, reason: string, lines: number, entries: number, assumptions: string, firstS: number | null, firstN: number | null, lastS: number | null, lastN: number | null];
  const rows = db.prepare(`SELECT id, name, digest, state, reason, lines, entries, assumptions, ${instantColumns('first')}, ${instantColumns('last')} FROM firewall_log ORDER BY id`).raw().all() as Row[];
  const counters = db.prepare('SELECT name, count FROM firewall_log_counter WHERE log = ? ORDER BY name').raw();
  const samples = db.prepare('SELECT line, name, text FROM firewall_log_sample WHERE log = ? ORDER BY line');
  const verdicts = new Map(db.prepare('SELECT verdict, sum(count) FROM attempt GROUP BY verdict').raw().all() as [number, number][]);
  return {
    logs: rows.map(([id, name, digest, state, reason, lines, entries, assumptions, firstS, firstN, lastS, lastN]) => ({
      id, name, digest, state, reason, lines, entries,
      firstNs: instant(firstS, firstN),
      lastNs: instant(lastS, lastN),
      assumptions: parseStored(assumptions) as string[],
      counters: Object.fromEntries(counters.all(id) as [string, number][]),
      samples: samples.all(id) as LogRecord['samples'],
    })),
    verdicts: { passed: verdicts.get(0) ?? 0, 'would-block': verdicts.get(1) ?? 0, blocked: verdicts.get(2) ?? 0 },
    attempts: db.prepare('SELECT count(*) FROM attempt').pluck().get() as number,
  };
}
