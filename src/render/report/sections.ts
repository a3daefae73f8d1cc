/** Parts of the HTML report that say what it rests on and what has to be done. In: the model. Out: markup, one function a part. */
import { grouped, groupedPlural, plural } from '../../infer/plural.ts';
import { SEVERITIES, type Severity } from '../../policy/diff/findings.ts';
import { shortMinute, shortOctets } from '../instant.ts';
import { evidenceText, listedExceptions } from '../verification.ts';
import { topicAttributes, type FilterWords } from './filter-words.ts';
import { html, keepTogether, NOTHING, prose, type Markup } from './html-escape.ts';
import type { ReportModel, SimulationSummary } from './model.ts';
import { acceptedRisks, basisText, noFindingText } from './text.ts';

const time = (iso: string | null): string => (iso === null ? 'never' : `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`);

export const note = (kind: 'good' | 'warn' | 'bad', text: Markup): Markup => html`<p class="note ${kind}"><span class="note-mark" aria-hidden="true">${kind === 'good' ? '\u2713' : kind === 'warn' ? '!' : '\u2717'}</span><span>${text}</span></p>`;

/** First of all: can this be trusted? */
export function trustSection(model: ReportModel): Markup {
  const { status, head } = model;
  const { completeness, sensor, totals } = status;
  return html`<section id="trust" aria-labelledby="trust-h"><h2 id="trust-h">What this rests on</h2>
<div class="cards">
<article class="card"><h3>Provenance</h3><dl><dt>Basis</dt><dd>${head.basis === 'spec' ? html`declared in <code>${head.specFile}</code>, compared with what was observed` : basisText(model)}</dd><dt>Observed</dt><dd>${keepTogether(`${time(status.span.first)} to ${time(status.span.last)}`)}</dd><dt>Seen</dt><dd>${keepTogether(`${groupedPlural(totals.packets, 'packet')}, ${shortOctets(totals.bytes)}, ${groupedPlural(totals.conversations, 'conversation')}, ${groupedPlural(totals.operations, 'operation')} of ${groupedPlural(totals.assets, 'asset')}`)}</dd><dt>Captures</dt><dd>${status.captures.length}, digests <a href="#provenance">below</a></dd>${status.firewallLogs.logs.length === 0 ? NOTHING : html`<dt>Firewall logs</dt><dd>${status.firewallLogs.logs.length}, what they say <a href="#firewall">below</a></dd>`}<dt>Made by</dt><dd>${head.tool}<br><code>${head.commandLine}</code></dd></dl></article>
<article class="card"><h3>Completeness</h3>${completeness.sufficient ? note('good', html`Enough was heard under the stopping rule.`) : note('warn', html`Not enough was heard yet${completeness.listenUntil === null ? '' : html`: keep listening until ${keepTogether(completeness.listenUntil)}`}.`)}<dl><dt>Days heard</dt><dd>${completeness.days}</dd></dl><ul>${completeness.sentences.map((text) => html`<li>${prose(text)}</li>`)}</ul></article>
<article class="card"><h3>Sensor truth</h3>${sensor.losses.length === 0 ? note('good', html`Nothing is known to be missing.`) : note('warn', html`The sensor did not see everything, or saw some of it twice.`)}<ul>${[...sensor.losses, ...sensor.scans].map((text) => html`<li>${prose(text)}</li>`)}</ul><dl><dt>Hours heard</dt><dd>${grouped(sensor.activeHours)} of ${grouped(sensor.spannedHours)}</dd></dl></article>
</div></section>`;
}

/** Rows beyond these are in the JSON form: a page of a hundred thousand rows helps nobody, and the file stays below 15 MB. */
export const MOST_ROWS = { findings: 1_000, checks: 1_000, conduits: 3_000, permits: 1_500, assets: 6_000, decisions: 2_000, attempts: 1_000, rules: 500 } as const;

export const cutRows = <T>(rows: readonly T[], what: keyof typeof MOST_ROWS): { readonly shown: readonly T[]; readonly rest: Markup } => ({
  shown: rows.slice(0, MOST_ROWS[what]),
  rest: rows.length > MOST_ROWS[what] ? html`<p class="readout">${grouped(rows.length - MOST_ROWS[what])} more ${what} are in the JSON form of this report.</p>` : NOTHING,
});

