/**
 * The proposal of conduits: the smallest explainable set of Permits that covers what crossed a zone boundary.
 *
 * In: Observations and a zone proposal. Out: zones, conduits and Permits in the words of a spec, each Permit with its
 * evidence, the rules that widened it and the question it raises; and what was set aside, by whom it was asked and when.
 * Exact at function and register level unless a stated rule (conduits/generalise.ts) says otherwise. Traffic within a
 * zone needs no Permit. Left out on purpose: the YAML (policy/spec/write.ts) and its proof (policy/proof.ts).
 */
import { isMac } from '../../net/address-set.ts';
import { addTo } from '../../net/multi-map.ts';
import { mergeSpans, spanText } from '../../net/register-set.ts';
import { isSerialModbus } from '../../net/services.ts';
import { dayOf, isoDay, isoEvidenceTime } from '../../net/time.ts';
import { hasPorts, type ObservationSet } from '../../observation.ts';
import type { Permit, PermitEnd } from '../../permit.ts';
import { generaliseGrants } from './generalise.ts';
import { grantKey, mergeDetails, mergeEvidence, observeGrants, portKey, spokenBy, undecidedOf } from './grants.ts';
import type { Grant, GrantDetail, GrantEvidence } from './grants.ts';
import { maintenanceGrants } from './maintenance.ts';
import { foldNegotiated } from './negotiated.ts';
import { draftPermits, sortDrafts } from './permits.ts';
import type { DraftPermit } from './permits.ts';
import { indexPlan, ownMacs } from './plan.ts';
import type { PlanIndex, PlannedAsset, ZonePlan } from './plan.ts';
import { QUESTION_SENTENCES, saysDays, seenOn } from './questions.ts';
import type { QuestionKind } from './questions.ts';
import { listeningOf, regimeOf } from './regimes.ts';
import { jobWindow } from './schedules.ts';
import { foldSetAside } from './set-aside.ts';
import type { SetAsideEntry } from './set-aside.ts';
import { MAX_ID, specIdOf } from '../spec-id.ts';

export interface ConduitOptions {
  /** No rule widens anything: exactly what was seen. */
  readonly exact: boolean;
  /** True: negotiated ports are one grant even so, because a new one is nothing new (default: unless exact). */
  readonly negotiated?: boolean;
  /** Propose on-demand Permits for maintenance stations. */
  readonly maintenance: boolean;
  /** False: no Permit is tied to a calendar (default: true, unless exact). */
  readonly schedules?: boolean;
  /** False: no Permit is tied to a time of day, because the spec's clock is not UTC (default: true). */
  readonly hours?: boolean;
}

export const DEFAULT_CONDUIT_OPTIONS: ConduitOptions = { exact: false, maintenance: true };

export interface ProposedAsset {
  /** The spec's id; `planId` is the plan's. */
  readonly id: string;
  readonly planId: string;
  readonly label: string;
  readonly role: string;
  readonly level: number | null;
  readonly ip: readonly string[];
  readonly mac: readonly string[];
}

export interface ProposedZone {
  readonly id: string;
  readonly planId: string;
  readonly name: string;
  readonly kind: string;
  readonly level: number | null;
  readonly slT: number | null;
  readonly assets: readonly ProposedAsset[];
}

export interface ProposedConduit {
  readonly id: string;
  readonly name: string;
  readonly connects: readonly [string, string];
  readonly slT: number | null;
}

export interface ProposedPermit {
  readonly permit: Permit;
  /** Null when nothing has to be decided. */
  readonly question: { readonly kind: QuestionKind; readonly sentence: string } | null;
  /** On which it was seen, ascending. */
  readonly days: readonly number[];
  readonly regime: string | null;
  readonly connections: number;
  /** Conversations that would break without it. */
  readonly witnesses: readonly number[];
  readonly registersNeverSeen: number;
}

export interface RuleUse {
  readonly rule: string;
  readonly permits: number;
  readonly neverSeen: number;
  readonly registersNeverSeen: number;
}

