/**
 * Empties the flow layer's tables into the store, in the caller's transaction. In: a flow state whose interval was closed.
 * Out: rows added to what is there: sums add, times widen, weaker evidence gives way to stronger. Ids are given in the
 * order of the flow tables, which depends on the packets alone, so an import that was killed and resumed gives the same rows.
 * What counted nothing since the last flush is passed over: a live capture keeps its keys (flow/settle.ts), and a
 * conversation whose direction was revised before it had a packet is none.
 */
import { addressText } from '../flow/address-table.ts';
import { UNIT_MASK, type Span } from '../flow/flow-state.ts';
import * as layout from '../flow/flow-state.ts';
import type { FlowTables } from '../flow/flow-tables.ts';
import { rhythmText } from '../flow/rhythm.ts';
import { daysByOwner } from './days-text.ts';
import { MANY_SCANNERS } from './read-words.ts';
import { CONVERSATION_KEY } from './schema.ts';
import { turnConversation } from './turn-conversation.ts';
import { putRows, type Bound, type StoreWriter } from './write-statements.ts';

// Constants of the module at hand: V8 folds them into the code, imported ones it loads and checks at every use.
const { CONVERSATION, FACT, NO_FIRST, NO_LAST, OPERATION, OPERATION_ROW, ROW, ROW_D, TARGET } = layout;

/** The change number that rows of this flush carry; one more than the last. */
export function nextRevision(writer: StoreWriter): number {
  const revision = Number(writer.statements.readRevision.get() ?? 0) + 1;
  writer.statements.writeRevision.run(String(revision));
  return revision;
}

/** So many rows in random order are sorted into an index faster than put into it one by one; there must be no others that they could meet. */
const BULK = 50_000;

type MaybeSeconds = number | null;
/** Seconds as bound to NS: null where nothing had a time. */
const seconds = (value: number): MaybeSeconds => (value === NO_FIRST ? null : value);

/** Adds everything that the flow state holds but the capture's own figures (captures.ts). The caller owns the transaction. */
export function writeFlows(writer: StoreWriter, state: FlowTables, revision: number): void {
  const operationSums = sumOperations(state);
  const used = usedConversations(state, operationSums);
  const newestAddress = writer.statements.newestAddress.get() as number;
  const addresses = writeAddresses(writer, state, used);
  const newest = writer.statements.newestConversation.get() as number;
  const isBulk = newest === 0 && state.conversations.count > BULK;
  if (isBulk) writer.db.exec('DROP INDEX conversation_key');
  const conversations = writeConversations(writer, state, addresses, newest === 0 ? -1 : newestAddress, newest, used, revision);
  if (isBulk) writer.db.exec(CONVERSATION_KEY);
  writeOperations(writer, state, conversations, newest, operationSums, revision);
  turnConversations(writer, state, conversations, revision);
  writeScans(writer, state, addresses);
  putRows(writer.rows.sensorHour, (put) => {
    for (const [hour, t] of [...state.hours].sort((a, b) => a[0] - b[0])) {
      if (t.packets + t.lostSegments + t.duplicates > 0) put(hour, t.packets, t.bytes, t.lostSegments, t.duplicates, revision);
    }
  });
  putRows(writer.rows.sensorHourCounter, (put) => {
    for (const [hour, counters] of [...state.hourCounters].sort((a, b) => a[0] - b[0])) {
      for (const [name, value] of [...counters].sort((a, b) => (a[0] < b[0] ? -1 : 1))) put(hour, name, value, revision);
    }
  });
}

/** Requests, responses, errors of each operation. */
function sumOperations(state: FlowTables): Float64Array {
  const { operationRows: rows } = state;
  const sums = new Float64Array(state.operations.count * 3);
  for (let row = 0; row < state.operationRowCount; row++) {
    const r = row * OPERATION_ROW.stride;
    const t = rows[r + OPERATION_ROW.operation] * 3;
    for (let i = 0; i < 3; i++) sums[t + i] += rows[r + OPERATION_ROW.requests + i];
  }
  return sums;
}

