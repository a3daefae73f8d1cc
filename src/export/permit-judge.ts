/**
 * What the Permits of a plan say about one concrete connection or request: the yardstick for test captures and for the
 * readers of our own output. In: effects (what is let through) and a flow. Out: yes or no. Schedules are left out on
 * purpose: a test runs inside the window.
 */
import { parseSpan, setContains, type AddressSpan } from '../net/address-set.ts';
import { spansContain, type Span } from '../net/register-set.ts';
import { indexSpans } from '../net/span-index.ts';
import { fewerOf } from '../policy/match/end-index.ts';
import { modbusJudge } from '../policy/match/modbus-effect.ts';
import { indexServices } from '../policy/match/service-index.ts';
import { portsOf } from '../policy/spec/permits.ts';
import type { Effect } from './exporter.ts';
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

const passes = (judge: Judge, flow: Flow, [client, server]: readonly [AddressSpan, AddressSpan]): boolean =>
  transportMatches(judge, flow) && modbusMatches(judge, flow.modbus) && setContains(judge.effect.client, client) && setContains(judge.effect.server, server);

/** Whether any of the effects lets a flow through, for many flows: of thousands of effects few name the addresses and the port of one. */
export const judgeOf = (effects: readonly Effect[]): ((flow: Flow) => boolean) => {
  const judges = effects.map(judgeFor);
  const [byClient, byServer] = (['client', 'server'] as const).map((side) => indexSpans(judges.flatMap((value) => value.effect[side].map((span) => ({ span, value })))));
  const byService = indexServices(judges.map((value) => ({ transport: value.effect.transport, ports: value.ports, value })));
  return (flow) => {
    const [client, server] = [parseSpan(flow.client), parseSpan(flow.server)];
    if (client === null || server === null) return false;
    const services = byService({ transport: flow.transport, ports: [{ first: flow.port, last: flow.port }] });
    return fewerOf(fewerOf([byClient(client)], [byServer(server)]), services).some((some) => some.some((judge) => passes(judge, flow, [client, server])));
  };
};

/** The same for one flow. */
export const letsThrough = (effects: readonly Effect[], flow: Flow): boolean => judgeOf(effects)(flow);
