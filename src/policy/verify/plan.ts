/**
 * The active test plan: what would prove each conduit in a maintenance window, from which machine, to which declared
 * service, and what has to come back. In: a spec. Out: steps; nothing is sent here. Targets are the spec's own host:port
 * pairs and never a network; safety zones, zones that are declared air-gapped and passive-only assets are left out and named.
 */
import { plural } from '../../infer/plural.ts';
import { formatSpan, parseSet, sizeOfSet } from '../../net/address-set.ts';
import { addTo, firstBy } from '../../net/multi-map.ts';
import { bindingSpans } from '../../net/register-set.ts';
import { isSerialModbus } from '../../net/services.ts';
import { isWholeZone, type Permit } from '../../permit.ts';
import { endFits, prepareEnd, serviceFits } from '../match/match.ts';
import type { DeclaredAsset } from '../spec/assets.ts';
import type { LoadedSpec } from '../spec/load.ts';
import { isLive, permitsCode, protocolKey, type DeclaredPermit } from '../spec/permits.ts';
import { isTimed } from '../spec/schedule.ts';
import { gatewaysOf, hostsOf, REFUSED, survey, type LeftOut, type Service, type Surveyed } from './plan-survey.ts';

export type TestKind = 'tcp-open' | 'tcp-blocked' | 'modbus-read' | 'modbus-canary' | 'modbus-again' | 'opcua-hello' | 'diode-forward' | 'diode-reverse';

/** A question that changes nothing in the device (verify/questions.ts builds no other). */
export type ModbusQuestion =
  | { readonly kind: 'read'; readonly unit: number; readonly code: 1 | 2 | 3 | 4; readonly address: number }
  | { readonly kind: 'echo'; readonly unit: number }
  | { readonly kind: 'identify'; readonly unit: number };

export interface TestStep {
  readonly kind: TestKind;
  readonly host: string;
  readonly port: number;
  /** Asset id of the target. */
  readonly target: string;
  readonly toZone: string;
  /** The Permit that lets it through, or beside which the canary goes; null for a prohibited path. */
  readonly permit: string | null;
  readonly conduit: string | null;
  readonly expected: string;
  readonly question: ModbusQuestion | null;
  /** Before the next one: a second, or what the rule's own limit of new connections a minute asks for. */
  readonly pauseSeconds: number;
}

/** A machine to test from: a declared client, or any other machine of the zone (address null). */
export interface TestMachine {
  readonly zone: string;
  readonly asset: string | null;
  readonly address: string | null;
  readonly steps: readonly TestStep[];
}

export interface TestPlan {
  readonly vantages: readonly TestMachine[];
  readonly leftOut: readonly LeftOut[];
}

/** Of services that nothing permits, from each machine of a whole plan; the next machine goes on where it ended. */
const MOST_BLOCKED = 256;
const MOST_VANTAGES = 8;

const pauseOf = ({ limits }: DeclaredPermit): number => Math.max(1, Math.ceil(60 / (limits?.new_connections_per_minute ?? 60)));

const isConditional = ({ conditions }: Permit): boolean => conditions.onDemand || isTimed(conditions);

/** Unit 0 is for all devices behind a gateway, and none of them answers (MODBUS over Serial Line V1.02 clause 2.2): another, where the Permit has one. */
const unitOf = ({ modbus }: Permit): number => modbus?.unitIds.find((unit) => unit !== 0) ?? modbus?.unitIds[0] ?? 1;

const READ_CODES = [3, 4, 1, 2] as const;

/** The least question that a Permit lets through: one register or coil of its own. */
const readOf = (permit: Permit): ModbusQuestion | null => {
  const code = READ_CODES.find((one) => permitsCode(permit, one));
  return code === undefined ? null : { kind: 'read', unit: unitOf(permit), code, address: bindingSpans(permit.modbus?.ranges ?? [], code, 'read')?.[0].first ?? 0 };
};

/** A question that changes nothing and that neither the Permit nor another of the pair lets through; null when each is let through. */
const canaryOf = (permit: Permit, pair: readonly DeclaredPermit[]): ModbusQuestion | null => {
  const unit = unitOf(permit);
  const lets = (code: number): boolean =>
    pair.some(({ permit: other }) => {
      const units = other.modbus?.unitIds ?? [];
      return (units.length === 0 || units.includes(unit)) && permitsCode(other, code);
    });
  if (!lets(8)) return { kind: 'echo', unit };
  return lets(43) ? null : { kind: 'identify', unit };
};

