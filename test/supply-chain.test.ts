/** What is installed with the program: few, each with a reason, each with a digest, and no scripts but those that are known. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROJECT } from './places.ts';

const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');

interface Locked {
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

const { dependencies, scripts, allowScripts } = JSON.parse(read('package.json')) as { dependencies: Record<string, string>; scripts: Record<string, string>; allowScripts: Record<string, boolean> };
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
const locked = Object.entries(packages).filter(([path, { link }]) => path !== '' && link !== true);

test('docs/dependencies.md gives a reason for every runtime dependency, and for no other', () => {
  const listed = [...read('docs/dependencies.md').matchAll(/^\| ([a-z][\w./@-]*) \|/gm)].map(([, name]) => name).filter((name) => name !== 'package');
  expect(listed).toEqual(Object.keys(dependencies).sort());
});

test('what is built into the program is named with the version that was built in', () => {
  const builtIn = Object.keys(dependencies).filter((name) => !['better-sqlite3', 'node-addon-api', 'node-gyp-build'].includes(name));
  const licences = read('dist/THIRD-PARTY-LICENSES.txt');
  expect(builtIn.filter((name) => !licences.includes(`\n${name} ${dependencies[name]} (`))).toEqual([]);
});

test('every package of the lockfile has a SHA-512 digest, and none names a registry of its own', () => {
  expect(locked.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true).map(([path]) => path)).toEqual([]);
  expect(read('package-lock.json')).not.toMatch(/"resolved": "(?!https:\/\/registry\.npmjs\.org\/)/);
});

test('only SQLite runs a script of its own when the program is installed; ours builds the addon', () => {
  const withScripts = locked.filter(([, { hasInstallScript, dev }]) => hasInstallScript === true && dev !== true).map(([path]) => path.replace(/^.*node_modules\//, ''));
  expect(withScripts).toEqual(['better-sqlite3']);
  expect(Object.keys(allowScripts).sort()).toEqual(['better-sqlite3', 'esbuild']);
  expect(Object.entries(scripts).filter(([name]) => /^(?:pre|post)?install$|^prepare$/.test(name))).toEqual([['install', 'node native/install.mjs']]);
});
