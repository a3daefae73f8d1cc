/**
 * Test captures: for each conduit what must pass and what must be blocked, so that a firewall can be tried on a bench
 * before the cut-over. In: a device plan. Out: two pcap files a conduit and one table of expectations; each session has
 * its own client port, by which a result is told apart. A negative case that another Permit lets through is left out, and one inside a zone.
 * Schedules are not played: replay inside the window. On-demand Permits are off, so nothing is expected of them, nor of what
 * is sent to all of a link: some firewalls stand there, and those that route forward none of it.
 */
import { intersectSets, parseSet, parseSpan, setContains, subtractSets, type AddressSet, type AddressSpan } from '../../net/address-set.ts';
import { listsBy } from '../../net/multi-map.ts';
import { tableOf } from '../../net/register-set.ts';
import { EVERY_CAPABILITY, type Capabilities, type DeviceExport, type DevicePlan, type Exporter, type ExportFile, type PlanPermit } from '../exporter.ts';
import { pcapFile, tcpSession, udpDatagram, type Exchange } from './frame-writer.ts';
import { formatAddress, ofFamily } from '../ip-notation.ts';
import { assess } from '../loss.ts';
import { modbusAnswer, modbusRequest, type ModbusRequest } from '../modbus/request.ts';
import { functionsOf, FUNCTION_NAMES, inspectedModbus, requiredModbus, spansOf } from '../modbus/scope.ts';
import { hasOneAddress } from '../modbus/shape.ts';
import { judgeOf, type Flow } from '../permit-judge.ts';
import { csvLine } from '../csv-text.ts';
import { clockLines } from '../time-window.ts';
import { nameScope } from '../vendor-name.ts';

const CAPABILITIES: Capabilities = { ...EVERY_CAPABILITY, layer2: false, unidirectional: false };

interface Case {
  readonly permit: string;
  readonly flow: Flow;
  readonly pass: boolean;
  readonly what: string;
  /** Raw bytes of the client when they are not one clean request. */
  readonly payload: Uint8Array | null;
  /** A second request in the same bytes: the case stands only while no Permit of the pair lets it through. */
  readonly behind: ModbusRequest | null;
}

const KNOWN_FUNCTIONS = Object.keys(FUNCTION_NAMES).map(Number);
const FIRST_CLIENT_PORT = 20_000;
const PROBE_PAYLOAD = Uint8Array.from([0x62, 0x61, 0x73, 0x65, 0x6c, 0x69, 0x6e, 0x65]);

/** What a host may have: every machine on the way drops 0.0.0.1, 127.0.0.1 or ::1 of 0.0.0.0/0 and ::/0, whatever its rules (RFC 1122 clause 3.2.1.3, RFC 4291 clause 2.5). */
const HOSTS = parseSet(['1.0.0.0-126.255.255.255', '128.0.0.0-223.255.255.255', '2000::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']);

/** Groups and addresses of a link stay what they are. */
const hostsOf = (spans: AddressSet): AddressSet => {
  const hosts = intersectSets(spans, HOSTS);
  return hosts.length > 0 ? hosts : spans;
};

/** A host inside the span: not the network or broadcast address of a larger one. */
const sample = (span: AddressSpan, end: 'first' | 'last'): string => {
  const wide = span.last - span.first >= 3n;
  const value = end === 'first' ? span.first + (wide ? 1n : 0n) : span.last - (wide ? 1n : 0n);
  return formatAddress(span.family, value);
};

const requestFor = (entry: PlanPermit, functionCode: number, at: 'low' | 'high', unit: number): ModbusRequest => {
  const access = tableOf(functionCode, 'write') === null ? 'read' : 'write';
  const spans = spansOf(entry.permit, functionCode, access) ?? spansOf(entry.permit, functionCode, 'read') ?? [{ first: 0, last: 65535 }];
  const span = at === 'low' ? spans[0] : spans[spans.length - 1];
  const first = span?.first ?? 0;
  const last = span?.last ?? 65535;
  const quantity = hasOneAddress(functionCode) ? 1 : Math.min(2, last - first + 1);
  return { unit, functionCode, start: at === 'low' ? first : last - quantity + 1, quantity };
};

