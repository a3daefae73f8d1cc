/** S7comm as it stands on the wire: a controller refuses item by item and leaves the header's error zero; an answer to a PI service does not say what that was for. */
import { TO_CLIENT, TO_SERVER } from '../../../src/decode/app/protocol.ts';
import type { Message, ReadRow } from './told-messages.ts';

const octets = (value: number, count: number): string => value.toString(16).padStart(2 * count, '0');
/** TPKT, COTP data, S7 header, parameters, data. */
const message = (kind: 'job' | 'answer', reference: number, parameters: string, data: string): Message => {
  const [rosctr, error] = kind === 'job' ? ['01', ''] : ['03', '0000'];
  const pdu = `32${rosctr}0000${octets(reference, 2)}${octets(parameters.length / 2, 2)}${octets(data.length / 2, 2)}${error}${parameters}${data}`;
  return [kind === 'job' ? TO_SERVER : TO_CLIENT, `0300${octets(pdu.length / 2 + 7, 2)}02f080${pdu}`];
};
/** Two octets of a data block, from its first. */
const item = (block: number): string => `120a10020002${octets(block, 2)}84000000`;
const GIVEN = 'ff0400100007';
const NO_BLOCK = '0a000000';
const TOO_FAR = '05000000';
const START = '28000000000000fd000009505f50524f4752414d';

export const S7_REFUSALS: ReadRow = [
  's7comm',
  'tcp',
  102,
  [
    message('job', 1, `0401${item(77)}`, ''),
    message('answer', 1, '0401', NO_BLOCK),
    message('job', 2, `0402${item(77)}${item(2)}`, ''),
    message('answer', 2, '0402', NO_BLOCK + TOO_FAR),
    message('job', 3, `0402${item(77)}${item(1)}`, ''),
    message('answer', 3, '0402', NO_BLOCK + GIVEN),
    message('job', 4, `0501${item(77)}`, '000400100007'),
    message('answer', 4, '0501', '0a'),
    message('job', 5, `0502${item(77)}${item(1)}`, '000400100007000400100007'),
    message('answer', 5, '0502', '0aff'),
    message('answer', 6, '28', ''),
    message('job', 7, START, ''),
    message('answer', 7, '28', ''),
  ],
  ['Read Var/read/request', 'Read Var/read/error 10', 'Read Var/read/response', 'Write Var/write/request', 'Write Var/write/error 10', 'Write Var/write/response', 'PLC Start/control/request', 'PLC Start/control/response'],
  ['DB77', 'DB2', 'DB1', 'P_PROGRAM'],
];
