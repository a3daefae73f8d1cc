import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONDUIT_OPTIONS, proposeConduits } from '../../../src/infer/conduits/conduits.ts';
import type { ConduitProposal } from '../../../src/infer/conduits/conduits.ts';
import { FOLDED_FUNCTION, type Conversation } from '../../../src/observation.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { proveProposal } from '../../../src/policy/proof.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import { writeSpec } from '../../../src/policy/spec/write.ts';
import { conversation, daysFrom, modbus, MONDAY, namedOperation, observations } from '../../policy/observed.ts';
import { ASSETS, PLAN } from './plan-fixture.ts';

const EXACT = { ...DEFAULT_CONDUIT_OPTIONS, exact: true };

const permitsOf = (proposal: ConduitProposal): string[] =>
  proposal.permits.map(({ permit }) => `${permit.from.assets.join('+') || permit.from.zone} > ${permit.to.assets.join('+') || permit.to.zone} ${permit.service.protocol}${permit.modbus === null ? '' : ` FC ${permit.modbus.functionCodes.join(',')}`}${permit.conditions.onDemand ? ' on demand' : ''}`);

const seen = (...conversations: Conversation[]): ReturnType<typeof observations> => observations(conversations);

describe('exact Permits', () => {
  it('say what was seen, to the register', () => {
    const set = seen(modbus('10.4.0.1', '10.1.0.1', [{ code: 3, ranges: [[0, 9], [20, 29]] }, { code: 6, ranges: [[5, 5]] }]));
    const proposal = proposeConduits(set, PLAN, EXACT);
    expect(proposal.permits).toHaveLength(1);
    expect(proposal.permits[0].permit).toMatchObject({
      from: { zone: 'OPS', assets: ['HIST'] }, to: { zone: 'CELL-1', assets: ['PLC-1'] }, access: ['read', 'write'],
      modbus: {
        functionCodes: [3, 6], unitIds: [1],
        ranges: [{ access: 'read', table: 'holding-register', first: 0, last: 9 }, { access: 'read', table: 'holding-register', first: 20, last: 29 }, { access: 'write', table: 'holding-register', first: 5, last: 5 }],
      },
      evidence: { days: 28, generalisedBy: [], neverSeen: 0 },
    });
  });

  it('share a Permit only where both ends and operations form a full rectangle', () => {
    const set = seen(
      modbus('10.3.0.1', '10.1.0.1'), modbus('10.3.0.1', '10.1.0.2'), modbus('10.3.0.2', '10.1.0.1'), modbus('10.3.0.2', '10.1.0.2'),
      modbus('10.4.0.1', '10.1.0.1'), modbus('10.4.0.1', '10.1.0.3', [{ code: 4 }]),
    );
    expect(permitsOf(proposeConduits(set, PLAN, EXACT)).sort()).toEqual([
      'HIST > PLC-1 Modbus/TCP FC 3', 'HIST > PLC-3 Modbus/TCP FC 4', 'SCADA-A+SCADA-B > PLC-1+PLC-2 Modbus/TCP FC 3',
    ]);
  });

  it('never mix ranges of two tables or two codes', () => {
    const set = seen(modbus('10.4.0.1', '10.1.0.1', [{ code: 6, ranges: [[5, 5]] }, { code: 16, ranges: [[100, 110]] }, { code: 1, ranges: [[0, 3]] }]));
    const permits = proposeConduits(set, PLAN, EXACT).permits.map(({ permit }) => permit.modbus);
    expect(permits).toHaveLength(2);
    expect(permits.find((one) => one?.functionCodes.includes(6))?.ranges.filter((range) => range.access === 'write')).toEqual([{ access: 'write', table: 'holding-register', first: 5, last: 5 }]);
    expect(permits.find((one) => one?.functionCodes.includes(16))?.ranges.filter((range) => range.access === 'write')).toEqual([{ access: 'write', table: 'holding-register', first: 100, last: 110 }]);
  });

  it('are of the framing that was seen: what a firewall reads of one it does not read of the other', () => {
    const serial = { ...modbus('10.4.0.1', '10.1.0.2'), port: 502, service: { name: 'modbus-rtu', by: 'probe' as const } };
    const proposal = proposeConduits(seen(modbus('10.4.0.1', '10.1.0.1'), serial), PLAN, EXACT);
    expect(permitsOf(proposal).sort()).toEqual(['HIST > PLC-1 Modbus/TCP FC 3', 'HIST > PLC-2 Modbus RTU over TCP FC 3']);
  });

  it('traffic within a zone needs none', () => {
    const proposal = proposeConduits(seen(modbus('10.1.0.1', '10.1.0.2')), PLAN, EXACT);
    expect(proposal.permits).toEqual([]);
    expect(proposal.counts).toMatchObject({ withinZone: 1, crossing: 0 });
  });
});

