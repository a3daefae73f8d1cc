/**
 * One interface of a live capture: its capture and the blocks it fills, its totals, its link, and how often it went and came back.
 * In: what the addon reports. Out: the state of the interface, and events. Left out on purpose: opening and reopening (live.ts).
 */

import { HEADER, type BlockViews, type Capture } from './live-addon.ts';
import { createStatsMeter, type CaptureTotals, type StatsMeter } from './pcap-stats.ts';

export type LiveEvent =
  | { readonly kind: 'opened'; readonly interface: string; readonly linkType: number; readonly nanoseconds: boolean; readonly warning: string }
  /** The interface is gone, or libpcap gave up on it. It is tried again unless `final`. */
  | { readonly kind: 'lost'; readonly interface: string; readonly reason: string; readonly final: boolean }
  | { readonly kind: 'reopened'; readonly interface: string; readonly linkType: number; readonly linkTypeChanged: boolean; readonly awayMs: number }
  /** The cable, the far end or an administrator: the interface stays ours, but nothing can come from it while it is down. */
  | { readonly kind: 'link'; readonly interface: string; readonly up: boolean; readonly afterMs: number }
  /** The machine's clock was set: wall time moved by this much more than time passed. */
  | { readonly kind: 'clock-step'; readonly stepMs: number };

export interface LiveInterfaceState {
  readonly name: string;
  readonly state: 'opening' | 'open' | 'away' | 'ended';
  readonly reopenings: number;
  /** Time without the interface so far, in all its absences. */
  readonly awayMs: number;
  readonly linkUp: boolean;
  /** IFF_ flags (netdevice(7)) as they were last read; 0 where they are not known. */
  readonly flags: number;
  readonly totals: CaptureTotals;
}

export const FIRST_RETRY_MS = 200;

/** netdevice(7). */
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;

export interface Channel {
  readonly name: string;
  readonly meter: StatsMeter;
  state: LiveInterfaceState['state'];
  capture: Capture | undefined;
  blocks: BlockViews[];
  /** A block taken from the capture and not handed out yet, or -1. */
  ready: number;
  /** The first frame of that block that was not handed out yet. */
  begin: number;
  interfaceIndex: number;
  sequence: number;
  flags: number;
  linkUp: boolean;
  linkSinceMs: number;
  handedOut: number;
  reopenings: number;
  awaySinceMs: number;
  awayMs: number;
  retryMs: number;
  retryTimer: NodeJS.Timeout | undefined;
}

export const createChannel = (name: string): Channel => ({
  name,
  meter: createStatsMeter(),
  state: 'opening',
  capture: undefined,
  blocks: [],
  ready: -1,
  begin: 0,
  interfaceIndex: -1,
  sequence: 0,
  flags: 0,
  linkUp: true,
  linkSinceMs: performance.now(),
  handedOut: 0,
  reopenings: 0,
  awaySinceMs: 0,
  awayMs: 0,
  retryMs: FIRST_RETRY_MS,
  retryTimer: undefined,
});

/** Feeds the totals; a reading older than the last one (a block overtaken by a heartbeat) is not fed twice. */
export function readMeter(channel: Channel, header: Float64Array, tell: (event: LiveEvent) => void): void {
  const sequence = header[HEADER.sequence];
  const newer = sequence > channel.sequence;
  if (newer) channel.sequence = sequence;
  channel.meter.read({
    processed: channel.handedOut,
    received: header[HEADER.received],
    dropped: header[HEADER.dropped],
    interfaceDropped: header[HEADER.interfaceDropped],
    kernel: !newer ? 'unread' : header[HEADER.statsValid] === 1 ? 'read' : 'failed',
  });
  if (newer) watchLink(channel, header[HEADER.flags], tell);
}

function watchLink(channel: Channel, flags: number, tell: (event: LiveEvent) => void): void {
  channel.flags = flags;
  if (flags === 0) return;
  const up = (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0;
  if (up === channel.linkUp) return;
  const now = performance.now();
  tell({ kind: 'link', interface: channel.name, up, afterMs: Math.round(now - channel.linkSinceMs) });
  channel.linkUp = up;
  channel.linkSinceMs = now;
}

export const stateOf = ({ name, state, reopenings, linkUp, flags, awayMs, awaySinceMs, meter }: Channel): LiveInterfaceState => ({
  name,
  state,
  reopenings,
  linkUp: linkUp && state === 'open',
  flags,
  awayMs: awayMs + (state === 'away' ? Math.round(performance.now() - awaySinceMs) : 0),
  totals: meter.totals(),
});
