/**
 * Observations that no Permit covers, and what else the traffic contradicts.
 *
 * In: the context of a diff. Out: findings, at most one per conversation, one per scan, and per asset for undeclared assets and wrong
 * zones (device-places.ts); what is set aside or stays within a zone is counted. Order of judgement: who is it, may the two zones talk at
 * all, who opens, how safely, what is asked. Left out on purpose: Permits that nothing used (diff/declared.ts).
 */
import { changesDevice, type Conversation } from '../../observation.ts';
import { isPublicAddress } from '../../net/address-kinds.ts';
import { isoTime } from '../../net/time.ts';
import type { DiffContext } from './context.ts';
import { judgePlaces, ownerByLink, placeOf } from './device-places.ts';
import { makeFinding, seenWhole, serviceText } from './findings.ts';
import type { Finding, FindingDraft, SeenOperation, Severity } from './findings.ts';
import { rulesOf, type AskVerdict, type ConversationVerdict } from '../match/match.ts';
import { isLive } from '../spec/permits.ts';
import { modeWord, policyWord } from '../match/asks.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import { plural } from '../../infer/plural.ts';
import { crossingRequirement, isChanging, REQUIREMENTS } from './requirements.ts';
import type { Requirement } from './requirements.ts';
import { isPartlyWithin, type PermitUse } from './permit-use.ts';
import { createScanFold } from './scan-findings.ts';
import { contactsOf, contactSentences, strangerSeverity } from './stranger-peers.ts';
import { createSetAside } from '../spec/set-aside.ts';
import { isUnicast, nameOf, type Resolution } from '../spec/assets.ts';
import type { DeclaredKind } from '../spec/zone-kind.ts';

export interface SetAsideUse {
  readonly index: number;
  readonly reason: string;
  readonly client: string;
  readonly conversations: number;
}

export interface ObservedResult {
  readonly findings: readonly Finding[];
  readonly uses: ReadonlyMap<DeclaredPermit, PermitUse>;
  /** What only its schedule or last day kept a Permit from letting through: some of it may have been asked within. */
  readonly offSchedule: ReadonlyMap<DeclaredPermit, PermitUse>;
  /** What a Permit did not let through although part of it was within, or the other way round: a finding names the Permit for it. */
  readonly nearly: ReadonlyMap<DeclaredPermit, PermitUse>;
  readonly setAside: readonly SetAsideUse[];
  readonly counts: { readonly judged: number; readonly withinZone: number; readonly groupAddressed: number; readonly setAside: number; readonly permitted: number; readonly outOfScope: number };
}

const seenAsk = (conversation: Conversation, verdict: AskVerdict): SeenOperation => ({
  conversation: conversation.id, operation: verdict.ask.text, count: verdict.ask.count, first: isoTime(verdict.ask.firstNs), last: isoTime(verdict.ask.lastNs),
});

const isAnswered = (conversation: Conversation): boolean => conversation.answeredSessions > 0 || conversation.packets.toClient > 0;

/** A connection that was tried and never came about: nothing but a reset came back, if anything, and no data was sent. */
const isAttempt = ({ transport, answeredSessions, requests, packets }: Conversation): boolean => transport === 'tcp' && answeredSessions === 0 && requests === 0 && packets.toServer > 0;

const severityOf = (conversation: Conversation, toKind: DeclaredKind | undefined): Severity => {
  if (isAttempt(conversation) || (!isAnswered(conversation) && conversation.transport === 'tcp')) return 'low';
  if (isChanging(conversation)) return toKind === 'safety' ? 'critical' : 'high';
  return 'medium';
};

const directionWords = (conversation: Conversation): string => {
  const words = { protocol: 'the protocol itself', handshake: 'the TCP handshake', 'known-server': 'a server known from other sessions', port: 'the port numbers alone', 'first-packet': 'who was heard first' };
  return `Who opens is known from ${words[conversation.direction.by]} (confidence ${conversation.direction.confidence.toFixed(2)}).`;
};

/** What the sensor's own state does to the weight of an answer. */
const sensorWords = ({ heard: { conversations, fromOneEnd } }: DiffContext): string => (fromOneEnd > 0 ? ` ${fromOneEnd} of ${conversations} TCP conversations with data were heard one way only.` : '');

