/** Ids and conduits that edits make: none that somebody has or had, none too long, and no conduit that a zone of its own does not allow. */
import { expect, it } from 'vitest';
import { isoEvidenceTime } from '../../../src/net/time.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { checkSpec } from '../../../src/policy/diff/check.ts';
import { acceptFindings } from '../../../src/policy/edit/accept.ts';
import { editSpec } from '../../../src/policy/edit/edit.ts';
import { importRegister } from '../../../src/policy/register/import.ts';
import { loadText } from '../loaded-spec.ts';
import { conversation, observations } from '../observed.ts';

/** The conduit between the two others has the id that one between A and B would get. */
const SPEC = `zones:
  - {zone_id: A, name: A, kind: operations, allowed_conduits: [C-A-B], assets: [{asset_id: A1, ip: [10.1.0.1]}]}
  - {zone_id: B, name: B, kind: operations, allowed_conduits: [C-B-D], assets: [{asset_id: B1, ip: [10.2.0.1]}, {asset_id: B2, ip: [10.2.0.2]}]}
  - {zone_id: D, name: D, kind: operations, allowed_conduits: [C-A-B, C-B-D], assets: [{asset_id: D1, ip: [10.3.0.1]}]}
conduits:
  - {conduit_id: C-A-B, connects: [A, D], protocols_allowed: []}
  - conduit_id: C-B-D
    connects: [B, D]
    protocols_allowed:
      - {rule_id: R, protocol: SSH, port: 22, client: {zone: B, assets: [B1, B2]}, server: {zone: D, assets: [D1]}}
    removed_rules: [R-2]
`;

const oneSided = (text: string): string[] => checkSpec(loadText(text)).filter(({ rule }) => rule === 'conduit-one-sided').map(({ message }) => message);
const between = (text: string, ...zones: readonly string[]): string[] => loadText(text).spec.conduits.filter(({ connects }) => zones.every((zone) => connects.includes(zone))).map(({ conduit_id }) => conduit_id);

it('what is accepted between two zones gets a conduit of its own, that both allow', () => {
  const set = observations([conversation('10.1.0.1', '10.2.0.1', { port: 443, service: 'https' })]);
  const { text, results } = acceptFindings(SPEC, set, diffSpec(loadText(SPEC), set).filter(({ type }) => type === 'undeclared-conversation'), { decision: 'approved', owner: 'M. Roth' });
  expect(results.map(({ done }) => done)).toEqual([true]);
  expect(between(text, 'A', 'B')).toEqual(['C-A-B-2']);
  expect(oneSided(text)).toEqual([]);
  expect(diffSpec(loadText(text), set).filter(({ type }) => type === 'undeclared-conversation')).toEqual([]);
});

it('a rule of what was accepted says when it was seen as a proposal does: an update has nothing to write anew', () => {
  const set = observations([conversation('10.1.0.1', '10.2.0.1', { port: 443, service: 'https' })]);
  const { text } = acceptFindings(SPEC, set, diffSpec(loadText(SPEC), set).filter(({ type }) => type === 'undeclared-conversation'), { decision: 'approved', owner: 'M. Roth' });
  const { evidence } = loadText(text).permits.find(({ permit }) => permit.owner === 'M. Roth')!.permit;
  expect([evidence?.firstSeen, evidence?.lastSeen]).toEqual([isoEvidenceTime(set.conversations[0].firstNs), isoEvidenceTime(set.conversations[0].lastNs)]);
});

it('a rule for port 0 of TCP names it, and one for a transport without ports names none', () => {
  const set = observations([conversation('10.1.0.1', '10.3.0.1', { port: 0, service: '' }), conversation('10.1.0.1', '10.3.0.1', { transport: 'icmp', port: 0, service: '' })]);
  const { text, results } = acceptFindings(SPEC, set, diffSpec(loadText(SPEC), set).filter(({ type }) => type === 'undeclared-conversation'), { decision: 'approved', owner: 'M. Roth' });
  expect(results.map(({ sentence }) => sentence)).toEqual(['added rule C-A-B-001 for exactly what was seen', 'added rule C-A-B-002 for exactly what was seen']);
  expect(loadText(text).permits.slice(0, 2).map(({ permit }) => [permit.service.transport, permit.service.ports]).sort()).toEqual([['icmp', []], ['tcp', [{ first: 0, last: 0 }]]]);
});

it('a rule of a list gets a conduit of its own too, and a conduit of a list is allowed by its zones', () => {
  const rules = importRegister(SPEC, 'spec.yaml', [{ kind: 'permits', file: 'permits.csv', text: 'source_zone,destination_zone,protocol\nA,B,HTTPS\n' }]);
  expect(rules.problems).toEqual([]);
  expect(between(rules.text ?? '', 'A', 'B')).toEqual(['C-A-B-2']);
  expect(oneSided(rules.text ?? '')).toEqual([]);
  const conduits = importRegister(SPEC, 'spec.yaml', [{ kind: 'conduits', file: 'conduits.csv', text: 'conduit_id,zones\nNEW,A B\n' }]);
  expect(oneSided(conduits.text ?? '')).toEqual([]);
});

it('a copy of a rule has no id that a removed one had', () => {
  const moved = editSpec(SPEC, { kind: 'move-asset', asset: 'B2', zone: 'A' }, () => null);
  expect('text' in moved ? loadText(moved.text).permits.map(({ permit }) => permit.id).sort() : moved).toEqual(['R', 'R-3']);
});

it('one way of a rule with the longest of ids can be decided on', () => {
  const id = 'R'.repeat(63);
  const text = SPEC.replace('{rule_id: R, protocol: SSH, port: 22, client: {zone: B, assets: [B1, B2]}, server: {zone: D, assets: [D1]}}', `{rule_id: ${id}, protocol: SSH, port: 22, direction: "B <-> D"}`);
  const back = loadText(text).permits[1].permit.id;
  const decided = editSpec(text, { kind: 'decide-permit', permit: back, decision: 'rejected', owner: 'M. Roth', reason: '' }, () => null);
  expect('text' in decided ? loadText(decided.text).permits.map(({ permit }) => permit.decision) : decided).toEqual(['approved', 'rejected']);
});
