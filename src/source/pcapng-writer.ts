/**
 * Frame batches as pcapng blocks (draft-ietf-opsawg-pcapng). In: interfaces, frames, drop counts. Out: octets in one
 * reused buffer, little endian, times in nanoseconds. Left out on purpose: files (ring-writer.ts), comments, and names
 * of the machine or of its user.
 */

import type { FrameBatch } from './frame-batch.ts';

export interface WrittenInterface {
  readonly name: string;
  readonly linkType: number;
  readonly snapLength: number;
}

/** What was lost on an interface, and what was not, since the file began (section 4.6). */
export interface WrittenStatistics {
  readonly received: number;
  readonly interfaceDropped: number;
  readonly kernelDropped: number;
  readonly processed: number;
}

const BLOCK = { section: 0x0a0d0d0a, interface: 1, statistics: 5, packet: 6 } as const;
const BYTE_ORDER = 0x1a2b3c4d;
const OPTION = { end: 0, userApplication: 4, interfaceName: 2, timeResolution: 9, received: 4, interfaceDropped: 5, kernelDropped: 7, delivered: 8 } as const;
const NANOSECONDS = 9;
const PACKET_HEAD = 28;

const padded = (length: number): number => (length + 3) & ~3;

/** Octets that a frame takes in the file. */
export const packetBlockBytes = (captured: number): number => PACKET_HEAD + padded(captured) + 4;

export interface BlockBuffer {
  bytes: Uint8Array;
  view: DataView;
  length: number;
}

export function createBlockBuffer(): BlockBuffer {
  const bytes = new Uint8Array(1 << 20);
  return { bytes, view: new DataView(bytes.buffer), length: 0 };
}

function makeRoom(buffer: BlockBuffer, octets: number): number {
  const at = buffer.length;
  if (at + octets > buffer.bytes.length) {
    const bytes = new Uint8Array(Math.max(buffer.bytes.length * 2, at + octets));
    bytes.set(buffer.bytes.subarray(0, at));
    buffer.bytes = bytes;
    buffer.view = new DataView(bytes.buffer);
  }
  buffer.length = at + octets;
  return at;
}

interface Option {
  readonly code: number;
  readonly value: Uint8Array;
}

const text = (code: number, value: string): Option => ({ code, value: new TextEncoder().encode(value).subarray(0, 1000) });

function counter(code: number, value: number): Option {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return { code, value: bytes };
}

/** A block of fixed fields and options; `fields` writes its own `fixed` octets at the offset it is given. */
function writeBlock(buffer: BlockBuffer, type: number, fixed: number, fields: (view: DataView, at: number) => void, options: readonly Option[]): void {
  const total = 12 + fixed + options.reduce((sum, option) => sum + 4 + padded(option.value.length), 4);
  const start = makeRoom(buffer, total);
  const { bytes, view } = buffer;
  bytes.fill(0, start, start + total);
  view.setUint32(start, type, true);
  view.setUint32(start + 4, total, true);
  fields(view, start + 8);
  let at = start + 8 + fixed;
  for (const { code, value } of options) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, value.length, true);
    bytes.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  view.setUint32(start + total - 4, total, true);
}

export function writeSection(buffer: BlockBuffer): void {
  const fields = (view: DataView, at: number): void => {
    view.setUint32(at, BYTE_ORDER, true);
    view.setUint16(at + 4, 1, true);
    view.setBigInt64(at + 8, -1n, true);
  };
  writeBlock(buffer, BLOCK.section, 16, fields, [text(OPTION.userApplication, 'baseline')]);
}

export function writeInterface(buffer: BlockBuffer, face: WrittenInterface): void {
  const fields = (view: DataView, at: number): void => {
    view.setUint16(at, face.linkType, true);
    view.setUint32(at + 4, face.snapLength, true);
  };
  const resolution = { code: OPTION.timeResolution, value: Uint8Array.of(NANOSECONDS) };
  writeBlock(buffer, BLOCK.interface, 8, fields, [text(OPTION.interfaceName, face.name), resolution]);
}

export function writeStatistics(buffer: BlockBuffer, interfaceId: number, statistics: WrittenStatistics): void {
  const fields = (view: DataView, at: number): void => view.setUint32(at, interfaceId, true);
  writeBlock(buffer, BLOCK.statistics, 12, fields, [
    counter(OPTION.received, statistics.received),
    counter(OPTION.interfaceDropped, statistics.interfaceDropped),
    counter(OPTION.kernelDropped, statistics.kernelDropped),
    counter(OPTION.delivered, statistics.processed),
  ]);
}

export function writePacket(buffer: BlockBuffer, interfaceId: number, batch: FrameBatch, frame: number): void {
  const captured = batch.captured[frame];
  const offset = batch.offset[frame];
  const total = packetBlockBytes(captured);
  const at = makeRoom(buffer, total);
  const { bytes, view } = buffer;
  // Nanoseconds since 1970 need 61 bits: the seconds are multiplied in two halves, each exact in a double.
  const seconds = Number.isNaN(batch.seconds[frame]) ? 0 : batch.seconds[frame];
  const upper = Math.floor(seconds / 65_536) * 1e9;
  const lower = (upper % 65_536) * 65_536 + (seconds % 65_536) * 1e9 + batch.nanos[frame];
  view.setUint32(at, BLOCK.packet, true);
  view.setUint32(at + 4, total, true);
  view.setUint32(at + 8, interfaceId, true);
  view.setUint32(at + 12, Math.floor(upper / 65_536) + Math.floor(lower / 4_294_967_296), true);
  view.setUint32(at + 16, lower % 4_294_967_296, true);
  view.setUint32(at + 20, captured, true);
  view.setUint32(at + 24, batch.wire[frame], true);
  bytes.set(batch.bytes.subarray(offset, offset + captured), at + PACKET_HEAD);
  bytes.fill(0, at + PACKET_HEAD + captured, at + total - 4);
  view.setUint32(at + total - 4, total, true);
}
