/** Sentences as a list below a title. In: sentences, which may quote words from the wire. Out: lines for the terminal. */
import { printableSentence } from './printable.ts';

export const bulletLines = (sentences: readonly string[]): string => sentences.map((sentence) => `  - ${printableSentence(sentence)}\n`).join('');

/**
 * Nothing where there is none.
 * @param most so many are listed
 * @param elsewhere says where the others are
 */
export const bulletSection = (title: string, sentences: readonly string[], most: number, elsewhere: string): string =>
  sentences.length === 0 ? '' : `\n${title}:\n${bulletLines(sentences.slice(0, most))}${sentences.length > most ? `  ... and ${sentences.length - most} more; ${elsewhere}\n` : ''}`;
