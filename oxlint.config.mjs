/**
 * The house rules for oxlint: the layer law, who may open files and sockets, where the clock may be read. The law is
 * computed from one list of stages, so that a stage cannot be forgotten; test/lint-law.test.ts plants every fault and
 * sees it flagged.
 */

const LAW = 'data flows source -> decode -> flow -> store -> infer -> policy -> export|render -> commands';
/** Left to right; stages of one step do not know each other. */
const STEPS = [['source'], ['decode'], ['flow'], ['store'], ['infer'], ['policy'], ['export', 'render'], ['commands']];
const STAGES = STEPS.flat();
/** Rooms inside a stage, left to right in the same way. Files that stand in the stage itself may import every room, and are not told apart. */
const ROOMS = {
  infer: [['roles'], ['cells'], ['conduits']],
  policy: [['spec'], ['match', 'redaction'], ['diff'], ['edit', 'verify'], ['register']],
  export: [['modbus'], ['targets']],
};

const refuse = (regex, message) => ({ regex, message });

const notMain = (who) => refuse('^(\\.\\./)+main\\.ts$', `${who} may not import main.ts: ${LAW} -> main`);
const notSql = refuse('^better-sqlite3$', 'only store speaks SQL: the others get Observations and Permits');
const noSocket = (message = 'baseline is passive: nothing in src/ opens a socket', allowed = []) =>
  refuse(`^(node:)?(${['net', 'dgram', 'http', 'https', 'http2', 'tls', 'dns'].filter((module) => !allowed.includes(module)).join('|')})(/promises)?$`, message);
const noFiles = (message) => refuse('^(node:)?(fs|child_process|worker_threads)(/promises)?$', message);
const notProbe = refuse('(^|/)verify-probe\\.ts$', 'the code that sends is reached by verify --active alone: only verify-active.ts imports it');
const notActive = refuse('(^|/)verify-active\\.ts$', 'the code that sends is loaded when verify --active asks for it, and never before');

const imports = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

const property = (message) => (name) => {
  const [object, property] = name.split('.');
  return { object, property, message };
};
const MAIN_ALONE = ['process.exit', 'process.argv', 'process.exitCode', 'process.stdout', 'process.stderr'].map(property('only main.ts touches argv, exit codes and the standard streams'));
const CHANCE = property('same input, same bytes out: no randomness')('Math.random');
const CLOCK = property('same input, same bytes out: no clock; take the time from the observations, or as an argument')('Date.now');
const properties = (mayReadClock) => ({ 'no-restricted-properties': ['error', ...MAIN_ALONE, CHANCE, ...(mayReadClock ? [] : [CLOCK])] });

/** What stands to the right of a stage or room, or beside it. */
const forbiddenTo = (steps, name) => {
  const step = steps.findIndex((names) => names.includes(name));
  return steps.slice(step).flat().filter((other) => other !== name);
};

/** What a stage may not open, beside sockets; stages that are not named here may open files. */
const NO_FILES = {
  decode: 'decode gets bytes, never files',
  flow: 'flow gets decoded frames, never files',
  infer: 'infer gets Observations, never files',
  export: 'export gets Permits and returns files as text: commands writes them',
};
/** Only where a run itself takes time: capture and import, their store, and the commands. */
const READS_CLOCK = new Set(['source', 'store', 'commands']);
/** A FIFO and the loopback interface are read through `node:net`. */
const SOCKETS = { source: noSocket(undefined, ['net']) };

const stageLaw = (stage) => [
  ...forbiddenTo(STEPS, stage).map((other) => refuse(`^(\\.\\./)+${other}/`, `${stage} may not import ${other}: ${LAW}`)),
  notMain(stage),
  SOCKETS[stage] ?? noSocket(),
  ...(stage === 'store' ? [] : [notSql]),
  ...(NO_FILES[stage] === undefined ? [] : [noFiles(NO_FILES[stage])]),
  ...(stage === 'commands' ? [notProbe, notActive] : []),
];

const stageRules = (stage) => ({ files: [`src/${stage}/**`], rules: { ...imports(...stageLaw(stage)), ...properties(READS_CLOCK.has(stage)) } });

const roomRules = ([stage, steps]) =>
  steps.flat().map((room) => ({
    files: [`src/${stage}/${room}/**`],
    rules: imports(
      ...stageLaw(stage),
      ...forbiddenTo(steps, room).map((other) => refuse(`^(\\.\\./)+${other}/`, `${stage}/${room} may not import ${stage}/${other}: inside ${stage}, ${steps.map((names) => names.join('|')).join(' -> ')}`)),
    ),
  }));

const noStage = (message) => refuse(`^(\\.\\./|\\./)+(${STAGES.join('|')})/`, `${message} (${LAW})`);

export default {
  plugins: ['typescript', 'import', 'oxc', 'unicorn'],
  categories: { correctness: 'error', suspicious: 'warn' },
  rules: {
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'oxc/no-barrel-file': ['error', { threshold: 0 }],
    'typescript/no-explicit-any': 'error',
    'no-console': 'error',
    'no-shadow': 'off',
    'no-underscore-dangle': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-array-reverse': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/prefer-set-has': 'off',
    'no-control-regex': 'off',
    'import/no-unassigned-import': 'off',
    'import/no-named-as-default-member': 'off',
    'unicorn/no-new-array': 'off',
    'unicorn/require-post-message-target-origin': 'off',
  },
  ignorePatterns: ['dist', 'node_modules', 'bench/node_modules', 'bench/data'],
  overrides: [
    { files: ['vitest.config.ts', 'oxlint.config.mjs'], rules: { 'import/no-default-export': 'off' } },
    { files: ['test/**', 'samples/**', 'bench/**', 'scripts/**', 'eval/**'], rules: { 'no-console': 'off' } },
    ...STAGES.map(stageRules),
    ...Object.entries(ROOMS).flatMap(roomRules),
    {
      files: ['src/net/**'],
      rules: { ...imports(noStage('net may not import a stage: it holds value types that all of them use'), notMain('net'), noSocket(), notSql), ...properties(false) },
    },
    { files: ['src/errors.ts', 'src/observation.ts', 'src/permit.ts'], rules: imports(noStage('the nouns at the door may not import a stage'), noSocket(), notSql) },
    // What follows replaces the rule for commands as a whole, file by file.
    {
      files: ['src/commands/loopback-server.ts'],
      rules: imports(notMain('commands'), noSocket('baseline is passive: nothing in src/ opens a socket; the one exception is the HTTP server on loopback, for metrics and serve, when it is asked for', ['http']), notSql, notProbe, notActive),
    },
    { files: ['src/commands/verify.ts'], rules: imports(notMain('commands'), noSocket(), notSql, notProbe) },
    { files: ['src/commands/verify-active.ts'], rules: imports(notMain('commands'), noSocket(), notSql) },
    {
      files: ['src/commands/verify-probe.ts'],
      rules: imports(notMain('commands'), noSocket('verify --active opens TCP connections to declared services and nothing else', ['net']), notSql, notActive),
    },
    {
      files: ['src/main.ts'],
      rules: imports(
        refuse(`^\\./(${STAGES.filter((stage) => stage !== 'render' && stage !== 'commands').join('|')})/`, `main.ts may import commands and render only: the work is in commands (${LAW} -> main)`),
        noSocket(),
        notSql,
        notProbe,
        notActive,
      ),
    },
  ],
};
