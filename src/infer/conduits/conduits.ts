/**
 * The proposal of conduits: the smallest explainable set of Permits that covers what crossed a zone boundary.
 *
 * In: Observations and a zone proposal. Out: zones, conduits and Permits in the words of a spec, each Permit with its
 * evidence, the rules that widened it and the question it raises; and what was set aside, by whom it was asked and when.
 * Exact at function and register level unless a stated rule (conduits/generalise.ts) says otherwise. Traffic within a
 * zone needs no Permit. Left out on purpose: the YAML (policy/spec/write.ts) and its proof (policy/proof.ts).
 */
import { isMac } from '../../net/address-set.ts';
import { addTo } from '../../net/multi-map.ts';
import type { ObservationSet } from '../../observation.ts';
import { specIdOf } from '../spec-id.ts';
import { foldBusiness } from './business.ts';
import { generaliseGrants } from './generalise.ts';
import { grantKey, observeGrants, pairKey, undecidedOf, type Grant } from './grants.ts';
import { maintenanceGrants } from './maintenance.ts';
import { foldNegotiated } from './negotiated.ts';
import { draftPermits, sortDrafts, type DraftPermit } from './permits.ts';
import { indexPlan, ownMacs, type PlanIndex, type PlannedAsset, type ZonePlan } from './plan.ts';
import { permitWriter, type CalendarOptions, type ProposedPermit } from './proposed-permit.ts';
import { listeningOf, type Listening } from './regimes.ts';
import { foldSetAside, type SetAsideEntry } from './set-aside.ts';

export interface ConduitOptions extends CalendarOptions {
  /** True: negotiated ports are one grant even so, because a new one is nothing new (default: unless exact). */
  readonly negotiated?: boolean;
  /** Propose on-demand Permits for maintenance stations. */
  readonly maintenance: boolean;
}

export const DEFAULT_CONDUIT_OPTIONS: ConduitOptions = { exact: false, maintenance: true };

export interface ProposedAsset {
  /** The spec's id; `planId` is the plan's. */
  readonly id: string;
  readonly planId: string;
  readonly label: string;
  readonly role: string;
  readonly level: number | null;
  readonly ip: readonly string[];
  readonly mac: readonly string[];
}

export interface ProposedZone {
  readonly id: string;
  readonly planId: string;
  readonly name: string;
  readonly kind: string;
  readonly level: number | null;
  readonly slT: number | null;
  readonly assets: readonly ProposedAsset[];
}

export interface ProposedConduit {
  readonly id: string;
  readonly name: string;
  readonly connects: readonly [string, string];
  readonly slT: number | null;
}

export interface RuleUse {
  readonly rule: string;
  readonly permits: number;
  readonly neverSeen: number;
  readonly registersNeverSeen: number;
}

export interface ConduitProposal {
  /** IANA name of the clock of days, regimes and windows. */
  readonly timezone: string;
  readonly zones: readonly ProposedZone[];
  readonly conduits: readonly ProposedConduit[];
  readonly permits: readonly ProposedPermit[];
  readonly setAside: readonly SetAsideEntry[];
  readonly rules: readonly RuleUse[];
  readonly counts: {
    readonly conversations: number;
    readonly withinZone: number;
    readonly groupAddressed: number;
    readonly crossing: number;
    readonly setAside: number;
    readonly capturedDays: number;
  };
}

/** Spec ids for texts, in their order: the spec's alphabet, at most 63 characters, each once. */
function makeIds(texts: readonly string[], fallback: string): string[] {
  const taken = new Set<string>();
  return texts.map((text) => {
    const base = specIdOf(text, fallback);
    let id = base;
    for (let n = 2; taken.has(id.toLowerCase()); n++) id = `${base}-${n}`;
    taken.add(id.toLowerCase());
    return id;
  });
}

function undecidedGrants(doubtful: readonly Grant[], standing: readonly Grant[], index: PlanIndex): Grant[] {
  const byPair = new Map<string, Grant[]>();
  for (const grant of standing) addTo(byPair, pairKey(grant), grant);
  const inDoubt = new Map<string, Grant[]>();
  for (const grant of doubtful) if (grant.doubt !== 'double-use') addTo(inDoubt, pairKey(grant), grant);
  return doubtful.flatMap((grant) => {
    // What is in doubt itself is let through until somebody decides: who programs by it reads by it.
    const others = grant.doubt === 'double-use' ? inDoubt.get(pairKey(grant)) : undefined;
    return undecidedOf(grant, [...(byPair.get(pairKey(grant)) ?? []), ...(others ?? [])], index) ?? [];
  });
}

/** @param assetIds of the spec, by the plan's */
function proposedZones(plan: ZonePlan, assetIds: ReadonlyMap<string, string>): ProposedZone[] {
  const members = new Map<string, PlannedAsset[]>();
  const macs = ownMacs(plan);
  for (const asset of plan.assets) addTo(members, asset.zone, asset);
  const zoneIds = makeIds(plan.zones.map((zone) => zone.id), 'Z');
  return plan.zones.map((zone, place) => ({
    id: zoneIds[place],
    planId: zone.id,
    name: zone.name,
    kind: zone.kind,
    level: zone.level,
    slT: zone.slT.value,
    assets: (members.get(zone.id) ?? []).map((asset) => ({
      id: assetIds.get(asset.id) ?? asset.id,
      planId: asset.id,
      label: asset.id,
      role: asset.role,
      level: asset.level,
      ip: asset.addresses.filter((address) => !isMac(address)),
      mac: macs.get(asset.id) ?? [],
    })),
  }));
}

