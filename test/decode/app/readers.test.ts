import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamProtocol } from '../../../src/decode/app/protocol.ts';
import { AWAIT_MORE, MESSAGE, PROBE, TO_CLIENT, TO_SERVER } from '../../../src/decode/app/protocol.ts';
import type { Told } from './capture-streams.ts';
import { createSink, createTold, fromHex } from './capture-streams.ts';
import { LINK, TCP, UDP } from './every-protocol.ts';
import { READ, ascii, type Message } from './told-messages.ts';

const KINDS = ['request', 'response', 'error'];

const BY_TRANSPORT = { tcp: TCP, udp: UDP, eth: LINK } as const;

const protocolOf = (name: string, transport: keyof typeof BY_TRANSPORT): StreamProtocol => {
  const found = BY_TRANSPORT[transport].find((protocol) => protocol.name === name);
  if (found === undefined) throw new Error(`no protocol ${name} on ${transport}`);
  return found;
};

const tell = (protocol: StreamProtocol, messages: readonly Message[]): Told => {
  const told = createTold();
  const sink = createSink(told);
  const memory = protocol.newMemory();
  for (const [direction, hex] of messages) {
    const bytes = fromHex(hex);
    told.direction = direction;
    expect(protocol.read(bytes, new DataView(bytes.buffer), 0, bytes.length, direction, memory, sink)).toBeGreaterThanOrEqual(bytes.length);
  }
  return told;
};

/** The same messages, and then the head of one that a capture cut off at `to`. */
const tellCut = (protocol: StreamProtocol, before: readonly Message[], block: Uint8Array, to: number, direction: number): Told => {
  const told = createTold();
  const sink = createSink(told);
  const memory = protocol.newMemory();
  for (const [sender, hex] of before) {
    const bytes = fromHex(hex);
    told.direction = sender;
    protocol.read(bytes, new DataView(bytes.buffer), 0, bytes.length, sender, memory, sink);
  }
  told.direction = direction;
  sink.isCut = true;
  const view = new DataView(block.buffer);
  const rest = protocol.read(block, view, 0, to, direction, memory, sink);
  if (rest >= 0 && rest < to) protocol.readCut?.(block, view, rest, to, direction, memory, sink);
  return told;
};

/** Everything told, one string for each time. */
const toldLists = (told: Told): string[] => {
  const lines = (kind: string, counts: ReadonlyMap<string, number>): string[] => [...counts].flatMap(([key, times]) => Array.from({ length: times }, (_, i) => (i === 0 ? `${kind} ${key}` : `${kind} ${key} ${i}`)));
  return [...lines('operation', told.operations), ...lines('target', told.targets), ...lines('fact', told.facts[0]), ...lines('fact', told.facts[1]), ...[...told.serverFacts].map((fact) => `server ${fact}`), ...[...told.clientFacts].map((fact) => `client ${fact}`)];
};

/** `Read Var read request` and, for errors, the code. */
const operationsOf = (protocol: StreamProtocol, told: Told): string[] =>
  [...told.operations.keys()].map((key) => {
    const [code, kind, error] = key.split(' ').map(Number);
    const { name, access } = protocol.describe(code);
    return `${name}/${access}/${KINDS[kind]}${kind === MESSAGE.error ? ` ${error}` : ''}`;
  });

