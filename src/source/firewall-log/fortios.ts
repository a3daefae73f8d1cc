/**
 * FortiGate traffic and application control logs: `key=value`, quoted or bare ("FortiOS Log Message Reference"). A traffic
 * record stands for a session (or for a part of a long one); `deny` and policy 0 are blocked, every other action means
 * that the session was let through. Traffic of the device itself (subtype local) and one-arm sniffing are passed over.
 * The first of two equal keys would be the device's, the second an intruder's: such a line is not believed at all.
 */
import { setEnds, stampOf, transportOf, type LogEntry, type LogFormat, type ReadResult, type Stamp } from './log-entry.ts';
import { DEFAULT_RULE } from './monitor-marks.ts';
import { zoneMinutes } from './zone-words.ts';

const START = /^(?:[a-z_]{1,16}=\S* ){0,8}?(?:date=\d{4}-|devname=|logid=|type=)/;

const WANTED = new Set([
  'date', 'time', 'eventtime', 'tz', 'devname', 'devid', 'type', 'subtype', 'srcip', 'srcport', 'dstip', 'dstport', 'proto', 'action',
  'policyid', 'policyname', 'service', 'app', 'applist', 'utmaction',
]);

const PASSED: ReadonlySet<string> = new Set(['accept', 'close', 'timeout', 'client-rst', 'server-rst', 'ip-conn', 'dns', 'start']);
const BLOCKED: ReadonlySet<string> = new Set(['deny', 'block', 'blocked', 'reset', 'dropped', 'drop']);

type Fields = Map<string, string>;

/** Null: a quote that does not close, something behind it, or a wanted key twice. */
const readFields = (text: string): Fields | null => {
  const fields: Fields = new Map();
  let at = 0;
  while (at < text.length) {
    const equals = text.indexOf('=', at);
    if (equals < 0) break;
    const key = text.slice(at, equals);
    let end: number;
    let value: string;
    if (text.charCodeAt(equals + 1) === 0x22) {
      end = text.indexOf('"', equals + 2);
      while (end > 0 && text.charCodeAt(end - 1) === 0x5c) end = text.indexOf('"', end + 1);
      if (end < 0) return null;
      value = text.slice(equals + 2, end);
      end++;
      if (end < text.length && text.charCodeAt(end) !== 0x20) return null;
    } else {
      end = text.indexOf(' ', equals);
      if (end < 0) end = text.length;
      value = text.slice(equals + 1, end);
    }
    if (WANTED.has(key)) {
      if (fields.has(key)) return null;
      fields.set(key, value);
    }
    at = end + 1;
  }
  return fields;
};

/** `eventtime` counts seconds, milli-, micro- or nanoseconds by its length; else date, time and zone. */
const timeOf = (fields: Fields): Stamp | null => {
  const event = /^(\d{10})(\d{3}|\d{6}|\d{9})?$/.exec(fields.get('eventtime') ?? '');
  const m = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(`${fields.get('date') ?? ''} ${fields.get('time') ?? ''}`);
  if (event !== null) return { ...stampOf([undefined, 0, '0', '0', '0', '0'], event[2], null), epochSeconds: Number(event[1]) };
  return m === null ? null : stampOf([m[1], m[2], m[3], m[4], m[5], m[6]], undefined, zoneMinutes(fields.get('tz')));
};

const ruleOf = (fields: Fields): string => {
  const name = fields.get('policyname') ?? '';
  if (name !== '') return name;
  const id = fields.get('policyid') ?? '';
  return id === '0' ? 'policy 0 (implicit)' : id === '' ? '' : `policy ${id}`;
};

const readTraffic = (fields: Fields, entry: LogEntry): ReadResult => {
  const action = fields.get('action') ?? '';
  entry.rule = ruleOf(fields);
  entry.application = fields.get('app') ?? fields.get('service') ?? '';
  if (BLOCKED.has(action)) entry.verdict = 'blocked';
  else if (!PASSED.has(action)) return 'unread.action';
  else if (BLOCKED.has(fields.get('utmaction') ?? '')) {
    entry.verdict = 'blocked';
    entry.inspected = true;
  } else entry.verdict = entry.rule === DEFAULT_RULE ? 'would-block' : 'passed';
  return 'entry';
};

const readApplication = (fields: Fields, entry: LogEntry): ReadResult => {
  entry.rule = fields.get('applist') ?? ruleOf(fields);
  entry.application = fields.get('app') ?? '';
  entry.inspected = true;
  const action = fields.get('action') ?? '';
  if (BLOCKED.has(action)) entry.verdict = 'blocked';
  else if (action === 'pass' || action === 'monitor') entry.verdict = 'passed';
  else return 'unread.action';
  return 'entry';
};

export const fortiosLog: LogFormat = {
  name: 'fortios',
  read(message, _program, entry) {
    if (!START.test(message)) return null;
    const fields = readFields(message.trimEnd());
    if (fields === null) return 'unread.format';
    const type = fields.get('type');
    const subtype = fields.get('subtype');
    if (type === undefined) return 'unread.format';
    const isTraffic = type === 'traffic';
    if (!isTraffic && !(type === 'utm' && subtype === 'app-ctrl')) return 'passed-over.other-message';
    if (subtype === 'local') return 'passed-over.to-the-device';
    if (subtype === 'sniffer') return 'passed-over.sniffer';
    const ends = setEnds(entry, transportOf(fields.get('proto') ?? ''), fields.get('srcip'), fields.get('srcport'), fields.get('dstip'), fields.get('dstport'));
    if (ends !== 'entry') return ends;
    const device = fields.get('devname') ?? fields.get('devid') ?? '';
    if (device !== '') entry.device = device;
    entry.stamp = timeOf(fields) ?? entry.stamp;
    return isTraffic ? readTraffic(fields, entry) : readApplication(fields, entry);
  },
};
