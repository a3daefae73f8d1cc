/**
 * What the Permits of a plan say about one concrete connection or request: the yardstick for test captures and for the
 * readers of our own output. In: effects (what is let through) and a flow. Out: yes or no. Schedules are left out on
 * purpose: a test runs inside the window.
 */
import { parseSpan, setContains, type AddressSet } from '../net/address-set.ts';
import { addTo } from '../net/multi-map.ts';
import { spansContain, type Span } from '../net/register-set.ts';
import { modbusJudge } from '../policy/match/modbus-effect.ts';
import { portsOf } from '../policy/spec/permits.ts';
import type { Effect } from './exporter.ts';
import { formatAddress } from './ip-notation.ts';
import type { ModbusRequest } from './modbus/request.ts';
import { hasOneAddress } from './modbus/shape.ts';

export interface Flow {
  readonly client: string;
  readonly server: string;
  readonly transport: string;
  readonly port: number;
  /** Null: whatever this is, it is no Modbus request. */
  readonly modbus: ModbusRequest | null;
}

/** An effect as it is asked for many flows: read once. */
interface Judge {
  readonly effect: Effect;
  readonly ports: readonly Span[];
  /** Null: whatever is asked. */
  readonly asks: ReturnType<typeof modbusJudge> | null;
}

const judgeFor = (effect: Effect): Judge => ({ effect, ports: effect.ports.flatMap(portsOf), asks: effect.modbus === null ? null : modbusJudge(effect.modbus) });

const modbusMatches = ({ asks }: Judge, request: ModbusRequest | null): boolean => {
  if (asks === null) return true;
  if (request === null) return false;
  const span = { first: request.start, last: request.start + (hasOneAddress(request.functionCode) ? 1 : request.quantity) - 1 };
  return asks(request.functionCode, request.unit, [{ access: 'read', ...span }, { access: 'write', ...span }]);
};

const transportMatches = ({ effect, ports }: Judge, flow: Flow): boolean =>
  effect.transport === 'any' || (effect.transport === flow.transport && (ports.length === 0 || spansContain(ports, { first: flow.port, last: flow.port })));

const anyPasses = (judges: readonly Judge[], flow: Flow): boolean => {
  const client = parseSpan(flow.client);
  const server = parseSpan(flow.server);
  if (client === null || server === null) return false;
  return judges.some(
    (judge) => transportMatches(judge, flow) && modbusMatches(judge, flow.modbus) && setContains(judge.effect.client, client) && setContains(judge.effect.server, server),
  );
};

/** Whether any of the effects lets the flow through. */
export const letsThrough = (effects: readonly Effect[], flow: Flow): boolean => anyPasses(effects.map(judgeFor), flow);

/** Those that may be for a key of a flow: found by it where they name single ones, and always where they name more. */
const indexed = (judges: readonly Judge[], keysOf: (judge: Judge) => readonly string[] | null): ((key: string) => readonly Judge[]) => {
  const wide: Judge[] = [];
  const single = new Map<string, Judge[]>();
  for (const judge of judges) {
    const keys = keysOf(judge);
    if (keys === null) wide.push(judge);
    else for (const key of keys) addTo(single, key, judge);
  }
  return (key) => (wide.length === 0 ? (single.get(key) ?? []) : [...(single.get(key) ?? []), ...wide]);
};

const addressesOf = (set: AddressSet): readonly string[] | null =>
  set.some(({ first, last }) => first !== last) ? null : set.map(({ family, first }) => formatAddress(family, first));

const servicesOf = ({ effect, ports }: Judge): readonly string[] | null =>
  effect.transport === 'any' || ports.length === 0 || ports.some(({ first, last }) => first !== last) ? null : ports.map(({ first }) => `${effect.transport} ${first}`);

/** The same for many flows: of thousands of effects few name the addresses and the port of one. */
export const judgeOf = (effects: readonly Effect[]): ((flow: Flow) => boolean) => {
  const judges = effects.map(judgeFor);
  const [byClient, byServer, byService] = [
    indexed(judges, ({ effect }) => addressesOf(effect.client)), indexed(judges, ({ effect }) => addressesOf(effect.server)), indexed(judges, servicesOf),
  ];
  return (flow) => {
    const [first, ...others] = [byClient(flow.client), byServer(flow.server), byService(`${flow.transport} ${flow.port}`)];
    return anyPasses(others.reduce((fewest, some) => (some.length < fewest.length ? some : fewest), first), flow);
  };
};