const isIpv6 = (address: string): boolean => address.includes(':');

/** Of services those that nothing permits, from the place on at which the machine before this one ended; all of them where no bound is set. */
const someOf = (blocked: readonly Service[], goOn: { at: number; left: number } | null): ReadonlySet<Service> => {
  if (goOn === null || blocked.length <= MOST_BLOCKED) return new Set(blocked);
  const from = goOn.at % blocked.length;
  goOn.at += MOST_BLOCKED;
  goOn.left += blocked.length - MOST_BLOCKED;
  return new Set([...blocked.slice(from), ...blocked.slice(0, from)].slice(0, MOST_BLOCKED));
};

/** What proves one Permit of a service; beside it stand those that let the same machine through. */
const stepsUnder = (declared: DeclaredPermit, beside: readonly DeclaredPermit[], base: Pick<TestStep, 'host' | 'port' | 'target' | 'toZone' | 'question'>): TestStep[] => {
  const { permit } = declared;
  const own = { ...base, permit: permit.id, conduit: permit.conduit, pauseSeconds: pauseOf(declared) };
  if (declared.unidirectional !== null) return [{ ...own, kind: 'diode-reverse', expected: 'filtered; a TCP session across, or its refusal, has come back through the diode: a leak' }];
  const open: TestStep = { ...own, kind: 'tcp-open', expected: 'open' };
  const protocol = protocolKey(permit.service.protocol);
  if (protocol === 'opcua') return [open, { ...own, kind: 'opcua-hello', expected: 'ACK, and a list of endpoints' }];
  const read = protocol === 'modbus' && !isSerialModbus(permit.service.protocol) ? readOf(permit) : null;
  if (read === null) return [open];
  const canary = canaryOf(permit, beside);
  return [
    open, { ...own, kind: 'modbus-read', question: read, expected: 'an answer' },
    ...(canary === null ? [] : [
      { ...own, kind: 'modbus-canary', question: canary, expected: 'no answer: filtered. An answer or an exception of the device: the filter is absent' },
      { ...own, kind: 'modbus-again', question: read, expected: 'an answer: the silence before was the filter\'s and not the device\'s' },
    ] as const),
  ];
};

/** Every step from one machine, in the order in which to go: what is permitted first, so that a dead device is found by what it must answer. */
const stepsFrom = (surveyed: Surveyed, zone: string, address: string | null, goOn: { at: number; left: number } | null): TestStep[] => {
  const { loaded, services, permitsFrom, servedBy, conduitOf } = surveyed;
  const steps: TestStep[] = [];
  const diodes = firstBy(loaded.permits.filter(({ permit, unidirectional }) => unidirectional?.to === zone && isLive(permit)), ({ unidirectional }) => unidirectional?.from);
  const judgedOf = new Map<Service, { readonly declared: DeclaredPermit; readonly lets: boolean | null }[]>();
  for (const declared of permitsFrom(zone, address)) {
    for (const service of servedBy.get(declared) ?? []) {
      const lets = letsThrough(surveyed, declared, zone, address, service.host, service.port);
      if (lets !== false) addTo(judgedOf, service, { declared, lets });
    }
  }
  const reached = services.filter(({ host, asset }) => asset.zone !== zone && (address === null || isIpv6(address) === isIpv6(host)));
  const blocked = someOf(reached.filter((service) => !judgedOf.has(service) && !diodes.has(service.asset.zone)), goOn);
  for (const service of reached) {
    const judged = judgedOf.get(service) ?? [];
    const { host, port, asset } = service;
    const against = diodes.get(asset.zone);
    if (judged.length === 0 && against === undefined && !blocked.has(service)) continue;
    const permits = judged.filter(({ lets }) => lets === true).map(({ declared }) => declared);
    if (judged.some(({ lets }) => lets === null) || permits.some(({ permit }) => isConditional(permit))) continue;
    const base = { host, port, target: asset.id, toZone: asset.zone, question: null, pauseSeconds: 1 };
    if (permits.length === 0) {
      steps.push(against === undefined
        ? { ...base, kind: 'tcp-blocked', permit: null, conduit: conduitOf(zone, asset.zone), expected: 'filtered (no answer, or ICMP prohibited); open is a leak, closed proves nothing' }
        : { ...base, kind: 'diode-reverse', permit: against.permit.id, conduit: against.permit.conduit, expected: 'filtered; a refused connection has crossed the diode backwards: a leak' });
      continue;
    }
    steps.push(...permits.flatMap((declared) => stepsUnder(declared, permits, base)));
  }
  const once = new Map([...gatewaySteps(surveyed, zone, address), ...steps].map((step) => [JSON.stringify([step.kind, step.host, step.port, step.question]), step]));
  return [...once.values()].sort((a, b) => Number(a.permit === null) - Number(b.permit === null));
};

