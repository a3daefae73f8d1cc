/**
 * Names replaced by names that say as much to inference as before, and nothing to a reader: the word that names a role
 * stays (`plc`, `hmi`), the unit that several names begin with becomes a number, the rest becomes a number. In: all names.
 * Out: a map; names that differ only in case still do.
 */
import { addToSet } from '../../net/multi-map.ts';
import { isPrintableName } from '../../infer/assets.ts';
import { unitToken } from '../../infer/cells/hints.ts';
import { roleWordOf } from '../../infer/roles/hardware.ts';

/** @param texts as they were said. No two become one. */
export function mapNames(texts: Iterable<string>): ReadonlyMap<string, string> {
  const spellings = new Map<string, Set<string>>();
  for (const text of texts) {
    const key = text.trim().toUpperCase();
    if (key !== '') addToSet(spellings, key, text);
  }
  const classes = ranks(spellings.keys());
  const units = ranks([...spellings.values()].flatMap((names) => unitToken([...names][0].trim()) ?? []));
  const map = new Map<string, string>();
  for (const [key, names] of spellings) {
    [...names].sort().forEach((name, spelling) => {
      const replaced = pseudonym(name.trim(), classes.get(key) ?? '', units);
      // Two differ by case, as names do; further ones are rare enough to be names of their own.
      map.set(name, spelling === 0 ? replaced : spelling === 1 ? replaced.toUpperCase() : `${replaced}v${spelling}`);
    });
  }
  return map;
}

function pseudonym(name: string, rank: string, units: ReadonlyMap<string, string>): string {
  // What is no name to inference must not become one.
  if (!isPrintableName(name)) return `?n${rank}`;
  const token = unitToken(name);
  const unit = token === null ? null : unitText(token, units.get(token) ?? '');
  const role = roleWordOf(name);
  const tail = `n${rank}`;
  if (role === null || (role.isFirst && unit !== null)) return unit === null ? tail : `${unit}-${tail}`;
  if (unit !== null) return `${unit}-${role.word}-${tail}`;
  // A word that ends in a digit and begins the name would be taken for a unit.
  return !role.isFirst && /\d/.test(role.word) ? `x.${role.word}-${tail}` : `${role.word}-${tail}`;
}

/** Some words say a role only where they begin a name, and may be part of the unit. */
function unitText(unit: string, rank: string): string {
  if (/^WIN1[01]$/.test(unit)) return unit.toLowerCase();
  const word = /^(PC|LT|DESKTOP)[-_]/.exec(unit)?.[1];
  return word === undefined ? `u${rank}` : `${word.toLowerCase()}-${rank}`;
}

/** Each text's place among all, as a number of fixed width: order stays order. */
export function ranks(texts: Iterable<string>): ReadonlyMap<string, string> {
  const sorted = [...new Set(texts)].sort();
  const width = String(sorted.length).length;
  return new Map(sorted.map((text, i) => [text, String(i + 1).padStart(width, '0')]));
}
