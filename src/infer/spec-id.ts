/** Any text as an id of a spec: its alphabet, beginning and ending with a letter or digit where there is one. In: an asset's or zone's own id. Out: '' where nothing is left. */
export const spelledAsId = (text: string): string => text.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').replaceAll(/^[^A-Za-z0-9]+|[-_.]+$/g, '');
