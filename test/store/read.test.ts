import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeOperation } from '../../src/decode/app/registry.ts';
import type { ObservationSet } from '../../src/observation.ts';
import { openForReading, openForWriting, readFromStore, type Store } from '../../src/store/database.ts';
import { flowConditions, readFlowPage, type FlowFilter } from '../../src/store/read-flows.ts';
import { readStatus } from '../../src/store/read-status.ts';
import { transportText } from '../../src/store/read-words.ts';
import { readObservations, readOutline } from '../../src/store/read.ts';
import { lossesOf } from '../../src/render/sensor-losses.ts';
import { testFolder } from '../folder.ts';
import { fillStore, HISTORIAN, HMI, HMI_MAC, LAPTOP, LLDP_GROUP, ns, PLC, PLC_MAC, START_HOUR } from './read-fixture.ts';

const folder = testFolder();
let file: string;
let store: Store;

beforeAll(() => {
  file = join(folder, 'plant.db');
  fillStore(file);
  store = openForReading(file);
});
afterAll(() => store.close());

const DAY = Math.floor(START_HOUR / 24);

describe('readObservations', () => {
  let set: ObservationSet;
  beforeAll(() => {
    set = readFromStore(file, (db) => readObservations(db, describeOperation));
  });

  test('conversations carry the words of the nouns, whole instants and both directions', () => {
    expect(set.conversations.map((conversation) => conversation.id)).toEqual([1, 2, 3, 4]);
    const [modbus, , ssh, lldp] = set.conversations;
    expect(modbus).toMatchObject({
      client: HMI, server: PLC, transport: 'tcp', port: 502, vlan: 100, service: { name: 'modbus', by: 'probe' },
      packets: { toServer: 400, toClient: 300 }, bytes: { toServer: 40_000, toClient: 30_000 }, sessions: 2, answeredSessions: 2,
      requests: 200, firstNs: ns(0, 1), lastNs: ns(90_000, 999_999_999), rttMs: 1.5,
    });
    expect(modbus.direction.by).toBe('protocol');
    expect(ssh.service).toEqual({ name: 'ssh', by: 'port' });
    expect(ssh.direction.by).toBe('port');
    expect(ssh.direction.confidence).toBeLessThan(modbus.direction.confidence);
    expect(lldp).toMatchObject({ client: PLC_MAC, server: LLDP_GROUP, transport: 'eth-0x88cc', port: 0, service: { name: '', by: 'none' }, firstNs: 0n });
  });

  test('days are folded from hours; frames without a time belong to none', () => {
    const days = [{ day: DAY, hours: (1 << 6) | (1 << 7) }, { day: DAY + 1, hours: 1 << 6 }];
    expect(set.conversations[0]).toMatchObject({ days });
    expect(set.conversations[2]).toMatchObject({ days: [{ day: DAY + 2, hours: 1 << 5 }] });
    expect(set.conversations[3].days).toEqual([]);
    expect(set.conversations[0].operations[0]).toMatchObject({ days });
  });

  test('operations keep unit, name, access, ranges, codes, targets and rhythm', () => {
    const [read, write] = set.conversations[0].operations;
    expect(read).toMatchObject({
      protocol: 'modbus', unit: 1, function: 3, name: 'Read Holding Registers', access: 'read', requests: 180, responses: 178, errors: 2,
      errorCodes: [{ code: 2, count: 2 }], firstNs: ns(0, 5), rhythm: [{ count: 2, meanMs: 1000 }],
    });
    expect(read.ranges).toEqual([
      { access: 'read', first: 0, last: 9, requests: 100 },
      { access: 'read', first: 10, last: 19, requests: 70 },
      { access: 'read', first: 40, last: 49, requests: 10 },
    ]);
    expect(write).toMatchObject({ function: 16, access: 'write', ranges: [{ access: 'write', first: 100, last: 101, requests: 20 }] });
    const [opcua] = set.conversations[1].operations;
    expect(opcua).toMatchObject({ protocol: 'opcua', unit: null, name: 'Read', access: 'read', targets: ['ns=2;s=Tank1.Level'] });
    expect(set.conversations[0].rhythm).toEqual([{ count: 4, meanMs: 1025 }]);
  });

  test('a range beyond the last data address, as older stores hold it, is read as ending there', () => {
    const older = join(folder, 'older.db');
    fillStore(older);
    const held = openForWriting(older);
    held.db.prepare('UPDATE operation_range SET first = 65530, last = 65539 WHERE first = 40').run();
    held.close();
    readFromStore(older, (db) => {
      expect(readObservations(db, describeOperation).conversations[0].operations[0].ranges.at(-1)).toEqual({ access: 'read', first: 65_530, last: 65_535, requests: 10 });
      expect(readFlowPage(db, { sort: 'client', limit: 0 }, describeOperation).flows[0].operations[0].ranges.at(-1)?.last).toBe(65_535);
    });
  });

  test('facts come in a stable order, addresses by text, with their MACs', () => {
    expect(set.conversations[1].facts.map((fact) => `${fact.name}=${fact.value}`)).toEqual([
      'opcua.endpoint=opc.tcp://plc-07:4840', 'opcua.message=ACK', 'opcua.message=HEL', 'opcua.mode=None',
      'opcua.policy=http://opcfoundation.org/UA/SecurityPolicy#None',
    ]);
    expect(set.addresses.map((record) => record.address)).toEqual([HMI_MAC, PLC_MAC, LLDP_GROUP, LAPTOP, HMI, PLC, HISTORIAN].toSorted());
    const plc = set.addresses.find((record) => record.address === PLC);
    expect(plc?.macs).toEqual([{ mac: PLC_MAC, firstNs: ns(0), lastNs: ns(172_800) }]);
    expect(plc?.facts).toEqual([{ name: 'lldp.name', value: 'PLC-07' }, { name: 'modbus.vendor', value: 'Schneider Electric' }]);
  });

  test('sensor truth adds up over captures', () => {
    expect(set.sensor).toEqual({
      packets: 1090, bytes: 109_000, firstNs: ns(0, 1), lastNs: ns(172_900), deafHours: [492_343], hours: [0, 1, 24, 48].map((hour) => START_HOUR + hour),
      counters: { 'link.1': 300, 'stop.ipv4.truncated': 5 },
      scans: [{ client: LAPTOP, transport: 'tcp', targets: 250, packets: 500, firstNs: ns(100), lastNs: ns(200) }],
      captures: [
        { id: 1, live: false, firstNs: ns(0, 1), lastNs: ns(90_000, 999_999_999) }, { id: 2, live: false, firstNs: ns(86_400), lastNs: ns(172_800) },
        { id: 3, live: true, firstNs: ns(172_801), lastNs: ns(172_900) },
      ],
    });
  });

  test('the outline has the same ends and addresses, and nothing below them', () => {
    const outline = readFromStore(file, readOutline);
    expect(outline.addresses).toEqual(set.addresses);
    expect(outline.sensor).toEqual(set.sensor);
    expect(outline.conversations).toEqual(
      set.conversations.map((conversation) => ({ ...conversation, operations: [], facts: [], days: [], rhythm: [] })));
  });
});

