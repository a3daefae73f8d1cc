/**
 * `baseline assets`: the inventory with role, Purdue level, vendor, zone and the evidence for each.
 * In: options. Out: text. What is shown was inferred from traffic; a spec (pins) decides otherwise in propose-zones.
 */
import { EXIT, usageError } from '../errors.ts';
import { ROLES, type PlacedAsset } from '../infer/proposal.ts';
import { byText } from '../net/text-order.ts';
import { assetRecord } from '../render/asset-record.ts';
import { csvTable } from '../render/csv.ts';
import { jsonLines, jsonList } from '../render/json.ts';
import { lossMarkdown, lossText, sayLosses } from '../render/losses.ts';
import { markdownTable } from '../render/markdown.ts';
import { fieldLines, textTable, type Cell, type Column } from '../render/table.ts';
import { readFromStore, storePath } from '../store/database.ts';
import { idsOfZones, matchesKey, placeAssets, readEvidence, type PlacedPlant } from './analysis.ts';
import { chosenFormat, DB_OPTION, defineCommand, FORMAT_OPTION, JSON_OPTION, type Arguments, type CommandContext, type CommandResult, type Format } from './command.ts';
import { knownTimezone, TIMEZONE_OPTION } from './timezone-option.ts';

const SORTS = ['address', 'id', 'role', 'level', 'zone', 'confidence'] as const;

const OPTIONS = {
  db: DB_OPTION,
  format: FORMAT_OPTION,
  json: JSON_OPTION,
  asset: { type: 'string', array: true, requiresArg: true, describe: 'only this id, name or address; a single one is shown with its evidence' },
  role: { choices: ROLES, array: true, requiresArg: true, describe: 'only these roles' },
  zone: { type: 'string', array: true, requiresArg: true, describe: 'only these zones, by id or name' },
  sort: { choices: SORTS, requiresArg: true, describe: 'order (default: address)' },
  timezone: TIMEZONE_OPTION,
} as const;

export const assetsCommand = defineCommand({
  syntax: 'assets',
  summary: 'List the devices: addresses, vendor, names, role, level, zone, with confidence and evidence.',
  examples: [
    ['assets', 'the inventory'],
    ['assets --role plc --role io', 'controllers and their I/O'],
    ['assets --asset PLC-07', 'one device, with the evidence'],
    ['assets --format csv > assets.csv', 'for a spreadsheet'],
  ],
  options: OPTIONS,
  run: listAssets,
});

type AssetsArguments = Arguments<typeof OPTIONS>;

export function listAssets(argv: AssetsArguments, context: CommandContext): CommandResult {
  const format = chosenFormat(argv);
  const timezone = knownTimezone(argv.timezone);
  const { set, losses } = readFromStore(storePath(argv.db, context.environment), readEvidence, context);
  const plant = placeAssets(set, timezone);
  const zones = argv.zone ? idsOfZones(plant, argv.zone) : null;
  const unknown = argv.asset?.find((key) => !plant.assets.some((asset) => matchesKey(asset, key)));
  if (unknown !== undefined) throw usageError(`--asset ${unknown}: there is no such asset in the store`, '`baseline assets` lists them.');
  const chosen = plant.assets.filter((asset) => isChosen(asset, argv, zones));
  return { exitCode: EXIT.ok, output: render(sorted(chosen, argv.sort ?? 'address'), plant, losses, format, argv, context) };
}

function isChosen(asset: PlacedAsset, argv: AssetsArguments, zones: ReadonlySet<string> | null): boolean {
  return (
    (!argv.asset || argv.asset.some((key) => matchesKey(asset, key))) &&
    (!argv.role || argv.role.includes(asset.role)) &&
    (zones === null || zones.has(asset.zone))
  );
}

/** Assets come in address order; sorting is stable, so that order decides between equals. */
function sorted(assets: readonly PlacedAsset[], by: (typeof SORTS)[number]): PlacedAsset[] {
  return assets.toSorted((a, b) => {
    switch (by) {
      case 'address':
        return 0;
      case 'id':
        return byText(a.id, b.id);
      case 'role':
        return ROLES.indexOf(a.role) - ROLES.indexOf(b.role);
      case 'level':
        return (a.level ?? 99) - (b.level ?? 99);
      case 'zone':
        return byText(a.zone, b.zone);
      case 'confidence':
        return a.confidence - b.confidence;
    }
  });
}

