/**
 * `baseline flows`: the conversations of the store with their operations; filtered, sorted, in five formats.
 * In: options. Out: text. Filters that name no address, port or instant are refused with what they should be.
 */
import { describeOperation } from '../decode/app/registry.ts';
import { EXIT, usageError } from '../errors.ts';
import { addressProblem } from '../net/address-set.ts';
import { nearestWord } from '../policy/spec/nearest-word.ts';
import { ACCESS_CLASSES } from '../observation.ts';
import { csvTable } from '../render/csv.ts';
import { flowRecord, operationsText, serviceText } from '../render/flow-record.ts';
import { firstOf, grouped } from '../infer/plural.ts';
import { isoInstant, shortInstant, shortOctets } from '../render/instant.ts';
import { jsonLines, jsonList } from '../render/json.ts';
import { lossMarkdown, lossText, sayLosses } from '../render/losses.ts';
import { markdownTable } from '../render/markdown.ts';
import { textTable, type Cell, type Column } from '../render/table.ts';
import { lossesOf } from '../render/sensor-losses.ts';
import { readFromStore, storePath } from '../store/database.ts';
import { readStatus } from '../store/read-status.ts';
import { FLOW_SORTS, readFlowPage, readServices, type Flow, type FlowFilter, type FlowPage } from '../store/read-flows.ts';
import { addressesOfAssets, addressesOfZones, nameAssets, placeAssets, readAll, type NamedAssets } from './analysis.ts';
import { chosenFormat, DB_OPTION, defineCommand, FORMAT_OPTION, JSON_OPTION, type Arguments, type CommandContext, type CommandResult, type Format } from './command.ts';
import { instantOf } from './instant-option.ts';
import { knownTimezone, TIMEZONE_OPTION } from './timezone-option.ts';

/** Lines of a table on a terminal, unless --limit says otherwise; machine formats are never cut. */
const TABLE_LIMIT = 100;

const OPTIONS = {
  db: DB_OPTION,
  format: FORMAT_OPTION,
  json: JSON_OPTION,
  client: { type: 'string', array: true, requiresArg: true, describe: 'address, prefix or range of the client' },
  server: { type: 'string', array: true, requiresArg: true, describe: 'address, prefix or range of the server' },
  asset: { type: 'string', array: true, requiresArg: true, describe: 'id, name or address of an asset at either end' },
  zone: { type: 'string', array: true, requiresArg: true, describe: 'zone at either end, by id or name, as `assets` proposes it' },
  timezone: { ...TIMEZONE_OPTION, describe: '--zone: the plant\'s time zone (IANA), by whose clock zones are proposed (default: UTC)' },
  service: { type: 'string', array: true, requiresArg: true, describe: 'service, for example modbus' },
  port: { type: 'string', array: true, requiresArg: true, describe: "the server's port, or a range such as 5000-5010" },
  vlan: { type: 'string', array: true, requiresArg: true, describe: 'VLAN id, or none' },
  access: { choices: ACCESS_CLASSES, array: true, requiresArg: true, describe: 'only with operations of this access class' },
  since: { type: 'string', requiresArg: true, describe: 'active at or after this instant (ISO 8601, UTC unless said)' },
  until: { type: 'string', requiresArg: true, describe: 'active before this instant' },
  sort: { choices: FLOW_SORTS, requiresArg: true, describe: 'order (default: client); numbers largest first' },
  limit: { type: 'number', requiresArg: true, describe: `at most this many; 0 = all (default: ${TABLE_LIMIT} for tables on a terminal)` },
} as const;

export const flowsCommand = defineCommand({
  syntax: 'flows',
  summary: 'List who asked whom for what: conversations with their operations.',
  examples: [
    ['flows', 'all conversations'],
    ['flows --service modbus --access write', 'who writes registers'],
    ['flows --asset 10.20.1.10 --sort bytes', 'what one device does'],
    ['flows --json > flows.json', 'for programs (docs/json.md)'],
  ],
  options: OPTIONS,
  run: listFlows,
});

