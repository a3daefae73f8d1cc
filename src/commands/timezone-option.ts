/** `--timezone`: the plant's clock, the same for every command. In: what was typed. Out: a time zone that Node knows. */
import type { Options } from 'yargs';
import { usageError } from '../errors.ts';
import { isKnownTimezone } from '../net/time-zone.ts';
import { nearestWord } from '../policy/spec/nearest-word.ts';

export const TIMEZONE_OPTION = {
  type: 'string',
  requiresArg: true,
  describe: 'the plant\'s time zone (IANA), by whose clock days are counted (default: UTC)',
} as const satisfies Options;

export function knownTimezone(asked = 'UTC'): string {
  if (isKnownTimezone(asked)) return asked;
  const near = nearestWord(asked, Intl.supportedValuesOf('timeZone'));
  throw usageError(`--timezone ${asked} is no time zone`, near === null ? 'Name one as Europe/Berlin or America/Chicago.' : `Did you mean ${near}?`);
}