const isUsed = (sums: Float64Array, operation: number): boolean => sums[operation * 3] + sums[operation * 3 + 1] + sums[operation * 3 + 2] > 0;

/** 1 for each conversation that had a packet, or an operation or a fact of a segment that came before the last flush. */
function usedConversations(state: FlowTables, operationSums: Float64Array): Uint8Array {
  const { conversations, operations, facts, rowWords } = state;
  const used = new Uint8Array(conversations.count);
  for (let row = 0; row < state.rows; row++) used[rowWords[row * ROW.stride + ROW.conversation]] = 1;
  for (let i = 0; i < operations.count; i++) if (isUsed(operationSums, i)) used[operations.keys[i * OPERATION.stride]] = 1;
  for (let k = 0; k < facts.count * FACT.stride; k += FACT.stride) if (isCounted(facts.keys, k)) used[facts.keys[k]] = 1;
  return used;
}

const isWritten = (state: FlowTables, mac: number): boolean => mac < state.macsWritten && state.macSpans[mac].firstSeconds === NO_FIRST;

const isCounted = (facts: Int32Array, at: number): boolean => facts[at + FACT.toServer] + facts[at + FACT.toClient] > 0;

/** Every address that something refers to, with the time it was seen; index -> id. */
function writeAddresses(writer: StoreWriter, state: FlowTables, used: Uint8Array): Float64Array {
  // Not a record each: a flood has a million conversations, and their addresses are in no cache.
  const count = state.addresses.count;
  const isSeen = new Uint8Array(count);
  const firstSeconds = new Float64Array(count).fill(NO_FIRST);
  const firstNanos = new Int32Array(count);
  const lastSeconds = new Float64Array(count).fill(NO_LAST);
  const lastNanos = new Int32Array(count);
  const use = (index: number, first: number, firstNs: number, last: number, lastNs: number): void => {
    isSeen[index] = 1;
    if (first === NO_FIRST) return;
    if (first < firstSeconds[index] || (first === firstSeconds[index] && firstNs < firstNanos[index])) {
      firstSeconds[index] = first;
      firstNanos[index] = firstNs;
    }
    if (last > lastSeconds[index] || (last === lastSeconds[index] && lastNs > lastNanos[index])) {
      lastSeconds[index] = last;
      lastNanos[index] = lastNs;
    }
  };
  const useSpan = (index: number, span: Span): void => use(index, span.firstSeconds, span.firstNanos, span.lastSeconds, span.lastNanos);
  const { conversations, macs, macSpans, addressFacts, scans, scanTotals } = state;
  const { keys, doubles } = conversations;
  for (let i = 0; i < conversations.count; i++) {
    if (used[i] === 0) continue;
    const c = i * CONVERSATION.stride;
    const first = doubles[(c >> 1) + CONVERSATION.firstSecondsD];
    const last = doubles[(c >> 1) + CONVERSATION.lastSecondsD];
    for (const end of [keys[c], keys[c + 1]]) use(end, first, keys[c + CONVERSATION.firstNanos], last, keys[c + CONVERSATION.lastNanos]);
  }
  for (let i = 0; i < macs.count; i++) {
    if (isWritten(state, i)) continue;
    useSpan(macs.keys[i << 2], macSpans[i]);
    useSpan(macs.keys[(i << 2) + 1], macSpans[i]);
  }
  for (let i = 0; i < addressFacts.count; i++) if (state.addressFactCounts[i] > 0) isSeen[addressFacts.keys[i << 2]] = 1;
  for (let i = 0; i < scans.count; i++) if (scans.keys[i << 2] >= 0 && scanTotals[i].packets > 0) useSpan(scans.keys[i << 2], scanTotals[i]);
  const ids = new Float64Array(count);
  const { address } = writer.statements;
  for (let i = 0; i < count; i++) {
    if (isSeen[i] === 0) continue;
    const first = seconds(firstSeconds[i]);
    ids[i] = address.get(addressText(state.addresses, i), first, firstNanos[i], first === null ? null : lastSeconds[i], lastNanos[i]) as number;
  }
  putRows(writer.rows.mac, (put) => {
    for (let i = 0; i < macs.count; i++) {
      if (isWritten(state, i)) continue;
      const own = macSpans[i];
      const first = seconds(own.firstSeconds);
      put(ids[macs.keys[i << 2]], ids[macs.keys[(i << 2) + 1]], first, own.firstNanos, first === null ? null : own.lastSeconds, own.lastNanos);
    }
  });
  putRows(writer.rows.addressFact, (put) => {
    for (let i = 0; i < addressFacts.count; i++) {
      if (state.addressFactCounts[i] === 0) continue;
      const k = i << 2;
      put(ids[addressFacts.keys[k]], state.texts[addressFacts.keys[k + 1]], state.texts[addressFacts.keys[k + 2]], state.addressFactCounts[i]);
    }
  });
  return ids;
}

