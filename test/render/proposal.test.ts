import { describe, expect, it } from 'vitest';
import { DEFAULT_CONDUIT_OPTIONS, proposeConduits } from '../../src/infer/conduits/conduits.ts';
import { proposeZones } from '../../src/infer/zones.ts';
import { proposalText } from '../../src/render/proposal.ts';
import { modbus, observations } from '../policy/observed.ts';

describe('a proposal as text', () => {
  it('names the asset whose placement moved', () => {
    const set = observations([modbus('10.3.0.1', '10.1.0.1')]);
    const zones = proposeZones(set);
    const moved = { ...zones, stability: { runs: 1, moving: [{ asset: 'PLC-7', stability: 0, sentence: 'kept its company in 0 of 1 resampled run: decide by hand' }] } };
    const text = [...proposalText(moved, proposeConduits(set, zones, DEFAULT_CONDUIT_OPTIONS), [], { width: null, colour: false })].join('');
    expect(text).toContain('  - PLC-7: kept its company in 0 of 1 resampled run: decide by hand\n');
  });
});
