/**
 * Companions: devices of a machine that know nobody but its controllers and operator stations. They wait until those are placed, and stand
 * with them where all stand in one cell.
 */
import { type Board, peersOf, put, roleOf } from './board.ts';
import { firstOf, listed } from '../plural.ts';
import type { Role } from '../proposal.ts';

const COMPANIONS: ReadonlySet<Role> = new Set<Role>(['plc', 'io', 'other']);

/** Devices that know nobody but controllers and operator stations, and ask nothing of their controls: scales, scanners, printers, cameras, lamps of a machine. */
export function findCompanions(board: Board): Map<number, readonly number[]> {
  const partnersOf = new Map<number, readonly number[]>();
  for (const profile of board.plant.profiles) {
    const { index, computer, controlOut } = profile;
    if (board.placed[index] !== undefined || computer || controlOut.length > 0 || !COMPANIONS.has(roleOf(board, index))) continue;
    const peers = peersOf(board, profile);
    const isController = (peer: number): boolean => roleOf(board, peer) === 'plc' && board.plant.profiles[peer]!.controller;
    // What only stations ask may be an outstation, which is no part of the room from which they look.
    const isAttended = roleOf(board, index) === 'other' ? peers.length > 0 : peers.some(isController);
    if (isAttended && peers.every((peer) => roleOf(board, peer) === 'hmi' || isController(peer))) partnersOf.set(index, peers);
  }
  return partnersOf;
}

/** A companion stands with its partners where they all stand in one cell. */
export function joinPartners(board: Board, device: number, partners: readonly number[], pinnedCells: ReadonlySet<string>): boolean {
  const [cell, another] = new Set(partners.map((partner) => board.placed[partner]?.zone));
  if (cell === undefined || another !== undefined || !(cell.startsWith('cell:') || pinnedCells.has(cell))) return false;
  const names = partners.toSorted((a, b) => a - b).map((partner) => board.plant.inventory.assets[partner]!.id);
  put(board, device, cell, names.length > 1
    ? `its partners ${names.length > 3 ? firstOf(names, 3) : listed(names)} are all of this cell`
    : `its only partner is ${names[0]!}, ${roleOf(board, partners[0]!) === 'plc' ? 'a controller' : 'an operator station'} of this cell`);
  return true;
}
