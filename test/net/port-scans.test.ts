/** What is a scan of ports, and what only looks like one: the difference decides whether a legitimate flow is set aside. */
import { expect, test } from 'vitest';
import { findPortScans, type Knock } from '../../src/net/port-scans.ts';

const many = (count: number, knockOf: (i: number) => Partial<Knock>): Knock[] =>
  Array.from({ length: count }, (_, i) => ({ client: '10.0.0.9', server: '10.0.0.2', transport: 'udp', port: 0, isAnswered: false, isRefused: false, ...knockOf(i) }));
const found = (knocks: readonly Knock[]): string[] => findPortScans(knocks).map(({ kind, knocks: own }) => `${own[0]?.transport} ${kind} ${own.length}`);

test.each<[string, Knock[], string[]]>([
  ['UDP: ports that no client takes, in silence', many(20, (i) => ({ port: 100 + i })), ['udp ports 20']],
  ['UDP: registered ports, refused; those in silence beside them belong to it', many(40, (i) => ({ port: 1900 + i, isRefused: i % 2 === 0 })), ['udp ports 40']],
  ['UDP: one port of many, refused', many(20, (i) => ({ server: `10.0.1.${i}`, port: 161, isRefused: true })), ['udp servers 20']],
  ['TCP and UDP are two scans', many(40, (i) => ({ transport: i < 20 ? 'tcp' : 'udp', port: 100 + i })), ['tcp ports 20', 'udp ports 20']],
])('%s', (_, knocks, scans) => expect(found(knocks)).toEqual(scans));

test.each<[string, Knock[]]>([
  ['answers whose requests were not mirrored go to high ports', many(400, (i) => ({ port: 49_152 + i }))],
  ['of clients of older systems as well', many(400, (i) => ({ port: 1025 + i }))],
  ['and are refused where the client did not wait', many(400, (i) => ({ port: 49_152 + i, isRefused: true }))],
  ['a trace of a route', many(90, (i) => ({ port: 33_434 + i, isRefused: i > 80 }))],
  ['messages to many collectors that ask for no answer', many(40, (i) => ({ server: `10.0.1.${i}`, port: 514 }))],
  ['a handful of services', many(12, (i) => ({ port: 100 + i, isRefused: true }))],
  ['TCP ports of which most answer', many(40, (i) => ({ transport: 'tcp', port: 100 + i, isAnswered: i > 10 }))],
])('no scan: %s', (_, knocks) => expect(found(knocks)).toEqual([]));
