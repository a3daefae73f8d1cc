/**
 * What the spec's `log` asks of the rule of a Permit: a record when a session begins, when it ends, both or none. A Permit that says
 * nothing is logged as its target always does it. In: a Permit and what a target logs. Out: moments, and what of them is lost.
 */
import type { Capabilities, LogMoment, PlanPermit } from './exporter.ts';

export const LOG_MOMENTS = { none: [], start: ['start'], end: ['end'], both: ['start', 'end'] } as const satisfies Readonly<Record<string, readonly LogMoment[]>>;

/** What a rule that several Permits share has to log: all that any of them asks for. `usual`: what the target logs of one that says nothing. */
export const loggedMoments = (entries: readonly PlanPermit[], usual: readonly LogMoment[]): readonly LogMoment[] =>
  LOG_MOMENTS.both.filter((moment) => entries.some(({ log }) => (log ?? usual).includes(moment)));

const MOMENT_NAMES: Readonly<Record<LogMoment, string>> = { start: 'the start', end: 'the end' };

/** Beside what the rules of a target can log. It lets nothing more through. */
export const unloggedReasons = ({ log }: PlanPermit, { logsStart, logsEnd }: Capabilities): string[] => {
  const lost = (log ?? []).filter((moment) => !(moment === 'start' ? logsStart : logsEnd));
  return lost.length === 0 ? [] : [`${lost.map((moment) => MOMENT_NAMES[moment]).join(' and ')} of its sessions cannot be logged by a rule of this target`];
};

/** Where one rule stands for several Permits, and logs otherwise than this one asks. */
export const sharedLogReasons = ({ log }: PlanPermit, others: readonly PlanPermit[], usual: readonly LogMoment[]): string[] =>
  log === null || loggedMoments(others, usual).join() === log.join() ? [] : [`its sessions are logged as the rule that it shares with ${others.map(({ permit }) => permit.id).join(', ')} does it, not as it asks itself`];
