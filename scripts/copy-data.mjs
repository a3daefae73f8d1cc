// Copies the data files that src/net reads at run time beside the compiled modules (tsc copies only code).
import { cpSync } from 'node:fs';

cpSync(new URL('../src/net/data', import.meta.url), new URL('../dist/net/data', import.meta.url), { recursive: true });
