/**
 * Time zones as firewalls write them behind a time. In: a word. Out: minutes east of UTC. Abbreviations that stand for
 * several zones (CST, IST, BST) are recognised and left open: the log's own zone (`--log-zone`) then decides.
 */

const OFFSETS: Readonly<Record<string, number | null>> = {
  UTC: 0, GMT: 0, Z: 0, WET: 0, WEST: 60, CET: 60, CEST: 120, MEZ: 60, MESZ: 120, EET: 120, EEST: 180, MSK: 180, SAST: 120,
  EST: -300, EDT: -240, CDT: -300, MST: -420, MDT: -360, PST: -480, PDT: -420, AKST: -540, AKDT: -480, HST: -600,
  JST: 540, KST: 540, AEST: 600, AEDT: 660, ACST: 570, AWST: 480, NZST: 720, NZDT: 780,
  CST: null, IST: null, BST: null, AST: null, GST: null, SGT: null, BRT: null,
};

/** For a regular expression. */
export const ZONE_WORD = `${Object.keys(OFFSETS).join('|')}|[+-]\\d{2}:?\\d{2}`;

/** Null: not said, or not to be told from the word. */
export const zoneMinutes = (word: string | undefined): number | null => {
  if (word === undefined) return null;
  const numeric = /^([+-])(\d{2}):?(\d{2})$/.exec(word);
  if (numeric !== null) {
    const minutes = Number(numeric[2]) * 60 + Number(numeric[3]);
    return minutes > 14 * 60 ? null : numeric[1] === '-' ? -minutes : minutes;
  }
  return Object.hasOwn(OFFSETS, word) ? (OFFSETS[word] ?? null) : null;
};
