/**
 * `npm run eval:conduits`: propose Permits from T days of a generated plant, judge them on the 28 days after (`--judge`).
 * The generator is found through BASELINE_PLANTS (default ../shared/plants beside the repository).
 *
 *   --arch a,b --seeds 701-708 --days 28 --judge 28 --churn 0 --noise .1 --messy .5 --no-baselines --worst --verbose --declared --unanswered --no-schedules --plant proto=mixed,gateway=1
 *
 * Judged is every operation of a designed conversation (legitimate, no temporary device) that is active in the test days
 * and crosses a proposed boundary; business traffic with the Internet is outside. The proposal goes the user's way:
 * written as YAML, read back, matched. A device that appeared after the proposal is in no Permit: all of it that crosses a
 * boundary is blocked. It is plugged in beside its like, so its boundary is that of the zone in which most of its true
 * zone's devices were put; its traffic within that segment passes no firewall. `--strangers-nowhere` counts that too. With
 * `--declared` a person has put each new device into the spec, with its zone and role, before it was plugged in. With
 * `--unanswered` nobody has answered a question of the proposal: what waits for a decision is denied.
 */
import { DEFAULT_CONDUIT_OPTIONS, proposeConduits } from '../src/infer/conduits/conduits.ts';
import type { ConduitProposal } from '../src/infer/conduits/conduits.ts';
import { proposeZones } from '../src/infer/zones.ts';
import { addTo } from '../src/net/multi-map.ts';
import type { OperationClass } from '../src/infer/conduits/grants.ts';
import type { PlannedAsset } from '../src/infer/conduits/plan.ts';
import type { Conversation, ObservationSet } from '../src/observation.ts';
import { createMatcher } from '../src/policy/match/match.ts';
import type { ConversationVerdict } from '../src/policy/match/match.ts';
import { indexAssets } from '../src/policy/spec/assets.ts';
import { parseSpec } from '../src/policy/spec/load.ts';
import { writeSpec } from '../src/policy/spec/write.ts';
import { proveProposal } from '../src/policy/proof.ts';
import { diffSpec } from '../src/policy/diff/diff.ts';
import { has, number, say, seeds, text } from './command-line.ts';
import { loadGenerator, ROLE_OF, type Generator } from './generator.ts';
import { mean } from './metrics.ts';
import { observePlant } from './plant-observations.ts';
import type { GeneratedEdge, GeneratedPlant, GeneratedSample } from './plant-observations.ts';

const TEST_DAYS = number('judge', 28);

/** Something of the plant that happens in the test days: one generated operation of one edge. */
interface Tuple {
  readonly edge: GeneratedEdge;
  readonly conversation: Conversation;
  readonly class: OperationClass;
  readonly code: number | null;
  readonly unit: number | null;
  readonly first: number | null;
  readonly last: number | null;
  /** OPC UA service as the decoder names it. */
  readonly service: string | null;
  readonly days: number;
}

const SERVICE: Readonly<Record<string, string>> = { Session: 'CreateSession' };

const classOf = (edge: GeneratedEdge, op: GeneratedEdge['ops'][number]): OperationClass => {
  if (!edge.ans) return 'any';
  if (op.k === 'mb') return [5, 6, 15, 16, 22, 23].includes(op.fc ?? 0) ? 'write' : [1, 2, 3, 4].includes(op.fc ?? 0) ? 'read' : 'engineer';
  if (op.k === 'ua') return edge.ua?.mode === 'SignAndEncrypt' ? 'any' : op.s === 'Write' || op.s === 'Call' ? 'write' : 'read';
  if (op.k === 's7' || op.k === 'enip') return op.f === 'read' ? 'read' : op.f === 'write' ? 'write' : 'engineer';
  return 'any';
};

