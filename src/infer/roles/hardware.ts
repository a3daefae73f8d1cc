/** Evidence from what the device is: vendor of its network card, LLDP, its names. Hints with few points. */
import { type Ledger, record, recordAgainst } from './evidence.ts';
import { countServed, isNetworkEquipment, type Profile } from '../profiles.ts';
import type { Role } from '../proposal.ts';

/** Tokens that plant naming schemes use worldwide; a name is worth as much as one behavioural hint. */
const NAME_TOKENS: readonly (readonly [RegExp, Role])[] = [
  [/(^|[^a-z])(sis|esd|bms|fgs|tricon|himax|f-?plc)\d*($|[^a-z])/, 'safety-controller'],
  [/(^|[^a-z])(plc|rtu|ied|pac|cpu|dcs|ctrl)\d*($|[^a-z])/, 'plc'],
  [/(^|[^a-z])(rio|io|et200\w*|remoteio|slice)\d*($|[^a-z])/, 'io'],
  [/(^|[^a-z])(hmi|scada|wincc|ows|ots|operator|panel|pnl)\d*($|[^a-z])/, 'hmi'],
  [/(^|[^a-z])(ews|eng|engws|es)\d*($|[^a-z])/, 'engineering-workstation'],
  [/(^|[^a-z])(hist|historian|pi|phd|pisrv)\d*($|[^a-z])/, 'historian'],
  [/(^|[^a-z])(opc|opcua|kep|kepware)\d*($|[^a-z])/, 'opcua-server'],
  [/(^|[^a-z])(mes|app|batch|lims|alarm|report)\d*($|[^a-z])/, 'mes'],
  [/(^|[^a-z])(jmp|jump|jumphost|bastion)\d*($|[^a-z])/, 'jump-server'],
  [/(^|[^a-z])(wsus|patch|av|epo|sccm)\d*($|[^a-z])/, 'patch-server'],
  [/(^|[^a-z])(dc|dns|ntp|syslog|backup|bkp|nms|corpdc|adc|radius)\d*($|[^a-z])/, 'infrastructure'],
  [/(^|[^a-z])(sw|fw|rtr|switch|router|firewall|ap|wlc)[-_]?\d*($|[^a-z])/, 'network-device'],
  [/laptop|notebook/, 'transient'],
  [/^(desktop|lt|pc|win10|win11)-/, 'enterprise'],
];

const OFFICE: readonly Role[] = ['enterprise', 'mes', 'infrastructure', 'opcua-server', 'historian'];
const EMBEDDED: readonly Role[] = ['plc', 'io', 'safety-controller', 'network-device'];

/** Asked on a TCP port that no service has, and not managed as switches are (those that announce themselves are known as bridges). */
const isDeviceServer = (profile: Profile): boolean =>
  !profile.serves.has('ssh') && !profile.serves.has('snmp') && profile.in.some(({ service, conversation, answered }) => service === '' && conversation.transport === 'tcp' && answered);

function vendorEvidence(profile: Profile, ledger: Ledger): void {
  const vendor = profile.asset.vendor ?? '';
  const talksControl = profile.controlIn.length + profile.controlOut.length > 0;
  const answersField = profile.controlIn.some((link) => link.service !== 'opcua');
  switch (profile.vendorClass) {
    case 'controller':
      record(ledger, 'plc', 1.2, 'vendor', `has a network card of ${vendor}, which mostly builds controllers`);
      record(ledger, 'io', 1, 'vendor', `has a network card of ${vendor}, which builds remote I/O`);
      record(ledger, 'hmi', 0.3, 'vendor', `has a network card of ${vendor}, which builds operator panels`);
      recordAgainst(ledger, OFFICE, -2, 'vendor', `has a network card of ${vendor}, an automation vendor`);
      break;
    case 'rtu':
      record(ledger, 'plc', 2, 'vendor', `has a network card of ${vendor}, which builds remote stations and their gateways`);
      break;
    case 'field-gateway':
      record(ledger, 'io', 1, 'vendor', `has a network card of ${vendor}, which builds I/O gateways`);
      if (isDeviceServer(profile)) record(ledger, 'io', 1, 'device-server', 'answers on a port of its own, as a device server hands on what is behind its serial port');
      else record(ledger, 'network-device', 1.2, 'vendor', `has a network card of ${vendor}, which builds network equipment`);
      record(ledger, 'infrastructure', 0.6, 'vendor', `has a network card of ${vendor}, which builds time servers`);
      break;
    case 'network':
      if (!isNetworkEquipment(profile)) break;
      record(ledger, 'network-device', 2.2, 'vendor', `has a network card of ${vendor}, which builds network equipment`);
      record(ledger, 'infrastructure', 0.5, 'vendor', `has a network card of ${vendor}, which builds appliances`);
      break;
    case 'safety':
      record(ledger, 'safety-controller', 3, 'vendor', `has a network card of ${vendor}, which builds safety controllers`);
      break;
    case 'pc':
      // What answers a field protocol and logs on nowhere is hardly an office computer, whatever its card says.
      recordAgainst(ledger, EMBEDDED, answersField && !profile.directoryClient ? -0.8 : -2.5, 'vendor', `has a network card of ${vendor}, which builds computers`);
      break;
    case 'virtual':
      recordAgainst(ledger, EMBEDDED, -1, 'vendor', `is a virtual machine (${vendor})`);
      break;
    case 'panel':
      record(ledger, 'hmi', 2, 'vendor', `has a network card of ${vendor}, which builds operator panels`);
      break;
    case 'industrial-pc':
      record(ledger, 'hmi', 0.8, 'vendor', `has a network card of ${vendor}, which builds industrial computers`);
      record(ledger, 'opcua-server', 0.4, 'vendor', `has a network card of ${vendor}, which builds industrial computers`);
      break;
    case 'mobile':
    case 'camera':
    case 'printer':
    case 'phone':
      // A card can lie about what carries it: a "camera" that answers Modbus is no camera.
      record(ledger, 'other', talksControl || profile.directoryClient ? 0 : profile.vendorClass === 'mobile' ? 4 : 1.6, 'vendor', `has a network card of ${vendor}, which builds ${profile.vendorClass} devices`);
      break;
    case null:
      break;
  }
}

