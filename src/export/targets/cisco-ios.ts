/**
 * Cisco industrial Ethernet switch (IOS): a VLAN per zone, access ports from the port map of the spec, port security,
 * trunks with lists, a parking VLAN as native. In: a device plan. Out: per switch `<switch>.cfg` and `<switch>-rollback.txt`,
 * and in enforce mode `<switch>-unused-ports.cfg` with the ports between those that the spec names: what it names is never
 * shut, also where no port could be written for it. A switch enforces no Permit between zones; every
 * row of the loss report says so. Never `violation shutdown` on a controller: an err-disabled port is a loss of control.
 */
import { addTo } from '../../net/multi-map.ts';
import type { DeviceExport, DevicePlan, Exporter, ExportFile, PlanAsset, PlanZone } from '../exporter.ts';
import { usageError } from '../../errors.ts';
import { NO_CAPABILITIES } from '../exporter.ts';
import { notEnforceable } from '../loss.ts';
import { provenanceLines } from '../permit-text.ts';
import { nameScope, safeComment, type NameScope } from '../vendor-name.ts';

/** Kinds of port by their long names, and as `show interfaces status` cuts them. */
const PORT_KINDS: readonly (readonly [long: string, short: string])[] = [
  ['Ethernet', 'Et'], ['FastEthernet', 'Fa'], ['GigabitEthernet', 'Gi'], ['TwoGigabitEthernet', 'Tw'], ['FiveGigabitEthernet', 'Fi'], ['TenGigabitEthernet', 'Te'],
  ['TwentyFiveGigE', 'Twe'], ['FortyGigabitEthernet', 'Fo'], ['HundredGigE', 'Hu'], ['AppGigabitEthernet', 'Ap'],
];
const PORT_NAME = /^([A-Za-z]+) ?((?:\d+\/)*\d+)$/;
/** Interfaces that are no port of the front panel, so that nothing hangs on them. */
const NO_PORT = /^(vlan|loopback|tunnel|null) ?\d+$/i;
const MOST_PARKING = 999;
const MOST_VLAN = 4094;
/** VLAN 1 and those of FDDI and Token Ring are always there, and IOS lets nobody name or remove them. */
const isFixedVlan = (vlan: number): boolean => vlan === 1 || (vlan >= 1002 && vlan <= 1005);
const VLAN_NAME_LENGTH = 32;
const DESCRIPTION_LENGTH = 200;
const MAX_MACS = 4097;
/** No line card has more: a name from a spec is no reason to count further. */
const MOST_PORTS = 256;
/** Devices whose silence is a loss of view or control. */
const NEVER_SHUT = ['plc', 'rtu', 'io', 'sis', 'safety-controller', 'drive', 'hmi'];

interface PortUse {
  readonly interface: string;
  readonly zone: PlanZone;
  readonly assets: readonly PlanAsset[];
  readonly vlan: number;
}

interface Trunk {
  readonly interface: string;
  readonly vlans: readonly number[];
}

interface SwitchPlan {
  readonly id: string;
  readonly ports: readonly PortUse[];
  readonly trunks: readonly Trunk[];
  readonly vlans: readonly { readonly id: number; readonly zone: PlanZone | null }[];
  readonly remarks: readonly string[];
  /** Every port that the spec names, whether or not something was written for it. */
  readonly named: readonly string[];
  /** Names in the spec that may be any port. */
  readonly unread: readonly string[];
}

/** `Gi1/0/3`, `gig 1/0/3` and `GigabitEthernet1/0/3` are one port, under its long name; null = no port. IOS takes what begins one word alone. */
const portName = (text: string): string | null => {
  const [, kind = '', place = ''] = PORT_NAME.exec(text.trim()) ?? [];
  const word = kind.toLowerCase();
  if (word.length < 2) return null;
  const exact = PORT_KINDS.filter(([, short]) => short.toLowerCase() === word);
  const found = exact.length > 0 ? exact : PORT_KINDS.filter(([long]) => long.toLowerCase().startsWith(word));
  const [only] = found;
  return found.length === 1 && only !== undefined ? `${only[0]}${place}` : null;
};

