/** Evidence for brokers (patch, jump), infrastructure, the enterprise, visitors, and devices that are none of all that. */
import type { Link } from '../activity.ts';
import { LONG_ENOUGH_DAYS } from '../captured-days.ts';
import { type Ledger, record } from './evidence.ts';
import { clientsOf, countServed, countUsed, hasRole, type Profile, type RolePass, servesDatabase, serversOf, usesDatabase } from '../profiles.ts';
import type { Role } from '../proposal.ts';
import { BROKERED, INTERACTIVE_SERVICES } from '../service-family.ts';
import { plural } from '../plural.ts';
import { COMPUTER_CARDS, CONTROL_VENDORS, GATEWAY_CARDS } from '../vendor-class.ts';

const OT_MACHINES: readonly Role[] = ['hmi', 'engineering-workstation', 'historian', 'mes', 'opcua-server'];

export function weighOffice(pass: RolePass, profile: Profile, ledger: Ledger): void {
  weighPatch(pass, profile, ledger);
  weighJump(pass, profile, ledger);
  weighInfrastructure(profile, ledger);
  weighAppliance(pass, profile, ledger);
  weighEnterprise(pass, profile, ledger);
  weighVisitor(pass, profile, ledger);
  weighServiceRouter(pass, profile, ledger);
}

const WELL_KNOWN = new Set([53, 88, 123, 135, 137, 389, 445, 636, 3268, 3389]);

/** Updates go to computers, and come from the server: whoever sends more than it gets reports something. Heard from one end only, it may do either. */
const mayUpdate = (client: Profile, { conversation, service }: Link): boolean =>
  (client.computer || COMPUTER_CARDS.has(client.vendorClass)) && !BROKERED.has(service) && (conversation.packets.toClient === 0 || conversation.bytes.toClient >= conversation.bytes.toServer);

function weighPatch(pass: RolePass, profile: Profile, ledger: Ledger): void {
  const updates = Math.max(countServed(profile, 'wsus'), countServed(profile, 'av'));
  if (updates > 0) {
    record(ledger, 'patch-server', 6, 'update-service', `hands out updates or signatures to ${plural(updates, 'machine')}`);
    return;
  }
  // Update servers that keep their records elsewhere are known by their ports: what else works with a database is an application.
  if (profile.internetServers === 0 || profile.internetServers > 2 || profile.controlOut.length > 0 || usesDatabase(profile)) return;
  const byPort = new Map<number, Set<number>>();
  for (const link of profile.in) {
    if (WELL_KNOWN.has(link.conversation.port)) continue;
    if (!mayUpdate(pass.profiles[link.client]!, link)) continue;
    const held = byPort.get(link.conversation.port) ?? new Set<number>();
    byPort.set(link.conversation.port, held);
    held.add(link.client);
  }
  const most = Math.max(0, ...[...byPort.values()].map((clients) => clients.size));
  const machines = clientsOf(profile.in).filter((client) => hasRole(pass, client, ...OT_MACHINES)).length;
  if (most < 6 || (pass.before !== null && machines < 4)) return;
  record(ledger, 'patch-server', 4.5, 'one-service-for-all', `offers one service that ${most} OT machines use, and fetches from one or two Internet servers`);
  record(ledger, 'enterprise', -2, 'one-service-for-all', 'serves OT machines');
  record(ledger, 'mes', -1, 'one-service-for-all', 'serves one service to all machines');
}

function weighJump(pass: RolePass, profile: Profile, ledger: Ledger): void {
  if (profile.controlOut.length > 0 || profile.controller || servesDatabase(profile)) return;
  const sessions = profile.out.filter((link) => (INTERACTIVE_SERVICES.has(link.service) || (link.service === '' && link.cycle === null && link.conversation.transport === 'tcp')) && (pass.before === null || hasRole(pass, link.server, 'engineering-workstation', 'hmi', 'historian', 'opcua-server', 'plc')));
  const users = clientsOf(profile.in.filter((link) => INTERACTIVE_SERVICES.has(link.service) || link.service === 'https' || link.service === '')).filter((client) => {
    const user = pass.profiles[client]!;
    return user.outside || (pass.before === null ? user.vendorClass === 'pc' : hasRole(pass, client, 'enterprise'));
  });
  if (sessions.length === 0 || users.length === 0 || !(profile.fromInternet || profile.serves.has('rdp') || isPortal(sessions, users, profile))) return;
  record(ledger, 'jump-server', 4 + (profile.fromInternet ? 1.5 : 0), 'remote-access', `is entered by ${plural(users.length, 'outside user')} and opens interactive sessions to ${plural(serversOf(sessions).length, 'OT host')}`);
  record(ledger, 'mes', -1.5, 'remote-access', 'is a way in, not an application');
  record(ledger, 'enterprise', -2, 'remote-access', 'is a way in, not an office machine');
}

