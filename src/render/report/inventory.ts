/** Zones, conduits with their Permits, and assets as tables of the HTML report. In: the model. Out: markup, one function a part. */
import { COMPLETENESS_MEANS } from '../../infer/completeness-words.ts';
import { firstOf, grouped, groupedPlural, plural } from '../../infer/plural.ts';
import { shortOctets } from '../instant.ts';
import { topicAttributes, type FilterWords } from './filter-words.ts';
import { html, keepTogether, NOTHING, type Markup } from './html-escape.ts';
import type { ReportConduit, ReportModel, ReportZone } from './model.ts';
import { cutRows, MOST_ROWS } from './sections.ts';
import { completeText, countWithRoles, decisionParts } from './text.ts';
import { zoneCount } from './zone-records.ts';

const slMarkup = (zone: ReportZone): Markup =>
  zone.slTarget === null ? html`<b>open</b> <span class="sub">to be set by the risk assessment (ZCR 5.6)</span>` : html`<b>SL ${zone.slTarget}</b>${zone.slBasis === 'assumption' ? html` <span class="sub">a start value, an assumption</span>` : NOTHING}`;

export function zonesSection(model: ReportModel): Markup {
  return html`<section id="zones" aria-labelledby="zones-h"><h2 id="zones-h">Zone architecture <span class="count">${grouped(zoneCount(model.zones))}</span></h2><div class="zone-list">${model.zones.map((zone, i) => zoneCard(zone, i, model))}</div></section>`;
}

const LISTED = 60;

function zoneCard(zone: ReportZone, i: number, model: ReportModel): Markup {
  const members = zone.assets.slice(0, LISTED);
  return html`<article class="card zone-card" id="zone-${i}" ${topicAttributes({ zones: [i], severities: severitiesOf(zone, model) })}><h3><button type="button" class="link" data-zone="${i}">${zone.id}</button> <span class="zone-name">${zone.name}</span></h3>
<dl><dt>SL-T</dt><dd>${slMarkup(zone)}</dd><dt>Level</dt><dd>${zone.level === '' ? 'not stated' : zone.level}, ${zone.kind}${zone.safetyRelated ? ', safety-related' : ''}${zone.airGapped ? ', declared air-gapped' : ''}${zone.criticality === '' ? '' : `, ${zone.criticality}`}</dd>
<dt>Assets</dt><dd>${countWithRoles(zone, model)}<div class="members">${members.map((asset) => html`<button type="button" class="link${model.assets[asset].isSeen ? '' : ' unseen'}" data-asset="${asset}">${model.assets[asset].id}</button> `)}${zone.assets.length > LISTED ? html`<span class="sub">and ${zone.assets.length - LISTED} more, in the list of assets</span>` : NOTHING}</div></dd>
<dt>Conduits</dt><dd>${zone.conduits.length === 0 ? 'none' : keepTogether(firstOf(zone.conduits, 24))}</dd><dt>Controls</dt><dd>${[...zone.controls, ...zone.requirements].join('; ') || 'none declared'}</dd>${zone.networks.length === 0 ? NOTHING : html`<dt>Networks</dt><dd>${zone.networks.join(', ')}</dd>`}${zone.findings === 0 ? NOTHING : html`<dt>Findings</dt><dd>${zone.findings}</dd>`}</dl>${zone.notes.map((text) => html`<p class="sub">${text}</p>`)}</article>`;
}

const severitiesOf = (zone: ReportZone, { findings }: ReportModel): string[] => findings.filter(({ fromZone, toZone }) => fromZone === zone.id || toZone === zone.id).map(({ severity }) => severity);

export function conduitsSection(model: ReportModel, words: FilterWords): Markup {
  const { shown, rest } = cutRows(model.conduits, 'conduits');
  return html`<section id="conduits" aria-labelledby="conduits-h"><h2 id="conduits-h">Conduit configuration <span class="count">${grouped(model.conduits.length)}</span></h2>
<p>${groupedPlural(model.permits.length, 'Permit')}; everything else between zones is denied.${model.head.basis === 'proposal' ? ' All of them are proposals until somebody approves them.' : ''}</p>${model.conduits.some(({ completeness }) => completeness !== null) ? html`<p class="readout">${COMPLETENESS_MEANS}</p>` : NOTHING}
${shown.map((conduit) => conduitBlock(conduit, model, words))}${rest}</section>`;
}

