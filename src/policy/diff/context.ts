/**
 * A spec and what was observed, put together once, as diff, simulation, verification and edits judge them.
 *
 * In: a loaded spec and an ObservationSet. Out: who is who, what the rules let through, and what is looked up for each conversation;
 * directions that only the spec knows are turned (match/guessed-direction.ts). Left out on purpose: any judgement.
 */
import { findRouters, type CardUser } from '../../infer/router-cards.ts';
import { countHeard, type EndsHeard } from '../../infer/unheard.ts';
import { addTo, firstBy } from '../../net/multi-map.ts';
import type { AddressRecord, Conversation, ObservationSet } from '../../observation.ts';
import { withDeclaredDirections } from '../match/guessed-direction.ts';
import { createMatcher, type Matcher } from '../match/match.ts';
import { indexAssets, type AssetIndex } from '../spec/assets.ts';
import { conduitBetween, type ConduitBetween } from '../spec/conduit-between.ts';
import type { LoadedSpec } from '../spec/load.ts';
import { isDiode, isLive, type DeclaredPermit, type Diode } from '../spec/permits.ts';
import { timezoneOf } from '../spec/schedule.ts';
import type { SpecZone } from '../spec/schema.ts';
import { zoneKinds, type DeclaredKind } from '../spec/zone-kind.ts';

export interface DiffContext {
  readonly loaded: LoadedSpec;
  readonly set: ObservationSet;
  /** Before any direction was turned. */
  readonly observed: ObservationSet;
  readonly assets: AssetIndex;
  readonly matcher: Matcher;
  readonly conduitOf: ConduitBetween;
  readonly kinds: ReadonlyMap<string, DeclaredKind>;
  readonly sinceNs: bigint | undefined;
  readonly inScope: (conversation: Conversation) => boolean;
  readonly recordOf: ReadonlyMap<string, AddressRecord>;
  /** Whether a link address sends for others: it proves nothing of who does. */
  readonly isRouter: (mac: string) => boolean;
  /** By id. */
  readonly permitOf: ReadonlyMap<string, DeclaredPermit>;
  readonly zoneOf: ReadonlyMap<string, SpecZone>;
  /** Zones that are declared air-gapped. */
  readonly gapped: readonly SpecZone[];
  /** Standing Permits that are unidirectional. */
  readonly diodes: readonly Diode[];
  /** Of TCP conversations with data, how many the mirror port showed one direction of. */
  readonly heard: EndsHeard;
}

const routersAmong = (records: readonly AddressRecord[]): DiffContext['isRouter'] => {
  const byCard = new Map<string, CardUser[]>();
  for (const { address, macs } of records) for (const { mac, firstNs, lastNs } of macs) addTo(byCard, mac, { address, rttMs: null, firstNs, lastNs });
  const routers = findRouters(byCard);
  return (mac) => routers.has(mac);
};

/** @param sinceNs only what was seen at or after this instant is in scope */
export const contextOf = (loaded: LoadedSpec, observed: ObservationSet, sinceNs?: bigint): DiffContext => {
  const { spec, permits } = loaded;
  const assets = indexAssets(spec, observed.addresses);
  const matcher = createMatcher(permits, assets, timezoneOf(spec));
  const set = withDeclaredDirections(observed, matcher);
  return {
    loaded, set, observed, assets, matcher, conduitOf: conduitBetween(spec.conduits), kinds: zoneKinds(spec),
    sinceNs, inScope: ({ lastNs }) => sinceNs === undefined || lastNs >= sinceNs,
    recordOf: firstBy(set.addresses, ({ address }) => address), isRouter: routersAmong(set.addresses), permitOf: firstBy(permits, ({ permit }) => permit.id), zoneOf: firstBy(spec.zones, ({ zone_id }) => zone_id),
    gapped: spec.zones.filter((zone) => zone.air_gapped === true), diodes: permits.filter(isDiode).filter(({ permit }) => isLive(permit)),
    heard: countHeard(set.conversations),
  };
};
