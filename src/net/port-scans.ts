/**
 * Who knocks at many doors: one client at many TCP ports of one server, or at one port of many servers, asks nothing of
 * them and mostly gets no answer but a reset. In: TCP conversations in which the client asked nothing. Out: scans, each
 * with its conversations, in order. Left out on purpose: UDP, where silence is no sign (traces of a route look alike).
 */
import { addTo } from './multi-map.ts';

export interface Knock {
  readonly client: string;
  readonly server: string;
  readonly port: number;
  readonly isAnswered: boolean;
}

export interface PortScan<T extends Knock> {
  /** `ports` of one server, or one port of many `servers`. */
  readonly kind: 'ports' | 'servers';
  readonly knocks: readonly T[];
}

/** A SYN is sent again six times where nobody answers (Linux tcp_syn_retries), and a handshake needs two more packets. */
export const KNOCK_PACKETS = 8;
/** So many services of one device, or devices of one service, nobody tries in vain without looking for what there is. */
const FEWEST_DOORS = 16;

const isScan = (knocks: readonly Knock[]): boolean => knocks.length >= FEWEST_DOORS && 2 * knocks.filter(({ isAnswered }) => !isAnswered).length >= knocks.length;

const groupsOf = <T extends Knock>(knocks: readonly T[], keyOf: (knock: T) => string): T[][] => {
  const groups = new Map<string, T[]>();
  for (const knock of knocks) addTo(groups, keyOf(knock), knock);
  return [...groups.values()].filter(isScan);
};

export function findPortScans<T extends Knock>(knocks: readonly T[]): PortScan<T>[] {
  const vertical = groupsOf(knocks, ({ client, server }) => `${client}\n${server}`);
  const told = new Set(vertical.flat());
  const horizontal = groupsOf(knocks.filter((knock) => !told.has(knock)), ({ client, port }) => `${client}\n${port}`);
  return [...vertical.map((own): PortScan<T> => ({ kind: 'ports', knocks: own })), ...horizontal.map((own): PortScan<T> => ({ kind: 'servers', knocks: own }))];
}
