/**
 * Cisco FTD (ISA 3000 with Threat Defense): an access policy as a worksheet for the management centre, and Snort 3
 * local rules for what the protocols forbid. In: a device plan. Out: `access-policy.csv`, `baseline-local.rules`,
 * `snort3-inspectors.lua`. FTD has no command line to paste a policy into, and no public import format: none is invented.
 */
import { formatSpan } from '../../net/address-set.ts';
import { csvLine } from '../csv-text.ts';
import type { Capabilities, DeviceExport, DevicePlan, Exporter, PlanPermit } from '../exporter.ts';
import { NO_CAPABILITIES } from '../exporter.ts';
import { LOG_MOMENTS } from '../session-log.ts';
import { assess, portTexts, refusalOf, scheduleText } from '../loss.ts';
import { inspectedModbus } from '../modbus/scope.ts';
import { evidenceLine, permitLine, provenanceLines } from '../permit-text.ts';
import { ASA_UNNAMED_PROTOCOLS } from './cisco-asa.ts';
import { cipVisible, inspected, opcuaVisible, snort3Rules, type SnortExport } from './snort3.ts';
import { deviceClockLines } from '../time-window.ts';
import { nameScope, safeComment } from '../vendor-name.ts';

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  ipv6: true,
  schedule: true,
  expiry: true,
  onDemand: true,
  modbusFunction: true,
  modbusUnit: true,
  logsStart: true,
  logsEnd: true,
  // Its access lists are those of the ASA inside.
  unnamedProtocols: ASA_UNNAMED_PROTOCOLS,
};

const RULE_LENGTH = 50;
/** Entries of one condition of an access rule (FireSIGHT System User Guide, chapter 14: a maximum of 50 conditions). */
const MOST_ENTRIES = 50;
const COLUMNS = ['order', 'name', 'enabled', 'action', 'source zone', 'destination zone', 'source networks', 'destination networks', 'protocol', 'destination ports', 'time range', 'expires', 'intrusion policy', 'logging', 'comment'];

const capabilitiesFor = (entry: PlanPermit): Capabilities => ({
  ...CAPABILITIES,
  // Rules are written for services by name, not for "read" (snort3.ts).
  opcuaService: opcuaVisible(entry) && (entry.permit.opcua?.services.length ?? 0) > 0,
  namedOperations: cipVisible(entry),
});

/** Addresses and ports that do not go into one condition as they are. */
const overfull = (entry: PlanPermit): string[] =>
  ([['source networks', entry.client], ['destination networks', entry.server], ['destination ports', entry.permit.service.ports]] as const).flatMap(([condition, { length }]) =>
    length > MOST_ENTRIES ? [`${length} ${condition}, and a condition of a rule takes ${MOST_ENTRIES}: make an object group of them and enter that`] : [],
  );

/** What is ticked in the rule's logging. */
const LOGGING: Readonly<Record<string, string>> = { '': 'none', start: 'at beginning of connection', end: 'at end of connection', 'start,end': 'at beginning and end of connection' };

/** The first access rule that matches decides, with its intrusion policy. */
const worksheet = (plan: DevicePlan, { ordered: permits, policyOf }: SnortExport): string => {
  const names = nameScope({ maxLength: RULE_LENGTH, punctuation: '_-' }, ['OTZ-DEFAULT']);
  const rows = permits.map((entry, index) => {
    const { permit } = entry;
    return csvLine([
      index + 1,
      names.nameOf(permit.id, permit.id),
      permit.conditions.onDemand ? 'no' : 'yes',
      'Allow',
      permit.from.zone,
      permit.to.zone,
      entry.client.map(formatSpan).join(' '),
      entry.server.map(formatSpan).join(' '),
      permit.service.transport,
      portTexts(permit).join(' '),
      scheduleText(permit),
      permit.conditions.expires ?? '',
      policyOf(entry),
      LOGGING[(entry.log ?? LOG_MOMENTS.end).join()],
      `${permitLine(permit, 300)}. ${evidenceLine(permit, 200)}`,
    ]);
  });
  const enforce = plan.mode === 'enforce';
  const comment = enforce ? 'what no Permit lets through' : 'what no Permit lets through. it passes and is logged';
  const last = [permits.length + 1, 'OTZ-DEFAULT', 'yes', enforce ? 'Block' : 'Allow', 'any', 'any', 'any', 'any', 'any', '', '', '', 'none', 'at beginning of connection', comment];
  return `${[csvLine(COLUMNS), ...rows, csvLine(last)].join('\n')}\n`;
};

/** The protocol's own port, and those on which a rule looks into it: on a port that is not bound, the rule never fires. */
const boundPorts = (own: string, permits: readonly PlanPermit[], isLookedInto: (entry: PlanPermit) => boolean): string =>
  [...new Set([own, ...permits.filter((entry) => entry.permit.service.transport === 'tcp' && isLookedInto(entry)).flatMap((entry) => portTexts(entry.permit))])].join(' ');

