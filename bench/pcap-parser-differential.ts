/**
 * Reads classic pcap files with npm's `pcap-parser` and with our own reader and compares every frame: time, lengths, bytes.
 * In: files and folders as arguments. Out: a line per file, totals, exit code 1 on any difference. Files that pcap-parser
 * cannot read (pcapng, nanoseconds, compressed) are listed, and so are those that it ends early without saying so.
 */
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { openCapture } from '../src/source/open.ts';

interface PeerPacket {
  readonly header: { readonly timestampSeconds: number; readonly timestampMicroseconds: number; readonly capturedLength: number; readonly originalLength: number };
  readonly data: Uint8Array;
}

interface PeerParser {
  on(event: 'packet', listener: (packet: PeerPacket) => void): void;
  on(event: 'end', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
}

/** Frames read and a digest over all of them. */
interface Reading {
  readonly frames: number;
  readonly digest: string;
  readonly end: string;
}

const peer = createRequire(import.meta.url)('pcap-parser') as { parse(stream: NodeJS.ReadableStream): PeerParser };

const MICROS_PER_SECOND = 1_000_000;

/**
 * Some files hold a million microseconds and more, or less than none: we read the field as signed, as tshark does, and carry
 * over to the seconds; pcap-parser hands it out as it is.
 */
function line(seconds: number, micros: number, captured: number, wire: number): string {
  const carry = Math.floor((micros | 0) / MICROS_PER_SECOND);
  return `${seconds + carry}.${(micros | 0) - carry * MICROS_PER_SECOND} ${captured}/${wire}\n`;
}

function readWithPeer(path: string): Promise<Reading> {
  const hash = createHash('sha256');
  let frames = 0;
  return new Promise((resolve) => {
    const done = (end: string): void => resolve({ frames, digest: hash.copy().digest('hex'), end });
    const parser = peer.parse(createReadStream(path));
    parser.on('packet', ({ header, data }) => {
      frames++;
      hash.update(line(header.timestampSeconds, header.timestampMicroseconds, header.capturedLength, header.originalLength)).update(data);
    });
    parser.on('error', (error) => done(`error: ${error.message}`));
    parser.on('end', () => done('complete'));
  });
}

async function readWithOurs(path: string): Promise<Reading> {
  const hash = createHash('sha256');
  const source = await openCapture(path);
  let frames = 0;
  for (let batch = await source.next(); batch !== null; batch = await source.next()) {
    for (let i = 0; i < batch.count; i++) {
      const [from, captured] = [batch.offset[i], batch.captured[i]];
      frames++;
      hash.update(line(batch.seconds[i], Math.floor(batch.nanos[i] / 1000), captured, batch.wire[i] >>> 0)).update(batch.bytes.subarray(from, from + captured));
    }
  }
  const end = source.end();
  await source.close();
  return { frames, digest: hash.digest('hex'), end: end.kind };
}

const filesIn = (path: string): readonly string[] =>
  statSync(path).isDirectory() ? readdirSync(path).toSorted().flatMap((name) => filesIn(join(path, name))) : [path];

async function compare(path: string): Promise<'equal' | 'different' | 'unread'> {
  const theirs = await readWithPeer(path);
  if (theirs.end.startsWith('error')) {
    console.log(`unread     ${path}: pcap-parser says ${theirs.end}`);
    return 'unread';
  }
  const ours = await readWithOurs(path);
  if (ours.end !== 'complete' && theirs.end === 'complete') {
    console.log(`unread     ${path}: ${ours.end} (we read ${ours.frames} frames), pcap-parser read ${theirs.frames} and called it complete`);
    return 'unread';
  }
  const isEqual = ours.frames === theirs.frames && ours.digest === theirs.digest;
  console.log(`${isEqual ? 'equal     ' : 'DIFFERENT '} ${path}: ${ours.frames} frames${isEqual ? '' : `, pcap-parser ${theirs.frames}`}`);
  return isEqual ? 'equal' : 'different';
}

const counts = { equal: 0, different: 0, unread: 0 };
for (const path of process.argv.slice(2).flatMap(filesIn)) {
  if (!/\.(pcap|cap|dmp)$/.test(path)) continue;
  counts[await compare(path)]++;
}
console.log(`${counts.equal} equal, ${counts.different} different, ${counts.unread} not readable by pcap-parser`);
if (counts.different > 0 || counts.equal === 0) process.exitCode = 1;