function tuplesOf(plant: GeneratedPlant, sample: GeneratedSample, from: number, to: number): Tuple[] {
  const set = observePlant(plant, sample, from, to);
  const byId = new Map(set.conversations.map((conversation) => [conversation.id, conversation]));
  return plant.edges.flatMap((edge, index) => {
    const conversation = byId.get(index + 1);
    if (conversation === undefined) return [];
    return edge.ops.flatMap((op, position): Tuple[] => {
      let days = 0;
      for (let day = from; day < to; day++) if (sample.counts[index][position][day] > 0) days++;
      if (days === 0) return [];
      const readable = edge.ans && op.k === 'mb';
      return [{
        edge, conversation, class: classOf(edge, op), code: readable ? (op.fc ?? null) : null, unit: readable ? (op.unit ?? null) : null,
        first: readable ? (op.lo ?? null) : null, last: readable ? (op.hi ?? null) : null, service: op.k === 'ua' && edge.ua?.mode !== 'SignAndEncrypt' ? (SERVICE[op.s ?? ''] ?? op.s ?? null) : null, days,
      }];
    });
  });
}

const tuplePasses = (tuple: Tuple, verdict: ConversationVerdict): boolean =>
  verdict.asks.some(({ ask, permit }) => {
    if (permit === null) return false;
    if (tuple.code !== null) {
      if (ask.modbus?.code !== tuple.code || ask.modbus.unit !== tuple.unit) return false;
      return ask.modbus.range === null || (ask.modbus.range.first === tuple.first && ask.modbus.range.last === tuple.last);
    }
    return tuple.service === null || ask.opcuaService === tuple.service;
  });

interface Judge {
  readonly name: string;
  /** Zone of an address, null when it belongs to none. */
  readonly zoneOf: (address: string) => string | null;
  readonly passes: (tuple: Tuple) => boolean;
  /** `client>server:transport/port|class` let through at any time, and on demand. */
  readonly standing: ReadonlySet<string>;
  readonly onDemand: ReadonlySet<string>;
  readonly rules: number;
  /** Rules tied to a calendar, and the share of the standing pairs' time that this takes away. */
  readonly tied?: number;
  readonly timeSaved?: number;
}

const comboKey = (client: string, server: string, transport: string, port: number, own: OperationClass): string => `${client}>${server}:${transport}/${port}|${own}`;

/** Classes that a rule without operations lets through, as the service has them. */
const allClasses = (service: string): readonly OperationClass[] => (service === 'modbus' || service === 's7comm' || service === 'enip' ? ['read', 'write', 'engineer'] : service === 'opcua' ? ['read', 'write', 'any'] : ['any']);

const MODBUS_CLASS = (code: number): OperationClass => ([1, 2, 3, 4].includes(code) ? 'read' : [5, 6, 15, 16, 22, 23].includes(code) ? 'write' : 'engineer');

