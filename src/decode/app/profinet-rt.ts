/**
 * PROFINET frames of EtherType 0x8892 (IEC 61158-6-10). In: a frame's octets behind the EtherType. Out: DCP (clause 4.3), by which
 * stations are found, named and given addresses: its services as operations, with what they ask for or set, and what a device says
 * of itself. Left out on purpose: cyclic data, alarms and clocks, which are counts and rhythm of the conversation, and values.
 */
import type { Access } from '../../observation.ts';
import { asciiText, viewOf } from './framing.ts';
import type { ProtocolSink, StreamProtocol } from './protocol.ts';
import { MESSAGE, PROBE } from './protocol.ts';

/** FrameID, service, its type, transaction (4), delay of the answer or reserved (2), octets of blocks (2), blocks. */
const AT = Object.freeze({ service: 2, type: 3, length: 10, blocks: 12 } as const);
/** FrameIDs from here on are DCP's: hello, get and set, identify, its answers. */
const FIRST_DCP = 0xfefc;
const SERVICE = Object.freeze({ get: 3, set: 4, identify: 5, hello: 6 } as const);
/** Of a service's type: it is an answer, and says that there is no such service. */
const ANSWER = 1;
const UNSUPPORTED = 4;
/** A code of our own beyond BlockError, which is one octet. */
const NO_SUCH_SERVICE = 0x100;
/** A Set that only lets the device's light blink, as a code of our own beyond the services. */
const SIGNAL = 0x100;

const OPERATIONS = new Map<number, readonly [string, Access]>([
  [SERVICE.get, ['DCP Get', 'browse']],
  [SERVICE.set, ['DCP Set', 'program']],
  [SERVICE.identify, ['DCP Identify', 'browse']],
  [SERVICE.hello, ['DCP Hello', 'browse']],
  [SIGNAL, ['DCP Signal', 'diagnose']],
]);

/** Option and suboption, in one. */
const key = (option: number, suboption: number): number => (option << 8) | suboption;
const BLOCK = Object.freeze({
  vendor: key(2, 1), stationName: key(2, 2), deviceId: key(2, 3), role: key(2, 4),
  beginTransaction: key(5, 1), endTransaction: key(5, 2), signal: key(5, 3), response: key(5, 4),
} as const);
const BLOCK_NAMES = new Map<number, string>([
  [key(1, 1), 'MACAddress'],
  [key(1, 2), 'IPParameter'],
  [key(1, 3), 'FullIPSuite'],
  [BLOCK.vendor, 'ManufacturerSpecific'],
  [BLOCK.stationName, 'NameOfStation'],
  [BLOCK.deviceId, 'DeviceID'],
  [BLOCK.role, 'DeviceRole'],
  [key(2, 5), 'DeviceOptions'],
  [key(2, 6), 'AliasName'],
  [key(2, 7), 'DeviceInstance'],
  [key(2, 8), 'OEMDeviceID'],
  [BLOCK.signal, 'Signal'],
  [key(5, 5), 'FactoryReset'],
  [key(5, 6), 'ResetToFactory'],
  [key(6, 1), 'DeviceInitiative'],
  [key(0xff, 0xff), 'All'],
]);
const nameOf = (block: number): string => BLOCK_NAMES.get(block) ?? `option ${block >> 8}.${block & 0xff}`;
/** They say nothing of what a Set is for. */
const FRAMING_BLOCKS = new Set<number>([BLOCK.beginTransaction, BLOCK.endTransaction]);

const ROLES = ['io-device', 'io-controller', 'io-multidevice', 'pn-supervisor'] as const;

const BLOCK_HEADER = 4;
/** BlockInfo of an answer, BlockQualifier of a Set. */
const QUALIFIER = 2;
/** Blocks of one frame: the shortest are two octets, and more than these no device sends. */
const MAX_BLOCKS = 128;

type TakeBlock = (block: number, from: number, to: number) => void;

/** Option, suboption, length, content, and an octet more where that is odd. */
function eachBlock(bytes: Uint8Array, view: DataView, from: number, to: number, sink: ProtocolSink, take: TakeBlock): void {
  let at = from;
  for (let n = 0; n < MAX_BLOCKS && at < to; n++) {
    const length = to - at < BLOCK_HEADER ? to : view.getUint16(at + 2);
    const start = at + BLOCK_HEADER;
    if (start + length > to) return sink.isCut ? undefined : sink.malformed('profinet.dcp-block');
    take(key(bytes[at], bytes[at + 1]), start, start + length);
    at = start + length + (length & 1);
  }
}

