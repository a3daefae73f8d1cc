// The size of the map: fitted to its frame, larger, smaller. It is kept when the map is drawn anew.

let zoom = 1;

function resizeMap(next) {
  const map = document.getElementById('map');
  zoom = Math.min(3, Math.max(0.15, next));
  map.setAttribute('width', String(Math.round(map.viewBox.baseVal.width * zoom)));
  map.setAttribute('height', String(Math.round(map.viewBox.baseVal.height * zoom)));
}

/** Smaller than this, words are hard to read: then the frame scrolls. */
const LEAST_FITTED = 0.66;

/** As wide as its frame, and all of it in sight where it stays legible. */
export const fitMap = () => {
  const frame = document.getElementById('map-frame');
  const { width, height } = document.getElementById('map').viewBox.baseVal;
  const room = Number.parseFloat(getComputedStyle(frame).maxHeight) - 4;
  resizeMap(Math.min(1.15, (frame.clientWidth - 4) / width, Math.max(LEAST_FITTED, room / height || 0)));
};

export const keepMapSize = () => resizeMap(zoom);

export function watchMap() {
  document.addEventListener('click', (event) => {
    const control = event.target.closest('[data-zoom]');
    if (control === null) return;
    if (control.dataset.zoom === 'fit') fitMap();
    else resizeMap(zoom * (control.dataset.zoom === 'in' ? 1.25 : 0.8));
  });
}
