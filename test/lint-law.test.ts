/**
 * The house rules are proven, not promised: a fault planted in a copy of the project's rooms is flagged by the very
 * configuration that the project is linted with, and the message says the law.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROJECT } from './places.ts';

const LAW = 'data flows source -> decode -> flow -> store -> infer -> policy -> export|render -> commands';
const STAGES = ['source', 'decode', 'flow', 'store', 'infer', 'policy', 'export', 'render', 'commands'] as const;
type Stage = (typeof STAGES)[number];

/** What a stage may import: everything to its left; export and render stand side by side. */
const leftOf = (stage: Stage): readonly Stage[] =>
  STAGES.slice(0, STAGES.indexOf(stage === 'render' ? 'export' : stage));

let root = '';

function plant(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

interface Diagnostic {
  readonly filename: string;
  readonly code: string;
  readonly help: string;
  readonly message: string;
}

function lint(): readonly Diagnostic[] {
  const run = spawnSync(process.execPath, [join(PROJECT, 'node_modules/oxlint/bin/oxlint'), '-c', 'oxlint.config.mjs', '--format', 'json'], { cwd: root, encoding: 'utf8' });
  const report = JSON.parse(run.stdout) as { diagnostics: Partial<Diagnostic>[] };
  return report.diagnostics.map((item) => ({ filename: item.filename ?? '', code: item.code ?? '', help: item.help ?? '', message: item.message ?? '' }));
}

/** All faults planted by one test are linted in one run; `of` picks those of one file. */
const of = (diagnostics: readonly Diagnostic[], path: string): readonly Diagnostic[] => diagnostics.filter((item) => item.filename === path);

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'baseline-lint-law-'));
  copyFileSync(join(PROJECT, 'oxlint.config.mjs'), join(root, 'oxlint.config.mjs'));
  symlinkSync(join(PROJECT, 'node_modules'), join(root, 'node_modules'));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the layer law', () => {
  const pairs = STAGES.flatMap((from) => STAGES.filter((to) => to !== from).map((to) => [from, to, leftOf(from).includes(to)] as const));
  let diagnostics: readonly Diagnostic[] = [];

  beforeAll(() => {
    for (const stage of STAGES) plant(`src/${stage}/thing.ts`, 'export const thing = 1;\n');
    plant('src/main.ts', 'export const start = 1;\n');
    plant('src/errors.ts', 'export const usageError = 1;\n');
    plant('src/net/port.ts', 'export const port = 1;\n');
    for (const [from, to] of pairs) {
      plant(`src/${from}/imports-${to}.ts`, `import { thing } from '../${to}/thing.ts';\n\nexport const copy = thing;\n`);
      plant(`src/${from}/deep/imports-${to}.ts`, `import { thing } from '../../${to}/thing.ts';\n\nexport const copy = thing;\n`);
      plant(`src/${from}/type-of-${to}.ts`, `import type { thing } from '../${to}/thing.ts';\n\nexport type Copy = typeof thing;\n`);
    }
    for (const stage of STAGES) {
      plant(`src/${stage}/imports-main.ts`, "import { start } from '../main.ts';\n\nexport const copy = start;\n");
      plant(`src/${stage}/imports-doors.ts`, "import { usageError } from '../errors.ts';\nimport { port } from '../net/port.ts';\n\nexport const copy = [usageError, port];\n");
      plant(`src/net/imports-${stage}.ts`, `import { thing } from '../${stage}/thing.ts';\n\nexport const copy = thing;\n`);
    }
    diagnostics = lint();
  });

  test.each(pairs.filter(([, , isAllowed]) => !isAllowed))('%s may not import %s, and the message says the law', (from, to) => {
    for (const path of [`src/${from}/imports-${to}.ts`, `src/${from}/deep/imports-${to}.ts`, `src/${from}/type-of-${to}.ts`]) {
      const found = of(diagnostics, path);
      expect(found.map((item) => item.code), path).toContain('eslint(no-restricted-imports)');
      expect(found.map((item) => item.help), path).toContain(`${from} may not import ${to}: ${LAW}`);
    }
  });

  test.each(pairs.filter(([, , isAllowed]) => isAllowed))('%s may import %s', (from, to) => {
    expect(of(diagnostics, `src/${from}/imports-${to}.ts`)).toEqual([]);
  });

  test.each(STAGES)('%s may import the doors and net, never main.ts', (stage) => {
    expect(of(diagnostics, `src/${stage}/imports-doors.ts`)).toEqual([]);
    expect(of(diagnostics, `src/${stage}/imports-main.ts`).map((item) => item.help)).toContain(`${stage} may not import main.ts: ${LAW} -> main`);
  });

  test.each(STAGES)('net may not import %s', (stage) => {
    expect(of(diagnostics, `src/net/imports-${stage}.ts`).map((item) => item.code)).toContain('eslint(no-restricted-imports)');
  });
});

