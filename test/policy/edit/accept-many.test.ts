/** Many findings at once: the same text as one after the other, and the spec is read and what was seen is judged once, however many there are. */
import { expect, it } from 'vitest';
import type { ObservationSet } from '../../../src/observation.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import type { Finding, FindingType } from '../../../src/policy/diff/findings.ts';
import { acceptFindings, type Acceptance } from '../../../src/policy/edit/accept.ts';
import { loadText } from '../loaded-spec.ts';
import { conversation, modbus, namedOperation, observations } from '../observed.ts';

const CELLS = 3;
const DEVICES = 4;
const zone = (id: string, second: number): string => `  - zone_id: ${id}
    name: ${id}
    kind: ${id === 'OPS' ? 'operations' : 'control'}
    assets:
${Array.from({ length: DEVICES }, (_, i) => `      - {asset_id: ${id}-${i}, ip: [10.${second}.0.${i + 1}]}`).join('\n')}`;
const rule = (id: string, server: string): string => `      - rule_id: ${id} # by hand
        protocol: Modbus/TCP
        port: 502
        client: {zone: OPS, assets: [OPS-0, OPS-1]}
        server: {zone: CELL-0, assets: [${server}]}
        access: read
        modbus: {function_codes: [3, 4], unit_ids: [1]}`;
const SPEC = `zones:
${zone('OPS', 9)}
${Array.from({ length: CELLS }, (_, cell) => zone(`CELL-${cell}`, cell)).join('\n')}
conduits:
  # agreed
  - conduit_id: C0
    connects: [OPS, CELL-0]
    protocols_allowed:
${Array.from({ length: DEVICES }, (_, i) => rule(`R-${i}`, `CELL-0-${i}`)).join('\n')}
`;
const BY = { decision: 'approved', owner: 'A. Keller', purpose: 'agreed on site' } as const;

/** Of each rule's two clients one asks, and by one code of two; of the last two rules nobody. */
const polls = Array.from({ length: DEVICES - 2 }, (_, i) => modbus('10.9.0.1', `10.0.0.${i + 1}`, [{ code: 3 }]));
const strangers = Array.from({ length: CELLS }, (_, cell) => Array.from({ length: DEVICES }, (__, i) => modbus(`10.9.0.${i + 1}`, `10.${cell}.0.${DEVICES - i}`, [{ code: 3 }, { code: 16, unit: 2 }]))).flat();
const back = [modbus('10.1.0.1', '10.9.0.4', [{ code: 6 }])];
/** Heard, but not by whom their rules are for. */
const within = [modbus('10.0.0.3', '10.0.0.4', [{ code: 3 }]), modbus('10.0.0.4', '10.0.0.3', [{ code: 3 }])];
const SET = observations([...polls, ...strangers.filter(({ server }) => !['10.0.0.3', '10.0.0.4'].includes(server)), ...back, ...within]);

const of = (type: FindingType): Finding[] => diffSpec(loadText(SPEC), SET).filter((finding) => finding.type === type);

const inTurn = (findings: readonly Finding[]): { readonly text: string; readonly results: readonly Acceptance[] } => {
  let text = SPEC;
  const results = findings.flatMap((finding) => {
    const accepted = acceptFindings(text, SET, [finding], BY);
    text = accepted.text;
    return accepted.results;
  });
  return { text, results };
};

/** How often the observations are gone through. */
const readsOf = (findings: readonly Finding[]): number => {
  let reads = 0;
  const counted: ObservationSet = { ...SET, get addresses() {
    reads++;
    return SET.addresses;
  } };
  acceptFindings(SPEC, counted, findings, BY);
  return reads;
};

it.each([['undeclared-conversation', 11], ['wider-than-observed', 2], ['unused-permit', 2]] as const)('%s: %i at once are the same as one after the other, and no more work', (type, count) => {
  const findings = of(type);
  expect(findings).toHaveLength(count);
  const atOnce = acceptFindings(SPEC, SET, findings, BY);
  expect(atOnce.results.every(({ done }) => done)).toBe(true);
  expect(atOnce).toEqual(inTurn(findings));
  expect(diffSpec(loadText(atOnce.text), SET).filter((finding) => finding.type === type)).toEqual([]);
  expect(readsOf(findings)).toBe(readsOf(findings.slice(0, 1)));
});

it('all of all types, in any order, are the same as one after the other', () => {
  const all = diffSpec(loadText(SPEC), SET);
  for (const order of [all, [...all].reverse()]) expect(acceptFindings(SPEC, SET, order, BY)).toEqual(inTurn(order));
});

it('where the spec would not hold with all of them, those that can be are accepted', () => {
  // No rule can name a service by words that are none of the standard's.
  const set = observations([...SET.conversations, conversation('10.9.0.1', '10.1.0.1', { port: 4840, service: 'opcua', operations: [namedOperation('opcua', 9, 'no such service', 'read')] })]);
  const findings = diffSpec(loadText(SPEC), set).filter(({ type }) => type === 'undeclared-conversation');
  const { results } = acceptFindings(SPEC, set, findings, BY);
  expect(results.filter(({ done }) => !done).map(({ sentence }) => sentence)).toContainEqual(expect.stringContaining('with it the spec would not hold'));
  expect(results.filter(({ done }) => done).length).toBeGreaterThan(5);
});
