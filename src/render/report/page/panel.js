// Detail on demand: a zone, a bundle, a cell of the matrix, a Permit, a finding, a conversation, each with its evidence.
import { button, chip, definitions, el, grouped, minuteText, number, octets, plural, row, table } from './dom.js';
import { ACCESSES, assetAt, assetName, conversationAt, conversationsBetween, crossingAt, data, STANDINGS, zoneName } from './plant.js';

const panel = document.getElementById('panel');
const title = document.getElementById('panel-title');
const body = document.getElementById('panel-body');
const back = document.getElementById('panel-back');
let history = [];
let opener = null;

/** By name of the data attribute that asks for it: what it is about -> `{ title, chosen, content() }`. */
export const views = {};
/** What can be done with it, before its content; empty but for a page that may edit. */
export const actions = {};

/** Shows a view; the one before stays behind the back button. */
export function show(name, value) {
  if (panel.hidden) {
    opener = document.activeElement;
    history = [];
  }
  history.push({ name, value });
  draw();
  body.scrollTop = 0;
  title.focus({ preventScroll: true });
}

function draw() {
  const { name, value } = history.at(-1);
  const view = views[name](value);
  title.textContent = view.title;
  body.replaceChildren(...[actions[name]?.(value) ?? null, view.content()].flat(Infinity).filter((node) => node !== null));
  back.hidden = history.length < 2;
  if (name === 'asset') panel.dataset.about = value;
  else delete panel.dataset.about;
  panel.hidden = false;
  document.body.classList.add('with-panel');
  choose(view.chosen ?? null);
}

export function closePanel() {
  if (panel.hidden) return;
  panel.hidden = true;
  document.body.classList.remove('with-panel');
  choose(null);
  if (opener instanceof Element && opener.isConnected) opener.focus({ preventScroll: true });
}

export function goBack() {
  history.pop();
  if (history.length === 0) return;
  draw();
  body.scrollTop = 0;
  title.focus({ preventScroll: true });
}

export const panelHistory = () => (panel.hidden ? [] : history);

/** The same details over new data: what is no longer there goes. */
export function redrawPanel(next) {
  if (panel.hidden) return;
  history = next;
  if (history.length === 0) {
    closePanel();
    return;
  }
  const place = body.scrollTop;
  draw();
  body.scrollTop = place;
}

/** Marks on the map what the detail is about. */
function choose(selector) {
  for (const held of document.querySelectorAll('.map .chosen')) held.classList.remove('chosen');
  if (selector === null) return;
  for (const element of document.querySelectorAll(selector)) element.classList.add('chosen');
}

const nodeOfZone = (zone) => data.nodes.findIndex(({ zones }) => zones.includes(zone));

const bundlesOf = (node) => [...document.querySelectorAll('.bundle')].filter((bundle) => bundle.dataset.pair.split(' ').includes(String(node))).map((bundle) => `.bundle[data-pair="${bundle.dataset.pair}"]`);

export function zoneView(index) {
  const zone = data.zones[index];
  const node = nodeOfZone(index);
  return {
    title: `Zone ${zone.id}`,
    chosen: [`.map [data-node="${node}"]`, ...bundlesOf(node)].join(','),
    content: () => {
      const crossings = data.crossings.map((_, i) => crossingAt(i)).filter(({ from, to }) => (from === index) !== (to === index));
      const findings = data.findings.map((finding, i) => ({ finding, i })).filter(({ finding }) => finding.zones.includes(index));
      return [
        definitions([
          ['Name', zone.name], ['SL-T', zone.sl === null ? 'open: to be set by the risk assessment (ZCR 5.6)' : `SL ${zone.sl}${zone.slBasis === 'assumption' ? ', a start value, an assumption' : ''}`],
          ['Level', `${zone.level === '' ? 'not stated' : zone.level}, ${zone.kind}`], ['Controls', [...zone.controls, ...zone.requirements].join('; ')], ['Networks', zone.networks.join(', ')],
        ]),
        zone.notes.map((note) => el('p', { class: 'sub' }, note)),
        findings.length === 0 ? null : [el('h3', {}, `Findings (${findings.length})`), findingList(findings)],
        el('h3', {}, `Assets (${zone.assets.length})`),
        table('Assets of the zone', ['asset', 'role', 'addresses'], zone.assets, (i) => {
          const asset = assetAt(i);
          return row(button(asset.id, { 'data-asset': i }), asset.declaredRole || asset.seenRole || 'unknown', asset.addresses.slice(0, 3).join(', ') || asset.macs[0] || '');
        }),
        el('h3', {}, 'Traffic with other zones'),
        crossings.length === 0 ? el('p', {}, 'None was seen, none is permitted.') : crossingTable(crossings),
      ];
    },
  };
}

