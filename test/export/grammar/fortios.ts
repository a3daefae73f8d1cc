/**
 * FortiOS 7 scripts: config, edit, next, end nest exactly, four spaces a level; every `set` is
 * one its table knows, with its value's form, and `delete` names what `edit` could; policy names of 35 characters, zones of 35, addresses of 79, comments of 1023.
 */
import { IPV4, IPV6, NETMASK, PORT } from './line-grammar.ts';

const NAME = '"[^"\\\\]{1,79}"';
const SHORT = '"[^"\\\\]{1,35}"';
const NAMES = `${NAME}(?: ${NAME})*`;
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d';
const RANGE = `${PORT}(?:-${PORT})?`;

/** `edit` pattern and the `set` lines of each table; `under` names the tables that may stand inside an entry. */
const TABLES: Record<string, { readonly edit?: string; readonly set: readonly string[]; readonly under?: readonly string[] }> = {
  'system interface': { edit: '"[A-Za-z0-9_./-]{1,15}"', set: ['vdom "root"', 'mode static', `ip ${IPV4} (?:${NETMASK})`, 'interface "[A-Za-z0-9_./-]{1,15}"', 'vlanid (?:[1-9]\\d{0,3})'] },
  'system zone': { edit: SHORT, set: ['intrazone deny', 'interface "[A-Za-z0-9_./-]{1,15}"'] },
  'firewall address': { edit: NAME, set: [`subnet ${IPV4} (?:${NETMASK})`, 'type iprange', `start-ip ${IPV4}`, `end-ip ${IPV4}`] },
  'firewall address6': { edit: NAME, set: [`ip6 ${IPV6}/\\d{1,3}`, 'type iprange', `start-ip ${IPV6}`, `end-ip ${IPV6}`] },
  'firewall addrgrp': { edit: NAME, set: [`member ${NAMES}`] },
  'firewall addrgrp6': { edit: NAME, set: [`member ${NAMES}`] },
  'firewall service custom': { edit: NAME, set: [`(?:tcp|udp|sctp)-portrange ${RANGE}(?: ${RANGE})*`, 'protocol (?:IP|ICMP|ICMP6)', 'protocol-number \\d{1,3}'] },
  'firewall schedule recurring': { edit: '"[^"]{1,31}"', set: ['day (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?: (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday))*', `start ${TIME}`, `end ${TIME}`] },
  'firewall schedule onetime': { edit: '"[^"]{1,31}"', set: [`start ${TIME} \\d{4}/\\d{2}/\\d{2}`, `end ${TIME} \\d{4}/\\d{2}/\\d{2}`] },
  'firewall schedule group': { edit: '"[^"]{1,31}"', set: [`member ${NAMES}`] },
  'ips global': { set: ['exclude-signatures none'] },
  'application list': {
    edit: SHORT,
    set: ['comment "[^"]{0,255}"', 'other-application-action (?:block|pass)', 'other-application-log enable', 'unknown-application-action (?:block|pass)', 'unknown-application-log enable'],
    under: ['entries'],
  },
  entries: { edit: '\\d+', set: ['application \\d+', 'action pass', 'log enable'], under: ['parameters'] },
  parameters: { edit: '\\d+', set: [], under: ['members'] },
  members: { edit: '\\d+', set: ['name "(?:UnitID|Address)"', 'value "\\d+:\\d+(?:,\\d+:\\d+)*"'] },
  'firewall policy': {
    edit: '\\d+',
    set: [
      `name ${SHORT}`, `srcintf ${NAMES}`, `dstintf ${NAMES}`, 'action (?:accept|deny)', `srcaddr6? ${NAME}`, `dstaddr6? ${NAME}`, `schedule ${SHORT}`, 'schedule-timeout enable', `service ${NAME}`,
      'utm-status enable', 'ssl-ssh-profile "no-inspection"', `application-list ${SHORT}`, 'logtraffic (?:all|disable)', 'logtraffic-start enable', 'status disable', 'comments "[^"\\\\]{0,1023}"',
    ],
  },
};

const matches = (pattern: string, text: string): boolean => new RegExp(`^(?:${pattern})$`).test(text);

export const fortiosProblems = (text: string): string[] => {
  const problems: string[] = [];
  const stack: { kind: 'config' | 'edit'; table: string }[] = [];
  text.slice(0, -1).split('\n').forEach((line, index) => {
    const where = `line ${index + 1}: ${line}`;
    if (/[^\x20-\x7e]/.test(line)) problems.push(`not printable ASCII, ${where}`);
    const word = line.trim();
    if (word.startsWith('#')) {
      if (stack.length > 0) problems.push(`a comment inside a block, ${where}`);
      return;
    }
    const top = stack.at(-1);
    const closing = word === 'next' || word === 'end';
    if (line !== '    '.repeat(stack.length - (closing ? 1 : 0)) + word) problems.push(`wrong indentation, ${where}`);
    const [verb, ...rest] = word.split(' ');
    const value = rest.join(' ');
    if (verb === 'config') {
      const known = top === undefined ? value.includes(' ') && TABLES[value] !== undefined : top.kind === 'edit' && (TABLES[top.table]?.under ?? []).includes(value);
      if (!known) problems.push(`no such table here, ${where}`);
      stack.push({ kind: 'config', table: value });
    } else if (verb === 'edit') {
      if (top?.kind !== 'config' || !matches(TABLES[top.table]?.edit ?? 'none', value)) problems.push(`no such entry, ${where}`);
      stack.push({ kind: 'edit', table: top?.table ?? '' });
    } else if (verb === 'set') {
      const flat = top?.kind === 'config' && TABLES[top.table]?.edit === undefined;
      if ((top?.kind !== 'edit' && !flat) || !(TABLES[top?.table ?? '']?.set ?? []).some((pattern) => matches(pattern, value))) problems.push(`no such setting, ${where}`);
    } else if (verb === 'delete') {
      if (top?.kind !== 'config' || !matches(TABLES[top.table]?.edit ?? 'none', value)) problems.push(`no such entry, ${where}`);
    } else if (word === 'next') {
      if (stack.pop()?.kind !== 'edit') problems.push(`next without edit, ${where}`);
    } else if (word === 'end') {
      if (stack.pop()?.kind !== 'config') problems.push(`end without config, ${where}`);
    } else problems.push(`not known, ${where}`);
  });
  if (stack.length > 0) problems.push('a block is not closed');
  return problems;
};
