// The report over a store that is still being written (`baseline serve`): asks for its change number, draws anew what has
// changed, and keeps the place: scroll, focus, filters, opened details, size and place of the map.
import { applyFilters } from './filters.js';
import { identityOf, keysOf, valueOf } from './identity.js';
import { keepMapSize } from './map-size.js';
import { panelHistory, redrawPanel } from './panel.js';
import { data, takeData } from './plant.js';
import { watchTimeline } from './timeline.js';

const POLL_MS = 2000;
const BUSY_POLL_MS = 400;
const LONGEST_POLL_MS = 30000;

const live = document.getElementById('live');
const liveText = document.getElementById('live-text');
const liveNews = document.getElementById('live-news');
const liveUndo = document.getElementById('live-undo');

/** Parts of the page that are drawn anew one by one, with the text they were made from. */
const parts = () => [document.querySelector('.top'), document.querySelector('.contents'), ...document.getElementById('main').children];
const partKey = (part) => part.id || part.className;
let drawn = new Map(parts().map((part) => [partKey(part), part.outerHTML]));

/** True while a person is in the middle of something. */
let isHeld = () => false;
export const holdWhile = (test) => {
  isHeld = test;
};

/** What was done stays in sight while the page is drawn anew after it. */
let doneText = '';

export function tellNews(text, isBad = false, isDone = false) {
  doneText = isDone ? `${text} ` : '';
  liveNews.textContent = text;
  live.classList.toggle('bad', isBad);
}

/** @returns the answer, or an object with `problem` when there is none */
export async function ask(path, body) {
  try {
    const response = await fetch(path, body === undefined ? { cache: 'no-store' } : { method: 'POST', headers: { 'content-type': 'application/json', 'x-baseline': 'edit' }, body: JSON.stringify(body) });
    if (response.headers.get('content-type') !== 'application/json; charset=utf-8') return { problem: response.status === 403 ? 'This page is no longer known to baseline serve: open the address that it printed.' : `baseline serve answered ${response.status}` };
    return await response.json();
  } catch {
    return { problem: 'baseline serve does not answer: it was stopped, or this machine slept.', gone: true };
  }
}

const ANCHORS = 'main > section, main tr[data-row], main article[data-row]';

/** What stands highest on the screen, by a name that outlives the redraw, and where. */
function anchorOf() {
  const element = [...document.querySelectorAll(ANCHORS)].find((one) => one.getBoundingClientRect().top >= 90 && !one.hidden);
  const top = element?.getBoundingClientRect().top ?? 0;
  if (element === undefined || top > innerHeight) return null;
  const identity = element.matches('section') ? null : identityOf(element.querySelector('button'));
  return { top, id: element.closest('section').id, identity };
}

function anchorAt({ id, identity }) {
  const section = document.getElementById(id);
  if (section === null || identity === null) return section;
  const value = valueOf(identity.name, identity.keys);
  return section.querySelector(`[data-${identity.name}="${value}"]`)?.closest(ANCHORS) ?? section;
}

/** Parts off the screen have an estimated height until they are near (content-visibility): the place settles within frames. */
function holdAnchor(kept, frames) {
  const anchor = kept === null ? null : anchorAt(kept);
  if (anchor === null || frames === 0) return;
  scrollBy({ top: anchor.getBoundingClientRect().top - kept.top, behavior: 'instant' });
  requestAnimationFrame(() => holdAnchor(kept, frames - 1));
}

function keepPlace() {
  const focused = document.activeElement;
  const frame = document.getElementById('map-frame');
  return {
    history: panelHistory().map(({ name, value }) => ({ name, keys: keysOf(name, value) })),
    anchor: anchorOf(),
    open: [...document.querySelectorAll('main details[open] > summary')].map((summary) => summary.textContent.replace(/\d+/g, '')),
    map: [frame.scrollLeft, frame.scrollTop],
    focus: focused === null || focused === document.body ? null : { id: focused.id, identity: identityOf(focused), within: focused.closest('main > section, #panel')?.id ?? '' },
  };
}

