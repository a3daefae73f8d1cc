/**
 * One TCP connection between two hosts as a sensor sees it: handshake, data with acknowledgements, keepalives, close,
 * and what real networks add: retransmissions, reordering, segments split at will, joins midstream.
 * In: moments and payloads. Out: frames on the timeline. Left out: windows, congestion, loss recovery.
 */
import { TCP_FLAG, concatBytes } from './frames.ts';
import type { Host, Timeline } from './timeline.ts';
import { MS } from './timeline.ts';

const { fin, syn, rst, psh, ack } = TCP_FLAG;
const NONE: Uint8Array = new Uint8Array(0);
const KEEPALIVE_PROBE = new Uint8Array(1); // RFC 1122 4.2.3.6: one garbage octet before the next sequence number

export interface TcpSession {
  readonly client: Host;
  readonly server: Host;
  /** SYN, SYN/ACK, ACK; returns the moment at which the client may send. */
  open(atNs: number): number;
  /** Request and answer `delayNs` later; the answer acknowledges the request. `isAcked`: the client acknowledges at once. */
  exchange(atNs: number, request: Uint8Array, response: Uint8Array, delayNs: number, isAcked?: boolean): void;
  send(atNs: number, isToServer: boolean, payload: Uint8Array): void;
  /** A bare acknowledgement. */
  acknowledge(atNs: number, isToServer: boolean): void;
  /** The payload in several segments, cut at these offsets, `stepNs` apart. */
  sendSplit(atNs: number, isToServer: boolean, payload: Uint8Array, cuts: readonly number[], stepNs: number): void;
  /** The payload in two segments of which the second arrives first. */
  sendReordered(atNs: number, isToServer: boolean, payload: Uint8Array, cut: number): void;
  /** Sends the last data segment of that direction again. */
  retransmit(atNs: number, isToServer: boolean): void;
  keepalive(atNs: number): void;
  close(atNs: number): void;
  reset(atNs: number, isToServer: boolean): void;
  /** SYN answered by a reset: nobody listens. */
  refuse(atNs: number): void;
}

export function createTcpSession(timeline: Timeline, client: Host, server: Host, clientPort: number, serverPort: number, initialSequence: number): TcpSession {
  const next = { client: initialSequence >>> 0, server: (initialSequence * 3 + 0x1234567) >>> 0 };
  const last: Record<'client' | 'server', { sequence: number; payload: Uint8Array }> = { client: { sequence: 0, payload: NONE }, server: { sequence: 0, payload: NONE } };
  const advance = (sequence: number, bytes: number): number => (sequence + bytes) % 4294967296;

  const put = (atNs: number, isToServer: boolean, flags: number, sequence: number, payload: Uint8Array): void => {
    const [from, to] = isToServer ? [client, server] : [server, client];
    const [fromPort, toPort] = isToServer ? [clientPort, serverPort] : [serverPort, clientPort];
    const acknowledge = (flags & ack) === 0 ? 0 : isToServer ? next.server : next.client;
    timeline.tcp(atNs, from, to, { fromPort, toPort, sequence, acknowledge, flags }, payload);
  };
  const side = (isToServer: boolean): 'client' | 'server' => (isToServer ? 'client' : 'server');
  const send = (atNs: number, isToServer: boolean, payload: Uint8Array): void => {
    const name = side(isToServer);
    last[name] = { sequence: next[name], payload };
    put(atNs, isToServer, psh | ack, next[name], payload);
    next[name] = advance(next[name], payload.length);
  };
  const acknowledge = (atNs: number, isToServer: boolean): void => put(atNs, isToServer, ack, next[side(isToServer)], NONE);

  return {
    client,
    server,
    open: (atNs) => {
      put(atNs, true, syn, next.client, NONE);
      next.client = advance(next.client, 1);
      put(atNs + 0.4 * MS, false, syn | ack, next.server, NONE);
      next.server = advance(next.server, 1);
      acknowledge(atNs + 0.6 * MS, true);
      return atNs + 0.8 * MS;
    },
    exchange: (atNs, request, response, delayNs, isAcked = false) => {
      send(atNs, true, request);
      send(atNs + delayNs, false, response);
      if (isAcked) acknowledge(atNs + delayNs + 40 * MS, true);
    },
    send,
    acknowledge,
    sendSplit: (atNs, isToServer, payload, cuts, stepNs) => {
      const edges = [0, ...cuts, payload.length];
      for (let i = 1; i < edges.length; i++) send(atNs + (i - 1) * stepNs, isToServer, payload.subarray(edges[i - 1], edges[i]));
    },
    sendReordered: (atNs, isToServer, payload, cut) => {
      const name = side(isToServer);
      const start = next[name];
      put(atNs, isToServer, psh | ack, advance(start, cut), payload.subarray(cut));
      put(atNs + 0.2 * MS, isToServer, ack, start, payload.subarray(0, cut));
      last[name] = { sequence: start, payload: concatBytes(payload) };
      next[name] = advance(start, payload.length);
    },
    retransmit: (atNs, isToServer) => {
      const { sequence, payload } = last[side(isToServer)];
      put(atNs, isToServer, psh | ack, sequence, payload);
    },
    keepalive: (atNs) => {
      put(atNs, true, ack, advance(next.client, 4294967295), KEEPALIVE_PROBE);
      acknowledge(atNs + 0.3 * MS, false);
    },
    close: (atNs) => {
      put(atNs, true, fin | ack, next.client, NONE);
      next.client = advance(next.client, 1);
      put(atNs + 0.4 * MS, false, fin | ack, next.server, NONE);
      next.server = advance(next.server, 1);
      acknowledge(atNs + 0.6 * MS, true);
    },
    reset: (atNs, isToServer) => put(atNs, isToServer, rst | ack, next[side(isToServer)], NONE),
    refuse: (atNs) => {
      put(atNs, true, syn, next.client, NONE);
      next.client = advance(next.client, 1);
      put(atNs + 0.3 * MS, false, rst | ack, 0, NONE);
    },
  };
}
