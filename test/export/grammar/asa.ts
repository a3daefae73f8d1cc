/**
 * ASA 9.x, from the CLI books: netmasks and no wildcards, names of 63 characters, numeric log
 * levels, `log` before `time-range` before `inactive`, remarks of 100 characters, every name defined once and used.
 */
import { all, IPV4, IPV6, lineProblems, NETMASK, PORT, referenceProblems, type Section } from './line-grammar.ts';

const NAME = '[A-Za-z0-9][A-Za-z0-9_.-]{0,62}';
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d';
const DAY = '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)';
const MONTH = '(?:January|February|March|April|May|June|July|August|September|October|November|December)';
const PORTS = `(?:eq ${PORT}|range ${PORT} ${PORT})`;
const SIDE = `(?:object|object-group) ${NAME}`;

const SECTIONS: readonly Section[] = [
  {
    head: 'interface (?:GigabitEthernet|Vlan)\\d+(?:/\\d+)*(?:\\.\\d+)?',
    body: ['vlan (?:[1-9]\\d{0,3})', 'nameif [A-Za-z0-9_-]{1,48}', 'security-level (?:100|[1-9]?\\d)', `ip address ${IPV4} (?:${NETMASK})`, `ipv6 address ${IPV6}/\\d{1,3}`],
    needs: ['nameif .*', 'security-level .*'],
  },
  { head: `object network ${NAME}`, body: [`host (?:${IPV4}|${IPV6})`, `subnet ${IPV4} (?:${NETMASK})`, `subnet ${IPV6}/\\d{1,3}`, `range (?:${IPV4} ${IPV4}|${IPV6} ${IPV6})`], needs: ['.*'] },
  { head: `object-group network ${NAME}`, body: [`network-object object ${NAME}`], needs: ['.*'] },
  { head: `time-range ${NAME}`, body: [`absolute end ${TIME} (?:[1-9]|[12]\\d|3[01]) ${MONTH} \\d{4}`, `periodic (?:daily|${DAY}(?: ${DAY})*) ${TIME} to ${TIME}`], needs: ['.*'] },
];

const TOPS = [
  `access-list ${NAME} remark [ -~]{1,100}`,
  `access-list ${NAME} extended permit (?:tcp|udp|sctp) ${SIDE} ${SIDE} ${PORTS} log (?:[0-7] interval \\d+|disable)(?: time-range ${NAME})?(?: inactive)?`,
  `access-list ${NAME} extended permit (?:ip|icmp|icmp6|\\d{1,3}) ${SIDE} ${SIDE} log (?:[0-7] interval \\d+|disable)(?: time-range ${NAME})?(?: inactive)?`,
  `access-list ${NAME} extended (?:permit|deny) ip any any log [0-7] interval \\d+`,
  `access-group ${NAME} in interface [A-Za-z0-9_-]{1,48}`,
  'same-security-traffic permit inter-interface',
  'logging enable', 'logging timestamp', 'logging trap informational', `logging host [A-Za-z0-9_-]{1,48} (?:${IPV4}|${IPV6})(?: udp/${PORT})?`,
];

/** Without this line two interfaces of one level pass nothing to each other, whatever their lists say. */
const sameSecurityProblems = (code: string): string[] => {
  const levels = all(code, /^ security-level (\d+)$/gm);
  const isNeeded = new Set(levels).size < levels.length;
  return isNeeded === code.includes('\nsame-security-traffic permit inter-interface\n') ? [] : [`same-security-traffic is ${isNeeded ? 'missing' : 'not needed'}`];
};

export const asaProblems = (text: string): string[] => {
  const code = text.replace(/^.* remark .*$/gm, '');
  const objects = all(code, /^object network (\S+)$/gm);
  const groups = all(code, /^object-group \S+ (\S+?)(?: \S+)?$/gm);
  return [
    ...lineProblems(text, SECTIONS, TOPS, ' ', /^ ?!/),
    ...referenceProblems('object', objects, all(code, / object (\S+)/g)),
    ...referenceProblems('object-group', groups, all(code, / object-group (\S+)/g)),
    ...referenceProblems('time-range', all(code, /^time-range (\S+)$/gm), all(code, / time-range (\S+)/g)),
    ...referenceProblems('access-list', [...new Set(all(code, /^access-list (\S+) extended/gm))], all(code, /^access-group (\S+) /gm)),
    ...referenceProblems('nameif', all(code, /^ nameif (\S+)$/gm), all(code, /^access-group \S+ in interface (\S+)$/gm)),
    ...sameSecurityProblems(code),
    ...objects.filter((name) => groups.includes(name)).map((name) => `${name} is an object and a group`),
  ];
};
