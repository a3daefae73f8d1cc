/**
 * What a proposal says, apart from its names: for telling whether redaction changed it. In: a proposal, and what its
 * addresses became. Out: one line per zone, asset and Permit, in an order that names have no part in.
 */
import type { ConduitProposal } from '../../infer/conduits/conduits.ts';
import type { PermitEnd } from '../../permit.ts';

export function proposalShape({ zones, permits }: ConduitProposal, address: (text: string) => string): readonly string[] {
  const assetKeys = new Map<string, string>();
  const zoneKeys = new Map<string, string>();
  const lines: string[] = [];
  for (const zone of zones) {
    const members = zone.assets.map((asset) => {
      const key = [...asset.ip, ...asset.mac].map(address).sort().join(' ');
      assetKeys.set(asset.id, key);
      return JSON.stringify([key, asset.role, asset.level]);
    });
    zoneKeys.set(zone.id, [zone.kind, ...members.sort()].join('\n'));
    lines.push(JSON.stringify(['zone', zone.kind, zone.level, zone.slT, members]));
  }
  const end = ({ zone, assets, addresses }: PermitEnd): unknown => [zoneKeys.get(zone), assets.map((id) => assetKeys.get(id)).sort(), addresses.map(address).sort()];
  for (const { permit, question, regime, connections, registersNeverSeen } of permits) {
    const { service, access, modbus, opcua, named, conditions, decision, evidence } = permit;
    lines.push(JSON.stringify(['permit', end(permit.from), end(permit.to), service, access, modbus, opcua, named, conditions, decision, evidence, question?.kind ?? null, regime, connections, registersNeverSeen]));
  }
  return lines.sort();
}

/** Lines of either that the other has not. */
export function shapeDifferences(before: readonly string[], after: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const line of before) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const line of after) counts.set(line, (counts.get(line) ?? 0) - 1);
  return [...counts.values()].reduce((sum, count) => sum + Math.abs(count), 0);
}
