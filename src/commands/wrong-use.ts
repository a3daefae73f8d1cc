/**
 * A command line that yargs refuses, in our words: what is wrong on one line, what was probably meant on the next.
 * In: yargs' message and the words typed. Out: a usage error.
 */
import { usageError, type BaselineError } from '../errors.ts';
import { nearestWord } from '../policy/spec/nearest-word.ts';
import type { Command } from './command.ts';

const SEE_HELP = 'See `baseline --help`, or `baseline <command> --help`.';
const GENERAL_FLAGS: readonly string[] = ['quiet', 'verbose', 'color', 'help', 'version'];

/** yargs' words in ours: what is wrong on one line, what was probably meant on the next. */
export function wrongUse(message: string, args: readonly string[], commands: readonly Command[]): BaselineError {
  const word = args.find((arg) => !arg.startsWith('-')) ?? '';
  if (word === 'completion') return usageError('completion takes nothing else', 'The variable SHELL tells for which shell: SHELL=/bin/zsh baseline completion');
  const command = commands.find((known) => known.syntax.split(' ')[0] === word);
  const meant = /^Did you mean (.*)\?$/.exec(message)?.[1];
  if (meant !== undefined) return usageError(`there is no command "${word}"`, `Did you mean \`baseline ${meant}\`?`);
  const unknown = /^Unknown (?:argument|command)s?: ([^,\n]*)/.exec(message)?.[1];
  if (unknown !== undefined) {
    // Behind one hyphen each letter is an option to yargs: of `-db` it names `d`.
    const typed = args.find((arg) => bareName(arg) === unknown) ?? args.find((arg) => /^-[^-]/.test(arg) && arg.includes(unknown)) ?? unknown;
    if (command === undefined && typed.startsWith('-')) return usageError(`the option ${typed} stands before a command`, 'Write the command first: baseline <command> [options]');
    if (command === undefined) return usageError(`there is no command "${typed}"`, SEE_HELP);
    const near = typed.startsWith('-') ? nearestWord(bareName(typed), [...Object.keys(command.options), ...GENERAL_FLAGS]) : null;
    return usageError(
      `${command.syntax.split(' ')[0]} knows no ${typed.startsWith('-') ? 'option' : 'argument'} "${typed}"`,
      near === null ? `See \`baseline ${word} --help\`.` : `Did you mean --${near}?`,
    );
  }
  const without = /^Not enough arguments following: (.*)/.exec(message)?.[1];
  if (without !== undefined) return usageError(`--${without} needs a value`, `See \`baseline ${word} --help\`.`);
  const given = /^Not enough non-option arguments: got (\d+)/.exec(message)?.[1];
  if (given !== undefined && command !== undefined) {
    const missing = [...command.syntax.matchAll(/<([a-z]+)(?:\.\.)?>/g)].map(([, name]) => name).at(Number(given)) ?? 'argument';
    return usageError(`${word} needs ${/^[aeiou]/.test(missing) ? 'an' : 'a'} ${missing}`, `For example: baseline ${command.examples[0]?.[0] ?? command.syntax}`);
  }
  const choice = /Argument: (.*), Given: (.*), Choices: (.*)/.exec(message);
  if (choice !== null) {
    const [, name, value, choices] = choice;
    const words = choices.replaceAll('"', '');
    const near = nearestWord(value.replaceAll('"', ''), words.split(', '));
    const isPositional = command !== undefined && name in command.positionals;
    return usageError(isPositional ? `${word} knows no ${name} ${value}` : `--${name} cannot be ${value}`, `${near === null ? '' : `Did you mean ${near}? `}Choose one of ${words}.`);
  }
  const pair = /^Arguments (\S+) and (\S+) are mutually exclusive/.exec(message);
  if (pair !== null) return usageError(`--${pair[1]} and --${pair[2]} do not go together`, 'Give one of the two.');
  return usageError(message.split('\n').join(' ').trim(), command === undefined ? SEE_HELP : `See \`baseline ${word} --help\`.`);
}

/** `--out=x`, `-out` and `out` are one name. */
const bareName = (word: string): string => word.replace(/^-+/, '').split('=')[0];

/**
 * To yargs every value of a switch but `true` is false, so that `--redact=yes` would redact nothing; `--no-out` is the value false
 * of an option that has a text; what is no number is NaN; and of `--json --format csv` one is not obeyed. None of it was meant.
 */
export function refuseMistyped({ syntax, options }: Command, argv: Readonly<Record<string, unknown>>, args: readonly string[]): void {
  const isSwitch = (name: string): boolean => GENERAL_FLAGS.includes(name) || options[name]?.type === 'boolean';
  const end = args.indexOf('--');
  for (const word of end === -1 ? args : args.slice(0, end)) {
    const [, typed = '', value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const name = typed.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const opposed = name in options ? undefined : /^no-(.+)/.exec(name)?.[1];
    if (opposed !== undefined && opposed in options && !isSwitch(opposed)) throw usageError(`--${opposed} cannot be switched off`, 'Leave it out.');
    if (value !== undefined && isSwitch(opposed ?? name) && value !== 'true' && value !== 'false') throw usageError(`--${name} takes no value, and is given "${value}"`, `Write --${name}, or leave it out.`);
  }
  for (const [name, { type }] of Object.entries(options)) {
    if (type !== 'number' || !Number.isNaN(argv[name])) continue;
    const value = args.flatMap((word, i) => (word === `--${name}` ? args.slice(i + 1, i + 2) : word.startsWith(`--${name}=`) ? [word.slice(name.length + 3)] : [])).join(' ');
    throw usageError(`--${name} ${value} is no number`, `See \`baseline ${syntax.split(' ')[0]} --help\`.`);
  }
  const format = argv['format'];
  if (argv['json'] === true && typeof format === 'string' && format !== 'json') throw usageError(`--json and --format ${format} do not go together`, 'Give one of the two.');
}

/** yargs makes a list of an option that is given twice; only options that say so are lists. */
export function refuseTwice(command: Command, argv: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(argv)) {
    if (Array.isArray(value) && name !== '_' && !(name in command.positionals) && command.options[name]?.array !== true) {
      throw usageError(`--${name} is given ${value.length} times`, 'Give it once.');
    }
  }
}

/** A script's variable that is not set is no value: without it, the command would do something else than was meant. */
export function refuseEmpty(command: Command, argv: Readonly<Record<string, unknown>>, args: readonly string[]): void {
  // yargs makes 0 of an empty number, which is all, or any, to some options.
  const isTypedEmpty = (name: string): boolean => args.some((word, i) => word === `--${name}=` || (word === `--${name}` && args[i + 1] === ''));
  const isEmpty = (name: string): boolean => [argv[name]].flat().includes('') || isTypedEmpty(name);
  for (const name of Object.keys(command.positionals)) {
    if (isEmpty(name)) throw usageError(`the name of the ${name} is empty`, 'Check the variable or the quotes that it came from.');
  }
  for (const [name, option] of Object.entries(command.options)) {
    if (option.requiresArg === true && isEmpty(name)) throw usageError(`--${name} is empty`, 'Give it a value, or leave it out.');
  }
}
