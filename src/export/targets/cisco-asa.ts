/**
 * Cisco ASA (ISA 3000 with ASA software): interfaces, objects, extended access lists bound inbound to the zone of the
 * client, time ranges. In: a device plan. Out: `baseline-asa.cfg`, `remove.txt`; monitor and enforce differ in the last
 * entry of each list. Entries that are pasted into a list are appended to it, so every name ends in a digest of what all
 * of them say: lists of another export are other lists, and `access-group` exchanges them. The ASA judges addresses and
 * ports only: there is no Modbus inspection in its CLI (`policy-map type inspect modbus` does not exist: neither Cisco's
 * CLI books nor Batfish's grammar have it), so every operation limit goes to the loss report.
 */
import { createHash } from 'node:crypto';
import type { AddressSet } from '../../net/address-set.ts';
import type { Permit } from '../../permit.ts';
import { minuteOfDay } from '../../policy/spec/schedule.ts';
import { ASA_LIST_PREFIX, ASA_MONITOR_LEVEL } from '../../source/firewall-log/monitor-marks.ts';
import { ofFamily, asPrefix, formatAddress, isHost, netmaskOf } from '../ip-notation.ts';
import { objectPool, type AddressGroup, type AddressObject, type ObjectPool } from '../address-objects.ts';
import { coverage } from '../covered-permits.ts';
import { sizeCheck } from '../device-size.ts';
import { assumedText, joinedZones, missingPort, withinText, zonePorts, type ZonePort } from '../device-zones.ts';
import type { Capabilities, DeviceExport, DevicePlan, Exporter, PlanPermit, PlanZone } from '../exporter.ts';
import { NO_CAPABILITIES } from '../exporter.ts';
import { assess, familiesOf, notEnforceable, refusalOf } from '../loss.ts';
import { evidenceLine, permitLine, provenanceLines } from '../permit-text.ts';
import { DAY_NAMES, dayAfter, deviceClockLines, windowsOf } from '../time-window.ts';
import { clockText } from '../utc-windows.ts';
import { nameScope, safeComment, type NameRules, type NameScope } from '../vendor-name.ts';

/** Its list of protocol literals has `ip 0` (ASA CLI book 2, "Addresses, Protocols, and Ports"): 0 would open everything. */
export const ASA_UNNAMED_PROTOCOLS: Readonly<Record<number, string>> = { 0: 'in a rule of this device 0 stands for every IP protocol' };

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES, ipv6: true, multicast: true, schedule: true, expiry: true, onDemand: true, logsStart: true, unnamedProtocols: ASA_UNNAMED_PROTOCOLS,
};

/** "The maximum end time is 23:59 31 December 2035" (`absolute`, IOS command reference, from which it is): a later one is refused. */
const LAST_YEAR = 2035;

const endsInTime = ({ conditions: { expires } }: Permit): boolean => expires !== null && Number(expires.slice(0, 4)) <= LAST_YEAR;

const capabilitiesFor = (permit: Permit): Capabilities => (permit.conditions.expires === null || endsInTime(permit) ? CAPABILITIES : { ...CAPABILITIES, expiry: false });

const INTERFACE = /^(GigabitEthernet|TenGigabitEthernet|Ethernet|FastEthernet|Management|Port-channel|BVI|Vlan)\d+([/.]\d+)*$/;
/** Names have 64 characters at most, and those of objects and groups are of one space (ASA CLI book 2, objects for access control). */
const NAME_LENGTH = 60;
const REVISION_LENGTH = 8;
const REMARK_LENGTH = 100;
const COMMENT_LENGTH = 60;
/** 106100 at the first packet of a session, and how often the entry was hit since; of established ones the list is not asked. */
const PERMIT_LOG = 'log 6 interval 300';
const NO_LOG = 'log disable';
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

/** A live interface has both, and what else is configured rests on them. */
const assumedSettings = ({ zone, nameif: stated, securityLevel, securityLevelAssumed }: ZonePort, nameif: string): string[] => {
  const assumed = [...(stated === null ? [`nameif ${nameif}`] : []), ...(securityLevelAssumed ? [`security-level ${securityLevel}`] : [])];
  return assumed.length === 0 ? [] : [`${safeComment(zone.id, COMMENT_LENGTH)}: ${assumed.join(' and ')} ${assumed.length === 1 ? 'is' : 'are'} assumed, the spec states none: set it as on the device before you apply this.`];
};

