/**
 * Captures of a few frames, each with one trap that analyzers are known to fall into. In: nothing. Out: file name, bytes,
 * and the note for samples/traps/README.md that says what is in it and what a right reading is.
 */
import { pcap, pcapng } from './capture-file.ts';
import type { CapturedFrame, PcapOptions } from './capture-file.ts';
import { ETHERTYPE, concatBytes, ethernet, hex, ipBytes } from './frames.ts';
import type { VlanTag } from './frames.ts';
import { modbusAdu, readIdentification, readRegisters, refused, writeRegister, writeRegisters } from './modbus-pdu.ts';
import type { Exchange } from './modbus-pdu.ts';
import { FIRST_MIDNIGHT_NS, PLANT } from './plant.ts';
import { createRandom } from './random.ts';
import { createTcpSession } from './tcp-session.ts';
import type { TcpSession } from './tcp-session.ts';
import { createTimeline, DAY, MS, SECOND } from './timeline.ts';
import type { Timeline } from './timeline.ts';
import { runOpcua } from './opcua-sessions.ts';

export interface Trap {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What the file holds. */
  readonly holds: string;
  /** What a right reading finds. */
  readonly finds: string;
}

const LITTLE_US: PcapOptions = { isLittle: true, isNanosecond: false, linkType: 1, snapLength: 262_144 };
const LINKTYPE_RAW = 101;
const SEED = 7;

const everything = (timeline: Timeline): readonly CapturedFrame[] => timeline.frames(0, 11 * DAY);

/** Frames of a scene between HMI-A and PLC-A1 (Modbus server on `port`). */
function scene(play: (session: TcpSession, timeline: Timeline) => void, port = 502, clientPort = 49200): readonly CapturedFrame[] {
  const timeline = createTimeline(FIRST_MIDNIGHT_NS);
  play(createTcpSession(timeline, PLANT.hmiA, PLANT.plcA, clientPort, port, 1000), timeline);
  return everything(timeline);
}

const requestOf = (transaction: number, exchange: Exchange, unit = 1): Uint8Array => modbusAdu(transaction, unit, exchange.request);
const responseOf = (transaction: number, exchange: Exchange, unit = 1): Uint8Array => modbusAdu(transaction, unit, exchange.response);

const READ = readRegisters(3, 0, 10, 1);

/** `count` reads, one every 100 ms from `fromNs` on. */
function reads(session: TcpSession, count: number, fromNs = 10 * MS, firstTransaction = 1): void {
  for (let i = 0; i < count; i++) session.exchange(fromNs + i * 100 * MS, requestOf(firstTransaction + i, READ), responseOf(firstTransaction + i, READ), 4 * MS);
}

const opened = (play: (session: TcpSession, timeline: Timeline) => void, port = 502, clientPort = 49200): readonly CapturedFrame[] =>
  scene((session, timeline) => {
    session.open(0);
    play(session, timeline);
  }, port, clientPort);

const withTags = (frames: readonly CapturedFrame[], tags: readonly VlanTag[]): readonly CapturedFrame[] =>
  frames.map((frame) => ({
    ...frame,
    bytes: concatBytes(frame.bytes.subarray(0, 12), ethernet('', '', 0, new Uint8Array(0), tags).subarray(0, tags.length * 4), frame.bytes.subarray(12)),
  }));

const cutTo = (frames: readonly CapturedFrame[], snapLength: number): readonly CapturedFrame[] =>
  frames.map((frame) => ({ ...frame, bytes: frame.bytes.subarray(0, snapLength), wireBytes: frame.bytes.length }));

const onlyFrom = (frames: readonly CapturedFrame[], ip: string): readonly CapturedFrame[] => {
  const wanted = ipBytes(ip).join();
  return frames.filter((frame) => frame.bytes.subarray(26, 30).join() === wanted);
};

