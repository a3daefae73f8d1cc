/** Evidence for controllers, their I/O, and safety controllers: who polls them, how fast, and what is never done to them. */
import { MOSTLY_WRITTEN } from './certainty.ts';
import { type Ledger, record } from './evidence.ts';
import { clientsOf, hasRole, mayWrite, type Profile, type RolePass, SCAN_CYCLE_MS, serversOf } from '../profiles.ts';
import { SAFETY_ENGINEERING, SAFETY_SERVICES } from '../service-family.ts';
import { IMPLICIT_IO } from './implicit-io.ts';
import { plural } from '../plural.ts';
import { intervalText } from '../rhythm.ts';

const fastestPollMs = (profile: Profile): number => profile.steadyIn.reduce((fastest, link) => Math.min(fastest, link.cycle!.periodMs), Infinity);

export function weighController(pass: RolePass, profile: Profile, ledger: Ledger): void {
  if ((profile.controlIn.length === 0 && !profile.controller) || profile.directoryClient) return;
  const pollers = clientsOf(profile.steadyIn);
  if (profile.controller && profile.controlIn.length > 0) {
    const spoken = [...new Set(profile.controlIn.map(({ service }) => service || 'a protocol that was not read'))].sort().join(', ');
    record(ledger, 'plc', 2.8, 'answers-control', `answers ${spoken} for ${plural(clientsOf(profile.controlIn).length, 'client')}`);
  }
  if (pollers.length >= 2) record(ledger, 'plc', 0.8, 'several-pollers', `is polled by ${pollers.length} clients`);
  // Panels and aggregators serve OPC UA too, but no controller reads from them.
  const peers = pass.before === null || !profile.serves.has('opcua') ? [] : pollers.filter((client) => hasRole(pass, client, 'plc') && client !== profile.index);
  if (peers.length > 0) record(ledger, 'plc', 1.5, 'peer-polled', `is asked steadily by ${peers.length === 1 ? 'another controller' : `${peers.length} other controllers`}`);
  if (pollers.length >= 4) record(ledger, 'plc', 0.8, 'many-pollers', 'is a source for many');
  if (profile.controlIn.some((link) => link.engineers)) record(ledger, 'plc', 1.2, 'is-engineered', 'receives engineering functions');
  if (profile.controller && profile.controlIn.some((link) => link.writes)) record(ledger, 'plc', 0.5, 'is-written', 'receives writes');
  weighIo(pass, profile, ledger, pollers);
  if (!profile.controller) return;
  if (pass.polling[profile.index]!.targets.size > 0) record(ledger, 'plc', 0.8, 'polls-devices', `polls ${plural(pass.polling[profile.index]!.targets.size, 'field device')} itself`);
  if (profile.scanCycles > 0) {
    record(ledger, 'plc', 2.5, 'scan-cycle', `polls at scan-cycle pace (${SCAN_CYCLE_MS} ms or faster) on ${profile.scanCycles} of its links`);
    record(ledger, 'hmi', -3, 'scan-cycle', 'polls at scan-cycle pace, as no operator station does');
  }
  weighSafety(pass, profile, ledger);
}

function weighIo(pass: RolePass, profile: Profile, ledger: Ledger, pollers: readonly number[]): void {
  if (pollers.length === 0) return;
  const byControllers = pollers.every((client) => pass.profiles[client]!.controller && (pass.before === null || hasRole(pass, client, 'plc', 'safety-controller')));
  if (!byControllers || pollers.length > 2 || pass.polling[profile.index]!.targets.size > 0) {
    record(ledger, 'io', -3, 'polled-by-others', 'is polled by more than its controllers, or polls devices itself');
    return;
  }
  const half = pass.plant.halves.get(profile.index);
  if (half !== undefined && pollers.includes(half)) {
    record(ledger, 'io', -3, 'redundant-half', `asks ${pass.profiles[half]!.asset.id} as that one asks it, on one port and of one make, as the halves of a redundant pair do`);
    return;
  }
  const periodMs = fastestPollMs(profile);
  record(ledger, 'io', 2.2, 'polled-by-controller', `is polled only by ${pollers.length === 1 ? 'one controller' : 'two controllers'} and polls nothing`);
  if (periodMs <= SCAN_CYCLE_MS) record(ledger, 'io', 2, 'io-pace', `is polled every ${intervalText(periodMs)}, at the pace of I/O`);
  else record(ledger, 'io', -1.2, 'io-pace', `is polled every ${intervalText(periodMs)}, slowly for I/O`);
  if (profile.steadyIn.some((link) => link.cyclicWrites)) record(ledger, 'io', 1, 'cyclic-writes', 'has its outputs written every cycle');
  if (profile.steadyIn.some(({ service }) => IMPLICIT_IO.has(service))) record(ledger, 'io', 2.5, 'implicit-io', 'exchanges implicit I/O messages');
  if (profile.controlIn.some((link) => link.engineers)) record(ledger, 'io', -1.5, 'is-engineered', 'receives engineering functions');
  if (hasRole(pass, pollers[0]!, 'safety-controller') && periodMs <= SCAN_CYCLE_MS) record(ledger, 'io', 1.5, 'safety-io', 'is the I/O of a safety controller');
}

