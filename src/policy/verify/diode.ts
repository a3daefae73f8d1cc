/**
 * Does a data diode hold: alive forwards, with its rate and longest gap, and nothing at all backwards.
 *
 * In: Permits that are declared unidirectional, Observations of both sides. Out: two checks a Permit, forward and reverse.
 * Backwards every frame is a leak, with payload or without: a reset has crossed, too (a diode lets none back). Traffic of
 * other Permits between the two zones runs beside the diode and is named. The delay is told where the legs of both sides
 * were seen. Left out on purpose: whether what arrives is complete; only the replicated values could tell.
 */
import type { Conversation } from '../../observation.ts';
import type { PermitEnd } from '../../permit.ts';
import { parseSpan } from '../../net/address-set.ts';
import { groupAddressKind } from '../../net/address-kinds.ts';
import type { WindowTraffic } from '../../store/read-window.ts';
import type { DiffContext } from '../diff/context.ts';
import { ofPermit, serviceText } from '../diff/findings.ts';
import { endFits, prepareEnd, serviceFits, transportFits } from '../match/match.ts';
import { nameOf } from '../spec/assets.ts';
import { endOf, flowOf, type Diode } from '../spec/permits.ts';
import { makeCheck, type Check, type DiodeFigures, type SensorOf } from './checks.ts';
import { evidenceOf, seenWhole } from './crossings.ts';
import { LEAST_HOURS, type Vantage } from './vantage.ts';
import { firstOf, plural } from '../../infer/plural.ts';

const SECONDS_PER_HOUR = 3600;
/** Silence at the end is no gap like others when it is longer than this many times the longest before, and than two hours. */
const GAPS = 3;
const LEAST_SILENCE_HOURS = 2;

/** The flow of one direction: what was sent by clients of some conversations. */
interface Forward {
  readonly conversations: readonly Conversation[];
  readonly packets: number;
  readonly bytes: number;
  readonly hours: readonly number[];
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  /** False: it began before the span, and `firstNs` is the bound of an hour. */
  readonly isWhole: boolean;
}

const hoursOf = (conversation: Conversation, traffic: ReadonlyMap<number, WindowTraffic>): readonly number[] =>
  traffic.get(conversation.id)?.hours ?? conversation.days.flatMap(({ day }) => Array.from({ length: 24 }, (_, hour) => day * 24 + hour));

const sumForward = (conversations: readonly Conversation[], traffic: ReadonlyMap<number, WindowTraffic>): Forward | null => {
  const sent = conversations.filter(({ packets }) => packets.toServer > 0);
  if (sent.length === 0) return null;
  return {
    conversations: sent,
    packets: sent.reduce((sum, { packets }) => sum + packets.toServer, 0),
    bytes: sent.reduce((sum, { bytes }) => sum + bytes.toServer, 0),
    hours: [...new Set(sent.flatMap((one) => hoursOf(one, traffic)))].sort((a, b) => a - b),
    firstNs: sent.reduce((least, { firstNs }) => (firstNs < least ? firstNs : least), sent[0].firstNs),
    lastNs: sent.reduce((most, { lastNs }) => (lastNs > most ? lastNs : most), sent[0].lastNs),
    isWhole: sent.every(({ id }) => traffic.get(id)?.isWhole !== false),
  };
};

/** Captured hours without the flow: the longest run between two of its hours, and those behind its last one. */
const silencesOf = (flow: Pick<Forward, 'hours'>, captured: readonly number[]): { longest: number; atEnd: number } => {
  const own = new Set(flow.hours);
  const last = flow.hours.at(-1) ?? Infinity;
  let run = 0;
  let longest = 0;
  let atEnd = 0;
  for (const hour of captured) {
    if (hour < flow.hours[0]) continue;
    if (hour > last) atEnd++;
    else if (own.has(hour)) run = 0;
    else longest = Math.max(longest, ++run);
  }
  return { longest, atEnd };
};

const isDead = ({ longest, atEnd }: ReturnType<typeof silencesOf>): boolean => atEnd > Math.max(LEAST_SILENCE_HOURS, GAPS * longest);

/** The end of one leg of a diode while its other leg goes on: for how long, and in how many of these hours others were heard within its zone. */
interface Lost {
  readonly hours: number;
  readonly listened: number;
}

/** Each side may have a sensor of its own, and one of them may have ended: only what else was heard there tells. */
const lostOf = (context: DiffContext, zone: string, leg: Forward, captured: readonly number[], traffic: ReadonlyMap<number, WindowTraffic>): Lost | null => {
  const silence = silencesOf(leg, captured);
  if (!isDead(silence)) return null;
  const isIn = (address: string): boolean => context.assets.resolve(address)?.zone === zone;
  const others = context.set.conversations.filter((one) => !leg.conversations.includes(one) && isIn(one.client) && isIn(one.server));
  const heard = new Set(others.flatMap((one) => hoursOf(one, traffic)));
  return { hours: silence.atEnd, listened: captured.slice(-silence.atEnd).filter((hour) => heard.has(hour)).length };
};

