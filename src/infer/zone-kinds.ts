/** The zones that exist once in a plant: id, name, level and the start value of SL-T to be discussed (ZCR 5.6). */
import type { ZoneKind } from './proposal.ts';

export interface ZoneKindRecord {
  readonly id: string;
  readonly name: string;
  readonly level: number | null;
  /** Assumption for the risk assessment; flows cannot give an SL-T. */
  readonly slT: number | null;
}

export const ZONE_KINDS: Readonly<Record<Exclude<ZoneKind, 'pinned'>, ZoneKindRecord>> = {
  safety: { id: 'Z-SIS', name: 'Safety instrumented system', level: 1, slT: 3 },
  cell: { id: 'Z-CELL', name: 'Cell', level: 1, slT: 2 },
  supervisory: { id: 'Z-SUP', name: 'Supervisory', level: 2, slT: 2 },
  operations: { id: 'Z-OPS', name: 'Site operations', level: 3, slT: 2 },
  engineering: { id: 'Z-ENG', name: 'Engineering', level: 3, slT: 2 },
  dmz: { id: 'Z-DMZ', name: 'Demilitarised zone', level: 3.5, slT: 2 },
  enterprise: { id: 'Z-ENT', name: 'Enterprise', level: 4, slT: 1 },
  network: { id: 'Z-NET', name: 'Network equipment', level: null, slT: 2 },
  temporary: { id: 'Z-TEMP', name: 'Temporarily connected', level: null, slT: 2 },
  wireless: { id: 'Z-WLAN', name: 'Wireless', level: 2, slT: 2 },
  remote: { id: 'Z-REMOTE', name: 'Remote stations', level: 1, slT: 2 },
  external: { id: 'Z-EXT', name: 'External networks', level: 5, slT: null },
};

/** Kinds whose assets run or supervise the process. */
export const PLANT_KINDS: ReadonlySet<ZoneKind> = new Set<ZoneKind>(['safety', 'cell', 'supervisory', 'operations', 'engineering', 'remote', 'wireless']);

export const kindOfZoneId = (id: string): ZoneKind => {
  if (/^Z-CELL\b/i.test(id)) return 'cell';
  for (const [kind, record] of Object.entries(ZONE_KINDS)) if (record.id === id) return kind as ZoneKind;
  return 'pinned';
};
