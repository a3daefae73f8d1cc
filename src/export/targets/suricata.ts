/**
 * Suricata 7: what no Permit lets through, as `drop` (enforce) or `alert` (monitor) rules. In: a device plan. Out:
 * `baseline.rules` and the switch for suricata.yaml without which Modbus rules load and never fire.
 * Never `pass`: one passed request would pass the rest of its connection. Suricata counts Modbus data addresses
 * from 1 (address 0 of the wire is 1), `<>` leaves its ends out, one code stands for all that it has no name for:
 * all three measured with 7.0.10, docs/exporters.md.
 */
import { mergeSpans, tableOf, type Span } from '../../net/register-set.ts';
import type { ModbusTable } from '../../permit.ts';
import type { Capabilities, DeviceExport, DevicePlan, Exporter, ModbusEffect, PlanPermit } from '../exporter.ts';
import { NO_CAPABILITIES } from '../exporter.ts';
import { protocolNumber } from '../ip-notation.ts';
import { assess, refusalOf } from '../loss.ts';
import { modbusComplement, type Forbidden, type ForbiddenAddress, type ForbiddenCrossing, type ModbusEngine } from '../modbus/complement.ts';
import { passedModbus } from '../modbus/passed.ts';
import { FUNCTION_NAMES, inspectedModbus, withLastAddresses } from '../modbus/scope.ts';
import { shapeOf } from '../modbus/shape.ts';
import type { PairCell } from '../pair-cells.ts';
import { evidenceLine, permitLine, provenanceLines } from '../permit-text.ts';
import { portList } from '../rule-lists.ts';
import { byteBounds } from './byte-tests.ts';
import { errorHeads, forbiddenHeads, judgedPairs, protocolApart, type Judged, type RuleHead } from './suricata-addresses.ts';
import { hiddenAmong, inspectionsOf, isOpcua } from './suricata-inspection.ts';
import { opcuaRules } from './suricata-opcua.ts';
import { ruleLines, type RuleEnds, type RuleText } from './suricata-rule.ts';

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  ipv6: true,
  multicast: true,
  onLink: true,
  modbusFunction: true,
  modbusUnit: true,
  modbusRange: true,
  opcuaPolicy: true,
};

const KNOWN = [...Array.from({ length: 24 }, (_, index) => index + 1), 43];
/** Of function code 23 both `access read` and `access write` compare the addresses that it writes (measured with 7.0.10). */
const ENGINE: ModbusEngine = { known: KNOWN, inspectable: [1, 2, 3, 4, 5, 6, 15, 16, 22, 23], writesOnly: [23] };
/** Any code without a name matches every other such code. */
const UNKNOWN_FUNCTION = 127;
const FIRST_SID = 9_200_001;

const TABLE_NAMES: Readonly<Record<ModbusTable, string>> = {
  coil: 'coils',
  'discrete-input': 'discretes',
  'input-register': 'input',
  'holding-register': 'holding',
};

/** Suricata's numbers have 16 bits, and their ends are no bounds: `>0` and `0<>9` match 0, `9<>65535` matches 65535 (measured with 7.0.10). */
const LAST_NUMBER = 65_535;

/** A span above 0, each text for a part of it: `<>` excludes both ends, and an end that no bound can name stands alone. */
const comparisons = (first: number, last: number): string[] => {
  if (first === last) return [`${first}`];
  if (first === 1) return ['1', ...comparisons(2, last)];
  if (last === LAST_NUMBER) return [`>${first - 1}`];
  return last === LAST_NUMBER - 1 ? [...comparisons(first, last - 1), `${last}`] : [`${first - 1}<>${last + 1}`];
};

const unitComparisons = ({ first, last }: Span): string[] => (first === 0 && last > 0 ? [`<${last + 1}`] : comparisons(first, last));

const LAST_ADDRESS = 65_535;

/** A write of one value to the last address compares as 0, which no other request does. */
const WRAPPED = '0';

/**
 * Counted from 1. A request of several that ends at 65536 compares with nothing (`topGuards`), and nothing can name that number.
 * @param isSingle whether writes of one value are among what is compared
 * @param beside all spans of which the same is stopped: what is below a number matches 0 too, so one that begins at 0 stops a write of one
 * value to the last address with it, and is named otherwise where that passes
 */
