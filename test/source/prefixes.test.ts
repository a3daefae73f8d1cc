import { expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import { concat, ngBlock, ngInterface, ngObsoletePacket, ngOption, ngPacket, ngSection, ngSimplePacket, payload, pcapHeader, pcapRecord, readBytes } from './capture-bytes.ts';

/** Every prefix of a sound capture: never an exception, never fewer frames than a shorter one, and an end of the right name. */

const NS = 0xa1b23c4d;
const pcap = (le: boolean, magic: number): Uint8Array =>
  concat(pcapHeader({ le, magic, snap: 96 }), ...[0, 60, 96, 1, 14].map((length, i) => pcapRecord({ le, data: payload(length, i), wire: 1514 })));
const pcapng = (le: boolean): Uint8Array =>
  concat(
    ngSection(le),
    ngInterface(le, 1, 0, [ngOption(2, payload(5), le), ngOption(9, new Uint8Array([9]), le)]),
    ngPacket({ le, data: payload(61) }),
    ngBlock(4, payload(20), le),
    ngSimplePacket(payload(33), 33, le),
    ngObsoletePacket({ le }),
    ngBlock(0xbad, payload(8), le),
    ngSection(!le),
    ngInterface(!le),
    ngPacket({ le: !le, data: payload(0), options: [ngOption(1, payload(3), !le)] }),
    ngPacket({ le: !le }),
  );

const captures: readonly (readonly [string, Uint8Array, number])[] = [
  ['pcap, little endian', pcap(true, 0xa1b2c3d4), 5],
  ['pcap, big endian, nanoseconds', pcap(false, NS), 5],
  ['pcap, two files joined', concat(pcap(true, 0xa1b2c3d4), pcap(false, NS)), 10],
  ['pcapng, little endian first', pcapng(true), 5],
  ['pcapng, big endian first', pcapng(false), 5],
  ['gzip', new Uint8Array(gzipSync(pcap(true, 0xa1b2c3d4))), 5],
  ['two gzip members', concat(new Uint8Array(gzipSync(pcapng(true).subarray(0, 100))), new Uint8Array(gzipSync(pcapng(true).subarray(100)))), 5],
];

for (const [name, bytes, frames] of captures) {
  it(`reads every prefix of ${name}`, async () => {
    let before = 0;
    let position = 0;
    for (let length = 1; length <= bytes.length; length++) {
      if (length === 1 && bytes[0] === 0x0a) continue; // A lone line end is a text.
      const read = await readBytes(bytes.slice(0, length));
      expect(['truncated', 'complete']).toContain(read.end.kind);
      expect(read.frames.length).toBeGreaterThanOrEqual(before);
      expect(read.counts.position).toBeGreaterThanOrEqual(position);
      before = read.frames.length;
      position = read.counts.position;
      if (length === bytes.length) expect(read.end.kind).toBe('complete');
    }
    expect(before).toBe(frames);
  });
}
