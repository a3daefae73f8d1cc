/** Servers are placed by whom they serve. */
import { type Board, OT_ROLES, peersOf, put, roleOf } from './board.ts';
import { plural } from '../plural.ts';
import { clientsOf, type Profile, servesDatabase, usesDatabase } from '../profiles.ts';

export function placeServer(board: Board, profile: Profile): void {
  switch (roleOf(board, profile.index)) {
    case 'infrastructure':
      return placeInfrastructure(board, profile);
    case 'historian':
      return placeHistorian(board, profile);
    case 'mes':
      return placeApplication(board, profile);
    default:
  }
}

/** Infrastructure of the plant that looks after no office machine: what looks after both tells nothing of one. */
export const findPlantInfrastructure = (board: Board): Set<number> =>
  new Set(board.plant.profiles.filter((profile) => roleOf(board, profile.index) === 'infrastructure' && board.placed[profile.index]?.zone === 'operations' && !peersOf(board, profile).some((peer) => isOffice(board, peer))).map(({ index }) => index));

const isPlant = (board: Board, peer: number): boolean => OT_ROLES.has(roleOf(board, peer));
const isOffice = (board: Board, peer: number): boolean => roleOf(board, peer) === 'enterprise';

function placeInfrastructure(board: Board, profile: Profile): void {
  const { index } = profile;
  // Who takes video is infrastructure only where the video is the plant's.
  if (board.decisions[index]!.evidence.some(({ rule }) => rule === 'takes-video' || rule === 'video-recorder')) {
    return put(board, index, 'operations', 'takes video of the plant', { zone: 'enterprise', reason: 'recorders of the office stand there', change: 'a directory of the office, or no plant machine that takes the same video' });
  }
  const clients = clientsOf(profile.in).filter((client) => !board.plant.profiles[client]!.outside);
  const served = clients.length > 0 ? clients : peersOf(board, profile);
  const forPlant = served.filter((peer) => isPlant(board, peer) || roleOf(board, peer) === 'network-device').length;
  // Appliances are the office's where it has computers among those served: they say nothing by themselves.
  const isForOffice = forPlant === 0 || served.some((peer) => isOffice(board, peer));
  const forOffice = isForOffice ? served.filter((peer) => isOffice(board, peer) || roleOf(board, peer) === 'other').length : 0;
  const reason = `serves ${forPlant} plant and ${forOffice} office machines`;
  const change = `${Math.abs(forOffice - forPlant) + 1} more ${forOffice > forPlant ? 'plant' : 'office'} machines among those it serves`;
  if (forOffice > forPlant) put(board, index, 'enterprise', reason, { zone: 'operations', reason: 'it serves the plant too', change });
  else put(board, index, 'operations', reason, { zone: 'enterprise', reason: 'it serves the office too', change });
}

const peersOfPlantAndOffice = (board: Board, profile: Profile): { plant: number; office: number } => {
  const peers = peersOf(board, profile);
  return { plant: peers.filter((peer) => isPlant(board, peer)).length, office: peers.filter((peer) => isOffice(board, peer)).length };
};

/** Who is asked by a replica's own side: the one that feeds it, and who looks after machines. */
const FEEDS_OR_TENDS = new Set(['historian', 'infrastructure', 'patch-server', 'jump-server']);

function placeHistorian(board: Board, profile: Profile): void {
  const { index, controlOut } = profile;
  const { plant, office } = peersOfPlantAndOffice(board, profile);
  const isReplica = board.decisions[index]!.subRole === 'replica';
  const isReadInPlant = clientsOf(profile.in).some((client) => isPlant(board, client) && !FEEDS_OR_TENDS.has(roleOf(board, client)));
  if (controlOut.length === 0 && (office >= 2 || (isReplica && office > 0 && !isReadInPlant))) {
    return put(board, index, 'dmz', `a replica: reads no controller, read by ${plural(office, 'office machine')}`, { zone: 'operations', reason: 'it is a historian', change: `a control protocol session of its own, or ${isReplica ? 'no office reader' : 'fewer than two office readers'}` });
  }
  if (controlOut.length > 0 || plant > 0) {
    const reason = isReplica ? `a replica${office === 0 ? ' that nobody of the office was heard to read' : ' that the plant reads as well'}` : 'historian fed by the control layer';
    return put(board, index, 'operations', reason, { zone: 'dmz', reason: 'historians that only the office reads stand there', change: isReplica ? 'readers of the office alone' : 'no control protocol of its own and two office readers' });
  }
  put(board, index, 'enterprise', 'historian without any tie to the control layer');
}

/** To a machine of the plant, or to infrastructure that looks after one. */
const isTiedToPlant = (board: Board, profile: Profile): boolean => {
  const isMachine = (peer: number): boolean => isPlant(board, peer) && roleOf(board, peer) !== 'infrastructure';
  return peersOf(board, profile).some((peer) => isMachine(peer) || (roleOf(board, peer) === 'infrastructure' && peersOf(board, board.plant.profiles[peer]!).some((other) => other !== profile.index && isMachine(other))));
};

function placeApplication(board: Board, profile: Profile): void {
  const { index, controlOut } = profile;
  const { plant, office } = peersOfPlantAndOffice(board, profile);
  const asksOffice = profile.out.some((link) => isOffice(board, link.server));
  const feedsPlant = profile.in.some((link) => ['mes', 'historian'].includes(roleOf(board, link.client)));
  const isLocal = controlOut.length > 0 || usesDatabase(profile) || servesDatabase(profile) || profile.in.some((link) => roleOf(board, link.client) === 'hmi');
  if (asksOffice && feedsPlant && !isLocal) {
    return put(board, index, 'dmz', 'relays application data between plant and enterprise', { zone: 'operations', reason: 'it is an application', change: 'a database or control session, or operators among its clients' });
  }
  if (controlOut.length === 0 && office > 0 && !isTiedToPlant(board, profile)) {
    return put(board, index, 'enterprise', `its peers are ${plural(office, 'office machine')} and none of the plant`, { zone: 'operations', reason: 'it is an application', change: 'one peer of the plant' });
  }
  if (office > 3 * Math.max(1, plant) && controlOut.length === 0) {
    return put(board, index, 'enterprise', `its peers are ${office} office and ${plant} plant machines`, { zone: 'operations', reason: 'it is an application of the plant', change: 'fewer than three office peers for each plant peer' });
  }
  put(board, index, 'operations', 'site operations application', { zone: 'dmz', reason: 'applications that only relay stand there', change: 'no database, control or operator session left' });
}
