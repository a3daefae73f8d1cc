/**
 * Which interface of a device stands in which zone. In: a device plan. Out: one entry per zone that the device's
 * conduits connect, and a refusal where the spec puts two zones on one interface. Where the spec names no device, interfaces are assumed in the order of the zones and marked so: the
 * text says that they have to be set by hand. Names and addresses of the spec are taken only if they have the right form.
 */
import { usageError } from '../errors.ts';
import { sharedInterfaces } from '../policy/shared-link.ts';
import type { DevicePlan, PlanDevice, PlanPermit, PlanZone } from './exporter.ts';

export interface ZonePort {
  readonly zone: PlanZone;
  readonly interface: string;
  readonly nameif: string | null;
  readonly address: { readonly ip: string; readonly length: number } | null;
  readonly vlan: number | null;
  readonly securityLevel: number;
  readonly assumed: boolean;
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

/** `form` tells a right interface name; `assumed` gives one for the n-th zone, from 1. */
export const zonePorts = (plan: DevicePlan, form: RegExp, assumed: (n: number) => string): ZonePort[] => {
  const joined = new Set(plan.conduits.flatMap((conduit) => conduit.connects));
  const zones = plan.zones.filter((zone) => joined.has(zone.id));
  const levels = securityLevels(zones);
  const standsIn = plan.device.interfaces.length === 0;
  return zones.flatMap((zone, index) => {
    const port = plan.device.interfaces.find((candidate) => candidate.zone === zone.id);
    if (port === undefined && !standsIn) return [];
    const right = port !== undefined && form.test(port.interface);
    const ip = port?.address;
    return [
      {
        zone,
        interface: right ? port.interface : assumed(index + 1),
        nameif: port?.nameif ?? null,
        address: ip === undefined || ip === null || ip.length === null ? null : { ip: ip.ip, length: ip.length },
        vlan: port?.vlan ?? null,
        securityLevel: port?.securityLevel ?? levels.get(zone.id) ?? 0,
        assumed: !right,
      },
    ];
  });
};

/** Why a Permit cannot stand on this device at all; null when both its zones have an interface. */
export const missingPort = (entry: PlanPermit, ports: readonly ZonePort[]): string | null => {
  const missing = [entry.permit.from.zone, entry.permit.to.zone].filter((zone) => !ports.some((port) => port.zone.id === zone));
  return missing.length === 0 ? null : `the device has no interface in ${[...new Set(missing)].join(' and ')}`;
};
