/**
 * Capture files as bytes: pcapng (both endians, nanoseconds, several interfaces) and classic pcap (both endians, µs or ns).
 * In: frames with a time and an interface. Out: the whole file. A writer of test material only: the product never writes captures.
 */
import { ascii, concatBytes } from './frames.ts';

export interface CapturedFrame {
  readonly timeNs: bigint;
  readonly interfaceId: number;
  readonly bytes: Uint8Array;
  /** Octets on the wire when the capture cut the frame short. */
  readonly wireBytes?: number;
}

export interface InterfaceOptions {
  readonly name: string;
  readonly description: string;
  readonly linkType: number;
  readonly snapLength: number;
}

export interface Statistics {
  readonly interfaceId: number;
  readonly timeNs: bigint;
  readonly received: number;
  readonly dropped: number;
}

const BLOCK = { section: 0x0a0d0d0a, interface: 1, statistics: 5, enhancedPacket: 6 } as const;
const OPTION = { end: 0, comment: 1, hardware: 2, application: 4, name: 2, description: 3, resolution: 9, received: 4, dropped: 5 } as const;
const NANOSECONDS = 9;

/** 32- and 16-bit words in one byte order. */
export interface Endian {
  u32(value: number): Uint8Array;
  u16(value: number): Uint8Array;
}

function endian(isLittle: boolean): Endian {
  const write = (bytes: number, value: number): Uint8Array => {
    const view = new DataView(new ArrayBuffer(bytes));
    if (bytes === 4) view.setUint32(0, value, isLittle);
    else view.setUint16(0, value, isLittle);
    return new Uint8Array(view.buffer);
  };
  return { u32: (value) => write(4, value), u16: (value) => write(2, value) };
}

const pad4 = (bytes: Uint8Array): Uint8Array => concatBytes(bytes, new Uint8Array(-bytes.length & 3));

const option = (e: Endian, code: number, value: Uint8Array): Uint8Array => concatBytes(e.u16(code), e.u16(value.length), pad4(value));

function block(e: Endian, type: number, body: Uint8Array): Uint8Array {
  const total = e.u32(body.length + 12);
  return concatBytes(e.u32(type), total, body, total);
}

const time64 = (e: Endian, timeNs: bigint): Uint8Array => concatBytes(e.u32(Number(timeNs >> 32n)), e.u32(Number(timeNs & 0xffffffffn)));

const u64 = (isLittle: boolean, value: number): Uint8Array => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(value), isLittle);
  return new Uint8Array(view.buffer);
};

function sectionHeader(isLittle: boolean, comment: string): Uint8Array {
  const e = endian(isLittle);
  return block(e, BLOCK.section, concatBytes(
    e.u32(0x1a2b3c4d), e.u16(1), e.u16(0), e.u32(0xffffffff), e.u32(0xffffffff),
    option(e, OPTION.comment, ascii(comment)),
    option(e, OPTION.hardware, ascii('x86-64 sensor')),
    option(e, OPTION.application, ascii('baseline sample generator')),
    option(e, OPTION.end, new Uint8Array(0)),
  ));
}

function interfaceBlock(isLittle: boolean, options: InterfaceOptions): Uint8Array {
  const e = endian(isLittle);
  return block(e, BLOCK.interface, concatBytes(
    e.u16(options.linkType), e.u16(0), e.u32(options.snapLength),
    option(e, OPTION.name, ascii(options.name)),
    option(e, OPTION.description, ascii(options.description)),
    option(e, OPTION.resolution, Uint8Array.of(NANOSECONDS)),
    option(e, OPTION.end, new Uint8Array(0)),
  ));
}

function packetBlock(isLittle: boolean, frame: CapturedFrame): Uint8Array {
  const e = endian(isLittle);
  return block(e, BLOCK.enhancedPacket, concatBytes(
    e.u32(frame.interfaceId), time64(e, frame.timeNs),
    e.u32(frame.bytes.length), e.u32(frame.wireBytes ?? frame.bytes.length),
    pad4(frame.bytes),
  ));
}

function statisticsBlock(isLittle: boolean, statistics: Statistics): Uint8Array {
  const e = endian(isLittle);
  return block(e, BLOCK.statistics, concatBytes(
    e.u32(statistics.interfaceId), time64(e, statistics.timeNs),
    option(e, OPTION.received, u64(isLittle, statistics.received)),
    option(e, OPTION.dropped, u64(isLittle, statistics.dropped)),
    option(e, OPTION.end, new Uint8Array(0)),
  ));
}

export interface PcapngFile {
  readonly comment: string;
  readonly interfaces: readonly InterfaceOptions[];
  readonly frames: readonly CapturedFrame[];
  readonly statistics?: readonly Statistics[];
  readonly isLittle?: boolean;
}

export function pcapng(file: PcapngFile): Uint8Array {
  const isLittle = file.isLittle ?? true;
  return concatBytes(
    sectionHeader(isLittle, file.comment),
    ...file.interfaces.map((options) => interfaceBlock(isLittle, options)),
    ...file.frames.map((frame) => packetBlock(isLittle, frame)),
    ...(file.statistics ?? []).map((statistics) => statisticsBlock(isLittle, statistics)),
  );
}

export interface PcapOptions {
  readonly isLittle: boolean;
  readonly isNanosecond: boolean;
  readonly linkType: number;
  readonly snapLength: number;
}

export function pcap(options: PcapOptions, frames: readonly CapturedFrame[]): Uint8Array {
  const e = endian(options.isLittle);
  const unitNs = options.isNanosecond ? 1n : 1000n;
  return concatBytes(
    e.u32(options.isNanosecond ? 0xa1b23c4d : 0xa1b2c3d4), e.u16(2), e.u16(4), e.u32(0), e.u32(0), e.u32(options.snapLength), e.u32(options.linkType),
    ...frames.map((frame) => concatBytes(
      e.u32(Number(frame.timeNs / 1_000_000_000n)), e.u32(Number((frame.timeNs % 1_000_000_000n) / unitNs)),
      e.u32(frame.bytes.length), e.u32(frame.wireBytes ?? frame.bytes.length), frame.bytes,
    )),
  );
}
