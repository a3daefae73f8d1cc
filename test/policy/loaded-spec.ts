/** The spec that a text holds, for tests that are about what it says: one that does not hold fails them with its problems. */
import { parseSpec, type LoadedSpec } from '../../src/policy/spec/load.ts';

export function loadText(text: string): LoadedSpec {
  const { loaded, problems } = parseSpec(text, 'spec.yaml');
  if (loaded === null) throw new Error(`${JSON.stringify(problems)}\n${text}`);
  return loaded;
}
