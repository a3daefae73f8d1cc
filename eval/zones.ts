/**
 * `npm run eval:zones`: proposals on generated plants with known roles and zones, against the baselines, in one run.
 * The generator is found through BASELINE_PLANTS (default ../shared/plants beside the repository).
 *
 *   --arch a,b --seeds 601-610 --noise 0,.1,.3 --days 28 --addressing flat --naming none --messy .5 --coverage 1
 *   --inject --list --baselines --variants --calibrate --worst --confusions --foretold --weeks 8 --scale
 */
import { inferAssets } from '../src/infer/assets.ts';
import { infer, type Inference } from '../src/infer/inference.ts';
import { findCommunities } from '../src/infer/cells/louvain.ts';
import { resolvePins } from '../src/infer/pins.ts';
import { NO_PINS, type Pins } from '../src/infer/proposal.ts';
import { FLOW_RULES } from '../src/infer/requirements.ts';
import type { ZoneKind } from '../src/infer/proposal.ts';
import { addNode, addWeight, newGraph } from '../src/infer/cells/weighted-graph.ts';
import { levelOf } from '../src/infer/roles/levels.ts';
import { proposeZones } from '../src/infer/zones.ts';
import { vendorOf } from '../src/net/oui.ts';
import type { AddressRecord, Conversation, ObservationSet } from '../src/observation.ts';
import { has, number, say, seeds, text } from './command-line.ts';
import { foretellDesigned, foretellObserved, type Foretold, foretoldInWords } from './foretold.ts';
import { kindOfTruth, loadGenerator, ROLE_OF } from './generator.ts';
import { adjustedRand, type ClassCounts, countClasses, f1, type Labels, macroF1, mean, vMeasure } from './metrics.ts';
import { type GeneratedHost, type GeneratedPlant, type GeneratedSample, observePlant } from './plant-observations.ts';

/** Plants put together from the generator's own knobs, for conditions that its named archetypes do not cover. */
const VARIANTS: Readonly<Record<string, Record<string, unknown>>> = {
  mixed: { arch: 'discrete', proto: 'mixed', meters: [0, 1] },
  gateway: { arch: 'refinery', gateway: true, proto: 'iec104', plc: [4, 8], wsHmi: [1, 1], sis: null },
  wireless: { arch: 'refinery', wireless: 5, entDirect: 0.06, dmz: false },
  combined: { arch: 'discrete', combine: true, agg: 1, dmz: false, entDirect: 0.05 },
};

interface Scored {
  readonly name: string;
  readonly ids: readonly string[];
  readonly cellIds: readonly string[];
  readonly truthZone: Labels;
  readonly zone: Labels;
  readonly truthRole: Labels;
  readonly role: Labels;
  readonly share: ReadonlyMap<string, { share: number; confidence: number; right: boolean }>;
  readonly levelRight: number;
  readonly levelCount: number;
  readonly sisCoZoned: number;
  readonly sisCoZonedListed: number;
  readonly separation: number;
  readonly ceiling: Labels;
  readonly baselines: ReadonlyMap<string, Labels>;
  readonly rules: ReadonlyMap<string, { tp: number; fp: number; fn: number }>;
  readonly designed: Foretold;
  readonly foretold: { readonly failoversApart: Foretold; readonly all: Foretold; readonly known: Foretold } | null;
  readonly milliseconds: number;
}

function zonesOf(inference: Inference, byAddress: ReadonlyMap<string, GeneratedHost>): Map<string, string> {
  const zone = new Map<string, string>();
  for (const [address, index] of inference.inventory.indexOf) if (byAddress.has(address)) zone.set(address, inference.placements.placed[index]!.zone);
  return zone;
}

