/**
 * Which interfaces of a device stand in which zone. In: a device plan. Out: one entry per interface of the zones that the
 * device's conduits connect, and a refusal where the spec puts two zones on one interface. Where the spec names no device, or a
 * name that has not the right form, interfaces are assumed in the order of the zones and marked so: the text says that they
 * have to be set by hand. What is assumed is never a name that the spec gives to another interface.
 */
import { usageError } from '../errors.ts';
import { isSameInterface, sharedInterfaces } from '../policy/spec/shared-link.ts';
import type { DeviceInterface, DevicePlan, Mode, PlanDevice, PlanPermit, PlanZone } from './exporter.ts';
import { safeComment } from './vendor-name.ts';

export interface ZonePort {
  readonly zone: PlanZone;
  readonly interface: string;
  readonly nameif: string | null;
  readonly address: { readonly ip: string; readonly length: number } | null;
  readonly vlan: number | null;
  readonly securityLevel: number;
  /** The spec states none: it is told from the Purdue level. */
  readonly securityLevelAssumed: boolean;
  readonly assumed: boolean;
  /** What the spec calls it, where that is no name here. */
  readonly unusable: string | null;
}

const HIGHEST_SECURITY = 90;
const SECURITY_STEP = 10;

const levelOf = (zone: PlanZone): number => Number.parseFloat(zone.level) || 0;

/** Lower Purdue levels are trusted more; the same level gets the same number. */
const securityLevels = (zones: readonly PlanZone[]): Map<string, number> => {
  const levels = [...new Set(zones.map(levelOf))].sort((a, b) => a - b);
  return new Map(zones.map((zone) => [zone.id, Math.max(0, HIGHEST_SECURITY - SECURITY_STEP * levels.indexOf(levelOf(zone)))]));
};

/** Two zones on one interface and VLAN are one link: no rule between them would ever see a packet. */
export const refuseSharedInterfaces = ({ id, interfaces }: PlanDevice): void => {
  for (const { port, other } of sharedInterfaces(interfaces))
    throw usageError(
      `${id} has ${other.zone} and ${port.zone} on one interface, ${port.interface}${port.vlan === null ? '' : ` VLAN ${port.vlan}`}`,
      'Give each zone an interface of its own in enforcement_points, or a vlan.',
    );
};

/** Every interface of a zone once; one that nobody has named where the device stands in for all. */
const interfacesIn = (zone: PlanZone, { interfaces }: PlanDevice): (DeviceInterface | null)[] => {
  if (interfaces.length === 0) return [null];
  const own = interfaces.filter((port) => port.zone === zone.id);
  return own.filter((port, index) => !own.slice(0, index).some((other) => isSameInterface(other, port)));
};

/** `form` tells a right interface name; `assumed` gives the n-th, from 1. */
export const zonePorts = (plan: DevicePlan, form: RegExp, assumed: (n: number) => string): ZonePort[] => {
  const joined = new Set(plan.conduits.flatMap((conduit) => conduit.connects));
  const zones = plan.zones.filter((zone) => joined.has(zone.id));
  const levels = securityLevels(zones);
  // A port with its VLANs on it is no other port: the part before the dot is taken as well.
  const taken = new Set(plan.device.interfaces.map((port) => port.interface).filter((name) => form.test(name)).flatMap((name) => [name, name.split('.')[0] ?? name]).map((name) => name.toLowerCase()));
  // One trunk under a name that is none is one trunk.
  const given = new Map<string, string>();
  const assume = (key: string, from: number): string => {
    const known = given.get(key);
    if (known !== undefined) return known;
    let n = from;
    while (taken.has(assumed(n).toLowerCase())) n++;
    taken.add(assumed(n).toLowerCase());
    given.set(key, assumed(n));
    return assumed(n);
  };
  return zones.flatMap((zone, index) =>
    interfacesIn(zone, plan.device).map((port): ZonePort => {
      const right = port !== null && form.test(port.interface);
      const ip = port?.address ?? null;
      return {
        zone,
        interface: right ? port.interface : assume(port === null ? `zone ${zone.id}` : `interface ${port.interface}`, index + 1),
        nameif: port?.nameif ?? null,
        address: ip === null || ip.length === null ? null : { ip: ip.ip, length: ip.length },
        vlan: port?.vlan ?? null,
        securityLevel: port?.securityLevel ?? levels.get(zone.id) ?? 0,
        securityLevelAssumed: (port?.securityLevel ?? null) === null,
        assumed: !right,
        unusable: right || port === null ? null : port.interface,
      };
    }),
  );
};

const COMMENT_LENGTH = 60;

/** Says of an assumed interface, whose text calls it `name`, why it is assumed. */
export const assumedText = ({ zone, unusable, assumed }: ZonePort, name: string): string[] => {
  if (!assumed) return [];
  const why = unusable === null ? 'the spec names no interface here' : `${safeComment(unusable, COMMENT_LENGTH)}, as the spec calls it, is no name of an interface on this platform`;
  return [`${safeComment(zone.id, COMMENT_LENGTH)}: ${why}. ${name} is assumed: set it before you apply this.`];
};

/** Zones with several interfaces of this device: what is within a zone needs no Permit, and has to pass from one to another. */
export const joinedZones = ({ zones, device }: DevicePlan): PlanZone[] => zones.filter((zone) => interfacesIn(zone, device).length > 1);

/** What a rule for that says of itself. */
export const withinText = (zone: PlanZone, length: number): string => safeComment(`within ${zone.id}: no Permit is needed`, length);

/** Why a Permit cannot stand on this device at all; null when both its zones have an interface. */
export const missingPort = (entry: PlanPermit, ports: readonly ZonePort[]): string | null => {
  const missing = [entry.permit.from.zone, entry.permit.to.zone].filter((zone) => !ports.some((port) => port.zone.id === zone));
  return missing.length === 0 ? null : `the device has no interface in ${[...new Set(missing)].join(' and ')}`;
};

/** Where a device keeps its own rules beside ours in one list. */
export const othersText = (mode: Mode, word: 'rule' | 'policy'): string =>
  mode === 'monitor'
    ? `A ${word} between these zones that blocks today stays above them, one that lets something through is to go below (\`move\`).`
    : `No other ${word} between these zones may stand above them: \`move\` it below, or delete it.`;
