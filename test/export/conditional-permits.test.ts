/**
 * Permits of one pair that hold at different times. The written configuration of each target is read
 * back and judged as its device does, at each time and with each switch on or off: it passes what the Permits say that hold
 * then, what it passes beyond is what the loss report says, and the simulation says the same.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { Effect, LossRow, ModbusEffect } from '../../src/export/exporter.ts';
import { passesNoMore, requiredModbus, widestEffect } from '../../src/export/modbus/scope.ts';
import { letsThrough, type Flow } from '../../src/export/permit-judge.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { semanticsOf, writtenBy } from '../../src/export/simulated-target.ts';
import { modbusJudge } from '../../src/policy/match/modbus-effect.ts';
import { contextOf } from '../../src/policy/diff/context.ts';
import { simulate } from '../../src/policy/simulate.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { modbus, MONDAY, observations } from '../policy/observed.ts';
import type { ReadRule } from './parse-back/effects.ts';
import { holdsAt, IDS, JUDGES, type Moment } from './parse-back/judges.ts';
import { readFtd } from './parse-back/sheets.ts';

const CODES = [3, 5, 6, 16];
const SUNDAYS = 'schedule: {days: [sun], start: "06:00", end: "18:00"}';
const WEEKENDS = 'schedule: {days: [sat, sun], start: "06:00", end: "18:00"}';
const DATED = 'expires: "2026-06-30"';

/** By server: Permits by name, function code and conditions. */
const PAIRS: Readonly<Record<string, readonly (readonly [id: string, code: number, conditions: string])[]>> = {
  '10.20.0.1': [['DEMAND', 16, 'on_demand: true'], ['READ-1', 3, '']],
  '10.20.0.2': [['READ-2', 3, ''], ['SUNDAY', 16, SUNDAYS]],
  '10.20.0.3': [['DATED', 6, DATED], ['READ-3', 3, '']],
  '10.20.0.4': [['READ-4', 3, ''], ['WEEKEND', 6, WEEKENDS], ['WITHIN', 16, SUNDAYS]],
  '10.20.0.5': [['READ-5', 3, ''], ['WEDNESDAY', 6, 'schedule: {days: [wed], start: "06:00", end: "18:00"}'], ['OTHER-DAY', 16, SUNDAYS]],
  '10.20.0.6': [['SUNDAY-6', 6, SUNDAYS], ['DEMAND-6', 16, 'on_demand: true'], ['READ-6', 3, '']],
  '10.20.0.7': [['SUNDAY-7', 6, SUNDAYS], ['DATED-7', 16, DATED], ['READ-7', 3, '']],
  '10.20.0.8': [['FIRST', 6, 'on_demand: true'], ['SECOND', 16, 'on_demand: true'], ['READ-8', 3, '']],
  '10.20.0.9': [['ALONE', 16, SUNDAYS], ['SWITCHED', 6, `on_demand: true, ${SUNDAYS}`]],
};

const loaded = loadText(`
zones:
  - {zone_id: CELL, name: c, networks: [10.20.0.0/24], assets: [${Object.keys(PAIRS).map((ip, index) => `{asset_id: PLC-${index + 1}, ip: [${ip}]}`).join(', ')}]}
  - {zone_id: OPS, name: o, networks: [10.30.0.0/24], assets: [{asset_id: EWS, ip: [10.30.0.2]}]}
conduits:
  - conduit_id: C
    connects: [CELL, OPS]
    mode: enforce
    protocols_allowed:
${Object.values(PAIRS).flatMap((permits, index) => permits.map(([id, code, conditions]) =>
  `      - {rule_id: ${id}, protocol: Modbus/TCP, client: {zone: OPS, assets: [EWS]}, server: {zone: CELL, assets: [PLC-${index + 1}]}, modbus: {function_codes: [${code}]}${conditions === '' ? '' : `, ${conditions}`}}`)).join('\n')}
`);
const plan = planOf(loaded, []);

type Timed = Pick<ReadRule, 'windows' | 'expires' | 'onDemand'>;

const DAYS = [[MONDAY + 2, 'wed', '2026-01-07'], [MONDAY + 5, 'sat', '2026-01-10'], [MONDAY + 6, 'sun', '2026-01-11'], [MONDAY + 212, 'wed', '2026-08-05'], [MONDAY + 216, 'sun', '2026-08-09']] as const;
/** At noon. */
const MOMENTS: readonly Moment[] = DAYS.flatMap(([day, weekday, date]) => [true, false].map((onDemand) => ({ day, weekday, date, hour: 12, onDemand })));

const timed = (effect: Effect): Effect & Timed => ({ ...effect, windows: effect.schedule === '' ? [] : [effect.schedule] });

