/**
 * The loss report: what a target lets through for a Permit, against what the Permit says. In: a resolved Permit and
 * the target's declared capabilities. Out: a LossRow with a verdict, every reason, how many operations too many, and
 * the effects in machine form. Nothing here is per vendor: an exporter that does better or worse than its capabilities
 * for one Permit says so by `modbus` and `also`.
 */
import type { Permit } from '../permit.ts';
import { formatSpan, subtractSets, type AddressSet } from '../net/address-set.ts';
import { isNotIp } from '../net/link-local.ts';
import { spanText } from '../net/register-set.ts';
import { accessOfFunctionCode, REQUEST_CODES } from '../decode/app/modbus-functions.ts';
import { modesPassing } from '../policy/match/asks.ts';
import { permitsAccess } from '../policy/spec/permits.ts';
import type { Holds } from '../policy/match/firewall-semantics.ts';
import { NO_CAPABILITIES, type Capabilities, type Effect, type LossRow, type ModbusEffect, type PlanPermit } from './exporter.ts';
import { ofFamily } from './ip-notation.ts';
import { OPCUA_SERVICES } from './opcua-services.ts';
import { unloggedReasons } from './session-log.ts';
import { extraModbusOperations, inspectedModbus, isModbus, modbusText, requiredModbus, UNIT_IDS } from './modbus/scope.ts';

const WITH_PORTS = /^(tcp|udp|sctp)$/;
const WITHOUT_PORTS = /^(icmp|icmpv6|any|ip-\d{1,3})$/;

export interface Assessment {
  readonly device: string;
  readonly capabilities: Capabilities;
  /** What the target's rules let through of Modbus; undefined = what the capabilities say. */
  readonly modbus?: ModbusEffect | null;
  /** What only the exporter knows; each widens. A text alone cannot be counted. */
  readonly also?: readonly (string | Widening)[];
}

export interface Widening {
  readonly reason: string;
  readonly to: string;
  /** null = cannot be counted. */
  readonly extra: number | null;
}

/** Of rules that name what is forbidden: what one Permit lets through they cannot stop for another. `others`: the ids of those. */
export const sharedWidening = (what: string, others: string, why: string): Widening => ({
  reason: `between some of its addresses ${others} lets ${why} through on the same port, so nothing is looked into there`,
  to: `${what} where ${others} has the same addresses and port`,
  extra: null,
});

/** Of Permits that have a rule, the ids: one has a row for each device, and a rule on any of them is a rule. */
export const permitsWithRule = (rows: readonly LossRow[]): ReadonlySet<string> => new Set(rows.filter((row) => row.verdict !== 'not-enforceable').map((row) => row.permit));

/** Of transports without a state of who began. */
export const eitherWay = ({ service: { transport } }: Permit): string[] => (transport === 'tcp' ? [] : [`who begins cannot be held for ${transport}: either side may send`]);

export const portTexts = (permit: Permit): string[] => permit.service.ports.map(spanText);

export const scheduleText = (permit: Permit): string => {
  const { days, start, end } = permit.conditions;
  if (days.length === 0 && start === null && end === null) return '';
  return `${days.length === 0 ? 'mon,tue,wed,thu,fri,sat,sun' : days.join(',')} ${start ?? '00:00'}-${end ?? '24:00'}`;
};

const spanTexts = (spans: AddressSet): string => spans.map(formatSpan).join(', ');

/** What of a Permit's group addresses this target lets nothing reach, in words. */
const unreachedGroups = ({ groups }: PlanPermit, capabilities: Capabilities): { readonly spans: AddressSet; readonly reason: string }[] => [
  ...(groups.link.length === 0 || capabilities.onLink
    ? []
    : [{ spans: groups.link, reason: `${spanTexts(groups.link)} is for one link (broadcast, or multicast of link scope), and no router forwards it (RFC 1812 clause 5.3.5, RFC 2644): nothing reaches it through this device` }]),
  ...(groups.routed.length === 0 || capabilities.multicast
    ? []
    : [{ spans: groups.routed, reason: `${spanTexts(groups.routed)} is multicast, for which this target has rules of another kind (a multicast policy or zone): none is written` }]),
];

