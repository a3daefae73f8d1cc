import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAssetText, parseDirection, securityLevelNumber } from '../../../src/policy/spec/free-text.ts';

const NOTHING = { bothWays: false, access: null, functionCodes: [], unitIds: [], registers: null, unidirectional: false, viaDiode: false, mfa: false, purpose: [], notUnderstood: [] };

describe('directions', () => {
  it.each([
    ['Z2 -> Z3 (read only)', { from: 'Z2', to: 'Z3', access: 'read' }],
    ['Z3 -> Z2 (read only, FC 3/4 only)', { from: 'Z3', to: 'Z2', access: 'read', functionCodes: [3, 4] }],
    ['Z3 -> Z4 (unidirectional via data diode)', { from: 'Z3', to: 'Z4', unidirectional: true, viaDiode: true }],
    ['Z4 -> Z3 (patch downloads only)', { from: 'Z4', to: 'Z3', purpose: ['patch downloads only'] }],
    ['Z5 -> Z4 (historian read, remote access portal)', { from: 'Z5', to: 'Z4', purpose: ['historian read', 'remote access portal'] }],
    ['Z5 -> Z4 (jump server with MFA)', { from: 'Z5', to: 'Z4', mfa: true, purpose: ['jump server with MFA'] }],
    ['Z1-SIS -> Z2-BPCS', { from: 'Z1-SIS', to: 'Z2-BPCS' }],
    ['  Z1   ->   Z2  ', { from: 'Z1', to: 'Z2' }],
    ['Z1 \u2192 Z2', { from: 'Z1', to: 'Z2' }],
    ['Z1 <- Z2 (read-only)', { from: 'Z2', to: 'Z1', access: 'read' }],
    ['Z1 <-> Z2', { from: 'Z1', to: 'Z2', bothWays: true }],
    ['Z1 to Z2', { from: 'Z1', to: 'Z2' }],
    ['Z3 -> Z2 (FC 1-4)', { from: 'Z3', to: 'Z2', functionCodes: [1, 2, 3, 4] }],
    ['Z3 -> Z2 (FC 3, 4, 16)', { from: 'Z3', to: 'Z2', functionCodes: [3, 4, 16] }],
    ['Z3 -> Z2 (function codes 3 and 4 only)', { from: 'Z3', to: 'Z2', functionCodes: [3, 4] }],
    ['Z3 -> Z2 (unit 1, FC 3)', { from: 'Z3', to: 'Z2', unitIds: [1], functionCodes: [3] }],
    ['Z3 -> Z2 (registers 0-99, read only)', { from: 'Z3', to: 'Z2', registers: { first: 0, last: 99 }, access: 'read' }],
    ['Z3 -> Z2 (write only)', { from: 'Z3', to: 'Z2', access: 'write' }],
    ['Z3 -> Z2 (read/write)', { from: 'Z3', to: 'Z2', access: 'read-write' }],
    ['Z3 -> Z2 (one-way)', { from: 'Z3', to: 'Z2', unidirectional: true }],
    ['Z3 -> Z2 (FC 200)', { from: 'Z3', to: 'Z2', notUnderstood: ['FC 200'] }],
    ['Z3 -> Z2 (not on port 80)', { from: 'Z3', to: 'Z2', notUnderstood: ['not on port 80'] }],
    ['Z3 -> Z2 (max 4 connections)', { from: 'Z3', to: 'Z2', notUnderstood: ['max 4 connections'] }],
    ['Z3 -> Z2 read only', { from: 'Z3', to: 'Z2', notUnderstood: ['read only'] }],
    ['inbound', { from: null, to: null, notUnderstood: ['inbound'] }],
    ['', { from: null, to: null }],
  ])('%j', (text, expected) => {
    expect(parseDirection(text)).toEqual({ ...NOTHING, ...expected });
  });

  it('nothing said is lost, and nothing throws', () => {
    fc.assert(fc.property(fc.string({ maxLength: 80 }), (qualifier) => {
      const clean = qualifier.replaceAll(/[(),;]/g, ' ').trim();
      const parsed = parseDirection(`Z1 -> Z2 (${clean})`);
      const understood = parsed.access !== null || parsed.functionCodes.length > 0 || parsed.unitIds.length > 0 || parsed.registers !== null || parsed.unidirectional || /^read[ -/]?(and )?write$/i.test(clean);
      expect(clean === '' || understood || parsed.purpose.length + parsed.notUnderstood.length > 0).toBe(true);
    }));
  });
});

describe('assets as text', () => {
  it.each([
    ['Triconex 3008 Safety Controller (SIS-01)', ['SIS-01'], false],
    ['Allen-Bradley ControlLogix PLCs (PLC-01 through PLC-12)', Array.from({ length: 12 }, (_, i) => `PLC-${String(i + 1).padStart(2, '0')}`), false],
    ['HMIs (HMI-9 to HMI-11)', ['HMI-9', 'HMI-10', 'HMI-11'], false],
    ['Data Diode - Waterfall Security (DMZ-DD-01)', ['DMZ-DD-01'], false],
    ['PLCs (PLC-1, PLC-2 and PLC-7)', ['PLC-1', 'PLC-2', 'PLC-7'], false],
    ['SIS Engineering Workstation', ['SIS-Engineering-Workstation'], true],
    ['Server (rack 3)', ['Server-rack-3'], true],
    ['\u202E()', ['asset'], true],
  ] as const)('%j', (text, ids, invented) => {
    expect(parseAssetText(text)).toEqual({ ids, label: text, invented });
  });

  it('never makes more than a few hundred out of one', () => {
    expect(parseAssetText('PLCs (PLC-1 through PLC-999999)').ids.length).toBe(1);
  });
});

it.each([['SL 2', 2], ['SL-3', 3], [1, 1], [{ target: 4 }, 4], [undefined, null]] as const)('security level %j', (value, level) => {
  expect(securityLevelNumber(value)).toBe(level);
});
