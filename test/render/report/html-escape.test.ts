/** Where a line of the report may break, and what stays code. */
import { expect, test } from 'vitest';
import { keepTogether, prose } from '../../../src/render/report/html-escape.ts';

const kept = (text: string): string[] => [...keepTogether(text).markup.matchAll(/<span class="nowrap">(.*?)<\/span>/g)].map(([, word]) => word);

test.each([
  ['a date and a time', '2026-03-02 03:00 UTC to 2026-03-15T14:00:20', ['2026-03-02', '2026-03-15T14']],
  ['names and an arrow', 'PC-0143 (10.20.40.53) -> PLC-C1: modbus', ['PC-0143', '-&gt;', 'PLC-C1']],
  ['a range of registers', 'FC 3; unit 1; read 100-105', ['100-105']],
  ['an option', 'test it (verify --plan)', ['--plan']],
  ['groups of digits', '75 750 operations of 10 000 assets, 2026 100 A1 000', ['75 750', '10 000']],
  ['words without a hyphen', 'answered; nothing permits it', []],
  ['a name longer than a column', 'a-name-that-is-longer-than-any-column-of-the-report', []],
])('%s', (_name, text, words) => {
  expect(kept(text)).toEqual(words);
  expect(keepTogether(text).markup.replaceAll(/<\/?span[^>]*>/g, '').replaceAll('&gt;', '>')).toBe(text);
});

test('markup in a name stays text', () => {
  expect(keepTogether('<b-a> & "x-y"').markup).toBe('&lt;<span class="nowrap">b-a</span>&gt; &amp; &quot;<span class="nowrap">x-y</span>&quot;');
});

test('a command that a sentence quotes is code', () => {
  expect(prose('`status --json` counts <the> reasons').markup).toBe('<code class="nowrap">status --json</code> counts &lt;the&gt; reasons');
  expect(prose('one ` alone').markup).toBe('one &#96; alone');
});
