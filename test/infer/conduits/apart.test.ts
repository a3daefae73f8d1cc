/** Two plants in one store, or one that the mirror shows in parts: no rule about a group leads from what is apart to the other side. */
import { describe, expect, it } from 'vitest';
import { proposeConduits } from '../../../src/infer/conduits/conduits.ts';
import { areApart, countPairs, indexPlan, type PlannedAsset, type ZonePlan } from '../../../src/infer/conduits/plan.ts';
import type { Conversation } from '../../../src/observation.ts';
import { conversation, modbus, MONDAY, observations } from '../../policy/observed.ts';
import { PLAN } from './plan-fixture.ts';

/** Every device of the plan once more, in the same zones, with 10.101.0.0/16 and so on. */
const elsewhere = (address: string): string => address.replace(/^10\.(\d+)\./, (_, second: string) => `10.${100 + Number(second)}.`);
const twin = (asset: PlannedAsset): PlannedAsset => ({ ...asset, id: `N-${asset.id}`, addresses: asset.addresses.map(elsewhere) });
const PLANT = PLAN.assets.filter(({ zone }) => zone !== 'EXT');
const TWO: ZonePlan = { ...PLAN, assets: [...PLAN.assets.map((asset) => ({ ...asset, external: asset.zone === 'EXT' })), ...PLANT.map(twin)] };

const inBoth = (conversations: readonly Conversation[]): Conversation[] =>
  conversations.flatMap((one) => [one, { ...one, client: elsewhere(one.client), server: elsewhere(one.server) }]);

/** By its own side alone; 'both' where a Permit names devices of either. */
const sides = (assets: readonly string[]): string => [...new Set(assets.map((id) => (id.startsWith('N-') ? 'N' : '')))].join('both');
function permits(conversations: readonly Conversation[]): string[] {
  return proposeConduits(observations(conversations), TWO).permits.map(({ permit: { from, to, service, conditions } }) => {
    expect(sides(from.assets)).toBe(sides(to.assets));
    return `${from.assets.join('+')} > ${to.assets.join('+')} ${service.protocol}${conditions.onDemand ? ' on demand' : ''}`;
  }).sort();
}

const PLCS = ['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.1.0.4'];
const polls = ['10.3.0.1', '10.3.0.2'].flatMap((client) => PLCS.map((plc) => modbus(client, plc)));
const dns = { transport: 'udp', port: 53, service: 'dns' } as const;
const names = [conversation('10.1.0.1', '10.4.0.2', dns), conversation('10.1.0.2', '10.4.0.2', dns)];
const sessions = modbus('10.5.0.1', '10.1.0.1', [{ code: 90, days: [0, 5, 9, 14, 20].map((day) => MONDAY + day) }]);

describe('two plants with the same zones', () => {
  it('same-role-group fills the pairs of each, and counts no pair between them', () => {
    expect(permits(inBoth(polls.slice(0, -1)))).toEqual(['N-SCADA-A+N-SCADA-B > N-PLC-1+N-PLC-2+N-PLC-3+N-PLC-4 Modbus/TCP', 'SCADA-A+SCADA-B > PLC-1+PLC-2+PLC-3+PLC-4 Modbus/TCP']);
  });

  it('shared-service opens a server to its own plant', () => {
    expect(permits(inBoth([...polls, ...names])).filter((line) => line.endsWith('DNS'))).toEqual(['N-PLC-1+N-PLC-2+N-PLC-3+N-PLC-4 > N-DC DNS', 'PLC-1+PLC-2+PLC-3+PLC-4 > DC DNS']);
  });

  it('maintenance is for the plant of the station', () => {
    expect(permits(inBoth([...polls, sessions])).filter((line) => line.endsWith('on demand'))).toEqual(['EWS > PLC-2+PLC-3+PLC-4 Modbus/TCP on demand', 'N-EWS > N-PLC-2+N-PLC-3+N-PLC-4 Modbus/TCP on demand']);
  });
});

describe('apart', () => {
  const apart = (conversations: readonly Conversation[], a: string, b: string, dropped: ZonePlan['dropped'] = []): boolean => {
    const index = indexPlan(observations(conversations), { ...TWO, dropped });
    const [from, to] = [a, b].map((id) => TWO.assets.find((asset) => asset.id === id)!) as [PlannedAsset, PlannedAsset];
    expect(countPairs([from], [to], index)).toBe(areApart(from, to, index) ? 0 : 1);
    return areApart(from, to, index);
  };
  const both = inBoth(polls);

  it('is who was heard, with nothing that leads from one to the other', () => {
    expect(apart(both, 'SCADA-A', 'N-PLC-1')).toBe(true);
    expect(apart(both, 'SCADA-A', 'PLC-4')).toBe(false);
    expect(apart([...both, conversation('10.4.0.1', '10.3.0.1'), conversation('10.4.0.1', '10.103.0.1')], 'PLC-1', 'N-PLC-1')).toBe(false);
  });

  it('is nobody who was heard with no device: a standby has no partners yet', () => {
    expect(apart(both, 'SCADA-A', 'HIST')).toBe(false);
  });

  it('is not ended by an Internet host that both ask', () => {
    expect(apart([...both, conversation('10.3.0.1', '93.184.216.34'), conversation('10.103.0.1', '93.184.216.34')], 'SCADA-A', 'N-PLC-1')).toBe(true);
  });
});
