/**
 * One place that decides what becomes of a text: address, name, host, or words that nobody has judged. Two of them: the first
 * only collects what there is, the second replaces, so that all replacements can be made in one order. What a fact, a
 * target or a field of a spec is, is said elsewhere (facts.ts, spec.ts).
 */
import { parseSpan } from '../../net/address-set.ts';
import { mapAddresses } from './addresses.ts';
import { mapNames, ranks } from './names.ts';

export interface Redactor {
  /** An address, prefix or range; what is none is a name. */
  address(text: string): string;
  name(text: string): string;
  /** A host of a URL or a certificate: an address, or a name with its domain. */
  host(text: string): string;
  /** Words that may say anything: replaced as a whole. */
  words(text: string): string;
  /** Words of products and protocols: kept but for the addresses and names among them. */
  scrub(text: string): string;
}

export interface Replacements {
  readonly addresses: ReadonlyMap<string, string>;
  readonly names: ReadonlyMap<string, string>;
  readonly words: ReadonlyMap<string, string>;
}

const ADDRESSES_IN_TEXT = /(?<![0-9A-Za-z:])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![0-9A-Za-z:])|(?<![0-9A-Za-z:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?:\.\d{1,3}){0,3}(?![0-9A-Za-z:])|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g;
const DOMAIN = /^([A-Za-z0-9_-]+)\.((?:[A-Za-z0-9_-]+\.)*[A-Za-z][A-Za-z0-9_-]*)\.?$/;
/** Shorter ones stand in every other word. */
const LEAST_NAME = 3;

/** Labels of domains that say nothing of whose they are. */
const COMMON_LABELS = new Set(['LOCAL', 'LAN', 'LOCALDOMAIN', 'INTERNAL', 'INTRANET', 'CORP', 'HOME', 'COM', 'NET', 'ORG', 'EDU', 'GOV', 'EXAMPLE', 'TEST', 'INVALID', 'ARPA', 'WWW', 'TCP', 'UDP']);

const addressIn = (text: string): string => text.replaceAll('-', ':').toLowerCase();

/** Every text passes unchanged, and is remembered. */
export function collector(): { readonly redactor: Redactor; replacing(): { readonly redactor: Redactor; readonly replaced: Replacements } } {
  const addresses = new Set<string>();
  const names = new Set<string>();
  const domains = new Set<string>();
  const words = new Set<string>();
  const redactor: Redactor = {
    address(text) {
      if (parseSpan(text) === null) names.add(text);
      else addresses.add(text);
      return text;
    },
    name(text) {
      names.add(text);
      return text;
    },
    host(text) {
      const domain = DOMAIN.exec(text);
      if (parseSpan(text) !== null) addresses.add(text);
      else if (domain === null) names.add(text);
      else {
        names.add(domain[1]);
        domains.add(domain[2].toLowerCase());
      }
      return text;
    },
    words(text) {
      words.add(text);
      return text;
    },
    scrub(text) {
      for (const [found] of text.matchAll(ADDRESSES_IN_TEXT)) addresses.add(parseSpan(found) === null ? addressIn(found) : found);
      return text;
    },
  };
  return { redactor, replacing: () => replacer(addresses, names, domains, words) };
}

function replacer(addresses: ReadonlySet<string>, names: ReadonlySet<string>, domains: ReadonlySet<string>, words: ReadonlySet<string>): { readonly redactor: Redactor; readonly replaced: Replacements } {
  const addressMap = mapAddresses(addresses);
  const nameMap = mapNames(names);
  const byUpper = new Map([...nameMap].map(([name, replaced]) => [name.trim().toUpperCase(), replaced]));
  const domainMap = ranks(domains);
  const wordMap = new Map([...ranks(words)].map(([text, rank]) => [text, text.trim() === '' ? text : `t${rank}`]));
  const name = (text: string): string => nameMap.get(text) ?? text;
  // A name may come with its domain, and either may stand alone elsewhere.
  const labels = new Map<string, string>();
  for (const [said, replaced] of nameMap) {
    const parts = DOMAIN.exec(said.trim());
    if (parts === null) continue;
    if (!byUpper.has(parts[1].toUpperCase())) byUpper.set(parts[1].toUpperCase(), replaced);
    for (const label of parts[2].toUpperCase().split('.')) labels.set(label, 'x');
  }
  for (const [domain, rank] of domainMap) for (const label of domain.toUpperCase().split('.')) labels.set(label, `d${rank}`);
  for (const label of labels.keys()) if (label.length < LEAST_NAME || COMMON_LABELS.has(label)) labels.delete(label);
  const scrubToken = (token: string): string => {
    const known = byUpper.get(token.toUpperCase());
    if (known !== undefined) return known;
    const domain = DOMAIN.exec(token);
    if (domain !== null) {
      const host = byUpper.get(domain[1].toUpperCase());
      const rank = domainMap.get(domain[2].toLowerCase());
      const isKnown = rank !== undefined || domain[2].toUpperCase().split('.').some((label) => labels.has(label));
      if (host !== undefined || isKnown) return `${host ?? labels.get(domain[1].toUpperCase()) ?? 'x'}.${rank === undefined ? 'x' : `d${rank}`}.example`;
    }
    return token.replaceAll(/[\p{L}\p{N}]+/gu, (word) => labels.get(word.toUpperCase()) ?? word);
  };
  const redactor: Redactor = {
    address: (text) => addressMap.span(text) ?? name(text),
    name,
    host(text) {
      const domain = DOMAIN.exec(text);
      return addressMap.span(text) ?? (domain === null ? name(text) : `${name(domain[1])}.d${domainMap.get(domain[2].toLowerCase()) ?? ''}.example`);
    },
    words: (text) => wordMap.get(text) ?? '',
    scrub: (text) =>
      text
        .replaceAll(ADDRESSES_IN_TEXT, (found) => addressMap.span(found) ?? addressMap.span(addressIn(found)) ?? found)
        .replaceAll(/[\p{L}\p{N}_.-]+/gu, (token) => (token.length < LEAST_NAME ? token : scrubToken(token))),
  };
  return { redactor, replaced: { addresses: addressMap.replaced, names: nameMap, words: wordMap } };
}
