/**
 * How a firewall judges traffic, as far as a simulation must know it: what it holds of a Permit, when it decides, and what
 * it does to sessions that were open before it came. What export targets hold is not written here: it is what their
 * exporters declare and state in their loss rows (export/simulated-target.ts).
 *
 * In: nothing. Out: types, and the firewalls that are no export target.
 */
import type { ModbusEffect } from './modbus-effect.ts';

/** Dimensions of a Permit; the names are those of the exporters' capabilities. */
export interface Holds {
  readonly ipv6: boolean;
  readonly schedule: boolean;
  readonly expiry: boolean;
  readonly limits: boolean;
  readonly modbusFunction: boolean;
  readonly modbusUnit: boolean;
  readonly modbusRange: boolean;
  readonly opcuaPolicy: boolean;
  /** No firewall sees it; the ideal one does. */
  readonly opcuaMode?: boolean;
  readonly opcuaService: boolean;
  readonly namedOperations: boolean;
  /** What is another protocol on the port of a Permit whose operations are limited passes: rules that look into the protocol fire in no other. */
  readonly passesOthers?: boolean;
  /** False: with one port of SCTP every other passes. */
  readonly sctpPorts?: boolean;
  /** Addresses that are let through beside those of the Permit, where a target knows no single ones of an asset. */
  readonly beside?: { readonly from: readonly string[]; readonly to: readonly string[] };
  /** What really passes of Modbus, where it is known for a Permit; null = anything. */
  readonly modbus?: ModbusEffect | null;
}

/** What the configuration of a target makes of one Permit. */
export interface WrittenPermit {
  /** Why there is no rule; null when there is one. */
  readonly refusal: string | null;
  readonly holds: Holds;
}

export interface FirewallSemantics {
  readonly target: string;
  readonly title: string;
  /** What a session asks first decides for all of it. */
  readonly decidesOnce: boolean;
  /** A TCP session that was open before the cut-over: no SYN was seen. */
  readonly midstream: 'accept' | 'drop';
  /** What nothing in the spec names. A switch that only keeps VLANs apart passes it. */
  readonly defaultAction: 'deny' | 'pass';
  readonly note: string;
  readonly holds: Holds;
  /** Frames that are not IP, where the target has no rules for them: whether they pass, and why. Without it they are judged as the spec says. */
  readonly notIp?: { readonly passes: boolean; readonly why: string };
}

const PORTS_ONLY: Holds = {
  ipv6: true, schedule: true, expiry: true, limits: false, modbusFunction: false, modbusUnit: false, modbusRange: false, opcuaPolicy: false, opcuaService: false, namedOperations: false,
};

const EVERYTHING: Holds = {
  ipv6: true, schedule: true, expiry: true, limits: true, modbusFunction: true, modbusUnit: true, modbusRange: true, opcuaPolicy: true, opcuaMode: true, opcuaService: true, namedOperations: true,
};

/** By kind, not by product. */
export const GENERIC_FIREWALLS: readonly FirewallSemantics[] = [
  { target: 'ideal', title: 'a firewall that judges every request as the spec says', decidesOnce: false, midstream: 'accept', defaultAction: 'deny', note: 'the spec itself: what it breaks, every target breaks', holds: EVERYTHING },
  { target: 'l4', title: 'any stateful packet filter', decidesOnce: false, midstream: 'drop', defaultAction: 'deny', note: 'addresses and ports only', holds: PORTS_ONLY },
  { target: 'first-adu', title: 'DPI that classifies a session by its first request', decidesOnce: true, midstream: 'drop', defaultAction: 'deny', note: 'one permitted read opens the session for every later write', holds: { ...PORTS_ONLY, modbusFunction: true } },
];