const addressComparisons = ({ first, last }: Span, isSingle: boolean, beside: readonly Span[]): string[] => {
  const end = Math.min(last + 1, LAST_NUMBER);
  const isBelow = (span: Span): boolean => span.first === 0 && span.last + 1 < LAST_NUMBER && (!isSingle || beside.some((other) => other.last === LAST_ADDRESS));
  const named = isBelow({ first, last }) ? [`<${end + 1}`] : first >= end ? [] : comparisons(first + 1, end);
  return isSingle && last === LAST_ADDRESS && !beside.some(isBelow) ? [...named, WRAPPED] : named;
};

const byteTests = (span: Span, octets: number, offset: number): string[] =>
  span.first === span.last ? [`byte_test:${octets},=,${span.first},${offset};`] : byteBounds(span, octets, offset);

interface Option {
  readonly option: string;
  readonly why: string;
}

/** A request has to match every comparison: Modbus keywords of one rule are about the same request (measured with 7.0.10). */
const addressOptions = ({ access, functionCode, table, units }: ForbiddenAddress | ForbiddenCrossing, compared: readonly string[], addresses: string): Option[] =>
  (units === null ? [null] : unitComparisons(units)).map((unit) => {
    const parts = [...(unit === null ? [] : [`unit ${unit}`]), ...(functionCode === null ? [] : [`function ${functionCode}`])];
    return {
      option: [...(parts.length === 0 ? [] : [parts.join(', ')]), ...compared.map((address) => `access ${access} ${TABLE_NAMES[table]}, address ${address}`)].map((text) => `modbus: ${text};`).join(' '),
      why: `${parts.length === 0 ? '' : `${parts.join(' ')} `}${access} ${table} ${addresses}`,
    };
  });

type ForbiddenUnit = Extract<Forbidden, { readonly kind: 'unit' }>;

const unitText = ({ units, functionCode }: ForbiddenUnit): string =>
  `unit ${units.first}-${units.last}${functionCode === null ? '' : functionCode === 'unnamed' ? ' function code without a name' : ` FC ${functionCode}`}`;

const isBeside = (one: ForbiddenAddress, other: Forbidden): other is ForbiddenAddress =>
  other.kind === 'address' && other.access === one.access && other.table === one.table && other.functionCode === one.functionCode &&
  other.units?.first === one.units?.first && other.units?.last === one.units?.last;

const stoppedFunctions = (complement: readonly Forbidden[]): number[] => complement.flatMap((one) => (one.kind === 'function' ? [one.functionCode] : []));

/** The codes of requests that are compared there, and are not stopped whatever they ask. */
const codesOf = ({ table, access, functionCode }: ForbiddenAddress, stopped: readonly number[]): number[] =>
  ENGINE.inspectable.filter((code) => tableOf(code, access) === table && (functionCode ?? code) === code && !stopped.includes(code));

const writesOne = (forbidden: ForbiddenAddress, complement: readonly Forbidden[]): boolean =>
  forbidden.access === 'write' && codesOf(forbidden, stoppedFunctions(complement)).some((code) => shapeOf(code).addresses.every(({ maxQuantity }) => maxQuantity === 1));

const options = (forbidden: Forbidden, complement: readonly Forbidden[]): Option[] => {
  switch (forbidden.kind) {
    case 'function':
      return [{ option: `modbus: function ${forbidden.functionCode};`, why: `FC ${forbidden.functionCode} ${FUNCTION_NAMES[forbidden.functionCode] ?? ''}`.trim() }];
    case 'unknown-function':
      return [{ option: `modbus: function ${UNKNOWN_FUNCTION};`, why: 'function code without a name' }];
    case 'unit': {
      const { units, functionCode } = forbidden;
      const code = functionCode === 'unnamed' ? UNKNOWN_FUNCTION : functionCode;
      return unitComparisons(units).map((unit) => ({
        option: `modbus: unit ${unit}${code === null ? '' : `, function ${code}`};`,
        why: unitText(forbidden),
      }));
    }
    case 'address': {
      const { addresses } = forbidden;
      const beside = complement.flatMap((other) => (isBeside(forbidden, other) ? [other.addresses] : []));
      return addressComparisons(addresses, writesOne(forbidden, complement), beside).flatMap((address) => addressOptions(forbidden, [address], `${addresses.first}-${addresses.last}`));
    }
    case 'crossing': {
      const { first, last } = forbidden.both;
      // A request with address 65535 ends there, and compares with nothing.
      return last === LAST_ADDRESS ? [] : addressOptions(forbidden, [first, last].map((address) => `${address + 1}`), `${first} and ${last} in one request`);
    }
  }
};

