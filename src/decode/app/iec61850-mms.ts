/**
 * MMS (ISO 9506-2, as IEC 61850-8-1 uses it) over TPKT/COTP, ISO session and presentation. In: TPKTs. Out: confirmed
 * services by their number in the standard's choice, and the variables that a request names. A write to a control object
 * (`$CO$`, IEC 61850-8-1 clause 20) and one that only asks for reports (`$RP$`, `$BR$`, clause 17) are told apart from other
 * writes. Left out on purpose: values, reports' content, and PDUs that continue in a further TPDU.
 */
import type { Access } from '../../observation.ts';
import { asciiText, framedProtocol } from './framing.ts';
import { rememberRequest, takeRequest } from './outstanding.ts';
import type { ProtocolSink, SessionMemory } from './protocol.ts';
import { MESSAGE, PROBE } from './protocol.ts';
import { ABOVE_TPKT, COTP, cotpKind, probeAbove, userData } from './tpkt.ts';

/** Session SPDUs (ISO 8327): connect, accept; a data transfer is always preceded by Give Tokens, both without parameters. */
const SPDU = { connect: 0x0d, accept: 0x0e } as const;
const DATA_TRANSFER = [0x01, 0x00, 0x01, 0x00] as const;
const PRESENTATION_DATA = 0x61;
const SEQUENCE = 0x30;
const CONTEXT_ID = 0x02;
const SINGLE_VALUE = 0xa0;

const PDU = { request: 0xa0, response: 0xa1, error: 0xa2, unconfirmed: 0xa3, reject: 0xa4, initiateRequest: 0xa8, initiateResponse: 0xa9 } as const;

const SERVICE = { read: 4, write: 5 } as const;
/** Our own codes beside the standard's numbers. */
const CONTROL_WRITE = 0x105;
const REPORT_WRITE = 0x205;
const INFORMATION_REPORT = 0x200;
const INITIATE = 0x201;
const REJECT = 0x202;

const SERVICES = new Map<number, readonly [string, Access]>([
  [0, ['Status', 'diagnose']],
  [1, ['GetNameList', 'browse']],
  [2, ['Identify', 'browse']],
  [3, ['Rename', 'program']],
  [SERVICE.read, ['Read', 'read']],
  [SERVICE.write, ['Write', 'write']],
  [CONTROL_WRITE, ['Write (control)', 'control']],
  // Every client that has values sent to it writes so: RptEna, GI, TrgOps, the data set to be sent.
  [REPORT_WRITE, ['Write (report control)', 'read']],
  [6, ['GetVariableAccessAttributes', 'browse']],
  [7, ['DefineNamedVariable', 'program']],
  [10, ['DeleteVariableAccess', 'program']],
  [11, ['DefineNamedVariableList', 'write']],
  [12, ['GetNamedVariableListAttributes', 'browse']],
  [13, ['DeleteNamedVariableList', 'write']],
  [19, ['TakeControl', 'control']],
  [20, ['RelinquishControl', 'control']],
  [26, ['InitiateDownloadSequence', 'program']],
  [27, ['DownloadSegment', 'program']],
  [28, ['TerminateDownloadSequence', 'program']],
  [29, ['InitiateUploadSequence', 'program']],
  [30, ['UploadSegment', 'program']],
  [31, ['TerminateUploadSequence', 'program']],
  [32, ['RequestDomainDownload', 'program']],
  [33, ['RequestDomainUpload', 'program']],
  [34, ['LoadDomainContent', 'program']],
  [35, ['StoreDomainContent', 'program']],
  [36, ['DeleteDomain', 'program']],
  [37, ['GetDomainAttributes', 'browse']],
  [38, ['CreateProgramInvocation', 'program']],
  [39, ['DeleteProgramInvocation', 'program']],
  [40, ['Start', 'control']],
  [41, ['Stop', 'control']],
  [42, ['Resume', 'control']],
  [43, ['Reset', 'control']],
  [44, ['Kill', 'control']],
  [45, ['GetProgramInvocationAttributes', 'browse']],
  [46, ['ObtainFile', 'program']],
  [65, ['ReadJournal', 'read']],
  [66, ['WriteJournal', 'write']],
  [67, ['InitializeJournal', 'write']],
  [68, ['ReportJournalStatus', 'read']],
  [72, ['FileOpen', 'read']],
  [73, ['FileRead', 'read']],
  [74, ['FileClose', 'read']],
  [75, ['FileRename', 'program']],
  [76, ['FileDelete', 'program']],
  [77, ['FileDirectory', 'browse']],
  [INFORMATION_REPORT, ['InformationReport', 'read']],
  [INITIATE, ['Initiate', 'browse']],
  [REJECT, ['Reject', 'diagnose']],
]);

