/**
 * Before all tests: what they start as processes of its own is the program as it is built, as users start it. From source, each start
 * would compile for a second. Built anew where a source is newer; types are checked elsewhere.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './places.ts';

function isBuilt(): boolean {
  const main = join(PROJECT, 'dist/main.js');
  if (!existsSync(main)) return false;
  const built = statSync(main).mtimeMs;
  const sources = readdirSync(join(PROJECT, 'src'), { recursive: true, encoding: 'utf8' }).map((name) => join('src', name));
  return [...sources, 'scripts/build.mjs', 'scripts/bundle.mjs', 'package-lock.json'].every((name) => statSync(join(PROJECT, name)).mtimeMs <= built);
}

export function setup(): void {
  if (isBuilt()) return;
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: PROJECT, stdio: 'inherit' });
}
