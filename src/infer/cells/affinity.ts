/**
 * How closely controllers and their local clients belong together. In: the plant with roles, and which assets are
 * already placed. Out: a weighted graph over cell heads (controllers, with their I/O contracted into them) and clients.
 *
 * Weights follow persistence, not volume: bytes and packets would let I/O cycles decide everything. A client counts for
 * less the more controllers it reaches (as a word that stands in every document says nothing about one of them).
 */
import { addToSet } from '../../net/multi-map.ts';
import { isSteady, type Link } from '../activity.ts';
import type { Plant } from '../profiles.ts';
import type { RoleDecision } from '../roles/roles.ts';
import { CLOSE_LOOK_MS } from '../roles/operation.ts';
import { SLOW_BY_DESIGN } from '../service-family.ts';
import { unionFind } from '../union-find.ts';
import { addNode, addWeight, newGraph, type WeightedGraph } from './weighted-graph.ts';

/** Least duty of a cycle that shapes cells: stricter than for roles, a wrong edge glues two cells. */
const CELL_DUTY = 0.25;

export interface Affinity {
  readonly graph: WeightedGraph;
  /** Head (controller) of every controller or I/O that is to be put into a cell. */
  readonly headOf: ReadonlyMap<number, number>;
  readonly heads: readonly number[];
  /** Clients in the graph. */
  readonly clients: readonly number[];
  /** Operator stations of the whole plant, which tie none of its cells. */
  readonly plantWide: ReadonlySet<number>;
  /** Affinity of every polling client to the heads it reaches steadily, in the graph or not. */
  readonly reach: ReadonlyMap<number, ReadonlyMap<number, number>>;
}

/** Closeness of a client to the controller behind one link. */
export function affinityOf(link: Link): number {
  const period = link.cycle?.periodMs ?? 4000;
  return link.duty * (link.writes ? 1.5 : 1) * (0.5 + 0.5 * Math.min(1, 2000 / period)) * (1 + 0.12 * Math.min(4, Math.max(0, link.blocks - 1)));
}

/** The fastest steady poller of each I/O among the controllers to be placed; ties go to the higher duty, then to the lower number. */
function contractIo(plant: Plant, decisions: readonly RoleDecision[], members: ReadonlySet<number>, captured: number): Map<number, number> {
  const headOf = new Map<number, number>();
  for (const member of members) {
    headOf.set(member, member);
    if (decisions[member]!.role !== 'io') continue;
    let best: Link | null = null;
    for (const link of plant.profiles[member]!.controlIn) {
      if (!members.has(link.client) || decisions[link.client]!.role === 'io' || !isSteady(link, CELL_DUTY, captured)) continue;
      if (best === null || link.cycle!.periodMs < best.cycle!.periodMs - 1e-9) best = link;
    }
    if (best !== null) headOf.set(member, best.client);
  }
  return foldHalves(plant, headOf);
}

/**
 * The halves of a redundant pair are one controller: the one that asks and is asked by more stands for both. The other has no devices of its
 * own: two controllers that share data have.
 */
function foldHalves({ halves, profiles }: Plant, headOf: Map<number, number>): Map<number, number> {
  const busy = (index: number): number => profiles[index]!.controlIn.length + profiles[index]!.controlOut.length;
  const devicesOf = (index: number): number[] => profiles[index]!.steadyOut.map(({ server }) => server).filter((server) => halves.get(index) !== server);
  const mainOf = new Map<number, number>();
  for (const [one, other] of halves) {
    if (headOf.get(one) !== one || headOf.get(other) !== other) continue;
    const isMain = busy(one) > busy(other) || (busy(one) === busy(other) && one < other);
    if (isMain && devicesOf(other).every((device) => devicesOf(one).includes(device))) mainOf.set(other, one);
  }
  return new Map([...headOf].map(([member, head]) => [member, mainOf.get(head) ?? head]));
}

