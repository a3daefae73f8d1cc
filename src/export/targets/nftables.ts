/**
 * nftables (Linux firewall between zones): one chain per conduit, one jump per Permit, sets for addresses, payload
 * matches for Modbus (nftables-modbus.ts). In: a device plan. Out: `baseline.nft`, the same file for both modes but
 * for verdicts and log prefixes. A Permit that does not match returns, so several Permits of one pair add up: what none of
 * them lets through is denied behind the last conduit. Replies pass by the Permit of their connection too: of one
 * whose Permit is gone, or whose time is over, the server would send on for good, for the kernel keeps what it sees packets of.
 * Log prefixes are `OTZ:<rule>:<what>:<D|W>` (denied, or would have been), so that a log line tells the rule.
 */
import type { Permit } from '../../permit.ts';
import { NFT_DENIED, NFT_INSPECTED, NFT_ONE_OCTET, NFT_OPENED, NFT_PASSED, NFT_PREFIX, NFT_REPLY, NFT_WOULD } from '../../source/firewall-log/monitor-marks.ts';
import { formatSpan, type AddressSpan } from '../../net/address-set.ts';
import { listsBy } from '../../net/multi-map.ts';
import { spanText } from '../../net/register-set.ts';
import { minuteOfDay } from '../../policy/spec/schedule.ts';
import { coverage } from '../covered-permits.ts';
import { joinedZones, withinText } from '../device-zones.ts';
import type { Capabilities, DeviceExport, DeviceInterface, DevicePlan, Exporter, LossRow, PlanConduit, PlanPermit, PlanZone } from '../exporter.ts';
import { NO_CAPABILITIES } from '../exporter.ts';
import { ofFamily } from '../ip-notation.ts';
import { assess, familiesOf, refusalOf } from '../loss.ts';
import { functionsOf, inspectedModbus } from '../modbus/scope.ts';
import { leftOut, modbusChains, setBlock, wholeRequestSets } from './nftables-modbus.ts';
import { evidenceLine, permitLine, provenanceLines } from '../permit-text.ts';
import { clockLines, DAY_NAMES, dayAfter, windowsOf } from '../time-window.ts';
import { clockText, dayBegins, inUtc, LAST_YEAR, offsetsOf, type ZoneOffset } from '../utc-windows.ts';
import { nameScope, safeComment, type NameScope } from '../vendor-name.ts';

const CAPABILITIES: Capabilities = {
  ...NO_CAPABILITIES,
  ipv6: true,
  multicast: true,
  schedule: true,
  expiry: true,
  endsSessions: true,
  onDemand: true,
  modbusFunction: true,
  modbusUnit: true,
  modbusRange: true,
  logsStart: true,
};

const ON_DEMAND_TIMEOUT = '4h';

/**
 * Errors about a connection go to whoever sent the packet, so towards the server too: without them its large answers are
 * lost in silence where a path is narrower (RFC 1191 section 3; RFC 4890 section 4.3.1).
 */
const RELATED_ERRORS = [
  'icmp type { destination-unreachable, time-exceeded, parameter-problem }',
  'icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem }',
];

/**
 * What ARP is to IPv4, which does not pass this hook: only where frames are bridged does it pass, for a router has taken one hop
 * off, and it counts with all 255 alone (RFC 4861 sections 6.1 and 7.1).
 */
const NEIGHBOURS = 'ip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert }';

/** Payload is judged only where TCP carries Modbus and the Permit restricts it. */
const inspected = (permit: Permit): boolean => inspectedModbus(permit) !== null;

const serviceMatch = (permit: Permit, port: 'sport' | 'dport'): string => {
  const { transport, ports } = permit.service;
  if (transport === 'any') return '';
  if (transport === 'icmp') return 'meta l4proto icmp';
  if (transport === 'icmpv6') return 'meta l4proto ipv6-icmp';
  if (transport.startsWith('ip-')) return `meta l4proto ${Number(transport.slice(3))}`;
  const texts = ports.map(spanText);
  return `${transport} ${port} ${texts.length === 1 ? texts[0] : `{ ${texts.join(', ')} }`}`;
};

