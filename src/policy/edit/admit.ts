/**
 * Admits a weaker OPC UA mode or policy into a spec: for one client and one server, with who takes it on.
 *
 * In: a spec under edit and a conversation that is weaker than its rules demand. Out: edits and a sentence. A rule for
 * just these two is changed; of one for more, the two get a copy of their own, so that nobody else may be weaker too.
 */
import { isMap, isSeq } from 'yaml';
import type { YAMLMap } from 'yaml';
import type { Conversation } from '../../observation.ts';
import type { OpcUaOperations } from '../../permit.ts';
import { asksOf, securityOf, weakerThan } from '../match/asks.ts';
import type { DiffContext } from '../diff/context.ts';
import { rulesOf } from '../match/match.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import { plain, setField, type SpecDraft } from './draft.ts';
import { decideRule, type RuleDecision } from './decide.ts';
import { evidenceOf, ruleNumbering } from './rule.ts';
import { SECURITY_MODES, type SpecEndpoint } from '../spec/schema.ts';

export interface Pair {
  readonly client: SpecEndpoint;
  readonly server: SpecEndpoint;
}

const isOnly = ({ assets, addresses }: DeclaredPermit['permit']['from'], end: SpecEndpoint): boolean =>
  JSON.stringify([assets, addresses]) === JSON.stringify([end.assets ?? [], end.addresses ?? []]);

/** Modes and policies that a rule must name as well for all that was seen. */
function admitted(conversations: readonly Conversation[], { permit }: DeclaredPermit): { modes: string[]; policies: string[] } {
  const { securityModes, securityPolicies }: Pick<OpcUaOperations, 'securityModes' | 'securityPolicies'> = permit.opcua ?? { securityModes: [], securityPolicies: [] };
  const held = { modes: [...securityModes], policies: [...securityPolicies] };
  for (const seen of conversations.map(securityOf)) {
    for (const word of weakerThan(seen, securityModes, securityPolicies)) {
      const [what, name] = word.split(' ');
      // The policy None goes with the mode None (OPC 10000-4 clause 7.20); a rule that lists no policy, or this one, says it by the mode.
      if (what === 'policy' && securityPolicies.length > 0 && !securityPolicies.includes(name)) held.policies.push(name);
      else held.modes.push(what === 'policy' ? 'None' : name);
    }
  }
  return { modes: SECURITY_MODES.filter((mode) => held.modes.includes(mode)), policies: [...new Set(held.policies)] };
}

function writeSecurity(draft: SpecDraft, rule: YAMLMap, { modes, policies }: ReturnType<typeof admitted>): void {
  const held: unknown = rule.get('opcua', true);
  if (!isMap(held)) setField(draft, rule, 'opcua', { security_mode: modes, ...(policies.length === 0 ? {} : { security_policy: policies }) });
  else {
    if (modes.length > 0) setField(draft, held, 'security_mode', modes);
    if (policies.length > 0) setField(draft, held, 'security_policy', policies);
  }
  // Said once, in the list: the field of the zone definition document holds one mode only.
  if ((SECURITY_MODES as readonly unknown[]).includes(plain(rule.get('security_mode', true)))) rule.delete('security_mode');
}

/** One of many clients of one server, or the reverse, has all it needs in its copy: the rule goes on without it. */
function leaveRule(rule: YAMLMap, { from, to }: DeclaredPermit['permit'], { client, server }: Pair): void {
  const leave = (key: 'client' | 'server', { assets }: typeof from, id: string | undefined): void => {
    const end: unknown = rule.get(key, true);
    const list: unknown = isMap(end) ? end.get('assets', true) : undefined;
    if (id !== undefined && assets.length > 1 && isSeq(list)) list.items = list.items.filter((item) => plain(item) !== id);
  };
  if (isOnly(to, server)) leave('client', from, client.assets?.[0]);
  else if (isOnly(from, client)) leave('server', to, server.assets?.[0]);
}

/** @param conversations of one client, server and service, weaker than `declared` demands */
export function admitWeaker(draft: SpecDraft, { loaded, matcher }: DiffContext, conversations: readonly Conversation[], fallback: DeclaredPermit, pair: Pair, by: RuleDecision): string {
  const passing = new Set(conversations.flatMap((one) => matcher.judge(one).asks.flatMap(rulesOf)));
  const idOf = ruleNumbering(loaded);
  const told: string[] = [];
  // Nodes first: places in the lists change while copies are added.
  const concerned = [...(passing.size === 0 ? [fallback] : passing)].map((declared) => ({ declared, rule: draft.document.getIn(declared.path), list: draft.document.getIn(declared.path.slice(0, -1)) }));
  for (const { declared, rule, list } of concerned) {
    const security = admitted(conversations, declared);
    if (!isMap(rule) || !isSeq(list)) continue;
    let own: YAMLMap = rule;
    let { id } = declared.permit;
    if (!isOnly(declared.permit.from, pair.client) || !isOnly(declared.permit.to, pair.server)) {
      own = rule.clone() as YAMLMap;
      own.commentBefore = null;
      own.spaceBefore = false;
      id = idOf(declared.permit.conduit);
      setField(draft, own, 'rule_id', id);
      setField(draft, own, 'client', pair.client);
      setField(draft, own, 'server', pair.server);
      setField(draft, own, 'evidence', evidenceOf(conversations.flatMap(asksOf)));
      list.items.splice(list.items.indexOf(rule) + 1, 0, own);
      leaveRule(rule, declared.permit, pair);
    }
    writeSecurity(draft, own, security);
    decideRule(own, [], by);
    told.push(id === declared.permit.id ? id : `${id}, a copy of ${declared.permit.id} for the two,`);
  }
  const weak = [...new Set(conversations.flatMap((one) => matcher.judge(one).weaker))];
  return `${told.join(' and ')} admits ${weak.join(' and ')}`;
}
