/** Instants in SQL: seconds and nanoseconds are bound apart, for their product does not fit a number. */

/** Nanoseconds since 1970 of two parameters, seconds and nanoseconds; NULL where they are. */
export const INSTANT = '(CAST(? AS INTEGER) * 1000000000 + CAST(? AS INTEGER))';

/** Assignments that widen a row's first_ns and last_ns, each of which may be NULL, as may the two expressions. */
export const widenSpan = (first: string, last: string): string =>
  `first_ns = coalesce(min(first_ns, ${first}), first_ns, ${first}), last_ns = coalesce(max(last_ns, ${last}), last_ns, ${last})`;
