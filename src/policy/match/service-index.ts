/**
 * Which of many services may hold all of another one: between two machines there may be thousands of ports.
 *
 * In: services with what they are of. Out: for a service, lists of what those are of that may hold it, by its first port; one may be in
 * two of them. Left out on purpose: whether its other ports fit.
 */
import { addTo } from '../../net/multi-map.ts';
import type { Span } from '../../net/register-set.ts';

interface Ports {
  readonly transport: string;
  readonly ports: readonly Span[];
}

export const indexServices = <T>(services: readonly (Ports & { readonly value: T })[]): ((inner: Ports) => readonly (readonly T[])[]) => {
  /** Without ports or with ranges, by transport; single ports by both. */
  const wide = new Map<string, T[]>();
  const single = new Map<string, T[]>();
  for (const { transport, ports, value } of services) {
    if (transport === 'any' || ports.length === 0 || ports.some(({ first, last }) => first !== last)) addTo(wide, transport, value);
    else for (const { first } of ports) addTo(single, `${transport} ${first}`, value);
  }
  return ({ transport, ports: [port] }) => [wide.get('any') ?? [], wide.get(transport) ?? [], single.get(`${transport} ${port?.first ?? ''}`) ?? []];
};
