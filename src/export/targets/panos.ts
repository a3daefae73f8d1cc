/**
 * PAN-OS: zones, address objects, services, schedules, security rules with the function-level App-IDs of Modbus, as
 * `set` commands, one leaf a line. In: a device plan. Out: `baseline-panos.set`. `set` adds to what is there, so everything is
 * deleted before it is written, in one candidate configuration. A rule whose application does not
 * match lets the next rule decide, so Permits of one pair add up. Codes without an App-ID of their own fall into
 * `modbus-base`, which every Modbus rule needs: the loss report counts them. No unit ids, no addresses in App-ID.
 */
import { REQUEST_CODES } from '../../decode/app/modbus-functions.ts';
import { addTo } from '../../net/multi-map.ts';
import { spanText } from '../../net/register-set.ts';
import type { Permit } from '../../permit.ts';
import { DEFAULT_RULE, RULE_PREFIX } from '../../source/firewall-log/monitor-marks.ts';
import { asPrefix, formatAddress, isHost, ofFamily, rangeText } from '../ip-notation.ts';
import { sizeCheck } from '../device-size.ts';
import { objectPool, type AddressObject, type ObjectPool } from '../address-objects.ts';
import { coverage } from '../covered-permits.ts';
import { assumedText, missingPort, othersText, zonePorts, type ZonePort } from '../device-zones.ts';
import type { Capabilities, DeviceExport, DevicePlan, Exporter, LossRow, ModbusEffect, PlanPermit } from '../exporter.ts';
import { NO_CAPABILITIES } from '../exporter.ts';
import { LOG_MOMENTS } from '../session-log.ts';
import { assess, familiesOf, notEnforceable, refusalOf } from '../loss.ts';
import { inspectedModbus } from '../modbus/scope.ts';
import { evidenceLine, permitLine } from '../permit-text.ts';
import { DAY_NAMES, deviceClockLines, windowsOf, type TimeWindow } from '../time-window.ts';
import { nameScope, safeComment, type NameScope } from '../vendor-name.ts';

const CAPABILITIES: Capabilities = { ...NO_CAPABILITIES, ipv6: true, schedule: true, expiry: true, onDemand: true, modbusFunction: true, logsStart: true, logsEnd: true };

const INTERFACE = /^(ethernet|ae|vlan|loopback|tunnel)\d*([/.]\d+)*$/;
const RULE_LENGTH = 63;
const ZONE_LENGTH = 31;
const TAG_LENGTH = 127;
const SCHEDULE_LENGTH = 31;
const DESCRIPTION_LENGTH = 1024;

/** "App-IDs for ICS and SCADA": the codes that have one. */
const APP_IDS: Readonly<Record<number, string>> = {
  1: 'modbus-read-coils',
  2: 'modbus-read-discrete-inputs',
  3: 'modbus-read-holding-registers',
  4: 'modbus-read-input-registers',
  5: 'modbus-write-single-coil',
  6: 'modbus-write-single-register',
  15: 'modbus-write-multiple-coils',
  16: 'modbus-write-multiple-registers',
  20: 'modbus-read-file-record',
  21: 'modbus-write-file-record',
  22: 'modbus-mask-write-register',
  23: 'modbus-read-write-register',
  24: 'modbus-read-fifo-queue',
  43: 'modbus-encapsulated-transport',
};
const BASE = 'modbus-base';
const IN_BASE = REQUEST_CODES.filter((code) => APP_IDS[code] === undefined);

const modbusEffect = (permit: Permit): ModbusEffect | null => {
  const required = inspectedModbus(permit);
  if (required === null) return null;
  return { functions: REQUEST_CODES.filter((code) => required.functions.includes(code) || IN_BASE.includes(code)), units: [], ranges: [] };
};

/** A rule holds one schedule: a repeating one, or one with an end. */
const capabilitiesFor = (permit: Permit): Capabilities =>
  permit.conditions.expires !== null && windowsOf(permit).length > 0 ? { ...CAPABILITIES, expiry: false } : CAPABILITIES;

/** Security rules match TCP and UDP ports, or an application; other protocols cannot be named without opening all. */
const unsupported = (permit: Permit): string | null => {
  const { transport } = permit.service;
  return transport === 'sctp' || transport.startsWith('ip-') ? `PAN-OS security rules cannot name ${transport} alone` : null;
};

