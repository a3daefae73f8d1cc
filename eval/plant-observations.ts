/**
 * From a generated plant (the generator's own per-day counts) to the ObservationSet that a sensor would have stored:
 * days, operations with ranges, gaps between requests as half-octave bins, and services as the decoder names them (by
 * their bytes where it reads them, else by port). No truth passes through here.
 */
import { serviceByPort } from '../src/net/services.ts';
import type { Access, AddressRecord, Conversation, Day, Fact, ObservationSet, Operation, RegisterRange, RhythmBin } from '../src/observation.ts';

export interface GeneratedHost {
  readonly id: number;
  readonly ip: string;
  readonly mac: string | null;
  readonly role: string;
  readonly zone: string;
  readonly level: number | null;
  readonly sub: string | null;
  readonly vlan: number | null;
  readonly name: string | null;
  readonly rtt: number | null;
  readonly ext: boolean;
  readonly win: boolean;
  readonly transient: boolean;
  readonly wireless: boolean;
  readonly external: boolean;
  /** Announces itself as a bridge (LLDP); the generator's network devices all do. */
  readonly bridge?: boolean;
}

interface Schedule {
  readonly t: string;
  readonly period?: number;
  readonly cv?: number;
  readonly n?: number;
}

export interface GeneratedOperation {
  readonly k: string;
  /** What the decoder calls it, of `k` named. */
  readonly named?: { readonly protocol: string; readonly code: number; readonly name: string; readonly access: Access };
  readonly unit?: number;
  readonly fc?: number;
  readonly lo?: number;
  readonly hi?: number;
  readonly s?: string;
  readonly f?: string;
  readonly sched: Schedule;
  readonly burst?: { readonly period: number; readonly len: number };
}

export interface GeneratedEdge {
  readonly id: number;
  readonly c: number;
  readonly s: number;
  readonly proto: string;
  readonly port: number;
  readonly svc: string;
  readonly ops: readonly GeneratedOperation[];
  readonly ans: boolean;
  readonly persist: boolean;
  readonly hidden?: boolean;
  readonly noise: string | null;
  readonly ua: { readonly policy: string; readonly mode: string } | null;
  /** Nobody saw who asks: the client is whoever was heard first. */
  readonly firstHeard?: boolean;
  /** Without IP. */
  readonly byMac?: boolean;
  /** The server asks: a field device that dialled its control centre. */
  readonly reversed?: boolean;
  /** The sensor hears only what this end sends. */
  readonly onlyFrom?: 'client' | 'server';
}

export interface GeneratedPlant {
  readonly hosts: readonly GeneratedHost[];
  readonly edges: readonly GeneratedEdge[];
  readonly days: number;
}

export interface GeneratedSample {
  readonly counts: readonly (readonly ArrayLike<number>[])[];
}

/** 2025-11-03, a Monday: day 0 of every generated plant. */
const DAY_ZERO = 20395;
const DAY_NS = 86_400_000_000_000n;

const READ_BY_BYTES: Readonly<Record<string, string>> = {
  modbus: 'modbus', opcua: 'opcua', s7: 's7comm', enip: 'enip', iec104: 'iec104', dns: 'dns', s7comm: 's7comm', 's7comm-plus': 's7comm-plus', dnp3: 'dnp3', mms: 'mms', fins: 'fins', melsec: 'melsec',
  bacnet: 'bacnet', ads: 'ads', 'ge-srtp': 'ge-srtp', 'enip-io': 'enip-io', 'profinet-rt': 'profinet-rt',
};

