/** Messages as they stand on the wire, one dialogue a row, and what is told of them. */
import { TO_CLIENT, TO_SERVER } from '../../../src/decode/app/protocol.ts';
import { ADS_READ } from './told-ads.ts';
import { DNP3_WRITES } from './told-dnp3.ts';
import { ENIP_CONTEXTS } from './told-enip.ts';
import { HSMS_READ } from './told-hsms.ts';
import { MMS_WRITES } from './told-mms.ts';
import { S7_REFUSALS } from './told-s7comm.ts';
import { SNMP_V3 } from './told-snmp.ts';

export type Message = readonly [direction: number, hex: string];

export const S7_CONNECT = '0300001611e00000000100c0010ac1020100c2020102';
export const ascii = (words: string): string => Buffer.from(words).toString('hex');

/** [protocol, transport, server port, messages, operations, targets] */
export type ReadRow = readonly [string, 'tcp' | 'udp' | 'eth', number, readonly Message[], readonly string[], readonly string[]];

export const READ: readonly ReadRow[] = [
  [
    's7comm',
    'tcp',
    102,
    [
      [TO_SERVER, `${S7_CONNECT}0300001902f08032010000040000080000f0000001000101e0`],
      [TO_CLIENT, '0300001b02f080320300000400000800000000f0000001000100f0'],
      [TO_SERVER, '0300001f02f080320100000500000e00000401120a10020004000184000000'],
      [TO_SERVER, '0300002102f08032010000060000100000 29000000000009 505f50524f4752414d'],
    ],
    ['Setup Communication/browse/request', 'Setup Communication/browse/response', 'Read Var/read/request', 'PLC Stop/control/request'],
    ['DB1'],
  ],
  [
    'mms',
    'tcp',
    102,
    [[TO_SERVER, '0300002b02f08001000100611e301c020103a017a015020100a410800101a10ba1098007244d5531242424']],
    ['Read/read/request'],
    [],
  ],
  ['enip', 'tcp', 44818, [[TO_SERVER, '70001c0001002a00000000000000000000000000000000000000000001000200a1000400224095ffb100080006010702208e2401']], ['Stop/control/request'], ['class 0x8e']],
  [
    'enip',
    'tcp',
    44818,
    [
      [TO_SERVER, '010000000000000000000000000000000000000000000000'],
      [TO_CLIENT, '01000600000000000000000000000000000000000000000001000100 0000'],
    ],
    ['Command 0x01 (legacy)/browse/request', 'Command 0x01 (legacy)/browse/response'],
    [],
  ],
  // libplctag 2.5 closes its connection with an interface handle that is left from another message.
  [
    'enip',
    'tcp',
    44818,
    [
      [TO_SERVER, '6f0028006592a41c000000008778826c00000000000000000200a1000100020000000000b20018004e02200624010a05371e3df3454350210300010020022401'],
      [TO_CLIENT, '6f001e006592a41c000000008778826c00000000000000000200a1000100020000000000b2000e00ce000000371e3df3454350210000'],
    ],
    ['Forward_Close/browse/request', 'Forward_Close/browse/response'],
    ['class 0x06'],
  ],
  ['enip', 'udp', 44818, [[TO_SERVER, '630000000000000000000000000000000000000000000000']], ['ListIdentity/browse/request'], []],
  [
    'dnp3',
    'tcp',
    20000,
    [
      [TO_SERVER, '056411c401000200c35ac7c7013c02063c03063c0406734d'],
      [TO_CLIENT, '05640a440200010010f0c8c7810000bf6b'],
    ],
    ['Read/read/request', 'Read/read/response'],
    ['outstation 1', 'g60v2'],
  ],
  // A tool that injects requests, and leaves DIR as an outstation's: the function tells.
  [
    'dnp3',
    'tcp',
    20000,
    [
      [TO_SERVER, '05640844010002004d6cc0c10dd22d'],
      [TO_CLIENT, '05640a440200010010f0c0c1810000742a'],
      [TO_SERVER, '056408c401000200390dc0c1007d3d'],
    ],
    ['Cold Restart/control/request', 'Cold Restart/control/response', 'Confirm/read/request'],
    ['outstation 1'],
  ],
  DNP3_WRITES,
  MMS_WRITES,
  S7_REFUSALS,
  SNMP_V3,
  ENIP_CONTEXTS,
  [
    'iec104',
    'tcp',
    2404,
    [
      [TO_SERVER, '680407000000'],
      [TO_CLIENT, '68040b000000'],
      [TO_SERVER, '680e000000002d010600010001000001'],
      [TO_CLIENT, '680e000002002d014700010001000001'],
    ],
    ['STARTDT/browse/request', 'STARTDT/browse/response', 'C_SC_NA_1/control/request', 'C_SC_NA_1/control/error 7'],
    ['station 1'],
  ],
  // A file goes to the station with one and the same cause from both ends (13); a private type.
  [
    'iec104',
    'tcp',
    2404,
    [
      [TO_SERVER, '68130000000078010d000100010000000000000000'],
      [TO_CLIENT, '6811000000007a010d00010001000000000000'],
      [TO_SERVER, '6811000000007d010d00010001000000000000'],
      [TO_SERVER, '680e0000000088010600010001000000'],
      [TO_CLIENT, '680e0000000088010700010001000000'],
    ],
    ['F_FR_NA_1/program/request', 'F_SC_NA_1/program/response', 'F_SG_NA_1/program/request', 'Type 136/write/request', 'Type 136/write/response'],
    ['station 1'],
  ],
  // A command with the sign of a refusal is a command.
  ['iec104', 'tcp', 2404, [[TO_SERVER, '680e000000002d014600010001000001']], ['C_SC_NA_1/control/request'], ['station 1']],
  // Restart and silence, one rejected (unrecognized service), one aborted; an abort of the client's own refuses nothing.
  [
    'bacnet', 'udp', 47808,
    [[TO_SERVER, '810a000e01040005111409011901'], [TO_SERVER, '810a000c0104000508111900'], [TO_CLIENT, '810a00090100600809'], [TO_CLIENT, '810a00090100711104'], [TO_SERVER, '810a000c0104000509111900'], [TO_SERVER, '810a00090100700904'], [TO_CLIENT, '810a00090100600909']],
    ['ReinitializeDevice/control/request', 'DeviceCommunicationControl/control/request', 'DeviceCommunicationControl/control/error 265', 'ReinitializeDevice/control/error 516'],
    [],
  ],
  ['bacnet', 'udp', 47808, [[TO_SERVER, '810a001101040005010f0c008000011955']], ['WriteProperty/write/request'], ['object 2:1']],
  [
    'fins',
    'tcp',
    9600,
    [
      [TO_SERVER, '46494e530000001700000002000000008000020000000000007a0401000001'],
      [TO_CLIENT, '46494e53000000160000000200000000c100020000000000007a04010000'],
    ],
    ['Run/control/request', 'Run/control/response'],
    [],
  ],
  // Version 2: in clear until TLS begins; a direct PDU of two commands, the second of them refused.
  ['hart-ip', 'tcp', 5094, [[TO_SERVER, '020000000001000d0100007530'], [TO_CLIENT, '020100000001000d0100007530'], [TO_SERVER, '1603030004010000001403030001011703030008a1a2a3a4a5a6a7a8']], ['Session Initiate/browse/request', 'Session Initiate/browse/response'], []],
  ['hart-ip', 'udp', 5094, [[TO_SERVER, '0200040000020014 0000 000300 0023 04 41200000'], [TO_CLIENT, '0201040000020014 4000 0003 03 000102 0023 01 07']], ['Command 3/read/request', 'Command 35/write/request', 'Command 3/read/response', 'Command 35/write/error 7'], []],
  ['hart-ip', 'udp', 5094, [[TO_SERVER, '010000000001000d0100007530']], ['Session Initiate/browse/request'], []],
  ['melsec', 'tcp', 5007, [[TO_SERVER, '500000ffff03000c00100001040000640000a80100']], ['Device Read/read/request'], []],
  ['melsec', 'tcp', 5007, [[TO_SERVER, ascii('500000FF03FF000018000404010000D*000100000A')], [TO_CLIENT, ascii('D00000FF03FF000016C05100FF03FF0004010000')], [TO_SERVER, ascii('54001234000000FF03FF0000100010100200000001')]], ['Device Read/read/request', 'Device Read/read/error 49233', 'Remote Stop/control/request'], []],
  ['fins', 'udp', 19600, [[TO_SERVER, '800002000b00000a000101028200c800000300010002'], [TO_CLIENT, 'c00002000a00000b000101020000']], ['Memory Area Write/write/request', 'Memory Area Write/write/response'], []],
  ADS_READ,
  [
    'ads',
    'tcp',
    48898,
    [[TO_SERVER, '000020000000 c0a800010101 5303 c0a800020101 0480 0400 0400 00000000 00000000 01000000']],
    ['Read State/diagnose/request'],
    ['plc 1'],
  ],
  ['snmp', 'udp', 161, [[TO_SERVER, '302602010004067075626c6963a019020101020100020100300e300c06082b060102010105000500']], ['GetRequest/read/request'], []],
  ['snmp', 'udp', 162, [[TO_SERVER, '301802010104067075626c6963a70b0201010201000201003000']], ['SNMPv2-Trap/read/request'], []],
  ['dns', 'udp', 53, [[TO_SERVER, `123401000001000000000000 03${ascii('plc')}00 00010001`]], ['Query/browse/request'], []],
  ['http', 'tcp', 80, [[TO_SERVER, ascii('GET /mqtt HTTP/1.1\r\nUpgrade: websocket\r\n\r\n')], [TO_CLIENT, ascii('HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\n')]], ['GET/read/request', 'GET/read/response'], []],
  ['http', 'tcp', 80, [[TO_SERVER, ascii('POST /cgi HTTP/1.1\r\nHost: hmi\r\n\r\n')], [TO_CLIENT, ascii('HTTP/1.1 404 No\r\nServer: GoAhead\r\n\r\n')]], ['POST/write/request', 'POST/write/error 404'], []],
  [
    'mqtt',
    'tcp',
    1883,
    [
      [TO_SERVER, '1015 0004 4d515454 04 c2 003c 0003 616263 0001 75 0001 70'],
      [TO_CLIENT, '2002 0000'],
      [TO_SERVER, `8210 0001 000b ${ascii('plant/+/set')} 01`],
      [TO_CLIENT, '9003 0001 01'],
      [TO_SERVER, `320f 0009 ${ascii('plant/1/t')} 0002 3432`],
      [TO_CLIENT, '4002 0002'],
      [TO_CLIENT, `300e 000b ${ascii('plant/1/set')} 31`],
      [TO_SERVER, 'c000'],
      [TO_CLIENT, 'd000'],
      [TO_SERVER, 'e000'],
    ],
    ['Connect/browse/request', 'Connect/browse/response', 'Subscribe/read/request', 'Subscribe/read/response', 'Publish/write/request', 'Publish/write/response', 'Delivery/read/response'],
    ['plant/+/set', 'plant/1/t'],
  ],
  // Version 5: properties, topic aliases, reason codes.
  [
    'mqtt',
    'tcp',
    1883,
    [
      [TO_SERVER, '100d 0004 4d515454 05 02 003c 00 0000'],
      [TO_CLIENT, '2003 00 87 00'],
      [TO_SERVER, '8209 0001 02 0b01 0001 23 00'],
      [TO_CLIENT, '9004 0001 00 9e'],
      [TO_SERVER, '3007 0000 03 230001 78'],
      [TO_CLIENT, '4003 0002 87'],
    ],
    ['Connect/browse/request', 'Connect/browse/error 135', 'Subscribe/read/request', 'Subscribe/read/error 158', 'Publish/write/request', 'Publish/write/error 135'],
    ['#'],
  ],
  // Sparkplug: data of an edge node, commands to one and to its device, a host's state.
  [
    'mqtt',
    'tcp',
    1883,
    [
      [TO_SERVER, `3021 001d ${ascii('spBv1.0/Plant 1/NBIRTH/Line 4')} 08b1`],
      [TO_SERVER, `301f 001b ${ascii('spBv1.0/Plant 1/NCMD/Line 4')} 08b1`],
      [TO_SERVER, `3228 0022 ${ascii('spBv1.0/Plant 1/DCMD/Line 4/Filler')} 0007 08b1`],
      [TO_CLIENT, '40020007'],
      [TO_SERVER, `3117 0013 ${ascii('spBv1.0/STATE/SCADA')} 08b1`],
      [TO_CLIENT, `3026 0022 ${ascii('spBv1.0/Plant 1/DCMD/Line 4/Filler')} 08b1`],
      [TO_SERVER, `3027 0023 ${ascii('spBv1.0/Plant 1/NDATA/Line 4/Filler')} 08b1`],
    ],
    [
      'Publish/write/request', 'Sparkplug Node Command/control/request', 'Sparkplug Device Command/control/request', 'Sparkplug Device Command/control/response', 'Delivery/read/response',
    ],
    ['spBv1.0/Plant 1/NBIRTH/Line 4', 'spBv1.0/Plant 1/NCMD/Line 4', 'spBv1.0/Plant 1/DCMD/Line 4/Filler', 'spBv1.0/STATE/SCADA', 'spBv1.0/Plant 1/NDATA/Line 4/Filler'],
  ],
  [
    'knxnet',
    'udp',
    3671,
    [
      [TO_SERVER, '0610 0205 001a 08010a0100052328 08010a0100052328 04040200'],
      [TO_CLIENT, '0610 0206 0014 1500 08010a0100090e57 040411ff'],
      [TO_SERVER, '0610 0420 0015 04150000 1100bce00000 0a03 01 0081'],
      [TO_CLIENT, '0610 0421 000a 04150000'],
      [TO_CLIENT, '0610 0420 0015 04150000 2e00bce01105 0a03 01 0081'],
      [TO_CLIENT, '0610 0420 0017 04150200 2900bce01107 0a04 03 00400c1a'],
      [TO_SERVER, '0610 0420 0018 04150200 1100bc600000 1105 04 02810100ff'],
      [TO_SERVER, '0610 0420 0015 04150400 1100bc600000 1105 01 0380'],
      [TO_SERVER, '0610 0420 0014 04150500 1100b0600000 1105 00 80'],
      [TO_SERVER, '0610 0310 0011 04160000 fc000b01341001'],
      [TO_CLIENT, '0610 0208 0008 1521'],
    ],
    [
      'Connect/browse/request', 'Connect/browse/response', 'GroupValue Write/write/request', 'GroupValue Write/write/response', 'Telegrams from the bus/read/response',
      'Memory Write/program/request', 'Restart/control/request', 'Interface Property Read/read/request', 'Connection State/browse/error 33',
    ],
    ['group 1/2/3', 'device 1.1.5'],
  ],
  // Between routers nobody serves, and a telegram is a request.
  ['knxnet', 'udp', 3671, [[TO_SERVER, '0610 0530 0011 2900bce01203 2907 01 0080']], ['GroupValue Write/write/request'], ['group 5/1/7']],
  ['knxnet', 'tcp', 3671, [[TO_SERVER, '0610 0205 001a 0802000000000000 0802000000000000 04040200 0610 0209 0010 1500 0802000000000000']], ['Connect/browse/request', 'Disconnect/browse/request'], []],
  [
    'tristation',
    'udp',
    1502,
    [
      [TO_SERVER, '0100000001fc'],
      [TO_CLIENT, '0200000001b8'],
      [TO_SERVER, '05000a0000001300000027000a005010'],
      [TO_CLIENT, '05000c00 01016c00 0000 3d18 0c00 0000 0000'],
      [TO_SERVER, '050012000000410400006c0012000300000000000000aaf7'],
      [TO_CLIENT, '05000c0001016404000052010c00d0002829'],
      [TO_SERVER, '05000a00 00001505 0000 2c00 0a00 0000'],
      [TO_CLIENT, '0a000000 0000'],
    ],
    [
      'Connect/browse/request', 'Connect/browse/response', 'Get CP status/diagnose/request', 'Get CP status/diagnose/response', 'Upload program/program/request', 'Upload program/program/error 208',
      'Halt program/control/request', 'Connect/browse/error 10',
    ],
    [],
  ],
  [
    'ge-srtp',
    'tcp',
    18245,
    [
      [TO_SERVER, '0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'],
      [TO_CLIENT, '0100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'],
      [TO_SERVER, '02000100000000000001000000000000000100000000000000000000000001c000000000100e00000101040863000a000000000000000000'],
      [TO_CLIENT, '0300010014000000000000000000000000010000000000000000000000000194100e0000205a0000010100000000000000000000000000000000000000000000000000000000000000000000'],
      [TO_SERVER, '020002000800000000010000000000000001000000000000000000000000028000000000100e000000010800000000000101074c000008000000000000000000'],
      [TO_CLIENT, '03000200000000000000000000000000000100000000000000000000000002d1100e0000205a000001010200000000000000000000000000'],
      [TO_SERVER, '02000300000000000001000000000000000100000000000000000000000003c000000000100e000001012301000000000000000000000000'],
    ],
    [
      'Connect/browse/request', 'Connect/browse/response', 'Read System Memory/read/request', 'Read System Memory/read/response', 'Write System Memory/write/request',
      'Write System Memory/write/error 2', 'Set PLC State/control/request',
    ],
    ['%R', '%M'],
  ],
  [
    'roc-plus',
    'tcp',
    4000,
    [
      [TO_SERVER, '0102030406003a2f 010203040b04010001424d91'],
      [TO_CLIENT, '010203040a080100010000010042ebba'],
      [TO_SERVER, '01020304b40401010101476f'],
      [TO_CLIENT, '01020304b4050101010142aed2'],
      [TO_SERVER, '01020304cb0104 3ebf'],
    ],
    [
      'System Configuration/browse/request', 'Write Configurable Opcode/write/request', 'Read Configurable Opcode/read/response', 'Request Parameters/read/request',
      'Request Parameters/read/response', 'File Transfer/program/request',
    ],
    [],
  ],
  [
    'ads-discovery',
    'udp',
    48899,
    [
      [TO_SERVER, '03661471 00000000 01000000 c0a801c70101 1027 00000000'],
      [TO_CLIENT, `03661471 00000000 01000080 050d75600101 1027 01000000 0500 0a00 ${ascii('CX_0D7560')}00`],
      [TO_SERVER, '03661471 00000000 06000000 c0a801c70101 1027 00000000'],
      [TO_CLIENT, '03661471 00000000 06000080 050d75600101 1027 01000000 0100 0400 00000000'],
      [TO_CLIENT, '03661471 00000000 06000080 050d75600101 1027 01000000 0100 0400 04070000'],
    ],
    ['Read System Information/browse/request', 'Read System Information/browse/response', 'Add Route/program/request', 'Add Route/program/response', 'Add Route/program/error 1796'],
    [],
  ],
  [
    'synchrophasor',
    'tcp',
    4712,
    [
      [TO_SERVER, 'aa41001200076553f100000000000001f6c2'],
      [TO_SERVER, 'aa41001200076553f100000000000003d680'],
      [TO_CLIENT, 'aa11001000076553f10000000000ea3c'],
      [TO_SERVER, 'aa41001200076553f100000000000005b646'],
      [TO_CLIENT, 'aa31003600076553f10000000000000f4240000153554220342042415920322020202020000700000000000000000000000000009d46'],
      [TO_SERVER, 'aa41001200076553f100000000000002c6a1'],
      [TO_CLIENT, 'aa01002400076553f100000000000000000000000000000000000000000000000000bfafaa01002400076553f100000000000000000000000000000000000000000000000000bfaf'],
      [TO_CLIENT, 'aa52003400076553f100000000000000000f42400001054241592033000700000000000000000000000000000000000000001f4f'],
    ],
    [
      'Turn Off Transmission/read/request', 'Send Header/browse/request', 'Send Header/browse/response', 'Send Configuration 2/browse/request', 'Send Configuration 2/browse/response',
      'Turn On Transmission/read/request', 'Data/read/response', 'Send Configuration 3/browse/response',
    ],
    ['unit 7'],
  ],
  // Routed: as a protection relay sends it, and one that a test set simulates; samples of two streams in one datagram, signed.
  ['r-goose', 'udp', 102, [[TO_SERVER, '0140a1178015000000ad00009646000200000000000000000000000000009881000000009261818f801c47415f555237344d61737465722f4c4c4e3024524724476f4342313081024e20821e47415f555237344d61737465722f4c4c4e3024545436446174615365743183095478474f4f534531308408652517ac39335d3f850210b38601048701008801018901008a0106ab23830101830100830100830100830100a2128301008403030000910865212dee777d953f'], [TO_SERVER, '0140a1178015000000ad00009646000200000000000000000000000000009881010000009261818f801c47415f555237344d61737465722f4c4c4e3024524724476f4342313081024e20821e47415f555237344d61737465722f4c4c4e3024545436446174615365743183095478474f4f534531308408652517ac39335d3f850210b38601048701008801018901008a0106ab23830101830100830100830100830100a2128301008403030000910865212dee777d953f']], ['Publish/write/request', 'Publish (simulated)/write/request'], ['GA_UR74Master/LLN0$RG$GoCB10']],
  ['r-sv', 'udp', 102, [[TO_SERVER, '0140a21780150000007d00000001000200000000000000000000000000006882004000002e602c800101a227302580044d5530318202000183040000000185010087100000000000000000000000000000000082014000002e602c800101a227302580044d553032820200018304000000018501008710000000000000000000000000000000008504deadbeef']], ['Publish/write/request', 'Publish (simulated)/write/request'], ['MU01', 'MU02']],
  // A server that answers from its own port; a file that is not there; one that is written.
  [
    'tftp',
    'udp',
    69,
    [
      [TO_SERVER, `0001 ${ascii('rfc1350.txt')}00 ${ascii('octet')}00 ${ascii('blksize')}00 ${ascii('1428')}00`],
      [TO_CLIENT, `0006 ${ascii('blksize')}00 ${ascii('1428')}00`],
      [TO_SERVER, '0004 0000'],
      [TO_CLIENT, '0003 0001 68'],
      [TO_CLIENT, `0005 0001 ${ascii('File not found')}00`],
      [TO_SERVER, `0002 ${ascii('running-config')}00 ${ascii('NetASCII')}00`],
      [TO_CLIENT, '0004 0000'],
      [TO_SERVER, '0003 0001 68'],
    ],
    ['Read/read/request', 'Read/read/response', 'Read/read/error 1', 'Write/write/request', 'Write/write/response'],
    ['rfc1350.txt', 'running-config'],
  ],
  // A clock that asks another one for its time: granted, refused; what it then sends of its own accord, and a setting that is refused.
  [
    'ptp',
    'udp',
    320,
    [
      [TO_SERVER, '0c02003600000400000000000000000000000000002094fffe00000d0001000105ffffffffffffffffffffff00040006b0000000012c 0000'],
      [TO_CLIENT, '0c0200380000040000000000000000000000000000b0aefffe01f92000010001057f002094fffe00000d000100050008b0000000012c0001 0000'],
      [TO_CLIENT, '0c0200380000040000000000000000000000000000b0aefffe01f92000010002057f002094fffe00000d000100050008b0000000000000000000'],
      [TO_CLIENT, '0b0200400000040000000000000000000000000000b0aefffe01f920000100010500000041bf417003b9bb2200220080f8fe64008000b0aefffe01f9200000600000'],
      [TO_SERVER, '0102002c00000400000000000000000000000000 002094fffe00000d 0001 0000 017f 00000000000000000000'],
      [TO_CLIENT, '0902003600000400000000000000000000000000 00b0aefffe01f920 0001 0000 037f 00000000000000000000 002094fffe00000d 0001'],
      [TO_SERVER, '0d02003800000400000000000000000000000000 002094fffe00000d 0001 0009 047f 00b0aefffe01f9200001 000001000001 0004 2005 0100'],
      [TO_CLIENT, '0d02003c00000400000000000000000000000000 00b0aefffe01f920 0001 0009 047f 002094fffe00000d0001 000002000002 0008 0004 2005 00000000'],
    ],
    [
      'Signaling/browse/request', 'Signaling/browse/response', 'Signaling/browse/error 0', 'Time Distribution/read/response', 'Delay_Req/read/request', 'Management Set/program/request',
      'Management Set/program/error 4',
    ],
    ['PRIORITY1'],
  ],
  HSMS_READ,
  // Meters: what is read and refused, in the wrapper, as clients of two makers ask it; and in HDLC, with a firmware's block, a meter that is switched off, ciphered requests.
  [
    'dlms-cosem',
    'tcp',
    4059,
    [
      [TO_SERVER, '000100010001003860 36a1090607608574050801018a0207808b0760857405080201ac0a80087472616e73746563be10040e01000000065f1f040000fe1dffff'],
      [TO_CLIENT, '000100010001002b6129a109060760857405080101a203020100a305a103020101be10040e0800065f1f0400003a1d00720007'],
      [TO_SERVER, '000100100001002c c003010400010101000000ff020000010101000001ff020000010101000002ff020000030101151900ff0200'],
      [TO_CLIENT, '0001000100100018c40301040006540015400017a3d70a3d00060000004d0000'],
      [TO_SERVER, '000100010001000dc00141000100002a0000ff0200'],
      [TO_CLIENT, '0001000100010005c401410103'],
      [TO_SERVER, '0001000100010013 c10141000800000100 00ff0200 0904 00000000'],
      [TO_CLIENT, '0001000100010004c5014100'],
      [TO_SERVER, '000100010001000bcb09 000102030405060708'],
      [TO_CLIENT, '0001000100010003d80102'],
      [TO_CLIENT, '00010001000100050f00000001'],
    ],
    ['Associate/browse/request', 'Associate/browse/response', 'Get/read/request', 'Get/read/response', 'Get/read/error 3', 'Set/write/request', 'Set/write/response', 'Action/control/request', 'Action/control/error 2', 'Notification/read/response'],
    ['class 1 1.1.0.0.0.255', 'class 1 1.1.0.0.1.255', 'class 1 1.1.0.0.2.255', 'class 3 1.1.21.25.0.255', 'class 1 0.0.42.0.0.255', 'class 8 0.0.1.0.0.255'],
  ],
  [
    'dlms-cosem',
    'tcp',
    4059,
    [
      [TO_SERVER, '7ea0070321930f017e'],
      [TO_CLIENT, '7ea01e210373c37a818012050180060180070400000001080400000001533b7e'],
      [TO_SERVER, '7ea02b032110fbafe6e600601da109060760857405080101be10040e01000000065f1f0400001e1dffffc5e47e'],
      [TO_CLIENT, '7ea0372103306c7ce6e7006129a109060760857405080101a203020100a305a103020100be10040e0800065f1f0400001e1d04000007e0a67e'],
      [TO_SERVER, '7ea0190321b2675ce6e600c001c1000f0000280000ff0100f9797e'],
      [TO_CLIENT, '7ea0182103da9209e6e700c401c10009060000280000ffb66e7e'],
      [TO_SERVER, '000100010001000f c301c1001200002c0000ff02010f00'],
    ],
    ['Associate/browse/request', 'Associate/browse/response', 'Get/read/request', 'Get/read/response', 'Action (firmware, keys, associations)/program/request'],
    ['class 15 0.0.40.0.0.255', 'class 18 0.0.44.0.0.255'],
  ],
  // Below IP, by EtherType: names of stations and their addresses, and groups of relays.
  [
    'profinet-rt',
    'eth',
    0,
    [
      [TO_SERVER, 'fefe05000000000100000004ffff00000000000000000000000000000000000000000000'],
      [TO_CLIENT, 'feff0501000000010000003a02010008000053372d333030020200060000706c6331020300060000002a010d02040004000003000102000e0001c0a80001ffffff00c0a80001'],
      [TO_SERVER, 'fefd04000000000100000016050100020001020200060001706c633205020002000000000000'],
      [TO_CLIENT, 'fefd040100000001000000080504000302020500'],
      [TO_SERVER, 'fefd040000000001000000080503000400000100'],
      [TO_CLIENT, 'fefd040100000001000000080504000305030000'],
      [TO_SERVER, 'fefd0300000000010000000402020102'],
      [TO_CLIENT, 'fefd0301000000010000000a020200060000706c6331'],
      [TO_CLIENT, 'fefd04050000000100000000'],
      [TO_SERVER, '80000102030405060708'],
    ],
    [
      'DCP Identify/browse/request', 'DCP Identify/browse/response', 'DCP Set/program/request', 'DCP Set/program/error 5', 'DCP Signal/diagnose/request', 'DCP Signal/diagnose/response',
      'DCP Get/browse/request', 'DCP Get/browse/response', 'DCP Set/program/error 256',
    ],
    ['All', 'NameOfStation', 'Signal', 'IPParameter'],
  ],
  // Clocks: who leads and who follows, to groups; management as linuxptp's pmc asks it, and what it would set.
  [
    'ptp',
    'eth',
    0,
    [
      [TO_SERVER, '0002002c00000200000000000000000000000000 7483efffff01ac16 0112 0000 0000 00000000000000000000'],
      [TO_SERVER, '0b02004000000000000000000000000000000000 7483efffff01ac16 0112 0000 0501 00000000000000000000 0000 ac 80 f8feffff 80 7483efffff01ac16 0000 50'],
      [TO_SERVER, '0102002c00000000000000000000000000000000 000006ffff020000 0001 0000 017f 00000000000000000000'],
      [TO_SERVER, '0902003600000000000000000000000000000000 7483efffff01ac16 0112 0000 03f9 00000000000000000000 000006ffff020000 0001'],
      [TO_SERVER, '0d02004800000000000000000000000000000000 000000fffe000011 0001 0000 047f ffffffffffffffffffff 030300000001 0014 2001 000000000000000000000000000000000000'],
      [TO_SERVER, '0d02004800000000000000000000000000000000 000000fffe000012 0001 0000 047f 000000fffe0000110001 010102000001 0014 2001 000000000000000000000000000000000000'],
      [TO_SERVER, '0d02003800000000000000000000000000000000 000000fffe000011 0001 0001 047f ffffffffffffffffffff 030301000001 0004 2005 0100'],
      [TO_SERVER, '0d02003600000000000000000000000000000000 000000fffe000011 0001 0002 047f ffffffffffffffffffff 030303000001 0002 200e'],
    ],
    ['Sync/write/request', 'Announce/write/request', 'Delay_Req/read/request', 'Management Get/diagnose/request', 'Management Set/program/request', 'Management Command/control/request'],
    ['CURRENT_DATA_SET', 'PRIORITY1', 'DISABLE_PORT'],
  ],
  ['profinet-rt', 'eth', 0, [[TO_SERVER, 'fefc06000000000100000012020200060000646576370601000400000001']], ['DCP Hello/browse/request'], []],
  [
    'goose',
    'eth',
    0,
    [
      [TO_SERVER, '0001005700000000614d8011494544312f4c4c4e3024474f2467636231810207d0820d494544312f4c4c4e3024647331830474726970840800000000000000008501018601058701008801018901008a0101ab03830101'],
      [TO_SERVER, '0001005700000000614d8011494544312f4c4c4e3024474f2467636232810207d0820d494544312f4c4c4e3024647331830474726970840800000000000000008501018601058701ff8801018901008a0101ab03830101'],
    ],
    ['Publish/write/request', 'Publish (simulated)/write/request'],
    ['IED1/LLN0$GO$gcb1', 'IED1/LLN0$GO$gcb2'],
  ],
  ['sv', 'eth', 0, [[TO_SERVER, '4000008400000000607a800103a275302580044d55303182020001830400000001850100871000000000000000000000000000000000302580044d55303182020001830400000001850100871000000000000000000000000000000000302580044d55303282020001830400000001850100871000000000000000000000000000000000'], [TO_SERVER, '4000003680000000602c800101a227302580044d55303182020001830400000001850100871000000000000000000000000000000000']], ['Publish/write/request', 'Publish (simulated)/write/request'], ['MU01', 'MU02']],
];
