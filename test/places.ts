/** Where tests find what they did not make: the repository, its samples, and the captures that lie beside it (BASELINE_CAPTURES names others). */
import { join, resolve } from 'node:path';

export const PROJECT = join(import.meta.dirname, '..');
export const SAMPLES = join(PROJECT, 'samples');
/** May be missing: then tests of it say that they were left out. */
export const CAPTURES = resolve(process.env['BASELINE_CAPTURES'] ?? join(PROJECT, '../shared/captures'));
