/** Frames made by hand, imported and read back: what a person would be shown of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeOperation } from '../../src/decode/app/registry.ts';
import type { ObservationSet } from '../../src/observation.ts';
import { openForWriting, readFromStore } from '../../src/store/database.ts';
import { beginImport, importCapture } from '../../src/store/import-capture.ts';
import { readHourlyStatus } from '../../src/store/read-status.ts';
import { readObservations } from '../../src/store/read.ts';
import { concat, pcapHeader, pcapRecord } from '../source/capture-bytes.ts';

export interface TimedFrame {
  readonly us: number;
  readonly bytes: Uint8Array;
  /** Octets on the wire, where the capture cut some off. */
  readonly wire?: number;
}

export interface Imported extends ObservationSet {
  readonly duplicates: number;
}

/** The frames as a pcap file. */
export const captureOf = (frames: readonly TimedFrame[]): Uint8Array =>
  concat(pcapHeader(), ...frames.map(({ us, bytes, wire = bytes.length }) => pcapRecord({ sec: 1_767_261_600 + Math.floor(us / 1e6), sub: us % 1e6, data: bytes, wire })));

export async function imported(frames: readonly TimedFrame[]): Promise<Imported> {
  const folder = mkdtempSync(join(tmpdir(), 'baseline-imported-'));
  try {
    const file = join(folder, 'frames.pcap');
    writeFileSync(file, captureOf(frames));
    const db = join(folder, 'frames.db');
    const store = openForWriting(db);
    await importCapture(beginImport(store), file, { force: false, signal: new AbortController().signal, progress: () => {} });
    store.close();
    return readFromStore(db, (open) => {
      const set = readObservations(open, describeOperation);
      return { ...set, duplicates: readHourlyStatus(open, set).duplicates };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `protocol function: requests/responses/errors`, by conversation and in the store's order. */
export const operationsOf = ({ conversations }: ObservationSet): string[] =>
  conversations.flatMap(({ operations }) => operations.map((one) => `${one.protocol} ${one.function}: ${one.requests}/${one.responses}/${one.errors}`));

export interface Dialogue {
  readonly frames: TimedFrame[];
  /** Payload of the client; `isSeen` false: lost on its way to the sensor. */
  ask(payload: readonly number[], isSeen?: boolean): void;
  answer(payload: readonly number[], isSeen?: boolean): void;
}

/** One TCP connection from 10.0.0.1 to 10.0.0.2, a segment each 10 ms. */
export function dialogue(port: number, { handshake = true, clientPort = 50_000 } = {}): Dialogue {
  const frames: TimedFrame[] = [];
  const next = [1000, 9000];
  let us = 0;
  const send = (side: 0 | 1, flags: number, payload: readonly number[], isSeen: boolean): void => {
    const bytes = new Uint8Array(54 + payload.length);
    const view = new DataView(bytes.buffer);
    bytes.set([2, 0, 0, 0, 0, 2 - side, 2, 0, 0, 0, 0, 1 + side, 8, 0, 0x45]);
    view.setUint16(16, 40 + payload.length);
    view.setUint16(18, frames.length + 1);
    view.setUint8(22, 64);
    view.setUint8(23, 6);
    view.setUint32(26, 0x0a000001 + side);
    view.setUint32(30, 0x0a000002 - side);
    view.setUint16(34, side === 0 ? clientPort : port);
    view.setUint16(36, side === 0 ? port : clientPort);
    view.setUint32(38, next[side]);
    view.setUint32(42, next[1 - side]);
    view.setUint16(46, 0x5000 | flags);
    bytes.set(payload, 54);
    next[side] += (flags & 2) !== 0 ? 1 : payload.length;
    us += 10_000;
    if (isSeen) frames.push({ us, bytes });
  };
  if (handshake) {
    send(0, 0x02, [], true);
    send(1, 0x12, [], true);
    send(0, 0x10, [], true);
  }
  return { frames, ask: (payload, isSeen = true) => send(0, 0x18, payload, isSeen), answer: (payload, isSeen = true) => send(1, 0x18, payload, isSeen) };
}
