/**
 * Judges a flow by our Suricata or Snort rules, as the engines were measured to (docs/exporters.md): a rule fires when
 * its head and every option match; what no rule fires on passes. Throws at any option it does not know.
 */
import { parseSpan, type AddressSpan } from '../../../src/net/address-set.ts';
import type { Flow } from '../../../src/export/permit-judge.ts';
import { modbusRequest } from '../../../src/export/modbus/request.ts';

/** A flow, and what it asks where that is no Modbus. */
export interface Probe extends Flow {
  /** `service` null: encrypted. */
  readonly opcua?: { readonly policy: string; readonly service: string | null };
  readonly cip?: number;
}

export interface IntrusionRule {
  readonly text: string;
  readonly action: string;
  readonly fires: (flow: Probe) => boolean;
}

const PROTOCOLS: Record<string, number> = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 };

/** What was made of a text before: a rule is asked for thousands of flows. */
const remembered = <Made>(make: (text: string) => Made): ((text: string) => Made) => {
  const known = new Map<string, Made>();
  return (text) => {
    const held = known.get(text);
    if (held !== undefined) return held;
    const made = make(text);
    known.set(text, made);
    return made;
  };
};

/** Rules are asked one after the other for the same flow: what all of them look at is made once. */
const onceEach = <Made>(make: (flow: Probe) => Made): ((flow: Probe) => Made) => {
  let latest: { readonly flow: Probe; readonly made: Made } | null = null;
  return (flow) => {
    if (latest?.flow !== flow) latest = { flow, made: make(flow) };
    return latest.made;
  };
};

const pairOf = onceEach(({ client, server, transport, port }) => `${client} ${server} ${transport} ${port}`);
const payloadOf = onceEach(({ modbus }) => (modbus === null ? new Uint8Array(0) : modbusRequest(modbus, 1)));

/** The words of `[A,!B,[C,D]]`. */
const listed = remembered((text) => {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const character of text.slice(1, -1)) {
    if (character === '[') depth++;
    if (character === ']') depth--;
    if (character === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else part += character;
  }
  parts.push(part);
  return { no: parts.filter((word) => word.startsWith('!')), yes: parts.filter((word) => !word.startsWith('!')) };
});

/** `any`, `!X`, `[A,!B]`, an address or a prefix; ports alike. */
const matches = (text: string, one: (word: string) => boolean): boolean => {
  if (text === 'any') return true;
  if (text.startsWith('!')) return !matches(text.slice(1), one);
  if (!text.startsWith('[')) return one(text);
  const { no, yes } = listed(text);
  return yes.some((word) => matches(word, one)) && no.every((word) => matches(word, one));
};

const spanOf = remembered(parseSpan);

const within = (address: AddressSpan) => (word: string): boolean => {
  const span = spanOf(word);
  if (span === null) throw new Error(`not an address: ${word}`);
  return span.family === address.family && span.first <= address.first && address.last <= span.last;
};

const atPort = (port: number) => (word: string): boolean => {
  const [first, last = first] = word.split(':').map(Number);
  return first <= port && port <= last;
};

/** Numbers of 16 bits; an end of them in a range is no bound (suricata 7.0.10, rust/src/modbus/detect.rs: parse_range, check_match_range). */
const compare = (text: string, first: number, last: number): boolean => {
  const value = /^([<>]?)(\d+)(?:<>(\d+))?$/.exec(text);
  if (value === null || [value[2], value[3] ?? '0'].some((number) => Number(number) > 65535)) throw new Error(`not a comparison: ${text}`);
  const bound = Number(value[2]);
  const above = value[1] === '<' ? 0 : bound;
  const below = value[3] !== undefined ? Number(value[3]) : value[1] === '>' ? 65535 : bound;
  if (above === below) return first <= bound && bound <= last;
  if (above === 0) return first < below;
  return above < last && (below === 65535 || first < below);
};