const MODBUS: Readonly<Record<number, readonly [string, Access]>> = {
  1: ['Read Coils', 'read'], 2: ['Read Discrete Inputs', 'read'], 3: ['Read Holding Registers', 'read'], 4: ['Read Input Registers', 'read'],
  5: ['Write Single Coil', 'write'], 6: ['Write Single Register', 'write'], 15: ['Write Multiple Coils', 'write'], 16: ['Write Multiple Registers', 'write'],
  17: ['Report Server ID', 'diagnose'], 22: ['Mask Write Register', 'write'], 23: ['Read/Write Multiple Registers', 'write'], 43: ['Encapsulated Interface Transport', 'browse'], 90: ['Unity Programming', 'program'],
};
const OPCUA: Readonly<Record<string, readonly [number, string, Access]>> = {
  Publish: [826, 'Publish', 'read'], Read: [631, 'Read', 'read'], Write: [673, 'Write', 'write'], Call: [712, 'Call', 'control'], Browse: [527, 'Browse', 'browse'], Session: [461, 'CreateSession', 'browse'],
};
const OTHER: Readonly<Record<string, readonly [number, string, Access]>> = { read: [4, 'Read Var', 'read'], write: [5, 'Write Var', 'write'], upload: [29, 'Start Upload', 'program'], download: [26, 'Request Download', 'program'], program: [75, 'Program', 'program'] };

/** The flow table keeps no longer gaps. */
const LONGEST_GAP_MS = 7_200_000;

const HOUR_NS = DAY_NS / 24n;

/** From the first hour of the first day to the last hour of the last. */
function spanOf(days: readonly Day[]): { firstNs: bigint; lastNs: bigint } {
  const hoursOf = ({ hours = 0xffffff }: Day): number[] => Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => (hours >> hour) & 1);
  const [first, last] = [days[0]!, days.at(-1)!];
  return { firstNs: BigInt(first.day) * DAY_NS + BigInt(hoursOf(first)[0]!) * HOUR_NS, lastNs: BigInt(last.day) * DAY_NS + BigInt(hoursOf(last).at(-1)! + 1) * HOUR_NS - 1n };
}

/** Gaps as the flow table bins them: half octaves of milliseconds. */
function binGaps(gaps: readonly (readonly [number, number])[]): RhythmBin[] {
  const bins = new Map<number, { count: number; sum: number }>();
  for (const [gapMs, count] of gaps) {
    if (!(count > 0) || gapMs >= LONGEST_GAP_MS) continue;
    const key = Math.floor(2 * Math.log2(Math.max(gapMs, 0.001)));
    const bin = bins.get(key) ?? { count: 0, sum: 0 };
    bins.set(key, bin);
    bin.count += count;
    bin.sum += count * gapMs;
  }
  return [...bins].sort(([a], [b]) => a - b).map(([, { count, sum }]) => ({ count, meanMs: sum / count }));
}

/** Phases of several ranges polled with one period: anywhere in it, but always the same. */
const phase = (seed: number, index: number): number => {
  const wave = Math.sin((seed + 1) * 12.9898 + (index + 1) * 78.233) * 43758.5453;
  return wave - Math.floor(wave);
};

const SPREAD = [-1.5, -0.8, -0.25, 0.25, 0.8, 1.5];

/** Gaps of `count` cycles of `periods` ranges with one period. */
function cyclicGaps(periodMs: number, cv: number, ranges: number, count: number, seed: number): [number, number][] {
  const phases = Array.from({ length: ranges }, (_, index) => phase(seed, index)).sort((a, b) => a - b);
  const gaps: [number, number][] = [];
  phases.forEach((at, index) => {
    const next = index + 1 < phases.length ? phases[index + 1]! : phases[0]! + 1;
    // The generator jitters each request by 0.3 * cv * period; a gap is the difference of two.
    for (const z of SPREAD) gaps.push([Math.max(0.5, (next - at) * periodMs + z * 0.42 * cv * periodMs), count / SPREAD.length]);
  });
  return gaps;
}

/** Gaps of events scattered over days: exponential quantiles. */
function scatteredGaps(perDay: readonly number[]): [number, number][] {
  const gaps: [number, number][] = [];
  let last = -1;
  perDay.forEach((count, day) => {
    if (count === 0) return;
    const mean = 86_400_000 / (count + 1);
    const quantiles = count > 1 ? 8 : 0;
    for (let index = 0; index < quantiles; index++) gaps.push([-Math.log(1 - (index + 0.5) / 8) * mean, (count - 1) / 8]);
    if (last >= 0) gaps.push([(day - last) * 86_400_000, 1]);
    last = day;
  });
  return gaps;
}