describe('the law inside a stage', () => {
  const rooms = [
    ['infer', [['roles'], ['cells'], ['conduits']]],
    ['policy', [['spec'], ['match', 'redaction'], ['diff'], ['edit', 'verify'], ['register']]],
    ['export', [['modbus'], ['targets']]],
  ] as const;
  const pairs = rooms.flatMap(([stage, steps]) => {
    const step = (room: string): number => steps.findIndex((names) => (names as readonly string[]).includes(room));
    const all: readonly string[] = steps.flat();
    return all.flatMap((from) => all.filter((to) => to !== from).map((to) => [stage, from, to, step(to) < step(from)] as const));
  });
  let diagnostics: readonly Diagnostic[] = [];

  beforeAll(() => {
    for (const [stage, steps] of rooms) for (const room of steps.flat()) plant(`src/${stage}/${room}/thing.ts`, 'export const thing = 1;\n');
    for (const [stage, from, to] of pairs) plant(`src/${stage}/${from}/imports-${to}.ts`, `import { thing } from '../${to}/thing.ts';\n\nexport const copy = thing;\n`);
    for (const [stage, steps] of rooms) plant(`src/${stage}/${steps[0][0]}/imports-commands.ts`, "import { thing } from '../../commands/thing.ts';\n\nexport const copy = thing;\n");
    diagnostics = lint();
  });

  test.each(pairs)('%s: %s imports %s, allowed: %s', (stage, from, to, isAllowed) => {
    const found = of(diagnostics, `src/${stage}/${from}/imports-${to}.ts`).map((item) => item.help);
    expect(found).toEqual(isAllowed ? [] : [expect.stringContaining(`${stage}/${from} may not import ${stage}/${to}`)]);
  });

  test.each(rooms)('a room of %s keeps the law of its stage', (stage, steps) => {
    expect(of(diagnostics, `src/${stage}/${steps[0][0]}/imports-commands.ts`).map((item) => item.help)).toContain(`${stage} may not import commands: ${LAW}`);
  });
});

