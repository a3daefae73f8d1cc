/**
 * The typed door to native/: loads the addon and libpcap, and mirrors the layout of the blocks that it fills.
 * In: nothing but the installed package. Out: the addon's functions, or one line that says what is missing.
 * Left out on purpose: any policy; what to listen on, and what to do when it goes away, is live.ts.
 */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { errorText, usageError } from '../errors.ts';

/** Where libpcap may be found: Debian's name is .so.0.8, most others' .so.1; the last is there with the headers. */
const LIBRARY_NAMES: readonly string[] = ['libpcap.so.0.8', 'libpcap.so.1', 'libpcap.so'];

export interface CaptureOptions {
  readonly device: string;
  readonly snapLength: number;
  readonly promiscuous: boolean;
  readonly filter: string;
  /** The kernel's ring buffer. */
  readonly bufferBytes: number;
  /** How long the kernel may keep a partly filled block to itself. */
  readonly timeoutMs: number;
  readonly adapterTimestamps: boolean;
  readonly blocks: number;
  readonly blockFrames: number;
  readonly blockBytes: number;
}

export interface CaptureFailure {
  /** `gone`: another interface, or none, has the name now. `read`: libpcap gave up for another reason. */
  readonly stage: 'open' | 'filter' | 'read' | 'gone';
  /** libpcap's status (pcap/pcap.h, PCAP_ERROR_...). */
  readonly code: number;
  readonly message: string;
}

export interface CaptureDetails {
  readonly dataLink?: number;
  readonly nanoseconds?: boolean;
  readonly warning?: string;
  readonly failure?: CaptureFailure;
}

/** One interface being listened to, on a thread of its own. */
export interface Capture {
  /** The blocks, one after another; given once. */
  memory(): ArrayBuffer;
  /** 0 opening, 1 open, 2 ended. Asking it re-arms the callback: ask first, then take. */
  state(): number;
  details(): CaptureDetails;
  /** The number of the next filled block, or -1. It stays untouched until it is released. */
  take(): number;
  release(block: number): void;
  /** The newest figures, in the order of HEADER. */
  stats(into: Float64Array): void;
  /** What the kernel holds already is still handed over; then the state is `ended`. */
  stop(): void;
  /** Ends at once. */
  close(): void;
}

export interface Addon {
  /** `numbers`: see startCapture. */
  readonly Capture: new (device: string, filter: string, numbers: Float64Array, tell: () => void) => Capture;
  /** The first of these that is libpcap. @returns its version */
  loadLibrary(...names: readonly string[]): string;
  /** Throws at the first step that fails. The ids count only for root. */
  dropPrivileges(keepNetRaw: boolean, uid: number, gid: number): void;
  /** Until the descriptor is closed, or the process ends in whatever way. @returns false where another holds it */
  lock(descriptor: number): boolean;
}

export function startCapture(addon: Addon, options: CaptureOptions, tell: () => void): Capture {
  const { snapLength, bufferBytes, timeoutMs, blocks, blockFrames, blockBytes, promiscuous, adapterTimestamps } = options;
  const numbers = [snapLength, bufferBytes, timeoutMs, blocks, blockFrames, blockBytes, Number(promiscuous), Number(adapterTimestamps)];
  return new addon.Capture(options.device, options.filter, Float64Array.from(numbers), tell);
}

export const CAPTURE_STATE = { opening: 0, open: 1, ended: 2 } as const;

/** Where a block's header keeps what; see native/session.h. */
export const HEADER = {
  count: 0,
  shortened: 1,
  backwards: 2,
  received: 3,
  dropped: 4,
  interfaceDropped: 5,
  statsValid: 6,
  /** Grows with every reading of pcap_stats. */
  sequence: 7,
  /** IFF_ flags, read together with pcap_stats; 0 where they are not known (the interface is gone, or is no interface). */
  flags: 8,
} as const;
export const HEADER_SLOTS = 16;

/** Views over one block; made once, filled again and again by the capture's thread. */
export interface BlockViews {
  readonly header: Float64Array;
  readonly seconds: Float64Array;
  readonly offset: Int32Array;
  readonly captured: Int32Array;
  readonly wire: Int32Array;
  readonly nanos: Int32Array;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** The blocks of a capture, in the order of their numbers. */
export function viewBlocks(memory: ArrayBuffer, blocks: number, frames: number): BlockViews[] {
  const size = memory.byteLength / blocks;
  return Array.from({ length: blocks }, (_, i) => viewBlock(memory, i * size, size, frames));
}

function viewBlock(memory: ArrayBuffer, from: number, size: number, frames: number): BlockViews {
  let at = from + HEADER_SLOTS * 8;
  const seconds = new Float64Array(memory, at, frames);
  at += frames * 8;
  const words: Int32Array[] = [];
  for (let i = 0; i < 4; i++, at += frames * 4) words.push(new Int32Array(memory, at, frames));
  const [offset, captured, wire, nanos] = words as [Int32Array, Int32Array, Int32Array, Int32Array];
  const header = new Float64Array(memory, from, HEADER_SLOTS);
  const octets = from + size - at;
  return { header, seconds, offset, captured, wire, nanos, bytes: new Uint8Array(memory, at, octets), view: new DataView(memory, at, octets) };
}

/** Also reads as `this program was installed where nothing may be compiled`: the pipe needs nothing of ours. */
const PIPE_INSTEAD = 'or pipe from another program: tcpdump -i IF -U -w - | baseline capture -';

const FOLDER = fileURLToPath(new URL('../../native', import.meta.url));

let loaded: Addon | undefined;

/** `folder` is for tests. */
export function loadAddon(folder: string = FOLDER): Addon {
  if (loaded !== undefined && folder === FOLDER) return loaded;
  if (process.platform !== 'linux') {
    throw usageError('live capture works on Linux only', `Capture on a Linux machine, ${PIPE_INSTEAD}`);
  }
  const require = createRequire(import.meta.url);
  try {
    const load = require('node-gyp-build') as (folder: string) => Addon;
    const addon = load(folder);
    if (folder === FOLDER) loaded = addon;
    return addon;
  } catch (error) {
    const reason = errorText(error).split('\n')[0] ?? '';
    throw usageError(
      `the live capture addon is not built (${reason})`,
      `Install a C++17 compiler, make and python3 (Debian: build-essential python3) and run npm rebuild baseline ` +
        `(in a source folder: npm run install), ${PIPE_INSTEAD}`,
    );
  }
}

/** The addon with libpcap behind it. `names` is for tests. */
export function loadLibpcap(names: readonly string[] = LIBRARY_NAMES): { addon: Addon; version: string } {
  const addon = loadAddon();
  try {
    return { addon, version: addon.loadLibrary(...names) };
  } catch (error) {
    throw usageError(
      `libpcap is not installed (${errorText(error)})`,
      'Install it: Debian and Ubuntu package libpcap0.8 (libpcap0.8t64 on the newest), Fedora and Red Hat libpcap, Alpine libpcap.',
    );
  }
}
