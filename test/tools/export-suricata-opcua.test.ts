/**
 * Our Suricata rules about OPC UA in Suricata: which channels pass and which alert, however their messages are joined and cut.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { pcapFile, tcpSession } from '../../src/export/targets/frame-writer.ts';
import { weakerThan } from '../../src/policy/match/asks.ts';
import { plantPlan } from '../export/plant.ts';
import { canRun, program } from './loud-skip.ts';
import { alertedPorts, suricataFolder, written } from './suricata.ts';

const able = canRun('Suricata rules about OPC UA', [program('suricata', 'suricata (of bookworm-backports)')]);

const POLICY = 'http://opcfoundation.org/UA/SecurityPolicy#';

const uaMessage = (type: string, body: Uint8Array): Buffer => {
  const head = Buffer.alloc(8);
  head.write(type);
  head.writeUInt32LE(8 + body.length, 4);
  return Buffer.concat([head, body]);
};

/** OPC 10000-6 clause 7.1.2.3. */
const hello = (url = 'opc.tcp://server:4840'): Buffer => {
  const body = Buffer.alloc(24 + url.length);
  [0, 65_535, 65_535, 0, 0, url.length].forEach((field, at) => body.writeUInt32LE(field, 4 * at));
  body.write(url, 24, 'latin1');
  return uaMessage('HELF', body);
};

/** OpenSecureChannel (OPC 10000-6 clause 6.7.2): channel, policy, and something for certificates and request; null = the length of no string. */
const openChannel = (policy: string | null, type = 'OPNF'): Buffer => {
  const head = Buffer.alloc(8);
  head.writeInt32LE(policy === null ? -1 : policy.length, 4);
  return uaMessage(type, Buffer.concat([head, Buffer.from(policy ?? ''), Buffer.alloc(200, 0x11)]));
};

/** What it answers to a channel without security: no certificate, no thumbprint, OpenSecureChannelResponse. */
const channelAnswer = (): Buffer => {
  const policy = `${POLICY}None`;
  const octets = openChannel(policy);
  const at = 16 + policy.length;
  octets.fill(0xff, at, at + 8);
  octets.writeUInt32LE(449 * 0x1_0000 + 1, at + 16);
  return octets;
};

/** A request or an answer (OPC 10000-6 clauses 6.7.2 and 5.2.2.9): channel, token, sequence number, request id, and the type of its body in four octets. */
const uaBody = (typeId: number, type = 'MSGF', filling = 40): Buffer => {
  const head = Buffer.alloc(16 + 4, 1);
  head.writeUInt32LE(typeId * 0x1_0000 + 1, 16);
  return uaMessage(type, Buffer.concat([head, Buffer.alloc(filling, 0x22)]));
};
const [GET_ENDPOINTS, FIND_SERVERS, FIND_ON_NETWORK, READ, CREATE_SESSION] = [428, 422, 12_208, 631, 461];

