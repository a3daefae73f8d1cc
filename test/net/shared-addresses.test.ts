import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findSharedAddresses, type Sender } from '../../src/net/shared-addresses.ts';

const from = (address: string, mac: string, firstNs = 0, lastNs = 100): Sender => ({ address, mac, firstNs: BigInt(firstNs), lastNs: BigInt(lastNs) });
const CONTROLLER = '192.168.0.1';
const PANEL = '192.168.0.2';
const TALK = [[PANEL, CONTROLLER]] as const;
const machine = (number: number): Sender[] => [from(CONTROLLER, `00:00:01:00:00:0${number}`), from(PANEL, `00:00:02:00:00:0${number}`)];

describe('addresses that several network cards use at once', () => {
  it('are those of machines with one address plan', () => {
    expect([...findSharedAddresses([...machine(1), ...machine(2), ...machine(3)], TALK)]).toEqual([[CONTROLLER, 3], [PANEL, 3]]);
  });

  it.each([
    ['one device for each', machine(1), TALK],
    ['one address alone, as of a redundant pair', [...machine(1), from(CONTROLLER, '00:00:01:00:00:09')], TALK],
    ['a device that was replaced, and its panel with it', [from(CONTROLLER, '00:00:01:00:00:01', 0, 50), from(CONTROLLER, '00:00:01:00:00:02', 50, 100), from(PANEL, '00:00:02:00:00:01', 0, 40), from(PANEL, '00:00:02:00:00:02', 60, 100)], TALK],
    ['a card that speaks for both, as a router does', [...machine(1), from(CONTROLLER, '00:00:04:00:00:01'), from(PANEL, '00:00:04:00:00:01')], TALK],
    ['two that never talk with each other', [...machine(1), ...machine(2)], []],
  ])('but not %s', (_what, senders, talks) => {
    expect(findSharedAddresses(senders, talks).size).toBe(0);
  });

  it('are counted as comparing each pair of cards counts them', () => {
    const instant = fc.integer({ min: 0, max: 8 });
    fc.assert(fc.property(fc.array(fc.tuple(instant, instant), { maxLength: 8 }), (spans) => {
      const cards = spans.map(([one, other], index) => from(CONTROLLER, `card ${index}`, Math.min(one, other), Math.max(one, other)));
      const atOnce = cards.filter((card) => cards.some((other) => other !== card && card.firstNs < other.lastNs && other.firstNs < card.lastNs)).length;
      const panels = [from(PANEL, 'panel 1'), from(PANEL, 'panel 2')];
      expect(findSharedAddresses([...cards, ...panels], TALK).get(CONTROLLER)).toBe(atOnce > 1 ? atOnce : undefined);
    }), { numRuns: 1000 });
  });
});
