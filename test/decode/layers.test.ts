/** What stands before IP and behind it: the tag of a redundant ring (HSR, IEC 62439-3 clause 5.7), an authentication header. */
import { expect, test } from 'vitest';
import { concatBytes, ethernet, tcpPacket, TCP_FLAG, udpPacket, words } from '../../samples/gen/frames.ts';
import { createDecodedFrame, KIND } from '../../src/decode/decoded-frame.ts';
import { decodeFrame, LINK_TYPE } from '../../src/decode/stack.ts';
import { STOP_REASONS } from '../../src/decode/stop.ts';

const packet = tcpPacket({ from: '10.0.0.1', to: '10.0.0.2', ttl: 64, id: 1 }, { fromPort: 50_000, toPort: 502, sequence: 1, acknowledge: 1, flags: TCP_FLAG.ack }, Uint8Array.of(1, 2, 3));
const tagged = (tag: Uint8Array): Uint8Array => ethernet('02:00:00:00:00:01', '02:00:00:00:00:02', 0x892f, concatBytes(tag, packet));

test('a frame of an HSR ring is opened', () => {
  const bytes = tagged(words(0x1000 | (packet.length + 6), 7, 0x0800));
  const frame = createDecodedFrame();
  decodeFrame(frame, new DataView(bytes.buffer), LINK_TYPE.ethernet, 0, bytes.length, bytes.length);
  expect(frame).toMatchObject({ kind: KIND.ipv4, sourcePort: 50_000, destinationPort: 502, payloadWire: 3, stop: 0 });
});

test('a tag that is cut short names the frame', () => {
  const bytes = tagged(words(0x1000)).subarray(0, 18);
  const frame = createDecodedFrame();
  decodeFrame(frame, new DataView(bytes.buffer, 0, 18), LINK_TYPE.ethernet, 0, 18, 18);
  expect(frame).toMatchObject({ kind: KIND.link, etherType: 0x892f });
});

test('what an authentication header signs is in clear (RFC 4302 section 2): not read, but not called encrypted', () => {
  const bytes = ethernet('02:00:00:00:00:01', '02:00:00:00:00:02', 0x0800, packet);
  bytes[14 + 9] = 51;
  const frame = createDecodedFrame();
  decodeFrame(frame, new DataView(bytes.buffer), LINK_TYPE.ethernet, 0, bytes.length, bytes.length);
  expect(frame).toMatchObject({ kind: KIND.ipv4, transport: 51 });
  expect(STOP_REASONS[frame.stop]).toBe('ip.unknown-transport');
});

test('the first fragment of a datagram has the length of the whole (RFC 791 section 3.2), and is none cut short', () => {
  const decoded = (flags: number): ReturnType<typeof createDecodedFrame> => {
    const bytes = ethernet('02:00:00:00:00:01', '02:00:00:00:00:02', 0x0800, udpPacket({ from: '10.0.0.1', to: '10.0.0.2', ttl: 64, id: 1 }, 5000, 6000, new Uint8Array(64)));
    bytes[14 + 6] = flags;
    bytes[14 + 20 + 4] = 0x0b; // of 3,000 octets
    const frame = createDecodedFrame();
    decodeFrame(frame, new DataView(bytes.buffer), LINK_TYPE.ethernet, 0, bytes.length, bytes.length);
    return frame;
  };
  expect(decoded(0x20)).toMatchObject({ destinationPort: 6000, stop: 0, payload: -1 });
  expect(STOP_REASONS[decoded(0).stop]).toBe('udp.length');
});
