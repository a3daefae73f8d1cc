/** Observations for tests, written short: everything that a test does not say is unremarkable. */
import type { Access, AddressRecord, Conversation, Day, Fact, ObservationSet, Operation, RegisterRange } from '../../src/observation.ts';

/** 2026-01-05, a Monday. */
export const MONDAY = 20458;

const DAY_NS = 86_400_000_000_000n;

const dayNs = (day: number, hour = 12): bigint => BigInt(day) * DAY_NS + BigInt(hour) * 3_600_000_000_000n;

export const daysFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

const inHours = (days: readonly number[], hours: readonly number[] | undefined): Day[] => days.map((day) => (hours === undefined ? { day } : { day, hours: hours.reduce((mask, hour) => mask | (1 << hour), 0) }));

export interface ModbusAsked {
  readonly code: number;
  readonly unit?: number;
  /** `[first, last]`; of the access that the code has. */
  readonly ranges?: readonly (readonly [number, number])[];
  readonly days?: readonly number[];
}

const MODBUS_NAMES: Readonly<Record<number, readonly [string, Access]>> = {
  1: ['Read Coils', 'read'], 3: ['Read Holding Registers', 'read'], 4: ['Read Input Registers', 'read'], 5: ['Write Single Coil', 'write'], 6: ['Write Single Register', 'write'],
  8: ['Diagnostics', 'diagnose'], 16: ['Write Multiple Registers', 'write'], 43: ['Encapsulated Interface Transport', 'browse'], 90: ['Unity Programming', 'program'],
};

const modbusOperation = ({ code, unit = 1, ranges = [[0, 9]], days = daysFrom(MONDAY, 28) }: ModbusAsked): Operation => {
  const [name, access] = MODBUS_NAMES[code] ?? [`Function ${code}`, 'program'];
  const addressed = [1, 2, 3, 4, 5, 6, 15, 16].includes(code);
  return {
    protocol: 'modbus', unit, function: code, name, access, requests: days.length * 100, responses: days.length * 100, errors: 0, errorCodes: [],
    ranges: addressed ? ranges.map(([first, last]): RegisterRange => ({ access: access === 'write' ? 'write' : 'read', first, last, requests: days.length * 100 })) : [],
    rangesFolded: 0, targets: [], firstNs: dayNs(days[0], 8), lastNs: dayNs(days.at(-1) ?? days[0], 16), days: inHours(days, undefined), rhythm: [],
  };
};

export const namedOperation = (protocol: string, code: number, name: string, access: Access, days: readonly number[] = daysFrom(MONDAY, 28)): Operation => ({
  protocol, unit: null, function: code, name, access, requests: days.length * 10, responses: days.length * 10, errors: 0, errorCodes: [], ranges: [], rangesFolded: 0, targets: [],
  firstNs: dayNs(days[0], 8), lastNs: dayNs(days.at(-1) ?? days[0], 16), days: inHours(days, undefined), rhythm: [],
});

export interface Asked {
  readonly transport?: string;
  readonly port?: number;
  readonly service?: string;
  readonly vlan?: number | null;
  readonly days?: readonly number[];
  readonly operations?: readonly Operation[];
  readonly facts?: readonly (readonly [string, string])[];
  readonly answered?: boolean;
  readonly oneWay?: boolean;
  readonly direction?: Conversation['direction'];
  readonly sessions?: number;
  readonly firstHour?: number;
  readonly lastHour?: number;
  readonly rhythm?: Conversation['rhythm'];
  /** Hours (UTC) of every day. */
  readonly hours?: readonly number[];
}

let nextId = 1;

export const conversation = (client: string, server: string, asked: Asked = {}): Conversation => {
  const days = asked.days ?? daysFrom(MONDAY, 28);
  const answered = asked.answered ?? true;
  return {
    id: nextId++, client, server, transport: asked.transport ?? 'tcp', port: asked.port ?? 502, vlan: asked.vlan ?? null,
    service: { name: asked.service ?? 'modbus', by: 'probe' }, direction: asked.direction ?? { by: 'handshake', confidence: 0.95 },
    packets: { toServer: 1000, toClient: answered && asked.oneWay !== true ? 1000 : 0 }, bytes: { toServer: 80_000, toClient: answered ? 90_000 : 0 },
    sessions: asked.sessions ?? days.length, answeredSessions: answered ? (asked.sessions ?? days.length) : 0, requests: days.length * 100,
    firstNs: dayNs(days[0], asked.firstHour ?? 8), lastNs: dayNs(days.at(-1) ?? days[0], asked.lastHour ?? 16), days: inHours(days, asked.hours), rhythm: asked.rhythm ?? [], rttMs: 1,
    operations: asked.operations ?? [], facts: (asked.facts ?? []).map(([name, value]): Fact => ({ name, value, toServer: 1, toClient: 1 })),
  };
};

export const modbus = (client: string, server: string, asks: readonly ModbusAsked[] = [{ code: 3 }], asked: Asked = {}): Conversation =>
  conversation(client, server, { ...asked, ...(asks[0].days === undefined ? {} : { days: asks[0].days }), operations: asks.map(modbusOperation) });

export const addressRecord = (address: string, macs: readonly string[] = [], names: readonly string[] = []): AddressRecord => ({
  address, macs: macs.map((mac) => ({ mac, firstNs: dayNs(MONDAY), lastNs: dayNs(MONDAY + 27) })), facts: names.map((value) => ({ name: 'lldp.name', value })), firstNs: dayNs(MONDAY), lastNs: dayNs(MONDAY + 27),
});

export const observations = (conversations: readonly Conversation[], days: readonly number[] = daysFrom(MONDAY, 28), addresses: readonly AddressRecord[] = []): ObservationSet => ({
  conversations: conversations.map((one, i) => ({ ...one, id: i + 1 })),
  addresses,
  sensor: {
    packets: conversations.length * 2000, bytes: conversations.length * 170_000, firstNs: dayNs(days[0], 0), lastNs: dayNs((days.at(-1) ?? days[0]) + 1, 0) - 1n,
    hours: days.flatMap((day) => Array.from({ length: 24 }, (_, hour) => day * 24 + hour)), deafHours: [], counters: {}, scans: [],
  },
});
