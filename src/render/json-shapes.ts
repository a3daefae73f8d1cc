/**
 * The shapes of the JSON that others rely on: `status`, `assets`, `flows`, `diff`, `simulate`, `verify`, `spec check`. The record makers take their types from here,
 * docs/json/*.schema.json is generated from here, and tests hold real output against it. New keys are added freely;
 * a key that changes or goes away raises SCHEMA_VERSION (json.ts).
 */
import { z } from 'zod';
import { ACCESS_CLASSES } from '../observation.ts';
import { FINDING_TYPES, SEVERITIES } from '../policy/diff/findings.ts';
import { LOGGED_STANDINGS } from '../policy/diff/logged-tally.ts';

const count = z.int().nonnegative();
const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)
  .describe('ISO 8601, UTC, nanoseconds');
const instantOrNull = instant.nullable().describe('null where no frame had a time');
const bothWays = z.strictObject({ toServer: count, toClient: count });
const access = z.enum(ACCESS_CLASSES);
const captureState = z.enum(['complete', 'truncated', 'corrupt', 'unsupported', 'running', 'interrupted']);
const schemaVersion = z.literal(1);

const modbusOperation = z.strictObject({
  protocol: z.literal('modbus'),
  unit: count.nullable(),
  function: z.int().describe('function code without the exception bit; -1: operations folded because there were too many'),
  name: z.string(),
  access,
  ranges: z
    .array(z.strictObject({ access: z.enum(['read', 'write']), first: count, last: count }))
    .describe('requested addresses, inclusive, from 0; touching ranges of one access are joined'),
  requests: count,
  responses: count,
  exceptions: count,
  exceptionCodes: z.array(z.strictObject({ code: count, count })),
  targets: z.array(z.string()).describe('files and FIFO queues (functions 20, 21, 24); bounded'),
});

const opcuaOperation = z.strictObject({
  protocol: z.literal('opcua'),
  service: z.string(),
  access,
  requests: count,
  responses: count,
  faults: count,
  faultCodes: z.array(z.strictObject({ code: count, count })).describe('OPC UA status codes'),
  targets: z.array(z.string()).describe('nodes and methods touched; bounded'),
});

const otherOperation = z.strictObject({
  protocol: z.string(),
  function: z.int(),
  name: z.string(),
  access,
  requests: count,
  responses: count,
  errors: count,
  errorCodes: z.array(z.strictObject({ code: count, count })),
  targets: z.array(z.string()),
});

const flow = z.strictObject({
  client: z.string().describe('IP address, or MAC where there is no IP'),
  server: z.string(),
  clientAsset: z.string().nullable().describe('id in `assets`; null for group addresses and devices never heard'),
  serverAsset: z.string().nullable(),
  transport: z.string().regex(/^(tcp|udp|icmp|icmpv6|sctp|ip-\d+|eth-0x[0-9a-f]{4})$/),
  port: count.describe("the server's; 0 where the transport has none"),
  service: z.string().describe('empty when not named'),
  serviceBy: z.enum(['probe', 'port', 'none']),
  vlan: count.nullable(),
  packets: bothWays,
  bytes: bothWays.describe("frames' length on the wire"),
  sessions: count,
  first: instantOrNull,
  last: instantOrNull,
  direction: z.strictObject({
    by: z.enum(['protocol', 'handshake', 'known-server', 'port', 'first-packet']),
    confidence: z.number().min(0).max(1),
  }),
  operations: z.array(z.union([modbusOperation, opcuaOperation, otherOperation])),
  opcua: z
    .strictObject({
      endpoints: z.array(z.string()),
      policies: z.array(z.string()),
      modes: z.array(z.string()),
      messages: z.record(z.string(), bothWays).describe('chunks by message type'),
    })
    .optional(),
  facts: z
    .array(z.strictObject({ name: z.string(), value: z.string(), toServer: count, toClient: count }))
    .optional()
    .describe('what else the wire said: tls.sni, ...'),
});

const evidence = z.strictObject({ rule: z.string(), points: z.number(), sentence: z.string() });

const asset = z.strictObject({
  id: z.string(),
  addresses: z.array(z.string()),
  macs: z.array(z.string()),
  vendor: z.string().nullable(),
  names: z.array(z.string()),
  role: z.string(),
  level: z.number().nullable().describe('Purdue level'),
  confidence: z.number().min(0).max(1),
  evidence: z.array(evidence),
  against: z.array(evidence),
  zone: z.string().optional(),
  zoneName: z.string().optional(),
  external: z.boolean(),
  notes: z.array(z.string()),
});