/**
 * A request of several values that ends at address 65535 (65536 when counted from 1) compares with nothing: measured with 7.0.10. So those that begin where no
 * Permit reaches, near enough to the top to end there, are found by their start in the raw segment. An access that no Permit bounds has no such place.
 */
const topGuards = (complement: readonly Forbidden[]): { options: string; why: string }[] => {
  const stopped = stoppedFunctions(complement);
  return complement.flatMap((forbidden) => {
    if (forbidden.kind !== 'address') return [];
    const { access, units, addresses } = forbidden;
    return codesOf(forbidden, stopped).flatMap((code) =>
      shapeOf(code).addresses.filter((field) => field.access === access).flatMap(({ startBit, maxQuantity }) => {
        const first = Math.max(addresses.first, LAST_ADDRESS + 1 - maxQuantity);
        if (first > addresses.last || maxQuantity === 1) return [];
        const tests = [`byte_test:1,=,${code},7;`, ...(units === null ? [] : byteTests(units, 1, 6)), ...byteTests({ first, last: addresses.last }, 2, startBit / 8)];
        return [{
          options: `dsize:>${startBit / 8 + 1}; ${tests.join(' ')}`,
          why: `${units === null ? '' : `unit ${units.first}-${units.last} `}FC ${code} from ${first}-${addresses.last}`,
        }];
      }),
    );
  });
};

/** A span that ends so near the top that a request can begin in it and end at 65535 is not held at its end. */
const withUncheckedTop = (effect: ModbusEffect): ModbusEffect =>
  withLastAddresses(effect, (kind, { last }) => {
    const access = kind.endsWith('w') ? 'write' : 'read';
    const fields = shapeOf(Number.parseInt(kind, 10)).addresses;
    const field = fields.length === 1 ? fields[0] : fields.find((one) => one.access === access);
    return last > LAST_ADDRESS - (field?.maxQuantity ?? 1) ? LAST_ADDRESS : last;
  });

/** Bits of a connection (flowbits): its client began a message, one with a function code that has a name, and its first one had none. */
const BEGAN = 'baseline.mbap';
const NAMED = 'baseline.function';
const UNRECOGNISED = 'baseline.unnamed';
/** Of a first request: none that has a name. */
const UNNAMED = 'byte_test:1,>,24,7; byte_test:1,!=,43,7;';

/**
 * The beginning of what a client sends, put together again, however it is cut. For so long only: the engine judges a packet with what came
 * before it, up to a window (of 2,304 octets or more, measured), so that later octets would be taken for the beginning.
 */
const BEGINNING = 'flow:to_server,established,only_stream; stream_size:client,<,2000;';

/** Named functions of which every data address may be asked. */
const unboundFunctions = (complement: readonly Forbidden[]): number[] =>
  KNOWN.filter((code) =>
    complement.every((forbidden) => {
      if (forbidden.kind === 'function') return forbidden.functionCode !== code;
      if (forbidden.kind !== 'address' && forbidden.kind !== 'crossing') return true;
      return tableOf(code, forbidden.access) !== forbidden.table || (forbidden.functionCode ?? code) !== code;
    }),
  );

/** With 5 the last octet of the message as its MBAP header has its length, with 6 the one behind it: where `isdataat` looks. */
const LENGTH = 'byte_math:bytes 2,offset 4,oper +,rvalue';

/**
 * A first request with a function code without a name keeps the engine from recognising Modbus for good, though it is permitted. Such a
 * connection is judged by its segments, each of which has to be one whole request. Data addresses are not compared there, so
 * functions of which only some are permitted are stopped. The first segment is looked for by itself: of its packet the mark comes too late
 * where `drop` stands before `alert`.
 */