export function measureAffinity(plant: Plant, decisions: readonly RoleDecision[], isPlaced: (asset: number) => boolean): Affinity {
  const captured = plant.activity.capturedDays.length;
  const members = new Set<number>();
  const candidates: number[] = [];
  for (const { index } of plant.profiles) {
    const { role } = decisions[index]!;
    // An application that works with few devices ties them, wherever it stands itself; one that collects does not.
    if (role === 'mes') candidates.push(index);
    if (isPlaced(index)) continue;
    if (role === 'plc' || role === 'io' || role === 'safety-controller') members.add(index);
    else if (role === 'hmi' || role === 'opcua-server' || role === 'engineering-workstation') candidates.push(index);
  }
  const headOf = contractIo(plant, decisions, members, captured);
  const heads = [...new Set(headOf.values())].sort((a, b) => a - b);
  const graph = newGraph();
  for (const head of heads) addNode(graph, head);
  const steady = plant.links.filter((link) => link.control && isSteady(link, CELL_DUTY, captured));
  const reach = new Map<number, Map<number, number>>();
  const isCandidate = new Set(candidates);
  for (const link of steady) {
    if (!isCandidate.has(link.client) || (decisions[link.client]!.role === 'mes' && link.cycle!.periodMs > CLOSE_LOOK_MS)) continue;
    const head = headOf.get(link.server);
    if (head === undefined) continue;
    const row = reach.get(link.client) ?? new Map<number, number>();
    reach.set(link.client, row);
    row.set(head, Math.max(row.get(head) ?? 0, affinityOf(link)));
  }
  const siteOf = measureSites(decisions, heads, reach, steady, headOf);
  const siteSize = (client: number): number => siteOf(client).size;
  const { clients, plantWide } = joinClients(graph, decisions, reach, siteOf, heads.length, findSupervising(plant, reach));
  // Data that controllers share at such a pace is one machine's, whatever the protocol: global data, produced tags, states of pairs.
  const shared = plant.links.filter((link) => !link.control && link.service === '' && link.conversation.transport === 'udp' && link.answered && isSteady(link, CELL_DUTY, captured) && link.cycle!.periodMs <= CLOSE_PACE_MS);
  joinControllers(graph, decisions, [...steady, ...shared], headOf, localClients(decisions, reach, clients, siteSize));
  return { graph, headOf, heads, clients, plantWide, reach };
}

interface Site {
  readonly size: number;
  /** A small part of all, of which its clients each reach all, and one controller at most has I/O of its own. */
  readonly isMachine: boolean;
}

/** Of all controllers, those that nothing else reaches are one machine's up to this share: more would be the plant. */
const MOST_OF_MACHINES = 0.25;

/**
 * How many controllers a client's site has: those that control traffic connects with it. A store may hold several
 * sites, and what is plant-wide in one is a small share of all. I/O without a visible controller does not count.
 */
function measureSites(decisions: readonly RoleDecision[], heads: readonly number[], reach: Affinity['reach'], steady: readonly Link[], headOf: ReadonlyMap<number, number>): (client: number) => Site {
  const { find, join } = unionFind(decisions.length);
  for (const [client, row] of reach) for (const head of row.keys()) join(client, head);
  for (const link of steady) if (headOf.has(link.client) && headOf.has(link.server)) join(headOf.get(link.client)!, headOf.get(link.server)!);
  // Sites that share nothing but slow collectors are one site: historians and applications reach everywhere.
  for (const link of steady) if (headOf.has(link.server)) join(link.client, headOf.get(link.server)!);
  const sizes = new Map<number, number>();
  for (const head of heads) if (decisions[head]!.role !== 'io') sizes.set(find(head), (sizes.get(find(head)) ?? 0) + 1);
  const all = new Map<number, number>();
  for (const head of heads) all.set(find(head), (all.get(find(head)) ?? 0) + 1);
  const parted = new Set([...reach].filter(([client, row]) => row.size < all.get(find(client))!).map(([client]) => find(client)));
  // Controllers with I/O of their own are machines of their own.
  const withIo = new Map<number, number>();
  for (const head of new Set([...headOf].filter(([member, head]) => member !== head).map(([, head]) => head))) withIo.set(find(head), (withIo.get(find(head)) ?? 0) + 1);
  const isMachine = (site: number): boolean => !parted.has(site) && (all.get(site) ?? 0) <= MOST_OF_MACHINES * heads.length && (withIo.get(site) ?? 0) <= 1;
  return (client) => ({ size: sizes.get(find(client)) ?? 1, isMachine: isMachine(find(client)) });
}