function restorePlace(place) {
  for (const summary of document.querySelectorAll('main details > summary')) if (place.open.includes(summary.textContent.replace(/\d+/g, ''))) summary.parentElement.open = true;
  const frame = document.getElementById('map-frame');
  [frame.scrollLeft, frame.scrollTop] = place.map;
  redrawPanel(place.history.flatMap(({ name, keys }) => {
    const value = valueOf(name, keys);
    return value === null ? [] : [{ name, value }];
  }));
  holdAnchor(place.anchor, 3);
  if (place.focus === null || document.activeElement !== document.body) return;
  const { id, identity, within } = place.focus;
  const value = identity === null ? null : valueOf(identity.name, identity.keys);
  const found = id !== '' ? document.getElementById(id) : value === null ? null : (document.getElementById(within) ?? document).querySelector(`[data-${identity.name}="${value}"]`);
  (found ?? document.getElementById('main')).focus({ preventScroll: true });
}

/** The choices of the newer page; what was chosen stays chosen by its words, where it still is one. */
function takeFilters(next) {
  const textsOf = (select) => [...select.options].map((option) => option.textContent).join('\n');
  for (const select of document.querySelectorAll('#filters select')) {
    const fresh = next.getElementById(select.id);
    if (textsOf(fresh) === textsOf(select)) continue;
    const chosen = select.selectedOptions[0]?.textContent;
    select.replaceChildren(...[...fresh.options].map((option) => document.importNode(option, true)));
    select.value = [...select.options].find((option) => option.textContent === chosen)?.value ?? '';
  }
}

async function redraw() {
  const response = await fetch('./', { cache: 'no-store' });
  if (!response.ok) return;
  const next = new DOMParser().parseFromString(await response.text(), 'text/html');
  if (next.getElementById('report-data') === null || isHeld()) return;
  const before = { findings: data.findings.length, conversations: data.conversations.length };
  const place = keepPlace();
  takeData(next.getElementById('report-data').textContent);
  const fresh = [next.querySelector('.top'), next.querySelector('.contents'), ...next.getElementById('main').children];
  const sources = new Map(fresh.map((part) => [partKey(part), part.outerHTML]));
  const current = parts();
  if (fresh.map(partKey).join() === current.map(partKey).join()) {
    for (const [i, part] of fresh.entries()) if (drawn.get(partKey(part)) !== sources.get(partKey(part))) current[i].replaceWith(document.importNode(part, true));
  } else {
    const [top, contents, ...sections] = fresh.map((part) => document.importNode(part, true));
    current[0].replaceWith(top);
    current[1].replaceWith(contents);
    document.getElementById('main').replaceChildren(...sections);
  }
  drawn = sources;
  takeFilters(next);
  applyFilters();
  keepMapSize();
  watchTimeline();
  restorePlace(place);
  document.title = next.title;
  const change = (count, what) => (count === 0 ? [] : [`${Math.abs(count)} ${what}${Math.abs(count) === 1 ? '' : 's'} ${count > 0 ? 'more' : 'less'}`]);
  const changes = [...change(data.findings.length - before.findings, 'finding'), ...change(data.conversations.length - before.conversations, 'conversation')];
  if (changes.length > 0) tellNews(`${doneText || 'Drawn anew: '}${changes.join(', ')}.`);
}

let timer = 0;
let hadProblem = false;
let wait = POLL_MS;

export async function pollStore() {
  clearTimeout(timer);
  const state = await ask('change');
  wait = state.gone ? Math.min(LONGEST_POLL_MS, wait * 2) : state.isBusy ? BUSY_POLL_MS : POLL_MS;
  live.classList.toggle('gone', state.gone === true);
  if (state.problem != null) tellNews(state.problem, true);
  else if (hadProblem && state.report !== undefined) tellNews('');
  hadProblem = state.problem != null;
  if (state.report !== undefined) {
    liveText.textContent = `${state.isCapturing ? 'A capture is running' : 'Live'}${state.isBusy ? ', drawing anew' : ''}`;
    liveUndo.hidden = state.undo === null;
    liveUndo.textContent = state.undo === null ? '' : `Undo: ${state.undo}`;
    if (state.report !== data.live.report && !isHeld()) await redraw();
  }
  timer = setTimeout(pollStore, document.hidden ? LONGEST_POLL_MS : wait);
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void pollStore();
});
void pollStore();
