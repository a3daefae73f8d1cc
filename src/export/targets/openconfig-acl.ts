/**
 * OpenConfig ACLs (openconfig-acl, RFC 7951 JSON): per zone and address family one list, bound inbound to the zone's
 * interfaces. In: a device plan. Out: `openconfig-acl.json`. The model has no state: a reply is let through by its port, for TCP
 * with the ACK or RST bit (TCP_ESTABLISHED), so that nothing can be opened the wrong way; for other transports either side may
 * send, and the loss report says so. Errors of ICMP and what IPv6 neighbours need pass in every list. An entry holds one prefix a side: a Permit is the product of its prefixes and ports,
 * and is refused where that is out of proportion.
 */
import { usageError } from '../../errors.ts';
import type { AddressSet } from '../../net/address-set.ts';
import type { Permit } from '../../permit.ts';
import { coverage } from '../covered-permits.ts';
import { sizeCheck } from '../device-size.ts';
import { assumedText, joinedZones, missingPort, withinText, zonePorts, type ZonePort } from '../device-zones.ts';
import type { Capabilities, DeviceExport, DevicePlan, Exporter, LossRow, PlanPermit, PlanZone } from '../exporter.ts';
import { NO_CAPABILITIES } from '../exporter.ts';
import { ofFamily, prefixesOf, protocolNumber } from '../ip-notation.ts';
import { assess, eitherWay, familiesOf, notEnforceable, refusalOf } from '../loss.ts';
import { asciiJson } from '../loss-report.ts';
import { permitLine } from '../permit-text.ts';
import { nameScope } from '../vendor-name.ts';

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES, ipv6: true, multicast: true,
  // openconfig-packet-match-types, ip-protocol-type: a list with it is no valid one.
  unnamedProtocols: { 255: 'its data model ends at 254' },
};

const INTERFACE = /^[A-Za-z][A-Za-z0-9_./:-]{0,62}$/;
const NAME_LENGTH = 60;
const DESCRIPTION_LENGTH = 200;
const FIRST_SEQUENCE = 10;
const SEQUENCE_STEP = 10;
const LAST_SEQUENCE = 4_294_967_295;

type Family = 'ipv4' | 'ipv6';
type Json = Record<string, unknown>;

/**
 * What no list may drop: errors, without which large packets vanish (RFC 1191; RFC 4890 section 4.3.1), and Neighbor Discovery,
 * without which no IPv6 neighbour is found (RFC 4890 section 4.4.1). In packet-match since 2023-03-01.
 */
const PASSING: Readonly<Record<Family, { readonly protocol: number; readonly field: string; readonly types: readonly string[] }>> = {
  ipv4: { protocol: 1, field: 'icmpv4', types: ['DST_UNREACHABLE', 'TIME_EXCEEDED', 'PARAM_PROBLEM'] },
  ipv6: {
    protocol: 58,
    field: 'icmpv6',
    types: ['DESTINATION_UNREACHABLE', 'PACKET_TOO_BIG', 'TIME_EXCEEDED', 'PARAMETER_PROBLEM', 'ROUTER_SOLICITATION', 'ROUTER_ADVERTISEMENT', 'NEIGHBOR_SOLICITATION', 'NEIGHBOR_ADVERTISEMENT'],
  },
};

const passingEntries = (family: Family): Json[] => {
  const { protocol, field, types } = PASSING[family];
  return types.map((type) => ({
    description: `${field} ${type}`,
    [family]: { config: { protocol }, [field]: { config: { type: `openconfig-${field}-types:${type}` } } },
    actions: { config: { 'forwarding-action': 'openconfig-acl:ACCEPT' } },
  }));
};

const protocolOf = (permit: Permit): Json => {
  const { transport } = permit.service;
  return transport === 'any' ? {} : { protocol: protocolNumber(transport) };
};

const hasPorts = (permit: Permit): boolean => permit.service.ports.length > 0;

/** `502`, or `5900..5903`. */
const portsOf = (permit: Permit): (number | string | null)[] => (hasPorts(permit) ? permit.service.ports.map(({ first, last }) => (first === last ? first : `${first}..${last}`)) : [null]);

const prefixTexts = (addresses: AddressSet, family: Family): string[] =>
  ofFamily(addresses, family).flatMap((span) => prefixesOf(span).map((prefix) => `${prefix.network}/${prefix.length}`));

