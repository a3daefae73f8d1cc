/**
 * Snort 3 rules for what a Permit's protocol forbids (Modbus, OPC UA without encryption, CIP services), as the local
 * rules of a Cisco FTD. In: Permits and mode. Out: rule texts by intrusion policy and, per Permit, which policy its access rule names and
 * what passes. Ports, addresses and times are the access policy's business: a rule of ours knows no time, so where Permits of
 * one pair hold at different times each time has an intrusion policy of its own (condition-cells.ts). Snort accepts unknown `modbus_func` names in silence and they never fire, so only names of its
 * own list are written. `modbus_data` rules compare the first address of a request; its last one is not compared.
 */
import { tableOf, type Span } from '../../net/register-set.ts';
import { SIGNATURE_PREFIX } from '../../source/firewall-log/monitor-marks.ts';
import { beyondOf, cellsByOwner, cellsOfGroup, conditionGroups, conditionReasons, type ConditionCell, type ConditionGroup } from '../condition-cells.ts';
import type { Capabilities, Mode, ModbusEffect, PlanPermit } from '../exporter.ts';
import { sharedWidening, type Widening } from '../loss.ts';
import { modbusComplement, type Forbidden, type ModbusEngine } from '../modbus/complement.ts';
import { passedModbus } from '../modbus/passed.ts';
import { inspectedModbus, widestEffect, withLastAddresses } from '../modbus/scope.ts';
import { shapeOf } from '../modbus/shape.ts';
import { OPCUA_SERVICES } from '../opcua-services.ts';
import { pairCells, portCells, type PortCell } from '../pair-cells.ts';
import { addressList, portList } from '../rule-lists.ts';
import { safeComment } from '../vendor-name.ts';
import { byteBounds } from './byte-tests.ts';

const FIRST_SID = 9_300_001;

const FUNCTION_NAMES: Readonly<Record<number, string>> = {
  1: 'read_coils', 2: 'read_discrete_inputs', 3: 'read_holding_registers', 4: 'read_input_registers', 5: 'write_single_coil',
  6: 'write_single_register', 7: 'read_exception_status', 8: 'diagnostics', 11: 'get_comm_event_counter', 12: 'get_comm_event_log',
  15: 'write_multiple_coils', 16: 'write_multiple_registers', 17: 'report_slave_id', 20: 'read_file_record', 21: 'write_file_record',
  22: 'mask_write_register', 23: 'read_write_multiple_registers', 24: 'read_fifo_queue', 43: 'encapsulated_interface_transport',
};

const ENGINE: ModbusEngine = { known: Object.keys(FUNCTION_NAMES).map(Number), inspectable: [1, 2, 3, 4, 5, 6, 15, 16, 22] };

/** Codes without a name are found by their byte in the MBAP frame; the inspector hands over one PDU at a time. */
const UNNAMED = 'content:"|00 00|",offset 2,depth 2; ' +
  Object.keys(FUNCTION_NAMES).map((code) => `byte_test:1,!=,${code},7;`).join(' ');

interface RuleText {
  readonly head: string;
  readonly options: string;
  readonly why: string;
  readonly about: string;
}

/** The unit id stands before the function code; more than one unit is compared as a span of that byte. */
const unitOptions = (units: Span): string =>
  units.first === units.last ? `modbus_unit:${units.first};` : ['content:"|00 00|",offset 2,depth 2;', ...byteBounds(units, 1, 6)].join(' ');

/** One test per end of the span; data start with the first address (two bytes). */
const addressOptions = (addresses: Span): string => ['modbus_data;', ...byteBounds(addresses, 2, 0)].join(' ');

const optionsOf = (forbidden: Forbidden): { options: string; why: string }[] => {
  switch (forbidden.kind) {
    case 'function':
      return [{ options: `modbus_func:${FUNCTION_NAMES[forbidden.functionCode] ?? ''};`, why: `FC ${forbidden.functionCode}` }];
    case 'unknown-function':
      return [{ options: UNNAMED, why: 'function code without a name' }];
    case 'unit': {
      const { units, functionCode } = forbidden;
      const unit = `unit ${units.first}-${units.last}`;
      if (functionCode === null) return [{ options: unitOptions(units), why: unit }];
      if (functionCode === 'unnamed') return [{ options: `${unitOptions(units)} ${UNNAMED}`, why: `${unit}, function code without a name` }];
      return [{ options: `${unitOptions(units)} modbus_func:${FUNCTION_NAMES[functionCode] ?? ''};`, why: `${unit} FC ${functionCode}` }];
    }
    case 'address':
      return ENGINE.inspectable
        .filter((code) => tableOf(code, forbidden.access) === forbidden.table && (forbidden.functionCode ?? code) === code)
        .map((code) => ({
          options: `modbus_func:${FUNCTION_NAMES[code] ?? ''};${forbidden.units === null ? '' : ` ${unitOptions(forbidden.units)}`} ${addressOptions(forbidden.addresses)}`,
          why: `FC ${code} at ${forbidden.addresses.first}-${forbidden.addresses.last}`,
        }));
    case 'crossing':
      // Its first address is one that a Permit lets through, and the last is not compared.
      return [];
  }
};

