/**
 * The words of the proposal: roles, zones, placements and what is left for a person to decide.
 * Everything here is plain data in a stable order, so that the same store gives the same bytes. Methods live in the
 * files that make each part; see docs/zones.md for the method and where it fails.
 */

export const ROLES = [
  'plc',
  'io',
  'safety-controller',
  'hmi',
  'engineering-workstation',
  'historian',
  'opcua-server',
  'mes',
  'jump-server',
  'patch-server',
  'infrastructure',
  'network-device',
  'enterprise',
  'transient',
  'other',
] as const;

export type Role = (typeof ROLES)[number];

/** What kind of zone it is; `cell` is the only kind of which there may be several. */
export type ZoneKind =
  | 'safety'
  | 'cell'
  | 'supervisory'
  | 'operations'
  | 'engineering'
  | 'dmz'
  | 'enterprise'
  | 'network'
  | 'temporary'
  | 'wireless'
  | 'remote'
  | 'external'
  | 'pinned';

/** One reason: which rule spoke, for (or, with negative points, against) which role, and the sentence a person reads. */
export interface Evidence {
  readonly rule: string;
  readonly role: Role;
  readonly points: number;
  readonly sentence: string;
}

/** Something about an asset that a person should know: `router-mac`, `dual-homed`, `dhcp-move`, `nat-hint`, ... */
export interface AssetNote {
  readonly kind: string;
  readonly sentence: string;
}

/** A device, possibly with several addresses. */
export interface Asset {
  /** Its name where that is unique and printable, else its first address. */
  readonly id: string;
  /** IP addresses first (numerically), then MAC addresses without IP. */
  readonly addresses: readonly string[];
  readonly macs: readonly string[];
  readonly vendor: string | null;
  readonly vendorClass: string | null;
  readonly names: readonly string[];
  /** A public address, or one that only a router's MAC stands for on the way to the Internet. */
  readonly external: boolean;
  /** Its MAC is a router's: the vendor says nothing about the device. */
  readonly behindRouter: boolean;
  /** LLDP says bridge or router. */
  readonly bridge: boolean;
  /** What it says it is, and what it is by what it sends below IP (field-roles.ts): `io-device`, `io-controller`, `pn-supervisor`, `cip-controller`, `goose-publisher`, `ethercat-master`, ... */
  readonly fieldRoles: readonly string[];
  /** A link address without an IP address of its own that others are seen through. */
  readonly router: boolean;
  readonly vlan: number | null;
  readonly notes: readonly AssetNote[];
}

/** Where the asset was put and why; `runnerUp` is the next best zone with what would move it there. */
export interface Placement {
  readonly zone: string;
  readonly reason: string;
  readonly pinned: boolean;
  /** Share of resampled runs in which the asset kept its company; null when resampling was off. */
  readonly stability: number | null;
  readonly runnerUp: { readonly zone: string; readonly reason: string; readonly change: string } | null;
}

export interface PlacedAsset extends Asset {
  readonly role: Role;
  /** Finer word where known: `scada`, `opstation`, `panel`, `replica`, `standby`, ... */
  readonly subRole: string | null;
  readonly level: number | null;
  /** Calibrated: of assets with confidence 0.9, nine in ten have this role. */
  readonly confidence: number;
  readonly evidence: readonly Evidence[];
  readonly against: readonly Evidence[];
  readonly runnerUpRole: { readonly role: Role; readonly behindBy: number } | null;
  readonly zone: string;
  readonly placement: Placement;
}

export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly kind: ZoneKind;
  readonly level: number | null;
  readonly safetyRelated: boolean;
  /** A start value for the risk assessment (ZCR 5.6), never derived from traffic: `assumption`, or what was pinned. */
  readonly slT: { readonly value: number | null; readonly basis: 'assumption' | 'pinned' };
  readonly assets: readonly string[];
  readonly notes: readonly string[];
}

/** A conversation that was kept out of inference, and why. */
export interface Dropped {
  readonly conversation: number;
  readonly client: string;
  readonly server: string;
  readonly why: 'scan' | 'port-scan' | 'unanswered' | 'group-address' | 'no-asset' | 'link-layer';
  readonly sentence: string;
}

/** A rule of IEC 62443-3-2/-3-3 or good practice that the observed traffic or the partition does not meet. */
export interface RequirementFinding {
  readonly rule: string;
  readonly severity: 'critical' | 'high' | 'medium' | 'low';
  /** The clause, or `practice` with its reason. */
  readonly citation: string;
  readonly requirement: boolean;
  readonly sentence: string;
  readonly assets: readonly string[];
  readonly conversations: readonly number[];
}

