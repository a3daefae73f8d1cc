/** Findings into the spec, asked one by one and by id: what was accepted is written, the rest and every comment stay. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { acceptIntoSpec, type UpdateWish } from '../../src/commands/diff-update.ts';
import { BaselineError, EXIT } from '../../src/errors.ts';
import { diffSpec } from '../../src/policy/diff/diff.ts';
import { acceptFindings } from '../../src/policy/edit/accept.ts';
import { loadSpec, type LoadedSpec } from '../../src/policy/spec/load.ts';
import { conversation, modbus, observations } from '../policy/observed.ts';
import { runLine } from './command-line.ts';
import { setStage, textOf } from './main-stage.ts';

const SPEC = `# signed in spring
zones:
  - {zone_id: CELL, name: Cell, kind: control, assets: [{asset_id: PLC, role: plc, ip: [10.2.0.1]}]} # filters
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: HIST, role: historian, ip: [10.3.0.1]}, {asset_id: DC, role: infrastructure, ip: [10.3.0.2]}]}
conduits:
  - conduit_id: C1
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: NTP, protocol: NTP, transport: udp, port: 123, client: {zone: CELL, assets: [PLC]}, server: {zone: OPS, assets: [DC]}} # the clock
`;
const set = observations([
  conversation('10.2.0.1', '10.3.0.2', { transport: 'udp', port: 123, service: 'ntp' }), modbus('10.3.0.1', '10.2.0.1', [{ code: 3, ranges: [[0, 9]] }]), modbus('10.3.0.2', '10.2.0.1', [{ code: 6, ranges: [[7, 7]] }]),
]);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'baseline-update-'));
});

const specFile = (name: string): LoadedSpec => {
  const file = path.join(folder, name);
  writeFileSync(file, SPEC);
  return loadSpec(file);
};

const update = async (loaded: LoadedSpec, wish: UpdateWish, answers?: readonly (string | null | (() => string | null))[]): Promise<{ code: number; out: string; said: string[]; asked: string[] }> => {
  const left = [...(answers ?? [])];
  const asked: string[] = [];
  const stage = setStage(answers === undefined ? {} : { ask: (question) => {
    asked.push(question);
    const answer = left.shift() ?? null;
    return Promise.resolve(typeof answer === 'function' ? answer() : answer);
  } });
  const result = await acceptIntoSpec(loaded, set, (spec) => diffSpec(spec, set), wish, stage);
  return { code: result.exitCode, out: textOf(result), said: stage.said, asked };
};

it('asks for each finding, and writes those that were accepted', async () => {
  const loaded = specFile('asked.yaml');
  const { code, out, said, asked } = await update(loaded, { ids: [] }, ['a', 'A. Keller', 'trend of the filters', 's']);
  expect(asked).toHaveLength(4);
  expect(said.join('\n')).toContain('1 of 2: ');
  expect(out).toMatch(/^[0-9a-f]{12}: accepted: added rule C1-001[^]*1 accepted, 1 left\n$/);
  expect(code).toBe(EXIT.findings);
  const text = readFileSync(loaded.file, 'utf8');
  for (const comment of ['# signed in spring', '# filters', '# the clock']) expect(text).toContain(comment);
  expect(text).toContain('owner: A. Keller');
  expect(text).toContain('purpose: trend of the filters');
  expect(diffSpec(loadSpec(loaded.file), set)).toHaveLength(1);
});

it('keeps what was accepted when the input ends, and asks for the owner once', async () => {
  const loaded = specFile('ended.yaml');
  const { asked } = await update(loaded, { ids: [], purpose: 'agreed' }, ['yes', 'A. Keller', null]);
  expect(asked.filter((question) => question.startsWith('who'))).toHaveLength(1);
  expect(diffSpec(loadSpec(loaded.file), set)).toHaveLength(1);
});

const rulesIn = (file: string): string[] => loadSpec(file).permits.map(({ permit }) => permit.id);

it('writes each as soon as it says that it was accepted: nothing is lost when the program is ended', async () => {
  const loaded = specFile('at-once.yaml');
  const seen: string[][] = [];
  const look = (answer: string) => () => {
    seen.push(rulesIn(loaded.file));
    return answer;
  };
  await update(loaded, { ids: [], owner: 'A. Keller', purpose: 'agreed' }, [look('a'), look('q')]);
  expect(seen).toEqual([['NTP'], ['NTP', 'C1-001']]);
});

it.each([['at "why?"', ['a', 'A. Keller', null]], ['at "who accepts?"', ['a', null]]])('the input ends %s: that one is not accepted, and nothing more is asked', async (name, answers) => {
  const loaded = specFile(`end ${name.replaceAll(/\W/g, '')}.yaml`);
  const { asked, out } = await update(loaded, { ids: [] }, answers);
  expect(asked).toHaveLength(answers.length);
  expect(out).toBe('0 accepted, 2 left\n');
  expect(readFileSync(loaded.file, 'utf8')).toBe(SPEC);
});

it.each([
  ['q at "who accepts?" quits', ['a', 'q'], '0 accepted, 2 left\n', []],
  ['Quit at "why?" quits', ['a', 'A. Keller', 'Quit '], '0 accepted, 2 left\n', []],
  ['s at "why?" skips one, and the owner is asked again', ['a', 'A. Keller', 's', 'a', 'B. Moser', 'agreed'], '1 accepted, 1 left\n', ['B. Moser']],
  ['a yes is nobody', ['a', 'yes', 'A. Keller', '', 'q'], '1 accepted, 1 left\n', ['A. Keller']],
])('%s: nobody accepts as a letter', async (name, answers, told, owners) => {
  const loaded = specFile(`letter ${name.replaceAll(/\W/g, '')}.yaml`);
  const { asked, out } = await update(loaded, { ids: [] }, answers);
  expect(asked).toHaveLength(answers.length);
  expect(out).toContain(told);
  expect(loadSpec(loaded.file).permits.map(({ permit }) => permit.owner).filter((owner) => owner !== '')).toEqual(owners);
});

it.each(['abort', 'n', 'ya', 'constructor', ' '])('"%s" is no answer: it is asked again', async (word) => {
  const loaded = specFile(`word-${word.trim()}.yaml`);
  const { asked, said, out } = await update(loaded, { ids: [], owner: 'A. Keller', purpose: '' }, [word, 'ACCEPT ', 'Skip']);
  expect(asked).toHaveLength(3);
  expect(said).toContain('  write a to accept, s to skip, or q to quit');
  expect(out).toContain('1 accepted, 1 left\n');
});

describe('the spec is changed by others meanwhile', () => {
  const wish: UpdateWish = { ids: [], owner: 'A. Keller', purpose: 'agreed' };
  const write = (loaded: LoadedSpec, text: string, answer: string) => () => {
    writeFileSync(loaded.file, text);
    return answer;
  };

  it('what they wrote stays, and the finding goes beside it', async () => {
    const loaded = specFile('meanwhile.yaml');
    const { out } = await update(loaded, wish, [write(loaded, SPEC.replace('name: Cell', 'name: Filters'), 'a'), write(loaded, SPEC.replace('name: Cell', 'name: Pumps'), 'a')]);
    expect(out).toContain('2 accepted, 0 left\n');
    const text = readFileSync(loaded.file, 'utf8');
    expect(text).toContain('name: Pumps');
    expect(diffSpec(loadSpec(loaded.file), set)).toHaveLength(1);
  });

  it('after the last answer too', async () => {
    const loaded = specFile('afterwards.yaml');
    await update(loaded, wish, ['a', write(loaded, SPEC.replace('name: Cell', 'name: Pumps'), 'q')]);
    expect(readFileSync(loaded.file, 'utf8')).toBe(SPEC.replace('name: Cell', 'name: Pumps'));
  });

  it('a finding that they decided is not decided again', async () => {
    const loaded = specFile('decided.yaml');
    const [first] = diffSpec(loaded, set);
    const { text } = acceptFindings(SPEC, set, [first], { decision: 'approved', owner: 'M. Roth', purpose: 'mine' });
    const { out } = await update(loaded, wish, [write(loaded, text, 'a'), 's']);
    expect(out).toBe(`${first.id}: not accepted: ${loaded.file} was changed meanwhile, and has this finding no more\n0 accepted, 2 left\n`);
    expect(readFileSync(loaded.file, 'utf8')).toBe(text);
  });

  it('a spec that does not hold stays as it is; the next one is asked', async () => {
    const loaded = specFile('broken.yaml');
    const { out, asked } = await update(loaded, wish, [write(loaded, `${SPEC}zones: [\n`, 'a'), 'q']);
    expect(out).toMatch(/not accepted: .* was changed meanwhile and does not hold \(line \d+: /);
    expect(asked).toHaveLength(2);
    expect(readFileSync(loaded.file, 'utf8')).toBe(`${SPEC}zones: [\n`);
  });

  it('in the very moment of an acceptance: nothing is written over theirs', async () => {
    const loaded = specFile('moment.yaml');
    let writes = 0;
    const judge = (spec: LoadedSpec): ReturnType<typeof diffSpec> => {
      if (spec !== loaded) writeFileSync(loaded.file, SPEC.replace('name: Cell', `name: Written ${++writes}`));
      return diffSpec(spec, set);
    };
    const stage = setStage({ ask: () => {
      if (writes === 0) writeFileSync(loaded.file, `# theirs\n${SPEC}`);
      return Promise.resolve(writes === 0 ? 'a' : 'q');
    } });
    expect(textOf(await acceptIntoSpec(loaded, set, judge, wish, stage))).toContain('was changed in this moment: run the same command again\n0 accepted, 2 left\n');
    expect(readFileSync(loaded.file, 'utf8')).toBe(SPEC.replace('name: Cell', 'name: Written 1'));
  });

  it('by id: nothing is written, in one line', async () => {
    const loaded = specFile('by-id-meanwhile.yaml');
    const ids = diffSpec(loaded, set).map((finding) => finding.id);
    writeFileSync(loaded.file, `# by somebody else\n${SPEC}`);
    await expect(update(loaded, { ids, owner: 'A. Keller' })).rejects.toThrow(/was changed meanwhile/);
    expect(readFileSync(loaded.file, 'utf8')).toBe(`# by somebody else\n${SPEC}`);
  });
});

it('a byte order mark stays, and so does a file beside the spec that ends in .part', async () => {
  const file = path.join(folder, 'marked.yaml');
  writeFileSync(file, `\uFEFF${SPEC}`);
  writeFileSync(`${file}.part`, 'mine');
  const loaded = loadSpec(file);
  await update(loaded, { ids: diffSpec(loaded, set).map((finding) => finding.id), owner: 'A. Keller' });
  expect(readFileSync(file, 'utf8')).toMatch(/^\uFEFF# signed in spring\n[^]*owner: A\. Keller/);
  expect(readFileSync(`${file}.part`, 'utf8')).toBe('mine');
  expect(readdirSync(folder).filter((name) => name.startsWith('marked'))).toEqual(['marked.yaml', 'marked.yaml.part']);
});

const UNSEEN = ['two\nlines', 'over\u202Eride', 'zero\u200Bwidth', 'x'.repeat(501)];

it.each(['', '  ', '\n', ...UNSEEN])('the owner %j is refused, as an option and at the terminal', async (owner) => {
  const loaded = specFile('owner.yaml');
  const ids = diffSpec(loaded, set).map((finding) => finding.id);
  expect(() => acceptIntoSpec(loaded, set, (spec) => diffSpec(spec, set), { ids, owner }, setStage())).toThrow(/^--owner /);
  const { asked } = await update(loaded, { ids: [], purpose: '' }, ['a', owner, 'A. Keller', 'q']);
  expect(asked.filter((question) => question.startsWith('who'))).toHaveLength(2);
  expect(readFileSync(loaded.file, 'utf8')).toContain('owner: A. Keller\n');
});

it('the day of a decision is written as it was said, and one that is none is refused', async () => {
  const loaded = specFile('day.yaml');
  const ids = diffSpec(loaded, set).map((finding) => finding.id);
  expect(() => acceptIntoSpec(loaded, set, (spec) => diffSpec(spec, set), { ids, owner: 'A. Keller', decidedOn: '2026-02-30' }, setStage())).toThrow('--decided-on 2026-02-30: there is no such day');
  await update(loaded, { ids: [], owner: 'A. Keller', decidedOn: '2026-03-31', purpose: '' }, ['a', 'q']);
  expect(loadSpec(loaded.file).permits.filter(({ permit }) => permit.owner !== '').map(({ permit }) => permit.decidedOn)).toEqual(['2026-03-31']);
});

it.each(UNSEEN)('the reason %j is refused, as an option and at the terminal', async (purpose) => {
  const loaded = specFile('reason.yaml');
  const ids = diffSpec(loaded, set).map((finding) => finding.id);
  expect(() => acceptIntoSpec(loaded, set, (spec) => diffSpec(spec, set), { ids, owner: 'A. Keller', purpose }, setStage())).toThrow(/^--purpose /);
  const { asked } = await update(loaded, { ids: [], owner: 'A. Keller' }, ['a', purpose, 'agreed', 'q']);
  expect(asked.filter((question) => question.startsWith('why'))).toHaveLength(2);
  expect(readFileSync(loaded.file, 'utf8')).toContain('purpose: agreed\n');
});

it.each([['q'], ['']])('writes nothing after "%s" alone', async (answer) => {
  const loaded = specFile(`nothing-${answer}.yaml`);
  await update(loaded, { ids: [], owner: 'A. Keller' }, [answer]);
  expect(readFileSync(loaded.file, 'utf8')).toBe(SPEC);
});

it('by id asks nothing', async () => {
  const loaded = specFile('by-id.yaml');
  const ids = diffSpec(loaded, set).map((finding) => finding.id);
  const { code, out } = await update(loaded, { ids, owner: 'A. Keller' });
  expect(out.trim().split('\n')).toHaveLength(2);
  expect(code).toBe(EXIT.ok);
  expect(diffSpec(loadSpec(loaded.file), set)).toEqual([]);
});

it('tells what accepting does, and of the rest once why it is not asked', async () => {
  const wide = SPEC.replace('server: {zone: OPS, assets: [DC]}', 'server: {zone: OPS, assets: [DC, HIST]}').replace('conduits:', '  - {zone_id: FAR, name: Far, kind: operations, assets: [{asset_id: PUMP, ip: [10.4.0.1]}]}\nconduits:')
    .replace('connects: [CELL, OPS]', 'connects: [CELL, OPS, FAR]').concat('      - {rule_id: WEB, protocol: HTTPS, transport: tcp, port: 443, client: {zone: OPS, assets: [HIST]}, server: {zone: FAR, assets: [PUMP]}}\n');
  const file = path.join(folder, 'wide.yaml');
  writeFileSync(file, wide);
  const { said, out } = await update(loadSpec(file), { ids: [], owner: 'A. Keller', purpose: 'agreed' }, ['s', 's', 'a']);
  expect(said).toContain('3 of 4 findings can be accepted into ' + file + '.');
  expect(said).toContain('  not: 1 insufficient-evidence: nothing was heard that could decide it: there is nothing to write');
  expect(said).toContain('  accepting it leaves of the rule what was used');
  expect(out).toContain('accepted: narrowed rule NTP: without servers HIST');
  expect(loadSpec(file).permits[0].permit).toMatchObject({ to: { assets: ['DC'] }, owner: 'A. Keller', purpose: 'agreed' });
});

it.each([
  ['no person and no id', { ids: [] }, 'nobody is at the terminal'],
  ['no owner', { ids: ['0'.repeat(12)] }, 'who accepts?'],
  ['an id that is none', { ids: ['0'.repeat(12)], owner: 'A. Keller' }, 'there is no finding'],
])('%s is said in one line', async (name, wish, message) => {
  const error = await update(specFile(`${name}.yaml`), wish).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(BaselineError);
  expect((error as BaselineError).message).toContain(message);
});

it('two periods have no spec to write into', async () => {
  const { code, err } = await runLine(['diff', '--store-a', 'a.db', '--store-b', 'b.db', '--update', '0'.repeat(12)]);
  expect({ code, err }).toEqual({ code: EXIT.usage, err: expect.stringContaining('two periods have none') as string });
});
