/** What a killed writer left beside a file goes with the next write; what is somebody's own, or of a writer that runs, stays. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFileWhole } from '../../src/commands/whole-file.ts';

test('parts of writers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'baseline-whole-'));
  try {
    const path = join(folder, 'plant.yaml');
    // Beyond any process id that Linux gives (PID_MAX_LIMIT, 4194304).
    for (const end of ['baseline-4999999.part', `baseline-${process.pid}.part`, `baseline-${process.ppid}.part`, 'part', 'baseline-mine.part']) writeFileSync(`${path}.${end}`, 'left');
    writeFileSync(join(folder, 'other.yaml.baseline-4999999.part'), 'left');
    writeFileWhole(path, 'whole');
    expect(readFileSync(path, 'utf8')).toBe('whole');
    expect(readdirSync(folder).toSorted()).toEqual(['other.yaml.baseline-4999999.part', 'plant.yaml', `plant.yaml.baseline-${process.ppid}.part`, 'plant.yaml.baseline-mine.part', 'plant.yaml.part']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