const unrecognisedRules = (tcp: (options: string, why: string, isMark?: boolean) => RuleText, begin: (options: string, why: string) => RuleText, complement: readonly Forbidden[]): RuleText[] => {
  const first = `flowbits:isnotset,${NAMED}; dsize:>7; ${UNNAMED}`;
  const later = `flowbits:isset,${UNRECOGNISED}; dsize:>7;`;
  const judged = (options: string, why: string): RuleText[] => [first, later].map((which) => tcp(`${which} ${options}`, why));
  const open = unboundFunctions(complement);
  const units = complement.flatMap((forbidden): RuleText[] => {
    if (forbidden.kind !== 'unit') return [];
    const { units: span, functionCode } = forbidden;
    const unit = byteTests(span, 1, 6).join(' ');
    if (typeof functionCode === 'number') return open.includes(functionCode) ? [tcp(`${later} ${unit} byte_test:1,=,${functionCode},7;`, unitText(forbidden))] : [];
    return judged(functionCode === null ? unit : `${unit} ${UNNAMED}`, unitText(forbidden));
  });
  return [
    tcp(`${first} flowbits:set,${UNRECOGNISED}; noalert;`, 'the first function has no name', true),
    // Cut before its function, the first message had no mark of its own.
    begin(`flowbits:isset,${NAMED}; flowbits:isnotset,${UNRECOGNISED}; ${UNNAMED}`, 'a part of a request'),
    tcp(`flowbits:isset,${UNRECOGNISED}; dsize:0<>8;`, 'a part of a request'),
    ...judged(`${LENGTH} 5,result last; isdataat:!last;`, 'a part of a request'),
    ...judged(`${LENGTH} 6,result behind; isdataat:behind;`, 'more than one request in a segment'),
    tcp(`${later} byte_test:2,!=,0,2;`, 'MBAP protocol id is not 0'),
    tcp(`${later} byte_test:1,<,25,7;${open.filter((code) => code < 25).map((code) => ` byte_test:1,!=,${code},7;`).join('')}`, 'a function that is not permitted, or not at every address'),
    ...(open.includes(43) ? [] : [tcp(`${later} byte_test:1,=,43,7;`, 'FC 43')]),
    ...units,
  ];
};

/**
 * The first request of a connection decides whether the engine takes it for Modbus at all: look at it raw. Only at the first: what comes
 * later may be the rest of a request (header and PDU written apart, requests sent one behind the other and cut anywhere), and the engine reads it.
 * In its packet, because a sensor that is not inline puts streams together late; and at the beginning of the stream, where it was cut.
 */
const rawRules = (ends: RuleEnds, about: string, complement: readonly Forbidden[]): RuleText[] => {
  const tcp = (options: string, why: string, isMark = false): RuleText => ({ protocol: 'tcp', ends, options: `flow:to_server,established; ${options}`, why, about, isMark });
  const begin = (options: string, why: string): RuleText => ({ protocol: 'tcp', ends, options: `${BEGINNING} ${options}`, why, about });
  const isUnnamedPermitted = !complement.some((forbidden) => forbidden.kind === 'unknown-function');
  const rules: RuleText[] = [
    tcp(`${isUnnamedPermitted ? `flowbits:isnotset,${UNRECOGNISED}; ` : ''}app-layer-protocol:!modbus;`, 'not Modbus'),
    tcp(`dsize:>3; byte_test:2,=,0,2; flowbits:set,${BEGAN}; noalert;`, 'a message begins', true),
    tcp(`dsize:0<>4; flowbits:set,${BEGAN}; noalert;`, 'a message begins, and its protocol id comes later', true),
    tcp(`flowbits:isnotset,${BEGAN}; dsize:>3; byte_test:2,!=,0,2;`, 'MBAP protocol id is not 0'),
    begin('byte_test:2,!=,0,2;', 'MBAP protocol id is not 0'),
    { protocol: 'modbus', ends, options: 'flow:to_server,established; app-layer-event:modbus.invalid_protocol_id;', why: 'MBAP protocol id is not 0', about },
  ];
  rules.push(
    tcp(`dsize:<8; flowbits:isset,${BEGAN}; flowbits:set,${NAMED}; noalert;`, 'a message begins, and its function comes later', true),
    tcp(`dsize:>7; byte_test:1,<,25,7; flowbits:set,${NAMED}; noalert;`, 'a function with a name', true),
    tcp(`dsize:>7; byte_test:1,=,43,7; flowbits:set,${NAMED}; noalert;`, 'a function with a name', true),
  );
  if (isUnnamedPermitted) rules.push(...unrecognisedRules(tcp, begin, complement));
  else rules.push(tcp(`flowbits:isnotset,${NAMED}; dsize:>7; ${UNNAMED}`, 'function code without a name'), begin(UNNAMED, 'function code without a name'));
  rules.push(...topGuards(complement).map(({ options, why }) => tcp(options, why)));
  return rules;
};

