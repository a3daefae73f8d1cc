/**
 * Places boxes and bundles for the map: rows by Purdue level, highest on top, boxes ordered so that few bundles cross, and
 * bundles led through the gaps between boxes instead of over them. In: boxes with sizes, pairs of boxes. Out: coordinates.
 * Layered drawing after Sugiyama, Tagawa and Toda (1981) with fixed layers; small enough to need no library.
 */
import { addTo } from '../../net/multi-map.ts';

export interface LayoutBox {
  readonly key: number;
  /** Null stands below all levels. */
  readonly level: number | null;
  readonly width: number;
  readonly height: number;
}

export interface LayoutPair {
  readonly a: number;
  readonly b: number;
}

export interface PlacedBox extends LayoutBox {
  readonly x: number;
  readonly y: number;
}

export interface PlacedPair extends LayoutPair {
  /** SVG path from a to b. */
  readonly path: string;
  readonly middle: readonly [x: number, y: number];
}

export interface Band {
  readonly level: number | null;
  readonly y: number;
  readonly height: number;
}

export interface MapLayout {
  readonly width: number;
  readonly height: number;
  readonly bands: readonly Band[];
  readonly boxes: readonly PlacedBox[];
  readonly pairs: readonly PlacedPair[];
}

const MARGIN_LEFT = 64;
const MARGIN = 20;
const GAP = 34;
const ROW_GAP = 62;
const BAND_PAD = 10;
const WIDEST_LINE = 1180;
const SWEEPS = 6;
const LANE = 6;
const PORT_INSET = 14;

interface Spot extends LayoutBox {
  x: number;
  y: number;
  line: number;
}

export function layoutMap(boxes: readonly LayoutBox[], pairs: readonly LayoutPair[]): MapLayout {
  const lines = fillLines(boxes);
  const spots = new Map<number, Spot>();
  for (const [line, own] of lines.entries()) for (const box of own) spots.set(box.key, { ...box, x: 0, y: 0, line });
  const neighbours = new Map<number, number[]>();
  for (const { a, b } of pairs) {
    addTo(neighbours, a, b);
    addTo(neighbours, b, a);
  }
  const order = lines.map((own) => own.map(({ key }) => key));
  const lineWidth = (keys: readonly number[]): number => keys.reduce((sum, key) => sum + (spots.get(key)?.width ?? 0) + GAP, GAP);
  const inner = Math.max(360, ...order.map(lineWidth));
  const spread = (keys: readonly number[]): void => {
    const free = inner - keys.reduce((sum, key) => sum + (spots.get(key)?.width ?? 0), 0);
    const gap = free / (keys.length + 1);
    let x = MARGIN_LEFT + gap;
    for (const key of keys) {
      const spot = spots.get(key);
      if (spot === undefined) continue;
      spot.x = x;
      x += spot.width + gap;
    }
  };
  for (const keys of order) spread(keys);
  const middleOf = (key: number): number => {
    const spot = spots.get(key);
    return spot === undefined ? 0 : spot.x + spot.width / 2;
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const keys of sweep % 2 === 0 ? order : [...order].reverse()) {
      const weight = new Map(keys.map((key) => {
        const others = neighbours.get(key) ?? [];
        return [key, others.length === 0 ? middleOf(key) : others.reduce((sum, other) => sum + middleOf(other), 0) / others.length];
      }));
      keys.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0) || a - b);
      spread(keys);
    }
  }
  const bands: Band[] = [];
  let y = MARGIN;
  for (const [line, keys] of order.entries()) {
    const level = lines[line][0].level;
    const height = Math.max(...keys.map((key) => spots.get(key)?.height ?? 0));
    const held = bands.at(-1);
    if (held !== undefined && held.level === level) bands[bands.length - 1] = { level, y: held.y, height: y + height + BAND_PAD - held.y };
    else bands.push({ level, y: y - BAND_PAD, height: height + 2 * BAND_PAD });
    for (const key of keys) {
      const spot = spots.get(key);
      if (spot !== undefined) spot.y = y + (height - spot.height) / 2;
    }
    y += height + ROW_GAP;
  }
  const width = MARGIN_LEFT + inner + MARGIN;
  return {
    width: Math.ceil(width),
    height: Math.ceil(y - ROW_GAP + MARGIN + BAND_PAD),
    bands,
    boxes: [...spots.values()].map(({ line: _line, ...box }) => box).sort((a, b) => a.key - b.key),
    pairs: routePairs(pairs, spots, order),
  };
}

/** Boxes of one level side by side, in as many lines as they need. */
function fillLines(boxes: readonly LayoutBox[]): LayoutBox[][] {
  const levels = [...new Set(boxes.map(({ level }) => level))].sort((a, b) => (b ?? -Infinity) - (a ?? -Infinity));
  return levels.flatMap((level) => {
    const own = boxes.filter((box) => box.level === level);
    const total = own.reduce((sum, box) => sum + box.width + GAP, 0);
    const count = Math.max(1, Math.ceil(total / WIDEST_LINE));
    const target = total / count;
    const lines: LayoutBox[][] = [[]];
    let filled = 0;
    for (const box of own) {
      const line = lines[lines.length - 1];
      if (line.length > 0 && (filled + box.width / 2 > target || filled + box.width + GAP > WIDEST_LINE)) {
        lines.push([box]);
        filled = box.width + GAP;
      } else {
        line.push(box);
        filled += box.width + GAP;
      }
    }
    return lines;
  });
}

type Side = 'top' | 'bottom';

