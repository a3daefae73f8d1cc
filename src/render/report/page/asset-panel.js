// One asset: role with evidence, peers, operations, the registers in use by unit, and its hours of the week.
import { button, definitions, el, grouped, number, plural, row, svg, table } from './dom.js';
import { conversationTable } from './panel.js';
import { ACCESSES, assetAt, assetName, conversationAt, conversationsOf, data, zoneName } from './plant.js';

export function assetView(index) {
  const asset = assetAt(index);
  return {
    title: asset.id,
    chosen: `.map [data-node="${data.nodes.findIndex(({ zones }) => zones.includes(asset.zone))}"]`,
    content: () => {
      const positions = conversationsOf(index);
      const findings = data.findings.map((finding, i) => ({ finding, i })).filter(({ finding }) => finding.client === index || finding.server === index);
      return [
        definitions([
          ['Label', asset.label], ['Zone', button(zoneName(asset.zone), { 'data-zone': asset.zone })], ['Role', roleText(asset)], ['Level', asset.level], ['Vendor', asset.vendor], ['Names', asset.names.join(', ')],
          ['Addresses', [...asset.addresses, ...asset.macs].join(', ')], ['Seen', asset.first === '' ? 'never' : `${asset.first.replace('T', ' ')} to ${asset.last.replace('T', ' ')} UTC, ${plural(asset.packets, 'packet')}`],
        ]),
        findings.length === 0 ? null : [el('h3', {}, 'Findings'), el('ul', {}, findings.map(({ finding, i }) => el('li', {}, button(finding.title, { 'data-finding': i }))))],
        asset.notes.length === 0 ? null : [el('h3', {}, 'To know'), el('ul', {}, asset.notes.map((note) => el('li', {}, note)))],
        asset.evidence.length === 0 ? null : [el('h3', {}, 'Why this role'), el('ul', {}, asset.evidence.map(({ points, sentence }) => el('li', {}, `${sentence} `, el('span', { class: 'sub' }, `(${points > 0 ? '+' : ''}${points})`)))), el('p', { class: 'sub' }, [asset.placement === '' ? '' : `Placed: ${asset.placement}. `, asset.runnerUp === '' ? '' : `Next best ${asset.runnerUp}.`])],
        asset.week === '' ? null : [el('h3', {}, 'Hours of the week'), weekChart(asset.week)],
        registerMaps(index, positions),
        operationTable(index, positions),
        positions.length === 0 ? null : [el('h3', {}, 'Peers'), peerTable(index, positions), conversationTable(positions, 'All conversations')],
      ];
    },
  };
}

function roleText({ declaredRole, seenRole, confidence }) {
  const sure = confidence === null ? '' : ` (confidence ${confidence.toFixed(2)})`;
  if (declaredRole === '') return `${seenRole || 'unknown'}, from the traffic${sure}`;
  if (seenRole === '') return `${declaredRole}, declared; never seen`;
  return declaredRole === seenRole ? `${declaredRole}, declared and seen${sure}` : `${declaredRole}, declared; seen as ${seenRole}${sure}`;
}

function weekChart(week) {
  const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
  const active = [...week].filter((digit) => digit !== '0').length;
  const cells = [...week].map((digit, hour) => svg('rect', { class: digit === '0' ? 'h0' : `heat h${Math.ceil(Number(digit) / 1.8)}`, x: 38 + (hour % 24) * 19, y: 16 + Math.floor(hour / 24) * 19, width: 17, height: 17, rx: 2 },
    svg('title', {}, `${days[Math.floor(hour / 24)]} ${String(hour % 24).padStart(2, '0')}:00, ${digit === '0' ? 'silent' : `${digit} of 9`}`)));
  return [
    svg('svg', { class: 'week', viewBox: '0 0 500 152', width: 500, height: 152, role: 'img', 'aria-label': `Traffic in ${active} of 168 hours of the week` },
      days.map((day, i) => svg('text', { x: 0, y: 29 + i * 19 }, day)), [0, 6, 12, 18].map((hour) => svg('text', { x: 38 + hour * 19, y: 11 }, `${String(hour).padStart(2, '0')}:00`)), cells),
    el('p', { class: 'sub' }, `${data.timezone}; the stronger the shade the busier, logarithmic, over the whole observation.`),
  ];
}

/** Modbus data addresses by unit and table: what is read, what is written, by whom. */
function registerMaps(index, positions) {
  const units = new Map();
  for (const position of positions) {
    const one = conversationAt(position);
    if (one.server !== index) continue;
    for (const operation of one.operations) {
      if (operation.unit < 0 || operation.ranges.length === 0) continue;
      const key = `${operation.unit} ${tableOfCode(operation.code)}`;
      const held = units.get(key) ?? { unit: operation.unit, table: tableOfCode(operation.code), ranges: [] };
      for (const range of operation.ranges) held.ranges.push({ ...range, code: operation.code, client: one.client, clientName: assetName(one.client, one.clientAddress) });
      units.set(key, held);
    }
  }
  if (units.size === 0) return null;
  return [el('h3', {}, 'Registers in use'), [...units.values()].sort((a, b) => a.unit - b.unit || (a.table < b.table ? -1 : 1)).map(registerMap)];
}

