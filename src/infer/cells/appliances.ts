/** Appliances, which are known for no role, follow those whom they work with, when the servers are placed. */
import { type Board, OT_ROLES, peersOf, put, roleOf } from './board.ts';
import type { Profile } from '../profiles.ts';
import { CONTROL_VENDORS } from '../vendor-class.ts';

/** @param ofPlantAlone infrastructure that looks after the plant and no office */
export function placeAppliances(board: Board, appliances: readonly Profile[], ofPlantAlone: ReadonlySet<number>): void {
  // Those that work with nothing but appliances follow them.
  const isLed = (profile: Profile): boolean => peersOf(board, profile).some((peer) => roleOf(board, peer) !== 'other');
  for (const profile of [...appliances.filter(isLed), ...appliances.filter((one) => !isLed(one))]) placeAppliance(board, profile, ofPlantAlone);
}

export function placeAppliance(board: Board, profile: Profile, ofPlantAlone: ReadonlySet<number>): void {
  const { index, vendorClass, asset } = profile;
  if (movesLikeMobiles(board, profile)) {
    return put(board, index, 'wireless', 'behaves like the mobile devices here: the same application, no logon (ZCR 3.5)', { zone: 'operations', reason: 'it talks to operations', change: 'a logon to a directory, or a pin' });
  }
  const peers = peersOf(board, profile);
  const isAppliancePlaced = (peer: number, zone: string): boolean => roleOf(board, peer) === 'other' && board.placed[peer]?.zone === zone;
  const plant = peers.filter((peer) => OT_ROLES.has(roleOf(board, peer)) || ofPlantAlone.has(peer) || isAppliancePlaced(peer, 'operations')).length;
  const office = peers.filter((peer) => roleOf(board, peer) === 'enterprise' || isAppliancePlaced(peer, 'enterprise')).length;
  const asOfPlant = (reason: string, change: string): void => put(board, index, 'operations', reason, { zone: 'enterprise', reason: 'appliances of the office stand there', change });
  const reason = `an appliance whose peers are ${plant} plant and ${office} office machines`;
  const isServedByOffice = peers.some((peer) => roleOf(board, peer) === 'infrastructure' && board.placed[peer]?.zone === 'enterprise');
  if (plant > office && !isServedByOffice) asOfPlant(reason, `${plant - office + 1} more office peers`);
  else if (office === 0 && CONTROL_VENDORS.has(vendorClass)) asOfPlant(`has a network card of ${asset.vendor}, which builds controllers, and works with no office machine`, 'an office peer');
  else if (!board.hasOffice) asOfPlant('an appliance, and no office was heard here', 'an office machine');
  else put(board, index, 'enterprise', reason, { zone: 'operations', reason: 'appliances of the plant stand there', change: `${office - plant + 1} more plant peers` });
}

const LIGHT_SERVICES = new Set(['dns', 'http', 'https', 'ntp', 'dhcp', 'icmp']);

/** An unknown card that asks what the handhelds ask, and nothing else. */
function movesLikeMobiles(board: Board, profile: Profile): boolean {
  if (profile.vendorClass !== null || profile.directoryClient || profile.in.length > 0 || profile.out.length < 2) return false;
  if (!profile.out.every((link) => LIGHT_SERVICES.has(link.service))) return false;
  const { profiles } = board.plant;
  const applications = profile.out.filter((link) => link.service === 'https' && !profiles[link.server]!.outside);
  return applications.length > 0 && applications.every((link) => profiles[link.server]!.in.filter((other) => other.conversation.port === link.conversation.port && profiles[other.client]!.vendorClass === 'mobile').length >= 2);
}
