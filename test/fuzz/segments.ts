/**
 * The same talk on the wire in many ways: message by message, or cut anywhere, reordered, doubled, overlapping, with
 * keepalives between, sequence numbers wrapping. Nothing is ever missing, so that what is counted must be the same.
 */
import { ethernet, ETHERTYPE, TCP_FLAG, tcpPacket, concatBytes } from '../../samples/gen/frames.ts';
import type { Random } from '../../samples/gen/random.ts';
import type { Dialogue } from './dialogues.ts';
import type { Frame } from './frames.ts';

const CLIENT = { ip: '10.9.0.20', mac: '02:00:00:00:09:20', port: 50_123 } as const;
const SERVER = { ip: '10.9.0.10', mac: '02:00:00:00:09:10' } as const;
const START_SECONDS = 1_770_000_000;
const WRAP = 2 ** 32;
/** Segments that may wait behind a hole are bounded (tcp-stream.ts): shuffling stays well within. */
const MOST_SHUFFLED = 24;

interface Sender {
  readonly frames: Frame[];
  /** Sends octets [from, to) of the side's stream. */
  send(toServer: boolean, from: number, to: number): void;
  control(toServer: boolean, flags: number, at: number): void;
  /** All octets of the side that the other end acknowledges from now on. */
  acknowledged: { toServer: number; toClient: number };
}

function createSender(dialogue: Dialogue, initial: { client: number; server: number }): Sender & { readonly streams: { toServer: Uint8Array; toClient: Uint8Array } } {
  const octets = (toServer: boolean): Uint8Array =>
    concatBytes(...dialogue.flights.filter((flight) => flight.toServer === toServer).flatMap((flight) => flight.messages));
  const streams = { toServer: octets(true), toClient: octets(false) };
  const frames: Frame[] = [];
  const acknowledged = { toServer: 0, toClient: 0 };
  const put = (toServer: boolean, flags: number, at: number, payload: Uint8Array): void => {
    const [from, to] = toServer ? [CLIENT, SERVER] : [SERVER, CLIENT];
    const sequence = ((toServer ? initial.client : initial.server) + at) % WRAP;
    const other = (toServer ? initial.server + acknowledged.toClient : initial.client + acknowledged.toServer) + 1;
    const tcp = {
      fromPort: toServer ? CLIENT.port : dialogue.port,
      toPort: toServer ? dialogue.port : CLIENT.port,
      sequence,
      acknowledge: (flags & TCP_FLAG.ack) === 0 ? 0 : other % WRAP,
      flags,
    };
    const bytes = ethernet(from.mac, to.mac, ETHERTYPE.ipv4, tcpPacket({ from: from.ip, to: to.ip, id: frames.length, ttl: 64 }, tcp, payload));
    frames.push({ linkType: 1, seconds: START_SECONDS + Math.floor(frames.length / 100), nanos: (frames.length % 100) * 10_000_000, wire: bytes.length, bytes });
  };
  return {
    frames,
    streams,
    acknowledged,
    send: (toServer, from, to) => put(toServer, TCP_FLAG.psh | TCP_FLAG.ack, from + 1, (toServer ? streams.toServer : streams.toClient).subarray(from, to)),
    control: (toServer, flags, at) => put(toServer, flags, at, new Uint8Array(0)),
  };
}

function handshake(sender: Sender): void {
  sender.control(true, TCP_FLAG.syn, 0);
  sender.control(false, TCP_FLAG.syn | TCP_FLAG.ack, 0);
  sender.control(true, TCP_FLAG.ack, 1);
}

/** One segment a message, in order. */
export function plainFrames(dialogue: Dialogue): Frame[] {
  const sender = createSender(dialogue, { client: 1000, server: 2000 });
  handshake(sender);
  const sent = { toServer: 0, toClient: 0 };
  for (const { toServer, messages } of dialogue.flights) {
    const side = toServer ? 'toServer' : 'toClient';
    for (const message of messages) {
      sender.send(toServer, sent[side], sent[side] + message.length);
      sent[side] += message.length;
    }
    sender.acknowledged[side] = sent[side];
  }
  return sender.frames;
}

