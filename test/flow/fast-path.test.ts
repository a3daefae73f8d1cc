/**
 * The hand-inlined fast paths (locate.ts, steady.ts) equal the modular decoder and the general path of feed.ts, on random frames, on mutated real ones and on every
 * shared capture: both are fed the same bytes and must leave the same tables.
 */
import fc from 'fast-check';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { closeInterval } from '../../src/flow/decoder-state.ts';
import { feed } from '../../src/flow/feed.ts';
import type { FlowState } from '../../src/flow/flow-state.ts';
import { createRecorder } from '../../src/flow/recorder.ts';
import { createFrameBatch, type FrameBatch } from '../../src/source/frame-batch.ts';
import { openCapture } from '../../src/source/open.ts';
import { listTruths } from '../conformance/truth.ts';
import { CAPTURES } from '../places.ts';

/** Everything a state holds that reaches the store, comparable. */
function tables(state: FlowState): Record<string, unknown> {
  const { frame: _frame, streams: _streams, textIds: _ids, ...rest } = state;
  const cut = (value: unknown): unknown => {
    if (value instanceof Map) return [...value];
    if (value !== null && typeof value === 'object' && 'slots' in value) {
      const { keys, count, stride } = value as unknown as { keys: Int32Array; count: number; stride: number };
      return keys.subarray(0, count * stride);
    }
    return value;
  };
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, cut(value)]));
}

/** Equality is seen at the speed of memory; only where there is none, vitest looks for the difference, word by word. */
function expectSameTables(fast: FlowState, slow: FlowState, where = ''): void {
  const a = tables(fast);
  const b = tables(slow);
  for (const name of Object.keys(a)) if (!isDeepStrictEqual(a[name], b[name])) expect(a[name], `${where}${name}`).toEqual(b[name]);
}

/** @param piece so many frames are fed at a time */
function both(batches: (visit: (batch: FrameBatch) => void) => void, piece = Infinity): void {
  const fast = createRecorder(null);
  const slow = createRecorder(null);
  batches((batch) => {
    for (let from = 0; from < batch.count; from += piece) {
      feed(fast.state, fast.sink, batch, from, Math.min(from + piece, batch.count));
      feed(slow.state, slow.sink, batch, from, Math.min(from + piece, batch.count), true);
    }
  });
  closeInterval(fast.state, fast.sink);
  closeInterval(slow.state, slow.sink);
  expectSameTables(fast.state, slow.state);
}

/** Frames that look like traffic often enough: Ethernet, maybe a tag, IPv4 with plausible or lying fields. */
const frame = fc
  .record({
    tag: fc.boolean(),
    version: fc.constantFrom(0x45, 0x45, 0x45, 0x46, 0x55),
    total: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 200 })),
    fragment: fc.constantFrom(0, 0, 0, 0x4000, 0x2000, 0x0010),
    protocol: fc.constantFrom(6, 6, 6, 17, 17, 1, 50),
    source: fc.integer({ min: 1, max: 4 }),
    destination: fc.integer({ min: 1, max: 4 }),
    ports: fc.tuple(fc.constantFrom(502, 4840, 49152, 50000), fc.constantFrom(502, 80, 49152, 123)),
    offset: fc.constantFrom(0x50, 0x50, 0x60, 0x00, 0xf0),
    flags: fc.constantFrom(0x02, 0x12, 0x10, 0x18, 0x11, 0x04),
    sequence: fc.integer({ min: 0, max: 60 }),
    payload: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(Uint8Array.from([0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 10]))),
    udpLength: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 60 })),
    cut: fc.integer({ min: 0, max: 30 }),
    pad: fc.integer({ min: 0, max: 20 }),
  })
  .map((f) => {
    const l4 = f.protocol === 6 ? 20 : 8;
    const total = 20 + l4 + f.payload.length;
    const bytes = new Uint8Array(14 + (f.tag ? 4 : 0) + total + f.pad);
    const view = new DataView(bytes.buffer);
    bytes.set([2, 0, 0, 0, 0, f.destination, 2, 0, 0, 0, 0, f.source]);
    if (f.tag) view.setUint32(12, 0x81000014);
    const ip = f.tag ? 18 : 14;
    view.setUint16(ip - 2, 0x0800);
    view.setUint8(ip, f.version);
    view.setUint16(ip + 2, f.total < 0 ? total : f.total);
    view.setUint16(ip + 6, f.fragment);
    view.setUint8(ip + 9, f.protocol);
    view.setUint32(ip + 12, 0x0a000000 + f.source);
    view.setUint32(ip + 16, 0x0a000000 + f.destination);
    view.setUint16(ip + 20, f.ports[0]);
    view.setUint16(ip + 22, f.ports[1]);
    if (f.protocol === 6) {
      view.setUint32(ip + 24, f.sequence);
      view.setUint8(ip + 32, f.offset);
      view.setUint8(ip + 33, f.flags);
    } else view.setUint16(ip + 24, f.udpLength < 0 ? 8 + f.payload.length : f.udpLength);
    bytes.set(f.payload, ip + 20 + l4);
    return { bytes: bytes.subarray(0, Math.max(0, bytes.length - f.cut)), wire: bytes.length };
  });

