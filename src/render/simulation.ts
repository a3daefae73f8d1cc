/** A simulated cut-over as text: what breaks first, then what gets through, then the order to cut over in. */
import { listsBy } from '../net/multi-map.ts';
import { COMPLETENESS_MEANS, wholePercent } from '../infer/completeness-words.ts';
import { countDays } from '../policy/simulate-cutover.ts';
import { onDemandOnly, type Simulation } from '../policy/simulate.ts';
import { lossText } from './losses.ts';
import { bulletSection, sentenceLine } from './sentences.ts';
import { textTable, type Column, type TableStyle } from './table.ts';
import { grouped, groupedPlural, plural } from '../infer/plural.ts';

const BLOCKED: readonly Column[] = [
  { title: 'client', shrinkTo: 11, lines: 3 },
  { title: 'server', shrinkTo: 11, lines: 3 },
  { title: 'what', shrinkTo: 14, lines: 4 },
  { title: 'times', align: 'right' },
  { title: 'days', align: 'right' },
  { title: 'why', shrinkTo: 14, lines: 4 },
];

const CUTOVER: readonly Column[] = [
  { title: 'order', align: 'right' },
  { title: 'conduit', shrinkTo: 14, lines: 2 },
  { title: 'blocked', align: 'right' },
  { title: 'sessions cut once', align: 'right', shrinkTo: 8, lines: 3 },
  { title: 'consequence', align: 'right' },
  { title: 'complete', align: 'right', isOptional: true, means: COMPLETENESS_MEANS },
  { title: 'evidence days', align: 'right', shrinkTo: 8, lines: 2, isOptional: true },
  { title: 'because', shrinkTo: 14, lines: 7 },
];

const LISTED = 40;

/** As many targets of one client, by one service and without a request, are one row. */
const SWEEP_TARGETS = 8;

/** What was asked first, then what was only tried: connections without a request, those of one client by one service together. */
const rowsOf = (blocked: Simulation['blocked']): (string | number)[][] => {
  const rowOf = (one: Simulation['blocked'][number]): (string | number)[] => [
    one.clientAsset ?? one.client,
    `${one.serverAsset ?? one.server}${one.serverRole === null ? '' : ` (${one.serverRole})`}`,
    `${one.service} ${one.operation}${one.extent === 'some' ? ' (sometimes)' : ''}`,
    one.count,
    countDays([one]),
    one.why,
  ];
  const tried = listsBy(blocked.filter(({ count }) => count === 0), (one) => `${one.client}\n${one.service}\n${one.operation}`);
  const folded = [...tried.values()].flatMap((group) => {
    const servers = new Set(group.map(({ server }) => server)).size;
    if (servers < SWEEP_TARGETS) return group.map(rowOf);
    const days = countDays(group);
    return [[group[0].clientAsset ?? group[0].client, `${plural(servers, 'device')}`, `${group[0].service} ${group[0].operation}`, 0, days, 'connections were tried and nothing was asked: a sweep; --json lists the devices']];
  });
  return [...blocked.filter(({ count }) => count > 0).map(rowOf), ...folded];
};

/** What is neither, between "pass" and "blocked": with a comma before each. */
export const apartText = ({ onDemand, setAside }: { readonly onDemand: number; readonly setAside: number }): string =>
  `${onDemand === 0 ? '' : `, ${grouped(onDemand)} only while switched on`}${setAside === 0 ? '' : `, ${grouped(setAside)} set aside`}`;

export function* simulationText(simulation: Simulation, losses: readonly string[], style: TableStyle): Generator<string> {
  const section = (title: string, lines: readonly string[]): string => bulletSection(title, lines, LISTED, '--json lists all', style);
  yield lossText(losses, style);
  const { blocked, midstream, letThrough, onDemand, setAside, undecided, monitored, cutover, counts } = simulation;
  yield sentenceLine(`${simulation.title}${simulation.note === '' ? '' : ` (${simulation.note})`}:`, style);
  const apart = apartText({ onDemand: onDemandOnly(simulation), setAside: setAside.conversations });
  const open = groupedPlural(midstream.length, 'open session breaks', 'open sessions break');
  yield sentenceLine(`${groupedPlural(counts.judged, 'conversation')} between zones judged, ${grouped(counts.passed)} pass${apart}, ${grouped(counts.blockedConversations)} would be blocked (${groupedPlural(counts.blockedRequests, 'request')}); ${open} once at cut-over; residual risk ${grouped(simulation.residualRisk)}`, style);
  if (blocked.length > 0) {
    yield '\nWould have been blocked:\n';
    const rows = rowsOf(blocked);
    yield* textTable(BLOCKED, rows.slice(0, LISTED), style);
    if (rows.length > LISTED) yield `${LISTED} of ${rows.length}; --json lists all\n`;
  }
  yield section('Passes only while somebody has switched it on', onDemand.map((one) => `${one.permit}: ${plural(one.conversations, 'conversation')} on ${plural(one.days.length, 'day')}`));
  if (setAside.conversations > 0) yield `\n${sentenceLine(`${setAside.conversations === 1 ? '1 conversation is' : `${grouped(setAside.conversations)} conversations are`} blocked on purpose: the spec set ${setAside.conversations === 1 ? 'it' : 'them'} aside${setAside.waiting > 0 ? `, and ${grouped(setAside.waiting)} of them wait for a decision` : ''}.`, style)}`;
  yield section('Limits that what was kept cannot decide', undecided.map((one) => `${one.permit}: ${one.client} -> ${one.server}: ${one.sentence}`));
  if (counts.withoutPayload > 0) yield `\n${sentenceLine(`${groupedPlural(counts.withoutPayload, 'conversation carried no payload: it passes by ports alone, whatever its', 'conversations carried no payload: they pass by ports alone, whatever their')} Permit says of operations.`, style)}`;
  if (counts.unread > 0) yield `\n${sentenceLine(`${groupedPlural(counts.unread, 'conversation carried payload in which no request was read: it counts as passing here, and is', 'conversations carried payload in which no request was read: they count as passing here, and are')} stopped where it is none of the protocol that the Permit names.`, style)}`;
  yield section('Would get through beyond the spec', letThrough.map((one) => (one.permit === '' ? one.sentence : `${one.permit}: ${one.sentence}`)));
  if (cutover.length > 0) {
    yield `\nCut over in this order${monitored > 0 ? ` (${monitored} of ${cutover.length} conduits are in monitor mode and block nothing yet; judged as if they did)` : ''}:\n`;
    yield* textTable(
      CUTOVER,
      cutover.map((step, index) => [index + 1, step.conduit, step.blocked, step.midstream, step.consequence, step.completeness === null ? '-' : wholePercent(step.completeness), step.evidenceDays, step.reason]),
      style,
    );
  }
}
