/**
 * Names of services by port, and of Ethernet protocols by EtherType. A port is a hint, never proof: what is named here
 * is "by port". Our own short names stand before the IANA registry's (data/services.json, made by scripts/make-services.mjs),
 * because the registry knows many plant protocols by other names or not at all. The file is read on first use.
 */
import { readFileSync } from 'node:fs';

type PortTransport = 'tcp' | 'udp';

/**
 * [name, TCP ports, UDP ports]. Sources: IANA where it registers the port; else the vendor's manual or, for ports that no
 * registry lists, what Wireshark's dissector registers: GE SRTP 18245/18246, ADS 48898, FINS 9600, MELSEC (SLMP) 5006/5007,
 * PC Worx 1962, CODESYS 1217/2455/11740, Red Lion 789, TriStation 1502, PI 5450, Fox 1911/4911, ROC Plus 4000,
 * Omni/DeltaV 18507-18519, OPC classic rides on DCE/RPC (135). WSUS 8530/8531: Microsoft's deployment guide.
 */
const SERVICES: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  // Plant floor
  ['modbus', [502], [502]],
  ['modbus-tls', [802], []],
  ['s7comm', [102], []],
  ['opcua', [4840], [4840]],
  ['opcua-tls', [4843], []],
  ['enip', [44818], [44818]],
  ['enip-io', [2222], [2222]],
  ['enip-tls', [2221], [2221]],
  ['dnp3', [19999, 20000], [20000]],
  ['iec104', [2404], []],
  ['iec104-tls', [19998], []],
  ['bacnet', [], [47808, 47809, 47810]],
  ['bacnet-sc', [47808], []],
  ['profinet-rt', [34962], [34962]],
  ['profinet-rtm', [34963], [34963]],
  ['profinet-cm', [34964], [34964]],
  ['ethercat', [34980], [34980]],
  ['tristation', [], [1502]],
  ['ge-srtp', [18245, 18246], []],
  ['ge-egd', [], [18246]],
  ['melsec', [5006, 5007], [5006]],
  ['melsoft', [5562], [5560, 5562]],
  ['fins', [9600], [9600]],
  ['pcworx', [1962], []],
  ['codesys', [1217, 2455, 11740], [1740, 1741, 1742, 1743]],
  ['redlion', [789], []],
  ['hart-ip', [5094], [5094]],
  ['ads', [48898], [48898, 48899]],
  ['roc-plus', [4000], [4000]],
  ['deltav', [18507, 18508, 18509], [18507, 18508, 18509]],
  ['proconos', [20547], [20547]],
  ['fox', [1911], []],
  ['fox-tls', [4911], []],
  ['ff-hse', [1089, 1090, 1091, 3622], [1089, 1090, 1091, 3622]],
  ['synchrophasor', [4712], [4713]],
  ['c1222', [1153], [1153]],
  ['bsap', [], [1234, 1235]],
  ['cspv4', [2223], []],
  ['knxnet', [], [3671]],
  ['lonworks', [1628, 1629], [1628, 1629]],
  ['vnet-ip', [], [5313]],
  ['pi', [5450], []],
  ['wonderware', [5413], []],
  ['iccp-tls', [3782], []],
  // Beside the plant floor
  ['http', [80, 8080, 8000], []],
  ['https', [443, 8443], []],
  ['quic', [], [443]],
  ['ssh', [22], []],
  ['telnet', [23], []],
  ['ftp', [21], []],
  ['ftp-data', [20], []],
  ['tftp', [], [69]],
  ['smtp', [25, 587], []],
  ['smtps', [465], []],
  ['rdp', [3389], [3389]],
  ['vnc', [5900, 5901], []],
  ['vnc-http', [5800], []],
  ['teamviewer', [5938], [5938]],
  ['smb', [445], []],
  ['nbss', [139], []],
  ['nbns', [], [137]],
  ['nbdgm', [], [138]],
  ['rpc', [135], []],
  ['winrm', [5985, 5986], []],
  ['wsus', [8530, 8531], []],
  ['mssql', [1433], []],
  ['mssql-browser', [], [1434]],
  ['mysql', [3306], []],
  ['postgresql', [5432], []],
  ['oracle', [1521], []],
  ['ldap', [389, 3268], [389]],
  ['ldaps', [636, 3269], []],
  ['kerberos', [88, 464], [88, 464]],
  ['dns', [53], [53]],
  ['mdns', [], [5353]],
  ['llmnr', [], [5355]],
  ['ssdp', [], [1900]],
  ['ws-discovery', [3702], [3702]],
  ['dhcp', [], [67]],
  ['dhcpv6', [], [547]],
  ['ntp', [], [123]],
  ['ptp', [], [319, 320]],
  ['snmp', [161], [161]],
  ['snmp-trap', [], [162]],
  ['syslog', [601], [514]],
  ['syslog-tls', [6514], []],
  ['netflow', [], [2055, 9995]],
  ['ipfix', [4739], [4739]],
  ['sflow', [], [6343]],
  ['radius', [], [1812, 1813]],
  ['tacacs', [49], []],
  ['isakmp', [], [500, 4500]],
  ['openvpn', [1194], [1194]],
  ['wireguard', [], [51820]],
  ['mqtt', [1883], []],
  ['mqtts', [8883], []],
  ['amqp', [5672], []],
  ['amqps', [5671], []],
  ['nfs', [2049], [2049]],
  ['rpcbind', [111], [111]],
  ['sip', [5060], [5060]],
  ['rtsp', [554], []],
];