/**
 * Ids are given here, not by SQLite, so that rows need no answer: one more than the highest, as it would.
 * @param newestAddress of those before this flush: a conversation of a newer one cannot be in the store yet
 * @param newest conversation of those before this flush
 */
function writeConversations(writer: StoreWriter, state: FlowTables, addresses: Float64Array, newestAddress: number, newest: number, used: Uint8Array, revision: number): Float64Array {
  const { conversations, facts, rowWords, rowDoubles, texts } = state;
  const { keys: words, doubles } = conversations;
  const count = conversations.count;
  const sums = sumRows(state);
  const daysOf = daysByOwner(count, state.rows, (row) => rowWords[row * ROW.stride + ROW.conversation], (row) => rowWords[row * ROW.stride + ROW.hour]);
  const ids = new Float64Array(count);
  let nextId = newest + 1;
  putRows(writer.rows.conversation, (put) => {
    let id = 0;
    const ask = (...row: Bound[]): void => void (id = writer.statements.conversation.get(...row) as number);
    for (let i = 0; i < count; i++) {
      if (used[i] === 0) continue;
      const c = i * CONVERSATION.stride;
      const d = c >> 1;
      const t = i * 5;
      const vlan = words[c + CONVERSATION.vlan];
      const rtt = words[c + CONVERSATION.rttUs];
      const first = seconds(doubles[d + CONVERSATION.firstSecondsD]);
      const client = addresses[words[c]];
      const server = addresses[words[c + 1]];
      id = nextId;
      const isNew = client > newestAddress || server > newestAddress;
      (isNew ? put : ask)(
        nextId,
        client,
        server,
        words[c + 2],
        words[c + 3],
        vlan < 0 ? null : vlan,
        texts[words[c + CONVERSATION.service]],
        words[c + CONVERSATION.serviceBy],
        words[c + CONVERSATION.directionBy],
        sums[t],
        sums[t + 1],
        sums[t + 2],
        sums[t + 3],
        words[c + CONVERSATION.sessions],
        words[c + CONVERSATION.answered],
        sums[t + 4],
        rtt < 0 ? null : rtt,
        first,
        words[c + CONVERSATION.firstNanos],
        first === null ? null : doubles[d + CONVERSATION.lastSecondsD],
        words[c + CONVERSATION.lastNanos],
        revision,
        daysOf(i),
        rhythmText(state, words, c + CONVERSATION.rhythm),
      );
      ids[i] = id;
      if (id === nextId) nextId++;
    }
  });
  putRows(writer.rows.conversationHour, (put) => {
    for (const row of inOrder(state.rows, (i) => rowWords[i * ROW.stride + ROW.conversation], ids)) {
      const r = row * ROW.stride;
      const d = row * ROW_D.stride;
      put(
        ids[rowWords[r + ROW.conversation]],
        rowWords[r + ROW.hour],
        rowWords[r + ROW.packetsToServer],
        rowWords[r + ROW.packetsToClient],
        rowDoubles[d + ROW_D.bytesToServer],
        rowDoubles[d + ROW_D.bytesToClient],
        rowWords[r + ROW.requests],
        rowWords[r + ROW.answers],
        revision,
      );
    }
  });
  putRows(writer.rows.conversationFact, (put) => {
    for (let i = 0; i < facts.count; i++) {
      const k = i * FACT.stride;
      const { keys } = facts;
      if (isCounted(keys, k)) put(ids[keys[k]], texts[keys[k + 1]], texts[keys[k + 2]], keys[k + FACT.toServer], keys[k + FACT.toClient]);
    }
  });
  return ids;
}

