/** When: the first and last instant of conversations and operations, and how long a handshake took, whatever order frames come in. */
import { describe, expect, test } from 'vitest';
import { dialogue, imported, type TimedFrame } from './imported.ts';

const BEGIN_NS = 1_767_261_600_000_000_000n;
const HOUR_US = 3_600_000_000;
const ASK = [0, 1, 0, 0, 0, 6, 1, 3, 0, 7, 0, 1];

/** Requests of a session that was joined midstream, at these microseconds. */
function requestsAt(instants: readonly number[], port = 502): TimedFrame[] {
  const { frames, ask } = dialogue(port, { handshake: false });
  for (const _ of instants) ask(ASK);
  return frames.map((frame, i) => ({ ...frame, us: instants[i] }));
}

const spanUs = ({ firstNs, lastNs }: { readonly firstNs: bigint; readonly lastNs: bigint }): number[] => [firstNs, lastNs].map((ns) => Number((ns - BEGIN_NS) / 1000n));

describe('first and last instant', () => {
  test.each<[string, readonly number[], readonly number[]]>([
    ['in order', [100_007, 5_000_001, 5_900_003], [100_007, 5_900_003]],
    ['one frame', [123_456], [123_456, 123_456]],
    ['one frame in the last hour', [100_007, 900_000, HOUR_US + 250_001], [100_007, HOUR_US + 250_001]],
    ['one frame an hour, two hours long', [100_007, HOUR_US + 5, 2 * HOUR_US + 1], [100_007, 2 * HOUR_US + 1]],
    ['out of order within a second', [5_500_000, 5_200_000, 5_900_000, 5_700_000], [5_200_000, 5_900_000]],
    ['out of order over seconds', [5_000_000, 3_999_999, 9_000_001, 2_000_002, 8_000_000], [2_000_002, 9_000_001]],
    ['back over the hour', [HOUR_US + 1_000, HOUR_US - 1_000, HOUR_US + 2_000], [HOUR_US - 1_000, HOUR_US + 2_000]],
  ])('%s', async (_order, instants, span) => {
    const [conversation] = (await imported(requestsAt(instants))).conversations;
    expect(spanUs(conversation)).toEqual(span);
    expect(conversation.operations.map(spanUs)).toEqual([span]);
    expect(conversation.packets.toServer).toBe(instants.length);
    expect(conversation.operations[0].requests).toBe(instants.length);
  });
});

test('a frame that is late behind another conversation is the last of its own', async () => {
  const { conversations } = await imported([...requestsAt([5_200_000]), ...requestsAt([5_900_000], 1502), ...requestsAt([5_200_000, 5_700_000]).slice(1)]);
  expect(conversations.map(spanUs)).toEqual([[5_200_000, 5_700_000], [5_900_000, 5_900_000]]);
  expect(conversations[0].operations.map(spanUs)).toEqual([[5_200_000, 5_700_000]]);
});

/** Half octaves of milliseconds, their hits and their sums, of times of at most half an hour. */
function histogram(gapsUs: readonly number[]): { count: number; meanMs: number }[] {
  const bins = new Map<number, number[]>();
  for (const us of gapsUs.filter((gap) => gap <= 1_800_000_000)) {
    const bin = us < 1000 ? -1 : Math.floor(2 * Math.log2(us / 1000));
    bins.set(bin, [...(bins.get(bin) ?? []), us]);
  }
  return [...bins].sort(([a], [b]) => a - b).map(([, all]) => ({ count: all.length, meanMs: all.reduce((sum, us) => sum + us, 0) / all.length / 1000 }));
}

