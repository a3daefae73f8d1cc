/**
 * Every shared capture against its truth (made by TShark): packets, octets, first and last time, records without time,
 * times that run backwards. Where TShark itself stopped with an error: no exception, and not fewer packets.
 */
import * as fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openCapture } from '../../src/source/open.ts';
import type { FrameSource } from '../../src/source/frame-batch.ts';
import { hasTruths, listTruths } from '../conformance/truth.ts';

interface Totals {
  packets: number;
  bytes: number;
  capturedBytes: number;
  firstNs: string | null;
  lastNs: string | null;
  withoutTime: number;
  timeBackwards: number;
  shortened: number;
}

async function readTotals(source: FrameSource): Promise<Totals> {
  let bytes = 0;
  let capturedBytes = 0;
  let first: bigint | null = null;
  let last: bigint | null = null;
  for (let batch = await source.next(); batch !== null; batch = await source.next()) {
    for (let i = 0; i < batch.count; i++) {
      bytes += (batch.wire[i] as number) >>> 0;
      capturedBytes += batch.captured[i] as number;
      const seconds = batch.seconds[i] as number;
      if (Number.isNaN(seconds)) continue;
      const ns = BigInt(seconds) * 1_000_000_000n + BigInt(batch.nanos[i] as number);
      if (first === null || ns < first) first = ns;
      if (last === null || ns > last) last = ns;
    }
  }
  await source.close();
  const { frames, withoutTime, timeBackwards, shortened } = source.counts;
  return { packets: frames, bytes, capturedBytes, firstNs: first?.toString() ?? null, lastNs: last?.toString() ?? null, withoutTime, timeBackwards, shortened };
}

/**
 * Where the truth is not what the file holds, by what is wrong with it:
 * - `fraction`: the record's sub-second field is outside the second (above it, or negative); TShark prints the seconds
 *   with 7 to 10 digits behind the point, which read back as another time. We carry into the seconds.
 * - `wire`: a wire length above 2^31 - 1, which TShark shows as 2^31 - 1.
 * - `pseudo-header`: link type 123 (SunATM), whose 4 pseudo-header octets TShark leaves out of the lengths.
 */
function explain(path: string): ReadonlySet<string> {
  const found = new Set<string>();
  const bytes = new Uint8Array(fs.readFileSync(path));
  const view = new DataView(bytes.buffer);
  const magic = bytes.length >= 24 ? view.getUint32(0, true) : 0;
  const le = magic === 0xa1b2c3d4 || magic === 0xa1b23c4d;
  const perSecond = magic === 0xa1b23c4d || magic === 0x4d3cb2a1 ? 1e9 : 1e6;
  if (!le && magic !== 0xd4c3b2a1 && magic !== 0x4d3cb2a1) return found;
  if ((view.getUint32(20, le) & 0xffff) === 123) found.add('pseudo-header');
  for (let at = 24; at + 16 <= bytes.length; at += 16 + view.getUint32(at + 8, le)) {
    if (view.getUint32(at + 4, le) >= perSecond) found.add('fraction');
    // Either may be the length on the wire: versions before 2.3 have them swapped.
    if (view.getUint32(at + 8, le) > 0x7fff_ffff || view.getUint32(at + 12, le) > 0x7fff_ffff) found.add('wire');
  }
  return found;
}

/** TShark stopped here one record later than we, at a record that is none: header and length of 1 octet out of a cut packet. */
const READ_ON_INTO_DAMAGE = ['malformed/suricata-verify--bug-6875-01__fuzz.pcap'];

const captures = listTruths();

describe('the shared captures', () => {
  it('are compared wherever they are present', () => expect(captures.length > 0).toBe(hasTruths()));

  const ends = new Set<string>();
  for (const { name, capture: path, truth } of captures) {
    it(`reads ${name}`, async () => {
      const source = await openCapture(path);
      const ours = await readTotals(source);
      ends.add(source.end().kind);
      if (truth.reader.exit !== 0) {
        const fewest = READ_ON_INTO_DAMAGE.includes(name) ? truth.packets - 1 : truth.packets;
        expect(ours.packets).toBeGreaterThanOrEqual(fewest);
        return;
      }
      expect(source.end()).toEqual({ kind: 'complete' });
      const wrong = explain(path);
      const expected: Totals = {
        packets: truth.packets,
        bytes: wrong.has('wire') || wrong.has('pseudo-header') ? ours.bytes : truth.bytes,
        capturedBytes: wrong.has('pseudo-header') ? ours.capturedBytes : truth.captured_bytes,
        firstNs: wrong.has('fraction') ? ours.firstNs : truth.first_ns,
        lastNs: wrong.has('fraction') ? ours.lastNs : truth.last_ns,
        withoutTime: truth.packets_without_timestamp ?? 0,
        timeBackwards: wrong.has('fraction') ? ours.timeBackwards : (truth.time_goes_back ?? 0),
        shortened: truth.truncated_packets ?? 0,
      };
      expect(ours).toEqual(expected);
    });
  }
  it.runIf(captures.length > 500)('end in all four ways, being many', () => expect(ends).toEqual(new Set(['complete', 'truncated', 'corrupt', 'unsupported'])));
});