/** What the Permits say, whatever a target holds of them. */
const DECLARED = plan.permits.map(({ permit, client, server }) => ({ id: permit.id, ...timed({
  client, server, transport: 'tcp', ports: ['502'], modbus: requiredModbus(permit),
  schedule: permit.conditions.days.length === 0 ? '' : `${permit.conditions.days.join()} 06:00-18:00`, expires: permit.conditions.expires ?? '', onDemand: permit.conditions.onDemand,
}) }));

const flowsOf = function* (): Generator<Flow> {
  for (const server of Object.keys(PAIRS))
    for (const functionCode of CODES) yield { client: '10.30.0.2', server, transport: 'tcp', port: 502, modbus: { unit: 1, functionCode, start: 0, quantity: 1 } };
};

const rowsBy = (losses: readonly LossRow[]): ReadonlyMap<string, LossRow> => new Map(losses.map((row) => [row.permit, row]));

for (const [target, judgeOf] of JUDGES)
  test(`${target}: at each time what holds then, and what the loss report and the simulation say`, () => {
    const { losses, files } = exportPlan(exporterOf(target), plan, { mode: 'enforce', allowWider: true, applicationIds: IDS });
    const passes = judgeOf(new Map(files.map(({ path, content }) => [path, content as string])));
    const written = writtenBy(target, plan, { applicationIds: IDS });
    const declared = DECLARED.filter(({ id }) => rowsBy(losses).get(id)!.verdict !== 'not-enforceable');
    const effects = losses.flatMap((row) => row.effects.map((effect) => ({ ...timed(effect), verdict: row.verdict })));
    for (const moment of MOMENTS)
      for (const flow of flowsOf()) {
        const passed = passes(moment, flow);
        const permitted = letsThrough(declared.filter(holdsAt(moment)), flow);
        const words = JSON.stringify([moment, flow.server, flow.modbus?.functionCode]);
        if (permitted) expect(passed, `blocked: ${words}`).toBe(true);
        const standing = effects.filter(holdsAt(moment));
        if (passed && !permitted) expect(letsThrough(standing.filter(({ verdict }) => verdict === 'widened'), flow), `wider than the loss report: ${words}`).toBe(true);
        expect(letsThrough(standing, flow), words).toBe(passed);
        const asked = modbus(flow.client, flow.server, [{ code: flow.modbus?.functionCode ?? 0, days: [moment.day], ranges: [[0, 0]] }]);
        const { counts } = simulate(contextOf(loaded, observations([asked])), semanticsOf(target)!, { written, onDemand: moment.onDemand });
        expect(counts.passed === 1, `simulated: ${words}`).toBe(passed);
      }
  });

const span = fc.tuple(fc.nat(5), fc.nat(2)).map(([first, size]) => `${first}-${first + size}`);
const effect = fc.record({ codes: fc.subarray([3, 16, 23], { minLength: 1 }), units: fc.subarray([1, 2]), spans: fc.array(span, { maxLength: 2 }), written: fc.array(span, { maxLength: 1 }) }).map(({ codes, units, spans, written }): ModbusEffect => ({
  functions: codes, units, ranges: codes.flatMap((code) => (code === 23 ? [...spans.map((text) => `23r:${text}`), ...written.map((text) => `23w:${text}`)] : spans.map((text) => `${code}:${text}`))),
}));

test('whether an effect lets through more than others do is what requests say', () => {
  const requests = [3, 16, 23].flatMap((code) => [1, 2, 9].flatMap((unit) =>
    Array.from({ length: 9 }, (_, first) => first).flatMap((first) => [1, 2, 4, 8, 65_000].flatMap((size) => (code === 23 ? [0, 3, 60_000] : [0]).map((at) => ({ code, unit, addresses: [{ access: 'read' as const, first, last: first + size - 1 }, { access: 'write' as const, first: code === 23 ? at : first, last: code === 23 ? at : first + size - 1 }] }))))));
  const merged = (one: ModbusEffect): ModbusEffect => widestEffect([one]);
  fc.assert(fc.property(fc.array(effect, { minLength: 1, maxLength: 3 }), effect, (drafts, other) => {
    const parts = drafts.map(merged);
    for (const whole of [widestEffect(parts), merged(other)]) {
      const beyond = requests.find(({ code, unit, addresses }) => modbusJudge(whole)(code, unit, addresses) && !parts.some((part) => modbusJudge(part)(code, unit, addresses)));
      // Few requests are tried, so that what they do not show may still be there.
      if (passesNoMore(whole, parts)) expect(beyond, JSON.stringify([whole, parts])).toBeUndefined();
      if (parts.length === 1 || parts.every((part) => JSON.stringify(part) === JSON.stringify(parts[0]))) expect(passesNoMore(widestEffect(parts), parts)).toBe(true);
    }
    for (const { code, unit, addresses } of requests)
      if (parts.some((part) => modbusJudge(part)(code, unit, addresses))) expect(modbusJudge(widestEffect(parts))(code, unit, addresses), JSON.stringify([code, unit, addresses, parts])).toBe(true);
  }), { numRuns: 300 });
  const read = (text: string): ModbusEffect => ({ functions: [3], units: [], ranges: [`3:${text}`] });
  const write: ModbusEffect = { functions: [16], units: [], ranges: [] };
  expect([passesNoMore(widestEffect([read('0-9'), write]), [read('0-9'), write]), passesNoMore(widestEffect([read('0-9'), read('20-29')]), [read('0-9'), read('20-29')])]).toEqual([true, true]);
  expect([passesNoMore(widestEffect([read('0-9'), read('10-19')]), [read('0-9'), read('10-19')]), passesNoMore({ ...write, functions: [3, 16] }, [read('0-9'), write])]).toEqual([false, false]);
});

