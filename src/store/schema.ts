/**
 * The store's schema: SQLite, STRICT, integer keys, forward-only migrations. `MIGRATIONS[n]` brings a store from
 * version n to n + 1. Normalised (docs/adr/0004-store-layout.md): names and keys stand once, counters in narrow rows
 * keyed by (id, hour), each with a change number `rev` that grows per store. Aggregates only: no payload, no PDU rows.
 *
 * Instants are nanoseconds since 1970 (UTC), hours are hours since 1970; the hour -1 holds frames without a timestamp.
 */

/** ASCII "bsln": how `file(1)` and we recognise a store. */
export const APPLICATION_ID = 0x62736c6e;

/** A conversation by its four, its first, or more of them. Apart, because write.ts makes it anew around a mass of rows. */
export const CONVERSATION_KEY = 'CREATE UNIQUE INDEX conversation_key ON conversation (client, server, transport, port)';

const VERSION_1 = `
-- One capture: a file, a stream on standard input, or a live run on interfaces.
CREATE TABLE capture (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,                    -- file | stream | live
  name TEXT NOT NULL,
  format TEXT NOT NULL,                  -- pcap, pcap-ns, pcapng, with +gzip or +zstd
  head TEXT NOT NULL,                    -- SHA-256 of the first 4 KiB (or all, if shorter): finds candidates for 'the same file'
  digest TEXT NOT NULL,                  -- SHA-256 of the first 'size' octets
  size INTEGER NOT NULL,                 -- octets of the file covered by 'digest'
  state TEXT NOT NULL,                   -- complete | truncated | corrupt | unsupported | running | interrupted
  reason TEXT NOT NULL DEFAULT '',
  frames INTEGER NOT NULL,               -- frames taken into the counters so far: where a resumed import goes on
  bytes INTEGER NOT NULL,                -- their octets on the wire
  first_ns INTEGER,
  last_ns INTEGER,
  received INTEGER NOT NULL DEFAULT 0,   -- live: as libpcap counts (received = processed + kernel_dropped)
  kernel_dropped INTEGER NOT NULL DEFAULT 0,
  interface_dropped INTEGER NOT NULL DEFAULT 0,
  rev INTEGER NOT NULL
) STRICT;

-- Everything counted about a capture that has no table of its own: stop.<reason>, link.<number>, vlan.<id>, reader.<what>, tcp.<what> ...
CREATE TABLE capture_counter (
  capture INTEGER NOT NULL,
  name TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (capture, name)
) STRICT, WITHOUT ROWID;

-- Sensor truth by hour, over all captures.
CREATE TABLE sensor_hour (
  hour INTEGER PRIMARY KEY,
  packets INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  lost_segments INTEGER NOT NULL,        -- TCP gaps: loss upstream of the sensor
  duplicates INTEGER NOT NULL,           -- frames seen twice (SPAN of both directions, several VLANs)
  rev INTEGER NOT NULL
) STRICT;

CREATE TABLE address (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE,             -- IPv4, IPv6 (RFC 5952) or MAC
  first_ns INTEGER,
  last_ns INTEGER
) STRICT;

-- Which MAC sent for which IP address.
CREATE TABLE address_mac (
  address INTEGER NOT NULL,
  mac INTEGER NOT NULL,                  -- address.id of the MAC
  first_ns INTEGER,
  last_ns INTEGER,
  PRIMARY KEY (address, mac)
) STRICT, WITHOUT ROWID;

CREATE TABLE address_fact (
  address INTEGER NOT NULL,
  name TEXT NOT NULL,                    -- lldp.name, modbus.vendor, netbios.name, ...
  value TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (address, name, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
  id INTEGER PRIMARY KEY,
  client INTEGER NOT NULL,               -- address.id
  server INTEGER NOT NULL,
  transport INTEGER NOT NULL,            -- IP protocol number, or 65536 + EtherType
  port INTEGER NOT NULL,                 -- the server's, 0 without
  vlan INTEGER,
  service TEXT NOT NULL,                 -- '' when not named
  service_by INTEGER NOT NULL,           -- 0 none, 1 port, 2 probe
  direction_by INTEGER NOT NULL,         -- 0 first-packet, 1 port, 2 known-server, 3 handshake, 4 protocol
  packets_to_server INTEGER NOT NULL,
  packets_to_client INTEGER NOT NULL,
  bytes_to_server INTEGER NOT NULL,
  bytes_to_client INTEGER NOT NULL,
  sessions INTEGER NOT NULL,
  answered INTEGER NOT NULL,             -- sessions with an answer
  requests INTEGER NOT NULL,             -- client segments or datagrams with payload
  rtt_us INTEGER,                        -- smallest handshake round trip
  first_ns INTEGER,
  last_ns INTEGER,
  rev INTEGER NOT NULL
) STRICT;
${CONVERSATION_KEY};

CREATE TABLE conversation_hour (
  conversation INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  packets_to_server INTEGER NOT NULL,
  packets_to_client INTEGER NOT NULL,
  bytes_to_server INTEGER NOT NULL,
  bytes_to_client INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  PRIMARY KEY (conversation, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation_fact (
  conversation INTEGER NOT NULL,
  name TEXT NOT NULL,                    -- opcua.policy, tls.sni, ...
  value TEXT NOT NULL,
  to_server INTEGER NOT NULL,
  to_client INTEGER NOT NULL,
  PRIMARY KEY (conversation, name, value)
) STRICT, WITHOUT ROWID;

-- One operation of a conversation: (protocol, Modbus unit, function).
CREATE TABLE operation (
  id INTEGER PRIMARY KEY,
  conversation INTEGER NOT NULL,
  protocol TEXT NOT NULL,
  unit INTEGER NOT NULL,                 -- Modbus unit id, -1 for others
  function INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  responses INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  ranges_folded INTEGER NOT NULL,
  first_ns INTEGER,
  last_ns INTEGER,
  rev INTEGER NOT NULL
) STRICT;
CREATE INDEX operation_conversation ON operation (conversation);

CREATE TABLE operation_hour (
  operation INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  responses INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  PRIMARY KEY (operation, hour)
) STRICT, WITHOUT ROWID;

-- Distinct requested register or coil ranges, inclusive.
CREATE TABLE operation_range (
  operation INTEGER NOT NULL,
  access INTEGER NOT NULL,               -- 0 read, 1 write
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (operation, access, first, last)
) STRICT, WITHOUT ROWID;

CREATE TABLE operation_error (
  operation INTEGER NOT NULL,
  code INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (operation, code)
) STRICT, WITHOUT ROWID;

-- Nodes, areas, classes and methods touched; bounded per operation.
CREATE TABLE operation_target (
  operation INTEGER NOT NULL,
  target TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (operation, target)
) STRICT, WITHOUT ROWID;

-- Times between consecutive requests, as half-octave bins of milliseconds. subject: conversation.id, or -operation.id.
CREATE TABLE rhythm (
  subject INTEGER NOT NULL,
  bin INTEGER NOT NULL,
  count INTEGER NOT NULL,
  sum_ms REAL NOT NULL,
  PRIMARY KEY (subject, bin)
) STRICT, WITHOUT ROWID;

-- What the flow table folded under a flood of new keys: counted, not kept one by one.
CREATE TABLE scan (
  client INTEGER NOT NULL,
  transport INTEGER NOT NULL,
  targets INTEGER NOT NULL,
  packets INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  first_ns INTEGER,
  last_ns INTEGER,
  PRIMARY KEY (client, transport)
) STRICT, WITHOUT ROWID;

-- The decoder's memory between packets (open TCP streams, learned servers), so that an import goes on where it stopped
-- and sessions continue from one file of a ring to the next. One row.
CREATE TABLE decoder_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  state BLOB NOT NULL
) STRICT;

CREATE TABLE store_meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

const VERSION_2 = `
-- Server segments or datagrams with payload: whether anything was answered, hour by hour. NULL: counted before version 2.
ALTER TABLE conversation_hour ADD COLUMN answers INTEGER;

