/**
 * Hard constraints first: what IEC 62443-3-2 wants apart is placed before any graph work (safety ZCR 3.3, business
 * ZCR 3.2, temporary ZCR 3.4, wireless ZCR 3.5, remote ZCR 3.6), then servers by whom they serve, then cells, then the
 * clients by where their sessions go. Out: a zone key per asset with the reason and what would move it.
 */
import { addTo } from '../../net/multi-map.ts';
import { isSteady, type Link } from '../activity.ts';
import { affinityOf } from './affinity.ts';
import { type Binding, type Cells, findCells, RESOLUTION } from './cells.ts';
import type { PinnedAssets } from '../pins.ts';
import { clientsOf, type Plant, type Profile, servesDatabase, serversOf, usesDatabase } from '../profiles.ts';
import type { Role, ZoneKind } from '../proposal.ts';
import type { RoleDecision } from '../roles/roles.ts';
import { firstOf, listed, plural } from '../plural.ts';
import { COMPUTER_CARDS, CONTROL_VENDORS, ROUTER_CARDS } from '../vendor-class.ts';

export interface Placed {
  /** A kind; for cells `cell:<number>`; for pinned zones `pin:<id>`. */
  readonly zone: string;
  readonly reason: string;
  readonly runnerUp: { readonly zone: string; readonly reason: string; readonly change: string } | null;
}

export interface Placements {
  readonly placed: readonly Placed[];
  readonly cells: Cells;
}

const REMOTE_RTT_MS = 80;

const OT_ROLES: ReadonlySet<Role> = new Set<Role>(['plc', 'io', 'safety-controller', 'hmi', 'engineering-workstation', 'historian', 'opcua-server', 'mes', 'transient']);

const COMPANIONS: ReadonlySet<Role> = new Set<Role>(['plc', 'io', 'other']);

interface Board {
  readonly plant: Plant;
  readonly decisions: readonly RoleDecision[];
  readonly placed: (Placed | undefined)[];
  readonly captured: number;
  readonly hasOffice: boolean;
}

/** Why an asset is where a pin says; a spec pins what it declares. */
export const PINNED_REASON = 'was put here by a person';

const roleOf = (board: Board, index: number): Role => board.decisions[index]!.role;
const put = (board: Board, index: number, zone: ZoneKind | string, reason: string, runnerUp: Placed['runnerUp'] = null): void => {
  board.placed[index] ??= { zone, reason, runnerUp };
};

/** Smallest handshake round trip on any of its links: where a device stands, not how slow one peer was. */
function roundTripMs(profile: Profile): number {
  let least = Infinity;
  for (const link of profile.in) least = Math.min(least, link.conversation.rttMs ?? Infinity);
  return Number.isFinite(least) ? least : 0;
}