describe('single faults', () => {
  const cases: readonly (readonly [name: string, path: string, text: string, code: string])[] = [
    ['a default export', 'src/infer/default-export.ts', 'export default 1;\n', 'import(no-default-export)'],
    ['any', 'src/infer/any-type.ts', 'export const loose = (value: any): unknown => value;\n', 'typescript(no-explicit-any)'],
    ['a barrel', 'src/infer/barrel.ts', "export * from './thing.ts';\n", 'oxc(no-barrel-file)'],
    ['console in the product', 'src/infer/talks.ts', "console.log('here');\n", 'eslint(no-console)'],
    ['SQL outside the store', 'src/infer/queries.ts', "import Database from 'better-sqlite3';\n\nexport const open = (): unknown => new Database(':memory:');\n", 'eslint(no-restricted-imports)'],
    ['files in decode', 'src/decode/reads-files.ts', "import { readFileSync } from 'node:fs';\n\nexport const read = readFileSync;\n", 'eslint(no-restricted-imports)'],
    ['files in infer', 'src/infer/reads-files.ts', "import { readFile } from 'node:fs/promises';\n\nexport const read = readFile;\n", 'eslint(no-restricted-imports)'],
    ['a socket', 'src/commands/listens.ts', "import { createServer } from 'node:http';\n\nexport const serve = createServer;\n", 'eslint(no-restricted-imports)'],
    ['the code that sends', 'src/commands/imports-probe.ts', "import { runSteps } from './verify-probe.ts';\n\nexport const run = runSteps;\n", 'eslint(no-restricted-imports)'],
    ['the command that sends', 'src/commands/imports-active.ts', "import { verifyActively } from './verify-active.ts';\n\nexport const run = verifyActively;\n", 'eslint(no-restricted-imports)'],
    ['a datagram socket where TCP is sent', 'src/commands/verify-probe.ts', "import { createSocket } from 'node:dgram';\n\nexport const open = createSocket;\n", 'eslint(no-restricted-imports)'],
    ['a datagram socket in source', 'src/source/sends.ts', "import { createSocket } from 'node:dgram';\n\nexport const open = createSocket;\n", 'eslint(no-restricted-imports)'],
    ['leaving outside main.ts', 'src/commands/leaves.ts', 'export const leave = (): never => process.exit(1);\n', 'eslint(no-restricted-properties)'],
    ['argv outside main.ts', 'src/commands/reads-argv.ts', 'export const words = process.argv;\n', 'eslint(no-restricted-properties)'],
    ['chance', 'src/infer/guesses.ts', 'export const guess = (): number => Math.random();\n', 'eslint(no-restricted-properties)'],
    ['the clock', 'src/policy/looks-at-clock.ts', 'export const now = (): number => Date.now();\n', 'eslint(no-restricted-properties)'],
  ];
  let diagnostics: readonly Diagnostic[] = [];

  beforeAll(() => {
    for (const [, path, text] of cases) plant(path, text);
    plant('src/infer/first.ts', "import { second } from './second.ts';\n\nexport const first = (): number => second();\n");
    plant('src/infer/second.ts', "import { first } from './first.ts';\n\nexport const second = (): number => first();\n");
    diagnostics = lint();
  });

  test.each(cases)('%s is flagged', (_, path, __, code) => {
    expect(of(diagnostics, path).map((item) => item.code)).toContain(code);
  });

  test('a cycle is flagged', () => {
    expect(diagnostics.filter((item) => item.code === 'import(no-cycle)').map((item) => item.filename)).toContain('src/infer/first.ts');
  });

  test('an enum is refused by the compiler', () => {
    plant('src/infer/colours.ts', 'export enum Colour { red }\n');
    copyFileSync(join(PROJECT, 'tsconfig.json'), join(root, 'tsconfig.json'));
    writeFileSync(join(root, 'one-file.json'), JSON.stringify({ extends: './tsconfig.json', files: ['src/infer/colours.ts'], include: [] }));
    const run = spawnSync(process.execPath, [join(PROJECT, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'one-file.json')], { cwd: root, encoding: 'utf8' });
    expect(run.stdout).toContain('erasableSyntaxOnly');
    expect(run.status).not.toBe(0);
  });
});

describe('names and lengths', () => {
  const check = (folder: string): readonly string[] => {
    const run = spawnSync(process.execPath, [join(PROJECT, 'scripts/check-names.mjs'), folder], { encoding: 'utf8' });
    return run.stdout.split('\n').filter((line) => line !== '');
  };
  const mark = ['TO', 'DO'].join('');
  const machinePath = ['', 'work', 'main'].join('/');

  test.each([
    ['a drawer file', 'src/net/utils.ts', 'export const a = 1;\n', 'src/net/utils.ts: name the purpose'],
    ['a types file', 'src/net/types.ts', 'export const a = 1;\n', 'src/net/types.ts: name the purpose'],
    ['a drawer folder', 'src/helpers/thing.ts', 'export const a = 1;\n', 'src/helpers/: name the purpose'],
    ['a name in capitals', 'src/net/TcpStream.ts', 'export const a = 1;\n', 'src/net/TcpStream.ts: file names are kebab-case'],
    ['a long file', 'src/net/long.ts', '// line\n'.repeat(501), 'src/net/long.ts: 501 lines'],
    ['unfinished work', 'src/net/open.ts', `// ${mark}: later\n`, 'src/net/open.ts:1: unfinished work'],
    ['a path of one machine', 'docs/guide.md', `See "${machinePath}/README.md".\n`, 'docs/guide.md: holds a path'],
  ])('%s is flagged', (_, path, text, fault) => {
    const folder = mkdtempSync(join(root, 'names-'));
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    expect(check(folder)).toEqual([expect.stringContaining(fault)]);
  });

  test('a file of 500 lines with a good name passes', () => {
    const folder = mkdtempSync(join(root, 'names-'));
    mkdirSync(join(folder, 'src/net'), { recursive: true });
    writeFileSync(join(folder, 'src/net/tcp-stream.ts'), '// line\n'.repeat(500));
    expect(check(folder)).toEqual([]);
  });
});