describe.runIf(able)('Suricata and OPC UA', () => {
  const root = mkdtempSync(join(tmpdir(), 'baseline-suricata-opcua-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const folderFor = (name: string): string => suricataFolder(join(root, name));

  test('OPC UA sessions pass with the declared security policy and with any stronger one', () => {
    const folder = folderFor('opcua');
    const plan = plantPlan();
    const [entry] = plan.permits.filter(({ permit }) => permit.id === 'K1-UA');
    const server = (last: number) => [{ family: 'ipv4' as const, first: 0xc0a81e00n + BigInt(last), last: 0xc0a81e00n + BigInt(last) }];
    const declared = [['Basic256Sha256'], ['Basic128Rsa15', 'Aes256_Sha256_RsaPss'], ['Aes256_Sha256_RsaPss'], ['None', 'Basic256'], []];
    const permits = declared.map((securityPolicies, index) => ({
      ...entry, client: entry.client.filter(({ family }) => family === 'ipv4'), server: server(100 + index), permit: { ...entry.permit, id: `UA-${index}`, opcua: { ...entry.permit.opcua!, securityPolicies } },
    }));
    written(folder, 'suricata', { ...plan, permits }, 'monitor');
    const policies = ['None', 'Basic128Rsa15', 'Basic256', 'Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss', 'ECC_nistP256'];
    const sessions = declared.flatMap((list, index) => policies.map((policy) => ({ list, index, policy })));
    const frames = sessions.flatMap(({ index, policy }, at) =>
      tcpSession({ ip: '192.168.10.11', port: 50_000 + at }, { ip: `192.168.30.${100 + index}`, port: 4840 }, [hello(), openChannel(`${POLICY}${policy}`), uaBody(CREATE_SESSION)].map((payload) => ({ fromClient: true, payload }))));
    const capture = join(folder, 'opcua.pcap');
    writeFileSync(capture, pcapFile(frames));
    const alerted = alertedPorts(folder, capture);
    const isWeaker = (policy: string, list: readonly string[]): boolean => weakerThan({ modes: policy === 'None' ? ['None'] : [], policies: policy.startsWith('ECC') ? [] : [policy], encrypted: false }, ['Sign'], list).length > 0;
    expect(sessions.filter((_, at) => alerted.has(50_000 + at)).map(({ list, policy }) => [list.join(), policy])).toEqual(sessions.filter(({ list, policy }) => isWeaker(policy, list)).map(({ list, policy }) => [list.join(), policy]));
    expect(alerted.size).toBeGreaterThan(8);
  });

  test('OPC UA: a channel is judged however its messages are joined and cut, and whoever dialled', () => {
    const plan = plantPlan();
    const [entry] = plan.permits.filter(({ permit }) => permit.id === 'K1-UA');
    const server = [{ family: 'ipv4' as const, first: 0xc0a81e64n, last: 0xc0a81e64n }];
    const permits = [{ ...entry!, client: entry!.client.filter(({ family }) => family === 'ipv4'), server, permit: { ...entry!.permit, opcua: { services: [], securityModes: ['SignAndEncrypt'], securityPolicies: [] } } }];
    const [good, none] = [`${POLICY}Basic256Sha256`, `${POLICY}None`];
    const joined = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
    const cut = (octets: Uint8Array, ...at: readonly number[]): Uint8Array[] => [0, ...at].map((start, i) => octets.subarray(start, at[i] ?? octets.length));
    const single = (octets: Uint8Array): Uint8Array[] => [...octets].map((octet) => Uint8Array.of(octet));
    const long = hello('o'.repeat(4000));
    const decoy = hello(`OPNF\x80\0\0\0\0\0\0\0${String.fromCharCode(good.length)}\0\0\0${good}`);
    // A read of a node whose name ends like the type of a message: attribute 13, no index range.
    const read = Buffer.concat([Buffer.from('MSGF\x60\0\0\0............VALVE_OPNF'), Buffer.from([13, 0, 0, 0, 255, 255, 255, 255, 0, 0, 255, 255, 255, 255]), Buffer.alloc(100)]);
    const passing = [
      [hello()], [hello(), openChannel(good)], [joined(hello(), openChannel(good))], [hello(), ...cut(openChannel(good), 30)], [hello(), ...cut(openChannel(good), 2)], cut(joined(hello(), openChannel(good)), 70),
      single(joined(hello(), openChannel(good))), cut(joined(long, openChannel(good)), 1400, 2800, 4030, 4060), [hello(), openChannel(`${POLICY}Basic256`)], [hello(), openChannel(good), read, read],
    ];
    const open = [hello(), openChannel(none)];
    // Without security, to ask what there is: of who dials, as nobody asks it of who dialled him.
    const discovering = [
      open, [joined(...open)], [hello(), ...cut(openChannel(none), 30)], [hello(), ...cut(openChannel(none), 2)], [hello(), ...cut(openChannel(none), 62)], cut(joined(...open), 70), single(joined(...open)),
      [joined(long, openChannel(none))].flatMap((all) => cut(all, 1400, 2800, 4030, 4060)), [joined(decoy, openChannel(none))], [hello(), openChannel(none, 'OPNC')],
      ...[GET_ENDPOINTS, FIND_SERVERS, FIND_ON_NETWORK].flatMap((id) => [[...open, uaBody(id)], [joined(...open, uaBody(id))], single(joined(...open, uaBody(id))), ...[2, 5, 20, 26].map((at) => [...open, ...cut(uaBody(id), at)])]),
      [...open, uaBody(GET_ENDPOINTS), uaBody(FIND_SERVERS), uaBody(452, 'CLOF')],
    ];
    const asking = [uaBody(READ), uaBody(CREATE_SESSION), uaBody(GET_ENDPOINTS + 1), uaBody(READ, 'MSGC', 0), uaBody(READ, 'MSGC')];
    const stopped = [
      ...asking.flatMap((ask) => [[...open, ask], [joined(...open), ask], [joined(...open, ask)], single(joined(...open, ask)), [...open, uaBody(GET_ENDPOINTS), ask], [...open, joined(uaBody(GET_ENDPOINTS), ask)], [joined(...open, uaBody(GET_ENDPOINTS), ask)]]),
      ...[2, 5, 20, 26].map((at) => [...open, ...cut(uaBody(READ), at)]), [...open, uaMessage('MSGC', Buffer.alloc(16, 1)), uaBody(GET_ENDPOINTS)],
      [hello(), openChannel('')], [hello(), openChannel(null)], [hello(), openChannel(`${good}x`)], [hello(), openChannel('http://example.org/none')],
    ];
    const all = [...passing, ...discovering, ...stopped];
    const frames = [false, true].flatMap((isReverse) =>
      all.flatMap((segments, at) =>
        tcpSession({ ip: '192.168.10.11', port: (isReverse ? 51_000 : 50_000) + at }, { ip: '192.168.30.100', port: 4840 }, [
          ...(isReverse ? [{ fromClient: true, payload: Buffer.from('RHEF\x12\0\0\0\x01\0\0\0s\x01\0\0\0e') }] : []),
          ...segments.map((payload) => ({ fromClient: !isReverse, payload })),
        ])));
    for (const mode of ['enforce', 'monitor'] as const) {
      const folder = folderFor(`channel-${mode}`);
      written(folder, 'suricata', { ...plan, permits }, mode);
      writeFileSync(join(folder, 'channel.pcap'), pcapFile(frames));
      const alerted = alertedPorts(folder, join(folder, 'channel.pcap'), mode === 'enforce');
      for (const [first, passes] of [[50_000, [...passing, ...discovering]], [51_000, passing]] as const)
        expect(all.flatMap((_, at) => (alerted.has(first + at) ? [at] : [])), `${mode} ${first}`).toEqual(all.flatMap((_, at) => (at < passes.length ? [] : [at])));
    }
  });

  test('OPC UA: what a server answers to who asks without security passes, in however many chunks', () => {
    const plan = plantPlan();
    const [entry] = plan.permits.filter(({ permit }) => permit.id === 'K1-UA');
    const server = [{ family: 'ipv4' as const, first: 0xc0a81e64n, last: 0xc0a81e64n }];
    const permits = [{ ...entry!, client: entry!.client.filter(({ family }) => family === 'ipv4'), server, permit: { ...entry!.permit, opcua: { services: [], securityModes: ['SignAndEncrypt'], securityPolicies: [] } } }];
    const none = openChannel(`${POLICY}None`);
    const asked = [[true, hello()], [false, uaMessage('ACKF', Buffer.alloc(20))], [true, none], [false, channelAnswer()], [true, uaBody(GET_ENDPOINTS)], [false, uaBody(431, 'MSGC', 1000)], [false, uaBody(9, 'MSGC', 1000)], [false, uaBody(9)], [true, uaBody(452, 'CLOF')]] as const;
    // Only an answer: whoever was dialled opens it.
    const dialled = [[true, Buffer.from('RHEF\x12\0\0\0\x01\0\0\0s\x01\0\0\0e')], [false, hello()], [false, none], [true, channelAnswer()], [false, uaBody(READ)]] as const;
    const frames = [asked, dialled].flatMap((parts, at) =>
      tcpSession({ ip: '192.168.10.11', port: 50_000 + at }, { ip: '192.168.30.100', port: 4840 }, parts.map(([fromClient, payload]) => ({ fromClient, payload }))));
    for (const mode of ['enforce', 'monitor'] as const) {
      const folder = folderFor(`discovery-${mode}`);
      written(folder, 'suricata', { ...plan, permits }, mode);
      writeFileSync(join(folder, 'discovery.pcap'), pcapFile(frames));
      const alerted = alertedPorts(folder, join(folder, 'discovery.pcap'), mode === 'enforce');
      expect([alerted.has(50_000), alerted.has(50_001)], mode).toEqual([false, true]);
    }
  });
});
