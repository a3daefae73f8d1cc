/**
 * Devices that were heard where the spec does not have them: on the VLAN of another zone, with the link address of another device,
 * or with one that nobody declared.
 *
 * In: the context of a diff, conversations. Out: findings, one an address and VLAN or link address; and whose link address an address sends with.
 * Left out on purpose: addresses that the spec does not know at all (observed.ts).
 */
import { plural } from '../../infer/plural.ts';
import { parseSpan } from '../../net/address-set.ts';
import { isoTime } from '../../net/time.ts';
import type { Conversation } from '../../observation.ts';
import { nameOf, type DeclaredAsset, type Resolution } from '../spec/assets.ts';
import type { Place } from '../spec/document.ts';
import { isOfControl } from './requirements.ts';
import type { DiffContext } from './context.ts';
import { makeFinding, seenWhole, type Finding } from './findings.ts';

/** Roles of devices that send from everybody's address. */
const ROUTING_ROLES: ReadonlySet<string> = new Set(['network-device', 'firewall', 'gateway']);

/** The declared device that an address sent with; a router sends for others, and proves nothing. */
export const ownerByLink = ({ assets, recordOf, isRouter }: DiffContext, address: string): { readonly mac: string; readonly asset: DeclaredAsset } | null => {
  for (const { mac } of recordOf.get(address)?.macs ?? []) {
    const asset = isRouter(mac) ? null : (assets.resolve(mac)?.asset ?? null);
    if (asset !== null && !ROUTING_ROLES.has(asset.role ?? '')) return { mac, asset };
  }
  return null;
};

export const placeOf = ({ loaded }: DiffContext, { zoneIndex, assetIndex }: DeclaredAsset): Place => loaded.locate(['zones', zoneIndex, 'assets', assetIndex]);

const wrongVlan = (context: DiffContext, conversation: Conversation, client: Resolution | null, server: Resolution | null): { zone: string; declared: readonly number[]; other: string | null } | null => {
  if (conversation.vlan === null) return null;
  const zones = context.loaded.spec.zones;
  const vlansOf = (resolution: Resolution | null): readonly number[] | undefined => context.zoneOf.get(resolution?.zone ?? '')?.vlans;
  const own = vlansOf(client);
  // A frame between two zones carries the VLAN of the side on which the sensor stands: either end's is right.
  if (client === null || own === undefined || own.length === 0 || own.includes(conversation.vlan) || vlansOf(server)?.includes(conversation.vlan)) return null;
  if (client.zone !== server?.zone && server !== null && vlansOf(server) === undefined) return null;
  return { zone: client.zone, declared: own, other: zones.find((zone) => zone.vlans?.includes(conversation.vlan ?? -1))?.zone_id ?? null };
};

/** Where the spec says with which link addresses a device sends, and addresses are not lent: elsewhere another machine has them tomorrow. */
const isOtherDevice = ({ kinds }: DiffContext, { zone, asset, by }: Resolution): boolean =>
  by === 'address' && (asset?.spans.some(({ family }) => family === 'mac') ?? false) && isOfControl(kinds.get(zone));

const otherDevice = (context: DiffContext, name: string, asset: DeclaredAsset, mac: string, firstNs: bigint, lastNs: bigint): Finding => makeFinding({
  type: 'undeclared-asset', severity: context.kinds.get(asset.zone) === 'safety' ? 'high' : 'medium',
  title: `${name} sends with ${mac}, which is not declared`,
  detail: `${asset.id} is declared with ${asset.addresses.filter((one) => parseSpan(one)?.family === 'mac').join(', ')}; the other was seen from ${isoTime(firstNs)} to ${isoTime(lastNs)}.`,
  remedy: 'if the device or its network card was replaced, write the link address into its entry; if not, find out who uses its address',
  fromZone: asset.zone, client: mac, place: placeOf(context, asset), key: [asset.id, mac],
});

/** @param conversations that were judged: what is set aside or out of scope says nothing of VLANs */
export const judgePlaces = (context: DiffContext, conversations: readonly Conversation[]): Finding[] => {
  const findings: Finding[] = [];
  const byAsset = new Map<string, { resolution: Resolution; wrong: NonNullable<ReturnType<typeof wrongVlan>>; conversations: Conversation[]; vlan: number; address: string }>();
  for (const conversation of conversations) {
    const client = context.assets.resolve(conversation.client);
    const wrong = wrongVlan(context, conversation, client, context.assets.resolve(conversation.server));
    if (wrong === null || client === null || conversation.vlan === null) continue;
    const key = `${conversation.client}\n${conversation.vlan}`;
    const held = byAsset.get(key) ?? { resolution: client, wrong, conversations: [], vlan: conversation.vlan, address: conversation.client };
    held.conversations.push(conversation);
    byAsset.set(key, held);
  }
  for (const { resolution, wrong, conversations: own, vlan, address } of byAsset.values()) {
    findings.push(makeFinding({
      type: 'asset-in-wrong-zone', severity: context.kinds.get(wrong.zone) === 'safety' ? 'critical' : 'medium',
      title: `${nameOf(address, resolution)} is declared in ${wrong.zone} and was seen on VLAN ${vlan}${wrong.other === null ? '' : `, which belongs to ${wrong.other}`}`,
      detail: `${wrong.zone} is declared on VLAN ${wrong.declared.join(', ')}; ${plural(own.length, 'conversation')}.`,
      remedy: 'check the switch port, or correct the zone\'s vlans',
      fromZone: wrong.zone, toZone: wrong.other, client: address, seen: own.map(seenWhole),
      place: resolution.asset === null ? null : placeOf(context, resolution.asset), key: [address, vlan],
    }));
  }
  for (const record of context.set.addresses) {
    const declared = context.assets.resolve(record.address);
    if (!declared?.asset || declared.by === 'network') continue;
    for (const { mac, firstNs, lastNs } of record.macs) {
      if (context.isRouter(mac)) continue;
      const owner = context.assets.resolve(mac);
      if (owner === null && isOtherDevice(context, declared)) findings.push(otherDevice(context, nameOf(record.address, declared), declared.asset, mac, firstNs, lastNs));
      if (!owner?.asset || ROUTING_ROLES.has(owner.asset.role ?? '') || owner.asset.id === declared.asset.id || owner.zone === declared.zone) continue;
      findings.push(makeFinding({
        type: 'asset-in-wrong-zone', severity: context.kinds.get(declared.zone) === 'safety' || context.kinds.get(owner.zone) === 'safety' ? 'critical' : 'high',
        title: `${record.address} is declared for ${declared.asset.id} in ${declared.zone}, and ${owner.asset.id} of ${owner.zone} sent from it`,
        detail: `The link address ${mac} is declared for ${owner.asset.id}; seen from ${isoTime(firstNs)} to ${isoTime(lastNs)}.`,
        remedy: 'find out which device has the address; a moved device must change its zone in the spec, a copied address is an alarm',
        fromZone: declared.zone, toZone: owner.zone, client: record.address, place: placeOf(context, declared.asset), key: [record.address, mac],
      }));
    }
  }
  return findings;
};
