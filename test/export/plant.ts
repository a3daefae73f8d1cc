/**
 * A made-up plant that uses everything a Permit can say: single hosts, ranges, prefixes, IPv6, port lists and ranges,
 * Modbus units, tables and data addresses, two Permits of one pair, OPC UA, named operations, schedules across
 * midnight, expiry, on demand, a data diode, layer 2, sides without an address. And the same plant with hostile names.
 */
import { parseSpec } from '../../src/policy/spec/load.ts';
import { planOf } from '../../src/export/plan.ts';
import { LOG_MOMENTS } from '../../src/export/session-log.ts';
import type { ModbusRequest } from '../../src/export/modbus/request.ts';
import type { Plan } from '../../src/export/exporter.ts';

const SPEC = `
spec_version: 1
facility: "Hafen Nord: Pumpwerk 7"
timezone: "Europe/Berlin"
zones:
  - zone_id: CELL
    name: "Pump cell"
    purdue_level: "1-2"
    security_level_target: "SL 2"
    networks: ["192.168.10.0/24", "fd00:10::/64"]
    vlans: [110]
    assets:
      - {asset_id: PLC-A, label: "Pump controller", role: plc, vendor: "Acme", ip: ["192.168.10.11", "fd00:10::11"], mac: ["02:00:0a:00:00:11"], vlan: 110, switch_port: {switch: SW-1, interface: GigabitEthernet1/0/1, max_macs: 1, violation: shutdown}}
      - {asset_id: PLC-B, label: "Valve controller", role: plc, ip: ["192.168.10.12"], mac: ["02:00:0a:00:00:12"], vlan: 110, switch_port: {switch: SW-1, interface: GigabitEthernet1/0/4}}
      - {asset_id: PLC-ROW, label: "Twelve more", role: plc, ip: ["192.168.10.21-192.168.10.32"], count: 12}
      - {asset_id: DRIVE, label: "A drive nobody gave an address", role: drive}
  - zone_id: OPS
    name: "Operations"
    purdue_level: 3
    security_level_target: "SL 2"
    networks: ["192.168.30.0/24", "fd00:30::/64"]
    vlans: [130]
    assets:
      - {asset_id: HIST, label: "Historian", role: historian, ip: ["192.168.30.5", "fd00:30::5"]}
      - {asset_id: SCADA-1, label: "SCADA server", role: hmi, ip: ["192.168.30.6"]}
      - {asset_id: SCADA-2, label: "SCADA server", role: hmi, ip: ["192.168.30.9"]}
      - {asset_id: EWS, label: "Engineering", role: ews, ip: ["192.168.30.40"], vlan: 130, switch_port: {switch: SW-1, interface: GigabitEthernet1/0/6, max_macs: 2, violation: shutdown}}
  - zone_id: DMZ
    name: "DMZ"
    purdue_level: 3.5
    security_level_target: "SL 2"
    networks: ["172.20.5.0/24"]
    vlans: [150]
    assets:
      - {asset_id: REPLICA, label: "Replica", role: historian, ip: ["172.20.5.5"]}
      - {asset_id: JUMP, label: "Jump server", role: jump-server, ip: ["172.20.5.7", "192.168.30.7"]}
      - {asset_id: DIODE, label: "Diode", role: data-diode, ip: ["192.168.30.200", "172.20.5.200"]}
  - zone_id: SAFETY
    name: "Safety"
    purdue_level: 1
    security_level_target: "SL 3"
    air_gapped: true
    assets:
      - {asset_id: SIS, label: "Safety controller", role: sis, vlan: 120, switch_port: {switch: SW-1, interface: GigabitEthernet1/0/8}}
    allowed_conduits: []
conduits:
  - conduit_id: K1
    name: "Cell to operations"
    connects: [CELL, OPS]
    mode: enforce
    protocols_allowed:
      - rule_id: K1-READ
        protocol: Modbus/TCP
        transport: tcp
        port: 502
        client: {zone: OPS, assets: [HIST, SCADA-1, SCADA-2]}
        server: {zone: CELL, assets: [PLC-A, PLC-B, PLC-ROW]}
        access: read
        modbus:
          function_codes: [1, 3, 4]
          unit_ids: [1, 2, 255]
          ranges:
            - {table: holding-register, start: 100, end: 199, access: read}
            - {table: holding-register, start: 400, end: 400, access: read}
            - {table: coil, start: 0, end: 15, access: read}
        basis: observed
        evidence: {first_seen: "2026-03-01T00:00:00Z", last_seen: "2026-03-28T23:59:59Z", days: 28, requests: 120345, generalised_by: [group]}
      - rule_id: K1-WRITE
        protocol: Modbus/TCP
        transport: tcp
        port: 502
        client: {zone: OPS, assets: [SCADA-1]}
        server: {zone: CELL, assets: [PLC-A]}
        modbus:
          function_codes: [6, 16, 23]
          unit_ids: [1]
          ranges:
            - {table: holding-register, start: 0, end: 9, access: write}
        basis: observed
      - rule_id: K1-DIAG
        protocol: Modbus/TCP
        transport: tcp
        port: 502
        client: {zone: OPS, assets: [EWS]}
        server: {zone: CELL, assets: [PLC-B]}
        modbus: {function_codes: [8, 17, 43]}
        basis: designed
      - rule_id: K1-EDGE
        protocol: Modbus/TCP
        transport: tcp
        port: 502
        client: {zone: OPS, assets: [EWS]}
        server: {zone: CELL, assets: [PLC-A]}
        modbus: {function_codes: [2, 15], unit_ids: [0, 255], ranges: [{table: discrete-input, start: 10, end: 65535, access: read}, {table: coil, start: 0, end: 4000, access: write}]}
        basis: observed
      - rule_id: K1-UA
        protocol: OPC UA
        transport: tcp
        port: 4840
        client: {zone: CELL, assets: [PLC-A]}
        server: {zone: OPS, assets: [HIST]}
        access: read
        opcua: {security_mode: [Sign], security_policy: [Basic256Sha256], services: [Browse, CreateSession, ActivateSession, OpenSecureChannel, Publish, Read]}
        basis: designed
      - rule_id: K1-MAINT
        protocol: SSH
        transport: tcp
        port: 22
        client: {zone: OPS, assets: [EWS]}
        server: {zone: CELL}
        schedule: {days: [sat, sun], start: "22:00", end: "04:00"}
        basis: designed
      - rule_id: K1-VENDOR
        protocol: VNC
        transport: tcp
        port: "5900-5903"
        client: {zone: OPS, assets: [EWS]}
        server: {zone: CELL, assets: [PLC-B]}
        on_demand: true
        expires: "2026-12-31"
        owner: "Shift lead"
        basis: designed
      - rule_id: K1-TIME
        protocol: NTP
        transport: udp
        port: 123
        client: {zone: CELL}
        server: {zone: OPS, addresses: ["192.168.30.5", "fd00:30::5"]}
        basis: observed
      - rule_id: K1-PING
        protocol: ICMP
        transport: icmp
        client: {zone: OPS, assets: [SCADA-1, SCADA-2]}
        server: {zone: CELL, assets: [PLC-A]}
        basis: observed
      - rule_id: K1-CIP
        protocol: EtherNet/IP
        transport: tcp
        port: 44818
        client: {zone: OPS, assets: [SCADA-2]}
        server: {zone: CELL, assets: [PLC-B]}
        cip: {services: [1, 14, 76]}
        basis: observed
      - rule_id: K1-NOBODY
        protocol: Modbus/TCP
        transport: tcp
        port: 502
        client: {zone: OPS, assets: [HIST]}
        server: {zone: CELL, assets: [DRIVE]}
        modbus: {function_codes: [3]}
        basis: designed
      - rule_id: K1-GOOSE
        protocol: PROFINET
        transport: eth-0x8892
        client: {zone: OPS}
        server: {zone: CELL}
        basis: observed
  - conduit_id: K2
    name: "Operations to DMZ"
    connects: [OPS, DMZ]
    mode: enforce
    protocols_allowed:
      - rule_id: K2-COPY
        protocol: PI-to-PI
        transport: tcp
        port: 5450
        client: {zone: OPS, assets: [HIST]}
        server: {zone: DMZ, assets: [REPLICA]}
        unidirectional: {from: OPS, to: DMZ, via_asset: DIODE, tx_endpoint: {zone: OPS, assets: [DIODE]}, rx_endpoint: {zone: DMZ, assets: [DIODE]}}
        basis: designed
      - rule_id: K2-WEB
        protocol: HTTPS
        transport: tcp
        port: [443, 8443]
        client: {zone: DMZ, assets: [JUMP]}
        server: {zone: OPS, assets: [SCADA-1, SCADA-2]}
        expires: "2026-06-30"
        basis: designed
      - rule_id: K2-REFUSED
        protocol: RDP
        transport: tcp
        port: 3389
        client: {zone: DMZ, assets: [JUMP]}
        server: {zone: OPS, assets: [EWS]}
        decision: rejected
        basis: designed
`;

