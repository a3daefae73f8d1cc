/**
 * Requests whose answer is still out: pairs (key, operation) in one bounded list of numbers, so that a checkpoint can
 * keep it. For protocols whose answers do not say what they answer.
 */
const MOST = 64;

/** Forgets the oldest one where there are too many. */
export function rememberRequest(outstanding: number[], key: number, operation: number): void {
  if (outstanding.length >= MOST * 2) outstanding.splice(0, 2);
  outstanding.push(key, operation);
}

/** The operation asked for under `key`, forgotten thereby; -1 where that is not known. */
export function takeRequest(outstanding: number[], key: number): number {
  for (let i = 0; i < outstanding.length; i += 2) {
    if (outstanding[i] !== key) continue;
    const operation = outstanding[i + 1];
    outstanding.splice(i, 2);
    return operation;
  }
  return -1;
}
