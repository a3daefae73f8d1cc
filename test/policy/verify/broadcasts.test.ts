/** What is sent to all of a link is between no two devices: nothing is judged by it, and it says nothing of where a sensor stands. */
import { expect, it } from 'vitest';
import type { Conversation } from '../../../src/observation.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import { verifySpec, type Verification } from '../../../src/policy/verify/verify.ts';
import { loadText } from '../loaded-spec.ts';
import { conversation, modbus, observations } from '../observed.ts';

const SPEC = (networks: string): string => `zones:
  - {zone_id: CELL, name: Cell, kind: control${networks}, assets: [{asset_id: PLC, ip: [10.2.0.1]}, {asset_id: HMI, ip: [10.2.0.9]}]}
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: HIST, ip: [10.3.0.1]}]}
conduits: []
`;
const DECLARED = ', networks: [10.2.0.0/24]';
const toAll = conversation('10.2.0.9', '10.2.0.255', { transport: 'udp', port: 137, service: 'netbios', answered: false });

const verify = (networks: string, ...all: readonly Conversation[]): Verification =>
  verifySpec({ compared: contextOf(loadText(SPEC(networks)), observations(all)), traffic: new Map(), before: null, attempts: [], probes: [], sensor: () => 'test' });

it.each([['of a declared network', DECLARED], ['of a likely one', '']])('an ordinary switch port hears broadcasts %s: what passes between zones does not pass it', (_, networks) => {
  expect(verify(networks, toAll).paths).toEqual({ total: 2, blocked: 0, notObservable: 2, open: 0 });
  // Inside, it would have seen them.
  expect(verify(networks, toAll, modbus('10.2.0.9', '10.2.0.1')).paths.blocked).toBe(2);
});

it('no attempt at anything is told of one', () => {
  expect(verify('', toAll).checks.filter(({ title }) => title.includes('undeclared'))).toEqual([]);
});
