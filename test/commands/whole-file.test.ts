/**
 * What a killed writer left beside a file goes with the next write; what is somebody's own, or of a writer that runs, stays. Files that
 * belong together are written all or none, and a signal waits until they are.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileURLToPath } from 'node:url';
import { makeFolder, writeFilesWhole, writeFileWhole } from '../../src/commands/whole-file.ts';
import { folderOfTest } from '../folder.ts';

test('parts of writers', () => {
  const folder = folderOfTest();
  const path = join(folder, 'plant.yaml');
  // Beyond any process id that Linux gives (PID_MAX_LIMIT, 4194304).
  for (const end of ['baseline-4999999.part', `baseline-${process.pid}.part`, `baseline-${process.ppid}.part`, 'part', 'baseline-mine.part']) writeFileSync(`${path}.${end}`, 'left');
  writeFileSync(join(folder, 'other.yaml.baseline-4999999.part'), 'left');
  writeFileWhole(path, 'whole');
  expect(readFileSync(path, 'utf8')).toBe('whole');
  expect(readdirSync(folder).toSorted()).toEqual(['other.yaml.baseline-4999999.part', 'plant.yaml', `plant.yaml.baseline-${process.ppid}.part`, 'plant.yaml.baseline-mine.part', 'plant.yaml.part']);
});

test('a folder and those above it; where the system makes none, that is an end', () => {
  const folder = folderOfTest();
  makeFolder(join(folder, 'a/b/c'));
  makeFolder(join(folder, 'a/b/c'));
  expect(readdirSync(join(folder, 'a/b'))).toEqual(['c']);
  // Nothing can be made in /proc; Node's own recursion tries for ever there.
  expect(() => makeFolder('/proc/baseline/b')).toThrow(/\/proc\/baseline\/b cannot be written/);
});

test('files that belong together: all or none', () => {
  const folder = folderOfTest();
  writeFileSync(join(folder, 'a'), 'old');
  mkdirSync(join(folder, 'c'));
  expect(() => writeFilesWhole([{ path: join(folder, 'a'), content: 'new' }, { path: join(folder, 'b'), content: 'new' }, { path: join(folder, 'c'), content: 'new' }])).toThrow('c is a folder');
  expect(() => writeFilesWhole([{ path: join(folder, 'a'), content: 'new' }, { path: join(folder, 'no/b'), content: 'new' }])).toThrow('no/b cannot be written: its folder does not exist');
  expect(readdirSync(folder).toSorted()).toEqual(['a', 'c']);
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('old');
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s in the midst of a write: the file is whole, nothing is left beside it, and the process ends by the signal', (signal) => {
  const folder = folderOfTest();
  const script = `
    const { writeFileWhole } = await import(${JSON.stringify(new URL('../../src/commands/whole-file.ts', import.meta.url).href)});
    function* content() {
      yield Buffer.from('first ');
      process.kill(process.pid, '${signal}');
      yield Buffer.from('second');
    }
    writeFileWhole(process.argv[1], content());
    setInterval(() => undefined, 1000);`;
  const path = join(folder, 'e.tar');
  const ended = spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', script, path], { cwd: fileURLToPath(new URL('../..', import.meta.url)), encoding: 'utf8' });
  expect([ended.stderr, ended.signal]).toEqual(['', signal]);
  expect(readdirSync(folder)).toEqual(['e.tar']);
  expect(readFileSync(path, 'utf8')).toBe('first second');
});
