/**
 * The built addon itself: what it can ask of libpcap and of the kernel, read from the binary, and that nothing done to
 * it from JavaScript aborts the process, also under AddressSanitizer. Needs what live-machine.ts says.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROJECT } from '../places.ts';
import { obstacle, run } from './live-machine.ts';

const ADDON = join(PROJECT, 'native/build/Release/capture.node');
const SENSOR = `bladdon${process.pid}`;
const why = obstacle(SENSOR);

/** Where the headers of this Node are, for the build under AddressSanitizer. */
function nodeHeaders(): string | undefined {
  const roots = [process.env['npm_config_nodedir'], join(process.execPath, '../..'), join(process.env['HOME'] ?? '/', '.cache/node-gyp', process.versions.node)];
  return roots.map((root) => join(root ?? '/nowhere', 'include/node')).find((folder) => existsSync(join(folder, 'node_api.h')));
}

describe.runIf(why === undefined)('the addon used as it should not be', () => {
  beforeAll(() => void run('ip', 'netns', 'add', SENSOR));
  afterAll(() => void run('ip', 'netns', 'del', SENSOR));

  const misuse = (addon: string, rounds: number, before: readonly string[] = [], flags: readonly string[] = []): { status: number | null; said: string[]; stderr: string } => {
    run('ip', '-n', SENSOR, 'link', 'set', 'lo', 'up');
    const script = join(import.meta.dirname, 'live-misuse.cjs');
    const done = spawnSync('ip', ['netns', 'exec', SENSOR, ...before, process.execPath, '--expose-gc', ...flags, script, addon, String(rounds)], { encoding: 'utf8' });
    return { status: done.status, said: done.stdout.trim().split('\n'), stderr: done.stderr };
  };

  const EXPECTED = [
    'before the library: refused, Capture(device, filter, numbers, callback), after loadLibrary',
    'no names: refused, no name was given',
    'not libpcap: refused, libc.so.6 is too old or is not libpcap',
    'odd names: refused,  is too old or is not libpcap',
    ...Array.from({ length: 6 }, () => 'bad arguments: refused, Capture(device, filter, numbers, callback), after loadLibrary'),
    'odd options: 114688',
    'another this: refused, Illegal invocation',
    'privileges of nobody: refused, uid and gid of an ordinary user are needed: Invalid argument',
    'octets: 9962496, again undefined',
    'ended: -1 {"dataLink":1,"nanoseconds":true,"warning":""}',
    'descriptors left open: none',
    'leaving',
  ];

  test('refuses or ignores it, leaks nothing and never aborts, also in workers that are ended', () => {
    for (let i = 0; i < 2; i++) expect(misuse(ADDON, 20)).toEqual({ status: 0, said: EXPECTED, stderr: '' });
  });

  test('the same under AddressSanitizer', () => {
    const headers = nodeHeaders();
    const asan = spawnSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).stdout?.trim() ?? '';
    if (headers === undefined || !existsSync(asan)) {
      console.warn('SKIPPED: the addon under AddressSanitizer (no g++ with libasan, or no Node headers)');
      expect(process.env['BASELINE_CI']).not.toBe('1');
      return;
    }
    const out = mkdtempSync(join(tmpdir(), 'baseline-asan-'));
    try {
      const built = join(out, 'capture.node');
      run('g++', '-shared', '-fPIC', '-std=gnu++17', '-O1', '-g', '-fno-exceptions', '-fsanitize=address', '-fno-omit-frame-pointer',
        '-DNAPI_VERSION=8', '-DNAPI_DISABLE_CPP_EXCEPTIONS', '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS', '-DNODE_GYP_MODULE_NAME=capture',
        `-I${headers}`, `-I${join(PROJECT, 'node_modules/node-addon-api')}`, join(PROJECT, 'native/capture.cc'), '-ldl', '-lpthread', '-o', built);
      // V8 keeps what it allocates until it ends: leaks are told by counting descriptors and by the soak.
      const { status, said, stderr } = misuse(built, 10, ['env', `LD_PRELOAD=${asan}`, 'ASAN_OPTIONS=detect_leaks=0']);
      expect({ status, said, stderr }).toEqual({ status: 0, said: EXPECTED, stderr: '' });
    } finally {
      rmSync(out, { recursive: true });
    }
  });

  test('the same under Valgrind: no access that is not its own, no decision by octets that were never written', () => {
    if (spawnSync('valgrind', ['--version']).status !== 0) {
      console.warn('SKIPPED: the addon under Valgrind (apt-get install valgrind)');
      expect(process.env['BASELINE_CI']).not.toBe('1');
      return;
    }
    // Code that V8 writes while it runs is beyond Valgrind: without its compilers it writes none.
    const { status, said, stderr } = misuse(ADDON, 1, ['valgrind', '--quiet', '--error-exitcode=9'], ['--jitless']);
    expect({ status, said, errors: stderr.split('\n').filter((line) => line.startsWith('==')) }).toEqual({ status: 0, said: EXPECTED, errors: [] });
  });
});

test('the C++ stays small enough to be read in one sitting: under 600 lines, comments included', () => {
  const native = join(PROJECT, 'native');
  const lines = readdirSync(native).filter((name) => /\.(?:cc|h)$/.test(name)).map((name) => readFileSync(join(native, name), 'utf8').trimEnd().split('\n').length);
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThan(600);
});

describe.runIf(existsSync(ADDON))('the built addon', () => {
  const strings = new Set(existsSync(ADDON) ? readFileSync(ADDON).toString('latin1').split('\0') : []);

  test('has no function that can transmit, neither linked nor looked up by name', () => {
    const transmitting = ['pcap_inject', 'pcap_sendpacket', 'pcap_sendqueue_transmit', 'send', 'sendto', 'sendmsg', 'sendmmsg', 'sendfile', 'splice', 'write', 'writev', 'pwrite', 'io_submit', 'io_uring_enter', '__send', '__sendto'];
    expect(transmitting.filter((name) => strings.has(name))).toEqual([]);
    expect([...strings].filter((text) => /inject|sendpacket|sendqueue/.test(text))).toEqual([]);
  });

  test('asks libpcap for these functions and no others', () => {
    expect([...strings].filter((text) => /^pcap_\w+$/.test(text)).sort()).toEqual([
      'pcap_activate',
      'pcap_close',
      'pcap_compile',
      'pcap_create',
      'pcap_datalink',
      'pcap_freecode',
      'pcap_get_selectable_fd',
      'pcap_get_tstamp_precision',
      'pcap_geterr',
      'pcap_lib_version',
      'pcap_next_ex',
      'pcap_set_buffer_size',
      'pcap_set_promisc',
      'pcap_set_snaplen',
      'pcap_set_timeout',
      'pcap_set_tstamp_precision',
      'pcap_set_tstamp_type',
      'pcap_setfilter',
      'pcap_setnonblock',
      'pcap_stats',
      'pcap_statustostr',
    ]);
  });

  test('needs no libpcap to be loaded: it is not linked', () => {
    expect([...strings].filter((text) => /^libpcap\S*\.so/.test(text))).toEqual([]);
  });
});
