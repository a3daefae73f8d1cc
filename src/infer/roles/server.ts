/** Evidence for the servers of site operations: historians and their replicas, OPC UA aggregators, MES and other applications. */
import { isDirectionUnsure, type Link } from '../activity.ts';
import { type Ledger, record } from './evidence.ts';
import { clientsOf, countServed, hasRole, type Profile, type RolePass, SCAN_CYCLE_MS, servesDatabase, serversOf, usesDatabase } from '../profiles.ts';
import { isInPlantDomain } from './office.ts';
import { operatesSlowly, speaksControlAsClient } from './operation.ts';
import { BROKERED, DATABASE_SERVICES } from '../service-family.ts';
import { plural } from '../plural.ts';
import { intervalText } from '../rhythm.ts';
import { COMPUTER_CARDS, CONTROL_VENDORS } from '../vendor-class.ts';

const SLOW_MS = 4800;

/** Services that any office machine offers or asks: they say nothing about a data server. */
const COMMON = new Set(['dns', 'kerberos', 'ldap', 'smb', 'rdp', 'ssh', 'vnc', 'ntp', 'snmp', 'snmptrap', 'syslog', 'icmp', 'nbns', 'netbios', 'https', 'http', 'ftp', 'wsus', 'av', 'print', 'rtsp', 'telnet', 'dhcp', 'arp', 'lldp', ...DATABASE_SERVICES]);

/** Data clients of a product that no standard service explains (a historian's own protocol, mostly). */
const productClients = (profile: Profile): Link[] =>
  profile.in.filter((link) => !link.control && link.conversation.transport === 'tcp' && !COMMON.has(link.service) && link.service !== 'scada' && !isStationSession(link));

/** Operator stations are refreshed every second or two; data clients ask when somebody wants to know. */
const isStationSession = (link: Link): boolean => link.cycle !== null && link.duty > 0.3 && link.cycle.periodMs <= 3000;

/** Over TCP, or over UDP that nothing comes back of, as through a data diode. */
const isCopying = ({ conversation, service }: Link): boolean => conversation.transport === 'tcp' || (conversation.transport === 'udp' && service === '' && conversation.packets.toClient === 0);
const isReplication = (link: Link): boolean => !link.control && isCopying(link) && link.cycle !== null && link.duty > 0.3 && !COMMON.has(link.service);

/** The port on which an asset serves others is the port on which it feeds its like: one product on both ends. */
const servesPort = (profile: Profile, port: number, except: number): number => new Set(profile.in.filter((link) => link.conversation.port === port && link.client !== except).map((link) => link.client)).size;

export function weighServers(pass: RolePass, profile: Profile, ledger: Ledger): void {
  weighSlowPoller(pass, profile, ledger);
  weighSubscriber(pass, profile, ledger);
  weighAggregator(pass, profile, ledger);
  weighHistorian(pass, profile, ledger);
  weighApplication(pass, profile, ledger);
  weighReceiver(pass, profile, ledger);
  weighOpcClassic(pass, profile, ledger);
}

function weighSlowPoller(pass: RolePass, profile: Profile, ledger: Ledger): void {
  const { targets: polled, typicalMs, fastestMs } = pass.polling[profile.index]!;
  if (!speaksControlAsClient(profile) || polled.size === 0) return;
  const { written } = profile;
  const application = usesDatabase(profile) || servesDatabase(profile) || asksApplications(pass, profile) || profile.serves.has('https') || profile.controlOut.some((link) => hasRole(pass, link.server, 'opcua-server'));
  if (operatesSlowly(pass, profile)) return;
  if (fastestMs >= SLOW_MS && [...polled].some((target) => written.has(target)) && application) {
    record(ledger, 'mes', 3.5, 'application-poller', 'polls slowly, writes sparsely, and has application traffic');
    record(ledger, 'hmi', -2.5, 'application-poller', 'polls slowly and has application traffic');
    record(ledger, 'historian', -2, 'application-poller', 'writes to controllers');
  }
  const operated = written.size >= 0.5 * polled.size;
  if (fastestMs >= SLOW_MS && !operated && polled.size >= Math.max(3, 0.3 * pass.controllerCount)) {
    const stations = clientsOf(profile.in.filter((link) => !link.control && isStationSession(link) && !COMMON.has(link.service))).length;
    record(ledger, 'historian', written.size > 3 || stations > 0 ? 1 : 3.2, 'slow-plant-poller', `polls ${plural(polled.size, 'controller')} slowly (typically every ${intervalText(typicalMs)})`);
  } else if (typicalMs < 4000) record(ledger, 'historian', -1.5, 'fast-polling', 'polls faster than a historian needs');
}