function routePairs(pairs: readonly LayoutPair[], spots: ReadonlyMap<number, Spot>, order: readonly (readonly number[])[]): PlacedPair[] {
  const known = pairs.flatMap((pair) => {
    const [a, b] = [spots.get(pair.a), spots.get(pair.b)];
    return a === undefined || b === undefined || a === b ? [] : [{ pair, a, b }];
  });
  const ports = spreadPorts(known);
  const edges = lineEdges(spots, order);
  const laneUse = new Map<string, number>();
  return known.map(({ pair, a, b }, i): PlacedPair => {
    const start = ports.get(`${i} a`) ?? [0, 0];
    const end = ports.get(`${i} b`) ?? [0, 0];
    if (a.line === b.line) {
      const lift = Math.min(58, 22 + Math.abs(end[0] - start[0]) / 14);
      const top = Math.min(start[1], end[1]) - lift;
      return { ...pair, path: `M${at(start)} C${at([start[0], top])} ${at([end[0], top])} ${at(end)}`, middle: [(start[0] + end[0]) / 2, Math.min(start[1], end[1]) - lift * 0.75] };
    }
    const down = a.line < b.line;
    const steps: [number, number][] = [start];
    const through = Array.from({ length: Math.abs(a.line - b.line) - 1 }, (_, k) => (down ? a.line + 1 + k : a.line - 1 - k));
    for (const [k, line] of through.entries()) {
      const wanted = start[0] + ((end[0] - start[0]) * (k + 1)) / (through.length + 1);
      const x = laneX(line, wanted, edges[line], laneUse);
      const [top, bottom] = [edges[line].top, edges[line].bottom];
      steps.push(down ? [x, top] : [x, bottom], down ? [x, bottom] : [x, top]);
    }
    steps.push(end);
    let path = `M${at(start)}`;
    for (let k = 1; k < steps.length; k++) {
      const [from, to] = [steps[k - 1], steps[k]];
      if (Math.abs(from[0] - to[0]) < 0.5) path += ` L${at(to)}`;
      else {
        const half = (from[1] + to[1]) / 2;
        path += ` C${at([from[0], half])} ${at([to[0], half])} ${at(to)}`;
      }
    }
    // The longest curved piece is where a badge is seen best.
    const first = Math.max(0, Math.floor((steps.length - 2) / 4) * 2);
    const [from, to] = [steps[first], steps[first + 1]];
    return { ...pair, path, middle: [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2] };
  });
}

const at = ([x, y]: readonly [number, number]): string => `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`;

/** Ends on one side of a box stand in the order of where they lead, so that they do not cross at the door. */
function spreadPorts(known: readonly { readonly a: Spot; readonly b: Spot }[]): Map<string, [number, number]> {
  const sides = new Map<string, { spot: Spot; side: Side; ends: { id: string; towards: number }[] }>();
  const add = (spot: Spot, other: Spot, id: string): void => {
    const side: Side = other.line > spot.line ? 'bottom' : 'top';
    const key = `${spot.key} ${side}`;
    const held = sides.get(key) ?? { spot, side, ends: [] };
    held.ends.push({ id, towards: other.x + other.width / 2 });
    sides.set(key, held);
  };
  for (const [i, { a, b }] of known.entries()) {
    add(a, b, `${i} a`);
    add(b, a, `${i} b`);
  }
  const ports = new Map<string, [number, number]>();
  for (const { spot, side, ends } of sides.values()) {
    ends.sort((a, b) => a.towards - b.towards || (a.id < b.id ? -1 : 1));
    const room = spot.width - 2 * PORT_INSET;
    const step = Math.min(22, room / Math.max(1, ends.length - 1));
    const left = spot.x + spot.width / 2 - (step * (ends.length - 1)) / 2;
    for (const [k, { id }] of ends.entries()) ports.set(id, [left + step * k, side === 'top' ? spot.y : spot.y + spot.height]);
  }
  return ports;
}

interface LineEdges {
  readonly top: number;
  readonly bottom: number;
  /** Middles and half widths of the free spaces, from left to right. */
  readonly gaps: readonly { readonly middle: number; readonly half: number }[];
}

function lineEdges(spots: ReadonlyMap<number, Spot>, order: readonly (readonly number[])[]): LineEdges[] {
  return order.map((keys) => {
    const own = keys.flatMap((key) => spots.get(key) ?? []).sort((a, b) => a.x - b.x);
    const gaps = own.slice(1).map((spot, i) => ({ middle: (own[i].x + own[i].width + spot.x) / 2, half: (spot.x - own[i].x - own[i].width) / 2 }));
    const first = own[0];
    const last = own[own.length - 1];
    gaps.unshift({ middle: first.x - GAP / 2, half: GAP / 2 });
    gaps.push({ middle: last.x + last.width + GAP / 2, half: GAP / 2 });
    return { top: Math.min(...own.map(({ y }) => y)), bottom: Math.max(...own.map(({ y, height }) => y + height)), gaps };
  });
}

/** The lane nearest to where the bundle wants to pass; every bundle through a gap gets a lane of its own while there is room. */
function laneX(line: number, wanted: number, { gaps }: LineEdges, laneUse: Map<string, number>): number {
  let best = 0;
  for (const [i, gap] of gaps.entries()) if (Math.abs(gap.middle - wanted) < Math.abs(gaps[best].middle - wanted)) best = i;
  const key = `${line} ${best}`;
  const used = laneUse.get(key) ?? 0;
  laneUse.set(key, used + 1);
  const lane = (used % 2 === 0 ? 1 : -1) * Math.ceil(used / 2) * LANE;
  const { middle, half } = gaps[best];
  const room = Math.max(2, half - 5);
  return middle + (lane % room);
}
