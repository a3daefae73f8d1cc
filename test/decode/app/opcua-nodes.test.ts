/** Which nodes a request touches is told of all of them, whatever stands between them (OPC 10000-4 clause 5, OPC 10000-6 clause 5.2). */
import { describe, expect, it } from 'vitest';
import { OPCUA } from '../../../src/decode/app/opcua.ts';
import { TO_SERVER } from '../../../src/decode/app/protocol.ts';
import { createSink, createTold } from './capture-streams.ts';

const u16 = (value: number): number[] => [value & 255, value >> 8];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
const text = (value: string): number[] => [...u32(Buffer.byteLength(value)), ...Buffer.from(value)];
const NULL_TEXT = u32(-1);
const zeros = (octets: number): number[] => Array.from({ length: octets }, () => 0);
const TIME = [0x00, 0x80, 0x3e, 0xd5, 0xde, 0xb1, 0xd9, 0x01];
const GUID = [0x91, 0x2b, 0x96, 0x72, 0x75, 0xfa, 0xe6, 0x4a, 0x8d, 0x28, 0xb4, 0x04, 0xdc, 0x7d, 0xaf, 0x63];
const NO_EXTENSION = [0, 0, 0];
const HEADER = [0, 0, ...TIME, ...u32(7), ...u32(0), ...NULL_TEXT, ...u32(10_000), ...NO_EXTENSION];
const id = (number: number): number[] => [1, 2, ...u16(number)];
/** An ExtensionObject of type i=999 with a body of so many octets. */
const extension = (body: readonly number[]): number[] => [1, 0, ...u16(999), 1, ...u32(body.length), ...body];

/** Targets and facts of a request with this body, on a channel that is in clear. */
function told(service: number, body: readonly number[], header: readonly number[] = HEADER) {
  const all = createTold();
  const bytes = Uint8Array.from([...Buffer.from('MSGF'), ...u32(28 + header.length + body.length), ...u32(5), ...u32(1), ...u32(2), ...u32(2), 1, 0, ...u16(service), ...header, ...body]);
  OPCUA.read(bytes, new DataView(bytes.buffer), 0, bytes.length, TO_SERVER, { ...OPCUA.newMemory(), channel: 1 }, createSink(all));
  expect([...all.malformed]).toEqual([]);
  return { targets: [...all.targets.keys()], facts: [...all.facts[0].keys()] };
}

const valueId = (node: readonly number[]): number[] => [...node, ...u32(13), ...NULL_TEXT, ...u16(0), ...NULL_TEXT];
const read = (...nodes: readonly number[][]): number[] => [...zeros(8), ...u32(2), ...u32(nodes.length), ...nodes.flatMap(valueId)];

describe('a node is told by its id as the standard writes it (OPC 10000-6 clauses 5.2.2.9 and 5.3.1.10), and so is the one behind it', () => {
  it.each([
    ['two octets', [0, 72], 'i=72'],
    ['four octets', [1, 5, ...u16(1025)], 'ns=5;i=1025'],
    ['numeric', [2, ...u16(300), ...u32(70_000)], 'ns=300;i=70000'],
    ['String', [3, ...u16(1), ...text('Hot水')], 'ns=1;s=Hot水'],
    ['Guid', [4, ...u16(3), ...GUID], 'ns=3;g=72962b91-fa75-4ae6-8d28-b404dc7daf63'],
    ['opaque', [5, ...u16(4), ...u32(3), 0xab, 0, 1], 'ns=4;b=0xab0001'],
    ['expanded by the URI of its namespace', [0x81, 0, ...u16(9), ...text('urn:x')], 'i=9'],
    ['expanded by the index of its server', [0x41, 0, ...u16(9), ...u32(3)], 'i=9'],
    ['expanded by both', [0xc3, ...u16(0), ...text('T'), ...text('urn:x'), ...u32(3)], 's=T'],
  ])('%s', (_form, node, name) => {
    expect(told(631, read(node, id(1001))).targets).toEqual([name, 'ns=2;i=1001']);
    // As an authentication token too, before all of them.
    expect(told(631, read(id(1001)), [...node, ...HEADER.slice(2)]).targets).toEqual(['ns=2;i=1001']);
  });
});

describe('nodes are told, whatever the header of their request holds (OPC 10000-4 clause 7.33)', () => {
  const header = (audit: readonly number[], additional: readonly number[]): number[] => [0, 0, ...TIME, ...u32(7), ...u32(0x3ff), ...audit, ...u32(10_000), ...additional];
  it.each([
    ['an audit entry', header(text('by the shift'), NO_EXTENSION)],
    ['an additional header', header(NULL_TEXT, extension(TIME))],
    ['an additional header without a type', header(NULL_TEXT, [0, 0, 1, ...u32(3), 1, 2, 3])],
    ['an additional header without a body', header(NULL_TEXT, [1, 0, ...u16(999), 0])],
    ['both', header(text('by the shift'), extension(TIME))],
  ])('%s', (_what, octets) => expect(told(631, read(id(1001), id(1002)), octets).targets).toEqual(['ns=2;i=1001', 'ns=2;i=1002']));
});

const [A, B, OTHER] = [id(1001), id(1002), [3, ...u16(7), ...text('Other')]];
const NAMED = [...u16(1), ...text('Name')];

