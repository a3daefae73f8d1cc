/**
 * Does one Permit let through everything that another one does.
 *
 * In: two Permits and who is who. Out: yes or no, by set arithmetic on ends, ports, codes, units, ranges, services and
 * the minutes of a week, both in one time zone.
 * "No" may also mean "not by this Permit alone". Left out on purpose: traffic (match.ts judges that).
 */
import { isWholeZone, type Permit, type PermitEnd } from '../../permit.ts';
import { isSubset, normaliseSet, parseSet, parseSpan } from '../../net/address-set.ts';
import type { AddressSet } from '../../net/address-set.ts';
import { accessesOfFunctionCode } from '../../decode/app/modbus-functions.ts';
import { ADDRESSED_CODES, bindingSpans, mergeSpans, spansContain } from '../../net/register-set.ts';
import { modesHeld, policiesHeld } from './asks.ts';
import { fewerOf, indexEnds, inOrderOf, type Party } from './end-index.ts';
import { indexRegisters } from './register-index.ts';
import { indexServices } from './service-index.ts';
import { INSPECTED, permitsUse, protocolKey } from '../spec/permits.ts';
import { weekOf } from '../spec/schedule.ts';
import type { AssetIndex } from '../spec/assets.ts';

export const addressesOfEnd = (end: PermitEnd, assets: AssetIndex): AddressSet =>
  normaliseSet([...parseSet(end.addresses), ...end.assets.flatMap((id) => assets.byId.get(id)?.spans ?? [])]);

const endCovers = (outer: PermitEnd, inner: PermitEnd, assets: AssetIndex, innerAssets: AssetIndex): boolean => {
  if (outer.zone === inner.zone && isWholeZone(outer)) return true;
  if (isWholeZone(inner)) return false;
  const restAssets = inner.assets.filter((id) => outer.zone !== inner.zone || !outer.assets.includes(id));
  if (restAssets.length + inner.addresses.length === 0) return true;
  // An asset without addresses can be covered by its name only.
  if (restAssets.some((id) => (innerAssets.byId.get(id)?.spans.length ?? 0) === 0)) return false;
  return isSubset(addressesOfEnd({ ...inner, assets: restAssets }, innerAssets), addressesOfEnd(outer, assets));
};

const listCovers = <T>(outer: readonly T[], inner: readonly T[]): boolean =>
  outer.length === 0 || (inner.length > 0 && inner.every((value) => outer.includes(value)));

const operationsCover = (outer: Permit, inner: Permit): boolean => {
  const codes = inner.modbus?.functionCodes ?? [];
  // Codes that are listed do what they can and `access` names, and nothing else.
  const isWithin = codes.length === 0 ? listCovers(outer.access, inner.access)
    : codes.every((code) => accessesOfFunctionCode(code).every((access) => !permitsUse(inner, code, access) || permitsUse(outer, code, access)));
  if (!isWithin) return false;
  if (outer.modbus !== null) {
    if (inner.modbus === null) return outer.modbus.functionCodes.length === 0 && outer.modbus.unitIds.length === 0 && outer.modbus.ranges.length === 0;
    if (!listCovers(outer.modbus.functionCodes, inner.modbus.functionCodes) || !listCovers(outer.modbus.unitIds, inner.modbus.unitIds)) return false;
    for (const code of codes.length === 0 ? ADDRESSED_CODES : codes) {
      for (const access of ['read', 'write'] as const) {
        const bound = bindingSpans(outer.modbus.ranges, code, access);
        if (bound === null) continue;
        const wanted = bindingSpans(inner.modbus.ranges, code, access) ?? [{ first: 0, last: 65535 }];
        if (!wanted.every((span) => spansContain(bound, span))) return false;
      }
    }
  }
  if (outer.opcua !== null) {
    const own = inner.opcua ?? { services: [], securityModes: [], securityPolicies: [] };
    // Stronger than declared passes too.
    if (!listCovers(outer.opcua.services, own.services) || !listCovers(modesHeld(outer.opcua), modesHeld(own)) || !listCovers(policiesHeld(outer.opcua), policiesHeld(own))) return false;
  }
  const namesOf = ({ named }: Permit): string[] => (named?.names ?? []).map((name) => name.toLowerCase());
  return listCovers(namesOf(outer), namesOf(inner));
};

