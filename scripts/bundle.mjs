/**
 * Many modules, ours and those of other makers, in a few files that start sooner (docs/adr/0015). Types are not checked here
 * (`npm run check`).
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

export const PROJECT = join(import.meta.dirname, '..');

/** Read at run time, by paths relative to the code. */
const DATA = ['net/data', 'render/report/page'];

/** Where the file of a module lies, by the path of the module in src/. */
export const program = (path) => `program/${path.slice(path.lastIndexOf('/') + 1)}`;

/** What a frame goes through is one file, so that V8 sees constants and functions of one script. */
const ENGINE = { name: 'engine', test: /\/src\/(?:source|decode|flow)\/(?!firewall-log|.*-worker)/, includeDependenciesRecursively: false };
/** yargs looks for translations three folders up: from program/ that is in the package, where there are none. */
const YARGS = { name: 'yargs', test: /\/node_modules\/(?:yargs|y18n)\// };

/**
 * In: paths of modules by the name of the file to be (`main` becomes main.js), a folder. Out: the paths of all modules that went in.
 * Native code stays outside, and what finds it.
 */
export async function bundle(input, folder) {
  const bundled = await rolldown({
    cwd: PROJECT,
    input,
    platform: 'node',
    external: ['better-sqlite3', 'node-gyp-build'],
    preserveEntrySignatures: false,
    // Three versions come along; the newer two make a grapheme segmenter when they are loaded, 10 ms each, for a help text in ASCII.
    resolve: { alias: { 'string-width': join(PROJECT, 'node_modules/string-width/index.js') } },
    checks: { ineffectiveDynamicImport: false },
  });
  const { output } = await bundled.write({
    dir: folder,
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'program/[name].js',
    comments: { jsdoc: false },
    codeSplitting: { groups: [ENGINE, YARGS] },
  });
  for (const path of DATA) cpSync(join(PROJECT, 'src', path), join(folder, program(path)), { recursive: true });
  return output.flatMap((chunk) => chunk.moduleIds ?? []);
}
