/**
 * The same hostile words through what leaves the plant, or is run in it: the checks and the test plan of `verify`, the
 * evidence bundle with its map and its verification, and the page that `serve` gives out. The spec is full of them too.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { testFolder } from '../folder.ts';
import { HOSTILE_WORDS, UNSAFE_OUTPUT } from '../render/hostile-words.ts';
import { EXIT } from '../../src/errors.ts';
import { runLine, type Ran } from './command-line.ts';
import { expectSafe, writeHostileCaptures } from './hostile-plant.ts';
import { requestOf, startServe } from './serve-stage.ts';

interface SpecDocument {
  zones: { name: string; assets?: Record<string, unknown>[] }[];
  conduits: { flows?: Record<string, unknown>[] }[];
}

const WORDS = HOSTILE_WORDS.filter((word) => word !== '');
/** Terminal, shell, Markdown and HTML in one file name. */
const SPEC_NAME = "spec\u001b]0;owned\u0007 '$(reboot)'; `reboot`\n| [x](http:evil) <script>alert(1)<script> \u202Egnp.yaml";

const folder = testFolder();
const db = join(folder, 'hostile.db');
let spec: string;

beforeAll(async () => {
  spec = join(folder, SPEC_NAME);
  writeHostileCaptures(join(folder, 'captures'));
  expect((await runLine(['import', join(folder, 'captures'), '--db', db])).code, 'one file name is no UTF-8').toBe(EXIT.usage);
  const proposed = join(folder, 'proposed.yaml');
  expect((await runLine(['propose-zones', '--db', db, '--out', proposed])).code).toBe(0);
  const document = parse(readFileSync(proposed, 'utf8')) as SpecDocument;
  let used = 0;
  const word = (): string => WORDS[used++ % WORDS.length] as string;
  for (const zone of document.zones) {
    zone.name = word();
    for (const asset of zone.assets ?? []) Object.assign(asset, { label: word(), vendor: word(), model: word(), firmware: word(), evidence: [word()] });
  }
  for (const conduit of document.conduits) for (const flow of conduit.flows ?? []) Object.assign(flow, { purpose: word() });
  expect(used, 'every word is in the spec').toBeGreaterThan(WORDS.length);
  writeFileSync(spec, stringify(document));
});

async function run(codes: readonly number[], ...args: string[]): Promise<Ran> {
  const ran = await runLine(args);
  expectSafe(ran);
  expect(codes, ran.err).toContain(ran.code);
  return ran;
}

/** Without what Markdown shows as it is: an escaped character. */
const alive = (markdown: string): string => markdown.replaceAll(/\\[^a-z0-9]/gi, '');
const ACTS = /<script>alert|<img src=x|onerror=alert\(1\)>|href="javascript:/;

