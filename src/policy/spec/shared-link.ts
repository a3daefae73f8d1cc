/**
 * Zones that share a link: their devices reach each other directly, and a firewall that routes sees nothing of it.
 *
 * In: a spec. Out: what the zones of a conduit share, certain (one VLAN; a device in the network of another zone) or likely
 * (networks that overlap; addresses of both in what is usually one network, where neither networks nor VLANs are stated).
 * Left out on purpose: what was seen on the wire, and zones of kind external, which somebody else's network keeps apart.
 */
import { formatSpan, intersectSets, isSubset, parseSet, setContains, type AddressSet, type AddressSpan } from '../../net/address-set.ts';
import { listsBy } from '../../net/multi-map.ts';
import { declaredAssets, type DeclaredAsset } from './assets.ts';
import type { Spec, SpecConduit } from './schema.ts';

export interface SharedLink {
  readonly zones: readonly [string, string];
  /** `VLAN 10`, `10.20.0.0/24`. */
  readonly what: string;
  readonly isLikely: boolean;
}

interface ZoneFacts {
  readonly id: string;
  readonly vlans: readonly number[];
  readonly networks: AddressSet;
  /** The addresses of each device, without those that say nothing of a network. */
  readonly devices: readonly { readonly spans: AddressSet; readonly isHeard: boolean }[];
}

const LINK_LOCAL = parseSet(['169.254.0.0/16', 'fe80::/10']);
const USUAL_HOST_BITS = { ipv4: 8n, ipv6: 64n, mac: 0n } as const;
const WIDE_HOST_BITS = 16n;
/** So many networks of 254 addresses, and so large a share of them with one device only, are one larger network. */
const SCATTERED_OVER = 8;
const SCATTERED_SHARE = 1 / 3;

const networkOf = (span: AddressSpan, hostBits: bigint): string => {
  const first = (span.first >> hostBits) << hostBits;
  return formatSpan({ family: span.family, first, last: first + (1n << hostBits) - 1n });
};

const spansOf = (asset: DeclaredAsset): AddressSet => asset.spans.filter((span) => span.family !== 'mac' && !setContains(LINK_LOCAL, span));

const factsOf = (spec: Spec): ZoneFacts[] => {
  const assetsOf = listsBy(declaredAssets(spec), ({ zone }) => zone);
  return spec.zones
    .filter((zone) => zone.kind !== 'external')
    .map((zone) => {
      const own = assetsOf.get(zone.zone_id) ?? [];
      return {
        id: zone.zone_id,
        vlans: [...new Set([...(zone.vlans ?? []), ...own.flatMap((asset) => asset.vlan ?? [])])].sort((a, b) => a - b),
        networks: parseSet(zone.networks ?? []),
        devices: own.map((asset) => ({ spans: spansOf(asset), isHeard: asset.spans.some((span) => span.family === 'mac') })).filter(({ spans }) => spans.length > 0),
      };
    });
};

/** Networks of 65,534 addresses over which devices are scattered that were heard on a link, with their link address. */
const wideNetworks = (zones: readonly ZoneFacts[]): ReadonlySet<string> => {
  const counts = new Map<string, Map<string, number>>();
  for (const { spans, isHeard } of zones.flatMap((zone) => zone.devices))
    for (const span of isHeard ? spans.filter((one) => one.family === 'ipv4') : []) {
      const wide = networkOf(span, WIDE_HOST_BITS);
      const held = counts.get(wide) ?? new Map<string, number>();
      const usual = networkOf(span, USUAL_HOST_BITS.ipv4);
      counts.set(wide, held.set(usual, (held.get(usual) ?? 0) + 1));
    }
  const isScattered = (held: ReadonlyMap<string, number>): boolean =>
    held.size >= SCATTERED_OVER && [...held.values()].filter((count) => count === 1).length > held.size * SCATTERED_SHARE;
  return new Set([...counts].filter(([, held]) => isScattered(held)).map(([wide]) => wide));
};

/** In which network each device of a zone probably stands; a device with a leg in two tells nothing. */
const likelyNetworks = (zone: ZoneFacts, wide: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(zone.devices.flatMap(({ spans, isHeard }) => (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const networks = new Set(spans.filter((span) => span.family === family).map((span) => {
      const larger = networkOf(span, WIDE_HOST_BITS);
      return family === 'ipv4' && isHeard && wide.has(larger) ? larger : networkOf(span, USUAL_HOST_BITS[family]);
    }));
    return networks.size === 1 ? [...networks] : [];
  })));

