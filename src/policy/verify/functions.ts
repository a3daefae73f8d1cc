/**
 * Is function code filtering in force: on services that are permitted, is what the Permit leaves out absent or unanswered.
 *
 * In: crossings whose ends and port a Permit fits. Out: checks, one a Permit that limits operations, and one an operation
 * that a device answered although no Permit names it; an exception of the device is an answer, because the request arrived.
 * What nobody asked proves no filter: it is said apart. Left out on purpose: services without a Permit (verify/prohibited.ts).
 */
import { plural } from '../../infer/plural.ts';
import { addTo } from '../../net/multi-map.ts';
import type { DiffContext } from '../diff/context.ts';
import { ofPermit, serviceText } from '../diff/findings.ts';
import { limitsOperations, type AskVerdict } from '../match/match.ts';
import { isLive } from '../spec/permits.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import { makeCheck, type Check, type SensorOf } from './checks.ts';
import { evidenceOf, isOperationMiss, operationOf, seenWhole, unreadAnswers, whoOf, type Crossing, type Seen } from './crossings.ts';
import type { LoggedResult } from './logs.ts';
import type { Vantage } from './vantage.ts';

type OutsideVerdict = 'passed' | 'filtered' | 'unclear';

interface Outside {
  readonly crossing: Crossing;
  readonly asked: AskVerdict;
  readonly verdict: OutsideVerdict;
  readonly answered: number;
  readonly reason: string;
}

/** Requests outside the Permits, of operations that are partly inside (other ranges): how many of them must have been answered. */
const judgeOutside = (crossing: Crossing, asked: AskVerdict, vantage: Vantage): Outside => {
  const { conversation, verdict, client, server } = crossing;
  const { ask } = asked;
  const operation = operationOf(conversation, ask);
  const of = (verdictOf: OutsideVerdict, answered: number, reason: string): Outside => ({ crossing, asked, verdict: verdictOf, answered, reason });
  if (operation === null) return of('unclear', 0, 'the operation could not be read');
  const answers = operation.responses + operation.errors;
  const inside = verdict.asks.filter(({ ask: other, permit }) => permit !== null && operationOf(conversation, other) === operation).reduce((sum, { ask: other }) => sum + other.count, 0);
  if (answers > inside) {
    const answered = Math.min(ask.count === 0 ? answers : ask.count, answers - inside);
    const onlyErrors = operation.responses === 0;
    if (operation.rangesFolded > 0) return of('unclear', answered, 'it asked for more ranges than the store keeps apart: whether this one was asked is not certain');
    return of('passed', answered, onlyErrors ? 'an exception came back, so the request reached the device' : 'the device answered');
  }
  if (!vantage.seesAnswers(client?.zone ?? null, server?.zone ?? null)) return of('unclear', 0, 'answers do not pass this sensor');
  if (unreadAnswers(crossing) !== 0) return of('unclear', 0, 'some answers of this conversation were not read (cut short, or counted by an older store)');
  return of('filtered', 0, 'without answer');
};

const seenOf = ({ crossing, asked, answered, verdict }: Outside): Seen => ({
  conversation: crossing.conversation.id, firstNs: asked.ask.firstNs, lastNs: asked.ask.lastNs, count: asked.ask.count, answered: verdict === 'unclear' ? null : answered,
});

export interface FunctionResult {
  readonly checks: readonly Check[];
  /** Permits that limit operations: whose filter was seen at work, and where nothing outside was asked. */
  readonly filters: { readonly limiting: number; readonly seenAtWork: number; readonly absent: number };
}