const tableOfCode = (code) => ({ 1: 'coils', 5: 'coils', 15: 'coils', 2: 'discrete inputs', 4: 'input registers' })[code] ?? 'holding registers';

function registerMap({ unit, table: name, ranges }) {
  const first = Math.min(...ranges.map((range) => range.first));
  const last = Math.max(...ranges.map((range) => range.last));
  const scale = 500 / (last - first + 1);
  const bars = (write, y) => ranges.filter((range) => range.write === write).map((range) => svg('rect', { class: write ? 'w' : 'r', x: ((range.first - first) * scale).toFixed(2), y, width: Math.max(1.5, (range.last - range.first + 1) * scale).toFixed(2), height: 11 },
    svg('title', {}, `${write ? 'written' : 'read'} ${range.first}-${range.last} by ${range.clientName}, ${plural(range.requests, 'request')}`)));
  const order = [...ranges].sort((a, b) => a.first - b.first || a.last - b.last || a.write - b.write);
  return el('div', { class: 'registers' }, el('p', {}, el('b', {}, `Unit ${unit}, ${name}`), el('span', { class: 'sub' }, ` ${first} to ${last} (data addresses, from 0)`)),
    svg('svg', { class: 'strip', viewBox: '0 0 500 28', width: 500, height: 28, role: 'img', 'aria-label': `Unit ${unit}: ${ranges.filter(({ write }) => !write).length} ranges read, ${ranges.filter(({ write }) => write).length} written; the table holds them` },
      svg('rect', { class: 'space', x: 0, y: 0, width: 500, height: 27 }), bars(false, 2), bars(true, 14)),
    table(`Ranges of unit ${unit}`, ['addresses', 'access', 'by whom', '#requests'], order, (range) => row(
      range.first === range.last ? String(range.first) : `${range.first} to ${range.last}`, `${range.write ? 'write' : 'read'}, FC ${range.code}`, range.client >= 0 ? button(range.clientName, { 'data-asset': range.client }) : range.clientName, number(grouped(range.requests)),
    ), 20));
}

function operationTable(index, positions) {
  const operations = new Map();
  for (const position of positions) {
    const one = conversationAt(position);
    const side = one.server === index ? 'is asked' : 'asks';
    for (const operation of one.operations) {
      const key = `${side} ${one.protocol} ${operation.name}`;
      const held = operations.get(key) ?? { side, name: `${one.protocol}: ${operation.name}`, access: operation.access, requests: 0, errors: 0, peers: new Set() };
      held.requests += operation.requests;
      held.errors += operation.errors;
      held.peers.add(one.server === index ? one.client : one.server);
      operations.set(key, held);
    }
  }
  if (operations.size === 0) return null;
  const rows = [...operations.values()].sort((a, b) => (a.side < b.side ? 1 : a.side > b.side ? -1 : b.access - a.access || b.requests - a.requests));
  return [el('h3', {}, 'Operations'), table('By what is asked', ['', 'operation', 'access', '#peers', '#requests', '#errors'], rows, (one) => row(one.side, one.name, ACCESSES[one.access], number(one.peers.size), number(grouped(one.requests)), number(one.errors === 0 ? '' : grouped(one.errors))), 30)];
}

function peerTable(index, positions) {
  const peers = new Map();
  for (const position of positions) {
    const one = data.conversations[position];
    const isServer = one[1] === index;
    const key = isServer ? `${one[0]} ${data.words[one[4]]}` : `${one[1]} ${data.words[one[5]]}`;
    const held = peers.get(key) ?? { peer: isServer ? one[0] : one[1], name: assetName(isServer ? one[0] : one[1], data.words[isServer ? one[4] : one[5]]), zone: isServer ? one[2] : one[3], opens: 0, serves: 0, packets: 0 };
    if (isServer) held.opens++;
    else held.serves++;
    held.packets += one[9] + one[10];
    peers.set(key, held);
  }
  const rows = [...peers.values()].sort((a, b) => b.packets - a.packets);
  return table(`Peers (${rows.length})`, ['peer', 'zone', '#opens to us', '#we open', '#packets'], rows, (one) => row(one.peer >= 0 ? button(one.name, { 'data-asset': one.peer }) : one.name, one.zone >= 0 ? zoneName(one.zone) : '', number(one.opens || ''), number(one.serves || ''), number(grouped(one.packets))), 30);
}