/** A portal: users come over HTTPS, and it opens screens of plant computers for them. */
const isPortal = (sessions: readonly Link[], users: readonly number[], { serves }: Profile): boolean =>
  serves.has('https') && users.length >= 2 && sessions.some(({ service }) => INTERACTIVE_SERVICES.has(service));

/** A maker's way in: whoever comes through a VPN box or a modem has its address, programs a controller now and then, and polls none. */
function weighServiceRouter(pass: RolePass, { vendorClass, controlIn, steadyOut, directoryClient, out, serves }: Profile, ledger: Ledger): void {
  if (!GATEWAY_CARDS.has(vendorClass) || controlIn.length + steadyOut.length > 0 || directoryClient) return;
  if (serves.has('dns')) record(ledger, 'network-device', 4, 'names-by-router', 'has the card of a maker of routers, and hands on names');
  else if (out.some(({ server }) => pass.profiles[server]!.outside)) record(ledger, 'network-device', 4, 'service-router', 'has the card of a maker of routers, reaches the Internet and polls nobody: who works through it stands behind it');
}

const directoryClients = (profile: Profile): number => Math.max(countServed(profile, 'dns'), countServed(profile, 'kerberos'), countServed(profile, 'ldap'));

function weighInfrastructure(profile: Profile, ledger: Ledger): void {
  const directory = directoryClients(profile);
  // Names are served by many a box, tickets by a domain controller alone.
  if (directory >= 3 || profile.serves.has('kerberos')) record(ledger, 'infrastructure', 4.5, 'directory', `serves names and logons to ${plural(directory, 'machine')}`);
  if (countServed(profile, 'ntp') >= 3) record(ledger, 'infrastructure', 3.5, 'time', `serves time to ${countServed(profile, 'ntp')} devices`);
  else if (profile.serves.has('ntp') && profile.in.every(({ service }) => service === 'ntp') && profile.controlOut.length === 0) record(ledger, 'infrastructure', 2.4, 'clock', 'is asked for the time and for nothing else');
  // Who works with controllers takes logs and asks switches for their state beside that.
  if (profile.controlOut.length > 0) return;
  if (countServed(profile, 'syslog') >= 2) record(ledger, 'infrastructure', 4, 'syslog', `collects logs of ${countServed(profile, 'syslog')} devices`);
  if (countUsed(profile, 'snmp') >= 3) record(ledger, 'infrastructure', 4, 'snmp-manager', `monitors ${countUsed(profile, 'snmp')} devices over SNMP`);
  if (countUsed(profile, 'smb') >= 3 && countServed(profile, 'smb') === 0 && profile.internetServers === 0) {
    record(ledger, 'infrastructure', 3, 'backup', `fetches files from ${plural(countUsed(profile, 'smb'), 'machine')}, as backup servers do`);
  }
}

const EMBEDDED_VENDORS: ReadonlySet<string | null> = new Set<string | null>(['controller', 'rtu', 'safety', 'panel']);

const MANAGEMENT: ReadonlySet<string> = new Set(['snmp', 'icmp', 'ssh', 'telnet', 'http', 'https']);

const isOnlyManaged = (profile: Profile): boolean =>
  profile.serves.has('snmp') && profile.in.every(({ service }) => MANAGEMENT.has(service)) && profile.controlIn.length + profile.controlOut.length === 0;

