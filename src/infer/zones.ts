/**
 * The proposal: assets, roles, levels and zones with their reasons. In: an ObservationSet and what a person pinned.
 * Out: plain data, the same bytes for the same input. It is a proposal: ZCR 3.1 groups by risk, function, location and
 * responsibility as well, and traffic shows only some of that.
 */
import { vendorOf } from '../net/oui.ts';
import type { ObservationSet } from '../observation.ts';
import { inferAssets, type VendorLookup } from './assets.ts';
import { estimateCompleteness } from './completeness.ts';
import { infer, type Inference } from './inference.ts';
import { levelOf } from './roles/levels.ts';
import { resolvePins } from './pins.ts';
import { firstOf, plural } from './plural.ts';
import { SCAN_CYCLE_MS } from './profiles.ts';
import { NO_PINS, type PinContradiction, type Pins, type PlacedAsset, type Proposal, type ZoneKind } from './proposal.ts';
import { checkRequirements } from './requirements.ts';
import { measureStability } from './stability.ts';
import { nameZones, type ZonePlan } from './zone-names.ts';

export interface ProposeOptions {
  readonly pins?: Pins;
  /** Vendor of a MAC; the registry by default. */
  readonly vendorOf?: VendorLookup;
  /** Resampled runs; 0 switches stability off. */
  readonly stabilityRuns?: number;
}

const STABILITY_RUNS = 6;
/** From here on resampling would cost more than it tells within a few seconds. */
const LARGE_PLANT_LINKS = 20_000;

export function proposeZones(set: ObservationSet, options: ProposeOptions = {}): Proposal {
  const pins = options.pins ?? NO_PINS;
  const inventory = inferAssets(set, options.vendorOf ?? vendorOf);
  const pinned = resolvePins(inventory, pins);
  const inference = infer(set, inventory, pinned);
  const runs = options.stabilityRuns ?? (set.conversations.length > LARGE_PLANT_LINKS ? 2 : STABILITY_RUNS);
  const stability = measureStability(set, inference, runs);
  const plan = nameZones(inference, pins);
  const kindOf = new Map(plan.zones.map(({ id, kind }) => [id, kind]));
  const assets = inventory.assets.map((_, index) => describeAsset(inference, plan, kindOf, index, stability.shareOf[index] ?? null));
  const completeness = estimateCompleteness(inference, plan);
  const apart = apartInWords(inference, plan);
  return {
    assets,
    zones: plan.zones,
    dropped: inference.dropped,
    pseudo: inventory.pseudo,
    completeness: apart === null ? completeness : { ...completeness, sentences: [...completeness.sentences, apart] },
    apart,
    stability: { runs: stability.runs, moving: stability.moving },
    requirements: checkRequirements(inference, plan),
    safetyCandidates: safetyCandidates(inference),
    contradictions: [...pinned.contradictions, ...disputedPins(inference, plan)],
  };
}

function describeAsset(inference: Inference, plan: ZonePlan, kindOf: ReadonlyMap<string, ZoneKind>, index: number, stability: number | null): PlacedAsset {
  const asset = inference.inventory.assets[index]!;
  const decision = inference.decisions[index]!;
  const placed = inference.placements.placed[index]!;
  const zone = plan.zoneIdOf(placed.zone, index);
  const kind = kindOf.get(zone)!;
  const runnerUp = placed.runnerUp === null ? null : { zone: plan.zoneIdOf(placed.runnerUp.zone, index), reason: placed.runnerUp.reason, change: placed.runnerUp.change };
  return {
    ...asset,
    role: decision.role,
    subRole: decision.subRole,
    level: inference.pinned.level.get(index) ?? levelOf(decision.role, kind),
    confidence: decision.confidence,
    evidence: decision.evidence,
    against: decision.against,
    runnerUpRole: decision.runnerUp,
    zone,
    placement: { zone, reason: placed.reason, pinned: inference.pinned.zone.has(index), stability, runnerUp },
  };
}

const MOST_ISLANDS = 4;