-- One run of \`verify --active\`: who sent what from where, and when. Written as it goes, so that what was sent stays known.
CREATE TABLE probe_run (
  id INTEGER PRIMARY KEY,
  operator TEXT NOT NULL,
  zone TEXT NOT NULL,                    -- the zone it was sent from
  spec TEXT NOT NULL,                    -- the spec's file name
  spec_digest TEXT NOT NULL,             -- SHA-256 of its text
  state TEXT NOT NULL,                   -- running | complete | aborted
  reason TEXT NOT NULL DEFAULT '',
  started_ns INTEGER NOT NULL,
  ended_ns INTEGER
) STRICT;

CREATE TABLE probe (
  run INTEGER NOT NULL,
  step INTEGER NOT NULL,                 -- place in the plan
  kind TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  permit TEXT NOT NULL,                  -- '' for a prohibited path
  to_zone TEXT NOT NULL,
  expected TEXT NOT NULL,
  outcome TEXT NOT NULL,                 -- what came back, in one word
  detail TEXT NOT NULL,
  verdict TEXT NOT NULL,                 -- pass | fail | not observable
  packets INTEGER NOT NULL,              -- connections opened or datagrams sent
  at_ns INTEGER NOT NULL,
  elapsed_us INTEGER NOT NULL,
  PRIMARY KEY (run, step)
) STRICT, WITHOUT ROWID;
`;