export interface ConduitProposal {
  readonly zones: readonly ProposedZone[];
  readonly conduits: readonly ProposedConduit[];
  readonly permits: readonly ProposedPermit[];
  readonly setAside: readonly SetAsideEntry[];
  readonly rules: readonly RuleUse[];
  readonly counts: {
    readonly conversations: number;
    readonly withinZone: number;
    readonly groupAddressed: number;
    readonly crossing: number;
    readonly setAside: number;
    readonly capturedDays: number;
  };
}

/** Spec ids from any text: the spec's alphabet, at most 63 characters, each once. */
function makeIds(texts: readonly string[], fallback: string): Map<string, string> {
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  for (const text of texts) {
    const base = specIdOf(text, fallback);
    let id = base;
    for (let n = 2; taken.has(id.toLowerCase()); n++) id = `${base}-${n}`;
    taken.add(id.toLowerCase());
    ids.set(text, id);
  }
  return ids;
}

/** How people write a protocol; what is not listed keeps its own name. */
const PROTOCOL_NAMES: Readonly<Record<string, string>> = {
  modbus: 'Modbus/TCP', opcua: 'OPC UA', s7comm: 'S7comm', enip: 'EtherNet/IP', iec104: 'IEC 104', dnp3: 'DNP3', https: 'HTTPS', http: 'HTTP', rdp: 'RDP', ssh: 'SSH',
  smb: 'SMB', dns: 'DNS', ntp: 'NTP', snmp: 'SNMP', syslog: 'Syslog', ldap: 'LDAP', kerberos: 'Kerberos', icmp: 'ICMP', tls: 'TLS',
};

const protocolName = (draft: DraftPermit): string => {
  if (draft.transport === 'icmp' || draft.transport === 'icmpv6') return 'ICMP';
  const spoken = spokenBy({ service: draft.services[0].name, protocol: draft.protocol });
  if (isSerialModbus(spoken)) return `Modbus RTU over ${draft.transport.toUpperCase()}`;
  if (spoken === 'modbus' && draft.transport === 'udp') return 'Modbus/UDP';
  const names = draft.services.map(({ port, name }) => {
    const own = name.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?').slice(0, 40);
    return PROTOCOL_NAMES[draft.protocol === '' ? name.toLowerCase() : draft.protocol] ?? (own === '' || own === 'unknown' ? `${draft.transport}/${port}` : own);
  });
  return [...new Set(names)].sort((a, b) => (a < b ? -1 : 1)).join(', ');
};

/** Why a range of ports is open. */
const RANGE_PURPOSES: Readonly<Record<string, string>> = {
  'ftp-data': 'FTP data connections: the control connection names their ports (RFC 959, RFC 2428)',
  rpc: 'MS-RPC endpoints (OPC classic is one): the endpoint mapper on tcp/135 names their ports',
};

const rangePurpose = ({ rules, services: [{ name }] }: DraftPermit): string =>
  rules.includes('negotiated-ports') ? name.split(', ').map((service) => RANGE_PURPOSES[service] ?? service).join('; ') : '';

const listed = (ids: readonly number[], word: string): string[] =>
  ids.length === 0 ? [] : [`${word}${ids.length === 1 ? '' : 's'} ${mergeSpans(ids.map((id) => ({ first: id, last: id }))).map(spanText).join(', ')}`];

/** The captures that ran while it was seen. */
export function sensorsOf({ firstNs, lastNs }: GrantEvidence, set: ObservationSet): string[] {
  if (firstNs === null || lastNs === null) return [];
  const own = (set.sensor.captures ?? []).filter((capture) => capture.firstNs <= lastNs && firstNs <= capture.lastNs);
  return [...listed(own.filter(({ live }) => !live).map(({ id }) => id), 'capture'), ...listed(own.filter(({ live }) => live).map(({ id }) => id), 'live capture')];
}

interface Folded {
  readonly grant: Grant;
  readonly pairs: ReadonlySet<string>;
}

