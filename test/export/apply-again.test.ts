/**
 * An export applied over an earlier one leaves on the device what it alone would leave. Two devices as their manuals have them:
 * PAN-OS adds to what a leaf holds, and a new rule comes last; FortiOS keeps what an entry has until it is set again, and refuses
 * a policy whose name another one has.
 */
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { Mode, Plan } from '../../src/export/exporter.ts';
import type { AddressSet } from '../../src/net/address-set.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { linesOf, stated } from './parse-back/effects.ts';
import { readFortios } from './parse-back/fortios.ts';
import { readPanos } from './parse-back/panos.ts';
import { plantPlan } from './plant.ts';

interface Applied {
  readonly configuration: string;
  readonly rollback: string;
  readonly stated: string[];
}

const exported = (target: string, file: string, plan: Plan, mode: Mode): Applied => {
  const { files, losses } = exportPlan(exporterOf(target), plan, { mode, allowWider: true });
  const text = (path: string): string => files.find((one) => one.path === path)?.content as string;
  return { configuration: text(file), rollback: text('rollback.txt'), stated: stated(losses) };
};

const plant = plantPlan();

const firstOfFamily = (spans: AddressSet): AddressSet => spans.filter((span, at) => spans.findIndex((one) => one.family === span.family) === at);

/** The same Permits with fewer members, one function code, and no conditions. */
const changed: Plan = {
  ...plant,
  permits: plant.permits.map((entry) => ({
    ...entry,
    client: firstOfFamily(entry.client),
    permit: {
      ...entry.permit,
      conditions: { ...entry.permit.conditions, onDemand: false, expires: null, days: [], start: null, end: null },
      modbus: entry.permit.modbus === null ? null : { ...entry.permit.modbus, functionCodes: entry.permit.modbus.functionCodes.slice(0, 1), ranges: [] },
    },
  })),
};

/** The first Permits are gone, and every policy has another place. */
const fewer: Plan = { ...changed, permits: changed.permits.slice(3) };

const PANOS_LIST = /^(set rulebase security rules \S+ (?:from|to|source|destination|application|service|tag)|set address-group \S+ static|set zone \S+ network layer3|set schedule \S+ schedule-type recurring (?:daily|weekly \w+)) (.+)$/;
const PANOS_LEAF = /^(set (?:rulebase security rules \S+ \S+|address \S+|service \S+|tag \S+|schedule \S+ schedule-type non-recurring)) (.+)$/;

const members = (text: string): string[] => text.replace(/^\[ | \]$/g, '').split(' ');

class PanosDevice {
  private leaves = new Map<string, string[]>();

  apply(text: string): void {
    for (const line of text.split('\n')) {
      const list = PANOS_LIST.exec(line);
      const leaf = PANOS_LEAF.exec(line);
      const [verb, path] = [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)];
      if (verb === 'delete') for (const key of this.leaves.keys()) if (`${key} `.startsWith(`set ${path} `)) this.leaves.delete(key);
      if (list !== null) this.leaves.set(list[1], [...new Set([...(this.leaves.get(list[1]) ?? []), ...members(list[2])])]);
      else if (leaf !== null) this.leaves.set(leaf[1], [leaf[2]]);
      if (verb === 'move') {
        const last = [...this.leaves].filter(([key]) => key.startsWith('set rulebase security rules OTZ-DEFAULT '));
        for (const [key] of last) this.leaves.delete(key);
        for (const [key, value] of last) this.leaves.set(key, value);
      }
    }
  }

  text(): string {
    return [...this.leaves].map(([key, values]) => `${key} ${values.length === 1 ? values[0] : `[ ${values.join(' ')} ]`}`).join('\n');
  }
}

type Values = Map<string, string>;

class FortiosDevice {
  private tables = new Map<string, Map<string, Values>>();
  readonly refused: string[] = [];

