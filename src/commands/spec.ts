/**
 * `baseline spec check spec.yaml`: every problem of a spec with its line and column, and what to do (exit 2); where it holds,
 * what is unwise, contradictory or unenforceable in it (exit 1 from medium severity on).
 */
import { EXIT, usageError } from '../errors.ts';
import { checkSpec } from '../policy/spec-check.ts';
import { readSpec } from '../policy/spec-load.ts';
import { printable } from '../render/printable.ts';
import { defineCommand, type CommandContext, type CommandResult } from './command.ts';

export const specCommand = defineCommand({
  syntax: 'spec <action> <file>',
  summary: 'Check a spec: every problem with line, column and the fix.',
  examples: [['spec check spec.yaml', 'nothing is printed and exit 0 when it holds']],
  positionals: {
    action: { choices: ['check'], demandOption: true, describe: 'what to do' },
    file: { type: 'string', demandOption: true, describe: 'the spec (YAML)' },
  },
  options: {},
  run: checkSpecFile,
});

const LONGEST = 1000;

export function checkSpecFile(argv: { readonly action?: string | undefined; readonly file: string }, context: CommandContext): CommandResult {
  if (argv.action !== 'check') throw usageError('a spec can be checked', 'Write: baseline spec check spec.yaml');
  const { loaded, problems } = readSpec(argv.file);
  if (loaded !== null) {
    const { zones, conduits } = loaded.spec;
    const lints = checkSpec(loaded);
    context.say(`${argv.file}: ${zones.length} zones, ${conduits?.length ?? 0} conduits, ${loaded.permits.length} Permits; it loads, ${lints.length === 0 ? 'and nothing in it looks wrong' : `${lints.length} things in it should be looked at`}`);
    const output = lints.map(({ line, column, severity, rule, message, remedy }) => `${argv.file}:${line}:${column}: [${severity}] ${rule}: ${printable(message, LONGEST)}\n  ${printable(remedy, LONGEST)}\n`);
    return { exitCode: lints.some(({ severity }) => severity !== 'low' && severity !== 'info') ? EXIT.findings : EXIT.ok, output };
  }
  const lines = problems.map(({ line, column, message, remedy }) => `${argv.file}:${line}:${column}: ${printable(message, LONGEST)}\n  ${printable(remedy, LONGEST)}\n`);
  return { exitCode: EXIT.usage, output: lines };
}
