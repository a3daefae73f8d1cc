/**
 * From grants to Permits: grants that let the same through are gathered into full rectangles of clients and servers, so
 * that a Permit never lets through a pair that no grant named.
 *
 * In: grants, standing or on demand. Out: Permits in a stable order with evidence, question and witnesses.
 * Left out on purpose: names in the spec's alphabet (conduits.ts) and the YAML (policy/spec/write.ts).
 */
import { accessOfFunctionCode } from '../../decode/app/modbus-functions.ts';
import { addTo } from '../../net/multi-map.ts';
import { hasPorts, type Access } from '../../observation.ts';
import type { ModbusOperations, ModbusRange, OpcUaOperations } from '../../permit.ts';
import { mergeSpans, sizeOfSpans, subtractSpans, tableOf } from '../../net/register-set.ts';
import { byText } from '../../net/text-order.ts';
import { endedDaysAgo } from '../captured-days.ts';
import { evidenceOfPart, grantKey, mergeEvidence, NO_EVIDENCE, portKey, spokenBy } from './grants.ts';
import type { Grant, GrantDetail, GrantEvidence, ModbusAsk } from './grants.ts';
import type { PlanIndex } from './plan.ts';
import { isRarePart, QUESTION_KINDS, questionOf } from './questions.ts';
import type { QuestionKind } from './questions.ts';

/** A Permit before it has an id; ends are asset ids of the plan, empty = the whole zone. */
export interface DraftPermit {
  readonly clientZone: string;
  readonly serverZone: string;
  readonly clients: readonly string[];
  readonly servers: readonly string[];
  readonly transport: string;
  /** Ascending by port; more than one where the same clients ask them of the same servers. */
  readonly services: readonly { readonly port: number; readonly lastPort: number; readonly name: string }[];
  readonly protocol: string;
  readonly access: readonly Access[];
  readonly modbus: ModbusOperations | null;
  readonly opcua: OpcUaOperations | null;
  readonly names: readonly string[];
  readonly onDemand: boolean;
  readonly question: QuestionKind | null;
  /** Of codes that also do less: beside another code it would not be let through (policy/spec/permits.ts), so it stays by itself. */
  readonly isDoubleUse: boolean;
  readonly evidence: GrantEvidence;
  readonly rules: readonly string[];
  /** (client, server, operation or port) let through and never seen. */
  readonly neverSeen: number;
  /** Data addresses let through and never seen, over all pairs, units and tables. */
  readonly registersNeverSeen: number;
}

const FULL = { first: 0, last: 65535 };

const rangeKey = (ranges: readonly ModbusRange[]): string => ranges.map((range) => `${range.access}/${range.table}/${range.first}-${range.last}`).join(',');

const rangesOfAsk = (ask: ModbusAsk): ModbusRange[] | null => {
  if (ask.spans === null) return null;
  return [...ask.spans].flatMap(([access, spans]): ModbusRange[] => {
    const table = tableOf(ask.code, access);
    return spans.map((span) => (table === null ? { access, first: span.first, last: span.last } : { access, table, first: span.first, last: span.last }));
  });
};

const orderRanges = (ranges: readonly ModbusRange[]): ModbusRange[] =>
  [...ranges].sort((a, b) => byText(a.access, b.access) || byText(a.table ?? '', b.table ?? '') || a.first - b.first);

/** What a set of operations says about one table and access: its spans, `all`, or nothing. */
const boundsOf = (operations: Pick<ModbusOperations, 'functionCodes' | 'ranges'>): Map<string, string> => {
  const bounds = new Map<string, string>();
  for (const code of operations.functionCodes) {
    for (const access of ['read', 'write'] as const) {
      const table = tableOf(code, access);
      if (table === null) continue;
      const own = operations.ranges.filter((range) => range.access === access && range.table === table);
      bounds.set(`${access}/${table}`, own.length === 0 ? 'all' : rangeKey(own));
    }
  }
  return bounds;
};

/** Both together say no more than each alone: they agree on every table and access that both touch. */
const agree = (a: Pick<ModbusOperations, 'functionCodes' | 'ranges'>, b: Pick<ModbusOperations, 'functionCodes' | 'ranges'>): boolean => {
  const other = boundsOf(b);
  for (const [key, bound] of boundsOf(a)) if (other.has(key) && other.get(key) !== bound) return false;
  return true;
};

const joinOperations = (a: ModbusOperations, b: ModbusOperations): ModbusOperations => {
  const ranges = new Map([...a.ranges, ...b.ranges].map((range) => [rangeKey([range]), range]));
  return { functionCodes: [...new Set([...a.functionCodes, ...b.functionCodes])].sort((x, y) => x - y), unitIds: a.unitIds, ranges: orderRanges([...ranges.values()]) };
};

