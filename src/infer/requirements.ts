/**
 * Explicit checks of IEC 62443-3-2 ZCR 3.2 to 3.6 and of well-known pitfalls, on the partition and on the traffic that
 * crosses it. Each finding cites what it rests on and says whether that is a requirement or good practice.
 * Sources: ISA/IEC 62443-3-2 ZCR titles, ISAGCA "IIoT Component Certification" (2021) tables 2 and 3 for the SR levels.
 */
import { staysOnLink } from '../net/link-local.ts';
import { addTo } from '../net/multi-map.ts';
import type { Link } from './activity.ts';
import type { Inference } from './inference.ts';
import { sessionSecurity } from './opcua-security.ts';
import { firstOf } from './plural.ts';
import type { RequirementFinding, ZoneKind } from './proposal.ts';
import { INTERACTIVE_SERVICES } from './service-family.ts';
import { PLANT_KINDS } from './zone-kinds.ts';
import type { ZonePlan } from './zone-names.ts';

/** One crossing of the partition, as the flow rules see it. */
export interface Crossing {
  readonly link: Pick<Link, 'service' | 'writes' | 'engineers' | 'conversation'>;
  readonly from: ZoneKind;
  readonly to: ZoneKind;
  readonly sameZone: boolean;
}

export interface FlowRule {
  readonly id: string;
  readonly severity: RequirementFinding['severity'];
  readonly citation: string;
  readonly requirement: boolean;
  readonly says: string;
  readonly holds: (crossing: Crossing) => boolean;
}

const inPlant = (kind: ZoneKind): boolean => PLANT_KINDS.has(kind);
const isControlLayer = (kind: ZoneKind): boolean => kind === 'cell' || kind === 'safety';
const NAMING = new Set(['dns', 'ntp', 'ldap', 'kerberos']);
const READ_ONLY = new Set(['modbus', 'opcua']);
const HARMLESS_AT_SAFETY = new Set(['ntp', 'snmp', 'icmp']);

const isInsecureOpcUa = ({ conversation, service }: Crossing['link']): boolean => {
  if (service !== 'opcua') return false;
  const { modes, policies } = sessionSecurity(conversation);
  return modes.includes('None') || policies.includes('None');
};

