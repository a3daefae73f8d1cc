/**
 * Lists of assets, zones, conduits and permits into a spec: what a person keeps in a spreadsheet becomes what is enforced.
 *
 * In: the text of a spec (or null) and CSV lists. Out: the new text with comments, order and hand edits kept, what was
 * done in numbers, or problems with file, line and column; then nothing is written. Nothing is removed: a list that lacks
 * an asset does not delete it. Left out on purpose: operations of rules, which a cell cannot hold (register/permits.ts
 * takes their decisions).
 */
import { plural } from '../../infer/plural.ts';
import { readCsv } from './csv-records.ts';
import { readRegister } from './columns.ts';
import type { RegisterKind, RegisterRow } from './columns.ts';
import { importAssets } from './assets.ts';
import { addConduit, makeMap, openDraft, plain, rootOf, seqOf, setField } from '../edit/draft.ts';
import type { ListDraft, Tally } from './list-draft.ts';
import { importPermits } from './permits.ts';
import type { Problem } from '../spec/document.ts';
import { parseSpec } from '../spec/load.ts';
import { newSpecText, openSpecText, type SpecText } from '../spec/text.ts';

const sameLevel = (held: unknown, wanted: unknown): boolean => {
  const target = typeof held === 'object' && held !== null ? (held as { target?: unknown }).target : held;
  return typeof wanted === 'string' && `SL ${String(target).replace(/^SL[ -]?/, '')}` === wanted;
};

export interface RegisterList {
  readonly kind: RegisterKind;
  /** Only named, not read. */
  readonly file: string;
  readonly text: string;
}

export interface FileProblem extends Problem {
  readonly file: string;
}

export interface RegisterImport {
  /** Null when there is any problem. */
  readonly text: string | null;
  readonly problems: readonly FileProblem[];
  /** What was done, a sentence a list. */
  readonly sentences: readonly string[];
}

function importZones(draft: ListDraft, rows: readonly RegisterRow[]): Tally {
  const tally = { added: 0, changed: 0 };
  for (const { fields } of rows) {
    const id = fields['zone_id'] as string;
    let node = draft.zones.get(id);
    const isNew = node === undefined;
    if (node === undefined) {
      node = makeMap(draft, { zone_id: id, name: fields['name'] ?? id });
      seqOf(draft, rootOf(draft), 'zones').add(node);
      draft.zones.set(id, node);
      tally.added++;
    }
    const edits: Readonly<Record<string, unknown>> = {
      name: fields['name'], purdue_level: fields['purdue_level'], criticality: fields['criticality'], kind: fields['type'], air_gapped: fields['air_gapped'], networks: fields['networks'], vlans: fields['vlans'],
      security_level_target: sameLevel(plain(node.get('security_level_target', true)), fields['sl_t']) ? undefined : fields['sl_t'],
    };
    const changed = Object.entries(edits).map(([key, value]) => setField(draft, node, key, value)).some(Boolean);
    if (changed && !isNew) tally.changed++;
  }
  return tally;
}

function importConduits(draft: ListDraft, rows: readonly RegisterRow[]): Tally {
  const tally = { added: 0, changed: 0 };
  for (const row of rows) {
    const { fields } = row;
    const id = fields['conduit_id'] as string;
    const zones = fields['zones'] as string[] | undefined;
    const unknown = zones?.find((zone) => !draft.zones.has(zone));
    if (unknown !== undefined) {
      draft.report(row, 'zones', `the zone "${unknown}" is not declared`, 'add it to the list of zones, or correct the cell');
      continue;
    }
    let node = draft.conduits.get(id);
    const isNew = node === undefined;
    if (node === undefined) {
      if (zones === undefined) {
        draft.report(row, 'zones', `the conduit "${id}" is new, and nothing says what it connects`, 'fill the column "zones" with two zone ids or more');
        continue;
      }
      node = addConduit(draft, { conduit_id: id, connects: zones, protocols_allowed: [] });
      tally.added++;
    }
    const edits: Readonly<Record<string, unknown>> = {
      name: fields['name'], connects: zones, mode: fields['mode'], default_action: fields['default_action'], enforced_by: fields['enforced_by'], controls: fields['controls'],
      security_level: sameLevel(plain(node.get('security_level', true)), fields['sl_t']) ? undefined : fields['sl_t'],
    };
    const changed = Object.entries(edits).map(([key, value]) => setField(draft, node, key, value)).some(Boolean);
    if (changed && !isNew) tally.changed++;
  }
  return tally;
}

