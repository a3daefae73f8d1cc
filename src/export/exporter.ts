/**
 * What an exporter is: a pure function from a plan to files and losses. The plan is vendor-neutral and already
 * resolved (plan.ts): addresses are IP ranges, zones know their networks, conduits the devices that enforce them.
 * A loss row says for one Permit what the target really lets through; `effects` says it in machine form, so that a
 * reader of our own output can be held against it (test/export/parse-back). No clock, no files, no store in here.
 */
import type { Permit } from '../permit.ts';
import type { AddressSet } from '../net/address-set.ts';
import type { Holds } from '../policy/match/firewall-semantics.ts';
import type { ModbusEffect } from '../policy/match/modbus-effect.ts';
import type { SharedLink } from '../policy/spec/shared-link.ts';

export type { ModbusEffect } from '../policy/match/modbus-effect.ts';

/** When the rule of a Permit writes a record of a session that it lets through. */
export type LogMoment = 'start' | 'end';

export type Mode = 'monitor' | 'enforce';

export interface SwitchPort {
  readonly switch: string;
  readonly interface: string;
  readonly maxMacs: number | null;
  readonly violation: 'protect' | 'restrict' | 'shutdown' | null;
}

export interface PlanAsset {
  readonly id: string;
  readonly label: string;
  readonly role: string;
  readonly vendor: string;
  readonly addresses: AddressSet;
  /** `00:1d:9c:20:01:10`, ascending. */
  readonly macs: readonly string[];
  readonly vlan: number | null;
  readonly port: SwitchPort | null;
}

export interface PlanZone {
  readonly id: string;
  readonly name: string;
  /** Purdue level as written; empty when the spec has none. */
  readonly level: string;
  readonly securityLevel: string;
  readonly airGapped: boolean;
  /** Somebody else's network: the spec says `kind: external`. */
  readonly external: boolean;
  readonly networks: AddressSet;
  /** Every address that belongs to it: what a Permit for the whole zone means. */
  readonly addresses: AddressSet;
  readonly vlans: readonly number[];
  readonly assets: readonly PlanAsset[];
}

export interface PlanConduit {
  readonly id: string;
  readonly name: string;
  readonly connects: readonly string[];
  readonly mode: Mode | null;
  readonly enforcedBy: readonly string[];
  /** Pairs of its zones whose traffic passes by a device that routes. */
  readonly sharedLinks: readonly SharedLink[];
}

export interface DeviceInterface {
  readonly zone: string;
  readonly interface: string;
  /** The name the device itself uses (ASA nameif); null when the spec has none. */
  readonly nameif: string | null;
  readonly address: { readonly ip: string; readonly length: number | null } | null;
  readonly vlan: number | null;
  readonly securityLevel: number | null;
}

/** An enforcement point of the spec, or the one that stands in when the spec names none for a target. */
export interface PlanDevice {
  readonly id: string;
  readonly platform: string;
  readonly interfaces: readonly DeviceInterface[];
  readonly syslog: { readonly host: string; readonly zone: string; readonly port: number } | null;
}

export interface PlanPermit {
  readonly permit: Permit;
  /** Merged and sorted; empty means that no address is known, never "any". */
  readonly client: AddressSet;
  readonly server: AddressSet;
  /** What the resolution had to leave out (assets without an address). */
  readonly omitted: readonly string[];
  /** Servers that are group addresses: those of a link (broadcast too), which no router forwards, and multicast that one may. */
  readonly groups: { readonly link: AddressSet; readonly routed: AddressSet };
  /** How much and how fast, in words; empty = no limit. */
  readonly limits: string;
  /** What the spec asks to be logged of its sessions; null where it does not say. */
  readonly log: readonly LogMoment[] | null;
  /** What the spec says of it and nobody reads: texts that are not understood, limits that nothing holds. */
  readonly unread: readonly string[];
  /** `replicaOf`: the asset that the far side stands for; empty where the spec names none. */
  readonly unidirectional: { readonly via: string; readonly tx: AddressSet; readonly rx: AddressSet; readonly replicaOf: string } | null;
}

export interface Plan {
  readonly facility: string;
  readonly timezone: string;
  readonly zones: readonly PlanZone[];
  readonly conduits: readonly PlanConduit[];
  readonly permits: readonly PlanPermit[];
  readonly devices: readonly PlanDevice[];
  /** One line each, for the head of every file: version, command, what the evidence is missing. */
  readonly provenance: readonly string[];
  /** What is missing or doubtful in the evidence that the spec was proposed from, as it says itself. */
  readonly evidenceLosses: readonly string[];
}

/** The part of a plan that one device has to carry. */
export interface DevicePlan extends Plan {
  readonly device: PlanDevice;
  readonly mode: Mode;
}

export interface ExportOptions {
  /** Default: enforce when every conduit of the spec says so, else monitor. */
  readonly mode?: Mode;
  /** Lets a target write rules that let more through than the Permits say. */
  readonly allowWider?: boolean;
  /** Export every conduit, also those that the spec gives to devices of other platforms. */
  readonly allConduits?: boolean;
  /** FortiGuard application ids by signature name, as read from the user's own device. */
  readonly applicationIds?: Readonly<Record<string, number>>;
}