const applicationsOf = (permit: Permit): string[] => {
  if (permit.service.transport === 'icmp') return ['icmp', 'ping'];
  if (permit.service.transport === 'icmpv6') return ['ipv6-icmp', 'ping6'];
  const required = inspectedModbus(permit);
  if (required === null) return ['any'];
  return [BASE, ...required.functions.flatMap((code) => APP_IDS[code] ?? [])];
};

const listValue = (values: readonly string[]): string => (values.length === 1 ? (values[0] ?? '') : `[ ${values.join(' ')} ]`);

const serviceName = (permit: Permit, names: NameScope, services: Map<string, string>): string => {
  const { transport, ports } = permit.service;
  if (transport === 'icmp' || transport === 'icmpv6') return 'application-default';
  if (transport === 'any') return 'any';
  const texts = ports.map(spanText);
  const wanted = `${transport}-${texts.join('_')}`;
  const name = names.nameOf(wanted, wanted);
  services.set(name, `set service ${name} protocol ${transport} port ${texts.join(',')}`);
  return name;
};

const hours = (window: TimeWindow): string => `${window.start}-${window.end === '24:00' ? '23:59' : window.end}`;

const scheduleLines = (permit: Permit, name: string): string[] => {
  const windows = windowsOf(permit);
  if (windows.length === 0) {
    const { expires } = permit.conditions;
    return expires === null ? [] : [`set schedule ${name} schedule-type non-recurring 2001/01/01@00:00-${expires.slice(0, 10).replaceAll('-', '/')}@23:59`];
  }
  if (windows.every((window) => window.days.length === 7))
    return [`set schedule ${name} schedule-type recurring daily ${listValue(windows.map(hours))}`];
  const byDay = new Map<string, string[]>();
  for (const window of windows) for (const day of window.days) addTo(byDay, day, hours(window));
  return Object.keys(DAY_NAMES).flatMap((day) => {
    const times = byDay.get(day);
    return times === undefined ? [] : [`set schedule ${name} schedule-type recurring weekly ${(DAY_NAMES[day] ?? day).toLowerCase()} ${listValue(times)}`];
  });
};

const addressLine = ({ name, span }: AddressObject): string => {
  const prefix = asPrefix(span);
  const width = span.family === 'ipv4' ? 32 : 128;
  if (isHost(span)) return `set address ${name} ip-netmask ${formatAddress(span.family, span.first)}/${width}`;
  return prefix === null ? `set address ${name} ip-range ${rangeText(span)}` : `set address ${name} ip-netmask ${prefix.network}/${prefix.length}`;
};

interface Workshop {
  readonly pool: ObjectPool;
  readonly rules: NameScope;
  readonly schedules: NameScope;
  readonly zoneName: (zone: string) => string;
  readonly tagName: (conduit: string) => string;
  readonly serviceNames: NameScope;
  readonly services: Map<string, string>;
  readonly scheduleTexts: string[];
}

const sideMembers = (shop: Workshop, entry: PlanPermit, side: 'client' | 'server', families: readonly ('ipv4' | 'ipv6')[]): string[] =>
  families.map((family) => shop.pool.nameOf(ofFamily(entry[side], family)).name);

const ruleLines = (shop: Workshop, entry: PlanPermit, family: 'ipv4' | 'ipv6'): string[] => {
  const { permit } = entry;
  const name = shop.rules.nameOf(`${permit.id} ${family}`, `${RULE_PREFIX}${permit.id}`);
  const scheduleName = shop.schedules.nameOf(permit.id, permit.id);
  const schedule = scheduleLines(permit, scheduleName);
  for (const line of schedule) if (!shop.scheduleTexts.includes(line)) shop.scheduleTexts.push(line);
  const rule = `set rulebase security rules ${name}`;
  return [
    `${rule} from ${shop.zoneName(permit.from.zone)}`,
    `${rule} to ${shop.zoneName(permit.to.zone)}`,
    `${rule} source ${listValue(sideMembers(shop, entry, 'client', [family]))}`,
    `${rule} destination ${listValue(sideMembers(shop, entry, 'server', [family]))}`,
    `${rule} application ${listValue(applicationsOf(permit))}`,
    `${rule} service ${serviceName(permit, shop.serviceNames, shop.services)}`,
    ...(schedule.length > 0 ? [`${rule} schedule ${scheduleName}`] : []),
    `${rule} action allow`,
    ...(entry.log === null ? [`${rule} log-end yes`] : LOG_MOMENTS.both.map((moment) => `${rule} log-${moment} ${entry.log?.includes(moment) === true ? 'yes' : 'no'}`)),
    `${rule} tag ${shop.tagName(permit.conduit)}`,
    `${rule} description "${safeComment(`${permitLine(permit, 500)}. ${evidenceLine(permit, 400)}`, DESCRIPTION_LENGTH)}"`,
    ...(permit.conditions.onDemand ? [`${rule} disabled yes`] : []),
  ];
};

