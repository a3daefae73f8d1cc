/**
 * How sure a role can be said at most, by the kind of its evidence and not by its sum: what is told by contrast alone, or would
 * only show in what was not heard yet, is no certainty however many points it has. Shares are those that were right on
 * generated and sketched plants (docs/zones.md).
 */
import { SEVERAL_DEVICES } from '../assets.ts';
import { LONG_ENOUGH_DAYS } from '../captured-days.ts';
import { plural } from '../plural.ts';
import type { Evidence, Role } from '../proposal.ts';
import { type Profile, serversOf, servesDatabase, usesDatabase } from '../profiles.ts';
import type { Link } from '../activity.ts';
import { IMPLICIT_IO } from './implicit-io.ts';
import { SLOW_BY_DESIGN } from '../service-family.ts';
import { FEWEST_DRIVEN } from '../unread-service.ts';
import { COMPUTER_CARDS, CONTROL_VENDORS, GATEWAY_CARDS } from '../vendor-class.ts';

export interface Limit {
  readonly confidence: number;
  readonly evidence: Evidence;
}

/** What says by itself that a device guards: what it speaks, who built it, what it is called. */
const SAYS_SAFETY: ReadonlySet<string> = new Set(['safety-protocol', 'vendor', 'name']);

/** Limits of a controller that may be a safety controller: a person is asked. */
export const MAY_GUARD: ReadonlySet<string> = new Set(['never-run', 'heard-shortly', 'runs-alone', 'unread-control']);

const BY_CONTRAST = 0.75;
const HEARD_SHORTLY = 0.85;
const THROUGH_GATEWAY = 0.85;
const ASKS_UNREAD = 0.85;
const DEVICE_OR_PACKAGE = 0.85;
/** Where two roles would look the same as far as was heard. */
const EITHER = 0.75;

/** What was heard of the plant as a whole. */
export interface Heard {
  readonly profiles: readonly Profile[];
  /** Share of controllers that are seen to be run. */
  readonly runShare: number;
  readonly days: number;
  /** A person listed all safety controllers: none of the others guards. */
  readonly guardsAreListed: boolean;
  /** Both ends of implicit I/O of which nothing tells who leads. */
  readonly leaderless: ReadonlySet<number>;
}

/** Somebody writes to it, or may do so where it is encrypted. */
export const isRun = ({ controlIn }: Profile): boolean => controlIn.some(({ writes, opaque }) => writes || opaque);

/** Of the controllers, so many are seen to be written that not being written tells something. */
export const MOSTLY_WRITTEN = 0.3;

const limit = (confidence: number, role: Role, rule: string, sentence: string): Limit => ({ confidence, evidence: { rule, role, points: 0, sentence } });

export const limitOf = (heard: Heard, profile: Profile, role: Role, records: readonly Evidence[]): Limit | null =>
  limitByHearing(heard, profile, role) ?? limitByEvidence(heard, profile, role, records) ?? limitOfSeveral(profile, role);

/** Only what was answered was heard, not what was asked and when (a mirror port that sends one direction): the pace tells I/O from controllers, and who polls from who looks in. */
const areAnswersAlone = ({ conversation: { packets } }: Link): boolean => packets.toServer === 0;

/** Who is asked by datagrams alone, and was not heard, is there only as far as its clients know. */
const wasOnlyAsked = ({ in: asked, out }: Profile): boolean => out.length === 0 && asked.every(({ conversation: { transport, packets } }) => packets.toClient === 0 && transport !== 'tcp');

const TOLD_BY_PACE: ReadonlySet<Role> = new Set<Role>(['plc', 'io', 'hmi', 'engineering-workstation', 'historian', 'opcua-server', 'transient']);

function limitByHearing({ leaderless }: Heard, profile: Profile, role: Role): Limit | null {
  const { index, asset, controlIn, controlOut, in: asked } = profile;
  if (asked.length > 0 && asset.macs.length === 0 && wasOnlyAsked(profile)) return limit(EITHER, role, 'only-asked', 'was asked by datagrams, and nothing that it sent was heard: whether it is there is not known');
  if (leaderless.has(index) && (role === 'plc' || role === 'io')) return limit(EITHER, role, 'leaderless-io', 'exchanges implicit I/O with one device that does so with it alone, and nobody else asks either: which of the two leads was not heard');
  const links = [...controlIn, ...controlOut];
  return TOLD_BY_PACE.has(role) && links.length > 0 && links.every(areAnswersAlone) ? limit(EITHER, role, 'pace-unheard', 'was heard with answers alone: how often who asks was not heard') : null;
}

/** What several devices do who are taken for one may be what none of them does. */
const limitOfSeveral = ({ asset }: Profile, role: Role): Limit | null =>
  asset.notes.some(({ kind }) => kind === SEVERAL_DEVICES) ? limit(EITHER, role, SEVERAL_DEVICES, 'is several devices with one address: what is said here is true of all of them together') : null;

