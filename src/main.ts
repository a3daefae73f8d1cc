#!/usr/bin/env node
/**
 * The command line: argv -> command -> text on standard output, talk on standard error, exit code (docs/exit-codes.md).
 * The only file that touches argv, the streams, colours and the process; everything else returns text and numbers.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import yargs, { type Argv, type FallbackCompletionFunction } from 'yargs';
import type { Command, CommandContext, CommandResult } from './commands/command.ts';
import { refuseEmpty, refuseMistyped, refuseTwice, wrongUse } from './commands/wrong-use.ts';
import { BaselineError, errorCode, errorText, EXIT, usageError } from './errors.ts';
import { printable } from './render/printable.ts';

/**
 * In the order of the main job; one line a command. Each is loaded when it is asked for: together they take longer to load
 * than most captures to import.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  capture: async () => (await import('./commands/capture.ts')).captureCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  assets: async () => (await import('./commands/assets.ts')).assetsCommand,
  flows: async () => (await import('./commands/flows.ts')).flowsCommand,
  'propose-zones': async () => (await import('./commands/propose-zones.ts')).proposeZonesCommand,
  diff: async () => (await import('./commands/diff.ts')).diffCommand,
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  report: async () => (await import('./commands/report.ts')).reportCommand,
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
  bundle: async () => (await import('./commands/bundle.ts')).bundleCommand,
  spec: async () => (await import('./commands/spec.ts')).specCommand,
};

/** All commands; the manual page is made of them (scripts/make-manual.ts). */
export const everyCommand = (): Promise<Command[]> => Promise.all(Object.values(COMMANDS).map((load) => load()));

/** The command that is named first, or all of them where that is not for certain; none where only the version is asked for. */
const commandsOf = async (args: readonly string[]): Promise<Command[]> => {
  if (args.length === 1 && args[0] === '--version') return [];
  return args[0] !== undefined && Object.hasOwn(COMMANDS, args[0]) ? [await COMMANDS[args[0]]()] : everyCommand();
};

/** sysexits(3) EX_SOFTWARE: a fault of ours, never the user's. */
const EXIT_FAULT = 70;
const LONGEST_LINE = 2000;

/** Everything that main needs of the machine, so that tests can stand in for it. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly signal: AbortSignal;
  readonly onHangup?: (listener: () => void) => void;
  readonly onAsked?: (listener: () => void) => void;
  /** Missing when standard input is no terminal. */
  readonly ask?: (question: string) => Promise<string | null>;
}

export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, done?: (error?: Error | null) => void): boolean;
}

interface CommonOptions {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

const version = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/** Of help texts: lines longer than this are hard to read, and a pipe has no width. */
const MOST_HELP_COLUMNS = 100;
const helpWidth = (stream: OutputStream): number => (stream.isTTY === true ? Math.min(MOST_HELP_COLUMNS, Math.max(40, columnsOf(stream))) : MOST_HELP_COLUMNS);

/** A serial console does not know its size: it says 0. */
const columnsOf = ({ columns = 0 }: OutputStream): number => (columns === 0 ? 80 : columns);

/** Runs one command line and returns its exit code; never throws for what a user can cause. */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr } = surroundings;
  const written = readable(surroundings);
  let exitCode: number = EXIT.ok;
  let chosen: Promise<void> = Promise.resolve();
  try {
    const parser = commandLine(args, await commandsOf(args), helpWidth(stdout), (command, argv) => {
      chosen = (async () => {
        const given = withDashes(argv);
        refuseTwice(command, given);
        refuseEmpty(command, given, args);
        refuseMistyped(command, given, args);
        const context = contextOf(args, given, surroundings);
        const result = await command.run(given, context);
        context.progress('');
        // Told also to who closes the pipe after the first line.
        exitCode = result.exitCode;
        await writeOut(result, written);
      })();
      return chosen;
    });
    if (args.length === 0) {
      await write(stderr, `${await parser.getHelp()}\n`);
      return EXIT.usage;
    }
    // With a callback yargs hands its own texts (help, version, completion) over instead of printing them.
    let text = '';
    await parser.parseAsync(typed(args), {}, (_error: unknown, _argv: unknown, output: string) => {
      text = output;
    });
    await chosen;
    if (args[0] === 'completion') text = text.replace(FISH_OF_YARGS, FISH).replace(ZSH_OF_YARGS, ZSH);
    if (text !== '') await write(stdout, text.endsWith('\n') ? text : `${text}\n`);
    return exitCode;
  } catch (error) {
    if (isBrokenPipe(error)) return exitCode;
    const known = error instanceof BaselineError ? error : null;
    if (errorCode(error) === 'ERR_MODULE_NOT_FOUND') {
      await write(stderr, `baseline: the program is not complete: ${printable(errorText(error), LONGEST_LINE)}\n  Install it again; the store and the spec are as they were.\n`);
      return EXIT_FAULT;
    }
    if (known === null) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      await write(stderr, `baseline: a fault of the program, not of yours; please report it with the lines below\n${lines(stack)}`);
      return EXIT_FAULT;
    }
    await write(stderr, `baseline: ${printable(known.message, LONGEST_LINE)}\n`);
    if (known.remedy !== '') await write(stderr, `  ${printable(known.remedy, LONGEST_LINE)}\n`);
    return known.exitCode;
  }
}

