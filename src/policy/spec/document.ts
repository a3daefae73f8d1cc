/**
 * A spec's text as a YAML document whose every node knows its line.
 *
 * In: text of a file that anybody may have written. Out: the plain value without the user's own `x-` keys, and
 * `locate(path)` for errors and findings. Hostile YAML is bounded: bytes, nesting, aliases; it never throws.
 * Plain YAML (plain-yaml-read.ts) is read without the library.
 * Left out on purpose: what the value means (spec/schema.ts, spec/references.ts).
 */
import { isAlias, isCollection, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, ErrorCode, ParsedNode } from 'yaml';
import { MAX_DEPTH, readPlainYaml, type PlainYaml } from './plain-yaml-read.ts';

export interface Place {
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Place {
  readonly message: string;
  readonly remedy: string;
}

export type SpecPath = readonly (string | number)[];

export interface SpecDocument {
  readonly value: unknown;
  /** The place of the value at a path, or of the nearest ancestor that exists. */
  readonly locate: (path: SpecPath) => Place;
  /** The place of the key itself, for fields that should not be there. */
  readonly locateKey: (path: SpecPath) => Place;
  readonly problems: readonly Problem[];
}

const MB = 1024 * 1024;
/** A plant of 100,000 conversations comes to 14 MB. */
export const LARGEST_SPEC = 64 * MB;
/** The YAML library's tree of nodes takes 22 times the text's size, and as much again on the way. */
const MAX_BYTES = 16 * MB;
const MAX_ALIASES = 100;

const START: Place = { line: 1, column: 1 };

type Words = readonly [message: string, remedy: string];

/** What the YAML reader's own error codes mean to somebody who edits a spec. */
const YAML_WORDS: Partial<Record<ErrorCode, Words>> = {
  TAB_AS_INDENT: ['a tab is used for indentation', 'indent with spaces'],
  DUPLICATE_KEY: ['this field is given twice in the same place', 'keep one of the two'],
  BAD_INDENT: ['the indentation does not fit the lines before', 'align it with its siblings'],
  MISSING_CHAR: ['a closing quote, bracket or brace, or a comma is missing', 'close what is open on this line or above'],
  MULTIPLE_DOCS: ['the file holds more than one YAML document', 'remove everything from the second "---" on'],
  UNEXPECTED_TOKEN: ['this is not YAML', 'quote the text if it holds a ":" or begins with one of @ ` % & * ! | > [ ] { }'],
  BAD_ALIAS: ['this alias points nowhere', 'remove the "*" or quote the text'],
  BAD_DIRECTIVE: ['this "%" directive is not YAML 1.2', 'remove the line'],
  BLOCK_AS_IMPLICIT_KEY: ['a ":" stands where a value cannot hold one', 'quote the text, or put the field on a line of its own'],
  MULTILINE_IMPLICIT_KEY: ['a field name spans two lines', 'put a ":" after the field name, on the same line'],
  TAG_RESOLVE_FAILED: ['YAML tags are not used in a spec', 'remove the "!..." tag'],
};

const NEXT_TOO_DEEP: Words = ['the next line is indented as if it belonged to this one, which holds a value already', 'align the two'];

/** Where a code of the reader stands for two mistakes: what it says of this one, before what it says of its code. */
const MESSAGE_WORDS: readonly (readonly [RegExp, Words])[] = [
  [/^Sequence item without - indicator/, ['the indentation does not fit the list entry above', 'begin every field of an entry below the first letter after its "- "']],
  [/^Implicit map keys need to be followed by map values/, ['a field name without a ":"', 'put a ":" and a space after it, or quote the text that it belongs to']],
  [/sufficiently indented and end with/, YAML_WORDS.MISSING_CHAR!],
  [/^A block sequence may not be used as an implicit map key/, ['the indentation does not fit the lines before', 'align it with its siblings']],
];

function yamlWords({ code, message, pos }: { readonly code: ErrorCode; readonly message: string; readonly pos: readonly [number, number] }, text: string): Words {
  const ofMessage = MESSAGE_WORDS.find(([pattern]) => pattern.test(message))?.[1];
  if (ofMessage !== undefined) return ofMessage;
  const end = text.indexOf('\n', pos[0]);
  if (code === 'BLOCK_AS_IMPLICIT_KEY' && !/:\s/.test(text.slice(pos[0], end < 0 ? text.length : end))) return NEXT_TOO_DEEP;
  return YAML_WORDS[code] ?? [`not valid YAML (${message.split('\n')[0].slice(0, 120)})`, 'mend the line, or quote the text'];
}

const TOO_DEEP = { message: `lists and maps are nested more than ${MAX_DEPTH} deep`, remedy: 'a spec is at most ten deep: remove the nesting' } as const;

/** The library tells its own exhausted stack as an error of the text. */
const isStackError = ({ message }: Error): boolean => message.includes('call stack');

/** Nesting of flow brackets before the parser sees it: its recursion must not be the limit. */
const flowDepth = (text: string): { depth: number; offset: number } => {
  let depth = 0;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quote !== '') {
      if (char === '\\' && quote === '"') i++;
      else if (char === quote || char === '\n') quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '#' && (i === 0 || /\s/.test(text[i - 1]))) {
      const end = text.indexOf('\n', i);
      if (end < 0) break;
      i = end;
    } else if (char === '[' || char === '{') {
      if (++depth > MAX_DEPTH) return { depth, offset: i };
    } else if ((char === ']' || char === '}') && depth > 0) depth--;
  }
  return { depth: 0, offset: 0 };
};

