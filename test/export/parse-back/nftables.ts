/** Reads our nftables ruleset back: sets, chains, jumps, raw payload matches. Throws at anything it does not know. */
import type { ModbusEffect } from '../../../src/export/exporter.ts';
import { addresses, windowText, type ReadRule } from './effects.ts';

interface Ruleset {
  readonly sets: Map<string, string[]>;
  readonly chains: Map<string, string[]>;
}

const blocksOf = (text: string): Ruleset => {
  const sets = new Map<string, string[]>();
  const chains = new Map<string, string[]>();
  let open: { kind: string; name: string; lines: string[] } | null = null;
  for (const line of text.split('\n')) {
    const head = /^\t(set|chain) (\S+) \{$/.exec(line);
    if (head !== null) open = { kind: head[1], name: head[2], lines: [] };
    else if (line === '\t}' && open !== null) {
      (open.kind === 'set' ? sets : chains).set(open.name, open.lines);
      open = null;
    } else if (open !== null) open.lines.push(line.trim());
  }
  return { sets, chains };
};

const elementsOf = (lines: readonly string[]): string[] => {
  const body = lines.join(' ');
  const inner = /elements = \{ (.*?) ?\}/.exec(body);
  return inner === null ? [] : inner[1].split(',').map((element) => element.trim()).filter((element) => element !== '');
};

const numbers = (text: string): number[] => text.replace(/[{}]/g, '').split(',').map((part) => Number(part.trim()));

/** Start and quantity pairs must be exactly those of spans: all of them, and none beyond. */
const spansOfElements = (elements: readonly string[], maxQuantity: number): string[] => {
  const byQuantity = new Map<number, string[]>();
  for (const element of elements) {
    const [start, quantity] = element.split(' . ');
    byQuantity.set(Number(quantity), [...(byQuantity.get(Number(quantity)) ?? []), start.includes('-') ? start : `${start}-${start}`]);
  }
  const spans = (byQuantity.get(1) ?? []).map((span) => span.split('-').map(Number));
  for (let quantity = 1; quantity <= maxQuantity; quantity++) {
    const expected = spans.filter(([first, last]) => last - first + 1 >= quantity).map(([first, last]) => `${first}-${last - quantity + 1}`);
    if (expected.join() !== (byQuantity.get(quantity) ?? []).join()) throw new Error(`quantity ${quantity} lets through ${byQuantity.get(quantity)?.join()}, not ${expected.join()}`);
  }
  return spans.map(([first, last]) => `${first}-${last}`);
};

const MAX_QUANTITY: Record<number, number> = { 1: 2000, 2: 2000, 3: 125, 4: 125, 15: 1968, 16: 123, 23: 125 };

const requestOf = (rules: Ruleset, chain: string): ModbusEffect => {
  const functions: number[] = [];
  let units: number[] = [];
  const ranges: string[] = [];
  for (const rule of rules.chains.get(`${chain}/request`) ?? []) {
    if (!rule.endsWith('counter accept')) throw new Error(`not an accept: ${rule}`);
    const codes = numbers(/@ih,56,8 (\{[^}]*\}|\d+)/.exec(rule)?.[1] ?? 'none');
    functions.push(...codes);
    const unit = /@ih,48,8 (\{[^}]*\}|\d+)/.exec(rule);
    units = unit === null ? [] : numbers(unit[1]);
    for (const code of codes) {
      const kinds = code === 23 ? ['r', 'w'] : [''];
      for (const match of rule.matchAll(/@ih,(64|96),16 \. @ih,(?:80|112),16 @(\S+\/\S+)/g))
        for (const span of spansOfElements(elementsOf(rules.sets.get(match[2]) ?? []), code === 23 && match[1] === '96' ? 121 : MAX_QUANTITY[code]))
          ranges.push(`${code}${kinds.length === 1 ? '' : match[1] === '64' ? 'r' : 'w'}:${span}`);
      const single = /@ih,64,16 (\{[^}]*\}|[\d-]+)(?= counter)/.exec(rule);
      if (single !== null) for (const span of single[1].replace(/[{} ]/g, '').split(',')) ranges.push(`${code}:${span.includes('-') ? span : `${span}-${span}`}`);
    }
  }
  return { functions: functions.sort((a, b) => a - b), units, ranges };
};

