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

type Row = ReadonlyMap<number, number>;

/** The clients of every head, each with all it reaches; a member by which to name each cell; and what clients carry to cells, by whom they carry it for. */
interface Watchers {
  readonly rows: ReadonlyMap<number, readonly Row[]>;
  readonly numbers: ReadonlyMap<Row, number>;
  readonly anchors: ReadonlyMap<number, number>;
  readonly carried: Map<string, Carried>;
}

/** Whole numbers (nano-units; the graph's are micro), so that a head's own part can be taken out of a sum. */
interface Carried {
  readonly weights: ReadonlyMap<number, number>;
  /** Heaviest first, then by number. */
  readonly cells: readonly number[];
}

const NANO = 1e9;
const NANO_PER_MICRO = 1e3;
/** Weights that are remembered at a time. */
const MOST_CARRIED = 1_000_000;

function listWatchers(cells: Cells): Watchers {
  const watchers = new Map<number, Row[]>();
  for (const row of cells.affinity.reach.values()) {
    for (const head of row.keys()) addTo(watchers, head, row);
  }
  const anchors = new Map<number, number>();
  for (const [member, cell] of cells.cellOf) anchors.set(cell, Math.min(anchors.get(cell) ?? Infinity, member));
  return { rows: watchers, numbers: new Map([...cells.affinity.reach.values()].map((row, number) => [row, number])), anchors, carried: new Map() };
}

const nanoOf = (closeness: number, row: Row): number => Math.round((closeness / row.size) * NANO);

/** Clients carry their controllers' cell with them. The same for all heads that the same clients reach as closely; each counts for its own cell as well. */
function carriedFor(cells: Cells, { rows: watchers, numbers, carried }: Watchers, head: number): Carried {
  const rows = watchers.get(head) ?? [];
  const key = rows.map((row) => `${numbers.get(row)!}:${row.get(head)!}`).join(' ');
  const known = carried.get(key);
  if (known !== undefined) return known;
  const weights = new Map<number, number>();
  for (const row of rows) {
    const own = row.get(head)!;
    for (const [other, closeness] of row) {
      const cell = cells.cellOf.get(other);
      if (cell !== undefined) weights.set(cell, (weights.get(cell) ?? 0) + nanoOf(Math.min(own, closeness), row));
    }
  }
  const made = { weights, cells: [...weights].sort(([a, x], [b, y]) => y - x || a - b).map(([cell]) => cell) };
  if ((carried.size + 1) * weights.size > MOST_CARRIED) carried.clear();
  carried.set(key, made);
  return made;
}

/** What ties a head to its own cell, and to that other cell to which most ties it; of equals the lower number. */
function strongestTies(cells: Cells, watchers: Watchers, head: number, own: number): { inside: number; next: { cell: number; weight: number } | null } {
  const direct = new Map<number, number>();
  for (const [other, weight] of cells.affinity.graph.neighbours.get(head) ?? []) {
    const cell = cells.cellOf.get(other);
    if (cell !== undefined) direct.set(cell, (direct.get(cell) ?? 0) + weight * NANO_PER_MICRO);
  }
  const carried = carriedFor(cells, watchers, head);
  const itself = cells.cellOf.get(head);
  const byItself = (watchers.rows.get(head) ?? []).reduce((sum, row) => sum + nanoOf(row.get(head)!, row), 0);
  const weightTo = (cell: number): number => (direct.get(cell) ?? 0) + (carried.weights.get(cell) ?? 0) - (cell === itself ? byItself : 0);
  // Of the cells that only clients tie to it, the first is enough.
  const first = carried.cells.find((cell) => cell !== own && cell !== itself && !direct.has(cell));
  const [next] = [...direct.keys(), itself, first].filter((cell) => cell !== undefined && cell !== own && weightTo(cell) > 0).sort((a, b) => weightTo(b!) - weightTo(a!) || a! - b!);
  return { inside: weightTo(own) / NANO, next: next === undefined ? null : { cell: next, weight: weightTo(next) / NANO } };
}

function cellReason(board: Board, cells: Cells, watchers: Watchers, index: number): string {
  const head = cells.affinity.headOf.get(index)!;
  if (head !== index) return `I/O of ${board.plant.inventory.assets[head]!.id}, its fastest steady poller`;
  if (cells.alone.has(index)) return 'no private traffic ties it to any other controller: cannot be separated from traffic, assign by hand';
  const cell = cells.cellOf.get(index);
  const local = Math.max(3, cells.affinity.heads.length / 3);
  const stations = (watchers.rows.get(index) ?? []).filter((row) => row.size <= local).length;
  const peers = [...(cells.affinity.graph.neighbours.get(index)?.keys() ?? [])].filter((other) => cells.affinity.headOf.has(other) && cells.cellOf.get(other) === cell).length;
  return `shares ${plural(stations, 'local client')} and ${plural(peers, 'steady controller peer')} with this cell`;
}

function cellRunnerUp(board: Board, cells: Cells, watchers: Watchers, index: number, zoneOfCell: (cell: number) => string): Placed['runnerUp'] {
  const head = cells.affinity.headOf.get(index)!;
  const { inside, next } = strongestTies(cells, watchers, head, cells.cellOf.get(index)!);
  if (next === null) return { zone: 'supervisory', reason: 'no other cell exchanges anything with it', change: 'a local operator station or a steady controller peer of another cell' };
  if (cells.alone.has(head)) {
    return { zone: zoneOfCell(next.cell), reason: 'the stations that ask it, and others besides, ask that cell most', change: 'a steady session with a controller there, or a station of the two alone' };
  }
  const missing = inside - next.weight;
  const anchor = board.plant.inventory.assets[watchers.anchors.get(next.cell)!]!;
  return {
    zone: zoneOfCell(next.cell),
    reason: `affinity ${next.weight.toFixed(1)} there against ${inside.toFixed(1)} here`,
    change: missing > 0 ? `about ${Math.max(1, Math.ceil(missing / 2))} more steady session${missing > 2 ? 's' : ''} with ${anchor.id} and its cell, or the loss of as many here` : 'any further session there: the two are close',
  };
}
