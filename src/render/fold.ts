/** Text fitted to the columns of a terminal: measured, padded, cut, folded. In: printable text. Out: the same within so many columns. */
import { cut } from './printable.ts';

const ASCII = /^[\x20-\x7e]*$/;
/** East Asian Wide and Fullwidth (Unicode Annex 11), and emoji: two columns of a terminal. */
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\p{Emoji_Presentation}\u{20000}-\u{3fffd}]/u;
const MARK = /\p{M}/u;

/** Columns of a terminal that a printable text takes. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** Cut to `width` columns. */
export function fit(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = cut(text, width);
  while (displayWidth(kept) > width && kept.length > 1) kept = cut(kept, kept.length - 1);
  return kept;
}

const BREAKS_AFTER = /[,;:/_@-]/;
/** `1 234` and `5 %` are read as one. */
const HELD_BLANK = /\d (?:\d{3}(?!\d)|%)/y;

function isBreak(text: string, at: number): boolean {
  if (text[at] !== ' ') return false;
  HELD_BLANK.lastIndex = at - 1;
  return !HELD_BLANK.test(text);
}

/**
 * Folded to `width` columns, at a blank, else after a mark, else after a dot (`192.168.1.` and `101`: half an octet reads as another
 * host), where one comes late enough, else at an early blank where the word behind it fits; the last of `most` lines is cut.
 */
export function fold(text: string, width: number, most = Infinity): string {
  const lines: string[] = [];
  let rest = text;
  while (lines.length < most - 1 && displayWidth(rest) > width) {
    let end = 0;
    let taken = 0;
    let blankAt = 0;
    let markAt = 0;
    let dotAt = 0;
    let earlyAt = 0;
    for (const character of rest) {
      taken += displayWidth(character);
      const isBlank = isBreak(rest, end);
      // A blank may hang over.
      if (taken > width && !isBlank) break;
      end += character.length;
      if (taken <= width / 3) {
        if (isBlank) earlyAt = end;
        continue;
      }
      if (isBlank) blankAt = end;
      else if (BREAKS_AFTER.test(character)) markAt = end;
      else if (character === '.') dotAt = end;
      if (taken > width) break;
    }
    const isWordWhole = earlyAt > 0 && displayWidth(rest.slice(earlyAt).split(' ', 1)[0]) <= width;
    const at = blankAt || markAt || dotAt || (isWordWhole ? earlyAt : Math.max(end, 1));
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return [...lines, fit(rest, width)].join('\n');
}

/** Folded to `width` columns between words only: a path or a digest is longer, and stays one that can be copied. */
export function wrap(text: string, width: number): string {
  const lines: string[] = [];
  let from = 0;
  let blankAt = 0;
  let taken = 0;
  for (let at = 0; at < text.length; at++) {
    if (isBreak(text, at)) blankAt = at;
    taken += displayWidth(text[at]);
    if (taken <= width || blankAt <= from) continue;
    lines.push(text.slice(from, blankAt));
    from = blankAt + 1;
    taken = displayWidth(text.slice(from, at + 1));
  }
  return [...lines, text.slice(from)].join('\n');
}

export function pad(text: string, width: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? blanks + text : text + blanks;
}
