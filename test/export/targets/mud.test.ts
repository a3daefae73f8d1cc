/** MUD: which devices get an entry of a Permit, and what an entry cannot say. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../../src/export/export-plan.ts';
import { planOf } from '../../../src/export/plan.ts';
import { exporterOf } from '../../../src/export/registry.ts';
import { semanticsOf, writtenBy } from '../../../src/export/simulated-target.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import { simulate } from '../../../src/policy/simulate.ts';
import { loadText } from '../../policy/loaded-spec.ts';
import { conversation, MONDAY, observations } from '../../policy/observed.ts';

const loaded = loadText(`
spec_version: 1
zones:
  - {zone_id: OPS, name: ops, kind: operations, networks: [10.30.1.0/24], assets: [{asset_id: HMI, ip: [10.30.1.50]}, {asset_id: HIST, ip: [10.30.1.51]}]}
  - {zone_id: CELL, name: cell, kind: control, networks: [10.20.1.0/24], assets: [{asset_id: PLC-1, ip: [10.20.1.10]}, {asset_id: PLC-2, ip: [10.20.1.11]}, {asset_id: ROW, ip: [10.20.1.20-10.20.1.29], count: 10}]}
  - {zone_id: YARD, name: a zone without assets, kind: other, networks: [10.40.1.0/24]}
conduits:
  - conduit_id: C1
    connects: [OPS, CELL, YARD]
    mode: enforce
    protocols_allowed:
      - {rule_id: NAMED, protocol: SSH, port: 22, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC-1]}}
      - {rule_id: ZONE, protocol: HTTPS, port: 443, client: {zone: OPS, assets: [HMI]}, server: {zone: CELL}}
      - {rule_id: SPAN, protocol: HTTP, port: 80, client: {zone: OPS, addresses: [10.30.1.0/24]}, server: {zone: CELL, addresses: [10.20.1.11-10.20.1.24]}}
      - {rule_id: SIGNAL, protocol: M3UA, transport: sctp, port: 2905, client: {zone: OPS, assets: [HIST]}, server: {zone: CELL, assets: [PLC-2]}}
      - {rule_id: NOBODY, protocol: HTTP, port: 80, client: {zone: YARD}, server: {zone: CELL, addresses: [10.20.1.99]}}
`);
const plan = planOf(loaded, []);
const { files, losses } = exportPlan(exporterOf('mud'), plan, { mode: 'enforce', allowWider: true });
const rowOf = (permit: string) => losses.find((row) => row.permit === permit);

/** Names of the entries of a device, without what the list tells of them. */
const entriesOf = (asset: string): string[] => {
  const text = files.find(({ path }) => path.endsWith(`${asset}.mud.json`))?.content as string;
  const { 'ietf-access-control-list:acls': { acl } } = JSON.parse(text) as { 'ietf-access-control-list:acls': { acl: { aces: { ace: { name: string }[] } }[] } };
  return [...new Set(acl.flatMap(({ aces }) => aces.ace.map(({ name }) => name)))].filter((name) => losses.some(({ permit }) => permit === name)).sort();
};

const blocked = (client: string, server: string, port: number, transport: 'tcp' | 'sctp' = 'tcp'): number =>
  simulate(contextOf(loaded, observations([conversation(client, server, { port, transport, days: [MONDAY] })])), semanticsOf('mud')!, { written: writtenBy('mud', plan) }).blocked.length;

test('every asset that an end covers has the entry: by name, by zone, by address', () => {
  expect(entriesOf('HMI')).toEqual(['SPAN', 'ZONE']);
  expect(entriesOf('HIST')).toEqual(['NAMED', 'SIGNAL', 'SPAN']);
  expect(entriesOf('PLC-1')).toEqual(['NAMED', 'ZONE']);
  expect(entriesOf('PLC-2')).toEqual(['SIGNAL', 'SPAN', 'ZONE']);
  expect(entriesOf('ROW')).toEqual(['SPAN', 'ZONE']);
  expect([rowOf('NAMED'), rowOf('ZONE')].map((row) => row?.verdict)).toEqual(['enforced', 'enforced']);
});

test('a Permit for some addresses of an asset is one for all of them, and the report and the simulation say so', () => {
  expect(rowOf('SPAN')).toMatchObject({ verdict: 'widened', widenedTo: 'an asset is one device here, with all its addresses: 10.20.1.25-10.20.1.29 too' });
  expect(['10.20.1.10', '10.20.1.24', '10.20.1.25', '10.20.1.30'].map((server) => blocked('10.30.1.50', server, 80))).toEqual([1, 0, 0, 1]);
});

test('a port of SCTP cannot be named: widened, and the simulation lets the others through', () => {
  expect(rowOf('SIGNAL')).toMatchObject({ verdict: 'widened', effects: [{ transport: 'sctp', ports: [] }] });
  expect(rowOf('SIGNAL')?.widenedTo).toContain('every port of SCTP');
  expect([2905, 9].map((port) => blocked('10.30.1.51', '10.20.1.11', port, 'sctp'))).toEqual([0, 0]);
});

test('a Permit that covers no asset has no entry anywhere', () => {
  expect(rowOf('NOBODY')).toMatchObject({ verdict: 'not-enforceable', reasons: ['it covers no asset on either side: MUD describes devices'] });
  expect(blocked('10.40.1.1', '10.20.1.99', 80)).toBe(1);
});
