/** 5,000 assets and 50,000 conversations: below 15 MB, with all of them in it, and a map of few boxes. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fillLargePlant, LARGE_ASSETS, LARGE_CONVERSATIONS } from './large-plant.ts';
import { embeddedData, makeFolder, writeReport } from './report-stage.ts';

const MOST_OCTETS = 15_000_000;

test('a large plant stays usable', () => {
  const folder = makeFolder();
  fillLargePlant(join(folder, 'large.db'));
  const html = writeReport(join(folder, 'large.db'), join(folder, 'large.html'));
  rmSync(folder, { recursive: true, force: true });
  expect(Buffer.byteLength(html)).toBeLessThan(MOST_OCTETS);
  const data = embeddedData(html);
  expect(data.assets).toHaveLength(LARGE_ASSETS);
  expect(data.conversations).toHaveLength(LARGE_CONVERSATIONS);
  expect(data.zones.length).toBeGreaterThan(100);
  expect(html.match(/class="box"/g)?.length).toBeLessThan(40);
  expect(html.match(/class="tile/g)?.length).toBeGreaterThan(100);
  expect(html.match(/class="bundle /g)?.length).toBeLessThan(200);
  expect(new Set(html.match(/id="zone-\d+"/g)).size).toBe(data.zones.length);
});
