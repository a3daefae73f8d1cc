/**
 * Does what is permitted work: request and answer, for every operation that a Permit names and every pair that uses it.
 *
 * In: crossings of after the cut-over, the same of before (when there are any). Out: checks. A request that was never
 * answered fails when the answer would have passed this sensor. What was not asked is not observable, unless it was asked
 * so regularly before that its absence tells: then something stops it before it reaches this sensor.
 */
import { firstOf, plural } from '../../infer/plural.ts';
import { addTo, listsBy } from '../../net/multi-map.ts';
import { DAY_MS, msOf } from '../../net/time.ts';
import { REFUSAL_FACT, type Operation } from '../../observation.ts';
import type { Ask } from '../match/asks.ts';
import { endHeard, heardOf, type Heard } from '../diff/declared.ts';
import type { DiffContext } from '../diff/context.ts';
import { ofPermit } from '../diff/findings.ts';
import { rulesOf, type AskVerdict } from '../match/match.ts';
import { isLive, permitsCode } from '../spec/permits.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import { heldAtTimes } from '../spec/schedule.ts';
import { makeCheck, type Check, type SensorOf, type Verdict } from './checks.ts';
import { evidenceOf, operationOf, unreadAnswers, whoOf, type Crossing, type Seen } from './crossings.ts';
import { LEAST_HOURS, type Vantage } from './vantage.ts';

/** One operation of one pair under one Permit. */
export interface PermittedUse {
  /** The same before and after a cut-over. */
  readonly key: string;
  readonly declared: DeclaredPermit;
  readonly crossing: Crossing;
  readonly label: string;
  readonly operation: Operation | null;
  /** Asked at times at which the Permit holds, and at others: which of the requests those were is not known. */
  isPartly: boolean;
  requests: number;
  firstNs: bigint;
  lastNs: bigint;
  readonly days: Set<number>;
}

export interface Before {
  readonly uses: ReadonlyMap<string, PermittedUse>;
  /** Days that were captured. */
  readonly days: number;
}

/** Below this share of what it was, answers are missing. */
const LEAST_SHARE = 0.8;
/** So many must be missing: the last request of a capture has its answer behind the end. */
const LEAST_MISSING = 5;
const LEAST_REQUESTS = 3;
/** A SYN is sent again at most six times (Linux tcp_syn_retries). */
const MOST_CALLS = 7;
/** Chance that somebody who asked so often before just happened not to ask. */
const CHANCE = 0.01;
/** UDP services in which silence is no answer: DNS, DHCP, NTP, SNMP, BACnet. */
const ANSWERING_PORTS = new Set([53, 67, 123, 161, 47808]);

const labelOf = (ask: Ask): string => {
  if (ask.modbus !== null) return ask.text.split(',')[0];
  return ask.opcuaService ?? ask.name ?? '';
};

/** What let it through at some of the times at which it was asked, and at others did not. */
const atSomeTimes = ({ ask, atOtherTimes }: AskVerdict, timezone: string): readonly DeclaredPermit[] => atOtherTimes.filter(({ permit }) => heldAtTimes(permit.conditions, ask, timezone));

/** Every operation that a Permit let through, at some of its times at least, by Permit, pair and operation; units and ranges are one. */
export const permittedUses = (crossings: readonly Crossing[], timezone: string): Map<string, PermittedUse> => {
  const uses = new Map<string, PermittedUse>();
  for (const crossing of crossings) {
    const { conversation } = crossing;
    for (const [declared, { ask, permit }] of crossing.verdict.asks.flatMap((one) => (one.permit === null ? atSomeTimes(one, timezone) : rulesOf(one)).map((rule) => [rule, one] as const))) {
      const label = labelOf(ask);
      const key = [declared.permit.id, conversation.client, conversation.server, conversation.port, label, ask.modbus?.unit ?? ''].join('\n');
      const held = uses.get(key);
      if (held === undefined) {
        uses.set(key, { key, declared, crossing, label, operation: operationOf(conversation, ask), isPartly: permit === null, requests: ask.count, firstNs: ask.firstNs, lastNs: ask.lastNs, days: new Set(ask.days) });
        continue;
      }
      held.isPartly ||= permit === null;
      held.requests += ask.count;
      for (const day of ask.days) held.days.add(day);
    }
  }
  return uses;
};

