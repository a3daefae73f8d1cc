/**
 * Industrial firewalls with a Modbus enforcer, as sheets: Hirschmann EAGLE (HiSecOS) and Tofino Xenon. In: a device
 * plan. Out: `packet-filter.csv` and `modbus-enforcer.csv`. Neither vendor publishes an import format, so none is
 * invented: the sheets are entered in the device's own tool. Both stop at the first matching rule, so Permits of one pair
 * share one profile, and one that is switched on carries those that stand (condition-cells.ts); what that merges is in the loss report. Device limits: 2,048 rules, 32 profiles.
 */
import { formatSpan } from '../net/address-set.ts';
import { cellsOfGroup, conditionGroups, conditionReasons, type ConditionCell } from './condition-cells.ts';
import { csvLine } from './csv-text.ts';
import type { Capabilities, DeviceExport, DevicePlan, Exporter, LossRow, ModbusEffect, PlanPermit } from './exporter.ts';
import { NO_CAPABILITIES } from './exporter.ts';
import { assess, notEnforceable, portTexts, refusalOf } from './loss.ts';
import { listText, passesNoMore, requiredModbus, widestEffect } from './modbus-scope.ts';
import { evidenceLine, permitLine } from './permit-text.ts';

const CAPABILITIES: Capabilities = { ...NO_CAPABILITIES, onDemand: true, modbusFunction: true, modbusUnit: true, modbusRange: true };
/** A Tofino stands in line on the link, an EAGLE routes. */
const TOFINO_CAPABILITIES: Capabilities = { ...CAPABILITIES, multicast: true, onLink: true };
const MAX_RULES = 2048;
const MAX_PROFILES = 32;

interface Profile extends ConditionCell {
  readonly index: number;
  readonly effect: ModbusEffect;
}

const requiredOf = (entries: readonly PlanPermit[]): ModbusEffect[] => entries.flatMap((entry) => requiredModbus(entry.permit) ?? []);

const codeOf = (range: string): number => Number.parseInt(range, 10);

const enforced = (entry: PlanPermit): boolean => entry.permit.service.transport === 'tcp' && requiredModbus(entry.permit) !== null;

/** A rule that is switched off cannot share its profile with one that is on. */
const profilesOf = (permits: readonly PlanPermit[], capabilities: Capabilities): Profile[] => {
  const groups = conditionGroups(permits.filter(enforced), () => capabilities);
  return groups.flatMap((group) => cellsOfGroup(group, groups, 'ipv4')).map((cell, index) => ({ ...cell, index: index + 1, effect: widestEffect(requiredOf(cell.carried)) }));
};

interface FilterRow {
  readonly permits: readonly PlanPermit[];
  readonly clients: string;
  readonly servers: string;
  readonly transport: string;
  readonly ports: string;
  readonly profile: number | null;
}

const plainRows = (permits: readonly PlanPermit[]): FilterRow[] =>
  permits.filter((entry) => !enforced(entry)).map((entry) => ({
    permits: [entry],
    clients: entry.client.filter((span) => span.family === 'ipv4').map(formatSpan).join(' '),
    servers: entry.server.filter((span) => span.family === 'ipv4').map(formatSpan).join(' '),
    transport: entry.permit.service.transport,
    ports: portTexts(entry.permit).join(' '),
    profile: null,
  }));

const profileRows = (profiles: readonly Profile[]): FilterRow[] =>
  profiles.map(({ cell, port, own, index }) => ({
    permits: own,
    clients: cell.clients.map(formatSpan).join(' '),
    servers: cell.servers.map(formatSpan).join(' '),
    transport: 'tcp',
    ports: port.first === port.last ? `${port.first}` : `${port.first}-${port.last}`,
    profile: index,
  }));

const FILTER_COLUMNS = ['rule', 'permits', 'active', 'source zone', 'destination zone', 'source addresses', 'destination addresses', 'protocol', 'destination ports', 'action', 'enforcer profile', 'log', 'note'];

