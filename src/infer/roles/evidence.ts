/**
 * The ledger of reasons for one asset: every rule adds points for or against a role, with the sentence a person reads.
 * Points are additive and compare like log-odds; the weights were measured on generated plants (docs/zones.md).
 */
import { type Evidence, type Role, ROLES } from '../proposal.ts';

export interface Ledger {
  readonly scores: Record<Role, number>;
  readonly records: Evidence[];
  /** Finer word for the role, first one wins: `scada`, `opstation`, ... */
  readonly subRoles: Partial<Record<Role, string>>;
}

export function openLedger(): Ledger {
  const scores = {} as Record<Role, number>;
  for (const role of ROLES) scores[role] = 0;
  return { scores, records: [], subRoles: {} };
}

export function record(ledger: Ledger, role: Role, points: number, rule: string, sentence: string): void {
  ledger.scores[role] += points;
  ledger.records.push({ rule, role, points, sentence });
}

/** The same points against several roles. */
export function recordAgainst(ledger: Ledger, roles: readonly Role[], points: number, rule: string, sentence: string): void {
  for (const role of roles) record(ledger, role, points, rule, sentence);
}

export interface Verdict {
  readonly role: Role;
  readonly runnerUp: Role;
  readonly behindBy: number;
  /** Softmax of the winner, before calibration. */
  readonly share: number;
}

/** Highest score wins; ties go to the role that stands first in the list. */
export function judge(scores: Readonly<Record<Role, number>>): Verdict {
  let role: Role = ROLES[0];
  for (const candidate of ROLES) if (scores[candidate] > scores[role]) role = candidate;
  let runnerUp: Role = role === ROLES[0] ? ROLES[1] : ROLES[0];
  for (const candidate of ROLES) if (candidate !== role && scores[candidate] > scores[runnerUp]) runnerUp = candidate;
  let total = 0;
  for (const candidate of ROLES) total += Math.exp(scores[candidate] - scores[role]);
  return { role, runnerUp, behindBy: scores[role] - scores[runnerUp], share: 1 / total };
}
