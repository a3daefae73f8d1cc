/**
 * CSV for spreadsheets (RFC 4180). In: cells. Out: one line. Cells that a spreadsheet would run as a formula get an
 * apostrophe in front (OWASP, CSV injection); control, zero-width and direction characters
 * become spaces.
 */
import { FORMULA } from '../policy/register/csv-records.ts';

const csvCell = (value: string | number): string => {
  if (typeof value === 'number') return `${value}`;
  const text = value.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/g, ' ');
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",;']|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
};

export const csvLine = (cells: readonly (string | number)[]): string => cells.map(csvCell).join(',');
