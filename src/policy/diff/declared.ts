/**
 * Permits that the Observations do not bear out: never used, wider than used, or against a rule by themselves.
 *
 * In: the context of a diff and which Permit let what through. Out: findings. What this sensor could not have seen is
 * never called unused: it is `insufficient-evidence`, with what is missing. A width that a stated rule gave a Permit on
 * purpose is not a finding. Left out on purpose: traffic without a Permit (diff/observed.ts).
 */
import { plural } from '../../infer/plural.ts';
import { isOneSided } from '../../infer/unheard.ts';
import { parseSet, setsMeet, type AddressSet } from '../../net/address-set.ts';
import { isoDay } from '../../net/time.ts';
import type { DiffContext } from './context.ts';
import type { ObservedResult } from './observed.ts';
import { capturedDaysOf, endedDaysAgo } from '../../infer/captured-days.ts';
import { makeFinding, ofRule, permitTitle, type Finding } from './findings.ts';
import { isWholeZone, type Permit, type PermitEnd } from '../../permit.ts';
import { remainderOf } from './permit-use.ts';
import { isLive } from '../spec/permits.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import { hasWindow, hourFits, windowText } from '../spec/schedule.ts';
import { coZonedSafety, crossingRequirement, permitsChange, REQUIREMENTS } from './requirements.ts';

/** Who was heard, as the ends of Permits name them. */
export interface Heard {
  readonly zones: ReadonlySet<string>;
  /** Ids. */
  readonly assets: ReadonlySet<string>;
  readonly addresses: AddressSet;
}

export const heardOf = ({ assets }: DiffContext, addresses: readonly string[]): Heard => {
  const found = addresses.flatMap((address) => assets.resolve(address) ?? []);
  return { zones: new Set(found.map(({ zone }) => zone)), assets: new Set(found.flatMap(({ asset }) => asset?.id ?? [])), addresses: parseSet(addresses) };
};

/** Whether this sensor ever heard anybody who belongs to one end of a Permit. */
export const endHeard = (end: PermitEnd, heard: Heard): boolean =>
  isWholeZone(end) ? heard.zones.has(end.zone) : end.assets.some((id) => heard.assets.has(id)) || setsMeet(parseSet(end.addresses), heard.addresses);

/** The share beyond which a sensor that did not see something proves nothing. */
const DEAF_HOURS = 0.1;

const sensorDoubts = ({ set: { sensor }, heard }: DiffContext): string[] => [
  ...(sensor.deafHours.length > DEAF_HOURS * sensor.hours.length ? [`${sensor.deafHours.length} of ${sensor.hours.length} hours were heard badly: packets were lost, or nobody listened`] : []),
  ...(isOneSided(heard) ? [`${heard.fromOneEnd} of ${heard.conversations} TCP conversations with data were heard one way only: the mirror port does not show everything`] : []),
];

/** Somebody who listens by day hears no job of the night. */
const isWindowHeard = ({ set: { sensor }, matcher }: DiffContext, { conditions }: Permit): boolean => {
  const deaf = new Set(sensor.deafHours);
  return sensor.hours.some((hour) => !deaf.has(hour) && hourFits(conditions, hour, matcher.timezone));
};

