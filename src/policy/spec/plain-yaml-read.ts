/**
 * Reads the plain part of YAML, in which proposals are written and most people write: block maps and lists, lists and maps
 * on one line, plain and quoted scalars on one line, comments. In: text. Out: the value, or null where the text holds
 * anything else (anchors, tags, texts of several lines, an error): the YAML library reads that, and says what is wrong.
 * What is read here is what the library reads (a property test holds the two together), in a twentieth of its time.
 */

export interface PlainYaml {
  readonly value: unknown;
  /**
   * Offsets in the text: of each key of a map, of its value, and behind its value; of each item of a list, and behind it. Behind what
   * goes on over several lines: where it begins. Of a value that is not there: where it would stand.
   */
  readonly places: ReadonlyMap<object, readonly number[]>;
}

/** A spec is at most ten deep. */
export const MAX_DEPTH = 64;
/** The library's own limit is 1,024. */
const MAX_KEY = 1_000;

const NOT_PLAIN = new Error('not plain YAML');

const KEY = /[A-Za-z_][A-Za-z0-9_.-]*/y;
/** What the core schema (YAML 1.2.2 clause 10.3.2) takes for no text. */
const WORDS = new Map<string, boolean | null>([
  ['null', null], ['Null', null], ['NULL', null], ['true', true], ['True', true], ['TRUE', true], ['false', false], ['False', false], ['FALSE', false],
]);
const SIMPLE_NUMBER = /^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,14})?$/;
const OTHER_NUMBER = /^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
/** With the escapes that YAML and JSON share. */
const DOUBLE = /"(?:[^"\\\p{Cc}\uFEFF]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SINGLE = /'(?:[^'\p{Cc}\uFEFF]|'')*'/uy;

const [BREAK, SPACE, QUOTE, HASH, APOSTROPHE, OPEN_PAREN, COMMA, DASH, DOT, SLASH, ZERO, NINE, COLON, UPPER_A, UPPER_Z, OPEN_LIST, CLOSE_LIST, UNDERSCORE, LOWER_A, LOWER_Z, OPEN_MAP, CLOSE_MAP] =
  Array.from('\n "#\'(,-./09:AZ[]_az{}', (char) => char.charCodeAt(0));
/** Control characters and the byte order mark. */
const isOdd = (code: number): boolean => code < SPACE || (code >= 0x7f && code < 0xa0) || code === 0xfeff;

const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;
/** What a text without quotes may begin with here. */
const isLetter = (code: number): boolean => (code >= LOWER_A && code <= LOWER_Z) || (code >= UPPER_A && code <= UPPER_Z) || code === OPEN_PAREN || code === SLASH || code === UNDERSCORE || code >= 0xa0;

function resolve(text: string): unknown {
  const first = text.charCodeAt(0);
  if (isDigit(first) || first === DASH || first === DOT) {
    if (SIMPLE_NUMBER.test(text)) return Number(text);
    if (first === DASH || OTHER_NUMBER.test(text)) throw NOT_PLAIN;
    return text;
  }
  if (!isLetter(first)) throw NOT_PLAIN;
  const word = text.length <= 5 ? WORDS.get(text) : undefined;
  return word === undefined ? text : word;
}

/** What was read last: a spec is read to be checked, again to be edited, and as it was written once more. Nobody changes what is read. */
let latest: { readonly text: string; readonly plain: PlainYaml | null } | null = null;

export function readPlainYaml(text: string): PlainYaml | null {
  if (latest === null || text !== latest.text) latest = { text, plain: readText(text) };
  return latest.plain;
}

