/**
 * Whole tables by columns: SQLite hands each column over as one JSON list. A row as an array of 17 values costs 3.5 us at the
 * border between SQLite and JavaScript, as part of such lists 1.5 us. In: an open store. Out: lists of equal length, one a
 * column, some ten thousand owners at a time, so that no list grows with the store.
 */
import type { Connection } from './database.ts';
import { requireEvidenceFits } from './memory-limit.ts';
import { parseStored } from './store-errors.ts';

export type Value = number | string | null;

/** The lists of each column, typed by a row. */
export type Columns<V extends readonly Value[]> = { readonly [K in keyof V]: readonly V[K][] };

export interface ColumnQuery {
  readonly table: string;
  /** Names or expressions; the first is the owner: an integer at the head of a key of the table. */
  readonly columns: readonly [owner: string, ...others: string[]];
  /** Of the rows of one owner. */
  readonly order?: string;
  readonly where?: string;
}

const OWNERS = 65_536;

/** Owners ascending. */
export function* readColumns<V extends readonly Value[]>(db: Connection, { table, columns, order, where }: ColumnQuery): Generator<Columns<V>> {
  const [owner] = columns;
  const [least, most] = db.prepare(`SELECT (SELECT min(${owner}) FROM ${table}), (SELECT max(${owner}) FROM ${table})`).raw().get() as [number | null, number | null];
  if (least === null || most === null) return;
  const lists = db
    .prepare(`SELECT ${columns.map((column) => `json_group_array(${column})`).join(', ')} FROM (SELECT * FROM ${table}
      WHERE ${owner} >= ? AND ${owner} < ?${where === undefined ? '' : ` AND ${where}`} ORDER BY ${owner}${order === undefined ? '' : `, ${order}`})`)
    .raw();
  for (let from = least; from <= most; from += OWNERS) {
    requireEvidenceFits();
    yield (lists.get(from, from + OWNERS) as string[]).map((list) => parseStored(list) as Value[]) as unknown as Columns<V>;
  }
}

/** The rows of a child table as lists by their owner. */
export function gather<V extends readonly Value[], T>(db: Connection, query: ColumnQuery, make: (columns: Columns<V>, row: number) => T): Map<number, T[]> {
  const byOwner = new Map<number, T[]>();
  for (const lists of readColumns<V>(db, query)) {
    const owners = lists[0] as readonly number[];
    let own: T[] = [];
    for (let row = 0; row < owners.length; row++) {
      if (row === 0 || owners[row] !== owners[row - 1]) byOwner.set(owners[row], (own = []));
      own.push(make(lists, row));
    }
  }
  return byOwner;
}
