/**
 * Cisco ASA (ISA 3000 with ASA software): interfaces, objects, extended access lists bound inbound to the zone of the
 * client, time ranges. In: a device plan. Out: `baseline-asa.cfg`; monitor and enforce differ in the last entry of
 * each list. The ASA judges addresses and ports only: there is no Modbus inspection in its CLI (`policy-map type
 * inspect modbus` does not exist; exports.md, finding 1), so every operation limit goes to the loss report.
 */
import type { Permit } from '../permit.ts';
import { ASA_LIST_PREFIX, ASA_MONITOR_LEVEL } from '../source/firewall-log/monitor-marks.ts';
import { ofFamily, asPrefix, formatAddress, isHost, netmaskOf } from './ip-notation.ts';
import { objectPool, type AddressGroup, type AddressObject, type ObjectPool } from './address-objects.ts';
import { coverage } from './covered-permits.ts';
import { assumedText, joinedZones, missingPort, withinText, zonePorts, type ZonePort } from './device-zones.ts';
import type { Capabilities, DeviceExport, DevicePlan, Exporter, PlanPermit, PlanZone } from './exporter.ts';
import { NO_CAPABILITIES } from './exporter.ts';
import { assess, familiesOf, notEnforceable, refusalOf } from './loss.ts';
import { evidenceLine, permitLine, provenanceLines } from './permit-text.ts';
import { DAY_NAMES, dayAfter, deviceClockLines, windowsOf } from './time-window.ts';
import { nameScope, safeComment, type NameScope } from './vendor-name.ts';

const CAPABILITIES: Capabilities = { ...NO_CAPABILITIES, ipv6: true, multicast: true, schedule: true, expiry: true, onDemand: true };

const INTERFACE = /^(GigabitEthernet|TenGigabitEthernet|Ethernet|FastEthernet|Management|Port-channel|BVI|Vlan)\d+([/.]\d+)*$/;
const NAME_LENGTH = 60;
const REMARK_LENGTH = 100;
const PERMIT_LOG = 'log 6 interval 300';
const DENY_LOG = 'log 4 interval 300';
const MONITOR_LOG = `log ${ASA_MONITOR_LEVEL} interval 300`;
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

const PROTOCOLS: Readonly<Record<string, string>> = { tcp: 'tcp', udp: 'udp', sctp: 'sctp', icmp: 'icmp', icmpv6: 'icmp6', any: 'ip' };

const protocolOf = (permit: Permit): string => PROTOCOLS[permit.service.transport] ?? `${Number(permit.service.transport.slice(3))}`;

const objectLines = ({ name, span }: AddressObject): string[] => {
  const prefix = asPrefix(span);
  if (isHost(span)) return [`object network ${name}`, ` host ${formatAddress(span.family, span.first)}`];
  if (prefix === null)
    return [`object network ${name}`, ` range ${formatAddress(span.family, span.first)} ${formatAddress(span.family, span.last)}`];
  const subnet = span.family === 'ipv4' ? `${prefix.network} ${netmaskOf(prefix.length)}` : `${prefix.network}/${prefix.length}`;
  return [`object network ${name}`, ` subnet ${subnet}`];
};

const groupLines = ({ name, members }: AddressGroup): string[] => [
  `object-group network ${name}`,
  ...members.map((member) => ` network-object object ${member}`),
];

const interfaceLines = (port: ZonePort, nameif: string): string[] => {
  const name = port.vlan !== null && !port.interface.includes('.') && !port.interface.startsWith('Vlan') ? `${port.interface}.${port.vlan}` : port.interface;
  const lines = assumedText(port, name).map((line) => `! ${line}`);
  lines.push(`interface ${name}`);
  if (port.vlan !== null) lines.push(` vlan ${port.vlan}`);
  lines.push(` nameif ${nameif}`, ` security-level ${port.securityLevel}`);
  if (port.address !== null)
    lines.push(
      port.address.ip.includes(':')
        ? ` ipv6 address ${port.address.ip}/${port.address.length}`
        : ` ip address ${port.address.ip} ${netmaskOf(port.address.length)}`,
    );
  return lines;
};

/** The ASA takes the end minute as part of the window. */
const inclusiveEnd = (end: string): string => {
  const [hours = 0, minutes = 0] = end.split(':').map(Number);
  const total = hours * 60 + minutes - 1;
  return `${`${Math.floor(total / 60)}`.padStart(2, '0')}:${`${total % 60}`.padStart(2, '0')}`;
};