/** Of the controllers, at most so many do what tells safety controllers from the rest. */
const MOST_APART = 0.5;

/**
 * Safety controllers exchange fast datagrams. So do controllers that share data (GE Ethernet Global Data) and the halves
 * of a redundant pair: it says safety only of a minority, and only where no operator writes.
 */
const isSafetyPeer = (pass: RolePass, profile: Profile, isWritten: boolean): boolean =>
  !isWritten && pass.plant.datagramPeers.has(profile.index) && pass.plant.datagramPeers.size <= MOST_APART * pass.controllerCount;

/** Operators run at least half of what other stations engineer, and of what this one does not even half of that share. */
const LEAST_OPERATED = 0.5;
const LEAST_CONTRAST = 0.4;

/** A station that engineers few controllers, which operators do not run as they run the others, and polls nothing: a safety engineering station. */
function isDedicatedEngineer(pass: RolePass, station: Profile): boolean {
  const targets = serversOf(station.controlOut).filter((server) => pass.profiles[server]!.controller);
  if (targets.length === 0 || targets.length > Math.max(2, 0.35 * pass.controllerCount) || station.steadyOut.length > 0) return false;
  // Where operators run few controllers anyway (over a server, or in protocols not read), not being run says nothing.
  const others = pass.plant.controllers.filter(({ index, controlIn }) => hasRole(pass, index, 'plc') && !targets.includes(index) && controlIn.some(({ engineers }) => engineers)).map(({ index }) => index);
  const operatedShare = (controllers: readonly number[]): number => controllers.filter((index) => pass.operated.has(index)).length / Math.max(1, controllers.length);
  return operatedShare(others) >= LEAST_OPERATED && operatedShare(targets) <= LEAST_CONTRAST * operatedShare(others);
}

function weighSafety(pass: RolePass, profile: Profile, ledger: Ledger): void {
  const { scores } = ledger;
  const asClient = profile.out.some((link) => SAFETY_SERVICES.has(link.service) && !SAFETY_ENGINEERING.has(link.service));
  if (profile.speaksSafety || asClient) record(ledger, 'safety-controller', 5, 'safety-protocol', 'speaks a safety protocol');
  const writers = clientsOf(profile.controlIn.filter((link) => mayWrite(link, pass.capturedDays))).filter((client) => pass.before === null || !hasRole(pass, client, 'safety-controller', 'engineering-workstation', 'transient'));
  if (isSafetyPeer(pass, profile, writers.length > 0)) record(ledger, 'safety-controller', 2.5, 'safety-peer', 'exchanges fast datagrams with another controller, as few here do, and no operator writes to it');
  if (pass.before !== null) {
    const engineers = clientsOf(profile.controlIn.filter((link) => link.engineers)).filter((client) => hasRole(pass, client, 'engineering-workstation'));
    if (engineers.length > 0 && engineers.every((client) => isDedicatedEngineer(pass, pass.profiles[client]!))) {
      record(ledger, 'safety-controller', 3, 'dedicated-engineering', 'is engineered only from a station whose few controllers operators do not run, as they run the others');
    }
  }
  const read = profile.controlIn.some((link) => link.cycle !== null && link.conversation.operations.length > 0);
  if (writers.length === 0 && read && pass.plant.writtenShare > MOSTLY_WRITTEN) record(ledger, 'safety-controller', 1, 'read-only', 'is read but never written by the control system');
  else if (writers.length > 0 && profile.vendorClass !== 'safety' && scores['safety-controller'] < 2.5) {
    // Only where nothing else speaks for safety: the violation looked for must not hide the safety controller.
    record(ledger, 'safety-controller', -4, 'is-written', 'is written by the control system');
  }
  if (scores['safety-controller'] > 0 || profile.vendorClass === 'safety') {
    const hard = ledger.records.some((evidence) => evidence.role === 'safety-controller' && evidence.points >= 2.5);
    record(ledger, 'safety-controller', Math.max(0, scores.plc) - 3, 'is-controller', 'behaves as a controller');
    if (hard) record(ledger, 'safety-controller', 1, 'asymmetric-cost', 'is kept apart in doubt: missing a safety controller costs more than guarding one too many');
  }
}