/** Two zones, in the order of the plan, and what crosses between them. */
interface Crossing {
  readonly zones: readonly [ProposedZone, ProposedZone];
  readonly drafts: readonly DraftPermit[];
}

/** In the order of the plan too. */
function crossingsOf(drafts: readonly DraftPermit[], zones: readonly ProposedZone[]): Crossing[] {
  const placeOf = new Map(zones.map((zone, place) => [zone.planId, place]));
  const byPair = new Map<number, DraftPermit[]>();
  for (const draft of drafts) {
    const places = [placeOf.get(draft.clientZone) ?? 0, placeOf.get(draft.serverZone) ?? 0];
    addTo(byPair, Math.min(...places) * zones.length + Math.max(...places), draft);
  }
  return [...byPair].sort(([a], [b]) => a - b).map(([pair, own]) => ({ zones: [zones[Math.floor(pair / zones.length)], zones[pair % zones.length]], drafts: own }));
}

function proposedConduit(id: string, zones: Crossing['zones']): ProposedConduit {
  const levels = zones.flatMap(({ slT }) => slT ?? []);
  return { id, name: zones.map(({ name }) => name).join(' - '), connects: [zones[0].id, zones[1].id], slT: levels.length === 0 ? null : Math.max(...levels) };
}

function sumRules(permits: readonly ProposedPermit[]): RuleUse[] {
  const uses = new Map<string, RuleUse>();
  for (const { permit, registersNeverSeen } of permits) {
    for (const rule of permit.evidence?.generalisedBy ?? []) {
      const held = uses.get(rule) ?? { rule, permits: 0, neverSeen: 0, registersNeverSeen: 0 };
      uses.set(rule, { rule, permits: held.permits + 1, neverSeen: held.neverSeen + (permit.evidence?.neverSeen ?? 0), registersNeverSeen: held.registersNeverSeen + registersNeverSeen });
    }
  }
  return [...uses.values()].sort((a, b) => (a.rule < b.rule ? -1 : 1));
}

/** What was observed, generalised by the rules that the options leave on, as Permits between assets of the plan. */
function draftsOf(exact: readonly Grant[], set: ObservationSet, index: PlanIndex, options: ConduitOptions): DraftPermit[] {
  const observed = new Map(exact.map((grant) => [grantKey(grant), grant]));
  const joined = (options.negotiated ?? !options.exact) ? foldNegotiated(exact, set, index) : [...exact];
  const { rest, folded } = options.exact ? { rest: joined, folded: [] } : foldBusiness(joined, index);
  const certain = rest.filter(({ doubt }) => doubt === null);
  const generalised = options.exact ? certain : generaliseGrants(certain, index);
  const { standing, onDemand } = options.exact || !options.maintenance ? { standing: generalised, onDemand: [] } : maintenanceGrants(certain, generalised, index);
  const undecided = undecidedGrants(rest.filter(({ doubt }) => doubt !== null), standing, index);
  return sortDrafts([
    ...draftPermits([...standing, ...undecided], false, observed, index),
    ...folded.flatMap(({ grant, pairs }) => draftPermits([grant], false, observed, index).map((draft) => ({
      ...draft, clients: [], servers: [], rules: grant.rules, neverSeen: index.allOf(grant.client.zone).length * index.allOf(grant.server.zone).length - pairs.size,
    }))),
    ...draftPermits(onDemand, true, observed, index),
  ]);
}

function listeningDays(exact: readonly Grant[], set: ObservationSet, index: PlanIndex): Listening {
  const engineered = new Map<number, number>();
  for (const grant of exact) if (grant.class === 'engineer') for (const day of grant.evidence.days) engineered.set(day, (engineered.get(day) ?? 0) + 1);
  return listeningOf(index.capturedDays, set, engineered);
}

export function proposeConduits(set: ObservationSet, plan: ZonePlan, options: ConduitOptions = DEFAULT_CONDUIT_OPTIONS): ConduitProposal {
  const index = indexPlan(set, plan);
  const { grants: exact, withinZone, groupAddressed, setAside } = observeGrants(set, index);
  const ids = makeIds(plan.assets.map((asset) => asset.id), 'asset');
  const assetIds = new Map(plan.assets.map((asset, place) => [asset.id, ids[place]]));
  const zones = proposedZones(plan, assetIds);
  const crossings = crossingsOf(draftsOf(exact, set, index, options), zones);
  const conduitIds = makeIds(crossings.map((crossing) => `C-${crossing.zones.map(({ id }) => id).join('-')}`), 'C');
  const conduits = crossings.map((crossing, place) => proposedConduit(conduitIds[place], crossing.zones));
  const write = permitWriter({ set, index, listening: listeningDays(exact, set, index), zoneIds: new Map(zones.map(({ planId, id }) => [planId, id])), assetIds, options });
  const permits = crossings.flatMap(({ drafts }, place) => drafts.map((draft, i) => write(draft, conduitIds[place], i + 1)));
  return {
    timezone: set.timezone ?? 'UTC',
    zones,
    conduits,
    permits,
    setAside: foldSetAside(setAside),
    rules: sumRules(permits),
    counts: {
      conversations: set.conversations.length, withinZone, groupAddressed, setAside: setAside.length,
      crossing: set.conversations.length - withinZone - groupAddressed - setAside.length, capturedDays: index.capturedDays.length,
    },
  };
}