interface Judged extends Pick<Finding, 'type' | 'severity' | 'title' | 'detail' | 'remedy' | 'seen'> {
  readonly permit: DeclaredPermit | null;
  readonly requirement: Requirement | null;
}

const REJECTED_REMEDY = 'it was rejected and still happens: stop it at its source';

/** Whether it is certain enough who opened it to say that it was opened the wrong way. */
export const isDirectionSure = ({ direction }: Conversation): boolean => direction.confidence >= 0.6 && direction.by !== 'first-packet';

const judgeMisses = (context: DiffContext, conversation: Conversation, verdict: ConversationVerdict, who: string, toKind: DeclaredKind | undefined): Judged => {
  const missing = verdict.asks.filter((one) => one.permit === null);
  const nearest = missing.map((one) => one.miss).filter((miss) => miss !== null);
  const sentence = [...new Set(nearest.map((miss) => miss.sentence))].slice(0, 4).join('; ');
  const near = context.permitOf.get(nearest.at(0)?.permit ?? '') ?? null;
  const service = serviceText(conversation);
  const severity = severityOf(conversation, toKind);
  const refusedWhole = missing.length === verdict.asks.length && nearest.length > 0 && nearest.every((miss) => miss.kind === 'rejected' || miss.kind === 'schedule' || miss.kind === 'expired');
  if (verdict.related.length > 0 && !refusedWhole) {
    const changes = missing.some(({ ask }) => changesDevice(ask.access));
    const rejected = missing.every(({ miss }) => miss?.kind === 'rejected');
    return {
      type: 'undeclared-operation', severity: changes ? (toKind === 'safety' ? 'critical' : 'high') : rejected ? 'high' : 'medium', permit: near, requirement: null,
      title: `${who}: ${missing.length === 1 ? missing[0].ask.text : `${missing.length} operations`} ${rejected ? 'rejected' : 'not permitted'} on ${service}`,
      detail: sentence === '' ? 'No Permit of this conduit names the operation.' : `Nearest: ${sentence}.`,
      remedy: rejected ? REJECTED_REMEDY : changes ? 'find out who writes and why; if it is right, add the operation to the Permit, with an owner' : 'if it is right, add the operation to the Permit; if not, find out what asks it',
      seen: missing.map((one) => seenAsk(conversation, one)),
    };
  }
  const reversed = verdict.related.length > 0 ? undefined : context.matcher.fitting(conversation.server, conversation.client, conversation.transport, conversation.port).find(({ permit }) => isLive(permit));
  if (reversed !== undefined) {
    const sure = isDirectionSure(conversation);
    return {
      type: 'wrong-direction', severity: sure ? 'medium' : 'low', permit: reversed, requirement: null,
      title: `${who} opens ${service}, and ${reversed.permit.id} permits the reverse`,
      detail: `${reversed.permit.id} lets ${reversed.permit.from.zone} open to ${reversed.permit.to.zone}. ${directionWords(conversation)}${sure ? '' : ' The sensor may have joined midstream: check before acting.'}${sensorWords(context)}`,
      remedy: 'the arrow of a Permit points from who opens the connection: correct the Permit, or find out why the server side opens',
      seen: [seenWhole(conversation)],
    };
  }
  const rejected = nearest.some((miss) => miss.kind === 'rejected');
  return {
    type: 'undeclared-conversation', severity: rejected ? 'high' : severity, permit: near, requirement: null,
    title: `${who}: ${service} is ${rejected ? 'rejected' : 'not declared'}`,
    detail: `${sentence === '' ? 'Nothing is declared between the two.' : `Nearest: ${sentence}.`} ${isAttempt(conversation) ? 'Nobody answered with anything but a reset. ' : isAnswered(conversation) ? '' : 'Nobody answered. '}${directionWords(conversation)}`,
    remedy: rejected ? REJECTED_REMEDY : 'if it is right, declare a Permit with an owner; if not, stop it at its source',
    seen: missing.length <= 8 ? missing.map((one) => seenAsk(conversation, one)) : [seenWhole(conversation)],
  };
};

/** Whether a rule names one of these modes or policies (weakerThan). */
const namesAny = ({ opcua }: DeclaredPermit['permit'], words: readonly string[]): boolean =>
  opcua !== null && [...opcua.securityModes.map(modeWord), ...opcua.securityPolicies.map(policyWord)].some((word) => words.includes(word));

