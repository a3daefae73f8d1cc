/** A map of lists: adds to the list of a key, in place. Copying the list for each addition would be quadratic. */
export const addTo = <K, V>(lists: Map<K, V[]>, key: K, value: V): void => {
  const held = lists.get(key);
  if (held === undefined) lists.set(key, [value]);
  else held.push(value);
};

/** The same of a map of sets. */
export const addToSet = <K, V>(sets: Map<K, Set<V>>, key: K, value: V): void => {
  const held = sets.get(key);
  if (held === undefined) sets.set(key, new Set([value]));
  else held.add(value);
};

/** The first item of each key: what a search for the key would find. Searching for each of many is quadratic. */
export const firstBy = <K, V>(items: Iterable<V>, keyOf: (item: V) => K): Map<K, V> => {
  const first = new Map<K, V>();
  for (const item of items) {
    const key = keyOf(item);
    if (!first.has(key)) first.set(key, item);
  }
  return first;
};

/** All items of each key, in their order. */
export const listsBy = <K, V>(items: Iterable<V>, keyOf: (item: V) => K): Map<K, V[]> => {
  const lists = new Map<K, V[]>();
  for (const item of items) addTo(lists, keyOf(item), item);
  return lists;
};
