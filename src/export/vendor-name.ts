/**
 * Names and comments that a configuration language cannot misread. In: any text of a spec or from the wire.
 * Out: names of a safe alphabet, within the vendor's length, unique in their scope; one-line comments without any
 * character that could end a line, a quote or a statement. Two assets with one name stay two names.
 */

export interface NameRules {
  readonly maxLength: number;
  /** Upper bound on what the name may consist of besides letters and digits of ASCII. */
  readonly punctuation: string;
}

/** Gives out names: the same key gets the same name again, two keys never share one (case is ignored: some vendors do). */
export interface NameScope {
  nameOf(key: string, wanted: string): string;
}

const cleaned = (wanted: string, rules: NameRules): string => {
  let name = '';
  for (const character of wanted.normalize('NFKD')) {
    if (/[A-Za-z0-9]/.test(character) || rules.punctuation.includes(character)) name += character;
    else if (!/\p{Mark}/u.test(character)) name += '_';
  }
  name = name.replace(/_{2,}/g, '_').replace(/^[^A-Za-z0-9]+/, '').replace(/_+$/, '');
  if (name === '') return 'unnamed';
  // Vendors read a name that begins like a number as one, or as an address.
  return /^[0-9]/.test(name) ? `n_${name}` : name;
};

export const nameScope = (rules: NameRules, reserved: readonly string[] = []): NameScope => {
  const taken = new Set(reserved.map((name) => name.toLowerCase()));
  const given = new Map<string, string>();
  /** Of names that are one after cutting, the number to try next: thousands may begin alike. */
  const numbers = new Map<string, number>();
  return {
    nameOf(key, wanted) {
      const known = given.get(key);
      if (known !== undefined) return known;
      const base = cleaned(wanted, rules);
      let name = base.slice(0, rules.maxLength);
      const cut = name.toLowerCase();
      while (taken.has(name.toLowerCase())) {
        const n = numbers.get(cut) ?? 2;
        numbers.set(cut, n + 1);
        const suffix = `_${n}`;
        name = base.slice(0, rules.maxLength - suffix.length) + suffix;
      }
      taken.add(name.toLowerCase());
      given.set(key, name);
      return name;
    },
  };
};

/**
 * Free text for a comment, remark or description: printable ASCII without quotes, backslash and the characters that
 * start or end something in any of our targets; everything else becomes `_`, a run of it one `_`.
 */
export const safeComment = (text: string, maxLength: number): string => {
  const safe = text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[^A-Za-z0-9 .,:/()+=-]+/g, '_')
    .replace(/ {2,}/g, ' ')
    .trim();
  return safe.length <= maxLength ? safe : `${safe.slice(0, maxLength - 3).trimEnd()}...`;
};