describe('protocol readers', () => {
  it.each(READ)('%s on %s %i', (name, transport, port, messages, operations, targets) => {
    const protocol = protocolOf(name, transport);
    const told = tell(protocol, messages);
    expect(operationsOf(protocol, told)).toEqual(operations);
    expect([...told.targets.keys()]).toEqual(targets);
    expect([...told.malformed]).toEqual([]);
    expect(told.directionHolds).not.toBe(false);
    const first = fromHex(messages[0][1]);
    expect(protocol.probe(first, 0, first.length, TO_SERVER, port)).toBe(PROBE.certain);
  });

  it('who sends a trap is no server, whatever port it comes from', () => {
    const trap = fromHex('301802010104067075626c6963a70b0201010201000201003000');
    expect(protocolOf('snmp', 'udp').senderIsServer?.(trap, 0, trap.length)).toBe(false);
  });

  it.each([
    ['snmp', 'udp', '302602010004067075626c6963a019020101020100020100300e300c06082b060102010105000500', '302902010004067075626c6963a21c0201010201000201003011300f06082b060102010105000403504c43', 'GetRequest/read'],
    ['dnp3', 'tcp', '056411c401000200c35ac7c7013c02063c03063c0406734d', '05640a440200010010f0c8c7810000bf6b', 'Read/read'],
    ['mms', 'tcp', '0300002b02f08001000100611e301c020103a017a015020100a410800101a10ba1098007244d5531242424', '0300002002f0800100010061133011020103a00ca20a800100a205a003870100', 'Read/read'],
  ] as const)('%s on %s: an answer whose request was not heard is no operation: nobody asks for a "Response"', (name, transport, asked, answered, operation) => {
    const protocol = protocolOf(name, transport);
    const [request, answer]: Message[] = [[TO_SERVER, asked], [TO_CLIENT, answered]];
    const kind = name === 'mms' ? 'error 0' : 'response';
    expect(operationsOf(protocol, tell(protocol, [request, answer]))).toEqual([`${operation}/request`, `${operation}/${kind}`]);
    const alone = tell(protocol, [answer]);
    expect(operationsOf(protocol, alone)).toEqual([]);
    expect([...alone.serverFacts].length).toBe(name === 'snmp' ? 1 : 0);
    expect(alone.directionHolds).not.toBe(false);
  });

  it.each(READ)('%s on %s %i: cut off anywhere, a message tells what it tells whole, or less, and nothing of what lies behind the cut', (name, transport, _port, messages) => {
    const protocol = protocolOf(name, transport);
    messages.forEach(([direction, hex], nth) => {
      const bytes = fromHex(hex);
      const whole = toldLists(tell(protocol, messages.slice(0, nth + 1)));
      for (let to = 1; to < bytes.length; to++) {
        const cuts = [0, 64].flatMap((behind) => (behind === 0 ? [0] : [0, 0xff]).map((octet) => {
          const block = new Uint8Array(to + behind).fill(octet);
          block.set(bytes.subarray(0, to));
          const told = tellCut(protocol, messages.slice(0, nth), block, to, direction);
          return toldLists(told);
        }));
        for (const cut of cuts) expect(cut, `message ${nth}, ${to} octets`).toEqual(cuts[0]);
        for (const one of cuts[0]) if (one !== 'target (more)') expect(whole, `message ${nth}, ${to} octets`).toContain(one);
      }
    });
  });

  it.each(READ)('%s on %s %i: every shorter prefix and every changed octet is borne', (name, transport, port, messages) => {
    const protocol = protocolOf(name, transport);
    const whole = fromHex(messages[0][1]);
    for (let to = 0; to <= whole.length; to++) {
      const cut = whole.slice(0, to);
      const end = protocol.read(cut, new DataView(cut.buffer), 0, to, TO_SERVER, protocol.newMemory(), createSink(createTold()));
      expect(end >= -1).toBe(true);
      protocol.probe(cut, 0, to, TO_SERVER, port);
    }
    for (let at = 0; at < whole.length; at++) {
      for (const octet of [0, 1, 0x7f, 0x80, 0xff]) {
        const changed = whole.slice();
        changed[at] = octet;
        const end = protocol.read(changed, new DataView(changed.buffer), 0, changed.length, TO_SERVER, protocol.newMemory(), createSink(createTold()));
        expect(end >= -1).toBe(true);
      }
    }
  });

  it('tells names and products', () => {
    const banner = tell(protocolOf('ssh', 'tcp'), [[TO_CLIENT, ascii('SSH-2.0-OpenSSH_9.6\r\n')]]);
    expect([...banner.serverFacts]).toEqual(['ssh.software=SSH-2.0-OpenSSH_9.6']);
    const iAm = tell(protocolOf('bacnet', 'udp'), [[TO_SERVER, '810b0018 0120ffff00ff 1000 c40200007b 2201e0 9100 212a']]);
    expect([...iAm.clientFacts]).toEqual(['bacnet.device=123', 'bacnet.vendor-id=42']);
    const phasors = READ.find(([name]) => name === 'synchrophasor');
    expect([...tell(protocolOf('synchrophasor', 'tcp'), phasors?.[3] ?? []).serverFacts]).toEqual(['synchrophasor.station=SUB 4 BAY 2', 'synchrophasor.station=BAY 3']);
    const station = READ.find(([name, transport]) => name === 'profinet-rt' && transport === 'eth');
    expect([...tell(protocolOf('profinet-rt', 'eth'), station?.[3] ?? []).serverFacts]).toEqual([
      'profinet.vendor=S7-300', 'profinet.station-name=plc1', 'profinet.device-id=0x002a010d', 'profinet.role=io-device,io-controller',
    ]);
    const web = tell(protocolOf('http', 'tcp'), [[TO_SERVER, ascii('GET / HTTP/1.1\r\nHost: hmi.plant\r\n\r\n')]]);
    expect(web.facts[0].get('http.host=hmi.plant')).toBe(1);
    // First-level encoding: each half octet is a letter from A on; 15 characters and a suffix.
    const host = Buffer.from(`${'HMI'.padEnd(15)}\0`).toString('hex');
    const encoded = [...host].map((digit) => String.fromCharCode(0x41 + parseInt(digit, 16))).join('');
    const name = tell(protocolOf('nbns', 'udp'), [[TO_SERVER, `8001 2910 0001 0000 0000 0001 20${ascii(encoded)}00 0020 0001 c00c 0020 0001 000493e0 0006 0000 0a000005`]]);
    expect([...name.clientFacts]).toEqual(['netbios.name=HMI']);
  });

  it('knows MQTT that was joined later by its port and its packets, and nothing by chance', () => {
    const mqtt = protocolOf('mqtt', 'tcp');
    const probe = (hex: string, port: number): number => mqtt.probe(fromHex(hex), 0, fromHex(hex).length, TO_SERVER, port);
    const publish = `300e000b${ascii('plant/1/set')}31`;
    expect([probe(publish, 1883), probe('c000', 1883), probe('d0004002 0007', 1883)]).toEqual([PROBE.certain, PROBE.certain, PROBE.certain]);
    // Its payload is still to come.
    expect(probe(`30ff0f000b${ascii('plant/1/set')}`, 1883)).toBe(PROBE.certain);
    expect([probe(publish, 5000), probe('c001', 1883), probe(ascii('0 bottles of beer'), 1883), probe(`300e000b${ascii('plant/#/set')}31`, 1883)].every((answer) => answer !== PROBE.certain)).toBe(true);
    // A CONNECT names the protocol on any port; another protocol's name does not.
    expect([probe('100d00044d51545405 02003c000000', 5000), probe('100d00044d51545305 02003c000000', 5000)]).toEqual([PROBE.certain, PROBE.notForUs]);
  });

  it('reads MQTT subscriptions whether the version was heard or not, and goes on behind a hole where a packet begins', () => {
    const mqtt = protocolOf('mqtt', 'tcp');
    const heard = tell(mqtt, [[TO_SERVER, `8211 0001 00 000b ${ascii('plant/+/set')} 01`], [TO_SERVER, `8210 0001 000b ${ascii('plant/2/set')} 01`]]);
    expect([[...heard.targets.keys()], [...heard.malformed]]).toEqual([['plant/+/set', 'plant/2/set'], []]);
    const resync = (hex: string): number => mqtt.resync(fromHex(hex), new DataView(fromHex(hex).buffer), 0, fromHex(hex).length, TO_SERVER, mqtt.newMemory());
    expect([resync(`300e000b${ascii('plant/1/set')}31`), resync(ascii('{"value": 17.3, "0": "p@ 0"}'))]).toEqual([0, -1]);
  });

  it('keeps no identifier, user or password of MQTT', () => {
    const told = tell(protocolOf('mqtt', 'tcp'), [[TO_SERVER, '1015 0004 4d515454 04 c2 003c 0003 616263 0001 75 0001 70']]);
    expect([...told.facts[0].keys()]).toEqual(['mqtt.version=3.1.1', 'mqtt.login=password in clear']);
    expect([[...told.clientFacts], [...told.serverFacts]]).toEqual([[], []]);
  });

  it('tells edge nodes and hosts of Sparkplug, of topics that are its own', () => {
    const publish = (topic: string): Message => [TO_SERVER, Buffer.from([0x30, topic.length + 2, 0, topic.length, ...Buffer.from(topic)]).toString('hex')];
    const told = tell(protocolOf('mqtt', 'tcp'), ['spBv1.0/P/DDATA/N/D', 'spBv1.0/P/DDATA/N/E', 'spBv1.0/STATE/S', 'spBv1.0/P/NDATA', 'spBv1.0/P/NDATA/N/', 'spBv1.0/P/DCMD/N', 'spAv1.0/P/NDATA/M'].map(publish));
    expect([...told.clientFacts]).toEqual(['sparkplug.edge-node=P/N', 'sparkplug.host=S']);
    expect([...told.operations.values()]).toEqual([7]);
  });

  it('tells which clock leads by a reference of its own, which one hands on, and who follows', () => {
    const announce = (clockClass: string, grandmaster: string): Message => [TO_SERVER, `0b02004003000000000000000000000000000000 7483efffff01ac16 0112 0000 0501 00000000000000000000 0000 00 80 ${clockClass}feffff 80 ${grandmaster} 0000 20`];
    const own = '7483efffff01ac16';
    const rolesOf = (message: Message): string[] => [...tell(protocolOf('ptp', 'eth'), [message]).clientFacts];
    expect([announce('06', own), announce('f8', own), announce('06', '000006ffff010000')].map(rolesOf)).toEqual([['ptp.role=grandmaster'], ['ptp.role=master'], ['ptp.role=boundary-clock']]);
    expect(rolesOf([TO_SERVER, '0102002c00000000000000000000000000000000 000006ffff020000 0001 0000 017f 00000000000000000000'])).toEqual(['ptp.role=slave']);
    expect([...tell(protocolOf('ptp', 'eth'), [announce('06', own)]).facts[0].keys()]).toEqual(['ptp.domain=3']);
    // The first version is neither a message of the second nor a fault.
    const first = fromHex(`0001 0001 ${'00'.repeat(60)}`);
    expect([protocolOf('ptp', 'eth').probe(first, 0, 64, TO_SERVER, 0), protocolOf('ptp', 'udp').probe(first, 0, 64, TO_SERVER, 319)]).toEqual([PROBE.unsure, PROBE.notForUs]);
  });

  it('knows HSMS by what begins or keeps a session, or by items that fill a message, and its equipment by what it says of itself', () => {
    const hsms = protocolOf('hsms', 'tcp');
    const probe = (hex: string): number => hsms.probe(fromHex(hex), 0, fromHex(hex).length, TO_SERVER, 0);
    expect([probe('0000000affff0000000100000001'), probe('0000000affff0000000500000009'), probe('0000001200008103000000000006 0101b10400000003'), probe('00000000')]).toEqual([PROBE.certain, PROBE.certain, PROBE.certain, PROBE.unsure]);
    // A session of its own, a status that there is not, an item that ends beyond the message, none at all, and half a message.
    const others = ['0000000a00010000000100000001', '0000000affff0009000100000001', '0000001200008103000000000006 0101b10500000003', '0000000a00008101000000000006', '0000002200008103000000000006 0101b10400000003'];
    expect(others.map(probe)).toEqual(others.map(() => PROBE.notForUs));
    // Lists in lists, as deep as a message is long.
    const nested = '0102210100'.repeat(12_000);
    expect([...tell(hsms, [[TO_SERVER, `${(10 + nested.length / 2).toString(16).padStart(8, '0')} 0000 810d 0000 00000002 ${nested}`]]).serverFacts]).toEqual([]);
    // Equipment that dialled its host asks for nothing: it says who it is, and is asked.
    const dialled = tell(hsms, [[TO_SERVER, '0000001d 0000 810d 0000 00000002 0102 4108 455443482d323030 4105 342e312e37']]);
    expect([[...dialled.serverFacts], dialled.directionHolds]).toEqual([['hsms.model=ETCH-200', 'hsms.software=4.1.7'], false]);
  });

  it('reads server name and version of TLS, and nothing after the hellos', () => {
    const sized = (hex: string, octets: number): string => (hex.length / 2).toString(16).padStart(octets * 2, '0') + hex;
    const hello = (kind: string, body: string): string => `160303${sized(kind + sized(body, 3), 2)}`;
    const serverName = `0000${sized(sized(`00${sized(ascii('hmi.site'), 2)}`, 2), 2)}`;
    const clientHello = hello('01', `0303${'11'.repeat(32)}00${sized('c02f', 2)}${sized('00', 1)}${sized(serverName, 2)}`);
    const serverHello = hello('02', `0303${'22'.repeat(32)}00c02f00${sized('002b00020304', 2)}`);
    const told = tell(protocolOf('tls', 'tcp'), [[TO_SERVER, clientHello], [TO_CLIENT, serverHello], [TO_CLIENT, 'ffffffff']]);
    expect([...told.facts[0].keys()]).toEqual(['tls.sni=hmi.site']);
    expect([...told.facts[1].keys()]).toEqual(['tls.version=TLS 1.3']);
    expect(told.directionHolds).toBe(true);
  });

  it('tells who a KNX interface, a Beckhoff controller and a Niagara station are', () => {
    const device = `3601 0200 1105 0001 00c501020304 e000170c 00246d010203 ${Buffer.from('IP Interface East'.padEnd(30, '\0')).toString('hex')}`;
    const found = tell(protocolOf('knxnet', 'udp'), [[TO_CLIENT, `0610 0202 004c 08010a0100090e57 ${device} 0802020103010401`]]);
    expect([...found.serverFacts]).toEqual(['knx.name=IP Interface East', 'knx.address=1.1.5']);
    const controller = tell(protocolOf('ads-discovery', 'udp'), [[TO_CLIENT, `03661471 00000000 01000080 050d75600101 1027 01000000 0500 0a00 ${ascii('CX_0D7560')}00`]]);
    expect([...controller.serverFacts]).toEqual(['ads.name=CX_0D7560']);
    const hello = 'fox a 0 -1 fox hello\n{\nfox.version=s:1.0\nhostName=s:JACE-7\napp.name=s:Station\napp.version=s:3.8.41\nstation.name=s:Boiler_House\nbrandId=s:vykon\n};;\n';
    expect([...tell(protocolOf('fox', 'tcp'), [[TO_CLIENT, ascii(hello)]]).serverFacts]).toEqual(['fox.host=JACE-7', 'fox.application=Station', 'fox.version=3.8.41', 'fox.station=Boiler_House', 'fox.brand=vykon']);
  });

  it('knows CODESYS by its block, and by the marks before its second version’s length', () => {
    const probe = (transport: 'tcp' | 'udp', hex: string, port: number): number => protocolOf('codesys', transport).probe(fromHex(hex), 0, fromHex(hex).length, TO_SERVER, port);
    expect([probe('tcp', '000117e8 1c000000 c56b4003 00111234', 50000), probe('tcp', 'bbbb 01000000 01 0000', 50000), probe('tcp', 'bbbb 00000003 010203', 2455)]).toEqual([PROBE.certain, PROBE.notForUs, PROBE.certain]);
    expect([probe('udp', 'c56b400300111234', 1740), probe('udp', 'c56b400300111234', 5000)]).toEqual([PROBE.certain, PROBE.notForUs]);
  });

  it('knows FL-net by its header, and CC-Link IE Field Network Basic on its own ports', () => {
    const probe = (name: string, hex: string, port: number): number => protocolOf(name, 'udp').probe(fromHex(hex), 0, fromHex(hex).length, TO_SERVER, port);
    const header = `${ascii('FACN')}000000c80001000b000200010007${'00'.repeat(46)}`;
    expect([probe('fl-net', header, 55_000), probe('fl-net', header, 0), probe('fl-net', header.replace('46', '47'), 55_000)]).toEqual([PROBE.certain, PROBE.certain, PROBE.notForUs]);
    const cyclic = '500000ffff03003000 0000 700e 0000';
    expect([probe('cclink-ie-basic', cyclic, 61_450), probe('cclink-ie-basic', cyclic, 5006), probe('melsec', cyclic, 61_450)]).toEqual([PROBE.certain, PROBE.notForUs, PROBE.notForUs]);
  });

  it('knows MELSOFT and who asks in it on any port, and its search on the port for that', () => {
    const asked = '570000000011110700 00ffff0300 00fe03000014 00 1c080a08000000000000000401010100000000 01';
    const answered = 'd70000000011117f00 0000a80300 ffff0300002200 9c'.padEnd(120, '0');
    const udp = protocolOf('melsoft', 'udp');
    const probe = (protocol: StreamProtocol, hex: string, port: number): number => protocol.probe(fromHex(hex), 0, fromHex(hex).length, TO_SERVER, port);
    for (const protocol of [protocolOf('melsoft', 'tcp'), udp]) {
      expect([probe(protocol, asked, 5007), probe(protocol, answered, 0), probe(protocol, asked.replace('1111', '1112'), 5562)]).toEqual([PROBE.certain, PROBE.certain, PROBE.notForUs]);
      expect([asked, answered].map((hex) => protocol.senderIsServer?.(fromHex(hex), 0, 41))).toEqual([false, true]);
    }
    expect([probe(udp, '5a000001', 5560), probe(udp, 'da0000010100c0a80365ffffffff', 5560), probe(udp, '5a000001', 5561)]).toEqual([PROBE.certain, PROBE.certain, PROBE.notForUs]);
  });

  it('knows brokers and buses between plant and office by how they begin', () => {
    const probe = (name: string, transport: 'tcp' | 'udp', hex: string, port = 0): number => protocolOf(name, transport).probe(fromHex(hex), 0, fromHex(hex).length, TO_SERVER, port);
    const metadata = `00000016 0003 0004 00000001 000a ${ascii('rdkafka_c0')} 0000`;
    const { certain, notForUs } = PROBE;
    expect([probe('amqp', 'tcp', `${ascii('AMQP')}00000901`), probe('amqp', 'tcp', `${ascii('AMQP')}03010000`), probe('amqp', 'tcp', ascii('AMQPlain'))]).toEqual([certain, certain, notForUs]);
    expect([probe('nats', 'tcp', ascii('INFO {"server_id":"N"}\r\n')), probe('nats', 'tcp', ascii('CONNECT {"verbose":false}\r\n')), probe('nats', 'tcp', ascii('INFO all is well'))]).toEqual([certain, certain, notForUs]);
    expect([probe('http', 'tcp', ascii('CONNECT {"verbose":false}\r\n')), probe('http', 'tcp', ascii('CONNECT plant:443 HTTP/1.1\r\n'))]).toEqual([notForUs, certain]);
    expect([probe('kafka', 'tcp', metadata, 9092), probe('kafka', 'tcp', metadata, 9093), probe('kafka', 'tcp', metadata.replace('00000016', '00000017'), 9092)]).toEqual([certain, notForUs, notForUs]);
    const hello = `${ascii('RTPS')}0203 010f ${'11'.repeat(12)} 09010800 00000000`;
    expect([probe('rtps', 'udp', hello, 7400), probe('rtps', 'udp', hello), probe('rtps', 'udp', hello.replace('0203', '0103'), 7400)]).toEqual([certain, certain, notForUs]);
  });

  it('knows TriStation and GE SRTP on any port where their messages are whole', () => {
    const command = fromHex('050012000000410400006c0012000300000000000000aaf7');
    expect(protocolOf('tristation', 'udp').probe(command, 0, command.length, TO_SERVER, 0)).toBe(PROBE.certain);
    command[10] ^= 1;
    expect(protocolOf('tristation', 'udp').probe(command, 0, command.length, TO_SERVER, 0)).toBe(PROBE.notForUs);
    const noughts = new Uint8Array(56);
    expect(protocolOf('ge-srtp', 'tcp').probe(noughts, 0, 56, TO_SERVER, 0)).toBe(PROBE.notForUs);
  });

  it('does not take a service by its port', () => {
    for (const name of ['tls', 'http', 'ssh', 'smb', 'rdp']) {
      const protocol = protocolOf(name, 'tcp');
      const bytes = fromHex('deadbeef00112233445566778899aabbccddeeff');
      expect(protocol.read(bytes, new DataView(bytes.buffer), 0, bytes.length, TO_SERVER, protocol.newMemory(), createSink(createTold()))).toBe(-1);
    }
  });
});