/** What a target can hold a connection to. Every dimension that a Permit uses and a target lacks is a loss. */
export interface Capabilities {
  readonly ipv6: boolean;
  readonly schedule: boolean;
  readonly expiry: boolean;
  /** What is open when hours or an end date are over is cut off, not only what begins later. */
  readonly endsSessions: boolean;
  readonly onDemand: boolean;
  readonly modbusFunction: boolean;
  readonly modbusUnit: boolean;
  readonly modbusRange: boolean;
  readonly opcuaPolicy: boolean;
  readonly opcuaService: boolean;
  readonly namedOperations: boolean;
  /** Connections, and requests and connections in a time. */
  readonly limits: boolean;
  readonly layer2: boolean;
  /** A rule can log when a session that it lets through begins, and when it ends. */
  readonly logsStart: boolean;
  readonly logsEnd: boolean;
  /** False: a rule cannot name ports of SCTP. */
  readonly sctpPorts?: boolean;
  /** Numbers of IP protocols that no rule can name, each with the reason. */
  readonly unnamedProtocols?: Readonly<Record<number, string>>;
  /** Its rules hold multicast that is routed. */
  readonly multicast: boolean;
  /** Sees what devices of one link send each other: it listens or stands in line there instead of routing. */
  readonly onLink: boolean;
  /** Can promise that nothing flows back. */
  readonly unidirectional: boolean;
}

/** What one rule (or the rules of one Permit together) really lets through. */
export interface Effect {
  readonly client: AddressSet;
  readonly server: AddressSet;
  readonly transport: string;
  /** `502` or `1-1024`; empty: every port, or a transport without ports. */
  readonly ports: readonly string[];
  readonly modbus: ModbusEffect | null;
  /** `sun,mon 02:00-04:00`; empty = always. */
  readonly schedule: string;
  readonly expires: string;
  readonly onDemand: boolean;
}

export type Verdict = 'enforced' | 'widened' | 'not-enforceable';

export interface LossRow {
  readonly permit: string;
  readonly conduit: string;
  readonly device: string;
  readonly verdict: Verdict;
  /** What is let through instead; empty unless widened. */
  readonly widenedTo: string;
  /** Operations let through that the Permit does not name; null when they cannot be counted. 0 unless widened. */
  readonly extraOperations: number | null;
  readonly reasons: readonly string[];
  /** What of the Permit is held, for the simulation; nothing of it counts when there is no rule. */
  readonly holds: Holds;
  readonly effects: readonly Effect[];
}

export interface ExportFile {
  /** Relative, `/` between parts. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** What one exporter makes for one device. */
export interface DeviceExport {
  readonly files: readonly ExportFile[];
  readonly losses: readonly LossRow[];
  /** How to get the device back to where it was: one command or sentence a line. */
  readonly rollback: readonly string[];
  /** What has to be looked at before it is applied, in order. */
  readonly checks?: readonly string[];
  /** How to apply, in order. */
  readonly apply: readonly string[];
  /** What the reader must know before trusting it. */
  readonly notes: readonly string[];
}

/** A service whose control connection agrees upon the ports of others. */
export type Negotiator = 'ftp' | 'rpc';

export interface Exporter {
  readonly name: string;
  readonly title: string;
  /** `platform` values of the spec's enforcement points this target writes for; empty = not bound to devices. */
  readonly platforms: readonly string[];
  /** Filters traffic. A target that does not (diagram, table, test captures) refuses nothing and needs no rollback. */
  readonly filters: boolean;
  readonly modes: readonly Mode[];
  /** What a mode does, where it is not that everything passes, or that only Permits do, and the rest is logged. */
  readonly means?: Readonly<Partial<Record<Mode, string>>>;
  readonly capabilities: Capabilities;
  /** How the target follows a control connection that agrees upon ports, in its own words; what is missing it cannot. */
  readonly follows?: Readonly<Partial<Record<Negotiator, string>>>;
  readonly build: (plan: DevicePlan, options: ExportOptions) => DeviceExport;
}

/** Of what enforces nothing itself: a Permit is stated, or tried, as it is. */
export const EVERY_CAPABILITY: Capabilities = {
  ipv6: true, schedule: true, expiry: true, endsSessions: true, onDemand: true, modbusFunction: true, modbusUnit: true, modbusRange: true,
  opcuaPolicy: true, opcuaService: true, namedOperations: true, limits: true, layer2: true, multicast: true, onLink: true, unidirectional: true, logsStart: true, logsEnd: true,
};

export const NO_CAPABILITIES: Capabilities = {
  ipv6: false,
  schedule: false,
  expiry: false,
  endsSessions: false,
  onDemand: false,
  modbusFunction: false,
  modbusUnit: false,
  modbusRange: false,
  opcuaPolicy: false,
  opcuaService: false,
  namedOperations: false,
  limits: false,
  layer2: false,
  multicast: false,
  onLink: false,
  unidirectional: false,
  logsStart: false,
  logsEnd: false,
};
