/**
 * The door of `serve`: an HTTP server on loopback that only lets in who holds the token. In: a token, and a function that
 * answers. Out: the address to open. Left out on purpose: what is answered (serve.ts).
 *
 * Who is kept out, and how: other machines (loopback only); other users and programs of this machine (a token of 256 random
 * bits, compared in constant time); pages of other sites (Host must be our own name, so that no name can be made to point
 * here; Origin must be ours; edits need a header that no form can send; no CORS header is ever sent); other local servers in
 * the same browser (cookies know no ports: ours is bound to a path that nobody else knows, and is never readable by scripts).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { errorText } from '../errors.ts';
import { listenOnLoopback, type LOOPBACK_ADDRESSES, type Request, type Response } from './loopback-server.ts';

export interface Answer {
  readonly status: number;
  readonly type: 'text/html' | 'application/json' | 'text/plain';
  readonly body: string;
  readonly policy?: string;
}

export interface Asked {
  readonly method: 'GET' | 'POST';
  /** What follows the secret folder: '', 'change', 'edit'. */
  readonly name: string;
  /** Parsed JSON of a POST. */
  readonly body: unknown;
}

export interface Door {
  /** With the token in it. */
  readonly address: string;
  /** The same, but works once: it stands in the arguments of a browser, where other users can read it. */
  onceOnly(): string;
  close(): Promise<void>;
}

/** An edit is a few names and a reason. */
const MOST_BODY = 64 * 1024;
const MOST_CONNECTIONS = 32;
const COOKIE = 'baseline';

const plain = (status: number, body: string): Answer => ({ status, type: 'text/plain', body: `${body}\n` });

const isSame = (given: string, wanted: string): boolean => {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
};

/** @param port 0: any that is free */
export async function openDoor(host: (typeof LOOPBACK_ADDRESSES)[number], port: number, answer: (asked: Asked) => Answer | Promise<Answer>): Promise<Door> {
  const token = randomBytes(32).toString('base64url');
  const folder = `/${randomBytes(12).toString('base64url')}/`;
  const tickets = new Set<string>();
  let ownNames: readonly string[] = [];

  const entered = (request: Request): boolean =>
    (request.headers.cookie ?? '').split(';').some((pair) => {
      const [name, value] = pair.trim().split('=');
      return name === COOKIE && value !== undefined && isSame(value, token);
    });

  const answerTo = async (request: Request, response: Response): Promise<Answer> => {
    const own = request.headers.host ?? '';
    if (!ownNames.includes(own)) return plain(403, 'baseline serve answers to its own name only');
    const { origin } = request.headers;
    if (origin !== undefined && origin !== `http://${own}`) return plain(403, 'baseline serve answers to its own page only');
    const [path, query = ''] = (request.url ?? '').split('?', 2);
    if (!path.startsWith(folder)) return plain(404, 'there is nothing here: open the address that baseline serve printed');
    const given = new URLSearchParams(query).get('token');
    if (given !== null) {
      const isTicket = [...tickets].some((ticket) => isSame(given, ticket));
      if (isTicket) tickets.delete(given);
      if (request.method !== 'GET' || !(isTicket || isSame(given, token))) return plain(403, 'this address is not, or no longer, valid: open the one that baseline serve printed');
      response.setHeader('set-cookie', `${COOKIE}=${token}; Path=${folder}; HttpOnly; SameSite=Strict`);
      response.setHeader('location', folder);
      return plain(303, 'see the report');
    }
    if (!entered(request)) return plain(403, 'open the address that baseline serve printed');
    const name = path.slice(folder.length);
    if (request.method === 'GET') return answer({ method: 'GET', name, body: null });
    if (request.method !== 'POST') return plain(405, 'only GET and POST');
    if (origin === undefined || request.headers['x-baseline'] !== 'edit') return plain(403, 'edits come from the page of baseline serve only');
    if (!/^application\/json(?:;|$)/.test(request.headers['content-type'] ?? '')) return plain(415, 'an edit is JSON');
    const text = await bodyOf(request);
    if (text === null) return plain(413, `an edit has at most ${MOST_BODY} octets`);
    try {
      return await answer({ method: 'POST', name, body: JSON.parse(text) as unknown });
    } catch (error) {
      if (error instanceof SyntaxError) return plain(400, 'this is not JSON');
      throw error;
    }
  };

  const server = await listenOnLoopback({ host, port, mostConnections: MOST_CONNECTIONS, option: '--port' }, (request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    void (async () => {
      let result: Answer;
      try {
        result = await answerTo(request, response);
      } catch (error) {
        result = plain(500, `a fault of baseline serve: ${errorText(error)}`);
      }
      if (!request.complete && request.method !== 'GET') {
        // Whoever sends more than is taken is not listened to any longer.
        response.setHeader('connection', 'close');
        request.resume();
      }
      response.writeHead(result.status, {
        'content-type': `${result.type}; charset=utf-8`,
        'content-length': Buffer.byteLength(result.body),
        'content-security-policy': `${result.policy ?? "default-src 'none'; base-uri 'none'; form-action 'none'"}; frame-ancestors 'none'`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
      });
      response.end(result.body);
    })();
  });
  const named = host.includes(':') ? `[${host}]` : host;
  // A browser leaves the port of HTTP itself out.
  ownNames = [...new Set([named, 'localhost'])].flatMap((name) => (server.port === 80 ? [name, `${name}:80`] : [`${name}:${server.port}`]));
  const withToken = (value: string): string => `http://${named}:${server.port}${folder}?token=${value}`;
  return {
    address: withToken(token),
    onceOnly: () => {
      const ticket = randomBytes(32).toString('base64url');
      tickets.add(ticket);
      return withToken(ticket);
    },
    close: server.close,
  };
}

/** Null when it is larger than an edit can be. */
function bodyOf(request: Request): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MOST_BODY) chunks.push(chunk);
      else {
        request.removeAllListeners('data');
        resolve(null);
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('aborted', () => resolve(null));
    request.on('error', reject);
  });
}
