/**
 * Too little memory (`--max-old-space-size`). Where the watch sees it coming: one line and what to do, exit 4, and all that was
 * read is in the store. Where V8 ends the process itself, in the midst of an import: the store opens and is sound. After both
 * the same command goes on, with memory, to the rows of an import that had it from the start.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, expect, test } from 'vitest';
import { pcap, type CapturedFrame } from '../../samples/gen/capture-file.ts';
import { ethernet, ETHERTYPE, TCP_FLAG, tcpPacket } from '../../samples/gen/frames.ts';
import { modbusAdu, readRegisters } from '../../samples/gen/modbus-pdu.ts';
import { testFolder } from '../folder.ts';
import { storedTotals } from '../fuzz/memory-store.ts';
import { SAMPLES } from '../places.ts';
import { runProcess, type Ran } from './command-line.ts';

const folder = testFolder();
const first = join(SAMPLES, 'traps/pipelined.pcap');
const many = join(folder, 'many.pcap');
const blind = join(folder, 'blind.cjs');
const whole = join(folder, 'whole.db');

const run = (args: readonly string[], options = ''): Ran => runProcess([...args, '--quiet'], options === '' ? {} : { shellBefore: `export NODE_OPTIONS='${options}'` });

const SESSIONS = 64_000;
const PORTION = 1000;
const FILE_HEAD = 24;

/** Modbus sessions of as many clients that are all open at the end: what a decoder must remember. */
function manySessions(): Uint8Array {
  const { request, response } = readRegisters(3, 100, 10, 1);
  const framesOf = (number: number): CapturedFrame[] => {
    const [hmi, plc] = [`10.1.${number >> 8}.${number & 255}`, '10.2.0.1'];
    const timeNs = 1_773_500_000_000_000_000n + BigInt(number) * 1_000_000n;
    const segment = (from: string, to: string, fromPort: number, toPort: number, sequence: number, acknowledge: number, payload: Uint8Array): Uint8Array =>
      ethernet('02:00:00:00:00:20', '02:00:00:00:00:10', ETHERTYPE.ipv4, tcpPacket({ from, to, id: number, ttl: 64 }, { fromPort, toPort, sequence, acknowledge, flags: TCP_FLAG.psh | TCP_FLAG.ack }, payload));
    const [asked, answered] = [modbusAdu(1, 1, request), modbusAdu(1, 1, response)];
    return [
      { timeNs, interfaceId: 0, bytes: segment(hmi, plc, 40_000, 502, 1, 1, asked) },
      { timeNs: timeNs + 500_000n, interfaceId: 0, bytes: segment(plc, hmi, 502, 40_000, 1, 1 + asked.length, answered) },
    ];
  };
  const portions = Array.from({ length: SESSIONS / PORTION }, (_, i) =>
    pcap({ isLittle: true, isNanosecond: false, snapLength: 65_535, linkType: 1 }, Array.from({ length: PORTION }, (_one, j) => framesOf(i * PORTION + j)).flat()));
  return Buffer.concat(portions.map((portion, i) => (i === 0 ? portion : portion.subarray(FILE_HEAD))));
}

beforeAll(() => {
  writeFileSync(many, manySessions());
  // The watch is told that nothing is used yet: then V8's own limit is met.
  writeFileSync(blind, "const v8 = require('node:v8'); const real = v8.getHeapStatistics; v8.getHeapStatistics = () => ({ ...real(), used_heap_size: 0 });\n");
  for (const capture of [first, many]) expect(run(['import', capture, '--db', whole])).toMatchObject({ code: 0, err: '' });
});

const TOLD = /^baseline: there is not enough memory for the sessions that \S+ holds open at octet (\d+) \(node grants \d+ MiB\)\n {2}Grant more: NODE_OPTIONS=--max-old-space-size=\d+ [^\n]+\n$/;

/** Every row but its change number, which counts the checkpoints; as a digest, for no test shows a difference of megabytes. */
function rowsOf(path: string): string {
  const db = new Database(path, { readonly: true });
  try {
    const hash = createHash('sha256');
    for (const table of ['address', 'conversation', 'conversation_hour', 'operation', 'operation_hour', 'operation_range', 'sensor_hour']) {
      const columns = (db.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name).filter((name) => name !== 'rev');
      expect(columns.length).toBeGreaterThan(1);
      for (const row of db.prepare(`SELECT ${columns.join(', ')} FROM ${table} ORDER BY ${columns.join(', ')}`).raw().iterate() as IterableIterator<unknown[]>) hash.update(row.join('|'));
    }
    return `${hash.digest('hex')} ${JSON.stringify(storedTotals(db))}`;
  } finally {
    db.close();
  }
}

/** Goes on with memory, and is then what it would have been. */
function expectRestored(db: string): void {
  expect(run(['import', many, '--db', db])).toMatchObject({ code: 0, err: '' });
  expect(rowsOf(db)).toBe(rowsOf(whole));
}

const integrity = (db: string): unknown => {
  const store = new Database(db, { readonly: true });
  try {
    return store.pragma('integrity_check', { simple: true });
  } finally {
    store.close();
  }
};

test('an import that runs out of memory is told, and keeps what it read', () => {
  const db = join(folder, 'told.db');
  run(['import', first, '--db', db]);
  const stopped = run(['import', many, '--db', db], '--max-old-space-size=84');
  expect(stopped.err).toMatch(TOLD);
  expect(stopped.code).toBe(4);
  expect(integrity(db)).toBe('ok');
  const store = new Database(db, { readonly: true });
  const half = store.prepare('SELECT state, frames FROM capture WHERE id = 2').get() as { state: string; frames: number };
  store.close();
  expect(half.state).toBe('running');
  expect(half.frames).toBeGreaterThan(0);
  expectRestored(db);
});

test('V8 ends an import itself: nothing that was in the store is lost, and the import goes on', () => {
  const db = join(folder, 'ended.db');
  run(['import', first, '--db', db]);
  const before = rowsOf(db);
  const stopped = run(['import', many, '--db', db], `--max-old-space-size=40 --require ${blind}`);
  expect(stopped.err).toMatch(/heap/);
  expect([0, 1, 2, 3, 4, 5, 70, 130]).not.toContain(stopped.code);
  expect(integrity(db)).toBe('ok');
  expect(rowsOf(db)).toBe(before);
  expectRestored(db);
});

test('an analysis that does not fit is told before it is begun, and changes nothing', () => {
  const before = rowsOf(whole);
  expect(run(['assets', '--db', whole], '--max-old-space-size=128')).toEqual({ code: 4, out: '', err: expect.stringMatching(/^baseline: there is not enough memory for the analysis of all that is in the store \(node grants 128 MiB\)\n {2}Grant more: [^\n]+\n$/) as string });
  expect(rowsOf(whole)).toBe(before);
});
