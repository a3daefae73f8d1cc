/** `byte_test` as Suricata and Snort 3 both read it. In: numbers, in a big-endian field of so many octets at an offset. Out: rule options. */
import type { Span } from '../../net/register-set.ts';

/** One test for each end of the span that is not the field's own. */
export const byteBounds = ({ first, last }: Span, octets: number, offset: number): string[] => [
  ...(first > 0 ? [`byte_test:${octets},>,${first - 1},${offset};`] : []),
  ...(last < 256 ** octets - 1 ? [`byte_test:${octets},<,${last + 1},${offset};`] : []),
];
