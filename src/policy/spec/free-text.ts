/**
 * The free texts of a zone definition document, read into machine fields as far as they go.
 *
 * In: `"Z3 -> Z2 (read only, FC 3/4 only)"`, `"Triconex 3008 (SIS-01)"`, `"PLCs (PLC-01 through PLC-12)"`.
 * Out: what was understood, and by name what was not: a text that no machine can enforce is never taken as enforced.
 * Left out on purpose: what the zone names refer to (spec/references.ts).
 */

export interface DirectionText {
  /** Zone references as written; null when the text has no arrow. */
  readonly from: string | null;
  readonly to: string | null;
  readonly bothWays: boolean;
  readonly access: 'read' | 'write' | 'read-write' | null;
  readonly functionCodes: readonly number[];
  readonly unitIds: readonly number[];
  readonly registers: { readonly first: number; readonly last: number } | null;
  readonly unidirectional: boolean;
  readonly viaDiode: boolean;
  readonly mfa: boolean;
  /** Said for people: kept as the purpose, enforced by nothing. */
  readonly purpose: readonly string[];
  /** Looks like a limit, but not one that we can read. */
  readonly notUnderstood: readonly string[];
}

/** Two zones and the arrow between them, with the space around each. */
const HEAD = /^(\s*)([A-Za-z0-9][A-Za-z0-9_.-]*)(\s*)(<->|<-->|\u2194|<-|<--|\u2190|-->|->|=>|\u2192|\bto\b)(\s*)([A-Za-z0-9][A-Za-z0-9_.-]*)/i;
const FUNCTION_CODES = /^(?:only\s+)?(?:modbus\s+)?(?:fcs?|func(?:tion)?(?:[ -]codes?)?)\s*:?\s*([0-9][0-9\s,/&+-]*(?:(?:and|or|to)\s*[0-9][0-9\s,/&+-]*)*)(?:\s*only)?$/i;
const UNITS = /^(?:only\s+)?unit(?:s|[ -]ids?)?\s*:?\s*([0-9][0-9\s,/&+-]*(?:(?:and|or|to)\s*[0-9][0-9\s,/&+-]*)*)(?:\s*only)?$/i;
const REGISTERS = /^(?:only\s+)?(?:registers?|addresses|coils?)\s*:?\s*([0-9]+)\s*(?:-|\u2013|to|through)\s*([0-9]+)(?:\s*only)?$/i;
/** Words of a limit: a qualifier with one of them that no rule above reads is named, not filed as a purpose. */
const LIMIT_WORDS = /\b(fcs?|function|unit|register|coil|port|block|deny|except|max|rate|limit|not|no)\b/i;

/** `3/4`, `3, 4`, `1-4`, `3 and 4`; null when it is not a list of numbers within bounds. */
const parseNumberList = (text: string, max: number): number[] | null => {
  const numbers = new Set<number>();
  const normal = text.replaceAll(/\b(and|or)\b/gi, ',').replaceAll(/\bto\b/gi, '-').replaceAll(/[/&+]/g, ',').replaceAll(/\s*-\s*/g, '-');
  for (const part of normal.split(/[\s,]+/).filter((piece) => piece !== '')) {
    const span = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part);
    if (span === null) return null;
    const first = Number(span[1]);
    const last = Number(span[2] ?? span[1]);
    if (first > last || last > max) return null;
    for (let n = first; n <= last; n++) numbers.add(n);
  }
  return numbers.size === 0 ? null : [...numbers].sort((a, b) => a - b);
};

/** Splits qualifiers at commas and semicolons, but not within `FC 3, 4`. */
const splitQualifiers = (text: string): string[] => {
  const parts: string[] = [];
  for (const piece of text.split(/[,;]/).map((part) => part.trim()).filter((part) => part !== '')) {
    const before = parts.at(-1);
    if (before !== undefined && /^\d[\d\s/&-]*(only)?$/i.test(piece) && (FUNCTION_CODES.test(before) || UNITS.test(before))) parts[parts.length - 1] = `${before}, ${piece}`;
    else parts.push(piece);
  }
  return parts;
};

/** The same text with other names for its two zones; a text without an arrow names none. */
export const renameInDirection = (text: string, nameOf: (reference: string) => string): string => {
  const head = HEAD.exec(text);
  if (head === null) return text;
  const [whole, lead, from, before, sign, behind, to] = head;
  return `${lead}${nameOf(from)}${before}${sign}${behind}${nameOf(to)}${text.slice(whole.length)}`;
};

/** One way of a text that says both (`A <-> B (FC 3 only)`): `A -> B ...`, or `B -> A ...`. */
export const oneWayOf = (text: string, backwards: boolean): string => {
  const head = HEAD.exec(text);
  if (head === null) return text;
  const [whole, lead, one, , , , other] = head;
  return `${lead}${backwards ? other : one} -> ${backwards ? one : other}${text.slice(whole.length)}`;
};

