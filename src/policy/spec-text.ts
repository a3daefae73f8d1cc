/** A spec under edit as text again: what was not touched comes out as it went in. In: the document, and the text before. */
import type { Document } from 'yaml';

/** `{ a: 1 }` where the file is written so, else `{a: 1}`; lines end as they did. */
export function specAsText(document: Document, before = ''): string {
  const isPadded = /[[{] \S/.test(before) && !/[[{][^\s\]}#]/.test(before);
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: isPadded });
  return before.includes('\r\n') ? text.replaceAll(/\r?\n/g, '\r\n') : text;
}
