import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { everyCommand, runCommandLine, type OutputStream } from '../../src/main.ts';
import { UNSAFE_OUTPUT } from '../render/hostile-words.ts';
import { ENDS } from '../hang.ts';
import { PROGRAM } from './command-line.ts';
import { fillStore } from '../store/read-fixture.ts';
import { testFolder } from '../folder.ts';


const folder = testFolder();
let db: string;

beforeAll(() => {
  db = join(folder, 'plant.db');
  fillStore(db);
});

class Recorder implements OutputStream {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;
  constructor(isTTY: boolean, columns = 90) {
    this.isTTY = isTTY;
    this.columns = columns;
  }
  write(text: string, done?: (error?: Error | null) => void): boolean {
    this.text += text;
    done?.();
    return true;
  }
}

async function run(
  args: readonly string[],
  { isTTY = false, environment = {} }: { isTTY?: boolean; environment?: Record<string, string> } = {},
): Promise<{ code: number; out: string; err: string }> {
  const stdout = new Recorder(isTTY);
  const stderr = new Recorder(isTTY);
  const code = await runCommandLine(args, { environment, stdout, stderr, signal: new AbortController().signal });
  return { code, out: stdout.text, err: stderr.text };
}

test('a terminal that does not know its width (a serial console) has 80 columns', async () => {
  const [serial, known] = [new Recorder(true, 0), new Recorder(true, 80)];
  for (const stdout of [serial, known]) await runCommandLine(['flows', '--help'], { environment: {}, stdout, stderr: new Recorder(false), signal: new AbortController().signal });
  expect(serial.text).toBe(known.text);
});

