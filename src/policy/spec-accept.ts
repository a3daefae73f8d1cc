/**
 * Takes findings into the spec: what somebody decided to allow becomes a rule with an owner, what nobody uses goes, a
 * stranger becomes an asset. Comments, order and everything else stay as they are.
 *
 * In: the text of a spec, findings, and who decided. Out: the new text, and per finding what was done, or why nothing
 * was. Left out on purpose: findings that a spec cannot mend (a weaker security mode, a broken requirement).
 */
import { isMap, isSeq, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { ObservationSet } from '../observation.ts';
import { contextOf } from './diff.ts';
import { isoTime } from './findings.ts';
import type { Finding } from './findings.ts';
import { asksOf, type Ask } from './asks.ts';
import { tableOf } from '../net/register-set.ts';
import { parseSpec } from './spec-load.ts';
import { decideRule } from './spec-decide.ts';
import type { SpecFlow } from './spec-schema.ts';
import { specAsText } from './spec-text.ts';

export interface Acceptance {
  readonly finding: string;
  readonly done: boolean;
  readonly sentence: string;
}

export interface AcceptOptions {
  readonly owner: string;
  /** Written into the rule, so that the reason is found where the rule is. */
  readonly purpose?: string;
  /** `rejected`: what was seen becomes a rule that lets nothing through, with who says so. */
  readonly decision?: 'approved' | 'rejected';
}

/** Whether a spec can take this finding in at all; whether it does may still depend on what is declared. */
export const isAcceptable = ({ type, client, permit }: Finding): boolean => {
  switch (type) {
    case 'undeclared-conversation':
    case 'undeclared-operation':
    case 'wrong-direction':
    case 'undeclared-asset':
    case 'would-be-blocked':
    case 'passed-but-not-permitted':
    case 'unused-permit': return true;
    case 'requirement-violation': return client === null && permit !== null;
    default: return false;
  }
};

const refuse = (finding: Finding, sentence: string): Acceptance => ({ finding: finding.id, done: false, sentence });

/** Findings about traffic that a rule can name, or about a rule. */
const REJECTABLE: ReadonlySet<Finding['type']> = new Set(['undeclared-conversation', 'undeclared-operation', 'wrong-direction', 'requirement-violation']);

const PROTOCOLS: Readonly<Record<string, string>> = { modbus: 'Modbus/TCP', opcua: 'OPC UA', s7comm: 'S7comm', enip: 'EtherNet/IP', https: 'HTTPS', http: 'HTTP', rdp: 'RDP', ssh: 'SSH', smb: 'SMB', dns: 'DNS', ntp: 'NTP' };

const evidenceOf = (asks: readonly Ask[]): NonNullable<SpecFlow['evidence']> => ({
  first_seen: isoTime(asks.reduce((least, { firstNs }) => (firstNs < least ? firstNs : least), asks[0].firstNs)),
  last_seen: isoTime(asks.reduce((most, { lastNs }) => (lastNs > most ? lastNs : most), asks[0].lastNs)),
  days: new Set(asks.flatMap(({ days }) => days)).size,
  requests: asks.reduce((sum, { count }) => sum + count, 0),
});

/** A rule that lets through exactly what the finding's conversation asked. */
const ruleFor = (set: ObservationSet, finding: Finding, id: string, from: string, to: string, client: { assets?: string[]; addresses?: string[] }, server: { assets?: string[]; addresses?: string[] }, options: AcceptOptions): SpecFlow | null => {
  const ids = new Set(finding.seen.map((seen) => seen.conversation));
  const conversations = set.conversations.filter((one) => ids.has(one.id));
  const [first] = conversations;
  // Of a conversation that is permitted in part, only the rest; unless the finding lists not all of it.
  const listed = finding.type === 'undeclared-operation' && finding.seenMore === 0 ? new Set(finding.seen.map((seen) => seen.operation)) : null;
  const asks = conversations.flatMap(asksOf).filter((ask) => listed === null || listed.has(ask.text));
  if (first === undefined || asks.length === 0) return null;
  const codes = [...new Set(asks.flatMap((ask) => (ask.modbus === null ? [] : [ask.modbus.code])))].sort((a, b) => a - b);
  const units = [...new Set(asks.flatMap((ask) => (ask.modbus === null ? [] : [ask.modbus.unit])))].sort((a, b) => a - b);
  const ranges = [...new Map(asks.flatMap((ask) => {
    const range = ask.modbus?.range ?? null;
    const table = ask.modbus === null || range === null ? null : tableOf(ask.modbus.code, range.access);
    return range === null || table === null ? [] : [[`${table} ${range.access} ${range.first} ${range.last}`, { table, start: range.first, end: range.last, access: range.access }] as const];
  })).values()];
  const services = [...new Set(asks.flatMap((ask) => ask.opcuaService ?? []))].sort();
  const names = [...new Set(asks.flatMap((ask) => ask.name ?? []))].sort();
  const access = [...new Set(asks.flatMap((ask) => ask.access ?? []))].sort();
  return {
    rule_id: id,
    protocol: PROTOCOLS[first.service.name] ?? (first.service.name === '' ? `${first.transport}/${first.port}` : first.service.name),
    transport: first.transport,
    ...(first.port === 0 ? {} : { port: first.port }),
    client: { zone: from, ...client },
    server: { zone: to, ...server },
    access: access.length === 0 ? 'any' : access,
    ...(codes.length === 0 ? {} : { modbus: { function_codes: codes, unit_ids: units, ...(ranges.length === 0 ? {} : { ranges }) } }),
    ...(services.length === 0 ? {} : { opcua: { services } }),
    ...(names.length === 0 ? {} : { operations: names }),
    ...(options.purpose === undefined ? {} : { purpose: options.purpose }),
    basis: 'observed',
    decision: options.decision ?? 'approved',
    owner: options.owner,
    evidence: evidenceOf(asks),
  };
};

/** What a rule lets through, without who decided and what was seen. */
const contentOf = ({ rule_id: _id, decision: _decision, owner: _owner, purpose: _purpose, evidence: _evidence, basis: _basis, ...content }: SpecFlow): string =>
  JSON.stringify(content, (_key, value: unknown) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value));

