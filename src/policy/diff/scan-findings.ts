/**
 * A scan is one finding, not one for each of the thousand doors it tried: among those nobody finds the write that matters.
 *
 * In: what was seen, and the finding that each conversation would be. Out: of a scan's conversations one finding for each
 * requirement that they break, and one for the rest; of calls of one service to many addresses that nobody has, which is
 * how a discovery looks, one as well; the others are left as they are.
 */
import { findScans, type ConversationKnock } from '../../infer/scan-filter.ts';
import { plural } from '../../infer/plural.ts';
import { addTo } from '../../net/multi-map.ts';
import type { PortScan } from '../../net/port-scans.ts';
import type { Conversation } from '../../observation.ts';
import { makeFinding, type Finding, type FindingDraft } from './findings.ts';

interface ScanFold {
  /** Whether the conversation is part of a scan; its finding then comes with the scan's. @param again what says that it was set aside before */
  take(conversation: Conversation, draft: FindingDraft, again: string): boolean;
  /** A call to an address that nobody declared and nobody answered at: its finding comes with the others. */
  takeVoid(conversation: Conversation, draft: FindingDraft, again: string): void;
  findings(): Finding[];
}

const SCAN = 'scan of ';
/** It stands for no service that a rule could name. */
export const isScanFinding = ({ service }: Pick<Finding, 'service'>): boolean => service?.startsWith(SCAN) === true;

/** What somebody rejected, or what a Permit says of this very port, is told by itself. */
const isFolded = ({ type, severity }: FindingDraft): boolean => type === 'requirement-violation' || (type === 'undeclared-conversation' && severity !== 'high');

const allAlike = <T>(values: readonly T[]): T | null => (values.every((value) => value === values[0]) ? (values[0] ?? null) : null);

interface Part {
  readonly draft: FindingDraft;
  readonly again: string;
}

/** So many addresses without a device are no slip of a configuration. */
const FEWEST_VOIDS = 16;

const againOf = (parts: readonly Part[]): string => parts.find(({ again }) => again !== '')?.again ?? '';

function voidFindings(parts: readonly Part[], nameOf: (address: string) => string): Finding[] {
  if (parts.length < FEWEST_VOIDS) return parts.map(({ draft, again }) => makeFinding({ ...draft, detail: draft.detail + again }));
  const [{ draft }] = parts;
  const servers = parts.map((one) => one.draft.server);
  return [makeFinding({
    ...draft, server: null,
    title: `${nameOf(draft.client ?? '')}: ${draft.service} at ${servers.length} addresses where nobody answered is not declared`,
    detail: `From ${servers[0]} to ${servers.at(-1)}, and the spec declares none of them.${againOf(parts)}`,
    remedy: 'a discovery of your own is set aside by `propose-zones --out`; else correct the configuration that names the addresses',
    seen: parts.flatMap((one) => one.draft.seen), key: ['void', draft.client, draft.service],
  })];
}

function scanFinding({ kind, knocks }: PortScan<ConversationKnock>, parts: readonly Part[], nameOf: (address: string) => string): Finding {
  const [{ client, server, transport, port }] = knocks;
  const drafts = parts.map(({ draft }) => draft);
  const [{ type, requirement, severity, title, detail, remedy, fromZone, directionConfidence }] = drafts;
  const isOneServer = kind === 'ports';
  const what = isOneServer ? `${plural(knocks.length, `${transport.toUpperCase()} port`)}` : `${transport.toUpperCase()} port ${port} of ${plural(knocks.length, 'address', 'addresses')}`;
  const answered = knocks.filter(({ isAnswered }) => isAnswered).length;
  return makeFinding({
    type, requirement, fromZone, directionConfidence, client,
    server: isOneServer ? server : null, toZone: allAlike(drafts.map((one) => one.toZone)), conduit: allAlike(drafts.map((one) => one.conduit)),
    service: `${SCAN}${isOneServer ? `${transport} ports` : `${transport}/${port}`}`,
    severity: requirement === null ? 'medium' : severity,
    title: requirement === null ? `${nameOf(client)}${isOneServer ? ` -> ${nameOf(server)}` : ''}: a scan of ${what} is not declared` : title,
    detail: `${requirement === null ? '' : `${detail} `}Of ${what} ${answered === 0 ? 'none' : answered} answered.${againOf(parts)}`,
    remedy: requirement === null ? 'find out who scans and why; what a scan of your own tried, `propose-zones --out` sets aside' : remedy,
    seen: drafts.flatMap(({ seen }) => seen),
    key: ['scan', client, isOneServer ? server : null, transport, isOneServer ? null : port, requirement],
  });
}

export function createScanFold(conversations: readonly Conversation[], nameOf: (address: string) => string): ScanFold {
  const scanOf = new Map(findScans(conversations).flatMap((scan) => scan.knocks.map(({ id }) => [id, scan] as const)));
  const voids = new Map<string, Part[]>();
  const held = new Map<PortScan<ConversationKnock>, Map<string | null, Part[]>>();
  return {
    take(conversation, draft, again) {
      const scan = scanOf.get(conversation.id);
      if (scan === undefined || !isFolded(draft)) return false;
      const byRequirement = held.get(scan) ?? new Map<string | null, Part[]>();
      held.set(scan, byRequirement);
      addTo(byRequirement, draft.requirement, { draft, again });
      return true;
    },
    takeVoid({ client, transport, port }, draft, again) {
      addTo(voids, `${client} ${transport}/${port} ${draft.severity}`, { draft, again });
    },
    findings: () => [
      ...[...held].flatMap(([scan, byRequirement]) => [...byRequirement.values()].map((parts) => scanFinding(scan, parts, nameOf))),
      ...[...voids.values()].flatMap((parts) => voidFindings(parts, nameOf)),
    ],
  };
}
