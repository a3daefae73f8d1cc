/**
 * Visits: somebody looked at a device that is not theirs, for a while, on a day or two.
 *
 * A device of one cell that reads a controller of another: polled in a quick cycle, as an open page or a test does, for
 * some hours at most, on at most one day a fortnight, read only, and nobody of its kind does it more often. An interlock
 * polls always, and an event asks once. Or the office that reaches a device of a cell past the DMZ (ZCR 3.2 separates
 * them), as seldom. A Permit would open the way between two zones for good: visits are set aside with their dates and
 * wait for a person's decision. Writing, and what could not be read, is never taken for a visit.
 *
 * In: Observations and the plan. Out: conversations, each with the kind of visit.
 */
import { HOUR_MS } from '../../net/time.ts';
import type { Conversation, ObservationSet } from '../../observation.ts';
import { standingOf } from './plan.ts';
import type { PlanIndex, PlannedAsset } from './plan.ts';
import { rareDays } from '../captured-days.ts';
import { cycleOfGaps, cycleOfOperation } from '../rhythm.ts';

/** A page asks for its values at least this often; an event asks once. */
const PAGE_REFRESH_MS = 60_000;
/** Longer than this a day is a campaign, not a look. */
const LONGEST_LOOK_MS = 4 * HOUR_MS;
const LOOKING_ROLES: ReadonlySet<string> = new Set(['hmi', 'plc']);
const DEVICE_KINDS: ReadonlySet<string> = new Set(['cell', 'safety']);

const onlyReads = ({ operations }: Conversation): boolean => operations.length > 0 && operations.every((operation) => operation.access === 'read' || (operation.access === 'browse' && operation.protocol !== 'modbus'));

const isLook = ({ rhythm, operations, days }: Conversation): boolean => {
  const cycles = [cycleOfGaps(rhythm), ...operations.map(cycleOfOperation)].filter((cycle) => cycle !== null);
  return cycles.some((cycle) => cycle.periodMs <= PAGE_REFRESH_MS) && cycles.every((cycle) => cycle.cycles * cycle.periodMs <= LONGEST_LOOK_MS * days.length);
};

export type VisitKind = 'cell-visit' | 'office-visit';

const kindOfVisit = (conversation: Conversation, client: PlannedAsset, server: PlannedAsset, index: PlanIndex): VisitKind | null => {
  const to = index.kindOf(server.zone);
  if (!DEVICE_KINDS.has(to)) return null;
  if (index.kindOf(client.zone) === 'enterprise') return 'office-visit';
  return index.kindOf(client.zone) === 'cell' && to === 'cell' && LOOKING_ROLES.has(client.role) && onlyReads(conversation) && isLook(conversation) ? 'cell-visit' : null;
};

export function findVisits(set: ObservationSet, index: PlanIndex): ReadonlyMap<number, VisitKind> {
  const most = rareDays(index.capturedDays.length);
  const visits = new Map<number, { kind: VisitKind; group: string }>();
  const usual = new Set<string>();
  for (const conversation of set.conversations) {
    const standing = standingOf(conversation, index);
    if (standing.kind !== 'crossing') continue;
    const { client, server } = standing;
    // What a control connection negotiates is a visit when the control connection is.
    const { controlPort, isBackwards } = index.negotiated.get(conversation.id) ?? { controlPort: conversation.port, isBackwards: false };
    const [asks, answers] = isBackwards ? [server, client] : [client, server];
    const group = `${asks.zone}\n${asks.role}\n${answers.zone}\n${answers.role}\n${conversation.transport}/${controlPort}`;
    const kind = conversation.days.length > most ? null : kindOfVisit(conversation, client, server, index);
    if (kind === null) usual.add(group);
    else visits.set(conversation.id, { kind, group });
  }
  return new Map([...visits].filter(([, { group }]) => !usual.has(group)).map(([id, { kind }]) => [id, kind]));
}
