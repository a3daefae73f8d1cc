/**
 * What a plant does seldom, and whether the capture has been there when it did. In: the plant with its roles. Out: the regimes,
 * each with a sentence. Left out on purpose: how much of what is still to come is new (species-estimate.ts).
 */
import { addToSet } from '../net/multi-map.ts';
import { isEngineering } from './activity.ts';
import { endsMonth } from './captured-days.ts';
import { isWeekend } from './conduits/regimes.ts';
import type { Inference } from './inference.ts';
import { plural } from './plural.ts';
import type { Profile } from './profiles.ts';
import type { Regime } from './proposal.ts';

/**
 * Who may take over and never did, in sentences. A heartbeat that both sides open is a pair's (conduits/plan.ts); one that only one
 * side opens looks as an operator's place at its server does, and of several of those none is taken for a standby.
 */
function idleStandbys({ plant, decisions }: Inference): string[] {
  const idleBy = (...rules: readonly string[]): Profile[] =>
    plant.profiles.filter(({ index, controlOut }) => controlOut.length === 0 && decisions[index]!.evidence.some(({ rule }) => rules.includes(rule)));
  const known = idleBy('standby', 'scada-heartbeat').map(({ asset }) => asset.id);
  const byServer = new Map<number, Set<string>>();
  for (const { asset, out } of idleBy('scada-session')) {
    for (const { server } of out) {
      if (decisions[server]!.role === 'hmi' && plant.profiles[server]!.controlOut.length > 0) addToSet(byServer, server, asset.id);
    }
  }
  return [
    ...(known.length === 0 ? [] : [`${known.join(', ')}: a standby that never took over; what its partner was seen to do is foreseen for it (redundant-partner), and nothing else.`]),
    ...[...byServer].flatMap(([server, [first, ...others]]) =>
      (others.length > 0 ? [] : [`${first} alone keeps a session with ${plant.profiles[server]!.asset.id}, which looks after controllers: if it is the standby of that one, its take-over would be blocked.`])),
  ];
}

export function regimesHeard(inference: Inference): Regime[] {
  const { plant } = inference;
  const { capturedDays } = plant.activity;
  const weekend = capturedDays.filter(isWeekend).length;
  const monthEnd = capturedDays.some(endsMonth);
  const engineering = plant.links.filter((link) => link.conversation.operations.some(isEngineering) || link.engineers).length;
  const standbys = idleStandbys(inference);
  const weekly = plant.links.some((link) => link.days.length >= 2 && link.days.every((day, position) => position === 0 || (day - link.days[position - 1]!) % 7 === 0));
  const state = (regime: string, covered: boolean, yes: string, no: string): Regime => ({ regime, covered, sentence: covered ? yes : no });
  return [
    state('weekend', weekend >= 2, `${weekend} weekend days were heard.`, 'No whole weekend was heard yet.'),
    state('month-end', monthEnd, 'A month end was heard.', 'No month end was heard yet: closing jobs and reports are missing.'),
    state('maintenance', engineering > 0, `Engineering was seen on ${plural(engineering, 'conversation')}.`, 'No engineering session was seen yet: maintenance would be blocked.'),
    state('weekly-job', weekly, 'Weekly jobs were seen.', 'No weekly job (backup, update) was seen twice yet.'),
    state('failover', standbys.length === 0, 'No standby is known that never took over.', `${standbys.join(' ')} Fail over once while listening.`),
  ];
}
