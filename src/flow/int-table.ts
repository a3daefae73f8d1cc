/**
 * An open-addressing hash table from four int32 words to an index that counts up from 0. The flow layer's only lookup
 * structure: sessions, conversations, operations, ranges, addresses and counters all live in arrays by that index.
 *
 * Typed arrays, linear probing, load <= 0.5; no strings, no BigInt, no allocation but when it grows. The hash is seeded
 * per process, so that nobody outside can choose colliding keys; indices depend on insertion order alone, so results do not.
 */
import { randomBytes } from 'node:crypto';

export interface IntTable {
  /** Four words per entry. */
  keys: Int32Array;
  /** index + 1 of the entry in this slot, 0 when free. */
  slots: Int32Array;
  mask: number;
  count: number;
  /** True when the last `internKey` made a new entry. */
  added: boolean;
}

const SEED = randomBytes(4).readInt32LE(0);
const INITIAL_SLOTS = 1024;

export function createIntTable(): IntTable {
  return {
    keys: new Int32Array(INITIAL_SLOTS * 2),
    slots: new Int32Array(INITIAL_SLOTS),
    mask: INITIAL_SLOTS - 1,
    count: 0,
    added: false,
  };
}

/** Empties the table and gives its memory back when it had grown large. */
export function clearIntTable(table: IntTable): void {
  if (table.slots.length > 1 << 16) {
    table.keys = new Int32Array(INITIAL_SLOTS * 2);
    table.slots = new Int32Array(INITIAL_SLOTS);
    table.mask = INITIAL_SLOTS - 1;
  } else table.slots.fill(0);
  table.count = 0;
  table.added = false;
}

/** Murmur3's mixing on four words. */
function hashKey(a: number, b: number, c: number, d: number): number {
  let h = SEED ^ Math.imul(a, 0xcc9e2d51);
  h = Math.imul((h << 13) | (h >>> 19), 5) ^ Math.imul(b, 0x1b873593);
  h = Math.imul((h << 13) | (h >>> 19), 5) ^ Math.imul(c, 0x85ebca6b);
  h = Math.imul((h << 13) | (h >>> 19), 5) ^ Math.imul(d, 0xc2b2ae35);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  return h;
}

/** The index of the key, a new one if it was not there. */
export function internKey(table: IntTable, a: number, b: number, c: number, d: number): number {
  const { keys, slots, mask } = table;
  let slot = hashKey(a, b, c, d) & mask;
  for (;;) {
    const index = slots[slot] - 1;
    if (index < 0) return insertKey(table, slot, a, b, c, d);
    const k = index << 2;
    if (keys[k] === a && keys[k + 1] === b && keys[k + 2] === c && keys[k + 3] === d) {
      table.added = false;
      return index;
    }
    slot = (slot + 1) & mask;
  }
}

/** The index of the key, or -1. */
export function findKey(table: IntTable, a: number, b: number, c: number, d: number): number {
  const { keys, slots, mask } = table;
  let slot = hashKey(a, b, c, d) & mask;
  for (;;) {
    const index = slots[slot] - 1;
    if (index < 0) return -1;
    const k = index << 2;
    if (keys[k] === a && keys[k + 1] === b && keys[k + 2] === c && keys[k + 3] === d) return index;
    slot = (slot + 1) & mask;
  }
}

function insertKey(table: IntTable, slot: number, a: number, b: number, c: number, d: number): number {
  const index = table.count++;
  const k = index << 2;
  table.keys[k] = a;
  table.keys[k + 1] = b;
  table.keys[k + 2] = c;
  table.keys[k + 3] = d;
  table.slots[slot] = index + 1;
  table.added = true;
  if (table.count * 2 > table.mask) grow(table);
  return index;
}

function grow(table: IntTable): void {
  const size = table.slots.length * 2;
  const keys = new Int32Array(size * 2);
  keys.set(table.keys.subarray(0, table.count << 2));
  table.keys = keys;
  const slots = new Int32Array(size);
  const mask = size - 1;
  for (let index = 0; index < table.count; index++) {
    const k = index << 2;
    let slot = hashKey(keys[k], keys[k + 1], keys[k + 2], keys[k + 3]) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = index + 1;
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
