/**
 * The HTML report: one file, opened offline, that loads nothing. In: the report and its observations. Out: chunks of text.
 * Content-Security-Policy lets only the one style and the one script of this file act, by their hashes; there are no inline
 * handlers and no inline styles. Everything needed on paper stands in the markup; the script adds search, filters and
 * detail on demand from embedded data.
 */
import { grouped, groupedPlural } from '../../infer/plural.ts';
import { SEVERITIES } from '../../policy/diff/findings.ts';
import type { Report, ReportInput } from './assemble.ts';
import { firewallSection } from './firewall-section.ts';
import { filterWords, type FilterWords } from './filter-words.ts';
import { html, NOTHING, scriptJson, type Markup } from './html-escape.ts';
import { assetsSection, conduitsSection, zonesSection } from './inventory.ts';
import { zoneMap } from './map.ts';
import { trafficMatrix } from './matrix.ts';
import type { ReportModel } from './model.ts';
import { pageAssets } from './page-assets.ts';
import { pageData, type LivePage } from './page-data.ts';
import { cutoverSection, decisionsSection, findingsSection, lossSection, provenanceSection, requirementsSection, simulationSection, trustSection, validationSection } from './sections.ts';
import { completenessChart, timelineChart } from './timeline.ts';
import { zoneCount } from './zone-records.ts';

/** What a page may do; the same words go into the header of a served one. */
export const contentPolicy = (isLive: boolean): string => {
  const { styleHash, scriptHash } = pageAssets(isLive);
  return `default-src 'none'; style-src ${styleHash}; script-src ${scriptHash}; ${isLive ? "connect-src 'self'; " : ''}base-uri 'none'; form-action 'none'`;
};

export function* reportHtml({ model, standings, input }: Report & { readonly input: ReportInput }, live: LivePage | null = null): Generator<string> {
  const words = filterWords(model, input.set.conversations);
  const { style, script } = pageAssets(live !== null);
  const title = `${model.head.facility === '' ? '' : `${model.head.facility}: `}zones and conduits`;
  yield '<!DOCTYPE html>\n';
  // The policy holds nothing but our own words and base64; the escaper would break its quotes.
  yield `<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${contentPolicy(live !== null)}">`;
  yield html`<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark"><title>${title}</title>`.markup;
  yield `<style>${style}</style></head>\n`;
  const data = pageData(model, standings, input, words, live);
  for (const part of body(model, words, data.detailStep > 0, live)) yield `${part.markup}\n`;
  yield `<script type="application/json" id="report-data">${scriptJson(data).markup}</script>\n`;
  yield `<script>${script}</script>\n</body></html>\n`;
}

const total = (section: string, count: number, word: string): Markup => html`<a href="#${section}"><b>${grouped(count)}</b> ${count === 1 ? word : `${word}s`}</a>`;

const SECTIONS: readonly (readonly [id: string, title: string])[] = [
  ['trust', 'What this rests on'], ['findings', 'Findings'], ['map-section', 'Map'], ['zones', 'Zones'], ['conduits', 'Conduits'], ['matrix-section', 'Traffic matrix'], ['time', 'Timeline'],
  ['assets', 'Assets'], ['requirements', 'Requirements'], ['simulation', 'Enforcement'], ['firewall', 'Firewall logs'], ['losses', 'Losses'], ['cutover', 'Cut-over'], ['validation', 'Validation'], ['decisions', 'Decisions'], ['provenance', 'Provenance'],
];

