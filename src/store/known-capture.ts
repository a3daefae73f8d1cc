/**
 * Which capture of the store a file is, or goes on with: by its octets, and by what it holds, where one of the two is packed. In: an
 * open file and the captures of the store. Out: the capture, and how they stand to each other. Names say nothing, and the
 * file is the one that was opened, whatever its name comes to mean meanwhile.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { addTo } from '../net/multi-map.ts';
import { descriptorBytes, openBytes, openError, statOrNull } from '../source/byte-source.ts';
import { HEAD_OCTETS } from '../source/content-digest.ts';
import { digestContent } from '../source/prefix-digests.ts';
import { digestPrefix } from '../source/file-digest.ts';
import type { Content } from '../source/frame-batch.ts';
import { isBrokenOff, isPackedFormat, type KnownCapture } from './captures.ts';
import type { CapturePart } from './interval.ts';

/** A regular file on its way into the store. */
export interface NewFile {
  readonly path: string;
  readonly descriptor: number;
  readonly size: number;
  /** SHA-256 of its first octets, at most HEAD_OCTETS of them. */
  headOf(size: number): string;
  /** The same of what it holds, unpacked; null where there is not so much. */
  contentHeadOf(size: number): Promise<string | null>;
  /** Its path means another file now, or none. */
  isReplaced(): boolean;
  close(): void;
}

/** Null for what is no regular file. Throws a usageError where it cannot be opened. */
export function openNewFile(path: string): NewFile | null {
  if (path === '-' || statOrNull(path)?.isFile() !== true) return null;
  let descriptor: number;
  try {
    // What has become a FIFO meanwhile does not hold us up.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw openError(path, error);
  }
  const { dev, ino, size } = fstatSync(descriptor);
  /** Each digest is computed once. */
  const heads = new Map<number, string>();
  const contentHeads = new Map<number, Promise<string | null>>();
  const remembered = <T>(all: Map<number, T>, wanted: number, make: (octets: number) => T): T => {
    const octets = Math.min(HEAD_OCTETS, wanted);
    let known = all.get(octets);
    if (known === undefined) all.set(octets, (known = make(octets)));
    return known;
  };
  return {
    path,
    descriptor,
    size,
    headOf: (wanted) => remembered(heads, wanted, (octets) => digestPrefix(descriptor, octets)),
    contentHeadOf: (wanted) => remembered(contentHeads, wanted, async (octets) => (await digestContent(descriptorBytes(descriptor), [octets])).digests.get(octets) ?? null),
    isReplaced() {
      const now = statOrNull(path);
      return now?.dev !== dev || now.ino !== ino;
    },
    close: () => closeSync(descriptor),
  };
}

export interface Known {
  readonly capture: KnownCapture;
  /**
   * The file is the capture's own; a twin of other octets that holds the same, or was found to do so earlier; holds a part of it, from its
   * beginning; or holds more.
   */
  readonly holds: 'same' | 'twin' | 'remembered' | 'part' | 'more';
}

interface Candidate {
  readonly capture: KnownCapture;
  /** What of it is compared. */
  readonly form: Content;
}

/** By how many octets a head covers, and by that: a ring has thousands of files. */
type ByHead = ReadonlyMap<number, ReadonlyMap<string, readonly Candidate[]>>;

export interface KnownCaptures {
  readonly forms: ByHead;
  readonly contents: ByHead;
}

const headSize = (size: number): number => Math.min(HEAD_OCTETS, size);

function byHead(candidates: readonly Candidate[]): ByHead {
  const all = new Map<number, Map<string, Candidate[]>>();
  for (const candidate of candidates) {
    const { head, size } = candidate.form;
    if (size === 0) continue;
    const heads = all.get(headSize(size)) ?? new Map<string, Candidate[]>();
    all.set(headSize(size), heads);
    addTo(heads, head, candidate);
  }
  return all;
}

export const indexCaptures = (captures: readonly KnownCapture[]): KnownCaptures => ({
  forms: byHead(captures.flatMap((capture) => capture.forms.map((form) => ({ capture, form })))),
  contents: byHead(captures.flatMap((capture) => (capture.content === null ? [] : [{ capture, form: capture.content }]))),
});

const longestFirst = (a: Candidate, b: Candidate): number => b.form.size - a.form.size || b.capture.frames - a.capture.frames;

/** Captures whose files begin as this one does. */
export const candidatesOf = ({ forms }: KnownCaptures, file: NewFile): Candidate[] =>
  [...forms].flatMap(([octets, heads]) => (octets > file.size ? [] : (heads.get(file.headOf(octets)) ?? []))).filter(({ form }) => form.size <= file.size).sort(longestFirst);

