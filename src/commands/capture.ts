/**
 * `baseline capture`: listens for weeks, and writes what it heard into the store every few seconds. In: interfaces, or a
 * pipe (`-`). Out: the store; sentences and a status line for a person. Nothing is ever sent. It ends by SIGINT, SIGTERM
 * or --duration, with exit code 0 after the last checkpoint; a later one leaves at once (main.ts).
 */
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { EXIT, usageError } from '../errors.ts';
import { plural } from '../infer/plural.ts';
import { shortOctets } from '../render/instant.ts';
import type { FrameBatch, FrameSource } from '../source/frame-batch.ts';
import { openLive, type LiveBatch, type LiveSource } from '../source/live.ts';
import { dropPrivileges, runsAsRoot } from '../source/live-privileges.ts';
import { listSilenceWarnings } from '../source/live-silence.ts';
import { openCapture } from '../source/open.ts';
import { openRing, type RingWriter } from '../source/ring-writer.ts';
import { openForWriting, storePath } from '../store/database.ts';
import { beginLive, createLiveWriter, type LiveRun } from '../store/live-run.ts';
import { recordLive } from '../store/record-live.ts';
import { watchCompleteness } from './capture-completeness.ts';
import { captureMetrics } from './capture-metrics.ts';
import { findUser, parseDurationMs, parseOctets, within, type UserIds } from './capture-options.ts';
import { createTalk, type Talk } from './capture-talk.ts';
import { createTruth } from './capture-truth.ts';
import { DB_OPTION, defineCommand, OPEN_TUNNELS_OPTION, type Arguments, type CommandContext, type CommandResult } from './command.ts';
import type { LoopbackServer } from './loopback-server.ts';
import { openMetrics } from './metrics-endpoint.ts';
import { knownTimezone, TIMEZONE_OPTION } from './timezone-option.ts';

const OPTIONS = {
  iface: { type: 'string', array: true, requiresArg: true, describe: 'interface to listen on; again for another one' },
  filter: { type: 'string', requiresArg: true, describe: 'what to take, as for tcpdump (man 7 pcap-filter)' },
  duration: { type: 'string', requiresArg: true, describe: 'how long: 4w, 3d, 2h, 30m, 10s (default: until it is stopped)' },
  ring: { type: 'string', requiresArg: true, describe: 'keep the packets as well, as pcapng files in this folder' },
  'ring-size': { type: 'string', requiresArg: true, describe: 'size of one ring file (default: 100MB)' },
  'ring-files': { type: 'number', requiresArg: true, describe: 'ring files kept (default: 20)' },
  snaplen: { type: 'number', requiresArg: true, describe: 'octets taken of each packet (default: all)' },
  promisc: { type: 'boolean', describe: 'promiscuous mode (default: yes; --no-promisc: packets for this machine only)' },
  buffer: { type: 'string', requiresArg: true, describe: "the kernel's buffer for bursts, per interface (default: 128MiB)" },
  checkpoint: { type: 'number', requiresArg: true, describe: 'seconds between two writes to the store (default: 5)' },
  user: { type: 'string', requiresArg: true, describe: 'started as root: become this user once the interfaces are open' },
  'as-root': { type: 'boolean', describe: 'go on as root' },
  reopen: { type: 'boolean', describe: 'open an interface that went and came back (default: yes; --no-reopen: give up CAP_NET_RAW as well, and end then)' },
  'open-tunnels': OPEN_TUNNELS_OPTION,
  metrics: { type: 'number', requiresArg: true, describe: 'figures for Prometheus on 127.0.0.1:PORT' },
  timezone: { ...TIMEZONE_OPTION, describe: 'the plant\'s time zone (IANA), by whose clock completeness counts days (default: UTC)' },
  db: DB_OPTION,
} as const;

const POSITIONALS = { input: { type: 'string', describe: '- for pcap or pcapng on standard input' } } as const;

export const captureCommand = defineCommand({
  syntax: 'capture [input]',
  summary: 'Listen on interfaces (or to a pipe, -) for weeks, and keep what was observed in the store.',
  examples: [
    ['capture --iface span0 --duration 4w', 'four weeks; Ctrl-C ends it cleanly before'],
    ['capture --iface span0 --ring /var/ring --ring-size 100MB --ring-files 50', 'keep the last 5 GB of packets as well'],
    ['capture --iface span0 --user baseline', 'started as root: an ordinary user as soon as span0 is open'],
    ['capture - < pipe', 'for example tcpdump -i span0 -U -w - | baseline capture -'],
  ],
  positionals: POSITIONALS,
  options: OPTIONS,
  run: runCapture,
});

type CaptureArguments = Arguments<typeof OPTIONS & typeof POSITIONALS>;

interface Plan {
  readonly isPipe: boolean;
  readonly interfaces: readonly string[];
  readonly durationMs: number;
  readonly checkpointMs: number;
  readonly user: UserIds | null;
  readonly reopen: boolean;
  readonly timezone: string;
  readonly ring: { readonly folder: string; readonly fileBytes: number; readonly files: number } | null;
}

