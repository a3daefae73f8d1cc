/** The process that reckons completeness beside a capture yields to it: in processor time, and where memory runs out. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { watchCompleteness } from '../../src/commands/capture-completeness.ts';
import { folderOfTest } from '../folder.ts';

afterEach(() => void vi.useRealTimers());

/** proc(5): processes that a thread of ours began. */
const children = (): number[] =>
  readdirSync('/proc/self/task').flatMap((thread) => readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter((pid) => pid !== '').map(Number));

test.runIf(existsSync('/proc/self/task') && existsSync(`/proc/self/task/${process.pid}/children`))('a minute after the start, and the first to go', () => {
  const folder = folderOfTest();
  const before = children();
  vi.useFakeTimers();
  const watch = watchCompleteness(join(folder, 'none.db'), 'Europe/Berlin');
  vi.advanceTimersByTime(60_000);
  const [pid] = children().filter((one) => !before.includes(one));
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toMatch(/\0status\0.*\0--timezone\0Europe\/Berlin\0/);
  expect(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim()).toBe('1000');
  expect(getPriority(pid)).toBe(19);
  expect(watch.share()).toBeNull();
  watch.stop();
});