/** The fewest operation sets that say exactly what the asks say. */
export function modbusOperationsOf(asks: readonly ModbusAsk[]): ModbusOperations[] {
  const byUnit = new Map<number, ModbusOperations[]>();
  for (const ask of asks) {
    const pieces = byUnit.get(ask.unit) ?? [];
    const own: ModbusOperations = { functionCodes: [ask.code], unitIds: [], ranges: orderRanges(rangesOfAsk(ask) ?? []) };
    const fitting = pieces.findIndex((piece) => agree(piece, own));
    if (fitting < 0) pieces.push(own);
    else pieces[fitting] = joinOperations(pieces[fitting], own);
    byUnit.set(ask.unit, pieces);
  }
  const shared = new Map<string, ModbusOperations>();
  for (const [unit, pieces] of [...byUnit].sort(([a], [b]) => a - b)) {
    for (const piece of pieces) {
      const key = `${piece.functionCodes.join(',')}|${rangeKey(piece.ranges)}`;
      const held = shared.get(key);
      shared.set(key, { ...piece, unitIds: [...(held?.unitIds ?? []), unit] });
    }
  }
  return [...shared.values()];
}

const opcuaOf = (grant: Grant): OpcUaOperations | null =>
  grant.protocol === 'opcua' ? { services: grant.detail.opcuaServices, securityModes: grant.detail.opcuaModes, securityPolicies: grant.detail.opcuaPolicies } : null;

interface Cell {
  readonly grant: Grant;
  readonly access: readonly Access[];
  /** Of the grant's, what belongs to these operations: what was asked of one unit every day says nothing of another. */
  readonly evidence: GrantEvidence;
  readonly modbus: ModbusOperations | null;
  readonly opcua: OpcUaOperations | null;
  readonly question: QuestionKind | null;
  readonly onDemand: boolean;
}

const isDoubleUse = ({ doubt }: Grant): boolean => doubt === 'double-use';

/** Of what a grant was asked for, what the codes of a piece do by themselves: beside them another code of it may change what these only ask. */
const accessOf = (grant: Grant, piece: ModbusOperations | null): readonly Access[] => {
  if (grant.class === 'any') return [];
  const { access } = grant.detail;
  const own = isDoubleUse(grant) ? access : access.filter((one) => piece?.functionCodes.some((code) => accessOfFunctionCode(code) === one));
  return own.length === 0 ? access : own;
};

const cellKey = (cell: Cell): string => {
  const { grant, modbus, opcua } = cell;
  return [
    grant.client.zone, grant.server.zone, portKey(grant), spokenBy(grant), grant.class, isDoubleUse(grant), cell.access.join(','), cell.question ?? '', cell.onDemand,
    modbus === null ? '' : `${modbus.functionCodes.join(',')}|${modbus.unitIds.join(',')}|${rangeKey(modbus.ranges)}`,
    opcua === null ? '' : `${opcua.services.join(',')}|${opcua.securityModes.join(',')}|${opcua.securityPolicies.join(',')}`,
    grant.detail.names.join(','),
  ].join('\n');
};

/** What of a grant a piece of its Modbus operations stands for. */
const detailOf = ({ detail }: Grant, piece: ModbusOperations | null): GrantDetail =>
  piece === null ? detail : { ...detail, modbus: detail.modbus.filter(({ unit, code }) => piece.functionCodes.includes(code) && piece.unitIds.includes(unit)) };

/** Full rectangles that cover exactly the given pairs: by equal partner sets, from the side that needs fewer. */
function rectangles(cells: readonly Cell[]): Cell[][] {
  const cover = (own: (cell: Cell) => string, other: (cell: Cell) => string): Cell[][] => {
    const partners = new Map<string, Cell[]>();
    for (const cell of cells) addTo(partners, own(cell), cell);
    const groups = new Map<string, Cell[]>();
    for (const list of partners.values()) {
      const key = list.map(other).sort().join('\n');
      for (const cell of list) addTo(groups, key, cell);
    }
    return [...groups.values()];
  };
  const byClient = cover((cell) => cell.grant.client.id, (cell) => cell.grant.server.id);
  const byServer = cover((cell) => cell.grant.server.id, (cell) => cell.grant.client.id);
  return byServer.length < byClient.length ? byServer : byClient;
}

const operationsOf = (detail: GrantDetail): string[] => [
  ...detail.modbus.map((ask) => `${ask.unit}/${ask.code}`), ...detail.opcuaServices, ...detail.names,
];

