/**
 * From the rules of a spec to Permits.
 *
 * In: a spec that has passed its checks. Out: one Permit per rule (two when a direction says `<->`), with the place in
 * the spec it came from, and the texts that no machine can enforce, by name. Machine fields win over free text; free text
 * fills what they leave out. Left out on purpose: asset addresses. Ends keep asset ids; spec/assets.ts resolves them.
 */
import { ACCESS_CLASSES, hasPorts, type Access } from '../../observation.ts';
import type { ModbusRange, Permit, PermitEnd, PermitService } from '../../permit.ts';
import { accessOfFunctionCode, accessesOfFunctionCode, REQUEST_CODES } from '../../decode/app/modbus-functions.ts';
import { freeId } from '../../infer/spec-id.ts';
import { listsBy } from '../../net/multi-map.ts';
import { tableOf } from '../../net/register-set.ts';
import { byText } from '../../net/text-order.ts';
import { parseDirection } from './free-text.ts';
import type { DirectionText } from './free-text.ts';
import type { SpecPath } from './document.ts';
import { endOfWindow } from './schedule.ts';
import { SECURITY_MODES } from './schema.ts';
import type { Spec, SpecEndpoint, SpecFlow } from './schema.ts';

export interface DeclaredPermit {
  readonly permit: Permit;
  readonly path: SpecPath;
  /** Data may pass only from client to server (or the reverse): the spec says `unidirectional`. */
  readonly unidirectional: { readonly from: string; readonly to: string } | null;
  readonly acceptedRisks: readonly string[];
  readonly purposeTexts: readonly string[];
  /** How much and how fast; null = no limit. */
  readonly limits: NonNullable<SpecFlow['limits']> | null;
  readonly notUnderstood: readonly string[];
  /** Fields that say a limit which nothing holds: what they leave out is let through all the same. */
  readonly withoutEffect: readonly ('direction' | 'cip.classes')[];
}

/** One that is declared unidirectional. */
export type Diode = DeclaredPermit & { readonly unidirectional: NonNullable<DeclaredPermit['unidirectional']> };

export const isDiode = (declared: DeclaredPermit): declared is Diode => declared.unidirectional !== null;

/** The rule that a Permit comes from, as the spec says it. */
export const flowOf = (spec: Spec, { path }: DeclaredPermit): SpecFlow | undefined => spec.conduits[Number(path[1])]?.protocols_allowed?.[Number(path[3])];

/** Ports that a protocol's name implies where a rule gives none. */
const KNOWN_PORTS: Readonly<Record<string, readonly [string, number]>> = {
  modbus: ['tcp', 502], opcua: ['tcp', 4840], s7comm: ['tcp', 102], s7: ['tcp', 102], iec104: ['tcp', 2404], dnp3: ['tcp', 20000], enip: ['tcp', 44818],
  ethernetip: ['tcp', 44818], https: ['tcp', 443], http: ['tcp', 80], ssh: ['tcp', 22], rdp: ['tcp', 3389], smb: ['tcp', 445], dns: ['udp', 53],
  ntp: ['udp', 123], snmp: ['udp', 161], syslog: ['udp', 514], bacnet: ['udp', 47808], pitopi: ['tcp', 5450], pi: ['tcp', 5450], ldap: ['tcp', 389],
  kerberos: ['tcp', 88], ftp: ['tcp', 21], telnet: ['tcp', 23],
};

/** @param key as protocolKey writes it */
export const isKnownProtocol = (key: string): boolean => Object.hasOwn(KNOWN_PORTS, key);

/** `Modbus/TCP`, `OPC UA`, `EtherNet/IP`, `PI-to-PI` -> `modbus`, `opcua`, `enip`, `pitopi`: one spelling to compare protocols by, which is that of what was seen. */
export const protocolKey = (name: string): string => {
  const key = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  if (key.startsWith('modbus')) return 'modbus';
  if (key.startsWith('opcua') || key === 'opctcp') return 'opcua';
  return key === 'ethernetip' ? 'enip' : key;
};

/** Protocols whose operations a Permit can limit; another of them on the same port is not what was permitted. */
export const INSPECTED: ReadonlySet<string> = new Set(['modbus', 'opcua', 's7comm', 'enip', 'dnp3', 'iec104']);

