/**
 * Zones and conduits as a drawing: Mermaid, Graphviz and SVG. In: a device plan. Out: one file each; zones stand in
 * rows by Purdue level, highest on top, an arrow per direction that Permits name. Texts are reduced to a safe
 * alphabet: no name can add an element, a link or a script. Nothing is fetched, nothing is enforced.
 */
import { firstOf, plural } from '../../infer/plural.ts';
import { NO_CAPABILITIES, type DeviceExport, type DevicePlan, type Exporter, type PlanZone } from '../exporter.ts';
import { notEnforceable } from '../loss.ts';
import { provenanceLines } from '../permit-text.ts';
import { safeComment } from '../vendor-name.ts';

interface Arrow {
  readonly from: number;
  readonly to: number;
  readonly conduit: string;
  /** Protocols, one text each, in the order of the Permits. */
  readonly labels: readonly string[];
  readonly oneWay: boolean;
}

const LABEL_LENGTH = 60;
const MOST_LABELS = 4;

const arrows = (plan: DevicePlan): Arrow[] => {
  const found = new Map<string, { from: number; to: number; conduit: string; labels: string[]; oneWay: boolean }>();
  const places = new Map(plan.zones.map(({ id }, place) => [id, place]));
  for (const entry of plan.permits) {
    const [from, to] = [places.get(entry.permit.from.zone), places.get(entry.permit.to.zone)];
    if (from === undefined || to === undefined) continue;
    const key = `${from} ${to} ${entry.permit.conduit}`;
    const label = safeComment(entry.permit.service.protocol, LABEL_LENGTH);
    const known = found.get(key);
    if (known === undefined) found.set(key, { from, to, conduit: entry.permit.conduit, labels: [label], oneWay: entry.unidirectional !== null });
    else {
      if (!known.labels.includes(label)) known.labels.push(label);
      known.oneWay &&= entry.unidirectional !== null;
    }
  }
  return [...found.values()];
};

const arrowText = (arrow: Arrow): string => {
  return safeComment(`${arrow.conduit}: ${firstOf(arrow.labels, MOST_LABELS)}`, 120);
};

const zoneLines = (zone: PlanZone): string[] => [
  safeComment(`${zone.id} ${zone.name}`, LABEL_LENGTH),
  safeComment(`level ${zone.level === '' ? '?' : zone.level}, ${zone.securityLevel === '' ? 'no SL-T' : zone.securityLevel}, ${plural(zone.assets.length, 'asset')}${zone.airGapped ? ', declared air-gapped' : ''}`, LABEL_LENGTH),
];

const mermaidText = (plan: DevicePlan): string => {
  // `#`, `;`, quotes and brackets never survive safeComment; parentheses would open a shape.
  const label = (text: string): string => text.replace(/[()]/g, '_');
  const lines = [
    'flowchart TB',
    ...provenanceLines(plan.provenance, '  %% '),
    ...plan.zones.map((zone, index) => `  z${index}["${zoneLines(zone).map(label).join('<br/>')}"]`),
    ...arrows(plan).map((arrow) => `  z${arrow.from} ${arrow.oneWay ? '==>' : '-->'}|"${label(arrowText(arrow))}"| z${arrow.to}`),
  ];
  return `${lines.join('\n')}\n`;
};

const dotText = (plan: DevicePlan): string => {
  const lines = [
    ...provenanceLines(plan.provenance, '// '),
    'digraph zones {',
    '  rankdir=TB;',
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...plan.zones.map((zone, index) => `  z${index} [label="${zoneLines(zone).join('\\n')}"${zone.airGapped ? ', style="rounded,dashed"' : ''}];`),
    ...arrows(plan).map((arrow) => `  z${arrow.from} -> z${arrow.to} [label="${arrowText(arrow)}"${arrow.oneWay ? ', style=bold' : ''}];`),
    '}',
  ];
  return `${lines.join('\n')}\n`;
};

const BOX = { width: 300, height: 64, gapX: 60, gapY: 110, margin: 30 } as const;

interface Box {
  readonly x: number;
  readonly y: number;
}

const topLevel = (zone: PlanZone): number => Number.parseFloat(zone.level.split(/[-\u2013]/).at(-1) ?? '') || 0;

