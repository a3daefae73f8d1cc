/**
 * Servers of our own to be tested actively: a Modbus device that counts every octet it was sent, and an OPC UA server that
 * answers discovery and nothing else. In: an address, and how it behaves. Out: the port, and what arrived.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface FieldServer {
  readonly port: number;
  /** Connections that were accepted, and how many were open at once at most. */
  readonly seen: { connections: number; most: number; open: number };
  close(): Promise<void>;
}

export interface ModbusDevice extends FieldServer {
  /** Function codes in the order in which they arrived. */
  readonly codes: number[];
}

function listen(host: string, port: number, serve: (socket: Socket) => void): Promise<FieldServer & { readonly server: Server }> {
  const seen = { connections: 0, most: 0, open: 0 };
  const server = createServer((socket) => {
    seen.connections++;
    seen.open++;
    let isOver = false;
    const over = (): void => {
      if (!isOver) seen.open--;
      isOver = true;
    };
    // The other side has ended it, or it broke.
    socket.once('end', over).once('close', over);
    // The end of the connection before came first, and may be told in the same turn, after this one.
    setImmediate(() => (seen.most = Math.max(seen.most, seen.open)));
    socket.on('error', () => undefined);
    serve(socket);
  });
  return new Promise((resolve) => {
    server.listen(port, host, () => resolve({ port: (server.address() as AddressInfo).port, seen, server, close: () => new Promise((done) => void server.close(() => done())) }));
  });
}

export type Behaviour = 'answers' | 'filtered' | 'exceptions' | 'closes' | 'deaf' | 'hangs-after-canary';

/** Reads are answered; what else is asked depends on the behaviour (`filtered`: as if a filter before it dropped the request). */
export async function modbusDevice(host: string, behaviour: Behaviour, port = 0): Promise<ModbusDevice> {
  const codes: number[] = [];
  let isHung = false;
  const answer = (socket: Socket, request: Buffer): void => {
    const code = request[7];
    codes.push(code);
    const reply = (...pdu: number[]): void => void socket.write(Buffer.from([request[0], request[1], 0, 0, 0, pdu.length + 1, request[6], ...pdu]));
    if (behaviour === 'deaf' || isHung) return;
    if (code >= 1 && code <= 4) reply(...(code < 3 ? [code, 1, 1] : [code, 2, 0, 42]));
    else if (behaviour === 'answers') reply(code, ...request.subarray(8));
    else if (behaviour === 'exceptions') reply(code | 0x80, 1);
    else if (behaviour === 'closes') socket.end();
    else if (behaviour === 'hangs-after-canary') isHung = true;
  };
  const { server: _server, ...device } = await listen(host, port, (socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 7 && bytes.length >= 6 + bytes.readUInt16BE(4)) {
        const size = 6 + bytes.readUInt16BE(4);
        answer(socket, bytes.subarray(0, size));
        bytes = bytes.subarray(size);
      }
    });
  });
  return { ...device, codes };
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
const text = (value: string): Buffer => Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)]);
const frame = (type: string, body: Buffer): Buffer => Buffer.concat([Buffer.from(`${type}F`), u32(body.length + 8), body]);
const NONE = 'http://opcfoundation.org/UA/SecurityPolicy#None';
/** NodeId, then a response header: time, handle, result, no diagnostics, no strings, no additional header. */
const response = (id: number): Buffer => Buffer.concat([Buffer.from([1, 0, id & 0xff, id >> 8]), Buffer.alloc(8), u32(1), u32(0), Buffer.from([0]), u32(0xffffffff), Buffer.from([0, 0, 0])]);

export interface OpcUaServer extends FieldServer {
  /** `HEL`, `OPN`, `MSG 428`, ... */
  readonly messages: string[];
}

export async function opcUaServer(host: string, port = 0): Promise<OpcUaServer> {
  const messages: string[] = [];
  const { server: _server, ...device } = await listen(host, port, (socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 8 && bytes.length >= bytes.readUInt32LE(4)) {
        const message = bytes.subarray(0, bytes.readUInt32LE(4));
        bytes = bytes.subarray(message.length);
        const type = message.toString('latin1', 0, 3);
        messages.push(type === 'MSG' ? `MSG ${message.readUInt16LE(26)}` : type);
        if (type === 'HEL') socket.write(frame('ACK', Buffer.concat([u32(0), u32(65_535), u32(65_535), u32(0), u32(0)])));
        else if (type === 'OPN') socket.write(frame('OPN', Buffer.concat([u32(7), text(NONE), u32(0xffffffff), u32(0xffffffff), u32(1), u32(1), response(449), u32(0), u32(7), u32(3), Buffer.alloc(8), u32(60_000), u32(0xffffffff)])));
        else if (type === 'MSG') socket.write(frame('MSG', Buffer.concat([u32(7), u32(3), u32(2), u32(2), response(431), u32(2), Buffer.alloc(40)])));
      }
    });
  });
  return { ...device, messages };
}
