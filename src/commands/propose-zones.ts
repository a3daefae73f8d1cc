/**
 * `baseline propose-zones`: Observations -> zones, conduits and Permits, with the question first whether enough was seen.
 * In: options. Out: a table, or a spec file; with --explain the reasons for one asset.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { EXIT, usageError } from '../errors.ts';
import { proposeConduits } from '../infer/conduits/conduits.ts';
import { explainAsset } from '../infer/explain.ts';
import { onClock } from '../infer/on-clock.ts';
import { proposeZones } from '../infer/zones.ts';
import { withDeclaredMembers } from '../policy/spec/declared-members.ts';
import type { LoadedSpec } from '../policy/spec/load.ts';
import { pinsOf } from '../policy/spec/pins.ts';
import { timezoneOf } from '../policy/spec/schedule.ts';
import { proposalJson, proposalText } from '../render/proposal.ts';
import { lossesOf } from '../render/sensor-losses.ts';
import { sentenceLine } from '../render/sentences.ts';
import { requireEvidenceFits } from '../store/memory-limit.ts';
import { readFromStore, storePath } from '../store/database.ts';
import { readStatus } from '../store/read-status.ts';
import { PROPOSAL_FACTOR, readAll } from './analysis.ts';
import { chosenFormat, DB_OPTION, defineCommand, JSON_OPTION, TABLE_OR_JSON_OPTION, type Arguments, type CommandContext, type CommandResult } from './command.ts';
import { strangersText, tellStrangers } from './same-plant.ts';
import { requireSeparateFiles, storeFiles } from './separate-files.ts';
import { noConversations } from './no-conversations.ts';
import { knownTimezone, TIMEZONE_OPTION } from './timezone-option.ts';

const OPTIONS = {
  db: DB_OPTION,
  out: { type: 'string', requiresArg: true, describe: 'write the spec (YAML) to this file; - is standard output' },
  pins: { type: 'string', requiresArg: true, describe: 'a spec whose assets, roles, levels and zones are decided' },
  explain: { type: 'string', requiresArg: true, describe: 'an asset: its evidence for and against' },
  exact: { type: 'boolean', describe: 'Permits for exactly what was seen; no rule widens anything' },
  timezone: { ...TIMEZONE_OPTION, describe: 'the plant\'s time zone (IANA): its clock counts days, shifts and weekends (default: the spec\'s, or UTC)' },
  schedules: { type: 'boolean', default: true, describe: 'tie weekly jobs to their weekday; --no-schedules ties nothing to a calendar' },
  strict: { type: 'boolean', describe: 'exit 3 when too little was seen for a proposal' },
  format: TABLE_OR_JSON_OPTION,
  json: JSON_OPTION,
} as const;

export const proposeZonesCommand = defineCommand({
  syntax: 'propose-zones',
  summary: 'Propose zones, conduits and their Permits from what was observed.',
  examples: [
    ['propose-zones', 'a table of zones, assets and conduits'],
    ['propose-zones --out spec.yaml', 'a spec to edit, sign and diff; an existing one is updated, hand edits kept'],
    ['propose-zones --out spec.yaml --timezone Europe/Berlin', 'shifts, weekends and jobs at night by the plant\'s own clock'],
    ['propose-zones --explain PLC-07', 'why this asset stands where it stands, and what would move it'],
    ['propose-zones --pins spec.yaml', 'around what a person decided'],
  ],
  options: OPTIONS,
  run: proposeZonesOf,
});

type ProposeArguments = Arguments<typeof OPTIONS>;

const LARGEST_BLANK = 4096;

/** Only a file: of anything else, and of one that may not be read, whoever loads it says what is wrong. */
function isBlankFile(path: string): boolean {
  const stat = statSync(path);
  if (!stat.isFile() || stat.size > LARGEST_BLANK) return false;
  try {
    return readFileSync(path, 'utf8').trim() === '';
  } catch {
    return false;
  }
}