const judgeCrossing = (context: DiffContext, conversation: Conversation, client: Resolution, server: Resolution, verdict: ConversationVerdict): Judged | null => {
  const fromKind = context.kinds.get(client.zone);
  const toKind = context.kinds.get(server.zone);
  const who = `${nameOf(conversation.client, client)} -> ${nameOf(conversation.server, server)}`;
  const whole = { seen: [seenWhole(conversation)], permit: null };
  const violation = (requirement: Requirement, detail: string, permit: DeclaredPermit | null = null): Judged => ({
    ...whole, permit, type: 'requirement-violation', severity: requirement.severity, requirement, title: `${who}: ${requirement.sentence}`, detail: `${requirement.citation}. ${detail}`, remedy: requirement.remedy,
  });
  const gapped = context.gapped.find(({ zone_id }) => zone_id === client.zone || zone_id === server.zone);
  if (gapped !== undefined) return violation(REQUIREMENTS.airGap, `${gapped.zone_id} is declared air-gapped. ${directionWords(conversation)}`);

  const used = verdict.asks.find((one) => one.permit !== null)?.permit ?? null;
  if (used?.unidirectional && conversation.packets.toClient > 0) {
    return violation(REQUIREMENTS.diode, `${used.permit.id} is declared unidirectional from ${used.unidirectional.from} to ${used.unidirectional.to}, and ${plural(conversation.packets.toClient, 'packet')} came back.`, used);
  }
  const permit = verdict.demanding;
  if (permit !== null) {
    const refusal = verdict.related.find((declared) => declared.permit.decision === 'rejected' && namesAny(declared.permit, verdict.weaker));
    const refused = refusal === undefined ? '' : ` ${refusal.permit.id} rejects it${refusal.permit.owner === '' ? '' : ` (${refusal.permit.owner})`}.`;
    const modes = permit.permit.opcua?.securityModes.join(', ') ?? '';
    const policies = permit.permit.opcua?.securityPolicies.join(', ') ?? '';
    return {
      ...whole, type: 'weaker-security-mode', permit, requirement: null, severity: verdict.weaker.some((word) => word.endsWith('None')) ? 'high' : 'medium',
      title: `${who}: OPC UA with ${verdict.weaker.join(' and ')}, which is weaker than ${permit.permit.id} demands${refusal === undefined ? '' : ', and is rejected'}`,
      detail: `Declared: ${[modes, policies].filter((part) => part !== '').join('; ')}. Read from the channel's own handshake.${refused}`,
      remedy: 'switch the weaker endpoint off in the server, then set the client to the declared mode',
    };
  }
  const missing = verdict.asks.some((one) => one.permit === null);
  if (!missing) return null;
  const back = context.diodes.find(({ unidirectional }) => unidirectional.from === server.zone && unidirectional.to === client.zone);
  if (back !== undefined && verdict.related.length === 0) {
    return violation(REQUIREMENTS.diode, `${back.permit.id} declares the way from ${server.zone} to ${client.zone} unidirectional, and ${nameOf(conversation.client, client)} opens against it.`, back);
  }
  const requirement = fromKind === undefined || toKind === undefined ? null : crossingRequirement(fromKind, toKind, isChanging(conversation));
  // Where no connection came about, the two did not talk.
  if (requirement !== null && verdict.related.length === 0 && !isAttempt(conversation)) return violation(requirement, `It is not declared either. ${directionWords(conversation)}`);
  return judgeMisses(context, conversation, verdict, who, toKind);
};

interface Stranger {
  readonly address: string;
  readonly zone: string | null;
  readonly conversations: Conversation[];
}

