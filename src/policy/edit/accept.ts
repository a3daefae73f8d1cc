/**
 * Takes findings into the spec: what somebody decided to allow becomes a rule with an owner, what nobody uses goes, a
 * stranger becomes an asset, a moved one moves. Comments, order and everything else stay as they are.
 *
 * In: the text of a spec, findings, and who decided. Out: the new text, and per finding what was done, or why nothing
 * was: where the fault lies in the plant or on a device, a changed spec would only hide it.
 */
import { isMap, isSeq } from 'yaml';
import type { Conversation, ObservationSet } from '../../observation.ts';
import { policyName } from '../../infer/opcua-security.ts';
import { asksOf, isFolded, modeWord, policyWord, type Ask } from '../match/asks.ts';
import type { Finding } from '../diff/findings.ts';
import { remainderOf } from '../diff/permit-use.ts';
import { isScanFinding } from '../diff/scan-findings.ts';
import { parseSpec } from '../spec/load.ts';
import type { DeclaredPermit } from '../spec/permits.ts';
import { openSpecText } from '../spec/text.ts';
import { declareAsset, placeAsset } from './accept-asset.ts';
import { admitWeaker } from './admit.ts';
import { appendTo, openBench, pairOf, type Bench, type Done } from './bench.ts';
import { decideRule, signRule, type RuleDecision } from './decide.ts';
import { noteRemoved, plain, setField } from './draft.ts';
import { narrowRule, sharesRule, takeWaysApart } from './narrow.ts';
import { contentOf, evidenceOf, rulesFor } from './rule.ts';

export interface Acceptance {
  readonly finding: string;
  readonly done: boolean;
  readonly sentence: string;
}

const ADDS_A_RULE = 'adds a rule for exactly what was seen, or several';

