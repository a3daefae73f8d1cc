/**
 * The traffic matrix: who opens (rows) to whom (columns), observed against declared. Each cell says by a sign and a word
 * how the two compare; a cell opens its assets in the page. In: the model. Out: markup.
 */
import { listsBy } from '../../net/multi-map.ts';
import { plural } from '../../infer/plural.ts';
import { topicAttributes, type FilterWords } from './filter-words.ts';
import { drawing, html, NOTHING, type Markup } from './html-escape.ts';
import { PAIR_STANDING_WORDS } from './map.ts';
import { mapNodes, nodeKeys, standingOf, sumsOf, type MapNode, type PairStanding } from './map-nodes.ts';
import type { ReportModel } from './model.ts';

const SIGNS: Readonly<Record<PairStanding | 'within', string>> = { within: '\u00b7', agreed: '\u2713', undeclared: '\u2717', 'set-aside': '\u2298', unused: '\u25cb', silent: '' };

export function trafficMatrix(model: ReportModel, words: FilterWords): Markup {
  const nodes = mapNodes(model);
  const nodeOf = nodeKeys(nodes);
  const cells = listsBy(model.crossings.keys(), (i) => `${nodeOf.get(model.crossings[i].from)} ${nodeOf.get(model.crossings[i].to)}`);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Traffic matrix, scrollable"><table class="matrix" id="matrix"><caption>Conversations from clients (rows) to servers (columns). \u2713 seen and declared, \u2717 seen and not all of it declared, \u2298 seen and some of it set aside (no Permit lets that through), \u25cb declared and never seen, \u00b7 within one zone (needs no Permit).</caption>
<thead><tr><th scope="col" class="corner">opens to \u2192</th>${nodes.map((node) => html`<th scope="col" class="turned"><span>${node.title}</span></th>`)}</tr></thead>
<tbody>${nodes.map((row) => html`<tr><th scope="row">${row.title}</th>${nodes.map((column) => cell(row, column, cells.get(`${row.key} ${column.key}`) ?? [], model, words))}</tr>`)}</tbody></table></div>`;
}

function cell(row: MapNode, column: MapNode, indexes: readonly number[], model: ReportModel, words: FilterWords): Markup {
  const isSame = row.key === column.key && !row.isGroup;
  if (indexes.length === 0) return html`<td class="${isSame ? 'within' : 'none'}"></td>`;
  const own = indexes.map((i) => model.crossings[i]);
  const sums = sumsOf(own);
  const { conversations, permits, findings } = sums;
  const standing = isSame ? 'within' : standingOf(sums);
  if (standing === 'silent') return html`<td class="none"></td>`;
  const label = `${row.title} to ${column.title}: ${plural(conversations, 'conversation')}, ${PAIR_STANDING_WORDS[standing]}, ${plural(permits, 'Permit')}${findings.length > 0 ? `, ${plural(findings.length, 'finding')}` : ''}`;
  return html`<td class="${standing}"><button type="button" data-crossings="${drawing(indexes.slice(0, 400).join(' '))}" ${topicAttributes({
    zones: [...row.zones, ...column.zones], protocols: own.flatMap(({ protocols }) => protocols).map(words.protocolIndex),
    accesses: [...new Set(own.flatMap(({ accesses }) => accesses))], severities: findings.map((i) => model.findings[i].severity),
  })} aria-label="${label}" title="${label}">${conversations}<span class="sign" aria-hidden="true">${SIGNS[standing]}</span>${findings.length > 0 ? html`<sup aria-hidden="true">${findings.length}</sup>` : NOTHING}</button></td>`;
}
