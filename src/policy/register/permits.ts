/**
 * The flow register into a spec: decisions on known rules, and new rules from source, destination, protocol and port.
 *
 * In: rows of a list and the loaded spec. Out: edits of the document. A cell that contradicts what a known rule says of
 * its ends or service is refused, not half taken: such a change is a new rule. A new rule without a verdict is pending.
 */
import { parseSpan } from '../../net/address-set.ts';
import { isMap } from 'yaml';
import type { RegisterRow } from './columns.ts';
import { addConduit, conduitId, makeMap, seqOf, setField } from '../edit/draft.ts';
import type { ListDraft, Tally } from './list-draft.ts';
import { operationsText } from './tables.ts';
import { endpointOf, portsOf } from '../spec/permits.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import type { LoadedSpec } from '../spec/load.ts';
import { ruleNumbering } from '../edit/rule.ts';
import type { SpecFlow } from '../spec/schema.ts';

const sorted = (values: readonly string[]): string => [...values].map((value) => value.toLowerCase()).sort().join(' ');
const portText = (ports: readonly { readonly first: number; readonly last: number }[]): string => ports.map(({ first, last }) => `${first}-${last}`).sort().join(' ');

/** The first column in which a row says something else than the rule does. */
function contradiction(row: RegisterRow, declared: DeclaredPermit): { column: string; is: string } | null {
  const { fields } = row;
  const { permit } = declared;
  const said: readonly (readonly [string, string | null, string])[] = [
    ['conduit', (fields['conduit'] as string | undefined) ?? null, permit.conduit],
    ['source_zone', (fields['source_zone'] as string | undefined) ?? null, permit.from.zone],
    ['source', fields['source'] === undefined ? null : sorted(fields['source'] as string[]), sorted([...permit.from.assets, ...permit.from.addresses])],
    ['destination_zone', (fields['destination_zone'] as string | undefined) ?? null, permit.to.zone],
    ['destination', fields['destination'] === undefined ? null : sorted(fields['destination'] as string[]), sorted([...permit.to.assets, ...permit.to.addresses])],
    ['protocol', (fields['protocol'] as string | undefined) ?? null, permit.service.protocol],
    ['transport', (fields['transport'] as string | undefined) ?? null, permit.service.transport],
    ['port', fields['port'] === undefined ? null : portText(portsOf(fields['port'] as SpecFlow['port'])), portText(permit.service.ports)],
    ['operations', (fields['operations'] as string | undefined) ?? null, operationsText(declared)],
  ];
  for (const [column, wanted, held] of said) if (wanted !== null && wanted !== held) return { column, is: held === '' ? 'nothing there' : held };
  const access = fields['access'] as string | string[] | undefined;
  const held = permit.access.length === 0 ? 'any' : sorted(permit.access);
  const wanted = access === 'read' ? ['read', 'browse read'] : access === 'read-write' ? ['browse read write'] : access === undefined ? [held] : [sorted([access].flat())];
  return wanted.includes(held) ? null : { column: 'access', is: held };
}

/** One side of a new rule; null when a word is neither an asset of the zone nor an address. */
function endOf(draft: ListDraft, row: RegisterRow, side: 'source' | 'destination'): SpecFlow['client'] | null {
  const zone = row.fields[`${side}_zone`] as string | undefined;
  if (zone === undefined || !draft.zones.has(zone)) {
    draft.report(row, `${side}_zone`, zone === undefined ? `a new rule, and nothing says its "${side}_zone"` : `the zone "${zone}" is not declared`, `fill the column "${side}_zone" with a declared zone; a known rule is found by its rule_id`);
    return null;
  }
  const assets: string[] = [];
  const addresses: string[] = [];
  for (const word of (row.fields[side] as string[] | undefined) ?? []) {
    if (draft.assets.get(word)?.zone === zone) assets.push(word);
    else if (parseSpan(word) !== null) addresses.push(word.toLowerCase());
    else {
      draft.report(row, side, `"${word.slice(0, 60)}" is neither an asset of zone ${zone} nor an address`, 'correct the cell, or declare the asset first');
      return null;
    }
  }
  return endpointOf({ zone, assets, addresses });
}

