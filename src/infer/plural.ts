/** `1 day`, `2 days`: counts in sentences for people. @param many where an s is not enough */
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** `1 234 567`: groups that no locale reads as a decimal point. */
export const grouped = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+(?!\d))/g, ' ');

/** `1 packet`, `1 234 packets`. @param many where an s is not enough */
export const groupedPlural = (count: number, one: string, many = `${one}s`): string => `${grouped(count)} ${count === 1 ? one : many}`;

/** `10`, `10 and 20`, `10, 20 and 30`. */
export const listed = (items: readonly (string | number)[]): string => (items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`);

/** `a, b`, or of more than `most` the first ones: `a, b and 3 more`. */
export const firstOf = (items: readonly (string | number)[], most: number, between = ', '): string =>
  `${items.slice(0, most).join(between)}${items.length > most ? ` and ${items.length - most} more` : ''}`;
