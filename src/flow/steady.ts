/**
 * Pass two over the frames that change nothing but counters: of a known session, in the hour at hand, and either without
 * payload, or a server's octets that nobody reads, or the next message of a steady Modbus poll. Eight frames in ten of a plant.
 *
 * A steady message is one whole ADU (MODBUS Messaging on TCP/IP V1.0b, 3.1.3), in order, of the operation that is
 * remembered as the session's last or as the one that follows it, and, where it is a request, of the range that this
 * operation was asked for last, at the rhythm of the time before. Then what takeFrame would do comes to a few additions.
 * Nothing is called here, so that V8 keeps what it knows of the tables.
 *
 * A frame that is not steady is put off, before anything of it was counted, and with it what follows it of its conversation;
 * steady frames of other conversations go before it, because what they count has nothing to do with it. It ends a stretch
 * only where it may change more than its own conversation: one that begins, ends, turns round or is not known yet.
 */
import * as frames from '../decode/decoded-frame.ts';
import * as appSessions from './app-sessions.ts';
import type { FlowState } from './flow-state.ts';
import * as layout from './flow-state.ts';
import * as locating from './locate.ts';
import * as rhythms from './rhythm.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } = frames;
const { NOTHING_TO_READ } = appSessions;
const { FLAG, OPEN_BINS, OPERATION, SESSION } = layout;
const { FROM_HI, GROUP, GROUP_FRAMES } = locating;
const { seconds, nanos, instant: instants, wire: wires, session: sessions, flags: flagsOf, sequence: sequences, payload: payloads, payloadEnd: payloadEnds, payloadWire: payloadWires } = GROUP;
const { BIN_EDGES_US, MAX_GAP_SECONDS, MOST_US } = rhythms;

const BINS = OPERATION.rhythm + OPEN_BINS.bins;
const HITS = OPERATION.rhythm + OPEN_BINS.hits;
const SUM_US = OPERATION.rhythm + OPEN_BINS.sumUs;

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

/** Numbers of the frames put off by the stretch at hand, in line. */
const later = new Int32Array(GROUP_FRAMES);
export const LATER = later;
/** How many they are, and the stretch's number. */
export const putOff = { count: 0, stretch: 0 };

const LANES = 4096;
/** The last stretch in which a frame was put off, by the conversation's lower bits: who shares them with one waits too. */
const lanes = new Int32Array(LANES);

/**
 * Counts the steady frames of the group from `from` on and puts off others (LATER) until one has to be taken before anything else.
 * @returns that frame, or `count`
 */
