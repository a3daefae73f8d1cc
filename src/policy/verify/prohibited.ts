/**
 * Is what is prohibited blocked: every pair of zones, beyond its Permits, silent or refused.
 *
 * In: crossings, what the sensor could see. Out: one check a pair of zones that holds or cannot be judged, and one a
 * conversation that got through. An attempt that nobody answered was blocked only where an answer would have been seen, and
 * only if it was not seen on the other side. Left out on purpose: operations within a permitted service (verify/functions.ts).
 */
import { firstOf, plural } from '../../infer/plural.ts';
import { addTo, addToSet } from '../../net/multi-map.ts';
import { REFUSAL_FACT, type Conversation } from '../../observation.ts';
import type { DiffContext } from '../diff/context.ts';
import { serviceText } from '../diff/findings.ts';
import { isDirectionSure } from '../diff/observed.ts';
import { isLive } from '../spec/permits.ts';
import { createSetAside } from '../spec/set-aside.ts';
import { makeCheck, type Check, type SensorOf, type Verdict } from './checks.ts';
import { evidenceOf, isOperationMiss, seenWhole, whoOf, type Crossing, type Seen } from './crossings.ts';
import { diodeFlows } from './diode.ts';
import type { LoggedResult } from './logs.ts';
import { BLIND_REMEDY, MOST_ZONES_APART, sumSilent } from './silent-paths.ts';
import type { Vantage } from './vantage.ts';

/** Nothing of it is permitted by its ends, its port or its time. */
const isProhibited = ({ verdict }: Crossing): boolean =>
  verdict.asks.some(({ permit, miss }) => permit === null && (miss === null || !isOperationMiss(verdict, miss.kind)));

const seenOf = ({ conversation, reply, answers }: Crossing): Seen =>
  seenWhole(conversation, Math.max(conversation.requests, conversation.sessions, 1), reply === 'silent' || reply === 'refused' ? 0 : answers);

interface Attempt {
  readonly verdict: Verdict;
  readonly reason: string;
}

/** What administrators forbid is refused by codes of its own (RFC 1812 clause 5.2.7.1, RFC 4443 section 3.1). */
const PROHIBITED_CODES: Readonly<Record<'v4' | 'v6', readonly string[]>> = { v4: ['9', '10', '13'], v6: ['1', '5', '6'] };

/**
 * An error with the device's own address, which says that nobody listens there: so it arrived, unless a bridge refused it in the
 * device's name (as nftables does in the bridge family).
 */
const isRefusedByServer = ({ server, facts }: Conversation): boolean =>
  facts.some(({ name, value }) => {
    const [, code = '', from = ''] = /code (\d+) from (\S+)$/.exec(name === REFUSAL_FACT ? value : '') ?? [];
    return from === server && !PROHIBITED_CODES[server.includes(':') ? 'v6' : 'v4'].includes(code);
  });

const judgeAttempt = (context: DiffContext, crossing: Crossing, vantage: Vantage): Attempt => {
  const { conversation, client, server, reply } = crossing;
  const clientZone = client?.zone ?? null;
  const serverZone = server?.zone ?? null;
  const isReversed = clientZone !== null && serverZone !== null && context.matcher.fitting(conversation.server, conversation.client, conversation.transport, conversation.port).some(({ permit }) => isLive(permit));
  if (isReversed && !isDirectionSure(conversation)) return { verdict: 'not-observable', reason: 'the reverse is permitted, and the sensor joined midstream: who opened it is not certain' };
  if (reply === 'answered') return { verdict: 'fail', reason: 'answered' };
  if (reply === 'accepted') return { verdict: 'fail', reason: 'the connection was accepted' };
  if (reply === 'unclear') return { verdict: 'not-observable', reason: 'something came back, and the store cannot tell a reset from an answer here' };
  if (reply === 'refused' && conversation.packets.toClient === 0 && isRefusedByServer(conversation))
    return { verdict: 'not-observable', reason: 'an ICMP error came back from the device\'s own address: it arrived there, or a bridge refused it in its name' };
  const arrived = vantage.arrived(conversation);
  if (arrived === 'yes') return { verdict: 'fail', reason: 'nobody answered, but it was seen on the VLAN of the server\'s zone: nothing blocked it' };
  if (arrived === 'maybe') return { verdict: 'not-observable', reason: 'nobody answered, but it was seen behind a router: it may have passed the filter' };
  if (!vantage.seesAnswers(clientZone, serverZone)) return { verdict: 'not-observable', reason: 'answers do not pass this sensor' };
  if (conversation.transport !== 'tcp' && reply === 'silent') return { verdict: 'not-observable', reason: 'datagrams were sent, and need no answer: whether they arrive, this sensor cannot see' };
  return { verdict: 'pass', reason: reply === 'refused' ? (conversation.packets.toClient > 0 ? 'reset' : 'refused by ICMP') : 'without answer' };
};

