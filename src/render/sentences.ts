/** Sentences on a terminal: folded where it ends, as lines and as lists. In: sentences, which may quote words from the wire. Out: lines. */
import { displayWidth, wrap } from './fold.ts';
import { printableSentence } from './printable.ts';

/** Columns of the terminal; null when the output is no terminal: then nothing is folded. */
interface Terminal {
  readonly width: number | null;
}

/** Narrower than this, lines are left to the terminal. */
const LEAST_COLUMNS = 20;

/** @param lead begins the first line; what is folded stands behind it */
export function foldedLine(lead: string, text: string, { width }: Terminal): string {
  const room = width === null ? 0 : width - displayWidth(lead);
  return `${lead}${room < LEAST_COLUMNS ? text : wrap(text, room).replaceAll('\n', `\n${' '.repeat(displayWidth(lead))}`)}\n`;
}

/** Blanks and a dash at its beginning are its lead. */
export function sentenceLine(line: string, terminal: Terminal): string {
  const [lead] = /^ *(?:- )?/.exec(line) ?? [''];
  return foldedLine(lead, printableSentence(line.slice(lead.length)), terminal);
}

export const bulletLines = (sentences: readonly string[], terminal: Terminal): string => sentences.map((sentence) => foldedLine('  - ', printableSentence(sentence), terminal)).join('');

/**
 * A list below a title; nothing where there is none.
 * @param most so many are listed
 * @param elsewhere says where the others are
 */
export const bulletSection = (title: string, sentences: readonly string[], most: number, elsewhere: string, terminal: Terminal): string =>
  sentences.length === 0 ? '' : `\n${title}:\n${bulletLines(sentences.slice(0, most), terminal)}${sentences.length > most ? `  ... and ${sentences.length - most} more; ${elsewhere}\n` : ''}`;
