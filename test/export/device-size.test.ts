/** What a README counts is what the configuration holds. */
import { describe, expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { edgesPlan, everywherePlan, plantPlan } from './plant.ts';

const namesIn = (text: string, pattern: RegExp): string[] => [...new Set(Array.from(text.matchAll(pattern), ([, name]) => name))];

/** Names that are edited in blocks of a FortiOS script; the one that every device has is not counted. */
const editsIn = (text: string, path: string): string[] => [...new Set(Array.from(text.matchAll(new RegExp(`^config ${path}\\n([^]*?)^end$`, 'gm')), ([, body]) => Array.from(body.matchAll(/^ {4}edit (.+)$/gm), ([, name]) => name)).flat())].filter((name) => name !== '"all"');

const asaElements = (text: string): number => {
  const sizes = new Map(Array.from(text.matchAll(/^object-group network (\S+)\n((?: .*\n)+)/gm), ([, name, body]) => [name, body.match(/^ network-object /gm)?.length ?? 0]));
  return Array.from(text.matchAll(/^access-list \S+ extended (.*)$/gm), ([, entry]) => Array.from(entry.matchAll(/object-group (\S+)/g), ([, name]) => sizes.get(name) ?? 1).reduce((product, size) => product * size, 1)).reduce((sum, size) => sum + size, 0);
};

interface AclFile {
  readonly 'openconfig-acl:acl': { readonly 'acl-sets': { readonly 'acl-set': readonly { readonly 'acl-entries': { readonly 'acl-entry': readonly unknown[] } }[] } };
}

const COUNTS: Readonly<Record<string, readonly [file: string, count: (text: string) => readonly (readonly [number, string])[]]>> = {
  'cisco-asa': ['baseline-asa.cfg', (text) => [
    [namesIn(text, /^object network (\S+)$/gm).length, 'network object'], [namesIn(text, /^object-group network (\S+)$/gm).length, 'object group'],
    [text.match(/^access-list \S+ extended /gm)?.length ?? 0, 'list entr'], [asaElements(text), 'element'],
  ]],
  fortios: ['baseline-fortios.conf', (text) => {
    const edits = (...paths: readonly string[]): number => paths.flatMap((path) => editsIn(text, path)).length;
    return [[edits('firewall address', 'firewall address6'), 'address object'], [edits('firewall addrgrp', 'firewall addrgrp6'), 'address group'], [edits('firewall policy'), 'polic']];
  }],
  panos: ['baseline-panos.set', (text) => [
    [namesIn(text, /^set address (\S+)/gm).length, 'address object'], [namesIn(text, /^set address-group (\S+)/gm).length, 'address group'],
    [namesIn(text, /^set service (\S+)/gm).length, 'service'], [namesIn(text, /^set rulebase security rules (\S+)/gm).length, 'security rule'],
  ]],
  'openconfig-acl': ['openconfig-acl.json', (text) => {
    const sets = (JSON.parse(text) as AclFile)['openconfig-acl:acl']['acl-sets']['acl-set'];
    return [[sets.length, 'list'], [sets.flatMap((set) => set['acl-entries']['acl-entry']).length, 'entr']];
  }],
};

describe.each(Object.entries(COUNTS))('%s', (target, [name, countIn]) => {
  test.each([['a plant', plantPlan()], ['edges', edgesPlan()], ['everywhere', everywherePlan()]] as const)('%s', (_, plan) => {
    for (const mode of ['enforce', 'monitor'] as const) {
      const files = new Map(exportPlan(exporterOf(target), plan, { mode, allowWider: true, allConduits: true }).files.map(({ path, content }) => [path, String(content)]));
      const said = files.get('README.md') ?? '';
      expect(said).toContain('Compare with what the model takes');
      for (const [count, what] of countIn(files.get(name) ?? '').filter(([number]) => number > 0)) expect(said, `${mode} ${what}`).toMatch(new RegExp(`[ :] ?${count} ${what}`));
    }
  });
});
