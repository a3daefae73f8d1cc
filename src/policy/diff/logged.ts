/**
 * What firewalls logged against what is declared: the weeks of monitor mode as findings and as a list of decisions.
 *
 * In: the context of a diff, logged attempts, and the findings that packets gave. Out: what a firewall blocks although the
 * spec permits it, what it lets through although nothing does, and what it would block: for a person to decide, with
 * whether packets show it too. Every attempt is judged anew by its ends, port, time and, where the log has it, operation:
 * the log proves the attempt, the spec says what is right. Counts of packets are not touched.
 */
import { serviceByPort } from '../../net/services.ts';
import { bindingSpans } from '../../net/register-set.ts';
import { readingOrder } from '../../net/text-order.ts';
import { isoTime } from '../../net/time.ts';
import type { AttemptVerdict, Conversation, Day, LoggedAttempt, ObservationSet } from '../../observation.ts';
import type { DiffContext } from './context.ts';
import { makeFinding, serviceText, type Finding, type SeenOperation } from './findings.ts';
import { tallyLogged, type JudgedAttempt, type LoggedDay, type LoggedRule, type LoggedStanding } from './logged-tally.ts';
import { createMatcher, OPERATION_MISSES, type ConversationVerdict } from '../match/match.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import { isChanging } from './requirements.ts';
import { nameOf, type Resolution } from '../spec/assets.ts';
import { firstOf, plural } from '../../infer/plural.ts';

/** One client, server and service where the firewall and the spec disagree, or somebody has to decide. */
export interface LoggedDisagreement {
  readonly standing: Exclude<LoggedStanding, 'agreed' | 'expected' | 'not-judged'>;
  /** The finding that it belongs to: `diff --update` takes it where it is to be decided. */
  readonly finding: string;
  readonly client: string;
  /** Empty: many. */
  readonly server: string;
  readonly service: string;
  readonly verdict: AttemptVerdict;
  readonly devices: readonly string[];
  readonly rules: readonly string[];
  readonly count: number;
  readonly first: string | null;
  readonly last: string | null;
  /** Requests, days and whether anybody answered, as packets show it; null: only the log does. */
  readonly packets: { readonly requests: number; readonly days: number; readonly answered: boolean } | null;
  readonly question: string;
}

export interface LoggedCounts {
  readonly attempts: number;
  readonly records: number;
  /** Blocked, or it would be, and somebody has to decide. */
  readonly toBeDecided: number;
  /** Blocked although permitted, or let through although not. */
  readonly disagreed: number;
  /** Firewall and spec agree. */
  readonly agreed: number;
  /** Blocked while its Permit is switched off, or declared one-way. */
  readonly expected: number;
  /** Of mid-session packets whose session is permitted. */
  readonly midSession: number;
  readonly groupAddressed: number;
  readonly outOfScope: number;
}

export interface LoggedResult {
  readonly findings: readonly Finding[];
  /** What the firewall blocks or would block and somebody has to decide. */
  readonly decisions: readonly LoggedDisagreement[];
  /** Blocked although permitted, let through although not, and packets in mid-session. */
  readonly disagreements: readonly LoggedDisagreement[];
  readonly rules: readonly LoggedRule[];
  readonly days: readonly LoggedDay[];
  readonly counts: LoggedCounts;
}

const HOURS_PER_DAY = 24;

/** Ids of packets' conversations are positive. */
const idOf = (attempt: LoggedAttempt): number => -attempt.id;

/** Days on which it was tried, with the hours of each. */
const daysOf = ({ hours }: LoggedAttempt): Day[] => {
  const byDay = new Map<number, number>();
  for (const { hour } of hours) {
    const day = Math.floor(hour / HOURS_PER_DAY);
    if (hour >= 0) byDay.set(day, (byDay.get(day) ?? 0) | (1 << (hour - day * HOURS_PER_DAY)));
  }
  return [...byDay].map(([day, mask]) => ({ day, hours: mask }));
};

