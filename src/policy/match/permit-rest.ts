/**
 * What of a Permit no declared rule speaks of yet: a proposal neither repeats in wider words what a person has narrowed, nor
 * brings back what somebody rejected.
 *
 * In: declared rules and who is who, then Permits. Out: for each the Permits that are left, and the rules that speak of the
 * rest. Asked pair by pair, port by port and operation by operation (unit, function code and range of addresses;
 * security mode and service; name), and of rules with windows at each time of the week. Left out on purpose: security policies and last
 * days, which a rule has as a whole or not at all.
 */
import type { ModbusAsk } from '../../infer/conduits/grants.ts';
import { modbusOperationsOf } from '../../infer/conduits/permits.ts';
import { formatSpan, parseSpan, type AddressSet } from '../../net/address-set.ts';
import { addTo, listsBy } from '../../net/multi-map.ts';
import { accessOfFunctionCode, REQUEST_CODES } from '../../decode/app/modbus-functions.ts';
import { bindingSpans, mergeSpans, subtractSpans, tableOf, type Span } from '../../net/register-set.ts';
import type { Access } from '../../observation.ts';
import { isWholeZone, type ModbusOperations, type NamedOperations, type OpcUaOperations, type Permit, type PermitConditions, type PermitEnd } from '../../permit.ts';
import { addressesOfEnd, namesSecurity, permitCovers, permitReaches } from './permit-cover.ts';
import { permitsUse, type DeclaredPermit } from '../spec/permits.ts';
import { hasWindow, weekOf } from '../spec/schedule.ts';
import type { AssetIndex } from '../spec/assets.ts';

export interface PermitLeft {
  readonly permit: Permit;
  /** Ids of rules for the same service, none of which speaks of it: for the same two, or else between the same zones. */
  readonly beside: readonly string[];
  /** Whether those are for the same two. */
  readonly isOfPair: boolean;
}

export interface PermitRest {
  /** What is left, as full rectangles of clients and servers. */
  readonly rest: readonly PermitLeft[];
  /** Rules that alone speak of all that a pair of the Permit asks. */
  readonly covering: readonly DeclaredPermit[];
}

/** @param wantedOf what is wanted of what is left of one client, server and port */
export type Undeclared = (permit: Permit, wantedOf: (left: PermitLeft) => readonly Permit[]) => PermitRest;

export const ALWAYS: PermitConditions = { days: [], start: null, end: null, expires: null, onDemand: false };

/** @param innerAssets where the Permits are of another spec than the rules, the assets of that */
export function undeclaredOf(declared: readonly DeclaredPermit[], assets: AssetIndex, innerAssets: AssetIndex = assets): Undeclared {
  // Who rejects something means it at any time.
  const spokenBy = new Map(declared.map((one) => [one, one.permit.decision === 'rejected' ? { ...one.permit, decision: 'approved', conditions: ALWAYS } : one.permit]));
  const speaks = (one: DeclaredPermit, part: Permit, permit = spokenBy.get(one) ?? one.permit): boolean => permitCovers(permit, part, assets, innerAssets) && (one.permit.decision !== 'rejected' || namesSecurity(one.permit, part));
  const speaksAtItsTimes = (one: DeclaredPermit, part: Permit): boolean => speaks(one, part, withoutWindow(spokenBy.get(one) ?? one.permit));
  // Each request has one time: windows add up, as they do where traffic is judged.
  const speakTogether = (rules: readonly DeclaredPermit[], part: Permit): boolean =>
    rules.some((one) => speaks(one, part)) ||
    (rules.some(({ permit }) => hasWindow(permit.conditions)) &&
      subtractSpans(weekOf(part.conditions), mergeSpans(rules.flatMap((one) => (speaksAtItsTimes(one, part) ? weekOf(one.permit.conditions) : [])))).length === 0);
  // Of several that speak of it, the one that says just this: what is noted of it belongs there.
  const spokenOfBy = (rules: readonly DeclaredPermit[], part: Permit): DeclaredPermit | undefined =>
    rules.find((one) => speaks(one, part) && permitCovers(part, spokenBy.get(one) ?? one.permit, innerAssets, assets)) ?? rules.find((one) => speaks(one, part));
  const rulesFor = rulesByPair(declared, assets, innerAssets);
  const byZones = listsBy(declared.map(({ permit }) => permit), zonesOf);
  return (permit, wantedOf) => {
    const rules = rulesFor(permit);
    const whole = spokenOfBy(rules, permit);
    if (whole !== undefined) return { rest: [], covering: [whole] };
    const covering = new Set<DeclaredPermit>();
    const parts: PermitLeft[] = [];
    for (const pair of pairsOf(permit, rules, assets, innerAssets)) {
      const rule = spokenOfBy(rules, pair);
      if (rule !== undefined) {
        covering.add(rule);
        continue;
      }
      for (const { part, uncut } of portsOf(pair, rules)) {
        const near = rules.filter((one) => permitReaches(one.permit, part, assets, innerAssets));
        const left = near.length === 0 ? [part] : undeclaredOperations(part, (some) => speakTogether(near, some));
        // A rule for some ports of a range speaks of the same service.
        const ofPair = near.length > 0 ? near : rules.filter((one) => sharesPort(one.permit, uncut) && permitReaches({ ...one.permit, service: part.service }, part, assets, innerAssets));
        const isOfPair = ofPair.length > 0;
        const beside = (isOfPair ? ofPair.map((one) => one.permit) : (byZones.get(zonesOf(part)) ?? []).filter((one) => sharesPort(one, part))).map((one) => one.id);
        parts.push(...left.flatMap((one) => wantedOf({ permit: one, beside, isOfPair }).map((wanted) => ({ permit: wanted, beside, isOfPair }))));
      }
    }
    return { rest: rectanglesOf(parts), covering: [...covering] };
  };
}