const appendTo = (document: Document, path: readonly (string | number)[], value: unknown): void => {
  const held = document.getIn(path);
  if (!isSeq(held)) document.setIn(path, document.createNode([value]));
  else {
    const node = document.createNode(value);
    for (const key of ['client', 'server', 'modbus', 'opcua', 'evidence', 'access']) {
      const inner: unknown = isMap(node) ? node.get(key) : undefined;
      if (isMap(inner) || isSeq(inner)) inner.flow = true;
    }
    held.add(node);
  }
};

/** Accepts findings by id, one after the other; each sees what those before it wrote. */
export const acceptFindings = (text: string, set: ObservationSet, findings: readonly Finding[], options: AcceptOptions): { text: string; results: readonly Acceptance[] } => {
  let current = text;
  const results: Acceptance[] = [];
  for (const finding of findings) {
    const { loaded } = parseSpec(current, 'spec');
    if (loaded === null) {
      results.push(refuse(finding, 'the spec does not load any more'));
      continue;
    }
    const document = parseDocument(current);
    const { assets } = contextOf(loaded, set);
    const declared = loaded.permits.find(({ permit }) => permit.id === finding.permit);
    let done: string | null = null;
    const verdict = options.decision ?? 'approved';
    if (verdict === 'rejected' && !REJECTABLE.has(finding.type)) {
      results.push(refuse(finding, 'there is nothing in it that a spec could refuse'));
      continue;
    }
    switch (finding.type) {
      case 'undeclared-conversation':
      case 'undeclared-operation':
      case 'would-be-blocked':
      case 'passed-but-not-permitted':
      case 'wrong-direction': {
        const client = finding.client === null ? null : assets.resolve(finding.client);
        const server = finding.server === null ? null : assets.resolve(finding.server);
        if (client === null || server === null || client.zone === server.zone) break;
        let index = loaded.spec.conduits.findIndex((conduit) => conduit.connects.includes(client.zone) && conduit.connects.includes(server.zone));
        if (index < 0) {
          index = loaded.spec.conduits.length;
          appendTo(document, ['conduits'], { conduit_id: `C-${client.zone}-${server.zone}`.slice(0, 63), connects: [client.zone, server.zone], protocols_allowed: [] });
        }
        const conduitId = loaded.spec.conduits[index]?.conduit_id ?? `C-${client.zone}-${server.zone}`.slice(0, 63);
        const taken = new Set(loaded.permits.map(({ permit }) => permit.id));
        let n = 1;
        while (taken.has(`${conduitId.slice(0, 58)}-${String(n).padStart(3, '0')}`)) n++;
        const end = (asset: string | undefined, address: string | null): { assets?: string[]; addresses?: string[] } => (asset === undefined ? { addresses: [address ?? ''] } : { assets: [asset] });
        const rule = ruleFor(set, finding, `${conduitId.slice(0, 58)}-${String(n).padStart(3, '0')}`, client.zone, server.zone, end(client.asset?.id, finding.client), end(server.asset?.id, finding.server), options);
        if (rule === null) break;
        const same = (loaded.spec.conduits[index]?.protocols_allowed ?? []).findIndex((held) => contentOf(held) === contentOf(rule));
        if (same >= 0) {
          decideRule(document, ['conduits', index, 'protocols_allowed', same], verdict, options.owner, options.purpose ?? '');
          done = `${verdict} the rule that says the same`;
          break;
        }
        appendTo(document, ['conduits', index, 'protocols_allowed'], rule);
        done = verdict === 'approved' ? `added rule ${rule.rule_id} for exactly what was seen` : `rejected as rule ${rule.rule_id}: exactly what was seen`;
        break;
      }
      case 'undeclared-asset': {
        const zone = finding.fromZone;
        const index = loaded.spec.zones.findIndex((one) => one.zone_id === zone);
        if (finding.client === null || index < 0) break;
        const key = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(finding.client) ? 'mac' : 'ip';
        appendTo(document, ['zones', index, 'assets'], { asset_id: `asset-${finding.client.replaceAll(/[^A-Za-z0-9.]/g, '-')}`, [key]: [finding.client] });
        done = `added the asset to ${zone}`;
        break;
      }
      case 'unused-permit':
        if (declared !== undefined) {
          document.deleteIn(declared.path);
          done = `removed rule ${declared.permit.id}`;
        }
        break;
      case 'requirement-violation':
        if (declared !== undefined && verdict === 'rejected') {
          decideRule(document, declared.path, verdict, options.owner, options.purpose ?? '');
          done = `rejected rule ${declared.permit.id}`;
        } else if (declared !== undefined && finding.requirement !== null && finding.client === null) {
          appendTo(document, [...declared.path, 'accepted_risks'], finding.requirement);
          document.setIn([...declared.path, 'owner'], options.owner);
          done = `${options.owner} accepts ${finding.requirement} for ${declared.permit.id}`;
        }
        break;
      default:
    }
    if (done === null) results.push(refuse(finding, finding.fromZone === null && finding.type === 'undeclared-asset' ? 'nothing says in which zone it belongs: declare it by hand' : 'a spec cannot mend this'));
    else {
      current = specAsText(document, current);
      results.push({ finding: finding.id, done: true, sentence: done });
    }
  }
  return { text: current, results };
};
