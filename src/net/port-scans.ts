/**
 * Who knocks at many doors: one client at many ports of one server, or at one port of many servers, asks nothing of them
 * and mostly gets no answer but a refusal. In: conversations that may be such knocks (isKnock). Out: scans, each with its
 * conversations, in order. Of UDP, where silence alone is no sign, a scan is told by ports that no client takes for itself
 * and by refusals; left out on purpose: what goes to high ports, as answers to a lost request and traces of a route do.
 */
import { listsBy } from './multi-map.ts';

export interface Knock {
  readonly client: string;
  readonly server: string;
  readonly transport: 'tcp' | 'udp';
  readonly port: number;
  readonly isAnswered: boolean;
  /** The client was told by ICMP that nobody is there, or may not be asked. */
  readonly isRefused: boolean;
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
/** No client takes one of these for its own end (RFC 6335 section 6). */
const SYSTEM_PORTS = 1024;
/** From here on stand the ports that clients take (Linux ip_local_port_range, RFC 6335) and that traces of a route go to (33434). */
const LOCAL_PORTS = 32_768;

const isRefusedService = ({ port, isRefused }: Knock): boolean => isRefused && port < LOCAL_PORTS;
const isVainUdp = (knocks: readonly Knock[], isDoor: (knock: Knock) => boolean): boolean => knocks.filter(isDoor).length >= FEWEST_DOORS;
const isVainTcp = (knocks: readonly Knock[]): boolean => knocks.length >= FEWEST_DOORS && 2 * knocks.filter(({ isAnswered }) => !isAnswered).length >= knocks.length;

const groupsOf = <T extends Knock>(knocks: readonly T[], keyOf: (knock: T) => string, isUdpDoor: (knock: Knock) => boolean): T[][] => {
  const groups = listsBy(knocks, (knock) => `${knock.transport}\n${keyOf(knock)}`);
  return [...groups.values()].filter((own) => (own[0]?.transport === 'udp' ? isVainUdp(own, isUdpDoor) : isVainTcp(own)));
};

export function findPortScans<T extends Knock>(knocks: readonly T[]): PortScan<T>[] {
  const vertical = groupsOf(knocks, ({ client, server }) => `${client}\n${server}`, (knock) => knock.port < SYSTEM_PORTS || isRefusedService(knock));
  const told = new Set(vertical.flat());
  const horizontal = groupsOf(knocks.filter((knock) => !told.has(knock)), ({ client, port }) => `${client}\n${port}`, isRefusedService);
  return [...vertical.map((own): PortScan<T> => ({ kind: 'ports', knocks: own })), ...horizontal.map((own): PortScan<T> => ({ kind: 'servers', knocks: own }))];
}