const LISTED = 4;

const listed = (crossings: readonly Crossing[]): string => {
  const texts = [...new Set(crossings.map((one) => `${whoOf(one)} ${serviceText(one.conversation)}`))];
  return firstOf(texts, LISTED, '; ');
};

/** By the zone that asks: zones on the way to which something is permitted, or something happened. */
const eventfulPaths = ({ loaded, zoneOf }: DiffContext, happened: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> => {
  const eventful = new Map<string, Set<string>>();
  for (const { permit } of loaded.permits) if (isLive(permit)) addToSet(eventful, permit.from.zone, permit.to.zone);
  for (const path of happened) {
    const [from, to] = path.split('\n');
    if (zoneOf.has(from) && zoneOf.has(to)) addToSet(eventful, from, to);
  }
  return eventful;
};

export interface ProhibitedResult {
  readonly checks: readonly Check[];
  /** Ordered pairs of declared zones. */
  readonly paths: { readonly total: number; readonly blocked: number; readonly notObservable: number; readonly open: number };
}

export const judgeProhibited = (context: DiffContext, crossings: readonly Crossing[], vantage: Vantage, logged: LoggedResult, sensor: SensorOf): ProhibitedResult => {
  const checks: Check[] = [];
  const setAside = createSetAside(context.loaded.spec);
  const held = new Map<string, { crossing: Crossing; attempt: Attempt }[]>();
  const open = new Set(logged.open);
  const isDiodeFlow = diodeFlows(context);
  for (const crossing of crossings) {
    if (!isProhibited(crossing) || isDiodeFlow(crossing.conversation)) continue;
    const { conversation, client, server, verdict } = crossing;
    const path = `${client?.zone ?? ''}\n${server?.zone ?? ''}`;
    const attempt = judgeAttempt(context, crossing, vantage);
    if (attempt.verdict !== 'fail') {
      addTo(held, path, { crossing, attempt });
      continue;
    }
    open.add(path);
    const misses = [...new Set(verdict.asks.flatMap(({ miss }) => miss?.sentence ?? []))].slice(0, 2).join('; ');
    const aside = setAside(conversation);
    checks.push(makeCheck({
      kind: 'prohibited', verdict: 'fail', fromZone: client?.zone ?? null, toZone: server?.zone ?? null, client: conversation.client, server: conversation.server, service: serviceText(conversation),
      conduit: context.conduitOf(client?.zone, server?.zone),
      permit: verdict.asks.find(({ miss }) => miss !== null)?.miss?.permit ?? null,
      title: `${client?.zone ?? 'undeclared'} -> ${server?.zone ?? 'undeclared'}: ${whoOf(crossing)}, ${serviceText(conversation)} gets through`,
      reason: `${attempt.reason}; ${misses === '' ? 'nothing permits it' : misses}${aside === null ? '' : `; it was set aside as "${aside.entry.reason}", which permits nothing`}`,
      remedy: 'find the rule or the cable that lets it through and close it; if the process needs it, declare a Permit with an owner',
      evidence: evidenceOf([seenOf(crossing)], 'packets', sensor),
    }));
  }

  const zones = context.loaded.spec.zones.map(({ zone_id }) => zone_id);
  const paths = { total: zones.length * (zones.length - 1), blocked: 0, notObservable: 0, open: 0 };
  const apart = zones.length > MOST_ZONES_APART ? eventfulPaths(context, [...held.keys(), ...open, ...logged.blocked.keys()]) : null;
  for (const from of zones) {
    const silent = sumSilent(from, apart === null ? [] : zones.filter((to) => to !== from && apart.get(from)?.has(to) !== true), vantage);
    checks.push(...silent.checks);
    paths.blocked += silent.blocked;
    paths.notObservable += silent.notObservable;
    for (const to of apart === null ? zones : (apart.get(from) ?? [])) {
      if (from === to) continue;
      const path = `${from}\n${to}`;
      const attempts = held.get(path) ?? [];
      const doubtful = attempts.filter(({ attempt }) => attempt.verdict === 'not-observable');
      const blocked = attempts.filter(({ attempt }) => attempt.verdict === 'pass');
      const permits = context.matcher.between(from, to).filter(({ permit }) => isLive(permit));
      const title = `${from} -> ${to}: ${permits.length === 0 ? 'nothing is permitted' : `nothing beyond ${firstOf(permits.map(({ permit }) => permit.id), LISTED)}`}`;
      const common = { kind: 'prohibited' as const, fromZone: from, toZone: to, title, conduit: permits.at(0)?.permit.conduit ?? null };
      if (open.has(path)) paths.open++;
      const denied = logged.blocked.get(path);
      if (denied !== undefined) checks.push(makeCheck({ ...common, verdict: 'pass', reason: `the firewall denied ${plural(denied.count, 'attempt')}`, evidence: denied }));
      // What its log says it denied did not arrive, whatever this sensor could not see.
      if (denied !== undefined && !open.has(path)) {
        paths.blocked++;
        continue;
      }
      if (doubtful.length > 0) {
        checks.push(makeCheck({
          ...common, verdict: 'not-observable', reason: `${plural(doubtful.length, 'attempt')} could not be judged: ${[...new Set(doubtful.map(({ attempt }) => attempt.reason))].join('; ')} (${listed(doubtful.map(({ crossing }) => crossing))})`,
          remedy: 'import the firewall\'s log, or listen on the other side', evidence: evidenceOf(doubtful.map(({ crossing }) => seenOf(crossing)), 'packets', sensor),
        }));
      }
      if (open.has(path)) continue;
      const blind = vantage.blindness(from, to);
      if (blind !== null && blocked.length === 0) {
        if (doubtful.length === 0) checks.push(makeCheck({ ...common, verdict: 'not-observable', reason: blind.sentence, remedy: BLIND_REMEDY }));
        paths.notObservable++;
      } else if (doubtful.length > 0) paths.notObservable++;
      else {
        paths.blocked++;
        const { heard, declared } = vantage.heardOf(from);
        checks.push(makeCheck({
          ...common, verdict: 'pass',
          reason: blocked.length > 0 ? `${plural(blocked.length, 'attempt')}, none got through (${[...new Set(blocked.map(({ attempt }) => attempt.reason))].join(', ')}): ${listed(blocked.map(({ crossing }) => crossing))}` : `silent: nobody tried (${heard} of ${declared} assets of ${from} were heard)`,
          evidence: evidenceOf(blocked.map(({ crossing }) => seenOf(crossing)), 'packets', sensor),
        }));
      }
    }
  }
  // Attempts from or to what the spec does not know.
  for (const [path, attempts] of [...held].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [from, to] = path.split('\n');
    if (context.zoneOf.has(from) && context.zoneOf.has(to)) continue;
    const doubtful = attempts.filter(({ attempt }) => attempt.verdict === 'not-observable');
    if (doubtful.length === 0) continue;
    checks.push(makeCheck({
      kind: 'prohibited', verdict: 'not-observable', fromZone: from === '' ? null : from, toZone: to === '' ? null : to, title: `${from === '' ? 'undeclared' : from} -> ${to === '' ? 'undeclared' : to}: attempts`,
      reason: `${[...new Set(doubtful.map(({ attempt }) => attempt.reason))].join('; ')} (${listed(doubtful.map(({ crossing }) => crossing))})`, remedy: 'import the firewall\'s log, or declare the address',
      evidence: evidenceOf(doubtful.map(({ crossing }) => seenOf(crossing)), 'packets', sensor),
    }));
  }
  return { checks, paths };
};