const capture = z.strictObject({
  id: count,
  kind: z.string(),
  name: z.string(),
  format: z.string(),
  digest: z.string(),
  state: captureState,
  reason: z.string().optional(),
  packets: count,
  bytes: count,
  first: instantOrNull,
  last: instantOrNull,
});

const counters = z.record(z.string(), count);

const SHARE_SEEN = "share seen of the different operations that will have been asked in 28 days' time: seen / (seen + new in 28 days), rounded down";

const completeness = z.strictObject({
  sufficient: z.boolean(),
  estimate: z.number().describe(`${SHARE_SEEN}, of the whole plant`),
  days: count,
  seen: count,
  unseen: z.number(),
  newShare: z.number().describe('estimated share of new (conversation, day) incidences of a coming day'),
  newShareLow: z.number().describe('of the mean over 28 days, with 95 %'),
  newShareHigh: z.number(),
  newIn28Days: z.number().describe('expected, of the whole plant, without what new devices bring'),
  newIn28DaysLow: z.number().describe('of what will be seen, with 95 %'),
  newIn28DaysHigh: z.number(),
  moreDays: z.number(),
  listenUntil: z.string().nullable(),
  regimes: z.array(z.strictObject({ regime: z.string(), covered: z.boolean(), sentence: z.string() })),
  conduits: z.array(
    z.strictObject({
      fromZone: z.string(),
      toZone: z.string(),
      completeness: z.number().describe(`${SHARE_SEEN}, of the conduit: the same for both its directions`),
      seen: count.describe('in this direction'),
      unseen: z.number().describe('in this direction, ever, at least (Chao2)'),
      newIn28Days: z.number().describe('expected in this direction'),
      sufficient: z.boolean().describe('of the conduit, both directions'),
    }),
  ),
  sentences: z.array(z.string()),
});

const firewallLog = z.strictObject({
  id: count,
  name: z.string(),
  digest: z.string().describe('SHA-256 of the unpacked text as far as it was read; empty for a stream'),
  state: captureState,
  reason: z.string().optional(),
  lines: count,
  records: count.describe('lines that became attempts'),
  first: instantOrNull,
  last: instantOrNull,
  assumptions: z.array(z.string()).describe('what was assumed of its times'),
  passedOver: z.record(z.string(), count).describe('lines that say nothing of who may ask whom, by kind'),
  unread: z.record(z.string(), count).describe("lines of a firewall that could not be read, by reason"),
  samples: z.array(z.strictObject({ line: count, reason: z.string(), text: z.string() })).describe('the first of them'),
});

const firewallLogs = z
  .strictObject({
    logs: z.array(firewallLog),
    attempts: count.describe('distinct attempts kept'),
    records: z.strictObject({ passed: count, 'would-block': count, blocked: count }).describe('log records, or the hits that they carry, by verdict'),
    folded: count.describe('records of a scan or a flood: counted, not kept one by one'),
  })
  .describe("what firewalls' logs say; nothing of it is in the sums of packets");

const sensorHour = z
  .strictObject({
    hour: z.string().describe('its begin, ISO 8601'),
    packets: count,
    bytes: count,
    lostSegments: count.describe('gaps in TCP streams'),
    duplicates: count.describe('frames that came again within 5 ms; packets and bytes include them'),
    tcpConversations: count,
    oneWayConversations: count.describe('of these, with packets in one direction alone in this hour'),
    vlans: z.array(count),
    kernelDropped: count,
    interfaceDropped: count,
    notAnalysed: count.describe('packets that came while the store refused and the memory was full'),
    listenedSeconds: z.number().describe('interfaces open and their links up, over all interfaces together; 0 for files'),
    awaySeconds: z.number().describe('without the interface'),
    downSeconds: z.number().describe('link down'),
    silentSeconds: z.number().describe('without one packet, in pauses of a minute and more'),
    killedSeconds: z.number().describe('after the last checkpoint of a capture that was killed, until the next one'),
    clockSteps: count,
    deaf: z.boolean().describe('so much lost, or so little listened to, that silence in it proves nothing'),
  })
  .describe('sensor truth of one hour; times of live captures only');

