import * as fs from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import { execFileSync } from 'node:child_process';
import { expandPaths } from '../../src/source/ring-folder.ts';
import { concat, ngInterface, ngSection, pcapHeader, pcapRecord, captureFolder, writeTestFile } from './capture-bytes.ts';

const at = (sec: number, sub = 0): Uint8Array => concat(pcapHeader(), pcapRecord({ sec, sub }));

describe('expandPaths', () => {
  const folder = join(captureFolder(), 'ring');
  beforeAll(() => {
    fs.mkdirSync(join(folder, 'deep'), { recursive: true });
    fs.mkdirSync(join(folder, '.hidden-folder'));
    const files: Record<string, Uint8Array> = {
      'ring.pcap10': at(100),
      'ring.pcap9': at(100),
      'z-first.cap': at(50),
      'late.gz': new Uint8Array(gzipSync(at(100, 1))),
      'deep/deepest': at(99, 999_999),
      'no-packet.pcapng': concat(ngSection(), ngInterface()),
      'notes.txt': new TextEncoder().encode('ring started\n'),
      empty: new Uint8Array(0),
      '.hidden.pcap': at(1),
    };
    for (const [name, bytes] of Object.entries(files)) fs.writeFileSync(join(folder, name), bytes);
    fs.symlinkSync(folder, join(folder, 'loop'));
    fs.symlinkSync('nowhere', join(folder, 'dangling'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
  });

  it('lists a folder in capture order, and says what it passes over', async () => {
    const { files, skipped, rejected } = await expandPaths([folder]);
    expect(files.map((file) => basename(file.path))).toEqual(['z-first.cap', 'deepest', 'ring.pcap9', 'ring.pcap10', 'late.gz', 'no-packet.pcapng']);
    expect(files[0]?.size).toBe(100);
    expect(rejected).toEqual([]);
    expect(skipped.map((entry) => [basename(entry.path), entry.reason])).toEqual([
      ['.hidden-folder', 'hidden'],
      ['.hidden.pcap', 'hidden'],
      ['dangling', 'cannot be read: ENOENT'],
      ['empty', 'is empty'],
      ['loop', 'a link to a folder'],
      ['notes.txt', 'is not a capture: it looks like text'],
      ['pipe', 'not a regular file'],
    ]);
  });
  it('does not pass over what is named as a capture and is none: it is missing', async () => {
    const lost = join(captureFolder(), 'lost');
    fs.mkdirSync(lost);
    const files: Record<string, Uint8Array> = {
      'a.pcap': at(1),
      'b_00002_20260302.pcapng': new Uint8Array(5000),
      'c.pcap12': new TextEncoder().encode('snoop\0\0\0'),
      'd.cap.xz': Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0),
      'e.pcap': new Uint8Array(0),
      'f.capable': new Uint8Array(5000),
    };
    for (const [name, bytes] of Object.entries(files)) fs.writeFileSync(join(lost, name), bytes);
    const { files: found, skipped, rejected } = await expandPaths([lost]);
    expect(found.map(({ path }) => basename(path))).toEqual(['a.pcap']);
    expect(skipped.map(({ path }) => basename(path))).toEqual(['e.pcap', 'f.capable']);
    expect(rejected.map(({ path, error }) => [basename(path), error.exitCode])).toEqual([['b_00002_20260302.pcapng', 2], ['c.pcap12', 2], ['d.cap.xz', 2]]);
    expect(rejected.map(({ error }) => error.message)).toEqual([expect.stringContaining('lost in a power cut'), expect.stringContaining('a snoop capture'), expect.stringContaining('xz-compressed')]);
  });
  it('keeps the order of the command line, and takes named files as they are', async () => {
    const text = writeTestFile(new TextEncoder().encode('no capture'), 'named.txt');
    const { files } = await expandPaths([join(folder, 'ring.pcap9'), '-', text, folder]);
    expect(files.slice(0, 3)).toEqual([{ path: join(folder, 'ring.pcap9'), size: 100 }, { path: '-', size: 0 }, { path: text, size: 10 }]);
    expect(files).toHaveLength(9);
  });
  it('goes on after paths that yield nothing, each with its line', async () => {
    const bare = join(captureFolder(), 'bare');
    fs.mkdirSync(bare);
    const absent = join(captureFolder(), 'absent');
    const { files, rejected } = await expandPaths([absent, bare, join(folder, 'deep')]);
    expect(files).toHaveLength(1);
    expect(rejected.map(({ path, error }) => [path, error.message, error.exitCode])).toEqual([
      [absent, `${absent}: no such file or folder`, 2],
      [bare, `${bare}: no captures in this folder: it is empty`, 2],
    ]);
    fs.writeFileSync(join(bare, 'a.txt'), 'a');
    expect((await expandPaths([bare])).rejected[0]?.error.message).toMatch(/none of its 1 entries is a pcap or pcapng file/);
  });
  it('does not pass over a name that is no UTF-8: it may be a capture', async () => {
    const odd = join(captureFolder(), 'odd');
    fs.mkdirSync(odd);
    fs.writeFileSync(Buffer.concat([Buffer.from(`${odd}/St`), Buffer.from([0xf6]), Buffer.from('rung.pcap')]), at(1));
    fs.writeFileSync(join(odd, 'plain.pcap'), at(2));
    const { files, skipped, rejected } = await expandPaths([odd]);
    expect([files.map((file) => basename(file.path)), skipped]).toEqual([['plain.pcap'], []]);
    expect(rejected.map(({ error }) => [error.message, error.exitCode])).toEqual([[`${odd}/St\uFFFDrung.pcap: its name is not UTF-8`, 2]]);
    const given = `${odd}/St\uFFFDrung.pcap`;
    expect((await expandPaths([given])).rejected.map(({ error }) => error.message)).toEqual([`${given}: its name is not UTF-8`]);
    const inner = Buffer.concat([Buffer.from(`${odd}/Anlage `), Buffer.from([0xfc])]);
    fs.mkdirSync(inner);
    fs.writeFileSync(Buffer.concat([inner, Buffer.from('/day.pcap')]), at(3));
    expect((await expandPaths([odd])).rejected.map(({ error }) => error.message)).toContain(`${odd}/Anlage \uFFFD: its name is not UTF-8`);
  });
});

it('a folder with more other files than a call takes arguments is read', () => {
  const folder = join(captureFolder(), 'many');
  fs.mkdirSync(folder);
  const MANY = 20_000;
  for (let i = 0; i < MANY; i++) fs.writeFileSync(join(folder, `.other-${i}`), '');
  fs.writeFileSync(join(folder, 'one.pcap'), at(1));
  // An eighth of the stack: eight times as many files would be needed with all of it.
  const script = `
    import { expandPaths } from ${JSON.stringify(import.meta.resolve('../../src/source/ring-folder.ts'))};
    let most = 'fits';
    try { [].push(...Array(${MANY}).fill(0)); } catch (error) { most = error.message; }
    const { files, skipped } = await expandPaths([${JSON.stringify(folder)}]);
    console.log(most, files.length, skipped.length);`;
  const ended = execFileSync(process.execPath, ['--stack-size=128', '--import', import.meta.resolve('tsx'), '--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(ended.trim()).toBe(`Maximum call stack size exceeded 1 ${MANY}`);
});
