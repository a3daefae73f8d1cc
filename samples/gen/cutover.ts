/**
 * Two days before and two days after a cut-over, as one mirror port hears them: a flat network, and the same with a firewall
 * that enforces samples/cutover.yaml. In: nothing. Out: two captures. What the firewall does right and wrong is planted:
 * samples/README.md lists it. Each hour holds a few polls, so that the files stay small.
 */
import { pcapng } from './capture-file.ts';
import { ascii, tcpPacket, TCP_FLAG, unreachablePacket } from './frames.ts';
import { modbusAdu, readRegisters, writeRegister } from './modbus-pdu.ts';
import { createTcpSession, type TcpSession } from './tcp-session.ts';
import { createTimeline, DAY, HOUR, MINUTE, MS, SECOND, type Host, type Timeline } from './timeline.ts';

/** Monday 4 May 2026, 00:00 UTC: the days before; the cut-over is on Wednesday at midnight. */
const MIDNIGHT_NS = 1_777_852_800_000_000_000n;
const CUTOVER = 2 * DAY;

const host = (name: string, ip: string, mac: string): Host => ({ name, ip, mac, isFieldSide: false, ttl: 64 });
const PLC_1 = host('PLC-1', '10.20.0.11', '00:80:f4:20:00:11');
const PLC_2 = host('PLC-2', '10.20.0.12', '00:80:f4:20:00:12');
const HMI = host('HMI-1', '10.20.0.30', 'c4:00:ad:20:00:30');
const HIST = host('HIST', '10.30.0.20', '00:50:56:30:00:20');
const GATEWAY_IN = host('DD-TX', '10.30.0.100', '00:0c:02:30:01:00');
const GATEWAY_OUT = host('DD-RX', '10.40.0.100', '00:0c:02:40:01:00');
const REPLICA = host('REPLICA', '10.40.0.20', '00:50:56:40:00:20');
const OFFICE = host('PC-1', '10.50.0.7', '18:60:24:50:00:07');
const FIREWALL = host('FW', '10.30.0.1', '00:1b:0c:30:00:01');

const MODBUS = 502;
const SMB = 445;
const PI = 5450;
/** From the sending to the receiving side of the diode. */
const DIODE_DELAY = 120 * MS;

interface Scene {
  readonly timeline: Timeline;
  /** A session of its own, with a client port that nobody else has. */
  session(client: Host, server: Host, port: number): TcpSession;
}

function createScene(firstPort: number): Scene {
  const timeline = createTimeline(MIDNIGHT_NS);
  let clientPort = firstPort;
  return { timeline, session: (client, server, port) => createTcpSession(timeline, client, server, clientPort++, port, clientPort * 7919) };
}

const readOf = (transaction: number, start: number): readonly [Uint8Array, Uint8Array] => {
  const exchange = readRegisters(3, start, 10, transaction);
  return [modbusAdu(transaction, 1, exchange.request), modbusAdu(transaction, 1, exchange.response)];
};

/** Two polls, one connection. */
function poll(scene: Scene, at: number, client: Host, server: Host): void {
  const session = scene.session(client, server, MODBUS);
  const from = session.open(at);
  session.exchange(from + SECOND, ...readOf(1, 0), 4 * MS, true);
  session.exchange(from + 2 * SECOND, ...readOf(2, 10), 5 * MS, true);
  session.close(from + 3 * SECOND);
}

/** A SYN and its repetitions (1, 3 and 7 seconds later); what a firewall that drops leaves of a session. */
function knock({ timeline }: Scene, at: number, client: Host, server: Host, fromPort: number, port: number, reply: 'none' | 'icmp'): void {
  for (const wait of reply === 'none' ? [0, 1, 3, 7] : [0]) timeline.tcp(at + wait * SECOND, client, server, { fromPort, toPort: port, sequence: fromPort * 31, acknowledge: 0, flags: TCP_FLAG.syn }, new Uint8Array(0));
}

/** One batch of samples: in at the sending gateway, out at the receiving one. */
function replicate(scene: Scene, at: number): void {
  for (const [delay, client, server] of [[0, HIST, GATEWAY_IN], [DIODE_DELAY, GATEWAY_OUT, REPLICA]] as const) {
    const session = scene.session(client, server, PI);
    const from = session.open(at + delay);
    session.exchange(from + 10 * MS, ascii('samples of one batch'), ascii('ok'), 3 * MS, true);
    session.close(from + SECOND);
  }
}