export function placeAssets(plant: Plant, decisions: readonly RoleDecision[], pinned: PinnedAssets, resolution = RESOLUTION, inWords = true): Placements {
  const board: Board = { plant, decisions, placed: new Array<Placed | undefined>(plant.profiles.length).fill(undefined), captured: plant.activity.capturedDays.length, hasOffice: decisions.some(({ role }) => role === 'enterprise') };
  for (const [index, zone] of pinned.zone) put(board, index, `pin:${zone}`, PINNED_REASON);
  placeSafety(board);
  for (const profile of plant.profiles) placeByConstraint(board, profile);
  const partnersOf = findCompanions(board);
  const unplaced = plant.profiles.filter(({ index }) => board.placed[index] === undefined && !partnersOf.has(index));
  for (const profile of unplaced) placeServer(board, profile);
  const ofPlantAlone = findPlantInfrastructure(board);
  const appliances = unplaced.filter(({ index }) => board.placed[index] === undefined && roleOf(board, index) === 'other');
  // Those that work with nothing but appliances follow them.
  const isLed = (profile: Profile): boolean => peersOf(board, profile).some((peer) => roleOf(board, peer) !== 'other');
  for (const profile of [...appliances.filter(isLed), ...appliances.filter((one) => !isLed(one))]) placeAppliance(board, profile, ofPlantAlone);
  const bindings: Binding[] = [...pinned.together.map(([a, b]) => ({ a, b, together: true })), ...pinned.apart.map(([a, b]) => ({ a, b, together: false }))];
  // What is pinned beside controllers makes their cell, and the others of that cell follow it.
  const pinnedCells = new Set([...pinned.zone].filter(([index]) => roleOf(board, index) === 'plc').map(([, zone]) => zone));
  const isOfPinnedCell = (index: number): boolean => pinnedCells.has(pinned.zone.get(index) ?? '');
  const cells = findCells(plant, decisions, (index) => board.placed[index] !== undefined && !isOfPinnedCell(index), bindings, resolution);
  const pinnedZones = pinnedZonesOf(cells, pinned);
  const zoneOfCell = (cell: number): string => pinnedZones.get(cell) ?? `cell:${cell}`;
  const watchers = listWatchers(cells);
  const putIntoCell = (index: number, cell: number): void => put(board, index, pinOf(cells, pinned, index) ?? zoneOfCell(cell), inWords ? cellReason(board, cells, watchers, index) : '', inWords ? cellRunnerUp(board, cells, watchers, index, zoneOfCell) : null); // resampled runs only ask where, not why
  // What the graph ties to nothing waits for its partners.
  const waiting = new Set([...partnersOf.keys()].filter((device) => !cells.cellOf.has(device) || cells.alone.includes(device)));
  for (const [index, cell] of cells.cellOf) if (!waiting.has(index)) putIntoCell(index, cell);
  for (const profile of plant.profiles) if (board.placed[profile.index] === undefined && !waiting.has(profile.index)) placeClient(board, cells, profile);
  const cellsOfPins = new Set(pinnedZones.values());
  const joined = new Set([...waiting].filter((device) => joinPartners(board, device, partnersOf.get(device)!, cellsOfPins)));
  for (const device of waiting) {
    if (joined.has(device)) continue;
    if (cells.cellOf.has(device)) putIntoCell(device, cells.cellOf.get(device)!);
    else placeAppliance(board, plant.profiles[device]!, ofPlantAlone);
  }
  bindOthers(board, pinned);
  return { placed: board.placed.map((placed) => placed!), cells: { ...cells, alone: cells.alone.filter((index) => !joined.has(index) && !pinned.zone.has(index)) } };
}