/** Species estimate over days: see species-estimate.ts for the formulas. */
export interface SpeciesEstimate {
  readonly days: number;
  readonly seen: number;
  readonly onceOnly: number;
  readonly twiceOnly: number;
  /** Estimated share of a coming day's (tuple, day) incidences that are new. The interval, 95 %, is for the mean of 28 days. */
  readonly newShare: number;
  readonly newShareLow: number;
  readonly newShareHigh: number;
  /** Lower bound of the tuples not seen yet (Chao2). */
  readonly unseen: number;
  /** New tuples expected over the next 28 days, with the interval of what will be seen, 95 %. */
  readonly newIn28Days: number;
  readonly newIn28DaysLow: number;
  readonly newIn28DaysHigh: number;
  /** Of the different tuples that will have been seen in 28 days' time, the share seen: seen / (seen + newIn28Days), rounded down to four digits. */
  readonly completeness: number;
}

/** What is asked from one zone of a conduit to the other. */
export interface ConduitDirection {
  readonly fromZone: string;
  readonly toZone: string;
  readonly seen: number;
  /** Lower bound of the tuples not seen yet (Chao2). */
  readonly unseen: number;
  /** Its part of what its pool (zone kind to zone kind) is expected to show in 28 days. */
  readonly newIn28Days: number;
}

/** Of two zones, both directions together. This is the only place where a conduit's completeness is reckoned. */
export interface ConduitCompleteness {
  readonly zones: readonly [string, string];
  readonly seen: number;
  readonly newIn28Days: number;
  /** As of a SpeciesEstimate. */
  readonly completeness: number;
  readonly sufficient: boolean;
  /** One or two. */
  readonly directions: readonly ConduitDirection[];
}

export interface Regime {
  readonly regime: string;
  readonly covered: boolean;
  readonly sentence: string;
}

export interface Completeness {
  readonly plant: SpeciesEstimate;
  readonly conduits: readonly ConduitCompleteness[];
  readonly regimes: readonly Regime[];
  readonly sufficient: boolean;
  /** Days still to listen under the stopping rule; 0 when it is met. */
  readonly moreDays: number;
  /** ISO date until which to keep listening; null when sufficient or when nothing was seen. */
  readonly listenUntil: string | null;
  readonly sentences: readonly string[];
}

export interface Stability {
  readonly runs: number;
  /** Assets that changed company in at least a third of the runs: for a person to decide. */
  readonly moving: readonly { readonly asset: string; readonly stability: number; readonly sentence: string }[];
}

export interface PinContradiction {
  readonly pin: string;
  readonly sentence: string;
}

export interface Proposal {
  readonly assets: readonly PlacedAsset[];
  readonly zones: readonly Zone[];
  readonly dropped: readonly Dropped[];
  /** Addresses that are no assets: multicast, broadcast, never answered. */
  readonly pseudo: readonly { readonly address: string; readonly why: string }[];
  readonly completeness: Completeness;
  /** Two plants in one store, it seems (sites.ts): in a sentence; null where there is no sign of it. */
  readonly apart: string | null;
  readonly stability: Stability;
  readonly requirements: readonly RequirementFinding[];
  /** Assets with any safety evidence, strongest first, then controllers of which it was not heard whether they guard (no points): for a person to confirm or strike. */
  readonly safetyCandidates: readonly { readonly asset: string; readonly role: Role; readonly points: number; readonly sentence: string }[];
  readonly contradictions: readonly PinContradiction[];
}

/** What a human decided; it is never moved. Assets are named by id, name or address. */
export interface Pins {
  readonly assetZone: ReadonlyMap<string, string>;
  readonly together: readonly (readonly [string, string])[];
  readonly apart: readonly (readonly [string, string])[];
  readonly role: ReadonlyMap<string, Role>;
  readonly level: ReadonlyMap<string, number>;
  readonly zoneName: ReadonlyMap<string, string>;
  /** What kind of zone each is, whatever its id: questions and requirement checks speak of kinds. */
  readonly zoneKind: ReadonlyMap<string, ZoneKind>;
  readonly slT: ReadonlyMap<string, number>;
  /** The operator's complete list of safety assets: what is not on it is not a safety controller. Null = not given. */
  readonly safetyAssets: readonly string[] | null;
}

export const NO_PINS: Pins = {
  assetZone: new Map(),
  together: [],
  apart: [],
  role: new Map(),
  level: new Map(),
  zoneName: new Map(),
  zoneKind: new Map(),
  slT: new Map(),
  safetyAssets: null,
};