/** `east/0100`, `west/0330`: when the plant's clock is so far ahead of UTC or behind it. */
const offsetName = (minutes: number): string =>
  `${minutes < 0 ? 'west' : 'east'}/${clockText(Math.abs(minutes)).replace(':', '')}`;

interface Clock {
  readonly timezone: string;
  /** Empty where no Permit has hours. */
  readonly offsets: readonly ZoneOffset[];
}

const clockOf = ({ timezone, permits }: DevicePlan): Clock => ({ timezone, offsets: permits.some(({ permit }) => windowsOf(permit).length > 0) ? offsetsOf(timezone) : [] });

/** The last second that nft can compare: it has 64 bits of nanoseconds, and turns what is later, or before 1970, into another time. */
const FOR_EVER = 9_223_372_036;

const offsetSet = (name: string, { pieces }: ZoneOffset): string[] =>
  setBlock(name, 'typeof meta time', 'interval', pieces.map(({ from, to }) => `${from ?? 0}-${to ?? FOR_EVER}`));

const windowMatches = (permit: Permit): string[] =>
  windowsOf(permit).map((window) => {
    const days = window.days.length === 7 ? '' : `meta day { ${window.days.map((day) => `"${DAY_NAMES[day] ?? day}"`).join(', ')} } `;
    const whole = window.start === '00:00' && window.end === '24:00';
    return `${days}${whole ? '' : `meta hour ${60 * minuteOfDay(window.start)}-${60 * minuteOfDay(window.end) - 1}`}`.trim();
  });

/**
 * One text per window and offset of the plant's time zone; a lone empty text when the Permit always holds. All in UTC and in
 * seconds: nft shifts what is written as a clock time by the zone of who loads the file, and days it does not shift.
 */
const timeMatches = (permit: Permit, { timezone, offsets }: Clock, shared: Map<string, string[]>): string[] => {
  const { expires } = permit.conditions;
  const until = expires === null ? '' : `meta time < ${Math.min(FOR_EVER, Math.max(1, dayBegins(dayAfter(expires), timezone)))}`;
  const windows = offsets.flatMap((offset) => {
    const name = offsetName(offset.minutes);
    const matches = windowMatches({ ...permit, conditions: inUtc(permit.conditions, offset.minutes) });
    if (offsets.length === 1 || matches.length === 0) return matches;
    shared.set(name, offsetSet(name, offset));
    return matches.map((match) => `meta time @${name} ${match}`);
  });
  return (windows.length === 0 ? [''] : windows).map((window) => [window, until].filter((part) => part !== '').join(' '));
};

interface Side {
  /** An address, or the name of a set. */
  readonly match: string;
  readonly set: string[];
}

const side = (name: string, spans: readonly AddressSpan[], family: 'ipv4' | 'ipv6', onDemand: boolean): Side => {
  const texts = spans.map(formatSpan);
  const type = `type ${family}_addr`;
  if (onDemand)
    return { match: `@${name}`, set: [`\tset ${name} {`, `\t\t${type}`, '\t\tflags interval, timeout', `\t\ttimeout ${ON_DEMAND_TIMEOUT}`, '\t}'] };
  if (texts.length === 1) return { match: `${texts[0]}`, set: [] };
  return { match: `@${name}`, set: setBlock(name, type, 'interval', texts) };
};

interface PermitText {
  readonly sets: string[];
  readonly chains: string[];
  /** Lines of the conduit's chain. */
  readonly jumps: string[];
  /** What its servers send back. */
  readonly replies: string[];
  /** What is Modbus on a permitted path and yet not permitted. */
  readonly denials: string[];
}

