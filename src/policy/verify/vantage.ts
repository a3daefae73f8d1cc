/**
 * What this sensor was in a position to see: who was heard, on which side of a boundary it stands, whether answers pass it.
 *
 * In: zones, Observations. Out: questions with yes or no, and the reason in words. Silence of a path that the sensor could
 * not have seen proves nothing, and a request whose answer would have gone another way is not unanswered.
 */
import type { Conversation } from '../../observation.ts';
import { listsBy } from '../../net/multi-map.ts';
import type { DiffContext } from '../diff/context.ts';
import { isUnicast } from '../spec/assets.ts';

/** One day: shorter silence is no silence. */
export const LEAST_HOURS = 24;

/** Why silence between two zones proves nothing. */
export interface Blindness {
  readonly sentence: string;
  /** Which of the two nobody was heard of, where that is the reason. */
  readonly unheard: readonly string[];
}

export interface Vantage {
  /** Hours in which anything was captured. */
  readonly hours: number;
  /** Unicast between two of its members was heard: a leg within the zone would have been. */
  readonly isInside: (zone: string) => boolean;
  readonly wasHeard: (address: string) => boolean;
  /** Whether anything passed between two zones before this sensor, or whether it would have. Null: it would. */
  readonly blindness: (from: string, to: string) => Blindness | null;
  /** Whether an answer of a server to a client would have passed this sensor. */
  readonly seesAnswers: (clientZone: string | null, serverZone: string | null) => boolean;
  /** Whether the client's frames were seen on the server's side of what stands between: by their VLAN, or (less sure) by a router's MAC. */
  readonly arrived: (conversation: Conversation) => 'yes' | 'maybe' | 'no';
  /** Declared assets of a zone that were heard, of those that have an address. */
  readonly heardOf: (zone: string) => { readonly heard: number; readonly declared: number };
}

interface ZoneView {
  /** Unicast between two of its own members: the sensor stands inside. */
  inside: boolean;
  /** Its servers were seen to answer other zones, or its clients to be answered, or its members to answer each other. */
  answers: boolean;
  isAnswered: boolean;
  readonly partners: Set<string>;
}

/** Of what was observed as it was: a sensor's place does not depend on what the spec knows of directions. */
export const vantageOf = ({ loaded: { spec }, observed: set, assets, isRouter }: DiffContext): Vantage => {
  const views = new Map<string, ZoneView>(spec.zones.map((zone) => [zone.zone_id, { inside: false, answers: false, isAnswered: false, partners: new Set() }]));
  const heard = new Set<string>();
  for (const conversation of set.conversations) {
    const { toServer, toClient } = conversation.packets;
    if (toServer > 0) heard.add(conversation.client);
    if (toClient > 0) heard.add(conversation.server);
    if (!isUnicast(assets, conversation)) continue;
    const client = assets.resolve(conversation.client)?.zone;
    const server = assets.resolve(conversation.server)?.zone;
    const [from, to] = [views.get(client ?? ''), views.get(server ?? '')];
    if (client !== undefined && client === server) {
      if (from !== undefined) {
        from.inside = true;
        from.answers ||= toClient > 0 && toServer > 0;
      }
      continue;
    }
    if (from !== undefined) {
      from.isAnswered ||= toClient > 0;
      if (server !== undefined) from.partners.add(server);
    }
    if (to !== undefined) {
      to.answers ||= toClient > 0;
      if (client !== undefined) to.partners.add(client);
    }
  }
  const macsOf = new Map(set.addresses.map((record) => [record.address, record.macs.map(({ mac }) => mac)]));
  const vlansOf = new Map(spec.zones.map((zone) => [zone.zone_id, zone.vlans ?? []]));
  const hours = set.sensor.hours.length;
  const heardAssets = new Set([...heard].flatMap((address) => assets.resolve(address)?.asset?.id ?? []));
  const declaredOf = listsBy(assets.assets.filter(({ addresses }) => addresses.length > 0), ({ zone }) => zone);
  const countOf = new Map([...declaredOf].map(([zone, own]) => [zone, { heard: own.filter(({ id }) => heardAssets.has(id)).length, declared: own.length }]));

  const blindness = (from: string, to: string): Blindness | null => {
    if (hours < LEAST_HOURS) return { sentence: `only ${hours} of the ${LEAST_HOURS} hours were captured that it takes for silence to mean anything`, unheard: [] };
    const [a, b] = [views.get(from), views.get(to)];
    if (a?.partners.has(to) || a?.inside || b?.inside) return null;
    // Whoever talks with several zones before us is seen on its way out, whichever way that is.
    if ((a?.partners.size ?? 0) > 1 || (b?.partners.size ?? 0) > 1) return null;
    const unheard = [from, to].filter((zone) => views.get(zone)?.partners.size === 0);
    return { sentence: unheard.length > 0 ? `this sensor heard nobody of ${unheard.join(' and ')}` : `this sensor heard both zones, but nothing that shows it stands between them`, unheard };
  };

  return {
    hours,
    isInside: (zone) => views.get(zone)?.inside === true,
    wasHeard: (address) => heard.has(address),
    blindness,
    seesAnswers: (clientZone, serverZone) => {
      const [client, server] = [views.get(clientZone ?? ''), views.get(serverZone ?? '')];
      return client?.isAnswered === true || client?.answers === true || server?.answers === true;
    },
    arrived: (conversation) => {
      const [from, to] = [assets.resolve(conversation.client)?.zone, assets.resolve(conversation.server)?.zone];
      if (from === undefined || to === undefined) return 'no';
      if (conversation.vlan !== null && vlansOf.get(to)?.includes(conversation.vlan) === true && vlansOf.get(from)?.includes(conversation.vlan) === false && (vlansOf.get(from)?.length ?? 0) > 0) return 'yes';
      const client = macsOf.get(conversation.client) ?? [];
      const server = macsOf.get(conversation.server) ?? [];
      // The client only ever through a router, the server by itself: we stand on the server's side, or on both sides of a router.
      return client.length > 0 && client.every(isRouter) && server.some((mac) => !isRouter(mac)) ? 'maybe' : 'no';
    },
    heardOf: (zone) => countOf.get(zone) ?? { heard: 0, declared: 0 },
  };
};
