/**
 * The octets of OPC UA discovery: Hello, OpenSecureChannel without security, GetEndpoints (OPC 10000-6 clauses 6.7 and 7.1,
 * OPC 10000-4 clauses 5.4.4 and 5.5.2). Every server must answer them to anybody; no session is made and nothing is read.
 * In: an endpoint URL, numbers from the answers. Out: whole messages, and what the answers say. Sends nothing.
 */
const NONE_POLICY = 'http://opcfoundation.org/UA/SecurityPolicy#None';
const BUFFER = 65_535;
const LIFETIME_MS = 60_000;
const SERVICE = { openChannel: 446, getEndpoints: 428 } as const;
/** Messages longer than this are no answer to a discovery. */
export const MOST_OCTETS = 1 << 20;

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
const NULL = u32(0xffffffff);
const text = (value: string): Buffer => Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)]);
/** Four-octet NodeId in namespace 0. */
const nodeId = (id: number): Buffer => Buffer.from([1, 0, id & 0xff, id >> 8]);
/** No authentication token, no time, handle 1, no diagnostics, no audit entry, 5 s, nothing more. */
const REQUEST_HEADER = Buffer.concat([Buffer.from([0, 0]), Buffer.alloc(8), u32(1), u32(0), NULL, u32(5000), Buffer.from([0, 0, 0])]);

const message = (type: string, body: Buffer): Buffer => Buffer.concat([Buffer.from(`${type}F`), u32(body.length + 8), body]);

export const hello = (url: string): Buffer => message('HEL', Buffer.concat([u32(0), u32(BUFFER), u32(BUFFER), u32(0), u32(0), text(url)]));

export const openChannel = (): Buffer =>
  message('OPN', Buffer.concat([u32(0), text(NONE_POLICY), NULL, NULL, u32(1), u32(1), nodeId(SERVICE.openChannel), REQUEST_HEADER, u32(0), u32(0), u32(1), NULL, u32(LIFETIME_MS)]));

export const getEndpoints = (channel: number, token: number, url: string): Buffer =>
  message('MSG', Buffer.concat([u32(channel), u32(token), u32(2), u32(2), nodeId(SERVICE.getEndpoints), REQUEST_HEADER, text(url), NULL, NULL]));

/** `ACK`, `OPN`, `MSG`, `ERR`; empty while the message is not whole; null for what is no OPC UA. */
export function messageType(bytes: Buffer): string | null {
  if (bytes.length < 8) return '';
  const type = bytes.toString('latin1', 0, 3);
  const size = bytes.readUInt32LE(4);
  if (!['ACK', 'OPN', 'MSG', 'ERR'].includes(type) || size < 8 || size > MOST_OCTETS) return null;
  return bytes.length < size ? '' : type;
}

/** Octets of the message at the head. */
export const messageSize = (bytes: Buffer): number => bytes.readUInt32LE(4);

/** Where the body of a response begins behind its header: time, handle, result, diagnostics, string table, additional header. */
function bodyOf(bytes: Buffer, at: number): { readonly result: number; readonly body: number } | null {
  // A four-octet or two-octet NodeId names the response.
  const header = at + (bytes[at] === 0 ? 2 : 4);
  if (header + 24 > bytes.length) return null;
  const result = bytes.readUInt32LE(header + 12);
  // Diagnostics without a mask, a null or empty string table, an additional header without a body: what discovery answers hold.
  const table = header + 17;
  const strings = bytes.readInt32LE(table);
  return strings > 0 ? null : { result, body: table + 4 + 3 };
}

/** Channel and token of an OpenSecureChannel response; null when it is none or refuses. */
export function readChannel(bytes: Buffer): { readonly channel: number; readonly token: number } | null {
  let at = 12;
  for (let i = 0; i < 3; i++) {
    if (at + 4 > bytes.length) return null;
    at += 4 + Math.max(0, bytes.readInt32LE(at));
  }
  const response = bodyOf(bytes, at + 8);
  if (response === null || response.result !== 0 || response.body + 12 > bytes.length) return null;
  return { channel: bytes.readUInt32LE(response.body + 4), token: bytes.readUInt32LE(response.body + 8) };
}

/** How many endpoints a GetEndpoints response lists; null when it is none or refuses. */
export function readEndpoints(bytes: Buffer): number | null {
  const response = bodyOf(bytes, 24);
  if (response === null || response.result !== 0 || response.body + 4 > bytes.length) return null;
  const count = bytes.readInt32LE(response.body);
  return count < 0 || count > 10_000 ? null : count;
}