const draftOf = (text: string | null, zonesOfAssets: readonly string[]): SpecText => {
  if (text !== null) return openSpecText(text);
  return newSpecText({ spec_version: 1, standard: 'IEC 62443-3-2:2020', timezone: 'UTC', zones: zonesOfAssets.map((zone) => ({ zone_id: zone, name: zone })), conduits: [] });
};

const ORDER: readonly RegisterKind[] = ['zones', 'conduits', 'assets', 'permits'];

/** `specText` null begins a new spec, whose zones are those that the lists name. */
export function importRegister(specText: string | null, specFile: string, lists: readonly RegisterList[]): RegisterImport {
  const problems: FileProblem[] = [];
  const sentences: string[] = [];
  const failed = (): RegisterImport => ({ text: null, problems: [...problems].sort((a, b) => (a.file === b.file ? a.line - b.line || a.column - b.column : 0)), sentences: [] });
  const existing = specText === null ? null : parseSpec(specText, specFile);
  if (existing !== null && existing.loaded === null) problems.push(...existing.problems.map((problem) => ({ ...problem, file: specFile })));
  const readings = [...lists].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind)).map((list) => {
    const { table, problems: unread } = readCsv(list.text);
    const reading = table === null ? { rows: [], unused: [], problems: unread } : readRegister(list.kind, table);
    problems.push(...reading.problems.map((problem) => ({ ...problem, file: list.file })));
    return { ...list, ...reading };
  });
  if (problems.length > 0) return failed();

  const loaded = existing?.loaded ?? null;
  const zonesNamed = readings.filter((one) => one.kind === 'assets').flatMap((one) => one.rows.flatMap((row) => (row.fields['zone'] as string | undefined) ?? []));
  const ownZones = readings.some((one) => one.kind === 'zones');
  const { document, asText } = draftOf(specText, ownZones ? [] : [...new Set(zonesNamed)]);
  let file = '';
  const draft: ListDraft = { ...openDraft(document), report: (row, column, message, remedy) => problems.push({ file, ...row.place(column), message, remedy }) };
  for (const { kind, rows, unused, ...list } of readings) {
    file = list.file;
    const ignored = unused.length === 0 ? '' : `; not used: the column${unused.length === 1 ? '' : 's'} ${unused.join(', ')}`;
    if (kind === 'assets') {
      const { added, changed, renamed, moved } = importAssets(draft, rows, loaded);
      sentences.push(`${file}: ${plural(rows.length, 'asset')}, ${added} of them new, ${renamed} named after their addresses, ${moved} moved, ${changed} changed${ignored}`);
    } else {
      const tally = kind === 'zones' ? importZones(draft, rows) : kind === 'conduits' ? importConduits(draft, rows) : importPermits(draft, rows, loaded);
      sentences.push(`${file}: ${plural(rows.length, kind.slice(0, -1))}, ${tally.added} of them new, ${tally.changed} changed${ignored}`);
    }
  }
  if (problems.length > 0) return failed();
  const text = asText();
  const { problems: faults } = parseSpec(text, specFile);
  problems.push(...faults.map((fault) => ({ file: specFile, line: fault.line, column: fault.column, message: `with these lists the spec would not hold: ${fault.message}`, remedy: fault.remedy })));
  return problems.length > 0 ? failed() : { text, problems, sentences };
}