/** Block sequences can nest on one line (`- - - -`), and by indentation. */
const blockDepth = (text: string): number => {
  let offset = 0;
  for (const line of text.split('\n')) {
    const dashes = /^(\s*(?:[-?]\s+)+)/.exec(line)?.[1] ?? '';
    if (dashes.split(/[-?]/).length > MAX_DEPTH) return offset;
    offset += line.length + 1;
  }
  return -1;
};

const failed = (...problems: Problem[]): SpecDocument => ({ value: undefined, locate: () => START, locateKey: () => START, problems });

/** While no reader has counted the lines yet. */
const placeBehind = (before: string): Place => ({ line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') });

const withoutOwnKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutOwnKeys);
  if (value === null || typeof value !== 'object') return value;
  const kept: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(value)) if (!key.startsWith('x-')) kept.push([key, withoutOwnKeys(inner)]);
  return Object.fromEntries(kept);
};

/** The text of a proposal, and of most people: no tree of nodes. */
const readPlain = (text: string): SpecDocument | null => {
  const plain = readPlainYaml(text);
  if (plain === null) return null;
  let lines: LineCounter | null = null;
  const placeAt = (path: SpecPath, wantKey: boolean): Place => {
    if (lines === null) {
      lines = new LineCounter();
      for (let start = 0; start >= 0; start = text.indexOf('\n', start) + 1 || -1) lines.addNewLine(start);
    }
    const { line, col } = lines.linePos(plainOffset(plain, path, wantKey));
    return { line, column: col };
  };
  return { value: text.includes('x-') ? withoutOwnKeys(plain.value) : plain.value, locate: (path) => placeAt(path, false), locateKey: (path) => placeAt(path, true), problems: [] };
};

const plainOffset = ({ value, places }: PlainYaml, path: SpecPath, wantKey: boolean): number => {
  let node = value;
  let offset = places.get(value as object)?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    if (node === null || typeof node !== 'object') return offset;
    const own = places.get(node) ?? [];
    if (Array.isArray(node)) {
      if (typeof step !== 'number' || !(step in node)) return offset;
      offset = own[2 * step];
      node = node[step] as unknown;
    } else {
      const at = Object.keys(node).indexOf(String(step));
      if (at < 0) return offset;
      const inner = (node as Readonly<Record<string, unknown>>)[String(step)];
      if (wantKey && depth === path.length - 1) return own[3 * at];
      offset = own[inner === null ? 3 * at : 3 * at + 1];
      node = inner;
    }
  }
  return offset;
};

/** Reads YAML text; every problem has a place and a remedy. */
export const readSpecDocument = (text: string): SpecDocument => {
  if (text.length > LARGEST_SPEC) return failed({ ...START, message: `the file holds more than ${LARGEST_SPEC / MB} MB`, remedy: 'check that it is a spec; split it by plant if it is' });
  // YAML takes a lone CR for the end of a line, and so does every editor; what is read line by line here would take all of it for one comment.
  const loneReturn = /\r(?![\r\n]|$)/.exec(text);
  if (loneReturn !== null) {
    return failed({ ...placeBehind(text.slice(0, loneReturn.index)), message: 'a line ends with CR alone, as on old Macintosh systems', remedy: 'save the file with line ends LF or CRLF; what it holds stays' });
  }
  const plain = readPlain(text);
  if (plain !== null) return plain;
  if (text.length > MAX_BYTES) {
    return failed({ ...START, message: `the file holds more than ${MAX_BYTES / MB} MB and is not plain YAML`, remedy: 'write it without anchors, tags and texts of several lines; split it by plant' });
  }
  return readAnyYaml(text);
};

