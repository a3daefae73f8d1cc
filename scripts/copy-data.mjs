// Copies what the program reads at run time beside the compiled modules (tsc copies only code).
import { cpSync } from 'node:fs';

for (const folder of ['net/data', 'render/report/page']) {
  cpSync(new URL(`../src/${folder}`, import.meta.url), new URL(`../dist/${folder}`, import.meta.url), { recursive: true });
}
