/**
 * What an input is, by its first octets and never by its name. In: up to 4 KiB; out: a capture format, a compression,
 * or what else it looks like, in words a person knows. Left out: any check beyond the first octets.
 */

export type Sniffed =
  | { readonly kind: 'pcap'; readonly format: 'pcap' | 'pcap-ns' }
  | { readonly kind: 'pcapng' }
  | { readonly kind: 'compressed'; readonly by: 'gzip' | 'zstd' }
  /** All there is are the first octets of one of the above. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'other'; readonly looksLike: string; readonly remedy: string; readonly mayBeLog?: boolean };

/** Octets that tell every format below. */
export const SNIFF_BYTES = 4096;

const CONVERT = 'Convert it with `editcap` or `tshark -r IN -w OUT.pcapng` and import that.';
const UNPACK = 'Unpack it first and import what is in it.';
export const NAME_A_CAPTURE = 'Name a pcap or pcapng file (plain, gzip or zstd).';
const NAME_A_LOG = 'Name a pcap or pcapng file, or a log of an ASA, FortiGate, PAN-OS, nftables or Suricata firewall (plain, gzip or zstd).';

interface Signature {
  readonly hex: string;
  readonly at?: number;
  readonly looksLike: string;
  readonly remedy: string;
}

const SIGNATURES: readonly Signature[] = [
  { hex: '425a68', looksLike: 'bzip2-compressed data', remedy: 'Unpack it first (`bunzip2 FILE`) and import the result.' },
  { hex: 'fd377a585a00', looksLike: 'xz-compressed data', remedy: 'Unpack it first (`unxz FILE`) and import the result.' },
  { hex: '04224d18', looksLike: 'lz4-compressed data', remedy: 'Unpack it first (`unlz4 FILE`) and import the result.' },
  { hex: '02214c18', looksLike: 'lz4-compressed data (old format)', remedy: 'Unpack it first (`unlz4 FILE`) and import the result.' },
  { hex: '4c5a4950', looksLike: 'lzip-compressed data', remedy: UNPACK },
  { hex: '504b0304', looksLike: 'a zip archive', remedy: UNPACK },
  { hex: '504b0506', looksLike: 'an empty zip archive', remedy: UNPACK },
  { hex: '377abcaf271c', looksLike: 'a 7z archive', remedy: UNPACK },
  { hex: '526172211a07', looksLike: 'a RAR archive', remedy: UNPACK },
  { hex: '7573746172', at: 257, looksLike: 'a tar archive', remedy: UNPACK },
  { hex: '7f454c46', looksLike: 'an ELF program', remedy: NAME_A_CAPTURE },
  { hex: '4d5a', looksLike: 'a Windows program', remedy: NAME_A_CAPTURE },
  { hex: '255044462d', looksLike: 'a PDF document', remedy: NAME_A_CAPTURE },
  { hex: '50415231', looksLike: 'a Parquet file', remedy: NAME_A_CAPTURE },
  { hex: '53514c69746520666f726d6174203300', looksLike: 'an SQLite database', remedy: 'A store is named with --db, not imported.' },
  { hex: '89504e470d0a1a0a', looksLike: 'a PNG picture', remedy: NAME_A_CAPTURE },
  { hex: 'ffd8ff', looksLike: 'a JPEG picture', remedy: NAME_A_CAPTURE },
  { hex: '736e6f6f70000000', looksLike: 'a snoop capture', remedy: CONVERT },
  { hex: '474d4255', looksLike: 'a Microsoft Network Monitor capture', remedy: CONVERT },
  { hex: '52545353', looksLike: 'a Microsoft Network Monitor 1 capture', remedy: CONVERT },
  { hex: '5452534e4946462064617461', looksLike: 'a Sniffer capture', remedy: CONVERT },
  { hex: '58435000', looksLike: 'a NetXRay capture', remedy: CONVERT },
  { hex: '7fb00103', looksLike: 'an EyeSDN capture', remedy: CONVERT },
  { hex: '1c0001ac', looksLike: 'an Ixia capture', remedy: CONVERT },
  { hex: 'ac01001c', looksLike: 'an Ixia capture', remedy: CONVERT },
  { hex: '6274736e6f6f7000', looksLike: 'a btsnoop capture', remedy: CONVERT },
  { hex: '00000000', looksLike: 'zero octets (a file that was never written, or lost in a power cut)', remedy: NAME_A_CAPTURE },
];

