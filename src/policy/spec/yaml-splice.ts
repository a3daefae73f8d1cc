/**
 * An edited YAML document as text in which only what was edited differs: spacing, quotes, comments and line ends of all
 * else stay as they were, so that a decision is one line in a review.
 *
 * In: the text, how it was laid out, and the document that was made of it and edited. Out: the new text; null where it
 * cannot be put together piece by piece. A node that was moved takes its comments along: those above it in its column, those beside it
 * and deeper ones below. Left out on purpose: aliases (spec/text.ts refuses them).
 */
import { Document, isMap, isPair, isScalar, isSeq, Scalar, YAMLMap, YAMLSeq, type Node, type Pair } from 'yaml';
import { QUOTED } from './yaml-quotes.ts';

const KINDS = ['map', 'list', 'scalar'] as const;

/** Where a node stood in the text, and what it said. */
interface Laid {
  readonly kind: (typeof KINDS)[number];
  readonly isFlow: boolean;
  readonly start: number;
  /** Behind its last character; line end and comments not included. */
  readonly end: number;
  readonly value: unknown;
  readonly pairs: readonly LaidPair[];
  readonly items: readonly Laid[];
}

interface LaidPair {
  readonly key: string;
  readonly start: number;
  /** Behind the key, before its colon. */
  readonly keyEnd: number;
  readonly value: Laid | null;
}

