/**
 * Weak hints that two assets belong to one cell: same subnet, same unit token in the name, neighbouring address.
 * Whether a hint means anything is a property of the site, so it is measured there: how often does it hold for pairs
 * that surely belong together (an I/O and its controller, a small operator station and its controllers) against any
 * pair? On a flat or level-wise network it switches itself off. VLANs repeat the subnet and are not counted twice: they are asked where subnets
 * say nothing, as behind a firewall that bridges the VLANs of one network.
 */
import { addTo } from '../../net/multi-map.ts';
import { subnetOf } from '../../net/address-kinds.ts';
import { ipv4Number } from '../../net/address-set.ts';
import type { Affinity } from './affinity.ts';
import type { Plant } from '../profiles.ts';
import { addWeight } from './weighted-graph.ts';

const FEWEST_PAIRS = 5;
const LEAST_HIT_RATE = 0.3;
const LEAST_LOG_RATIO = 0.7;
/** Groups larger than this are no cell. */
const LARGEST_GROUP = 120;

interface Hint {
  readonly name: string;
  readonly strength: number;
  /** Assets with equal keys agree; null abstains. */
  readonly key: (asset: number) => string | null;
  /** The hint that says the same, where it says anything. */
  readonly unless?: string;
}

/** `UNIT-12` of `UNIT-12_PUMP`: names that begin alike may belong together. */
export const unitToken = (name: string | undefined): string | null => (name === undefined ? null : (/^([A-Za-z]+[-_ ]?\d+)[-_]/.exec(name)?.[1]?.toUpperCase() ?? null));

export interface HintVerdict {
  readonly hint: string;
  readonly pairs: number;
  readonly hitRate: number;
  readonly chance: number;
  readonly used: boolean;
}

const NEAR = 6;

export function applyHints(plant: Plant, affinity: Affinity): HintVerdict[] {
  const { assets } = plant.inventory;
  const strong: [number, number][] = [];
  for (const [member, head] of affinity.headOf) if (member !== head) strong.push([member, head]);
  for (const [client, row] of affinity.reach) {
    if (row.size > Math.max(3, 0.2 * affinity.heads.length)) continue;
    for (const head of row.keys()) strong.push([client, head]);
  }
  const pool = [...new Set([...affinity.headOf.keys(), ...affinity.reach.keys()])].sort((a, b) => a - b);
  const nodes = [...affinity.heads, ...affinity.clients];
  const hints: Hint[] = [
    { name: 'subnet', strength: 0.8, key: (asset) => subnetOf(assets[asset]!.addresses[0]!) },
    { name: 'vlan', strength: 0.8, key: (asset) => assets[asset]!.vlan?.toString() ?? null, unless: 'subnet' },
    { name: 'unit-name', strength: 0.8, key: (asset) => unitToken(assets[asset]!.names[0]) },
  ];
  const verdicts: HintVerdict[] = [];
  for (const hint of hints) {
    if (verdicts.some((other) => other.hint === hint.unless && other.used)) continue;
    const groups = groupBy(pool, hint.key);
    const known = [...groups.values()].reduce((sum, group) => sum + group.length, 0);
    const together = [...groups.values()].reduce((sum, group) => sum + (group.length * (group.length - 1)) / 2, 0);
    const judged = strong.filter(([a, b]) => hint.key(a) !== null && hint.key(b) !== null);
    const hits = judged.filter(([a, b]) => hint.key(a) === hint.key(b)).length;
    const verdict = weigh(hint.name, judged.length, hits, (known * (known - 1)) / 2, together);
    verdicts.push(verdict);
    if (!verdict.used) continue;
    const logRatio = Math.log(verdict.hitRate / verdict.chance);
    for (const group of groupBy(nodes, hint.key).values()) {
      if (group.length > LARGEST_GROUP) continue;
      for (let i = 0; i < group.length; i++) for (let j = i + 1; j < group.length; j++) addWeight(affinity.graph, group[i]!, group[j]!, (hint.strength * logRatio * 2) / Math.max(1, group.length - 1));
    }
  }
  verdicts.push(applyNearness(plant, affinity, strong, pool, nodes));
  return verdicts;
}

function weigh(hint: string, pairs: number, hits: number, allPairs: number, allHits: number): HintVerdict {
  const hitRate = (hits + 0.5) / (pairs + 1);
  const chance = (allHits + 0.5) / (allPairs + 1);
  const used = pairs >= FEWEST_PAIRS && hitRate >= LEAST_HIT_RATE && Math.log(hitRate / chance) >= LEAST_LOG_RATIO;
  return { hint, pairs, hitRate, chance, used };
}

function groupBy(assets: readonly number[], key: (asset: number) => string | null): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const asset of assets) {
    const name = key(asset);
    if (name !== null) addTo(groups, name, asset);
  }
  return groups;
}

/** Addresses handed out one after the other often belong to one machine; the weakest of the hints. */
function applyNearness(plant: Plant, affinity: Affinity, strong: readonly (readonly [number, number])[], pool: readonly number[], nodes: readonly number[]): HintVerdict {
  const numberOf = (asset: number): number | null => ipv4Number(plant.inventory.assets[asset]!.addresses[0]!);
  const sorted = (assets: readonly number[]): { asset: number; at: number }[] =>
    assets.map((asset) => ({ asset, at: numberOf(asset) })).filter((entry): entry is { asset: number; at: number } => entry.at !== null).sort((a, b) => a.at - b.at);
  const pairsNear = (list: readonly { asset: number; at: number }[], visit: (a: number, b: number) => void): void => {
    for (let i = 0; i < list.length; i++) for (let j = i + 1; j < list.length && list[j]!.at - list[i]!.at <= NEAR; j++) visit(list[i]!.asset, list[j]!.asset);
  };
  const known = sorted(pool);
  let together = 0;
  pairsNear(known, () => together++);
  const judged = strong.filter(([a, b]) => numberOf(a) !== null && numberOf(b) !== null);
  const hits = judged.filter(([a, b]) => Math.abs(numberOf(a)! - numberOf(b)!) <= NEAR).length;
  const verdict = weigh('near-address', judged.length, hits, (known.length * (known.length - 1)) / 2, together);
  if (!verdict.used) return verdict;
  const degree = new Map<number, number>();
  const near: [number, number][] = [];
  pairsNear(sorted(nodes), (a, b) => {
    near.push([a, b]);
    degree.set(a, (degree.get(a) ?? 0) + 1);
    degree.set(b, (degree.get(b) ?? 0) + 1);
  });
  for (const [a, b] of near) addWeight(affinity.graph, a, b, (0.25 * Math.log(verdict.hitRate / verdict.chance) * 2) / Math.max(degree.get(a)!, degree.get(b)!));
  return verdict;
}
