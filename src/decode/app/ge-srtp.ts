/**
 * GE SRTP, by which controllers of GE Fanuc (Series 90, RX3i) are read, written and programmed (TCP 18245). Its messages wrap those of
 * SNP (GFK-0529, chapter 3); what is around them is described by Denton et al., "Leveraging the SRTP protocol for over-the-network
 * memory acquisition of a GE Fanuc Series 90-30" (2017). In: messages. Out: service requests with the memory they name, refusals by
 * major error status. Left out on purpose: addresses within a memory, values.
 */
import type { Access } from '../../observation.ts';
import { framedProtocol } from './framing.ts';
import { rememberRequest, takeRequest } from './outstanding.ts';
import { MESSAGE, PROBE } from './protocol.ts';

const HEADER = 56;
const LARGEST_TEXT = 0x4000;
const TYPE = Object.freeze({ connect: 0, connected: 1, request: 2, reply: 3 } as const);
const AT = Object.freeze({ number: 2, textLength: 4, mailbox: 31, source: 32, destination: 36, service: 42, longService: 50 } as const);
/** Mailbox types (GFK-0529 tables 3-6 to 3-11). */
const MAILBOX = Object.freeze({ request: 0xc0, longRequest: 0x80, done: 0xd4, longDone: 0x94, refused: 0xd1 } as const);
const REQUESTS = new Set<number>([MAILBOX.request, MAILBOX.longRequest]);
const REPLIES = new Set<number>([MAILBOX.done, MAILBOX.longDone, MAILBOX.refused]);
/** Mailbox of the task that serves requests (0x10, 0x0e: the CPU of the main rack). */
const SERVICE_TASK = [0x10, 0x0e];

/** As codes of our own above the service requests. */
const CONNECT = 0x100;
const SERVICES = new Map<number, readonly [string, Access]>([
  [0x00, ['PLC Short Status', 'diagnose']],
  [0x03, ['Return Control Program Name', 'browse']],
  [0x04, ['Read System Memory', 'read']],
  [0x05, ['Read Task Memory', 'read']],
  [0x06, ['Read Program Block Memory', 'read']],
  [0x07, ['Write System Memory', 'write']],
  [0x08, ['Write Task Memory', 'write']],
  [0x09, ['Write Program Block Memory', 'write']],
  [0x20, ['Programmer Logon', 'browse']],
  [0x21, ['Change Privilege Level', 'browse']],
  [0x22, ['Set Control ID', 'program']],
  [0x23, ['Set PLC State', 'control']],
  [0x24, ['Set Time and Date', 'write']],
  [0x25, ['Return Time and Date', 'diagnose']],
  [0x38, ['Return Fault Table', 'diagnose']],
  [0x39, ['Clear Fault Table', 'control']],
  [0x3f, ['Program Store', 'program']],
  [0x40, ['Program Load', 'program']],
  [0x43, ['Return Controller Type and ID', 'browse']],
  [0x44, ['Toggle Force System Memory', 'control']],
  [CONNECT, ['Connect', 'browse']],
]);
/** Services whose request begins with a segment selector. */
const NAMES_MEMORY = new Set([0x04, 0x07, 0x44]);
const MEMORIES = new Map([
  [0x08, '%R'], [0x0a, '%AI'], [0x0c, '%AQ'], [0x10, '%I'], [0x46, '%I'], [0x12, '%Q'], [0x48, '%Q'], [0x14, '%T'], [0x4a, '%T'], [0x16, '%M'], [0x4c, '%M'],
  [0x18, '%SA'], [0x4e, '%SA'], [0x1a, '%SB'], [0x50, '%SB'], [0x1c, '%SC'], [0x52, '%SC'], [0x1e, '%S'], [0x54, '%S'], [0x38, '%G'], [0x56, '%G'],
]);

const isServiceTask = (bytes: Uint8Array, at: number): boolean => SERVICE_TASK.every((octet, i) => bytes[at + i] === octet);
const isZero = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
};

const PORTS = [18245, 18246];

export const GE_SRTP = framedProtocol({
  name: 'ge-srtp',
  ports: PORTS,
  firstOctets: Object.values(TYPE),
  header: HEADER,
  mayBegin: (bytes, at, to) => bytes[at] <= TYPE.reply && (at + 1 >= to || bytes[at + 1] === 0),
  maxCarry: HEADER,
  size(bytes, view, at) {
    const type = bytes[at];
    const text = view.getUint16(at + AT.textLength, true);
    if (type > TYPE.reply || bytes[at + 1] !== 0 || text > LARGEST_TEXT) return -1;
    if (type === TYPE.request && !REQUESTS.has(bytes[at + AT.mailbox])) return -1;
    if (type === TYPE.reply && !REPLIES.has(bytes[at + AT.mailbox])) return -1;
    // A connection is opened with nothing but noughts.
    if (type === TYPE.connect && (text !== 0 || !isZero(bytes, at, at + AT.mailbox))) return -1;
    return HEADER + text;
  },
  isCertain(bytes, _view, at, _to, _direction, port) {
    if (PORTS.includes(port)) return PROBE.certain;
    const type = bytes[at];
    return (type === TYPE.request && isServiceTask(bytes, at + AT.destination)) || (type === TYPE.reply && isServiceTask(bytes, at + AT.source)) ? PROBE.certain : PROBE.notForUs;
  },
  newMemory: () => ({ outstanding: [] }),
  message(bytes, _view, at, _end, _direction, memory, sink) {
    const type = bytes[at];
    sink.serverIs(type === TYPE.connected || type === TYPE.reply);
    if (type === TYPE.connect || type === TYPE.connected) return sink.operation(-1, CONNECT, type === TYPE.connect ? MESSAGE.request : MESSAGE.response, 0);
    const outstanding = memory.outstanding as number[];
    if (type === TYPE.request) {
      const service = at + (bytes[at + AT.mailbox] === MAILBOX.longRequest ? AT.longService : AT.service);
      const code = bytes[service];
      rememberRequest(outstanding, bytes[at + AT.number], code);
      sink.operation(-1, code, MESSAGE.request, 0);
      const memoryName = NAMES_MEMORY.has(code) ? MEMORIES.get(bytes[service + 1]) : undefined;
      if (memoryName !== undefined) sink.target(memoryName);
      return;
    }
    const asked = takeRequest(outstanding, bytes[at + AT.number]);
    if (asked < 0) return;
    const isRefused = bytes[at + AT.mailbox] === MAILBOX.refused;
    sink.operation(-1, asked, isRefused ? MESSAGE.error : MESSAGE.response, isRefused ? bytes[at + AT.service] : 0);
  },
  describe(code) {
    const known = SERVICES.get(code);
    return known === undefined ? { name: `Service 0x${code.toString(16).padStart(2, '0')}`, access: 'program' } : { name: known[0], access: known[1] };
  },
});
