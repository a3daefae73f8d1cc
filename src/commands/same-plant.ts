/**
 * Said before anything else where a spec and a store seem to be of different plants: hundreds of findings would not say it. In: a
 * loaded spec, the addresses that were seen, and where. Out: the sentence, or null.
 */
import { plural } from '../infer/plural.ts';
import type { AddressRecord } from '../observation.ts';
import { strangersOf } from '../policy/spec/same-plant.ts';
import type { LoadedSpec } from '../policy/spec/load.ts';
import type { CommandContext } from './command.ts';

export function strangersText({ file, spec }: LoadedSpec, records: readonly AddressRecord[], store: string): string | null {
  const strangers = strangersOf(spec, records);
  if (strangers === null) return null;
  const { declared, seen, known } = strangers;
  return `${file} and ${store} seem to be of different plants: the spec declares ${plural(declared, 'asset')} with addresses, and knows ${known === 0 ? 'none' : known} of the ${plural(seen, 'address', 'addresses')} that were seen`;
}

export function tellStrangers(loaded: LoadedSpec, records: readonly AddressRecord[], store: string, context: Pick<CommandContext, 'say'>): void {
  const text = strangersText(loaded, records, store);
  if (text !== null) context.say(`${text}. Name the store of that plant with --db, or the spec of this one.`);
}