  apply(text: string): void {
    const path: string[] = [];
    let entry: { table: string; id: string; values: Values } | null = null;
    for (const line of text.split('\n').map((one) => one.trim())) {
      const rest = line.slice(line.indexOf(' ') + 1);
      const table = path.join(' / ');
      if (line.startsWith('config ')) path.push(rest);
      else if (line === 'end') path.pop();
      else if (line.startsWith('edit ')) {
        path.push(rest);
        entry = { table, id: rest, values: new Map(this.tables.get(table)?.get(rest)) };
        this.keep(entry);
      } else if (line === 'next') path.pop();
      else if (line.startsWith('delete ')) {
        this.tables.get(table)?.delete(rest);
        for (const key of this.tables.keys()) if (key.startsWith(`${table} / ${rest} /`)) this.tables.delete(key);
      } else if (line.startsWith('set ') && entry !== null) {
        const [name = ''] = rest.split(' ');
        const value = rest.slice(name.length + 1);
        const owner = table.slice(0, table.lastIndexOf(' / '));
        const others = [...(this.tables.get('firewall policy') ?? [])].filter(([id]) => id !== entry?.id);
        if (owner === 'firewall policy' && name === 'name' && others.some(([, values]) => values.get('name') === value)) this.refused.push(line);
        this.tables.get(owner)?.get(table.slice(owner.length + 3))?.set(name, value);
      }
    }
  }

  private keep({ table, id, values }: { table: string; id: string; values: Values }): void {
    this.tables.set(table, (this.tables.get(table) ?? new Map<string, Values>()).set(id, values));
  }

  text(): string {
    const write = (table: string, name: string, indent: string): string[] => [
      `${indent}config ${name}`,
      ...[...(this.tables.get(table) ?? [])].flatMap(([id, values]) => [
        `${indent}    edit ${id}`,
        ...[...values].map(([key, value]) => `${indent}        set ${key} ${value}`),
        ...[...this.tables.keys()].filter((key) => key.startsWith(`${table} / ${id} / `) && key.split(' / ').length === table.split(' / ').length + 2).flatMap((key) => write(key, key.slice(key.lastIndexOf(' / ') + 3), `${indent}        `)),
        `${indent}    next`,
      ]),
      `${indent}end`,
    ];
    return [...this.tables.keys()].filter((table) => !table.includes(' / ')).flatMap((table) => write(table, table, '')).join('\n');
  }
}

const PAIRS: readonly [name: string, first: Plan, second: Plan][] = [['changed Permits', plant, changed], ['the changes taken back', changed, plant], ['fewer Permits', plant, fewer], ['more Permits', fewer, plant]];

for (const [name, first, second] of PAIRS)
  for (const [from, to] of [['monitor', 'monitor'], ['monitor', 'enforce'], ['enforce', 'monitor']] as const) {
    test(`panos, ${from} then ${to}: ${name}`, () => {
      const device = new PanosDevice();
      const [earlier, later] = [exported('panos', 'baseline-panos.set', first, from), exported('panos', 'baseline-panos.set', second, to)];
      device.apply(earlier.configuration);
      // What is gone from the spec is in no file but the rollback of the export that had it.
      if (second.permits.length < first.permits.length) device.apply(earlier.rollback);
      device.apply(later.configuration);
      expect(linesOf(readPanos(device.text(), to))).toEqual(later.stated);
    });

    test(`fortios, ${from} then ${to}: ${name}`, () => {
      const device = new FortiosDevice();
      const later = exported('fortios', 'baseline-fortios.conf', second, to);
      device.apply(exported('fortios', 'baseline-fortios.conf', first, from).configuration);
      device.apply(later.configuration);
      expect(linesOf(readFortios(device.text(), to))).toEqual(later.stated);
      expect(device.refused).toEqual([]);
    });
  }

test('fortios: what no Permit lets through is denied and logged in both address families', () => {
  for (const mode of ['monitor', 'enforce'] as const) {
    const last = exported('fortios', 'baseline-fortios.conf', plant, mode).configuration.split('set name "OTZ-DEFAULT"')[1];
    for (const side of ['srcaddr', 'dstaddr', 'srcaddr6', 'dstaddr6']) expect(last).toContain(`set ${side} "all"\n`);
  }
});

test('the README says how the rules of an earlier export go, and that nothing is open in between', () => {
  const readme = (target: string): string => exportPlan(exporterOf(target), plant, { mode: 'monitor' }).files.find((file) => file.path === 'README.md')?.content as string;
  expect(readme('panos')).toContain('show rulebase security rules | match OTZ-');
  expect(readme('fortios')).toContain('execute config-transaction start');
  expect(readme('fortios')).toContain('Policy ids 101 to 600');
});
