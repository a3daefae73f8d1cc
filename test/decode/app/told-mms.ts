/** Reads and writes of MMS as they stand on the wire: who has reports sent to it writes to their control blocks (RP, BR) and is no writer; beside another item, of another constraint, or by a list's name it is one. What is refused, a server says variable by variable. */
import { TO_CLIENT, TO_SERVER } from '../../../src/decode/app/protocol.ts';
import type { Message, ReadRow } from './told-messages.ts';

const octet = (value: number): string => value.toString(16).padStart(2, '0');
const element = (tag: number, content: string): string => `${octet(tag)}${content.length / 2 < 0x80 ? '' : '81'}${octet(content.length / 2)}${content}`;
/** TPKT, COTP data, Give Tokens, Data Transfer, presentation data, one MMS PDU. */
const tpdu = (pdu: string): string => {
  const above = `02f08001000100${element(0x61, element(0x30, `020103${element(0xa0, pdu)}`))}`;
  return `030000${octet(above.length / 2 + 4)}${above}`;
};
const identifier = (name: string): string => element(0x1a, Buffer.from(name).toString('hex'));
const variable = (item: string): string => element(0x30, element(0xa0, element(0xa1, identifier('LD0') + identifier(item))));
const TRUE = '8301ff';
const write = (invoke: number, names: string, values: number): Message =>
  [TO_SERVER, tpdu(element(0xa0, `0201${octet(invoke)}${element(0xa5, names + element(0xa0, TRUE.repeat(values)))}`))];
const writeItems = (invoke: number, ...items: readonly string[]): Message => write(invoke, element(0xa0, items.map(variable).join('')), items.length);
/** An answer to a Write says "5, success", whatever was written. */
const written = (invoke: number): Message => [TO_CLIENT, tpdu(element(0xa1, `0201${octet(invoke)}a5028100`))];

const answered = (invoke: number, service: number, content: string): Message => [TO_CLIENT, tpdu(element(0xa1, `0201${octet(invoke)}${element(service, content)}`))];
const read = (invoke: number, item: string): Message => [TO_SERVER, tpdu(element(0xa0, `0201${octet(invoke)}${element(0xa4, element(0xa1, element(0xa0, variable(item))))}`))];
const NO_ACCESS = '800103';
const NOT_THERE = '80010a';

export const MMS_WRITES: ReadRow = [
  'mms',
  'tcp',
  102,
  [
    writeItems(1, 'LLN0$BR$brcb01$RptEna', 'LLN0$RP$urcb01$GI'),
    written(1),
    writeItems(2, 'LLN0$BR$brcb01$RptEna', 'GGIO1$SP$Lim$setMag'),
    written(2),
    writeItems(3, 'GGIO1$CO$SPCSO1$Oper', 'LLN0$RP$urcb01$GI'),
    written(3),
    write(4, element(0xa1, element(0xa1, identifier('LD0') + identifier('LLN0$RP$list'))), 1),
    writeItems(5, 'GGIO1$SP$RP$setMag'),
    writeItems(6, 'LLN0$RP$urcb01$Resv'),
    [TO_CLIENT, tpdu(element(0xa2, '800106a203870100'))],
    written(7),
    writeItems(8, 'GGIO1$SP$Lim$setMag'),
    answered(8, 0xa5, NO_ACCESS),
    writeItems(9, 'GGIO1$SP$Lim$setMag', 'GGIO1$SP$Lim$units'),
    answered(9, 0xa5, `${NO_ACCESS}8100`),
    read(10, 'GGIO1$SP$Lim$setMag'),
    answered(10, 0xa4, element(0xa1, NOT_THERE)),
    read(11, 'GGIO1$SP$Lim$setMag'),
    answered(11, 0xa4, element(0xa0, element(0xa0, variable('GGIO1$SP$Lim$setMag'))) + element(0xa1, NOT_THERE + TRUE)),
  ],
  [
    'Write (report control)/read/request', 'Write (report control)/read/response', 'Write/write/request', 'Write/write/response',
    'Write (control)/control/request', 'Write (control)/control/response', 'Write (report control)/read/error 0',
    'Write/write/error 3', 'Read/read/request', 'Read/read/error 10', 'Read/read/response',
  ],
  ['LD0/LLN0$BR$brcb01$RptEna', 'LD0/LLN0$RP$urcb01$GI', 'LD0/GGIO1$SP$Lim$setMag', 'LD0/GGIO1$CO$SPCSO1$Oper', 'LD0/LLN0$RP$list', 'LD0/GGIO1$SP$RP$setMag', 'LD0/LLN0$RP$urcb01$Resv', 'LD0/GGIO1$SP$Lim$units'],
];
