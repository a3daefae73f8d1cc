/**
 * Beckhoff ADS over AMS/TCP (TwinCAT, port 48898; Beckhoff Information System, "AMS/TCP packet", "ADS Commands"). In: AMS packets. Out:
 * ADS commands, told apart by the index groups that say what they are for (ads-index-groups.ts), with their errors, and the ports that are
 * addressed on the target. Left out on purpose: index offsets and data.
 */
import type { Access } from '../../observation.ts';
import { groupAsked, purposeOf, READ_WRITE } from './ads-index-groups.ts';
import { framedProtocol } from './framing.ts';
import { rememberRequest, takeRequest } from './outstanding.ts';
import { MESSAGE } from './protocol.ts';

const TCP_HEADER = 6;
const AMS_HEADER = 32;
const AT = { length: 2, targetPort: 6 + 6, sourcePort: 6 + 14, command: 6 + 16, state: 6 + 18, dataLength: 6 + 20, error: 6 + 24, invokeId: 6 + 28, data: 6 + 32 } as const;
/** An answer begins with the device's result; where the packet found no way to it, the header has an error, and nothing follows. */
const RESULT_OCTETS = 4;
const STATE = { isResponse: 1, isCommand: 4, known: 0x00ff } as const;
const LARGEST = 16 * 1024 * 1024;

const COMMANDS = new Map<number, readonly [string, Access]>([
  [0, ['Invalid', 'diagnose']],
  [1, ['Read Device Info', 'browse']],
  [2, ['Read', 'read']],
  [3, ['Write', 'write']],
  [4, ['Read State', 'diagnose']],
  [5, ['Write Control', 'control']],
  [6, ['Add Device Notification', 'read']],
  [7, ['Delete Device Notification', 'read']],
  [8, ['Device Notification', 'read']],
  [READ_WRITE, ['Read Write', 'write']],
]);
const NOTIFICATION = 8;
/** Well-known AMS ports: what on the controller is addressed. */
const AMS_PORTS = new Map([
  [100, 'logger'],
  [300, 'io'],
  [500, 'nc'],
  [801, 'plc 1'],
  [811, 'plc 2'],
  [851, 'plc 1'],
  [852, 'plc 2'],
  [10000, 'system service'],
]);

const PORT = 48898;

export const ADS = framedProtocol({
  name: 'ads',
  ports: [PORT],
  firstOctets: [0],
  header: TCP_HEADER + AMS_HEADER,
  readsCut: true,
  maxCarry: 8192,
  size(_bytes, view, at) {
    const length = view.getUint32(at + AT.length, true);
    if (view.getUint16(at, true) !== 0 || length < AMS_HEADER || length > LARGEST) return -1;
    const hasCommand = COMMANDS.has(view.getUint16(at + AT.command, true)) && (view.getUint16(at + AT.state, true) & STATE.isCommand) !== 0 && view.getUint16(at + AT.state, true) <= STATE.known;
    return hasCommand && view.getUint32(at + AT.dataLength, true) + AMS_HEADER === length ? TCP_HEADER + length : -1;
  },
  newMemory: () => ({ outstanding: [] }),
  message(_bytes, view, at, end, _direction, memory, sink) {
    const command = view.getUint16(at + AT.command, true);
    const isResponse = (view.getUint16(at + AT.state, true) & STATE.isResponse) !== 0;
    if (command === NOTIFICATION) {
      sink.serverIs(true);
      return sink.operation(-1, command, MESSAGE.response, 0);
    }
    const length = view.getUint32(at + AT.dataLength, true);
    const outstanding = memory.outstanding as number[];
    // Each port of a router numbers its own requests.
    const requester = (view.getUint16(at + (isResponse ? AT.targetPort : AT.sourcePort), true) << 16) ^ view.getUint32(at + AT.invokeId, true);
    if (isResponse) {
      const hasResult = length >= RESULT_OCTETS;
      if (hasResult && at + AT.data + RESULT_OCTETS > end) return sink.beyondCut();
      const error = view.getUint32(at + AT.error, true) || (hasResult ? view.getUint32(at + AT.data, true) : 0);
      const asked = takeRequest(outstanding, requester);
      sink.serverIs(true);
      // What a Read Write was for, its request alone tells: mostly nothing that writes.
      if (asked < 0 && command === READ_WRITE) return;
      return sink.operation(-1, asked < 0 ? command : asked, error === 0 ? MESSAGE.response : MESSAGE.error, error);
    }
    const port = view.getUint16(at + AT.targetPort, true);
    const code = groupAsked(view, at + AT.data, Math.min(end, at + AT.data + length), sink.isCut, command, port);
    if (code < 0) return sink.beyondCut();
    rememberRequest(outstanding, requester, code);
    sink.serverIs(false);
    sink.operation(-1, code, MESSAGE.request, 0);
    sink.target(AMS_PORTS.get(port) ?? `ams port ${port}`);
  },
  describe(code) {
    const known = COMMANDS.get(code) ?? purposeOf(code);
    return known === undefined ? { name: `Command ${code}`, access: 'write' } : { name: known[0], access: known[1] };
  },
});