/** One BER element: its tag's first octet (and number), where its content begins and ends; end -1 = not one. */
interface Element {
  tag: number;
  number: number;
  from: number;
  to: number;
  /** All of its content is there. */
  isWhole: boolean;
}

/** Reads the element at `at`. A length beyond `end` is cut to it: the PDU may go on in another TPDU. */
const readElement = (bytes: Uint8Array, at: number, end: number): Element | null => {
  if (at + 2 > end) return null;
  const tag = bytes[at];
  let next = at + 1;
  let number = tag & 0x1f;
  if (number === 0x1f) {
    number = 0;
    do {
      if (next + 1 >= end || number > 0xff) return null;
      number = (number << 7) | (bytes[next] & 0x7f);
    } while ((bytes[next++] & 0x80) !== 0);
  }
  let octets = bytes[next++];
  if (octets >= 0x80) {
    const size = octets & 0x7f;
    if (size === 0 || size > 3 || next + size > end) return null;
    octets = 0;
    for (let i = 0; i < size; i++) octets = (octets << 8) | bytes[next++];
  }
  return { tag, number, from: next, to: Math.min(end, next + octets), isWhole: next + octets <= end };
};

/** The MMS PDU within a data transfer: past Give Tokens, Data Transfer, presentation data, PDV list, single ASN.1 value. */
const findPdu = (bytes: Uint8Array, at: number, end: number): Element | null => {
  if (at + 4 > end || DATA_TRANSFER.some((octet, i) => bytes[at + i] !== octet)) return null;
  const data = readElement(bytes, at + 4, end);
  if (data?.tag !== PRESENTATION_DATA) return null;
  const list = readElement(bytes, data.from, data.to);
  if (list?.tag !== SEQUENCE) return null;
  const context = readElement(bytes, list.from, list.to);
  if (context?.tag !== CONTEXT_ID) return null;
  const value = readElement(bytes, context.to, list.to);
  return value?.tag === SINGLE_VALUE ? readElement(bytes, value.from, value.to) : null;
};

const VISIBLE_STRING = 0x1a;
const NAMES_PER_MESSAGE = 16;
/** Stands for names that the capture cut off. */
const MORE_NAMES = '(more)';

/** Domain-specific names (two VisibleStrings in a row: domain, item), joined as IEC 61850 writes them: `LD0/XCBR1$CO$Pos`. */
const tellNames = (bytes: Uint8Array, from: number, to: number, sink: ProtocolSink | null): boolean => {
  let hasControl = false;
  for (let at = from, found = 0; at + 4 < to && found < NAMES_PER_MESSAGE; at++) {
    const item = at + 2 + bytes[at + 1];
    if (bytes[at] !== VISIBLE_STRING || bytes[at + 1] === 0 || bytes[at + 1] > 0x7f || item + 2 > to || bytes[item] !== VISIBLE_STRING) continue;
    const end = item + 2 + bytes[item + 1];
    if (end > to || bytes[item + 1] === 0 || bytes[item + 1] > 0x7f) continue;
    const name = asciiText(bytes, item + 2, end);
    hasControl ||= name.includes('$CO$');
    sink?.target(`${asciiText(bytes, at + 2, item)}/${name}`);
    found++;
    at = end - 1;
  }
  return hasControl;
};

