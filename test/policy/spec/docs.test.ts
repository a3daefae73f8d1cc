import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FINDING_TYPES } from '../../../src/policy/diff/findings.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import { specJsonSchema } from '../../../src/policy/spec/schema.ts';

const page = readFileSync(new URL('../../../docs/spec.md', import.meta.url), 'utf8');
const lints = readFileSync(new URL('../../../src/policy/diff/check.ts', import.meta.url), 'utf8');

it('every example of docs/spec.md loads', () => {
  const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]);
  expect(examples.length).toBeGreaterThan(1);
  for (const example of examples) {
    const text = /^(?:set_aside|enforcement_points)/.test(example) ? `zones: [{zone_id: CELL-1, name: a}, {zone_id: OPS, name: b}]\nconduits: []\n${example}` : example;
    expect(parseSpec(text, 'docs/spec.md').problems).toEqual([]);
  }
});

it('docs/spec.md names every lint and every finding type', () => {
  const rules = [...lints.matchAll(/report\([^;]*?'([a-z][a-z0-9-]+)', '(?:critical|high|medium|low|info)'/g)].map((match) => match[1]);
  expect(rules.length).toBeGreaterThan(20);
  for (const rule of new Set(rules)) expect(page, rule).toContain(`\`${rule}\``);
  for (const type of FINDING_TYPES) expect(page, type).toContain(type.replace(/^permit-(removed|widened|narrowed|changed)$/, '-$1').replace(/^asset-(removed|moved)$/, '-$1'));
});

it('docs/spec.md names every field of the top, of zones, assets, conduits and rules', () => {
  const schema = specJsonSchema() as { properties: Record<string, unknown> };
  const at = (node: unknown, ...path: string[]): Record<string, unknown> => path.reduce((held, step) => (held as Record<string, unknown>)[step], node) as Record<string, unknown>;
  const zone = at(schema, 'properties', 'zones', 'items', 'properties');
  const conduit = at(schema, 'properties', 'conduits', 'items', 'properties');
  const asset = at((at(zone, 'assets', 'items')['anyOf'] as unknown[])[1], 'properties');
  const rule = at(conduit, 'protocols_allowed', 'items', 'properties');
  const fields = [schema.properties, zone, conduit, asset, rule].flatMap((node) => Object.keys(node)).filter((field) => field !== 'ethertype' && field !== 'security_mode');
  for (const field of fields) expect(page, field).toContain(field);
});
