/**
 * How much a device has to hold. A model takes so many objects and rules and refuses the next one, in the midst of a configuration; how
 * many, depends on the model and its licence, which no spec says. So it is counted here, to be compared before anything is applied.
 */
import { plural } from '../infer/plural.ts';

/** @param counts how many of what, by the word for one @param limits where the model's own numbers stand */
export const sizeCheck = (counts: readonly (readonly [number, string])[], limits: string): string =>
  `Compare with what the model takes beside what is on it already: ${counts.filter(([count]) => count > 0).map(([count, what]) => (what.endsWith('y') ? plural(count, what, `${what.slice(0, -1)}ies`) : plural(count, what))).join(', ')}. ${limits}`;