/** Business traffic with the Internet: one grant per service between two whole zones stands for all of it. */
function foldBusiness(grants: readonly Grant[], index: PlanIndex): { rest: Grant[]; folded: Folded[] } {
  const rest: Grant[] = [];
  const folded = new Map<string, Folded>();
  for (const grant of grants) {
    const kinds = [index.kindOf(grant.client.zone), index.kindOf(grant.server.zone)];
    if (!kinds.every((kind) => kind === 'enterprise' || kind === 'external')) {
      rest.push(grant);
      continue;
    }
    const key = `${grant.client.zone}\n${grant.server.zone}\n${portKey(grant)}`;
    const held = folded.get(key);
    const detail: GrantDetail = { ...(held === undefined ? grant.detail : mergeDetails(held.grant.detail, grant.detail)), modbus: [], opcuaServices: [], opcuaModes: [], opcuaPolicies: [], names: [], access: [] };
    const evidence = held === undefined ? grant.evidence : mergeEvidence(held.grant.evidence, grant.evidence);
    // One port may be named differently from pair to pair; the first name in the alphabet stands for all.
    const service = held === undefined || (grant.service !== '' && (held.grant.service === '' || grant.service < held.grant.service)) ? grant.service : held.grant.service;
    folded.set(key, { grant: { ...grant, service, protocol: '', class: 'any', doubt: null, detail, evidence, rules: [...new Set([...grant.rules, 'outside-iacs'])].sort() }, pairs: new Set(held?.pairs).add(`${grant.client.id}\n${grant.server.id}`) });
  }
  return { rest, folded: [...folded.values()] };
}

function undecidedGrants(doubtful: readonly Grant[], standing: readonly Grant[], index: PlanIndex): Grant[] {
  const pairOf = (grant: Grant): string => `${grant.client.id}\n${grant.server.id}\n${portKey(grant)}`;
  const byPair = new Map<string, Grant[]>();
  for (const grant of standing) addTo(byPair, pairOf(grant), grant);
  return doubtful.flatMap((grant) => undecidedOf(grant, byPair.get(pairOf(grant)) ?? [], index) ?? []);
}

/** The last day (UTC) on which each asset was heard. */
function lastDaysOf({ conversations }: ObservationSet, { assetOf }: PlanIndex): ReadonlyMap<string, number> {
  const days = new Map<string, number>();
  for (const { client, server, packets, lastNs } of conversations) {
    const day = dayOf(lastNs);
    // Who is only called was not there: anybody can call, a scanner calls all.
    const heard = [packets.toServer > 0 ? assetOf(client) : null, packets.toClient > 0 ? assetOf(server) : null];
    for (const asset of heard) if (asset !== null && day > (days.get(asset.id) ?? 0)) days.set(asset.id, day);
  }
  return days;
}

interface Ids {
  readonly zone: ReadonlyMap<string, string>;
  readonly asset: ReadonlyMap<string, string>;
}

function proposedZones(plan: ZonePlan, ids: Ids): ProposedZone[] {
  const members = new Map<string, PlannedAsset[]>();
  const macs = ownMacs(plan);
  for (const asset of plan.assets) addTo(members, asset.zone, asset);
  return plan.zones.map((zone) => ({
    id: ids.zone.get(zone.id) ?? zone.id,
    planId: zone.id,
    name: zone.name,
    kind: zone.kind,
    level: zone.level,
    slT: zone.slT.value,
    assets: (members.get(zone.id) ?? []).map((asset) => ({
      id: ids.asset.get(asset.id) ?? asset.id,
      planId: asset.id,
      label: asset.id,
      role: asset.role,
      level: asset.level,
      ip: asset.addresses.filter((address) => !isMac(address)),
      mac: macs.get(asset.id) ?? [],
    })),
  }));
}

function sumRules(permits: readonly ProposedPermit[]): RuleUse[] {
  const uses = new Map<string, RuleUse>();
  for (const { permit, registersNeverSeen } of permits) {
    for (const rule of permit.evidence?.generalisedBy ?? []) {
      const held = uses.get(rule) ?? { rule, permits: 0, neverSeen: 0, registersNeverSeen: 0 };
      uses.set(rule, { rule, permits: held.permits + 1, neverSeen: held.neverSeen + (permit.evidence?.neverSeen ?? 0), registersNeverSeen: held.registersNeverSeen + registersNeverSeen });
    }
  }
  return [...uses.values()].sort((a, b) => (a.rule < b.rule ? -1 : 1));
}

