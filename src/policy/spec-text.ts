/**
 * A spec under edit: its YAML document, and its text again, in which only what was edited differs. In: text that loads.
 * Throws a usageError for aliases: what stands in two places cannot be edited in one.
 */
import { Document, LineCounter, parseDocument, visit } from 'yaml';
import { usageError } from '../errors.ts';
import { readPlainYaml } from './plain-yaml-read.ts';
import { layoutOf, splicedText } from './yaml-splice.ts';

export interface SpecText {
  readonly document: Document;
  readonly asText: () => string;
}

export function openSpecText(text: string): SpecText {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const body = text.slice(mark.length);
  const lines = new LineCounter();
  const document = parseDocument(body, { keepSourceTokens: false, lineCounter: lines });
  if (body.includes('*')) refuseAliases(document, lines);
  const layout = layoutOf(document, body);
  const isPadded = /[[{] \S/.test(body) && !/[[{][^\s\]}#]/.test(body);
  return { document, asText: () => mark + asText(body, document, splicedText(body, layout, document, { isPadded }), isPadded) };
}

/** A spec that is not there yet. */
export function newSpecText(value: Readonly<Record<string, unknown>>): SpecText {
  const document: Document = new Document(value);
  return { document, asText: () => document.toString({ lineWidth: 0, flowCollectionPadding: false }) };
}

/** Laid out anew as a whole where the pieces do not say what the document says. */
function asText(before: string, document: Document, spliced: string | null, isPadded: boolean): string {
  if (spliced !== null && JSON.stringify(readPlainYaml(spliced)?.value ?? parseDocument(spliced).toJS()) === JSON.stringify(document.toJS())) return spliced;
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: isPadded });
  return before.includes('\r\n') ? text.replaceAll(/\r?\n/g, '\r\n') : text;
}

function refuseAliases(document: Document, lines: LineCounter): void {
  visit(document, {
    Alias: (_, node) => {
      const { line } = lines.linePos(node.range?.[0] ?? 0);
      throw usageError(`line ${line}: the alias *${node.source} cannot be edited: it stands for text in another place`, 'Write out what it stands for, then run the same command again.');
    },
  });
}
