/**
 * The declared spec as a schema (zod): what a file may say, field by field. docs/spec.schema.json is generated from it
 * (scripts/make-spec-schema.ts) and docs/spec.md explains it.
 *
 * A superset of the IEC 62443-3-2 zone definition document: machine fields are optional, texts are kept. Keys that begin
 * with `x-` are the user's own and are ignored everywhere. Left out on purpose: what one field says about another
 * (references, directions, overlaps); spec/references.ts checks that with the file's lines at hand.
 */
import { z } from 'zod';
import { addressProblem, parseSpan } from '../../net/address-set.ts';
import { ACCESS_CLASSES } from '../../observation.ts';

const idPattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
const id = z.string().regex(idPattern, 'an id is letters, digits, ".", "_" and "-", begins with a letter or digit and has at most 63 characters');
export const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a date is written YYYY-MM-DD').refine(isRealDate, 'there is no such day');
const clock = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'a time of day is written HH:MM, 00:00 to 23:59');
const level = z.int().min(0).max(4);
const vlan = z.int('a VLAN id is a whole number').min(1, 'VLAN ids are 1 to 4094').max(4094, 'VLAN ids are 1 to 4094');
// Port 0 is reserved (RFC 6335 clause 6), but it is seen, and what is seen must be writable.
const portNumber = z.int('a port is a whole number').min(0, 'ports are 1 to 65535').max(65535, 'ports are 1 to 65535');
const count = z.int().min(0);

function isRealDate(text: string): boolean {
  const instant = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(text);
}