type FlowsArguments = Arguments<typeof OPTIONS>;

export function listFlows(argv: FlowsArguments, context: CommandContext): CommandResult {
  const format = chosenFormat(argv);
  const path = storePath(argv.db, context.environment);
  const given = filterOf(argv, format, context);
  const timezone = knownTimezone(argv.timezone);
  const zoned = argv.zone ? [addressesOfZones(placeAssets(readFromStore(path, readAll), timezone), argv.zone)] : [];
  const { page, assets, losses } = readFromStore(path, (db) => {
    const named = nameAssets(db);
    const ends = argv.asset ? [...zoned, addressesOfAssets(named, argv.asset)] : zoned;
    const found = readFlowPage(db, { ...given, either: ends }, describeOperation);
    if (found.total === 0 && given.services !== undefined) sayUnseen(given.services, readServices(db), context);
    return { page: found, assets: named, losses: lossesOf(readStatus(db)) };
  }, context);
  if (format === 'table' && page.flows.length < page.total) {
    context.say(`${page.flows.length} of ${page.total} conversations; --limit 0 shows all`);
  }
  return { exitCode: EXIT.ok, output: render(page, assets, losses, format, context) };
}

const MOST_NAMED = 12;

/** No conversation of a service is an answer; of a word that no service has here, it may be a slip. */
function sayUnseen(asked: readonly string[], seen: readonly string[], context: CommandContext): void {
  const unseen = asked.filter((name) => !seen.some((known) => known.toLowerCase() === name.toLowerCase()));
  if (unseen.length === 0) return;
  const near = nearestWord(unseen[0], seen);
  const others = `seen were ${firstOf(seen, MOST_NAMED)}`;
  context.say(`--service ${unseen.join(' ')}: no such service was seen; ${near === null ? others : `did you mean ${near}?`}`);
}

function filterOf(argv: FlowsArguments, format: Format, context: CommandContext): FlowFilter {
  const tableLimit = format === 'table' && context.width !== null ? TABLE_LIMIT : 0;
  const limit = argv.limit ?? tableLimit;
  if (!Number.isInteger(limit) || limit < 0) throw usageError('--limit is not a count', 'Give a whole number; 0 shows all.');
  const sinceNs = argv.since === undefined ? undefined : instantOf('--since', argv.since);
  const untilNs = argv.until === undefined ? undefined : instantOf('--until', argv.until);
  if (sinceNs !== undefined && untilNs !== undefined && sinceNs >= untilNs) throw usageError(`--until ${argv.until} is not after --since ${argv.since}`, 'Give the earlier time to --since.');
  return {
    ...(argv.client ? { client: addresses('--client', argv.client) } : {}),
    ...(argv.server ? { server: addresses('--server', argv.server) } : {}),
    ...(argv.service ? { services: argv.service.flatMap(split) } : {}),
    ...(argv.port ? { ports: argv.port.flatMap(split).map(portRange) } : {}),
    ...(argv.vlan ? { vlans: argv.vlan.flatMap(split).map(vlanId) } : {}),
    ...(argv.access ? { access: argv.access } : {}),
    ...(sinceNs === undefined ? {} : { sinceNs }),
    ...(untilNs === undefined ? {} : { untilNs }),
    sort: argv.sort ?? 'client',
    limit,
  };
}

const split = (text: string): string[] => text.split(',').map((part) => part.trim()).filter((part) => part !== '');

function addresses(option: string, texts: readonly string[]): string[] {
  const all = texts.flatMap(split);
  for (const text of all) {
    const problem = addressProblem(text);
    if (problem !== null) {
      throw usageError(`${option} ${text}: ${problem}`, 'Names and ids of assets go to --asset.');
    }
  }
  return all;
}

function portRange(text: string): { first: number; last: number } {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const first = Number(match?.[1] ?? Number.NaN);
  const last = Number(match?.[2] ?? first);
  if (!(first <= last && last <= 65_535)) throw usageError(`--port ${text} is no port`, 'Give a number up to 65535, or a range such as 5000-5010.');
  return { first, last };
}

