/**
 * Modbus requests in nftables: raw payload matches that hold function code, unit, and first and last data address,
 * and only for segments that are exactly one whole request. In: a Permit and names. Out: chain and set texts.
 *
 * Why lengths are compared three ways (IP length, TCP header length, MBAP length): a match on the function code alone
 * is passed by a read with a write behind it in one segment (tried: the write reached the controller). Needs Linux 5.16 and nft 1.0.1
 * (`@ih`); tried with nft 1.0.6. Left out on purpose: reassembly, so clients
 * that split or pipeline their requests are slowed down or blocked.
 */
import { spanText } from '../../net/register-set.ts';
import type { Permit } from '../../permit.ts';
import { functionsOf, spansOf } from '../modbus/scope.ts';
import { shapeOf, type AddressField, type RequestShape } from '../modbus/shape.ts';

/** IPv4 header without options; TCP data offsets that exist. */
const IPV4_HEADER = 20;
const TCP_OFFSETS = Array.from({ length: 11 }, (_, index) => index + 5);
const MBAP_BEFORE_LENGTH_COUNTS = 6;

export const setBlock = (name: string, type: string, flags: string, elements: readonly string[]): string[] => {
  const lines = [`\tset ${name} {`, `\t\t${type}`];
  if (flags !== '') lines.push(`\t\tflags ${flags}`);
  lines.push('\t\telements = {');
  for (let at = 0; at < elements.length; at += 8)
    lines.push(`\t\t\t${elements.slice(at, at + 8).join(', ')}${at + 8 < elements.length ? ',' : ''}`);
  return [...lines, '\t\t}', '\t}'];
};

/** Sets that say "this segment is exactly one request", for the lengths the given function codes can have. */
export const wholeRequestSets = (functionCodes: readonly number[]): string[] => {
  const lengths = new Set(functionCodes.flatMap((code) => shapeOf(code).lengths.map((term) => term.length)));
  const sorted = [...lengths].sort((a, b) => a - b);
  const elements = (header: number): string[] =>
    sorted.flatMap((length) =>
      TCP_OFFSETS.map((offset) => `${header + 4 * offset + MBAP_BEFORE_LENGTH_COUNTS + length} . ${offset} . ${length}`),
    );
  return [
    ...setBlock('mb-whole4', 'typeof ip length . tcp doff . @ih,32,16', '', elements(IPV4_HEADER)),
    ...setBlock('mb-whole6', 'typeof ip6 length . tcp doff . @ih,32,16', '', elements(0)),
  ];
};

const spanElements = (field: AddressField, spans: readonly { first: number; last: number }[]): string[] =>
  Array.from({ length: field.maxQuantity }, (_, index) => index + 1).flatMap((quantity) =>
    spans
      .filter((span) => span.last - span.first + 1 >= quantity)
      .map(({ first, last }) => `${spanText({ first, last: last - quantity + 1 })} . ${quantity}`),
  );

const numbersText = (numbers: readonly number[]): string =>
  numbers.length === 1 ? `${numbers[0]}` : `{ ${numbers.join(', ')} }`;

interface Built {
  readonly sets: string[];
  readonly rules: string[];
}

/** Matches for the length, quantity and byte count of a shape; large ones go into a set shared by function code. */
const lengthMatch = (code: number, shape: RequestShape): { match: string; set: string[] } => {
  const [only] = shape.lengths;
  if (shape.lengths.length === 1 && only !== undefined) return { match: `@ih,32,16 ${only.length}`, set: [] };
  if (shape.byteCountBit === null) return { match: '', set: [] };
  const fields = ['@ih,32,16'];
  if (shape.quantityBit !== null) fields.push(`@ih,${shape.quantityBit},16`);
  fields.push(`@ih,${shape.byteCountBit},8`);
  const elements = shape.lengths.map((term) => {
    const parts = [`${term.length}`];
    if (term.quantity !== null) parts.push(spanText(term.quantity));
    parts.push(`${term.byteCount ?? 0}`);
    return parts.join(' . ');
  });
  const name = `mb-fc${code}`;
  return { match: `${fields.join(' . ')} @${name}`, set: setBlock(name, `typeof ${fields.join(' . ')}`, 'interval', elements) };
};