/** Everything that can be wrong is found before anything is opened. */
function planOf(argv: CaptureArguments): Plan {
  const interfaces = argv.iface ?? [];
  const { input } = argv;
  if (input !== undefined && input !== '-') {
    throw usageError(`capture knows no argument "${input}"`, `An interface is named by --iface ${input}; files are read by \`baseline import\`.`);
  }
  if (input === '-') {
    const of = (['iface', 'filter', 'ring', 'snaplen', 'promisc', 'buffer', 'user', 'reopen'] as const).find((name) => argv[name] !== undefined);
    if (of !== undefined) throw usageError(`--${of} says nothing about a pipe`, 'It belongs to the program that writes into the pipe.');
  } else if (interfaces.length === 0) {
    throw usageError('capture on which interface?', 'Name one with --iface (`ip -br link` lists them), or - for a pipe.');
  }
  const twice = interfaces.find((name, i) => interfaces.indexOf(name) < i);
  if (twice !== undefined) throw usageError(`--iface ${twice} stands there twice`, 'Name each interface once: what it hears would be counted twice.');
  for (const name of ['ring-size', 'ring-files'] as const) {
    if (argv[name] !== undefined && argv.ring === undefined) throw usageError(`--${name} without --ring`, 'Name the folder with --ring DIR.');
  }
  if (argv.metrics !== undefined) within('metrics', argv.metrics, 0, 65_535);
  return {
    isPipe: input === '-',
    interfaces,
    durationMs: argv.duration === undefined ? Infinity : parseDurationMs('duration', argv.duration),
    checkpointMs: within('checkpoint', argv.checkpoint ?? 5, 1, 3600) * 1000,
    user: argv.user === undefined ? null : findUser(argv.user),
    reopen: argv.reopen ?? true,
    timezone: knownTimezone(argv.timezone),
    ring:
      argv.ring === undefined
        ? null
        : { folder: argv.ring, fileBytes: parseOctets('ring-size', argv['ring-size'] ?? '100MB', 65_536, 1e12), files: within('ring-files', argv['ring-files'] ?? 20, 2, 99_999) },
  };
}

export async function runCapture(argv: CaptureArguments, context: CommandContext): Promise<CommandResult> {
  const plan = planOf(argv);
  // Asked for at once: from here on the first signal means `finish`.
  const { signal } = context;
  // SIGHUP never ends a capture, from here on: it begins a new ring file, so that another program can take the old one away.
  const hangup: Hangup = { isHeard: false };
  context.onHangup?.(() => (hangup.isHeard = true));
  const name = plan.isPipe ? 'standard input' : plan.interfaces.join(',');
  const talk = createTalk({ name, nowMs: () => performance.now(), say: context.say, progress: context.progress });
  if (plan.isPipe) return listenToPipe(argv, plan, talk, context, signal);
  refuseRoot(plan, argv['as-root'] === true);
  const source = await openLive({
    interfaces: plan.interfaces,
    ...(argv.filter === undefined ? {} : { filter: argv.filter }),
    ...(argv.promisc === undefined ? {} : { promiscuous: argv.promisc }),
    ...(argv.snaplen === undefined ? {} : { snapLength: within('snaplen', argv.snaplen, 64, 262_144) }),
    ...(argv.buffer === undefined ? {} : { bufferBytes: parseOctets('buffer', argv.buffer, 1 << 20, 2 ** 31 - 1) }),
    onEvent: talk.event,
  });
  try {
    givePrivilegesUp(plan, context);
    for (const { what, remedy } of source.states().flatMap(listSilenceWarnings)) context.say(`not silent: ${what}; stop it: ${remedy}`);
    const ring = plan.ring === null ? null : await openRing({ ...plan.ring, syncMs: plan.checkpointMs });
    try {
      const missing = ring?.state().missing ?? 0;
      if (missing > 0) context.say(`ring: its disk has ${shortOctets(missing)} too few for all of it; once it is full, packets are not kept, and a store there takes no more: choose a smaller --ring-files`);
      return await record(argv, plan, source, { live: source, ring, talk, context, signal, hangup });
    } finally {
      await ring?.close();
    }
  } finally {
    await source.close();
  }
}

function refuseRoot(plan: Plan, isTold: boolean): void {
  if (!runsAsRoot() || plan.user !== null || isTold) return;
  throw usageError(
    'capture does not go on as root: what it reads was written by strangers',
    'Name an ordinary user to become with --user NAME, or run it as one that has CAP_NET_RAW (docs/operations.md, section 4); --as-root insists.',
  );
}

/** CAP_NET_RAW stays unless told otherwise, in this thread only: without it an interface that went could not be opened again. */
function givePrivilegesUp(plan: Plan, context: CommandContext): void {
  if (runsAsRoot() && plan.user === null) return;
  const report = dropPrivileges({ ...plan.user, keepNetRaw: plan.reopen });
  if (context.verbose) context.say(`runs as uid ${report.uid}, gid ${report.gid}, capabilities 0x${report.capabilities.toString(16)}, no_new_privs ${report.noNewPrivileges ? 'set' : 'not set'}`);
}

