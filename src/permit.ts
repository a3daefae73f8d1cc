/**
 * Permit: all that is declared. The second of the two nouns (the other is Observation).
 *
 * Vendor-neutral: a Permit says who may ask whom for what, on which conditions, and why it stands in the spec.
 * What a given firewall can make of it is the exporters' business.
 */
import type { Access, Transport } from './observation.ts';

/** One side of a Permit. Empty lists never mean "any": a zone without assets or addresses means the whole zone. */
export interface PermitEnd {
  readonly zone: string;
  /** Asset ids of the spec. */
  readonly assets: readonly string[];
  /** IP addresses, prefixes (`10.20.0.0/16`), ranges (`10.20.1.12-10.20.1.21`) or MAC addresses. */
  readonly addresses: readonly string[];
}

export const isWholeZone = ({ assets, addresses }: PermitEnd): boolean => assets.length + addresses.length === 0;

export interface PermitService {
  /** As written in the spec: `Modbus/TCP`, `OPC UA`, `HTTPS`, ... */
  readonly protocol: string;
  readonly transport: Transport;
  /** Server ports, inclusive ranges, ascending; empty only for transports without ports. */
  readonly ports: readonly { readonly first: number; readonly last: number }[];
}

export type ModbusTable = 'coil' | 'discrete-input' | 'input-register' | 'holding-register';

export interface ModbusRange {
  readonly access: 'read' | 'write';
  readonly table?: ModbusTable;
  readonly first: number;
  readonly last: number;
}

export interface ModbusOperations {
  /** Function codes, ascending. */
  readonly functionCodes: readonly number[];
  /** Unit ids, ascending; empty = every unit. */
  readonly unitIds: readonly number[];
  /**
   * Inclusive address ranges by access; empty = every address of the permitted function codes. A range with a `table`
   * binds only the function codes of that table (Modbus V1.1b3 clause 4.3); without one it binds all of its access.
   */
  readonly ranges: readonly ModbusRange[];
}

export interface OpcUaOperations {
  /** Service names without Request/Response (`Read`, `CreateSession`); empty = every service. */
  readonly services: readonly string[];
  /** `None`, `Sign`, `SignAndEncrypt`; empty = every mode. */
  readonly securityModes: readonly string[];
  /** Security policy URIs or their last part (`Basic256Sha256`); empty = every policy. */
  readonly securityPolicies: readonly string[];
}

/** Operations of a protocol that has neither of the above, by access class and name. */
export interface NamedOperations {
  readonly protocol: string;
  readonly names: readonly string[];
}

export interface PermitConditions {
  /** `mon`..`sun`; empty = every day. */
  readonly days: readonly string[];
  /** Local time `HH:MM` in the spec's time zone; null = all day. */
  readonly start: string | null;
  /** The first minute that is no longer within; `24:00` = the end of the day. */
  readonly end: string | null;
  /** ISO date after which the Permit no longer holds; null = none. */
  readonly expires: string | null;
  /** Off by default, switched on by a person for a while (engineering, remote support). */
  readonly onDemand: boolean;
}

/** Where a Permit comes from. `group` etc. name the stated rule by which it was widened beyond what was seen. */
export interface PermitEvidence {
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly days: number;
  readonly requests: number;
  /** Names of the generalisation rules applied; empty = exactly what was seen. */
  readonly generalisedBy: readonly string[];
  /** Distinct (client, server, operation), and of a range of ports (client, server, port), let through that were never seen. */
  readonly neverSeen: number;
  /** Captures that ran while it was seen: `captures 1-5`, `live capture 6`. */
  readonly sensors: readonly string[];
  /** Of its conduit, both directions: the share seen of the different operations that will have been asked in 28 days' time; null when nobody estimated it. */
  readonly completeness: number | null;
}

export interface Permit {
  readonly id: string;
  readonly conduit: string;
  readonly from: PermitEnd;
  readonly to: PermitEnd;
  readonly service: PermitService;
  /** Access classes let through; empty = every access (the service is not inspected). */
  readonly access: readonly Access[];
  readonly modbus: ModbusOperations | null;
  readonly opcua: OpcUaOperations | null;
  readonly named: NamedOperations | null;
  readonly conditions: PermitConditions;
  readonly purpose: string;
  /** `observed`, `designed`, `observed+designed`. */
  readonly basis: string;
  /** `approved`, `pending`, `rejected`. Only approved and pending Permits let anything through. */
  readonly decision: string;
  readonly owner: string;
  /** The day of the decision, `YYYY-MM-DD`, as who decided says it. */
  readonly decidedOn: string | null;
  readonly evidence: PermitEvidence | null;
}
