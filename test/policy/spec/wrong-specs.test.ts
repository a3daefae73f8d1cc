/**
 * Wrong specs: each is the right one with a single mistake, and each must be refused at the place of the mistake, with
 * words that name it. `@` marks the expected place and is taken out before reading.
 */
import { describe, expect, it } from 'vitest';
import { parseSpec } from '../../../src/policy/spec/load.ts';

const RIGHT = `spec_version: 1
facility: "Water works"
assessment_date: "2026-02-23"
timezone: "Europe/Berlin"
zones:
  - zone_id: Z1-SIS
    name: Safety
    kind: safety
    assets:
      - {asset_id: SIS-01, role: sis, ip: ["10.10.1.1"]}
  - zone_id: Z2-CELL
    name: Filter cell
    purdue_level: "1-2"
    security_level_target: "SL 2"
    kind: control
    networks: ["10.20.0.0/16"]
    vlans: [20]
    assets:
      - {asset_id: PLC-01, role: plc, ip: ["10.20.1.10"], mac: ["00:1d:9c:20:01:10"], vlan: 20}
      - {asset_id: PLC-02, role: plc, ip: ["10.20.1.12-10.20.1.21"]}
    allowed_conduits: [C1]
  - zone_id: Z3-OPS
    name: Operations
    kind: operations
    assets:
      - {asset_id: HIST-01, role: historian, ip: ["10.30.1.50"]}
      - "Spare HMI (HMI-09)"
enforcement_points:
  - ep_id: FW-1
    platform: cisco-asa
    interfaces:
      - {zone: Z2-CELL, interface: Gi1/1, address: "10.20.0.1/16"}
    syslog: {host: "10.30.1.60", via_zone: Z3-OPS, port: 514}
conduits:
  - conduit_id: C1
    name: Polling
    connects: [Z2-CELL, Z3-OPS]
    security_level: "SL 2"
    enforced_by: [FW-1]
    protocols_allowed:
      - rule_id: C1-001
        protocol: Modbus/TCP
        transport: tcp
        port: 502
        direction: "Z3 -> Z2 (read only, FC 3/4 only)"
        client: {zone: Z3-OPS, assets: [HIST-01]}
        server: {zone: Z2-CELL, assets: [PLC-01, PLC-02]}
        access: read
        modbus:
          function_codes: [3, 4]
          unit_ids: [1, 255]
          ranges:
            - {table: holding-register, start: 0, end: 999, access: read}
        schedule: {days: [mon, tue], start: "06:00", end: "18:00"}
        expires: "2027-01-01"
      - rule_id: C1-002
        protocol: OPC UA
        port: 4840
        direction: "Z2 -> Z3 (read only)"
        opcua: {security_mode: [Sign], services: [Read]}
`;

