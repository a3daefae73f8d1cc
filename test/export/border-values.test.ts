/** Numbers and dates at the ends of what can be stated: no target writes one that its device takes for another, or refuses. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { DeviceExport } from '../../src/export/exporter.ts';
import { planOf } from '../../src/export/plan.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { loadText } from '../policy/loaded-spec.ts';

const ENDS = { client: { zone: 'B' }, server: { zone: 'A' } };

const exported = (target: string, flows: readonly object[]): Pick<DeviceExport, 'files' | 'losses'> => {
  const zones = ['A', 'B'].map((zone_id, index) => ({ zone_id, name: zone_id, networks: [`10.${index}.0.0/24`] }));
  const spec = { spec_version: 1, timezone: 'Europe/Berlin', zones, conduits: [{ conduit_id: 'C', connects: ['A', 'B'], protocols_allowed: flows.map((flow) => ({ ...ENDS, ...flow })) }] };
  return exportPlan(exporterOf(target), planOf(loadText(JSON.stringify(spec)), []), { mode: 'enforce', allowWider: true });
};

const textOf = ({ files }: Pick<DeviceExport, 'files'>, path: string): string => `${files.find((file) => file.path === path)?.content}`;

const protocolsOf = (target: string, numbers: readonly number[]): Record<string, string> =>
  Object.fromEntries(exported(target, numbers.map((number) => ({ rule_id: `R${number}`, protocol: 'x', transport: `ip-${number}` }))).losses.map((row) => [row.permit, row.verdict]));

test.each(['cisco-asa', 'cisco-ftd', 'fortios'])('%s: protocol 0 would open every protocol there', (target) => {
  expect(protocolsOf(target, [0, 47, 255])).toEqual({ R0: 'not-enforceable', R47: 'enforced', R255: 'enforced' });
});

test('cisco-asa: nothing is written for it', () => {
  expect(textOf(exported('cisco-asa', [{ rule_id: 'R', protocol: 'x', transport: 'ip-0' }]), 'baseline-asa.cfg')).not.toMatch(/extended permit /);
});

test('openconfig-acl: protocol 255 is beyond the data model', () => {
  expect(protocolsOf('openconfig-acl', [0, 254, 255])).toEqual({ R0: 'widened', R254: 'widened', R255: 'not-enforceable' });
});

const until = (expires: string): object => ({ rule_id: `UNTIL-${expires}`, protocol: 'HTTP', transport: 'tcp', port: 80, expires });

test('cisco-asa: a date after 2035 is one that the device refuses', () => {
  const { files, losses } = exported('cisco-asa', [until('2035-12-31')]);
  expect(losses.map((row) => row.verdict)).toEqual(['enforced']);
  expect(textOf({ files }, 'baseline-asa.cfg')).toContain(' absolute end 23:59 31 December 2035\n');
  const later = exported('cisco-asa', [until('2036-01-01'), { ...until('2099-01-01'), port: 81, schedule: { days: ['mon'], start: '06:00', end: '07:00' } }]);
  expect(later.losses.map((row) => [row.verdict, row.widenedTo])).toEqual([['widened', 'without an end'], ['widened', 'without an end']]);
  expect(textOf(later, 'baseline-asa.cfg')).not.toContain('absolute');
  expect(textOf(later, 'baseline-asa.cfg').match(/time-range TR_\S+\n periodic Monday 06:00 to 06:59\n/g)).toHaveLength(1);
});

test('nftables: dates beyond its 64 bits of nanoseconds stay at their ends', () => {
  const text = textOf(exported('nftables', ['0001-01-01', '1969-12-30', '2262-04-01', '2600-01-01', '9999-12-31'].map((date, index) => ({ ...until(date), port: 80 + index }))), 'baseline.nft');
  expect([...text.matchAll(/dport (\d+) meta time < (\S+) /g)].map(([, port, time]) => [port, time])).toEqual([['80', '1'], ['81', '1'], ['82', '9222501600'], ['83', '9223372036'], ['84', '9223372036']]);
});

test.each([
  ['nftables', 'baseline.nft', 'meta time @east/0100 meta day { "Friday", "Saturday" } meta hour 82800-86399'],
  ['cisco-asa', 'baseline-asa.cfg', ' periodic Saturday Sunday 00:00 to 23:59\n'],
  ['fortios', 'baseline-fortios.conf', '        set day saturday sunday\n        set start 00:00\n        set end 00:00\n'],
  ['panos', 'baseline-panos.set', 'schedule-type recurring weekly sunday 00:00-23:59\n'],
])('%s: days alone are whole days', (target, path, line) => {
  const { files, losses } = exported(target, [{ rule_id: 'R', protocol: 'HTTP', transport: 'tcp', port: 80, schedule: { days: ['sat', 'sun'] } }]);
  expect(losses.map((row) => row.verdict)).toEqual(['enforced']);
  expect(textOf({ files }, path)).toContain(line);
});
