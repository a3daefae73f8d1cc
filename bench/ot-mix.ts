/**
 * The OT mix: what a plant's SPAN port shows, as classic pcap octets, the same for the same number of packets.
 * 300 hosts, 2,014 conversations, about 24,000 (conversation, unit, function) entries that poll steady register blocks;
 * 70 % Modbus/TCP, 15 % OPC UA (a third of it secured), the rest TCP, UDP, IPv6, ARP and PROFINET; 11 % tagged, mean about
 * 158 octets, 10,000 packets/s. Now and then an exception, a pipelined request, a split or repeated segment.
 */
import { createPcapSink, type PcapSink } from './pcap-sink.ts';

const MODBUS_SESSIONS = 1338;
const OPCUA_SESSIONS = 200;
const OTHER_TCP = 142;
const UDP_TALKS = 250;
const IPV6_TALKS = 40;
const LINK_TALKS = 44;
const UNITS = 6;
const FUNCTIONS_PER_UNIT = 3;
const POLLS = UNITS * FUNCTIONS_PER_UNIT;
/** Answers that are out at the same time: a plant's sessions interleave. */
const OUTSTANDING = 16;
const STEP_US = 100;
const START_US = 1_700_000_000 * 1_000_000;

const ACK = 0x10;
const PUSH = 0x18;
const SYN = 0x02;

interface Session {
  readonly head: Uint8Array;
  readonly answerHead: Uint8Array;
  client: number;
  server: number;
  transaction: number;
  next: number;
  readonly secured: boolean;
}

