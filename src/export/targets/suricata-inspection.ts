/**
 * What Suricata's rules look into on one pair and port, and which limits of a Permit they leave out there because others let more
 * through. In: cells. Out: the Permits to write rules for, and what the loss report says.
 */
import { addTo } from '../../net/multi-map.ts';
import { isDiscovery } from '../../infer/opcua-security.ts';
import { policiesFrom, policiesHeld } from '../../policy/match/asks.ts';
import { protocolKey } from '../../policy/spec/permits.ts';
import type { PlanPermit } from '../exporter.ts';
import { sharedWidening, type Widening } from '../loss.ts';
import { inspectedModbus } from '../modbus/scope.ts';
import { portCells, type PairCell, type PortCell } from '../pair-cells.ts';

export const isOpcua = ({ permit: { service } }: PlanPermit): boolean => service.transport === 'tcp' && protocolKey(service.protocol) === 'opcua';

/**
 * Whoever may only ask what there is does so without security (OPC 10000-4 clause 5.5.1). That passes beside whatever the other Permits demand, so
 * that it is no reason to let a session without security through.
 */
const policiesOf = ({ permit: { opcua } }: PlanPermit): string[] => {
  if (opcua === null) return [];
  if (!isDiscovery(opcua.services)) return policiesHeld(opcua);
  const held = policiesHeld(opcua);
  return (held.length === 0 ? policiesFrom([]) : held).filter((name) => name !== 'None');
};

/** The policies that all of these Permits together let a session have; empty = any, also where one of them is for more than OPC UA. */
export const policiesLetThrough = (permits: readonly PlanPermit[]): string[] => {
  const held = permits.map((entry) => (isOpcua(entry) ? policiesOf(entry) : []));
  if (held.some((list) => list.length === 0)) return [];
  const names = policiesFrom([]).filter((name) => held.flat().includes(name));
  return names.includes('None') ? [] : names;
};

const looksIntoModbus = (entry: PlanPermit): boolean => inspectedModbus(entry.permit) !== null;
const looksIntoOpcua = (entry: PlanPermit): boolean => policiesLetThrough([entry]).length > 0;

/** Permits of one pair and port, by what of them rules look into. */
export interface Inspection {
  readonly port: PortCell;
  /** All that let something through there. */
  readonly permits: readonly PlanPermit[];
  readonly modbus: readonly PlanPermit[];
  readonly opcua: readonly PlanPermit[];
}

/**
 * An engine passes what no rule forbids, and what one Permit lets through no rule may stop for another. So requests of Modbus are looked
 * into where every Permit is Modbus: half of it, beside another protocol, would be left behind by who begins with an octet of that. The
 * message in which OPC UA names its policy is looked for in any stream, so beside Modbus too.
 */
export const inspectionsOf = (cell: PairCell): Inspection[] => {
  const everything = cell.permits.filter((entry) => entry.permit.service.transport === 'any');
  return portCells(cell.permits, 'tcp').map((port): Inspection => {
    const permits = [...port.permits, ...everything];
    const others = permits.filter((entry) => !looksIntoModbus(entry));
    return { port, permits, modbus: others.length === 0 ? permits : [], opcua: policiesLetThrough(others).length > 0 ? others : [] };
  });
};

/** Where rules do not look into what a Permit limits, because others let more through on its pair and port. */
export const hiddenAmong = (inspections: readonly Inspection[]): ((entry: PlanPermit) => Widening[]) => {
  const ofPermit = new Map<PlanPermit, Inspection[]>();
  for (const one of inspections) for (const entry of one.permits) addTo(ofPermit, entry, one);
  return (entry) => {
    const own = ofPermit.get(entry) ?? [];
    const besides = (isOther: (other: PlanPermit) => boolean): string => [...new Set(own.flatMap(({ permits }) => permits.filter(isOther)))].map(({ permit }) => permit.id).join(', ');
    if (looksIntoModbus(entry) && own.some(({ modbus }) => modbus.length === 0))
      return [sharedWidening('any request', besides((other) => !looksIntoModbus(other)), 'more than Modbus')];
    if (looksIntoOpcua(entry) && own.some(({ opcua }) => opcua.length === 0))
      return [sharedWidening('every OPC UA security policy', besides((other) => !looksIntoModbus(other) && !looksIntoOpcua(other)), 'any of them')];
    return [];
  };
};