interface OperationDraft {
  readonly key: string;
  readonly protocol: string;
  readonly unit: number | null;
  readonly code: number;
  readonly name: string;
  readonly access: Access;
  readonly days: Set<number>;
  readonly hours: Map<number, number>;
  readonly ranges: Map<string, RegisterRange>;
  readonly gaps: [number, number][];
  readonly cyclic: Map<number, { cv: number; ranges: number; cycles: number }>;
  requests: number;
}

function nameOperation(op: GeneratedOperation): Pick<OperationDraft, 'protocol' | 'unit' | 'code' | 'name' | 'access'> | null {
  if (op.named !== undefined) return { unit: null, ...op.named };
  if (op.k === 'mb') {
    const [name, access] = MODBUS[op.fc!] ?? [`Function ${op.fc}`, 'diagnose'];
    return { protocol: 'modbus', unit: op.unit!, code: op.fc!, name, access };
  }
  const known = op.k === 'ua' ? OPCUA[op.s!] : op.k === 's7' || op.k === 'enip' ? OTHER[op.f!] : undefined;
  if (known === undefined) return null;
  return { protocol: op.k === 'ua' ? 'opcua' : op.k === 's7' ? 's7comm' : 'enip', unit: null, code: known[0], name: known[1], access: known[2] };
}

const nsOfDay = (day: number): bigint => BigInt(DAY_ZERO + day) * DAY_NS;
const daysOf = (seen: ReadonlySet<number>, hours: ReadonlyMap<number, number>): Day[] =>
  [...seen].sort((a, b) => a - b).map((day) => ({ day: DAY_ZERO + day, hours: hours.get(day) ?? 0xffffff }));

/** Anything between 0 and 1, the same for the same numbers. */
const chance = (...seeds: readonly number[]): number => {
  const wave = Math.sin(seeds.reduce((sum, seed, i) => sum + (seed + 1) * (12.9898 + 65.3 * i), 0.5)) * 43758.5453;
  return wave - Math.floor(wave);
};

const MOST_DRAWN = 12;

/**
 * Hours of a day on which an operation happens: the generator keeps days only, so this is ours. What runs in cycles runs
 * round the clock; jobs have their own hour, and slip by one on one day in ten; people come between 6 and 22 h, and on one
 * occasion in fifty at any time; anything else falls anywhere.
 */
function hoursOn(schedule: Schedule & { readonly all?: boolean }, count: number, edge: number, day: number): number {
  if (schedule.t === 'cont' || count > 500) return 0xffffff;
  if (schedule.t === 'weekly' || schedule.t === 'monthly') {
    const hour = Math.floor(chance(edge) * 24);
    return (1 << hour) | (chance(edge, day) < 0.1 ? 1 << ((hour + 1) % 24) : 0);
  }
  let mask = 0;
  for (let i = 0; i < Math.min(count, MOST_DRAWN); i++) {
    const isPerson = schedule.t === 'shift' && schedule.all !== true && chance(edge, day, i, 1) >= 0.02;
    mask |= 1 << (isPerson ? 6 + Math.floor(chance(edge, day, i) * 16) : Math.floor(chance(edge, day, i) * 24));
  }
  return mask;
}

