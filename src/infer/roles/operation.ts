/** Evidence for the people-facing side of control: operator stations, SCADA servers, their standbys, engineering stations. */
import { isDirectionUnsure, type Link } from '../activity.ts';
import { countHours } from '../captured-days.ts';
import { type Ledger, record } from './evidence.ts';
import { clientsOf, countServed, hasRole, isNetworkEquipment, type Profile, type RolePass, serversOf, usesDatabase } from '../profiles.ts';
import type { Role } from '../proposal.ts';
import { plural } from '../plural.ts';
import { intervalText } from '../rhythm.ts';
import { SLOW_BY_DESIGN } from '../service-family.ts';

/** Operators look at values at most this old; historians and applications are content with older ones. */
const OPERATOR_PERIOD_MS = 5500;
/** A station that looks at anything this closely is no data collector. */
export const CLOSE_LOOK_MS = 4000;

const isStream = (link: Link, leastDuty: number): boolean => !link.control && link.conversation.transport === 'tcp' && link.cycle !== null && link.duty >= leastDuty;
/** Streams that no office service explains. */
const isProductStream = (link: Link, leastDuty: number): boolean => (link.service === '' || link.service === 'scada') && isStream(link, leastDuty);

/** OPC UA alone is served by panels and aggregators too; who drives devices unasked is no client either. */
const isControllerServer = (profile: Profile): boolean => profile.controller && (profile.controlIn.length === 0 || profile.controlIn.some((link) => link.service !== 'opcua'));

export const speaksControlAsClient = (profile: Profile): boolean => profile.controlOut.length > 0 && !isControllerServer(profile) && !isNetworkEquipment(profile);

export function weighOperator(pass: RolePass, profile: Profile, ledger: Ledger): void {
  if (speaksControlAsClient(profile)) weighPoller(pass, profile, ledger);
  const stations = countServed(profile, 'scada');
  if (stations > 0 && !profile.uses.has('scada')) {
    record(ledger, 'hmi', 4, 'scada-server', `serves ${stations} operator stations`);
    ledger.subRoles.hmi = 'scada';
  }
  if (profile.uses.has('scada')) {
    record(ledger, 'hmi', 3.5, 'scada-client', 'keeps a session with a SCADA server');
    ledger.subRoles.hmi ??= 'opstation';
  }
  if (pass.before !== null && !profile.controller) {
    weighThinClient(pass, profile, ledger);
    weighStation(pass, profile, ledger);
    weighStandby(pass, profile, ledger);
    weighAttached(pass, profile, ledger);
  }
}

/** In protocols that are slow by design, a slow cycle says nothing; whoever commands what it polls in them is its supervising station. */
export function operatesSlowly(pass: RolePass, profile: Profile): boolean {
  const { targets } = pass.polling[profile.index]!;
  const slowly = serversOf(profile.steadyOut.filter(({ service, server }) => SLOW_BY_DESIGN.has(service) && targets.has(server)));
  return slowly.length > 0 && slowly.length >= 0.5 * targets.size && slowly.some((server) => profile.written.has(server));
}

function weighPoller(pass: RolePass, profile: Profile, ledger: Ledger): void {
  const { written } = profile;
  const { targets: polled, typicalMs, fastestMs } = pass.polling[profile.index]!;
  if (polled.size === 0) return;
  const pace = intervalText(typicalMs);
  const operates = written.size >= 0.5 * polled.size && !usesDatabase(profile) && !profile.serves.has('https');
  const close = fastestMs <= CLOSE_LOOK_MS || typicalMs <= OPERATOR_PERIOD_MS || operates || operatesSlowly(pass, profile);
  if (close) {
    record(ledger, 'hmi', 2, 'polls-as-operator', `polls ${plural(polled.size, 'controller')}, typically every ${pace}`);
    if (written.size > 0) record(ledger, 'hmi', 1.5, 'operator-writes', `writes to ${plural(written.size, 'controller')} now and then, as operators do`);
  }
  if (profile.controlIn.length === 0) record(ledger, 'hmi', 0.8, 'pure-client', 'asks controllers and answers none');
  if (polled.size <= 0.25 * pass.controllerCount && typicalMs <= 2200) record(ledger, 'hmi', 0.6, 'local-and-fast', `watches few controllers closely (${pace})`);
  const attached = clientsOf(profile.in.filter((link) => isProductStream(link, 0.2)));
  if (polled.size >= 3 && close && (attached.length >= FEWEST_ATTACHED || (attached.length > 0 && polled.size >= 0.3 * pass.controllerCount))) {
    record(ledger, 'hmi', 2, 'plant-wide-poller', `polls ${plural(polled.size, 'controller')} and feeds ${plural(attached.length, 'attached station')}`);
    ledger.subRoles.hmi = 'scada';
  }
}

const SCREENS: ReadonlySet<string> = new Set(['rdp', 'vnc']);
/** One shift on working days is a quarter of all hours; administrators look in. */
const WORKED_ON = 0.2;

/** A remote screen before which somebody sits all shift. */
function isWorkedOn({ service, conversation }: Link, capturedHours: number): boolean {
  return SCREENS.has(service) && countHours(conversation.days.filter(({ hours }) => hours !== undefined)) >= WORKED_ON * capturedHours;
}

