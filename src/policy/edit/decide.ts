/** A person's decision about one rule, written where the rule is. In: the document and the rule's place, or the rule. Out: edits. */
import type { Document } from 'yaml';

/** Who decided what, and why. */
export interface RuleDecision {
  readonly decision: 'approved' | 'rejected';
  readonly owner: string;
  /** The day, `YYYY-MM-DD`, as who decided says it. */
  readonly decidedOn?: string | undefined;
  readonly purpose?: string | undefined;
}

type Editable = Pick<Document, 'getIn' | 'setIn' | 'hasIn' | 'deleteIn'>;
type Path = readonly (string | number)[];

/** Who answers for a rule, and since when: the day of an earlier decision goes, whether or not this one has a day. */
export function signRule(document: Editable, path: Path, { owner, decidedOn }: RuleDecision): void {
  document.setIn([...path, 'owner'], owner);
  if (decidedOn !== undefined) document.setIn([...path, 'decided_on'], decidedOn);
  else if (document.hasIn([...path, 'decided_on'])) document.deleteIn([...path, 'decided_on']);
}

/** Decision, owner, day and reason into a rule; what asked for the decision goes. */
export function decideRule(document: Editable, path: Path, by: RuleDecision): void {
  document.setIn([...path, 'decision'], by.decision);
  signRule(document, path, by);
  const reason = by.purpose ?? '';
  const held: unknown = document.getIn([...path, 'purpose']);
  const purpose = typeof held === 'string' ? held : '';
  // Said once, however often it is decided; what stood there before stays.
  if (reason !== '' && !`; ${purpose}; `.includes(`; ${reason}; `)) document.setIn([...path, 'purpose'], purpose === '' ? reason : `${purpose}; ${reason}`);
  if (document.hasIn([...path, 'question'])) document.deleteIn([...path, 'question']);
}