interface Piece {
  readonly from: number;
  readonly to: number;
}

/** [from, to) cut at random places, often within headers; now and then octet by octet. */
function cutUp(random: Random, from: number, to: number): Piece[] {
  const length = to - from;
  const kind = random.integer(0, 5);
  const cuts = new Set<number>();
  if (kind === 0 && length <= 60) for (let at = from + 1; at < to; at++) cuts.add(at);
  else if (kind < 5) for (let n = random.integer(0, Math.min(12, length - 1)); n > 0; n--) cuts.add(from + random.integer(1, length - 1));
  const LARGEST = 1460;
  for (let at = from + LARGEST; at < to; at += LARGEST) cuts.add(at);
  const edges = [from, ...[...cuts].sort((a, b) => a - b), to];
  return edges.slice(1).map((end, i) => ({ from: edges[i] as number, to: end }));
}

/** Some pieces again, some reaching into what was sent before or into what comes next. */
function overlapping(random: Random, pieces: readonly Piece[], first: number, last: number): Piece[] {
  const out: Piece[] = [];
  for (const piece of pieces) {
    const back = random.integer(0, 7) === 0 ? random.integer(0, Math.min(40, piece.from - first)) : 0;
    const on = random.integer(0, 7) === 0 ? random.integer(0, Math.min(40, last - piece.to)) : 0;
    out.push({ from: piece.from - back, to: piece.to + on });
    if (random.integer(0, 9) === 0) out.push(piece);
  }
  return out;
}

function shuffled(random: Random, pieces: Piece[]): Piece[] {
  const out = [...pieces];
  const reach = random.integer(1, MOST_SHUFFLED);
  for (let i = 0; i < out.length - 1; i++) {
    const j = Math.min(out.length - 1, i + random.integer(0, reach));
    [out[i], out[j]] = [out[j] as Piece, out[i] as Piece];
  }
  return out.length > 40 ? pieces : out;
}

export interface Disorder {
  readonly reorder: boolean;
  /** The very first data of a side may come after what follows it. */
  readonly reorderFirst: boolean;
  /** SYN and SYN/ACK come again later (a retransmission that crossed, a mirror's late double). */
  readonly repeatHandshake: boolean;
}

/** Cut, shuffled, doubled; every octet is there before the other side answers it. */
export function segmentedFrames(random: Random, dialogue: Dialogue, disorder: Disorder): Frame[] {
  const near = (): number => (random.integer(0, 1) === 0 ? WRAP - random.integer(1, 400) : random.integer(0, WRAP - 1));
  const sender = createSender(dialogue, { client: near(), server: near() });
  handshake(sender);
  const sent = { toServer: 0, toClient: 0 };
  for (const { toServer, messages } of dialogue.flights) {
    const side = toServer ? 'toServer' : 'toClient';
    const length = messages.reduce((sum, message) => sum + message.length, 0);
    const pieces = overlapping(random, cutUp(random, sent[side], sent[side] + length), 0, sent[side] + length);
    const inOrder = !disorder.reorder || random.integer(0, 2) === 0 || (sent[side] === 0 && !disorder.reorderFirst);
    for (const piece of inOrder ? pieces : shuffled(random, pieces)) sender.send(toServer, piece.from, piece.to);
    sent[side] += length;
    sender.acknowledged[side] = sent[side];
    if (random.integer(0, 9) === 0) sender.send(toServer, sent[side] - 1, sent[side]); // RFC 1122 4.2.3.6: a keepalive
    if (random.integer(0, 9) === 0 && sent[side] > 3) {
      const from = random.integer(0, sent[side] - 2);
      sender.send(toServer, from, random.integer(from + 1, Math.min(sent[side], from + 1400)));
    }
    if (disorder.repeatHandshake && random.integer(0, 9) === 0) sender.control(true, TCP_FLAG.syn, 0);
    if (disorder.repeatHandshake && random.integer(0, 9) === 0) sender.control(false, TCP_FLAG.syn | TCP_FLAG.ack, 0);
  }
  return sender.frames;
}
