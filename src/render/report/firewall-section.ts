/**
 * What firewalls logged, as a part of the HTML report: what they do otherwise than the spec says, and what is to be decided;
 * how often by day and by rule. In: the model. Out: markup that stands without a script.
 */
import { DAY_MS, isoDay } from '../../net/time.ts';
import { LOGGED_STANDINGS, type LoggedDay, type LoggedStanding } from '../../policy/diff/logged-tally.ts';
import { grouped } from '../../infer/plural.ts';
import { captureText, firewallText, spanText, standingSums, STANDING_WORDS, whoText } from './firewall-words.ts';
import { topicAttributes, type FilterWords } from './filter-words.ts';
import { heatRow, round, shadeOf } from './heat-row.ts';
import { html, keepTogether, NOTHING, type Markup } from './html-escape.ts';
import type { FirewallReview, ReportModel } from './model.ts';
import { cutRows, MOST_ROWS, note } from './sections.ts';

const LEFT = 232;
const WIDTH = 1020;
const ROW = 22;
const TOP = 22;
/** Columns of the chart; the JSON form has every day. */
const MOST_DAYS = 366;
/** Narrower columns do not hold a figure. */
const FIGURE_WIDTH = 30;
const WIDEST_COLUMN = 90;
const MOST_TICKS = 16;

const GRAVE: ReadonlySet<LoggedStanding> = new Set(['blocked-but-permitted', 'passed-but-not-permitted']);
const shadeClass = (standing: LoggedStanding): string => (GRAVE.has(standing) ? 'grave' : standing === 'to-be-decided' ? 'open' : '');

export function firewallSection(model: ReportModel, words: FilterWords): Markup {
  const { firewall, status } = model;
  if (firewall === null) return NOTHING;
  const { logs } = status.firewallLogs;
  const open = firewall.rows.filter(({ standing }) => standing === 'to-be-decided').length;
  const sums = standingSums(firewall.days);
  return html`<section id="firewall" aria-labelledby="firewall-h"><h2 id="firewall-h">What firewalls logged <span class="count">${grouped(firewall.rows.length)}</span></h2>
<p>${grouped(logs.reduce((sum, { records }) => sum + records, 0))} records in ${grouped(logs.length)} ${logs.length === 1 ? 'log' : 'logs'}${sums === '' ? '' : `: ${sums} (hits, where a record carries them)`}. A log proves the attempt and the verdict, never an answer; the spec says what is right. Nothing of it is in the sums of packets.</p>
${firewall.losses.length === 0 ? note('good', html`Every line of a firewall was read, with its time.`) : html`${firewall.losses.map((loss) => note('warn', html`${loss}`))}`}
${firewall.rows.length === 0 ? note('good', html`Firewalls and spec agree: nothing permitted was blocked, nothing else got through, nothing is left to decide.`) : html`${open === 0 ? NOTHING : html`<p>What is to be decided is blocked when it is enforced, unless a Permit is written: <code>baseline diff ${model.head.specFile ?? 'spec.yaml'} --update FINDING --owner NAME</code>.</p>`}${rowsTable(firewall, model, words)}`}
${dayChart(firewall.days)}
${rulesTable(firewall)}</section>`;
}

