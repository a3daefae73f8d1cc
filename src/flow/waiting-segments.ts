/**
 * Which segments wait in vain. In: a TCP stream whose octets came out of order, and the time of its session's latest frame. Out: the
 * side whose first waiting segment is to be read although what it waits for has not come (tcp-stream.ts reads it).
 *
 * An acknowledgement of octets that have not come says that they were sent and taken (RFC 9293 section 3.4): nobody sends them again, so
 * that they are on their way to the sensor or were lost on it. Which of the two, only time tells, and the only clock is the session's frames.
 */
import type { HalfStream, TcpStream } from './stream-record.ts';
import { instantUs, type StreamEvents } from './tcp-stream.ts';

/**
 * What its receiver has and the sensor has not is waited for so long. Frames overtake each other in the queues of a mirror port, a tap or a
 * network card; a switch's buffer of 12 MB is empty after 96 ms at 1 Gbit/s.
 */
const LATE_US = 100_000;

/** The other end acknowledges up to here. */
export function noteAcknowledged(half: HalfStream, acknowledged: number, { seconds, nanos }: StreamEvents): void {
  for (const one of half.waiting ?? []) {
    if (((acknowledged - one.sequence) | 0) <= 0) break;
    if (Number.isNaN(one.acknowledgedUs)) one.acknowledgedUs = instantUs(seconds, nanos);
  }
}

/** The side on which something waits in vain; of both the one whose came first, because the other's may answer it. @param isOver nothing comes any more */
export function waitsInVain(stream: TcpStream, events: StreamEvents, isOver: boolean): HalfStream | null {
  const { lo, hi } = stream;
  const [isLo, isHi] = [isOver ? lo.waiting !== null : isOverdue(lo, events), isOver ? hi.waiting !== null : isOverdue(hi, events)];
  if (isLo && isHi) return isSooner(hi, lo) ? hi : lo;
  return isLo ? lo : isHi ? hi : null;
}

function isOverdue(half: HalfStream, { seconds, nanos }: StreamEvents): boolean {
  const first = half.waiting?.[0];
  if (first === undefined) return false;
  // One behind a hole says nothing of the hole. One that is in order acknowledges what it waits for.
  const since = ((first.sequence - half.next) | 0) > 0 ? first.acknowledgedUs : instantUs(first.seconds, first.nanos);
  return !Number.isNaN(since) && Math.abs((instantUs(seconds, nanos) - since) | 0) > LATE_US;
}

function isSooner({ waiting: mine }: HalfStream, { waiting: other }: HalfStream): boolean {
  const [a, b] = [mine?.[0], other?.[0]];
  return a !== undefined && b !== undefined && (a.seconds < b.seconds || (a.seconds === b.seconds && a.nanos < b.nanos));
}