describe('the rhythm is the times between one request and the next', () => {
  const repeated = (...gapsMs: readonly number[]): number[] => Array.from({ length: 40 }, (_, i) => gapsMs[i % gapsMs.length] * 1000);
  const series: readonly (readonly [string, readonly number[]])[] = [
    ['each second', repeated(1000)],
    ['in two turns', repeated(100, 900)],
    ['in three', repeated(3, 90, 2500)],
    ['in many', repeated(0.5, 1.25, 1.5, 6, 25, 250, 400, 3000)],
    ['with a pause of more than half an hour', [...repeated(1000), 1_802_000_000, ...repeated(1000)]],
    ['with one of half an hour', [...repeated(1000), 1_800_000_000, ...repeated(1000)]],
    ['once a quarter of an hour, whose sum is more than 32 bits hold', repeated(900_000)],
  ];
  test.each(series)('%s, of an operation', async (_turns, gaps) => {
    const { conversations: [{ operations }] } = await imported(requestsAt(gaps.reduce<number[]>((all, gap) => [...all, all[all.length - 1] + gap], [10_000])));
    expect(operations.map(({ rhythm }) => rhythm)).toEqual([histogram(gaps)]);
  });
  test.each(series)('%s, of a conversation whose protocol nobody reads', async (_turns, gaps) => {
    const { frames, ask } = dialogue(20_500);
    for (const _ of [0, ...gaps]) ask([0xfe, 0xfe, 0xfe, 0xfe]);
    let us = 40_000;
    const at = frames.map((frame, i) => (i < 3 ? frame : { ...frame, us: (us += i === 3 ? 0 : gaps[i - 4]) }));
    expect((await imported(at)).conversations.map(({ rhythm }) => rhythm)).toEqual([histogram(gaps)]);
  });
});

describe('an address is seen from the first frame to the last of all its conversations', () => {
  test.each<[string, readonly number[], readonly number[], readonly number[]]>([
    ['one after the other', [5_900_000], [6_100_000], [5_900_000, 6_100_000]],
    ['the later one first', [6_100_000], [5_900_000], [5_900_000, 6_100_000]],
    ['one within the other', [1_700_000, 9_100_000], [2_100_000, 8_900_000], [1_700_000, 9_100_000]],
    ['within a second', [3_000_001, 3_000_002], [3_000_000, 3_000_003], [3_000_000, 3_000_003]],
  ])('%s', async (_order, some, others, span) => {
    const { addresses } = await imported([...requestsAt(some), ...requestsAt(others, 1502)]);
    const client = addresses.find(({ address }) => address === '10.0.0.1');
    expect(client && spanUs(client)).toEqual(span);
    expect(client?.macs.map((mac) => spanUs(mac)[0])).toEqual([span[0]]);
  });
});

describe('the round trip of a handshake', () => {
  /** SYN, SYN-ACK and ACK at 10, 20 and 30 ms, then what is said. */
  const handshake = (clientPort = 50_000): TimedFrame[] => {
    const { frames, ask } = dialogue(502, { clientPort });
    ask(ASK);
    return frames;
  };
  const at = (frame: TimedFrame, us: number): TimedFrame => ({ ...frame, us });
  const [syn, answer, ...rest] = handshake();
  const far = handshake(50_001).map((frame, i) => at(frame, frame.us + (i === 0 ? 1_000_000 : 1_090_000)));
  test.each<[string, readonly TimedFrame[], number | null]>([
    ['from the SYN to the SYN-ACK', handshake(), 10],
    ['to the microsecond', [at(syn, 10_000), at(answer, 10_321), ...rest], 0.321],
    ['of a SYN that is sent again, from the last one', [syn, at(syn, 1_010_000), at(answer, 1_012_000), ...rest.map((one) => at(one, one.us + 1_000_000))], 2],
    ['of a SYN-ACK that is sent again, to the first one', [syn, answer, at(answer, 1_020_000), ...rest.map((one) => at(one, one.us + 1_010_000))], 10],
    ['the smallest of several, whichever came first', [...handshake(), ...far], 10],
    ['and the other way round', [...far, ...handshake().map((one) => at(one, one.us + 3_000_000))], 10],
    ['without a SYN, none', [answer, ...rest], null],
    ['without an answer, none', [syn], null],
    ['joined midstream, none', rest, null],
    ['an answer that came before what it answers, none', [answer, at(syn, 21_000), ...rest], null],
  ])('%s', async (_what, frames, rttMs) => {
    const { conversations } = await imported(frames);
    expect(conversations.map((one) => one.rttMs)).toEqual([rttMs]);
  });
});