const interfaceLines = (port: ZonePort, nameif: string): string[] => {
  const name = port.vlan !== null && !port.interface.includes('.') && !port.interface.startsWith('Vlan') ? `${port.interface}.${port.vlan}` : port.interface;
  const lines = [...assumedText(port, name), ...assumedSettings(port, nameif)].map((line) => `! ${line}`);
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
const inclusiveEnd = (end: string): string => clockText(minuteOfDay(end) - 1);

const timeRangeLines = (permit: Permit, name: string): string[] => {
  const windows = windowsOf(permit);
  if (windows.length === 0 && !endsInTime(permit)) return [];
  const lines = [`time-range ${name}`];
  if (permit.conditions.expires !== null && endsInTime(permit)) {
    const end = dayAfter(permit.conditions.expires);
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

const addressText = (pool: ObjectPool, addresses: AddressSet): string => {
  const { name, group } = pool.nameOf(addresses);
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
  const tail = [entry.log?.length === 0 ? NO_LOG : PERMIT_LOG, ...(rangeLines.length > 0 ? [`time-range ${timeRange}`] : []), ...(permit.conditions.onDemand ? ['inactive'] : [])];
  const lines = text.entries.get(list) ?? [];
  lines.push(
    `access-list ${list} remark ${permitLine(permit, REMARK_LENGTH)}`,
    `access-list ${list} remark ${safeComment(`${permit.id} ${evidenceLine(permit, REMARK_LENGTH)}`, REMARK_LENGTH)}`,
  );
  for (const family of familiesOf(entry, CAPABILITIES))
    for (const ports of portTexts(permit))
      lines.push(
        `access-list ${list} extended permit ${protocolOf(permit)} ${addressText(pool, ofFamily(entry.client, family))} ${addressText(pool, ofFamily(entry.server, family))}${ports} ${tail.join(' ')}`,
      );
  text.entries.set(list, lines);
};

/** What is within a zone, from one of its interfaces to another. */
const addWithin = (zone: PlanZone, list: string, pool: ObjectPool, text: Text): void => {
  const lines = (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const addresses = ofFamily(zone.addresses, family);
    if (addresses.length === 0) return [];
    const side = addressText(pool, addresses);
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

/** A list that permits everything would open the way in from somebody else's network. */
const isLeftAlone = (plan: DevicePlan, zone: PlanZone): boolean => plan.mode === 'monitor' && zone.external;

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

interface Policy {
  /** Of every interface of the zones, bound or left alone. */
  readonly named: readonly Binding[];
  readonly bindings: readonly Binding[];
  readonly losses: DeviceExport['losses'];
  readonly size: string;
  /** Objects, groups, time ranges and lists. */
  readonly lines: readonly string[];
  /** What takes them away again. */
  readonly removal: readonly string[];
}

/** `ending`: what every name of the policy ends in. */
const policyOf = (plan: DevicePlan, ending: string): Policy => {
  const ports = zonePorts(plan, INTERFACE, (n) => `GigabitEthernet1/${n}`);
  const nameifs = nameScope({ maxLength: 48, punctuation: '_-' });
  const lists = endingScope({ maxLength: NAME_LENGTH - REVISION_LENGTH - 1, punctuation: '_-' }, ending);
  const scope = endingScope({ maxLength: NAME_LENGTH - REVISION_LENGTH - 1, punctuation: '_-.' }, ending, ['any', 'any4', 'any6', 'host', 'object', 'object-group', 'interface']);
  const named = ports.map((port): Binding => {
    const nameif = nameifs.nameOf(`${port.zone.id} ${port.interface} ${port.vlan}`, port.nameif ?? port.zone.id);
    return { port, nameif, list: lists.nameOf(port.zone.id, `${ASA_LIST_PREFIX}${nameif}_IN`) };
  });
  const bindings = named.filter(({ port }) => !isLeftAlone(plan, port.zone));
  const pool = objectPool(plan, scope);
  const text: Text = { timeRanges: [], entries: new Map() };
  const refusalHere = (entry: PlanPermit): string | null => {
    const { zone } = entry.permit.from;
    if (ports.some((port) => port.zone.id === zone) && !bindings.some(({ port }) => port.zone.id === zone))
      return `monitor mode leaves the interface of ${zone} alone, which is of kind external: the list that is there decides. Enforce mode writes the rule`;
    return missingPort(entry, ports);
  };
  const { covered, losses } = coverage(
    plan.permits,
    plan.permits.map((entry) => {
      const refusal = refusalHere(entry);
      return refusal === null ? assess(entry, { device: plan.device.id, capabilities: capabilitiesFor(entry.permit) }) : notEnforceable(entry.permit, plan.device.id, refusal);
    }),
  );
  for (const entry of plan.permits) {
    const binding = bindings.find((candidate) => candidate.port.zone.id === entry.permit.from.zone);
    if (binding === undefined || covered.has(entry) || refusalHere(entry) !== null || refusalOf(entry, CAPABILITIES) !== null) continue;
    addPermit(entry, binding.list, scope, pool, text);
  }
  for (const zone of joinedZones(plan)) for (const list of listsOf(bindings.filter((one) => one.port.zone === zone))) addWithin(zone, list, pool, text);
  // An entry stands for every pair of members of its groups.
  const members = new Map(pool.groups().map((group) => [group.name, group.members.length]));
  const elementsOf = (entry: string): number => entry.split(' ').reduce((product, word) => product * (members.get(word) ?? 1), 1);
  const entries = listsOf(bindings).flatMap((list) => (text.entries.get(list) ?? []).filter((line) => line.includes(' extended ')));
  const last = plan.mode === 'enforce' ? `deny ip any any ${DENY_LOG}` : `permit ip any any ${MONITOR_LOG}`;
  return {
    named,
    bindings,
    losses,
    size: sizeCheck([[pool.objects().length, 'network object'], [pool.groups().length, 'object group'], [entries.length + listsOf(bindings).length, 'list entry'], [entries.reduce((sum, entry) => sum + elementsOf(entry), 0) + listsOf(bindings).length, 'element']], 'Elements are entries with their groups written out. An ASA has no fixed number and runs out of memory: `show access-list` says how many elements it holds already, `show memory` what is free.'),
    lines: [
      ...pool.objects().flatMap(objectLines),
      ...pool.groups().flatMap(groupLines),
      ...text.timeRanges,
      '!',
      ...listsOf(bindings).flatMap((list) => [...(text.entries.get(list) ?? []), `access-list ${list} extended ${last}`]),
    ],
    removal: [
      ...listsOf(bindings).map((list) => `clear configure access-list ${list}`),
      ...text.timeRanges.filter((line) => line.startsWith('time-range')).map((line) => `no ${line}`),
      ...pool.groups().map(({ name }) => `no object-group network ${name}`),
      ...pool.objects().map(({ name }) => `no object network ${name}`),
    ],
  };
};

/** A group is called after its members, whose ending it need not repeat. */
const endingScope = (rules: NameRules, ending: string, reserved: readonly string[] = []): NameScope => {
  const scope = nameScope(rules, reserved);
  return { nameOf: (key, wanted) => `${scope.nameOf(key, ending === '' ? wanted : wanted.replaceAll(ending, ''))}${ending}` };
};

const revisionOf = (lines: readonly string[]): string => createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, REVISION_LENGTH);

/** What is said twice: at the head of the file and in the README. */
const monitorWarnings = (plan: DevicePlan, named: readonly Binding[]): string[] =>
  plan.mode === 'enforce'
    ? []
    : [
        'Monitor mode replaces the inbound list of each interface that it binds by one that lets everything in: where a list filters today, that opens the firewall. Leave such a firewall as it is, import its log instead (messages 106100, 106023, 302013 to 302020), and go on to enforce mode from there.',
        ...[...new Set(named.filter(({ port }) => isLeftAlone(plan, port.zone)).map(({ port }) => port.zone.id))].map(
          (zone) => `${safeComment(zone, COMMENT_LENGTH)} is of kind external: monitor mode leaves its interface and the list there alone, and nothing is logged of what comes in by it.`,
        ),
      ];

const build = (plan: DevicePlan): DeviceExport => {
  const revision = revisionOf(policyOf(plan, '').lines);
  const { named, bindings, losses, size, lines: policy, removal } = policyOf(plan, `_${revision}`);
  const warnings = monitorWarnings(plan, named);
  const lines = [
    ...provenanceLines(plan.provenance, '! '),
    `! mode: ${plan.mode}`,
    ...warnings.map((line) => `! ${line}`),
    `! Names of this export end in _${revision}, a digest of its objects, time ranges and lists.`,
    ...deviceClockLines(plan).map((line) => `! ${line}`),
    ...bindings.flatMap((binding) => [...interfaceLines(binding.port, binding.nameif), '!']),
    ...sameSecurityLines(bindings),
    ...policy,
    '!',
    ...bindings.map(({ list, nameif }) => `access-group ${list} in interface ${nameif}`),
    ...syslogLines(plan, named),
  ];
  return {
    files: [
      { path: 'baseline-asa.cfg', content: `${lines.join('\n')}\n` },
      { path: 'remove.txt', content: `${[...removalHead(revision), ...removal].join('\n')}\n` },
    ],
    losses,
    rollback: rollbackLines(bindings, revision),
    checks: [
      size,
      'Save what `show running-config access-group` says, and fill its lines into rollback.txt now: this export cannot know which lists the interfaces have, and without those lines there is no way back.',
      'Compare the interfaces with the device: lines marked "assumed" have to be set by hand. A live interface keeps its own `nameif` and `security-level`.',
      ...warnings,
    ],
    apply: [
      `Paste baseline-asa.cfg in configuration mode. Its lists, objects and time ranges are new, all names end in _${revision}; \`access-group\` at the end puts each list in the place of the one before, and no interface is without one in between.`,
      'Check with `show access-list` and `show running-config access-group`, then `write memory`. A Permit on demand is switched off in every new list.',
      'From monitor to enforce, and from one export to the next, paste the new baseline-asa.cfg the same way: entries added to a list that is there already would stand behind its last one.',
      'When the new lists have proved themselves, take those of the earlier export away with its own remove.txt. If that is lost: `show running-config access-list | include OTZ_` names the lists, and everything that belongs to one ends as its name does.',
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

/** Nothing of it runs before it is filled in: a list taken off an interface leaves everything open to lower levels. */
const rollbackLines = (bindings: readonly Binding[], revision: string): string[] => [
  '! To be filled in before baseline-asa.cfg is applied, from what `show running-config access-group` says then.',
  '! As it stands it changes nothing: which lists the interfaces had is not known here, and an interface without a list',
  '! lets everything through to interfaces of lower security levels. The earlier lists are still on the device.',
  ...bindings.flatMap(({ list, nameif }) => [
    `! ${nameif}: fill in the list that it had`,
    `! access-group ________ in interface ${nameif}`,
    `! or, only where it had none: no access-group ${list} in interface ${nameif}`,
  ]),
  '! Settings of interfaces and of logging come back from the saved running configuration.',
  `! When no interface has a list that ends in _${revision} any more, remove.txt takes away the rest.`,
];

const removalHead = (revision: string): string[] => [
  `! Takes away what this export brought. Only when \`show running-config access-group\` shows no list that ends in _${revision} any more:`,
  '! an interface whose list is cleared has none, and lets everything through to interfaces of lower security levels.',
];

export const ciscoAsa: Exporter = {
  name: 'cisco-asa',
  title: 'Cisco ASA (ISA 3000) configuration',
  platforms: ['cisco-asa'],
  filters: true,
  modes: ['monitor', 'enforce'],
  means: { monitor: 'everything that comes in by an interface it binds passes, what enforcement would block is logged' },
  capabilities: CAPABILITIES,
  follows: { ftp: '`inspect ftp` (on by default)', rpc: '`inspect dcerpc`' },
  build,
};
