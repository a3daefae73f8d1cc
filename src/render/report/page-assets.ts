/**
 * Style and script of the HTML report: files in page/, joined into one text each (they stand beside the compiled modules,
 * too: scripts/bundle.mjs). The scripts are modules so that tools can read them; here their imports and exports go.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const SCRIPTS = ['dom.js', 'plant.js', 'panel.js', 'asset-panel.js', 'filters.js', 'timeline.js', 'map-size.js', 'start.js'];
/** What `serve` adds. */
const LIVE_SCRIPTS = [...SCRIPTS, 'identity.js', 'live.js', 'edit.js', 'drag.js'];

export interface PageAssets {
  readonly style: string;
  readonly script: string;
  readonly styleHash: string;
  readonly scriptHash: string;
}

const readPage = (name: string): string => readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8');

/** CSP level 3 hash source of an inline element's text. */
const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const known = new Map<boolean, PageAssets>();

export function pageAssets(isLive: boolean): PageAssets {
  const held = known.get(isLive);
  if (held !== undefined) return held;
  const style = `${readPage('style.css')}${isLive ? readPage('live.css') : ''}`;
  const body = (isLive ? LIVE_SCRIPTS : SCRIPTS).map((name) => readPage(name).replaceAll(/^import .*\n/gm, '').replaceAll(/^export /gm, '')).join('\n');
  const script = `'use strict';\n(() => {\n${body}})();\n`;
  const assets = { style, script, styleHash: hashOf(style), scriptHash: hashOf(script) };
  known.set(isLive, assets);
  return assets;
}