/** Each true cell cut into its flow-connected parts: nothing that uses flows alone can do better. */
function flowCeiling(inference: Inference, truthZone: ReadonlyMap<string, string>, ids: readonly string[]): Map<string, string> {
  const { plant, inventory } = inference;
  const parent = new Map<number, number>();
  const find = (x: number): number => {
    let root = x;
    while ((parent.get(root) ?? root) !== root) root = parent.get(root)!;
    return root;
  };
  const zoneOf = (index: number): string | undefined => truthZone.get(inventory.assets[index]!.addresses[0]!);
  for (const link of plant.links) {
    const zone = zoneOf(link.client);
    if (zone === undefined || !zone.startsWith('CELL') || zone !== zoneOf(link.server)) continue;
    const a = find(link.client);
    const b = find(link.server);
    if (a !== b) parent.set(Math.max(a, b), Math.min(a, b));
  }
  return new Map(ids.map((id) => {
    const index = inventory.indexOf.get(id);
    const zone = truthZone.get(id)!;
    return [id, zone.startsWith('CELL') && index !== undefined ? `${zone}/${find(index)}` : zone];
  }));
}

const LAYER: Readonly<Record<string, string>> = { plc: 'L1', io: 'L1', 'safety-controller': 'SIS', hmi: 'L2', 'engineering-workstation': 'L2', historian: 'L3', 'opcua-server': 'L3', mes: 'L3', infrastructure: 'L3', 'jump-server': 'DMZ', 'patch-server': 'DMZ', enterprise: 'ENT', 'network-device': 'NET', transient: 'TEMP', other: 'ENT' };

function baselinesOf(inference: Inference, ids: readonly string[]): Map<string, Map<string, string>> {
  const { inventory, plant, decisions } = inference;
  const label = (of: (index: number) => string): Map<string, string> => new Map(ids.map((id) => [id, inventory.indexOf.has(id) ? of(inventory.indexOf.get(id)!) : `none ${id}`]));
  const members = ids.map((id) => inventory.indexOf.get(id)!).filter((index) => index !== undefined);
  const community = (isKept: (index: number) => boolean, onlyControl: boolean, gamma: number): Map<number, number> => {
    const graph = newGraph();
    const nodes = [...new Set(members.filter(isKept))];
    const kept = new Set(nodes);
    for (const node of nodes) addNode(graph, node);
    for (const link of plant.links) if (kept.has(link.client) && kept.has(link.server) && (!onlyControl || link.control)) addWeight(graph, link.client, link.server, Math.log2(1 + link.requests));
    return findCommunities(graph, nodes, gamma, () => 0);
  };
  const everything = community(() => true, false, 1);
  const inCells = (index: number): boolean => ['plc', 'io', 'hmi'].includes(decisions[index]!.role);
  const control = community(inCells, true, 1);
  return new Map([
    ['subnet /24', new Map(ids.map((id) => [id, id.slice(0, id.lastIndexOf('.'))]))],
    ['Louvain, all flows', label((index) => String(everything.get(index)))],
    ['role only', label((index) => LAYER[decisions[index]!.role]!)],
    ['role then Louvain', label((index) => (inCells(index) ? `C${control.get(index)}` : LAYER[decisions[index]!.role]!))],
  ]);
}

function separationViolations(zone: Labels, hosts: readonly GeneratedHost[]): { sis: number; separation: number } {
  const groups = new Map<string, GeneratedHost[]>();
  for (const host of hosts) {
    const label = zone.get(host.ip) ?? `none ${host.ip}`;
    const held = groups.get(label) ?? [];
    groups.set(label, held);
    held.push(host);
  }
  let sis = 0;
  let separation = 0;
  for (const group of groups.values()) {
    if (group.some((host) => host.zone === 'SIS') && group.some((host) => host.zone !== 'SIS')) sis += group.filter((host) => host.role === 'sis').length;
    const office = group.filter((host) => host.zone === 'ENT').length;
    separation += Math.min(office, group.length - office);
    for (const flag of ['transient', 'wireless', 'external'] as const) {
      const marked = group.filter((host) => host[flag]).length;
      if (marked > 0 && marked < group.length) separation += marked;
    }
  }
  return { sis, separation: separation + sis };
}

