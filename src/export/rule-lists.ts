/**
 * Address and port lists of Suricata and Snort rules, and how Suricata's are kept within what it reads: a line of 8,191 characters, and port
 * lists of 1,021 (measured with 7.0.10; src/detect.h, src/detect-engine-port.c). In: sets. Out: texts, and sides that together
 * are the same addresses. Snort 3 reads rules from a stream, of any length (snort3, src/parser/parse_stream.cc).
 */
import { formatSpan, parseSet, parseSpan, type AddressSpan } from '../net/address-set.ts';
import { mergeSpans, subtractSpans, type Span } from '../net/register-set.ts';
import { prefixesOf } from './ip-notation.ts';

const prefixTexts = (spans: readonly AddressSpan[]): string[] =>
  spans.flatMap((span) => (span.first === span.last ? [formatSpan(span)] : prefixesOf(span).map((prefix) => `${prefix.network}/${prefix.length}`)));

const listText = (texts: readonly string[]): string => (texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(',')}]`);

/** `10.0.0.1`, or `[10.0.0.1,10.0.0.8/29]`. */
export const addressList = (spans: readonly AddressSpan[]): string => listText(prefixTexts(spans));

export const portList = (ports: readonly Span[]): string => listText(ports.map(({ first, last }) => (first === last ? `${first}` : `${first}:${last}`)));

/** Items in order, together as long as they fit. */
const packed = <Item>(items: readonly Item[], join: (a: Item, b: Item) => Item, fits: (item: Item) => boolean): Item[] => {
  const packs: Item[] = [];
  for (const item of items) {
    const last = packs.at(-1);
    const both = last === undefined ? item : join(last, item);
    if (last === undefined || !fits(both)) packs.push(item);
    else packs[packs.length - 1] = both;
  }
  return packs;
};

const LONGEST_PORTS = 1021;

/** Every port but these, which are not all there are. */
export const otherPorts = (ports: readonly Span[]): string[] => {
  const text = `!${portList(ports)}`;
  if (text.length <= LONGEST_PORTS) return [text];
  const others = subtractSpans([{ first: 0, last: 65_535 }], mergeSpans(ports)).map((span) => [span]);
  return packed(others, (a, b) => [...a, ...b], (list) => portList(list).length <= LONGEST_PORTS).map(portList);
};

export const EVERY_ADDRESS = { ipv4: parseSet(['0.0.0.0/0']), ipv6: parseSet(['::/0']) } as const;

/** Addresses of a rule: some of one family, but not others. */
export interface RuleSide {
  readonly among: readonly AddressSpan[];
  readonly except: readonly AddressSpan[];
}

interface Prefix {
  readonly span: AddressSpan;
  readonly text: string;
}

interface Part {
  readonly among: readonly Prefix[];
  readonly except: readonly Prefix[];
}

const prefixes = (spans: readonly AddressSpan[]): Prefix[] =>
  prefixTexts(spans).flatMap((text) => {
    const span = parseSpan(text);
    return span === null ? [] : [{ span, text }];
  });

const partOf = ({ among, except }: RuleSide): Part => ({ among: prefixes(among), except: prefixes(except) });

const texts = (list: readonly Prefix[]): string[] => list.map(({ text }) => text);

/** An exception without what it is from would be one from the addresses of the other family too. */
const partText = ({ among, except }: Part): string => listText([...texts(among), ...(except.length === 0 ? [] : [`!${listText(texts(except))}`])]);

/** With a comma behind each, and at most five brackets and marks. */
const lengthOf = ({ among, except }: Part): number => [...among, ...except].reduce((sum, { text }) => sum + text.length + 1, 5);

/** What of a prefix is no exception, in prefixes so small that each has few enough of them. */
const openParts = (block: Prefix, all: readonly Prefix[], room: number): Part[] => {
  const { first, last } = block.span;
  const except = all.filter(({ span }) => span.first <= last && first <= span.last);
  if (except.some(({ span }) => span.first <= first && last <= span.last)) return [];
  const part = { among: [block], except };
  if (lengthOf(part) <= room) return [part];
  const middle = (first + last + 1n) / 2n;
  return prefixes([{ ...block.span, last: middle - 1n }, { ...block.span, first: middle }]).flatMap((half) => openParts(half, except, room));
};

/** Texts of at most so many characters, which share no address and together have all of this side. What one excepts is in none of the others. */
const sideTexts = (whole: Part, room: number): string[] => {
  if (lengthOf(whole) <= room) return [partText(whole)];
  const parts = whole.among.flatMap((block) => openParts(block, whole.except, room));
  return packed(parts, (a, b) => ({ among: [...a.among, ...b.among], except: [...a.except, ...b.except] }), (one) => lengthOf(one) <= room).map(partText);
};

const LONGEST_LINE = 8190;

/** The sides of a rule in pairs, each short enough for a line with so many other characters. */
export const sidePairs = (source: RuleSide, target: RuleSide, others: number): { source: string; target: string }[] => {
  const room = LONGEST_LINE - others;
  const [from, to] = [partOf(source), partOf(target)];
  // A short side leaves the other one what it does not need.
  const [sources, targets] = [sideTexts(from, Math.max(room >> 1, room - lengthOf(to))), sideTexts(to, Math.max(room >> 1, room - lengthOf(from)))];
  return sources.flatMap((one) => targets.map((other) => ({ source: one, target: other })));
};
