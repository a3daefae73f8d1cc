/**
 * The manual page (man(7)) of the command table, so that `man baseline` says what `--help` says.
 * In: the commands. Out: roff, one page for all of them.
 */
import type { Options } from 'yargs';
import type { Command } from '../src/commands/command.ts';

type ManualEntry = Omit<Command, 'run'>;

/** In roff a line that begins with a dot or a quote is a request, and a backslash begins an escape; hyphens that are typed are \-. */
const text = (words: string): string => words.replaceAll('\\', String.raw`\e`).replaceAll('-', String.raw`\-`).replace(/^(?=[.'])/gm, String.raw`\&`);

const option = (name: string, { describe, choices, type }: Options): string =>
  `.TP\n.B \\-\\-${text(name)}${type === 'boolean' ? '' : ' \\fIVALUE\\fR'}\n${text(describe ?? '')}${choices ? ` (${text(choices.map(String).join(', '))})` : ''}\n`;

const section = ({ syntax, summary, examples, options, positionals }: ManualEntry): string =>
  [
    `.SS "${text(syntax).replaceAll('"', String.raw`\(dq`)}"\n${text(summary)}\n`,
    ...Object.entries(positionals).map(([name, { describe }]) => `.TP\n.I ${text(name)}\n${text(describe ?? '')}\n`),
    ...Object.entries(options).map(([name, one]) => option(name, one)),
    ...examples.map(([line, does]) => `.PP\n${text(does)}:\n.br\n.B baseline ${text(line)}\n`),
  ].join('');

/** @param commands in the order of the main job */
export const manual = (commands: readonly ManualEntry[], version: string): string =>
  [
    `.TH BASELINE 1 "" "baseline ${text(version)}" "User Commands"\n`,
    `.SH NAME\nbaseline \\- zones, conduits and their proof from passively observed industrial traffic\n`,
    `.SH SYNOPSIS\n.B baseline\n.I command\n[options]\n`,
    `.SH COMMANDS\n${commands.map(section).join('')}`,
    `.SH EXIT STATUS\n0 done, 1 findings, 2 usage, 3 incomplete, 4 store, 5 capture, 130 interrupted.\n`,
    `.SH ENVIRONMENT\n.TP\n.B BASELINE_DB\nthe store, where no \\-\\-db is given\n.TP\n.B NO_COLOR\nno colours\n`,
    `.SH SEE ALSO\nThe documents in docs/ beside the program.\n`,
  ].join('');