/** Captures that begin with what the file holds, packed or not. */
async function twinsOf({ contents }: KnownCaptures, file: NewFile): Promise<Candidate[]> {
  const twins: Candidate[] = [];
  for (const [octets, heads] of contents) {
    const head = await file.contentHeadOf(octets);
    for (const twin of head === null ? [] : (heads.get(head) ?? [])) twins.push(twin);
  }
  return twins.sort(longestFirst);
}

/** How captures begin that are read and not in the store yet: a ring has thousands of files, and each next one is looked up among those before it. */
export interface Beginnings {
  readonly add: (capture: Pick<CapturePart, 'kind' | 'format' | 'size' | 'head' | 'content'>) => void;
  /** Whether one of them may be this file, or what it holds, or the beginning of that. Digests are compared once they are in the store; here heads are enough. */
  readonly mayBegin: (file: NewFile) => Promise<boolean>;
}

export function createBeginnings(): Beginnings {
  /** By how many octets a head covers, and by that: the least size of the captures that begin so. */
  const [forms, contents] = [new Map<number, Map<string, number>>(), new Map<number, Map<string, number>>()];
  const note = (all: Map<number, Map<string, number>>, { head, size }: Pick<Content, 'head' | 'size'>): void => {
    const heads = all.get(headSize(size)) ?? new Map<string, number>();
    all.set(headSize(size), heads);
    heads.set(head, Math.min(heads.get(head) ?? size, size));
  };
  return {
    add({ kind, format, size, head, content }) {
      if (kind !== 'file') return;
      note(forms, { head, size });
      const held = isPackedFormat(format) ? content : { head, size };
      if (held !== null && held.size > 0) note(contents, held);
    },
    async mayBegin(file) {
      for (const [octets, heads] of forms) if (octets <= file.size && (heads.get(file.headOf(octets)) ?? Infinity) <= file.size) return true;
      for (const [octets, heads] of contents) {
        const head = await file.contentHeadOf(octets);
        if (head !== null && heads.has(head)) return true;
      }
      return false;
    },
  };
}

/** What the file is to the captures of the store: the same as one of them, or else a part of one, or else more than the longest that it begins with. */
export async function findKnown(captures: KnownCaptures, file: NewFile): Promise<Known | null> {
  const same = candidatesOf(captures, file).find(({ form, capture }) => mayGoOn(capture, form, file) && digestPrefix(file.descriptor, form.size) === form.digest);
  if (same !== undefined && same.form.size === file.size) return { capture: same.capture, holds: same.form === same.capture.forms[0] ? 'same' : 'remembered' };
  const begun: Known | null = same === undefined ? null : { capture: same.capture, holds: 'more' };
  const twins = await twinsOf(captures, file);
  if (twins.length === 0) return begun;
  const { digests, octets, whole } = await digestContent(descriptorBytes(file.descriptor), twins.map(({ form }) => form.size));
  const equal = twins.filter(({ form }) => digests.get(form.size) === form.digest);
  const twin = equal.find(({ form }) => form.size === octets);
  if (twin !== undefined) return { capture: twin.capture, holds: 'twin' };
  // Of two captures that begin alike, it is a part of the one that is all there.
  for (const { capture, form } of twins.toSorted((a, b) => Number(isBrokenOff(a.capture)) - Number(isBrokenOff(b.capture)))) {
    if (octets >= HEAD_OCTETS && octets < form.size && (await beginsWith(capture.name, form, octets, whole))) return { capture, holds: 'part' };
  }
  const grown = equal.find(({ capture }) => capture.frames > 0);
  if (grown === undefined || (begun !== null && begun.capture.frames >= grown.capture.frames)) return begun;
  return { capture: grown.capture, holds: 'more' };
}

/** Nothing goes on with a capture of no frames; and what is known of another file than the capture's own is only that it holds the same. */
const mayGoOn = (capture: KnownCapture, form: Content, file: NewFile): boolean => form.size === file.size || (capture.frames > 0 && form === capture.forms[0]);

/** Whether the file that a capture was read from is still there, as it was, and begins so: a copy that is being packed, or was made earlier, is a part of it. */
async function beginsWith(path: string, form: Content, octets: number, digest: string): Promise<boolean> {
  if (statOrNull(path)?.isFile() !== true) return false;
  try {
    const { digests } = await digestContent(await openBytes(path), [octets, form.size]);
    return digests.get(form.size) === form.digest && digests.get(octets) === digest;
  } catch {
    // It cannot be read any more: then nothing is proven.
    return false;
  }
}

/** What a file holds, all of it. */
export async function contentOf({ descriptor }: NewFile): Promise<Content> {
  const { digests, octets, whole } = await digestContent(descriptorBytes(descriptor), [HEAD_OCTETS, Number.MAX_SAFE_INTEGER]);
  return { size: octets, head: digests.get(HEAD_OCTETS) ?? whole, digest: whole };
}