function scoreRules(inference: Inference, truthZone: ReadonlyMap<string, string>): Map<string, ClassCounts> {
  const { plant, placements, inventory } = inference;
  const counts = new Map(FLOW_RULES.map((rule) => [rule.id, { tp: 0, fp: 0, fn: 0 }]));
  const kindOf = (key: string): ZoneKind => (key.startsWith('cell:') ? 'cell' : (key as ZoneKind));
  for (const link of plant.links) {
    const found = [link.client, link.server].map((index) => placements.placed[index]!.zone) as [string, string];
    const wanted = [link.client, link.server].map((index) => truthZone.get(inventory.assets[index]!.addresses[0]!) ?? 'EXT') as [string, string];
    for (const rule of FLOW_RULES) {
      const got = rule.holds({ link, from: kindOf(found[0]), to: kindOf(found[1]), sameZone: found[0] === found[1] });
      const should = rule.holds({ link, from: kindOfTruth(wanted[0]), to: kindOfTruth(wanted[1]), sameZone: wanted[0] === wanted[1] });
      const entry = counts.get(rule.id)!;
      if (got && should) entry.tp++;
      else if (got) entry.fp++;
      else if (should) entry.fn++;
    }
  }
  return counts;
}

function scorePlant(name: string, plant: GeneratedPlant, sample: GeneratedSample, days: number): Scored {
  const set = observePlant(plant, sample, 0, days);
  const started = performance.now();
  const inventory = inferAssets(set, vendorOf);
  const inference = infer(set, inventory, resolvePins(inventory, NO_PINS));
  const milliseconds = performance.now() - started;
  const evaluated = plant.hosts.filter((host) => !host.ext && host.role !== 'ghost' && inventory.indexOf.has(host.ip));
  const byAddress = new Map(evaluated.map((host) => [host.ip, host]));
  const ids = evaluated.map((host) => host.ip);
  const truthZone = new Map(evaluated.map((host) => [host.ip, host.zone]));
  const truthRole = new Map(evaluated.map((host) => [host.ip, ROLE_OF[host.role]!]));
  const role = new Map<string, string>();
  const share = new Map<string, { share: number; confidence: number; right: boolean }>();
  let levelRight = 0;
  let levelCount = 0;
  for (const host of evaluated) {
    const index = inventory.indexOf.get(host.ip)!;
    const decision = inference.decisions[index]!;
    role.set(host.ip, decision.role);
    share.set(host.ip, { share: decision.share, confidence: decision.confidence, right: decision.role === ROLE_OF[host.role] });
    if (host.level === null) continue;
    levelCount++;
    const key = inference.placements.placed[index]!.zone;
    const level = levelOf(decision.role, key.startsWith('cell:') ? 'cell' : (key as ZoneKind));
    if (level !== null && Math.abs(level - host.level) < 0.6) levelRight++;
  }
  const zone = zonesOf(inference, byAddress);
  const violations = separationViolations(zone, evaluated);
  const listed: Pins = { ...NO_PINS, safetyAssets: evaluated.filter((host) => host.role === 'sis').map((host) => host.ip) };
  const confirmed = has('list') ? zonesOf(infer(set, inventory, resolvePins(inventory, listed)), byAddress) : zone;
  return {
    name,
    ids,
    cellIds: ids.filter((id) => truthZone.get(id)!.startsWith('CELL')),
    truthZone,
    zone,
    truthRole,
    role,
    share,
    levelRight,
    levelCount,
    sisCoZoned: violations.sis,
    sisCoZonedListed: has('list') ? separationViolations(confirmed, evaluated).sis : 0,
    separation: violations.separation,
    ceiling: flowCeiling(inference, truthZone, ids),
    baselines: has('baselines') ? baselinesOf(inference, ids) : new Map(),
    rules: scoreRules(inference, truthZone),
    designed: foretellDesigned(plant, sample, days, true),
    foretold: has('foretold') ? { failoversApart: foretellDesigned(plant, sample, days, false), ...foretellObserved(plant, sample, days) } : null,
    milliseconds,
  };
}

