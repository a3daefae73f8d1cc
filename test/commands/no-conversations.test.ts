/** A capture of which nothing could be read is no store to import into once more, and what holds nothing is no proof of anything. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';
import { runLine } from './command-line.ts';

const folder = testFolder();

/** LINKTYPE_ARCNET_BSD of the registry of link types. */
const ARCNET = 7;
const CISCO_HDLC = 104;

const captureOf = (name: string, linkType: number, frame: Buffer): string => {
  const file = join(folder, `${name}.pcap`);
  const head = Buffer.alloc(40);
  [0xa1b2c3d4, 0x00040002, 0, 0, 65_535, linkType, 1_772_366_400, 0, frame.length, frame.length].forEach((word, i) => head.writeUInt32LE(word, i * 4));
  writeFileSync(file, Buffer.concat([head, frame]));
  return file;
};

test.each([['propose-zones'], ['report']])('%s says that packets are there and none could be read', async (command) => {
  const file = captureOf(command, ARCNET, Buffer.from('04030201', 'hex'));
  const db = join(folder, `${command}.db`);
  expect((await runLine(['import', file, '--db', db])).code).toBe(EXIT.ok);
  const { code, err } = await runLine([command, '--db', db]);
  expect(code).toBe(EXIT.usage);
  expect(err).toContain('the store holds 1 packet and no conversation: none of them could be read so far\n  `baseline status` says where decoding stopped');
});

test('where no packet has addresses, status does not say that nothing is missing', async () => {
  const db = join(folder, 'routers.db');
  // IS-IS in Cisco HDLC (RFC 1547).
  expect((await runLine(['import', captureOf('routers', CISCO_HDLC, Buffer.from('0f00fefe03831b0100120100', 'hex')), '--db', db])).code).toBe(EXIT.ok);
  const { out } = await runLine(['status', '--db', db]);
  expect(out).toMatch(/^What is missing or doubtful:\n {2}- not one conversation was seen in 1 packet: /);
  expect((await runLine(['status', '--strict', '--db', db])).code).toBe(EXIT.incomplete);
});

const SPEC = join(SAMPLES, 'plant.yaml');

test.each([['verify'], ['simulate']])('%s of a store in which nothing was heard does not end as if all were well', async (command) => {
  const db = join(folder, `empty-${command}.db`);
  expect((await runLine(['import', join(SAMPLES, 'traps/empty.pcap'), '--db', db])).code).toBe(EXIT.ok);
  expect(await runLine([command, SPEC, '--db', db])).toMatchObject({ code: EXIT.usage, out: '', err: expect.stringContaining('the store holds no conversations yet\n  Import a capture first') });
});
