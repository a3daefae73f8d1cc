/**
 * The desk of `serve` in a process of its own: calls in, answers out, in the order they came. It ends with its parent, and
 * only so: Ctrl-C reaches both, and it is the parent's to say what that means.
 */
import { openDesk, type Desk, type DeskSetting } from './serve-desk.ts';

interface DeskCall {
  readonly name: keyof Desk;
  readonly given: readonly unknown[];
}

let desk: Desk | null = null;

process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
// Node's own answer would be a debugger that listens (main.ts).
process.on('SIGUSR1', () => undefined);
process.on('message', (message: DeskSetting | DeskCall) => {
  if (!('given' in message)) desk = openDesk(message);
  else if (desk !== null) process.send?.((desk[message.name] as (...given: readonly unknown[]) => unknown)(...message.given));
});
