/** `1 day`, `2 days`: counts in sentences for people. @param many where an s is not enough */
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
