import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import { describeOperation } from '../../src/decode/app/registry.ts';
import { createAttemptTable } from '../../src/flow/attempt-table.ts';
import type { LoggedAttempt } from '../../src/observation.ts';
import { openForReading, openForWriting, readFromStore } from '../../src/store/database.ts';
import { readAttempts, readLogStatus, type LogStatus } from '../../src/store/firewall-logs.ts';
import { MIGRATIONS } from '../../src/store/schema.ts';
import { beginImport, importCapture, type ImportOutcome } from '../../src/store/import-capture.ts';
import { readStatus } from '../../src/store/read-status.ts';
import { folderOfTest } from '../folder.ts';

let folder: string;
let db: string;

beforeEach(() => {
  folder = folderOfTest();
  db = join(folder, 'plant.db');
});

const line = (n: number, server = '10.0.0.2', port = 502): string =>
  `2026-03-02T${String(6 + Math.floor(n / 3600)).padStart(2, '0')}:${String(Math.floor(n / 60) % 60).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}Z FW1 : %ASA-4-106023: Deny tcp src a:10.0.0.1/${40_000 + (n % 9)} dst b:${server}/${port} by access-group "acl" [0x1, 0x0]\n`;

async function take(path: string, options: { force?: boolean; stopAfter?: number } = {}): Promise<ImportOutcome> {
  const store = openForWriting(db);
  const stop = new AbortController();
  let seen = 0;
  try {
    return await importCapture(beginImport(store), path, {
      force: options.force === true,
      signal: stop.signal,
      progress: () => {
        if (++seen === options.stopAfter) stop.abort();
      },
    });
  } finally {
    store.close();
  }
}

const attempts = (path = db): LoggedAttempt[] => readFromStore(path, (own) => readAttempts(own, describeOperation));
const logs = (): LogStatus => readFromStore(db, readLogStatus);
const total = (list: readonly LoggedAttempt[]): number => list.reduce((sum, one) => sum + one.count, 0);

test('the same log is a no-op, a grown one goes on, a packed one is known, and packets stay as they are', async () => {
  const path = join(folder, 'fw.log');
  writeFileSync(path, line(0) + line(1) + line(3600));
  expect(await take(path)).toMatchObject({ status: 'imported', packets: 0, log: { lines: 3, entries: 3, unread: 0 } });
  expect(await take(path)).toMatchObject({ status: 'already', log: { lines: 0 } });
  appendFileSync(path, `${line(7200)}2026-03-02T09:00:00Z FW1 : %ASA-4-1060`);
  expect(await take(path)).toMatchObject({ status: 'continued', reason: expect.stringContaining('no end yet'), log: { lines: 1, entries: 1 } });
  appendFileSync(path, line(0).slice(line(0).indexOf('23: Deny')));
  expect(await take(path)).toMatchObject({ status: 'continued', log: { lines: 1, entries: 1 } });
  const packed = join(folder, 'fw.log.1.gz');
  writeFileSync(packed, gzipSync(readFileSync(path)));
  expect(await take(packed)).toMatchObject({ status: 'already' });
  const [only, ...others] = attempts();
  expect(others).toEqual([]);
  expect(only).toMatchObject({ device: 'FW1', rule: 'acl 0x1', verdict: 'blocked', client: '10.0.0.1', server: '10.0.0.2', port: 502, count: 5 });
  expect(only?.hours.map(({ count }) => count)).toEqual([2, 1, 1, 1]);
  expect(only?.lastNs).toBe(BigInt(Date.UTC(2026, 2, 2, 9)) * 1_000_000n);
  expect(logs()).toMatchObject({ logs: [{ lines: 5, entries: 5, state: 'complete' }], verdicts: { passed: 0, 'would-block': 0, blocked: 5 } });
  expect(readFromStore(db, readStatus).totals).toEqual({ packets: 0, bytes: 0, conversations: 0, addresses: 0, operations: 0 });
  expect(await take(path, { force: true })).toMatchObject({ status: 'imported' });
  expect(total(attempts())).toBe(10);
});

