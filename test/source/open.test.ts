import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import { BaselineError } from '../../src/errors.ts';
import { openCapture } from '../../src/source/open.ts';
import { concat, ngInterface, ngPacket, ngSection, payload, pcapHeader, pcapRecord, readBytes, readPath, captureFolder, writeTestFile } from './capture-bytes.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const hex = (value: string): Uint8Array => concat(new Uint8Array(Buffer.from(value, 'hex')), new Uint8Array(64).fill(0x99));

async function errorOf(opening: Promise<unknown>): Promise<BaselineError> {
  const error: unknown = await opening.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(error instanceof BaselineError)) throw new Error(`no user error: ${String(error)}`);
  expect(error.exitCode).toBe(2);
  expect(error.message).not.toContain('\n');
  expect(error.remedy).not.toBe('');
  return error;
}

describe('what is no capture', () => {
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [new Uint8Array(0), 'is empty'],
    [text('hello\n'), 'text'],
    [text('\n'), 'text'],
    [text('Grüße'), 'text'],
    [text('  {"a": 1}'), 'JSON text'],
    [text('<!DOCTYPE html><html></html>'), 'an HTML page'],
    [text('<?xml version="1.0"?><a/>'), 'XML text'],
    [hex('7f454c4602010100'), 'an ELF program'],
    [hex('4d5a9000'), 'a Windows program'],
    [hex('504b0304'), 'a zip archive'],
    [hex('255044462d312e37'), 'a PDF document'],
    [hex('50415231'), 'a Parquet file'],
    [hex('53514c69746520666f726d6174203300'), 'an SQLite database'],
    [hex('736e6f6f7000000000000002'), 'a snoop capture'],
    [hex('474d4255'), 'a Microsoft Network Monitor capture'],
    [hex('6274736e6f6f7000'), 'a btsnoop capture'],
    [hex('00112233445566770204004000000030'), 'an ERF capture'],
    [hex('425a6839'), 'bzip2-compressed data'],
    [hex('fd377a585a00'), 'xz-compressed data'],
    [hex('04224d18'), 'lz4-compressed data'],
    [new Uint8Array(512), 'zero octets'],
    [hex('0a0d0d0a1c00000011111111'), 'unknown binary data (starting 0a 0d 0d 0a'],
    [hex('deadbeef'), 'unknown binary data (starting de ad be ef'],
    [new Uint8Array(gzipSync(text('hello\n'))), 'text inside gzip'],
    [new Uint8Array(gzipSync('')), 'is empty inside gzip'],
  ];
  for (const [bytes, looksLike] of cases) {
    it(`says: ${looksLike}`, async () => {
      const path = writeTestFile(bytes, 'capture.pcap');
      const error = await errorOf(openCapture(path));
      expect(error.message).toContain(looksLike);
      expect(error.message.startsWith(`${path}: `)).toBe(true);
    });
  }
  it('says what is wrong with a path', async () => {
    expect((await errorOf(openCapture(join(captureFolder(), 'absent.pcap')))).message).toMatch(/no such file$/);
    expect((await errorOf(openCapture(captureFolder()))).message).toMatch(/is a folder/);
    expect((await errorOf(openCapture('/dev/null'))).message).toMatch(/is empty/);
    expect((await errorOf(openCapture('/dev/zero'))).message).toMatch(/zero octets/);
  });
});

