/**
 * FortiOS 7 (FortiGate Rugged): zones, addresses, services, schedules, policies, and where the user gives the device's
 * own signature ids, application lists for Modbus functions. In: a device plan. Out: `baseline-fortios.conf`.
 * Only one industrial signature id is public (48885; docs/exporters.md, FortiGuard ids), so without ids a Modbus Permit is
 * a port and the loss report says so. `edit` inherits and policy names are unique, so everything is deleted before it is
 * written. Order matters here: what is not inspected stands first, then disjoint cells,
 * those that hold at times before those that always hold (condition-cells.ts).
 */
import { formatSpan, type AddressSet } from '../../net/address-set.ts';
import { listsBy } from '../../net/multi-map.ts';
import { spanText } from '../../net/register-set.ts';
import type { Permit } from '../../permit.ts';
import { DEFAULT_RULE } from '../../source/firewall-log/monitor-marks.ts';
import { asPrefix, formatAddress, netmaskOf, ofFamily } from '../ip-notation.ts';
import { objectPool, type AddressObject, type ObjectPool } from '../address-objects.ts';
import { beyondOf, cellsByOwner, cellsOfGroup, conditionGroups, conditionReasons, type ConditionCell } from '../condition-cells.ts';
import { coverage } from '../covered-permits.ts';
import { sizeCheck } from '../device-size.ts';
import { assumedText, joinedZones, missingPort, othersText, withinText, zonePorts, type ZonePort } from '../device-zones.ts';
import type { Capabilities, DeviceExport, DevicePlan, Exporter, ExportOptions, LogMoment, LossRow, ModbusEffect, PlanPermit, PlanZone } from '../exporter.ts';
import { NO_CAPABILITIES } from '../exporter.ts';
import { LOG_MOMENTS, loggedMoments, sharedLogReasons } from '../session-log.ts';
import { fortiosApplications, inspectableBy, inspectedEffect, type ApplicationList } from './fortios-applications.ts';
import { assess, familiesOf, notEnforceable, refusalOf } from '../loss.ts';
import { inspectedModbus, widestEffect } from '../modbus/scope.ts';
import { evidenceLine, permitLine, provenanceLines } from '../permit-text.ts';
import { DAY_NAMES, deviceClockLines, windowsOf } from '../time-window.ts';
import { nameScope, safeComment, type NameScope } from '../vendor-name.ts';

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES, ipv6: true, schedule: true, expiry: true, endsSessions: true, onDemand: true, logsStart: true, logsEnd: true,
  // The device's own service "ALL" is protocol IP with number 0.
  unnamedProtocols: { 0: 'a service with protocol number 0 stands for every IP protocol' },
};

/** What `logtraffic all` records. */
const USUAL_LOG = LOG_MOMENTS.end;

const INTERFACE = /^[A-Za-z][A-Za-z0-9_./-]{0,14}$/;
const INTERFACE_LENGTH = 15;
const ZONE_LENGTH = 35;
const POLICY_NAME_LENGTH = 35;
const OBJECT_LENGTH = 63;
const SCHEDULE_LENGTH = 31;
const COMMENT_LENGTH = 255;
const FIRST_POLICY = 101;
/** Ids are taken in blocks of so many, all of which are deleted first: an earlier export may have had more policies. */
const POLICY_BLOCK = 500;
/** The device has it. */
const ALWAYS = 'always';

/** A schedule and an end date cannot hold together: a schedule group is an "or". */
const capabilitiesFor = (permit: Permit): Capabilities =>
  permit.conditions.expires !== null && windowsOf(permit).length > 0 ? { ...CAPABILITIES, expiry: false } : CAPABILITIES;

const quoted = (name: string): string => `"${name}"`;