function batchOf(frames: readonly { readonly bytes: Uint8Array; readonly wire: number }[]): FrameBatch {
  const batch = createFrameBatch();
  batch.linkType = 1;
  const bytes = new Uint8Array(frames.reduce((sum, one) => sum + one.bytes.length, 0));
  let at = 0;
  for (const one of frames) {
    bytes.set(one.bytes, at);
    batch.offset[batch.count] = at;
    batch.captured[batch.count] = one.bytes.length;
    batch.wire[batch.count] = one.wire;
    batch.seconds[batch.count] = 1_700_000_000 + batch.count * 7;
    batch.nanos[batch.count] = 5;
    batch.count++;
    at += one.bytes.length;
  }
  batch.bytes = bytes;
  batch.view = new DataView(bytes.buffer);
  return batch;
}

test('random frames leave the same tables by both paths', () => {
  fc.assert(fc.property(fc.array(frame, { minLength: 1, maxLength: 30 }), (frames) => both((visit) => visit(batchOf(frames)))), { numRuns: 400 });
});

const POLLS = [[1, 3, 100, 10], [1, 4, 0, 2], [2, 16, 7, 1], [1, 6, 9, 77], [1, 3, 65_530, 10], [2, 4, 50, 0], [1, 8, 0, 5], [1, 8, 4, 0]] as const;

const SESSIONS = 6;

/** A step of a poller's session: mostly the same few requests and their answers in order, now and then anything else. */
const step = fc.record({
  session: fc.integer({ min: 0, max: SESSIONS - 1 }),
  poll: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: POLLS.length - 1 }) }),
  odd: fc.constantFrom('', '', '', '', '', '', 'exception', 'repeat', 'split', 'hole', 'ack', 'fin', 'syn', 'dial', 'turned', 'turned', 'unheard', 'newcomer', 'unreachable'),
  gapMs: fc.constantFrom(1, 10, 10, 10, 11, 12, 500, 40_000, 2_000_000),
});

function dialogue(steps: readonly { session: number; poll: number; odd: string; gapMs: number }[]): FrameBatch {
  const frames: { bytes: Uint8Array; wire: number }[] = [];
  const times: number[] = [];
  const next = Array.from({ length: SESSIONS }, () => [1000, 5000]);
  let ms = 0;
  let newcomers = 0;
  /** Two sessions of each conversation: steady ones of one go before what was put off of another. */
  const server = (session: number): number => 0x0a000002 + (session >> 1);
  const CLIENT = 0x0a000001;
  const send = (session: number, side: number, flags: number, payload: readonly number[], isCounted = true): void => {
    const bytes = new Uint8Array(54 + payload.length);
    const view = new DataView(bytes.buffer);
    bytes.set([2, 0, 0, 0, 0, 1 - side, 2, 0, 0, 0, 0, side, 8, 0, 0x45]);
    view.setUint16(16, 40 + payload.length);
    view.setUint8(23, 6);
    view.setUint32(26, side === 0 ? CLIENT : server(session));
    view.setUint32(30, side === 0 ? server(session) : CLIENT);
    view.setUint16(34, side === 0 ? 50_000 + session : 502);
    view.setUint16(36, side === 0 ? 502 : 50_000 + session);
    view.setUint32(38, next[session][side]);
    view.setUint32(42, next[session][1 - side]);
    view.setUint16(46, 0x5000 | flags);
    bytes.set(payload, 54);
    if (isCounted) next[session][side] += payload.length;
    frames.push({ bytes, wire: bytes.length });
    times.push(ms);
  };
  /** A datagram between ports that were not seen before, or the error of a router about a session's segment. */
  const sendAside = (protocol: number, payload: readonly number[]): void => {
    const bytes = Uint8Array.from([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0, 0, 20 + payload.length, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 9, 10, 0, 0, 1, ...payload]);
    frames.push({ bytes, wire: bytes.length });
    times.push(ms);
  };
  for (const { session, poll, odd, gapMs } of steps) {
    ms += gapMs;
    if (odd === 'dial') {
      send(session, 0, 0x02, []);
      next[session][0]++;
      continue;
    }
    const [unit, code, address, value] = POLLS[poll];
    const head = (octets: number): number[] => [0, poll, 0, 0, 0, octets + 1, unit];
    const pdu = [code, address >> 8, address & 255, value >> 8, value & 255, ...(code === 16 ? [2, 0, 1] : [])];
    const request = [...head(pdu.length), ...pdu];
    const answer = odd === 'exception' ? [...head(2), code | 0x80, 2] : code < 5 ? [...head(4), code, 2, 0, 1] : [...head(5), ...pdu.slice(0, 5)];
    if (odd === 'hole') next[session][0] += 12;
    const asker = odd === 'turned' ? 1 : 0;
    if (odd !== 'unheard') send(session, asker, 0x18, request, odd !== 'repeat');
    if (odd === 'repeat') send(session, 0, 0x18, request);
    if (odd === 'ack') send(session, 1, 0x10, []);
    ms += 3;
    if (odd === 'split') send(session, 1, 0x18, answer.slice(0, 5));
    send(session, 1 - asker, 0x18, odd === 'split' ? answer.slice(5) : answer);
    if (odd === 'fin') send(session, 0, 0x11, []);
    if (odd === 'syn') send(session, 0, 0x02, []);
    if (odd === 'newcomer') sendAside(17, [1, newcomers++ & 255, 0, 99, 0, 12, 0, 0, 1, 2, 3, 4]);
    if (odd === 'unreachable') sendAside(1, [3, 13, 0, 0, 0, 0, 0, 0, ...frames[frames.length - 1].bytes.subarray(14, 42)]);
  }
  const batch = batchOf(frames);
  times.forEach((at, i) => {
    batch.seconds[i] = 1_700_000_000 + Math.floor(at / 1000);
    batch.nanos[i] = (at % 1000) * 1_000_000 + i;
  });
  return batch;
}

