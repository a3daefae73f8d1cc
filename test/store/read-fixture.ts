/**
 * A small store filled by plain INSERTs, as src/store/schema.ts says: what readers must make of it is known by heart.
 * An HMI reads and writes a PLC by Modbus, a historian reads it by OPC UA, a laptop knocks, a device speaks LLDP.
 */
import { openForWriting, type Connection } from '../../src/store/database.ts';
import { SUM_UP_DAYS } from '../../src/store/schema.ts';

/** 2026-03-02T06:00:00Z, a Monday. */
const START_S = 1_772_431_200;
export const START_HOUR = START_S / 3600;
export const ns = (seconds: number, nanos = 0): bigint => BigInt(START_S + seconds) * 1_000_000_000n + BigInt(nanos);

export const HMI = '10.20.1.20';
export const PLC = '10.20.1.9';
export const HISTORIAN = '10.20.2.5';
export const LAPTOP = '10.20.1.100';
export const HMI_MAC = '00:0c:29:00:00:20';
export const PLC_MAC = '00:80:f4:00:00:09';
export const LLDP_GROUP = '01:80:c2:00:00:0e';

/** Tables in any order of columns, so that a column added later does not break the test. */
function insert(db: Connection, table: string, row: Readonly<Record<string, string | number | bigint | null>>): void {
  const names = Object.keys(row);
  db.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`).run(...Object.values(row));
}

export interface FixtureOptions {
  /** Words that a hostile wire, or hostile file names, put into the store: taken in turn, where calm words stand otherwise. */
  readonly hostile?: readonly string[];
}

export function fillStore(path: string, options: FixtureOptions = {}): void {
  const store = openForWriting(path);
  store.db.transaction(() => fill(store.db, options.hostile ?? [])).immediate();
  store.close();
}

function fill(db: Connection, hostile: readonly string[]): void {
  let turn = 0;
  const word = (calm: string): string => (hostile.length === 0 ? calm : hostile[turn++ % hostile.length]);
  insert(db, 'capture', {
    id: 1, kind: 'file', name: word('monday.pcapng'), format: 'pcapng', head: 'aa', digest: 'd1', size: 1000, state: 'complete',
    frames: 700, bytes: 70_000, first_ns: ns(0, 1), last_ns: ns(90_000, 999_999_999), rev: 1,
  });
  insert(db, 'capture', {
    id: 2, kind: 'file', name: 'tuesday.pcap.gz', format: 'pcap+gzip', head: 'bb', digest: 'd2', size: 500, state: 'truncated',
    reason: word('the file stops inside a record'), frames: 300, bytes: 30_000, first_ns: ns(86_400), last_ns: ns(172_800), rev: 2,
  });
  insert(db, 'capture', {
    id: 3, kind: 'live', name: 'eth1', format: 'live', head: '', digest: '', size: 0, state: 'interrupted', frames: 90, bytes: 9000,
    first_ns: ns(172_801), last_ns: ns(172_900), received: 100, kernel_dropped: 10, interface_dropped: 2, rev: 3,
  });
  insert(db, 'capture_counter', { capture: 1, name: 'stop.ipv4.truncated', count: 2 });
  insert(db, 'capture_counter', { capture: 2, name: 'stop.ipv4.truncated', count: 3 });
  insert(db, 'capture_counter', { capture: 2, name: 'link.1', count: 300 });
  for (const hour of [0, 1, 24, 48]) {
    insert(db, 'sensor_hour', { hour: START_HOUR + hour, packets: 250, bytes: 25_000, lost_segments: hour === 1 ? 4 : 0, duplicates: hour === 0 ? 7 : 0, rev: 1 });
  }
  insert(db, 'sensor_hour', { hour: -1, packets: 5, bytes: 300, lost_segments: 0, duplicates: 0, rev: 1 });

  const texts = [HMI, PLC, HISTORIAN, LAPTOP, HMI_MAC, PLC_MAC, LLDP_GROUP];
  texts.forEach((text, index) => insert(db, 'address', { id: index + 1, text, first_ns: ns(0), last_ns: ns(172_800) }));
  insert(db, 'address_mac', { address: 1, mac: 5, first_ns: ns(0), last_ns: ns(172_800) });
  insert(db, 'address_mac', { address: 2, mac: 6, first_ns: ns(0), last_ns: ns(172_800) });
  insert(db, 'address_fact', { address: 2, name: 'modbus.vendor', value: word('Schneider Electric'), count: 3 });
  insert(db, 'address_fact', { address: 2, name: 'lldp.name', value: word('PLC-07'), count: 9 });

  const conversation = {
    vlan: null, service_by: 2, direction_by: 4, sessions: 1, answered: 1, requests: 0, rtt_us: null, rev: 1,
    first_ns: ns(0, 1), last_ns: ns(90_000, 999_999_999),
  };
  insert(db, 'conversation', {
    ...conversation, id: 1, client: 1, server: 2, transport: 6, port: 502, vlan: 100, service: 'modbus', packets_to_server: 400,
    packets_to_client: 300, bytes_to_server: 40_000, bytes_to_client: 30_000, sessions: 2, answered: 2, requests: 200, rtt_us: 1500, rhythm: '[20,4,4100000]',
  });
  insert(db, 'conversation', {
    ...conversation, id: 2, client: 3, server: 2, transport: 6, port: 4840, service: 'opcua', packets_to_server: 50,
    packets_to_client: 60, bytes_to_server: 5000, bytes_to_client: 90_000, requests: 40, first_ns: ns(86_400), last_ns: ns(172_800),
  });
  insert(db, 'conversation', {
    ...conversation, id: 3, client: 4, server: 2, transport: 6, port: 22, service: 'ssh', service_by: 1, direction_by: 1,
    packets_to_server: 3, packets_to_client: 0, bytes_to_server: 180, bytes_to_client: 0, answered: 0, first_ns: ns(172_000), last_ns: ns(172_002),
  });
  insert(db, 'conversation', {
    ...conversation, id: 4, client: 6, server: 7, transport: 65_536 + 0x88cc, port: 0, service: '', service_by: 0, direction_by: 0,
    packets_to_server: 9, packets_to_client: 0, bytes_to_server: 900, bytes_to_client: 0, sessions: 0, answered: 0, first_ns: null, last_ns: null,
  });
  const hour = (id: number, offset: number, packets: number, requests: number): void =>
    insert(db, 'conversation_hour', {
      conversation: id, hour: offset < 0 ? -1 : START_HOUR + offset, packets_to_server: packets, packets_to_client: packets,
      bytes_to_server: packets * 100, bytes_to_client: packets * 100, requests, rev: 1,
    });
  hour(1, 0, 100, 60);
  hour(1, 1, 150, 40);
  hour(1, 24, 100, 100);
  hour(2, 24, 30, 20);
  hour(2, 48, 25, 20);
  hour(3, 47, 3, 0);
  hour(4, -1, 9, 0);
  insert(db, 'conversation_fact', { conversation: 2, name: 'opcua.endpoint', value: word('opc.tcp://plc-07:4840'), to_server: 1, to_client: 0 });
  insert(db, 'conversation_fact', { conversation: 2, name: 'opcua.policy', value: 'http://opcfoundation.org/UA/SecurityPolicy#None', to_server: 1, to_client: 1 });
  insert(db, 'conversation_fact', { conversation: 2, name: 'opcua.mode', value: 'None', to_server: 1, to_client: 0 });
  insert(db, 'conversation_fact', { conversation: 2, name: 'opcua.message', value: 'HEL', to_server: 1, to_client: 0 });
  insert(db, 'conversation_fact', { conversation: 2, name: 'opcua.message', value: 'ACK', to_server: 0, to_client: 1 });
  insert(db, 'conversation_fact', { conversation: 3, name: 'ssh.version', value: word('SSH-2.0-x'), to_server: 1, to_client: 0 });

  const operation = { unit: -1, errors: 0, ranges_folded: 0, first_ns: ns(0, 5), last_ns: ns(90_000), rev: 1 };
  insert(db, 'operation', { ...operation, id: 1, conversation: 1, protocol: 'modbus', unit: 1, function: 3, requests: 180, responses: 178, errors: 2, rhythm: '[20,2,2000000]' });
  insert(db, 'operation', { ...operation, id: 2, conversation: 1, protocol: 'modbus', unit: 1, function: 16, requests: 20, responses: 20 });
  // The OPC UA node id of ReadRequest (OPC 10000-6, A.1): 631.
  insert(db, 'operation', { ...operation, id: 3, conversation: 2, protocol: 'opcua', function: 631, requests: 40, responses: 39, errors: 1 });
  for (const [op, access, first, last, requests] of [[1, 0, 0, 9, 100], [1, 0, 10, 19, 70], [1, 0, 40, 49, 10], [2, 1, 100, 101, 20]]) {
    insert(db, 'operation_range', { operation: op, access, first, last, requests });
  }
  insert(db, 'operation_error', { operation: 1, code: 2, count: 2 });
  insert(db, 'operation_error', { operation: 3, code: 0x803e_0000, count: 1 });
  insert(db, 'operation_target', { operation: 3, target: word('ns=2;s=Tank1.Level'), count: 40 });
  for (const [op, offset, requests] of [[1, 0, 50], [1, 1, 40], [1, 24, 90], [2, 0, 10], [2, 24, 10], [3, 24, 20], [3, 48, 20]]) {
    insert(db, 'operation_hour', { operation: op, hour: START_HOUR + offset, requests, responses: requests, errors: 0, rev: 1 });
  }
  db.exec(SUM_UP_DAYS);
  insert(db, 'scan', { client: 4, transport: 6, targets: 250, packets: 500, bytes: 30_000, first_ns: ns(100), last_ns: ns(200) });
}