const EVERY = [...new Map([...TCP, ...UDP].map((protocol) => [`${protocol.name} ${protocol.ports.join()} ${TCP.includes(protocol) ? 'tcp' : 'udp'}`, protocol]))];

describe('the contract of protocols', () => {
  it.each(EVERY)('%s holds it on any octets', (_name, protocol) => {
    const seeds = READ.filter(([name]) => name === protocol.name).map(([, , , messages]) => fromHex(messages[0][1]));
    const octets = fc.uint8Array({ maxLength: 200 });
    const near = seeds.length === 0 ? octets : fc.tuple(fc.constantFrom(...seeds), octets, fc.nat(60)).map(([seed, noise, keep]) => Uint8Array.from([...seed.slice(0, keep), ...noise]));
    fc.assert(
      fc.property(fc.oneof(octets, near), fc.nat(8), fc.constantFrom(TO_SERVER, TO_CLIENT), (bytes, from, direction) => {
        fc.pre(from <= bytes.length);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        const memory = protocol.newMemory();
        const to = bytes.length;
        expect([PROBE.notForUs, PROBE.unsure, PROBE.certain]).toContain(protocol.probe(bytes, from, to, direction, protocol.ports[0] ?? 0));
        const end = protocol.read(bytes, view, from, to, direction, memory, createSink(createTold()));
        expect(end === -1 || end >= from).toBe(true);
        const found = protocol.resync(bytes, view, from, to, direction, memory);
        expect(found === -1 || found === AWAIT_MORE || (found >= from && found <= to)).toBe(true);
        expect(JSON.parse(JSON.stringify(memory))).toEqual(memory);
        protocol.senderIsServer?.(bytes, from, to);
      }),
      { numRuns: 300 },
    );
  });

  it.each(EVERY)('%s does not claim noise', (_name, protocol) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
        expect(protocol.probe(bytes, 0, bytes.length, TO_SERVER, 0)).not.toBe(PROBE.certain);
      }),
      { numRuns: 500, seed: 7 },
    );
  });

  it.each(EVERY)('%s names every operation', (_name, protocol) => {
    for (const code of [0, 1, 4, 0xff, 0x100, 0x10000, 0x2000f00, 0x3fffffff]) {
      expect(protocol.describe(code).name).not.toBe('');
      expect(['browse', 'read', 'diagnose', 'write', 'control', 'program']).toContain(protocol.describe(code).access);
    }
  });
});