const modbusRules = (ends: RuleEnds, permits: readonly PlanPermit[], complement: readonly Forbidden[]): RuleText[] => {
  const about = permits.map((entry) => entry.permit.id).join(' ');
  return [
    ...rawRules(ends, about, complement),
    ...complement.flatMap((forbidden) => options(forbidden, complement)).map(({ option, why }) => ({ protocol: 'modbus', ends, options: `flow:to_server,established; ${option}`, why, about })),
  ];
};

/** A policy is agreed upon in a stream. */
const capabilitiesFor = (entry: PlanPermit): Capabilities => (isOpcua(entry) ? CAPABILITIES : { ...CAPABILITIES, opcuaPolicy: false });

const inspectionRules = (cell: PairCell): RuleText[] =>
  inspectionsOf(cell).flatMap(({ port, modbus, opcua }) => {
    const ends: RuleEnds = { source: { among: cell.clients, except: [] }, arrow: '->', target: { among: cell.servers, except: [] }, ports: portList([port]) };
    if (modbus.length > 0) return modbusRules(ends, modbus, modbusComplement(modbus.map((entry) => entry.permit), ENGINE));
    return opcuaRules(ends, opcua);
  });

/** SYN without ACK or RST. A host takes one with FIN, PSH or URG too, so these and the bits of ECN are left out of sight. */
const OPENING = 'flags:S,FPU12;';

/**
 * Of a TCP connection that is open already the engine guesses who the client is, and takes a server that speaks first for one: enforced,
 * it is judged by what opens it. Who opens is the client, so that needs no `flow:to_server`: in a flow taken the other way it would not match.
 */
const headOptions = ({ protocol, notProtocols }: RuleHead, family: 'ipv4' | 'ipv6', isEnforced: boolean): string[] => {
  if (isEnforced && protocol === 'tcp') return [OPENING];
  const whole = WHOLE[family](protocol);
  if (protocol === 'icmp') return [`flow:to_server;${whole} ${NO_ERROR[family]}`];
  if (protocol === 'icmp-error') return ERROR[family];
  return [`flow:to_server;${whole}${notProtocols.map((number) => ` ip_proto:!${number};`).join('')}`];
};

/**
 * Of a fragment the engine knows neither flow nor ports, and takes it for one to a server, on port 0: answers would be stopped. It puts
 * fragments together and judges what comes of it; a datagram that is stopped wants its last fragment. Of IPv6 it takes them for protocol 44.
 */
const WHOLE = {
  ipv4: (): string => ' fragbits:!M; fragoffset:0;',
  ipv6: (protocol: string): string => (protocol === 'ip' ? ' ip_proto:!44;' : ''),
};

/** Unreachable, time exceeded, parameter problem (RFC 792); IPv6 adds packet too big (RFC 4443). */
const ERROR = { ipv4: ['itype:3;', 'itype:10<>13;'], ipv6: ['itype:<5;'] };
const typesNot = (version: 4 | 6, types: readonly number[]): string => `icmpv${version}.hdr; ${types.map((type) => `content:!"|0${type.toString(16)}|"; startswith;`).join(' ')}`;
const NO_ERROR = { ipv4: typesNot(4, [3, 11, 12]), ipv6: 'itype:>4;' };

