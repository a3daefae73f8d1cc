/**
 * The one escaper of the HTML report. `html` is a template tag: whatever is put into it is escaped, unless it came out of
 * `html` itself, or is nothing but figures (`drawing`); there is no other way to make Markup. Words from the wire are made printable first, so that nothing
 * reorders, hides or forges text in a browser either. Data for the page's script goes through `scriptJson`.
 */
import { escapeJsonText, printable } from '../printable.ts';

export interface Markup {
  readonly markup: string;
}

type Value = string | number | null | undefined | Markup | readonly Markup[];

/** Longest text shown in one place. */
const LONGEST = 2000;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '`': '&#96;' };

export const escapeHtml = (text: string): string => printable(text, LONGEST).replaceAll(/[&<>"'`]/g, (character) => ENTITIES[character]);

function markupOf(value: Value): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  if ('markup' in value) return value.markup;
  return value.map(({ markup }) => markup).join('');
}

export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Markup => ({
  markup: strings.reduce((text, part, i) => text + markupOf(values[i - 1]) + part),
});

export const NOTHING: Markup = html``;

/**
 * Figures, and the letters of an SVG path: the way of a line, a list of indexes. They are our own and as long as they have to
 * be: weeks by the hour are longer than any text may be, and a path that is cut draws less than was seen.
 */
export const drawing = (text: string): Markup => (/^[\d\s.,MLHVCQAZv-]*$/.test(text) ? { markup: text } : html`${text}`);

/** Dates, names and ranges with hyphens, options and arrows, groups of digits; longer names do break, or a column would grow wider than its page. */
const ONE_WORD = /((?<![\w.-])(?=[\w.-]{3,28}(?![\w.-]))[\w.]*-[\w.-]*|->|(?<![\w.])\d{1,3}(?: \d{3}){1,5}(?!\w))/;

/** What is read as one word keeps together where a line breaks: a browser breaks behind each hyphen and each blank. */
export const keepTogether = (text: string): Markup =>
  html`${text.split(ONE_WORD).map((part, i) => (i % 2 === 0 ? html`${part}` : html`<span class="nowrap">${part}</span>`))}`;

/** A sentence of ours: what it quotes as a command is shown as one. */
export const prose = (text: string): Markup =>
  html`${text.split(/`([^`]+)`/).map((part, i) => (i % 2 === 0 ? keepTogether(part) : html`<code class="nowrap">${part}</code>`))}`;

/**
 * JSON for a `<script type="application/json">`: no `<` (no end tag, no comment can be formed), no character that acts.
 * Strings are made printable here, so that the page's script, which only ever sets textContent, shows safe words.
 */
export function scriptJson(data: unknown): Markup {
  const text = JSON.stringify(data, (_key, value: unknown) => (typeof value === 'string' ? printable(value, LONGEST) : value));
  return { markup: escapeJsonText(text).replaceAll('<', String.raw`\u003c`).replaceAll('>', String.raw`\u003e`).replaceAll('&', String.raw`\u0026`) };
}
