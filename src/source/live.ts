/**
 * Live capture as a frame source. In: interfaces and how to listen on them. Out: the same frame batches as from a file,
 * with the totals of pcap_stats beside each, and at least one (perhaps empty) batch per heartbeat, so that a plain
 * `while ((batch = await source.next()) !== null)` loop also keeps its checkpoints when nothing is on the wire.
 * An interface that disappears is opened again for as long as it takes; what happened to it is told as events.
 * Several interfaces are merged by the time of their frames (live-order.ts); each batch is of one.
 * Left out on purpose: signals, duration, storing. And sending: see native/capture.cc.
 */

import { captureError, usageError, type BaselineError } from '../errors.ts';
import { createBell } from './bell.ts';
import { BATCH_FRAMES, createFrameBatch, createSourceCounts, type CaptureInterface, type FrameBatch, type FrameSource, type SourceEnd } from './frame-batch.ts';
import { CAPTURE_STATE, HEADER, HEADER_SLOTS, loadLibpcap, startCapture, viewBlocks, type Addon, type Capture, type CaptureDetails } from './live-addon.ts';
import { createChannel, FIRST_RETRY_MS, readMeter, stateOf, type Channel, type LiveEvent, type LiveInterfaceState } from './live-channel.ts';
import { openingError, PCAP_STATUS, plain } from './live-errors.ts';
import { dueFrames, earliestOf } from './live-order.ts';
import { listInterfaceNames } from './live-silence.ts';
import { createStatsMeter, sumTotals, type CaptureTotals } from './pcap-stats.ts';

export interface LiveOptions {
  readonly interfaces: readonly string[];
  /** Octets kept of each frame. */
  readonly snapLength?: number;
  /** On unless switched off: on a mirror port every frame is addressed to somebody else. It sends nothing. */
  readonly promiscuous?: boolean;
  /** As for tcpdump (pcap-filter(7)). */
  readonly filter?: string;
  /** The kernel's ring buffer, per interface. */
  readonly bufferBytes?: number;
  /** Timestamps of the network card's own clock, where it has one. */
  readonly adapterTimestamps?: boolean;
  /** `next` resolves at least this often. */
  readonly heartbeatMs?: number;
  readonly onEvent?: (event: LiveEvent) => void;
  /** For tests: where to look for libpcap. */
  readonly libraryNames?: readonly string[];
}

export interface LiveBatch extends FrameBatch {
  /** Index into `interfaces` of the source. */
  interfaceIndex: number;
  /** Totals of this batch's interface, this batch included. */
  totals: CaptureTotals;
}

export interface LiveSource extends FrameSource {
  readonly libraryVersion: string;
  next(): Promise<LiveBatch | null>;
  /** Over all interfaces. */
  totals(): CaptureTotals;
  states(): LiveInterfaceState[];
  /** Stops listening; what the kernel has received already still comes out of `next`, and then null. */
  stop(): void;
}

const DEFAULTS = {
  // What tcpdump takes: more than any frame, receive offload (64 KiB and its headers) included.
  snapLength: 262_144,
  // A checkpoint of a large plant takes half a second; at the highest rates that tcpdump keeps up with, 64 MiB were not always enough.
  bufferBytes: 128 * 1024 * 1024,
  heartbeatMs: 1000,
} as const;
const KERNEL_TIMEOUT_MS = 100;
/** The kernel's and libpcap's way of a frame into a block: the timeout, and half of it again. */
const HOLD_MS = KERNEL_TIMEOUT_MS * 1.5;
const BLOCKS = 8;
const BLOCK_BYTES = 1024 * 1024;
const LAST_RETRY_MS = 5000;
/** Below this, a difference between wall time and passed time is the timer's, or the clock is being slewed. */
const CLOCK_STEP_MS = 500;

/** libpcap's DLT_ numbers that differ from the LINKTYPE_ numbers of files (pcap-common.c). */
const LINK_TYPE_OF_DLT: ReadonlyMap<number, number> = new Map([
  [11, 100], // ATM RFC 1483
  [12, 101], // raw IP, as of tun interfaces
  [14, 101], // raw IP on OpenBSD
]);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Opens every interface, or none: the first that cannot be opened is the error. */
export function openLive(options: LiveOptions): Promise<LiveSource> {
  const { addon, version } = loadLibpcap(options.libraryNames);
  return openLiveBy(addon, version, options);
}

/** The same with the addon given: for tests that need no interface. */
export async function openLiveBy(addon: Addon, libraryVersion: string, options: LiveOptions): Promise<LiveSource> {
  if (options.interfaces.length === 0) throw usageError('no interface was named', 'Name one, for example --iface eth1.');
  const { openAll, ...session } = createSession(addon, options);
  try {
    await openAll();
  } catch (error) {
    await session.close();
    throw error;
  }
  return { ...session, format: 'live', libraryVersion, end: (): SourceEnd => ({ kind: 'complete' }) };
}

