/** Every row of every table of a store as text, in key order: two stores are equal when their dumps are. */
import Database from 'better-sqlite3';

export function dumpStore(path: string): string {
  const db = new Database(path, { readonly: true });
  try {
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all() as string[];
    return tables
      .map((table) => {
        const rows = db.prepare(`SELECT * FROM "${table}"`).safeIntegers().raw().all() as unknown[][];
        const lines = rows.map((row) => row.map((value) => (Buffer.isBuffer(value) ? value.toString('utf8') : String(value))).join('|'));
        return `${table}\n${lines.sort().join('\n')}`;
      })
      .join('\n\n');
  } finally {
    db.close();
  }
}
