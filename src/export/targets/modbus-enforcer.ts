/**
 * Industrial firewalls with a Modbus enforcer, as sheets: Hirschmann EAGLE (HiSecOS) and Tofino Xenon. In: a device
 * plan. Out: `packet-filter.csv` and `modbus-enforcer.csv`. Neither vendor publishes an import format, so none is
 * invented: the sheets are entered in the device's own tool, so a row is one rule as the device takes it, with one address or
 * network a side (HiSecOS manual "RM GUI", Packet Filter, Rule). Both stop at the first matching rule, so Permits of one pair
 * share one profile, and one that is switched on carries those that stand (condition-cells.ts); what that merges is in the loss report. Device limits: 2,048 rules, 32 profiles.
 */
import type { AddressSet } from '../../net/address-set.ts';
import { spanText } from '../../net/register-set.ts';
import { cellsByOwner, cellsOfGroup, conditionGroups, conditionReasons, type ConditionCell } from '../condition-cells.ts';
import { plural } from '../../infer/plural.ts';
import { csvLine } from '../csv-text.ts';
import type { Capabilities, DeviceExport, DevicePlan, Exporter, LossRow, ModbusEffect, PlanPermit } from '../exporter.ts';
import { NO_CAPABILITIES } from '../exporter.ts';
import { ofFamily, prefixesOf } from '../ip-notation.ts';
import { assess, notEnforceable, portTexts, refusalOf } from '../loss.ts';
import { inspectedModbus, listText, passesNoMore, widestEffect } from '../modbus/scope.ts';
import { evidenceLine, permitLine } from '../permit-text.ts';

const CAPABILITIES: Capabilities = { ...NO_CAPABILITIES, onDemand: true, modbusFunction: true, modbusUnit: true, modbusRange: true };
/** A Tofino stands in line on the link, an EAGLE routes. */
const TOFINO_CAPABILITIES: Capabilities = { ...CAPABILITIES, multicast: true, onLink: true };
const MAX_RULES = 2048;
const MAX_PROFILES = 32;

/** What a HiSecOS rule can name of IP protocols, beside `any` (the same manual). */
const HISECOS_PROTOCOLS: Readonly<Record<string, string>> = {
  tcp: 'tcp', udp: 'udp', icmp: 'icmp', icmpv6: 'icmpv6', any: 'any', 'ip-2': 'igmp', 'ip-4': 'ipip', 'ip-50': 'esp', 'ip-51': 'ah',
};

interface Device {
  readonly capabilities: Capabilities;
  /** Null: a rule could only name it by opening every protocol. */
  readonly protocolOf: (transport: string) => string | null;
  readonly sheet: (profiles: readonly Profile[], enforce: boolean) => string;
}

interface Profile extends ConditionCell {
  readonly index: number;
  readonly effect: ModbusEffect;
}

const requiredOf = (entries: readonly PlanPermit[]): ModbusEffect[] => entries.flatMap((entry) => inspectedModbus(entry.permit) ?? []);

const codeOf = (range: string): number => Number.parseInt(range, 10);

const enforced = (entry: PlanPermit): boolean => inspectedModbus(entry.permit) !== null;

/** A rule that is switched off cannot share its profile with one that is on. */
const profilesOf = (permits: readonly PlanPermit[], capabilities: Capabilities): Profile[] => {
  const groups = conditionGroups(permits.filter(enforced), () => capabilities);
  return groups.flatMap((group) => cellsOfGroup(group, groups, 'ipv4')).map((cell, index) => ({ ...cell, index: index + 1, effect: widestEffect(requiredOf(cell.carried)) }));
};

/** Rules that stand together or not at all: one for each client and server. */
interface FilterBlock {
  readonly permits: readonly PlanPermit[];
  readonly clients: readonly string[];
  readonly servers: readonly string[];
  readonly transport: string;
  readonly ports: string;
  readonly profile: Profile | null;
}

const networks = (spans: AddressSet): string[] =>
  ofFamily(spans, 'ipv4').flatMap(prefixesOf).map(({ network, length }) => (length === 32 ? network : `${network}/${length}`));