/** Hourly, in both periods: what belongs to the plant whatever the firewall does. */
function everyHour(scene: Scene, hour: number): void {
  const at = hour * HOUR;
  poll(scene, at + MINUTE, HIST, PLC_1);
  poll(scene, at + 2 * MINUTE, HMI, PLC_1);
  poll(scene, at + 3 * MINUTE, HMI, PLC_2);
  replicate(scene, at + 10 * MINUTE);
}

function before(): Scene {
  const scene = createScene(49_152);
  for (let hour = 0; hour < 48; hour++) {
    everyHour(scene, hour);
    poll(scene, hour * HOUR + 4 * MINUTE, HIST, PLC_2);
    if (hour % 12 === 9) poll(scene, hour * HOUR + 20 * MINUTE, OFFICE, PLC_1);
  }
  const session = scene.session(HIST, PLC_1, MODBUS);
  const from = session.open(33 * HOUR + 30 * MINUTE);
  const write = writeRegister(40, 1);
  session.exchange(from + SECOND, modbusAdu(1, 1, write.request), modbusAdu(1, 1, write.response), 6 * MS, true);
  session.close(from + 2 * SECOND);
  return scene;
}

function after(): Scene {
  const scene = createScene(56_000);
  const { timeline } = scene;
  for (let hour = 48; hour < 96; hour++) {
    everyHour(scene, hour);
    // The rule names one controller and should name two: every poll of the other is dropped.
    knock(scene, hour * HOUR + 4 * MINUTE, HIST, PLC_2, 40_000 + hour, MODBUS, 'none');
    if (hour % 12 === 9) knock(scene, hour * HOUR + 20 * MINUTE, OFFICE, PLC_1, 41_000 + hour, MODBUS, 'icmp');
  }
  // The inspection drops a write; the historian repeats it, and the firewall resets the session.
  const session = scene.session(HIST, PLC_1, MODBUS);
  const from = session.open(81 * HOUR + 30 * MINUTE);
  session.send(from + SECOND, true, modbusAdu(1, 1, writeRegister(40, 1).request));
  for (const wait of [0.3, 0.9, 2.1]) session.retransmit(from + SECOND + wait * SECOND, true);
  session.reset(from + 4 * SECOND, false);
  // An old rule of the file share was left in.
  const share = scene.session(OFFICE, HIST, SMB);
  const opened = share.open(70 * HOUR + 5 * MINUTE);
  share.exchange(opened + MS, ascii('\u0000\u0000\u0000\u0024\u00feSMB'), ascii('\u0000\u0000\u0000\u0024\u00feSMB'), 2 * MS, true);
  share.close(opened + SECOND);
  for (let hour = 48; hour < 96; hour++) {
    if (hour % 12 !== 9) continue;
    const quoted = tcpPacket({ from: OFFICE.ip, to: PLC_1.ip, id: 1, ttl: 63 }, { fromPort: 41_000 + hour, toPort: MODBUS, sequence: (41_000 + hour) * 31, acknowledge: 0, flags: TCP_FLAG.syn }, new Uint8Array(0));
    timeline.raw(hour * HOUR + 20 * MINUTE + MS, FIREWALL, OFFICE, unreachablePacket({ from: FIREWALL.ip, to: OFFICE.ip, id: hour, ttl: 64 }, 13, quoted));
  }
  return scene;
}

export function cutoverCaptures(): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  const file = ({ timeline }: Scene, from: number, to: number, comment: string): Uint8Array => pcapng({
    comment,
    interfaces: [{ name: 'span0', description: 'not used', linkType: 1, snapLength: 65_535 }, { name: 'trunk0', description: 'mirror of the firewall and the core', linkType: 1, snapLength: 65_535 }],
    frames: timeline.frames(from, to),
  });
  return [
    { name: 'before.pcapng', bytes: file(before(), 0, CUTOVER, 'two days before the cut-over') },
    { name: 'after.pcapng', bytes: file(after(), CUTOVER, 2 * CUTOVER, 'two days after the cut-over') },
  ];
}
