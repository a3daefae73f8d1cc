/**
 * A spec on the way to what was accepted: the document under edit, what the spec said before, and what was seen. In: a
 * finding. Out: whom and which traffic it is about, and where its rules go. Left out on purpose: what is written (accept.ts).
 */
import { isMap, isSeq } from 'yaml';
import type { Document } from 'yaml';
import type { Conversation, ObservationSet } from '../../observation.ts';
import { contextOf, type DiffContext } from '../diff/context.ts';
import { judgeObserved, type ObservedResult } from '../diff/observed.ts';
import type { Finding } from '../diff/findings.ts';
import { inOrderOf } from '../match/end-index.ts';
import type { LoadedSpec } from '../spec/load.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import type { SpecFlow } from '../spec/schema.ts';
import type { Pair } from './admit.ts';
import type { RuleDecision } from './decide.ts';
import { addConduit, conduitId, openDraft, type SpecDraft } from './draft.ts';
import { contentOf, ruleNumbering } from './rule.ts';

/** A conduit to which rules are added. */
export interface RuleList {
  readonly conduit: string;
  /** Of the list in the document. */
  readonly path: readonly (string | number)[];
  /** Place of the first rule that says this content. */
  readonly placeOf: (content: string) => number | undefined;
  readonly add: (rule: SpecFlow) => void;
}

export interface Bench {
  readonly draft: SpecDraft;
  readonly context: DiffContext;
  readonly by: RuleDecision;
  /** A new id for a rule. */
  readonly idOf: (prefix: string) => string;
  /** What a finding is about, in the order of the store. */
  readonly conversationsOf: (finding: Finding) => readonly Conversation[];
  /** How the rules were used, as the spec was. */
  readonly observed: () => ObservedResult;
  /** A rule as it stood before any went. */
  readonly ruleOf: (declared: DeclaredPermit) => unknown;
  /** The list of the conduit between two zones; made when there is none. */
  readonly rulesBetween: (client: string, server: string) => RuleList;
}

/** What was done, in words. */
export type Done = { readonly done: string } | { readonly whyNot: string };

export function appendTo(document: Document, path: readonly (string | number)[], value: unknown): void {
  const held = document.getIn(path);
  if (!isSeq(held)) document.setIn(path, document.createNode([value]));
  else {
    const node = document.createNode(value);
    for (const key of ['client', 'server', 'modbus', 'opcua', 'evidence', 'access']) {
      const inner: unknown = isMap(node) ? node.get(key) : undefined;
      if (isMap(inner) || isSeq(inner)) inner.flow = true;
    }
    held.add(node);
  }
}

/** @param rules that it has */
function ruleList(document: Document, conduit: string, index: number, rules: readonly SpecFlow[]): RuleList {
  const path = ['conduits', index, 'protocols_allowed'];
  const places = new Map<string, number>();
  let count = 0;
  const note = (rule: SpecFlow): void => {
    const content = contentOf(rule);
    if (!places.has(content)) places.set(content, count);
    count++;
  };
  for (const rule of rules) note(rule);
  return {
    conduit, path, placeOf: (content) => places.get(content),
    add: (rule) => {
      appendTo(document, path, rule);
      note(rule);
    },
  };
}

/** Each conduit's rules are read once, however many are added. */
function ruleLists(draft: SpecDraft, { loaded, conduitOf }: DiffContext): Bench['rulesBetween'] {
  const indexOf = new Map(loaded.spec.conduits.map(({ conduit_id: id }, index) => [id, index]));
  let count = loaded.spec.conduits.length;
  /** By their two zones; of a conduit of more than two they share one. */
  const lists = new Map<string, RuleList>();
  const byIndex = new Map<number, RuleList>();
  return (client, server) => {
    const pair = [client, server].sort().join('\n');
    const known = lists.get(pair);
    if (known !== undefined) return known;
    const held = conduitOf(client, server);
    const conduit = held ?? conduitId(draft, [client, server]);
    const index = held === null ? count++ : (indexOf.get(held) ?? 0);
    if (held === null) addConduit(draft, { conduit_id: conduit, connects: [client, server], protocols_allowed: [] });
    const list = byIndex.get(index) ?? ruleList(draft.document, conduit, index, held === null ? [] : (loaded.spec.conduits[index]?.protocols_allowed ?? []));
    byIndex.set(index, list);
    lists.set(pair, list);
    return list;
  };
}

/** What is asked for the first time is worked out once, for all that is accepted on one bench. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
};

export function openBench(document: Document, loaded: LoadedSpec, set: ObservationSet, by: RuleDecision): Bench {
  const context = contextOf(loaded, set);
  const { conversations } = context.set;
  const byId = once(() => new Map(conversations.map((one) => [one.id, one])));
  const inPlaces = once(() => inOrderOf(conversations));
  const draft = openDraft(document);
  const rules = once(() => new Map(loaded.permits.map((declared) => [declared, document.getIn(declared.path)])));
  return {
    draft, context, by, idOf: ruleNumbering(loaded), rulesBetween: ruleLists(draft, context),
    conversationsOf: ({ seen }) => inPlaces()(seen.flatMap(({ conversation }) => byId().get(conversation) ?? [])),
    // What firewalls logged went through no Permit.
    observed: once(() => judgeObserved({ ...context, set: { ...context.set, conversations: conversations.filter(({ id }) => id > 0) } })),
    ruleOf: (declared) => rules().get(declared),
  };
}

/** The two ends of a finding's traffic, as a rule names them; null when one lies nowhere, or both in one zone. */
export function pairOf({ context: { assets } }: Bench, finding: Finding): Pair | null {
  const end = (address: string | null): Pair['client'] | null => {
    const resolution = address === null ? null : assets.resolve(address);
    if (address === null || resolution === null) return null;
    return resolution.asset === null ? { zone: resolution.zone, addresses: [address] } : { zone: resolution.zone, assets: [resolution.asset.id] };
  };
  const client = end(finding.client);
  const server = end(finding.server);
  return client === null || server === null || client.zone === server.zone ? null : { client, server };
}