const readAnyYaml = (text: string): SpecDocument => {
  const lines = new LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.min(Math.max(0, offset), text.length));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (text.includes('\0')) {
    return failed({ ...placeBehind(text.slice(0, text.indexOf('\0'))), message: 'the file holds a zero byte: it is not text', remedy: 'save it as UTF-8 text' });
  }
  const conflict = /^<{7} /m.exec(text);
  if (conflict !== null) {
    return failed({ ...placeBehind(text.slice(0, conflict.index)), message: 'git left a conflict here', remedy: 'decide between the two, and remove the lines with <<<<<<<, ======= and >>>>>>>' });
  }
  const flow = flowDepth(text);
  const block = blockDepth(text);
  if (flow.depth > MAX_DEPTH || block >= 0) {
    return failed({ ...placeBehind(text.slice(0, flow.depth > MAX_DEPTH ? flow.offset : block)), ...TOO_DEEP });
  }

  let document: Document.Parsed<ParsedNode>;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, strict: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return failed({ ...START, ...TOO_DEEP });
  }

  const problems: Problem[] = [];
  const exhausted = document.errors.find(isStackError);
  if (exhausted !== undefined) return failed({ ...placeOf(exhausted.pos[0]), ...TOO_DEEP });
  for (const error of [...document.errors, ...document.warnings]) {
    const place = placeOf(error.pos[0]);
    // What the reader stumbles over next in a line that it has lost is no mistake of its own.
    if (problems.at(-1)?.line === place.line && error.code !== 'DUPLICATE_KEY') continue;
    const [message, remedy] = yamlWords(error, text);
    problems.push({ ...place, message, remedy });
    if (problems.length >= 20) break;
  }
  if (problems.length > 0) return failed(...problems);

  let aliases = 0;
  let aliasOffset = 0;
  let tagOffset = -1;
  let deepOffset = -1;
  let keyOffset = -1;
  // By hand: the library's visit() copies the path of ancestors at every node, a second in a spec of 14 MB.
  const inspect = (node: unknown, depth: number): void => {
    if (!isNode(node)) return;
    if (isAlias(node)) {
      aliases++;
      aliasOffset = node.range?.[0] ?? 0;
      return;
    }
    if (tagOffset < 0 && typeof node.tag === 'string' && !node.tag.startsWith('tag:yaml.org,2002:')) tagOffset = node.range?.[0] ?? 0;
    if (!isCollection(node)) return;
    if (depth > MAX_DEPTH) {
      if (deepOffset < 0) deepOffset = node.range?.[0] ?? 0;
      return;
    }
    if (isSeq(node)) for (const item of node.items) inspect(item, depth + 1);
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        if (keyOffset < 0 && isCollection(key)) keyOffset = key.range?.[0] ?? 0;
        inspect(key, depth + 1);
        inspect(value, depth + 1);
      }
    }
  };
  inspect(document.contents, 1);
  if (deepOffset >= 0) return failed({ ...placeOf(deepOffset), ...TOO_DEEP });
  if (keyOffset >= 0) return failed({ ...placeOf(keyOffset), message: 'a list or a map stands where a field name belongs', remedy: 'quote it if it is text, or remove the "?"' });
  if (tagOffset >= 0) return failed({ ...placeOf(tagOffset), message: 'YAML tags are not used in a spec', remedy: 'remove the "!..." tag' });
  if (aliases > MAX_ALIASES) return failed({ ...placeOf(aliasOffset), message: `the file uses more than ${MAX_ALIASES} aliases`, remedy: 'write the values out' });

  let value: unknown;
  try {
    value = withoutOwnKeys(document.toJS({ maxAliasCount: MAX_ALIASES }));
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    return failed({ ...placeOf(aliasOffset), message: `the aliases of this file cannot be followed (${message.slice(0, 80)})`, remedy: 'write the values out' });
  }

  const nodeAt = (path: SpecPath, wantKey: boolean): number => {
    let node: unknown = document.contents;
    let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    for (const [depth, step] of path.entries()) {
      while (isAlias(node)) node = node.resolve(document);
      if (isMap(node)) {
        const pair = node.items.find((item) => (isScalar(item.key) ? String(item.key.value) : '') === String(step));
        if (pair === undefined) return offset;
        const keyOffset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
        if (wantKey && depth === path.length - 1) return keyOffset;
        node = pair.value;
        const valueOffset = isNode(node) ? node.range?.[0] : undefined;
        offset = valueOffset === undefined || (isScalar(node) && node.value === null) ? keyOffset : valueOffset;
      } else if (isSeq(node) && typeof step === 'number') {
        const item: unknown = node.items[step];
        if (item === undefined) return offset;
        node = item;
        offset = isNode(item) ? (item.range?.[0] ?? offset) : offset;
      } else return offset;
    }
    return offset;
  };
  return { value, locate: (path) => placeOf(nodeAt(path, false)), locateKey: (path) => placeOf(nodeAt(path, true)), problems };
};
