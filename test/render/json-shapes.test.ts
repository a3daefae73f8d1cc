import { expect, test } from 'vitest';
import { z } from 'zod';
import { ASSETS_SHAPE, DIFF_SHAPE, FLOWS_SHAPE, SIMULATE_SHAPE, SPEC_CHECK_SHAPE, STATUS_SHAPE, VERIFY_SHAPE } from '../../src/render/json-shapes.ts';
import { SCHEMA_VERSION } from '../../src/render/json.ts';

/** `npx vitest run test/render/json-shapes.test.ts -u` writes the published schemas anew. */
test.each([
  ['status', STATUS_SHAPE],
  ['assets', ASSETS_SHAPE],
  ['flows', FLOWS_SHAPE],
  ['diff', DIFF_SHAPE],
  ['simulate', SIMULATE_SHAPE],
  ['verify', VERIFY_SHAPE],
  ['spec check', SPEC_CHECK_SHAPE],
])('the published schema of %s is what the program writes by', async (name, shape) => {
  // New keys may come at any time: readers must not refuse them, though our own tests do.
  const schema = z.toJSONSchema(shape, {
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  const text = `${JSON.stringify({ title: `baseline ${name} --json, schemaVersion ${SCHEMA_VERSION}`, ...schema }, null, 2)}\n`;
  await expect(text).toMatchFileSnapshot(`../../docs/json/${name.replace(' ', '-')}.schema.json`);
});

test('the version in the shapes is the version that is written', () => {
  expect(ASSETS_SHAPE.shape.schemaVersion.value).toBe(SCHEMA_VERSION);
});
