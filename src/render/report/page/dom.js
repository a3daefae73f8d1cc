// Elements by hand: words only ever become text nodes, so nothing that came from the wire can become markup.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === '') continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

export const el = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);

export const svg = (name, attributes = {}, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

export const button = (text, attributes) => el('button', { type: 'button', class: 'link', ...attributes }, text);

/** `1 234 567` */
export const grouped = (count) => String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ' ');

/** `1 day`, `1 234 days` */
export const plural = (count, word) => `${grouped(count)} ${word}${count === 1 ? '' : 's'}`;

export const octets = (count) => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${count} B` : `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
};

/** Minutes since 1970 -> `2026-03-02 08:00`. */
export const minuteText = (minutes) => new Date(minutes * 60000).toISOString().slice(0, 16).replace('T', ' ');

/** A table of at most `most` rows, with a button for more: a long list never blocks the page. */
export function table(caption, heads, rows, makeRow, most = 60) {
  const body = el('tbody');
  const shown = el('div', { class: 'scroll' }, el('table', {}, el('caption', {}, caption), el('thead', {}, el('tr', {}, heads.map((head) => el('th', { scope: 'col', class: head.startsWith('#') ? 'n' : null }, head.replace(/^#/, ''))))), body));
  let next = 0;
  const more = el('button', { type: 'button', class: 'link more' });
  const add = () => {
    for (const row of rows.slice(next, next + most)) body.append(makeRow(row));
    next = Math.min(rows.length, next + most);
    more.textContent = `${grouped(rows.length - next)} more`;
    more.hidden = next >= rows.length;
  };
  more.addEventListener('click', add);
  add();
  return el('div', {}, shown, more);
}

export const row = (...cells) => el('tr', {}, cells.map((cell) => (cell instanceof Element && (cell.tagName === 'TD' || cell.tagName === 'TH') ? cell : el('td', {}, cell))));

export const number = (text) => el('td', { class: 'n' }, text);

export const definitions = (pairs) => el('dl', {}, pairs.filter(([, value]) => value !== null && value !== '' && value !== undefined).map(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));

export const chip = (severity) => el('span', { class: `chip f-${severity}` }, severity);
