/**
 * The parts of two YANG trees that we write, transcribed: ietf-mud and ietf-access-control-list (RFC 8520 clause 3, RFC 8519
 * clause 4.1), and openconfig-acl 1.x. Every node that may stand there and no other, with the ranges and patterns of its type.
 * test/tools/export-yang.test.ts holds the same files against the modules themselves where they are at hand.
 */
import { z } from 'zod';

const port = z.int().min(0).max(65_535);
const portMatch = z.union([z.strictObject({ operator: z.enum(['eq', 'lte', 'gte', 'neq']), port }), z.strictObject({ 'lower-port': port, 'upper-port': port }).refine((range) => range['lower-port'] <= range['upper-port'])]);
const layer4 = { 'source-port': portMatch.optional(), 'destination-port': portMatch.optional() };
const protocol = z.strictObject({ protocol: z.int().min(0).max(255).optional() });
const name = z.string().min(1).max(64);

const ace = z.strictObject({
  name,
  matches: z.strictObject({
    'ietf-mud:mud': z.strictObject({ controller: z.string().regex(/^urn:[a-z0-9][a-z0-9-]{0,31}:\S+$/i) }),
    ipv4: protocol.optional(),
    ipv6: protocol.optional(),
    tcp: z.strictObject({ ...layer4, 'ietf-mud:direction-initiated': z.enum(['to-device', 'from-device']) }).optional(),
    udp: z.strictObject(layer4).optional(),
  }),
  actions: z.strictObject({ forwarding: z.enum(['accept', 'drop', 'reject']) }),
});

const accessLists = z.strictObject({ 'access-lists': z.strictObject({ 'access-list': z.array(z.strictObject({ name })).min(1) }) });

const MUD = z.strictObject({
  'ietf-mud:mud': z.strictObject({
    'mud-version': z.literal(1),
    'mud-url': z.url().max(255),
    'last-update': z.iso.datetime(),
    'cache-validity': z.int().min(1).max(168),
    'is-supported': z.boolean(),
    systeminfo: z.string().max(60),
    'mfg-name': z.string().optional(),
    'from-device-policy': accessLists.optional(),
    'to-device-policy': accessLists.optional(),
  }),
  'ietf-access-control-list:acls': z.strictObject({
    acl: z.array(z.strictObject({ name, type: z.enum(['ipv4-acl-type', 'ipv6-acl-type']), aces: z.strictObject({ ace: z.array(ace).min(1) }) })),
  }),
});

const aclType = z.enum(['openconfig-acl:ACL_IPV4', 'openconfig-acl:ACL_IPV6']);
const portNumber = z.union([port, z.string().regex(/^\d{1,5}\.\.\d{1,5}$/)]);
const sides = (prefix: z.ZodType<string>, icmp: 'icmpv4' | 'icmpv6'): z.ZodType =>
  z.strictObject({
    config: z.strictObject({ 'source-address': prefix.optional(), 'destination-address': prefix.optional(), protocol: z.int().min(0).max(254).optional() }),
    [icmp]: z.strictObject({ config: z.strictObject({ type: z.string().regex(new RegExp(`^openconfig-${icmp}-types:[A-Z_]+$`)) }) }).optional(),
  });
const sequence = z.int().min(0).max(4_294_967_295);

const OPENCONFIG = z.strictObject({
  'openconfig-acl:acl': z.strictObject({
    'acl-sets': z.strictObject({
      'acl-set': z.array(
        z.strictObject({
          name: z.string().min(1),
          type: aclType,
          config: z.strictObject({ name: z.string(), type: aclType }),
          'acl-entries': z.strictObject({
            'acl-entry': z.array(
              z.strictObject({
                'sequence-id': sequence,
                config: z.strictObject({ 'sequence-id': sequence, description: z.string() }),
                ipv4: sides(z.string().regex(/^(?:\d{1,3}\.){3}\d{1,3}\/(?:[12]?\d|3[0-2])$/), 'icmpv4').optional(),
                ipv6: sides(z.string().regex(/^[0-9a-f:]+\/(?:\d{1,2}|1[01]\d|12[0-8])$/), 'icmpv6').optional(),
                transport: z
                  .strictObject({ config: z.strictObject({ 'source-port': portNumber.optional(), 'destination-port': portNumber.optional(), 'detail-mode': z.literal('BUILTIN').optional(), 'builtin-detail': z.literal('TCP_ESTABLISHED').optional() }) })
                  .optional(),
                actions: z.strictObject({ config: z.strictObject({ 'forwarding-action': z.enum(['openconfig-acl:ACCEPT', 'openconfig-acl:DROP']), 'log-action': z.literal('openconfig-acl:LOG_SYSLOG').optional() }) }),
              }),
            ),
          }),
        }),
      ),
    }),
    interfaces: z.strictObject({
      interface: z.array(
        z.strictObject({
          id: z.string().min(1),
          config: z.strictObject({ id: z.string() }),
          'ingress-acl-sets': z.strictObject({ 'ingress-acl-set': z.array(z.strictObject({ 'set-name': z.string(), type: aclType, config: z.strictObject({ 'set-name': z.string(), type: aclType }) })) }),
        }),
      ),
    }),
  }),
});

const problemsOf = (schema: z.ZodType, text: string): string[] => {
  const result = schema.safeParse(JSON.parse(text));
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('/')}: ${issue.message}`);
};

/** A list that a policy names must be there (a leafref in the module). */
export const mudProblems = (text: string): string[] => {
  const problems = problemsOf(MUD, text);
  if (problems.length > 0) return problems;
  const { 'ietf-mud:mud': mud, 'ietf-access-control-list:acls': acls } = JSON.parse(text) as z.infer<typeof MUD>;
  const named = [mud['from-device-policy'], mud['to-device-policy']].flatMap((policy) => policy?.['access-lists']['access-list'].map((list) => list.name) ?? []);
  const known = acls.acl.map((acl) => acl.name);
  return named.toSorted().join() === known.toSorted().join() ? [] : [`lists ${known.join()} and named ${named.join()}`];
};

export const openconfigProblems = (text: string): string[] => problemsOf(OPENCONFIG, text);
