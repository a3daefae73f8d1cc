/**
 * Routed GOOSE and sampled values (IEC 61850-90-5, IEC 61850-8-1 annex G), UDP 102: what relays and merging units tell groups in other
 * substations, and control centres. In: one datagram. Out: what is published, as below IP (iec61850-multicast.ts). Left out on purpose:
 * values, keys, signatures. Payloads that are encrypted are counted and not read.
 */
import { content } from './ber.ts';
import { viewOf } from './framing.ts';
import { GOOSE_TAG, SV_TAG, describePublishing, readGoosePdu, readSampledValuesPdu, type ReadPdu } from './iec61850-multicast.ts';
import type { StreamProtocol } from './protocol.ts';
import { PROBE } from './protocol.ts';

const PORT = 102;
/** Connectionless transport (ISO/IEC 8602): a length of 1, unit data. */
const UNIT_DATA = [0x01, 0x40];
/** Session identifier, octets of its header; common header, octets of the rest; octets behind them, number, version, keys. */
const AT = Object.freeze({ session: 2, sessionLength: 3, common: 4, commonLength: 5, length: 6, number: 10 } as const);
const COMMON = 0x80;
/** Up to the version, which all have. */
const HEADER = 16;
/** Octets of all payloads, behind the header. Of each: type, whether it is simulated, APPID, octets of the PDU. */
const PAYLOADS = 4;
const PAYLOAD = Object.freeze({ type: 0, simulated: 1, length: 4, pdu: 6 } as const);
/** Samples of several streams stand in one datagram. */
const MAX_PAYLOADS = 32;

function routedProtocol(name: string, session: number, payloadType: number, tag: number, readPdu: ReadPdu): StreamProtocol {
  /** Both lengths of the header agree, and what it says of the rest is there. */
  const isOurs = (bytes: Uint8Array, from: number, to: number, end: number): boolean =>
    to - from >= HEADER &&
    bytes[from] === UNIT_DATA[0] &&
    bytes[from + 1] === UNIT_DATA[1] &&
    bytes[from + AT.session] === session &&
    bytes[from + AT.common] === COMMON &&
    bytes[from + AT.sessionLength] === bytes[from + AT.commonLength] + 2 &&
    viewOf(bytes).getUint32(from + AT.length) <= end - from - AT.number;
  return {
    name,
    ports: [PORT],
    firstOctets: UNIT_DATA.slice(0, 1),
    maxCarry: 0xffff,
    newMemory: () => ({ isTold: 0 }),
    probe: (bytes, from, to, _direction, _port, end = to) => (isOurs(bytes, from, to, end) ? PROBE.certain : PROBE.notForUs),
    read(bytes, view, from, to, _direction, memory, sink) {
      if (!isOurs(bytes, from, to, sink.isCut ? Infinity : to)) return -1;
      let at = from + AT.sessionLength + 1 + bytes[from + AT.sessionLength] + PAYLOADS;
      let isRead = false;
      for (let n = 0; n < MAX_PAYLOADS && at + PAYLOAD.pdu < to && bytes[at + PAYLOAD.type] === payloadType; n++) {
        const end = at + PAYLOAD.pdu + view.getUint16(at + PAYLOAD.length);
        const body = bytes[at + PAYLOAD.pdu] === tag ? content(bytes, at + PAYLOAD.pdu, Math.min(end, to)) : -1;
        isRead = body >= 0 && readPdu(bytes, body, Math.min(end, to), bytes[at + PAYLOAD.simulated] !== 0, memory, sink);
        if (!isRead) break;
        at = end;
      }
      if (isRead && at <= to) return to;
      if (sink.isCut) sink.beyondCut();
      else sink.malformed(`${name}.pdu`);
      return to;
    },
    resync: () => -1,
    describe: describePublishing,
  };
}

export const ROUTED_GOOSE = routedProtocol('r-goose', 0xa1, 0x81, GOOSE_TAG.pdu, readGoosePdu);
export const ROUTED_SV = routedProtocol('r-sv', 0xa2, 0x82, SV_TAG.pdu, readSampledValuesPdu);
