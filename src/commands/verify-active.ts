/**
 * `baseline verify spec.yaml --active --from ZONE --i-have-a-maintenance-window`: the steps of the test plan, from this
 * machine, into the store. In: options. Out: the checks of this run. Everything that could send too much is decided here
 * before the first connection: which zone, which of this machine's addresses, which steps, how many.
 */
import { networkInterfaces } from 'node:os';
import { EXIT, usageError } from '../errors.ts';
import { plural } from '../infer/plural.ts';
import { parseSpan } from '../net/address-set.ts';
import { indexAssets } from '../policy/spec/assets.ts';
import { loadSpec, type LoadedSpec } from '../policy/spec/load.ts';
import { planFrom, type TestStep } from '../policy/verify/plan.ts';
import type { LeftOut } from '../policy/verify/plan-survey.ts';
import { checksOfProbes, verdictOf } from '../policy/verify/probes.ts';
import { sortChecks, type Check } from '../policy/verify/checks.ts';
import { zoneKinds } from '../policy/spec/zone-kind.ts';
import { jsonDocument } from '../render/json.ts';
import { activeTable } from '../render/verification.ts';
import { openForWriting, storePath, type Connection } from '../store/database.ts';
import { beginRun, endRun, putProbe, readProbes, type ProbeRow } from '../store/probes.ts';
import { asStoreError } from '../store/store-errors.ts';
import { chosenFormat, type CommandContext, type CommandResult } from './command.ts';
import { digestOf } from './spec-file.ts';
import { MOST_CONNECTIONS, PACE, runSteps, type Pace, type ProbeEnd, type ProbeResult } from './verify-probe.ts';

export interface ActiveArguments {
  readonly spec: string;
  readonly db?: string | undefined;
  readonly from?: string | undefined;
  readonly address?: string | undefined;
  readonly only?: readonly string[] | undefined;
  readonly operator?: string | undefined;
  readonly format?: 'table' | 'json' | 'md' | undefined;
  readonly json?: boolean | undefined;
  readonly 'i-have-a-maintenance-window'?: boolean | undefined;
}

interface LocalAddress {
  readonly address: string;
  /** `10.1.0.9/24`; null where the system does not say. */
  readonly cidr: string | null;
}

const localAddresses = (): LocalAddress[] => Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address, cidr }) => ({ address, cidr })));

/** @param pace slower than this only in tests that want to be done */
export async function verifyActively(argv: ActiveArguments, context: CommandContext, pace: Pace = PACE): Promise<CommandResult> {
  if (argv['i-have-a-maintenance-window'] !== true) {
    throw usageError('--active opens connections to devices of the plant', 'Look at `verify --plan` first. In a maintenance window, add --i-have-a-maintenance-window.');
  }
  const operator = argv.operator ?? context.environment['SUDO_USER'] ?? context.environment['USER'];
  if (operator === undefined || operator === '') throw usageError('who tests?', 'Name the person with --operator "J. Doe": it is written into the store.');
  const loaded = loadSpec(argv.spec);
  const zone = zoneOf(loaded, argv.from);
  const local = addressIn(loaded, zone, argv.address);
  const { vantages, leftOut } = planFrom(loaded, zone, local.address);
  const steps = chosen(vantages[0].steps, argv.only);
  if (steps.length === 0) throw usageError(`there is nothing to test from ${zone} (${local.address})`, '`verify --plan` says what is left out, and why.');
  if (steps.length > MOST_CONNECTIONS) throw usageError(`${steps.length} connections are more than the ${MOST_CONNECTIONS} of one run`, 'Choose targets with --only HOST:PORT.');
  const path = storePath(argv.db, context.environment);
  const store = openForWriting(path);
  try {
    const run = beginRun(store.db, { operator, zone, spec: argv.spec, specDigest: digestOf(loaded.text), startedNs: now() });
    context.say(`${plural(steps.length, 'test')} from ${zone} (${local.address}), at most one connection a second; results go to ${path}.`);
    const recorder = recordInto(store.db, run, local);
    const end = await runSteps(steps, local.address, context.signal, (result, place) => {
      recorder(result, place);
      context.progress(`${place + 1} of ${steps.length}: ${result.step.kind} ${result.step.host}:${result.step.port} ${result.outcome}`);
    }, pace);
    endRun(store.db, run, end.state, end.reason, now());
    const checks = sortChecks(checksOfProbes(loaded, readProbes(store.db).filter((probe) => probe.run.id === run)));
    return { exitCode: exitOf(checks, end), output: draw(checks, end, { steps: steps.length, zone, address: local.address, operator, leftOut }, argv, context) };
  } catch (error) {
    throw asStoreError(error, path);
  } finally {
    store.close();
  }
}

const now = (): bigint => BigInt(Date.now()) * 1_000_000n;

