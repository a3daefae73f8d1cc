/**
 * From the store's integers to the words of an Observation (schema.ts says what each stands for), and back where a
 * filter needs it. Instants are read as two integers, seconds and nanoseconds: both fit a number, their product does not.
 */
import type { Access, DirectionBy, RegisterRange, ServiceBy, Transport } from '../observation.ts';

/** Scanners beyond the limit are one (flow/conversations.ts), which stands in the store as if it were an address. */
export const MANY_SCANNERS = '(many)';

/** What the decoders say of an operation code; src/decode/app/registry.ts answers. */
export type DescribeOperation = (protocol: string, code: number) => { readonly name: string; readonly access: Access };

/** From where on operations that one function's number shares are told apart above its octet (decode/app/modbus-functions.ts, dnp3.ts). */
const PARTS_FROM: Readonly<Record<string, number>> = { modbus: 0x100, dnp3: 0x200 };

/** A function's number as its standard has it. */
export const functionNumber = (protocol: string, code: number): number => (Object.hasOwn(PARTS_FROM, protocol) && code >= PARTS_FROM[protocol] ? code & 0xff : code);

const ETHER_TYPE_BASE = 65_536;

/** IANA protocol numbers with a name of their own in this program. */
const TRANSPORT_NAMES: ReadonlyMap<number, Transport> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [58, 'icmpv6'],
  [132, 'sctp'],
]);

export function transportText(transport: number): Transport {
  if (transport >= ETHER_TYPE_BASE) return `eth-0x${(transport - ETHER_TYPE_BASE).toString(16).padStart(4, '0')}`;
  return TRANSPORT_NAMES.get(transport) ?? `ip-${transport}`;
}

/** Weakest first, as the store numbers them; confidence is that of what each rests on (docs/architecture.md, the row of flow). */
const DIRECTIONS: readonly { readonly by: DirectionBy; readonly confidence: number }[] = [
  { by: 'first-packet', confidence: 0.5 },
  { by: 'port', confidence: 0.8 },
  { by: 'known-server', confidence: 0.9 },
  { by: 'handshake', confidence: 0.98 },
  { by: 'protocol', confidence: 0.99 },
];
const UNKNOWN_DIRECTION = DIRECTIONS[0];

export const direction = (code: number): { readonly by: DirectionBy; readonly confidence: number } =>
  DIRECTIONS[code] ?? UNKNOWN_DIRECTION;

const SERVICE_BY: readonly ServiceBy[] = ['none', 'port', 'probe'];

export const serviceBy = (code: number): ServiceBy => SERVICE_BY[code] ?? 'none';

const LAST_REGISTER = 65_535;

/** Stores of the first versions hold ranges beyond the last address, of requests that were refused: they are read as ending there. */
export const registerRange = (access: number, first: number, last: number, requests: number): RegisterRange =>
  ({ access: access === 0 ? 'read' : 'write', first, last: Math.min(last, LAST_REGISTER), requests });

const NS_PER_SECOND = 1_000_000_000n;

/** Select list of an instant: `instant('first')` reads column first_ns into two integers. */
export const instantColumns = (name: string, table = ''): string => {
  const column = `${table === '' ? '' : `${table}.`}${name}_ns`;
  return `${column} / 1000000000, ${column} % 1000000000`;
};

export const instant = (seconds: number | null, nanos: number | null): bigint | null =>
  seconds === null || nanos === null ? null : BigInt(seconds) * NS_PER_SECOND + BigInt(nanos);

/** Nothing that was counted has no first time but frames without any timestamp: 1970 then. */
export const instantOrZero = (seconds: number | null, nanos: number | null): bigint => instant(seconds, nanos) ?? 0n;