const findingList = (findings) => el('ul', {}, findings.slice(0, 100).map(({ finding, i }) => el('li', {}, chip(finding.severity), ' ', button(finding.title, { 'data-finding': i }))));

const crossingTable = (crossings) => table('From who opens to who serves', ['from', 'to', '#conversations', '#not declared', '#set aside', '#Permits'], crossings, (crossing) => row(
  zoneName(crossing.from), zoneName(crossing.to), el('td', { class: 'n' }, button(grouped(crossing.conversations), { 'data-crossing': crossing.index, 'aria-label': `${plural(crossing.conversations, 'conversation')} from ${zoneName(crossing.from)} to ${zoneName(crossing.to)}` })), number(crossing.undeclared === 0 ? '' : grouped(crossing.undeclared)), number(crossing.setAside === 0 ? '' : grouped(crossing.setAside)), number(crossing.permits),
));

/** All between two boxes of the map. */
export function pairView(a, b) {
  const [left, right] = [data.nodes[a], data.nodes[b]];
  const crossings = data.crossings.map((_, i) => crossingAt(i)).filter(({ from, to }) => (left.zones.includes(from) && right.zones.includes(to)) || (left.zones.includes(to) && right.zones.includes(from)));
  return { ...crossingsView(crossings, `${left.title} \u2194 ${right.title}`), chosen: `.bundle[data-pair="${a} ${b}"], .map [data-node="${a}"], .map [data-node="${b}"]` };
}

function crossingsView(crossings, heading) {
  const single = crossings.length <= 2;
  return {
    title: heading ?? `${zoneName(crossings[0].from)} \u2192 ${zoneName(crossings[0].to)}`,
    content: () => {
      const findings = [...new Set(crossings.flatMap((crossing) => crossing.findings))].map((i) => ({ finding: data.findings[i], i }));
      const conduits = [...new Set(crossings.map(({ conduit }) => conduit).filter((id) => id !== null))];
      return [
        crossings.length === 0 ? el('p', {}, 'A conduit is declared here; nothing was seen, nothing is permitted.') : null,
        definitions([
          ['Conduit', conduits.join(', ') || 'none is declared'],
          ['Seen', `${plural(crossings.reduce((sum, { conversations }) => sum + conversations, 0), 'conversation')}, ${octets(crossings.reduce((sum, { bytes }) => sum + bytes, 0))}`],
        ]),
        findings.length === 0 ? null : [el('h3', {}, `Findings (${findings.length})`), findingList(findings)],
        single ? crossings.map(crossingDetail) : [el('h3', {}, 'Directions'), crossingTable(crossings)],
      ];
    },
  };
}

/** A cell of the matrix: two zones, or all between two groups of them. */
export function cellView(indexes) {
  const crossings = indexes.map(crossingAt);
  const nodeTitle = (zone) => data.nodes[nodeOfZone(zone)].title;
  return crossingsView(crossings, crossings.length === 1 ? undefined : `${nodeTitle(crossings[0].from)} \u2192 ${nodeTitle(crossings[0].to)}`);
}

export const crossingView = (index) => crossingsView([crossingAt(index)]);

function crossingDetail({ from, to, permits: declared }) {
  const positions = conversationsBetween(from, to);
  const permits = data.permits.map((permit, i) => ({ permit, i })).filter(({ permit }) => permit.fromZone === from && permit.toZone === to);
  return [
    el('h3', {}, `${zoneName(from)} opens to ${zoneName(to)}`),
    from === to ? el('p', { class: 'sub' }, 'Within one zone: needs no Permit.') : permits.length === 0 ? el('p', {}, declared > 0 ? 'The Permits are in the JSON form of this report.' : 'No Permit in this direction.') : table('Permits', ['Permit', 'service', 'operations', 'decision'], permits, ({ permit, i }) => row(button(permit.id, { 'data-permit': i }), permit.service, permit.operations, permit.decided), 30),
    permits.length > 0 && declared > permits.length ? el('p', { class: 'sub' }, 'More Permits are in the JSON form of this report.') : null,
    positions.length === 0 ? el('p', { class: 'sub' }, 'No conversation was seen.') : [assetMatrix(positions), conversationTable(positions)],
  ];
}

