/** Documents say what the code says: the table of exit codes, the commands, and links that lead somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../src/errors.ts';

const PROJECT = join(import.meta.dirname, '..');
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

describe('links', () => {
  const documents = ['README.md', 'CHANGELOG.md', ...['docs', 'samples', 'bench'].flatMap(markdownIn)];

  test.each(documents)('%s: every relative link leads to a file', (document) => {
    const targets = [...read(document).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map((link) => link[1]).filter((target) => !/^[a-z]+:/.test(target));
    const missing = targets.filter((target) => !existsSync(join(PROJECT, dirname(document), target)));
    expect(missing).toEqual([]);
  });
});

test('README.md names two commands that exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const demo = /bash (\S+)/.exec(scripts['demo'])![1];
  expect(read('README.md')).toContain('    npm run demo\n');
  expect(read('README.md')).toContain('    npm ci && npm test\n');
  expect(existsSync(join(PROJECT, demo)), relative(PROJECT, demo)).toBe(true);
  expect(scripts['test']).toBe('vitest run');
});
