/**
 * Lines that the Linux kernel logs for nftables and iptables (net/netfilter/nf_log_syslog.c): a prefix, then `IN= OUT= SRC=
 * DST= PROTO= SPT= DPT=` and TCP flags as words. The line itself says nothing of the verdict, so the prefix must:
 * ours do (`OTZ:<rule>:<what>:<W, D or P>`), others by a word (DROP, BLOCK, DENY, REJECT; ACCEPT, ALLOW). Only the
 * kernel, or ulogd for it, is believed: any program could log such a line under its own name.
 */
import { hasPorts } from '../../observation.ts';
import { isNeighbourDiscovery, setEnds, transportOf, type LogEntry, type LogFormat, type ReadResult } from './log-entry.ts';
import { NFT_DENIED, NFT_INSPECTED, NFT_ONE_OCTET, NFT_PASSED, NFT_PREFIX, NFT_REPLY, NFT_WOULD } from './monitor-marks.ts';

/** An uptime, the rule's prefix (nft allows 127 octets), then what the kernel writes. */
const LINE = /^(?:\[ *\d{1,10}\.\d{6}\] )?(.{0,127}?)IN=([^ ]{0,15}) OUT=([^ ]{0,15}) /;
const PROGRAMS: ReadonlySet<string> = new Set(['', 'kernel', 'ulogd']);

const OURS = new RegExp(`^${NFT_PREFIX}([^: ]{1,64}):([A-Z]{1,16}):([${NFT_WOULD}${NFT_DENIED}${NFT_PASSED}]) ?$`);
const DENIES = /(?:^|[^a-z])(?:drop|dropped|block|blocked|deny|denied|reject|rejected)(?:[^a-z]|$)/i;
const PASSES = /(?:^|[^a-z])(?:accept|accepted|allow|allowed|pass|passed|audit)(?:[^a-z]|$)/i;

const field = (text: string, name: string): string => {
  const at = text.startsWith(`${name}=`) ? 0 : text.indexOf(` ${name}=`) + 1;
  if (at === 0 && !text.startsWith(`${name}=`)) return '';
  const from = at + name.length + 1;
  const end = text.indexOf(' ', from);
  return text.slice(from, end < 0 ? text.length : end);
};

/** Messages about another packet (RFC 792, RFC 4443): whoever sent one asks nothing. */
const ICMP_ERRORS: Readonly<Record<string, ReadonlySet<string>>> = { icmp: new Set(['3', '4', '5', '11', '12']), icmpv6: new Set(['1', '2', '3', '4', '137']) };
/** Of an echo, a time stamp, information, an address mask; of an echo. */
const ICMP_ANSWERS: Readonly<Record<string, ReadonlySet<string>>> = { icmp: new Set(['0', '14', '16', '18']), icmpv6: new Set(['129']) };

const orientationOf = (transport: string, text: string): LogEntry['orientation'] => {
  if (transport !== 'tcp') {
    if (hasPorts(transport)) return 'unknown';
    return ICMP_ANSWERS[transport]?.has(field(text, 'TYPE')) === true ? 'server-first' : 'client-first';
  }
  if (!/ SYN(?: |$)/.test(text)) return 'unknown';
  return / ACK(?: |$)/.test(text) ? 'server-first' : 'client-first';
};

export const netfilterLog: LogFormat = {
  name: 'netfilter',
  read(message, program, entry): ReadResult {
    if (!PROGRAMS.has(program)) return null;
    const line = LINE.exec(message);
    if (line === null) return null;
    const prefix = (line[1] ?? '').trim();
    // An ICMP error repeats the packet it answers in brackets: that one is not what was judged.
    const rest = message.slice(line[0].length).split(' [', 1)[0] ?? '';
    const text = rest.trimEnd();
    const transport = transportOf(field(text, 'PROTO'));
    if (transport === null) return 'unread.protocol';
    if (ICMP_ERRORS[transport]?.has(field(text, 'TYPE')) === true) return 'passed-over.icmp-error';
    if (isNeighbourDiscovery(transport, Number(field(text, 'TYPE')))) return 'passed-over.neighbour-discovery';
    const portIn = (name: string): string | undefined => (hasPorts(transport) ? field(text, name) : undefined);
    const ends = setEnds(entry, transport, field(text, 'SRC'), portIn('SPT'), field(text, 'DST'), portIn('DPT'));
    if (ends !== 'entry') return ends;
    entry.orientation = orientationOf(transport, text);
    const ours = OURS.exec(prefix);
    if (ours !== null) {
      entry.rule = ours[1] ?? '';
      // Of TCP the flags have said it, or the packet is one in mid-session.
      if (ours[2] === NFT_REPLY && transport !== 'tcp') entry.orientation = 'server-first';
      entry.inspected = ours[2] === NFT_INSPECTED || ours[2] === NFT_ONE_OCTET;
      entry.verdict = ours[3] === NFT_PASSED ? 'passed' : ours[3] === NFT_WOULD ? 'would-block' : 'blocked';
      return 'entry';
    }
    entry.rule = prefix.replace(/[:\s]+$/, '');
    if (DENIES.test(prefix)) entry.verdict = 'blocked';
    else if (PASSES.test(prefix)) entry.verdict = 'passed';
    // The user may have named the prefix (`--log-monitor`); log-reader.ts decides.
    else return 'unread.no-verdict-in-prefix';
    return 'entry';
  },
};
