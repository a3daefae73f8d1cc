/**
 * Figures of a running capture for Prometheus (text format 0.0.4), on loopback only and only when asked for. In: a port
 * and a function that gives the figures. Out: `GET /metrics`. It answers no name but its own: a page in a browser cannot
 * reach it by a name that it makes point here.
 */
import { listenOnLoopback, type LoopbackServer } from './loopback-server.ts';

export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

const OWN_NAME = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/;

/** @param port 0: any that is free */
export const openMetrics = (port: number, read: () => readonly Metric[]): Promise<LoopbackServer> =>
  listenOnLoopback({ host: '127.0.0.1', port, mostConnections: 8, option: '--metrics' }, (request, response) => {
    request.resume();
    const isOurs = OWN_NAME.test(request.headers.host ?? '') && request.url === '/metrics';
    const status = !isOurs ? 404 : request.method === 'GET' || request.method === 'HEAD' ? 200 : 405;
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', connection: 'close' });
    response.end(status === 200 && request.method === 'GET' ? metricsText(read()) : '');
  });

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
