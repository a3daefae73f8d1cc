/** An export into a folder that holds something: of an earlier export, of one that was killed, of somebody. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { testFolder } from '../folder.ts';
import { SAMPLES } from '../places.ts';
import { runLine } from './command-line.ts';

const SPEC = join(SAMPLES, 'plant.yaml');

const folder = testFolder();
const at = (name: string): string => join(folder, name);

test('one that is held back leaves no configuration of an earlier export under its name, and loses none', async () => {
  const out = at('held');
  const asked = ['export', SPEC, '--target', 'cisco-asa', '--mode', 'enforce', '--out', out];
  expect((await runLine([...asked, '--allow-wider'])).code).toBe(EXIT.ok);
  const wide = readFileSync(join(out, 'baseline-asa.cfg'), 'utf8');
  const held = await runLine(asked);
  expect(held.code).toBe(EXIT.findings);
  expect(held.err).toContain('was set aside: baseline-asa.cfg.earlier');
  expect(readdirSync(out).filter((name) => !name.endsWith('.earlier')).toSorted()).toEqual(['loss-report.json', 'loss-report.md']);
  expect(readFileSync(join(out, 'baseline-asa.cfg.earlier'), 'utf8')).toBe(wide);
});

test('--json prints the loss report that was written, held back or not', async () => {
  const out = at('json');
  const asked = ['export', SPEC, '--target', 'cisco-asa', '--mode', 'enforce', '--out', out, '--json'];
  for (const [more, code] of [[[], EXIT.findings], [['--allow-wider'], EXIT.ok]] as const) {
    const told = await runLine([...asked, ...more]);
    expect(told.code).toBe(code);
    expect(told.out).toBe(readFileSync(join(out, 'loss-report.json'), 'utf8'));
    expect(JSON.parse(told.out)).toMatchObject({ target: 'cisco-asa', mode: 'enforce' });
  }
});

test('what is not of this export is named', async () => {
  const out = at('two');
  expect((await runLine(['export', SPEC, '--target', 'cisco-asa', '--out', out])).err).not.toContain('not of this export');
  expect((await runLine(['export', SPEC, '--target', 'cisco-asa', '--out', out])).err).not.toContain('not of this export');
  const { code, err } = await runLine(['export', SPEC, '--target', 'nftables', '--out', out]);
  expect(code).toBe(EXIT.ok);
  expect(err).toContain(`${out} holds what is not of this export, and was left as it is: baseline-asa.cfg, remove.txt`);
});

test('what takes the export before off its device is kept, once there is another', async () => {
  const out = at('undone');
  const asked = async (target: string): Promise<string> => (await runLine(['export', SPEC, '--target', target, '--out', out], { columns: 1000 })).err;
  await asked('nftables');
  const before = readFileSync(join(out, 'rollback.txt'), 'utf8');
  expect(await asked('nftables')).not.toContain('is kept');
  expect(await asked('suricata')).toContain('what takes an earlier export away again is kept: rollback.txt.earlier');
  expect(readFileSync(join(out, 'rollback.txt'), 'utf8')).not.toBe(before);
  expect(readFileSync(join(out, 'rollback.txt.earlier'), 'utf8')).toBe(before);
});

test('a folder that a killed export left is taken, somebody\'s is not', async () => {
  mkdirSync(at('killed/C-1'), { recursive: true });
  writeFileSync(at('killed/README.md.baseline-4999999.part'), 'left');
  const { code } = await runLine(['export', SPEC, '--target', 'nftables', '--out', at('killed')]);
  expect(code).toBe(EXIT.ok);
  expect(readdirSync(at('killed'))).not.toContain('README.md.baseline-4999999.part');
  mkdirSync(at('own'));
  writeFileSync(at('own/notes.txt'), 'mine');
  const refused = await runLine(['export', SPEC, '--target', 'nftables', '--out', at('own')]);
  expect([refused.code, readdirSync(at('own'))]).toEqual([EXIT.usage, ['notes.txt']]);
});

test('the file of an asset that is gone stays, and is named', async () => {
  const plant = (assets: readonly string[]): string => `
spec_version: 1
zones:
  - {zone_id: CELL, name: Cell, assets: [${assets.map((id, index) => `{asset_id: ${id}, ip: [10.1.0.${index + 1}]}`).join(', ')}]}
  - {zone_id: OPS, name: Ops, assets: [{asset_id: HIST, ip: [10.3.0.1]}]}
conduits:
  - conduit_id: K1
    connects: [CELL, OPS]
    mode: enforce
    protocols_allowed:
      - {rule_id: K1-1, protocol: HTTPS, transport: tcp, port: 443, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [${assets.join(', ')}]}}
`;
  const exported = async (assets: readonly string[]): Promise<string> => {
    writeFileSync(at('next.yaml'), plant(assets));
    const { code, err } = await runLine(['export', at('next.yaml'), '--target', 'mud', '--out', at('mud')], { columns: 1000 });
    expect(code).toBe(EXIT.ok);
    return err;
  };
  expect(await exported(['PLC-1', 'PLC-2'])).not.toContain('not of this export');
  expect(await exported(['PLC-1'])).toContain('was left as it is: PLC-2.mud.json. Do not apply it');
  expect(readdirSync(at('mud'))).toContain('PLC-2.mud.json');
});

test('the list of targets fits a terminal of 80 columns', async () => {
  const { out } = await runLine(['export', '--list-targets', '--no-color'], { isTTY: true, columns: 80 });
  for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
});