/** Hours tell gaps of an hour and more; below, the rhythm of requests does (its longest bin). */
const longestGap = (flow: Forward, silentHours: number): number | null => {
  if (silentHours > 0) return silentHours * SECONDS_PER_HOUR;
  const bins = flow.conversations.flatMap(({ rhythm }) => rhythm.map(({ meanMs }) => meanMs));
  return bins.length === 0 ? null : bins.reduce((most, bin) => Math.max(most, bin)) / 1000;
};

interface Legs {
  readonly direct: readonly Conversation[];
  readonly sending: readonly Conversation[];
  readonly receiving: readonly Conversation[];
  readonly hasEndpoints: boolean;
}

/**
 * Datagrams of which the port alone says who asks: the sender of a diode may send from a port that is known for a service, and is taken
 * for a server of it then. Where a diode is declared between the two, that says who sends.
 */
const isByPortAlone = ({ transport, direction }: Conversation): boolean => transport !== 'tcp' && direction.by === 'port';

const fitsEnd = (context: DiffContext, end: PermitEnd): ((address: string) => boolean) => {
  const prepared = prepareEnd(end);
  return (address) => parseSpan(address) !== null && endFits(prepared, address, context.assets.resolve(address));
};

/** Whether all that was seen of a conversation are datagrams that a declared diode carries, of whom the port says that they were answers. */
export const diodeFlows = (context: DiffContext): ((conversation: Conversation) => boolean) => {
  const diodes = context.diodes.filter(runsForward).map(({ permit }) => ({ permit, from: fitsEnd(context, permit.from), to: fitsEnd(context, permit.to) }));
  return (one) => isByPortAlone(one) && one.packets.toServer === 0 && diodes.some(({ permit, from, to }) => transportFits(permit, one.transport) && from(one.server) && to(one.client));
};

const turned = (one: Conversation): Conversation => ({
  ...one, client: one.server, server: one.client,
  packets: { toServer: one.packets.toClient, toClient: one.packets.toServer }, bytes: { toServer: one.bytes.toClient, toClient: one.bytes.toServer },
});

const legsOf = (context: DiffContext, declared: Diode): Legs => {
  const { permit } = declared;
  const unidirectional = flowOf(context.loaded.spec, declared)?.unidirectional;
  const fits = (end: PermitEnd): ((address: string) => boolean) => fitsEnd(context, end);
  const [from, to] = [fits(permit.from), fits(permit.to)];
  const tx = unidirectional?.tx_endpoint === undefined ? null : fits(endOf(unidirectional.tx_endpoint));
  const rx = unidirectional?.rx_endpoint === undefined ? null : fits(endOf(unidirectional.rx_endpoint));
  const within = (client: (address: string) => boolean, server: (address: string) => boolean): Conversation[] =>
    context.set.conversations.filter((one) => groupAddressKind(one.server) === null && client(one.client) && server(one.server));
  return {
    direct: [...within(from, to).filter(({ transport, port }) => serviceFits(permit, transport, port)), ...within(to, from).filter((one) => isByPortAlone(one) && transportFits(permit, one.transport)).map(turned)],
    sending: tx === null ? [] : within(from, tx),
    receiving: rx === null ? [] : within(rx, to),
    hasEndpoints: tx !== null && rx !== null,
  };
};

const secondsBetween = (a: bigint, b: bigint): number => Number(b - a) / 1e9;

/** First and last packet of both legs, when the receiving one follows the sending one both times. */
const delayOf = (sending: Forward | null, receiving: Forward | null): number | null => {
  if (sending === null || receiving === null) return null;
  const begins = sending.isWhole && receiving.isWhole ? [secondsBetween(sending.firstNs, receiving.firstNs)] : [];
  const delays = [...begins, secondsBetween(sending.lastNs, receiving.lastNs)].filter((delay) => delay >= 0 && delay < SECONDS_PER_HOUR);
  return delays.length === 0 ? null : Math.min(...delays);
};

const rateText = (bytesPerSecond: number | null, packets: number): string => `${plural(packets, 'packet')}${bytesPerSecond === null ? '' : `, ${bytesPerSecond.toPrecision(3)} octets/s`}`;

const about = (declared: Diode): Pick<Check, 'kind' | 'conduit' | 'permit' | 'fromZone' | 'toZone' | 'service'> => ({
  ...ofPermit(declared), kind: 'diode', fromZone: declared.unidirectional.from, toZone: declared.unidirectional.to,
});

