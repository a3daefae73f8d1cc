/** Our own output, read back, lets through exactly what the loss report says: nothing wider, nothing narrower. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { LossRow, Mode, Plan } from '../../src/export/exporter.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { linesOf, stated, type ReadRule } from './parse-back/effects.ts';
import { readAsa } from './parse-back/cisco-asa.ts';
import { readEagle, readFtd, readJson, readMud, readTable, readTofino, type MudDevice } from './parse-back/sheets.ts';
import { readFortios } from './parse-back/fortios.ts';
import { readNftables } from './parse-back/nftables.ts';
import { readOpenconfigAcl } from './parse-back/openconfig-acl.ts';
import { readPanos } from './parse-back/panos.ts';
import { parseSpan, setContains } from '../../src/net/address-set.ts';
import { formatAddress } from '../../src/export/ip-notation.ts';
import { letsThrough, type Flow } from '../../src/export/permit-judge.ts';
import { hostilePlan, loggedPlan, plantPlan } from './plant.ts';
import { sampleFlows, sampleRequests } from './sample-flows.ts';

const IDS = Object.fromEntries([1, 3, 4, 5, 6, 8, 15, 16, 17, 23, 43].map((code) => [`modbus:${code}`, code === 5 ? 48885 : 90_000 + code]));

const READERS: readonly [target: string, file: string, read: (text: string, mode: Mode) => ReadRule[]][] = [
  ['nftables', 'baseline.nft', readNftables],
  ['cisco-asa', 'baseline-asa.cfg', readAsa],
  ['fortios', 'baseline-fortios.conf', readFortios],
  ['panos', 'baseline-panos.set', readPanos],
  ['openconfig-acl', 'openconfig-acl.json', readOpenconfigAcl],
];

const PLANS: readonly [name: string, plan: Plan][] = [['the plant', plantPlan()], ['the plant with hostile names', hostilePlan()], ['the plant, logged', loggedPlan(plantPlan())]];

for (const [target, file, read] of READERS)
  for (const [name, plan] of PLANS)
    for (const mode of ['monitor', 'enforce'] as const)
      test(`${target}, ${mode}: ${name}`, () => {
        const result = exportPlan(exporterOf(target), plan, { mode, allowWider: true });
        const text = result.files.find((one) => one.path === file)?.content as string;
        const rules = linesOf(read(text, mode));
        expect(rules).toEqual(stated(result.losses));
        expect(rules.length).toBeGreaterThan(8);
        expect(new Set(rules).size, 'no rule stands twice').toBe(rules.length);
      });

/** Flows at the corners of a rule. */
const corners = (rule: ReadRule, plan: Plan): Flow[] => {
  const ends = (spans: ReadRule['client']): string[] => spans.flatMap((span) => [formatAddress(span.family, span.first), formatAddress(span.family, span.last)]);
  const port = Number(rule.ports[0]?.split('-')[0] ?? 0);
  const requests = rule.modbus === null ? [null] : sampleRequests(plan);
  return ends(rule.client).flatMap((client) => ends(rule.server).flatMap((server) => requests.map((modbus) => ({ client, server, transport: rule.transport, port, modbus }))));
};

for (const [target, file, read] of READERS)
  test(`${target}: take any rule away, and something that it alone lets through is blocked`, () => {
    const plan = plantPlan();
    const result = exportPlan(exporterOf(target), plan, { mode: 'enforce', allowWider: true });
    const rules = read(result.files.find((one) => one.path === file)?.content as string, 'enforce').map((rule) => ({ ...rule, schedule: '' }));
    rules.forEach((rule, index) => {
      // A rule that holds only at times is no stand-in for one that always holds.
      const others = rules.filter((other, at) => at !== index && other.windows.length === 0 && other.expires === '' && !other.onDemand);
      const witness = corners(rule, plan).find((flow) => letsThrough([rule], flow) && !letsThrough(others, flow));
      expect(witness, JSON.stringify(linesOf([rule]))).toBeDefined();
    });
    expect(rules.length).toBeGreaterThan(8);
  });

type Files = ReadonlyMap<string, string>;

const SHEETS: readonly [target: string, read: (files: Files, mode: Mode) => ReadRule[]][] = [
  ['hirschmann-eagle', readEagle],
  ['tofino', readTofino],
  ['csv', readTable],
  ['json', readJson],
];

