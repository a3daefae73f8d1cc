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
