/**
 * The one door through which words from the wire, or from a user's files, reach a terminal: names from LLDP, URLs from
 * OPC UA, file names. Whatever could move a cursor, hide, reorder or forge a line becomes a visible escape.
 * In: any string. Out: the same words, printable, on one line, bounded. Other formats have escapers of their own.
 */

/** Longest string shown; the wire's readers keep 256 characters at most. */
const LONGEST = 256;
/** A sentence may quote several of them. */
const LONGEST_SENTENCE = 1000;

/**
 * C0, DEL and C1 (ECMA-48); Unicode's formats (Cf: the bidirectional controls, zero-width characters), separators of lines
 * and paragraphs, surrogates without a partner, private use, everything that shows nothing by default (fillers, variation
 * selectors, tags), the blank Braille pattern and two noncharacters.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\u2800\ufffe\uffff]/u;
const UNSAFE_ALL = new RegExp(UNSAFE.source, 'gu');

/** More combining marks than any script stacks on one letter paint over the lines above. */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu;

export function printable(text: string, longest: number = LONGEST): string {
  const safe = UNSAFE.test(text) ? text.replaceAll(UNSAFE_ALL, escapeCharacter) : text;
  const calm = safe.replaceAll(STACKED_MARKS, '$1…');
  return calm.length <= longest ? calm : cut(calm, longest);
}

/** A sentence of ours, with what it quotes. */
export const printableSentence = (text: string): string => printable(text, LONGEST_SENTENCE);

/** As JSON and most languages would write it, so that it can be searched for. */
export function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x1_0000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\u{${code.toString(16)}}`;
}

/** Cut with an ellipsis that can be seen, never inside a surrogate pair. */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  if (longest <= 0) return '';
  let end = longest - 1;
  const last = text.charCodeAt(end - 1);
  if (last >= 0xd800 && last <= 0xdbff) end--;
  return `${text.slice(0, end)}…`;
}

/** Characters that `JSON.stringify` lets through although they act on a terminal; strings in JSON keep their meaning. */
export function escapeJsonText(json: string): string {
  return UNSAFE.test(json) ? json.replaceAll(UNSAFE_ALL, escapeForJson) : json;
}

/** Line breaks outside strings are our own layout; inside strings JSON.stringify has already escaped them. */
function escapeForJson(character: string): string {
  if (character === '\n') return character;
  let escaped = '';
  for (let i = 0; i < character.length; i++) {
    escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}
