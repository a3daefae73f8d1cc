/** SNMP version 3 as it stands on the wire: what is not encrypted is read; discovery asks for nothing; a Report refuses what was asked; of what is encrypted nothing is told. */
import { TO_CLIENT, TO_SERVER } from '../../../src/decode/app/protocol.ts';
import type { ReadRow } from './told-messages.ts';

const octet = (value: number): string => value.toString(16).padStart(2, '0');
const element = (tag: number, content: string): string => octet(tag) + octet(content.length / 2) + content;
const NUMBER = { zero: '020100', three: '020103' } as const;
const ENGINE = '80001f8801020304';
/** Version, header with its flags, security parameters (opaque here), and a scoped PDU or octets that are encrypted. */
const message = (flags: string, id: number, scoped: string): string => element(0x30, `${NUMBER.three}${element(0x30, `0201${octet(id)}02020400${element(0x04, flags)}${NUMBER.three}`)}${element(0x04, '3000')}${scoped}`);
const clear = (flags: string, type: number, id: number, variables: string, requestId = id): string =>
  message(flags, id, element(0x30, element(0x04, ENGINE) + element(0x04, '') + element(type, `0201${octet(requestId)}${NUMBER.zero}${NUMBER.zero}${element(0x30, variables)}`)));
const variable = (name: string, value: string): string => element(0x30, element(0x06, name) + value);
const SYSTEM_NAME = '2b06010201010500';
const ASKED = variable(SYSTEM_NAME, '0500');
const ANSWERED = variable(SYSTEM_NAME, element(0x04, '706c63'));
const counter = (number: number): string => variable(`2b060106030f0101${octet(number)}00`, '410107');
const UNKNOWN_CONTEXT = variable('2b060106030c010500', '410107');

export const SNMP_V3: ReadRow = [
  'snmp',
  'udp',
  161,
  [
    [TO_SERVER, clear('04', 0xa0, 1, '')],
    [TO_CLIENT, clear('00', 0xa8, 1, counter(4))],
    [TO_SERVER, clear('05', 0xa0, 2, ASKED)],
    [TO_CLIENT, clear('01', 0xa2, 2, ANSWERED)],
    [TO_SERVER, clear('05', 0xa3, 3, ANSWERED)],
    [TO_CLIENT, clear('00', 0xa8, 3, counter(5), 99)],
    [TO_SERVER, clear('05', 0xa0, 4, ASKED)],
    [TO_CLIENT, clear('01', 0xa8, 4, counter(2))],
    [TO_SERVER, clear('05', 0xa1, 5, ASKED)],
    [TO_CLIENT, clear('01', 0xa8, 5, UNKNOWN_CONTEXT)],
    [TO_SERVER, message('07', 6, element(0x04, 'a003020106'))],
  ],
  ['GetRequest/read/request', 'GetRequest/read/response', 'SetRequest/write/request', 'SetRequest/write/error 261', 'GetNextRequest/read/request', 'GetNextRequest/read/error 256'],
  [],
];