function addRule(draft: ListDraft, row: RegisterRow, idOf: (conduit: string) => string): boolean {
  const { fields } = row;
  if (fields['protocol'] === undefined) {
    draft.report(row, 'rule_id', fields['rule_id'] === undefined ? 'this row has neither a rule_id nor a protocol' : `the rule "${String(fields['rule_id'])}" is not declared, and the row says too little for a new one`, 'correct the rule_id; a new rule needs source_zone, destination_zone and protocol');
    return false;
  }
  if (fields['operations'] !== undefined) {
    draft.report(row, 'operations', 'a new rule cannot take its operations from a cell', 'write the rule in the spec; or empty the cell, and the rule lets every operation of its access through');
    return false;
  }
  const client = endOf(draft, row, 'source');
  const server = endOf(draft, row, 'destination');
  if (client === null || server === null || client === undefined || server === undefined) return false;
  if (client.zone === server.zone) {
    draft.report(row, 'destination_zone', `source and destination are both in zone ${client.zone}`, 'traffic within a zone needs no rule: remove the row');
    return false;
  }
  const connects = (id: string): boolean => {
    const zones: unknown = draft.conduits.get(id)?.toJSON().connects;
    return Array.isArray(zones) && zones.includes(client.zone) && zones.includes(server.zone);
  };
  const named = fields['conduit'] as string | undefined;
  if (named !== undefined && draft.conduits.has(named) && !connects(named)) {
    draft.report(row, 'conduit', `the conduit "${named}" does not connect ${client.zone} and ${server.zone}`, 'correct the cell, or leave it empty');
    return false;
  }
  const id = named ?? [...draft.conduits.keys()].find(connects) ?? conduitId(draft, [client.zone, server.zone].sort());
  const conduit = draft.conduits.get(id) ?? addConduit(draft, { conduit_id: id, connects: [client.zone, server.zone], mode: 'monitor', default_action: 'deny-log', protocols_allowed: [] });
  const ruleId = (fields['rule_id'] as string | undefined) ?? idOf(id);
  const optional: Readonly<Record<string, unknown>> = { transport: fields['transport'], port: fields['port'] };
  const rule = makeMap(draft, {
    rule_id: ruleId, protocol: fields['protocol'], ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)), client, server, access: fields['access'] ?? 'any',
    ...(fields['purpose'] === undefined ? {} : { purpose: fields['purpose'] }), basis: 'designed', decision: fields['verdict'] ?? 'pending',
    ...(fields['decided_by'] === undefined ? {} : { owner: fields['decided_by'] }), ...(fields['decided_on'] === undefined ? {} : { decided_on: fields['decided_on'] }), ...(fields['until'] === undefined ? {} : { expires: fields['until'] }), ...(fields['review_by'] === undefined ? {} : { review_by: fields['review_by'] }),
  });
  for (const key of ['client', 'server']) {
    const end: unknown = rule.get(key, true);
    if (isMap(end)) end.flow = true;
  }
  seqOf(draft, conduit, 'protocols_allowed').add(rule);
  return true;
}

export function importPermits(draft: ListDraft, rows: readonly RegisterRow[], loaded: LoadedSpec | null): Tally {
  const tally = { added: 0, changed: 0 };
  const known = new Map((loaded?.permits ?? []).map((declared) => [declared.permit.id, declared]));
  const idOf = ruleNumbering(loaded, rows.flatMap(({ fields }) => (fields['rule_id'] as string | undefined) ?? []));
  const listed = new Set<string>();
  for (const row of rows) {
    const { fields } = row;
    const id = fields['rule_id'] as string | undefined;
    if (id !== undefined && listed.has(id)) {
      draft.report(row, 'rule_id', `the rule "${id}" is listed twice`, 'keep one of the two rows');
      continue;
    }
    if (id !== undefined) listed.add(id);
    const declared = id === undefined ? undefined : known.get(id);
    if (declared === undefined) {
      if (addRule(draft, row, idOf)) tally.added++;
      continue;
    }
    const against = contradiction(row, declared);
    if (against !== null) {
      draft.report(row, against.column, `the rule "${id}" says ${against.is.slice(0, 120)} here`, 'ends and service of a known rule are changed in the spec; for another rule leave the rule_id empty');
      continue;
    }
    const node = draft.document.getIn(declared.path, true);
    if (!isMap(node)) continue;
    const { permit } = declared;
    const edits: Readonly<Record<string, unknown>> = {
      decision: fields['verdict'] === permit.decision ? undefined : fields['verdict'], owner: fields['decided_by'] === permit.owner ? undefined : fields['decided_by'],
      decided_on: fields['decided_on'], expires: fields['until'], review_by: fields['review_by'], purpose: fields['purpose'] === permit.purpose ? undefined : fields['purpose'],
    };
    // The day of a decision is not that of another one.
    const isOtherDecision = edits['decision'] !== undefined || edits['owner'] !== undefined;
    if (isOtherDecision && fields['decided_on'] === undefined) node.delete('decided_on');
    if (Object.entries(edits).map(([key, value]) => setField(draft, node, key, value)).some(Boolean)) tally.changed++;
  }
  return tally;
}
