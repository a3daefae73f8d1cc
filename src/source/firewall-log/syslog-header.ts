/**
 * What stands in front of a message in a log file: RFC 5424, RFC 3164 and its relatives (a year, fractions, a zone,
 * ISO 8601), once or twice when a relay put its own before the device's, or nothing at all. In: a line. Out: where the
 * message begins, who sent it, when, and the program's tag. The innermost time that has a year wins: it is the device's.
 */
import { stampOf, type Stamp } from './log-entry.ts';
import { zoneMinutes, ZONE_WORD } from './zone-words.ts';

export interface Header {
  /** Index of the message. */
  from: number;
  host: string;
  /** `kernel`, `suricata`; empty without one. */
  program: string;
  stamp: Stamp | null;
}

/** A relay's, a collector's, the device's. */
const MOST_HEADERS = 3;

const MONTHS: Readonly<Record<string, number>> = { Jan: 1, Feb: 2, Mar: 3, Apr: 4, May: 5, Jun: 6, Jul: 7, Aug: 8, Sep: 9, Oct: 10, Nov: 11, Dec: 12 };

const PRIORITY = /<\d{1,3}>/y;
const VERSION = /1 (?=\d{4}-|- )/y;
/** `Mar  2 06:00:00`, `Mar 02 2026 06:00:00.123 CET`, `[Mon Mar  2 06:00:00 2026]`. */
const BSD_TIME = new RegExp(
  `\\[?(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}(\\d{1,2}) (?:(\\d{4}) )?(\\d{2}):(\\d{2}):(\\d{2})(?:\\.(\\d{1,9}))?(?: (\\d{4})(?=[\\] :]))?(?: (${ZONE_WORD})(?=[\\] :]))?\\]?(?=[ :\\t]|$)`,
  'y',
);
/** `2026-03-02T06:00:00.123456+01:00`, `2026-03-02 06:00:00`. */
const ISO_TIME = /(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?(?=[ :\t]|$)/y;
/** As dmesg of util-linux writes it (`-T`, `--time-format iso`): the kernel's own message follows at once, without host and tag. */
const DMESG_TIME = /^(?:\[.*\]|.*,\d{6}[+-]\d{2}:\d{2})$/;
const GAP = /[ \t]*(?::[ \t]+)?/y;
/** A host: no brackets, quotes, commas or equals signs, and not the message's own first word. */
const HOST = /(?!%(?:ASA|FTD|PIX|FWSM)-)(?![A-Za-z_]+=)([A-Za-z0-9_][A-Za-z0-9_.:-]{0,254})[ \t]+/y;
/** `10.0.0.1: %ASA-...` */
const HOST_BEFORE_MESSAGE = /([A-Za-z0-9_.:-]{1,254}):[ \t]+(?=%)/y;
const TAG = /([A-Za-z0-9_./-]{1,48})(?:\[\d{1,10}\])?:[ \t]*(?!%)/y;
/** RFC 5424 behind the host: app, process, message id, structured data. */
const AFTER_HOST_5424 = /(\S{1,48}) (\S{1,128}) (\S{1,32}) (?:-|(?:\[(?:[^\]\\"]|\\.|"(?:[^"\\]|\\.)*")*\])+)(?: \ufeff?|$)/y;

const bsdStamp = (m: RegExpExecArray): Stamp => stampOf([m[3] ?? m[8], MONTHS[m[1] ?? ''], m[2], m[4], m[5], m[6]], m[7], zoneMinutes(m[9]));

const isoStamp = (m: RegExpExecArray): Stamp => stampOf([m[1], m[2], m[3], m[4], m[5], m[6]], m[7], zoneMinutes(m[8]));

const match = (pattern: RegExp, line: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(line);
};

const better = (held: Stamp | null, next: Stamp): Stamp => (next.year === null && held !== null && held.year !== null ? held : next);

/** One header from `at` on into `header`; false when there is none. */
const readOne = (line: string, at: number, header: Header): boolean => {
  let from = at;
  const priority = match(PRIORITY, line, from);
  if (priority !== null) from += priority[0].length;
  const version = match(VERSION, line, from);
  if (version !== null) from += version[0].length;
  const iso = match(ISO_TIME, line, from);
  const bsd = iso === null ? match(BSD_TIME, line, from) : null;
  const time = iso ?? bsd;
  if (time === null && !(version !== null && line.startsWith('- ', from))) {
    header.from = from;
    return priority !== null;
  }
  if (time !== null) header.stamp = better(header.stamp, iso === null ? bsdStamp(time) : isoStamp(time));
  from += time === null ? 1 : time[0].length;
  from += match(GAP, line, from)?.[0].length ?? 0;
  header.program = '';
  if (time !== null && DMESG_TIME.test(time[0])) {
    header.from = from;
    return true;
  }
  const host = match(HOST_BEFORE_MESSAGE, line, from) ?? match(HOST, line, from);
  // Else a word that ends with a colon is a program's tag.
  if (host !== null && !(host[1] ?? '').endsWith(':') && (host[1] ?? '') !== '-') {
    header.host = host[1] ?? '';
    from += host[0].length;
    from += match(GAP, line, from)?.[0].length ?? 0;
  }
  if (version !== null) {
    const rest = match(AFTER_HOST_5424, line, from);
    if (rest !== null) {
      header.program = rest[1] === '-' ? '' : (rest[1] ?? '');
      from += rest[0].length;
    }
  } else {
    const tag = match(TAG, line, from);
    if (tag !== null) {
      header.program = tag[1] ?? '';
      from += tag[0].length;
    }
  }
  header.from = from;
  return true;
};

/** Fills `header`; a line without any header leaves `from` at 0. */
export function readHeader(line: string, header: Header): void {
  header.from = 0;
  header.host = '';
  header.program = '';
  header.stamp = null;
  for (let i = 0; i < MOST_HEADERS; i++) if (!readOne(line, header.from, header)) return;
}
