/**
 * What of a Permit was used, and what never.
 *
 * In: a Permit and what it let through. Out: the rest in words, for a finding, and what is left of each field when the
 * Permit is narrowed to its use (edit/narrow.ts), so that the two cannot disagree. Left out on purpose: whether one has
 * listened long enough for silence to mean anything (diff/declared.ts).
 */
import { firstOf } from '../../infer/plural.ts';
import { parseSet, sizeOfSet } from '../../net/address-set.ts';
import { changesDevice, type Access, type Conversation } from '../../observation.ts';
import { accessesOfFunctionCode, accessOfFunctionCode } from '../../decode/app/modbus-functions.ts';
import { mergeSpans, sizeOfSpans, subtractSpans, tableOf } from '../../net/register-set.ts';
import type { ModbusRange, Permit, PermitEnd } from '../../permit.ts';
import { isFolded, securityOf, type Ask } from '../match/asks.ts';
import type { AskVerdict, Miss, MissKind } from '../match/match.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import type { DiffContext } from './context.ts';

/** What a Permit let through, or came near to. */
export interface PermitUse {
  readonly declared: DeclaredPermit;
  readonly conversations: Conversation[];
  readonly verdicts: AskVerdict[];
}

/** What stays of each field; null: it stays as it is. */
export interface UsedScope {
  readonly client: Pick<PermitEnd, 'assets' | 'addresses'> | null;
  readonly server: Pick<PermitEnd, 'assets' | 'addresses'> | null;
  readonly ports: readonly number[] | null;
  readonly access: readonly Access[] | null;
  readonly functionCodes: readonly number[] | null;
  readonly unitIds: readonly number[] | null;
  readonly ranges: readonly ModbusRange[] | null;
  readonly services: readonly string[] | null;
  /** Names and `#code` of a protocol that is neither Modbus nor OPC UA. */
  readonly names: readonly string[] | null;
}

export interface PermitRemainder {
  /** In words; empty = all was used, or it is not comparable. */
  readonly idle: readonly string[];
  /** True when what was never used would change something in the plant. */
  readonly change: boolean;
  readonly used: UsedScope;
}

const MOST_NAMED = 6;

const ascending = (values: Iterable<number>): number[] => [...new Set(values)].sort((a, b) => a - b);

function remainderOfEnd(context: DiffContext, { conversations }: PermitUse, end: PermitEnd, side: 'client' | 'server'): { idle: string[]; used: UsedScope['client'] } {
  const assets = new Set<string>();
  const strangers = new Set<string>();
  for (const conversation of conversations) {
    const id = context.assets.resolve(conversation[side])?.asset?.id;
    if (id === undefined) strangers.add(conversation[side]);
    else assets.add(id);
  }
  if (end.assets.length > 0) {
    const unused = end.assets.filter((id) => !assets.has(id));
    return unused.length === 0 ? { idle: [], used: null } : { idle: [`${side}s ${firstOf(unused, MOST_NAMED)}`], used: { assets: end.assets.filter((id) => assets.has(id)), addresses: end.addresses } };
  }
  if (end.addresses.length > 0) {
    const size = sizeOfSet(parseSet(end.addresses));
    const own = [...new Set(conversations.map((conversation) => conversation[side]))].sort();
    return size <= BigInt(own.length) ? { idle: [], used: null } : { idle: [`${size - BigInt(own.length)} of the ${size} ${side} addresses`], used: { assets: [], addresses: own } };
  }
  const members = context.assets.assets.filter((asset) => asset.zone === end.zone);
  const unused = members.filter((asset) => !assets.has(asset.id));
  return unused.length === 0 ? { idle: [], used: null } : {
    idle: [`${unused.length} of the ${members.length} ${side}s of the whole zone ${end.zone}`],
    used: { assets: members.filter((asset) => assets.has(asset.id)).map((asset) => asset.id), addresses: [...strangers].sort() },
  };
}

type ModbusAsk = NonNullable<Ask['modbus']>;

/**
 * Declared ranges by what was seen of them; null where nothing of them was idle, or what was asked is not known.
 * @param codes those that stay: without any range of its table one of them would be let through everywhere, so the last ones stay with it
 */
