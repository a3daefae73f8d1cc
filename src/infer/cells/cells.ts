/**
 * Cells by process unit: communities of the affinity graph, at a resolution that does not merge small cells, then a
 * second look at every community, because modularity misses small parts of a large graph (Fortunato and Barthélemy,
 * PNAS 2007) and tears stars. Out: a community per controller and I/O, and the share of each client's affinity per community.
 */
import { addTo } from '../../net/multi-map.ts';
import { type Affinity, measureAffinity } from './affinity.ts';
import { applyHints, type HintVerdict } from './hints.ts';
import { findCommunities } from './louvain.ts';
import type { Plant } from '../profiles.ts';
import { ROLES } from '../proposal.ts';
import type { RoleDecision } from '../roles/roles.ts';

export interface Cells {
  /** Community of every controller and I/O to be placed; communities are numbered in no meaningful order. */
  readonly cellOf: ReadonlyMap<number, number>;
  /** Communities. */
  readonly count: number;
  readonly affinity: Affinity;
  readonly hints: readonly HintVerdict[];
  /** Controllers that no private traffic ties to any other: their cell cannot be told from traffic. */
  readonly alone: ReadonlySet<number>;
}

/** Plateau between 1.3 and 2 on generated plants. */
export const RESOLUTION = 1.6;

/** Total weights between which the resolution holds as it is; beyond, it follows, so that a cell's size stays what it is. */
const FULL_WEIGHT = 160;
const LARGE_WEIGHT = 640;

/** A community is split when its parts exchange less than this share of its weight. */
const THIN_CUT = 0.13;
/** Parts of parts are looked at as well. */
const MOST_SPLITS = 4;

export function findCells(plant: Plant, decisions: readonly RoleDecision[], isPlaced: (asset: number) => boolean, bindings: readonly Binding[], resolution: number): Cells {
  const affinity = measureAffinity(plant, decisions, isPlaced);
  const hints = applyHints(plant, affinity);
  const { graph, heads, clients, headOf } = affinity;
  const nodes = [...heads, ...clients];
  const colour = (node: number): number => ROLES.indexOf(decisions[node]!.role);
  const community = findCommunities(graph, nodes, resolution * scaleOf(affinity), colour);
  for (let round = 0; round < MOST_SPLITS && splitCommunities(affinity, community, colour); round++);
  mendStars(affinity, community);
  partMachines(affinity, community);
  const cellOf = new Map<number, number>();
  for (const [member, head] of headOf) cellOf.set(member, community.get(head)!);
  bind(cellOf, bindings);
  const alone = new Set(heads.filter((head) => (graph.neighbours.get(head)?.size ?? 0) === 0));
  return { cellOf, count: new Set(cellOf.values()).size, affinity, hints, alone };
}

/** Two members that a person wants together (or apart). */
export interface Binding {
  readonly a: number;
  readonly b: number;
  readonly together: boolean;
}

/**
 * Modularity compares with what chance would give in a graph of that total weight; in a plant of a few controllers that
 * is so little that single sessions split off, and in a very large one so much that whole cells merge. The resolution
 * follows the weight at both ends.
 */
function scaleOf({ graph }: Affinity): number {
  let total = 0;
  for (const row of graph.neighbours.values()) for (const weight of row.values()) total += weight / 1e6;
  return Math.min(1, total / FULL_WEIGHT) * Math.max(1, total / LARGE_WEIGHT);
}

function splitCommunities({ graph, heads }: Affinity, community: Map<number, number>, colour: (node: number) => number): boolean {
  const isHead = new Set(heads);
  const groups = new Map<number, number[]>();
  for (const [node, label] of community) addTo(groups, label, node);
  let fresh = Math.max(-1, ...groups.keys()) + 1;
  const first = fresh;
  for (const [, members] of [...groups].sort(([a], [b]) => a - b)) {
    if (members.length < 4) continue;
    const parts = findCommunities(graph, members, 1, colour);
    const labels = [...new Set(parts.values())];
    if (labels.length < 2) continue;
    const inside = new Set(members);
    let cut = 0;
    let total = 0;
    for (const node of members) {
      for (const [other, weight] of graph.neighbours.get(node)!) {
        if (!inside.has(other)) continue;
        total += weight;
        if (parts.get(node) !== parts.get(other)) cut += weight;
      }
    }
    const withController = labels.filter((label) => members.some((node) => parts.get(node) === label && isHead.has(node))).length;
    if (withController < 2 || cut / total >= THIN_CUT) continue;
    for (const label of labels.slice(1)) {
      for (const node of members) if (parts.get(node) === label) community.set(node, fresh);
      fresh++;
    }
  }
  return fresh > first;
}

