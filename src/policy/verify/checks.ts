/**
 * Checks: the typed lines of a verification, stable enough for tools to follow from run to run.
 *
 * In: what was judged, on which evidence. Out: checks with an id that depends on what they are about and not on counts or
 * times, in a stable order, and their sums. What could not be judged is `not-observable`, never `pass`.
 */
import { createHash } from 'node:crypto';
import { readingOrder } from '../../net/text-order.ts';

export type Verdict = 'pass' | 'fail' | 'not-observable';

const VERDICTS: readonly Verdict[] = ['fail', 'not-observable', 'pass'];

/** Does the permitted work, is the prohibited blocked, are operations filtered, does a diode pass one way only. */
export const CHECK_KINDS = ['permitted', 'prohibited', 'function-filter', 'diode'] as const;
export type CheckKind = (typeof CHECK_KINDS)[number];

/** What was seen, where, and when. Instants are ISO 8601; null where nothing has a time. */
export interface CheckEvidence {
  /** Frames of a capture, records of a firewall's log, or our own probes in a maintenance window. */
  readonly source: 'packets' | 'firewall-log' | 'probe';
  readonly first: string | null;
  readonly last: string | null;
  /** Requests, attempts or packets. */
  readonly count: number;
  /** How many of them were answered; null where that cannot be told. */
  readonly answered: number | null;
  /** Conversations (client, server, service) that it sums. */
  readonly conversations: number;
  /** The captures that ran while it was seen, the firewall or the operator that it comes from. */
  readonly sensor: string;
}

/** In a few words: which captures ran in this time; all of them where it has none. */
export type SensorOf = (firstNs: bigint | null, lastNs: bigint | null) => string;

export interface DiodeFigures {
  /** Packets and octets on the wire from source to destination side. */
  readonly packets: number;
  readonly bytes: number;
  readonly bytesPerSecond: number | null;
  readonly longestGapSeconds: number | null;
  /** From the sending to the receiving side; null unless both were seen. */
  readonly delaySeconds: number | null;
  readonly reversePackets: number;
  readonly reversePayloads: number | null;
}

export interface Check {
  readonly id: string;
  readonly kind: CheckKind;
  readonly verdict: Verdict;
  /** One line: what was judged. */
  readonly title: string;
  /** Why the verdict, and how sure. */
  readonly reason: string;
  /** What to do; empty when it holds. */
  readonly remedy: string;
  readonly conduit: string | null;
  readonly permit: string | null;
  readonly fromZone: string | null;
  readonly toZone: string | null;
  readonly client: string | null;
  readonly server: string | null;
  readonly service: string | null;
  readonly operation: string | null;
  readonly evidence: CheckEvidence | null;
  readonly diode: DiodeFigures | null;
}

type About = Pick<Check, 'kind' | 'verdict' | 'title' | 'reason'>;

/** Everything that is not said is not known. */
export const makeCheck = (draft: About & Partial<Omit<Check, 'id'>>): Check => {
  const full = {
    remedy: '', conduit: null, permit: null, fromZone: null, toZone: null, client: null, server: null, service: null, operation: null, evidence: null, diode: null, ...draft,
  };
  const key = [full.kind, full.permit, full.fromZone, full.toZone, full.client, full.server, full.service, full.operation, full.evidence?.source ?? null, full.evidence === null ? full.title : null];
  return { ...full, id: createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 12) };
};

export interface VerdictCounts {
  readonly pass: number;
  readonly fail: number;
  readonly notObservable: number;
}

export const countVerdicts = (checks: readonly Check[]): VerdictCounts => {
  const of = (verdict: Verdict): number => checks.filter((check) => check.verdict === verdict).length;
  return { pass: of('pass'), fail: of('fail'), notObservable: of('not-observable') };
};

export const sortChecks = (checks: readonly Check[]): Check[] => {
  const order = readingOrder({ numeric: true });
  return [...checks].sort((a, b) =>
    VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict)
    || CHECK_KINDS.indexOf(a.kind) - CHECK_KINDS.indexOf(b.kind)
    || order(a.fromZone, b.fromZone)
    || order(a.toZone, b.toZone)
    || order(a.permit, b.permit)
    || order(a.client, b.client)
    || order(a.server, b.server)
    || order(a.operation, b.operation)
    || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
};