function remainderOfRanges(declared: readonly ModbusRange[], asks: readonly ModbusAsk[], codes: readonly number[]): { idle: number; change: boolean; used: ModbusRange[] } | null {
  let idle = 0;
  let change = false;
  const used: ModbusRange[] = [];
  for (const access of ['read', 'write'] as const) {
    for (const table of new Set(declared.filter((range) => range.access === access).map((range) => range.table))) {
      const own = declared.filter((range) => range.access === access && range.table === table);
      const isOf = (code: number): boolean => tableOf(code, access) !== null && (table === undefined || tableOf(code, access) === table);
      const here = asks.filter((ask) => isOf(ask.code));
      const spans = mergeSpans(own);
      const seen = mergeSpans(here.flatMap(({ range }) => (range !== null && range.access === access ? [range] : [])));
      // A request whose addresses could not be read may have asked for any of them.
      const rest = here.some(({ range }) => range === null) ? [] : subtractSpans(spans, seen);
      const kept = subtractSpans(spans, rest);
      if (rest.length === 0 || (kept.length === 0 && codes.some(isOf))) {
        used.push(...own);
        continue;
      }
      idle += sizeOfSpans(rest);
      change ||= access === 'write';
      used.push(...kept.map((span): ModbusRange => ({ access, ...(table === undefined ? {} : { table }), ...span })));
    }
  }
  return idle === 0 ? null : { idle, change, used };
}

/** Classes of access that a Permit names and nobody used; none where codes, services or names say it closer, or not all that was asked is known. */
function idleAccess({ access, modbus, opcua, named }: Permit, asks: readonly Ask[]): readonly Access[] {
  const isCloser = (modbus?.functionCodes.length ?? 0) > 0 || (opcua?.services.length ?? 0) > 0 || named !== null;
  if (isCloser || !asks.every((ask) => ask.access !== null && !isFolded(ask))) return [];
  // Who may read may browse (the spec's "read"). Without its own class, a function code is not let through for what else it does (permitsUse).
  const isUsed = (one: Access): boolean => one === 'browse' || asks.some((ask) => ask.access === one || (ask.modbus !== null && accessOfFunctionCode(ask.modbus.code) === one));
  // Who only opened sessions may have used none: a rule for nothing is none.
  return access.some(isUsed) ? access.filter((one) => !isUsed(one)) : [];
}

/**
 * Whether a request that a Permit did not let through asked for a part of what it names: a code that it lists, or addresses of its ranges.
 * The finding about the request says all there is to say of that part.
 */
export const isPartlyWithin = ({ modbus }: Permit, { kind }: Pick<Miss, 'kind'>, { modbus: asked }: Ask): boolean => {
  if (modbus === null || asked === null || !INSPECTED_MISSES.has(kind)) return false;
  const { code, range } = asked;
  return modbus.functionCodes.includes(code) || (range !== null
    && modbus.ranges.some((own) => own.access === range.access && (own.table === undefined || own.table === tableOf(code, range.access)) && own.first <= range.last && range.first <= own.last));
};

/** What was amiss is of the request itself: neither who asked whom, nor when. */
const INSPECTED_MISSES: ReadonlySet<MissKind> = new Set(['access', 'operation', 'unit', 'range']);

const AS_IT_IS: UsedScope = { client: null, server: null, ports: null, access: null, functionCodes: null, unitIds: null, ranges: null, services: null, names: null };

/**
 * Everything of a Permit that nothing used.
 * @param besides what it did not let through, and what says nothing of disuse: what only its schedule kept it from (that it was not used
 * at another time as well is not known), and what was partly within it
 */