const headsWithIo = (headOf: Affinity['headOf']): ReadonlySet<number> => new Set([...headOf].filter(([member, head]) => member !== head).map(([, head]) => head));

/** Devices around one controller from which on they are a star. */
const FEWEST_RAYS = 3;

/**
 * Modularity tears stars: of the devices that one controller asks, only so many fit around it before chance would explain
 * more. A device without I/O that is tied to nothing but one such controller belongs to that one's cell.
 */
function mendStars({ graph, heads, clients, headOf }: Affinity, community: Map<number, number>): void {
  const isClient = new Set(clients);
  const withIo = headsWithIo(headOf);
  const rays = new Map<number, number[]>();
  for (const head of heads) {
    const [centre, another] = graph.neighbours.get(head)!.keys();
    if (centre === undefined || another !== undefined || isClient.has(centre) || withIo.has(head)) continue;
    addTo(rays, centre, head);
  }
  for (const [centre, devices] of rays) if (devices.length >= FEWEST_RAYS) for (const device of devices) community.set(device, community.get(centre)!);
}

/** The same of machines that also have devices of their own besides I/O: few such are a unit with its parts. */
const FEWEST_LIKE_MACHINES = 6;

/**
 * Machines with I/O of their own, all tied to one and the same controller and else to devices of their own at most: whether each is a cell
 * or all are one, like machines are treated alike. Where the communities took some of them into the cell of that controller and others not,
 * each is a cell, with its devices and the operator stations that watch it alone.
 */
function partMachines({ graph, heads, clients, headOf }: Affinity, community: Map<number, number>): void {
  const isClient = new Set(clients);
  const withIo = headsWithIo(headOf);
  const controllersAt = new Map(heads.map((head) => [head, [...graph.neighbours.get(head)!.keys()].filter((other) => !isClient.has(other))]));
  const isDevice = (head: number): boolean => controllersAt.get(head)!.length === 1 && !withIo.has(head);
  const around = new Map<number, number[]>();
  for (const head of heads) {
    const [centre, another] = controllersAt.get(head)!.filter((other) => !isDevice(other));
    if (centre !== undefined && another === undefined && withIo.has(head)) addTo(around, centre, head);
  }
  let fresh = Math.max(-1, ...community.values()) + 1;
  for (const [centre, machines] of around) {
    const inside = machines.filter((head) => community.get(head) === community.get(centre)).length;
    const least = machines.some((head) => controllersAt.get(head)!.length > 1) ? FEWEST_LIKE_MACHINES : FEWEST_RAYS;
    if (machines.length < least || inside === 0 || inside === machines.length) continue;
    for (const head of machines) {
      community.set(head, fresh);
      for (const other of graph.neighbours.get(head)!.keys()) if (isClient.has(other) ? graph.neighbours.get(other)!.size === 1 : isDevice(other)) community.set(other, fresh);
      fresh++;
    }
  }
}

/** What a person pinned wins over the graph: whole communities join, or one member leaves. */
function bind(cellOf: Map<number, number>, bindings: readonly Binding[]): void {
  let last = 0;
  for (const cell of cellOf.values()) last = Math.max(last, cell);
  for (const { a, b, together } of bindings) {
    const left = cellOf.get(a);
    const right = cellOf.get(b);
    if (left === undefined || right === undefined) continue;
    if (together && left !== right) cellOf.set(b, left);
    else if (!together && left === right) cellOf.set(b, ++last);
  }
}