test.each<[string, string[], number, RegExp, RegExp]>([
  ['no command', [], 2, /^$/, /Commands:/],
  ['help', ['--help'], 0, /Commands:\n.*baseline import/s, /^$/],
  ['version', ['--version'], 0, /^baseline \d+\.\d+\.\d+\n$/, /^$/],
  ['a mistyped command', ['flws'], 2, /^$/, /^baseline: there is no command "flws"\n {2}Did you mean `baseline flows`\?\n$/],
  ['an unknown command', ['xyzzy'], 2, /^$/, /^baseline: there is no command "xyzzy"\n {2}See /],
  ['a mistyped option', ['flows', '--cleint', '10.0.0.1'], 2, /^$/, /knows no option "--cleint"\n {2}Did you mean --client\?/],
  ['an unknown option', ['status', '--xyzzy'], 2, /^$/, /knows no option "--xyzzy"\n {2}See `baseline status --help`/],
  ['a word too many', ['status', 'extra'], 2, /^$/, /knows no argument "extra"/],
  ['an option without its value', ['flows', '--client'], 2, /^$/, /^baseline: --client needs a value\n {2}See `baseline flows --help`\.\n$/],
  ['a command without what it is about', ['import'], 2, /^$/, /^baseline: import needs a path\n {2}For example: baseline import /],
  ['a command with the second half missing', ['spec', 'check'], 2, /^$/, /^baseline: spec needs a file\n {2}For example: baseline spec check /],
  ['a value that is no choice', ['flows', '--format', 'xml'], 2, /^$/, /--format cannot be "xml"\n {2}Choose one of table, json/],
  ['a word that is no choice of a positional', ['spec', 'chek', 'spec.yaml'], 2, /^$/, /^baseline: spec knows no action "chek"\n {2}Did you mean check\? Choose one of check, /],
  ['a command without a word that begins with a vowel', ['spec'], 2, /^$/, /^baseline: spec needs an action\n/],
  ['a store whose name is empty', ['status', '--db', ''], 2, /^$/, /^baseline: --db is empty\n {2}Give it a value, or leave it out\.\n$/],
  ['a time that is empty', ['flows', '--since', ''], 2, /^$/, /^baseline: --since is empty\n/],
  ['a count that is empty, which is no 0', ['flows', '--limit='], 2, /^$/, /^baseline: --limit is empty\n/],
  ['the same, in two words', ['flows', '--limit', ''], 2, /^$/, /^baseline: --limit is empty\n/],
  ['a folder that is empty', ['export', 'spec.yaml', '--target', 'nftables', '--out='], 2, /^$/, /^baseline: --out is empty\n/],
  ['a spec whose name is empty', ['report', ''], 2, /^$/, /^baseline: the name of the spec is empty\n {2}Check the variable/],
  ['a path whose name is empty', ['import', 'a.pcap', ''], 2, /^$/, /^baseline: the name of the path is empty\n/],
  ['verify, mistyped', ['bundle', 'verfy', 'e.tar'], 2, /^$/, /^baseline: e\.tar: a bundle holds one spec\n.*bundle verify evidence\.tar/],
  ['a name behind --', ['import', '--', '-x.pcap'], 2, /^$/, /^\.\/-x\.pcap: no such file or folder/],
  ['an option twice', ['status', '--db', 'a', '--db', 'b'], 2, /^$/, /--db is given 2 times/],
  ['options that exclude each other', ['status', '--quiet', '--verbose'], 2, /^$/, /^baseline: --quiet and --verbose do not go together\n {2}Give one of the two\.\n$/],
  ['a switch with a value, which would be off', ['bundle', '--out', 'e.tar', '--redact=yes'], 2, /^$/, /^baseline: --redact takes no value, and is given "yes"\n {2}Write --redact, or leave it out\.\n$/],
  ['a switch with a variable that is empty', ['status', '--strict='], 2, /^$/, /^baseline: --strict takes no value/],
  ['a switch of every command with a value', ['status', '--color=always'], 2, /^$/, /^baseline: --color takes no value/],
  ['help with a value', ['status', '--help=maybe'], 2, /^$/, /^baseline: --help takes no value/],
  ['a switch with a value in yargs\' other spelling', ['import', 'a.pcap', '--openTunnels=1'], 2, /^$/, /^baseline: --open-tunnels takes no value/],
  ['an option of a text, switched off', ['status', '--no-db'], 2, /^$/, /^baseline: --db cannot be switched off\n {2}Leave it out\.\n$/],
  ['a word where a number belongs', ['serve', '--port', 'abc'], 2, /^$/, /^baseline: --port abc is no number\n {2}See `baseline serve --help`\.\n$/],
  ['two forms at once', ['status', '--json', '--format', 'csv'], 2, /^$/, /^baseline: --json and --format csv do not go together\n/],
  ['a long option behind one hyphen', ['flows', '-client', 'x'], 2, /^$/, /^baseline: flows knows no option "-client"\n {2}Did you mean --client\?\n$/],
  ['the same before a command', ['-db', 'x.db', 'status'], 2, /^$/, /^baseline: the option -db stands before a command\n/],
  ['a word behind completion', ['completion', 'zsh'], 2, /^$/, /^baseline: completion takes nothing else\n {2}The variable SHELL/],
  ['only an unknown option', ['--xyzzy'], 2, /^$/, /baseline: /],
  ['a store that is not there', ['status', '--db', 'nowhere.db'], 4, /^$/, /^baseline: there is no store nowhere\.db\n {2}Run /],
])('%s', async (_name, args, code, out, err) => {
  const result = await run(args);
  expect(result.code).toBe(code);
  expect(result.out).toMatch(out);
  expect(result.err).toMatch(err);
  expect(result.err).not.toMatch(/\bat .*:\d+:\d+/);
});

test.each(['status', 'assets', 'flows'])('%s writes its result to standard output, and nothing else but losses that have no place in it', async (command) => {
  for (const format of ['table', 'json', 'jsonl', 'csv', 'md']) {
    const { code, out, err } = await run([command, '--db', db, '--format', format]);
    const isOnlyRecords = command !== 'status' && (format === 'jsonl' || format === 'csv');
    expect(code).toBe(0);
    expect(err).toMatch(isOnlyRecords ? /^What is missing or doubtful in the evidence:\n(?: {2}- .+\n)+$/ : /^$/);
    expect(out).toMatch(/\n$/);
    if (format === 'json') expect(JSON.parse(out).schemaVersion).toBe(1);
  }
});

