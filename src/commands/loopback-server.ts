/**
 * The one place in the program that listens: an HTTP server on this machine's own loopback address, never on the network
 * that is watched. In: an address, a port, who answers. Out: the port, and how to close it at once. Bounded in time, headers
 * and connections; who may ask is the business of the two that use it (metrics-endpoint.ts, serve-http.ts).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { errorCode, usageError } from '../errors.ts';

export type Request = IncomingMessage;
export type Response = ServerResponse;

export const LOOPBACK_ADDRESSES = ['127.0.0.1', '::1'] as const;

export interface LoopbackServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface LoopbackPlace {
  readonly host: (typeof LOOPBACK_ADDRESSES)[number];
  /** 0: any that is free. */
  readonly port: number;
  readonly mostConnections: number;
  /** As the user gave it: for messages. */
  readonly option: string;
}

export async function listenOnLoopback({ host, port, mostConnections, option }: LoopbackPlace, answer: (request: Request, response: Response) => void): Promise<LoopbackServer> {
  const server = createServer({ requestTimeout: 5000, headersTimeout: 5000, maxHeaderSize: 8192 }, answer);
  server.maxConnections = mostConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const code = errorCode(error) || error.message;
      reject(usageError(`${option} ${port}: cannot listen on ${host}:${port} (${code})`, `Choose another port above 1023, or leave ${option} out.`));
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