/** name, text to find, what stands there instead (with the mark), what the message and remedy must say. */
const WRONG: readonly (readonly [string, string, string, RegExp])[] = [
  ['a tab as indentation', '    name: Filter cell', '@\tname: Filter cell', /tab/],
  ['an open bracket', 'vlans: [20]\n', 'vlans: [20\n    @x: y\n', /bracket or brace.* is missing.*on this line or above/],
  ['an entry moved to the right of its fields', '  - zone_id: Z2-CELL\n', '   - zone_id: Z2-CELL\n@', /indentation does not fit the list entry above.*after its "- "/],
  ['a colon in a name', 'name: Filter cell', 'name: @Filter: cell', /a ":" stands where a value cannot hold one.*quote/],
  ['a field name without a colon', '    kind: safety\n', '    @kind\n', /put a ":" after the field name/],
  ['a field twice', '    name: Filter cell\n', '    name: Filter cell\n    @name: Again\n', /given twice/],
  ['two documents', 'conduits:\n', '@---\nconduits:\n', /more than one YAML document|not YAML/],
  ['a conflict that git left', '    name: Filter cell\n', '@<<<<<<< HEAD\n    name: Filter cell\n=======\n    name: Filters\n>>>>>>> theirs\n', /git left a conflict here.*decide between the two/],
  ['a number in quotes', 'spec_version: 1', 'spec_version: @"1"', /write 1 without quotes/],
  ['a list without items', '    vlans: [20]', '    @vlans:', /must be a list.*write \[\]/],
  ['a YAML tag', 'name: Safety', 'name: @!!js/function Safety', /tag/i],
  ['bad indentation', '    kind: safety\n', '    kind: @safety\n      x: 1\n', /next line is indented as if it belonged to this one.*align/],
  ['an unknown field of a zone', '    kind: safety\n', '    @knid: safety\n', /no field "knid".*did you mean "kind"/],
  ['an unknown field of a rule', '        access: read\n', '        @acces: read\n', /no field "acces".*did you mean "access"/],
  ['an unknown field of an asset', '{asset_id: PLC-01, role: plc', '{asset_id: PLC-01, @rolle: plc', /no field "rolle".*did you mean "role"/],
  ['an unknown field at the top', 'facility: "Water works"', '@facilty: "Water works"', /no field "facilty".*did you mean "facility"/],
  ['an unknown field of a range', 'start: 0, end: 999', 'start: 0, @stop: 999, end: 999', /no field "stop"/],
  ['a zone without an id', '  - zone_id: Z3-OPS\n    name: Operations', '  - @name: Operations', /no "zone_id".*add "zone_id"/],
  ['a zone without a name', '    name: Safety\n', '', /no "name"/],
  ['a conduit without connects', '    connects: [Z2-CELL, Z3-OPS]\n', '', /no "connects"/],
  ['a rule without a protocol', '        protocol: OPC UA\n', '', /no "protocol"/],
  ['an endpoint without a zone', 'client: {zone: Z3-OPS, assets', 'client: @{assets', /no "zone"/],
  ['no conduits', 'conduits:\n', 'x-conduits:\n', /no "conduits"/],
  ['another version', 'spec_version: 1', 'spec_version: @2', /spec_version 1/],
  ['a number as id', 'zone_id: Z1-SIS', 'zone_id: @17', /must be text.*quotes/],
  ['an id with a space', 'conduit_id: C1', 'conduit_id: @"C 1"', /an id is letters/],
  ['an empty facility', 'facility: "Water works"', 'facility: @""', /facility.*at least 1/],
  ['a day that does not exist', '"2026-02-23"', '@"2026-02-30"', /no such day/],
  ['a date in another order', '"2026-02-23"', '@"23.02.2026"', /YYYY-MM-DD/],
  ['a time zone that is none', '"Europe/Berlin"', '@"UTC+1 or so"', /IANA/],
  ['a time zone that is misspelt', '"Europe/Berlin"', '@"Europe/Berln"', /"Europe\/Berln" is no time zone.*did you mean "Europe\/Berlin"/],
  ['an unknown kind of zone', 'kind: safety', 'kind: @saftey', /did you mean "safety"/],
  ['an unknown role', 'role: historian', 'role: @histrian', /did you mean "historian"/],
  ['a level that is none', 'purdue_level: "1-2"', 'purdue_level: @"1-9"', /purdue_level.*Purdue level is/],
  ['a security level that is none', 'security_level_target: "SL 2"', 'security_level_target: @"SL 7"', /security level is written/],
  ['a VLAN out of bounds', 'vlans: [20]', 'vlans: [@4095]', /VLAN ids are 1 to 4094/],
  ['an address with a part above 255', '"10.10.1.1"', '@"10.10.1.256"', /0 to 255/],
  ['an address that is none', '"10.30.1.50"', '@"historian"', /expected an IP address/],
  ['a prefix with host bits', '"10.20.0.0/16"', '@"10.20.1.0/16"', /host bits are set: the network is 10\.20\.0\.0\/16/],
  ['a prefix too long', '"10.20.0.0/16"', '@"10.20.0.0/33"', /0 to 32/],
  ['a range that runs backwards', '"10.20.1.12-10.20.1.21"', '@"10.20.1.21-10.20.1.12"', /runs backwards/],
  ['a range as a network', '"10.20.0.0/16"', '@"10.20.0.0-10.20.0.9"', /not a range/],
  ['a MAC address in another notation', '"00:1d:9c:20:01:10"', '@"001d.9c20.0110"', /00:1d:9c:20:01:10/],
  ['text where a list belongs', 'vlans: [20]', 'vlans: @20', /must be a list.*write \[20\]/],
  ['a list where text belongs', 'name: Polling', 'name: @[Polling]', /must be text|text, not a list/],
  ['a port that does not exist', 'port: 502', 'port: @70000', /port/],
  ['a port range that runs backwards', 'port: 502', 'port: @"510-502"', /runs backwards.*502-510/],
  ['a transport that is none', 'transport: tcp', 'transport: @tpc', /transport is tcp, udp/],
  ['a protocol number that is none', 'transport: tcp', 'transport: @ip-999', /ip-<number, 0 to 255>/],
  ['a protocol that has a name, by its number', 'transport: tcp', 'transport: @ip-6', /ip-6 tcp.*write tcp and a port/],
  ['a function code out of bounds', 'function_codes: [3, 4]', 'function_codes: [3, @200]', /1 to 127/],
  ['a unit id out of bounds', 'unit_ids: [1, 255]', 'unit_ids: [1, @256]', /0 to 255/],
  ['a register in 40001 notation', 'end: 999', 'end: @400999', /0-based, not 40001/],
  ['a register range that runs backwards', '{table: holding-register, start: 0, end: 999', '@{table: holding-register, start: 1000, end: 999', /runs backwards/],
  ['a table that is none', 'table: holding-register', 'table: @holding-registers', /did you mean "holding-register"/],
  ['writing to an input register', '{table: holding-register, start: 0, end: 999, access: read}', '@{table: input-register, start: 0, end: 999, access: write}', /nothing can write to a input-register|nothing can write/],
  ['a security mode that is none', 'security_mode: [Sign]', 'security_mode: [@Signed]', /did you mean "Sign"/],
  ['an OPC UA service in another spelling', 'services: [Read]', 'services: [@read]', /OPC UA service is written/],
  ['modbus fields on another protocol', '        opcua: {security_mode: [Sign], services: [Read]}', '        modbus: @{function_codes: [3]}', /says nothing/],
  ['a weekday that is none', 'days: [mon, tue]', 'days: [mon, @tues]', /a day is mon/],
  ['a time of day that is none', 'start: "06:00"', 'start: @"6:00"', /HH:MM/],
  ['a schedule of no length', 'schedule: {days: [mon, tue], start: "06:00", end: "18:00"}', 'schedule: @{days: [mon, tue], start: "06:00", end: "06:00"}', /begins and ends at 06:00/],
  ['a schedule with half an hour of the day', 'schedule: {days: [mon, tue], start: "06:00", end: "18:00"}', 'schedule: @{days: [mon, tue], start: "06:00"}', /has no "end"/],
  ['a zone id twice', 'zone_id: Z3-OPS', 'zone_id: @Z2-CELL', /the zone id "Z2-CELL" is given twice/],
  ['an asset id twice', 'asset_id: PLC-02', 'asset_id: @PLC-01', /the asset id "PLC-01" is given twice/],
  ['a rule id twice', 'rule_id: C1-002', 'rule_id: @C1-001', /the rule id "C1-001" is given twice/],
  ['an address twice', 'role: historian, ip: ["10.30.1.50"]', 'role: historian, ip: [@"10.20.1.10"]', /belongs to the asset PLC-01 already/],
  ['a conduit to a zone that is not declared', 'connects: [Z2-CELL, Z3-OPS]', 'connects: [@Z2-CEL, Z3-OPS]', /not declared.*did you mean "Z2-CELL"/],
  ['a zone that allows a conduit that is not declared', 'allowed_conduits: [C1]', 'allowed_conduits: [@C2]', /"C2", which is not declared/],
  ['a client that is not declared', 'assets: [HIST-01]', 'assets: [@HIST-10]', /"HIST-10" is not declared.*did you mean "HIST-01"/],
  ['a server of another zone', 'assets: [PLC-01, PLC-02]', 'assets: [PLC-01, @SIS-01]', /in zone Z1-SIS, not in Z2-CELL/],
  ['a client zone that the conduit does not connect', 'client: {zone: Z3-OPS, assets: [HIST-01]}', 'client: {zone: @Z1-SIS, assets: [SIS-01]}', /does not connect the zone "Z1-SIS"/],
  ['an empty list of clients', 'assets: [HIST-01]}', 'assets: @[]}', /empty list would mean nobody/],
  ['a direction against client and server', '"Z3 -> Z2 (read only, FC 3/4 only)"', '@"Z2 -> Z3 (read only, FC 3/4 only)"', /says Z2-CELL -> Z3-OPS, but client and server say Z3-OPS -> Z2-CELL/],
  ['a direction to an unknown zone', '"Z2 -> Z3 (read only)"', '@"Z2 -> Z9 (read only)"', /names "Z9"/],
  ['a direction that may mean two zones', '"Z2 -> Z3 (read only)"', '@"Z -> Z3 (read only)"', /may be Z2-CELL or Z3-OPS/],
  ['a direction against the function codes', 'function_codes: [3, 4]\n', 'function_codes: [3, 4, 16]\n', /allows FC 3\/4 only, but modbus.function_codes lists 16/],
  ['an enforcement point that is not declared', 'enforced_by: [FW-1]', 'enforced_by: [@FW-2]', /enforcement point "FW-2" is not declared/],
  ['an interface in no zone', '- {zone: Z2-CELL, interface', '- {zone: @Z7, interface', /the zone "Z7" is not declared/],
  ['a rule within one zone', 'server: {zone: Z2-CELL, assets: [PLC-01, PLC-02]}', 'server: {zone: @Z3-OPS}', /both in zone Z3-OPS|client and server say/],
  ['a transport without a port', '        port: 502\n', '', /has no "port"/],
  ['a protocol without a port, called as what every object has', 'protocol: OPC UA\n        port: 4840\n', 'protocol: constructor\n', /has no "port"/],
  ['a code listed twice', 'unit_ids: [1, 255]', 'unit_ids: [1, @1]', /listed twice/],
];

