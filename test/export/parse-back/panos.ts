/** Reads our PAN-OS set commands back. */
import { addresses, windowText, type ReadRule } from './effects.ts';

const CODES: Record<string, number> = {
  'modbus-read-coils': 1, 'modbus-read-discrete-inputs': 2, 'modbus-read-holding-registers': 3, 'modbus-read-input-registers': 4,
  'modbus-write-single-coil': 5, 'modbus-write-single-register': 6, 'modbus-write-multiple-coils': 15, 'modbus-write-multiple-registers': 16,
  'modbus-read-file-record': 20, 'modbus-write-file-record': 21, 'modbus-mask-write-register': 22, 'modbus-read-write-register': 23,
  'modbus-read-fifo-queue': 24, 'modbus-encapsulated-transport': 43,
};
const DAYS: Record<string, string> = { monday: 'mon', tuesday: 'tue', wednesday: 'wed', thursday: 'thu', friday: 'fri', saturday: 'sat', sunday: 'sun' };

const values = (text: string): string[] => text.replace(/^\[ | \]$/g, '').split(' ');

export const readPanos = (text: string, mode: 'monitor' | 'enforce'): ReadRule[] => {
  const lines = text.split('\n').filter((line) => line !== '');
  const address = new Map<string, string>();
  const groups = new Map<string, string[]>();
  const services = new Map<string, { transport: string; ports: string[] }>();
  const schedules = new Map<string, { windows: string[]; expires: string }>();
  const rules = new Map<string, Map<string, string>>();
  for (const line of lines) {
    const [, , name = ''] = line.split(' ');
    let match: RegExpExecArray | null;
    if ((match = /^set address (\S+) ip-(?:netmask|range) (\S+)$/.exec(line)) !== null) address.set(match[1], match[2]);
    else if ((match = /^set address-group (\S+) static (.+)$/.exec(line)) !== null) groups.set(match[1], values(match[2]));
    else if ((match = /^set service (\S+) protocol (tcp|udp) port (\S+)$/.exec(line)) !== null) services.set(match[1], { transport: match[2], ports: match[3].split(',') });
    else if ((match = /^set schedule \S+ schedule-type non-recurring 2001\/01\/01@00:00-(\S+)@23:59$/.exec(line)) !== null) schedules.set(name, { windows: [], expires: match[1].replaceAll('/', '-') });
    else if ((match = /^set schedule \S+ schedule-type recurring (?:weekly (\w+)|daily) (.+)$/.exec(line)) !== null) {
      const known = schedules.get(name) ?? { windows: [], expires: '' };
      const days = match[1] === undefined ? Object.values(DAYS) : [DAYS[match[1]]];
      schedules.set(name, { ...known, windows: [...known.windows, ...values(match[2]).map((hours) => windowText(days, hours.split('-')[0], hours.split('-')[1].replace('23:59', '24:00')))] });
    } else if ((match = /^set rulebase security rules (\S+) (\S+) (.+)$/.exec(line)) !== null) rules.set(match[1], (rules.get(match[1]) ?? new Map()).set(match[2], match[3]));
  }
  const resolve = (name: string): string[] => groups.get(name)?.flatMap(resolve) ?? [address.get(name) ?? `undefined ${name}`];
  const rest = rules.get('OTZ-DEFAULT');
  if (rest?.get('action') !== (mode === 'enforce' ? 'deny' : 'allow') || [...rules.keys()].at(-1) !== 'OTZ-DEFAULT') throw new Error('the last rule is not the default');
  rules.delete('OTZ-DEFAULT');
  return [...rules.values()].map((rule): ReadRule => {
    const applications = values(rule.get('application') ?? '');
    const service = rule.get('service') ?? '';
    const known = applications.filter((name) => name.startsWith('modbus-') && name !== 'modbus-base').map((name) => CODES[name]);
    const named = new Set(Object.values(CODES));
    const base = Array.from({ length: 127 }, (_, index) => index + 1).filter((code) => !named.has(code));
    if (rule.get('action') !== 'allow' || (rule.get('log-end') !== 'yes' && rule.get('log-start') === undefined)) throw new Error('a rule that does not allow and log');
    return {
      client: addresses(...values(rule.get('source') ?? '').flatMap(resolve)),
      server: addresses(...values(rule.get('destination') ?? '').flatMap(resolve)),
      ...(services.get(service) ?? { transport: service === 'any' ? 'any' : applications.includes('icmp') ? 'icmp' : 'icmpv6', ports: [] }),
      modbus: applications.includes('modbus-base') ? { functions: [...known, ...base].sort((a, b) => a - b), units: [], ranges: [] } : null,
      ...(schedules.get(rule.get('schedule') ?? '') ?? { windows: [], expires: '' }),
      onDemand: rule.get('disabled') === 'yes',
    };
  });
};
