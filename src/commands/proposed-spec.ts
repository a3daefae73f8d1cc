/**
 * A proposal as the text of a spec. In: what was observed and proposed, and the spec that is there already. Out: the file, whole or
 * not at all, checked by other means than those that made it.
 */
import { readFileSync } from 'node:fs';
import { usageError, type ExitCode } from '../errors.ts';
import { DEFAULT_CONDUIT_OPTIONS, proposeConduits, type ConduitProposal } from '../infer/conduits.ts';
import { plural } from '../infer/plural.ts';
import type { Proposal } from '../infer/proposal.ts';
import { proposeZones } from '../infer/zones.ts';
import type { ObservationSet } from '../observation.ts';
import { proveProposal } from '../policy/proof.ts';
import { LARGEST_SPEC } from '../policy/spec-document.ts';
import { parseSpec } from '../policy/spec-load.ts';
import { updateSpec, writeSpec, type SpecProvenance } from '../policy/spec-write.ts';
import { isoInstant } from '../render/instant.ts';
import { printable } from '../render/printable.ts';
import { lossesOf } from '../render/status-record.ts';
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

/** @param out a path, or - for standard output @param existing the spec there, whose hand edits stay; null where there is none */
export function writeProposal({ set, status, zones, conduits }: Proposed, out: string, existing: string | null, exitCode: ExitCode, context: CommandContext): CommandResult {
  if (zones.zones.length === 0) {
    throw usageError('nothing that was seen can stand in a zone: only groups and addresses that mean no device', 'Listen where devices talk, then run the same command again.');
  }
  const provenance = provenanceOf(context.version, status, zones);
  const before = existing === null ? '' : readFileSync(existing, 'utf8');
  const isUpdate = before.trim() !== '';
  const { text: spec, leftOut } = isUpdate ? updateSpec(conduits, before, set, provenance) : { text: writeSpec(conduits, provenance), leftOut: 0 };
  if (spec.length > LARGEST_SPEC) {
    throw usageError(`the proposal comes to ${mega(spec.length)} MB, and a spec may have ${mega(LARGEST_SPEC)}`, 'Propose for one area at a time: import its captures into a store of its own (--db).');
  }
  if (out === '-') return { exitCode, output: [spec] };
  writeFileWhole(out, spec);
  for (const line of summary(out, zones, conduits, isUpdate)) context.say(line);
  if (leftOut > 0) context.say(`  ${plural(leftOut, 'Permit')} would be wider by what was foreseen and never seen. The spec had it and has it no longer, so it was left out; a proposal in a new file shows it.`);
  sayProof(spec, out, set, context);
  return { exitCode, output: [] };
}

/** Checks the written text by other means than those that made it, and says what came out. */
function sayProof(text: string, path: string, set: ObservationSet, context: CommandContext): void {
  const { loaded } = parseSpec(text, path);
  if (loaded === null) throw new Error('the spec that was written does not load');
  const proof = proveProposal(loaded, set);
  for (const line of proof.lines) context.say(`  ${line}`);
  for (const fault of proof.faults.slice(0, SHOWN_FAULTS)) context.say(`  not proven: ${fault.subject}: ${fault.sentence}`);
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

function summary(path: string, zones: Proposal, conduits: ConduitProposal, updated: boolean): string[] {
  const questions = conduits.permits.filter((one) => one.question !== null).length;
  const weekly = conduits.permits.filter(({ permit }) => permit.conditions.start !== null).length;
  return [
    `${path}: ${updated ? 'updated, ' : ''}${zones.zones.length} zones, ${conduits.conduits.length} conduits, ${conduits.permits.length} Permits, ${questions} of them waiting for a decision.`,
    ...(weekly === 0 ? [] : [`  ${plural(weekly, 'Permit')} of weekly jobs are tied to their weekday (--no-schedules to leave them open).`]),
    ...(zones.completeness.sufficient ? [] : [`  ${zones.completeness.sentences[0] ?? 'Too little was seen yet.'}`]),
  ];
}