async function listenToPipe(argv: CaptureArguments, plan: Plan, talk: Talk, context: CommandContext, signal: AbortSignal): Promise<CommandResult> {
  // Before the first octets there is nothing that could be told to stop: closing the pipe ends the wait.
  const leave = (): void => void process.stdin.destroy();
  signal.addEventListener('abort', leave, { once: true });
  let source: FrameSource;
  try {
    source = await openCapture('-');
  } catch (error) {
    if (signal.aborted) return { exitCode: EXIT.interrupted, output: [] };
    throw error;
  } finally {
    signal.removeEventListener('abort', leave);
  }
  try {
    return await record(argv, plan, source, { live: null, ring: null, talk, context, signal, hangup: { isHeard: false } });
  } finally {
    await source.close();
  }
}

interface Surroundings {
  readonly live: LiveSource | null;
  readonly ring: RingWriter | null;
  readonly talk: Talk;
  readonly context: CommandContext;
  readonly signal: AbortSignal;
  readonly hangup: Hangup;
}

/** Whether SIGHUP came and is not yet followed. */
interface Hangup {
  isHeard: boolean;
}

/** A pipe is open for as long as it lasts; what its writer hears, it alone knows. */
const PIPE_STATE = { state: 'open', linkUp: true, awayMs: 0 } as const;

async function record(argv: CaptureArguments, plan: Plan, source: FrameSource, { live, ring, talk, context, signal, hangup }: Surroundings): Promise<CommandResult> {
  const path = storePath(argv.db, context.environment);
  const store = openForWriting(path);
  const completeness = watchCompleteness(path, plan.timezone);
  let metrics: LoopbackServer | null = null;
  try {
    const run = beginLive(store, source, {
      kind: live === null ? 'stream' : 'live',
      name: live === null ? '-' : plan.interfaces.join(','),
      checkpointMs: plan.checkpointMs,
      opensTunnels: argv['open-tunnels'] === true,
      ...(live === null ? {} : { received: () => live.totals() }),
      // With one processor it would only be one more that waits for it.
      ...(availableParallelism() < 2 ? {} : { beside: () => createLiveWriter(path, live !== null && !runsAsRoot()) }),
    });
    // What the kernel heard since the interface was opened is not lost.
    if (live !== null) context.say(`listening on ${plan.interfaces.join(',')}; Ctrl-C ends it`);
    if (run.unfinished > 0) context.say('the capture before this one was killed or lost its power: what came after its last checkpoint is missing');
    talk.attach(run.note, run.noteHour);
    const truth = createTruth(() => performance.now(), run.noteHour);
    const states = () => live?.states() ?? [PIPE_STATE];
    if (argv.metrics !== undefined) {
      metrics = await openMetrics(argv.metrics, () => captureMetrics(run.figures(), completeness.share(), live, ring));
      context.say(`metrics: http://127.0.0.1:${metrics.port}/metrics`);
    }
    const totals = () => live?.totals() ?? null;
    context.onAsked?.(() => context.say(talk.summary(run.figures(), totals())));
    const keep = ring === null || live === null ? null : keeper(ring, live, run, context, hangup);
    const { state, reason } = await recordLive(run, source, {
      signal,
      durationMs: plan.durationMs,
      ...(live === null ? {} : { stop: live.stop }),
      ...(keep === null ? {} : { keep }),
      tell: (figures) => {
        truth.tick(figures.packets, states());
        talk.tick(figures, totals(), completeness.share());
      },
      ending: () => truth.end(states()),
    }).catch((error: unknown) => {
      const missing = talk.missing(run.figures());
      if (missing !== '') context.say(missing);
      throw error;
    });
    context.progress('');
    context.say(talk.summary(run.figures(), totals()));
    if (state === 'complete') return { exitCode: EXIT.ok, output: [] };
    context.say(`standard input: ${reason}`);
    return { exitCode: EXIT.incomplete, output: [] };
  } finally {
    completeness.stop();
    await metrics?.close();
    store.close();
  }
}

function keeper(ring: RingWriter, live: LiveSource, run: LiveRun, context: CommandContext, hangup: Hangup): (batch: FrameBatch) => Promise<void> {
  let notKept = 0;
  let failure: string | undefined;
  return async (batch) => {
    if (hangup.isHeard) await ring.endFile();
    hangup.isHeard = false;
    await ring.write(batch as LiveBatch, live.interfaces);
    const state = ring.state();
    if (state.framesNotKept > notKept) run.note('live.ring-frames-not-kept', state.framesNotKept - notKept);
    notKept = state.framesNotKept;
    if (state.failure !== undefined && failure === undefined) context.say(`ring: ${state.failure}; packets are analysed but not kept until it can be written again`);
    if (state.failure === undefined && failure !== undefined) context.say(`ring: written again; ${plural(notKept, 'packet was', 'packets were')} not kept`);
    failure = state.failure;
  };
}
