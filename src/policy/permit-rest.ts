/**
 * What of a Permit no declared rule speaks of yet: a proposal neither repeats in wider words what a person has narrowed, nor
 * brings back what somebody rejected.
 *
 * In: declared rules and who is who, then Permits. Out: for each the Permits that are left, and the rules that speak of the
 * rest. Asked pair by pair and operation by operation (unit, function code and range of addresses; security mode and
 * service; name). Left out on purpose: security policies and schedules, which a rule has as a whole or not at all.
 */
import type { ModbusAsk } from '../infer/conduit-grants.ts';
import { modbusOperationsOf } from '../infer/conduit-permits.ts';
import type { AddressSpan } from '../net/address-set.ts';
import { addTo } from '../net/multi-map.ts';
import { accessOfFunctionCode, bindingSpans, tableOf, type Span } from '../net/register-set.ts';
import type { ModbusOperations, NamedOperations, OpcUaOperations, Permit } from '../permit.ts';
import { permitCovers, permitReaches } from './permit-cover.ts';
import type { DeclaredPermit } from './permits.ts';
import type { AssetIndex } from './spec-assets.ts';

export interface PermitRest {
  /** What is left, as full rectangles of clients and servers. */
  readonly rest: readonly Permit[];
  /** Rules that alone speak of all that a pair of the Permit asks. */
  readonly covering: readonly DeclaredPermit[];
}

/** @param isWanted asked of what is left of one client and server (or of two zones as a whole) */
export type Undeclared = (permit: Permit, isWanted: (part: Permit) => boolean) => PermitRest;

export function undeclaredOf(declared: readonly DeclaredPermit[], assets: AssetIndex): Undeclared {
  const rulesFor = rulesByClient(declared, assets);
  return (permit, isWanted) => {
    const rules = rulesFor(permit);
    const covers = (one: DeclaredPermit, part: Permit): boolean => permitCovers({ ...one.permit, decision: 'approved' }, part, assets);
    const whole = rules.find((one) => covers(one, permit));
    if (whole !== undefined) return { rest: [], covering: [whole] };
    const restOf = (part: Permit): Permit[] => {
      const near = rules.filter((one) => permitReaches(one.permit, part, assets));
      const left = near.length === 0 ? [part] : undeclaredOperations(part, (some) => near.some((one) => covers(one, some)));
      return left.filter(isWanted);
    };
    if (permit.from.assets.length === 0 || permit.to.assets.length === 0) return { rest: restOf(permit), covering: [] };
    const covering = new Set<DeclaredPermit>();
    const pairs: Permit[] = [];
    for (const client of permit.from.assets) {
      for (const server of permit.to.assets) {
        const pair = { ...permit, from: { ...permit.from, assets: [client] }, to: { ...permit.to, assets: [server] } };
        const rule = rules.find((one) => covers(one, pair));
        if (rule === undefined) pairs.push(...restOf(pair));
        else covering.add(rule);
      }
    }
    return { rest: rectanglesOf(pairs), covering: [...covering] };
  };
}

/**
 * The rules that may speak of a Permit, in their order: those that know one of its clients, by id or by address. In a spec of
 * 18,000 rules a hundred times fewer.
 */
function rulesByClient(declared: readonly DeclaredPermit[], assets: AssetIndex): (permit: Permit) => readonly DeclaredPermit[] {
  const spanKey = ({ family, first }: AddressSpan): string => `${family} ${first}`;
  const byClient = new Map<string, number[]>();
  /** Places of rules for whole zones, networks and ranges. */
  const wide: number[] = [];
  for (const [place, { permit: { from } }] of declared.entries()) {
    const spans = from.assets.flatMap((id) => assets.byId.get(id)?.spans ?? []);
    if (from.assets.length === 0 || from.addresses.length > 0 || spans.some(({ first, last }) => first !== last)) wide.push(place);
    else for (const key of new Set([...from.assets, ...spans.map(spanKey)])) addTo(byClient, key, place);
  }
  return ({ from: { assets: clients } }) => {
    if (clients.length === 0) return declared;
    const keys = clients.flatMap((client) => [client, ...(assets.byId.get(client)?.spans.slice(0, 1) ?? []).map(spanKey)]);
    const places = new Set([...wide, ...keys.flatMap((key) => byClient.get(key) ?? [])]);
    return [...places].sort((a, b) => a - b).map((place) => declared[place]);
  };
}

/** Pairs that ask the same, as full rectangles: each client once, with all servers of which it asks it. */
function rectanglesOf(pairs: readonly Permit[]): Permit[] {
  const byClient = new Map<string, Permit[]>();
  for (const pair of pairs) addTo(byClient, JSON.stringify([pair.modbus, pair.opcua, pair.named, pair.from.assets]), pair);
  const byServers = new Map<string, Permit[]>();
  for (const [first, ...others] of byClient.values()) {
    const servers = [first, ...others].flatMap(({ to }) => to.assets);
    addTo(byServers, JSON.stringify([first.modbus, first.opcua, first.named, servers]), { ...first, to: { ...first.to, assets: servers } });
  }
  return [...byServers.values()].map(([first, ...others]) => ({ ...first, from: { ...first.from, assets: [first, ...others].flatMap(({ from }) => from.assets) } }));
}

/** @param isDeclared whether one rule speaks of all of a part of the Permit */
function undeclaredOperations(permit: Permit, isDeclared: (part: Permit) => boolean): Permit[] {
  const { modbus, opcua, named } = permit;
  if (modbus !== null && modbus.functionCodes.length > 0) return undeclaredModbus(permit, modbus, isDeclared);
  if (opcua !== null && opcua.services.length > 0) return undeclaredServices(permit, opcua, isDeclared);
  return named === null || named.names.length === 0 ? [permit] : undeclaredNames(permit, named, isDeclared);
}

function undeclaredModbus(permit: Permit, modbus: ModbusOperations, isDeclared: (part: Permit) => boolean): Permit[] {
  const asks: ModbusAsk[] = [];
  const EVERY_UNIT = -1;
  for (const unit of modbus.unitIds.length === 0 ? [EVERY_UNIT] : modbus.unitIds) {
    for (const code of modbus.functionCodes) {
      const isSpokenOf = (ranges: ModbusOperations['ranges']): boolean =>
        isDeclared({ ...permit, modbus: { functionCodes: [code], unitIds: unit === EVERY_UNIT ? [] : [unit], ranges } });
      if (isSpokenOf(modbus.ranges)) continue;
      const spans = new Map<'read' | 'write', Span[]>();
      for (const access of ['read', 'write'] as const) {
        const table = tableOf(code, access);
        const bound = table === null ? null : bindingSpans(modbus.ranges, code, access);
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