/** Of what a standby polls, the share that its server polls as well, and the other way round: remote stations may be polled by one of the two. */
const TWIN_OWN = 0.9;
const TWIN_THEIRS = 0.7;

/** A hot standby polls what its SCADA server polls, and serves nobody by which it could be told for one itself. */
function isTwin(decisions: readonly RoleDecision[], reach: Affinity['reach'], client: number): boolean {
  const row = reach.get(client)!;
  return [...reach].some(([server, theirs]) => {
    if (server === client || decisions[server]!.role !== 'hmi' || decisions[server]!.subRole !== 'scada') return false;
    const shared = [...row.keys()].filter((head) => theirs.has(head)).length;
    return shared >= Math.max(TWIN_OWN * row.size, TWIN_THEIRS * theirs.size);
  });
}

/** Two more stations that ask what this one asks: the consoles of one control room. They tie none where they reach most of the plant. */
const FEWEST_LIKES = 2;
const MOST_OF_A_PLANT = 0.5;

function hasLikes(decisions: readonly RoleDecision[], reach: Affinity['reach'], client: number): boolean {
  const row = reach.get(client)!;
  if (row.size < FEWEST_COLLECTED) return false;
  const isLike = (theirs: ReadonlyMap<number, number>): boolean => [...row.keys()].filter((head) => theirs.has(head)).length >= TWIN_OWN * Math.max(row.size, theirs.size);
  return [...reach].filter(([other, theirs]) => other !== client && decisions[other]!.role === 'hmi' && isLike(theirs)).length >= FEWEST_LIKES;
}

/** Stations that look after three outstations or more in protocols slow by design reach as far as there are any, and are of no one cell. */
function findSupervising({ profiles }: Plant, reach: Affinity['reach']): Set<number> {
  const slowly = (client: number): number => new Set(profiles[client]!.steadyOut.filter(({ service }) => SLOW_BY_DESIGN.has(service)).map(({ server }) => server)).size;
  return new Set([...reach.keys()].filter((client) => slowly(client) >= Math.max(FEWEST_COLLECTED, 0.5 * reach.get(client)!.size)));
}

function joinClients(graph: WeightedGraph, decisions: readonly RoleDecision[], reach: Affinity['reach'], siteOf: (client: number) => Site, total: number, supervising: ReadonlySet<number>): Pick<Affinity, 'clients' | 'plantWide'> {
  const clients: number[] = [];
  const plantWide = new Set<number>();
  for (const [client, row] of [...reach].sort(([a], [b]) => a - b)) {
    const { role, subRole } = decisions[client]!;
    const { size: heads, isMachine } = siteOf(client);
    const wide = row.size > 0.34 * heads && heads > 3;
    const isPlantWide = supervising.has(client) || (role === 'hmi' && row.size > MOST_OF_A_PLANT * heads && hasLikes(decisions, reach, client)) || (wide && (subRole === 'scada' || subRole === 'opstation' || (role === 'hmi' && isTwin(decisions, reach, client))));
    if (isPlantWide) plantWide.add(client);
    if (isPlantWide || (role !== 'hmi' && row.size > Math.max(4, 0.3 * heads))) continue;
    // A client that reaches all of a machine says nothing within it, and tells the machine from the others: it is weighed among all.
    const among = Math.max(2, isMachine ? total : heads);
    const rarity = Math.max(0, Math.log(among / row.size) / Math.log(among));
    clients.push(client);
    addNode(graph, client);
    for (const [head, closeness] of row) addWeight(graph, client, head, 2.2 * rarity * closeness);
  }
  return { clients, plantWide };
}

