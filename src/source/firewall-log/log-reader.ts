/**
 * A line of a firewall's log as an attempt: header off, the vendor's reader, addresses in canonical form, who is the
 * client, when. In: lines in order. Out: the attempt, or why a line is none. Left out: sums (flow/attempt-table.ts).
 * A line is tried with the format that read the one before it first: files mostly hold one.
 */
import { parseSpan, formatSpan } from '../../net/address-set.ts';
import { serverPortRank } from '../../net/services.ts';
import { hasPorts, type AttemptVerdict } from '../../observation.ts';
import { createLogClock, type ClockMemory, type LogClock, type LogTimeOptions } from './log-clock.ts';
import type { LogEntry, LogFormat, ReadResult } from './log-entry.ts';
import { LOG_FORMATS } from './registry.ts';
import { readHeader, type Header } from './syslog-header.ts';

/** One for all lines. Text fields are slices of the line. */
export interface Attempt {
  format: string;
  device: string;
  rule: string;
  verdict: AttemptVerdict;
  inspected: boolean;
  opening: boolean;
  client: string;
  server: string;
  transport: string;
  port: number;
  application: string;
  /** -1 where the log names none. */
  unit: number;
  functionCode: number;
  count: number;
  /** Seconds since 1970; NaN without a time. */
  seconds: number;
  nanos: number;
}

export interface LogReadOptions extends LogTimeOptions {
  /** Rules whose passed traffic is what enforcement would block, by name or by one of the name's words. */
  readonly monitorRules: ReadonlySet<string>;
}

/** As of a vendor's reader, without null: a line of nobody's is `passed-over.other-line`. */
export type LineResult = Exclude<ReadResult, null>;

export interface LogReader {
  /** `entry` leaves the attempt in `attempt`. Throws a usageError when a year is needed and nothing tells it. */
  read(line: string): LineResult;
  readonly attempt: Readonly<Attempt>;
  readonly clock: LogClock;
}

/** Distinct address texts remembered. */
const REMEMBERED = 65_536;

const createAddresses = (): ((text: string) => string | null) => {
  const held = new Map<string, string | null>();
  return (text) => {
    let address = held.get(text);
    if (address === undefined) {
      const span = text.length > 45 ? null : parseSpan(text);
      address = span === null || span.family === 'mac' || span.first !== span.last ? null : formatSpan(span);
      if (held.size >= REMEMBERED) held.clear();
      // A copy: a slice would keep the whole block that it was cut from.
      held.set(Buffer.from(text, 'latin1').toString('latin1'), address);
    }
    return address;
  };
};

const rankOf = (transport: string, port: number): number => (transport === 'tcp' || transport === 'udp' ? serverPortRank(transport, port) : 0);

const reset = (entry: LogEntry, header: Header): void => {
  entry.device = header.host;
  entry.stamp = header.stamp;
  entry.rule = '';
  entry.verdict = 'blocked';
  entry.inspected = false;
  entry.orientation = 'client-first';
  entry.application = '';
  entry.unit = -1;
  entry.functionCode = -1;
  entry.count = 1;
};

export function createLogReader(options: LogReadOptions, remembered: ClockMemory | null): LogReader {
  const clock = createLogClock(options, remembered);
  const addressOf = createAddresses();
  const header: Header = { from: 0, host: '', program: '', stamp: null };
  const entry: LogEntry = {
    device: '', stamp: null, rule: '', verdict: 'blocked', inspected: false, orientation: 'client-first', source: '', destination: '', transport: '',
    sourcePort: 0, destinationPort: 0, application: '', unit: -1, functionCode: -1, count: 1,
  };
  const attempt: Attempt = {
    format: '', device: '', rule: '', verdict: 'blocked', inspected: false, opening: true, client: '', server: '', transport: '', port: 0,
    application: '', unit: -1, functionCode: -1, count: 1, seconds: NaN, nanos: 0,
  };
  let formats: readonly LogFormat[] = LOG_FORMATS;

  const isMonitored = (rule: string): boolean => options.monitorRules.size > 0 && (options.monitorRules.has(rule) || rule.split(' ').some((word) => options.monitorRules.has(word)));

  const settle = (format: string): LineResult => {
    const source = addressOf(entry.source);
    const destination = addressOf(entry.destination);
    if (source === null || destination === null) return entry.source === '' || entry.destination === '' ? 'unread.format' : 'unread.name-for-address';
    const { orientation, transport, sourcePort, destinationPort } = entry;
    const turned = orientation === 'server-first' || (orientation === 'unknown' && rankOf(transport, sourcePort) > rankOf(transport, destinationPort));
    let seconds = NaN;
    if (entry.stamp !== null) {
      seconds = clock.secondsOf(entry.stamp);
      if (Number.isNaN(seconds)) return 'unread.time';
    }
    attempt.format = format;
    attempt.device = entry.device;
    attempt.rule = entry.rule;
    attempt.verdict = entry.verdict;
    attempt.inspected = entry.inspected;
    // An answer that is no SYN/ACK opens nothing: of UDP it cannot be told from a question.
    attempt.opening = transport === 'tcp' ? orientation !== 'unknown' : hasPorts(transport) || orientation === 'client-first';
    attempt.client = turned ? destination : source;
    attempt.server = turned ? source : destination;
    attempt.transport = transport;
    attempt.port = turned ? sourcePort : destinationPort;
    attempt.application = entry.application;
    attempt.unit = entry.unit;
    attempt.functionCode = entry.functionCode;
    attempt.count = entry.count;
    attempt.seconds = seconds;
    attempt.nanos = entry.stamp?.nanos ?? 0;
    return 'entry';
  };

  return {
    attempt,
    clock,
    read(line) {
      if (line === '') return 'passed-over.blank';
      if (line.includes('\0')) return 'unread.binary';
      readHeader(line, header);
      const message = header.from === 0 ? line : line.slice(header.from);
      for (const format of formats) {
        reset(entry, header);
        const result = format.read(message, header.program, entry);
        if (result === null) continue;
        if (format !== formats[0]) formats = [format, ...LOG_FORMATS.filter((one) => one !== format)];
        const isNamed = (result === 'entry' || result === 'unread.no-verdict-in-prefix' || result === 'passed-over.alert-without-verdict') && isMonitored(entry.rule);
        if (isNamed && (result !== 'entry' || entry.verdict === 'passed')) entry.verdict = 'would-block';
        return result === 'entry' || isNamed ? settle(format.name) : result;
      }
      return 'passed-over.other-line';
    },
  };
}

/** Whether one of the first lines of a text is a firewall's. */
export function isFirewallLog(head: string): boolean {
  const reader = createLogReader({ year: 2000, zone: null, near: null, monitorRules: new Set() }, null);
  return head.split('\n').some((line) => {
    const result = reader.read(line.endsWith('\r') ? line.slice(0, -1) : line);
    return result !== 'passed-over.other-line' && result !== 'passed-over.blank' && result !== 'unread.binary';
  });
}