test('every command shows examples first in its help', async () => {
  for (const { syntax } of await everyCommand()) {
    const command = syntax.split(' ')[0];
    const { code, out } = await run([command, '--help']);
    expect(code).toBe(0);
    expect(out.trimStart()).toMatch(new RegExp(`^Examples:\n(?:# .*\n)?baseline ${command}`));
  }
});

test.each([
  ['/bin/bash', 'complete -o bashdefault'],
  ['/bin/zsh', '|| { autoload -Uz compinit && compinit -i; }\n  compdef _baseline_yargs_completions baseline\n'],
  ['/usr/bin/fish', "complete -c baseline -a '(baseline --get-yargs-completions (commandline -opc) (commandline -ct))'\n"],
])('completion for %s', (shell, holds) => {
  const { status, stdout, stderr } = spawnSync(PROGRAM[0], [PROGRAM[1], 'completion'], {
    encoding: 'utf8',
    env: { ...process.env, SHELL: shell, ZSH_NAME: undefined },
  });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain(holds);
});

test('what is built runs by its own name, as `npm link` leads to it', () => {
  expect(spawnSync(PROGRAM[1], ['--version'], { encoding: 'utf8' }).stdout).toMatch(/^baseline \d/);
});

test('completions name commands and options', () => {
  const complete = (...words: string[]): string =>
    spawnSync(PROGRAM[0], [PROGRAM[1], '--get-yargs-completions', 'baseline', ...words], { encoding: 'utf8' }).stdout;
  expect(complete('fl').split('\n')).toContain('flows');
  for (const begun of ['--s', '--', '-']) expect(complete('flows', begun)).toContain('--server');
});

test('a repeated list option is a list, an option with a comma too', async () => {
  const flows = async (...args: string[]): Promise<number> => JSON.parse((await run(['flows', '--db', db, '--json', ...args])).out).total;
  expect(await flows('--port', '22', '--port', '502')).toBe(2);
  expect(await flows('--port', '22,502')).toBe(2);
});

describe('colours and width', () => {
  const bold = '\u001b[1m';
  test('only on a terminal', async () => {
    expect((await run(['flows', '--db', db])).out).not.toContain('\u001b');
    expect((await run(['flows', '--db', db], { isTTY: true })).out).toContain(bold);
  });
  test('never against the person’s word', async () => {
    for (const environment of [{ NO_COLOR: '1' }, { TERM: 'dumb' }] as Record<string, string>[]) {
      expect((await run(['flows', '--db', db], { isTTY: true, environment })).out).not.toContain('\u001b');
    }
    expect((await run(['flows', '--db', db, '--no-color'], { isTTY: true })).out).not.toContain('\u001b');
    expect((await run(['flows', '--db', db, '--color'])).out).toContain(bold);
  });
  test('tables are drawn with ASCII where the terminal\'s locale is no UTF-8, and nowhere else', async () => {
    const assets = (isTTY: boolean, environment: Record<string, string>): Promise<{ out: string }> => run(['assets', '--db', db, '--no-color'], { isTTY, environment });
    const plain = (await assets(true, { LANG: 'C' })).out;
    expect(plain).toMatch(/^\+-+\+-.*\+\n\| asset +\|/m);
    expect(plain).not.toMatch(/[─│┌…]/);
    expect((await assets(true, { LANG: 'en_US.UTF-8', LC_ALL: 'POSIX' })).out).toBe(plain);
    for (const environment of [{}, { LANG: 'C.UTF-8' }, { LC_ALL: 'de_DE.utf8', LANG: 'C' }] as Record<string, string>[]) expect((await assets(true, environment)).out).toContain('│ asset');
    expect((await assets(false, { LANG: 'C' })).out).toContain('│ asset');
  });
  test('a table fits the terminal', async () => {
    const { out } = await run(['flows', '--db', db, '--no-color'], { isTTY: true });
    expect(out).toContain('│');
    for (const line of out.split('\n').filter((one) => /^[│┌├└]/.test(one))) expect(line.length).toBeLessThanOrEqual(100);
  });
});