/** A zstd frame that holds its content uncompressed (RFC 8878 clauses 3.1.1.1 and 3.1.1.2.2): the same on every machine. */
function zstdStored(content: Uint8Array): Uint8Array {
  const size = (value: number, bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => (value >>> (8 * i)) & 0xff);
  return concatBytes(hex('28b52ffd a0'), size(content.length, 4), size((content.length << 3) | 1, 3), content);
}

const trap = (name: string, bytes: Uint8Array, holds: string, finds: string): Trap => ({ name, bytes, holds, finds });
const classic = (name: string, frames: readonly CapturedFrame[], holds: string, finds: string): Trap => trap(name, pcap(LITTLE_US, frames), holds, finds);

const streamTraps = (): readonly Trap[] => [
  classic('pipelined.pcap', opened((session) => {
    const writes = [READ, writeRegister(100, 7), readRegisters(4, 20, 4, 1)];
    session.exchange(10 * MS, concatBytes(...writes.map((exchange, i) => requestOf(i + 1, exchange))), concatBytes(...writes.map((exchange, i) => responseOf(i + 1, exchange))), 5 * MS);
  }), 'Three requests in one segment, three answers in one.', 'FC 3, 6 and 4 once each; the write in the middle is not hidden.'),
  classic('split.pcap', opened((session) => {
    session.sendSplit(10 * MS, true, requestOf(1, READ), [1, 6, 8], 2 * MS);
    session.sendSplit(30 * MS, false, responseOf(1, READ), [3, 9, 20], 2 * MS);
  }), 'One request in four segments (cut inside the header), its answer in four.', 'FC 3 once, answered.'),
  classic('retransmission.pcap', opened((session) => {
    reads(session, 2);
    session.retransmit(120 * MS, true);
    session.retransmit(130 * MS, false);
    reads(session, 1, 220 * MS, 3);
  }), 'Three reads; the second request and its answer are sent twice.', 'FC 3 three times, not four; all packets counted.'),
  classic('out-of-order.pcap', opened((session) => {
    session.send(10 * MS, true, requestOf(1, READ));
    session.sendReordered(14 * MS, false, responseOf(1, READ), 11);
    session.acknowledge(16 * MS, true);
    reads(session, 1, 100 * MS, 2);
  }), 'The second half of an answer arrives before the first.', 'FC 3 twice, both answered, nothing malformed.'),
  classic('midstream.pcap', scene((session) => reads(session, 5)), 'Five reads of a connection that was opened before the capture.', 'Client 10.20.7.31, server 10.20.4.17, by protocol.'),
  classic('midstream-high-port.pcap', scene((session) => reads(session, 5), 50_200, 1100), 'As before, but the server listens on 50200 and the client uses port 1100.', 'Server 10.20.4.17:50200 by its bytes; ports alone would say the opposite.'),
  classic('one-directional.pcap', onlyFrom(opened((session) => reads(session, 5)), PLANT.plcA.ip), 'Only the frames from the controller (a mirror of one direction).', 'Five answers of FC 3, no request; the server is still 10.20.4.17.'),
  classic('lost-segment.pcap', opened((session) => {
    session.sendSplit(10 * MS, true, requestOf(1, READ), [5], MS);
    session.send(20 * MS, false, responseOf(1, READ));
    reads(session, 3, 100 * MS, 2);
  }).filter((_, i) => i !== 4), 'The second half of the first request was not captured.', 'One gap counted; the three reads after it are read.'),
  classic('bad-pdu.pcap', opened((session) => {
    reads(session, 1);
    session.send(60 * MS, true, hex('0002 0000 ffff 01 03 0000 0001'));
    reads(session, 2, 100 * MS, 3);
  }), 'A request whose header announces 65535 octets, between good ones.', 'One malformed message counted; three reads, the session is not blind after it.'),
  classic('keepalive.pcap', opened((session) => {
    reads(session, 1);
    session.keepalive(5 * SECOND);
    session.keepalive(10 * SECOND);
    reads(session, 1, 12 * SECOND, 2);
    session.close(13 * SECOND);
  }), 'Keepalive probes with one garbage octet between two reads.', 'FC 3 twice; the octet before the window is not data.'),
  classic('reset.pcap', scene((session, timeline) => {
    session.refuse(0);
    const second = createTcpSession(timeline, PLANT.hmiA, PLANT.plcA, 49201, 502, 5000);
    second.open(SECOND);
    reads(second, 1, SECOND + 10 * MS);
    second.reset(2 * SECOND, true);
  }), 'A refused connection, then one that the client resets.', 'Two sessions, one answered.'),
];

