/** What main.ts gives to a command, recorded. */
import type { CommandContext } from '../../src/commands/command.ts';

export interface Stage extends CommandContext {
  readonly said: string[];
  readonly written: string[];
}

export function setStage(changes: Partial<CommandContext> = {}): Stage {
  const said: string[] = [];
  const written: string[] = [];
  return {
    environment: {},
    width: null,
    colour: false,
    version: 'baseline 0.0.0-test',
    commandLine: 'baseline test',
    quiet: false,
    verbose: false,
    signal: new AbortController().signal,
    say: (line) => void said.push(line),
    progress: () => undefined,
    write: (text) => {
      written.push(text);
      return Promise.resolve();
    },
    said,
    written,
    ...changes,
  };
}

export const textOf = (result: { readonly output: Iterable<string> }): string => [...result.output].join('');
