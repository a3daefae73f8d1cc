/**
 * JSON for programs: one document with `schemaVersion` first, or one object a line.
 * In: plain records (no bigint: instants are text, render/instant.ts). Out: chunks of text that are safe to `cat`.
 * A list stands one record a line, so that documents of any length can be written, compared and read by people.
 */
import { escapeJsonText } from './printable.ts';

/** Raised when a key changes its meaning or goes away; new keys do not raise it. */
export const SCHEMA_VERSION = 1;

/** Lines gathered before they are handed on. */
const CHUNK_OCTETS = 64 * 1024;

export const jsonLine = (record: object): string => `${escapeJsonText(JSON.stringify(record))}\n`;

/** A whole document, indented: for single answers. */
export const jsonDocument = (record: object): string =>
  `${escapeJsonText(JSON.stringify({ schemaVersion: SCHEMA_VERSION, ...record }, null, 2))}\n`;

/** A document whose last member is the list `key`: `head` comes before it. */
export function* jsonList(head: object, key: string, records: Iterable<object>): Generator<string> {
  const opening = escapeJsonText(JSON.stringify({ schemaVersion: SCHEMA_VERSION, ...head })).slice(0, -1);
  let text = `${opening},${JSON.stringify(key)}:[`;
  let separator = '\n';
  for (const record of records) {
    text += separator + escapeJsonText(JSON.stringify(record));
    separator = ',\n';
    if (text.length >= CHUNK_OCTETS) {
      yield text;
      text = '';
    }
  }
  yield `${text}\n]}\n`;
}

/** One object a line; every line carries `schemaVersion`, since each may be read on its own. */
export function* jsonLines(records: Iterable<object>): Generator<string> {
  let text = '';
  for (const record of records) {
    text += jsonLine({ schemaVersion: SCHEMA_VERSION, ...record });
    if (text.length >= CHUNK_OCTETS) {
      yield text;
      text = '';
    }
  }
  if (text !== '') yield text;
}
