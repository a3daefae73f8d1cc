/**
 * What came back to active tests, as verdicts and checks. In: a step of the plan and an outcome; stored probes. Out: checks.
 * Only silence is evidence of a filter: a refused connection is what an unfiltered path returns too, and proves nothing,
 * but behind a diode, where the refusal itself has come back.
 */
import type { StoredProbe } from '../../store/probes.ts';
import type { LoadedSpec } from '../spec/load.ts';
import { isoTime } from '../../net/time.ts';
import { makeCheck, type Check, type CheckKind, type Verdict } from './checks.ts';
import type { TestKind } from './plan.ts';

const KIND_OF: Readonly<Record<TestKind, CheckKind>> = {
  'tcp-open': 'permitted', 'modbus-read': 'permitted', 'modbus-again': 'permitted', 'opcua-hello': 'permitted', 'modbus-canary': 'function-filter',
  'tcp-blocked': 'prohibited', 'diode-forward': 'diode', 'diode-reverse': 'diode',
};

/** @param onLink the target is on the machine's own network: no filter stands between */
export function verdictOf(kind: TestKind, outcome: string, onLink: boolean): Verdict {
  const filtered = outcome === 'silent' || (outcome === 'unreachable' && !onLink);
  switch (kind) {
    case 'tcp-open':
    case 'diode-forward':
      return outcome === 'open' ? 'pass' : filtered ? 'fail' : 'not-observable';
    case 'modbus-read':
    case 'modbus-again':
    case 'opcua-hello':
      return outcome === 'answer' ? 'pass' : filtered ? 'fail' : 'not-observable';
    case 'modbus-canary':
      return outcome === 'answer' || outcome === 'exception' || outcome === 'foreign' ? 'fail' : outcome === 'silent' ? 'pass' : 'not-observable';
    case 'tcp-blocked':
      return outcome === 'open' ? 'fail' : filtered ? 'pass' : 'not-observable';
    case 'diode-reverse':
      return outcome === 'open' || outcome === 'refused' ? 'fail' : filtered ? 'pass' : 'not-observable';
  }
}

const REMEDIES: Readonly<Record<CheckKind, string>> = {
  permitted: 'look for the denied connection in the firewall\'s log; the device may be down, too',
  prohibited: 'close the rule that lets it through',
  'function-filter': 'switch the filter of this conduit to enforce: the request reached the device',
  diode: 'find the path that runs beside the diode',
};

const isTestKind = (kind: string): kind is TestKind => kind in KIND_OF;

/** The latest run from each zone counts. */
export function checksOfProbes(loaded: LoadedSpec, probes: readonly StoredProbe[]): Check[] {
  const latest = new Map<string, number>();
  for (const { run } of probes) latest.set(run.zone, Math.max(latest.get(run.zone) ?? 0, run.id));
  return probes.flatMap(({ run, row }): Check[] => {
    if (latest.get(run.zone) !== run.id || !isTestKind(row.kind)) return [];
    const kind = KIND_OF[row.kind];
    const at = isoTime(row.atNs);
    return [makeCheck({
      kind, verdict: row.verdict, fromZone: run.zone, toZone: row.toZone, server: row.host, service: `tcp/${row.port}`, operation: row.kind,
      permit: row.permit === '' ? null : row.permit, conduit: loaded.permits.find(({ permit }) => permit.id === row.permit)?.permit.conduit ?? null,
      title: `${run.zone} -> ${row.toZone}: ${row.kind} ${row.host}:${row.port}${row.permit === '' ? '' : ` (${row.permit})`}`,
      reason: `${row.outcome}: ${row.detail}; expected ${row.expected}`, remedy: row.verdict === 'fail' ? REMEDIES[kind] : row.verdict === 'pass' ? '' : 'neither proof nor leak: look into the firewall\'s log',
      evidence: { source: 'probe', first: at, last: at, count: row.packets, answered: null, conversations: 1, sensor: `tested by ${run.operator}` },
    })];
  });
}