function commandLine(args: readonly string[], commands: readonly Command[], width: number, start: (command: Command, argv: Readonly<Record<string, unknown>>) => Promise<void>): Argv {
  // yargs changes the parser in place; what its methods return is the same object with a narrower type.
  const parser: Argv = yargs();
  parser
    .scriptName('baseline')
    // What yargs says is read below; its translations are not built in.
    .locale('en')
    .usage('$0 <command> [options]\n\nFrom weeks of passively observed industrial traffic to zones, conduits and their proof.')
    .parserConfiguration({ 'greedy-arrays': false, 'dot-notation': false })
    .option('quiet', { type: 'boolean', global: true, describe: 'say nothing but results and errors' })
    .option('verbose', { type: 'boolean', global: true, describe: 'say more' })
    .option('color', { type: 'boolean', global: true, describe: 'colours (--no-color or NO_COLOR: none)' })
    .conflicts('quiet', 'verbose')
    .version(`baseline ${version()}`)
    .alias('help', 'h')
    .completion('completion', 'Print a completion script for the shell that SHELL names: bash, zsh, fish.', offered)
    .strict()
    .recommendCommands()
    .demandCommand(1, 1, 'which command? `baseline --help` lists them', 'one command at a time')
    .epilogue('Exit codes: 0 done, 1 findings, 2 usage, 3 incomplete, 4 store, 5 capture, 130 interrupted.')
    .exitProcess(false)
    .showHelpOnFail(false)
    .wrap(width)
    .fail((message, error) => {
      // YError: yargs' own name for a wrong use that it finds while parsing.
      if (error && error.name !== 'YError') throw error;
      throw wrongUse((message || error.message).replaceAll(DASH, '-'), args, commands);
    });
  for (const command of commands) {
    parser.command(
      command.syntax,
      command.summary,
      (builder: Argv) => {
        let built = builder
          .usage(`${examplesOf(command, width)}$0 ${command.syntax} [options]\n\n${command.summary}`)
          .group(Object.keys(command.positionals), 'Positionals:')
          .group(Object.keys(command.options), 'Options:')
          .group(GENERAL, 'General:');
        for (const [name, option] of Object.entries(command.positionals)) built = built.positional(name, option);
        return built.options({ ...command.options });
      },
      (argv) => start(command, argv),
    );
  }
  return parser;
}

/** Options once a hyphen is typed: where nothing is offered, a shell offers files. */
const offered: FallbackCompletionFunction = (current, _argv, complete, done) =>
  complete((_error, words = []) => done(words.filter((word) => current !== '' || !word.startsWith('-'))));

/**
 * The line that yargs writes for fish leaves out the program's name, without which it knows no option of a command, and switches files off
 * (completion-templates.js of yargs 18; https://fishshell.com/docs/current/cmds/complete.html).
 */
const FISH_OF_YARGS = /^complete -f -c baseline .*$/m;
const FISH = "complete -c baseline -a '(baseline --get-yargs-completions (commandline -opc) (commandline -ct))'";

/** A new .zshrc has not started zsh's completion (zshcompsys(1)); there `compdef` is an error at every start. */
const ZSH_OF_YARGS = /^ {2}compdef .*$/m;
const ZSH = '  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i; }\n$&';

/** Options of every command; they stand apart from its own. */
const GENERAL = ['help', 'version', 'quiet', 'verbose', 'color'];

/** Examples stand before everything else: they are what people look for. */
function examplesOf({ examples }: Command, width: number): string {
  if (examples.length === 0) return '';
  const column = Math.min(MOST_EXAMPLE_COLUMNS, Math.max(...examples.map(([line]) => line.length)));
  const beside = examples.map(([line, does]) => `baseline ${line.padEnd(column)}  # ${does}`);
  const lines = beside.every((line) => line.length <= width) ? beside : examples.map(([line, does]) => `# ${does}\nbaseline ${line}`);
  return `Examples:\n${lines.join('\n')}\n\n`;
}
/** Longer command lines push their own explanation to the right, not everybody's. */
const MOST_EXAMPLE_COLUMNS = 44;

/** yargs takes a lone `-` (standard input) for an option without a name; it passes as a word that nobody can type. */
const DASH = '\0-';

/** How the lines that `completion` prints ask what may come next (yargs). */
const ASKS_COMPLETION = '--get-yargs-completions';

/** What stands behind `--` is a file, whatever its name begins with; a line that is to be completed may end with it, and stays what it is. */
function typed(args: readonly string[]): string[] {
  if (args[0] === ASKS_COMPLETION) return [...args];
  const end = args.indexOf('--');
  const names = end === -1 ? [] : args.slice(end + 1).map((word) => (word.startsWith('-') && word !== '-' ? `./${word}` : word));
  return [...(end === -1 ? args : args.slice(0, end)), ...names].map((word) => (word === '-' ? DASH : word));
}

const withDashes = (argv: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(argv).map(([name, value]) => [name, Array.isArray(value) ? value.map(dash) : dash(value)]));

