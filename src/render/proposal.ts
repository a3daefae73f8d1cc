/** A proposal as text for the terminal, and as JSON. In: zones and conduits. Out: chunks; every word from the wire is made printable. */
import { spanText } from '../net/register-set.ts';
import { policyName } from '../infer/opcua-security.ts';
import type { ConduitProposal } from '../infer/conduits/conduits.ts';
import type { ProposedPermit } from '../infer/conduits/proposed-permit.ts';
import type { Proposal, Zone } from '../infer/proposal.ts';
import { SEVERITIES } from '../policy/diff/findings.ts';
import { plural } from '../infer/plural.ts';
import { isoInstant } from './instant.ts';
import { jsonDocument } from './json.ts';
import { lossText } from './losses.ts';
import { bulletLines, bulletSection, sentenceLine } from './sentences.ts';
import { textTable, type Cell, type Column, type TableStyle } from './table.ts';

const LISTED = 12;

const SL_MEANS = '(SL-T: start values for the risk assessment, an assumption, never derived from traffic)';

const ZONE_COLUMNS: readonly Column[] = [
  { title: 'zone', shrinkTo: 8, lines: 2 },
  { title: 'name', shrinkTo: 12, lines: 2 },
  { title: 'level' },
  { title: 'SL-T', means: SL_MEANS },
  { title: 'assets', align: 'right' },
  { title: 'members', shrinkTo: 24, lines: 4 },
];

const CONDUIT_COLUMNS: readonly Column[] = [
  { title: 'conduit', shrinkTo: 9, lines: 3, isOptional: true },
  { title: 'from', shrinkTo: 11, lines: 3 },
  { title: 'to', shrinkTo: 11, lines: 3 },
  { title: 'service', shrinkTo: 8, lines: 2 },
  { title: 'operations', shrinkTo: 12, lines: 3 },
  { title: 'days', align: 'right' },
  { title: 'decision', shrinkTo: 8, lines: 3 },
];

export function* proposalText(zones: Proposal, conduits: ConduitProposal, losses: readonly string[], style: TableStyle): Generator<string> {
  const section = (title: string, lines: readonly string[]): string => bulletSection(title, lines, LISTED, '--json and the spec list all', style);
  yield lossText(losses, style);
  yield `${zones.completeness.sufficient ? 'Enough was seen under the stopping rule' : 'A proposal from incomplete evidence'}:\n${bulletLines(zones.completeness.sentences, style)}\n`;
  const roles = new Map(zones.assets.map((asset) => [asset.id, asset.role]));
  yield* textTable(ZONE_COLUMNS, zones.zones.map((zone) => zoneRow(zone, roles)), style);
  yield '\n';
  yield* textTable(CONDUIT_COLUMNS, conduits.permits.map((one) => permitRow(one)), style);
  const { crossing, withinZone, setAside } = conduits.counts;
  yield sentenceLine(`${plural(conduits.conduits.length, 'conduit')}, ${plural(conduits.permits.length, 'Permit')} for ${plural(crossing, 'conversation')} between zones; ${withinZone} stay within a zone, ${setAside} were set aside (scans, unanswered, visits).`, style);
  yield section('Rules that widened Permits beyond what was seen (--exact switches them off)', conduits.rules.map((use) => `${use.rule}: ${plural(use.permits, 'Permit')}, ${plural(use.neverSeen, 'operation')} never seen let through`));
  yield section('Requirements not met by what was observed', [...zones.requirements].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)).map((finding) => `[${finding.severity}] ${finding.sentence} (${finding.citation})`));
  yield section('Waiting for a decision', [
    ...conduits.setAside.flatMap((entry) => (entry.question === null ? [] : [`set aside: ${entry.client} -> ${list(entry.servers, 3)} ${entry.transport}/${entry.ports.join(',')}, ${entry.reason}: ${entry.question}`])),
    ...conduits.permits.flatMap((one) => (one.question === null ? [] : [`${one.permit.id}: ${one.question.sentence}`])),
  ]);
  yield section('Safety candidates: confirm or strike', zones.safetyCandidates.map((one) => `${one.asset}: ${one.sentence}`));
  yield section('Placements that moved under resampling: decide by hand', zones.stability.moving.map((one) => `${one.asset}: ${one.sentence}`));
  yield section('Pins that the packets contradict', zones.contradictions.map((one) => `${one.pin}: ${one.sentence}`));
}

function zoneRow(zone: Zone, roles: ReadonlyMap<string, string>): Cell[] {
  const members = zone.assets.map((id) => `${id} (${roles.get(id) ?? 'other'})`).join(', ');
  const slT = zone.slT.value === null ? '-' : `${zone.slT.value}${zone.slT.basis === 'assumption' ? '?' : ''}`;
  return [zone.id, zone.safetyRelated ? `${zone.name} (safety-related)` : zone.name, zone.level ?? '-', slT, zone.assets.length, members];
}

const list = (items: readonly string[], limit: number): string => (items.length <= limit ? items.join(' ') : `${items.slice(0, limit).join(' ')} +${items.length - limit}`);

function permitRow({ permit, question }: ProposedPermit): Cell[] {
  const end = ({ zone, assets, addresses }: ProposedPermit['permit']['from']): string => {
    const who = assets.length > 0 ? assets : addresses;
    return who.length === 0 ? zone : `${zone}: ${list(who, 3)}`;
  };
  const ports = permit.service.ports.map(spanText).join(',');
  const service = `${permit.service.protocol} ${permit.service.transport}${ports === '' ? '' : `/${ports}`}`;
  const waiting = question === null ? permit.decision : `${permit.decision}: ${question.kind}`;
  return [permit.conduit, end(permit.from), end(permit.to), service, operationsText(permit), permit.evidence?.days ?? 0, permit.conditions.onDemand ? `${waiting}, on demand` : waiting];
}

function operationsText(permit: ProposedPermit['permit']): string {
  if (permit.modbus !== null) {
    const { functionCodes, unitIds, ranges } = permit.modbus;
    const where = ranges.map((range) => `${range.access === 'write' ? 'write ' : ''}${spanText(range)}`);
    return `FC ${functionCodes.join(',')}${unitIds.length === 0 ? '' : ` unit ${list(unitIds.map(String), 4)}`}${where.length === 0 ? '' : ` @ ${list(where, 4)}`}`;
  }
  if (permit.opcua !== null) {
    const { services, securityModes, securityPolicies } = permit.opcua;
    return [list(services, 4), list(securityModes, 3), list(securityPolicies.map(policyName), 2)].filter((text) => text !== '').join('; ');
  }
  if (permit.named !== null) return list(permit.named.names, 5);
  return permit.access.length === 0 ? '' : permit.access.join(' ');
}

export const proposalJson = (zones: Proposal, conduits: ConduitProposal, losses: readonly string[]): Iterable<string> => [jsonDocument(instantsAsText({ losses, ...zones, conduits }) as object)];

/** `lastNs: 17...n` as `last: "2026-..."`: JSON has no 64-bit numbers. */
function instantsAsText(value: unknown): unknown {
  if (typeof value === 'bigint') return isoInstant(value);
  if (Array.isArray(value)) return value.map(instantsAsText);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [typeof one === 'bigint' ? key.replace(/Ns$/, '') : key, instantsAsText(one)]));
}
