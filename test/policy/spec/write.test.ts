import { describe, expect, it } from 'vitest';
import { proposeConduits } from '../../../src/infer/conduits/conduits.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { acceptFindings } from '../../../src/policy/edit/accept.ts';
import { updateSpec } from '../../../src/policy/edit/update.ts';
import { proveProposal } from '../../../src/policy/proof.ts';
import { writeSpec } from '../../../src/policy/spec/write.ts';
import { PLAN } from '../../infer/conduits/plan-fixture.ts';
import { loadText } from '../loaded-spec.ts';
import { conversation, modbus, MONDAY, observations } from '../observed.ts';

const BY_HAND = `# Kept by A. Keller. Do not reorder.
facility: "Water works"   # the old name
zones:
  - zone_id: FILTERS      # ours, not the tool's
    name: "Filters"
    kind: control
    assets:
      - {asset_id: FILTER-PLC, role: plc, ip: [10.1.0.1]}   # behind the stairs
  - zone_id: SERVERS
    name: "Servers"
    kind: operations
    assets:
      - asset_id: PI
        ip: [10.4.0.1]
    x-rack: 7
conduits:
  # the one that matters
  - conduit_id: POLLING
    connects: [FILTERS, SERVERS]
    protocols_allowed:
      - rule_id: P-1
        protocol: Modbus/TCP
        transport: tcp
        port: 502
        client: {zone: SERVERS, assets: [PI]}
        server: {zone: FILTERS, assets: [FILTER-PLC]}
        access: read   # never write
        modbus: {function_codes: [3], ranges: [{table: holding-register, start: 0, end: 99}]}
        purpose: "trend of the filters"
`;

const set = observations([modbus('10.4.0.1', '10.1.0.1'), modbus('10.4.0.1', '10.1.0.2'), conversation('10.8.0.1', '10.4.0.1', { port: 443, service: 'https' })]);

