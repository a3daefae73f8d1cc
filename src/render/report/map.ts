/**
 * The zone and conduit map as SVG: boxes by Purdue level, bundles with direction, width by traffic, colour by the strongest
 * access, and marks for findings that do not rest on colour alone. Every box and bundle is a link, so that it works with
 * the keyboard, a screen reader and without any script. In: the model. Out: markup.
 */
import { groupedPlural, plural } from '../../infer/plural.ts';
import { SEVERITIES } from '../../policy/diff/findings.ts';
import { cut } from '../printable.ts';
import { topicAttributes, type FilterWords } from './filter-words.ts';
import { drawing, html, NOTHING, type Markup } from './html-escape.ts';
import { layoutMap, type LayoutBox, type PlacedBox, type PlacedPair } from './map-layout.ts';
import { mapNodes, nodePairs, standingOf, type MapNode, type NodePair, type PairStanding } from './map-nodes.ts';
import type { ReportAsset, ReportModel } from './model.ts';

const COLUMN_WIDTH = 198;
const HEAD_HEIGHT = 44;
const ASSET_LINE = 16;
/** Assets of a box stand in two columns from here on, while there are few boxes. */
const TWO_COLUMNS_FROM = 4;
const FEW_BOXES = 24;
const MOST_LINES = 7;
const TILE = 17;
const TILES_WIDE = 34;

export function zoneMap(model: ReportModel, words: FilterWords): Markup {
  const nodes = mapNodes(model);
  const pairs = nodePairs(model, nodes);
  const layout = layoutMap(nodes.map((node) => boxOf(node, nodes.length)), pairs);
  const placedPairs = layout.pairs.map((placed) => ({ placed, pair: pairs.find(({ a, b }) => a === placed.a && b === placed.b) })).filter((one): one is { placed: PlacedPair; pair: NodePair } => one.pair !== undefined);
  const accessKinds = ['other', 'read', 'write', 'control'];
  return html`<div class="map-frame" id="map-frame" tabindex="0" role="region" aria-label="Zone and conduit map, scrollable"><svg id="map" class="map" viewBox="0 0 ${layout.width} ${layout.height}" width="${layout.width}" height="${layout.height}" role="group" aria-labelledby="map-title map-summary">
<defs>${accessKinds.map((kind) => html`<marker id="arrow-${kind}" viewBox="0 0 10 10" refX="8.5" refY="5" markerWidth="11" markerHeight="11" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path class="arrow a-${kind}" d="M0 0.8L10 5L0 9.2z"/></marker>`)}</defs>
<g class="bands" aria-hidden="true">${layout.bands.map((band, i) => html`<rect class="band${i % 2 === 0 ? '' : ' odd'}" x="0" y="${Math.round(band.y)}" width="${layout.width}" height="${Math.round(band.height)}"/><text class="band-label" x="10" y="${Math.round(band.y + band.height / 2) - 2}">${band.level === null ? 'no' : 'Level'}</text><text class="band-label strong" x="10" y="${Math.round(band.y + band.height / 2) + 14}">${bandLabel(band.level, model)}</text>`)}</g>
<g class="bundles">${placedPairs.map(({ placed, pair }) => bundle(placed, pair, nodes, model, words))}</g>
<g class="boxes">${layout.boxes.map((box) => zoneBox(box, nodes[box.key], nodes.length, model))}</g>
<g class="badges">${placedPairs.map(({ placed, pair }) => badge(placed, pair, model))}</g>
</svg></div>`;
}

/** As the zones of the band write it, where they agree; else the middle of their levels, by which they are placed. */
function bandLabel(level: number | null, { zones }: ReportModel): string {
  if (level === null) return 'level';
  const written = [...new Set(zones.filter(({ levelMiddle }) => levelMiddle === level).map((zone) => zone.level))];
  return written.length === 1 && written[0] !== '' ? written[0] : String(level);
}

/** Columns and lines of assets in a box, and how many assets are listed. */
function listingOf(node: MapNode, boxes: number): { readonly columns: number; readonly lines: number; readonly listed: number } {
  const columns = boxes <= FEW_BOXES && node.assets >= TWO_COLUMNS_FROM ? 2 : 1;
  const lines = Math.min(MOST_LINES, Math.ceil(node.assets / columns));
  return { columns, lines, listed: node.assets <= lines * columns ? node.assets : lines * columns - 1 };
}

function boxOf(node: MapNode, boxes: number): LayoutBox {
  if (node.isGroup) {
    const columns = Math.min(TILES_WIDE, Math.max(8, Math.ceil(Math.sqrt(node.zones.length * 4))));
    return { key: node.key, level: node.level, width: Math.max(COLUMN_WIDTH, columns * TILE + 20), height: HEAD_HEIGHT + Math.ceil(node.zones.length / columns) * TILE + 12 };
  }
  const { columns, lines } = listingOf(node, boxes);
  return { key: node.key, level: node.level, width: columns * COLUMN_WIDTH - (columns - 1) * 12, height: HEAD_HEIGHT + lines * ASSET_LINE + (lines > 0 ? 8 : 0) };
}

