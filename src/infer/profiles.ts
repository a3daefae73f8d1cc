/**
 * One profile per asset: its links from both sides and the counts that several rules ask for. Built once after the scan
 * filter; the role rules only read it.
 */
import { SAFETY_CONNECTION, SAFETY_FACT } from '../decode/app/cip-safety.ts';
import { addToSet } from '../net/multi-map.ts';
import { REVERSED_FACT, type Access } from '../observation.ts';
import { type Activity, type Diary, isSteady, type Link } from './activity.ts';
import type { Inventory } from './assets.ts';
import { IMPLICIT_IO, opensConnection } from './roles/implicit-io.ts';
import type { Asset, Role } from './proposal.ts';
import { DATABASE_SERVICES, DIRECTORY_SERVICES, SAFETY_SERVICES } from './service-family.ts';
import { FEWEST_DRIVEN } from './unread-service.ts';
import { CONTROL_VENDORS, type VendorClass } from './vendor-class.ts';

export interface Profile {
  readonly index: number;
  readonly asset: Asset;
  readonly vendorClass: VendorClass | null;
  readonly diary: Diary;
  readonly out: Link[];
  readonly in: Link[];
  readonly controlOut: Link[];
  readonly controlIn: Link[];
  readonly steadyOut: Link[];
  readonly steadyIn: Link[];
  /** Service name to the distinct servers asked, or clients served. */
  readonly uses: Map<string, Set<number>>;
  readonly serves: Map<string, Set<number>>;
  /** Steady control polling at scan-cycle pace: only controllers do that. */
  scanCycles: number;
  /** Logs on to a directory, or updates from one: an IT operating system. */
  directoryClient: boolean;
  /** Clearly a computer. */
  computer: boolean;
  /** Distinct public servers asked over TCP. */
  internetServers: number;
  fromInternet: boolean;
  /** Has a public address, and is none that the plant asks as it asks its controllers. */
  outside: boolean;
  /** Controllers this asset engineers. */
  readonly engineered: Set<number>;
  /** Controllers it writes to without engineering them. */
  readonly written: Set<number>;
  /** Answers a control protocol and is no computer, or drives devices at scan-cycle pace though nobody was heard asking it. */
  controller: boolean;
  speaksSafety: boolean;
}

export interface Plant {
  readonly inventory: Inventory;
  readonly activity: Activity;
  readonly links: readonly Link[];
  readonly profiles: readonly Profile[];
  readonly controllers: readonly Profile[];
  /** Share of controllers that anybody is seen to write. */
  readonly writtenShare: number;
  /** Controllers that exchange fast datagrams with another one. */
  readonly datagramPeers: ReadonlySet<number>;
  /** Of each half of a redundant pair, the other one. */
  readonly halves: ReadonlyMap<number, number>;
}

/** The slowest polling that still looks like a controller's own I/O scan. */
export const SCAN_CYCLE_MS = 300;

/** Least duty of a cycle that counts as designed, for roles. */
const ROLE_DUTY = 0.2;

export const countServed = (profile: Profile, service: string): number => profile.serves.get(service)?.size ?? 0;
export const countUsed = (profile: Profile, service: string): number => profile.uses.get(service)?.size ?? 0;
export const usesDatabase = (profile: Profile): boolean => [...DATABASE_SERVICES].some((service) => profile.uses.has(service));
export const servesDatabase = (profile: Profile): boolean => [...DATABASE_SERVICES].some((service) => profile.serves.has(service));
export const clientsOf = (links: readonly Link[]): number[] => [...new Set(links.map((link) => link.client))];
export const serversOf = (links: readonly Link[]): number[] => [...new Set(links.map((link) => link.server))];

/** Has a network card of a vendor of network equipment as its own: what polls controllers stands behind the router whose card it is. */
export const isNetworkEquipment = (profile: Profile): boolean => profile.vendorClass === 'network' && (profile.asset.bridge || profile.steadyOut.length === 0);

const CONTROLLER_VENDORS: ReadonlySet<VendorClass | null> = new Set<VendorClass | null>(['controller', 'rtu', 'safety', 'field-gateway', null]);

