/** TCP header (RFC 9293 section 3.1). In: where it starts and ends. Out: ports, sequence, flags, payload. */
import { stopFrame, type DecodedFrame } from './decoded-frame.ts';
import { stopCode } from './stop.ts';

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const SEQUENCE = 4;
const ACKNOWLEDGEMENT = 8;
const DATA_OFFSET = 12;
const FLAGS = 13;
const HEADER = 20;

const SHORT = stopCode('tcp.short-header');
const BAD_OFFSET = stopCode('tcp.data-offset');

/** @param end captured end of the IP payload; @param wireLength octets of IP payload on the wire */
export function decodeTcp(f: DecodedFrame, view: DataView, at: number, end: number, wireLength: number): void {
  const have = end - at;
  if (have < HEADER) {
    // Ports stand in the first four octets: a header cut by the snap length still names the conversation.
    if (have >= 4) {
      f.sourcePort = view.getUint16(at + SOURCE_PORT);
      f.destinationPort = view.getUint16(at + DESTINATION_PORT);
    }
    stopFrame(f, SHORT, at, HEADER, have);
    return;
  }
  f.sourcePort = view.getUint16(at + SOURCE_PORT);
  f.destinationPort = view.getUint16(at + DESTINATION_PORT);
  f.tcpSequence = view.getInt32(at + SEQUENCE);
  f.tcpAcknowledgement = view.getInt32(at + ACKNOWLEDGEMENT);
  f.tcpFlags = view.getUint8(at + FLAGS);
  const header = (view.getUint8(at + DATA_OFFSET) >> 4) << 2;
  if (header < HEADER || header > wireLength) {
    stopFrame(f, BAD_OFFSET, at + DATA_OFFSET, HEADER, header);
    return;
  }
  f.payload = at + header < end ? at + header : end;
  f.payloadEnd = end;
  f.payloadWire = wireLength - header;
}