function rowsTable({ rows }: FirewallReview, model: ReportModel, words: FilterWords): Markup {
  const { shown, rest } = cutRows(rows, 'attempts');
  return html`<div class="scroll"><table class="rows logged"><caption>Where firewalls and the spec disagree, and what is to be decided; what captures show comes first</caption><thead><tr><th scope="col">stands</th><th scope="col">who asks whom</th><th scope="col">firewall</th><th scope="col" class="n">times</th><th scope="col">when</th><th scope="col">captures</th><th scope="col">what to do</th></tr></thead><tbody>${shown.map((row) => {
    const finding = row.findingIndex === null ? undefined : model.findings[row.findingIndex];
    const who = whoText(model, row).replace(' -> ', ' \u2192 ');
    return html`<tr ${topicAttributes({ zones: [words.zoneIndex(finding?.fromZone ?? null), words.zoneIndex(finding?.toZone ?? null)], protocols: [words.protocolIndex(row.service.replace(/ \(.*$/, ''))], severities: finding === undefined ? [] : [finding.severity] })}><td><span class="stands ${shadeClass(row.standing)}">${STANDING_WORDS[row.standing]}</span></td><td>${row.findingIndex === null || row.findingIndex >= MOST_ROWS.findings ? keepTogether(who) : html`<button type="button" class="link" data-finding="${row.findingIndex}">${keepTogether(who)}</button>`}<div class="sub">${row.service} \u00b7 <code>${row.finding}</code></div></td><td>${keepTogether(firewallText(row))}</td><td class="n">${grouped(row.count)}</td><td>${keepTogether(spanText(row))}</td><td>${captureText(row)}</td><td>${row.question}</td></tr>`;
  })}</tbody></table></div>${rest}`;
}

/** One row a standing, one column a day, with figures where they fit. */
function dayChart(days: readonly LoggedDay[]): Markup {
  const dated = days.flatMap(({ date, standings }) => (date === null ? [] : [{ day: Date.parse(date) / DAY_MS, standings }]));
  const last = dated.at(-1)?.day;
  if (last === undefined) return NOTHING;
  const first = Math.max(dated[0].day, last - MOST_DAYS + 1);
  const columns = last - first + 1;
  const shown = dated.filter(({ day }) => day >= first);
  const rows = LOGGED_STANDINGS.map((standing) => {
    const counts = Array.from({ length: columns }, () => 0);
    for (const { day, standings } of shown) counts[day - first] = standings[standing];
    return { standing, counts };
  }).filter(({ counts }) => counts.some((count) => count > 0));
  const most = rows.reduce((held, { counts }) => counts.reduce((a, b) => Math.max(a, b), held), 1);
  const step = Math.min(WIDEST_COLUMN, WIDTH / columns);
  const x = (column: number): number => LEFT + column * step;
  const bottom = TOP + rows.length * ROW;
  const every = Math.max(1, Math.ceil(columns / MOST_TICKS));
  const size = html`viewBox="0 0 ${LEFT + WIDTH + 8} ${bottom + 6}" width="${LEFT + WIDTH + 8}" height="${bottom + 6}"`;
  return html`<h3>By day</h3><div class="scroll" tabindex="0" role="region" aria-label="Logged attempts by day, scrollable"><svg class="timeline" ${size} role="img" aria-label="Logged attempts by day and by how they stand towards the spec; the table below holds the figures">
${Array.from({ length: columns }, (_, column) => html`<line class="grid" x1="${round(x(column))}" x2="${round(x(column))}" y1="${TOP - 6}" y2="${bottom}"/>${column % every === 0 ? html`<text class="tick" x="${round(x(column)) + 3}" y="${TOP - 8}">${isoDay(first + column).slice(5)}</text>` : NOTHING}`)}
${rows.map(({ standing, counts }, i) => html`<g class="${shadeClass(standing)}"><text class="row-label" x="${LEFT - 8}" y="${TOP + i * ROW + 15}" text-anchor="end">${STANDING_WORDS[standing]}</text>${heatRow(counts, most, x, TOP + i * ROW, ROW)}${step < FIGURE_WIDTH ? NOTHING : figures(counts, most, x, TOP + i * ROW + 15)}</g>`)}</svg></div>
<p class="readout">Days in UTC. The stronger the shade the more, on a logarithmic scale.${shown.length < dated.length ? ` The last ${MOST_DAYS} days; the JSON form has all of them.` : ''}${days[0].date === null ? ` Without a time: ${standingSums(days.slice(0, 1))}.` : ''}</p>
<details class="figures"><summary>Figures by day</summary><div class="scroll"><table><caption>Logged attempts by day</caption><thead><tr><th scope="col">day</th>${rows.map(({ standing }) => html`<th scope="col" class="n">${STANDING_WORDS[standing]}</th>`)}</tr></thead><tbody>${shown.map(({ day, standings }) => html`<tr><th scope="row">${isoDay(day)}</th>${rows.map(({ standing }) => html`<td class="n">${grouped(standings[standing])}</td>`)}</tr>`)}</tbody></table></div></details>`;
}

const figures = (counts: readonly number[], most: number, x: (column: number) => number, y: number): Markup =>
  html`${counts.map((count, column) => (count === 0 ? NOTHING : html`<text class="figure${shadeOf(count, most) > 3 ? ' on-strong' : ''}" x="${round((x(column) + x(column + 1)) / 2)}" y="${y}" text-anchor="middle">${shortCount(count)}</text>`))}`;

/** `950`, `12k`, `3M`: what fits into a column; the table below has it to the last digit. */
const shortCount = (count: number): string => (count < 10_000 ? String(count) : count < 10_000_000 ? `${Math.round(count / 1000)}k` : `${Math.round(count / 1_000_000)}M`);

function rulesTable({ rules }: FirewallReview): Markup {
  if (rules.length === 0) return NOTHING;
  const { shown, rest } = cutRows(rules, 'rules');
  const standings = LOGGED_STANDINGS.filter((standing) => rules.some((rule) => rule.standings[standing] > 0));
  return html`<h3>By rule</h3><div class="scroll"><table class="by-rule"><caption>Records (or the hits that they carry) by rule: what the firewall did, and how that stands towards the spec</caption><thead><tr><th scope="col">device</th><th scope="col">rule</th><th scope="col" class="n">let through</th><th scope="col" class="n">would block</th><th scope="col" class="n">blocked</th>${standings.map((standing) => html`<th scope="col" class="n">${STANDING_WORDS[standing]}</th>`)}</tr></thead><tbody>${shown.map((one) => html`<tr><td>${one.device || '-'}<div class="sub">${one.format}</div></td><th scope="row">${one.rule || '-'}</th><td class="n">${grouped(one.verdicts.passed)}</td><td class="n">${grouped(one.verdicts['would-block'])}</td><td class="n">${grouped(one.verdicts.blocked)}</td>${standings.map((standing) => html`<td class="n">${grouped(one.standings[standing])}</td>`)}</tr>`)}</tbody></table></div>${rest}`;
}
