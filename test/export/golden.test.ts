/** Every file of every target and mode, as it was when somebody last looked at it. `vitest -u` after looking again. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import { exporterOf, listTargets } from '../../src/export/registry.ts';
import { plantPlan } from './plant.ts';

for (const { name, modes } of listTargets())
  for (const mode of modes)
    test(`${name}, ${mode}`, async () => {
      const { files } = exportPlan(exporterOf(name), plantPlan(), { mode, allowWider: true });
      expect(files.length).toBeGreaterThan(2);
      for (const file of files) {
        const text = typeof file.content === 'string' ? file.content : `${file.content.length} bytes, sha256 ${createHash('sha256').update(file.content).digest('hex')}\n`;
        await expect(text).toMatchFileSnapshot(`../golden/${name}/${mode}/${file.path}`);
      }
    });
