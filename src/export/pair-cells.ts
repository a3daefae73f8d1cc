/**
 * Which Permits hold between which addresses, without overlap. Firewalls that stop at the first matching rule, and
 * rule sets that name what is forbidden, need for every pair (client, server) the one set of Permits that apply to it.
 * In: resolved Permits of one address family. Out: disjoint cells (clients x servers) with their Permits; a pair that
 * no Permit names is in no cell.
 */
import { normaliseSet, type AddressSet, type AddressSpan } from '../net/address-set.ts';
import type { PlanPermit } from './exporter.ts';
import { ofFamily, rangeText } from './ip-notation.ts';

export interface PairCell {
  readonly clients: AddressSet;
  readonly servers: AddressSet;
  readonly permits: readonly PlanPermit[];
}

type Side = 'client' | 'server';

/** Pieces of the addresses on one side, each with the Permits (by index) that name all of it. */
const pieces = (permits: readonly PlanPermit[], side: Side, family: 'ipv4' | 'ipv6'): { span: AddressSpan; members: number[] }[] => {
  const lists = permits.map((entry) => ofFamily(entry[side], family));
  const starts = new Set<bigint>();
  for (const span of lists.flat()) {
    starts.add(span.first);
    starts.add(span.last + 1n);
  }
  const sorted = [...starts].sort((a, b) => (a < b ? -1 : 1));
  const places = new Map(sorted.map((first, place) => [first, place]));
  const membersAt = sorted.map((): number[] => []);
  for (const [member, list] of lists.entries()) {
    for (const { first, last } of list) for (let place = places.get(first) ?? 0; sorted[place] <= last; place++) membersAt[place].push(member);
  }
  return membersAt.flatMap((members, place) => (members.length === 0 ? [] : [{ span: { family, first: sorted[place], last: sorted[place + 1] - 1n }, members }]));
};

/** Addresses that the same Permits name, together. */
const classes = (permits: readonly PlanPermit[], side: Side, family: 'ipv4' | 'ipv6'): { spans: AddressSpan[]; members: number[] }[] => {
  const byMembers = new Map<string, { spans: AddressSpan[]; members: number[] }>();
  for (const { span, members } of pieces(permits, side, family)) {
    const known = byMembers.get(members.join());
    if (known === undefined) byMembers.set(members.join(), { spans: [span], members });
    else known.spans.push(span);
  }
  return [...byMembers.values()];
};

const setText = (spans: AddressSet): string => spans.map(rangeText).join();

export const pairCells = (permits: readonly PlanPermit[], family: 'ipv4' | 'ipv6'): PairCell[] => {
  const servers = classes(permits, 'server', family);
  const rows = classes(permits, 'client', family).flatMap((client) => {
    const byPermits = new Map<string, { spans: AddressSpan[]; members: number[] }>();
    for (const server of servers) {
      const members = client.members.filter((at) => server.members.includes(at));
      if (members.length === 0) continue;
      const known = byPermits.get(members.join());
      if (known === undefined) byPermits.set(members.join(), { spans: [...server.spans], members });
      else known.spans.push(...server.spans);
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
  const cells: PortCell[] = [];
  sorted.forEach((first, index) => {
    const next = sorted[index + 1];
    if (next === undefined) return;
    const members = named.filter((entry) => entry.permit.service.ports.some((port) => port.first <= first && next - 1 <= port.last));
    if (members.length > 0) cells.push({ first, last: next - 1, permits: members });
  });
  return cells;
};
