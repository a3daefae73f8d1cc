/**
 * What Suricata looks for in OPC UA: channels of a weaker security policy than any Permit of the pair and port has, and whatever is asked on
 * one without security but what servers and endpoints there are. In: Permits. Out: rules. Left out on purpose: the mode, which goes by in cipher.
 */
import { DISCOVERY_SERVICES } from '../../decode/app/opcua-services.ts';
import type { PlanPermit } from '../exporter.ts';
import { policiesLetThrough } from './suricata-inspection.ts';
import type { RuleEnds, RuleText } from './suricata-rule.ts';

const POLICY_URI = 'http://opcfoundation.org/UA/SecurityPolicy#';
/** Those of elliptic curves (OPC 10000-7 since 1.05) are newer than all that a spec can declare. */
const NEWER_POLICIES = `${POLICY_URI}ECC_`;

/**
 * The head of an OpenSecureChannel message wherever it stands in a stream, since a HEL may stand before it in one segment: `OPN`, C to F,
 * and a size from 64 octets to 1 MiB, so that hardly any other octets are taken for one (OPC 10000-6 clauses 6.7.2 and 7.1.2).
 * Of no keyword for one packet (`depth`, `dsize`), so that it is looked for in what was put together again.
 */
const OPN = 'content:"OPN"; byte_test:1,>,66,0,relative; byte_test:1,<,71,0,relative; byte_test:4,>,63,1,relative,little; byte_test:4,<,1048576,1,relative,little;';
/** Behind type, size and channel: the length of the policy's URI, and the URI, neither of them in a message without a policy. */
const URI_LENGTH_AT = 1 + 4 + 4;
const LONGEST_URI = 255;
const NO_POLICY = [0, 0xffff_ffff];

/** A policy's length and URI, so that no longer name begins with it. */
const policyOctets = (name: string): string => `"|${(POLICY_URI.length + name.length).toString(16)} 00 00 00|${POLICY_URI}${name}"`;
const policyPlace = (name: string): string => `distance:${URI_LENGTH_AT}; within:${4 + POLICY_URI.length + name.length};`;
const isPolicy = (name: string): string => `content:${policyOctets(name)}; ${policyPlace(name)}`;
const notPolicy = (name: string): string => `content:!${policyOctets(name)}; ${policyPlace(name)}`;

/** Behind type, size, channel, token, sequence number and request id: the type of the body. */
const BODY_TYPE_AT = 1 + 4 + 4 * 4;
/** A node id of four octets in the standard's namespace (OPC 10000-6 clause 5.2.2.9), as a number of them. */
const nodeId = (id: number): number => id * 0x1_0000 + 1;
const DISCOVERY = DISCOVERY_SERVICES.map(nodeId);
/**
 * The head of a message that asks or answers, looked for as `OPN` is: `MSG`, A to F, and a size of its head or more, to 16 MiB. Its body is no discovery.
 * @param place where its first octet may be; empty = anywhere
 */
const noDiscovery = (place: string): string =>
  `content:"MSG";${place} byte_test:1,>,64,0,relative; byte_test:1,<,71,0,relative; byte_test:4,>,23,1,relative,little; byte_test:4,<,16777217,1,relative,little; ${DISCOVERY.map((type) => `byte_test:4,!=,${type},${BODY_TYPE_AT},relative,little;`).join(' ')}`;

/** Behind the policy's URI: certificate and thumbprint, neither of them there, sequence number and request id, and then OpenSecureChannelResponse. */
const NO_ANSWER = `byte_test:4,!=,${nodeId(449)},${4 * 4},relative,little;`;

/** Bit of a connection (flowbits): its client opened a channel without security. */
const CLEAR = 'baseline.opcua-none';

/**
 * Stronger than declared is no fault, as everywhere else. Both ways, because with reverse connect the server is who dials.
 *
 * A channel without security passes where the client dials, and on it what asks for servers and endpoints. Anything else is looked for twice: in the
 * octets behind its opening, and, for what comes later, by the bit that the opening left (enforced, rules that stop are asked before the one that leaves
 * the bit). Where the server dials, nobody opens such a channel: of who was dialled one passes as the answer to an opening, and as nothing else.
 */
export const opcuaRules = (ends: RuleEnds, permits: readonly PlanPermit[]): RuleText[] => {
  const names = policiesLetThrough(permits);
  if (names.length === 0) return [];
  const about = permits.map((entry) => entry.permit.id).join(' ');
  const rule = (arrow: RuleEnds['arrow'], options: string, why: string, isMark = false): RuleText => ({ protocol: 'tcp', ends: { ...ends, arrow }, options: `flow:established; ${options}`, why, about, isMark });
  const others = `${['None', ...names].map(notPolicy).join(' ')} content:!"${NEWER_POLICIES}"; distance:${URI_LENGTH_AT + 4}; within:${NEWER_POLICIES.length};`;
  // The jump fails until the whole URI is there: what is cut within it is judged with what comes next.
  const whole = `byte_test:4,>,0,${URI_LENGTH_AT},relative,little; byte_test:4,<,${LONGEST_URI + 1},${URI_LENGTH_AT},relative,little; ${others} byte_jump:4,${URI_LENGTH_AT},relative,little;`;
  const weaker = `OPC UA security policy weaker than ${names[0] ?? ''}`;
  const session = 'OPC UA without security, and more than discovery';
  return [
    rule('<>', `${OPN} ${whole}`, weaker),
    ...NO_POLICY.map((length) => rule('<>', `${OPN} byte_test:4,=,${length},${URI_LENGTH_AT},relative,little;`, 'OPC UA without a security policy')),
    rule('->', `${OPN} ${isPolicy('None')} ${NO_ANSWER} flowbits:set,${CLEAR}; noalert;`, 'OPC UA without security', true),
    rule('<-', `flowbits:isnotset,${CLEAR}; ${OPN} ${isPolicy('None')}`, weaker),
    rule('->', `${OPN} ${isPolicy('None')} ${noDiscovery(' distance:0;')}`, session),
    rule('->', `flowbits:isset,${CLEAR}; ${noDiscovery('')}`, session),
  ];
};