/** What the rules of FTD let through of every Permit that they look into. */
const otherThan = (protocol: string): string => `what is no ${protocol} on its port`;

test('what one rule can hold exactly is enforced, and where only more will do it is said', () => {
  const verdicts = (target: string, ...ids: readonly string[]): string[] => {
    const rows = rowsBy(exportPlan(exporterOf(target), plan, { mode: 'enforce', applicationIds: IDS }).losses);
    return ids.map((id) => (rows.get(id)!.widenedTo === otherThan('Modbus/TCP') ? 'enforced in Modbus' : rows.get(id)!.verdict));
  };
  for (const target of ['fortios', 'cisco-ftd']) {
    // What is switched on or holds on Sundays hides what holds on other conditions, and so lets that through as well.
    expect([target, Object.values(PAIRS).flat().map(([id]) => id).filter((id) => !verdicts(target, id)[0].startsWith('enforced'))]).toEqual([target, ['DEMAND-6', 'SUNDAY-7']]);
  }
  // These hold no hours and no dates, which is each Permit's own loss.
  for (const target of ['hirschmann-eagle', 'tofino']) expect([target, verdicts(target, 'DEMAND', 'READ-1', 'READ-2', 'SUNDAY', 'DATED', 'READ-3')]).toEqual([target, ['enforced', 'enforced', 'enforced', 'widened', 'widened', 'enforced']]);
  for (const target of ['nftables', 'fortios']) expect([target, verdicts(target, 'DEMAND', 'READ-1', 'SUNDAY', 'READ-2')]).toEqual([target, ['enforced', 'enforced', 'enforced', 'enforced']]);
  expect(new Set(verdicts('cisco-ftd', 'DEMAND', 'READ-1', 'SUNDAY', 'READ-2'))).toEqual(new Set(['enforced in Modbus']));
});

test('the row of a rule that hides others says so, and which are switched on at once', () => {
  for (const target of ['fortios', 'cisco-ftd', 'hirschmann-eagle', 'tofino']) {
    const rows = rowsBy(exportPlan(exporterOf(target), plan, { mode: 'enforce', allowWider: true, applicationIds: IDS }).losses);
    const says = (id: string, text: string): boolean => rows.get(id)!.reasons.some((reason) => reason.includes(text));
    expect([target, says('DEMAND', 'stands before those of READ-1'), says('READ-1', 'stands before'), says('ALONE', 'stands before')]).toEqual([target, true, false, false]);
    expect([target, says('FIRST', 'switching it on lets through what SECOND does'), says('DEMAND', 'switching it on')]).toEqual([target, true, false]);
  }
});

test('cisco-ftd: an intrusion policy of its own only for what shares a pair with Permits of other times', () => {
  const contentOf = (ids: readonly string[]): ReadonlyMap<string, string> =>
    new Map(exportPlan(exporterOf('cisco-ftd'), { ...plan, permits: plan.permits.filter(({ permit }) => ids.includes(permit.id)) }, { mode: 'enforce', allowWider: true }).files.map(({ path, content }) => [path, content as string]));
  expect([...contentOf(['DEMAND', 'READ-2', 'WEEKEND']).keys()].filter((path) => path.endsWith('.rules'))).toEqual(['baseline-local.rules']);
  const shared = contentOf(['DEMAND', 'READ-1', 'WEEKEND']);
  expect([...shared.keys()].filter((path) => path.endsWith('.rules'))).toEqual(['baseline-local-2.rules', 'baseline-local.rules']);
  expect(readFtd(shared).map(({ intrusionPolicy }) => intrusionPolicy)).toEqual(['OTZ local rules 2', 'OTZ local rules', 'OTZ local rules']);
  expect(shared.get('README.md')).toContain('rule group "OTZ local rules 2"');
  expect(shared.get('rollback.txt')).toContain('"OTZ local rules", "OTZ local rules 2"');
  const sids = [...shared].filter(([path]) => path.endsWith('.rules')).flatMap(([, text]) => [...text.matchAll(/sid:(\d+)/g)].map(([, sid]) => sid));
  expect(new Set(sids).size).toBe(sids.length);
});