/** A linear congruential generator (Numerical Recipes): the captures must be the same everywhere. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

function ipv4Head(from: number, to: number, vlan: number, protocol: number, sourcePort: number, destinationPort: number): Uint8Array {
  const head = new Uint8Array((vlan < 0 ? 14 : 18) + 20 + (protocol === 6 ? 20 : 8));
  const view = new DataView(head.buffer);
  const macs = [0x00, 0x1d, 0x9c, 0, to >> 8, to & 255, 0x00, 0x1d, 0x9c, 0, from >> 8, from & 255];
  head.set(macs);
  let at = 12;
  if (vlan >= 0) {
    view.setUint32(at, 0x81000000 | vlan);
    at += 4;
  }
  view.setUint16(at, 0x0800);
  const ip = at + 2;
  view.setUint8(ip, 0x45);
  view.setUint16(ip + 6, 0x4000);
  view.setUint8(ip + 8, 64);
  view.setUint8(ip + 9, protocol);
  view.setUint32(ip + 12, 0x0a140000 + from);
  view.setUint32(ip + 16, 0x0a140000 + to);
  view.setUint16(ip + 20, sourcePort);
  view.setUint16(ip + 22, destinationPort);
  if (protocol === 6) {
    view.setUint8(ip + 32, 0x50);
    view.setUint16(ip + 34, 8192);
  }
  return head;
}

/** Writes `packets` frames of the mix to the descriptor. */
export function writeOtMix(descriptor: number, packets: number): void {
  const random = createRandom(20_240_601);
  const sink = createPcapSink(descriptor, packets);
  const payload = new Uint8Array(2048);
  const body = new DataView(payload.buffer);
  let timeUs = START_US;

  const session = (client: number, server: number, port: number, transport: number, secured = false): Session => {
    const vlan = random(100) < 11 ? 10 + random(5) : -1;
    const dialled = 49152 + random(16000);
    return {
      head: ipv4Head(client, server, vlan, transport, dialled, port),
      answerHead: ipv4Head(server, client, vlan, transport, port, dialled),
      client: random(2 ** 31),
      server: random(2 ** 31),
      transaction: 0,
      next: 0,
      secured,
    };
  };
  const many = (count: number, make: (i: number) => Session): Session[] => Array.from({ length: count }, (_, i) => make(i));
  // Host numbers: 0-59 stations, 60-239 controllers, 240-259 servers, 260-299 office. No pair of stations and ports twice.
  const modbus = many(MODBUS_SESSIONS, (i) => session(i % 60, 60 + ((i * 7 + Math.floor(i / 60)) % 180), 502, 6));
  const opcua = many(OPCUA_SESSIONS, (i) => session(i % 60, 240 + (Math.floor(i / 60) % 20), 4840, 6, i % 3 === 0));
  const tcp = many(OTHER_TCP, (i) => session(260 + (i % 40), 240 + (i % 17), [443, 445, 80, 3389, 22][i % 5], 6));
  const udp = many(UDP_TALKS, (i) => session(i % 250, 250 + (i % 13), [53, 123, 161, 514, 34964][i % 5], 17));

  /** One TCP segment (or UDP datagram) of `length` octets of `payload`; `bodyFrom` is where they begin there. */
  const send = (one: Session, answer: boolean, flags: number, length: number, bodyFrom = 0): void => {
    const head = answer ? one.answerHead : one.head;
    const ip = head[12] === 0x81 ? 18 : 14;
    timeUs += STEP_US;
    const at = sink.frame(timeUs, head, payload, bodyFrom, length);
    sink.view.setUint16(at + ip + 2, head.length - ip + length);
    if (head[ip + 9] === 17) {
      sink.view.setUint16(at + ip + 24, 8 + length);
      return;
    }
    sink.view.setInt32(at + ip + 24, answer ? one.server : one.client);
    sink.view.setInt32(at + ip + 28, flags === SYN ? 0 : answer ? one.client : one.server);
    sink.bytes[at + ip + 33] = flags;
    const taken = length + ((flags & SYN) === 0 ? 0 : 1);
    if (answer) one.server = (one.server + taken) | 0;
    else one.client = (one.client + taken) | 0;
  };
  const repeatLast = (one: Session, answer: boolean, length: number): void => {
    if (answer) one.server = (one.server - length) | 0;
    else one.client = (one.client - length) | 0;
    send(one, answer, PUSH, length);
  };

  const modbusAdu = (at: number, one: Session, unit: number, code: number, pdu: number): number => {
    body.setUint16(at, one.transaction & 0xffff);
    body.setUint16(at + 2, 0);
    body.setUint16(at + 4, pdu + 1);
    body.setUint8(at + 6, unit);
    body.setUint8(at + 7, code);
    return at + 7 + pdu;
  };
  /** The block that poll `number` of a session asks for: always the same one. */
  const quantityOf = (index: number, poll: number): number => 8 + ((index * 31 + poll * 17) % 64);
  const addressOf = (index: number, poll: number): number => ((index * 13) % 500) + poll * 100;
  const codeOf = (index: number, poll: number): number => [3, [4, 1, 2][index % 3], [16, 6, 15][index % 3]][poll % FUNCTIONS_PER_UNIT];
  const modbusRequest = (index: number, one: Session, poll: number): void => {
    const code = codeOf(index, poll);
    const quantity = quantityOf(index, poll);
    const extra = code === 16 ? 1 + quantity * 2 : code === 15 ? 1 + ((quantity + 7) >> 3) : 0;
    const end = modbusAdu(0, one, 1 + Math.floor(poll / FUNCTIONS_PER_UNIT), code, 5 + extra);
    body.setUint16(8, addressOf(index, poll));
    body.setUint16(10, code === 6 ? 1 : quantity);
    if (extra > 0) body.setUint8(12, extra - 1);
    send(one, false, PUSH, end);
    if (random(1000) === 0) repeatLast(one, false, end);
  };
  const modbusAnswer = (index: number, one: Session, poll: number): void => {
    const code = codeOf(index, poll);
    const unit = 1 + Math.floor(poll / FUNCTIONS_PER_UNIT);
    if (random(200) === 0) {
      const end = modbusAdu(0, one, unit, code | 0x80, 2);
      body.setUint8(8, 2);
      send(one, true, PUSH, end);
      return;
    }
    const quantity = quantityOf(index, poll);
    const octets = code === 3 || code === 4 ? quantity * 2 : (quantity + 7) >> 3;
    const end = modbusAdu(0, one, unit, code, code > 4 ? 5 : 2 + octets);
    if (code <= 4) body.setUint8(8, octets);
    else {
      // What was written, repeated (V1.1b3 clauses 6.6, 6.11 and 6.12).
      body.setUint16(8, addressOf(index, poll));
      body.setUint16(10, code === 6 ? 1 : quantity);
    }
    if (random(200) !== 0) send(one, true, PUSH, end);
    else {
      send(one, true, PUSH, 10);
      send(one, true, PUSH, end - 10, 10);
    }
  };

  /** MSG chunk header, then (in clear) the service's type id, a request or response header, and filling. */
  const opcuaMessage = (one: Session, isAnswer: boolean, service: number, length: number): number => {
    payload.fill(0, 0, length);
    body.setUint32(0, 0x4d534746);
    body.setUint32(4, length, true);
    body.setUint32(8, 77, true);
    body.setUint32(12, 1, true);
    body.setUint32(16, one.transaction, true);
    body.setUint32(20, one.transaction, true);
    if (one.secured) {
      for (let i = 24; i < length; i += 4) body.setUint32(i, Math.imul(one.transaction + i, 0x9e3779b1));
      return length;
    }
    body.setUint8(24, 1);
    body.setUint16(26, service, true);
    let at = 28;
    if (!isAnswer) {
      body.setUint8(at, 0);
      at += 2;
    }
    body.setUint32(at + 4, 0x01da3d00, true);
    at += 8;
    body.setUint32(at, one.transaction, true);
    at += 4;
    if (isAnswer) return length;
    at += 4;
    body.setInt32(at, -1, true);
    at += 4;
    body.setUint32(at, 5000, true);
    at += 4 + 3;
    if (service !== 631) return length;
    // Read: max age, timestamps to return, four nodes.
    at += 12;
    body.setUint32(at, 4, true);
    at += 4;
    for (let node = 0; node < 4; node++) {
      body.setUint8(at, 1);
      body.setUint8(at + 1, 2);
      body.setUint16(at + 2, 1000 + node, true);
      body.setUint32(at + 4, 13, true);
      body.setInt32(at + 8, -1, true);
      body.setUint16(at + 12, 0, true);
      body.setInt32(at + 14, -1, true);
      at += 18;
    }
    body.setUint32(4, at, true);
    return at;
  };
  /** One message in five is a Read, the others are a subscription's. */
  const opcuaService = (one: Session): number => (one.transaction % 5 === 0 ? 631 : 826);
  const opcuaOpen = (one: Session): void => {
    const uri = `http://opcfoundation.org/UA/SecurityPolicy#${one.secured ? 'Basic256Sha256' : 'None'}`;
    for (const answer of [false, true]) {
      payload.fill(0, 0, 200);
      body.setUint32(0, 0x4f504e46);
      body.setUint32(8, 77, true);
      body.setUint32(12, uri.length, true);
      for (let i = 0; i < uri.length; i++) body.setUint8(16 + i, uri.charCodeAt(i));
      let at = 16 + uri.length;
      body.setInt32(at, -1, true);
      body.setInt32(at + 4, -1, true);
      body.setUint32(at + 8, 1, true);
      body.setUint32(at + 12, 1, true);
      at += 16;
      body.setUint8(at, 1);
      body.setUint16(at + 2, answer ? 449 : 446, true);
      body.setUint32(4, 200, true);
      send(one, answer, PUSH, 200);
    }
  };

  const linkFrame = new Uint8Array(60);
  const sendLink = (i: number): void => {
    const from = 60 + (i % 180);
    linkFrame.set([0x00, 0x1d, 0x9c, 0, 0, 240 + (i % 20), 0x00, 0x1d, 0x9c, 0, 0, from]);
    if (i % 11 === 0) linkFrame.set([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1, 0x00, 0x1d, 0x9c, 0, 0, from, 0x0a, 0x14, 0, from], 12);
    else linkFrame.set([0x88, 0x92, 0x80, i & 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 12);
    timeUs += STEP_US;
    sink.frame(timeUs, linkFrame, payload, 0, 0);
  };
  const six = new Uint8Array(14 + 40 + 8 + 90);
  const sendIpv6 = (i: number): void => {
    const view = new DataView(six.buffer);
    six.set([0x33, 0x33, 0, 0, 0, 0xfb, 0x00, 0x1d, 0x9c, 0, 1, i, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 98, 17, 255, 0xfe, 0x80]);
    six[37] = i;
    six.set([0xff, 0x02], 38);
    six[53] = 0xfb;
    view.setUint16(54, 5353);
    view.setUint16(56, 5353);
    view.setUint16(58, 98);
    timeUs += STEP_US;
    sink.frame(timeUs, six, payload, 0, 0);
  };

  for (const one of [...modbus, ...opcua, ...tcp]) {
    send(one, false, SYN, 0);
    send(one, true, SYN | ACK, 0);
    send(one, false, ACK, 0);
  }
  for (const one of opcua) opcuaOpen(one);

  // Questions whose answers are out: a ring of what kind and which session.
  const waitingKind = new Int32Array(OUTSTANDING);
  const waitingIndex = new Int32Array(OUTSTANDING);
  const waitingPoll = new Int32Array(OUTSTANDING);
  let polls = 0;
  let publishes = 0;
  for (let turn = 0; sink.frames() < packets; turn++) {
    const place = turn % OUTSTANDING;
    const index = waitingIndex[place];
    if (waitingKind[place] === 1) {
      modbusAnswer(index, modbus[index], waitingPoll[place]);
      if (random(5) === 0) send(modbus[index], false, ACK, 0);
    } else if (waitingKind[place] === 2) {
      send(opcua[index], true, PUSH, opcuaMessage(opcua[index], true, opcuaService(opcua[index]) + 3, 180 + random(260)));
    }
    waitingKind[place] = 0;
    const dice = random(1000);
    if (dice < 672) {
      // Pollers are steady: each session's turn comes round.
      const asked = (polls++ * 7) % MODBUS_SESSIONS;
      const one = modbus[asked];
      one.transaction++;
      const poll = one.next;
      one.next = (poll + 1) % POLLS;
      modbusRequest(asked, one, poll);
      waitingKind[place] = 1;
      waitingIndex[place] = asked;
      waitingPoll[place] = poll;
    } else if (dice < 826) {
      // So are subscriptions.
      const asked = (publishes++ * 3) % OPCUA_SESSIONS;
      opcua[asked].transaction++;
      send(opcua[asked], false, PUSH, opcuaMessage(opcua[asked], false, opcuaService(opcua[asked]), 110));
      waitingKind[place] = 2;
      waitingIndex[place] = asked;
    } else if (dice < 940) {
      const one = tcp[random(OTHER_TCP)];
      payload.fill(0x16, 0, 8);
      send(one, true, PUSH, 100 + random(1200));
      if (random(2) === 0) send(one, false, ACK, 0);
    } else if (dice < 985) {
      payload.fill(0x31, 0, 8);
      send(udp[random(UDP_TALKS)], random(2) === 0, 0, 40 + random(100));
    } else if (dice < 993) sendLink(random(LINK_TALKS));
    else sendIpv6(random(IPV6_TALKS));
  }
  sink.end();
}

/**
 * `tuples` distinct TCP 5-tuples in random order, mean about 90 octets: the flow table's worst case.
 * Every one is answered, so that none of them is a scan.
 */
export function writeManyTuples(descriptor: number, packets: number, tuples: number): void {
  const random = createRandom(7);
  const sink: PcapSink = createPcapSink(descriptor, packets);
  const payload = new Uint8Array(64);
  const toServer = ipv4Head(0, 0, -1, 6, 0, 443);
  const toClient = ipv4Head(0, 0, -1, 6, 443, 0);
  for (let i = 0; i < packets; i++) {
    // The first round visits every tuple in both directions' turn; then at random.
    const tuple = i < tuples ? Number((BigInt(i) * 2_654_435_761n) % BigInt(tuples)) : random(tuples);
    const answer = i < tuples ? false : random(2) === 0;
    const head = answer ? toClient : toServer;
    const at = sink.frame(START_US + i * 10, head, payload, 0, 20 + random(30));
    const { view, bytes } = sink;
    const client = 0x0a000000 + (tuple % 50_000);
    const server = 0x0b000000 + (Math.floor(tuple / 50_000) % 1000);
    view.setUint16(at + 16, sink.lastLength() - 14);
    view.setUint32(at + 26, answer ? server : client);
    view.setUint32(at + 30, answer ? client : server);
    view.setUint16(at + (answer ? 36 : 34), 49152 + (tuple % 16000));
    bytes[at + 47] = ACK;
  }
  sink.end();
}