const address = z.string().superRefine((text, context) => {
  const problem = addressProblem(text);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

const network = z.string().superRefine((text, context) => {
  const problem = text.includes('-') ? 'a network is an address or a prefix (10.20.0.0/16), not a range' : addressProblem(text);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  else if (parseSpan(text)?.family === 'mac') context.addIssue({ code: 'custom', message: 'a network is an IP prefix, not a MAC address' });
});

const mac = z.string().regex(/^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/, 'a MAC address is written 00:1d:9c:20:01:10');

const port = z.union([
  portNumber,
  z.string().regex(/^[0-9]{1,5}(-[0-9]{1,5})?$/, 'a port is a number, a range "5000-5010", or a list [502, 503]'),
  z.array(portNumber).min(1),
]);

const securityLevel = z.union([
  z.string().regex(/^SL[ -]?[0-4]$/, 'a security level is written "SL 2"'),
  level,
  z.strictObject({
    target: level,
    vector: z.strictObject({ IAC: level, UC: level, SI: level, DC: level, RDF: level, TRE: level, RA: level }).partial().optional(),
  }),
]);

const purdueLevel = z.union([
  z.literal([0, 1, 2, 3, 3.5, 4, 5]),
  z.string().regex(/^(0|1|2|3|3\.5|4|5)([-\u2013](0|1|2|3|3\.5|4|5))?$/, 'a Purdue level is 0, 1, 2, 3, 3.5, 4, 5 or a span "1-2"'),
]);

export const ZONE_KINDS = [
  'safety', 'control', 'supervisory', 'operations', 'engineering', 'dmz', 'enterprise', 'remote', 'wireless', 'temporary', 'network', 'external', 'other',
] as const;

export const ROLES = [
  'plc', 'rtu', 'io', 'sis', 'safety-controller', 'drive', 'hmi', 'ews', 'engineering-workstation', 'historian', 'opcua-server', 'mes', 'alarm-server',
  'patch-server', 'jump-server', 'infrastructure', 'data-diode', 'firewall', 'switch', 'network-device', 'gateway', 'it-client', 'enterprise', 'transient',
  'external', 'other',
] as const;

const asset = z.strictObject({
  asset_id: id,
  label: z.string().optional(),
  role: z.enum(ROLES).optional(),
  level: z.literal([0, 1, 2, 3, 3.5, 4, 5]).optional(),
  vendor: z.string().optional(),
  model: z.string().optional(),
  firmware: z.string().optional(),
  names: z.array(z.string().min(1)).optional(),
  ip: z.array(address).optional(),
  mac: z.array(mac).optional(),
  vlan: vlan.optional(),
  switch_port: z.strictObject({
    switch: id,
    interface: z.string().min(1),
    max_macs: z.int().min(1).max(4097).optional(),
    violation: z.enum(['protect', 'restrict', 'shutdown']).optional(),
  }).optional(),
  count: z.int().min(1).optional(),
  passive_only: z.boolean().optional(),
  pinned: z.boolean().optional(),
  confidence: z.number().min(0).max(1).optional(),
  evidence: z.array(z.string()).optional(),
});

/** Field by field, for cells of a list. */
export const assetFields = asset.shape;

const zone = z.strictObject({
  zone_id: id,
  name: z.string().min(1),
  purdue_level: purdueLevel.optional(),
  security_level_target: securityLevel.optional(),
  criticality: z.string().optional(),
  kind: z.enum(ZONE_KINDS).optional(),
  air_gapped: z.boolean().optional(),
  networks: z.array(network).optional(),
  vlans: z.array(vlan).optional(),
  assets: z.array(z.union([z.string().min(1), asset])).optional(),
  security_requirements: z.array(z.string()).optional(),
  allowed_conduits: z.array(id).optional(),
});

export const zoneFields = zone.shape;

const endpoint = z.strictObject({
  zone: id,
  assets: z.array(id).min(1, 'an empty list would mean nobody: leave the field out for the whole zone').optional(),
  addresses: z.array(address).min(1, 'an empty list would mean nobody: leave the field out for the whole zone').optional(),
});

const register = z.int('a Modbus data address is a whole number').min(0, 'Modbus data addresses are 0 to 65535 (0-based, not 40001)').max(65535, 'Modbus data addresses are 0 to 65535 (0-based, not 40001)');

// Function code 0 is not valid (V1.1b3 clause 4.1), but devices and scanners send it, and what is seen must be writable.
const modbus = z.strictObject({
  function_codes: z.array(z.int('a function code is a whole number').min(0, 'Modbus function codes are 1 to 127').max(127, 'Modbus function codes are 1 to 127')).min(1).optional(),
  unit_ids: z.array(z.int('a unit id is a whole number').min(0, 'Modbus unit ids are 0 to 255').max(255, 'Modbus unit ids are 0 to 255')).min(1).optional(),
  ranges: z.array(z.strictObject({
    table: z.enum(['coil', 'discrete-input', 'input-register', 'holding-register']),
    start: register,
    end: register,
    access: z.enum(['read', 'write']).optional(),
  })).min(1).optional(),
});

export const SECURITY_MODES = ['None', 'Sign', 'SignAndEncrypt'] as const;

const opcua = z.strictObject({
  security_mode: z.array(z.enum(SECURITY_MODES)).min(1).optional(),
  security_policy: z.array(z.enum(['None', 'Basic128Rsa15', 'Basic256', 'Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'])).optional(),
  services: z.array(z.string().regex(/^(?:[A-Z][A-Za-z0-9]+|id-[0-9]{1,10})$/, 'an OPC UA service is written as in the standard: Read, Browse, CreateSession; one it does not know by the number of its request: id-53')).optional(),
});

const flow = z.strictObject({
  rule_id: id.optional(),
  protocol: z.string().min(1),
  transport: z.string().regex(/^(tcp|udp|icmp|icmpv6|sctp|l2|any|ip-(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])|eth-0x[0-9a-f]{4})$/, 'a transport is tcp, udp, icmp, icmpv6, sctp, l2, any, ip-<number, 0 to 255> or eth-0x<ethertype>')
    // By its number it would be every port of it to a firewall, and nothing to what judges traffic by name.
    .regex(/^(?!ip-(1|6|17|58|132)$)/, 'ip-1 is written icmp, ip-6 tcp, ip-17 udp, ip-58 icmpv6, ip-132 sctp: write tcp and a port, as in transport: tcp, port: 22')
    .optional(),
  ethertype: z.string().regex(/^0x[0-9a-f]{4}$/, 'an EtherType is written 0x8892').optional(),
  port: port.optional(),
  direction: z.string().optional(),
  security_mode: z.string().optional(),
  client: endpoint.optional(),
  server: endpoint.optional(),
  data_flow: z.enum(['client-to-server', 'server-to-client', 'both']).optional(),
  access: z.union([
    z.enum(['read', 'write', 'read-write', 'any']),
    z.array(z.enum(ACCESS_CLASSES)).min(1),
  ]).optional(),
  purpose: z.string().optional(),
  unidirectional: z.strictObject({
    from: id,
    to: id,
    via_asset: id.optional(),
    tx_endpoint: endpoint.optional(),
    rx_endpoint: endpoint.optional(),
    replica_of: id.optional(),
  }).optional(),
  modbus: modbus.optional(),
  opcua: opcua.optional(),
  cip: z.strictObject({ services: z.array(z.int().min(0).max(127)).optional(), classes: z.array(z.int().min(0).max(65535)).optional() }).optional(),
  s7comm: z.strictObject({ functions: z.array(z.int().min(0).max(255)).optional() }).optional(),
  dnp3: z.strictObject({ functions: z.array(z.int().min(0).max(255)).optional() }).optional(),
  iec104: z.strictObject({ type_ids: z.array(z.int().min(1).max(255)).optional() }).optional(),
  operations: z.array(z.string().min(1)).min(1).optional(),
  authentication: z.strictObject({ mfa: z.boolean().optional(), session_recording: z.boolean().optional() }).optional(),
  limits: z.strictObject({
    max_connections: z.int().min(1).optional(),
    max_connections_per_client: z.int().min(1).optional(),
    new_connections_per_minute: z.int().min(1).optional(),
    requests_per_second: z.number().positive().optional(),
  }).optional(),
  schedule: z.strictObject({
    days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], 'a day is mon, tue, wed, thu, fri, sat or sun')).min(1),
    start: clock.optional(),
    end: z.union([clock, z.literal('24:00')], 'a time of day is written HH:MM, 00:00 to 24:00').optional(),
  }).optional(),
  expires: date.optional(),
  on_demand: z.boolean().optional(),
  log: z.enum(['none', 'start', 'end', 'both']).optional(),
  basis: z.enum(['observed', 'designed', 'observed+designed']).optional(),
  decision: z.enum(['approved', 'pending', 'rejected']).optional(),
  owner: z.string().optional(),
  decided_on: date.optional(),
  question: z.string().optional(),
  accepted_risks: z.array(z.string().min(1)).optional(),
  evidence: z.strictObject({
    first_seen: z.string().optional(),
    last_seen: z.string().optional(),
    days: count.optional(),
    connections: count.optional(),
    requests: count.optional(),
    regime: z.string().optional(),
    generalised_by: z.array(z.string()).optional(),
    never_seen: count.optional(),
    sensors: z.array(z.string()).optional(),
    completeness: z.number().min(0).max(1).optional(),
    refs: z.array(z.string()).optional(),
  }).optional(),
  review_by: date.optional(),
});