const status = z.strictObject({
  schemaVersion,
  store: z.strictObject({ path: z.string(), version: count }),
  span: z.strictObject({ first: instantOrNull, last: instantOrNull }),
  captures: z.array(capture),
  capture: z.strictObject({
    received: count,
    processed: count,
    kernelDropped: count,
    interfaceDropped: count,
    uncleanEnds: count,
  }),
  limits: z.strictObject({ evictedConversations: count, foldedPackets: count }),
  totals: z.strictObject({ packets: count, bytes: count, conversations: count, assets: count, operations: count }),
  stops: counters.describe('frames whose decoding stopped, by reason'),
  sensor: z
    .strictObject({
      complete: z.boolean().describe('nothing is known to be missing'),
      losses: z.array(z.string()).describe('what is missing or doubtful, in sentences'),
      scans: z.array(z.string()).describe('who tried many ports of one device, or one port of many, in vain, in sentences'),
      overlaps: z.array(z.string()).describe('which captures ran at the same time, in sentences: what two of them heard counts twice; among the losses too'),
      activeHours: count,
      spannedHours: count,
      lostSegments: count,
      duplicates: count,
      oneWayConversations: count,
      vlans: z.array(count).describe('VLANs of which frames were seen'),
      hours: z.array(sensorHour),
    })
    .describe('sensor truth: losses first'),
  counters: counters.describe('every other counter, by name'),
  firewallLogs,
  completeness,
});

const text = z.string();
const textOrNull = text.nullable();
const verdictCounts = z.strictObject({ pass: count, fail: count, notObservable: count });

const check = z.strictObject({
  id: z.string().describe('stable while it is about the same thing'),
  kind: z.enum(['permitted', 'prohibited', 'function-filter', 'diode']),
  verdict: z.enum(['pass', 'fail', 'not-observable']).describe('what could not be judged is never pass'),
  title: text, reason: text, remedy: text,
  conduit: textOrNull, permit: textOrNull, fromZone: textOrNull, toZone: textOrNull, client: textOrNull, server: textOrNull, service: textOrNull, operation: textOrNull,
  evidence: z.strictObject({
    source: z.enum(['packets', 'firewall-log', 'probe']),
    first: textOrNull, last: textOrNull,
    count: count.describe('requests, attempts or packets'),
    answered: count.nullable().describe('null where that cannot be told'),
    conversations: count,
    sensor: text.describe('the capture, firewall or operator it comes from'),
  }).nullable(),
  diode: z.strictObject({
    packets: count, bytes: count, bytesPerSecond: z.number().nullable(), longestGapSeconds: z.number().nullable(),
    delaySeconds: z.number().nullable().describe('from the sending to the receiving side; null unless both were seen'),
    reversePackets: count, reversePayloads: count.nullable(),
  }).nullable(),
});

export const VERIFY_SHAPE = z.strictObject({
  schemaVersion,
  spec: text, store: text, since: textOrNull, before: textOrNull, basis: text,
  notes: z.array(text).describe('what the store keeps without a time and was not judged'),
  words: z.strictObject({ basis: text, crossZone: text, prohibited: text, exceptions: z.array(text), enforcement: text, diodes: z.array(text) }).describe('VALIDATION RESULTS of the report'),
  hours: count.describe('captured hours that it rests on'),
  sensor: text,
  sums: z.strictObject({ permitted: verdictCounts, prohibited: verdictCounts, 'function-filter': verdictCounts, diode: verdictCounts }),
  paths: z.strictObject({ total: count, blocked: count, notObservable: count, open: count }).describe('ordered pairs of zones'),
  filters: z.strictObject({ limiting: count, seenAtWork: count, absent: count }).describe('Permits that limit operations'),
  checks: z.array(check).describe('failures first'),
});

export const STATUS_SHAPE = status;
const losses = z.array(z.string()).describe('what is missing or doubtful in the evidence, in sentences');

export const ASSETS_SHAPE = z.strictObject({ schemaVersion, losses, total: count, assets: z.array(asset) });
export const FLOWS_SHAPE = z.strictObject({
  schemaVersion,
  losses,
  total: count.describe('conversations that match; more than listed where --limit cut the list'),
  flows: z.array(flow),
});

const where = { conduit: textOrNull, fromZone: textOrNull, toZone: textOrNull };
const finding = z.strictObject({
  id: text.describe('stable from run to run while it is about the same thing'),
  type: z.enum(FINDING_TYPES),
  severity: z.enum(SEVERITIES),
  title: text, detail: text, remedy: text,
  ...where,
  permit: textOrNull.describe('the rule that it is about, or that comes nearest'),
  requirement: textOrNull.describe('IEC 62443 requirement'),
  client: textOrNull, server: textOrNull, service: textOrNull,
  seen: z.array(z.strictObject({ conversation: z.int().describe('negative: from a firewall log'), operation: text, count, first: text, last: text })),
  seenMore: count.describe('how many more there were than `seen` lists'),
  directionConfidence: z.number().min(0).max(1).nullable(),
  place: z.strictObject({ line: count, column: count }).nullable().describe('in the spec'),
});