const protocolTraps = (): readonly Trap[] => [
  classic('exceptions.pcap', opened((session) => {
    const exchanges = [refused(READ, 2), refused(writeRegisters(0, 2, 1), 1), refused(readRegisters(4, 9000, 1, 1), 11)];
    exchanges.forEach((exchange, i) => session.exchange(10 * MS + i * 100 * MS, requestOf(i + 1, exchange, 9), responseOf(i + 1, exchange, 9), 5 * MS));
  }), 'Three requests to unit 9, refused with exception codes 2, 1 and 11.', 'FC 3, 16 and 4 with one error each; the function code is the one asked for.'),
  classic('identification.pcap', opened((session) => {
    const exchange = readIdentification('Schneider Electric', 'BMX P34 2020', 'v3.20');
    session.exchange(10 * MS, requestOf(1, exchange, 255), responseOf(1, exchange, 255), 5 * MS);
  }), 'Modbus FC 43/14, read device identification.', 'Vendor, product and revision of 10.20.4.17.'),
  classic('modbus-port-5020.pcap', opened((session) => reads(session, 3), 5020), 'Modbus on port 5020.', 'Modbus by probe.'),
  classic('not-modbus-port-502.pcap', opened((session) => {
    session.exchange(10 * MS, Uint8Array.from('GET / HTTP/1.1\r\nHost: plc\r\n\r\n', (char) => char.charCodeAt(0)), Uint8Array.from('HTTP/1.1 404 Not Found\r\n\r\n', (char) => char.charCodeAt(0)), 5 * MS);
  }), 'HTTP on port 502.', 'Not Modbus: no operation, no function code.'),
  trap('opcua-none.pcapng', (() => {
    const timeline = createTimeline(FIRST_MIDNIGHT_NS);
    runOpcua(timeline, { client: PLANT.hmiC, server: PLANT.plcC, serverName: 'plc-c1', isSecure: false, kind: 'read', periodNs: 4 * SECOND, firstDay: 0, lastDay: 0 }, 49300, createRandom(SEED));
    return pcapng({ comment: 'OPC UA without security', interfaces: [{ name: 'span0', description: '', linkType: 1, snapLength: 262_144 }], frames: everything(timeline) });
  })(), 'One OPC UA session without security, set up to close, with reads and one write.', 'Policy None, mode None; GetEndpoints, CreateSession, ActivateSession, Browse, Read, Write, CloseSession.'),
  classic('hostile-names.pcap', scene((_, timeline) => {
    timeline.lldp(0, PLANT.switch1, { portName: '\u001b[2J', systemName: '<script>alert(1)</script>', description: 'a\u0007\u001b]0;owned\u0007\r\n=cmd|/c calc!A0' });
  }), 'LLDP names with terminal control codes, HTML and a spreadsheet formula.', 'Stored as they are; no output lets them act.'),
];