describe('S7 in more than one TPDU, and with many items', () => {
  const s7 = protocolOf('s7comm', 'tcp');
  const u16 = (value: number): number[] => [value >> 8, value & 255];
  const tpdu = (data: readonly number[], isLast = true): Message => [TO_SERVER, Buffer.from([3, 0, ...u16(7 + data.length), 2, 0xf0, isLast ? 0x80 : 0, ...data]).toString('hex')];
  const item = (block: number): number[] => [0x12, 10, 0x10, 2, 0, 4, ...u16(block), 0x84, 0, 0, 0];
  const job = (code: number, blocks: readonly number[]): number[] => {
    const parameters = [code, blocks.length, ...blocks.flatMap(item)];
    return [0x32, 1, 0, 0, 0, 9, ...u16(parameters.length), 0, 0, ...parameters];
  };

  it('names every item', () => {
    const blocks = Array.from({ length: 25 }, (_, i) => 100 + i);
    expect([...tell(s7, [tpdu(job(4, blocks))]).targets.keys()]).toEqual(blocks.map((block) => `DB${block}`));
  });

  it('counts a job wherever its first TPDU ends, once, and what it cannot see of it as more', () => {
    const write = job(5, [7, 8]);
    for (let cut = 0; cut < write.length; cut++) {
      const told = tell(s7, [tpdu(write.slice(0, cut), false), tpdu(write.slice(cut)), tpdu(job(4, [9]))]);
      expect([...told.operations], `${cut}`).toEqual([[`5 ${MESSAGE.request} 0`, 1], [`4 ${MESSAGE.request} 0`, 1]]);
      expect([...told.targets.keys()].filter((name) => name !== 'DB7').slice(0, 2), `${cut}`).toEqual([cut < 24 ? 'DB8' : '(more)', 'DB9']);
      expect([...told.malformed], `${cut}`).toEqual([]);
    }
    const octetByOctet = tell(s7, [...write.slice(0, -1).map((octet) => tpdu([octet], false)), tpdu(write.slice(-1))]);
    expect([...octetByOctet.operations.values()]).toEqual([1]);
  });
});

