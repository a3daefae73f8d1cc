/** Assets of the report: what the spec says of each, what was seen, and how much it talked. In: who is who, Observations. Out: records. */
import { PINNED_REASON } from '../../infer/cells/placement.ts';
import { isMac } from '../../net/address-set.ts';
import type { PlacedAsset } from '../../infer/proposal.ts';
import type { ObservationSet } from '../../observation.ts';
import { isoInstant } from '../instant.ts';
import type { ReportAsset, ReportFinding } from './model.ts';
import type { IndexedAsset, PlantIndex } from './plant-index.ts';

interface Totals {
  packets: number;
  bytes: number;
  firstNs: bigint | null;
  lastNs: bigint | null;
  findings: number;
}

export function describeAssets(plant: PlantIndex, set: ObservationSet, findings: readonly ReportFinding[]): ReportAsset[] {
  const totals = plant.assets.map((): Totals => ({ packets: 0, bytes: 0, firstNs: null, lastNs: null, findings: 0 }));
  for (const [i, conversation] of set.conversations.entries()) {
    const { packets, bytes, firstNs, lastNs } = conversation;
    for (const asset of new Set([plant.clientAsset[i], plant.serverAsset[i]])) {
      const total = totals[asset];
      if (total === undefined) continue;
      total.packets += packets.toServer + packets.toClient;
      total.bytes += bytes.toServer + bytes.toClient;
      if (total.firstNs === null || firstNs < total.firstNs) total.firstNs = firstNs;
      if (total.lastNs === null || lastNs > total.lastNs) total.lastNs = lastNs;
    }
  }
  for (const finding of findings) {
    for (const asset of new Set([finding.clientAsset, finding.serverAsset])) if (asset !== null && totals[asset] !== undefined) totals[asset].findings++;
  }
  return plant.assets.map((asset, i) => describeAsset(asset, plant, totals[i]));
}

const MOST_EVIDENCE = 8;

function describeAsset({ id, zone, declared, seen }: IndexedAsset, plant: PlantIndex, total: Totals): ReportAsset {
  const entry = declared === null ? undefined : plant.specZones[declared.zoneIndex]?.assets?.[declared.assetIndex];
  const written = typeof entry === 'object' ? entry : undefined;
  const main: PlacedAsset | undefined = [...seen].sort((a, b) => b.confidence - a.confidence)[0];
  const unique = (texts: readonly string[]): string[] => [...new Set(texts)];
  const runnerUp = main?.placement.runnerUp ?? null;
  return {
    id,
    label: declared?.label ?? main?.names[0] ?? id,
    zone,
    isDeclared: declared !== null,
    isSeen: seen.length > 0,
    declaredRole: declared?.role ?? null,
    seenRole: main?.role ?? null,
    subRole: main?.subRole ?? null,
    level: written?.level ?? main?.level ?? null,
    confidence: main?.confidence ?? null,
    vendor: written?.vendor ?? seen.find((one) => one.vendor !== null)?.vendor ?? '',
    addresses: unique([...(declared?.addresses.filter((address) => !isMac(address)) ?? []), ...seen.flatMap((one) => one.addresses.filter((address) => !isMac(address)))]),
    macs: unique([...(declared?.addresses.filter(isMac) ?? []), ...seen.flatMap((one) => (one.behindRouter ? [] : one.macs))]),
    names: unique(seen.flatMap((one) => one.names)),
    evidence: (main?.evidence ?? []).slice(0, MOST_EVIDENCE).map(({ points, sentence }) => ({ points: Math.round(points * 100) / 100, sentence })),
    // A spec that a program proposed declares as much as one that a person wrote: only a pin is a person's word.
    placement: main?.placement.reason === PINNED_REASON && written?.pinned !== true ? 'stands here in the spec' : (main?.placement.reason ?? ''),
    runnerUp: runnerUp === null ? '' : `${runnerUp.zone}: ${runnerUp.reason}; ${runnerUp.change}`,
    notes: unique(seen.flatMap((one) => one.notes.map(({ sentence }) => sentence))),
    packets: total.packets,
    bytes: total.bytes,
    first: isoInstant(total.firstNs),
    last: isoInstant(total.lastNs),
    findings: total.findings,
  };
}
