/**
 * What a person pinned, resolved to assets. A pin that names no asset, or that two pins dispute, is a contradiction to
 * report, never an error: the packets may simply not have shown that asset yet.
 */
import type { Inventory } from './assets.ts';
import type { PinContradiction, Pins, Role } from './proposal.ts';

export interface PinnedAssets {
  readonly zone: ReadonlyMap<number, string>;
  readonly together: readonly (readonly [number, number])[];
  readonly apart: readonly (readonly [number, number])[];
  readonly role: ReadonlyMap<number, Role>;
  readonly level: ReadonlyMap<number, number>;
  readonly safetyExclusive: boolean;
  readonly contradictions: readonly PinContradiction[];
}

/** Position of an asset by address, id (any case), or name or MAC (any case) that is its only one or nobody else's; of several, the first. */
function assetFinder({ assets, indexOf }: Inventory): (key: string) => number | null {
  const byId = new Map<string, number>();
  const byName = new Map<string, number>();
  const keep = (map: Map<string, number>, key: string, index: number): void => {
    if (!map.has(key.toUpperCase())) map.set(key.toUpperCase(), index);
  };
  const owners = new Map<string, number>();
  for (const { macs } of assets) for (const mac of macs) owners.set(mac, (owners.get(mac) ?? 0) + 1);
  for (const [index, { id, names, macs }] of assets.entries()) {
    keep(byId, id, index);
    for (const name of [...names, ...macs.filter((mac) => macs.length === 1 || owners.get(mac) === 1)]) keep(byName, name, index);
  }
  return (key) => indexOf.get(key) ?? byId.get(key.toUpperCase()) ?? byName.get(key.toUpperCase()) ?? null;
}

export function resolvePins(inventory: Inventory, pins: Pins): PinnedAssets {
  const contradictions: PinContradiction[] = [];
  const find = assetFinder(inventory);
  const locate = (key: string, pin: string): number | null => {
    const index = find(key);
    if (index === null) contradictions.push({ pin, sentence: `${key} is pinned but was never seen` });
    return index;
  };
  const byAsset = <T>(source: ReadonlyMap<string, T>, what: string): Map<number, T> => {
    const resolved = new Map<number, T>();
    for (const [key, value] of [...source].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const index = locate(key, `${what} of ${key}`);
      if (index === null) continue;
      const held = resolved.get(index);
      if (held !== undefined && held !== value) contradictions.push({ pin: `${what} of ${key}`, sentence: `${key} is pinned to ${what} ${String(held)} and to ${what} ${String(value)}: the first stands` });
      else resolved.set(index, value);
    }
    return resolved;
  };
  const pairs = (source: Pins['together'], what: string): [number, number][] => {
    const resolved: [number, number][] = [];
    for (const [left, right] of source) {
      const a = locate(left, `${what}: ${left}, ${right}`);
      const b = locate(right, `${what}: ${left}, ${right}`);
      if (a !== null && b !== null && a !== b) resolved.push([a, b]);
    }
    return resolved;
  };
  const role = byAsset(pins.role, 'role');
  for (const key of pins.safetyAssets ?? []) {
    const index = locate(key, `safety asset ${key}`);
    if (index === null) continue;
    const held = role.get(index);
    if (held !== undefined && held !== 'safety-controller') contradictions.push({ pin: `safety asset ${key}`, sentence: `${key} is on the list of safety assets but pinned as ${held}: the list stands` });
    role.set(index, 'safety-controller');
  }
  const together = pairs(pins.together, 'together');
  const apart = pairs(pins.apart, 'apart');
  for (const [a, b] of together) {
    if (!apart.some(([x, y]) => (x === a && y === b) || (x === b && y === a))) continue;
    contradictions.push({ pin: 'together', sentence: `${inventory.assets[a]!.id} and ${inventory.assets[b]!.id} are pinned together and apart: apart stands` });
  }
  return { zone: byAsset(pins.assetZone, 'zone'), together, apart, role, level: byAsset(pins.level, 'level'), safetyExclusive: pins.safetyAssets !== null, contradictions };
}
