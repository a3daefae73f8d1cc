/** Rows of columns: every hour of weeks is drawn, however long the path; what is no path does not become one. */
import { expect, test } from 'vitest';
import { heatRow } from '../../../src/render/report/heat-row.ts';
import { drawing } from '../../../src/render/report/html-escape.ts';

test('every other hour of four weeks is a piece of its own', () => {
  const hours = Array.from({ length: 672 }, (_, hour) => hour % 2);
  const { markup } = heatRow(hours, 1, (column) => column / 3, 0, 17);
  expect(markup.match(/M[\d.]+,2H[\d.]+V15H[\d.]+Z/g)).toHaveLength(336);
  expect(markup).not.toContain('\u2026');
});

test('a way of a line, and nothing else', () => {
  expect(drawing('M0,1.5 L-3,4 C1,2 3,4 5,6H7V8Zv5').markup).toBe('M0,1.5 L-3,4 C1,2 3,4 5,6H7V8Zv5');
  expect(drawing('M0"><script>').markup).toBe('M0&quot;&gt;&lt;script&gt;');
});
