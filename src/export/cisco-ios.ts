/**
 * Cisco industrial Ethernet switch (IOS): a VLAN per zone, access ports from the port map of the spec, port security,
 * trunks with lists, a parking VLAN as native. In: a device plan. Out: per switch `<switch>.cfg`, and apart from it
 * `<switch>-unused-ports.cfg` with the ports between the known ones. A switch enforces no Permit between zones; every
 * row of the loss report says so. Never `violation shutdown` on a controller: an err-disabled port is a loss of control.
 */
import type { DeviceExport, DevicePlan, Exporter, ExportFile, PlanAsset, PlanZone } from './exporter.ts';
import { NO_CAPABILITIES } from './exporter.ts';
import { notEnforceable } from './loss.ts';
import { provenanceLines } from './permit-text.ts';
import { nameScope, safeComment, type NameScope } from './vendor-name.ts';

const PHYSICAL = /^(FastEthernet|GigabitEthernet|TenGigabitEthernet|TwoGigabitEthernet|AppGigabitEthernet)(\d+\/)*\d+$/;
const PARKING_VLAN = 999;
const VLAN_NAME_LENGTH = 32;
const DESCRIPTION_LENGTH = 200;
const MAX_MACS = 4097;
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
}

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
    if (zone === undefined || vlan === undefined || zone.airGapped || !PHYSICAL.test(port.interface)) continue;
    vlansByPort.set(port.interface, [...(vlansByPort.get(port.interface) ?? []), { zone, vlan }]);
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

const switchPlan = (plan: DevicePlan, id: string): SwitchPlan => {
  const remarks: string[] = [];
  const ports = new Map<string, PortUse>();
  const { trunks, single } = trunksOf(plan, id);
  for (const use of single) ports.set(use.interface, { ...use, assets: [] });
  for (const zone of plan.zones)
    for (const asset of zone.assets) {
      if (asset.port === null || asset.port.switch !== id) continue;
      const name = asset.port.interface;
      const vlan = vlanOf(zone, asset);
      const known = ports.get(name);
      if (zone.airGapped) remarks.push(`${asset.id}: its zone ${zone.id} is air-gapped, so it has no place on a shared switch. No port was written`);
      else if (!PHYSICAL.test(name)) remarks.push(`${asset.id}: ${name} is not the name of a switch port. No port was written`);
      else if (vlan === null) remarks.push(`${asset.id}: zone ${zone.id} has no single VLAN and the asset names none. No port was written`);
      else if (trunks.some((trunk) => trunk.interface === name)) remarks.push(`${asset.id}: ${name} is a trunk. No access port was written`);
      else if (known !== undefined && known.vlan !== vlan) remarks.push(`${asset.id}: ${name} already carries VLAN ${known.vlan}. It was left there`);
      else ports.set(name, { interface: name, zone, assets: [...(known?.assets ?? []), asset], vlan });
    }
  const vlans = new Map<number, PlanZone | null>();
  for (const port of ports.values()) vlans.set(port.vlan, port.zone);
  for (const trunk of trunks) for (const vlan of trunk.vlans) if (!vlans.has(vlan)) vlans.set(vlan, plan.zones.find((zone) => zone.vlans.includes(vlan)) ?? null);
  for (const port of plan.devices.find((device) => device.id === id)?.interfaces ?? []) {
    const zone = plan.zones.find((candidate) => candidate.id === port.zone);
    if (port.vlan !== null && zone !== undefined && !zone.airGapped && !vlans.has(port.vlan)) vlans.set(port.vlan, zone);
  }
  vlans.set(PARKING_VLAN, null);
  return {
    id,
    ports: [...ports.values()].sort((a, b) => byInterface(a.interface, b.interface)),
    trunks,
    vlans: [...vlans].map(([vlan, zone]) => ({ id: vlan, zone })).sort((a, b) => a.id - b.id),
    remarks,
  };
};

const securityLines = (port: PortUse, enforce: boolean): string[] => {
  const [stated] = port.assets.flatMap((asset) => asset.port ?? []);
  const macs = [...new Set(port.assets.flatMap((asset) => asset.macs))].sort();
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
    ? [' spanning-tree portfast', ' spanning-tree bpduguard enable', ' no cdp enable', ' no lldp transmit', ' no lldp receive']
    : []),
  '!',
];

const trunkLines = (trunk: Trunk): string[] => [
  `interface ${trunk.interface}`,
  ' description Trunk',
  ' switchport mode trunk',
  ` switchport trunk native vlan ${PARKING_VLAN}`,
  ` switchport trunk allowed vlan ${trunk.vlans.join(',')}`,
  ' switchport nonegotiate',
  '!',
];

