/** EtherNet/IP as it stands on the wire: a client that gives all requests one context, one of whose answers was not heard; what the encapsulation refuses, of one request, of a bundle, and of nobody's. */
import { TO_CLIENT, TO_SERVER } from '../../../src/decode/app/protocol.ts';
import type { Message, ReadRow } from './told-messages.ts';

const octets = (value: number, count: number): string => {
  let text = '';
  for (let i = 0, rest = value; i < count; i++, rest = Math.floor(rest / 256)) text += (rest % 256).toString(16).padStart(2, '0');
  return text;
};
const packet = (command: number, status: number, context: number, data: string): string =>
  octets(command, 2) + octets(data.length / 2, 2) + octets(7, 4) + octets(status, 4) + octets(context, 8) + octets(0, 4) + data;
/** SendRRData with one unconnected item. */
const unconnected = (context: number, cip: string): string => packet(0x6f, 0, context, `00000000 0000 0200 0000 0000 b200 ${octets(cip.length / 2, 2)}${cip}`.replaceAll(' ', ''));
const ask = (context: number, cip: string): Message => [TO_SERVER, unconnected(context, cip)];
const answer = (context: number, cip: string): Message => [TO_CLIENT, unconnected(context, cip)];
const refusal = (context: number, status: number): Message => [TO_CLIENT, packet(0x6f, status, context, '')];

const READ_TAG = '4c0220 6b24010100'.replace(' ', '');
const TAG_READ = 'cc000000c3000700';
const READ_ATTRIBUTE = '0e03200424643003';
const ATTRIBUTE_READ = '8e0000000000';
const WRITE_ATTRIBUTE = '1003200424963003 0000'.replace(' ', '');
const TWO = `0a02200224010200 0600 0e00 ${READ_TAG}${READ_ATTRIBUTE}`.replaceAll(' ', '');
const ONE_CONTEXT = 5;

export const ENIP_CONTEXTS: ReadRow = [
  'enip',
  'tcp',
  44818,
  [
    ask(ONE_CONTEXT, READ_TAG),
    ask(ONE_CONTEXT, READ_ATTRIBUTE),
    answer(ONE_CONTEXT, ATTRIBUTE_READ),
    ask(ONE_CONTEXT, READ_TAG),
    answer(ONE_CONTEXT, TAG_READ),
    ask(9, WRITE_ATTRIBUTE),
    refusal(9, 8),
    refusal(9, 8),
    ask(11, TWO),
    refusal(11, 3),
  ],
  [
    'Read_Tag/read/request', 'Get_Attribute_Single/read/request', 'Get_Attribute_Single/read/response', 'Read_Tag/read/response',
    'Set_Attribute_Single/write/request', 'Set_Attribute_Single/write/error 264', 'Read_Tag/read/error 259', 'Get_Attribute_Single/read/error 259',
  ],
  ['class 0x6b', 'class 0x04'],
];