/** Whether a Permit names all modes and policies that another does: who rejects a weak mode does not reject the stronger ones with it. */
export const namesSecurity = ({ opcua: outer }: Permit, { opcua: inner }: Permit): boolean =>
  listCovers(outer?.securityModes ?? [], inner?.securityModes ?? []) && listCovers(outer?.securityPolicies ?? [], inner?.securityPolicies ?? []);

const protocolCovers = (outer: Permit, inner: Permit): boolean => {
  const [a, b] = [outer, inner].map(({ service }) => protocolKey(service.protocol));
  return a === b || !INSPECTED.has(a) || !INSPECTED.has(b);
};

const conditionsCover = (outer: Permit, inner: Permit): boolean => {
  const a = outer.conditions;
  const b = inner.conditions;
  if (a.onDemand && !b.onDemand) return false;
  if (a.expires !== null && (b.expires === null || b.expires > a.expires)) return false;
  const week = weekOf(a);
  return weekOf(b).every((span) => spansContain(week, span));
};

const serviceCovers = (outer: Permit, inner: Permit): boolean => {
  if (outer.service.transport !== 'any' && outer.service.transport !== inner.service.transport) return false;
  if (outer.service.ports.length === 0) return true;
  return inner.service.ports.length > 0 && inner.service.ports.every((range) => spansContain(mergeSpans(outer.service.ports), range));
};

/** Whether a Permit is for all of another one's clients, servers and ports, whatever it says of operations and times. */
export const permitReaches = (outer: Permit, inner: Permit, assets: AssetIndex, innerAssets: AssetIndex): boolean =>
  serviceCovers(outer, inner) && endCovers(outer.from, inner.from, assets, innerAssets) && endCovers(outer.to, inner.to, assets, innerAssets);

/** @param innerAssets where the inner Permit is of another spec, the assets of that */
export const permitCovers = (outer: Permit, inner: Permit, assets: AssetIndex, innerAssets: AssetIndex = assets): boolean =>
  outer.decision !== 'rejected' && permitReaches(outer, inner, assets, innerAssets) && protocolCovers(outer, inner) && operationsCover(outer, inner) && conditionsCover(outer, inner);

/**
 * Of many Permits those that may reach all of another one's ends and ports, in their order: the few of which permitCovers has to be asked.
 * Whoever covers an end covers the first that it names.
 */
export const coverCandidates = <T extends { readonly permit: Permit }>(outers: readonly T[], assets: AssetIndex): ((inner: Permit, innerAssets?: AssetIndex) => readonly T[]) => {
  const inPlaces = inOrderOf(outers);
  const [withFrom, withTo] = (['from', 'to'] as const).map((side) => indexEnds(outers.map((value) => {
    const end = value.permit[side];
    return { zone: end.zone, assets: end.assets, addresses: addressesOfEnd(end, assets), wholeZone: isWholeZone(end), value };
  })));
  const firstOf = ({ zone, assets: [asset], addresses: [address] }: PermitEnd, innerAssets: AssetIndex): Party => {
    const span = asset === undefined ? parseSpan(address ?? '') : (innerAssets.byId.get(asset)?.spans[0] ?? null);
    return { zone, asset: asset ?? null, span: span === null ? null : { ...span, last: span.first } };
  };
  const withService = indexServices(outers.map((value) => ({ ...value.permit.service, value })));
  const withRegisters = indexRegisters(outers.map((value) => ({ modbus: value.permit.modbus, value })));
  return (inner, innerAssets = assets) =>
    inPlaces([withTo(firstOf(inner.to, innerAssets)), withService(inner.service), withRegisters(inner.modbus)].reduce(fewerOf, withFrom(firstOf(inner.from, innerAssets))).flat());
};
