/** What a mirror port that sends one direction leaves: who is there and what it does, and what then is no certainty. */
import { describe, expect, it } from 'vitest';
import type { Proposal } from '../../src/infer/proposal.ts';
import type { Conversation, ObservationSet } from '../../src/observation.ts';
import { type Host, mac, type Sketch, sketchPlant } from './plant-sketch.ts';
import { assetAt, HOSTS, proposalOf, SKETCHES } from './small-plant.ts';

const heardAs = (hosts: readonly Host[], sketches: readonly Sketch[], hear: (one: Conversation) => Conversation): ObservationSet => {
  const set = sketchPlant(hosts, sketches);
  const conversations = set.conversations.map(hear);
  const senders = new Set(conversations.flatMap(({ client, server, packets }) => [...(packets.toServer > 0 ? [client] : []), ...(packets.toClient > 0 ? [server] : [])]));
  return { ...set, conversations, addresses: set.addresses.filter(({ address }) => senders.has(address)) };
};
const askedAlone = (one: Conversation): Conversation => ({ ...one, packets: { ...one.packets, toClient: 0 }, bytes: { ...one.bytes, toClient: 0 }, answeredSessions: 0, rttMs: null, operations: one.operations.map((operation) => ({ ...operation, responses: 0 })) });
const answersAlone = (one: Conversation): Conversation => ({ ...one, packets: { ...one.packets, toServer: 0 }, bytes: { ...one.bytes, toServer: 0 }, requests: 0, rhythm: [], operations: one.operations.map((operation) => ({ ...operation, requests: 0, rhythm: [], ranges: [] })) });

describe('heard from who asks alone', () => {
  it('who is sent data over TCP has answered: every device is there and is what it is, and nothing is set aside', () => {
    const whole = proposalOf(sketchPlant(HOSTS, SKETCHES));
    const half = proposalOf(heardAs(HOSTS, SKETCHES, askedAlone));
    expect(half.pseudo).toEqual([]);
    expect(half.dropped.filter(({ why }) => why === 'unanswered')).toEqual([]);
    const rolesOf = (proposal: Proposal): string[] => proposal.assets.map(({ addresses, role }) => `${addresses[0]} ${role}`);
    expect(rolesOf(half)).toEqual(rolesOf(whole));
  });

  it('its silence over UDP says nothing then', () => {
    const [directory, ...members] = ['10.1.0.70', '10.1.0.10', '10.1.0.11', '10.1.0.21'];
    const logons = members.flatMap((client): Sketch[] => [{ client, server: directory, service: 'kerberos', perDay: 5 }, { client, server: directory, service: 'dns', perDay: 60 }]);
    const proposal = proposalOf(heardAs([...HOSTS, { address: directory, mac: mac('virtual', 70) }], [...SKETCHES, ...logons], askedAlone));
    expect(assetAt(proposal, directory).role).toBe('infrastructure');
    expect(proposal.dropped.filter(({ why }) => why === 'unanswered')).toEqual([]);
  });

  it('whom nobody heard, and who is asked by datagrams alone, is there as far as its clients know: where both directions are heard it is not', () => {
    const clock = '10.1.0.90';
    const plant: [readonly Host[], Sketch[]] = [HOSTS, [...SKETCHES, ...['10.1.0.10', '10.1.0.11', '10.1.0.21'].map((client): Sketch => ({ client, server: clock, service: 'ntp', transport: 'udp', port: 123, perDay: 20 }))]];
    const half = proposalOf(heardAs(...plant, askedAlone));
    expect(assetAt(half, clock)).toMatchObject({ role: 'infrastructure', confidence: 0.75, against: [{ rule: 'only-asked' }] });
    expect(half.dropped.filter(({ why }) => why === 'unanswered')).toEqual([]);
    const whole = proposalOf(heardAs(...plant, (one) => (one.server === clock ? askedAlone(one) : one)));
    expect(whole.pseudo.map(({ address }) => address)).toEqual([clock]);
    expect(whole.dropped.filter(({ why }) => why === 'unanswered')).toHaveLength(3);
  });

  it('a sweep by datagrams tells nobody: who is asked once a day is there as little as with both directions', () => {
    const asked = Array.from({ length: 50 }, (_, index) => `10.1.9.${index + 1}`);
    const ask = (perDay: number): Proposal => proposalOf(heardAs(HOSTS, [...SKETCHES, ...asked.map((server): Sketch => ({ client: '10.1.0.131', server, service: 'snmp', transport: 'udp', port: 161, perDay }))], askedAlone));
    const swept = ask(1);
    expect(swept.pseudo.map(({ address }) => address)).toEqual(asked);
    expect(swept.assets).toHaveLength(HOSTS.length);
    // Who watches devices asks again and again.
    expect(ask(288).assets).toHaveLength(HOSTS.length + asked.length);
  });

  it('a first packet tells no server: it may be an answer', () => {
    const stray: Sketch = { client: '10.1.0.131', server: '10.1.0.250', service: '', port: 51_000 };
    const proposal = proposalOf(heardAs(HOSTS, [...SKETCHES, stray], (one) => (one.server === stray.server ? { ...askedAlone(one), direction: { by: 'first-packet', confidence: 0.5 } } : one)));
    expect(proposal.pseudo.map(({ address }) => address)).toEqual([stray.server]);
  });
});

