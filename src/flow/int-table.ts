/**
 * An open-addressing hash table from four int32 words to an index that counts up from 0. The flow layer's only lookup
 * structure. An entry is a record of `stride` words that begins with its key, so that what is counted lies beside what is
 * compared: one or two cache lines an entry, not five. Doubles live in the same record, at even words.
 *
 * Typed arrays, linear probing, load <= 0.5; a slot holds the index and ten bits of the hash, so that a wrong entry is
 * passed over without a look at it. No strings, no BigInt, no allocation but when it grows. The hash is seeded per process,
 * so that nobody outside can choose colliding keys; indices depend on insertion order alone, so results do not.
 */
import { randomBytes } from 'node:crypto';

export interface IntTable {
  /** `stride` words an entry, the key first; behind the last entry all are zero. */
  keys: Int32Array;
  /** The same memory as doubles: word w is double w / 2. */
  doubles: Float64Array;
  readonly stride: number;
  /** index + 1 of the entry in this slot below the hash's upper bits, 0 when free. */
  slots: Int32Array;
  mask: number;
  count: number;
  /** True when the last `internKey` made a new entry. */
  added: boolean;
}

/** The records alone, to be read: nothing is found by key in them. */
export type Records = Readonly<Pick<IntTable, 'keys' | 'doubles' | 'stride' | 'count'>>;

const HASH_SEED = randomBytes(4).readInt32LE(0);
/** Index + 1 in a slot's lower bits: four million entries; tables are flushed long before (isFull). */
const INDEX_BITS = 0x3fffff;
/** For the lookup that locate.ts inlines by hand. Used here by their other names, which V8 folds into the code. */
export const SEED = HASH_SEED;
export const INDEX_MASK = INDEX_BITS;
const INITIAL_SLOTS = 1024;
const KEY_WORDS = 4;

/** V8 gets large buffers from malloc at addresses that are 16 modulo 128: records that begin here lie on pairs of cache lines. */
const LINE_OFFSET = 112;

function allocate(table: IntTable, words: number): void {
  const buffer = new ArrayBuffer(words * 4 + LINE_OFFSET);
  const keys = new Int32Array(buffer, LINE_OFFSET, words);
  keys.set(table.keys.subarray(0, table.count * table.stride));
  table.keys = keys;
  table.doubles = new Float64Array(buffer, LINE_OFFSET, words >> 1);
}

/** @param stride even: four words of key, and what belongs to it */
export function createIntTable(stride = KEY_WORDS): IntTable {
  const table = { keys: new Int32Array(0), doubles: new Float64Array(0), stride, slots: new Int32Array(INITIAL_SLOTS), mask: INITIAL_SLOTS - 1, count: 0, added: false };
  allocate(table, (INITIAL_SLOTS >> 1) * stride);
  return table;
}

/** Empties the table and gives its memory back when it had grown large. */
export function clearIntTable(table: IntTable): void {
  const used = table.count * table.stride;
  table.count = 0;
  table.added = false;
  if (table.slots.length > 1 << 16) {
    allocate(table, (INITIAL_SLOTS >> 1) * table.stride);
    table.slots = new Int32Array(INITIAL_SLOTS);
    table.mask = INITIAL_SLOTS - 1;
  } else {
    if (table.stride > KEY_WORDS) table.keys.fill(0, 0, used);
    table.slots.fill(0);
  }
}

/** Murmur3's mixing on four words. */
function hashKey(a: number, b: number, c: number, d: number): number {
  let h = HASH_SEED ^ Math.imul(a, 0xcc9e2d51);
  h = Math.imul((h << 13) | (h >>> 19), 5) ^ Math.imul(b, 0x1b873593);
  h = Math.imul((h << 13) | (h >>> 19), 5) ^ Math.imul(c, 0x85ebca6b);
  h = Math.imul((h << 13) | (h >>> 19), 5) ^ Math.imul(d, 0xc2b2ae35);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  return h;
}

/** The index of the key, or -1. */
export function findKey(table: IntTable, a: number, b: number, c: number, d: number): number {
  const { keys, slots, mask, stride } = table;
  const hash = hashKey(a, b, c, d);
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const word = slots[slot];
    if (word === 0) return -1;
    if (((word ^ hash) & ~INDEX_BITS) !== 0) continue;
    const index = (word & INDEX_BITS) - 1;
    const k = index * stride;
    if (keys[k] === a && keys[k + 1] === b && keys[k + 2] === c && keys[k + 3] === d) return index;
  }
}

/** The index of the key, a new one if it was not there; the words behind its key are zero then. */
export function internKey(table: IntTable, a: number, b: number, c: number, d: number): number {
  const known = findKey(table, a, b, c, d);
  if (known < 0) return insertKey(table, a, b, c, d);
  table.added = false;
  return known;
}

function insertKey(table: IntTable, a: number, b: number, c: number, d: number): number {
  const { slots, mask, stride } = table;
  const hash = hashKey(a, b, c, d);
  let slot = hash & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  const index = table.count;
  const k = index * stride;
  if (k + stride > table.keys.length) allocate(table, table.keys.length * 2);
  const { keys } = table;
  keys[k] = a;
  keys[k + 1] = b;
  keys[k + 2] = c;
  keys[k + 3] = d;
  slots[slot] = (index + 1) | (hash & ~INDEX_BITS);
  table.count = index + 1;
  table.added = true;
  if (table.count * 2 > mask) growSlots(table);
  return index;
}

function growSlots(table: IntTable): void {
  const { keys, stride } = table;
  const slots = new Int32Array(table.slots.length * 2);
  const mask = slots.length - 1;
  for (let index = 0; index < table.count; index++) {
    const k = index * stride;
    const hash = hashKey(keys[k], keys[k + 1], keys[k + 2], keys[k + 3]);
    let slot = hash & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = (index + 1) | (hash & ~INDEX_BITS);
  }
  table.slots = slots;
  table.mask = mask;
}

/** `array`, or a copy of at least twice its size when it has no room for `length` elements. */
export function grownInt32(array: Int32Array, length: number): Int32Array {
  if (length <= array.length) return array;
  const larger = new Int32Array(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}

/** The same for doubles. */
export function grownFloat64(array: Float64Array, length: number): Float64Array {
  if (length <= array.length) return array;
  const larger = new Float64Array(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}