const MOST_CLIENTS = 30;
const MOST_SERVERS = 12;

/** Clients by servers; of many, those with the most conversations. */
function assetMatrix(positions) {
  const cells = new Map();
  const clients = new Map();
  const servers = new Map();
  const count = (sides, name, asset) => {
    const held = sides.get(name) ?? { name, asset, count: 0 };
    held.count++;
    sides.set(name, held);
  };
  for (const position of positions) {
    const one = data.conversations[position];
    const client = assetName(one[0], data.words[one[4]]);
    const server = assetName(one[1], data.words[one[5]]);
    count(clients, client, one[0]);
    count(servers, server, one[1]);
    const held = cells.get(`${client}\n${server}`) ?? { count: 0, undeclared: 0, setAside: 0 };
    held.count++;
    if (one[17] === 1) held.undeclared++;
    if (one[17] === 3) held.setAside++;
    cells.set(`${client}\n${server}`, held);
  }
  if (cells.size < 2) return null;
  const busiest = (sides, most) => [...sides.values()].sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)).slice(0, most);
  const [rows, columns] = [busiest(clients, MOST_CLIENTS), busiest(servers, MOST_SERVERS)];
  const left = [[clients.size - rows.length, 'clients'], [servers.size - columns.length, 'servers']].filter(([number_]) => number_ > 0).map(([number_, what]) => `${grouped(number_)} ${what}`);
  const name = ({ name: id, asset }) => (asset >= 0 ? button(id, { 'data-asset': asset }) : id);
  return el('div', { class: 'scroll' }, el('table', { class: 'matrix' }, el('caption', {}, `Conversations by asset; \u2717 not all declared, \u2298 set aside${left.length === 0 ? '' : `; ${left.join(' and ')} with fewer are in the list below`}`),
    el('thead', {}, el('tr', {}, el('th', { class: 'corner', scope: 'col' }, 'opens to \u2192'), columns.map((server) => el('th', { scope: 'col', class: 'turned' }, el('span', {}, name(server)))))),
    el('tbody', {}, rows.map((client) => el('tr', {}, el('th', { scope: 'row' }, name(client)), columns.map((server) => {
      const cell = cells.get(`${client.name}\n${server.name}`);
      if (cell === undefined) return el('td', { class: 'none' }, '');
      const [kind, sign] = cell.undeclared > 0 ? ['undeclared', ' \u2717'] : cell.setAside > 0 ? ['set-aside', ' \u2298'] : ['agreed', ''];
      return el('td', { class: kind }, `${cell.count}${sign}`);
    }))))));
}

export const conversationTable = (positions, caption = 'Conversations') => {
  const order = [...positions].sort((a, b) => (data.conversations[b][17] === 1) - (data.conversations[a][17] === 1) || data.conversations[b][9] + data.conversations[b][10] - data.conversations[a][9] - data.conversations[a][10] || a - b);
  return table(`${caption} (${grouped(positions.length)})`, ['client', 'server', 'service', '#requests', 'standing'], order, (position) => {
    const one = conversationAt(position);
    return row(assetName(one.client, one.clientAddress), assetName(one.server, one.serverAddress), button(`${one.protocol}${one.port > 0 ? ` ${one.transport}/${one.port}` : ''}`, { 'data-conversation': position }), number(grouped(one.requests)), STANDINGS[one.standing]);
  }, 40);
};

