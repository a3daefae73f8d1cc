/**
 * A child process for live-capture.test.ts: listens with openLive inside the namespace it is started in, as told by
 * one JSON argument, and prints one JSON line per event and one in the end. `stop` on stdin ends it gracefully.
 * `digest` covers time, lengths and octets of every frame in order, so that two runs can be compared.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';

import { openLive, type LiveOptions } from '../../src/source/live.ts';
import { dropPrivileges } from '../../src/source/live-privileges.ts';
import { listSilenceWarnings } from '../../src/source/live-silence.ts';
import { BaselineError } from '../../src/errors.ts';

interface ProbeOptions extends LiveOptions {
  /** Sleep this long, blocking, after every so many batches: a slow reader. */
  readonly stallMs?: number;
  readonly stallEvery?: number;
  readonly digest?: boolean;
  readonly drop?: { uid?: number; gid?: number; keepNetRaw: boolean };
}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const sleepBlocking = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** The kernel's own counters of an interface (proc(5)), null where it is not there; `transmitted` does not grow on a silent one. */
function readInterfaceFrames(name: string): { readonly received: number; readonly receiveDropped: number; readonly transmitted: number } | null {
  const line = readFileSync('/proc/self/net/dev', 'utf8').split('\n').find((one) => one.trimStart().startsWith(`${name}:`));
  if (line === undefined) return null;
  const fields = line.slice(line.indexOf(':') + 1).trim().split(/\s+/).map(Number);
  return { received: fields[1], receiveDropped: fields[3], transmitted: fields[9] };
}

async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2]) as ProbeOptions;
  const source = await openLive({ ...options, onEvent: say });
  const hash = createHash('sha256');
  if (options.drop !== undefined) say({ kind: 'privileges', report: { ...dropPrivileges(options.drop), capabilities: undefined }, status: readFileSync('/proc/self/status', 'utf8') });
  say({
    kind: 'ready',
    library: source.libraryVersion,
    silence: source.states().flatMap(listSilenceWarnings),
    frames: options.interfaces.map(readInterfaceFrames),
  });
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    if (line === 'stop') source.stop();
    else if (line === 'report') say({ kind: 'report', frames: source.counts.frames, totals: source.totals(), states: source.states(), memory: process.memoryUsage() });
  });
  let batches = 0;
  let empty = 0;
  let bytes = 0;
  for (let batch = await source.next(); batch !== null; batch = await source.next()) {
    if (batch.count === 0) {
      empty++;
      continue;
    }
    batches++;
    const row = new Float64Array(4);
    for (let i = 0; i < batch.count; i++) {
      bytes += batch.wire[i];
      if (options.digest !== true) continue;
      row.set([batch.captured[i], batch.wire[i], 0, 0]);
      hash.update(row);
      hash.update(batch.bytes.subarray(batch.offset[i], batch.offset[i] + batch.captured[i]));
    }
    if (options.stallMs !== undefined && batches % (options.stallEvery ?? 1) === 0) sleepBlocking(options.stallMs);
  }
  const cpu = process.cpuUsage();
  say({
    kind: 'end',
    frames: source.counts.frames,
    bytes,
    batches,
    empty,
    digest: hash.digest('hex'),
    counts: { ...source.counts, unknownBlocks: 0 },
    interfaces: source.interfaces,
    totals: source.totals(),
    states: source.states(),
    cpuUs: cpu.user + cpu.system,
    rssMb: Math.round(process.memoryUsage().rss / 2 ** 20),
  });
  lines.close();
  process.stdin.destroy();
  await source.close();
}

main().catch((error: unknown) => {
  if (error instanceof BaselineError) say({ kind: 'error', message: error.message, remedy: error.remedy, exitCode: error.exitCode });
  else say({ kind: 'crash', message: String(error) });
  process.exit(error instanceof BaselineError ? error.exitCode : 99);
});