const fixed = (value: number, digits = 3): string => value.toFixed(digits);
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function summarise(title: string, plants: readonly Scored[]): string {
  const all = mean(plants.map((p) => adjustedRand(p.truthZone, p.zone, p.ids)));
  const cells = mean(plants.map((p) => adjustedRand(p.truthZone, p.zone, p.cellIds)));
  const ceiling = mean(plants.map((p) => adjustedRand(p.truthZone, p.ceiling, p.cellIds)));
  const pooled = poolRoles(plants);
  const correct = mean(plants.map((p) => p.ids.filter((id) => p.role.get(id) === p.truthRole.get(id)).length / p.ids.length));
  const historian = pooled.get('historian') ?? { tp: 0, fp: 0, fn: 0 };
  return row([
    title,
    String(plants.length),
    fixed(all),
    fixed(cells),
    fixed(ceiling),
    fixed(cells / ceiling),
    fixed(mean(plants.map((p) => vMeasure(p.truthZone, p.zone, p.ids)))),
    fixed(mean(plants.map((p) => macroF1(countClasses(p.truthRole, p.role, p.ids))))),
    fixed(macroF1(pooled)),
    fixed(correct),
    fixed(historian.tp / Math.max(1, historian.tp + historian.fn)),
    fixed(plants.reduce((sum, p) => sum + p.levelRight, 0) / plants.reduce((sum, p) => sum + p.levelCount, 0)),
    fixed(mean(plants.map((p) => p.sisCoZoned)), 2),
    has('list') ? fixed(mean(plants.map((p) => p.sisCoZonedListed)), 2) : '-',
    fixed(mean(plants.map((p) => p.separation)), 2),
    fixed(Math.max(...plants.map((p) => p.milliseconds)), 0),
  ]);
}

function poolRoles(plants: readonly Scored[]): Map<string, ClassCounts> {
  const pooled = new Map<string, ClassCounts>();
  for (const p of plants) {
    for (const [label, counts] of countClasses(p.truthRole, p.role, p.ids)) {
      const held = pooled.get(label) ?? { tp: 0, fp: 0, fn: 0 };
      pooled.set(label, { tp: held.tp + counts.tp, fp: held.fp + counts.fp, fn: held.fn + counts.fn });
    }
  }
  return pooled;
}

const HEAD = ['plants', 'n', 'ARI all', 'ARI cells', 'ceiling', 'of ceiling', 'V', 'F1 plant', 'F1 pooled', 'accuracy', 'hist. recall', 'level', 'SIS co-zoned', 'with list', 'separation', 'ms max'];