function limitByEvidence(heard: Heard, profile: Profile, role: Role, records: readonly Evidence[]): Limit | null {
  if (profile.asset.external) return limit(EITHER, role, 'public-address', 'has a public address and is asked as devices of the plant are: it is taken for an outstation, and may be somebody else\'s');
  if (role === 'safety-controller') {
    const isNamed = records.some((evidence) => evidence.role === role && evidence.points > 0 && SAYS_SAFETY.has(evidence.rule));
    return isNamed ? null : limit(BY_CONTRAST, role, 'by-contrast', 'shows no safety protocol, vendor or name: it is told only by how it differs from the other controllers');
  }
  if (role === 'plc') return limitOfController(heard, profile) ?? limitOfDevice(heard, profile);
  if (role === 'io' && profile.steadyIn.length > 0 && profile.steadyIn.every(isUnread)) return limit(EITHER, role, 'unread-io', 'is asked in a protocol that was not read only: it may be a controller of which the one that asks it knows, or a standby');
  const isSaidBy = (...rules: readonly string[]): boolean => records.some((evidence) => evidence.role === role && evidence.points > 0 && rules.includes(evidence.rule));
  if (role === 'hmi' && isSaidBy('scada-session') && profile.internetServers > 0) return limit(EITHER, role, 'hands-on', 'keeps a session with a SCADA server and reaches the Internet: it may hand on what it reads');
  if (role === 'hmi' && mayControl(profile)) return limit(EITHER, role, 'may-control', 'answers others in a cycle in a protocol that was not read, and has no computer\'s card: it may be a controller');
  if (role === 'hmi' && mayBeUnheardController(profile)) return limit(EITHER, role, 'answers-unheard', `asks controllers, was not seen to write, and has a network card of ${profile.asset.vendor ?? ''}, which builds controllers: it may be one, whose own clients were not heard`);
  if (role === 'hmi' && isSaidBy('polls-as-operator') && looksSlowly(profile)) return limit(EITHER, role, 'watches-or-collects', 'asks controllers no faster than every four seconds and was not seen to write: it may collect for others');
  if (WORKS_WITH_CONTROLLERS.has(role) && GATEWAY_CARDS.has(profile.vendorClass)) return limit(THROUGH_GATEWAY, role, 'behind-gateway', `has a network card of ${profile.asset.vendor ?? ''}, which builds gateways: who works with the controllers may stand behind it`);
  if (role === 'hmi' && mayDrive(heard, profile)) return limit(EITHER, role, 'may-drive', 'is the only one that asks several devices, and has a controller vendor\'s card: it may be their controller, whose own clients were not heard');
  if (role === 'network-device' && isSaidBy('service-router') && profile.engineered.size === 0 && !isSaidBy('router', 'lldp', 'field-role')) return limit(EITHER, role, 'routes-or-reports', 'has the card of a router and reaches the Internet, and nobody was seen to come through it: it may be an outstation that reports there');
  if (role === 'infrastructure' && isSaidBy('takes-video')) return limit(EITHER, role, 'records-or-watches', 'takes video, and nobody was heard to look at it: it may be the screen of an operator');
  if (role === 'enterprise' && isSaidBy('video-recorder') && !isSaidBy('internet', 'prints', 'behind-router', 'office-domain')) return limit(EITHER, role, 'whose-video', 'takes video, and nothing tells whether for the office or for the plant');
  if (role === 'patch-server' && !isSaidBy('update-service')) return limit(EITHER, role, 'one-service', 'is told only by one service that many ask and by its servers on the Internet: it may be an application');
  if (role === 'opcua-server' && profile.written.size > 0 && profile.controlIn.some(({ opaque }) => opaque)) return limit(EITHER, role, 'encrypted-clients', 'writes to controllers, and its clients are encrypted: whether they order it or an operator here does was not heard');
  if (role === 'mes' && profile.directoryClient && records.some(({ rule, points }) => rule === 'office-domain' && points > 0)) return limit(EITHER, role, 'whose-application', 'works with applications of the plant, and belongs to the directory of the office: it may be the office\'s');
  if (role === 'mes' && isSaidBy('subscriber') && !isSaidBy('writes-through-aggregator') && !usesDatabase(profile) && !servesDatabase(profile)) return limit(EITHER, role, 'collects-or-applies', 'subscribes and shows pages, and was seen neither to write nor to work with a database: it may be a historian');
  if ((role === 'historian' || role === 'hmi') && asksUnread(profile)) return limit(looksSlowly(profile) ? EITHER : ASKS_UNREAD, role, 'asks-unread', 'asks controllers in a protocol that was not read: whether it collects, watches or programs was not heard');
  if (role === 'hmi' && isSaidBy('own-writes')) return limit(EITHER, role, 'own-writes', 'hands on over OPC UA what it reads, and writes more than its clients were heard to ask: whether they order it unheard or an operator here does was not heard');
  if (role === 'hmi' && isSaidBy('polls-as-operator') && !isSaidBy('plant-wide-poller', 'scada-server', 'scada-client', 'scada-heartbeat') && (usesDatabase(profile) || servesDatabase(profile))) return limit(EITHER, role, 'operates-or-applies', 'asks and writes like an operator station, and works with a database: it may be an application');
  if (role === 'historian' && isSaidBy('pure-subscriber') && profile.controlOut.some(({ opaque }) => opaque)) return limit(EITHER, role, 'encrypted-subscriber', 'subscribes encrypted: whether it also writes, as an operator station does, was not heard');
  if (role === 'other' && isSaidBy('appliance') && COMPUTER_CARDS.has(profile.vendorClass)) return limit(EITHER, role, 'hardly-heard', 'has a computer\'s card and was hardly heard: what it works with was not');
  return null;
}