interface Session extends Omit<LiveSource, 'format' | 'libraryVersion' | 'end'> {
  openAll(): Promise<void>;
}

function createSession(addon: Addon, options: LiveOptions): Session {
  const channels = [...new Set(options.interfaces)].map(createChannel);
  const interfaces: Mutable<CaptureInterface>[] = [];
  const heartbeatMs = options.heartbeatMs ?? DEFAULTS.heartbeatMs;
  const snapLength = options.snapLength ?? DEFAULTS.snapLength;
  const bell = createBell();
  const figures = new Float64Array(HEADER_SLOTS);
  const tell = options.onEvent ?? ((): void => {});
  const counts = createSourceCounts(0);
  const batch: Mutable<LiveBatch> = {
    ...createFrameBatch(),
    interfaceIndex: 0,
    totals: createStatsMeter().totals(),
  };
  let lent: { channel: Channel; capture: Capture; block: number } | undefined;
  let stopping = false;
  let opening = true;
  let failure: BaselineError | undefined;
  const watchClock = createClockWatch(tell);

  function start(channel: Channel): void {
    channel.retryTimer = undefined;
    const capture = startCapture(
      addon,
      {
        device: channel.name,
        snapLength,
        promiscuous: options.promiscuous ?? true,
        filter: options.filter ?? '',
        bufferBytes: options.bufferBytes ?? DEFAULTS.bufferBytes,
        timeoutMs: KERNEL_TIMEOUT_MS,
        adapterTimestamps: options.adapterTimestamps ?? false,
        blocks: BLOCKS,
        blockFrames: BATCH_FRAMES,
        blockBytes: Math.max(BLOCK_BYTES, snapLength + 64),
      },
      bell.ring,
    );
    channel.capture = capture;
    channel.blocks = viewBlocks(capture.memory(), BLOCKS, BATCH_FRAMES);
    channel.sequence = 0;
    channel.handedOut = 0;
  }

  function onOpened(channel: Channel, details: CaptureDetails): void {
    const dataLink = details.dataLink ?? -1;
    const linkType = LINK_TYPE_OF_DLT.get(dataLink) ?? dataLink;
    const before = interfaces[channel.interfaceIndex];
    const first = before === undefined;
    const changed = !first && before.linkType !== linkType;
    if (first || changed) {
      channel.interfaceIndex = interfaces.length;
      interfaces.push({ name: channel.name, linkType, snapLength, frames: 0 });
    }
    channel.state = 'open';
    channel.retryMs = FIRST_RETRY_MS;
    channel.capture?.stats(figures);
    readMeter(channel, figures, tell);
    if (first) {
      tell({ kind: 'opened', interface: channel.name, linkType, nanoseconds: details.nanoseconds ?? false, warning: plain(details.warning ?? '') });
      return;
    }
    const awayMs = Math.round(performance.now() - channel.awaySinceMs);
    channel.awayMs += awayMs;
    channel.reopenings++;
    tell({ kind: 'reopened', interface: channel.name, linkType, linkTypeChanged: changed, awayMs });
  }

  function onEnded(channel: Channel, capture: Capture): void {
    capture.stats(figures);
    readMeter(channel, figures, tell);
    channel.capture = undefined;
    const { failure: reason } = capture.details();
    const wasOpen = channel.state === 'open';
    if (reason === undefined || stopping) {
      channel.state = 'ended';
      return;
    }
    const error = openingError(channel.name, options.filter ?? '', reason, listInterfaceNames());
    if (opening) {
      channel.state = 'ended';
      failure ??= error;
      return;
    }
    channel.meter.reopened();
    // Without the right to open it again there is nothing to wait for.
    const final = reason.code === PCAP_STATUS.permissionDenied;
    if (wasOpen) channel.awaySinceMs = performance.now();
    if (wasOpen || final) tell({ kind: 'lost', interface: channel.name, reason: plain(reason.message), final });
    if (final) {
      channel.state = 'ended';
      if (channels.every((one) => one.state === 'ended')) failure ??= captureError(error.message, error.remedy);
      return;
    }
    channel.state = 'away';
    channel.retryTimer = setTimeout(() => {
      start(channel);
      bell.ring();
    }, channel.retryMs);
    channel.retryMs = Math.min(channel.retryMs * 2, LAST_RETRY_MS);
  }

  /** One look at a capture: its state first, for that re-arms the callback, then what it has filled. */
  function look(channel: Channel): void {
    const { capture } = channel;
    if (capture === undefined || channel.ready >= 0) return;
    const state = capture.state();
    if (state !== CAPTURE_STATE.opening && channel.state !== 'open') {
      const details = capture.details();
      // A capture that opened and ended before we looked was open all the same: its blocks need the link type.
      if (details.dataLink !== undefined && details.dataLink >= 0 && details.failure?.stage !== 'open' && details.failure?.stage !== 'filter') {
        onOpened(channel, details);
      }
    }
    channel.ready = capture.take();
    channel.begin = 0;
    if (channel.ready < 0 && state === CAPTURE_STATE.ended) onEnded(channel, capture);
  }

  /** @param frames of its block, from the first one that was not handed out yet */
  function handOut(channel: Channel, frames: number): LiveBatch {
    const capture = channel.capture as Capture;
    const block = channel.blocks[channel.ready];
    const { begin } = channel;
    const end = begin + frames;
    const position = (frame: number): number => (frame === 0 ? 0 : block.offset[frame - 1] + block.captured[frame - 1]);
    counts.frames += frames;
    counts.position += position(end) - position(begin);
    if (begin === 0) {
      channel.handedOut += block.header[HEADER.count];
      counts.shortened += block.header[HEADER.shortened];
      counts.timeBackwards += block.header[HEADER.backwards];
      readMeter(channel, block.header, tell);
    }
    const isLast = end === block.header[HEADER.count];
    lent = isLast ? { channel, capture, block: channel.ready } : undefined;
    if (isLast) channel.ready = -1;
    else channel.begin = end;
    const face = interfaces[channel.interfaceIndex];
    face.frames += frames;
    batch.bytes = block.bytes;
    batch.view = block.view;
    batch.offset = block.offset.subarray(begin, end);
    batch.captured = block.captured.subarray(begin, end);
    batch.wire = block.wire.subarray(begin, end);
    batch.seconds = block.seconds.subarray(begin, end);
    batch.nanos = block.nanos.subarray(begin, end);
    return describe(channel, frames, face.linkType);
  }

  /** An empty batch: nothing came, but time passed and the totals may have grown. */
  function heartbeat(): LiveBatch {
    for (const channel of channels) {
      if (channel.capture === undefined || channel.state !== 'open') continue;
      channel.capture.stats(figures);
      readMeter(channel, figures, tell);
    }
    const channel = channels.find((one) => one.state === 'open') ?? channels[0];
    return describe(channel, 0, interfaces[channel.interfaceIndex].linkType);
  }

  function describe(channel: Channel, count: number, linkType: number): LiveBatch {
    batch.count = count;
    batch.linkType = linkType;
    batch.interfaceIndex = channel.interfaceIndex;
    batch.totals = channel.meter.totals();
    const sum = totals();
    counts.droppedByCapture = sum.kernelDropped + sum.interfaceDropped;
    return batch;
  }

  function giveBack(): void {
    lent?.capture.release(lent.block);
    lent = undefined;
  }

  async function openAll(): Promise<void> {
    channels.forEach(start);
    for (;;) {
      channels.forEach(look);
      if (failure !== undefined) throw failure;
      if (channels.every((channel) => channel.state !== 'opening')) break;
      await bell.wait(heartbeatMs);
    }
    opening = false;
  }

  async function next(): Promise<LiveBatch | null> {
    giveBack();
    const until = performance.now() + heartbeatMs;
    for (;;) {
      watchClock();
      channels.forEach(look);
      const channel = earliestOf(channels);
      const due = channel === undefined ? -Infinity : dueFrames(channel, channels, Date.now(), HOLD_MS);
      if (channel !== undefined && due > 0) return handOut(channel, due);
      if (failure !== undefined) throw failure;
      if (channels.every((one) => one.state === 'ended')) return null;
      const left = until - performance.now();
      if (left <= 0) return heartbeat();
      await bell.wait(Math.min(left, -due));
    }
  }

  function end(channel: Channel): void {
    clearTimeout(channel.retryTimer);
    if (channel.capture === undefined) channel.state = 'ended';
  }

  function stop(): void {
    stopping = true;
    for (const channel of channels) {
      channel.capture?.stop();
      end(channel);
    }
    bell.ring();
  }

  async function close(): Promise<void> {
    stopping = true;
    giveBack();
    for (const channel of channels) {
      channel.capture?.close();
      end(channel);
      while (channel.capture !== undefined && channel.capture.state() !== CAPTURE_STATE.ended) await bell.wait(heartbeatMs);
      channel.capture = undefined;
      channel.state = 'ended';
      channel.ready = -1;
    }
    bell.ring();
  }

  function totals(): CaptureTotals {
    return sumTotals(channels.map((channel) => channel.meter.totals()));
  }

  const states = (): LiveInterfaceState[] => channels.map(stateOf);

  return { counts, interfaces, openAll, next, totals, states, stop, close };
}

/** Wall time against time that passed, at each call. */
function createClockWatch(tell: (event: LiveEvent) => void): () => void {
  let offsetMs = Date.now() - performance.now();
  return () => {
    const before = offsetMs;
    offsetMs = Date.now() - performance.now();
    const stepMs = Math.round(offsetMs - before);
    if (Math.abs(stepMs) >= CLOCK_STEP_MS) tell({ kind: 'clock-step', stepMs });
  };
}
