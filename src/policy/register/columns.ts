/**
 * The columns of the four lists that a zone register consists of: assets, zones, conduits, permits.
 *
 * In: a header and cells. Out: per row the fields of the spec that its cells give, or problems with line and column.
 * Names follow the registers people keep beside a spec (a zone's SL-T, a flow's verdict, who decided and until when);
 * other spellings in use are understood. Empty cells say nothing. Left out on purpose: what to do with them.
 */
import type { z } from 'zod';
import type { CsvCell, CsvTable } from './csv-records.ts';
import { nearestWord } from '../spec/nearest-word.ts';
import type { Place, Problem } from '../spec/document.ts';
import { assetFields, conduitFields, flowFields, zoneFields } from '../spec/schema.ts';

export type RegisterKind = 'assets' | 'zones' | 'conduits' | 'permits';

export interface RegisterRow extends Place {
  readonly fields: Readonly<Record<string, unknown>>;
  /** Where the cell of a column stands; the row's first cell when it has none. */
  readonly place: (column: string) => Place;
}

interface Column {
  readonly name: string;
  readonly also?: readonly string[];
  readonly required?: boolean;
  /** What a cell's text means; undefined = it cannot be read. */
  readonly read?: (text: string) => unknown;
  readonly schema?: z.ZodType;
  /** Written by the export for people; nothing is imported from it. */
  readonly shown?: boolean;
}

const addresses = (text: string): string[] => text.split(/[\s;,|]+/).filter((part) => part !== '').map((part) => part.toLowerCase());
/** Separated by `;`, `|` or line ends; a backslash before one of them makes it a part of the word. */
const words = (text: string): string[] => (text.match(/(?:\\.|[^\\;|\n])+/g) ?? []).map((part) => part.replaceAll(/\\(.)/g, '$1').trim()).filter((part) => part !== '');
const ids = (text: string): string[] => text.split(/[\s;,|]+/).filter((part) => part !== '');
const number = (text: string): unknown => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : text);
const numbers = (text: string): unknown[] => ids(text).map(number);
const yes = (text: string): unknown => (/^(true|yes|y|x|1)$/i.test(text) ? true : /^(false|no|n|0|-)$/i.test(text) ? false : text);
const lower = (text: string): string => text.toLowerCase();
const securityLevel = (text: string): string => (/^[0-4]$/.test(text) ? `SL ${text}` : text.toUpperCase().replace(/^SL[-_ ]?T?[-_ ]?(\d)$/, 'SL $1'));
/** MAC addresses as switches and asset tools write them: `001d.9c20.0110`, `00-1D-9C-20-01-10`. */
const macs = (text: string): string[] => addresses(text).map((part) => {
  const digits = part.replaceAll(/[^0-9a-f]/g, '');
  return digits.length === 12 && /^[0-9a-f.:-]+$/.test(part) ? (digits.match(/../g) ?? []).join(':') : part;
});

const VERDICTS: Readonly<Record<string, string>> = {
  approved: 'approved', allowed: 'approved', allow: 'approved', yes: 'approved', accepted: 'approved',
  rejected: 'rejected', denied: 'rejected', deny: 'rejected', no: 'rejected', 'not allowed': 'rejected', blocked: 'rejected',
  pending: 'pending', undecided: 'pending', unknown: 'pending', open: 'pending', 'to be decided': 'pending',
};

