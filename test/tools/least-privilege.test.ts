/**
 * Every command that only looks, as a process of its own under strace and under a umask that forbids nothing: it makes no
 * socket but those by which node talks to its own children, and every file it leaves is its owner's, or the group's to read.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROGRAM, runLine } from '../commands/command-line.ts';
import { SAMPLES } from '../places.ts';
import { canRun, program } from './loud-skip.ts';

const PLANT = join(SAMPLES, 'plant/millbrook_00005_20260314.pcapng');
const SPEC = join(SAMPLES, 'plant.yaml');

const runs = canRun('least privilege', [program('strace')]);

describe.runIf(runs)('under strace', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'baseline-privilege-'));
    writeFileSync(join(folder, 'key.pem'), generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** In order: each works on what the ones before it left. */
  const lines: readonly (readonly string[])[] = [
    ['import', PLANT, '--db', 'plant.db'],
    ['capture', '-', '--db', 'stream.db'],
    ['status', '--db', 'plant.db'],
    ['assets', '--db', 'plant.db'],
    ['flows', '--db', 'plant.db'],
    ['propose-zones', '--db', 'plant.db', '--out', 'spec.yaml'],
    ['diff', SPEC, '--db', 'plant.db'],
    ['simulate', SPEC, '--db', 'plant.db'],
    ['verify', SPEC, '--db', 'plant.db'],
    ['export', SPEC, '--target', 'nftables', '--out', 'nft'],
    ['report', SPEC, '--db', 'plant.db', '--out', 'report.html'],
    ['spec', 'check', SPEC],
    ['spec', 'export-register', SPEC, '--out', 'register'],
    ['bundle', SPEC, '--db', 'plant.db', '--redact', '--sign', 'key.pem', '--out', 'evidence.tar'],
    ['bundle', 'verify', 'evidence.tar'],
  ];

  test.each(lines.map((line) => [line.slice(0, 2).join(' '), line] as const))('%s: no socket', (_, line) => {
    const log = join(folder, 'strace.log');
    const ran = spawnSync('sh', ['-c', 'umask 000; exec strace -f -qq -e trace=%network -o "$0" "$@"', log, ...PROGRAM, ...line], { cwd: folder, encoding: 'utf8', input: line.includes('-') ? readFileSync(PLANT) : '' });
    expect([0, 1, 3], ran.stderr).toContain(ran.status);
    const calls = readFileSync(log, 'utf8').split('\n');
    rmSync(log);
    // node talks to a child (the compiler of these tests) over a pair of local sockets; nothing else is one.
    expect(calls.filter((call) => /\b(?:socket|connect|bind|listen|sendto|sendmsg)\(/.test(call) && !/AF_UNIX|SOCK_STREAM, 0, \[/.test(call))).toEqual([]);
  });

  test('strace would have shown a socket', () => {
    const log = join(folder, 'strace.log');
    spawnSync('strace', ['-f', '-qq', '-e', 'trace=%network', '-o', log, process.execPath, '-e', "require('node:net').createServer().listen(0, '127.0.0.1', function () { this.close(); })"]);
    expect(readFileSync(log, 'utf8')).toMatch(/listen\(/);
    rmSync(log);
  });

  test('every file that was left is private, or readable by the group', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
    expect(files.length).toBeGreaterThan(15);
    for (const path of files) {
      const isPrivate = /\.(?:db|pem|tar)$|\.map\.json$/.test(path);
      expect(statSync(path).mode & 0o777 & ~(isPrivate ? 0o600 : 0o640), path).toBe(0);
    }
  });
});

test('every command is among those that were watched, or says itself that it opens a socket', async () => {
  const { out } = await runLine(['--help']);
  const commands = [...out.matchAll(/^ {2}baseline ([a-z-]+)/gm)].map(([, name]) => name);
  expect(commands.length).toBeGreaterThan(10);
  const watched = new Set(['import', 'capture', 'status', 'assets', 'flows', 'propose-zones', 'diff', 'simulate', 'verify', 'export', 'report', 'spec', 'bundle']);
  // The live view listens on loopback; completion only prints.
  expect(commands.filter((name) => !watched.has(name as string))).toEqual(['completion', 'serve']);
});
