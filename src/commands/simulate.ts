/**
 * `baseline simulate spec.yaml --target T`: what enforcement would have done to the observed traffic, judged as that target
 * really judges. In: options. Out: what breaks, what would get through beyond the spec, an order of cut-over; exit 1 when
 * anything would have been blocked.
 */
import { EXIT, usageError } from '../errors.ts';
import { planOf } from '../export/plan.ts';
import { semanticsOf, SIMULATED_TARGETS, writtenBy } from '../export/simulated-target.ts';
import { contextOf } from '../policy/diff/context.ts';
import { simulate } from '../policy/simulate.ts';
import { loadSpec } from '../policy/spec/load.ts';
import { jsonDocument } from '../render/json.ts';
import { simulationText } from '../render/simulation.ts';
import { readFromStore, storePath } from '../store/database.ts';
import { proposeDeclared, readEvidence } from './analysis.ts';
import { APPLICATION_IDS_OPTION, readApplicationIds } from './export.ts';
import { chosenFormat, DB_OPTION, defineCommand, JSON_OPTION, TABLE_OR_JSON_OPTION, type Arguments, type CommandContext, type CommandResult } from './command.ts';
import { noConversations } from './no-conversations.ts';
import { tellStrangers } from './same-plant.ts';

const POSITIONALS = { spec: { type: 'string', demandOption: true, describe: 'the spec (YAML)' } } as const;

const OPTIONS = {
  db: DB_OPTION,
  target: { type: 'string', requiresArg: true, default: 'ideal', describe: `how the firewall judges: ${SIMULATED_TARGETS.map((one) => one.target).join(', ')}` },
  'application-ids': APPLICATION_IDS_OPTION,
  'on-demand': { type: 'boolean', describe: 'with on-demand Permits switched on' },
  format: TABLE_OR_JSON_OPTION,
  json: JSON_OPTION,
} as const;

export const simulateCommand = defineCommand({
  syntax: 'simulate <spec>',
  summary: 'Tell what enforcing a spec would have blocked, as a given firewall judges.',
  examples: [
    ['simulate spec.yaml', 'a firewall that judges every request as the spec says'],
    ['simulate spec.yaml --target cisco-asa', 'addresses and ports only: nothing breaks that should not, more gets through'],
    ['simulate spec.yaml --target nftables --json', 'for programs'],
  ],
  positionals: POSITIONALS,
  options: OPTIONS,
  run: simulateStore,
});

type SimulateArguments = Arguments<typeof OPTIONS & typeof POSITIONALS>;

function simulateStore(argv: SimulateArguments, context: CommandContext): CommandResult {
  const semantics = semanticsOf(argv.target);
  if (semantics === null) throw usageError(`there is no target "${argv.target}"`, `Choose one of ${SIMULATED_TARGETS.map((one) => one.target).join(', ')}.`);
  const loaded = loadSpec(argv.spec);
  const store = storePath(argv.db, context.environment);
  const { set, losses } = readFromStore(store, readEvidence, context);
  if (set.conversations.length === 0) throw noConversations(set);
  tellStrangers(loaded, set.addresses, store, context);
  const ids = argv['application-ids'];
  const written = writtenBy(argv.target, planOf(loaded, []), ids === undefined ? {} : { applicationIds: readApplicationIds(ids) });
  const compared = contextOf(loaded, set);
  const { completeness } = proposeDeclared(loaded, compared.set);
  const simulation = simulate(compared, semantics, { completeness: completeness.conduits, onDemand: argv['on-demand'] === true, written });
  const exitCode = simulation.blocked.length > 0 ? EXIT.findings : EXIT.ok;
  if (chosenFormat(argv) === 'json') return { exitCode, output: [jsonDocument({ losses, ...simulation })] };
  return { exitCode, output: simulationText(simulation, losses, context) };
}
