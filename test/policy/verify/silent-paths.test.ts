/** A plant of more than a hundred zones: silent paths are summed, and none is lost. */
import { describe, expect, test } from 'vitest';
import type { Conversation } from '../../../src/observation.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import { verifySpec, type Verification } from '../../../src/policy/verify/verify.ts';
import { daysFrom, modbus, MONDAY, observations } from '../observed.ts';

const addressOf = (zone: number): string => `10.${zone}.0.1`;

/** Each zone is one controller; the first asks the next ten, as it may. The last three zones were never heard. */
const verified = (zones: number, also: readonly Conversation[] = []): Verification => {
  const text = [
    'spec_version: 1', 'zones:',
    ...Array.from({ length: zones }, (_, i) => `  - {zone_id: Z${i}, name: Zone ${i}, kind: control, assets: [{asset_id: A${i}, role: plc, ip: [${addressOf(i)}]}]}`),
    'conduits:',
    ...Array.from({ length: 10 }, (_, i) => `  - {conduit_id: C${i}, connects: [Z0, Z${i + 1}], protocols_allowed: [{rule_id: R${i}, protocol: Modbus/TCP, transport: tcp, port: 502, client: {zone: Z0}, server: {zone: Z${i + 1}}, access: read, modbus: {function_codes: [3]}}]}`),
  ].join('\n');
  const { loaded, problems } = parseSpec(text, 'plant.yaml');
  if (loaded === null) throw new Error(problems[0]?.message ?? '');
  const inside = Array.from({ length: zones - 14 }, (_, i) => modbus(addressOf(i + 11), '10.250.0.1', [{ code: 3, days: daysFrom(MONDAY, 14) }]));
  const permitted = Array.from({ length: 10 }, (_, i) => modbus(addressOf(0), addressOf(i + 1), [{ code: 3, days: daysFrom(MONDAY, 14) }]));
  return verifySpec({ compared: contextOf(loaded, observations([...permitted, ...inside, ...also])), traffic: new Map(), before: null, attempts: [], probes: [], sensor: () => 'sensor' });
};

const prohibited = ({ checks }: Verification): Verification['checks'] => checks.filter(({ kind, fromZone }) => kind === 'prohibited' && fromZone !== null);

/** Of how many zones the lines of sums speak, and the lines of single paths. */
const told = (verification: Verification): number =>
  prohibited(verification).filter(({ client }) => client === null).reduce((sum, { toZone, reason }) => {
    if (toZone !== null) return sum + 1;
    const counted = /(\d[\d ]*) zones? of which no other line tells/.exec(reason);
    return sum + Number(counted?.[1].replaceAll(' ', ''));
  }, 0);

describe('silent paths of a large plant', () => {
  test('up to a hundred zones each path is a line', () => {
    const small = verified(100);
    expect(prohibited(small).filter(({ toZone }) => toZone !== null)).toHaveLength(9900);
  });

  test('beyond, each is in a sum or has a line, and the counts are of paths', () => {
    const large = verified(120);
    const { total, blocked, notObservable, open } = large.paths;
    expect([total, blocked + notObservable + open]).toEqual([120 * 119, 120 * 119]);
    expect(told(large)).toBe(total);
    expect(prohibited(large).length).toBeLessThan(3 * 120 + 10 + 1);
    expect(new Set(large.checks.map(({ id }) => id)).size).toBe(large.checks.length);
  });

  test('the sums are those that the paths one by one have', () => {
    const [small, large] = [verified(100), verified(101)];
    // One more zone, heard as the others are: with each of the other hundred two more paths.
    expect(large.paths.blocked + large.paths.notObservable - small.paths.blocked - small.paths.notObservable).toBe(200);
    const unheard = (verification: Verification, zone: string): number => prohibited(verification).filter(({ fromZone, verdict }) => fromZone === zone && verdict === 'not-observable').length;
    expect(unheard(small, 'Z99')).toBeGreaterThan(0);
    expect(unheard(large, 'Z100')).toBe(1);
  });

  test('where something is permitted or was tried, the path has its own line', () => {
    const large = verified(120, [modbus(addressOf(5), addressOf(6), [{ code: 3, days: [MONDAY] }])]);
    expect(large.paths.open).toBe(1);
    const lines = prohibited(large).filter(({ toZone }) => toZone !== null);
    expect(lines.filter(({ verdict }) => verdict === 'fail').map(({ fromZone, toZone }) => `${fromZone} ${toZone}`)).toEqual(['Z5 Z6']);
    expect(lines.filter(({ fromZone }) => fromZone === 'Z0')).toHaveLength(10);
    expect(told(large) + 1).toBe(large.paths.total);
  });
});