function vlanId(text: string): number | null {
  if (text === 'none') return null;
  const id = Number(text);
  if (!/^\d{1,4}$/.test(text) || id > 4095) throw usageError(`--vlan ${text} is no VLAN id`, 'Give a number up to 4095, or none.');
  return id;
}

const COLUMNS: readonly Column[] = [
  { title: 'client', shrinkTo: 11, lines: 3 },
  { title: 'server', shrinkTo: 11, lines: 3 },
  { title: 'service', shrinkTo: 9, lines: 2 },
  { title: 'vlan', align: 'right', isOptional: true },
  { title: 'packets', align: 'right' },
  { title: 'bytes', align: 'right' },
  { title: 'first', shrinkTo: 10, lines: 2, isOptional: true },
  { title: 'last', shrinkTo: 10, lines: 2, isOptional: true },
  { title: 'operations', shrinkTo: 12, lines: 3 },
];

/** `PLC-07 (10.20.1.17)`, or the address alone. */
function endText(address: string, assets: NamedAssets): string {
  const id = assets.idOf(address);
  return id === null || id === address ? address : `${id} (${address})`;
}

const tableRow = (flow: Flow, assets: NamedAssets): Cell[] => [
  endText(flow.client, assets),
  endText(flow.server, assets),
  serviceText(flow),
  flow.vlan,
  grouped(flow.packets.toServer + flow.packets.toClient),
  shortOctets(flow.bytes.toServer + flow.bytes.toClient),
  shortInstant(flow.firstNs),
  shortInstant(flow.lastNs),
  operationsText(flow),
];

const CSV_COLUMNS = [
  'client', 'server', 'clientAsset', 'serverAsset', 'transport', 'port', 'service', 'serviceBy', 'vlan', 'packetsToServer',
  'packetsToClient', 'bytesToServer', 'bytesToClient', 'sessions', 'first', 'last', 'directionBy', 'directionConfidence', 'operations',
];

const csvRow = (flow: Flow, assets: NamedAssets): Cell[] => [
  flow.client, flow.server, assets.idOf(flow.client), assets.idOf(flow.server), flow.transport, flow.port, flow.service.name,
  flow.service.by, flow.vlan, flow.packets.toServer, flow.packets.toClient, flow.bytes.toServer, flow.bytes.toClient,
  flow.sessions, isoInstant(flow.firstNs), isoInstant(flow.lastNs), flow.direction.by, flow.direction.confidence,
  operationsText(flow, Number.POSITIVE_INFINITY),
];

/** What the question mark of serviceText says. */
const BY_PORT_MEANS = 'service?: named by its port alone; its own bytes do not tell\n';

function* render(page: FlowPage, assets: NamedAssets, losses: readonly string[], format: Format, context: CommandContext): Generator<string> {
  const records = function* (): Generator<object> {
    for (const flow of page.flows) yield flowRecord(flow, assets.idOf);
  };
  const rows = function* (make: (flow: Flow, named: NamedAssets) => Cell[]): Generator<Cell[]> {
    for (const flow of page.flows) yield make(flow, assets);
  };
  switch (format) {
    case 'json':
      return yield* jsonList({ losses, total: page.total }, 'flows', records());
    case 'jsonl':
      sayLosses(losses, context.say);
      return yield* jsonLines(records());
    case 'csv':
      sayLosses(losses, context.say);
      return yield* csvTable(CSV_COLUMNS, rows(csvRow));
    case 'md':
      yield lossMarkdown(losses);
      return yield* markdownTable(COLUMNS, rows(tableRow));
    case 'table':
      yield lossText(losses, context);
      if (page.flows.length === 0) return yield 'no conversation matches\n';
      yield* textTable(COLUMNS, [...rows(tableRow)], context);
      if (page.flows.some(({ service }) => service.by === 'port' && service.name !== '')) yield BY_PORT_MEANS;
  }
}