interface Judgement {
  readonly verdict: Verdict;
  readonly reason: string;
}

const fails = (reason: string): Judgement => ({ verdict: 'fail', reason });
const unknown = (reason: string): Judgement => ({ verdict: 'not-observable', reason });
const WORKS: Judgement = { verdict: 'pass', reason: '' };

/** Protocols in which every request has an answer that our readers count; CloseSecureChannel has none (OPC 10000-4 clause 5.5.3). */
const isPaired = (operation: Operation | null): operation is Operation =>
  operation !== null && (operation.protocol === 'modbus' || (operation.protocol === 'opcua' && !operation.name.startsWith('CloseSecureChannel')));

const answeredOf = (use: PermittedUse): number | null => {
  const { operation, crossing, requests } = use;
  if (isPaired(operation)) return Math.min(requests, operation.responses + operation.errors);
  return crossing.reply === 'answered' ? crossing.answers : crossing.reply === 'silent' || crossing.reply === 'refused' ? 0 : null;
};

const UNREAD = 'answered; the capture cut the answers short, so they were not read';

/** Null: nothing came back. */
const judgeOperation = (use: PermittedUse, operation: Operation, before: PermittedUse | undefined): Judgement | null => {
  const answered = operation.responses + operation.errors;
  const unread = unreadAnswers(use.crossing);
  // Requests of the same operation that no Permit lets through are expected to go unanswered.
  const asked = Math.min(use.requests, operation.requests);
  if (answered === 0) {
    if (unread === null) return unknown('answers were not read, and this store is older than the count of them');
    return unread >= asked * LEAST_SHARE && unread > 0 ? { verdict: 'pass', reason: UNREAD } : null;
  }
  const codes = operation.errorCodes.map(({ code }) => code).join(', ');
  if (operation.responses === 0) {
    if (before === undefined) return unknown(`only ${operation.protocol === 'modbus' ? 'exceptions' : 'faults'} came back${codes === '' ? '' : ` (code ${codes})`}: whether the device or a filter sends them, this sensor cannot tell`);
    if ((before.operation?.responses ?? 0) > 0) return fails(`only ${operation.protocol === 'modbus' ? 'exceptions' : 'faults'} came back${codes === '' ? '' : ` (code ${codes})`}, and before it was answered`);
  }
  // A part that goes unanswered (a range, a unit, some of the sessions) shows in the sum.
  const beforeShare = before?.operation ? (before.operation.responses + before.operation.errors) / Math.max(1, before.operation.requests) : 1;
  const missing = asked - answered;
  if (missing >= LEAST_MISSING && answered < asked * LEAST_SHARE * Math.min(1, beforeShare)) {
    if (unread === null) return unknown(`${missing} of ${asked} answers were not read, and this store is older than the count of them`);
    return unread >= missing * LEAST_SHARE ? { verdict: 'pass', reason: UNREAD } : fails(`${missing} of ${asked} requests were not answered`);
  }
  return WORKS;
};

const judgeSilence = ({ conversation, reply, client, server }: Crossing, requests: number, vantage: Vantage, wasAnswered: boolean): Judgement => {
  // A client that never got beyond its SYN was not answered, whether or not an answer would have passed here.
  const onlyCalls = conversation.transport === 'tcp' && conversation.requests === 0 && conversation.packets.toServer <= MOST_CALLS * Math.max(1, conversation.sessions);
  if (!onlyCalls && !vantage.seesAnswers(client?.zone ?? null, server?.zone ?? null)) return unknown('answers do not pass this sensor: it sees one direction only');
  if (conversation.direction.confidence < 0.6 && !wasAnswered) return unknown('who asks whom is not certain: the sensor joined midstream');
  if (reply === 'refused') return fails(conversation.packets.toClient > 0 ? 'every attempt was reset' : `a router or firewall refused it (${conversation.facts.find(({ name }) => name === REFUSAL_FACT)?.value ?? 'ICMP'})`);
  if (requests < LEAST_REQUESTS && conversation.packets.toServer < LEAST_REQUESTS && !wasAnswered) return unknown('asked too seldom to tell silence from the end of the capture');
  return fails(conversation.direction.by === 'handshake' && reply === 'silent' ? 'SYN without any answer' : 'asked, and never answered');
};