const addressLines = ({ name, span }: AddressObject): string[] => {
  const lines = [`    edit ${quoted(name)}`];
  const prefix = asPrefix(span);
  const first = formatAddress(span.family, span.first);
  const last = formatAddress(span.family, span.last);
  if (prefix === null) lines.push('        set type iprange', `        set start-ip ${first}`, `        set end-ip ${last}`);
  else if (span.family === 'ipv4') lines.push(`        set subnet ${prefix.network} ${netmaskOf(prefix.length)}`);
  else lines.push(`        set ip6 ${prefix.network}/${prefix.length}`);
  return [...lines, '    next'];
};

const block = (path: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : [`config ${path}`, ...lines, 'end']);

/** What the last policy names. The device has them; a reader of the text alone does not. Editing them so changes nothing. */
const BUILT_IN = {
  address: ['    edit "all"', '    next'],
  service: ['    edit "ALL"', '        set protocol IP', '    next'],
} as const;

const objectBlocks = (pool: ObjectPool): string[] => {
  const blocks: string[] = [];
  for (const [family, digit] of [['ipv4', ''], ['ipv6', '6']] as const) {
    blocks.push(...block(`firewall address${digit}`, [...(family === 'ipv4' ? BUILT_IN.address : []), ...pool.objects().filter((object) => object.span.family === family).flatMap(addressLines)]));
    blocks.push(
      ...block(
        `firewall addrgrp${digit}`,
        pool.groups().filter((group) => group.family === family).flatMap((group) => [`    edit ${quoted(group.name)}`, `        set member ${group.members.map(quoted).join(' ')}`, '    next']),
      ),
    );
  }
  return blocks;
};

/** Service objects by content; `ALL` is the device's own. */
const serviceOf = (transport: string, ports: Permit['service']['ports'], names: NameScope, services: Map<string, string[]>): string => {
  if (transport === 'any') return 'ALL';
  const texts = ports.map(spanText);
  const wanted = ports.length === 0 ? `OTZ-${transport.toUpperCase()}` : `OTZ-${transport.toUpperCase()}-${texts.join('_')}`;
  const name = names.nameOf(wanted, wanted);
  const lines = [`    edit ${quoted(name)}`];
  if (ports.length > 0) lines.push(`        set ${transport}-portrange ${texts.join(' ')}`);
  else if (transport === 'icmp') lines.push('        set protocol ICMP');
  else if (transport === 'icmpv6') lines.push('        set protocol ICMP6');
  else lines.push('        set protocol IP', `        set protocol-number ${Number(transport.slice(3))}`);
  services.set(name, [...lines, '    next']);
  return name;
};

interface Schedules {
  readonly recurring: string[];
  readonly onetime: string[];
  readonly groups: string[];
}

/** The kinds share names on the device: another kind in the next export takes another name, whatever stays of the first. */
const scheduleOf = (permit: Permit, scope: NameScope, schedules: Schedules): string => {
  const windows = windowsOf(permit);
  const { expires } = permit.conditions;
  const base = `SCH-${permit.id}`;
  if (windows.length === 0) {
    if (expires === null) return ALWAYS;
    const name = scope.nameOf(`schedule ${permit.id}`, `UNTIL-${permit.id}`);
    schedules.onetime.push(`    edit ${quoted(name)}`, '        set start 00:00 2001/01/01', `        set end 23:59 ${expires.slice(0, 10).replaceAll('-', '/')}`, '    next');
    return name;
  }
  const names = windows.map((window, index) => {
    const name = scope.nameOf(`schedule ${permit.id} ${index}`, windows.length === 1 ? base : `${base}-${index + 1}`);
    schedules.recurring.push(
      `    edit ${quoted(name)}`,
      `        set day ${window.days.map((day) => (DAY_NAMES[day] ?? day).toLowerCase()).join(' ')}`,
      `        set start ${window.start}`,
      `        set end ${window.end === '24:00' ? '00:00' : window.end}`,
      '    next',
    );
    return name;
  });
  const [only = ALWAYS] = names;
  if (names.length === 1) return only;
  const group = scope.nameOf(`schedule ${permit.id}`, `ANY-${permit.id}`);
  schedules.groups.push(`    edit ${quoted(group)}`, `        set member ${names.map(quoted).join(' ')}`, '    next');
  return group;
};