test('words of the command line reach the terminal escaped', async () => {
  for (const args of [['status', '--db', '\u001b[31mx'], ['\u001b[2J'], ['flows', '--client', '\u202e1'], ['flows', '--\u001b[2J']]) {
    const { code, err } = await run(args);
    expect(code).toBeGreaterThan(0);
    expect(err).not.toMatch(UNSAFE_OUTPUT);
  }
});

test('a fault of ours keeps its stack, asks for a report and exits 70', async () => {
  const stdout: OutputStream = {
    write: () => {
      throw new TypeError('x is not a function');
    },
  };
  const stderr = new Recorder(false);
  const code = await runCommandLine(['status', '--db', db], { environment: {}, stdout, stderr, signal: new AbortController().signal });
  expect(code).toBe(70);
  expect(stderr.text).toMatch(/please report it.*\nTypeError: x is not a function\n +at /);
});

test('a missing file of the program is named, and nobody is asked to report it', async () => {
  const missing: unknown = await import(join(folder, 'not-there.js')).catch((error: unknown) => error);
  const stdout: OutputStream = {
    write: () => {
      throw missing;
    },
  };
  const stderr = new Recorder(false);
  expect(await runCommandLine(['status', '--db', db], { environment: {}, stdout, stderr, signal: new AbortController().signal })).toBe(70);
  expect(stderr.text).toMatch(/^baseline: the program is not complete: .*not-there\.js.*\n  Install it again/);
});

test('a reader that goes away is no fault', async () => {
  const many = join(folder, 'many.db');
  fillStore(many);
  const child = spawn(PROGRAM[0], [PROGRAM[1], 'status', '--db', many, '--format', 'csv'], { ...ENDS, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(errors).toBe('');
  expect(code).toBe(0);
});

test('a result that cannot be written is said, not a fault', async () => {
  const stdout: OutputStream = {
    write: (_text, done) => {
      done?.(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
      return false;
    },
  };
  const stderr = new Recorder(false);
  const code = await runCommandLine(['status', '--db', db], { environment: {}, stdout, stderr, signal: new AbortController().signal });
  expect(code).toBe(2);
  expect(stderr.text).toMatch(/^baseline: the result cannot be written \(ENOSPC\)\n {2}\S.*\n$/);
});

test('the real program: codes, streams, no trace', () => {
  const baseline = (...args: string[]) => spawnSync(PROGRAM[0], [PROGRAM[1], ...args], { encoding: 'utf8', cwd: folder });
  expect(baseline('--version')).toMatchObject({ status: 0, stderr: '' });
  writeFileSync(join(folder, 'notes.txt'), 'not a store');
  const refused = baseline('status', '--db', 'notes.txt');
  expect(refused.status).toBe(4);
  expect(refused.stdout).toBe('');
  expect(refused.stderr).toMatch(/^baseline: the store notes\.txt is not a baseline store: it looks like text\n {2}\S.*\n$/);
});

test('a command that does not wait can be stopped at once', async () => {
  let asked = 0;
  const surroundings = {
    environment: {},
    stdout: new Recorder(false),
    stderr: new Recorder(false),
    get signal() {
      asked++;
      return new AbortController().signal;
    },
  };
  expect(await runCommandLine(['status', '--db', db], surroundings)).toBe(0);
  expect(asked).toBe(0);
});

test('where --json is the same as --format json, there is a --format', async () => {
  for (const { syntax, options } of await everyCommand()) {
    if (options?.['json']?.describe === 'the same as --format json') expect(options, syntax).toHaveProperty(['format', 'choices', '1'], 'json');
  }
});

test('propose-zones --format json is propose-zones --json', async () => {
  const { code, out } = await run(['propose-zones', '--db', db, '--format', 'json']);
  expect(code).toBe(0);
  expect(out).toBe((await run(['propose-zones', '--db', db, '--json'])).out);
});
