/** Messages as they stand on the wire, one dialogue a row, and what is told of them. */
import { TO_CLIENT, TO_SERVER } from '../../../src/decode/app/protocol.ts';

export type Message = readonly [direction: number, hex: string];

export const S7_CONNECT = '0300001611e00000000100c0010ac1020100c2020102';
export const ascii = (words: string): string => Buffer.from(words).toString('hex');

/** [protocol, transport, server port, messages, operations, targets] */
export const READ: readonly (readonly [string, 'tcp' | 'udp', number, readonly Message[], readonly string[], readonly string[]])[] = [
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
  ['hart-ip', 'udp', 5094, [[TO_SERVER, '010000000001000d0100007530']], ['Session Initiate/browse/request'], []],
  ['melsec', 'tcp', 5007, [[TO_SERVER, '500000ffff03000c00100001040000640000a80100']], ['Device Read/read/request'], []],
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
];
