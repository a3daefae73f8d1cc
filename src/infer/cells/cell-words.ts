/** Why a member stands in its cell and not in the next one, in words. */
import { addTo } from '../../net/multi-map.ts';
import type { Board, Placed } from './board.ts';
import type { Cells } from './cells.ts';
import { plural } from '../plural.ts';

/** In words of @param zoneOfCell, as `Placed` has them. */
export function explainCells(board: Board, cells: Cells, zoneOfCell: (cell: number) => string): (index: number) => Pick<Placed, 'reason' | 'runnerUp'> {
  const watchers = listWatchers(cells);
  return (index) => ({ reason: cellReason(board, cells, watchers, index), runnerUp: cellRunnerUp(board, cells, watchers, index, zoneOfCell) });
}

/** The clients of every head, each with all it reaches; and a member by which to name each cell. */
interface Watchers {
  readonly rows: ReadonlyMap<number, readonly ReadonlyMap<number, number>[]>;
  readonly anchors: ReadonlyMap<number, number>;
}

function listWatchers(cells: Cells): Watchers {
  const watchers = new Map<number, ReadonlyMap<number, number>[]>();
  for (const row of cells.affinity.reach.values()) {
    for (const head of row.keys()) addTo(watchers, head, row);
  }
  const anchors = new Map<number, number>();
  for (const [member, cell] of cells.cellOf) anchors.set(cell, Math.min(anchors.get(cell) ?? Infinity, member));
  return { rows: watchers, anchors };
}

function weightsToCells(cells: Cells, watchers: Watchers, head: number): Map<number, number> {
  const weights = new Map<number, number>();
  for (const [other, weight] of cells.affinity.graph.neighbours.get(head) ?? []) {
    const cell = cells.cellOf.get(other);
    if (cell !== undefined) weights.set(cell, (weights.get(cell) ?? 0) + weight / 1e6);
  }
  // Clients carry their controllers' cell with them.
  for (const row of watchers.rows.get(head) ?? []) {
    const own = row.get(head)!;
    for (const [other, closeness] of row) {
      const cell = cells.cellOf.get(other);
      if (other !== head && cell !== undefined) weights.set(cell, (weights.get(cell) ?? 0) + Math.min(own, closeness) / row.size);
    }
  }
  return weights;
}

function cellReason(board: Board, cells: Cells, watchers: Watchers, index: number): string {
  const head = cells.affinity.headOf.get(index)!;
  if (head !== index) return `I/O of ${board.plant.inventory.assets[head]!.id}, its fastest steady poller`;
  if ((cells.affinity.graph.neighbours.get(index)?.size ?? 0) === 0) return 'no private traffic ties it to any other controller: cannot be separated from traffic, assign by hand';
  const cell = cells.cellOf.get(index);
  const local = Math.max(3, cells.affinity.heads.length / 3);
  const stations = (watchers.rows.get(index) ?? []).filter((row) => row.size <= local).length;
  const peers = [...(cells.affinity.graph.neighbours.get(index)?.keys() ?? [])].filter((other) => cells.affinity.headOf.has(other) && cells.cellOf.get(other) === cell).length;
  return `shares ${plural(stations, 'local client')} and ${plural(peers, 'steady controller peer')} with this cell`;
}

function cellRunnerUp(board: Board, cells: Cells, watchers: Watchers, index: number, zoneOfCell: (cell: number) => string): Placed['runnerUp'] {
  const own = cells.cellOf.get(index)!;
  const weights = weightsToCells(cells, watchers, cells.affinity.headOf.get(index)!);
  const inside = weights.get(own) ?? 0;
  const [next] = [...weights].filter(([cell]) => cell !== own).sort(([a, x], [b, y]) => y - x || a - b);
  if (next === undefined) return { zone: 'supervisory', reason: 'no other cell exchanges anything with it', change: 'a local operator station or a steady controller peer of another cell' };
  const [nextCell, there] = next;
  const missing = inside - there;
  const anchor = board.plant.inventory.assets[watchers.anchors.get(nextCell)!]!;
  return {
    zone: zoneOfCell(nextCell),
    reason: `affinity ${there.toFixed(1)} there against ${inside.toFixed(1)} here`,
    change: missing > 0 ? `about ${Math.max(1, Math.ceil(missing / 2))} more steady session${missing > 2 ? 's' : ''} with ${anchor.id} and its cell, or the loss of as many here` : 'any further session there: the two are close',
  };
}
