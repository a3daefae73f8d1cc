import { describe, expect, it } from 'vitest';
import { proposeConduits } from '../../src/infer/conduits/conduits.ts';
import { proveProposal } from '../../src/policy/proof.ts';
import type { Proof } from '../../src/policy/proof.ts';
import { writeSpec } from '../../src/policy/spec/write.ts';
import { PLAN } from '../infer/conduits/plan-fixture.ts';
import { loadText } from './loaded-spec.ts';
import { conversation, modbus, MONDAY, observations } from './observed.ts';

const set = observations([
  modbus('10.4.0.1', '10.1.0.1', [{ code: 3, ranges: [[0, 9], [20, 29]] }]), modbus('10.4.0.1', '10.1.0.2'), modbus('10.5.0.1', '10.1.0.1', [{ code: 90, days: [0, 5, 9, 14, 20].map((day) => MONDAY + day) }]),
  conversation('10.8.0.1', '10.4.0.1', { port: 443, service: 'https' }), conversation('10.8.0.1', '10.1.0.3', { port: 80, service: '', answered: false }),
]);
const text = writeSpec(proposeConduits(set, { ...PLAN, dropped: [{ conversation: 5, why: 'scan' }] }));

const prove = (spec: string): Proof => proveProposal(loadText(spec), set);

const edit = (find: string | RegExp, instead: string): string => {
  const changed = text.replace(find, instead);
  expect(changed).not.toBe(text);
  return changed;
};

describe('the proof', () => {
  it('holds for the proposal', () => {
    const proof = prove(text);
    expect(proof).toMatchObject({ holds: true, faults: [], setAside: 1 });
    expect(proof.insurance).toBe(1);
    expect(proof.witnessed + proof.insurance).toBe(proof.permits);
  });

  it('counts what somebody rejected apart: it is decided, and no fault', () => {
    const proof = prove(edit('decision: approved', 'decision: rejected'));
    expect(proof).toMatchObject({ holds: true, faults: [], rejected: 3 });
    expect(proof.lines[0]).toBe(`observed: ${proof.observedAsks} requests of different kinds, ${proof.observedAsks - 3} let through, 3 rejected by decision, 0 neither; 1 conversation set aside by name`);
  });

  it('says as many idle Permits as it names', () => {
    const proof = prove(edit('protocols_allowed:\n', 'protocols_allowed:\n      - {rule_id: IDLE, protocol: SSH, transport: tcp, port: 22, client: {zone: OPS, assets: [DC]}, server: {zone: CELL-1, assets: [PLC-1]}, evidence: {days: 3, last_seen: "2026-01-20T08:00:00Z"}}\n'));
    expect(proof.lines[2]).toMatch(/^needed: .*, 1 idle$/);
  });

  it.each([
    ['a person wrote and nobody saw', ''],
    ['an earlier store saw', ', evidence: {days: 3, last_seen: "2025-12-20T08:00:00Z"}'],
  ])('does not ask this store for a witness of what %s', (_, evidence) => {
    const proof = prove(edit('protocols_allowed:\n', `protocols_allowed:\n      - {rule_id: OWN, protocol: SSH, transport: tcp, port: 22, client: {zone: OPS, assets: [DC]}, server: {zone: CELL-1, assets: [PLC-1]}${evidence}}\n`));
    expect(proof).toMatchObject({ holds: true, elsewhere: 1 });
    expect(proof.lines[2]).toMatch(/^needed: .*, 1 by a person's word or an earlier capture, 0 idle$/);
  });

  it.each([
    ['a range instead of an address', 'ip: [10.1.0.1]', 'ip: [10.1.0.0/31]'],
    ['an end by address', 'client: {zone: ENT, assets: [PC-1]}', 'client: {zone: ENT, addresses: [10.8.0.0/24]}'],
    ['a network instead of an asset that no rule names', /zone_id: ENT\n/, 'zone_id: ENT\n    networks: [10.8.0.0/16]\n'],
    ['access instead of codes', /access: \[program\]\n(\s+purpose: .*\n)?\s+modbus:\n(?:\s+(?:function_codes|unit_ids): .*\n)+/, 'access: [program]\n'],
  ])('holds for what people write as well: %s', (_, find, instead) => {
    expect(prove(edit(find, instead)).faults).toEqual([]);
  });

  it.each([
    ['a narrower range', /start: 0, end: 29/, 'start: 0, end: 28', 'observed-permitted'],
    ['a lost function code', 'function_codes: [90]', 'function_codes: [91]', 'observed-permitted'],
    ['a forgotten scan', /set_aside:[\s\S]*$/, '', 'observed-permitted'],
    ['a rule that nothing needs', 'protocols_allowed:\n', 'protocols_allowed:\n      - {rule_id: IDLE, protocol: SSH, transport: tcp, port: 22, client: {zone: OPS, assets: [DC]}, server: {zone: CELL-1, assets: [PLC-1]}, evidence: {days: 3, last_seen: "2026-01-20T08:00:00Z"}}\n', 'witness'],
    ['width that no rule owns up to', /generalised_by: \[block-poll, poll-area\], never_seen: 0/, 'never_seen: 4', 'permitted-declared'],
  ])('%s breaks it', (_, find, instead, claim) => {
    const proof = prove(edit(find, instead));
    expect(proof.holds).toBe(false);
    expect(proof.faults.map((fault) => fault.claim)).toContain(claim);
  });
});
