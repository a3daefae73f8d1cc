/**
 * Classic pcap (draft-ietf-opsawg-pcap; libpcap's sf-pcap.c where the draft is silent). In: a block that starts at
 * the file header; out: frames. Both endians, microseconds and nanoseconds, the 24-octet record headers of "modified"
 * pcap, versions 2.0 to 2.4 and 543.0 with their swapped lengths, files joined end to end (`cat a b`).
 *
 * Damage: a record whose length cannot be right, or a run of zeros in its place (no capture program writes one, file
 * systems do after a power cut), is where the walk leaves the chain; it is taken up again by pcap-resync.ts.
 */
import { MAX_RECORD_BYTES } from './block.ts';
import type { Block } from './block.ts';
import * as batches from './frame-batch.ts';
import type { CaptureInterface, FrameBatch, SourceEnd } from './frame-batch.ts';
import { findRecordChain, isPlausibleRecord } from './pcap-resync.ts';
import type { RecordShape } from './pcap-resync.ts';
import { createDamage, endOf, noteDamage, STOP } from './record-walker.ts';
import type { RecordWalker } from './record-walker.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { BATCH_FRAMES } = batches;

const FILE_HEADER_BYTES = 24;
/** libpcap's MAXIMUM_SNAPLEN: lengths up to here are believed whatever the header's snap length says. */
const USUAL_RECORD_BYTES = 262_144;

/** This many zero octets where a record should stand are no packets of length 0. */
const ZERO_FILL_BYTES = 64;

interface Magic {
  readonly littleEndian: boolean;
  readonly unitsPerSecond: number;
  readonly headerBytes: number;
}

/** What the first four octets say, or null: a1b2c3d4 µs, a1b23c4d ns, a1b2cd34 "modified" (Kuznetzov). */
function readPcapMagic(view: DataView, at: number): Magic | null {
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(at, littleEndian);
    if (magic === 0xa1b2c3d4) return { littleEndian, unitsPerSecond: 1e6, headerBytes: 16 };
    if (magic === 0xa1b23c4d) return { littleEndian, unitsPerSecond: 1e9, headerBytes: 16 };
    if (magic === 0xa1b2cd34) return { littleEndian, unitsPerSecond: 1e6, headerBytes: 24 };
  }
  return null;
}

/** 2.4 and, as Wireshark does, whatever minor version; 543.0 is a DG/UX tcpdump (libpcap). */
const isReadVersion = (major: number, minor: number): boolean => major === 2 || (major === 543 && minor === 0);

