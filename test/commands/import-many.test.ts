/** A ring of thousands of files: the first are told one by one, the others counted; whatever went wrong is always told. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testFolder } from '../folder.ts';
import { runLine } from './command-line.ts';

const folder = testFolder();
const FILES = 30;
const DAMAGED = 27;

/** One ARP request of a second of its own (pcap: draft-ietf-opsawg-pcap, 24 octets of header and 16 a record). */
function capture(second: number): Buffer {
  const header = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');
  const record = Buffer.alloc(16);
  for (const [place, value] of [second, 0, 42, 42].entries()) record.writeUInt32LE(value, 4 * place);
  const frame = Buffer.from('ffffffffffff0080f4000001080600010800060400010080f40000010a0000010000000000000a000002', 'hex');
  return Buffer.concat([header, record, frame]);
}

const ring = join(folder, 'ring');
mkdirSync(ring);
for (let i = 0; i < FILES; i++) {
  const whole = capture(1_700_000_000 + i);
  writeFileSync(join(ring, `ring_${String(i).padStart(5, '0')}.pcap`), i === DAMAGED ? whole.subarray(0, -10) : whole);
}
const told = (text: string): string[] => text.split('\n').filter((line) => line.includes('ring_'));

test('the first twenty, the one that was damaged, and how many more', async () => {
  const args = ['import', ring, '--db', join(folder, 'table.db')];
  const first = await runLine(args);
  expect(first.code).toBe(3);
  expect(told(first.err)).toHaveLength(21);
  expect(told(first.err).at(-1)).toContain(`ring_000${DAMAGED}.pcap: 0 packets, then`);
  expect(first.err).toContain('and 9 more files with nothing else to say of them (--verbose lists all)\n30 captures: 29 imported, 1 damaged; 29 packets in all\n');
  expect(told((await runLine([...args, '--verbose'])).err)).toHaveLength(FILES);
});

test('JSON has a line a file', async () => {
  const { out, err } = await runLine(['import', ring, '--db', join(folder, 'json.db'), '--json']);
  expect(out.trimEnd().split('\n')).toHaveLength(FILES);
  expect(err).not.toContain('--verbose');
});