export function observePlant(plant: GeneratedPlant, sample: GeneratedSample, fromDay: number, toDay: number): ObservationSet {
  const conversations: Conversation[] = [];
  const seen = new Map<number, { first: number; last: number }>();
  const touch = (host: number, days: readonly Day[]): void => {
    const first = days[0]!.day;
    const last = days.at(-1)!.day;
    const held = seen.get(host);
    if (held === undefined) seen.set(host, { first, last });
    else {
      held.first = Math.min(held.first, first);
      held.last = Math.max(held.last, last);
    }
  };
  plant.edges.forEach((drawn, index) => {
    if (drawn.hidden === true) return;
    // Of what has no client, who is heard alone is heard first.
    const edge = drawn.firstHeard === true && drawn.onlyFrom === 'server' ? { ...drawn, c: drawn.s, s: drawn.c, onlyFrom: 'client' as const } : drawn;
    const conversation = observeEdge(plant, sample, edge, index, fromDay, toDay);
    if (conversation === null) return;
    conversations.push(conversation);
    if (conversation.packets.toServer > 0) touch(edge.c, conversation.days);
    if (conversation.packets.toClient > 0) touch(edge.s, conversation.days);
  });
  const addresses = plant.hosts.filter((host) => seen.has(host.id)).map((host): AddressRecord => {
    const { first, last } = seen.get(host.id)!;
    const firstNs = BigInt(first) * DAY_NS;
    const lastNs = BigInt(last + 1) * DAY_NS - 1n;
    const facts: { name: string; value: string }[] = [];
    if (typeof host.name === 'string') facts.push({ name: host.win ? 'netbios.name' : 'lldp.name', value: host.name });
    if (host.bridge ?? host.role === 'net') facts.push({ name: 'lldp.capabilities', value: 'bridge' });
    return { address: host.ip, macs: host.mac === null ? [] : [{ mac: host.mac.toLowerCase(), firstNs, lastNs }], facts, firstNs, lastNs };
  });
  const hours: number[] = [];
  for (let hour = (DAY_ZERO + fromDay) * 24; hour < (DAY_ZERO + toDay) * 24; hour++) hours.push(hour);
  const packets = conversations.reduce((sum, conversation) => sum + conversation.packets.toServer + conversation.packets.toClient, 0);
  return { conversations, addresses, sensor: { packets, bytes: packets * 90, firstNs: nsOfDay(fromDay), lastNs: nsOfDay(toDay), hours, deafHours: [], counters: {}, scans: [] } };
}