/** Of a Write: listOfVariable, one variable of it (a SEQUENCE), its name, of a domain; and within that the domain and the item (ISO 9506-2, ObjectName). */
const VARIABLE = { list: 0xa0, name: 0xa0, ofDomain: 0xa1 } as const;
/** Functional constraints of report control blocks, unbuffered and buffered (IEC 61850-7-2 clause 17). */
const REPORT_CONSTRAINTS = ['RP', 'BR'];

/** Whether one variable is of a report control block: its functional constraint is the second part of the item's name (IEC 61850-8-1 clause 7.3.2). */
const isOfReport = (bytes: Uint8Array, variable: Element): boolean => {
  const name = readElement(bytes, variable.from, variable.to);
  const ofDomain = name?.tag === VARIABLE.name ? readElement(bytes, name.from, name.to) : null;
  const domain = ofDomain?.tag === VARIABLE.ofDomain ? readElement(bytes, ofDomain.from, ofDomain.to) : null;
  const item = domain?.tag === VISIBLE_STRING ? readElement(bytes, domain.to, name?.to ?? 0) : null;
  return item?.tag === VISIBLE_STRING && REPORT_CONSTRAINTS.includes(asciiText(bytes, item.from, item.to).split('$', 2)[1]);
};

/** Whether a Write names report control blocks and nothing else, and all of its names are there. */
const asksForReports = (bytes: Uint8Array, names: Element | null): boolean => {
  if (names?.tag !== VARIABLE.list || !names.isWhole || names.from === names.to) return false;
  for (let at = names.from; at < names.to; ) {
    const variable = readElement(bytes, at, names.to);
    if (variable?.tag !== SEQUENCE || !isOfReport(bytes, variable)) return false;
    at = variable.to;
  }
  return true;
};

/** Of an answer to a Read: which variables, where it says so, then the results; a result or a Write's acknowledgement that is a DataAccessError (ISO 9506-2). */
const ANSWER = { specification: 0xa0, results: 0xa1, failure: 0x80 } as const;
const CARRIED_OUT = -1;
const BEYOND_CUT = -2;

/** The first DataAccessError where none of an answer's variables was read or written: a server refuses so, not with an error PDU. */
const refusalOf = (bytes: Uint8Array, service: Element, isCut: boolean): number => {
  let list: Element | null = service;
  if (service.number === SERVICE.read) {
    list = readElement(bytes, service.from, service.to);
    if (list?.tag === ANSWER.specification) list = readElement(bytes, list.to, service.to);
    if (list?.tag !== ANSWER.results) return isCut ? BEYOND_CUT : CARRIED_OUT;
  }
  let refused = CARRIED_OUT;
  for (let at = list.from; at < list.to; ) {
    const item = readElement(bytes, at, list.to);
    if (item === null || !item.isWhole) break;
    if (item.tag !== ANSWER.failure) return CARRIED_OUT;
    if (refused === CARRIED_OUT) refused = item.from < item.to ? bytes[item.from] : 0;
    at = item.to;
  }
  if (list.isWhole) return refused;
  return isCut ? BEYOND_CUT : CARRIED_OUT;
};

const readResponse = (bytes: Uint8Array, service: Element, asked: number, sink: ProtocolSink): void => {
  const number = service.number;
  // Whether a Write commanded, wrote, or asked for reports, only its request says.
  if (asked < 0 && number === SERVICE.write) return;
  const refused = number === SERVICE.read || number === SERVICE.write ? refusalOf(bytes, service, sink.isCut) : CARRIED_OUT;
  if (refused === BEYOND_CUT) return sink.beyondCut();
  sink.operation(-1, asked < 0 ? number : asked, refused === CARRIED_OUT ? MESSAGE.response : MESSAGE.error, refused === CARRIED_OUT ? 0 : refused);
};

