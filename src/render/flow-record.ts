/**
 * A conversation as programs read it (`flows --json`, docs/json/flows.schema.json) and as a line for people.
 * In: a Flow of the store and the ids of its assets. Out: plain records, in a stable order.
 */
import { mergeSpans, spanText, type Span } from '../net/register-set.ts';
import type { Fact } from '../observation.ts';
import type { Flow, FlowOperation } from '../store/read-flows.ts';
import { isoInstant } from './instant.ts';
import type { FlowRecord, OperationRecord } from './json-shapes.ts';

export function flowRecord(flow: Flow, assetOf: (address: string) => string | null): FlowRecord {
  const others = flow.facts.filter((fact) => !OPCUA_KEYS.has(fact.name));
  return {
    client: flow.client,
    server: flow.server,
    clientAsset: assetOf(flow.client),
    serverAsset: assetOf(flow.server),
    transport: flow.transport,
    port: flow.port,
    service: flow.service.name,
    serviceBy: flow.service.by,
    vlan: flow.vlan,
    packets: { ...flow.packets },
    bytes: { ...flow.bytes },
    sessions: flow.sessions,
    first: isoInstant(flow.firstNs),
    last: isoInstant(flow.lastNs),
    direction: { ...flow.direction },
    operations: flow.operations.map(operationRecord),
    ...opcuaRecord(flow),
    ...(others.length > 0 ? { facts: others.map((fact) => ({ ...fact })) } : {}),
  };
}

function operationRecord(operation: FlowOperation): OperationRecord {
  const { protocol, name, access, requests, responses, errors } = operation;
  const codes = operation.errorCodes.map((error) => ({ ...error }));
  const targets = [...operation.targets];
  if (protocol === 'modbus') {
    return {
      protocol,
      unit: operation.unit,
      function: operation.function,
      name,
      access,
      ranges: mergedRanges(operation),
      requests,
      responses,
      exceptions: errors,
      exceptionCodes: codes,
      targets,
    };
  }
  if (protocol === 'opcua') {
    return { protocol, service: name, access, requests, responses, faults: errors, faultCodes: codes, targets };
  }
  return { protocol, function: operation.function, name, access, requests, responses, errors, errorCodes: codes, targets };
}

type MergedRange = { access: 'read' | 'write'; first: number; last: number };

function mergedRanges(operation: FlowOperation): MergedRange[] {
  return (['read', 'write'] as const).flatMap((access) =>
    mergeSpans(operation.ranges.filter((range) => range.access === access)).map(({ first, last }) => ({ access, first, last })));
}

const OPCUA_ENDPOINT = 'opcua.endpoint';
const OPCUA_POLICY = 'opcua.policy';
const OPCUA_MODE = 'opcua.mode';
const OPCUA_MESSAGE = 'opcua.message';
const OPCUA_KEYS: ReadonlySet<string> = new Set([OPCUA_ENDPOINT, OPCUA_POLICY, OPCUA_MODE, OPCUA_MESSAGE]);

function opcuaRecord(flow: Flow): { opcua?: NonNullable<FlowRecord['opcua']> } {
  const named = (name: string): Fact[] => flow.facts.filter((fact) => fact.name === name);
  if (flow.service.name !== 'opcua' && !flow.facts.some((fact) => OPCUA_KEYS.has(fact.name))) return {};
  const values = (name: string): string[] => named(name).map((fact) => fact.value).toSorted();
  return {
    opcua: {
      endpoints: values(OPCUA_ENDPOINT),
      policies: values(OPCUA_POLICY),
      modes: values(OPCUA_MODE),
      messages: Object.fromEntries(
        named(OPCUA_MESSAGE)
          .toSorted((a, b) => (a.value < b.value ? -1 : 1))
          .map(({ value, toServer, toClient }) => [value, { toServer, toClient }]),
      ),
    },
  };
}

/** Ranges shown in one table cell; the JSON has all. */
const SHOWN_RANGES = 3;
const SHOWN_OPERATIONS = 6;

/** `FC3 0-99, FC16 40-41, Read, Write`: what was asked, on one line, units of a Modbus gateway taken together. */
export function operationsText(flow: Flow, shown: number = SHOWN_OPERATIONS): string {
  const texts = new Map<string, Span[]>();
  for (const { protocol, function: code, name, ranges } of flow.operations) {
    const key = protocol === 'modbus' && code >= 0 ? `FC${code}` : name;
    texts.set(key, [...(texts.get(key) ?? []), ...ranges]);
  }
  const words = [...texts].map(([name, ranges]) => {
    const list = mergeSpans(ranges).map(spanText);
    const more = list.length > SHOWN_RANGES ? ` +${list.length - SHOWN_RANGES}` : '';
    return list.length === 0 ? name : `${name} ${list.slice(0, SHOWN_RANGES).join(' ')}${more}`;
  });
  return words.slice(0, shown).join(', ') + (words.length > shown ? `, +${words.length - shown} more` : '');
}

/** `modbus`, `ssh?` when only the port says so, or the transport and port. */
export function serviceText(flow: Pick<Flow, 'service' | 'transport' | 'port'>): string {
  const where = flow.port > 0 ? `${flow.transport}/${flow.port}` : flow.transport;
  if (flow.service.name === '' || flow.service.name === where) return where;
  return `${flow.service.name}${flow.service.by === 'port' ? '?' : ''} ${where}`;
}
