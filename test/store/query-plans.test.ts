/**
 * How SQLite answers what the commands ask of a store: every table that grows with time is walked at most once a question,
 * in the order of its key. No index is built on the way, and no inner loop looks at a whole table.
 */
import { expect, test } from 'vitest';
import { describeOperation } from '../../src/decode/app/registry.ts';
import type { Connection } from '../../src/store/database.ts';
import { visitConversationHours, readSensorHours } from '../../src/store/read-activity.ts';
import { readFlowPage, type FlowFilter } from '../../src/store/read-flows.ts';
import { readHourlyStatus } from '../../src/store/read-status.ts';
import { readObservations, readOutline } from '../../src/store/read.ts';
import { createMemoryStore } from '../fuzz/memory-store.ts';

/** Every statement that `ask` prepares, with its plan. */
function plansOf(db: Connection, ask: (db: Connection) => unknown): { sql: string; plan: string[] }[] {
  const asked = new Set<string>();
  const spy = new Proxy(db, {
    get(target, name) {
      if (name === 'prepare') {
        return (sql: string) => {
          asked.add(sql);
          return target.prepare(sql);
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
  ask(spy);
  return [...asked].map((sql) => {
    const parameters = Array.from({ length: sql.split('?').length - 1 }, () => '[]');
    return { sql, plan: (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[]).map((step) => step.detail) };
  });
}

const page = (filter: Partial<FlowFilter>) => (db: Connection): unknown => readFlowPage(db, { sort: 'packets', limit: 100, ...filter }, describeOperation);

/** Tables with a row an hour: sorting or indexing them on the way takes longer than reading them. */
const HOURLY = ['conversation_hour', 'operation_hour'];

test.each<[string, (db: Connection) => unknown]>([
  ['status', (db) => readHourlyStatus(db, readObservations(db, describeOperation))],
  ['assets, proposals, diff', (db) => readObservations(db, describeOperation)],
  ['names', readOutline],
  ['the report', (db) => [visitConversationHours(db, () => undefined), readSensorHours(db)]],
  ['flows', page({})],
  ['flows of an address', page({ client: ['10.0.0.1'], either: [['10.0.0.0/24']] })],
  ['flows of a time', page({ sinceNs: 1n, untilNs: 2n, access: ['write'] })],
])('%s: each table once, by its key', (_name, ask) => {
  const store = createMemoryStore();
  try {
    const plans = plansOf(store.db, ask);
    expect(plans.length).toBeGreaterThan(0);
    for (const { sql, plan } of plans) {
      expect(plan.filter((step) => step.includes('AUTOMATIC')), sql).toEqual([]);
      const scans = plan.filter((step) => /^SCAN (?!\(subquery|json_each|wanted)/.test(step));
      expect(scans.length, `${sql}\n${plan.join('\n')}`).toBeLessThanOrEqual(1);
      if (HOURLY.some((table) => sql.includes(table))) expect(plan.filter((step) => step.includes('TEMP B-TREE FOR GROUP BY') || step.includes('TEMP B-TREE FOR ORDER BY')), sql).toEqual([]);
    }
  } finally {
    store.close();
  }
});