const readConfirmed = (bytes: Uint8Array, pdu: Element, memory: SessionMemory, sink: ProtocolSink): void => {
  const invoke = readElement(bytes, pdu.from, pdu.to);
  if (invoke === null || invoke.to - invoke.from > 4) return sink.malformed('mms.invoke');
  let key = 0;
  for (let i = invoke.from; i < invoke.to; i++) key = (key * 256 + bytes[i]) >>> 0;
  const outstanding = memory.outstanding as number[];
  sink.serverIs(pdu.tag !== PDU.request);
  if (pdu.tag === PDU.error) {
    const asked = takeRequest(outstanding, key);
    // What it refuses, only the request says.
    if (asked >= 0) sink.operation(-1, asked, MESSAGE.error, 0);
    return;
  }
  let service = readElement(bytes, invoke.to, pdu.to);
  // Modifiers, if any, stand before the service.
  if (service?.tag === SEQUENCE) service = readElement(bytes, service.to, pdu.to);
  if (service === null && sink.isCut) return sink.beyondCut();
  if (service === null || (service.tag & 0xc0) !== 0x80) return sink.malformed('mms.service');
  if (pdu.tag === PDU.response) return readResponse(bytes, service, takeRequest(outstanding, key), sink);
  const namesVariables = service.number === SERVICE.read || service.number === SERVICE.write;
  const isControl = service.number === SERVICE.write && tellNames(bytes, service.from, service.to, null);
  // What is written stands before the values; whether a control object is among it, or only report control, shows only where all of it is there.
  const names = service.number === SERVICE.write ? readElement(bytes, service.from, service.to) : service;
  const isNamed = !namesVariables || !sink.isCut || names?.isWhole === true;
  if (service.number === SERVICE.write && !isControl && !isNamed) return sink.beyondCut();
  const isReport = service.number === SERVICE.write && !isControl && asksForReports(bytes, names);
  const code = isControl ? CONTROL_WRITE : isReport ? REPORT_WRITE : service.number;
  rememberRequest(outstanding, key, code);
  sink.operation(-1, code, MESSAGE.request, 0);
  if (namesVariables) tellNames(bytes, service.from, service.to, sink);
  if (!isNamed) sink.target(MORE_NAMES);
};

const TRANSFER_HEAD = [...DATA_TRANSFER, PRESENTATION_DATA];

function judgeSession(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] === SPDU.connect || bytes[at] === SPDU.accept) return bytes[at + 1] > 0 ? PROBE.certain : PROBE.notForUs;
  if (TRANSFER_HEAD.some((octet, i) => at + i < end && bytes[at + i] !== octet)) return PROBE.notForUs;
  return at + TRANSFER_HEAD.length <= end ? PROBE.certain : PROBE.unsure;
}

export const MMS = framedProtocol({
  name: 'mms',
  ...ABOVE_TPKT,
  readsCut: true,
  isCertain: (bytes, view, at, to) => probeAbove(bytes, view, at, to, (data, end) => judgeSession(bytes, data, end)),
  newMemory: () => ({ outstanding: [] }),
  message(bytes, _view, at, end, _direction, memory, sink) {
    const kind = cotpKind(bytes, at);
    if (kind === COTP.connectRequest) sink.serverIs(false);
    else if (kind === COTP.connectConfirm) sink.serverIs(true);
    if (kind !== COTP.data) return;
    const session = userData(bytes, at);
    if (session + 2 > end) return sink.isCut ? sink.beyondCut() : undefined;
    if (bytes[session] === SPDU.connect || bytes[session] === SPDU.accept) {
      const isRequest = bytes[session] === SPDU.connect;
      sink.serverIs(!isRequest);
      return sink.operation(-1, INITIATE, isRequest ? MESSAGE.request : MESSAGE.response, 0);
    }
    const pdu = findPdu(bytes, session, end);
    if (pdu === null) return sink.isCut ? sink.beyondCut() : undefined;
    if (pdu.tag === PDU.request || pdu.tag === PDU.response || pdu.tag === PDU.error) return readConfirmed(bytes, pdu, memory, sink);
    if (pdu.tag === PDU.unconfirmed) {
      sink.serverIs(true);
      sink.operation(-1, INFORMATION_REPORT, MESSAGE.response, 0);
    } else if (pdu.tag === PDU.reject) sink.operation(-1, REJECT, MESSAGE.error, 0);
  },
  describe(code) {
    const known = SERVICES.get(code);
    return known === undefined ? { name: `Service ${code}`, access: 'write' } : { name: known[0], access: known[1] };
  },
});