export const FLOW_RULES: readonly FlowRule[] = [
  {
    id: 'enterprise-direct',
    severity: 'high',
    citation: 'IEC 62443-3-2 ZCR 3.2, IEC 62443-3-3 SR 5.1; termination in a DMZ is practice',
    requirement: true,
    says: 'talks across the border of business and plant without a DMZ',
    holds: ({ from, to, link }) => (from === 'enterprise' && inPlant(to)) || (to === 'enterprise' && isControlLayer(from)) || (to === 'enterprise' && inPlant(from) && !NAMING.has(link.service)),
  },
  {
    id: 'safety-write',
    severity: 'critical',
    citation: 'IEC 62443-3-2 ZCR 3.3',
    requirement: true,
    says: 'writes or engineers across the border of the safety zone',
    holds: ({ from, to, link }) => to === 'safety' && from !== 'safety' && (link.writes || link.engineers),
  },
  {
    id: 'safety-not-read-only',
    severity: 'medium',
    citation: 'IEC 62443-3-2 ZCR 3.3',
    requirement: true,
    says: 'crosses the border of the safety zone with more than a read',
    holds: ({ from, to, link }) => (from === 'safety') !== (to === 'safety') && !(to === 'safety' && READ_ONLY.has(link.service) && !link.writes && !link.engineers) && !HARMLESS_AT_SAFETY.has(link.service),
  },
  {
    id: 'temporary-session',
    severity: 'medium',
    citation: 'IEC 62443-3-2 ZCR 3.4',
    requirement: true,
    says: 'is only temporarily connected and has sessions into the plant',
    holds: ({ from, to }) => from === 'temporary' && inPlant(to),
  },
  {
    id: 'wireless-to-cell',
    severity: 'low',
    citation: 'IEC 62443-3-2 ZCR 3.5',
    requirement: true,
    says: 'is wireless and reaches a cell directly',
    holds: ({ from, to }) => from === 'wireless' && isControlLayer(to),
  },
  {
    id: 'remote-to-cell',
    severity: 'medium',
    citation: 'IEC 62443-3-2 ZCR 3.6',
    requirement: true,
    says: 'joins a device on an external network to a cell directly',
    holds: ({ from, to }) => (from === 'remote' && isControlLayer(to)) || (to === 'remote' && isControlLayer(from)),
  },
  {
    id: 'internet',
    severity: 'high',
    citation: 'IEC 62443-3-3 SR 5.2, SR 5.1 RE(2)',
    requirement: true,
    says: 'talks between plant and Internet',
    holds: ({ from, to }) => (to === 'external' && inPlant(from)) || (from === 'external' && inPlant(to)),
  },
  {
    id: 'outside-administration',
    severity: 'high',
    citation: 'practice: administration from outside goes through a jump host',
    requirement: false,
    says: 'administers the plant from outside without a jump host',
    holds: ({ from, to, link }) => INTERACTIVE_SERVICES.has(link.service) && (from === 'enterprise' || from === 'external') && inPlant(to),
  },
  {
    id: 'operations-write',
    severity: 'medium',
    citation: 'practice: controllers are written from supervision and engineering',
    requirement: false,
    says: 'writes to a controller from site operations',
    holds: ({ from, to, link }) => from === 'operations' && (to === 'cell' || to === 'remote') && link.writes,
  },
  {
    id: 'cross-cell-write',
    severity: 'medium',
    citation: 'practice: cells do not drive each other',
    requirement: false,
    says: 'writes from one cell into another',
    holds: ({ from, to, sameZone, link }) => from === 'cell' && to === 'cell' && !sameZone && link.writes,
  },
  {
    id: 'opcua-insecure-conduit',
    severity: 'medium',
    citation: 'IEC 62443-3-3 SR 3.1, SR 4.1 (by SL)',
    requirement: false,
    says: 'crosses a conduit with OPC UA security None',
    holds: ({ link, sameZone }) => !sameZone && isInsecureOpcUa(link),
  },
];

export function checkRequirements(inference: Inference, plan: ZonePlan): RequirementFinding[] {
  return [...checkPartition(inference, plan), ...checkFlows(inference, plan), ...checkBridges(inference, plan)];
}

interface Group {
  readonly rule: FlowRule;
  readonly client: number;
  readonly toZone: string;
  readonly servers: Set<number>;
  readonly conversations: number[];
  readonly services: Set<string>;
}

const MOST_NAMES = 5;
const list = (names: readonly string[]): string => firstOf(names, MOST_NAMES);

function checkFlows({ plant, placements, inventory }: Inference, plan: ZonePlan): RequirementFinding[] {
  const zoneOf = placements.placed.map(({ zone }, index) => plan.zoneIdOf(zone, index));
  const kindOf = new Map(plan.zones.map((zone) => [zone.id, zone.kind]));
  const groups = new Map<string, Group>();
  for (const link of plant.links) {
    if (staysOnLink(link.conversation.transport)) continue;
    const from = zoneOf[link.client]!;
    const to = zoneOf[link.server]!;
    const crossing: Crossing = { link, from: kindOf.get(from)!, to: kindOf.get(to)!, sameZone: from === to };
    for (const rule of FLOW_RULES) {
      if (!rule.holds(crossing)) continue;
      const key = `${rule.id} ${link.client} ${to}`;
      const held = groups.get(key) ?? { rule, client: link.client, toZone: to, servers: new Set<number>(), conversations: [], services: new Set<string>() };
      groups.set(key, held);
      held.servers.add(link.server);
      held.conversations.push(link.conversation.id);
      held.services.add(link.service === '' ? `${link.conversation.transport}/${link.conversation.port}` : link.service);
    }
  }
  const order = FLOW_RULES.map((rule) => rule.id);
  return [...groups.values()]
    .sort((a, b) => order.indexOf(a.rule.id) - order.indexOf(b.rule.id) || a.client - b.client || (a.toZone < b.toZone ? -1 : 1))
    .map(({ rule, client, toZone, servers, conversations, services }) => {
      const targets = [...servers].sort((a, b) => a - b).map((index) => inventory.assets[index]!.id);
      const who = inventory.assets[client]!.id;
      return {
        rule: rule.id,
        severity: rule.severity,
        citation: rule.citation,
        requirement: rule.requirement,
        sentence: `${who} (${zoneOf[client]}) ${rule.says}: ${[...services].sort().join(', ')} to ${list(targets)} (${toZone})`,
        assets: [who, ...targets],
        conversations: conversations.sort((a, b) => a - b),
      };
    });
}

