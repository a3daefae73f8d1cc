import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { listFlows } from '../../src/commands/flows.ts';
import { BaselineError, EXIT } from '../../src/errors.ts';
import { serviceText } from '../../src/render/flow-record.ts';
import { FLOWS_SHAPE } from '../../src/render/json-shapes.ts';
import { openForWriting } from '../../src/store/database.ts';
import { testFolder } from '../folder.ts';
import { hostileStores, UNSAFE_OUTPUT } from '../render/hostile-words.ts';
import { fillStore, HISTORIAN, HMI, LAPTOP, PLC } from '../store/read-fixture.ts';
import { setStage, textOf } from './main-stage.ts';

const folder = testFolder();
const db = join(folder, 'plant.db');

beforeAll(() => fillStore(db));

test('the files that Modbus is asked for are told', () => {
  const path = join(folder, 'files.db');
  fillStore(path);
  const store = openForWriting(path);
  store.db.exec("UPDATE operation SET function = 20 WHERE id = 2; INSERT INTO operation_target (operation, target, count) VALUES (2, 'file 4 record 7-9', 20)");
  store.close();
  const { operations } = FLOWS_SHAPE.parse(flows({ db: path })).flows[0];
  expect(operations.map((one) => ('targets' in one ? [one.protocol, one.targets] : []))).toEqual([['modbus', []], ['modbus', ['file 4 record 7-9']]]);
});

const flows = (argv: Parameters<typeof listFlows>[0] = {}): { flows: Record<string, unknown>[]; total: number } =>
  JSON.parse(textOf(listFlows({ db, json: true, ...argv }, setStage())));

test('the JSON has the shape that is published, and the values of the store', () => {
  const document = FLOWS_SHAPE.parse(flows());
  expect(document.total).toBe(4);
  const [modbus, ssh, opcua, lldp] = document.flows;
  expect(modbus).toMatchObject({
    client: HMI, server: PLC, clientAsset: HMI, serverAsset: 'PLC-07', transport: 'tcp', port: 502, service: 'modbus', serviceBy: 'probe',
    vlan: 100, packets: { toServer: 400, toClient: 300 }, bytes: { toServer: 40_000, toClient: 30_000 },
    first: '2026-03-02T06:00:00.000000001Z', last: '2026-03-03T07:00:00.999999999Z', direction: { by: 'protocol' },
  });
  expect(modbus.operations).toEqual([
    {
      protocol: 'modbus', unit: 1, function: 3, name: 'Read Holding Registers', access: 'read',
      ranges: [{ access: 'read', first: 0, last: 19 }, { access: 'read', first: 40, last: 49 }],
      requests: 180, responses: 178, exceptions: 2, exceptionCodes: [{ code: 2, count: 2 }], targets: [],
    },
    {
      protocol: 'modbus', unit: 1, function: 16, name: 'Write Multiple Registers', access: 'write',
      ranges: [{ access: 'write', first: 100, last: 101 }], requests: 20, responses: 20, exceptions: 0, exceptionCodes: [], targets: [],
    },
  ]);
  expect(modbus).not.toHaveProperty('opcua');
  expect(opcua.opcua).toEqual({
    endpoints: ['opc.tcp://plc-07:4840'], policies: ['http://opcfoundation.org/UA/SecurityPolicy#None'], modes: ['None'],
    messages: { ACK: { toServer: 0, toClient: 1 }, HEL: { toServer: 1, toClient: 0 } },
  });
  expect(opcua.operations).toMatchObject([{ protocol: 'opcua', service: 'Read', access: 'read', requests: 40, responses: 39, faults: 1 }]);
  expect(ssh).toMatchObject({ client: LAPTOP, service: 'ssh', serviceBy: 'port', facts: [{ name: 'ssh.version' }] });
  expect(lldp).toMatchObject({ transport: 'eth-0x88cc', port: 0, service: '', serviceBy: 'none', vlan: null, first: null, last: null, serverAsset: null });
});

test('JSON Lines hold the same records', () => {
  const lines = textOf(listFlows({ db, format: 'jsonl' }, setStage())).trim().split('\n').map((line) => JSON.parse(line));
  expect(lines).toEqual(flows().flows.map((flow) => ({ schemaVersion: 1, ...flow })));
});

test('the table, the CSV and the Markdown name the ends, the service and what was asked', () => {
  const table = textOf(listFlows({ db }, setStage()));
  expect(table).toContain(`PLC-07 (${PLC})`);
  expect(table).toContain('modbus tcp/502');
  expect(table).toContain('ssh? tcp/22');
  expect(table).toContain('FC3 0-19 40-49, FC16 100-101');
  const csv = textOf(listFlows({ db, format: 'csv' }, setStage())).split('\r\n');
  expect(csv[0].split(',').slice(0, 6)).toEqual(['client', 'server', 'clientAsset', 'serverAsset', 'transport', 'port']);
  expect(csv).toHaveLength(6);
  expect(csv[1]).toContain('"FC3 0-19 40-49, FC16 100-101"');
  const md = textOf(listFlows({ db, format: 'md' }, setStage()));
  expect(md.split('\n').filter((line) => line.startsWith('|'))).toHaveLength(6);
  for (const text of [table, md]) expect(text, 'losses first').toMatch(/^What is missing or doubtful in the evidence:\n/);
});

test.each(['csv', 'jsonl'] as const)('%s has no place for losses: they are said beside it, before the first line', (format) => {
  const stage = setStage();
  const { output } = listFlows({ db, format }, stage);
  const [first] = output;
  expect(stage.said[0]).toBe('What is missing or doubtful in the evidence:');
  expect(stage.said.length).toBeGreaterThan(1);
  expect(first).not.toContain('missing');
});

