/** Redacted names: nothing of the name is left but what inference reads in it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPrintableName } from '../../../src/infer/assets.ts';
import { unitToken } from '../../../src/infer/cells/hints.ts';
import { roleWordOf } from '../../../src/infer/roles/hardware.ts';
import { redactFact, redactTarget } from '../../../src/policy/redaction/facts.ts';
import { mapNames } from '../../../src/policy/redaction/names.ts';
import { collector } from '../../../src/policy/redaction/redactor.ts';

const plantName = fc.tuple(
  fc.constantFrom('', 'LINE1-', 'LINE2_', 'UNIT-12_', 'Mill ', 'pc-', 'WIN10-', 'LT-3-'),
  fc.constantFrom('PLC', 'plc', 'ET200SP', 'HMI', 'SCADA', 'EWS', 'HIST', 'sw', 'F-PLC', 'pump', 'laptop', 'Kessel', 'et200'),
  fc.constantFrom('', '1', '-07', '_3', '-A12', '.mill.example'),
).map((parts) => parts.join(''));

test('role, unit and equality stay, and the name is gone', () => {
  fc.assert(fc.property(fc.uniqueArray(fc.oneof(plantName, fc.string({ maxLength: 20 })), { maxLength: 40 }), (names) => {
    const map = mapNames(names);
    const of = (name: string): string => map.get(name)!;
    const real = names.filter((name) => name.trim() !== '');
    expect(new Set(map.values()).size, 'no two become one').toBe(map.size);
    const third = (name: string): boolean => /v\d$/.test(of(name));
    for (const name of real) {
      expect(of(name), name).not.toBe(name.trim());
      expect(isPrintableName(of(name)), name).toBe(isPrintableName(name.trim()));
      if (!isPrintableName(name.trim()) || third(name)) continue;
      // The rule that reads the role is the same one.
      expect(roleWordOf(of(name))?.word, `${name} -> ${of(name)}`).toBe(roleWordOf(name.trim())?.word);
      for (const other of real) {
        if (!isPrintableName(other.trim()) || third(other)) continue;
        expect(of(name).toUpperCase() === of(other).toUpperCase()).toBe(name.trim().toUpperCase() === other.trim().toUpperCase());
        expect(unitToken(of(name)) === unitToken(of(other)), `${name} ${other} -> ${of(name)} ${of(other)}`).toBe(unitToken(name.trim()) === unitToken(other.trim()));
      }
    }
  }), { numRuns: 300 });
});

test('facts and targets: names, hosts, addresses and free words go, products and standards stay', () => {
  const facts: [string, string, string][] = [
    ['lldp.name', 'SW-KESSELHAUS', 'sw-n'],
    ['modbus.vendor', 'Schneider Electric', 'Schneider Electric'],
    ['http.user-agent', 'agent on SW-KESSELHAUS at 10.9.8.7 and 00:1b:1b:0a:0b:0c', 't'],
    ['http.user-agent', 'Mozilla/5.0 (KesselSync/1.0) curl/8.5.0', 'Mozilla/5.0 curl/8.5.0 t'],
    ['http.server', 'Apache (kessel.mill.example)', 'Apache t'],
    ['http.server', 'Apache/2.4.58', 'Apache/2.4.58'],
    ['ssh.software', 'SSH-2.0-OpenSSH_8.9p1 Kesselhaus', 'SSH-2.0-OpenSSH_8.9p1 t'],
    ['dhcp.vendor-class', 'MSFT 5.0', 'MSFT 5.0'],
    ['dhcp.vendor-class', 'MSFT 10.9.8.7', 'MSFT t'],
    ['tls.alpn', 'h2,http/1.1', 'h2,http/1.1'],
    ['tls.alpn', 'kessel', 't'],
    ['s7comm.module-type', 'CPU 315 in scada-1.mill.example or kessel9.MILL.example', 'CPU 315 in scada-n'],
    ['s7comm.module-type', 'CPU 315 for mill', 'CPU 315 for d1'],
    ['opcua.endpoint', 'opc.tcp://scada-1:4840/Kessel Nord Kessel', 'opc.tcp://scada-n'],
    ['opcua.application-uri', 'urn:scada-1:Kessel Nord Kessel', 'urn:scada-n'],
    ['opcua.application-uri', 'urn:client-kessel:x', 'urn:client-t'],
    ['opcua.offered', 'opc.tcp://scada-1:4840/Kessel Sign Nord SignAndEncrypt Basic256Sha256', ' SignAndEncrypt Basic256Sha256'],
    ['opcua.offered', 'opc.tcp://scada-1:4840/Kessel None ', ' None '],
    ['opcua.offered', 'opc.tcp://scada-1:4840/a Kessel Nord', 'opc.tcp://scada-n'],
    ['opcua.endpoint', 'opc.tcp://scada-1.mill.example:4840/Kessel', 'opc.tcp://scada-n'],
    ['opcua.endpoint', 'opc.tcp://10.9.8.7:4840', 'opc.tcp://10.0.0.7:4840'],
    ['opcua.policy', 'http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256', 'http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256'],
    ['opcua.policy', 'http://evil/SW-KESSELHAUS', 't'],
    ['opcua.mode', 'SignAndEncrypt', 'SignAndEncrypt'],
    ['tls.sni', 'historian.mill.example', 'historian-n'],
    ['dhcp.client', '00:1b:1b:0a:0b:0c SW-KESSELHAUS', '00:1b:1b:'],
    ['invented.fact', 'Kessel 4, second floor', 't'],
    ['snmp.description', 'Linux kessel 5.10', 't'],
  ];
  const { redactor: collecting, replacing } = collector();
  for (const [name, value] of facts) redactFact(collecting, name, value);
  for (const target of ['Kessel.Druck', 'ns=2;s=Kessel', 'ns=2;i=7']) redactTarget(collecting, 'opcua', target);
  const { redactor } = replacing();
  for (const [name, value, says] of facts) {
    const redacted = redactFact(redactor, name, value);
    expect(redacted, `${name} ${value}`).toContain(says);
    expect(redacted, `${name} ${value}`).not.toMatch(/kessel|nord|mill\b|10\.9|0a:0b/i);
  }
  expect(redactTarget(redactor, 'opcua', 'ns=2;i=7')).toBe('ns=2;i=7');
  expect(redactTarget(redactor, 'opcua', 'ns=2;s=Kessel')).toMatch(/^ns=2;s=t\d+$/);
  expect(redactTarget(redactor, 'opcua', 'Kessel.Druck')).toMatch(/^t\d+$/);
});
