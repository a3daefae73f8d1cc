/** A person's decision about one rule, written where the rule is. In: the document and the rule's place, or the rule. Out: edits. */
import type { Document } from 'yaml';

/** Decision, owner and reason into a rule; what asked for the decision goes. */
export function decideRule(document: Pick<Document, 'getIn' | 'setIn' | 'hasIn' | 'deleteIn'>, path: readonly (string | number)[], decision: 'approved' | 'rejected', by: string, reason: string): void {
  document.setIn([...path, 'decision'], decision);
  document.setIn([...path, 'owner'], by);
  const held: unknown = document.getIn([...path, 'purpose']);
  const purpose = typeof held === 'string' ? held : '';
  // Said once, however often it is decided; what stood there before stays.
  if (reason !== '' && !`; ${purpose}; `.includes(`; ${reason}; `)) document.setIn([...path, 'purpose'], purpose === '' ? reason : `${purpose}; ${reason}`);
  if (document.hasIn([...path, 'question'])) document.deleteIn([...path, 'question']);
}
