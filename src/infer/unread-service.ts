/**
 * What conversations are of which nothing but the port is known. In: what was heard of each, and the inventory. Out: which of them
 * are control, and which go on where MS-RPC told them to. The rhythm and who else answers alike tell; payload is not needed.
 */
import { addTo, addToSet } from '../net/multi-map.ts';
import type { Conversation } from '../observation.ts';
import type { Inventory } from './assets.ts';
import type { Asset } from './proposal.ts';
import type { Cycle } from './rhythm.ts';
import { CONTROL_BY_PORT, DIRECTORY_SERVICES } from './service-family.ts';
import { hasUnheardServer } from './unheard.ts';
import { CONTROL_VENDORS } from './vendor-class.ts';

interface Talk {
  readonly client: number;
  readonly server: number;
  readonly conversation: Conversation;
  readonly cycle: Cycle | null;
  readonly answered: boolean;
  service: string;
  control: boolean;
}

const COMPUTERS: ReadonlySet<string | null> = new Set<string | null>(['pc', 'virtual']);

/**
 * Control in a protocol that nobody reads: what a device answers in a cycle is what it is there for. A port that belongs
 * to one control protocol tells so of any device but a computer. Where no port does, the device is of a vendor that builds
 * controllers, and asks neither a controller nor a directory itself, as a server on an industrial computer would. Beside those, what
 * answers like several others of its make, and the devices that one drives.
 */
export function recogniseControl(talks: readonly Talk[], inventory: Inventory): void {
  const { assets } = inventory;
  const logsOn = new Set(talks.filter(({ service }) => service !== 'dns' && DIRECTORY_SERVICES.has(service)).map(({ client }) => client));
  const asking = new Set([...logsOn, ...talks.filter(({ control }) => control).map(({ client }) => client)]);
  const cyclic = new Set<string>();
  for (const talk of talks) {
    const { vendorClass } = assets[talk.server]!;
    if (CONTROL_BY_PORT.has(talk.service) && talk.conversation.service.by !== 'probe' && COMPUTERS.has(vendorClass)) talk.service = '';
    const isKnown = CONTROL_BY_PORT.has(talk.service) || (talk.service === '' && CONTROL_VENDORS.has(vendorClass) && !asking.has(talk.server));
    if (isKnown && answersInCycle(talk)) cyclic.add(portOf(talk));
  }
  const unread = talks.filter((talk) => talk.service === '' && answersInCycle(talk));
  const more = [...answerAlike(unread, talks, inventory, logsOn, cyclic), ...areDriven(unread.filter((talk) => !cyclic.has(portOf(talk))), talks, inventory, logsOn)];
  for (const talk of more) cyclic.add(portOf(talk));
  for (const talk of talks) talk.control ||= cyclic.has(portOf(talk));
}

const portOf = ({ server, conversation }: Talk): string => `${server}/${conversation.transport}/${conversation.port}`;
const answersInCycle = ({ cycle, answered, conversation }: Talk): boolean => cycle !== null && answered && (conversation.packets.toClient > 0 || hasUnheardServer(conversation));

/** Devices of one make on one port, and stations that ask them there, from which on it is their protocol. */
const FEWEST_ALIKE = 2;

/** So many, where all of them ask others too. */
const FEWEST_ALIKE_ASKING = 3;

/**
 * A controller that asks others too, as a DCS reads packages, is told by its like: several devices of its make answer on that port, and several stations ask there.
 * Where all of them ask others, each must ask devices of its own: servers of one make that ask the same devices are servers of one system.
 */
function answerAlike(unread: readonly Talk[], talks: readonly Talk[], { assets }: Inventory, logsOn: ReadonlySet<number>, cyclic: ReadonlySet<string>): Talk[] {
  const kindOf = ({ server, conversation }: Talk): string => `${conversation.transport}/${conversation.port} ${assets[server]!.vendor}`;
  const alike = new Map<string, number[]>();
  const stations = new Map<string, number[]>();
  for (const talk of unread) {
    addTo(stations, portOf(talk), talk.client);
    if (cyclic.has(portOf(talk))) addTo(alike, kindOf(talk), talk.server);
  }
  const isSeveral = (list: readonly number[] | undefined): boolean => new Set(list).size >= FEWEST_ALIKE;
  const candidates = unread.filter((talk) => mayBeController(assets[talk.server]!) && !logsOn.has(talk.server) && isSeveral(stations.get(portOf(talk))));
  const ofKind = new Map<string, number[]>();
  for (const talk of candidates) addTo(ofKind, kindOf(talk), talk.server);
  const haveTheirOwn = new Map([...ofKind].map(([kind, servers]) => [kind, new Set(servers).size >= FEWEST_ALIKE_ASKING && askTheirOwn(new Set(servers), talks)]));
  return candidates.filter((talk) => isSeveral(alike.get(kindOf(talk))) || haveTheirOwn.get(kindOf(talk)) === true);
}

/** By its card: of a maker of controllers, or of one of whom nothing is known that builds no computers. */
const mayBeController = ({ vendor, vendorClass }: Asset): boolean => CONTROL_VENDORS.has(vendorClass) || (vendor !== null && vendorClass === null);

/** No two of them ask the same device for its controls. */
function askTheirOwn(servers: ReadonlySet<number>, talks: readonly Talk[]): boolean {
  const askers = new Map<number, Set<number>>();
  for (const { client, server, control } of talks) if (control && servers.has(client) && !servers.has(server)) addToSet(askers, server, client);
  return [...askers.values()].every(({ size }) => size === 1);
}

/** Devices from which on one that asks them drives them, and the slowest pace at which I/O of an unread protocol is asked. */
export const FEWEST_DRIVEN = 3;
const DRIVING_PACE_MS = 500;

/** Several devices that one asks at such a pace on one port, and that ask nobody, are the I/O of that one, whoever built them: neither of the two is a computer. */
function areDriven(unread: readonly Talk[], talks: readonly Talk[], { assets }: Inventory, logsOn: ReadonlySet<number>): Talk[] {
  const isComputer = (asset: number): boolean => COMPUTERS.has(assets[asset]!.vendorClass) || logsOn.has(asset);
  const ask = new Set(talks.filter(({ control, service }) => control || service === '' || DIRECTORY_SERVICES.has(service)).map(({ client }) => client));
  const driven = new Map<string, Talk[]>();
  for (const talk of unread) {
    const { client, server, conversation, cycle } = talk;
    if (cycle!.periodMs <= DRIVING_PACE_MS && !ask.has(server) && !isComputer(server) && !isComputer(client)) addTo(driven, `${client} ${conversation.transport}/${conversation.port}`, talk);
  }
  return [...driven.values()].filter(({ length }) => length >= FEWEST_DRIVEN).flat();
}

const ENDPOINT_MAPPER = 135;

/** MS-RPC tells its port over that of the endpoint mapper ([MS-RPCE] clause 2.1.1.1), and goes on there: OPC classic does for as long as its client runs. */
export function recogniseRpc(talks: readonly Talk[]): void {
  const pairOf = ({ client, server }: Talk): string => `${client} ${server}`;
  const mapped = new Set(talks.filter(({ service, conversation }) => service === 'rpc' && conversation.port === ENDPOINT_MAPPER).map(pairOf));
  for (const talk of talks) if (talk.service === '' && talk.conversation.transport === 'tcp' && talk.conversation.port > 1023 && mapped.has(pairOf(talk))) talk.service = 'rpc';
}