function judgeProposal(name: string, set: ObservationSet, proposal: ConduitProposal): Judge & { readonly yaml: string; readonly whyNot: (tuple: Tuple) => string; readonly whyPasses: (tuple: Tuple) => string } {
  const yaml = writeSpec(proposal);
  const { loaded, problems } = parseSpec(yaml, name);
  if (loaded === null) throw new Error(`the proposal does not load: ${problems[0].line}: ${problems[0].message}`);
  const findings = diffSpec(loaded, set);
  if (findings.length > 0) say(`!! ${name}: ${findings.length} findings on its own store: ${findings[0].title}`);
  const proof = proveProposal(loaded, set);
  if (!proof.holds) say(`!! ${name}: ${proof.faults.length} faults of proof: ${proof.faults[0].subject} ${proof.faults[0].sentence}`);
  const assets = indexAssets(loaded.spec);
  const matcherOf = (permits: typeof loaded.permits) => createMatcher(permits.map((declared) => ({ ...declared, permit: { ...declared.permit, conditions: { ...declared.permit.conditions, expires: null } } })), assets, 'UTC');
  const matcher = matcherOf(loaded.permits);
  const decided = has('unanswered') ? matcherOf(loaded.permits.filter(({ permit }) => permit.decision !== 'pending')) : matcher;
  const verdicts = new Map<Conversation, ConversationVerdict>();
  const standing = new Set<string>();
  const onDemand = new Set<string>();
  let tied = 0;
  let pairTime = 0;
  let pairTimeSaved = 0;
  const members = new Map<string, string[]>();
  for (const zone of loaded.spec.zones) members.set(zone.zone_id, (zone.assets ?? []).flatMap((asset) => (typeof asset === 'string' ? [] : (asset.ip ?? []))));
  const business = new Set(loaded.spec.zones.filter((zone) => zone.kind === 'enterprise' || zone.kind === 'external').map((zone) => zone.zone_id));
  for (const { permit } of loaded.permits) {
    if (business.has(permit.from.zone) && business.has(permit.to.zone)) continue;
    const side = (end: typeof permit.from): readonly string[] => (end.assets.length === 0 ? (members.get(end.zone) ?? []) : end.assets.flatMap((id) => assets.byId.get(id)?.addresses.filter((one) => one.includes('.')) ?? []));
    const classes = new Set<OperationClass>(
      permit.modbus !== null ? permit.modbus.functionCodes.map(MODBUS_CLASS)
        : permit.opcua !== null && permit.opcua.services.length > 0 ? permit.access.map((access) => (access === 'write' || access === 'control' ? 'write' : 'read'))
          : permit.access.length === 0 ? ['any'] : permit.access.map((access) => (access === 'browse' || access === 'read' ? 'read' : access === 'write' ? 'write' : 'engineer')),
    );
    const target = permit.conditions.onDemand ? onDemand : standing;
    if (!permit.conditions.onDemand) {
      const pairs = side(permit.from).length * side(permit.to).length;
      const { days, start, end } = permit.conditions;
      const clock = (text: string): number => Number(text.slice(0, 2)) + Number(text.slice(3)) / 60;
      const hours = start === null || end === null ? 24 : (clock(end) - clock(start) + 24) % 24 || 24;
      pairTime += pairs;
      pairTimeSaved += pairs * (1 - ((days.length === 0 ? 7 : days.length) * hours) / 168);
      if (start !== null) tied++;
    }
    for (const port of permit.service.ports.length === 0 ? [0] : permit.service.ports.map(({ first }) => first)) for (const client of side(permit.from)) for (const server of side(permit.to)) if (client !== server) for (const own of classes) target.add(comboKey(client, server, permit.service.transport, port, own));
  }
  for (const combo of standing) onDemand.delete(combo);
  const whyPasses = (tuple: Tuple): string => {
    const permit = matcher.judge(tuple.conversation).asks.find((one) => one.permit !== null)?.permit;
    const flow = loaded.spec.conduits.flatMap((conduit) => conduit.protocols_allowed ?? []).find((one) => one.rule_id === permit?.permit.id);
    return `${permit?.permit.decision} ${flow?.question?.split(':')[0] ?? '-'} ${permit?.permit.conditions.onDemand === true ? 'on demand' : 'standing'} ${permit?.permit.evidence?.generalisedBy.join('+')}`;
  };
  return {
    name, yaml,
    whyNot: (tuple) => decided !== matcher && tuplePasses(tuple, matcher.judge(tuple.conversation)) ? whyPasses(tuple) : matcher.judge(tuple.conversation).asks.find(({ ask, permit }) => permit === null && (tuple.code === null || (ask.modbus?.code === tuple.code && (ask.modbus.range === null || ask.modbus.range.first === tuple.first))))?.miss?.kind ?? 'nothing declared',
    whyPasses,
    zoneOf: (address) => assets.resolve(address)?.zone ?? null,
    passes: (tuple) => {
      let verdict = verdicts.get(tuple.conversation);
      if (verdict === undefined) verdicts.set(tuple.conversation, (verdict = decided.judge(tuple.conversation)));
      return tuplePasses(tuple, verdict);
    },
    standing, onDemand, tied, timeSaved: pairTime === 0 ? 0 : pairTimeSaved / pairTime,
    rules: loaded.permits.filter(({ permit }) => !permit.conditions.onDemand).length,
  };
}

