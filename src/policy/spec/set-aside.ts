/**
 * Traffic that the spec knows, does not permit, and does not call a finding either: scans, calls nobody answered.
 *
 * In: the `set_aside` entries of a spec. Out: which entry a conversation falls under. An entry covers what was seen until
 * its `last_seen`; the same traffic later is a finding again, and says so. Left out on purpose: any permission.
 */
import { listsBy } from '../../net/multi-map.ts';
import type { Conversation } from '../../observation.ts';
import { parseSet, parseSpan, setContains } from '../../net/address-set.ts';
import type { AddressSet } from '../../net/address-set.ts';
import { msOf } from '../../net/time.ts';
import { portsOf } from './permits.ts';
import type { Spec, SpecSetAside } from './schema.ts';

interface Prepared {
  readonly entry: SpecSetAside;
  readonly index: number;
  readonly servers: AddressSet;
  readonly ports: readonly { readonly first: number; readonly last: number }[];
  readonly lastMs: number;
}

export interface SetAsideMatch {
  readonly index: number;
  readonly entry: SpecSetAside;
  /** False: it has been seen again since. */
  readonly covered: boolean;
}

export const createSetAside = (spec: Spec): ((conversation: Conversation) => SetAsideMatch | null) => {
  const all = (spec.set_aside ?? []).map((entry, index): Prepared => ({ entry, index, servers: parseSet(entry.servers), ports: (entry.ports ?? []).flatMap(portsOf), lastMs: Date.parse(entry.last_seen) }));
  const byClient = listsBy(all, ({ entry }) => entry.client.toLowerCase());
  return (conversation) => {
    const server = parseSpan(conversation.server);
    if (server === null) return null;
    let again: SetAsideMatch | null = null;
    for (const { entry, index, servers, ports, lastMs } of byClient.get(conversation.client) ?? []) {
      if (entry.transport !== conversation.transport || !setContains(servers, server)) continue;
      if (ports.length > 0 && !ports.some((range) => range.first <= conversation.port && conversation.port <= range.last)) continue;
      const covered = msOf(conversation.lastNs) <= lastMs;
      if (covered) return { index, entry, covered };
      again ??= { index, entry, covered };
    }
    return again;
  };
};