const TABLES: Record<string, readonly number[]> = {
  'read coils': [1], 'read discretes': [2], 'read holding': [3, 23], 'read input': [4], 'write coils': [5, 15], 'write holding': [6, 16, 22, 23],
};
const NAMED = [...Array.from({ length: 24 }, (_, index) => index + 1), 43];

const suricataModbus = (text: string, { modbus }: Flow): boolean => {
  if (modbus === null) return false;
  const isSingle = [5, 6, 22].includes(modbus.functionCode);
  const quantity = isSingle ? 1 : modbus.quantity;
  let codes: readonly number[] | null = null;
  return text.split(',').map((part) => part.trim()).every((part) => {
    const [word, ...rest] = part.split(' ');
    if (word === 'unit') return compare(rest.join(' '), modbus.unit, modbus.unit);
    if (word === 'function') return Number(rest[0]) === modbus.functionCode || (!NAMED.includes(Number(rest[0])) && !NAMED.includes(modbus.functionCode));
    if (word === 'access') {
      codes = TABLES[rest.join(' ')];
      return codes.includes(modbus.functionCode);
    }
    // Addresses count from 1; a single write to 65536 compares as 0, and any other request that reaches it does not compare.
    if (word === 'address' && isSingle && modbus.start === 65535) return compare(rest.join(' '), 0, 0);
    if (word === 'address') return modbus.start + quantity <= 65535 && compare(rest.join(' '), modbus.start + 1, modbus.start + quantity);
    throw new Error(`not understood: ${part}`);
  });
};

const SNORT_CODES: Record<string, number> = {
  read_coils: 1, read_discrete_inputs: 2, read_holding_registers: 3, read_input_registers: 4, write_single_coil: 5, write_single_register: 6,
  read_exception_status: 7, diagnostics: 8, get_comm_event_counter: 11, get_comm_event_log: 12, write_multiple_coils: 15, write_multiple_registers: 16,
  report_slave_id: 17, read_file_record: 20, write_file_record: 21, mask_write_register: 22, read_write_multiple_registers: 23, read_fifo_queue: 24,
  encapsulated_interface_transport: 43,
};

const byteTest = (text: string, payload: Uint8Array, offset: number): boolean => {
  const [size, operator, wanted, at] = text.split(',');
  if (Number(wanted) >= 256 ** Number(size)) throw new Error(`never true or always: ${text}`);
  let value = 0;
  for (let index = 0; index < Number(size); index++) value = value * 256 + (payload[offset + Number(at) + index] ?? Number.NaN);
  if (Number.isNaN(value)) return false;
  if (operator === '=') return value === Number(wanted);
  if (operator === '!=') return value !== Number(wanted);
  return operator === '<' ? value < Number(wanted) : value > Number(wanted);
};

const DISCOVERY = ['FindServers', 'GetEndpoints'];

