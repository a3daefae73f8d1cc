/**
 * `capture` without an interface: a pipe that trickles, words on the command line, what is said and counted, the text for
 * Prometheus. Interfaces are in test/tools/capture-command.test.ts.
 */
import { spawn } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findUser, parseDurationMs, parseOctets, within } from '../../src/commands/capture-options.ts';
import { createTalk } from '../../src/commands/capture-talk.ts';
import { createTruth } from '../../src/commands/capture-truth.ts';
import { runCapture } from '../../src/commands/capture.ts';
import { metricsText } from '../../src/commands/metrics-endpoint.ts';
import type { CaptureTotals } from '../../src/source/pcap-stats.ts';
import { readFromStore } from '../../src/store/database.ts';
import { readStatus, type StoreStatus } from '../../src/store/read-status.ts';
import type { RunFigures } from '../../src/store/live-run.ts';
import { ENDS, waitUntil } from '../hang.ts';
import { testFolder } from '../folder.ts';
import { PROJECT } from '../places.ts';
import { PROGRAM } from './command-line.ts';
import { setStage } from './main-stage.ts';

const PIPELINED = join(PROJECT, 'samples/traps/pipelined.pcap');

const folder = testFolder();

describe('a pipe', () => {
  const start = (...args: string[]) => {
    const child = spawn(PROGRAM[0], [PROGRAM[1], ...args], { ...ENDS, cwd: PROJECT, stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise<number | string | null>((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
    return { child, ended, said: () => said };
  };
  const statusOf = (db: string): StoreStatus | null => {
    try {
      return readFromStore(db, readStatus);
    } catch {
      return null; // not made yet
    }
  };

  test('what comes is stored while the pipe is open; SIGTERM ends it with 0, SIGHUP does not, SIGUSR1 asks how it stands and opens no debugger', async () => {
    const db = join(folder, 'trickle.db');
    const { child, ended, said } = start('capture', '-', '--db', db, '--checkpoint', '1');
    const octets = readFileSync(PIPELINED);
    // File header and the first record but its last octet, then the rest: a record may come in pieces.
    child.stdin.write(octets.subarray(0, 24 + 16 + 20));
    await sleep(300);
    child.stdin.write(octets.subarray(24 + 16 + 20));
    await waitUntil('5 packets in the store', () => statusOf(db)?.totals.packets === 5, () => child.exitCode !== null || child.signalCode !== null, said);
    expect(statusOf(db)?.captures).toMatchObject([{ kind: 'stream', name: '-', state: 'running', packets: 5 }]);
    child.kill('SIGHUP');
    child.kill('SIGUSR1');
    await waitUntil('the answer', () => said().includes('standard input: 5 packets'), () => child.exitCode !== null || child.signalCode !== null, said);
    expect(said()).not.toContain('Debugger');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(statusOf(db)?.captures).toMatchObject([{ state: 'complete', reason: '', packets: 5 }]);
  });

  test('two signals at once, as timeout(1) and npx pass them on, are one: it ends with its last checkpoint', async () => {
    const db = join(folder, 'twice.db');
    const { child, ended, said } = start('capture', '-', '--db', db, '--checkpoint', '1');
    child.stdin.write(readFileSync(PIPELINED));
    await waitUntil('5 packets in the store', () => statusOf(db)?.totals.packets === 5, () => child.exitCode !== null || child.signalCode !== null, said);
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(statusOf(db)?.captures).toMatchObject([{ state: 'complete', packets: 5 }]);
  });

  test('its store is moved away: one line says so at once, and once it is back nothing is missing', async () => {
    const db = join(folder, 'moved.db');
    const { child, ended, said } = start('capture', '-', '--db', db, '--checkpoint', '1');
    const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
    const octets = readFileSync(PIPELINED);
    child.stdin.write(octets.subarray(0, 24 + 16 + 20));
    await waitUntil('a running capture', () => statusOf(db)?.captures[0]?.state === 'running', isOver, said);
    renameSync(db, `${db}.away`);
    child.stdin.write(octets.subarray(24 + 16 + 20));
    await waitUntil('the line', () => said().includes('move the same file back'), isOver, said);
    renameSync(`${db}.away`, db);
    await waitUntil('the other line', () => said().includes('the store takes checkpoints again; nothing was lost'), isOver, said);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(said().match(/move the same file back/g)).toHaveLength(1);
    expect(statusOf(db)?.captures).toMatchObject([{ state: 'complete', packets: 5 }]);
  });

  test.runIf(process.platform === 'linux')('SIGHUP before the first octet does not end it either', async () => {
    const db = join(folder, 'hangup.db');
    const { child, ended, said } = start('capture', '-', '--db', db);
    // proc(5): signals that the process hears; the lowest bit is SIGHUP.
    const hears = (): boolean => /^SigCgt:\t[0-9a-f]*[13579bdf]$/m.test(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
    await waitUntil('an ear for SIGHUP', hears, () => child.exitCode !== null || child.signalCode !== null, said);
    child.kill('SIGHUP');
    child.stdin.end(readFileSync(PIPELINED));
    expect(await ended).toBe(0);
    expect(statusOf(db)?.captures).toMatchObject([{ state: 'complete', packets: 5 }]);
  });

  test('stopped before the first octet: nothing was kept, 130', async () => {
    const db = join(folder, 'nothing.db');
    const { child, ended } = start('capture', '-', '--db', db);
    await sleep(3000);
    child.kill('SIGTERM');
    // A slow machine may not have come to listening for signals yet.
    expect(['SIGTERM', 130]).toContain(await ended);
    expect(statusOf(db)).toBeNull();
  });

  test('what is no capture is refused, and `import -` reads the same', async () => {
    const wrong = start('capture', '-', '--db', join(folder, 'wrong.db'));
    wrong.child.stdin.end('these are words and no packets, and more than a header of them');
    expect(await wrong.ended).toBe(2);
    expect(wrong.said()).toContain('standard input: is not a capture');
    const whole = start('import', '-', '--db', join(folder, 'import.db'));
    whole.child.stdin.end(readFileSync(PIPELINED));
    expect(await whole.ended).toBe(0);
    expect(statusOf(join(folder, 'import.db'))?.totals.packets).toBe(5);
  });
});

describe('words on the command line', () => {
  test.each([
    ['4w', 2_419_200_000],
    ['3d', 259_200_000],
    ['2h', 7_200_000],
    ['30m', 1_800_000],
    ['10s', 10_000],
    ['1d12h', 129_600_000],
  ])('a duration: %s', (text, ms) => expect(parseDurationMs('duration', text)).toBe(ms));

  test.each(['', '4', 'w', '4 w', '-4w', '0s', '4x', '1.5h', 'soon'])('no duration: "%s"', (text) => {
    expect(() => parseDurationMs('duration', text)).toThrow(/^--duration/);
  });

  test.each([
    ['100MB', 1e8],
    ['64MiB', 67_108_864],
    ['1G', 1e9],
    ['1.5 GB', 1.5e9],
    ['100000', 1e5],
    ['70k', 7e4],
  ])('octets: %s', (text, octets) => expect(parseOctets('buffer', text, 1, 1e12)).toBe(octets));

  test.each(['', 'much', '-1MB', '10XB', '0', '1e3'])('no octets: "%s"', (text) => expect(() => parseOctets('buffer', text, 1, 1e12)).toThrow(/^--buffer/));

  test('any words give a number in range or a line for the user, never anything else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const parse of [() => parseDurationMs('duration', text), () => parseOctets('buffer', text, 10, 1000)]) {
          try {
            expect(parse()).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toMatchObject({ name: 'BaselineError', exitCode: 2 });
          }
        }
      }),
    );
  });

  test('numbers and users', () => {
    expect(within('checkpoint', 5, 1, 3600)).toBe(5);
    for (const value of [0, 3601, 1.5, NaN]) expect(() => within('checkpoint', value, 1, 3600)).toThrow(/^--checkpoint/);
    expect(findUser('65534:65533')).toEqual({ uid: 65_534, gid: 65_533 });
    for (const name of ['root', '0:0', 'no-such-user-here', '1:', 'a:b']) expect(() => findUser(name)).toThrow(/^--user/);
  });

  test.each([
    [{}, 'on which interface'],
    [{ iface: ['span0', 'span1', 'span0'] }, '--iface span0 stands there twice'],
    [{ input: 'span0' }, 'knows no argument "span0"'],
    [{ input: '-', iface: ['span0'] }, '--iface says nothing about a pipe'],
    [{ input: '-', ring: 'there' }, '--ring says nothing about a pipe'],
    [{ iface: ['span0'], 'ring-size': '1GB' }, '--ring-size without --ring'],
    [{ iface: ['span0'], ring: 'there', 'ring-files': 1 }, '--ring-files 1'],
    [{ iface: ['span0'], checkpoint: 0 }, '--checkpoint 0'],
    [{ iface: ['span0'], metrics: 70_000 }, '--metrics 70000'],
  ])('%o is refused before anything is opened', async (argv, words) => {
    await expect(runCapture(argv, setStage())).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(words) });
  });
});