const PROVENANCE = ['baseline test', 'spec: plant of the tests'];

export const plantPlan = (): Plan => {
  const { loaded, problems } = parseSpec(SPEC, 'plant.yaml');
  if (loaded === null) throw new Error(problems.map((problem) => `${problem.line}: ${problem.message}`).join('\n'));
  return planOf(loaded, PROVENANCE);
};

/** Three zones, one of them in no conduit, one without networks and with an asset of another's network; one Permit names a group. */
const IN_ZONE_SPEC = `
spec_version: 1
zones:
  - {zone_id: CELL, name: cell, assets: [{asset_id: PLC, role: plc, ip: [10.1.1.10]}, {asset_id: IO, role: io, ip: [10.1.1.20]}]}
  - {zone_id: ALONE, name: in no conduit, networks: [10.1.2.0/24], assets: [{asset_id: PLC5, role: plc, ip: [10.1.2.10]}, {asset_id: FAR, role: io, ip: [10.1.7.7]}]}
  - {zone_id: OPS, name: ops, networks: [10.9.9.0/24], assets: [{asset_id: SCADA, role: hmi, ip: [10.9.9.5]}]}
conduits:
  - conduit_id: C1
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: MB, protocol: Modbus/TCP, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, modbus: {function_codes: [3]}}
      - {rule_id: GROUP, protocol: X, transport: udp, port: 5007, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, addresses: [239.7.7.7]}}
`;

