/**
 * What a command writes must not be what it reads, nor two of its results one file. In: files, each with what it is to the
 * command. Out: a usage error where two are one, by any path, link or spelling; nothing is touched.
 */
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { usageError } from '../errors.ts';

/** What it is (`--out`, `the store`), and its path; undefined: there is none. */
export type NamedFile = readonly [string, string | undefined];

/** A store is up to four files (https://www.sqlite.org/tempfiles.html). */
export const storeFiles = (path: string): NamedFile[] => ['', '-wal', '-shm', '-journal'].map((suffix) => ['the store', path + suffix]);

export function requireSeparateFiles(written: readonly NamedFile[], read: readonly NamedFile[]): void {
  const taken: { readonly what: string; readonly marks: readonly string[] }[] = [];
  for (const [what, path] of read) if (path !== undefined) taken.push({ what, marks: marksOf(path) });
  for (const [what, path] of written) {
    if (path === undefined) continue;
    const marks = marksOf(path);
    const other = taken.find((one) => one.marks.some((mark) => marks.includes(mark)));
    if (other !== undefined) throw usageError(`${what} ${path} is ${other.what}, which would be lost`, `Name another file with ${what}.`);
    taken.push({ what, marks });
  }
}

/** By what a file is known: its path without links, and where it is there, its place on the disk. */
function marksOf(path: string): string[] {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return [withoutLinks(resolve(path)), `${dev}:${ino}`];
  } catch {
    // Nothing is there, or it may not be looked at: then it cannot be opened either, and whoever tries says why.
    return [withoutLinks(resolve(path))];
  }
}

function withoutLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(withoutLinks(folder), basename(path));
  }
}
