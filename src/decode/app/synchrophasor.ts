/**
 * Synchrophasors (IEEE C37.118.2-2011), TCP 4712 and UDP 4713: what phasor measurement units send to those who collect it. In: frames. Out:
 * commands, the frames that answer them and the data that follow, by the unit's number, and the first station's name. Left out on
 * purpose: phasors, channels, and the other stations of a collector.
 */
import type { Access } from '../../observation.ts';
import { isCcittRight } from './crc16.ts';
import { asciiText, framedProtocol } from './framing.ts';
import type { ProtocolSink, StreamProtocol } from './protocol.ts';
import { MESSAGE, PROBE } from './protocol.ts';

/** Sync and kind, size, number of the unit, time (8), then what the kind has, and a CRC (clause 6.2). */
const AT = Object.freeze({ kind: 1, size: 2, unit: 4, body: 14 } as const);
const SYNC = 0xaa;
const CRC_OCTETS = 2;
const KIND = Object.freeze({ data: 0, header: 1, configuration1: 2, configuration2: 3, command: 4, configuration3: 5 } as const);
const VERSIONS = new Set([1, 2]);
/** Octets behind the time: time base and number of units, and in the third configuration a running number before them. */
const STATION_AT: ReadonlyMap<number, number> = new Map([[KIND.configuration1, AT.body + 6], [KIND.configuration2, AT.body + 6], [KIND.configuration3, AT.body + 8]]);
const STATION_OCTETS = 16;

/** Data are a code of ours beside the commands of clause 6.6. */
const DATA = 0;
const COMMANDS: ReadonlyMap<number, readonly [string, Access]> = new Map([
  [DATA, ['Data', 'read']],
  [1, ['Turn Off Transmission', 'read']],
  [2, ['Turn On Transmission', 'read']],
  [3, ['Send Header', 'browse']],
  [4, ['Send Configuration 1', 'browse']],
  [5, ['Send Configuration 2', 'browse']],
  [6, ['Send Configuration 3', 'browse']],
  [8, ['Extended Frame', 'control']],
]);
/** What a frame of this kind was asked for with; units send data, and configurations that changed, unasked as well. */
const ASKED_WITH: Readonly<Record<number, number>> = { [KIND.data]: DATA, [KIND.header]: 3, [KIND.configuration1]: 4, [KIND.configuration2]: 5, [KIND.configuration3]: 6 };

/** The first station's name: sixteen octets, or as many as the octet before them says. */
function tellStation(bytes: Uint8Array, at: number, end: number, kind: number, sink: ProtocolSink): void {
  const name = STATION_AT.get(kind);
  if (name === undefined) return;
  const from = kind === KIND.configuration3 ? at + name + 1 : at + name;
  const to = from + (kind === KIND.configuration3 ? bytes[from - 1] : STATION_OCTETS);
  if (to > end) return sink.isCut ? sink.beyondCut() : undefined;
  const text = asciiText(bytes, from, to).trim();
  if (text !== '') sink.serverFact('synchrophasor.station', text);
}

const synchrophasor = (port: number): StreamProtocol => framedProtocol({
  name: 'synchrophasor',
  ports: [port],
  firstOctets: [SYNC],
  header: AT.body + CRC_OCTETS,
  readsCut: true,
  maxCarry: 0xffff,
  size(bytes, view, at, to) {
    const octets = view.getUint16(at + AT.size);
    if (bytes[at] !== SYNC || bytes[at + AT.kind] >> 4 > KIND.configuration3 || !VERSIONS.has(bytes[at + AT.kind] & 0xf) || octets < AT.body + CRC_OCTETS) return -1;
    return at + octets <= to && !isCcittRight(bytes, at, at + octets - CRC_OCTETS) ? -1 : octets;
  },
  isCertain: (_bytes, view, at, to) => (at + view.getUint16(at + AT.size) <= to ? PROBE.certain : PROBE.unsure),
  message(bytes, view, at, end, _direction, _memory, sink) {
    const kind = bytes[at + AT.kind] >> 4;
    sink.serverIs(kind !== KIND.command);
    if (kind !== KIND.command) {
      sink.operation(-1, ASKED_WITH[kind], MESSAGE.response, 0);
      return tellStation(bytes, at, end, kind, sink);
    }
    if (at + AT.body + 2 > end) return sink.beyondCut();
    sink.operation(-1, view.getUint16(at + AT.body), MESSAGE.request, 0);
    sink.target(`unit ${view.getUint16(at + AT.unit)}`);
  },
  describe(code) {
    const known = COMMANDS.get(code);
    return known === undefined ? { name: `Command ${code}`, access: 'control' } : { name: known[0], access: known[1] };
  },
});

export const SYNCHROPHASOR_TCP = synchrophasor(4712);
export const SYNCHROPHASOR_UDP = synchrophasor(4713);
