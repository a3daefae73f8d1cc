/**
 * README.md shows what the program prints: each line of its transcript, but for `...`, comes in that order when the commands are
 * run on the sample plant at the terminal's width that it was taken with.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testFolder } from './folder.ts';
import { runLine } from './commands/command-line.ts';

const README = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const COLUMNS = 106;
const folder = testFolder();

const block = README.split('\n## What it looks like\n')[1].split('\n## ')[0].split('\n').filter((line) => line.startsWith('    ')).map((line) => line.slice(4));
const blocks = block.join('\n').split(/^\$ baseline /m).slice(1).map((text): readonly [command: string, lines: readonly string[]] => {
  const [command, ...lines] = text.split('\n');
  return [command, lines.filter((line) => line.trim() !== '' && line.trim() !== '...')];
});

test('the transcript holds the main job', () => {
  expect(blocks.map(([command]) => command.split(' ')[0])).toEqual(['import', 'status', 'propose-zones', 'propose-zones', 'diff']);
});

test.each(blocks)('$ baseline %s', async (command, lines) => {
  // What would be written into the project goes into a folder of the test.
  const words = command.split(' ').map((word) => word.replace(/^demo\//, `${folder}/`));
  const { out, err } = await runLine([...words, '--db', join(folder, 'plant.db')], { isTTY: true, columns: COLUMNS });
  // eslint-disable-next-line no-control-regex
  const printed = `${err}\n${out}`.replaceAll(/\u001b\[[0-9;]*m/g, '').replaceAll(`${folder}/`, 'demo/').split(/[\r\n]+/).map((line) => line.trimEnd());
  let at = 0;
  for (const line of lines) {
    const found = printed.indexOf(line.trimEnd(), at);
    expect(found, `not printed, or not here: ${line}`).toBeGreaterThanOrEqual(0);
    at = found + 1;
  }
});
