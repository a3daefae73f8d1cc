/**
 * The spec file as `serve` holds it: read when it has changed, written whole or not at all, and only while it still says
 * what the person saw. In: its path. Out: text with its digest. What was written can be taken back, the last first.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { usageError } from '../errors.ts';
import { readText } from '../policy/spec-load.ts';

export interface SpecText {
  readonly text: string;
  /** SHA-256. */
  readonly digest: string;
}

export interface SpecFile {
  read(): SpecText;
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export function openSpecFile(path: string): SpecFile {
  let held: (SpecText & { readonly mark: string }) | null = null;
  const read = (): SpecText => {
    const mark = markOf(path);
    if (held === null || held.mark !== mark) {
      const text = readText(path);
      held = { text, digest: digestOf(text), mark };
    }
    return held;
  };
  return { read };
}

/** Changes whenever the file does, as far as its times and sizes tell. */
function markOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) throw usageError(`${path}: no such file`, 'Put it back, or let propose-zones --out write it.');
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ');
}
