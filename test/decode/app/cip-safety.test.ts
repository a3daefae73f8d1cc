/** CIP Safety in explicit messages: a Forward_Open whose path has a safety network segment, and objects that only safety devices have. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safetyOf } from '../../../src/decode/app/cip-safety.ts';
import { describeCip } from '../../../src/decode/app/cip-services.ts';
import { ENIP } from '../../../src/decode/app/enip-cip.ts';
import { TO_SERVER } from '../../../src/decode/app/protocol.ts';
import { createSink, createTold } from './capture-streams.ts';

const KEY = [0x34, 4, 1, 0, 0, 0, 0, 0, 0, 0];
const ASSEMBLIES = [0x20, 4, 0x24, 1, 0x2c, 2, 0x2c, 3];
/** Of the target format: format, reserved, and 52 octets of identifiers, times and checks. */
const SAFETY = [0x50, 27, 0, 0, ...Array.from({ length: 52 }, (_, i) => i)];
const PORTS = [[1, 0], [0x12, 11, ...Array.from({ length: 11 }, () => 0x31), 0], [0x0f, 5, 1, 0]];

/** Forward_Open or its large form, as a request to the Connection Manager. */
const forwardOpen = (path: readonly number[], large = false): number[] =>
  [large ? 0x5b : 0x54, 2, 0x20, 6, 0x24, 1, ...Array.from({ length: large ? 39 : 35 }, () => 0x50), path.length / 2, ...path];

/** SendRRData with one unconnected item. */
const packet = (cip: readonly number[]): Uint8Array => {
  const word = (value: number): number[] => [value & 0xff, value >> 8];
  const data = [0, 0, 0, 0, 0, 0, ...word(2), 0, 0, 0, 0, 0xb2, 0, ...word(cip.length), ...cip];
  return Uint8Array.from([0x6f, 0, ...word(data.length), 1, 0, 0, 0, ...Array.from({ length: 16 }, () => 0), ...data]);
};

const factsOf = (cip: readonly number[]): string[] => {
  const told = createTold();
  const bytes = packet(cip);
  told.direction = TO_SERVER;
  expect(ENIP.read(bytes, new DataView(bytes.buffer), 0, bytes.length, TO_SERVER, ENIP.newMemory(), createSink(told))).toBe(bytes.length);
  expect([...told.malformed]).toEqual([]);
  return [...told.facts[TO_SERVER].keys()];
};

describe('a connection', () => {
  it.each<[string, number[]]>([['first', [...SAFETY, ...ASSEMBLIES]], ['behind the key', [...KEY, ...ASSEMBLIES, ...SAFETY]], ...PORTS.map((port) => [`behind port ${port.join(' ')}`, [...port, ...KEY, ...ASSEMBLIES, ...SAFETY]] as [string, number[]])])('whose path has the segment %s is one of CIP Safety', (_, path) => {
    expect(factsOf(forwardOpen(path))).toEqual(['cip.safety=connection']);
    expect(factsOf(forwardOpen(path, true))).toEqual(['cip.safety=connection']);
  });

  it('without it is none: 0x50 may stand in a key, an address, and a production inhibit time', () => {
    for (const path of [ASSEMBLIES, [...KEY.slice(0, 8), 0x50, 1, ...ASSEMBLIES], [1, 0x50, 0x43, 0x50, ...ASSEMBLIES], [0x80, 2, 0x50, 27, 0, 0, ...ASSEMBLIES]]) expect(factsOf(forwardOpen(path))).toEqual([]);
  });

  it('a segment that is cut short, or of no known format, is none', () => {
    expect(factsOf(forwardOpen(SAFETY.slice(0, 20)))).toEqual([]);
    expect(factsOf(forwardOpen([0x50, 27, 9, ...SAFETY.slice(3)]))).toEqual([]);
  });

  it('inside Unconnected_Send, as through a backplane, is told as well', () => {
    const inner = forwardOpen([...SAFETY, ...ASSEMBLIES]);
    expect(factsOf([0x52, 2, 0x20, 6, 0x24, 1, 7, 0xf9, inner.length & 0xff, inner.length >> 8, ...inner, 1, 0, 1, 0])).toEqual(['cip.safety=connection']);
  });
});

it('objects of safety devices are told, and what is asked of them', () => {
  expect(factsOf([0x0e, 3, 0x20, 0x39, 0x24, 1, 0x30, 11])).toEqual(['cip.safety=Safety Supervisor']);
  expect(factsOf([0x4b, 2, 0x20, 0x3a, 0x24, 1])).toEqual(['cip.safety=Safety Validator']);
  expect([0x3954, 0x394f, 0x394e, 0x3a4b].map((code) => Object.values(describeCip(code)).join(' '))).toEqual(['Safety_Reset control', 'Configure_Request program', 'Perform_Diagnostics diagnose', 'Reset_Error control']);
});

it('every prefix and any octets: no exception, nothing read behind the end', () => {
  const whole = Uint8Array.from(forwardOpen([...KEY, ...SAFETY]));
  for (let to = 6; to < whole.length; to++) expect(safetyOf(whole, 6, to, 6, 0x54)).toBe('');
  fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (bytes, large) => {
    expect(['', 'connection']).toContain(safetyOf(bytes, 0, bytes.length, 6, large ? 0x5b : 0x54));
  }));
});
