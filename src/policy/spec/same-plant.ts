/**
 * Whether a spec and what was observed are of the same plant at all: a spec held against another plant's store differs in everything.
 *
 * In: the zones of a spec, and the addresses that were seen. Out: how many of each know the other, where that is next to none. Left
 * out on purpose: devices that only one side has (they are the findings of a diff), and names without addresses.
 */
import { groupAddressKind, isPublicAddress } from '../../net/address-kinds.ts';
import type { AddressRecord } from '../../observation.ts';
import { indexAssets } from './assets.ts';
import type { Spec } from './schema.ts';

export interface Strangers {
  /** Assets that the spec declares with an address. */
  readonly declared: number;
  /** Addresses of devices that were seen, those of the Internet left out. */
  readonly seen: number;
  /** Of those, the ones that the spec knows. */
  readonly known: number;
}

/** Fewer on either side may be new devices, or a corner of the plant. */
const FEWEST = 3;
/** Plants have some addresses in common by chance (192.168.0.1): up to one in so many, of either side, is next to none. */
const ONE_IN = 20;

/** Null where they may well be of one plant, or too little is there to tell. A known network or link address counts as an address does. */
export function strangersOf(spec: Spec, records: readonly AddressRecord[]): Strangers | null {
  const index = indexAssets(spec, records);
  const declared = index.assets.filter(({ spans }) => spans.length > 0).length;
  if (declared < FEWEST) return null;
  const isKnown = (address: string): boolean => {
    const by = index.resolve(address)?.by;
    return by !== undefined && by !== 'public';
  };
  const devices = records.filter(({ address }) => groupAddressKind(address) === null);
  const known = devices.filter(({ address, macs }) => isKnown(address) || macs.some(({ mac }) => isKnown(mac))).length;
  const seen = devices.filter(({ address }) => !isPublicAddress(address) || isKnown(address)).length;
  return seen >= FEWEST && known * ONE_IN <= Math.min(declared, seen) ? { declared, seen, known } : null;
}
