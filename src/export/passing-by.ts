/**
 * Traffic that passes by a device that routes, because its two zones share a link (policy/spec/shared-link.ts). In: a plan and
 * loss rows. Out: which conduits and Permits that concerns, the rows with that reason first, and the text that opens the
 * README and the loss report: whoever applies a configuration has to read it before anything else.
 */
import { firstOf, plural } from '../infer/plural.ts';
import type { SharedLink } from '../policy/spec/shared-link.ts';
import type { Exporter, LossRow, Plan, PlanConduit } from './exporter.ts';
import { permitsWithRule } from './loss.ts';

export interface PassingBy extends SharedLink {
  readonly conduit: string;
  /** The Permits between the two zones that have a rule. */
  readonly permits: readonly string[];
}

/** `conduits`: those that devices of this target have to enforce. */
export const passingBy = (exporter: Exporter, plan: Plan, conduits: readonly PlanConduit[], losses: readonly LossRow[]): PassingBy[] => {
  if (!exporter.filters || exporter.capabilities.onLink) return [];
  const written = permitsWithRule(losses);
  return conduits.flatMap((conduit) =>
    conduit.sharedLinks.map((link) => {
      const isBetween = (from: string, to: string): boolean => link.zones.includes(from) && link.zones.includes(to);
      const own = plan.permits.filter(({ permit }) => permit.conduit === conduit.id && written.has(permit.id) && isBetween(permit.from.zone, permit.to.zone));
      return { ...link, conduit: conduit.id, permits: own.map(({ permit }) => permit.id) };
    }),
  );
};

export const withPassingBy = (losses: readonly LossRow[], links: readonly PassingBy[]): LossRow[] =>
  losses.map((row) => {
    const link = row.verdict === 'not-enforceable' ? undefined : links.find((one) => one.permits.includes(row.permit));
    if (link === undefined) return row;
    const reason = `${link.zones.join(' and ')} ${link.isLikely ? 'probably ' : ''}share ${link.what}: a firewall that routes does not see this traffic`;
    return { ...row, reasons: [reason, ...row.reasons] };
  });

const conduitText = ({ conduit, zones, permits }: PassingBy): string => `${conduit} (${zones.join(', ')}; ${plural(permits.length, 'Permit')})`;

const linkLines = (links: readonly PassingBy[], cell: (text: string) => string): string[] =>
  [...new Set(links.map((link) => link.what))].map((what) => `- ${cell(`${what}: ${links.filter((link) => link.what === what).map(conduitText).join(', ')}`)}`);

/** Nothing when nothing passes by. `cell` makes texts of the spec safe. */
export const passingByMarkdown = (links: readonly PassingBy[], cell: (text: string) => string): string[] => {
  if (links.length === 0) return [];
  const certain = links.filter((link) => !link.isLikely);
  const likely = links.filter((link) => link.isLikely);
  return [
    '## First of all: traffic that passes by a firewall that routes',
    '',
    'Devices on one link reach each other directly. A firewall that routes sees nothing of it: it blocks nothing there and logs nothing, so that an empty log proves nothing.',
    'Below, the zones of a conduit share a link. None of these Permits is enforced, and what they do not name passes too, until the zones get VLANs and networks of their own, or a transparent (bridge) firewall or private VLANs stand between them.',
    '',
    ...(certain.length === 0 ? [] : ['The spec says that they share:', '', ...linkLines(certain, cell), '']),
    ...(likely.length === 0 ? [] : ['They probably share (devices of both stand in it, or their networks overlap):', '', ...linkLines(likely, cell), '']),
    'Where zones are apart already, state their `networks` or `vlans` in the spec, and this note goes. To part them, the `cisco-ios` target writes the VLANs and ports of the switches that the spec names; until then `suricata` sees what passes by, on a mirror port.',
    '',
  ];
};

const MOST_NAMED = 3;

/** One sentence for the terminal, about Permits that have a rule; empty when none of them is passed by. */
export const passingBySummary = (passing: readonly PassingBy[], losses: readonly LossRow[]): string => {
  const links = passing.filter((link) => link.permits.length > 0);
  if (links.length === 0) return '';
  const concerned = new Set(links.flatMap((link) => link.permits)).size;
  const written = permitsWithRule(losses).size;
  const names = [...new Set(links.map((link) => link.what))];
  const likely = links.every((link) => link.isLikely) ? 'probably ' : '';
  return `${concerned} of the ${written} written are not enforced as the plant is, whatever the rules say: their zones ${likely}share a link (${firstOf(names, MOST_NAMED)}), and a firewall that routes does not see what passes there`;
};