const chip = (severity: Severity): Markup => html`<span class="chip f-${severity}">${severity}</span>`;

export function findingsSection(model: ReportModel, words: FilterWords): Markup {
  const { findings } = model;
  const { shown, rest } = cutRows(findings, 'findings');
  const counts = SEVERITIES.map((severity) => [severity, findings.filter((one) => one.severity === severity).length] as const).filter(([, count]) => count > 0);
  return html`<section id="findings" aria-labelledby="findings-h"><h2 id="findings-h">Findings <span class="count">${grouped(findings.length)}</span></h2>
${findings.length === 0 ? note('good', html`No finding: ${noFindingText(model)}.${model.head.basis === 'proposal' ? ' What it does not judge is below: requirement checks and open decisions.' : NOTHING}`) : html`<p>${counts.map(([severity, count]) => html`${chip(severity)} ${count}&ensp;`)}</p>
<div class="scroll"><table class="rows findings stack" id="findings-table"><caption>Where the observed and the declared differ, worst first</caption><thead><tr><th scope="col">severity</th><th scope="col">what</th><th scope="col">where</th><th scope="col">when</th><th scope="col">what to do</th></tr></thead><tbody>${shown.map((one, i) => html`<tr id="finding-${i}" ${topicAttributes({ zones: [words.zoneIndex(one.fromZone), words.zoneIndex(one.toZone)], protocols: protocolsOf(one, model, words), accesses: [], severities: [one.severity] })}><td>${chip(one.severity)}</td><td><button type="button" class="link" data-finding="${i}">${keepTogether(one.title)}</button><div class="sub">${one.type}${one.requirement === null ? '' : `, ${one.requirement}`} \u00b7 <code>${one.id}</code></div><div class="sub">${keepTogether(one.detail)}</div></td><td${placeOf(one) === '' ? html` class="none"` : NOTHING}>${keepTogether(placeOf(one) || '-')}${one.place === null ? NOTHING : html`<div class="sub">line ${one.place.split(':').at(-2)} of the spec</div>`}</td><td class="nowrap${one.first === null ? ' none' : ''}">${one.first === null ? '-' : html`<span class="nowrap">${one.first.slice(0, 10)}</span> ${one.first.slice(11, 16)}${one.last === null || one.last.slice(0, 10) === one.first.slice(0, 10) ? NOTHING : html`<div class="sub">to <span class="nowrap">${one.last.slice(0, 10)}</span></div>`}`}</td><td>${keepTogether(one.remedy)}</td></tr>`)}</tbody></table></div>${rest}`}</section>`;
}

/** Its conduit, else its zones; '' where it has none. */
const placeOf = ({ conduit, fromZone, toZone }: ReportModel['findings'][number]): string => conduit ?? [fromZone, toZone].filter((zone) => zone !== null).join(' \u2192 ');

