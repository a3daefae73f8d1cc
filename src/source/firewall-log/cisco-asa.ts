/**
 * Cisco ASA and FTD syslog: access list hits (106100, 106023), implicit denials (106001, 106006, 106007, 106010, 106014),
 * packets of unknown connections (106015), connections built (302013, 302015, 302017, 302020). Source: "Cisco Secure Firewall ASA
 * Series Syslog Messages". Teardowns (302014, 302016, 302021) name no direction and are passed over: their connection was
 * counted when it was built. 106100 carries a hit count per entry and interval; the first number in brackets is the
 * entry's hash as `show access-list` prints it, so it stands with the rule's name.
 */
import { countOf, setEnds, transportOf, type LogEntry, type LogFormat, type ReadResult } from './log-entry.ts';
import { ASA_LIST_PREFIX, ASA_MONITOR_LEVEL } from './monitor-marks.ts';

const TAG = /^(?:: )?%(?:ASA|FTD|PIX|FWSM)-(?:[a-z]+-)?([0-7])-(\d{6}): /;

const USER = String.raw`(?: ?\([^()]{0,200}\)){0,2}`;
const HASH = String.raw`(?: \[(0x[0-9a-f]{1,8}), 0x[0-9a-f]{1,8}\])?`;
/** `inside/10.1.1.1(1039)`, also with a user behind. */
const SLASH_END = String.raw`\S+?\/([^\s()/]+)\((\d{1,5})\)${USER}`;
/** `inside:10.1.1.1/1039`, `inside:fd00::1/1039`, ICMP without a port. */
const COLON_END = String.raw`[^\s:]+: ?([^\s/()]+)(?:\/(\d{1,5}))?${USER}`;
const BARE_END = String.raw`([^\s/()]+)\/(\d{1,5})`;

const HIT = new RegExp(`^access-list (\\S+) (permitted|denied|est-allowed) (\\S+) ${SLASH_END} -> ${SLASH_END} hit-cnt (\\d{1,10}) .{0,40}?${HASH}$`);
const DENY_GROUP = new RegExp(`^Deny (?:protocol )?(\\S+) src ${COLON_END} dst ${COLON_END}(?: \\(type \\d{1,3}, code \\d{1,3}\\))? by access-group "([^"]{1,241})"${HASH}$`);
const BUILT = new RegExp(`^Built (inbound|outbound) (TCP|UDP|SCTP|GRE) connection \\d+ (?:for|from) ${COLON_END} \\([^()]*\\)${USER} to ${COLON_END} \\([^()]*\\)${USER}`);
const BUILT_ICMP = new RegExp(`^Built (inbound|outbound) ICMP connection for faddr ([^\\s/()]+)\\/\\d+${USER} gaddr [^\\s/()]+\\/\\d+ laddr ([^\\s/()]+)\\/\\d+`);
const DENY_TCP_IN = new RegExp(`^Inbound TCP connection denied from ${BARE_END} to ${BARE_END} flags (.{0,40}?) +on interface (\\S+)$`);
const DENY_UDP_IN = new RegExp(`^Deny inbound UDP from ${BARE_END} to ${BARE_END} (?:on interface (\\S+)|due to DNS (\\S+))`);
const DENY_OTHER_IN = new RegExp(`^Deny inbound (?:protocol )?(\\S+) src ${COLON_END} dst ${COLON_END}`);
const NO_CONNECTION = new RegExp(`^Deny TCP \\(no connection\\) from ${BARE_END} to ${BARE_END} flags (.{0,40}?) +on interface (\\S+)$`);

const PASSED_OVER: ReadonlySet<string> = new Set(['302014', '302016', '302021', '302018']);

const opening = (flags: string): LogEntry['orientation'] => {
  const set = flags.split(' ');
  if (!set.includes('SYN')) return 'unknown';
  return set.includes('ACK') ? 'server-first' : 'client-first';
};

