/**
 * Talks whose operations are known: Modbus and OPC UA messages in flights, as two stacks would exchange them.
 * In: a source of chance. Out: flights of whole messages, in order. What is on the wire of them is segments.ts' business.
 */
import { concatBytes, words } from '../../samples/gen/frames.ts';
import { modbusAdu, readBits, readIdentification, readRegisters, readWriteRegisters, refused, writeCoil, writeCoils, writeRegister, writeRegisters, programBlock, type Exchange } from '../../samples/gen/modbus-pdu.ts';
import * as opcua from '../../samples/gen/opcua-message.ts';
import type { Random } from '../../samples/gen/random.ts';

export interface Flight {
  readonly toServer: boolean;
  readonly messages: readonly Uint8Array[];
}

export interface Dialogue {
  readonly port: number;
  readonly flights: readonly Flight[];
}

function exchange(random: Random): Exchange {
  const start = random.integer(0, 400);
  const count = random.integer(1, 120);
  const salt = random.integer(0, 255);
  switch (random.integer(0, 10)) {
    case 0:
      return readBits(1, start, count, salt);
    case 1:
      return readBits(2, start, count, salt);
    case 2:
      return writeCoil(start, salt > 127);
    case 3:
      return writeRegister(start, salt);
    case 4:
      return writeCoils(start, count, salt);
    case 5:
      return writeRegisters(start, Math.min(count, 100), salt);
    case 6:
      return readWriteRegisters(start, count, start + 10, Math.min(count, 90), salt);
    case 7:
      return readIdentification('Example Works', `PLC-${salt}`, '1.2');
    case 8:
      return programBlock(random.bytes(random.integer(1, 120)));
    case 9:
      return refused(readRegisters(3, start, count, salt), random.integer(1, 11));
    default:
      return readRegisters(random.integer(3, 4) as 3 | 4, start, count, salt);
  }
}

/** Requests one by one or pipelined, each with its answer, on Modbus' own port. */
export function modbusDialogue(random: Random): Dialogue {
  const flights: Flight[] = [];
  let transaction = random.integer(0, 65_535);
  for (let n = random.integer(1, 12); n > 0; n--) {
    const requests: Uint8Array[] = [];
    const responses: Uint8Array[] = [];
    for (let i = random.integer(1, random.integer(0, 3) === 0 ? 12 : 2); i > 0; i--) {
      const unit = random.integer(0, 3);
      const one = exchange(random);
      requests.push(modbusAdu(++transaction, unit, one.request));
      responses.push(modbusAdu(transaction, unit, one.response));
    }
    flights.push({ toServer: true, messages: requests }, { toServer: false, messages: responses });
  }
  return { port: 502, flights };
}

/** A message in several chunks (OPC 10000-6 clause 6.7.2): the same sequence and request header before each piece. */
function chunked(random: Random, message: Uint8Array, sequence: { value: number }): Uint8Array[] {
  const HEADERS = 24;
  if (message.length < HEADERS + 40 || random.integer(0, 1) === 0) return [message];
  const body = message.subarray(HEADERS);
  const cuts = [...new Set(Array.from({ length: random.integer(1, 3) }, () => random.integer(1, body.length - 1)))].sort((a, b) => a - b);
  const edges = [0, ...cuts, body.length];
  return edges.slice(1).map((to, i) => {
    const piece = concatBytes(message.subarray(0, HEADERS), body.subarray(edges[i], to));
    piece[3] = to === body.length ? 0x46 : 0x43;
    const view = new DataView(piece.buffer);
    view.setUint32(4, piece.length, true);
    view.setUint32(16, ++sequence.value, true);
    return piece;
  });
}

/** Hello, channel, session, services and the end, readable (policy None) or encrypted. */
export function opcuaDialogue(random: Random): Dialogue {
  const channel = opcua.createChannel(random.integer(0, 3) === 0, random.integer(1, 60_000), random);
  const now = 1_770_000_000_000_000_000n;
  const names = { url: 'opc.tcp://plc-1.example:4840', clientUri: 'urn:example:client', serverUri: 'urn:example:server', sessionName: 'HMI session' };
  const flights: Flight[] = [];
  const sequence = { value: 1000 };
  const say = (request: Uint8Array, response: Uint8Array): void =>
    void flights.push({ toServer: true, messages: chunked(random, request, sequence) }, { toServer: false, messages: chunked(random, response, sequence) });
  const whole = (request: Uint8Array, response: Uint8Array): void => void flights.push({ toServer: true, messages: [request] }, { toServer: false, messages: [response] });
  const ask = (call: opcua.Call): void => (channel.isSecure ? whole(call.request, call.response) : say(call.request, call.response));
  whole(opcua.hello(names.url), opcua.acknowledge());
  whole(opcua.openChannel(channel, true, now), opcua.openChannel(channel, false, now));
  if (random.integer(0, 1) === 0) ask(opcua.getEndpoints(channel, now, names.url, names.serverUri));
  ask(opcua.createSession(channel, now, names));
  ask(opcua.activateSession(channel, now));
  for (let n = random.integer(0, 10); n > 0; n--) {
    const ids = Array.from({ length: random.integer(1, 8) }, () => random.integer(1, 2000));
    switch (random.integer(0, 5)) {
      case 0:
        ask(opcua.write(channel, now, ids[0] as number, n));
        break;
      case 1:
        ask(opcua.browse(channel, now, ids[0] as number));
        break;
      case 2:
        ask(opcua.createSubscription(channel, now));
        break;
      case 3:
        ask(opcua.createMonitoredItems(channel, now, ids));
        break;
      case 4:
        ask(opcua.publish(channel, now, n, ids.length));
        break;
      default:
        ask(opcua.read(channel, now, ids));
    }
  }
  ask(opcua.closeSession(channel, now));
  flights.push({ toServer: true, messages: [opcua.closeChannel(channel, now)] });
  return { port: 4840, flights };
}

/** Messages that are nearly Modbus: any function code, any length, lies in the header. */
export function wildModbusDialogue(random: Random): Dialogue {
  const flights: Flight[] = [];
  for (let n = random.integer(1, 20); n > 0; n--) {
    const pdu = random.bytes(random.integer(1, 30));
    const adu = modbusAdu(random.integer(0, 65_535), random.integer(0, 255), pdu);
    if (random.integer(0, 4) === 0) adu.set(words(random.integer(0, 300)), 4);
    if (random.integer(0, 9) === 0) adu.set(random.bytes(2), 2);
    flights.push({ toServer: random.integer(0, 1) === 0, messages: [adu] });
  }
  return { port: 502, flights };
}
