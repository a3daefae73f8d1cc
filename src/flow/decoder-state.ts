/**
 * What the decoder remembers across a flush: open streams with their unfinished bytes, and learned servers. Saved as text
 * into the store's checkpoint and restored from it, by a resumed import and by an uninterrupted one alike: both go through
 * the same door, so both give the same store.
 */
import { streamProtocol } from '../decode/app/registry.ts';
import type { SessionMemory } from '../decode/app/protocol.ts';
import { KIND } from '../decode/decoded-frame.ts';
import { IP_PROTOCOL } from '../decode/transport.ts';
import { aimSink, readHeld, internProtocolNames, placeStream, recallStream } from './app-sessions.ts';
import { tellSameAddresses } from './address-plan.ts';
import { foldSession, isReversed } from './conversations.ts';
import { finishFragments } from './feed.ts';
import { FLAG, internText, OPERATION, SESSION, UNBEGUN, type FlowState } from './flow-state.ts';
import { clearIntTable, internKey } from './int-table.ts';
import { clearMirrorMemory } from './mirror-memory.ts';
import { foldOperation, lastAsked, settleRange, type FlowSink } from './operations.ts';
import { forgetTime, zeroCapture } from './settle.ts';
import { createTcpStream, type HalfStream, type TcpStream } from './stream-record.ts';
import { settleHalf } from './tcp-stream.ts';

/** Flags of a session that still hold in the next interval. */
const LASTING_FLAGS = FLAG.oriented | FLAG.clientIsLo | FLAG.askerProven | FLAG.counted | FLAG.answeredCounted | FLAG.spokeLo | FLAG.spokeHi | FLAG.serviceByProbe | (7 << 20);

interface SavedHalf {
  readonly known: boolean;
  readonly next: number;
  readonly synced: boolean;
  readonly skip: number;
  readonly carry: string;
}

interface SavedStream {
  readonly protocol: string;
  /** Key words of both ends (addresses as four words each), ports, kind and transport. */
  readonly ends: readonly [readonly number[], readonly number[]];
  readonly ports: number;
  readonly key: number;
  readonly flags: number;
  /** Who was dialled asks. */
  readonly isReversed?: boolean;
  readonly vlan: number;
  readonly confirmed: boolean;
  readonly reads: number;
  readonly hour: number;
  /** When its session was heard last, in seconds; 0, or missing in older stores: unknown. */
  readonly heard?: number;
  readonly heardUntil?: number;
  /** Missing where there is none, and in older stores. */
  readonly asked?: readonly number[];
  readonly memory: SessionMemory;
  readonly halves: readonly [SavedHalf, SavedHalf];
}

const VERSION = 1;

interface SavedState {
  readonly version: typeof VERSION;
  readonly streams: readonly SavedStream[];
  readonly servers: readonly (readonly number[])[];
  readonly datagramPeers?: readonly (readonly number[])[];
}

/** Ends the interval: holes and fragments are given up, every session and operation folds what it counted. */
export function closeInterval(state: FlowState, sink: FlowSink): void {
  finishFragments(state, sink);
  for (const stream of state.streams) if (stream !== null) readHeld(state, stream, sink, true);
  for (let session = 0; session < state.sessions.count; session++) foldSession(state, session);
  for (let operation = 0; operation < state.operations.count; operation++) {
    foldOperation(state, operation, state.operations.keys[operation * OPERATION.stride + OPERATION.hour]);
    settleRange(state, operation);
  }
  tellSameAddresses(state);
}

const addressWords = (state: FlowState, index: number): number[] => [...state.addresses.keys.subarray(index << 2, (index << 2) + 4)];

function saveHalf(half: HalfStream): SavedHalf {
  const carry = half.carried === 0 ? '' : Buffer.from((half.carry as Uint8Array).subarray(0, half.carried)).toString('base64');
  return { known: half.known, next: half.next, synced: half.synced, skip: half.skip, carry };
}

