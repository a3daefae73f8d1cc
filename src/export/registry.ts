/**
 * All export targets, in one table. In: a target name. Out: its exporter, or one line that says which names exist.
 * Two targets with one name are a fault of ours and stop the program at start-up. How to add one:
 * docs/add-an-exporter.md.
 */
import { usageError } from '../errors.ts';
import { ciscoAsa } from './cisco-asa.ts';
import { ciscoFtd } from './cisco-ftd.ts';
import { ciscoIos } from './cisco-ios.ts';
import { dataDiode } from './data-diode.ts';
import { dot, mermaid, svg } from './diagram.ts';
import type { Capabilities, Exporter, Mode } from './exporter.ts';
import { fortios } from './fortios.ts';
import { hirschmannEagle, tofino } from './modbus-enforcer.ts';
import { mud } from './mud.ts';
import { nftables } from './nftables.ts';
import { openconfigAcl } from './openconfig-acl.ts';
import { panos } from './panos.ts';
import { csvTable, jsonTable } from './rule-table.ts';
import { suricata } from './suricata.ts';
import { testPcaps } from './test-pcaps.ts';

export const registryOf = (exporters: readonly Exporter[]): ReadonlyMap<string, Exporter> => {
  const registry = new Map<string, Exporter>();
  for (const exporter of exporters) {
    if (registry.has(exporter.name)) throw new Error(`two exporters are named "${exporter.name}"`);
    registry.set(exporter.name, exporter);
  }
  return registry;
};

const REGISTRY = registryOf([
  nftables, suricata, ciscoAsa, ciscoFtd, ciscoIos, fortios, panos, hirschmannEagle, tofino, mud, openconfigAcl, dataDiode, csvTable, jsonTable,
  mermaid, dot, svg, testPcaps,
]);

export interface TargetRow {
  readonly name: string;
  readonly title: string;
  readonly filters: boolean;
  readonly modes: readonly Mode[];
  readonly platforms: readonly string[];
  readonly capabilities: Capabilities;
}

/** The capability matrix, in the order of the registry. */
export const listTargets = (): TargetRow[] =>
  [...REGISTRY.values()].map(({ name, title, filters, modes, platforms, capabilities }) => ({ name, title, filters, modes, platforms, capabilities }));

export const exporterOf = (target: string): Exporter => {
  const exporter = REGISTRY.get(target);
  if (exporter === undefined) throw usageError(`there is no export target "${target}"`, `choose one of ${[...REGISTRY.keys()].join(', ')}`);
  return exporter;
};