/** An attempt in the shape that Permits are matched with: no packet, no answer, its records as requests. Who tells an operation tells the protocol. */
export const conversationOf = (attempt: LoggedAttempt): Conversation => {
  const { transport, port, operation, count } = attempt;
  const firstNs = attempt.firstNs ?? 0n;
  const lastNs = attempt.lastNs ?? 0n;
  const days = daysOf(attempt);
  const name = transport === 'tcp' || transport === 'udp' ? (serviceByPort(transport, port) ?? '') : '';
  return {
    id: idOf(attempt), client: attempt.client, server: attempt.server, transport, port, vlan: null,
    service: operation !== null ? { name: operation.protocol, by: 'probe' } : { name, by: name === '' ? 'none' : 'port' },
    direction: attempt.opening ? { by: 'handshake', confidence: 0.98 } : { by: 'port', confidence: 0.8 },
    packets: { toServer: 0, toClient: 0 }, bytes: { toServer: 0, toClient: 0 }, sessions: count, answeredSessions: 0, requests: count, firstNs, lastNs, days, rhythm: [], rttMs: null, facts: [],
    operations: operation === null ? [] : [{ ...operation, requests: count, responses: 0, errors: 0, errorCodes: [], ranges: [], rangesFolded: 0, targets: [], firstNs, lastNs, days, rhythm: [] }],
  };
};

/** Without an operation of which the log does not tell the unit: which Permit is for it is not known, and no rule can be written for it. */
const decidableOf = (attempt: LoggedAttempt): Conversation => ({ ...conversationOf(attempt), ...(attempt.operation?.unit === null ? { operations: [] } : {}) });

/** Observations with attempts among them, for what accepts findings of both. */
export const withLogged = (set: ObservationSet, attempts: readonly LoggedAttempt[]): ObservationSet => ({ ...set, conversations: [...set.conversations, ...attempts.map(decidableOf)] });

const seen = (attempt: LoggedAttempt): SeenOperation => ({
  conversation: idOf(attempt),
  operation: [attempt.operation === null ? attempt.application : `FC ${attempt.operation.function} ${attempt.operation.name}${attempt.operation.unit === null ? '' : `, unit ${attempt.operation.unit}`}`, attempt.rule === '' ? '' : `rule ${attempt.rule}`]
    .filter((part) => part !== '')
    .join(', '),
  count: attempt.count,
  first: attempt.firstNs === null ? '' : isoTime(attempt.firstNs),
  last: attempt.lastNs === null ? '' : isoTime(attempt.lastNs),
});

type Outcome = 'agreed' | 'expected' | 'mid-session' | 'blocked-but-permitted' | 'passed-but-not-permitted' | 'decide' | 'decide-content';

const STANDINGS: Readonly<Record<Outcome, LoggedStanding>> = {
  agreed: 'agreed', expected: 'expected', 'mid-session': 'mid-session', 'blocked-but-permitted': 'blocked-but-permitted', 'passed-but-not-permitted': 'passed-but-not-permitted',
  decide: 'to-be-decided', 'decide-content': 'to-be-decided',
};

/** A firewall that blocks what it lets through may be right: nobody has switched it on, or it is a diode's and has no rule. */
export const mayBeBlocked = ({ permit, unidirectional }: DeclaredPermit): boolean => permit.conditions.onDemand || unidirectional !== null;

/** Judges attempts: what a standing Permit lets through is never excused by another that may be blocked, wherever the two stand in the file. */
export const attemptMatcher = ({ loaded, assets, matcher }: DiffContext): ((conversation: Conversation) => ConversationVerdict) => {
  const standing = loaded.permits.filter((declared) => !mayBeBlocked(declared));
  if (standing.length === loaded.permits.length) return matcher.judge;
  const alone = createMatcher(standing, assets, matcher.timezone);
  return (conversation) => {
    const verdict = alone.judge(conversation);
    return verdict.asks.every(({ permit }) => permit !== null) ? verdict : matcher.judge(conversation);
  };
};

/** What a record does not tell may be what a Permit leaves out: then a firewall that looks inside may be right to block what else is permitted. */
const mayBeBeyond = ({ operation }: LoggedAttempt, { permit: { modbus } }: DeclaredPermit): boolean =>
  operation === null || (modbus !== null && operation.protocol === 'modbus' && (
    (operation.unit === null && modbus.unitIds.length > 0) || (['read', 'write'] as const).some((access) => bindingSpans(modbus.ranges, operation.function, access) !== null)));

/** Attempts of one client, server and service with one outcome. */
interface Group {
  readonly outcome: Exclude<Outcome, 'agreed' | 'expected'>;
  readonly conversation: Conversation;
  readonly verdict: ConversationVerdict | null;
  readonly client: Resolution | null;
  readonly server: Resolution | null;
  readonly attempts: LoggedAttempt[];
}

const who = (address: string, resolution: Resolution | null): string => (address === '' ? 'many' : nameOf(address, resolution));

const MOST_NAMED = 3;

const distinct = (values: readonly string[]): string[] => [...new Set(values)].filter((value) => value !== '').sort();