export function conversationView(position) {
  const one = conversationAt(position);
  return {
    title: `${assetName(one.client, one.clientAddress)} \u2192 ${assetName(one.server, one.serverAddress)}`,
    content: () => [
      definitions([
        ['Client', [one.client >= 0 ? button(assetName(one.client), { 'data-asset': one.client }) : '', ` ${one.clientAddress}`]], ['Server', [one.server >= 0 ? button(assetName(one.server), { 'data-asset': one.server }) : '', ` ${one.serverAddress}`]],
        ['Service', `${one.protocol} (${one.transport}${one.port > 0 ? `/${one.port}` : ''})`], ['Standing', STANDINGS[one.standing]], ['Who opens', `known from ${one.direction} (confidence ${one.confidence.toFixed(2)})`],
        ['Seen', `${minuteText(one.first)} to ${minuteText(one.last)} UTC, on ${plural(one.days, 'day')}, in ${plural(one.sessions, 'session')}`], ['Packets', `${grouped(one.toServer)} to the server, ${grouped(one.toClient)} to the client, ${octets(one.bytes)}`],
        ['Said', one.facts.join('; ')],
      ]),
      findingsAbout(position),
      one.operations.length === 0 ? el('p', { class: 'sub' }, one.operationsMore > 0 ? `${one.operationsMore === 1 ? '1 operation was' : `${grouped(one.operationsMore)} operations were`} left out of this file for its size; baseline flows --json has them.` : 'No operation could be read.') : [
        el('h3', {}, 'Operations'),
        table(one.operationsMore > 0 ? `The first ${one.operations.length}; ${one.operationsMore} more` : 'What was asked', ['operation', 'access', 'where', '#requests', '#errors'], one.operations, (operation) => row(
          `${operation.unit >= 0 ? `FC ${operation.code} ` : ''}${operation.name}${operation.unit >= 0 ? `, unit ${operation.unit}` : ''}`, ACCESSES[operation.access], whereText(operation), number(grouped(operation.requests)), number(operation.errors === 0 ? '' : grouped(operation.errors)),
        )),
      ],
    ],
  };
}

const whereText = ({ ranges, rangesMore, targets }) =>
  [...ranges.map(({ write, first, last }) => `${write ? 'write ' : ''}${first === last ? first : `${first}-${last}`}`), ...targets].join(', ') + (rangesMore > 0 ? ` and ${plural(rangesMore, 'more range')}` : '');

function findingsAbout(position) {
  const own = data.findings.map((finding, i) => ({ finding, i })).filter(({ finding }) => finding.seen.some(([seen]) => seen === position));
  return own.length === 0 ? null : [el('h3', {}, 'Findings'), findingList(own)];
}

export function findingView(index) {
  const finding = data.findings[index];
  const permit = data.permits.findIndex(({ id }) => id === finding.permit);
  return {
    title: finding.title,
    content: () => [
      definitions([
        ['Severity', chip(finding.severity)], ['Type', finding.type], ['Why', finding.detail], ['Do', finding.remedy], ['Conduit', finding.conduit], ['Permit', permit >= 0 ? button(finding.permit, { 'data-permit': permit }) : finding.permit], ['In the spec', finding.place],
        ['Client', finding.client === null ? null : button(assetName(finding.client), { 'data-asset': finding.client })], ['Server', finding.server === null ? null : button(assetName(finding.server), { 'data-asset': finding.server })], ['Id', finding.id],
      ]),
      finding.seen.length === 0 ? null : [el('h3', {}, 'Seen'), table(finding.seenMore > 0 ? `The first ${finding.seen.length}; ${finding.seenMore} more` : 'Evidence', ['operation', '#count', 'first', 'last'], finding.seen, ([position, operation, count, first, last]) => row(
        position >= 0 ? button(operation, { 'data-conversation': position }) : operation, number(grouped(count)), first.replace('T', ' '), last.replace('T', ' '),
      ))],
    ],
  };
}

export function permitView(index) {
  const permit = data.permits[index];
  return {
    title: `Permit ${permit.id}`,
    content: () => [
      definitions([
        ['Conduit', permit.conduit], ['Client', `${zoneName(permit.fromZone)}: ${permit.from}`], ['Server', `${zoneName(permit.toZone)}: ${permit.to}`], ['Service', permit.service], ['Operations', permit.operations], ['Conditions', permit.conditions], ['Purpose', permit.purpose], ['Basis', permit.basis],
        ['Decision', permit.decided], ['Review by', permit.reviewBy], ['Accepted risks', permit.risks.join(', ')], ['Question', permit.question], ['Evidence', permit.evidence], ['Widened by', permit.rules.join(', ')], ['Never seen', permit.neverSeen === 0 ? '' : `lets through ${permit.neverSeen === 1 ? '1 operation that was' : `${grouped(permit.neverSeen)} operations that were`} never seen`],
      ]),
      permit.conversations.length === 0 ? null : [el('h3', {}, 'Let through'), conversationTable(permit.conversations)],
    ],
  };
}
