/**
 * Writes plain values as YAML, as the YAML library lays out a document with `lineWidth: 0` (a property test holds the two
 * together), without its tree of nodes. In: a map and which fields stand on one line. Out: text. Whether a text needs
 * quotes the library decides (and yaml-quotes.ts), but for obvious words. Left out on purpose: texts of several lines as blocks; they are quoted.
 */
import { Document, type YAMLSeq } from 'yaml';
import { isMisread, QUOTED } from './yaml-quotes.ts';

export interface Layout {
  /** Fields whose map or list stands on one line. */
  readonly inline: ReadonlySet<string>;
  /** Fields of whose list each item stands on one line. */
  readonly inlineItems: ReadonlySet<string>;
}

/** No number, no word of the core schema and no punctuation that YAML knows: names and IPv4 addresses. */
const OBVIOUS = /^(?!(?:null|true|false)$)(?:[A-Za-z][A-Za-z0-9_.-]*|[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)$/i;
/** Dates, instants, and addresses with colons. */
const OBVIOUSLY_QUOTED = /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9a-fA-FTZ./-]*:[0-9a-fA-FTZ:./-]*)$/;
const STEP = '  ';

function libraryText(text: string, inFlow: boolean): string {
  const document = new Document([text], QUOTED);
  (document.contents as YAMLSeq).flow = inFlow;
  const written = document.toString({ lineWidth: 0, flowCollectionPadding: false });
  return inFlow ? written.slice('['.length, -']\n'.length) : written.slice('- '.length, -'\n'.length);
}

const isFilled = (value: unknown): value is object => value !== null && typeof value === 'object' && Object.values(value).some((inner) => inner !== undefined);

export function writePlainYaml(value: Readonly<Record<string, unknown>>, { inline, inlineItems }: Layout): string {
  const known = [new Map<string, string>(), new Map<string, string>()];
  const textOf = (text: string, inFlow: boolean): string => {
    if (OBVIOUS.test(text) && !isMisread(text)) return text;
    if (OBVIOUSLY_QUOTED.test(text)) return `"${text}"`;
    const written = known[Number(inFlow)];
    let held = written.get(text);
    if (held === undefined) written.set(text, (held = libraryText(text, inFlow || text.includes('\n'))));
    return held;
  };
  const flow = (inner: unknown, inFlow: boolean): string => {
    if (typeof inner === 'string') return textOf(inner, inFlow);
    if (Array.isArray(inner)) return `[${inner.map((item) => flow(item, true)).join(', ')}]`;
    if (inner === null || typeof inner !== 'object') return Object.is(inner, -0) ? '-0' : String(inner ?? null);
    return `{${Object.entries(inner).filter(([, own]) => own !== undefined).map(([key, own]) => `${textOf(key, true)}: ${flow(own, true)}`).join(', ')}}`;
  };
  const lines: string[] = [];
  /** `lead` stands before the first line: the dash of a list's item, say. */
  const block = (inner: object, field: string, pad: string, lead: string): void => {
    let start = lead;
    if (Array.isArray(inner)) {
      for (const item of inner as readonly unknown[]) {
        if (isFilled(item) && !inlineItems.has(field)) block(item, '', pad + STEP, `${start}- `);
        else lines.push(`${start}- ${flow(item, false)}`);
        start = pad;
      }
      return;
    }
    for (const [key, own] of Object.entries(inner) as [string, unknown][]) {
      if (own === undefined) continue;
      if (isFilled(own) && !inline.has(key)) {
        lines.push(`${start}${textOf(key, true)}:`);
        block(own, key, pad + STEP, pad + STEP);
      } else lines.push(`${start}${textOf(key, true)}: ${flow(own, false)}`);
      start = pad;
    }
  };
  if (!isFilled(value)) return '{}\n';
  block(value, '', '', '');
  return `${lines.join('\n')}\n`;
}