export function proposeConduits(set: ObservationSet, plan: ZonePlan, options: ConduitOptions = DEFAULT_CONDUIT_OPTIONS): ConduitProposal {
  const index = indexPlan(set, plan);
  const { grants: exact, withinZone, groupAddressed, setAside } = observeGrants(set, index);
  const observed = new Map(exact.map((grant) => [grantKey(grant), grant]));
  const joined = (options.negotiated ?? !options.exact) ? foldNegotiated(exact, set, index) : [...exact];
  const { rest, folded } = options.exact ? { rest: joined, folded: [] } : foldBusiness(joined, index);
  const certain = rest.filter(({ doubt }) => doubt === null);
  const generalised = options.exact ? certain : generaliseGrants(certain, index);
  const { standing, onDemand } = options.exact || !options.maintenance ? { standing: generalised, onDemand: [] } : maintenanceGrants(certain, generalised, index);
  const undecided = undecidedGrants(rest.filter(({ doubt }) => doubt !== null), standing, index);
  const engineered = new Map<number, number>();
  for (const grant of exact) if (grant.class === 'engineer') for (const day of grant.evidence.days) engineered.set(day, (engineered.get(day) ?? 0) + 1);
  const listening = listeningOf(index.capturedDays, set.sensor.hours, engineered);
  const drafts = sortDrafts([
    ...draftPermits([...standing, ...undecided], false, observed, index),
    ...folded.flatMap(({ grant, pairs }) => draftPermits([grant], false, observed, index).map((draft) => ({
      ...draft, clients: [], servers: [], rules: grant.rules, neverSeen: index.allOf(grant.client.zone).length * index.allOf(grant.server.zone).length - pairs.size,
    }))),
    ...draftPermits(onDemand, true, observed, index),
  ]);

  const ids: Ids = { zone: makeIds(plan.zones.map((zone) => zone.id), 'Z'), asset: makeIds(plan.assets.map((asset) => asset.id), 'asset') };
  const zoneOrder = new Map(plan.zones.map((zone, i) => [zone.id, i]));
  const slOf = new Map(plan.zones.map((zone) => [zone.id, zone.slT.value]));
  const nameOf = new Map(plan.zones.map((zone) => [zone.id, zone.name]));
  const byPair = new Map<string, { pair: [string, string]; drafts: DraftPermit[] }>();
  for (const draft of drafts) {
    const pair = [draft.clientZone, draft.serverZone].sort((a, b) => (zoneOrder.get(a) ?? 0) - (zoneOrder.get(b) ?? 0)) as [string, string];
    const held = byPair.get(pair.join('\n')) ?? { pair, drafts: [] };
    held.drafts.push(draft);
    byPair.set(pair.join('\n'), held);
  }
  const pairs = [...byPair.values()].sort((a, b) => (zoneOrder.get(a.pair[0]) ?? 0) - (zoneOrder.get(b.pair[0]) ?? 0) || (zoneOrder.get(a.pair[1]) ?? 0) - (zoneOrder.get(b.pair[1]) ?? 0));
  const conduitIds = makeIds(pairs.map(({ pair }) => `C-${ids.zone.get(pair[0])}-${ids.zone.get(pair[1])}`), 'C');

  const completenessOf = new Map((plan.completeness?.conduits ?? []).map(({ zones, completeness }) => [zones.join('\n'), completeness]));
  const endOf = (zone: string, assets: readonly string[]): PermitEnd => ({ zone: ids.zone.get(zone) ?? zone, assets: assets.map((id) => ids.asset.get(id) ?? id), addresses: [] });
  // It is about the device and not about what it asked last: a rule holds until who came had left, and never less long than it was used: who is
  // called afterwards, in vain, would be a finding at once.
  const lastDays = lastDaysOf(set, index);
  const lastDayOf = ({ clientZone, serverZone, clients, servers, evidence }: DraftPermit): number =>
    Math.max(0, ...evidence.days, ...[...(index.kindOf(clientZone) === 'temporary' ? clients : []), ...(index.kindOf(serverZone) === 'temporary' ? servers : [])].map((id) => lastDays.get(id) ?? 0));
  const conduits: ProposedConduit[] = [];
  const permits: ProposedPermit[] = [];
  for (const { pair, drafts: own } of pairs) {
    const id = conduitIds.get(`C-${ids.zone.get(pair[0])}-${ids.zone.get(pair[1])}`) ?? 'C';
    const levels = pair.flatMap((zone) => slOf.get(zone) ?? []);
    conduits.push({
      id,
      name: `${nameOf.get(pair[0]) ?? pair[0]} - ${nameOf.get(pair[1]) ?? pair[1]}`,
      connects: [ids.zone.get(pair[0]) ?? pair[0], ids.zone.get(pair[1]) ?? pair[1]],
      slT: levels.length === 0 ? null : Math.max(...levels),
    });
    for (const [i, draft] of own.entries()) {
      const days = draft.evidence.days;
      const kind = draft.question;
      const regime = regimeOf(draft.evidence, listening);
      const window = options.exact || options.schedules === false ? null : jobWindow(draft, listening, options.hours !== false);
      permits.push({
        permit: {
          id: `${id.slice(0, MAX_ID - 5)}-${String(i + 1).padStart(3, '0')}`,
          conduit: id,
          from: endOf(draft.clientZone, draft.clients),
          to: endOf(draft.serverZone, draft.servers),
          service: { protocol: protocolName(draft), transport: draft.transport, ports: hasPorts(draft.transport) ? draft.services.map(({ port, lastPort }) => ({ first: port, last: lastPort })) : draft.services.flatMap(({ port }) => (port === 0 ? [] : [{ first: port, last: port }])) },
          access: draft.access,
          modbus: draft.modbus,
          opcua: draft.opcua,
          named: draft.names.length === 0 ? null : { protocol: draft.protocol, names: draft.names },
          conditions: { days: window?.days ?? [], start: window?.start ?? null, end: window?.end ?? null, expires: kind === 'temporary-device' ? isoDay(lastDayOf(draft)) : null, onDemand: draft.onDemand },
          purpose: draft.onDemand && kind !== 'temporary-device' ? 'maintenance, switched on by a person for a while' : (window?.purpose ?? rangePurpose(draft)),
          basis: 'observed',
          decision: kind === null && !draft.onDemand ? 'approved' : 'pending',
          owner: '',
          evidence: {
            firstSeen: isoEvidenceTime(draft.evidence.firstNs), lastSeen: isoEvidenceTime(draft.evidence.lastNs), days: days.length, requests: draft.evidence.requests,
            generalisedBy: draft.rules, neverSeen: draft.neverSeen, sensors: sensorsOf(draft.evidence, set),
            completeness: completenessOf.get(pair.toSorted().join('\n')) ?? null,
          },
        },
        question: kind === null ? null : { kind, sentence: `${QUESTION_SENTENCES[kind]}${saysDays(kind, days, index.capturedDays.length) ? seenOn(days, regime) : ''}` },
        days,
        regime,
        connections: draft.evidence.witnesses.reduce((sum, witness) => sum + (index.conversationOf(witness)?.sessions ?? 0), 0),
        witnesses: draft.evidence.witnesses,
        registersNeverSeen: draft.registersNeverSeen,
      });
    }
  }
  return {
    zones: proposedZones(plan, ids),
    conduits,
    permits,
    setAside: foldSetAside(setAside),
    rules: sumRules(permits),
    counts: {
      conversations: set.conversations.length, withinZone, groupAddressed, setAside: setAside.length,
      crossing: set.conversations.length - withinZone - groupAddressed - setAside.length, capturedDays: index.capturedDays.length,
    },
  };
}
