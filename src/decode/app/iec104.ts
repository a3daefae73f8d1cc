/**
 * IEC 60870-5-104 (APCI, clause 5) with the ASDUs of IEC 60870-5-101. In: APDUs. Out: operations by ASDU type; commands
 * with their confirmation, monitored values as responses; station addresses. The controlled station is the server.
 * Left out on purpose: information objects and their values.
 */
import type { Access } from '../../observation.ts';
import { framedProtocol } from './framing.ts';
import type { ProtocolSink } from './protocol.ts';
import { MESSAGE, PROBE, TO_SERVER } from './protocol.ts';

const START = 0x68;
const HEADER = 6;
const SMALLEST_LENGTH = 4;
const LARGEST_LENGTH = 253;
/** ASDU: type, qualifier, two octets of cause, two of address, three of the first object's address. */
const ASDU = { type: 6, qualifier: 7, cause: 8, address: 10, smallest: 9 } as const;

/** U format functions (5.3), as codes of our own above the ASDU types. */
const U_BASE = 0x100;
const U = { startAct: 0x07, startCon: 0x0b, stopAct: 0x13, stopCon: 0x23, testAct: 0x43, testCon: 0x83 } as const;
const U_CONFIRMED = new Map<number, number>([
  [U.startCon, U.startAct],
  [U.stopCon, U.stopAct],
  [U.testCon, U.testAct],
]);
const U_FUNCTIONS = new Set<number>(Object.values(U));

const CAUSE = { activation: 6, activationCon: 7, deactivation: 8, deactivationCon: 9, termination: 10, request: 5, firstUnknown: 44, lastUnknown: 47 } as const;
const CAUSE_BITS = 0x3f;
const NEGATIVE = 0x40;

const TYPES = new Map<number, readonly [string, Access]>([
  [1, ['M_SP_NA_1', 'read']],
  [2, ['M_SP_TA_1', 'read']],
  [3, ['M_DP_NA_1', 'read']],
  [4, ['M_DP_TA_1', 'read']],
  [5, ['M_ST_NA_1', 'read']],
  [6, ['M_ST_TA_1', 'read']],
  [7, ['M_BO_NA_1', 'read']],
  [8, ['M_BO_TA_1', 'read']],
  [9, ['M_ME_NA_1', 'read']],
  [10, ['M_ME_TA_1', 'read']],
  [11, ['M_ME_NB_1', 'read']],
  [12, ['M_ME_TB_1', 'read']],
  [13, ['M_ME_NC_1', 'read']],
  [14, ['M_ME_TC_1', 'read']],
  [15, ['M_IT_NA_1', 'read']],
  [16, ['M_IT_TA_1', 'read']],
  [17, ['M_EP_TA_1', 'read']],
  [18, ['M_EP_TB_1', 'read']],
  [19, ['M_EP_TC_1', 'read']],
  [20, ['M_PS_NA_1', 'read']],
  [21, ['M_ME_ND_1', 'read']],
  [30, ['M_SP_TB_1', 'read']],
  [31, ['M_DP_TB_1', 'read']],
  [32, ['M_ST_TB_1', 'read']],
  [33, ['M_BO_TB_1', 'read']],
  [34, ['M_ME_TD_1', 'read']],
  [35, ['M_ME_TE_1', 'read']],
  [36, ['M_ME_TF_1', 'read']],
  [37, ['M_IT_TB_1', 'read']],
  [38, ['M_EP_TD_1', 'read']],
  [39, ['M_EP_TE_1', 'read']],
  [40, ['M_EP_TF_1', 'read']],
  [45, ['C_SC_NA_1', 'control']],
  [46, ['C_DC_NA_1', 'control']],
  [47, ['C_RC_NA_1', 'control']],
  [48, ['C_SE_NA_1', 'control']],
  [49, ['C_SE_NB_1', 'control']],
  [50, ['C_SE_NC_1', 'control']],
  [51, ['C_BO_NA_1', 'control']],
  [58, ['C_SC_TA_1', 'control']],
  [59, ['C_DC_TA_1', 'control']],
  [60, ['C_RC_TA_1', 'control']],
  [61, ['C_SE_TA_1', 'control']],
  [62, ['C_SE_TB_1', 'control']],
  [63, ['C_SE_TC_1', 'control']],
  [64, ['C_BO_TA_1', 'control']],
  [70, ['M_EI_NA_1', 'diagnose']],
  [100, ['C_IC_NA_1', 'read']],
  [101, ['C_CI_NA_1', 'read']],
  [102, ['C_RD_NA_1', 'read']],
  [103, ['C_CS_NA_1', 'write']],
  [104, ['C_TS_NA_1', 'diagnose']],
  [105, ['C_RP_NA_1', 'control']],
  [106, ['C_CD_NA_1', 'diagnose']],
  [107, ['C_TS_TA_1', 'diagnose']],
  [110, ['P_ME_NA_1', 'write']],
  [111, ['P_ME_NB_1', 'write']],
  [112, ['P_ME_NC_1', 'write']],
  [113, ['P_AC_NA_1', 'write']],
  [120, ['F_FR_NA_1', 'program']],
  [121, ['F_SR_NA_1', 'program']],
  [122, ['F_SC_NA_1', 'program']],
  [123, ['F_LS_NA_1', 'program']],
  [124, ['F_AF_NA_1', 'program']],
  [125, ['F_SG_NA_1', 'program']],
  [126, ['F_DR_TA_1', 'browse']],
  [127, ['F_SC_NB_1', 'program']],
  [U_BASE + U.startAct, ['STARTDT', 'browse']],
  [U_BASE + U.stopAct, ['STOPDT', 'browse']],
  [U_BASE + U.testAct, ['TESTFR', 'diagnose']],
]);
/** Types from here on are for private use (101 clause 7.2.1.1). */
const FIRST_PRIVATE = 128;
/** Types that only the controlled station sends (101 clause 7.3.1, 7.3.3). */
const LAST_MONITORED = 40;
const END_OF_INITIALISATION = 70;

