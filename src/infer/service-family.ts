/**
 * Which kind of service a conversation is, for inference: control, safety, directory, interactive, ...
 * Names come from the decoder (src/net/services.ts); where it named nothing, a few ports that are registered to, or
 * documented by, one OT product serve as a hint. A name never decides a role alone.
 */
import type { Conversation } from '../observation.ts';

/** Spellings that mean the same service. */
const ALIAS: Readonly<Record<string, string>> = {
  s7: 's7comm',
  's7comm-plus': 's7comm',
  'iso-tsap': 's7comm',
  'iec-104': 'iec104',
  iec60870: 'iec104',
  'ethernet-ip': 'enip',
  'enip-implicit': 'enip-io',
  'cip-io': 'enip-io',
  'opc-ua': 'opcua',
  'opc ua': 'opcua',
  'modbus-tcp': 'modbus',
  'modbus/tcp': 'modbus',
  iec61850: 'mms',
  'iso-mms': 'mms',
  tricon: 'tristation',
  domain: 'dns',
  krb5: 'kerberos',
  ldaps: 'ldap',
  tls: 'https',
  'microsoft-ds': 'smb',
  cifs: 'smb',
  'ms-sql-s': 'mssql',
  'ms-wbt-server': 'rdp',
  tds: 'mssql',
  'pi-server': 'pi',
  pinet: 'pi',
  'pi-data-archive': 'pi',
  jetdirect: 'print',
  'pdl-datastream': 'print',
  ipp: 'print',
  'http-alt': 'http',
  rfb: 'vnc',
  symantec: 'av',
  'symantec-av': 'av',
  sep: 'av',
  epo: 'av',
  suitelink: 'scada',
  wonderware: 'scada',
  'snmp-trap': 'snmptrap',
  'hp-pdl-datastr': 'print',
  'profinet-rt': 'pn-rt',
  'modbus-tls': 'modbus',
  'modbus-rtu': 'modbus',
  'opcua-tls': 'opcua',
  'enip-tls': 'enip',
  'iec104-tls': 'iec104',
  'fox-tls': 'fox',
  silworx: 'hima-eng',
  hima: 'hima-eng',
  'triconex-p2p': 'tricon-p2p',
  'icmp-echo': 'icmp',
  unknown: '',
  unk: '',
  none: '',
};

/** Ports documented by one vendor's product; asked only when the bytes said nothing. */
const PORT_HINT: Readonly<Record<string, string>> = {
  'udp/1502': 'tristation', // Triconex TriStation (CISA AA18-352A)
  'udp/1503': 'tricon-p2p',
  'udp/6010': 'safeethernet', // HIMA safeethernet
  'udp/8000': 'hima-eng', // HIMA SILworX programming
  'udp/2222': 'enip-io',
  'tcp/5413': 'scada', // AVEVA SuiteLink
  'tcp/5450': 'pi', // AVEVA PI
  'tcp/8014': 'av', // Symantec Endpoint Protection Manager
  'tcp/8530': 'wsus',
  'tcp/8531': 'wsus',
  'tcp/9100': 'print',
  'tcp/554': 'rtsp',
};

export const SAFETY_SERVICES: ReadonlySet<string> = new Set(['tristation', 'hima-eng', 'safeethernet', 'tricon-p2p', 'cip-safety', 'profisafe']);

/** Safety protocols that only an engineering station opens. */
export const SAFETY_ENGINEERING: ReadonlySet<string> = new Set(['tristation', 'hima-eng']);

const CONTROL_SERVICES: ReadonlySet<string> = new Set([
  'modbus', 's7comm', 'enip', 'enip-io', 'opcua', 'iec104', 'dnp3', 'mms', 'goose', 'r-goose', 'r-sv', 'bacnet', 'ads', 'fins', 'melsec', 'melsoft', 'slmp',
  'profinet', 'pn-rt', 'pn-dcp', 'ethercat', 'hart-ip', 'codesys', 'ge-srtp', 'synchrophasor', 'hsms', 'crimson', 'umas',
  ...SAFETY_SERVICES,
]);

