/**
 * How well an unfamiliar plant is understood. In: a sketched plant and how many days of it were heard. Out: shares and
 * counts, among them the two errors that cost most: a safety controller that is none, a plant device in the office.
 */
import { inferAssets } from '../../src/infer/assets.ts';
import { infer } from '../../src/infer/inference.ts';
import { resolvePins } from '../../src/infer/pins.ts';
import { NO_PINS } from '../../src/infer/proposal.ts';
import { vendorOf } from '../../src/net/oui.ts';
import { kindOfTruth } from '../generator.ts';
import { adjustedRand } from '../metrics.ts';
import { type GeneratedEdge, observePlant } from '../plant-observations.ts';
import type { SketchedHost, SketchedPlant } from './plant-sketcher.ts';

export interface Verdict {
  readonly devices: number;
  /** Share of roles that are right, or that a person would accept. */
  readonly roles: number;
  /** Share of devices in a zone of the right kind. */
  readonly kinds: number;
  readonly partition: number;
  readonly cells: number;
  readonly falseSafety: number;
  readonly inOffice: number;
  /** Plant devices placed in the zone of the office, whatever they were taken for. */
  readonly inOfficeZone: number;
  /** Machines of the office placed where the process is run or guarded. */
  readonly officeInPlant: number;
  /** Safety controllers placed elsewhere than in the zone of safety. */
  readonly safetyElsewhere: number;
  /** Wrong roles said with at least 0.9. */
  readonly sureAndWrong: number;
  /** Controllers and their I/O placed with the office or between it and the plant. */
  readonly controlAbove: number;
  readonly wrong: readonly { readonly host: SketchedHost; readonly said: string; readonly confidence: number }[];
}

export const SURE = 0.9;

const CONTROL: ReadonlySet<string> = new Set(['plc', 'io', 'safety-controller']);

/** So large a share of the conversations is heard from one end only, the client's and the server's in turn. */
function hearOneWay(edges: readonly GeneratedEdge[], share: number): GeneratedEdge[] {
  let heard = 0;
  return edges.map((edge, index) => (Math.floor((index + 1) * share) === Math.floor(index * share) ? edge : { ...edge, onlyFrom: heard++ % 2 === 0 ? 'client' : 'server' }));
}

export function judgePlant({ plant, sample }: SketchedPlant, days: number, oneWayShare = 0): Verdict {
  const set = observePlant({ ...plant, edges: hearOneWay(plant.edges, oneWayShare) }, sample, 0, days);
  const inventory = inferAssets(set, vendorOf);
  const { decisions, placements } = infer(set, inventory, resolvePins(inventory, NO_PINS));
  const heard = plant.hosts.filter(({ ext, ip }) => !ext && inventory.indexOf.has(ip));
  const decisionOf = ({ ip }: SketchedHost): (typeof decisions)[number] => decisions[inventory.indexOf.get(ip)!]!;
  const wrong = heard.map((host) => ({ host, said: decisionOf(host).role, confidence: decisionOf(host).confidence })).filter(({ host, said }) => said !== host.role && !host.also.includes(said));
  const truth = new Map(heard.map(({ ip, zone }) => [ip, zone]));
  const found = new Map(heard.map(({ ip }) => [ip, placements.placed[inventory.indexOf.get(ip)!]!.zone]));
  const ids = heard.map(({ ip }) => ip);
  return {
    devices: heard.length,
    roles: 1 - wrong.length / heard.length,
    kinds: heard.filter(({ ip, zone }) => kindOfTruth(zone) === found.get(ip)!.replace(/:.*/, '')).length / heard.length,
    partition: adjustedRand(truth, found, ids),
    cells: adjustedRand(truth, found, ids.filter((id) => truth.get(id)!.startsWith('CELL'))),
    falseSafety: wrong.filter(({ said }) => said === 'safety-controller').length,
    inOffice: wrong.filter(({ said, host }) => said === 'enterprise' && host.zone !== 'ENT').length,
    inOfficeZone: heard.filter(({ ip, zone }) => zone !== 'ENT' && found.get(ip) === 'enterprise').length,
    officeInPlant: heard.filter(({ ip, zone }) => zone === 'ENT' && /^(cell|safety|supervisory|engineering)/.test(found.get(ip)!)).length,
    safetyElsewhere: heard.filter(({ ip, role }) => role === 'safety-controller' && found.get(ip) !== 'safety').length,
    sureAndWrong: wrong.filter(({ confidence }) => confidence >= SURE).length,
    controlAbove: heard.filter(({ ip, role }) => CONTROL.has(role) && /^(enterprise|dmz)/.test(found.get(ip)!)).length,
    wrong,
  };
}
