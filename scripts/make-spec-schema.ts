/** Writes docs/spec.schema.json from src/policy/spec/schema.ts: `npx tsx scripts/make-spec-schema.ts`. */
import { writeFileSync } from 'node:fs';
import { specJsonSchema } from '../src/policy/spec/schema.ts';

writeFileSync(new URL('../docs/spec.schema.json', import.meta.url), `${JSON.stringify(specJsonSchema(), null, 2)}\n`);
