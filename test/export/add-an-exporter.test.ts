/** The toy target of docs/add-an-exporter.md is real code: it is taken from the page, loaded, exported, and read back. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { Exporter } from '../../src/export/exporter.ts';
import { exporterOf, registryOf } from '../../src/export/registry.ts';
import { testFolder } from '../folder.ts';
import { addresses, linesOf, stated, type ReadRule } from './parse-back/effects.ts';
import { hostilePlan, plantPlan } from './plant.ts';

const PROJECT = join(import.meta.dirname, '../..');

const folder = testFolder();
let toy: Exporter;

beforeAll(async () => {
  const page = readFileSync(join(PROJECT, 'docs/add-an-exporter.md'), 'utf8');
  const code = /```ts\n(.*?)```/s.exec(page)?.[1] ?? '';
  const absolute = code.replace(/'\.\.\/([a-z-]+\.ts)'/g, (_, file: string) => JSON.stringify(pathToFileURL(join(PROJECT, 'src/export', file)).href));
  writeFileSync(join(folder, 'gatekeeper.ts'), absolute);
  toy = ((await import(join(folder, 'gatekeeper.ts'))) as { gatekeeper: Exporter }).gatekeeper;
});


test('the page names a target that the registry takes', () => {
  expect(registryOf([exporterOf('csv'), toy]).get('gatekeeper')).toBe(toy);
});

test('read back, its rules are what the loss report says', () => {
  for (const plan of [plantPlan(), hostilePlan()]) {
    const { files, losses } = exportPlan(toy, plan, { mode: 'enforce', allowWider: true });
    const content = files.find((file) => file.path === 'baseline.gate')?.content;
    const lines = String(content).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines.pop()).toBe('deny all');
    const byPermit = new Map<string, ReadRule>();
    for (const line of lines) {
      const [verb, client, server, transport, port, hash] = line.split(' ');
      expect([verb, hash]).toEqual(['allow', '#']);
      const key = line.slice(line.indexOf('#'));
      const known = byPermit.get(key);
      byPermit.set(key, {
        client: [...(known?.client ?? []), ...addresses(client)],
        server: [...(known?.server ?? []), ...addresses(server)],
        transport,
        ports: [...new Set([...(known?.ports ?? []), port])],
        modbus: null, windows: [], expires: '', onDemand: false,
      });
    }
    const withPorts = losses.map((row) => ({ ...row, effects: row.effects.filter((effect) => effect.ports.length > 0) }));
    expect(linesOf([...byPermit.values()])).toEqual(stated(withPorts));
  }
});

test('it refuses in enforce mode what it would widen', () => {
  expect(exportPlan(toy, plantPlan(), { mode: 'enforce' }).refused).toContain('K1-READ');
});
