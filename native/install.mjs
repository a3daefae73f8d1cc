/**
 * Builds the live capture addon while the package is installed: `npm ci` runs this. In: native/binding.gyp and
 * capture.cc. Out: native/build/Release/capture.node, or one line that says why not.
 * It never fails the install: reading capture files needs no addon, and neither does `tcpdump -w - | baseline capture -`.
 * `--prebuild` (before `npm pack`) builds beside it, into native/prebuilds/, where the package keeps one binary per
 * platform. An installed package has such a binary and builds only where that cannot be loaded.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const say = (line) => process.stderr.write(`baseline: ${line}\n`);

function loads(folder) {
  try {
    require('node-gyp-build')(folder);
    return true;
  } catch {
    return false;
  }
}

/** npm names its own node-gyp in the environment of a script; outside of npm, it is the one on the PATH. */
function nodeGyp() {
  const bundled = process.env['npm_config_node_gyp'];
  return bundled !== undefined && existsSync(bundled) ? [process.execPath, bundled] : ['node-gyp'];
}

/** @returns why there is no addon in `folder` now, or undefined when there is one */
function build(folder) {
  try {
    require.resolve('node-addon-api'); // binding.gyp asks it where its headers are
  } catch {
    return 'node-addon-api is not installed';
  }
  const [program, ...first] = nodeGyp();
  const nodedir = process.env['npm_config_nodedir'];
  const run = spawnSync(program, [...first, 'rebuild', ...(nodedir ? [`--nodedir=${nodedir}`] : [])], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (run.status === 0 && loads(folder)) return undefined;
  if (run.error !== undefined) return run.error.message;
  const lines = `${run.stdout ?? ''}\n${run.stderr ?? ''}`.split('\n');
  const telling = [/not found: |could not find any/i, /: (?:fatal )?error: /, /stack Error: /].flatMap((kind) => lines.find((line) => kind.test(line)) ?? []);
  return (telling[0] ?? `node-gyp ended with ${run.status}`).replace(/^(?:gyp ERR! )?(?:stack )?(?:Error: )?/, '').trim();
}

/** Apart from native/build/, which may be in use. */
function prebuild() {
  const folder = mkdtempSync(join(here, 'build-'));
  try {
    for (const name of readdirSync(here)) if (/\.(?:gyp|cc|h)$/.test(name)) copyFileSync(join(here, name), join(folder, name));
    const reason = build(folder);
    if (reason !== undefined) return reason;
    const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
    const to = join(here, 'prebuilds', `linux-${process.arch}`);
    mkdirSync(to, { recursive: true });
    copyFileSync(join(folder, 'build', 'Release', 'capture.node'), join(to, `capture.${libc}.node`));
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function main() {
  if (process.platform !== 'linux') {
    say('live capture is built on Linux only; reading capture files works without it.');
    return;
  }
  const isPrebuild = process.argv.includes('--prebuild');
  // A source folder builds what it has, whatever an earlier `npm pack` has left.
  const mayBeThere = !isPrebuild && !existsSync(join(here, '../tsconfig.json')) && process.env['npm_config_build_from_source'] !== 'true';
  const isThere = mayBeThere && existsSync(join(here, 'prebuilds')) && loads(here);
  const reason = isThere ? undefined : isPrebuild ? prebuild() : build(here);
  if (reason === undefined) return;
  say(
    `the live capture addon was not built (${reason}); reading capture files works without it. ` +
      'For live capture install a C++17 compiler, make and python3 (Debian: build-essential python3), then: npm rebuild baseline, or npm run install in the source folder.',
  );
  if (isPrebuild) process.exitCode = 1;
}

main();