function printDetails(plants: readonly Scored[]): void {
  say('\nRoles, pooled:');
  for (const [label, counts] of [...poolRoles(plants)].sort(([a], [b]) => (a < b ? -1 : 1))) say(`  ${label.padEnd(24)} P ${fixed(counts.tp / Math.max(1, counts.tp + counts.fp))} R ${fixed(counts.tp / Math.max(1, counts.tp + counts.fn))} F1 ${fixed(f1(counts))} n ${counts.tp + counts.fn}`);
  if (has('confusions')) {
    const confusion = new Map<string, string[]>();
    for (const p of plants) {
      for (const id of p.ids) {
        if (p.role.get(id) === p.truthRole.get(id)) continue;
        const key = `${p.truthRole.get(id)} -> ${p.role.get(id)}`;
        confusion.set(key, [...(confusion.get(key) ?? []), `${p.name} ${id}`]);
      }
    }
    say('\nConfusions:');
    for (const [key, where] of [...confusion].sort(([, a], [, b]) => b.length - a.length)) say(`  ${String(where.length).padStart(4)} ${key}   ${where.slice(0, 4).join('; ')}`);
  }
  if (has('worst')) {
    say('\nWorst cells against the ceiling:');
    const gap = (p: Scored): number => adjustedRand(p.truthZone, p.ceiling, p.cellIds) - adjustedRand(p.truthZone, p.zone, p.cellIds);
    for (const p of [...plants].sort((a, b) => gap(b) - gap(a)).slice(0, 15)) say(`  ${p.name} cells ${fixed(adjustedRand(p.truthZone, p.zone, p.cellIds))} ceiling ${fixed(adjustedRand(p.truthZone, p.ceiling, p.cellIds))} all ${fixed(adjustedRand(p.truthZone, p.zone, p.ids))}`);
  }
  say('\nConfidence (role): said, right, assets');
  const bins = new Map<number, { said: number; right: number; n: number }>();
  for (const p of plants) {
    for (const { confidence, right } of p.share.values()) {
      const key = Math.min(9, Math.floor(confidence * 10));
      const held = bins.get(key) ?? { said: 0, right: 0, n: 0 };
      bins.set(key, { said: held.said + confidence, right: held.right + (right ? 1 : 0), n: held.n + 1 });
    }
  }
  const total = [...bins.values()].reduce((sum, { n }) => sum + n, 0);
  for (const [key, { said, right, n }] of [...bins].sort(([a], [b]) => a - b)) say(`  ${fixed(key / 10, 1)}-${fixed(key / 10 + 0.1, 1)}  said ${fixed(said / n)} right ${fixed(right / n)} n ${n}`);
  say(`  expected calibration error ${fixed([...bins.values()].reduce((sum, { said, right }) => sum + Math.abs(said - right), 0) / total, 4)}`);
  say('\nRequirements (against the same rules on the true zones): precision, recall');
  for (const { id } of FLOW_RULES) {
    const sum = { tp: 0, fp: 0, fn: 0 };
    for (const p of plants) {
      const counts = p.rules.get(id)!;
      sum.tp += counts.tp;
      sum.fp += counts.fp;
      sum.fn += counts.fn;
    }
    if (sum.tp + sum.fp + sum.fn > 0) say(`  ${id.padEnd(24)} P ${fixed(sum.tp / Math.max(1, sum.tp + sum.fp), 2)} R ${fixed(sum.tp / Math.max(1, sum.tp + sum.fn), 2)} n ${sum.tp + sum.fn}`);
  }
  say(`\n${foretoldInWords('Good-Turing over days', plants.map((p) => p.designed))}`);
  if (!has('foretold')) return;
  say(foretoldInWords('  fail-overs apart', plants.flatMap((p) => p.foretold?.failoversApart ?? [])));
  say(foretoldInWords('As the product says and sees it', plants.flatMap((p) => p.foretold?.all ?? [])));
  say(foretoldInWords('  of devices that it knew', plants.flatMap((p) => p.foretold?.known ?? [])));
}

/** Pool-adjacent-violators on (raw share, right): the knots of src/infer/roles/calibration.ts. */
function printCalibration(plants: readonly Scored[]): void {
  const points = plants.flatMap((p) => [...p.share.values()]).sort((a, b) => a.share - b.share);
  const size = 40;
  const blocks: { share: number; right: number; n: number }[] = [];
  for (let from = 0; from < points.length; from += size) {
    const part = points.slice(from, from + size);
    blocks.push({ share: mean(part.map((p) => p.share)), right: mean(part.map((p) => (p.right ? 1 : 0))), n: part.length });
    while (blocks.length > 1 && blocks.at(-2)!.right > blocks.at(-1)!.right) {
      const [a, b] = blocks.splice(-2) as [(typeof blocks)[0], (typeof blocks)[0]];
      const n = a.n + b.n;
      blocks.push({ share: (a.share * a.n + b.share * b.n) / n, right: (a.right * a.n + b.right * b.n) / n, n });
    }
  }
  say('\nCalibration knots [raw share, right]:');
  for (const block of blocks) say(`  [${fixed(block.share, 4)}, ${fixed(block.right, 4)}], // n ${block.n}`);
}

