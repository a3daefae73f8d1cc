/**
 * gzip (RFC 1952) over a byte source. In: compressed octets; out: the octets inside, member after member. A member
 * that is cut or whose CRC or size is wrong is a fault with a name, and what was decoded before it is kept. The member
 * frame is read here and only the deflate stream given to zlib: node's own gunzip says neither where a member was cut
 * nor gives what it had decoded by then. zlib is asked for more only when the last piece is consumed.
 */
import { constants, crc32, createInflateRaw } from 'node:zlib';
import type { InflateRaw } from 'node:zlib';
import { copyOctets, type ByteSource } from './byte-source.ts';
import { compressedInput } from './compressed-input.ts';

/** 16 KiB, node's default, costs twice the time. */
const OUTPUT_CHUNK_BYTES = 256 * 1024;
/** Small, because an error in a write loses what that write had decoded. */
const INPUT_CHUNK_BYTES = 16 * 1024;
const MAX_HEADER_BYTES = 1 << 17;
const TRAILER_BYTES = 8;

const FLAG = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;

export function gunzip(source: ByteSource): ByteSource {
  const input = compressedInput(source);
  const { bytes: block, view } = input;
  let members = 0;
  let inflate: InflateRaw | null = null;
  /** Octets of the present write that zlib was given, and `bytesWritten` before it. */
  let given = 0;
  let writtenBefore = 0;
  let isWriting = false;
  let isEnding = false;
  let isMemberEnd = false;
  let zlibError: string | null = null;
  let piece: Uint8Array = new Uint8Array(0);
  let memberBytes = 0;
  let memberCrc = 0;
  let wake = (): void => undefined;

  /** Length of the member header that comes next; 0 where it is cut or wrong (then stopped). */
  async function headerBytes(): Promise<number> {
    const cut = (): number => {
      input.stop('truncated', 'the gzip data end inside a header');
      return 0;
    };
    if (!(await input.fill(10))) return cut();
    const flags = block[input.from + 3];
    if (block[input.from] !== 0x1f || block[input.from + 1] !== 0x8b || block[input.from + 2] !== 8 || (flags & FLAG.reserved) !== 0) {
      input.stop('corrupt', members === 0 ? 'a gzip header that is not right' : 'octets behind the gzip data that are not gzip');
      return 0;
    }
    let bytes = 10;
    if ((flags & FLAG.extra) !== 0) {
      if (!(await input.fill(bytes + 2))) return cut();
      bytes += 2 + view.getUint16(input.from + bytes, true);
    }
    for (const flag of [FLAG.name, FLAG.comment]) {
      if ((flags & flag) === 0) continue;
      for (;;) {
        if (!(await input.fill(bytes + 1))) return cut();
        if (bytes > MAX_HEADER_BYTES) {
          input.stop('corrupt', 'a gzip header without end');
          return 0;
        }
        if (block[input.from + bytes++] === 0) break;
      }
    }
    if ((flags & FLAG.headerCrc) !== 0) bytes += 2;
    return (await input.fill(bytes)) ? bytes : cut();
  }

  /** Zeros behind a member are padding (as tapes and gzip itself have it). */
  async function skipPadding(): Promise<void> {
    while (await input.fill(1)) {
      while (input.from < input.to && block[input.from] === 0) input.from++;
      if (input.from < input.to) return;
    }
  }

  async function openMember(): Promise<void> {
    if (members > 0) {
      await skipPadding();
      if (input.from === input.to) {
        input.finish();
        return;
      }
    }
    const header = await headerBytes();
    if (header === 0) return;
    input.from += header;
    members++;
    memberBytes = 0;
    memberCrc = 0;
    isMemberEnd = false;
    writtenBefore = 0;
    given = 0;
    isEnding = false;
    inflate = createInflateRaw({ chunkSize: OUTPUT_CHUNK_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
    inflate.on('readable', () => wake());
    inflate.on('end', () => {
      isMemberEnd = true;
      wake();
    });
    inflate.on('error', (error) => {
      zlibError = error.message;
      wake();
    });
  }

  async function closeMember(stream: InflateRaw): Promise<void> {
    input.from -= given - (stream.bytesWritten - writtenBefore);
    stream.destroy();
    inflate = null;
    isWriting = false;
    if (!(await input.fill(TRAILER_BYTES))) {
      input.stop('truncated', 'the gzip data end inside a trailer');
      return;
    }
    const { from } = input;
    input.from += TRAILER_BYTES;
    if (view.getUint32(from, true) !== memberCrc) input.stop('corrupt', 'the CRC of the gzip data is wrong');
    else if (view.getUint32(from + 4, true) !== memberBytes % 2 ** 32) input.stop('corrupt', 'the size in the gzip trailer is wrong');
  }

  /** Hands zlib the next input; false where there is none. */
  async function write(stream: InflateRaw): Promise<boolean> {
    if (!(await input.fill(1))) return false;
    given = Math.min(input.to - input.from, INPUT_CHUNK_BYTES);
    writtenBefore = stream.bytesWritten;
    isWriting = true;
    // A copy: the input moves on while zlib still reads.
    stream.write(block.slice(input.from, input.from + given), () => {
      isWriting = false;
      wake();
    });
    input.from += given;
    return true;
  }

  /** The next piece of output into `piece`; nothing there means done. */
  async function nextPiece(): Promise<void> {
    while (!input.isDone) {
      if (inflate === null) {
        await openMember();
        continue;
      }
      const stream: InflateRaw = inflate;
      const chunk: unknown = stream.read();
      if (chunk instanceof Uint8Array) {
        piece = chunk;
        memberBytes += chunk.length;
        memberCrc = crc32(chunk, memberCrc);
        return;
      }
      if (zlibError !== null) {
        stream.destroy();
        input.stop('corrupt', `the gzip data are damaged (${zlibError})`);
      } else if (isMemberEnd) {
        // A stream that ended by itself left the trailer over; one that ran out of input did not.
        if (stream.bytesWritten - writtenBefore === given) input.stop('truncated', 'the gzip data are cut short');
        else await closeMember(stream);
      } else if (isWriting || isEnding || stream.bytesWritten - writtenBefore < given) {
        await new Promise<void>((resolve) => (wake = resolve));
      } else if (!(await write(stream))) {
        isEnding = true;
        stream.end();
      }
    }
  }

  return {
    isStream: source.isStream,
    async read(into, at, length) {
      let got = 0;
      do {
        if (piece.length === 0) await nextPiece();
        const count = Math.min(piece.length, length - got);
        if (count === 0) break;
        copyOctets(piece.subarray(0, count), into, at + got);
        piece = piece.subarray(count);
        got += count;
        // How zlib's output falls into pieces depends on timing; where a block ends must not.
      } while (got < length && !source.isStream);
      return got;
    },
    fault: () => input.fault,
    fileBytesRead: () => source.fileBytesRead(),
    async close() {
      inflate?.destroy();
      await source.close();
    },
  };
}
