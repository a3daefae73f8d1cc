/** A capture of which nothing could be read is no store to import into once more, and what holds nothing is no proof of anything. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { runLine } from './command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'baseline-unread-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** LINKTYPE_ARCNET_BSD of the registry of link types. */
const ARCNET = 7;

test.each([['propose-zones'], ['report']])('%s says that packets are there and none could be read', async (command) => {
  const file = join(folder, `${command}.pcap`);
  const words = [0xa1b2c3d4, 0x00040002, 0, 0, 65_535, ARCNET, 1_772_366_400, 0, 4, 4, 0x01020304];
  const bytes = Buffer.alloc(words.length * 4);
  words.forEach((word, i) => bytes.writeUInt32LE(word, i * 4));
  writeFileSync(file, bytes);
  const db = join(folder, `${command}.db`);
  expect((await runLine(['import', file, '--db', db])).code).toBe(EXIT.ok);
  const { code, err } = await runLine([command, '--db', db]);
  expect(code).toBe(EXIT.usage);
  expect(err).toContain('the store holds 1 packet and no conversation: none of them could be read so far\n  `baseline status` says where decoding stopped');
});

const SPEC = join(import.meta.dirname, '../../samples/plant.yaml');

test.each([['verify'], ['simulate']])('%s of a store in which nothing was heard does not end as if all were well', async (command) => {
  const db = join(folder, `empty-${command}.db`);
  expect((await runLine(['import', join(import.meta.dirname, '../../samples/traps/empty.pcap'), '--db', db])).code).toBe(EXIT.ok);
  expect(await runLine([command, SPEC, '--db', db])).toMatchObject({ code: EXIT.usage, out: '', err: expect.stringContaining('the store holds no conversations yet\n  Import a capture first') });
});