export interface Layout {
  readonly root: Laid | null;
  /** By placeOf. */
  readonly places: ReadonlyMap<number, Laid>;
  /** Items of block lists by themselves: the list that each is in. */
  readonly listOf: ReadonlyMap<Laid, Laid>;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const NONE: readonly never[] = [];

const ODD = new Error('cannot be spliced');
const odd = (): never => {
  throw ODD;
};

const kindOf = (node: unknown): Laid['kind'] => (isMap(node) ? 'map' : isSeq(node) ? 'list' : 'scalar');
/** One number for kind and start: a map begins where its first key does. */
const placeOf = (kind: Laid['kind'], start: number): number => start * KINDS.length + KINDS.indexOf(kind);
/** What a node is known by in every document made of the same text; null: it did not come from there. */
export const placeKey = (node: Node): number | null => (node.range == null ? null : placeOf(kindOf(node), node.range[0]));
/** A key that was set by name is that name. */
const keyText = ({ key }: Pair): string => (typeof key === 'string' ? key : isScalar(key) ? String(key.value) : odd());
const isFlowNode = (node: unknown): boolean => (isMap(node) || isSeq(node)) && node.flow === true;

/** Taken before the document is edited. */
export function layoutOf(document: Document, text: string): Layout {
  const places = new Map<number, Laid>();
  const listOf = new Map<Laid, Laid>();
  const endOf = (start: number, end: number): number => {
    let last = end;
    while (last > start && (text[last - 1] === '\n' || text[last - 1] === '\r')) last--;
    return last;
  };
  const lay = (node: unknown): Laid | null => {
    if (!(isMap(node) || isSeq(node) || isScalar(node)) || node.range == null) return null;
    const [start, end] = node.range;
    const pairs = isMap(node) ? node.items.map((pair): LaidPair => {
      const range = isScalar(pair.key) ? pair.key.range : null;
      return { key: isScalar(pair.key) ? String(pair.key.value) : '', start: range?.[0] ?? start, keyEnd: range?.[1] ?? start, value: lay(pair.value) };
    }) : NONE;
    const items = isSeq(node) ? node.items.flatMap((item) => lay(item) ?? []) : NONE;
    const last = pairs.at(-1);
    const inner = items.at(-1)?.end ?? (last === undefined ? undefined : (last.value?.end ?? last.keyEnd));
    const isFlow = isFlowNode(node);
    const laid: Laid = { kind: kindOf(node), isFlow, start, end: isFlow || inner === undefined ? endOf(start, end) : inner, value: isScalar(node) ? node.value : undefined, pairs, items };
    places.set(placeOf(laid.kind, start), laid);
    if (laid.kind === 'list' && !isFlow) for (const item of items) listOf.set(item, laid);
    return laid;
  };
  return { root: lay(document.contents), places, listOf };
}

/** How new text is to look. */
export interface Style {
  /** `{ a: 1 }` instead of `{a: 1}`. */
  readonly isPadded: boolean;
  /** Called before a node of the text is laid out anew: its comments, and how its value was written, must be at hand from then on. */
  readonly dressed: () => void;
}

/** Whether anything of it came from the text. */
const isOfText = (node: unknown): boolean => {
  if (isMap(node) || isSeq(node)) return node.range != null || node.items.some(isOfText);
  if (isPair(node)) return isOfText(node.key) || isOfText(node.value);
  return isScalar(node) && node.range != null;
};

export function splicedText(text: string, layout: Layout, document: Document, style: Style): string | null {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  let edits: Edit[] = [];
  const places = occurrences(document.contents);

  const lineStart = (at: number): number => text.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = (at: number): number => {
    const found = text.indexOf('\n', at);
    return found < 0 ? text.length : found + 1;
  };
  const columnOf = (at: number): number => {
    const start = lineStart(at);
    return /^ *$/.test(text.slice(start, at)) ? at - start : odd();
  };
  /** Where the dash of a block list's item stands. */
  const dashOf = (item: Laid): number => {
    let at = item.start - 1;
    while (text[at] === ' ') at--;
    return text[at] === '-' ? at : odd();
  };
  /** From the comments above in its own column to the comments below that are indented deeper. */
  const regionOf = (at: number, contentEnd: number): { start: number; end: number; comments: number } => {
    const column = columnOf(at);
    const comments = lineStart(at);
    let start = comments;
    for (let above = lineStart(start - 1); start > 0 && text.slice(above, above + column + 1) === `${' '.repeat(column)}#`; above = lineStart(start - 1)) start = above;
    let end = lineEnd(contentEnd);
    while (end < text.length && /^ *#/.test(text.slice(end, lineEnd(end))) && text.slice(end).search(/[^ ]/) > column) end = lineEnd(end);
    return { start, end, comments };
  };
  const itemRegion = (item: Laid): ReturnType<typeof regionOf> => regionOf(dashOf(item), item.end);
  const pairRegion = (pair: LaidPair): ReturnType<typeof regionOf> => regionOf(pair.start, pair.value?.end ?? pair.keyEnd);

  const rendered = (contents: YAMLMap | YAMLSeq): string => {
    if (isOfText(contents)) style.dressed();
    const sheet = new Document(null, QUOTED);
    sheet.contents = contents as never;
    return sheet.toString({ lineWidth: 0, flowCollectionPadding: style.isPadded }).replace(/^\n+/, '').replace(/\n$/, '');
  };
  const pairLines = (pair: Pair): string => {
    const map = new YAMLMap();
    map.items.push(pair);
    return rendered(map);
  };
  /** The comment beside a key is the library's comment before its value. */
  const withoutNote = (node: unknown, isNoted: boolean, write: () => string): string => {
    if (!isNoted || !(isMap(node) || isSeq(node) || isScalar(node))) return write();
    style.dressed();
    const { commentBefore } = node;
    node.commentBefore = null;
    const written = write();
    node.commentBefore = commentBefore ?? null;
    return written;
  };
  const inline = (node: unknown): string => {
    // The library spreads it over lines; JSON's quotes are YAML's.
    if (isScalar(node) && typeof node.value === 'string' && node.value.includes('\n')) return JSON.stringify(node.value);
    const list = new YAMLSeq();
    list.flow = true;
    // The comment of a value stays where it is.
    list.items.push(isScalar(node) ? Object.assign(new Scalar(node.value), { type: node.type }) : node);
    const written = rendered(list);
    return written.includes('\n') ? odd() : written.slice(1, -1).trim();
  };
  const indented = (lines: string, column: number): string => lines.split('\n').map((line) => (line === '' ? '' : ' '.repeat(column) + line)).join(eol) + eol;
  const insertAt = (at: number, lines: string): void => {
    const isOpenEnd = at === text.length && text !== '' && !text.endsWith('\n');
    edits.push({ start: at, end: at, text: isOpenEnd ? eol + lines.slice(0, -eol.length) : lines });
  };
  const applied = (start: number, end: number, own: readonly Edit[]): string => {
    let out = '';
    let at = start;
    for (const edit of [...own].sort((a, b) => a.start - b.start || a.end - b.end)) {
      if (edit.start < at || edit.end > end) odd();
      out += text.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    return out + text.slice(at, end);
  };

  /** An item of a block list: its own lines, moved by some columns, or new ones. */
  const itemLines = (node: unknown, column: number): string => {
    const from = kept(node);
    if (from === null || !layout.listOf.has(from)) {
      const list = new YAMLSeq();
      list.items.push(node);
      return indented(rendered(list), column);
    }
    const { start, end, comments } = itemRegion(from);
    const outer = edits;
    edits = [];
    compare(from, node);
    // A copy leaves the comments above to what it was copied from.
    const lines = applied(places.get(placeKey(node as Node) ?? -1)?.count === 1 ? start : comments, end, edits);
    edits = outer;
    const by = column - columnOf(dashOf(from));
    const moved = lines.split('\n').map((line) => (line.trim() === '' || by === 0 ? line : by > 0 ? ' '.repeat(by) + line : line.startsWith(' '.repeat(-by)) ? line.slice(-by) : odd())).join('\n');
    return moved.endsWith('\n') ? moved : moved + eol;
  };
  const kept = (node: unknown): Laid | null => {
    const key = isMap(node) || isSeq(node) || isScalar(node) ? placeKey(node) : null;
    return key === null ? null : (layout.places.get(key) ?? null);
  };

  const compare = (old: Laid, node: unknown): void => {
    if (old.kind !== kindOf(node) || old.isFlow !== isFlowNode(node)) odd();
    if (isScalar(node)) {
      if (Object.is(node.value, old.value)) return;
      if (text.slice(old.start, old.end).includes('\n')) odd();
      edits.push({ start: old.start, end: old.end, text: inline(node) });
    } else if (isMap(node)) compareMap(old, node);
    else if (isSeq(node)) compareList(old, node);
    else odd();
  };
  /** What stands behind a key. */
  const compareValue = (old: LaidPair, pair: Pair, inFlow: boolean): void => {
    const held = old.value;
    const node: unknown = pair.value;
    const isSame = held !== null && held.start < held.end && held.kind === kindOf(node) && held.isFlow === isFlowNode(node);
    const isEmptied = (isMap(node) || isSeq(node)) && node.items.length === 0 && !isFlowNode(node);
    // A text over several lines, folded or not, gives way to one on a line.
    const isUnfolded = isScalar(node) && held !== null && held.kind === 'scalar' && !Object.is(node.value, held.value) && text.slice(held.start, held.end).includes('\n');
    if (isSame && !isEmptied && !isUnfolded) return compare(held, node);
    if (held !== null && held.start === held.end && (node === null || (isScalar(node) && node.value === null))) return;
    const colon = text.indexOf(':', old.keyEnd);
    if (colon < 0 || text.slice(old.keyEnd, colon).trim() !== '') odd();
    const end = Math.max(colon + 1, held?.end ?? 0);
    // The comments above the first entry of a list go with it.
    const top = isEmptied && held !== null && held.kind === 'list' && !held.isFlow && held.items.length > 0 ? itemRegion(held.items[0]).start : (held?.start ?? end);
    const isNoted = text.slice(colon + 1, top).includes('#');
    const lines = inFlow || isUnfolded ? `: ${inline(isUnfolded ? new Scalar(node.value) : node)}` : withoutNote(node, isNoted, () => pairLines(pair));
    const behind = lines.slice(lines.indexOf(':') + 1);
    const isBelow = behind.startsWith('\n');
    const written = isBelow ? eol + indented(behind.slice(1), old.start - lineStart(old.start)).slice(0, -eol.length) : behind;
    if (!isNoted) {
      edits.push({ start: colon + 1, end, text: written });
      return;
    }
    // The comment beside the key stays: before it what goes on the key's line, below it what does not.
    const below = lineEnd(colon) - eol.length;
    if (top < below || text.slice(below, top).includes('#')) odd();
    if (!isBelow) edits.push({ start: colon + 1, end: colon + 1, text: written });
    edits.push({ start: below, end, text: isBelow ? written : '' });
  };
  const compareMap = (old: Laid, node: YAMLMap): void => {
    const wanted = node.items.map((pair) => ({ pair, at: old.pairs.findIndex((one) => one.key === keyText(pair)) }));
    inOrder(wanted.map(({ at }) => at));
    const stays = new Set(wanted.map(({ at }) => at));
    // What ends where something is put in behind it comes first.
    for (const { pair, at } of wanted) if (at >= 0) compareValue(old.pairs[at], pair, old.isFlow);
    if (old.isFlow) {
      compareFlow(old, old.pairs.map((one) => ({ start: one.start, end: one.value === null ? one.keyEnd : Math.max(one.value.end, one.keyEnd) })), stays, wanted.map(({ pair, at }) => ({ at, text: () => `${inline(pair.key)}: ${inline(pair.value)}` })));
    } else {
      for (const [i, pair] of old.pairs.entries()) {
        if (stays.has(i)) continue;
        const { start, end } = pairRegion(pair);
        edits.push({ start, end, text: '' });
      }
      let behind = -1;
      for (const { pair, at } of wanted) {
        if (at >= 0) behind = at;
        else if (behind < 0) odd();
        // The first key of a map may stand behind a dash.
        else insertAt(pairRegion(old.pairs[behind]).end, indented(pairLines(pair), old.pairs[0].start - lineStart(old.pairs[0].start)));
      }
    }
  };
  const compareList = (old: Laid, node: YAMLSeq): void => {
    const oldPlaces = new Map<Laid | null, number>(old.items.map((item, at) => [item, at]));
    const wanted = node.items.map((item) => ({ item, at: oldPlaces.get(kept(item)) ?? -1 }));
    // The second of two copies is new here.
    const used = new Set<number>();
    for (const one of wanted) {
      if (used.has(one.at)) one.at = -1;
      used.add(one.at);
    }
    inOrder(wanted.map(({ at }) => at));
    for (const { item, at } of wanted) if (at >= 0) compare(old.items[at], item);
    if (old.isFlow) compareFlow(old, old.items, used, wanted.map(({ item, at }) => ({ at, text: () => inline(item) })));
    else {
      const column = columnOf(dashOf(old.items[0] ?? odd()));
      for (const [i, item] of old.items.entries()) {
        if (used.has(i)) continue;
        const { start, end, comments } = itemRegion(item);
        // What goes among others on a line leaves its comments behind.
        const isInline = places.get(placeOf(item.kind, item.start))?.isInline === true;
        if (isInline && text.slice(item.end, end).includes('#')) odd();
        edits.push({ start: isInline ? comments : start, end, text: '' });
      }
      let at = itemRegion(old.items[0]).start;
      for (const { item, at: place } of wanted) {
        if (place >= 0) at = itemRegion(old.items[place]).end;
        else insertAt(at, itemLines(item, column));
      }
    }
  };
  /** Entries between brackets, each with its comma. */
  const compareFlow = (old: Laid, entries: readonly { readonly start: number; readonly end: number }[], stays: ReadonlySet<number>, wanted: readonly { readonly at: number; readonly text: () => string }[]): void => {
    const left = entries.filter((_, i) => stays.has(i));
    if (left.length === 0) {
      if (wanted.length === 0 && entries.length === 0) return;
      const [open, close] = [text[old.start], text[old.end - 1]];
      const pad = style.isPadded && wanted.length > 0 ? ' ' : '';
      edits.push({ start: old.start, end: old.end, text: `${open}${pad}${wanted.map((one) => one.text()).join(', ')}${pad}${close}` });
      return;
    }
    for (const [i, { start, end }] of entries.entries()) {
      if (stays.has(i)) continue;
      // With the comma before it; the first ones with the comma behind.
      const isLeading = start < left[0].start;
      const cut = isLeading ? { start, end: entries[i + 1].start } : { start: entries[i - 1].end, end };
      if (text.slice(cut.start, start).includes('#') || text.slice(end, cut.end).includes('#')) odd();
      edits.push({ ...cut, text: '' });
    }
    let behind = -1;
    for (const one of wanted) {
      if (one.at >= 0) behind = one.at;
      else if (behind < 0) edits.push({ start: left[0].start, end: left[0].start, text: `${one.text()}, ` });
      else edits.push({ start: entries[behind].end, end: entries[behind].end, text: `, ${one.text()}` });
    }
  };

  try {
    if (layout.root === null || document.contents === null) return null;
    compare(layout.root, document.contents);
    return applied(0, text.length, edits);
  } catch (error) {
    if (error === ODD) return null;
    throw error;
  }
}

/** Where each place of the text is found among the nodes now: twice where one was copied; whether a line holds more than it. */
function occurrences(root: unknown): Map<number, { count: number; isInline: boolean }> {
  const places = new Map<number, { count: number; isInline: boolean }>();
  const walk = (node: unknown, isInline: boolean): void => {
    if (!(isMap(node) || isSeq(node))) return;
    const key = placeKey(node);
    if (key !== null) places.set(key, { count: (places.get(key)?.count ?? 0) + 1, isInline });
    for (const item of node.items) walk(isMap(node) ? (item as Pair).value : item, isFlowNode(node));
  };
  walk(root, false);
  return places;
}

const inOrder = (places: readonly number[]): void => {
  let last = -1;
  for (const at of places) {
    if (at < 0) continue;
    if (at <= last) odd();
    last = at;
  }
};
