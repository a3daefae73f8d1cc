/**
 * The manifest of an evidence bundle: first what is missing, then where it comes from, then every member with its SHA-256.
 * It is what a signature covers. In: a record. Out: its text, and a record again from text that anybody may have written.
 */
import { z } from 'zod';
import { jsonDocument } from '../json.ts';

export const MANIFEST = 'manifest.json';
/** The Ed25519 signature (RFC 8032) over the manifest's octets, in base64. */
export const SIGNATURE = 'manifest.sig';
export const STORE = 'store.db';
export const SPEC = 'spec.yaml';
export const PROPOSAL = 'proposal.yaml';
export const REPORT = 'report.html';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const whole = z.int().min(0);

const member = z.strictObject({ name: z.enum([PROPOSAL, REPORT, SPEC, STORE]), size: whole, sha256 });

const manifestSchema = z.strictObject({
  schemaVersion: z.literal(1),
  losses: z.array(z.string()),
  completeness: z.array(z.string()),
  /** Null where every name and address is as it was observed. */
  redaction: z.strictObject({
    addresses: whole,
    names: whole,
    texts: whole,
    /** What was left as it is, and what the proposal before says of the proposal after. */
    kept: z.array(z.string()),
    differences: z.array(z.string()),
  }).nullable(),
  provenance: z.strictObject({
    tool: z.string(),
    observed: z.strictObject({ first: z.string().nullable(), last: z.string().nullable() }),
    packets: whole,
    captures: z.array(z.strictObject({ name: z.string(), digest: z.string(), state: z.string(), packets: whole })),
  }),
  /** SHA-256 of the public key (SubjectPublicKeyInfo, DER) whose private half signed; null when nobody did. */
  signedBy: sha256.nullable(),
  members: z.array(member),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestMember = z.infer<typeof member>;

export const manifestText = (manifest: Omit<Manifest, 'schemaVersion'>): string => jsonDocument(manifest);

/** Null unless the text is exactly a manifest: members in the order of their names, each once, store and proposal among them. */
export function parseManifest(text: string): Manifest | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = manifestSchema.safeParse(value, { jitless: true });
  if (!parsed.success) return null;
  const names = parsed.data.members.map(({ name }) => name);
  const inOrder = names.every((name, i) => i === 0 || names[i - 1] < name);
  return inOrder && names.includes(STORE) && names.includes(PROPOSAL) && names.includes(REPORT) ? parsed.data : null;
}
