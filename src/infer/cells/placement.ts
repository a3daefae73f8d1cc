/**
 * Where every asset goes: what a person pinned, what IEC 62443-3-2 wants apart (constraints.ts), servers, appliances, then the cells, and what
 * follows them: clients and companions. Out: a zone key per asset with the reason and what would move it.
 */
import { placeAppliance, placeAppliances } from './appliances.ts';
import { type Board, newBoard, type Placed, put, roleOf } from './board.ts';
import { explainCells } from './cell-words.ts';
import { type Binding, type Cells, findCells, RESOLUTION } from './cells.ts';
import { placeClient } from './clients.ts';
import { findCompanions, joinPartners } from './companions.ts';
import { placeByConstraint, placeSafety } from './constraints.ts';
import type { PinnedAssets } from '../pins.ts';
import type { Plant } from '../profiles.ts';
import type { RoleDecision } from '../roles/roles.ts';
import { findPlantInfrastructure, placeServer } from './servers.ts';

export interface Placements {
  readonly placed: readonly Placed[];
  /** Those in cells that traffic could not tell from others, and nobody pinned. */
  readonly alone: ReadonlySet<number>;
}

/** Why an asset is where a pin says; a spec pins what it declares. */
export const PINNED_REASON = 'was put here by a person';

/** @param inWords whether reasons are wanted: resampled runs only ask where, not why */
export function placeAssets(plant: Plant, decisions: readonly RoleDecision[], pinned: PinnedAssets, resolution = RESOLUTION, inWords = true): Placements {
  const board = newBoard(plant, decisions);
  const isOpen = (index: number): boolean => board.placed[index] === undefined;
  for (const [index, zone] of pinned.zone) put(board, index, `pin:${zone}`, PINNED_REASON);
  placeSafety(board);
  for (const profile of plant.profiles) placeByConstraint(board, profile);

  const partnersOf = findCompanions(board);
  const unplaced = plant.profiles.filter(({ index }) => isOpen(index) && !partnersOf.has(index));
  for (const profile of unplaced) placeServer(board, profile);
  const ofPlantAlone = findPlantInfrastructure(board);
  placeAppliances(board, unplaced.filter(({ index }) => isOpen(index) && roleOf(board, index) === 'other'), ofPlantAlone);

  // Where a spec declares every asset, nobody asks what the cells would be.
  const alone = plant.profiles.some(({ index }) => isOpen(index)) ? placeByCells(board, pinned, partnersOf, ofPlantAlone, resolution, inWords) : [];
  bindOthers(board, pinned);
  return { placed: board.placed.map((placed) => placed!), alone: new Set(alone) };
}

/** Whom no rule before placed. @returns controllers that nothing ties to any other */
function placeByCells(board: Board, pinned: PinnedAssets, partnersOf: ReadonlyMap<number, readonly number[]>, ofPlantAlone: ReadonlySet<number>, resolution: number, inWords: boolean): number[] {
  const { plant, decisions } = board;
  const isOpen = (index: number): boolean => board.placed[index] === undefined;
  const isOfPinnedCell = pinnedCellMembers(board, pinned);
  const cells = findCells(plant, decisions, (index) => !isOpen(index) && !isOfPinnedCell(index), bindingsOf(pinned), resolution);
  const pinnedZones = pinnedZonesOf(cells, pinned);
  const zoneOfCell = (cell: number): string => pinnedZones.get(cell) ?? `cell:${cell}`;
  const explain = inWords ? explainCells(board, cells, zoneOfCell) : () => ({ reason: '', runnerUp: null });
  const putIntoCell = (index: number, cell: number): void => {
    if (!isOpen(index)) return;
    const { reason, runnerUp } = explain(index);
    put(board, index, pinOfController(cells, pinned, index) ?? zoneOfCell(cell), reason, runnerUp);
  };
  // What the graph ties to nothing waits for its partners.
  const waiting = new Set([...partnersOf.keys()].filter((device) => !cells.cellOf.has(device) || cells.alone.has(device)));
  for (const [index, cell] of cells.cellOf) if (!waiting.has(index)) putIntoCell(index, cell);
  for (const profile of plant.profiles) if (isOpen(profile.index) && !waiting.has(profile.index)) placeClient(board, cells, profile);

  const cellsOfPins = new Set(pinnedZones.values());
  const joined = new Set([...waiting].filter((device) => joinPartners(board, device, partnersOf.get(device)!, cellsOfPins)));
  for (const device of waiting) {
    if (joined.has(device)) continue;
    if (cells.cellOf.has(device)) putIntoCell(device, cells.cellOf.get(device)!);
    else placeAppliance(board, plant.profiles[device]!, ofPlantAlone);
  }
  return [...cells.alone].filter((index) => !joined.has(index) && !pinned.zone.has(index));
}

const bindingsOf = ({ together, apart }: PinnedAssets): Binding[] =>
  [...together.map(([a, b]) => ({ a, b, together: true })), ...apart.map(([a, b]) => ({ a, b, together: false }))];

/** What is pinned beside controllers makes their cell, and the others of that cell follow it. */
function pinnedCellMembers(board: Board, pinned: PinnedAssets): (index: number) => boolean {
  const zones = new Set([...pinned.zone].filter(([index]) => roleOf(board, index) === 'plc').map(([, zone]) => zone));
  return (index) => zones.has(pinned.zone.get(index) ?? '');
}

/** Where a person put the controller of an I/O. */
function pinOfController({ affinity }: Cells, pinned: PinnedAssets, index: number): string | null {
  const zone = pinned.zone.get(affinity.headOf.get(index) ?? -1);
  return zone === undefined ? null : `pin:${zone}`;
}

/** By cell, the zone in which a person put most of those members that are pinned; of equals the first. */
function pinnedZonesOf({ cellOf }: Cells, pinned: PinnedAssets): Map<number, string> {
  const votes = new Map<number, Map<string, number>>();
  for (const [index, cell] of cellOf) {
    const zone = pinned.zone.get(index);
    if (zone === undefined) continue;
    const row = votes.get(cell) ?? new Map<string, number>();
    votes.set(cell, row.set(zone, (row.get(zone) ?? 0) + 1));
  }
  return new Map([...votes].map(([cell, row]) => [cell, `pin:${[...row].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0][0]}`]));
}

/** Together and apart for assets outside cells: the second follows, or leaves, the first. */
function bindOthers(board: Board, pinned: PinnedAssets): void {
  const { assets } = board.plant.inventory;
  for (const [a, b] of pinned.together) {
    if (pinned.zone.has(b) && pinned.zone.has(a)) continue;
    const [anchor, follower] = pinned.zone.has(b) ? [b, a] : [a, b];
    board.placed[follower] = { zone: board.placed[anchor]!.zone, reason: `a person wants it together with ${assets[anchor]!.id}`, runnerUp: null };
  }
  for (const [number, [a, b]] of pinned.apart.entries()) {
    if (board.placed[a]!.zone !== board.placed[b]!.zone) continue;
    const [stayer, mover] = pinned.zone.has(b) ? [b, a] : [a, b];
    if (pinned.zone.has(mover)) continue;
    board.placed[mover] = { zone: board.placed[mover]!.runnerUp?.zone ?? `pin:Z-APART-${number + 1}`, reason: `a person wants it apart from ${assets[stayer]!.id}`, runnerUp: null };
  }
}