const timeRangeLines = (permit: Permit, name: string): string[] => {
  const windows = windowsOf(permit);
  const { expires } = permit.conditions;
  if (windows.length === 0 && expires === null) return [];
  const lines = [`time-range ${name}`];
  if (expires !== null) {
    const end = dayAfter(expires);
    const last = new Date(Date.UTC(end.year, end.month - 1, end.day - 1));
    lines.push(` absolute end 23:59 ${last.getUTCDate()} ${MONTHS[last.getUTCMonth()] ?? ''} ${last.getUTCFullYear()}`);
  }
  for (const window of windows) {
    const days = window.days.length === 7 ? 'daily' : window.days.map((day) => DAY_NAMES[day] ?? day).join(' ');
    lines.push(` periodic ${days} ${window.start} to ${inclusiveEnd(window.end)}`);
  }
  return lines;
};

interface Text {
  readonly timeRanges: string[];
  readonly entries: Map<string, string[]>;
}

const addressText = (pool: ObjectPool, entry: PlanPermit, side: 'client' | 'server', family: 'ipv4' | 'ipv6'): string => {
  const { name, group } = pool.nameOf(ofFamily(entry[side], family));
  return `${group ? 'object-group' : 'object'} ${name}`;
};

/** One entry a port range: an object-group of ports would be shorter, and is read in two ways (protocol or ports). */
const portTexts = ({ service }: Permit): string[] =>
  service.ports.length === 0 ? [''] : service.ports.map(({ first, last }) => (first === last ? ` eq ${first}` : ` range ${first} ${last}`));

const addPermit = (entry: PlanPermit, list: string, scope: NameScope, pool: ObjectPool, text: Text): void => {
  const { permit } = entry;
  const timeRange = scope.nameOf(`time ${permit.id}`, `TR_${permit.id}`);
  const rangeLines = timeRangeLines(permit, timeRange);
  text.timeRanges.push(...rangeLines);
  const tail = [PERMIT_LOG, ...(rangeLines.length > 0 ? [`time-range ${timeRange}`] : []), ...(permit.conditions.onDemand ? ['inactive'] : [])];
  const lines = text.entries.get(list) ?? [];
  lines.push(
    `access-list ${list} remark ${permitLine(permit, REMARK_LENGTH)}`,
    `access-list ${list} remark ${safeComment(`${permit.id} ${evidenceLine(permit, REMARK_LENGTH)}`, REMARK_LENGTH)}`,
  );
  for (const family of familiesOf(entry, CAPABILITIES))
    for (const ports of portTexts(permit))
      lines.push(
        `access-list ${list} extended permit ${protocolOf(permit)} ${addressText(pool, entry, 'client', family)} ${addressText(pool, entry, 'server', family)}${ports} ${tail.join(' ')}`,
      );
  text.entries.set(list, lines);
};

/** What is within a zone, from one of its interfaces to another. */
const addWithin = (zone: PlanZone, list: string, pool: ObjectPool, text: Text): void => {
  const lines = (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const addresses = ofFamily(zone.addresses, family);
    if (addresses.length === 0) return [];
    const { name, group } = pool.nameOf(addresses);
    const side = `${group ? 'object-group' : 'object'} ${name}`;
    return [`access-list ${list} extended permit ip ${side} ${side} ${PERMIT_LOG}`];
  });
  if (lines.length > 0) text.entries.set(list, [...(text.entries.get(list) ?? []), `access-list ${list} remark ${withinText(zone, REMARK_LENGTH)}`, ...lines]);
};

interface Binding {
  readonly port: ZonePort;
  readonly nameif: string;
  readonly list: string;
}

/** A zone has one list, bound to each of its interfaces. */
const listsOf = (bindings: readonly Binding[]): string[] => [...new Set(bindings.map(({ list }) => list))];

/** Between interfaces of one level the ASA passes nothing, whatever its lists say, unless this is set. */
const sameSecurityLines = (bindings: readonly Binding[]): string[] =>
  new Set(bindings.map((binding) => binding.port.securityLevel)).size < bindings.length ? ['same-security-traffic permit inter-interface'] : [];

const syslogLines = (plan: DevicePlan, bindings: readonly Binding[]): string[] => {
  const { syslog } = plan.device;
  const via = bindings.find((binding) => binding.port.zone.id === syslog?.zone);
  if (syslog === null || via === undefined) return [];
  const port = syslog.port === 514 ? '' : ` udp/${syslog.port}`;
  return ['logging enable', 'logging timestamp', 'logging trap informational', `logging host ${via.nameif} ${syslog.host}${port}`];
};

