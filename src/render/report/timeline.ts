/**
 * The whole observation on one axis: what the sensor heard and lost, activity by zone and hour, new conversations by day,
 * and how much of the days after was still unknown, with its interval. In: the model. Out: SVG that stands without a script; the
 * page's script only adds read-out under the pointer. Each row of hours is five paths, one a shade, not one box an hour.
 */
import { HOUR_MS, HOURS_PER_DAY } from '../../net/time.ts';
import { groupedPlural, plural } from '../../infer/plural.ts';
import { cut } from '../printable.ts';
import { heatRow, pieces, round } from './heat-row.ts';
import { drawing, html, NOTHING, type Markup } from './html-escape.ts';
import { mapNodes } from './map-nodes.ts';
import type { ReportModel, Timeline } from './model.ts';

const LEFT = 132;
/** The charts fit a window of 1280 beside its scroll bar. */
const WIDTH = 1010;
const RIGHT = 20;
const ROW = 17;

export function timelineChart(model: ReportModel): Markup {
  const { timeline } = model;
  if (timeline.columns === 0) return html`<p class="empty">Nothing in the store has a time.</p>`;
  const rows = mapNodes(model).map((node) => {
    const packets = Array.from({ length: timeline.columns }, (_, column) => node.zones.reduce((sum, zone) => sum + (timeline.zones[zone]?.packets[column] ?? 0), 0));
    return { node, packets };
  }).filter(({ packets }) => packets.some((count) => count > 0));
  const top = 30;
  const height = top + (rows.length + 1) * ROW + 16;
  const scale = WIDTH / timeline.columns;
  const x = (column: number): number => LEFT + column * scale;
  const most = Math.max(1, ...rows.flatMap(({ packets }) => packets.reduce((a, b) => Math.max(a, b), 0)));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Activity by zone and hour, scrollable"><svg class="timeline" id="timeline" data-left="${LEFT}" data-width="${WIDTH}" viewBox="0 0 ${LEFT + WIDTH + RIGHT} ${height}" width="${LEFT + WIDTH + RIGHT}" height="${height}" role="img" aria-label="${describe(timeline, rows.length)}">
${dayMarks(timeline, x, top - 8, height - 8)}
<text class="row-label strong" x="${LEFT - 8}" y="${top + 12}" text-anchor="end">sensor</text>${sensorRow(timeline, x, scale, top)}
${rows.map(({ node, packets }, i) => html`<g data-row-zones="${node.zones.length > 1 ? '' : node.zones[0]}"><text class="row-label" x="${LEFT - 8}" y="${top + (i + 1) * ROW + 12}" text-anchor="end">${cut(node.title, 20)}</text>${heatRow(packets, most, x, top + (i + 1) * ROW, ROW)}</g>`)}
<rect class="cursor" id="timeline-cursor" x="-10" y="${top - 4}" width="1" height="${height - top}"/></svg></div><p class="readout" id="timeline-readout" aria-live="off">One column is one ${timeline.step === 1 ? 'hour' : 'day'} (${model.head.timezone}). The stronger the shade the busier, on a logarithmic scale; the sensor's row is grey where it heard nothing, and marks hours with <span class="key lost">lost segments</span> or <span class="key twice">frames seen twice</span>. Weekends are shaded; a line below marks days of <span class="key maintenance">maintenance</span> (a device was programmed) and a <span class="key month-end">month's end</span>.</p>`;
}

const describe = (timeline: Timeline, rows: number): string => {
  const heard = timeline.sensor.filter(({ packets }) => packets > 0).length;
  return `Activity of ${plural(rows, 'zone')} over ${plural(timeline.columns, timeline.step === 1 ? 'hour' : 'day')}; the sensor heard something in ${heard} of them`;
};

/** Narrower days get no marks of their own, pixels. */
const LEAST_DAY = 1;
const DAYS_PER_YEAR = 365;
/** A day's label, pixels: the first day and the last may be an hour of one. */
const LABEL = 38;

/** `03-02`; over more than a year the year says more than the day. */
const dayLabel = (date: string, days: number): string => (days > DAYS_PER_YEAR ? date.slice(0, 7) : date.slice(5));

function dayMarks(timeline: Timeline, x: (column: number) => number, top: number, bottom: number): Markup {
  const perDay = HOURS_PER_DAY / timeline.step;
  const offset = timeline.firstHour % HOURS_PER_DAY;
  const days = Math.ceil((timeline.columns * timeline.step + offset) / HOURS_PER_DAY);
  const every = Math.max(1, Math.ceil(days / 16));
  const regimesOf = new Map(timeline.days.map(({ date, regimes }) => [date, regimes]));
  return html`${Array.from({ length: days }, (_, day) => {
    const column = Math.max(0, day * perDay - offset / timeline.step);
    const end = Math.min(timeline.columns, (day + 1) * perDay - offset / timeline.step);
    const date = new Date((timeline.firstHour - offset + day * HOURS_PER_DAY) * HOUR_MS);
    const regimes = regimesOf.get(date.toISOString().slice(0, 10)) ?? [];
    const span = { x: round(x(column)), width: round(x(end) - x(column)) };
    const room = Math.min(x((day + every) * perDay - offset / timeline.step), LEFT + WIDTH + RIGHT) - x(column);
    const label = day % every === 0 && room >= LABEL ? html`<text class="tick" x="${x(column) + 3}" y="${top - 2}">${dayLabel(date.toISOString().slice(0, 10), days)}</text>` : NOTHING;
    // Thousands of days (a clock that was not set) would be one grey surface.
    if (span.width < LEAST_DAY) return day % every === 0 ? html`<line class="grid" x1="${span.x}" x2="${span.x}" y1="${top}" y2="${bottom}"/>${label}` : NOTHING;
    return html`${regimes.includes('weekend') ? html`<rect class="weekend" x="${span.x}" y="${top}" width="${span.width}" height="${bottom - top}"/>` : NOTHING}${(['maintenance', 'month-end'] as const).map((regime, i) => (regimes.includes(regime) ? html`<rect class="regime ${regime}" x="${span.x}" y="${bottom - 4 * i - 1}" width="${span.width}" height="3"><title>${date.toISOString().slice(0, 10)}: ${regime}</title></rect>` : NOTHING))}<line class="grid" x1="${round(x(column))}" x2="${round(x(column))}" y1="${top}" y2="${bottom}"/>${label}`;
  })}`;
}

function sensorRow(timeline: Timeline, x: (column: number) => number, scale: number, y: number): Markup {
  const { sensor, columns } = timeline;
  const heard = pieces(columns, (column) => sensor[column].packets > 0, x, y + 2, ROW - 5);
  const gaps = pieces(columns, (column) => sensor[column].packets === 0, x, y + 2, ROW - 5);
  const marks = (kind: 'lost' | 'twice', pick: (column: number) => number, at: number): Markup => {
    let path = '';
    for (let column = 0; column < columns; column++) if (pick(column) > 0) path += `M${round(x(column) + scale / 2)},${at}v5`;
    return path === '' ? NOTHING : html`<path class="mark ${kind}" d="${drawing(path)}"/>`;
  };
  return html`<path class="heard" d="${drawing(heard)}"/><path class="gap" d="${drawing(gaps)}"/>${marks('lost', (column) => sensor[column].lostSegments, y - 5)}${marks('twice', (column) => sensor[column].duplicates, y + ROW - 4)}`;
}

const CURVE_HEIGHT = 150;

/** Room that the word takes, pixels. */
const GAP_WORD = 22;

/** Days one by one, but those on which nothing was heard together. */
function runsOf(days: Timeline['days']): { first: number; last: number }[] {
  const runs: { first: number; last: number }[] = [];
  for (const [i, { isHeard }] of days.entries()) {
    const run = runs.at(-1);
    if (run !== undefined && !isHeard && !days[i - 1].isHeard) run.last = i;
    else runs.push({ first: i, last: i });
  }
  return runs;
}

/** Bars of new conversations, and the curve of what the days after would still bring with its 95 % interval. */
export function completenessChart({ timeline, status }: ReportModel): Markup {
  const { days } = timeline;
  if (days.length === 0) return NOTHING;
  const runs = runsOf(days);
  const most = days.reduce((held, { newConversations, newOperations }) => Math.max(held, newConversations, newOperations), 1);
  const step = WIDTH / days.length;
  const top = 22;
  const bottom = top + CURVE_HEIGHT;
  const width = Math.max(0.8, Math.min(15, step * 0.34));
  const bar = (kind: string, count: number, day: number, side: 0 | 1): Markup => html`<rect class="bar ${kind}" x="${round(LEFT + step * (day + 0.5) - width * (1 - side))}" y="${round(bottom - (count / most) * CURVE_HEIGHT)}" width="${round(width)}" height="${round((count / most) * CURVE_HEIGHT)}"/>`;
  const every = Math.max(1, Math.ceil(days.length / 16));
  const points = days.flatMap(({ newShare }, i) => (newShare === null ? [] : [{ x: LEFT + step * (i + 0.5), share: newShare }]));
  const shareMost = Math.max(0.02, ...points.slice(Math.min(2, points.length - 1)).map(({ share }) => share[2])) * 1.15;
  const y = (share: number): number => round(bottom - (Math.min(shareMost, share) / shareMost) * CURVE_HEIGHT);
  const band = points.length < 2 ? '' : `M${points.map(({ x, share }) => `${round(x)},${y(share[2])}`).join(' L')} L${[...points].reverse().map(({ x, share }) => `${round(x)},${y(share[0])}`).join(' L')} Z`;
  const line = points.length < 2 ? '' : `M${points.map(({ x, share }) => `${round(x)},${y(share[1])}`).join(' L')}`;
  const percent = (share: number): string => `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;
  const last = points.at(-1);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="New operations by day, scrollable"><svg class="curve" viewBox="0 0 ${LEFT + WIDTH + 64} ${bottom + 24}" width="${LEFT + WIDTH + 64}" height="${bottom + 24}" role="img" aria-label="New operations by day, and the estimated share of the following days' operations that were never seen; the table below holds the figures">
<text class="axis" x="${LEFT - 8}" y="${top - 8}" text-anchor="end">new</text><text class="axis" x="${LEFT + WIDTH + 6}" y="${top - 8}">unknown</text>
${[0, 0.5, 1].map((part) => html`<line class="grid" x1="${LEFT}" x2="${LEFT + WIDTH}" y1="${round(bottom - part * CURVE_HEIGHT)}" y2="${round(bottom - part * CURVE_HEIGHT)}"/><text class="tick" x="${LEFT - 8}" y="${round(bottom - part * CURVE_HEIGHT) + 4}" text-anchor="end">${Math.round(most * part)}</text><text class="tick" x="${LEFT + WIDTH + 6}" y="${round(bottom - part * CURVE_HEIGHT) + 4}">${percent(shareMost * part)}</text>`)}
${days.map((day, i) => html`${day.isHeard ? html`<g><title>${day.date}: ${plural(day.newConversations, 'new conversation')}, ${plural(day.newOperations, 'new operation')}${day.newShare === null ? '' : `; of the days after ${percent(day.newShare[1])} unknown (${percent(day.newShare[0])} to ${percent(day.newShare[2])})`}</title>${bar('conversations', day.newConversations, i, 0)}${bar('operations', day.newOperations, i, 1)}</g>` : NOTHING}${i % every === 0 ? html`<text class="tick" x="${round(LEFT + step * (i + 0.5))}" y="${bottom + 16}" text-anchor="middle">${dayLabel(day.date, days.length)}</text>` : NOTHING}`)}
${runs.map(({ first, last }) => (days[first].isHeard || (last - first + 1) * step < GAP_WORD ? NOTHING : html`<text class="tick" x="${round(LEFT + (step * (first + last + 1)) / 2)}" y="${bottom - 4}" text-anchor="middle">gap</text>`))}
${band === '' ? NOTHING : html`<path class="interval" d="${drawing(band)}"/><path class="estimate" d="${drawing(line)}"/>`}</svg></div>
<p class="readout">Bars: <span class="key conversations">conversations</span> and <span class="key operations">operations</span> seen for the first time. <span class="key estimated">Line and band</span>: estimated share of a day's operations that were never seen, with the 95 % interval of its mean over 28 days, new devices and a first fail-over apart (Good-Turing over days)${last === undefined ? '' : html`; at the end <b>${percent(last.share[1])}</b> (${percent(last.share[0])} to ${percent(last.share[2])})`}. ${groupedPlural(status.completeness.seen, 'operation was', 'operations were')} seen (a conversation of which none can be read counts as one), at least ${groupedPlural(Math.ceil(status.completeness.unseen), 'was', 'were')} not.</p>
<details class="figures"><summary>Figures by day</summary><div class="scroll"><table><caption>New conversations and operations by day, and the estimate at its end</caption><thead><tr><th scope="col">day</th><th scope="col" class="n">new conversations</th><th scope="col" class="n">new operations</th><th scope="col" class="n">operations so far</th><th scope="col">unknown of the days after</th></tr></thead><tbody>${runs.map(({ first, last }) => ({ day: days[first], last: days[last] })).map(({ day, last }) => html`<tr><th scope="row">${day.date}${last === day ? '' : ` to ${last.date}`}</th>${day.isHeard ? html`<td class="n">${day.newConversations}</td><td class="n">${day.newOperations}</td><td class="n">${day.seenOperations}</td><td>${day.newShare === null ? 'no estimate' : `${percent(day.newShare[1])} (${percent(day.newShare[0])} to ${percent(day.newShare[2])})`}</td>` : html`<td colspan="4">nothing was heard</td>`}</tr>`)}</tbody></table></div></details>`;
}
