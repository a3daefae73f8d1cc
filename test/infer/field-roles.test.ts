import { expect, test } from 'vitest';
import { fieldRolesOf } from '../../src/infer/field-roles.ts';

test.each([
  [[['profinet.role', 'io-device,io-controller']], ['io-controller', 'io-device']],
  [[['enip.device-type', '14'], ['enip.device-type', '14']], ['cip-controller']],
  [[['enip.device-type', '12']], []],
  [[['enip.device-type', 'constructor']], []],
  [[['snmp.description', 'Hirschmann MACH Switch, SW: 9.0']], ['network-equipment']],
  [[['profinet.vendor', 'SCALANCE X-200']], ['network-equipment']],
  [[['profinet.vendor', 'S7-300'], ['http.server', 'router']], []],
] as const)('%j says %j', (facts, roles) => {
  expect(fieldRolesOf(facts.map(([name, value]) => ({ name, value })))).toEqual(roles);
});