const build = (plan: DevicePlan): DeviceExport => {
  const ports = zonePorts(plan, INTERFACE, (n) => `GigabitEthernet1/${n}`);
  const nameifs = nameScope({ maxLength: 48, punctuation: '_-' });
  const lists = nameScope({ maxLength: NAME_LENGTH, punctuation: '_-' });
  const scope = nameScope({ maxLength: NAME_LENGTH, punctuation: '_-.' }, ['any', 'any4', 'any6', 'host', 'object', 'object-group', 'interface']);
  const bindings: Binding[] = ports.map((port) => {
    const nameif = nameifs.nameOf(`${port.zone.id} ${port.interface} ${port.vlan}`, port.nameif ?? port.zone.id);
    return { port, nameif, list: lists.nameOf(port.zone.id, `${ASA_LIST_PREFIX}${nameif}_IN`) };
  });
  const pool = objectPool(plan, scope);
  const text: Text = { timeRanges: [], entries: new Map() };
  const { covered, losses } = coverage(
    plan.permits,
    plan.permits.map((entry) => {
      const missing = missingPort(entry, ports);
      return missing === null ? assess(entry, { device: plan.device.id, capabilities: CAPABILITIES }) : notEnforceable(entry.permit, plan.device.id, missing);
    }),
  );
  for (const entry of plan.permits) {
    const binding = bindings.find((candidate) => candidate.port.zone.id === entry.permit.from.zone);
    if (binding === undefined || covered.has(entry) || missingPort(entry, ports) !== null || refusalOf(entry, CAPABILITIES) !== null) continue;
    addPermit(entry, binding.list, scope, pool, text);
  }
  for (const zone of joinedZones(plan)) for (const list of listsOf(bindings.filter((one) => one.port.zone === zone))) addWithin(zone, list, pool, text);
  const last = plan.mode === 'enforce' ? `deny ip any any ${DENY_LOG}` : `permit ip any any ${MONITOR_LOG}`;
  const lines = [
    ...provenanceLines(plan.provenance, '! '),
    `! mode: ${plan.mode}`,
    ...deviceClockLines(plan).map((line) => `! ${line}`),
    ...bindings.flatMap((binding) => [...interfaceLines(binding.port, binding.nameif), '!']),
    ...sameSecurityLines(bindings),
    ...pool.objects().flatMap(objectLines),
    ...pool.groups().flatMap(groupLines),
    ...text.timeRanges,
    '!',
    ...listsOf(bindings).flatMap((list) => [...(text.entries.get(list) ?? []), `access-list ${list} extended ${last}`]),
    '!',
    ...bindings.map(({ list, nameif }) => `access-group ${list} in interface ${nameif}`),
    ...syslogLines(plan, bindings),
  ];
  return {
    files: [{ path: 'baseline-asa.cfg', content: `${lines.join('\n')}\n` }],
    losses,
    rollback: rollbackLines(bindings, pool, text),
    apply: [
      'Compare the interfaces with the device: lines marked "assumed" have to be set by hand.',
      'Paste baseline-asa.cfg in configuration mode, check with `show access-list`, then `write memory`.',
      'From monitor to enforce only the last entry of each list changes: `deny ip any any` in place of `permit ip any any`.',
    ],
    notes: [
      ...deviceClockLines(plan),
      'The ASA judges addresses, ports and time; function codes, units and OPC UA services it does not see. For them add the FirePOWER or FTD rules of the cisco-ftd target, or put the nftables or suricata target in line.',
      'Message 106100 reports hits per entry and interval, not per packet: use its hit count.',
      ...(sameSecurityLines(bindings).length > 0 ? ['Interfaces of one security level pass nothing to each other without `same-security-traffic permit inter-interface`. The rollback leaves it: older rules may rest on it.'] : []),
      'Replies of permitted TCP and UDP connections pass by state; ICMP replies need `inspect icmp`.',
      'Connections that are open when the lists are bound stay open until they end: `clear conn` closes them, in a window.',
    ],
  };
};

const rollbackLines = (bindings: readonly Binding[], pool: ObjectPool, text: Text): string[] => [
  ...bindings.map(({ list, nameif }) => `no access-group ${list} in interface ${nameif}`),
  ...listsOf(bindings).map((list) => `clear configure access-list ${list}`),
  ...text.timeRanges.filter((line) => line.startsWith('time-range')).map((line) => `no ${line}`),
  ...pool.groups().map(({ name }) => `no object-group network ${name}`),
  ...pool.objects().map(({ name }) => `no object network ${name}`),
];

export const ciscoAsa: Exporter = {
  name: 'cisco-asa',
  title: 'Cisco ASA (ISA 3000) configuration',
  platforms: ['cisco-asa'],
  filters: true,
  modes: ['monitor', 'enforce'],
  capabilities: CAPABILITIES,
  follows: { ftp: '`inspect ftp` (on by default)', rpc: '`inspect dcerpc`' },
  build,
};