const perStanding = z.record(z.enum(LOGGED_STANDINGS), count);
const perVerdict = z.strictObject({ passed: count, 'would-block': count, blocked: count });
const disagreement = z.strictObject({
  standing: z.enum(LOGGED_STANDINGS),
  finding: text, client: text, server: text.describe('empty: many'), service: text, verdict: z.enum(['passed', 'would-block', 'blocked']),
  devices: z.array(text), rules: z.array(text), count, first: textOrNull, last: textOrNull,
  packets: z.strictObject({ requests: count, days: count, answered: z.boolean() }).nullable().describe('as packets show it; null: only the log does'),
  question: text,
});

export const DIFF_SHAPE = z.strictObject({
  schemaVersion,
  losses,
  findings: z.array(finding).describe('the most severe first'),
  setAside: z.array(z.strictObject({ index: count.describe('in `set_aside` of the spec'), reason: text, client: text, conversations: count })),
  pending: z.array(z.strictObject({ permit: text, conversations: count })).describe('rules that let traffic through and wait for a decision'),
  counts: z.strictObject({ judged: count, withinZone: count, groupAddressed: count, setAside: count, permitted: count, outOfScope: count }),
  logged: z.strictObject({
    decisions: z.array(disagreement), disagreements: z.array(disagreement),
    rules: z.array(z.strictObject({ device: text, format: text, rule: text, attempts: count, verdicts: perVerdict, standings: perStanding })),
    days: z.array(z.strictObject({ date: textOrNull, standings: perStanding })),
    counts: z.strictObject({ attempts: count, records: count, toBeDecided: count, disagreed: count, agreed: count, expected: count, midSession: count, groupAddressed: count, outOfScope: count }),
  }).nullable().describe('null without a firewall log'),
});

const days = z.array(count).describe('days since 1970-01-01 (UTC)');

export const SIMULATE_SHAPE = z.strictObject({
  schemaVersion,
  losses,
  target: text, title: text, note: text.describe('what this firewall cannot tell apart'),
  blocked: z.array(z.strictObject({
    conversation: count, client: text, server: text, clientAsset: textOrNull, serverAsset: textOrNull, serverRole: textOrNull, service: text, operation: text, count, days, ...where,
    permit: textOrNull, why: text, rejected: z.boolean().describe('on purpose: somebody rejected it'), extent: z.enum(['all', 'some']).describe('some: a verdict on the session, a limit, or the time of it blocks a part of it; count is of all of it'),
  })),
  midstream: z.array(z.strictObject({ conversation: count, client: text, server: text, service: text, conduit: textOrNull })).describe('open sessions that would break once, at the cut-over'),
  letThrough: z.array(z.strictObject({ permit: text, conduit: text, operations: count, weight: z.number(), sentence: text })).describe('what passes beyond the spec'),
  residualRisk: z.number().describe('0: exactly the spec'),
  cutover: z.array(z.strictObject({
    conduit: text, blocked: count, blockedDays: count, midstream: count, consequence: z.int().min(1).max(5), completeness: z.number().nullable().describe(`${SHARE_SEEN}, of the conduit, in this store; null where its zones were not heard to talk`), evidenceDays: count, reason: text,
  })).describe('conduits in the order in which to enforce them'),
  onDemand: z.array(z.strictObject({ permit: text, conversations: count, days })),
  setAside: z.strictObject({ conversations: count, waiting: count }),
  monitored: count,
  undecided: z.array(z.strictObject({ permit: text, client: text, server: text, sentence: text })).describe('limits that cannot be judged'),
  counts: z.strictObject({ judged: count, passed: count, withoutPayload: count, unread: count.describe('among those passed: payload in which no request was read; a target that looks inside stops what is none'), blockedConversations: count, blockedRequests: count }),
});

const problem = { line: z.int().positive(), column: z.int().positive(), message: text, remedy: text } as const;

export const SPEC_CHECK_SHAPE = z.strictObject({
  schemaVersion,
  file: text,
  loads: z.boolean().describe('false: `problems` say why, and nothing else was looked at'),
  zones: count, conduits: count, permits: count,
  problems: z.array(z.strictObject(problem)),
  lints: z.array(z.strictObject({ severity: z.enum(SEVERITIES), rule: text, ...problem })).describe('what should be looked at, in the order of the file; all of it'),
});

export type FlowRecord = z.infer<typeof flow>;
export type OperationRecord = FlowRecord['operations'][number];
export type AssetRecord = z.infer<typeof asset>;
export type SpecCheckRecord = Omit<z.infer<typeof SPEC_CHECK_SHAPE>, 'schemaVersion'>;
export type StatusRecord = Omit<z.infer<typeof status>, 'schemaVersion'>;
export type FirewallLogsRecord = z.infer<typeof firewallLogs>;
export type CompletenessRecord = z.infer<typeof completeness>;
