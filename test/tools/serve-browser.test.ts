/**
 * The live view in a real browser: edits by mouse and keyboard reach the spec and nothing else, the page is drawn anew
 * without losing the place, only its own address is asked, nothing complains.
 */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSpec } from '../../src/policy/spec/load.ts';
import { startServe, type Served } from '../commands/serve-stage.ts';
import { hostileSpec, importSample, makeFolder, SAMPLE_CAPTURES, SAMPLE_SPEC } from '../render/report/report-stage.ts';
import { HOSTILE_WORDS } from '../render/hostile-words.ts';
import { fillStore } from '../store/read-fixture.ts';
import { HANG_MS } from '../hang.ts';
import { CHROMIUM } from './chromium.ts';
import { canRun, program } from './loud-skip.ts';

const runs = canRun('serve in a browser', [program('chromium')]);

let folder = '';
let db = '';
let spec = '';
let served: Served;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

async function open(address: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1500 }, reducedMotion: 'reduce' });
  context.setDefaultTimeout(HANG_MS);
  const opened = await context.newPage();
  opened.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  opened.on('pageerror', (error) => complaints.push(error.message));
  opened.on('dialog', (dialog) => void dialog.dismiss().then(() => complaints.push(dialog.message())));
  opened.on('request', (request) => {
    if (!request.url().startsWith(address.slice(0, address.indexOf('?')))) complaints.push(`request: ${request.url()}`);
  });
  await opened.goto(address);
  await opened.waitForSelector('html[data-ready]');
  return opened;
}

beforeAll(async () => {
  if (!runs) return;
  folder = makeFolder();
  db = join(folder, 'plant.db');
  spec = join(folder, 'plant.yaml');
  copyFileSync(SAMPLE_SPEC, spec);
  await importSample(db, SAMPLE_CAPTURES.slice(0, 4));
  served = await startServe([spec, '--db', db]);
  browser = await chromium.launch(CHROMIUM);
  page = await open(served.address);
});

afterAll(async () => {
  if (!runs) return;
  await browser.close();
  expect((await served.stop()).code).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});

const text = (): string => readFileSync(spec, 'utf8');
const news = (): Locator => page.locator('#live-news');
const zoneOf = (asset: string): string | undefined => loadSpec(spec).spec.zones.find(({ assets }) => assets?.some((one) => typeof one !== 'string' && one.asset_id === asset))?.zone_id;
const box = (zone: string): Locator => page.locator('.map .zone').filter({ has: page.locator('.box-id', { hasText: zone }) });
const inPage = <T>(expression: string): Promise<T> => page.evaluate<T>(expression);

async function dragTo(source: Locator, target: Locator): Promise<void> {
  await source.scrollIntoViewIfNeeded();
  const [from, to] = [(await source.boundingBox())!, (await target.boundingBox())!];
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + 20, to.y + 12, { steps: 5 });
}