const permitText = (entry: PlanPermit, name: string, clock: Clock, verdict: string, suffix: string, shared: Map<string, string[]>): PermitText => {
  const { permit } = entry;
  const { onDemand } = permit.conditions;
  const text: PermitText = { sets: [], chains: [], jumps: [], replies: [], denials: [] };
  const target = inspected(permit) ? `jump ${name}` : 'counter accept';
  text.jumps.push(`\t\t# ${permitLine(permit, 200)}`, `\t\t# ${evidenceLine(permit, 200)}`);
  if (inspected(permit)) {
    const modbus = modbusChains(name, permit, shared);
    text.sets.push(...modbus.sets);
    text.chains.push(...modbus.rules);
  }
  for (const family of familiesOf(entry, CAPABILITIES)) {
    const digit = family === 'ipv4' ? '4' : '6';
    const clients = ofFamily(entry.client, family);
    const ip = family === 'ipv4' ? 'ip' : 'ip6';
    const client = side(`${name}/c${digit}`, clients, family, onDemand);
    const server = side(`${name}/s${digit}`, ofFamily(entry.server, family), family, false);
    text.sets.push(...client.set, ...server.set);
    if (onDemand)
      text.jumps.push(`\t\t# off until: nft add element inet baseline ${name}/c${digit} { ${clients.map(formatSpan).join(', ')} }`);
    const tupleOf = (from: Side, to: Side, port: 'sport' | 'dport'): string => `${ip} saddr ${from.match} ${ip} daddr ${to.match} ${serviceMatch(permit, port)}`.trimEnd();
    const tuple = tupleOf(client, server, 'dport');
    for (const time of timeMatches(permit, clock, shared)) {
      const when = time === '' ? '' : ` ${time}`;
      if (entry.log?.includes('start') === true) text.jumps.push(`\t\t${tuple}${when} ct state new log prefix "${NFT_PREFIX}${name.slice(2)}:${NFT_OPENED}:${NFT_PASSED} "`);
      text.jumps.push(`\t\t${tuple}${when} ${target}`);
      text.replies.push(`\t\t${tupleOf(server, client, 'sport')}${when} counter accept`);
    }
    const denial = (payload: string, what: string): string => `\t\t${tuple} ${payload} 0-255 counter log prefix "${NFT_PREFIX}${name.slice(2)}:${what}:${suffix} " flags tcp options ${verdict}`;
    // Two octets or more; then what is left has one.
    if (inspected(permit)) text.denials.push(denial('@ih,8,8', NFT_INSPECTED), denial('@ih,0,8', NFT_ONE_OCTET));
  }
  return text;
};

/** As Linux names a VLAN of a port (`eth1.20`), unless the name says so already; the kernel takes 15 characters. */
const linuxName = ({ interface: name, vlan }: DeviceInterface): string => (vlan === null || /\.|^vlan/i.test(name) ? name : `${name}.${vlan}`);
const isLinuxName = (name: string): boolean => /^[A-Za-z0-9_.-]{1,15}$/.test(name);

/** `iifname`/`oifname` matches where the spec gives the device's interfaces, both directions of the conduit. */
const conduitJumps = (plan: DevicePlan, conduit: PlanConduit, chain: string): string[] => {
  const names = (zone: string): string[] => plan.device.interfaces.filter((port) => port.zone === zone).map(linuxName);
  const isBound = conduit.connects.every((zone) => names(zone).length > 0 && names(zone).every(isLinuxName));
  if (!isBound) return [`\t\tjump ${chain}`];
  const all = [...new Set(conduit.connects.flatMap(names))].map((name) => `"${name}"`).join(', ');
  return [`\t\tiifname { ${all} } oifname { ${all} } jump ${chain}`];
};

const holdsSeveral = ([first, ...others]: readonly AddressSpan[]): boolean => first !== undefined && (others.length > 0 || first.first < first.last);

/** Without stated interfaces the networks of any zone may meet here; those of the Internet meet elsewhere. */
const meetingZones = (plan: DevicePlan): PlanZone[] =>
  plan.device.interfaces.length === 0 ? plan.zones.filter((zone) => !zone.external) : joinedZones(plan);

/** What is within a zone, from one of its networks to another. */
const withinLines = (plan: DevicePlan): string[] =>
  meetingZones(plan).flatMap((zone) => {
    const names = [...new Set(plan.device.interfaces.filter((port) => port.zone === zone.id).map(linuxName))];
    const all = names.map((name) => `"${name}"`).join(', ');
    const bound = names.length > 0 && names.every(isLinuxName) ? `iifname { ${all} } oifname { ${all} } ` : '';
    const lines = (['ipv4', 'ipv6'] as const).flatMap((family) => {
      const spans = ofFamily(zone.addresses, family);
      if (!holdsSeveral(spans)) return [];
      const addresses = spans.map(formatSpan).join(', ');
      const ip = family === 'ipv4' ? 'ip' : 'ip6';
      return [`\t\t${bound}${ip} saddr { ${addresses} } ${ip} daddr { ${addresses} } counter accept`];
    });
    return lines.length === 0 ? [] : [`\t\t# ${withinText(zone, 200)}`, ...lines];
  });

