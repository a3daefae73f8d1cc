/**
 * A session joined midstream between two nameless ports: who is the client is a guess, which the spec may correct. From frames to
 * findings, because the store must keep the port that the guess left out.
 */
import { describe, expect, test } from 'vitest';
import { hex } from '../../../samples/gen/frames.ts';
import { SIMULATED_TARGETS } from '../../../src/export/simulated-target.ts';
import type { ObservationSet } from '../../../src/observation.ts';
import { diffReport, diffSpec } from '../../../src/policy/diff/diff.ts';
import { contextOf } from '../../../src/policy/diff/context.ts';
import { simulate } from '../../../src/policy/simulate.ts';
import { parseSpec, type LoadedSpec } from '../../../src/policy/spec/load.ts';
import { heard, wireSession } from '../../flow/wire-session.ts';

const PANEL = '10.0.1.2';
const SCADA = '10.0.9.1';
/** Of who opens and of who listens: the lower one is the better guess for a server's, and wrong here. */
const PORTS = { panel: 50_598, scada: 57_721 };

function session(begin: (talk: ReturnType<typeof wireSession>) => void = () => {}): Promise<ObservationSet> {
  const talk = wireSession({ ip: PANEL, port: PORTS.panel, mac: '02:00:00:00:00:02' }, { ip: SCADA, port: PORTS.scada, mac: '02:00:00:00:00:09' });
  begin(talk);
  for (let i = 0; i < 5; i++) {
    talk.opener(hex('99 88 77'));
    talk.dialled(hex('66 55 44'));
  }
  return heard(talk.frames);
}

function declaring(permits: string): LoadedSpec {
  const { loaded, problems } = parseSpec(`zones:
  - {zone_id: CELL, name: Cell, assets: [{asset_id: PANEL, ip: [${PANEL}]}]}
  - {zone_id: SUP, name: Supervisory, assets: [{asset_id: SCADA, ip: [${SCADA}]}]}
conduits:
  - conduit_id: C1
    connects: [CELL, SUP]
    protocols_allowed:
${permits}`, 'guessed.yaml');
  if (loaded === null) throw new Error(problems.map(({ message }) => message).join('\n'));
  return loaded;
}

const permit = (client: string, server: string, port: number, rest = ''): string =>
  `      - {rule_id: P-${port}, protocol: tcp/${port}, transport: tcp, port: ${port}, client: {zone: ${client}}, server: {zone: ${server}}${rest}}\n`;

const DECLARED = declaring(permit('CELL', 'SUP', PORTS.scada));

const judged = (spec: LoadedSpec, set: ObservationSet): readonly string[] => diffSpec(spec, set).map(({ type }) => type).filter((type) => !['insufficient-evidence', 'unused-permit'].includes(type));

describe('a session joined midstream', () => {
  test('is guessed, and the port that the guess leaves out is kept', async () => {
    const [{ client, port, direction, facts }, ...others] = (await session()).conversations;
    expect(others).toEqual([]);
    expect({ client, port, by: direction.by, facts }).toEqual({ client: SCADA, port: PORTS.panel, by: 'port', facts: [{ name: 'direction.client-port', value: String(PORTS.scada), toServer: 1, toClient: 0 }] });
  });

  test('is the other way round where that is declared, for diff and for what a firewall would do', async () => {
    const set = await session();
    const report = diffReport(contextOf(DECLARED, set));
    expect(report.counts).toMatchObject({ judged: 1, permitted: 1 });
    expect(judged(DECLARED, set)).toEqual([]);
    expect(simulate(contextOf(DECLARED, set), SIMULATED_TARGETS[0])).toMatchObject({ blocked: [], counts: { judged: 1, passed: 1 } });
  });

  test('stays as guessed where that is declared, or where nothing fits either way', async () => {
    const set = await session();
    expect(judged(declaring(permit('SUP', 'CELL', PORTS.panel)), set)).toEqual([]);
    expect(judged(declaring(permit('CELL', 'SUP', PORTS.panel)), set)).toEqual(['wrong-direction']);
    expect(judged(declaring(permit('SUP', 'CELL', PORTS.scada)), set)).toEqual(['undeclared-conversation']);
  });

  test('is told where somebody rejected it the other way round', async () => {
    expect(judged(declaring(permit('CELL', 'SUP', PORTS.scada, ', decision: rejected')), await session())).toEqual(['undeclared-conversation']);
  });
});

test('who was heard to dial is never turned, and a port that says who serves leaves nothing to tell', async () => {
  const set = await session((talk) => talk.open());
  expect(set.conversations[0]).toMatchObject({ client: PANEL, facts: [] });
  expect(judged(declaring(permit('SUP', 'CELL', PORTS.panel)), set)).not.toEqual([]);
});
