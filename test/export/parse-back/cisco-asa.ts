/** Reads our ASA configuration back: objects, groups, time ranges, lists and where they are bound. */
import { addresses, windowText, type ReadRule } from './effects.ts';
import type { AddressSet } from '../../../src/net/address-set.ts';

interface Sections {
  readonly objects: Map<string, string>;
  readonly groups: Map<string, string[]>;
  readonly times: Map<string, string[]>;
}

const prefixLength = (mask: string): number => mask.split('.').reduce((sum, part) => sum + Number(part).toString(2).replaceAll('0', '').length, 0);

const objectText = (line: string): string => {
  const words = line.trim().split(' ');
  if (words[0] === 'host') return words[1];
  if (words[0] === 'range') return `${words[1]}-${words[2]}`;
  if (words[0] === 'subnet') return words[1].includes('/') ? words[1] : `${words[1]}/${prefixLength(words[2])}`;
  throw new Error(`not an address: ${line}`);
};

const sectionsOf = (lines: readonly string[]): Sections => {
  const sections: Sections = { objects: new Map(), groups: new Map(), times: new Map() };
  let add: (line: string) => void = () => undefined;
  for (const line of lines) {
    const [first, second, name] = line.split(' ');
    if (first === 'object' && second === 'network') add = (child) => sections.objects.set(name, objectText(child));
    else if (first === 'object-group' && second === 'network') add = (child) => sections.groups.set(name, [...(sections.groups.get(name) ?? []), child.trim().split(' ')[2]]);
    else if (first === 'time-range') {
      sections.times.set(second, []);
      add = (child) => sections.times.get(second)?.push(child.trim());
    } else if (line.startsWith(' ')) add(line);
    else add = () => undefined;
  }
  return sections;
};

const portText = (words: readonly string[]): string => (words[0] === 'eq' ? words[1] : `${words[1]}-${words[2]}`);

const DAYS: Record<string, string> = { Monday: 'mon', Tuesday: 'tue', Wednesday: 'wed', Thursday: 'thu', Friday: 'fri', Saturday: 'sat', Sunday: 'sun' };

/** The last minute belongs to the window. */
const exclusive = (end: string): string => {
  const [hours, minutes] = end.split(':').map(Number);
  const total = hours * 60 + minutes + 1;
  return `${`${Math.floor(total / 60)}`.padStart(2, '0')}:${`${total % 60}`.padStart(2, '0')}`;
};

const timesOf = (lines: readonly string[]): { windows: string[]; expires: string } => {
  const windows: string[] = [];
  let expires = '';
  for (const line of lines) {
    const periodic = /^periodic (.*) (\d{2}:\d{2}) to (\d{2}:\d{2})$/.exec(line);
    const absolute = /^absolute end 23:59 (\d+) (\w+) (\d{4})$/.exec(line);
    if (periodic !== null) windows.push(windowText(periodic[1] === 'daily' ? Object.values(DAYS) : periodic[1].split(' ').map((day) => DAYS[day]), periodic[2], exclusive(periodic[3])));
    else if (absolute !== null) expires = new Date(Date.parse(`${absolute[1]} ${absolute[2]} ${absolute[3]} UTC`)).toISOString().slice(0, 10);
    else throw new Error(`not understood: ${line}`);
  }
  return { windows, expires };
};

export const readAsa = (text: string, mode: 'monitor' | 'enforce'): ReadRule[] => {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('!') && !line.startsWith(' !'));
  const sections = sectionsOf(lines);
  const bound = new Set(lines.flatMap((line) => /^access-group (\S+) in interface \S+$/.exec(line)?.[1] ?? []));
  const last = mode === 'enforce' ? 'deny ip any any log 4 interval 300' : 'permit ip any any log 5 interval 300';
  const closed = new Map<string, boolean>();
  const rules: ReadRule[] = [];
  /** Entries behind one remark that differ in their ports alone. */
  const held = new Map<string, string[]>();
  for (const line of lines) {
    if (line.includes(' remark ')) held.clear();
    const entry = /^access-list (\S+) extended (.*)$/.exec(line);
    if (entry === null) continue;
    if (!bound.has(entry[1])) throw new Error(`${entry[1]} is bound to no interface`);
    if (closed.get(entry[1]) === true) throw new Error(`an entry stands behind the last one: ${line}`);
    if (entry[2] === last) {
      closed.set(entry[1], true);
      continue;
    }
    const words = entry[2].split(' ');
    if (words.shift() !== 'permit') throw new Error(`not a permit: ${line}`);
    const protocol = words.shift() ?? '';
    const side = (): AddressSet => {
      const kind = words.shift();
      const name = words.shift() ?? '';
      const members = kind === 'object-group' ? (sections.groups.get(name) ?? []) : [name];
      return addresses(...members.map((member) => sections.objects.get(member) ?? `undefined object ${member}`));
    };
    const client = side();
    const server = side();
    let ports: string[] = [];
    if (words[0] === 'eq') ports = [portText(words.splice(0, 2))];
    else if (words[0] === 'range') ports = [portText(words.splice(0, 3))];
    if (words[1] === 'disable' ? words.splice(0, 2)[0] !== 'log' : words.splice(0, 4).join(' ') !== 'log 6 interval 300') throw new Error(`not logged: ${line}`);
    const times = words[0] === 'time-range' ? timesOf(sections.times.get(words.splice(0, 2)[1]) ?? ['undefined time range']) : { windows: [], expires: '' };
    const same = entry[2].replace(/ (?:eq \d+|range \d+ \d+) log /, ' log ');
    const before = held.get(same);
    if (before !== undefined) {
      before.push(...ports);
      continue;
    }
    held.set(same, ports);
    const names: Record<string, string> = { ip: 'any', icmp6: 'icmpv6' };
    rules.push({ client, server, transport: names[protocol] ?? (/^\d+$/.test(protocol) ? `ip-${protocol}` : protocol), ports, modbus: null, ...times, onDemand: words.shift() === 'inactive' });
  }
  for (const list of bound) if (closed.get(list) !== true) throw new Error(`${list} has no last entry`);
  return rules;
};