describe('what is no basis for approval', () => {
  const withCounts = (one: Conversation, place: number, counts: Partial<Conversation['operations'][number]>): Conversation =>
    ({ ...one, operations: one.operations.map((operation, i) => (i === place ? { ...operation, ...counts } : operation)) });
  const unheard = withCounts(modbus('10.4.0.1', '10.1.0.1', [{ code: 3, ranges: [[0, 9]] }, { code: 3, unit: 2 }, { code: 3, unit: 3, ranges: [[20, 29]] }]), 1, { requests: 0, ranges: [] });
  const refused = withCounts(modbus('10.4.0.1', '10.1.0.1', [{ code: 3 }, { code: 16, ranges: [[10, 11]] }]), 1, { responses: 0, errors: 2800 });
  const sketch = ({ permits }: ConduitProposal): unknown[] => permits.map(({ permit: { modbus: asked, decision }, question }) => [asked?.functionCodes.join(), asked?.unitIds.join(), asked?.ranges.map(({ first, last }) => `${first}-${last}`).join(), decision, question?.kind]);

  it.each([true, false])('an operation without ranges, because its requests were not heard, asks which are meant, and widens nothing (exact: %s)', (exact) => {
    expect(sketch(proposeConduits(seen(unheard), PLAN, { ...DEFAULT_CONDUIT_OPTIONS, exact }))).toEqual([
      ['3', '1', '0-9', 'approved', undefined], ['3', '3', '20-29', 'approved', undefined], ['3', '2', '', 'pending', 'unheard-range'],
    ]);
  });

  it('a write that was only ever refused asks what it is for; a refused read is one like others', () => {
    expect(sketch(proposeConduits(seen(refused), PLAN))).toEqual([['3', '1', '0-9', 'approved', undefined], ['16', '1', '10-11', 'pending', 'refused']]);
    const read = withCounts(modbus('10.4.0.1', '10.1.0.1', [{ code: 3 }]), 0, { responses: 0, errors: 2800 });
    expect(proposeConduits(seen(read), PLAN).permits.map(({ question }) => question)).toEqual([null]);
  });

  it('function code 0 is none, whether refused (exception code 0x80) or answered: it asks what for, beside what is asked properly', () => {
    const asked = modbus('10.4.0.1', '10.1.0.1', [{ code: 3 }, { code: 0 }]);
    for (const one of [withCounts(asked, 1, { access: 'diagnose', responses: 0, errors: 2800, errorCodes: [{ code: 1, count: 2800 }] }), withCounts(asked, 1, { access: 'diagnose' })]) {
      expect(sketch(proposeConduits(seen(one), PLAN))).toEqual([['3', '1', '0-9', 'approved', undefined], ['0', '1', '', 'pending', 'no-function']]);
    }
  });

  it('a write that was never answered asks what it is for; not where the mirror shows one direction, nor of a broadcast on a serial line', () => {
    const silent = withCounts(modbus('10.4.0.1', '10.1.0.1', [{ code: 3 }, { code: 16, ranges: [[10, 11]] }]), 1, { responses: 0 });
    expect(sketch(proposeConduits(seen(silent), PLAN))).toEqual([['3', '1', '0-9', 'approved', undefined], ['16', '1', '10-11', 'pending', 'unanswered']]);
    const oneWay = { ...silent, packets: { toServer: 1000, toClient: 0 }, operations: silent.operations.map((one) => ({ ...one, responses: 0 })) };
    const broadcast = withCounts(modbus('10.4.0.1', '10.1.0.1', [{ code: 3 }, { code: 16, unit: 0, ranges: [[10, 11]] }]), 1, { responses: 0 });
    for (const one of [oneWay, broadcast]) expect(proposeConduits(seen(one), PLAN).permits.map(({ question }) => question)).not.toContainEqual(expect.objectContaining({ kind: 'unanswered' }));
  });

  it('needs no decision where what was heard lets it through', () => {
    const other = modbus('10.4.0.1', '10.1.0.1', [{ code: 3, unit: 2, ranges: [[0, 9]] }]);
    expect(sketch(proposeConduits(seen(unheard, other), PLAN, EXACT)).filter((line) => (line as string[])[3] === 'pending')).toEqual([]);
  });

  const sweep = modbus('10.4.0.1', '10.1.0.1', [{ code: 3 }, { code: 6, ranges: [[5, 5]] }]);
  const folded: Conversation = { ...sweep, operations: [...sweep.operations, { ...sweep.operations[0], unit: null, function: FOLDED_FUNCTION, name: '(more operations)', access: 'program', ranges: [] }] };

  it('operations that are not told apart are a question about all of the service, and reach no other device', () => {
    const { permits } = proposeConduits(seen(folded, modbus('10.4.0.1', '10.1.0.2')), PLAN);
    expect(permits.filter(({ permit }) => permit.access.length === 0).map(({ permit, question }) => [permit.to.assets, permit.modbus, permit.named, permit.decision, question?.kind])).toEqual([[['PLC-1'], null, null, 'pending', 'many-operations']]);
    expect(permits.flatMap(({ permit }) => permit.modbus?.functionCodes ?? []).every((code) => code > 0)).toBe(true);
  });

  it('passes the proof', () => {
    for (const set of [seen(unheard), seen(refused), seen(folded, modbus('10.4.0.1', '10.1.0.2'))]) {
      const { loaded } = parseSpec(writeSpec(proposeConduits(set, PLAN)), 'proposal');
      expect(loaded === null ? null : proveProposal(loaded, set).faults).toEqual([]);
    }
  });
});

