/**
 * What crossed from zone to zone, and how it was judged. In: who is who, the spec, Observations, findings, and which Permit
 * let what through. Out: one record a directed pair of zones, for the map, the matrix and the validation.
 */
import type { ObservationSet } from '../../observation.ts';
import { conduitBetween } from '../../policy/spec/conduit-between.ts';
import type { DeclaredPermit } from '../../policy/spec/permits.ts';
import { isLive } from '../../policy/spec/permits.ts';
import type { LoadedSpec } from '../../policy/spec/load.ts';
import type { Crossing, ReportFinding, Standing } from './model.ts';
import { sortAccesses } from './permit-words.ts';
import type { PlantIndex } from './plant-index.ts';
import type { Access, Conversation } from '../../observation.ts';

interface Draft {
  readonly from: number;
  readonly to: number;
  conversations: number;
  packets: number;
  bytes: number;
  undeclared: number;
  setAside: number;
  permits: number;
  unused: number;
  readonly accesses: Set<Access>;
  readonly protocols: Set<string>;
  readonly findings: Set<number>;
}

export const protocolOf = (conversation: Conversation): string =>
  conversation.service.name === '' ? (conversation.port > 0 ? `${conversation.transport}/${conversation.port}` : conversation.transport) : conversation.service.name;

/** `standings` are by position in `set.conversations`. */
export function collectCrossings(
  plant: PlantIndex,
  loaded: LoadedSpec,
  set: ObservationSet,
  findings: readonly ReportFinding[],
  usedPermits: ReadonlySet<DeclaredPermit>,
  standings: readonly Standing[],
): Crossing[] {
  const drafts = new Map<number, Draft>();
  const draftOf = (from: number, to: number): Draft => {
    const key = from * plant.zoneCount + to;
    const held = drafts.get(key);
    if (held !== undefined) return held;
    const fresh: Draft = { from, to, conversations: 0, packets: 0, bytes: 0, undeclared: 0, setAside: 0, permits: 0, unused: 0, accesses: new Set(), protocols: new Set(), findings: new Set() };
    drafts.set(key, fresh);
    return fresh;
  };
  for (const [i, conversation] of set.conversations.entries()) {
    const from = plant.clientZone[i];
    const to = plant.serverZone[i];
    if (from < 0 || to < 0) continue;
    const draft = draftOf(from, to);
    draft.conversations++;
    draft.packets += conversation.packets.toServer + conversation.packets.toClient;
    draft.bytes += conversation.bytes.toServer + conversation.bytes.toClient;
    draft.protocols.add(protocolOf(conversation));
    for (const operation of conversation.operations) draft.accesses.add(operation.access);
    if (from === to) continue;
    if (standings[i] === 'undeclared') draft.undeclared++;
    else if (standings[i] === 'set-aside') draft.setAside++;
  }
  for (const declared of loaded.permits) {
    if (!isLive(declared.permit)) continue;
    const from = plant.zoneIndexOf.get(declared.permit.from.zone);
    const to = plant.zoneIndexOf.get(declared.permit.to.zone);
    if (from === undefined || to === undefined) continue;
    const draft = draftOf(from, to);
    draft.permits++;
    if (!usedPermits.has(declared)) draft.unused++;
  }
  for (const [i, finding] of findings.entries()) {
    const seen = finding.seen.map(({ conversation }) => plant.positionOf.get(conversation)).find((position) => position !== undefined);
    const from = seen === undefined ? plant.zoneIndexOf.get(finding.fromZone ?? '') : plant.clientZone[seen];
    const to = seen === undefined ? plant.zoneIndexOf.get(finding.toZone ?? '') : plant.serverZone[seen];
    if (from !== undefined && to !== undefined && from >= 0 && to >= 0 && from !== to) draftOf(from, to).findings.add(i);
  }
  const conduitOf = conduitBetween(loaded.spec.conduits);
  return [...drafts.values()]
    .sort((a, b) => a.from - b.from || a.to - b.to)
    .map((draft) => ({
      ...draft,
      conduit: draft.from === draft.to ? null : conduitOf(plant.specZones[draft.from]?.zone_id, plant.specZones[draft.to]?.zone_id),
      accesses: sortAccesses(draft.accesses),
      protocols: [...draft.protocols].sort(),
      findings: [...draft.findings].sort((a, b) => a - b),
    }));
}
