/**
 * OPC UA binary messages as bytes (OPC 10000-6 clauses 5.2 and 6.7): HEL, ACK, OPN, MSG, CLO with the services that the
 * sample plant uses. Policy None carries readable bodies; with Basic256Sha256 the bodies are opaque bytes of the right size.
 */
import { ascii, concatBytes } from './frames.ts';
import type { Random } from './random.ts';

export const OPCUA_PORT = 4840;

/** Encoding ids of the service messages, DefaultBinary (OPC 10000-6 annex A, NodeIds). */
const SERVICE = {
  fault: 397, getEndpoints: [428, 431], openChannel: [446, 449], closeChannel: 452, createSession: [461, 464], activateSession: [467, 470],
  closeSession: [473, 476], browse: [527, 530], read: [631, 634], write: [673, 676], createMonitoredItems: [751, 754],
  createSubscription: [787, 790], publish: [826, 829],
} as const;

const POLICY_PREFIX = 'http://opcfoundation.org/UA/SecurityPolicy#';
const POLICY = { none: `${POLICY_PREFIX}None`, basic256Sha256: `${POLICY_PREFIX}Basic256Sha256` } as const;
const MODE = { none: 1, signAndEncrypt: 3 } as const;

const u8 = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const u16 = (value: number): Uint8Array => u8(value & 0xff, (value >>> 8) & 0xff);
const u32 = (value: number): Uint8Array => u8(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff);
const u64 = (value: bigint): Uint8Array => concatBytes(u32(Number(value & 0xffffffffn)), u32(Number(value >> 32n)));
const f64 = (value: number): Uint8Array => new Uint8Array(Float64Array.of(value).buffer);
const NULL = u32(0xffffffff);
const text = (value: string): Uint8Array => concatBytes(u32(value.length), ascii(value));
const byteString = (value: Uint8Array): Uint8Array => concatBytes(u32(value.length), value);
const nodeId = (namespace: number, id: number): Uint8Array => concatBytes(u8(1, namespace), u16(id));
const array = (items: readonly Uint8Array[]): Uint8Array => concatBytes(u32(items.length), ...items);
/** DateTime: 100 ns ticks since 1601-01-01 (clause 5.2.2.5). */
const dateTime = (timeNs: bigint): Uint8Array => u64(timeNs / 100n + 116_444_736_000_000_000n);

function message(type: string, body: Uint8Array): Uint8Array {
  return concatBytes(ascii(type), u32(body.length + 8), body);
}

export const hello = (url: string): Uint8Array =>
  message('HELF', concatBytes(u32(0), u32(65536), u32(65536), u32(0), u32(0), text(url)));
export const acknowledge = (): Uint8Array => message('ACKF', concatBytes(u32(0), u32(65536), u32(65536), u32(0), u32(0)));

/** State of one secure channel, advanced by every message. */
export interface Channel {
  readonly isSecure: boolean;
  readonly channelId: number;
  readonly tokenId: number;
  readonly random: Random;
  sequence: { client: number; server: number };
  requestId: number;
}

export const createChannel = (isSecure: boolean, channelId: number, random: Random): Channel => ({
  isSecure, channelId, tokenId: 1, random, sequence: { client: 50, server: 50 }, requestId: 0,
});

const requestHeader = (channel: Channel, timeNs: bigint): Uint8Array =>
  concatBytes(nodeId(0, channel.channelId & 0xffff), dateTime(timeNs), u32(channel.requestId), u32(0), NULL, u32(10_000), u8(0, 0, 0));
const responseHeader = (channel: Channel, timeNs: bigint, status: number): Uint8Array =>
  concatBytes(dateTime(timeNs), u32(channel.requestId), u32(status), u8(0), NULL, u8(0, 0, 0));

/** Certificate-shaped opaque bytes: a DER sequence header, then noise. */
const certificate = (random: Random): Uint8Array => concatBytes(u8(0x30, 0x82, 0x02, 0xfc), random.bytes(764));

