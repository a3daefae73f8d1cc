/**
 * pcapng (draft-ietf-opsawg-pcapng). In: a block that starts at a Section Header Block; out: frames of Enhanced,
 * Simple and obsolete Packet Blocks, with each interface's link type, snap length, resolution and offset, over any
 * number of sections of either byte order. Names and secrets are stepped over, blocks that are not understood counted.
 *
 * Damage: a block that does not fit its own frame costs that block alone; a length that cannot be right, or is not
 * repeated at the block's end, leaves the chain, which resync.ts takes up again. Section lengths are not relied on.
 */
import { MAX_RECORD_BYTES } from '../block.ts';
import type { Block } from '../block.ts';
import * as batches from '../frame-batch.ts';
import type { CaptureInterface, FrameBatch, SourceEnd } from '../frame-batch.ts';
import { createDamage, endOf, noteDamage, STOP } from '../record-walker.ts';
import type { RecordWalker } from '../record-walker.ts';
import * as blocks from './block-type.ts';
import { dropsOf, MAX_INTERFACES, readInterface, readStatistics } from './interfaces.ts';
import type { SectionInterface } from './interfaces.ts';
import { eachOption, readCounter64 } from './options.ts';
import { findBlock, plausibleBlockBytes } from './resync.ts';
import { storeTime } from './timestamp.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { BATCH_FRAMES } = batches;
const { BLOCK_TYPE, readByteOrder } = blocks;
const MOST_RECORD_BYTES = MAX_RECORD_BYTES;

/** Type, length, and the length again. */
const FRAME_BYTES = 12;
const ENHANCED_BYTES = 32;
const OPTION_DROPCOUNT = 4;
const UNKNOWN_DROPS = 0xffff;
/** A step of the walk that leaves more to do with what is in the block. */
const GO_ON = -2;
const MAX_UNKNOWN_TYPES = 64;
/** Key of `unknownBlocks` under which types beyond the first 64 are counted together. */
export const OTHER_BLOCK_TYPES = -1;

