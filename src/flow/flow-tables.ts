/**
 * What an interval counted, as far as it is written into the store: plain data. In: a flow state whose interval was closed, which is
 * such tables itself. Out: a copy that another thread may write while the decoder goes on with its own.
 * Copied, and not handed over: once one ArrayBuffer is detached, V8 checks for that at every access to any typed array.
 */
import { OPERATION_ROW, RHYTHM, ROW, ROW_D, type FlowState } from './flow-state.ts';
import type { Records } from './int-table.ts';

type Table = 'addresses' | 'conversations' | 'operations' | 'ranges' | 'errors' | 'targets' | 'facts' | 'addressFacts' | 'macs' | 'scans' | 'turned';

type Plain =
  | 'rowWords' | 'rowDoubles' | 'rows' | 'operationRows' | 'operationRowCount' | 'rangeCounts' | 'errorCounts' | 'addressFactCounts' | 'rhythmWords' | 'rhythmDoubles'
  | 'macSpans' | 'macsWritten' | 'scanTotals' | 'texts' | 'hours' | 'hourCounters';

export type FlowTables = Readonly<Pick<FlowState, Plain>> & { readonly [T in Table]: Records };

const MOST_COPIED = 200_000;

/** A flood's tables are hundreds of megabytes: decoding waits until they are written, instead of holding them twice. */
export const isCopyCheap = ({ conversations }: FlowState): boolean => conversations.count <= MOST_COPIED;

export function copyTables(state: FlowState): FlowTables {
  const rhythms = copyRecords({ keys: state.rhythmWords, stride: RHYTHM.stride, count: state.rhythms });
  return {
    addresses: copyRecords(state.addresses),
    conversations: copyRecords(state.conversations),
    operations: copyRecords(state.operations),
    ranges: copyRecords(state.ranges),
    errors: copyRecords(state.errors),
    targets: copyRecords(state.targets),
    facts: copyRecords(state.facts),
    addressFacts: copyRecords(state.addressFacts),
    macs: copyRecords(state.macs),
    scans: copyRecords(state.scans),
    turned: copyRecords(state.turned),
    rowWords: copyWords(state.rowWords, state.rows * ROW.stride),
    rowDoubles: copyDoubles(state.rowDoubles, state.rows * ROW_D.stride),
    rows: state.rows,
    operationRows: copyWords(state.operationRows, state.operationRowCount * OPERATION_ROW.stride),
    operationRowCount: state.operationRowCount,
    rangeCounts: copyWords(state.rangeCounts, state.ranges.count),
    errorCounts: copyWords(state.errorCounts, state.errors.count),
    addressFactCounts: copyWords(state.addressFactCounts, state.addressFacts.count),
    rhythmWords: rhythms.keys,
    rhythmDoubles: rhythms.doubles,
    macSpans: state.macSpans.map((span) => ({ ...span })),
    macsWritten: state.macsWritten,
    scanTotals: state.scanTotals.map((totals) => ({ ...totals })),
    texts: [...state.texts],
    hours: new Map([...state.hours].map(([hour, totals]) => [hour, { ...totals }])),
    hourCounters: new Map([...state.hourCounters].map(([hour, counters]) => [hour, new Map(counters)])),
  };
}

/** In memory that threads share: handed over without another copy. */
function copyWords(words: Int32Array, count: number): Int32Array {
  const copy = new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
  copy.set(words.subarray(0, count));
  return copy;
}

function copyDoubles(doubles: Float64Array, count: number): Float64Array {
  const copy = new Float64Array(new SharedArrayBuffer(count * Float64Array.BYTES_PER_ELEMENT));
  copy.set(doubles.subarray(0, count));
  return copy;
}

function copyRecords({ keys: words, stride, count }: Pick<Records, 'keys' | 'stride' | 'count'>): Records {
  const keys = copyWords(words, count * stride);
  return { keys, doubles: new Float64Array(keys.buffer), stride, count };
}
