import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ROLES as PROPOSED_ROLES } from '../../../src/infer/proposal.ts';
import { ROLES, specJsonSchema } from '../../../src/policy/spec/schema.ts';

const published = JSON.parse(readFileSync(new URL('../../../docs/spec.schema.json', import.meta.url), 'utf8')) as Record<string, unknown>;

describe('the published schema', () => {
  it('is what the program checks (run scripts/make-spec-schema.ts after a change)', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(specJsonSchema())));
  });

  it('is draft 2020-12, closed, and leaves x- keys to the user', () => {
    expect(published).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', additionalProperties: false, patternProperties: { '^x-': true }, required: ['zones', 'conduits'] });
  });

  it('read back by another reader, accepts and refuses the same', () => {
    // Without patternProperties, which that reader does not know.
    const reader = z.fromJSONSchema(JSON.parse(JSON.stringify(published, (key, value: unknown) => (key === 'patternProperties' ? undefined : value))) as Parameters<typeof z.fromJSONSchema>[0]);
    const right = { zones: [{ zone_id: 'A', name: 'a', assets: ['x', { asset_id: 'P', ip: ['10.0.0.1'] }] }], conduits: [{ conduit_id: 'C', connects: ['A', 'B'], protocols_allowed: [{ protocol: 'Modbus/TCP', port: 502 }] }] };
    expect(reader.safeParse(right).success).toBe(true);
    expect(reader.safeParse({ ...right, conduits: [{ conduit_id: 'C', connects: ['A'] }] }).success).toBe(false);
    expect(reader.safeParse({ ...right, zones: [{ zone_id: 'A', name: 'a', kind: 'cellar' }] }).success).toBe(false);
    expect(reader.safeParse({ ...right, extra: 1 }).success).toBe(false);
  });
});

it('knows every role that inference proposes', () => {
  expect(PROPOSED_ROLES.filter((role) => !(ROLES as readonly string[]).includes(role))).toEqual([]);
});
