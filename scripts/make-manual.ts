/** Writes dist/baseline.1 from the command table; a step of `npm run build`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { everyCommand } from '../src/main.ts';
import { manual } from './manual-page.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
writeFileSync(new URL('../dist/baseline.1', import.meta.url), manual(await everyCommand(), version));