const registersBeyond = (detail: GrantDetail, seen: GrantDetail | undefined): number => {
  let beyond = 0;
  for (const ask of detail.modbus) {
    for (const access of ['read', 'write'] as const) {
      if (tableOf(ask.code, access) === null) continue;
      const permitted = ask.spans === null ? [FULL] : (ask.spans.get(access) ?? []);
      const known = seen?.modbus.find((one) => one.unit === ask.unit && one.code === ask.code)?.spans?.get(access) ?? [];
      beyond += sizeOfSpans(subtractSpans(mergeSpans(permitted), known));
    }
  }
  return beyond;
};

/** Of a service without operations: 1 where it was never asked, and of a range the ports that never were. */
const portsNeverSeen = (grant: Grant, observed: ReadonlyMap<string, Grant>): number => {
  const isSeen = ({ client, server, transport, port }: Grant): boolean => client.id === grant.client.id && server.id === grant.server.id && transport === grant.transport && grant.port <= port && port <= grant.lastPort;
  if (grant.lastPort === grant.port) return Number(!observed.has(grantKey(grant)));
  return grant.lastPort - grant.port + 1 - new Set([...observed.values()].filter(isSeen).map(({ port }) => port)).size;
};

function draftOf(cells: readonly Cell[], observed: ReadonlyMap<string, Grant>): DraftPermit {
  const [{ grant, access, modbus, opcua, question, onDemand }] = cells;
  let evidence = NO_EVIDENCE;
  let neverSeen = 0;
  let registersNeverSeen = 0;
  const rules = new Set<string>();
  for (const cell of cells) {
    evidence = mergeEvidence(evidence, cell.evidence);
    const seen = observed.get(grantKey(cell.grant));
    const own = detailOf(cell.grant, cell.modbus);
    const known = new Set(seen === undefined ? [] : operationsOf(seen.detail));
    const operations = operationsOf(own);
    neverSeen += operations.length === 0 ? portsNeverSeen(cell.grant, observed) : operations.filter((operation) => !known.has(operation)).length;
    registersNeverSeen += registersBeyond(own, seen?.detail);
    for (const rule of cell.grant.rules) rules.add(rule);
  }
  return {
    clientZone: grant.client.zone, serverZone: grant.server.zone,
    clients: [...new Set(cells.map((cell) => cell.grant.client.id))].sort(byText),
    servers: [...new Set(cells.map((cell) => cell.grant.server.id))].sort(byText),
    transport: grant.transport, services: [{ port: grant.port, lastPort: grant.lastPort, name: grant.service }], protocol: grant.protocol,
    access, modbus, opcua, names: grant.detail.names, onDemand, question, isDoubleUse: isDoubleUse(grant), evidence,
    rules: neverSeen === 0 && registersNeverSeen === 0 ? [] : [...rules].sort(byText), neverSeen, registersNeverSeen,
  };
}

const pairsKey = (draft: DraftPermit): string => [draft.clientZone, draft.serverZone, draft.clients.join(','), draft.servers.join(','), draft.transport].join('\n');

const endsKey = (draft: DraftPermit): string =>
  [pairsKey(draft), ...draft.services.map(({ port, lastPort, name }) => `${port}${lastPort === port ? '' : `-${lastPort}`} ${spokenBy({ service: name, protocol: draft.protocol })}`), draft.onDemand, draft.question ?? '', draft.isDoubleUse].join('\n');

/** Joins the classes of one pair of ends into one Permit where that says nothing more. */
function joinClasses(drafts: readonly DraftPermit[]): DraftPermit[] {
  const out: DraftPermit[] = [];
  const byEnds = new Map<string, number[]>();
  for (const draft of drafts) {
    const key = endsKey(draft);
    const places = byEnds.get(key) ?? [];
    const place = places.find((at) => {
      const held = out[at];
      if (held.access.length === 0 || draft.access.length === 0) return false;
      // A code is let through for no more than it was asked for, and for no less because another does that by itself.
      if (held.isDoubleUse && held.modbus?.functionCodes.join() !== draft.modbus?.functionCodes.join()) return false;
      if (held.modbus !== null && draft.modbus !== null) return held.modbus.unitIds.join() === draft.modbus.unitIds.join() && agree(held.modbus, draft.modbus);
      if (held.opcua !== null && draft.opcua !== null) {
        return held.opcua.securityModes.join() === draft.opcua.securityModes.join() && held.opcua.securityPolicies.join() === draft.opcua.securityPolicies.join()
          && held.opcua.services.length > 0 && draft.opcua.services.length > 0;
      }
      return held.modbus === null && draft.modbus === null && held.opcua === null && draft.opcua === null && held.names.length > 0 && draft.names.length > 0;
    });
    if (place === undefined) {
      byEnds.set(key, [...places, out.length]);
      out.push(draft);
      continue;
    }
    const held = out[place];
    out[place] = {
      ...held,
      access: [...new Set([...held.access, ...draft.access])].sort(byText),
      modbus: held.modbus !== null && draft.modbus !== null ? joinOperations(held.modbus, draft.modbus) : null,
      opcua: held.opcua !== null && draft.opcua !== null ? { ...held.opcua, services: [...new Set([...held.opcua.services, ...draft.opcua.services])].sort(byText) } : null,
      names: [...new Set([...held.names, ...draft.names])].sort(byText),
      evidence: mergeEvidence(held.evidence, draft.evidence),
      rules: [...new Set([...held.rules, ...draft.rules])].sort(byText),
      neverSeen: held.neverSeen + draft.neverSeen,
      registersNeverSeen: held.registersNeverSeen + draft.registersNeverSeen,
    };
  }
  return out;
}