function* body(model: ReportModel, words: FilterWords, isCut: boolean, live: LivePage | null): Generator<Markup> {
  const { head } = model;
  const absent = new Set([...(model.simulations.length > 0 ? [] : ['simulation', 'cutover']), ...(model.losses.length > 0 ? [] : ['losses']), ...(model.firewall === null ? ['firewall'] : [])]);
  yield html`<body><a class="skip" href="#main">Skip to the report</a>
<header class="top"><p class="eyebrow">IEC 62443 zone implementation report</p><h1>${head.facility === '' ? 'Facility not stated' : head.facility}</h1>
<p class="head-line">${head.basis === 'spec' ? 'Declared zones and conduits against what was observed' : 'Zones and conduits proposed from what was observed'} \u00b7 ${head.date === '' ? 'nothing observed' : head.date} <span class="sub">(${head.dateBasis})</span> \u00b7 ${head.standard}</p>
<p class="totals">${total('zones', zoneCount(model.zones), 'zone')} ${total('assets', model.assets.length, 'asset')} ${total('conduits', model.conduits.length, 'conduit')} ${total('conduits', model.permits.length, 'Permit')} ${total('findings', model.findings.length, 'finding')} ${total('decisions', model.decisions.length, 'open decision')}</p></header>
<nav class="contents" aria-label="Sections"><ol>${SECTIONS.filter(([id]) => !absent.has(id)).map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ol></nav>`;
  if (live !== null) yield liveBar(model, live);
  yield filterBar(model, words);
  yield html`<main id="main" tabindex="-1">`;
  yield trustSection(model);
  yield findingsSection(model, words);
  yield html`<section id="map-section" aria-labelledby="map-title"><h2 id="map-title">Zone and conduit map</h2><p id="map-summary">${mapSummary(model)}</p>
<div class="map-tools no-print" role="group" aria-label="Map size"><button type="button" data-zoom="in" aria-label="Larger">+</button><button type="button" data-zoom="out" aria-label="Smaller">\u2212</button><button type="button" data-zoom="fit">Fit</button></div>
${zoneMap(model, words)}
<ul class="legend" aria-label="Legend"><li><i class="l a-read"></i>reads only</li><li><i class="l a-write"></i>writes</li><li><i class="l a-control"></i>controls or programs</li><li><i class="l a-other"></i>operations not known</li><li><i class="l dash"></i>seen, not all declared, or some set aside</li><li><i class="l dots"></i>declared, never seen</li><li><b class="legend-badge">2</b>findings</li><li>arrow: from who opens to who serves; width: traffic (logarithmic)</li></ul></section>`;
  yield zonesSection(model);
  yield conduitsSection(model, words);
  yield html`<section id="matrix-section" aria-labelledby="matrix-h"><h2 id="matrix-h">Traffic matrix: observed against declared</h2>${trafficMatrix(model, words)}</section>`;
  yield html`<section id="time" aria-labelledby="time-h"><h2 id="time-h">Timeline</h2><h3>Activity by zone</h3>${timelineChart(model)}<h3>What was still new, day by day</h3>${completenessChart(model)}${regimes(model)}</section>`;
  yield assetsSection(model);
  if (isCut) yield html`<p class="readout">The plant is large: of each conversation this file holds its operations and ranges only in part. <code>baseline flows --json</code> has them all.</p>`;
  yield requirementsSection(model);
  yield simulationSection(model);
  yield firewallSection(model, words);
  yield lossSection(model);
  yield cutoverSection(model);
  yield validationSection(model);
  yield decisionsSection(model);
  yield provenanceSection(model);
  yield html`</main><aside id="panel" class="no-print" aria-labelledby="panel-title" hidden><div class="panel-bar"><h2 id="panel-title" tabindex="-1">Detail</h2><button type="button" id="panel-back" aria-label="Back to the detail before" hidden>\u2190</button><button type="button" id="panel-close" aria-label="Close the detail">\u00d7</button></div><div id="panel-body"></div></aside>`;
}

const liveBar = ({ head }: ReportModel, live: LivePage): Markup =>
  html`<div class="live no-print" id="live" role="region" aria-label="Live view"><span class="live-state" id="live-text">Live</span><span>${live.spec === null ? html`a proposal, to look at; name a spec to edit it` : html`edits go into <code>${head.specFile}</code>, and nowhere else`}</span><span id="live-news" role="status"></span><button type="button" id="live-undo" hidden></button></div>`;

function mapSummary({ zones, crossings, head }: ReportModel): string {
  const between = crossings.filter(({ from, to, conversations }) => from !== to && conversations > 0);
  const undeclared = between.filter((crossing) => crossing.undeclared > 0);
  const aside = between.filter(({ setAside }) => setAside > 0).length;
  return `${groupedPlural(zoneCount(zones), 'zone')}${zoneCount(zones) === zones.length ? '' : ', and assets in none of them'}; traffic in ${groupedPlural(between.length, 'direction')} between them${head.basis === 'spec' ? `, ${grouped(undeclared.length)} of them with something that is not declared` : ''}${aside > 0 ? `, ${grouped(aside)} with something that is set aside, so that no Permit lets it through` : ''}. Choose a zone, an asset or a bundle for its evidence.`;
}

function regimes({ timeline }: ReportModel): Markup {
  if (timeline.regimes.length === 0) return NOTHING;
  return html`<h3>Regimes of the plant</h3><ul class="regimes">${timeline.regimes.map((one) => html`<li><span class="note-mark ${one.covered ? 'good' : 'warn'}" aria-hidden="true">${one.covered ? '\u2713' : '!'}</span> <b>${one.regime}</b> ${one.covered ? 'heard' : 'not heard'}: ${one.sentence}</li>`)}</ul>`;
}

function filterBar(model: ReportModel, words: FilterWords): Markup {
  const option = (value: string | number, text: string): Markup => html`<option value="${value}">${text}</option>`;
  return html`<form class="filters no-print" id="filters" role="search" aria-label="Search and filters"><label>Search <input type="search" id="f-text" placeholder="asset, address, rule, word" autocomplete="off"></label><label>Zone <select id="f-zone"><option value="">all</option>${model.zones.map((zone, i) => option(i, zone.id))}</select></label><label>Protocol <select id="f-protocol"><option value="">all</option>${words.protocols.map((name, i) => option(i, name))}</select></label><label>Access <select id="f-access"><option value="">all</option>${['read', 'write', 'control', 'program', 'diagnose', 'browse'].map((access) => option(access, access))}</select></label><label>Finding <select id="f-finding"><option value="">all</option>${option('any', 'any finding')}${SEVERITIES.filter((severity) => model.findings.some((one) => one.severity === severity)).map((severity) => option(severity, severity))}</select></label><button type="reset" id="f-clear">Clear</button><button type="button" id="theme" aria-label="Switch between light and dark">\u25d0</button><output id="f-count" aria-live="polite"></output></form>`;
}
