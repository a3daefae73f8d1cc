/**
 * Whether what no rule speaks of (permit-rest.ts) belongs into a spec that people work on.
 *
 * In: the spec, who is who, and what was observed. Out: answers about parts of Permits. Left out on purpose: the writing (spec-update.ts).
 */
import type { Conversation, ObservationSet } from '../observation.ts';
import { addTo } from '../net/multi-map.ts';
import type { Permit } from '../permit.ts';
import { createMatcher } from './match.ts';
import { zonesOf } from './permit-rest.ts';
import type { AssetIndex } from './spec-assets.ts';
import type { LoadedSpec } from './spec-load.ts';

/**
 * Whether a Permit by the same stated rules stands in the spec already: what it does not let through, a person has taken out
 * of it. What rules foresee for the first time is proposed.
 */
export function foresightOf({ permits }: LoadedSpec): (part: Permit) => boolean {
  const byZones = new Map<string, Permit[]>();
  for (const { permit } of permits) if ((permit.evidence?.generalisedBy.length ?? 0) > 0) addTo(byZones, zonesOf(permit), permit);
  const meets = (a: readonly string[], b: readonly string[]): boolean => a.length === 0 || b.length === 0 || a.some((id) => b.includes(id));
  return (part) => {
    const rules = part.evidence?.generalisedBy ?? [];
    return rules.length === 0 || (byZones.get(zonesOf(part)) ?? []).some((held) =>
      held.service.transport === part.service.transport && held.service.ports.some(({ first, last }) => part.service.ports.some((port) => first <= port.last && port.first <= last)) &&
      (meets(held.from.assets, part.from.assets) || meets(held.to.assets, part.to.assets)) && rules.every((rule) => held.evidence?.generalisedBy.includes(rule)));
  };
}

/** Whether something that was seen, and that no rule lets through, needs a Permit. */
export function needOf(loaded: LoadedSpec, assets: AssetIndex, set: ObservationSet): (part: Permit, witnesses: readonly number[]) => boolean {
  const timezone = loaded.spec.timezone ?? 'UTC';
  const declared = createMatcher(loaded.permits, assets, timezone);
  const conversations = new Map(set.conversations.map((one) => [one.id, one]));
  const missedBy = new Map<number, ReadonlySet<string>>();
  const missed = (conversation: Conversation): ReadonlySet<string> => {
    let held = missedBy.get(conversation.id);
    if (held === undefined) missedBy.set(conversation.id, (held = new Set(declared.judge(conversation).asks.flatMap(({ ask, permit }) => (permit === null ? [ask.text] : [])))));
    return held;
  };
  return (part, witnesses) => {
    const alone = createMatcher([{ permit: part, path: [], unidirectional: null, acceptedRisks: [], purposeTexts: [], limits: null, notUnderstood: [] }], assets, timezone);
    return witnesses.some((id) => {
      const conversation = conversations.get(id);
      return conversation !== undefined && missed(conversation).size > 0 && alone.judge(conversation).asks.some(({ ask, permit }) => permit !== null && missed(conversation).has(ask.text));
    });
  };
}
