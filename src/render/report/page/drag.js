// Dragging assets from zone to zone in the live view, by mouse or pen; M does the same from the keyboard.
import { el } from './dom.js';
import { makeEdit, moveByChoice, setDragging } from './edit.js';
import { assetAt, data } from './plant.js';

const FAR_ENOUGH = 6;
const EDGE = 60;
const EDGE_STEP = 16;

let drag = null;

const zoneUnder = (x, y) => {
  const target = document.elementFromPoint(x, y)?.closest('.map [data-zone], .zone-card');
  if (target == null) return null;
  const zone = Number(target.dataset.zone ?? target.dataset.z);
  return data.zones[zone]?.declared ? { target, zone } : null;
};

function start(event) {
  const source = event.target.closest?.('[data-asset]');
  if (source == null || event.button !== 0 || event.pointerType === 'touch') return;
  drag = { asset: Number(source.dataset.asset), x: event.clientX, y: event.clientY, ghost: null, over: null };
}

function move(event) {
  if (drag === null) return;
  const { clientX: x, clientY: y } = event;
  if (drag.ghost === null) {
    if (Math.hypot(x - drag.x, y - drag.y) < FAR_ENOUGH) return;
    drag.ghost = el('div', { class: 'ghost', 'aria-hidden': true });
    document.body.append(drag.ghost);
    document.body.classList.add('dragging');
    setDragging(true);
  }
  event.preventDefault();
  const found = zoneUnder(x, y);
  const { id, zone: home } = assetAt(drag.asset);
  const over = found === null || found.zone === home ? null : found;
  if (drag.over?.target !== over?.target) {
    drag.over?.target.classList.remove('drop');
    over?.target.classList.add('drop');
  }
  drag.over = over;
  drag.ghost.textContent = over === null ? id : `${id} \u2192 ${data.zones[over.zone].id}`;
  drag.ghost.style.transform = `translate(${x + 14}px, ${y + 10}px)`;
  if (y < EDGE + 60) scrollBy({ top: -EDGE_STEP, behavior: 'instant' });
  else if (y > innerHeight - EDGE) scrollBy({ top: EDGE_STEP, behavior: 'instant' });
}

function stop(isDrop) {
  if (drag === null) return;
  const { ghost, over, asset } = drag;
  drag = null;
  if (ghost === null) return;
  ghost.remove();
  over?.target.classList.remove('drop');
  document.body.classList.remove('dragging');
  setDragging(false);
  // The click that ends a drag opens nothing.
  const swallow = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener('click', swallow, { capture: true }), 0);
  if (isDrop && over !== null) void makeEdit({ kind: 'move-asset', asset: assetAt(asset).id, zone: data.zones[over.zone].id });
}

if (data.live.spec !== null) {
  document.body.classList.add('editable');
  document.addEventListener('pointerdown', start);
  document.addEventListener('pointermove', move);
  document.addEventListener('pointerup', () => stop(true));
  document.addEventListener('pointercancel', () => stop(false));
  // Links and pictures would be dragged by the browser itself.
  document.addEventListener('dragstart', (event) => event.preventDefault());
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') stop(false);
    if (event.key.toLowerCase() !== 'm' || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null || event.target.matches('input, select, textarea')) return;
    const asset = event.target.closest('[data-asset]')?.dataset.asset ?? document.querySelector('#panel:not([hidden])')?.dataset.about;
    if (asset === undefined) return;
    event.preventDefault();
    void moveByChoice(Number(asset));
  });
}
