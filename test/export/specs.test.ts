/** Every spec at hand through every target: nothing throws, grammars hold, and what is read back is what the loss report says. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { Mode, Plan } from '../../src/export/exporter.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf, listTargets } from '../../src/export/registry.ts';
import { parseSpec } from '../../src/policy/spec/load.ts';
import { asaProblems } from './grammar/asa.ts';
import { fortiosProblems } from './grammar/fortios.ts';
import { iosProblems } from './grammar/ios.ts';
import { panosProblems } from './grammar/panos.ts';
import { readAsa } from './parse-back/cisco-asa.ts';
import { linesOf, stated, type ReadRule } from './parse-back/effects.ts';
import { readFortios } from './parse-back/fortios.ts';
import { readRules } from './parse-back/intrusion-rules.ts';
import { readNftables } from './parse-back/nftables.ts';
import { readOpenconfigAcl } from './parse-back/openconfig-acl.ts';
import { readPanos } from './parse-back/panos.ts';

const PROJECT = join(import.meta.dirname, '../..');
const SHARED = join(PROJECT, '../shared/spec');

const yamlIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? yamlIn(join(folder, entry.name)) : /\.ya?ml$/.test(entry.name) ? [join(folder, entry.name)] : []))
    : [];

if (!existsSync(SHARED)) console.warn('the shared specs are absent (../shared/spec): only those of samples/ are exported');

/** Other YAML stands in samples/ too: a spec is what loads as one. */
const specs = [...yamlIn(SHARED), ...yamlIn(join(PROJECT, 'samples'))].flatMap((path): [string, Plan][] => {
  const { loaded } = parseSpec(readFileSync(path, 'utf8'), path);
  return loaded === null ? [] : [[relative(PROJECT, path), planOf(loaded, ['test'])]];
});

const GRAMMARS: Record<string, (text: string) => string[]> = { 'baseline-asa.cfg': asaProblems, 'baseline-fortios.conf': fortiosProblems, 'baseline-panos.set': panosProblems };
const READERS: Record<string, (text: string, mode: Mode) => ReadRule[]> = { 'baseline-asa.cfg': readAsa, 'baseline-fortios.conf': readFortios, 'baseline-panos.set': readPanos, 'baseline.nft': readNftables, 'openconfig-acl.json': readOpenconfigAcl };

test.each(specs)('%s', (_, plan) => {
  for (const { name, modes } of listTargets())
    for (const mode of modes)
      for (const allConduits of [false, true]) {
        const { files, losses } = exportPlan(exporterOf(name), plan, { mode, allConduits, allowWider: true });
        const read: ReadRule[] = [];
        let readable = false;
        for (const file of files) {
          const base = file.path.replace(/^.*\//, '');
          if (typeof file.content !== 'string') continue;
          expect(GRAMMARS[base]?.(file.content) ?? [], `${name} ${mode}`).toEqual([]);
          if (name === 'cisco-ios' && base.endsWith('.cfg')) expect(iosProblems(file.content)).toEqual([]);
          if (base.endsWith('.rules')) readRules(file.content);
          const reader = READERS[base];
          if (reader === undefined) continue;
          read.push(...reader(file.content, mode));
          readable = true;
        }
        if (readable) expect(linesOf(read), `${name} ${mode}`).toEqual(stated(losses));
      }
});

test('there is a spec to export', () => {
  expect(specs.length + yamlIn(join(PROJECT, 'samples')).length).toBeGreaterThan(0);
});
