/** Builds the program into dist/: main.js, and in dist/program what it loads when a command asks for it. */
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, program, PROJECT } from './bundle.mjs';

/** Loaded by path and not by import, in threads and processes of their own: they lie where `import.meta.url` of the others looks for them. */
const LOADED_BY_PATH = ['source/read-ahead-worker', 'store/interval-writer-worker', 'commands/serve-child'];

/** The licences of what is built in, which ask to be handed on with it. */
function licences(modules) {
  const folders = new Set(modules.flatMap((path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  return [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const text = readdirSync(folder).filter((file) => /^licen[cs]e/i.test(file)).map((file) => readFileSync(join(folder, file), 'utf8').trim());
    return `${name} ${version} (${license})\n\n${text.join('\n\n')}\n`;
  });
}

const dist = join(PROJECT, 'dist');
rmSync(dist, { recursive: true, force: true });
const source = (path) => join(PROJECT, 'src', `${path}.ts`);
const modules = await bundle({ main: source('main'), ...Object.fromEntries(LOADED_BY_PATH.map((path) => [program(path), source(path)])) }, dist);
// A link that was made once (`npm link`) leads to the new file, too.
chmodSync(join(dist, 'main.js'), 0o755);
writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), licences(modules).join(`\n${'-'.repeat(80)}\n\n`));