function zoneOf(loaded: LoadedSpec, from: string | undefined): string {
  const ids = loaded.spec.zones.map(({ zone_id }) => zone_id);
  if (from === undefined || !ids.includes(from)) throw usageError(from === undefined ? 'from which zone?' : `the spec has no zone ${from}`, `Name the zone that this machine stands in with --from: ${ids.join(', ')}.`);
  const zone = loaded.spec.zones.find(({ zone_id }) => zone_id === from);
  if (zoneKinds(loaded.spec).get(from) === 'safety' || zone?.air_gapped === true) throw usageError(`${from} is ${zone?.air_gapped === true ? 'declared air-gapped' : 'a safety zone'}: nothing is sent from it`, 'It is verified by listening.');
  return from;
}

/** This machine's own address in the zone; which rules apply to it depends on it. */
function addressIn(loaded: LoadedSpec, zone: string, wanted: string | undefined): LocalAddress {
  const assets = indexAssets(loaded.spec);
  const own = localAddresses().filter(({ address }) => assets.resolve(address)?.zone === zone);
  if (wanted !== undefined) {
    const found = own.find(({ address }) => address === wanted);
    if (found === undefined) throw usageError(`this machine has no address ${wanted} in ${zone}`, own.length === 0 ? 'Run it on a machine of that zone.' : `It has ${own.map(({ address }) => address).join(', ')}.`);
    return found;
  }
  if (own.length === 0) throw usageError(`this machine has no address in ${zone}`, 'Run it on a machine of that zone, or declare the zone\'s networks in the spec.');
  if (own.length > 1) throw usageError(`this machine has several addresses in ${zone}`, `Choose one with --address: ${own.map(({ address }) => address).join(', ')}.`);
  return own[0];
}

function chosen(steps: readonly TestStep[], only: readonly string[] | undefined): readonly TestStep[] {
  if (only === undefined) return steps;
  const wanted = new Set(only);
  const unknown = only.find((target) => !steps.some(({ host, port }) => `${host}:${port}` === target));
  if (unknown !== undefined) throw usageError(`${unknown} is no target of this plan`, 'Targets are the host:port pairs that the spec declares; `verify --plan` lists them.');
  return steps.filter(({ host, port }) => wanted.has(`${host}:${port}`));
}

const isOnLink = ({ cidr }: LocalAddress, host: string): boolean => {
  const [network, target] = [cidr === null ? null : parseSpan(networkOf(cidr)), parseSpan(host)];
  return network !== null && target !== null && network.family === target.family && network.first <= target.first && target.last <= network.last;
};

/** `10.1.0.9/24` as the prefix that parseSpan reads: its host bits cleared. */
function networkOf(cidr: string): string {
  const [address, length] = cidr.split('/');
  const span = parseSpan(address);
  if (span === null || span.family !== 'ipv4') return address;
  const host = (1n << BigInt(32 - Number(length))) - 1n;
  const first = span.first & ~host;
  const text = (value: bigint): string => [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  return `${text(first)}-${text(first | host)}`;
}

/**
 * A canary's silence is the filter's only when the device answers again after it: until then it is not observable.
 */
function recordInto(db: Connection, run: number, local: LocalAddress): (result: ProbeResult, place: number) => void {
  let waiting: ProbeRow | null = null;
  return ({ step, outcome, detail, elapsedMs }, place) => {
    const verdict = verdictOf(step.kind, outcome, isOnLink(local, step.host));
    const row: ProbeRow = {
      step: place + 1, kind: step.kind, host: step.host, port: step.port, permit: step.permit ?? '', toZone: step.toZone, expected: step.expected, outcome, detail, verdict,
      packets: 1, atNs: now(), elapsedUs: Math.round(elapsedMs * 1000),
    };
    if (step.kind === 'modbus-canary' && verdict === 'pass') {
      waiting = row;
      putProbe(db, run, { ...row, verdict: 'not-observable' });
      return;
    }
    putProbe(db, run, row);
    if (step.kind === 'modbus-again' && verdict === 'pass' && waiting?.host === step.host && waiting.port === step.port) putProbe(db, run, waiting);
    waiting = null;
  };
}

const exitOf = (checks: readonly Check[], end: ProbeEnd): 0 | 1 | 3 => {
  if (checks.some(({ verdict }) => verdict === 'fail')) return EXIT.findings;
  return end.state === 'aborted' ? EXIT.incomplete : EXIT.ok;
};

interface Ran {
  readonly steps: number;
  readonly zone: string;
  readonly address: string;
  readonly operator: string;
  readonly leftOut: readonly LeftOut[];
}

function draw(checks: readonly Check[], end: ProbeEnd, ran: Ran, argv: ActiveArguments, context: CommandContext): Iterable<string> {
  if (chosenFormat(argv) === 'json') return [jsonDocument({ ...ran, connections: checks.length, ...end, checks })];
  const words = `${checks.length} of ${ran.steps} tests were run from ${ran.zone} (${ran.address}) by ${ran.operator}${end.state === 'aborted' ? `; stopped: ${end.reason}` : ''}.`;
  return activeTable(checks, words, ran.leftOut, context);
}
