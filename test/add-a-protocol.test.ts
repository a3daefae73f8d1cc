/** The toy protocol of docs/add-a-protocol.md is real code: it is taken from the page, loaded, and held to the contract. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { PROBE, TO_SERVER } from '../src/decode/app/protocol.ts';
import type { ProtocolSink, StreamProtocol } from '../src/decode/app/protocol.ts';
import { PROJECT } from './places.ts';
import { testFolder } from './folder.ts';

const folder = testFolder();
let toy: StreamProtocol;

beforeAll(async () => {
  const page = readFileSync(join(PROJECT, 'docs/add-a-protocol.md'), 'utf8');
  const code = /```ts\n(.*?)```/s.exec(page)![1];
  const absolute = code
    .replace("'./protocol.ts'", JSON.stringify(pathToFileURL(join(PROJECT, 'src/decode/app/protocol.ts')).href))
    .replace("'../../observation.ts'", JSON.stringify(pathToFileURL(join(PROJECT, 'src/observation.ts')).href));
  writeFileSync(join(folder, 'cooltherm.ts'), absolute);
  toy = ((await import(join(folder, 'cooltherm.ts'))) as { coolTherm: StreamProtocol }).coolTherm;
});

const recorder = (): { calls: unknown[][]; sink: ProtocolSink } => {
  const calls: unknown[][] = [];
  const note = (name: string) => (...args: unknown[]): void => void calls.push([name, ...args]);
  const sink: ProtocolSink = {
    operation: note('operation'), range: note('range'), answeredRange: note('answeredRange'), target: note('target'), fact: note('fact'), serverFact: note('serverFact'),
    clientFact: note('clientFact'), asksAt: note('asksAt'), serverIs: (sender) => (calls.push(['serverIs', sender]), sender), malformed: note('malformed'), isCut: false, beyondCut: note('beyondCut'), memory: () => ({}),
  };
  return { calls, sink };
};

const readAll = (bytes: Uint8Array): { end: number; calls: unknown[][] } => {
  const { calls, sink } = recorder();
  return { end: toy.read(bytes, new DataView(bytes.buffer), 0, bytes.length, TO_SERVER, toy.newMemory(), sink), calls };
};

const QUESTION = [0x43, 1, 3, 1, 4, 2];
const REFUSAL = [0x43, 3, 2, 2, 9];

test('a question and a refusal in one segment, and the beginning of the next message', () => {
  const { end, calls } = readAll(Uint8Array.from([...QUESTION, ...REFUSAL, 0x43, 1]));
  expect(end).toBe(QUESTION.length + REFUSAL.length);
  expect(calls).toEqual([['serverIs', false], ['operation', -1, 1, 0, 0], ['range', 0, 4, 5], ['serverIs', true], ['operation', -1, 2, 2, 9]]);
});

test('every shorter prefix of a question waits for the rest', () => {
  for (let length = 1; length < QUESTION.length; length++) expect(readAll(Uint8Array.from(QUESTION.slice(0, length)))).toEqual({ end: 0, calls: [] });
});

test('another protocol is not ours', () => {
  const http = new TextEncoder().encode('GET / HTTP/1.1');
  expect(toy.probe(http, 0, http.length, TO_SERVER, 7070)).toBe(PROBE.notForUs);
  expect(readAll(http).end).toBe(-1);
});

test('any bytes: no exception, no step backwards', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
    const { end } = readAll(bytes.slice());
    expect(end).toBeGreaterThanOrEqual(-1);
    expect(end).toBeLessThanOrEqual(bytes.length);
  }));
});
