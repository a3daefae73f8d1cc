/**
 * Takes findings into the spec: what somebody decided to allow becomes a rule with an owner, what nobody uses goes, a
 * stranger becomes an asset, a moved one moves. Comments, order and everything else stay as they are.
 *
 * In: the text of a spec, findings, and who decided. Out: the new text, and per finding what was done, or why nothing
 * was: where the fault lies in the plant or on a device, a changed spec would only hide it.
 */
import { isMap, isSeq } from 'yaml';
import type { Document } from 'yaml';
import type { Conversation, ObservationSet } from '../../observation.ts';
import { isMac } from '../../net/address-set.ts';
import { policyName } from '../../infer/conduits/grants.ts';
import { specIdOf } from '../../infer/spec-id.ts';
import { asksOf, isFolded, modeWord, policyWord, type Ask } from '../match/asks.ts';
import { contextOf, type DiffContext } from '../diff/context.ts';
import { judgeObserved, ownerByLink } from '../diff/observed.ts';
import type { Finding } from '../diff/findings.ts';
import { remainderOf } from '../diff/permit-use.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import { expandTexts, noteRemoved, openDraft, plain, seqOf, setField, type SpecDraft } from './draft.ts';
import { admitWeaker, type Pair } from './admit.ts';
import { decideRule, signRule, type RuleDecision } from './decide.ts';
import { isScanFinding } from '../diff/scan-findings.ts';
import { parseSpec } from '../spec/load.ts';
import { moveAsset } from './move.ts';
import { narrowRule, sharesRule, takeWaysApart } from './narrow.ts';
import { contentOf, evidenceOf, ruleNumbering, rulesFor } from './rule.ts';
import { openSpecText } from '../spec/text.ts';

export interface Acceptance {
  readonly finding: string;
  readonly done: boolean;
  readonly sentence: string;
}

/** What accepting a finding would do to the spec; or, where nothing could be written, why. */
export const meaningOf = (finding: Finding): { readonly does: string } | { readonly whyNot: string } => {
  const { type, client, permit, fromZone, toZone, seen } = finding;
  if (isScanFinding(finding)) return { whyNot: 'a scan asks for nothing that a rule could let through: `propose-zones --out` sets it aside' };
  switch (type) {
    case 'undeclared-conversation':
    case 'undeclared-operation':
    case 'wrong-direction':
    case 'would-be-blocked':
    case 'passed-but-not-permitted': return { does: 'adds a rule for exactly what was seen, or several' };
    case 'weaker-security-mode': return { does: 'lets these two, and nobody else, be as weak as they were seen' };
    case 'undeclared-asset': return fromZone === null ? { whyNot: 'nothing says in which zone it belongs: declare it by hand' } : { does: `declares the address in ${fromZone}` };
    case 'asset-in-wrong-zone':
      // By its VLAN when traffic is listed, else by its link address.
      if (seen.length === 0) return { does: 'takes the device for the one that is declared at this address' };
      return { does: toZone === null ? `gives ${fromZone} this VLAN as well` : `moves the asset to ${toZone}, and its rules with it` };
    case 'unused-permit': return { does: 'removes the rule' };
    case 'wider-than-observed': return { does: 'leaves of the rule what was used' };
    case 'requirement-violation':
      if (client === null && permit !== null) return { does: 'writes the requirement into the rule\'s accepted_risks' };
      return { whyNot: client === null ? 'no rule mends it: split the zone by hand' : 'a rule alone does not make it right: stop it, or write a rule with accepted_risks by hand' };
    case 'blocked-but-permitted': return { whyNot: permit === null ? 'within a zone there is nothing to permit: if this firewall stands within it, split the zone by hand' : 'the spec permits it already, and the device does not let it through: there is nothing to write' };
    case 'insufficient-evidence': return { whyNot: 'nothing was heard that could decide it: there is nothing to write' };
    default: return { whyNot: 'it is a difference between two specs or two periods: change the one that is wrong' };
  }
};