/** Services in clear text: every permitted security mode leaves them readable. */
export const opcuaVisible = (entry: PlanPermit): boolean =>
  entry.permit.opcua !== null && entry.permit.opcua.securityModes.length > 0 && !entry.permit.opcua.securityModes.includes('SignAndEncrypt');

const numbersOf = (entry: PlanPermit): number[] =>
  (entry.permit.named?.names ?? []).flatMap((name) => (/^#\d{1,3}$/.test(name) ? [Number(name.slice(1))] : []));

/** CIP services named by number, all of them. */
export const cipVisible = (entry: PlanPermit): boolean =>
  entry.permit.named !== null &&
  /^(enip|ethernetip|cip)/.test(entry.permit.named.protocol) &&
  entry.permit.named.names.length > 0 &&
  numbersOf(entry).length === entry.permit.named.names.length;

const aboutOf = (port: PortCell): string => port.permits.map((entry) => entry.permit.id).join(' ');

const opcuaRules = (head: string, port: PortCell): RuleText[] => {
  const services = new Set(port.permits.flatMap((entry) => entry.permit.opcua?.services ?? []));
  return OPCUA_SERVICES.filter((service) => !services.has(service)).map((service) => ({
    head: `tcp ${head}`, options: `opcua_msg_service:${service}Request;`, why: `OPC UA ${service}`, about: aboutOf(port),
  }));
};

const CIP_SERVICES = 127;

const cipRules = (head: string, port: PortCell): RuleText[] => {
  const services = new Set(port.permits.flatMap(numbersOf));
  return Array.from({ length: CIP_SERVICES }, (_, index) => index + 1)
    .filter((service) => !services.has(service))
    .map((service) => ({ head: `tcp ${head}`, options: `cip_service:${service};`, why: `CIP service ${service}`, about: aboutOf(port) }));
};

/** Whether Snort has to look inside. */
export const inspected = (entry: PlanPermit): boolean =>
  inspectedModbus(entry.permit) !== null || opcuaVisible(entry) || cipVisible(entry);

type Kind = 'modbus' | 'opcua' | 'cip';

/** What rules look for in a Permit alone. */
const kindOf = (entry: PlanPermit): Kind | null => {
  if (inspectedModbus(entry.permit) !== null) return 'modbus';
  if (opcuaVisible(entry) && (entry.permit.opcua?.services.length ?? 0) > 0) return 'opcua';
  return cipVisible(entry) ? 'cip' : null;
};

const sharersOf = ({ cell, port }: ConditionCell): PlanPermit[] => [...port.permits, ...cell.permits.filter((entry) => entry.permit.service.transport === 'any')];

/** One kind, where every Permit is of it: codes without a name and units are found by octets, which another protocol may have too. */
const kindOfCell = (rule: ConditionCell): Kind | null => {
  const [kind = null, ...others] = new Set(sharersOf(rule).map(kindOf));
  return others.length === 0 ? kind : null;
};

const cellRules = (rule: ConditionCell): RuleText[] => {
  const { cell, port } = rule;
  const head = `${addressList(cell.clients)} any -> ${addressList(cell.servers)} ${portList([port])}`;
  switch (kindOfCell(rule)) {
    case 'modbus':
      return modbusComplement(port.permits.map((entry) => entry.permit), ENGINE).flatMap(optionsOf).map(({ options, why }) => ({ head: `tcp ${head}`, options, why, about: aboutOf(port) }));
    case 'opcua':
      return opcuaRules(head, port);
    case 'cip':
      return cipRules(head, port);
    case null:
      return [];
  }
};

/** Where rules do not look into what a Permit limits, because others of its time let more through on its pair and port. */
const hiddenBy = (entry: PlanPermit, own: readonly ConditionCell[]): Widening[] => {
  const kind = kindOf(entry);
  const hidden = kind === null ? [] : own.filter((rule) => kindOfCell(rule) === null);
  if (hidden.length === 0) return [];
  const others = [...new Set(hidden.flatMap((rule) => sharersOf(rule).filter((other) => kindOf(other) !== kind)))];
  return [sharedWidening(`any ${entry.permit.service.protocol}`, others.map(({ permit }) => permit.id).join(', '), `more than ${entry.permit.service.protocol}`)];
};

/** A request may begin inside its span and reach beyond it by its quantity. */
const withUncheckedEnds = (effect: ModbusEffect): ModbusEffect =>
  withLastAddresses(effect, (kind, { last }) => Math.min(65535, last + (shapeOf(Number.parseInt(kind, 10)).addresses[0]?.maxQuantity ?? 1) - 1));

/** Rules fire in their own protocol alone. What is another is no operation of it. */
const othersWidening = ({ permit: { service } }: PlanPermit): Widening => {
  const to = `what is no ${service.protocol} on its port`;
  return { reason: `${to} passes, unless its access rule names the application too`, to, extra: 0 };
};

interface IntrusionPolicy {
  /** Of the rule group and the intrusion policy. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
  /** Permits of whose conditions it is; empty for the first one, which serves all that share no pair with others. */
  readonly of: readonly PlanPermit[];
}

export interface SnortExport {
  readonly policies: readonly IntrusionPolicy[];
  /** In the order of their access rules. */
  readonly ordered: readonly PlanPermit[];
  readonly policyOf: (entry: PlanPermit) => string;
  readonly modbusOf: (entry: PlanPermit) => ModbusEffect | null;
  /** What the access rule of a Permit lets through of others that need not hold then, beyond Modbus. */
  readonly beyondOf: (entry: PlanPermit) => readonly string[];
  /** What else passes with a Permit that rules should look into. */
  readonly alsoOf: (entry: PlanPermit) => readonly (string | Widening)[];
  readonly reasonsOf: (entry: PlanPermit) => readonly string[];
}

const FAMILIES = ['ipv4', 'ipv6'] as const;
const NAME = 'OTZ local rules';

const isPlain = (entry: PlanPermit): boolean => !inspected(entry);

/** Groups that share a pair and port with one whose rule stands later: the same traffic, judged in another way. */
const sharingGroups = (groups: readonly ConditionGroup[]): Set<ConditionGroup> => {
  const groupOf = new Map(groups.flatMap((group) => group.members.map((entry) => [entry, group] as const)));
  const sharing = new Set<ConditionGroup>();
  for (const family of FAMILIES)
    for (const cell of pairCells([...groupOf.keys()].filter(inspected), family))
      for (const port of portCells(cell.permits, 'tcp')) {
        const held = new Set(port.permits.map((entry) => groupOf.get(entry)));
        const here = groups.filter((group) => held.has(group));
        for (const group of here.slice(0, -1)) sharing.add(group);
      }
  return sharing;
};

export const snort3Rules = (permits: readonly PlanPermit[], mode: Mode, head: readonly string[], capabilities: Capabilities): SnortExport => {
  const groups = conditionGroups(permits, () => capabilities);
  const cells = new Map(groups.map((group) => [group, FAMILIES.flatMap((family) => cellsOfGroup(group, groups, family, isPlain))]));
  const cellsOf = (some: readonly ConditionGroup[]): ConditionCell[] => some.flatMap((group) => cells.get(group) ?? []);
  const sharing = sharingGroups(groups);
  const action = mode === 'enforce' ? 'drop' : 'alert';
  let sid = FIRST_SID;
  const textOf = (first: readonly string[], own: readonly ConditionCell[]): string => {
    const lines = own.flatMap(cellRules).map(
      (rule) =>
        `${action} ${rule.head} ( msg:"${SIGNATURE_PREFIX}${safeComment(`${rule.about}: ${rule.why}`, 180)}"; flow:to_server,established; ${rule.options} gid:1; sid:${sid++}; rev:1; )`,
    );
    return `${[...first, ...lines].join('\n')}\n`;
  };
  const shared: IntrusionPolicy = { name: NAME, path: 'baseline-local.rules', text: textOf(head, cellsOf(groups.filter((group) => !sharing.has(group)))), of: [] };
  const own = groups.filter((group) => sharing.has(group)).map((group, index): [ConditionGroup, IntrusionPolicy] => {
    const name = `${NAME} ${index + 2}`;
    return [group, { name, path: `baseline-local-${index + 2}.rules`, text: textOf([...head, `# rule group and intrusion policy: ${name}`], cellsOf([group])), of: group.members.filter(inspected) }];
  });
  const ownOf = cellsByOwner(cellsOf(groups));
  const policyBy = new Map(own.flatMap(([group, { name }]) => group.members.map((entry) => [entry, name] as const)));
  return {
    policies: [shared, ...own.map(([, policy]) => policy)],
    // An access rule without inspection hides none that should pass.
    ordered: [...permits.filter(isPlain), ...groups.flatMap((group) => group.members.filter(inspected))],
    policyOf: (entry) => (isPlain(entry) ? 'none' : (policyBy.get(entry) ?? NAME)),
    modbusOf: (entry) => {
      if (inspectedModbus(entry.permit) === null) return null;
      return withUncheckedEnds(widestEffect([entry, ...beyondOf(ownOf(entry))].flatMap((one) => passedModbus(one.permit, ENGINE) ?? [])));
    },
    beyondOf: (entry) => (inspectedModbus(entry.permit) !== null ? [] : beyondOf(ownOf(entry)).map((one) => `what ${one.permit.id} lets through, while this rule holds`)),
    alsoOf: (entry) => [...hiddenBy(entry, ownOf(entry)), ...(kindOf(entry) === null ? [] : [othersWidening(entry)])],
    reasonsOf: (entry) => conditionReasons(entry, ownOf(entry)),
  };
};