function openBody(channel: Channel, isClient: boolean, timeNs: bigint): Uint8Array {
  if (isClient) {
    return concatBytes(nodeId(0, SERVICE.openChannel[0]), requestHeader(channel, timeNs), u32(0), u32(0), u32(MODE.none), NULL, u32(3_600_000));
  }
  return concatBytes(nodeId(0, SERVICE.openChannel[1]), responseHeader(channel, timeNs, 0),
    u32(0), u32(channel.channelId), u32(channel.tokenId), dateTime(timeNs), u32(3_600_000), NULL);
}

/** OpenSecureChannel: with a policy other than None, everything after the asymmetric header is encrypted (clause 6.7.2). */
export function openChannel(channel: Channel, isClient: boolean, timeNs: bigint): Uint8Array {
  const channelId = u32(isClient ? 0 : channel.channelId);
  if (isClient) channel.requestId += 1;
  const sequence = isClient ? ++channel.sequence.client : ++channel.sequence.server;
  if (channel.isSecure) {
    return message('OPNF', concatBytes(channelId, text(POLICY.basic256Sha256), byteString(certificate(channel.random)), byteString(channel.random.bytes(20)), channel.random.bytes(512)));
  }
  return message('OPNF', concatBytes(channelId, text(POLICY.none), NULL, NULL, u32(sequence), u32(channel.requestId), openBody(channel, isClient, timeNs)));
}

/** One MSG (or CLO) chunk: readable with policy None, opaque otherwise (padding to the AES block, then HMAC: clause 6.7.2). */
function symmetric(channel: Channel, type: string, isClient: boolean, requestId: number, body: Uint8Array): Uint8Array {
  const sequence = isClient ? ++channel.sequence.client : ++channel.sequence.server;
  const head = concatBytes(u32(channel.channelId), u32(channel.tokenId));
  if (channel.isSecure) return message(type, concatBytes(head, channel.random.bytes((Math.floor((8 + body.length + 1 + 32 + 15) / 16)) * 16)));
  return message(type, concatBytes(head, u32(sequence), u32(requestId), body));
}

export interface Call {
  readonly request: Uint8Array;
  readonly response: Uint8Array;
}

function call(channel: Channel, timeNs: bigint, ids: readonly [number, number], request: Uint8Array, response: Uint8Array, status = 0): Call {
  channel.requestId += 1;
  const id = channel.requestId;
  return {
    request: symmetric(channel, 'MSGF', true, id, concatBytes(nodeId(0, ids[0]), requestHeader(channel, timeNs), request)),
    response: symmetric(channel, 'MSGF', false, id, concatBytes(nodeId(0, ids[1]), responseHeader(channel, timeNs, status), response)),
  };
}

const localized = (value: string): Uint8Array => concatBytes(u8(2), text(value));
const application = (uri: string, name: string, type: number): Uint8Array =>
  concatBytes(text(uri), text('urn:example:product'), localized(name), u32(type), NULL, NULL, u32(0));
const endpoint = (url: string, uri: string, policy: string, mode: number): Uint8Array =>
  concatBytes(text(url), application(uri, 'Plant server', 0), NULL, u32(mode), text(policy), u32(0),
    text('http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary'), u8(mode === MODE.none ? 0 : 110));

const endpoints = (url: string, serverUri: string): Uint8Array =>
  array([endpoint(url, serverUri, POLICY.none, MODE.none), endpoint(url, serverUri, POLICY.basic256Sha256, MODE.signAndEncrypt)]);

export const getEndpoints = (channel: Channel, timeNs: bigint, url: string, serverUri: string): Call =>
  call(channel, timeNs, SERVICE.getEndpoints, concatBytes(text(url), u32(0), u32(0)), endpoints(url, serverUri));

export interface SessionNames {
  readonly url: string;
  readonly clientUri: string;
  readonly serverUri: string;
  readonly sessionName: string;
}