describe('openCapture', () => {
  const records = Array.from({ length: 20_000 }, (_, i) => pcapRecord({ sec: 1_700_000_000 + i, data: payload(50 + (i % 100), i) }));
  const pcap = concat(pcapHeader(), ...records);
  const packets = Array.from({ length: 20_000 }, (_, i) => ngPacket({ id: Number(i % 3000 === 0), units: BigInt(i), data: payload(i % 90, i) }));
  const pcapng = concat(ngSection(), ngInterface(), ngInterface(true, 113), ...packets);

  for (const [name, bytes] of [['pcap', pcap], ['pcapng', pcapng]] as const) {
    it(`walks past the first frames of ${name}`, async () => {
      const all = await readBytes(bytes);
      for (const skipFrames of [0, 1, 8191, 8192, 12_345, 19_999, 20_000, 30_000]) {
        const read = await readBytes(bytes, { skipFrames });
        expect(read.frames.length).toBe(Math.max(0, 20_000 - skipFrames));
        expect(read.frames[0]).toEqual(all.frames[skipFrames]);
        expect(read.counts.frames).toBe(read.frames.length);
        expect(read.counts.position).toBe(bytes.length);
      }
    });
  }
  it('gives batches of one link type each, in one block', async () => {
    const source = await openCapture(writeTestFile(pcapng));
    const blocks = new Set<ArrayBufferLike>();
    let batches = 0;
    for (let batch = await source.next(); batch !== null; batch = await source.next()) {
      blocks.add(batch.bytes.buffer);
      expect(Object.getPrototypeOf(batch.bytes)).toBe(Uint8Array.prototype);
      batches++;
    }
    await source.close();
    expect(blocks.size).toBe(1);
    expect(batches).toBeGreaterThan(14);
  });
  it('lets a file that has grown be continued behind the last whole record', async () => {
    const path = writeTestFile(pcap.subarray(0, 500_001), 'growing');
    const first = await readPath(path);
    expect(first.end.kind).toBe('truncated');
    fs.appendFileSync(path, pcap.subarray(500_001));
    const rest = await readPath(path, { skipFrames: first.frames.length });
    expect(first.end).toMatchObject({ offset: first.counts.position });
    expect([...first.frames, ...rest.frames].map((frame) => frame.seconds)).toEqual((await readBytes(pcap)).frames.map((frame) => frame.seconds));
  });
  it('reads a FIFO whose writer is slow, and one whose writer stops in the middle', async () => {
    const path = join(captureFolder(), 'fifo');
    execFileSync('mkfifo', [path]);
    const file = writeTestFile(pcap, 'fifo-content');
    const slow = spawn('sh', ['-c', '(head -c 10 "$0"; sleep 0.1; tail -c +11 "$0") > "$1"', file, path]);
    const read = await readPath(path);
    expect(read.frames).toHaveLength(20_000);
    expect(read.end).toEqual({ kind: 'complete' });
    slow.kill();
    spawn('sh', ['-c', 'head -c 100000 "$0" > "$1"', file, path]);
    const cut = await readPath(path);
    expect(cut.end.kind).toBe('truncated');
    expect(cut.counts.fileBytesRead).toBe(100_000);
  });
  it('lets the program exit while it waits for the writer of a FIFO', async () => {
    const path = join(captureFolder(), 'silent-fifo');
    execFileSync('mkfifo', [path]);
    const script = `
      import { openCapture } from '${process.cwd()}/src/source/open.ts';
      process.on('SIGINT', () => process.exit(130));
      openCapture(process.argv[2]).catch(() => process.exit(1));
      setTimeout(() => console.log('waiting'), 50);`;
    const child = spawn(process.execPath, ['--import', 'tsx', writeTestFile(text(script), 'waiting.mts'), path]);
    child.stdout.once('data', () => child.kill('SIGINT'));
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(130);
  });
  it('reads standard input: a pipe, a file from its start, an empty one', () => {
    const script = `
      import { openCapture } from './src/source/open.ts';
      async function main() {
        try {
          const source = await openCapture('-');
          let frames = 0;
          for (let batch = await source.next(); batch !== null; batch = await source.next()) frames += batch.count;
          await source.close();
          console.log(source.format, frames, source.end().kind);
        } catch (error) { console.log(error.message); }
      }
      main();`;
    const scriptPath = writeTestFile(text(script.replace("'./src/", `'${process.cwd()}/src/`)), 'stdin.mts');
    const path = writeTestFile(new Uint8Array(gzipSync(pcap)), 'stdin.gz');
    const run = (shell: string): string => execFileSync('sh', ['-c', shell, process.execPath, scriptPath, path], { encoding: 'utf8' }).trim();
    expect(run('cat "$2" | "$0" --import tsx "$1"')).toBe('pcap+gzip 20000 complete');
    expect(run('"$0" --import tsx "$1" < "$2"')).toBe('pcap+gzip 20000 complete');
    expect(run('"$0" --import tsx "$1" < /dev/null')).toBe('standard input: is empty');
  });
  it('lets signals through while it reads', async () => {
    const path = writeTestFile(concat(pcapHeader(), ...Array.from({ length: 700 }, () => pcapRecord({ data: payload(100_000) }))), 'large');
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await readPath(path);
    clearInterval(timer);
    fs.rmSync(path);
    expect(turns).toBeGreaterThan(1);
  });
});
