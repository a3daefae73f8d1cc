/**
 * The spec file as `serve` and `diff --update` hold it: read when it has changed, written whole or not at all, and only while it still says
 * what the person saw. In: its path. Out: text with its digest. What was written can be taken back, the last first.
 */
import { createHash } from 'node:crypto';
import { statSync, type BigIntStats } from 'node:fs';
import { usageError } from '../errors.ts';
import { cannotRead, readText } from '../policy/spec/load.ts';
import { writeFileWhole } from './whole-file.ts';

export interface SpecText {
  readonly text: string;
  /** SHA-256. */
  readonly digest: string;
}

export interface SpecFile {
  read(): SpecText;
  /** @param before digest of the text that was changed; false when the file says something else by now */
  write(before: string, text: string, sentence: string): boolean;
  /** What would be taken back; null when nothing was written, or somebody else wrote since. */
  undoable(): string | null;
  /** @returns what was taken back */
  undo(): string | null;
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Whole texts are kept; a plant's spec is some hundred kB. */
const MOST_CHANGES = 20;

interface Change {
  readonly before: string;
  readonly after: string;
  readonly sentence: string;
}

export function openSpecFile(path: string): SpecFile {
  let held: (SpecText & { readonly mark: string }) | null = null;
  const changes: Change[] = [];
  const read = (): SpecText => {
    const mark = markOf(path);
    if (held === null || held.mark !== mark) {
      const text = readText(path);
      held = { text, digest: digestOf(text), mark };
    }
    return held;
  };
  /** Times and sizes are not trusted before a write: the text itself is looked at. */
  const isStill = (digest: string): boolean => {
    held = null;
    return read().digest === digest;
  };
  const last = (): Change | undefined => {
    const change = changes.at(-1);
    return change !== undefined && read().digest === change.after ? change : undefined;
  };
  return {
    read,
    write: (before, text, sentence) => {
      if (!isStill(before)) return false;
      const change = { before: read().text, after: digestOf(text), sentence };
      writeFileWhole(path, text);
      changes.push(change);
      if (changes.length > MOST_CHANGES) changes.shift();
      return true;
    },
    undoable: () => last()?.sentence ?? null,
    undo: () => {
      held = null;
      const change = last();
      if (change === undefined) return null;
      writeFileWhole(path, change.before);
      changes.pop();
      return change.sentence;
    },
  };
}

/** Changes whenever the file does, as far as its times and sizes tell. */
function markOf(path: string): string {
  const stat = lookAtSpec(path);
  if (stat === undefined) throw usageError(`${path}: no such file`, 'Check the name or put it back, or let propose-zones --out write it.');
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ');
}

function lookAtSpec(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    throw cannotRead(path, error);
  }
}
