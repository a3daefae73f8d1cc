/**
 * What the fields of a spec say about each other: references, directions, overlaps, reversed ranges.
 *
 * In: a spec whose every field is right in itself. Out: problems with place and remedy; with any of them the spec is
 * refused, because it could be read in two ways. What is merely unwise is a lint (diff/check.ts).
 */
import { formatSpan, parseSpan } from '../../net/address-set.ts';
import { isKnownTimezone } from '../../net/time-zone.ts';
import { parseDirection } from './free-text.ts';
import { nearestWord } from './nearest-word.ts';
import { accessBeyondText, isKnownProtocol, knownPort, portsOf, protocolKey, zonesNamed } from './permits.ts';
import { declaredAssets } from './assets.ts';
import type { Problem, SpecDocument, SpecPath } from './document.ts';
import { SECURITY_MODES, type Spec, type SpecConduit, type SpecEndpoint, type SpecFlow } from './schema.ts';

type Report = (path: SpecPath, message: string, remedy: string) => void;

/** Asked for every end of every rule, so made once. */
interface Declared {
  readonly spec: Spec;
  readonly zones: ReadonlySet<string>;
  readonly zoneOfAsset: ReadonlyMap<string, string>;
}

const suggestion = (word: string, candidates: readonly string[]): string => {
  const near = nearestWord(word, candidates);
  if (near !== null) return `did you mean "${near}"?`;
  const listed = candidates.slice(0, 8).join(', ');
  return candidates.length === 0 ? 'declare it first' : `declared are: ${listed}${candidates.length > 8 ? ', ...' : ''}`;
};

const checkTwice = (values: readonly (string | number)[] | undefined, path: SpecPath, report: Report): void => {
  const seen = new Set<string | number>();
  for (const [i, value] of (values ?? []).entries()) {
    if (seen.has(value)) report([...path, i], `"${value}" is listed twice`, 'remove one of the two');
    seen.add(value);
  }
};

const checkIds = (spec: Spec, report: Report): void => {
  const seen = new Map<string, string>();
  const claim = (kind: string, id: string, path: SpecPath): void => {
    const key = `${kind} ${id}`;
    if (seen.has(key)) report(path, `the ${kind} id "${id}" is given twice`, 'give each its own id');
    seen.set(key, id);
  };
  for (const [z, zone] of spec.zones.entries()) claim('zone', zone.zone_id, ['zones', z, 'zone_id']);
  for (const asset of declaredAssets(spec)) {
    claim('asset', asset.id, asset.fromText ? ['zones', asset.zoneIndex, 'assets', asset.assetIndex] : ['zones', asset.zoneIndex, 'assets', asset.assetIndex, 'asset_id']);
  }
  for (const [c, conduit] of spec.conduits.entries()) {
    claim('conduit', conduit.conduit_id, ['conduits', c, 'conduit_id']);
    for (const [f, flow] of (conduit.protocols_allowed ?? []).entries()) if (flow.rule_id !== undefined) claim('rule', flow.rule_id, ['conduits', c, 'protocols_allowed', f, 'rule_id']);
  }
  for (const [e, point] of (spec.enforcement_points ?? []).entries()) claim('enforcement point', point.ep_id, ['enforcement_points', e, 'ep_id']);
};

const checkZones = (spec: Spec, report: Report): void => {
  const conduitIds = spec.conduits.map((conduit) => conduit.conduit_id);
  const isConduit = new Set(conduitIds);
  const owners = new Map<string, string>();
  const networks = new Map<string, string>();
  for (const [z, zone] of spec.zones.entries()) {
    checkTwice(zone.vlans, ['zones', z, 'vlans'], report);
    checkTwice(zone.networks, ['zones', z, 'networks'], report);
    for (const [i, id] of (zone.allowed_conduits ?? []).entries()) {
      if (!isConduit.has(id)) report(['zones', z, 'allowed_conduits', i], `zone ${zone.zone_id} allows the conduit "${id}", which is not declared`, suggestion(id, conduitIds));
    }
    for (const [i, text] of (zone.networks ?? []).entries()) {
      const other = networks.get(text);
      if (other !== undefined && other !== zone.zone_id) report(['zones', z, 'networks', i], `the network ${text} belongs to zone ${other} already`, 'an address can be in one zone only: split the network');
      networks.set(text, zone.zone_id);
    }
    for (const [a, asset] of (zone.assets ?? []).entries()) {
      if (typeof asset === 'string') continue;
      for (const field of ['ip', 'mac'] as const) {
        checkTwice(asset[field], ['zones', z, 'assets', a, field], report);
        for (const [i, text] of (asset[field] ?? []).entries()) {
          const span = parseSpan(text);
          if (span === null) continue;
          const key = `${span.family} ${formatSpan(span)}`;
          const owner = owners.get(key);
          if (owner !== undefined && owner !== asset.asset_id) report(['zones', z, 'assets', a, field, i], `${text} belongs to the asset ${owner} already`, 'give each asset its own addresses');
          owners.set(key, asset.asset_id);
        }
      }
    }
  }
};

