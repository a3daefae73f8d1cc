/**
 * MUD files and OpenConfig lists against the YANG modules, by yanglint (libyang). Debian packages the program and not the
 * modules, and we do not carry them: name a folder that has them (a checkout of YangModels/yang and openconfig/public, flat) with
 * BASELINE_YANG. Without it test/export/grammar/yang-trees.ts, our transcription, is what holds the files.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { hostilePlan, plantPlan } from '../export/plant.ts';

const folder = process.env['BASELINE_YANG'] ?? '/usr/share/yang/modules';
const modulesOf = (names: readonly string[]): string[] | null => {
  const all = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  const found = names.map((name) => all.filter((file) => file === `${name}.yang` || file.startsWith(`${name}@`)).at(-1));
  return found.includes(undefined) ? null : found.map((file) => join(folder, file ?? ''));
};

const TARGETS: readonly [target: string, type: string, modules: readonly string[], file: RegExp][] = [
  ['mud', 'data', ['ietf-mud', 'ietf-access-control-list', 'ietf-acldns'], /\.mud\.json$/],
  ['openconfig-acl', 'config', ['openconfig-acl', 'openconfig-packet-match-types', 'openconfig-icmpv4-types', 'openconfig-icmpv6-types'], /openconfig-acl\.json$/],
];

test.each(TARGETS)('%s: valid against its modules, and a wrong word is not', (target, type, names, file) => {
  const modules = modulesOf(names);
  if (modules === null) {
    console.warn(`no YANG modules in ${folder} (BASELINE_YANG names another folder): ${target} is held against our transcription only`);
    expect(modules).toBeNull();
    return;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'baseline-yang-'));
  try {
    const judge = (content: string): { status: number | null; output: string } => {
      const path = join(scratch, 'data.json');
      writeFileSync(path, content);
      const { status, stdout, stderr } = spawnSync('yanglint', ['-p', folder, '-t', type, '-f', 'json', ...modules, path], { encoding: 'utf8' });
      return { status, output: stdout + stderr };
    };
    const contents = [plantPlan(), hostilePlan()].flatMap((plan) => exportPlan(exporterOf(target), plan, { mode: 'enforce', allowWider: true }).files.flatMap(({ path, content }) => (file.test(path) && typeof content === 'string' ? [content] : [])));
    expect(contents.length).toBeGreaterThan(1);
    for (const content of contents) expect(judge(content).status, judge(content).output.slice(-500)).toBe(0);
    expect(judge((contents[0] ?? '').replace(/accept|ACCEPT/, 'maybe')).status).not.toBe(0);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});