const rulesFile = (plan: DevicePlan, permits: readonly PlanPermit[], pairs: readonly Judged[]): string => {
  const isEnforced = plan.mode === 'enforce';
  const action = isEnforced ? 'drop' : 'alert';
  const rules: RuleText[] = [];
  for (const judged of pairs) {
    const { family } = judged;
    for (const cell of judged.across) rules.push(...inspectionRules(cell));
    const heads = protocolApart(forbiddenHeads(judged), 'icmp', protocolNumber(family === 'ipv4' ? 'icmp' : 'icmpv6'));
    // An alert blocks nothing, and a forbidden connection that has been open for weeks must be seen.
    for (const head of [...(isEnforced ? protocolApart(heads, 'tcp', protocolNumber('tcp')) : heads), ...errorHeads(judged)])
      for (const options of headOptions(head, family, isEnforced))
        rules.push({ protocol: head.protocol.replace('-error', ''), ends: { ...head, arrow: '->' }, options, why: head.why, about: 'no Permit' });
  }
  let sid = FIRST_SID;
  const lines = [
    ...provenanceLines(plan.provenance, '# '),
    `# mode: ${plan.mode}`,
    '# Every rule names something that no Permit lets through. There is no pass rule on purpose.',
    ...permits.flatMap((entry) => [`# ${permitLine(entry.permit, 200)}`, `#   ${evidenceLine(entry.permit, 200)}`]),
    ...rules.flatMap((rule) => {
      const own = ruleLines(action, rule, sid);
      sid += own.length;
      return own;
    }),
  ];
  return `${lines.join('\n')}\n`;
};

/** `502, 1500:1600`: detection-ports take ranges with a colon, and one with a hyphen is never looked at (measured with 7.0.10). */
const modbusPorts = (permits: readonly PlanPermit[]): string => {
  const spans = permits.flatMap(({ permit }) => (inspectedModbus(permit) !== null ? permit.service.ports : []));
  return mergeSpans([{ first: 502, last: 502 }, ...spans]).map(({ first, last }) => (first === last ? `${first}` : `${first}:${last}`)).join(', ');
};

const SWITCH_FILE = 'suricata-switch.yaml';

const yamlFile = (permits: readonly PlanPermit[]): string =>
  [
    '# Set these in suricata.yaml (do not include this file: Suricata 7 mixes up the lists of two files).',
    '# Without the first one Modbus rules do not load, or load and never fire: Debian ships the parser switched off.',
    '# Without exception-policy an inline engine stops every connection that a parser of its own does not understand (TLS and SMB of old devices among them), whatever the rules say.',
    'exception-policy: ignore',
    'app-layer:',
    '  protocols:',
    '    modbus:',
    '      enabled: yes',
    '      detection-ports:',
    `        dp: ${modbusPorts(permits)}`,
    'stream:',
    '  midstream: true',
    '  reassembly:',
    '    depth: 0',
    '',
  ].join('\n');

/** Stops unless the parser is on in the configuration that will run, and every rule loads. */
const checkScript = (permits: readonly PlanPermit[]): string =>
  [
    '#!/bin/sh',
    '# usage: sh check.sh [suricata.yaml]',
    'set -eu',
    'config=${1:-/etc/suricata/suricata.yaml}',
    'here=$(dirname "$0")',
    'wanted() {',
    '  suricata -c "$config" --dump-config 2>/dev/null | grep -qx "$1" || { echo "missing in $config: $1" >&2; exit 1; }',
    '}',
    "wanted 'app-layer.protocols.modbus.enabled = yes'",
    `wanted 'app-layer.protocols.modbus.detection-ports.dp = ${modbusPorts(permits)}'`,
    "wanted 'exception-policy = ignore'",
    'suricata -T -c "$config" -S "$here/baseline.rules"',
    '',
  ].join('\n');

const hasUnnamed = (modbus: ModbusEffect | null): boolean => modbus !== null && modbus.functions.some((code) => !KNOWN.includes(code));

const UNRECOGNISED_REASON =
  'a connection that begins with a function code without a name is not recognised as Modbus and is judged segment by segment: there a request that is cut, or has another behind it in its segment, is stopped, and so is a function of which not every data address is permitted';

