/**
 * What was seen and is not proposed: scans, calls that nobody answered, ends that are no device. Folded by who asked,
 * for what and why, so that a sweep of a whole network is one entry; nothing is forgotten.
 *
 * In: conversations with the reason they were kept out of inference. Out: entries with servers as spans, ports as
 * ranges, and the dates between which it was seen: the same traffic later is a finding again.
 */
import type { Conversation } from '../../observation.ts';
import { compareAddresses, formatSpan, parseSet } from '../../net/address-set.ts';
import { mergeSpans, spanText } from '../../net/register-set.ts';
import { byText } from '../../net/text-order.ts';
import { seenOn } from './questions.ts';

export interface SetAsideEntry {
  readonly client: string;
  /** Addresses, prefixes and ranges, exactly those asked. */
  readonly servers: readonly string[];
  readonly transport: string;
  /** Ports or `first-last`; empty for transports without ports. */
  readonly ports: readonly string[];
  readonly reason: string;
  readonly conversations: number;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  /** What a person has to decide, with the dates; null where it is enough to know that it happened. */
  readonly question: string | null;
}

/** What says of an address that nobody has it. */
export const GROUP_REASON = 'group address, not a device';

const SET_ASIDE_REASONS: Readonly<Record<string, string>> = {
  scan: 'sweep over many targets',
  'port-scan': 'scan of many ports of one device',
  'scan-into-safety': 'scan that a safety device answered',
  'scan-with-changes': 'scan that wrote to a device, or engineered it',
  unanswered: 'nobody answered',
  'no-asset': 'one end never sent anything: no device was seen there',
  'shared-link-address': 'a link address that several devices send from, or that none does: nothing says which device it is',
  'group-address': GROUP_REASON,
  'cell-visit': 'a look from another cell',
  'office-visit': 'the office at a device of a cell, past the DMZ',
};

/** Every sentence that says why something is set aside. */
export const SET_ASIDE_SENTENCES: ReadonlySet<string> = new Set(Object.values(SET_ASIDE_REASONS));

const QUESTIONS: Readonly<Record<string, string>> = {
  'scan-into-safety': 'reached the safety zone (ZCR 3.3): whose scan is it, and may it look there at all? Not let through until somebody declares it.',
  'scan-with-changes': 'who changes devices in passing: an attack, or a job that the plant needs? Not let through until somebody declares it.',
  'cell-visit': 'read for a while on a day or two, and nobody of its kind does it more often: a page or a test, or a transfer that the process needs? Not let through until somebody declares it.',
  'office-visit': 'reached a cell directly (ZCR 3.2), seldom: who, and can it end in a DMZ? Not let through until somebody declares it.',
};

const questionOf = (why: string, conversations: readonly Conversation[]): string | null => {
  const question = QUESTIONS[why];
  if (question === undefined) return null;
  const days = [...new Set(conversations.flatMap((one) => one.days.map(({ day }) => day)))].sort((a, b) => a - b);
  return `${question}${seenOn(days, null)}`;
};

/** Per client, transport, reason and set of ports; a client's servers with equal ports share an entry. */
export function foldSetAside(conversations: readonly { readonly conversation: Conversation; readonly why: string }[]): SetAsideEntry[] {
  const byServer = new Map<string, { list: Conversation[]; why: string }>();
  for (const { conversation, why } of conversations) {
    const key = `${conversation.client}\n${conversation.transport}\n${why}\n${conversation.server}`;
    const held = byServer.get(key) ?? { list: [], why };
    held.list.push(conversation);
    byServer.set(key, held);
  }
  const byPorts = new Map<string, { list: Conversation[]; why: string; ports: string[] }>();
  for (const { list, why } of byServer.values()) {
    const ports = mergeSpans(list.filter((one) => one.port > 0 || one.transport === 'tcp' || one.transport === 'udp').map((one) => ({ first: one.port, last: one.port }))).map(spanText);
    const key = `${list[0].client}\n${list[0].transport}\n${why}\n${ports.join(',')}`;
    const held = byPorts.get(key) ?? { list: [], why, ports };
    for (const one of list) held.list.push(one);
    byPorts.set(key, held);
  }
  return [...byPorts.values()]
    .map(({ list, why, ports }) => ({
      client: list[0].client,
      servers: parseSet(list.map((one) => one.server)).map(formatSpan),
      transport: list[0].transport,
      ports,
      reason: SET_ASIDE_REASONS[why] ?? why,
      conversations: list.length,
      question: questionOf(why, list),
      firstNs: list.reduce((min, one) => (one.firstNs < min ? one.firstNs : min), list[0].firstNs),
      lastNs: list.reduce((max, one) => (one.lastNs > max ? one.lastNs : max), list[0].lastNs),
    }))
    .sort((a, b) => compareAddresses(a.client, b.client) || byText(a.transport, b.transport) || byText(a.reason, b.reason) || byText(a.ports.join(), b.ports.join()));
}