async function main(): Promise<void> {
  const generator = await loadGenerator();
  const archetypes = text('arch', [...Object.keys(generator.ARCHETYPES), ...(has('variants') ? Object.keys(VARIANTS) : [])].join(',')).split(',');
  const everything: Scored[] = [];
  say(row(HEAD));
  say(row(HEAD.map(() => '---')));
  for (const noise of text('noise', '0,0.1,0.3').split(',').map(Number)) {
    const ofNoise: Scored[] = [];
    for (const archetype of archetypes) {
      const ofArchetype: Scored[] = [];
      for (const seed of seeds('601-610')) {
        const plant = generator.buildPlant({ arch: archetype, ...VARIANTS[archetype], seed, noise, messy: number('messy', 0.5), addressing: text('addressing', 'flat'), naming: text('naming', 'none'), coverage: number('coverage', 1), churn: number('churn', 0), weeks: number('weeks', 8), ...(has('inject') ? { inject: true } : {}) });
        ofArchetype.push(scorePlant(`${archetype}/${seed}/${noise}`, plant, generator.sampleActivity(plant), number('days', 28)));
      }
      say(summarise(`${archetype}, noise ${noise}`, ofArchetype));
      ofNoise.push(...ofArchetype);
    }
    say(summarise(`**all, noise ${noise}**`, ofNoise));
    if (has('baselines')) {
      for (const baseline of ofNoise[0]!.baselines.keys()) {
        const score = (p: Scored, ids: readonly string[]): number => adjustedRand(p.truthZone, p.baselines.get(baseline)!, ids);
        say(row([baseline, String(ofNoise.length), fixed(mean(ofNoise.map((p) => score(p, p.ids)))), fixed(mean(ofNoise.map((p) => score(p, p.cellIds)))), '', '', fixed(mean(ofNoise.map((p) => vMeasure(p.truthZone, p.baselines.get(baseline)!, p.ids)))), ...Array.from({ length: 9 }, () => '')]));
      }
    }
    everything.push(...ofNoise);
  }
  printDetails(everything);
  if (has('calibrate')) printCalibration(everything);
}

/** Many plants in one store: 5,000 assets and 50,000 conversations, everything that `propose-zones` does. */
async function scale(): Promise<void> {
  const generator = await loadGenerator();
  const conversations: Conversation[] = [];
  const addresses: AddressRecord[] = [];
  let sensor: ObservationSet['sensor'] | null = null;
  for (let part = 0; addresses.length < 5000 || conversations.length < 50_000; part++) {
    if (addresses.length >= number('assets', Infinity)) break;
    const plant = generator.buildPlant({ arch: 'refinery', seed: 900 + part, noise: 0.3, messy: 0.5 });
    const set = observePlant(plant, generator.sampleActivity(plant), 0, 28);
    const move = (address: string): string => address.replace(/^10\.10\./, `10.${part + 20}.`);
    sensor ??= set.sensor;
    // MACs of different plants may meet: the part goes into the fourth octet.
    const moveMac = (mac: string): string => `${mac.slice(0, 9)}${part.toString(16).padStart(2, '0')}${mac.slice(11)}`;
    addresses.push(...set.addresses.map((record) => ({ ...record, address: move(record.address), macs: record.macs.map((entry) => ({ ...entry, mac: moveMac(entry.mac) })) })));
    for (const conversation of set.conversations) conversations.push({ ...conversation, id: conversations.length + 1, client: move(conversation.client), server: move(conversation.server) });
  }
  const started = performance.now();
  const cpu = process.cpuUsage();
  const proposal = proposeZones({ conversations, addresses, sensor: sensor! });
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  say(`scale: ${proposal.assets.length} assets, ${conversations.length} conversations, ${proposal.zones.length} zones, ${proposal.stability.runs} resampled runs: ${seconds.toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} s of processor), ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`);
}

if (has('scale')) await scale();
else await main();
