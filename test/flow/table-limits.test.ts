/** What grows with what is heard has a limit, and what is beyond one is counted or asks to be written. */
import { expect, test } from 'vitest';
import { concatBytes, ETHERTYPE, ethernet, udpPacket } from '../../samples/gen/frames.ts';
import { createRecorder, recordBatch, type Recorder } from '../../src/flow/recorder.ts';
import { BATCH_FRAMES } from '../../src/source/frame-batch.ts';
import { batchOf, type Frame } from '../fuzz/frames.ts';

const MOST_SENDERS = 65_536;
const HOUR_SECONDS = 3600;

const datagram = (host: number, vlan: number | null): Uint8Array =>
  ethernet(`02:00:00:${[host >> 16, (host >> 8) & 255, host & 255].map((octet) => octet.toString(16).padStart(2, '0')).join(':')}`, '02:ff:00:00:00:01', ETHERTYPE.ipv4,
    udpPacket({ from: `10.${host >> 16}.${(host >> 8) & 255}.${host & 255}`, to: '192.0.2.1', id: host & 0xffff, ttl: 64 }, 40_000, 40_001, concatBytes(Uint8Array.of(host & 255))),
    vlan === null ? [] : [{ etherType: ETHERTYPE.vlan, id: vlan }]);

/** @returns how many frames there were when a table was full first, or null */
function fill(recorder: Recorder, frames: number, frameOf: (index: number) => Pick<Frame, 'bytes' | 'seconds'>): number | null {
  for (let first = 0; first < frames; first += BATCH_FRAMES) {
    const count = Math.min(BATCH_FRAMES, frames - first);
    const batch = batchOf(Array.from({ length: count }, (_, i): Frame => {
      const { bytes, seconds } = frameOf(first + i);
      return { linkType: 1, nanos: 0, wire: bytes.length, bytes, seconds };
    }));
    if (recordBatch(recorder, batch)) return first + count;
  }
  return null;
}

test('a capture with an hour of its own for every frame asks to be written', () => {
  const bytes = datagram(1, null);
  const full = fill(createRecorder(null), MOST_SENDERS + 2 * BATCH_FRAMES, (index) => ({ bytes, seconds: index * HOUR_SECONDS }));
  expect(full).toBeGreaterThan(MOST_SENDERS);
  expect(full).toBeLessThanOrEqual(MOST_SENDERS + BATCH_FRAMES);
});

test('a flood of senders in a VLAN is followed to a limit, and counted beyond it', () => {
  const recorder = createRecorder(null);
  expect(fill(recorder, MOST_SENDERS + 100, (index) => ({ bytes: datagram(index, 7), seconds: 0 }))).toBeNull();
  expect(recorder.state.tagged.count).toBe(MOST_SENDERS);
  expect(recorder.state.counters.get('limit.tagged-senders')).toBe(100);
});
