/** What is left to decide: controllers that may guard are asked about once, however many they are. */
import { expect, test } from 'vitest';
import type { Proposal } from '../../../src/infer/proposal.ts';
import type { DiffReport } from '../../../src/policy/diff/diff.ts';
import { openDecisions } from '../../../src/render/report/decisions.ts';
import { loadText } from '../../policy/loaded-spec.ts';

const SENTENCE = 'is asked in a protocol that was not read';
const candidate = (asset: string, points = 0, sentence = SENTENCE): Proposal['safetyCandidates'][number] => ({ asset, role: 'plc', points, sentence }) as Proposal['safetyCandidates'][number];

const HOW = ' How to answer: give what is one the role safety-controller; name all that are under pins.safety_assets, and the rest is struck.';

const asked = (safetyCandidates: Proposal['safetyCandidates'], pins = ''): { about: string; sentence: string }[] => {
  const proposal = { safetyCandidates, stability: { moving: [] }, contradictions: [], completeness: { regimes: [] } } as unknown as Proposal;
  return openDecisions({ basis: 'spec', loaded: loadText(`zones: [{ zone_id: Z, name: z, kind: control, assets: [] }]\nconduits: []\n${pins}`), proposal, diff: { findings: [] } as unknown as DiffReport, plant: { assetOfAddress: new Map(), assets: [] } }, [], []).map(({ about, sentence }) => ({ about, sentence }));
};

test('each with evidence is a question of its own, and so is one alone without', () => {
  expect(asked([candidate('A', 2, 'speaks a safety protocol'), candidate('B')])).toEqual([
    { about: 'A', sentence: `Confirm or strike as safety-related: speaks a safety protocol.${HOW}` },
    { about: 'B', sentence: `Confirm or strike as safety-related: ${SENTENCE}.` },
  ]);
});

test('several of which the same was not heard are one question, which names the first twelve', () => {
  expect(asked(['A', 'B'].map((asset) => candidate(asset)))).toEqual([{ about: 'A and 1 more', sentence: `Say which of these 2 are safety-related: A, B. Each ${SENTENCE}.${HOW}` }]);
  const many = Array.from({ length: 14 }, (_, i) => `C${i + 1}`);
  expect(asked(many.map((asset) => candidate(asset)))[0]).toEqual({ about: 'C1 and 13 more', sentence: `Say which of these 14 are safety-related: ${many.slice(0, 12).join(', ')} and 2 more. Each ${SENTENCE}.${HOW}` });
});

test('where the spec names all that are, what it does not name was struck, and is not asked about again', () => {
  expect(asked([candidate('A', 2, 'speaks a safety protocol'), candidate('B')], 'pins: {safety_assets: [A]}\n')).toEqual([]);
  expect(asked([candidate('A', 2, 'speaks a safety protocol'), candidate('B')], 'pins: {safety_assets: []}\n')).toEqual([]);
});
