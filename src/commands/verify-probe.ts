/**
 * The only part of the program that sends: the steps of an active test plan, one after the other, one connection at a time,
 * at most one a second. In: steps that verify/plan.ts made from a spec's own host:port list. Out: what came back, in words.
 * Nothing but verify-active.ts imports it (the linter proves it). What is written to a socket comes from verify/questions.ts
 * (three questions that change nothing) and verify-opcua.ts (discovery). Stops at the first device that does not answer what
 * it must answer, at a signal, and after MOST_CONNECTIONS.
 */
import { connect, type Socket } from 'node:net';
import type { ModbusQuestion, TestStep } from '../policy/verify/plan.ts';
import { modbusAdu, readAnswer } from '../policy/verify/questions.ts';
import { getEndpoints, hello, messageSize, messageType, MOST_OCTETS, openChannel, readChannel, readEndpoints } from './verify-opcua.ts';

export const MOST_CONNECTIONS = 500;

export interface Pace {
  /** A second of the plan: between the end of a connection and the next. */
  readonly intervalMs: number;
  /** For a connection, and for an answer. */
  readonly timeoutMs: number;
}

export const PACE: Pace = { intervalMs: 1000, timeoutMs: 3000 };

/** `open`, `refused`, `silent` (no answer in time), `unreachable` (ICMP), `no-route`, `closed` (after it was open), `answer`, `exception`, `foreign`. */
export type Outcome = 'open' | 'refused' | 'silent' | 'unreachable' | 'no-route' | 'closed' | 'answer' | 'exception' | 'foreign';

export interface ProbeResult {
  readonly step: TestStep;
  readonly outcome: Outcome;
  readonly detail: string;
  readonly elapsedMs: number;
}

export interface ProbeEnd {
  readonly state: 'complete' | 'aborted';
  readonly reason: string;
}

const CONNECT_ERRORS: Readonly<Record<string, Outcome>> = {
  ECONNREFUSED: 'refused', ECONNRESET: 'refused', ETIMEDOUT: 'silent', EHOSTUNREACH: 'unreachable',
  // This machine's own rules or routes: nothing left it.
  EACCES: 'no-route', EPERM: 'no-route', ENETUNREACH: 'no-route', EADDRNOTAVAIL: 'no-route',
};

interface Opened {
  readonly outcome: Outcome;
  readonly detail: string;
  readonly socket: Socket | null;
}

function open({ host, port }: TestStep, from: string, timeoutMs: number): Promise<Opened> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, localAddress: from });
    const done = (outcome: Outcome, detail: string): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      if (outcome !== 'open') socket.destroy();
      resolve({ outcome, detail, socket: outcome === 'open' ? socket : null });
    };
    const timer = setTimeout(() => done('silent', `no answer within ${timeoutMs} ms`), timeoutMs);
    socket.once('connect', () => done('open', 'connection accepted'));
    socket.once('error', (error: NodeJS.ErrnoException) => done(CONNECT_ERRORS[error.code ?? ''] ?? 'no-route', error.code ?? error.message));
  });
}

interface Heard {
  readonly end: 'read' | 'silent' | 'closed';
  readonly bytes: Buffer;
}

/** Writes one question and hears until `isWhole` says so, the other side closes, or the time is over. */
function ask(socket: Socket, question: Uint8Array, isWhole: (bytes: Buffer) => boolean, timeoutMs: number): Promise<Heard> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const done = (end: Heard['end']): void => {
      clearTimeout(timer);
      socket.removeAllListeners('data').removeAllListeners('close');
      resolve({ end, bytes });
    };
    const timer = setTimeout(() => done('silent'), timeoutMs);
    socket.once('close', () => done('closed'));
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length > MOST_OCTETS || isWhole(bytes)) done('read');
    });
    socket.write(question);
  });
}

async function askModbus(socket: Socket, question: ModbusQuestion, transaction: number, timeoutMs: number): Promise<Omit<Opened, 'socket'>> {
  const { end, bytes } = await ask(socket, modbusAdu(question, transaction), (heard) => readAnswer(heard, transaction).kind !== 'more', timeoutMs);
  const answer = readAnswer(bytes, transaction);
  switch (answer.kind) {
    case 'answer':
      return { outcome: 'answer', detail: `FC ${answer.code} answered` };
    case 'exception':
      return { outcome: 'exception', detail: `FC ${answer.code} answered with exception ${answer.exception}` };
    case 'foreign':
      return { outcome: 'foreign', detail: 'what came back is no answer to the question' };
    case 'more':
      return end === 'closed' ? { outcome: 'closed', detail: 'the connection was closed without an answer' } : { outcome: 'silent', detail: `no answer within ${timeoutMs} ms` };
  }
}

