/**
 * The common tongue of the readers: what a rule lets through, as one line of text. Two lists of lines are equal exactly
 * when the rules let the same through; `stated` gives the lines that a loss report claims.
 */
import { normaliseSet, parseSet, type AddressSet } from '../../../src/net/address-set.ts';
import type { Effect, LossRow, ModbusEffect } from '../../../src/export/exporter.ts';
import { rangeText } from '../../../src/export/ip-notation.ts';
import { windowsOf } from '../../../src/export/time-window.ts';
import type { Permit } from '../../../src/permit.ts';

export interface ReadRule {
  readonly client: AddressSet;
  readonly server: AddressSet;
  readonly transport: string;
  readonly ports: readonly string[];
  readonly modbus: ModbusEffect | null;
  /** `sat,sun 22:00-24:00`, one per window. */
  readonly windows: readonly string[];
  /** Last day, `YYYY-MM-DD`; empty = none. */
  readonly expires: string;
  readonly onDemand: boolean;
}

const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

export const windowText = (days: readonly string[], start: string, end: string): string =>
  `${WEEK.filter((day) => days.includes(day)).join()} ${start}-${end}`;

/** Vendors group days differently: one text per day. */
const byDay = (window: string): string[] => {
  const [days, hours] = window.split(' ');
  return days.split(',').map((day) => `${day} ${hours}`);
};

const modbusLine = (modbus: ModbusEffect | null): string =>
  modbus === null ? 'any' : `fc ${modbus.functions.join()} units ${modbus.units.join()} ranges ${[...modbus.ranges].sort().join()}`;

const lineOf = (rule: ReadRule): string =>
  [
    normaliseSet(rule.client).map(rangeText).join(),
    normaliseSet(rule.server).map(rangeText).join(),
    rule.transport,
    [...rule.ports].sort().join(),
    modbusLine(rule.modbus),
    rule.windows.flatMap(byDay).sort().join(';'),
    rule.expires,
    rule.onDemand ? 'on demand' : '',
  ].join(' | ');

/** `sat,sun 22:00-04:00` as the windows within days that every vendor writes. */
const windowsIn = (schedule: string): string[] => {
  if (schedule === '') return [];
  const [days = '', hours = ''] = schedule.split(' ');
  const [start = '', end = ''] = hours.split('-');
  const conditions = { days: days.split(','), start, end: end === '24:00' ? null : end, expires: null, onDemand: false };
  return windowsOf({ conditions } as unknown as Permit).map((window) => windowText(window.days, window.start, window.end));
};

const ruleOf = (effect: Effect): ReadRule => ({ ...effect, windows: windowsIn(effect.schedule) });

/** What the loss report says is let through, sorted. */
export const stated = (losses: readonly LossRow[]): string[] => losses.flatMap((row) => row.effects.map((effect) => lineOf(ruleOf(effect)))).sort();

export const linesOf = (rules: readonly ReadRule[]): string[] => rules.map(lineOf).sort();

export const addresses = (...texts: readonly string[]): AddressSet => parseSet(texts);