/** Whether a spec can take this finding in at all; whether it does may still depend on what is declared. */
export const isAcceptable = (finding: Finding): boolean => 'does' in meaningOf(finding);

/** Findings about traffic that a rule can name, or about a rule. */
export const REJECTABLE: ReadonlySet<Finding['type']> = new Set(['undeclared-conversation', 'undeclared-operation', 'wrong-direction', 'weaker-security-mode', 'requirement-violation']);

/** Findings whose acceptance changes the rule that they are about. */
const ABOUT_A_RULE: ReadonlySet<Finding['type']> = new Set(['unused-permit', 'wider-than-observed', 'weaker-security-mode', 'requirement-violation']);

/** A spec on the way to a change, and what was seen. */
interface Bench {
  readonly draft: SpecDraft;
  readonly context: DiffContext;
  readonly finding: Finding;
  readonly by: RuleDecision;
}

/** What was done, in words. */
type Done = { readonly done: string } | { readonly whyNot: string };

function appendTo(document: Document, path: readonly (string | number)[], value: unknown): void {
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

/** The two ends of a finding's traffic, as a rule names them; null when one lies nowhere, or both in one zone. */
function pairOf({ context: { assets }, finding }: Bench): Pair | null {
  const end = (address: string | null): Pair['client'] | null => {
    const resolution = address === null ? null : assets.resolve(address);
    if (address === null || resolution === null) return null;
    return resolution.asset === null ? { zone: resolution.zone, addresses: [address] } : { zone: resolution.zone, assets: [resolution.asset.id] };
  };
  const client = end(finding.client);
  const server = end(finding.server);
  return client === null || server === null || client.zone === server.zone ? null : { client, server };
}

const conversationsOf = ({ context: { set }, finding }: Bench): ObservationSet['conversations'] => {
  const ids = new Set(finding.seen.map((seen) => seen.conversation));
  return set.conversations.filter((one) => ids.has(one.id));
};

/** Of a session weaker than its rules demand, what is weaker, and what it asks that a rule lets through: the rest is not what was refused. */
function weakPartOf({ context: { matcher } }: Bench, conversation: Conversation): { readonly conversation: Conversation; readonly asks: readonly Ask[] } {
  const { weaker, asks } = matcher.judge(conversation);
  const words: Readonly<Record<string, (value: string) => string>> = { 'opcua.mode': modeWord, 'opcua.policy': (policy) => policyWord(policyName(policy)) };
  const isWeak = ({ name, value }: Conversation['facts'][number]): boolean => weaker.includes(words[name]?.(value));
  const passing = asks.filter(({ permit }) => permit !== null);
  return { conversation: { ...conversation, facts: conversation.facts.filter((fact) => words[fact.name] === undefined || isWeak(fact)) }, asks: (passing.length === 0 ? asks : passing).map(({ ask }) => ask) };
}

function addRule(bench: Bench): Done {
  const { draft: { document }, context: { loaded }, finding, by } = bench;
  const pair = pairOf(bench);
  if (pair === null) return { whyNot: 'one of the two lies in no zone, or both lie in one: declare them first' };
  const { client, server } = pair;
  let index = loaded.spec.conduits.findIndex((conduit) => conduit.connects.includes(client.zone) && conduit.connects.includes(server.zone));
  const conduit = loaded.spec.conduits[index]?.conduit_id ?? `C-${client.zone}-${server.zone}`.slice(0, 63);
  if (index < 0) {
    index = loaded.spec.conduits.length;
    appendTo(document, ['conduits'], { conduit_id: conduit, connects: [client.zone, server.zone], protocols_allowed: [] });
  }
  const weak = finding.type === 'weaker-security-mode' ? conversationsOf(bench).map((conversation) => weakPartOf(bench, conversation)) : null;
  const conversations = weak?.map(({ conversation }) => conversation) ?? conversationsOf(bench);
  // Of a conversation that is permitted in part, only the rest; unless the finding lists not all of it.
  const listed = finding.type === 'undeclared-operation' && finding.seenMore === 0 ? new Set(finding.seen.map((seen) => seen.operation)) : null;
  const asks = (weak?.flatMap((one) => one.asks) ?? conversations.flatMap(asksOf)).filter((ask) => listed === null || listed.has(ask.text));
  if (asks.length === 0) return { whyNot: 'what it is about is no longer in the store' };
  const idOf = ruleNumbering(loaded);
  const held = loaded.spec.conduits[index]?.protocols_allowed ?? [];
  const added: string[] = [];
  for (const rule of rulesFor(() => idOf(conduit), client, server, conversations, asks, by)) {
    const same = held.findIndex((one) => contentOf(one) === contentOf(rule));
    if (same >= 0) decideRule(document, ['conduits', index, 'protocols_allowed', same], by);
    else {
      appendTo(document, ['conduits', index, 'protocols_allowed'], rule);
      added.push(rule.rule_id ?? '');
    }
  }
  if (added.length === 0) return { done: `${by.decision} the rule that says the same` };
  const ids = `${added.length === 1 ? 'rule' : 'rules'} ${added.join(', ')}`;
  const rest = asks.some(isFolded) && !asks.every(isFolded) ? ', but for the operations that are not told apart: they would be all of the service' : '';
  return { done: by.decision === 'approved' ? `added ${ids} for exactly what was seen${rest}` : `rejected as ${ids}: ${weak === null ? 'exactly what was seen' : 'only what is weaker'}` };
}

/** A known device has another address: its rules hold for that too. */
function addAddress({ draft, context: { loaded } }: Bench, asset: string, key: 'ip' | 'mac', address: string): Done {
  expandTexts(draft, loaded, new Set([asset]));
  const held = draft.assets.get(asset);
  if (held === undefined) return { whyNot: `there is no asset ${asset} any more` };
  const list = seqOf(draft, held.node, key);
  list.flow = true;
  list.add(draft.document.createNode(address));
  return { done: `${asset} of ${held.zone} has ${address} as well now` };
}

/** Whose declared address something sends from. */
const senderOf = ({ assets, set }: DiffContext, mac: string): string | null => {
  const record = set.addresses.find(({ address, macs }) => macs.some((one) => one.mac === mac) && assets.resolve(address)?.by === 'address');
  return record === undefined ? null : (assets.resolve(record.address)?.asset?.id ?? null);
};

function declareAsset(bench: Bench, address: string, zone: string): Done {
  const { draft: { document }, context, finding } = bench;
  const { assets, loaded } = context;
  const index = loaded.spec.zones.findIndex((one) => one.zone_id === zone);
  if (index < 0) return { whyNot: `there is no zone ${zone} any more` };
  const key = isMac(address) ? 'mac' : 'ip';
  const known = finding.type !== 'undeclared-asset' ? null : key === 'ip' ? (ownerByLink(context, address)?.asset.id ?? null) : senderOf(context, address);
  if (known !== null) return addAddress(bench, known, key, address);
  // The id that a proposal would give it. Two addresses of IPv6 may be spelled alike.
  const base = specIdOf(address, 'asset');
  let id = base;
  for (let n = 2; assets.byId.has(id); n++) id = `${base}-${n}`;
  appendTo(document, ['zones', index, 'assets'], { asset_id: id, [key]: [address] });
  return { done: `added the asset to ${zone}` };
}

/** The link address of another zone's device behind a declared address: the device is taken for the one declared there. */
function adoptMac({ draft, context: { assets, set, loaded } }: Bench, address: string): Done {
  const here = assets.resolve(address)?.asset ?? null;
  const told: string[] = [];
  for (const { mac, firstNs } of set.addresses.find((record) => record.address === address)?.macs ?? []) {
    const owner = assets.resolve(mac)?.asset ?? null;
    if (here === null || owner === null || owner.id === here.id || owner.zone === here.zone) continue;
    const still = set.addresses.find((record) => record.address !== address && record.macs.some((one) => one.mac === mac && one.lastNs >= firstNs));
    if (still !== undefined) return { whyNot: `${mac} was seen with ${still.address} in the same time: one device is not in two zones, so find out which is true first` };
    expandTexts(draft, loaded, new Set([here.id, owner.id]));
    const [mine, theirs] = [draft.assets.get(here.id)?.node, draft.assets.get(owner.id)?.node];
    const macs: unknown = theirs?.get('mac', true);
    if (mine === undefined || theirs === undefined || !isSeq(macs)) continue;
    macs.items = macs.items.filter((item) => String(plain(item)).toLowerCase() !== mac);
    if (macs.items.length === 0) theirs.delete('mac');
    const own = seqOf(draft, mine, 'mac');
    own.flow = true;
    own.add(draft.document.createNode(mac));
    told.push(`the device with ${mac} is ${here.id} in ${here.zone} now, and ${owner.id} of ${owner.zone} no longer`);
  }
  return told.length === 0 ? { whyNot: 'the spec says so already' } : { done: told.join('; ') };
}

function placeAsset(bench: Bench): Done {
  const { draft, context: { assets, loaded }, finding } = bench;
  const { client: address, fromZone, toZone } = finding;
  if (address === null || fromZone === null) return { whyNot: 'the finding names no device' };
  const vlans = [...new Set(conversationsOf(bench).flatMap((one) => one.vlan ?? []))];
  if (vlans.length === 0) return adoptMac(bench, address);
  if (toZone === null) {
    const zone = draft.zones.get(fromZone);
    if (zone === undefined) return { whyNot: `there is no zone ${fromZone} any more` };
    const list = seqOf(draft, zone, 'vlans');
    for (const vlan of vlans) list.add(draft.document.createNode(vlan));
    return { done: `VLAN ${vlans.join(', ')} belongs to ${fromZone} now` };
  }
  const resolution = assets.resolve(address);
  // One address of many that an entry covers: the others stay where they are.
  if (resolution === null || resolution.asset === null || resolution.by === 'range') return declareAsset(bench, address, toZone);
  expandTexts(draft, loaded, new Set([resolution.asset.id]));
  const held = draft.assets.get(resolution.asset.id);
  if (held === undefined) return { whyNot: `there is no asset ${resolution.asset.id} any more` };
  if (held.node.has('vlan')) setField(draft, held.node, 'vlan', vlans[0]);
  return { done: moveAsset(draft, loaded, resolution.asset.id, held, toZone) };
}

function narrow({ draft, context, by }: Bench, declared: DeclaredPermit): Done {
  // What firewalls logged went through no Permit.
  const set = { ...context.set, conversations: context.set.conversations.filter(({ id }) => id > 0) };
  const { uses, offSchedule, nearly } = judgeObserved({ ...context, set });
  const use = uses.get(declared);
  const rule = draft.document.getIn(declared.path);
  if (use === undefined || !isMap(rule)) return { whyNot: 'nothing uses it any more' };
  const { idle, used } = remainderOf(context, use, offSchedule.get(declared), nearly.get(declared));
  if (idle.length === 0) return { whyNot: 'all of it is used' };
  narrowRule(draft, rule, declared, used);
  setField(draft, rule, 'evidence', { ...(plain(rule.get('evidence', true)) as object | undefined), ...evidenceOf(use.verdicts.map(({ ask }) => ask)) });
  const isOpen = declared.permit.decision === 'pending';
  if (!isOpen) decideRule(rule, [], by);
  return { done: `narrowed rule ${declared.permit.id}: without ${idle.join('; ')}${isOpen ? '; its question stays open' : ''}` };
}

function takeIn(bench: Bench, declared: DeclaredPermit | undefined): Done {
  const { draft: { document }, context, finding, by } = bench;
  switch (finding.type) {
    case 'undeclared-asset': return finding.client === null || finding.fromZone === null ? { whyNot: 'the finding names no device' } : declareAsset(bench, finding.client, finding.fromZone);
    case 'asset-in-wrong-zone': return placeAsset(bench);
    case 'weaker-security-mode':
    case 'unused-permit':
    case 'wider-than-observed':
    case 'requirement-violation': break;
    default: return addRule(bench);
  }
  if (declared === undefined) return { whyNot: `there is no rule ${finding.permit ?? ''} any more` };
  switch (finding.type) {
    case 'weaker-security-mode': {
      if (by.decision === 'rejected') return addRule(bench);
      const pair = pairOf(bench);
      const conversations = conversationsOf(bench);
      return pair === null || conversations.length === 0 ? { whyNot: 'what it is about is no longer in the store' } : { done: admitWeaker(bench.draft, context, conversations, declared, pair, by) };
    }
    case 'wider-than-observed': return narrow(bench, declared);
    case 'unused-permit':
      document.deleteIn(declared.path);
      noteRemoved(bench.draft, declared.permit);
      return { done: `removed rule ${declared.permit.id}` };
    default:
      if (by.decision === 'rejected') {
        decideRule(document, declared.path, by);
        return { done: `rejected rule ${declared.permit.id}` };
      }
      appendTo(document, [...declared.path, 'accepted_risks'], finding.requirement);
      signRule(document, declared.path, by);
      return { done: `${by.owner} accepts ${finding.requirement} for ${declared.permit.id}` };
  }
}

/** One finding into one spec. Out: the new text and what was done, or why nothing was. */
function acceptOne(text: string, set: ObservationSet, finding: Finding, by: RuleDecision): { readonly text: string; readonly done: string } | { readonly whyNot: string } {
  const meaning = meaningOf(finding);
  if ('whyNot' in meaning && (isScanFinding(finding) || !(by.decision === 'rejected' && finding.type === 'requirement-violation'))) return meaning;
  if (by.decision === 'rejected' && !REJECTABLE.has(finding.type)) return { whyNot: 'there is nothing in it that a spec could refuse' };
  const { loaded } = parseSpec(text, 'spec');
  if (loaded === null) return { whyNot: 'the spec does not load any more' };
  const { document, asText } = openSpecText(text);
  const draft = openDraft(document);
  const declared = loaded.permits.find(({ permit }) => permit.id === finding.permit);
  if (declared !== undefined && ABOUT_A_RULE.has(finding.type) && sharesRule(loaded.permits, declared)) {
    takeWaysApart(draft, loaded.permits, declared);
    const apart = asText();
    return apart === text ? { whyNot: 'the rule permits both ways: write it as two rules by hand' } : acceptOne(apart, set, finding, by);
  }
  const result = takeIn({ draft, context: contextOf(loaded, set), finding, by }, declared);
  if ('whyNot' in result) return result;
  const next = asText();
  const [fault] = parseSpec(next, 'spec').problems;
  return fault === undefined ? { text: next, done: result.done } : { whyNot: `with it the spec would not hold: ${fault.message}` };
}

/** Accepts findings, or rejects them (what was seen becomes a rule that lets nothing through), one after the other; each sees what those before it wrote. */
export const acceptFindings = (text: string, set: ObservationSet, findings: readonly Finding[], by: RuleDecision): { text: string; results: readonly Acceptance[] } => {
  let current = text;
  const results = findings.map((finding): Acceptance => {
    const result = acceptOne(current, set, finding, by);
    if ('whyNot' in result) return { finding: finding.id, done: false, sentence: result.whyNot };
    current = result.text;
    return { finding: finding.id, done: true, sentence: result.done };
  });
  return { text: current, results };
};
