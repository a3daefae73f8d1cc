/**
 * What the page's script needs for detail on demand, as small as can be: conversations and assets are arrays by position,
 * words stand once in a table. In: the report and its observations. Out: plain data for `scriptJson`. page/plant.js reads it.
 */
import { ACCESS_CLASSES, type Conversation, type Operation } from '../../observation.ts';
import { HOURS_PER_WEEK } from './activity.ts';
import type { ReportInput } from './assemble.ts';
import { protocolOf } from './crossings.ts';
import type { FilterWords } from './filter-words.ts';
import { mapNodes } from './map-nodes.ts';
import type { ReportModel, Standing } from './model.ts';
import { MOST_ROWS } from './sections.ts';

/** The report as `serve` shows it: which report this is, and what may be written where. */
export interface LivePage {
  /** Changes whenever the page would. */
  readonly report: string;
  /** SHA-256 of the spec's text that it was made from; null where there is none to edit. */
  readonly spec: string | null;
}

/** How much of each conversation is embedded; a plant that is too large for one step takes the next. */
const DETAIL_STEPS = [
  { operations: 60, ranges: 24, targets: 12, facts: 6 },
  { operations: 24, ranges: 8, targets: 4, facts: 3 },
  { operations: 8, ranges: 2, targets: 0, facts: 1 },
  { operations: 0, ranges: 0, targets: 0, facts: 0 },
] as const;
/** Characters of conversations that keep the whole file below 15 MB with 5,000 assets. */
const MOST_CHARACTERS = 6_000_000;
const MOST_EVIDENCE_CONVERSATIONS = 100;
const NS_PER_MINUTE = 60_000_000_000n;
/** The rest is the page's own business (page/plant.js). */
interface PageData {
  /** How much detail had to be left out for the size of the file: 0 is none. */
  readonly detailStep: number;
  readonly [part: string]: unknown;
}

const STANDINGS: readonly Standing[] = ['permitted', 'undeclared', 'within-zone', 'set-aside', 'not-judged'];
const DIRECTIONS = ['protocol', 'handshake', 'known-server', 'port', 'first-packet'];

function wordTable(): { readonly indexOf: (word: string) => number; readonly words: readonly string[] } {
  const words: string[] = [];
  const known = new Map<string, number>();
  return {
    words,
    indexOf: (word) => {
      const held = known.get(word);
      if (held !== undefined) return held;
      known.set(word, words.length);
      return words.push(word) - 1;
    },
  };
}

export function pageData(model: ReportModel, standings: readonly Standing[], input: ReportInput, words: FilterWords, live: LivePage | null): PageData {
  const { set, plant, activity } = input;
  const table = wordTable();
  const positionsOf = (ids: readonly number[]): number[] => ids.slice(0, MOST_EVIDENCE_CONVERSATIONS).flatMap((id) => plant.positionOf.get(id) ?? []);
  const baseMinute = set.conversations.reduce((least, { firstNs }) => Math.min(least, Number(firstNs / NS_PER_MINUTE)), Infinity);
  const base = Number.isFinite(baseMinute) ? baseMinute : 0;
  const assets = model.assets.map((asset, i) => [
    asset.id, asset.label === asset.id ? '' : asset.label, asset.zone, table.indexOf(asset.declaredRole ?? ''), table.indexOf(asset.seenRole ?? ''), asset.level, asset.confidence === null ? null : Math.round(asset.confidence * 100),
    table.indexOf(asset.vendor), asset.addresses, asset.macs, asset.names.filter((name) => name !== asset.id), asset.evidence.map(({ points, sentence }) => [points, table.indexOf(sentence)]),
    table.indexOf(asset.placement), table.indexOf(asset.runnerUp), asset.notes.map((note) => table.indexOf(note)), asset.isDeclared ? 1 : 0, weekText(activity.assetWeek.subarray(i * HOURS_PER_WEEK, (i + 1) * HOURS_PER_WEEK)),
    asset.packets, asset.first?.slice(0, 16) ?? '', asset.last?.slice(0, 16) ?? '',
  ]);
  const { conversations, shapes, step } = conversationData(set.conversations, standings, input, words, table, base);
  const { timeline } = model;
  return {
    ...(live === null ? {} : { live: { ...live, pinned: pinnedAssets(input) } }),
    basis: model.head.basis,
    timezone: model.head.timezone,
    protocols: words.protocols,
    zones: model.zones.map((zone) => ({ id: zone.id, name: zone.name, kind: zone.kind, level: zone.level, sl: zone.slTarget, slBasis: zone.slBasis, assets: zone.assets, conduits: zone.conduits, controls: zone.controls, requirements: zone.requirements, notes: zone.notes, networks: zone.networks, declared: zone.isDeclared })),
    nodes: mapNodes(model).map(({ title, zones }) => ({ title, zones })),
    conduits: model.conduits.map(({ id, name, connects, slTarget, allow, deny, inspection, enforcedBy, permits }) => ({ id, name, connects, sl: slTarget, allow, deny, dpi: inspection.enabled, dpiWhy: inspection.sentence, enforcedBy, permits: permits.filter((i) => i < MOST_ROWS.permits) })),
    permits: model.permits.slice(0, MOST_ROWS.permits).map((permit) => ({
      id: permit.id, conduit: permit.conduit, fromZone: words.zoneIndex(permit.fromZone), toZone: words.zoneIndex(permit.toZone), from: permit.from, to: permit.to, service: permit.service, operations: permit.operations,
      conditions: permit.conditions, purpose: permit.purpose, basis: permit.basis, risks: permit.acceptedRisks, decision: permit.decision, decided: permit.decided, reviewBy: permit.reviewBy, question: permit.question, evidence: permit.evidence, rules: permit.generalisedBy, neverSeen: permit.neverSeen, conversations: positionsOf(permit.conversations),
    })),
    crossings: model.crossings.map(({ from, to, conversations: count, packets, bytes, permits, undeclared, setAside, findings, conduit }) => [from, to, count, packets, bytes, permits, undeclared, findings.filter((i) => i < MOST_ROWS.findings), conduit, setAside]),
    findings: model.findings.slice(0, MOST_ROWS.findings).map((finding) => ({
      id: finding.id, type: finding.type, severity: finding.severity, title: finding.title, detail: finding.detail, remedy: finding.remedy, conduit: finding.conduit, permit: finding.permit, client: finding.clientAsset, server: finding.serverAsset,
      zones: [words.zoneIndex(finding.fromZone), words.zoneIndex(finding.toZone)], place: finding.place,
      seen: finding.seen.map(({ conversation: id, operation, count, first, last }) => [plant.positionOf.get(id) ?? -1, operation, count, first.slice(0, 16), last.slice(0, 16)]), seenMore: finding.seenMore,
    })),
    assets,
    baseMinute: base,
    detailStep: step,
    shapes,
    conversations,
    words: table.words,
    timeline: { firstHour: timeline.firstHour, step: timeline.step, columns: timeline.columns, sensor: timeline.sensor.map(({ packets, lostSegments, duplicates }) => [packets, lostSegments, duplicates]), zones: timeline.zones.map(({ packets }) => packets) },
  };
}

