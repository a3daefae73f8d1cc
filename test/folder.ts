import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

const makeFolder = (): string => mkdtempSync(join(tmpdir(), 'baseline-test-'));
const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/** A folder for the tests of a file (or of a `describe`), gone after them. The file asks for it, never a module that several files share. */
export function testFolder(): string {
  const folder = makeFolder();
  afterAll(() => remove(folder));
  return folder;
}

/** A folder for the one test that runs, gone after it, however it ends. */
export function folderOfTest(): string {
  const folder = makeFolder();
  onTestFinished(() => remove(folder));
  return folder;
}