const LOOKS: ReadonlySet<Access> = new Set<Access>(['browse', 'read', 'diagnose']);

/**
 * Polls controllers like an operator and is looked at now and then, never in a cycle and never written or programmed: a
 * panel or a server that an engineering tool found while it browsed.
 */
const isOnlyBrowsed = (profile: Profile): boolean =>
  profile.steadyOut.length > 0 && profile.scanCycles === 0 && profile.controlIn.every(({ cycle, conversation }) => cycle === null && conversation.operations.every(({ access }) => LOOKS.has(access)));

/**
 * Polls devices at scan-cycle pace, as controllers do; the devices ask nobody, and are polled by nobody whose pace is another. What it polls
 * so besides are controllers that ask it back.
 */
function drivesDevices(profile: Profile, profiles: readonly Profile[]): boolean {
  const polled = profile.steadyOut.filter((link) => link.cycle!.periodMs <= SCAN_CYCLE_MS).map(({ server }) => profiles[server]!);
  const devices = polled.filter(({ steadyOut }) => steadyOut.length === 0);
  const askBack = ({ steadyOut, out }: Profile): boolean => steadyOut.length === 0 || out.some(({ server, cycle }) => server === profile.index && cycle !== null);
  return devices.length > 0 && polled.every(askBack) && devices.every(({ steadyIn }) => steadyIn.every(({ client }) => client === profile.index || profiles[client]!.scanCycles > 0));
}

/**
 * Nothing but a controller leads the implicit I/O of several devices, or was heard opening that of one, whatever card it has: soft
 * controllers run on computers.
 */
function leadsImplicitIo({ steadyOut, out }: Profile): boolean {
  const devices = serversOf(steadyOut.filter(({ service }) => IMPLICIT_IO.has(service)));
  return devices.length > 1 || out.some((link) => opensConnection(link) && devices.includes(link.server));
}

/** Cyclic datagrams in a protocol of one's own at scan-cycle pace, to several devices: operator stations ask over sessions, and slower. */
const sendsCyclicDatagrams = ({ steadyOut }: Profile): boolean =>
  new Set(steadyOut.filter(({ service, cycle, conversation }) => service === '' && conversation.transport === 'udp' && cycle!.periodMs <= SCAN_CYCLE_MS).map(({ server }) => server)).size >= FEWEST_DRIVEN;

function decideController(profile: Profile, profiles: readonly Profile[]): boolean {
  // Nobody was heard asking it, and yet it drives devices: its own protocol is not read, or stays on another network.
  if (profile.controlIn.length === 0) {
    if (profile.directoryClient || profile.internetServers > 0) return false;
    if (leadsImplicitIo(profile)) return true;
    if (profile.computer || !drivesDevices(profile, profiles)) return false;
    return CONTROL_VENDORS.has(profile.vendorClass) || (profile.vendorClass === null && sendsCyclicDatagrams(profile));
  }
  if (profile.directoryClient || isOnlyBrowsed(profile)) return false;
  // A network card may lie about its carrier; what answers a field protocol is a controller, soft or hard.
  if (profile.scanCycles > 0 || profile.controlIn.some((link) => link.service !== 'opcua')) return true;
  if (profile.computer) return false;
  // OPC UA alone is spoken by servers on computers too.
  return profile.vendorClass === 'controller' || (CONTROLLER_VENDORS.has(profile.vendorClass) && profile.steadyOut.length === 0);
}

/** Roles go by who asks, whoever opened the connection. */
const asAsked = (link: Link): Link =>
  link.conversation.facts.some(({ name }) => name === REVERSED_FACT) ? { ...link, client: link.server, server: link.client } : link;

const opensSafety = ({ conversation }: Link): boolean => conversation.facts.some(({ name, value, toServer }) => name === SAFETY_FACT && value === SAFETY_CONNECTION && toServer > 0);