/** Packets to server and client, octets to server and client, and requests of each conversation. */
function sumRows(state: FlowTables): Float64Array {
  const { rowWords, rowDoubles } = state;
  const sums = new Float64Array(state.conversations.count * 5);
  for (let row = 0; row < state.rows; row++) {
    const r = row * ROW.stride;
    const t = rowWords[r + ROW.conversation] * 5;
    sums[t] += rowWords[r + ROW.packetsToServer];
    sums[t + 1] += rowWords[r + ROW.packetsToClient];
    sums[t + 2] += rowDoubles[row * ROW_D.stride + ROW_D.bytesToServer];
    sums[t + 3] += rowDoubles[row * ROW_D.stride + ROW_D.bytesToClient];
    sums[t + 4] += rowWords[r + ROW.requests];
  }
  return sums;
}

function writeOperations(writer: StoreWriter, state: FlowTables, conversations: Float64Array, newest: number, sums: Float64Array, revision: number): void {
  const { operations, operationRows: rows, texts } = state;
  const { keys: words, doubles } = operations;
  const { findOperation, updateOperation, newestOperation } = writer.statements;
  const ids = new Float64Array(operations.count);
  const daysOf = daysByOwner(operations.count, state.operationRowCount, (row) => rows[row * OPERATION_ROW.stride + OPERATION_ROW.operation], (row) => rows[row * OPERATION_ROW.stride + OPERATION_ROW.hour]);
  let nextId = (newestOperation.get() as number) + 1;
  putRows(writer.rows.operation, (put) => {
    for (let i = 0; i < operations.count; i++) {
      if (!isUsed(sums, i)) continue;
      const o = i * OPERATION.stride;
      const d = o >> 1;
      const conversation = conversations[words[o]];
      const protocol = texts[words[o + 1] >> 16];
      const unit = (words[o + 1] & UNIT_MASK) - 1;
      const code = words[o + 2];
      const first = seconds(doubles[d + OPERATION.firstSecondsD]);
      const last = first === null ? null : doubles[d + OPERATION.lastSecondsD];
      const counters = [sums[i * 3], sums[i * 3 + 1], sums[i * 3 + 2], words[o + OPERATION.rangesFolded]] as const;
      const times = [first, words[o + OPERATION.firstNanos], last, words[o + OPERATION.lastNanos], revision, daysOf(i), rhythmText(state, words, o + OPERATION.rhythm)] as const;
      // A conversation that this flush made has no operations yet: no need to ask.
      const known = conversation > newest ? undefined : (findOperation.get(conversation, protocol, unit, code) as number | undefined);
      if (known !== undefined) updateOperation.run(...counters, ...times, known);
      else put(nextId, conversation, protocol, unit, code, ...counters, ...times);
      ids[i] = known ?? nextId++;
    }
  });
  putRows(writer.rows.operationHour, (put) => {
    for (const row of inOrder(state.operationRowCount, (i) => rows[i * OPERATION_ROW.stride], ids)) {
      const r = row * OPERATION_ROW.stride;
      put(ids[rows[r]], rows[r + 1], rows[r + 2], rows[r + 3], rows[r + 4], revision);
    }
  });
  const { ranges, rangeCounts, errors, errorCounts, targets } = state;
  putRows(writer.rows.range, (put) => {
    for (let i = 0; i < ranges.count; i++) {
      const k = i << 2;
      if (rangeCounts[i] > 0) put(ids[ranges.keys[k]], ranges.keys[k + 1], ranges.keys[k + 2], ranges.keys[k + 3], rangeCounts[i]);
    }
  });
  putRows(writer.rows.error, (put) => {
    for (let i = 0; i < errors.count; i++) put(ids[errors.keys[i << 2]], errors.keys[(i << 2) + 1] >>> 0, errorCounts[i]);
  });
  putRows(writer.rows.target, (put) => {
    for (let i = 0; i < targets.count; i++) {
      const t = i * TARGET.stride;
      const { keys } = targets;
      if (keys[t + TARGET.requests] > 0) put(ids[keys[t]], texts[keys[t + 1]], keys[t + TARGET.requests]);
    }
  });
}