interface Policy {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly source: string;
  readonly target: string;
  readonly schedule: string;
  readonly service: string;
  readonly disabled: boolean;
  readonly applications: string | null;
  readonly log: readonly LogMoment[];
  readonly comment: string;
}

const policyLines = (policy: Policy, id: number): string[] => {
  const six = policy.family === 'ipv6' ? '6' : '';
  return [
    `    edit ${id}`,
    `        set name ${quoted(policy.name)}`,
    `        set srcintf ${quoted(policy.from)}`,
    `        set dstintf ${quoted(policy.to)}`,
    '        set action accept',
    `        set srcaddr${six} ${quoted(policy.source)}`,
    `        set dstaddr${six} ${quoted(policy.target)}`,
    `        set schedule ${quoted(policy.schedule)}`,
    // Off by default, and then open sessions outlive the schedule.
    ...(policy.schedule === ALWAYS ? [] : ['        set schedule-timeout enable']),
    `        set service ${quoted(policy.service)}`,
    ...(policy.applications === null
      ? []
      : ['        set utm-status enable', '        set ssl-ssh-profile "no-inspection"', `        set application-list ${quoted(policy.applications)}`]),
    // `all` records the end of a session, and the start of it only where that is asked for besides.
    `        set logtraffic ${policy.log.length === 0 ? 'disable' : 'all'}`,
    ...(policy.log.includes('start') ? ['        set logtraffic-start enable'] : []),
    ...(policy.disabled ? ['        set status disable'] : []),
    `        set comments ${quoted(policy.comment)}`,
    '    next',
  ];
};

const defaultPolicy = (zones: readonly string[], id: number, enforce: boolean): string[] => [
  `    edit ${id}`,
  `        set name "${DEFAULT_RULE}"`,
  `        set srcintf ${zones.map(quoted).join(' ')}`,
  `        set dstintf ${zones.map(quoted).join(' ')}`,
  `        set action ${enforce ? 'deny' : 'accept'}`,
  '        set srcaddr "all"',
  '        set dstaddr "all"',
  '        set srcaddr6 "all"',
  '        set dstaddr6 "all"',
  '        set schedule "always"',
  '        set service "ALL"',
  '        set logtraffic all',
  `        set comments ${quoted(enforce ? 'what no Permit lets through' : 'what no Permit lets through. monitor mode: it passes and is logged')}`,
  '    next',
];

interface Workshop {
  readonly plan: DevicePlan;
  readonly zoneName: (zone: string) => string;
  readonly policyNames: NameScope;
  readonly scheduleNames: NameScope;
  readonly pool: ObjectPool;
  readonly serviceNames: NameScope;
  readonly services: Map<string, string[]>;
  readonly schedules: Schedules;
  readonly scheduleOfPermit: Map<string, string>;
  readonly lists: ApplicationList[];
}

/** Several policies of one Permit share its schedule. */
const sharedSchedule = (shop: Workshop, permit: Permit): string => {
  const name = shop.scheduleOfPermit.get(permit.id) ?? scheduleOf(permit, shop.scheduleNames, shop.schedules);
  shop.scheduleOfPermit.set(permit.id, name);
  return name;
};

