/**
 * Sums of logged attempts: who asked whom for what through which rule, with which verdict, how often, by hour. In: attempts
 * one by one, and the keys that the store holds already. Out: rows that changed since they were last taken. Bounded: beyond
 * a number of targets of one client under one rule, and beyond a number of rows, what is new is folded and counted.
 */
import type { Attempt } from '../source/firewall-log/log-reader.ts';
import { utf8Of } from '../source/lines.ts';

/** Targets that one client may have under one rule and verdict before further ones are folded into one row. */
const MOST_TARGETS = 512;
/** Rows of a store: about 100 MB of memory. */
const MOST_ROWS = 200_000;
/** Sums stay exact integers. */
const MOST = Number.MAX_SAFE_INTEGER;

export type AttemptKey = Pick<
  Attempt,
  'format' | 'device' | 'rule' | 'verdict' | 'inspected' | 'opening' | 'client' | 'server' | 'transport' | 'port' | 'application' | 'unit' | 'functionCode'
>;

/** Counts are what came since the row was last taken. */
export interface AttemptRow {
  readonly key: AttemptKey;
  count: number;
  firstSeconds: number;
  firstNanos: number;
  lastSeconds: number;
  lastNanos: number;
  /** Hour since 1970, -1 without a time, and its count. */
  readonly hours: Map<number, number>;
}

export interface AttemptTable {
  add(attempt: Readonly<Attempt>): void;
  /** Rows with a count, in the order in which they were first seen; they are empty afterwards. */
  take(): AttemptRow[];
  /** Attempts folded since the last time. */
  takeFolded(): number;
}

export interface AttemptLimits {
  readonly targets: number;
  readonly rows: number;
}

const SECONDS_PER_HOUR = 3600;
const LONGEST_TEXT = 256;

const kept = (text: string): string => utf8Of(text.slice(0, LONGEST_TEXT));

/** What is kept may not hang on to the block that it was cut from. */
const keptKey = ({ format, verdict, inspected, opening, port, unit, functionCode, ...texts }: AttemptKey): AttemptKey => ({
  format, verdict, inspected, opening, port, unit, functionCode, transport: kept(texts.transport), device: kept(texts.device), rule: kept(texts.rule),
  client: kept(texts.client), server: kept(texts.server), application: kept(texts.application),
});

const groupText = (k: AttemptKey): string => `${k.format}\t${k.device}\t${k.rule}\t${k.verdict}\t${k.client}`;
const keyText = (k: AttemptKey): string =>
  `${k.format}\t${k.device}\t${k.rule}\t${k.verdict}\t${k.inspected ? 1 : 0}${k.opening ? 1 : 0}\t${k.client}\t${k.server}\t${k.transport}\t${k.port}\t${k.application}\t${k.unit}\t${k.functionCode}`;

export function createAttemptTable(known: Iterable<AttemptKey>, limits: AttemptLimits = { targets: MOST_TARGETS, rows: MOST_ROWS }): AttemptTable {
  const rows = new Map<string, AttemptRow>();
  const targets = new Map<string, number>();
  let changed: AttemptRow[] = [];
  let folded = 0;

  const insert = (key: AttemptKey, text: string): AttemptRow => {
    const row: AttemptRow = { key, count: 0, firstSeconds: NaN, firstNanos: 0, lastSeconds: NaN, lastNanos: 0, hours: new Map() };
    rows.set(text, row);
    const group = groupText(key);
    targets.set(group, (targets.get(group) ?? 0) + 1);
    return row;
  };

  const isFull = (key: AttemptKey): boolean => rows.size >= limits.rows || (targets.get(groupText(key)) ?? 0) >= limits.targets;

  /** The row for a new key: its own, or the one that it is folded into. */
  const make = (key: AttemptKey, count: number): AttemptRow => {
    const own = rows.get(keyText(key));
    if (own !== undefined) return own;
    if (!isFull(key)) return insert(key, keyText(key));
    folded = Math.min(MOST, folded + count);
    const whole: AttemptKey = { ...key, inspected: false, opening: true, server: '', transport: 'any', port: 0, application: '', unit: -1, functionCode: -1 };
    const into = rows.size >= limits.rows ? { ...whole, client: '', rule: '' } : whole;
    return rows.get(keyText(into)) ?? insert(into, keyText(into));
  };

  for (const key of known) insert(key, keyText(key));

  return {
    add(attempt) {
      const row = rows.get(keyText(attempt)) ?? make(keptKey(attempt), attempt.count);
      if (row.count === 0) changed.push(row);
      row.count = Math.min(MOST, row.count + attempt.count);
      const { seconds, nanos } = attempt;
      const hour = Number.isNaN(seconds) ? -1 : Math.floor(seconds / SECONDS_PER_HOUR);
      row.hours.set(hour, Math.min(MOST, (row.hours.get(hour) ?? 0) + attempt.count));
      if (Number.isNaN(seconds)) return;
      if (Number.isNaN(row.firstSeconds) || seconds < row.firstSeconds || (seconds === row.firstSeconds && nanos < row.firstNanos)) {
        row.firstSeconds = seconds;
        row.firstNanos = nanos;
      }
      if (Number.isNaN(row.lastSeconds) || seconds > row.lastSeconds || (seconds === row.lastSeconds && nanos > row.lastNanos)) {
        row.lastSeconds = seconds;
        row.lastNanos = nanos;
      }
    },
    take() {
      const taken = changed.map((row) => ({ ...row, hours: new Map(row.hours) }));
      for (const row of changed) {
        row.count = 0;
        row.firstSeconds = NaN;
        row.lastSeconds = NaN;
        row.hours.clear();
      }
      changed = [];
      return taken;
    },
    takeFolded() {
      const sum = folded;
      folded = 0;
      return sum;
    },
  };
}