export const portsOf = (port: SpecFlow['port']): { first: number; last: number }[] => {
  if (port === undefined) return [];
  if (typeof port === 'number') return [{ first: port, last: port }];
  if (typeof port === 'string') {
    const [first, last] = port.split('-').map(Number);
    return [{ first, last: last ?? first }];
  }
  return [...new Set(port)].sort((a, b) => a - b).map((number) => ({ first: number, last: number }));
};

export const knownPort = (protocol: string): readonly [string, number] | null => (isKnownProtocol(protocolKey(protocol)) ? KNOWN_PORTS[protocolKey(protocol)] : null);

const serviceOf = (flow: SpecFlow): PermitService => {
  const known = knownPort(flow.protocol);
  const transport = flow.ethertype !== undefined && (flow.transport === undefined || flow.transport === 'l2') ? `eth-${flow.ethertype}` : (flow.transport ?? (known?.[0] ?? 'tcp'));
  const ports = portsOf(flow.port);
  if (ports.length === 0 && hasPorts(transport) && known !== null) return { protocol: flow.protocol, transport, ports: [{ first: known[1], last: known[1] }] };
  return { protocol: flow.protocol, transport, ports };
};

/** Zone ids that a short reference may mean: itself, else those that begin with it, at a separator first. */
export const zonesNamed = (reference: string, zoneIds: readonly string[]): string[] => {
  const wanted = reference.toLowerCase();
  const exact = zoneIds.filter((id) => id.toLowerCase() === wanted);
  if (exact.length > 0) return exact;
  const separated = zoneIds.filter((id) => id.toLowerCase().startsWith(wanted) && /[-_.]/.test(id[reference.length] ?? ''));
  return separated.length > 0 ? separated : zoneIds.filter((id) => id.toLowerCase().startsWith(wanted));
};

const READ_CLASSES: readonly Access[] = ['browse', 'read'];

/** Access classes of a rule; empty = every one. */
const accessClassesOf = (access: NonNullable<SpecFlow['access']>): readonly Access[] => {
  if (typeof access !== 'string') return ACCESS_CLASSES.filter((one) => access.includes(one));
  switch (access) {
    case 'read': return READ_CLASSES;
    case 'write': return ['write'];
    case 'read-write': return [...READ_CLASSES, 'write'];
    default: return [];
  }
};

const accessOf = (flow: SpecFlow, text: DirectionText | null): readonly Access[] => accessClassesOf(flow.access ?? text?.access ?? 'any');

/** Access classes that a rule's field lets through and the words of its direction do not. */
export const accessBeyondText = (access: NonNullable<SpecFlow['access']>, text: NonNullable<DirectionText['access']>): readonly Access[] => {
  const [allowed, said] = [accessClassesOf(access), accessClassesOf(text)];
  return (allowed.length === 0 ? ACCESS_CLASSES : allowed).filter((one) => !said.includes(one));
};

const modbusOf = (flow: SpecFlow, text: DirectionText | null, access: readonly Access[]): Permit['modbus'] => {
  if (protocolKey(flow.protocol) !== 'modbus') return null;
  const codes = flow.modbus?.function_codes ?? text?.functionCodes ?? [];
  const units = flow.modbus?.unit_ids ?? text?.unitIds ?? [];
  const ranges: ModbusRange[] = (flow.modbus?.ranges ?? []).flatMap((range): ModbusRange[] => {
    const kinds: ('read' | 'write')[] = range.access === undefined ? ['read', 'write'] : [range.access];
    return kinds.map((kind) => ({ access: kind, table: range.table, first: range.start, last: range.end }));
  });
  if (ranges.length === 0 && text?.registers) for (const kind of ['read', 'write'] as const) ranges.push({ access: kind, ...text.registers });
  if (codes.length === 0 && units.length === 0 && ranges.length === 0 && access.length === 0) return null;
  const order = (a: ModbusRange, b: ModbusRange): number => byText(a.access, b.access) || byText(a.table ?? '', b.table ?? '') || a.first - b.first || a.last - b.last;
  return {
    functionCodes: [...new Set(codes)].sort((a, b) => a - b),
    unitIds: [...new Set(units)].sort((a, b) => a - b),
    ranges: ranges.filter((range) => codes.length === 0 || codes.some((code) => tableOf(code, range.access) === (range.table ?? tableOf(code, range.access)))).sort(order),
  };
};

