/** Days as the store keeps them: what a flush writes is what the hours say, in one flush or in many, and what analysis reads. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/database.ts';
import { createDaysReader, daysByOwner, daysText, mergedDays } from '../../src/store/days-text.ts';
import { SUM_UP_DAYS } from '../../src/store/schema.ts';
import { createMemoryStore } from '../fuzz/memory-store.ts';

const DAY = 20_000;
const at = (day: number, hour: number): number => (DAY + day) * 24 + hour;

/** Few days and hours, so that runs meet, part and join. */
const hours = fc.uniqueArray(fc.oneof(fc.constant(-1), fc.tuple(fc.nat(8), fc.constantFrom(0, 6, 23)).map(([day, hour]) => at(day, hour)), fc.nat(2 ** 31)), { maxLength: 40 });

describe('days as text', () => {
  test('are runs of days with the same hours; a frame without a time is on none', () => {
    expect(daysText([])).toBe('');
    expect(daysText([-1])).toBe('');
    expect(daysText([at(2, 6), at(0, 6), at(1, 6), -1])).toBe(`[${DAY},3,64]`);
    expect(daysText([at(0, 0), at(1, 0), at(1, 23), at(2, 0), at(4, 0)])).toBe(`[${DAY},1,1,${DAY + 1},1,${1 + 2 ** 23},${DAY + 2},1,1,${DAY + 4},1,1]`);
  });

  test('another hour within a run parts it, and joins it again when the others have it too', () => {
    const held = daysText([0, 1, 2].map((day) => at(day, 6)));
    const parted = mergedDays(held, daysText([at(1, 7)]));
    expect(parted).toBe(`[${DAY},1,64,${DAY + 1},1,192,${DAY + 2},1,64]`);
    expect(mergedDays(mergedDays(parted, daysText([at(0, 7)])), daysText([at(2, 7)]))).toBe(`[${DAY},3,192]`);
  });

  test('are read as days with the bits of their hours, equal texts as one list', () => {
    const read = createDaysReader();
    expect(read('')).toEqual([]);
    expect(read('[20000,2,64,20004,1,3]')).toEqual([{ day: 20_000, hours: 64 }, { day: 20_001, hours: 64 }, { day: 20_004, hours: 3 }]);
    expect(read(`[${20_000},2,64,20004,1,3]`)).toBe(read('[20000,2,64,20004,1,3]'));
  });

  test('of several flushes are those of one', () => {
    fc.assert(fc.property(fc.array(hours, { maxLength: 4 }), (flushes) => {
      expect(flushes.map(daysText).reduce(mergedDays, '')).toBe(daysText([...new Set(flushes.flat())]));
    }));
  });

  test('of each owner, whatever the order of the rows', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(100)), { maxLength: 60 }), (rows) => {
      const daysOf = daysByOwner(4, rows.length, (row) => rows[row][0], (row) => rows[row][1]);
      for (let owner = 0; owner < 4; owner++) expect(daysOf(owner)).toBe(daysText(rows.filter(([own]) => own === owner).map(([, hour]) => hour)));
    }));
  });
});

describe('days summed up by SQL', () => {
  let store: Store;
  beforeAll(() => void (store = createMemoryStore()));
  afterAll(() => store.close());

  test('are the same texts', () => {
    fc.assert(fc.property(fc.array(hours, { minLength: 1, maxLength: 4 }), (owners) => {
      store.db.exec('DELETE FROM conversation; DELETE FROM conversation_hour');
      owners.forEach((own, i) => {
        store.db.prepare(`INSERT INTO conversation (id, client, server, transport, port, service, service_by, direction_by, packets_to_server, packets_to_client,
          bytes_to_server, bytes_to_client, sessions, answered, requests, rev, days) VALUES (?, ?, 1, 6, 1, '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'old')`).run(i + 1, i + 2);
        const row = store.db.prepare('INSERT INTO conversation_hour (conversation, hour, packets_to_server, packets_to_client, bytes_to_server, bytes_to_client, requests, rev) VALUES (?, ?, 1, 0, 1, 0, 0, 1)');
        for (const hour of own) row.run(i + 1, hour);
      });
      store.db.exec(SUM_UP_DAYS);
      expect(store.db.prepare('SELECT days FROM conversation ORDER BY id').pluck().all()).toEqual(owners.map(daysText));
    }), { numRuns: 60 });
  });
});
