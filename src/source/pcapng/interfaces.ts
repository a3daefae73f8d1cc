/**
 * The interfaces of a pcapng file. In: Interface Description Blocks (draft-ietf-opsawg-pcapng, section 4.2) and the
 * losses that packet and statistics blocks report; out: what each packet's interface id stands for, per section, the
 * list shown to people, and the drops. Both lists are bounded.
 */
import type { CaptureInterface } from '../frame-batch.ts';
import { eachOption, readCounter64 } from './options.ts';
import { createClock, DEFAULT_RESOLUTION } from './timestamp.ts';
import type { TimestampClock } from './timestamp.ts';

const OPTION_NAME = 2;
const OPTION_TSRESOL = 9;
const OPTION_TSOFFSET = 14;
const OPTION_IFDROP = 5;
const OPTION_OSDROP = 7;

/** More interfaces than any capture has; what comes beyond is not kept, and its packets are damage. */
export const MAX_INTERFACES = 65_536;
const MAX_NAME_OCTETS = 256;

/** An interface within its section. */
export interface SectionInterface {
  readonly shown: CaptureInterface;
  readonly linkType: number;
  /** 0: no limit. */
  readonly snapLength: number;
  readonly clock: TimestampClock;
  /** Drops told by packets (each since the one before) and by statistics (running total): the same loss, told twice. */
  dropsByPackets: number;
  dropsByStatistics: number;
}

const text = new TextDecoder('utf-8');

/** `at` is the start of the block's body, `end` that of the trailing length. */
export function readInterface(bytes: Uint8Array, view: DataView, at: number, end: number, le: boolean): SectionInterface {
  const linkType = view.getUint16(at, le);
  const snapLength = view.getUint32(at + 4, le);
  let name = '';
  let resolution = DEFAULT_RESOLUTION;
  let offsetSeconds = 0;
  eachOption(view, at + 8, end, le, (code, value, length) => {
    if (code === OPTION_NAME) name = text.decode(bytes.slice(value, value + Math.min(length, MAX_NAME_OCTETS)));
    else if (code === OPTION_TSRESOL && length === 1) resolution = view.getUint8(value);
    else if (code === OPTION_TSOFFSET && length === 8) offsetSeconds = Number(view.getBigInt64(value, le));
  });
  return {
    shown: { name, linkType, snapLength, frames: 0 },
    linkType,
    snapLength,
    clock: createClock(resolution, offsetSeconds),
    dropsByPackets: 0,
    dropsByStatistics: 0,
  };
}

/** Interface Statistics Block (section 4.6): drops of interface and operating system since the capture began. */
export function readStatistics(face: SectionInterface, view: DataView, at: number, end: number, le: boolean): void {
  let drops = 0;
  eachOption(view, at, end, le, (code, value, length) => {
    if ((code === OPTION_IFDROP || code === OPTION_OSDROP) && length === 8) drops += readCounter64(view, value, le);
  });
  face.dropsByStatistics = Math.max(face.dropsByStatistics, drops);
}

export const dropsOf = (face: SectionInterface): number => Math.max(face.dropsByPackets, face.dropsByStatistics);
