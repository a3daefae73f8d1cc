/**
 * Loads a spec: text -> document -> schema -> references -> Permits.
 *
 * In: the path of a YAML file. Out: the spec, its Permits, and where in the file each stands. A spec that does not hold is
 * refused with file:line:column and the fix; all problems can be had at once (readSpec). Left out on purpose: advice
 * about a spec that does hold (diff/check.ts).
 */
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { errorCode, specError, usageError, type BaselineError } from '../../errors.ts';
import { SNIFF_BYTES, sniff, type Sniffed } from '../../source/sniff.ts';
import { permitsOf } from './permits.ts';
import type { DeclaredPermit } from './permits.ts';
import { schemaProblems } from './schema-problems.ts';
import { readSpecDocument } from './document.ts';
import type { Place, Problem, SpecPath } from './document.ts';
import { referenceProblems } from './references.ts';
import { specJsonSchema, specSchema } from './schema.ts';
import type { Spec } from './schema.ts';

export interface LoadedSpec {
  readonly file: string;
  readonly text: string;
  readonly spec: Spec;
  readonly permits: readonly DeclaredPermit[];
  readonly locate: (path: SpecPath) => Place;
}

export interface SpecReading {
  /** Null when there is any problem. */
  readonly loaded: LoadedSpec | null;
  readonly problems: readonly Problem[];
}

interface JsonSchemaNode {
  readonly properties?: Readonly<Record<string, JsonSchemaNode>>;
  readonly items?: JsonSchemaNode;
  readonly anyOf?: readonly JsonSchemaNode[];
  readonly oneOf?: readonly JsonSchemaNode[];
}

let fieldTree: JsonSchemaNode | null = null;

/** The fields that the schema knows at a path of the file. */
const fieldsAt = (path: SpecPath): readonly string[] => {
  fieldTree ??= specJsonSchema() as JsonSchemaNode;
  const flatten = (node: JsonSchemaNode): readonly JsonSchemaNode[] => [node, ...[...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap(flatten)];
  let nodes = flatten(fieldTree);
  for (const step of path) {
    nodes = nodes.flatMap((node) => {
      const next = typeof step === 'number' ? node.items : node.properties?.[step];
      return next === undefined ? [] : flatten(next);
    });
  }
  return nodes.flatMap((node) => Object.keys(node.properties ?? {}));
};

/** What was read last: what a command has loaded it edits, and what an edit wrote the next one reads. Nobody changes what is read. */
let latest: { readonly text: string; readonly reading: SpecReading } | null = null;

/** All problems of a spec's text at once; `file` is only named, not read. */
export const parseSpec = (text: string, file: string): SpecReading => {
  if (latest?.text !== text) latest = { text, reading: readSpecText(text, file) };
  const { loaded, problems } = latest.reading;
  return { loaded: loaded === null ? null : { ...loaded, file }, problems };
};

const readSpecText = (text: string, file: string): SpecReading => {
  const document = readSpecDocument(text.replace(/^\uFEFF/, ''));
  if (document.problems.length > 0) return { loaded: null, problems: document.problems };
  if (document.value === null || document.value === undefined) {
    return { loaded: null, problems: [{ line: 1, column: 1, message: 'the file is empty', remedy: 'write zones and conduits, or remove it and let propose-zones --out write it anew' }] };
  }
  const parsed = specSchema.safeParse(document.value, { jitless: true });
  if (!parsed.success) return { loaded: null, problems: schemaProblems((parsed.error as z.core.$ZodError).issues, document, fieldsAt) };
  const problems = referenceProblems(parsed.data, document);
  if (problems.length > 0) return { loaded: null, problems };
  return { loaded: { file, text, spec: parsed.data, permits: permitsOf(parsed.data), locate: document.locate }, problems: [] };
};

/** The text of a spec's file, or one line that says why it cannot be read. */
export const readText = (file: string): string => {
  let bytes: Uint8Array;
  try {
    if (statSync(file).isDirectory()) throw usageError(`${file} is a folder, not a spec`, 'Name the YAML file.');
    bytes = readFileSync(file);
  } catch (error) {
    throw cannotRead(file, error);
  }
  try {
    // A byte order mark is part of the text, so that an edit leaves it where it is.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw noText(file, bytes);
  }
};

/** A capture or a store is easily named where a spec belongs. */
const noText = (file: string, bytes: Uint8Array): BaselineError => {
  const looksLike = kindOf(sniff(bytes.subarray(0, SNIFF_BYTES), bytes.length <= SNIFF_BYTES));
  return looksLike === null
    ? specError(file, 1, 1, 'the file is not UTF-8 text', 'A spec is a YAML file: check the name, or save it as UTF-8.')
    : usageError(`${file} is no spec: it looks like ${looksLike}`, 'Name the YAML file; `baseline import` reads captures, and --db names the store.');
};

const kindOf = (seen: Sniffed): string | null => {
  switch (seen.kind) {
    case 'pcap':
    case 'pcapng':
      return `a ${seen.kind} capture`;
    case 'compressed':
      return `${seen.by}-compressed data`;
    case 'cut':
      return null;
    case 'other':
      return seen.mayBeLog === true ? null : seen.looksLike;
  }
};

/** One line for what the system says of a file that is not there or may not be read; any other error as it is. */
export const cannotRead = (file: string, error: unknown): unknown => {
  const code = errorCode(error);
  if (code === '') return error;
  if (code === 'ENOENT') return usageError(`${file}: no such file`, 'Check the name, or let propose-zones --out write it.');
  if (code === 'EACCES') return usageError(`${file}: not readable`, 'Check its permissions and those of its folder.');
  return usageError(`${file}: not readable (${code})`, 'Check the name.');
};

/** All problems of a file at once, for `spec check`; throws only when the file cannot be read. */
export const readSpec = (file: string): SpecReading => parseSpec(readText(file), file);

/** The spec of a file; throws one line that says what is wrong, where, and what to do. */
export const loadSpec = (file: string): LoadedSpec => {
  const { loaded, problems } = readSpec(file);
  if (loaded !== null) return loaded;
  const [first, ...rest] = problems;
  const more = rest.length === 0 ? '' : ` (and ${rest.length} more: run "baseline spec check")`;
  throw specError(file, first.line, first.column, first.message, `${first.remedy}${more}`);
};