/** Assets whose place a person decided: by position. */
const pinnedAssets = ({ plant, loaded }: ReportInput): number[] => plant.assets.flatMap(({ declared }, i) => {
  const entry = declared === null ? undefined : loaded.spec.zones[declared.zoneIndex]?.assets?.[declared.assetIndex];
  return typeof entry === 'object' && entry.pinned === true ? [i] : [];
});

type WordTable = ReturnType<typeof wordTable>;

/**
 * Conversations as arrays. An operation is its shape (name, access, unit, code, ranges: the same for every client of a
 * line of machines, and stored once) and its own counts.
 */
function conversationData(conversations: readonly Conversation[], standings: readonly Standing[], { plant }: ReportInput, words: FilterWords, table: WordTable, base: number): { conversations: unknown[]; shapes: unknown[]; step: number } {
  for (const [step, detail] of DETAIL_STEPS.entries()) {
    const shapes = wordTable();
    const operationOf = (operation: Operation): number[] => {
      const ranges = [...operation.ranges].sort((a, b) => b.requests - a.requests || a.first - b.first || a.last - b.last || (a.access < b.access ? -1 : 1)).slice(0, detail.ranges);
      const shape = shapes.indexOf(JSON.stringify([
        table.indexOf(operation.name), ACCESS_CLASSES.indexOf(operation.access), operation.unit ?? -1, operation.function,
        ranges.flatMap((range) => [range.access === 'read' ? 0 : 1, range.first, range.last]), operation.ranges.length - ranges.length, operation.targets.slice(0, detail.targets).map(table.indexOf),
      ]));
      return [shape, operation.requests, operation.errors, ...(ranges.length === 1 && ranges[0].requests === operation.requests ? [] : ranges.map(({ requests }) => requests))];
    };
    let characters = 0;
    const rows: unknown[] = [];
    for (const [i, one] of conversations.entries()) {
      const first = Number(one.firstNs / NS_PER_MINUTE);
      const row = [
        plant.clientAsset[i], plant.serverAsset[i], plant.clientZone[i], plant.serverZone[i], table.indexOf(one.client), table.indexOf(one.server),
        words.protocolIndex(protocolOf(one)), table.indexOf(one.transport), one.port,
        one.packets.toServer, one.packets.toClient, one.bytes.toServer + one.bytes.toClient, one.requests, one.sessions,
        first - base, Number(one.lastNs / NS_PER_MINUTE) - first, one.days.length, STANDINGS.indexOf(standings[i]),
        DIRECTIONS.indexOf(one.direction.by), Math.round(one.direction.confidence * 100),
        one.operations.slice(0, detail.operations).map(operationOf),
        one.operations.length - Math.min(one.operations.length, detail.operations),
        one.facts.slice(0, detail.facts).map((fact) => table.indexOf(`${fact.name}: ${fact.value}`)),
      ];
      characters += JSON.stringify(row).length;
      rows.push(row);
    }
    if (characters <= MOST_CHARACTERS || step === DETAIL_STEPS.length - 1) return { conversations: rows, shapes: shapes.words.map((shape) => JSON.parse(shape) as unknown), step };
  }
  return { conversations: [], shapes: [], step: DETAIL_STEPS.length };
}

/** Hours of the week as one digit each, 0 (silent) to 9, logarithmic up to the asset's busiest. */
function weekText(week: Float64Array): string {
  const most = week.reduce((held, count) => Math.max(held, count), 0);
  if (most === 0) return '';
  return [...week].map((count) => (count === 0 ? '0' : String(Math.max(1, Math.min(9, Math.round((Math.log(1 + count) / Math.log(1 + most)) * 9)))))).join('');
}