export const flowFields = flow.shape;

const conduit = z.strictObject({
  conduit_id: id,
  name: z.string().optional(),
  connects: z.array(id).min(2, 'a conduit connects at least two zones'),
  security_level: securityLevel.optional(),
  mode: z.enum(['monitor', 'enforce']).optional(),
  default_action: z.enum(['deny', 'deny-log']).optional(),
  enforced_by: z.array(id).optional(),
  protocols_allowed: z.array(flow).optional(),
  controls: z.array(z.string()).optional(),
  removed_rules: z.array(id).optional(),
});

export const conduitFields = conduit.shape;

const enforcementPoint = z.strictObject({
  ep_id: id,
  platform: z.enum(['cisco-asa', 'cisco-ftd', 'cisco-ios-switch', 'fortios', 'panos', 'tofino', 'hisecos', 'linux-nft', 'suricata', 'snort3', 'data-diode', 'other']),
  version: z.string().optional(),
  dpi: z.array(z.enum(['none', 'firepower-snort2', 'snort3', 'fortiguard-ot', 'pan-appid', 'tofino-enforcer', 'suricata-inline', 'nft-raw-payload'])).optional(),
  interfaces: z.array(z.strictObject({
    zone: id,
    interface: z.string().min(1),
    nameif: z.string().regex(/^[A-Za-z0-9_-]{1,48}$/, 'a nameif is 1 to 48 letters, digits, "_" and "-"').optional(),
    address: z.string().regex(/^[0-9a-fA-F.:]+(\/\d{1,3})?$/, 'an interface address is written 10.20.1.1/16').optional(),
    vlan: vlan.optional(),
    security_level: z.int().min(0).max(100).optional(),
  })).min(1),
  syslog: z.strictObject({ host: address, via_zone: id, port: port.optional() }).optional(),
});

