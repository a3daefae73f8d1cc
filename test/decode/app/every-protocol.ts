/** Test-only: every protocol of this folder, by transport. Modbus has tests of its own. */
import { ADS } from '../../../src/decode/app/ads.ts';
import { BACNET } from '../../../src/decode/app/bacnet.ts';
import { DCERPC, PROFINET_CM } from '../../../src/decode/app/dcerpc.ts';
import { DHCP } from '../../../src/decode/app/dhcp.ts';
import { DNP3 } from '../../../src/decode/app/dnp3.ts';
import { DNS, LLMNR, MDNS, NBDGM, NBNS } from '../../../src/decode/app/dns.ts';
import { ENIP } from '../../../src/decode/app/enip-cip.ts';
import { GE_SRTP } from '../../../src/decode/app/ge-srtp.ts';
import { HART_IP } from '../../../src/decode/app/hart-ip.ts';
import { HTTP } from '../../../src/decode/app/http.ts';
import { IEC104 } from '../../../src/decode/app/iec104.ts';
import { MMS } from '../../../src/decode/app/iec61850-mms.ts';
import { KNXNET_TCP, KNXNET_UDP } from '../../../src/decode/app/knxnet.ts';
import { MELSEC } from '../../../src/decode/app/melsec.ts';
import { MQTT } from '../../../src/decode/app/mqtt.ts';
import { FINS_TCP, FINS_UDP } from '../../../src/decode/app/omron-fins.ts';
import { OPCUA } from '../../../src/decode/app/opcua.ts';
import { ROC_PLUS } from '../../../src/decode/app/roc-plus.ts';
import { S7COMM_PLUS } from '../../../src/decode/app/s7comm-plus.ts';
import { S7COMM } from '../../../src/decode/app/s7comm.ts';
import { TCP_SIGNATURES, UDP_SIGNATURES } from '../../../src/decode/app/signature.ts';
import { SNMP } from '../../../src/decode/app/snmp.ts';
import { TLS } from '../../../src/decode/app/tls.ts';
import { TRISTATION } from '../../../src/decode/app/tristation.ts';
import type { StreamProtocol } from '../../../src/decode/app/protocol.ts';

export const TCP: readonly StreamProtocol[] = [OPCUA, S7COMM, S7COMM_PLUS, MMS, ENIP, DNP3, IEC104, ADS, FINS_TCP, HART_IP, MELSEC, GE_SRTP, KNXNET_TCP, ROC_PLUS, DCERPC, TLS, HTTP, MQTT, ...TCP_SIGNATURES];
export const UDP: readonly StreamProtocol[] = [ENIP, DNP3, BACNET, FINS_UDP, HART_IP, MELSEC, KNXNET_UDP, TRISTATION, ROC_PLUS, PROFINET_CM, DNS, MDNS, LLMNR, NBNS, NBDGM, DHCP, SNMP, ...UDP_SIGNATURES];
