// Wires the page: one listener for every click, the theme, paper.
import { assetView } from './asset-panel.js';
import { watchFilters } from './filters.js';
import { fitMap, watchMap } from './map-size.js';
import { cellView, closePanel, conversationView, crossingView, findingView, goBack, pairView, permitView, show, views, zoneView } from './panel.js';
import { data } from './plant.js';
import { watchTimeline } from './timeline.js';

Object.assign(views, {
  asset: (value) => assetView(Number(value)),
  conversation: (value) => conversationView(Number(value)),
  finding: (value) => findingView(Number(value)),
  permit: (value) => permitView(Number(value)),
  crossing: (value) => crossingView(Number(value)),
  crossings: (value) => cellView(value.split(' ').map(Number)),
  pair: (value) => pairView(...value.split(' ').map(Number)),
  zone: (value) => zoneView(Number(value)),
});

document.addEventListener('click', (event) => {
  const names = Object.keys(views);
  const target = event.target.closest(names.map((name) => `[data-${name}]`).join(','));
  if (target === null || target.matches('.badge')) return;
  const name = names.find((candidate) => target.dataset[candidate] !== undefined);
  event.preventDefault();
  show(name, target.dataset[name]);
});

// Of what was never drawn the browser knows no height (content-visibility): it stops short of a section, or goes too far, until what is near has been drawn.
const MOST_FRAMES = 12;
let aim = null;
const settle = (frames) => requestAnimationFrame(() => {
  aim?.scrollIntoView();
  if (aim !== null && frames > 1) settle(frames - 1);
  else aim = null;
});
// Who goes on scrolling meanwhile is not held.
for (const touch of ['pointerdown', 'wheel', 'keydown']) addEventListener(touch, () => { aim = null; }, { passive: true });
document.addEventListener('click', (event) => {
  const link = event.target.closest('.contents a, .totals a');
  if (link === null) return;
  aim = document.querySelector(link.hash);
  settle(MOST_FRAMES);
});

document.getElementById('panel-close').addEventListener('click', closePanel);
document.getElementById('panel-back').addEventListener('click', goBack);
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && document.querySelector('dialog[open]') === null) closePanel();
});

const root = document.documentElement;
document.getElementById('theme').addEventListener('click', () => {
  const isDark = root.dataset.theme === 'dark' || (root.dataset.theme === undefined && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = isDark ? 'light' : 'dark';
});

// On paper everything is open.
let opened = [];
addEventListener('beforeprint', () => {
  opened = [...document.querySelectorAll('details:not([open])')];
  for (const one of opened) one.open = true;
});
addEventListener('afterprint', () => {
  for (const one of opened) one.open = false;
});

watchFilters();
watchTimeline();
watchMap();
fitMap();
root.dataset.ready = String(data.conversations.length);