const modbusCases = (entry: PlanPermit, flow: Omit<Flow, 'modbus'>): Case[] => {
  const { permit } = entry;
  const cases: Case[] = [];
  const add = (request: ModbusRequest, what: string): void => {
    cases.push({ permit: permit.id, flow: { ...flow, modbus: request }, pass: true, what, payload: null, behind: null });
  };
  const functions = functionsOf(permit).filter((code) => KNOWN_FUNCTIONS.includes(code));
  const required = requiredModbus(permit);
  const units = required === null || required.units.length === 0 ? [1] : required.units;
  const [unit = 1] = units;
  for (const code of functions)
    for (const at of ['low', 'high'] as const) {
      const request = requestFor(entry, code, at, unit);
      add(request, `${FUNCTION_NAMES[code] ?? ''} at ${request.start}, quantity ${request.quantity}`);
    }
  const [anyFunction = 3] = functions;
  for (const other of units.slice(1)) add(requestFor(entry, anyFunction, 'low', other), `unit ${other}`);
  for (const code of KNOWN_FUNCTIONS.filter((known) => !functions.includes(known)))
    add({ unit, functionCode: code, start: 0, quantity: 1 }, `${FUNCTION_NAMES[code] ?? ''} is not permitted`);
  const strayUnit = [2, 9, 247].find((candidate) => !units.includes(candidate)) ?? 0;
  add(requestFor(entry, anyFunction, 'low', strayUnit), `unit ${strayUnit}`);
  for (const code of functions) {
    const high = requestFor(entry, code, 'high', unit);
    if (high.start + high.quantity <= 65535) add({ ...high, start: high.start + 1 }, 'one address beyond the end');
    const low = requestFor(entry, code, 'low', unit);
    if (low.start > 0) add({ ...low, start: low.start - 1 }, 'one address before the start');
  }
  return cases;
};

/** A read with a write behind it in one segment, and a header of another protocol. */
const evasions = (entry: PlanPermit, flow: Omit<Flow, 'modbus'>): Case[] => {
  const { permit } = entry;
  const required = requiredModbus(permit);
  if (required === null) return [];
  const functions = functionsOf(permit).filter((code) => KNOWN_FUNCTIONS.includes(code));
  const [unit = 1] = required.units.length === 0 ? [1] : required.units;
  const [code] = functions;
  if (code === undefined) return [];
  const clean = modbusRequest(requestFor(entry, code, 'low', unit), 1);
  const cases: Case[] = [];
  const add = (payload: Uint8Array, what: string, behind: ModbusRequest | null = null): void => {
    cases.push({ permit: permit.id, flow: { ...flow, modbus: null }, pass: false, what, payload, behind });
  };
  for (const forbidden of [6, 16, 5, 15].filter((write) => !functions.includes(write))) {
    const behind = { unit, functionCode: forbidden, start: 0, quantity: 1 };
    add(Uint8Array.from([...clean, ...modbusRequest(behind, 2)]), `a permitted request with ${FUNCTION_NAMES[forbidden] ?? ''} behind it in one segment`, behind);
  }
  add(Uint8Array.from([...clean.slice(0, 2), 0, 1, ...clean.slice(4)]), 'MBAP protocol id 1');
  add(PROBE_PAYLOAD, 'bytes that are no Modbus');
  return cases;
};