describe.runIf(runs)('serve in a browser', () => {
  test('the token is gone from the address, and no script can read the cookie', async () => {
    expect(page.url()).toBe(served.address.slice(0, served.address.indexOf('?')));
    expect(await inPage('document.cookie')).toBe('');
    expect(await inPage('performance.getEntriesByType("navigation").length')).toBe(1);
  });

  test('an asset is dragged on the map: the spec says so, the map shows it, and it is taken back', async () => {
    const before = text();
    await page.locator('#map-section').scrollIntoViewIfNeeded();
    await dragTo(box('Z-DISINFECT').locator('g.asset', { hasText: 'HMI-C' }), box('Z-SUPERVISION'));
    expect(await page.locator('.ghost').textContent()).toBe('HMI-C \u2192 Z-SUPERVISION');
    expect(await page.locator('.drop').count()).toBe(1);
    await page.mouse.up();
    await box('Z-SUPERVISION').locator('g.asset', { hasText: 'HMI-C' }).waitFor();
    expect(await news().textContent()).toMatch(/^HMI-C is in Z-SUPERVISION now, pinned; 2 rules moved with it/);
    expect(zoneOf('HMI-C')).toBe('Z-SUPERVISION');
    expect(await page.locator('#panel').isVisible()).toBe(false);
    await page.locator('#live-undo', { hasText: 'Undo: HMI-C' }).click();
    await box('Z-DISINFECT').locator('g.asset', { hasText: 'HMI-C' }).waitFor();
    expect(text()).toBe(before);
  });

  test('a drag that ends nowhere, or with Escape, writes nothing', async () => {
    const before = text();
    const asset = page.locator('.zone-card .members button', { hasText: 'HMI-B' });
    await dragTo(asset, page.locator('#f-text'));
    await page.mouse.up();
    await dragTo(asset, page.locator('.zone-card').first());
    await page.keyboard.press('Escape');
    await page.mouse.up();
    expect(await page.locator('.ghost, .drop').count()).toBe(0);
    expect(text()).toBe(before);
  });

  test('M moves from the keyboard; the focus comes back', async () => {
    await page.locator('#assets [data-asset]', { hasText: 'RIO-B1' }).focus();
    await page.keyboard.press('m');
    expect(await page.locator('#edit-dialog').getAttribute('aria-labelledby')).toBe('edit-title');
    expect(await inPage('document.activeElement.id')).toBe('edit-zone');
    await page.keyboard.type('Z-INTA');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await box('Z-INTAKE').locator('g.asset', { hasText: 'RIO-B1' }).waitFor();
    expect(zoneOf('RIO-B1')).toBe('Z-INTAKE');
    expect(await inPage('document.activeElement.textContent')).toBe('RIO-B1');
  });

  test('an asset is pinned, a zone is named, a finding is decided; hostile words stay words', async () => {
    await page.locator('#assets [data-asset]', { hasText: 'PLC-C1' }).click();
    await page.locator('.edit-tools button', { hasText: 'Pin' }).click();
    await page.locator('.edit-tools button', { hasText: 'Unpin' }).waitFor();
    expect(text()).toMatch(/asset_id: PLC-C1, .*pinned: true\}/);
    await page.keyboard.press('Escape');

    const name = '</script><img src=x onerror=alert(1)> & "Cell"';
    await page.locator('.zone-card h3 button', { hasText: 'Z-FILTER' }).click();
    await page.locator('.edit-tools button', { hasText: 'Rename' }).click();
    await page.locator('#edit-name').fill(name);
    await page.locator('#edit-id').fill('Z-SAND');
    await page.keyboard.press('Enter');
    await box('Z-SAND').waitFor();
    expect(await page.locator('.zone-card', { hasText: 'Z-SAND' }).locator('.zone-name').textContent()).toBe(name);
    expect(await page.locator('#panel-title').textContent()).toBe('Zone Z-SAND');
    expect(loadSpec(spec).spec.zones[1]).toMatchObject({ zone_id: 'Z-SAND', name });

    await page.locator('#findings [data-finding]', { hasText: 'SIS-C' }).first().click();
    await page.locator('.edit-tools button', { hasText: 'Reject' }).click();
    await page.locator('#edit-owner').fill('A. Keller');
    expect(await page.locator('#edit-decidedOn').inputValue()).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    await page.locator('#edit-decidedOn').fill('2026-03-31');
    await page.keyboard.press('Enter');
    expect(await page.locator('#edit-dialog').isVisible()).toBe(true);
    await page.locator('#edit-reason').fill('nobody writes to safety');
    await page.keyboard.press('Enter');
    await news().filter({ hasText: 'rejected as rule' }).waitFor();
    expect(loadSpec(spec).permits.find(({ permit }) => permit.decision === 'rejected')?.permit).toMatchObject({ owner: 'A. Keller', decidedOn: '2026-03-31', purpose: 'nobody writes to safety' });
    await page.locator('#panel dd', { hasText: 'somebody rejected it (A. Keller)' }).waitFor();
    await page.keyboard.press('Escape');
  });

  test('a spec that changed underneath is said, and the page offers to load again', async () => {
    await page.locator('.zone-card h3 button', { hasText: 'Z-OFFICE' }).click();
    await page.locator('.edit-tools button', { hasText: 'Rename' }).click();
    const theirs = `${text()}# from an editor\n`;
    writeFileSync(spec, theirs);
    await page.locator('#edit-name').fill('mine');
    await page.keyboard.press('Enter');
    await page.locator('#edit-title', { hasText: 'The spec has changed' }).waitFor();
    expect(text()).toBe(theirs);
    await page.locator('#edit-dialog button.main').click();
    await page.waitForURL(served.address.slice(0, served.address.indexOf('?')));
    await page.waitForSelector('html[data-ready]');
  });

  test('new traffic is drawn without losing scroll, filters, detail, map or focus', async () => {
    await page.locator('#f-access').selectOption('write');
    await page.locator('#assets [data-asset]', { hasText: 'PLC-B1' }).click();
    await page.locator('[data-zoom="in"]').click();
    await inPage(`document.getElementById('map-frame').scrollLeft = 40`);
    await page.locator('#matrix-section').scrollIntoViewIfNeeded();
    const placeOf = (): Promise<unknown[]> => inPage(`(() => {
      const frame = document.getElementById('map-frame');
      return [Math.round(document.getElementById('matrix-section').getBoundingClientRect().top / 8), document.getElementById('f-access').value, document.getElementById('panel-title').textContent, document.getElementById('map').getAttribute('width'), frame.scrollLeft];
    })()`);
    const place = await placeOf();
    const conversations = await inPage<string>(`document.querySelector('#trust dl').textContent`);
    await importSample(db, SAMPLE_CAPTURES.slice(4));
    await expect.poll(() => inPage<string>(`document.querySelector('#trust dl').textContent`), { timeout: HANG_MS }).not.toBe(conversations);
    await expect.poll(placeOf, { timeout: HANG_MS }).toEqual(place);
    expect(await page.locator('.bundle.dim').count()).toBeGreaterThan(0);
  });

  test('hostile names from the wire and from the spec stay text in the live page, too', async () => {
    const words = ['</script><img src=x onerror=alert(1)>', ...HOSTILE_WORDS].filter((word) => /[<>"'&`{]|\u202e|\u001b/.test(word)).map((word) => word.slice(0, 200));
    fillStore(join(folder, 'hostile.db'), { hostile: words });
    writeFileSync(join(folder, 'hostile.yaml'), hostileSpec(words));
    const hostile = await startServe([join(folder, 'hostile.yaml'), '--db', join(folder, 'hostile.db')]);
    const opened = await open(hostile.address);
    for (const asset of await opened.locator('#assets [data-asset]').all()) await asset.click();
    await opened.locator('.edit-tools button', { hasText: 'Move' }).click();
    expect(await opened.locator('#edit-dialog').isVisible()).toBe(true);
    expect(await opened.locator('img, iframe, object, embed, link, base').count()).toBe(0);
    await opened.context().close();
    await hostile.stop();
  });

  test('a server that is gone is said', async () => {
    const other = await startServe(['--db', db]);
    const opened = await open(other.address);
    expect(await opened.locator('#live').textContent()).toMatch(/a proposal, to look at/);
    await opened.locator('#assets [data-asset]').first().click();
    expect(await opened.locator('.edit-tools').count()).toBe(0);
    const before = complaints.length;
    await other.stop();
    await opened.locator('#live.gone').waitFor();
    expect(await opened.locator('#live-news').textContent()).toMatch(/does not answer/);
    await opened.context().close();
    // The browser itself reports the refused connection.
    for (const complaint of complaints.splice(before)) expect(complaint).toMatch(/ERR_CONNECTION_REFUSED/);
  });

  test('only its own address was asked, nothing complained', () => {
    expect(complaints.filter((complaint) => !/status of 4(?:09|22)/.test(complaint))).toEqual([]);
  });
});