const MATCH = /^(ip6?) saddr (\S+) ip6? daddr (\S+)(?: (.*?))?(?: (counter accept|jump (\S+)))$/;
const DAYS: Record<string, string> = { Monday: 'mon', Tuesday: 'tue', Wednesday: 'wed', Thursday: 'thu', Friday: 'fri', Saturday: 'sat', Sunday: 'sun' };

const serviceOf = (text: string): { transport: string; ports: string[] } => {
  const ports = /^(tcp|udp|sctp) dport (\{[^}]*\}|[\d-]+)/.exec(text);
  if (ports !== null) return { transport: ports[1], ports: ports[2].replace(/[{} ]/g, '').split(',') };
  const protocol = /^meta l4proto (\S+)/.exec(text);
  if (protocol === null) return { transport: 'any', ports: [] };
  return { transport: protocol[1] === 'icmp' ? 'icmp' : protocol[1] === 'ipv6-icmp' ? 'icmpv6' : `ip-${protocol[1]}`, ports: [] };
};

const windowsOf = (text: string): string[] => {
  const days = /meta day \{ ([^}]*) \}/.exec(text)?.[1].split(', ').map((day) => DAYS[day.replaceAll('"', '')]) ?? Object.values(DAYS);
  const hours = /meta hour "([\d:]+)"-"([\d:]+)"/.exec(text);
  if (hours === null && !text.includes('meta day')) return [];
  return [windowText(days, hours?.[1] ?? '00:00', hours === null || hours[2] === '23:59:59' ? '24:00' : hours[2])];
};

const dayBefore = (date: string): string => new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);

export const readNftables = (text: string, mode: 'monitor' | 'enforce'): ReadRule[] => {
  const rules = blocksOf(text);
  const forward = rules.chains.get('forward') ?? [];
  const verdict = mode === 'enforce' ? 'drop' : 'accept';
  if (forward[0] !== `type filter hook forward priority filter; policy ${verdict};`) throw new Error(`wrong policy: ${forward[0]}`);
  if (!forward[forward.length - 1].endsWith(` ${verdict}`)) throw new Error('the last rule does not close the chain');
  if (forward[2] !== 'ct state established,related ct direction reply counter accept') throw new Error('replies are not held to their connection');
  const denials = forward.filter((line) => line.includes('log prefix'));
  for (const line of denials) if (!line.endsWith(` ${verdict}`)) throw new Error(`wrong verdict: ${line}`);
  // The first one stands for packets of no connection.
  if (forward.findLastIndex((line) => line.includes('jump ')) > forward.indexOf(denials[1])) throw new Error('a denial stands before a conduit');
  const read = new Map<string, ReadRule>();
  for (const jump of forward.filter((line) => /jump /.test(line))) {
    const chain = rules.chains.get(jump.split('jump ')[1]) ?? [];
    let switchedOff: string[] = [];
    for (const line of chain) {
      const off = /^# off until: nft add element inet baseline \S+ \{ (.*) \}$/.exec(line);
      if (off !== null) switchedOff = off[1].split(', ');
      if (line.startsWith('#')) continue;
      const match = MATCH.exec(line);
      if (match === null) throw new Error(`not understood: ${line}`);
      const side = (word: string): string[] => (word.startsWith('@') ? elementsOf(rules.sets.get(word.slice(1)) ?? []) : [word]);
      const client = side(match[2]);
      const rest = match[4] ?? '';
      const until = /meta time < "(\d{4}-\d{2}-\d{2}) 00:00:00"/.exec(rest);
      const rule: ReadRule = {
        client: addresses(...(client.length === 0 ? switchedOff : client)),
        server: addresses(...side(match[3])),
        ...serviceOf(rest),
        modbus: match[6] === undefined ? null : requestOf(rules, match[6]),
        windows: windowsOf(rest),
        expires: until === null ? '' : dayBefore(until[1]),
        onDemand: client.length === 0,
      };
      const key = line.replace(/ meta (day|hour) (\{[^}]*\}|"[^"]*"-"[^"]*")/g, '');
      const known = read.get(key);
      read.set(key, known === undefined ? rule : { ...known, windows: [...known.windows, ...rule.windows] });
    }
  }
  return [...read.values()];
};
