/**
 * ICMP "destination unreachable" (RFC 792, RFC 4443 section 3.1) as a fact of the conversation that it refuses: the error
 * quotes the packet that was not delivered. It is what a filter answers with, and it is told from silence in `verify`.
 * In: an ICMP frame of the slow path. Out: `icmp.unreachable` = `code 13 from 10.1.0.1` on the conversation that was quoted.
 * Left out on purpose: errors about packets that this sensor never saw; they are counted.
 */
import { KIND, type DecodedFrame } from '../decode/decoded-frame.ts';
import { IP_PROTOCOL } from '../decode/transport.ts';
import { REFUSAL_FACT } from '../observation.ts';
import { addressText, internIpv4, internIpv6 } from './address-table.ts';
import { internFact } from './conversation-facts.ts';
import { conversationOf, clientAddress, sessionKeyWord } from './conversations.ts';
import { count, FACT, type FlowState } from './flow-state.ts';
import { findKey } from './int-table.ts';

const UNREACHABLE_V4 = 3;
const UNREACHABLE_V6 = 1;
/** The error's own header, then the quoted packet. */
const ICMP_HEADER = 8;
const IPV6_HEADER = 40;

/** The quoted packet's two addresses as words of a session key, its protocol, and where its ports stand. */
interface Quoted {
  readonly source: number;
  readonly destination: number;
  readonly transport: number;
  readonly ports: number;
}

function quotedV4(view: DataView, at: number, end: number): Quoted | null {
  if (end - at < 20 || view.getUint8(at) >> 4 !== 4) return null;
  const transportAt = at + ((view.getUint8(at) & 15) << 2);
  if (end - transportAt < 4) return null;
  return { source: view.getInt32(at + 12), destination: view.getInt32(at + 16), transport: view.getUint8(at + 9), ports: transportAt };
}

function quotedV6(state: FlowState, view: DataView, at: number, end: number): Quoted | null {
  if (end - at < IPV6_HEADER + 4 || view.getUint8(at) >> 4 !== 6) return null;
  return { source: internIpv6(state.addresses, view, at + 8), destination: internIpv6(state.addresses, view, at + 24), transport: view.getUint8(at + 6), ports: at + IPV6_HEADER };
}

export function noteRefusal(state: FlowState, frame: DecodedFrame, view: DataView): void {
  const { payload, payloadEnd } = frame;
  const isV4 = frame.transport === IP_PROTOCOL.icmp;
  if (payload < 0 || payloadEnd - payload < ICMP_HEADER || view.getUint8(payload) !== (isV4 ? UNREACHABLE_V4 : UNREACHABLE_V6)) return;
  const quoted = isV4 ? quotedV4(view, payload + ICMP_HEADER, payloadEnd) : quotedV6(state, view, payload + ICMP_HEADER, payloadEnd);
  if (quoted === null || (quoted.transport !== IP_PROTOCOL.tcp && quoted.transport !== IP_PROTOCOL.udp)) return;
  const { source, destination } = quoted;
  const [sourcePort, destinationPort] = [view.getUint16(quoted.ports), view.getUint16(quoted.ports + 2)];
  const fromLo = source === destination ? sourcePort <= destinationPort : source >>> 0 < destination >>> 0;
  const ports = fromLo ? (sourcePort << 16) | destinationPort : (destinationPort << 16) | sourcePort;
  const word = sessionKeyWord(isV4 ? KIND.ipv4 : KIND.ipv6, quoted.transport);
  const session = findKey(state.sessions, fromLo ? source : destination, fromLo ? destination : source, ports, word);
  const conversation = session < 0 ? -1 : conversationOf(state, session, false);
  if (conversation < 0) {
    count(state, 'icmp.refusal-of-the-unseen');
    return;
  }
  const refuser = isV4 ? internIpv4(state.addresses, frame.source) : internIpv6(state.addresses, view, frame.sourceAt);
  const value = `code ${view.getUint8(payload + 1)} from ${addressText(state.addresses, refuser)}`;
  const fact = internFact(state, conversation, REFUSAL_FACT, value);
  // To whom it was told: the sender of what was quoted.
  const sender = isV4 ? internIpv4(state.addresses, source) : source;
  state.facts.keys[fact * FACT.stride + (sender === clientAddress(state, session) ? FACT.toClient : FACT.toServer)]++;
}
