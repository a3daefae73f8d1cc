/** Reads our FortiOS script back: a tree of config, edit and set, then policies with their objects. */
import { addresses, windowText, type ReadRule } from './effects.ts';
import type { ModbusEffect } from '../../../src/export/exporter.ts';

interface Table {
  readonly [entry: string]: { readonly values: Record<string, string[]>; readonly children: Record<string, Table> };
}

const words = (text: string): string[] => [...text.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]);

/** One level of `config` blocks; `at` is shared by the recursion. */
const tables = (lines: readonly string[], at: { line: number }, stop: string): Record<string, Table> => {
  const found: Record<string, Record<string, { values: Record<string, string[]>; children: Record<string, Table> }>> = {};
  const isEnd = (line: string): boolean => line === stop || (stop === 'next' && line.startsWith('set '));
  // Within an entry, `set` may stand behind a block.
  while (at.line < lines.length && !isEnd(lines[at.line].trim())) {
    const head = /^\s*config (.+)$/.exec(lines[at.line]);
    if (head === null) throw new Error(`not understood: ${lines[at.line]}`);
    at.line++;
    const table = (found[head[1]] ??= {});
    while (lines[at.line].trim() !== 'end') {
      const edit = /^\s*edit "?([^"]*)"?$/.exec(lines[at.line]);
      if (edit === null) {
        at.line++;
        continue;
      }
      at.line++;
      const values: Record<string, string[]> = {};
      let children: Record<string, Table> = {};
      while (lines[at.line].trim() !== 'next') {
        const set = /^\s*set (\S+) (.*)$/.exec(lines[at.line]);
        if (set === null) children = { ...children, ...tables(lines, at, 'next') };
        else {
          values[set[1]] = words(set[2]);
          at.line++;
        }
      }
      at.line++;
      table[edit[1]] = { values, children };
    }
    at.line++;
  }
  return found;
};

const DAYS: Record<string, string> = { monday: 'mon', tuesday: 'tue', wednesday: 'wed', thursday: 'thu', friday: 'fri', saturday: 'sat', sunday: 'sun' };

const prefixLength = (mask: string): number => mask.split('.').reduce((sum, part) => sum + Number(part).toString(2).replaceAll('0', '').length, 0);

const applicationEffect = (list: Table[string], ids: Readonly<Record<string, number>>): ModbusEffect => {
  const codes = new Map(Object.entries({ 'modbus:5': 48885, ...ids }).map(([key, id]) => [`${id}`, Number(key.split(':')[1])]));
  const functions: number[] = [];
  let units: number[] = [];
  const ranges: string[] = [];
  for (const entry of Object.values(list.children.entries ?? {})) {
    const code = codes.get(entry.values.application[0]);
    if (code === undefined || entry.values.action[0] !== 'pass') throw new Error('an entry that passes nothing we know');
    functions.push(code);
    for (const parameter of Object.values(entry.children.parameters ?? {}))
      for (const member of Object.values(parameter.children.members ?? {}))
        for (const span of member.values.value[0].split(',').map((pair) => pair.split(':').map(Number)))
          if (member.values.name[0] === 'UnitID') for (let unit = span[0]; unit <= span[1]; unit++) units = [...units, unit];
          else ranges.push(`${code}:${span[0]}-${span[1]}`);
  }
  return { functions: functions.sort((a, b) => a - b), units, ranges };
};

export const readFortios = (text: string, mode: 'monitor' | 'enforce', ids: Readonly<Record<string, number>> = {}): ReadRule[] => {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  const config = tables(lines, { line: 0 }, '');
  const address = (name: string, six: string): string[] => {
    const group = config[`firewall addrgrp${six}`]?.[name];
    if (group !== undefined) return group.values.member.flatMap((member) => address(member, six));
    const values = config[`firewall address${six}`]?.[name]?.values;
    if (values === undefined) throw new Error(`undefined address ${name}`);
    if (values.type?.[0] === 'iprange') return [`${values['start-ip'][0]}-${values['end-ip'][0]}`];
    return [values.ip6?.[0] ?? `${values.subnet[0]}/${prefixLength(values.subnet[1])}`];
  };
  const schedule = (name: string): { windows: string[]; expires: string } => {
    if (name === 'always') return { windows: [], expires: '' };
    const group = config['firewall schedule group']?.[name];
    if (group !== undefined) return { windows: group.values.member.flatMap((member) => schedule(member).windows), expires: '' };
    const once = config['firewall schedule onetime']?.[name];
    if (once !== undefined) return { windows: [], expires: once.values.end[1].replaceAll('/', '-') };
    const values = config['firewall schedule recurring'][name].values;
    return { windows: [windowText(values.day.map((day) => DAYS[day]), values.start[0], values.end[0] === '00:00' ? '24:00' : values.end[0])], expires: '' };
  };
  const service = (name: string): { transport: string; ports: string[] } => {
    if (name === 'ALL') return { transport: 'any', ports: [] };
    const values = config['firewall service custom'][name].values;
    for (const transport of ['tcp', 'udp', 'sctp']) if (values[`${transport}-portrange`] !== undefined) return { transport, ports: values[`${transport}-portrange`] };
    if (values.protocol[0] === 'IP') return { transport: `ip-${values['protocol-number'][0]}`, ports: [] };
    return { transport: values.protocol[0] === 'ICMP' ? 'icmp' : 'icmpv6', ports: [] };
  };
  const policies = Object.values(config['firewall policy']);
  const rest = policies.pop();
  if (rest?.values.name[0] !== 'OTZ-DEFAULT' || rest.values.action[0] !== (mode === 'enforce' ? 'deny' : 'accept')) throw new Error('the last policy is not the default');
  return policies.map(({ values }): ReadRule => {
    const six = values.srcaddr6 === undefined ? '' : '6';
    if (values.action[0] !== 'accept' || !['all', 'disable'].includes(values.logtraffic[0])) throw new Error(`policy ${values.name[0]}`);
    const list = values['application-list'];
    return {
      client: addresses(...values[`srcaddr${six}`].flatMap((name) => address(name, six))),
      server: addresses(...values[`dstaddr${six}`].flatMap((name) => address(name, six))),
      ...service(values.service[0]),
      modbus: list === undefined ? null : applicationEffect(config['application list'][list[0]], ids),
      ...schedule(values.schedule[0]),
      onDemand: values.status?.[0] === 'disable',
    };
  });
};