function conduitBlock(conduit: ReportConduit, model: ReportModel, words: FilterWords): Markup {
  const permits = conduit.permits.filter((i) => i < MOST_ROWS.permits).map((i) => ({ permit: model.permits[i], i }));
  const left = conduit.permits.length - permits.length;
  const zones = conduit.connects.map(words.zoneIndex);
  const findings = model.findings.filter((finding) => finding.conduit === conduit.id);
  return html`<article class="conduit" id="conduit-${model.conduits.indexOf(conduit)}"><h3><span>${conduit.id}</span> <span class="zone-name">${conduit.connects.join(' \u2194 ')}</span>${findings.length === 0 ? NOTHING : html` <span class="chip f-${findings[0].severity}">${plural(findings.length, 'finding')}</span>`}</h3>
<p class="sub">Firewall rules: ${conduit.allow} allow / ${conduit.deny} deny \u00b7 DPI enabled: ${conduit.inspection.enabled ? 'Yes' : 'No'} (${conduit.inspection.sentence})${conduit.slTarget === null ? '' : ` \u00b7 SL-T ${conduit.slTarget}`}${conduit.mode === '' ? '' : ` \u00b7 mode ${conduit.mode}`}${conduit.enforcedBy.length === 0 ? '' : ` \u00b7 enforced by ${conduit.enforcedBy.join(', ')}`}${conduit.controls.length === 0 ? '' : ` \u00b7 ${conduit.controls.join(', ')}`}${conduit.completeness === null ? '' : ` \u00b7 ${completeText(conduit.completeness)}`}</p>
<div class="scroll"><table class="rows permits stack"><caption class="visually-hidden">Permits of conduit ${conduit.id}</caption><thead><tr><th scope="col">Permit</th><th scope="col">client</th><th scope="col">server</th><th scope="col">service</th><th scope="col">operations</th><th scope="col">evidence</th><th scope="col">decision</th></tr></thead><tbody>${permits.length === 0 ? html`<tr><td colspan="7">${left > 0 ? 'Its Permits are in the JSON form of this report.' : 'No Permit: nothing may pass.'}</td></tr>` : permits.map(({ permit, i }) => html`<tr ${topicAttributes({ zones, protocols: [words.protocolIndex(permit.protocol)], accesses: permit.accesses, severities: findings.filter((finding) => finding.permit === permit.id).map(({ severity }) => severity) })}><th scope="row"><button type="button" class="link" data-permit="${i}">${permit.id}</button></th><td><b>${permit.fromZone}</b><div class="sub">${keepTogether(permit.from)}</div></td><td><b>${permit.toZone}</b><div class="sub">${keepTogether(permit.to)}</div></td><td>${permit.service}${permit.conditions === '' ? NOTHING : html`<div class="sub">${permit.conditions}</div>`}</td><td>${keepTogether(permit.operations)}${permit.purpose === '' ? NOTHING : html`<div class="sub">${permit.purpose}</div>`}</td><td>${keepTogether(permit.evidence)}${permit.neverSeen === 0 ? NOTHING : html`<div class="sub">lets through ${permit.neverSeen} never seen (${permit.generalisedBy.join(', ')})</div>`}</td><td>${decisionParts(permit).map((part, at) => (at === 0 ? html`${part}` : html`<div class="sub">${part}</div>`))}${permit.question === '' ? NOTHING : html`<div class="sub">${permit.question}</div>`}</td></tr>`)}</tbody></table></div>${left > 0 && permits.length > 0 ? html`<p class="readout">${left} more Permits are in the JSON form of this report.</p>` : NOTHING}</article>`;
}

export function assetsSection(model: ReportModel): Markup {
  const rows = model.assets.map((asset, i) => ({ asset, i })).sort((a, b) => a.asset.zone - b.asset.zone || a.i - b.i);
  const { shown, rest } = cutRows(rows, 'assets');
  return html`<section id="assets" aria-labelledby="assets-h"><h2 id="assets-h">Assets <span class="count">${grouped(model.assets.length)}</span></h2><div class="scroll"><table class="rows assets"><caption>Every asset; its name opens role with evidence, peers, operations, registers and hours</caption><thead><tr><th scope="col">asset</th><th scope="col">zone</th><th scope="col">role</th><th scope="col">level</th><th scope="col">vendor</th><th scope="col">addresses</th><th scope="col" class="n">traffic</th><th scope="col" class="n">findings</th></tr></thead><tbody>${shown.map(({ asset, i }) => html`<tr ${topicAttributes({ zones: [asset.zone], severities: asset.findings === 0 ? [] : severitiesOfAsset(i, model) })}><th scope="row"><button type="button" class="link" data-asset="${i}">${asset.id}</button>${asset.label === asset.id ? NOTHING : html`<div class="sub">${asset.label}</div>`}</th><td>${keepTogether(model.zones[asset.zone]?.id ?? '')}</td><td>${asset.declaredRole ?? asset.seenRole ?? 'unknown'}${roleNote(asset.declaredRole, asset.seenRole, asset.isSeen, asset.confidence)}</td><td>${asset.level === null ? '-' : asset.level}</td><td>${asset.vendor}</td><td>${asset.addresses.slice(0, 4).join(', ') || asset.macs.slice(0, 2).join(', ')}${asset.addresses.length > 4 ? ` and ${asset.addresses.length - 4} more` : ''}</td><td class="n">${asset.isSeen ? shortOctets(asset.bytes) : '-'}</td><td class="n">${asset.findings === 0 ? '' : grouped(asset.findings)}</td></tr>`)}</tbody></table></div>${rest}</section>`;
}

const severitiesOfAsset = (i: number, { findings }: ReportModel): string[] => findings.filter(({ clientAsset, serverAsset }) => clientAsset === i || serverAsset === i).map(({ severity }) => severity);

function roleNote(declared: string | null, seen: string | null, isSeen: boolean, confidence: number | null): Markup {
  if (!isSeen) return html`<div class="sub">declared, never seen</div>`;
  const sure = confidence === null ? '' : ` (confidence ${confidence.toFixed(2)})`;
  if (declared === null || declared === seen || seen === null) return declared === null ? html`<div class="sub">from the traffic${sure}</div>` : NOTHING;
  return html`<div class="sub">seen as ${seen}${sure}</div>`;
}
