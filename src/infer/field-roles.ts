/**
 * What a device says it is, in the words of its own network: PROFINET DCP, CIP identity, IEC 61850, PTP, descriptions of SNMP and LLDP. In: facts of
 * its addresses. Out: words that role rules weigh (roles/hardware.ts). None is proof: whoever set it up may have said something else.
 */

/** Words of our own decoder, by commas. */
const SAID = new Set(['profinet.role', 'iec61850.role']);

/** Device types of the CIP identity object (CIP volume 1, 6-1): those that tell a role. 12, a communications adapter, may be a controller's or I/O's. */
const CIP_ROLES: Readonly<Record<string, string>> = {
  14: 'cip-controller',
  24: 'cip-hmi',
  44: 'cip-switch',
  ...Object.fromEntries([2, 3, 4, 5, 6, 7, 9, 16, 19, 21, 22, 23, 26, 27, 34, 35, 37, 45, 46, 47, 49].map((type) => [type, 'cip-device'])),
};

/** Clocks of IEEE 1588 that are rarely anything else: one with a reference of its own, and one that hands time on from port to port. */
const PTP_ROLES: ReadonlySet<string> = new Set(['grandmaster', 'boundary-clock']);

const DESCRIPTIONS = new Set(['lldp.description', 'snmp.description', 'profinet.vendor', 'enip.product']);
/** As switches, routers and firewalls call themselves, and two operating systems of theirs. */
const NETWORK_EQUIPMENT = /\b(?:switch|router|firewall|access point|scalance|ios software|junos)\b/i;

/** @returns sorted, each once */
export function fieldRolesOf(facts: readonly { readonly name: string; readonly value: string }[]): string[] {
  const roles = new Set<string>();
  for (const { name, value } of facts) {
    if (SAID.has(name)) for (const role of value.split(',')) roles.add(role);
    else if (name === 'enip.device-type' && Object.hasOwn(CIP_ROLES, value)) roles.add(CIP_ROLES[value]!);
    else if (name === 'ptp.role' && PTP_ROLES.has(value)) roles.add(`ptp-${value}`);
    else if (DESCRIPTIONS.has(name) && NETWORK_EQUIPMENT.test(value)) roles.add('network-equipment');
  }
  return [...roles].sort();
}