/** Rows by level, highest on top. */
const boxes = (zones: readonly PlanZone[]): { places: Box[]; width: number; height: number } => {
  const levels = [...new Set(zones.map(topLevel))].sort((a, b) => b - a);
  const filled = new Map<number, number>();
  const places = zones.map((zone) => {
    const row = levels.indexOf(topLevel(zone));
    const column = filled.get(row) ?? 0;
    filled.set(row, column + 1);
    return { x: BOX.margin + column * (BOX.width + BOX.gapX), y: BOX.margin + row * (BOX.height + BOX.gapY) };
  });
  const columns = Math.max(1, ...filled.values());
  return {
    places,
    width: 2 * BOX.margin + columns * (BOX.width + BOX.gapX) + 200,
    height: 2 * BOX.margin + Math.max(1, levels.length) * (BOX.height + BOX.gapY),
  };
};

const arrowSvg = (arrow: Arrow, at: number, places: readonly Box[]): string[] => {
  const from = places[arrow.from];
  const to = places[arrow.to];
  if (from === undefined || to === undefined) return [];
  const down = to.y >= from.y;
  // Neighbouring arrows of one pair stand beside each other, so that their texts do not cover one another.
  const shift = 40 + ((at * 70) % (BOX.width - 80));
  const x1 = from.x + shift;
  const x2 = to.x + shift;
  const y1 = down ? from.y + BOX.height : from.y;
  const y2 = down ? to.y : to.y + BOX.height;
  return [
    `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#333" stroke-width="${arrow.oneWay ? 3 : 1.5}" marker-end="url(#tip)"/>`,
    `<text x="${(x1 + x2) / 2 + 6}" y="${(y1 + y2) / 2 + (at % 4) * 14 - 20}" font-size="11">${arrowText(arrow)}</text>`,
  ];
};

const svgText = (plan: DevicePlan): string => {
  const { places, width, height } = boxes(plan.zones);
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" role="img" aria-label="zones and conduits">`,
    ...provenanceLines(plan.provenance, '').map((line) => `<!-- ${line.replace(/-{2,}/g, '-')} -->`),
    '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="#333"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...plan.zones.flatMap((zone, index) => {
      const place = places[index] ?? { x: 0, y: 0 };
      const [title = '', detail = ''] = zoneLines(zone);
      return [
        `<rect x="${place.x}" y="${place.y}" width="${BOX.width}" height="${BOX.height}" rx="8" fill="#eef3f8" stroke="#24527a"${zone.airGapped ? ' stroke-dasharray="6 4"' : ''}/>`,
        `<text x="${place.x + 12}" y="${place.y + 26}" font-size="13" font-weight="bold">${title.length > 42 ? `${title.slice(0, 39)}...` : title}</text>`,
        `<text x="${place.x + 12}" y="${place.y + 46}" font-size="11">${detail}</text>`,
      ];
    }),
    ...arrows(plan).flatMap((arrow, index) => arrowSvg(arrow, index, places)),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
};

const drawn = (plan: DevicePlan, path: string, content: string, how: string): DeviceExport => ({
  files: [{ path, content }],
  losses: plan.permits.map((entry) => notEnforceable(entry.permit, plan.device.id, 'a drawing enforces nothing')),
  rollback: [],
  apply: [how],
  notes: [],
});

const shared = { platforms: [], filters: false, modes: ['monitor', 'enforce'], capabilities: NO_CAPABILITIES } as const;

export const mermaid: Exporter = {
  ...shared,
  name: 'mermaid',
  title: 'zones and conduits as a Mermaid drawing',
  build: (plan) => drawn(plan, 'zones.mmd', mermaidText(plan), 'Paste zones.mmd into a Mermaid block of Markdown.'),
};

export const dot: Exporter = {
  ...shared,
  name: 'dot',
  title: 'zones and conduits as a Graphviz drawing',
  build: (plan) => drawn(plan, 'zones.dot', dotText(plan), '`dot -Tsvg zones.dot -o zones.svg`'),
};

export const svg: Exporter = {
  ...shared,
  name: 'svg',
  title: 'zones and conduits as an SVG drawing',
  build: (plan) => drawn(plan, 'zones.svg', svgText(plan), 'Open zones.svg in a browser.'),
};