/** What the reader would otherwise take for bound to an interface. */
const unboundNotes = (plan: DevicePlan): string[] =>
  plan.device.interfaces
    .filter((port) => !isLinuxName(linuxName(port)))
    .map((port) => `"${safeComment(linuxName(port), 60)}" of ${safeComment(port.zone, 60)} is no name of a Linux interface: conduits of this zone are bound to addresses alone.`);

interface ConduitText {
  readonly sets: string[];
  readonly chains: string[];
  readonly jump: string[];
  /** Into the chain of its replies. */
  readonly replyJump: string[];
  readonly denials: string[];
}

/** With its place among all. */
interface PlacedPermit {
  readonly entry: PlanPermit;
  readonly at: number;
}

const conduitText = (plan: DevicePlan, conduit: PlanConduit, permits: readonly PlacedPermit[], covered: ReadonlySet<PlanPermit>, names: NameScope, clock: Clock, shared: Map<string, string[]>): ConduitText => {
  const enforce = plan.mode === 'enforce';
  const suffix = enforce ? NFT_DENIED : NFT_WOULD;
  const chain = names.nameOf(`conduit ${conduit.id}`, `c-${conduit.id}`);
  const replyChain = names.nameOf(`replies ${conduit.id}`, `r-${conduit.id}`);
  const texts = permits
    .filter(({ entry }) => !covered.has(entry) && refusalOf(entry, CAPABILITIES) === null)
    .map(({ entry, at }) => permitText(entry, names.nameOf(`permit ${at}`, `p-${entry.permit.id}`), clock, enforce ? 'drop' : 'accept', suffix, shared));
  if (texts.length === 0) return { sets: [], chains: [], jump: [], replyJump: [], denials: [] };
  return {
    sets: texts.flatMap((text) => text.sets),
    chains: [
      ...texts.flatMap((text) => text.chains),
      `\tchain ${chain} {`,
      `\t\t# ${safeComment(`${conduit.id} ${conduit.name}: ${conduit.connects.join(' / ')}`, 200)}`,
      ...texts.flatMap((text) => text.jumps),
      '\t}',
      `\tchain ${replyChain} {`,
      ...texts.flatMap((text) => text.replies),
      '\t}',
    ],
    jump: conduitJumps(plan, conduit, chain),
    replyJump: conduitJumps(plan, conduit, replyChain),
    denials: texts.flatMap((text) => text.denials),
  };
};

const REPLIES = 'ct state established,related ct direction reply';

/**
 * The kernel takes for the client who sent first since it looked: of a session that was open before, or where both ends use one port,
 * that may be the server. Of TCP only from a port that a Permit names alone: a range may hold a client's own, whose Permit is over.
 */
const turnedLines = (plan: DevicePlan): string[] => {
  const services = plan.permits.filter((entry) => refusalOf(entry, CAPABILITIES) === null).map(({ permit }) => permit.service);
  const ports = services.flatMap((service) => (service.transport === 'tcp' ? service.ports : [])).flatMap(({ first, last }) => (first === last ? [first] : []));
  const named = [...new Set(ports)].sort((a, b) => a - b).join(', ');
  return [...(named === '' ? [] : [`\t\tct state established tcp sport { ${named} } jump replies`]), '\t\tct state established meta l4proto udp jump replies'];
};