const FIRST_USER_PORT = 1024;

/** How much a port says about who serves: 0 nothing, 1 registered, 2 registered system port, 3 in our own table. */
const RANK = { none: 0, registered: 1, system: 2, known: 3 } as const;

const namesBy = (ports: (service: (typeof SERVICES)[number]) => readonly number[]): ReadonlyMap<number, string> =>
  new Map(SERVICES.flatMap((service) => ports(service).map((port) => [port, service[0]] as const)));
const OWN: Readonly<Record<PortTransport, ReadonlyMap<number, string>>> = { tcp: namesBy(([, tcp]) => tcp), udp: namesBy(([, , udp]) => udp) };

type Registry = Readonly<Record<PortTransport, Readonly<Record<number, string>>>>;
let registered: Registry | null = null;
/** JSON, because a small capture would take longer to split lines and fill tables than to be decoded. */
const registry = (): Registry => (registered ??= JSON.parse(readFileSync(new URL('./data/services.json', import.meta.url), 'utf8')) as Registry);

/** `modbus` for TCP 502, the registry's name in lower case for what we have no word of our own for; null for unknown ports. */
export function serviceByPort(transport: PortTransport, port: number): string | null {
  return OWN[transport].get(port) ?? registry()[transport][port] ?? null;
}

let names: ReadonlySet<string> | null = null;

/** Whether a text is the name of a service or an Ethernet protocol, with or without what joins its words. */
export function isServiceName(text: string): boolean {
  names ??= new Set([...SERVICES.map(([name]) => name), ...Object.values(registry().tcp), ...Object.values(registry().udp), ...ETHER_TYPES.values()].flatMap((name) => [name, name.replaceAll(/[^a-z0-9]/g, '')]));
  return names.has(text);
}

/** Rank of a port as a server's: compare both ends of a conversation, the higher one serves. 0 to 3. */
export function serverPortRank(transport: PortTransport, port: number): number {
  if (OWN[transport].has(port)) return RANK.known;
  if (registry()[transport][port] === undefined) return RANK.none;
  return port < FIRST_USER_PORT ? RANK.system : RANK.registered;
}

/**
 * Ports among the ephemeral ones on which products of automation listen unless somebody changes it, all of them OPC UA servers: they tell
 * nothing of a service, but who listens where nothing else does. UA demo servers, KEPServerEX, Prosys, SIMATIC NET, Ignition and the reference server.
 */
const LISTENED_ON: ReadonlySet<number> = new Set([48_010, 48_020, 49_320, 53_530, 55_101, 62_541]);

/** Which of two TCP ports without a name is the server's: one that a product listens on, else the lower one. @returns whether it is the first */
export const listensRather = (one: number, other: number): boolean => (LISTENED_ON.has(one) === LISTENED_ON.has(other) ? one < other : LISTENED_ON.has(one));

/** A port that a server is expected on: a registered system port or one of our own table. */
export const isWellKnownServerPort = (transport: PortTransport, port: number): boolean => serverPortRank(transport, port) >= RANK.system;

/** EtherTypes (IEEE registry; IEC 61784, IEC 61850-8-1, IEC 62439-2 for those of the plant floor). */
const ETHER_TYPES = new Map<number, string>([
  [0x0800, 'ipv4'],
  [0x0806, 'arp'],
  [0x0842, 'wake-on-lan'],
  [0x8035, 'rarp'],
  [0x8100, 'vlan'],
  [0x86dd, 'ipv6'],
  [0x8808, 'flow-control'],
  [0x8809, 'slow-protocols'],
  [0x8847, 'mpls'],
  [0x8848, 'mpls'],
  [0x8863, 'pppoe-discovery'],
  [0x8864, 'pppoe'],
  [0x888e, 'eapol'],
  [0x8892, 'profinet-rt'],
  [0x889a, 'hyperscsi'],
  [0x88a2, 'ata-over-ethernet'],
  [0x88a4, 'ethercat'],
  [0x88a8, 'qinq'],
  [0x88ab, 'powerlink'],
  [0x88b8, 'goose'],
  [0x88b9, 'gse'],
  [0x88ba, 'sv'],
  [0x88bf, 'mikrotik-romon'],
  [0x88cc, 'lldp'],
  [0x88cd, 'sercos'],
  [0x88dc, 'wsmp'],
  [0x88e1, 'homeplug'],
  [0x88e3, 'mrp'],
  [0x88e5, 'macsec'],
  [0x88f7, 'ptp'],
  [0x88fb, 'prp'],
  [0x8902, 'cfm'],
  [0x8906, 'fcoe'],
  [0x890d, 'ieee80211'],
  [0x8915, 'roce'],
  [0x891d, 'tte'],
  [0x892f, 'hsr'],
  [0x9000, 'loopback'],
]);

/** `profinet-rt` for 0x8892; null for an EtherType without a name here. */
export const etherTypeName = (etherType: number): string | null => ETHER_TYPES.get(etherType) ?? null;

/** Names it, as the decoder does or a spec. Frames of a serial line in TCP or UDP: the same operations as Modbus/TCP, without the header that a firewall knows it by. */
export const isSerialModbus = (protocol: string): boolean => /\bmodbus[ -]?rtu\b/i.test(protocol);
