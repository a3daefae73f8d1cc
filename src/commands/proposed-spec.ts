/**
 * A proposal as the text of a spec. In: what was observed and proposed, and the spec that is there already. Out: the file, whole or
 * not at all, checked by other means than those that made it.
 */
import { readFileSync } from 'node:fs';
import { usageError, type ExitCode } from '../errors.ts';
import { DEFAULT_CONDUIT_OPTIONS, proposeConduits, type ConduitProposal } from '../infer/conduits/conduits.ts';
import { plural } from '../infer/plural.ts';
import type { Proposal } from '../infer/proposal.ts';
import { proposeZones } from '../infer/zones.ts';
import type { ObservationSet } from '../observation.ts';
import { proveProposal } from '../policy/proof.ts';
import { LARGEST_SPEC } from '../policy/spec/document.ts';
import { parseSpec, type LoadedSpec } from '../policy/spec/load.ts';
import { updateSpec, type SpecUpdate } from '../policy/edit/update.ts';
import { hasWindow } from '../policy/spec/schedule.ts';
import { writeSpec, type SpecProvenance } from '../policy/spec/write.ts';
import { isoInstant } from '../render/instant.ts';
import { printable } from '../render/printable.ts';
import { lossesOf } from '../render/sensor-losses.ts';
import { requireEvidenceFits } from '../store/memory-limit.ts';
import type { StoreStatus } from '../store/read-status.ts';
import { PROPOSAL_FACTOR } from './analysis.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { writeFileWhole } from './whole-file.ts';

const LONGEST_SENTENCE = 2000;
const SHOWN_FAULTS = 5;
const mega = (octets: number): number => Math.ceil(octets / 2 ** 20);

/** What was observed, and what is proposed of it. */
interface Proposed {
  readonly set: ObservationSet;
  readonly status: StoreStatus;
  readonly zones: Proposal;
  readonly conduits: ConduitProposal;
}

/**
 * @param out a path, or - for standard output
 * @param existing the spec there, whose hand edits stay; null where there is none
 */
export function writeProposal(
  { set, status, zones, conduits }: Proposed, out: string, existing: string | null, exitCode: ExitCode, context: CommandContext,
): CommandResult {
  if (zones.zones.length === 0) {
    throw usageError('nothing that was seen can stand in a zone: only groups and addresses that mean no device', 'Listen where devices talk, then run the same command again.');
  }
  const provenance = provenanceOf(context.version, status, zones);
  const before = existing === null ? '' : readFileSync(existing, 'utf8');
  const update = before.trim() === '' ? null : updateSpec(conduits, before, set, provenance);
  const text = update?.text ?? writeSpec(conduits, provenance);
  if (text.length > LARGEST_SPEC) {
    throw usageError(`the proposal comes to ${mega(text.length)} MB, and a spec may have ${mega(LARGEST_SPEC)}`, 'Propose for one area at a time: import its captures into a store of its own (--db).');
  }
  // Before it is written: a fault of ours must not cost the file that was there.
  const { loaded, problems } = parseSpec(text, out);
  if (loaded === null) throw new Error(`the spec that was to be written does not load: line ${problems[0].line}: ${problems[0].message}`);
  if (out === '-') return { exitCode, output: [text] };
  writeFileWhole(out, text);
  context.say(`${out}: ${update === null ? '' : `${additionsOf(update)}; `}${totalsOf(loaded)}.`);
  const weekly = conduits.permits.filter(({ permit }) => hasWindow(permit.conditions)).length;
  const scheduled = weekly === 0 ? [] : [`${plural(weekly, 'Permit')} of weekly jobs are tied to their weekday (--no-schedules to leave them open).`];
  for (const line of [...scheduled, ...(update === null ? [] : remarksOf(update)), ...(zones.completeness.sufficient ? [] : [zones.completeness.sentences[0] ?? 'Too little was seen yet.']), ...(zones.apart === null ? [] : [printable(zones.apart, LONGEST_SENTENCE)]), ...proofOf(loaded, set)]) context.say(`  ${line}`);
  return { exitCode, output: [] };
}

/** What other means than those that made it say of the written text. */
function proofOf(loaded: LoadedSpec, set: ObservationSet): string[] {
  const proof = proveProposal(loaded, set);
  const rest = proof.faults.length - SHOWN_FAULTS;
  return [...proof.lines, ...proof.faults.slice(0, SHOWN_FAULTS).map((fault) => `not proven: ${fault.subject}: ${fault.sentence}`), ...(rest > 0 ? [`and ${rest} more that ${rest === 1 ? 'is' : 'are'} not proven; diff names what no Permit lets through`] : [])];
}

/** The spec that `propose-zones --out` writes where there is none yet: what a store proposes by itself. */
export function proposedSpec(set: ObservationSet, status: StoreStatus, tool: string): { readonly text: string; readonly zones: Proposal; readonly conduits: ConduitProposal } {
  const zones = proposeZones(set, { stabilityRuns: 0 });
  requireEvidenceFits(PROPOSAL_FACTOR);
  const conduits = proposeConduits(set, zones, DEFAULT_CONDUIT_OPTIONS);
  return { text: writeSpec(conduits, provenanceOf(tool, status, zones)), zones, conduits };
}

/** What the spec rests on. No clock: the same store gives the same bytes. */
function provenanceOf(tool: string, status: StoreStatus, zones: Proposal): SpecProvenance {
  const losses = lossesOf(status);
  return {
    ...(losses.length === 0 ? {} : { losses: losses.map((loss) => printable(loss, LONGEST_SENTENCE)) }),
    tool,
    captures: status.captures.map((capture) => `${printable(capture.name)} ${capture.digest === '' ? '(stream)' : `sha256:${capture.digest}`}`),
    observed_from: isoInstant(status.firstNs) ?? 'never',
    observed_to: isoInstant(status.lastNs) ?? 'never',
    packets: status.totals.packets,
    completeness: [...zones.completeness.sentences],
  };
}

function totalsOf({ spec, permits }: LoadedSpec): string {
  const pending = permits.filter(({ permit }) => permit.decision === 'pending').length;
  return `${plural(spec.zones.length, 'zone')}, ${plural(spec.conduits.length, 'conduit')}, ${plural(permits.length, 'Permit')}, ${pending} of them waiting for a decision`;
}

/** Of ids that would fill the screen, the first. */
const MOST_IDS = 12;

function additionsOf({ added: { zones, assets, rules } }: SpecUpdate): string {
  const some = (ids: readonly string[], what: string): string[] =>
    ids.length === 0 ? [] : [`${plural(ids.length, what)} added (${ids.slice(0, MOST_IDS).join(', ')}${ids.length > MOST_IDS ? ', ...' : ''})`];
  const all = [...some(zones, 'zone'), ...some(assets, 'asset'), ...some(rules, 'rule')];
  return all.length === 0 ? 'updated, nothing to add' : `updated, ${all.join(', ')}`;
}

function remarksOf({ leftOut, notes }: SpecUpdate): string[] {
  return [
    ...(leftOut === 0 ? [] : [`${plural(leftOut, 'Permit')} would be wider by what was foreseen and never seen. The spec has it not, so it was left out; a proposal in a new file shows it.`]),
    ...notes.slice(0, SHOWN_FAULTS),
    ...(notes.length > SHOWN_FAULTS ? [`and ${plural(notes.length - SHOWN_FAULTS, 'known device')} more with an address that the spec does not know`] : []),
  ];
}
