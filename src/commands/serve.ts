/**
 * `baseline serve [spec.yaml]`: the report over the live store, in the browser of this machine, redrawn while a capture
 * runs. In: options. Out: an address with a token; runs until it is stopped. It listens on loopback only, and it writes
 * the spec only (spec-file.ts). The page is made by another process (serve-desk.ts) and at most a tenth of the time.
 */
import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, storeError, usageError } from '../errors.ts';
import { storePath } from '../store/database.ts';
import { DB_OPTION, defineCommand, type Arguments, type CommandContext, type CommandResult } from './command.ts';
import { LOOPBACK_ADDRESSES } from './loopback-server.ts';
import { openOnDesktop } from './open-on-desktop.ts';
import type { Desk, DeskSetting } from './serve-desk.ts';
import { openDoor } from './serve-http.ts';
import { openView, type RemoteDesk } from './serve-view.ts';
import { openSpecFile } from './spec-file.ts';

const POSITIONALS = { spec: { type: 'string', describe: 'the spec (YAML) to compare with and to edit; without one the proposal is shown' } } as const;

const OPTIONS = {
  db: DB_OPTION,
  port: { type: 'number', requiresArg: true, describe: 'the port (default: any that is free)' },
  host: { type: 'string', requiresArg: true, describe: '127.0.0.1 (default) or ::1; nothing else' },
  open: { type: 'boolean', describe: 'open it in the browser' },
} as const;

export const serveCommand = defineCommand({
  syntax: 'serve [spec]',
  summary: 'Show the report over the live store in the browser, on this machine only; edit the spec in it.',
  examples: [
    ['serve spec.yaml --open', 'the report, redrawn while a capture runs; drag assets, name zones, decide findings'],
    ['serve', 'the proposed zones, to look at'],
    ['serve spec.yaml --port 8443', 'on a port of your choice, for ssh -L 8443:127.0.0.1:8443 from another machine'],
  ],
  positionals: POSITIONALS,
  options: OPTIONS,
  run: serve,
});

type ServeArguments = Arguments<typeof OPTIONS & typeof POSITIONALS>;

async function serve(argv: ServeArguments, context: CommandContext): Promise<CommandResult> {
  const host = LOOPBACK_ADDRESSES.find((one) => one === (argv.host ?? '127.0.0.1'));
  if (host === undefined) {
    throw usageError(`--host ${argv.host}: the report is shown on this machine only`, 'Leave --host out, or give 127.0.0.1 or ::1; from another machine use ssh -L.');
  }
  const { port = 0 } = argv;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw usageError(`--port ${port} is no port`, 'Give a number from 1 to 65535, or leave it out.');
  const specFile = argv.spec === undefined ? null : openSpecFile(argv.spec);
  const setting: DeskSetting = { storePath: storePath(argv.db, context.environment), specFile: argv.spec ?? null, tool: context.version, commandLine: context.commandLine };
  const { signal } = context;
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  context.progress('making the report');
  const desk = startDesk(setting);
  try {
    const opening = openView(setting.storePath, specFile, desk, context);
    // A large plant takes its time; whoever stops it then does not wait for the page.
    const view = await Promise.race([opening, stopped.then(() => null)]);
    if (view === null) {
      opening.catch(() => undefined);
      return { exitCode: EXIT.interrupted, output: [] };
    }
    const door = await openDoor(host, port, view.answer);
    try {
      context.progress('');
      context.say(`${view.sentence()}. ${specFile === null ? 'Nothing is written.' : `Edits are written into ${argv.spec}, nothing else.`} Stop with Ctrl-C. Open:`);
      await context.write(`${door.address}\n`);
      if (argv.open === true) openOnDesktop(door.onceOnly(), (opener) => `${opener} cannot be started: open the address by hand.`, context);
      await Promise.race([stopped, desk.gone]);
    } finally {
      await door.close();
      view.close();
    }
  } finally {
    desk.close();
  }
  return { exitCode: EXIT.ok, output: [] };
}

/** The desk's functions, in another process and one after the other. */
function startDesk(setting: DeskSetting): RemoteDesk & { readonly gone: Promise<never>; close(): void } {
  // Beside this module, in source as in the compiled program.
  const child = fork(fileURLToPath(new URL(`./serve-child${extname(import.meta.url)}`, import.meta.url)), { serialization: 'advanced' });
  const waiting: { resolve(value: unknown): void; reject(reason: unknown): void }[] = [];
  // The system ends the largest process first where memory is short: without it there is nothing left to serve.
  const gone = new Promise<never>((_, reject) => {
    const fail = (reason: Error): void => {
      reject(reason);
      for (const one of waiting.splice(0)) one.reject(reason);
    };
    child.on('error', fail);
    child.on('exit', (code, by) => {
      const what = `the process that makes the page ended (${by ?? code})`;
      fail(by === null ? new Error(what) : storeError(what, 'The spec is as it was. Where memory was short grant more, and start baseline serve again.'));
    });
  });
  gone.catch(() => undefined);
  child.on('message', (answer) => waiting.shift()?.resolve(answer));
  child.send(setting);
  const call = (name: keyof Desk, given: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.send({ name, given });
    });
  return {
    gone,
    draw: (...given) => call('draw', given) as ReturnType<RemoteDesk['draw']>,
    edit: (...given) => call('edit', given) as ReturnType<RemoteDesk['edit']>,
    close: () => void child.kill('SIGKILL'),
  };
}