/** What must not share a zone; holds by construction, so a hit comes from a pin. */
function checkPartition({ placements, decisions, inventory, plant }: Inference, plan: ZonePlan): RequirementFinding[] {
  const findings: RequirementFinding[] = [];
  const membersOf = new Map<string, number[]>();
  for (const [index, placed] of placements.placed.entries()) addTo(membersOf, plan.zoneIdOf(placed.zone, index), index);
  for (const zone of plan.zones) {
    const members = membersOf.get(zone.id) ?? [];
    const withRole = (...roles: readonly string[]): number[] => members.filter((index) => roles.includes(decisions[index]!.role));
    const tell = (rule: string, severity: RequirementFinding['severity'], citation: string, some: readonly number[], others: readonly number[], says: string): void => {
      if (some.length === 0 || others.length === 0) return;
      const assets = [...some, ...others.slice(0, MOST_NAMES)].map((index) => inventory.assets[index]!.id);
      findings.push({ rule, severity, citation, requirement: true, sentence: `${zone.id}: ${says} (${list(some.map((index) => inventory.assets[index]!.id))} beside ${list(others.map((index) => inventory.assets[index]!.id))})`, assets, conversations: [] });
    };
    const control = withRole('plc', 'io', 'hmi', 'engineering-workstation', 'opcua-server');
    tell('business-in-plant', 'high', 'IEC 62443-3-2 ZCR 3.2', withRole('enterprise'), control, 'business and control assets share a zone');
    if (zone.kind !== 'safety') tell('safety-shared', 'critical', 'IEC 62443-3-2 ZCR 3.3', withRole('safety-controller'), members.filter((index) => decisions[index]!.role !== 'safety-controller'), 'safety and other assets share a zone, so the entire zone is safety-related');
    if (zone.kind !== 'temporary') tell('temporary-in-zone', 'medium', 'IEC 62443-3-2 ZCR 3.4', withRole('transient'), members.filter((index) => decisions[index]!.role !== 'transient'), 'a temporarily connected device stands in a permanent zone');
    const wireless = members.filter((index) => plant.profiles[index]!.vendorClass === 'mobile');
    if (zone.kind !== 'wireless' && zone.kind !== 'enterprise') tell('wireless-in-zone', 'medium', 'IEC 62443-3-2 ZCR 3.5', wireless, members.filter((index) => !wireless.includes(index)), 'wireless and wired devices share a zone');
  }
  return findings;
}

/** A host with a foot in two networks is a conduit that no firewall sees. */
function checkBridges({ inventory, placements }: Inference, plan: ZonePlan): RequirementFinding[] {
  return inventory.assets.flatMap((asset, index) => {
    const note = asset.notes.find(({ kind }) => kind === 'dual-homed');
    if (note === undefined) return [];
    return [{ rule: 'dual-homed', severity: 'high' as const, citation: 'IEC 62443-3-3 SR 5.2: every conduit passes a boundary device', requirement: true, sentence: `${asset.id} (${plan.zoneIdOf(placements.placed[index]!.zone, index)}): ${note.sentence}`, assets: [asset.id], conversations: [] }];
  });
}
