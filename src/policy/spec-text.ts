/**
 * A spec under edit: its YAML document, and its text again, in which only what was edited differs. In: text that loads.
 * Throws a usageError for aliases: what stands in two places cannot be edited in one.
 */
import { Document, LineCounter, parseDocument, visit } from 'yaml';
import { usageError } from '../errors.ts';
import { documentOf, dress } from './plain-yaml-nodes.ts';
import { readPlainYaml } from './plain-yaml-read.ts';
import { layoutOf, splicedText } from './yaml-splice.ts';

export interface SpecText {
  readonly document: Document;
  readonly asText: () => string;
}

export function openSpecText(text: string): SpecText {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const body = text.slice(mark.length);
  const plain = readPlainYaml(body);
  const document = plain === null ? libraryDocument(body) : documentOf(body, plain);
  let isDressed = plain === null;
  const dressed = (): void => {
    if (!isDressed) dress(document, body);
    isDressed = true;
  };
  const layout = layoutOf(document, body);
  const isPadded = /[[{] \S/.test(body) && !/[[{][^\s\]}#]/.test(body);
  const asText = (): string => {
    const spliced = splicedText(body, layout, document, { isPadded, dressed });
    if (spliced !== null && saysTheSame(spliced, document)) return spliced;
    // Laid out anew as a whole where the pieces do not say what the document says.
    dressed();
    const text = document.toString({ lineWidth: 0, flowCollectionPadding: isPadded });
    return body.includes('\r\n') ? text.replaceAll(/\r?\n/g, '\r\n') : text;
  };
  return { document, asText: () => mark + asText() };
}

/** A spec that is not there yet. */
export function newSpecText(value: Readonly<Record<string, unknown>>): SpecText {
  const document: Document = new Document(value);
  return { document, asText: () => document.toString({ lineWidth: 0, flowCollectionPadding: false }) };
}

const saysTheSame = (text: string, document: Document): boolean =>
  JSON.stringify(readPlainYaml(text)?.value ?? parseDocument(text).toJS()) === JSON.stringify(document.toJS());

function libraryDocument(body: string): Document {
  const lines = new LineCounter();
  const document = parseDocument(body, { keepSourceTokens: false, lineCounter: lines });
  if (body.includes('*')) refuseAliases(document, lines);
  return document;
}

function refuseAliases(document: Document, lines: LineCounter): void {
  visit(document, {
    Alias: (_, node) => {
      const { line } = lines.linePos(node.range?.[0] ?? 0);
      throw usageError(`line ${line}: the alias *${node.source} cannot be edited: it stands for text in another place`, 'Write out what it stands for, then run the same command again.');
    },
  });
}
