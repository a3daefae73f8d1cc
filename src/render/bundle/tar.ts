/**
 * The one shape of tar that an evidence bundle has: POSIX ustar (IEEE Std 1003.1, pax, "ustar Interchange Format"), regular
 * files with flat names, and no owner, mode or extension that could differ. In: names and sizes. Out: header blocks. Any tar
 * program reads it; our reader takes nothing else (docs/adr/0006-evidence-bundle.md says why it is our own).
 */

export const TAR_BLOCK = 512;
/** Read and written at a time: memory does not grow with a member. */
export const TAR_CHUNK = 1 << 20;

/** Eleven octal digits. */
export const LARGEST_MEMBER = 8 * 1024 ** 3 - 1;

/** Where the fields stand, and how long they are. */
const FIELD = {
  name: [0, 100], mode: [100, 8], owner: [108, 8], group: [116, 8], size: [124, 12], time: [136, 12], sum: [148, 8], type: [156, 1], magic: [257, 8], major: [329, 8], minor: [337, 8],
} as const;

const REGULAR_FILE = '0';
const FLAT_NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;

/** Files lie in one folder, so that unpacking by hand leaves no crumbs. */
const FOLDER = 'evidence/';

export interface TarEntry {
  readonly name: string;
  readonly size: number;
  /** Seconds since 1970. */
  readonly time: number;
}

export function tarHeader({ name, size, time }: TarEntry): Uint8Array {
  if (!FLAT_NAME.test(name)) throw new Error(`no name for a member: ${name}`);
  const block = new Uint8Array(TAR_BLOCK);
  const put = ([at]: readonly [number, number], text: string): void => void Buffer.from(block.buffer).write(text, at, 'latin1');
  const octal = (field: readonly [number, number], value: number): void => put(field, value.toString(8).padStart(field[1] - 1, '0'));
  put(FIELD.name, FOLDER + name);
  octal(FIELD.mode, 0o600);
  octal(FIELD.owner, 0);
  octal(FIELD.group, 0);
  octal(FIELD.size, size);
  octal(FIELD.time, time);
  put(FIELD.type, REGULAR_FILE);
  put(FIELD.magic, 'ustar\x0000');
  octal(FIELD.major, 0);
  octal(FIELD.minor, 0);
  // The sum is taken with its own field blank.
  put(FIELD.sum, ' '.repeat(FIELD.sum[1]));
  const sum = block.reduce((total, octet) => total + octet, 0);
  put(FIELD.sum, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}

/** Octets that fill the last block of a member. */
export const tarPadding = (size: number): number => (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;

/** Two blocks of zeros. */
export const TAR_END = new Uint8Array(2 * TAR_BLOCK);

/**
 * The entry of a header block; null for a block of zeros (the end); a sentence for everything that we would not have
 * written: the block is written again from what it says, and must come out the same, octet for octet.
 */
export function readTarHeader(block: Uint8Array): TarEntry | null | string {
  if (block.every((octet) => octet === 0)) return null;
  const text = ([at, length]: readonly [number, number]): string => Buffer.from(block.subarray(at, at + length)).toString('latin1').replace(/\0.*$/s, '');
  if (text(FIELD.magic) !== 'ustar') return 'a member has no ustar header';
  const path = text(FIELD.name);
  const type = text(FIELD.type);
  if (type !== REGULAR_FILE) return `the member ${path} is a link, a folder or a special file`;
  const name = path.startsWith(FOLDER) ? path.slice(FOLDER.length) : '';
  if (!FLAT_NAME.test(name)) return `the member ${path} has a name that no bundle has`;
  const number = (field: readonly [number, number]): number => (/^[0-7]{11}$/.test(text(field)) ? Number.parseInt(text(field), 8) : Number.NaN);
  const entry = { name, size: number(FIELD.size), time: number(FIELD.time) };
  if (Number.isNaN(entry.size + entry.time) || Buffer.compare(tarHeader(entry), block) !== 0) return `the header of the member ${name} is not as this program writes it`;
  return entry;
}