const policyOf = (shop: Workshop, entries: readonly PlanPermit[], family: 'ipv4' | 'ipv6', sides: { client: AddressSet; server: AddressSet }, ports: Permit['service']['ports'], list: string | null): Policy => {
  const [entry] = entries;
  if (entry === undefined) throw new Error('a policy needs a Permit');
  const { permit } = entry;
  const name = shop.policyNames.nameOf(`${entries.map((one) => one.permit.id).join()} ${family} ${formatSpans(sides.client)} ${formatSpans(sides.server)} ${ports[0]?.first ?? ''}`, entries.map((one) => one.permit.id).join('+'));
  return {
    name,
    from: shop.zoneName(permit.from.zone),
    to: shop.zoneName(permit.to.zone),
    family,
    source: shop.pool.nameOf(sides.client).name,
    target: shop.pool.nameOf(sides.server).name,
    schedule: sharedSchedule(shop, permit),
    service: serviceOf(permit.service.transport, ports, shop.serviceNames, shop.services),
    disabled: permit.conditions.onDemand,
    applications: list,
    log: loggedMoments(entries, USUAL_LOG),
    comment: safeComment(entries.map((one) => `${permitLine(one.permit, 120)}. ${evidenceLine(one.permit, 100)}`).join(' / '), COMMENT_LENGTH),
  };
};

const formatSpans = (spans: AddressSet): string => spans.map(formatSpan).join();

const plainPolicies = (shop: Workshop, entry: PlanPermit): Policy[] =>
  familiesOf(entry, CAPABILITIES).map((family) =>
    policyOf(shop, [entry], family, { client: ofFamily(entry.client, family), server: ofFamily(entry.server, family) }, entry.permit.service.ports, null),
  );

interface InspectedCell extends ConditionCell {
  readonly family: 'ipv4' | 'ipv6';
}

/** Conditions are part of a policy, and so are zones: only Permits with the same ones share a policy. */
const inspectedCells = (entries: readonly PlanPermit[]): InspectedCell[] => {
  const byZones = listsBy(entries, ({ permit: { from, to } }) => JSON.stringify([from.zone, to.zone]));
  return [...byZones.values()].flatMap((between) => {
    const groups = conditionGroups(between, ({ permit }) => capabilitiesFor(permit));
    return groups.flatMap((group) => (['ipv4', 'ipv6'] as const).flatMap((family) => cellsOfGroup(group, groups, family).map((cell) => ({ ...cell, family }))));
  });
};

const inspectedPolicies = (shop: Workshop, cells: readonly InspectedCell[], options: ExportOptions): Policy[] =>
  cells.map(({ cell, port, own, carried, family }) => {
    const list = fortiosApplications(carried, options.applicationIds ?? {}, shop.plan.mode, shop.policyNames);
    if (!shop.lists.some((known) => known.name === list.name)) shop.lists.push(list);
    return policyOf(shop, own, family, { client: cell.clients, server: cell.servers }, [{ first: port.first, last: port.last }], list.name);
  });

/** What the policies of a Permit let through: its own, and what need not hold when they do. */
const givenBy = (entry: PlanPermit, own: readonly ConditionCell[]): ModbusEffect | null =>
  inspectedModbus(entry.permit) === null ? null : widestEffect([entry, ...beyondOf(own)].flatMap((one) => inspectedEffect(one.permit) ?? []));

/** It logs no start without the end. */
const logReasons = (entry: PlanPermit, own: readonly ConditionCell[]): string[] => [
  ...(entry.log?.join() === 'start' ? ['the end of its sessions is logged too: FortiOS logs no start without it'] : []),
  ...new Set(own.flatMap((cell) => sharedLogReasons(entry, cell.own, USUAL_LOG))),
];

const zoneLines = (name: string, devices: readonly string[]): string[] => [
  `    edit ${quoted(name)}`,
  '        set intrazone deny',
  `        set interface ${devices.map(quoted).join(' ')}`,
  '    next',
];

/** What is within a zone, from one of its interfaces to another: a policy comes before the zone's own `intrazone deny`. */
const withinPolicies = (shop: Workshop, zone: PlanZone): Policy[] =>
  (['ipv4', 'ipv6'] as const).flatMap((family): Policy[] => {
    const addresses = ofFamily(zone.addresses, family);
    if (addresses.length === 0) return [];
    const [name, group] = [shop.zoneName(zone.id), shop.pool.nameOf(addresses).name];
    return [{
      name: shop.policyNames.nameOf(`within ${zone.id} ${family}`, `WITHIN-${zone.id}`), from: name, to: name, family, source: group, target: group, schedule: ALWAYS, service: 'ALL',
      disabled: false, applications: null, log: USUAL_LOG, comment: withinText(zone, COMMENT_LENGTH),
    }];
  });