/** Switches, drives and panels are I/O devices of PROFINET too: a hint. A controller that is another one's device is a controller. */
function fieldRoleEvidence({ asset: { fieldRoles } }: Profile, ledger: Ledger): void {
  if (fieldRoles.includes('io-controller')) record(ledger, 'plc', 3, 'field-role', 'says that it is an IO controller (PROFINET DCP)');
  else if (fieldRoles.some((role) => role === 'io-device' || role === 'io-multidevice')) record(ledger, 'io', 1.2, 'field-role', 'says that it is an IO device (PROFINET DCP)');
  if (fieldRoles.includes('pn-supervisor')) record(ledger, 'engineering-workstation', 1, 'field-role', 'says that it is an IO supervisor (PROFINET DCP)');
  if (fieldRoles.includes('cip-controller')) record(ledger, 'plc', 3, 'field-role', 'says that it is a programmable controller (CIP identity)');
  else if (fieldRoles.includes('cip-device')) record(ledger, 'io', 1.2, 'field-role', 'says that it is a drive, sensor or I/O (CIP identity)');
  if (fieldRoles.includes('cip-hmi')) record(ledger, 'hmi', 2, 'field-role', 'says that it is an operator panel (CIP identity)');
  if (fieldRoles.includes('cip-switch') || fieldRoles.includes('network-equipment')) record(ledger, 'network-device', 3, 'field-role', 'describes itself as network equipment');
  if (fieldRoles.includes('ethercat-master')) record(ledger, 'plc', 3, 'field-role', 'drives devices over EtherCAT');
  if (fieldRoles.includes('goose-publisher')) record(ledger, 'plc', 3, 'field-role', 'publishes GOOSE events, as protection relays and bay controllers do');
  else if (fieldRoles.includes('sv-publisher')) record(ledger, 'io', 3, 'field-role', 'publishes sampled values, as merging units do');
  if (fieldRoles.includes('ptp-boundary-clock')) record(ledger, 'network-device', 1, 'field-role', 'hands on the time of another clock (PTP), as switches do');
  else if (fieldRoles.includes('ptp-grandmaster')) record(ledger, 'infrastructure', 2, 'field-role', 'gives the time by a reference of its own (PTP)');
}

export function weighHardware(profile: Profile, ledger: Ledger): void {
  vendorEvidence(profile, ledger);
  fieldRoleEvidence(profile, ledger);
  if (profile.directoryClient) recordAgainst(ledger, EMBEDDED, -4, 'directory-client', 'logs on to a directory or updates itself, as computers do');
  if (profile.asset.router) record(ledger, 'network-device', 5, 'router', 'is the link address through which others are seen');
  if (profile.asset.bridge) record(ledger, 'network-device', 5, 'lldp', 'announces itself as bridge or router (LLDP)');
  if (countServed(profile, 'snmp') > 0 && countServed(profile, 'ssh') > 0 && profile.controlIn.length === 0) record(ledger, 'network-device', 1, 'managed', 'is managed over SNMP and SSH');
  for (const name of profile.asset.names) {
    const token = tokenOf(name);
    if (token === undefined) continue;
    record(ledger, token[1], 2, 'name', `is called ${name}`);
    break;
  }
}

const lowered = (name: string): string => name.toLowerCase().replaceAll('_', '-');
const tokenOf = (name: string): (typeof NAME_TOKENS)[number] | undefined => NAME_TOKENS.find(([pattern]) => pattern.test(lowered(name)));

/** The word by which a name says a role, and whether it must stand first; null when it says none. */
export function roleWordOf(name: string): { readonly word: string; readonly isFirst: boolean } | null {
  const pattern = tokenOf(name)?.[0];
  if (pattern === undefined) return null;
  const [all, first, word] = pattern.exec(lowered(name)) as RegExpExecArray;
  return word !== undefined && pattern.source.startsWith('(^|') ? { word, isFirst: false } : { word: first ?? all, isFirst: first !== undefined };
}