export const inZonePlan = (): Plan => {
  const { loaded } = parseSpec(IN_ZONE_SPEC, 'in-zone.yaml');
  if (loaded === null) throw new Error('the spec does not load');
  return planOf(loaded, PROVENANCE);
};

/** A zone of every address there is, in both families, and Permits to all of it: by the zone, and by address. */
const EVERYWHERE_SPEC = `
spec_version: 1
zones:
  - {zone_id: OPS, name: ops, kind: operations, networks: [10.9.9.0/24, "fd00:9::/64"], assets: [{asset_id: SCADA, role: hmi, ip: [10.9.9.5, "fd00:9::5"]}, {asset_id: HIST, role: historian, ip: [10.9.9.6]}]}
  - {zone_id: NET, name: the rest of the world, kind: external, networks: [0.0.0.0/0, "::/0"]}
conduits:
  - conduit_id: C1
    connects: [OPS, NET]
    mode: enforce
    protocols_allowed:
      - {rule_id: ZONE, protocol: HTTPS, port: 443, client: {zone: OPS, assets: [SCADA]}, server: {zone: NET}}
      - {rule_id: ADDRESSES, protocol: HTTPS, port: 8443, client: {zone: OPS, assets: [SCADA]}, server: {zone: NET, addresses: [0.0.0.0/0, "::/0"]}}
`;

export const everywherePlan = (): Plan => {
  const { loaded } = parseSpec(EVERYWHERE_SPEC, 'everywhere.yaml');
  if (loaded === null) throw new Error('the spec does not load');
  return planOf(loaded, PROVENANCE);
};

/** Produced tags of EtherNet/IP, PTP, Who-Is of BACnet to all of a link, mDNS, and requests inside each kind of zone. */
export const IN_ZONE: readonly (readonly [client: string, server: string, transport: string, port: number])[] = [
  ['10.1.1.10', '239.192.1.64', 'udp', 2222], ['10.1.1.10', '224.0.1.129', 'udp', 319], ['10.1.1.10', '10.1.1.255', 'udp', 47808],
  ['10.1.2.10', '10.1.2.255', 'udp', 47808], ['10.1.2.10', '224.0.0.251', 'udp', 5353], ['10.9.9.5', '239.192.1.64', 'udp', 2222],
  ['10.1.1.20', '10.1.1.10', 'tcp', 502], ['10.1.2.20', '10.1.2.10', 'tcp', 502], ['10.1.2.20', '10.1.7.7', 'tcp', 502], ['10.1.7.7', '10.1.2.20', 'tcp', 502],
];