test('stopped in the middle and gone on, it gives what one run gives', async () => {
  const path = join(folder, 'long.log');
  // Several reads of the file, so that there is a middle.
  writeFileSync(path, Array.from({ length: 90_000 }, (_, n) => line(n % 36_000, `10.0.${n % 7}.2`, 500 + (n % 5))).join(''));
  expect((await take(path, { stopAfter: 1 })).status).toBe('interrupted');
  const part = total(attempts());
  expect(part).toBeGreaterThan(0);
  expect(part).toBeLessThan(90_000);
  expect((await take(path)).status).toBe('continued');
  const resumed = attempts();
  expect(total(resumed)).toBe(90_000);
  db = join(folder, 'once.db');
  await take(path);
  expect(attempts()).toEqual(resumed);
});

test('what cannot be read is counted by reason and shown with its line; damage keeps what came before', async () => {
  const path = join(folder, 'hostile.log');
  writeFileSync(path, `${line(0)}${'x'.repeat(700_000)}\n${line(1)}FW\0${'\0'.repeat(5000)}\n${'y'.repeat(300_000)}\n${line(2).replace('10.0.0.2', 'plc-7')}${line(3)}`);
  expect(await take(path)).toMatchObject({ status: 'imported', log: { lines: 7, entries: 3, unread: 4 } });
  const [log] = logs().logs;
  expect(log?.counters).toEqual({ 'unread.binary': 1, 'unread.name-for-address': 1, 'unread.too-long': 2 });
  expect(log?.samples.map(({ line: at, name }) => `${at} ${name}`)).toEqual(['2 unread.too-long', '4 unread.binary', '5 unread.too-long', '6 unread.name-for-address']);
  const cut = join(folder, 'cut.log.gz');
  const whole = gzipSync(Array.from({ length: 2000 }, (_, n) => line(n, '10.9.9.9')).join(''));
  writeFileSync(cut, whole.subarray(0, whole.length - 2000));
  const outcome = await take(cut);
  expect(outcome.status).toBe('damaged');
  expect(outcome.log?.entries).toBeGreaterThan(0);
});

test('a scan by one client, and a flood of clients, are folded: counted, not kept one by one', () => {
  const table = createAttemptTable([], { targets: 3, rows: 6 });
  const base = { format: 'cisco-asa', device: 'FW1', rule: 'acl', verdict: 'blocked', inspected: false, opening: true, transport: 'tcp', application: '', unit: -1, functionCode: -1, count: 2, seconds: 0, nanos: 0 } as const;
  for (let n = 0; n < 10; n++) table.add({ ...base, client: '10.0.0.1', server: `10.0.1.${n}`, port: 22 });
  for (let n = 0; n < 10; n++) table.add({ ...base, client: `10.0.2.${n}`, server: '10.0.1.1', port: 22 });
  const rows = table.take();
  expect(rows.map(({ key, count }) => `${key.client}>${key.server} ${count}`)).toEqual([
    '10.0.0.1>10.0.1.0 2', '10.0.0.1>10.0.1.1 2', '10.0.0.1>10.0.1.2 2', '10.0.0.1> 14', '10.0.2.0>10.0.1.1 2', '10.0.2.1>10.0.1.1 2', '> 16',
  ]);
  expect(table.takeFolded()).toBe(30);
  expect(table.take()).toEqual([]);
});

test('a store of each earlier version is brought up, with what it held', async () => {
  for (let version = 1; version < MIGRATIONS.length; version++) {
    rmSync(db, { force: true });
    writeFileSync(db, gunzipSync(readFileSync(new URL(`fixtures/version-${version}.db.gz`, import.meta.url))));
    const before = openForReading(db, { migrations: MIGRATIONS.slice(0, version) });
    const packets = before.db.prepare('SELECT coalesce(sum(frames), 0) FROM capture').pluck().get();
    before.close();
    const path = join(folder, `fw-${version}.log`);
    writeFileSync(path, line(0));
    expect((await take(path)).status).toBe('imported');
    expect(readFromStore(db, readStatus)).toMatchObject({ totals: { packets } });
    expect(total(attempts())).toBe(1);
    expect(readFileSync(`${db}.v${version}.bak`).readUInt32BE(60)).toBe(version);
  }
});
