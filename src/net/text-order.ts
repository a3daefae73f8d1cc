/** Orders of texts, the same on every machine. In: two texts. Out: below, at or above zero. */

/** By code units. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * As people read, null as an empty text: what `localeCompare` with these options says, which makes its rules anew at every call.
 * Made once for a list that is sorted, and not when the program starts.
 */
export function readingOrder(options: Intl.CollatorOptions = {}): (a: string | null, b: string | null) => number {
  const { compare } = new Intl.Collator('en', options);
  return (a, b) => (a === b ? 0 : compare(a ?? '', b ?? ''));
}