const WORKS_WITH_CONTROLLERS: ReadonlySet<Role> = new Set<Role>(['engineering-workstation', 'hmi', 'historian', 'opcua-server', 'transient']);

/** Operators who look so seldom do write now and then; outstations are asked slowly by anybody. */
const looksSlowly = ({ steadyOut, written }: Profile): boolean =>
  written.size === 0 && steadyOut.length > 0 && steadyOut.every(({ service, cycle }) => cycle!.periodMs >= SLOWLY_MS && !SLOW_BY_DESIGN.has(service));

/** In a control protocol of which no operation was read; implicit I/O has none to read. */
const isUnread = ({ conversation, service }: Link): boolean => conversation.operations.length === 0 && !IMPLICIT_IO.has(service);

/** Slower than operators look. */
const SLOWLY_MS = 4000;

const asksUnread = ({ steadyOut, in: asked }: Profile): boolean => steadyOut.length > 0 && steadyOut.every(isUnread) && asked.every(({ service }) => service !== 'pi');

/** Panels show controllers that others ask as well. */
const mayDrive = ({ profiles }: Heard, { index, vendorClass, computer, steadyOut }: Profile): boolean =>
  !computer && CONTROL_VENDORS.has(vendorClass) && serversOf(steadyOut).filter((server) => profiles[server]!.controlIn.every(({ client }) => client === index)).length >= FEWEST_DRIVEN;

/** Of a device that is no computer by its card: what it answers may be its controls, and what it asks or writes its packages. */
const mayControl = ({ computer, vendorClass, in: asked }: Profile): boolean =>
  !computer && !COMPUTER_CARDS.has(vendorClass) && vendorClass !== 'panel' && asked.some(({ service, control, cycle, answered }) => service === '' && !control && cycle !== null && answered);

/** Panels have such cards as well; but operators write. */
const mayBeUnheardController = ({ computer, vendorClass, written, steadyOut }: Profile): boolean => !computer && CONTROL_VENDORS.has(vendorClass) && written.size === 0 && steadyOut.length > 0;

/** Drives, starters and meters are asked as slowly as packages are: only another one that asks or programs it tells a controller from them. */
function limitOfDevice({ profiles }: Heard, { index, asset, controlIn, controlOut }: Profile): Limit | null {
  const clients = new Set(controlIn.map(({ client }) => client));
  const [first] = clients;
  if (clients.size !== 1 || controlOut.length > 0 || asset.fieldRoles.length > 0 || controlIn.some(({ engineers }) => engineers)) return null;
  return profiles[first!]!.controller && first !== index ? limit(DEVICE_OR_PACKAGE, 'plc', 'device-or-package', 'is asked slowly by one controller and by nobody else, and was not seen to be programmed: it may be a drive, a starter or a meter') : null;
}

function limitOfController({ runShare, days, guardsAreListed }: Heard, profile: Profile): Limit | null {
  const { controlIn, steadyOut, scanCycles } = profile;
  if (controlIn.length === 0) return null;
  // A controller that asks packages answers like an operator station that asks controllers, where nobody reads what it answers.
  if (steadyOut.length > 0 && scanCycles === 0 && controlIn.every(({ service }) => service === '')) return limit(HEARD_SHORTLY, 'plc', 'unread-answers', 'asks controllers and answers in a protocol that was not read only: it may be an operator station');
  // A safety controller is read, and programmed now and then, but no operator writes to it (IEC 61511-1 clause 11.7).
  if (guardsAreListed || isRun(profile)) return null;
  // Where nobody reads the protocol, being run would not show: safety controllers of the same make answer in it as well.
  const unread = controlIn.some((link) => link.cycle !== null && isUnread(link)) ? limit(HEARD_SHORTLY, 'plc', 'unread-control', 'is asked in a protocol that was not read: whether it is run, or only read as a safety controller is, was not heard') : null;
  if (runShare <= MOSTLY_WRITTEN) return unread;
  if (controlIn.some(({ engineers }) => engineers)) return limit(BY_CONTRAST, 'plc', 'never-run', 'is programmed, but nobody was seen to run it, as other controllers here are run: it may be a safety controller');
  if (days < LONG_ENOUGH_DAYS) return limit(HEARD_SHORTLY, 'plc', 'heard-shortly', `was heard for ${plural(days, 'day')} only, and neither run nor programmed meanwhile: whether it controls or guards would show then`);
  return scanCycles > 0 ? limit(HEARD_SHORTLY, 'plc', 'runs-alone', 'drives devices, and nobody was seen to run or program it, as other controllers here are run: it may be a safety controller') : unread;
}