const checkEndpoint = (endpoint: SpecEndpoint | undefined, path: SpecPath, conduit: SpecConduit, { spec, zones, zoneOfAsset }: Declared, report: Report): void => {
  if (endpoint === undefined) return;
  if (!zones.has(endpoint.zone)) return report([...path, 'zone'], `the zone "${endpoint.zone}" is not declared`, suggestion(endpoint.zone, spec.zones.map((zone) => zone.zone_id)));
  if (!conduit.connects.includes(endpoint.zone)) report([...path, 'zone'], `the conduit ${conduit.conduit_id} does not connect the zone "${endpoint.zone}"`, `it connects ${conduit.connects.join(' and ')}`);
  checkTwice(endpoint.assets, [...path, 'assets'], report);
  checkTwice(endpoint.addresses, [...path, 'addresses'], report);
  for (const [i, id] of (endpoint.assets ?? []).entries()) {
    const zone = zoneOfAsset.get(id);
    if (zone === undefined) report([...path, 'assets', i], `the asset "${id}" is not declared`, suggestion(id, [...zoneOfAsset.keys()]));
    else if (zone !== endpoint.zone) report([...path, 'assets', i], `the asset "${id}" is in zone ${zone}, not in ${endpoint.zone}`, `write zone: ${zone} if the rule is meant so; to move an asset with its rules: baseline spec move-asset`);
  }
};

/** What people write for address 0 of a table: 40001 is the first holding register (docs/spec.md). 1 for a coil is address 1 as well. */
const REFERENCE_BASE = { coil: 0, 'discrete-input': 10_001, 'input-register': 30_001, 'holding-register': 40_001 } as const;

const checkDirection = (flow: SpecFlow, path: SpecPath, conduit: SpecConduit, spec: Spec, report: Report): void => {
  if (flow.direction === undefined) return;
  const text = parseDirection(flow.direction);
  const at = [...path, 'direction'];
  const zoneIds = spec.zones.map((zone) => zone.zone_id);
  const resolved: string[] = [];
  for (const reference of [text.from, text.to]) {
    if (reference === null) return;
    const within = zonesNamed(reference, conduit.connects);
    const zones = within.length > 0 ? within : zonesNamed(reference, zoneIds);
    if (zones.length === 0) return report(at, `the direction names "${reference}", and no zone is called or begins like that`, suggestion(reference, zoneIds));
    if (zones.length > 1) return report(at, `the direction names "${reference}", which may be ${zones.join(' or ')}`, 'write the whole zone id');
    if (!conduit.connects.includes(zones[0])) return report(at, `the direction names ${zones[0]}, which the conduit ${conduit.conduit_id} does not connect`, `it connects ${conduit.connects.join(' and ')}`);
    resolved.push(zones[0]);
  }
  if (resolved[0] === resolved[1]) return report(at, `the direction leads from ${resolved[0]} to itself`, 'traffic within a zone needs no conduit');
  if (text.bothWays) return;
  const disagree = (flow.client !== undefined && flow.client.zone !== resolved[0]) || (flow.server !== undefined && flow.server.zone !== resolved[1]);
  if (disagree) report(at, `the direction says ${resolved[0]} -> ${resolved[1]}, but client and server say ${flow.client?.zone ?? '?'} -> ${flow.server?.zone ?? '?'}`, 'the arrow points from who opens the connection to who answers: correct one of the two');
  if (text.functionCodes.length > 0 && flow.modbus?.function_codes !== undefined) {
    const extra = flow.modbus.function_codes.filter((code) => !text.functionCodes.includes(code));
    if (extra.length > 0) report(at, `the direction allows FC ${text.functionCodes.join('/')} only, but modbus.function_codes lists ${extra.join(', ')} as well`, 'correct one of the two');
  }
  const beyond = text.access === null || flow.access === undefined ? [] : accessBeyondText(flow.access, text.access);
  if (beyond.length > 0) report(at, `the direction says ${text.access}, but access lets ${beyond.join(', ')} through as well`, 'correct one of the two');
  const units = text.unitIds.length === 0 ? [] : (flow.modbus?.unit_ids ?? []).filter((unit) => !text.unitIds.includes(unit));
  if (units.length > 0) report(at, `the direction allows unit ${text.unitIds.join('/')} only, but modbus.unit_ids lists ${units.join(', ')} as well`, 'correct one of the two');
  const { registers } = text;
  const isWithin = (first: number, last: number): boolean => registers !== null && registers.first <= first && last <= registers.last;
  const outside = registers === null ? undefined : flow.modbus?.ranges?.find(({ table, start, end }) =>
    !isWithin(start, end) && !isWithin(start + REFERENCE_BASE[table], end + REFERENCE_BASE[table]));
  if (registers !== null && outside !== undefined) report(at, `the direction allows registers ${registers.first} to ${registers.last} only, but modbus.ranges has ${outside.start} to ${outside.end}`, 'correct one of the two');
};