describe('verify', () => {
  test.each(['table', 'md', 'json'])('as %s', async (format) => {
    const { out } = await run([0, 1], 'verify', spec, '--db', db, '--all', '--format', format);
    expect(out.length).toBeGreaterThan(1000);
    if (format === 'json') expect(JSON.parse(out)).toMatchObject({ spec });
    if (format !== 'md') return;
    expect(alive(out)).not.toMatch(/<script|<img|\]\(http/);
    const rows = out.split('\n').filter((line) => line.startsWith('|')).map((line) => alive(line).split('|').length);
    expect(new Set(rows).size).toBe(1);
  });

  test('the test plan is a script that runs nothing but its own tools', async () => {
    const { out: script } = await run([0], 'verify', spec, '--plan');
    const { vantages } = JSON.parse((await run([0], 'verify', spec, '--plan', '--json')).out) as { vantages: { zone: string; asset: string | null; steps: unknown[] }[] };
    expect(vantages.length).toBeGreaterThan(0);
    const path = join(folder, 'tests.sh');
    writeFileSync(path, script);
    expect(spawnSync('bash', ['-n', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    // Every part, in a shell that finds no program: what it calls are these functions, or would be told on stderr.
    const tools = ['nmap', 'mbpoll', 'nc', 'od', 'sleep', 'baseline'].map((name) => `${name}() { printf '%s\\0' '${name}' "$@"; printf '\\0'; }`).join('\n');
    const before = readdirSync(folder, { recursive: true }).length;
    let calls = 0;
    for (const { zone, asset, steps } of vantages) {
      const ran = spawnSync('bash', ['--noprofile', '--norc', '-c', `${tools}\nPATH=/nowhere\n. "$0"\nprintf "%s" "$SPEC" >&3`, path], {
        encoding: 'utf8', cwd: folder, env: { CHANGE_TICKET: 'C-1', RUN_FROM: `${zone} ${asset ?? 'other'}` }, stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      });
      expect(ran).toMatchObject({ status: 0, stderr: '' });
      expect(ran.output[3], 'the spec\'s name, as it is').toBe(spec);
      const called = ran.stdout.split('\0\0').filter((call) => call.startsWith('sleep\0'));
      expect(called).toHaveLength(steps.length);
      calls += called.length;
    }
    expect(calls).toBeGreaterThan(0);
    expect(readdirSync(folder, { recursive: true })).toHaveLength(before);
  });
});

describe('bundle', () => {
  const members = (tar: string): string[] => {
    const bytes = readFileSync(tar);
    const texts: string[] = [];
    for (let at = 0; bytes[at] !== 0; ) {
      const name = bytes.toString('latin1', at, bytes.indexOf(0, at));
      const size = Number.parseInt(bytes.toString('latin1', at + 124, at + 135), 8);
      expect(name).toMatch(/^evidence\/[a-z.]+$/);
      if (!name.endsWith('.db')) texts.push(`${name}\n${bytes.toString('utf8', at + 512, at + 512 + size)}`);
      at += 512 + Math.ceil(size / 512) * 512;
    }
    return texts;
  };

  test.each([['as it is', []], ['redacted', ['--redact']]] as const)('%s: manifest, report, map and verification', async (_, more) => {
    const tar = join(folder, `evidence\u001b[2J${more.length}.tar`);
    await run([0], 'bundle', spec, '--db', db, ...more, '--out', tar);
    for (const text of members(tar)) {
      const [name] = text.split('\n', 1);
      // The spec is packed as the engineer wrote it.
      if (name === 'evidence/spec.yaml' && more.length === 0) continue;
      expect(text.replaceAll('\t', ' '), name).not.toMatch(UNSAFE_OUTPUT);
      expect(text, name).not.toMatch(name?.endsWith('.json') === true || name?.endsWith('.yaml') === true ? /(?!)/ : ACTS);
    }
    const verified = await run([0], 'bundle', 'verify', tar);
    expect(verified.out).toMatch(/holds\.\n$/);
    await run([0], 'bundle', 'verify', tar, '--json');
    if (more.length === 0) return;
    const map = readFileSync(tar.replace(/\.tar$/, '.map.json'), 'utf8');
    expect(map).not.toMatch(UNSAFE_OUTPUT);
    const { names, words } = JSON.parse(map) as Record<string, Record<string, string>>;
    const planted = [...Object.keys(names ?? {}), ...Object.keys(words ?? {})].filter((word) => HOSTILE_WORDS.includes(word));
    expect(planted.length, 'the map gives back the same words').toBeGreaterThan(20);
    // What names makers and models is kept, and the manifest says so; nothing else of the plant's words is.
    const packed = parse(members(tar).find((text) => text.startsWith('evidence/spec.yaml'))?.split('\n').slice(1).join('\n') ?? '') as SpecDocument;
    const texts = [...packed.zones.flatMap(({ name, assets }) => [name, ...(assets ?? []).flatMap(({ label, evidence }) => [label, evidence])]), ...packed.conduits.flatMap(({ flows }) => (flows ?? []).map(({ purpose }) => purpose))].flat();
    expect(texts.length).toBeGreaterThan(WORDS.length);
    expect(texts.filter((text) => WORDS.includes(text as string) && String(text).trim() !== '')).toEqual([]);
  });
});

test('serve: the page and what it says on the way carry no word that acts', async () => {
  const served = await startServe([spec, '--db', db]);
  try {
    const headers = { cookie: `baseline=${served.token}` };
    const page = await requestOf(served.port, served.folder, { headers });
    expect(page.status).toBe(200);
    expect(page.text.length).toBeGreaterThan(10_000);
    expect(page.text.replaceAll('\t', ' ')).not.toMatch(UNSAFE_OUTPUT);
    expect(page.text).not.toMatch(ACTS);
    expect(page.text.match(/<script/g)?.length).toBe(page.text.match(/<\/script>/g)?.length);
    for (const name of ['change', 'edit', `x${encodeURIComponent(WORDS[3] as string)}`]) {
      const reply = await requestOf(served.port, served.folder + name, { headers });
      expect(JSON.stringify(reply.headers)).not.toContain('reboot');
      expect(reply.text).not.toMatch(UNSAFE_OUTPUT);
    }
  } finally {
    const { err } = await served.stop();
    expect(err.replaceAll('\r', '')).not.toMatch(/\u001b\]|\u0007|\u202e/);
  }
});