/** The Permit runs from the source of the diode to its destination; one that runs against it is a contradiction of the spec. */
const runsForward = ({ permit, unidirectional }: Diode): boolean => permit.from.zone === unidirectional.from;

export const judgeDiodes = (context: DiffContext, traffic: ReadonlyMap<number, WindowTraffic>, vantage: Vantage, sensor: SensorOf): Check[] => {
  const checks: Check[] = [];
  for (const declared of context.diodes.filter(runsForward)) {
    const legs = legsOf(context, declared);
    const leaks = leaksOf(context, declared, legs, traffic);
    const sending = sumForward([...legs.direct, ...legs.sending], traffic);
    const receiving = sumForward(legs.receiving, traffic);
    const main = sending ?? receiving;
    const silence = main === null ? { longest: 0, atEnd: 0 } : silencesOf(main, context.set.sensor.hours);
    const { from, to } = declared.unidirectional;
    const hasBoth = sending !== null && receiving !== null;
    const unsent = hasBoth ? lostOf(context, from, sending, receiving.hours, traffic) : null;
    const unreceived = hasBoth ? lostOf(context, to, receiving, sending.hours, traffic) : null;
    const seconds = main === null ? 0 : secondsBetween(main.firstNs, main.lastNs);
    const figures: DiodeFigures = {
      packets: main?.packets ?? 0, bytes: main?.bytes ?? 0,
      bytesPerSecond: main === null || seconds <= 0 ? null : main.bytes / seconds,
      longestGapSeconds: main === null ? null : longestGap(main, silence.longest),
      delaySeconds: delayOf(sumForward(legs.sending, traffic), receiving),
      reversePackets: leaks.packets, reversePayloads: leaks.payloads,
    };
    checks.push(judgeForward(declared, { sending, receiving, main, silence, unsent, unreceived, figures, hasEndpoints: legs.hasEndpoints }, vantage, sensor));
    checks.push(judgeReverse(context, declared, leaks, figures, vantage, sensor));
  }
  return checks;
};

interface ForwardView {
  readonly sending: Forward | null;
  readonly receiving: Forward | null;
  readonly main: Forward | null;
  readonly silence: { readonly longest: number; readonly atEnd: number };
  readonly unsent: Lost | null;
  readonly unreceived: Lost | null;
  readonly figures: DiodeFigures;
  readonly hasEndpoints: boolean;
}

const judgeForward = (declared: Diode, view: ForwardView, vantage: Vantage, sensor: SensorOf): Check => {
  const { from, to } = declared.unidirectional;
  const { main, silence, figures } = view;
  const common = { ...about(declared), operation: 'forward', title: `${declared.permit.id} ${from} -> ${to}, ${declared.permit.service.protocol}: forward flow`, diode: figures, evidence: main === null ? null : evidenceOf(main.conversations.map((one) => seenWhole(one, one.packets.toServer, null)), 'packets', sensor) };
  const remedy = 'look at the sending gateway and the sender: nothing tells them that nobody receives';
  if (main === null) {
    // The leg to a gateway stays within the zone: only a sensor inside would have heard it.
    const blind = view.hasEndpoints && !vantage.isInside(from) ? `this sensor does not stand inside ${from}, where the sending gateway is` : vantage.blindness(from, to)?.sentence ?? null;
    if (blind !== null) return makeCheck({ ...common, verdict: 'not-observable', reason: blind, remedy: 'listen on the sending side' });
    return makeCheck({ ...common, verdict: 'fail', reason: 'dead: nothing was sent, although this sensor sees the sending zone', remedy });
  }
  const gap = figures.longestGapSeconds;
  const words = `${rateText(figures.bytesPerSecond, main.packets)}, longest gap ${gap === null ? 'below two hours' : `${gap.toPrecision(3)} s`}${figures.delaySeconds === null ? ', delay not observable (both sides are needed)' : `, delay ${figures.delaySeconds.toPrecision(3)} s`}`;
  if (view.unsent?.listened === 0) {
    return makeCheck({ ...common, verdict: 'not-observable', reason: `on the sending side nothing was seen in the last ${plural(view.unsent.hours, 'hour')} in which the receiving gateway sent, and nothing else within ${from} was heard then either; before, ${words}`, remedy: 'listen on the sending side as long as on the receiving one' });
  }
  if (isDead(silence)) return makeCheck({ ...common, verdict: 'fail', reason: `dead: silent for the last ${silence.atEnd} captured hours; before, ${words}`, remedy });
  if (view.hasEndpoints && view.sending !== null && view.receiving === null && vantage.isInside(to)) {
    return makeCheck({ ...common, verdict: 'fail', reason: `it goes in (${words}) and does not come out: nothing was seen from the receiving gateway`, remedy: 'look at the receiving gateway' });
  }
  if (view.unreceived !== null) {
    const { hours, listened } = view.unreceived;
    const since = `nothing was seen from the receiving gateway in the last ${plural(hours, 'hour')} in which it was sent`;
    return listened > 0
      ? makeCheck({ ...common, verdict: 'fail', reason: `it goes in (${words}) and no longer comes out: ${since}, while others of ${to} were heard in ${listened} of them`, remedy: 'look at the receiving gateway' })
      : makeCheck({ ...common, verdict: 'not-observable', reason: `it goes in (${words}), and ${since}; nothing else within ${to} was heard then either`, remedy: 'listen on the receiving side as long as on the sending one' });
  }
  return makeCheck({ ...common, verdict: 'pass', reason: `alive: ${words}` });
};

