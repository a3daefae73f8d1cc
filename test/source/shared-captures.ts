/** The captures that tests are measured against: `BASELINE_CAPTURES`, or the folder beside the project. */
import * as fs from 'node:fs';
import { join, resolve } from 'node:path';

let isWarned = false;

/** Null, and a loud word, where there are none. */
export function capturesFolder(): string | null {
  const folder = process.env['BASELINE_CAPTURES'] ?? resolve(import.meta.dirname, '../../../shared/captures');
  if (fs.existsSync(join(folder, 'truth'))) return folder;
  if (!isWarned) console.warn(`NOT COMPARED WITH REAL CAPTURES: ${folder} holds none. Set BASELINE_CAPTURES to the folder that does.`);
  isWarned = true;
  return null;
}

export interface SharedCapture {
  /** `category/file`. */
  readonly name: string;
  readonly path: string;
  readonly truthPath: string;
  readonly size: number;
}

/** Every capture that has a truth, by name. */
export function listCaptures(folder: string): SharedCapture[] {
  const found: SharedCapture[] = [];
  for (const category of fs.readdirSync(join(folder, 'truth')).sort()) {
    const truths = join(folder, 'truth', category);
    if (!fs.statSync(truths).isDirectory()) continue;
    for (const truth of fs.readdirSync(truths).sort()) {
      if (!truth.endsWith('.json')) continue;
      const file = truth.slice(0, -'.json'.length);
      const path = join(folder, category, file);
      if (!fs.existsSync(path)) continue;
      found.push({ name: `${category}/${file}`, path, truthPath: join(truths, truth), size: fs.statSync(path).size });
    }
  }
  return found;
}
