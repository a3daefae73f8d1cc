/**
 * A spec under edit: its YAML document, and its text again, in which only what was edited differs. In: text that loads.
 * Throws a usageError for aliases: what stands in two places cannot be edited in one.
 */
import { Document, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { usageError } from '../../errors.ts';
import { firstOf } from '../../infer/plural.ts';
import type { Problem } from './document.ts';
import { documentOf, dress } from './plain-yaml-nodes.ts';
import { readPlainYaml } from './plain-yaml-read.ts';
import { QUOTED } from './yaml-quotes.ts';
import { layoutOf, splicedText } from './yaml-splice.ts';

const MOST_LINES = 30;

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
  const document: Document = new Document(value, QUOTED);
  return { document, asText: () => document.toString({ lineWidth: 0, flowCollectionPadding: false }) };
}

const saysTheSame = (text: string, document: Document): boolean => {
  const plain = readPlainYaml(text);
  return (plain !== null && isValueOf(plain.value, document.contents)) || JSON.stringify(plain?.value ?? parseDocument(text).toJS()) === JSON.stringify(document.toJS());
};

/** Whether a node says this value, as far as that is plain to see: without the texts of both, which of a large spec take a second. */
function isValueOf(value: unknown, node: unknown): boolean {
  if (isScalar(node)) return Object.is(node.value, value);
  if (isSeq(node)) return Array.isArray(value) && value.length === node.items.length && node.items.every((item, i) => isValueOf(value[i], item));
  if (!isMap(node) || value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length === node.items.length && node.items.every((pair, i) => {
    const key: unknown = isScalar(pair.key) ? pair.key.value : pair.key;
    return key === keys[i] && isValueOf((value as Readonly<Record<string, unknown>>)[keys[i]], pair.value);
  });
}

function libraryDocument(body: string): Document {
  const lines = new LineCounter();
  const document = parseDocument(body, { keepSourceTokens: false, lineCounter: lines });
  const alias = body.includes('*') ? aliasesOf(document, lines) : null;
  if (alias !== null) throw usageError(`line ${alias.line}: ${alias.message}`, `${alias.remedy}, then run the same command again.`);
  return document;
}

/** What keeps the program from writing into a spec that loads, or null: all its aliases in one, at the first. */
export function aliasesIn(text: string): Problem | null {
  const body = text.replace(/^\uFEFF/, '');
  if (!body.includes('*') || readPlainYaml(body) !== null) return null;
  const lines = new LineCounter();
  return aliasesOf(parseDocument(body, { keepSourceTokens: false, lineCounter: lines }), lines);
}

function aliasesOf(document: Document, lines: LineCounter): Problem | null {
  const found: { readonly source: string; readonly line: number; readonly col: number }[] = [];
  visit(document, {
    Alias: (_, node) => {
      found.push({ source: node.source, ...lines.linePos(node.range?.[0] ?? 0) });
    },
  });
  if (found.length === 0) return null;
  const [{ source, line, col }] = found;
  // All of them: one a run is a run for each.
  const others = [...new Set(found.slice(1).map((one) => one.line))];
  const more = others.length === 0 ? '' : `; so ${others.length === 1 ? 'does what is in line' : 'do those in lines'} ${firstOf(others, MOST_LINES)}`;
  return { line, column: col, message: `the alias *${source} cannot be edited: it stands for text in another place${more}`, remedy: `write out what ${others.length === 0 ? 'it stands' : 'they stand'} for` };
}