const defaultLines = (zones: readonly string[], enforce: boolean, tag: string | null): string[] => {
  const rule = `set rulebase security rules ${DEFAULT_RULE}`;
  return [
    `${rule} from ${listValue(zones)}`,
    `${rule} to ${listValue(zones)}`,
    `${rule} source any`,
    `${rule} destination any`,
    `${rule} application any`,
    `${rule} service any`,
    `${rule} rule-type interzone`,
    `${rule} action ${enforce ? 'deny' : 'allow'}`,
    `${rule} log-end yes`,
    ...(tag === null ? [] : [`${rule} tag ${tag}`]),
    `${rule} description "${enforce ? 'what no Permit lets through' : 'what no Permit lets through. monitor mode: it passes and is logged'}"`,
  ];
};

const unitOf = (port: ZonePort): string => (port.vlan !== null && !port.interface.includes('.') ? `${port.interface}.${port.vlan}` : port.interface);

const interfaceLines = (port: ZonePort): string[] => {
  const unit = unitOf(port);
  const base = `set network interface ethernet ${port.interface.split('.')[0] ?? port.interface} layer3`;
  const lines: string[] = [];
  if (port.interface.startsWith('ethernet')) {
    // A zone may only name an interface that exists in the candidate configuration.
    if (unit === port.interface && !unit.includes('.')) lines.push(port.address === null || port.address.ip.includes(':') ? base : `${base} ip ${port.address.ip}/${port.address.length}`);
    else if (port.vlan !== null) {
      lines.push(`${base} units ${unit} tag ${port.vlan}`);
      if (port.address !== null) lines.push(`${base} units ${unit} ip ${port.address.ip}/${port.address.length}`);
    }
  }
  return lines.filter((line) => !line.includes(':'));
};

/** What is within a zone passes by the device's own last rule, intrazone-default. */
const zoneLines = (ports: readonly ZonePort[], zone: string, name: string): string[] => {
  const own = ports.filter((port) => port.zone.id === zone);
  return [...own.flatMap(interfaceLines), `set zone ${name} network layer3 ${listValue(own.map(unitOf))}`];
};

