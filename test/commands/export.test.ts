/** `export` into a folder that an earlier export has filled: what is left of that one is named. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { runLine } from './command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'baseline-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SPEC = join(folder, 'plant.yaml');
const plant = (assets: readonly string[], more = ''): string => `
spec_version: 1
zones:
  - {zone_id: CELL, name: Cell, assets: [${assets.map((id, index) => `{asset_id: ${id}, ip: [10.1.0.${index + 1}]}`).join(', ')}]}
  - {zone_id: OPS, name: Ops, assets: [{asset_id: HIST, ip: [10.3.0.1]}]}
conduits:
  - conduit_id: K1
    connects: [CELL, OPS]
    mode: enforce
    protocols_allowed:
      - {rule_id: K1-1, protocol: HTTPS, transport: tcp, port: 443, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [${assets.join(', ')}]}${more}}
`;
writeFileSync(SPEC, plant(['PLC-1', 'PLC-2']));
const NEXT = join(folder, 'next.yaml');

const exported = async (spec: string, target: string, out: string) => {
  const { code, out: text, err } = await runLine(['export', spec, '--target', target, '--out', join(folder, out)], { columns: 1000 });
  return { code, said: text + err };
};

test('the file of an asset that is gone stays, and is named', async () => {
  expect((await exported(SPEC, 'mud', 'mud')).said).not.toContain('from before');
  expect((await exported(SPEC, 'mud', 'mud')).said).not.toContain('from before');
  writeFileSync(NEXT, plant(['PLC-1']));
  const { code, said } = await exported(NEXT, 'mud', 'mud');
  expect(code).toBe(EXIT.ok);
  expect(said).toContain('from before, and no part of this export: PLC-2.mud.json. Do not apply it');
  expect(existsSync(join(folder, 'mud', 'PLC-2.mud.json'))).toBe(true);
});

test('where a configuration is held back, the one from before is not taken for it', async () => {
  expect((await exported(SPEC, 'nftables', 'nft')).code).toBe(EXIT.ok);
  writeFileSync(NEXT, plant(['PLC-1', 'PLC-2'], ', limits: {max_connections: 1}'));
  const { code, said } = await exported(NEXT, 'nftables', 'nft');
  expect(code).toBe(EXIT.findings);
  expect(said).toContain('from before, and no part of this export: README.md, baseline.nft, rollback.txt. Do not apply them');
});
