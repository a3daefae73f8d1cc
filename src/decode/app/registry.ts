/**
 * Every application protocol the decoder reads, in the order it asks them. One table; a duplicate name is a fault at
 * start-up. Adding a protocol is one file and one line here (docs/add-a-protocol.md).
 */
import type { Access } from '../../observation.ts';
import { modbus } from './modbus.ts';
import { MODBUS_RTU } from './modbus-rtu.ts';
import { OPCUA } from './opcua.ts';
import type { StreamProtocol } from './protocol.ts';
import { ADS } from './ads.ts';
import { ADS_DISCOVERY } from './ads-discovery.ts';
import { BACNET } from './bacnet.ts';
import { DCERPC, PROFINET_CM } from './dcerpc.ts';
import { DHCP } from './dhcp.ts';
import { DLMS } from './dlms-cosem.ts';
import { DNP3 } from './dnp3.ts';
import { DNS, LLMNR, MDNS, NBDGM, NBNS } from './dns.ts';
import { ENIP } from './enip-cip.ts';
import { GE_SRTP } from './ge-srtp.ts';
import { HART_IP } from './hart-ip.ts';
import { HSMS } from './hsms.ts';
import { HTTP } from './http.ts';
import { IEC104 } from './iec104.ts';
import { MMS } from './iec61850-mms.ts';
import { GOOSE, SAMPLED_VALUES } from './iec61850-multicast.ts';
import { ROUTED_GOOSE, ROUTED_SV } from './iec61850-routed.ts';
import { KNXNET_TCP, KNXNET_UDP } from './knxnet.ts';
import { MELSEC } from './melsec.ts';
import { MQTT } from './mqtt.ts';
import { FINS_TCP, FINS_UDP } from './omron-fins.ts';
import { PROFINET_RT } from './profinet-rt.ts';
import { PTP_LINK, PTP_UDP } from './ptp.ts';
import { ROC_PLUS } from './roc-plus.ts';
import { S7COMM_PLUS } from './s7comm-plus.ts';
import { S7COMM } from './s7comm.ts';
import { TCP_SIGNATURES, UDP_SIGNATURES } from './signature.ts';
import { SNMP } from './snmp.ts';
import { SYNCHROPHASOR_TCP, SYNCHROPHASOR_UDP } from './synchrophasor.ts';
import { TFTP } from './tftp.ts';
import { TLS } from './tls.ts';
import { TRISTATION } from './tristation.ts';

/** Read from TCP streams. The hottest first. */
export const STREAM_PROTOCOLS: readonly StreamProtocol[] = [
  modbus, OPCUA, S7COMM, S7COMM_PLUS, MMS, ENIP, DNP3, IEC104, ADS, FINS_TCP, HART_IP, MELSEC, GE_SRTP, KNXNET_TCP, ROC_PLUS, SYNCHROPHASOR_TCP, HSMS, DLMS, DCERPC, TLS, HTTP, MQTT, MODBUS_RTU, ...TCP_SIGNATURES,
];

/** Read from single UDP datagrams. */
export const DATAGRAM_PROTOCOLS: readonly StreamProtocol[] = [
  modbus, ENIP, DNP3, BACNET, FINS_UDP, HART_IP, MELSEC, KNXNET_UDP, TRISTATION, ROC_PLUS, SYNCHROPHASOR_UDP, ROUTED_GOOSE, ROUTED_SV, ADS_DISCOVERY, PROFINET_CM, DNS, MDNS, LLMNR, NBNS, NBDGM, DHCP, SNMP, TFTP, DLMS, PTP_UDP, MODBUS_RTU, ...UDP_SIGNATURES,
];

/** Read from frames without an IP header, by EtherType. Their names are those of net/services.ts. */
const LINK_PROTOCOLS: ReadonlyMap<number, StreamProtocol> = new Map([
  [0x8892, PROFINET_RT],
  [0x88b8, GOOSE],
  [0x88ba, SAMPLED_VALUES],
  [0x88f7, PTP_LINK],
]);

export const linkProtocol = (etherType: number): StreamProtocol | undefined => LINK_PROTOCOLS.get(etherType);

function indexByName(protocols: readonly StreamProtocol[]): ReadonlyMap<string, StreamProtocol> {
  const index = new Map<string, StreamProtocol>();
  for (const protocol of protocols) {
    if (index.has(protocol.name)) throw new Error(`two protocols are called ${protocol.name}`);
    index.set(protocol.name, protocol);
  }
  return index;
}

const streams = indexByName(STREAM_PROTOCOLS);
const datagrams = indexByName(DATAGRAM_PROTOCOLS);
const byName = new Map([...datagrams, ...streams, ...indexByName([...LINK_PROTOCOLS.values()])]);

export const streamProtocol = (name: string): StreamProtocol | undefined => streams.get(name);

/** Names in a stable order, so that they can be interned first and always get the same number. */
export const PROTOCOL_NAMES: readonly string[] = [...byName.keys()];

/** The standard's name and access class of an operation; an unknown protocol's operations keep their number. */
export function describeOperation(protocol: string, code: number): { readonly name: string; readonly access: Access } {
  if (code < 0) return { name: '(more operations)', access: 'program' };
  return byName.get(protocol)?.describe(code) ?? { name: `Operation ${code}`, access: 'control' };
}
