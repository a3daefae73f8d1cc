import { describe, expect, it } from 'vitest';
import { parseSpan, type AddressSpan } from '../../src/net/address-set.ts';
import { indexSpans } from '../../src/net/span-index.ts';

const span = (text: string): AddressSpan => {
  const parsed = parseSpan(text);
  if (parsed === null) throw new Error(text);
  return parsed;
};

describe('spans by what lies in them', () => {
  const texts = [
    '10.0.0.0/8', '10.20.0.0/16', '10.20.1.0/24', '10.20.1.10', '10.20.1.10-10.20.1.20', '10.20.1.15-10.20.1.40', '10.20.1.10',
    '192.168.0.0/16', 'fd00::/8', 'fd00::1', '00:1d:9c:20:01:10',
  ];
  const at = indexSpans(texts.map((text) => ({ span: span(text), value: text })));

  it('finds what a search through all of them finds, whatever overlaps', () => {
    // A small generator of its own: the same spans and addresses on every run.
    let seed = 7;
    const random = (limit: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * limit);
    };
    const spans = Array.from({ length: 500 }, (_, value) => {
      const first = BigInt(random(2000));
      return { span: { family: 'ipv4', first, last: first + BigInt(random(3) === 0 ? 0 : random(300)) } as const, value };
    });
    const lookUp = indexSpans(spans);
    for (let address = 0n; address < 2400n; address += 7n) {
      const searched = spans.filter((one) => one.span.first <= address && address <= one.span.last).map(({ value }) => value);
      expect([...lookUp({ family: 'ipv4', first: address, last: address })].sort((a, b) => a - b)).toEqual(searched);
    }
  });

  it('keeps families apart, and names what is listed twice twice', () => {
    expect(at(span('10.20.1.10'))).toEqual(['10.20.1.10', '10.20.1.10', '10.0.0.0/8', '10.20.0.0/16', '10.20.1.0/24', '10.20.1.10-10.20.1.20']);
    expect(at(span('fd00::1'))).toEqual(['fd00::1', 'fd00::/8']);
    expect(at(span('00:1d:9c:20:01:10'))).toEqual(['00:1d:9c:20:01:10']);
    expect(at(span('00:1d:9c:20:01:11'))).toEqual([]);
    expect(indexSpans([])(span('10.0.0.1'))).toEqual([]);
  });

  it('holds a network only where all of it lies within', () => {
    expect(at(span('10.20.1.0/24'))).toEqual(['10.0.0.0/8', '10.20.0.0/16', '10.20.1.0/24']);
    expect(at(span('10.0.0.0/7'))).toEqual([]);
  });
});
