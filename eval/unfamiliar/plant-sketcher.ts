/**
 * A plant drawn by hand: devices, and who asks whom for what, how often. In: a name and a seed, then calls. Out: hosts,
 * edges and daily counts in the generator's shape (plant-observations.ts), from random numbers of its own. Roles and
 * zones stay with the hosts, for the judge; what a decoder reads of a protocol is said in one table.
 */
import type { Role } from '../../src/infer/proposal.ts';
import type { Access } from '../../src/observation.ts';
import type { GeneratedEdge, GeneratedHost, GeneratedOperation, GeneratedPlant, GeneratedSample } from '../plant-observations.ts';

/** First octets of network cards, by the vendor's short name (IEEE registry). */
const OUI = {
  siemens: '286336', rockwell: '001D9C', schneider: '0080F4', abb: '000C02', phoenix: 'A8741D', wago: '0030DE', beckhoff: '000105', omron: '00000A',
  mitsubishi: '002692', emerson: '0022E5', yokogawa: '000064', ge: '000991', honeywell: '144146', sel: '0030A7', danfoss: '001B08', fanuc: '00E0E4',
  weintek: '000C26', advantech: '00D0C9', moxa: '0090E8', ewon: '003056', meinberg: 'EC4670', sma: '0015BB', keyence: '0001FC', raspberry: 'B827EB',
  dell: '141877', hp: '186024', lenovo: '809621', vmware: '005056', wyse: '008064', cisco: '141923', hirschmann: '008063', fortinet: '00090F', huawei: '00E0FC',
  axis: '00408C', lexmark: '0021B7', tridium: '0001F0', 'johnson-controls': '00108D', unknown: '70B3D5',
  hima: '00E0A1', invensys: '002096', kuka: '0060C8', rexroth: '000B0F', zebra: '00074D', cognex: '00D024', sick: '000677', polycom: '0004F2', hikvision: '040312', apc: '00C0B7', liebert: '000877',
  eaton: '002085', janitza: '000E6B', socomec: '00174A', sierra: '00A0D5', teltonika: '001E42', redlion: '0005E4', westermo: '00077C', endress: '000705', cambium: '000456', rajant: '848D84', atlas: '0050D6',
  lenze: '000A86', trane: '0012EA', carrier: '000252', lantronix: '0080A3', stratus: '0004FC', supermicro: '002590', synology: '001132', brother: '008077', kyocera: '0017C8', frauscher: '64535D', mobility: '703811', symbol: '00A0F8', prosoft: '000D8D',
  pilz: '000248', festo: '000EF0', balluff: '000C8D', turck: '000746', videojet: '00506D', mettler: '00E07C', kongsberg: '0005BE', furuno: '00D01D', 'b&r': '006065', bachmann: '00107E', commend: '000CAB', zenitel: '0013CB', murr: '000F9E', ifm: '000201',
  datalogic: '0007BE', kone: '649FF7', mobotix: '0003C5', krohne: '001D44', staubli: '00A0F3', vacon: '002199', mikrotik: '085531', delta: '001823', unitronics: '000D22', woodward: '00A06F', wartsila: '1C11E1', mitel: '00085D',
} as const;
export type Vendor = keyof typeof OUI;

type Named = readonly [code: number, name: string, access: Access];
interface Wording {
  readonly transport: 'tcp' | 'udp';
  readonly port: number;
  /** Null where the decoder reads no operations. */
  readonly read: Named | null;
  readonly write: Named | null;
  readonly engineer: Named | null;
}
const tcp = (port: number, read: Named | null, write: Named | null, engineer: Named | null = null): Wording => ({ transport: 'tcp', port, read, write, engineer });

