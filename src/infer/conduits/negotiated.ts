/**
 * The rule `negotiated-ports`: what a control connection agrees upon anew each time (negotiated-ports.ts) is one grant from
 * the lowest to the highest port that may come next.
 *
 * That is the smallest range from which systems choose such ports and that holds all that were seen of a device; or, where
 * a device was told to keep to a few and the earlier half of its ports bounds the later half, what was seen, a little wider.
 * Ports on which the device is known to serve something else stay outside: the range is cut there.
 *
 * In: exact grants. Out: the same, with one grant a range for each pair in place of the many. Left out on purpose: the
 * control connection, which keeps its own grant.
 */
import { mergeSpans, sizeOfSpans, spansContain, subtractSpans, type Span } from '../../net/register-set.ts';
import { isWellKnownServerPort } from '../../net/services.ts';
import { addTo } from '../../net/multi-map.ts';
import type { Conversation, ObservationSet } from '../../observation.ts';
import { mergeDetails, mergeEvidence, NO_EVIDENCE, type Grant } from './grants.ts';
import type { PlanIndex } from './plan.ts';

/** Where systems choose ports from, the narrowest first. */
const RANGES: readonly Span[] = [
  // Windows to 2003, older BSD and embedded systems.
  { first: 1024, last: 5000 },
  // RFC 6335 section 6; Windows since Vista.
  { first: 49152, last: 65535 },
  // Linux (ip_local_port_range).
  { first: 32768, last: 60999 },
  // All above the system ports; [MS-RPCE] names no upper one.
  { first: 1024, last: 65535 },
];

/** Ports that it takes to say that a device keeps to a range of its own, and how much narrower that must be. */
const FEWEST_TO_BOUND = 8;
const BOUND_SHARE = 1 / 4;

/** The ports seen and two mean gaps on either side. */
function reachOf(ports: readonly number[]): Span {
  const { first, last } = ports.reduce((span, port) => ({ first: Math.min(span.first, port), last: Math.max(span.last, port) }), { first: 65535, last: 0 });
  const margin = Math.ceil((2 * (last - first)) / Math.max(1, ports.length - 1));
  return { first: Math.max(RANGES[0].first, first - margin), last: Math.min(65535, last + margin) };
}

/** @param ports in the order in which they were first seen, each once */
function rangeFor(ports: readonly number[]): Span {
  const common = RANGES.find((range) => ports.every((port) => spansContain([range], { first: port, last: port }))) ?? RANGES[RANGES.length - 1];
  const own = reachOf(ports);
  const early = reachOf(ports.slice(0, ports.length >> 1));
  const isBound = ports.length >= FEWEST_TO_BOUND && sizeOfSpans([own]) <= BOUND_SHARE * sizeOfSpans([common]) && ports.every((port) => spansContain([early], { first: port, last: port }));
  return isBound ? own : common;
}

/** TCP conversations by the device that serves them. */
function servedBy(set: ObservationSet, index: PlanIndex): ReadonlyMap<string, readonly Conversation[]> {
  const byServer = new Map<string, Conversation[]>();
  for (const conversation of set.conversations) {
    const server = index.assetOf(conversation.server);
    if (server !== null && conversation.transport === 'tcp' && conversation.answeredSessions > 0) addTo(byServer, server.id, conversation);
  }
  return byServer;
}

/** Where one device's ports may be, for the services at hand: the ranges of those that were negotiated, without what it serves beside them. */
function rangesOf(served: readonly Conversation[], services: ReadonlySet<string>, { negotiated, capturedDays }: PlanIndex): Span[] {
  const inOrder = served.toSorted((a, b) => (a.firstNs < b.firstNs ? -1 : Number(a.firstNs > b.firstNs)) || a.port - b.port);
  const ranges = [...services].map((service) => rangeFor([...new Set(inOrder.filter(({ id }) => negotiated.get(id)?.service === service).map(({ port }) => port))]));
  const isOther = ({ id, port, service, days }: Conversation): boolean =>
    !negotiated.has(id) && !services.has(service.name) && (isWellKnownServerPort('tcp', port) || service.by === 'probe' || days.length > Math.max(1, capturedDays.length / 2));
  return subtractSpans(mergeSpans(ranges), portSpans(served.filter(isOther)));
}

const portSpans = (ports: readonly { readonly port: number }[]): Span[] => mergeSpans(ports.map(({ port }) => ({ first: port, last: port })));

/** One grant for each piece of a pair's range; what has no port to show for it follows one that has. */
function piecesOf(members: readonly Grant[], services: ReadonlySet<string>, ranges: readonly Span[]): Grant[] {
  const pieces = ranges.map(({ first, last }): Grant => ({
    ...members[0], port: first, lastPort: last, service: [...services].sort().join(', '), rules: ['negotiated-ports'], detail: members.map(({ detail }) => detail).reduce(mergeDetails),
    evidence: members.filter(({ port }) => first <= port && port <= last).map(({ evidence }) => evidence).reduce(mergeEvidence, NO_EVIDENCE),
  }));
  const source = pieces.find(({ evidence }) => evidence.witnesses.length > 0) ?? null;
  return pieces.map((piece) => (piece.evidence.witnesses.length > 0 ? piece : { ...piece, source }));
}

export function foldNegotiated(grants: readonly Grant[], set: ObservationSet, index: PlanIndex): Grant[] {
  if (index.negotiated.size === 0) return [...grants];
  const served = servedBy(set, index);
  const serviceOf = (grant: Grant): string | undefined =>
    grant.transport === 'tcp' && grant.class === 'any' ? grant.evidence.witnesses.map((id) => index.negotiated.get(id)?.service).find((service) => service !== undefined) : undefined;
  const pairs = new Map<string, Grant[]>();
  for (const grant of grants) if (grant.transport === 'tcp') addTo(pairs, `${grant.client.id}\n${grant.server.id}`, grant);
  const out = new Set(grants);
  for (const pair of pairs.values()) {
    const services = new Set(pair.flatMap((grant) => serviceOf(grant) ?? []));
    if (services.size === 0) continue;
    const ranges = subtractSpans(rangesOf(served.get(pair[0].server.id) ?? [], services, index), portSpans(pair.filter((grant) => serviceOf(grant) === undefined)));
    const members = pair.filter((grant) => serviceOf(grant) !== undefined && spansContain(ranges, { first: grant.port, last: grant.port }));
    for (const grant of members) out.delete(grant);
    for (const piece of members.length === 0 ? [] : piecesOf(members, services, ranges)) out.add(piece);
  }
  return [...out];
}