describe('both nodes of a request are told, whatever its elements hold besides', () => {
  it.each<[string, number, readonly number[], (node: readonly number[]) => number[]]>([
    ['Read', 631, [...zeros(8), ...u32(2)], (node) => [...node, ...u32(13), ...text('0:3'), ...NAMED]],
    ['CreateMonitoredItems', 751, [...u32(1), ...u32(2)], (node) => [...node, ...u32(13), ...text('0:3'), ...NAMED, ...u32(2), ...u32(1), ...zeros(8), ...extension(TIME), ...u32(10), 1]],
    ['HistoryRead', 664, [...extension(TIME), ...u32(2), 0], (node) => [...node, ...text('0:3'), ...NAMED, ...text('continued')]],
    ['Browse', 527, [...OTHER, ...TIME, ...u32(1), ...u32(100)], (node) => [...node, ...u32(0), ...OTHER, 1, ...u32(0), ...u32(63)]],
    ['TranslateBrowsePathsToNodeIds', 554, [], (node) => [...node, ...u32(2), ...OTHER, 0, 1, ...NAMED, 0, 33, 0, 1, ...NAMED]],
    ['RegisterNodes', 560, [], (node) => [...node]],
    ['UnregisterNodes', 566, [], (node) => [...node]],
    ['AddNodes, under a node, without an id of its own', 488, [], (node) => [...node, ...OTHER, 0, 0, ...NAMED, ...u32(1), ...extension(TIME), ...OTHER]],
    ['AddNodes, with an id of its own', 488, [], (node) => [...OTHER, 0, 35, ...node, ...NAMED, ...u32(1), ...extension(TIME), ...OTHER]],
    ['AddReferences', 494, [], (node) => [...node, 0, 35, 1, ...text('urn:x'), ...OTHER, ...u32(1)]],
    ['DeleteNodes', 500, [], (node) => [...node, 1]],
    ['DeleteReferences', 506, [], (node) => [...node, 0, 35, 1, ...OTHER, 1]],
    ['HistoryUpdate', 700, [], (node) => extension([...node, ...u32(1), ...TIME])],
  ])('%s', (_name, service, before, element) => {
    expect(told(service, [...before, ...u32(2), ...element(A), ...element(B)]).targets).toEqual(['ns=2;i=1001', 'ns=2;i=1002']);
  });

  it('Call: the object and the method of each', () => {
    const call = (object: readonly number[], ...values: readonly number[][]): number[] => [...object, ...OTHER, ...u32(values.length), ...values.flat()];
    expect(told(712, [...u32(2), ...call(A, [12, ...text('x')], [0]), ...call(B)]).targets).toEqual(['ns=2;i=1001', 'ns=7;s=Other', 'ns=2;i=1002']);
  });
});

describe('a value is stepped over, of whatever type (OPC 10000-6 clauses 5.1.2, 5.2.2.16)', () => {
  /** Boolean to Double, by type id. */
  const fixed = [1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8].map((octets, i) => [i + 1, zeros(octets)] as const);
  const diagnosis = [0x7f, ...zeros(16), ...text('info'), ...u32(0x80010000), 0x02, ...u32(3)];
  const types: readonly (readonly [number, readonly number[]])[] = [
    ...fixed,
    [12, text('text')],
    [13, TIME],
    [14, GUID],
    [15, text('octets')],
    [16, text('<x/>')],
    [17, OTHER],
    [18, [0x81, 0, ...u16(9), ...text('urn:x')]],
    [19, u32(0x80010000)],
    [20, NAMED],
    [21, [3, ...text('en'), ...text('word')]],
    [22, extension(TIME)],
    [23, [0x3f, 3, 7, ...u32(0), ...TIME, ...u16(1), ...TIME, ...u16(2)]],
    [25, diagnosis],
  ];
  const write = (value: readonly number[], mask = 1): number[] => [...u32(2), ...[A, B].flatMap((node) => [...node, ...u32(13), ...NULL_TEXT, mask, ...value])];
  const both = ['ns=2;i=1001', 'ns=2;i=1002'];

  it.each(types)('type %i: alone, as a list, as a matrix, and in a Variant', (type, value) => {
    expect(told(673, write([type, ...value])).targets).toEqual(both);
    expect(told(673, write([type | 0x80, ...u32(3), ...value, ...value, ...value])).targets).toEqual(both);
    expect(told(673, write([type | 0xc0, ...u32(2), ...value, ...value, ...u32(2), ...u32(1), ...u32(2)])).targets).toEqual(both);
    expect(told(673, write([24 | 0x80, ...u32(2), type, ...value, 0])).targets).toEqual(both);
  });

  it.each([0x00, 0x02, 0x04, 0x08, 0x10, 0x20, 0x3e])('a DataValue without a value, and with the fields of mask %i', (mask) => {
    const fields = [[0x02, 4], [0x04, 8], [0x10, 2], [0x08, 8], [0x20, 2]] as const;
    const octets = fields.reduce((sum, [bit, length]) => sum + ((mask & bit) === 0 ? 0 : length), 0);
    expect(told(673, write(zeros(octets), mask)).targets).toEqual(both);
  });
});

describe('who logs in how', () => {
  const activate = (type: number): number[] => [...NULL_TEXT, ...NULL_TEXT, ...u32(1), ...text('a'), ...text('b'), ...u32(1), ...text('en'), 1, 0, ...u16(type), 1, ...text('x'), ...NULL_TEXT, ...NULL_TEXT];
  it.each([[321, ['opcua.user-token=Anonymous']], [324, ['opcua.user-token=UserName']], [327, ['opcua.user-token=Certificate']], [940, ['opcua.user-token=Issued']], [999, []]])(
    'a token of type %i',
    (type, facts) => expect(told(467, activate(type)).facts.filter((fact) => fact.startsWith('opcua.user-token'))).toEqual(facts),
  );
});
