/**
 * A Permit in one line, for comments and remarks: what it lets through, why it stands, and when it holds. Every text
 * is made safe for any of our targets (vendor-name.ts).
 */
import { plural } from '../infer/plural.ts';
import type { Permit } from '../permit.ts';
import { portTexts, scheduleText } from './loss.ts';
import { modbusText, requiredModbus } from './modbus/scope.ts';
import { safeComment } from './vendor-name.ts';

const endText = (end: Permit['from']): string =>
  end.assets.length > 0 ? end.assets.join(' ') : end.addresses.length > 0 ? end.addresses.join(' ') : end.zone;

const operationText = (permit: Permit): string => {
  const modbus = requiredModbus(permit);
  if (modbus !== null) return `: ${modbusText(modbus)}`;
  if (permit.opcua !== null && permit.opcua.services.length > 0) return `: ${permit.opcua.services.join(' ')}`;
  if (permit.named !== null && permit.named.names.length > 0) return `: ${permit.named.names.join(' ')}`;
  return '';
};

/** `C1-002 Modbus/TCP tcp 502, HIST-01 to PLC-01 PLC-02: FC 3-4, unit 1`. */
export const permitLine = (permit: Permit, maxLength: number): string =>
  safeComment(
    `${permit.id} ${permit.service.protocol} ${[permit.service.transport, portTexts(permit).join(',')].filter((part) => part !== '').join(' ')}, ${endText(permit.from)} to ${endText(permit.to)}${operationText(permit)}`,
    maxLength,
  );

/** `seen 2026-01-20 to 2026-02-17, 51840 requests; observed+designed; approved`. */
export const evidenceLine = (permit: Permit, maxLength: number): string => {
  const { evidence } = permit;
  const parts: string[] = [];
  if (evidence === null || evidence.firstSeen === null) parts.push('no observation behind it');
  else parts.push(`seen ${evidence.firstSeen.slice(0, 10)} to ${(evidence.lastSeen ?? evidence.firstSeen).slice(0, 10)}, ${plural(evidence.requests, 'request')}`);
  if (evidence !== null && evidence.generalisedBy.length > 0) parts.push(`widened by ${evidence.generalisedBy.join(' ')}`);
  parts.push(permit.basis, permit.decision);
  const schedule = scheduleText(permit);
  if (schedule !== '') parts.push(schedule);
  if (permit.conditions.expires !== null) parts.push(`until ${permit.conditions.expires}`);
  if (permit.conditions.onDemand) parts.push('on demand');
  if (permit.owner !== '') parts.push(`owner ${permit.owner}`);
  if (permit.decidedOn !== null) parts.push(`decided on ${permit.decidedOn}`);
  return safeComment(parts.filter((part) => part !== '').join('. '), maxLength);
};

/** The provenance of a plan as comment lines; a line of which nothing safe is left is left out. */
export const provenanceLines = (provenance: readonly string[], prefix: string): string[] =>
  provenance.map((line) => safeComment(line, 200)).filter((line) => line !== '').map((line) => `${prefix}${line}`);