/** Firewall logs (docs/adr/0009-firewall-logs.md): counted apart from packets, in tables of their own. */
const VERSION_3 = `
-- One log: a file or a stream. Identity by the unpacked text, so that a log that was packed since is known again.
CREATE TABLE firewall_log (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,                    -- file | stream
  name TEXT NOT NULL,
  head TEXT NOT NULL,                    -- SHA-256 of the first 4 KiB of the text (or all, if shorter)
  digest TEXT NOT NULL,                  -- SHA-256 of its first 'size' octets
  size INTEGER NOT NULL,                 -- octets of the text that were read, up to the end of a line
  state TEXT NOT NULL,                   -- complete | truncated | corrupt | running | interrupted
  reason TEXT NOT NULL,
  clock TEXT NOT NULL,                   -- what the reader of times remembers, as JSON
  assumptions TEXT NOT NULL,             -- what was assumed of times, as JSON
  lines INTEGER NOT NULL,
  entries INTEGER NOT NULL,              -- lines that became attempts
  first_ns INTEGER,
  last_ns INTEGER,
  rev INTEGER NOT NULL
) STRICT;

-- Lines that became none: passed-over.<what>, unread.<why>; and attempts folded.
CREATE TABLE firewall_log_counter (
  log INTEGER NOT NULL,
  name TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (log, name)
) STRICT, WITHOUT ROWID;

-- The first few of each kind of lines that could not be read.
CREATE TABLE firewall_log_sample (
  log INTEGER NOT NULL,
  line INTEGER NOT NULL,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (log, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
  id INTEGER PRIMARY KEY,
  format TEXT NOT NULL,
  device TEXT NOT NULL,
  rule TEXT NOT NULL,
  verdict INTEGER NOT NULL,              -- 0 passed, 1 would-block, 2 blocked
  inspected INTEGER NOT NULL,            -- 1: judged by content
  opening INTEGER NOT NULL,              -- 0: a packet in mid-session
  client TEXT NOT NULL,
  server TEXT NOT NULL,                  -- '' where targets were folded
  transport TEXT NOT NULL,
  port INTEGER NOT NULL,
  application TEXT NOT NULL,
  unit INTEGER NOT NULL,                 -- Modbus, -1 without
  function INTEGER NOT NULL,             -- Modbus, -1 without
  count INTEGER NOT NULL,
  first_ns INTEGER,
  last_ns INTEGER,
  rev INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX attempt_key ON attempt (format, device, rule, verdict, inspected, opening, client, server, transport, port, application, unit, function);

CREATE TABLE attempt_hour (
  attempt INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  count INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  PRIMARY KEY (attempt, hour)
) STRICT, WITHOUT ROWID;
`;