const filterSheet = (rows: readonly FilterRow[], enforce: boolean): string => {
  const lines = rows.map((row, index) => {
    const [first] = row.permits;
    return csvLine([
      index + 1,
      row.permits.map((entry) => entry.permit.id).join(' '),
      first?.permit.conditions.onDemand === true ? 'no' : 'yes',
      first?.permit.from.zone ?? '',
      first?.permit.to.zone ?? '',
      row.clients,
      row.servers,
      row.transport,
      row.ports,
      row.profile === null ? 'accept' : 'enforce-modbus',
      row.profile ?? '',
      'yes',
      row.permits.map((entry) => `${permitLine(entry.permit, 200)}. ${evidenceLine(entry.permit, 120)}`).join(' / '),
    ]);
  });
  const last = csvLine([rows.length + 1, '', 'yes', 'any', 'any', 'any', 'any', 'any', 'any', enforce ? 'drop' : 'accept', '', 'yes', enforce ? 'what no Permit lets through' : 'what no Permit lets through. it passes and is logged']);
  return `${[csvLine(FILTER_COLUMNS), ...lines, last].join('\n')}\n`;
};

/** HiSecOS writes `3|0-999`, several spans as `3|0-99|200-299`, a code alone for every address. */
const codeText = (effect: ModbusEffect, code: number): string =>
  [`${code}`, ...effect.ranges.filter((range) => codeOf(range) === code).map((range) => range.slice(range.indexOf(':') + 1))].join('|');

const HIRSCHMANN_COLUMNS = ['index', 'permits', 'function type', 'function codes', 'unit ids', 'sanity check', 'exception', 'reset', 'test mode'];

const hirschmannSheet = (profiles: readonly Profile[], enforce: boolean): string =>
  `${[
    csvLine(HIRSCHMANN_COLUMNS),
    ...profiles.map(({ index, carried, effect }) =>
      csvLine([
        index,
        carried.map((entry) => entry.permit.id).join(' '),
        'advanced',
        effect.functions.map((code) => codeText(effect, code)).join(' '),
        effect.units.length === 0 ? 'none' : effect.units.join(' '),
        'yes',
        'no',
        enforce ? 'yes' : 'no',
        enforce ? 'no' : 'yes',
      ]),
    ),
  ].join('\n')}\n`;

const TOFINO_COLUMNS = ['profile', 'permits', 'master', 'slave', 'unit ids', 'function code', 'start', 'end', 'sanity check', 'exception', 'reset', 'log', 'note'];

const tofinoSheet = (profiles: readonly Profile[], enforce: boolean): string =>
  `${[
    csvLine(TOFINO_COLUMNS),
    ...profiles.flatMap(({ index, cell, carried, effect }) =>
      effect.functions.flatMap((code) => {
        const ranges = effect.ranges.filter((range) => codeOf(range) === code);
        return (ranges.length === 0 ? [`${code}:`] : ranges).map((range) => {
          const [start = '', end = ''] = range.slice(range.indexOf(':') + 1).split('-');
          return csvLine([
            index,
            carried.map((entry) => entry.permit.id).join(' '),
            cell.clients.map(formatSpan).join(' '),
            cell.servers.map(formatSpan).join(' '),
            effect.units.length === 0 ? 'all' : effect.units.join(' '),
            /^\d+[rw]/.test(range) ? range.slice(0, range.indexOf(':')) : code,
            start,
            end,
            'yes',
            'no',
            enforce ? 'yes' : 'no',
            'yes',
            `unit ids ${effect.units.length === 0 ? 'all' : listText(effect.units)}`,
          ]);
        });
      }),
    ),
  ].join('\n')}\n`;

/** A profile that lets through no more than its Permits do, taken together, gives none of them too much. */
const givenBy = (entry: PlanPermit, profiles: readonly Profile[]): ModbusEffect => {
  const [required] = requiredOf([entry]);
  const isExact = profiles.every(({ effect, carried, beyond }) => passesNoMore(effect, requiredOf(carried.filter((one) => !beyond.includes(one)))));
  return isExact && required !== undefined ? required : widestEffect(profiles.map((profile) => profile.effect));
};