export function createPcapWalker(): RecordWalker {
  const interfaces: CaptureInterface[] = [];
  const damage = createDamage();
  let current: CaptureInterface | null = null;
  let unsupported: { offset: number; reason: string } | null = null;
  let isSearching = false;
  /** 1 right after leaving the chain: the bad header itself is no candidate. */
  let searchFrom = 0;
  let endOfLastFrame = 0;
  let lastSeconds = NaN;
  const shape: RecordShape = { littleEndian: true, unitsPerSecond: 1e6, headerBytes: 16, capturedAt: 8, wireAt: 12 };
  let scale = 1000;
  /** Version 2.3 files carry either order of lengths: the larger is the one on the wire (libpcap). */
  let maySwap = false;
  let snapLength = 0;

  /** The file header at `block.from`; false where its version is none that we read. */
  function readFileHeader(block: Block, magic: Magic): boolean {
    const { view, from } = block;
    const le = magic.littleEndian;
    const major = view.getUint16(from + 4, le);
    const minor = view.getUint16(from + 6, le);
    if (!isReadVersion(major, minor)) {
      unsupported = { offset: block.base + from, reason: `pcap version ${major}.${minor} is not read (2.x is)` };
      return false;
    }
    shape.littleEndian = le;
    shape.unitsPerSecond = magic.unitsPerSecond;
    shape.headerBytes = magic.headerBytes;
    const swapped = major === 543 || minor < 3;
    shape.capturedAt = swapped ? 12 : 8;
    shape.wireAt = swapped ? 8 : 12;
    maySwap = major === 2 && minor === 3;
    scale = 1e9 / magic.unitsPerSecond;
    snapLength = view.getUint32(from + 16, le);
    // The upper 16 bits hold the FCS length and reserved bits (draft-ietf-opsawg-pcap, section 4).
    current = { name: '', linkType: view.getUint32(from + 20, le) & 0xffff, snapLength, frames: 0 };
    // Joined files of one kind are one interface; the list stays short however many are joined.
    const known = interfaces.find((known) => known.linkType === current?.linkType && known.snapLength === snapLength);
    if (known) current = known;
    else if (interfaces.length < 256) interfaces.push(current);
    block.from += FILE_HEADER_BYTES;
    return true;
  }

  /** Leaves the chain at `block.from`. */
  function leaveChain(block: Block, reason: string): void {
    noteDamage(damage, block.base + block.from, 0, reason);
    isSearching = true;
    searchFrom = 1;
  }

  /** Moves `block.from` to the next chain of records; gives the octets lacking, 0 when found. */
  function search(block: Block): number {
    const found = findRecordChain(block, block.from + searchFrom, shape, lastSeconds);
    damage.skipped += found.at - block.from;
    searchFrom = 0;
    block.from = found.at;
    isSearching = found.need > 0;
    return found.need;
  }

  /** A record header whose captured length is 0 or beyond the usual: 0 to accept it, octets lacking, or STOP for "no". */
  function judge(block: Block, at: number, captured: number): number {
    if (captured === 0) {
      for (let i = at; i < at + ZERO_FILL_BYTES; i++) {
        if (i >= block.to) return block.ended ? 0 : ZERO_FILL_BYTES;
        if (block.bytes[i] !== 0) return 0;
      }
      return STOP;
    }
    if (captured > MAX_RECORD_BYTES) return STOP;
    const next = at + shape.headerBytes + captured;
    if (next + shape.headerBytes > block.to && !block.ended) return next + shape.headerBytes - at;
    if (next === block.to) return 0;
    return next + shape.headerBytes <= block.to && isPlausibleRecord(block, next, shape, lastSeconds) ? 0 : STOP;
  }

  /** `cat a.pcap b.pcap`: a file header stands where a record header should. It has zone 0, accuracy 0: a record of length 0. */
  function joinedHeader(block: Block, at: number): Magic | null {
    const magic = readPcapMagic(block.view, at);
    if (magic === null) return null;
    const le = magic.littleEndian;
    const isHeader = isReadVersion(block.view.getUint16(at + 4, le), block.view.getUint16(at + 6, le));
    return isHeader ? magic : null;
  }

  /** The input ends inside the record at `block.from`. Above the snap length its length may be the lie: then a chain stands behind it. */
  function resumesInside(block: Block, captured: number): boolean {
    if (snapLength === 0 || captured <= snapLength) return false;
    const found = findRecordChain(block, block.from + 1, shape, lastSeconds);
    if (found.need > 0) return false;
    noteDamage(damage, block.base + block.from, found.at - block.from, `record length ${captured} runs past the end of the input`);
    block.from = found.at;
    return true;
  }

  function walk(block: Block, batch: FrameBatch): number {
    if (current === null) {
      if (block.from + FILE_HEADER_BYTES > block.to) return FILE_HEADER_BYTES;
      const magic = readPcapMagic(block.view, block.from);
      if (magic === null || !readFileHeader(block, magic)) return STOP;
    }
    for (;;) {
      if (isSearching) {
        const need = search(block);
        if (need > 0) return need;
      }
      const need = walkChain(block, batch);
      if (batch.count > 0 || !isSearching) return need;
    }
  }

  /** Records until the batch is full or something is out of the ordinary. */
  function walkChain(block: Block, batch: FrameBatch): number {
    const { view, to } = block;
    const { littleEndian, headerBytes, capturedAt, wireAt, unitsPerSecond } = shape;
    const { offset, captured: capturedOut, wire, seconds, nanos } = batch;
    const linkType = (current as CaptureInterface).linkType;
    let at = block.from;
    let count = 0;
    let need = 0;
    while (count < BATCH_FRAMES) {
      if (at + headerBytes > to) {
        need = headerBytes;
        break;
      }
      let captured = view.getUint32(at + capturedAt, littleEndian);
      let onWire = view.getInt32(at + wireAt, littleEndian);
      if (maySwap && captured > onWire >>> 0) {
        const swapped = captured;
        captured = onWire >>> 0;
        onWire = swapped | 0;
      }
      if (captured === 0 || captured > USUAL_RECORD_BYTES) {
        block.from = at;
        const magic = captured === 0 ? joinedHeader(block, at) : null;
        if (magic !== null) {
          if (at + FILE_HEADER_BYTES > to) need = FILE_HEADER_BYTES;
          if (count > 0 || need > 0) break;
          if (!readFileHeader(block, magic)) return STOP;
          return walkChain(block, batch);
        }
        const verdict = judge(block, at, captured);
        if (verdict > 0) {
          need = verdict;
          break;
        }
        if (verdict === STOP) {
          if (count > 0) break;
          leaveChain(block, captured === 0 ? 'zero octets in place of records' : `record length ${captured} cannot be right`);
          return 0;
        }
      }
      const next = at + headerBytes + captured;
      if (next > to) {
        need = next - at;
        block.from = at;
        if (block.ended && count === 0 && resumesInside(block, captured)) {
          at = block.from;
          continue;
        }
        break;
      }
      let second = view.getUint32(at, littleEndian);
      // A signed field (struct timeval): time-shifting tools leave fractions below 0 or above a second.
      let units = view.getInt32(at + 4, littleEndian);
      if (units < 0 || units >= unitsPerSecond) {
        const carry = Math.floor(units / unitsPerSecond);
        second += carry;
        units -= carry * unitsPerSecond;
      }
      offset[count] = at + headerBytes;
      capturedOut[count] = captured;
      wire[count] = onWire;
      seconds[count] = second;
      nanos[count] = units * scale;
      count++;
      at = next;
    }
    block.from = at;
    batch.count = count;
    batch.linkType = linkType;
    if (count > 0) {
      endOfLastFrame = block.base + at;
      lastSeconds = seconds[count - 1] as number;
      (current as CaptureInterface).frames += count;
    }
    return need;
  }

  function end(block: Block): SourceEnd {
    const offset = block.base + block.from;
    const left = block.to - block.from;
    if (unsupported !== null) return endOf(damage, { kind: 'unsupported', ...unsupported });
    if (isSearching) {
      damage.skipped += left;
      return endOf(damage, { kind: 'complete' });
    }
    if (left === 0 && current !== null) return endOf(damage, { kind: 'complete' });
    const inside = current === null ? 'the file header' : left < shape.headerBytes ? 'a record header' : 'a record';
    return endOf(damage, { kind: 'truncated', offset, lost: left, reason: `the input ends inside ${inside}` });
  }

  return { interfaces, walk, endOfLastFrame: () => endOfLastFrame, end, droppedByCapture: () => 0 };
}
