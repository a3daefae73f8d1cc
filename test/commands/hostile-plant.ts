/**
 * A folder of captures in which every device and every file is called by a hostile word, in every way that a device can say
 * its name (LLDP, DHCP, Modbus identification, OPC UA, TLS). And how to see that an output carries none of it alive.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { pcap } from '../../samples/gen/capture-file.ts';
import { concatBytes, hex, ipBytes, words } from '../../samples/gen/frames.ts';
import { modbusAdu, readIdentification, readRegisters } from '../../samples/gen/modbus-pdu.ts';
import { acknowledge, activateSession, createChannel, createSession, hello, openChannel, read } from '../../samples/gen/opcua-message.ts';
import { createRandom } from '../../samples/gen/random.ts';
import { createTcpSession } from '../../samples/gen/tcp-session.ts';
import { createTimeline, DAY, MS, SECOND, type Host } from '../../samples/gen/timeline.ts';
import { SAMPLES } from '../places.ts';
import { HOSTILE_WORDS, UNSAFE_OUTPUT } from '../render/hostile-words.ts';
import type { Ran } from './command-line.ts';

const MIDNIGHT_NS = 1_772_409_600_000_000_000n;

/** Octets of the word in UTF-8, one character each, as the frame builders want them; bounded as the field is. */
const wire = (word: string, most: number): string => Buffer.from(word, 'utf8').subarray(0, most).toString('latin1');

const host = (name: string, network: number, index: number): Host => ({
  name,
  ip: `10.50.${network + (index >> 6)}.${10 + (index & 63)}`,
  mac: `02:00:00:${(network & 0xff).toString(16).padStart(2, '0')}:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 0xff).toString(16).padStart(2, '0')}`,
  isFieldSide: true,
  ttl: 64,
});

/** DHCP request of a client that has its address (RFC 2131): host name and vendor class. */
function dhcpRequest(mac: string, ip: string, name: string): Uint8Array {
  const fixed = concatBytes(hex('01010600 11223344 0000 0000'), ipBytes(ip), new Uint8Array(12), hex(mac), new Uint8Array(10 + 192), hex('63825363'));
  const option = (code: number, value: string): Uint8Array => concatBytes(Uint8Array.of(code, value.length), Uint8Array.from(value, (c) => c.charCodeAt(0)));
  return concatBytes(fixed, hex('350103'), option(12, name), option(60, name), hex('ff'));
}

/** TLS ClientHello with this server name (RFC 6066 clause 3). */
function clientHello(serverName: string): Uint8Array {
  const name = Uint8Array.from(serverName, (c) => c.charCodeAt(0));
  const sni = concatBytes(words(0, name.length + 5, name.length + 3), Uint8Array.of(0), words(name.length), name);
  const body = concatBytes(hex('0303'), new Uint8Array(32).fill(7), Uint8Array.of(0), words(4, 0x1301, 0x1302), hex('0100'), words(sni.length), sni);
  return concatBytes(hex('160301'), words(body.length + 4), concatBytes(Uint8Array.of(1, 0), words(body.length), body));
}

/** A plant in which every device is called by a hostile word, in every way a device can say its name. */
function hostilePlant(): Uint8Array {
  const timeline = createTimeline(MIDNIGHT_NS);
  const random = createRandom(1);
  const station = host('HMI', 0, 0);
  HOSTILE_WORDS.forEach((word, i) => {
    const device = host(`device-${i}`, 10, i);
    const at = i * 20 * SECOND;
    timeline.lldp(at, device, { portName: 'p1', systemName: wire(word, 250), description: wire(word, 250) });
    timeline.udp(at + MS, device, station, 68, 67, dhcpRequest(device.mac, device.ip, wire(word, 250)));
    const modbus = createTcpSession(timeline, station, device, 20_000 + i, 502, 1000 + i);
    let now = modbus.open(at + 10 * MS);
    const identification = readIdentification(wire(word, 70), wire(word, 70), wire(word, 70));
    [identification, readRegisters(3, 0, 10, 1), readRegisters(3, 0, 10, 1)].forEach((one, n) => {
      modbus.exchange(now, modbusAdu(n + 1, 1, one.request), modbusAdu(n + 1, 1, one.response), MS);
      now += SECOND;
    });
    modbus.close(now);
    const opcua = createTcpSession(timeline, station, device, 30_000 + i, 4840, 5000 + i);
    const channel = createChannel(false, i + 1, random);
    const names = { url: wire(word, 200), clientUri: wire(word, 200), serverUri: wire(word, 200), sessionName: wire(word, 200) };
    now = opcua.open(at + 5 * SECOND);
    const session = createSession(channel, MIDNIGHT_NS, names);
    const activation = activateSession(channel, MIDNIGHT_NS);
    const reading = read(channel, MIDNIGHT_NS, [1, 2]);
    const steps: [Uint8Array, Uint8Array][] = [
      [hello(names.url), acknowledge()],
      [openChannel(channel, true, MIDNIGHT_NS), openChannel(channel, false, MIDNIGHT_NS)],
      [session.request, session.response],
      [activation.request, activation.response],
      [reading.request, reading.response],
    ];
    for (const [request, response] of steps) {
      opcua.exchange(now, request, response, MS);
      now += 100 * MS;
    }
    opcua.close(now);
    const tls = createTcpSession(timeline, device, station, 40_000 + i, 443, 9000 + i);
    now = tls.open(at + 8 * SECOND);
    tls.send(now, true, clientHello(wire(word, 200)));
    tls.close(now + SECOND);
  });
  return pcap({ isLittle: true, isNanosecond: true, linkType: 1, snapLength: 262_144 }, timeline.frames(0, DAY));
}

/** Into a new folder; every file another content, so that every one is imported. */
export function writeHostileCaptures(captures: string): void {
  mkdirSync(captures);
  writeFileSync(join(captures, 'plant.pcap'), hostilePlant());
  const trap = readFileSync(join(SAMPLES, 'traps/split.pcap'));
  HOSTILE_WORDS.forEach((word, i) => {
    // Whatever a file may be called.
    const name = Buffer.from(word.replaceAll('/', '_').replaceAll('\0', ''), 'utf8').subarray(0, 200);
    const octets = Uint8Array.from(trap);
    new DataView(octets.buffer).setUint32(24, 1_772_409_600 + i * 60, true);
    writeFileSync(Buffer.concat([Buffer.from(`${captures}/${i}`), name]), octets);
  });
}

export function expectSafe(ran: Ran): void {
  expect(ran.out.replaceAll('\r\n', '\n')).not.toMatch(UNSAFE_OUTPUT);
  expect(ran.err).not.toMatch(UNSAFE_OUTPUT);
  expect(ran.err).not.toMatch(/please report/);
}