const sumOf = (attempts: readonly LoggedAttempt[]): number => attempts.reduce((sum, one) => Math.min(Number.MAX_SAFE_INTEGER, sum + one.count), 0);

const spanOf = (attempts: readonly LoggedAttempt[]): { first: bigint | null; last: bigint | null } => {
  const pick = (values: readonly (bigint | null)[], isBetter: (a: bigint, b: bigint) => boolean): bigint | null =>
    values.reduce((best, value) => (value !== null && (best === null || isBetter(value, best)) ? value : best), null);
  return { first: pick(attempts.map((one) => one.firstNs), (a, b) => a < b), last: pick(attempts.map((one) => one.lastNs), (a, b) => a > b) };
};

/** `FW1 would have blocked it 42 times by OTZ-DEFAULT, from ... to ...` */
const saidBy = (attempts: readonly LoggedAttempt[], verb: string): string => {
  const devices = distinct(attempts.map((one) => one.device));
  const rules = distinct(attempts.map((one) => one.rule));
  const { first, last } = spanOf(attempts);
  const count = sumOf(attempts);
  return `${devices.length === 0 ? 'The firewall' : firstOf(devices, MOST_NAMED)} ${verb} ${plural(count, 'time')}${rules.length === 0 ? '' : ` by ${firstOf(rules, MOST_NAMED)}`}${first === null || last === null ? '' : `, from ${isoTime(first)} to ${isoTime(last)}`}.`;
};

const outcomeOf = (attempt: LoggedAttempt, verdict: ConversationVerdict | null, withinZone: boolean, isSeen: boolean): Outcome => {
  const missing = verdict?.asks.some((one) => one.permit === null) ?? !withinZone;
  const passed = attempt.verdict === 'passed';
  if (missing) {
    if (passed) return attempt.opening ? 'passed-but-not-permitted' : 'agreed';
    // What was cut off and packets show at work is a decision, even when the spec never had it.
    return attempt.verdict === 'would-block' || isSeen ? 'decide' : 'agreed';
  }
  if (passed) return 'agreed';
  if ((verdict?.asks ?? []).some(({ permit }) => permit !== null && mayBeBlocked(permit))) return 'expected';
  if (attempt.inspected && (verdict?.asks ?? []).some(({ permit }) => permit !== null && mayBeBeyond(attempt, permit))) return 'decide-content';
  return attempt.opening ? 'blocked-but-permitted' : 'mid-session';
};

const keyOf = (one: { readonly client: string; readonly server: string; readonly transport: string; readonly port: number }): string => `${one.client}\n${one.server}\n${one.transport}\n${one.port}`;

const question = (group: Group): string => {
  if (group.outcome === 'decide-content') return 'Is what was asked right? Then add the operation to the Permit. Was it split or pipelined? Then change the client, or let this target enforce less.';
  return 'Is it needed? Then permit it, with an owner. If not, let it be blocked, and stop it at its source.';
};

/** Where no record tells the unit: the Permit for the service that leaves the function out. No other can be written without it. */
const limitedBy = ({ permitOf }: DiffContext, { verdict, attempts }: Group): DeclaredPermit | null => {
  const miss = verdict?.asks.find((one) => one.miss !== null && OPERATION_MISSES.has(one.miss.kind))?.miss;
  return miss != null && attempts.every(({ operation }) => operation?.unit === null) ? (permitOf.get(miss.permit) ?? null) : null;
};