function weighAppliance(pass: RolePass, profile: Profile, ledger: Ledger): void {
  if (profile.serves.has('print')) record(ledger, 'other', 3, 'printer', 'takes print jobs');
  if (profile.serves.has('rtsp')) record(ledger, 'other', 3, 'camera', 'streams video');
  if (profile.uses.has('rtsp')) {
    const watchers = clientsOf(profile.in).filter((client) => hasRole(pass, client, 'hmi')).length;
    if (watchers > 0) record(ledger, 'infrastructure', 4, 'video-recorder', `records video that ${plural(watchers, 'operator station')} of the plant watch`);
    else if (isInPlantDomain(pass, profile)) record(ledger, 'infrastructure', 4, 'takes-video', 'records video and belongs to the directory of the plant');
    else if (sharesVideo(pass, profile)) record(ledger, 'infrastructure', 4, 'takes-video', 'takes video of cameras, or from a recorder, of the plant');
    else if (hasOffice(pass)) record(ledger, 'enterprise', 4, 'video-recorder', 'records video');
    else record(ledger, 'infrastructure', 4, 'takes-video', 'records video, and no office was heard here');
  }
  if (profile.uses.has('sip') && !profile.directoryClient && profile.internetServers === 0) record(ledger, 'other', 1, 'telephone', 'places calls (SIP) and logs on nowhere');
  if (isOnlyManaged(profile)) record(ledger, 'other', 1.5, 'only-managed', 'is asked for its own state alone (SNMP), as power supplies, switches and printers are, and for no controls');
  const quiet = profile.controlIn.length + profile.controlOut.length + profile.in.length === 0 && !profile.directoryClient && profile.internetServers === 0 && !EMBEDDED_VENDORS.has(profile.vendorClass);
  if (quiet && profile.out.length > 0 && profile.out.every((link) => ['dns', '', 'ntp', 'sip', 'dhcp', 'nbns'].includes(link.service))) record(ledger, 'other', 2, 'appliance', 'behaves as an appliance: no logon, no office services');
}

const takesVideo = ({ uses }: Profile): boolean => uses.has('rtsp');

/** Video is the plant's where another one that takes it is. */
function sharesVideo(pass: RolePass, profile: Profile): boolean {
  const ofPlant = (peer: number): boolean => peer !== profile.index && takesVideo(pass.profiles[peer]!) && hasRole(pass, peer, 'infrastructure', 'hmi');
  return serversOf(profile.out).some((server) => ofPlant(server) || [...(pass.profiles[server]!.serves.get('rtsp') ?? [])].some(ofPlant));
}

/** Somebody is known for an office machine by more than the video it takes. In the first pass nobody is known yet. */
const hasOffice = (pass: RolePass): boolean => pass.before === null || pass.profiles.some((profile) => hasRole(pass, profile.index, 'enterprise') && !takesVideo(profile));

/** No sign of control is no sign of an office: a station whose protocol nobody reads shows none either. In the first pass nobody is known yet. */
function isTiedToOffice(pass: RolePass, profile: Profile): boolean {
  if (pass.before === null || profile.internetServers > 0 || profile.uses.has('print') || profile.asset.behindRouter) return true;
  return [...serversOf(profile.out), ...clientsOf(profile.in)].some((peer) => hasRole(pass, peer, 'enterprise'));
}

function weighEnterprise(pass: RolePass, profile: Profile, ledger: Ledger): void {
  if (profile.controlOut.length > 0 && speaksAsOt(profile)) {
    const close = profile.steadyOut.some((link) => link.cycle!.periodMs <= 11_000);
    if (profile.engineered.size > 0) record(ledger, 'enterprise', -2, 'ot-client', 'programs or restarts controllers');
    else record(ledger, 'enterprise', close ? -2.5 : -0.8, 'ot-client', 'is a client of control protocols');
  }
  if (profile.controlIn.length > 0 || profile.vendorClass === 'network' || profile.vendorClass === 'controller') return;
  if (profile.internetServers >= 2) record(ledger, 'enterprise', 1.5 + Math.min(1.5, profile.internetServers * 0.3), 'internet', `reaches ${profile.internetServers} Internet servers`);
  if (profile.uses.has('print')) record(ledger, 'enterprise', 0.8, 'prints', 'prints');
  if (profile.controlOut.length === 0 && profile.out.length > 0 && profile.computer && isTiedToOffice(pass, profile)) record(ledger, 'enterprise', 0.8, 'no-control', 'is a computer that speaks no control protocol');
  if (profile.asset.behindRouter) record(ledger, 'enterprise', 1.5, 'behind-router', 'is seen only through a router');
  if (countServed(profile, 'smb') >= 3 && profile.controlOut.length === 0 && directoryClients(profile) < 3) record(ledger, 'enterprise', 3, 'file-server', `shares files with ${countServed(profile, 'smb')} machines`);
  if (['pi', 'wsus', 'av'].some((service) => profile.serves.has(service))) record(ledger, 'enterprise', -3, 'ot-service', 'offers a service of the plant');
  weighDomain(pass, profile, ledger);
}

