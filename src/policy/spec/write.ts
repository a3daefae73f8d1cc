/**
 * Writes a proposal as a spec: a new file. In: a ConduitProposal and provenance. Out: YAML text that loads. Left out on purpose:
 * the decision (a person's), and a file that is there already (edit/update.ts).
 */
import type { ConduitProposal } from '../../infer/conduits/conduits.ts';
import { addTo, listsBy } from '../../net/multi-map.ts';
import { writePlainYaml } from './plain-yaml-write.ts';
import { assetEntry, listedAssets, ruleEntry, setAsideEntry, zoneEntry } from './rules.ts';

/** Version, command, captures with digests, span: anything that says where the evidence came from. */
export type SpecProvenance = Readonly<Record<string, string | number | readonly string[]>>;

/** Short maps and lists of plain values stand on one line, as people write them. */
export const INLINE = new Set([
  'client', 'server', 'evidence', 'ranges', 'function_codes', 'unit_ids', 'services', 'security_mode', 'security_policy', 'access', 'connects', 'allowed_conduits', 'ip', 'mac', 'ports',
  'generalised_by', 'sensors', 'operations', 'vlans', 'networks', 'schedule', 'names', 'servers', 'removed_rules',
]);

export const INLINE_ITEMS = new Set(['assets', 'set_aside']);

/** A spec's plain value as a file is written: the same layout as a proposal. */
export const formatSpec = (value: Readonly<Record<string, unknown>>): string => writePlainYaml(value, { inline: INLINE, inlineItems: INLINE_ITEMS });

const HEADER = `# Zones and conduits proposed from observed traffic. A proposal, not a decision:
# security levels are assumptions to be replaced by the risk assessment (IEC 62443-3-2 ZCR 5.6);
# rules with "decision: pending" let their traffic through until somebody answers their "question".
`;

export const slText = (slT: number | null): { readonly security_level?: string } => (slT === null ? {} : { security_level: `SL ${slT}` });

/** A proposal as a new file. */
export const writeSpec = (proposal: ConduitProposal, provenance: SpecProvenance = {}): string => {
  const conduitsOf = new Map<string, string[]>();
  for (const { id, connects } of proposal.conduits) for (const zone of new Set(connects)) addTo(conduitsOf, zone, id);
  const permitsOf = listsBy(proposal.permits, ({ permit }) => permit.conduit);
  const text = formatSpec({
    spec_version: 1,
    standard: 'IEC 62443-3-2:2020',
    timezone: proposal.timezone,
    ...(Object.keys(provenance).length === 0 ? {} : { provenance }),
    zones: proposal.zones.map((zone) => zoneEntry(zone, listedAssets(proposal, zone).map(assetEntry), conduitsOf.get(zone.id) ?? [])),
    conduits: proposal.conduits.map((conduit) => ({
      conduit_id: conduit.id,
      name: conduit.name,
      connects: [...conduit.connects],
      ...slText(conduit.slT),
      mode: 'monitor',
      default_action: 'deny-log',
      protocols_allowed: (permitsOf.get(conduit.id) ?? []).map(ruleEntry),
    })),
    ...(proposal.setAside.length === 0 ? {} : { set_aside: proposal.setAside.map(setAsideEntry) }),
  });
  return `${HEADER}\n${text}`;
};
