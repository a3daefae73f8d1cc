/**
 * OPC UA binary encoding (OPC 10000-6 clause 5.2) as far as a passive observer needs it: a bounded cursor over bytes,
 * with readers for what is kept (strings, node ids, status codes) and skippers for what is not (values, signatures).
 * Running out of bytes never throws: the cursor turns `ok` false, stays inside its bounds and yields zeroes and nulls.
 * Left out on purpose: values. A Variant is stepped over, never read.
 */

import { recallText, rememberText } from './text-memo.ts';

/** Longest text handed on, in characters. */
const TEXT_CHARACTERS = 256;
/** A UTF-8 character has at most 4 octets. */
const TEXT_OCTETS = TEXT_CHARACTERS * 4;
/** Variants may hold Variants, DiagnosticInfo may hold DiagnosticInfo; 5.1.9 asks for 100 levels, nobody sends 8. */
const NESTING = 8;

const utf8 = new TextDecoder('utf-8');

export interface Cursor {
  bytes: Uint8Array;
  view: DataView;
  at: number;
  end: number;
  ok: boolean;
}

export function openCursor(bytes: Uint8Array, view: DataView, at: number, end: number): Cursor {
  return { bytes, view, at, end, ok: true };
}

/** The same cursor on other octets: one is kept for all messages, so that none is made for each. */
export function moveCursor(c: Cursor, bytes: Uint8Array, view: DataView, at: number, end: number): Cursor {
  c.bytes = bytes;
  c.view = view;
  c.at = at;
  c.end = end;
  c.ok = true;
  return c;
}

export function skip(c: Cursor, octets: number): void {
  if (!c.ok || octets < 0 || octets > c.end - c.at) {
    c.ok = false;
    return;
  }
  c.at += octets;
}

export function readU8(c: Cursor): number {
  const at = c.at;
  skip(c, 1);
  return c.ok ? c.bytes[at] : 0;
}

function readU16(c: Cursor): number {
  const at = c.at;
  skip(c, 2);
  return c.ok ? c.view.getUint16(at, true) : 0;
}

export function readU32(c: Cursor): number {
  const at = c.at;
  skip(c, 4);
  return c.ok ? c.view.getUint32(at, true) : 0;
}

export function readI32(c: Cursor): number {
  const at = c.at;
  skip(c, 4);
  return c.ok ? c.view.getInt32(at, true) : 0;
}

/** Length of an array: -1 (null) is 0 (5.2.5). The caller's loop ends with `ok`, whatever the announced length. */
export function readCount(c: Cursor): number {
  return Math.max(0, readI32(c));
}

/** String or ByteString without a look at its content. */
export function skipText(c: Cursor): void {
  const octets = readI32(c);
  if (octets < -1) c.ok = false;
  else if (octets > 0) skip(c, octets);
}

/** String (5.2.2.4), at most 256 characters of it; null where it is null or does not fit. */
export function readText(c: Cursor): string | null {
  const octets = readI32(c);
  if (octets < -1) c.ok = false;
  if (octets === -1 || !c.ok) return null;
  const from = c.at;
  skip(c, octets);
  if (!c.ok) return null;
  return utf8.decode(c.bytes.subarray(from, from + Math.min(octets, TEXT_OCTETS))).slice(0, TEXT_CHARACTERS);
}

/** LocalizedText (5.2.2.14): only its text. */
export function readLocalizedText(c: Cursor): string | null {
  const mask = readU8(c);
  if ((mask & 0xfc) !== 0) c.ok = false;
  if ((mask & 1) !== 0) skipText(c);
  return (mask & 2) !== 0 ? readText(c) : null;
}

const NODE_ID = Object.freeze({ twoByte: 0, fourByte: 1, numeric: 2, text: 3, guid: 4, opaque: 5 } as const);
const EXPANDED_NAMESPACE_URI = 0x80;
const EXPANDED_SERVER_INDEX = 0x40;
const GUID_OCTETS = 16;

const hexOf = (bytes: Uint8Array, from: number, to: number): string => {
  let hex = '';
  for (let i = from; i < to; i++) hex += bytes[i].toString(16).padStart(2, '0');
  return hex;
};