/** Rules on the OpenSecureChannel message, in which policies that pass stand with a `!`, and on what follows one without security. Here the client dials. */
const opcuaFires = (body: string, { opcua }: Probe): boolean => {
  if (opcua === undefined || body.includes('byte_test:4,=,') || body.includes('noalert') || body.includes('flowbits:isnotset')) return false;
  if (body.includes('content:"MSG"')) return opcua.policy === 'None' && !DISCOVERY.includes(opcua.service ?? '');
  const passing = [...body.matchAll(/SecurityPolicy#(\w+)"/g)].map(([, name]) => name);
  if (passing.length === 0) throw new Error(`not understood: ${body}`);
  return !passing.includes(opcua.policy);
};

const optionFires = (option: string, flow: Probe, payload: Uint8Array, cursor: { offset: number }): boolean => {
  const [name, value = ''] = [option.slice(0, option.includes(':') ? option.indexOf(':') : undefined), option.slice(option.indexOf(':') + 1).trim()];
  switch (name) {
    case 'msg': case 'metadata': case 'classtype': case 'sid': case 'rev': case 'gid': case 'flow':
      return true;
    case 'flags':
      // Each flow here is a new one, which begins with a SYN.
      if (value !== 'S,FPU12') throw new Error(`not understood: ${option}`);
      return flow.transport === 'tcp';
    case 'app-layer-protocol':
      return flow.modbus === null;
    case 'ip_proto':
      return (PROTOCOLS[flow.transport] ?? Number(flow.transport.slice('ip-'.length))) !== Number(value.slice(1));
    case 'fragbits': case 'fragoffset':
      // No flow here is in fragments.
      if (!['!M', '0'].includes(value)) throw new Error(`not understood: ${option}`);
      return true;
    case 'stream_size':
      // Each flow here is one short request.
      return true;
    case 'dsize':
      if (value.includes('<>')) return payload.length > Number(value.split('<>')[0]) && payload.length < Number(value.split('<>')[1]);
      return value.startsWith('<') ? payload.length < Number(value.slice(1)) : payload.length > Number(value.slice(1));
    case 'flowbits':
      // Each flow here is one request: nothing was remembered of one before.
      return !value.startsWith('isset');
    case 'noalert':
      return false;
    case 'app-layer-event':
      // These requests are Modbus.
      if (value !== 'modbus.invalid_protocol_id') throw new Error(`not understood: ${option}`);
      return false;
    case 'byte_test':
      return byteTest(value, payload, cursor.offset);
    case 'modbus':
      return suricataModbus(value, flow);
    case 'modbus_func':
      return flow.modbus !== null && flow.modbus.functionCode === SNORT_CODES[value];
    case 'modbus_unit':
      return flow.modbus !== null && flow.modbus.unit === Number(value);
    case 'modbus_data':
      cursor.offset = 8;
      return true;
    case 'itype':
      // Each flow of ICMP here is an echo.
      return value === '>4';
    case 'icmpv4.hdr': case 'startswith':
      return true;
    case 'content':
      if (/^!"\|0[3bc]\|"$/.test(value)) return true;
      if (value.startsWith('"|00 00|"')) return payload[2] === 0 && payload[3] === 0;
      throw new Error(`not understood: ${option}`);
    case 'depth':
      return true;
    case 'cip_service':
      return flow.cip === Number(value);
    case 'opcua_msg_service':
      return `${flow.opcua?.service ?? ''}Request` === value;
    default:
      throw new Error(`not understood: ${option}`);
  }
};

const ruleOf = (text: string): IntrusionRule => {
  const parts = /^(alert|drop) (ip|icmp|tcp|udp|sctp|modbus) (\S+) (\S+) (?:->|<>) (\S+) (\S+) \(\s?(.*;)\s?\)$/.exec(text);
  if (parts === null) throw new Error(`not a rule: ${text}`);
  const [, action, protocol, source, sourcePort, target, port, body] = parts;
  const options = body.split(';').map((option) => option.trim()).filter((option) => option !== '');
  const transport = protocol === 'modbus' ? 'tcp' : protocol;
  const headMatches = (flow: Flow): boolean => {
    const [client, server] = [spanOf(flow.client), spanOf(flow.server)];
    if (client === null || server === null || (transport !== 'ip' && transport !== flow.transport.replace('icmpv6', 'icmp'))) return false;
    // Ports of the source: a rule for what a server sends, and here clients ask.
    return sourcePort === 'any' && matches(port, atPort(flow.port)) && matches(source, within(client)) && matches(target, within(server));
  };
  const known = new Map<string, boolean>();
  return {
    text,
    action,
    fires: (flow) => {
      const pair = pairOf(flow);
      let inHead = known.get(pair);
      if (inHead === undefined) known.set(pair, (inHead = headMatches(flow)));
      if (!inHead) return false;
      if (/content:"(?:OPN|MSG)"/.test(body)) return opcuaFires(body, flow);
      const cursor = { offset: 0 };
      return options.every((option) => optionFires(option, flow, payloadOf(flow), cursor));
    },
  };
};

export const readRules = (text: string): IntrusionRule[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).map(ruleOf);