test('steady pollers leave the same tables by both paths', () => {
  const pieces = fc.constantFrom(7, 30, Infinity);
  fc.assert(fc.property(fc.array(step, { minLength: 20, maxLength: 200 }), pieces, (steps, piece) => both((visit) => visit(dialogue(steps)), piece)), { numRuns: 200 });
});

test('a session whose conversation is found only now leaves the same tables by both paths as a steady one of that conversation', () => {
  const poll = (session: number, odd = '', gapMs = 10): { session: number; poll: number; odd: string; gapMs: number } => ({ session, poll: 0, odd, gapMs });
  // The other session's part takes 30 ms as well, so that the steady one keeps its rhythm.
  const steps = [...Array.from({ length: 10 }, (_, i) => poll(0, '', i % 2 === 0 ? 10 : 30)), poll(1, 'dial'), poll(1), poll(0), poll(0)];
  both((visit) => visit(dialogue(steps)), 21);
});

test('a poll every 25 minutes, whose gaps sum up to more than 32 bits, leaves the same tables by both paths', () => {
  both((visit) => visit(dialogue(Array.from({ length: 40 }, () => ({ session: 0, poll: 0, odd: '', gapMs: 1_500_000 })))));
});

test('random octets as frames of any link type never throw and every frame is counted', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 120 }), { minLength: 1, maxLength: 20 }), fc.constantFrom(0, 1, 9, 12, 50, 51, 101, 104, 108, 113, 228, 229, 276, 147), (frames, linkType) => {
      const batch = batchOf(frames.map((bytes) => ({ bytes, wire: bytes.length })));
      batch.linkType = linkType;
      const { state, sink } = createRecorder(null);
      feed(state, sink, batch, 0, batch.count);
      closeInterval(state, sink);
      expect(state.totals.packets).toBe(frames.length);
      expect([...state.hours.values()].reduce((sum, hour) => sum + hour.packets, 0)).toBe(frames.length);
    }),
    { numRuns: 2000 },
  );
});

test('real captures leave the same tables by both paths', async () => {
  if (listTruths().length === 0) return;
  let compared = 0;
  for (const path of readdirSync(CAPTURES, { recursive: true, encoding: 'utf8' }).sort()) {
    const capture = join(CAPTURES, path);
    if (/\.(json|tsv|py|md)$/.test(path) || !statSync(capture).isFile() || statSync(capture).size > 300_000) continue;
    const source = await openCapture(capture).catch(() => null);
    if (source === null) continue;
    const fast = createRecorder(null);
    const slow = createRecorder(null);
    for (let batch = await source.next(); batch !== null; batch = await source.next()) {
      feed(fast.state, fast.sink, batch, 0, batch.count);
      feed(slow.state, slow.sink, batch, 0, batch.count, true);
    }
    await source.close();
    closeInterval(fast.state, fast.sink);
    closeInterval(slow.state, slow.sink);
    expectSameTables(fast.state, slow.state, `${path} `);
    compared++;
  }
  expect(compared).toBeGreaterThan(100);
});