const worstOf = (severities: readonly string[]): string => SEVERITIES.find((severity) => severities.includes(severity)) ?? '';

const accessKind = (accesses: readonly string[]): string =>
  accesses.includes('program') || accesses.includes('control') ? 'control' : accesses.includes('write') ? 'write' : accesses.length > 0 ? 'read' : 'other';

const ACCESS_WORDS: Readonly<Record<string, string>> = { control: 'controls or programs', write: 'writes', read: 'reads only', other: 'operations not known' };

function bundle(placed: PlacedPair, pair: NodePair, nodes: readonly MapNode[], model: ReportModel, words: FilterWords): Markup {
  const kind = accessKind(pair.accesses);
  const standing = standingOf(pair);
  const severity = worstOf(pair.findings.map((i) => model.findings[i].severity));
  const width = pair.packets === 0 ? 1.2 : Math.min(7, 1.3 + Math.log10(1 + pair.packets) * 0.75);
  const starts = (indexes: readonly number[]): boolean => indexes.some((i) => model.crossings[i].conversations > 0 || (standing === 'unused' && model.crossings[i].permits > 0));
  const toB = starts(pair.forward);
  const toA = starts(pair.backward);
  const [a, b] = [nodes[pair.a], nodes[pair.b]];
  const label = `${a.title} ${toA && toB ? 'and' : toA ? 'is opened by' : 'opens to'} ${b.title}${toA && toB ? ' open to each other' : ''}: ${plural(pair.conversations, 'conversation')}, ${pair.protocols.join(', ') || 'nothing seen'}; ${ACCESS_WORDS[kind]}; ${PAIR_STANDING_WORDS[standing]}${pair.findings.length > 0 ? `; ${plural(pair.findings.length, 'finding')}, worst ${severity}` : ''}`;
  return html`<a class="bundle a-${kind} s-${standing}${severity === '' ? '' : ` f-${severity}`}" href="#conduits" data-pair="${pair.a} ${pair.b}" data-zones="${[...a.zones, ...b.zones].length > 60 ? '' : [...a.zones, ...b.zones].join(' ')}" ${topicAttributes({
    zones: [...a.zones, ...b.zones],
    protocols: [...new Set([...pair.protocols, ...[...pair.forward, ...pair.backward].flatMap((i) => model.crossings[i].protocols)])].map(words.protocolIndex),
    accesses: pair.accesses,
    severities: pair.findings.map((i) => model.findings[i].severity),
  })} aria-label="${label}"><title>${label} (${groupedPlural(pair.packets, 'packet')})</title><path class="hit" d="${drawing(placed.path)}"/><path class="line" d="${drawing(placed.path)}" stroke-width="${Math.round(width * 10) / 10}"${toA ? html` marker-start="url(#arrow-${kind})"` : NOTHING}${toB ? html` marker-end="url(#arrow-${kind})"` : NOTHING}/></a>`;
}

export const PAIR_STANDING_WORDS: Readonly<Record<PairStanding | 'within', string>> = {
  within: 'within the zone', agreed: 'seen and declared', undeclared: 'seen, not all of it declared', 'set-aside': 'seen, some of it set aside, which no Permit lets through', unused: 'declared, never seen', silent: 'nothing seen, nothing permitted',
};

function badge({ middle: [x, y] }: PlacedPair, pair: NodePair, model: ReportModel): Markup {
  if (pair.findings.length === 0) return NOTHING;
  const severity = worstOf(pair.findings.map((i) => model.findings[i].severity));
  return html`<g class="badge f-${severity}" data-pair="${pair.a} ${pair.b}" aria-hidden="true"><circle cx="${Math.round(x)}" cy="${Math.round(y)}" r="9.5"/><text x="${Math.round(x)}" y="${Math.round(y) + 4}" text-anchor="middle">${pair.findings.length}</text></g>`;
}