/** Rules over pairs of groups (hosts, zones, subnets), ports only: what people write without function control. */
function judgeGroups(name: string, set: ObservationSet, dropped: ReadonlySet<number>, zoneOf: (address: string) => string | null, groupOf: (address: string) => string | null, addresses: readonly string[], isBusiness: (zone: string | null) => boolean): Judge {
  const keys = new Map<string, { service: string; transport: string; port: number; from: string; to: string }>();
  for (const conversation of set.conversations) {
    if (dropped.has(conversation.id)) continue;
    const from = groupOf(conversation.client);
    const to = groupOf(conversation.server);
    const zones = [zoneOf(conversation.client), zoneOf(conversation.server)];
    if (from === null || to === null || zones[0] === zones[1] || (isBusiness(zones[0]) && isBusiness(zones[1]))) continue;
    keys.set(`${from}>${to}:${conversation.transport}/${conversation.port}`, { service: conversation.service.name, transport: conversation.transport, port: conversation.port, from, to });
  }
  const members = new Map<string, string[]>();
  for (const address of addresses) {
    const group = groupOf(address);
    if (group !== null) members.set(group, [...(members.get(group) ?? []), address]);
  }
  const standing = new Set<string>();
  for (const { service, transport, port, from, to } of keys.values()) {
    for (const client of members.get(from) ?? []) for (const server of members.get(to) ?? []) {
      if (client === server || zoneOf(client) === zoneOf(server)) continue;
      for (const own of allClasses(service)) standing.add(comboKey(client, server, transport, port, own));
    }
  }
  return {
    name, zoneOf, standing, onDemand: new Set(), rules: keys.size,
    passes: ({ conversation }) => keys.has(`${groupOf(conversation.client)}>${groupOf(conversation.server)}:${conversation.transport}/${conversation.port}`),
  };
}

interface Score {
  readonly breakage: number;
  readonly dayBreakage: number;
  readonly standing: number;
  readonly onDemand: number;
  readonly precision: number;
  readonly writeExposure: number;
  readonly stray: number;
  readonly strayAdmitted: number;
  readonly rules: number;
  readonly tied: number;
  readonly timeSaved: number;
  readonly blocked: readonly Tuple[];
  readonly admitted: readonly Tuple[];
}