test.each([
  [6, 'tcp'], [17, 'udp'], [1, 'icmp'], [58, 'icmpv6'], [132, 'sctp'], [47, 'ip-47'], [0, 'ip-0'], [65_536 + 0x8892, 'eth-0x8892'], [65_536 + 0x88, 'eth-0x0088'],
])('transport %i is %s', (code, text) => {
  expect(transportText(code)).toBe(text);
});

test('status sums captures and tells losses', () => {
  const status = readFromStore(file, readStatus);
  expect(status.live).toEqual({ received: 100, processed: 90, kernelDropped: 10, interfaceDropped: 2, uncleanEnds: 1 });
  expect(status.totals).toEqual({ packets: 1090, bytes: 109_000, conversations: 4, addresses: 7, operations: 3 });
  expect(status).toMatchObject({
    firstNs: ns(0, 1), lastNs: ns(172_900), activeHours: 4, spannedHours: 49, lostSegments: 4, duplicates: 7, foldedConversations: 250, foldedPackets: 500,
    foldedClients: 1, tcpConversations: 3, oneWayConversations: 1, oneSidedHours: [], answeredConversations: 2, tunnelPackets: 0,
  });
  expect(status.captures.map((capture) => capture.state)).toEqual(['complete', 'truncated', 'interrupted']);
  expect(lossesOf(status).join()).not.toContain('mirror port');
  const sameAddresses = [{ address: '10.0.0.1', vlans: [10, 20, 30] }, { address: '10.0.0.2', vlans: [10, 20] }];
  expect(lossesOf({ ...status, sameAddresses })).toContain(
    '2 addresses belong to different devices by VLAN, which are counted as one, with the zones and rules of all of them; split the captures (tcpdump -r FILE -w vlan10.pcap vlan 10) and give each VLAN a store of its own: 10.0.0.1 in VLANs 10, 20 and 30, 10.0.0.2 in VLANs 10 and 20');
  expect(lossesOf({ ...status, sameAddresses })).toContain('4 gaps in TCP streams: packets were lost before the sensor, or streams of different VLANs were taken for one');
  expect(status.sharedAddresses).toEqual([]);
  const sharedAddresses = [{ address: '10.0.0.1', cards: 3 }, { address: '10.0.0.2', cards: 2 }];
  expect(lossesOf({ ...status, sharedAddresses })).toContain(
    '2 addresses are used by several network cards at the same time, and talk with one another: machines with one address plan, whose VLAN tags this mirror port does not deliver, or redundant devices; all of one address are counted as one device, with the zones and rules of all of them: let the mirror port keep the tags, or capture each machine by itself: 10.0.0.1 by 3, 10.0.0.2 by 2');
  // What an ordinary port shows: whatever is sent to all, and no answer.
  expect(lossesOf({ ...status, answeredConversations: 0 }).join()).toContain('not one answer was heard in 1 090 packets');
  expect(lossesOf({ ...status, answeredConversations: 0, totals: { ...status.totals, packets: 999 } }).join()).not.toContain('not one answer');
});

