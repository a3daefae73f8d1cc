/** Two plants in one store are two; parts of one are told, and what a plant has by itself is neither. */
import { describe, expect, it } from 'vitest';
import { proposeConduits } from '../../src/infer/conduits/conduits.ts';
import type { Proposal } from '../../src/infer/proposal.ts';
import { proposeZones } from '../../src/infer/zones.ts';
import { diffSpec } from '../../src/policy/diff/diff.ts';
import { updateSpec } from '../../src/policy/edit/update.ts';
import { pinsOf } from '../../src/policy/spec/pins.ts';
import { writeSpec } from '../../src/policy/spec/write.ts';
import { loadText } from '../policy/loaded-spec.ts';
import { mac, sketchPlant, vendorOf, type Host, type Sketch } from './plant-sketch.ts';
import { smallPlant } from './small-plant.ts';

interface Drawn {
  readonly hosts: readonly Host[];
  readonly sketches: readonly Sketch[];
}

/** Link addresses of its own: the fourth octet is the second of the network. */
const ownCards = ({ hosts, sketches }: Drawn, net: string): Drawn => ({ sketches, hosts: hosts.map((host) => ({ ...host, ...(host.mac === undefined ? {} : { mac: host.mac.replace(/^(.{9})../, `$1${net.split('.')[1]!.padStart(2, '0')}`) }) })) });

/** A small plant with a historian that three applications ask, and a switch that talks with nobody. */
const works = (net: string): Drawn => {
  const { hosts, sketches } = smallPlant(net);
  const historian = `${net}.12`;
  const applications = [13, 14, 15].map((host) => `${net}.${host}`);
  return ownCards({
    hosts: [...hosts, ...[historian, ...applications].map((address, at) => ({ address, mac: mac('virtual', 50 + at) })), { address: `${net}.2`, mac: mac('network', 60), facts: [['lldp.capability', 'bridge'] as const] }],
    sketches: [
      ...sketches, { client: historian, server: `${net}.10`, service: 'opcua', periodMs: 5000, operations: [['ReadRequest', 'read', 631]] },
      ...applications.map((client): Sketch => ({ client, server: historian, service: 'pi', periodMs: 60_000 })),
    ],
  }, net);
};
const inStore = (...drawn: readonly Drawn[]): ReturnType<typeof sketchPlant> => sketchPlant(drawn.flatMap(({ hosts }) => hosts), drawn.flatMap(({ sketches }) => sketches));
const propose = (set: ReturnType<typeof sketchPlant>, pins = {}): Proposal => proposeZones(set, { vendorOf, stabilityRuns: 0, ...pins });
const zonesOf = ({ zones }: Proposal): readonly string[] => zones.map(({ id, assets }) => `${id} ${[...new Set(assets.map((asset) => asset.split('.').slice(0, 3).join('.')))].join('+')}`);

const tie: Drawn = { hosts: [], sketches: [{ client: '10.1.0.12', server: '10.2.0.12', service: 'https' }] };

