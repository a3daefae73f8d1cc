/**
 * Which capture of the store a file is, or goes on with: by its octets, and where one of the two is packed, by what they hold. In: a
 * path and the captures of the store. Out: the capture, and whether the file holds more. Names say nothing.
 */
import { HEAD_OCTETS } from '../source/content.ts';
import { digestContent } from '../source/content-digest.ts';
import { digestPrefix } from '../source/file-digest.ts';
import type { Content } from '../source/frame-batch.ts';
import type { KnownCapture } from './captures.ts';

/** A regular file on its way into the store. */
export interface NewFile {
  readonly path: string;
  readonly size: number;
  /** SHA-256 of its first octets, at most HEAD_OCTETS of them. */
  headOf(size: number): string;
  /** The same of what it holds, unpacked; null where there is not so much. */
  contentHeadOf(size: number): Promise<string | null>;
}

export interface Known {
  readonly capture: KnownCapture;
  /** The file holds what the capture holds, and nothing more. */
  readonly isWhole: boolean;
  /** The capture was read from a file of other octets. */
  readonly isMoved: boolean;
}

/** Each digest is computed once. */
export function createNewFile(path: string, size: number): NewFile {
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
    size,
    headOf: (wanted) => remembered(heads, wanted, (octets) => digestPrefix(path, octets)),
    contentHeadOf: (wanted) => remembered(contentHeads, wanted, async (octets) => (await digestContent(path, [octets])).digests.get(octets) ?? null),
  };
}

/** Of these captures, whose files begin as this one does: the longest first. */
export const candidatesOf = (captures: readonly KnownCapture[], file: NewFile): KnownCapture[] =>
  captures
    .filter((capture) => capture.size > 0 && capture.size <= file.size && capture.head === file.headOf(capture.size))
    .sort((a, b) => b.size - a.size || b.frames - a.frames);

/** Those that begin with what the file holds, packed or not. */
export async function twinsOf<T>(all: readonly T[], contentOf: (one: T) => Content | null, file: NewFile): Promise<{ readonly one: T; readonly content: Content }[]> {
  const told = all.flatMap((one) => {
    const content = contentOf(one);
    return content === null || content.size === 0 ? [] : [{ one, content }];
  });
  const headSize = ({ content }: { readonly content: Content }): number => Math.min(HEAD_OCTETS, content.size);
  const heads = new Map<number, string | null>();
  for (const size of new Set(told.map(headSize))) heads.set(size, await file.contentHeadOf(size));
  return told.filter((one) => heads.get(headSize(one)) === one.content.head);
}

/** The longest capture of which this file is the whole or a continuation. */
export async function findKnown(captures: readonly KnownCapture[], file: NewFile): Promise<Known | null> {
  const same = candidatesOf(captures, file).find((capture) => digestPrefix(file.path, capture.size) === capture.digest);
  if (same !== undefined) return { capture: same, isWhole: same.size === file.size, isMoved: false };
  const twins = await twinsOf(captures, ({ content }) => content, file);
  if (twins.length === 0) return null;
  const { digests, octets } = await digestContent(file.path, twins.map(({ content }) => content.size));
  const [twin] = twins.filter(({ content }) => digests.get(content.size) === content.digest).sort((a, b) => b.content.size - a.content.size);
  return twin === undefined ? null : { capture: twin.one, isWhole: octets === twin.content.size, isMoved: true };
}