const speaksAsOt = (profile: Profile): boolean => !(profile.controller && profile.controlIn.some((link) => link.service !== 'opcua'));

/** Of those who ask each of its directories, the shares of office and plant machines; none in the first pass, where nobody is known yet. */
function measureDomains(pass: RolePass, profile: Profile): { office: number; plant: number }[] {
  if (pass.before === null) return [];
  const servers = [...(profile.uses.get('kerberos') ?? profile.uses.get('dns') ?? [])].filter((server) => !pass.profiles[server]!.outside);
  return servers.map((server) => {
    const members = clientsOf(pass.profiles[server]!.in.filter((link) => link.service === 'kerberos' || link.service === 'dns'));
    const office = members.filter((client) => hasRole(pass, client, 'enterprise', 'other')).length;
    const plant = members.filter((client) => hasRole(pass, client, ...OT_MACHINES, 'patch-server', 'jump-server')).length;
    return { office: office / members.length, plant: plant / members.length };
  });
}

const isOffice = ({ office }: { readonly office: number }): boolean => office > 0.8;
const isPlant = ({ plant }: { readonly plant: number }): boolean => plant > 0.4;

/** Logs on in the plant, and nowhere in the office. */
export function isInPlantDomain(pass: RolePass, profile: Profile): boolean {
  const domains = profile.directoryClient ? measureDomains(pass, profile) : [];
  return domains.some(isPlant) && !domains.some(isOffice);
}

/** Whose directory it belongs to: the one of the office, or the one of the plant. */
function weighDomain(pass: RolePass, profile: Profile, ledger: Ledger): void {
  const domains = measureDomains(pass, profile);
  if (domains.length === 0) return;
  if (domains.every(isOffice)) {
    if (!profile.directoryClient) record(ledger, 'enterprise', 0.6, 'office-domain', 'asks the name server of the office');
    else record(ledger, 'enterprise', worksWithControl(pass, profile) ? 1.5 : 2.2, 'office-domain', 'belongs to the directory of the office');
  }
  else if (domains.some(isPlant)) {
    record(ledger, 'enterprise', -2, 'plant-domain', 'belongs to the directory of the plant');
    if (profile.directoryClient && profile.controlOut.length === 0 && profile.in.length === 0) record(ledger, 'hmi', 0.4, 'plant-domain', 'belongs to the directory of the plant and serves nobody');
  }
}

/** With machines that run the process, or with their data; applications have a foot in either. */
const worksWithControl = (pass: RolePass, profile: Profile): boolean =>
  [...serversOf(profile.out), ...clientsOf(profile.in)].some((peer) => hasRole(pass, peer, 'plc', 'io', 'hmi', 'engineering-workstation', 'historian', 'opcua-server'));

function weighVisitor(pass: RolePass, profile: Profile, ledger: Ledger): void {
  const { days, firstDay, lastDay } = profile.diary;
  if (days === 0 || days > 4 || lastDay - firstDay > 6 || pass.capturedDays < LONG_ENOUGH_DAYS) return;
  if (profile.controlOut.length > 0 && profile.controlIn.length === 0 && !profile.asset.behindRouter && !CONTROL_VENDORS.has(profile.vendorClass)) record(ledger, 'transient', 6, 'visitor', `was present on ${days} of ${pass.capturedDays} days only, and asked controllers`);
  else if (profile.out.length > 0 && profile.vendorClass === 'pc') record(ledger, 'transient', 2.5, 'visitor', `was present on ${days} of ${pass.capturedDays} days only`);
}