function observeEdge(plant: GeneratedPlant, sample: GeneratedSample, edge: GeneratedEdge, index: number, fromDay: number, toDay: number): Conversation | null {
  const drafts = new Map<string, OperationDraft>();
  const allDays = new Set<number>();
  const allHours = new Map<number, number>();
  const encrypted = edge.ua?.mode === 'SignAndEncrypt';
  let requests = 0;
  edge.ops.forEach((op, position) => {
    const counts = sample.counts[index]![position]!;
    const perDay: number[] = [];
    let events = 0;
    for (let day = fromDay; day < toDay; day++) {
      perDay.push(counts[day]!);
      events += counts[day]!;
    }
    if (events === 0) return;
    const factor = op.burst?.len ?? 1;
    const named = encrypted ? null : nameOperation(op);
    const key = named === null ? 'raw' : `${named.protocol}/${named.unit}/${named.code}`;
    const draft: OperationDraft = drafts.get(key) ?? { key, protocol: '', unit: null, code: 0, name: '', access: 'read' as Access, ...named, days: new Set(), hours: new Map(), ranges: new Map(), gaps: [], cyclic: new Map(), requests: 0 };
    drafts.set(key, draft);
    perDay.forEach((count, offset) => {
      if (count === 0) return;
      const day = fromDay + offset;
      draft.days.add(day);
      allDays.add(day);
      const hours = hoursOn(op.sched, count, index, day);
      draft.hours.set(day, (draft.hours.get(day) ?? 0) | hours);
      allHours.set(day, (allHours.get(day) ?? 0) | hours);
    });
    draft.requests += events * factor;
    requests += events * factor;
    if (op.k === 'mb' && op.fc !== 43 && op.fc !== 90 && op.fc !== 17) {
      const access = draft.access === 'write' ? 'write' : 'read';
      const range = `${access}/${op.lo}/${op.hi}`;
      draft.ranges.set(range, { access, first: op.lo!, last: op.hi!, requests: (draft.ranges.get(range)?.requests ?? 0) + events * factor } as RegisterRange);
    }
    if (op.sched.t === 'cont') {
      const held = draft.cyclic.get(op.sched.period!) ?? { cv: op.sched.cv ?? 0.05, ranges: 0, cycles: 0 };
      draft.cyclic.set(op.sched.period!, { ...held, ranges: held.ranges + 1, cycles: Math.max(held.cycles, events) });
    } else if (op.burst !== undefined) {
      draft.gaps.push(...cyclicGaps(op.burst.period, 0.05, 1, events * (op.burst.len - 1), index), ...scatteredGaps(perDay));
    } else if (op.sched.t === 'trig' && op.sched.n! > 500) {
      draft.gaps.push(...cyclicGaps(1000, 0.05, 1, events, index));
    } else draft.gaps.push(...scatteredGaps(perDay));
  });
  if (drafts.size === 0) return null;
  for (const draft of drafts.values()) for (const [period, { cv, ranges, cycles }] of draft.cyclic) draft.gaps.push(...cyclicGaps(period, cv, ranges, cycles, index));
  const days = daysOf(allDays, allHours);
  const client = plant.hosts[edge.c]!;
  const server = plant.hosts[edge.s]!;
  const byBytes = edge.ans ? READ_BY_BYTES[edge.svc] : undefined;
  const byPort = edge.proto === 'tcp' || edge.proto === 'udp' ? serviceByPort(edge.proto, edge.port) : null;
  const service = byBytes !== undefined ? { name: byBytes, by: 'probe' as const } : byPort !== null ? { name: byPort, by: 'port' as const } : { name: '', by: 'none' as const };
  const facts: Fact[] = [];
  if (byBytes === 'opcua') {
    const policy = edge.ua?.policy ?? 'None';
    facts.push({ name: 'opcua.policy', value: `http://opcfoundation.org/UA/SecurityPolicy#${policy}`, toServer: 1, toClient: 1 });
    if (policy === 'None') facts.push({ name: 'opcua.mode', value: 'None', toServer: 1, toClient: 1 });
  }
  if (edge.reversed === true) facts.push({ name: 'direction.reversed', value: 'yes', toServer: 1, toClient: 1 });
  const operations = [...drafts.values()].filter((draft) => draft.key !== 'raw' && edge.ans).map((draft): Operation => ({
    protocol: draft.protocol,
    unit: draft.unit,
    function: draft.code,
    name: draft.name,
    access: draft.access,
    requests: edge.onlyFrom === 'server' ? 0 : draft.requests,
    responses: edge.onlyFrom === 'client' ? 0 : draft.requests,
    errors: 0,
    errorCodes: [],
    ranges: edge.onlyFrom === 'server' ? [] : [...draft.ranges.values()].sort((a, b) => a.first - b.first || a.last - b.last),
    rangesFolded: 0,
    targets: [],
    ...spanOf(daysOf(draft.days, draft.hours)),
    days: daysOf(draft.days, draft.hours),
    rhythm: edge.onlyFrom === 'server' ? [] : binGaps(draft.gaps),
  }));
  const sessions = edge.persist ? Math.ceil(days.length / 3) : Math.max(1, Math.min(requests, days.length * 20));
  const fromClient = edge.onlyFrom !== 'server';
  const fromServer = edge.ans && edge.onlyFrom !== 'client';
  // Nobody sends data over TCP to whom nobody answers: what was heard are tries. Where only answers were heard, nobody knows what was asked when.
  const asked = edge.onlyFrom === 'server' || (edge.proto === 'tcp' && !edge.ans) ? 0 : requests;
  const rttMs = edge.ans ? (server.rtt ?? client.rtt ?? (server.ext || client.ext ? 20 : 1)) : null;
  return {
    id: index + 1,
    client: edge.byMac === true ? client.mac!.toLowerCase() : client.ip,
    server: edge.byMac === true ? server.mac!.toLowerCase() : server.ip,
    transport: edge.proto,
    port: edge.port,
    vlan: server.vlan ?? client.vlan,
    service,
    direction: edge.firstHeard === true ? { by: 'first-packet', confidence: 0.5 } : { by: byBytes === undefined ? 'handshake' : 'protocol', confidence: 0.99 },
    packets: { toServer: fromClient ? requests : 0, toClient: fromServer ? requests : 0 },
    bytes: { toServer: fromClient ? requests * 80 : 0, toClient: fromServer ? requests * 100 : 0 },
    sessions,
    answeredSessions: fromServer ? sessions : 0,
    requests: asked,
    ...spanOf(days),
    days,
    rhythm: asked === 0 ? [] : binGaps([...drafts.values()].flatMap((draft) => draft.gaps)),
    rttMs,
    operations,
    facts,
  };
}
