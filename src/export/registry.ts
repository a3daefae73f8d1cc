/**
 * All export targets, in one table. In: a target name. Out: its exporter, or one line that says which names exist.
 * Two targets with one name are a fault of ours and stop the program at start-up. How to add one:
 * docs/add-an-exporter.md.
 */
import { usageError } from '../errors.ts';
import { ciscoAsa } from './targets/cisco-asa.ts';
import { ciscoFtd } from './targets/cisco-ftd.ts';
import { ciscoIos } from './targets/cisco-ios.ts';
import { dataDiode } from './targets/data-diode.ts';
import { dot, mermaid, svg } from './targets/diagram.ts';
import type { Capabilities, Exporter, Mode } from './exporter.ts';
import { fortios } from './targets/fortios.ts';
import { hirschmannEagle, tofino } from './targets/modbus-enforcer.ts';
import { mud } from './targets/mud.ts';
import { nftables } from './targets/nftables.ts';
import { openconfigAcl } from './targets/openconfig-acl.ts';
import { panos } from './targets/panos.ts';
import { csvTable, jsonTable } from './targets/rule-table.ts';
import { suricata } from './targets/suricata.ts';
import { testPcaps } from './targets/test-pcaps.ts';

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
  if (exporter === undefined) throw usageError(`there is no export target "${target}"`, `Choose one of ${[...REGISTRY.keys()].join(', ')}.`);
  return exporter;
};