const dash = (value: unknown): unknown => (value === DASH ? '-' : value);

function contextOf(args: readonly string[], argv: CommonOptions, surroundings: Surroundings): CommandContext {
  const { environment, stdout, stderr } = surroundings;
  const quiet = argv.quiet === true;
  const talksToPerson = stderr.isTTY === true && !quiet;
  const noColour = Boolean(environment['NO_COLOR']) || argv.color === false || environment['TERM'] === 'dumb';
  let progressWidth = 0;
  const clear = (): void => {
    if (progressWidth > 0) stderr.write(`\r${' '.repeat(progressWidth)}\r`);
    progressWidth = 0;
  };
  return {
    environment,
    width: stdout.isTTY === true ? Math.max(40, columnsOf(stdout)) : null,
    colour: !noColour && (stdout.isTTY === true || argv.color === true),
    version: `baseline ${version()}`,
    commandLine: printable(['baseline', ...args].map(quoted).join(' '), LONGEST_LINE),
    quiet,
    verbose: argv.verbose === true,
    get signal() {
      return surroundings.signal;
    },
    onHangup: (listener) => surroundings.onHangup?.(listener),
    onAsked: (listener) => surroundings.onAsked?.(listener),
    say: (line) => {
      if (quiet) return;
      clear();
      stderr.write(`${printable(line, LONGEST_LINE)}\n`);
    },
    progress: (line) => {
      if (!talksToPerson) return;
      clear();
      const text = printable(line, Math.max(20, columnsOf(stderr) - 1));
      stderr.write(text);
      progressWidth = text.length;
    },
    ask: surroundings.ask,
    write: (text) => {
      clear();
      return write(readable(surroundings), text);
    },
  };
}

const quoted = (word: string): string => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`);

/**
 * Standard output. A terminal whose locale (locale(7)) names another character set than UTF-8, such as LANG=C, would show the lines of a table
 * as other letters: there they are drawn with ASCII.
 */
function readable({ stdout, environment }: Surroundings): OutputStream {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || 'UTF-8';
  if (stdout.isTTY !== true || /utf-?8/i.test(locale)) return stdout;
  return { write: (text, done) => stdout.write(text.replaceAll(/[─│…┌┬┐├┼┤└┴┘]/g, (line) => ASCII_LINES[line] ?? '+'), done) };
}

const ASCII_LINES: Readonly<Record<string, string>> = { '─': '-', '│': '|', '…': '~' };

async function writeOut(result: CommandResult, stdout: OutputStream): Promise<void> {
  for (const chunk of result.output) await write(stdout, chunk);
}

/** Resolves when the text has been taken: a slow reader slows us down instead of filling the memory. */
const write = (stream: OutputStream, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(isBrokenPipe(error) ? error : unwritable(error)) : resolve()));
  });

const unwritable = (error: Error): BaselineError =>
  usageError(
    `the result cannot be written (${errorCode(error) || error.message})`,
    'Check where standard output goes and its free space, then run the same command again.',
  );

const isBrokenPipe = (error: unknown): boolean => errorCode(error) === 'EPIPE';

const lines = (text: string): string => text.split('\n').map((line) => `${printable(line, LONGEST_LINE)}\n`).join('');

/** timeout(1) signals the command and then its group; npx passes on what the terminal has sent to both: one wish, twice. */
const SAME_SIGNAL_MS = 300;

/**
 * Taken over only when a command asks for it: one that does not can always be stopped at once, as the system does it.
 * The first signal asks the command to finish, a later one leaves.
 */
function watchInterruption(): AbortSignal {
  const interruption = new AbortController();
  let isLater = false;
  const interrupt = (): void => {
    if (isLater) process.exit(EXIT.interrupted);
    if (interruption.signal.aborted) return;
    interruption.abort();
    // After the timer, so that what came while the command was busy is heard before.
    setTimeout(() => setImmediate(() => (isLater = true)), SAME_SIGNAL_MS).unref();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return interruption.signal;
}

/** One line from the terminal; the question goes where talk goes. */
async function askPerson(question: string): Promise<string | null> {
  const { createInterface } = await import('node:readline');
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    let answer: string | null = null;
    reader.once('close', () => {
      // Behind a question that was not answered, what follows begins a line of its own.
      if (answer === null) process.stderr.write('\n');
      resolve(answer);
    });
    reader.question(printable(question, LONGEST_LINE), (line) => {
      answer = line;
      reader.close();
    });
  });
}

async function main(): Promise<void> {
  let interruption: AbortSignal | null = null;
  // A reader that went away (`| head`) is no fault; write() reports it to whom it concerns.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  // Where nobody listens to it, Node answers by opening a debugger on a port: https://nodejs.org/api/process.html#signal-events
  process.on('SIGUSR1', () => undefined);
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    environment: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    get signal() {
      interruption ??= watchInterruption();
      return interruption;
    },
    onHangup: (listener) => void process.on('SIGHUP', listener),
    onAsked: (listener) => void process.on('SIGUSR1', listener),
    ...(process.stdin.isTTY && process.stderr.isTTY ? { ask: askPerson } : {}),
  });
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