const judgeConversation = (use: PermittedUse, vantage: Vantage, before: PermittedUse | undefined): Judgement => {
  const { crossing } = use;
  const { conversation, reply } = crossing;
  const wasAnswered = before?.crossing.reply === 'answered';
  if (reply === 'answered') return WORKS;
  if (reply === 'unclear') return unknown('the store cannot tell resets from answers here: judge a store of its own for after the cut-over');
  if (reply === 'accepted') {
    if (conversation.requests === 0) return unknown('connections were accepted, and nothing was asked in them');
    // SYN/ACK alone: what the client sent after it never arrived.
    return conversation.packets.toClient <= conversation.sessions ? fails('connections were accepted, and what was sent in them was never acknowledged') : { verdict: 'pass', reason: 'acknowledged; the service sends nothing back' };
  }
  if (conversation.transport === 'tcp' || reply === 'refused' || wasAnswered) return judgeSilence(crossing, use.requests, vantage, wasAnswered);
  if (ANSWERING_PORTS.has(conversation.port)) return judgeSilence(crossing, use.requests, vantage, wasAnswered);
  if (vantage.arrived(conversation) === 'yes') return { verdict: 'pass', reason: 'it arrives on the server\'s side; the service sends nothing back' };
  return unknown('it was sent, and has no answer by design: whether it arrives, this sensor cannot see');
};

const judgeUse = (use: PermittedUse, vantage: Vantage, before: PermittedUse | undefined): Judgement => {
  if (use.isPartly) return (answeredOf(use) ?? 0) > 0 ? WORKS : unknown('asked when it holds and when it does not: which of that went unanswered, this store cannot tell');
  if (isPaired(use.operation)) {
    const judged = judgeOperation(use, use.operation, before);
    return judged ?? judgeSilence(use.crossing, use.requests, vantage, (before?.operation?.responses ?? 0) > 0);
  }
  return judgeConversation(use, vantage, before);
};

const REMEDY_BLOCKED = 'the firewall may be tighter than the spec: look for the denied flow in its log, then correct the rule before the process needs the data';

const seenOf = (use: PermittedUse): Seen =>
  ({ conversation: use.crossing.conversation.id, firstNs: use.firstNs, lastNs: use.lastNs, count: use.requests > 0 ? use.requests : use.crossing.conversation.sessions, answered: answeredOf(use) });

const titleOf = (declared: DeclaredPermit, label: string): string =>
  `${declared.permit.id} ${declared.permit.from.zone} -> ${declared.permit.to.zone}, ${declared.permit.service.protocol}${label === '' ? '' : `: ${label}`}`;

/** So regular before, that `days` without it are no chance. */
const isMissed = (seenDays: number, capturedDays: number, days: number): boolean => capturedDays > 0 && (1 - (seenDays + 1) / (capturedDays + 2)) ** days < CHANCE;

/** Operations that a Permit names and nobody asked, in words of `labelOf`. */
const unasked = ({ permit }: DeclaredPermit, asked: ReadonlySet<string>): string[] => {
  const { modbus, opcua, named } = permit;
  if (modbus !== null) return modbus.functionCodes.filter((code) => permitsCode(permit, code) && ![...asked].some((label) => label.startsWith(`FC ${code} `))).map((code) => `FC ${code}`);
  return [...(opcua?.services ?? []), ...(named?.names ?? [])].filter((name) => !asked.has(name));
};

