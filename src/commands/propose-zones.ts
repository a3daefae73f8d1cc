/**
 * `baseline propose-zones`: Observations -> zones, conduits and Permits, with the question first whether enough was seen.
 * In: options. Out: a table, or a spec file; with --explain the reasons for one asset.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describeOperation } from '../decode/app/registry.ts';
import { EXIT, usageError } from '../errors.ts';
import { DEFAULT_CONDUIT_OPTIONS, proposeConduits, type ConduitProposal } from '../infer/conduits.ts';
import { explainAsset } from '../infer/explain.ts';
import type { Proposal } from '../infer/proposal.ts';
import { proposeZones } from '../infer/zones.ts';
import type { ObservationSet } from '../observation.ts';
import { withDeclaredMembers } from '../policy/declared-members.ts';
import { plural } from '../infer/plural.ts';
import { proveProposal } from '../policy/proof.ts';
import { LARGEST_SPEC } from '../policy/spec-document.ts';
import { loadSpec, parseSpec } from '../policy/spec-load.ts';
import { pinsOf } from '../policy/spec-pins.ts';
import { writeSpec, type SpecProvenance } from '../policy/spec-write.ts';
import { isoInstant } from '../render/instant.ts';
import { printable } from '../render/printable.ts';
import { proposalJson, proposalText } from '../render/proposal.ts';
import { lossesOf } from '../render/status-record.ts';
import { requireEvidenceFits } from '../store/memory-limit.ts';
import { readFromStore, storePath } from '../store/database.ts';
import { readStatus, type StoreStatus } from '../store/read-status.ts';
import { readObservations } from '../store/read.ts';
import { readAll } from './analysis.ts';
import { DB_OPTION, defineCommand, JSON_OPTION, type CommandContext, type CommandResult } from './command.ts';
import { writeFileWhole } from './whole-file.ts';

export const proposeZonesCommand = defineCommand({
  syntax: 'propose-zones',
  summary: 'Propose zones, conduits and their Permits from what was observed.',
  examples: [
    ['propose-zones', 'a table of zones, assets and conduits'],
    ['propose-zones --out spec.yaml', 'a spec to edit, sign and diff; an existing one is updated, hand edits kept'],
    ['propose-zones --explain PLC-07', 'why this asset stands where it stands, and what would move it'],
    ['propose-zones --pins spec.yaml', 'around what a person decided'],
  ],
  options: {
    db: DB_OPTION,
    out: { type: 'string', requiresArg: true, describe: 'write the spec (YAML) to this file; - is standard output' },
    pins: { type: 'string', requiresArg: true, describe: 'a spec whose assets, roles, levels and zones are decided' },
    explain: { type: 'string', requiresArg: true, describe: 'an asset: its evidence for and against' },
    exact: { type: 'boolean', describe: 'Permits for exactly what was seen; no rule widens anything' },
    schedules: { type: 'boolean', default: true, describe: 'tie weekly jobs to their weekday; --no-schedules ties nothing to a calendar' },
    strict: { type: 'boolean', describe: 'exit 3 when too little was seen for a proposal' },
    json: JSON_OPTION,
  },
  run: proposeZonesOf,
});

interface ProposeArguments {
  readonly db?: string | undefined;
  readonly out?: string | undefined;
  readonly pins?: string | undefined;
  readonly explain?: string | undefined;
  readonly exact?: boolean | undefined;
  readonly schedules?: boolean | undefined;
  readonly strict?: boolean | undefined;
  readonly json?: boolean | undefined;
}

const LONGEST_SENTENCE = 2000;
const SHOWN_FAULTS = 5;
const mega = (octets: number): number => Math.ceil(octets / 2 ** 20);
/** Permits and their proof beside zones, as measured. */
const PROPOSAL_FACTOR = 1.5;

export function proposeZonesOf(argv: ProposeArguments, context: CommandContext): CommandResult {
  const existing = argv.out !== undefined && argv.out !== '-' && existsSync(argv.out) ? argv.out : null;
  const pinned = argv.pins ?? existing;
  const decided = pinned === null || pinned === undefined ? null : loadSpec(pinned);
  // A spec says nothing of how well placements hold up; only what is shown does.
  const isShown = argv.explain !== undefined || argv.json === true || argv.out === undefined;
  const { set, status } = readFromStore(storePath(argv.db, context.environment), (db) => ({
    set: isShown ? readObservations(db, describeOperation) : readAll(db),
    status: readStatus(db),
  }));
  if (set.conversations.length === 0) throw usageError('the store holds no conversations yet', 'Import a capture first: baseline import PATH...');
  const zones = proposeZones(set, { ...(decided === null ? {} : { pins: pinsOf(decided, set.addresses) }), ...(isShown ? {} : { stabilityRuns: 0 }) });
  const exitCode = argv.strict === true && !zones.completeness.sufficient ? EXIT.incomplete : EXIT.ok;
  if (argv.explain !== undefined) {
    return { exitCode, output: explainAsset(zones, argv.explain).map((line) => `${printable(line, LONGEST_SENTENCE)}\n`) };
  }
  requireEvidenceFits(PROPOSAL_FACTOR);
  const conduits = proposeConduits(set, decided === null || argv.exact === true ? zones : withDeclaredMembers(zones, decided), { exact: argv.exact === true, maintenance: argv.exact !== true, schedules: argv.schedules !== false, hours: (decided?.spec.timezone ?? 'UTC') === 'UTC' });
  if (argv.json === true) return { exitCode, output: proposalJson(zones, conduits, lossesOf(status)) };
  if (argv.out === undefined) return { exitCode, output: proposalText(zones, conduits, lossesOf(status), { width: context.width, colour: context.colour }) };
  if (zones.zones.length === 0) {
    throw usageError('nothing that was seen can stand in a zone: only groups and addresses that mean no device', 'Listen where devices talk, then run the same command again.');
  }
  const spec = writeSpec(conduits, existing === null ? null : readFileSync(existing, 'utf8'), provenanceOf(context.version, status, zones));
  if (spec.length > LARGEST_SPEC) {
    throw usageError(`the proposal comes to ${mega(spec.length)} MB, and a spec may have ${mega(LARGEST_SPEC)}`, 'Propose for one area at a time: import its captures into a store of its own (--db).');
  }
  if (argv.out === '-') return { exitCode, output: [spec] };
  writeFileWhole(argv.out, spec);
  for (const line of summary(argv.out, zones, conduits, existing !== null)) context.say(line);
  sayProof(spec, argv.out, set, context);
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
  return { text: writeSpec(conduits, null, provenanceOf(tool, status, zones)), zones, conduits };
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