/** What accepting a finding would do to the spec; or, where nothing could be written, why. */
export const meaningOf = (finding: Finding): { readonly does: string } | { readonly whyNot: string } => {
  const { type, client, permit, fromZone, toZone, seen } = finding;
  if (isScanFinding(finding)) return { whyNot: 'a scan asks for nothing that a rule could let through: `propose-zones --out` sets it aside' };
  switch (type) {
    case 'undeclared-conversation':
    case 'undeclared-operation':
    case 'wrong-direction': return { does: ADDS_A_RULE };
    case 'would-be-blocked':
    case 'passed-but-not-permitted':
      if (permit !== null) return { whyNot: `a rule for this service stands already, ${permit}, and the log does not tell all that was asked in it: write that into the rule by hand` };
      return { does: ADDS_A_RULE };
    case 'weaker-security-mode': return { does: 'lets these two, and nobody else, be as weak as they were seen' };
    case 'undeclared-asset': return fromZone === null ? { whyNot: 'nothing says in which zone it belongs: declare it by hand' } : { does: `declares the address in ${fromZone}` };
    case 'asset-in-wrong-zone':
      // By its VLAN when traffic is listed, else by its link address.
      if (seen.length === 0) return { does: 'takes the device for the one that is declared at this address' };
      return { does: toZone === null ? `gives ${fromZone} this VLAN as well` : `moves the asset to ${toZone}, and its rules with it` };
    case 'unused-permit': return { does: 'removes the rule' };
    case 'ended-permit': return { does: 'makes the rule on_demand: off until somebody switches it on' };
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
const ABOUT_A_RULE: ReadonlySet<Finding['type']> = new Set(['unused-permit', 'ended-permit', 'wider-than-observed', 'weaker-security-mode', 'requirement-violation']);

/** Of a session weaker than its rules demand, what is weaker, and what it asks that a rule lets through: the rest is not what was refused. */
function weakPartOf({ context: { matcher } }: Bench, conversation: Conversation): { readonly conversation: Conversation; readonly asks: readonly Ask[] } {
  const { weaker, asks } = matcher.judge(conversation);
  const words: Readonly<Record<string, (value: string) => string>> = { 'opcua.mode': modeWord, 'opcua.policy': (policy) => policyWord(policyName(policy)) };
  const isWeak = ({ name, value }: Conversation['facts'][number]): boolean => weaker.includes(words[name]?.(value));
  const passing = asks.filter(({ permit }) => permit !== null);
  return { conversation: { ...conversation, facts: conversation.facts.filter((fact) => words[fact.name] === undefined || isWeak(fact)) }, asks: (passing.length === 0 ? asks : passing).map(({ ask }) => ask) };
}

function addRule(bench: Bench, finding: Finding): Done {
  const { draft: { document }, by } = bench;
  const pair = pairOf(bench, finding);
  if (pair === null) return { whyNot: 'one of the two lies in no zone, or both lie in one: declare them first' };
  const { client, server } = pair;
  const weak = finding.type === 'weaker-security-mode' ? bench.conversationsOf(finding).map((conversation) => weakPartOf(bench, conversation)) : null;
  const all = weak?.map(({ conversation }) => conversation) ?? bench.conversationsOf(finding);
  // Beside records of a firewall that tell what was asked, one that tells the port alone would open all of it.
  const telling = finding.type === 'would-be-blocked' || finding.type === 'passed-but-not-permitted' ? all.filter(({ operations }) => operations.length > 0) : [];
  const conversations = telling.length > 0 ? telling : all;
  // Of a conversation that is permitted in part, only the rest; unless the finding lists not all of it.
  const listed = finding.type === 'undeclared-operation' && finding.seenMore === 0 ? new Set(finding.seen.map((seen) => seen.operation)) : null;
  const asks = (weak?.flatMap((one) => one.asks) ?? conversations.flatMap(asksOf)).filter((ask) => listed === null || listed.has(ask.text));
  if (asks.length === 0) return { whyNot: 'what it is about is no longer in the store' };
  const list = bench.rulesBetween(client.zone, server.zone);
  const added: string[] = [];
  for (const rule of rulesFor(() => bench.idOf(list.conduit), client, server, conversations, asks, by)) {
    const same = list.placeOf(contentOf(rule));
    if (same !== undefined) decideRule(document, [...list.path, same], by);
    else {
      list.add(rule);
      added.push(rule.rule_id ?? '');
    }
  }
  if (added.length === 0) return { done: `${by.decision} the rule that says the same` };
  const ids = `${added.length === 1 ? 'rule' : 'rules'} ${added.join(', ')}`;
  const rest = asks.some(isFolded) && !asks.every(isFolded) ? ', but for the operations that are not told apart: they would be all of the service' : '';
  return { done: by.decision === 'approved' ? `added ${ids} for exactly what was seen${rest}` : `rejected as ${ids}: ${weak === null ? 'exactly what was seen' : 'only what is weaker'}` };
}

function narrow({ draft, context, by, observed }: Bench, declared: DeclaredPermit): Done {
  const { uses, offSchedule, nearly } = observed();
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

function takeIn(bench: Bench, finding: Finding, declared: DeclaredPermit | undefined): Done {
  const { draft: { document }, context, by } = bench;
  switch (finding.type) {
    case 'undeclared-asset': return finding.client === null || finding.fromZone === null ? { whyNot: 'the finding names no device' } : declareAsset(bench, finding, finding.client, finding.fromZone);
    case 'asset-in-wrong-zone': return placeAsset(bench, finding);
    case 'weaker-security-mode':
    case 'unused-permit':
    case 'ended-permit':
    case 'wider-than-observed':
    case 'requirement-violation': break;
    default: return addRule(bench, finding);
  }
  if (declared === undefined) return { whyNot: `there is no rule ${finding.permit ?? ''} any more` };
  switch (finding.type) {
    case 'weaker-security-mode': {
      if (by.decision === 'rejected') return addRule(bench, finding);
      const pair = pairOf(bench, finding);
      const conversations = bench.conversationsOf(finding);
      return pair === null || conversations.length === 0 ? { whyNot: 'what it is about is no longer in the store' } : { done: admitWeaker(bench.draft, context, conversations, declared, pair, by) };
    }
    case 'wider-than-observed': return narrow(bench, declared);
    case 'ended-permit':
      document.setIn([...declared.path, 'on_demand'], true);
      signRule(document, declared.path, by);
      return { done: `rule ${declared.permit.id} is on demand` };
    case 'unused-permit': {
      const rule = bench.ruleOf(declared);
      const list = document.getIn(declared.path.slice(0, -1));
      if (isSeq(list)) list.items.splice(list.items.indexOf(rule), 1);
      noteRemoved(bench.draft, declared.permit);
      return { done: `removed rule ${declared.permit.id}` };
    }
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

/** Why a finding cannot be taken in, whatever the spec says; null when it depends. */
function refusalOf(finding: Finding, by: RuleDecision): { readonly whyNot: string } | null {
  const meaning = meaningOf(finding);
  if ('whyNot' in meaning && (isScanFinding(finding) || !(by.decision === 'rejected' && finding.type === 'requirement-violation'))) return meaning;
  return by.decision === 'rejected' && !REJECTABLE.has(finding.type) ? { whyNot: 'there is nothing in it that a spec could refuse' } : null;
}

/** One finding into one spec. Out: the new text and what was done, or why nothing was. */
function acceptOne(text: string, set: ObservationSet, finding: Finding, by: RuleDecision): { readonly text: string; readonly done: string } | { readonly whyNot: string } {
  const refusal = refusalOf(finding, by);
  if (refusal !== null) return refusal;
  const { loaded } = parseSpec(text, 'spec');
  if (loaded === null) return { whyNot: 'the spec does not load any more' };
  const { document, asText } = openSpecText(text);
  const bench = openBench(document, loaded, set, by);
  const declared = bench.context.permitOf.get(finding.permit ?? '');
  if (declared !== undefined && ABOUT_A_RULE.has(finding.type) && sharesRule(loaded.permits, declared)) {
    takeWaysApart(bench.draft, loaded.permits, declared);
    const apart = asText();
    return apart === text ? { whyNot: 'the rule permits both ways: write it as two rules by hand' } : acceptOne(apart, set, finding, by);
  }
  const result = takeIn(bench, finding, declared);
  if ('whyNot' in result) return result;
  const next = asText();
  const [fault] = parseSpec(next, 'spec').problems;
  return fault === undefined ? { text: next, done: result.done } : { whyNot: `with it the spec would not hold: ${fault.message}` };
}

const acceptanceOf = ({ id }: Finding, result: Done): Acceptance =>
  ('whyNot' in result ? { finding: id, done: false, sentence: result.whyNot } : { finding: id, done: true, sentence: result.done });

/** Of these types one does not touch what another reads or writes, so that a thousand of one kind are read, judged and written at once. */
const SIDE_BY_SIDE: Readonly<Partial<Record<Finding['type'], 'adds' | 'narrows' | 'removes' | 'switches off'>>> = {
  'undeclared-conversation': 'adds', 'undeclared-operation': 'adds', 'wrong-direction': 'adds', 'would-be-blocked': 'adds', 'passed-but-not-permitted': 'adds',
  'wider-than-observed': 'narrows', 'unused-permit': 'removes', 'ended-permit': 'switches off',
};

/** Findings in their order, those together that can be accepted side by side. */
function runsOf(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const runs: Finding[][] = [];
  for (const finding of findings) {
    const kind = SIDE_BY_SIDE[finding.type];
    const last = runs.at(-1);
    if (kind !== undefined && last !== undefined && SIDE_BY_SIDE[last[0].type] === kind) last.push(finding);
    else runs.push([finding]);
  }
  return runs;
}

interface Accepted {
  readonly text: string;
  readonly results: readonly Acceptance[];
}

/** Null where one of them has to be accepted by itself: its rule permits both ways, or with all of them the spec would not hold. */
function acceptSideBySide(text: string, set: ObservationSet, findings: readonly Finding[], by: RuleDecision): Accepted | null {
  const { loaded } = parseSpec(text, 'spec');
  if (loaded === null) return null;
  const { document, asText } = openSpecText(text);
  const bench = openBench(document, loaded, set, by);
  const declaredOf = ({ permit }: Finding): DeclaredPermit | undefined => bench.context.permitOf.get(permit ?? '');
  if (findings.some((finding) => {
    const declared = ABOUT_A_RULE.has(finding.type) ? declaredOf(finding) : undefined;
    return declared !== undefined && sharesRule(loaded.permits, declared);
  })) return null;
  const results = findings.map((finding) => acceptanceOf(finding, refusalOf(finding, by) ?? takeIn(bench, finding, declaredOf(finding))));
  if (!results.some(({ done }) => done)) return { text, results };
  const next = asText();
  return parseSpec(next, 'spec').problems.length === 0 ? { text: next, results } : null;
}

function acceptInTurn(text: string, set: ObservationSet, findings: readonly Finding[], by: RuleDecision): Accepted {
  let current = text;
  const results = findings.map((finding): Acceptance => {
    const result = acceptOne(current, set, finding, by);
    if ('text' in result) current = result.text;
    return acceptanceOf(finding, result);
  });
  return { text: current, results };
}

/** Accepts findings, or rejects them (what was seen becomes a rule that lets nothing through), as if one after the other: each sees what those before it wrote. */
export const acceptFindings = (text: string, set: ObservationSet, findings: readonly Finding[], by: RuleDecision): Accepted => {
  let current = text;
  const results = runsOf(findings).flatMap((run) => {
    const accepted = (run.length > 1 ? acceptSideBySide(current, set, run, by) : null) ?? acceptInTurn(current, set, run, by);
    current = accepted.text;
    return accepted.results;
  });
  return { text: current, results };
};
