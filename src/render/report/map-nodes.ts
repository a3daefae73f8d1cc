/**
 * What the map and the matrix draw: each zone by itself, or, in a plant with very many, zones of one level and kind as one
 * node that says how many it stands for. In: zones, crossings, conduits. Out: nodes, and pairs of nodes with all between them.
 */
import { listsBy } from '../../net/multi-map.ts';
import type { Access } from '../../observation.ts';
import { sortAccesses } from './permit-words.ts';
import type { Crossing, ReportModel } from './model.ts';

export interface MapNode {
  readonly key: number;
  /** Indexes of `zones`. */
  readonly zones: readonly number[];
  readonly isGroup: boolean;
  readonly title: string;
  readonly name: string;
  readonly level: number | null;
  readonly kind: string;
  readonly assets: number;
  readonly findings: number;
}

export interface NodePair {
  readonly a: number;
  readonly b: number;
  /** Indexes of `crossings`, client in a. */
  readonly forward: readonly number[];
  /** Client in b. */
  readonly backward: readonly number[];
  readonly conversations: number;
  readonly packets: number;
  readonly accesses: readonly Access[];
  readonly protocols: readonly string[];
  readonly undeclared: number;
  readonly setAside: number;
  readonly permits: number;
  readonly findings: readonly number[];
}

/** More zones than this are too many boxes for eyes and paper. */
const MOST_BOXES = 40;
const LEAST_GROUP = 6;

export function mapNodes({ zones, findings }: ReportModel): MapNode[] {
  const groups = listsBy(zones.keys(), (i) => `${zones[i].levelMiddle} ${zones[i].kind}`);
  const sets = zones.length <= MOST_BOXES
    ? zones.map((_, i) => [i])
    : [...groups.values()].flatMap((own) => (own.length >= LEAST_GROUP ? [own] : own.map((i) => [i]))).sort((a, b) => a[0] - b[0]);
  return sets.map((own, key): MapNode => {
    const first = zones[own[0]];
    const isGroup = own.length > 1;
    const ids = new Set(own.map((i) => zones[i].id));
    return {
      key,
      zones: own,
      isGroup,
      title: isGroup ? `${own.length} zones` : first.id,
      name: isGroup ? `kind ${first.kind}` : first.name,
      level: first.levelMiddle,
      kind: first.kind,
      assets: own.reduce((sum, i) => sum + zones[i].assets.length, 0),
      findings: isGroup ? findings.filter(({ fromZone, toZone }) => ids.has(fromZone ?? '') || ids.has(toZone ?? '')).length : first.findings,
    };
  });
}

/** Keys of nodes, by index of a zone. */
export const nodeKeys = (nodes: readonly MapNode[]): ReadonlyMap<number, number> => new Map(nodes.flatMap((node) => node.zones.map((zone) => [zone, node.key] as const)));

/** What several crossings come to together. */
export const sumsOf = (crossings: readonly Crossing[]): Pick<NodePair, 'conversations' | 'packets' | 'undeclared' | 'setAside' | 'permits' | 'findings'> => {
  const sum = (what: 'conversations' | 'packets' | 'undeclared' | 'setAside' | 'permits'): number => crossings.reduce((total, crossing) => total + crossing[what], 0);
  return { conversations: sum('conversations'), packets: sum('packets'), undeclared: sum('undeclared'), setAside: sum('setAside'), permits: sum('permits'), findings: [...new Set(crossings.flatMap(({ findings }) => findings))].sort((x, y) => x - y) };
};

export function nodePairs(model: ReportModel, nodes: readonly MapNode[]): NodePair[] {
  const nodeOf = nodeKeys(nodes);
  const drafts = new Map<string, { a: number; b: number; forward: number[]; backward: number[] }>();
  const draftOf = (x: number, y: number): { a: number; b: number; forward: number[]; backward: number[] } => {
    const [a, b] = x < y ? [x, y] : [y, x];
    const held = drafts.get(`${a} ${b}`) ?? { a, b, forward: [], backward: [] };
    drafts.set(`${a} ${b}`, held);
    return held;
  };
  for (const [i, crossing] of model.crossings.entries()) {
    const from = nodeOf.get(crossing.from);
    const to = nodeOf.get(crossing.to);
    if (from === undefined || to === undefined || from === to) continue;
    const draft = draftOf(from, to);
    (from === draft.a ? draft.forward : draft.backward).push(i);
  }
  const zoneOf = new Map(model.zones.map((zone, i) => [zone.id, i]));
  for (const conduit of model.conduits) {
    const ends = conduit.connects.flatMap((id) => nodeOf.get(zoneOf.get(id) ?? -1) ?? []);
    for (const [i, x] of ends.entries()) for (const y of ends.slice(i + 1)) if (x !== y && ends.length === 2) draftOf(x, y);
  }
  return [...drafts.values()].sort((x, y) => x.a - y.a || x.b - y.b).map((draft): NodePair => {
    const own: Crossing[] = [...draft.forward, ...draft.backward].map((i) => model.crossings[i]);
    return { ...draft, ...sumsOf(own), accesses: sortAccesses(own.flatMap(({ accesses }) => accesses)), protocols: [...new Set(own.flatMap(({ protocols }) => protocols))].sort() };
  });
}

/** How a bundle or a cell stands: what was seen against what is declared. */
export type PairStanding = 'agreed' | 'undeclared' | 'set-aside' | 'unused' | 'silent';

export const standingOf = ({ conversations, undeclared, setAside, permits }: Pick<NodePair, 'conversations' | 'undeclared' | 'setAside' | 'permits'>): PairStanding =>
  undeclared > 0 ? 'undeclared' : setAside > 0 ? 'set-aside' : conversations > 0 ? 'agreed' : permits > 0 ? 'unused' : 'silent';
