/** The manual page is made of the command table: nothing of it is missing, and no word of ours is a request to roff. */
import { expect, test } from 'vitest';
import { manual } from '../scripts/manual-page.ts';
import { everyCommand } from '../src/main.ts';

test('every command and every option has its place', async () => {
  const commands = await everyCommand();
  const page = manual(commands, '1.2.3');
  expect(page).toContain('baseline 1.2.3');
  for (const { syntax, options } of commands) {
    const [, own = ''] = page.split(`.SS "${syntax.replaceAll('-', String.raw`\-`)}"\n`);
    const section = own.split('\n.SS ')[0];
    for (const name of Object.keys(options)) expect(section).toContain(`.B \\-\\-${name.replaceAll('-', String.raw`\-`)}`);
  }
  expect(page.match(/^\.SS /gm)).toHaveLength(commands.length);
});

test('a summary cannot begin a request', () => {
  const page = manual([{ syntax: 'x', summary: '.sy rm\n\'so file\\fB', examples: [], options: {}, positionals: {} }], '1');
  expect(page).toContain(String.raw`\&.sy rm`);
  expect(page).toContain(String.raw`\&'so file\efB`);
});
