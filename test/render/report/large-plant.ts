/**
 * A large plant as a store, filled by plain INSERTs: 200 cells of a controller, a panel and 18 field devices, and offices.
 * Made anew each time, always the same.
 */
import { openForWriting, type Connection } from '../../../src/store/database.ts';
import { SUM_UP_DAYS } from '../../../src/store/schema.ts';

const CELL = 20;
const CELLS = 200;
const OFFICE = 1000;
export const LARGE_ASSETS = CELLS * CELL + OFFICE;
export const LARGE_CONVERSATIONS = 50_000;
const DAYS = 28;
const START_S = Date.UTC(2026, 0, 5) / 1000;
const ns = (seconds: number): bigint => BigInt(START_S + seconds) * 1_000_000_000n;
const END = ns(DAYS * 86_400);

type Ask = readonly [code: number, access: 0 | 1, first: number, last: number];

export function fillLargePlant(path: string): void {
  const store = openForWriting(path);
  store.db.transaction(() => fill(store.db)).immediate();
  store.close();
}

function fill(db: Connection): void {
  const row = (table: string, ...names: string[]): ((...values: (string | number | bigint | null)[]) => void) => {
    const statement = db.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`);
    return (...values) => void statement.run(...values);
  };
  const address = row('address', 'id', 'text', 'first_ns', 'last_ns');
  const conversation = row('conversation', 'id', 'client', 'server', 'transport', 'port', 'service', 'service_by', 'direction_by', 'packets_to_server', 'packets_to_client', 'bytes_to_server', 'bytes_to_client', 'sessions', 'answered', 'requests', 'first_ns', 'last_ns', 'rev', 'rhythm');
  const hour = row('conversation_hour', 'conversation', 'hour', 'packets_to_server', 'packets_to_client', 'bytes_to_server', 'bytes_to_client', 'requests', 'rev');
  const operation = row('operation', 'id', 'conversation', 'protocol', 'unit', 'function', 'requests', 'responses', 'errors', 'ranges_folded', 'first_ns', 'last_ns', 'rev', 'rhythm');
  const operationHour = row('operation_hour', 'operation', 'hour', 'requests', 'responses', 'errors', 'rev');
  const range = row('operation_range', 'operation', 'access', 'first', 'last', 'requests');
  for (let i = 0; i < LARGE_ASSETS; i++) {
    const office = i - CELLS * CELL;
    address(i + 1, office < 0 ? `10.10.${Math.floor(i / CELL)}.${10 + (i % CELL)}` : `10.200.${Math.floor(office / 250)}.${1 + (office % 250)}`, ns(0), END);
  }
  const startHour = START_S / 3600;
  const known = new Set<string>();
  let conversations = 0;
  let operations = 0;
  const add = (client: number, server: number, port: number, service: string, days: number, periodMs: number, asks: readonly Ask[] = []): void => {
    const key = `${client} ${server} ${port}`;
    if (client === server || known.has(key)) return;
    known.add(key);
    const id = ++conversations;
    const count = days * 100;
    const last = ns(days * 86_400);
    const rhythm = JSON.stringify([20, count, count * periodMs * 1000]);
    conversation(id, client + 1, server + 1, 6, port, service, 2, 4, count, count, count * 80, count * 120, days, days, count, ns(0), last, 1, rhythm);
    for (let day = 0; day < days; day++) hour(id, startHour + day * 24 + 6, 100, 100, 8000, 12_000, 100, 1);
    for (const [code, access, first, end] of asks) {
      operation(++operations, id, service, 1, code, count, count, 0, 0, ns(0), last, 1, rhythm);
      for (let day = 0; day < days; day++) operationHour(operations, startHour + day * 24 + 6, 100, 100, 0, 1);
      range(operations, access, first, end, count);
    }
  };
  const office = (i: number): number => CELLS * CELL + i;
  for (let cell = 0; cell < CELLS; cell++) {
    const plc = cell * CELL;
    const panel = plc + 1;
    for (let k = 2; k < CELL; k++) {
      add(plc, plc + k, 502, 'modbus', DAYS, 200, [[3, 0, 0, 39], [16, 1, 100, 119]]);
      add(plc + k, office(2), 123, 'ntp', DAYS, 64_000);
      add(plc + k, office(3 + (k % 6)), 514, 'syslog', DAYS, 64_000);
    }
    add(panel, plc, 502, 'modbus', DAYS, 1000, [[3, 0, 0, 99], [6, 1, 500, 520]]);
    add(office(0), plc, 502, 'modbus', DAYS, 1000, [[3, 0, 0, 79]]);
    add(office(1), plc, 502, 'modbus', DAYS, 5000, [[4, 0, 0, 49]]);
    add(panel, office(2), 88, 'kerberos', DAYS, 3_600_000);
  }
  // Every office machine with many others: a stride that is prime to their number meets each once.
  const isFull = (): boolean => known.size >= LARGE_CONVERSATIONS;
  for (let step = 1; !isFull(); step++) {
    for (let i = 20; i < OFFICE && !isFull(); i++) add(office(i), office((i + step * 7) % OFFICE), step % 2 === 0 ? 443 : 445, step % 2 === 0 ? 'https' : 'smb', 1 + ((i * step) % DAYS), 60_000);
  }
  row('capture', 'id', 'kind', 'name', 'format', 'head', 'digest', 'size', 'state', 'frames', 'bytes', 'first_ns', 'last_ns', 'rev')(1, 'file', 'large.pcapng', 'pcapng', 'aa', 'd1', 1, 'complete', 1_000_000, 100_000_000, ns(0), END, 1);
  const sensor = row('sensor_hour', 'hour', 'packets', 'bytes', 'lost_segments', 'duplicates', 'rev');
  for (let h = 0; h < DAYS * 24; h++) sensor(startHour + h, 1000, 100_000, 0, 0, 1);
  db.exec(SUM_UP_DAYS);
}