const whyUnused = (vantage: Vantage, { permit }: DeclaredPermit, heard: Heard): string => {
  const reasons: string[] = [];
  for (const [side, end] of [['client', permit.from], ['server', permit.to]] as const) {
    if (!endHeard(end, heard)) reasons.push(`this sensor never heard the ${side} side (${end.assets.join(', ') || end.addresses.join(', ') || end.zone})`);
  }
  if (permit.conditions.onDemand) reasons.push('it is on demand');
  if (permit.conditions.days.length > 0) reasons.push(`it holds on ${permit.conditions.days.join(', ')} only`);
  if (vantage.hours < LEAST_HOURS) reasons.push(vantage.hours === 1 ? 'only 1 hour was captured' : `only ${vantage.hours} hours were captured`);
  return reasons.length === 0 ? 'nobody asked' : `nobody asked; ${reasons.join('; ')}`;
};

export const judgePermitted = (context: DiffContext, crossings: readonly Crossing[], vantage: Vantage, before: Before | null, sensor: SensorOf): Check[] => {
  const checks: Check[] = [];
  const uses = permittedUses(crossings, context.matcher.timezone);
  const byPermit = new Map<DeclaredPermit, Map<string, PermittedUse[]>>();
  for (const use of uses.values()) {
    const labels = byPermit.get(use.declared) ?? new Map<string, PermittedUse[]>();
    addTo(labels, use.label, use);
    byPermit.set(use.declared, labels);
  }
  const days = Math.floor(vantage.hours / 24);
  const vanished = vanishedUses(uses, before, vantage, days);
  const heard = heardOf(context, [...new Set(context.set.conversations.flatMap(({ client, server }) => [client, server]))].filter(vantage.wasHeard));

  for (const declared of context.loaded.permits) {
    const { permit } = declared;
    if (!isLive(permit) || declared.unidirectional !== null) continue;
    const labels = byPermit.get(declared) ?? new Map<string, PermittedUse[]>();
    for (const [label, own] of labels) {
      const judged = own.map((use) => ({ use, judgement: judgeUse(use, vantage, before?.uses.get(use.key)) }));
      for (const { use, judgement } of judged) {
        if (judgement.verdict !== 'fail') continue;
        checks.push(makeCheck({
          ...ofPermit(declared), kind: 'permitted', verdict: 'fail', client: use.crossing.conversation.client, server: use.crossing.conversation.server, operation: label === '' ? null : label,
          title: `${titleOf(declared, label)}: ${whoOf(use.crossing)} does not work`, reason: judgement.reason, remedy: REMEDY_BLOCKED, evidence: evidenceOf([seenOf(use)], 'packets', sensor),
        }));
      }
      for (const verdict of ['pass', 'not-observable'] as const) {
        const same = judged.filter(({ judgement }) => judgement.verdict === verdict);
        if (same.length === 0) continue;
        const pairs = new Set(same.map(({ use }) => `${use.crossing.conversation.client} ${use.crossing.conversation.server}`)).size;
        const reasons = [...new Set(same.map(({ judgement }) => judgement.reason))].filter((reason) => reason !== '');
        checks.push(makeCheck({
          ...ofPermit(declared), kind: 'permitted', verdict, operation: label === '' ? null : label, title: titleOf(declared, label),
          reason: `${plural(pairs, 'pair')}: ${reasons.length === 0 ? 'asked and answered' : reasons.join('; ')}`,
          remedy: verdict === 'pass' ? '' : 'listen where the answers pass, or test it in a maintenance window (verify --plan)', evidence: evidenceOf(same.map(({ use }) => seenOf(use)), 'packets', sensor),
        }));
      }
    }
    const gone = vanished.get(permit.id) ?? [];
    const stopped = gone.flatMap(({ use, missed }) => (missed ? [use] : []));
    for (const own of listsBy(stopped, ({ crossing: { conversation } }) => `${conversation.client} ${conversation.server}`).values()) {
      const [use] = own;
      const operations = [...new Set(own.map(({ label }) => label))].filter((label) => label !== '').join(', ');
      const most = Math.max(...own.map(({ days: seen }) => seen.size));
      checks.push(makeCheck({
        ...ofPermit(declared), kind: 'permitted', verdict: 'fail', client: use.crossing.conversation.client, server: use.crossing.conversation.server, operation: operations === '' ? null : operations,
        title: `${titleOf(declared, operations)}: ${whoOf(use.crossing)} has stopped`,
        reason: `asked on ${most} of ${before?.days ?? 0} days before, and not once in the ${plural(days, 'day')} since, although both were heard: it may be blocked before it reaches this sensor`,
        remedy: REMEDY_BLOCKED, evidence: evidenceOf(own.map((one) => ({ ...seenOf(one), count: 0, answered: null })), 'packets', sensor),
      }));
    }
    const missing = unasked(declared, new Set(labels.keys()));
    if (labels.size === 0 && gone.every(({ missed }) => !missed)) checks.push(judgeUnused(context, vantage, declared, heard, before, days));
    else if (missing.length > 0 && labels.size > 0) {
      checks.push(makeCheck({
        ...ofPermit(declared), kind: 'permitted', verdict: 'not-observable', operation: missing.join(', '), title: `${titleOf(declared, '')}: ${firstOf(missing, 8)}`,
        reason: 'permitted, and nobody asked', remedy: 'wait until it is used, or test it in a maintenance window (verify --plan)',
      }));
    }
  }
  return checks;
};

