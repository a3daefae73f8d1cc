/**
 * The stated rules that look at one client and one server only: what a pair was seen to ask, a little wider.
 *
 * block-poll       gaps between the blocks that one client reads of one table are closed up to one request's reach
 * same-table       function codes of one table and access (FC 6 and 16, FC 5 and 15) share their addresses
 * array-stride     writes to two or more places of one table are taken for one array, up to its ends and 50 beyond;
 *                  one place stays one place
 * write-twin       whoever writes one register or coil may write several, and the reverse (FC 6 and 16, FC 5 and 15)
 * adjacent-units   three or more unit ids without large gaps behind one gateway are taken for one row of devices
 * session-services opening, keeping and closing an OPC UA session is permitted where any of its services is
 *
 * In: an exact grant. Out: the same, wider, with the names of the rules that touched it.
 */
import type { Span } from '../../net/register-set.ts';
import { mergeSpans, tableOf } from '../../net/register-set.ts';
import { opcuaCompanions } from '../opcua-security.ts';
import { mergeDetails } from './grants.ts';
import type { Grant, GrantDetail, ModbusAsk } from './grants.ts';

/** Most addresses that one request may read: registers (V1.1b3 clause 6.3) and coils (clause 6.1). */
const READ_REACH = { register: 125, coil: 2000 } as const;
export const readReach = (table: string): number => (table === 'coil' || table === 'discrete-input' ? READ_REACH.coil : READ_REACH.register);
/** A write array's end may lie this far beyond the last address seen. */
const WRITE_MARGIN = 50;
const MAX_UNIT_GAP = 2;

const clamp = (address: number): number => Math.max(0, Math.min(65535, address));

export const closeGaps = (spans: readonly Span[], reach: number): Span[] => {
  const merged: Span[] = [];
  for (const span of mergeSpans(spans)) {
    const top = merged.at(-1);
    if (top !== undefined && span.first - top.last <= reach) merged[merged.length - 1] = { first: top.first, last: span.last };
    else merged.push(span);
  }
  return merged;
};

const sameSpans = (a: readonly Span[], b: readonly Span[]): boolean => a.length === b.length && a.every((span, i) => span.first === b[i].first && span.last === b[i].last);

export const spansOf = (asks: readonly ModbusAsk[], access: 'read' | 'write', table: string): Span[] =>
  asks.flatMap((ask) => (tableOf(ask.code, access) === table ? [...(ask.spans?.get(access) ?? [])] : []));

/** The single and the multiple form of one write (V1.1b3 clauses 6.5, 6.6, 6.11, 6.12): they differ in how many, not in what. */
const WRITE_TWIN: Readonly<Record<number, number>> = { 5: 15, 15: 5, 6: 16, 16: 6 };

/** Whoever writes one register may write several, and the reverse, at the same addresses. */
function addWriteTwins(grant: Grant): Grant {
  const twins = grant.detail.modbus.flatMap((ask): ModbusAsk[] => {
    const code = WRITE_TWIN[ask.code];
    return code === undefined || grant.detail.modbus.some((other) => other.unit === ask.unit && other.code === code) ? [] : [{ ...ask, code }];
  });
  if (twins.length === 0) return grant;
  const detail = mergeDetails(grant.detail, { ...grant.detail, modbus: twins });
  return { ...grant, detail, rules: [...new Set([...grant.rules, 'write-twin'])].sort() };
}

/** Widens the addresses of one pair's requests, per unit and table; says which rules did it. */
function widenRanges(grant: Grant): Grant {
  if (grant.detail.modbus.length === 0) return grant;
  const rules = new Set(grant.rules);
  const asks = grant.detail.modbus.map((ask): ModbusAsk => {
    if (ask.spans === null) return ask;
    const siblings = grant.detail.modbus.filter((other) => other.unit === ask.unit && other.spans !== null);
    const spans = new Map<'read' | 'write', readonly Span[]>();
    for (const [access, own] of ask.spans) {
      const table = tableOf(ask.code, access) ?? '';
      const shared = mergeSpans(spansOf(siblings, access, table));
      if (!sameSpans(shared, own)) rules.add('same-table');
      if (access === 'read') {
        const closed = closeGaps(shared, readReach(table));
        if (!sameSpans(closed, shared)) rules.add('block-poll');
        spans.set(access, closed);
      } else if (shared.length > 1) {
        rules.add('array-stride');
        spans.set(access, [{ first: clamp(shared[0].first - WRITE_MARGIN), last: clamp((shared.at(-1)?.last ?? 0) + WRITE_MARGIN) }]);
      } else spans.set(access, shared);
    }
    return { ...ask, spans };
  });
  return { ...grant, detail: { ...grant.detail, modbus: asks }, rules: [...rules].sort() };
}

/** Every unit of a row gets the asks of every other unit of that row. */
function widenUnits(grant: Grant): Grant {
  const units = [...new Set(grant.detail.modbus.map((ask) => ask.unit))].sort((a, b) => a - b);
  if (units.length < 3) return grant;
  const isRow = units.every((unit, i) => i === 0 || unit - units[i - 1] <= MAX_UNIT_GAP);
  if (!isRow) return grant;
  let detail: GrantDetail = { ...grant.detail, modbus: [] };
  for (let unit = units[0]; unit <= units[units.length - 1]; unit++) {
    detail = mergeDetails(detail, { ...grant.detail, modbus: grant.detail.modbus.map((ask) => ({ ...ask, unit })) });
  }
  return { ...grant, detail, rules: [...new Set([...grant.rules, 'adjacent-units'])].sort() };
}

function addSessionServices(grant: Grant): Grant {
  if (grant.protocol !== 'opcua' || grant.detail.opcuaServices.length === 0) return grant;
  const services = [...new Set([...grant.detail.opcuaServices, ...opcuaCompanions(grant.detail.opcuaServices)])].sort();
  if (services.length === grant.detail.opcuaServices.length) return grant;
  return { ...grant, detail: { ...grant.detail, opcuaServices: services }, rules: [...new Set([...grant.rules, 'session-services'])].sort() };
}

const isOnePlace = (grant: Grant): boolean => grant.class === 'write' && grant.detail.modbus.length === 1 && (grant.detail.modbus[0].spans?.get('write')?.length ?? 2) === 1;

/** All rules about one pair, in their order. A write to one place, seen on no more than `rareDays` days, stays as it was seen. */
export const widenPair = (grant: Grant, rareDays: number): Grant =>
  isOnePlace(grant) && grant.evidence.days.length <= rareDays ? grant : addSessionServices(widenUnits(widenRanges(addWriteTwins(grant))));