/**
 * What the same clients ask of the same servers on most days, by port alone, is one Permit with several ports: lookups,
 * logons and shares of one directory server, say. What asks a question, is seldom or has operations stays by itself.
 */
function joinServices(drafts: readonly DraftPermit[], index: PlanIndex): DraftPermit[] {
  const joined = new Map<string, DraftPermit>();
  const rest: DraftPermit[] = [];
  for (const draft of drafts) {
    const isSteady = draft.evidence.days.length > index.capturedDays.length / 2;
    if (draft.onDemand || draft.question !== null || draft.access.length > 0 || draft.protocol !== '' || !hasPorts(draft.transport) || !isSteady || index.kindOf(draft.serverZone) === 'safety') {
      rest.push(draft);
      continue;
    }
    const held = joined.get(pairsKey(draft));
    joined.set(pairsKey(draft), held === undefined ? draft : {
      ...held,
      services: [...held.services, ...draft.services].sort((a, b) => a.port - b.port),
      evidence: mergeEvidence(held.evidence, draft.evidence),
      rules: [...new Set([...held.rules, ...draft.rules])].sort(byText),
      neverSeen: held.neverSeen + draft.neverSeen,
    });
  }
  return [...rest, ...joined.values()];
}

const questionOrder = (question: QuestionKind | null): number => (question === null ? -1 : QUESTION_KINDS.indexOf(question));

/** One order whatever the order of conversations; standing before on demand. */
export function sortDrafts(drafts: readonly DraftPermit[]): DraftPermit[] {
  const ends = new Map(drafts.map((draft) => [draft, endsKey(draft)]));
  const endsOf = (draft: DraftPermit): string => ends.get(draft) ?? '';
  return drafts.toSorted((a, b) =>
    Number(a.onDemand) - Number(b.onDemand) || byText(endsOf(a), endsOf(b)) || byText(a.access.join(), b.access.join()) || byText(JSON.stringify([a.modbus, a.opcua, a.names]), JSON.stringify([b.modbus, b.opcua, b.names]))
    || questionOrder(a.question) - questionOrder(b.question));
}

/** `observed` are the exact grants, to count what was never seen. */
export function draftPermits(grants: readonly Grant[], onDemand: boolean, observed: ReadonlyMap<string, Grant>, index: PlanIndex): DraftPermit[] {
  const byKey = new Map<string, Cell[]>();
  const current = new Map(grants.map((grant) => [grantKey(grant), grant]));
  for (const grant of grants) {
    const asked = questionOf(grant, index) ?? (grant.source === null ? null : questionOf(current.get(grantKey(grant.source)) ?? grant.source, index));
    // Seen or not yet: what is switched on for a session is one Permit.
    const ofAll = onDemand && asked === 'engineering' ? null : asked;
    const pieces = grant.detail.modbus.length > 0 ? modbusOperationsOf(grant.detail.modbus) : [null];
    for (const modbus of pieces) {
      const evidence = modbus === null || pieces.length === 1 ? grant.evidence : evidenceOfPart(grant, detailOf(grant, modbus), index);
      const question = ofAll ?? (pieces.length > 1 && isRarePart(grant, evidence, index) ? 'rare' : null);
      const cell: Cell = { grant, access: accessOf(grant, modbus), evidence, modbus, opcua: opcuaOf(grant), question, onDemand: onDemand || question === 'temporary-device' };
      const key = cellKey(cell);
      addTo(byKey, key, cell);
    }
  }
  const drafts = [...byKey.values()].flatMap(rectangles).map((cells) => draftOf(cells, observed));
  const joined = joinServices(joinClasses(sortDrafts(drafts)), index);
  const open = (draft: DraftPermit): QuestionKind | null => (onDemand ? (draft.evidence.days.length > 0 ? 'engineering' : null) : endedDaysAgo(draft.evidence.days, index.capturedDays) > 0 ? 'ended' : null);
  return joined.map((draft) => ({ ...draft, question: draft.question ?? open(draft) }));
}