const filesOf = (target: string, plan: Plan, mode: Mode): { files: Files; losses: readonly LossRow[] } => {
  const result = exportPlan(exporterOf(target), plan, { mode, allowWider: true });
  return { files: new Map(result.files.map((file) => [file.path, typeof file.content === 'string' ? file.content : ''])), losses: result.losses };
};

for (const [target, read] of SHEETS)
  for (const [name, plan] of PLANS)
    for (const mode of ['monitor', 'enforce'] as const)
      test(`${target}, ${mode}: ${name}`, () => {
        const { files, losses } = filesOf(target, plan, mode);
        // Two Permits of one pair share a profile there: the same line twice says nothing more than once.
        const lines = [...new Set(linesOf(read(files, mode)))];
        expect(lines).toEqual([...new Set(stated(losses))]);
        expect(lines.length).toBeGreaterThan(8);
      });

test('cisco-ftd: the worksheet holds addresses, ports and times; what Snort adds is tested by its rules', () => {
  for (const [, plan] of PLANS) {
    const { files, losses } = filesOf('cisco-ftd', plan, 'enforce');
    const withoutModbus = losses.map((row) => ({ ...row, effects: row.effects.map((effect) => ({ ...effect, modbus: null })) }));
    expect(linesOf(readFtd(files))).toEqual(stated(withoutModbus));
  }
});

/** Passes where the file of each end that has one lets it; null where neither has. */
const mudPasses = (devices: readonly MudDevice[], flow: Flow): boolean | null => {
  const ends = [flow.client, flow.server].flatMap((address) => parseSpan(address) ?? []);
  const described = devices.filter(({ own }) => ends.some((end) => setContains(own, end)));
  return described.length === 0 ? null : described.every(({ rules }) => letsThrough(rules.map((rule) => ({ ...rule, schedule: '' })), flow));
};

const isWithinZone = (plan: Plan, flow: Flow): boolean => {
  const [client, server] = [parseSpan(flow.client), parseSpan(flow.server)];
  return client !== null && server !== null && plan.zones.some(({ addresses }) => setContains(addresses, client) && setContains(addresses, server));
};

test('mud: what the files of both ends let through is what the Permits name', () => {
  for (const [, plan] of PLANS) {
    const { files, losses } = filesOf('mud', plan, 'enforce');
    const devices = readMud(files);
    const effects = losses.flatMap((row) => row.effects);
    let passed = 0;
    for (const flow of sampleFlows(plan)) {
      // A ping has no direction in MUD; the loss report says so.
      const back = flow.transport === 'icmp' && letsThrough(effects, { ...flow, client: flow.server, server: flow.client });
      const pass = mudPasses(devices, flow);
      if (pass === null) continue;
      if (pass !== (letsThrough(effects, flow) || back || isWithinZone(plan, flow))) expect.fail(`${pass ? 'passes' : 'is blocked'}: ${JSON.stringify(flow)}`);
      if (pass) passed++;
    }
    expect(passed).toBeGreaterThan(30);
  }
});

test('fortios with the signature ids of a device inspects Modbus functions', () => {
  const result = exportPlan(exporterOf('fortios'), plantPlan(), { mode: 'enforce', allowWider: true, applicationIds: IDS });
  const text = result.files.find((one) => one.path === 'baseline-fortios.conf')?.content as string;
  const modbus = result.losses.find((row) => row.permit === 'K1-DIAG');
  expect(modbus?.verdict).toBe('enforced');
  expect(text).toContain('set application-list');
  const lines = linesOf(readFortios(text, 'enforce', IDS));
  // Cells of the pair that two Permits share carry the functions of both; every other rule is the Permit's own.
  const own = stated(result.losses);
  expect(lines.filter((line) => !own.includes(line)).map((line) => line.split(' | ').slice(0, 5).join(' | '))).toEqual([
    '192.168.30.5,192.168.30.9 | 192.168.10.11-192.168.10.12,192.168.10.21-192.168.10.32 | tcp | 502 | fc 1,3,4 units  ranges ',
    '192.168.30.6 | 192.168.10.11 | tcp | 502 | fc 1,3,4,6,16,23 units  ranges ',
    '192.168.30.6 | 192.168.10.12,192.168.10.21-192.168.10.32 | tcp | 502 | fc 1,3,4 units  ranges ',
  ]);
});