const containerTraps = (): readonly Trap[] => {
  const frames = opened((session) => reads(session, 5));
  const whole = pcap(LITTLE_US, frames);
  const ethernetInterface = { name: 'span0', description: '', linkType: 1, snapLength: 262_144 };
  const backwards = frames.map((frame, i) => (i === 6 ? { ...frame, timeNs: frame.timeNs - 3_600_000_000_000n } : frame));
  const lying = whole.slice();
  lying.set(hex('ffffff7f'), 24 + (16 + frames[0]!.bytes.length) * 2 + 8);
  return [
    classic('vlan.pcap', withTags(frames, [{ etherType: ETHERTYPE.vlan, id: 20 }]), 'Five reads with one 802.1Q tag.', 'VLAN 20.'),
    classic('qinq.pcap', withTags(frames, [{ etherType: ETHERTYPE.serviceVlan, id: 300 }, { etherType: ETHERTYPE.vlan, id: 20 }]), 'Five reads with a service tag 300 and a customer tag 20 (802.1ad).', 'Five reads of FC 3; outermost VLAN 300.'),
    classic('span-duplicates.pcap', frames.flatMap((frame) => [frame, { ...frame, timeNs: frame.timeNs + 9000n }]), 'Every frame twice, 9 µs apart, as a mirror of both directions of a trunk gives it.', 'FC 3 five times, not ten; all packets counted.'),
    classic('snap-length.pcap', cutTo(frames, 64), 'Frames cut to 64 octets.', 'Octets on the wire are counted in full, cut frames are counted; what is missing is not called malformed.'),
    classic('time-backwards.pcap', backwards, 'One frame is stamped an hour earlier.', 'Counted; no negative duration.'),
    trap('big-endian-nanoseconds.pcap', pcap({ ...LITTLE_US, isLittle: false, isNanosecond: true }, frames), 'Big-endian pcap with nanoseconds.', 'The same five reads, times exact.'),
    trap('both-endians.pcapng', concatBytes(
      pcapng({ comment: 'first section', interfaces: [ethernetInterface], frames: frames.slice(0, 6) }),
      pcapng({ comment: 'second section', interfaces: [ethernetInterface], frames: frames.slice(6), isLittle: false }),
    ), 'Two pcapng sections in one file, the second in the other byte order.', 'The same five reads over the seam.'),
    trap('two-link-types.pcapng', pcapng({
      comment: 'Ethernet and raw IP', interfaces: [ethernetInterface, { name: 'tun0', description: '', linkType: LINKTYPE_RAW, snapLength: 262_144 }],
      frames: frames.map((frame, i) => (i % 2 === 0 ? frame : { ...frame, interfaceId: 1, bytes: frame.bytes.subarray(14) })),
    }), 'Frames alternate between an Ethernet and a raw IP interface.', 'The same conversation.'),
    trap('truncated.pcap', whole.subarray(0, whole.length - 20), 'The file ends inside its last record.', 'All frames but the last; end named "truncated".'),
    trap('corrupt-length.pcap', lying, 'The third record announces two gigabytes.', 'Two frames and what resynchronising finds; end named "corrupt".'),
    trap('stored.pcap.zst', zstdStored(whole), 'pcap inside zstd.', 'The same five reads.'),
    trap('empty.pcap', pcap(LITTLE_US, []), 'A header and no frame.', 'Complete, nothing in it.'),
  ];
};

/** Compressed by the caller, because the compressor's bytes differ between machines. */
export const gzipTrap = (): Trap =>
  trap('compressed.pcap.gz', pcap(LITTLE_US, opened((session) => reads(session, 5))), 'pcap inside gzip.', 'The same five reads.');

export const traps = (): readonly Trap[] => [...streamTraps(), ...protocolTraps(), ...containerTraps()];

export function trapsReadme(list: readonly Trap[]): string {
  const rows = list.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((item) => `| \`${item.name}\` | ${item.holds} | ${item.finds} |`);
  return [
    '# Traps', '',
    'Captures of a few frames, each with one thing that goes wrong easily. All are written by `samples/gen/traps.ts`; the hosts are those of the sample plant.',
    'Unless said otherwise a file holds five Modbus reads (FC 3, registers 0 to 9) of HMI-A (10.20.7.31) from PLC-A1 (10.20.4.17).', '',
    '| file | holds | a right reading finds |', '| --- | --- | --- |', ...rows, '',
  ].join('\n');
}
