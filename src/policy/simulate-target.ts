/**
 * The rules of a target as matchers: each Permit as the target holds it. In: Permits, and what the target's configuration makes of each. Out: the
 * matcher that judges a conversation there.
 */
import { isSerialModbus } from '../net/services.ts';
import type { Conversation } from '../observation.ts';
import type { Holds, WrittenPermit } from './match/firewall-semantics.ts';
import { heldPermits } from './match/held-permit.ts';
import { createMatcher, type Matcher } from './match/match.ts';
import type { AssetIndex } from './spec/assets.ts';
import { protocolKey, type DeclaredPermit } from './spec/permits.ts';

/** Whether the target has a rule for it, for conversations of that family. */
export const isWritten = ({ refusal, holds }: WrittenPermit, isIpv6: boolean): boolean => refusal === null && (!isIpv6 || holds.ipv6);

/** Of a Permit on whose port another protocol passes, nothing is asked of one. */
const holdsFor = ({ permit }: DeclaredPermit, holds: Holds, service: Conversation['service'] | undefined): Holds => {
  if (holds.passesOthers !== true || service === undefined) return holds;
  const isOwn = protocolKey(service.name) === protocolKey(permit.service.protocol) && isSerialModbus(service.name) === isSerialModbus(permit.service.protocol);
  return isOwn ? holds : { ...holds, modbusFunction: false, modbusUnit: false, modbusRange: false, modbus: null, opcuaPolicy: false, opcuaService: false, namedOperations: false };
};

/** One matcher a family; and one a protocol told by what was said, where some Permit's port is open to others. */
export const matchersOnTarget = (
  permits: readonly DeclaredPermit[],
  writtenAs: (declared: DeclaredPermit) => WrittenPermit,
  assets: AssetIndex,
  timezone: string,
): ((conversation: Conversation) => Matcher) => {
  const matcherOf = (isIpv6: boolean, service?: Conversation['service']): Matcher =>
    createMatcher(permits.filter((declared) => isWritten(writtenAs(declared), isIpv6)).flatMap((declared) => heldPermits(declared, holdsFor(declared, writtenAs(declared).holds, service))), assets, timezone);
  const [ipv4, ipv6] = [false, true].map((isIpv6) => matcherOf(isIpv6));
  const isOpen = permits.some((declared) => writtenAs(declared).holds.passesOthers === true);
  const byService = new Map<string, Matcher>();
  return ({ server, service }) => {
    const isIpv6 = server.includes(':');
    if (!isOpen || service.by !== 'probe') return isIpv6 ? ipv6 : ipv4;
    const key = `${isIpv6} ${service.name}`;
    const held = byService.get(key) ?? matcherOf(isIpv6, service);
    byService.set(key, held);
    return held;
  };
};
