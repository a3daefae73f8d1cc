/**
 * A rule of Suricata as text. In: its ends and options. Out: lines that Suricata reads, in as many as it takes for the length of each.
 */
import { SIGNATURE_PREFIX } from '../../source/firewall-log/monitor-marks.ts';
import { sidePairs, type RuleSide } from '../rule-lists.ts';
import { safeComment } from '../vendor-name.ts';

/** Both sides, the ports of the target, and which packets are meant: those of the source, those of the target, or both. */
export interface RuleEnds {
  readonly source: RuleSide;
  readonly arrow: '->' | '<-' | '<>';
  readonly target: RuleSide;
  readonly ports: string;
}

export interface RuleText {
  readonly protocol: string;
  readonly ends: RuleEnds;
  readonly options: string;
  readonly why: string;
  readonly about: string;
  /** Remembers something of the connection for the rules behind it, and never speaks or stops. */
  readonly isMark?: boolean;
}

/** One rule, or as many as it takes for every line to be read; each has the number behind that of the one before. */
export const ruleLines = (action: string, { protocol, ends, options, why, about, isMark }: RuleText, sid: number): string[] => {
  const head = (source: string, target: string): string => (ends.arrow === '<-' ? `${target} ${ends.ports} -> ${source} any` : `${source} any ${ends.arrow} ${target} ${ends.ports}`);
  const line = (source: string, target: string, number: number): string =>
    `${isMark === true ? 'alert' : action} ${protocol} ${head(source, target)} (msg:"${SIGNATURE_PREFIX}${safeComment(`${about}: ${why}`, 180)}"; ${options} metadata:rule ${safeComment(about, 120).replace(/[,:]/g, '_') || 'none'}; classtype:${protocol === 'ip' || protocol === 'icmp' ? 'policy-violation' : 'protocol-command-decode'}; sid:${number}; rev:1;)`;
  return sidePairs(ends.source, ends.target, line('', '', sid).length).map(({ source, target }, index) => line(source, target, sid + index));
};
