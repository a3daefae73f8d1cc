/**
 * The active test plan as a shell script to be reviewed, run by a person, and as JSON. In: a TestPlan. Out: chunks of text.
 * Every line is a command with its expected result as a comment; the script ends at once unless a change ticket is named.
 * Words of the spec reach it as comments only, on one line; hosts and ports are numbers.
 */
import { plural } from '../infer/plural.ts';
import type { TestPlan, TestStep, TestMachine } from '../policy/verify/plan.ts';
import { modbusAdu } from '../policy/verify/questions.ts';
import { printable } from './printable.ts';

const LONGEST = 400;
const comment = (text: string): string => `# ${printable(text, LONGEST)}\n`;

/** POSIX: nothing is special within single quotes but the quote itself. */
const shellWord = (text: string): string => (/^[A-Za-z0-9._:-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);

/**
 * A name that a terminal would act on is written in octal (POSIX printf), so that the script can be read on one; the full
 * stop at its end keeps line ends, which `$( )` would drop.
 */
function assignment(variable: string, text: string): string {
  if (printable(text, text.length) === text) return `${variable}=${shellWord(text)}\n`;
  const octets = octal(Buffer.from(text));
  return `${variable}="$(printf '${octets}.')"\n${variable}="\${${variable}%.}"\n`;
}

/** mbpoll's data types; addresses from 0 (`-0`). */
const TYPE_OF: Readonly<Record<1 | 2 | 3 | 4, string>> = { 1: '0', 2: '1', 3: '4', 4: '3' };

const octal = (octets: Uint8Array): string => [...octets].map((octet) => `\\${octet.toString(8).padStart(3, '0')}`).join('');

function command(step: TestStep): string {
  const host = shellWord(step.host);
  // Without it nmap looks at no IPv6 address, and tests nothing.
  const ipVersion = step.host.includes(':') ? ' -6' : '';
  switch (step.kind) {
    case 'tcp-open':
    case 'tcp-blocked':
    case 'diode-reverse':
      return `nmap${ipVersion} -sT -Pn -n -T2 --max-retries 1 --scan-delay 1s --reason -p ${step.port} ${host}`;
    case 'diode-forward':
      return `nmap${ipVersion} -sT -Pn -n -T2 --max-retries 1 --reason -p ${step.port} ${host}`;
    case 'opcua-hello':
      return `baseline verify "$SPEC" --active --from "$ZONE" --only ${host}:${step.port} --i-have-a-maintenance-window`;
    case 'modbus-read':
    case 'modbus-again':
      return step.question?.kind === 'read' ? `mbpoll -1 -0 -m tcp -p ${step.port} -a ${step.question.unit} -t ${TYPE_OF[step.question.code]} -r ${step.question.address} -c 1 -o 3 ${host}` : '';
    case 'modbus-canary':
      return step.question === null ? '' : `printf '${octal(modbusAdu(step.question, 1))}' | nc -w 3 ${host} ${step.port} | od -An -tx1`;
  }
}

const what = (step: TestStep): string => `${step.kind} ${step.target}, ${step.toZone}${step.permit === null ? '' : `, ${step.permit}`}`;

function* machineLines({ zone, asset, address, steps }: TestMachine): Generator<string> {
  yield `\n${comment(`---- from ${zone}: ${asset === null ? 'any machine that is no declared client' : `${asset} (${address ?? ''})`}: ${plural(steps.length, 'test')}`)}`;
  yield `ZONE=${shellWord(zone)}\n`;
  for (const step of steps) yield `\n${comment(what(step))}${comment(`expected: ${step.expected}`)}${command(step)}\nsleep ${step.pauseSeconds}\n`;
}

export function* testPlanScript(plan: TestPlan, spec: string, version: string): Generator<string> {
  yield '#!/bin/sh\n';
  yield comment(`Active test plan of ${spec}, made by ${version}. Nothing of it was run.`);
  yield comment('Review every line. Run each part on the machine that it names, within a maintenance window, one part at a time.');
  yield comment('It opens single TCP connections to declared services, one a second, and asks questions that change nothing.');
  yield comment('Stop at the first device that does not answer what it must answer.');
  for (const { what: left, why } of plan.leftOut) yield comment(`left out: ${left}: ${why}`);
  yield ': "${CHANGE_TICKET:?name the change ticket of the maintenance window}"\n';
  yield ': "${RUN_FROM:?name the part to run: the zone and machine after \'from\'}"\n';
  yield assignment('SPEC', spec);
  for (const machine of plan.vantages) {
    yield `\nif [ "$RUN_FROM" = ${shellWord(`${machine.zone} ${machine.asset ?? 'other'}`)} ]; then`;
    yield* machineLines(machine);
    yield 'fi\n';
  }
}