/** The highest number that nothing in the plant uses: one for all switches, for the two ends of a trunk have to agree on it. */
const parkingVlan = (plan: DevicePlan): number => {
  const used = new Set([
    ...plan.zones.flatMap((zone) => [...zone.vlans, ...zone.assets.flatMap((asset) => asset.vlan ?? [])]),
    ...plan.devices.flatMap((device) => device.interfaces.flatMap((port) => port.vlan ?? [])),
  ]);
  const isFree = (vlan: number): boolean => !used.has(vlan) && !isFixedVlan(vlan);
  for (let vlan = MOST_PARKING; vlan > 1; vlan--) if (isFree(vlan)) return vlan;
  for (let vlan = MOST_PARKING + 1; vlan <= MOST_VLAN; vlan++) if (isFree(vlan)) return vlan;
  throw usageError('the spec uses every VLAN, and unused ports need one of their own', 'Take a VLAN out of the spec that no port is in.');
};

const byNumber = (a: number, b: number): number => a - b;

/** Natural order: GigabitEthernet1/0/2 before 1/0/10. */
const byInterface = (a: string, b: string): number => {
  const numbers = (name: string): number[] => (name.match(/\d+/g) ?? []).map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
};

const vlanOf = (zone: PlanZone, asset: PlanAsset): number | null => asset.vlan ?? (zone.vlans.length === 1 ? (zone.vlans[0] ?? null) : null);

const dotted = (mac: string): string => {
  const digits = mac.replaceAll(':', '');
  return `${digits.slice(0, 4)}.${digits.slice(4, 8)}.${digits.slice(8)}`;
};

const trunksOf = (plan: DevicePlan, switchId: string): { trunks: Trunk[]; single: { interface: string; zone: PlanZone; vlan: number }[] } => {
  const vlansByPort = new Map<string, { zone: PlanZone; vlan: number }[]>();
  for (const port of plan.devices.find((device) => device.id === switchId)?.interfaces ?? []) {
    const zone = plan.zones.find((candidate) => candidate.id === port.zone);
    const vlan = port.vlan ?? zone?.vlans[0];
    const name = portName(port.interface);
    if (zone === undefined || vlan === undefined || zone.airGapped || name === null) continue;
    addTo(vlansByPort, name, { zone, vlan });
  }
  const trunks: Trunk[] = [];
  const single: { interface: string; zone: PlanZone; vlan: number }[] = [];
  for (const [name, uses] of vlansByPort) {
    const [first] = uses;
    if (uses.length === 1 && first !== undefined) single.push({ interface: name, ...first });
    else trunks.push({ interface: name, vlans: [...new Set(uses.map((use) => use.vlan))].sort(byNumber) });
  }
  return { trunks: trunks.sort((a, b) => byInterface(a.interface, b.interface)), single };
};

const switchPlan = (plan: DevicePlan, id: string, parking: number): SwitchPlan => {
  const remarks: string[] = [];
  const ports = new Map<string, PortUse>();
  const { trunks, single } = trunksOf(plan, id);
  for (const use of single) ports.set(use.interface, { ...use, assets: [] });
  for (const zone of plan.zones)
    for (const asset of zone.assets) {
      if (asset.port === null || asset.port.switch !== id) continue;
      const name = portName(asset.port.interface);
      const vlan = vlanOf(zone, asset);
      const known = name === null ? undefined : ports.get(name);
      if (zone.airGapped) remarks.push(`${asset.id}: its zone ${zone.id} is declared air-gapped, so it has no place on a shared switch. No port was written`);
      else if (name === null) remarks.push(`${asset.id}: ${asset.port.interface} is not the name of a switch port. No port was written`);
      else if (vlan === null) remarks.push(`${asset.id}: zone ${zone.id} has no single VLAN and the asset names none. No port was written`);
      else if (trunks.some((trunk) => trunk.interface === name)) remarks.push(`${asset.id}: ${name} is a trunk. No access port was written`);
      else if (known !== undefined && known.vlan !== vlan) remarks.push(`${asset.id}: ${name} already carries VLAN ${known.vlan}. It was left there`);
      else ports.set(name, { interface: name, zone, assets: [...(known?.assets ?? []), asset], vlan });
    }
  const vlans = new Map<number, PlanZone | null>();
  for (const port of ports.values()) vlans.set(port.vlan, port.zone);
  for (const trunk of trunks) for (const vlan of trunk.vlans) if (!vlans.has(vlan)) vlans.set(vlan, plan.zones.find((zone) => zone.vlans.includes(vlan)) ?? null);
  const interfaces = plan.devices.find((device) => device.id === id)?.interfaces ?? [];
  for (const port of interfaces) {
    const zone = plan.zones.find((candidate) => candidate.id === port.zone);
    if (port.vlan !== null && zone !== undefined && !zone.airGapped && !vlans.has(port.vlan)) vlans.set(port.vlan, zone);
  }
  vlans.set(parking, null);
  const stated = [...interfaces.map((port) => port.interface), ...plan.zones.flatMap((zone) => zone.assets.flatMap(({ port }) => (port?.switch === id ? [port.interface] : [])))];
  return {
    id,
    ports: [...ports.values()].sort((a, b) => byInterface(a.interface, b.interface)),
    trunks,
    vlans: [...vlans].map(([vlan, zone]) => ({ id: vlan, zone })).sort((a, b) => a.id - b.id),
    remarks,
    named: [...new Set(stated.flatMap((name) => portName(name) ?? []))],
    unread: [...new Set(stated.filter((name) => portName(name) === null && !NO_PORT.test(name.trim())))].sort(),
  };
};

