// The figures under the pointer on the timeline.
import { grouped, plural } from './dom.js';
import { data } from './plant.js';

export function watchTimeline() {
  const chart = document.getElementById('timeline');
  const readout = document.getElementById('timeline-readout');
  const cursor = document.getElementById('timeline-cursor');
  if (chart === null) return;
  const legend = [...readout.childNodes];
  const { firstHour, step, columns, sensor, zones } = data.timeline;
  const left = Number(chart.dataset.left);
  const width = Number(chart.dataset.width);
  chart.addEventListener('pointermove', (event) => {
    const box = chart.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * chart.viewBox.baseVal.width - left;
    const column = Math.floor((x / width) * columns);
    if (column < 0 || column >= columns) return;
    cursor.setAttribute('x', String(left + ((column + 0.5) / columns) * width));
    const start = new Date((firstHour + column * step) * 3600000).toISOString();
    const [packets, lost, twice] = sensor[column];
    const busiest = zones.map((row, zone) => [zone, row[column]]).filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]).slice(0, 5);
    readout.textContent = `${start.slice(0, 10)} ${step === 1 ? `${start.slice(11, 16)} ${data.timezone}` : ''}: ${packets === 0 ? 'the sensor heard nothing' : plural(packets, 'packet')}${lost > 0 ? `, ${plural(lost, 'lost segment')}` : ''}${twice > 0 ? `, ${grouped(twice)} frames seen twice` : ''}${busiest.length === 0 ? '' : `. ${busiest.map(([zone, count]) => `${data.zones[zone].id} ${grouped(count)}`).join(', ')}`}`;
  });
  chart.addEventListener('pointerleave', () => {
    cursor.setAttribute('x', '-10');
    readout.replaceChildren(...legend);
  });
}
