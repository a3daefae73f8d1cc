/**
 * Facts of a conversation, by name and value: what was told of it beside operations. Bounded: beyond so many a conversation, all
 * further values of a name are one. In: a conversation. Out: the fact's index, for whoever counts it.
 */
import { internText, type FlowState } from './flow-state.ts';
import * as layout from './flow-state.ts';
import { findKey, internKey } from './int-table.ts';

// A constant of the module at hand: V8 folds it into the code, an imported one it loads and checks at every use.
const { CONVERSATION } = layout;

const MAX_FACTS_PER_CONVERSATION = 512;

/** The fact as an index; beyond a conversation's limit every new value is one. */
export function internFact(state: FlowState, conversation: number, name: string, value: string): number {
  const { facts } = state;
  const c = conversation * CONVERSATION.stride + CONVERSATION.facts;
  const words = state.conversations.keys;
  const nameText = internText(state, name);
  const full = words[c] >= MAX_FACTS_PER_CONVERSATION;
  const valueText = internText(state, value);
  let fact = full ? findKey(facts, conversation, nameText, valueText, 0) : -1;
  if (fact < 0) {
    fact = internKey(facts, conversation, nameText, full ? internText(state, '(more)') : valueText, 0);
    if (facts.added) words[c]++;
  }
  return fact;
}
