/** Lists and registers: what a spec says goes out and comes back the same; wrong cells are named by file, line and column. */
import { describe, expect, it } from 'vitest';
import { importRegister } from '../../../src/policy/register/import.ts';
import type { RegisterList } from '../../../src/policy/register/import.ts';
import { registerTables } from '../../../src/policy/register/tables.ts';
import { declaredAssets } from '../../../src/policy/spec/assets.ts';
import { parseSpec } from '../../../src/policy/spec/load.ts';
import type { LoadedSpec } from '../../../src/policy/spec/load.ts';
import { csvTable } from '../../../src/render/csv.ts';

const SPEC = `# the water works
spec_version: 1
timezone: "Europe/Berlin"
zones:
  - zone_id: CELL-1
    name: "Filter cell"
    kind: control
    purdue_level: "1-2"
    security_level_target: {target: 2, vector: {IAC: 2, RDF: 3}}
    vlans: [20, 21]
    assets:
      - {asset_id: PLC-01, label: "=HYPERLINK(1)", role: plc, level: 1, vendor: "Müller, Söhne", ip: [10.20.1.10, "10.20.1.12-10.20.1.14"], mac: ["00:1d:9c:20:01:10"], names: [plc01, "filter; one|two\\\\x"], vlan: 20, switch_port: {switch: SW-1, interface: Gi1/0/1, max_macs: 2}, passive_only: true, x-owner: "A. Keller"} # the old one
      - "Pumps (PUMP-1 through PUMP-3)"
    allowed_conduits: [C1]
  - zone_id: OPS
    name: "Site operations"
    networks: [10.30.0.0/16]
    assets:
      - {asset_id: HIST-01, role: historian, ip: [10.30.1.50]}
      - {asset_id: asset-10.30.1.60, role: hmi, ip: [10.30.1.60]}
    allowed_conduits: [C1]
conduits:
  - conduit_id: C1
    connects: [CELL-1, OPS]
    security_level: "SL 2"
    mode: monitor
    protocols_allowed:
      - rule_id: C1-001
        protocol: Modbus/TCP
        transport: tcp
        port: 502
        client: {zone: OPS, assets: [HIST-01, asset-10.30.1.60]}
        server: {zone: CELL-1, assets: [PLC-01]}
        access: read
        modbus: {function_codes: [3, 4], ranges: [{table: holding-register, start: 0, end: 99, access: read}]}
        decision: pending
        question: "rare: what for?"
`;

const load = (text: string): LoadedSpec => {
  const { loaded, problems } = parseSpec(text, 'spec.yaml');
  expect(problems).toEqual([]);
  return loaded as LoadedSpec;
};

const exported = (text: string): RegisterList[] => registerTables(load(text)).map(({ kind, columns, rows }) => ({ kind, file: `${kind}.csv`, text: [...csvTable(columns, rows)].join('') }));

const assetList = (text: string): RegisterList => ({ kind: 'assets', file: 'assets.csv', text });

const imported = (spec: string | null, ...lists: RegisterList[]): string => {
  const { text, problems } = importRegister(spec, 'spec.yaml', lists);
  expect(problems).toEqual([]);
  return text as string;
};

const problemOf = (list: RegisterList, spec: string | null = SPEC): string => {
  const { text, problems } = importRegister(spec, 'spec.yaml', [list]);
  expect(text).toBeNull();
  return `${problems[0].file}:${problems[0].line}:${problems[0].column}: ${problems[0].message} (${problems[0].remedy})`;
};

describe('round trip', () => {
  it('the four lists into a new spec give the same assets, zones and conduits', () => {
    const lists = exported(SPEC);
    const fresh = load(imported(null, ...lists.filter((list) => list.kind !== 'permits')));
    const plain = (spec: LoadedSpec): unknown[] => declaredAssets(spec.spec).map((asset) => ({ ...asset, fromText: null, assetIndex: null, names: [...new Set(asset.names)].sort() }));
    expect(plain(fresh)).toEqual(plain(load(SPEC)));
    expect(exported(imported(null, ...lists.filter((list) => list.kind !== 'permits'))).slice(0, 1)).toEqual(lists.slice(0, 1));
    expect(fresh.spec.conduits.map((conduit) => conduit.connects)).toEqual([['CELL-1', 'OPS']]);
  });

  it('the lists back into their own spec change nothing', () => {
    const lists = exported(SPEC);
    const once = imported(SPEC, ...lists);
    expect(load(once).permits.map(({ permit }) => permit)).toEqual(load(SPEC).permits.map(({ permit }) => permit));
    expect(once).toContain('- "Pumps (PUMP-1 through PUMP-3)"');
    expect(once).toContain('# the old one');
    expect(once).toContain('# the water works');
    expect(once).toContain('vector: {IAC: 2, RDF: 3}');
    expect(imported(once, ...exported(once))).toBe(once);
    expect(exported(once)).toEqual(lists);
  });

  it('a cell that a spreadsheet would run is inert in the list and itself again in the spec', () => {
    const [assets] = exported(SPEC);
    expect(assets.text).toContain(",'=HYPERLINK(1),");
    expect(load(imported(SPEC, assets)).spec.zones[0].assets?.[0]).toMatchObject({ label: '=HYPERLINK(1)' });
  });
});

