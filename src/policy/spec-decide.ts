/** A person's decision about one rule, written where the rule is. In: the document and the rule's place, or the rule. Out: edits. */
import type { Document } from 'yaml';

/** Decision, owner and reason into a rule; what asked for the decision goes. */
export function decideRule(document: Pick<Document, 'getIn' | 'setIn' | 'hasIn' | 'deleteIn'>, path: readonly (string | number)[], decision: 'approved' | 'rejected', by: string, reason: string): void {
  document.setIn([...path, 'decision'], decision);
  document.setIn([...path, 'owner'], by);
  const purpose: unknown = document.getIn([...path, 'purpose']);
  if (reason !== '') document.setIn([...path, 'purpose'], typeof purpose === 'string' && purpose !== '' && !purpose.includes(reason) ? `${purpose}; ${reason}` : reason);
  if (document.hasIn([...path, 'question'])) document.deleteIn([...path, 'question']);
}