interface Leaks {
  readonly conversations: readonly { readonly conversation: Conversation; readonly packets: number }[];
  readonly packets: number;
  /** Null where an old store did not count them. */
  readonly payloads: number | null;
  readonly beside: readonly string[];
}

/** Frames whose source lives on the destination's side and whose destination lives on the source's. */
const leaksOf = (context: DiffContext, declared: Diode, legs: Legs, traffic: ReadonlyMap<number, WindowTraffic>): Leaks => {
  const { from, to } = declared.unidirectional;
  const forward = new Set([...legs.direct, ...legs.sending, ...legs.receiving]);
  const conversations: { conversation: Conversation; packets: number }[] = [];
  const beside = new Set<string>();
  let payloads: number | null = 0;
  for (const conversation of context.set.conversations) {
    if (groupAddressKind(conversation.server) !== null || groupAddressKind(conversation.client) !== null) continue;
    const client = context.assets.resolve(conversation.client)?.zone;
    const server = context.assets.resolve(conversation.server)?.zone;
    const isBack = client === to && server === from;
    const isForth = client === from && server === to;
    if (!isBack && !isForth) continue;
    const packets = isBack ? conversation.packets.toServer : conversation.packets.toClient;
    if (packets === 0) continue;
    const permits = [...new Set(context.matcher.judge(conversation).asks.map(({ permit }) => permit))];
    // Beside the diode, by another Permit: the spec says so, and spec check says that it does.
    if (!forward.has(conversation) && permits.every((permit) => permit !== null && permit.unidirectional === null)) {
      for (const permit of permits) beside.add(permit?.permit.id ?? '');
      continue;
    }
    conversations.push({ conversation, packets });
    const answers: number | null = isBack ? conversation.requests : (traffic.get(conversation.id)?.answers ?? null);
    payloads = payloads === null || answers === null ? null : payloads + answers;
  }
  return { conversations, packets: conversations.reduce((sum, one) => sum + one.packets, 0), payloads, beside: [...beside].sort() };
};

const judgeReverse = (context: DiffContext, declared: Diode, leaks: Leaks, figures: DiodeFigures, vantage: Vantage, sensor: SensorOf): Check => {
  const { from, to } = declared.unidirectional;
  const common = { ...about(declared), operation: 'reverse', title: `${declared.permit.id} ${to} -> ${from}: nothing comes back`, diode: figures };
  const beside = leaks.beside.length === 0 ? '' : `; ${leaks.beside.join(', ')} run${leaks.beside.length === 1 ? 's' : ''} beside the diode by a Permit of its own`;
  if (leaks.conversations.length > 0) {
    const ways = leaks.conversations.map(({ conversation }) => `${nameOf(conversation.client, context.assets.resolve(conversation.client))} -> ${nameOf(conversation.server, context.assets.resolve(conversation.server))} ${serviceText(conversation)}`);
    return makeCheck({
      ...common, verdict: 'fail', evidence: evidenceOf(leaks.conversations.map(({ conversation, packets }) => seenWhole(conversation, packets, null)), 'packets', sensor),
      reason: `leaking: ${plural(leaks.packets, 'packet')} came back (${leaks.payloads === null ? 'with or without payload' : `${leaks.payloads} with payload`}): ${firstOf(ways, 4, '; ')}${beside}`,
      remedy: 'a TCP session cannot cross a diode, and neither can a reset: find the path that runs beside it, or the gateway that is none',
    });
  }
  const blind = vantage.blindness(to, from)?.sentence ?? null;
  if (blind !== null) return makeCheck({ ...common, verdict: 'not-observable', reason: blind, remedy: `capture on the ${from} side for at least ${LEAST_HOURS} hours` });
  if (!vantage.seesAnswers(from, to)) return makeCheck({ ...common, verdict: 'not-observable', reason: 'what comes back does not pass this sensor: it sees one direction only', remedy: `mirror both directions on the ${from} side` });
  return makeCheck({ ...common, verdict: 'pass', reason: `no packet of ${to} to ${from} was seen (ARP is not judged)${beside}` });
};
