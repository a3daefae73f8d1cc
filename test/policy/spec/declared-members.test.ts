/** Devices that a person declared and nobody heard yet: they get what their group does, marked, and dilute no group. */
import { describe, expect, it } from 'vitest';
import { proposeConduits } from '../../../src/infer/conduits/conduits.ts';
import { withDeclaredMembers } from '../../../src/policy/spec/declared-members.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { proveProposal } from '../../../src/policy/proof.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import type { LoadedSpec } from '../../../src/policy/spec/load.ts';
import { updateSpec } from '../../../src/policy/edit/update.ts';
import type { ObservationSet } from '../../../src/observation.ts';
import { PLAN } from '../../infer/conduits/plan-fixture.ts';
import { modbus, observations } from '../observed.ts';

const specWith = (...entries: string[]): LoadedSpec => {
  const text = `zones:
  - zone_id: PANELS
    name: Panels
    assets:
      - {asset_id: SCADA-A, role: hmi, ip: [10.3.0.1]}
      - {asset_id: SCADA-B, role: hmi, ip: [10.3.0.2]}
${entries.map((entry) => `      - ${entry}\n`).join('')}conduits: []
`;
  const { loaded, problems } = parseSpec(text, 'spec.yaml');
  expect(problems).toEqual([]);
  return loaded as LoadedSpec;
};

const polls = (panels: readonly number[], controllers: readonly number[]): Parameters<typeof observations>[0] =>
  panels.flatMap((panel) => controllers.map((plc) => modbus(`10.3.0.${panel}`, `10.1.0.${plc}`)));

const set = observations(polls([1, 2], [1, 2, 3]));
const rulesOf = (seen: ObservationSet, spec: LoadedSpec): Map<string, readonly string[]> => new Map(proposeConduits(seen, withDeclaredMembers(PLAN, spec)).permits.map(({ permit }) => [
  `${permit.from.assets.join('+')} > ${permit.to.assets.join('+')}`, permit.evidence?.generalisedBy ?? [],
]));

describe('a declared device', () => {
  it('is one of its group, and the rule says so', () => {
    const rules = rulesOf(set, specWith('{asset_id: SCADA-C, role: hmi, ip: [10.3.0.3]}'));
    const entry = [...rules].find(([ends]) => ends.includes('SCADA-C'));
    expect(entry?.[0]).toBe('SCADA-A+SCADA-B+SCADA-C > PLC-1+PLC-2+PLC-3+PLC-4');
    expect(entry?.[1]).toEqual(['declared-member', 'poll-area', 'same-role-group']);
  });

  it('does not dilute the group: the others get what they got without it', () => {
    const many = specWith(...Array.from({ length: 12 }, (_, i) => `{asset_id: NEW-${i}, role: hmi, ip: [10.3.0.${i + 10}]}`));
    expect([...rulesOf(set, many).keys()][0]).toMatch(/^(NEW-\d+\+)+SCADA-A\+SCADA-B > PLC-1\+PLC-2\+PLC-3\+PLC-4$/);
  });

  it('without a group of its own it gets exactly what most of its like do, and no writing after one alone', () => {
    const writes = modbus('10.3.0.1', '10.1.0.1', [{ code: 3 }, { code: 6 }]);
    const lonely = { ...PLAN, assets: PLAN.assets.filter((asset) => asset.id !== 'SCADA-B') };
    const plan = withDeclaredMembers(lonely, specWith('{asset_id: SCADA-C, role: hmi, ip: [10.3.0.3]}'));
    const permits = proposeConduits(observations([writes]), plan).permits.filter(({ permit }) => permit.from.assets.includes('SCADA-C'));
    expect(permits.map(({ permit }) => [permit.to.assets, permit.modbus?.functionCodes])).toEqual([[['PLC-1'], [3]]]);
  });

  it('with no heard neighbour of its role, it is one of its kind in the plant\'s other zones, but no partner of their cell', () => {
    const [cell] = PLAN.zones;
    const [plc] = PLAN.assets;
    const panels = [{ ...plc, id: 'PANEL-2', zone: 'CELL-2', role: 'hmi', addresses: ['10.2.0.1'] }, { ...plc, id: 'PANEL-3', zone: 'CELL-3', role: 'hmi', addresses: ['10.9.0.1'] }];
    const spec = parseSpec(`zones:
  - {zone_id: NEW, name: New cell, assets: [{asset_id: PANEL-3, role: hmi, ip: [10.9.0.1]}, {asset_id: PLC-20, role: plc, ip: [10.9.0.20]}]}
conduits: []
`, 'spec.yaml').loaded as LoadedSpec;
    const plan = withDeclaredMembers({ ...PLAN, zones: [...PLAN.zones, { ...cell, id: 'CELL-3' }], assets: [...PLAN.assets, ...panels] }, spec);
    const historian = [1, 2, 3].map((n) => modbus('10.4.0.1', `10.1.0.${n}`));
    const interlock = [1, 2, 3].map((n) => modbus('10.2.0.1', `10.1.0.${n}`));
    const entries = [...new Map(proposeConduits(observations([...historian, ...interlock]), plan).permits.map(({ permit }) => [`${permit.from.assets.join('+')} > ${permit.to.assets.join('+')}`, permit.evidence?.generalisedBy ?? []]))];
    expect(entries.filter(([ends]) => ends.includes('PLC-20')).map(([ends]) => ends)).toEqual(['HIST > PLC-20']);
  });

  it.each([
    ['heard already', '{asset_id: SCADA-9, role: hmi, ip: [10.3.0.9]}', '10.3.0.9'],
    ['a range', '{asset_id: SCADA-R, role: hmi, ip: [10.3.0.20-10.3.0.29], count: 10}', null],
    ['without a role', '{asset_id: SCADA-N, ip: [10.3.0.30]}', null],
    ['written by a proposal', '{asset_id: SCADA-P, role: hmi, ip: [10.3.0.31], pinned: false}', null],
    ['without an address', '{asset_id: SCADA-X, role: hmi}', null],
  ])('is none when it is %s', (_, entry, heard) => {
    const plan = heard === null ? PLAN : { ...PLAN, assets: [...PLAN.assets, { ...PLAN.assets[5], id: heard, addresses: [heard] }] };
    expect(withDeclaredMembers(plan, specWith(entry))).toBe(plan);
  });

  it('the updated spec holds, is proven, and lets the device through on its first day', () => {
    const before = specWith('{asset_id: SCADA-C, role: hmi, ip: [10.3.0.3]}');
    const written = (plan: typeof PLAN): LoadedSpec => parseSpec(updateSpec(proposeConduits(set, plan), before.text, set).text, 'spec.yaml').loaded as LoadedSpec;
    const loaded = written(withDeclaredMembers(PLAN, before));
    expect(proveProposal(loaded, set)).toMatchObject({ holds: true });
    const later = observations(polls([1, 2, 3], [1, 2, 3]));
    const blocked = (spec: LoadedSpec): number => diffSpec(spec, later).filter((finding) => finding.client === '10.3.0.3').length;
    expect(blocked(loaded)).toBe(0);
    expect(blocked(written(PLAN))).toBeGreaterThan(0);
    expect(diffSpec(loaded, set).filter((finding) => finding.type !== 'insufficient-evidence')).toEqual([]);
  });
});
