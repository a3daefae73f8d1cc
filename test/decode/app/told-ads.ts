/** ADS as it stands on the wire: what Read Write and Write are for, the index group says; a device refuses in its answer's data, not in the header. */
import { TO_CLIENT, TO_SERVER } from '../../../src/decode/app/protocol.ts';
import type { ReadRow } from './told-messages.ts';

/** An AMS/TCP packet of a panel (port 32750) and the ADS port of a controller. */
const amsPacket = (port: number, command: number, isAnswer: boolean, invoke: number, data: string): string => {
  const octets = Buffer.from(data.replaceAll(' ', ''), 'hex');
  const head = Buffer.alloc(38);
  head.writeUInt32LE(32 + octets.length, 2);
  head.writeUInt16LE(isAnswer ? 32750 : port, 12);
  head.writeUInt16LE(isAnswer ? port : 32750, 20);
  head.writeUInt16LE(command, 22);
  head.writeUInt16LE(isAnswer ? 5 : 4, 24);
  head.writeUInt32LE(octets.length, 26);
  head.writeUInt32LE(invoke, 34);
  return head.toString('hex') + octets.toString('hex');
};

export const ADS_READ: ReadRow = [
  'ads',
  'tcp',
  48898,
  [
    [TO_SERVER, amsPacket(851, 9, false, 1, '03f00000 00000000 04000000 05000000 4d41494e00')],
    [TO_CLIENT, amsPacket(851, 9, true, 1, '00000000 04000000 64000000')],
    [TO_SERVER, amsPacket(851, 9, false, 2, '03f00000 00000000 04000000 05000000 474f4e4500')],
    [TO_CLIENT, amsPacket(851, 9, true, 2, '10070000 00000000')],
    [TO_SERVER, amsPacket(851, 9, false, 3, '80f00000 01000000 08000000 0c000000 05f00000 64000000 04000000')],
    [TO_SERVER, amsPacket(851, 9, false, 4, '82f00000 01000000 10000000 15000000 03f00000 00000000 04000000 05000000 4d41494e00')],
    [TO_SERVER, amsPacket(851, 9, false, 5, '82f00000 01000000 10000000 14000000 20400000 00000000 04000000 04000000 01000000')],
    [TO_SERVER, amsPacket(851, 9, false, 6, '81f00000 01000000 04000000 10000000 06f00000 00000000 04000000 64000000')],
    [TO_SERVER, amsPacket(851, 9, false, 7, '05f00000 65000000 02000000 00000000')],
    [TO_SERVER, amsPacket(851, 9, false, 8, '20400000 00000000 04000000 04000000 01000000')],
    [TO_SERVER, amsPacket(851, 3, false, 9, '06f00000 00000000 04000000 64000000')],
    [TO_SERVER, amsPacket(851, 3, false, 10, '05f00000 64000000 04000000 01000000')],
    [TO_CLIENT, amsPacket(851, 3, true, 10, '01070000')],
    [TO_CLIENT, amsPacket(851, 9, true, 99, '00000000 04000000 64000000')],
    [TO_SERVER, amsPacket(10000, 9, false, 11, '78000000 12000000 04000000 02000000 6200')],
    [TO_SERVER, amsPacket(10000, 3, false, 12, 'b0040000 00000000 04000000 02000000')],
  ],
  [
    'Get Symbol Handle/browse/request',
    'Get Symbol Handle/browse/response',
    'Get Symbol Handle/browse/error 1808',
    'Sum Read/read/request',
    'Sum Symbol Handles/browse/request',
    'Sum Read Write/write/request',
    'Call Method/control/request',
    'Read Write/write/request',
    'Release Symbol Handle/browse/request',
    'Write/write/request',
    'Write/write/error 1793',
    'File Open/program/request',
    'System Service/program/request',
  ],
  ['plc 1', 'system service'],
];