/** What was asked before and not since, by Permit. */
const vanishedUses = (uses: ReadonlyMap<string, PermittedUse>, before: Before | null, vantage: Vantage, days: number): Map<string, { use: PermittedUse; missed: boolean }[]> => {
  const vanished = new Map<string, { use: PermittedUse; missed: boolean }[]>();
  for (const [key, use] of before?.uses ?? []) {
    if (uses.has(key) || before === null) continue;
    const { client, server } = use.crossing.conversation;
    const missed = vantage.wasHeard(client) && vantage.wasHeard(server) && isMissed(use.days.size, before.days, days);
    addTo(vanished, use.declared.permit.id, { use, missed });
  }
  return vanished;
};

/** Nobody used it: not observable, unless its own evidence says that it was used nearly every day. */
const judgeUnused = (context: DiffContext, vantage: Vantage, declared: DeclaredPermit, heard: Heard, before: Before | null, days: number): Check => {
  const { permit } = declared;
  const { evidence } = permit;
  const span = evidence?.firstSeen && evidence.lastSeen ? Math.floor(Date.parse(evidence.lastSeen) / DAY_MS) - Math.floor(Date.parse(evidence.firstSeen) / DAY_MS) + 1 : 0;
  const bothHeard = endHeard(permit.from, heard) && endHeard(permit.to, heard);
  const isOld = evidence?.lastSeen !== undefined && evidence?.lastSeen !== null && context.set.sensor.firstNs !== null && Date.parse(evidence.lastSeen) < msOf(context.set.sensor.firstNs);
  if (before === null && evidence !== null && isOld && bothHeard && !permit.conditions.onDemand && isMissed(evidence.days, span, days)) {
    return makeCheck({
      ...ofPermit(declared), kind: 'permitted', verdict: 'fail', title: `${titleOf(declared, '')} has stopped`, remedy: REMEDY_BLOCKED,
      reason: `its evidence is of ${evidence.days} days in ${span}, and it was not used once in the ${plural(days, 'day')} captured now, although both sides were heard: it may be blocked before it reaches this sensor`,
    });
  }
  return makeCheck({
    ...ofPermit(declared), kind: 'permitted', verdict: 'not-observable', title: titleOf(declared, ''), reason: whyUnused(vantage, declared, heard),
    remedy: 'listen at that place or for longer, or test it in a maintenance window (verify --plan)',
  });
};