export const parseDirection = (text: string): DirectionText => {
  const bounded = text.slice(0, 500).trim();
  const head = HEAD.exec(bounded);
  let from: string | null = null;
  let to: string | null = null;
  let bothWays = false;
  const rest = bounded.slice(head?.[0].length ?? 0).trim();
  if (head !== null) {
    const [, , one, , sign, , other] = head;
    const backwards = sign.startsWith('<-') && !sign.endsWith('>') || sign === '\u2190';
    bothWays = sign === '<->' || sign === '<-->' || sign === '\u2194';
    from = backwards ? other : one;
    to = backwards ? one : other;
  }

  let access: DirectionText['access'] = null;
  let functionCodes: readonly number[] = [];
  let unitIds: readonly number[] = [];
  let registers: DirectionText['registers'] = null;
  let unidirectional = false;
  let viaDiode = false;
  let mfa = false;
  const purpose: string[] = [];
  const notUnderstood: string[] = [];

  const inner = /^\((.*)\)\s*$/s.exec(rest);
  if (inner === null && rest !== '') notUnderstood.push(rest);
  for (const qualifier of inner === null ? [] : splitQualifiers(inner[1])) {
    const codes = FUNCTION_CODES.exec(qualifier);
    const units = UNITS.exec(qualifier);
    const range = REGISTERS.exec(qualifier);
    if (head === null) notUnderstood.push(qualifier);
    else if (/^(only\s+)?read[ -]?only$|^(only\s+)?reads?$|^reads? only$/i.test(qualifier)) access = 'read';
    else if (/^write[ -]?only$|^writes? only$/i.test(qualifier)) access = 'write';
    else if (/^read[ -/]?(and )?write$/i.test(qualifier)) access = 'read-write';
    else if (codes !== null) {
      const list = parseNumberList(codes[1], 127);
      if (list === null) notUnderstood.push(qualifier);
      else functionCodes = list;
    } else if (units !== null) {
      const list = parseNumberList(units[1], 255);
      if (list === null) notUnderstood.push(qualifier);
      else unitIds = list;
    } else if (range !== null && Number(range[1]) <= Number(range[2]) && Number(range[2]) <= 65535) registers = { first: Number(range[1]), last: Number(range[2]) };
    else if (/\b(unidirectional|one[ -]way)\b/i.test(qualifier) || /\bdata diode\b/i.test(qualifier)) {
      unidirectional = true;
      viaDiode ||= /\bdiode\b/i.test(qualifier);
    } else if (/\b(MFA|multi[ -]?factor)\b/i.test(qualifier)) {
      mfa = true;
      purpose.push(qualifier);
    } else if (/\bonly$/i.test(qualifier) && !/\b(fcs?|function|unit|register|coil|port|write|block|deny)\b/i.test(qualifier)) purpose.push(qualifier);
    else if (LIMIT_WORDS.test(qualifier)) notUnderstood.push(qualifier);
    else purpose.push(qualifier);
  }
  return { from, to, bothWays, access, functionCodes, unitIds, registers, unidirectional, viaDiode, mfa, purpose, notUnderstood };
};

export interface AssetText {
  /** Ids as given in the text, expanded; a single id made from the text when it gives none. */
  readonly ids: readonly string[];
  readonly label: string;
  /** True when the id was made up from the label. */
  readonly invented: boolean;
}

const MAX_EXPANDED = 256;

/** `X (PLC-01 through PLC-12)` -> PLC-01 ... PLC-12; `X (SIS-01)` -> SIS-01; `X` -> an id made from X. */
export const parseAssetText = (text: string): AssetText => {
  const label = text.trim();
  const inner = /\(([^()]*)\)\s*$/.exec(label)?.[1].trim() ?? '';
  const through = /^([A-Za-z][A-Za-z0-9_.-]*?)(\d+)\s+(?:through|thru|to|-|\u2013)\s+([A-Za-z][A-Za-z0-9_.-]*?)(\d+)$/i.exec(inner);
  if (through !== null && through[1] === through[3]) {
    const first = Number(through[2]);
    const last = Number(through[4]);
    if (first <= last && last - first < MAX_EXPANDED) {
      const width = through[2].startsWith('0') ? through[2].length : 0;
      return { ids: Array.from({ length: last - first + 1 }, (_, i) => `${through[1]}${String(first + i).padStart(width, '0')}`), label, invented: false };
    }
  }
  const listed = inner.split(/\s*[,;/&]\s*|\s+and\s+/).filter((piece) => piece !== '');
  if (listed.length > 0 && listed.length <= MAX_EXPANDED && listed.every((piece) => /^[A-Za-z][A-Za-z0-9_.-]*[-_.]?\d[A-Za-z0-9_.-]*$/.test(piece) && piece.length <= 63)) return { ids: listed, label, invented: false };
  const made = label.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').replaceAll(/^[-_.]+|[-_.]+$/g, '').slice(0, 63);
  return { ids: [made === '' ? 'asset' : made], label, invented: true };
};

type SecurityLevel = string | number | { readonly target: number } | undefined;

/** `SL 2` for 2 and `{target: 2}`, a text as it is written; empty when not given. */
export const securityLevelText = (value: SecurityLevel): string => {
  if (value === undefined || typeof value === 'string') return value ?? '';
  return `SL ${typeof value === 'number' ? value : value.target}`;
};

/** `SL 2`, `SL2`, 2, `{target: 2}` -> 2; null when not given. */
export const securityLevelNumber = (value: SecurityLevel): number | null => {
  if (value === undefined) return null;
  if (typeof value === 'number') return value;
  if (typeof value === 'object') return value.target;
  return Number(value.at(-1));
};