/** Null: whether some other machine of the zone may is not certain, because the Permit names addresses without devices. */
const letsThrough = ({ matcher, assets }: Surveyed, declared: DeclaredPermit, zone: string, address: string | null, host: string, port: number): boolean | null => {
  if (address !== null) return matcher.fits(declared, address, host, 'tcp', port);
  const { permit, permit: { from, to } } = declared;
  if (from.zone !== zone || !serviceFits(permit, 'tcp', port) || !endFits(prepareEnd(to), host, assets.resolve(host))) return false;
  if (isWholeZone(from)) return true;
  return from.addresses.some((text) => sizeOfSet(parseSet([text])) > 1n) ? null : false;
};

/** The sending gateway of a diode is where its forward leg ends for us. */
const gatewaySteps = (surveyed: Surveyed, zone: string, address: string | null): TestStep[] =>
  surveyed.loaded.permits.flatMap((declared): TestStep[] => {
    const { permit, unidirectional } = declared;
    if (unidirectional === null || unidirectional.from !== zone || !isLive(permit) || permit.service.transport !== 'tcp' || address === null) return [];
    const port = permit.service.ports.at(0)?.first;
    return gatewaysOf(surveyed, declared).flatMap(({ span, asset }): TestStep[] => {
      if (port === undefined || (asset !== null && surveyed.forbidden(asset) !== null) || isIpv6(address) !== (span.family === 'ipv6')) return [];
      return [{ kind: 'diode-forward', host: formatSpan(span), port, target: asset?.id ?? formatSpan(span), toZone: unidirectional.to, permit: permit.id, conduit: permit.conduit, expected: 'open: the sending gateway takes it', question: null, pauseSeconds: pauseOf(declared) }];
    });
  });

/** Steps from one machine of a zone, by its address. */
export const planFrom = (loaded: LoadedSpec, zone: string, address: string): TestPlan => {
  const surveyed = survey(loaded);
  const others = new Set(surveyed.services.filter(({ host, asset }) => asset.zone !== zone && isIpv6(host) !== isIpv6(address)).map(({ host }) => host));
  const leftOut = [...surveyed.leftOut, ...[...others].map((what) => ({ what, why: REFUSED.family }))];
  return { vantages: [{ zone, asset: surveyed.assets.resolve(address)?.asset?.id ?? null, address, steps: stepsFrom(surveyed, zone, address, null) }], leftOut };
};

/** Steps from every zone: from the declared clients of its Permits, and from any other machine. */
export const planTests = (loaded: LoadedSpec): TestPlan => {
  const surveyed = survey(loaded);
  const { forbidden, permitsFrom } = surveyed;
  const leftOut = [...surveyed.leftOut];
  const untested = new Set(leftOut.map(({ what }) => what));
  const vantages: TestMachine[] = [];
  const goOn = { at: 0, left: 0 };
  for (const { zone_id: zone } of loaded.spec.zones) {
    if (untested.has(zone)) continue;
    const clients = new Map<string, DeclaredAsset>();
    for (const { permit } of permitsFrom(zone, null)) {
      for (const { host, asset } of hostsOf(permit.from, surveyed)) if (forbidden(asset) === null) clients.set(host, asset);
      if (isConditional(permit)) leftOut.push({ what: permit.id, why: REFUSED.conditional });
    }
    const chosen = [...clients].slice(0, MOST_VANTAGES);
    if (clients.size > chosen.length) leftOut.push({ what: `${plural(clients.size - chosen.length, 'more client')} of ${zone}`, why: `${MOST_VANTAGES} machines of a zone are enough to test its rules from` });
    for (const [address, asset] of chosen) vantages.push({ zone, asset: asset.id, address, steps: stepsFrom(surveyed, zone, address, goOn) });
    vantages.push({ zone, asset: null, address: null, steps: stepsFrom(surveyed, zone, null, goOn) });
  }
  if (goOn.left > 0) leftOut.push({ what: plural(goOn.left, 'test of what nothing permits', 'tests of what nothing permits'), why: `${MOST_BLOCKED} from a machine are enough: each machine goes on where the one before it ended` });
  return { vantages: vantages.filter(({ steps }) => steps.length > 0), leftOut };
};