const build = (plan: DevicePlan): DeviceExport => {
  const enforce = plan.mode === 'enforce';
  const ports = zonePorts(plan, INTERFACE, (n) => `ethernet1/${n}`);
  const zoneNames = nameScope({ maxLength: ZONE_LENGTH, punctuation: '_-.' }, ['any']);
  const tags = nameScope({ maxLength: TAG_LENGTH, punctuation: '_-.' }, ['would-deny']);
  const shop: Workshop = {
    pool: objectPool(plan, nameScope({ maxLength: RULE_LENGTH, punctuation: '_-.' }, ['any'])),
    rules: nameScope({ maxLength: RULE_LENGTH, punctuation: '_-.' }, [DEFAULT_RULE]),
    schedules: nameScope({ maxLength: SCHEDULE_LENGTH, punctuation: '_-' }),
    zoneName: (zone) => zoneNames.nameOf(zone, zone),
    tagName: (conduit) => tags.nameOf(conduit, conduit),
    serviceNames: nameScope({ maxLength: RULE_LENGTH, punctuation: '_-.' }, ['any', 'application-default']),
    services: new Map(),
    scheduleTexts: [],
  };
  const unwritable = (entry: PlanPermit): string | null => missingPort(entry, ports) ?? unsupported(entry.permit);
  const { covered, losses } = coverage(
    plan.permits,
    plan.permits.map((entry): LossRow => {
      const reason = unwritable(entry);
      if (reason !== null) return notEnforceable(entry.permit, plan.device.id, reason);
      return assess(entry, { device: plan.device.id, capabilities: capabilitiesFor(entry.permit), modbus: modbusEffect(entry.permit) });
    }),
  );
  const rules: string[] = [];
  const conduits = new Set<string>();
  for (const entry of plan.permits) {
    const capabilities = capabilitiesFor(entry.permit);
    if (covered.has(entry) || unwritable(entry) !== null || refusalOf(entry, capabilities) !== null) continue;
    conduits.add(entry.permit.conduit);
    for (const family of familiesOf(entry, capabilities)) rules.push(...ruleLines(shop, entry, family));
  }
  const zoneIds = [...new Set(ports.map((port) => port.zone.id))];
  const zones = zoneIds.map(shop.zoneName);
  const tagNames = [...conduits].map(shop.tagName);
  const ruleNames = [...new Set(rules.map((line) => line.split(' ')[4] ?? ''))];
  const scheduleNames = [...new Set(shop.scheduleTexts.map((line) => line.split(' ')[2] ?? ''))];
  // Rules first: what a rule names cannot be deleted.
  const removal = [
    ...(zones.length === 0 ? [] : [`delete rulebase security rules ${DEFAULT_RULE}`]),
    ...ruleNames.map((name) => `delete rulebase security rules ${name}`),
    ...scheduleNames.map((name) => `delete schedule ${name}`),
    ...[...shop.services.keys()].map((name) => `delete service ${name}`),
    ...shop.pool.groups().map((group) => `delete address-group ${group.name}`),
    ...shop.pool.objects().map((object) => `delete address ${object.name}`),
  ];
  const lines = [
    ...removal,
    ...zoneIds.flatMap((zone) => zoneLines(ports, zone, shop.zoneName(zone))),
    ...tagNames.map((tag, index) => `set tag ${tag} color color${(index % 16) + 1}`),
    ...(enforce ? [] : ['set tag would-deny color color17']),
    ...shop.pool.objects().map(addressLine),
    ...shop.pool.groups().map((group) => `set address-group ${group.name} static ${listValue(group.members)}`),
    ...shop.services.values(),
    ...shop.scheduleTexts,
    ...rules,
    ...(zones.length === 0 ? [] : [...defaultLines(zones, enforce, enforce ? null : 'would-deny'), `move rulebase security rules ${DEFAULT_RULE} bottom`]),
  ];
  return {
    files: [{ path: 'baseline-panos.set', content: `${lines.join('\n')}\n` }],
    losses,
    checks: [sizeCheck([[shop.pool.objects().length, 'address object'], [shop.pool.groups().length, 'address group'], [shop.services.size, 'service'], [scheduleNames.length, 'schedule'], [ruleNames.length + (zones.length === 0 ? 0 : 1), 'security rule']], 'Small models take a few hundred rules; the vendor\'s product comparison has the numbers, and `validate full` refuses what is too much.')],
    rollback: [...removal, ...[...tagNames, ...(enforce ? [] : ['would-deny'])].map((tag) => `delete tag ${tag}`), 'commit'],
    apply: [
      `What an earlier export had and this one has not is not in this file either. So where one is on the device, paste the \`rollback.txt\` of that export first, without its last line, in the same candidate configuration. Without that file: all of our rules begin with ${RULE_PREFIX}, and after \`set cli config-output-format set\`, \`show rulebase security rules | match ${RULE_PREFIX}\` in configuration mode lists them: delete each.`,
      '`set cli scripting-mode on`, then `configure`, and paste baseline-panos.set. It deletes what it is about to write and writes it anew, since `set` adds to what is there. Where there is nothing yet, these deletes say so; nothing else may fail.',
      `List the rules again: ${ruleNames.length + (zones.length === 0 ? 0 : 1)} begin with ${RULE_PREFIX}. Then \`validate full\` and one \`commit\`. Until then the firewall works as before, so nothing is open or closed in between.`,
      `Our rules come to the end of the rulebase each time, ${DEFAULT_RULE} last. ${othersText(plan.mode, 'rule')}`,
      `From monitor to enforce only the action of rule ${DEFAULT_RULE} changes.`,
    ],
    notes: [
      ...ports.flatMap((port) => assumedText(port, unitOf(port))),
      ...deviceClockLines(plan),
      'App-ID needs the first packets of a connection before it decides; until then the connection passes on its port.',
      `Function codes without an App-ID (${IN_BASE.filter((code) => code < 25).join(', ')} and those above 24 but 43) belong to ${BASE} and pass with it.`,
      'The App-ID of OPC UA is not confirmed by a public source: OPC UA Permits are ports here.',
      'An address, service or schedule of this file that a rule of your own names cannot be deleted, and a group of that kind keeps its members: give your rule objects of its own.',
      'Interfaces need a virtual router and, for IPv6, their addresses set by hand.',
    ],
  };
};

export const panos: Exporter = {
  name: 'panos',
  title: 'PAN-OS set commands',
  platforms: ['panos'],
  filters: true,
  modes: ['monitor', 'enforce'],
  capabilities: CAPABILITIES,
  follows: { ftp: 'a rule for the App-ID `ftp`', rpc: 'a rule for the App-ID `msrpc`' },
  build,
};
