/**
 * What the Permits of a plan say about one concrete connection or request: the yardstick for test captures and for the
 * readers of our own output. In: effects (what is let through) and a flow. Out: yes or no. Schedules are left out on
 * purpose: a test runs inside the window.
 */
import { parseSpan, setContains } from '../net/address-set.ts';
import { addTo } from '../net/multi-map.ts';
import { spansContain } from '../net/register-set.ts';
import { effectPasses } from '../policy/match/modbus-effect.ts';
import { portsOf } from '../policy/spec/permits.ts';
import type { Effect, ModbusEffect } from './exporter.ts';
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

const modbusMatches = (effect: ModbusEffect | null, request: ModbusRequest | null): boolean => {
  if (effect === null) return true;
  if (request === null) return false;
  const span = { first: request.start, last: request.start + (hasOneAddress(request.functionCode) ? 1 : request.quantity) - 1 };
  return effectPasses(effect, request.functionCode, request.unit, [{ access: 'read', ...span }, { access: 'write', ...span }]);
};

const transportMatches = (effect: Effect, flow: Flow): boolean =>
  effect.transport === 'any' || (effect.transport === flow.transport && (effect.ports.length === 0 || spansContain(effect.ports.flatMap(portsOf), { first: flow.port, last: flow.port })));

/** Whether any of the effects lets the flow through. */
export const letsThrough = (effects: readonly Effect[], flow: Flow): boolean => {
  const client = parseSpan(flow.client);
  const server = parseSpan(flow.server);
  if (client === null || server === null) return false;
  return effects.some(
    (effect) =>
      setContains(effect.client, client) &&
      setContains(effect.server, server) &&
      transportMatches(effect, flow) &&
      modbusMatches(effect.modbus, flow.modbus),
  );
};

/** The effects that may name an address on one side: found by it where they name single ones, and always where they name more. */
const effectsAt = (effects: readonly Effect[], side: 'client' | 'server'): ((address: string) => readonly Effect[]) => {
  const isWide = (effect: Effect): boolean => effect[side].some(({ first, last }) => first !== last);
  const wide = effects.filter(isWide);
  const single = new Map<string, Effect[]>();
  for (const effect of effects) if (!isWide(effect)) for (const { family, first } of effect[side]) addTo(single, formatAddress(family, first), effect);
  return (address) => [...(single.get(address) ?? []), ...wide];
};

/** The same for many flows: of thousands of effects few name the addresses of one. */
export const judgeOf = (effects: readonly Effect[]): ((flow: Flow) => boolean) => {
  const [byClient, byServer] = [effectsAt(effects, 'client'), effectsAt(effects, 'server')];
  return (flow) => {
    const [ofClient, ofServer] = [byClient(flow.client), byServer(flow.server)];
    return letsThrough(ofClient.length < ofServer.length ? ofClient : ofServer, flow);
  };
};