describe('asset lists', () => {
  it('reads what other tools write: other column names, a semicolon, MAC spellings, a zone by its name', () => {
    const text = imported(SPEC, assetList('Device;Name;Security zone;Device role;IP address;MAC address;VID;Rack\r\nPLC-02;Pump PLC;filter cell;PLC;10.20.1.20, 10.20.1.21;001d.9c20.0120;20;R7\r\n'));
    expect(load(text).spec.zones[0].assets?.at(-1)).toEqual({ asset_id: 'PLC-02', label: 'Pump PLC', role: 'plc', ip: ['10.20.1.20', '10.20.1.21'], mac: ['00:1d:9c:20:01:20'], vlan: 20 });
    expect(importRegister(SPEC, 'spec.yaml', [assetList('asset_id,rack\nPLC-01,R7\n')]).sentences[0]).toMatch(/0 changed; not used: the column rack/);
  });

  it('a known address takes the name of the list, in the rules too', () => {
    const { text, sentences } = importRegister(SPEC, 'spec.yaml', [assetList('asset_id,ip,vendor\nHMI-01,10.30.1.60,Acme\n')]);
    expect(sentences[0]).toMatch(/1 named after their addresses/);
    const { spec, permits } = load(text ?? '');
    expect(spec.zones[1].assets?.[1]).toEqual({ asset_id: 'HMI-01', role: 'hmi', ip: ['10.30.1.60'], vendor: 'Acme' });
    expect(permits[0].permit.from.assets).toEqual(['HIST-01', 'HMI-01']);
  });

  it('a text that sums up assets becomes entries when the list knows one of them', () => {
    const label = 'Pumps (PUMP-1 through PUMP-3)';
    const { spec } = load(imported(SPEC, assetList('asset_id,ip\nPUMP-2,10.20.1.32\n')));
    expect(spec.zones[0].assets?.slice(1)).toEqual([{ asset_id: 'PUMP-1', label }, { asset_id: 'PUMP-2', label, ip: ['10.20.1.32'] }, { asset_id: 'PUMP-3', label }]);
  });

  it('moves an asset that no rule names, and makes a spec of a list alone', () => {
    const { spec } = load(imported(SPEC.replace('assets: [HIST-01, asset-10.30.1.60]', 'assets: [HIST-01]'), assetList('asset_id,zone\nasset-10.30.1.60,CELL-1\n')));
    expect(spec.zones.map((zone) => zone.assets?.length)).toEqual([3, 1]);
    expect(load(imported(null, assetList('asset_id,zone,ip\nA,Z1,10.0.0.1\nB,Z2,10.0.0.2\n'))).spec.zones.map((zone) => zone.zone_id)).toEqual(['Z1', 'Z2']);
  });

  it.each([
    ['asset_id,ip\nPLC-02,10.20.1.300\n', /^assets\.csv:2:8: "ip" is "10\.20\.1\.300": /],
    ['asset_id,zone,role\nPLC-02,CELL-1,historain\n', /^assets\.csv:2:15: "role" cannot be "historain" \(did you mean "historian"\?\)/],
    ['asset_id,zone\nPLC-02,CELL-9\n', /^assets\.csv:2:8: the zone "CELL-9" is not declared/],
    ['asset_id,zone\n"PLC\n02",CELL-1\n', /^assets\.csv:2:1: "asset_id" is .*an id is letters/],
    ['asset_id,zone,vlan\nPLC-02,CELL-1,4095\n', /^assets\.csv:2:15: "vlan" is "4095": VLAN ids/],
    ['asset_id,zone,mac\nPLC-02,CELL-1,00:1d:9c:20:01\n', /^assets\.csv:2:15: .*a MAC address is written/],
    ['asset_id,ip\nPLC-02,10.20.1.30\n', /^assets\.csv:2:1: the asset "PLC-02" is new, and nothing says in which zone/],
    ['asset_id,zone,ip\nPLC-01,CELL-1,10.30.1.50\n', /^assets\.csv:2:15: 10\.30\.1\.50 belongs to the asset "HIST-01" already/],
    ['asset_id,zone\nPLC-01,CELL-1\nPLC-01,CELL-1\n', /^assets\.csv:3:1: the asset "PLC-01" stands in line 2 already/],
    ['asset_id,zone\nPLC-01,OPS\n', /^assets\.csv:2:8: the asset "PLC-01" is in zone CELL-1, and rules name it there/],
    ['asset_id,zone,switch\nPLC-01,CELL-1,SW-2\n', /^assets\.csv:2:15: .*a switch and no interface/],
    ['zone,ip\nCELL-1,10.20.1.30\n', /^assets\.csv:1:1: the list of assets has no column "asset_id"/],
    ['asset_id,zone\n,CELL-1\n', /^assets\.csv:2:1: this row has no "asset_id"/],
    ['asset_id,zone,pinned\nPLC-01,CELL-1,perhaps\n', /^assets\.csv:2:15: "pinned" cannot be "perhaps"/],
  ])('%j', (csv, says) => {
    expect(problemOf(assetList(csv))).toMatch(says);
  });
});

