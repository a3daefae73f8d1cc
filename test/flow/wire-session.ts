/** One TCP session as frames, said segment by segment, and what a store knows after hearing frames. In: who speaks, payloads. Out: frames; Observations. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pcap } from '../../samples/gen/capture-file.ts';
import { concatBytes, ethernet, ETHERTYPE, hex, tcpPacket, TCP_FLAG, words, type VlanTag } from '../../samples/gen/frames.ts';
import { readAll } from '../../src/commands/analysis.ts';
import type { Conversation, ObservationSet } from '../../src/observation.ts';
import { beginImport, importCapture, type ImportSettings } from '../../src/store/import-capture.ts';
import { createMemoryStore } from '../fuzz/memory-store.ts';

export interface End {
  readonly ip: string;
  readonly port: number;
  readonly mac: string;
}

export interface WireSession {
  readonly frames: Uint8Array[];
  /** Next sequence numbers of who opened and of who was dialled; a test may set them. */
  readonly next: { opener: number; dialled: number };
  /** SYN, SYN-ACK, ACK. */
  open(): void;
  /** Sends octets; the frame is returned, and among `frames` unless it is lost. */
  opener(payload: Uint8Array, isHeard?: boolean): Uint8Array;
  dialled(payload: Uint8Array, isHeard?: boolean): Uint8Array;
  /** A segment of any kind, which moves no sequence number. */
  segment(from: 'opener' | 'dialled', flags: number, sequence: number, payload?: Uint8Array): Uint8Array;
  /** Both FINs and the last ACK. */
  close(): void;
}

const NOTHING = new Uint8Array(0);
const { ack, fin, psh, syn } = TCP_FLAG;

export function wireSession(opener: End, dialled: End, first = { opener: 1000, dialled: 9000 }, tags: readonly VlanTag[] = []): WireSession {
  const frames: Uint8Array[] = [];
  const next = { ...first };
  const segment: WireSession['segment'] = (from, flags, sequence, payload = NOTHING) => {
    const [a, b] = from === 'opener' ? [opener, dialled] : [dialled, opener];
    const acknowledge = (flags & ack) === 0 ? 0 : next[from === 'opener' ? 'dialled' : 'opener'];
    const packet = tcpPacket({ from: a.ip, to: b.ip, ttl: 64, id: frames.length + 1 }, { fromPort: a.port, toPort: b.port, sequence, acknowledge, flags }, payload);
    const frame = ethernet(a.mac, b.mac, ETHERTYPE.ipv4, packet, tags);
    frames.push(frame);
    return frame;
  };
  const control = (from: 'opener' | 'dialled', flags: number): void => {
    segment(from, flags, next[from]);
    if ((flags & (syn | fin)) !== 0) next[from]++;
  };
  const say = (from: 'opener' | 'dialled') => (payload: Uint8Array, isHeard = true): Uint8Array => {
    const frame = segment(from, psh | ack, next[from], payload);
    next[from] += payload.length;
    if (!isHeard) frames.pop();
    return frame;
  };
  return {
    frames,
    next,
    segment,
    opener: say('opener'),
    dialled: say('dialled'),
    open() {
      control('opener', syn);
      control('dialled', syn | ack);
      control('opener', ack);
    },
    close() {
      control('opener', fin | ack);
      control('dialled', fin | ack);
      control('opener', ack);
    },
  };
}

/** A Modbus/TCP ADU. */
export const adu = (transaction: number, pdu: Uint8Array, unit = 1): Uint8Array => concatBytes(words(transaction, 0, pdu.length + 1), Uint8Array.of(unit), pdu);
export const READ_FIVE = hex('03 0000 0005');
export const FIVE_READ = hex('03 0a 0007 0007 0007 0007 0007');
export const WRITE_THREE = hex('10 0064 0003 06 0102 0102 0102');
export const THREE_WRITTEN = hex('10 0064 0003');

export interface Heard {
  readonly frames: readonly Uint8Array[];
  readonly startMs: number;
}

/** What is known after these captures, imported together in this order; their frames are ten milliseconds apart. */
export async function heardIn(captures: readonly Heard[], settings: ImportSettings = {}): Promise<ObservationSet> {
  const folder = mkdtempSync(join(tmpdir(), 'baseline-test-'));
  const store = createMemoryStore();
  try {
    const paths = captures.map(({ frames, startMs }, c) => {
      const records = frames.map((bytes, i) => ({ interfaceId: 0, timeNs: 1_767_000_000_000_000_000n + BigInt(startMs + i * 10) * 1_000_000n, bytes }));
      const path = join(folder, `${c}.pcap`);
      writeFileSync(path, pcap({ linkType: 1, isLittle: true, isNanosecond: false, snapLength: 65_535 }, records));
      return path;
    });
    const session = beginImport(store, settings);
    for (const [i, path] of paths.entries()) await importCapture(session, path, { force: false, signal: new AbortController().signal, progress: () => undefined, upcoming: paths.slice(i + 1) });
    return readAll(store.db);
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
}

export const heard = (frames: readonly Uint8Array[]): Promise<ObservationSet> => heardIn([{ frames, startMs: 0 }]);

/** `client > server:port` with `function: requests+responses` for each operation. */
export const spoken = (conversations: readonly Conversation[]): Record<string, string[]> =>
  Object.fromEntries(conversations.map((one) => [`${one.client} > ${one.server}:${one.port}`, one.operations.map((o) => `${o.function}: ${o.requests}+${o.responses}`)]));
