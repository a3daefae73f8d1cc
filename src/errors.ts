/**
 * The user-error family: everything a user can cause and mend. Each carries one line that says what is wrong,
 * where, and what to do. `main.ts` prints that line and exits with the family's code; anything else that is
 * thrown is a fault of ours and keeps its stack. The table is docs/exit-codes.md. Beside it: how anything thrown is named.
 */

export const EXIT = {
  ok: 0,
  findings: 1,
  usage: 2,
  incomplete: 3,
  store: 4,
  capture: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A mistake that the user can mend: `message` says what and where, `remedy` what to do about it. */
export class BaselineError extends Error {
  readonly exitCode: ExitCode;
  readonly remedy: string;

  constructor(message: string, remedy: string, exitCode: ExitCode) {
    super(message);
    this.name = 'BaselineError';
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}

/** Wrong arguments, or an input that is not what it should be; nothing was imported from it. */
export const usageError = (message: string, remedy: string): BaselineError =>
  new BaselineError(message, remedy, EXIT.usage);

/** The store is locked, corrupt, foreign, newer than this program, or the disk is full. */
export const storeError = (message: string, remedy: string): BaselineError =>
  new BaselineError(message, remedy, EXIT.store);

/** A capture that had begun cannot go on: the interface is gone for good, privileges cannot be given up. */
export const captureError = (message: string, remedy: string): BaselineError =>
  new BaselineError(message, remedy, EXIT.capture);

/** A spec that does not hold: `line` and `column` count from 1, as editors do. */
export const specError = (file: string, line: number, column: number, message: string, remedy: string): BaselineError =>
  new BaselineError(`${file}:${line}:${column}: ${message}`, remedy, EXIT.usage);

/** By what the system, SQLite or a part of ours names an error (`ENOENT`, `SQLITE_FULL`); '' where nobody named it. */
export function errorCode(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** What was thrown, in its own words. */
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What the system says of a file that is to be read, in one line for the user. What it did not say (errorCode) is somebody else's error, and stays as it is. */
export function unreadable(path: string, error: unknown, remedy = 'Check its name and its permissions.'): unknown {
  const code = errorCode(error);
  if (code === '') return error;
  return usageError(`${path}: ${code === 'ENOENT' ? 'no such file' : `not readable (${code})`}`, remedy);
}
