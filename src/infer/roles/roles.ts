/**
 * Roles from ordered evidence: every rule family writes into the asset's ledger, the highest sum wins. At most four
 * passes, because from the second on a rule may ask what its neighbours were taken for. Pinned roles are not judged.
 */
import { calibrate } from './calibration.ts';
import { type Heard, isRun, limitOf, MAY_GUARD } from './certainty.ts';
import { judge, type Ledger, openLedger, record, type Verdict } from './evidence.ts';
import type { PinnedAssets } from '../pins.ts';
import { findOperated, measurePolling, type Plant, type Profile, type RolePass } from '../profiles.ts';
import type { Evidence, Role } from '../proposal.ts';
import { weighController } from './control.ts';
import { findLeaderless } from './implicit-io.ts';
import { weighHardware } from './hardware.ts';
import { weighOffice } from './office.ts';
import { weighEngineering, weighOperator } from './operation.ts';
import { weighServers } from './server.ts';

export interface RoleDecision {
  readonly role: Role;
  readonly subRole: string | null;
  readonly confidence: number;
  /** Raw share before calibration, for fitting. */
  readonly share: number;
  readonly evidence: readonly Evidence[];
  readonly against: readonly Evidence[];
  readonly runnerUp: { readonly role: Role; readonly behindBy: number } | null;
  readonly safetyPoints: number;
  /** What speaks most for a safety controller, or leaves open whether it is one; '' nothing. */
  readonly safetySentence: string;
}

const MOST_PASSES = 4;

/** What an asset without any evidence is: some device. */
const DEFAULT_POINTS = 0.4;

function fillLedger(pass: RolePass, profile: Profile): Ledger {
  const ledger = openLedger();
  ledger.scores.other = DEFAULT_POINTS;
  weighHardware(profile, ledger);
  weighController(pass, profile, ledger);
  weighOperator(pass, profile, ledger);
  weighEngineering(pass, profile, ledger);
  weighServers(pass, profile, ledger);
  weighOffice(pass, profile, ledger);
  return ledger;
}

/** What a pass takes an asset for; its reasons are put into words once, when no pass follows. */
interface Judged {
  readonly role: Role;
  readonly subRole: string | null;
  readonly verdict: Verdict;
  /** Whatever a person's list says. */
  readonly safetyPoints: number;
  readonly ledger: Ledger;
}

export function inferRoles(plant: Plant, pinned: PinnedAssets): RoleDecision[] {
  let before: Role[] | null = null;
  let subRoleBefore: (string | null)[] = [];
  let judged: (Judged | null)[] = [];
  const polledByOthers = plant.controllers.filter((profile) => profile.controlIn.some((link) => !plant.profiles[link.client]!.controller));
  for (let number = 0; number < MOST_PASSES; number++) {
    const known: Role[] | null = before;
    const controllerCount: number = known === null ? polledByOthers.length || plant.controllers.length : plant.controllers.filter((profile) => known[profile.index] === 'plc' || known[profile.index] === 'safety-controller').length;
    const pass: RolePass = { plant, profiles: plant.profiles, polling: measurePolling(plant, known), before: known, operated: findOperated(plant, known), subRoleBefore, controllerCount: Math.max(1, controllerCount), capturedDays: plant.activity.capturedDays.length };
    judged = plant.profiles.map((profile) => (profile.outside ? null : judgeAsset(pass, profile, pinned)));
    const roles = judged.map((one) => one?.role ?? INTERNET.role);
    const subRoles = judged.map((one) => (one === null ? INTERNET.subRole : one.subRole));
    // What the next pass may ask is what this one asked: it would come to the same.
    const isSettled = known !== null && roles.every((role, index) => role === known[index]) && subRoles.every((subRole, index) => subRole === subRoleBefore[index]);
    if (isSettled) break;
    before = roles;
    subRoleBefore = subRoles;
  }
  // I/O aside, which nobody but its controller writes to.
  const plcs = plant.controllers.filter(({ index }) => judged[index]?.role === 'plc');
  const heard: Heard = { profiles: plant.profiles, runShare: plcs.filter(isRun).length / Math.max(1, plcs.length), days: plant.activity.capturedDays.length, guardsAreListed: pinned.safetyExclusive, leaderless: findLeaderless(plant.links) };
  return judged.map((one, index) => (one === null ? INTERNET : explain(one, heard, plant.profiles[index]!, pinned.role.has(index))));
}

/** Of an address outside the plant. */
const INTERNET: RoleDecision = { role: 'other', subRole: 'internet', confidence: 0.99, share: 1, evidence: [], against: [], runnerUp: null, safetyPoints: 0, safetySentence: '' };

function judgeAsset(pass: RolePass, profile: Profile, pinned: PinnedAssets): Judged {
  const ledger = fillLedger(pass, profile);
  const safetyPoints = ledger.scores['safety-controller'];
  if (pinned.safetyExclusive && pinned.role.get(profile.index) !== 'safety-controller') {
    record(ledger, 'safety-controller', -99, 'operator-list', 'is not on the operator\'s list of safety assets');
  }
  const verdict = judge(ledger.scores);
  const role = pinned.role.get(profile.index) ?? verdict.role;
  return { role, subRole: ledger.subRoles[role] ?? null, verdict, safetyPoints, ledger };
}

/** Follow from others: any controller has the one, any safety controller the other. */
const NO_SAFETY_REASON = new Set(['is-controller', 'asymmetric-cost']);

function explain({ role, subRole, verdict, safetyPoints, ledger }: Judged, heard: Heard, profile: Profile, isPinned: boolean): RoleDecision {
  const of = (sign: number, about = role): Evidence[] => ledger.records.filter((evidence) => evidence.role === about && evidence.points * sign > 0).sort((a, b) => Math.abs(b.points) - Math.abs(a.points) || (a.rule < b.rule ? -1 : 1));
  const evidence = of(1);
  if (isPinned) evidence.unshift({ rule: 'pinned', role, points: 99, sentence: 'was set by a person' });
  if (evidence.length === 0) evidence.push({ rule: 'default', role, points: DEFAULT_POINTS, sentence: 'shows nothing that speaks for any other role' });
  const limit = isPinned ? null : limitOf(heard, profile, role, ledger.records);
  const forSafety = of(1, 'safety-controller');
  const runnerUp = isPinned && verdict.role !== role ? verdict.role : verdict.runnerUp;
  return {
    role,
    subRole,
    confidence: isPinned ? 1 : Math.round(Math.min(calibrate(verdict.share), limit?.confidence ?? 1) * 1000) / 1000,
    share: verdict.share,
    evidence,
    against: limit === null ? of(-1) : [limit.evidence, ...of(-1)],
    runnerUp: { role: runnerUp, behindBy: Math.round((ledger.scores[role] - ledger.scores[runnerUp]) * 100) / 100 },
    safetyPoints,
    safetySentence: safetyPoints > 0 ? ((forSafety.find(({ rule }) => !NO_SAFETY_REASON.has(rule)) ?? forSafety[0])?.sentence ?? '') : limit !== null && MAY_GUARD.has(limit.evidence.rule) ? limit.evidence.sentence : '',
  };
}
