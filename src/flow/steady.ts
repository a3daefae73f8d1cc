/**
 * Pass two over the frames that change nothing but counters: of a known session, in the hour at hand, and either without
 * payload, or a server's octets that nobody reads, or the next message of a steady Modbus poll. Seven frames in ten of a plant.
 *
 * A steady message is one whole ADU (MODBUS Messaging on TCP/IP V1.0b, 3.1.3), in order, of the operation that is
 * remembered as the session's last or as the one that follows it, and, where it is a request, of the range that this
 * operation was asked for last, at the rhythm of the time before. Then what takeFrame would do comes to a few additions.
 * Nothing is called here, so that V8 keeps what it knows of the tables; the first frame that does not fit is given back
 * before anything of it was counted.
 */
import * as frames from '../decode/decoded-frame.ts';
import type { FlowState } from './flow-state.ts';
import * as layout from './flow-state.ts';
import * as locating from './locate.ts';
import * as rhythms from './rhythm.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } = frames;
const { FLAG, OPERATION, SESSION } = layout;
const { FROM_HI, GROUP } = locating;
const { seconds, nanos, instant: instants, wire: wires, session: sessions, flags: flagsOf, sequence: sequences, payload: payloads, payloadEnd: payloadEnds, payloadWire: payloadWires } = GROUP;
const { BIN_EDGES_US, MAX_GAP_SECONDS } = rhythms;

const RARE_FLAGS = TCP_SYN | TCP_FIN | TCP_RST;
const PLAIN = FLAG.plainLo | FLAG.plainHi;

const ADU_PREFIX = 6;
const LONGEST_ADU = 260;
/** A request with an address and a quantity or value. */
const SHORTEST_REQUEST = 12;
const FC_READ_INPUT_REGISTERS = 4;
const FC_WRITE_SINGLE_COIL = 5;
const FC_WRITE_SINGLE_REGISTER = 6;
const FC_WRITE_MULTIPLE_COILS = 15;
const FC_WRITE_MULTIPLE_REGISTERS = 16;
/** A function that is several operations: the code alone does not say which. */
const FC_DIAGNOSTICS = 8;

