/**
 * Forward_Open and Large_Forward_Open, which open a CIP connection (ODVA CIP volume 1 clause 3-5.5.2). In: a request to a class, its
 * data. Out: where the connection's path begins, and whether implicit I/O goes over it. Left out: rates, sizes and ids of the connection.
 */
const CONNECTION_MANAGER = 0x06;
/** Octets before the connection's path; the last one is its length in words, the one before it transport class and trigger. */
const BEFORE_PATH = new Map<number, number>([[0x54, 36], [0x5b, 40]]);

/** Transport class in the lower half of its octet (clause 3-4.4.3): 0 and 1 are I/O, 3 is explicit messages. */
const CLASS_MASK = 0x0f;
const LAST_IO_CLASS = 1;

/** Of EtherNet/IP's I/O: both ends send to it and from it (volume 2 clause 2-3.2). */
export const IMPLICIT_IO_PORT = 2222;

/** Octets of such a request's data before the path, 0 where it is another request. */
export const octetsBeforePath = (cls: number, service: number): number => (cls === CONNECTION_MANAGER ? (BEFORE_PATH.get(service) ?? 0) : 0);

export function opensImplicitIo(bytes: Uint8Array, data: number, end: number, cls: number, service: number): boolean {
  const before = octetsBeforePath(cls, service);
  return before > 0 && data + before <= end && (bytes[data + before - 2] & CLASS_MASK) <= LAST_IO_CLASS;
}
