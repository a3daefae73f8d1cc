/** A range of negotiated ports, on every target: open as the Permit says, and the row says what would open less. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf, listTargets } from '../../src/export/registry.ts';
import { parseSpec } from '../../src/policy/spec/load.ts';

const SPEC = `
spec_version: 1
zones:
  - {zone_id: CELL, name: cell, assets: [{asset_id: PLC, ip: [10.1.0.1]}]}
  - {zone_id: OPS, name: ops, assets: [{asset_id: HIST, ip: [10.4.0.1]}]}
conduits:
  - conduit_id: K
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: K-1, protocol: ftp, transport: tcp, port: 21, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC]}, access: any}
      - {rule_id: K-2, protocol: ftp-data, transport: tcp, port: 49152-65535, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC]}, access: any}
      - {rule_id: K-3, protocol: MS-RPC, transport: tcp, port: 1024-5000, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC]}, access: any}
      - {rule_id: K-4, protocol: constructor, transport: tcp, port: 7000-7010, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC]}, access: any}
`;

const { loaded } = parseSpec(SPEC, 'spec.yaml');
if (loaded === null) throw new Error('the spec does not load');
const plan = planOf(loaded, []);

const reasonsOf = (target: string, permit: string): string => exportPlan(exporterOf(target), plan, { mode: exporterOf(target).modes.at(-1) ?? 'enforce' }).losses.filter((row) => row.permit === permit).flatMap(({ reasons }) => reasons).join('. ');

test.each([
  ['cisco-asa', '`inspect ftp`', '`inspect dcerpc`'], ['fortios', 'session helper `ftp`', 'session helper `dcerpc`'], ['panos', 'App-ID `ftp`', 'App-ID `msrpc`'],
  ['cisco-ftd', '`inspect ftp`', 'not known to follow'], ['nftables', '`ct helper` of type "ftp" on tcp/21, and `ct status expected accept` before the replies', 'not known to follow'], ['suricata', '`app-layer-protocol:ftp-data`', 'not known to follow'],
  ['tofino', 'not known to follow', 'OPC enforcer'], ['mud', 'not known to follow', 'not known to follow'],
])('%s names what would open less, where it has it', (target, ftp, rpc) => {
  expect(reasonsOf(target, 'K-2')).toContain('every port of 49152-65535 is open: FTP (tcp/21)');
  expect(reasonsOf(target, 'K-2')).toContain(ftp);
  expect(reasonsOf(target, 'K-3')).toContain('every port of 1024-5000 is open: MS-RPC (tcp/135)');
  expect(reasonsOf(target, 'K-3')).toContain(rpc);
  for (const other of ['K-1', 'K-4']) expect(reasonsOf(target, other)).not.toContain('every port of');
});

test('such a range is no loss: it is what the Permit says', () => {
  for (const { name, filters } of listTargets()) {
    if (!filters || name === 'data-diode' || name === 'cisco-ios') continue;
    const { losses, files } = exportPlan(exporterOf(name), plan, { mode: exporterOf(name).modes.at(-1) ?? 'enforce' });
    expect(losses.map(({ verdict }) => verdict), name).toEqual(['enforced', 'enforced', 'enforced', 'enforced']);
    expect(files.filter(({ path }) => !path.startsWith('loss-report')).map(({ content }) => String(content)).join('\n'), name).toContain('49152');
  }
});
