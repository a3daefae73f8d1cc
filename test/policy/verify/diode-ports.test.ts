/** A diode whose sender sends from a port that is known for a service, so that by its port it is taken for a server. */
import { describe, expect, test } from 'vitest';
import type { Conversation } from '../../../src/observation.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import type { Check } from '../../../src/policy/verify/checks.ts';
import { verifySpec } from '../../../src/policy/verify/verify.ts';
import { loadText } from '../loaded-spec.ts';
import { conversation, daysFrom, MONDAY, observations } from '../observed.ts';

const [TX, RX, OTHER, REPLICA] = ['10.3.0.1', '10.4.0.1', '10.3.0.2', '10.4.0.2'];
const LOADED = loadText(`zones:
  - {zone_id: OPS, name: Operations, kind: operations, assets: [{asset_id: TX, ip: [${TX}]}, {asset_id: OTHER, ip: [${OTHER}]}]}
  - {zone_id: DMZ, name: DMZ, kind: dmz, assets: [{asset_id: RX, ip: [${RX}]}, {asset_id: REPLICA, ip: [${REPLICA}]}]}
conduits:
  - conduit_id: D
    connects: [OPS, DMZ]
    protocols_allowed:
      - {rule_id: DIODE, protocol: replication, transport: udp, port: 5000, client: {zone: OPS, assets: [TX]}, server: {zone: DMZ, assets: [RX]}, unidirectional: {from: OPS, to: DMZ}}
`);
const DAYS = daysFrom(MONDAY, 28);

/** Sent by the one that is called the server, and so many packets by the other. */
const sent = (client: string, server: string, back: number, days: readonly number[] = DAYS): Conversation => ({
  ...conversation(client, server, { transport: 'udp', port: 4000, service: 'roc-plus', direction: { by: 'port', confidence: 0.8 }, days }),
  packets: { toServer: back, toClient: 1000 }, bytes: { toServer: back * 60, toClient: 80_000 }, requests: back,
});
/** So that the sensor is known to hear both zones, and both directions. */
const others = [conversation(OTHER, TX, { port: 22, service: 'ssh' }), conversation(REPLICA, RX, { port: 22, service: 'ssh' })];

const failing = (conversations: readonly Conversation[]): Pick<Check, 'kind' | 'title' | 'reason'>[] =>
  verifySpec({ compared: contextOf(LOADED, observations([...others, ...conversations])), traffic: new Map(), before: null, attempts: [], probes: [], sensor: () => '' })
    .checks.filter(({ verdict }) => verdict === 'fail').map(({ kind, title, reason }) => ({ kind, title, reason }));

describe('datagrams from a port that is known for a service', () => {
  test('what the diode carries is alive, and no answer to anybody', () => {
    expect(failing([sent(RX, TX, 0)])).toEqual([]);
  });

  test('dead when it falls silent', () => {
    expect(failing([sent(RX, TX, 0, DAYS.slice(0, 20))])).toMatchObject([{ kind: 'diode', reason: expect.stringMatching(/^dead: silent/) }]);
  });

  test('what comes back is a leak all the same', () => {
    expect(failing([sent(RX, TX, 2)]).map(({ kind }) => kind).toSorted()).toEqual(['diode', 'prohibited']);
    expect(failing([sent(RX, TX, 2)])).toContainEqual(expect.objectContaining({ kind: 'diode', reason: expect.stringContaining('leaking: 2 packets came back') }));
  });

  test('of others, and against the diode, it is judged as before', () => {
    expect(failing([sent(RX, TX, 0), sent(REPLICA, OTHER, 0)])).toMatchObject([{ kind: 'prohibited', reason: expect.stringMatching(/^answered/) }]);
    expect(failing([sent(RX, TX, 0), sent(TX, RX, 0)]).map(({ kind }) => kind)).toContain('diode');
  });
});