const withoutWindow = (permit: Permit): Permit => ({ ...permit, conditions: { ...permit.conditions, days: [], start: null, end: null } });

/** Which zones a Permit connects, as a key. */
export const zonesOf = ({ from, to }: Permit): string => `${from.zone}\n${to.zone}`;

/**
 * One Permit for each client and server. An end that is a whole zone stays one, unless a rule for less of it is for the same service: then each
 * of its assets is asked. Addresses are cut where those of a rule begin and end: each request has one.
 */
function pairsOf(permit: Permit, rules: readonly DeclaredPermit[], ruleAssets: AssetIndex, assets: AssetIndex): Permit[] {
  const own = rules.filter((one) => zonesOf(one.permit) === zonesOf(permit) && sharesPort(one.permit, permit));
  const endsOf = (side: 'from' | 'to'): PermitEnd[] => {
    const end = permit[side];
    const isWhole = isWholeZone(end);
    if (isWhole && !own.some((one) => !isWholeZone(one.permit[side]))) return [end];
    const ids = isWhole ? assets.assets.filter((asset) => asset.zone === end.zone).map((asset) => asset.id) : end.assets;
    const ends = [...ids.map((id) => ({ ...end, assets: [id], addresses: [] })), ...addressesOf(end.addresses, own.map((one) => addressesOfEnd(one.permit[side], ruleAssets))).map((address) => ({ ...end, assets: [], addresses: [address] }))];
    return ends.length === 0 ? [end] : ends;
  };
  const servers = endsOf('to');
  return endsOf('from').flatMap((from) => servers.map((to) => ({ ...permit, from, to })));
}

/** Whether a rule is for a port of a Permit; where it names none, as for a service without ports, it is for all of its transport. */
export const sharesPort = ({ service: a }: Permit, { service: b }: Permit): boolean =>
  (a.transport === 'any' || a.transport === b.transport) && (a.ports.length === 0 || a.ports.some((one) => b.ports.some((other) => one.first <= other.last && other.first <= one.last)));

/** `first` to `last`, cut where anything begins or has just ended. */
function cutAt<T extends number | bigint>(first: T, last: T, edges: readonly T[]): T[] {
  return [first, ...new Set(edges.filter((edge) => first < edge && edge <= last).sort((a, b) => (a < b ? -1 : 1)))];
}

/** As they are written, but for those that a rule has in part. */
function addressesOf(texts: readonly string[], known: readonly AddressSet[]): readonly string[] {
  return texts.flatMap((text) => {
    const own = parseSpan(text);
    if (own === null || own.first === own.last) return [text];
    const edges = known.flatMap((set) => set.flatMap(({ family, first, last }) => (family === own.family ? [first, last + 1n] : [])));
    const begins = cutAt(own.first, own.last, edges);
    return begins.length === 1 ? [text] : begins.map((first, i) => formatSpan({ ...own, first, last: (begins.at(i + 1) ?? own.last + 1n) - 1n }));
  });
}

