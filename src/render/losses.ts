/**
 * What is missing or doubtful in the evidence, said before anything that rests on it. In: the sentences of sensor-losses.ts.
 * Out: a paragraph for people; programs get the sentences themselves, first in their document.
 */
import { markdownText } from './markdown.ts';
import { bulletLines } from './sentences.ts';
import type { TableStyle } from './table.ts';

const HEADING = 'What is missing or doubtful in the evidence:';

export const lossText = (losses: readonly string[], style: Pick<TableStyle, 'width'>): string =>
  (losses.length === 0 ? '' : `${HEADING}\n${bulletLines(losses, style)}\n`);

/** Where the output itself has no place for it: a line that is no record breaks what reads CSV or JSON Lines. */
export const sayLosses = (losses: readonly string[], say: (line: string) => void): void => {
  for (const line of lossText(losses, { width: null }).trimEnd().split('\n')) if (line !== '') say(line);
};

export const lossMarkdown = (losses: readonly string[]): string =>
  (losses.length === 0 ? '' : `${HEADING}\n\n${losses.map((loss) => `- ${markdownText(loss)}\n`).join('')}\n`);