export function createPcapngWalker(unknownBlocks: Map<number, number>): RecordWalker {
  const interfaces: CaptureInterface[] = [];
  const damage = createDamage();
  let section: SectionInterface[] = [];
  let littleEndian = true;
  let unsupported: { offset: number; reason: string } | null = null;
  let isSearching = false;
  /** 1 right after leaving the chain: the bad block itself is no candidate. */
  let searchFrom = 0;
  let endOfLastFrame = 0;
  let drops = 0;

  function leaveChain(block: Block, reason: string): void {
    noteDamage(damage, block.base + block.from, 0, reason);
    isSearching = true;
    searchFrom = 1;
  }

  function search(block: Block): number {
    const found = findBlock(block, block.from + searchFrom, littleEndian, section.length);
    damage.skipped += found.at - block.from;
    searchFrom = 0;
    block.from = found.at;
    isSearching = found.need > 0;
    return found.need;
  }

  /** The length at the end differs: where the first one leads to a block, only this block is lost. */
  function leaveBlock(block: Block, at: number, bytes: number): void {
    const next = plausibleBlockBytes(block, at + bytes, littleEndian, section.length);
    const isEnd = block.ended && at + bytes === block.to;
    if (next > 0 || isEnd) {
      noteDamage(damage, block.base + at, bytes, `block length ${bytes} is not repeated at the block's end`);
      block.from = at + bytes;
      return;
    }
    leaveChain(block, `block length ${bytes} is not repeated at the block's end`);
  }

  /** A damaged block within a sound chain: it alone is lost. */
  function skipBlock(block: Block, at: number, bytes: number, reason: string): void {
    noteDamage(damage, block.base + at, bytes, reason);
    block.from = at + bytes;
  }

  function walk(block: Block, batch: FrameBatch): number {
    for (;;) {
      if (unsupported !== null) return STOP;
      if (isSearching) {
        const need = search(block);
        if (need > 0) return need;
      }
      const need = walkChain(block, batch);
      if (need !== GO_ON) return need;
    }
  }

  /** Enhanced Packet Blocks in a row, the common case; anything else is left to `walkOther`. */
  function walkChain(block: Block, batch: FrameBatch): number {
    const { view, to } = block;
    const le = littleEndian;
    const { offset, captured: capturedOut, wire, seconds, nanos } = batch;
    const faces = section.length;
    let count = batch.count;
    let at = block.from;
    let need = GO_ON;
    while (count < BATCH_FRAMES) {
      if (at + FRAME_BYTES > to) {
        need = FRAME_BYTES;
        break;
      }
      if (view.getUint32(at, le) !== BLOCK_TYPE.enhancedPacket) break;
      const bytes = view.getUint32(at + 4, le);
      if (bytes < ENHANCED_BYTES || bytes > MOST_RECORD_BYTES || (bytes & 3) !== 0) break;
      const next = at + bytes;
      if (next > to) {
        need = bytes;
        break;
      }
      if (view.getUint32(next - 4, le) !== bytes) break;
      const id = view.getUint32(at + 8, le);
      const captured = view.getUint32(at + 20, le);
      if (id >= faces || captured > bytes - ENHANCED_BYTES) break;
      const face = section[id] as SectionInterface;
      if (count === 0) batch.linkType = face.linkType;
      else if (face.linkType !== batch.linkType) {
        need = 0;
        break;
      }
      offset[count] = at + 28;
      capturedOut[count] = captured;
      wire[count] = view.getInt32(at + 24, le);
      storeTime(face.clock, view.getInt32(at + 12, le), view.getInt32(at + 16, le), seconds, nanos, count);
      face.shown.frames++;
      const options = at + 28 + ((captured + 3) & ~3);
      if (options + 4 < next) addPacketDrops(face, view, options, next - 4, le);
      count++;
      at = next;
    }
    if (at > block.from) endOfLastFrame = block.base + at;
    block.from = at;
    batch.count = count;
    if (count === BATCH_FRAMES) return 0;
    return need === GO_ON || (block.ended && count === 0) ? walkOther(block, batch) : need;
  }

  function addPacketDrops(face: SectionInterface, view: DataView, start: number, end: number, le: boolean): void {
    const before = dropsOf(face);
    eachOption(view, start, end, le, (code, at, length) => {
      if (code === OPTION_DROPCOUNT && length === 8) face.dropsByPackets += readCounter64(view, at, le);
    });
    drops += dropsOf(face) - before;
  }

  /** The block at `block.from` is no sound Enhanced Packet Block, or is not all there. */
  function walkOther(block: Block, batch: FrameBatch): number {
    const { view, to } = block;
    const at = block.from;
    if (at + FRAME_BYTES > to) return FRAME_BYTES;
    const isSection = view.getUint32(at, littleEndian) === BLOCK_TYPE.section;
    let le = littleEndian;
    if (isSection) {
      const order = readByteOrder(view, at + 8);
      if (order === null) {
        leaveChain(block, 'a section header without byte-order magic');
        return GO_ON;
      }
      le = order;
    }
    const announced = view.getUint32(at + 4, le);
    // Some writers forget the padding in the length; the frame then still stands on a boundary of 4.
    const bytes = (announced + 3) & ~3;
    if (announced < FRAME_BYTES || announced > MAX_RECORD_BYTES) {
      leaveChain(block, `block length ${announced} cannot be right`);
      if (isSection) littleEndian = le;
      return GO_ON;
    }
    if (at + bytes > to) {
      if (!block.ended) return bytes;
      return resumesInside(block, announced) ? GO_ON : bytes;
    }
    if (view.getUint32(at + bytes - 4, le) !== announced) {
      // Judging what follows takes its frame.
      if (at + bytes + ENHANCED_BYTES > to && !block.ended) return bytes + ENHANCED_BYTES;
      leaveBlock(block, at, bytes);
      return GO_ON;
    }
    readBlock(block, batch, at, bytes, le);
    if (unsupported !== null) return STOP;
    // Not gone past: a packet of another link type, for the next batch.
    return block.from === at ? 0 : GO_ON;
  }

  /** The input ends inside the block at `block.from`: if blocks stand behind its header, its length is the lie. */
  function resumesInside(block: Block, announced: number): boolean {
    const found = findBlock(block, block.from + 1, littleEndian, section.length);
    if (found.need > 0) return false;
    noteDamage(damage, block.base + block.from, found.at - block.from, `block length ${announced} runs past the end of the input`);
    block.from = found.at;
    return true;
  }

  /** A whole block with a sound frame. */
  function readBlock(block: Block, batch: FrameBatch, at: number, bytes: number, le: boolean): void {
    const { view } = block;
    const body = at + 8;
    const end = at + bytes - 4;
    const type = view.getUint32(at, le);
    switch (type) {
      case BLOCK_TYPE.section: {
        if (bytes < 28) return skipBlock(block, at, bytes, 'a section header that is too short');
        const major = view.getUint16(at + 12, le);
        if (major !== 1) {
          const reason = `pcapng version ${major}.${view.getUint16(at + 14, le)} is not read (1.x is)`;
          unsupported = { offset: block.base + at, reason };
          return;
        }
        littleEndian = le;
        section = [];
        break;
      }
      case BLOCK_TYPE.interfaceDescription: {
        if (bytes < 20) return skipBlock(block, at, bytes, 'an interface description that is too short');
        if (section.length >= MAX_INTERFACES) {
          return skipBlock(block, at, bytes, `more than ${MAX_INTERFACES} interfaces in a section`);
        }
        const face = readInterface(block.bytes, view, body, end, le);
        section.push(face);
        if (interfaces.length < MAX_INTERFACES) interfaces.push(face.shown);
        break;
      }
      case BLOCK_TYPE.interfaceStatistics: {
        const face = bytes >= 24 ? section[view.getUint32(body, le)] : undefined;
        if (face === undefined) {
          countUnknown(type);
          break;
        }
        const before = dropsOf(face);
        readStatistics(face, view, body + 12, end, le);
        drops += dropsOf(face) - before;
        break;
      }
      case BLOCK_TYPE.enhancedPacket:
        return readOddPacket(block, at, bytes, le);
      case BLOCK_TYPE.packet:
        return readObsoletePacket(block, batch, at, bytes, le);
      case BLOCK_TYPE.simplePacket:
        return readSimplePacket(block, batch, at, bytes, le);
      case BLOCK_TYPE.nameResolution:
      case BLOCK_TYPE.decryptionSecrets:
        break;
      default:
        countUnknown(type);
    }
    block.from = at + bytes;
  }

  function countUnknown(type: number): void {
    const key = unknownBlocks.has(type) || unknownBlocks.size < MAX_UNKNOWN_TYPES ? type : OTHER_BLOCK_TYPES;
    unknownBlocks.set(key, (unknownBlocks.get(key) ?? 0) + 1);
  }

  /** An Enhanced Packet Block that `walkChain` did not take, though its frame is sound. */
  function readOddPacket(block: Block, at: number, bytes: number, le: boolean): void {
    if (bytes < ENHANCED_BYTES) return skipBlock(block, at, bytes, 'a packet block that is too short');
    const id = block.view.getUint32(at + 8, le);
    if (id >= section.length) return skipBlock(block, at, bytes, `a packet of interface ${id}, which is not described`);
    skipBlock(block, at, bytes, `captured length ${block.view.getUint32(at + 20, le)} does not fit its block`);
  }

  /** Packet Block (appendix A), of before 2009. */
  function readObsoletePacket(block: Block, batch: FrameBatch, at: number, bytes: number, le: boolean): void {
    const { view } = block;
    if (bytes < ENHANCED_BYTES) return skipBlock(block, at, bytes, 'a packet block that is too short');
    const id = view.getUint16(at + 8, le);
    const face = section[id];
    if (face === undefined) return skipBlock(block, at, bytes, `a packet of interface ${id}, which is not described`);
    const captured = view.getUint32(at + 20, le);
    if (captured > bytes - ENHANCED_BYTES) return skipBlock(block, at, bytes, `captured length ${captured} does not fit its block`);
    if (!hasRoom(batch, face)) return;
    const dropped = view.getUint16(at + 10, le);
    if (dropped !== UNKNOWN_DROPS) {
      const before = dropsOf(face);
      face.dropsByPackets += dropped;
      drops += dropsOf(face) - before;
    }
    storeTime(face.clock, view.getInt32(at + 12, le), view.getInt32(at + 16, le), batch.seconds, batch.nanos, batch.count);
    handOut(block, batch, face, at + 28, captured, view.getInt32(at + 24, le), at + bytes);
  }

  /** Simple Packet Block (section 4.4): of interface 0, without time, cut at its snap length. */
  function readSimplePacket(block: Block, batch: FrameBatch, at: number, bytes: number, le: boolean): void {
    if (bytes < 16) return skipBlock(block, at, bytes, 'a packet block that is too short');
    const face = section[0];
    if (face === undefined) return skipBlock(block, at, bytes, 'a packet of interface 0, which is not described');
    const wire = block.view.getUint32(at + 8, le);
    const limit = face.snapLength === 0 ? wire : Math.min(wire, face.snapLength);
    if (!hasRoom(batch, face)) return;
    batch.seconds[batch.count] = NaN;
    batch.nanos[batch.count] = 0;
    handOut(block, batch, face, at + 12, Math.min(limit, bytes - 16), wire | 0, at + bytes);
  }

  const hasRoom = (batch: FrameBatch, face: SectionInterface): boolean => {
    if (batch.count === 0) batch.linkType = face.linkType;
    return face.linkType === batch.linkType && batch.count < BATCH_FRAMES;
  };

  function handOut(block: Block, batch: FrameBatch, face: SectionInterface, at: number, captured: number, wire: number, next: number): void {
    batch.offset[batch.count] = at;
    batch.captured[batch.count] = captured;
    batch.wire[batch.count] = wire;
    batch.count++;
    face.shown.frames++;
    block.from = next;
    endOfLastFrame = block.base + next;
  }

  function end(block: Block): SourceEnd {
    const offset = block.base + block.from;
    const left = block.to - block.from;
    if (unsupported !== null) return endOf(damage, { kind: 'unsupported', ...unsupported });
    if (isSearching) {
      damage.skipped += left;
      return endOf(damage, { kind: 'complete' });
    }
    if (left === 0) return endOf(damage, { kind: 'complete' });
    return endOf(damage, { kind: 'truncated', offset, lost: left, reason: 'the input ends inside a block' });
  }

  return { interfaces, walk, endOfLastFrame: () => endOfLastFrame, end, droppedByCapture: () => drops };
}