const strangerFinding = (context: DiffContext, { address, zone, conversations }: Stranger, isElsewhere: (address: string) => boolean): Finding => {
  const known = ownerByLink(context, address);
  const peers = [...new Set(conversations.map((one) => (one.client === address ? one.server : one.client)))];
  const names = [...new Set((context.recordOf.get(address)?.facts ?? []).filter((fact) => /name$/i.test(fact.name)).map((fact) => fact.value))].slice(0, 2);
  const firstNs = conversations.reduce((min, one) => (one.firstNs < min ? one.firstNs : min), conversations[0].firstNs);
  const contacts = contactsOf(address, conversations, (other) => {
    const peer = context.assets.resolve(other);
    return { name: nameOf(other, peer), zone: peer?.zone ?? null, kind: peer === null ? (isElsewhere(other) ? 'internet' : undefined) : context.kinds.get(peer.zone) };
  });
  return makeFinding({
    type: 'undeclared-asset', severity: strangerSeverity(contacts, zone !== null),
    title: `${address}${names.length > 0 ? ` ("${names.join('", "')}")` : ''} is not declared${zone === null ? '' : `, though it lies in a network of ${zone}`}`,
    detail: `First seen ${isoTime(firstNs)}; ${plural(conversations.length, 'conversation')} with ${plural(peers.length, 'other')}. ${contactSentences(contacts, serviceText)}${known === null ? '' : ` It sends with ${known.mac}, a link address of ${known.asset.id} in ${known.asset.zone}.`}`,
    remedy: known === null ? 'find the device; declare it in its zone, or take it off the network' : `if ${known.asset.id} has a new address, write it into its entry; if not, find out who sends from it`,
    fromZone: known?.asset.zone ?? zone, client: address, seen: conversations.map(seenWhole), place: known === null ? null : placeOf(context, known.asset), key: [address],
  });
};