/** Guid (5.2.2.6): three little-endian fields, then eight octets as they are. */
const guidText = (c: Cursor, at: number): string => {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  const head = `${hex(c.view.getUint32(at, true), 8)}-${hex(c.view.getUint16(at + 4, true), 4)}-${hex(c.view.getUint16(at + 6, true), 4)}`;
  return `${head}-${hexOf(c.bytes, at + 8, at + 10)}-${hexOf(c.bytes, at + 10, at + 16)}`;
};

const nodeText = (namespace: number, kind: string, id: string | number): string =>
  namespace === 0 ? `${kind}=${id}` : `ns=${namespace};${kind}=${id}`;

/** NodeId or ExpandedNodeId (5.2.2.9, 5.2.2.10) in the text form of 5.3.1.10: `i=2258`, `ns=2;i=1001`, `ns=3;s=Tag`. */
export function readNodeId(c: Cursor): string {
  const from = c.at;
  skipNodeId(c);
  if (!c.ok) return '';
  const known = recallText(c.bytes, from, c.at);
  if (known !== null) return known;
  c.at = from;
  const name = spellNodeId(c);
  rememberText(c.bytes, from, c.at, name);
  return name;
}

function spellNodeId(c: Cursor): string {
  const encoding = readU8(c);
  let name = '';
  switch (encoding & 0x3f) {
    case NODE_ID.twoByte:
      name = nodeText(0, 'i', readU8(c));
      break;
    case NODE_ID.fourByte: {
      const namespace = readU8(c);
      name = nodeText(namespace, 'i', readU16(c));
      break;
    }
    case NODE_ID.numeric: {
      const namespace = readU16(c);
      name = nodeText(namespace, 'i', readU32(c));
      break;
    }
    case NODE_ID.text: {
      const namespace = readU16(c);
      name = nodeText(namespace, 's', readText(c) ?? '');
      break;
    }
    case NODE_ID.guid: {
      const namespace = readU16(c);
      const at = c.at;
      skip(c, GUID_OCTETS);
      if (c.ok) name = nodeText(namespace, 'g', guidText(c, at));
      break;
    }
    case NODE_ID.opaque: {
      const namespace = readU16(c);
      const octets = readI32(c);
      const at = c.at;
      if (octets < -1) c.ok = false;
      else if (octets > 0) skip(c, octets);
      if (c.ok) name = nodeText(namespace, 'b', `0x${hexOf(c.bytes, at, Math.min(c.at, at + 32))}`);
      break;
    }
    default:
      c.ok = false;
  }
  skipExpansion(c, encoding);
  return name;
}

const skipExpansion = (c: Cursor, encoding: number): void => {
  if ((encoding & EXPANDED_NAMESPACE_URI) !== 0) skipText(c);
  if ((encoding & EXPANDED_SERVER_INDEX) !== 0) skip(c, 4);
};

export function skipNodeId(c: Cursor): void {
  const encoding = readU8(c);
  switch (encoding & 0x3f) {
    case NODE_ID.twoByte:
      skip(c, 1);
      break;
    case NODE_ID.fourByte:
      skip(c, 3);
      break;
    case NODE_ID.numeric:
      skip(c, 6);
      break;
    case NODE_ID.text:
    case NODE_ID.opaque:
      skip(c, 2);
      skipText(c);
      break;
    case NODE_ID.guid:
      skip(c, 2 + GUID_OCTETS);
      break;
    default:
      c.ok = false;
  }
  skipExpansion(c, encoding);
}

/** Numeric id in namespace 0 (type ids of the standard's own structures), or -1 for any other node id. */
export function readStandardId(c: Cursor): number {
  // As nearly all are, in one step.
  if (c.ok && c.end - c.at >= 4 && c.bytes[c.at] === NODE_ID.fourByte && c.bytes[c.at + 1] === 0) {
    c.at += 4;
    return c.view.getUint16(c.at - 2, true);
  }
  const encoding = readU8(c);
  if (encoding === NODE_ID.twoByte) return readU8(c);
  if (encoding === NODE_ID.fourByte) {
    const namespace = readU8(c);
    const id = readU16(c);
    return namespace === 0 ? id : -1;
  }
  if (encoding === NODE_ID.numeric) {
    const namespace = readU16(c);
    const id = readU32(c);
    return namespace === 0 ? id : -1;
  }
  c.at -= c.ok ? 1 : 0;
  skipNodeId(c);
  return -1;
}