describe('zones, conduits and permits', () => {
  const permitList = (text: string): RegisterList => ({ kind: 'permits', file: 'permits.csv', text });

  it('take a new zone, a conduit and a rule, in the words of a register', () => {
    const text = imported(
      SPEC,
      { kind: 'zones', file: 'zones.csv', text: 'slug,name,type,SL-T,prefixes\nDMZ,Perimeter,DMZ,3,10.40.0.0/24\n' },
      { kind: 'conduits', file: 'conduits.csv', text: 'conduit,zones,SL-T\nC2,OPS DMZ,SL 2\n' },
      permitList('source zone,source,destination zone,destination,protocol,transport,port,allowed,decided by,valid until\nOPS,HIST-01,DMZ,10.40.0.9,HTTPS,tcp,443,yes,A. Keller,2027-01-31\nDMZ,,OPS,HIST-01,HTTPS,tcp,8443,,,\n'),
    );
    const { spec, permits } = load(text);
    expect(spec.zones[2]).toEqual({ zone_id: 'DMZ', name: 'Perimeter', kind: 'dmz', networks: ['10.40.0.0/24'], security_level_target: 'SL 3' });
    expect(permits.slice(1).map(({ permit }) => [permit.id, permit.conduit, permit.to.addresses, permit.decision, permit.owner, permit.conditions.expires])).toEqual([
      ['C2-001', 'C2', ['10.40.0.9'], 'approved', 'A. Keller', '2027-01-31'], ['C2-002', 'C2', [], 'pending', '', null],
    ]);
  });

  it('keep a rule of one access class what it is', () => {
    const spec = SPEC.replace('access: read\n', 'access: [browse]\n').replace(/        modbus: .*\n/, '');
    expect(imported(spec, ...exported(spec).filter((list) => list.kind === 'permits'))).toContain('access: [browse]');
  });

  it('take the decision on a known rule, and leave the rest of it alone', () => {
    const text = imported(SPEC, permitList('rule_id,verdict,decided_by,decided_on,until\nC1-001,not allowed,B. Lang,2026-06-30,2027-06-30\n'));
    const [{ permit }] = load(text).permits;
    expect(permit).toMatchObject({ decision: 'rejected', owner: 'B. Lang', decidedOn: '2026-06-30', modbus: { functionCodes: [3, 4] } });
    expect(permit.conditions.expires).toBe('2027-06-30');
    // A later decision that names no day does not keep the day of this one.
    const [later] = load(imported(text, permitList('rule_id,verdict,decided_by\nC1-001,yes,C. Roth\n'))).permits;
    expect(later.permit).toMatchObject({ decision: 'approved', owner: 'C. Roth', decidedOn: null });
  });

  it.each([
    ['rule_id,verdict\nC1-001,mabye\n', /^permits\.csv:2:8: "verdict" cannot be "mabye"/],
    ['rule_id,port\nC1-001,503\n', /^permits\.csv:2:8: the rule "C1-001" says 502-502 here/],
    ['rule_id,source\nC1-001,HIST-01\n', /^permits\.csv:2:8: the rule "C1-001" says asset-10\.30\.1\.60 hist-01 here/],
    ['rule_id,access\nC1-001,write\n', /^permits\.csv:2:8: the rule "C1-001" says browse read here/],
    ['rule_id,operations\nC1-001,FC 3\n', /^permits\.csv:2:8: the rule "C1-001" says FC 3 4; read holding-register 0-99 here/],
    ['source_zone,destination_zone,protocol,operations\nOPS,CELL-1,Modbus/TCP,FC 3\n', /^permits\.csv:2:23: a new rule cannot take its operations from a cell/],
    ['source_zone,destination_zone,protocol,access\nOPS,CELL-1,Modbus/TCP,reed\n', /^permits\.csv:2:23: "access" cannot be "reed"/],
    ['rule_id,verdict\nC9-001,yes\n', /^permits\.csv:2:1: the rule "C9-001" is not declared/],
    ['source_zone,source,destination_zone,protocol\nOPS,PLC-01,CELL-1,SSH\n', /^permits\.csv:2:5: "PLC-01" is neither an asset of zone OPS nor an address/],
    ['source_zone,destination_zone,protocol\nOPS,OPS,SSH\n', /^permits\.csv:2:5: source and destination are both in zone OPS/],
    ['rule_id,until\nC1-001,31.12.2027\n', /^permits\.csv:2:8: "until" is "31\.12\.2027": a date is written/],
  ])('%j', (csv, says) => {
    expect(problemOf(permitList(csv))).toMatch(says);
  });
});
