// Search and filters: rows are hidden, boxes and bundles of the map are dimmed; what is left is counted.
import { data } from './plant.js';

const form = document.getElementById('filters');
const field = (id) => document.getElementById(id);
const texts = new WeakMap();

function textOf(element) {
  let text = texts.get(element);
  if (text === undefined) {
    text = (element.getAttribute('aria-label') ?? element.textContent).toLowerCase();
    // A zone is found by what stands in it, a bundle by what stands at its ends.
    const zones = element.closest('.map') === null && !element.classList.contains('zone-card') ? [] : (element.dataset.z ?? '').split(' ').filter((zone) => zone !== '').slice(0, 60);
    for (const zone of element.classList.contains('bundle') ? [] : zones) {
      for (const asset of data.zones[zone].assets) text += ` ${data.assets[asset][0]} ${data.assets[asset][1]} ${data.assets[asset][8].join(' ')} ${data.assets[asset][9].join(' ')}`.toLowerCase();
    }
    texts.set(element, text);
  }
  return text;
}

const has = (list, wanted) => ` ${list} `.includes(` ${wanted} `);

function matches(element, wanted) {
  const { z = '', p = '', a = '', f = '' } = element.dataset;
  const isPlace = element.matches('.zone, .zone-card, .assets tr');
  if (wanted.zone !== '' && !has(z, wanted.zone)) return false;
  if (wanted.finding !== '' && (wanted.finding === 'any' ? f === '' : !has(f, wanted.finding))) return false;
  // Places have no protocol and no access of their own.
  if (!isPlace && wanted.protocol !== '' && !has(p, wanted.protocol)) return false;
  if (!isPlace && wanted.access !== '' && !has(a, wanted.access) && !(a === '' && element.closest('.findings') !== null)) return false;
  return wanted.words.every((word) => textOf(element).includes(word));
}

export function applyFilters() {
  const wanted = {
    words: field('f-text').value.toLowerCase().split(/\s+/).filter((word) => word !== ''),
    zone: field('f-zone').value, protocol: field('f-protocol').value, access: field('f-access').value, finding: field('f-finding').value,
  };
  const isOn = wanted.words.length > 0 || [wanted.zone, wanted.protocol, wanted.access, wanted.finding].some((value) => value !== '');
  let shown = 0;
  let all = 0;
  for (const element of document.querySelectorAll('main [data-row]')) {
    const isMatch = !isOn || matches(element, wanted);
    if (element.closest('svg, .matrix') !== null) element.classList.toggle('dim', !isMatch);
    else element.hidden = !isMatch;
    all++;
    if (isMatch) shown++;
  }
  for (const badge of document.querySelectorAll('.badge')) badge.classList.toggle('dim', document.querySelector(`.bundle[data-pair="${badge.dataset.pair}"]`)?.classList.contains('dim') ?? false);
  // A conduit none of whose Permits is left goes as a whole.
  for (const conduit of document.querySelectorAll('.conduit')) {
    const rows = [...conduit.querySelectorAll('[data-row]')];
    conduit.hidden = isOn && rows.every((row) => row.hidden);
  }
  field('f-count').textContent = isOn ? `${shown} of ${all} entries match` : '';
}

export function watchFilters() {
  let waiting = 0;
  form.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(applyFilters, 120);
  });
  form.addEventListener('reset', () => setTimeout(applyFilters, 0));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    applyFilters();
  });
}
