/** Captures that are not in the store yet, by how they begin: what is found, and that none is looked at again for the next file. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HEAD_OCTETS } from '../../src/source/content-digest.ts';
import { createBeginnings, type Beginnings, type NewFile } from '../../src/store/known-capture.ts';

type Read = Parameters<Beginnings['add']>[0];

/** A head is told by how many octets it covers and a name for what they are. */
const headOf = (name: string, size: number): string => `${Math.min(HEAD_OCTETS, size)} ${name}`;

const fileOf = (name: string, size: number, holds = { name, size }): NewFile => ({
  path: name, descriptor: -1, size, headOf: (wanted) => headOf(name, wanted),
  contentHeadOf: (wanted) => Promise.resolve(Math.min(HEAD_OCTETS, wanted) <= holds.size ? headOf(holds.name, wanted) : null),
  isReplaced: () => false, close: () => undefined,
});
const plain = (name: string, size: number, kind: Read['kind'] = 'file'): Read => ({ kind, format: 'pcap', size, head: headOf(name, size), content: null });
const packed = (name: string, size: number, holds: { readonly name: string; readonly size: number }): Read => ({
  kind: 'file', format: 'pcap+gzip', size, head: headOf(name, size), content: { size: holds.size, head: headOf(holds.name, holds.size), digest: '' },
});
const begun = (read: readonly Read[], file: NewFile): Promise<boolean> => {
  const beginnings = createBeginnings();
  for (const one of read) beginnings.add(one);
  return beginnings.mayBegin(file);
};

it.each([
  ['itself', [plain('a', 5000)], fileOf('a', 5000), true],
  ['its beginning', [plain('a', 5000)], fileOf('a', 9000), true],
  ['of two that begin alike the shorter one', [plain('a', 9000), plain('a', 5000)], fileOf('a', 6000), true],
  ['what it holds, unpacked', [plain('a', 5000)], fileOf('z', 900, { name: 'a', size: 5000 }), true],
  ['what holds the same, packed', [packed('z', 900, { name: 'a', size: 5000 })], fileOf('a', 5000), true],
  ['another', [plain('b', 5000), packed('z', 900, { name: 'b', size: 5000 })], fileOf('a', 5000), false],
  ['a small one that begins otherwise', [plain('b', 100)], fileOf('a', 5000), false],
  ['a pipe', [plain('a', 5000, 'stream')], fileOf('a', 5000), false],
])('%s', async (_, read, file, is) => {
  expect(await begun(read, file)).toBe(is);
});

it('is what looking at each says', () => fc.assert(fc.asyncProperty(
  fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), size: fc.constantFrom(10, 4095, HEAD_OCTETS, 5000, 9000) }), { maxLength: 6 }), fc.constantFrom('a', 'b', 'c'), fc.constantFrom(10, 4095, HEAD_OCTETS, 5000, 9000),
  async (read, name, size) => {
    const all = read.map((one) => plain(one.name, one.size));
    const one = await Promise.all(all.map((capture) => begun([capture], fileOf(name, size))));
    expect(await begun(all, fileOf(name, size))).toBe(one.includes(true));
  },
)));

it('no capture is looked at again, however many files come', async () => {
  let looked = 0;
  const beginnings = createBeginnings();
  for (let i = 0; i < 500; i++) {
    const one = plain(`ring ${i}`, 5000 + i);
    beginnings.add({ ...one, get head() {
      looked++;
      return one.head;
    } });
  }
  const before = looked;
  for (let i = 0; i < 500; i++) expect(await beginnings.mayBegin(fileOf(`next ${i}`, 5000))).toBe(false);
  expect(looked).toBe(before);
});