const COLUMNS: readonly Column[] = [
  { title: 'asset', shrinkTo: 10, lines: 2 },
  { title: 'addresses', shrinkTo: 11, lines: 2 },
  { title: 'vendor', shrinkTo: 8, lines: 2, isOptional: true },
  { title: 'role', shrinkTo: 14, lines: 3 },
  { title: 'level', align: 'right' },
  { title: 'conf.', align: 'right', isOptional: true },
  { title: 'zone', shrinkTo: 9, lines: 3 },
  { title: 'because', shrinkTo: 12, lines: 5 },
];

const MAX_LISTED = 3;
const listed = (values: readonly string[]): string =>
  values.slice(0, MAX_LISTED).join(' ') + (values.length > MAX_LISTED ? ` +${values.length - MAX_LISTED}` : '');

const zoneName = (asset: PlacedAsset, plant: PlacedPlant): string | null =>
  plant.zones.get(asset.zone)?.name ?? (asset.zone === '' ? null : asset.zone);

const tableRow = (asset: PlacedAsset): Cell[] => [
  asset.id,
  listed(asset.addresses),
  asset.vendor,
  asset.role,
  asset.level,
  asset.confidence.toFixed(2),
  asset.zone === '' ? null : asset.zone,
  asset.evidence[0]?.sentence ?? null,
];

const CSV_COLUMNS = ['id', 'addresses', 'macs', 'vendor', 'names', 'role', 'level', 'confidence', 'zone', 'zoneName', 'evidence', 'notes'];

const csvRow = (asset: PlacedAsset, plant: PlacedPlant): Cell[] => [
  asset.id, asset.addresses.join(' '), asset.macs.join(' '), asset.vendor, asset.names.join('; '), asset.role, asset.level,
  asset.confidence, asset.zone === '' ? null : asset.zone, zoneName(asset, plant), asset.evidence.map((reason) => reason.sentence).join('; '),
  asset.notes.map((note) => note.sentence).join('; '),
];

/** One asset for a person: everything known, and why. */
function portrait(asset: PlacedAsset, plant: PlacedPlant, context: CommandContext): string {
  const fields: [string, string][] = [
    ['asset', asset.id],
    ['addresses', asset.addresses.join(' ')],
    ['MAC', asset.macs.join(' ') || '-'],
    ['vendor', asset.vendor ?? '-'],
    ['names', asset.names.join(', ') || '-'],
    ['role', `${asset.role} (confidence ${asset.confidence.toFixed(2)}${asset.runnerUpRole ? `; next: ${asset.runnerUpRole.role}` : ''})`],
    ['level', asset.level === null ? '-' : String(asset.level)],
    ['zone', asset.zone === '' ? '-' : [asset.zone, plant.zones.get(asset.zone)?.name].filter(Boolean).join(': ')],
    ...asset.evidence.map((reason): [string, string] => ['for', reason.sentence]),
    ...asset.against.map((reason): [string, string] => ['against', reason.sentence]),
    ...asset.notes.map((note): [string, string] => ['note', note.sentence]),
  ];
  return fieldLines(fields, context);
}

function* render(
  assets: readonly PlacedAsset[], plant: PlacedPlant, losses: readonly string[], format: Format, argv: AssetsArguments, context: CommandContext,
): Generator<string> {
  const records = assets.map((asset) => assetRecord(asset, plant.zones.get(asset.zone)));
  switch (format) {
    case 'json':
      return yield* jsonList({ losses, total: records.length }, 'assets', records);
    case 'jsonl':
      sayLosses(losses, context.say);
      return yield* jsonLines(records);
    case 'csv':
      sayLosses(losses, context.say);
      return yield* csvTable(CSV_COLUMNS, assets.map((asset) => csvRow(asset, plant)));
    case 'md':
      yield lossMarkdown(losses);
      return yield* markdownTable(COLUMNS, assets.map(tableRow));
    case 'table':
      yield lossText(losses, context);
      if (assets.length === 0) return yield 'no asset matches\n';
      if (argv.asset && assets.length === 1) return yield portrait(assets[0], plant, context);
      return yield* textTable(COLUMNS, assets.map(tableRow), context);
  }
}