export const createSession = (channel: Channel, timeNs: bigint, names: SessionNames): Call =>
  call(channel, timeNs, SERVICE.createSession,
    concatBytes(application(names.clientUri, names.sessionName, 1), text(names.serverUri), text(names.url), text(names.sessionName), byteString(channel.random.bytes(32)), NULL, f64(1_200_000), u32(0)),
    concatBytes(nodeId(1, 2001), nodeId(1, 2002), f64(1_200_000), byteString(channel.random.bytes(32)), NULL, endpoints(names.url, names.serverUri), u32(0), NULL, NULL, u32(0)));

export const activateSession = (channel: Channel, timeNs: bigint): Call =>
  call(channel, timeNs, SERVICE.activateSession,
    concatBytes(NULL, NULL, u32(0), u32(0), concatBytes(nodeId(0, 321), u8(1), byteString(text('Anonymous'))), NULL, NULL),
    concatBytes(byteString(channel.random.bytes(32)), u32(0), u32(0)));

export const createSubscription = (channel: Channel, timeNs: bigint): Call =>
  call(channel, timeNs, SERVICE.createSubscription, concatBytes(f64(1000), u32(30), u32(10), u32(0), u8(1, 0)), concatBytes(u32(7), f64(1000), u32(30), u32(10)));

const readValueId = (id: number): Uint8Array => concatBytes(nodeId(2, id), u32(13), NULL, u16(0), NULL);

export const createMonitoredItems = (channel: Channel, timeNs: bigint, ids: readonly number[]): Call =>
  call(channel, timeNs, SERVICE.createMonitoredItems,
    concatBytes(u32(7), u32(3), array(ids.map((id) => concatBytes(readValueId(id), u32(2), u32(id), f64(1000), u8(0, 0, 0), u32(1), u8(1))))),
    concatBytes(array(ids.map((id) => concatBytes(u32(0), u32(id), f64(1000), u32(1), u8(0, 0, 0)))), u32(0)));

/** A Double in a DataValue (clause 5.2.2.17). */
const dataValue = (value: number): Uint8Array => concatBytes(u8(1, 11), f64(value));

export const read = (channel: Channel, timeNs: bigint, ids: readonly number[]): Call =>
  call(channel, timeNs, SERVICE.read,
    concatBytes(f64(0), u32(3), array(ids.map(readValueId))),
    concatBytes(array(ids.map((id) => dataValue(id * 1.25))), u32(0)));

export const write = (channel: Channel, timeNs: bigint, id: number, value: number): Call =>
  call(channel, timeNs, SERVICE.write, array([concatBytes(nodeId(2, id), u32(13), NULL, dataValue(value))]), concatBytes(u32(1), u32(0), u32(0)));

export const browse = (channel: Channel, timeNs: bigint, id: number): Call =>
  call(channel, timeNs, SERVICE.browse,
    concatBytes(nodeId(0, 0), u64(0n), u32(0), u32(0), array([concatBytes(nodeId(0, id), u32(0), nodeId(0, 33), u8(1), u32(0), u32(63))])),
    concatBytes(array([concatBytes(u32(0), NULL, u32(0))]), u32(0)));

/** Publish: the request acknowledges the last notification, the response carries a DataChangeNotification of `count` items. */
export function publish(channel: Channel, timeNs: bigint, notification: number, count: number): Call {
  const items = array(Array.from({ length: count }, (_, i) => concatBytes(u32(1001 + i), dataValue(notification + i))));
  const change = concatBytes(items, u32(0));
  const extension = concatBytes(nodeId(0, 811), u8(1), byteString(change));
  return call(channel, timeNs, SERVICE.publish,
    array([concatBytes(u32(7), u32(notification))]),
    concatBytes(u32(7), u32(0), u8(0), u32(notification + 1), dateTime(timeNs), array([extension]), u32(0), u32(0)));
}

export const closeSession = (channel: Channel, timeNs: bigint): Call =>
  call(channel, timeNs, SERVICE.closeSession, u8(1), new Uint8Array(0));

export function closeChannel(channel: Channel, timeNs: bigint): Uint8Array {
  channel.requestId += 1;
  return symmetric(channel, 'CLOF', true, channel.requestId, concatBytes(nodeId(0, SERVICE.closeChannel), requestHeader(channel, timeNs)));
}
