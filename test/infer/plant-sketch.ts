/** Small plants drawn by hand: a few lines per conversation, as a sensor would have stored them after four weeks. */
import type { Access, AddressRecord, Conversation, Fact, ObservationSet, Operation, RhythmBin } from '../../src/observation.ts';

const FIRST_DAY = 20395; // 2025-11-03, a Monday
const DAY_NS = 86_400_000_000_000n;

export interface Sketch {
  readonly client: string;
  readonly server: string;
  readonly service: string;
  /** Its octets told it, where that is not the usual. */
  readonly isProven?: true;
  readonly transport?: string;
  readonly port?: number;
  readonly periodMs?: number;
  /** Offsets of the days on which it was seen; every day by default. */
  readonly days?: readonly number[];
  readonly perDay?: number;
  /** Bits of the hours on each day; nobody kept them by default. */
  readonly hours?: number;
  readonly answered?: boolean;
  readonly operations?: readonly (readonly [name: string, access: Access, code: number])[];
  readonly facts?: readonly (readonly [string, string])[];
  readonly rttMs?: number;
}

export interface Host {
  readonly address: string;
  readonly mac?: string;
  readonly facts?: readonly (readonly [string, string])[];
  readonly firstDay?: number;
  readonly lastDay?: number;
}

export const everyDay = (count: number): number[] => Array.from({ length: count }, (_, day) => day);

const PORTS: Readonly<Record<string, number>> = { modbus: 502, opcua: 4840, s7comm: 102, tristation: 1502, dns: 53, kerberos: 88, https: 443, http: 80, ssh: 22, rdp: 3389, smb: 445, snmp: 161, ntp: 123, mssql: 1433, pi: 5450 };
const PROBED = new Set(['modbus', 'opcua', 's7comm']);

const READ: readonly (readonly [string, Access, number])[] = [['Read Holding Registers', 'read', 3]];

function sketchConversation(sketch: Sketch, id: number, length: number): Conversation {
  const days = sketch.days ?? everyDay(length);
  const perDay = sketch.perDay ?? (sketch.periodMs === undefined ? 2 : Math.round(86_400_000 / sketch.periodMs));
  const requests = perDay * days.length;
  const answered = sketch.answered ?? true;
  const transport = sketch.transport ?? (['dns', 'snmp', 'ntp', 'tristation'].includes(sketch.service) ? 'udp' : 'tcp');
  const firstNs = BigInt(FIRST_DAY + days[0]) * DAY_NS;
  const lastNs = BigInt(FIRST_DAY + days.at(-1)! + 1) * DAY_NS - 1n;
  const seen = days.map((day) => ({ day: FIRST_DAY + day, ...(sketch.hours === undefined ? {} : { hours: sketch.hours }) }));
  const rhythm: RhythmBin[] = sketch.periodMs === undefined ? [] : [{ count: Math.max(4, requests - days.length), meanMs: sketch.periodMs }];
  const operations = (sketch.operations ?? (PROBED.has(sketch.service) ? READ : [])).map(([name, access, code], index): Operation => ({
    protocol: sketch.service,
    unit: sketch.service === 'modbus' ? 1 : null,
    function: code,
    name,
    access,
    requests: index === 0 ? requests : days.length,
    responses: requests,
    errors: 0,
    errorCodes: [],
    ranges: sketch.service === 'modbus' && access === 'read' ? [{ access: 'read', first: 0, last: 9, requests }] : [],
    rangesFolded: 0,
    targets: [],
    firstNs,
    lastNs,
    days: seen,
    rhythm: index === 0 ? rhythm : [],
  }));
  const facts = (sketch.facts ?? []).map(([name, value]): Fact => ({ name, value, toServer: 1, toClient: 1 }));
  return {
    id,
    client: sketch.client,
    server: sketch.server,
    transport,
    port: sketch.port ?? PORTS[sketch.service] ?? 9999,
    vlan: null,
    service: { name: sketch.service, by: sketch.isProven === true || PROBED.has(sketch.service) ? 'probe' : sketch.service === '' ? 'none' : 'port' },
    direction: { by: 'handshake', confidence: 1 },
    packets: { toServer: requests, toClient: answered ? requests : 0 },
    bytes: { toServer: requests * 80, toClient: answered ? requests * 90 : 0 },
    sessions: 1,
    answeredSessions: answered ? 1 : 0,
    // Nobody sends data over TCP to whom nobody answers.
    requests: answered || transport !== 'tcp' ? requests : 0,
    firstNs,
    lastNs,
    days: seen,
    rhythm,
    rttMs: answered ? (sketch.rttMs ?? 1) : null,
    operations,
    facts,
  };
}

/** Vendors by the first three octets, so that tests need no registry. */
const VENDORS: Readonly<Record<string, string>> = { '00:00:01': 'Rockwell Automation', '00:00:02': 'Dell Inc.', '00:00:03': 'HIMA Paul Hildebrandt GmbH', '00:00:04': 'Cisco Systems, Inc', '00:00:05': 'VMware, Inc.', '00:00:06': 'Weintek Labs. Inc.', '00:00:07': 'Moxa Technologies Corp.', '00:00:08': 'Gupsy GmbH', '00:00:09': 'eWON' };
export const vendorOf = (mac: string): string | null => VENDORS[mac.slice(0, 8)] ?? null;

export const mac = (vendor: 'controller' | 'pc' | 'safety' | 'network' | 'virtual' | 'panel' | 'field-gateway' | 'unclassed' | 'modem', number: number): string =>
  `00:00:0${['controller', 'pc', 'safety', 'network', 'virtual', 'panel', 'field-gateway', 'unclassed', 'modem'].indexOf(vendor) + 1}:00:${Math.floor(number / 256).toString(16).padStart(2, '0')}:${(number % 256).toString(16).padStart(2, '0')}`;

export function sketchPlant(hosts: readonly Host[], sketches: readonly Sketch[], length = 28): ObservationSet {
  const addresses = hosts.map((host): AddressRecord => {
    const firstNs = BigInt(FIRST_DAY + (host.firstDay ?? 0)) * DAY_NS;
    const lastNs = BigInt(FIRST_DAY + (host.lastDay ?? length - 1) + 1) * DAY_NS - 1n;
    return { address: host.address, macs: host.mac === undefined ? [] : [{ mac: host.mac, firstNs, lastNs }], facts: (host.facts ?? []).map(([name, value]) => ({ name, value })), firstNs, lastNs };
  });
  const hours = Array.from({ length: length * 24 }, (_, hour) => FIRST_DAY * 24 + hour);
  return { conversations: sketches.map((sketch, index) => sketchConversation(sketch, index + 1, length)), addresses, sensor: { packets: 1, bytes: 1, firstNs: null, lastNs: null, hours, deafHours: [], counters: {}, scans: [] } };
}
