/**
 * The HTML report in a real browser (Debian's chromium through playwright-core): nothing is loaded, nothing complains, the
 * map and the filters work by mouse and keyboard, hostile names stay text, the policy holds, paper and dark look right.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostileSpec, importSample, makeFolder, SAMPLE_SPEC, writeReport } from '../render/report/report-stage.ts';
import { HOSTILE_WORDS } from '../render/hostile-words.ts';
import { fillStore } from '../store/read-fixture.ts';
import { HANG_MS } from '../hang.ts';
import { CHROMIUM } from './chromium.ts';
import { canRun, program } from './loud-skip.ts';

const runs = canRun('the report in a browser', [program('chromium')]);

const MARKUP = '</script><img src=x onerror=alert(1)>';

let folder = '';
let browser: Browser;
const complaints: string[] = [];

beforeAll(async () => {
  if (!runs) return;
  folder = makeFolder();
  const db = join(folder, 'plant.db');
  await importSample(db);
  writeReport(db, join(folder, 'declared.html'), SAMPLE_SPEC);
  writeReport(db, join(folder, 'proposed.html'));
  const words = [MARKUP, ...HOSTILE_WORDS].filter((word) => /[<>"'&`{]|\u202e|\u001b/.test(word)).map((word) => word.slice(0, 200));
  fillStore(join(folder, 'hostile.db'), { hostile: words });
  writeFileSync(join(folder, 'hostile.yaml'), hostileSpec(words));
  writeReport(join(folder, 'hostile.db'), join(folder, 'hostile.html'), join(folder, 'hostile.yaml'));
  browser = await chromium.launch(CHROMIUM);
});

afterAll(async () => {
  if (!runs) return;
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A page whose every complaint and every request is remembered. */
async function open(name: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 950 }, ...options });
  page.setDefaultTimeout(HANG_MS);
  const url = pathToFileURL(join(folder, name)).href;
  page.on('console', (message) => complaints.push(`${name}: ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`${name}: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`${name}: dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== url) complaints.push(`${name}: request: ${request.url()}`);
  });
  await page.goto(url);
  await page.waitForSelector('html[data-ready]');
  return page;
}

/** What runs in the page is text: the project's own code is compiled without a browser's names. */
const inPage = <T>(page: Page, expression: string): Promise<T> => page.evaluate<T>(expression);

const visible = (page: Page, selector: string): Promise<number> =>
  inPage(page, `[...document.querySelectorAll(${JSON.stringify(selector)})].filter((element) => element.checkVisibility()).length`);

/** How many pixels of a picture come near to each colour; the counting is done in an empty page. */
async function countColours(picture: Buffer, colours: readonly (readonly [number, number, number])[]): Promise<number[]> {
  const page = await browser.newPage();
  const counts = await inPage<number[]>(page, `(async () => {
    const image = await createImageBitmap(await (await fetch('data:image/png;base64,${picture.toString('base64')}')).blob());
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    return ${JSON.stringify(colours)}.map(([r, g, b]) => {
      let count = 0;
      for (let i = 0; i < data.length; i += 4) if (Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 60) count++;
      return count;
    });
  })()`);
  await page.close();
  return counts;
}

describe.runIf(runs)('the report in a browser', () => {
  test('boxes stand by level and do not overlap; bundles are drawn in the colours of their access', async () => {
    const page = await open('declared.html');
    const boxes = await inPage<{ id: string; left: number; right: number; top: number; bottom: number }[]>(page, `[...document.querySelectorAll('.map .zone')].map((zone) => {
      const { left, right, top, bottom } = zone.querySelector('.box').getBoundingClientRect();
      return { id: zone.querySelector('.box-id').textContent, left, right, top, bottom };
    })`);
    expect(boxes).toHaveLength(12);
    for (const [i, a] of boxes.entries()) for (const b of boxes.slice(i + 1)) expect(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top, `${a.id} and ${b.id}`).toBe(true);
    const top = (id: string): number => boxes.find((box) => box.id === id)!.top;
    const order = ['Z-INTERNET', 'Z-OFFICE', 'Z-DMZ', 'Z-OPERATIONS', 'Z-SUPERVISION', 'Z-FILTER', 'Z-ENGINEERING'].map(top);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    await inPage(page, `document.getElementById('map-frame').style.setProperty('max-height', 'none')`);
    const [read, write, control, critical] = await countColours(await page.locator('#map').screenshot(), [[99, 154, 211], [201, 119, 12], [202, 93, 87], [164, 22, 26]]);
    expect(read).toBeGreaterThan(1500);
    expect(write).toBeGreaterThan(500);
    expect(control).toBeGreaterThan(200);
    expect(critical).toBeGreaterThan(100);
    await page.close();
  });

  test('on a phone all of what is found, permitted, tested and to be decided is within the screen, and cells without words are left out', async () => {
    const page = await open('declared.html', { viewport: { width: 390, height: 844 } });
    const cells = (which: string): Promise<number> => inPage(page, `[...document.querySelectorAll('.stack td, .stack th[scope="row"]')].filter(${which}).length`);
    expect(await inPage(page, `document.querySelectorAll('.findings.stack, .permits.stack, .requirements.stack, .checks.stack, #decisions .stack').length`)).toBeGreaterThanOrEqual(5);
    expect(await cells('(cell) => cell.checkVisibility()')).toBeGreaterThan(300);
    expect(await cells('(cell) => cell.checkVisibility() && cell.getBoundingClientRect().right > innerWidth')).toBe(0);
    expect(await cells('(cell) => cell.checkVisibility() && /^-?$/.test(cell.textContent)')).toBe(0);
    await page.close();
  });

  test('all of the map is in sight where it stays legible, and Fit brings that back', async () => {
    const page = await open('declared.html', { viewport: { width: 1280, height: 900 } });
    const isWhole = (): Promise<boolean> => inPage(page, `(({ clientHeight, scrollHeight, clientWidth, scrollWidth }) => scrollHeight <= clientHeight && scrollWidth <= clientWidth)(document.getElementById('map-frame'))`);
    expect(await isWhole()).toBe(true);
    await page.locator('[data-zoom="in"]').click();
    expect(await isWhole()).toBe(false);
    await page.locator('[data-zoom="fit"]').click();
    expect(await isWhole()).toBe(true);
    await page.close();
  });

  test('a bundle, a zone, an asset, a finding and a cell open their evidence; Escape closes and gives the focus back', async () => {
    const page = await open('declared.html');
    const panel = page.locator('#panel');
    await page.locator('.bundle .hit').first().dispatchEvent('click');
    await expect.poll(() => panel.isVisible()).toBe(true);
    expect(await panel.textContent()).toMatch(/Conduit.*Seen/s);
    expect(await page.locator('.bundle.chosen').count()).toBe(1);
    await page.keyboard.press('Escape');
    expect(await panel.isVisible()).toBe(false);
    expect(await page.locator('.chosen').count()).toBe(0);

    const zone = page.locator('.map .zone', { hasText: 'Z-FILTER' });
    await zone.focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#panel-title').textContent()).toBe('Zone Z-FILTER');
    expect(await inPage(page, 'document.activeElement.id')).toBe('panel-title');
    await panel.getByRole('button', { name: 'PLC-B1', exact: true }).click();
    expect(await page.locator('#panel-title').textContent()).toBe('PLC-B1');
    const text = await panel.textContent();
    expect(text).toMatch(/Why this role/);
    expect(text).toMatch(/Hours of the week/);
    expect(text).toMatch(/Unit 1, holding registers/);
    expect(text).toContain('120 to 121');
    expect(await panel.locator('.week rect.heat').count()).toBeGreaterThan(10);
    expect(await panel.locator('.strip rect.w').count()).toBeGreaterThan(0);
    await page.locator('#panel-back').click();
    expect(await page.locator('#panel-title').textContent()).toBe('Zone Z-FILTER');
    await page.keyboard.press('Escape');
    expect(await inPage(page, `document.activeElement.getAttribute('aria-label')`)).toMatch(/^Zone Z-FILTER/);

    await page.locator('#findings [data-finding="0"]').click();
    expect(await panel.textContent()).toMatch(/critical.*FC 16/s);
    await panel.locator('[data-conversation]').first().click();
    expect(await panel.textContent()).toMatch(/not all declared.*FC 16 Write Multiple Registers/s);
    await page.locator('#panel-close').click();
    // Closing gives the focus back, and the page may still scroll there: a press that began on the button and ended beside it is none.
    const cell = page.locator('.matrix td.undeclared button').first();
    await expect.poll(async () => (await cell.click(), panel.textContent())).toMatch(/No Permit in this direction|Permits/);
    await page.close();
  });

  test('search and filters leave what matches, dim the map, and clear again', async () => {
    const page = await open('declared.html');
    const all = { findings: await visible(page, '#findings-table tbody tr'), permits: await visible(page, '.permits [data-row]'), assets: await visible(page, '.assets tbody tr') };
    expect(all).toEqual({ findings: 8, permits: 38, assets: 32 });
    await page.locator('#f-zone').selectOption({ label: 'Z-SAFETY' });
    await expect.poll(() => visible(page, '.assets tbody tr')).toBe(2);
    expect(await visible(page, '#findings-table tbody tr')).toBe(1);
    expect(await visible(page, '.conduit')).toBe(1);
    expect(await page.locator('.map .zone:not(.dim) .box-id').allTextContents()).toEqual(['Z-SAFETY']);
    expect(await page.locator('.bundle:not(.dim)').count()).toBe(1);
    await page.locator('#f-clear').click();
    await expect.poll(() => visible(page, '.assets tbody tr')).toBe(32);
    expect(await page.locator('.dim').count()).toBe(0);

    await page.locator('#f-text').fill('10.20.4.63');
    await expect.poll(() => visible(page, '.assets tbody tr')).toBe(1);
    expect(await page.locator('.map .zone:not(.dim) .box-id').allTextContents()).toEqual(['Z-FILTER']);
    await page.locator('#f-text').fill('');
    await page.locator('#f-protocol').selectOption({ label: 'S7comm' });
    await expect.poll(() => visible(page, '.permits [data-row]')).toBe(1);
    await page.locator('#f-clear').click();
    await page.locator('#f-access').selectOption('write');
    await expect.poll(async () => { const left = await page.locator('.bundle:not(.dim)').count(); return left >= 3 && left <= 10; }).toBe(true);
    const writing = await inPage<string[]>(page, `[...document.querySelectorAll('.bundle:not(.dim)')].map((bundle) => bundle.getAttribute('aria-label'))`);
    expect(writing.length).toBeGreaterThanOrEqual(3);
    for (const label of writing) expect(label).toMatch(/; writes;|; controls or programs;/);
    await page.locator('#f-clear').click();
    await page.locator('#f-finding').selectOption('critical');
    await expect.poll(() => visible(page, '#findings-table tbody tr')).toBe(1);
    expect(await page.locator('#f-count').textContent()).toMatch(/^\d+ of \d+ entries match$/);
    await page.close();
  });

  test('the timeline reads out the hour under the pointer', async () => {
    const page = await open('declared.html');
    const chart = page.locator('#timeline');
    await chart.scrollIntoViewIfNeeded();
    // The sample begins on 2 March at 3 h and ends on 15 March at 14 h (UTC); the spec's clock is Berlin's.
    const left = Number(await chart.getAttribute('data-left'));
    const width = Number(await chart.getAttribute('data-width'));
    for (const [x, hour] of [[left + 1, '2026-03-02 04:00'], [left + width - 1, '2026-03-15 15:00']] as const) {
      await chart.hover({ position: { x, y: 60 } });
      expect(await page.locator('#timeline-readout').textContent()).toMatch(new RegExp(`^${hour} Europe/Berlin: [\\d ]+ packets`));
    }
    await page.close();
  });

  test('hostile names stay text, wherever they are shown', async () => {
    const page = await open('hostile.html');
    const assets = await page.locator('#assets [data-asset]').count();
    expect(assets).toBeGreaterThan(3);
    for (let i = 0; i < assets; i++) {
      await page.locator('#assets [data-asset]').nth(i).click();
      for (const one of await page.locator('#panel-body [data-conversation]').all()) {
        if (!(await one.isVisible())) continue;
        await one.click();
        await page.locator('#panel-back').click();
      }
      await page.keyboard.press('Escape');
    }
    expect(await page.locator('img, iframe, object, embed, link, base, video, audio').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(2);
    expect(await inPage(page, `[...document.querySelectorAll('*')].filter((element) => [...element.attributes].some(({ name }) => name.startsWith('on') || name === 'style')).length`)).toBe(0);
    expect(await page.locator('h1').textContent()).toBe(MARKUP);
    await page.close();
  });

  test.each(['wasseraufbereitung nord, erstes maschinenhaus', 'WASSERAUFBEREITUNG NORD, ERSTES MASCHINENHAUS', '水処理施設北第一機械室および薬品注入設備'])('a name stays within its box: %s', async (name) => {
    writeFileSync(join(folder, 'names.yaml'), hostileSpec([name]));
    writeReport(join(folder, 'hostile.db'), join(folder, 'names.html'), join(folder, 'names.yaml'));
    const page = await open('names.html');
    const names = page.locator('.map .zone:not(.stranger)');
    expect(await names.count()).toBe(2);
    for (const zone of await names.all()) {
      const [box, text] = [(await zone.locator('.box').boundingBox())!, (await zone.locator('.box-name').boundingBox())!];
      expect(text.x + text.width).toBeLessThanOrEqual(box.x + box.width);
      expect(text.width).toBeGreaterThan(box.width / 2);
    }
    await page.close();
  });

  test('the policy lets no other script, style or picture act', async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(HANG_MS);
    await page.goto(pathToFileURL(join(folder, 'hostile.html')).href);
    await page.waitForSelector('html[data-ready]');
    const outcome = await inPage<{ violations: string[]; owned: string | null; display: string }>(page, `(async () => {
      const violations = [];
      document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
      const script = document.createElement('script');
      script.textContent = 'document.documentElement.dataset.owned = "yes"';
      document.body.append(script);
      const style = document.createElement('style');
      style.textContent = 'body { display: none }';
      document.head.append(style);
      const holder = document.createElement('div');
      holder.innerHTML = '<img src="http://192.0.2.1/x.png" onerror="document.documentElement.dataset.owned = 1">';
      document.body.append(holder);
      await fetch('http://192.0.2.1/').catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 200));
      return { violations, owned: document.documentElement.dataset.owned ?? null, display: getComputedStyle(document.body).display };
    })()`);
    expect(outcome.owned).toBeNull();
    expect(outcome.display).toBe('block');
    expect(outcome.violations).toEqual(expect.arrayContaining(['connect-src', 'img-src', 'script-src-elem', 'style-src-elem']));
    await page.close();
  });

  test.each([['A4', 794, 1123], ['Letter', 816, 1056]] as const)('on %s everything is open, nothing is cut off at the side', async (format, width, height) => {
    const page = await open('declared.html', { viewport: { width: width - 98, height } });
    await page.emulateMedia({ media: 'print' });
    await inPage(page, `dispatchEvent(new Event('beforeprint'))`);
    expect(await visible(page, '.no-print')).toBe(0);
    expect(await page.locator('details:not([open])').count()).toBe(0);
    expect(await inPage(page, 'document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBeLessThanOrEqual(0);
    expect(await visible(page, '.permits [data-row]')).toBe(38);
    const box = await page.locator('#map').boundingBox();
    expect(box!.width).toBeLessThanOrEqual(width - 98);
    expect(box!.height).toBeLessThanOrEqual(height);
    const pages = (await page.pdf({ format })).toString('latin1').match(/\/Type\s*\/Page\b/g) ?? [];
    expect(pages.length).toBeGreaterThan(5);
    await page.close();
  });

  test('a link of the contents ends at its part, though parts above are drawn late', async () => {
    const page = await open('declared.html');
    for (const part of ['time', 'requirements', 'conduits']) {
      await inPage(page, `scrollTo(0, 0)`);
      await page.locator(`nav.contents a[href="#${part}"]`).click();
      expect(Math.abs((await inPage<number>(page, `document.getElementById('${part}').getBoundingClientRect().top`)) - 112)).toBeLessThan(120);
    }
    await page.close();
  });

  test('and also where their heights were guessed far too large', async () => {
    const page = await open('declared.html');
    await inPage(page, `document.querySelectorAll('.conduit, .zone-card').forEach((one) => { one.style.containIntrinsicSize = '3000px'; })`);
    for (const part of ['matrix-section', 'conduits', 'time']) {
      await inPage(page, `scrollTo(0, 0)`);
      await page.locator(`nav.contents a[href="#${part}"]`).click();
      await expect.poll(() => inPage<number>(page, `Math.round(document.getElementById('${part}').getBoundingClientRect().top)`), { timeout: HANG_MS }).toBe(112);
    }
    await page.close();
  });

  test('dark follows the reader, and the button switches', async () => {
    const background = (page: Page): Promise<string> => inPage(page, 'getComputedStyle(document.body).backgroundColor');
    const page = await open('proposed.html', { colorScheme: 'dark' });
    const dark = await background(page);
    await page.locator('#theme').click();
    const light = await background(page);
    expect([dark, light]).toEqual(['rgb(18, 23, 30)', 'rgb(246, 247, 249)']);
    await page.close();
  });

  test('without a script everything but detail on demand is there', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    page.setDefaultTimeout(HANG_MS);
    await page.goto(pathToFileURL(join(folder, 'declared.html')).href);
    expect(await page.locator('.map .zone').count()).toBe(12);
    expect(await page.locator('#findings-table tbody tr').count()).toBe(8);
    await context.close();
  });

  test('nothing was loaded, nothing complained', () => {
    expect(complaints).toEqual([]);
  });
});