/** Control protocols known by their port alone, which other programs use as well. */
export const CONTROL_BY_PORT: ReadonlySet<string> = new Set(['ge-egd', 'pcworx', 'proconos', 'deltav', 'vnet-ip', 'roc-plus', 'cspv4', 'bsap', 'ff-hse', 'fox', 'knxnet', 'dlms-cosem', 'cclink-ie-basic', 'fl-net']);

/** Of them those that are read where their octets prove them: then nothing needs to be told by the pace at which they are asked. */
const CONTROL_WHERE_PROVEN: ReadonlySet<string> = new Set(['roc-plus', 'knxnet', 'dlms-cosem']);

/** @param service its family, as serviceOf says */
export const isControl = ({ service: { by } }: Pick<Conversation, 'service'>, service: string): boolean =>
  CONTROL_SERVICES.has(service) || (by === 'probe' && CONTROL_WHERE_PROVEN.has(service));

/** Between a supervising station and its outstations (IEC 60870-5-104, IEEE 1815) or building controllers (ASHRAE 135, Fox, KNX): slow by design, whoever asks. */
export const SLOW_BY_DESIGN: ReadonlySet<string> = new Set(['iec104', 'dnp3', 'bacnet', 'fox', 'knxnet', 'bsap', 'dlms-cosem']);

export const INTERACTIVE_SERVICES: ReadonlySet<string> = new Set(['rdp', 'ssh', 'vnc', 'telnet', 'winrm', 'teamviewer', 'anydesk']);

export const DIRECTORY_SERVICES: ReadonlySet<string> = new Set(['dns', 'kerberos', 'ldap']);

export const DATABASE_SERVICES: ReadonlySet<string> = new Set(['mssql', 'oracle', 'postgresql', 'mysql']);

/** Publish and subscribe: a broker hands on what its clients publish. */
export const BROKERED: ReadonlySet<string> = new Set(['mqtt', 'mqtts', 'amqp']);

/** Office and service names that rules ask for. Any other name given by port alone is a registry entry, not knowledge. */
const KNOWN: ReadonlySet<string> = new Set([
  ...CONTROL_SERVICES, ...CONTROL_BY_PORT, ...INTERACTIVE_SERVICES, ...DIRECTORY_SERVICES,
  'http', 'https', 'smb', 'ftp', 'tftp', 'ntp', 'ptp', 'snmp', 'snmptrap', 'syslog', ...DATABASE_SERVICES, 'pi', 'scada', 'wsus', 'av', 'print', 'rtsp', 'sip', ...BROKERED,
  'nbns', 'nbdgm', 'nbss', 'mdns', 'llmnr', 'ssdp', 'dhcp', 'dhcpv6', 'icmp', 'arp', 'lldp', 'rpc', 'radius', 'tacacs', 'smtp', 'isakmp', 'openvpn', 'wireguard', 'quic', 'netflow', 'ipfix', 'sflow', 'nfs', 'ws-discovery',
]);

/** The service's family name, or '' when nothing trustworthy names it. */
export function serviceOf(conversation: Pick<Conversation, 'service' | 'transport' | 'port'>): string {
  const named = conversation.service.name.toLowerCase();
  const name = Object.hasOwn(ALIAS, named) ? ALIAS[named]! : named;
  // HTTP and TLS carry many products (updates, cameras, consoles): there the port says more than the bytes.
  if (conversation.service.by === 'probe' && name !== '' && name !== 'https' && name !== 'http') return name;
  const hint = PORT_HINT[`${conversation.transport}/${conversation.port}`];
  if (hint !== undefined) return hint;
  if (KNOWN.has(name) || conversation.service.by === 'probe') return name;
  return conversation.transport.startsWith('icmp') ? 'icmp' : '';
}