/** Counts the frames of the group from `from` on, in line, until one is not steady. @returns that frame, or `count` */
export function takeSteady(state: FlowState, view: DataView, from: number, count: number, hour: number, modbusText: number): number {
  const { keys: words, doubles } = state.sessions;
  const { keys: operations, doubles: operationDoubles } = state.operations;
  for (let k = from; k < count; k++) {
    const session = sessions[k];
    if (session < 0) return k;
    const s = session * SESSION.stride;
    const tcpFlags = flagsOf[k];
    const side = tcpFlags < FROM_HI ? 0 : 1;
    const flags = words[s + SESSION.flags];
    const known = (FLAG.macLo | FLAG.spokeLo) << side;
    if (words[s + SESSION.hour] !== hour || (flags & known) !== known || (tcpFlags & RARE_FLAGS) !== 0) return k;
    const sec = seconds[k];
    const ns = nanos[k];
    const length = payloadWires[k];
    if (length > 0) {
      const isRequest = (side === 0) === ((flags & FLAG.askerIsLo) !== 0);
      const conversation = words[s + SESSION.conversation] - 1;
      if (conversation < 0) return k;
      if ((flags & (FLAG.plainLo << side)) !== 0) {
        const sequence = sequences[k];
        const adu = payloads[k];
        // Protocol id 0 and the length of what follows, in one.
        if (words[s + SESSION.nextLo + side] !== sequence || payloadEnds[k] - adu !== length || length <= ADU_PREFIX + 1 || length > LONGEST_ADU || view.getInt32(adu + 2) !== length - ADU_PREFIX) return k;
        const code = view.getUint8(adu + 7);
        const word = (modbusText << 16) | (view.getUint8(adu + 6) + 1);
        let operation = words[s + SESSION.operation] - 1;
        if (operation < 0) return k;
        let o = operation * OPERATION.stride;
        if (operations[o + 1] !== word || operations[o + 2] !== code || operations[o] !== conversation) {
          operation = operations[o + OPERATION.next] - 1;
          if (operation < 0) return k;
          o = operation * OPERATION.stride;
          if (operations[o + 1] !== word || operations[o + 2] !== code || operations[o] !== conversation) return k;
        }
        if (operations[o + OPERATION.hour] !== hour) return k;
        const d = o >> 1;
        if (isRequest) {
          // Lengths that may also say that the other one asks are left to who looks closer (isAnswer of modbus.ts).
          if (code <= FC_WRITE_SINGLE_REGISTER ? length !== SHORTEST_REQUEST : length <= SHORTEST_REQUEST) return k;
          const from = view.getUint16(adu + 8);
          // A quantity of 0, or one that goes beyond the last address, gives what no remembered range is: readModbus counts those.
          let to = from;
          if (code !== FC_WRITE_SINGLE_COIL && code !== FC_WRITE_SINGLE_REGISTER) {
            if (code > FC_WRITE_SINGLE_REGISTER && code !== FC_WRITE_MULTIPLE_COILS && code !== FC_WRITE_MULTIPLE_REGISTERS) return k;
            to += view.getUint16(adu + 10) - 1;
          }
          if (operations[o + OPERATION.rangeFirst] !== from || operations[o + OPERATION.rangeLast] !== to) return k;
          if (operations[o + OPERATION.referenceFirst] === from) {
            const whole = sec - operationDoubles[d + OPERATION.lastRequestSecondsD];
            if (!(whole >= 0 && whole <= MAX_GAP_SECONDS)) return k;
            const us = (whole | 0) * 1_000_000 + (((ns - operations[o + OPERATION.lastRequestNanos]) / 1000) | 0);
            const bin = operations[o + OPERATION.lastBin];
            if (bin < 0 || us <= 0 || us < BIN_EDGES_US[bin] || us >= BIN_EDGES_US[bin + 1]) return k;
            operations[o + OPERATION.binHits]++;
            operationDoubles[d + OPERATION.binSumD] += us;
            operationDoubles[d + OPERATION.lastRequestSecondsD] = sec;
            operations[o + OPERATION.lastRequestNanos] = ns;
          }
          operations[o + OPERATION.rangeHits]++;
          operations[o + OPERATION.requests]++;
        } else {
          if (code > FC_WRITE_MULTIPLE_REGISTERS || code === FC_DIAGNOSTICS || (length === SHORTEST_REQUEST) !== code > FC_READ_INPUT_REGISTERS) return k;
          // What was written, repeated: of another range than the last one, the request may not have been heard. Answers of other functions are as long by chance, and left too.
          if (code > FC_READ_INPUT_REGISTERS) {
            const from = view.getUint16(adu + 8);
            if (operations[o + OPERATION.rangeFirst] !== from || operations[o + OPERATION.rangeLast] !== (code <= FC_WRITE_SINGLE_REGISTER ? from : from + view.getUint16(adu + 10) - 1)) return k;
          }
          operations[o + OPERATION.responses]++;
        }
        operationDoubles[d + OPERATION.lastSecondsD] = sec;
        operations[o + OPERATION.lastNanos] = ns;
        words[s + SESSION.operation] = operation + 1;
        words[s + SESSION.nextLo + side] = (sequence + length) | 0;
        words[s + SESSION.segmentUsLo + side] = instants[k];
      } else if (isRequest || words[s + SESSION.app] >= 0) return k;
      words[s + SESSION.payloadsLo + side]++;
    } else if (words[s + SESSION.app] > 0 && (flags & PLAIN) === 0 && (tcpFlags & TCP_ACK) !== 0) return k;
    words[s + SESSION.packetsLo + side]++;
    const e = s >> 1;
    doubles[e + SESSION.bytesLoD + side] += wires[k] >>> 0;
    doubles[e + SESSION.lastSecondsD] = sec;
    words[s + SESSION.lastNanos] = ns;
  }
  return count;
}
