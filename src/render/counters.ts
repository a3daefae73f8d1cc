/** The store's counters by the beginnings of their names. In: counters. Out: some of them, by the rest of their names. */

/** Of frames whose decoding stopped, by layer and reason. */
export const STOP_PREFIX = 'stop.';

export const withPrefix = (counters: Readonly<Record<string, number>>, prefix: string): Record<string, number> =>
  Object.fromEntries(Object.entries(counters).filter(([name]) => name.startsWith(prefix)).map(([name, count]) => [name.slice(prefix.length), count]));