const build = (plan: DevicePlan): DeviceExport => {
  const permits = plan.permits.filter((entry) => refusalOf(entry, CAPABILITIES) === null);
  const pairs = (['ipv4', 'ipv6'] as const).map((family) => judgedPairs(plan, permits, family));
  const rules = rulesFile(plan, permits, pairs);
  const hiddenBy = hiddenAmong(pairs.flatMap(({ across }) => across.flatMap(inspectionsOf)));
  return {
    files: [{ path: 'baseline.rules', content: rules }, { path: SWITCH_FILE, content: yamlFile(permits) }, { path: 'check.sh', content: checkScript(permits) }],
    losses: plan.permits.map((entry) => {
      const passed = entry.permit.service.transport === 'tcp' ? passedModbus(entry.permit, ENGINE) : null;
      const modbus = passed === null ? null : withUncheckedTop(passed);
      const row = assess(entry, { device: plan.device.id, capabilities: capabilitiesFor(entry), modbus, also: hiddenBy(entry) });
      if (row.verdict === 'not-enforceable') return row;
      const passesOthers = isOpcua(entry);
      return {
        ...row,
        holds: { ...row.holds, ...(passesOthers ? { passesOthers } : {}) },
        reasons: [...row.reasons, ...(hasUnnamed(modbus) ? [UNRECOGNISED_REASON] : []), ...(passesOthers ? ['what is no OPC UA on its port passes'] : [])],
      };
    }),
    rollback: [
      'Remove baseline.rules from rule-files in suricata.yaml, then: suricatasc -c reload-rules',
      'An inline engine that is stopped passes or blocks everything depending on how it is wired: know which before you stop it.',
    ],
    apply: [
      `Set what ${SWITCH_FILE} says in suricata.yaml and add baseline.rules to rule-files.`,
      'Check: `sh check.sh /etc/suricata/suricata.yaml`.',
      plan.mode === 'enforce'
        ? 'Run inline (AF_PACKET copy-mode ips, or NFQUEUE): `drop` blocks only there.'
        : 'Run on a mirror port or inline: `alert` blocks nothing.',
      'Replay the `test-pcaps` of the same spec first: every must-pass session must stay silent, every must-be-blocked one must alert.',
    ],
    notes: [
      'Broadcasts and multicasts that no Permit names, and addresses that exist only on a link, are never judged: a switch or router has to keep them in their zone.',
      plan.mode === 'enforce'
        ? 'TCP between addresses and ports is judged when a connection is opened. One that was open before the engine started, or that was silent for longer than its flow timeout, goes on, forbidden or not, until it is opened anew: end forbidden ones by hand. Requests in it are judged where the engine guesses its direction rightly.'
        : 'Directions of connections that were open before the engine started, or that were silent for longer than its flow timeout, are guessed from the first packet it sees: a server that speaks first alerts as a client that no Permit names. Enforce mode judges openings only and would pass it.',
      'Directions of UDP and other traffic are guessed the same way in both modes.',
      ...(plan.mode === 'enforce' ? ['A connection in which something was stopped is stopped as a whole, its end too: the device holds it until a timeout of its own. Devices have few: a client that goes on asking what is stopped can use them up, for others too. Enforce once monitor mode shows no such client.', `Set as ${SWITCH_FILE} says, the engine stops nothing by itself: what a parser of its own does not understand, and what it has no memory left for, passes unless a rule stops it.`] : []),
      'ICMP errors (unreachable, fragmentation needed or packet too big, time exceeded, parameter problem) pass between zones to every address that a Permit names, whatever they are about: the engine tells only for some which connection they belong to. To other addresses they are stopped.',
      'Requests are judged however they are joined and cut, except those that end at data address 65535: only one whose beginning, up to its first address, begins a segment. The first request of a connection is stopped where it is a write of several values (function codes 15, 16, 23) that is cut behind its 16th octet: the engine does not recognise it.',
      'OPC UA sessions pass with every security policy that is no weaker than the weakest one declared, or where modes other than None are declared without a policy, with every one but None. One without a place in that order (OPC 10000-7) is stopped, but for those of elliptic curves, which are newer. A client may ask for servers and endpoints without security all the same, as nearly all do (OPC 10000-4 clause 5.5.1); whatever else it asks on such a channel is stopped.',
    ],
  };
};

export const suricata: Exporter = {
  name: 'suricata',
  title: 'Suricata 7 rules, as detection or inline prevention',
  platforms: ['suricata'],
  filters: true,
  modes: ['monitor', 'enforce'],
  capabilities: CAPABILITIES,
  follows: { ftp: 'a pass rule with `app-layer-protocol:ftp-data`' },
  build,
};