/** Why a Permit cannot be written at all; null when it can. An unknown address or port is never "any". */
export const refusalOf = (entry: PlanPermit, capabilities: Capabilities): string | null => {
  const { permit, client, server } = entry;
  const { transport, ports } = permit.service;
  if (isNotIp(transport) || transport === 'l2')
    return capabilities.layer2 ? null : `${transport} is not IP: this target cannot see it`;
  if (!WITH_PORTS.test(transport) && !WITHOUT_PORTS.test(transport)) return `transport "${transport}" is not known to this target`;
  const unnamed = transport.startsWith('ip-') ? capabilities.unnamedProtocols?.[Number(transport.slice(3))] : undefined;
  if (unnamed !== undefined) return `${transport} cannot be named here: ${unnamed}`;
  if (WITH_PORTS.test(transport) && ports.length === 0) return `no ${transport} port is stated: that never means every port`;
  if (client.length === 0) return `no address is known for the client side (${permit.from.zone}): that never means any`;
  if (server.length === 0) return `no address is known for the server side (${permit.to.zone}): that never means any`;
  if (requiredModbus(permit)?.functions.length === 0) return `it lets nothing through: none of its function codes does what its access (${permit.access.join(', ')}) names`;
  const unreached = unreachedGroups(entry, capabilities);
  if (subtractSets(server, unreached.flatMap(({ spans }) => spans)).length === 0) return unreached.map(({ reason }) => reason).join('; ');
  if (entry.unidirectional !== null && !capabilities.unidirectional)
    return 'it is declared unidirectional: a firewall rule would open the way back beside the data diode; see the data-diode target';
  if (permit.conditions.onDemand && !capabilities.onDemand)
    return 'it is opened on demand, and this target cannot write a rule that is switched off: it stays closed';
  const families = familiesOf(entry, capabilities);
  if (families.length > 0) return null;
  return familiesOf(entry, { ...capabilities, ipv6: true }).length > 0
    ? 'its addresses are IPv6, which this target does not write'
    : 'client and server have no IP address family in common';
};

/** Families in which both sides have addresses, and which the target writes. */
export const familiesOf = (entry: PlanPermit, capabilities: Capabilities): ('ipv4' | 'ipv6')[] =>
  (['ipv4', 'ipv6'] as const).filter(
    (family) =>
      (family === 'ipv4' || capabilities.ipv6) &&
      !(family === 'ipv6' && entry.permit.service.transport === 'icmp') &&
      !(family === 'ipv4' && entry.permit.service.transport === 'icmpv6') &&
      ofFamily(entry.client, family).length > 0 &&
      ofFamily(entry.server, family).length > 0,
  );

const modbusByCapability = (permit: Permit, required: ModbusEffect, capabilities: Capabilities): ModbusEffect | null => {
  if (inspectedModbus(permit) === null) return null;
  if (!capabilities.modbusFunction && !capabilities.modbusUnit && !capabilities.modbusRange) return null;
  return {
    functions: capabilities.modbusFunction ? required.functions : REQUEST_CODES,
    units: capabilities.modbusUnit ? required.units : [],
    ranges: capabilities.modbusRange ? required.ranges : [],
  };
};

const modbusWidening = (required: ModbusEffect, effect: ModbusEffect | null): Widening[] => {
  const extra = extraModbusOperations(required, effect);
  if (extra === 0) return [];
  return [
    {
      reason:
        effect === null
          ? `Modbus is not inspected here: ${modbusText(required)} cannot be held`
          : `Modbus is inspected only in part: asked ${modbusText(required)}`,
      to: effect === null ? 'anything on the port' : modbusText(effect),
      extra,
    },
  ];
};

/** A firewall judges the function code: who may read by a code that programs (FC 90) may program by it. */
const programmingWidenings = (permit: Permit, effect: ModbusEffect | null): Widening[] => {
  if (effect === null) return [];
  const codes = effect.functions.filter((code) => (permit.modbus?.functionCodes ?? []).includes(code) && accessOfFunctionCode(code) === 'program' && !permitsAccess(permit, 'program'));
  return codes.map((code) => ({
    reason: `FC ${code} is judged by its code alone: to program passes with what it is permitted for (${permit.access.join(', ')})`,
    to: `all of FC ${code}, to program too`,
    extra: effect.units.length === 0 ? UNIT_IDS : effect.units.length,
  }));
};