export function profilePlant(inventory: Inventory, activity: Activity, links: readonly Link[]): Plant {
  const captured = activity.capturedDays.length;
  const profiles: Profile[] = inventory.assets.map((asset, index) => ({
    index,
    asset,
    vendorClass: asset.vendorClass as VendorClass | null,
    diary: activity.presence[index]!,
    out: [],
    in: [],
    controlOut: [],
    controlIn: [],
    steadyOut: [],
    steadyIn: [],
    uses: new Map(),
    serves: new Map(),
    scanCycles: 0,
    directoryClient: false,
    computer: false,
    internetServers: 0,
    fromInternet: false,
    outside: false,
    engineered: new Set(),
    written: new Set(),
    controller: false,
    speaksSafety: false,
  }));
  for (const link of links.map(asAsked)) {
    const client = profiles[link.client]!;
    const server = profiles[link.server]!;
    client.out.push(link);
    server.in.push(link);
    addToSet(client.uses, link.service, link.server);
    addToSet(server.serves, link.service, link.client);
    if (!link.control) continue;
    client.controlOut.push(link);
    server.controlIn.push(link);
    if (SAFETY_SERVICES.has(link.service)) server.speaksSafety = true;
    // Who is asked may be safety I/O, or both a controller and what it guards: its own requests tell.
    if (opensSafety(link)) client.speaksSafety = true;
    if (link.engineers) client.engineered.add(link.server);
    else if (link.writes) client.written.add(link.server);
    if (!isSteady(link, ROLE_DUTY, captured)) continue;
    client.steadyOut.push(link);
    server.steadyIn.push(link);
    if (link.cycle!.periodMs <= SCAN_CYCLE_MS) client.scanCycles++;
  }
  for (const profile of profiles) profile.outside = profile.asset.external && !isOutstation(profile, profiles);
  for (const profile of profiles) {
    profile.directoryClient = [...DIRECTORY_SERVICES].some((service) => service !== 'dns' && profile.uses.has(service)) || profile.uses.has('wsus');
    profile.computer = profile.directoryClient || profile.vendorClass === 'pc';
    const publicServers = new Set<number>();
    for (const link of profile.out) if (profiles[link.server]!.outside && link.conversation.transport === 'tcp') publicServers.add(link.server);
    profile.internetServers = publicServers.size;
    profile.fromInternet = profile.in.some((link) => profiles[link.client]!.outside);
  }
  for (const profile of profiles) profile.controller = !profile.outside && decideController(profile, profiles);
  const controllers = profiles.filter((profile) => profile.controller);
  const written = controllers.filter((profile) => profile.controlIn.some((link) => link.writes)).length;
  return { inventory, activity, links, profiles, controllers, writtenShare: written / Math.max(1, controllers.length), datagramPeers: findDatagramPeers(profiles, controllers), halves: findHalves(profiles) };
}

/** The slowest exchange of two controllers that guard something together. */
const PEER_PACE_MS = 500;

/**
 * Controllers that send each other fast datagrams of one port, in a protocol that is known for safety or not known at all.
 * Both are asked by others as well: what answers nobody but one controller is a device of it.
 */
function findDatagramPeers(profiles: readonly Profile[], controllers: readonly Profile[]): Set<number> {
  const peers = new Set<number>();
  for (const profile of controllers) {
    for (const { conversation, service, cycle, server } of profile.out) {
      if (conversation.transport !== 'udp' || (service !== '' && !SAFETY_SERVICES.has(service)) || cycle === null || cycle.periodMs > PEER_PACE_MS) continue;
      const peer = profiles[server]!;
      const isMutual = conversation.packets.toClient > conversation.packets.toServer / 2 || peer.out.some((back) => back.server === profile.index && back.conversation.port === conversation.port);
      const areAsked = profile.controlIn.some(({ client }) => client !== server) && peer.controlIn.some(({ client }) => client !== profile.index);
      if (peer.controller && isMutual && areAsked) peers.add(profile.index).add(server);
    }
  }
  return peers;
}

/**
 * Redundant controllers come in pairs of one make, and each half asks the other for its state, on one port and in a protocol of their
 * own. I/O answers and does not ask back; controllers that share data do so with more than one.
 */