/** Permits of one pair whose addresses touch, overlap and lie within one another, some for certain units only. */
const HALVES_SPEC = `
spec_version: 1
zones:
  - {zone_id: CELL, name: cell, networks: [10.20.0.0/24], assets: [{asset_id: PLC, ip: [10.20.0.2]}, {asset_id: OLD, ip: [10.20.0.3]}]}
  - {zone_id: OPS, name: ops, networks: [10.30.0.0/24], assets: [{asset_id: SCADA, ip: [10.30.0.2]}]}
conduits:
  - conduit_id: C
    connects: [CELL, OPS]
    protocols_allowed:
      - {rule_id: LOW, protocol: Modbus/TCP, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, access: read, modbus: {function_codes: [3], ranges: [{table: holding-register, start: 0, end: 9, access: read}]}}
      - {rule_id: HIGH, protocol: Modbus/TCP, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, access: read, modbus: {function_codes: [3], ranges: [{table: holding-register, start: 10, end: 19, access: read}]}}
      - {rule_id: OVER, protocol: Modbus/TCP, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, access: read, modbus: {function_codes: [3], ranges: [{table: holding-register, start: 18, end: 40, access: read}]}}
      - {rule_id: WITHIN, protocol: Modbus/TCP, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, access: read, modbus: {function_codes: [3], ranges: [{table: holding-register, start: 20, end: 30, access: read}]}}
      - {rule_id: SET-1, protocol: Modbus/TCP, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, modbus: {function_codes: [6, 16], unit_ids: [1, 2], ranges: [{table: holding-register, start: 0, end: 9, access: write}]}}
      - {rule_id: SET-2, protocol: Modbus/TCP, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [PLC]}, modbus: {function_codes: [6, 16], unit_ids: [2, 3], ranges: [{table: holding-register, start: 10, end: 19, access: write}]}}
      - {rule_id: ALIKE-1, protocol: Modbus/TCP, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [OLD]}, modbus: {function_codes: [3, 6], ranges: [{table: holding-register, start: 0, end: 9, access: read}, {table: holding-register, start: 0, end: 9, access: write}]}}
      - {rule_id: ALIKE-2, protocol: Modbus/TCP, client: {zone: OPS, assets: [SCADA]}, server: {zone: CELL, assets: [OLD]}, modbus: {function_codes: [3, 6], ranges: [{table: holding-register, start: 10, end: 19, access: read}, {table: holding-register, start: 10, end: 19, access: write}]}}
`;

export const halvesPlan = (): Plan => {
  const { loaded } = parseSpec(HALVES_SPEC, 'halves.yaml');
  if (loaded === null) throw new Error('the spec does not load');
  return planOf(loaded, PROVENANCE);
};

/** Requests that begin at each address of those Permits and reach over none, one or two of their ends. */
export const halvesRequests = (): ModbusRequest[] =>
  [3, 6, 16].flatMap((functionCode) =>
    [1, 2, 3, 4].flatMap((unit) =>
      Array.from({ length: 42 }, (_, start) => start).flatMap((start) => (functionCode === 6 ? [1] : [1, 2, 5, 11, 21, 30]).map((quantity) => ({ unit, functionCode, start, quantity }))),
    ),
  );

/** By unit: what is permitted about the ends of the data addresses. Every gap that a rule has to name ends or begins there. */
const EDGES: readonly (readonly [unit: number, ...spans: (readonly [first: number, last: number])[]])[] = [
  [1, [0, 9], [65535, 65535]], [2, [0, 0], [32768, 65535]], [3, [65534, 65535]], [4, [0, 9], [65534, 65535]], [5, [65535, 65535]], [6, [1, 65535]], [7, [0, 0], [2, 65535]], [8, [0, 65409], [65535, 65535]], [9, [0, 9]],
];

/** Permits that reach to either end of the data addresses, each for a unit of its own. */
export const edgesPlan = (): Plan => {
  const plan = halvesPlan();
  const model = plan.permits.find(({ permit }) => permit.id === 'LOW');
  if (model === undefined) throw new Error('no Permit');
  const permits = EDGES.map(([unit, ...spans]) => ({
    ...model,
    permit: { ...model.permit, id: `E${unit}`, modbus: { functionCodes: [3], unitIds: [unit], ranges: spans.map(([first, last]) => ({ access: 'read' as const, table: 'holding-register' as const, first, last })) } },
  }));
  return { ...plan, permits };
};

export const edgesRequests = (): ModbusRequest[] =>
  EDGES.flatMap(([unit]) =>
    [0, 1, 2, 8, 9, 10, 11, 32767, 32768, 65410, 65411, 65412, 65531, 65532, 65533, 65534, 65535].flatMap((start) =>
      [...new Set([1, 2, 3, 124, 125].map((quantity) => Math.min(quantity, 65536 - start)))].map((quantity) => ({ unit, functionCode: 3, start, quantity })),
    ),
  );