describe('a new file', () => {
  it('loads, says where it came from and that it is a proposal', () => {
    const text = writeSpec(proposeConduits(set, PLAN), { tool: 'baseline 0.1.0', captures: ['a.pcap sha256:00'] });
    expect(text.startsWith('# Zones and conduits proposed')).toBe(true);
    const loaded = loadText(text);
    expect(loaded.spec.provenance).toEqual({ tool: 'baseline 0.1.0', captures: ['a.pcap sha256:00'] });
    expect(diffSpec(loaded, set)).toEqual([]);
  });

  it('cannot be fooled by names from the wire', () => {
    const names = ['PLC"\n- evil: yes', '*alias', '&anchor', '!!js/function', '\u202egnp.exe', '- x', '{a: b}', "'", '#', 'null', '1e3', '~', '<<', 'x'.repeat(300), '\u0000', '制御盤', 'PLC-1', 'plc-1'];
    const plan = { ...PLAN, assets: [...names.map((name, i) => ({ ...PLAN.assets[0], id: name, addresses: [`10.1.1.${i + 1}`] })), ...PLAN.assets.filter((asset) => asset.id === 'HIST')] };
    const traffic = observations(names.map((_, i) => modbus('10.4.0.1', `10.1.1.${i + 1}`)));
    const text = writeSpec(proposeConduits(traffic, plan), { command: 'propose-zones "\u202e"' });
    const loaded = loadText(text);
    expect(loaded.spec.zones.flatMap((zone) => zone.assets ?? [])).toHaveLength(names.length + 1);
    expect(diffSpec(loaded, traffic)).toEqual([]);
    for (const zone of loaded.spec.zones) for (const asset of zone.assets ?? []) if (typeof asset !== 'string') expect(`${asset.label}`).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('an existing file', () => {
  const updated = updateSpec(proposeConduits(set, PLAN), BY_HAND, set).text;

  it('keeps every line of its own', () => {
    const own = BY_HAND.split('\n').map((line) => line.trim()).filter((line) => line.startsWith('#') || line.includes('#') || line.includes('purpose') || line.includes('x-rack'));
    for (const line of own) {
      const comment = line.slice(line.indexOf('#'));
      expect(updated).toContain(line.includes('#') ? comment : line);
    }
    expect(updated.indexOf('zone_id: FILTERS')).toBeLessThan(updated.indexOf('zone_id: SERVERS'));
    expect(loadText(updated).permits[0].permit).toMatchObject({ id: 'P-1', purpose: 'trend of the filters', access: ['browse', 'read'] });
  });

  it('keeps the ids and zones that a person gave, and appends what is new', () => {
    const loaded = loadText(updated);
    const zoneOf = new Map(loaded.spec.zones.flatMap((zone) => (zone.assets ?? []).map((asset) => [typeof asset === 'string' ? asset : asset.asset_id, zone.zone_id])));
    expect(zoneOf.get('FILTER-PLC')).toBe('FILTERS');
    expect(zoneOf.get('PLC-2')).toBe('FILTERS');
    expect(zoneOf.get('PI')).toBe('SERVERS');
    expect(zoneOf.has('PLC-1')).toBe(false);
    const added = loaded.permits.filter(({ permit }) => permit.id !== 'P-1').map(({ permit }) => `${permit.from.assets.join()} > ${permit.to.assets.join()} ${permit.service.protocol} ${permit.decision}`);
    expect(added).toEqual(['PI > PLC-2 Modbus/TCP pending', 'PC-1 > PI HTTPS pending']);
  });

  it('refreshes the evidence of the rule that already lets it through', () => {
    const flow = loadText(updated).spec.conduits[0].protocols_allowed?.[0];
    expect(flow).toMatchObject({ rule_id: 'P-1', evidence: { first_seen: '2026-01-05T08:00:00Z', days: 28 } });
  });

  it('leaves no finding but what the hand-written rule is wider by', () => {
    expect(diffSpec(loadText(updated), set).map((finding) => `${finding.type} ${finding.permit}`)).toEqual(['wider-than-observed P-1']);
  });

  it('is the same when nothing new was seen', () => {
    expect(updateSpec(proposeConduits(set, PLAN), updated, set).text).toBe(updated);
  });

  it('what somebody rejected stays rejected, and is still found', () => {
    const proposed = loadText(writeSpec(proposeConduits(set, PLAN)));
    for (const { permit } of proposed.permits) {
      const text = writeSpec(proposeConduits(set, PLAN)).replace(`rule_id: ${permit.id}\n`, `rule_id: ${permit.id}\n        decision: rejected\n        owner: KH\n`).replace(/(decision: rejected\n\s+owner: KH\n(?:(?!rule_id)[^])*?)\n\s+decision: (?:approved|pending)/, '$1');
      expect(loadText(text).permits.filter((one) => one.permit.decision === 'rejected').map((one) => one.permit.id)).toEqual([permit.id]);
      const again = updateSpec(proposeConduits(set, PLAN), text, set).text;
      expect(loadText(again).permits.map((one) => `${one.permit.id} ${one.permit.decision}`)).toEqual(loadText(text).permits.map((one) => `${one.permit.id} ${one.permit.decision}`));
      expect(diffSpec(loadText(again), set).map((finding) => finding.type)).toContain('undeclared-conversation');
    }
  });

  it('rejected operations are not proposed again among others', () => {
    const writes = observations([modbus('10.4.0.1', '10.1.0.1', [{ code: 3 }, { code: 4 }])]);
    const text = BY_HAND.replace('function_codes: [3], ranges: [{table: holding-register, start: 0, end: 99}]', 'function_codes: [4]').replace('purpose: "trend of the filters"', 'purpose: "no inputs"\n        decision: rejected\n        owner: KH');
    const after = loadText(updateSpec(proposeConduits(writes, PLAN), text, writes).text);
    const fresh = after.permits.filter(({ permit }) => permit.id !== 'P-1');
    expect(fresh.flatMap(({ permit }) => permit.modbus?.functionCodes ?? [])).toEqual([3]);
    // Nobody is told to permit what was rejected.
    const [found] = diffSpec(after, writes).filter(({ type }) => type === 'undeclared-operation');
    expect(found).toMatchObject({ severity: 'high', remedy: 'it was rejected and still happens: stop it at its source' });
    expect(found.title).toContain('FC 4 Read Input Registers, unit 1, 0 to 9 rejected on modbus');
    expect(proveProposal(after, writes).lines[1]).toMatch(/^declared: 1 Permit and 1 rejected, 0 faults/);
  });

  it('a proposal written into itself does not change', () => {
    const text = writeSpec(proposeConduits(set, PLAN));
    expect(updateSpec(proposeConduits(set, PLAN), text, set)).toEqual({ text, added: { zones: [], assets: [], rules: [] }, leftOut: 0, notes: [] });
  });

  it.each([
    ['the whole zone', '{zone: SERVERS}'], ['a network', '{zone: SERVERS, addresses: [10.4.0.0/24]}'], ['an address', '{zone: SERVERS, addresses: [10.4.0.1]}'], ['a range', '{zone: SERVERS, addresses: [10.4.0.1-10.4.0.9]}'],
    ['its asset among others', '{zone: SERVERS, assets: [SPARE, PI]}'],
  ])('a rule for %s that lets it through is not written again', (_what, client) => {
    const spec = BY_HAND.replace('client: {zone: SERVERS, assets: [PI]}', `client: ${client}`).replace('    x-rack: 7', '      - {asset_id: SPARE, ip: [10.4.0.2]}');
    const rules = loadText(updateSpec(proposeConduits(set, PLAN), spec, set).text).permits.map(({ permit }) => `${permit.id}: ${permit.to.assets.join()}`);
    expect(rules).toEqual(['P-1: FILTER-PLC', 'POLLING-001: PLC-2', expect.stringContaining('PI')]);
  });

  it('is refused when it does not hold', () => {
    expect(() => updateSpec(proposeConduits(set, PLAN), 'zones: 7\nconduits: []\n', set)).toThrow(/line 1/);
  });
});

describe('an update', () => {
  it('says what it added', () => {
    expect(updateSpec(proposeConduits(set, PLAN), BY_HAND, set).added).toMatchObject({ assets: expect.arrayContaining(['PLC-2', 'PC-1']), rules: ['POLLING-001', expect.stringContaining('SERVERS')] });
  });

  it('a zone without a list of conduits gets none: it allowed them all', () => {
    expect(loadText(updateSpec(proposeConduits(set, PLAN), BY_HAND, set).text).spec.zones.filter(({ zone_id: id }) => id === 'FILTERS' || id === 'SERVERS').map((zone) => zone.allowed_conduits)).toEqual([undefined, undefined]);
  });

  it('what a person wrote into the provenance stays', () => {
    const text = BY_HAND.replace('zones:\n', 'provenance:\n  ticket: CHG-7   # of the change board\n  tool: older\n  losses: [some]\nzones:\n');
    const after = updateSpec(proposeConduits(set, PLAN), text, set, { tool: 'baseline 0.1.0', captures: ['a.pcap'] }).text;
    expect(after).toContain('provenance:\n  ticket: CHG-7   # of the change board\n  tool: baseline 0.1.0\n  captures:\n    - a.pcap\nzones:\n');
  });

  it('evidence does not run backwards', () => {
    const later = BY_HAND.replace('purpose: "trend of the filters"', 'evidence: {first_seen: 2026-01-02T08:00:00Z, last_seen: 2026-03-09T08:00:00Z, days: 3, requests: 9999999}');
    expect(loadText(updateSpec(proposeConduits(set, PLAN), later, set).text).spec.conduits[0].protocols_allowed?.[0].evidence).toMatchObject({ first_seen: '2026-01-02T08:00:00Z', last_seen: '2026-03-09T08:00:00Z', days: 28, requests: 9999999 });
  });

  describe('the question of a rule', () => {
    const seldom = (days: readonly number[]): typeof set => observations([modbus('10.4.0.1', '10.1.0.1'), conversation('10.8.0.1', '10.4.0.1', { port: 8443, service: 'https', days: days.map((day) => MONDAY + day) }), conversation('10.4.0.2', '10.3.0.1', { port: 22, service: 'ssh', days: days.map((day) => MONDAY + day) })]);
    const text = writeSpec(proposeConduits(seldom([2]), PLAN));
    const later = seldom([2, 16, 23, 24, 25, 26, 27]);
    const questionsOf = (spec: string): unknown[] => loadText(spec).spec.conduits.flatMap(({ protocols_allowed: rules = [] }) => rules.map(({ question }) => question)).filter((one) => one !== undefined);
    const RARE = 'rare: seldom seen: a job of the month, a fail-over, maintenance, or a mistake?';

    it('says the days of its evidence as long as nobody has decided', () => {
      expect(questionsOf(text)).toContain(`${RARE} Seen on 2026-01-07.`);
      const after = updateSpec(proposeConduits(later, PLAN), text, later).text;
      expect(questionsOf(after)).toContain(`${RARE} Seen on 2026-01-07, 2026-01-21, 2026-01-28, 2026-01-29, 2026-01-30, 2026-01-31 and 1 more day.`);
      expect(updateSpec(proposeConduits(later, PLAN), after, later).text).toBe(after);
    });

    it('keeps the days of an earlier store', () => {
      const next = seldom([16]);
      expect(questionsOf(updateSpec(proposeConduits(next, PLAN), text, next).text)).toContain(`${RARE} Seen on 2026-01-07, 2026-01-21.`);
    });

    it('with a rhythm of several words follows as well', () => {
      const weekly = text.replaceAll('Seen on 2026-01-07.', 'Seen on 2026-01-07 (weekly, on Wednesdays (UTC)).');
      expect(weekly).not.toBe(text);
      expect(questionsOf(updateSpec(proposeConduits(later, PLAN), weekly, later).text)).toContain(`${RARE} Seen on 2026-01-07, 2026-01-21, 2026-01-28, 2026-01-29, 2026-01-30, 2026-01-31 and 1 more day.`);
    });

    it.each([
      ['a person wrote anew', (spec: string): string => spec.replaceAll('question: "', 'question: "Keller asks: ')],
      ['is decided', (spec: string): string => spec.replaceAll('decision: pending', 'decision: approved')],
    ])('that %s stays as it is', (_, edited) => {
      const own = edited(text);
      expect(own).not.toBe(text);
      const after = updateSpec(proposeConduits(later, PLAN), own, later).text;
      expect(questionsOf(after)).toEqual(questionsOf(own));
      expect(after).not.toBe(own);
    });
  });

  it('what was set aside and rejected is not set aside again when it goes on', () => {
    const dropped = { ...PLAN, dropped: [{ conversation: 3, why: 'scan' as const }] };
    const proposal = proposeConduits(set, dropped);
    expect(proposal.setAside).toHaveLength(1);
    const text = writeSpec(proposal).replace(/last_seen: "2026-02-01T[0-9:.]+Z", decision: pending\}/, 'last_seen: "2026-01-20T10:00:00.000Z", decision: rejected}');
    expect(text).toContain('decision: rejected');
    expect(updateSpec(proposal, text, set).text).toBe(text);
    const open = text.replace('decision: rejected', 'decision: pending');
    expect(updateSpec(proposal, open, set).text).not.toBe(open);
  });

  it('a known device at an address that the spec does not know is told, and not taken in', () => {
    const plan = { ...PLAN, assets: PLAN.assets.map((asset) => (asset.id === 'HIST' ? { ...asset, addresses: ['10.4.0.1', '10.4.0.99'], macs: ['02:00:00:00:00:01'] } : asset)) };
    const { text, notes } = updateSpec(proposeConduits(set, plan), BY_HAND.replace('ip: [10.4.0.1]', 'ip: [10.4.0.1]\n        mac: ["02:00:00:00:00:01"]'), set);
    expect(notes).toEqual([expect.stringMatching(/^10\.4\.0\.99 was seen with a link address of PI \(line 13\)/)]);
    expect(text).not.toContain('10.4.0.99');
  });
});

describe('accepting findings', () => {
  const spec = loadText(writeSpec(proposeConduits(set, PLAN, { exact: true, maintenance: false })));
  const more = observations([...set.conversations, modbus('10.4.0.1', '10.1.0.1', [{ code: 16, ranges: [[40, 43]], days: [MONDAY + 2] }]), modbus('10.4.0.2', '10.2.0.9', [{ code: 3 }])]);

  it('writes a rule with an owner for exactly what was seen, and the findings are gone', () => {
    const findings = diffSpec(spec, more);
    expect(findings.map((finding) => finding.type)).toEqual(['undeclared-operation', 'undeclared-conversation']);
    const { text, results } = acceptFindings(spec.text, more, findings, { decision: 'approved', owner: 'A. Keller', purpose: 'set point by the historian' });
    expect(results.map((result) => result.done)).toEqual([true, true]);
    const after = loadText(text);
    expect(diffSpec(after, more)).toEqual([]);
    const added = after.permits.filter(({ permit }) => permit.owner === 'A. Keller').map(({ permit }) => permit);
    expect(added.map((permit) => permit.modbus)).toEqual([
      { functionCodes: [16], unitIds: [1], ranges: [{ access: 'write', table: 'holding-register', first: 40, last: 43 }] },
      { functionCodes: [3], unitIds: [1], ranges: [{ access: 'read', table: 'holding-register', first: 0, last: 9 }] },
    ]);
  });

  it('removes what is unused, and refuses what a spec cannot mend', () => {
    const less = observations([modbus('10.4.0.1', '10.1.0.1'), modbus('10.3.0.1', '10.1.0.2'), conversation('10.8.0.1', '10.4.0.1', { port: 443, service: 'https' }), conversation('10.77.0.1', '10.1.0.1', { port: 80 })]);
    const findings = diffSpec(spec, less).filter((finding) => finding.type === 'wider-than-observed' || finding.type === 'unused-permit' || finding.type === 'undeclared-asset');
    const { text, results } = acceptFindings(spec.text, less, findings, { decision: 'approved', owner: 'A. Keller' });
    expect(results.filter((result) => !result.done).length).toBeGreaterThan(0);
    expect(loadText(text).permits.length).toBe(spec.permits.length - findings.filter((finding) => finding.type === 'unused-permit').length);
  });
});