const transportOf = (permit: Permit, towardsServer: boolean, port: number | string | null): Json => {
  if (port === null) return {};
  const isReply = !towardsServer && permit.service.transport === 'tcp';
  return {
    transport: {
      config: {
        [towardsServer ? 'destination-port' : 'source-port']: port,
        ...(isReply ? { 'detail-mode': 'BUILTIN', 'builtin-detail': 'TCP_ESTABLISHED' } : {}),
      },
    },
  };
};

/** Lists of switches and routers hold thousands of entries: what takes more for one Permit, or for one zone, is not worth writing. */
const MOST_ENTRIES = 16_384;

/** Why a Permit is not written whose product is out of proportion; null when it is not. */
const tooMany = (entry: PlanPermit): string | null => {
  for (const family of familiesOf(entry, CAPABILITIES)) {
    const [clients, servers, ports] = [prefixTexts(entry.client, family).length, prefixTexts(entry.server, family).length, portsOf(entry.permit).length];
    if (clients * servers * ports > MOST_ENTRIES)
      return `it takes ${clients * servers * ports} entries in a list (prefixes of ${family}: ${clients} of clients, ${servers} of servers; ports: ${ports}), and a device holds some thousands: state \`networks\` for the zones, or name fewer assets`;
  }
  return null;
};

/** Without `sequence-id`, which the list gives. */
const entriesOf = (entry: PlanPermit, family: Family, towardsServer: boolean): Json[] => {
  const { permit } = entry;
  const [from, to] = towardsServer ? (['client', 'server'] as const) : (['server', 'client'] as const);
  return prefixTexts(entry[from], family).flatMap((source) =>
    prefixTexts(entry[to], family).flatMap((destination) =>
      portsOf(permit).map((port): Json => ({
        description: `${towardsServer ? '' : 'replies of '}${permitLine(permit, DESCRIPTION_LENGTH)}`,
        [family]: { config: { 'source-address': source, 'destination-address': destination, ...protocolOf(permit) } },
        ...transportOf(permit, towardsServer, port),
        actions: { config: { 'forwarding-action': 'openconfig-acl:ACCEPT' } },
      })),
    ),
  );
};

/** What is within a zone, from one of its interfaces to another. */
const withinEntries = (zone: PlanZone, family: Family): Json[] => {
  const prefixes = prefixTexts(zone.addresses, family);
  if (prefixes.length ** 2 > MOST_ENTRIES)
    throw usageError(`what is within ${zone.id} would take ${prefixes.length ** 2} entries in a list: it has ${prefixes.length} prefixes of ${family}, and several interfaces`, 'State its networks, or one interface.');
  return prefixes.flatMap((source) =>
    prefixes.map((destination): Json => ({
      description: withinText(zone, DESCRIPTION_LENGTH),
      [family]: { config: { 'source-address': source, 'destination-address': destination } },
      actions: { config: { 'forwarding-action': 'openconfig-acl:ACCEPT' } },
    })),
  );
};

const aclSet = (name: string, family: Family, bodies: readonly Json[], enforce: boolean): Json => {
  const last: Json = {
    description: enforce ? 'what no Permit lets through' : 'what no Permit lets through. monitor mode: it passes and is logged',
    actions: { config: { 'forwarding-action': `openconfig-acl:${enforce ? 'DROP' : 'ACCEPT'}`, 'log-action': 'openconfig-acl:LOG_SYSLOG' } },
  };
  const type = `openconfig-acl:ACL_${family.toUpperCase()}`;
  return {
    name,
    type,
    config: { name, type },
    'acl-entries': {
      'acl-entry': [...passingEntries(family), ...bodies, last].map(({ description, ...rest }, index) => {
        const sequence = Math.min(LAST_SEQUENCE, FIRST_SEQUENCE + SEQUENCE_STEP * index);
        return { 'sequence-id': sequence, config: { 'sequence-id': sequence, description }, ...rest };
      }),
    },
  };
};

const hasIpv6 = (zone: PlanZone): boolean => ofFamily([...zone.networks, ...zone.assets.flatMap((asset) => asset.addresses)], 'ipv6').length > 0;

const idOf = (port: ZonePort): string => (port.vlan === null ? port.interface : `${port.interface}.${port.vlan}`);