/** Places that the mark cannot show, because the mistake is something left out or shows elsewhere. */
const PLACE_OF: Readonly<Record<string, string>> = {
  'a zone without a name': '  - zone_id: Z1-SIS',
  'a conduit without connects': '  - conduit_id: C1',
  'a rule without a protocol': '      - rule_id: C1-002',
  'no conduits': 'spec_version: 1',
  'a direction against the function codes': '"Z3 -> Z2 (read only, FC 3/4 only)"',
  'a transport without a port': '      - rule_id: C1-001',
  'a protocol without a port, called as what every object has': '      - rule_id: C1-002',
};

const placeOf = (text: string, offset: number): { line: number; column: number } => {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
};

describe('wrong specs', () => {
  it('accepts the right one', () => {
    expect(parseSpec(RIGHT, 'right.yaml').problems).toEqual([]);
  });

  it('has at least 60 of them', () => {
    expect(WRONG.length).toBeGreaterThanOrEqual(60);
  });

  it.each(WRONG)('%s', (name, find, instead, message) => {
    expect(RIGHT.split(find).length, 'the text to replace is found').toBeGreaterThan(1);
    const marked = RIGHT.replace(find, () => instead);
    const at = marked.indexOf('@');
    const text = marked.replace('@', '');
    const { loaded, problems } = parseSpec(text, 'wrong.yaml');
    expect(loaded).toBeNull();
    const own = PLACE_OF[name];
    const expected = own === undefined ? placeOf(text, at) : placeOf(text, text.indexOf(own) + (own.length - own.trimStart().replace(/^- /, '').length));
    const told = problems.map((problem) => `${problem.line}:${problem.column} ${problem.message} | ${problem.remedy}`);
    expect(told.filter((line) => line.startsWith(`${expected.line}:${expected.column} `)).join('\n'), told.join('\n')).toMatch(message);
  });
});