/** An operator station without programs of its own: the screen of another one. */
function weighThinClient(pass: RolePass, profile: Profile, ledger: Ledger): void {
  if (profile.directoryClient || profile.internetServers > 0) return;
  if (!profile.out.some((link) => isWorkedOn(link, pass.plant.activity.capturedHours) && hasRole(pass, link.server, 'hmi'))) return;
  record(ledger, 'hmi', 4, 'thin-client', 'shows the screen of an operator station all shift, and logs on nowhere itself');
  ledger.subRoles.hmi ??= 'opstation';
}

/** Streams that this asset opened, or may have opened where nobody saw the session open. */
function openedStreams(profile: Profile): { link: Link; peer: number }[] {
  return [...profile.out.map((link) => ({ link, peer: link.server })), ...profile.in.filter(isDirectionUnsure).map((link) => ({ link, peer: link.client }))];
}

const PAGES: ReadonlySet<string> = new Set(['http', 'https']);

/** A page that refreshes itself all day, as operators watch it; who looks something up asks now and then. */
const isWatchedPage = (link: Link): boolean => PAGES.has(link.service) && isStream(link, 0.3) && link.cycle!.periodMs <= OPERATOR_PERIOD_MS;

/** Stations that each look after controllers of their own, from which on the one that keeps sessions with all of them is a host above them. */
const FEWEST_HOSTED = 5;

/** Tools and machines have a computer each; who talks with many of those collects from them or sends them their work, and is no operator's place. */
function hostedStations(pass: RolePass, profile: Profile): number {
  const stations = serversOf(profile.out.filter((link) => isProductStream(link, 0.1) && hasRole(pass, link.server, 'hmi'))).filter((server) => pass.polling[server]!.targets.size > 0);
  const controllers = stations.flatMap((server) => [...pass.polling[server]!.targets]);
  return new Set(controllers).size === controllers.length ? stations.length : 0;
}

/** A steady session to a SCADA server makes an operator station, even one that never speaks to a controller. */
function weighStation(pass: RolePass, profile: Profile, ledger: Ledger): void {
  const hosted = hostedStations(pass, profile);
  if (hosted >= FEWEST_HOSTED && pass.polling[profile.index]!.targets.size === 0) {
    record(ledger, 'mes', 4, 'hosts-stations', `keeps sessions with ${hosted} stations that each look after controllers of their own: a host above them`);
    record(ledger, 'enterprise', -2, 'hosts-stations', 'is bound to stations of the plant');
    return;
  }
  const up = openedStreams(profile).filter(({ link, peer }) => (isProductStream(link, 0.1) || isWatchedPage(link)) && (isScada(pass, peer) || showsValues(pass, link, peer)));
  if (up.length === 0 || pass.polling[profile.index]!.targets.size > 0) return;
  if (up.some(({ link, peer }) => isMutual(profile, link, peer))) {
    record(ledger, 'hmi', 5, 'scada-heartbeat', 'exchanges a heartbeat with a SCADA server: its standby');
    ledger.subRoles.hmi = 'scada';
  } else {
    record(ledger, 'hmi', 4, 'scada-session', 'keeps a steady session with a SCADA server');
    ledger.subRoles.hmi ??= 'opstation';
  }
  record(ledger, 'enterprise', -2, 'scada-session', 'is bound to a SCADA server');
}

/** Controllers that a server reads, from which on stations look at it instead of at them. */
const FEWEST_WATCHED = 3;

function isScada(pass: RolePass, index: number): boolean {
  return hasRole(pass, index, 'hmi') && (pass.subRoleBefore[index] === 'scada' || pass.polling[index]!.targets.size >= FEWEST_WATCHED);
}

/** Several computers that a server refreshes at the pace of operators, on one port, look at what it reads: one alone may collect. */
function showsValues(pass: RolePass, { conversation, cycle }: Link, server: number): boolean {
  if (!hasRole(pass, server, 'opcua-server') || pass.polling[server]!.targets.size < FEWEST_WATCHED || cycle!.periodMs > OPERATOR_PERIOD_MS) return false;
  return clientsOf(pass.profiles[server]!.in.filter((other) => other.conversation.port === conversation.port && isProductStream(other, 0.1) && pass.profiles[other.client]!.computer)).length >= FEWEST_ATTACHED;
}

/** Operator stations that keep a session with one server, from which on that one is a server of the operator system, whatever it asks itself. */
const FEWEST_ATTACHED = 3;

function weighAttached(pass: RolePass, profile: Profile, ledger: Ledger): void {
  if (profile.controlOut.length > 0 || profile.controlIn.length > 0) return;
  const attached = clientsOf(profile.in.filter((link) => isProductStream(link, 0.1) && link.cycle!.periodMs <= OPERATOR_PERIOD_MS && hasRole(pass, link.client, 'hmi'))).length;
  if (attached < FEWEST_ATTACHED) return;
  record(ledger, 'hmi', 2.2, 'serves-stations', `keeps ${plural(attached, 'operator station')} up to date at their pace`);
  record(ledger, 'enterprise', -1, 'serves-stations', 'serves operator stations');
}

