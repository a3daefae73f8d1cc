/**
 * Machine builders give every machine the same addresses, each in a VLAN of its own. Sessions are told apart by addresses, so
 * that such machines are counted as one; here is noticed that they are. In: who sent from an IPv4 address, in which VLAN. Out: a
 * fact of the address for each VLAN in which another device has it. A MAC address that sends from several is a router.
 */
import { addToSet } from '../net/multi-map.ts';
import { count, type FlowState } from './flow-state.ts';
import { findKey, internKey } from './int-table.ts';
import { noteAddressFact } from './operations.ts';

export const SAME_ADDRESS_FACT = 'vlan.other-device';

/** More than any plant has: a flood is not followed. */
const MAX_SENDERS = 65_536;
const MAX_PLACES = 64;

/** Once per session, direction and hour. @param vlan -1 untagged */
export function noteTagged(state: FlowState, address: number, mac: number, vlan: number): void {
  if (vlan < 0) return;
  if (state.tagged.count < MAX_SENDERS) internKey(state.tagged, address, mac, vlan, 0);
  else if (findKey(state.tagged, address, mac, vlan, 0) < 0) count(state, 'limit.tagged-senders');
}

type Place = readonly [mac: number, vlan: number];

/** Tells what the interval knows; called before it is written. */
export function tellSameAddresses(state: FlowState): void {
  const { keys, count: senders } = state.tagged;
  const addressesOf = new Map<number, Set<number>>();
  const placesOf = new Map<number, Place[]>();
  for (let k = 0; k < senders << 2; k += 4) {
    const [address, mac, vlan] = keys.subarray(k, k + 3);
    addToSet(addressesOf, mac, address);
    const places = placesOf.get(address);
    if (places === undefined) placesOf.set(address, [[mac, vlan]]);
    else if (places.length < MAX_PLACES) places.push([mac, vlan]);
  }
  for (const [address, places] of placesOf) {
    const own = places.filter(([mac]) => addressesOf.get(mac)?.size === 1);
    const shared = own.filter(([mac, vlan]) => own.some((other) => other[0] !== mac && other[1] !== vlan));
    for (const vlan of new Set(shared.map((place) => place[1]))) noteAddressFact(state, address, SAME_ADDRESS_FACT, String(vlan));
  }
}
