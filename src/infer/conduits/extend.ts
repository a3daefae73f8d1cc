/**
 * How a rule about several pairs adds to what was seen: a grant that nobody saw appears, or one that there is grows, and
 * either carries the rule's name. In: grants by key, and what to add. Out: the same map, changed.
 */
import { grantKey, mergeDetails, NO_EVIDENCE } from './grants.ts';
import type { Grant, GrantDetail, ModbusAsk, OperationClass } from './grants.ts';
import type { PlannedAsset } from './plan.ts';

/** Share of the possible pairs that must have been seen before the rest is taken for alike. */
export const GROUP_COVERAGE: Readonly<Record<OperationClass, number>> = { read: 0.7, any: 0.7, write: 0.8, engineer: 0.5 };

export const isBusiness = (kind: string): boolean => kind === 'enterprise' || kind === 'external';
export const isTemporary = (kind: string): boolean => kind === 'temporary';

/** Adds a never-seen grant, or widens the one there is; evidence stays what it was. */
export function extendGrants(grants: Map<string, Grant>, grant: Grant, rule: string): void {
  const key = grantKey(grant);
  const held = grants.get(key);
  const base = held ?? { ...grant, evidence: NO_EVIDENCE, rules: [], source: grant.source ?? grant };
  grants.set(key, { ...base, detail: mergeDetails(base.detail, grant.detail), rules: [...new Set([...base.rules, rule])].sort() });
}

/** Any address of the tables and units that the group touches: members differ in their maps, not in what they do. */
export const groupDetail = (details: readonly GrantDetail[]): GrantDetail => {
  const merged = details.reduce(mergeDetails);
  const units = [...new Set(merged.modbus.map((ask) => ask.unit))];
  const codes = [...new Set(merged.modbus.map((ask) => ask.code))];
  return { ...merged, modbus: units.flatMap((unit) => codes.map((code): ModbusAsk => ({ unit, code, spans: null }))) };
};

/** OPC UA security of a grant: a group never mixes endpoints of different security, or it would lower some of them. */
export const securityOf = (grant: Grant): string => (grant.protocol === 'opcua' ? `${grant.detail.opcuaModes.join(',')}|${grant.detail.opcuaPolicies.join(',')}` : '');

export const heardAmong = (assets: readonly PlannedAsset[]): readonly PlannedAsset[] => assets.filter((asset) => asset.declaredOnly !== true);