/** Of a schedule: days alone are whole days. */
const checkSchedule = (schedule: SpecFlow['schedule'], path: SpecPath, report: Report): void => {
  if (schedule === undefined) return;
  const { start, end } = schedule;
  if ((start === undefined) !== (end === undefined)) report(path, `the schedule has no "${start === undefined ? 'start' : 'end'}"`, 'add it, or leave out both for whole days');
  else if (start !== undefined && start === end) report(path, `the schedule begins and ends at ${start}`, 'leave "start" and "end" out for whole days');
};

/** Fields with the codes of a protocol, and the names under which that is known. */
const CODES_OF = [['cip', ['enip', 'cip']], ['s7comm', ['s7comm', 's7']], ['dnp3', ['dnp3']], ['iec104', ['iec104']]] as const satisfies readonly (readonly [keyof SpecFlow, readonly string[]])[];

const checkFlow = (flow: SpecFlow, path: SpecPath, conduit: SpecConduit, declared: Declared, report: Report): void => {
  checkEndpoint(flow.client, [...path, 'client'], conduit, declared, report);
  checkEndpoint(flow.server, [...path, 'server'], conduit, declared, report);
  checkDirection(flow, path, conduit, declared.spec, report);
  if (flow.client !== undefined && flow.server !== undefined && flow.client.zone === flow.server.zone) {
    report([...path, 'server', 'zone'], `client and server are both in zone ${flow.client.zone}`, 'traffic within a zone needs no conduit: remove the rule, or split the zone');
  }
  if (flow.client === undefined && flow.server === undefined && parseDirection(flow.direction ?? '').from === null && conduit.connects.length > 2) {
    report(path, 'nothing says which zones this rule is about', 'add client and server, or a direction such as "Z3 -> Z2"');
  }
  const transport = flow.transport ?? (flow.ethertype === undefined ? (knownPort(flow.protocol)?.[0] ?? 'tcp') : 'l2');
  if (flow.port === undefined && (transport === 'tcp' || transport === 'udp') && (flow.transport !== undefined || knownPort(flow.protocol) === null)) {
    report(path, `the rule for ${flow.protocol} has no "port"`, knownPort(flow.protocol) === null ? 'add the port of the server' : `add port: ${knownPort(flow.protocol)?.[1]}`);
  }
  if (transport === 'l2' && flow.ethertype === undefined) report(path, 'a rule for transport l2 needs an "ethertype"', 'add it, as in ethertype: "0x8892"');
  for (const range of portsOf(flow.port)) {
    if (range.last > 65535) report([...path, 'port'], `the port ${range.last} does not exist`, 'ports are 1 to 65535');
    else if (range.first > range.last) report([...path, 'port'], `the port range ${range.first}-${range.last} runs backwards`, `write "${range.last}-${range.first}"`);
  }
  if (Array.isArray(flow.port)) checkTwice(flow.port, [...path, 'port'], report);
  const protocol = protocolKey(flow.protocol);
  if (flow.modbus !== undefined && protocol !== 'modbus') report([...path, 'modbus'], `the protocol is ${flow.protocol}, so "modbus" says nothing`, 'correct the protocol, or remove "modbus"');
  if (flow.opcua !== undefined && protocol !== 'opcua') report([...path, 'opcua'], `the protocol is ${flow.protocol}, so "opcua" says nothing`, 'correct the protocol, or remove "opcua"');
  if (flow.security_mode !== undefined && (SECURITY_MODES as readonly string[]).includes(flow.security_mode)) {
    const others = (flow.opcua?.security_mode ?? []).filter((mode) => mode !== flow.security_mode);
    if (others.length > 0) report([...path, 'security_mode'], `security_mode is ${flow.security_mode}, but opcua.security_mode lists ${others.join(', ')} as well`, 'correct one of the two');
  }
  for (const [field, protocols] of CODES_OF) {
    if (flow[field] !== undefined && isKnownProtocol(protocol) && !protocols.some((one) => one === protocol)) report([...path, field], `the protocol is ${flow.protocol}, so "${field}" says nothing`, `correct the protocol, or remove "${field}"`);
  }
  if (flow.operations !== undefined && (protocol === 'modbus' || protocol === 'opcua')) {
    report([...path, 'operations'], `what ${flow.protocol} may do is said with "${protocol}", and "operations" says nothing`, `write ${protocol === 'modbus' ? 'modbus: {function_codes: [3, 4]}' : 'opcua: {services: [Read, Browse]}'} or what is needed, and remove "operations"`);
  }
  checkTwice(flow.modbus?.function_codes, [...path, 'modbus', 'function_codes'], report);
  checkTwice(flow.modbus?.unit_ids, [...path, 'modbus', 'unit_ids'], report);
  checkTwice(flow.opcua?.services, [...path, 'opcua', 'services'], report);
  checkTwice(flow.opcua?.security_mode, [...path, 'opcua', 'security_mode'], report);
  for (const [i, range] of (flow.modbus?.ranges ?? []).entries()) {
    if (range.start > range.end) report([...path, 'modbus', 'ranges', i], `the register range ${range.start} to ${range.end} runs backwards`, 'put the lower address in "start"');
    if (range.access === 'write' && (range.table === 'discrete-input' || range.table === 'input-register')) {
      report([...path, 'modbus', 'ranges', i], `nothing can write to a ${range.table} (Modbus V1.1b3 clause 4.3)`, 'correct "table" or "access"');
    }
  }
  checkSchedule(flow.schedule, [...path, 'schedule'], report);
  const way = flow.unidirectional;
  if (way !== undefined) {
    for (const field of ['from', 'to'] as const) {
      if (!conduit.connects.includes(way[field])) report([...path, 'unidirectional', field], `the conduit ${conduit.conduit_id} does not connect the zone "${way[field]}"`, `it connects ${conduit.connects.join(' and ')}`);
    }
    if (way.from === way.to) report([...path, 'unidirectional', 'to'], `unidirectional from ${way.from} to itself`, 'name the other zone');
    for (const field of ['via_asset', 'replica_of'] as const) {
      const id = way[field];
      if (id !== undefined && !declared.zoneOfAsset.has(id)) report([...path, 'unidirectional', field], `the asset "${id}" is not declared`, suggestion(id, [...declared.zoneOfAsset.keys()]));
    }
  }
};

