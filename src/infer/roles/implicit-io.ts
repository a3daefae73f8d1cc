/**
 * Who leads in implicit I/O. Its cyclic frames run both ways, on equal ports (EtherNet/IP class 1, UDP 2222) or on none
 * (PROFINET RT), and whoever was heard first passes for the client. In: links. Out: the same, each from the controller.
 */
import { addToSet } from '../../net/multi-map.ts';
import type { Link } from '../activity.ts';

export const IMPLICIT_IO: ReadonlySet<string> = new Set(['enip-io', 'pn-rt']);

/**
 * Who sends these opens the connection that I/O runs on: a scanner (CIP volume 1, 3-5.5.2), an IO controller (IEC 61158-6-10). Explicit
 * messages may run on a connection as well, but between two that exchange I/O it is the controller's too.
 */
const OPENINGS: Readonly<Record<string, ReadonlySet<string>>> = { enip: new Set(['Forward_Open', 'Large_Forward_Open']), 'profinet-cm': new Set(['Connect']) };

export const opensConnection = ({ service, conversation }: Link): boolean => {
  const openings = Object.hasOwn(OPENINGS, service) ? OPENINGS[service]! : null;
  return openings !== null && conversation.operations.some(({ name, requests }) => requests > 0 && openings.has(name));
};

/**
 * The controller opens the connection; where that was not heard, it exchanges I/O with more devices; of two alike it is the one whom
 * more others ask, and then the one that asks.
 */
export function orientImplicitIo(links: readonly Link[]): readonly Link[] {
  const partners = new Map<number, Set<number>>();
  const askers = new Map<number, Set<number>>();
  const opened = new Map<number, Set<number>>();
  for (const link of links) {
    const { service, control, client, server } = link;
    if (IMPLICIT_IO.has(service)) {
      addToSet(partners, client, server);
      addToSet(partners, server, client);
    } else if (control) addToSet(askers, server, client);
    if (opensConnection(link)) addToSet(opened, client, server);
  }
  const has = (map: ReadonlyMap<number, ReadonlySet<number>>, a: number, b: number): number => (map.get(a)?.has(b) === true ? 1 : 0);
  const count = (map: ReadonlyMap<number, ReadonlySet<number>>, one: number, without: number): number => (map.get(one)?.size ?? 0) - has(map, one, without);
  const leads = (a: number, b: number): boolean =>
    (has(opened, a, b) - has(opened, b, a) || count(partners, a, b) - count(partners, b, a) || count(askers, a, b) - count(askers, b, a) || has(askers, b, a) - has(askers, a, b)) > 0;
  return links.map((link) => (IMPLICIT_IO.has(link.service) && link.conversation.direction.by !== 'protocol' && leads(link.server, link.client) ? { ...link, client: link.server, server: link.client } : link));
}

/** Both ends of implicit I/O where nothing but who was heard first says who leads: each exchanges it with the other alone, and no more asks or is asked for control. */
export function findLeaderless(links: readonly Link[]): Set<number> {
  const partners = new Map<number, Set<number>>();
  const others = new Set<number>();
  for (const { service, control, conversation, client, server } of links) {
    if (!control) continue;
    const isSymmetrical = IMPLICIT_IO.has(service) && conversation.direction.by !== 'protocol';
    for (const [one, other] of [[client, server], [server, client]] as const) {
      if (!isSymmetrical) others.add(one);
      else addToSet(partners, one, other);
    }
  }
  const isAlone = (one: number): boolean => partners.get(one)?.size === 1 && !others.has(one);
  return new Set([...partners].filter(([one, [other]]) => isAlone(one) && isAlone(other!)).map(([one]) => one));
}