/** A second steady stream between the two, the other way on the same port (or on any, where directions are unsure). */
function isMutual(profile: Profile, link: Link, peer: number): boolean {
  const { port } = link.conversation;
  const matches = (other: Link): boolean => other !== link && other.cycle !== null && other.duty > 0.1 && !other.control && (other.conversation.port === port || isDirectionUnsure(other) || isDirectionUnsure(link));
  return profile.in.some((back) => back.client === peer && matches(back)) || (isDirectionUnsure(link) && profile.out.some((forth) => forth.server === peer && matches(forth)));
}

const PAIRED: readonly Role[] = ['hmi', 'opcua-server', 'historian', 'mes'];

/** Of what a standby polls, the share that its twin polls as well. */
const SHARED_WITH_TWIN = 0.9;

/** A standby that never took over looks like an office PC, or like a collector where it listens along; the heartbeat gives it away. */
function weighStandby(pass: RolePass, profile: Profile, ledger: Ledger): void {
  const polled = [...pass.polling[profile.index]!.targets];
  const isTwin = (peer: number): boolean => polled.length === 0 || (hasRole(pass, peer, 'hmi') && polled.filter((target) => pass.polling[peer]!.targets.has(target)).length >= SHARED_WITH_TWIN * polled.length);
  const twin = openedStreams(profile).find(({ link, peer }) => isStream(link, 0.5) && hasRole(pass, peer, ...PAIRED) && isTwin(peer) && isMutual(profile, link, peer));
  if (twin === undefined) return;
  const role = pass.before![twin.peer]!;
  // What it shows itself goes before what its twin passes for.
  if (role !== 'hmi' && ledger.records.some(({ rule }) => rule === 'scada-session')) return;
  record(ledger, role, 5, 'standby', `exchanges a steady heartbeat with ${pass.profiles[twin.peer]!.asset.id}: its standby`);
  record(ledger, 'enterprise', -2, 'standby', 'is half of a redundant pair');
  if (role === 'hmi') ledger.subRoles.hmi ??= 'scada';
}

const ADMINISTRATION = new Set(['http', 'https', 'ftp', 'ssh', 'telnet']);

export function weighEngineering(pass: RolePass, profile: Profile, ledger: Ledger): void {
  const { profiles } = pass;
  if (speaksControlAsClient(profile)) {
    const targets = serversOf(profile.controlOut).filter((server) => profiles[server]!.controller);
    const polled = serversOf(profile.steadyOut);
    const engineered = profile.engineered.size;
    if (engineered > 0) record(ledger, 'engineering-workstation', 1.8 + Math.min(2.4, engineered * 0.6), 'engineers', `sends engineering functions to ${plural(engineered, 'controller')}`);
    if (profile.out.some((link) => link.service === 'tristation' || link.service === 'hima-eng')) record(ledger, 'engineering-workstation', 4, 'safety-engineering', 'speaks a safety engineering protocol');
    // Where only answers were heard, a poll looks like a visit.
    const unheard = new Set(profile.controlOut.filter(({ conversation }) => conversation.packets.toServer === 0).map(({ server }) => server));
    const sporadic = targets.filter((target) => !pass.polling[profile.index]!.targets.has(target) && !unheard.has(target)).length;
    if (sporadic >= 3 && sporadic / targets.length >= 0.5) record(ledger, 'engineering-workstation', 1.5, 'sporadic-sessions', `opens sporadic sessions to ${sporadic} controllers`);
    if (polled.length > sporadic) record(ledger, 'engineering-workstation', -1.2, 'polls', 'polls more than it engineers');
    else if (sporadic >= 5 && polled.length > 0) record(ledger, 'engineering-workstation', 1.2, 'engineers-mostly', 'also polls, but engineers more controllers than it polls');
  }
  const administered = serversOf(profile.out.filter((link) => ADMINISTRATION.has(link.service) && profiles[link.server]!.controller)).length;
  if (administered > 0) record(ledger, 'engineering-workstation', Math.min(3, 0.9 + 0.3 * administered), 'administers-controllers', `opens administration sessions to ${plural(administered, 'controller')}`);
  if (pass.before !== null) {
    const remote = serversOf(profile.out.filter((link) => link.service === 'rdp' && hasRole(pass, link.server, 'hmi', 'opcua-server', 'historian')));
    if (profile.in.some((link) => hasRole(pass, link.client, 'jump-server'))) record(ledger, 'engineering-workstation', 0.8, 'entered-by-jump', 'is entered through the jump server');
    if (remote.length >= 2) record(ledger, 'engineering-workstation', 0.8, 'administers-servers', `opens remote desktops on ${remote.length} OT servers`);
  }
  if (profile.out.some((link) => link.service === 'ssh' && (profiles[link.server]!.vendorClass === 'network' || profiles[link.server]!.asset.bridge))) {
    record(ledger, 'engineering-workstation', 0.7, 'manages-switches', 'manages network equipment');
    record(ledger, 'enterprise', -0.7, 'manages-switches', 'manages network equipment');
  }
}