const plainBlock = (entry: PlanPermit): FilterBlock => ({
  permits: [entry],
  clients: networks(entry.client),
  servers: networks(entry.server),
  transport: entry.permit.service.transport,
  ports: portTexts(entry.permit).join(' '),
  profile: null,
});

const profileBlock = (profile: Profile): FilterBlock => ({
  permits: profile.own,
  clients: networks(profile.cell.clients),
  servers: networks(profile.cell.servers),
  transport: 'tcp',
  ports: spanText(profile.port),
  profile,
});

const rulesOf = ({ clients, servers }: FilterBlock): number => clients.length * servers.length;

/** What fits, in order; the last rule needs a place too. Profiles are fewer, so they come first. */
const fitting = (profiles: readonly FilterBlock[], plain: readonly FilterBlock[]): { readonly profiles: FilterBlock[]; readonly plain: FilterBlock[] } => {
  let free = MAX_RULES - 1;
  const taken = (blocks: readonly FilterBlock[], most: number): FilterBlock[] => {
    const kept: FilterBlock[] = [];
    for (const block of blocks) {
      if (rulesOf(block) > free || kept.length === most) continue;
      free -= rulesOf(block);
      kept.push(block);
    }
    return kept;
  };
  return {
    profiles: taken(profiles, MAX_PROFILES).map((block, at) => ({ ...block, profile: block.profile === null ? null : { ...block.profile, index: at + 1 } })),
    plain: taken(plain, Infinity),
  };
};

const FILTER_COLUMNS = ['rule', 'permits', 'active', 'source zone', 'destination zone', 'source addresses', 'destination addresses', 'protocol', 'destination ports', 'action', 'enforcer profile', 'log', 'note'];