const judgeUnused = (context: DiffContext, declared: DeclaredPermit, heard: Heard, days: readonly number[], minDays: number): Finding => {
  const { permit } = declared;
  const reasons: string[] = [];
  if (!endHeard(permit.from, heard)) reasons.push(`this sensor never heard anybody of the client side (${permit.from.assets.join(', ') || permit.from.zone})`);
  if (!endHeard(permit.to, heard)) reasons.push(`this sensor never heard anybody of the server side (${permit.to.assets.join(', ') || permit.to.zone})`);
  if (days.length < minDays) reasons.push(`only ${days.length} of the ${minDays} days were captured that it takes to call a Permit unused`);
  if (hasWindow(permit.conditions) && !isWindowHeard(context, permit)) reasons.push(`nothing was captured within its schedule, ${windowText(permit.conditions, context.matcher.timezone)}`);
  reasons.push(...sensorDoubts(context));
  const what = permitTitle(declared);
  if (reasons.length > 0) {
    return makeFinding({
      ...ofRule(context.loaded, declared), type: 'insufficient-evidence', severity: 'info', key: [permit.id],
      title: `${what} was not seen, and could not have been`,
      detail: `${reasons.join('; ')}.`.replace(/^./, (first) => first.toUpperCase()),
      remedy: 'listen at that place, or for longer, before removing or enforcing the Permit',
    });
  }
  return makeFinding({
    ...ofRule(context.loaded, declared), type: 'unused-permit', severity: permitsChange(declared) ? 'medium' : 'low', key: [permit.id],
    title: `${what} was never used in ${plural(days.length, 'day')}`,
    detail: 'Both sides were heard, so it would have been seen.',
    remedy: 'remove it, or say in "purpose" which seldom job needs it and make it on_demand',
  });
};

/** Who was heard after a day; rules that ended together share the answer. */
const heardAfter = (context: DiffContext): ((day: number) => Heard) => {
  const known = new Map<number, Heard>();
  return (day) => {
    const held = known.get(day);
    if (held !== undefined) return held;
    const later = context.set.conversations.flatMap(({ client, server, packets, days }) => ((days.at(-1)?.day ?? 0) <= day ? [] : [...(packets.toServer > 0 ? [client] : []), ...(packets.toClient > 0 ? [server] : [])]));
    const heard = heardOf(context, [...new Set(later)]);
    known.set(day, heard);
    return heard;
  };
};

/** Used at first, and not since: as by a laptop that was there to commission. An open question asks that already. */
const judgeEnded = (context: DiffContext, declared: DeclaredPermit, used: readonly number[], captured: readonly number[], after: (day: number) => Heard): Finding | null => {
  const { permit } = declared;
  const silent = permit.decision === 'pending' ? 0 : endedDaysAgo(used, captured);
  const last = used.at(-1);
  if (silent === 0 || last === undefined) return null;
  const heard = after(last);
  const gone = ([['client', permit.from], ['server', permit.to]] as const).flatMap(([side, end]) => (endHeard(end, heard) ? [] : [side]));
  const doubts = [...(gone.length === 2 ? ['nobody of either side was heard since, so the mirror port may show another part of the plant now'] : []), ...sensorDoubts(context)];
  const who = gone.length === 1 ? `nobody of the ${gone[0]} side was heard since` : gone.length === 0 ? 'both sides were heard since' : '';
  return makeFinding({
    ...ofRule(context.loaded, declared), type: 'ended-permit', severity: doubts.length > 0 ? 'info' : permitsChange(declared) ? 'medium' : 'low', key: [permit.id],
    title: `${permitTitle(declared)} was not used in the last ${plural(silent, 'day')}`,
    detail: `${[`Used on ${plural(used.length, 'day')}, last on ${isoDay(last)}`, who, ...doubts].filter((words) => words !== '').join('; ')}.`,
    remedy: 'if it belonged to commissioning or to a repair, make it on_demand or remove it before it is enforced; else say in "purpose" when it is needed again',
  });
};

/** Hours are known, not which of an hour's requests: what ran through the window and beyond it counts as outside. */
const judgeOffSchedule = (context: DiffContext, declared: DeclaredPermit): Finding => makeFinding({
  ...ofRule(context.loaded, declared), type: 'insufficient-evidence', severity: 'info', key: [declared.permit.id],
  title: `${permitTitle(declared)} was seen outside its schedule only, or on both sides of its edge`,
  detail: 'What it permits was asked, at times that the schedule does not hold all of. Whether it is used within the schedule as well cannot be told apart.',
  remedy: 'judge what was seen outside first: widen the schedule, or stop it',
});

