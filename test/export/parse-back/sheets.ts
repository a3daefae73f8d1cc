/** Reads our sheets and data files back: EAGLE, Tofino, FTD worksheet, permits.csv, permits.json, MUD. */
import type { Mode, ModbusEffect } from '../../../src/export/exporter.ts';
import type { AddressSet } from '../../../src/net/address-set.ts';
import { addresses, windowText, type ReadRule } from './effects.ts';

type Row = Readonly<Record<string, string>>;

/** RFC 4180, and our apostrophe in front of what a spreadsheet would run. */
const rowsOf = (text: string): Row[] => {
  const lines = text.split('\n').filter((line) => line !== '');
  const cells = (line: string): string[] =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map((match) => (match[1] ?? match[2]).replaceAll('""', '"').replace(/^'(?=[=+\-@])/, ''));
  const head = cells(lines[0]);
  return lines.slice(1).map((line) => {
    const values = cells(line);
    if (values.length !== head.length) throw new Error(`${values.length} cells, not ${head.length}: ${line}`);
    return Object.fromEntries(head.map((name, index) => [name, values[index]]));
  });
};

const list = (text: string): string[] => text.split(' ').filter((part) => part !== '');
const numbers = (text: string): number[] => list(text).map(Number);

const windowsIn = (schedule: string): string[] => {
  if (schedule === '') return [];
  const [days, hours] = schedule.split(' ');
  const [start, end] = hours.split('-');
  if (start < end) return [windowText(days.split(','), start, end)];
  const week = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
  const next = days.split(',').map((day) => week[(week.indexOf(day) + 1) % 7]);
  return [windowText(days.split(','), start, '24:00'), windowText(next, '00:00', end)];
};

const PLAIN = { modbus: null, windows: [], expires: '', onDemand: false };

const filterRules = (files: ReadonlyMap<string, string>, mode: Mode, profiles: ReadonlyMap<string, ModbusEffect>): ReadRule[] => {
  const rows = rowsOf(files.get('packet-filter.csv') ?? '');
  const last = rows.pop();
  if (last?.action !== (mode === 'enforce' ? 'drop' : 'accept') || last['source addresses'] !== 'any') throw new Error('the last row is not the default');
  // One rule has one address or network a side: those that differ in nothing else are one rule of every pair of theirs.
  const blocks = new Map<string, Row[]>();
  for (const row of rows) {
    for (const side of ['source addresses', 'destination addresses']) if (!/^\d+(\.\d+){3}(\/\d+)?$/.test(row[side])) throw new Error(`no address or network: ${row[side]}`);
    const key = JSON.stringify([row.permits, row.protocol, row['destination ports'], row['enforcer profile'], row.active]);
    blocks.set(key, [...(blocks.get(key) ?? []), row]);
  }
  return [...blocks.values()].map((block) => {
    const [row] = block;
    const profile = row['enforcer profile'] === '' ? null : profiles.get(row['enforcer profile']);
    if (profile === undefined) throw new Error(`no profile ${row['enforcer profile']}`);
    const [clients, servers] = ['source addresses', 'destination addresses'].map((side) => [...new Set(block.map((one) => one[side]))]);
    if (clients.length * servers.length !== block.length) throw new Error(`not every pair of ${row.permits}`);
    return {
      ...PLAIN,
      client: addresses(...clients),
      server: addresses(...servers),
      transport: row.protocol,
      ports: list(row['destination ports']),
      modbus: profile,
      onDemand: row.active === 'no',
    };
  });
};

export const readEagle = (files: ReadonlyMap<string, string>, mode: Mode): ReadRule[] =>
  filterRules(
    files,
    mode,
    new Map(
      rowsOf(files.get('modbus-enforcer.csv') ?? '').map((row) => [
        row.index,
        {
          functions: list(row['function codes']).map((code) => Number.parseInt(code, 10)),
          units: row['unit ids'] === 'none' ? [] : numbers(row['unit ids']),
          ranges: list(row['function codes']).flatMap((code) => code.split('|').slice(1).map((span) => `${Number.parseInt(code, 10)}${code.startsWith('23') ? 'w' : ''}:${span}`)),
        },
      ]),
    ),
  );

export const readTofino = (files: ReadonlyMap<string, string>, mode: Mode): ReadRule[] => {
  const profiles = new Map<string, ModbusEffect>();
  for (const row of rowsOf(files.get('modbus-enforcer.csv') ?? '')) {
    const known = profiles.get(row.profile) ?? { functions: [], units: row['unit ids'] === 'all' ? [] : numbers(row['unit ids']), ranges: [] };
    const code = Number.parseInt(row['function code'], 10);
    profiles.set(row.profile, {
      ...known,
      functions: [...new Set([...known.functions, code])],
      ranges: row.start === '' ? known.ranges : [...known.ranges, `${row['function code']}:${row.start}-${row.end}`],
    });
  }
  return filterRules(files, mode, profiles);
};

export const readFtd = (files: ReadonlyMap<string, string>): (ReadRule & { readonly intrusionPolicy: string })[] => {
  const rows = rowsOf(files.get('access-policy.csv') ?? '');
  if (rows.pop()?.name !== 'OTZ-DEFAULT') throw new Error('the last row is not the default');
  return rows.flatMap((row) =>
    [/^[^:]*$/, /:/].flatMap((family) => {
      const client = list(row['source networks']).filter((text) => family.test(text));
      const server = list(row['destination networks']).filter((text) => family.test(text));
      if (client.length === 0 || server.length === 0) return [];
      return [{ ...PLAIN, client: addresses(...client), server: addresses(...server), transport: row.protocol, ports: list(row['destination ports']), windows: windowsIn(row['time range']), expires: row.expires, onDemand: row.enabled === 'no', intrusionPolicy: row['intrusion policy'] }];
    }),
  );
};

/** One rule per address family that both sides have. */
const perFamily = (rule: Omit<ReadRule, 'client' | 'server'>, client: readonly string[], server: readonly string[]): ReadRule[] =>
  (['ipv4', 'ipv6'] as const).flatMap((family) => {
    if (rule.transport === (family === 'ipv4' ? 'icmpv6' : 'icmp')) return [];
    const own = (texts: readonly string[]) => addresses(...texts).filter((span) => span.family === family);
    return own(client).length === 0 || own(server).length === 0 ? [] : [{ ...rule, client: own(client), server: own(server) }];
  });

export const readTable = (files: ReadonlyMap<string, string>): ReadRule[] =>
  rowsOf(files.get('permits.csv') ?? '').flatMap((row) =>
    perFamily(
      {
        transport: row.transport,
        ports: list(row.ports),
        modbus: row['function codes'] === '' ? null : { functions: numbers(row['function codes']), units: numbers(row['unit ids']), ranges: list(row['data addresses']) },
        windows: windowsIn(row.schedule),
        expires: row.expires,
        onDemand: row['on demand'] === 'yes',
      },
      list(row['client addresses']),
      list(row['server addresses']),
    ),
  );

interface JsonPermit {
  readonly service: { readonly transport: string; readonly ports: readonly { readonly first: number; readonly last: number }[] };
  readonly modbus: { readonly functionCodes: readonly number[]; readonly unitIds: readonly number[]; readonly ranges: readonly { readonly access: string; readonly table?: string; readonly first: number; readonly last: number }[] } | null;
  readonly conditions: { readonly days: readonly string[]; readonly start: string | null; readonly end: string | null; readonly expires: string | null; readonly onDemand: boolean };
  readonly client: readonly string[];
  readonly server: readonly string[];
}

/** Read table of each function code, written here from the standard and not taken from the source under test. */
const TABLES: Record<string, readonly number[]> = { 'discrete-input read': [2], 'input-register read': [4], 'coil read': [1], 'coil write': [5, 15], 'holding-register read': [3, 23, 24], 'holding-register write': [6, 16, 22, 23] };

export const readJson = (files: ReadonlyMap<string, string>): ReadRule[] => {
  const { permits } = JSON.parse(files.get('permits.json') ?? '') as { permits: JsonPermit[] };
  return permits.flatMap((permit) => {
    const { conditions, modbus, service } = permit;
    const ranges = (modbus?.ranges ?? []).flatMap((range) =>
      (TABLES[`${range.table} ${range.access}`] ?? []).filter((code) => modbus?.functionCodes.includes(code)).map((code) => `${code}${code === 23 ? range.access[0] : ''}:${range.first}-${range.last}`),
    );
    return perFamily(
      {
        transport: service.transport,
        ports: service.ports.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)),
        modbus: modbus === null ? null : { functions: modbus.functionCodes, units: modbus.unitIds, ranges },
        windows: conditions.days.length === 0 ? [] : windowsIn(`${conditions.days.join(',')} ${conditions.start}-${conditions.end}`),
        expires: conditions.expires ?? '',
        onDemand: conditions.onDemand,
      },
      permit.client,
      permit.server,
    );
  });
};