export function skipQualifiedName(c: Cursor): void {
  skip(c, 2);
  skipText(c);
}

/** ExtensionObject (5.2.2.15): type id, encoding (none, binary, XML), body with its length. Returns the type id. */
export function skipExtensionObject(c: Cursor): number {
  const type = readStandardId(c);
  const encoding = readU8(c);
  if (encoding > 2) c.ok = false;
  else if (encoding !== 0) skipText(c);
  return type;
}

/** DiagnosticInfo (5.2.2.12); the inner one is always last, so depth is a loop. */
export function skipDiagnosticInfo(c: Cursor): void {
  for (let depth = 0; depth < NESTING; depth++) {
    const mask = readU8(c);
    if (!c.ok || (mask & 0x80) !== 0) {
      c.ok = false;
      return;
    }
    const indexes = (mask & 1) + ((mask >> 1) & 1) + ((mask >> 2) & 1) + ((mask >> 3) & 1);
    skip(c, indexes * 4);
    if ((mask & 0x10) !== 0) skipText(c);
    if ((mask & 0x20) !== 0) skip(c, 4);
    if ((mask & 0x40) === 0) return;
  }
  c.ok = false;
}

/** Octets of the built-in types of fixed size, by type id (5.1.2, Table 1); 0 = another form. */
const FIXED_OCTETS = [0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 0, 8, 16, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0];
const TYPE = Object.freeze({ text: 12, byteString: 15, xml: 16, nodeId: 17, expandedNodeId: 18, qualifiedName: 20, localizedText: 21, extensionObject: 22, dataValue: 23, variant: 24, diagnosticInfo: 25 } as const);

const skipBuiltIn = (c: Cursor, type: number, depth: number): void => {
  switch (type) {
    case TYPE.text:
    case TYPE.byteString:
    case TYPE.xml:
      return skipText(c);
    case TYPE.nodeId:
    case TYPE.expandedNodeId:
      return skipNodeId(c);
    case TYPE.qualifiedName:
      return skipQualifiedName(c);
    case TYPE.localizedText:
      readLocalizedText(c);
      return;
    case TYPE.extensionObject:
      skipExtensionObject(c);
      return;
    case TYPE.dataValue:
      return skipDataValue(c, depth + 1);
    case TYPE.variant:
      return skipVariant(c, depth + 1);
    case TYPE.diagnosticInfo:
      return skipDiagnosticInfo(c);
    default:
      c.ok = false;
  }
};

/** Variant (5.2.2.16): type, array and dimension flags, then the value(s). */
export function skipVariant(c: Cursor, depth = 0): void {
  const encoding = readU8(c);
  const type = encoding & 0x3f;
  if (depth > NESTING || type >= FIXED_OCTETS.length) c.ok = false;
  if (!c.ok || type === 0) return;
  const isArray = (encoding & 0x80) !== 0;
  const items = isArray ? readCount(c) : 1;
  const octets = FIXED_OCTETS[type];
  if (octets > 0) skip(c, items * octets);
  else for (let i = 0; i < items && c.ok; i++) skipBuiltIn(c, type, depth);
  if (isArray && (encoding & 0x40) !== 0) skip(c, readCount(c) * 4);
}

/** DataValue (5.2.2.17): each field only where its bit says so. */
export function skipDataValue(c: Cursor, depth = 0): void {
  const mask = readU8(c);
  if ((mask & 0xc0) !== 0 || depth > NESTING) c.ok = false;
  if (!c.ok) return;
  if ((mask & 0x01) !== 0) skipVariant(c, depth);
  if ((mask & 0x02) !== 0) skip(c, 4);
  if ((mask & 0x04) !== 0) skip(c, 8);
  if ((mask & 0x10) !== 0) skip(c, 2);
  if ((mask & 0x08) !== 0) skip(c, 8);
  if ((mask & 0x20) !== 0) skip(c, 2);
}
