/** What firewalls logged, in words for every form of the report. In: the model. Out: sentences, and a row a disagreement. */
import { LOGGED_STANDINGS, type LoggedDay, type LoggedStanding } from '../../policy/diff/logged-tally.ts';
import { grouped, plural } from '../../infer/plural.ts';
import type { FirewallReview, ReportModel } from './model.ts';

type Row = FirewallReview['rows'][number];

/** As a column's head, in the order of gravity. */
export const STANDING_WORDS: Readonly<Record<LoggedStanding, string>> = {
  'blocked-but-permitted': 'blocked, though permitted',
  'passed-but-not-permitted': 'let through, though not permitted',
  'to-be-decided': 'to be decided',
  'mid-session': 'in mid-session',
  expected: 'blocked, as expected',
  agreed: 'as declared',
  'not-judged': 'not judged',
};

/** `asa-dmz would block, OTZ_Z-DMZ_IN` */
export const firewallText = ({ devices, verdict, rules }: Row): string =>
  `${devices.join(', ') || 'a firewall'} ${verdict === 'blocked' ? 'blocks' : verdict === 'passed' ? 'lets through' : 'would block'}${rules.length === 0 ? '' : `, by ${rules.slice(0, 3).join(', ')}${rules.length > 3 ? ` and ${plural(rules.length - 3, 'more rule')}` : ''}`}`;

/** `SCADA-1 (10.20.2.10) -> PLC-A1 (10.20.4.17)` */
export function whoText({ assets, findings }: Pick<ReportModel, 'assets' | 'findings'>, { client, server, findingIndex }: Row): string {
  const { clientAsset = null, serverAsset = null } = findingIndex === null ? {} : findings[findingIndex];
  const nameOf = (asset: number | null, address: string): string => {
    const id = asset === null ? address : assets[asset].id;
    return address === '' ? 'many' : id === address ? address : `${id} (${address})`;
  };
  return `${nameOf(clientAsset, client)} -> ${nameOf(serverAsset, server)}`;
}

export const captureText = ({ packets }: Row): string =>
  packets === null ? 'not seen' : `${plural(packets.requests, 'request')} on ${plural(packets.days, 'day')}${packets.answered ? '' : ', no answer'}`;

export const spanText = ({ first, last }: Row): string => (first === null || last === null ? 'no time' : first.slice(0, 10) === last.slice(0, 10) ? first.slice(0, 10) : `${first.slice(0, 10)} to ${last.slice(0, 10)}`);

/** `48 to be decided, 200 as declared`: records, without those that are none. */
export const standingSums = (days: readonly LoggedDay[]): string =>
  LOGGED_STANDINGS.map((standing) => [STANDING_WORDS[standing], days.reduce((sum, { standings }) => sum + standings[standing], 0)] as const)
    .filter(([, count]) => count > 0)
    .map(([words, count]) => `${grouped(count)} ${words}`)
    .join(', ');

/** The same with its unit: of attempts, which findings count, there are fewer. */
export const recordSums = (days: readonly LoggedDay[]): string => {
  const sums = standingSums(days);
  return sums === '' ? 'nothing' : `records (hits, where a record carries them): ${sums}`;
};
