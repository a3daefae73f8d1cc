/**
 * Figures of a running capture for Prometheus (text format 0.0.4), on loopback only and only when asked for. In: a port
 * and a function that gives the figures. Out: `GET /metrics`. The one place in the program that opens an Internet
 * socket: it listens on 127.0.0.1, never on the network that is watched, and answers no name but its own (a page in a
 * browser cannot reach it by a name that it makes point here).
 */
import { createServer } from 'node:http';
import { usageError } from '../errors.ts';

export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface MetricsEndpoint {
  readonly port: number;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const OWN_NAME = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/;

/** @param port 0: any that is free */
export async function openMetrics(port: number, read: () => readonly Metric[]): Promise<MetricsEndpoint> {
  const server = createServer({ requestTimeout: 5000, headersTimeout: 5000, maxHeaderSize: 8192 }, (request, response) => {
    request.resume();
    const isOurs = OWN_NAME.test(request.headers.host ?? '') && request.url === '/metrics';
    const status = !isOurs ? 404 : request.method === 'GET' || request.method === 'HEAD' ? 200 : 405;
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', connection: 'close' });
    response.end(status === 200 && request.method === 'GET' ? metricsText(read()) : '');
  });
  server.maxConnections = 8;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const code = String((error as { code?: unknown }).code ?? error.message);
      reject(usageError(`--metrics ${port}: cannot listen on ${LOOPBACK}:${port} (${code})`, 'Choose another port above 1023, or leave --metrics out.'));
    });
    server.listen(port, LOOPBACK, resolve);
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

/** Metrics of one name stand together, under one HELP and TYPE. */
export function metricsText(metrics: readonly Metric[]): string {
  let text = '';
  let last = '';
  for (const { name, help, kind, value, labels } of metrics) {
    if (name !== last) text += `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`;
    last = name;
    const pairs = Object.entries(labels ?? {}).map(([label, words]) => `${label}="${escaped(words)}"`);
    text += `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
  }
  return text;
}

const escaped = (words: string): string => words.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