/**
 * TCP streams that spoke their protocol within the last hour of the capture. Sessions whose end was not seen would
 * otherwise pile up over weeks; one that goes on after a longer silence is joined midstream again. Datagrams need no memory.
 */
function isWorthKeeping(stream: TcpStream, state: FlowState): boolean {
  const isTcp = (state.sessions.keys[stream.session * SESSION.stride + 3] & 0xfffff) === IP_PROTOCOL.tcp;
  return isTcp && stream.reads > 0 && latestHour(state) - stream.hour <= 1;
}

const latestHour = (state: FlowState): number => Math.floor(state.totals.lastSeconds / 3600);

/** In seconds; 0: unknown. */
const heardLast = (stream: TcpStream, { sessions }: FlowState): number => Math.max(0, sessions.doubles[((stream.session * SESSION.stride) >> 1) + SESSION.lastSecondsD]);

/** Of more than there is room for those heard last, in the order they stand in. */
function keptStreams(state: FlowState, most: number): TcpStream[] {
  const kept = state.streams.filter((stream): stream is TcpStream => stream !== null && isWorthKeeping(stream, state));
  if (kept.length <= most) return kept;
  const last = new Set(kept.toSorted((a, b) => heardLast(b, state) - heardLast(a, state)).slice(0, most));
  return kept.filter((stream) => last.has(stream));
}

/** @param mostStreams where they have piled up: those that go on are joined midstream again */
export function saveDecoderState(state: FlowState, mostStreams = Infinity): string {
  // Each becomes text by itself: all of them as objects would be the largest thing in memory.
  const streams: string[] = [];
  for (const stream of keptStreams(state, mostStreams)) {
    recallStream(state, stream);
    const k = stream.session * SESSION.stride;
    const { keys } = state.sessions;
    const isIpv4 = keys[k + 3] >> 20 === KIND.ipv4;
    const end = (word: number): number[] => (isIpv4 ? [word] : addressWords(state, word));
    const asked = lastAsked(state, stream);
    const saved: SavedStream = {
      protocol: stream.protocol.name,
      ends: [end(keys[k]), end(keys[k + 1])],
      ports: keys[k + 2],
      key: keys[k + 3],
      flags: keys[k + SESSION.flags] & LASTING_FLAGS,
      isReversed: isReversed(keys[k + SESSION.flags]),
      vlan: keys[k + SESSION.vlan],
      confirmed: stream.confirmed,
      reads: stream.reads,
      hour: stream.hour,
      heard: heardLast(stream, state),
      heardUntil: stream.heardUntil,
      ...(asked.length === 0 ? {} : { asked }),
      memory: stream.memory,
      halves: [saveHalf(stream.halves[0]), saveHalf(stream.halves[1])],
    };
    streams.push(JSON.stringify(saved));
  }
  const servers: number[][] = [];
  for (let i = 0; i < state.servers.count; i++) {
    const k = i << 2;
    servers.push([...addressWords(state, state.servers.keys[k]), ...state.servers.keys.subarray(k + 1, k + 4)]);
  }
  const datagramPeers: number[][] = [];
  for (let i = 0; i < state.datagramPeers.count; i++) {
    const [asked, asker, port] = state.datagramPeers.keys.subarray(i << 2, (i << 2) + 3);
    datagramPeers.push([...addressWords(state, asked), ...addressWords(state, asker), port]);
  }
  return `{"version":${VERSION},"streams":[${streams.join(',')}],"servers":${JSON.stringify(servers)},"datagramPeers":${JSON.stringify(datagramPeers)}}`;
}

