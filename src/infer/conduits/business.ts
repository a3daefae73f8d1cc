/**
 * Business traffic with the Internet: one grant per service between two whole zones stands for all of it. In: grants. Out: those that stand for
 * others, with the pairs seen, and the rest.
 */
import { mergeDetails, mergeEvidence, portKey, type Grant, type GrantDetail } from './grants.ts';
import type { PlanIndex } from './plan.ts';

interface Folded {
  readonly grant: Grant;
  readonly pairs: ReadonlySet<string>;
}

export function foldBusiness(grants: readonly Grant[], index: PlanIndex): { rest: Grant[]; folded: Folded[] } {
  const rest: Grant[] = [];
  const folded = new Map<string, Folded>();
  for (const grant of grants) {
    const kinds = [index.kindOf(grant.client.zone), index.kindOf(grant.server.zone)];
    if (!kinds.every((kind) => kind === 'enterprise' || kind === 'external')) {
      rest.push(grant);
      continue;
    }
    const key = `${grant.client.zone}\n${grant.server.zone}\n${portKey(grant)}`;
    const held = folded.get(key);
    const detail: GrantDetail = { ...(held === undefined ? grant.detail : mergeDetails(held.grant.detail, grant.detail)), modbus: [], opcuaServices: [], opcuaModes: [], opcuaPolicies: [], names: [], access: [] };
    const evidence = held === undefined ? grant.evidence : mergeEvidence(held.grant.evidence, grant.evidence);
    // One port may be named differently from pair to pair; the first name in the alphabet stands for all.
    const service = held === undefined || (grant.service !== '' && (held.grant.service === '' || grant.service < held.grant.service)) ? grant.service : held.grant.service;
    folded.set(key, { grant: { ...grant, service, protocol: '', class: 'any', doubt: null, detail, evidence, rules: [...new Set([...grant.rules, 'outside-iacs'])].sort() }, pairs: new Set(held?.pairs).add(`${grant.client.id}\n${grant.server.id}`) });
  }
  return { rest, folded: [...folded.values()] };
}
