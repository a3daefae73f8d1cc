/**
 * A store and a spec without the plant's addresses and names, for evidence that leaves it. In: the copy that will be packed,
 * open for writing, and the spec. Out: both redacted, what was replaced by what, and whether the proposal still says the same.
 */
import { basename } from 'node:path';
import { proposeConduits, type ConduitProposal } from '../infer/conduits/conduits.ts';
import { plural } from '../infer/plural.ts';
import { proposeZones } from '../infer/zones.ts';
import type { ObservationSet } from '../observation.ts';
import { diffSpec } from '../policy/diff/diff.ts';
import { keptOf } from '../policy/redaction/own-words.ts';
import { redactFact, redactTarget } from '../policy/redaction/facts.ts';
import { collector, type Redactor, type Replacements } from '../policy/redaction/redactor.ts';
import { proposalShape, shapeDifferences } from '../policy/redaction/shape.ts';
import { redactSpec } from '../policy/redaction/spec.ts';
import { parseSpec, type LoadedSpec } from '../policy/spec/load.ts';
import { formatSpec } from '../policy/spec/write.ts';
import { SPEC } from '../render/bundle/manifest.ts';
import type { Connection } from '../store/database.ts';
import { rewriteTexts, type TextRewriter } from '../store/rewrite-texts.ts';
import { readAll } from './analysis.ts';

export interface Redaction {
  readonly specText: string | null;
  readonly replaced: Replacements & { readonly captures: ReadonlyMap<string, string> };
  readonly differences: readonly string[];
}

/** What a reader of the bundle must know that it still says. */
export const KEPT_SENTENCES: readonly string[] = [
  'Times, counts, ports, VLAN ids, Modbus units and registers, services and operations are as they were observed.',
  'Addresses keep their order and their common prefixes; IPv4 keeps its last octet, a public address its first, a MAC address the part that names its vendor.',
  'Names keep the word that says a role (plc, hmi); words of products and versions stay; a spec keeps its time zone.',
  'The digests of the captures stay: whoever has a capture can tell that it is meant.',
];

export function redactCopy(db: Connection, declared: LoadedSpec | null): Redaction {
  const before = readAll(db);
  const { redactor: collecting, replacing } = collector();
  rewriteTexts(db, rewriterOf(collecting, new Map()), false);
  if (declared !== null) redactSpec(declared.spec, collecting);
  const { redactor, replaced } = replacing();
  const captures = new Map<string, string>();
  rewriteTexts(db, rewriterOf(redactor, captures), true);
  const specText = declared === null ? null : formatSpec(redactSpec(declared.spec, redactor));
  const after = readAll(db);
  return { specText, replaced: { ...replaced, captures }, differences: [...proposalDifferences(before, after, redactor), ...specDifferences(declared, specText, before, after)] };
}

const rewriterOf = (redactor: Redactor, captures: Map<string, string>): TextRewriter => ({
  ...redactor,
  fact: (name, value) => redactFact(redactor, name, value),
  target: (protocol, target) => redactTarget(redactor, protocol, target),
  application: (text) => (keptOf('protocol', text) === text ? text : redactor.words(text)),
  captureName(id, name) {
    const extension = /(?:\.(?:pcap|pcapng|cap|log|csv))?(?:\.(?:gz|zst))?$/i.exec(name)?.[0].toLowerCase() ?? '';
    const renamed = `capture-${id}${extension}`;
    captures.set(name, renamed);
    return renamed;
  },
  captureReason: (reason, name) => (reason === '' ? '' : reason.includes(basename(name)) ? redactor.words(reason) : redactor.scrub(reason)),
});

const proposalOf = (set: ObservationSet): ConduitProposal => proposeConduits(set, proposeZones(set, { stabilityRuns: 0 }));

function proposalDifferences(before: ObservationSet, after: ObservationSet, redactor: Redactor): string[] {
  const count = shapeDifferences(proposalShape(proposalOf(before), redactor.address), proposalShape(proposalOf(after), (address) => address));
  return count === 0 ? [] : [`${plural(count, 'zone or Permit of the proposal is not one of those', 'zones and Permits of the proposal are not those')} that the store proposes before redaction.`];
}

function specDifferences(declared: LoadedSpec | null, specText: string | null, before: ObservationSet, after: ObservationSet): string[] {
  if (declared === null || specText === null) return [];
  const { loaded, problems } = parseSpec(specText, SPEC);
  if (loaded === null) throw new Error(`the redacted spec does not load: ${problems[0]?.message ?? ''}`);
  const findings = (spec: LoadedSpec, set: ObservationSet): string[] => diffSpec(spec, set).map((finding) => `${finding.type} ${finding.severity}`);
  const count = shapeDifferences(findings(declared, before), findings(loaded, after));
  return count === 0 ? [] : [`${plural(count, 'finding against the spec is not one of those', 'findings against the spec are not those')} of the spec and store before redaction.`];
}
