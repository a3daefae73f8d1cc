/** A redacted spec: what a person wrote is gone, whatever its field; what the program, a standard or a registry says stays. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keptOf } from '../../../src/policy/redaction/own-words.ts';
import { collector } from '../../../src/policy/redaction/redactor.ts';
import { redactSpec } from '../../../src/policy/redaction/spec.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import { formatSpec } from '../../../src/policy/spec/write.ts';

const SAMPLES = join(import.meta.dirname, '../../../samples');

const redacted = (text: string): string => {
  const { loaded, problems } = parseSpec(text, 'spec.yaml');
  if (loaded === null) throw new Error(JSON.stringify(problems));
  const { redactor, replacing } = collector();
  redactSpec(loaded.spec, redactor);
  return formatSpec(redactSpec(loaded.spec, replacing().redactor));
};

const SECRET = 'Kesselhaus Nord of Okafor';
const written = `spec_version: 1
facility: "${SECRET}"
standard: "IEC 62443 at ${SECRET}"
timezone: Europe/Berlin
zones:
  - {zone_id: Z-A, name: "${SECRET}", criticality: "${SECRET}", security_requirements: ["${SECRET}"], assets: [{asset_id: PLC-A, label: "${SECRET}", vendor: "${SECRET}", model: "M340 ${SECRET}", firmware: "1.0 ${SECRET}", evidence: ["${SECRET}"], ip: [10.1.1.1]}]}
  - {zone_id: Z-B, name: B, assets: [{asset_id: SW-B, vendor: Siemens, firmware: V4.5.1, ip: [10.1.2.1], switch_port: {switch: SW-B, interface: "${SECRET}"}}]}
conduits:
  - conduit_id: C-1
    name: "${SECRET}"
    connects: [Z-A, Z-B]
    controls: ["${SECRET}"]
    protocols_allowed:
      - protocol: "Modbus/TCP (${SECRET})"
        port: 502
        security_mode: "none, as ${SECRET} allows; function code filter"
        owner: "${SECRET}"
        purpose: "${SECRET}"
        question: "${SECRET}"
        accepted_risks: ["${SECRET}"]
        evidence: {regime: "${SECRET}", generalised_by: ["${SECRET}", poll-area], sensors: ["${SECRET}", "captures 1-3, 5"], refs: ["${SECRET}"], first_seen: "${SECRET}", last_seen: "3 March 2026 (${SECRET})"}
        modbus: {function_codes: [3]}
      - {protocol: "${SECRET}", port: 7000, operations: ["${SECRET}"]}
enforcement_points:
  - {ep_id: EP-1, platform: other, version: "1.0.6 (${SECRET})", interfaces: [{zone: Z-A, interface: "${SECRET}"}]}
set_aside:
  - {client: 10.1.1.66, servers: [10.1.2.1], transport: "${SECRET}", reason: "laptop of ${SECRET}, tel. 555-0199", question: "${SECRET}", last_seen: "${SECRET}", owner: "${SECRET}"}
  - {client: 10.1.1.67, servers: [10.1.2.1], transport: tcp, reason: nobody answered, last_seen: "2026-03-14T02:00:00.000Z"}
`;

test('no sentence of a person is left, in whatever field it stands', () => {
  const text = redacted(written);
  expect(text).not.toMatch(/kessel|nord|okafor|555-0199/i);
  expect(parseSpec(text, 'spec.yaml').problems.map(({ message }) => message)).toEqual(parseSpec(written, 'spec.yaml').problems.map(({ message }) => message));
  for (const kept of ['nobody answered', 'captures 1-3, 5', 'poll-area', 'Siemens', 'V4.5.1', 'Europe/Berlin', 'function code filter', '2026-03-14T02:00:00.000Z', '2026-03-0', 'Modbus']) expect(text).toContain(kept);
});

test('a proposal and the specs of the samples keep every word that no person wrote', () => {
  for (const name of readdirSync(SAMPLES).filter((file) => file.endsWith('.yaml'))) {
    const protocols = (text: string): string[] => [...text.matchAll(/\bprotocol: "?([^",}\n]+)/g)].map(([, protocol]) => protocol as string);
    const text = readFileSync(join(SAMPLES, name), 'utf8');
    expect(protocols(redacted(text)), name).toEqual(protocols(text));
  }
});

describe('what is kept of a field', () => {
  test.each([
    ['protocol', 'Modbus/TCP', 'Modbus/TCP'], ['protocol', 'Modbus RTU over TCP', 'Modbus RTU over TCP'], ['protocol', 'PI-to-PI', 'PI-to-PI'], ['protocol', 'EtherNet/IP', 'EtherNet/IP'], ['protocol', 'http, smb', 'http, smb'], ['protocol', 'ip-47', 'ip-47'], ['protocol', 'opc.tcp', 'OPC UA'],
    ['protocol', 'OPC UA of the boiler', 'OPC UA'], ['protocol', 'Boiler talk', null],
    ['standard', 'IEC 62443-3-2:2020', 'IEC 62443-3-2:2020'], ['standard', 'NIST SP 800-82', 'NIST SP 800-82'], ['standard', 'boiler rules 7', null],
    ['version', '9.18(2)', '9.18(2)'], ['version', 'boiler 9', null],
    ['vendor', 'Schneider Electric', 'Schneider Electric'], ['vendor', 'Boilermakers of the north', null],
    ['regime', 'weekly, on Mondays, 06-18 h (UTC)', 'weekly, on Mondays, 06-18 h (UTC)'], ['regime', 'every day, 02-04 h (America/New_York)', 'every day, 02-04 h (America/New_York)'], ['regime', 'every day (Boiler/North)', null], ['regime', 'when the boiler runs', null],
    ['services', 'CreateSession', 'CreateSession'], ['services', 'BoilerNorth', null], ['transport', 'boiler', null],
    ['timezone', 'Boiler/North', 'UTC'], ['model', 'M340', undefined],
  ] as const)('%s %s', (field, text, kept) => expect(keptOf(field, text)).toBe(kept));
});
