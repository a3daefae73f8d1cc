/**
 * Does the architecture hold: what is permitted works, what is prohibited is blocked, operations are filtered, diodes pass one way.
 *
 * In: a spec and Observations of after the cut-over put together (and those of before, when there are any), what firewalls logged. Out: checks in a
 * stable order and their sums: the VALIDATION RESULTS of the report, whoever draws them (render/verification.ts).
 */
import type { LoggedAttempt, ObservationSet } from '../../observation.ts';
import type { StoredProbe } from '../../store/probes.ts';
import type { WindowTraffic } from '../../store/read-window.ts';
import { capturedDaysOf } from '../../infer/captured-days.ts';
import { contextOf, type DiffContext } from '../diff/context.ts';
import type { LoadedSpec } from '../spec/load.ts';
import { countVerdicts, sortChecks, type Check, type CheckKind, type SensorOf, type VerdictCounts } from './checks.ts';
import { crossingsOf } from './crossings.ts';
import { judgeDiodes } from './diode.ts';
import { judgeFunctions, type FunctionResult } from './functions.ts';
import { judgeLogs } from './logs.ts';
import { judgePermitted, permittedUses, type Before } from './permitted.ts';
import { checksOfProbes } from './probes.ts';
import { judgeProhibited, type ProhibitedResult } from './prohibited.ts';
import { vantageOf } from './vantage.ts';

export interface VerifyInput {
  readonly compared: DiffContext;
  /** By conversation id; what is not in it is judged by its totals alone. */
  readonly traffic: ReadonlyMap<number, WindowTraffic>;
  readonly before: { readonly set: ObservationSet; readonly traffic: ReadonlyMap<number, WindowTraffic> } | null;
  /** What firewalls logged in the same time. */
  readonly attempts: readonly LoggedAttempt[];
  /** What active tests found, of the same time. */
  readonly probes: readonly StoredProbe[];
  readonly sensor: SensorOf;
}

export interface Verification {
  readonly checks: readonly Check[];
  readonly sums: Readonly<Record<CheckKind, VerdictCounts>>;
  /** Ordered pairs of declared zones. */
  readonly paths: ProhibitedResult['paths'];
  readonly filters: FunctionResult['filters'];
  /** Captured hours that it rests on, and the sensor. */
  readonly hours: number;
  readonly sensor: string;
}

export const verifySpec = ({ compared: context, traffic, before, attempts, probes, sensor }: VerifyInput): Verification => {
  const { loaded } = context;
  const vantage = vantageOf(context);
  const crossings = crossingsOf(context, traffic);
  const logged = judgeLogs(context, attempts);
  const prohibited = judgeProhibited(context, crossings, vantage, logged, sensor);
  const functions = judgeFunctions(context, crossings, vantage, logged, sensor);
  const checks = sortChecks([
    ...judgePermitted(context, crossings, vantage, before === null ? null : beforeOf(loaded, before), sensor),
    ...checksOfProbes(loaded, probes), ...logged.checks, ...prohibited.checks, ...functions.checks, ...judgeDiodes(context, traffic, vantage, sensor),
  ]);
  const sumOf = (kind: CheckKind): VerdictCounts => countVerdicts(checks.filter((check) => check.kind === kind));
  return {
    checks,
    sums: { permitted: sumOf('permitted'), prohibited: sumOf('prohibited'), 'function-filter': sumOf('function-filter'), diode: sumOf('diode') },
    paths: prohibited.paths, filters: functions.filters, hours: vantage.hours, sensor: sensor(null, null),
  };
};

const beforeOf = (loaded: LoadedSpec, before: NonNullable<VerifyInput['before']>): Before => {
  const context = contextOf(loaded, before.set);
  return { uses: permittedUses(crossingsOf(context, before.traffic), context.matcher.timezone), days: capturedDaysOf(context.set).length };
};