/**
 * What the device calls each: `port1`, `port1.20`. FortiOS takes 15 characters, so a long name is cut before its VLAN, and
 * numbered where two would be one.
 */
const deviceNames = (ports: readonly ZonePort[]): ReadonlyMap<ZonePort, string> => {
  const wholeName = ({ interface: name, vlan }: ZonePort): string => (vlan === null ? name : `${name}.${vlan}`);
  const isShort = (name: string): boolean => name.length <= INTERFACE_LENGTH;
  const taken = new Set([...ports.map((port) => port.interface), ...ports.map(wholeName).filter(isShort)].map((name) => name.toLowerCase()));
  return new Map(ports.map((port) => {
    const whole = wholeName(port);
    if (isShort(whole)) return [port, whole];
    const nameOf = (mark: string): string => `${port.interface.slice(0, INTERFACE_LENGTH - mark.length - `.${port.vlan}`.length)}${mark}.${port.vlan}`;
    let name = nameOf('');
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = nameOf(`_${n}`);
    taken.add(name.toLowerCase());
    return [port, name];
  }));
};

/** Every interface that a zone stands on, so that the text needs nothing that is not in it; on the device it is there already. */
const interfaceLines = (port: ZonePort, device: string): string[] => {
  const address = port.address === null || port.address.ip.includes(':') ? [] : ['        set mode static', `        set ip ${port.address.ip} ${netmaskOf(port.address.length)}`];
  const vlan = port.vlan === null ? [] : [`        set interface ${quoted(port.interface)}`, `        set vlanid ${port.vlan}`];
  return [`    edit ${quoted(device)}`, '        set vdom "root"', ...address, ...vlan, '    next'];
};