const opcuaOf = (flow: SpecFlow): Permit['opcua'] => {
  if (protocolKey(flow.protocol) !== 'opcua') return null;
  const lifted = SECURITY_MODES.filter((mode) => mode === flow.security_mode);
  const modes = flow.opcua?.security_mode ?? lifted;
  const services = [...new Set(flow.opcua?.services ?? [])].sort();
  const policies = [...new Set(flow.opcua?.security_policy ?? [])].sort();
  if (modes.length === 0 && services.length === 0 && policies.length === 0) return null;
  return { services, securityModes: SECURITY_MODES.filter((mode) => modes.includes(mode)), securityPolicies: policies };
};

const namedOf = (flow: SpecFlow): Permit['named'] => {
  const names = [
    ...(flow.operations ?? []),
    ...(flow.cip?.services ?? []).map((code) => `#${code}`),
    ...(flow.s7comm?.functions ?? []).map((code) => `#${code}`),
    ...(flow.dnp3?.functions ?? []).map((code) => `#${code}`),
    ...(flow.iec104?.type_ids ?? []).map((code) => `#${code}`),
  ];
  return names.length === 0 ? null : { protocol: protocolKey(flow.protocol), names: [...new Set(names)].sort() };
};

/** An end as a rule writes it, without lists that are empty; endOf reads it back. */
export const endpointOf = ({ zone, assets, addresses }: PermitEnd): SpecEndpoint => ({
  zone,
  ...(assets.length === 0 ? {} : { assets: [...assets] }),
  ...(addresses.length === 0 ? {} : { addresses: [...addresses] }),
});

export const endOf = ({ zone, assets = [], addresses = [] }: SpecEndpoint): PermitEnd => ({ zone, assets, addresses: addresses.map((text) => text.toLowerCase()) });

const withoutEffectOf = (flow: SpecFlow, text: DirectionText | null): DeclaredPermit['withoutEffect'] => {
  const saysModbus = text !== null && (text.functionCodes.length > 0 || text.unitIds.length > 0 || text.registers !== null);
  return [
    ...(saysModbus && protocolKey(flow.protocol) !== 'modbus' ? (['direction'] as const) : []),
    // A class is what a CIP service is asked of, and a Permit names services.
    ...(flow.cip?.classes === undefined ? [] : (['cip.classes'] as const)),
  ];
};

/** All Permits of a spec, in the order of the file. */
export const permitsOf = (spec: Spec): DeclaredPermit[] => {
  const taken = new Set(spec.conduits.flatMap((conduit) => [...(conduit.protocols_allowed ?? []).flatMap((flow) => flow.rule_id ?? []), ...(conduit.removed_rules ?? [])]));
  const freshId = (wanted: string): string => {
    const id = freeId(wanted, (one) => taken.has(one));
    taken.add(id);
    return id;
  };
  return spec.conduits.flatMap((conduit, conduitIndex) =>
    (conduit.protocols_allowed ?? []).flatMap((flow, flowIndex): DeclaredPermit[] => {
      const path = ['conduits', conduitIndex, 'protocols_allowed', flowIndex];
      const text = flow.direction === undefined ? null : parseDirection(flow.direction);
      // References that lead elsewhere are refused (references.ts).
      const named = (reference: string): string => zonesNamed(reference, conduit.connects).at(0) ?? '';
      const fromZone = flow.client?.zone ?? (text?.from ? named(text.from) : flow.server === undefined ? conduit.connects[0] : (conduit.connects.find((zone) => zone !== flow.server?.zone) ?? ''));
      const toZone = flow.server?.zone ?? (text?.to ? named(text.to) : (conduit.connects.find((zone) => zone !== fromZone) ?? ''));
      const access = accessOf(flow, text);
      const unidirectional = flow.unidirectional !== undefined ? { from: flow.unidirectional.from, to: flow.unidirectional.to } : text?.unidirectional ? { from: fromZone, to: toZone } : null;
      const evidence = flow.evidence;
      const id = flow.rule_id ?? freshId(`${conduit.conduit_id}-${String(flowIndex + 1).padStart(3, '0')}`);
      const permit: Permit = {
        id,
        conduit: conduit.conduit_id,
        from: endOf(flow.client ?? { zone: fromZone }),
        to: endOf(flow.server ?? { zone: toZone }),
        service: serviceOf(flow),
        access,
        modbus: modbusOf(flow, text, access),
        opcua: opcuaOf(flow),
        named: namedOf(flow),
        conditions: {
          days: flow.schedule?.days ?? [],
          start: flow.schedule?.start ?? null,
          end: endOfWindow(flow.schedule?.end ?? null),
          expires: flow.expires ?? null,
          onDemand: flow.on_demand ?? false,
        },
        purpose: flow.purpose ?? text?.purpose.join(', ') ?? '',
        basis: flow.basis ?? 'designed',
        decision: flow.decision ?? 'approved',
        owner: flow.owner ?? '',
        decidedOn: flow.decided_on ?? null,
        evidence: evidence === undefined ? null : {
          firstSeen: evidence.first_seen ?? null,
          lastSeen: evidence.last_seen ?? null,
          days: evidence.days ?? 0,
          requests: evidence.requests ?? 0,
          generalisedBy: evidence.generalised_by ?? [],
          neverSeen: evidence.never_seen ?? 0,
          sensors: evidence.sensors ?? [],
          completeness: evidence.completeness ?? null,
        },
      };
      const notUnderstood = [...(text?.notUnderstood ?? [])];
      if (flow.direction !== undefined && text?.from === null && flow.client === undefined) notUnderstood.push(flow.direction);
      // "Firewall-enforced function code filtering", as zone definition documents have it, is what a list of function codes says already.
      const saysFilter = /function code filter/i.test(flow.security_mode ?? '') && (flow.modbus?.function_codes ?? text?.functionCodes ?? []).length > 0;
      const modeUnderstood = flow.security_mode === undefined || saysFilter || (protocolKey(flow.protocol) === 'opcua' && (SECURITY_MODES as readonly string[]).includes(flow.security_mode));
      if (!modeUnderstood && flow.security_mode !== undefined) notUnderstood.push(flow.security_mode);
      const declared: DeclaredPermit = { permit, path, unidirectional, acceptedRisks: flow.accepted_risks ?? [], purposeTexts: text?.purpose ?? [], limits: flow.limits ?? null, notUnderstood, withoutEffect: withoutEffectOf(flow, text) };
      if (!text?.bothWays || flow.client !== undefined) return [declared];
      return [declared, { ...declared, permit: { ...permit, id: freshId(`${id}-r`), from: permit.to, to: permit.from } }];
    }),
  );
};