function apartInWords({ inventory, placements: { placed } }: Inference, { sites: { islands }, zoneIdOf }: ZonePlan): string | null {
  if (islands.length === 0) return null;
  const zones = islands.map((assets) => new Set(assets.map((asset) => zoneIdOf(placed[asset]!.zone, asset))));
  const shared = [...new Set(zones.flatMap((own, at) => zones.slice(at + 1).flatMap((other) => [...own].filter((zone) => other.has(zone)))))].sort();
  const sizes = islands.map((assets) => `${inventory.assets[assets[0]!]!.id} with ${plural(assets.length - 1, 'other')}`);
  return `Nothing that was heard leads from one of these to another: ${firstOf(sizes, MOST_ISLANDS)}. ${shared.length === 0 ? 'Each is taken for a plant, with zones of its own' : `They share ${firstOf(shared, MOST_ISLANDS)} all the same`}: plants belong into a store each; of parts of one plant, find out what joins them and where it can be heard.`;
}

/** I/O that controllers alone ask, at the pace of their own scan: nobody is asked whether each of its like guards. */
const isScannedIo = ({ decisions, plant: { profiles } }: Inference, index: number): boolean =>
  decisions[index]!.role === 'io' && profiles[index]!.controlIn.every(({ client, cycle }) => decisions[client]!.role === 'plc' && cycle !== null && cycle.periodMs <= SCAN_CYCLE_MS);

function safetyCandidates(inference: Inference): Proposal['safetyCandidates'] {
  const { decisions, inventory } = inference;
  return decisions
    .map((decision, index) => ({ decision, index, asset: inventory.assets[index]! }))
    .filter(({ decision, index }) => decision.role === 'safety-controller' || (decision.safetySentence !== '' && !isScannedIo(inference, index)))
    .sort((a, b) => b.decision.safetyPoints - a.decision.safetyPoints)
    .map(({ decision, index, asset }) => ({
      asset: asset.id,
      role: decision.role,
      points: Math.max(0, Math.round(decision.safetyPoints * 100) / 100),
      sentence: decision.role === 'safety-controller' ? (inference.pinned.role.has(index) ? '' : decision.safetySentence) || decision.evidence[0]!.sentence : decision.safetyPoints > 0 ? `${decision.safetySentence}, but more speaks for ${decision.role}` : decision.safetySentence,
    }));
}

/** A pin that the packets speak against is told, and stands. */
function disputedPins({ pinned, decisions, placements, inventory, plant }: Inference, plan: ZonePlan): PinContradiction[] {
  const disputes: PinContradiction[] = [];
  for (const [index, role] of pinned.role) {
    const { runnerUp } = decisions[index]!;
    if (runnerUp !== null && runnerUp.behindBy < -2) disputes.push({ pin: `role of ${inventory.assets[index]!.id}`, sentence: `pinned as ${role}, but the traffic speaks for ${runnerUp.role}` });
  }
  const safetyIn = new Set<string>();
  const controllersIn = new Map<string, number>();
  for (const [index, placed] of placements.placed.entries()) {
    const zone = plan.zoneIdOf(placed.zone, index);
    if (decisions[index]!.role === 'safety-controller') safetyIn.add(zone);
    if (plant.profiles[index]!.controller) controllersIn.set(zone, (controllersIn.get(zone) ?? 0) + 1);
  }
  for (const [index, zone] of pinned.zone) {
    const own = decisions[index]!.role;
    if (own !== 'safety-controller' && own !== 'io' && own !== 'engineering-workstation' && safetyIn.has(zone)) disputes.push({ pin: `zone of ${inventory.assets[index]!.id}`, sentence: `pinned beside safety controllers in ${zone}: the whole zone becomes safety-related (ZCR 3.3)` });
    if (own === 'enterprise' && (controllersIn.get(zone) ?? 0) > Number(plant.profiles[index]!.controller)) disputes.push({ pin: `zone of ${inventory.assets[index]!.id}`, sentence: `a business asset pinned beside controllers in ${zone} (ZCR 3.2)` });
  }
  return disputes;
}
