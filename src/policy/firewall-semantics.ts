/**
 * How each target judges traffic, as far as a simulation must know it: what it can see of a request, when it decides,
 * and what it does to sessions that were open before it came. One row a target; sources are the vendors' own documents.
 *
 * In: nothing. Out: a table. Left out on purpose: how a target is configured (export/).
 */

export interface FirewallSemantics {
  readonly target: string;
  readonly title: string;
  /** `none`: ports only. `first-request`: what a session asks first decides for all of it. `every-request`: each is judged. */
  readonly inspection: 'none' | 'first-request' | 'every-request';
  readonly functionCodes: boolean;
  readonly unitIds: boolean;
  readonly ranges: boolean;
  readonly opcuaServices: boolean;
  readonly namedOperations: boolean;
  readonly schedules: boolean;
  /** A TCP session that was open before the cut-over: no SYN was seen. */
  readonly midstream: 'accept' | 'drop';
  /** What nothing in the spec names. A switch that only keeps VLANs apart passes it. */
  readonly defaultAction: 'deny' | 'pass';
  /** Whether rate and connection limits of the spec are enforced: our exports write none of them. */
  readonly limits: boolean;
  /** The last end of a read range is checked, not only its start. */
  readonly rangeEnds: boolean;
  readonly note: string;
}

const row = (target: string, title: string, rest: Partial<Omit<FirewallSemantics, 'target' | 'title'>>): FirewallSemantics => ({
  target, title, inspection: 'none', functionCodes: false, unitIds: false, ranges: false, opcuaServices: false, namedOperations: false, schedules: true, midstream: 'drop', defaultAction: 'deny', limits: false, rangeEnds: false, note: '', ...rest,
});

export const FIREWALL_SEMANTICS: readonly FirewallSemantics[] = [
  row('ideal', 'a firewall that judges every request as the spec says', { inspection: 'every-request', functionCodes: true, unitIds: true, ranges: true, opcuaServices: true, namedOperations: true, midstream: 'accept', limits: true, rangeEnds: true, note: 'the spec itself: what it breaks, every target breaks' }),
  row('l4', 'any stateful packet filter', { note: 'addresses and ports only' }),
  row('cisco-asa', 'Cisco ISA-3000 as ASA', { note: 'ASA has no Modbus inspection: functions are not judged' }),
  row('cisco-ftd', 'Cisco ISA-3000 as FTD, Snort 3 rules', { inspection: 'every-request', functionCodes: true, unitIds: true, opcuaServices: true, schedules: false, midstream: 'accept', note: 'modbus_func and modbus_unit per PDU; addresses by byte_test only' }),
  row('cisco-ios', 'Cisco industrial switch', { schedules: false, midstream: 'accept', defaultAction: 'pass', note: 'no state: VLANs and port security, not services' }),
  row('fortios', 'FortiGate Rugged, application control', { inspection: 'every-request', functionCodes: true, midstream: 'drop', note: 'UnitID and Address parameters where the signature offers them' }),
  row('panos', 'Palo Alto, App-ID', { inspection: 'every-request', functionCodes: true, midstream: 'drop', note: 'function App-IDs; no unit id, no range; some packets pass before App-ID decides' }),
  row('nftables', 'Linux nftables on raw payload', { inspection: 'every-request', functionCodes: true, unitIds: true, ranges: true, midstream: 'accept', note: 'start address only; a client that splits or pipelines requests is blocked' }),
  row('suricata', 'Suricata inline, complement rules', { inspection: 'every-request', functionCodes: true, unitIds: true, ranges: true, rangeEnds: true, schedules: false, midstream: 'accept', note: 'judges what its parser understands' }),
  row('snort3', 'Snort 3', { inspection: 'every-request', functionCodes: true, unitIds: true, opcuaServices: true, schedules: false, midstream: 'accept' }),
  row('hirschmann-eagle', 'Hirschmann EAGLE, Modbus enforcer', { inspection: 'every-request', functionCodes: true, unitIds: true, ranges: true, rangeEnds: true, midstream: 'drop' }),
  row('tofino', 'Tofino Xenon, Modbus enforcer', { inspection: 'every-request', functionCodes: true, unitIds: true, ranges: true, rangeEnds: true, midstream: 'drop' }),
  row('first-adu', 'DPI that classifies a session by its first request', { inspection: 'first-request', functionCodes: true, note: 'one permitted read opens the session for every later write' }),
];

export const semanticsOf = (target: string): FirewallSemantics | null => FIREWALL_SEMANTICS.find((one) => one.target === target) ?? null;