/** Everything that makes a spec readable in two ways, or in none. */
export const referenceProblems = (spec: Spec, document: SpecDocument): Problem[] => {
  const problems: Problem[] = [];
  const report: Report = (path, message, remedy) => {
    problems.push({ ...document.locate(path), message, remedy });
  };
  const zoneIds = spec.zones.map((zone) => zone.zone_id);
  const pointIds = (spec.enforcement_points ?? []).map((point) => point.ep_id);
  const declared: Declared = { spec, zones: new Set(zoneIds), zoneOfAsset: new Map(declaredAssets(spec).map((asset) => [asset.id, asset.zone])) };
  // Read as another, its hours would shut out what they are there for.
  if (spec.timezone !== undefined && !isKnownTimezone(spec.timezone)) report(['timezone'], `"${spec.timezone}" is no time zone`, suggestion(spec.timezone, Intl.supportedValuesOf('timeZone')));
  checkIds(spec, report);
  checkZones(spec, report);
  for (const [c, conduit] of spec.conduits.entries()) {
    checkTwice(conduit.connects, ['conduits', c, 'connects'], report);
    for (const [i, zone] of conduit.connects.entries()) {
      if (!zoneIds.includes(zone)) report(['conduits', c, 'connects', i], `the conduit ${conduit.conduit_id} connects the zone "${zone}", which is not declared`, suggestion(zone, zoneIds));
    }
    for (const [i, point] of (conduit.enforced_by ?? []).entries()) {
      if (!pointIds.includes(point)) report(['conduits', c, 'enforced_by', i], `the enforcement point "${point}" is not declared`, suggestion(point, pointIds));
    }
    for (const [f, flow] of (conduit.protocols_allowed ?? []).entries()) checkFlow(flow, ['conduits', c, 'protocols_allowed', f], conduit, declared, report);
  }
  for (const [e, point] of (spec.enforcement_points ?? []).entries()) {
    for (const [i, iface] of point.interfaces.entries()) {
      if (!zoneIds.includes(iface.zone)) report(['enforcement_points', e, 'interfaces', i, 'zone'], `the zone "${iface.zone}" is not declared`, suggestion(iface.zone, zoneIds));
    }
    const via = point.syslog?.via_zone;
    if (via !== undefined && !zoneIds.includes(via)) report(['enforcement_points', e, 'syslog', 'via_zone'], `the zone "${via}" is not declared`, suggestion(via, zoneIds));
  }
  return problems.sort((a, b) => a.line - b.line || a.column - b.column);
};
