/**
 * Rules of IEC 62443-3-2 and -3-3, and of practice, that a declared spec or a crossing conversation can break.
 *
 * In: kinds of zones, the role of assets, who opens what. Out: the rule with its source, or null. A requirement and a
 * practice are never mixed up: each says which it is. Left out on purpose: rules on inferred zones (infer/requirements.ts).
 */
import { isMonitoringService } from '../../infer/conduits/questions.ts';
import { changesDevice, type Conversation } from '../../observation.ts';
import type { Severity } from './findings.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import { permitsUse, permittedCodes } from '../spec/permits.ts';
import { accessesOfFunctionCode } from '../../decode/app/modbus-functions.ts';
import { declaredAssets } from '../spec/assets.ts';
import { listsBy } from '../../net/multi-map.ts';
import type { Spec } from '../spec/schema.ts';
import { CONTROL_KINDS } from '../spec/zone-kind.ts';
import type { DeclaredKind } from '../spec/zone-kind.ts';

export interface Requirement {
  readonly id: string;
  readonly citation: string;
  readonly severity: Severity;
  readonly sentence: string;
  readonly remedy: string;
}

const rule = (id: string, citation: string, severity: Severity, sentence: string, remedy: string): Requirement => ({ id, citation, severity, sentence, remedy });

export const REQUIREMENTS = {
  airGap: rule('AIR-GAP', 'the zone\'s own requirement (air_gapped), SR 5.1', 'critical', 'a zone that is declared air-gapped was crossed', 'find the physical path and cut it, or correct the claim'),
  diode: rule('DIODE-RETURN', 'the conduit\'s own requirement (unidirectional)', 'critical', 'traffic returned through a conduit that is declared unidirectional', 'a TCP session cannot cross a diode: check that the diode is there and that no path runs beside it'),
  safetyZone: rule('ZCR-3.3', 'IEC 62443-3-2 ZCR 3.3', 'critical', 'safety assets share a zone with others', 'give safety assets a zone of their own, or treat the whole zone as safety-related'),
  safetyWrite: rule('ZCR-3.3-WRITE', 'IEC 62443-3-2 ZCR 3.3', 'critical', 'a write or engineering function goes into a safety zone from outside', 'allow reading only, from named readers'),
  businessDirect: rule('ZCR-3.2', 'IEC 62443-3-2 ZCR 3.2; ending in a DMZ is practice', 'high', 'business and control talk directly, without ending in a DMZ', 'let the connection end in a server in the DMZ'),
  internet: rule('SR-5.2-INTERNET', 'IEC 62443-3-3 SR 5.2, SR 5.1 RE(2)', 'high', 'a control zone and the Internet talk directly', 'go through a proxy or relay in the DMZ, or stop it'),
} as const;

/** Of a zone, or of an address that lies in none and on the Internet. */
export type CrossingKind = DeclaredKind | 'internet';

export const isOutside = (kind: CrossingKind | undefined): boolean => kind === 'internet' || kind === 'external';
export const isOfControl = (kind: CrossingKind | undefined): boolean => kind !== undefined && kind !== 'internet' && CONTROL_KINDS.has(kind);

/** The rule that a crossing between two kinds breaks by itself, whatever is declared. */
export const crossingRequirement = (from: CrossingKind, to: CrossingKind, isChange: boolean): Requirement | null => {
  if (to === 'safety' && from !== 'safety' && isChange) return REQUIREMENTS.safetyWrite;
  const ends = [from, to];
  if (!ends.some(isOfControl)) return null;
  if (ends.some(isOutside)) return REQUIREMENTS.internet;
  return ends.includes('enterprise') ? REQUIREMENTS.businessDirect : null;
};

/** Whether a conversation changes the device rather than reads it. */
export const isChanging = (conversation: Conversation): boolean =>
  conversation.operations.some(({ access }) => changesDevice(access));

/** Whether a Permit would let somebody change the device. Not naming operations at all lets everything. */
export const permitsChange = ({ permit }: DeclaredPermit): boolean => {
  const codes = permittedCodes(permit);
  if (isMonitoringService(permit.service.transport, permit.service.protocol)) return false;
  if (codes.length > 0) return codes.some((code) => accessesOfFunctionCode(code).some((access) => changesDevice(access) && permitsUse(permit, code, access)));
  return permit.access.length === 0 || permit.access.some(changesDevice);
};

export const SAFETY_ROLES: ReadonlySet<string> = new Set(['sis', 'safety-controller']);
/** What may share a zone with safety controllers: their own I/O, workstation and panels. */
const SAFETY_COMPANY = new Set(['io', 'ews', 'engineering-workstation', 'hmi', 'switch', 'network-device', 'firewall', 'other']);

/** Zones in which a safety controller lives with what is not safety. */
export const coZonedSafety = (spec: Spec, kinds: ReadonlyMap<string, DeclaredKind>): { zone: string; zoneIndex: number; safety: string[]; others: string[] }[] => {
  const assetsOf = listsBy(declaredAssets(spec).filter(({ role }) => role !== null), ({ zone }) => zone);
  return spec.zones.flatMap((zone, zoneIndex) => {
    const own = assetsOf.get(zone.zone_id) ?? [];
    const safety = own.filter((asset) => SAFETY_ROLES.has(asset.role ?? '')).map((asset) => asset.id);
    const isSafety = kinds.get(zone.zone_id) === 'safety';
    const others = own.filter((asset) => !SAFETY_ROLES.has(asset.role ?? '') && (!isSafety || !SAFETY_COMPANY.has(asset.role ?? ''))).map((asset) => asset.id);
    return safety.length > 0 && others.length > 0 ? [{ zone: zone.zone_id, zoneIndex, safety, others }] : [];
  });
};
