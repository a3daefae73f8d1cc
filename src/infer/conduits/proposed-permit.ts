/**
 * A drafted Permit in the words of a spec: id, ends, service, conditions and evidence, and the question it raises.
 *
 * In: a draft, its conduit and number; once, what of all Observations and zones its words are taken from. Out: the Permit. Left out on
 * purpose: what is let through (permits.ts) and in which conduit (conduits.ts).
 */
import { mergeSpans, spanText } from '../../net/register-set.ts';
import { isSerialModbus } from '../../net/services.ts';
import { dayOf, isoDay, isoEvidenceTime } from '../../net/time.ts';
import { hasPorts, type ObservationSet } from '../../observation.ts';
import type { Permit, PermitEnd } from '../../permit.ts';
import { MAX_ID } from '../spec-id.ts';
import { spokenBy, type GrantEvidence } from './grants.ts';
import type { DraftPermit } from './permits.ts';
import type { PlanIndex } from './plan.ts';
import { QUESTION_SENTENCES, saysDays, seenOn, type QuestionKind } from './questions.ts';
import { regimeOf, type Listening } from './regimes.ts';
import { jobWindow } from './schedules.ts';

export interface CalendarOptions {
  /** No rule widens anything: exactly what was seen. */
  readonly exact: boolean;
  /** False: no Permit is tied to a calendar (default: true, unless exact). */
  readonly schedules?: boolean;
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

/** The last day on which each asset was heard. */
function lastDaysOf({ conversations }: ObservationSet, { assetOf }: PlanIndex): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const { client, server, packets, days, lastNs } of conversations) {
    const day = days.at(-1)?.day ?? dayOf(lastNs);
    // Who is only called was not there: anybody can call, a scanner calls all.
    const heard = [packets.toServer > 0 ? assetOf(client) : null, packets.toClient > 0 ? assetOf(server) : null];
    for (const asset of heard) if (asset !== null && day > (last.get(asset.id) ?? 0)) last.set(asset.id, day);
  }
  return last;
}

/** What of all Observations and zones the words of Permits are taken from. */
interface Ground {
  readonly set: ObservationSet;
  readonly index: PlanIndex;
  readonly listening: Listening;
  /** Of the spec, by the plan's. */
  readonly zoneIds: ReadonlyMap<string, string>;
  readonly assetIds: ReadonlyMap<string, string>;
  readonly options: CalendarOptions;
}

type Ports = Permit['service']['ports'];

/** Of transports without ports their own numbers stand in their place, where there are any. */
const portsOf = ({ transport, services }: DraftPermit): Ports =>
  hasPorts(transport) ? services.map(({ port, lastPort }) => ({ first: port, last: lastPort })) : services.flatMap(({ port }) => (port === 0 ? [] : [{ first: port, last: port }]));

export function permitWriter({ set, index, listening, zoneIds, assetIds, options }: Ground): (draft: DraftPermit, conduit: string, number: number) => ProposedPermit {
  const completenessOf = new Map((index.plan.completeness?.conduits ?? []).map(({ zones, completeness }) => [zones.join('\n'), completeness]));
  const lastDays = lastDaysOf(set, index);
  const endOf = (zone: string, assets: readonly string[]): PermitEnd => ({ zone: zoneIds.get(zone) ?? zone, assets: assets.map((id) => assetIds.get(id) ?? id), addresses: [] });
  // It is about the device and not about what it asked last: a rule holds until who came had left, and never less long than it was used: who is
  // called afterwards, in vain, would be a finding at once.
  const expiryOf = ({ clientZone, serverZone, clients, servers, evidence }: DraftPermit): string => {
    const temporary = [...(index.kindOf(clientZone) === 'temporary' ? clients : []), ...(index.kindOf(serverZone) === 'temporary' ? servers : [])];
    return isoDay(Math.max(0, ...evidence.days, ...temporary.map((id) => lastDays.get(id) ?? 0)));
  };

  return (draft, conduit, number) => {
    const { evidence, question: kind } = draft;
    const { days } = evidence;
    const regime = regimeOf(evidence, listening);
    const window = options.exact || options.schedules === false ? null : jobWindow(draft, listening);
    const isTemporary = kind === 'temporary-device';
    return {
      permit: {
        id: `${conduit.slice(0, MAX_ID - 5)}-${String(number).padStart(3, '0')}`,
        conduit,
        from: endOf(draft.clientZone, draft.clients),
        to: endOf(draft.serverZone, draft.servers),
        service: { protocol: protocolName(draft), transport: draft.transport, ports: portsOf(draft) },
        access: draft.access,
        modbus: draft.modbus,
        opcua: draft.opcua,
        named: draft.names.length === 0 ? null : { protocol: draft.protocol, names: draft.names },
        conditions: { days: window?.days ?? [], start: window?.start ?? null, end: window?.end ?? null, expires: isTemporary ? expiryOf(draft) : null, onDemand: draft.onDemand },
        purpose: draft.onDemand && !isTemporary ? 'maintenance, switched on by a person for a while' : (window?.purpose ?? rangePurpose(draft)),
        basis: 'observed',
        decision: kind === null && !draft.onDemand ? 'approved' : 'pending',
        owner: '',
        decidedOn: null,
        evidence: {
          firstSeen: isoEvidenceTime(evidence.firstNs), lastSeen: isoEvidenceTime(evidence.lastNs), days: days.length, requests: evidence.requests,
          generalisedBy: draft.rules, neverSeen: draft.neverSeen, sensors: sensorsOf(evidence, set),
          completeness: completenessOf.get([draft.clientZone, draft.serverZone].sort().join('\n')) ?? null,
        },
      },
      question: kind === null ? null : { kind, sentence: `${QUESTION_SENTENCES[kind]}${saysDays(kind, days, index.capturedDays.length) ? seenOn(days, regime) : ''}` },
      days,
      regime,
      connections: evidence.witnesses.reduce((sum, witness) => sum + (index.conversationOf(witness)?.sessions ?? 0), 0),
      witnesses: evidence.witnesses,
      registersNeverSeen: draft.registersNeverSeen,
    };
  };
}