/** A type of the standard; or a private one, which says less, where qualifier and cause are possible. */
const isType = (bytes: Uint8Array, at: number): boolean => {
  const type = bytes[at + ASDU.type];
  return TYPES.has(type) || (type >= FIRST_PRIVATE && bytes[at + ASDU.qualifier] !== 0 && (bytes[at + ASDU.cause] & CAUSE_BITS) !== 0);
};

const size = (bytes: Uint8Array, _view: DataView, at: number, to: number): number => {
  const length = bytes[at + 1];
  if (bytes[at] !== START || length < SMALLEST_LENGTH || length > LARGEST_LENGTH) return -1;
  const control = bytes[at + 2];
  if ((control & 3) === 3) {
    return length === SMALLEST_LENGTH && U_FUNCTIONS.has(control) && bytes[at + 3] === 0 && bytes[at + 4] === 0 && bytes[at + 5] === 0 ? HEADER : -1;
  }
  if ((bytes[at + 4] & 1) !== 0) return -1;
  if ((control & 3) === 1) return length === SMALLEST_LENGTH && control === 1 && bytes[at + 3] === 0 ? HEADER : -1;
  if (length < SMALLEST_LENGTH + ASDU.smallest) return -1;
  if (at + ASDU.cause < to && !isType(bytes, at)) return -1;
  return 2 + length;
};

const readAsdu = (bytes: Uint8Array, view: DataView, at: number, end: number, direction: number, sink: ProtocolSink): void => {
  if (at + ASDU.address + 2 > end) return sink.beyondCut();
  const type = bytes[at + ASDU.type];
  const cause = bytes[at + ASDU.cause] & CAUSE_BITS;
  const isAsked = cause === CAUSE.activation || cause === CAUSE.deactivation || cause === CAUSE.request;
  // The sign belongs to a confirmation (101 clause 7.2.3): what asks with it set asks all the same.
  const isNegative = (!isAsked && (bytes[at + ASDU.cause] & NEGATIVE) !== 0) || (cause >= CAUSE.firstUnknown && cause <= CAUSE.lastUnknown);
  if (type <= LAST_MONITORED || type === END_OF_INITIALISATION) {
    sink.serverIs(true);
    return sink.operation(-1, type, MESSAGE.response, 0);
  }
  const isAnswer = isNegative || cause === CAUSE.activationCon || cause === CAUSE.deactivationCon || cause === CAUSE.termination;
  if (isAsked) sink.serverIs(false);
  else if (isAnswer) sink.serverIs(true);
  // Any other cause either station has: files go both ways with the same one (13; 101 clause 7.4.11).
  const isRequest = isAsked || (!isAnswer && direction === TO_SERVER);
  sink.operation(-1, type, isRequest ? MESSAGE.request : isNegative ? MESSAGE.error : MESSAGE.response, isNegative ? cause : 0);
  if (isRequest) sink.target(`station ${view.getUint16(at + ASDU.address, true)}`);
};

const PORT = 2404;

export const IEC104 = framedProtocol({
  name: 'iec104',
  ports: [PORT],
  firstOctets: [START],
  header: HEADER,
  readsCut: true,
  maxCarry: 2 + LARGEST_LENGTH,
  size,
  // One S frame is too little to go by: its six octets have only two that are fixed beside zeroes.
  isCertain(bytes, view, at, to, _direction, port) {
    if ((bytes[at + 2] & 3) === 1 && port !== PORT) return PROBE.unsure;
    const end = at + size(bytes, view, at, to);
    return end >= to || bytes[end] === START ? PROBE.certain : PROBE.notForUs;
  },
  message(bytes, view, at, end, direction, _memory, sink) {
    const control = bytes[at + 2];
    if ((control & 1) === 0) return readAsdu(bytes, view, at, end, direction, sink);
    if ((control & 3) !== 3) return;
    const asked = U_CONFIRMED.get(control);
    // Both stations test; only the controlling one starts and stops.
    const isTest = control === U.testAct || control === U.testCon;
    if (!isTest) sink.serverIs(asked !== undefined);
    sink.operation(-1, U_BASE + (asked ?? control), asked === undefined ? MESSAGE.request : MESSAGE.response, 0);
  },
  describe(code) {
    const known = TYPES.get(code);
    return known === undefined ? { name: `Type ${code}`, access: 'write' } : { name: known[0], access: known[1] };
  },
});
