/**
 * An asset list into a spec: known assets are found by id, else by address (and take the list's name, in the rules too).
 *
 * In: rows of the list and the spec under edit. Out: edits. An asset that rules name in its zone is not moved, and an
 * address that another asset holds is not taken: both are problems of the row. Left out on purpose: removal.
 */
import { isScalar, isSeq, visit } from 'yaml';
import type { YAMLMap } from 'yaml';
import type { RegisterRow } from './columns.ts';
import { expandTexts, makeMap, plain, seqOf, setField } from '../edit/draft.ts';
import type { ListDraft, Tally } from './list-draft.ts';
import { declaredAssets } from '../spec/assets.ts';
import type { LoadedSpec } from '../spec/load.ts';

const addressesOf = (node: YAMLMap): string[] => (['ip', 'mac'] as const).flatMap((key) => {
  const held = plain(node.get(key, true));
  return Array.isArray(held) ? held.map((text) => String(text).toLowerCase()) : [];
});

/** Rules name assets by id: a new id is carried to every place that names the old one. */
function renameInRules(draft: ListDraft, renamed: ReadonlyMap<string, string>): void {
  if (renamed.size === 0) return;
  visit(draft.document, {
    Pair: (_, pair) => {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      const values = key === 'assets' && isSeq(pair.value) ? pair.value.items : key === 'via_asset' || key === 'switch' ? [pair.value] : [];
      for (const value of values) {
        const next = isScalar(value) ? renamed.get(String(value.value)) : undefined;
        if (isScalar(value) && next !== undefined) value.value = next;
      }
    },
  });
}

const ASSET_FIELDS = ['label', 'role', 'level', 'vendor', 'model', 'firmware', 'ip', 'mac', 'names', 'vlan', 'count', 'passive_only', 'pinned'] as const;

export function importAssets(draft: ListDraft, listedRows: readonly RegisterRow[], loaded: LoadedSpec | null): Tally & { renamed: number; moved: number } {
  const tally = { added: 0, changed: 0, renamed: 0, moved: 0 };
  const texts = new Map((loaded === null ? [] : declaredAssets(loaded.spec)).filter((asset) => asset.fromText).map((asset) => [asset.id, asset]));
  // What a text says already needs no entry of its own.
  const rows = listedRows.filter(({ fields }) => {
    const text = texts.get(String(fields['asset_id']));
    return text === undefined || Object.entries(fields).some(([key, value]) => key !== 'asset_id' && !(key === 'label' && value === text.label) && !(key === 'zone' && value === text.zone));
  });
  const ids = new Set(rows.map((row) => String(row.fields['asset_id'])));
  if (loaded !== null) expandTexts(draft, loaded, ids);
  const inRules = new Set((loaded?.permits ?? []).flatMap(({ permit }) => [...permit.from.assets, ...permit.to.assets]));
  const zoneByName = new Map([...draft.zones].map(([id, node]) => [String(node.get('name')).toLowerCase(), id]));
  const ownerOf = new Map<string, string>();
  for (const [id, { node }] of draft.assets) for (const address of addressesOf(node)) ownerOf.set(address, id);
  const listed = new Map<string, RegisterRow>();
  const renamed = new Map<string, string>();
  for (const row of rows) {
    const { fields } = row;
    const id = fields['asset_id'] as string;
    const before = listed.get(id);
    if (before !== undefined) {
      draft.report(row, 'asset_id', `the asset "${id}" stands in line ${before.line} already`, 'give each asset one row; several addresses go into one cell, with a space between them');
      continue;
    }
    listed.set(id, row);
    const named = fields['zone'] as string | undefined;
    const zone = named === undefined ? undefined : draft.zones.has(named) ? named : zoneByName.get(named.toLowerCase());
    if (named !== undefined && zone === undefined) {
      draft.report(row, 'zone', `the zone "${named}" is not declared`, `declared are: ${[...draft.zones.keys()].slice(0, 8).join(', ')}${draft.zones.size > 8 ? ', ...' : ''}; add it to the spec or to a list of zones`);
      continue;
    }
    const given = [...((fields['ip'] as string[] | undefined) ?? []), ...((fields['mac'] as string[] | undefined) ?? [])];
    const owners = [...new Set(given.flatMap((address) => ownerOf.get(address) ?? []))];
    let held = draft.assets.get(id);
    const [other] = owners;
    if (held === undefined && owners.length === 1 && other !== undefined && !ids.has(other)) {
      held = draft.assets.get(other);
      held?.node.set('asset_id', id);
      draft.assets.delete(other);
      if (held !== undefined) draft.assets.set(id, held);
      for (const [address, owner] of ownerOf) if (owner === other) ownerOf.set(address, id);
      if (inRules.delete(other)) inRules.add(id);
      renamed.set(other, id);
      tally.renamed++;
    } else {
      const foreign = owners.find((owner) => owner !== id);
      if (foreign !== undefined) {
        const address = given.find((one) => ownerOf.get(one) === foreign) ?? '';
        draft.report(row, address.split(':').length === 6 ? 'mac' : 'ip', `${address} belongs to the asset "${foreign}" already`, 'an address belongs to one asset: correct one of the two');
        continue;
      }
    }
    const isNew = held === undefined;
    if (held === undefined) {
      if (zone === undefined) {
        draft.report(row, 'zone', `the asset "${id}" is new, and nothing says in which zone it is`, 'fill the column "zone"');
        continue;
      }
      const node = makeMap(draft, { asset_id: id });
      node.flow = true;
      held = { node, zone };
      draft.assets.set(id, held);
      const zoneNode = draft.zones.get(zone);
      if (zoneNode !== undefined) seqOf(draft, zoneNode, 'assets').add(node);
      tally.added++;
    } else if (zone !== undefined && zone !== held.zone) {
      if (inRules.has(id)) {
        draft.report(row, 'zone', `the asset "${id}" is in zone ${held.zone}, and rules name it there`, 'correct the cell, or change the rules in the spec first');
        continue;
      }
      const from: unknown = draft.zones.get(held.zone)?.get('assets', true);
      const to = draft.zones.get(zone);
      if (isSeq(from) && to !== undefined) {
        from.items.splice(from.items.indexOf(held.node), 1);
        seqOf(draft, to, 'assets').add(held.node);
        held.zone = zone;
        tally.moved++;
      }
    }
    for (const address of given) ownerOf.set(address, id);
    const { node } = held;
    const changed = ASSET_FIELDS.map((key) => setField(draft, node, key, key === 'label' && fields[key] === id && !node.has('label') ? undefined : fields[key]));
    if (fields['switch'] !== undefined && fields['interface'] !== undefined) {
      const port: unknown = node.get('switch_port', true);
      const wanted = { ...(plain(port) as Record<string, unknown> | undefined), switch: fields['switch'], interface: fields['interface'] };
      changed.push(setField(draft, node, 'switch_port', wanted));
    } else if (fields['switch'] !== undefined) {
      draft.report(row, 'switch', `the asset "${id}" has a switch and no interface`, 'fill the column "interface", or empty this one');
    }
    changed.push(setField(draft, node, 'x-owner', fields['owner']));
    if (!isNew && changed.some(Boolean)) tally.changed++;
  }
  renameInRules(draft, renamed);
  return tally;
}