test.each<[string, Parameters<typeof listFlows>[0], string[]]>([
  ['by name of an asset', { asset: ['plc-07'] }, [HMI, LAPTOP, HISTORIAN, '00:80:f4:00:00:09']],
  ['by address of an asset', { asset: [HMI] }, [HMI]],
  ['by group address, which is no asset', { asset: ['01:80:c2:00:00:0e'] }, ['00:80:f4:00:00:09']],
  ['by zone', { zone: ['z-cell-01'] }, [HMI, LAPTOP, HISTORIAN, '00:80:f4:00:00:09']],
  ['lists with commas', { port: ['22,502'] }, [HMI, LAPTOP]],
  ['port range', { port: ['1-100'] }, [LAPTOP]],
  ['vlan', { vlan: ['100'] }, [HMI]],
  ['untagged', { vlan: ['none'], service: ['opcua'] }, [HISTORIAN]],
  ['since a date', { since: '2026-03-03' }, [HMI, LAPTOP, HISTORIAN]],
  ['since and until with offset', { since: '2026-03-02T07:00+01:00', until: '2026-03-02T06:00:00.000000002Z' }, [HMI]],
  ['until seconds since 1970', { until: '1772431201' }, [HMI]],
  ['access', { access: ['write', 'program'] }, [HMI]],
  ['sort and limit', { sort: 'bytes', limit: 1 }, [HISTORIAN]],
])('filter: %s', (_name, argv, clients) => {
  expect(flows(argv).flows.map((flow) => flow['client'])).toEqual(clients);
});

test('a service that nobody has here is told from one that is silent', () => {
  const said: string[] = [];
  const stage = { ...setStage(), say: (line: string) => void said.push(line) };
  for (const service of [['modbsu'], ['s7comm'], ['modbus']]) expect(textOf(listFlows({ db, service, since: '2027-01-01' }, stage))).toContain('no conversation matches');
  expect(said).toEqual(['--service modbsu: no such service was seen; did you mean modbus?', expect.stringMatching(/^--service s7comm: no such service was seen; seen were .*modbus/)]);
});

test.each<[string, Parameters<typeof listFlows>[0], RegExp]>([
  ['address', { client: ['10.20.1'] }, /--client 10\.20\.1: /],
  ['prefix with host bits', { server: ['10.20.1.9/24'] }, /--server 10\.20\.1\.9\/24/],
  ['port', { port: ['70000'] }, /--port 70000 is no port/],
  ['port range upside down', { port: ['9-1'] }, /is no port/],
  ['vlan', { vlan: ['4096'] }, /--vlan 4096/],
  ['instant', { since: 'yesterday' }, /--since yesterday is no instant/],
  ['day that does not exist', { until: '2026-13-01' }, /--until/],
  ['limit', { limit: -1 }, /--limit/],
  ['zone', { zone: ['nowhere'] }, /--zone nowhere: there is no such zone/],
  ['zone beside a right one', { zone: ['Z-SUP', 'Z-SUPP'] }, /--zone/],
  ['asset', { asset: ['nobody'] }, /--asset nobody: there is no such asset/],
])('a wrong %s is said in one line', (_name, argv, says) => {
  let error: unknown;
  try {
    listFlows({ db, ...argv }, setStage());
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(BaselineError);
  expect((error as BaselineError).exitCode).toBe(EXIT.usage);
  expect((error as BaselineError).message).toMatch(says);
});

test('a table on a terminal says what it left out; files are never cut', () => {
  const path = join(folder, 'many.db');
  fillStore(path);
  const stage = setStage({ width: 100 });
  listFlows({ db: path, limit: 2 }, stage);
  expect(stage.said).toEqual(['2 of 4 conversations; --limit 0 shows all']);
  const silent = setStage({ width: 100 });
  listFlows({ db: path }, silent);
  expect(silent.said).toEqual([]);
});

test('nothing that matches is an answer', () => {
  expect(textOf(listFlows({ db, client: ['192.0.2.1'] }, setStage()))).toMatch(/\n\nno conversation matches\n$/);
  expect(flows({ client: ['192.0.2.1'] })).toMatchObject({ total: 0, flows: [] });
});

test.each(hostileStores())('no hostile word acts in any format (%s)', (_name, words) => {
  const path = join(folder, 'hostile.db');
  rmSync(path, { force: true });
  fillStore(path, { hostile: words });
  for (const format of ['table', 'json', 'jsonl', 'csv', 'md'] as const) {
    const text = textOf(listFlows({ db: path, format }, setStage({ width: 120 })));
    expect(text.replaceAll('\r\n', '\n'), format).not.toMatch(UNSAFE_OUTPUT);
  }
});

test('the same store gives the same bytes', () => {
  expect(textOf(listFlows({ db, json: true }, setStage()))).toBe(textOf(listFlows({ db, json: true }, setStage())));
});

test('a table says what its question marks mean, and calls icmp by one word', () => {
  const table = (path: string): string => textOf(listFlows({ db: path }, setStage()));
  expect(table(db)).toMatch(/ ssh\? tcp\/22 [^]*\nservice\?: named by its port alone; its own bytes do not tell\n$/);
  const path = join(folder, 'named.db');
  fillStore(path);
  const store = openForWriting(path);
  store.db.exec("UPDATE conversation SET service_by = 2 WHERE service_by = 1");
  store.close();
  expect(table(path)).not.toContain('?');
  expect(serviceText({ service: { name: 'icmp', by: 'probe' }, transport: 'icmp', port: -1 })).toBe('icmp');
});
