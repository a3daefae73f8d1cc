/**
 * What may stand in a field of a spec and says nothing of the plant: words of the program, of standards and registries, and
 * shapes in which nobody's words have room. In: a field's name and its text. Out: what is kept of it; null: nothing, it may
 * say anything. What the schema binds to a list or a shape is not asked here again.
 */
import { describeOperation, PROTOCOL_NAMES } from '../../decode/app/registry.ts';
import { SET_ASIDE_SENTENCES } from '../../infer/conduits/set-aside.ts';
import { isVendorName } from '../../net/oui.ts';
import { isKnownTimezone } from '../../net/time-zone.ts';
import { isServiceName } from '../../net/services.ts';
import { isKnownProtocol, protocolKey } from '../spec/permits.ts';
import { SECURITY_MODES } from '../spec/schema.ts';

/** The rules of docs/conduits.md by which Permits are widened. */
const WIDENING = new Set([
  'adjacent-units', 'array-stride', 'block-poll', 'declared-member', 'engineering-session', 'maintenance', 'negotiated-ports', 'outside-iacs', 'poll-area', 'redundant-partner', 'same-role-group', 'same-table',
  'session-services', 'set-point-area', 'shared-service', 'write-twin',
]);
/** Words of infer/conduits/regimes.ts. */
const REGIME_WORDS = new Set([
  'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday', 'mondays', 'tuesdays', 'wednesdays', 'thursdays', 'fridays', 'saturdays', 'sundays', 'working', 'weekend', 'weekends', 'day', 'days', 'month', 'end', 'ends',
  'maintenance', 'weekly', 'monthly', 'only', 'every', 'all', 'one', 'once', 'on', 'of', 'the', 'and', 'a', 'h', 'utc',
]);
const STANDARD = /^(?:(?:IEC|ISO|EN|DIN|ANSI|ISA|NIST|SP|NERC|CIP|VDI|BS|AS|TS|TR)[ /-]{0,3})+\d{1,6}(?:[-.:\u2013]\d{1,4}){0,5}$/i;
/** `9.18(2)`, `1.0.6`, `v17.9.4a`, `R81.20` */
const VERSION = /^[vr]?\d{1,5}(?:\.\d{1,6}){0,4}(?:\(\d{1,4}\))?(?:[-.]?(?:[a-z]|rc|sp|build|patch)\d{0,6})?$/i;
const INSTANT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;
const SENSORS = /^(?:live )?captures? \d{1,9}(?:-\d{1,9})?(?:, \d{1,9}(?:-\d{1,9})?){0,200}$/;
const BY_NUMBER = /^(?:(?:tcp|udp|sctp|any|l2|icmp|icmpv6|igmp|unknown)(?:[ /-]\d{1,5})?|ip-\d{1,3}|eth-0x[0-9a-f]{4}|0x[0-9a-f]{4})$/i;
const TRANSPORT = /^(?:tcp|udp|icmp|icmpv6|igmp|sctp|l2|any|ip-\d{1,3}|eth-0x[0-9a-f]{4})$/;
const PLAIN_PUNCTUATION = /^[\w ./+-]{1,60}$/;

/** The clock of a regime's hours is kept as the spec's is. */
const withoutClock = (regime: string): string => regime.replace(/ \(([^()]+)\)$/, (all, timezone: string) => (isKnownTimezone(timezone) ? '' : all));

const JUDGES: Readonly<Record<string, (text: string) => string | null>> = {
  first_seen: instant,
  last_seen: instant,
  timezone: (text) => (isKnownTimezone(text) ? text : 'UTC'),
  standard: (text) => (STANDARD.test(text) ? text : null),
  version: (text) => (VERSION.test(text) ? text : null),
  firmware: (text) => (VERSION.test(text) ? text : null),
  vendor: (text) => (isVendorName(text) ? text : null),
  sensors: (text) => (SENSORS.test(text) ? text : null),
  generalised_by: (text) => (WIDENING.has(text) ? text : null),
  regime: (text) => (text.length <= 120 && withoutClock(text).toLowerCase().split(/[^\p{L}\p{N}]+/u).every((word) => word === '' || REGIME_WORDS.has(word) || /^\d{1,4}$/.test(word)) ? text : null),
  reason: (text) => (SET_ASIDE_SENTENCES.has(text) ? text : null),
  security_mode: (text) => ((SECURITY_MODES as readonly string[]).includes(text) ? text : /function code filter/i.test(text) ? 'function code filter' : null),
  operations: (text) => (/^#\d{1,5}$/.test(text) || operationNames().has(text.toLowerCase()) ? text : null),
  transport: (text) => (TRANSPORT.test(text) ? text : null),
  services: (text) => (/^id-\d{1,10}$/.test(text) || operationNames().has(text.toLowerCase()) ? text : null),
  protocol,
};

/** @returns what is kept; null: nothing; undefined: the field is not judged here */
export const keptOf = (field: string, text: string): string | null | undefined => (Object.hasOwn(JUDGES, field) ? JUDGES[field](text) : undefined);

/** What the program reads in a text stays, in its own spelling: a date, the name of a protocol. */
function instant(text: string): string | null {
  if (INSTANT.test(text)) return text;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

function protocol(text: string): string | null {
  // A proposal names the services of one range in one rule.
  if (text.split(', ').every(isProtocol)) return text;
  const key = protocolKey(text);
  return key === 'modbus' ? 'Modbus' : key === 'opcua' ? 'OPC UA' : null;
}

const letters = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

let protocols: ReadonlySet<string> | null = null;
function isProtocol(text: string): boolean {
  if (BY_NUMBER.test(text)) return true;
  if (!PLAIN_PUNCTUATION.test(text)) return false;
  protocols ??= new Set(PROTOCOL_NAMES.map(letters));
  const word = letters(text);
  return [word, word.replace(/(?:(?:over)?(?:tcp|udp)|rtu|tls|ip|binary)$/, '')].some((one) => one !== '' && (protocols?.has(one) === true || isKnownProtocol(one) || isServiceName(one))) || isServiceName(text.toLowerCase());
}

const MOST_CODES = 65_536;
let operations: ReadonlySet<string> | null = null;
/** Every name of an operation that the program knows. */
const operationNames = (): ReadonlySet<string> =>
  (operations ??= new Set(PROTOCOL_NAMES.flatMap((name) => Array.from({ length: MOST_CODES }, (_, code) => describeOperation(name, code).name.toLowerCase()))));
