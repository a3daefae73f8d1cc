/** In a flat plant a firewall that routes sees nothing: every such target says so before anything else, the others do not. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import { verdictSummary } from '../../src/export/loss-report.ts';
import { passingBySummary } from '../../src/export/passing-by.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf, listTargets } from '../../src/export/registry.ts';
import { loadText } from '../policy/loaded-spec.ts';

const FLAT = `
zones:
  - {zone_id: CELL, name: c, assets: [{asset_id: PLC, ip: [10.20.0.2], vlan: 10}]}
  - {zone_id: OPS, name: o, assets: [{asset_id: SCADA, ip: [10.20.0.77], vlan: 10}]}
conduits:
  - {conduit_id: C1, connects: [CELL, OPS], protocols_allowed: [{rule_id: R, protocol: HTTPS, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}}]}
`;
const FIRST = '## First of all: traffic that passes by a firewall that routes';
const textOf = (files: readonly { readonly path: string; readonly content: string | Uint8Array }[], path: string): string => files.find((file) => file.path === path)?.content as string;

for (const { name, filters, capabilities } of listTargets())
  test(`${name}: what passes by stands first where it has to`, () => {
    const exporter = exporterOf(name);
    for (const [text, isFlat] of [[FLAT, true], [FLAT.replace('vlan: 10', 'vlan: 11'), false]] as const) {
      const result = exportPlan(exporter, planOf(loadText(text), []), { allowWider: true });
      const readme = textOf(result.files, 'README.md');
      const report = textOf(result.files, 'loss-report.md');
      const says = filters && !capabilities.onLink && isFlat;
      expect(readme.includes(FIRST)).toBe(says);
      expect(report.includes(FIRST)).toBe(says);
      expect(result.passingBy).toHaveLength(says ? 1 : 0);
      if (!says) continue;
      expect(readme.split('\n').find((line) => line.startsWith('## '))).toBe(FIRST);
      expect(report.split('\n').find((line) => line.startsWith('## '))).toBe(FIRST);
      const written = result.losses.some((row) => row.verdict !== 'not-enforceable');
      expect(readme).toContain(`- VLAN 10: C1 (CELL, OPS; ${written ? '1 Permit)' : '0 Permits)'}`);
      if (written) expect(result.losses[0]?.reasons[0]).toBe('CELL and OPS share VLAN 10: a firewall that routes does not see this traffic');
    }
  });

test('the terminal gets one sentence, and says when it is only likely', () => {
  const summary = (text: string, target = 'nftables'): string => {
    const { passingBy, losses } = exportPlan(exporterOf(target), planOf(loadText(text), []));
    return passingBySummary(passingBy, losses);
  };
  expect(summary(FLAT)).toBe('1 of the 1 written are not enforced as the plant is, whatever the rules say: their zones share a link (VLAN 10), and a firewall that routes does not see what passes there');
  expect(summary(FLAT.replaceAll(', vlan: 10', ''))).toContain('their zones probably share a link (10.20.0.0/24)');
  expect(summary(FLAT.replace('vlan: 10', 'vlan: 11'))).toBe('');
  // No rule is passed by where none is written.
  expect(summary(FLAT, 'data-diode')).toBe('');
});

test('what the rules say is counted by Permits, not by devices, and is no word on what passes by them', () => {
  const spec = `${FLAT}
enforcement_points:
  - {ep_id: FW1, platform: linux-nft, interfaces: [{zone: CELL, interface: eth1}, {zone: OPS, interface: eth2}]}
  - {ep_id: FW2, platform: linux-nft, interfaces: [{zone: CELL, interface: eth1}, {zone: OPS, interface: eth2}]}
`;
  const { losses, passingBy, files } = exportPlan(exporterOf('nftables'), planOf(loadText(spec), []));
  expect(losses).toHaveLength(2);
  expect(verdictSummary(losses)).toBe('1 Permit: 1 written exactly, 0 written wider, 0 without a rule');
  expect(passingBySummary(passingBy, losses)).toContain('1 of the 1 written are not enforced as the plant is, whatever the rules say');
  expect(textOf(files, 'loss-report.md')).toContain(`${verdictSummary(losses)}. In the table:`);
});

test('two zones on one interface and VLAN of a device are refused', () => {
  const spec = (vlan: string): string => `${FLAT.replace('vlan: 10', 'vlan: 11')}
enforcement_points:
  - {ep_id: FW, platform: cisco-asa, interfaces: [{zone: CELL, interface: GigabitEthernet1/1, vlan: 20}, {zone: OPS, interface: GigabitEthernet1/1, vlan: ${vlan}}]}
`;
  const run = (vlan: string, allConduits: boolean): unknown => exportPlan(exporterOf('cisco-asa'), planOf(loadText(spec(vlan)), []), { allConduits });
  expect(() => run('20', false)).toThrow('FW has CELL and OPS on one interface, GigabitEthernet1/1 VLAN 20');
  expect(() => run('30', false)).not.toThrow();
  expect(() => run('20', true)).not.toThrow();
});