const ruleset = (plan: DevicePlan, covered: ReadonlySet<PlanPermit>): string => {
  const enforce = plan.mode === 'enforce';
  const verdict = enforce ? 'drop' : 'accept';
  const suffix = enforce ? NFT_DENIED : NFT_WOULD;
  const names = nameScope({ maxLength: 40, punctuation: '_.-' });
  const shared = new Map<string, string[]>();
  const clock = clockOf(plan);
  const ofConduit = listsBy(plan.permits.map((entry, at) => ({ entry, at })), ({ entry }) => entry.permit.conduit);
  const conduits = plan.conduits.map((conduit) => conduitText(plan, conduit, ofConduit.get(conduit.id) ?? [], covered, names, clock, shared));
  const inspectedCodes = plan.permits.filter((entry) => inspected(entry.permit) && refusalOf(entry, CAPABILITIES) === null).flatMap((entry) => functionsOf(entry.permit));
  const lines = [
    '#!/usr/sbin/nft -f',
    ...provenanceLines(plan.provenance, '# '),
    `# mode: ${plan.mode}`,
    ...clockLines(plan).map((line) => `# ${line}`),
    'table inet baseline',
    'delete table inet baseline',
    'table inet baseline {',
    ...(inspectedCodes.length > 0 ? wholeRequestSets(inspectedCodes) : []),
    ...[...shared.keys()].sort().flatMap((name) => shared.get(name) ?? []),
    ...conduits.flatMap((conduit) => conduit.sets),
    ...conduits.flatMap((conduit) => conduit.chains),
    '\tchain replies {',
    ...conduits.flatMap((conduit) => conduit.replyJump),
    '\t}',
    '\tchain forward {',
    `\t\ttype filter hook forward priority filter; policy ${verdict};`,
    `\t\tct state invalid counter log prefix "${NFT_PREFIX}INVALID:CT:${suffix} " ${verdict}`,
    `\t\t${REPLIES} jump replies`,
    ...RELATED_ERRORS.map((match) => `\t\tct state related ${match} counter accept`),
    `\t\t${NEIGHBOURS} counter accept`,
    ...withinLines(plan),
    ...conduits.flatMap((conduit) => conduit.jump),
    // Behind every conduit: a later one may let through what an earlier one of the same pair leaves out.
    ...conduits.flatMap((conduit) => conduit.denials),
    // Behind the denials, because a wide Permit the other way may take a client for a server.
    ...turnedLines(plan),
    // In monitor mode what they answer has been logged.
    `\t\t${REPLIES} counter ${enforce ? `log prefix "${NFT_PREFIX}NOCONDUIT:${NFT_REPLY}:${suffix} " flags tcp options ` : ''}${verdict}`,
    `\t\tcounter log prefix "${NFT_PREFIX}NOCONDUIT:ANY:${suffix} " flags tcp options ${verdict}`,
    '\t}',
    '}',
  ];
  return `${lines.join('\n')}\n`;
};

const lossOf = (plan: DevicePlan, entry: PlanPermit): LossRow => {
  const row = assess(entry, { device: plan.device.id, capabilities: CAPABILITIES });
  if (row.verdict === 'not-enforceable' || !inspected(entry.permit)) return row;
  const late = 'several requests in one segment are dropped, and those in packets with IPv4 options or IPv6 extension headers; a request split over segments passes only when the retransmission of the client joins it';
  // V1.1b3 clause 4.1; a spec may name it, because it is seen.
  const zero = entry.permit.modbus?.functionCodes.includes(0) === true ? ['FC 0: it is no valid function code, and stays blocked'] : [];
  // RFC 9293 section 3.8.4 (RFC 1122 4.2.3.6): a keepalive may carry one octet. Let through, octets would make up a request.
  const keepalive = 'keepalives of Windows clients carry one octet and are dropped, so a session in which nothing is asked for long ends: switch keepalive off there, or ask more often';
  // A part that came before is cut off by whoever receives it (RFC 9293 section 3.10.7.4), not here.
  const pieces = 'segments are judged, not the stream: a client whose administrator forges sequence numbers can make another request of the ends of permitted ones (the suricata target reads the stream)';
  return { ...row, reasons: [...row.reasons, ...zero, ...leftOut(entry.permit), late, keepalive, pieces] };
};

const clockNotes = (plan: DevicePlan): string[] =>
  clockLines(plan).flatMap((line) => [
    `${line} In the file they are seconds in UTC, so it does not matter in which zone it is loaded; hours turn with daylight saving time by themselves (sets \`east/\` and \`west/\`, until ${LAST_YEAR}).`,
    'Days are days of the kernel, in UTC unless it was told a zone: keep the hardware clock on UTC (`timedatectl set-local-rtc 0`), and start the machine anew after `timedatectl set-timezone`.',
  ]);