interface Ace {
  readonly matches: {
    readonly 'ietf-mud:mud': { readonly controller: string };
    readonly ipv4?: { readonly protocol: number };
    readonly ipv6?: { readonly protocol: number };
    readonly tcp?: AcePorts;
    readonly udp?: AcePorts;
  };
}

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6', 132: 'sctp' };

interface AcePorts {
  readonly 'destination-port'?: AcePort;
  readonly 'source-port'?: AcePort;
  readonly 'ietf-mud:direction-initiated'?: string;
}

interface AcePort {
  readonly port?: number;
  readonly 'lower-port'?: number;
  readonly 'upper-port'?: number;
}

const portText = (port: AcePort): string => (port.port === undefined ? `${port['lower-port']}-${port['upper-port']}` : `${port.port}`);

export interface MudDevice {
  readonly own: AddressSet;
  readonly rules: readonly ReadRule[];
}

/** A MUD file names the peer by URN; entries that agree in both directions are one rule. ICMP and SCTP have no direction in MUD. */
export const readMud = (files: ReadonlyMap<string, string>): MudDevice[] => {
  const { controllers, devices } = JSON.parse(files.get('controllers.json') ?? '') as { controllers: Record<string, string[]>; devices: Record<string, string[]> };
  return Object.entries(devices).map(([path, own]) => {
    const mud = JSON.parse(files.get(path) ?? '') as { 'ietf-access-control-list:acls': { acl: { name: string; type: string; aces: { ace: Ace[] } }[] } };
    const directions = new Map<string, Set<string>>();
    for (const acl of mud['ietf-access-control-list:acls'].acl)
      for (const { matches } of acl.aces.ace) {
        const protocol = (matches.ipv4 ?? matches.ipv6)?.protocol;
        const transport = protocol === undefined ? 'any' : PROTOCOLS[protocol];
        const layer4 = matches.tcp ?? matches.udp;
        const fromDevice = acl.name.startsWith('from-device');
        const toServer = layer4?.['destination-port'] !== undefined;
        const deviceIsClient = layer4 === undefined || fromDevice === toServer;
        if (matches.tcp !== undefined && (matches.tcp['ietf-mud:direction-initiated'] === 'from-device') !== deviceIsClient) throw new Error(`${path}: opened by the wrong side`);
        const port = layer4?.['destination-port'] ?? layer4?.['source-port'];
        const key = JSON.stringify([acl.type.slice(0, 4), matches['ietf-mud:mud'].controller, transport, port === undefined ? '' : portText(port), deviceIsClient]);
        directions.set(key, (directions.get(key) ?? new Set()).add(fromDevice ? 'from' : 'to'));
      }
    const rules = [...directions].flatMap(([key, seen]) => {
      const [family, controller, transport, port, deviceIsClient] = JSON.parse(key) as [string, string, string, string, boolean];
      if (seen.size !== 2) throw new Error(`${path}: only one direction of ${key}`);
      const out = [own, controllers[controller]] as const;
      const back = [controllers[controller], own] as const;
      return (port === '' ? [out, back] : deviceIsClient ? [out] : [back])
        .flatMap(([client, server]) => perFamily({ ...PLAIN, transport, ports: port === '' ? [] : [port] }, client, server))
        .filter((rule) => rule.client[0].family === family);
    });
    return { own: addresses(...own), rules };
  });
};