describe('two plants in one store', () => {
  const two = inStore(works('10.1.0'), works('10.2.0'));
  const proposal = propose(two);

  it('have zones of their own, with what was heard to talk with nobody', () => {
    const single = propose(inStore(works('10.1.0')));
    expect(single.apart).toBeNull();
    const kinds = ['ENG', 'NET', 'OPS', 'SIS', 'SUP'];
    expect(zonesOf(single)).toEqual(['Z-CELL-01 10.1.0', 'Z-CELL-02 10.1.0', 'Z-CELL-03 10.1.0', ...kinds.map((kind) => `Z-${kind} 10.1.0`)]);
    expect(zonesOf(proposal)).toEqual([
      ...['1', '2', '3'].map((cell) => `Z-CELL-0${cell} 10.1.0`), ...['4', '5', '6'].map((cell) => `Z-CELL-0${cell} 10.2.0`), ...kinds.flatMap((kind) => [`Z-${kind} 10.1.0`, `Z-${kind}-S2 10.2.0`]),
    ]);
    expect(proposal.zones.flatMap(({ id, name, kind, level }) => (id.startsWith('Z-OPS') ? [[name, kind, level]] : []))).toEqual([['Site operations', 'operations', 3], ['Site operations, site 2', 'operations', 3]]);
  });

  it('are told in a line', () => {
    expect(proposal.apart).toBe('Nothing that was heard leads from one of these to another: 10.1.0.10 with 28 others, 10.2.0.10 with 28 others. Each is taken for a plant, with zones of its own: plants belong into a store each; of parts of one plant, find out what joins them and where it can be heard.');
    expect(proposal.completeness.sentences).toContain(proposal.apart);
  });

  it('are one where anything leads from one to the other, but for the Internet', () => {
    expect(propose(inStore(works('10.1.0'), works('10.2.0'), tie)).apart).toBeNull();
    const time = ['10.1.0.12', '10.2.0.12'].map((client): Sketch => ({ client, server: '93.184.216.34', service: 'https' }));
    expect(propose(inStore(works('10.1.0'), works('10.2.0'), { hosts: [], sketches: time })).apart).toBe(proposal.apart);
  });

  it('are a spec that their diff has nothing to say of, and that an update leaves as it is', () => {
    const text = writeSpec(proposeConduits(two, proposal));
    const loaded = loadText(text);
    expect(diffSpec(loaded, two)).toEqual([]);
    expect(updateSpec(proposeConduits(two, propose(two, { pins: pinsOf(loaded, two.addresses) })), text, two).text).toBe(text);
  });

  it('the second stands beside a spec of the first', () => {
    const first = inStore(works('10.2.0'));
    const loaded = loadText(writeSpec(proposeConduits(first, propose(first))));
    const beside = zonesOf(propose(two, { pins: pinsOf(loaded, two.addresses) }));
    expect(beside.filter((zone) => zone.endsWith(' 10.2.0'))).toEqual(zonesOf(propose(first)));
    expect(beside.filter((zone) => !zone.endsWith(' 10.2.0'))).toEqual(['Z-CELL-04', 'Z-CELL-05', 'Z-CELL-06', 'Z-ENG-S2', 'Z-NET-S2', 'Z-OPS-S2', 'Z-SIS-S2', 'Z-SUP-S2'].map((zone) => `${zone} 10.1.0`));
  });

  it('stay together where a person has put both into one zone, and so does what is new', () => {
    const zones = ['ENG', 'NET', 'OPS', 'SIS', 'SUP'].map((kind) => `  - {zone_id: Z-${kind}, name: ${kind}, kind: ${{ ENG: 'engineering', NET: 'network', OPS: 'operations', SIS: 'safety', SUP: 'supervisory' }[kind]}, assets: [${proposal.zones.filter(({ id }) => id.startsWith(`Z-${kind}`)).flatMap(({ assets }) => assets).filter((asset) => asset !== '10.2.0.15').map((asset) => `{asset_id: "a${asset}", ip: ["${asset}"]}`).join(', ')}]}\n`);
    const again = propose(two, { pins: pinsOf(loadText(`spec_version: 1\nzones:\n${zones.join('')}conduits: []\n`), two.addresses) });
    expect(again.assets.find(({ id }) => id === '10.2.0.15')?.zone).toBe('Z-OPS');
    expect(again.apart).toContain('They share Z-ENG, Z-OPS, Z-SIS, Z-SUP all the same');
  });
});

describe('a part of one plant', () => {
  it('that has less than a plant has is told, and shares its zones', () => {
    const { apart, zones } = propose(inStore(works('10.1.0'), ownCards(smallPlant('10.2.0'), '10.2.0')));
    expect(apart).toContain('10.1.0.10 with 28 others, 10.2.0.10 with 24 others. They share Z-ENG, Z-SIS, Z-SUP all the same');
    expect(zones.map(({ id }) => id).filter((id) => id.includes('-S2'))).toEqual([]);
  });

  it('that is a cell, or office machines by themselves, is not even told', () => {
    const cell: Drawn = { hosts: [], sketches: [{ client: '10.2.0.1', server: '10.2.0.2', service: 'modbus', periodMs: 1000 }] };
    const office: Drawn = { hosts: [], sketches: [{ client: '10.3.0.1', server: '10.3.0.2', service: 'smb' }] };
    expect(propose(inStore(works('10.1.0'), cell, office)).apart).toBeNull();
  });
});