const neighbours = (entry: PlanPermit, flow: Omit<Flow, 'modbus'>): Omit<Flow, 'modbus'>[] => {
  const family = flow.client.includes(':') ? 'ipv6' : 'ipv4';
  const beyond = (spans: readonly AddressSpan[]): string | null => {
    const last = ofFamily(spans, family).at(-1)?.last;
    if (last === undefined || !setContains(HOSTS, { family, first: last + 2n, last: last + 2n })) return null;
    return formatAddress(family, last + 2n);
  };
  const client = beyond(entry.client);
  const server = beyond(entry.server);
  return [
    ...(client === null ? [] : [{ ...flow, client }]),
    ...(server === null ? [] : [{ ...flow, server }]),
    { ...flow, port: flow.port === 4711 ? 4712 : 4711 },
    ...(entry.groups.routed.length > 0 ? [] : [{ ...flow, client: flow.server, server: flow.client }]),
  ];
};

const casesOf = (entry: PlanPermit): Case[] => {
  const { permit } = entry;
  const { transport, ports } = permit.service;
  if ((transport !== 'tcp' && transport !== 'udp') || permit.conditions.onDemand || entry.unidirectional !== null) return [];
  const port = ports[0]?.first;
  if (port === undefined) return [];
  const cases: Case[] = [];
  for (const family of ['ipv4', 'ipv6'] as const) {
    const [client] = hostsOf(ofFamily(entry.client, family));
    const servers = hostsOf(ofFamily(subtractSets(entry.server, entry.groups.link), family));
    const [server] = servers;
    const lastServer = servers.at(-1);
    if (client === undefined || server === undefined || lastServer === undefined) continue;
    const flow = { client: sample(client, 'first'), server: sample(server, 'first'), transport, port };
    const asModbus = inspectedModbus(permit) !== null;
    const [first = null] = asModbus ? modbusCases(entry, flow) : [];
    const plain = (other: Omit<Flow, 'modbus'>, what: string): Case => ({
      permit: permit.id,
      flow: { ...other, modbus: first === null ? null : first.flow.modbus },
      pass: true,
      what,
      payload: null,
      behind: null,
    });
    cases.push(plain(flow, 'permitted'), plain({ ...flow, server: sample(lastServer, 'last') }, 'last server of the set'));
    if (asModbus) cases.push(...modbusCases(entry, flow), ...evasions(entry, flow));
    cases.push(...neighbours(entry, flow).map((other) => plain(other, 'a neighbouring address, another port, or the other way round')));
  }
  return cases;
};

/** The zones of an address, by their places; found once, because every case is about one of few hosts. */
const zonesOf = ({ zones }: DevicePlan): ((address: string) => readonly number[]) => {
  const known = new Map<string, readonly number[]>();
  return (address) => {
    let found = known.get(address);
    if (found === undefined) {
      const span = parseSpan(address);
      found = span === null ? [] : zones.flatMap((zone, place) => (setContains(zone.addresses, span) ? [place] : []));
      known.set(address, found);
    }
    return found;
  };
};

/** Duplicates out; `pass` is what the Permits together say, not what the case was made for. */
const judged = (cases: readonly Case[], isPermitted: (flow: Flow) => boolean, isDoubtful: (flow: Flow) => boolean): Case[] => {
  const seen = new Set<string>();
  return cases.flatMap((one) => {
    const key = JSON.stringify([one.flow, one.payload === null ? null : [...one.payload]]);
    if (seen.has(key)) return [];
    seen.add(key);
    const behind = one.behind === null ? null : { ...one.flow, modbus: one.behind };
    if (behind !== null && (isPermitted(behind) || isDoubtful(behind))) return [];
    const pass = isPermitted(one.flow);
    return !pass && isDoubtful(one.flow) ? [] : [{ ...one, pass }];
  });
};

const framesOf = (one: Case, clientPort: number): Uint8Array[] => {
  const client = { ip: one.flow.client, port: clientPort };
  const server = { ip: one.flow.server, port: one.flow.port };
  const request = one.payload ?? (one.flow.modbus === null ? PROBE_PAYLOAD : modbusRequest(one.flow.modbus, 1));
  if (one.flow.transport === 'udp') return [udpDatagram(client, server, request)];
  const exchanges: Exchange[] = [{ fromClient: true, payload: request }];
  if (one.pass && one.flow.modbus !== null) exchanges.push({ fromClient: false, payload: modbusAnswer(one.flow.modbus, 1) });
  return tcpSession(client, server, exchanges);
};