const opcuaWidenings = (permit: Permit, capabilities: Capabilities): Widening[] => {
  const { opcua } = permit;
  if (opcua === null) return [];
  const widenings: Widening[] = [];
  const encrypted = opcua.securityModes.includes('SignAndEncrypt');
  if (opcua.services.length > 0 && !capabilities.opcuaService)
    widenings.push({
      reason: `OPC UA services cannot be told apart here${encrypted ? ' (SignAndEncrypt hides them from every firewall: keep read-only by the roles of the OPC UA server)' : ''}`,
      to: 'every OPC UA service',
      extra: OPCUA_SERVICES.filter((service) => !opcua.services.includes(service)).length,
    });
  if (opcua.services.length === 0 && permit.access.length > 0 && !capabilities.opcuaService)
    widenings.push({ reason: `"${permit.access.join(', ')}" of OPC UA cannot be told from other access here`, to: 'every OPC UA service', extra: null });
  const modes = modesPassing(opcua, capabilities.opcuaPolicy);
  if (modes.length > 0)
    widenings.push({
      reason: `${capabilities.opcuaPolicy ? 'whether messages are encrypted or signed only' : `the message security mode (${opcua.securityModes.join(', ')})`} is not visible to a firewall: set it on the OPC UA server`,
      to: capabilities.opcuaPolicy ? `security mode ${modes.join(' and ')}` : 'every security mode',
      extra: 0,
    });
  if (opcua.securityPolicies.length > 0 && !capabilities.opcuaPolicy)
    widenings.push({ reason: 'the OPC UA security policy is not checked here', to: 'every security policy', extra: 0 });
  return widenings;
};

const conditionWidenings = ({ permit, limits, unread }: PlanPermit, capabilities: Capabilities): Widening[] => {
  const widenings: Widening[] = [];
  const schedule = scheduleText(permit);
  if (schedule !== '' && !capabilities.schedule)
    widenings.push({ reason: `the schedule (${schedule}) cannot be held here`, to: 'at any time', extra: 0 });
  if (permit.conditions.expires !== null && !capabilities.expiry)
    widenings.push({ reason: `it does not end by itself on ${permit.conditions.expires} here`, to: 'without an end', extra: 0 });
  if (permit.service.transport === 'sctp' && capabilities.sctpPorts === false)
    widenings.push({ reason: `ports of SCTP (${portTexts(permit).join(', ')}) cannot be named here`, to: 'every port of SCTP', extra: null });
  if (limits !== '' && !capabilities.limits) widenings.push({ reason: `the limits (${limits}) cannot be held here`, to: 'as much and as fast as is asked', extra: 0 });
  if (unread.length > 0) widenings.push({ reason: `what the spec says with ${unread.join(', ')} limits nothing ("spec check" says why)`, to: 'what that leaves out', extra: null });
  return widenings;
};

const operationWidenings = (permit: Permit, capabilities: Capabilities): Widening[] => {
  if (permit.opcua !== null || isModbus(permit)) return [];
  if (permit.named !== null && permit.named.names.length > 0)
    return capabilities.namedOperations
      ? []
      : [{ reason: `${permit.service.protocol} operations cannot be told apart here`, to: `every ${permit.service.protocol} operation`, extra: null }];
  if (permit.access.length === 0) return [];
  return [
    {
      reason: `"${permit.access.join(', ')}" of ${permit.service.protocol} cannot be told from other access here`,
      to: `every ${permit.service.protocol} operation`,
      extra: null,
    },
  ];
};