const VERSION_4 = `
-- Sensor truth by hour beyond sensor_hour: vlan.<id>, vlan.more (frames); kernel-dropped, interface-dropped, not-analysed
-- (packets); listened-ms (interfaces open, link up), away-ms, down-ms, silent-ms, killed-ms (between the last checkpoint of a
-- capture that was killed and the next capture), clock-step (times). Milliseconds are over all interfaces together.
CREATE TABLE sensor_hour_counter (
  hour INTEGER NOT NULL,
  name TEXT NOT NULL,
  count INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  PRIMARY KEY (hour, name)
) STRICT, WITHOUT ROWID;

-- Live: when the record was last written. NULL for files.
ALTER TABLE capture ADD COLUMN checkpoint_ns INTEGER;
`;

/** A capture that was packed since it was imported, or unpacked, is the same capture. */
const VERSION_5 = `
-- What a packed file holds, as far as it was read: SHA-256 of its unpacked octets, of the first 4 KiB of them, and how many they are. Empty
-- and 0 of a plain file, whose own digest says the same, and of what was imported before version 5.
ALTER TABLE capture ADD COLUMN content_head TEXT NOT NULL DEFAULT '';
ALTER TABLE capture ADD COLUMN content_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE capture ADD COLUMN content_size INTEGER NOT NULL DEFAULT 0;

-- Other files that were found to hold what the capture holds: known by their octets the next time, without being unpacked again.
CREATE TABLE capture_form (
  capture INTEGER NOT NULL,
  head TEXT NOT NULL,
  digest TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (capture, digest)
) STRICT, WITHOUT ROWID;
`;

/** Rhythms in the rows of whose they are (rhythm-text.ts): they were more than half of the rows of a store of many conversations. */
const rhythmOf = (subject: string): string => `coalesce((SELECT '[' || group_concat(bin || ',' || count || ',' || CAST(round(sum_ms * 1000) AS INTEGER), ',' ORDER BY bin) || ']'
  FROM rhythm WHERE subject = ${subject} AND count > 0), '')`;

const VERSION_6 = `
-- Times between consecutive requests, in half-octave bins of milliseconds: [bin, count, sum in microseconds, bin, ...], bins ascending; '' without.
ALTER TABLE conversation ADD COLUMN rhythm TEXT NOT NULL DEFAULT '';
ALTER TABLE operation ADD COLUMN rhythm TEXT NOT NULL DEFAULT '';
UPDATE conversation SET rhythm = ${rhythmOf('conversation.id')};
UPDATE operation SET rhythm = ${rhythmOf('-operation.id')};
DROP TABLE rhythm;
`;

/** The days of the hour rows (days-text.ts). Of consecutive days with the same hours, day less place is the same. */
const daysOf = (table: string, owner: string): string => `UPDATE ${owner} SET days = '';
WITH
  day (owner, day, hours) AS (SELECT ${owner}, hour / 24, sum(1 << hour % 24) FROM ${table} WHERE hour >= 0 GROUP BY ${owner}, hour / 24),
  placed AS (SELECT owner, day, hours, day - row_number() OVER (PARTITION BY owner, hours ORDER BY day) AS run FROM day),
  run AS (SELECT owner, hours, min(day) AS first, count(*) AS days FROM placed GROUP BY owner, hours, run),
  text AS (SELECT owner, '[' || group_concat(first || ',' || days || ',' || hours, ',' ORDER BY first) || ']' AS days FROM run GROUP BY owner)
UPDATE ${owner} SET days = text.days FROM text WHERE text.owner = ${owner}.id;`;

/** Makes both columns anew from the hours: for what did not write them. */
export const SUM_UP_DAYS = `${daysOf('conversation_hour', 'conversation')}\n${daysOf('operation_hour', 'operation')}`;

/** What analysis asks of hours, in the rows of whose they are: hour rows grow with every hour that is listened. */
const VERSION_7 = `
-- Days on which something was seen, in runs of days with the same hours: [first day, days, bits of the hours (UTC), first day, ...], days since 1970-01-01; '' without.
ALTER TABLE conversation ADD COLUMN days TEXT NOT NULL DEFAULT '';
ALTER TABLE operation ADD COLUMN days TEXT NOT NULL DEFAULT '';
${SUM_UP_DAYS}
`;

export const MIGRATIONS: readonly string[] = [VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5, VERSION_6, VERSION_7];