describe('stated rules', () => {
  const ruleOf = (set: ReturnType<typeof observations>, rule: string): ConduitProposal['rules'][number] | undefined => proposeConduits(set, PLAN).rules.find((use) => use.rule === rule);

  it('block-poll closes the gaps of one poll, and counts what nobody asked for', () => {
    const set = seen(modbus('10.4.0.1', '10.1.0.1', [{ code: 3, ranges: [[0, 9], [20, 29], [5000, 5009]] }]));
    const [{ permit, registersNeverSeen }] = proposeConduits(set, PLAN).permits;
    expect(permit.modbus?.ranges.map((range) => [range.first, range.last])).toEqual([[0, 29], [5000, 5009]]);
    expect(permit.evidence?.generalisedBy).toEqual(['block-poll']);
    expect(registersNeverSeen).toBe(10);
  });

  it('write-twin lets FC 16 where FC 6 was seen, at the same addresses', () => {
    const set = seen(modbus('10.4.0.1', '10.1.0.1', [{ code: 6, ranges: [[5, 5]] }]));
    expect(proposeConduits(set, PLAN).permits[0].permit.modbus?.functionCodes).toEqual([6, 16]);
    expect(ruleOf(set, 'write-twin')?.permits).toBe(1);
  });

  it('adjacent-units takes a row of unit ids for a row of devices', () => {
    const set = seen(modbus('10.4.0.1', '10.1.0.1', [{ code: 3, unit: 1 }, { code: 3, unit: 2 }, { code: 3, unit: 4 }]));
    const [{ permit }] = proposeConduits(set, PLAN).permits;
    expect(permit.modbus?.unitIds).toEqual([1, 2, 3, 4]);
    expect(permit.evidence).toMatchObject({ generalisedBy: ['adjacent-units'], neverSeen: 1 });
  });

  it('same-role-group needs most of the possible pairs', () => {
    const most = seen(modbus('10.3.0.1', '10.1.0.1'), modbus('10.3.0.1', '10.1.0.2'), modbus('10.3.0.1', '10.1.0.3'), modbus('10.3.0.2', '10.1.0.1'), modbus('10.3.0.2', '10.1.0.2'), modbus('10.3.0.2', '10.1.0.3'));
    expect(permitsOf(proposeConduits(most, PLAN))).toEqual(['SCADA-A+SCADA-B > PLC-1+PLC-2+PLC-3+PLC-4 Modbus/TCP FC 3']);
    const few = seen(modbus('10.3.0.1', '10.1.0.1'), modbus('10.3.0.2', '10.1.0.2'));
    expect(permitsOf(proposeConduits(few, PLAN))).toEqual(['SCADA-A > PLC-1 Modbus/TCP FC 3', 'SCADA-B > PLC-2 Modbus/TCP FC 3']);
  });

  it('same-role-group and shared-service give nothing to who only scanned the device, and keep what the pair asks by itself', () => {
    const scan = conversation('10.3.0.2', '10.1.0.4', { port: 102, service: '', days: [MONDAY] });
    const asked = [['10.3.0.1', 1], ['10.3.0.1', 2], ['10.3.0.1', 3], ['10.3.0.1', 4], ['10.3.0.2', 1], ['10.3.0.2', 2], ['10.3.0.2', 3]].map(([client, plc]) => modbus(String(client), `10.1.0.${plc}`));
    const permitsAfterScan = (scanned: Conversation, ...conversations: Conversation[]): string[] => {
      const set = seen(...conversations, scanned);
      return permitsOf(proposeConduits(set, { ...PLAN, dropped: [{ conversation: set.conversations.find(({ port }) => port === 102)?.id ?? -1, why: 'port-scan' }] })).sort();
    };
    expect(permitsAfterScan(scan, ...asked)).toEqual(['SCADA-A > PLC-1+PLC-2+PLC-3+PLC-4 Modbus/TCP FC 3', 'SCADA-B > PLC-1+PLC-2+PLC-3 Modbus/TCP FC 3']);
    expect(permitsAfterScan(scan, ...asked, modbus('10.3.0.2', '10.1.0.4'))).toEqual(['SCADA-A+SCADA-B > PLC-1+PLC-2+PLC-3+PLC-4 Modbus/TCP FC 3']);
    const dns = { transport: 'udp', port: 53, service: 'dns' };
    const names = [conversation('10.1.0.1', '10.4.0.2', dns), conversation('10.1.0.2', '10.4.0.2', dns)];
    expect(permitsAfterScan(conversation('10.1.0.3', '10.4.0.2', { port: 102, service: '', days: [MONDAY] }), ...names)).toEqual(['PLC-1+PLC-2+PLC-4 > DC DNS']);
  });

  describe('what was seen on a day or two widens nobody else', () => {
    const DAY = [MONDAY + 3];
    const page = (client: string, server: string, days?: readonly number[]): Conversation => conversation(client, server, { port: 80, service: 'http', ...(days === undefined ? {} : { days }) });
    const daily = modbus('10.4.0.1', '10.2.0.9');
    const decided = (...conversations: Conversation[]): string[] => {
      const proposal = proposeConduits(seen(daily, ...conversations), PLAN);
      const lines = permitsOf(proposal);
      return proposal.permits.flatMap(({ permit, question }, i) => (permit.to.assets.includes('PLC-9') ? [] : [`${lines[i]}: ${permit.decision} ${question?.kind ?? ''}`.trim()]));
    };
    const PAIRS = [['10.3.0.1', '10.1.0.1'], ['10.3.0.1', '10.1.0.2'], ['10.3.0.1', '10.1.0.3'], ['10.3.0.2', '10.1.0.1'], ['10.3.0.2', '10.1.0.2'], ['10.3.0.2', '10.1.0.3']] as const;

    it('same-role-group: pages that were open once', () => {
      expect(decided(...PAIRS.map(([client, server]) => page(client, server, DAY)))).toEqual(['SCADA-A+SCADA-B > PLC-1+PLC-2+PLC-3 HTTP: pending rare']);
    });

    it('same-role-group: regular pairs carry a rare one', () => {
      expect(decided(...PAIRS.map(([client, server]) => page(client, server)), page('10.3.0.2', '10.1.0.4', DAY))).toEqual(['SCADA-A+SCADA-B > PLC-1+PLC-2+PLC-3+PLC-4 HTTP: approved']);
    });

    it('same-role-group: what a station does now and then is on demand elsewhere', () => {
      const days = [0, 5, 9, 14, 20].map((day) => MONDAY + day);
      expect(decided(...['10.1.0.1', '10.1.0.2', '10.1.0.3'].map((plc) => modbus('10.5.0.1', plc, [{ code: 90, days }])))).toEqual([
        'EWS > PLC-1+PLC-2+PLC-3 Modbus/TCP FC 90: pending engineering', 'EWS > PLC-4 Modbus/TCP FC 90 on demand: pending',
      ]);
    });

    it('shared-service', () => {
      const dns = { transport: 'udp', port: 53, service: 'dns', days: DAY };
      expect(decided(conversation('10.1.0.1', '10.4.0.2', dns), conversation('10.1.0.2', '10.4.0.2', dns))).toEqual(['PLC-1+PLC-2 > DC DNS: pending rare']);
    });

    it('set-point-area', () => {
      const write = (plc: number): Conversation => modbus('10.3.0.1', `10.1.0.${plc}`, [{ code: 6, ranges: [[plc * 10, plc * 10]], days: DAY }]);
      expect(decided(...[1, 2, 3, 4].map((plc) => modbus('10.3.0.1', `10.1.0.${plc}`)), write(1), write(2), write(3), write(4)).filter((line) => line.includes('FC 6')).every((line) => line.endsWith('pending rare'))).toBe(true);
    });

    it('redundant-partner: the standby is asked about like its partner', () => {
      const beat = { port: 5481, service: '' };
      expect(decided(page('10.3.0.1', '10.1.0.1', DAY), conversation('10.3.0.1', '10.3.0.2', beat), conversation('10.3.0.2', '10.3.0.1', beat))).toEqual(['SCADA-A+SCADA-B > PLC-1 HTTP: pending rare']);
    });
  });

  it('no rule about a group counts or names a device that has a link address alone', () => {
    const most = seen(modbus('10.3.0.1', '10.1.0.1'), modbus('10.3.0.1', '10.1.0.2'), modbus('10.3.0.1', '10.1.0.3'), modbus('10.3.0.2', '10.1.0.1'), modbus('10.3.0.2', '10.1.0.2'), modbus('10.3.0.2', '10.1.0.3'));
    const [model] = PLAN.assets;
    const linkOnly = Array.from({ length: 6 }, (_, i) => ({ ...model, id: `LINK-${i}`, addresses: [`00:1b:1b:00:00:0${i}`] }));
    const proposal = proposeConduits(most, { ...PLAN, assets: [...PLAN.assets, ...linkOnly] });
    expect(permitsOf(proposal)).toEqual(['SCADA-A+SCADA-B > PLC-1+PLC-2+PLC-3+PLC-4 Modbus/TCP FC 3']);
  });

  it('redundant-partner gives the standby what its partner does', () => {
    const beat = { port: 5481, service: '' };
    const set = seen(modbus('10.3.0.1', '10.1.0.1'), conversation('10.3.0.1', '10.3.0.2', beat), conversation('10.3.0.2', '10.3.0.1', beat));
    const proposal = proposeConduits(set, PLAN);
    expect(permitsOf(proposal)).toEqual(['SCADA-A+SCADA-B > PLC-1 Modbus/TCP FC 3']);
    expect(proposal.permits[0].permit.evidence).toMatchObject({ generalisedBy: ['redundant-partner'], neverSeen: 1 });
  });

  it('redundant-partner: what is asked of one of two servers may be asked of the other', () => {
    const beat = { port: 5481, service: '' };
    const set = seen(conversation('10.4.0.1', '10.3.0.1', { port: 1433, service: 'mssql' }), conversation('10.3.0.1', '10.3.0.2', beat), conversation('10.3.0.2', '10.3.0.1', beat));
    expect(permitsOf(proposeConduits(set, PLAN))).toEqual(['HIST > SCADA-A+SCADA-B mssql']);
  });

  it('shared-service opens an infrastructure server to a zone that uses it', () => {
    const dns = { transport: 'udp', port: 53, service: 'dns' };
    const proposal = proposeConduits(seen(conversation('10.1.0.1', '10.4.0.2', dns), conversation('10.1.0.2', '10.4.0.2', dns)), PLAN);
    expect(permitsOf(proposal)).toEqual(['PLC-1+PLC-2+PLC-3+PLC-4 > DC DNS']);
  });

  it('groups never mix OPC UA security', () => {
    const secure = [['opcua.mode', 'Sign'], ['opcua.policy', 'http://x#Basic256Sha256']] as const;
    const open = [['opcua.mode', 'None'], ['opcua.policy', 'http://x#None']] as const;
    const ua = (server: string, facts: typeof secure | typeof open): Conversation => conversation('10.3.0.1', server, { port: 4840, service: 'opcua', facts, operations: [namedOperation('opcua', 631, 'Read', 'read')] });
    const proposal = proposeConduits(seen(ua('10.1.0.1', secure), ua('10.1.0.2', secure), ua('10.1.0.3', secure), ua('10.1.0.4', open)), PLAN);
    for (const { permit } of proposal.permits) expect(permit.to.assets.includes('PLC-4')).toBe(permit.opcua?.securityModes.includes('None'));
  });

  it('maintenance is on demand, and only where the station was seen', () => {
    const sessions = (days: readonly number[]): ReturnType<typeof observations> => seen(modbus('10.5.0.1', '10.1.0.1', [{ code: 90, days: days.map((day) => MONDAY + day) }]));
    const often = proposeConduits(sessions([0, 5, 9, 14, 20]), PLAN);
    expect(permitsOf(often)).toEqual(['EWS > PLC-1 Modbus/TCP FC 90', 'EWS > PLC-2+PLC-3+PLC-4 Modbus/TCP FC 90 on demand']);
    expect(often.permits[1].permit).toMatchObject({ decision: 'pending', evidence: { days: 0, generalisedBy: ['maintenance'], neverSeen: 3 } });
    const seldom = proposeConduits(sessions([0, 5, 9]), PLAN);
    expect(permitsOf(seldom)).toEqual(['EWS > PLC-1+PLC-2+PLC-3+PLC-4 Modbus/TCP FC 90 on demand']);
    expect(seldom.permits[0]).toMatchObject({ permit: { decision: 'pending', evidence: { days: 3, neverSeen: 3 } }, question: { kind: 'engineering' }, days: [MONDAY, MONDAY + 5, MONDAY + 9] });
    expect(seldom.permits[0].question?.sentence).toContain('2026-01-05, 2026-01-10, 2026-01-14');
    expect(permitsOf(proposeConduits(sessions([0, 5, 9]), PLAN, { ...DEFAULT_CONDUIT_OPTIONS, maintenance: false }))).toEqual(['EWS > PLC-1 Modbus/TCP FC 90']);
  });

  it('maintenance opens no server whose services are read because another one encrypts them, and adds nothing beside an open Permit', () => {
    const secure = [['opcua.mode', 'SignAndEncrypt'], ['opcua.policy', 'http://x#Basic256Sha256'], ['opcua.encrypted', 'MSG']] as const;
    const open = [['opcua.mode', 'None'], ['opcua.policy', 'http://x#None']] as const;
    const browse = [namedOperation('opcua', 527, 'Browse', 'browse')];
    const ua = (server: string, facts: typeof secure | typeof open): Conversation => conversation('10.5.0.1', server, { port: 4840, service: 'opcua', facts, operations: facts === open ? browse : [] });
    const { permits } = proposeConduits(seen(ua('10.1.0.1', secure), ua('10.1.0.2', open)), PLAN);
    const letsThrough = (plc: string): string[] => permits.flatMap(({ permit }) => (permit.to.assets.includes(plc) ? [`${permit.access.join(',') || 'any'} ${permit.opcua?.securityPolicies.join(',')}`] : [])).sort();
    expect(letsThrough('PLC-1')).toEqual(['any Basic256Sha256']);
    expect(letsThrough('PLC-2')).toEqual(['browse None']);
  });

  it('grants no None to who only asks for the endpoints without security, and to who asks nothing else no session', () => {
    const none = [['opcua.mode', 'None'], ['opcua.policy', 'http://x#None']] as const;
    const discovery = ['OpenSecureChannel', 'GetEndpoints', 'CloseSecureChannel'].map((name, code) => namedOperation('opcua', code, `${name}Request`, 'browse'));
    const grantOf = (facts: readonly (readonly [string, string])[]) =>
      proposeConduits(seen(conversation('10.5.0.1', '10.1.0.1', { port: 4840, service: 'opcua', facts, operations: discovery })), PLAN, EXACT).permits.map(({ permit }) => permit.opcua);
    expect(grantOf([...none, ['opcua.policy', 'http://x#Basic256Sha256'], ['opcua.encrypted', 'MSG']])).toEqual([{ services: [], securityModes: ['SignAndEncrypt'], securityPolicies: ['Basic256Sha256'] }]);
    expect(grantOf([...none, ['opcua.mode', 'Sign'], ['opcua.policy', 'http://x#Basic256Sha256'], ['opcua.encrypted', 'MSG']])).toMatchObject([{ securityModes: ['Sign', 'SignAndEncrypt'], securityPolicies: ['Basic256Sha256'] }]);
    expect(grantOf(none)).toEqual([{ services: ['CloseSecureChannel', 'GetEndpoints', 'OpenSecureChannel'], securityModes: ['None'], securityPolicies: ['None'] }]);
    expect(proposeConduits(seen(conversation('10.5.0.1', '10.1.0.1', { port: 4840, service: 'opcua', facts: none, operations: discovery })), PLAN).permits[0].permit.opcua?.services).toEqual(['CloseSecureChannel', 'FindServers', 'GetEndpoints', 'OpenSecureChannel']);
  });

  it('names SignAndEncrypt beside the modes that were read, where messages were encrypted too', () => {
    expect(proposeConduits(seen(conversation('10.5.0.1', '10.1.0.1', { port: 4840, service: 'opcua', facts: [['opcua.mode', 'None'], ['opcua.mode', 'Sign'], ['opcua.encrypted', 'MSG']] })), PLAN).permits[0].permit.opcua?.securityModes).toEqual(['None', 'Sign', 'SignAndEncrypt']);
  });

  it('poll-area reads one area on all controllers that a client reads in a zone, and no other pair', () => {
    const set = seen(modbus('10.4.0.1', '10.1.0.1', [{ code: 3, ranges: [[0, 9]] }]), modbus('10.4.0.1', '10.1.0.2', [{ code: 4, unit: 255, ranges: [[500, 509]] }]));
    const [{ permit }, ...others] = proposeConduits(set, PLAN).permits;
    expect(others).toEqual([]);
    expect(permit.to.assets).toEqual(['PLC-1', 'PLC-2']);
    expect(permit.modbus).toMatchObject({ functionCodes: [3, 4], unitIds: [1, 255] });
    expect(permit.evidence).toMatchObject({ generalisedBy: ['poll-area'], neverSeen: 6 });
  });

  it('a gateway keeps its own unit ids', () => {
    const set = seen(modbus('10.4.0.1', '10.1.0.1', [{ code: 3, unit: 1 }]), modbus('10.4.0.1', '10.1.0.2', [{ code: 3, unit: 7 }, { code: 3, unit: 9 }]));
    expect(proposeConduits(set, PLAN).permits.map(({ permit }) => [permit.to.assets, permit.modbus?.unitIds])).toEqual([[['PLC-1'], [1]], [['PLC-2'], [7, 9]]]);
  });

  it('set-point-area: what an operator station writes on most of what it reads is no rare write', () => {
    const write = (plc: number, at: number, days?: number[]): Conversation => modbus('10.3.0.1', `10.1.0.${plc}`, [{ code: 6, ranges: [[at, at]], ...(days === undefined ? {} : { days }) }]);
    const permits = proposeConduits(seen(write(1, 10), write(2, 20), write(3, 30), write(4, 15, [MONDAY])), PLAN).permits;
    expect(permits).toHaveLength(1);
    expect(permits[0]).toMatchObject({ question: null, permit: { to: { assets: ['PLC-1', 'PLC-2', 'PLC-3', 'PLC-4'] }, modbus: { ranges: [{ access: 'write', first: 10, last: 30 }] } } });
  });

  it('set-point-area: writes whose addresses were cut off have none, and stay as they were seen', () => {
    const write = (plc: number): Conversation => modbus('10.3.0.1', `10.1.0.${plc}`, [{ code: 6, ranges: [] }]);
    const proposal = proposeConduits(seen(write(1), write(2), write(3), modbus('10.3.0.1', '10.1.0.4')), PLAN);
    expect(proposal.rules.map((use) => use.rule)).not.toContain('set-point-area');
    expect(proposal.permits.flatMap(({ permit }) => (permit.access.includes('write') ? permit.to.assets : [])).sort()).toEqual(['PLC-1', 'PLC-2', 'PLC-3']);
  });

  it('array-stride leaves a single write where it is', () => {
    const at = (...ranges: [number, number][]): unknown => proposeConduits(seen(modbus('10.4.0.1', '10.1.0.1', [{ code: 6, ranges }])), PLAN).permits[0].permit.modbus?.ranges;
    expect(at([5, 5])).toEqual([{ access: 'write', table: 'holding-register', first: 5, last: 5 }]);
    expect(at([105, 105], [140, 140])).toEqual([{ access: 'write', table: 'holding-register', first: 55, last: 190 }]);
  });

  it('steady services of the same clients and server share a Permit, by transport', () => {
    const ask = (port: number, service: string, transport = 'tcp'): Conversation => conversation('10.5.0.1', '10.4.0.2', { port, service, transport });
    const permits = proposeConduits(seen(ask(88, 'kerberos'), ask(389, 'ldap'), ask(53, 'dns', 'udp'), ask(123, 'ntp', 'udp'), conversation('10.5.0.1', '10.4.0.1', { port: 445, service: 'smb' })), PLAN).permits;
    expect(permits.filter(({ permit }) => !permit.conditions.onDemand).map(({ permit }) => [permit.service.protocol, permit.service.transport, permit.service.ports.map(({ first }) => first)]).sort()).toEqual([
      ['DNS, NTP', 'udp', [53, 123]], ['Kerberos, LDAP', 'tcp', [88, 389]], ['SMB', 'tcp', [445]],
    ]);
  });

  it('business traffic with the Internet is one Permit a service', () => {
    const web = { port: 443, service: 'https' };
    const proposal = proposeConduits(seen(conversation('10.8.0.1', '93.184.216.34', web), conversation('10.8.0.2', '93.184.216.35', web)), PLAN);
    expect(permitsOf(proposal)).toEqual(['ENT > EXT HTTPS']);
    expect(proposal.rules.map((use) => use.rule)).toEqual(['outside-iacs']);
  });
});