const macsOf = (port: PortUse): string[] => [...new Set(port.assets.flatMap((asset) => asset.macs))].sort();

const securityLines = (port: PortUse, enforce: boolean): string[] => {
  const [stated] = port.assets.flatMap((asset) => asset.port ?? []);
  const macs = macsOf(port);
  if (stated === undefined) return [];
  const controller = port.assets.some((asset) => NEVER_SHUT.includes(asset.role));
  const violation = stated.violation === 'shutdown' && controller ? 'restrict' : (stated.violation ?? 'restrict');
  const maximum = Math.min(MAX_MACS, Math.max(stated.maxMacs ?? 1, macs.length, 1));
  return [
    ...(violation === stated.violation || stated.violation === null ? [] : [' ! the spec says violation shutdown: restrict here, an err-disabled controller is a loss of control']),
    ` switchport port-security maximum ${maximum}`,
    ` switchport port-security violation ${violation}`,
    ...(macs.length > 0 ? macs.map((mac) => ` switchport port-security mac-address ${dotted(mac)}`) : [' switchport port-security mac-address sticky']),
    ...(enforce ? [' switchport port-security'] : [' ! monitor mode: port security is prepared, not armed']),
  ];
};

const portLines = (port: PortUse, enforce: boolean): string[] => [
  `interface ${port.interface}`,
  ` description ${safeComment(`${port.assets.map((asset) => asset.id).join(' ')} ${port.zone.id}`, DESCRIPTION_LENGTH)}`,
  ' switchport mode access',
  ` switchport access vlan ${port.vlan}`,
  ' switchport nonegotiate',
  ...securityLines(port, enforce),
  ...(port.assets.length > 0
    ? [
        ' spanning-tree portfast',
        enforce ? ' spanning-tree bpduguard enable' : ' ! monitor mode: no bpduguard, which shuts a port',
        ' no cdp enable', ' no lldp transmit', ' no lldp receive',
      ]
    : []),
  '!',
];

const trunkLines = (trunk: Trunk, parking: number): string[] => [
  `interface ${trunk.interface}`,
  ' description Trunk',
  ' switchport mode trunk',
  ` switchport trunk native vlan ${parking}`,
  ` switchport trunk allowed vlan ${trunk.vlans.join(',')}`,
  ' switchport nonegotiate',
  '!',
];

const vlanLines = (vlan: SwitchPlan['vlans'][number], parking: number, names: NameScope): string[] =>
  isFixedVlan(vlan.id)
    ? [`! VLAN ${vlan.id}${vlan.zone === null ? '' : ` (${safeComment(vlan.zone.id, VLAN_NAME_LENGTH)})`} is always there, and IOS refuses it another name${vlan.id === 1 ? '' : ' and ports: give the zone another'}`]
    : [`vlan ${vlan.id}`, ` name ${names.nameOf(`${vlan.id}`, vlan.zone === null ? (vlan.id === parking ? 'PARKING' : `VLAN-${vlan.id}`) : vlan.zone.id)}`];