describe('what was not heard is no certainty', () => {
  it('of a device of which only the answers were heard', () => {
    const proposal = proposalOf(heardAs(HOSTS, SKETCHES, answersAlone));
    const controllers = proposal.assets.filter(({ role }) => role === 'plc' || role === 'io');
    expect(controllers.length).toBeGreaterThan(0);
    for (const { confidence, against } of controllers) {
      expect(confidence).toBeLessThanOrEqual(0.75);
      expect(against[0]).toMatchObject({ rule: 'pace-unheard' });
    }
  });

  it('of two devices that exchange implicit I/O with each other alone', () => {
    const pair = ['10.1.0.71', '10.1.0.72'];
    const exchange: Sketch = { client: pair[0], server: pair[1], service: 'enip-io', transport: 'udp', port: 2222, periodMs: 20 };
    const set = heardAs([...HOSTS, ...pair.map((address, index): Host => ({ address, mac: mac('controller', 71 + index) }))], [...SKETCHES, exchange], (one) => (one.port === 2222 ? { ...one, direction: { by: 'first-packet', confidence: 0.5 } } : one));
    for (const address of pair) expect(assetAt(proposalOf(set), address)).toMatchObject({ confidence: 0.75, against: [{ rule: 'leaderless-io' }] });
    const asked: Sketch = { client: '10.1.0.10', server: pair[0], service: 'modbus', periodMs: 1000 };
    const led = sketchPlant([...HOSTS, ...pair.map((address, index): Host => ({ address, mac: mac('controller', 71 + index) }))], [...SKETCHES, exchange, asked]);
    expect(pair.map((address) => assetAt(proposalOf(led), address).role)).toEqual(['plc', 'io']);
  });

  it('of a device that one controller asks in a protocol that nobody reads: it may be a controller or a standby', () => {
    const devices = ['10.1.0.74', '10.1.0.75', '10.1.0.76'];
    const drives = devices.map((server): Sketch => ({ client: '10.1.0.131', server, service: '', transport: 'udp', port: 5001, periodMs: 200 }));
    const proposal = proposalOf(sketchPlant([...HOSTS, ...devices.map((address, index): Host => ({ address, mac: mac('controller', 74 + index) }))], [...SKETCHES, ...drives]));
    for (const address of devices) expect(assetAt(proposal, address)).toMatchObject({ role: 'io', confidence: 0.75, against: [{ rule: 'unread-io' }] });
  });

  it('of a controller\'s card that alone asks several devices, and writes to them: it may be their controller', () => {
    const [lone, ...devices] = ['10.1.0.77', '10.1.0.78', '10.1.0.79', '10.1.0.80'];
    const operates = devices.map((server): Sketch => ({ client: lone, server, service: 'modbus', periodMs: 2000, operations: [['Read Holding Registers', 'read', 3], ['Write Single Register', 'write', 6]] }));
    const hosts = [lone, ...devices].map((address, index): Host => ({ address, mac: mac('controller', 77 + index) }));
    expect(assetAt(proposalOf(sketchPlant([...HOSTS, ...hosts], [...SKETCHES, ...operates])), lone)).toMatchObject({ role: 'hmi', confidence: 0.75, against: [{ rule: 'may-drive' }] });
    const shared = devices.map((server): Sketch => ({ client: '10.1.0.10', server, service: 'modbus', periodMs: 2000 }));
    expect(assetAt(proposalOf(sketchPlant([...HOSTS, ...hosts], [...SKETCHES, ...operates, ...shared])), lone).against.map(({ rule }) => rule)).not.toContain('may-drive');
  });

  it('of a computer of the plant that takes video and at which nobody was heard to look: it may be an operator\'s screen', () => {
    const [directory, viewer, ...cameras] = ['10.1.0.70', '10.1.0.82', '10.1.0.83', '10.1.0.84'];
    const logons = ['10.1.0.10', '10.1.0.11', '10.1.0.21', viewer].flatMap((client): Sketch[] => [{ client, server: directory, service: 'kerberos', perDay: 5 }, { client, server: directory, service: 'dns', perDay: 60 }]);
    const watches = cameras.map((server): Sketch => ({ client: viewer, server, service: 'rtsp', port: 554, perDay: 8 }));
    const proposal = proposalOf(sketchPlant([...HOSTS, { address: directory, mac: mac('virtual', 70) }, { address: viewer, mac: mac('pc', 82) }, ...cameras.map((address): Host => ({ address }))], [...SKETCHES, ...logons, ...watches]));
    const told = assetAt(proposal, viewer);
    expect(told.confidence).toBeLessThanOrEqual(0.75);
    expect(told.against[0]).toMatchObject({ rule: 'records-or-watches' });
  });

  it('of a controller\'s card that asks and was not seen to write: it may be a controller, whose clients were not heard', () => {
    const lone: Host = { address: '10.1.0.73', mac: mac('controller', 73) };
    const looks: Sketch = { client: lone.address, server: '10.1.0.131', service: 'modbus', periodMs: 1000 };
    const told = assetAt(proposalOf(sketchPlant([...HOSTS, lone], [...SKETCHES, looks])), lone.address);
    expect(told).toMatchObject({ role: 'hmi', against: [{ rule: 'answers-unheard' }] });
    expect(told.confidence).toBeLessThanOrEqual(0.75);
    const writes: Sketch = { ...looks, operations: [['Read Holding Registers', 'read', 3], ['Write Single Register', 'write', 6]] };
    expect(assetAt(proposalOf(sketchPlant([...HOSTS, lone], [...SKETCHES, writes])), lone.address).confidence).toBeGreaterThan(0.9);
  });
});