describe('the decision queue', () => {
  const questionOf = (...conversations: Conversation[]): (string | undefined)[] => proposeConduits(seen(modbus('10.4.0.1', '10.2.0.9'), ...conversations), PLAN).permits.map(({ question }) => question?.kind).filter((kind) => kind !== undefined);

  it.each([
    ['a job of one day', modbus('10.4.0.1', '10.1.0.1', [{ code: 3, days: [MONDAY + 3] }]), 'rare'],
    ['a laptop', modbus('10.7.0.1', '10.1.0.1', [{ code: 3, days: [MONDAY + 3] }]), 'temporary-device'],
    ['a write into safety', modbus('10.3.0.1', '10.6.0.1', [{ code: 16 }]), 'into-safety'],
    ['an office PC at a controller', modbus('10.8.0.1', '10.1.0.1'), 'enterprise-to-control'],
    ['a controller and the Internet', conversation('10.1.0.1', '93.184.216.34', { port: 443, service: 'https' }), 'internet'],
    ['one cell asks another', modbus('10.1.0.1', '10.2.0.9'), 'cross-cell'],
    ['Modbus that nobody could read', conversation('10.4.0.1', '10.1.0.1', { service: 'modbus' }), 'unreadable'],
  ])('%s', (_, odd, kind) => {
    expect(questionOf(odd)).toContain(kind);
  });

  describe('a visit', () => {
    const pages = { rhythm: [{ count: 900, meanMs: 1000 }] };
    const look = (client: string, server: string, days: readonly number[], asked: object = pages): Conversation => modbus(client, server, [{ code: 3, days: days.map((day) => MONDAY + day) }], asked);
    const from = (...conversations: Conversation[]): ConduitProposal => proposeConduits(seen(modbus('10.4.0.1', '10.2.0.9'), ...conversations), PLAN);

    it.each([
      ['a cell looks at another, once', look('10.1.0.1', '10.2.0.9', [3]), 'a look from another cell'],
      ['the office at a controller, once', look('10.8.0.1', '10.1.0.1', [3], {}), 'the office at a device of a cell, past the DMZ'],
    ])('%s: set aside with its date, and let through by nothing', (_, visit, reason) => {
      const proposal = from(visit);
      expect(proposal.permits.filter(({ permit }) => permit.from.assets.length > 0 && permit.from.zone !== 'OPS')).toEqual([]);
      expect(proposal.setAside).toMatchObject([{ client: visit.client, servers: [visit.server], reason, question: expect.stringContaining('Seen on 2026-01-08.') as unknown }]);
      const loaded = parseSpec(writeSpec(proposal), 'spec.yaml').loaded!;
      expect(diffSpec(loaded, seen(modbus('10.4.0.1', '10.2.0.9'), visit))).toEqual([]);
      expect(loaded.spec.set_aside?.[0]).toMatchObject({ decision: 'pending', reason });
    });

    it.each([
      ['more often than a day a fortnight', [look('10.1.0.1', '10.2.0.9', [3, 9, 16])]],
      ['a single question', [look('10.1.0.1', '10.2.0.9', [3], { rhythm: [] })]],
      ['a whole day', [look('10.1.0.1', '10.2.0.9', [3], { rhythm: [{ count: 40000, meanMs: 1000 }] })]],
      ['a write', [modbus('10.1.0.1', '10.2.0.9', [{ code: 3, days: [MONDAY + 3] }, { code: 6, days: [MONDAY + 3] }], pages)]],
      ['another of its kind does it always', [look('10.1.0.1', '10.2.0.9', [3]), modbus('10.1.0.2', '10.2.0.9')]],
    ])('%s is none', (_, conversations) => {
      expect(from(...conversations).setAside).toEqual([]);
    });
  });

  it('lets what is rare through until somebody decides, with its dates', () => {
    const [{ permit, question }] = proposeConduits(seen(modbus('10.4.0.1', '10.1.0.1', [{ code: 3, days: [MONDAY + 3, MONDAY + 20] }])), PLAN).permits;
    expect(permit.decision).toBe('pending');
    expect(question?.sentence).toContain('2026-01-08, 2026-01-25');
  });

  it('lets a temporary device through until it left, on demand', () => {
    const [{ permit }] = proposeConduits(seen(modbus('10.7.0.1', '10.1.0.1', [{ code: 3, days: [MONDAY + 3, MONDAY + 4] }])), PLAN).permits;
    expect(permit.conditions).toMatchObject({ onDemand: true, expires: '2026-01-09' });
  });

  it('finds the regime of a weekly job', () => {
    const sundays = [MONDAY + 6, MONDAY + 13, MONDAY + 20, MONDAY + 27];
    const set = seen(conversation('10.4.0.2', '10.1.0.1', { port: 445, service: 'smb', days: sundays }));
    expect(proposeConduits(set, PLAN).permits[0].regime).toBe('weekly, on Sundays (UTC)');
  });
});