/** One Permit for each port or range of ports, cut where those of a rule begin and end. */
function portsOf(permit: Permit, rules: readonly DeclaredPermit[]): { readonly part: Permit; readonly uncut: Permit }[] {
  const { ports } = permit.service;
  const withPort = (port: Span): Permit => ({ ...permit, service: { ...permit.service, ports: [port] } });
  if (ports.length === 0) return [{ part: permit, uncut: permit }];
  const edges = ports.every(({ first, last }) => first === last) ? [] : rules.filter((one) => sharesPort(one.permit, permit)).flatMap((one) => one.permit.service.ports.flatMap(({ first, last }) => [first, last + 1]));
  return ports.flatMap(({ first, last }) => {
    const begins = cutAt(first, last, edges);
    return begins.map((begin, i) => ({ part: withPort({ first: begin, last: (begins.at(i + 1) ?? last + 1) - 1 }), uncut: withPort({ first, last }) }));
  });
}

/** What an end is known by: the ids of its assets, and where each is one address, that as well. Null: more than such assets. */
function namesOf({ assets: ids, addresses }: PermitEnd, assets: AssetIndex): readonly string[] | null {
  if (ids.length === 0 || addresses.length > 0) return null;
  const spans = ids.flatMap((id) => assets.byId.get(id)?.spans ?? []);
  return spans.some(({ first, last }) => first !== last) ? null : [...new Set([...ids, ...spans.map(({ family, first }) => `${family} ${first}`)])];
}

/** The rules that may speak of a Permit, in their order: those that know one of its pairs. In a spec of 18,000 rules a thousand times fewer. */
function rulesByPair(declared: readonly DeclaredPermit[], assets: AssetIndex, innerAssets: AssetIndex): (permit: Permit) => readonly DeclaredPermit[] {
  const byPair = new Map<string, number[]>();
  /** Places of rules for whole zones, networks and ranges. */
  const wide: number[] = [];
  for (const [place, { permit }] of declared.entries()) {
    const [clients, servers] = [namesOf(permit.from, assets), namesOf(permit.to, assets)];
    if (clients === null || servers === null) wide.push(place);
    else for (const client of clients) for (const server of servers) addTo(byPair, `${client}\n${server}`, place);
  }
  return ({ from, to }) => {
    const [clients, servers] = [namesOf(from, innerAssets), namesOf(to, innerAssets)];
    if (clients === null || servers === null) return declared;
    const places = new Set([...wide, ...clients.flatMap((client) => servers.flatMap((server) => byPair.get(`${client}\n${server}`) ?? []))]);
    return [...places].sort((a, b) => a - b).map((place) => declared[place]);
  };
}

/** Parts that ask the same, as full rectangles: the ports of a pair together, then each client once, with all servers of which it asks it. */
function rectanglesOf(parts: readonly PermitLeft[]): PermitLeft[] {
  const asked = ({ permit: { modbus, opcua, named }, isOfPair }: PermitLeft): unknown[] => [modbus, opcua, named, isOfPair];
  const byPorts = join(parts, (one) => [asked(one), one.permit.from, one.permit.to], ({ service, ...permit }, all) => ({ ...permit, service: { ...service, ports: joinedPorts(all.flatMap((one) => one.service.ports)) } }));
  const byClient = join(byPorts.flatMap(rangesApart), (one) => [asked(one), one.permit.service.ports, one.permit.from], ({ to, ...permit }, all) => ({ ...permit, to: joinedEnd(to, all.map((one) => one.to)) }));
  return join(byClient, (one) => [asked(one), one.permit.service.ports, one.permit.to], ({ from, ...permit }, all) => ({ ...permit, from: joinedEnd(from, all.map((one) => one.from)) }));
}

const joinedEnd = (first: PermitEnd, all: readonly PermitEnd[]): PermitEnd => ({ ...first, assets: all.flatMap((one) => one.assets), addresses: all.flatMap((one) => one.addresses) });

/** A rule names one range of ports, or a list of single ones. */
const rangesApart = (left: PermitLeft): PermitLeft[] => {
  const { ports } = left.permit.service;
  return ports.every(({ first, last }) => first === last) ? [left] : ports.map((port) => ({ ...left, permit: { ...left.permit, service: { ...left.permit.service, ports: [port] } } }));
};

/** Ranges that were cut are whole again; single ports stay single. */
const joinedPorts = (ports: readonly Span[]): readonly Span[] => (ports.every(({ first, last }) => first === last) ? ports : mergeSpans(ports));

function join(parts: readonly PermitLeft[], keyOf: (one: PermitLeft) => unknown, joined: (first: Permit, all: readonly Permit[]) => Permit): PermitLeft[] {
  return [...listsBy(parts, (part) => JSON.stringify(keyOf(part))).values()].map((group) => ({ ...group[0], permit: joined(group[0].permit, group.map((one) => one.permit)), beside: [...new Set(group.flatMap((one) => one.beside))] }));
}