/** Traffic seen and deliberately not permitted: scans, calls that nobody answered. It permits nothing. */
const setAside = z.strictObject({
  client: address,
  servers: z.array(address).min(1),
  transport: z.string(),
  ports: z.array(z.string().regex(/^\d{1,5}(-\d{1,5})?$/)).optional(),
  reason: z.string().min(1),
  question: z.string().optional(),
  conversations: count.optional(),
  first_seen: z.string().optional(),
  last_seen: z.string(),
  decision: z.enum(['pending', 'rejected']).optional(),
  owner: z.string().optional(),
});

/** What a person decided for proposals to build around, beyond the zones of assets. Assets by id, name or address. */
const pins = z.strictObject({
  together: z.array(z.tuple([z.string().min(1), z.string().min(1)])).optional(),
  apart: z.array(z.tuple([z.string().min(1), z.string().min(1)])).optional(),
  safety_assets: z.array(z.string().min(1)).optional(),
});

export const specSchema = z.strictObject({
  spec_version: z.literal(1, 'this program reads spec_version 1').optional(),
  facility: z.string().min(1).optional(),
  assessment_date: date.optional(),
  standard: z.string().optional(),
  timezone: z.string().regex(/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/, 'a time zone is an IANA name: America/Chicago').optional(),
  provenance: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())])).optional(),
  zones: z.array(zone).min(1, 'a spec has at least one zone'),
  conduits: z.array(conduit),
  enforcement_points: z.array(enforcementPoint).optional(),
  set_aside: z.array(setAside).optional(),
  pins: pins.optional(),
});

export type Spec = z.infer<typeof specSchema>;
export type SpecZone = z.infer<typeof zone>;
export type SpecAsset = z.infer<typeof asset>;
export type SpecConduit = z.infer<typeof conduit>;
export type SpecFlow = z.infer<typeof flow>;
export type SpecEndpoint = z.infer<typeof endpoint>;
export type SpecSetAside = z.infer<typeof setAside>;

/** The JSON Schema (draft 2020-12) that docs/spec.schema.json publishes. */
export const specJsonSchema = (): Record<string, unknown> => {
  const schema = z.toJSONSchema(specSchema, {
    target: 'draft-2020-12',
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.type === 'object' && jsonSchema.additionalProperties === false) jsonSchema.patternProperties = { '^x-': true };
    },
  });
  return {
    ...schema,
    $id: 'urn:baseline:spec:1',
    title: 'baseline: zones, conduits and Permits',
    description: 'A superset of the IEC 62443-3-2 zone definition document. Fields are explained in docs/spec.md.',
  };
};
