/** Hostile names from the wire and from a spec, through every form of the report: they stay text and forge nothing. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { escapeHtml, html, scriptJson } from '../../../src/render/report/html-escape.ts';
import { fillStore } from '../../store/read-fixture.ts';
import { HOSTILE_WORDS, hostileStores, UNSAFE_OUTPUT } from '../hostile-words.ts';
import { embeddedData, hostileSpec, makeFolder, writeReport } from './report-stage.ts';

let folder = '';
beforeAll(() => {
  folder = makeFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every tag of ours, by name: nothing else may open. */
const OWN_TAG = /^<\/?(?:!doctype|html|head|meta|title|style|body|a|header|p|h1|h2|h3|b|br|nav|ol|ul|li|form|label|input|select|option|button|output|main|section|article|div|dl|dt|dd|span|code|i|table|caption|thead|tbody|tr|th|td|sup|details|summary|aside|svg|g|defs|marker|path|rect|line|circle|text|tspan|script)[\s>]/i;

test.each(hostileStores())('store and spec with words from %s', (name, words) => {
  const slug = name.replace(' ', '-');
  const db = join(folder, `${slug}.db`);
  const spec = join(folder, `${slug}.yaml`);
  fillStore(db, { hostile: words });
  writeFileSync(spec, hostileSpec(words.map((word) => word.slice(0, 200))));
  for (const [form, given] of [['declared', spec], ['proposed', undefined]] as const) {
    for (const extension of ['html', 'md', 'txt', 'json']) {
      const text = writeReport(db, join(folder, `${slug}-${form}.${extension}`), given);
      expect(text).not.toMatch(UNSAFE_OUTPUT);
      if (extension === 'json') expect(() => JSON.parse(text) as unknown).not.toThrow();
      if (extension !== 'html') continue;
      expect(text.match(/<script/g)).toHaveLength(2);
      expect(text.match(/<\/script>/g)).toHaveLength(2);
      const markup = text.replaceAll(/<script.*?<\/script>|<style>.*?<\/style>/gs, '');
      for (const tag of markup.match(/<[^>]*>?/g) ?? []) expect(tag).toMatch(OWN_TAG);
      expect(markup).not.toMatch(/<[^>]* on[a-z]+=/i);
      expect(embeddedData(text).conversations.length).toBeGreaterThan(0);
    }
  }
});

test('whatever is put into the template is escaped, in text and in attributes', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (word) => {
    const { markup } = html`<p title="${word}">${word}</p>`;
    const match = /^<p title="([^"]*)">([^<]*)<\/p>$/.exec(markup);
    expect(match?.[1]).toBe(match?.[2]);
    expect(match?.[1]).toBe(escapeHtml(word));
    expect(escapeHtml(word)).not.toMatch(/[<>"'`]|&(?!(?:amp|lt|gt|quot|#39|#96);)/);
    expect(escapeHtml(word)).not.toMatch(UNSAFE_OUTPUT);
  }));
});

test.each(HOSTILE_WORDS.map((word): [string] => [word]))('data for the script survives %j', (word) => {
  const { markup } = scriptJson({ word: word.slice(0, 100), list: [word.slice(0, 100)] });
  expect(markup).not.toMatch(/[<>&]/);
  expect(markup).not.toMatch(UNSAFE_OUTPUT);
  const read = JSON.parse(markup) as { word: string; list: string[] };
  expect(read.list).toEqual([read.word]);
  expect(read.word).not.toMatch(UNSAFE_OUTPUT);
});
