/** What is answered and what is refused, as the store keeps it: answers by the hour, ICMP errors on the conversation they quote. */
import { expect, test } from 'vitest';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pcap } from '../../samples/gen/capture-file.ts';
import { concatBytes, ethernet, ETHERTYPE, hex, tcpPacket, TCP_FLAG, udpPacket, unreachablePacket, words } from '../../samples/gen/frames.ts';
import { readAll } from '../../src/commands/analysis.ts';
import type { Conversation } from '../../src/observation.ts';
import { beginImport, importCapture } from '../../src/store/import-capture.ts';
import { createMemoryStore } from '../fuzz/memory-store.ts';
import { folderOfTest } from '../folder.ts';

const CLIENT = '10.1.0.9';
const SERVER = '10.2.0.1';
const FIREWALL = '10.1.0.1';

const frame = (packet: Uint8Array, type: number = ETHERTYPE.ipv4): Uint8Array => ethernet('02:00:00:00:00:01', '02:00:00:00:00:02', type, packet);
const ip = (from: string, to: string) => ({ from, to, ttl: 64, id: 1 });
const syn = (to: string, port: number, fromPort = 40_000): Uint8Array => tcpPacket(ip(CLIENT, to), { fromPort, toPort: port, sequence: 1, acknowledge: 0, flags: TCP_FLAG.syn }, new Uint8Array(0));

const unreachable = (code: number, quoted: Uint8Array): Uint8Array => unreachablePacket(ip(FIREWALL, CLIENT), code, quoted);

async function conversationsOf(frames: readonly Uint8Array[]): Promise<{ conversations: readonly Conversation[]; answers: unknown[]; counters: Readonly<Record<string, number>> }> {
  const folder = folderOfTest();
  const file = join(folder, 'a.pcap');
  writeFileSync(file, pcap({ linkType: 1, isLittle: true, isNanosecond: false, snapLength: 65_535 }, frames.map((bytes, i) => ({ interfaceId: 0, timeNs: 1_767_000_000_000_000_000n + BigInt(i) * 1_000_000n, bytes }))));
  const store = createMemoryStore();
  await importCapture(beginImport(store), file, { force: false, signal: new AbortController().signal, progress: () => undefined });
  const set = readAll(store.db);
  const answers = store.db.prepare('SELECT answers FROM conversation_hour ORDER BY conversation').pluck().all();
  store.close();
  return { conversations: set.conversations, answers, counters: set.sensor.counters };
}

test('an ICMP error is a fact of the conversation whose packet it quotes, with its code and who refused', async () => {
  const { conversations } = await conversationsOf([frame(syn(SERVER, 502)), frame(unreachable(13, syn(SERVER, 502))), frame(unreachable(13, syn(SERVER, 502)))]);
  const asked = conversations.find(({ port }) => port === 502);
  expect(asked?.facts).toEqual([{ name: 'icmp.unreachable', value: `code 13 from ${FIREWALL}`, toServer: 0, toClient: 2 }]);
  expect(asked).toMatchObject({ client: CLIENT, server: SERVER, direction: { by: 'handshake' }, answeredSessions: 0 });
});

test('an error about a packet that was never seen, or cut short, or of another type, is no fact', async () => {
  const echo = concatBytes(unreachable(0, syn(SERVER, 80)));
  echo[20] = 11;
  const { conversations, counters } = await conversationsOf([frame(syn(SERVER, 502)), frame(unreachable(13, syn(SERVER, 503))), frame(unreachable(13, syn(SERVER, 502)).subarray(0, 40)), frame(echo)]);
  expect(conversations.flatMap(({ facts }) => facts)).toEqual([]);
  expect(counters['icmp.refusal-of-the-unseen']).toBe(1);
});

test('the same for IPv6', async () => {
  const [a, b, router] = ['fd000000000000000000000000000009', 'fd000000000000000000000000000001', 'fd0000000000000000000000000000ff'].map(hex);
  const head = (from: Uint8Array, to: Uint8Array, next: number, length: number): Uint8Array => concatBytes(words(0x6000, 0, length, (next << 8) | 64), from, to);
  const tcp = concatBytes(words(40_000, 502, 0, 1, 0, 0, 0x5002, 8192, 0, 0));
  const asked = concatBytes(head(a, b, 6, tcp.length), tcp);
  const inside = concatBytes(words((1 << 8) | 1, 0, 0, 0), asked);
  const { conversations } = await conversationsOf([frame(asked, 0x86dd), frame(concatBytes(head(router, a, 58, inside.length), inside), 0x86dd)]);
  expect(conversations.find(({ port }) => port === 502)?.facts).toEqual([{ name: 'icmp.unreachable', value: 'code 1 from fd00::ff', toServer: 0, toClient: 1 }]);
});

test('answers count the payloads of the server alone', async () => {
  const payload = Uint8Array.from([1, 2, 3]);
  const { answers } = await conversationsOf([
    frame(udpPacket(ip(CLIENT, SERVER), 40_000, 161, payload)), frame(udpPacket(ip(SERVER, CLIENT), 161, 40_000, payload)), frame(udpPacket(ip(SERVER, CLIENT), 161, 40_000, payload)),
    frame(syn(SERVER, 80)), frame(tcpPacket(ip(SERVER, CLIENT), { fromPort: 80, toPort: 40_000, sequence: 1, acknowledge: 2, flags: TCP_FLAG.syn | TCP_FLAG.ack }, new Uint8Array(0))),
  ]);
  expect(answers.toSorted()).toEqual([0, 2]);
});