const WORDING = {
  modbus: tcp(502, [3, 'Read Holding Registers', 'read'], [6, 'Write Single Register', 'write'], [90, 'Unity Programming', 'program']),
  s7comm: tcp(102, [4, 'Read Var', 'read'], [5, 'Write Var', 'write'], [29, 'Start Upload', 'program']),
  's7comm-plus': tcp(102, [0x33, 'Notification', 'read'], [0x542, 'Set Multi Variables', 'write'], [0x586, 'Get Variable Substream', 'program']),
  enip: tcp(44818, [76, 'Read Tag', 'read'], [77, 'Write Tag', 'write'], [75, 'Program', 'program']),
  opcua: tcp(4840, [826, 'Publish', 'read'], [673, 'Write', 'write'], [527, 'Browse', 'browse']),
  dnp3: tcp(20000, [1, 'Read', 'read'], [5, 'Direct Operate', 'control'], [25, 'Open File', 'program']),
  iec104: tcp(2404, [13, 'M_ME_NC_1', 'read'], [45, 'C_SC_NA_1', 'control']),
  mms: tcp(102, [78, 'InformationReport', 'read'], [5, 'Write', 'write'], [73, 'FileRead', 'read']),
  fins: tcp(9600, [0x101, 'Memory Area Read', 'read'], [0x102, 'Memory Area Write', 'write']),
  melsec: tcp(5007, [0x401, 'Batch Read', 'read'], [0x1401, 'Batch Write', 'write']),
  ads: tcp(48898, [2, 'Read', 'read'], [3, 'Write', 'write']),
  bacnet: { transport: 'udp', port: 47808, read: [14, 'ReadPropertyMultiple', 'read'], write: [15, 'WriteProperty', 'write'], engineer: [20, 'ReinitializeDevice', 'control'] },
  'ge-srtp': tcp(18245, null, null),
} as const satisfies Readonly<Record<string, Wording>>;
export type Protocol = keyof typeof WORDING;