const PCAP_MAGICS: ReadonlyMap<string, 'pcap' | 'pcap-ns'> = new Map([
  ['a1b2c3d4', 'pcap'],
  ['d4c3b2a1', 'pcap'],
  ['a1b23c4d', 'pcap-ns'],
  ['4d3cb2a1', 'pcap-ns'],
  ['a1b2cd34', 'pcap'],
  ['34cdb2a1', 'pcap'],
]);

/** What a file may begin with that is cut before it tells more. */
const STARTS = [...PCAP_MAGICS.keys(), '0a0d0d0a', '1f8b', '28b52ffd'];

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');

/** Types 0-6, 10-12, 16-27 and an ERF record length that holds its 16-octet header. */
function isErf(head: Uint8Array): boolean {
  if (head.length < 16) return false;
  const type = (head[8] as number) & 0x7f;
  const recordBytes = (head[10] as number) * 256 + (head[11] as number);
  const wireBytes = (head[14] as number) * 256 + (head[15] as number);
  return (type === 2 || type === 1 || type === 16 || type === 11) && recordBytes >= 16 && recordBytes % 8 === 0 && wireBytes > 0 && wireBytes <= recordBytes;
}

function describeText(head: Uint8Array): string | null {
  let text: string;
  try {
    // A character may be cut at the end: `stream` leaves it out instead of failing.
    text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
  } catch {
    return null;
  }
  for (const octet of head) {
    if (octet < 0x20 && octet !== 0x09 && octet !== 0x0a && octet !== 0x0d && octet !== 0x0c && octet !== 0x1b) return null;
  }
  const start = text.trimStart().slice(0, 200).toLowerCase();
  if (start.startsWith('<!doctype html') || start.startsWith('<html')) return 'an HTML page (a download page instead of the file?)';
  if (start.startsWith('<?xml') || /^<[a-z][^>]*>/.test(start)) return 'XML text';
  if (start.startsWith('{') || start.startsWith('[')) return 'JSON text';
  return 'text';
}

/** `head`: the first octets; `isAll`: there are no more. */
export function sniff(head: Uint8Array, isAll: boolean): Sniffed {
  const hex = toHex(head.subarray(0, 300));
  const format = PCAP_MAGICS.get(hex.slice(0, 8));
  if (format !== undefined) return { kind: 'pcap', format };
  if (hex.startsWith('0a0d0d0a')) {
    const order = hex.slice(16, 24);
    const isMagic = order === '4d3c2b1a' || order === '1a2b3c4d';
    // Cut before the byte-order magic: nothing else starts with this pair of line ends.
    if (isMagic || (isAll && head.length < 12)) return { kind: 'pcapng' };
  }
  if (hex.startsWith('1f8b')) return { kind: 'compressed', by: 'gzip' };
  if (hex.startsWith('28b52ffd') || /^5[0-9a-f]2a4d18/.test(hex)) return { kind: 'compressed', by: 'zstd' };
  if (head.length === 0) return { kind: 'other', looksLike: 'empty', remedy: 'Check that the capture was written.' };
  // A lone line end is a text.
  if (isAll && head.length < 4 && hex !== '0a' && STARTS.some((start) => start.startsWith(hex))) return { kind: 'cut' };
  const signature = SIGNATURES.find(({ hex: wanted, at = 0 }) => hex.startsWith(wanted, at * 2));
  if (signature !== undefined) return { kind: 'other', looksLike: signature.looksLike, remedy: signature.remedy };
  const text = describeText(head);
  if (text !== null) return { kind: 'other', looksLike: text, remedy: NAME_A_LOG, mayBeLog: true };
  if (isErf(head)) return { kind: 'other', looksLike: 'an ERF capture', remedy: CONVERT };
  const shown = hex.slice(0, 16).replace(/(..)(?=.)/g, '$1 ');
  // A log with a stray octet is a log all the same.
  return { kind: 'other', looksLike: `unknown binary data (starting ${shown})`, remedy: NAME_A_CAPTURE, mayBeLog: true };
}