function score(judge: Judge, plant: GeneratedPlant, tuples: readonly Tuple[], isBusiness: (zone: string | null) => boolean): Score {
  const host = plant.hosts;
  const votes = new Map<string, Map<string, number>>();
  for (const one of host) {
    const zone = judge.zoneOf(one.ip);
    if (zone === null) continue;
    const held = votes.get(one.zone) ?? new Map<string, number>();
    votes.set(one.zone, held.set(zone, (held.get(zone) ?? 0) + 1));
  }
  const segmentOf = new Map(host.map((one) => [one.ip, [...(votes.get(one.zone) ?? [])].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).at(0)?.[0] ?? null]));
  const placeOf = (address: string): string | null => judge.zoneOf(address) ?? (has('strangers-nowhere') ? null : (segmentOf.get(address) ?? null));
  const crosses = (client: string, server: string): boolean => {
    const zones = [placeOf(client), placeOf(server)];
    return zones[0] !== zones[1] && !(isBusiness(zones[0]) && isBusiness(zones[1]));
  };
  const outside = (id: number): boolean => host[id].zone === 'ENT' || host[id].ext;
  let total = 0;
  let days = 0;
  let blockedDays = 0;
  let stray = 0;
  const blocked: Tuple[] = [];
  const admittedTuples: Tuple[] = [];
  for (const tuple of tuples) {
    const { edge, conversation } = tuple;
    if (!crosses(conversation.client, conversation.server) || (outside(edge.c) && outside(edge.s))) continue;
    if (host[edge.c].transient || host[edge.s].transient) continue;
    const passed = judge.passes(tuple);
    if (edge.noise !== null) {
      stray++;
      if (passed) admittedTuples.push(tuple);
      continue;
    }
    total++;
    days += tuple.days;
    if (!passed) {
      blocked.push(tuple);
      blockedDays += tuple.days;
    }
  }
  const designed = new Set<string>();
  for (const edge of plant.edges) {
    const client = host[edge.c];
    const server = host[edge.s];
    if (edge.noise !== null || edge.hidden === true || client.transient || server.transient || !crosses(client.ip, server.ip) || (outside(edge.c) && outside(edge.s))) continue;
    for (const op of edge.ops) designed.add(comboKey(client.ip, server.ip, edge.proto, edge.port, classOf(edge, op)));
  }
  const changes = (combos: ReadonlySet<string>): number => [...combos].filter((combo) => combo.endsWith('|write') || combo.endsWith('|engineer')).length;
  let right = 0;
  for (const combo of judge.standing) if (designed.has(combo)) right++;
  return {
    breakage: total === 0 ? 0 : blocked.length / total, dayBreakage: days === 0 ? 0 : blockedDays / days, standing: judge.standing.size / designed.size, onDemand: judge.onDemand.size / designed.size,
    precision: judge.standing.size === 0 ? 1 : right / judge.standing.size, writeExposure: changes(designed) === 0 ? 0 : changes(judge.standing) / changes(designed), stray, strayAdmitted: stray === 0 ? 0 : admittedTuples.length / stray,
    rules: judge.rules, tied: judge.tied ?? 0, timeSaved: judge.timeSaved ?? 0, blocked, admitted: admittedTuples,
  };
}