/** For every head the operator stations that watch it closely and little else. */
function localClients(decisions: readonly RoleDecision[], reach: Affinity['reach'], clients: readonly number[], siteSize: (client: number) => number): Map<number, Set<number>> {
  const local = new Map<number, Set<number>>();
  for (const client of clients) {
    const row = reach.get(client)!;
    if (decisions[client]!.role !== 'hmi' || row.size > Math.max(3, 0.34 * siteSize(client))) continue;
    const most = Math.max(...row.values());
    for (const [head, closeness] of row) {
      if (closeness < 0.45 * most) continue;
      addToSet(local, head, client);
    }
  }
  return local;
}

/** Controllers that exchange at this pace or faster run one machine; interlocks between machines are slower. */
const CLOSE_PACE_MS = 250;
const CLOSE_PACE_WEIGHT = 2;
const SLOW_PACE_WEIGHT = 0.7;
/** What units exchange is slower than what controllers of one unit do, where one asks every half second and the other every second or two. */
const SLOW_PACE_MS = 500;
const SLOWEST_WEIGHT = 0.5;

const paceOf = (periodMs: number): number => (periodMs <= CLOSE_PACE_MS ? CLOSE_PACE_WEIGHT : Math.max(SLOWEST_WEIGHT, SLOW_PACE_WEIGHT * Math.sqrt(Math.min(1, SLOW_PACE_MS / periodMs))));
/** Two controllers that ask each other are closer than one that asks another. */
const MUTUAL = 1.5;
/** Controllers that a collecting controller asks, at least. */
const FEWEST_COLLECTED = 3;
const COLLECTS = 1.2;
/** Each local operator station that both have in common, and each that only one of them has. */
const SHARED_STATION = 1.6;
const OWN_STATION = 0.5;

/**
 * Messages between controllers: strong when both share local operator stations, weak when each has its own (then it
 * is an interlock between two cells, which is a conduit and no reason to merge them).
 */
function joinControllers(graph: WeightedGraph, decisions: readonly RoleDecision[], steady: readonly Link[], headOf: ReadonlyMap<number, number>, local: ReadonlyMap<number, ReadonlySet<number>>): void {
  const strongest = new Map<string, { a: number; b: number; weight: number }>();
  for (const link of steady) {
    const a = headOf.get(link.client);
    const b = headOf.get(link.server);
    if (a === undefined || b === undefined || a === b) continue;
    const weight = (decisions[link.server]!.role === 'io' ? 4 : 2) * (link.writes ? 1.25 : 1) * link.duty * paceOf(link.cycle!.periodMs);
    const key = `${a}>${b}`;
    const held = strongest.get(key);
    if (held === undefined || weight > held.weight) strongest.set(key, { a, b, weight });
  }
  // A controller that collects from several others (a gateway, a data concentrator) is the middle of their cell.
  const collected = new Map<number, number>();
  for (const { a } of strongest.values()) collected.set(a, (collected.get(a) ?? 0) + 1);
  for (const { a, b, weight } of strongest.values()) {
    if (collected.get(a)! >= FEWEST_COLLECTED) {
      addWeight(graph, a, b, COLLECTS * weight);
      continue;
    }
    const left = local.get(a);
    const right = local.get(b);
    const back = strongest.get(`${b}>${a}`);
    let shared = 0;
    for (const client of left ?? []) if (right?.has(client) === true) shared++;
    const apart = (left?.size ?? 0) + (right?.size ?? 0) - 2 * shared;
    const factor = Math.min(1.5, Math.max(0.1, 0.8 * SHARED_STATION ** shared * OWN_STATION ** apart));
    addWeight(graph, a, b, weight * factor * (back === undefined ? 1 : MUTUAL));
  }
}