function readText(text: string): PlainYaml | null {
  const places = new Map<object, readonly number[]>();
  let at = 0;
  let lineStart = 0;
  /** Of the line at whose content `at` stands; -1 at the end. */
  let indent = -1;
  let depth = 0;

  const isBlank = (code: number): boolean => code === SPACE || code === BREAK || Number.isNaN(code);
  const skipSpaces = (): number => {
    let code = text.charCodeAt(at);
    while (code === SPACE) code = text.charCodeAt(++at);
    return code;
  };
  /** Past the end of a line that holds no more than a comment. */
  const endLine = (): void => {
    const before = at;
    const code = skipSpaces();
    if (code === HASH && (at > before || text.charCodeAt(at - 1) === SPACE)) at = lineEnd();
    else if (code !== BREAK && !Number.isNaN(code)) throw NOT_PLAIN;
    nextLine(at + 1);
  };
  const lineEnd = (): number => {
    let code = text.charCodeAt(at);
    let end = at;
    while (code !== BREAK && !Number.isNaN(code)) {
      if (isOdd(code)) throw NOT_PLAIN;
      code = text.charCodeAt(++end);
    }
    return end;
  };
  /** To the next line with content. */
  const nextLine = (start: number): void => {
    for (let next = start; ; next = at + 1) {
      at = lineStart = next;
      if (at >= text.length) {
        indent = -1;
        return;
      }
      const code = skipSpaces();
      if (code === HASH) at = lineEnd();
      else if (code !== BREAK && !Number.isNaN(code)) {
        indent = at - lineStart;
        return;
      }
    }
  };
  /** A key with its colon; `at` stands behind it. Null: there is none here. */
  const readKey = (): string | null => {
    KEY.lastIndex = at;
    if (!KEY.test(text) || text.charCodeAt(KEY.lastIndex) !== COLON || !isBlank(text.charCodeAt(KEY.lastIndex + 1))) return null;
    const key = text.slice(at, KEY.lastIndex);
    at = KEY.lastIndex + 1;
    if (WORDS.has(key) || key === '__proto__' || key.length > MAX_KEY) throw NOT_PLAIN;
    return key;
  };
  const isAt = (column: number): boolean => indent === column;
  const isDash = (): boolean => text.charCodeAt(at) === DASH && isBlank(text.charCodeAt(at + 1));

  const quoted = (kind: RegExp): string => {
    kind.lastIndex = at;
    if (!kind.test(text)) throw NOT_PLAIN;
    const raw = text.slice(at, kind.lastIndex);
    at = kind.lastIndex;
    return kind === DOUBLE ? (JSON.parse(raw) as string) : raw.slice(1, -1).replaceAll("''", "'");
  };
  const plain = (inFlow: boolean): unknown => {
    const start = at;
    let end = at;
    for (let code = text.charCodeAt(at); code !== BREAK && !Number.isNaN(code); code = text.charCodeAt(++at)) {
      if (isOdd(code)) throw NOT_PLAIN;
      if (code === SPACE) continue;
      if (code === HASH && at > end) break;
      if (inFlow && (code === COMMA || code === CLOSE_LIST || code === CLOSE_MAP)) break;
      if (inFlow && (code === OPEN_LIST || code === OPEN_MAP)) throw NOT_PLAIN;
      if (code === COLON) {
        const next = text.charCodeAt(at + 1);
        if (isBlank(next) || (inFlow && (next === COMMA || next === OPEN_LIST || next === CLOSE_LIST || next === OPEN_MAP || next === CLOSE_MAP))) throw NOT_PLAIN;
      }
      end = at + 1;
    }
    at = end;
    return resolve(text.slice(start, end));
  };
  /** What stands on one line. */
  const inline = (inFlow: boolean): unknown => {
    switch (text.charCodeAt(at)) {
      case OPEN_MAP: return nested(flowMap);
      case OPEN_LIST: return nested(flowList);
      case QUOTE: return quoted(DOUBLE);
      case APOSTROPHE: return quoted(SINGLE);
      default: return plain(inFlow);
    }
  };
  const nested = (read: () => unknown): unknown => {
    if (++depth > MAX_DEPTH) throw NOT_PLAIN;
    const value = read();
    depth--;
    return value;
  };
  const keep = (map: Record<string, unknown>, key: string, value: unknown): void => {
    if (Object.hasOwn(map, key)) throw NOT_PLAIN;
    map[key] = value;
  };
  const placed = <T extends object>(value: T, offsets: readonly number[]): T => {
    places.set(value, offsets);
    return value;
  };
  /** Behind the bracket that opens; whether anything stands before the one that closes. */
  const opens = (close: number): boolean => {
    at++;
    const isEmpty = skipSpaces() === close;
    if (isEmpty) at++;
    return !isEmpty;
  };
  /** Behind a comma or the bracket that closes; whether it was a comma. */
  const goesOn = (close: number): boolean => {
    const code = skipSpaces();
    at++;
    if (code !== COMMA && code !== close) throw NOT_PLAIN;
    if (code === COMMA) skipSpaces();
    return code === COMMA;
  };
  const flowMap = (): Record<string, unknown> => {
    const map: Record<string, unknown> = {};
    const offsets: number[] = [];
    for (let isMore = opens(CLOSE_MAP); isMore; isMore = goesOn(CLOSE_MAP)) {
      const keyAt = at;
      const key = readKey();
      if (key === null) throw NOT_PLAIN;
      skipSpaces();
      const valueAt = at;
      keep(map, key, inline(true));
      offsets.push(keyAt, valueAt, at);
    }
    return placed(map, offsets);
  };
  const flowList = (): unknown[] => {
    const list: unknown[] = [];
    const offsets: number[] = [];
    for (let isMore = opens(CLOSE_LIST); isMore; isMore = goesOn(CLOSE_LIST)) {
      const itemAt = at;
      list.push(inline(true));
      offsets.push(itemAt, at);
    }
    return placed(list, offsets);
  };
  const block = (): unknown => nested(isDash() ? blockList : blockMap);
  const blockMap = (): Record<string, unknown> => {
    const map: Record<string, unknown> = {};
    const offsets: number[] = [];
    const own = indent;
    do {
      const keyAt = at;
      const key = readKey();
      if (key === null) throw NOT_PLAIN;
      const before = at;
      const code = skipSpaces();
      let valueAt = at;
      let valueEnd = at;
      if (code === BREAK || Number.isNaN(code) || (code === HASH && at > before)) {
        endLine();
        const isThere = indent > own || (isAt(own) && isDash());
        if (isThere) valueAt = valueEnd = at;
        keep(map, key, isThere ? block() : null);
      } else {
        keep(map, key, inline(false));
        valueEnd = at;
        endLine();
      }
      offsets.push(keyAt, valueAt, valueEnd);
    } while (isAt(own));
    if (indent > own) throw NOT_PLAIN;
    return placed(map, offsets);
  };
  const blockList = (): unknown[] => {
    const list: unknown[] = [];
    const offsets: number[] = [];
    const own = indent;
    while (isAt(own) && isDash()) {
      at++;
      const code = skipSpaces();
      indent = at - lineStart;
      const start = at;
      let end = at;
      if (code === BREAK || Number.isNaN(code) || code === HASH) throw NOT_PLAIN;
      if (isDash()) list.push(block());
      else if (readKey() !== null) {
        at = start;
        list.push(block());
      } else {
        list.push(inline(false));
        end = at;
        endLine();
      }
      offsets.push(start, end);
    }
    if (indent > own) throw NOT_PLAIN;
    return placed(list, offsets);
  };

  try {
    nextLine(0);
    const value = block();
    return at >= text.length ? { value, places } : null;
  } catch (error) {
    // RangeError: a text so long that its quotes are not found.
    if (error === NOT_PLAIN || error instanceof RangeError) return null;
    throw error;
  }
}