function weighSubscriber(pass: RolePass, profile: Profile, ledger: Ledger): void {
  if (pass.before === null || pass.polling[profile.index]!.targets.size > 0 || !speaksControlAsClient(profile)) return;
  const sources = serversOf(profile.steadyOut);
  if (sources.length === 0 || !sources.every((server) => hasRole(pass, server, 'opcua-server', 'hmi'))) return;
  record(ledger, 'historian', 1.2, 'subscriber', 'subscribes to aggregation servers only');
  record(ledger, 'mes', 1.6, 'subscriber', 'subscribes to aggregation servers only');
  const writesThrough = profile.controlOut.some((link) => link.writes && hasRole(pass, link.server, 'opcua-server', 'hmi'));
  const application = usesDatabase(profile) || servesDatabase(profile) || asksApplications(pass, profile) || profile.serves.has('https') || asksHistorian(pass, profile);
  if (writesThrough && !application) record(ledger, 'hmi', 3, 'operates-through-aggregator', 'watches and writes through an aggregation server and has no application traffic');
  else record(ledger, 'hmi', -1, 'subscriber', 'never asks a controller itself');
  if (writesThrough) {
    record(ledger, 'mes', 1, 'writes-through-aggregator', 'writes through the aggregator');
    record(ledger, 'historian', -1.5, 'writes-through-aggregator', 'writes, which historians do not');
  }
  else if (servesDatabase(profile) && !usesDatabase(profile)) record(ledger, 'historian', 2.6, 'keeps-for-others', 'subscribes, never writes, and hands out from its database what it collects');
  if (!application && !writesThrough) record(ledger, 'historian', 1.8, 'pure-subscriber', 'subscribes and has no application traffic at all');
}

/** HTTPS to anything but an update server: updates say nothing about an application. */
const asksApplications = (pass: RolePass, profile: Profile): boolean => [...(profile.uses.get('https') ?? [])].some((server) => !hasRole(pass, server, 'patch-server'));

const asksHistorian = (pass: RolePass, profile: Profile): boolean => profile.uses.has('pi') || profile.out.some((link) => link.service === '' && link.cycle === null && hasRole(pass, link.server, 'historian'));

const sumWrites = (links: readonly Link[]): number => links.reduce((sum, { writeRequests }) => sum + writeRequests, 0);

/** Requests that an aggregator makes of one: a client may write to several controllers at once. */
const MOST_RELAYED = 4;