test('cisco-ftd: OPC UA services and CIP services go by their time too, and what is not inspected hides nothing', () => {
  const ends = 'client: {zone: OPS, assets: [EWS]}, server: {zone: CELL, assets: [PLC]}';
  const spec = (flows: readonly string[]) => planOf(loadText(`
zones:
  - {zone_id: CELL, name: c, networks: [10.20.0.0/24], assets: [{asset_id: PLC, ip: [10.20.0.1]}]}
  - {zone_id: OPS, name: o, networks: [10.30.0.0/24], assets: [{asset_id: EWS, ip: [10.30.0.2]}]}
conduits:
  - conduit_id: C
    connects: [CELL, OPS]
    protocols_allowed:
${flows.map((flow) => `      - {${flow}, ${ends}}`).join('\n')}
`), []);
  const exported = (flows: readonly string[]) => {
    const { files, losses } = exportPlan(exporterOf('cisco-ftd'), spec(flows), { mode: 'enforce', allowWider: true });
    return { files: new Map(files.map(({ path, content }) => [path, content as string])), rows: rowsBy(losses) };
  };
  const read = 'rule_id: READ, protocol: OPC UA, opcua: {security_mode: [Sign], services: [Read]}';
  const write = 'rule_id: WRITE, protocol: OPC UA, opcua: {security_mode: [Sign], services: [Write]}, on_demand: true';
  const call = `rule_id: CALL, protocol: OPC UA, opcua: {security_mode: [Sign], services: [Call]}, ${SUNDAYS}`;
  const { files, rows } = exported([read, write, call]);
  const stops = (path: string): boolean[] => ['Read', 'Write', 'Call', 'Browse'].map((service) => files.get(path)!.includes(`opcua_msg_service:${service}Request;`));
  expect(readFtd(files).map(({ intrusionPolicy }) => intrusionPolicy)).toEqual(['OTZ local rules 2', 'OTZ local rules 3', 'OTZ local rules']);
  expect(['baseline-local-2.rules', 'baseline-local-3.rules', 'baseline-local.rules'].map(stops)).toEqual([[false, false, false, true], [false, true, false, true], [false, true, true, true]]);
  expect(rows.get('WRITE')!.widenedTo).toContain('what CALL lets through, while this rule holds');
  expect([rows.get('WRITE')!.holds.opcuaService, rows.get('CALL')!.holds.opcuaService, rows.get('READ')!.widenedTo.includes('lets through')]).toEqual([false, true, false]);

  const identity = 'rule_id: ID, protocol: EtherNet/IP, cip: {services: [1]}';
  const reset = 'rule_id: RESET, protocol: EtherNet/IP, cip: {services: [5]}, on_demand: true';
  const cip = exported([identity, reset]);
  expect([cip.rows.get('ID')!.widenedTo, cip.rows.get('RESET')!.widenedTo]).toEqual([otherThan('EtherNet/IP'), otherThan('EtherNet/IP')]);
  expect(['baseline-local-2.rules', 'baseline-local.rules'].map((path) => [1, 5, 6].map((service) => cip.files.get(path)!.includes(`cip_service:${service};`)))).toEqual([[false, false, true], [false, true, true]]);

  // Anything on demand, and always function code 3: whatever is switched on passes, and nothing more when it is not.
  const any = exported(['rule_id: FC3, protocol: Modbus/TCP, modbus: {function_codes: [3]}', 'rule_id: ANY, protocol: Modbus/TCP, on_demand: true']);
  expect(readFtd(any.files).map(({ onDemand, intrusionPolicy }) => [onDemand, intrusionPolicy])).toEqual([[true, 'none'], [false, 'OTZ local rules']]);
  expect(any.files.get('baseline-local.rules')).toContain('modbus_func:write_multiple_registers;');
  const always = exported(['rule_id: FC3, protocol: Modbus/TCP, modbus: {function_codes: [3]}, on_demand: true', 'rule_id: ANY, protocol: Modbus/TCP']);
  expect(always.files.get('baseline-local.rules')).not.toContain('modbus_func');
});
