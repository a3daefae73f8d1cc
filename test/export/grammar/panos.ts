/** PAN-OS 10 set commands: one leaf a line, rules of ours marked, names of 63 characters, zones and schedules of 31, tags of 127, all defined. */
import { all, IPV4, IPV6, PORT, referenceProblems } from './line-grammar.ts';

const NAME = '[A-Za-z0-9][A-Za-z0-9_.-]{0,62}';
const RULE = '(?=.{1,63}(?: |$))OTZ-[A-Za-z0-9_.-]+';
const SHORT = '[A-Za-z0-9][A-Za-z0-9_.-]{0,30}';
/** No dot (Objects > Schedules). */
const SCHEDULE = '[A-Za-z0-9][A-Za-z0-9_-]{0,30}';
const TAG = '[A-Za-z0-9][A-Za-z0-9_.-]{0,126}';
const list = (item: string): string => `(?:${item}|\\[ ${item}(?: ${item})* \\])`;
const HOURS = '(?:[01]\\d|2[0-3]):[0-5]\\d-(?:[01]\\d|2[0-3]):[0-5]\\d';
const RANGE = `${PORT}(?:-${PORT})?`;
const UNIT = '(?:ethernet\\d+/\\d+(?:\\.\\d+)?|vlan(?:\\.\\d+)?)';

const LINES = [
  `delete rulebase security rules ${RULE}`,
  `delete (?:address|address-group|service) ${NAME}`,
  `delete schedule ${SCHEDULE}`,
  'move rulebase security rules OTZ-DEFAULT bottom',
  `set network interface ethernet ethernet\\d+/\\d+ layer3(?: (?:units ${UNIT} )?(?:ip ${IPV4}/\\d{1,2}|tag [1-9]\\d{0,3}))?`,
  `set zone ${SHORT} network layer3 ${list(UNIT)}`,
  `set tag ${TAG} color color(?:[1-9]|[1-3]\\d|4[0-2])`,
  `set address ${NAME} (?:ip-netmask ${IPV4}/\\d{1,2}|ip-netmask ${IPV6}/\\d{1,3}|ip-range ${IPV4}-${IPV4}|ip-range ${IPV6}-${IPV6})`,
  `set address-group ${NAME} static ${list(NAME)}`,
  `set service ${NAME} protocol (?:tcp|udp) port ${RANGE}(?:,${RANGE})*`,
  `set schedule ${SCHEDULE} schedule-type recurring (?:daily|weekly (?:mon|tues|wednes|thurs|fri|satur|sun)day) ${list(HOURS)}`,
  `set schedule ${SCHEDULE} schedule-type non-recurring \\d{4}/\\d{2}/\\d{2}@\\d{2}:\\d{2}-\\d{4}/\\d{2}/\\d{2}@\\d{2}:\\d{2}`,
  `set rulebase security rules ${RULE} (?:from|to) ${list(SHORT)}`,
  `set rulebase security rules ${RULE} (?:source|destination|application|service) ${list(NAME)}`,
  `set rulebase security rules ${RULE} schedule ${SCHEDULE}`,
  `set rulebase security rules ${RULE} (?:action (?:allow|deny)|log-(?:start|end) (?:yes|no)|rule-type interzone|disabled yes)`,
  `set rulebase security rules ${RULE} tag ${TAG}`,
  `set rulebase security rules ${RULE} description "[^"\\\\]{1,1024}"`,
].map((pattern) => new RegExp(`^(?:${pattern})$`));

const items = (values: readonly string[]): string[] => values.flatMap((value) => value.replace(/^\[ | \]$/g, '').split(' ')).filter((name) => name !== 'any');

export const panosProblems = (text: string): string[] => {
  const lines = text.slice(0, -1).split('\n');
  const leaf = (name: string): string[] => items(all(text, new RegExp(`^set rulebase security rules \\S+ ${name} (.+)$`, 'gm')));
  const addresses = [...all(text, /^set address (\S+) /gm), ...all(text, /^set address-group (\S+) /gm)];
  const rules = new Set(all(text, /^set rulebase security rules (\S+) /gm));
  return [
    ...lines.filter((line) => !LINES.some((pattern) => pattern.test(line))).map((line) => `not known: ${line}`),
    ...lines.filter((line, index) => line.startsWith('delete ') && index > 0 && !lines[index - 1]?.startsWith('delete ')).map((line) => `a deletion after what is set: ${line}`),
    ...lines.filter((line, index) => lines.indexOf(line) !== index).map((line) => `stands twice: ${line}`),
    ...referenceProblems('address', addresses, [...leaf('source'), ...leaf('destination'), ...items(all(text, /^set address-group \S+ static (.+)$/gm))]),
    ...referenceProblems('service', all(text, /^set service (\S+) /gm), leaf('service').filter((name) => name !== 'application-default')),
    ...referenceProblems('zone', all(text, /^set zone (\S+) /gm), [...leaf('from'), ...leaf('to')]),
    ...referenceProblems('tag', all(text, /^set tag (\S+) /gm), leaf('tag')),
    ...referenceProblems('schedule', [...new Set(all(text, /^set schedule (\S+) /gm))], leaf('schedule')),
    ...[...rules].flatMap((rule) =>
      ['from', 'to', 'source', 'destination', 'application', 'service', 'action', 'log-end'].filter((name) => !text.includes(`\nset rulebase security rules ${rule} ${name} `)).map((name) => `rule ${rule} has no ${name}`),
    ),
  ];
};
