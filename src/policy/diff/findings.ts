/**
 * Findings: the typed results of a diff, stable enough for tools to follow from run to run.
 *
 * In: what was found, where. Out: findings with an id that depends on what it is about and not on counts or times, in a
 * stable order. Left out on purpose: tables, JSON and SARIF (render/).
 */
import { createHash } from 'node:crypto';
import { readingOrder } from '../../net/text-order.ts';
import { isoTime } from '../../net/time.ts';
import type { Conversation } from '../../observation.ts';
import type { Place } from '../spec/document.ts';
import type { LoadedSpec } from '../spec/load.ts';
import type { DeclaredPermit } from '../spec/permits.ts';

export const FINDING_TYPES = [
  'undeclared-conversation', 'undeclared-operation', 'wrong-direction', 'weaker-security-mode', 'undeclared-asset', 'asset-in-wrong-zone',
  'unused-permit', 'ended-permit', 'wider-than-observed', 'requirement-violation', 'insufficient-evidence',
  // What firewalls logged:
  'blocked-but-permitted', 'passed-but-not-permitted', 'would-be-blocked',
  // Only between two specs:
  'permit-added', 'permit-removed', 'permit-widened', 'permit-narrowed', 'permit-changed', 'asset-added', 'asset-removed', 'asset-moved', 'zone-changed', 'conduit-changed', 'set-aside-changed',
] as const;

export type FindingType = (typeof FINDING_TYPES)[number];

export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;

export type Severity = (typeof SEVERITIES)[number];

/** One line of what was seen. */
export interface SeenOperation {
  readonly conversation: number;
  readonly operation: string;
  readonly count: number;
  readonly first: string;
  readonly last: string;
}

export interface Finding {
  readonly id: string;
  readonly type: FindingType;
  readonly severity: Severity;
  /** One line: what is wrong, with whom. */
  readonly title: string;
  /** Why, and how sure. */
  readonly detail: string;
  readonly remedy: string;
  readonly fromZone: string | null;
  readonly toZone: string | null;
  readonly conduit: string | null;
  readonly permit: string | null;
  readonly requirement: string | null;
  readonly client: string | null;
  readonly server: string | null;
  readonly service: string | null;
  readonly seen: readonly SeenOperation[];
  /** How many more there were than `seen` lists. */
  readonly seenMore: number;
  /** How sure it is that the client is the client, 0 to 1; null where no direction is at stake. */
  readonly directionConfidence: number | null;
  /** Where in the spec. */
  readonly place: Place | null;
}

export type FindingDraft = Omit<Finding, 'id' | 'seenMore'> & {
  /** What makes it the same finding next time. */
  readonly key: readonly (string | number | null)[];
};

const MAX_SEEN = 20;

const NOT_SAID = {
  fromZone: null, toZone: null, conduit: null, permit: null, requirement: null, client: null, server: null, service: null, seen: [], directionConfidence: null, place: null,
} as const satisfies Partial<FindingDraft>;

/** Everything that is not said is not known. */
export const makeFinding = (said: Omit<FindingDraft, keyof typeof NOT_SAID> & Partial<FindingDraft>): Finding => finished({ ...NOT_SAID, ...said });

const finished = ({ key, ...draft }: FindingDraft): Finding => ({
  ...draft,
  id: createHash('sha256').update(JSON.stringify([draft.type, ...key])).digest('hex').slice(0, 12),
  seen: draft.seen.slice(0, MAX_SEEN),
  seenMore: Math.max(0, draft.seen.length - MAX_SEEN),
});

/** One finding for one thing: what was seen of it on two VLANs, say, is listed in one. */
export const mergeFindings = (findings: readonly Finding[]): Finding[] => {
  const byId = new Map<string, Finding>();
  for (const finding of findings) {
    const held = byId.get(finding.id);
    if (held === undefined) {
      byId.set(finding.id, finding);
      continue;
    }
    const worse = SEVERITIES.indexOf(finding.severity) < SEVERITIES.indexOf(held.severity) ? finding : held;
    const seen = [...held.seen, ...finding.seen];
    byId.set(finding.id, { ...worse, seen: seen.slice(0, MAX_SEEN), seenMore: held.seenMore + finding.seenMore + Math.max(0, seen.length - MAX_SEEN) });
  }
  return [...byId.values()];
};

export const sortFindings = (findings: readonly Finding[]): Finding[] => {
  const byLetters = readingOrder();
  const byNumbers = readingOrder({ numeric: true });
  return [...findings].sort((a, b) =>
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)
    || FINDING_TYPES.indexOf(a.type) - FINDING_TYPES.indexOf(b.type)
    || byLetters(a.fromZone, b.fromZone)
    || byLetters(a.toZone, b.toZone)
    || byNumbers(a.client, b.client)
    || byNumbers(a.server, b.server)
    || byNumbers(a.permit, b.permit)
    || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
};

/** `modbus (tcp/502)` */
export const serviceText = (conversation: Conversation): string =>
  `${conversation.service.name === '' ? 'unnamed service' : conversation.service.name} (${conversation.transport}${conversation.port > 0 ? `/${conversation.port}` : ''})`;

/** All of a conversation. */
export const seenWhole = (conversation: Conversation): SeenOperation => ({
  conversation: conversation.id, operation: serviceText(conversation), count: conversation.requests,
  first: isoTime(conversation.firstNs), last: isoTime(conversation.lastNs),
});

/** What a finding or a check of a Permit is about. */
export const ofPermit = ({ permit }: DeclaredPermit): Pick<Finding, 'conduit' | 'permit' | 'fromZone' | 'toZone' | 'service'> => ({
  conduit: permit.conduit, permit: permit.id, fromZone: permit.from.zone, toZone: permit.to.zone, service: permit.service.protocol,
});

/** The same, and where its rule stands. */
export const ofRule = ({ locate }: LoadedSpec, declared: DeclaredPermit): ReturnType<typeof ofPermit> & Pick<Finding, 'place'> => ({ ...ofPermit(declared), place: locate(declared.path) });

/** `C-A-B-001 (A -> B, Modbus/TCP)`: a Permit in the title of a finding. */
export const permitTitle = ({ permit }: DeclaredPermit): string => `${permit.id} (${permit.from.zone} -> ${permit.to.zone}, ${permit.service.protocol})`;