const build = (plan: DevicePlan, options: ExportOptions): DeviceExport => {
  const ports = zonePorts(plan, INTERFACE, (n) => `port${n}`);
  const devices = deviceNames(ports);
  const deviceOf = (port: ZonePort): string => devices.get(port) ?? port.interface;
  const trunks = [...new Set(ports.filter((port) => port.vlan !== null).map((port) => port.interface))].filter((name) => !ports.some((port) => deviceOf(port) === name));
  // A zone may not be called as an interface is.
  const zoneNames = nameScope({ maxLength: ZONE_LENGTH, punctuation: '_-' }, [...ports.map(deviceOf), ...trunks, 'any']);
  const shop: Workshop = {
    plan,
    zoneName: (zone) => zoneNames.nameOf(zone, zone),
    policyNames: nameScope({ maxLength: POLICY_NAME_LENGTH, punctuation: '_-.+' }, [DEFAULT_RULE]),
    scheduleNames: nameScope({ maxLength: SCHEDULE_LENGTH, punctuation: '_-' }, [ALWAYS, 'none']),
    pool: objectPool(plan, nameScope({ maxLength: OBJECT_LENGTH, punctuation: '_-./:' }, ['all', 'none'])),
    serviceNames: nameScope({ maxLength: OBJECT_LENGTH, punctuation: '_-' }, ['ALL']),
    services: new Map(),
    schedules: { recurring: [], onetime: [], groups: [] },
    scheduleOfPermit: new Map(),
    lists: [],
  };
  const byIds = (entry: PlanPermit): boolean => inspectedModbus(entry.permit) !== null && inspectableBy(entry.permit, options.applicationIds ?? {});
  const rowOf = (entry: PlanPermit, own: readonly ConditionCell[]): LossRow => {
    const missing = missingPort(entry, ports);
    if (missing !== null) return notEnforceable(entry.permit, plan.device.id, missing);
    return assess(entry, { device: plan.device.id, capabilities: capabilitiesFor(entry.permit), ...(byIds(entry) ? { modbus: givenBy(entry, own) } : {}) });
  };
  const { covered, losses } = coverage(plan.permits, plan.permits.map((entry) => rowOf(entry, [])));
  const written = plan.permits.filter((entry) => !covered.has(entry) && missingPort(entry, ports) === null && refusalOf(entry, CAPABILITIES) === null);
  const plain = written.filter((entry) => !byIds(entry));
  const inspected = written.filter(byIds);
  const cells = inspectedCells(inspected);
  const cellsOf = cellsByOwner(cells);
  const zoneIds = [...new Set(ports.map((port) => port.zone.id))];
  const within = joinedZones(plan).filter((zone) => zoneIds.includes(zone.id)).flatMap((zone) => withinPolicies(shop, zone));
  const policies = [...plain.flatMap((entry) => plainPolicies(shop, entry)), ...inspectedPolicies(shop, cells, options), ...within];
  const zones = zoneIds.map(shop.zoneName);
  const lastId = FIRST_POLICY + policies.length;
  const lastOwnId = FIRST_POLICY - 1 + POLICY_BLOCK * Math.ceil((policies.length + 1) / POLICY_BLOCK);
  const lines = [
    ...provenanceLines(plan.provenance, '# '),
    `# mode: ${plan.mode}`,
    ...deviceClockLines(plan).map((line) => `# ${line}`),
    ...ports.flatMap((port) => assumedText(port, deviceOf(port))).map((line) => `# ${line}`),
    ...(zones.length === 0 ? [] : removalLines(shop, lastOwnId)),
    ...block('system interface', [...trunks.flatMap((name) => [`    edit ${quoted(name)}`, '        set vdom "root"', '    next']), ...ports.flatMap((port) => interfaceLines(port, deviceOf(port)))]),
    ...block('system zone', zoneIds.flatMap((zone) => zoneLines(shop.zoneName(zone), ports.filter((port) => port.zone.id === zone).map(deviceOf)))),
    ...objectBlocks(shop.pool),
    ...block('firewall service custom', [...BUILT_IN.service, ...[...shop.services.values()].flat()]),
    ...block('firewall schedule recurring', shop.schedules.recurring),
    ...block('firewall schedule onetime', shop.schedules.onetime),
    ...block('firewall schedule group', shop.schedules.groups),
    ...(shop.lists.length > 0 ? ['config ips global', '    set exclude-signatures none', 'end'] : []),
    ...block('application list', shop.lists.flatMap((list) => list.lines)),
    ...(zones.length === 0
      ? []
      : block('firewall policy', [...policies.flatMap((policy, index) => policyLines(policy, FIRST_POLICY + index)), ...defaultPolicy(zones, lastId, plan.mode === 'enforce')])),
  ];
  return {
    files: [{ path: 'baseline-fortios.conf', content: `${lines.join('\n')}\n` }],
    losses: plan.permits.flatMap((entry, index) => {
      const own = cellsOf(entry);
      const row = own.length > 0 ? rowOf(entry, own) : losses[index];
      return row === undefined ? [] : [{ ...row, reasons: [...row.reasons, ...conditionReasons(entry, own), ...logReasons(entry, own)] }];
    }),
    checks: [sizeCheck([[shop.pool.objects().length, 'address object'], [shop.pool.groups().length, 'address group'], [shop.services.size, 'service'], [shop.lists.length, 'application list'], [policies.length + (zones.length === 0 ? 0 : 1), 'policy']], 'They stand in the Maximum Values Table of its release, and on the device itself in `print tablesize`.')],
    rollback: zones.length === 0 ? [] : [...removalLines(shop, lastId), ...removal('system zone', zones.map(quoted))],
    apply: [
      `Policy ids ${FIRST_POLICY} to ${lastOwnId} and the names in this file are for these exports alone: the file deletes them before it writes them anew, so nothing of an earlier export stays, and nothing of yours may be there. An earlier export with ids above ${lastOwnId} goes first, by its own \`rollback.txt\`, in the same transaction.`,
      'In a CLI session: `execute config-transaction start`, paste baseline-fortios.conf, `execute config-transaction commit` (workspace mode, FortiOS 6.2 and newer; five minutes without a key discard it). Until the commit the firewall works as before, so nothing is open or closed in between. Without a transaction every line holds at once: from the deletes until the last policy stands, what it permits is blocked.',
      'Where there is nothing to delete yet, these deletes fail and say so; nothing else may fail. Read it back with `show firewall policy`.',
      `Our policies come to the end each time, ${DEFAULT_RULE} (${lastId}) last. ${othersText(plan.mode, 'policy')}`,
      `From monitor to enforce only the action of policy ${DEFAULT_RULE} and of the application lists changes: load the one over the other in the same way.`,
    ],
    notes: [
      ...deviceClockLines(plan),
      'Modbus functions need the FortiGuard OT service and the signature ids of your own device (`get application name status | grep -A1 Modbus`): give them as applicationIds, keyed `modbus:3` for function code 3. Only id 48885 (function code 5) is public.',
      ...(policies.some((policy) => policy.schedule !== ALWAYS)
        ? ['Open sessions end with their schedule by `schedule-timeout`. Try it on your release: handbooks of older ones ask for `firewall-session-dirty check-new` in the policy too, and `check-policy-option` in the system settings.']
        : []),
      ...(cells.some(({ own, carried }) => carried.length > own.length)
        ? ['A policy that holds at times lets through what others of its pair do as well: sessions that were opened under it end with its schedule, and their clients open them anew under the next policy.']
        : []),
      'Zones take interfaces that no other policy uses.',
      ...ports.flatMap((port) => (port.vlan === null || deviceOf(port).startsWith(port.interface) ? [] : [`VLAN ${port.vlan} of ${port.interface} is called ${deviceOf(port)} here, for a name has ${INTERFACE_LENGTH} characters: if the device has it under another, put that in its place.`])),
      'Sessions that are open when the policies change are judged anew (`firewall-session-dirty check-all`, which is the default), or stay until they end (`check-new`).',
    ],
  };
};