/** A zone of 700 hosts in IPv4 and 300 in IPv6, with none beside another, and Permits from all of them, one with 300 ports. */
export const BIG_HOSTS = { ipv4: Array.from({ length: 700 }, (_, at) => `10.${100 + (at % 7)}.${Math.floor(at / 60)}.${100 + (at % 60) * 2}`), ipv6: Array.from({ length: 300 }, (_, at) => `fd00:${100 + (at % 7)}::${(at * 3).toString(16)}:1`) };

export const bigPlan = (): Plan => {
  const assets = [...BIG_HOSTS.ipv4, ...BIG_HOSTS.ipv6].map((ip, at) => `{asset_id: D${at}, ip: ["${ip}"]}`);
  const ports = Array.from({ length: 300 }, (_, at) => 10_000 + 3 * at);
  const { loaded } = parseSpec(`
spec_version: 1
zones:
  - {zone_id: OPS, name: ops, assets: [{asset_id: SCADA, ip: [10.1.2.1, "fd00:1::1"]}]}
  - {zone_id: CELL, name: cell, assets: [{asset_id: PLC, ip: [10.1.1.1, "fd00:2::1"]}]}
  - {zone_id: BIG, name: big, assets: [${assets.join(', ')}]}
conduits:
  - conduit_id: C
    connects: [OPS, CELL, BIG]
    protocols_allowed:
      - {rule_id: READ, protocol: Modbus/TCP, client: {zone: BIG}, server: {zone: CELL}, access: read, modbus: {function_codes: [3]}}
      - {rule_id: PORTS, protocol: other, transport: tcp, port: [${ports.join(', ')}], client: {zone: OPS}, server: {zone: BIG}}
`, 'big.yaml');
  if (loaded === null) throw new Error('the spec does not load');
  return planOf(loaded, PROVENANCE);
};

/** Everything a configuration language could trip over. */
const HOSTILE = [
  '"; drop table inet baseline; #',
  "' }\n\tchain evil {\n\t\taccept\n\t}",
  'x\naccess-list ALL extended permit ip any any',
  'end\nconfig firewall policy\nedit 1\nset action accept\nnext\nend',
  '$(reboot) `reboot` \\',
  '! comment # comment // comment /* comment */ -- comment',
  '\u202emoc.live\u202c \u200b\u0000\u001b[31m',
  'Пумпа-1 泵 ポンプ',
  'A'.repeat(300),
  '<script>alert(1)</script>',
  '=HYPERLINK("http://x")',
  '); sid:1; msg:"x"; (',
  ' ',
  'any',
];

const hostile = (index: number): string => HOSTILE[index % HOSTILE.length] ?? '';

/** The same plant; every name is hostile, and assets share names. Ids stay distinct, as a spec guarantees. */
export const hostilePlan = (): Plan => {
  const plan = plantPlan();
  const renamed = new Map<string, string>();
  const idOf = (id: string): string => {
    const known = renamed.get(id);
    if (known !== undefined) return known;
    const name = `${hostile(renamed.size)}${renamed.size < HOSTILE.length ? '' : ` ${renamed.size}`}`;
    renamed.set(id, name);
    return name;
  };
  return {
    ...plan,
    facility: hostile(0),
    provenance: HOSTILE,
    zones: plan.zones.map((zone) => ({
      ...zone,
      id: idOf(zone.id),
      name: hostile(2),
      assets: zone.assets.map((asset) => ({ ...asset, id: idOf(asset.id), label: hostile(1), vendor: hostile(3), role: asset.role })),
    })),
    conduits: plan.conduits.map((conduit) => ({ ...conduit, id: idOf(conduit.id), name: hostile(4), connects: conduit.connects.map(idOf) })),
    permits: plan.permits.map((entry) => ({
      ...entry,
      permit: {
        ...entry.permit,
        id: idOf(entry.permit.id),
        conduit: idOf(entry.permit.conduit),
        from: { ...entry.permit.from, zone: idOf(entry.permit.from.zone), assets: entry.permit.from.assets.map(idOf) },
        to: { ...entry.permit.to, zone: idOf(entry.permit.to.zone), assets: entry.permit.to.assets.map(idOf) },
        service: { ...entry.permit.service, protocol: `${entry.permit.service.protocol}${hostile(11)}` },
        purpose: hostile(5),
        owner: hostile(6),
        basis: hostile(7),
      },
    })),
  };
};

/** The same, with each Permit logged in another way. */
export const loggedPlan = (plan: Plan): Plan => {
  const wishes = Object.values(LOG_MOMENTS);
  return { ...plan, permits: plan.permits.map((entry, at) => ({ ...entry, log: wishes[at % wishes.length]! })) };
};
