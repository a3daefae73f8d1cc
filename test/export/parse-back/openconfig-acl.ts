/**
 * Reads our OpenConfig lists back: the entries of one description are the product of its prefixes and ports, each request has
 * its reply in the list of the other zone, each list is bound and ends as the mode says.
 */
import { addresses, type ReadRule } from './effects.ts';

interface Entry {
  readonly 'sequence-id': number;
  readonly config: { readonly 'sequence-id': number; readonly description: string };
  readonly ipv4?: { readonly config: Readonly<Record<string, unknown>> };
  readonly ipv6?: { readonly config: Readonly<Record<string, unknown>> };
  readonly transport?: { readonly config: Readonly<Record<string, unknown>> };
  readonly actions: { readonly config: Readonly<Record<string, string>> };
}

interface Acl {
  readonly 'acl-sets': { readonly 'acl-set': readonly { readonly name: string; readonly type: string; readonly 'acl-entries': { readonly 'acl-entry': readonly Entry[] } }[] };
  readonly interfaces: { readonly interface: readonly { readonly id: string; readonly 'ingress-acl-sets': { readonly 'ingress-acl-set': readonly { readonly 'set-name': string; readonly type: string }[] } }[] };
}

const TRANSPORTS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6', 132: 'sctp' };
/** Types 1 to 4 and 133 to 136 (RFC 4890 sections 4.3.1 and 4.4.1). */
const NEEDED_IPV6 = ['DESTINATION_UNREACHABLE', 'PACKET_TOO_BIG', 'TIME_EXCEEDED', 'PARAMETER_PROBLEM', 'ROUTER_SOLICITATION', 'ROUTER_ADVERTISEMENT', 'NEIGHBOR_SOLICITATION', 'NEIGHBOR_ADVERTISEMENT'];
const REPLIES = 'replies of ';

interface Product {
  readonly sources: Set<string>;
  readonly destinations: Set<string>;
  readonly ports: Set<string>;
  readonly transport: string;
  entries: number;
}

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? `${value}` : '');

const productsOf = (entries: readonly Entry[], family: 'ipv4' | 'ipv6', replies: boolean): Map<string, Product> => {
  const products = new Map<string, Product>();
  for (const entry of entries) {
    if (entry.config.description.startsWith(REPLIES) !== replies) continue;
    if (entry.actions.config['forwarding-action'] !== 'openconfig-acl:ACCEPT') throw new Error('an entry of a Permit does not accept');
    const layer3 = entry[family]?.config ?? {};
    const layer4 = entry.transport?.config ?? {};
    const protocol = layer3['protocol'];
    const transport = protocol === undefined ? 'any' : (TRANSPORTS[Number(protocol)] ?? `ip-${textOf(protocol)}`);
    if (layer4[replies ? 'destination-port' : 'source-port'] !== undefined) throw new Error('the port of the wrong side');
    if ((layer4['builtin-detail'] === 'TCP_ESTABLISHED') !== (replies && transport === 'tcp')) throw new Error('TCP_ESTABLISHED where it must not be, or not where it must');
    const key = `${entry.config.description.slice(replies ? REPLIES.length : 0)} ${transport}`;
    const product = products.get(key) ?? { sources: new Set(), destinations: new Set(), ports: new Set(), transport, entries: 0 };
    product.sources.add(textOf(layer3['source-address']));
    product.destinations.add(textOf(layer3['destination-address']));
    const port = textOf(layer4[replies ? 'source-port' : 'destination-port']);
    if (port !== '') product.ports.add(port.replace('..', '-'));
    product.entries++;
    products.set(key, product);
  }
  for (const [key, { sources, destinations, ports, entries: count }] of products) {
    if (count !== sources.size * destinations.size * Math.max(1, ports.size)) throw new Error(`not the whole product: ${key}`);
  }
  return products;
};

export const readOpenconfigAcl = (text: string, mode: 'monitor' | 'enforce'): ReadRule[] => {
  const acl = (JSON.parse(text) as { 'openconfig-acl:acl': Acl })['openconfig-acl:acl'];
  const bound = acl.interfaces.interface.flatMap((one) => one['ingress-acl-sets']['ingress-acl-set'].map((set) => `${set.type} ${set['set-name']}`));
  const sets = acl['acl-sets']['acl-set'];
  if (sets.map((set) => `${set.type} ${set.name}`).join() !== bound.join()) throw new Error('a list is bound nowhere, or twice');
  const rules: ReadRule[] = [];
  for (const family of ['ipv4', 'ipv6'] as const) {
    const own = sets.filter((set) => set.type === `openconfig-acl:ACL_${family.toUpperCase()}`).map((set) => {
      const entries = set['acl-entries']['acl-entry'];
      const last = entries.at(-1)?.actions.config;
      if (last?.['forwarding-action'] !== `openconfig-acl:${mode === 'enforce' ? 'DROP' : 'ACCEPT'}` || last['log-action'] !== 'openconfig-acl:LOG_SYSLOG') throw new Error(`${set.name} ends wrongly`);
      if (entries.some((entry, index) => entry['sequence-id'] !== 10 * (index + 1) || entry.config['sequence-id'] !== entry['sequence-id'])) throw new Error('sequence');
      const [field, needed] = family === 'ipv4' ? ['icmpv4', ['DST_UNREACHABLE', 'TIME_EXCEEDED', 'PARAM_PROBLEM']] as const : ['icmpv6', NEEDED_IPV6] as const;
      const passing = entries.slice(0, needed.length).map((entry) => JSON.stringify([entry[family], entry.actions.config['forwarding-action']]));
      const protocol = family === 'ipv4' ? 1 : 58;
      const wanted = needed.map((type) => JSON.stringify([{ config: { protocol }, [field]: { config: { type: `openconfig-${field}-types:${type}` } } }, 'openconfig-acl:ACCEPT']));
      if (passing.join() !== wanted.join()) throw new Error(`${set.name} drops what a network needs of ICMP`);
      return entries.slice(needed.length, -1);
    });
    const replies = new Map(own.flatMap((entries) => [...productsOf(entries, family, true)]));
    for (const [key, request] of own.flatMap((entries) => [...productsOf(entries, family, false)])) {
      const reply = replies.get(key);
      const mirrored = reply !== undefined && [...reply.sources].join() === [...request.destinations].join() && [...reply.destinations].join() === [...request.sources].join() && [...reply.ports].join() === [...request.ports].join();
      if (!mirrored) throw new Error(`no reply, or another one: ${key}`);
      rules.push({ client: addresses(...request.sources), server: addresses(...request.destinations), transport: request.transport, ports: [...request.ports], modbus: null, windows: [], expires: '', onDemand: false });
    }
  }
  return rules;
};
