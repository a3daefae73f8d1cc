/**
 * House rules that the linter cannot see: names of files and folders, length of files, marks of unfinished work, machine paths.
 * In: a folder (default: the project). Out: one line a fault on standard output, exit code 1 if there is any.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOMS = ['src', 'test', 'samples', 'scripts', 'bench', 'eval', 'native', 'docs', '.ci'];
const SKIPPED = new Set(['node_modules', 'dist', 'build', 'data', 'prebuilds', 'corpus', 'golden', 'cases']);
const CODE = new Set(['.ts', '.mjs', '.js', '.cc', '.h', '.sh']);
const TEXT = new Set([...CODE, '.md', '.yaml', '.json', '.html']);
const MOST_LINES = 500;
/** Drawers: a name that says nothing about the purpose draws in everything. */
const DRAWER = /^(utils?|helpers?|commons?|misc|types?|shared|stuff)$/i;
/** Nouns in kebab-case, or numbers (decision records, migrations); a dot parts a suffix such as `.test`. */
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;
/** Written in halves so that this file does not find itself. */
const whole = (...halves) => halves.join('');
const UNFINISHED = new RegExp(`\\b(${[whole('TO', 'DO'), whole('FIX', 'ME'), whole('XX', 'X')].join('|')})\\b`);
const MACHINE_PATH = new RegExp(`(^|[\\s"'\`(])/(${[whole('wor', 'k'), 'home/[a-z]+'].join('|')})/`, 'm');

const root = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..');
const faults = [];

function checkFile(path) {
  const name = relative(root, path);
  const extension = extname(path);
  const stem = basename(path).replace(/\..*$/, '');
  if (DRAWER.test(stem)) faults.push(`${name}: name the purpose, not a drawer (${stem})`);
  if (CODE.has(extension) && !KEBAB.test(basename(path))) faults.push(`${name}: file names are kebab-case nouns`);
  if (!TEXT.has(extension)) return;
  const text = readFileSync(path, 'utf8');
  const lines = text.split('\n');
  if (CODE.has(extension) && lines.length - 1 > MOST_LINES) faults.push(`${name}: ${lines.length - 1} lines, ${MOST_LINES} is the limit`);
  const mark = lines.findIndex((line) => UNFINISHED.test(line));
  if (CODE.has(extension) && mark >= 0) faults.push(`${name}:${mark + 1}: unfinished work is an issue, not a mark in the code`);
  if (MACHINE_PATH.test(text)) faults.push(`${name}: holds a path of one machine`);
}

function walk(folder) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return; // a room that does not exist yet
  }
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (SKIPPED.has(entry.name)) continue;
      if (DRAWER.test(entry.name)) faults.push(`${relative(root, path)}/: name the purpose, not a drawer`);
      walk(path);
    } else if (entry.isFile()) checkFile(path);
  }
}

for (const room of ROOMS) walk(join(root, room));
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