const effectsOf = (entry: PlanPermit, capabilities: Capabilities, modbus: ModbusEffect | null): Effect[] => {
  const { permit } = entry;
  return familiesOf(entry, capabilities).map((family) => ({
    client: ofFamily(entry.client, family),
    server: ofFamily(entry.server, family),
    transport: permit.service.transport,
    ports: permit.service.transport === 'sctp' && capabilities.sctpPorts === false ? [] : portTexts(permit),
    modbus,
    schedule: capabilities.schedule ? scheduleText(permit) : '',
    expires: capabilities.expiry ? (permit.conditions.expires ?? '') : '',
    onDemand: capabilities.onDemand && permit.conditions.onDemand,
  }));
};

export const notEnforceable = (permit: Permit, device: string, reason: string): LossRow => ({
  permit: permit.id,
  conduit: permit.conduit,
  device,
  verdict: 'not-enforceable',
  widenedTo: '',
  extraOperations: 0,
  reasons: [reason],
  holds: NO_CAPABILITIES,
  effects: [],
});

/** The capabilities as they are for this Permit: of Modbus what really passes. */
const holdsOf = (capabilities: Capabilities, required: ModbusEffect | null, effect: ModbusEffect | null): Holds => {
  if (required === null) return { ...capabilities, modbusFunction: false, modbusUnit: false, modbusRange: false };
  const isSame = (dimension: 'functions' | 'units' | 'ranges'): boolean => effect !== null && effect[dimension].join() === required[dimension].join();
  return { ...capabilities, modbusFunction: isSame('functions'), modbusUnit: isSame('units'), modbusRange: isSame('ranges'), modbus: effect };
};

/** Where hours or a date are held, and a session outlives them: said, and no reason to hold an export back. */
const outliving = ({ permit }: PlanPermit, capabilities: Capabilities): string[] => {
  const isTimed = (scheduleText(permit) !== '' && capabilities.schedule) || (permit.conditions.expires !== null && capabilities.expiry);
  return isTimed && !capabilities.endsSessions ? ['sessions that are open when its time is over stay open here'] : [];
};

const narrowings = (entry: PlanPermit, capabilities: Capabilities): string[] => {
  const left = capabilities.ipv6
    ? []
    : [...entry.client, ...entry.server].filter((span) => span.family === 'ipv6').map(formatSpan);
  const { groups } = entry;
  const routed = groups.routed.length > 0 && capabilities.multicast && !capabilities.onLink ? [`${spanTexts(groups.routed)} is multicast: it passes only where the device routes multicast`] : [];
  return [...entry.omitted, ...unreachedGroups(entry, capabilities).map(({ reason }) => reason), ...routed, ...(left.length > 0 ? [`left out, this target writes no IPv6: ${left.join(', ')}`] : [])];
};

/** The verdict on one Permit. */
export const assess = (entry: PlanPermit, { device, capabilities, modbus, also = [] }: Assessment): LossRow => {
  const { permit } = entry;
  const refusal = refusalOf(entry, capabilities);
  if (refusal !== null) return notEnforceable(permit, device, refusal);
  const required = requiredModbus(permit);
  const effect = required === null ? null : modbus === undefined ? modbusByCapability(permit, required, capabilities) : modbus;
  const widenings: Widening[] = [
    ...(required === null ? [] : modbusWidening(required, effect)),
    ...programmingWidenings(permit, effect),
    ...opcuaWidenings(permit, capabilities),
    ...operationWidenings(permit, capabilities),
    ...conditionWidenings(entry, capabilities),
    ...also.map((one) => (typeof one === 'string' ? { reason: one, to: one, extra: null } : one)),
  ];
  const uncounted = widenings.some((widening) => widening.extra === null);
  return {
    permit: permit.id,
    conduit: permit.conduit,
    device,
    verdict: widenings.length === 0 ? 'enforced' : 'widened',
    widenedTo: widenings.map((widening) => widening.to).join('; '),
    extraOperations: uncounted ? null : widenings.reduce((sum, widening) => sum + (widening.extra ?? 0), 0),
    reasons: [...widenings.map((widening) => widening.reason), ...outliving(entry, capabilities), ...narrowings(entry, capabilities), ...unloggedReasons(entry, capabilities)],
    holds: holdsOf(capabilities, required, effect),
    effects: effectsOf(entry, capabilities, effect),
  };
};
