// The size of the map: fitted to its frame, larger, smaller. It is kept when the map is drawn anew.

let zoom = 1;

function resizeMap(next) {
  const map = document.getElementById('map');
  zoom = Math.min(3, Math.max(0.15, next));
  map.setAttribute('width', String(Math.round(map.viewBox.baseVal.width * zoom)));
  map.setAttribute('height', String(Math.round(map.viewBox.baseVal.height * zoom)));
}

export const fitMap = () => resizeMap(Math.min(1.15, (document.getElementById('map-frame').clientWidth - 4) / document.getElementById('map').viewBox.baseVal.width));

export const keepMapSize = () => resizeMap(zoom);

export function watchMap() {
  document.addEventListener('click', (event) => {
    const control = event.target.closest('[data-zoom]');
    if (control === null) return;
    if (control.dataset.zoom === 'fit') fitMap();
    else resizeMap(zoom * (control.dataset.zoom === 'in' ? 1.25 : 0.8));
  });
}