/** More than a flow table holds (INDEX_MASK, int-table.ts): an id times this, and an index, are exact in a double up to two thousand million ids. */
const INDICES = 2 ** 22;

/**
 * The rows below `count` in the order of their owners' ids: a b-tree takes sorted rows at twice the speed. Counted into place; only
 * owners that the store knew before are not in order already.
 */
function inOrder(count: number, ownerOf: (row: number) => number, ids: Float64Array): Uint32Array {
  const ranks = ranksOf(ids);
  const ends = new Uint32Array(ids.length + 1);
  for (let row = 0; row < count; row++) ends[ranks[ownerOf(row)] + 1]++;
  for (let i = 1; i < ends.length; i++) ends[i] += ends[i - 1];
  const ordered = new Uint32Array(count);
  for (let row = 0; row < count; row++) ordered[ends[ranks[ownerOf(row)]]++] = row;
  return ordered;
}

/** The place of each owner among all, by id. */
function ranksOf(ids: Float64Array): Uint32Array {
  const ranks = new Uint32Array(ids.length);
  let isInOrder = true;
  let last = 0;
  for (let i = 0; i < ids.length; i++) {
    ranks[i] = i;
    // Those without an id have no rows that are written.
    if (ids[i] === 0) continue;
    isInOrder &&= ids[i] > last;
    last = ids[i];
  }
  if (isInOrder) return ranks;
  // As numbers, without a call for each pair.
  const keys = ids.map((id, i) => id * INDICES + i).sort();
  keys.forEach((key, rank) => (ranks[key - Math.floor(key / INDICES) * INDICES] = rank));
  return ranks;
}

/** Once everything is written: what was counted under a guess goes where it belongs. */
function turnConversations({ db }: StoreWriter, { turned, conversations: { keys: words }, addresses }: FlowTables, ids: Float64Array, revision: number): void {
  for (let i = 0; i < turned.count; i++) {
    const conversation = turned.keys[i << 2];
    const c = conversation * CONVERSATION.stride;
    const guessed = { client: addressText(addresses, words[c + 1]), server: addressText(addresses, words[c]), transport: words[c + 2], port: turned.keys[(i << 2) + 1] };
    if (ids[conversation] !== 0) turnConversation(db, guessed, ids[conversation], revision);
  }
}

function writeScans(writer: StoreWriter, state: FlowTables, addresses: Float64Array): void {
  const { scans, scanTotals } = state;
  putRows(writer.rows.scan, (put) => {
    for (let i = 0; i < scans.count; i++) {
      const t = scanTotals[i];
      if (t.packets === 0) continue;
      const client = scans.keys[i << 2];
      const id = client < 0 ? (writer.statements.address.get(MANY_SCANNERS, null, 0, null, 0) as number) : addresses[client];
      const first = seconds(t.firstSeconds);
      const last = first === null ? null : t.lastSeconds;
      put(id, scans.keys[(i << 2) + 1], t.targets, t.packets, t.bytes, first, t.firstNanos, last, t.lastNanos);
    }
  });
}
