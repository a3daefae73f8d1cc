/**
 * What is missing or doubtful in the evidence, said before anything that rests on it. In: the sentences of status-record.ts.
 * Out: a paragraph for people; programs get the sentences themselves, first in their document.
 */
import { markdownText } from './markdown.ts';
import { printable } from './printable.ts';

const HEADING = 'What is missing or doubtful in the evidence:';
const LONGEST_LINE = 1000;

export const lossText = (losses: readonly string[]): string =>
  (losses.length === 0 ? '' : `${HEADING}\n${losses.map((loss) => `  - ${printable(loss, LONGEST_LINE)}\n`).join('')}\n`);

export const lossMarkdown = (losses: readonly string[]): string =>
  (losses.length === 0 ? '' : `${HEADING}\n\n${losses.map((loss) => `- ${markdownText(loss)}\n`).join('')}\n`);