export const judgeObserved = (context: DiffContext): ObservedResult => {
  const findings: Finding[] = [];
  const uses = new Map<DeclaredPermit, PermitUse>();
  const offSchedule = new Map<DeclaredPermit, PermitUse>();
  const nearly = new Map<DeclaredPermit, PermitUse>();
  const addUse = (all: Map<DeclaredPermit, PermitUse>, declared: DeclaredPermit, conversation: Conversation, one: AskVerdict): void => {
    const use = all.get(declared) ?? { declared, conversations: [], verdicts: [] };
    if (use.conversations.at(-1) !== conversation) use.conversations.push(conversation);
    use.verdicts.push(one);
    all.set(declared, use);
  };
  const strangers = new Map<string, Stranger>();
  const setAsideUses = new Map<number, SetAsideUse>();
  const counts = { judged: 0, withinZone: 0, groupAddressed: 0, setAside: 0, permitted: 0, outOfScope: 0 };
  const matchSetAside = createSetAside(context.loaded.spec);
  const placed: Conversation[] = [];
  // Plants use public addresses inside too: one that speaks with a MAC of its own is here, not on the Internet.
  const isElsewhere = (address: string): boolean => isPublicAddress(address) && !(context.recordOf.get(address)?.macs ?? []).some(({ mac }) => !context.isRouter(mac));
  const meet = (address: string, zone: string | null, conversation: Conversation): void => {
    const held = strangers.get(address) ?? { address, zone, conversations: [] };
    held.conversations.push(conversation);
    strangers.set(address, held);
  };

  const scans = createScanFold(context.set.conversations, (address) => nameOf(address, context.assets.resolve(address)));
  const report = (conversation: Conversation, draft: FindingDraft, again: string, isVoid = false): void => {
    if (scans.take(conversation, draft, again)) return;
    if (isVoid) scans.takeVoid(conversation, draft, again);
    else findings.push(makeFinding({ ...draft, detail: draft.detail + again }));
  };

  for (const conversation of context.set.conversations) {
    if (!isUnicast(context.assets, conversation)) {
      counts.groupAddressed++;
      continue;
    }
    if (!context.inScope(conversation)) {
      counts.outOfScope++;
      continue;
    }
    const client = context.assets.resolve(conversation.client);
    const server = context.assets.resolve(conversation.server);
    const aside = client !== null && client.zone === server?.zone ? null : matchSetAside(conversation);
    const verdict = client === null || server === null || client.zone === server.zone ? null : context.matcher.judge(conversation);
    // A Permit wins over an entry that sets the same thing aside: it was decided, the entry only waits. One that demands a safer session lets nothing of it through.
    if (aside?.covered && (verdict === null || verdict.weaker.length > 0 || verdict.asks.some((one) => one.permit === null))) {
      counts.setAside++;
      const held = setAsideUses.get(aside.index);
      setAsideUses.set(aside.index, { index: aside.index, reason: aside.entry.reason, client: aside.entry.client, conversations: (held?.conversations ?? 0) + 1 });
      continue;
    }
    counts.judged++;
    placed.push(conversation);
    let isStrange = false;
    for (const [address, resolution] of [[conversation.client, client], [conversation.server, server]] as const) {
      if (resolution?.asset || resolution?.by === 'public') continue;
      // Nobody behind the address ever spoke: it is a call into the void, not an asset. The Internet is no asset either.
      const other = address === conversation.client ? conversation.server : conversation.client;
      if (resolution === null && ((isElsewhere(address) && ((client ?? server) !== null || !isElsewhere(other))) || (address === conversation.server && !isAnswered(conversation)))) continue;
      meet(address, resolution?.zone ?? null, conversation);
      isStrange = true;
    }
    if (isStrange) continue;
    if (client !== null && server !== null && client.zone === server.zone) {
      counts.withinZone++;
      continue;
    }
    const base = {
      fromZone: client?.zone ?? null, toZone: server?.zone ?? null, client: conversation.client, server: conversation.server, service: serviceText(conversation),
      directionConfidence: conversation.direction.confidence,
    };
    const again = aside === null ? '' : ` It was set aside as "${aside.entry.reason}" until ${aside.entry.last_seen}, and has been seen again since.`;
    const key = [conversation.client, conversation.server, conversation.transport, conversation.port];
    if (client === null || server === null) {
      const kind = context.kinds.get(client?.zone ?? server?.zone ?? '');
      const outside = client === null ? conversation.client : conversation.server;
      const isInternet = isElsewhere(outside);
      const requirement = !isInternet || kind === undefined ? null : client === null ? crossingRequirement('internet', kind, isChanging(conversation)) : crossingRequirement(kind, 'internet', isChanging(conversation));
      const draft: FindingDraft = {
        ...base, key, conduit: null, permit: null, place: null, requirement: requirement?.id ?? null, seen: [seenWhole(conversation)],
        type: requirement === null ? 'undeclared-conversation' : 'requirement-violation',
        severity: requirement?.severity ?? severityOf(conversation, kind),
        title: `${nameOf(conversation.client, client)} -> ${nameOf(conversation.server, server)}: ${requirement?.sentence ?? `${serviceText(conversation)} is not declared`}`,
        detail: `${requirement === null ? '' : `${requirement.citation}. `}${isInternet ? `${outside} is a public address that the spec does not declare.` : `Nobody answered at ${outside}, and the spec does not declare it.`}`,
        remedy: requirement?.remedy ?? 'correct the configuration that names the address, or declare it',
      };
      report(conversation, draft, again, server === null && requirement === null && !isInternet && !isAnswered(conversation));
      continue;
    }
    if (verdict === null) continue;
    for (const one of verdict.asks) {
      for (const declared of one.permit === null ? one.atOtherTimes : []) addUse(offSchedule, declared, conversation, one);
      for (const declared of rulesOf(one)) addUse(uses, declared, conversation, one);
      const missed = one.miss === null ? undefined : context.permitOf.get(one.miss.permit);
      if (one.miss !== null && missed !== undefined && isPartlyWithin(missed.permit, one.miss, one.ask)) addUse(nearly, missed, conversation, one);
    }
    const judged = judgeCrossing(context, conversation, client, server, verdict);
    if (judged === null) {
      counts.permitted++;
      continue;
    }
    if (judged.type === 'wrong-direction' && judged.permit !== null && !nearly.has(judged.permit)) nearly.set(judged.permit, { declared: judged.permit, conversations: [], verdicts: [] });
    report(conversation, {
      ...base, key: [...key, judged.requirement?.id ?? null],
      type: judged.type, severity: judged.severity, title: judged.title, detail: judged.detail, remedy: judged.remedy,
      conduit: judged.permit?.permit.conduit ?? context.conduitOf(client.zone, server.zone),
      permit: judged.permit?.permit.id ?? null, requirement: judged.requirement?.id ?? null, seen: judged.seen,
      place: judged.permit === null ? null : context.loaded.locate(judged.permit.path),
    }, again);
  }
  for (const finding of scans.findings()) findings.push(finding);
  for (const stranger of strangers.values()) findings.push(strangerFinding(context, stranger, isElsewhere));
  for (const finding of judgePlaces(context, placed)) findings.push(finding);
  return { findings, uses, offSchedule, nearly, setAside: [...setAsideUses.values()].sort((a, b) => a.index - b.index), counts };
};
