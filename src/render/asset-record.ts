/**
 * An asset as programs read it (`assets --json`, docs/json/assets.schema.json). In: what inference placed. Out: a record.
 */
import type { Evidence, PlacedAsset, Zone } from '../infer/proposal.ts';
import type { AssetRecord } from './json-shapes.ts';

export function assetRecord(asset: PlacedAsset, zone: Zone | undefined): AssetRecord {
  return {
    id: asset.id,
    addresses: [...asset.addresses],
    macs: [...asset.macs],
    vendor: asset.vendor,
    names: [...asset.names],
    role: asset.role,
    level: asset.level,
    confidence: asset.confidence,
    evidence: asset.evidence.map(evidenceRecord),
    against: asset.against.map(evidenceRecord),
    ...(asset.zone === '' ? {} : { zone: asset.zone }),
    ...(zone === undefined ? {} : { zoneName: zone.name }),
    external: asset.external,
    notes: asset.notes.map((note) => note.sentence),
  };
}

const evidenceRecord = ({ rule, points, sentence }: Evidence): AssetRecord['evidence'][number] => ({ rule, points, sentence });
