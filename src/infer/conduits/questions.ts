/**
 * The decision queue: which grants a person has to look at before they are more than pending, and why.
 *
 * In: a grant (seen or widened) and the plan. Out: the kind of question, or null. Nothing is thresholded away: a rare
 * flow is permitted as pending, with its dates, until somebody decides. Left out on purpose: the decision.
 */
import { isoDay } from '../../net/time.ts';
import type { Grant, GrantEvidence } from './grants.ts';
import type { PlanIndex, PlannedAsset } from './plan.ts';
import { rareDays } from '../captured-days.ts';
import { plural } from '../plural.ts';

export const QUESTION_KINDS = [
  'temporary-device', 'into-safety', 'enterprise-to-control', 'internet', 'remote-to-cell', 'cross-cell', 'no-function', 'refused', 'unanswered', 'double-use', 'unheard-range', 'many-operations', 'unreadable', 'engineering', 'programming', 'negotiated-ports', 'unsure-direction', 'ended', 'rare',
] as const;

export type QuestionKind = (typeof QUESTION_KINDS)[number];

/** The sentence of each kind; dates are added where the flow is rare. */
export const QUESTION_SENTENCES: Readonly<Record<QuestionKind, string>> = {
  'temporary-device': 'a device that was connected for a few days only (ZCR 3.4): permitted on demand until it left; who brought it?',
  'into-safety': 'writes to, or engineers, a safety zone from outside it (ZCR 3.3): is it designed and reviewed?',
  'enterprise-to-control': 'crosses between business and control without ending in a DMZ (ZCR 3.2): can it end in one?',
  internet: 'a control-side device and the Internet (SR 5.2): what for?',
  'remote-to-cell': 'a device behind an external network reaches a cell directly (ZCR 3.6): is the link known?',
  'cross-cell': 'one cell\'s device asks another cell, and nobody else of its kind does: is it an interlock?',
  'no-function': 'asks for function code 0, which Modbus does not have (V1.1b3 clause 4.1), so that no firewall that reads Modbus lets it through: what sends it, and what for?',
  refused: 'was asked for, and the device refused it each time (exceptions only): what is it for, and should it be asked at all?',
  unanswered: 'changes the device, and was never answered, though the mirror shows what the device sends: is there such a unit, and what is it for?',
  'double-use': 'shares a function code (FC 8, FC 43, FC 90) between what just asks the device and what changes it, and hardly a firewall tells the two apart: is it designed?',
  'unheard-range': 'was answered, and no request of it was heard, so which addresses it touches is unknown and all of them are open: which are meant?',
  'many-operations': 'asks more operations than are told apart, so the rest of the service is open: does it sweep for what there is, or is it a gateway for many units?',
  unreadable: 'the service is one we read, but no operation could be read: is it really that protocol?',
  engineering: 'an engineering or jump station, now and then: standing, or switched on for each session?',
  programming: 'an engineering or jump station that programs on most days: is something built or overhauled, and will it end? Standing, or switched on for each session?',
  'negotiated-ports': 'a control connection (FTP on 21, the MS-RPC endpoint mapper on 135) agrees upon a new port each time, so a whole range is open: can the device be held to a few ports, or the firewall follow the control connection in place of this rule?',
  'unsure-direction': 'nobody heard who opens it, and no port says it: the rule has it from who was heard first, and if it is the other one, it is blocked the next time that it is opened. Which of the two is the server?',
  ended: 'was asked at first and not any more in the last two weeks or longer: did it belong to commissioning or to a repair (then make it on_demand), or will it be needed again?',
  rare: 'seldom seen: a job of the month, a fail-over, maintenance, or a mistake?',
};

/** Services that ask after a device's health or the time, and change nothing. */
const MONITORING = new Set(['icmp', 'icmpv6', 'ntp', 'snmp', 'snmptrap', 'snmp-trap', 'syslog', 'dns']);

export const isMonitoringService = (transport: string, service: string): boolean => MONITORING.has(transport) || MONITORING.has(service.toLowerCase());

const CONTROL_KINDS = new Set(['safety', 'cell', 'supervisory', 'operations', 'engineering', 'remote', 'wireless']);
const DEVICE_ROLES = new Set(['plc', 'io', 'hmi', 'safety-controller']);
const READ_PROTOCOLS = new Set(['modbus', 'opcua']);

export const STATION_ROLES: ReadonlySet<string> = new Set(['engineering-workstation', 'jump-server']);

const LIKE_OTHERS = ['same-role-group', 'shared-service', 'set-point-area'];

/** A rule says that others of its kind do the same: being seen seldom is then no question. */
export const isLikeOthers = (grant: Grant): boolean => LIKE_OTHERS.some((rule) => grant.rules.includes(rule));

const isRare = ({ evidence }: Grant, { capturedDays }: PlanIndex): boolean => evidence.days.length <= rareDays(capturedDays.length);

/** From here on systems choose the ports that they call from (flow/conversations.ts): between two of those, the server was guessed. */
const EPHEMERAL_PORT = 32768;

