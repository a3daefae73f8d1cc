/**
 * What a bundle's manifest states of its evidence: what is missing, how complete it is, and where it is from. In: what the store says,
 * and what is proposed from it. Out: the same statements for the same evidence, so that who checks a bundle can make them again.
 */
import type { Manifest } from '../render/bundle/manifest.ts';
import { isoInstant } from '../render/instant.ts';
import { lossesOf } from '../render/sensor-losses.ts';
import type { StoreStatus } from '../store/read-status.ts';

export type Statements = Pick<Manifest, 'losses' | 'completeness' | 'provenance'>;

export const statementsOf = (status: StoreStatus, completeness: { readonly sentences: readonly string[] }, tool: string): Statements => ({
  losses: lossesOf(status),
  completeness: [...completeness.sentences],
  provenance: {
    tool,
    observed: { first: isoInstant(status.firstNs), last: isoInstant(status.lastNs) },
    packets: status.totals.packets,
    captures: status.captures.map(({ name, digest, state, packets }) => ({ name, digest, state, packets })),
  },
});

/** Of all its members: the end of what was observed, in seconds. The same evidence gives the same octets, whenever it is packed. */
export const memberTime = ({ provenance: { observed } }: Pick<Manifest, 'provenance'>): number => (observed.last === null ? 0 : Math.max(0, Math.floor(Date.parse(observed.last) / 1000)));