/** A small generator of numbers (Mulberry32, public domain), seeded by FNV-1a of a text. */
function rollFrom(seedText: string): () => number {
  let state = 0x811c9dc5;
  for (const letter of seedText) state = Math.imul(state ^ letter.codePointAt(0)!, 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Dice {
  readonly chance: (probability: number) => boolean;
  readonly between: (low: number, high: number) => number;
  readonly whole: (low: number, high: number) => number;
  readonly pick: <T>(list: readonly T[]) => T;
  readonly sample: <T>(list: readonly T[], count: number) => T[];
}

function diceFrom(roll: () => number): Dice {
  const whole = (low: number, high: number): number => low + Math.floor(roll() * (high - low + 1));
  const pick = <T>(list: readonly T[]): T => list[whole(0, list.length - 1)]!;
  const sample = <T>(list: readonly T[], count: number): T[] => {
    const rest = [...list];
    return Array.from({ length: Math.min(count, list.length) }, () => rest.splice(whole(0, rest.length - 1), 1)[0]!);
  };
  return { chance: (probability) => roll() < probability, between: (low, high) => low + roll() * (high - low), whole, pick, sample };
}

export interface SketchedHost extends GeneratedHost {
  readonly role: Role;
  /** Roles that a person would accept as well. */
  readonly also: readonly Role[];
}

interface HostOptions {
  readonly sub?: string;
  readonly also?: readonly Role[];
  /** First three octets. */
  readonly net?: string;
  readonly mac?: string;
  readonly rtt?: number;
  readonly ext?: boolean;
  readonly bridge?: boolean;
  readonly name?: string;
  readonly win?: boolean;
}

export const DAYS = 56;

type Schedule = GeneratedOperation['sched'] & { readonly rate?: number; readonly days?: readonly number[] };
/** Round the clock. */
export const cyclic = (period: number, cv = 0.05): Schedule => ({ t: 'cont', period, cv });
/** By people on working days, so often a day. */
export const byDay = (rate: number): Schedule => ({ t: 'shift', rate });
/** At any time, so often a week. */
export const byWeek = (rate: number): Schedule => ({ t: 'pois', rate });
/** On these days. */
export const onDays = (days: readonly number[], n: number): Schedule => ({ t: 'sparse', days, n });
export const nightly = (n: number): Schedule => onDays(Array.from({ length: DAYS }, (_, day) => day), n);
/** Every Saturday. */
export const weekly = (n: number): Schedule => onDays(Array.from({ length: DAYS / 7 }, (_, week) => week * 7 + 5), n);
/** On so many days, drawn. */
export const onSomeDays = (dice: Dice, days: number, n: number): Schedule => onDays(dice.sample(Array.from({ length: DAYS }, (_, day) => day), days), n);

interface EdgeOptions {
  readonly unanswered?: boolean;
  /** Nobody saw who asks: the client is whoever was heard first. */
  readonly firstHeard?: boolean;
  readonly byMac?: boolean;
  /** The server asks: a field device that dialled its control centre. */
  readonly reversed?: boolean;
}

export interface SketchedPlant {
  readonly plant: Omit<GeneratedPlant, 'hosts'> & { readonly hosts: readonly SketchedHost[] };
  readonly sample: GeneratedSample;
}

export type Sketcher = ReturnType<typeof sketcherFor>;

export function sketcherFor(name: string, seed: number) {
  const roll = rollFrom(`${name}#${seed}`);
  const dice = diceFrom(roll);
  const hosts: SketchedHost[] = [];
  const edges = new Map<string, GeneratedEdge & { readonly ops: GeneratedOperation[] }>();
  const taken = new Set<string>();
  const secured = new Map<SketchedHost, boolean>();

  const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
  const macOf = (vendor: Vendor): string => `${OUI[vendor]}${(0x100000 + hosts.length * 0x1d + dice.whole(0, 0x1c)).toString(16)}`.match(/../g)!.join(':');
  const address = (net: string | undefined): string => {
    for (;;) {
      const free = `${net ?? `10.10.${dice.whole(0, 255)}`}.${dice.whole(2, 253)}`;
      if (!taken.has(free)) return taken.add(free), free;
    }
  };
  const host = (role: Role, zone: string, vendor: Vendor, given: HostOptions = {}): SketchedHost => {
    const { sub = null, also = [], net, mac, rtt = null, ext = false, bridge = false, name = null, win = false } = given;
    const drawn: SketchedHost = { id: hosts.length, ip: address(net), mac: mac ?? macOf(vendor), role, also, zone, level: null, sub, vlan: null, name, rtt, ext, win, transient: false, wireless: false, external: false, bridge };
    hosts.push(drawn);
    return drawn;
  };
  /** A conversation in a service that is named by its port, or by nothing. */
  const ask = (client: SketchedHost, server: SketchedHost, transport: string, port: number, svc: string, sched: Schedule, given: EdgeOptions = {}, operation: Omit<GeneratedOperation, 'sched'> = { k: 'raw' }): void => {
    const key = `${client.id}>${server.id}:${transport}/${port}`;
    const edge = edges.get(key) ?? { id: edges.size, c: client.id, s: server.id, proto: transport, port, svc, ops: [], ans: given.unanswered !== true, persist: sched.t === 'cont', noise: null, ua: null, firstHeard: given.firstHeard ?? false, byMac: given.byMac ?? false, reversed: given.reversed ?? false };
    if (svc === 'opcua') {
      if (!secured.has(server)) secured.set(server, dice.chance(0.4));
      edges.set(key, { ...edge, ua: secured.get(server) === true ? { policy: 'Basic256Sha256', mode: 'SignAndEncrypt' } : { policy: 'None', mode: 'None' } });
    } else edges.set(key, edge);
    edge.ops.push({ ...operation, sched });
  };
  const speak = (client: SketchedHost, server: SketchedHost, protocol: Protocol, said: Named | null, sched: Schedule): void => {
    const { transport, port } = WORDING[protocol];
    if (said === null) return ask(client, server, transport, port, protocol, sched);
    if (protocol === 'modbus' && said[2] !== 'program') return ask(client, server, transport, port, protocol, sched, {}, { k: 'mb', unit: 1, fc: said[0], lo: server.id % 50, hi: (server.id % 50) + 9 });
    ask(client, server, transport, port, protocol, sched, {}, { k: 'named', named: { protocol, code: said[0], name: said[1], access: said[2] } });
  };
  const poll = (client: SketchedHost, server: SketchedHost, protocol: Protocol, periodMs: number): void => speak(client, server, protocol, WORDING[protocol].read, cyclic(periodMs));
  const write = (client: SketchedHost, server: SketchedHost, protocol: Protocol, perDay: number): void => speak(client, server, protocol, WORDING[protocol].write, byDay(perDay));
  const engineer = (client: SketchedHost, server: SketchedHost, protocol: Protocol, sched: Schedule): void => {
    speak(client, server, protocol, WORDING[protocol].engineer, sched);
    if (WORDING[protocol].engineer === null || protocol === 'mms') ask(client, server, 'tcp', 80, 'http', sched);
  };
  /** Implicit I/O: either end may have been heard first. */
  const exchange = (controller: SketchedHost, device: SketchedHost, service: 'enip-io' | 'profinet-rt', periodMs: number): void => {
    const [client, server] = dice.chance(0.5) ? [controller, device] : [device, controller];
    if (service === 'enip-io') ask(client, server, 'udp', 2222, service, cyclic(periodMs, 0.02), { firstHeard: true });
    else ask(client, server, 'eth-0x8892', 0, service, cyclic(periodMs, 0.01), { firstHeard: true, byMac: true });
  };

  /** Polls and writes, as who operates does. */
  const operate = (client: SketchedHost, server: SketchedHost, protocol: Protocol, periodMs: number, perDay: number): void => {
    poll(client, server, protocol, periodMs);
    write(client, server, protocol, perDay);
  };
  /** A device of a controller: implicit I/O of EtherNet/IP, Modbus for every other protocol. */
  const drive = (controller: SketchedHost, device: SketchedHost, protocol: Protocol): void => {
    if (protocol === 'enip') exchange(controller, device, 'enip-io', 20);
    else poll(controller, device, 'modbus', 100);
  };

  /** A member of a Windows domain. */
  const join = (member: SketchedHost, directory: SketchedHost): void => {
    ask(member, directory, 'udp', 53, 'dns', byDay(dice.between(30, 400)));
    ask(member, directory, 'tcp', 88, 'kerberos', byDay(dice.between(3, 20)));
    ask(member, directory, 'tcp', 389, 'ldap', byDay(dice.between(1, 8)));
    if (dice.chance(0.8)) ask(member, directory, 'udp', 123, 'ntp', cyclic(dice.pick([256_000, 1_024_000])));
  };
  let internet: SketchedHost[] | null = null;
  const web = (client: SketchedHost, servers: number): void => {
    internet ??= times(8, (index) => host('other', 'INTERNET', 'fortinet', { ext: true, net: `34.1.${index}` }));
    for (const server of dice.sample(internet, servers)) ask(client, server, 'tcp', 443, 'https', byDay(dice.between(1, 60)));
  };
  /** Computers of the business with their servers, printers and cameras. */
  const office = (count: number): { readonly directory: SketchedHost; readonly servers: readonly SketchedHost[]; readonly computers: readonly SketchedHost[] } => {
    const directory = host('infrastructure', 'ENT', 'vmware');
    const servers = ([['tcp', 445, 'smb'], ['tcp', 443, 'https'], ['tcp', 1433, 'mssql']] as const).slice(0, 1 + Math.floor(count / 12)).map(([transport, port, svc]) => ({ server: host('enterprise', 'ENT', 'vmware', { sub: svc }), transport, port, svc }));
    const computers = times(count, () => host('enterprise', 'ENT', dice.pick(['dell', 'hp', 'lenovo', 'unknown']), { sub: 'pc' }));
    const printer = host('other', 'ENT', 'lexmark', { sub: 'printer' });
    const recorder = host('enterprise', 'ENT', 'dell', { sub: 'recorder', also: ['other'] });
    for (const camera of times(dice.whole(0, 4), () => host('other', 'ENT', 'axis', { sub: 'camera' }))) ask(recorder, camera, 'tcp', 554, 'rtsp', cyclic(40, 0.3));
    for (const member of [...computers, ...servers.map(({ server }) => server)]) join(member, directory);
    for (const computer of computers) {
      web(computer, dice.whole(2, 6));
      for (const { server, transport, port, svc } of servers) if (dice.chance(0.7)) ask(computer, server, transport, port, svc, byDay(dice.between(1, 30)));
      if (dice.chance(0.5)) ask(computer, printer, 'tcp', 9100, 'print', byDay(2));
    }
    return { directory, servers: servers.map(({ server }) => server), computers };
  };

  const finish = (): SketchedPlant => {
    const plant = { hosts, edges: [...edges.values()], days: DAYS };
    return { plant, sample: { counts: plant.edges.map(({ ops }) => ops.map(({ sched }) => countsOf(sched, roll))) } };
  };
  return { dice, times, host, macOf, ask, poll, write, operate, engineer, exchange, drive, join, web, office, finish };
}

/** Poisson by inversion for small means, by its normal limit for large ones. */
function poisson(mean: number, roll: () => number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * (roll() + roll() + roll() + roll() - 2) * Math.sqrt(3)));
  let count = -1;
  for (let product = 1; product > Math.exp(-mean); product *= roll()) count++;
  return Math.max(0, count);
}

function countsOf(schedule: Schedule, roll: () => number): number[] {
  const { t, period = 1, rate = 0, days = [], n = 1 } = schedule;
  return Array.from({ length: DAYS }, (_, day) => {
    if (t === 'cont') return Math.max(1, Math.round(86_400_000 / period));
    if (t === 'sparse') return days.includes(day) ? n : 0;
    return poisson(t === 'pois' ? rate / 7 : day % 7 >= 5 ? rate * 0.12 : rate, roll);
  });
}
