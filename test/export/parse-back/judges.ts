/**
 * The written configuration of each target, read back and judged as its device does: at a moment, of a request. In: the files of an
 * export that enforces. Out: whether the request passes.
 */
import { letsThrough } from '../../../src/export/permit-judge.ts';
import { readAsa } from './cisco-asa.ts';
import type { ReadRule } from './effects.ts';
import { readFortios } from './fortios.ts';
import { readRules, type Probe } from './intrusion-rules.ts';
import { readNftables } from './nftables.ts';
import { readOpenconfigAcl } from './openconfig-acl.ts';
import { readPanos } from './panos.ts';
import { readEagle, readFtd, readTofino } from './sheets.ts';

/** Of requests with these function codes, as a device of FortiOS names them. */
export const IDS = { 'modbus:3': 93, 'modbus:5': 48885, 'modbus:6': 96, 'modbus:16': 916 };

export interface Moment {
  /** Days since 1970. */
  readonly day: number;
  readonly weekday: string;
  readonly date: string;
  /** Half past it. */
  readonly hour: number;
  readonly onDemand: boolean;
}

export const holdsAt = ({ weekday, date, hour, onDemand }: Moment) => (rule: Pick<ReadRule, 'windows' | 'expires' | 'onDemand'>): boolean => {
  const at = `${`${hour}`.padStart(2, '0')}:30`;
  const isWithin = (window: string): boolean => {
    const [days = '', hours = ''] = window.split(' ');
    const [start = '', end = ''] = hours.split('-');
    return days.split(',').includes(weekday) && start <= at && at < end;
  };
  return (onDemand || !rule.onDemand) && (rule.expires === '' || date <= rule.expires) && (rule.windows.length === 0 || rule.windows.some(isWithin));
};

type Judge = (at: Moment, probe: Probe) => boolean;
type Files = ReadonlyMap<string, string>;

const headOf = (probe: Probe, rule: ReadRule): boolean => letsThrough([{ ...rule, schedule: '', modbus: null }], probe);
const requestOf = (probe: Probe, rule: ReadRule): boolean => letsThrough([{ ...rule, schedule: '' }], probe);

/** The first rule whose ends and port match decides. */
const firstOf = (rules: readonly ReadRule[]): Judge => (at, probe) => {
  const first = rules.filter(holdsAt(at)).find((rule) => headOf(probe, rule));
  return first !== undefined && requestOf(probe, first);
};

/** A rule whose request does not match lets the next one decide. */
const anyOf = (rules: readonly ReadRule[]): Judge => (at, probe) => rules.filter(holdsAt(at)).some((rule) => requestOf(probe, rule));

const ftdOf = (files: Files): Judge => {
  const rules = readFtd(files);
  const local = new Map([...files].filter(([path]) => path.endsWith('.rules')).map(([path, text]) => [path, readRules(text)]));
  return (at, probe) => {
    const first = rules.filter(holdsAt(at)).find((rule) => headOf(probe, rule));
    if (first === undefined) return false;
    const [, number] = /^OTZ local rules(?: (\d+))?$/.exec(first.intrusionPolicy) ?? [];
    return first.intrusionPolicy === 'none' || !local.get(`baseline-local${number === undefined ? '' : `-${number}`}.rules`)!.some((rule) => rule.fires(probe));
  };
};

export const JUDGES: readonly [target: string, judge: (files: Files) => Judge][] = [
  ['cisco-asa', (files) => anyOf(readAsa(files.get('baseline-asa.cfg')!, 'enforce'))],
  ['fortios', (files) => firstOf(readFortios(files.get('baseline-fortios.conf')!, 'enforce', IDS))],
  ['hirschmann-eagle', (files) => firstOf(readEagle(files, 'enforce'))],
  ['tofino', (files) => firstOf(readTofino(files, 'enforce'))],
  ['cisco-ftd', ftdOf],
  ['nftables', (files) => anyOf(readNftables(files.get('baseline.nft')!, 'enforce'))],
  ['panos', (files) => anyOf(readPanos(files.get('baseline-panos.set')!, 'enforce'))],
  ['openconfig-acl', (files) => anyOf(readOpenconfigAcl(files.get('openconfig-acl.json')!, 'enforce'))],
  ['suricata', (files) => {
    const rules = readRules(files.get('baseline.rules')!);
    return (_, probe) => !rules.some((rule) => rule.fires(probe));
  }],
];
