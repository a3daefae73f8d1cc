/**
 * Suricata's eve.json: alerts, drops and flows, one JSON object a line ("EVE JSON Format"). An alert of our own rules that
 * was allowed would have blocked in enforce mode; a blocked alert and a drop did. What somebody else's detection rules
 * merely noticed is no verdict and is passed over. Suricata 7 names the flow's initiator; older ones only the packet's way.
 */
import { hasPorts } from '../../observation.ts';
import { isNeighbourDiscovery, transportOf, type LogEntry, type LogFormat, type ReadResult } from './log-entry.ts';
import { SIGNATURE_PREFIX } from './monitor-marks.ts';
import { readHeader } from './syslog-header.ts';

const INTERESTING = /"event_type": ?"(?:alert|drop|flow)"/;
/** Rules of ours that judge who talks to whom, not what is said. */
const NOT_INSPECTED = `${SIGNATURE_PREFIX}no Permit`;

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const object = (holder: Json, key: string): Json => {
  const value = holder[key];
  return isObject(value) ? value : {};
};
const text = (holder: Json, key: string): string => {
  const value = holder[key];
  return typeof value === 'string' ? value : '';
};
const number = (holder: Json, key: string): number | null => {
  const value = holder[key];
  return typeof value === 'number' && Number.isInteger(value) ? value : null;
};

const port = (holder: Json, key: string): number => {
  const value = number(holder, key) ?? 0;
  return value >= 0 && value <= 65_535 ? value : 0;
};

/** Who opened the flow, when the event says it; else the packet's own ends, turned where it went to the client. */
const setEnds = (event: Json, entry: LogEntry): void => {
  const flow = object(event, 'flow');
  const from = text(flow, 'src_ip') === '' ? event : flow;
  entry.source = text(from, 'src_ip');
  entry.destination = text(from, 'dest_ip');
  entry.sourcePort = hasPorts(entry.transport) ? port(from, 'src_port') : 0;
  entry.destinationPort = hasPorts(entry.transport) ? port(from, 'dest_port') : 0;
  if (from === event && text(event, 'direction') === 'to_client') entry.orientation = 'server-first';
};

const readAlert = (event: Json, entry: LogEntry): ReadResult => {
  const alert = object(event, 'alert');
  const signature = text(alert, 'signature');
  const sid = number(alert, 'signature_id');
  entry.rule = signature === '' ? `sid ${sid ?? '?'}` : signature;
  const isOurs = signature.startsWith(SIGNATURE_PREFIX);
  const blocked = text(alert, 'action') === 'blocked' || text(object(event, 'verdict'), 'action') === 'drop';
  entry.inspected = !signature.startsWith(NOT_INSPECTED);
  entry.verdict = blocked ? 'blocked' : isOurs ? 'would-block' : 'passed';
  const request = object(object(event, 'modbus'), 'request');
  const functionCode = number(request, 'function_raw');
  if (functionCode !== null && functionCode >= 0 && functionCode < 256) {
    entry.functionCode = functionCode;
    const unit = number(request, 'unit_id');
    entry.unit = unit !== null && unit >= 0 && unit < 256 ? unit : -1;
  }
  return blocked || isOurs ? 'entry' : 'passed-over.alert-without-verdict';
};

const readDrop = (event: Json, entry: LogEntry): ReadResult => {
  const drop = object(event, 'drop');
  entry.rule = text(object(event, 'alert'), 'signature') || text(drop, 'reason') || 'drop';
  entry.verdict = 'blocked';
  entry.inspected = !entry.rule.startsWith(NOT_INSPECTED);
  if (entry.transport === 'tcp' && entry.orientation === 'client-first' && text(object(event, 'flow'), 'src_ip') === '') {
    entry.orientation = drop['syn'] === true ? (drop['ack'] === true ? 'server-first' : 'client-first') : 'unknown';
  }
  return 'entry';
};

const readEvent = (event: Json, entry: LogEntry): ReadResult => {
  const transport = transportOf(text(event, 'proto'));
  if (transport === null) return 'unread.protocol';
  if (isNeighbourDiscovery(transport, number(event, 'icmp_type') ?? -1)) return 'passed-over.neighbour-discovery';
  entry.transport = transport;
  setEnds(event, entry);
  const application = text(event, 'app_proto');
  entry.application = application === 'failed' || application === 'unknown' ? '' : application;
  const host = text(event, 'host');
  if (host !== '') entry.device = host;
  const time = { from: 0, host: '', program: '', stamp: null };
  readHeader(text(event, 'timestamp'), time);
  entry.stamp = time.stamp ?? entry.stamp;
  switch (text(event, 'event_type')) {
    case 'alert':
      return readAlert(event, entry);
    case 'drop':
      return readDrop(event, entry);
    default:
      entry.rule = '';
      entry.verdict = text(object(event, 'flow'), 'action') === 'drop' ? 'blocked' : 'passed';
      return 'entry';
  }
};

export const suricataLog: LogFormat = {
  name: 'suricata',
  read(message, _program, entry) {
    if (!message.startsWith('{') || !message.includes('"event_type"')) return null;
    if (!INTERESTING.test(message)) return 'passed-over.other-message';
    let event: unknown;
    try {
      event = JSON.parse(message);
    } catch {
      return 'unread.format';
    }
    return isObject(event) ? readEvent(event, entry) : 'unread.format';
  },
};