const HEADER = ['conduit', 'permit', 'expected', 'client', 'client port', 'server', 'transport', 'port', 'unit', 'function', 'start', 'quantity', 'what'];

const caseRow = (conduit: string, one: Case, clientPort: number): string => {
  const { flow } = one;
  const modbus = flow.modbus === null ? ['', '', '', ''] : [flow.modbus.unit, flow.modbus.functionCode, flow.modbus.start, flow.modbus.quantity];
  return csvLine([conduit, one.permit, one.pass ? 'pass' : 'block', flow.client, clientPort, flow.server, flow.transport, flow.port, ...modbus, one.what]);
};

const build = (plan: DevicePlan): DeviceExport => {
  const rows = plan.permits.map((entry) => ({ entry, row: assess(entry, { device: plan.device.id, capabilities: CAPABILITIES, modbus: requiredModbus(entry.permit) }) }));
  const [isPermitted, isDoubtful] = [false, true].map((isOnDemand) => judgeOf(rows.filter(({ entry }) => entry.permit.conditions.onDemand === isOnDemand).flatMap(({ row }) => row.effects)));
  const zonesAt = zonesOf(plan);
  // No firewall stands inside one zone, and a sensor does not judge it.
  const isInsideOneZone = ({ client, server }: Flow): boolean => zonesAt(client).some((place) => zonesAt(server).includes(place));
  const folders = nameScope({ maxLength: 60, punctuation: '_-' });
  const files: ExportFile[] = [];
  const byConduit = listsBy(plan.permits, ({ permit }) => permit.conduit);
  const table = [csvLine(HEADER)];
  for (const conduit of plan.conduits) {
    const own = (byConduit.get(conduit.id) ?? []).flatMap(casesOf);
    const cases = judged(own.filter(({ flow }) => !isInsideOneZone(flow)), isPermitted, isDoubtful);
    const frames = { pass: [] as Uint8Array[], block: [] as Uint8Array[] };
    cases.forEach((one, index) => {
      const clientPort = FIRST_CLIENT_PORT + (index % 40_000);
      frames[one.pass ? 'pass' : 'block'].push(...framesOf(one, clientPort));
      table.push(caseRow(conduit.id, one, clientPort));
    });
    const folder = folders.nameOf(conduit.id, conduit.id);
    if (frames.pass.length > 0) files.push({ path: `${folder}/must-pass.pcap`, content: pcapFile(frames.pass) });
    if (frames.block.length > 0) files.push({ path: `${folder}/must-be-blocked.pcap`, content: pcapFile(frames.block) });
  }
  return {
    files: [...files, { path: 'expectations.csv', content: `${table.join('\n')}\n` }],
    losses: rows.map(({ row }) => (row.verdict === 'not-enforceable' ? row : { ...row, verdict: 'not-enforceable', widenedTo: '', extraOperations: 0, reasons: ['captures enforce nothing: they test what does'] })),
    rollback: [],
    apply: [
      'On a bench, never on a live process network: the captures hold writes.',
      'Replay each capture through the firewall under test and record on the far side (or run the sensor on the file).',
      'Hold the result against `expectations.csv`: the client port names the case.',
    ],
    notes: [
      'Modbus writes carry zeros.',
      'Modbus alone is spoken. Every other session carries eight letters: a firewall that tells protocols by what they say may stop it behind the handshake.',
      'Schedules and end dates are not played: replay inside the window, and before the end. On-demand Permits, broadcasts and multicast of one link are not played.',
      ...clockLines(plan),
    ],
  };
};

export const testPcaps: Exporter = {
  name: 'test-pcaps',
  title: 'captures of what must pass and what must be blocked, per conduit',
  platforms: [],
  filters: false,
  modes: ['monitor', 'enforce'],
  capabilities: CAPABILITIES,
  build,
};
