/** A simulated cut-over as text: what breaks first, then what gets through, then the order to cut over in. */
import type { Simulation } from '../policy/simulate.ts';
import { grouped } from './instant.ts';
import { printable } from './printable.ts';
import { textTable, type Column, type TableStyle } from './table.ts';

const BLOCKED: readonly Column[] = [
  { title: 'client', shrinkTo: 10 },
  { title: 'server', shrinkTo: 10 },
  { title: 'what', shrinkTo: 20 },
  { title: 'times', align: 'right' },
  { title: 'days', align: 'right' },
  { title: 'why', shrinkTo: 24 },
];

const CUTOVER: readonly Column[] = [
  { title: 'order', align: 'right' },
  { title: 'conduit', shrinkTo: 10 },
  { title: 'blocked', align: 'right' },
  { title: 'sessions cut once', align: 'right' },
  { title: 'consequence', align: 'right' },
  { title: 'evidence days', align: 'right' },
  { title: 'because', shrinkTo: 20 },
];

const LISTED = 40;
const LONGEST = 1000;

export function* simulationText(simulation: Simulation, style: TableStyle): Generator<string> {
  const { blocked, midstream, letThrough, cutover, counts } = simulation;
  yield `${simulation.title}${simulation.note === '' ? '' : ` (${simulation.note})`}:\n`;
  yield `${grouped(counts.judged)} conversations between zones judged, ${grouped(counts.passed)} pass, ${grouped(counts.blockedConversations)} would be blocked (${grouped(counts.blockedRequests)} requests); `;
  yield `${grouped(midstream.length)} open sessions break once at cut-over; residual risk ${grouped(simulation.residualRisk)}\n`;
  if (blocked.length > 0) {
    yield '\nWould have been blocked:\n';
    const rows = blocked.slice(0, LISTED).map((one) => [
      one.clientAsset ?? one.client,
      `${one.serverAsset ?? one.server}${one.serverRole === null ? '' : ` (${one.serverRole})`}`,
      `${one.service} ${one.operation}${one.extent === 'some' ? ' (sometimes)' : ''}`,
      one.count,
      one.days.length,
      one.why,
    ]);
    yield* textTable(BLOCKED, rows, style);
    if (blocked.length > LISTED) yield `${LISTED} of ${blocked.length}; --json lists all\n`;
  }
  if (letThrough.length > 0) {
    yield '\nWould get through beyond the spec:\n';
    for (const one of letThrough.slice(0, LISTED)) yield `  - ${printable(`${one.permit}: ${one.sentence}`, LONGEST)}\n`;
    if (letThrough.length > LISTED) yield `  ... and ${letThrough.length - LISTED} more; --json lists all\n`;
  }
  if (cutover.length > 0) {
    yield '\nCut over in this order:\n';
    yield* textTable(
      CUTOVER,
      cutover.map((step, index) => [index + 1, step.conduit, step.blocked, step.midstream, step.consequence, step.evidenceDays, step.reason]),
      style,
    );
  }
}