const filterSheet = (blocks: readonly FilterBlock[], { protocolOf }: Device, enforce: boolean): string => {
  const rows = blocks.flatMap((block) => block.clients.flatMap((client) => block.servers.map((server) => ({ block, client, server }))));
  const lines = rows.map(({ block: { permits, transport, ports, profile }, client, server }, index) => {
    const [first] = permits;
    return csvLine([
      index + 1,
      permits.map((entry) => entry.permit.id).join(' '),
      first?.permit.conditions.onDemand === true ? 'no' : 'yes',
      first?.permit.from.zone ?? '',
      first?.permit.to.zone ?? '',
      client,
      server,
      protocolOf(transport) ?? '',
      ports,
      profile === null ? 'accept' : 'enforce-modbus',
      profile?.index ?? '',
      permits.every(({ log }) => log?.length === 0) ? 'no' : 'yes',
      permits.map((entry) => `${permitLine(entry.permit, 200)}. ${evidenceLine(entry.permit, 120)}`).join(' / '),
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

const TOFINO_COLUMNS = ['profile', 'permits', 'unit ids', 'function code', 'start', 'end', 'sanity check', 'exception', 'reset', 'log', 'note'];

const tofinoSheet = (profiles: readonly Profile[], enforce: boolean): string =>
  `${[
    csvLine(TOFINO_COLUMNS),
    ...profiles.flatMap(({ index, carried, effect }) =>
      effect.functions.flatMap((code) => {
        const ranges = effect.ranges.filter((range) => codeOf(range) === code);
        return (ranges.length === 0 ? [`${code}:`] : ranges).map((range) => {
          const [start = '', end = ''] = range.slice(range.indexOf(':') + 1).split('-');
          return csvLine([
            index,
            carried.map((entry) => entry.permit.id).join(' '),
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
const enforcedRow = (entry: PlanPermit, device: string, capabilities: Capabilities, own: readonly Profile[]): LossRow => {
  if (own.length === 0) return assess(entry, { device, capabilities });
  const row = assess(entry, { device, capabilities, modbus: givenBy(entry, own) });
  return {
    ...row,
    reasons: [...row.reasons, ...conditionReasons(entry, own)],
    effects: row.effects.flatMap((effect) =>
      own.map(({ cell, port, effect: modbus }) => ({
        ...effect, client: cell.clients, server: cell.servers, ports: [spanText(port)], modbus,
      })),
    ),
  };
};

const LIMITS = `${MAX_RULES} rules and ${MAX_PROFILES} Modbus profiles`;

const overLimit = (entry: PlanPermit, device: string, blocks: readonly FilterBlock[]): LossRow =>
  notEnforceable(
    entry.permit,
    device,
    `it takes ${plural(blocks.reduce((sum, block) => sum + rulesOf(block), 0), 'rule')} of one address or network a side, and the device holds ${LIMITS}, which are used up: name networks in place of single addresses, or split the conduit over two devices`,
  );

const refusalFor = (entry: PlanPermit, { capabilities, protocolOf }: Device): string | null => {
  const refusal = refusalOf(entry, capabilities);
  const { transport } = entry.permit.service;
  if (refusal !== null || protocolOf(transport) !== null) return refusal;
  return `the rules of this device name ${Object.values(HISECOS_PROTOCOLS).join(', ')}: ${transport} alone cannot be named`;
};

const buildWith = (device: Device) => (plan: DevicePlan): DeviceExport => {
  const { capabilities, sheet } = device;
  const enforce = plan.mode === 'enforce';
  const permits = plan.permits.filter((entry) => refusalFor(entry, device) === null);
  const all = profilesOf(permits, capabilities).map(profileBlock);
  const wanted = [...permits.filter((entry) => !enforced(entry)).map(plainBlock), ...all];
  const kept = fitting(all, wanted.filter((block) => block.profile === null));
  const blocks = [...kept.plain, ...kept.profiles];
  const profiles = kept.profiles.flatMap(({ profile }) => profile ?? []);
  const ownProfiles = cellsByOwner(profiles);
  // A block that was kept may have another index now, and still has the list of Permits that it was made with.
  const cut = wanted.filter((block) => !blocks.some((one) => one.permits === block.permits));
  const rules = blocks.reduce((sum, block) => sum + rulesOf(block), 1);
  return {
    files: [
      { path: 'packet-filter.csv', content: filterSheet(blocks, device, enforce) },
      { path: 'modbus-enforcer.csv', content: sheet(profiles, enforce) },
    ],
    losses: plan.permits.map((entry) => {
      const refusal = refusalFor(entry, device);
      if (refusal !== null) return notEnforceable(entry.permit, plan.device.id, refusal);
      if (!blocks.some((block) => block.permits.includes(entry))) return overLimit(entry, plan.device.id, wanted.filter((block) => block.permits.includes(entry)));
      const row = enforcedRow(entry, plan.device.id, capabilities, ownProfiles(entry));
      return cut.some((block) => block.permits.includes(entry)) ? { ...row, reasons: [...row.reasons, 'part of its addresses found no free rule or profile and stays blocked'] } : row;
    }),
    rollback: ['Load the configuration that was saved before (the device tool keeps it as a profile or project), then save it to the device.'],
    apply: [
      'Enter packet-filter.csv in this order, then the enforcer profiles by their index; the last row is the default.',
      enforce ? 'Leave test mode only after two weeks without undeclared traffic.' : 'Put the device into test mode: it logs what it would block.',
      'Replay the `test-pcaps` of the same spec on a bench.',
    ],
    notes: [
      `Used: ${rules} rules of the ${MAX_RULES} and ${profiles.length} Modbus profiles of the ${MAX_PROFILES} that the device holds.`,
      ...(cut.length === 0 ? [] : [`That is too few. Permits without all or part of their rules: ${new Set(cut.flatMap((block) => block.permits)).size}, whose traffic enforce mode blocks. \`loss-report.md\` says which.`]),
      'The sheets are for entry by hand: neither vendor publishes an import format. Each row of packet-filter.csv is one rule, with one address or network a side.',
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
  build: buildWith({ capabilities: CAPABILITIES, protocolOf: (transport) => HISECOS_PROTOCOLS[transport] ?? null, sheet: hirschmannSheet }),
};

export const tofino: Exporter = {
  ...shared,
  name: 'tofino',
  title: 'Tofino Xenon: rule and Modbus enforcer sheets',
  platforms: ['tofino'],
  capabilities: TOFINO_CAPABILITIES,
  // Its tool lets one define protocols (Tofino Configurator, "Creating a Protocol").
  build: buildWith({ capabilities: TOFINO_CAPABILITIES, protocolOf: (transport) => transport, sheet: tofinoSheet }),
};
