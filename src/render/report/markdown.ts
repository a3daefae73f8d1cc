/** The report as Markdown for tickets and repositories. In: the model. Out: chunks of text; every word is escaped by render/markdown.ts. */
import { groupedPlural, plural } from '../../infer/plural.ts';
import { shortOctets } from '../instant.ts';
import { markdownTable, markdownText } from '../markdown.ts';
import { apartText } from '../simulation.ts';
import type { Cell, Column } from '../table.ts';
import { validationSentences } from '../verification.ts';
import { captureText, firewallText, recordSums, spanText, STANDING_WORDS, whoText } from './firewall-words.ts';
import type { ReportModel } from './model.ts';
import { acceptedRisks, basisText, completeText, decisionParts, noFindingText, secondsOf, slText } from './text.ts';

const columns = (...titles: readonly string[]): Column[] => titles.map((title) => (title.startsWith('#') ? { title: title.slice(1), align: 'right' } : { title }));

export function* reportMarkdown(model: ReportModel): Generator<string> {
  const { head, status, validation } = model;
  yield `# IEC 62443 Zone Implementation Report${head.facility === '' ? '' : `: ${markdownText(head.facility)}`}\n\n`;
  yield* list([`Implementation Date: ${head.date || 'nothing observed'} (${head.dateBasis})`, `Standard: ${head.standard}`, `Basis: ${basisText(model)}`, `Made by: ${head.tool}: ${head.commandLine}`]);
  yield* section('Evidence: what this rests on');
  yield* list([
    `Observed: ${secondsOf(status.span.first)} to ${secondsOf(status.span.last)}; ${groupedPlural(status.totals.packets, 'packet')}, ${shortOctets(status.totals.bytes)}, ${groupedPlural(status.totals.conversations, 'conversation')}`,
    ...(status.sensor.losses.length === 0 ? ['Sensor: nothing is known to be missing'] : status.sensor.losses.map((loss) => `Sensor: ${loss}`)),
    ...status.sensor.scans.map((sentence) => `Sensor: ${sentence}`),
    ...status.completeness.sentences.map((sentence) => `Completeness: ${sentence}`),
  ]);
  yield* table(columns('capture', 'state', '#packets', 'digest (SHA-256)'), status.captures.map((capture) => [capture.name, capture.state, capture.packets, capture.digest]));
  yield* section(`Findings (${model.findings.length})`);
  yield* table(columns('severity', 'finding', 'what', 'why', 'do', 'id'), model.findings.map((one) => [one.severity, one.type, one.title, one.detail, one.remedy, one.id]), `None: ${noFindingText(model)}.`);
  yield* section('Zone architecture');
  yield* table(
    columns('zone', 'name', 'level', 'SL-T', '#assets', 'conduits', 'controls', 'notes'),
    model.zones.map((zone) => [zone.id, zone.name, zone.level, slText(zone.slTarget, zone.slBasis), zone.assets.length, zone.conduits.join(', '), [...zone.controls, ...zone.requirements].join(', '), zone.notes.join('; ')]),
  );
  yield* section('Assets');
  yield* table(
    columns('asset', 'zone', 'role declared', 'role seen', 'vendor', 'addresses', '#findings'),
    model.assets.map((asset) => [asset.id, model.zones[asset.zone]?.id ?? '', asset.declaredRole, asset.isSeen ? asset.seenRole : 'never seen', asset.vendor, asset.addresses.join(', ') || asset.macs.join(', '), asset.findings]),
  );
  yield* section('Conduit configuration');
  yield* table(
    columns('conduit', 'connects', 'protocols', '#allow', '#deny', 'DPI enabled', 'enforced by', 'mode', 'complete', '#findings'),
    model.conduits.map((one) => [one.id, one.connects.join(' <-> '), one.protocols.join('; '), one.allow, one.deny, `${one.inspection.enabled ? 'Yes' : 'No'}: ${one.inspection.sentence}`, one.enforcedBy.join(', '), one.mode, one.completeness === null ? '' : completeText(one.completeness), one.findings]),
  );
  yield* section('Permits');
  yield* table(
    columns('Permit', 'from', 'to', 'service', 'operations', 'conditions', 'evidence', 'decision'),
    model.permits.map((one) => [one.id, `${one.fromZone}: ${one.from}`, `${one.toZone}: ${one.to}`, one.service, one.operations, one.conditions, one.evidence, decisionParts(one).join('; ')]),
  );
  yield* section('Requirement checks');
  yield* table(columns('severity', 'rule', 'what', 'rests on', 'basis'), model.requirements.map((one) => [one.severity, one.rule, one.sentence, one.citation, one.basis]), 'No requirement is seen to be broken.');
  yield* list(acceptedRisks(model));
  for (const simulation of model.simulations) {
    yield* section(`Simulated: ${simulation.title}`);
    yield* list([`${simulation.passed} of ${simulation.judged} conversations between zones pass${apartText(simulation)}; ${simulation.blockedConversations} would be blocked (${groupedPlural(simulation.blockedRequests, 'request')}), ${plural(simulation.midstream, 'open session breaks', 'open sessions break')} once; residual risk ${simulation.residualRisk}.`]);
    if (simulation.blocked.length > 0) yield* table(columns('who', 'operation', '#requests', '#days', 'why'), simulation.blocked.map((one) => [one.who, one.operation, one.count, one.days, one.why]));
  }
  if (model.firewall !== null) {
    const { losses, rows, rules, days } = model.firewall;
    yield* section(`What firewalls logged (${rows.length})`);
    yield* list([recordSums(days), ...losses]);
    yield* table(columns('stands', 'who asks whom', 'service', 'firewall', '#times', 'when', 'captures', 'to do', 'finding'), rows.map((row) => [STANDING_WORDS[row.standing], whoText(model, row), row.service, firewallText(row), row.count, spanText(row), captureText(row), row.question, row.finding]), 'Firewalls and spec agree.');
    if (rules.length > 0) yield* table(columns('device', 'rule', '#let through', '#would block', '#blocked'), rules.map(({ device, rule, verdicts }) => [device, rule, verdicts.passed, verdicts['would-block'], verdicts.blocked]));
  }
  if (model.losses.length > 0) {
    yield* section('What firewalls can hold of it');
    yield* table(columns('target', '#written exactly', '#written wider', '#without a rule', 'passes by'), model.losses.map((one) => [one.title, one.enforced, one.widened, one.notEnforceable, one.passedBy]));
  }
  const cutover = model.simulations[0]?.cutover ?? [];
  if (cutover.length > 0) {
    yield* section('Cut-over plan');
    yield* table(columns('#step', 'conduit', 'why here'), cutover.map((step, i) => [i + 1, step.conduit, step.reason]));
  }
  yield* section('Validation results');
  yield* list(validationSentences(validation.words));
  yield* section(`Open decisions (${model.decisions.length})`);
  yield* table(columns('about', 'kind', 'to decide'), model.decisions.map((one) => [one.about, one.kind, one.sentence]), 'None.');
}

function* section(title: string): Generator<string> {
  yield `\n## ${markdownText(title)}\n\n`;
}

function* list(items: readonly string[]): Generator<string> {
  for (const item of items) yield `- ${markdownText(item)}\n`;
}

function* table(head: readonly Column[], rows: readonly (readonly Cell[])[], none = 'None.'): Generator<string> {
  if (rows.length === 0) yield `${markdownText(none)}\n`;
  else {
    yield '\n';
    yield* markdownTable(head, rows);
  }
}