const build = (plan: DevicePlan): DeviceExport => {
  const ports = zonePorts(plan, INTERFACE, (n) => `ethernet-1/${n}`);
  const names = nameScope({ maxLength: NAME_LENGTH, punctuation: '_-' });
  const losses = plan.permits.map((entry): LossRow => {
    const why = missingPort(entry, ports) ?? refusalOf(entry, CAPABILITIES) ?? tooMany(entry);
    if (why !== null) return notEnforceable(entry.permit, plan.device.id, why);
    const also = eitherWay(entry.permit);
    const row = assess(entry, { device: plan.device.id, capabilities: CAPABILITIES, also });
    return also.length > 0 ? row : { ...row, reasons: [...row.reasons, 'there is no state: a packet of the server with ACK or RST passes, asked for or not'] };
  });
  const { covered, losses: rows } = coverage(plan.permits, losses);
  const written = plan.permits.filter((entry, at) => !covered.has(entry) && losses[at]?.verdict !== 'not-enforceable');
  const joined = joinedZones(plan);
  const sets: Json[] = [];
  let entries = 0;
  const boundOf = new Map([...new Set(ports.map((port) => port.zone))].map((zone) => {
    const bound = (['ipv4', 'ipv6'] as const).flatMap((family): Json[] => {
      const bodies = [
        ...written
          .filter((entry) => familiesOf(entry, CAPABILITIES).includes(family))
          .flatMap((entry) => [...(entry.permit.from.zone === zone.id ? entriesOf(entry, family, true) : []), ...(entry.permit.to.zone === zone.id ? entriesOf(entry, family, false) : [])]),
        ...(joined.includes(zone) ? withinEntries(zone, family) : []),
      ];
      if (bodies.length === 0 && family === 'ipv6' && !hasIpv6(zone)) return [];
      const name = names.nameOf(`${zone.id} ${family}`, `OTZ_${zone.id}_IN_${family}`);
      entries += passingEntries(family).length + bodies.length + 1;
      const set = aclSet(name, family, bodies, plan.mode === 'enforce');
      sets.push(set);
      return [{ 'set-name': name, type: set['type'], config: { 'set-name': name, type: set['type'] } }];
    });
    return [zone, bound] as const;
  }));
  const interfaces = ports.map((port) => {
    const id = idOf(port);
    return { id, config: { id }, 'ingress-acl-sets': { 'ingress-acl-set': boundOf.get(port.zone) } };
  });
  return {
    files: [{ path: 'openconfig-acl.json', content: asciiJson({ 'openconfig-acl:acl': { 'acl-sets': { 'acl-set': sets }, interfaces: { interface: interfaces } } }) }],
    losses: rows,
    rollback: [`Delete /acl/interfaces/interface for ${interfaces.map(({ id }) => id).join(', ') || 'nothing'}, then /acl/acl-sets/acl-set for ${sets.map(({ name }) => name).join(', ') || 'nothing'}.`],
    checks: [sizeCheck([[sets.length, 'list'], [entries, 'entry']], 'Hardware that filters in a table of its own (TCAM) takes some thousands, and fewer of IPv6.')],
    apply: [
      'Check the interfaces: the ones that the spec does not name are assumed.',
      'Send openconfig-acl.json, first in monitor mode, so that it replaces: each acl-set and each interface of it by gNMI Set `replace` of its path (`/acl/acl-sets/acl-set[name=...][type=...]`, `/acl/interfaces/interface[id=...]`), or by NETCONF edit-config with operation="replace" on them. An update would merge its entries with those that an earlier export left under the same numbers.',
      'Delete the lists and the interfaces that an earlier export had and this one has not: its own rollback.txt names them.',
      'From monitor to enforce only the last entry of each list changes: DROP in place of ACCEPT.',
    ],
    notes: [
      ...ports.flatMap((port) => assumedText(port, idOf(port))),
      'What is sent to the device itself is judged by the same lists: add entries for its management, routing and DHCP before you enforce.',
      'The types of ICMP are in openconfig-packet-match since 2023-03-01: for a device with an older one, let ICMP (1) and ICMPv6 (58) through as a whole.',
      'A zone without IPv6 addresses has no IPv6 list: leave IPv6 off on its interface.',
      'Interfaces are named by `id` alone: add `interface-ref` where your device wants it.',
      'Not every device holds LOG_SYSLOG or TCP_ESTABLISHED: look at its deviations before you rely on either.',
    ],
  };
};

export const openconfigAcl: Exporter = {
  name: 'openconfig-acl',
  title: 'OpenConfig ACLs (JSON for gNMI or NETCONF)',
  platforms: [],
  filters: true,
  modes: ['monitor', 'enforce'],
  capabilities: CAPABILITIES,
  build,
};
