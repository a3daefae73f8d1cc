/**
 * Which waiting segment is read next. In: a TCP stream whose octets came out of order, and the time of its session's latest frame. Out:
 * the side whose first one it is (tcp-stream.ts reads it).
 *
 * An acknowledgement of octets that have not come says that they were sent and taken (RFC 9293 section 3.4): nobody sends them again, so
 * that they are on their way to the sensor or were lost on it. Which of the two, only time tells, and the only clock is the session's frames.
 */
import type { HalfStream, TcpStream } from './stream-record.ts';
import { instantUs, isEarly, type StreamEvents } from './tcp-stream.ts';

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

/**
 * The side whose first waiting segment is read next: it is in order and what it answers came, or else it waits in vain. Of both sides the
 * one whose segment came first, because the other's may answer it. @param isOver nothing comes any more
 */
export function nextToRead(stream: TcpStream, events: StreamEvents, isOver: boolean): HalfStream | null {
  const { lo, hi } = stream;
  return sooner(isReadable(stream, lo) ? lo : null, isReadable(stream, hi) ? hi : null) ?? sooner(isOver || isOverdue(lo, events) ? lo : null, isOver || isOverdue(hi, events) ? hi : null);
}

function isReadable(stream: TcpStream, half: HalfStream): boolean {
  const first = half.waiting?.[0];
  return first !== undefined && ((first.sequence - half.next) | 0) <= 0 && !isEarly(stream, half, first.acknowledged);
}

function isOverdue(half: HalfStream, { seconds, nanos }: StreamEvents): boolean {
  const first = half.waiting?.[0];
  if (first === undefined) return false;
  // One behind a hole says nothing of the hole. One that is in order acknowledges what it waits for.
  const since = ((first.sequence - half.next) | 0) > 0 ? first.acknowledgedUs : instantUs(first.seconds, first.nanos);
  return !Number.isNaN(since) && Math.abs((instantUs(seconds, nanos) - since) | 0) > LATE_US;
}

/** The one whose first waiting segment came before the other's. */
function sooner(lo: HalfStream | null, hi: HalfStream | null): HalfStream | null {
  const [a, b] = [lo?.waiting?.[0], hi?.waiting?.[0]];
  if (a === undefined || b === undefined) return a !== undefined ? lo : b !== undefined ? hi : null;
  return b.seconds < a.seconds || (b.seconds === a.seconds && b.nanos < a.nanos) ? hi : lo;
}