/** A spec that is there says by which clock its windows are: to name another would move them all. */
function clockOf(asked: string | undefined, existing: LoadedSpec | null, pinned: LoadedSpec | null): string {
  if (asked === undefined) return timezoneOf((existing ?? pinned)?.spec ?? {});
  knownTimezone(asked);
  const held = existing === null ? asked : timezoneOf(existing.spec);
  if (held !== asked) throw usageError(`--timezone ${asked}: ${existing?.file} is written for ${held}`, `Leave --timezone out, or change \`timezone\` in that file first: windows and last days of its rules are by it.`);
  return asked;
}

async function proposeZonesOf(argv: ProposeArguments, context: CommandContext): Promise<CommandResult> {
  const store = storePath(argv.db, context.environment);
  requireSeparateFiles([['--out', argv.out === '-' ? undefined : argv.out]], storeFiles(store));
  const existing = argv.out !== undefined && argv.out !== '-' && existsSync(argv.out) ? argv.out : null;
  // A file without a word in it is as good as none.
  const isBlank = existing !== null && isBlankFile(existing);
  const pinned = argv.pins ?? (isBlank ? null : existing);
  // Loaded where a spec is read or written: a table needs no YAML.
  const load = async (file: string): Promise<LoadedSpec> => (await import('../policy/spec/load.ts')).loadSpec(file);
  const decided = pinned === null || pinned === undefined ? null : await load(pinned);
  const own = existing === null || isBlank ? null : existing === pinned ? decided : await load(existing);
  const timezone = clockOf(argv.timezone, own, decided);
  const asJson = chosenFormat(argv) === 'json';
  // A spec says nothing of how well placements hold up; only what is shown does.
  const isShown = argv.explain !== undefined || asJson || argv.out === undefined;
  const { set: stored, status } = readFromStore(store, (db) => ({
    set: readAll(db),
    status: readStatus(db),
  }), context);
  if (stored.conversations.length === 0) throw noConversations(stored);
  const held = isShown ? null : own;
  const strange = held === null ? null : strangersText(held, stored.addresses, store);
  // Who names the file twice wants it so: a second part of a plant, say, that shares no device with the first.
  if (strange !== null && argv.pins !== argv.out) throw usageError(`${strange}; ${argv.out} was left as it is`, `Name the store of that plant with --db, or another file with --out; to add all of it nevertheless, name the file twice: --pins ${argv.out} --out ${argv.out}`);
  if (decided !== null) tellStrangers(decided, stored.addresses, store, context);
  const set = onClock(stored, timezone);
  const zones = proposeZones(set, { ...(decided === null ? {} : { pins: pinsOf(decided, set.addresses) }), ...(isShown ? {} : { stabilityRuns: 0 }) });
  const exitCode = argv.strict === true && !zones.completeness.sufficient ? EXIT.incomplete : EXIT.ok;
  if (argv.explain !== undefined) {
    return { exitCode, output: explainAsset(zones, argv.explain).map((line) => sentenceLine(line, context)) };
  }
  requireEvidenceFits(PROPOSAL_FACTOR);
  const conduits = proposeConduits(set, decided === null || argv.exact === true ? zones : withDeclaredMembers(zones, decided), { exact: argv.exact === true, maintenance: argv.exact !== true, schedules: argv.schedules !== false });
  if (asJson) return { exitCode, output: proposalJson(zones, conduits, lossesOf(status)) };
  if (argv.out === undefined) return { exitCode, output: proposalText(zones, conduits, lossesOf(status), context) };
  if (argv.pins !== undefined && existing === null) {
    context.say(`${argv.out} takes zones and assets from ${argv.pins}, and nothing of its rules, decisions and comments: to keep those, name the same file with --out.`);
  }
  const { writeProposal } = await import('./proposed-spec.ts');
  return writeProposal({ set: stored, status, zones, conduits }, argv.out, existing, exitCode, context);
}
