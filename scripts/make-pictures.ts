/**
 * Makes docs/images/ anew from the built program and the sample plant, in a browser without a window: `npm run build && npm run pictures`.
 * The map, a controller's page in the dark, and an asset that is dragged in the live view. To be looked at before they are committed.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';

const project = join(import.meta.dirname, '..');
const images = join(project, 'docs/images');
const main = join(project, 'dist/main.js');
const folder = mkdtempSync(join(tmpdir(), 'baseline-pictures-'));

const baseline = (...args: readonly string[]): void => void execFileSync(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });

/** The address is the first that it prints. */
async function serve(...args: readonly string[]): Promise<{ readonly address: string; readonly server: ChildProcess }> {
  const server = spawn(process.execPath, [main, 'serve', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const text of server.stdout) {
    const address = /http:\/\/\S+/.exec(String(text))?.[0];
    if (address !== undefined) return { address, server };
  }
  throw new Error('serve ended without an address');
}

async function open(browser: Browser, address: string, colorScheme: 'light' | 'dark', width: number, height: number): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
  await page.goto(address);
  await page.waitForSelector('html[data-ready]');
  return page;
}

async function mapPicture(browser: Browser, report: string): Promise<void> {
  // As high as the frame of the map lets all of it be seen at full size.
  const page = await open(browser, report, 'light', 1180, 1400);
  await page.locator('#map-section').screenshot({ path: join(images, 'report-map.png') });
  await page.close();
}

async function assetPicture(browser: Browser, report: string): Promise<void> {
  const page = await open(browser, report, 'dark', 1300, 760);
  await page.locator('#assets [data-asset]', { hasText: 'PLC-B1' }).click();
  await page.evaluate(`document.getElementById('time').scrollIntoView()`);
  await page.evaluate(`[...document.querySelectorAll('#panel-body h3')].find((one) => one.textContent === 'Hours of the week').scrollIntoView()`);
  await page.evaluate(`document.getElementById('panel-body').scrollBy(0, -14)`);
  await page.screenshot({ path: join(images, 'report-asset.png') });
  await page.close();
}

async function dragPicture(browser: Browser, address: string): Promise<void> {
  const page = await open(browser, address, 'light', 1300, 960);
  const box = (zone: string): ReturnType<Page['locator']> => page.locator('.map .zone').filter({ has: page.locator('.box-id', { hasText: zone }) });
  await page.evaluate(`document.getElementById('map-frame').scrollIntoView()`);
  const from = await box('Z-DISINFECT').locator('g.asset', { hasText: 'HMI-C' }).boundingBox();
  const to = await box('Z-SUPERVISION').boundingBox();
  if (from === null || to === null) throw new Error('the map does not show what is to be dragged');
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + to.width / 2, to.y + to.height - 8, { steps: 5 });
  await page.screenshot({ path: join(images, 'serve-drag.png') });
  await page.close();
}

copyFileSync(join(project, 'samples/plant.yaml'), join(folder, 'plant.yaml'));
baseline('import', join(project, 'samples/plant'), '--db', 'plant.db');
baseline('report', 'plant.yaml', '--db', 'plant.db', '--out', 'report.html');
const report = pathToFileURL(join(folder, 'report.html')).href;
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--disable-gpu'] });
await mapPicture(browser, report);
await assetPicture(browser, report);
const { address, server } = await serve('plant.yaml', '--db', 'plant.db');
await dragPicture(browser, address);
await browser.close();
server.kill('SIGINT');
await once(server, 'exit');
rmSync(folder, { recursive: true });
