/** Opens a file or an address with the desktop's own opener. In: what to open. Out: nothing; without an opener we say so. */
import { spawn } from 'node:child_process';
import type { CommandContext } from './command.ts';

const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = { darwin: ['open'], win32: ['explorer.exe'] };

/** @param otherwise said when nothing on this machine opens it */
export function openOnDesktop(target: string, otherwise: (opener: string) => string, context: CommandContext): void {
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(program, [...args, target], { detached: true, stdio: 'ignore' });
  child.on('error', () => context.say(otherwise(program)));
  child.unref();
}