function weighAggregator(pass: RolePass, profile: Profile, ledger: Ledger): void {
  if (!profile.serves.has('opcua') || (profile.controller && profile.controlIn.some((link) => link.service !== 'opcua'))) return;
  const sources = pass.polling[profile.index]!.targets.size;
  const scada = ledger.subRoles.hmi === 'scada';
  const local = sources > 0 && !profile.directoryClient && sources <= Math.max(2, 0.25 * pass.controllerCount) && !profile.computer;
  const pace = pass.polling[profile.index]!.fastestMs;
  if (pace <= SCAN_CYCLE_MS) record(ledger, 'opcua-server', -3, 'scan-cycle', 'polls at scan-cycle pace, as no aggregator does');
  else if (sources >= 3 || (sources > 0 && profile.computer)) {
    record(ledger, 'opcua-server', 3.5 + (sources >= 0.2 * pass.controllerCount ? 1 : 0), 'aggregates', `serves over OPC UA what it reads from ${plural(sources, 'controller')}`);
  } else if (sources === 2) record(ledger, 'opcua-server', 2, 'aggregates-few', 'serves over OPC UA what it reads from two controllers');
  else if (profile.computer) record(ledger, 'opcua-server', 1.5, 'serves-opcua', 'serves OPC UA from a computer');
  const dataClients = clientsOf(productClients(profile)).length;
  if (sources >= 2 && !scada && dataClients >= 3) {
    record(ledger, 'opcua-server', dataClients >= 6 ? -5 : -3.5, 'is-historian', `serves ${dataClients} data clients besides, as a historian with an OPC UA server does`);
    record(ledger, 'historian', dataClients >= 6 ? 4 : 3, 'collects-itself', `collects from ${sources} controllers and serves ${dataClients} data clients`);
  }
  if (scada) record(ledger, 'opcua-server', -3, 'is-scada', 'is a SCADA server first');
  if (local && profile.vendorClass !== 'virtual') {
    record(ledger, 'opcua-server', -2, 'local-server', 'serves what it reads from few controllers');
    record(ledger, 'hmi', 1, 'local-server', 'is a local panel with an OPC UA server');
  }
  if (profile.written.size > 0.5 * sources) {
    record(ledger, 'opcua-server', -1, 'operator-writes', 'writes to most of its controllers');
    // An aggregator writes what its clients write; where they are encrypted, they may.
    const clients = profile.controlIn.filter(({ service }) => service === 'opcua');
    const ordered = sumWrites(clients);
    const relays = clients.some(({ opaque }) => opaque) || (ordered > 0 && sumWrites(profile.controlOut) <= MOST_RELAYED * ordered);
    if (sources >= 3 && !relays) {
      record(ledger, 'opcua-server', -3.5, 'own-writes', 'writes to controllers more than its clients ask it to write');
      record(ledger, 'hmi', 1.5, 'own-writes', 'writes to controllers of its own accord: somebody operates it');
      ledger.subRoles.hmi ??= 'scada';
    }
  }
  const consumers = [...profile.serves.get('opcua')!];
  if (!scada && sources >= 2 && consumers.some((client) => hasRole(pass, client, 'historian', 'mes'))) record(ledger, 'opcua-server', 1.5, 'feeds-applications', 'feeds historians and applications');
  const asPeer = profile.steadyIn.some((link) => hasRole(pass, link.client, 'plc'));
  if (sources >= 2 && pace > SCAN_CYCLE_MS && (!asPeer || sources >= 3)) record(ledger, 'plc', -2, 'aggregates', 'serves what it reads from other controllers');
}

function weighHistorian(pass: RolePass, profile: Profile, ledger: Ledger): void {
  const readers = countServed(profile, 'pi');
  if (readers > 0) record(ledger, 'historian', 3.5, 'historian-protocol', `serves a historian's protocol to ${plural(readers, 'client')}`);
  if (profile.controller) return;
  const clients = clientsOf(productClients(profile));
  if (profile.uses.has('opcua') && profile.controlIn.length === 0 && clients.length >= 3 && clientsOf(profile.in.filter(({ service }) => DATABASE_SERVICES.has(service))).length < clients.length) {
    record(ledger, 'historian', clients.length >= 6 ? 3 : 1.5, 'subscriber-with-clients', `subscribes over OPC UA and serves ${clients.length} data clients`);
  }
  if (pass.before !== null && clients.length >= 3 && pass.polling[profile.index]!.targets.size > 0 && pass.polling[profile.index]!.typicalMs >= SLOW_MS) record(ledger, 'historian', 1, 'poller-with-clients', `collects slowly and serves ${clients.length} data clients`);
  for (const link of profile.out) {
    if (!isReplication(link)) continue;
    const others = servesPort(profile, link.conversation.port, link.server);
    if (others === 0) continue;
    record(ledger, 'historian', 2.5, 'replicates', `copies steadily to ${pass.profiles[link.server]!.asset.id} on the port on which it serves ${others} others`);
    break;
  }
  weighReplica(pass, profile, ledger);
}

