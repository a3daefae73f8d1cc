/**
 * The declared against the observed, in both directions.
 *
 * In: a spec and what was observed, put together (context.ts). Out: findings in a stable order, and what was looked at and set aside, so that
 * no conversation is unaccounted for. Traffic within a zone needs no Permit; group addresses that no router carries are
 * counted, not judged. Left out on purpose: output (render/) and exit codes (main.ts).
 */
import type { LoggedAttempt, ObservationSet } from '../../observation.ts';
import { contextOf, type DiffContext } from './context.ts';
import { judgeDeclared } from './declared.ts';
import { judgeLogged, type LoggedResult } from './logged.ts';
import { judgeObserved } from './observed.ts';
import type { ObservedResult, SetAsideUse } from './observed.ts';
import { mergeFindings, sortFindings } from './findings.ts';
import type { Finding } from './findings.ts';
import type { LoadedSpec } from '../spec/load.ts';

export interface DiffOptions {
  /** Only what touches this zone. */
  readonly zone?: string;
  /** Only this conduit. */
  readonly conduit?: string;
  /** Days of capture before silence means anything; 14 unless told. */
  readonly minDays?: number;
  /** What firewalls logged. */
  readonly logged?: readonly LoggedAttempt[];
}

export interface DiffReport {
  readonly findings: readonly Finding[];
  /** How the Permits were used that were. */
  readonly uses: ObservedResult['uses'];
  readonly setAside: readonly SetAsideUse[];
  /** Permits that let traffic through and wait for a decision, with the question they raise. */
  readonly pending: readonly { readonly permit: string; readonly conversations: number }[];
  readonly counts: ObservedResult['counts'];
  /** Null without a firewall's log. */
  readonly logged: Omit<LoggedResult, 'findings'> | null;
}

const DEFAULT_MIN_DAYS = 14;

/** Where only a part of the time is in scope, no Permit is called unused. */
export const diffReport = (context: DiffContext, options: DiffOptions = {}): DiffReport => {
  const observed = judgeObserved(context);
  const declared = context.sinceNs === undefined ? judgeDeclared(context, observed, options.minDays ?? DEFAULT_MIN_DAYS) : [];
  const wanted = (finding: Finding): boolean =>
    (options.zone === undefined || finding.fromZone === options.zone || finding.toZone === options.zone) && (options.conduit === undefined || finding.conduit === options.conduit);
  const attempts = options.logged ?? [];
  const logged = attempts.length === 0 ? null : judgeLogged(context, attempts, observed.findings);
  const findings = sortFindings(mergeFindings([...observed.findings, ...declared, ...(logged?.findings ?? [])].filter(wanted)));
  const kept = new Set(findings.map((finding) => finding.id));
  return {
    findings,
    uses: observed.uses,
    setAside: observed.setAside,
    pending: [...observed.uses.values()].filter(({ declared: one }) => one.permit.decision === 'pending').map(({ declared: one, conversations }) => ({ permit: one.permit.id, conversations: conversations.length })),
    counts: observed.counts,
    logged: logged === null ? null : loggedWithin(logged, kept),
  };
};

const loggedWithin = ({ decisions, disagreements, rules, days, counts }: LoggedResult, kept: ReadonlySet<string>): DiffReport['logged'] => ({
  decisions: decisions.filter(({ finding }) => kept.has(finding)), disagreements: disagreements.filter(({ finding }) => kept.has(finding)), rules, days, counts,
});

/** @param sinceNs only what was seen at or after this instant is in scope */
export const diffSpec = (loaded: LoadedSpec, set: ObservationSet, { sinceNs, ...options }: DiffOptions & { readonly sinceNs?: bigint } = {}): readonly Finding[] =>
  diffReport(contextOf(loaded, set, sinceNs), options).findings;