describe('readFlowPage', () => {
  const page = (filter: Partial<FlowFilter>): number[] =>
    readFlowPage(store.db, { sort: 'client', limit: 0, ...filter }, describeOperation).flows.map((flow) => flow.id);

  test.each<[string, Partial<FlowFilter>, number[]]>([
    ['everything, clients in the order of their numbers', {}, [1, 3, 2, 4]],
    ['client', { client: [HMI] }, [1]],
    ['client by prefix', { client: ['10.20.1.0/24'] }, [1, 3]],
    ['client by range', { client: ['10.20.1.21-10.20.2.255'] }, [3, 2]],
    ['a client that is not there', { client: ['192.0.2.1'] }, []],
    ['server', { server: [PLC] }, [1, 3, 2]],
    ['either end', { either: [[HISTORIAN, PLC_MAC.toUpperCase()]] }, [2, 4]],
    ['both of two lists', { either: [[HISTORIAN, HMI], [PLC], [HMI]] }, [1]],
    ['service, any case', { services: ['MODBUS', 'ssh'] }, [1, 3]],
    ['port', { ports: [{ first: 502, last: 502 }] }, [1]],
    ['ports', { ports: [{ first: 22, last: 22 }, { first: 4000, last: 5000 }] }, [3, 2]],
    ['no port at all', { ports: [] }, []],
    ['vlan', { vlans: [100] }, [1]],
    ['untagged', { vlans: [null] }, [3, 2, 4]],
    ['access', { access: ['write'] }, [1]],
    ['access of two protocols', { access: ['read'] }, [1, 2]],
    ['since', { sinceNs: ns(172_000) }, [3, 2]],
    ['until', { untilNs: ns(86_400) }, [1]],
    ['until the very nanosecond is before it', { untilNs: ns(0, 1) }, []],
    ['one nanosecond later', { untilNs: ns(0, 2) }, [1]],
    ['an hour in which nothing of it was seen', { client: [HMI], sinceNs: ns(10 * 3600), untilNs: ns(11 * 3600) }, []],
    ['all at once', { client: [HMI], server: [PLC], ports: [{ first: 502, last: 502 }], access: ['write'], sinceNs: ns(0), untilNs: ns(3600) }, [1]],
    ['sorted by bytes', { sort: 'bytes' }, [2, 1, 4, 3]],
    ['sorted by packets', { sort: 'packets' }, [1, 2, 4, 3]],
    ['sorted by port', { sort: 'port' }, [4, 3, 1, 2]],
    ['sorted by first', { sort: 'first' }, [4, 1, 2, 3]],
    ['sorted by last', { sort: 'last' }, [2, 3, 1, 4]],
    ['sorted by server', { sort: 'server' }, [1, 3, 2, 4]],
    ['limited', { limit: 2 }, [1, 3]],
  ])('%s', (_name, filter, ids) => {
    expect(page(filter)).toEqual(ids);
  });

  test('the total counts what the limit cut off', () => {
    expect(readFlowPage(store.db, { sort: 'client', limit: 1 }, describeOperation).total).toBe(4);
  });

  test('filters go through the indexes', () => {
    const plan = (filter: Partial<FlowFilter>): string => {
      const { where, parameters } = flowConditions(store.db, { sort: 'client', limit: 0, ...filter }, describeOperation);
      const rows = store.db.prepare(`EXPLAIN QUERY PLAN SELECT c.id FROM conversation c ${where}`).all(...parameters) as { detail: string }[];
      return rows.map((row) => row.detail).join('\n');
    };
    expect(plan({ client: [HMI] })).toContain('SEARCH c USING COVERING INDEX conversation_key (client=?)');
    expect(plan({ access: ['write'] })).toMatch(/SEARCH o .*USING INDEX operation_conversation \(conversation=\?\)/);
    expect(plan({ sinceNs: ns(0) })).toMatch(/SEARCH h .*USING PRIMARY KEY \(conversation=\? AND hour>\? AND hour<\?\)/);
  });
});

test('a store whose tables do not fit is damaged, not a fault of ours', () => {
  const path = join(folder, 'bent.db');
  fillStore(path);
  expect(() => readFromStore(path, (db) => db.prepare('SELECT absent_column FROM capture').all())).toThrow(/is damaged/);
});