const judgePermit = (context: DiffContext, declared: DeclaredPermit): Finding | null => {
  const from = context.kinds.get(declared.permit.from.zone);
  const to = context.kinds.get(declared.permit.to.zone);
  if (from === undefined || to === undefined || declared.permit.decision !== 'approved') return null;
  const requirement = crossingRequirement(from, to, permitsChange(declared));
  if (requirement === null || declared.acceptedRisks.includes(requirement.id)) return null;
  return makeFinding({
    ...ofRule(context.loaded, declared), type: 'requirement-violation', severity: requirement.severity, requirement: requirement.id, key: [declared.permit.id, requirement.id],
    title: `${declared.permit.id} approves what a rule forbids: ${requirement.sentence}`,
    detail: `${requirement.citation}. ${declared.permit.from.zone} -> ${declared.permit.to.zone}, ${declared.permit.service.protocol}.`,
    remedy: `${requirement.remedy}; or write accepted_risks: ["${requirement.id}"] with an owner`,
  });
};

/** `minDays` is how long one must have listened before silence means anything. */
export const judgeDeclared = (context: DiffContext, { uses, offSchedule, nearly }: Pick<ObservedResult, 'uses' | 'offSchedule' | 'nearly'>, minDays: number): Finding[] => {
  const findings: Finding[] = [];
  const days = capturedDaysOf(context.set);
  const heard = heardOf(context, [...new Set(context.set.conversations.flatMap((one) => (one.packets.toClient > 0 ? [one.client, one.server] : [one.client])))]);
  const lastDay = days.at(-1);
  const after = heardAfter(context);
  for (const declared of context.loaded.permits) {
    const { permit } = declared;
    if (!isLive(permit)) continue;
    const violation = judgePermit(context, declared);
    if (violation !== null) findings.push(violation);
    if (permit.conditions.onDemand) continue;
    const use = uses.get(declared);
    const isOver = permit.conditions.expires !== null && lastDay !== undefined && isoDay(lastDay) > permit.conditions.expires;
    if (use === undefined) {
      // Proposed for a partner or a group member that was never seen to do it: its own absence says nothing.
      const isInsurance = permit.evidence?.days === 0 && permit.evidence.generalisedBy.length > 0;
      if (!isOver && !isInsurance && !nearly.has(declared)) findings.push(offSchedule.has(declared) ? judgeOffSchedule(context, declared) : judgeUnused(context, declared, heard, days, minDays));
      continue;
    }
    // Days are put together only where that may tell something: nearly every rule was used on the last one.
    const isOngoing = use.verdicts.some(({ ask }) => ask.days.at(-1) === lastDay);
    const ended = isOver || isOngoing ? null : judgeEnded(context, declared, [...new Set(use.verdicts.flatMap(({ ask }) => ask.days))].sort((a, b) => a - b), days, after);
    if (ended !== null) findings.push(ended);
    if ((permit.evidence?.generalisedBy.length ?? 0) > 0 || days.length < minDays) continue;
    const { idle, change } = remainderOf(context, use, offSchedule.get(declared), nearly.get(declared));
    if (idle.length === 0) continue;
    findings.push(makeFinding({
      ...ofRule(context.loaded, declared), type: 'wider-than-observed', severity: change ? 'medium' : 'low', key: [permit.id],
      title: `${permit.id} lets through more than was seen in ${plural(days.length, 'day')}`,
      detail: `Never used: ${idle.join('; ')}.`,
      remedy: 'narrow it to what is used, or say in "purpose" what needs the rest',
    }));
  }
  for (const { zone, zoneIndex, safety, others } of coZonedSafety(context.loaded.spec, context.kinds)) {
    findings.push(makeFinding({
      type: 'requirement-violation', severity: REQUIREMENTS.safetyZone.severity, requirement: REQUIREMENTS.safetyZone.id, key: [zone, REQUIREMENTS.safetyZone.id],
      title: `${zone}: ${REQUIREMENTS.safetyZone.sentence}`, detail: `${REQUIREMENTS.safetyZone.citation}. Safety: ${safety.slice(0, 6).join(', ')}; others: ${others.slice(0, 6).join(', ')}.`, remedy: REQUIREMENTS.safetyZone.remedy,
      fromZone: zone, place: context.loaded.locate(['zones', zoneIndex]),
    }));
  }
  return findings;
};
