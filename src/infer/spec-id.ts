/** Any text as an id of a spec: its alphabet, beginning and ending with a letter or digit where there is one. In: an asset's or zone's own id. Out: '' where nothing is left. */
const spelledAsId = (text: string): string => text.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').replaceAll(/^[^A-Za-z0-9]+|[-_.]+$/g, '');

/** The longest id of a spec. */
export const MAX_ID = 63;

/** The id under which a spec gets an asset or zone; a number that tells it from another one still fits behind it. @param fallback where nothing of the text is left */
export const specIdOf = (text: string, fallback: string): string => spelledAsId(text).slice(0, MAX_ID - 4) || fallback;

/** An id that nobody has: the wanted one, else with the lowest number behind it that is free. What is too long ends sooner. */
export const freeId = (wanted: string, isTaken: (id: string) => boolean): string => {
  let id = wanted.slice(0, MAX_ID);
  for (let n = 2; isTaken(id); n++) id = `${wanted.slice(0, MAX_ID - 1 - String(n).length)}-${n}`;
  return id;
};