/** A connection that was open before the capture began, or peers that send from one port. */
const isDirectionUnsure = ({ transport, evidence }: Grant, { conversationOf }: PlanIndex): boolean =>
  (transport === 'tcp' || transport === 'udp') && evidence.witnesses.length > 0 && evidence.witnesses.every((id) => {
    const conversation = conversationOf(id);
    return conversation !== null && (conversation.direction.by === 'first-packet' || (conversation.direction.by === 'port' && conversation.port >= EPHEMERAL_PORT)) && conversation.service.by === 'none';
  });

/** On most days: a turnaround, or a start-up, and those end. */
const isProgramming = ({ client, class: own, detail }: Grant): boolean => STATION_ROLES.has(client.role) && own === 'engineer' && detail.access.includes('program');

/** Of a pair that writes every day, what it writes on a day or two only. What rules added to it has no days, and the question of the pair. */
export const isRarePart = (grant: Grant, part: GrantEvidence, { capturedDays }: PlanIndex): boolean =>
  (grant.class === 'write' || grant.class === 'engineer') && !isLikeOthers(grant) && part.days.length > 0 && part.days.length <= rareDays(capturedDays.length);

const isNowAndThen = ({ client, evidence }: Grant, { capturedDays }: PlanIndex): boolean => STATION_ROLES.has(client.role) && evidence.days.length <= capturedDays.length / 2;

/** Seen, and so often that it says what others of its kind do: how often it is seen is no question. */
export const isRegular = (grant: Grant, index: PlanIndex): boolean => grant.evidence.witnesses.length > 0 && !isRare(grant, index) && !isNowAndThen(grant, index);

/** An outstation at a public address is the plant's only as far as the plant asks it. */
const isOutside = ({ external }: PlannedAsset, kind: string): boolean => kind === 'external' || (kind === 'remote' && external === true);

export function questionOf(grant: Grant, index: PlanIndex): QuestionKind | null {
  const client = index.kindOf(grant.client.zone);
  const server = index.kindOf(grant.server.zone);
  if (client === 'temporary' || server === 'temporary') return 'temporary-device';
  if (grant.doubt !== null) return grant.doubt;
  if (server === 'safety' && grant.class !== 'read' && !(grant.class === 'any' && isMonitoringService(grant.transport, grant.service))) return 'into-safety';
  if ((isOutside(grant.client, client) && CONTROL_KINDS.has(server)) || (isOutside(grant.server, server) && CONTROL_KINDS.has(client))) return 'internet';
  if ((client === 'enterprise' && CONTROL_KINDS.has(server)) || (server === 'enterprise' && CONTROL_KINDS.has(client))) return 'enterprise-to-control';
  if (client === 'remote' && (server === 'cell' || server === 'safety')) return 'remote-to-cell';
  // What was never seen is as questionable as what it follows.
  if (grant.evidence.witnesses.length === 0) return grant.source === null ? null : questionOf({ ...grant.source, rules: [...grant.source.rules, ...grant.rules] }, index);
  if (READ_PROTOCOLS.has(grant.protocol) && grant.class === 'any' && grant.detail.opcuaModes.length === 0 && grant.detail.opcuaPolicies.length === 0) return 'unreadable';
  if (isNowAndThen(grant, index)) return 'engineering';
  if (isProgramming(grant)) return 'programming';
  const isAlone = !isLikeOthers(grant);
  if (isAlone && client === 'cell' && server === 'cell' && DEVICE_ROLES.has(grant.client.role)) return 'cross-cell';
  if (grant.rules.includes('negotiated-ports')) return 'negotiated-ports';
  if (isDirectionUnsure(grant, index)) return 'unsure-direction';
  if (isAlone && isRare(grant, index)) return 'rare';
  return null;
}

const MOST_DAYS = 6;

/** `2026-01-05, 2026-01-19` with the last ones counted when there are many. */
const daysText = (days: readonly number[]): string =>
  `${days.slice(0, MOST_DAYS).map(isoDay).join(', ')}${days.length > MOST_DAYS ? ` and ${plural(days.length - MOST_DAYS, 'more day')}` : ''}`;

/** Questions that depend on when it was seen. */
const DATED: ReadonlySet<QuestionKind> = new Set(['rare', 'ended', 'double-use', 'engineering', 'cross-cell', 'temporary-device', 'internet', 'enterprise-to-control']);

/** Whether a question says its days: those of most days would say nothing. */
export const saysDays = (kind: QuestionKind, days: readonly number[], capturedDays: number): boolean => DATED.has(kind) && days.length > 0 && days.length <= capturedDays / 2;

/** ` Seen on 2026-01-05, 2026-01-19 (weekly).`, to stand behind a question. */
export const seenOn = (days: readonly number[], regime: string | null): string =>
  ` Seen on ${daysText(days)}${regime === null || regime === 'one day only' ? '' : ` (${regime})`}.`;
