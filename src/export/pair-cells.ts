/**
 * Which Permits hold between which addresses, without overlap. Firewalls that stop at the first matching rule, and
 * rule sets that name what is forbidden, need for every pair (client, server) the one set of Permits that apply to it.
 * In: resolved Permits of one address family. Out: disjoint cells (clients x servers) with their Permits; a pair that
 * no Permit names is in no cell.
 */
import { normaliseSet, type AddressSet, type AddressSpan } from '../net/address-set.ts';
import { addTo } from '../net/multi-map.ts';
import type { PlanPermit } from './exporter.ts';
import { ofFamily, rangeText } from './ip-notation.ts';

export interface PairCell {
  readonly clients: AddressSet;
  readonly servers: AddressSet;
  readonly permits: readonly PlanPermit[];
}

type Side = 'client' | 'server';

/** The addresses of several sets, cut wherever one begins or ends and at `cuts` besides, each piece with the sets (by index) that hold all of it. */
export const pieces = (sets: readonly AddressSet[], family: 'ipv4' | 'ipv6', cuts: AddressSet = []): { span: AddressSpan; members: number[] }[] => {
  const starts = new Set([...sets.flat(), ...cuts].flatMap(({ first, last }) => [first, last + 1n]));
  const sorted = [...starts].sort((a, b) => (a < b ? -1 : 1));
  const places = new Map(sorted.map((first, place) => [first, place]));
  const membersAt = sorted.map((): number[] => []);
  for (const [member, set] of sets.entries()) {
    for (const { first, last } of set) for (let place = places.get(first) ?? 0; sorted[place] <= last; place++) membersAt[place].push(member);
  }
  return membersAt.flatMap((members, place) => (members.length === 0 ? [] : [{ span: { family, first: sorted[place], last: sorted[place + 1] - 1n }, members }]));
};

/** Addresses that the same Permits name, together. */
const classes = (permits: readonly PlanPermit[], side: Side, family: 'ipv4' | 'ipv6'): { spans: AddressSpan[]; members: number[] }[] => {
  const byMembers = new Map<string, { spans: AddressSpan[]; members: number[] }>();
  for (const { span, members } of pieces(permits.map((entry) => ofFamily(entry[side], family)), family)) {
    const key = members.join();
    const known = byMembers.get(key);
    if (known === undefined) byMembers.set(key, { spans: [span], members });
    else known.spans.push(span);
  }
  return [...byMembers.values()];
};

const setText = (spans: AddressSet): string => spans.map(rangeText).join();

export const pairCells = (permits: readonly PlanPermit[], family: 'ipv4' | 'ipv6'): PairCell[] => {
  const servers = classes(permits, 'server', family);
  const serversOf = permits.map((): number[] => []);
  for (const [place, { members }] of servers.entries()) for (const at of members) serversOf[at].push(place);
  const rows = classes(permits, 'client', family).flatMap((client) => {
    const shared = new Map<number, number[]>();
    for (const at of client.members) for (const place of serversOf[at]) addTo(shared, place, at);
    const byPermits = new Map<string, { spans: AddressSpan[]; members: number[] }>();
    for (const [place, members] of [...shared].sort(([a], [b]) => a - b)) {
      const key = members.join();
      const known = byPermits.get(key);
      if (known === undefined) byPermits.set(key, { spans: [...servers[place].spans], members });
      else known.spans.push(...servers[place].spans);
    }
    return [...byPermits.values()].map(({ spans, members }) => ({ clients: client.spans, servers: normaliseSet(spans), members }));
  });
  const merged = new Map<string, { clients: AddressSpan[]; servers: AddressSet; members: number[] }>();
  for (const row of rows) {
    const key = `${row.members.join()} ${setText(row.servers)}`;
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { clients: [...row.clients], servers: row.servers, members: row.members });
    else known.clients.push(...row.clients);
  }
  return [...merged.values()].map(({ clients, servers: cellServers, members }) => ({
    clients: normaliseSet(clients),
    servers: cellServers,
    permits: members.flatMap((at) => permits[at] ?? []),
  }));
};

export interface PortCell {
  readonly first: number;
  readonly last: number;
  readonly permits: readonly PlanPermit[];
}

/** Ports of one transport within a cell, without overlap, each with the Permits that name it. */
export const portCells = (permits: readonly PlanPermit[], transport: string): PortCell[] => {
  const named = permits.filter((entry) => entry.permit.service.transport === transport);
  const starts = new Set(named.flatMap((entry) => entry.permit.service.ports.flatMap(({ first, last }) => [first, last + 1])));
  const sorted = [...starts].sort((a, b) => a - b);
  const places = new Map(sorted.map((first, place) => [first, place]));
  const permitsAt = sorted.map(() => new Set<PlanPermit>());
  for (const entry of named) {
    for (const { first, last } of entry.permit.service.ports) for (let place = places.get(first) ?? 0; sorted[place] <= last; place++) permitsAt[place].add(entry);
  }
  return permitsAt.flatMap((members, place) => (members.size === 0 ? [] : [{ first: sorted[place], last: sorted[place + 1] - 1, permits: [...members] }]));
};
