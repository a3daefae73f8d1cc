/**
 * What IEC 62443-3-2 wants apart is placed before any graph work: safety (ZCR 3.3), business (ZCR 3.2), temporary (ZCR 3.4), wireless
 * (ZCR 3.5), remote (ZCR 3.6).
 */
import { type Board, put, roleOf } from './board.ts';
import { type Profile, serversOf } from '../profiles.ts';

const REMOTE_RTT_MS = 80;

/** Smallest handshake round trip on any of its links: where a device stands, not how slow one peer was. */
function roundTripMs(profile: Profile): number {
  let least = Infinity;
  for (const link of profile.in) least = Math.min(least, link.conversation.rttMs ?? Infinity);
  return Number.isFinite(least) ? least : 0;
}

export function placeSafety(board: Board): void {
  const { profiles } = board.plant;
  const safety = new Set<number>();
  for (const { index } of profiles) if (roleOf(board, index) === 'safety-controller') safety.add(index);
  if (safety.size === 0) return;
  for (const index of safety) put(board, index, 'safety', 'safety controller: kept apart from the control system (ZCR 3.3)');
  for (const { index, controlIn } of profiles) {
    if (roleOf(board, index) !== 'io') continue;
    const pollers = controlIn.filter((link) => link.cycle !== null);
    if (pollers.length > 0 && pollers.every((link) => safety.has(link.client))) put(board, index, 'safety', 'I/O polled only by safety controllers');
  }
  for (const { index, controlOut, engineered } of profiles) {
    const role = roleOf(board, index);
    if (role !== 'engineering-workstation' && role !== 'hmi') continue;
    const targets = serversOf(controlOut);
    const share = targets.filter((target) => safety.has(target)).length / Math.max(1, targets.length);
    if (share > 0.6 && (role === 'engineering-workstation' || engineered.size > 0)) {
      put(board, index, 'safety', `engineers safety controllers: ${Math.round(share * 100)} % of its targets`, { zone: 'engineering', reason: 'it is an engineering station', change: 'sessions to ordinary controllers for more than 40 % of its targets' });
    }
  }
}

export function placeByConstraint(board: Board, profile: Profile): void {
  const { index, asset } = profile;
  const rttMs = roundTripMs(profile);
  switch (roleOf(board, index)) {
    case 'network-device':
      return put(board, index, 'network', 'network equipment, managed apart');
    case 'transient':
      return put(board, index, 'temporary', 'temporarily connected (ZCR 3.4)', { zone: 'engineering', reason: 'it behaves as an engineering station while present', change: 'presence on more than 4 days, or over more than a week' });
    case 'enterprise':
      return put(board, index, 'enterprise', 'business asset, apart from the control system (ZCR 3.2)');
    case 'jump-server':
    case 'patch-server':
      return put(board, index, 'dmz', 'brokers between enterprise and plant');
    case 'plc':
    case 'io':
    case 'hmi':
      if (rttMs >= REMOTE_RTT_MS) {
        return put(board, index, 'remote', `reached over an external network: handshakes take ${Math.round(rttMs)} ms (ZCR 3.6)`, { zone: 'cell', reason: 'it is a controller', change: `handshakes below ${REMOTE_RTT_MS} ms` });
      }
      if (asset.external) return put(board, index, 'remote', 'asked as a controller at a public address: reached over an external network (ZCR 3.6)', { zone: 'external', reason: 'its address is public', change: 'no steady polling by the plant' });
      break;
    default:
  }
  if (asset.external) put(board, index, 'external', 'public address');
  // A maker of handhelds makes label printers as well.
  else if (profile.vendorClass === 'mobile' && !profile.serves.has('print')) put(board, index, 'wireless', `a mobile device by its vendor, ${asset.vendor} (ZCR 3.5)`, { zone: 'operations', reason: 'it talks to operations', change: 'a network card of another vendor, or a pin' });
}