describe('what is said while it runs', () => {
  const figures = (packets: number, more: Partial<RunFigures> = {}): RunFigures => ({
    packets, bytes: packets * 100, notAnalysed: 0, notStored: 0, conversations: 7, newInLastHour: 2, checkpointAgeMs: 0, refusal: '', ...more,
  });
  const totals = (kernelDropped: number): CaptureTotals => ({ received: 100, processed: 100 - kernelDropped, kernelDropped, interfaceDropped: 0, waiting: 0, resets: 0, failedReadings: 0 });
  const listen = () => {
    const said: string[] = [];
    const shown: string[] = [];
    const counted: Record<string, number> = {};
    let now = 0;
    const talk = createTalk({ name: 'span0', nowMs: () => now, say: (line) => said.push(line), progress: (line) => shown.push(line) });
    const note = (name: string, by = 1): void => void (counted[name] = (counted[name] ?? 0) + by);
    const ofHour: Record<string, number> = {};
    const noteHour = (name: string, by: number): void => void (ofHour[name] = (ofHour[name] ?? 0) + by);
    return { talk, said, shown, counted, note, ofHour, noteHour, at: (ms: number) => (now = ms) };
  };

  test('the status line: rate, conversations, new ones, completeness, loss', () => {
    const { talk, shown, at } = listen();
    at(1000);
    talk.tick(figures(5000), totals(0), null);
    at(3000);
    talk.tick(figures(9000), totals(12), 0.939);
    expect(shown).toEqual([
      'span0  5 000 packets/s  7 conversations (2 new in the last hour)  5 000 packets  no loss',
      'span0  2 000 packets/s  7 conversations (2 new in the last hour), 93 % complete  9 000 packets  12 lost',
    ]);
  });

  test('events are said once each and counted, those before the store was open too', () => {
    const { talk, said, counted, note, ofHour, noteHour } = listen();
    talk.event({ kind: 'lost', interface: 'span0', reason: 'it went', final: false });
    talk.attach(note, noteHour);
    talk.event({ kind: 'reopened', interface: 'span0', linkType: 101, linkTypeChanged: true, awayMs: 2500 });
    talk.event({ kind: 'link', interface: 'span0', up: false, afterMs: 10 });
    talk.event({ kind: 'link', interface: 'span0', up: true, afterMs: 400 });
    talk.event({ kind: 'clock-step', stepMs: -3_600_000 });
    talk.event({ kind: 'opened', interface: 'span0', linkType: 1, nanoseconds: true, warning: '' });
    expect(said).toEqual([
      'span0: lost (it went); it is opened again as soon as it is back',
      'span0: back after 3 s, now with link type 101',
      'span0: link down; nothing can come until it is up',
      'span0: link up again, after 400 ms',
      'the clock of this machine was set back by 60 min; packets keep the times they were given',
    ]);
    expect(counted).toEqual({
      'live.interface-lost': 1, 'live.interface-reopened': 1, 'live.away-ms': 2500, 'live.link-type-changed': 1,
      'live.link-down': 1, 'live.down-ms': 400, 'live.clock-step': 1,
    });
    expect(ofHour).toEqual({ 'clock-step': 1 });
  });

  test.each([[2 * 86_400_000 - 1000, '2.0 days'], [2 * 3_600_000 - 1000, '2.0 h'], [119_600, '2 min'], [999.7, '1 s'], [172_000_000, '47.8 h']])('a step of %d ms is told as %s', (stepMs, words) => {
    const { talk, said } = listen();
    talk.event({ kind: 'clock-step', stepMs });
    expect(said).toEqual([`the clock of this machine was set forward by ${words}; packets keep the times they were given`]);
  });

  test('time listened, away, without link and silent goes to the hour, silence from a minute on', () => {
    const hour: Record<string, number> = {};
    let now = 0;
    const truth = createTruth(() => now, (name, by) => void (hour[name] = (hour[name] ?? 0) + by));
    const span0 = { state: 'open', linkUp: true, awayMs: 0 } as const;
    const away = (awayMs: number) => ({ state: 'away', linkUp: false, awayMs }) as const;
    type States = Parameters<typeof truth.tick>[1];
    const step = (seconds: number, packets: (second: number) => number, states: States | ((second: number) => States)): void => {
      for (let second = 1; second <= seconds; second++) {
        now += 1000;
        truth.tick(packets(second), typeof states === 'function' ? states(second) : states);
      }
    };
    step(100, (second) => second, [span0, span0]);
    step(30, () => 100, [span0, { state: 'open', linkUp: false, awayMs: 0 }]);
    step(10, (second) => 100 + second, (second) => [span0, away(second * 1000)]);
    expect(hour).toEqual({ 'listened-ms': 240_000, 'down-ms': 30_000, 'away-ms': 10_000 });
    step(300, () => 110, [span0]);
    step(1, () => 111, [span0]);
    expect(hour).toEqual({ 'listened-ms': 541_000, 'down-ms': 30_000, 'away-ms': 10_000, 'silent-ms': 300_000 });
    // An absence between two ticks is not missed, and what waits at the end is handed on.
    step(20, () => 111, [{ ...span0, awayMs: 700 }]);
    expect(hour['away-ms']).toBe(10_000);
    truth.end([{ ...span0, awayMs: 900 }]);
    expect(hour).toMatchObject({ 'away-ms': 10_900, 'listened-ms': 560_300 });
  });

  test('silence, drops and a store that refuses are said when they begin and when they end', () => {
    const { talk, said, counted, note, noteHour, at } = listen();
    talk.attach(note, noteHour);
    for (let second = 1; second <= 130; second++) {
      at(second * 1000);
      talk.tick(figures(10), totals(0), null);
    }
    at(131_000);
    talk.tick(figures(11), totals(3), null);
    for (const refusal of ['the disk is full', 'the disk is full', '']) talk.tick(figures(12, { refusal, notAnalysed: 4 }), totals(3), null);
    expect(said).toEqual([
      'span0: not one packet for 60 s; is the mirror port still there?',
      'span0: packets again, after 2 min of silence',
      'span0: the kernel drops packets, for they are not taken fast enough; a larger --buffer bridges bursts (docs/operations.md)',
      'the disk is full; counting goes on in memory, and it is tried again at every checkpoint',
      'the store takes checkpoints again; 4 packets were not analysed',
    ]);
    expect(counted).toEqual({ 'live.silence': 1, 'live.silent-seconds': 130 });
    // Where it is full to the end, how much is missing.
    expect(talk.missing(figures(12, { notStored: 1200 }))).toBe('span0: 1 200 packets that came are not in the store');
    expect(talk.missing(figures(12))).toBe('');
  });

  test('a plain line every hour, and one in the end', () => {
    const { talk, said, at } = listen();
    for (let minute = 0; minute <= 120; minute++) {
      at(minute * 60_000);
      talk.tick(figures(minute * 1000), totals(0), null);
    }
    expect(said).toEqual([
      'span0: 60 000 packets in the last hour, 7 conversations (2 new in the last hour), no loss',
      'span0: 60 000 packets in the last hour, 7 conversations (2 new in the last hour), no loss',
    ]);
    expect(talk.summary(figures(5), totals(1))).toBe('span0: 5 packets (500 B) in 2.0 h; 100 received, 1 dropped by the kernel, 0 by the interface');
    expect(talk.summary(figures(5), null)).toBe('span0: 5 packets (500 B) in 2.0 h');
    expect(talk.summary(figures(0), null)).toMatch(/^span0: 0 packets .*; is the mirror port there\?$/);
  });
});

test('the text for Prometheus: one HELP and TYPE a name, labels escaped', () => {
  const hostile = 'a"b\\c\nd';
  expect(
    metricsText([
      { name: 'x_total', help: 'Things.', kind: 'counter', value: 3, labels: { interface: 'span0' } },
      { name: 'x_total', help: 'Things.', kind: 'counter', value: 4, labels: { interface: hostile } },
      { name: 'y', help: 'More.', kind: 'gauge', value: 0.5 },
    ]),
  ).toBe(
    '# HELP x_total Things.\n# TYPE x_total counter\nx_total{interface="span0"} 3\nx_total{interface="a\\"b\\\\c\\nd"} 4\n# HELP y More.\n# TYPE y gauge\ny 0.5\n',
  );
});