/** Any traffic between the plant's assets. */
const anyTraffic = fc.array(fc.record({
  client: fc.constantFrom(...ASSETS.map((asset) => asset.addresses[0])),
  server: fc.constantFrom(...ASSETS.map((asset) => asset.addresses[0])),
  kind: fc.constantFrom('modbus', 'opcua', 'secure', 'https', 'dns', 's7'),
  code: fc.constantFrom(1, 3, 4, 5, 6, 16, 8, 90),
  unit: fc.nat(4),
  first: fc.nat(300),
  length: fc.nat(40),
  days: fc.uniqueArray(fc.nat(27), { minLength: 1, maxLength: 28 }),
  dropped: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
}), { minLength: 1, maxLength: 40 });

const build = (list: typeof anyTraffic extends fc.Arbitrary<infer T> ? T : never): { set: ReturnType<typeof observations>; plan: typeof PLAN } => {
  const dropped: { conversation: number; why: string }[] = [];
  const conversations = list.filter((one) => one.client !== one.server).map((one, i) => {
    const days = one.days.map((day) => MONDAY + day).sort((a, b) => a - b);
    if (one.dropped) dropped.push({ conversation: i + 1, why: 'scan' });
    if (one.kind === 'modbus') return modbus(one.client, one.server, [{ code: one.code, unit: one.unit, ranges: [[one.first, one.first + one.length]], days }, { code: 3, unit: one.unit, ranges: [[one.first + 60, one.first + 61]], days }]);
    if (one.kind === 'opcua') return conversation(one.client, one.server, { port: 4840, service: 'opcua', days, facts: [['opcua.mode', 'Sign'], ['opcua.policy', 'x#Basic256Sha256']], operations: [namedOperation('opcua', 631, one.code > 5 ? 'Write' : 'Read', one.code > 5 ? 'write' : 'read', days)] });
    if (one.kind === 'secure') return conversation(one.client, one.server, { port: 4840, service: 'opcua', days, facts: [['opcua.policy', 'x#Basic256Sha256'], ['opcua.encrypted', 'MSG']] });
    if (one.kind === 's7') return conversation(one.client, one.server, { port: 102, service: 's7comm', days, operations: [namedOperation('s7comm', 4, one.code > 5 ? 'Write Var' : 'Read Var', one.code > 5 ? 'write' : 'read', days)] });
    return conversation(one.client, one.server, one.kind === 'dns' ? { transport: 'udp', port: 53, service: 'dns', days } : { port: 443, service: 'https', days });
  });
  return { set: observations(conversations, daysFrom(MONDAY, 28)), plan: { ...PLAN, dropped } };
};