const placeOf = (name: string): string => name.replace(/^[A-Za-z]+/, '');

/**
 * Ports between the first and last known one of each line card that the spec does not name. A port is known by its place, whatever
 * its kind: a socket can be called after the module that is in it.
 */
const unusedPorts = (plan: SwitchPlan): string[] => {
  if (plan.unread.length > 0) return [];
  const used = new Set(plan.named.map(placeOf));
  const highest = new Map<string, number>();
  for (const name of plan.named) {
    const [, card = '', number = ''] = /^(.*?)(\d+)$/.exec(name) ?? [];
    highest.set(card, Math.max(highest.get(card) ?? 0, Number(number)));
  }
  return [...highest]
    .sort(([a], [b]) => byInterface(a, b))
    .flatMap(([card, last]) => Array.from({ length: Math.min(last, MOST_PORTS) }, (_, index) => `${card}${index + 1}`).filter((name) => !used.has(placeOf(name))));
};

const unusedLines = (names: readonly string[], parking: number): string[] => [
  '! Ports between those of the spec. Look at each before you shut it: the spec may not know every device.',
  ...names.flatMap((name) => [`interface ${name}`, ' description UNUSED', ' switchport mode access', ` switchport access vlan ${parking}`, ' shutdown', '!']),
];

/** What the switch had is known to it alone: to be filled in where the saved file cannot be put back as a whole. */
const rollbackLines = (one: SwitchPlan, unused: readonly string[], enforce: boolean): string[] => [
  '! All of it, with VLANs, modes and descriptions, in privileged mode: configure replace flash:before-baseline.cfg',
  '! Where that cannot be: port by port, the lines to be filled in from `show running-config interface NAME` as saved before.',
  ...one.ports.flatMap((port) => [
    `interface ${port.interface}`,
    ' ! switchport mode ________',
    ' ! switchport access vlan ________',
    ' ! description ________',
    ...(port.assets.length === 0
      ? []
      : [
          ...(enforce ? [' no switchport port-security'] : []),
          ' no switchport port-security mac-address sticky',
          ...macsOf(port).map((mac) => ` no switchport port-security mac-address ${dotted(mac)}`),
          ' no switchport port-security violation',
          ' no switchport port-security maximum',
          ...(enforce ? [' no spanning-tree bpduguard'] : []),
          ' ! what it had of port-security, bpduguard, portfast and nonegotiate: ________',
          ' cdp enable',
          ' lldp transmit',
          ' lldp receive',
        ]),
    '!',
  ]),
  ...one.trunks.flatMap((trunk) => [`interface ${trunk.interface}`, ' ! switchport mode ________', ' ! switchport trunk native vlan ________', ' ! switchport trunk allowed vlan ________', '!']),
  ...unused.flatMap((name) => [`interface ${name}`, ' ! switchport access vlan ________', ' ! no shutdown, where it was not shut before', '!']),
  `! VLANs that were not there before can stay or go (\`no vlan\`): ${one.vlans.filter(({ id }) => !isFixedVlan(id)).map(({ id }) => id).join(' ')}`,
  '! If it was not set before: no errdisable recovery cause psecure-violation',
];

const switchFiles = (plan: DevicePlan, one: SwitchPlan, parking: number, fileName: string): ExportFile[] => {
  const names = nameScope({ maxLength: VLAN_NAME_LENGTH, punctuation: '_-' });
  const enforce = plan.mode === 'enforce';
  const head = [...provenanceLines(plan.provenance, '! '), `! switch ${safeComment(one.id, 60)}, mode: ${plan.mode}`];
  const fileOf = (ending: string, lines: readonly string[]): ExportFile => ({ path: `${fileName}${ending}`, content: `${[...head, ...lines].join('\n')}\n` });
  const unused = enforce ? unusedPorts(one) : [];
  return [
    fileOf('.cfg', [
      ...one.remarks.map((remark) => `! ${safeComment(remark, 200)}`),
      ...(enforce && one.unread.length > 0 ? [`! No list of unused ports: the spec names ports that could be any of them (${safeComment(one.unread.join(', '), 120)})`] : []),
      `! VLAN ${parking} is for what has no VLAN: no zone uses it. See that nothing on this switch does`,
      ...one.vlans.flatMap((vlan) => vlanLines(vlan, parking, names)),
      '!',
      ...one.ports.flatMap((port) => portLines(port, enforce)),
      ...one.trunks.flatMap((trunk) => trunkLines(trunk, parking)),
      'errdisable recovery cause psecure-violation',
      'errdisable recovery interval 300',
    ]),
    ...(unused.length === 0 ? [] : [fileOf('-unused-ports.cfg', unusedLines(unused, parking))]),
    fileOf('-rollback.txt', rollbackLines(one, unused, enforce)),
  ];
};

