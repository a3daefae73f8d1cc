/**
 * PAN-OS traffic logs: CSV as syslog sends it or as the web interface saves it ("Traffic Log Fields"). Fields are only ever
 * appended from version to version, so their number is not checked. A record is a session's start or end; the action
 * decides. Times are local to the device, without a zone.
 */
import { countOf, setEnds, stampOf, transportOf, type LogEntry, type LogFormat, type ReadResult, type Stamp } from './log-entry.ts';
import { DEFAULT_RULE } from './monitor-marks.ts';

const START = /^\d*,\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d,/;
/** First line of a file saved by the web interface. */
const HEADING = /^"?Domain"?,"?Receive Time"?,/;

const FIELD = {
  serial: 2, type: 3, subtype: 4, generated: 6, source: 7, destination: 8, rule: 11, application: 14, repeat: 23, sourcePort: 24,
  destinationPort: 25, protocol: 29, action: 30,
} as const;
const LEAST_FIELDS = 31;

/** No application was told: the verdict was on addresses and ports. */
const UNTOLD: ReadonlySet<string> = new Set(['', 'not-applicable', 'incomplete', 'insufficient-data', 'unknown-tcp', 'unknown-udp']);

const BLOCKED = /^(?:deny|drop|drop-icmp|drop icmp|reset.{0,8})$/;

/** The first fields of a CSV line (RFC 4180); null when a quote does not close. */
const readFields = (line: string): string[] | null => {
  if (!line.includes('"')) return line.split(',', LEAST_FIELDS + 1);
  const fields: string[] = [];
  let at = 0;
  while (fields.length <= LEAST_FIELDS && at <= line.length) {
    if (line.charCodeAt(at) === 0x22) {
      let value = '';
      let from = at + 1;
      for (;;) {
        const quote = line.indexOf('"', from);
        if (quote < 0) return null;
        value += line.slice(from, quote);
        if (line.charCodeAt(quote + 1) !== 0x22) {
          at = quote + 1;
          break;
        }
        value += '"';
        from = quote + 2;
      }
      if (at < line.length && line.charCodeAt(at) !== 0x2c) return null;
      fields.push(value);
      at++;
    } else {
      const comma = line.indexOf(',', at);
      fields.push(line.slice(at, comma < 0 ? line.length : comma));
      at = comma < 0 ? line.length + 1 : comma + 1;
    }
  }
  return fields;
};

const timeOf = (text: string): Stamp | null => {
  const m = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(text);
  return m === null ? null : stampOf([m[1], m[2], m[3], m[4], m[5], m[6]], undefined, null);
};

const readTraffic = (fields: readonly string[], entry: LogEntry): ReadResult => {
  const field = (index: number): string => fields[index] ?? '';
  const ends = setEnds(entry, transportOf(field(FIELD.protocol)), field(FIELD.source), field(FIELD.sourcePort), field(FIELD.destination), field(FIELD.destinationPort));
  if (ends !== 'entry') return ends;
  const count = countOf(field(FIELD.repeat) === '' ? '1' : field(FIELD.repeat));
  if (count === null) return 'unread.count';
  const action = field(FIELD.action).toLowerCase();
  const isBlocked = BLOCKED.test(action);
  if (!isBlocked && action !== 'allow') return 'unread.action';
  entry.rule = field(FIELD.rule);
  entry.application = UNTOLD.has(field(FIELD.application)) ? '' : field(FIELD.application);
  entry.verdict = isBlocked ? 'blocked' : entry.rule === DEFAULT_RULE ? 'would-block' : 'passed';
  entry.inspected = entry.verdict !== 'passed' && entry.application !== '';
  entry.count = count;
  if (entry.device === '') entry.device = field(FIELD.serial);
  entry.stamp = timeOf(field(FIELD.generated)) ?? entry.stamp;
  return 'entry';
};

export const panosLog: LogFormat = {
  name: 'panos',
  read(message, _program, entry) {
    if (!START.test(message)) return HEADING.test(message) ? 'passed-over.heading' : null;
    const fields = readFields(message.trimEnd());
    if (fields === null) return 'unread.format';
    if (fields[FIELD.type] !== 'TRAFFIC') return 'passed-over.other-message';
    return fields.length < LEAST_FIELDS ? 'unread.format' : readTraffic(fields, entry);
  },
};