/** Fed steadily by a historian on that historian's own port, without touching the control layer. */
function weighReplica(pass: RolePass, profile: Profile, ledger: Ledger): void {
  if (pass.before === null || profile.controlOut.length > 0) return;
  const feeds = [
    ...profile.in.filter((link) => isReplication(link) && hasRole(pass, link.client, 'historian')).map((link) => ({ link, from: link.client })),
    ...profile.out.filter((link) => isReplication(link) && isDirectionUnsure(link) && hasRole(pass, link.server, 'historian')).map((link) => ({ link, from: link.server })),
  ];
  const feed = feeds[0];
  if (feed === undefined) return;
  const source = pass.profiles[feed.from]!;
  const samePort = servesPort(source, feed.link.conversation.port, profile.index) > 0;
  const readers = clientsOf(profile.in.filter((link) => !link.control && link.client !== feed.from));
  // A device that answers a historian alone is what that one collects from.
  if (!samePort && readers.length === 0 && !profile.computer && !COMPUTER_CARDS.has(profile.vendorClass)) return;
  const office = readers.filter((client) => hasRole(pass, client, 'enterprise')).length;
  record(ledger, 'historian', 3 + (office >= 2 ? 1.5 : 0) + (samePort ? 2 : 0), 'replica', `is a replica, fed by ${source.asset.id} and read by ${plural(office, 'office machine')}`);
  record(ledger, 'mes', -1.5, 'replica', 'is fed by a historian');
  record(ledger, 'enterprise', -4.5, 'replica', 'is fed by a historian');
  ledger.subRoles.historian = 'replica';
}

/** More than a monthly report: a database is worked with week in, week out. */
const worksWithDatabase = (profile: Profile): boolean => [...profile.in, ...profile.out].some((link) => DATABASE_SERVICES.has(link.service) && (link.days.length >= 3 || link.requests >= 20));

/** Another operator station or SCADA server polls all that this one polls, and more. */
function isWatchedElsewhere(pass: RolePass, { index }: Profile): boolean {
  const { targets } = pass.polling[index]!;
  return targets.size > 0 && pass.polling.some((other, station) => station !== index && hasRole(pass, station, 'hmi') && other.targets.size > targets.size && [...targets].every((target) => other.targets.has(target)));
}

function weighApplication(pass: RolePass, profile: Profile, ledger: Ledger): void {
  if (worksWithDatabase(profile) && !profile.serves.has('pi')) {
    record(ledger, 'mes', 1.8, 'database', 'works with a database');
    record(ledger, 'enterprise', -1, 'database', 'works with a database');
    // A virtual machine has no screen of its own: who operates it does so in a session to it. Where no other one shows its controllers, such a session was not heard.
    if (profile.vendorClass === 'virtual' && profile.in.every(({ conversation }) => conversation.transport !== 'tcp') && isWatchedElsewhere(pass, profile)) {
      record(ledger, 'hmi', -2.5, 'nobody-looks', 'is a virtual machine to which nobody opens a session: no operator sits before it');
      record(ledger, 'mes', 1, 'nobody-looks', 'works with controllers and a database, and nobody opens a session to it');
    }
  }
  if (profile.uses.has('opcua') && profile.controlIn.length === 0 && asksApplications(pass, profile) && pass.polling[profile.index]!.targets.size === 0) record(ledger, 'mes', 1, 'integration', 'joins OPC UA and HTTPS');
  const served = profile.serves.get('https');
  if (served === undefined || profile.asset.bridge || profile.controller) return;
  const clients = [...served];
  record(ledger, 'mes', 1.2, 'serves-https', `serves HTTPS to ${plural(clients.length, 'client')}`);
  if (pass.before === null) return;
  const office = clients.filter((client) => hasRole(pass, client, 'enterprise')).length;
  // What logs on in the plant and works with its servers is the plant's, whoever reads its pages.
  const isOfPlant = isCalledByControllers(pass, profile) || (worksWithDatabase(profile) && isInPlantDomain(pass, profile));
  if (!isOfPlant && clients.length >= 3 && office / clients.length > 0.6 && profile.steadyOut.length === 0 && !profile.serves.has('pi') && !profile.in.some((link) => hasRole(pass, link.client, 'historian'))) {
    record(ledger, 'enterprise', 4.5, 'serves-office', `serves ${office} office machines`);
    record(ledger, 'mes', -2, 'serves-office', 'serves mostly office machines');
  } else if (clients.some((client) => hasRole(pass, client, 'mes', 'hmi', 'other'))) {
    record(ledger, 'mes', 1.2, 'serves-operations', 'serves operators and applications');
    record(ledger, 'enterprise', -1, 'serves-operations', 'serves operators and applications');
  }
  if (clients.some((client) => hasRole(pass, client, 'mes')) && profile.out.some((link) => link.service === 'https' && hasRole(pass, link.server, 'enterprise'))) {
    record(ledger, 'mes', 2, 'relays', 'relays application data to the enterprise');
  }
}

