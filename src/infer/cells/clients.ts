/** Clients stand where their sessions go: operator and engineering stations, OPC UA servers. */
import { affinityOf } from './affinity.ts';
import { type Board, put } from './board.ts';
import type { Cells } from './cells.ts';
import { isSteady, type Link } from '../activity.ts';
import { plural } from '../plural.ts';
import type { Profile } from '../profiles.ts';
import { COMPUTER_CARDS, ROUTER_CARDS } from '../vendor-class.ts';

export function placeClient(board: Board, cells: Cells, profile: Profile): void {
  const { index, asset, vendorClass } = profile;
  // Routers do nothing of that themselves.
  if (ROUTER_CARDS.has(vendorClass)) {
    return put(board, index, 'remote', `works with controllers from a network card of ${asset.vendor}, which builds routers: it stands behind one (ZCR 3.6)`, { zone: 'supervisory', reason: 'it works with controllers', change: 'a network card of another vendor, or a pin' });
  }
  const sessions = sessionsByZone(board, profile, cells);
  switch (board.decisions[index]!.role) {
    case 'hmi':
      return placeOperatorStation(board, cells, profile, sessions);
    case 'engineering-workstation':
      return placeEngineeringStation(board, index, sessions);
    case 'opcua-server':
      return placeOpcUaServer(board, index, sessions);
    default:
      put(board, index, 'operations', 'no evidence for any other zone');
  }
}

interface Sessions {
  /** Affinity of the client to every zone in which the controllers it asks were placed, the closest first. */
  readonly zones: readonly { readonly zone: string; readonly weight: number; readonly targets: number }[];
  /** The first zone's share of it all, 0 to 1. */
  readonly share: number;
  readonly percent: string;
  /** Cells of the whole plant. */
  readonly cellCount: number;
}

function sessionsByZone(board: Board, profile: Profile, cells: Cells): Sessions {
  const captured = board.plant.activity.capturedDays.length;
  const affinities = new Map<string, Map<number, number>>();
  for (const link of profile.controlOut) {
    const head = cells.affinity.headOf.get(link.server);
    const zone = board.placed[link.server]?.zone;
    if (head === undefined || zone === undefined) continue;
    const row = affinities.get(zone) ?? new Map<number, number>();
    affinities.set(zone, row);
    row.set(head, Math.max(row.get(head) ?? 0, weightOf(link, captured)));
  }
  const zones = [...affinities].map(([zone, row]) => ({ zone, weight: [...row.values()].reduce((sum, value) => sum + value, 0), targets: row.size })).sort((a, b) => b.weight - a.weight || (a.zone < b.zone ? -1 : 1));
  const total = totalOf(zones);
  const share = total === 0 ? 0 : zones[0]!.weight / total;
  return { zones, share, percent: percentOf(share), cellCount: cells.count };
}

const weightOf = (link: Link, captured: number): number => (isSteady(link, 0.25, captured) ? 1 : 0.15) * affinityOf(link);

const totalOf = (zones: Sessions['zones']): number => zones.reduce((sum, zone) => sum + zone.weight, 0);

const percentOf = (share: number): string => `${Math.round(share * 100)} %`;

function placeOperatorStation(board: Board, cells: Cells, { index, computer, vendorClass }: Profile, { zones, share, percent, cellCount }: Sessions): void {
  const [first, second] = zones;
  // Panels are mounted at their machines; who looks at the whole plant from a computer sits in the control room.
  const isInRoom = cellCount > 1 && cells.affinity.plantWide.has(index) && (computer || COMPUTER_CARDS.has(vendorClass));
  const isEverywhere = isInRoom || (board.decisions[index]!.subRole === 'scada' && (zones.length > 2 || cellCount <= 1));
  if (first !== undefined && share >= 0.6 && !isEverywhere && !(zones.length > 3 && share < 0.75)) {
    return put(board, index, first.zone, `${percent} of its control sessions are in this cell`, second === undefined
      ? { zone: 'supervisory', reason: 'it is an operator station', change: 'steady sessions to controllers of other cells for 40 % of its affinity' }
      : { zone: second.zone, reason: `${percentOf(second.weight / totalOf(zones))} of its sessions go there`, change: `sessions there growing past ${percent}` });
  }
  put(board, index, 'supervisory', zones.length === 0 ? 'operator station without a controller of its own' : `watches ${plural(zones.length, 'cell')}, ${percent} of its sessions in the first`,
    first === undefined ? null : { zone: first.zone, reason: `${percent} of its sessions go there`, change: 'at least 60 % of its sessions in that cell, 75 % when it watches more than three' });
}

function placeEngineeringStation(board: Board, index: number, { zones, share, percent, cellCount }: Sessions): void {
  const [first] = zones;
  if (first !== undefined && zones.length === 1 && share >= 0.95 && cellCount >= 3 && first.targets >= 2) {
    return put(board, index, first.zone, 'engineering station of this cell alone', { zone: 'engineering', reason: 'it is an engineering station', change: 'one session to a controller of another cell' });
  }
  put(board, index, 'engineering', `engineering station for ${plural(zones.length, 'cell')}`, first === undefined ? null : { zone: first.zone, reason: `${percent} of its sessions go there`, change: 'all of its sessions in that one cell' });
}

function placeOpcUaServer(board: Board, index: number, { zones, share, percent, cellCount }: Sessions): void {
  const [first] = zones;
  if (first !== undefined && zones.length === 1 && share >= 0.9 && cellCount >= 3) {
    return put(board, index, first.zone, 'OPC UA server local to the cell', { zone: 'operations', reason: 'aggregators stand there', change: 'data from a second cell' });
  }
  const reason = zones.length === 0 && board.decisions[index]!.subRole === 'broker' ? 'hands on what the plant publishes' : `aggregates ${plural(zones.length, 'cell')}`;
  put(board, index, 'operations', reason, first === undefined ? null : { zone: first.zone, reason: `${percent} of its sources are there`, change: 'all of its sources in that one cell' });
}