function zoneBox(box: PlacedBox, node: MapNode, boxes: number, model: ReportModel): Markup {
  const x = Math.round(box.x);
  const y = Math.round(box.y);
  const zone = model.zones[node.zones[0]];
  const severities = model.findings.filter(({ fromZone, toZone }) => node.zones.some((i) => model.zones[i].id === fromZone || model.zones[i].id === toZone)).map(({ severity }) => severity);
  const head = html`<rect class="box" x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="5"/><rect class="stripe" x="${x}" y="${y}" width="5" height="${box.height}" rx="2"/><text class="box-id" x="${x + 13}" y="${y + 18}">${cut(node.title, Math.floor(box.width / 9.4))}</text><text class="box-name" x="${x + 13}" y="${y + 34}">${cut(node.name, fitting(node.name, box.width))}</text>`;
  const topics = (own: readonly number[]): Markup => topicAttributes({ zones: own, severities });
  if (node.isGroup) {
    const columns = Math.floor((box.width - 20) / TILE);
    const tiles = node.zones.map((i, k) => {
      const own = model.zones[i];
      return html`<a href="#zone-${i}" data-zone="${i}" aria-label="Zone ${own.id}, ${plural(own.assets.length, 'asset')}${own.findings > 0 ? `, ${plural(own.findings, 'finding')}` : ''}"><rect class="tile${own.findings > 0 ? ' found' : ''}" x="${x + 13 + (k % columns) * TILE}" y="${y + HEAD_HEIGHT + Math.floor(k / columns) * TILE}" width="${TILE - 4}" height="${TILE - 4}" rx="2"><title>${own.id}: ${own.name} (${plural(own.assets.length, 'asset')}${own.findings > 0 ? `, ${plural(own.findings, 'finding')}` : ''})</title></rect></a>`;
    });
    return html`<g class="zone k-${kindClass(node.kind)}" data-node="${node.key}" ${topics(node.zones)}>${head}<text class="box-sl" x="${x + box.width - 10}" y="${y + 18}" text-anchor="end">${plural(node.assets, 'asset')}</text>${tiles}</g>`;
  }
  const { lines, listed } = listingOf(node, boxes);
  const rest = zone.assets.length - listed;
  const placeOf = (k: number): readonly [number, number] => [x + 17 + Math.floor(k / lines) * (COLUMN_WIDTH - 12), y + HEAD_HEIGHT + 11 + (k % lines) * ASSET_LINE];
  const entries = zone.assets.slice(0, listed).map((i, k) => assetLine(i, model.assets[i], ...placeOf(k)));
  const [restX, restY] = placeOf(listed);
  const label = `Zone ${zone.id}, ${zone.name}, SL-T ${zone.slTarget ?? 'open'}, ${plural(zone.assets.length, 'asset')}, ${plural(zone.findings, 'finding')}`;
  return html`<a class="zone k-${kindClass(zone.kind)}${zone.isDeclared ? '' : ' stranger'}" href="#zone-${node.zones[0]}" data-node="${node.key}" data-zone="${node.zones[0]}" ${topics(node.zones)} aria-label="${label}"><title>${label}</title>${head}${zone.isDeclared ? html`<text class="box-sl" x="${x + box.width - 10}" y="${y + 18}" text-anchor="end">SL ${zone.slTarget === null ? '?' : `${zone.slTarget}${zone.slBasis === 'assumption' ? '?' : ''}`}</text>` : NOTHING}<line class="box-rule" x1="${x + 13}" x2="${x + box.width - 10}" y1="${y + 41}" y2="${y + 41}"/>${entries}${rest > 0 ? html`<text class="box-asset more" x="${restX + 11}" y="${restY + 4}">and ${rest} more</text>` : NOTHING}</a>`;
}

/** How many of these characters a line of a box holds, by the usual widths of small letters, capitals and East Asian script. */
function fitting(text: string, width: number): number {
  let used = 0;
  let count = 0;
  for (const character of text) {
    used += /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}/u.test(character) ? 13 : /\p{Lu}/u.test(character) ? 9.4 : 6.9;
    if (used > width) break;
    count += character.length;
  }
  return count;
}

const kindClass = (kind: string): string => (/^[a-z]+$/.test(kind) ? kind : 'other');

/** A filled dot was seen, a ring was only declared, a cross mark is not declared. */
function assetLine(index: number, asset: ReportAsset, x: number, y: number): Markup {
  const role = asset.declaredRole ?? asset.seenRole ?? '';
  const name = cut(asset.id, 17);
  const dot = asset.isSeen ? html`<circle class="dot" cx="${x}" cy="${y}" r="3.6"/>` : html`<circle class="dot ring" cx="${x}" cy="${y}" r="3.2"/>`;
  return html`<g class="asset" data-asset="${index}"><title>${asset.id}${role === '' ? '' : `, ${role}`}${asset.isSeen ? '' : ', declared, never seen'}</title><rect class="place" x="${x - 5}" y="${y - ASSET_LINE / 2}" width="${COLUMN_WIDTH - 26}" height="${ASSET_LINE}"/>${dot}<text class="box-asset" x="${x + 11}" y="${y + 4}">${name}<tspan class="box-role" dx="6">${cut(role, Math.max(5, 22 - name.length))}</tspan>${asset.findings > 0 ? html`<tspan class="box-alert" dx="5">!</tspan>` : NOTHING}</text></g>`;
}
