import { describe, expect, it } from 'vitest';
import { proposeConduits } from '../../../src/infer/conduits/conduits.ts';
import type { SetAsideEntry } from '../../../src/infer/conduits/set-aside.ts';
import type { Conversation } from '../../../src/observation.ts';
import { diffSpec } from '../../../src/policy/diff/diff.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import { writeSpec } from '../../../src/policy/spec/write.ts';
import { conversation, modbus, MONDAY, namedOperation, observations } from '../../policy/observed.ts';
import { mac, sketchPlant, type Sketch } from '../plant-sketch.ts';
import { HOSTS, proposalOf, SKETCHES } from '../small-plant.ts';
import { PLAN } from './plan-fixture.ts';

const OFFICE = '10.8.0.1';

/** What the scan filter took for a scan, of an observed plant in which a historian asks for values. */
const proposeWith = (scan: readonly Conversation[], why = 'scan'): readonly SetAsideEntry[] => {
  const set = observations([modbus('10.4.0.1', '10.1.0.1'), ...scan]);
  return proposeConduits(set, { ...PLAN, dropped: scan.map((_, i) => ({ conversation: i + 2, why })) }).setAside;
};

const knock = (server: string, answered: boolean): Conversation => ({ ...conversation(OFFICE, server, { port: 80, service: '', answered, days: [MONDAY + 2] }), requests: Number(answered) });

describe('what inference dropped', () => {
  it('is set aside by name', () => {
    expect(proposeWith([1, 2, 3, 4].map((host) => knock(`10.1.0.${host}`, false)))).toMatchObject([
      { client: OFFICE, servers: ['10.1.0.1-10.1.0.4'], ports: ['80'], conversations: 4, reason: 'sweep over many targets', question: null },
    ]);
  });

  it.each(['scan', 'port-scan'])('asks about a scan that a safety device answered, and of no other (%s)', (why) => {
    const own = proposeWith([knock('10.1.0.1', true), knock('10.1.0.2', false), knock('10.6.0.1', true)], why);
    expect(own.filter(({ question }) => question === null)).toMatchObject([{ servers: ['10.1.0.1-10.1.0.2'] }]);
    expect(own.filter(({ question }) => question !== null)).toMatchObject([
      { servers: ['10.6.0.1'], reason: 'scan that a safety device answered', conversations: 1, question: expect.stringMatching(/ZCR 3\.3.*Seen on 2026-01-07\.$/) as string },
    ]);
    expect(proposeWith([knock('10.6.0.1', false)], why)).toMatchObject([{ question: null }]);
  });

  it('asks about a scan in which something was written, or programmed, wherever that was', () => {
    const looked = conversation(OFFICE, '10.1.0.1', { days: [MONDAY], operations: [namedOperation('modbus', 43, 'Encapsulated Interface Transport', 'browse', [MONDAY])] });
    const wrote = conversation(OFFICE, '10.1.0.2', { days: [MONDAY], operations: [namedOperation('modbus', 6, 'Write Single Register', 'write', [MONDAY])] });
    expect(proposeWith([looked, wrote])).toMatchObject([
      { servers: ['10.1.0.2'], reason: 'scan that wrote to a device, or engineered it', question: expect.stringMatching(/^who.*Seen on 2026-01-05\.$/) as string },
      { servers: ['10.1.0.1'], reason: 'sweep over many targets', question: null },
    ]);
  });

  it('of a whole plant: the sweep of an office computer is one question where safety answered it, and no finding of diff meanwhile', () => {
    const office = '10.9.0.7';
    const sweep = HOSTS.map(({ address }): Sketch => ({ client: office, server: address, service: 'https', days: [6], perDay: 1 }));
    const set = sketchPlant([...HOSTS, { address: office, mac: mac('pc', 99) }], [...SKETCHES, ...sweep]);
    const proposal = proposeConduits(set, proposalOf(set));
    expect(proposal.setAside.flatMap(({ client, servers, question }) => (question === null ? [] : [[client, servers.join()]]))).toEqual([[office, '10.1.0.20/31']]);
    const { loaded } = parseSpec(writeSpec(proposal), 'spec.yaml');
    expect(loaded === null ? null : diffSpec(loaded, set)).toEqual([]);
  });
});