/** Elements of a set are no part of the file. */
const onDemandNotes = (plan: DevicePlan): string[] =>
  plan.permits.some((entry) => entry.permit.conditions.onDemand && refusalOf(entry, CAPABILITIES) === null)
    ? [`A Permit on demand is open while its set has elements: the file has the command. They go by themselves after ${ON_DEMAND_TIMEOUT}, or after a time of their own (\`nft add element inet baseline NAME { ADDRESS timeout 1h }\`), and a load of the file or a restart of the machine empties the set. \`nft delete element inet baseline NAME { ADDRESS }\` closes it at once. Before Linux 6.12 an element that is there keeps its time: delete it, then add it, to have it open for longer.`]
    : [];

const build = (plan: DevicePlan): DeviceExport => {
  const { covered, losses } = coverage(plan.permits, plan.permits.map((entry) => lossOf(plan, entry)));
  return { files: [{ path: 'baseline.nft', content: ruleset(plan, covered) }], losses, ...INSTRUCTIONS, notes: [...unboundNotes(plan), ...clockNotes(plan), ...onDemandNotes(plan), ...INSTRUCTIONS.notes] };
};

const INSTRUCTIONS = {
  rollback: ['nft delete table inet baseline', '# Take its include out of /etc/nftables.conf too, or the next start loads it again.'],
  apply: [
    'Check it: `nft -c -f baseline.nft`.',
    'Load it: `nft -f baseline.nft` (it replaces only its own table).',
    'A restart of the machine forgets what `nft -f` loaded. To keep it, put the file where root alone writes (`/etc/nftables/baseline.nft`), add `include "/etc/nftables/baseline.nft"` at the end of `/etc/nftables.conf`, and `systemctl enable nftables.service`.',
  ],
  notes: [
    'Needs Linux 5.16 or newer and nft 1.0.6 or newer. It filters what this machine routes. What it bridges it filters too where `net.bridge.bridge-nf-call-iptables` (IPv6: `-ip6tables`) is 1, as it is once br_netfilter is loaded (containers load it); the kernel then gives the bridge as interface, so that rules bound to its ports do not match. Set both to 0 on a router that also bridges; for a transparent firewall set both to 1, and name no device in the spec.',
    'A connection of which a request was blocked stays open at the device, which never hears its end, until a timeout of its own. Devices have few: a client that goes on asking what is blocked can use them up, for others too. Enforce once the log of monitor mode shows no such client.',
    'Connections that were open before the file is loaded continue when their client sends next; until then packets of the server alone match no Permit.',
    'A Modbus request passes only when its segment is exactly one request, in a packet without IPv4 options and IPv6 extension headers: bare acknowledgements pass, several requests in one segment do not, and a split one passes late (Linux clients join it when they repeat it) or never. Watch `:FC:W` in monitor mode before enforcing.',
    'A segment of one octet on a path of inspected Modbus is logged as `:KA:`: a TCP keepalive of a Windows client (those of Linux carry none and pass), or the end of a split request. It is dropped, since octet by octet any request could be sent: switch keepalive off on such clients, or let them ask more often than they send it (Windows: every 2 hours).',
    'Of UDP the kernel forgets who asked, after 30 seconds without an answer and 120 with one. What a server sends later, unasked, or from another port than the one it was asked on, is logged as `:ANY:` and blocked: permit it from the server\'s side too, or let the kernel remember for longer (`sysctl net.netfilter.nf_conntrack_udp_timeout_stream`).',
    'Inside a network namespace the kernel logs only with `net.netfilter.nf_log_all_netns=1`.',
  ],
} as const;

export const nftables: Exporter = {
  name: 'nftables',
  title: 'nftables ruleset for a Linux firewall between zones',
  platforms: ['linux-nft'],
  filters: true,
  modes: ['monitor', 'enforce'],
  capabilities: CAPABILITIES,
  follows: { ftp: 'a `ct helper` of type "ftp" on tcp/21, and `ct status expected accept` before the replies' },
  build,
};