const vlanLines = (vlan: SwitchPlan['vlans'][number], names: NameScope): string[] => [
  `vlan ${vlan.id}`,
  ` name ${names.nameOf(`${vlan.id}`, vlan.zone === null ? (vlan.id === PARKING_VLAN ? 'PARKING' : `VLAN-${vlan.id}`) : vlan.zone.id)}`,
];

/** Ports between the first and last known one of each line card that the spec does not name. */
const unusedPorts = (plan: SwitchPlan): string[] => {
  const used = new Map<string, Set<number>>();
  for (const name of [...plan.ports, ...plan.trunks].map((port) => port.interface)) {
    const [, card = '', number = ''] = /^(.*?)(\d+)$/.exec(name) ?? [];
    used.set(card, new Set([...(used.get(card) ?? []), Number(number)]));
  }
  return [...used].flatMap(([card, numbers]) =>
    Array.from({ length: Math.max(...numbers) }, (_, index) => index + 1).filter((number) => !numbers.has(number)).map((number) => `${card}${number}`),
  );
};

const switchFiles = (plan: DevicePlan, one: SwitchPlan, fileName: string): ExportFile[] => {
  const names = nameScope({ maxLength: VLAN_NAME_LENGTH, punctuation: '_-' });
  const enforce = plan.mode === 'enforce';
  const head = [...provenanceLines(plan.provenance, '! '), `! switch ${safeComment(one.id, 60)}, mode: ${plan.mode}`];
  const lines = [
    ...head,
    ...one.remarks.map((remark) => `! ${safeComment(remark, 200)}`),
    ...one.vlans.flatMap((vlan) => vlanLines(vlan, names)),
    '!',
    ...one.ports.flatMap((port) => portLines(port, enforce)),
    ...one.trunks.flatMap(trunkLines),
    'errdisable recovery cause psecure-violation',
    'errdisable recovery interval 300',
  ];
  const unused = unusedPorts(one);
  return [
    { path: `${fileName}.cfg`, content: `${lines.join('\n')}\n` },
    ...(unused.length === 0
      ? []
      : [
          {
            path: `${fileName}-unused-ports.cfg`,
            content: `${[...head, '! Ports between those of the spec. Look at each before you shut it: the spec may not know every device.', ...unused.flatMap((name) => [`interface ${name}`, ' description UNUSED', ' switchport mode access', ` switchport access vlan ${PARKING_VLAN}`, ' shutdown', '!'])].join('\n')}\n`,
          },
        ]),
  ];
};

const switchIds = (plan: DevicePlan): string[] => {
  const ids = new Set(plan.devices.filter((device) => device.platform === 'cisco-ios-switch').map((device) => device.id));
  for (const zone of plan.zones) for (const asset of zone.assets) if (asset.port !== null) ids.add(asset.port.switch);
  return [...ids].sort();
};

const build = (plan: DevicePlan): DeviceExport => {
  const switches = switchIds(plan).map((id) => switchPlan(plan, id));
  const names = nameScope({ maxLength: 60, punctuation: '_-' });
  const homeless = plan.zones.flatMap((zone) => zone.assets.filter((asset) => asset.port === null && !zone.airGapped).map((asset) => asset.id));
  return {
    files: switches.flatMap((one) => switchFiles(plan, one, names.nameOf(one.id, one.id))),
    losses: plan.permits.map((entry) =>
      notEnforceable(entry.permit, plan.device.id, 'a switch keeps zones apart by VLAN; what passes between zones is decided by the firewall of the conduit'),
    ),
    rollback: [
      '! Restore the saved configuration: `configure replace flash:before-baseline.cfg`.',
      ...switches.flatMap((one) => one.ports.flatMap((port) => [`interface ${port.interface}`, ' no switchport port-security', ' no switchport port-security mac-address sticky'])),
    ],
    apply: [
      '`copy running-config flash:before-baseline.cfg` on every switch.',
      'Moving a port to another VLAN interrupts its device: one port at a time, in a window, with the process owner present.',
      'Apply `<switch>.cfg`, check with `show port-security` and `show vlan brief`, then `write memory` (sticky addresses are lost otherwise).',
      'Last, and only after looking at each port: `<switch>-unused-ports.cfg`.',
    ],
    notes: [
      homeless.length === 0
        ? 'Every asset has a switch port in the spec.'
        : `A capture does not show which port a device hangs on. Without a port in the spec: ${safeComment(homeless.join(', '), 600)}.`,
      'In monitor mode port security is written but not armed.',
    ],
  };
};

export const ciscoIos: Exporter = {
  name: 'cisco-ios',
  title: 'Cisco industrial Ethernet switch: VLANs, access ports, port security',
  platforms: [],
  filters: false,
  modes: ['monitor', 'enforce'],
  capabilities: NO_CAPABILITIES,
  build,
};
