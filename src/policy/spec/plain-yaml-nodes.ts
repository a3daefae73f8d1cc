/**
 * A text of plain YAML as the library's document, without the library's reading of it: for edits of a large spec in a third of the
 * time and half the memory. In: what plain-yaml-read.ts made of the text. Out: the nodes that the library would make, with their
 * ranges, without comments and what else only a layout needs. `dress` fetches those from the library's own document, once they are needed.
 */
import { Document, isMap, isNode, isPair, isScalar, isSeq, Pair, parseDocument, Scalar, visit, YAMLMap, YAMLSeq, type Node } from 'yaml';
import type { PlainYaml } from './plain-yaml-read.ts';
import { placeKey } from './yaml-splice.ts';

export function documentOf(text: string, { value, places }: PlainYaml): Document {
  const scalarOf = (content: unknown, start: number, end: number): Scalar => {
    const scalar = new Scalar(content);
    const first = text[start];
    scalar.type = end > start && first === '"' ? Scalar.QUOTE_DOUBLE : end > start && first === "'" ? Scalar.QUOTE_SINGLE : Scalar.PLAIN;
    scalar.range = [start, end, end];
    return scalar;
  };
  const nodeOf = (content: unknown, start: number, end: number): Node => {
    if (content === null || typeof content !== 'object') return scalarOf(content, start, end);
    const offsets = places.get(content) ?? [];
    const node = Array.isArray(content) ? new YAMLSeq() : new YAMLMap();
    if (node instanceof YAMLSeq) node.items = (content as unknown[]).map((item, i) => nodeOf(item, offsets[2 * i], offsets[2 * i + 1]));
    else {
      node.items = Object.entries(content).map(([key, inner], i) => {
        const keyAt = offsets[3 * i];
        return new Pair(scalarOf(key, keyAt, keyAt + key.length), nodeOf(inner, offsets[3 * i + 1], offsets[3 * i + 2]));
      });
    }
    if (text[start] === '{' || text[start] === '[') node.flow = true;
    node.range = [start, end, end];
    return node;
  };
  const document: Document = new Document(null);
  const first = places.get(value as object)?.[0] ?? 0;
  document.contents = nodeOf(value, Array.isArray(value) ? text.lastIndexOf('-', first - 1) : first, text.length) as Document['contents'];
  return document;
}

/** Gives the nodes that are left of a text what the library knows of them: comments, blank lines, and how a value was written. */
export function dress(document: Document, text: string): void {
  const whole = parseDocument(text, { keepSourceTokens: false });
  const known = new Map<number | null, Node>();
  visit(whole, { Node: (_, node) => void known.set(placeKey(node), node) });
  document.commentBefore = whole.commentBefore;
  document.comment = whole.comment;
  const seen = new Set<unknown>();
  const give = (node: unknown): void => {
    // One node may stand in several places by now.
    if (seen.has(node)) return;
    seen.add(node);
    const place = isNode(node) ? placeKey(node) : null;
    const own = place === null ? undefined : known.get(place);
    if (own !== undefined) {
      const { comment, commentBefore, spaceBefore } = own;
      Object.assign(node as Node, { comment, commentBefore, spaceBefore });
      if (isScalar(node) && isScalar(own) && Object.is(node.value, own.value)) {
        const { source, format, minFractionDigits } = own;
        Object.assign(node, { source, format, minFractionDigits });
      }
    }
    if (isMap(node) || isSeq(node)) for (const item of node.items) give(item);
    else if (isPair(node)) {
      give(node.key);
      give(node.value);
    }
  };
  give(document.contents);
}