export function takeSteady(state: FlowState, view: DataView, from: number, count: number, hour: number, modbusText: number): number {
  const { keys: words, doubles } = state.sessions;
  const { keys: operations, doubles: operationDoubles } = state.operations;
  const stretch = (putOff.stretch + 1) | 0;
  putOff.stretch = stretch;
  let waiting = 0;
  let k = from;
  for (; k < count; k++) {
    const session = sessions[k];
    if (session < 0) break;
    const s = session * SESSION.stride;
    const tcpFlags = flagsOf[k];
    const side = tcpFlags < FROM_HI ? 0 : 1;
    const flags = words[s + SESSION.flags];
    const conversation = words[s + SESSION.conversation] - 1;
    const known = (FLAG.macLo | FLAG.spokeLo) << side;
    steady: {
      if (lanes[conversation & (LANES - 1)] === stretch || words[s + SESSION.hour] !== hour || (flags & known) !== known || (tcpFlags & RARE_FLAGS) !== 0) break steady;
      const sec = seconds[k];
      const ns = nanos[k];
      const length = payloadWires[k];
      if (length > 0) {
        const isRequest = (side === 0) === ((flags & FLAG.askerIsLo) !== 0);
        if (conversation < 0) break steady;
        if ((flags & (FLAG.plainLo << side)) !== 0) {
          const sequence = sequences[k];
          const adu = payloads[k];
          // Protocol id 0 and the length of what follows, in one.
          if (words[s + SESSION.nextLo + side] !== sequence || payloadEnds[k] - adu !== length || length <= ADU_PREFIX + 1 || length > LONGEST_ADU || view.getInt32(adu + 2) !== length - ADU_PREFIX) break steady;
          const code = view.getUint8(adu + 7);
          const word = (modbusText << 16) | (view.getUint8(adu + 6) + 1);
          // A request is most often of the operation that follows, an answer of the last one: the other's record is in no cache.
          const isFirst = isRequest && words[s + SESSION.following] > 0;
          let operation = words[s + (isFirst ? SESSION.following : SESSION.operation)] - 1;
          if (operation < 0) break steady;
          let o = operation * OPERATION.stride;
          let isFollowing = isFirst;
          if (operations[o + 1] !== word || operations[o + 2] !== code || operations[o] !== conversation) {
            isFollowing = !isFirst;
            operation = words[s + (isFirst ? SESSION.operation : SESSION.following)] - 1;
            if (operation < 0) break steady;
            o = operation * OPERATION.stride;
            if (operations[o + 1] !== word || operations[o + 2] !== code || operations[o] !== conversation) break steady;
          }
          if (operations[o + OPERATION.hour] !== hour) break steady;
          const d = o >> 1;
          if (isRequest) {
            // Lengths that may also say that the other one asks are left to who looks closer (isAnswer of modbus.ts).
            if (code <= FC_WRITE_SINGLE_REGISTER ? length !== SHORTEST_REQUEST : length <= SHORTEST_REQUEST) break steady;
            const from = view.getUint16(adu + 8);
            // A quantity of 0, or one that goes beyond the last address, gives what no remembered range is: readModbus counts those.
            let to = from;
            if (code !== FC_WRITE_SINGLE_COIL && code !== FC_WRITE_SINGLE_REGISTER) {
              if (code > FC_WRITE_SINGLE_REGISTER && code !== FC_WRITE_MULTIPLE_COILS && code !== FC_WRITE_MULTIPLE_REGISTERS) break steady;
              to += view.getUint16(adu + 10) - 1;
            }
            if (operations[o + OPERATION.rangeFirst] !== from || operations[o + OPERATION.rangeLast] !== to) break steady;
            if (operations[o + OPERATION.referenceFirst] === from) {
              const whole = sec - operationDoubles[d + OPERATION.lastRequestSecondsD];
              if (!(whole >= 0 && whole <= MAX_GAP_SECONDS)) break steady;
              const us = (whole | 0) * 1_000_000 + (((ns - operations[o + OPERATION.lastRequestNanos]) / 1000) | 0);
              const bins = operations[o + BINS];
              const newer = bins & 0xff;
              const older = bins >>> 8;
              const place = us >= BIN_EDGES_US[newer] && us < BIN_EDGES_US[newer + 1] ? o : o + 1;
              if (us <= 0 || (place !== o && (us < BIN_EDGES_US[older] || us >= BIN_EDGES_US[older + 1])) || operations[place + SUM_US] > MOST_US - us) break steady;
              operations[place + HITS]++;
              operations[place + SUM_US] += us;
              operationDoubles[d + OPERATION.lastRequestSecondsD] = sec;
              operations[o + OPERATION.lastRequestNanos] = ns;
            }
            operations[o + OPERATION.rangeHits]++;
            operations[o + OPERATION.requests]++;
          } else {
            if (code > FC_WRITE_MULTIPLE_REGISTERS || code === FC_DIAGNOSTICS || (length === SHORTEST_REQUEST) !== code > FC_READ_INPUT_REGISTERS) break steady;
            // What was written, repeated: of another range than the last one, the request may not have been heard. Answers of other functions are as long by chance, and left too.
            if (code > FC_READ_INPUT_REGISTERS) {
              const from = view.getUint16(adu + 8);
              if (operations[o + OPERATION.rangeFirst] !== from || operations[o + OPERATION.rangeLast] !== (code <= FC_WRITE_SINGLE_REGISTER ? from : from + view.getUint16(adu + 10) - 1)) break steady;
            }
            operations[o + OPERATION.responses]++;
          }
          operationDoubles[d + OPERATION.lastSecondsD] = sec;
          operations[o + OPERATION.lastNanos] = ns;
          if (isFollowing) {
            words[s + SESSION.operation] = operation + 1;
            words[s + SESSION.following] = operations[o + OPERATION.next];
          }
          words[s + SESSION.nextLo + side] = (sequence + length) | 0;
          words[s + SESSION.segmentUsLo + side] = instants[k];
        } else if (isRequest || words[s + SESSION.app] >= 0) break steady;
        words[s + SESSION.payloadsLo + side]++;
      } else if (words[s + SESSION.app] > 0 && (flags & PLAIN) === 0 && (tcpFlags & TCP_ACK) !== 0) break steady;
      words[s + SESSION.packetsLo + side]++;
      const e = s >> 1;
      doubles[e + SESSION.bytesLoD + side] += wires[k] >>> 0;
      doubles[e + SESSION.lastSecondsD] = sec;
      words[s + SESSION.lastNanos] = ns;
      continue;
    }
    const app = words[s + SESSION.app];
    const isSettled = conversation >= 0 && (app === NOTHING_TO_READ || (app > 0 && (flags & FLAG.askerProven) !== 0));
    if (!isSettled) break;
    later[waiting++] = k;
    lanes[conversation & (LANES - 1)] = stretch;
  }
  putOff.count = waiting;
  return k;
}