export const judgeFunctions = (context: DiffContext, crossings: readonly Crossing[], vantage: Vantage, logged: LoggedResult, sensor: SensorOf): FunctionResult => {
  const checks: Check[] = [];
  const outside = new Map<DeclaredPermit, Outside[]>();
  const readable = new Map<DeclaredPermit, Crossing[]>();
  const unreadable = new Map<DeclaredPermit, Crossing[]>();
  for (const crossing of crossings) {
    const { verdict, conversation } = crossing;
    const limiting = verdict.related.filter((declared) => isLive(declared.permit) && limitsOperations(declared.permit));
    for (const declared of limiting) addTo(conversation.operations.length > 0 ? readable : unreadable, declared, crossing);
    for (const asked of verdict.asks) {
      if (asked.permit !== null || asked.miss === null || !isOperationMiss(verdict, asked.miss.kind)) continue;
      // What was rejected is filtered where the rest of it is permitted.
      const near = (asked.miss.kind === 'rejected' ? limiting[0] : context.permitOf.get(asked.miss.permit)) ?? verdict.related[0];
      addTo(outside, near, judgeOutside(crossing, asked, vantage));
    }
    const { demanding } = verdict;
    if (demanding !== null && crossing.reply === 'answered') {
      checks.push(makeCheck({
        ...ofPermit(demanding), kind: 'function-filter', verdict: 'fail', client: conversation.client, server: conversation.server, operation: verdict.weaker.join(', '),
        title: `${demanding.permit.id}: ${whoOf(crossing)} with ${verdict.weaker.join(' and ')}, which is weaker than declared`,
        reason: 'the server accepts the weaker mode; a filter stops it only where it reads the security policy', remedy: 'switch the weaker endpoint off in the server',
        evidence: evidenceOf([seenWhole(conversation, conversation.requests, crossing.answers)], 'packets', sensor),
      }));
    }
  }

  const filters = { limiting: 0, seenAtWork: 0, absent: 0 };
  for (const declared of context.loaded.permits) {
    const own = outside.get(declared) ?? [];
    for (const one of own) {
      if (one.verdict !== 'passed') continue;
      const { conversation } = one.crossing;
      checks.push(makeCheck({
        ...ofPermit(declared), kind: 'function-filter', verdict: 'fail', client: conversation.client, server: conversation.server, operation: one.asked.ask.text,
        title: `${declared.permit.id}: ${whoOf(one.crossing)}, ${one.asked.ask.text} is not filtered`, reason: `${one.reason}; ${one.asked.miss?.sentence ?? ''}`,
        remedy: 'switch the filter of this conduit to enforce, or correct it: the operation is not in the Permit', evidence: evidenceOf([seenOf(one)], 'packets', sensor),
      }));
    }
    if (!isLive(declared.permit) || !limitsOperations(declared.permit)) continue;
    filters.limiting++;
    const title = `${declared.permit.id} ${declared.permit.from.zone} -> ${declared.permit.to.zone}, ${declared.permit.service.protocol}: only what the Permit names`;
    const unclear = own.filter(({ verdict }) => verdict === 'unclear');
    const filtered = own.filter(({ verdict }) => verdict === 'filtered');
    const listed = (list: readonly Outside[]): string => [...new Set(list.map(({ asked }) => asked.ask.text))].slice(0, 4).join('; ');
    if (own.some(({ verdict }) => verdict === 'passed')) continue;
    if (filtered.length > 0 && unclear.length === 0) {
      filters.seenAtWork++;
      checks.push(makeCheck({ ...ofPermit(declared), kind: 'function-filter', verdict: 'pass', title, reason: `seen at work: ${listed(filtered)} without answer`, evidence: evidenceOf(filtered.map(seenOf), 'packets', sensor) }));
      continue;
    }
    const denied = logged.filtered.get(declared);
    if (denied !== undefined) {
      filters.seenAtWork++;
      checks.push(makeCheck({ ...ofPermit(declared), kind: 'function-filter', verdict: 'pass', title, reason: `seen at work: the firewall blocked ${plural(denied.count, 'request')} by their content`, evidence: denied }));
      continue;
    }
    const used = readable.get(declared) ?? [];
    const dark = unreadable.get(declared) ?? [];
    if (unclear.length > 0 || used.length === 0 || dark.length > 0) {
      checks.push(makeCheck({
        ...ofPermit(declared), kind: 'function-filter', verdict: 'not-observable', title,
        reason: unclear.length > 0 ? `${[...new Set(unclear.map(({ reason }) => reason))].join('; ')} (${listed(unclear)})`
          : dark.length > 0 ? `operations cannot be read on ${dark.length} of its conversations (${[...new Set(dark.map(({ conversation }) => serviceText(conversation)))].slice(0, 3).join(', ')}): encrypted, or never probed` : 'the service was not used',
        remedy: 'test the filter in a maintenance window with a request that changes nothing (verify --plan)',
        evidence: evidenceOf(unclear.map(seenOf), 'packets', sensor),
      }));
      continue;
    }
    filters.absent++;
    checks.push(makeCheck({
      ...ofPermit(declared), kind: 'function-filter', verdict: 'pass', title, reason: 'nothing outside the Permit was asked; the filter itself was not put to the test',
      evidence: evidenceOf(used.map(({ conversation, answers }) => seenWhole(conversation, conversation.requests, answers)), 'packets', sensor),
    }));
  }
  return { checks, filters };
};