/** True when a Permit lets anything through at all. */
export const isLive = (permit: Permit): boolean => permit.decision === 'approved' || permit.decision === 'pending';

/** Whether an access class is let through; used where a Permit names function codes without access, and the reverse. */
export const permitsAccess = (permit: Permit, access: Access): boolean => permit.access.length === 0 || permit.access.includes(access);

const CODES_BY_ACCESS = listsBy(REQUEST_CODES, accessOfFunctionCode);

/**
 * The function codes that a Permit speaks of and whose own access is this one. Without a list it speaks of all whose own access it
 * names: only the code is what a firewall sees, and for one use of FC 90 it would let all of them pass.
 */
const codesFor = (permit: Permit, access: Access): readonly number[] => {
  const listed = permit.modbus?.functionCodes ?? [];
  if (listed.length > 0) return listed.filter((code) => accessOfFunctionCode(code) === access);
  return permitsAccess(permit, access) ? (CODES_BY_ACCESS.get(access) ?? []) : [];
};

/**
 * Whether a Permit lets a function code through for one of its uses; the one definition of it, for what was seen and for what is exported.
 * What a code can do beside its own access (FC 43 may write, FC 8 restart, FC 90 read) it may where the Permit speaks of it and of no
 * other code that is there for it: "read-write" beside 3, 16 and 43 means the write of 16. Who may programme by a code may do with it whatever else it can.
 */
export const permitsUse = (permit: Permit, code: number, access: Access): boolean => {
  const own = accessOfFunctionCode(code);
  if (permit.access.length === 0 || (own === 'program' && permitsAccess(permit, own))) return true;
  return permitsAccess(permit, access) && codesFor(permit, own).includes(code) && (access === own || codesFor(permit, access).every((other) => other === code));
};

/** Whether a Permit lets a function code through for anything that it can do. */
export const permitsCode = (permit: Permit, code: number): boolean => {
  const listed = permit.modbus?.functionCodes ?? [];
  return (listed.length === 0 || listed.includes(code)) && accessesOfFunctionCode(code).some((access) => permitsUse(permit, code, access));
};

/** The function codes that a Permit lets through, when it lists any. */
export const permittedCodes = (permit: Permit): readonly number[] => (permit.modbus?.functionCodes ?? []).filter((code) => permitsCode(permit, code));
