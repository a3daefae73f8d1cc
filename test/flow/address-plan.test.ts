/** Machines with the same addresses, each in a VLAN of its own, are counted as one: that much is told. */
import { expect, test } from 'vitest';
import { ETHERTYPE } from '../../samples/gen/frames.ts';
import type { ObservationSet } from '../../src/observation.ts';
import { adu, FIVE_READ, heard, READ_FIVE, wireSession } from './wire-session.ts';

/** A panel reads a controller; both have these MAC addresses in this VLAN. */
function machine(vlan: number, panel: string, controller: string, fromPort = 50_000, panelIp = '10.0.0.1'): Uint8Array[] {
  const first = { opener: vlan * 1_000_003, dialled: vlan * 7_000_003 };
  const session = wireSession({ ip: panelIp, port: fromPort, mac: panel }, { ip: '10.0.0.2', port: 502, mac: controller }, first, [{ etherType: ETHERTYPE.vlan, id: vlan }]);
  session.open();
  for (let i = 0; i < 5; i++) {
    session.opener(adu(i, READ_FIVE));
    session.dialled(adu(i, FIVE_READ));
  }
  return session.frames;
}

const told = ({ addresses }: ObservationSet): Record<string, string[]> =>
  Object.fromEntries(addresses.map(({ address, facts }): [string, string[]] => [address, facts.filter(({ name }) => name === 'vlan.other-device').map(({ value }) => value).sort()]).filter(([, vlans]) => vlans.length > 0));

const [A, B, C, D] = ['02:00:00:00:10:01', '02:00:00:00:10:02', '02:00:00:00:20:01', '02:00:00:00:20:02'] as const;
const BOTH = { '10.0.0.1': ['10', '20'], '10.0.0.2': ['10', '20'] };

test.each([['the same', 50_000], ['another', 50_123]])('two machines with one plan, from %s port', async (_, port) => {
  expect(told(await heard([...machine(10, A, B), ...machine(20, C, D, port)]))).toEqual(BOTH);
});

test('two machines that speak by turns: at least one address is told', async () => {
  const [ten, twenty] = [machine(10, A, B), machine(20, C, D)];
  expect(told(await heard(ten.flatMap((frame, i) => [frame, twenty[i] as Uint8Array])))).toHaveProperty(['10.0.0.1'], ['10', '20']);
});

test('one machine on two VLANs, and one behind a router, are no other devices', async () => {
  expect(told(await heard([...machine(10, A, B), ...machine(20, A, B, 50_123)]))).toEqual({});
  const router = '02:00:00:00:00:99';
  expect(told(await heard([...machine(10, A, router), ...machine(10, C, router, 50_001, '10.0.0.7'), ...machine(20, router, B, 50_123), ...machine(20, router, B, 50_124, '10.0.0.7')]))).toEqual({});
});