const findingOf = (context: DiffContext, group: Group, packets: Conversation | undefined): Finding => {
  const { outcome, conversation, client, server, attempts } = group;
  const pair = `${who(conversation.client, client)} -> ${who(conversation.server, server)}`;
  const service = conversation.server === '' ? 'many services' : serviceText(conversation);
  const permit = group.verdict?.asks.find((one) => one.permit !== null)?.permit ?? limitedBy(context, group);
  const nearest = distinct((group.verdict?.asks ?? []).flatMap((one) => one.miss?.sentence ?? [])).slice(0, 2);
  const alive = packets === undefined ? 'No capture shows it.' : `Captures show it: ${plural(packets.requests, 'request')} on ${plural(packets.days.length, 'day')}${packets.packets.toClient > 0 ? ', answered' : ', never answered'}.`;
  const base = {
    fromZone: client?.zone ?? null, toZone: server?.zone ?? null, client: conversation.client === '' ? null : conversation.client, server: conversation.server === '' ? null : conversation.server, service,
    conduit: permit?.permit.conduit ?? context.conduitOf(client?.zone, server?.zone),
    permit: permit?.permit.id ?? null, seen: attempts.map(seen), place: permit === null ? null : context.loaded.locate(permit.path),
    key: ['logged', outcome, conversation.client, conversation.server, conversation.transport, conversation.port],
  };
  const wouldBlock = attempts.every((one) => one.verdict === 'would-block');
  const verb = wouldBlock ? 'would have blocked it' : 'blocked it';
  switch (outcome) {
    case 'blocked-but-permitted':
      return makeFinding({
        ...base, type: 'blocked-but-permitted', severity: wouldBlock ? 'medium' : 'high',
        title: `${pair}: ${service} is ${permit === null ? 'within one zone' : `permitted by ${permit.permit.id}`}, and the firewall ${wouldBlock ? 'would block' : 'blocks'} it`,
        detail: `${saidBy(attempts, verb)} ${alive}`,
        remedy: permit === null ? 'two parts of one zone lie on two sides of this firewall: split the zone, or permit what is needed' : 'the rule is not loaded, stands behind another, or names other addresses: export again and compare with the device',
      });
    case 'mid-session':
      return makeFinding({
        ...base, type: 'blocked-but-permitted', severity: 'low',
        title: `${pair}: packets of ${service} sessions that the firewall does not know`,
        detail: `${saidBy(attempts, verb)} Such packets come from sessions older than the firewall's rules or memory, or from one that sees one direction only. ${alive}`,
        remedy: 'if it was once, at the cut-over, nothing; if it goes on, look for a second path around the firewall',
      });
    case 'passed-but-not-permitted':
      return makeFinding({
        ...base, type: 'passed-but-not-permitted', severity: context.kinds.get(server?.zone ?? '') === 'safety' ? 'critical' : 'high',
        title: `${pair}: the firewall lets ${service} through, and no Permit does`,
        detail: `${saidBy(attempts, 'let it through')} ${nearest.length === 0 ? 'Nothing is declared between the two.' : `Nearest: ${nearest.join('; ')}.`} ${alive}`,
        remedy: 'a rule is wider than the spec: find it by its name, and narrow it; or declare what it is for',
      });
    default:
      return makeFinding({
        ...base, type: 'would-be-blocked', severity: packets !== undefined && isChanging(packets) ? 'high' : packets !== undefined || outcome === 'decide-content' ? 'medium' : 'low',
        title: `${pair}: ${service} ${wouldBlock ? 'would be' : 'is'} blocked${outcome === 'decide-content' ? ' for what it asks' : ''}: to be decided`,
        detail: `${saidBy(attempts, verb)} ${outcome === 'decide-content' ? `${permit?.permit.id ?? 'A Permit'} lets the service through; the log does not name all that was asked.` : nearest.length === 0 ? 'Nothing is declared between the two.' : `Nearest: ${nearest.join('; ')}.`} ${alive}`,
        remedy: question(group),
      });
  }
};

const earliest = (a: string | null, b: string | null): string | null => (a === null || (b !== null && b < a) ? b : a);
const latest = (a: string | null, b: string | null): string | null => (a === null || (b !== null && b > a) ? b : a);

/** The gravest first. */
const VERDICTS: readonly AttemptVerdict[] = ['blocked', 'would-block', 'passed'];

/** What captures show first, then by how often. */
const byEvidence = (all: Iterable<LoggedDisagreement>): LoggedDisagreement[] => {
  const order = readingOrder({ numeric: true });
  return [...all].sort((a, b) =>
    Number(b.packets !== null) - Number(a.packets !== null) || b.count - a.count || order(a.client, b.client) || order(a.server, b.server) || (a.finding < b.finding ? -1 : 1));
};

/** Two outcomes of one thing: a rule on the path and one on the content, say. */
const joined = (a: LoggedDisagreement, b: LoggedDisagreement): LoggedDisagreement => ({
  ...a, verdict: VERDICTS.indexOf(a.verdict) <= VERDICTS.indexOf(b.verdict) ? a.verdict : b.verdict, devices: distinct([...a.devices, ...b.devices]), rules: distinct([...a.rules, ...b.rules]),
  count: Math.min(Number.MAX_SAFE_INTEGER, a.count + b.count), first: earliest(a.first, b.first), last: latest(a.last, b.last),
});

