/**
 * What accepting a finding does to the assets of a spec: a stranger is declared, a known device gets another address, one that
 * moved moves. In: a bench and the finding. Out: edits, and a sentence.
 */
import { isSeq } from 'yaml';
import { isMac } from '../../net/address-set.ts';
import { freeId, specIdOf } from '../../infer/spec-id.ts';
import type { Finding } from '../diff/findings.ts';
import type { DiffContext } from '../diff/context.ts';
import { ownerByLink } from '../diff/device-places.ts';
import { appendTo, type Bench, type Done } from './bench.ts';
import { expandTexts, plain, seqOf, setField } from './draft.ts';
import { moveAsset } from './move.ts';

/** A known device has another address: its rules hold for that too. */
function addAddress({ draft, context: { loaded } }: Bench, asset: string, key: 'ip' | 'mac', address: string): Done {
  expandTexts(draft, loaded, new Set([asset]));
  const held = draft.assets.get(asset);
  if (held === undefined) return { whyNot: `there is no asset ${asset} any more` };
  const list = seqOf(draft, held.node, key);
  list.flow = true;
  list.add(draft.document.createNode(address));
  return { done: `${asset} of ${held.zone} has ${address} as well now` };
}

/** Whose declared address something sends from. */
const senderOf = ({ assets, set }: DiffContext, mac: string): string | null => {
  const record = set.addresses.find(({ address, macs }) => macs.some((one) => one.mac === mac) && assets.resolve(address)?.by === 'address');
  return record === undefined ? null : (assets.resolve(record.address)?.asset?.id ?? null);
};

export function declareAsset(bench: Bench, finding: Finding, address: string, zone: string): Done {
  const { draft: { document }, context } = bench;
  const { assets, loaded } = context;
  const index = loaded.spec.zones.findIndex((one) => one.zone_id === zone);
  if (index < 0) return { whyNot: `there is no zone ${zone} any more` };
  const key = isMac(address) ? 'mac' : 'ip';
  const known = finding.type !== 'undeclared-asset' ? null : key === 'ip' ? (ownerByLink(context, address)?.asset.id ?? null) : senderOf(context, address);
  if (known !== null) return addAddress(bench, known, key, address);
  // The id that a proposal would give it. Two addresses of IPv6 may be spelled alike.
  const id = freeId(specIdOf(address, 'asset'), (one) => assets.byId.has(one));
  appendTo(document, ['zones', index, 'assets'], { asset_id: id, [key]: [address] });
  return { done: `added the asset to ${zone}` };
}

/** The link address of another zone's device behind a declared address: the device is taken for the one declared there. */
function adoptMac({ draft, context: { assets, set, loaded } }: Bench, address: string): Done {
  const here = assets.resolve(address)?.asset ?? null;
  const told: string[] = [];
  for (const { mac, firstNs } of set.addresses.find((record) => record.address === address)?.macs ?? []) {
    const owner = assets.resolve(mac)?.asset ?? null;
    if (here === null || owner === null || owner.id === here.id || owner.zone === here.zone) continue;
    const still = set.addresses.find((record) => record.address !== address && record.macs.some((one) => one.mac === mac && one.lastNs >= firstNs));
    if (still !== undefined) return { whyNot: `${mac} was seen with ${still.address} in the same time: one device is not in two zones, so find out which is true first` };
    expandTexts(draft, loaded, new Set([here.id, owner.id]));
    const [mine, theirs] = [draft.assets.get(here.id)?.node, draft.assets.get(owner.id)?.node];
    const macs: unknown = theirs?.get('mac', true);
    if (mine === undefined || theirs === undefined || !isSeq(macs)) continue;
    macs.items = macs.items.filter((item) => String(plain(item)).toLowerCase() !== mac);
    if (macs.items.length === 0) theirs.delete('mac');
    const own = seqOf(draft, mine, 'mac');
    own.flow = true;
    own.add(draft.document.createNode(mac));
    told.push(`the device with ${mac} is ${here.id} in ${here.zone} now, and ${owner.id} of ${owner.zone} no longer`);
  }
  return told.length === 0 ? { whyNot: 'the spec says so already' } : { done: told.join('; ') };
}

export function placeAsset(bench: Bench, finding: Finding): Done {
  const { draft, context: { assets, loaded } } = bench;
  const { client: address, fromZone, toZone } = finding;
  if (address === null || fromZone === null) return { whyNot: 'the finding names no device' };
  const vlans = [...new Set(bench.conversationsOf(finding).flatMap((one) => one.vlan ?? []))];
  if (vlans.length === 0) return adoptMac(bench, address);
  if (toZone === null) {
    const zone = draft.zones.get(fromZone);
    if (zone === undefined) return { whyNot: `there is no zone ${fromZone} any more` };
    const list = seqOf(draft, zone, 'vlans');
    for (const vlan of vlans) list.add(draft.document.createNode(vlan));
    return { done: `VLAN ${vlans.join(', ')} belongs to ${fromZone} now` };
  }
  const resolution = assets.resolve(address);
  // One address of many that an entry covers: the others stay where they are.
  if (resolution === null || resolution.asset === null || resolution.by === 'range') {
    const result = declareAsset(bench, finding, address, toZone);
    const whole = resolution?.asset?.id;
    return whole === undefined || !('done' in result) ? result : { done: `${result.done}: what rules let ${whole} do no longer holds for ${address}` };
  }
  expandTexts(draft, loaded, new Set([resolution.asset.id]));
  const held = draft.assets.get(resolution.asset.id);
  if (held === undefined) return { whyNot: `there is no asset ${resolution.asset.id} any more` };
  if (held.node.has('vlan')) setField(draft, held.node, 'vlan', vlans[0]);
  return { done: moveAsset(draft, loaded, resolution.asset.id, held, toZone) };
}
