/**
 * "Did you mean": the candidate nearest to a mistyped word, or null when none is near enough to be worth naming.
 * Distance is Levenshtein's with swapped neighbours as one edit and case folded; near enough is at most a third of the word, and at most three edits.
 */
const editDistance = (a: string, b: string): number => {
  let older: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? older[j - 2] + 1 : Infinity;
      row.push(Math.min(row[j - 1] + 1, previous[j] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1), swapped));
    }
    older = previous;
    previous = row;
  }
  return previous[b.length];
};

export const nearestWord = (word: string, candidates: readonly string[]): string | null => {
  if (word.length > 64) return null;
  const limit = Math.min(3, Math.max(1, Math.floor(word.length / 3)));
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const candidate of [...candidates].sort()) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
};