const switchIds = (plan: DevicePlan): string[] => {
  const ids = new Set(plan.devices.filter((device) => device.platform === 'cisco-ios-switch').map((device) => device.id));
  for (const zone of plan.zones) for (const asset of zone.assets) if (asset.port !== null) ids.add(asset.port.switch);
  return [...ids].sort();
};

const build = (plan: DevicePlan): DeviceExport => {
  const parking = parkingVlan(plan);
  const switches = switchIds(plan).map((id) => switchPlan(plan, id, parking));
  const names = nameScope({ maxLength: 60, punctuation: '_-' });
  const enforce = plan.mode === 'enforce';
  const homeless = plan.zones.flatMap((zone) => zone.assets.filter((asset) => asset.port === null && !zone.airGapped).map((asset) => asset.id));
  return {
    files: switches.flatMap((one) => switchFiles(plan, one, parking, names.nameOf(one.id, one.id))),
    losses: plan.permits.map((entry) =>
      notEnforceable(entry.permit, plan.device.id, 'a switch keeps zones apart by VLAN; what passes between zones is decided by the firewall of the conduit'),
    ),
    rollback: [],
    checks: [
      'On every switch: `copy running-config flash:before-baseline.cfg`, and keep `show running-config`, `show vlan brief` and `show interfaces status`. What they say is filled into `<switch>-rollback.txt`.',
      'Compare `show mac address-table` with the ports of `<switch>.cfg`: each device has to hang where the spec says.',
      `See that nothing uses VLAN ${parking}, which unused ports and the native VLAN of trunks get. The other end of each trunk needs the same native VLAN.`,
      ...(enforce ? ['Look for ports behind which a switch or ring stands: `bpduguard` shuts a port that hears spanning tree, and its device is lost until somebody opens it.'] : []),
    ],
    apply: [
      'Moving a port to another VLAN interrupts its device: one port at a time, in a window, with the process owner present.',
      'Apply `<switch>.cfg`, check with `show port-security` and `show vlan brief`, then `write memory` (sticky addresses are lost otherwise).',
      ...(enforce ? ['Last, and only after looking at each port: `<switch>-unused-ports.cfg`.'] : []),
      'If the process suffers: `<switch>-rollback.txt` of that switch.',
    ],
    notes: [
      homeless.length === 0
        ? 'Every asset has a switch port in the spec.'
        : `A capture does not show which port a device hangs on. Without a port in the spec: ${safeComment(homeless.join(', '), 600)}.`,
      'Ports that the spec names are never in `<switch>-unused-ports.cfg`, also where nothing could be written for them; the head of `<switch>.cfg` says which and why. Where a name could be any port, there is no such file.',
      ...(enforce ? [] : ['Monitor mode arms neither port security nor bpduguard and shuts no port, and so it writes no `<switch>-unused-ports.cfg`. Ports do get their VLANs, and the switch logs nothing.']),
    ],
  };
};

export const ciscoIos: Exporter = {
  name: 'cisco-ios',
  title: 'Cisco industrial Ethernet switch: VLANs, access ports, port security',
  platforms: [],
  filters: false,
  modes: ['monitor', 'enforce'],
  means: {
    monitor: 'ports are put into their VLANs as in enforce mode, and nothing is logged; port security is written and not armed, no port is shut',
    enforce: 'ports are put into their VLANs, port security and bpduguard are armed; what passes between zones is for the firewall to decide',
  },
  capabilities: NO_CAPABILITIES,
  build,
};