const removal = (path: string, names: readonly string[]): string[] => block(path, names.map((name) => `    delete ${name}`));

/** All that the script writes but zones and interfaces. What is named by another goes after it. */
const removalLines = (shop: Workshop, lastId: number): string[] => {
  const edits = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('    edit ')).map((line) => line.slice('    edit '.length));
  return [
    ...removal('firewall policy', Array.from({ length: lastId - FIRST_POLICY + 1 }, (_, index) => `${FIRST_POLICY + index}`)),
    ...removal('application list', shop.lists.map((list) => quoted(list.name))),
    ...removal('firewall schedule group', edits(shop.schedules.groups)),
    ...removal('firewall schedule recurring', edits(shop.schedules.recurring)),
    ...removal('firewall schedule onetime', edits(shop.schedules.onetime)),
    ...removal('firewall service custom', edits([...shop.services.values()].flat())),
    ...(['ipv4', 'ipv6'] as const).flatMap((family) => [
      ...removal(`firewall addrgrp${family === 'ipv6' ? '6' : ''}`, shop.pool.groups().filter((group) => group.family === family).map((group) => quoted(group.name))),
      ...removal(`firewall address${family === 'ipv6' ? '6' : ''}`, shop.pool.objects().filter((object) => object.span.family === family).map((object) => quoted(object.name))),
    ]),
  ];
};

export const fortios: Exporter = {
  name: 'fortios',
  title: 'FortiOS 7 configuration script',
  platforms: ['fortios'],
  filters: true,
  modes: ['monitor', 'enforce'],
  capabilities: CAPABILITIES,
  follows: { ftp: 'the session helper `ftp` (on by default)', rpc: 'the session helper `dcerpc` (on by default)' },
  build,
};
