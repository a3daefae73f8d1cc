/** `baseline serve` as a process of its own, as a person starts it. */
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { ENDS } from '../hang.ts';
import { PROGRAM } from './command-line.ts';

export interface Served {
  readonly pid: number;
  /** With the token. */
  readonly address: string;
  readonly port: number;
  /** `/SECRET/` */
  readonly folder: string;
  readonly token: string;
  readonly ended: Promise<{ readonly code: number | null; readonly err: string }>;
  /** Ctrl-C. */
  stop(): Promise<{ readonly code: number | null; readonly err: string }>;
}

export function startServe(args: readonly string[]): Promise<Served> {
  const child = spawn(PROGRAM[0], [PROGRAM[1], 'serve', ...args], { ...ENDS, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<{ code: number | null; err: string }>((resolve) => child.on('close', (code) => resolve({ code, err })));
  return new Promise((resolve, reject) => {
    void ended.then(({ code }) => reject(new Error(`serve ended with ${code}: ${err}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (!out.includes('\n')) return;
      const url = new URL(out.trim());
      resolve({
        pid: child.pid ?? 0, ended, address: url.href, port: Number(url.port), folder: url.pathname, token: url.searchParams.get('token') ?? '',
        stop: () => {
          child.kill('SIGINT');
          return ended;
        },
      });
    });
  });
}

export interface Replied {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A request with exactly these headers (a browser's fetch would not let Host or Origin be forged). */
export function requestOf(port: number, path: string, { method = 'GET', headers = {}, body }: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string | Buffer } = {}): Promise<Replied> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers: { host: `127.0.0.1:${port}`, ...headers }, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