describe('CIP bundles', () => {
  const little = (value: number): string => (value & 255).toString(16).padStart(2, '0') + (value >> 8).toString(16).padStart(2, '0');
  const encapsulated = (cip: string): string => {
    const octets = cip.replaceAll(' ', '').length / 2;
    return `7000 ${little(octets + 22)} 01000000 00000000 0000000000000000 00000000 00000000 0000 0200 a100 0400 11223344 b100 ${little(octets + 2)} 0700 ${cip}`;
  };

  it('gives each answer of a Multiple_Service_Packet to what was asked at its place', () => {
    const enip = protocolOf('enip', 'tcp');
    const told = tell(enip, [
      [TO_SERVER, encapsulated('0a 02 2006 2401 0200 0600 0e00 4c 02 2072 2401 0000 0e 02 2001 2401')],
      [TO_CLIENT, encapsulated('8a 00 00 00 0200 0600 0a00 cc 00 00 00 8e 00 05 00')],
    ]);
    expect(operationsOf(enip, told)).toEqual([
      'Service 0x4c of class 0x72/read/request',
      'Get_Attribute_Single/read/request',
      'Service 0x4c of class 0x72/read/response',
      'Get_Attribute_Single/read/error 5',
    ]);
  });

  it('reads a bundle to its last service, however many there are, and counts one that has fewer than it says', () => {
    const enip = protocolOf('enip', 'tcp');
    const services = [...Array.from({ length: 69 }, () => '4c022072 2401 0100'), '4d022072 2401 0100'].map((hex) => hex.replaceAll(' ', ''));
    const bundle = (count: number): string => `0a0220062401${little(count)}${services.map((_, i) => little(2 + services.length * 2 + i * 8)).join('')}${services.join('')}`;
    const told = tell(enip, [[TO_SERVER, encapsulated(bundle(70))]]);
    expect([...told.operations.values()]).toEqual([69, 1]);
    expect([...told.malformed]).toEqual([]);
    expect([...tell(enip, [[TO_SERVER, encapsulated(bundle(60_000))]]).malformed.keys()]).toContain('cip.bundle');
    const back = `0a0220062401${little(4)}${[10, 18, 10, 18].map(little).join('')}${services[0]}`;
    expect([...tell(enip, [[TO_SERVER, encapsulated(back)]]).operations.values()]).toEqual([1]);
  });
});