/** The network of a zone in which a device of another one stands with all its addresses. */
const guestNetwork = (host: ZoneFacts, guest: ZoneFacts): string | null => {
  const device = guest.devices.find(({ spans }) => isSubset(spans, host.networks) && intersectSets(spans, guest.networks).length === 0);
  const network = device === undefined ? undefined : host.networks.find((span) => setContains([span], device.spans[0]));
  return network === undefined ? null : formatSpan(network);
};

const shared = (a: ZoneFacts, b: ZoneFacts, likelyOf: (zone: ZoneFacts) => ReadonlySet<string>): Pick<SharedLink, 'what' | 'isLikely'> | null => {
  if (a.vlans.length > 0 && b.vlans.length > 0) {
    const vlan = a.vlans.find((one) => b.vlans.includes(one));
    return vlan === undefined ? null : { what: `VLAN ${vlan}`, isLikely: false };
  }
  const guest = guestNetwork(a, b) ?? guestNetwork(b, a);
  if (guest !== null) return { what: guest, isLikely: false };
  const overlap = intersectSets(a.networks, b.networks);
  if (overlap.length > 0) return { what: formatSpan(overlap[0]), isLikely: true };
  if (a.networks.length > 0 || b.networks.length > 0) return null;
  const others = likelyOf(b);
  const network = [...likelyOf(a)].find((one) => others.has(one));
  return network === undefined ? null : { what: network, isLikely: true };
};

/** For each conduit, by its index in the spec: the pairs of its zones that share a link. */
export const sharedLinks = (spec: Spec): SharedLink[][] => {
  const zones = new Map(factsOf(spec).map((zone) => [zone.id, zone]));
  const wide = wideNetworks([...zones.values()]);
  const likely = new Map([...zones].map(([id, zone]) => [id, likelyNetworks(zone, wide)]));
  const likelyOf = ({ id }: ZoneFacts): ReadonlySet<string> => likely.get(id) ?? new Set();
  return spec.conduits.map(({ connects }) => connects.flatMap((from, i) => connects.slice(i + 1).flatMap((to): SharedLink[] => {
    const [a, b] = [zones.get(from), zones.get(to)];
    const link = a === undefined || b === undefined ? null : shared(a, b, likelyOf);
    return link === null ? [] : [{ zones: [from, to], ...link }];
  })));
};

/** Platforms that listen or stand in line on a link. */
export const ON_LINK_PLATFORMS: ReadonlySet<string> = new Set(['suricata', 'tofino']);

/** Devices of the spec that enforce a conduit: those that it names, else those that stand in all of its zones. */
export const pointsOf = (spec: Spec, conduit: SpecConduit): NonNullable<Spec['enforcement_points']> =>
  (spec.enforcement_points ?? []).filter((point) =>
    conduit.enforced_by === undefined ? conduit.connects.every((zone) => point.interfaces.some((port) => port.zone === zone)) : conduit.enforced_by.includes(point.ep_id));

/** Whether the spec gives a conduit to devices that see what passes on a link, and to no other. */
export const isOnLink = (spec: Spec, conduit: SpecConduit): boolean => {
  const points = pointsOf(spec, conduit);
  return points.length > 0 && points.every((point) => ON_LINK_PLATFORMS.has(point.platform));
};

interface Port {
  readonly zone: string;
  readonly interface: string;
  readonly vlan?: number | null | undefined;
}

/** `eth1` with VLAN 20 is `eth1.20`, whichever of the two the spec says, or both. */
const portName = ({ interface: name, vlan }: Omit<Port, 'zone'>): string => (vlan === null || vlan === undefined || name.endsWith(`.${vlan}`) ? name : `${name}.${vlan}`);

export const isSameInterface = (a: Omit<Port, 'zone'>, b: Omit<Port, 'zone'>): boolean => portName(a) === portName(b);

/** Interfaces (with their VLAN) of one device on which a second zone stands, with the port of the first. */
export const sharedInterfaces = <P extends Port>(ports: readonly P[]): { readonly index: number; readonly port: P; readonly other: P }[] =>
  ports.flatMap((port, index) => {
    const other = ports.slice(0, index).find((one) => one.zone !== port.zone && isSameInterface(one, port));
    return other === undefined ? [] : [{ index, port, other }];
  });
