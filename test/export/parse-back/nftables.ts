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

const DAY = 1440;
const WEEK = Object.values(DAYS);

/** Minutes of the week, Monday first, as the plant's clock has them where it is `east` minutes ahead of UTC. */
const minutesOf = (text: string, east: number): Set<number> => {
  const days = /meta day \{ ([^}]*) \}/.exec(text)?.[1].split(', ').map((day) => DAYS[day.replaceAll('"', '')]) ?? WEEK;
  const hours = /meta hour (\d+)-(\d+)/.exec(text);
  const [first, last] = hours === null ? [0, DAY] : [Number(hours[1]) / 60, (Number(hours[2]) + 1) / 60];
  const minutes = new Set<number>();
  for (const day of days) for (let minute = first; minute < last; minute++) minutes.add((WEEK.indexOf(day) * DAY + minute + east + 7 * DAY) % (7 * DAY));
  return minutes;
};

const clock = (minute: number): string => `${`${Math.floor(minute / 60)}`.padStart(2, '0')}:${`${minute % 60}`.padStart(2, '0')}`;

const windowsOfMinutes = (minutes: ReadonlySet<number>): string[] =>
  WEEK.flatMap((day, index) => {
    const at = (minute: number): boolean => minutes.has(index * DAY + minute);
    const every = Array.from({ length: DAY }, (_, minute) => minute);
    const starts = every.filter((minute) => at(minute) && (minute === 0 || !at(minute - 1)));
    const ends = every.filter((minute) => at(minute) && (minute === DAY - 1 || !at(minute + 1))).map((minute) => minute + 1);
    return starts.map((start, window) => windowText([day], clock(start), clock(ends[window])));
  });

/** `east/0100` in minutes; without a name the zone has one offset, and the comment says which zone. */
const offsetOf = (name: string | undefined, timezone: string): number => {
  const [, side, hours, minutes] = /^(east|west)\/(\d{2})(\d{2})$/.exec(name ?? '') ?? [];
  if (side !== undefined) return (side === 'west' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const [, sign, ahead, rest] = /GMT([+-])(\d{2}):(\d{2})/.exec(new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' }).format(0)) ?? [];
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(ahead) * 60 + Number(rest));
};

/** The windows of each offset have to be the same by the plant's clock. None: always, as with another rule for the same that has no window. */
const windowsOf = (times: readonly string[], timezone: string): string[] => {
  if (times.some((time) => !/meta (?:hour|day)/.test(time))) return [];
  const byOffset = new Map<string | undefined, Set<number>>();
  for (const time of times) {
    const name = /meta time @(\S+)/.exec(time)?.[1];
    byOffset.set(name, new Set([...(byOffset.get(name) ?? []), ...minutesOf(time, offsetOf(name, timezone))]));
  }
  const [first = [], ...others] = [...byOffset.values()].map(windowsOfMinutes);
  for (const other of others) if (other.join() !== first.join()) throw new Error(`one window in winter, another in summer: ${first.join()}; ${other.join()}`);
  return first;
};

/** The rule by which the server of another answers. */
const replyOf = (line: string): string =>
  line.replace(/^(ip6?) saddr (\S+) (ip6?) daddr (\S+)/, '$1 saddr $4 $3 daddr $2').replace(/^(\S+ saddr \S+ \S+ daddr \S+ (?:tcp|udp|sctp)) dport /, '$1 sport ').replace(/ jump \S+$/, ' counter accept');

/** The last day before a second, by the plant's clock. */
const lastDay = (seconds: number, timezone: string): string => new Intl.DateTimeFormat('en-CA', { timeZone: timezone }).format((seconds - 1) * 1000);

/** Writes a line for the first packet of a session, and decides nothing. */
const OPENED = /ct state new log prefix "OTZ:[^: ]{1,64}:NEW:P "$/;

export const readNftables = (text: string, mode: 'monitor' | 'enforce'): ReadRule[] => {
  const rules = blocksOf(text);
  const forward = rules.chains.get('forward') ?? [];
  const verdict = mode === 'enforce' ? 'drop' : 'accept';
  if (forward[0] !== `type filter hook forward priority filter; policy ${verdict};`) throw new Error(`wrong policy: ${forward[0]}`);
  if (!forward[forward.length - 1].endsWith(` ${verdict}`)) throw new Error('the last rule does not close the chain');
  if (forward[2] !== 'ct state established,related ct direction reply jump replies') throw new Error('replies are not held to their connection');
  const denials = forward.filter((line) => line.includes('log prefix'));
  const isJump = (line: string): boolean => line.includes('jump ') && !line.endsWith('jump replies');
  for (const line of denials) if (!line.endsWith(` ${verdict}`)) throw new Error(`wrong verdict: ${line}`);
  // The first one stands for packets of no connection.
  if (forward.findLastIndex(isJump) > forward.indexOf(denials[1])) throw new Error('a denial stands before a conduit');
  const timezone = /^# Hours and dates of the Permits are those of (\S+)\.$/m.exec(text)?.[1] ?? 'UTC';
  const read = new Map<string, ReadRule & { readonly times: readonly string[] }>();
  const jumps = forward.filter(isJump);
  const replyJumps = rules.chains.get('replies') ?? [];
  if (replyJumps.length !== jumps.length) throw new Error('not every conduit has its replies');
  jumps.forEach((jump, at) => {
    const all = rules.chains.get(jump.split('jump ')[1]) ?? [];
    for (const [index, line] of all.entries()) if (OPENED.test(line) && !all[index + 1]?.startsWith(line.split(OPENED)[0])) throw new Error(`logs what the next rule does not let through: ${line}`);
    const chain = all.filter((line) => !OPENED.test(line));
    const [where, replyChain] = replyJumps[at].split('jump ');
    if (where !== jump.split('jump ')[0]) throw new Error(`replies come by other interfaces: ${replyJumps[at]}`);
    const replies = rules.chains.get(replyChain) ?? [];
    const expected = chain.filter((line) => !line.startsWith('#')).map(replyOf);
    if (replies.join('\n') !== expected.join('\n')) throw new Error(`replies of ${jump}: ${replies.join('; ')}; not ${expected.join('; ')}`);
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
      const until = /meta time < (\d+)/.exec(rest);
      const rule = {
        client: addresses(...(client.length === 0 ? switchedOff : client)),
        server: addresses(...side(match[3])),
        ...serviceOf(rest),
        modbus: match[6] === undefined ? null : requestOf(rules, match[6]),
        windows: [],
        times: [rest],
        expires: until === null ? '' : lastDay(Number(until[1]), timezone),
        onDemand: client.length === 0,
      };
      const key = line.replace(/ meta (?:day \{[^}]*\}|hour \d+-\d+|time @\S+)/g, '');
      read.set(key, { ...rule, times: [...(read.get(key)?.times ?? []), rest] });
    }
  });
  return [...read.values()].map((rule) => ({ ...rule, windows: windowsOf(rule.times, timezone) }));
};
