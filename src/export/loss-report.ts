/**
 * The loss report as files: `loss-report.md` for people, `loss-report.json` for programs. In: loss rows. Out: text.
 */
import { plural } from '../infer/plural.ts';
import type { Exporter, LossRow, Mode } from './exporter.ts';
import { rangeText } from './ip-notation.ts';
import { permitsWithRule } from './loss.ts';
import { passingByMarkdown, type PassingBy } from './passing-by.ts';
import { safeComment } from './vendor-name.ts';

/** The file of an export that programs read. */
export const LOSS_JSON = 'loss-report.json';

/** Markdown table cell: the text of a spec can neither open markup nor leave its cell. */
const cell = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]+/g, '_')
    .replace(/[\\|<>`*[\]]/g, (character) => `&#${character.charCodeAt(0)};`);

const extraText = (row: LossRow): string =>
  row.verdict !== 'widened' ? '' : row.extraOperations === null ? 'not countable' : `${row.extraOperations}`;

const permitsOf = (rows: readonly LossRow[]): ReadonlySet<string> => new Set(rows.map((row) => row.permit));

/** What the rules say, each Permit once. */
export function countVerdicts(rows: readonly LossRow[]): { readonly permits: number; readonly exactly: number; readonly wider: number; readonly without: number } {
  const permits = permitsOf(rows).size;
  const written = permitsWithRule(rows).size;
  const wider = permitsOf(rows.filter((row) => row.verdict === 'widened')).size;
  return { permits, exactly: written - wider, wider, without: permits - written };
}

export const verdictSummary = (rows: readonly LossRow[]): string => {
  const { permits, exactly, wider, without } = countVerdicts(rows);
  return `${plural(permits, 'Permit')}: ${exactly} written exactly, ${wider} written wider, ${without} without a rule`;
};

export const lossMarkdown = (exporter: Exporter, mode: Mode, rows: readonly LossRow[], refused: readonly string[], links: readonly PassingBy[], evidenceLosses: readonly string[]): string => {
  const lines = [
    `# Loss report: ${exporter.name}, ${mode}`,
    '',
    ...(evidenceLosses.length === 0 ? [] : ['Missing or doubtful in the evidence that the spec was proposed from, so that Permits may be missing too:', '', ...evidenceLosses.map((loss) => `- ${cell(loss)}`), '']),
    ...passingByMarkdown(links, cell),
    ...(links.length === 0 ? [] : ['## What the rules say', '']),
    `${verdictSummary(rows)}. In the table: enforced, widened, not-enforceable.`,
    'An extra operation is one that this configuration lets through between the same clients and servers and the Permit does not name.',
    '',
  ];
  if (refused.length > 0)
    lines.push(
      `No configuration was written: ${plural(refused.length, 'Permit would let through more than it says', 'Permits would let through more than they say')} (${refused.map(cell).join(', ')}).`,
      'Read the rows below; then choose another target, change the spec, or accept them with --allow-wider.',
      '',
    );
  const blocked = rows.filter((row) => row.verdict === 'not-enforceable' && row.device !== '').length;
  if (exporter.filters && mode === 'enforce' && blocked > 0)
    lines.push(`What is not enforceable has no rule: this configuration blocks the traffic of ${blocked} Permits. Mend the spec first where the reason is a missing address.`, '');
  lines.push('| Permit | conduit | device | verdict | widened to | extra operations | why |', '|---|---|---|---|---|---|---|');
  for (const row of rows)
    lines.push(
      `| ${[row.permit, row.conduit, row.device, row.verdict, row.widenedTo, extraText(row), row.reasons.join('. ')].map(cell).join(' | ')} |`,
    );
  return `${lines.join('\n')}\n`;
};

/** `JSON.stringify` leaves DEL, C1, bidi and zero-width characters as they are; here only ASCII is left. */
export const asciiJson = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;

export const lossJson = (exporter: Exporter, mode: Mode, rows: readonly LossRow[], refused: readonly string[], links: readonly PassingBy[], evidenceLosses: readonly string[]): string =>
  asciiJson({
    schemaVersion: 1,
    target: exporter.name,
    mode,
    ...(evidenceLosses.length === 0 ? {} : { evidenceLosses }),
    refused,
    passingBy: links,
    permits: rows.map(({ permit, conduit, device, verdict, widenedTo, extraOperations, reasons, effects }) => ({
      permit, conduit, device, verdict, widenedTo, extraOperations, reasons,
      effects: effects.map((effect) => ({
        ...effect,
        client: effect.client.map(rangeText),
        server: effect.server.map(rangeText),
      })),
    })),
  });

/** Targets whose logs `baseline import` reads. */
const LOGS_COME_BACK: ReadonlySet<string> = new Set(['nftables', 'suricata', 'cisco-asa', 'fortios', 'panos']);

const logStep = (exporter: Exporter, mode: Mode): string => {
  if (!LOGS_COME_BACK.has(exporter.name)) return '';
  const says = mode === 'monitor' ? 'lists what is to be decided before you enforce' : 'tells what it blocks although it is permitted, and what it lets through although it is not';
  return ` Bring the log of the device back too: \`baseline import LOG\`, and the same \`baseline diff\` ${says}.`;
};

const MEANS: Readonly<Record<Mode, string>> = {
  monitor: 'everything passes, what enforcement would block is logged',
  enforce: 'what no Permit lets through is blocked and logged',
};

export const readmeMarkdown = (
  exporter: Exporter,
  mode: Mode,
  facility: string,
  provenance: readonly string[],
  sections: readonly { readonly device: string; readonly checks: readonly string[]; readonly apply: readonly string[]; readonly notes: readonly string[]; readonly rollback: string }[],
  links: readonly PassingBy[],
): string => {
  const lines = [
    `# ${safeComment(facility, 120) || 'Plant'}: ${exporter.title}`,
    '',
    ...provenance.map((line) => `- ${cell(line)}`),
    `- mode: ${mode} (${exporter.means?.[mode] ?? MEANS[mode]})`,
    '',
    ...passingByMarkdown(links, cell),
    'Read `loss-report.md` first: it says for every Permit what this target really enforces.',
    '',
  ];
  for (const section of sections) {
    lines.push(`## ${cell(section.device)}`, '');
    const numbered = (steps: readonly string[]): string[] => steps.map((step, index) => `${index + 1}. ${step}`);
    if (exporter.filters)
      lines.push(
        'Order of the cut-over (one conduit at a time, in a maintenance window, with a way back):',
        '',
        ...numbered([
          'Save the running configuration of the device.',
          ...section.checks,
          mode === 'monitor'
            ? 'Apply this configuration: it blocks nothing, and what no Permit names passes as well. Where the firewall blocks today, it must not take the place of what blocks, or it opens what is closed.'
            : 'Only after the monitor configuration of the same spec has run for two weeks without undeclared traffic, apply this one.',
          ...section.apply,
          `Keep a sensor capturing, and run \`baseline diff\` on what it saw: ${mode === 'monitor' ? 'each undeclared conversation or operation is one that enforcement would block' : 'nothing undeclared may appear beyond the device, and nothing declared may be missing'}.${logStep(exporter, mode)}`,
          `If the process suffers: \`${section.rollback}\`.`,
        ]),
        '',
      );
    else lines.push(...numbered([...section.checks, ...section.apply]), '');
    lines.push(...section.notes.map((note) => `- ${note}`));
    if (section.notes.length > 0) lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
};