const isOpcClassic = (link: Link): boolean => link.service === 'rpc' && link.conversation.port > 1023 && link.cycle !== null && link.duty > 0.3;

/** OPC classic runs over MS-RPC: a server that reads controllers, and collectors that read it all day. */
function weighOpcClassic(pass: RolePass, profile: Profile, ledger: Ledger): void {
  const sources = pass.polling[profile.index]!.targets.size;
  const clients = clientsOf(profile.in.filter(isOpcClassic));
  if (sources > 0 && clients.length > 0 && !profile.controller && profile.written.size === 0) {
    record(ledger, 'opcua-server', 4.5, 'opc-classic', `hands on over MS-RPC, as OPC classic does, what it reads from ${plural(sources, 'controller')}`);
    ledger.subRoles['opcua-server'] ??= 'opc-classic';
  }
  const servers = serversOf(profile.out.filter(isOpcClassic)).filter((server) => pass.polling[server]!.targets.size > 0);
  if (servers.length === 0 || sources > 0) return;
  record(ledger, 'historian', 1.8, 'opc-classic-client', `reads ${plural(servers.length, 'server')} of control data all day over MS-RPC, as OPC classic does`);
  record(ledger, 'mes', 1, 'opc-classic-client', 'reads servers of control data over MS-RPC, as OPC classic does');
  record(ledger, 'hmi', 0.8, 'opc-classic-client', 'reads servers of control data over MS-RPC, as OPC classic does');
}

/** One controller may have been set up to call a test bench; two report to something of the plant. */
const FEWEST_CALLERS = 2;

/** Controllers, and devices of their vendors, that report by themselves: in a cycle, or to a broker whenever something happens. */
function callersOf(pass: RolePass, profile: Profile, transport: 'tcp' | 'udp'): number {
  const calls = profile.in.filter(({ control, service, cycle, conversation }) => !control && conversation.transport === transport && (transport === 'udp' ? service === '' && cycle !== null : cycle !== null || BROKERED.has(service)));
  return clientsOf(calls).filter((client) => pass.profiles[client]!.controller || CONTROL_VENDORS.has(pass.profiles[client]!.vendorClass)).length;
}

/** Controllers report to whoever collects in the plant: they never call an office. */
const isCalledByControllers = (pass: RolePass, profile: Profile): boolean => callersOf(pass, profile, 'tcp') >= FEWEST_CALLERS || callersOf(pass, profile, 'udp') >= FEWEST_CALLERS;

function weighReceiver(pass: RolePass, profile: Profile, ledger: Ledger): void {
  if (profile.controlIn.length > 0 || profile.vendorClass === 'network' || profile.vendorClass === 'controller') return;
  if (isCalledByControllers(pass, profile)) record(ledger, 'enterprise', -3, 'called-by-controllers', 'is called by several controllers or devices of their vendors, which never call an office');
  // What is sent over UDP goes to operator stations as well.
  const callers = callersOf(pass, profile, 'tcp');
  if (callers >= FEWEST_CALLERS) {
    record(ledger, 'mes', 1.5, 'called-by-controllers', `takes what ${callers} controllers or devices of their vendors report by themselves`);
    if ([...BROKERED].some((service) => profile.serves.has(service))) {
      record(ledger, 'opcua-server', 3.5, 'broker', 'hands on what controllers publish');
      ledger.subRoles['opcua-server'] = 'broker';
    }
  }
  const subscribes = profile.computer && profile.out.some((link) => BROKERED.has(link.service) && link.cycle !== null && hasRole(pass, link.server, 'opcua-server'));
  if (!subscribes) return;
  record(ledger, 'mes', 1.2, 'broker-client', 'subscribes to what controllers publish');
  record(ledger, 'enterprise', -1, 'broker-client', 'subscribes to what controllers publish');
}
