/** A spec under edit by lists: what a row cannot say is reported at its cell, and what it changed is counted. */
import type { SpecDraft } from '../edit/draft.ts';
import type { RegisterRow } from './columns.ts';

export interface ListDraft extends SpecDraft {
  readonly report: (row: RegisterRow, column: string, message: string, remedy: string) => void;
}

export interface Tally {
  added: number;
  changed: number;
}
