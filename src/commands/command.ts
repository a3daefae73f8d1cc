/**
 * What a command is to main.ts: its words on the command line, and one function that does the work.
 * In: parsed options and a context. Out: text and an exit code. Commands never touch argv, streams, colours or the exit
 * code of the process; tests call `run` directly.
 */
import type { InferredOptionTypes, Options, PositionalOptions } from 'yargs';
import type { ExitCode } from '../errors.ts';
import type { TableStyle } from '../render/table.ts';

export interface CommandContext extends TableStyle {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `baseline 0.1.0` and the command line as typed: provenance. */
  readonly version: string;
  readonly commandLine: string;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Called at each SIGHUP; once asked for, SIGHUP no longer ends the program. */
  readonly onHangup?: (listener: () => void) => void;
  /** Called at each SIGUSR1, with which people ask tcpdump how it stands. */
  readonly onAsked?: (listener: () => void) => void;
  /** A line for the person (standard error), made printable there; dropped under --quiet. */
  say(line: string): void;
  /** A line that is overwritten by the next one; only on a terminal. An empty line clears it. */
  progress(line: string): void;
  /** Asks the person at the terminal; null at the end of input. Missing when nobody is there to answer. */
  readonly ask?: ((question: string) => Promise<string | null>) | undefined;
  /** Result text before the end (import --json, capture); most commands return it instead. */
  write(text: string): Promise<void>;
}

export interface CommandResult {
  readonly exitCode: ExitCode;
  /** Text for standard output, in chunks. */
  readonly output: Iterable<string>;
}

type OptionTable = Readonly<Record<string, Options>>;
type PositionalTable = Readonly<Record<string, PositionalOptions>>;

interface CommandDefinition<O extends OptionTable, P extends PositionalTable> {
  /** `flows`, `import <path..>`: yargs' notation of positional arguments. */
  readonly syntax: string;
  readonly summary: string;
  /** Command line (without `baseline`) and what it does. */
  readonly examples: readonly (readonly [string, string])[];
  readonly options: O;
  readonly positionals?: P;
  run(
    argv: InferredOptionTypes<O> & InferredOptionTypes<P>,
    context: CommandContext,
  ): CommandResult | Promise<CommandResult>;
}

/** What yargs makes of options and positionals: those that may be left out are optional. */
export type Arguments<O extends OptionTable, A = InferredOptionTypes<O>> = {
  readonly [K in keyof A as undefined extends A[K] ? K : never]?: A[K];
} & {
  readonly [K in keyof A as undefined extends A[K] ? never : K]: A[K];
};

/** A definition whose option types were checked and are no longer of interest. */
export interface Command {
  readonly syntax: string;
  readonly summary: string;
  readonly examples: readonly (readonly [string, string])[];
  readonly options: OptionTable;
  readonly positionals: PositionalTable;
  run(argv: Readonly<Record<string, unknown>>, context: CommandContext): CommandResult | Promise<CommandResult>;
}

export const defineCommand = <O extends OptionTable, P extends PositionalTable = Record<never, never>>(
  definition: CommandDefinition<O, P>,
): Command => ({
  ...definition,
  positionals: definition.positionals ?? {},
  run: (argv, context) => definition.run(argv as InferredOptionTypes<O> & InferredOptionTypes<P>, context),
});

/** Options that most commands share. */
export const DB_OPTION = {
  type: 'string',
  requiresArg: true,
  describe: 'the store (default: BASELINE_DB, or baseline.db in this folder)',
} as const satisfies Options;

/** Of the commands that take packets in. */
export const OPEN_TUNNELS_OPTION = {
  type: 'boolean',
  describe: 'read what ERSPAN, TZSP, VXLAN, Geneve, GRE and IP in IP carry, instead of the tunnels',
} as const satisfies Options;

const FORMATS = ['table', 'json', 'jsonl', 'csv', 'md'] as const;
export type Format = (typeof FORMATS)[number];

export const FORMAT_OPTION = {
  choices: FORMATS,
  requiresArg: true,
  describe: 'how to write the result (default: table)',
} as const satisfies Options;

/** Of commands whose result has no rows that a list could hold. */
export const TABLE_OR_JSON_OPTION = { ...FORMAT_OPTION, choices: ['table', 'json'] } as const satisfies Options;

export const JSON_OPTION = { type: 'boolean', describe: 'the same as --format json' } as const satisfies Options;

/** Of commands that write files, and say what they did. */
export const AS_JSON_OPTION = { type: 'boolean', describe: 'say it as JSON' } as const satisfies Options;

/** `--json` is short for `--format json`. */
export const chosenFormat = <F extends string>(argv: { readonly format?: F | undefined; readonly json?: boolean | undefined }): F | 'json' | 'table' =>
  argv.format ?? (argv.json ? 'json' : 'table');