/** What a device says of itself: in the answers to Identify and Get, and in its hello. */
function tellDevice(bytes: Uint8Array, view: DataView, block: number, from: number, to: number, tell: (name: string, value: string) => void): void {
  const at = from + QUALIFIER;
  if (at >= to) return;
  if (block === BLOCK.vendor) tell('profinet.vendor', asciiText(bytes, at, to));
  else if (block === BLOCK.stationName) tell('profinet.station-name', asciiText(bytes, at, to));
  else if (block === BLOCK.deviceId && to - at >= 4) tell('profinet.device-id', `0x${view.getUint32(at).toString(16).padStart(8, '0')}`);
  else if (block === BLOCK.role) {
    const roles = ROLES.filter((_, bit) => (bytes[at] & (1 << bit)) !== 0);
    if (roles.length > 0) tell('profinet.role', roles.join(','));
  }
}

/** A Get names options and suboptions alone. */
function askedBlocks(bytes: Uint8Array, from: number, to: number): number[] {
  const blocks: number[] = [];
  for (let at = from; at + 2 <= to && blocks.length < MAX_BLOCKS; at += 2) blocks.push(key(bytes[at], bytes[at + 1]));
  return blocks;
}

const codeOf = (service: number, blocks: readonly number[]): number => (service === SERVICE.set && blocks.length > 0 && blocks.every((block) => block === BLOCK.signal) ? SIGNAL : service);

function readRequest(bytes: Uint8Array, view: DataView, service: number, from: number, to: number, isCut: boolean, sink: ProtocolSink): void {
  let blocks: number[] = [];
  if (service === SERVICE.get) blocks = askedBlocks(bytes, from, to);
  else {
    eachBlock(bytes, view, from, to, sink, (block, start, end) => {
      if (service === SERVICE.hello) tellDevice(bytes, view, block, start, end, (name, value) => sink.clientFact(name, value));
      else if (!FRAMING_BLOCKS.has(block)) blocks.push(block);
    });
  }
  // Behind the cut may stand what it sets.
  if (isCut && service === SERVICE.set && !blocks.some((block) => block !== BLOCK.signal)) return sink.beyondCut();
  sink.operation(-1, codeOf(service, blocks), MESSAGE.request, 0);
  for (const block of blocks) sink.target(nameOf(block));
}

function readAnswer(bytes: Uint8Array, view: DataView, service: number, isUnsupported: boolean, from: number, to: number, isCut: boolean, sink: ProtocolSink): void {
  let error = isUnsupported ? NO_SUCH_SERVICE : 0;
  const blocks: number[] = [];
  eachBlock(bytes, view, from, to, sink, (block, start, end) => {
    // To each block of a Set: option, suboption, BlockError.
    if (block === BLOCK.response && end - start >= 3) {
      const answered = key(bytes[start], bytes[start + 1]);
      if (!FRAMING_BLOCKS.has(answered)) blocks.push(answered);
      if (error === 0) error = bytes[start + 2];
    } else if (service !== SERVICE.set) tellDevice(bytes, view, block, start, end, (name, value) => sink.serverFact(name, value));
  });
  if (isCut) return sink.beyondCut();
  sink.operation(-1, codeOf(service, blocks), error === 0 ? MESSAGE.response : MESSAGE.error, error);
}

function readDcp(bytes: Uint8Array, view: DataView, from: number, to: number, sink: ProtocolSink): void {
  const service = bytes[from + AT.service];
  const type = bytes[from + AT.type];
  if (!OPERATIONS.has(service)) return sink.malformed('profinet.dcp-service');
  const end = from + AT.blocks + view.getUint16(from + AT.length);
  if (end > to && !sink.isCut) return sink.malformed('profinet.dcp-length');
  const isAnswer = (type & ANSWER) !== 0;
  sink.serverIs(isAnswer);
  if (isAnswer) readAnswer(bytes, view, service, (type & UNSUPPORTED) !== 0, from + AT.blocks, Math.min(end, to), end > to, sink);
  else readRequest(bytes, view, service, from + AT.blocks, Math.min(end, to), end > to, sink);
}

const isDcp = (view: DataView, from: number, to: number): boolean => to - from >= 2 && view.getUint16(from) >= FIRST_DCP && view.getUint16(from) <= 0xfeff;

export const PROFINET_RT: StreamProtocol = {
  name: 'profinet-rt',
  ports: [],
  maxCarry: 1500,
  newMemory: () => ({}),
  // Cyclic data are neither a message nor a fault.
  probe: (bytes, from, to) => (isDcp(viewOf(bytes), from, to) ? (to - from >= AT.blocks && OPERATIONS.has(bytes[from + AT.service]) ? PROBE.certain : PROBE.notForUs) : PROBE.unsure),
  read(bytes, view, from, to, _direction, _memory, sink) {
    if (!isDcp(view, from, to)) return to;
    if (to - from >= AT.blocks) readDcp(bytes, view, from, to, sink);
    else if (sink.isCut) sink.beyondCut();
    else sink.malformed('profinet.dcp-length');
    return to;
  },
  resync: () => -1,
  describe(code) {
    const known = OPERATIONS.get(code);
    return known === undefined ? { name: `DCP service ${code}`, access: 'program' } : { name: known[0], access: known[1] };
  },
};