const COLUMNS: Readonly<Record<RegisterKind, readonly Column[]>> = {
  assets: [
    { name: 'asset_id', also: ['id', 'device', 'asset', 'tag'], required: true, schema: assetFields.asset_id },
    { name: 'label', also: ['name', 'description'] },
    { name: 'zone', also: ['zone_id', 'security_zone'] },
    { name: 'role', also: ['device_role', 'type', 'device_type'], read: lower, schema: assetFields.role },
    { name: 'level', also: ['purdue_level'], read: number, schema: assetFields.level },
    { name: 'vendor', also: ['manufacturer'] },
    { name: 'model' },
    { name: 'firmware', also: ['firmware_version', 'version'] },
    { name: 'ip', also: ['ip_address', 'ip_addresses', 'address', 'primary_ip', 'primary_ip4'], read: addresses, schema: assetFields.ip },
    { name: 'mac', also: ['mac_address', 'mac_addresses'], read: macs, schema: assetFields.mac },
    { name: 'names', also: ['hostname', 'hostnames', 'dns_name'], read: words, schema: assetFields.names },
    { name: 'vlan', also: ['vlan_id', 'vid'], read: number, schema: assetFields.vlan },
    { name: 'switch' },
    { name: 'interface', also: ['switch_port', 'port'] },
    { name: 'count', also: ['quantity'], read: number, schema: assetFields.count },
    { name: 'passive_only', read: yes, schema: assetFields.passive_only },
    { name: 'pinned', read: yes, schema: assetFields.pinned },
    { name: 'owner', also: ['responsible', 'accountable', 'contact'] },
  ],
  zones: [
    { name: 'zone_id', also: ['id', 'slug', 'zone'], required: true, schema: zoneFields.zone_id },
    { name: 'name', schema: zoneFields.name },
    { name: 'type', also: ['kind', 'zone_type'], read: lower, schema: zoneFields.kind },
    { name: 'purdue_level', also: ['level'], read: number, schema: zoneFields.purdue_level },
    { name: 'sl_t', also: ['slt', 'security_level_target'], read: securityLevel, schema: zoneFields.security_level_target },
    { name: 'criticality' },
    { name: 'air_gapped', read: yes, schema: zoneFields.air_gapped },
    { name: 'networks', also: ['prefixes', 'subnets'], read: addresses, schema: zoneFields.networks },
    { name: 'vlans', read: numbers, schema: zoneFields.vlans },
    { name: 'assets', shown: true },
    { name: 'conduits', shown: true },
  ],
  conduits: [
    { name: 'conduit_id', also: ['id', 'slug', 'conduit'], required: true, schema: conduitFields.conduit_id },
    { name: 'name' },
    { name: 'zones', also: ['connects'], read: ids, schema: conduitFields.connects },
    { name: 'sl_t', also: ['slt', 'security_level'], read: securityLevel, schema: conduitFields.security_level },
    { name: 'mode', read: lower, schema: conduitFields.mode },
    { name: 'default_action', read: lower, schema: conduitFields.default_action },
    { name: 'enforced_by', read: ids, schema: conduitFields.enforced_by },
    { name: 'controls', read: words, schema: conduitFields.controls },
    { name: 'permits', shown: true },
  ],
  permits: [
    { name: 'rule_id', also: ['id', 'flow'], schema: flowFields.rule_id },
    { name: 'conduit', also: ['conduit_id'], schema: conduitFields.conduit_id },
    { name: 'source_zone' },
    { name: 'source', also: ['sources', 'client'], read: ids },
    { name: 'destination_zone', also: ['dest_zone'] },
    { name: 'destination', also: ['destinations', 'server'], read: ids },
    { name: 'protocol', also: ['service'], schema: flowFields.protocol },
    { name: 'transport', read: lower, schema: flowFields.transport },
    { name: 'port', also: ['ports', 'destination_port'], read: (text) => (/[\s;,|]/.test(text) ? numbers(text) : number(text)), schema: flowFields.port },
    { name: 'access', read: (text) => (/^(read|write|read-write|any)$/i.test(text) ? lower(text) : ids(lower(text))), schema: flowFields.access },
    { name: 'operations' },
    { name: 'verdict', also: ['decision', 'allowed', 'status'], read: (text) => VERDICTS[text.toLowerCase()] ?? text, schema: flowFields.decision },
    { name: 'decided_by', also: ['owner', 'approved_by'] },
    { name: 'decided_on', also: ['decision_date', 'approved_on', 'approval_date'], schema: flowFields.decided_on },
    { name: 'until', also: ['valid_until', 'expires', 'expiry'], schema: flowFields.expires },
    { name: 'review_by', also: ['review_date'], schema: flowFields.review_by },
    { name: 'purpose', also: ['description', 'reason', 'comments'] },
    { name: 'schedule', shown: true },
    { name: 'on_demand', shown: true },
    { name: 'basis', shown: true },
    { name: 'question', shown: true },
    { name: 'first_seen', shown: true },
    { name: 'last_seen', shown: true },
    { name: 'days', shown: true },
    { name: 'requests', shown: true },
    { name: 'generalised_by', shown: true },
    { name: 'never_seen', shown: true },
  ],
};

