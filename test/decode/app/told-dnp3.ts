/** Writes of DNP3 as they stand on the wire: who polls ends an outstation's restart (index 7 of its indications), and sets its clock; another index, a further object, and a fragment that goes on are writes. */
import { TO_CLIENT, TO_SERVER } from '../../../src/decode/app/protocol.ts';
import type { ReadRow } from './told-messages.ts';

export const DNP3_WRITES: ReadRow = [
  'dnp3',
  'tcp',
  20000,
  [
    [TO_SERVER, '05640ec401000200e066c0c0025001000707002c49'],
    [TO_CLIENT, '05640a440200010010f0c0c08100009ce8'],
    [TO_SERVER, '056412c40100020093c9c0c10232010701010203040506d29b'],
    [TO_CLIENT, '05640a440200010010f0c0c1810000742a'],
    [TO_SERVER, '056410c40100020024efc0c2025001010700070000dc4c'],
    [TO_CLIENT, '05640a440200010010f0c0c28100044df9'],
    [TO_SERVER, '05640ec401000200e066c0c30250010004040079e9'],
    [TO_SERVER, '056415c401000200ad17c0c4025001000707002201000000090041fa'],
    [TO_SERVER, '05640ec401000200e066c0840250010007070000a0'],
  ],
  ['Write (restart flag)/read/request', 'Write (restart flag)/read/response', 'Write (time)/write/request', 'Write (time)/write/response', 'Write (restart flag)/read/error 4', 'Write/write/request'],
  ['outstation 1', 'g80v1', 'g50v1'],
];
