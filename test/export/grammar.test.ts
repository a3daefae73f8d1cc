/** Strict grammars of four vendors over our output, plain and with hostile names, and proof that the grammars catch faults. */
import { expect, test } from 'vitest';
import { exportPlan } from '../../src/export/export-plan.ts';
import type { ExportOptions, Plan } from '../../src/export/exporter.ts';
import { exporterOf } from '../../src/export/registry.ts';
import { asaProblems } from './grammar/asa.ts';
import { fortiosProblems } from './grammar/fortios.ts';
import { iosProblems } from './grammar/ios.ts';
import { panosProblems } from './grammar/panos.ts';
import { mudProblems, openconfigProblems } from './grammar/yang-trees.ts';
import { hostilePlan, loggedPlan, plantPlan } from './plant.ts';

const IDS = Object.fromEntries([1, 3, 4, 6, 8, 16, 17, 23, 43].map((code) => [`modbus:${code}`, 90_000 + code]));

const textsOf = (target: string, plan: Plan, options: ExportOptions): string[] =>
  exportPlan(exporterOf(target), plan, { ...options, allowWider: true }).files.flatMap((file) => (/(?:\.(?:cfg|conf|set)|\.mud\.json|openconfig-acl\.json)$/.test(file.path) ? [file.content as string] : []));

const VENDORS: readonly [target: string, problems: (text: string) => string[]][] = [
  ['cisco-asa', asaProblems], ['cisco-ios', iosProblems], ['fortios', fortiosProblems], ['panos', panosProblems],
  ['mud', mudProblems], ['openconfig-acl', openconfigProblems],
];

for (const [target, problems] of VENDORS)
  for (const [name, plan] of [['the plant', plantPlan()], ['hostile names', hostilePlan()], ['logged', loggedPlan(hostilePlan())]] as const)
    for (const mode of exporterOf(target).modes)
      test(`${target}, ${mode}: ${name}`, () => {
        const texts = textsOf(target, plan, { mode, applicationIds: target === 'fortios' && mode === 'enforce' ? IDS : {} });
        expect(texts.length).toBeGreaterThan(0);
        for (const text of texts) expect(problems(text)).toEqual([]);
      });

test('panos: a Permit with a dot in its id gives a schedule without one', () => {
  const plan = plantPlan();
  const dotted = { ...plan, permits: plan.permits.map((entry) => ({ ...entry, permit: { ...entry.permit, id: entry.permit.id.replace('-', '.') } })) };
  for (const text of textsOf('panos', dotted, { mode: 'enforce' })) {
    expect(text).toContain('set rulebase security rules OTZ-K1.MAINT schedule K1_MAINT\n');
    expect(panosProblems(text)).toEqual([]);
  }
});

const faults: readonly [target: string, problems: (text: string) => string[], fault: string, spoil: (text: string) => string][] = [
  ['cisco-asa', asaProblems, 'a wildcard mask', (text) => text.replace('255.255.255.0', '0.0.0.255')],
  ['cisco-asa', asaProblems, 'a port above 65535', (text) => text.replace(' eq 502 ', ' eq 70502 ')],
  ['cisco-asa', asaProblems, 'a prefix in a subnet', (text) => text.replace(/ subnet (\S+) 255\S+/, ' subnet $1/24')],
  ['cisco-asa', asaProblems, 'an undefined time range', (text) => text.replace(/^time-range .*$/m, 'time-range OTHER')],
  ['cisco-asa', asaProblems, 'the inspection that does not exist', (text) => `${text}policy-map type inspect modbus M\n`],
  ['cisco-asa', asaProblems, 'an unbound list', (text) => text.replace(/^access-group .*\n/m, '')],
  ['cisco-asa', asaProblems, 'a long remark', (text) => text.replace(/ remark /, ` remark ${'x'.repeat(101)}`)],
  ['cisco-asa', asaProblems, 'inactive before the time range', (text) => text.replace(/(time-range \S+) inactive/, 'inactive $1')],
  ['cisco-ios', iosProblems, 'a VLAN of 4095', (text) => text.replace('access vlan 110', 'access vlan 4095')],
  ['cisco-ios', iosProblems, 'a VLAN that is not created', (text) => text.replace('access vlan 110', 'access vlan 111')],
  ['cisco-ios', iosProblems, 'colons in a MAC address', (text) => text.replace(/mac-address (\w\w)(\w\w)\./, 'mac-address $1:$2:')],
  ['cisco-ios', iosProblems, 'too many addresses on a port', (text) => text.replace('maximum 1', 'maximum 4098')],
  ['fortios', fortiosProblems, 'a block that is not closed', (text) => text.replace(/^end\n/m, '')],
  ['fortios', fortiosProblems, 'a long policy name', (text) => text.replace(/set name "/, `set name "${'x'.repeat(36)}`)],
  ['fortios', fortiosProblems, 'an unknown setting', (text) => text.replace('set logtraffic all', 'set logtraffic all\n        set wibble on')],
  ['fortios', fortiosProblems, 'a quote in a comment', (text) => text.replace(/set comments "/, 'set comments "a" b')],
  ['panos', panosProblems, 'an undefined address', (text) => text.replace(/^set address PLC-B .*\n/m, '')],
  ['panos', panosProblems, 'a long zone', (text) => text.replaceAll(/(from|to|zone) CELL\b/g, `$1 ${'Z'.repeat(32)}`)],
  ['panos', panosProblems, 'a rule without an action', (text) => text.replace(/^.* action allow\n/m, '')],
  ['panos', panosProblems, 'a comment', (text) => `# hello\n${text}`],
  ['cisco-asa', asaProblems, 'levels that are equal without the line that it takes', (text) => text.replace('\n security-level 80', '\n security-level 90')],
  ['mud', mudProblems, 'a list that no policy names', (text) => text.replace('"name": "to-device-ipv4"', '"name": "other"')],
  ['mud', mudProblems, 'a type of list that is none', (text) => text.replace('"ipv4-acl-type"', '"ipv4"')],
  ['openconfig-acl', openconfigProblems, 'a host address without its length', (text) => text.replace(/\/32"/, '"')],
  ['openconfig-acl', openconfigProblems, 'an identity of no module', (text) => text.replace('openconfig-acl:DROP', 'DROP')],
];

for (const [target, problems, fault, spoil] of faults)
  test(`${target}: the grammar sees ${fault}`, () => {
    const text = textsOf(target, plantPlan(), { mode: 'enforce' }).at(-1) ?? '';
    const spoiled = spoil(text);
    expect(spoiled).not.toBe(text);
    expect(problems(spoiled).length).toBeGreaterThan(0);
  });