const readHit = (text: string, level: number, entry: LogEntry): ReadResult => {
  const m = HIT.exec(text);
  if (m === null) return 'unread.format';
  const [, list = '', said, protocol = '', source, sourcePort, destination, destinationPort, hits = '', hash] = m;
  const count = countOf(hits);
  if (count === null) return 'unread.count';
  entry.rule = hash === undefined ? list : `${list} ${hash}`;
  const marked = level === ASA_MONITOR_LEVEL && list.startsWith(ASA_LIST_PREFIX);
  entry.verdict = said === 'denied' ? 'blocked' : marked ? 'would-block' : 'passed';
  entry.orientation = said === 'est-allowed' || protocol.toLowerCase() === 'udp' ? 'unknown' : 'client-first';
  entry.count = count;
  return setEnds(entry, transportOf(protocol), source, sourcePort, destination, destinationPort);
};

const readBuilt = (text: string, entry: LogEntry): ReadResult => {
  const m = BUILT.exec(text);
  if (m === null) return 'unread.format';
  const [, way, protocol = '', a, aPort, b, bPort] = m;
  entry.verdict = 'passed';
  return way === 'inbound' ? setEnds(entry, transportOf(protocol), a, aPort, b, bPort) : setEnds(entry, transportOf(protocol), b, bPort, a, aPort);
};

const readMessage = (id: string, level: number, text: string, entry: LogEntry): ReadResult => {
  let m: RegExpExecArray | null;
  switch (id) {
    case '106100':
      return readHit(text, level, entry);
    case '106023':
      m = DENY_GROUP.exec(text);
      if (m === null) return 'unread.format';
      entry.rule = m[7] === undefined ? (m[6] ?? '') : `${m[6]} ${m[7]}`;
      entry.orientation = (m[1] ?? '').toLowerCase() === 'udp' ? 'unknown' : 'client-first';
      return setEnds(entry, transportOf(m[1] ?? ''), m[2], m[3], m[4], m[5]);
    case '302013':
    case '302015':
    case '302017':
      return readBuilt(text, entry);
    case '302020':
      m = BUILT_ICMP.exec(text);
      if (m === null) return 'unread.format';
      entry.verdict = 'passed';
      return m[1] === 'inbound' ? setEnds(entry, 'icmp', m[2], undefined, m[3], undefined) : setEnds(entry, 'icmp', m[3], undefined, m[2], undefined);
    case '106001':
      m = DENY_TCP_IN.exec(text);
      if (m === null) return 'unread.format';
      entry.rule = `${id} interface ${m[6]}`;
      entry.orientation = opening(m[5] ?? '');
      return setEnds(entry, 'tcp', m[1], m[2], m[3], m[4]);
    case '106006':
    case '106007':
      m = DENY_UDP_IN.exec(text);
      if (m === null) return 'unread.format';
      entry.rule = m[5] === undefined ? `${id} DNS ${m[6]}` : `${id} interface ${m[5]}`;
      entry.orientation = 'unknown';
      return setEnds(entry, 'udp', m[1], m[2], m[3], m[4]);
    case '106010':
    case '106014':
      m = DENY_OTHER_IN.exec(text);
      if (m === null) return 'unread.format';
      entry.rule = id;
      return setEnds(entry, transportOf(m[1] ?? ''), m[2], m[3], m[4], m[5]);
    case '106015':
      m = NO_CONNECTION.exec(text);
      if (m === null) return 'unread.format';
      entry.rule = `${id} no connection`;
      entry.orientation = opening(m[5] ?? '');
      return setEnds(entry, 'tcp', m[1], m[2], m[3], m[4]);
    default:
      if (PASSED_OVER.has(id)) return 'passed-over.teardown';
      return id.startsWith('106') ? 'passed-over.other-denial' : 'passed-over.other-message';
  }
};

export const ciscoAsaLog: LogFormat = {
  name: 'cisco-asa',
  read(message, _program, entry) {
    const tag = TAG.exec(message);
    if (tag === null) return null;
    return readMessage(tag[2] ?? '', Number(tag[1]), message.slice(tag[0].length).trimEnd(), entry);
  },
};
