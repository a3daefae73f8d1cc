/**
 * Vendor of a MAC address by the IEEE registries (MA-L 24 bit, MA-M 28 bit, MA-S 36 bit): the longest prefix wins.
 * The table is read on first use from data/oui.tsv.gz (made by scripts/make-oui.mjs). A locally administered or
 * multicast address has no vendor (IEEE 802 clause 8.2), whatever its digits look like.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Hex digits of MA-S, MA-M and MA-L prefixes, longest first. */
const PREFIX_DIGITS = [9, 7, 6] as const;
/** Pairs with colons or dashes, or Cisco's three groups of four. Not any twelve digits: 181.212.238.255 is an IPv4 address. */
const MAC = /^(?:[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2})$/i;
const LOCAL_OR_MULTICAST = 3;

let vendors: Map<string, string> | null = null;
/** MA-L prefixes of which the registry gives out parts (MA-M, MA-S). */
let divided: Set<string> | null = null;

const loadVendors = (): Map<string, string> => {
  const table = new Map<string, string>();
  const text = gunzipSync(readFileSync(new URL('./data/oui.tsv.gz', import.meta.url))).toString('utf8');
  for (const line of text.split('\n')) {
    const tab = line.indexOf('\t');
    if (tab < 0 || line.startsWith('#')) continue;
    const vendor = line.slice(0, tab);
    for (const prefix of line.slice(tab + 1).split(' ')) table.set(prefix, vendor);
  }
  return table;
};

/** `00:1d:9c:20:01:10` (or with dashes or dots) to its vendor's name as registered; null where there is none, and for no address at all (zeros). */
export function vendorOf(mac: string): string | null {
  if (!MAC.test(mac)) return null;
  const digits = mac.replaceAll(/[:.-]/g, '').toLowerCase();
  if ((parseInt(digits.slice(0, 2), 16) & LOCAL_OR_MULTICAST) !== 0 || /^0+$/.test(digits)) return null;
  vendors ??= loadVendors();
  for (const length of PREFIX_DIGITS) {
    const vendor = vendors.get(digits.slice(0, length));
    if (vendor !== undefined) return vendor;
  }
  return null;
}

let vendorNames: ReadonlySet<string> | null = null;

/** Whether a text is the name of a registered vendor, or its first words: `Siemens` for `Siemens AG`. */
export function isVendorName(text: string): boolean {
  vendors ??= loadVendors();
  vendorNames ??= new Set([...vendors.values()].flatMap((vendor) => {
    const words = vendor.toLowerCase().split(/[ ,]+/);
    return words.map((_, i) => words.slice(0, i + 1).join(' '));
  }));
  return vendorNames.has(text.toLowerCase().split(/[ ,]+/).join(' '));
}

/** How many leading bits of a MAC address say who built the card: 24 or 36; of a locally administered one, 8 say that it is one. */
export function vendorPrefixBits(mac: string): number {
  const digits = mac.replaceAll(':', '').toLowerCase();
  if ((parseInt(digits.slice(0, 2), 16) & LOCAL_OR_MULTICAST) !== 0) return 8;
  vendors ??= loadVendors();
  divided ??= new Set([...vendors.keys()].filter((prefix) => prefix.length > 6).map((prefix) => prefix.slice(0, 6)));
  return divided.has(digits.slice(0, 6)) ? 36 : 24;
}
