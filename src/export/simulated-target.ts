/**
 * Export targets as a simulation judges them. What a target holds of a Permit is what its exporter states when it writes the
 * spec: one source for the configuration and for what is said that it would do. In: a target, a plan. Out: its
 * semantics, and for each Permit whether there is a rule and what of it is held. How it treats open sessions and what nothing
 * names is added here; sources are the vendors' own documents.
 */
import { GENERIC_FIREWALLS, type FirewallSemantics, type WrittenPermit } from '../policy/match/firewall-semantics.ts';
import { exportPlan, type ExportResult } from './export-plan.ts';
import type { Exporter, ExportOptions, LossRow, Plan } from './exporter.ts';
import { exporterOf } from './registry.ts';

type Behaviour = Pick<FirewallSemantics, 'target' | 'title' | 'midstream' | 'note' | 'notIp'> & { readonly exporter?: string };

const BEHAVIOURS: readonly Behaviour[] = [
  { target: 'cisco-asa', title: 'Cisco ISA-3000 as ASA', midstream: 'drop', note: 'ASA has no Modbus inspection: functions are not judged' },
  { target: 'cisco-ftd', title: 'Cisco ISA-3000 as FTD, Snort 3 rules', midstream: 'accept', note: 'modbus_func and modbus_unit per PDU; of data addresses only the first' },
  { target: 'cisco-ios', title: 'Cisco industrial switch', midstream: 'accept', note: 'no state: VLANs and port security, not services' },
  { target: 'fortios', title: 'FortiGate Rugged, application control', midstream: 'drop', note: 'functions only with the ids of your own device (--application-ids); without them ports' },
  { target: 'panos', title: 'Palo Alto, App-ID', midstream: 'drop', note: 'function App-IDs; no unit id, no range; some packets pass before App-ID decides' },
  { target: 'nftables', title: 'Linux nftables on raw payload', midstream: 'accept', note: 'a client that splits or pipelines requests is blocked' },
  { target: 'suricata', title: 'Suricata inline, complement rules', midstream: 'accept', note: 'judges what its parser understands', notIp: { passes: true, why: 'frames that are not IP match no rule' } },
  { target: 'snort3', title: 'Snort 3', midstream: 'accept', note: '', exporter: 'cisco-ftd' },
  { target: 'hirschmann-eagle', title: 'Hirschmann EAGLE, Modbus enforcer', midstream: 'drop', note: '' },
  { target: 'tofino', title: 'Tofino Xenon, Modbus enforcer', midstream: 'drop', note: '' },
  { target: 'openconfig-acl', title: 'a switch or router with OpenConfig ACLs', midstream: 'accept', note: 'no state: replies pass by their port' },
  { target: 'mud', title: 'a network that applies MUD files', midstream: 'accept', note: 'devices are described, so a Permit has to cover an asset' },
];

/** Transparent firewalls and switches stop what they have no rule for; who routes never forwards it. */
const notIpOf = ({ filters, capabilities }: Exporter): FirewallSemantics['notIp'] => {
  if (!filters || capabilities.layer2) return undefined;
  return {
    passes: false,
    why: capabilities.onLink
      ? 'it is not IP, and this target gets no rule for such frames'
      : 'it is not IP: a firewall that routes never judges it. It passes by while the two zones share a link, and ends where they no longer do',
  };
};

const exporterFor = (target: string): Exporter | null => {
  const behaviour = BEHAVIOURS.find((one) => one.target === target);
  return behaviour === undefined ? null : exporterOf(behaviour.exporter ?? behaviour.target);
};

export const SIMULATED_TARGETS: readonly FirewallSemantics[] = [
  ...GENERIC_FIREWALLS,
  ...BEHAVIOURS.map(({ target, title, midstream, note, exporter, notIp }): FirewallSemantics => {
    const own = exporterOf(exporter ?? target);
    const unseen = notIp ?? notIpOf(own);
    return { target, title, midstream, note, decidesOnce: false, defaultAction: own.filters ? 'deny' : 'pass', holds: own.capabilities, ...(unseen === undefined ? {} : { notIp: unseen }) };
  }),
];

export const semanticsOf = (target: string): FirewallSemantics | null => SIMULATED_TARGETS.find((one) => one.target === target) ?? null;

/** What loss rows say of each Permit; a Permit in several rows (several devices) is as the first of them with a rule has it. */
const writtenIn = (losses: readonly LossRow[]): ReadonlyMap<string, WrittenPermit> => {
  const written = new Map<string, WrittenPermit>();
  for (const { permit, verdict, reasons, holds } of losses) {
    const refusal = verdict === 'not-enforceable' ? reasons.join('. ') : null;
    const known = written.get(permit);
    if (known === undefined || (known.refusal !== null && refusal === null)) written.set(permit, { refusal, holds });
  }
  return written;
};

/**
 * Null for what is no target that filters. Every conduit is written, whatever device the spec gives it to.
 * @param exported the same target's own export, if there is one: where the spec names no device, it is all of it
 */
export const writtenBy = (target: string, plan: Plan, options: ExportOptions = {}, exported: Pick<ExportResult, 'mode' | 'losses'> | null = null): ReadonlyMap<string, WrittenPermit> | null => {
  const exporter = exporterFor(target);
  if (exporter === null || !exporter.filters) return null;
  if (exported?.mode === 'enforce' && plan.devices.length === 0) return writtenIn(exported.losses);
  return writtenIn(exportPlan(exporter, plan, { ...options, mode: 'enforce', allowWider: true, allConduits: true }).losses);
};