function findHalves(profiles: readonly Profile[]): Map<number, number> {
  const partners = new Map<number, Set<number>>();
  for (const { index, asset, computer, out } of profiles) {
    if (computer || !CONTROL_VENDORS.has(asset.vendorClass as VendorClass | null)) continue;
    for (const { conversation, service, cycle, server } of out) {
      if (service !== '' || cycle === null || cycle.periodMs > PEER_PACE_MS) continue;
      const peer = profiles[server]!;
      const asksBack = peer.out.some((back) => back.server === index && back.cycle !== null && back.conversation.port === conversation.port && back.conversation.transport === conversation.transport);
      if (asksBack && peer.asset.vendor === asset.vendor) addToSet(partners, index, server);
    }
  }
  const only = (index: number): number | undefined => (partners.get(index)?.size === 1 ? [...partners.get(index)!][0] : undefined);
  return new Map([...partners.keys()].filter((index) => only(index) !== undefined && only(only(index)!) === index).map((index) => [index, only(index)!]));
}

/** The plant asks it in a cycle in a control protocol, by its octets and not its port: an outstation behind a public network, as pumps and substations are reached by radio. */
const isOutstation = ({ steadyIn }: Profile, profiles: readonly Profile[]): boolean =>
  steadyIn.some(({ client, conversation }) => conversation.service.by === 'probe' && !profiles[client]!.asset.external);

/** What an asset polls steadily among the controllers. */
export interface Polling {
  readonly targets: ReadonlySet<number>;
  readonly fastestMs: number;
  /** Median over the targets: what it needs, apart from single exceptions. */
  readonly typicalMs: number;
}

/** What the rules of one pass may ask: the plant, and the roles of the pass before (null in the first). */
export interface RolePass {
  readonly plant: Plant;
  readonly profiles: readonly Profile[];
  readonly polling: readonly Polling[];
  readonly before: readonly Role[] | null;
  /** Controllers that operators run, as far as known. */
  readonly operated: ReadonlySet<number>;
  readonly subRoleBefore: readonly (string | null)[];
  /** Number of controllers that are not I/O, as far as known. */
  readonly controllerCount: number;
  readonly capturedDays: number;
}

export const hasRole = (pass: Pick<RolePass, 'before'>, index: number, ...roles: readonly Role[]): boolean => pass.before !== null && roles.includes(pass.before[index]!);

/** Panels that serve OPC UA answer like controllers; once they are known for panels they no longer count. */
export function measurePolling(plant: Plant, before: readonly Role[] | null): Polling[] {
  const isController = (index: number): boolean => plant.profiles[index]!.controller && (before === null || hasRole({ before }, index, 'plc', 'io', 'safety-controller'));
  return plant.profiles.map((profile) => {
    const fastest = new Map<number, number>();
    for (const link of profile.steadyOut) {
      if (isController(link.server)) fastest.set(link.server, Math.min(fastest.get(link.server) ?? Infinity, link.cycle!.periodMs));
    }
    const periods = [...fastest.values()].sort((a, b) => a - b);
    return { targets: new Set(fastest.keys()), fastestMs: periods[0] ?? Infinity, typicalMs: periods[periods.length >> 1] ?? Infinity };
  });
}

/** Operators write as a habit; a few writes in four weeks (fewer in less) may be the very violation that is looked for. */
const FEW_WRITE_DAYS = 3;
const fewWriteDays = (capturedDays: number): number => Math.min(FEW_WRITE_DAYS, Math.max(0, (FEW_WRITE_DAYS * (capturedDays - 14)) / 14));
export const mayWrite = (link: Link, capturedDays: number): boolean => link.opaque || (link.writes && link.writeDays > fewWriteDays(capturedDays));

/** Controllers to which an operator station may write as a habit. */
export const findOperated = (plant: Plant, before: readonly Role[] | null): Set<number> =>
  new Set(plant.controllers.filter((profile) => profile.controlIn.some((link) => mayWrite(link, plant.activity.capturedDays.length) && hasRole({ before }, link.client, 'hmi'))).map(({ index }) => index));
