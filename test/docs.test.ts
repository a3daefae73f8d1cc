/** Documents say what the code says: the table of exit codes, the commands, and links that lead somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROTOCOL_NAMES } from '../src/decode/app/registry.ts';
import { EXIT } from '../src/errors.ts';
import { everyCommand } from '../src/main.ts';
import { PROJECT } from './places.ts';

const COMMON_OPTIONS = ['quiet', 'verbose', 'color', 'help', 'version'];
const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');

function markdownIn(folder: string): readonly string[] {
  return readdirSync(join(PROJECT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : markdownIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

test('docs/exit-codes.md lists the codes of src/errors.ts, all of them, by name', () => {
  const rows = [...read('docs/exit-codes.md').matchAll(/^\| (\d+) \| `([a-z]+)` \|/gm)].map((row) => [row[2], Number(row[1])]);
  expect(Object.fromEntries(rows)).toEqual(EXIT);
});

test('docs/protocols.md names every protocol that is read or told by its octets, and no other', () => {
  const page = read('docs/protocols.md');
  const rows = [...page.matchAll(/^\| (`.*?) \|/gm)].map((row) => row[1]).join(' ');
  const named = /^Named by[^]*?\.$/m.exec(page)?.[0] ?? '';
  const words = [...`${rows} ${named}`.matchAll(/`([a-z0-9-]+)`/g)].map((match) => match[1]);
  expect(words.toSorted()).toEqual([...PROTOCOL_NAMES].toSorted());
});

describe('links', () => {
  const documents = ['README.md', 'CHANGELOG.md', ...['docs', 'samples', 'bench'].flatMap(markdownIn)];

  test.each(documents)('%s: every relative link leads to a file', (document) => {
    const targets = [...read(document).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map((link) => link[1]).filter((target) => !/^[a-z]+:/.test(target));
    const missing = targets.filter((target) => !existsSync(join(PROJECT, dirname(document), target)));
    expect(missing).toEqual([]);
  });

  test.each(documents)('%s: every anchor is a heading', (document) => {
    // As GitHub makes them: lower case, marks dropped, blanks as hyphens.
    const anchorsOf = (path: string): string[] => [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, title]) => title.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
    const wrong = [...read(document).matchAll(/\]\(([^)#\s:]*)#([^)\s]+)\)/g)].filter(([, path, anchor]) => !anchorsOf(path === '' ? document : join(dirname(document), path)).includes(anchor));
    expect(wrong.map(([link]) => link)).toEqual([]);
  });

  test('every document is reached from README.md; a link to a folder reaches what is in it', () => {
    const reached = new Set<string>();
    const visit = (document: string): void => {
      if (reached.has(document)) return;
      reached.add(document);
      for (const [, target] of read(document).matchAll(/\]\(([^)#\s:]+)(?:#[^)]*)?\)/g)) {
        const path = join(dirname(document), target);
        if (path.endsWith('.md')) visit(path);
        else if (path.endsWith('/')) markdownIn(path).forEach(visit);
      }
    };
    visit('README.md');
    expect(documents.filter((document) => !reached.has(document))).toEqual([]);
  });
});

/** Commands as documents write them: `    baseline diff plant.yaml --db plant.db`, in an indented or fenced block. */
const commandLines = (document: string): string[] => read(document).split('\n').flatMap((line) => /^(?: {4,}|\t)?(?:\$ |sudo )?baseline ([a-z].*)$/.exec(line)?.[1] ?? []);

test('every command and option that a document shows exists', async () => {
  const commands = new Map((await everyCommand()).map(({ syntax, options }) => [syntax.split(' ')[0], new Set([...Object.keys(options), ...COMMON_OPTIONS])]));
  const shown = ['README.md', 'samples/README.md', ...markdownIn('docs')].flatMap((document) => commandLines(document).map((line) => ({ document, line })));
  expect(shown.length).toBeGreaterThan(40);
  const wrong = shown.filter(({ line }) => {
    const [own] = line.split(/ [|#>]| {3,}/);
    const options = commands.get(own.split(' ')[0]);
    return options === undefined || [...own.matchAll(/ --([a-z][a-z-]*)/g)].some(([, name]) => !options.has(name) && !options.has(name.replace(/^no-/, '')));
  });
  expect(wrong).toEqual([]);
});

test('docs/operations.md: the units name each other, and the interface is made silent each time it comes, not at boot alone', () => {
  const page = read('docs/operations.md');
  const [span, capture] = [...page.matchAll(/`\/etc\/systemd\/system\/(\S+)@\.service`[^]*?```ini\n([^]*?)```/g)].map(([, name, unit]) => ({ name, unit }));
  const device = 'sys-subsystem-net-devices-%i.device';
  for (const line of [`BindsTo=${device}`, `After=${device}`, `WantedBy=${device}`, `Before=${capture.name}@%i.service`]) expect(span.unit.split('\n')).toContain(line);
  for (const line of [`Wants=${span.name}@%i.service`, `After=${span.name}@%i.service`]) expect(capture.unit.split('\n')).toContain(line);
});

test('README.md names two commands that exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const demo = /bash (\S+)/.exec(scripts['demo'])![1];
  expect(read('README.md')).toContain('    npm run demo\n');
  expect(read('README.md')).toContain('    npm ci && npm test\n');
  expect(existsSync(join(PROJECT, demo)), relative(PROJECT, demo)).toBe(true);
  expect(scripts['test']).toBe('vitest run');
});

test('docs/spec.md names every field of the spec, and every word that one may hold', () => {
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return;
    if ('properties' in node && node.properties !== null && typeof node.properties === 'object') for (const name of Object.keys(node.properties)) names.add(name);
    if ('enum' in node && Array.isArray(node.enum)) for (const word of node.enum) if (typeof word === 'string') names.add(word);
    Object.values(node).forEach(visit);
  };
  visit(JSON.parse(read('docs/spec.schema.json')));
  const marked = [...read('docs/spec.md').matchAll(/```yaml([^]*?)```|`([^`\n]+)`/g)].map((match) => match[1] ?? match[2]);
  const said = new Set(marked.flatMap((text) => text?.match(/[\w.+-]+/g) ?? []));
  expect([...names].filter((name) => !said.has(name))).toEqual([]);
});