export const columnNames = (kind: RegisterKind): readonly string[] => COLUMNS[kind].map((column) => column.name);

const MOST_PROBLEMS = 50;

const show = (text: string): string => {
  const safe = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
  return `"${safe.length > 60 ? `${safe.slice(0, 57)}...` : safe}"`;
};

/** Words that a schema accepts, for "did you mean". */
const wordsOf = (schema: z.ZodType): readonly string[] => {
  const inner = schema as { readonly options?: readonly unknown[]; unwrap?: () => z.ZodType };
  if (typeof inner.unwrap === 'function') return wordsOf(inner.unwrap());
  return (inner.options ?? []).filter((word) => typeof word === 'string');
};

function readCell(column: Column, cell: CsvCell): { value: unknown; problem: Problem | null } {
  const text = cell.text.trim();
  const value = column.read === undefined ? text : column.read(text);
  if (column.schema === undefined) return { value, problem: null };
  const checked = column.schema.safeParse(value, { jitless: true });
  if (checked.success) return { value, problem: null };
  const [issue] = checked.error.issues;
  const known = wordsOf(column.schema);
  const near = nearestWord(text, known);
  const remedy = near !== null ? `did you mean "${near}"?` : known.length > 0 ? `one of: ${known.join(', ')}` : 'correct the cell, or leave it empty';
  const own = issue.message.startsWith('Invalid') ? `"${column.name}" cannot be ${show(text)}` : `"${column.name}" is ${show(text)}: ${issue.message}`;
  return { value, problem: { line: cell.line, column: cell.column, message: own, remedy } };
}

export interface RegisterReading {
  readonly rows: readonly RegisterRow[];
  /** Columns of the list that the spec has no field for. */
  readonly unused: readonly string[];
  readonly problems: readonly Problem[];
}

/** The rows of a list in the fields of the spec. */
export function readRegister(kind: RegisterKind, table: CsvTable): RegisterReading {
  const problems: Problem[] = [];
  const unused: string[] = [];
  const columns = COLUMNS[kind];
  const taken = new Map<string, number>();
  const meaning = table.columns.map((cell, i): Column | null => {
    const exact = columns.find((column) => column.name === cell.text);
    const found = exact ?? columns.find((column) => column.also?.includes(cell.text) === true && !table.columns.some((other) => other.text === column.name));
    if (found === undefined || (exact === undefined && taken.has(found.name))) {
      if (cell.text !== '') unused.push(cell.text);
      return null;
    }
    taken.set(found.name, i);
    return found;
  });
  for (const column of columns) {
    if (column.required === true && !taken.has(column.name)) {
      const near = nearestWord(column.name, table.columns.map((cell) => cell.text));
      problems.push({ line: 1, column: 1, message: `the list of ${kind} has no column "${column.name}"`, remedy: near === null ? `its columns are: ${columnNames(kind).join(', ')}` : `rename "${near}"` });
    }
  }
  if (problems.length > 0) return { rows: [], unused, problems };
  const rows: RegisterRow[] = [];
  for (const row of table.rows) {
    const fields: Record<string, unknown> = {};
    for (const [i, column] of meaning.entries()) {
      const cell = row[i];
      if (column === null || column.shown === true || cell === undefined) continue;
      if (cell.text.trim() === '') {
        if (column.required === true) problems.push({ line: cell.line, column: cell.column, message: `this row has no "${column.name}"`, remedy: 'give it one, or remove the row' });
        continue;
      }
      const { value, problem } = readCell(column, cell);
      if (problem === null) fields[column.name] = value;
      else problems.push(problem);
    }
    if (problems.length >= MOST_PROBLEMS) break;
    const [first] = row;
    rows.push({ line: first.line, column: first.column, fields, place: (name) => { const cell = row[taken.get(name) ?? 0] ?? first; return { line: cell.line, column: cell.column }; } });
  }
  return { rows, unused: unused.sort(), problems };
}
