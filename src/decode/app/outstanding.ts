/**
 * Requests whose answer is still out: pairs (key, operation) in one bounded list of numbers, so that a checkpoint can
 * keep it. For protocols whose answers do not say what they answer.
 */
const MOST = 64;

/** Forgets the oldest one where there are too many. */
export function rememberRequest(outstanding: number[], key: number, operation: number): void {
  if (outstanding.length >= MOST * 2) forget(outstanding, 0);
  outstanding.push(key, operation);
}

/** The operation asked for under `key`, forgotten thereby; -1 where that is not known. */
export function takeRequest(outstanding: number[], key: number): number {
  for (let i = 0; i < outstanding.length; i += 2) {
    if (outstanding[i] !== key) continue;
    const operation = outstanding[i + 1];
    forget(outstanding, i);
    return operation;
  }
  return -1;
}

/** As splice(at, 2), but without the array that it would return (and `pop` is inlined, a new length is not). */
function forget(outstanding: number[], at: number): void {
  for (let i = at + 2; i < outstanding.length; i++) outstanding[i - 2] = outstanding[i];
  outstanding.pop();
  outstanding.pop();
}