function protocolsOf({ service, permit }: ReportModel['findings'][number], model: ReportModel, words: FilterWords): number[] {
  const declared = permit === null ? undefined : model.permits.find(({ id }) => id === permit);
  return [service?.replace(/ \(.*$/, '') ?? '', declared?.protocol ?? ''].filter((name) => name !== '').map(words.protocolIndex);
}

export function requirementsSection(model: ReportModel): Markup {
  const { requirements } = model;
  const { shown, rest } = cutRows(requirements, 'checks');
  const accepted = acceptedRisks(model);
  return html`<section id="requirements" aria-labelledby="requirements-h"><h2 id="requirements-h">Requirement checks <span class="count">${grouped(requirements.length)}</span></h2>
${requirements.length === 0 ? note('good', html`No requirement of IEC 62443-3-2 ZCR 3.2 to 3.6 is seen to be broken by the traffic of this report.`) : html`<div class="scroll"><table class="rows requirements stack"><caption>Requirements and good practice that the traffic or the partition does not meet; the two are never mixed up</caption><thead><tr><th scope="col">severity</th><th scope="col">what</th><th scope="col">rests on</th><th scope="col">kind</th></tr></thead><tbody>${shown.map((one) => html`<tr><td>${chip(one.severity)}</td><td>${keepTogether(one.sentence)}<div class="sub">${one.rule}, ${one.source === 'spec' ? 'against the spec' : 'from the traffic'}</div></td><td>${one.citation}</td><td>${one.basis}</td></tr>`)}</tbody></table></div>${rest}`}${accepted.length === 0 ? NOTHING : html`<h3>Accepted by their owners</h3><ul>${accepted.slice(0, MOST_ROWS.checks).map((text) => html`<li>${text}</li>`)}</ul>`}</section>`;
}

export function simulationSection({ simulations }: ReportModel): Markup {
  if (simulations.length === 0) return NOTHING;
  return html`<section id="simulation" aria-labelledby="simulation-h"><h2 id="simulation-h">What enforcement would break</h2>
<div class="scroll"><table><caption>Every observed conversation between zones, judged as each firewall would</caption><thead><tr><th scope="col">judged by</th><th scope="col" class="n">pass</th><th scope="col" class="n">only while switched on</th><th scope="col" class="n">set aside</th><th scope="col" class="n">blocked</th><th scope="col" class="n">requests blocked</th><th scope="col" class="n">open sessions broken once</th><th scope="col" class="n">residual risk</th><th scope="col">note</th></tr></thead><tbody>${simulations.map((one) => html`<tr><th scope="row">${one.title}</th><td class="n">${grouped(one.passed)} of ${grouped(one.judged)}</td><td class="n">${grouped(one.onDemand)}</td><td class="n">${grouped(one.setAside)}</td><td class="n">${grouped(one.blockedConversations)}</td><td class="n">${grouped(one.blockedRequests)}</td><td class="n">${one.midstream}</td><td class="n">${grouped(one.residualRisk)}</td><td>${one.note}</td></tr>`)}</tbody></table></div>
<p class="readout">Residual risk: what the target lets through beyond the Permits, each read 1, write 5, programming 10, times pairs of devices; 0 is exactly the spec.</p>
${simulations.map(simulationDetail)}</section>`;
}

const simulationDetail = (one: SimulationSummary): Markup =>
  one.blocked.length === 0 ? NOTHING : html`<details><summary>${one.title}: ${plural(one.blocked.length + one.blockedMore, 'operation')} blocked</summary><div class="scroll"><table class="rows blocked"><caption>Blocked by ${one.title}</caption><thead><tr><th scope="col">who</th><th scope="col">operation</th><th scope="col" class="n">requests</th><th scope="col" class="n">days</th><th scope="col">why</th></tr></thead><tbody>${one.blocked.map((hit) => html`<tr data-row data-z="" data-p="" data-a="" data-f=""><td>${keepTogether(hit.who)}</td><td>${keepTogether(hit.operation)}</td><td class="n">${grouped(hit.count)}</td><td class="n">${hit.days}</td><td>${keepTogether(hit.why)}</td></tr>`)}</tbody></table></div>${one.blockedMore > 0 ? html`<p class="readout">and ${one.blockedMore} more</p>` : NOTHING}</details>`;

export function lossSection({ losses }: ReportModel): Markup {
  if (losses.length === 0) return NOTHING;
  return html`<section id="losses" aria-labelledby="losses-h"><h2 id="losses-h">What firewalls can hold of it</h2>
<div class="scroll"><table><caption>Permits by what each target can write of them; what is wider or has no rule is listed below</caption><thead><tr><th scope="col">target</th><th scope="col" class="n">written exactly</th><th scope="col" class="n">written wider</th><th scope="col" class="n">without a rule</th></tr></thead><tbody>${losses.map((one) => html`<tr><th scope="row">${one.title}</th><td class="n">${one.enforced}</td><td class="n">${one.widened}</td><td class="n">${one.notEnforceable}</td></tr>`)}</tbody></table></div>
${[...new Set(losses.map(({ passedBy }) => passedBy))].filter((sentence) => sentence !== '').map((sentence) => note('warn', html`${losses.filter(({ passedBy }) => passedBy === sentence).map(({ target }) => target).join(', ')}: ${sentence}.`))}
${losses.map((one) => (one.rows.length === 0 ? NOTHING : html`<details><summary>${one.title}: ${plural(one.widened + one.notEnforceable, 'Permit')} not held exactly</summary><div class="scroll"><table><caption>Loss report of ${one.target}</caption><thead><tr><th scope="col">Permit</th><th scope="col">verdict</th><th scope="col">widened to</th><th scope="col">why</th></tr></thead><tbody>${one.rows.map((row) => html`<tr><th scope="row">${row.permit}</th><td>${row.verdict}</td><td>${row.widenedTo}</td><td>${row.reasons}</td></tr>`)}</tbody></table></div>${one.rowsMore === 0 ? NOTHING : html`<p>${grouped(one.rowsMore)} more: see <code>baseline export</code>.</p>`}</details>`))}</section>`;
}

export function cutoverSection({ simulations }: ReportModel): Markup {
  const cutover = simulations[0]?.cutover ?? [];
  if (cutover.length === 0) return NOTHING;
  return html`<section id="cutover" aria-labelledby="cutover-h"><h2 id="cutover-h">Cut-over plan</h2><p>One conduit at a time, in a maintenance window, with a way back; the least consequence first, what would still block last.</p>
<div class="scroll"><table><caption>Order in which to enforce the conduits</caption><thead><tr><th scope="col" class="n">step</th><th scope="col">conduit</th><th scope="col" class="n">blocked operations</th><th scope="col" class="n">sessions broken once</th><th scope="col" class="n">consequence (1 to 5)</th><th scope="col" class="n">days of evidence</th><th scope="col">why here</th></tr></thead><tbody>${cutover.map((step, i) => html`<tr><td class="n">${i + 1}</td><th scope="row">${keepTogether(step.conduit)}</th><td class="n">${step.blocked}</td><td class="n">${step.midstream}</td><td class="n">${step.consequence}</td><td class="n">${step.evidenceDays}</td><td>${step.reason}</td></tr>`)}</tbody></table></div></section>`;
}

/** Checks listed in the page; the JSON form has all of them. */
const MOST_CHECKS = 500;

export function validationSection({ validation }: ReportModel): Markup {
  const { words, checks } = validation;
  const open = checks.filter(({ verdict }) => verdict !== 'pass');
  const shown = open.slice(0, MOST_CHECKS);
  const rest = open.length - shown.length;
  const passed = checks.filter(({ verdict }) => verdict === 'pass').length;
  return html`<section id="validation" aria-labelledby="validation-h"><h2 id="validation-h">Validation results</h2><p>Basis: ${words.basis}.</p>
<dl class="results"><dt>Cross-zone tests</dt><dd><b>${words.crossZone}</b> <span class="sub">an operation passes when it was asked and answered</span></dd>
<dt>Prohibited path tests</dt><dd><b>${words.prohibited}</b>${words.exceptions.length === 0 ? NOTHING : html`<ul>${listedExceptions(words).map((exception) => html`<li>${keepTogether(exception)}</li>`)}</ul>`}</dd>
<dt>Protocol enforcement</dt><dd>${words.enforcement}</dd>${words.diodes.map((diode) => html`<dt>Data diode</dt><dd>${diode}</dd>`)}</dl>
${shown.length === 0 ? NOTHING : html`<div class="scroll"><table class="checks stack"><caption>What failed, and what could not be judged</caption><thead><tr><th scope="col">verdict</th><th scope="col">test</th><th scope="col">conduit</th><th scope="col">what</th><th scope="col">why</th><th scope="col">observations</th><th scope="col">to do</th></tr></thead><tbody>${shown.map((check) => html`<tr><td>${check.verdict.replace('-', ' ')}</td><td>${check.kind}</td><td>${check.conduit ?? ''}</td><th scope="row">${keepTogether(check.title)}</th><td>${keepTogether(check.reason)}</td><td>${keepTogether(evidenceText(check))}</td><td>${keepTogether(check.remedy)}</td></tr>`)}</tbody></table></div>`}${rest === 0 ? NOTHING : html`<p class="readout">${grouped(rest)} more that did not pass are in the JSON form of this report.</p>`}
<p class="sub">${plural(passed, 'test')} passed and ${passed === 1 ? 'is' : 'are'} not listed; the JSON form has them.</p></section>`;
}

export function decisionsSection({ decisions }: ReportModel): Markup {
  const { shown, rest } = cutRows(decisions, 'decisions');
  return html`<section id="decisions" aria-labelledby="decisions-h"><h2 id="decisions-h">Open decisions <span class="count">${grouped(decisions.length)}</span></h2>${decisions.length === 0 ? note('good', html`Nothing is left to decide.`) : html`<div class="scroll"><table class="rows stack"><caption>What a person has to decide before anything is enforced</caption><thead><tr><th scope="col">about</th><th scope="col">kind</th><th scope="col">to decide</th></tr></thead><tbody>${shown.map((one) => html`<tr><th scope="row">${keepTogether(one.about)}</th><td>${one.kind}</td><td>${keepTogether(one.sentence)}</td></tr>`)}</tbody></table></div>${rest}`}</section>`;
}

const minute = (iso: string | null): Markup => keepTogether(shortMinute(iso));

const logTable = ({ firewallLogs: { logs } }: ReportModel['status']): Markup =>
  logs.length === 0 ? NOTHING : html`<div class="scroll"><table class="sources"><caption>Logs of firewalls that this report rests on</caption><thead><tr><th scope="col">log</th><th scope="col">state</th><th scope="col" class="n">lines</th><th scope="col" class="n">records</th><th scope="col">from</th><th scope="col">to</th><th scope="col">SHA-256</th></tr></thead><tbody>${logs.map((log) => html`<tr><th scope="row">${log.name}</th><td>${log.state}${log.reason === undefined ? NOTHING : html`<div class="sub">${log.reason}</div>`}</td><td class="n">${grouped(log.lines)}</td><td class="n">${grouped(log.records)}</td><td class="nowrap">${minute(log.first)}</td><td class="nowrap">${minute(log.last)}</td><td><code class="digest">${log.digest === '' ? 'stream' : log.digest}</code></td></tr>`)}</tbody></table></div>`;

export function provenanceSection({ status, head, counts }: ReportModel): Markup {
  const counters = [...Object.entries(status.stops).map(([name, count]) => [`stop ${name}`, count] as const), ...Object.entries(status.counters)];
  return html`<section id="provenance" aria-labelledby="provenance-h"><h2 id="provenance-h">Provenance</h2><p><code>${head.commandLine}</code> by ${head.tool} on the store <code>${status.store.path}</code>${head.specFile === null ? NOTHING : html`; spec <code>${head.specFile}</code>, SHA-256 <code>${head.specDigest}</code>`}. The same input gives the same bytes.</p>
<div class="scroll"><table class="sources"><caption>Captures that this report rests on</caption><thead><tr><th scope="col">capture</th><th scope="col">kind</th><th scope="col">state</th><th scope="col" class="n">packets</th><th scope="col">from</th><th scope="col">to</th><th scope="col">SHA-256</th></tr></thead><tbody>${status.captures.map((capture) => html`<tr><th scope="row">${capture.name}</th><td>${capture.kind}, ${capture.format}</td><td>${capture.state}${capture.reason === undefined ? NOTHING : html`<div class="sub">${capture.reason}</div>`}</td><td class="n">${grouped(capture.packets)}</td><td class="nowrap">${minute(capture.first)}</td><td class="nowrap">${minute(capture.last)}</td><td><code class="digest">${capture.digest === '' ? 'stream' : capture.digest}</code></td></tr>`)}</tbody></table></div>
${logTable(status)}<details><summary>How conversations were judged, and every counter of the sensor</summary><div class="scroll"><table><caption>Counts</caption><tbody>${Object.entries(counts).map(([name, count]) => html`<tr><th scope="row">conversations: ${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}</th><td class="n">${grouped(count)}</td></tr>`)}${counters.map(([name, count]) => html`<tr><th scope="row"><code>${name}</code></th><td class="n">${grouped(count)}</td></tr>`)}</tbody></table></div></details></section>`;
}