/** What a profile lets through depends on the pair: effects are listed by profile, the verdict is on the widest. */
const enforcedRow = (entry: PlanPermit, device: string, capabilities: Capabilities, profiles: readonly Profile[]): LossRow => {
  const own = profiles.filter((profile) => profile.own.includes(entry));
  if (own.length === 0) return assess(entry, { device, capabilities });
  const row = assess(entry, { device, capabilities, modbus: givenBy(entry, own) });
  return {
    ...row,
    reasons: [...row.reasons, ...conditionReasons(entry, own)],
    effects: row.effects.flatMap((effect) =>
      own.map(({ cell, port, effect: modbus }) => ({
        ...effect, client: cell.clients, server: cell.servers, ports: [port.first === port.last ? `${port.first}` : `${port.first}-${port.last}`], modbus,
      })),
    ),
  };
};

const overLimit = (entry: PlanPermit, device: string): LossRow =>
  notEnforceable(entry.permit, device, `the device holds ${MAX_RULES} rules and ${MAX_PROFILES} Modbus profiles, and they are used up: split the conduit over two devices`);

const buildWith = (capabilities: Capabilities, sheet: (profiles: readonly Profile[], enforce: boolean) => string) => (plan: DevicePlan): DeviceExport => {
  const enforce = plan.mode === 'enforce';
  const permits = plan.permits.filter((entry) => refusalOf(entry, capabilities) === null);
  const all = profilesOf(permits, capabilities);
  const plain = plainRows(permits).slice(0, MAX_RULES - 1 - Math.min(all.length, MAX_PROFILES));
  const profiles = all.slice(0, MAX_PROFILES);
  const rows = [...plain, ...profileRows(profiles)];
  const written = new Set(rows.flatMap((row) => row.permits));
  const cut = new Set(all.slice(MAX_PROFILES).flatMap((profile) => profile.own));
  return {
    files: [
      { path: 'packet-filter.csv', content: filterSheet(rows, enforce) },
      { path: 'modbus-enforcer.csv', content: sheet(profiles, enforce) },
    ],
    losses: plan.permits.map((entry) => {
      if (refusalOf(entry, capabilities) === null && !written.has(entry)) return overLimit(entry, plan.device.id);
      const row = enforcedRow(entry, plan.device.id, capabilities, profiles);
      return cut.has(entry) && row.verdict !== 'not-enforceable' ? { ...row, reasons: [...row.reasons, 'part of its addresses found no free profile and stays blocked'] } : row;
    }),
    rollback: ['Load the configuration that was saved before (the device tool keeps it as a profile or project), then save it to the device.'],
    apply: [
      'Enter packet-filter.csv in this order, then the enforcer profiles by their index; the last row is the default.',
      enforce ? 'Leave test mode only after two weeks without undeclared traffic.' : 'Put the device into test mode: it logs what it would block.',
      'Replay the `test-pcaps` of the same spec on a bench.',
    ],
    notes: [
      'The sheets are for entry by hand: neither vendor publishes an import format.',
      'The vendor preset "read only" lets through more than function codes 3 and 4: use "advanced" with the codes of the sheet.',
    ],
  };
};

/** The OPC enforcer of both follows OPC classic, and opens the ports of its data connections one by one. */
const shared = { filters: true, modes: ['monitor', 'enforce'], follows: { rpc: 'the OPC enforcer' } } as const;

export const hirschmannEagle: Exporter = {
  ...shared,
  name: 'hirschmann-eagle',
  title: 'Hirschmann EAGLE (HiSecOS): rule and Modbus enforcer sheets',
  platforms: ['hisecos'],
  capabilities: CAPABILITIES,
  build: buildWith(CAPABILITIES, hirschmannSheet),
};

export const tofino: Exporter = {
  ...shared,
  name: 'tofino',
  title: 'Tofino Xenon: rule and Modbus enforcer sheets',
  platforms: ['tofino'],
  capabilities: TOFINO_CAPABILITIES,
  build: buildWith(TOFINO_CAPABILITIES, tofinoSheet),
};