const inspectors = (permits: readonly PlanPermit[]): string =>
  [
    '-- Snort 3 outside FTD: these inspectors have to be on and bound, else protocol rules never fire.',
    'stream = {}',
    'stream_tcp = {}',
    'modbus = {}',
    'opcua = {}',
    'cip = {}',
    'binder = {',
    `  { when = { proto = 'tcp', ports = '${boundPorts('502', permits, (entry) => inspectedModbus(entry.permit) !== null)}' }, use = { type = 'modbus' } },`,
    `  { when = { proto = 'tcp', ports = '${boundPorts('44818', permits, cipVisible)}' }, use = { type = 'cip' } },`,
    `  { when = { proto = 'tcp', ports = '${boundPorts('4840', permits, opcuaVisible)}' }, use = { type = 'opcua' } },`,
    `  { use = { type = 'wizard' } },`,
    '}',
    '',
  ].join('\n');

/** Snort 3 Inspector Reference, CIP inspector, best practices. */
const CIP_DEFAULT = 'Make an intrusion policy the default action of the access control policy, never "Block All Traffic" or "Trust All Traffic": the CIP inspector supports neither, and may then block CIP that Permits let through.';

const build = (plan: DevicePlan): DeviceExport => {
  const permits = plan.permits.filter((entry) => refusalOf(entry, capabilitiesFor(entry)) === null);
  const head = [...provenanceLines(plan.provenance, '# '), `# mode: ${plan.mode}`];
  const snort = snort3Rules(permits, plan.mode, head, CAPABILITIES);
  const further = snort.policies.slice(1);
  const full = permits.filter((entry) => overfull(entry).length > 0);
  const looksIntoCip = permits.some(cipVisible);
  return {
    files: [
      { path: 'access-policy.csv', content: worksheet(plan, snort) },
      ...snort.policies.map(({ path, text }) => ({ path, content: text })),
      { path: 'snort3-inspectors.lua', content: inspectors(permits) },
    ],
    losses: plan.permits.map((entry) => {
      const beyond = snort.beyondOf(entry);
      const isInspected = inspected(entry);
      const row = assess(entry, { device: plan.device.id, capabilities: capabilitiesFor(entry), modbus: snort.modbusOf(entry), also: [...beyond, ...snort.alsoOf(entry)] });
      // What passes beyond a Permit is then that of others: to a simulation, any operation.
      const holds = { ...row.holds, ...(beyond.length === 0 ? {} : { opcuaService: false, namedOperations: false }), ...(isInspected ? { passesOthers: true } : {}) };
      return { ...row, holds, reasons: [...row.reasons, ...snort.reasonsOf(entry), ...(row.verdict === 'not-enforceable' ? [] : overfull(entry))] };
    }),
    rollback: [
      'In the management centre: assign the previous access control policy to the device and deploy.',
      `Delete the rule ${snort.policies.length === 1 ? 'group' : 'groups'} ${snort.policies.map(({ name }) => `"${name}"`).join(', ')} and deploy.`,
    ],
    apply: [
      ...(full.length === 0 ? [] : [`A condition of a rule takes ${MOST_ENTRIES} entries, a group counts as one: first make object groups of the longer lists of ${full.map((entry) => safeComment(entry.permit.id, 63)).join(', ')}.`]),
      'Enter the rules of access-policy.csv in this order into a new access control policy, the last row too: nothing then reaches the default action of the policy.',
      ...(looksIntoCip ? [CIP_DEFAULT] : []),
      'Upload baseline-local.rules (Objects, Intrusion Rules, Snort 3), put them into a rule group "OTZ local rules" and a custom intrusion policy; turn the Modbus and OPC UA inspectors on in the network analysis policy, and the CIP inspector where a rule looks into CIP, bound to the ports that snort3-inspectors.lua names: on another port a rule never fires.',
      ...further.map(({ name, path, of }) => `Upload ${path} into a rule group "${name}" and a custom intrusion policy of that name, and switch each group on in its own policy alone: it is for the time of ${of.map((entry) => safeComment(entry.permit.id, 63)).join(', ')}.`),
      'Replay the `test-pcaps` of the same spec: Snort accepts rules that can never fire, so only traffic proves them.',
      'Deploy in a window; from monitor to enforce change the last row and the rule action from alert to drop.',
    ],
    notes: [
      ...deviceClockLines(plan),
      'Snort 3 compares the first data address of a Modbus request, not the last: the loss report counts what that lets through.',
      'Local rules on Modbus fire in Modbus alone: what is something else on the port of a Modbus Permit matches none of them and passes. Add the application Modbus to the access rules of those Permits, so that all else reaches the last row.',
      'OPC UA services are judged only where no permitted security mode encrypts them, and only by Snort releases with the opcua inspector.',
      'CIP has no AppID per service in Snort 3: services are judged by local rules alone.',
    ],
  };
};

export const ciscoFtd: Exporter = {
  name: 'cisco-ftd',
  title: 'Cisco FTD (ISA 3000): access policy worksheet and Snort 3 local rules',
  platforms: ['cisco-ftd', 'snort3'],
  filters: true,
  modes: ['monitor', 'enforce'],
  capabilities: CAPABILITIES,
  follows: { ftp: '`inspect ftp` (on by default)' },
  build,
};
