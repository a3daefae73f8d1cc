// Wires the page: one listener for every click, the map's size, the theme, paper.
import { assetView } from './asset-panel.js';
import { watchFilters } from './filters.js';
import { cellView, closePanel, conversationView, crossingView, findingView, goBack, pairView, permitView, show, zoneView } from './panel.js';
import { data } from './plant.js';
import { watchTimeline } from './timeline.js';

const VIEWS = [
  ['asset', (value) => assetView(Number(value))],
  ['conversation', (value) => conversationView(Number(value))],
  ['finding', (value) => findingView(Number(value))],
  ['permit', (value) => permitView(Number(value))],
  ['crossing', (value) => crossingView(Number(value))],
  ['crossings', (value) => cellView(value.split(' ').map(Number))],
  ['pair', (value) => pairView(...value.split(' ').map(Number))],
  ['zone', (value) => zoneView(Number(value))],
];

document.addEventListener('click', (event) => {
  const names = VIEWS.map(([name]) => `[data-${name}]`).join(',');
  const target = event.target.closest(names);
  if (target === null || target.matches('.badge')) return;
  const [name, view] = VIEWS.find(([candidate]) => target.dataset[candidate] !== undefined);
  event.preventDefault();
  show(view(target.dataset[name]));
});

document.getElementById('panel-close').addEventListener('click', closePanel);
document.getElementById('panel-back').addEventListener('click', goBack);
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') closePanel();
});

const map = document.getElementById('map');
const frame = document.getElementById('map-frame');
const natural = { width: map.viewBox.baseVal.width, height: map.viewBox.baseVal.height };
let zoom = 1;
function resize(next) {
  zoom = Math.min(3, Math.max(0.15, next));
  map.setAttribute('width', String(Math.round(natural.width * zoom)));
  map.setAttribute('height', String(Math.round(natural.height * zoom)));
}
const fit = () => resize(Math.min(1.15, (frame.clientWidth - 4) / natural.width));
for (const control of document.querySelectorAll('[data-zoom]')) {
  control.addEventListener('click', () => (control.dataset.zoom === 'fit' ? fit() : resize(zoom * (control.dataset.zoom === 'in' ? 1.25 : 0.8))));
}
fit();

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
root.dataset.ready = String(data.conversations.length);
