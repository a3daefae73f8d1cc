/**
 * Builds the live capture addon while the package is installed: `npm ci` runs this. In: native/binding.gyp and
 * capture.cc. Out: native/build/Release/capture.node, or one line that says why not.
 * It never fails the install: reading capture files needs no addon, and neither does `tcpdump -w - | baseline capture -`.
 * `--prebuild` copies the fresh build to native/prebuilds/, where the published package keeps one binary per platform.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const say = (line) => process.stderr.write(`baseline: ${line}\n`);

function loads() {
  try {
    require('node-gyp-build')(here);
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

/** Why there is no addon now, or undefined when there is one. */
function build() {
  try {
    require.resolve('node-addon-api'); // binding.gyp asks it where its headers are
  } catch {
    return 'node-addon-api is not installed';
  }
  const [program, ...first] = nodeGyp();
  const nodedir = process.env['npm_config_nodedir'];
  const run = spawnSync(program, [...first, 'rebuild', ...(nodedir ? [`--nodedir=${nodedir}`] : [])], {
    cwd: here,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (run.status === 0 && loads()) return undefined;
  if (run.error !== undefined) return run.error.message;
  const lines = `${run.stdout ?? ''}\n${run.stderr ?? ''}`.split('\n');
  const telling = [/not found: |could not find any/i, /: (?:fatal )?error: /, /stack Error: /].flatMap((kind) => lines.find((line) => kind.test(line)) ?? []);
  return (telling[0] ?? `node-gyp ended with ${run.status}`).replace(/^(?:gyp ERR! )?(?:stack )?(?:Error: )?/, '').trim();
}

function main() {
  const prebuild = process.argv.includes('--prebuild');
  if (process.platform !== 'linux') {
    say('live capture is built on Linux only; reading capture files works without it.');
    return;
  }
  if (!prebuild && process.env['npm_config_build_from_source'] !== 'true' && existsSync(join(here, 'prebuilds')) && loads()) return;
  const reason = build();
  if (reason !== undefined) {
    say(
      `the live capture addon was not built (${reason}); reading capture files works without it. ` +
        'For live capture install a C++17 compiler, make and python3 (Debian: build-essential python3), then: npm rebuild baseline, or npm run install in the source folder.',
    );
    if (prebuild) process.exitCode = 1;
    return;
  }
  if (prebuild) {
    const folder = join(here, 'prebuilds', `linux-${process.arch}`);
    mkdirSync(folder, { recursive: true });
    const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
    copyFileSync(join(here, 'build', 'Release', 'capture.node'), join(folder, `capture.${libc}.node`));
  }
}

main();