/** Empties everything that was flushed. */
export function clearInterval(state: FlowState): void {
  for (const table of [
    state.addresses,
    state.sessions,
    state.conversations,
    state.operations,
    state.ranges,
    state.errors,
    state.targets,
    state.facts,
    state.addressFacts,
    state.macs,
    state.tagged,
    state.scans,
    state.oneWay,
    state.servers,
    state.datagramPeers,
    state.turned,
  ]) {
    clearIntTable(table);
  }
  shrinkArrays(state);
  state.rows = 0;
  state.rhythms = 0;
  state.operationRowCount = 0;
  state.oneWayTotal = 0;
  state.macSpans.length = 0;
  state.macsWritten = 0;
  state.scanTotals.length = 0;
  state.streams.length = 0;
  state.freeStreams.length = 0;
  state.doubted = 0;
  state.texts.length = 1;
  state.textIds.clear();
  state.textIds.set('', 0);
  internProtocolNames(state);
  zeroCapture(state);
  forgetTime(state);
  state.hours.clear();
  state.hourCounters.clear();
  clearMirrorMemory(state.mirror);
}

/** A flood's large arrays are given back; ordinary ones stay. */
function shrinkArrays(state: FlowState): void {
  const LARGE = 1 << 20;
  if (state.rowWords.length > LARGE) {
    state.rowWords = new Int32Array(1024);
    state.rowDoubles = new Float64Array(1024);
  }
  if (state.rhythmWords.length > LARGE) {
    state.rhythmWords = new Int32Array(0);
    state.rhythmDoubles = new Float64Array(0);
  }
}

/** Puts saved streams and servers back. A text that is not ours (an older store) starts afresh. */
export function restoreDecoderState(state: FlowState, sink: FlowSink, text: string): void {
  const saved = JSON.parse(text) as SavedState;
  if (saved.version !== VERSION) return;
  for (const [a, b, c, d, transport, port, how = 0] of saved.servers) internKey(state.servers, internKey(state.addresses, a, b, c, d), transport, port, how);
  for (const [a, b, c, d, e, f, g, h, port] of saved.datagramPeers ?? []) internKey(state.datagramPeers, internKey(state.addresses, a, b, c, d), internKey(state.addresses, e, f, g, h), port, 0);
  for (const one of saved.streams) {
    const protocol = streamProtocol(one.protocol);
    if (protocol === undefined) continue;
    const [a, b] = one.ends.map((words) => (words.length === 1 ? words[0] : internKey(state.addresses, words[0], words[1], words[2], words[3])));
    const session = internKey(state.sessions, a, b, one.ports, one.key);
    const s = session * SESSION.stride;
    const words = state.sessions.keys;
    words[s + SESSION.flags] = one.flags | (((one.flags & FLAG.clientIsLo) !== 0) !== (one.isReversed ?? false) ? FLAG.askerIsLo : 0);
    words[s + SESSION.hour] = UNBEGUN;
    words[s + SESSION.vlan] = one.vlan;
    words[s + SESSION.rttUs] = -1;
    words[s + SESSION.service] = one.confirmed ? internText(state, one.protocol) : 0;
    const stream = createTcpStream(protocol, internText(state, protocol.operationsOf ?? protocol.name), session);
    stream.confirmed = one.confirmed;
    if (!one.confirmed) state.doubted++;
    stream.reads = one.reads;
    stream.hour = one.hour;
    stream.heardUntil = one.heardUntil ?? 0;
    state.sessions.doubles[(s >> 1) + SESSION.lastSecondsD] = one.heard ?? 0;
    stream.asked = one.asked ?? [];
    // What a protocol keeps besides, since the checkpoint was written, begins as in a new session.
    stream.memory = { ...protocol.newMemory(), ...one.memory };
    for (const side of [0, 1] as const) {
      const half = stream.halves[side];
      const from = one.halves[side];
      half.known = from.known;
      half.next = from.next;
      half.synced = from.synced;
      half.skip = from.skip;
      if (from.carry !== '') {
        half.carry = new Uint8Array(Buffer.from(from.carry, 'base64'));
        half.carried = half.carry.length;
      }
      settleHalf(half);
    }
    placeStream(state, stream);
    aimSink(state, sink, stream, true);
  }
}