export function remainderOf(context: DiffContext, { declared, ...own }: PermitUse, ...besides: readonly (PermitUse | undefined)[]): PermitRemainder {
  const { permit } = declared;
  const all = [own, ...besides.filter((one) => one !== undefined)];
  const use: PermitUse = { declared, conversations: all.flatMap(({ conversations }) => conversations), verdicts: all.flatMap(({ verdicts }) => verdicts) };
  const asks = use.verdicts.map((verdict) => verdict.ask);
  const idle: string[] = [];
  let change = false;
  let used = AS_IT_IS;
  for (const [side, end] of [['client', permit.from], ['server', permit.to]] as const) {
    const rest = remainderOfEnd(context, use, end, side);
    idle.push(...rest.idle);
    used = { ...used, [side]: rest.used };
  }
  const modbus = asks.flatMap((ask) => (ask.modbus === null ? [] : [ask.modbus]));
  if (modbus.length > 0 && permit.modbus !== null) {
    const asked = ascending(modbus.map((ask) => ask.code));
    const left = permit.modbus.functionCodes.filter((code) => asked.includes(code));
    const codes = permit.modbus.functionCodes.filter((code) => !asked.includes(code));
    if (codes.length > 0) {
      idle.push(`function codes ${codes.join(', ')}`);
      change ||= codes.some((code) => tableOf(code, 'write') !== null);
      // What another code was there for is not left to one that can do it as well (permitsUse).
      const access = permit.access.filter((one) => asks.some((ask) => ask.access === one) || !left.some((code) => accessesOfFunctionCode(code).slice(1).includes(one)));
      used = { ...used, functionCodes: left, ...(access.length === permit.access.length || access.length === 0 ? {} : { access }) };
    }
    const units = permit.modbus.unitIds.filter((unit) => !modbus.some((ask) => ask.unit === unit));
    if (units.length > 0) {
      idle.push(`units ${units.join(', ')}`);
      used = { ...used, unitIds: permit.modbus.unitIds.filter((unit) => !units.includes(unit)) };
    }
    const ranges = remainderOfRanges(permit.modbus.ranges, modbus, permit.modbus.functionCodes.length === 0 ? asked : left);
    if (ranges !== null) {
      idle.push(`${ranges.idle} data addresses`);
      change ||= ranges.change;
      used = { ...used, ranges: ranges.used };
      // A table without ranges is open: where no codes are named, those that were asked shut it.
      if (permit.modbus.functionCodes.length === 0) used = { ...used, functionCodes: asked };
    }
  } else if (modbus.length > 0 && permit.access.length === 0 && !asks.some(isFolded)) {
    idle.push('every function code (the Permit names none)');
    change = true;
    used = { ...used, functionCodes: ascending(modbus.map((ask) => ask.code)) };
  }
  // Behind encryption anything may have been asked.
  const isAllRead = !use.conversations.some((conversation) => securityOf(conversation).encrypted);
  const unused = isAllRead ? idleAccess(permit, asks) : [];
  if (unused.length > 0) {
    idle.push(`access ${unused.join(', ')}`);
    change ||= unused.some(changesDevice);
    used = { ...used, access: permit.access.filter((one) => !unused.includes(one)) };
  }
  const services = asks.flatMap((ask) => ask.opcuaService ?? []);
  const unasked = services.length === 0 || !isAllRead ? [] : (permit.opcua?.services ?? []).filter((service) => !services.includes(service));
  if (unasked.length > 0) {
    idle.push(`services ${firstOf(unasked, MOST_NAMED)}`);
    change ||= unasked.some((service) => /^(Write|Call)$/.test(service));
    used = { ...used, services: (permit.opcua?.services ?? []).filter((service) => !unasked.includes(service)) };
  }
  if (permit.named !== null && asks.some((ask) => ask.name !== null)) {
    const isAsked = (name: string): boolean => asks.some((ask) => ask.name?.toLowerCase() === name.toLowerCase() || `#${ask.code}` === name);
    const names = permit.named.names.filter((name) => !isAsked(name));
    if (names.length > 0) {
      idle.push(`operations ${names.join(', ')}`);
      used = { ...used, names: permit.named.names.filter(isAsked) };
    }
  }
  const ports = ascending(use.conversations.map((conversation) => conversation.port));
  const width = permit.service.ports.reduce((sum, range) => sum + range.last - range.first + 1, 0);
  if (width > ports.length) {
    idle.push(`${width - ports.length} of ${width} ports`);
    used = { ...used, ports };
  }
  return { idle, change, used };
}