/** Where a person put the controller of an I/O. */
function pinOf({ affinity }: Cells, pinned: PinnedAssets, index: number): string | null {
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

function placeSafety(board: Board): void {
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

function placeByConstraint(board: Board, profile: Profile): void {
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
      if (rttMs >= REMOTE_RTT_MS) return put(board, index, 'remote', `reached over an external network: handshakes take ${Math.round(rttMs)} ms (ZCR 3.6)`, { zone: 'cell', reason: 'it is a controller', change: `handshakes below ${REMOTE_RTT_MS} ms` });
      break;
    default:
  }
  if (asset.external) put(board, index, 'external', 'public address');
  // A maker of handhelds makes label printers as well.
  else if (profile.vendorClass === 'mobile' && !profile.serves.has('print')) put(board, index, 'wireless', `a mobile device by its vendor, ${asset.vendor} (ZCR 3.5)`, { zone: 'operations', reason: 'it talks to operations', change: 'a network card of another vendor, or a pin' });
}

const peersOf = (board: Board, profile: Profile): number[] => [...new Set([...serversOf(profile.out), ...clientsOf(profile.in)])].filter((peer) => !board.plant.profiles[peer]!.asset.external);

/** Devices that know nobody but controllers and operator stations, and ask nothing of their controls: scales, scanners, printers, cameras, lamps of a machine. */
function findCompanions(board: Board): Map<number, readonly number[]> {
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
function joinPartners(board: Board, device: number, partners: readonly number[], pinnedCells: ReadonlySet<string>): boolean {
  const [cell, another] = new Set(partners.map((partner) => board.placed[partner]?.zone));
  if (cell === undefined || another !== undefined || !(cell.startsWith('cell:') || pinnedCells.has(cell))) return false;
  const names = partners.toSorted((a, b) => a - b).map((partner) => board.plant.inventory.assets[partner]!.id);
  put(board, device, cell, names.length > 1 ? `its partners ${names.length > 3 ? firstOf(names, 3) : listed(names)} are all of this cell` : `its only partner is ${names[0]!}, ${roleOf(board, partners[0]!) === 'plc' ? 'a controller' : 'an operator station'} of this cell`);
  return true;
}

const LIGHT_SERVICES = new Set(['dns', 'http', 'https', 'ntp', 'dhcp', 'icmp']);

/** An unknown card that asks what the handhelds ask, and nothing else. */
function movesLikeMobiles(board: Board, profile: Profile): boolean {
  if (profile.vendorClass !== null || profile.directoryClient || profile.in.length > 0 || profile.out.length < 2) return false;
  if (!profile.out.every((link) => LIGHT_SERVICES.has(link.service))) return false;
  const applications = profile.out.filter((link) => link.service === 'https' && !board.plant.profiles[link.server]!.asset.external);
  return applications.length > 0 && applications.every((link) => board.plant.profiles[link.server]!.in.filter((other) => other.conversation.port === link.conversation.port && board.plant.profiles[other.client]!.vendorClass === 'mobile').length >= 2);
}

function placeServer(board: Board, profile: Profile): void {
  const { index } = profile;
  const role = roleOf(board, index);
  if (role !== 'infrastructure' && role !== 'historian' && role !== 'mes') return;
  const isPlant = (peer: number): boolean => OT_ROLES.has(roleOf(board, peer));
  const isOffice = (peer: number): boolean => roleOf(board, peer) === 'enterprise';
  const peers = peersOf(board, profile);
  const plant = peers.filter(isPlant).length;
  const office = peers.filter(isOffice).length;
  if (role === 'infrastructure') {
    // Who takes video is infrastructure only where the video is the plant's.
    if (board.decisions[index]!.evidence.some(({ rule }) => rule === 'takes-video' || rule === 'video-recorder')) return put(board, index, 'operations', 'takes video of the plant', { zone: 'enterprise', reason: 'recorders of the office stand there', change: 'a directory of the office, or no plant machine that takes the same video' });
    const clients = clientsOf(profile.in).filter((client) => !board.plant.profiles[client]!.asset.external);
    const served = clients.length > 0 ? clients : peers;
    const forPlant = served.filter((peer) => isPlant(peer) || roleOf(board, peer) === 'network-device').length;
    // Appliances are the office's where it has computers among those served: they say nothing by themselves.
    const isForOffice = forPlant === 0 || served.some(isOffice);
    const forOffice = isForOffice ? served.filter((peer) => isOffice(peer) || roleOf(board, peer) === 'other').length : 0;
    const reason = `serves ${forPlant} plant and ${forOffice} office machines`;
    const change = `${Math.abs(forOffice - forPlant) + 1} more ${forOffice > forPlant ? 'plant' : 'office'} machines among those it serves`;
    return forOffice > forPlant ? put(board, index, 'enterprise', reason, { zone: 'operations', reason: 'it serves the plant too', change }) : put(board, index, 'operations', reason, { zone: 'enterprise', reason: 'it serves the office too', change });
  }
  if (role === 'historian') {
    if (profile.controlOut.length === 0 && office >= 2) return put(board, index, 'dmz', `a replica: reads no controller, read by ${office} office machines`, { zone: 'operations', reason: 'it is a historian', change: 'a control protocol session of its own, or fewer than two office readers' });
    return profile.controlOut.length > 0 || plant > 0 ? put(board, index, 'operations', 'historian fed by the control layer', { zone: 'dmz', reason: 'historians that only the office reads stand there', change: 'no control protocol of its own and two office readers' }) : put(board, index, 'enterprise', 'historian without any tie to the control layer');
  }
  if (role === 'mes') {
    const up = profile.out.some((link) => isOffice(link.server));
    const down = profile.in.some((link) => ['mes', 'historian'].includes(roleOf(board, link.client)));
    const local = profile.controlOut.length > 0 || usesDatabase(profile) || servesDatabase(profile) || profile.in.some((link) => roleOf(board, link.client) === 'hmi');
    if (up && down && !local) return put(board, index, 'dmz', 'relays application data between plant and enterprise', { zone: 'operations', reason: 'it is an application', change: 'a database or control session, or operators among its clients' });
    if (office > 3 * Math.max(1, plant) && profile.controlOut.length === 0) return put(board, index, 'enterprise', `its peers are ${office} office and ${plant} plant machines`, { zone: 'operations', reason: 'it is an application of the plant', change: 'fewer than three office peers for each plant peer' });
    put(board, index, 'operations', 'site operations application', { zone: 'dmz', reason: 'applications that only relay stand there', change: 'no database, control or operator session left' });
  }
}

/** Infrastructure of the plant that looks after no office machine: what looks after both tells nothing of one. */
const findPlantInfrastructure = (board: Board): Set<number> =>
  new Set(board.plant.profiles.filter((profile) => roleOf(board, profile.index) === 'infrastructure' && board.placed[profile.index]?.zone === 'operations' && !peersOf(board, profile).some((peer) => roleOf(board, peer) === 'enterprise')).map(({ index }) => index));

/** Appliances follow those whom they work with, when the servers are placed. */
function placeAppliance(board: Board, profile: Profile, ofPlantAlone: ReadonlySet<number>): void {
  const { index } = profile;
  const peers = peersOf(board, profile);
  const plant = peers.filter((peer) => OT_ROLES.has(roleOf(board, peer)) || ofPlantAlone.has(peer) || (roleOf(board, peer) === 'other' && board.placed[peer]?.zone === 'operations')).length;
  const office = peers.filter((peer) => roleOf(board, peer) === 'enterprise' || (roleOf(board, peer) === 'other' && board.placed[peer]?.zone === 'enterprise')).length;
  if (movesLikeMobiles(board, profile)) return put(board, index, 'wireless', 'behaves like the mobile devices here: the same application, no logon (ZCR 3.5)', { zone: 'operations', reason: 'it talks to operations', change: 'a logon to a directory, or a pin' });
  const officeInfrastructure = peers.some((peer) => roleOf(board, peer) === 'infrastructure' && board.placed[peer]?.zone === 'enterprise');
  if (plant > office && plant > 0 && !officeInfrastructure) return put(board, index, 'operations', `an appliance whose peers are ${plant} plant and ${office} office machines`, { zone: 'enterprise', reason: 'appliances of the office stand there', change: `${plant - office + 1} more office peers` });
  const { vendorClass, asset } = profile;
  if (office === 0 && CONTROL_VENDORS.has(vendorClass)) return put(board, index, 'operations', `has a network card of ${asset.vendor}, which builds controllers, and works with no office machine`, { zone: 'enterprise', reason: 'appliances of the office stand there', change: 'an office peer' });
  if (!board.hasOffice) return put(board, index, 'operations', 'an appliance, and no office was heard here', { zone: 'enterprise', reason: 'appliances of the office stand there', change: 'an office machine' });
  put(board, index, 'enterprise', `an appliance whose peers are ${plant} plant and ${office} office machines`, { zone: 'operations', reason: 'appliances of the plant stand there', change: `${office - plant + 1} more plant peers` });
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
  const head = cells.affinity.headOf.get(index)!;
  const own = cells.cellOf.get(index)!;
  const all = weightsToCells(cells, watchers, head);
  const weights = [...all].filter(([cell]) => cell !== own).sort(([a, x], [b, y]) => y - x || a - b);
  const inside = all.get(own) ?? 0;
  const next = weights[0];
  if (next === undefined) return { zone: 'supervisory', reason: 'no other cell exchanges anything with it', change: 'a local operator station or a steady controller peer of another cell' };
  const missing = inside - next[1];
  return {
    zone: zoneOfCell(next[0]),
    reason: `affinity ${next[1].toFixed(1)} there against ${inside.toFixed(1)} here`,
    change: missing > 0 ? `about ${Math.max(1, Math.ceil(missing / 2))} more steady session${missing > 2 ? 's' : ''} with ${board.plant.inventory.assets[watchers.anchors.get(next[0])!]!.id} and its cell, or the loss of as many here` : 'any further session there: the two are close',
  };
}

/** Affinity of a client to every zone in which the controllers it asks were placed. */
function sessionsByZone(board: Board, profile: Profile, cells: Cells): { zone: string; weight: number; targets: number }[] {
  const zones = new Map<string, Map<number, number>>();
  for (const link of profile.controlOut) {
    const head = cells.affinity.headOf.get(link.server);
    const zone = board.placed[link.server]?.zone;
    if (head === undefined || zone === undefined) continue;
    const row = zones.get(zone) ?? new Map<number, number>();
    zones.set(zone, row);
    row.set(head, Math.max(row.get(head) ?? 0, weightOf(link, board.captured)));
  }
  return [...zones].map(([zone, row]) => ({ zone, weight: [...row.values()].reduce((sum, value) => sum + value, 0), targets: row.size })).sort((a, b) => b.weight - a.weight || (a.zone < b.zone ? -1 : 1));
}

const weightOf = (link: Link, captured: number): number => (isSteady(link, 0.25, captured) ? 1 : 0.15) * affinityOf(link);

function placeClient(board: Board, cells: Cells, profile: Profile): void {
  const { index, asset, vendorClass, computer } = profile;
  const { role, subRole } = board.decisions[index]!;
  // Routers do nothing of that themselves.
  if (ROUTER_CARDS.has(vendorClass)) return put(board, index, 'remote', `works with controllers from a network card of ${asset.vendor}, which builds routers: it stands behind one (ZCR 3.6)`, { zone: 'supervisory', reason: 'it works with controllers', change: 'a network card of another vendor, or a pin' });
  const zones = sessionsByZone(board, profile, cells);
  const total = zones.reduce((sum, zone) => sum + zone.weight, 0);
  const first = zones[0];
  const share = first === undefined || total === 0 ? 0 : first.weight / total;
  const percent = `${Math.round(share * 100)} %`;
  const cellCount = new Set(cells.cellOf.values()).size;
  const second = zones[1];
  const other = (zone: string, reason: string, change: string): Placed['runnerUp'] => ({ zone, reason, change });
  if (role === 'hmi') {
    // Panels are mounted at their machines; who looks at the whole plant from a computer sits in the control room.
    const isInRoom = cellCount > 1 && cells.affinity.plantWide.has(index) && (computer || COMPUTER_CARDS.has(vendorClass));
    const everywhere = isInRoom || (subRole === 'scada' && (zones.length > 2 || cellCount <= 1));
    if (first !== undefined && share >= 0.6 && !everywhere && !(zones.length > 3 && share < 0.75)) {
      return put(board, index, first.zone, `${percent} of its control sessions are in this cell`, second === undefined ? other('supervisory', 'it is an operator station', 'steady sessions to controllers of other cells for 40 % of its affinity') : other(second.zone, `${Math.round((second.weight / total) * 100)} % of its sessions go there`, `sessions there growing past ${percent}`));
    }
    return put(board, index, 'supervisory', zones.length === 0 ? 'operator station without a controller of its own' : `watches ${plural(zones.length, 'cell')}, ${percent} of its sessions in the first`, first === undefined ? null : other(first.zone, `${percent} of its sessions go there`, 'at least 60 % of its sessions in that cell, 75 % when it watches more than three'));
  }
  if (role === 'engineering-workstation') {
    if (first !== undefined && zones.length === 1 && share >= 0.95 && cellCount >= 3 && first.targets >= 2) return put(board, index, first.zone, 'engineering station of this cell alone', other('engineering', 'it is an engineering station', 'one session to a controller of another cell'));
    return put(board, index, 'engineering', `engineering station for ${plural(zones.length, 'cell')}`, first === undefined ? null : other(first.zone, `${percent} of its sessions go there`, 'all of its sessions in that one cell'));
  }
  if (role === 'opcua-server') {
    if (first !== undefined && zones.length === 1 && share >= 0.9 && cellCount >= 3) return put(board, index, first.zone, 'OPC UA server local to the cell', other('operations', 'aggregators stand there', 'data from a second cell'));
    return put(board, index, 'operations', zones.length === 0 && subRole === 'broker' ? 'hands on what the plant publishes' : `aggregates ${plural(zones.length, 'cell')}`, first === undefined ? null : other(first.zone, `${percent} of its sources are there`, 'all of its sources in that one cell'));
  }
  put(board, index, 'operations', 'no evidence for any other zone');
}

/** Together and apart for assets outside cells: the second follows, or leaves, the first. */
function bindOthers(board: Board, pinned: PinnedAssets): void {
  for (const [a, b] of pinned.together) {
    if (pinned.zone.has(b) && pinned.zone.has(a)) continue;
    const [anchor, follower] = pinned.zone.has(b) ? [b, a] : [a, b];
    board.placed[follower] = { zone: board.placed[anchor]!.zone, reason: `a person wants it together with ${board.plant.inventory.assets[anchor]!.id}`, runnerUp: null };
  }
  pinned.apart.forEach(([a, b], number) => {
    if (board.placed[a]!.zone !== board.placed[b]!.zone) return;
    const mover = pinned.zone.has(b) ? a : b;
    if (pinned.zone.has(mover)) return;
    board.placed[mover] = { zone: board.placed[mover]!.runnerUp?.zone ?? `pin:Z-APART-${number + 1}`, reason: `a person wants it apart from ${board.plant.inventory.assets[mover === a ? b : a]!.id}`, runnerUp: null };
  });
}