/** Devices nobody has heard yet, as somebody who commissions them would declare them. */
function declaredDevices(plant: GeneratedPlant, zones: ReturnType<typeof proposeZones>): PlannedAsset[] {
  const zoneAt = new Map(zones.assets.flatMap((asset) => asset.addresses.map((address) => [address, asset.zone] as const)));
  return plant.hosts.flatMap((host): PlannedAsset[] => {
    if (zoneAt.has(host.ip) || host.transient || host.ext) return [];
    const votes = new Map<string, number>();
    for (const other of plant.hosts) {
      const zone = other.zone === host.zone ? zoneAt.get(other.ip) : undefined;
      if (zone !== undefined) votes.set(zone, (votes.get(zone) ?? 0) + 1);
    }
    const [place] = [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    if (place === undefined) return [];
    return [{ id: `new ${host.ip}`, role: ROLE_OF[host.role] ?? host.role, subRole: null, level: null, zone: place[0], addresses: [host.ip], macs: [], behindRouter: false, declaredOnly: true }];
  });
}

const percent = (value: number, digits = 2): string => `${(value * 100).toFixed(digits)} %`;

/** What was judged of all plants so far. */
interface Tally {
  readonly scores: Map<string, Score[]>;
  /** Why operations were blocked, and strays admitted: how often. */
  readonly blockedWhy: Map<string, number>;
  readonly admittedWhy: Map<string, number>;
}

const TRAIN_DAYS = number('days', 28);

/** A plant's zones, and which of them are business: what stays among those is outside. */
function zonesSeen(generator: Generator, knobs: Readonly<Record<string, unknown>>) {
  const plant = generator.buildPlant(knobs);
  const sample = generator.sampleActivity(plant);
  const set = observePlant(plant, sample, 0, TRAIN_DAYS);
  const zones = proposeZones(set, { stabilityRuns: 0 });
  const kinds = new Map(zones.zones.map((zone) => [zone.id, zone.kind]));
  return {
    plant, set, zones,
    dropped: new Set(zones.dropped.map((one) => one.conversation)),
    tuples: tuplesOf(plant, sample, TRAIN_DAYS, TRAIN_DAYS + TEST_DAYS),
    isBusiness: (zone: string | null): boolean => zone !== null && (kinds.get(zone) === 'enterprise' || kinds.get(zone) === 'external'),
  };
}

function judgePlant(generator: Generator, knobs: Readonly<Record<string, unknown>>, { scores, blockedWhy, admittedWhy }: Tally): void {
  const seen = zonesSeen(generator, knobs);
  const { plant, set, zones, tuples, isBusiness } = seen;
  const plan = has('declared') ? { ...zones, assets: [...zones.assets, ...declaredDevices(plant, zones)] } : zones;
  const proposed = judgeProposal('proposed', set, proposeConduits(set, plan, { ...DEFAULT_CONDUIT_OPTIONS, schedules: !has('no-schedules') }));
  const result = score(proposed, plant, tuples, isBusiness);
  addTo(scores, 'proposed', result);
  for (const tuple of result.blocked) {
    const role = (id: number): string => plant.hosts[id].role;
    const isNew = proposed.zoneOf(tuple.conversation.client) === null || proposed.zoneOf(tuple.conversation.server) === null;
    const key = `${isNew ? 'NEW ' : ''}${role(tuple.edge.c)} -> ${role(tuple.edge.s)} ${tuple.edge.svc} ${tuple.class}: ${proposed.whyNot(tuple)}`;
    blockedWhy.set(key, (blockedWhy.get(key) ?? 0) + 1);
  }
  for (const tuple of result.admitted) {
    const end = (id: number): string => `${plant.hosts[id].role} (${plant.hosts[id].zone.split('-')[0]})`;
    const key = `${tuple.edge.noise} ${end(tuple.edge.c)} -> ${end(tuple.edge.s)} ${tuple.edge.svc} ${tuple.class}: ${proposed.whyPasses(tuple)}`;
    admittedWhy.set(key, (admittedWhy.get(key) ?? 0) + 1);
  }
  if (has('verbose')) say([knobs['arch'], knobs['seed'], percent(result.breakage), percent(result.dayBreakage, 3), result.standing.toFixed(2), result.onDemand.toFixed(2), result.writeExposure.toFixed(2), percent(result.strayAdmitted, 1), `of ${result.stray}`, result.rules].join(' '));
  if (!has('no-baselines')) judgeBaselines(generator, knobs, seen, proposed.zoneOf, scores);
}

/** What people write without the evidence of operations: exact addresses, whole zones, whole subnets. */
function judgeBaselines(generator: Generator, knobs: Readonly<Record<string, unknown>>, { plant, set, zones, dropped, tuples, isBusiness }: ReturnType<typeof zonesSeen>, zoneOf: Judge['zoneOf'], scores: Tally['scores']): void {
  const addresses = zones.assets.flatMap((asset) => asset.addresses.filter((one) => one.includes('.')));
  const known = new Set(addresses);
  const judged = (name: string, judge: Judge): void => addTo(scores, name, score(judge, plant, tuples, isBusiness));
  judged('proposed, --exact', judgeProposal('exact', set, proposeConduits(set, zones, { ...DEFAULT_CONDUIT_OPTIONS, exact: true })));
  judged('L4 exact', judgeGroups('L4', set, dropped, zoneOf, (address) => (known.has(address) ? address : null), addresses, isBusiness));
  judged('zone to zone per service', judgeGroups('zone', set, dropped, zoneOf, zoneOf, addresses, isBusiness));
  // Subnets separate something only where addresses follow levels.
  const level = zonesSeen(generator, { ...knobs, addressing: 'level' });
  const zoneByAddress = new Map(level.zones.assets.flatMap((asset) => asset.addresses.map((address) => [address, asset.zone] as const)));
  const subnets = judgeGroups('subnet', level.set, level.dropped, (address) => zoneByAddress.get(address) ?? null, (address) => address.slice(0, address.lastIndexOf('.')), [...zoneByAddress.keys()].filter((one) => one.includes('.')), level.isBusiness);
  addTo(scores, 'subnet to subnet per service', score(subnets, level.plant, level.tuples, level.isBusiness));
}

function printTally({ scores, blockedWhy, admittedWhy }: Tally): void {
  say('| rules | operations blocked | operation-days blocked | standing permission (+ on demand) | precision | write exposure | stray admitted | rules a plant (most) |');
  say('|---|---|---|---|---|---|---|---|');
  for (const [name, list] of scores) {
    const of = (pick: (one: Score) => number): number => mean(list.map(pick));
    say(`| ${name} | ${percent(of((one) => one.breakage))} | ${percent(of((one) => one.dayBreakage), 3)} | ${of((one) => one.standing).toFixed(2)} (+${of((one) => one.onDemand).toFixed(2)}) | ${of((one) => one.precision).toFixed(3)} | ${of((one) => one.writeExposure).toFixed(2)} | ${percent(of((one) => one.strayAdmitted), 1)} | ${of((one) => one.rules).toFixed(0)} (${Math.max(...list.map((one) => one.rules))}) |`);
  }
  const proposed = scores.get('proposed') ?? [];
  const tied = proposed.reduce((sum, one) => sum + one.tied, 0);
  const stray = proposed.reduce((sum, one) => sum + one.stray, 0);
  const admitted = proposed.reduce((sum, one) => sum + one.strayAdmitted * one.stray, 0);
  say(`\ntied to a calendar: ${tied} rules, ${percent(mean(proposed.map((one) => one.timeSaved)))} of the standing pairs' time saved; stray admitted of all stray: ${percent(admitted / Math.max(1, stray), 1)}`);
  const zoneScores = scores.get('zone to zone per service');
  if (zoneScores !== undefined) say(`\nstanding permission of zone to zone rules: ${(mean(zoneScores.map((one) => one.standing)) / mean(proposed.map((one) => one.standing))).toFixed(1)} times the proposal's`);
  if (!has('worst')) return;
  const worst = (counts: ReadonlyMap<string, number>): [string, number][] => [...counts].sort((a, b) => b[1] - a[1]).slice(0, 40);
  for (const [why, count] of worst(blockedWhy)) say(`${count}\t${why}`);
  for (const [why, count] of worst(admittedWhy)) say(`admitted ${count}\t${why}`);
}

const generator = await loadGenerator();
const archetypes = text('arch', 'water,refinery,discrete,pharma,central').split(',');
const churn = number('churn', 0);
// Anything else that the generator takes: --plant proto=mixed,gateway=1
const parameters = Object.fromEntries(text('plant', '').split(',').filter((part) => part !== '').map((part) => part.split('=')).map(([key, value]) => [key, value === undefined || Number.isNaN(Number(value)) ? value : Number(value)]));
const common = { ...parameters, noise: number('noise', 0.1), messy: number('messy', 0.5), weeks: Math.max(8, Math.ceil((TRAIN_DAYS + TEST_DAYS) / 7)), ...(churn > 0 ? { churn } : {}) };
const tally: Tally = { scores: new Map(), blockedWhy: new Map(), admittedWhy: new Map() };
for (const arch of archetypes) for (const seed of seeds('701-708')) judgePlant(generator, { ...common, arch, seed }, tally);
say(`\n${archetypes.length * seeds('701-708').length} plants (${archetypes.join(', ')}; seeds ${text('seeds', '701-708')}), ${TRAIN_DAYS} days seen, the next ${TEST_DAYS} judged${churn > 0 ? `, churn ${churn}` : ''}\n`);
printTally(tally);