export const judgeLogged = (context: DiffContext, attempts: readonly LoggedAttempt[], observed: readonly Finding[]): LoggedResult => {
  const packetsOf = new Map<string, Conversation>();
  for (const conversation of context.set.conversations) packetsOf.set(keyOf(conversation), conversation);
  const counts = { attempts: attempts.length, records: sumOf(attempts), toBeDecided: 0, disagreed: 0, agreed: 0, expected: 0, midSession: 0, groupAddressed: 0, outOfScope: 0 };
  const groups = new Map<string, Group>();
  const judgeOne = attemptMatcher(context);
  const judge = (attempt: LoggedAttempt): ConversationVerdict => {
    const byCode = judgeOne(conversationOf(attempt));
    // What no unit may do needs no unit to be told.
    return attempt.operation?.unit !== null || byCode.asks.some(({ permit, miss }) => permit === null && miss?.kind !== 'unit') ? byCode : judgeOne(decidableOf(attempt));
  };
  // A device may log one session twice: as let through, and by the rule that would block it, or that blocked it later.
  const caught = new Set(attempts.filter((one) => one.verdict !== 'passed').map((one) => `${one.format}\n${one.device}\n${keyOf(one)}`));
  const all: JudgedAttempt[] = [];
  for (const attempt of attempts) {
    if (context.assets.isToGroup(attempt.client, attempt.server)) {
      counts.groupAddressed++;
      all.push({ attempt, standing: 'not-judged' });
      continue;
    }
    const conversation = decidableOf(attempt);
    if (!context.inScope(conversation)) {
      counts.outOfScope++;
      all.push({ attempt, standing: 'not-judged' });
      continue;
    }
    const client = context.assets.resolve(attempt.client);
    const server = attempt.server === '' ? null : context.assets.resolve(attempt.server);
    const withinZone = client !== null && client.zone === server?.zone;
    const verdict = client === null || server === null || withinZone ? null : judge(attempt);
    const isCaught = attempt.verdict === 'passed' && caught.has(`${attempt.format}\n${attempt.device}\n${keyOf(attempt)}`);
    const outcome = isCaught ? 'agreed' : outcomeOf(attempt, verdict, withinZone, packetsOf.has(keyOf(attempt)));
    all.push({ attempt, standing: STANDINGS[outcome] });
    if (outcome === 'agreed' || outcome === 'expected') {
      counts[outcome]++;
      continue;
    }
    counts[outcome === 'mid-session' ? 'midSession' : outcome === 'decide' || outcome === 'decide-content' ? 'toBeDecided' : 'disagreed']++;
    const key = `${outcome}\n${keyOf(attempt)}`;
    const held = groups.get(key);
    if (held === undefined) groups.set(key, { outcome, conversation, verdict, client, server, attempts: [attempt] });
    else held.attempts.push(attempt);
  }

  const findings: Finding[] = [];
  const decided = new Map<string, LoggedDisagreement>();
  const disagreed = new Map<string, LoggedDisagreement>();
  for (const group of groups.values()) {
    const { conversation, outcome } = group;
    const packets = packetsOf.get(keyOf(conversation));
    const service = conversation.server === '' ? 'many services' : serviceText(conversation);
    // What packets already made a finding of is one thing to decide, not two.
    const mayBeSame = packets !== undefined && (outcome === 'decide' || outcome === 'decide-content');
    const same = mayBeSame ? observed.find((one) => one.client === conversation.client && one.server === conversation.server && one.service === serviceText(packets)) : undefined;
    const finding = same ?? findingOf(context, group, packets);
    if (same === undefined) findings.push(finding);
    const { first, last } = spanOf(group.attempts);
    const isDecision = outcome === 'decide' || outcome === 'decide-content';
    const row: LoggedDisagreement = {
      standing: isDecision ? 'to-be-decided' : outcome, finding: finding.id, client: conversation.client, server: conversation.server, service: packets === undefined ? service : serviceText(packets),
      verdict: VERDICTS.find((verdict) => group.attempts.some((one) => one.verdict === verdict)) ?? 'passed',
      devices: distinct(group.attempts.map((one) => one.device)), rules: distinct(group.attempts.map((one) => one.rule)), count: sumOf(group.attempts),
      first: first === null ? null : isoTime(first), last: last === null ? null : isoTime(last),
      packets: packets === undefined ? null : { requests: packets.requests, days: packets.days.length, answered: packets.packets.toClient > 0 },
      question: isDecision ? question(group) : finding.remedy,
    };
    const held = (isDecision ? decided : disagreed).get(finding.id);
    (isDecision ? decided : disagreed).set(finding.id, held === undefined ? row : joined(held, row));
  }
  return { findings, decisions: byEvidence(decided.values()), disagreements: byEvidence(disagreed.values()), ...tallyLogged(all), counts };
};