async function askOpcUa(socket: Socket, { host, port }: TestStep, timeoutMs: number): Promise<Omit<Opened, 'socket'>> {
  const url = `opc.tcp://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const isWhole = (bytes: Buffer): boolean => messageType(bytes) !== '';
  const failed = ({ end, bytes }: Heard, what: string): Omit<Opened, 'socket'> => {
    if (messageType(bytes) === 'ERR') return { outcome: 'exception', detail: `${what}: the server answered with an error` };
    if (bytes.length > 0) return { outcome: 'foreign', detail: `${what}: what came back is no OPC UA` };
    return end === 'closed' ? { outcome: 'closed', detail: `${what}: the connection was closed` } : { outcome: 'silent', detail: `${what}: no answer within ${timeoutMs} ms` };
  };
  const hel = await ask(socket, hello(url), isWhole, timeoutMs);
  if (messageType(hel.bytes) !== 'ACK') return failed(hel, 'Hello');
  const opn = await ask(socket, openChannel(), isWhole, timeoutMs);
  const channel = messageType(opn.bytes) === 'OPN' ? readChannel(opn.bytes) : null;
  // Some servers admit discovery only with security: the Hello was answered all the same.
  if (channel === null) return { outcome: 'answer', detail: 'Hello acknowledged; no channel without security, so no discovery' };
  const got = await ask(socket, getEndpoints(channel.channel, channel.token, url), isWhole, timeoutMs);
  const endpoints = messageType(got.bytes) === 'MSG' ? readEndpoints(got.bytes.subarray(0, messageSize(got.bytes))) : null;
  return { outcome: 'answer', detail: endpoints === null ? 'Hello acknowledged; the list of endpoints could not be read' : `Hello acknowledged; ${endpoints} endpoints` };
}

async function runStep(step: TestStep, from: string, transaction: number, { timeoutMs }: Pace): Promise<ProbeResult> {
  const started = performance.now();
  const result = (outcome: Outcome, detail: string): ProbeResult => ({ step, outcome, detail, elapsedMs: performance.now() - started });
  const opened = await open(step, from, timeoutMs);
  const { socket } = opened;
  if (socket === null) return result(opened.outcome, opened.detail);
  try {
    if (step.question !== null) {
      const { outcome, detail } = await askModbus(socket, step.question, transaction, timeoutMs);
      return result(outcome, detail);
    }
    if (step.kind === 'opcua-hello') {
      const { outcome, detail } = await askOpcUa(socket, step, timeoutMs);
      return result(outcome, detail);
    }
    return result('open', opened.detail);
  } finally {
    socket.destroy();
  }
}

const MUST_ANSWER: ReadonlySet<string> = new Set(['modbus-read', 'modbus-again', 'opcua-hello']);
/** These say whether there is anything to ask. */
const OPENS: ReadonlySet<string> = new Set(['tcp-open', 'modbus-read']);

/** Steps in order; each result is handed over before the next connection is opened. */
export async function runSteps(steps: readonly TestStep[], from: string, signal: AbortSignal, report: (result: ProbeResult, place: number) => void, pace: Pace = PACE): Promise<ProbeEnd> {
  const shut = new Set<string>();
  let connections = 0;
  for (const [place, step] of steps.entries()) {
    // What was not open, or did not answer a read, is not asked further: its silence would prove nothing.
    const device = `${step.host} ${step.port}`;
    if (shut.has(device)) continue;
    if (connections >= MOST_CONNECTIONS) return { state: 'aborted', reason: `${MOST_CONNECTIONS} connections were opened` };
    if (connections > 0) await pause(steps[place - 1].pauseSeconds * pace.intervalMs, signal);
    if (signal.aborted) return { state: 'aborted', reason: 'stopped by a person' };
    const result = await runStep(step, from, place + 1, pace);
    connections++;
    report(result, place);
    const isGood = result.outcome === 'open' || result.outcome === 'answer' || result.outcome === 'exception';
    if (OPENS.has(step.kind) && !isGood) shut.add(device);
    if (MUST_ANSWER.has(step.kind) && result.outcome === 'silent') return { state: 'aborted', reason: `${step.target} (${step.host}:${step.port}) did not answer within ${pace.timeoutMs} ms` };
  }
  return { state: 'complete', reason: '' };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