/** A signed session that is set aside, beside an encrypted one: the rule for that demands more, and lets nothing of the other through. */
const ASIDE_AND_SAFER = ([['opcua', true], ['secure', false]] as const).map(([kind, dropped]) => ({ client: '10.1.0.2', server: '10.3.0.2', kind, code: 1 as const, unit: 0, first: 0, length: 0, days: [0], dropped }));

describe('whatever was seen', () => {
  it.each([['generalised', DEFAULT_CONDUIT_OPTIONS], ['exact', EXACT]] as const)('the %s proposal loads, proves, and its diff on its own store is empty', (_, options) => {
    fc.assert(fc.property(anyTraffic, (list) => {
      const { set, plan } = build(list);
      const yaml = writeSpec(proposeConduits(set, plan, options));
      const { loaded, problems } = parseSpec(yaml, 'proposal.yaml');
      expect(problems).toEqual([]);
      if (loaded === null) return;
      expect(diffSpec(loaded, set).map((finding) => `${finding.type} ${finding.title} ${finding.detail}`)).toEqual([]);
      expect(proveProposal(loaded, set).faults.filter((fault) => fault.claim !== 'witness')).toEqual([]);
    }), { numRuns: 150, examples: [[ASIDE_AND_SAFER]] });
  });

  it('the proposal does not depend on the order of conversations', () => {
    fc.assert(fc.property(anyTraffic, (list) => {
      const { set, plan } = build(list);
      const reversed = { ...set, conversations: [...set.conversations].reverse() };
      expect(writeSpec(proposeConduits(reversed, plan))).toBe(writeSpec(proposeConduits(set, plan)));
    }), { numRuns: 40 });
  });

  it('an exact proposal lets nothing through that was never seen', () => {
    fc.assert(fc.property(anyTraffic, (list) => {
      const { set, plan } = build(list);
      for (const { permit, registersNeverSeen } of proposeConduits(set, plan, EXACT).permits) {
        expect(permit.evidence?.neverSeen).toBe(0);
        expect(registersNeverSeen).toBe(0);
      }
    }), { numRuns: 60 });
  });
});