/** Function codes that can share one rule: same shape, same spans. */
const groups = (permit: Permit): { codes: number[]; shape: RequestShape; spans: Map<AddressField, readonly { first: number; last: number }[]> }[] => {
  const byKey = new Map<string, { codes: number[]; shape: RequestShape; spans: Map<AddressField, readonly { first: number; last: number }[]> }>();
  for (const code of functionsOf(permit)) {
    const shape = shapeOf(code);
    const spans = new Map(
      shape.addresses.flatMap((field) => {
        const bound = spansOf(permit, code, field.access);
        return bound === null ? [] : [[field, bound] as const];
      }),
    );
    const spanKey = [...spans].map(([field, list]) => `${field.startBit}/${list.map((span) => `${span.first}-${span.last}`).join()}`);
    const lengthKey = shape.byteCountBit === null ? JSON.stringify([shape.lengths, shape.addresses, shape.fixed]) : `own ${code}`;
    const key = `${lengthKey} ${spanKey.join(' ')}`;
    const group = byKey.get(key);
    if (group === undefined) byKey.set(key, { codes: [code], shape, spans });
    else group.codes.push(code);
  }
  return [...byKey.values()];
};

const addressMatches = (name: string, group: ReturnType<typeof groups>[number], at: number): { matches: string[]; sets: string[] } => {
  const matches: string[] = [];
  const sets: string[] = [];
  for (const [field, spans] of group.spans) {
    if (field.quantityBit === null) {
      const texts = spans.map(spanText);
      matches.push(`@ih,${field.startBit},16 ${texts.length === 1 ? texts[0] : `{ ${texts.join(', ')} }`}`);
      continue;
    }
    const setName = `${name}/${field.access}${at}`;
    const fields = `@ih,${field.startBit},16 . @ih,${field.quantityBit},16`;
    sets.push(...setBlock(setName, `typeof ${fields}`, 'interval', spanElements(field, spans)));
    matches.push(`${fields} @${setName}`);
  }
  return { matches, sets };
};

/** `shared` collects the sets that several Permits use, by name. */
export const modbusChains = (name: string, permit: Permit, shared: Map<string, string[]>): Built => {
  const sets: string[] = [];
  const accepts: string[] = [];
  const units = permit.modbus?.unitIds ?? [];
  groups(permit).forEach((group, index) => {
    const parts: string[] = [];
    const [code = 0] = group.codes;
    const { match, set } = lengthMatch(code, group.shape);
    if (match !== '') parts.push(match);
    if (set.length > 0) shared.set(`mb-fc${code}`, set);
    if (units.length > 0) parts.push(`@ih,48,8 ${numbersText([...units].sort((a, b) => a - b))}`);
    parts.push(`@ih,56,8 ${numbersText(group.codes)}`);
    if (group.shape.fixed !== null) parts.push(`@ih,${group.shape.fixed.bit},8 ${group.shape.fixed.value}`);
    const addresses = addressMatches(name, group, index + 1);
    sets.push(...addresses.sets);
    accepts.push(`\t\t${[...parts, ...addresses.matches].join(' ')} counter accept`);
  });
  return {
    sets,
    rules: [
      `\tchain ${name}/request {`,
      ...accepts,
      '\t}',
      `\tchain ${name}/payload {`,
      '\t\t@ih,16,16 != 0 return comment "MBAP protocol id"',
      `\t\tip hdrlength 5 ip length . tcp doff . @ih,32,16 @mb-whole4 goto ${name}/request`,
      `\t\tip6 nexthdr tcp ip6 length . tcp doff . @ih,32,16 @mb-whole6 goto ${name}/request`,
      '\t}',
      `\tchain ${name} {`,
      `\t\t@ih,0,8 0-255 goto ${name}/payload`,
      '\t\tcounter accept comment "no payload"',
      '\t}',
    ],
  };
};

/** What of the permitted function codes the shapes leave out: blocked although permitted. */
export const leftOut = (permit: Permit): string[] =>
  functionsOf(permit).flatMap((code) => {
    const { leavesOut } = shapeOf(code);
    return leavesOut === '' ? [] : [`FC ${code}: ${leavesOut} stay blocked`];
  });