/** @param isDeclared whether rules speak of all of a part of the Permit, at each time one of them */
function undeclaredOperations(permit: Permit, isDeclared: (part: Permit) => boolean): Permit[] {
  if (isDeclared(permit)) return [];
  const { modbus, opcua, named } = permit;
  if (modbus !== null && modbus.functionCodes.length > 0) return undeclaredModbus(permit, modbus, isDeclared);
  if (opcua !== null && opcua.services.length > 0) return undeclaredServices(permit, opcua, isDeclared);
  if (named !== null && named.names.length > 0) return undeclaredNames(permit, named, isDeclared);
  // What a function code does beside its own access is let through with that only (permitsUse); who may program by it may do all by that alone.
  const isOwnOf = (own: Access, one: Access): boolean => own !== 'program' && REQUEST_CODES.some((code) => accessOfFunctionCode(code) === own && permitsUse(permit, code, one));
  const withOwn = (one: Access): readonly Access[] => (modbus === null ? [one] : permit.access.filter((own) => own === one || isOwnOf(own, one)));
  const left = new Set(permit.access.length < 2 ? permit.access : permit.access.map(withOwn).filter((access) => !isDeclared({ ...permit, access })).flat());
  return permit.access.length > 0 && left.size === 0 ? [] : [{ ...permit, access: permit.access.filter((one) => left.has(one)) }];
}

function undeclaredModbus(permit: Permit, modbus: ModbusOperations, isDeclared: (part: Permit) => boolean): Permit[] {
  const asks: ModbusAsk[] = [];
  const EVERY_UNIT = -1;
  for (const unit of modbus.unitIds.length === 0 ? [EVERY_UNIT] : modbus.unitIds) {
    for (const code of modbus.functionCodes) {
      // What the other codes are there for, this one may not do.
      const access = permit.access.filter((one) => permitsUse(permit, code, one));
      const isSpokenOf = (ranges: ModbusOperations['ranges']): boolean =>
        isDeclared({ ...permit, access: access.length === 0 ? permit.access : access, modbus: { functionCodes: [code], unitIds: unit === EVERY_UNIT ? [] : [unit], ranges } });
      if (isSpokenOf(modbus.ranges)) continue;
      const spans = new Map<'read' | 'write', Span[]>();
      for (const access of ['read', 'write'] as const) {
        const table = tableOf(code, access);
        const bound = bindingSpans(modbus.ranges, code, access);
        if (table === null || bound === null) continue;
        const others = modbus.ranges.filter((range) => range.access !== access);
        // Not cut where a rule ends: one request may ask for all of a range, and two rules that share it let it through no more than one of them.
        spans.set(access, bound.filter((span) => !isSpokenOf([{ access, table, ...span }, ...others])));
      }
      // Where several rules together speak of every range, none is left.
      if ([...spans.values()].every((left) => left.length > 0)) asks.push({ unit, code, spans: spans.size === 0 ? null : spans });
    }
  }
  return modbusOperationsOf(asks).map((left) => {
    const classes = new Set(left.functionCodes.map(accessOfFunctionCode));
    const access = permit.access.filter((one) => classes.has(one));
    return { ...permit, access: access.length === 0 ? permit.access : access, modbus: { ...left, unitIds: modbus.unitIds.length === 0 ? [] : left.unitIds } };
  });
}

function undeclaredServices(permit: Permit, opcua: OpcUaOperations, isDeclared: (part: Permit) => boolean): Permit[] {
  const byServices = new Map<string, OpcUaOperations>();
  for (const modes of opcua.securityModes.length === 0 ? [[]] : opcua.securityModes.map((mode) => [mode])) {
    const services = opcua.services.filter((service) => !isDeclared({ ...permit, opcua: { ...opcua, services: [service], securityModes: modes } }));
    const key = services.join('\n');
    if (services.length > 0) byServices.set(key, { ...opcua, services, securityModes: [...(byServices.get(key)?.securityModes ?? []), ...modes] });
  }
  return [...byServices.values()].map((left) => ({ ...permit, opcua: left }));
}

function undeclaredNames(permit: Permit, named: NamedOperations, isDeclared: (part: Permit) => boolean): Permit[] {
  const names = named.names.filter((name) => !isDeclared({ ...permit, named: { ...named, names: [name] } }));
  return names.length === 0 ? [] : [{ ...permit, named: { ...named, names } }];
}
